package compose

import (
	"slices"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// setCompare fills in the period compared with.
func (b *builder) setCompare() {
	q := &b.p.Query
	switch b.special {
	case List, Forecast, Anomaly, Relate:
		q.Compare = nil
		return
	}
	v := b.d.versus
	switch {
	case len(b.d.periods) > 1:
	case v != nil:
		b.compareTo(v)
	case b.follow && q.Compare != nil:
		b.compareAgain()
	case b.special == Drivers, b.special == "" && b.asksChange():
		b.compareBy(semantic.ComparePrevious)
	default:
		q.Compare = nil
	}
	if q.Period == nil {
		q.Compare = nil // a follow-up has taken away what was compared
	}
	if q.Compare != nil && q.Compare.Kind == semantic.ComparePrevious && len(b.d.periods) < 2 && b.problem == nil && b.special == "" {
		b.compareSteps()
	}
}

// sizes order the calendar units.
var sizes = map[semantic.Grain]int{semantic.Day: 1, semantic.Week: 2, semantic.Month: 3, semantic.Quarter: 4, semantic.Year: 5}

// compareSteps compares along time with the step before: 월별 증감률, month over month
// growth in 2025; and a part of a unit with the same part of the unit before: yesterday
// against the same day last week.
func (b *builder) compareSteps() {
	q := &b.p.Query
	unit := semantic.Grain("")
	if v := b.d.versus; v != nil {
		unit = v.Unit
	}
	if own := sizes[b.p.PeriodGrain]; own > 0 && sizes[unit] > own && len(b.d.periods) == 1 {
		q.Compare.Period = moved(*q.Period, b.p.PeriodGrain, -1, unit, "")
		return
	}
	i := slices.IndexFunc(q.Dimensions, isTime)
	if i < 0 && sizes[unit] > 0 && sizes[unit] < sizes[b.p.PeriodGrain] && len(q.Dimensions) < maxDimensions && !b.d.rank.wanted {
		q.Dimensions, i = append([]semantic.Dimension{{Grain: unit}}, q.Dimensions...), 0
	}
	if i < 0 || q.Dimensions[i].Field != "" || unit != "" && unit != q.Dimensions[i].Grain {
		return
	}
	p, step := *q.Period, q.Dimensions[i].Grain
	if b.floor(p.Start, step).Equal(p.Start) && p.End.After(ahead(p.Start, 1, step)) {
		q.Compare.Period = semantic.Period{Start: ahead(p.Start, -1, step), End: ahead(p.End, -1, step)}
	}
}

// compareTo reads a comparison that the text names. 작년보다 means the same dates a
// year before, unless the period asked about is another year.
func (b *builder) compareTo(v *period.Mention) {
	if b.compareEvent(v) {
		return
	}
	q := &b.p.Query
	relative := v.Compare == semantic.ComparePrevious || v.Compare == semantic.CompareYearAgo
	named := !v.Period.Start.IsZero()
	if relative && (!named || b.p.PeriodDefault || b.p.PeriodGrain != v.Unit || b.current(q.Period)) {
		if m := b.ofEvent(); m != nil && v.Compare == semantic.CompareYearAgo && b.compareEditions(m) {
			return
		}
		b.compareBy(v.Compare)
		return
	}
	if !named {
		b.fail(problem{decline: DeclineShape})
		return
	}
	kind, other := v.Compare, v.Period
	if relative {
		kind = semantic.CompareExplicit
	}
	if kind == semantic.CompareExplicit && q.Period != nil && len(b.d.periods) == 1 && other.Start.After(q.Period.Start) {
		// "this month vs last month": the later one is asked about.
		base, unit := *q.Period, b.p.PeriodGrain
		b.usePeriod(other, v.Unit)
		if unit != "" && unit == v.Unit && b.current(&other) && moved(other, unit, -1, unit, unit).Start.Equal(base.Start) {
			b.compareBy(semantic.ComparePrevious) // as much of last year as has passed of this
			return
		}
		other = base
	}
	q.Compare = &semantic.Compare{Kind: kind, Period: other}
}

// current reports whether a period has not ended.
func (b *builder) current(p *semantic.Period) bool {
	_, until := b.dataRange()
	return p == nil || p.End.IsZero() || p.End.After(until) || p.End.Equal(until)
}

// compareBy compares with the period before or a year ago.
func (b *builder) compareBy(kind semantic.CompareKind) {
	q := &b.p.Query
	if q.Period == nil || q.Period.Start.IsZero() {
		unit := b.compareUnit()
		b.assume(b.last(1, unit), unit)
		b.p.PeriodDefault = true
	}
	p := b.before(*q.Period, kind)
	if p.Start.IsZero() {
		b.fail(problem{decline: DeclineShape})
		return
	}
	q.Compare = &semantic.Compare{Kind: kind, Period: p}
}

// compareAgain moves the comparison of the turn before along with the period.
func (b *builder) compareAgain() {
	q := &b.p.Query
	if len(b.d.periods) == 0 && b.d.shift == nil {
		return
	}
	kind := q.Compare.Kind
	if kind != semantic.CompareYearAgo {
		kind = semantic.ComparePrevious
	}
	b.compareBy(kind)
}

// ofEvent returns the mention of the period when an event named it.
func (b *builder) ofEvent() *period.Mention {
	if len(b.d.periods) == 1 && b.d.periods[0].Event != "" {
		return b.d.periods[0]
	}
	return nil
}

// compareEditions compares an event with its edition of the year before, at the same
// distance from its first day. It reports whether the calendar knows both.
func (b *builder) compareEditions(m *period.Mention) bool {
	p, _, ok := b.editionIn(m, m.Edition-1)
	if ok {
		b.p.Query.Compare = &semantic.Compare{Kind: semantic.CompareEdition, Period: p}
	}
	return ok
}

// before returns the period that p is compared with. Of a period that has not ended
// only the part that has passed is compared.
func (b *builder) before(p semantic.Period, kind semantic.CompareKind) semantic.Period {
	if _, until := b.dataRange(); p.End.IsZero() || p.End.After(until) {
		p.End = until
	}
	return period.Align(p, kind, b.p.PeriodGrain)
}
