package compose

import (
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// day returns the date of t as wall time in UTC.
func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// dataRange returns the first date of the data and the one after the last; today
// ends it when the data's end is not known.
func (r *reader) dataRange() (from, until time.Time) {
	first, last := r.in.DataFrom, r.in.DataUntil
	if own := r.ownRange(); !own.Until.IsZero() {
		first, last = own.From, own.Until
	}
	until = day(r.in.Now)
	if !last.IsZero() {
		until = day(last).AddDate(0, 0, 1)
	}
	if !first.IsZero() {
		from = day(first)
	}
	return from, until
}

// ownRange is the range of what is measured, empty while that is not known.
func (r *reader) ownRange() Range {
	times := make([]string, 0, 2)
	for _, name := range r.metricNames() {
		if m := r.lex.model.Metric(name); m != nil {
			times = append(times, m.Time)
		}
	}
	return RangeOf(r.in.Ranges, times)
}

// RangeOf is the range that covers those of some fields, as far as they are known.
func RangeOf(ranges map[string]Range, fields []string) Range {
	var out Range
	for _, f := range fields {
		x, ok := ranges[f]
		switch {
		case !ok:
			continue
		case out.Until.IsZero():
			out = x
			continue
		}
		if x.From.Before(out.From) {
			out.From = x.From
		}
		if x.Until.After(out.Until) {
			out.Until = x.Until
		}
	}
	return out
}

// floor returns the beginning of the unit that t lies in.
func (r *reader) floor(t time.Time, unit semantic.Grain) time.Time {
	switch unit {
	case semantic.Week:
		return t.AddDate(0, 0, -(int(t.Weekday())-int(r.in.WeekStart)+7)%7)
	case semantic.Month:
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case semantic.Quarter:
		return time.Date(t.Year(), (t.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	case semantic.Year:
		return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return t
}

// ahead returns the beginning of the unit that is n units after the one t begins.
func ahead(t time.Time, n int, unit semantic.Grain) time.Time {
	switch unit {
	case semantic.Week:
		return t.AddDate(0, 0, 7*n)
	case semantic.Month:
		return t.AddDate(0, n, 0)
	case semantic.Quarter:
		return t.AddDate(0, 3*n, 0)
	case semantic.Year:
		return t.AddDate(n, 0, 0)
	}
	return t.AddDate(0, 0, n)
}

// moved returns a period at a distance of n steps: the whole unit there, or with ""
// the same dates. Unit is the calendar unit that p was named in.
func moved(p semantic.Period, unit semantic.Grain, n int, step, whole semantic.Grain) semantic.Period {
	return period.Apply(period.Mention{Kind: period.Shift, Count: n, Step: step, Unit: whole}, p, unit)
}

// last returns the last n complete units of the data.
func (r *reader) last(n int, unit semantic.Grain) semantic.Period {
	_, until := r.dataRange()
	end := r.floor(until, unit)
	return semantic.Period{Start: ahead(end, -n, unit), End: end}
}

// setPeriod sets the period named, or the one that is usual for what is asked.
func (b *builder) setPeriod() {
	if b.special == List {
		return
	}
	if b.d.shift != nil {
		b.shiftPeriod()
		return
	}
	if b.takeEditions() {
		return
	}
	switch list := b.d.periods; len(list) {
	case 0:
		if !b.follow || b.p.PeriodDefault || b.d.forecast {
			b.setDefaultPeriod()
		}
	case 1:
		b.takePeriod(list[0])
	case 2:
		b.takeTwo(list[0], list[1])
	default:
		b.fail(problem{decline: DeclineShape})
	}
}

// takePeriod sets a period, refusing one that lies after the data.
func (b *builder) takePeriod(m *period.Mention) {
	p := m.Period
	unit := m.Unit
	if b.followEvent(m) {
		return
	}
	if b.follow && m.Bare && m.Unit == semantic.Year && b.p.Query.Period != nil {
		p, unit = b.sameDates(m)
	}
	b.usePeriod(p, unit)
	b.p.PeriodDefault, b.p.Event, b.p.Edition = false, m.Event, m.Edition
}

// followEvent reads a year after an event as that event of the year.
func (b *builder) followEvent(m *period.Mention) bool {
	old := b.in.Previous
	if !b.follow || !m.Bare || m.Unit != semantic.Year || m.Event != "" || old.Event == "" || old.Query.Period == nil {
		return false
	}
	year := m.Period.Start.Year()
	p, unit, ok := b.editionIn(&period.Mention{Event: old.Event, Edition: old.Edition, Period: *old.Query.Period}, year)
	if ok {
		b.usePeriod(p, unit)
		b.p.PeriodDefault, b.p.Edition = false, year
	}
	return ok
}

// sameDates reads "작년은?" after a question about a month as that month a year ago.
func (b *builder) sameDates(m *period.Mention) (semantic.Period, semantic.Grain) {
	old := *b.p.Query.Period
	if old.Start.IsZero() || old.End.IsZero() || b.p.PeriodDefault || b.p.PeriodGrain == semantic.Year || b.p.PeriodGrain == "" || b.p.PeriodGrain == semantic.Week {
		return m.Period, m.Unit
	}
	years := m.Period.Start.Year() - old.Start.Year()
	return moved(old, b.p.PeriodGrain, years, semantic.Year, ""), b.p.PeriodGrain
}

func (b *builder) usePeriod(p semantic.Period, unit semantic.Grain) {
	_, until := b.dataRange()
	if p.Start.IsZero() && p.End.IsZero() {
		b.p.Query.Period, b.p.PeriodGrain = nil, ""
		return
	}
	if !p.Start.IsZero() && !p.Start.Before(until) {
		b.fail(problem{decline: DeclineFuture, until: until.AddDate(0, 0, -1)})
		return
	}
	b.p.Query.Period = &p
	b.p.PeriodGrain = unit
}

// within reads a year that stands apart from what it belongs to: Black Friday revenue
// last year, 10월 매출 2025년.
func (b *builder) within(first, second *period.Mention) (semantic.Period, semantic.Grain, bool) {
	year, part := first, second
	if part.Unit == semantic.Year {
		year, part = part, year
	}
	if b.d.compare || year.Unit != semantic.Year || part.Unit == semantic.Year || part.Period.Start.IsZero() || part.Period.End.IsZero() {
		return semantic.Period{}, "", false
	}
	y := year.Period.Start.Year()
	if part.Event != "" {
		return b.editionIn(part, y)
	}
	if !part.Bare {
		return semantic.Period{}, "", false
	}
	p := moved(part.Period, part.Unit, y-part.Period.Start.Year(), semantic.Year, part.Unit)
	return p, part.Unit, true
}

// editionIn moves a period that an event named to the event's edition of a year.
func (b *builder) editionIn(m *period.Mention, year int) (semantic.Period, semantic.Grain, bool) {
	if b.in.Calendar == nil {
		return semantic.Period{}, "", false
	}
	from, ok := b.in.Calendar.Edition(m.Event, m.Edition)
	to, ok2 := b.in.Calendar.Edition(m.Event, year)
	if !ok || !ok2 {
		return semantic.Period{}, "", false
	}
	days := to.Start.Sub(from.Start)
	return semantic.Period{Start: m.Period.Start.Add(days), End: m.Period.End.Add(days)}, "", true
}

// takeEditions compares an event with the same one of another year: 작년 추석이랑 올해 비교,
// Black Friday this year vs last year.
func (b *builder) takeEditions() bool {
	var event *period.Mention
	var years []int
	for _, m := range b.d.periods {
		switch {
		case m.Event != "" && event == nil:
			event = m
		case m.Unit == semantic.Year && m.Event == "":
			years = append(years, m.Period.Start.Year())
		default:
			return false
		}
	}
	if v := b.d.versus; event != nil && v != nil && len(years) < 2 && (v.Compare == semantic.CompareYearAgo || v.Unit == semantic.Year) {
		year := event.Edition
		if len(years) == 1 {
			year = years[0]
		}
		if years = []int{year, year - 1}; v.Unit == semantic.Year && !v.Period.Start.IsZero() {
			years[1] = v.Period.Start.Year() // how did Chuseok go this year vs last year
		}
	}
	if event == nil || len(years) == 0 || len(years) == 1 && (!b.d.compare && !b.asksChange() || years[0] == event.Edition) {
		return false
	}
	if len(years) == 1 {
		years = append(years, event.Edition)
	}
	if len(years) > 2 || years[0] == years[1] {
		return false
	}
	now, _, ok := b.editionIn(event, max(years[0], years[1]))
	before, _, known := b.editionIn(event, min(years[0], years[1]))
	if !ok || !known {
		return false
	}
	b.usePeriod(now, "")
	b.p.PeriodDefault, b.editions = false, len(b.d.periods) > 1
	b.p.Query.Compare = &semantic.Compare{Kind: semantic.CompareEdition, Period: before}
	return true
}

// takeTwo compares two periods; the later one is the one asked about.
func (b *builder) takeTwo(first, second *period.Mention) {
	if p, unit, ok := b.within(first, second); ok {
		b.usePeriod(p, unit)
		b.p.PeriodDefault = false
		return
	}
	if first.Period.Start.Before(second.Period.Start) {
		first, second = second, first
	}
	b.takePeriod(first)
	if first.Unit != "" && first.Unit == second.Unit && b.current(&first.Period) && moved(first.Period, first.Unit, -1, first.Unit, first.Unit).Start.Equal(second.Period.Start) {
		b.compareBy(semantic.ComparePrevious) // as much of last year as has passed of this
		return
	}
	b.p.Query.Compare = &semantic.Compare{Kind: semantic.CompareExplicit, Period: second.Period}
}

// shiftPeriod moves the period of the turn before: 작년 같은 달은?
func (b *builder) shiftPeriod() {
	old, m := b.p.Query.Period, b.d.shift
	if !b.follow || old == nil || old.Start.IsZero() || old.End.IsZero() {
		if m.Period.Start.IsZero() {
			b.fail(problem{decline: DeclineShape})
			return
		}
		b.usePeriod(m.Period, m.Unit) // 한 달 전, said of today
		b.p.PeriodDefault = false
		return
	}
	p := period.Apply(*m, *old, b.p.PeriodGrain)
	b.usePeriod(p, b.p.PeriodGrain)
	b.p.PeriodDefault, b.p.Event = false, ""
}

// setDefaultPeriod assumes a period when none was named: all the data for totals,
// the last week for levels, the last twelve months for trends, this year so far for running totals, the last
// complete month for changes, the last ninety days for anomalies.
func (b *builder) setDefaultPeriod() {
	b.p.PeriodDefault, b.p.Event = true, ""
	d := &b.d
	switch {
	case b.special == Anomaly:
		b.assume(b.last(90, semantic.Day), "")
	case b.special == Forecast:
		b.p.Query.Period = nil
	case d.versus != nil && !d.versus.Period.Start.IsZero() && len(b.d.periods) == 0:
		b.assumeAfter(d.versus)
	case b.special == "" && d.grain != "" && !d.rank.wanted && slicesHas(b.p.Query.Dimensions, isTime) && (d.versus != nil || b.asksChange()):
		b.assumeTrend()
		if from, until := b.dataRange(); b.p.Query.Period == nil && !from.IsZero() {
			b.p.Query.Period = &semantic.Period{Start: b.floor(from, d.grain), End: until}
		}
	case b.special == "" && sizes[d.grain] > 0 && d.rank.by != "" && slicesHas(b.p.Query.Dimensions, isTime):
		b.assumeSteps(d.grain)
	case b.special == Drivers || d.versus != nil || b.asksChange():
		unit := b.compareUnit()
		b.assume(b.last(1, unit), unit)
	case (d.rank.wanted || len(d.bounds) > 0 || d.mean.op != "") && d.grain != "" && !slicesHas(b.p.Query.Dimensions, func(x semantic.Dimension) bool { return x.Grain == "" }):
		b.p.Query.Period = nil // the best day is the best of all
	case d.cumulative:
		_, until := b.dataRange()
		b.assume(semantic.Period{Start: b.floor(until.AddDate(0, 0, -1), semantic.Year), End: until}, "")
	case d.trend && d.grain == "", slicesHas(b.p.Query.Dimensions, isTime):
		b.assumeTrend()
	case !b.follow && b.levels():
		b.assume(b.last(7, semantic.Day), "") // what is in stock is what is in stock now
	case !b.follow:
		b.p.Query.Period = nil
	}
}

// assumeSteps takes all units that are over and have one before them: the month in which
// revenue rose most is one of all.
func (b *builder) assumeSteps(unit semantic.Grain) {
	from, until := b.dataRange()
	if from.IsZero() {
		b.fail(problem{decline: DeclineShape})
		return
	}
	first := b.floor(from, unit)
	if first.Before(from) {
		first = ahead(first, 1, unit)
	}
	p := semantic.Period{Start: ahead(first, 1, unit), End: b.floor(until, unit)}
	if !p.Start.Before(p.End) {
		b.fail(problem{decline: DeclineShape})
		return
	}
	b.assume(p, unit)
}

// levels reports whether what is measured is a level that is counted anew on each date,
// such as stock, and not something that adds up over time.
func (b *builder) levels() bool {
	return len(b.p.Query.Measures) > 0 && !slicesHas(b.p.Query.Measures, func(m semantic.Measure) bool {
		x := b.lex.model.Metric(m.Metric)
		counted := strings.ReplaceAll(b.lex.expression(m.Metric), " ", "")
		return x == nil || x.Time == "" || m.Each != "" || m.Over != "" || m.Per != "" || !strings.HasSuffix(counted, "/COUNT(DISTINCT"+strings.ToUpper(x.Time)+")")
	})
}

func slicesHas[T any](list []T, f func(T) bool) bool {
	for _, x := range list {
		if f(x) {
			return true
		}
	}
	return false
}

// assume sets a default period, or all the data where they begin later.
func (b *builder) assume(p semantic.Period, unit semantic.Grain) {
	if from, until := b.dataRange(); !from.IsZero() && p.Start.Before(from) {
		p.Start = from
		if !p.Start.Before(p.End) {
			p.End = until
		}
		unit = ""
	}
	b.p.Query.Period, b.p.PeriodGrain = &p, unit
}

func (b *builder) assumeTrend() {
	grain := b.d.grain
	for _, d := range b.p.Query.Dimensions {
		if isTime(d) {
			grain = d.Grain
		}
	}
	switch grain {
	case semantic.Hour:
		b.assume(b.last(1, semantic.Day), semantic.Day)
	case semantic.Day:
		b.assume(b.last(30, semantic.Day), "")
	case semantic.Week:
		b.assume(b.last(12, semantic.Week), "")
	case semantic.Quarter:
		b.assume(b.last(8, semantic.Quarter), "")
	case semantic.Year:
		b.p.Query.Period = nil
	default:
		if from, until := b.dataRange(); !from.IsZero() && until.Sub(from).Hours() < 24*180 {
			b.assume(semantic.Period{Start: from, End: until}, "")
			return
		}
		b.assume(b.last(12, semantic.Month), "")
	}
}

// assumeAfter assumes, for "지난달보다" or "vs September" without a period, what comes
// after the period named: the unit now running after the one before it, else the
// last complete one.
func (b *builder) assumeAfter(m *period.Mention) {
	unit := m.Unit
	if unit == "" {
		unit = versusUnit(b.versusText())
	}
	_, until := b.dataRange()
	running := semantic.Period{Start: b.floor(until.AddDate(0, 0, -1), unit), End: until}
	p := b.last(1, unit)
	if !p.Start.After(m.Period.Start) || m.Period.End.Equal(running.Start) {
		p = running
	}
	if !p.Start.After(m.Period.Start) {
		b.fail(problem{decline: DeclineShape})
		return
	}
	b.assume(p, unit)
}

// asksChange reports whether the words ask for a change over time.
func (b *builder) asksChange() bool {
	d := &b.d
	if d.change || d.growth || d.direction != 0 {
		return true
	}
	grouped := slicesHas(d.filters, func(f filter) bool { return f.grouped })
	return d.compare && !grouped && len(b.p.Query.Dimensions) == 0 && len(b.p.Query.Measures) == 1 && b.special == ""
}

// compareUnit is the calendar unit that a comparison without a period is about.
func (b *builder) compareUnit() semantic.Grain {
	if v := b.d.versus; v != nil {
		if v.Unit != "" && v.Unit != semantic.Year {
			return v.Unit
		}
		return versusUnit(b.versusText())
	}
	switch b.d.grain {
	case semantic.Day, semantic.Week, semantic.Quarter, semantic.Year:
		return b.d.grain
	}
	return semantic.Month
}

func (r *reader) versusText() string {
	for _, t := range r.toks {
		if t.mention == r.d.versus && t.mention != nil {
			return t.text
		}
	}
	return ""
}

// versusUnit reads the unit out of the words of a comparison: 전주 대비, QoQ.
func versusUnit(text string) semantic.Grain {
	text = strings.ToLower(text)
	for _, u := range []struct {
		grain semantic.Grain
		words string
	}{
		{semantic.Month, "월|달|month|mom"}, {semantic.Quarter, "분기|quarter|qoq"}, {semantic.Week, "주|week|wow"},
		{semantic.Day, "일|어제|day|dod"}, {semantic.Month, "년|해|year|yoy"},
	} {
		for _, w := range strings.Split(u.words, "|") {
			if strings.Contains(text, w) {
				return u.grain
			}
		}
	}
	return semantic.Month
}
