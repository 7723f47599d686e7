package period

import (
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// Align returns the period to compare p with: the one before it
// (semantic.ComparePrevious) or the same a year earlier (semantic.CompareYearAgo). Unit
// is the calendar unit p was named in, "" when there was none; see Mention.Unit.
//
// The previous of whole months is as many months (of October September, of a half year
// the other half), of a unit to date the same number of days of the unit before, of
// anything else the same number of days before. A year earlier keeps the dates, for
// February 29 the 28th; weeks keep their ISO number, the last where that year has no
// 53rd. A period open at either side, and kinds other than these two, have none: the
// result is the zero Period.
func Align(p semantic.Period, kind semantic.CompareKind, unit semantic.Grain) semantic.Period {
	if p.Start.IsZero() || p.End.IsZero() || !p.Start.Before(p.End) {
		return semantic.Period{}
	}
	switch kind {
	case semantic.ComparePrevious:
		return previousOf(p, unit)
	case semantic.CompareYearAgo:
		return yearsAway(p, unit, -1)
	}
	return semantic.Period{}
}

func previousOf(p semantic.Period, unit semantic.Grain) semantic.Period {
	if n := wholeMonths(p); n > 0 {
		return semantic.Period{Start: addMonths(p.Start, -n), End: p.Start}
	}
	if toDateOf(p, unit) {
		return toDateBefore(p, unit)
	}
	length := p.End.Sub(p.Start)
	return semantic.Period{Start: p.Start.Add(-length), End: p.Start}
}

// wholeMonths is how many whole months p is, 0 when it is not.
func wholeMonths(p semantic.Period) int {
	if !firstOfMonth(p.Start) || !firstOfMonth(p.End) {
		return 0
	}
	return (p.End.Year()-p.Start.Year())*12 + int(p.End.Month()-p.Start.Month())
}

func firstOfMonth(t time.Time) bool { return t.Day() == 1 && midnight(t) }

func midnight(t time.Time) bool { return t.Equal(date(t.Date())) }

// toDateOf reports whether p is the beginning of a unit. A week begins on whatever day
// p does.
func toDateOf(p semantic.Period, unit semantic.Grain) bool {
	switch {
	case unit == semantic.Week:
		return p.End.Before(p.Start.AddDate(0, 0, 7))
	case months(unit) == 0 || !midnight(p.Start):
		return false
	}
	return p.Start.Equal(startOf(p.Start, unit, time.Monday)) && p.End.Before(add(p.Start, unit, 1))
}

// toDateBefore is the same number of days of the unit before, and not more than it
// has. A year keeps the date instead, which a leap day would move.
func toDateBefore(p semantic.Period, unit semantic.Grain) semantic.Period {
	if unit == semantic.Year {
		return yearsAway(p, unit, -1)
	}
	start := add(p.Start, unit, -1)
	end := start.Add(p.End.Sub(p.Start))
	if end.After(p.Start) {
		end = p.Start
	}
	return semantic.Period{Start: start, End: end}
}

// yearsAway moves p by n years.
func yearsAway(p semantic.Period, unit semantic.Grain, n int) semantic.Period {
	if unit == semantic.Week {
		days := isoShift(p.Start, n)
		return semantic.Period{Start: p.Start.AddDate(0, 0, days), End: p.End.AddDate(0, 0, days)}
	}
	return monthsAway(p, 12*n)
}

// monthsAway moves p by n months: whole months stay whole, other periods keep their
// first and last date as far as the month reached has them.
func monthsAway(p semantic.Period, n int) semantic.Period {
	if wholeMonths(p) > 0 || !midnight(p.Start) || !midnight(p.End) {
		return semantic.Period{Start: addMonths(p.Start, n), End: addMonths(p.End, n)}
	}
	last := addMonths(p.End.AddDate(0, 0, -1), n)
	return semantic.Period{Start: addMonths(p.Start, n), End: last.AddDate(0, 0, 1)}
}

// isoShift is how many days away the same ISO week of another year is.
func isoShift(start time.Time, years int) int {
	// Weeks that begin on another day than Monday have the number of their Thursday.
	thursday := start.AddDate(0, 0, (int(time.Thursday)-int(start.Weekday())+7)%7)
	year, week := thursday.ISOWeek()
	there := isoThursday(year+years, week)
	if y, _ := there.ISOWeek(); y != year+years {
		there = there.AddDate(0, 0, -7)
	}
	return int(there.Sub(thursday).Hours() / 24)
}

// Apply moves base as a Shift says: 작년 같은 달 is the whole month a year before, 작년 같은
// 기간 the same dates, 그 전 달 the whole month before. Unit is the calendar unit base was
// named in, as for Align. The result is zero for a base open at either side, and for a
// mention that is no Shift.
func Apply(shift Mention, base semantic.Period, unit semantic.Grain) semantic.Period {
	if shift.Kind != Shift || base.Start.IsZero() || base.End.IsZero() || !base.Start.Before(base.End) {
		return semantic.Period{}
	}
	if shift.Step == "" {
		return stepped(base, unit, shift.Count)
	}
	if u := shift.Unit; u != "" && within(base, u) {
		first := startOf(base.Start, u, weekStartOf(base, unit))
		if u == semantic.Week && shift.Step == semantic.Year {
			return whole(first.AddDate(0, 0, isoShift(first, shift.Count)), u, 1)
		}
		return whole(add(first, shift.Step, shift.Count), u, 1)
	}
	switch {
	case shift.Step == semantic.Year:
		return yearsAway(base, unit, shift.Count)
	case months(shift.Step) > 0:
		return monthsAway(base, shift.Count*months(shift.Step))
	}
	return semantic.Period{Start: add(base.Start, shift.Step, shift.Count), End: add(base.End, shift.Step, shift.Count)}
}

// within reports whether base lies in one unit, so that "the month before" is plain.
func within(base semantic.Period, unit semantic.Grain) bool {
	if unit == semantic.Week {
		return base.End.Sub(base.Start) <= 7*24*time.Hour
	}
	return !base.End.After(add(startOf(base.Start, unit, time.Monday), unit, 1))
}

// weekStartOf is the day weeks start on, as far as base shows it.
func weekStartOf(base semantic.Period, unit semantic.Grain) time.Weekday {
	if unit == semantic.Week || base.End.Sub(base.Start) == 7*24*time.Hour {
		return base.Start.Weekday()
	}
	return time.Monday
}

// stepped moves base by its own length, n times.
func stepped(base semantic.Period, unit semantic.Grain, n int) semantic.Period {
	for ; n < 0; n++ {
		base = previousOf(base, unit)
	}
	for ; n > 0; n-- {
		if m := wholeMonths(base); m > 0 {
			base = semantic.Period{Start: base.End, End: addMonths(base.End, m)}
			continue
		}
		base = semantic.Period{Start: base.End, End: base.End.Add(base.End.Sub(base.Start))}
	}
	return base
}

// GrainFor returns the grain a period is best drawn in: hours for a day, then days up
// to two months, weeks up to half a year, months up to four years, quarters up to ten,
// and years. An open period is drawn in months.
func GrainFor(p semantic.Period) semantic.Grain {
	if p.Start.IsZero() || p.End.IsZero() {
		return semantic.Month
	}
	const day = 24 * time.Hour
	switch length := p.End.Sub(p.Start); {
	case length <= day:
		return semantic.Hour
	case length <= 62*day:
		return semantic.Day
	case length <= 184*day:
		return semantic.Week
	case length <= 4*366*day:
		return semantic.Month
	case length <= 10*366*day:
		return semantic.Quarter
	}
	return semantic.Year
}
