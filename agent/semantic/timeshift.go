package semantic

import (
	"math"
	"slices"
	"strings"
	"time"
)

// side is one of the periods a query is computed for.
type side struct {
	name   string // of its subqueries
	suffix string // of its columns
	period *Period
	before bool // the period compared with: its times are moved onto the query's
}

// truncate returns the start of the period of grain g that t falls in.
func truncate(t time.Time, g Grain, cal calendar) time.Time {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	switch g {
	case Hour:
		return day.Add(time.Duration(t.Hour()) * time.Hour)
	case Week:
		back := (int(day.Weekday()) + 6) % 7
		if cal.sundayWeeks {
			back = int(day.Weekday())
		}
		return day.AddDate(0, 0, -back)
	case Month:
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case Quarter:
		back := (int(t.Month()) - 1 - cal.fiscal%3 + 3) % 3
		return time.Date(t.Year(), t.Month()-time.Month(back), 1, 0, 0, 0, 0, time.UTC)
	case Year:
		back := (int(t.Month()) - 1 - cal.fiscal + 12) % 12
		return time.Date(t.Year(), t.Month()-time.Month(back), 1, 0, 0, 0, 0, time.UTC)
	}
	return day
}

// lastOf returns the start of the last period of grain g before end.
func lastOf(end time.Time, g Grain, cal calendar) time.Time {
	return truncate(end.Add(-time.Microsecond), g, cal)
}

// shift moves the times of the period compared with onto the query's.
type shift struct {
	n    int
	unit string // HOUR, DAY, MONTH
	// leap: 29 February has no counterpart and is left out.
	leap bool
}

func (s shift) apply(t time.Time) time.Time {
	switch s.unit {
	case "HOUR":
		return t.Add(time.Duration(s.n) * time.Hour)
	case "DAY":
		return t.AddDate(0, 0, s.n)
	}
	return t.AddDate(0, s.n, 0)
}

// moves reports whether the dimension's times, in a pass along the time field, are
// moved for a comparison. Times along which a metric is not placed are not: they are
// matched by value.
func (d *dim) moves(time string, sd side) bool {
	return sd.before && !d.noShift && d.Grain.sequence() && d.along(time)
}

// along reports whether the dimension is the time field.
func (d *dim) along(time string) bool { return d.own() || d.Field == time }

// alongTime reports whether the dimension is the only time of one of the measures.
func (d *dim) alongTime(ms ...*measure) bool {
	return d.own() || slices.ContainsFunc(ms, func(m *measure) bool { return slices.Equal(m.times(), []string{d.Field}) })
}

// shiftOf says how times of the grain are matched: the same calendar day of another
// year, or the n-th period with the n-th.
func (c *compiler) shiftOf(g Grain) shift {
	cur, bef := *c.q.Period, c.q.Compare.Period
	if years := c.yearsApart(); years > 0 {
		switch g {
		case Week:
			// 52 weeks: the same weekdays, and a partner for every week.
			return shift{n: 364 * years, unit: "DAY"}
		case Day, Hour:
			return shift{n: 12 * years, unit: "MONTH", leap: losesLeapDay(bef, years)}
		}
		return shift{n: 12 * years, unit: "MONTH"}
	}
	from, to := truncate(bef.Start, g, c.cal), truncate(cur.Start, g, c.cal)
	switch g {
	case Hour:
		return shift{n: int(math.Round(to.Sub(from).Hours())), unit: "HOUR"}
	case Day, Week:
		return shift{n: int(math.Round(to.Sub(from).Hours() / 24)), unit: "DAY"}
	}
	return shift{n: (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month()), unit: "MONTH"}
}

// yearsApart returns how many years lie between the periods where they are matched by
// the calendar, 0 where by position.
func (c *compiler) yearsApart() int {
	cur, bef := c.q.Period.Start, c.q.Compare.Period.Start
	years := cur.Year() - bef.Year()
	switch c.q.Compare.Kind {
	case CompareYearAgo:
		if cur.IsZero() || bef.IsZero() {
			return 1
		}
		return max(1, int(math.Round(cur.Sub(bef).Hours()/24/365.25)))
	case CompareExplicit:
		if !bef.IsZero() && years > 0 && cur.Month() == bef.Month() && cur.Day() == bef.Day() {
			return years
		}
	}
	return 0
}

// losesLeapDay reports whether the period may hold a 29 February that has no
// counterpart years later.
func losesLeapDay(p Period, years int) bool {
	if p.Start.IsZero() || p.End.IsZero() {
		return true
	}
	for y := p.Start.Year(); y <= p.End.Year(); y++ {
		leap := time.Date(y, 2, 29, 0, 0, 0, 0, time.UTC)
		partner := leap.AddDate(years, 0, 0)
		if leap.Month() == 2 && partner.Month() != 2 && p.Start.Before(leap.AddDate(0, 0, 1)) && leap.Before(p.End) {
			return true
		}
	}
	return false
}

// dimSQL writes the dimension for a row whose field is x; move says that the row is
// of the period compared with.
func (c *compiler) dimSQL(d *dim, x expr, move bool) string {
	text := c.d.grain(x, d.Grain, c.cal)
	if !move {
		return text
	}
	s := c.shiftOf(d.Grain)
	return c.d.shift(text, s.n, s.unit)
}

// cutSQL writes a condition that leaves out rows of the period compared with whose
// time has no counterpart in the query's; "" where all have.
func (c *compiler) cutSQL(d *dim, x expr) string {
	cur, bef := *c.q.Period, c.q.Compare.Period
	s := c.shiftOf(d.Grain)
	text := c.dimSQL(d, x, true)
	var terms []string
	if !cur.Start.IsZero() {
		first := truncate(cur.Start, d.Grain, c.cal)
		if bef.Start.IsZero() || s.apply(truncate(bef.Start, d.Grain, c.cal)).Before(first) {
			terms = append(terms, text+" >= "+c.d.date(first))
		}
	}
	if !cur.End.IsZero() && (bef.End.IsZero() || !s.apply(lastOf(bef.End, d.Grain, c.cal)).Before(cur.End)) {
		terms = append(terms, text+" < "+c.d.date(cur.End))
	}
	if s.leap {
		terms = append(terms, "NOT ("+c.d.part(c.d, x, "month")+" = 2 AND "+c.d.part(c.d, x, "day")+" = 29)")
	}
	return strings.Join(terms, " AND ")
}

// resolveCompare checks that times can be matched by position.
func (c *compiler) resolveCompare() error {
	if c.q.Compare == nil || c.yearsApart() > 0 {
		return nil
	}
	for _, d := range c.dims {
		if d.Grain.sequence() && d.alongTime(c.measures...) && (c.q.Period.Start.IsZero() || c.q.Compare.Period.Start.IsZero()) {
			return queryErrorf(CodeShape, "to compare by %s, both periods need a start", d.Grain)
		}
	}
	return nil
}

// nextPeriod returns the start of the period after the one that starts at t.
func nextPeriod(t time.Time, g Grain) time.Time {
	switch g {
	case Hour:
		return t.Add(time.Hour)
	case Week:
		return t.AddDate(0, 0, 7)
	case Month:
		return t.AddDate(0, 1, 0)
	case Quarter:
		return t.AddDate(0, 3, 0)
	case Year:
		return t.AddDate(1, 0, 0)
	}
	return t.AddDate(0, 0, 1)
}
