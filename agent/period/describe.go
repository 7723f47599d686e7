package period

import (
	"fmt"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// Describe names a period for people, in language "ko" or "en": whole months, quarters,
// halves and years by name (2026년 10월, Q3 2026), others by their first and last date
// (2026-11-01–11-22), so that it can be checked against the data.
func Describe(p semantic.Period, language string) string {
	korean := language == "ko"
	switch {
	case p.Start.IsZero() && p.End.IsZero():
		return choose(korean, "전체 기간", "all time")
	case p.Start.IsZero():
		return fmt.Sprintf(choose(korean, "%s까지", "until %s"), lastDate(p.End))
	case p.End.IsZero():
		return fmt.Sprintf(choose(korean, "%s부터", "since %s"), instant(p.Start))
	case !midnight(p.Start) || !midnight(p.End):
		return hours(p)
	}
	if name := wholeName(p, korean); name != "" {
		return name
	}
	last := p.End.AddDate(0, 0, -1)
	first := p.Start.Format(time.DateOnly)
	switch {
	case p.Start.Equal(last):
		return first
	case p.Start.Year() == last.Year():
		return first + "–" + last.Format("01-02")
	}
	return first + "–" + last.Format(time.DateOnly)
}

func choose(korean bool, ko, en string) string {
	if korean {
		return ko
	}
	return en
}

// wholeName names whole months and longer units, "" for other periods.
func wholeName(p semantic.Period, korean bool) string {
	n := wholeMonths(p)
	first, year := p.Start.Month(), p.Start.Year()
	last := p.End.AddDate(0, 0, -1)
	switch {
	case n == 0:
		return ""
	case n == 1 && korean:
		return fmt.Sprintf("%d년 %d월", year, first)
	case n == 1:
		return fmt.Sprintf("%s %d", first, year)
	case n == 3 && first%3 == 1:
		return fmt.Sprintf(choose(korean, "%[1]d년 %[2]d분기", "Q%[2]d %[1]d"), year, first/3+1)
	case n == 6 && first%6 == 1:
		return fmt.Sprintf(choose(korean, "%[1]d년 %[3]s", "%[4]s %[1]d"), year, first,
			[]string{"상반기", "하반기"}[first/7], []string{"H1", "H2"}[first/7])
	case n == 12 && first == time.January:
		return fmt.Sprintf(choose(korean, "%d년", "%d"), year)
	case n%12 == 0 && first == time.January:
		return fmt.Sprintf(choose(korean, "%d–%d년", "%d–%d"), year, last.Year())
	case year == last.Year() && korean:
		return fmt.Sprintf("%d년 %d–%d월", year, first, last.Month())
	case year == last.Year():
		return fmt.Sprintf("%s–%s %d", first, last.Month(), year)
	case korean:
		return fmt.Sprintf("%d년 %d월–%d년 %d월", year, first, last.Year(), last.Month())
	}
	return fmt.Sprintf("%s %d–%s %d", first, year, last.Month(), last.Year())
}

func hours(p semantic.Period) string {
	const minute = "2006-01-02 15:04"
	if last := p.End.Add(-time.Nanosecond); date(p.Start.Date()).Equal(date(last.Date())) {
		end := p.End.Format("15:04")
		if midnight(p.End) {
			end = "24:00"
		}
		return p.Start.Format(minute) + "–" + end
	}
	return p.Start.Format(minute) + "–" + p.End.Format(minute)
}

func instant(t time.Time) string {
	if midnight(t) {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04")
}

// lastDate is the last date before an end.
func lastDate(end time.Time) string {
	if midnight(end) {
		return end.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return end.Format("2006-01-02 15:04")
}
