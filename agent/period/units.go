package period

import (
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// half is half a year. There is no such grain to group by, so it does not leave the
// package.
const half semantic.Grain = "half"

func date(y int, m time.Month, d int) time.Time {
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// startOf returns the first day of the unit that holds t.
func startOf(t time.Time, unit semantic.Grain, weekStart time.Weekday) time.Time {
	y, m, d := t.Date()
	switch unit {
	case semantic.Week:
		return date(y, m, d-(int(t.Weekday())-int(weekStart)+7)%7)
	case semantic.Month:
		return date(y, m, 1)
	case semantic.Quarter:
		return date(y, (m-1)/3*3+1, 1)
	case half:
		return date(y, (m-1)/6*6+1, 1)
	case semantic.Year:
		return date(y, 1, 1)
	case semantic.Hour:
		return t.Truncate(time.Hour)
	}
	return date(y, m, d)
}

// months is how many months a unit has, 0 for shorter ones.
func months(unit semantic.Grain) int {
	switch unit {
	case semantic.Month:
		return 1
	case semantic.Quarter:
		return 3
	case half:
		return 6
	case semantic.Year:
		return 12
	}
	return 0
}

// add moves t by n units. A day that the month reached lacks becomes its last.
func add(t time.Time, unit semantic.Grain, n int) time.Time {
	switch unit {
	case semantic.Hour:
		return t.Add(time.Duration(n) * time.Hour)
	case semantic.Day:
		return t.AddDate(0, 0, n)
	case semantic.Week:
		return t.AddDate(0, 0, 7*n)
	}
	return addMonths(t, n*months(unit))
}

func addMonths(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	first := date(y, m+time.Month(n), 1)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(d, last)-1).Add(t.Sub(date(y, m, d)))
}

// unitAt is the n-th unit after the current one, which itself ends today.
func (r *reader) unitAt(unit semantic.Grain, n int) semantic.Period {
	start := add(r.start(r.today, unit), unit, n)
	return r.clip(semantic.Period{Start: start, End: add(start, unit, 1)})
}

func (r *reader) start(t time.Time, unit semantic.Grain) time.Time {
	return startOf(t, unit, r.o.WeekStart)
}

// clip ends a period that is under way today: data has come until now.
func (r *reader) clip(p semantic.Period) semantic.Period {
	if !r.ahead && !p.Start.After(r.today) && p.End.After(r.tomorrow) {
		p.End = r.tomorrow
	}
	return p
}

// whole makes the period of n units from a day on.
func whole(start time.Time, unit semantic.Grain, n int) semantic.Period {
	return semantic.Period{Start: start, End: add(start, unit, n)}
}

// oneDay is the period of a date, false where there is no such date.
func oneDay(y int, m time.Month, d int) (semantic.Period, bool) {
	t := date(y, m, d)
	return whole(t, semantic.Day, 1), m >= 1 && m <= 12 && d >= 1 && t.Month() == m
}

// latest returns the last year, and the period in it, for which at has one that
// satisfies ok, looking from next year back far enough for a February 29.
func (r *reader) latest(at func(int) (semantic.Period, bool), ok func(semantic.Period) bool) (int, semantic.Period, bool) {
	for y := r.today.Year() + 1; y > r.today.Year()-10; y-- {
		if p, has := at(y); has && ok(p) {
			return y, p, true
		}
	}
	return 0, semantic.Period{}, false
}

// begun and over are what an expression without a year can ask of its period.
// Where what is to come is read, an expression asks for the next one instead.
func (r *reader) begun(p semantic.Period) bool {
	if r.ahead {
		return p.End.After(r.tomorrow) && !p.End.After(r.tomorrow.AddDate(1, 0, 0))
	}
	return !p.Start.After(r.today)
}
func (r *reader) over(p semantic.Period) bool { return !p.End.After(r.today) }

// isoWeek is the ISO week of a year, as far as weeks start on Monday; where they start
// on another day it is the week that holds the same Thursday.
func (r *reader) isoWeek(year, week int) (semantic.Period, bool) {
	thursday := isoThursday(year, week)
	y, w := thursday.ISOWeek()
	return whole(r.start(thursday, semantic.Week), semantic.Week, 1), y == year && w == week
}

// isoThursday is the Thursday of an ISO week; the first week is the one that holds
// January 4.
func isoThursday(year, week int) time.Time {
	return startOf(date(year, 1, 4), semantic.Week, time.Monday).AddDate(0, 0, 3+7*(week-1))
}

// weekOfMonth is the n-th week with most of its days in the month that begins on first.
func (r *reader) weekOfMonth(first time.Time, n int) (semantic.Period, bool) {
	start := r.start(first, semantic.Week)
	if start.AddDate(0, 0, 3).Before(first) {
		start = start.AddDate(0, 0, 7)
	}
	start = start.AddDate(0, 0, 7*(n-1))
	return whole(start, semantic.Week, 1), start.AddDate(0, 0, 3).Month() == first.Month()
}
