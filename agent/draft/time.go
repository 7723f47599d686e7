package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/connectors"
)

// placeInTime finds the field that says when a row happened: one of its own, else
// that of what it belongs to.
func (d *drafter) placeInTime(t *table) {
	if own := mainTime(t); own != nil {
		t.time, t.when = t.ds.Name+"."+own.field.Name, own
		t.central += 3
		return
	}
	if t.placeByCalendar() {
		return
	}
	for _, c := range t.columns {
		if c.target != nil && c.target != t {
			if own := mainTime(c.target); own != nil && c.target.entity != nil && c.target.entity.role == event {
				t.time = c.target.ds.Name + "." + own.field.Name
				return
			}
		}
	}
}

// placeByCalendar places rows in time by the table of days that they refer to, as those of a
// warehouse do; where they refer to it twice, by the way that the model has.
func (t *table) placeByCalendar() bool {
	for _, to := range t.leads {
		if own := dayOf(to); own != nil {
			t.time = to.ds.Name + "." + own.field.Name
			t.central += 3
			return true
		}
	}
	return false
}

// dayOf is the day that a row of a table of days is, nil for any other table.
func dayOf(t *table) *column {
	if w := split(base(t.Table)); !slices.ContainsFunc(w, func(x string) bool { return slices.Contains(l("date", "dates", "calendar", "day", "days"), x) }) &&
		!strings.Contains(t.words, "날짜") && !strings.Contains(t.words, "달력") && !strings.Contains(t.words, "일자") {
		return nil
	}
	for _, c := range t.columns {
		if c.Kind == connectors.KindDate && c.Profile != nil && c.Profile.Unique {
			return c
		}
	}
	return nil
}

// mainTime is the time that most likely says when a row of t happened; nil where
// the times say something else, such as when a person was born.
func mainTime(t *table) *column {
	var best *column
	score := 0
	for i, c := range t.columns {
		if c.Kind != connectors.KindDate && c.Kind != connectors.KindTimestamp {
			continue
		}
		s := timeScore(c, len(t.columns)-i)
		if s > score {
			best, score = c, s
		}
	}
	return best
}

func timeScore(c *column, early int) int {
	s := 100 + min(early, 20)
	low := " " + sentence(c.said) + " " + strings.ToLower(c.Original)
	if slices.Contains(l("last update", "last updated", "last modified", "updated at", "modified at", "updated", "modified", "update time", "update date", "modified date"), sentence(c.said)) {
		return 0 // when somebody last touched the row
	}
	for _, w := range []string{"birth", "dob", "생년", "생일", "출생"} {
		if strings.Contains(low, w) {
			return 0
		}
	}
	for _, w := range []string{"updat", "modif", "수정", "end", "종료", "만료", "expir", "due", "마감", "terminat", "퇴사", "last ", "crtd", "deleted", "삭제", "until"} {
		if strings.Contains(low, w) {
			s -= 60
			break
		}
	}
	for _, w := range []string{"order", "주문", "sale", "판매", "purchase", "구매", "transaction", "거래", "payment", "결제", "visit", "방문", "start", "event", "발생", "created", "일자", "날짜", "date"} {
		if strings.Contains(low, w) {
			s += 30
			break
		}
	}
	if p := c.Profile; p != nil {
		s -= int(60 * p.NullShare)
		if p.Distinct <= 1 && !p.Unique {
			s -= 30
		}
	}
	return max(s, 1)
}
