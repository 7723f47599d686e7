package compose

import (
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// compareEvent reads a comparison that names an event, or is with the days of one: 작년
// 추석 대비 올해 is this year's 추석 against last year's, and not a whole year against three
// days. It reports false for what has nothing to do with events.
func (b *builder) compareEvent(v *period.Mention) bool {
	base := b.named()
	switch {
	case v.Event == "" && (base == nil || base.Event == ""):
		return false
	case v.Event == "":
		if v.Compare != semantic.CompareYearAgo && !v.Period.Start.IsZero() && daysOf(v.Period) != daysOf(base.Period) {
			b.fail(problem{decline: DeclineShape}) // three days against one, or a month
			return true
		}
		return false
	case base == nil && b.p.PeriodDefault:
		b.compareYears(v, b.newest(v))
	case base == nil:
		return false // of the turn before
	case base.Event == v.Event && base.Edition == v.Edition:
		b.compareYears(v, base.Edition) // this 추석 against the last one: both read as the same
	case base.Event == v.Event && daysOf(base.Period) != daysOf(v.Period):
		p, _, ok := b.editionIn(base, v.Edition) // 추석 전 2주, against the same two weeks of the other
		if !ok {
			b.fail(problem{decline: DeclineShape})
			return true
		}
		b.p.Query.Compare = &semantic.Compare{Kind: semantic.CompareEdition, Period: p}
	case base.Event == v.Event:
		return false
	case base.Event == "" && base.Bare && base.Unit == semantic.Year:
		b.compareYears(v, base.Period.Start.Year())
	case daysOf(base.Period) == daysOf(v.Period):
		return false
	default:
		b.fail(problem{decline: DeclineShape})
	}
	return true
}

// named is the only period of the text, nil where there is none or several.
func (b *builder) named() *period.Mention {
	if len(b.d.periods) == 1 {
		return b.d.periods[0]
	}
	return nil
}

// compareYears compares the edition of a year of the event that v names with that of v, or
// with the one before where that is the same. The later one is asked about.
func (b *builder) compareYears(v *period.Mention, year int) {
	other := v.Edition
	if other == year {
		other--
	}
	m := &period.Mention{Event: v.Event, Edition: v.Edition, Period: v.Period}
	if b.in.Calendar == nil {
		b.fail(problem{decline: DeclineShape})
		return
	}
	if e, ok := b.in.Calendar.Edition(v.Event, v.Edition); ok && v.Period.Start.Year() != e.Start.Year() {
		m.Period = semantic.Period{Start: e.Start, End: e.End.AddDate(0, 0, 1)} // moved by a year as if it were a date
	}
	now, _, ok := b.editionIn(m, max(year, other))
	before, _, known := b.editionIn(m, min(year, other))
	if !ok || !known {
		b.fail(problem{decline: DeclineShape})
		return
	}
	b.usePeriod(now, "")
	b.p.PeriodDefault, b.p.Event, b.p.Edition = false, v.Event, max(year, other)
	b.p.Query.Compare = &semantic.Compare{Kind: semantic.CompareEdition, Period: before}
}

// newest is the year of the last edition that has begun of the event that v names.
func (b *builder) newest(v *period.Mention) int {
	_, until := b.dataRange()
	year := v.Edition
	if b.in.Calendar == nil {
		return year
	}
	for y := year + 1; y <= min(until.Year()+1, calendar.LastYear); y++ {
		if e, ok := b.in.Calendar.Edition(v.Event, y); ok && e.TakesPlace() && e.Start.Before(until) {
			year = y
		}
	}
	return year
}

func daysOf(p semantic.Period) int {
	if p.Start.IsZero() || p.End.IsZero() {
		return 0
	}
	return int(p.End.Sub(p.Start).Hours() / 24)
}
