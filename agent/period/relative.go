package period

import (
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// distance is a unit counted from the current one.
type distance struct {
	unit semantic.Grain
	n    int
	// before is set on words that say "the one before", of today or of any other.
	before bool
}

var relativeUnits = []named[distance]{
	{"오늘", distance{semantic.Day, 0, false}}, {"금일", distance{semantic.Day, 0, false}},
	{"어제", distance{semantic.Day, -1, false}}, {"어저께", distance{semantic.Day, -1, false}},
	{"작일", distance{semantic.Day, -1, false}}, {"전일", distance{semantic.Day, -1, true}},
	{"그제", distance{semantic.Day, -2, false}}, {"그저께", distance{semantic.Day, -2, false}},
	{"그끄저께", distance{semantic.Day, -3, false}}, {"내일", distance{semantic.Day, 1, false}},
	{"명일", distance{semantic.Day, 1, false}}, {"모레", distance{semantic.Day, 2, false}},
	{"이번 주", distance{semantic.Week, 0, false}}, {"금주", distance{semantic.Week, 0, false}},
	{"금번 주", distance{semantic.Week, 0, false}}, {"지난 주", distance{semantic.Week, -1, false}},
	{"저번 주", distance{semantic.Week, -1, false}}, {"전주", distance{semantic.Week, -1, true}},
	{"지지난 주", distance{semantic.Week, -2, false}}, {"저저번 주", distance{semantic.Week, -2, false}},
	{"전전주", distance{semantic.Week, -2, false}}, {"다음 주", distance{semantic.Week, 1, false}},
	{"차주", distance{semantic.Week, 1, false}}, {"내주", distance{semantic.Week, 1, false}},
	{"다다음 주", distance{semantic.Week, 2, false}},
	{"이번 달", distance{semantic.Month, 0, false}}, {"이 달", distance{semantic.Month, 0, false}},
	{"이번 월", distance{semantic.Month, 0, false}}, {"당월", distance{semantic.Month, 0, false}},
	{"금월", distance{semantic.Month, 0, false}}, {"지난 달", distance{semantic.Month, -1, false}},
	{"저번 달", distance{semantic.Month, -1, false}}, {"지난 월", distance{semantic.Month, -1, false}},
	{"전월", distance{semantic.Month, -1, true}}, {"지지난 달", distance{semantic.Month, -2, false}},
	{"저저번 달", distance{semantic.Month, -2, false}}, {"전전월", distance{semantic.Month, -2, false}},
	{"다음 달", distance{semantic.Month, 1, false}}, {"내달", distance{semantic.Month, 1, false}},
	{"익월", distance{semantic.Month, 1, false}}, {"다다음 달", distance{semantic.Month, 2, false}},
	{"이번 분기", distance{semantic.Quarter, 0, false}}, {"당분기", distance{semantic.Quarter, 0, false}},
	{"금분기", distance{semantic.Quarter, 0, false}}, {"현 분기", distance{semantic.Quarter, 0, false}},
	{"지난 분기", distance{semantic.Quarter, -1, false}}, {"저번 분기", distance{semantic.Quarter, -1, false}},
	{"전분기", distance{semantic.Quarter, -1, true}}, {"지지난 분기", distance{semantic.Quarter, -2, false}},
	{"전전분기", distance{semantic.Quarter, -2, false}}, {"다음 분기", distance{semantic.Quarter, 1, false}},
	{"이번 반기", distance{half, 0, false}}, {"지난 반기", distance{half, -1, false}},
	{"전반기", distance{half, -1, true}}, {"다음 반기", distance{half, 1, false}},
	{"today", distance{semantic.Day, 0, false}}, {"yesterday", distance{semantic.Day, -1, false}},
	{"the day before yesterday", distance{semantic.Day, -2, false}}, {"day before yesterday", distance{semantic.Day, -2, false}},
	{"tomorrow", distance{semantic.Day, 1, false}}, {"the day after tomorrow", distance{semantic.Day, 2, false}},
}

// relativeYears come before other expressions too: 작년 10월, 작년 추석.
var relativeYears = []named[distance]{
	{"올해", distance{semantic.Year, 0, false}}, {"올 해", distance{semantic.Year, 0, false}},
	{"올 한 해", distance{semantic.Year, 0, false}}, {"금년", distance{semantic.Year, 0, false}},
	{"금년도", distance{semantic.Year, 0, false}}, {"이번 해", distance{semantic.Year, 0, false}},
	{"이번 년도", distance{semantic.Year, 0, false}}, {"이번 연도", distance{semantic.Year, 0, false}},
	{"당해 연도", distance{semantic.Year, 0, false}}, {"올해년도", distance{semantic.Year, 0, false}},
	{"작년", distance{semantic.Year, -1, false}}, {"작년도", distance{semantic.Year, -1, false}},
	{"지난해", distance{semantic.Year, -1, false}}, {"지난 해", distance{semantic.Year, -1, false}},
	{"저번 해", distance{semantic.Year, -1, false}}, {"작년 한 해", distance{semantic.Year, -1, false}},
	{"지난 한 해", distance{semantic.Year, -1, false}}, {"지난 연도", distance{semantic.Year, -1, false}},
	{"전년", distance{semantic.Year, -1, true}}, {"전년도", distance{semantic.Year, -1, true}},
	{"재작년", distance{semantic.Year, -2, false}}, {"지지난해", distance{semantic.Year, -2, false}},
	{"지지난 해", distance{semantic.Year, -2, false}}, {"전전년", distance{semantic.Year, -2, false}},
	{"내년", distance{semantic.Year, 1, false}}, {"다음 해", distance{semantic.Year, 1, false}},
	{"내후년", distance{semantic.Year, 2, false}},
}

// englishDistance are the words before a unit.
var englishDistance = []named[int]{
	{"this", 0}, {"the current", 0}, {"current", 0}, {"last", -1}, {"the last", -1}, {"next", 1}, {"the next", 1},
	{"the coming", 1}, {"the upcoming", 1},
}

var englishUnits = []named[semantic.Grain]{
	{"day", semantic.Day}, {"week", semantic.Week}, {"month", semantic.Month}, {"quarter", semantic.Quarter},
	{"half", half}, {"half year", half}, {"year", semantic.Year}, {"calendar week", semantic.Week},
	{"calendar month", semantic.Month}, {"calendar quarter", semantic.Quarter}, {"calendar year", semantic.Year},
	{"wk", semantic.Week}, {"mo", semantic.Month}, {"mth", semantic.Month}, {"qtr", semantic.Quarter}, {"yr", semantic.Year},
}

// relativeAtom reads a unit counted from now: 지난주, this month, the month before last.
func (r *reader) relativeAtom(i int) (a atom) {
	if d, to := lookup(r, i, relativeUnits); to > 0 {
		a = r.distanceAtom(d, to)
		a = longer(a, r.within(a))
		return a
	}
	if d, to := r.englishDistance(i); to > 0 {
		a = r.distanceAtom(d, to)
		return longer(a, r.within(a))
	}
	return a
}

func (r *reader) englishDistance(i int) (distance, int) {
	if n, to := lookup(r, i, englishDistance); to > 0 {
		unit, end := lookup(r, r.skip(to), englishUnits)
		if end > 0 && !(unit == semantic.Day && n != 0) {
			return distance{unit: unit, n: n}, end
		}
	}
	k := i
	if j := r.phrase(i, "the"); j > 0 {
		k = r.skip(j)
	}
	if unit, to := lookup(r, k, englishUnits); to > 0 {
		if end := r.phrase(r.skip(to), "before last"); end > 0 {
			return distance{unit: unit, n: -2}, end
		}
	}
	return distance{}, -1
}

func (r *reader) distanceAtom(d distance, to int) atom {
	return atom{to: to, period: r.unitAt(d.unit, d.n), unit: d.unit, bare: true, relative: true, distance: d.n, before: d.before}
}

// within narrows a week or a month just named: 지난주 금요일, 지난달 말, 지난달 15일.
func (r *reader) within(a atom) (in atom) {
	start := r.start(a.period.Start, a.unit)
	from := r.of(a.to)
	switch a.unit {
	case semantic.Week:
		if day, to := lookup(r, from, weekdays); to > 0 && !r.recurs(to) {
			offset := (int(day) - int(r.o.WeekStart) + 7) % 7
			in = atom{to: to, period: whole(start.AddDate(0, 0, offset), semantic.Day, 1), unit: semantic.Day}
		}
		if to := r.anyOf(from, weekendWords); to > 0 {
			in = longer(in, atom{to: to, period: r.weekend(start)})
		}
	case semantic.Month:
		if m, ok := r.monthPart(from); ok {
			if p, has := m.in(start); has {
				in = atom{to: m.to, period: p, unit: m.unit, month: start.Month()}
			}
		}
	}
	return in
}

var weekendWords = []string{"주말", "weekend"}

// weekend is the Saturday and Sunday after the first Monday from start on.
func (r *reader) weekend(start time.Time) semantic.Period {
	monday := start.AddDate(0, 0, (8-int(start.Weekday()))%7)
	return whole(monday.AddDate(0, 0, 5), semantic.Day, 2)
}

// of returns the position after 의, "'s", "of" or white space.
func (r *reader) of(i int) int {
	for _, w := range []string{"의", "'s", "’s"} {
		if j := r.phrase(i, w); j > 0 {
			return r.skip(j)
		}
	}
	if j := r.skip(i); j > i {
		return j
	}
	return i
}

// recurs reports whether a day of the week that ends at i is meant every week:
// 월요일마다, Mondays, 월요일별.
func (r *reader) recurs(i int) bool {
	for _, w := range []string{"마다", "별", "s"} {
		if strings.HasPrefix(r.low[i:], w) {
			return true
		}
	}
	return false
}

// weekdayAtom reads a day of the week: the latest one, 지난 금요일 the latest before
// today, 이번 금요일 that of this week, or "Friday last week".
func (r *reader) weekdayAtom(i int) (a atom) {
	which, k := lookup(r, i, whichOne)
	if k < 0 {
		which, k = anyLatest, i
	} else {
		k = r.skip(k)
	}
	if which != anyLatest {
		if to := r.anyOf(k, weekendWords); to > 0 {
			return atom{to: to, period: r.weekend(r.pickWeek(which))}
		}
	}
	day, to := lookup(r, k, weekdays)
	if to < 0 || r.recurs(to) || r.everyBefore(i) {
		return a
	}
	back := (int(r.today.Weekday()) - int(day) + 7) % 7
	at := r.today.AddDate(0, 0, -back)
	switch which {
	case theLast:
		if back == 0 {
			at = at.AddDate(0, 0, -7)
		}
	case theCurrent:
		at = r.start(r.today, semantic.Week).AddDate(0, 0, (int(day)-int(r.o.WeekStart)+7)%7)
	case theNext:
		at = r.start(r.today, semantic.Week).AddDate(0, 0, 7+(int(day)-int(r.o.WeekStart)+7)%7)
	}
	a = atom{to: to, period: whole(at, semantic.Day, 1), unit: semantic.Day}
	if which == anyLatest {
		a = longer(a, r.weekdayOfWeek(day, to))
	}
	return a
}

// weekdayOfWeek reads what places a day in another week: "Friday last week", "Friday
// of last week".
func (r *reader) weekdayOfWeek(day time.Weekday, to int) (a atom) {
	k := r.skip(to)
	if j := r.phrase(k, "of"); j > 0 {
		k = r.skip(j)
	}
	d, end := r.englishDistance(k)
	if end < 0 || d.unit != semantic.Week {
		return a
	}
	start := add(r.start(r.today, semantic.Week), semantic.Week, d.n)
	offset := (int(day) - int(r.o.WeekStart) + 7) % 7
	return atom{to: end, period: whole(start.AddDate(0, 0, offset), semantic.Day, 1), unit: semantic.Day}
}

func (r *reader) everyBefore(i int) bool {
	switch r.wordBefore(i) {
	case "every", "each", "매주", "per", "good", "ruby", "무슨", "어느":
		return true
	}
	return false
}

// pickWeek returns the Monday of a week, wherever weeks start: a weekend is not cut in
// two.
func (r *reader) pickWeek(which which) time.Time {
	start := startOf(r.today, semantic.Week, time.Monday)
	switch which {
	case theLast:
		return start.AddDate(0, 0, -7)
	case theNext:
		return start.AddDate(0, 0, 7)
	}
	return start
}
