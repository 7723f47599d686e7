package period_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

func FuzzParse(f *testing.F) {
	for _, c := range readCases(f, "testdata/parse.txt", "testdata/parse_now.txt", "testdata/parse_not.txt") {
		f.Add(c.text, int64(1795343400))
	}
	for _, text := range []string{"", " ", "\xff", "지난\xff달", "10\xea월", "0월 0일", "2026-00-00", "99999999999999999999년", "1~2~3~4월", "'", "2026.", "~", "Q", "FY", "9월부터부터까지"} {
		f.Add(text, int64(1835395200))
	}
	f.Fuzz(func(t *testing.T, text string, now int64) {
		// Within what dates are written for: the years 1900 to 2200.
		now %= 7_200_000_000
		opts := period.Options{Now: time.Unix(now, 0).UTC(), WeekStart: time.Weekday(uint64(now) % 7), Calendar: calendar.Default(),
			FiscalYearStart: time.Month(uint64(now) % 13)}
		last := 0
		for _, m := range period.Parse(text, opts) {
			if m.From < last || m.To <= m.From || m.To > len(text) {
				t.Fatalf("%q: %d–%d after %d", text, m.From, m.To, last)
			}
			last = m.To
			if !utf8.ValidString(text[m.From:m.To]) {
				t.Fatalf("%q: %d–%d cuts a letter", text, m.From, m.To)
			}
			if p := m.Period; !p.Start.IsZero() && !p.End.IsZero() && !p.Start.Before(p.End) {
				t.Fatalf("%q: %v", text, p)
			}
			check(t, text, m)
		}
	})
}

// check runs everything that takes a mention on it.
func check(t *testing.T, text string, m period.Mention) {
	t.Helper()
	period.GrainFor(m.Period)
	if period.Describe(m.Period, "ko") == "" || period.Describe(m.Period, "en") == "" {
		t.Fatalf("%q: no description", text)
	}
	base := span("2026-10-01", "2026-11-01")
	if p := period.Apply(m, base, semantic.Month); m.Kind == period.Shift && !p.Start.Before(p.End) {
		t.Fatalf("%q: applied %v", text, p)
	}
	for _, kind := range []semantic.CompareKind{semantic.ComparePrevious, semantic.CompareYearAgo} {
		p := period.Align(m.Period, kind, m.Unit)
		if !p.Start.IsZero() && !p.Start.Before(p.End) {
			t.Fatalf("%q: %s %v of %v", text, kind, p, m.Period)
		}
	}
}

// TestToday is the date where the asker is, not in UTC.
func TestToday(t *testing.T) {
	seoul := time.FixedZone("KST", 9*3600)
	for _, tt := range []struct {
		now  time.Time
		want string
	}{
		{time.Date(2026, 11, 22, 0, 30, 0, 0, seoul), "2026-11-22"},
		{time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC), "2026-11-21"},
		{time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC).In(seoul), "2026-11-22"},
	} {
		m := period.Parse("오늘", period.Options{Now: tt.now})
		if len(m) != 1 || m[0].Period.Start != at(tt.want) || m[0].Period.Start.Location() != time.UTC {
			t.Errorf("%v: %v", tt.now, m)
		}
	}
}

func TestWithoutCalendar(t *testing.T) {
	if m := period.Parse("작년 추석 매출", period.Options{Now: at("2026-11-22")}); len(m) != 1 || m[0].Event != "" || m[0].To != len("작년") {
		t.Errorf("%v", m)
	}
}

// TestLongText reads text far longer than a question to its end.
func TestLongText(t *testing.T) {
	for _, piece := range []string{"지난달 ", "10월부터 ", "from ", "a", "1~", "2026-", "\xff"} {
		text := strings.Repeat(piece, 20_000/len(piece))
		m := period.Parse(text+" 어제", options(t, "2026-11-22T10:30"))
		if len(m) == 0 || m[len(m)-1].To != len(text)+len(" 어제") {
			t.Errorf("%q repeated: the last word was not read", piece)
		}
	}
}
