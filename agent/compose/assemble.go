package compose

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
)

// builder puts a draft together as a plan; a follow-up begins with the plan before.
type builder struct {
	*reader
	p      Plan
	follow bool
	// special is an intent that the shape of the query does not show.
	special Intent
	// editions is set where two of an event are compared, which no one word names.
	editions bool
}

// manyParts is how many parts of each whole are shown.
const manyParts = 100

// maxDimensions bounds what a result may be split by.
const maxDimensions = 2

func (b *builder) build() {
	for _, step := range []func(){
		b.setSpecial, b.setMeasures, b.setDimensions, b.setFilters, b.setPeriod, b.setRelated, b.setTimeline,
		b.setHorizon, b.setCompare, b.setRank, b.setBounds, b.setMean, b.setFirst, b.setExtras, b.dropStale, b.setIntent, b.checkShape, b.explain,
	} {
		if b.problem != nil {
			return
		}
		step()
	}
}

// setSpecial decides on the intents that words ask for.
func (b *builder) setSpecial() {
	d := &b.d
	if b.follow {
		switch b.p.Intent {
		case Drivers, Anomaly, Forecast, Relate, List:
			b.special = b.p.Intent
		}
	}
	switch {
	case d.why:
		b.special = Drivers
	case d.forecast:
		b.special = Forecast
	case d.anomaly:
		b.special = Anomaly
	case d.relate:
		b.special = Relate
	case d.listed:
		b.special = List
	case b.follow && (d.grain != "" || len(d.groups) > 0 || d.rank.wanted || d.share || d.trend || len(d.measures) > 0 && b.special == List):
		b.special = ""
	}
}

func (b *builder) setMeasures() {
	q := &b.p.Query
	named := make([]semantic.Measure, 0, len(b.d.measures))
	for _, m := range b.d.measures {
		named = append(named, m.Measure)
	}
	switch {
	case len(named) > 0 && b.follow && b.d.also:
		for _, m := range named {
			if !slices.Contains(q.Measures, m) {
				q.Measures = append(q.Measures, m)
			}
		}
	case len(named) > 0:
		q.Measures, q.Having, q.Order = named, nil, b.timeOrder(q.Order)
	case b.follow && b.special == Drivers:
		q.Measures = q.Measures[:min(1, len(q.Measures))]
	case b.follow && b.d.over != "":
		for i := range q.Measures {
			q.Measures[i].Over = b.d.over
		}
	}
	q.Measures = slices.DeleteFunc(q.Measures, func(m semantic.Measure) bool { return slices.Contains(b.d.dropped.metrics, m.Metric) })
	if b.special == List {
		q.Measures = nil
	} else if len(q.Measures) == 0 {
		b.setDefaultMeasure()
	}
}

// timeOrder keeps an order that does not name the measures just replaced.
func (b *builder) timeOrder(list []semantic.Order) []semantic.Order {
	return slices.DeleteFunc(slices.Clone(list), func(o semantic.Order) bool {
		return !slices.ContainsFunc(b.p.Query.Dimensions, func(d semantic.Dimension) bool { return d.Key() == o.Key })
	})
}

// setDefaultMeasure takes the model's usual metric when the question names only
// what to cut it by.
func (b *builder) setDefaultMeasure() {
	if len(b.d.groups) == 0 && len(b.d.filters) == 0 && b.d.grain == "" && !b.d.trend && b.d.rank == (rank{}) && !b.asksHow() {
		b.fail(problem{decline: DeclineNoMetric})
		return
	}
	if b.asksPrice() {
		b.fail(problem{decline: DeclineNoMetric})
		return
	}
	list := b.peopleShared()
	for _, m := range b.lex.model.Metrics {
		if m.Default && !m.Hidden && len(list) == 0 && b.canCut(m.Name) && !(b.d.rank.good != 0 && b.lex.countsRows(m.Name)) { // the best are not those there are most of
			list = append(list, candidate{ref: m.Name, label: b.label(m.Label, m.Name), usual: true})
		}
	}
	if len(list) == 0 {
		list = b.countsOfGroups()
	}
	if len(list) == 0 {
		b.fail(problem{decline: DeclineNoMetric})
		return
	}
	term := map[bool]string{true: "지표", false: "metric"}[b.ko()]
	k, ok := b.pick(term, list)
	b.reword("어떤 지표를 볼까요?", "Which metric?")
	if ok {
		b.p.Query.Measures = []semantic.Measure{{Metric: list[k].ref}}
		b.say(ReadDefault, term, list[k].label)
	}
}

// asksHow reports whether the question is how a time went, or how two compare, and leaves
// open in what: 추석 어땠어, how did last month go.
func (b *builder) asksHow() bool {
	d := &b.d
	timed := len(d.periods) > 0 || d.versus != nil
	return timed && (b.find(wHow) >= 0 || d.compare || d.versus != nil || len(d.periods) == 2)
}

// peopleShared is the metric that counts people where a condition's name says that the
// share of some of them is asked for: 여성 고객 비율 is of customers, not of revenue.
func (b *builder) peopleShared() []candidate {
	if !b.d.share || !slicesHas(b.d.filters, func(f filter) bool { return b.endsInThing(b.tokenAt(f.token.from)) }) {
		return nil
	}
	list := b.countsOfGroups()
	if len(list) == 1 && b.lex.ofPeople(b.lex.counted(list[0].ref)) {
		return list
	}
	return nil
}

// countsOfGroups are the metrics that count the rows of what is named: 문의 유형별로
// counts 문의.
func (b *builder) countsOfGroups() []candidate {
	var refs []string
	for _, g := range b.d.groups {
		refs = append(refs, g.Field)
	}
	for _, f := range b.d.filters {
		refs = append(refs, f.Field)
	}
	for _, limit := range []int{turned, 2 * turned} { // what is counted row by row comes first
		for _, ref := range refs {
			dataset, _, _ := cutRef(ref)
			name := b.lex.countOfDataset(dataset)
			if name == "" || !b.canCut(name) || slices.ContainsFunc(refs, func(other string) bool { return b.joins(name, other) >= limit }) {
				continue
			}
			m := b.lex.model.Metric(name)
			return []candidate{{ref: name, label: b.label(m.Label, m.Name)}}
		}
	}
	return nil
}

// canCut reports whether a metric can be cut by all that the draft names.
func (b *builder) canCut(name string) bool {
	reach := func(ref string) bool { return ref == "" || b.reaches(name, ref) }
	return !slices.ContainsFunc(b.d.groups, func(g group) bool { return !reach(g.Field) }) &&
		!slices.ContainsFunc(b.d.filters, func(f filter) bool { return !reach(f.Field) })
}

func isTime(d semantic.Dimension) bool {
	switch d.Grain {
	case semantic.Day, semantic.Week, semantic.Month, semantic.Quarter, semantic.Year, semantic.Hour:
		return true
	}
	return false
}

// setDimensions sets what to group by. Times come first. In a follow-up a time
// replaces a time and a category a category; "instead" replaces both.
func (b *builder) setDimensions() {
	var times, others []semantic.Dimension
	for _, d := range b.p.Query.Dimensions {
		if d.Grain != "" {
			times = append(times, d)
		} else if !slices.Contains(b.d.dropped.fields, d.Field) {
			others = append(others, d)
		}
	}
	newTimes, newOthers := b.newDimensions()
	if b.d.instead && (len(newTimes) > 0 || len(newOthers) > 0) {
		times, others = nil, nil
	}
	if len(b.d.dropped.fields) > 0 && len(newTimes)+len(newOthers) > 0 {
		others = nil
	}
	if len(newTimes) > 0 {
		times = newTimes
	}
	switch {
	case len(newOthers) == 0:
	case b.d.also:
		for _, d := range newOthers {
			if !slices.Contains(others, d) {
				others = append(others, d)
			}
		}
	default:
		others = newOthers
	}
	if b.special == Drivers {
		times, others = nil, newOthers
	}
	b.p.Query.Dimensions = slices.Concat(times, others)
	if n := len(b.p.Query.Dimensions); n > maxDimensions || len(times) > 1 {
		b.fail(problem{decline: DeclineShape})
	}
}

func (b *builder) newDimensions() (times, others []semantic.Dimension) {
	if b.d.grain != "" {
		times = append(times, semantic.Dimension{Grain: b.d.grain})
	}
	for _, g := range b.d.groups {
		if g.Grain != "" {
			times = append(times, g.Dimension)
		} else {
			others = append(others, g.Dimension)
		}
	}
	return times, others
}

func (b *builder) setFilters() {
	q := &b.p.Query
	if b.follow && b.d.all && len(b.d.filters)+len(b.d.groups)+len(b.d.measures) == 0 && b.d.grain == "" {
		q.Filters = nil
	}
	for _, f := range b.d.filters {
		if b.follow {
			q.Filters = b.refine(q.Filters, f)
		} else {
			q.Filters = append(q.Filters, f.Filter)
		}
	}
	b.setThings()
	b.setDays()
	b.setHours()
	// The order of the words does not make another plan.
	slices.SortStableFunc(q.Filters, func(a, b semantic.Filter) int { return strings.Compare(a.Field, b.Field) })
}

// setThings keeps to what has a thing that the text names without splitting by it: 부산
// 매장 매출 is not what was sold in no store.
func (b *builder) setThings() {
	if b.follow || b.special != "" || len(b.d.measures) == 0 || b.asksForThings() || b.find(wList) >= 0 {
		return
	}
	for _, g := range b.d.groups {
		dataset, _, _ := cutRef(g.Field)
		if g.Grain != "" || g.marked || g.each || g.which || b.lex.nameOf(dataset) != g.Field {
			continue
		}
		b.onlyNamed(g.Dimension)
		name := b.withoutParticles(g.token)
		b.say(ReadValue, name, b.pickWord(name+format.Josa(name, "이", "가")+" 있는 것만", "only what has one"))
	}
}

// refine changes the conditions of the turn before by one of this turn.
func (b *builder) refine(list []semantic.Filter, f filter) []semantic.Filter {
	list = slices.Clone(list)
	for i := range list {
		old := &list[i]
		if old.Field != f.Field || old.Op != semantic.In || f.Op != semantic.In {
			continue
		}
		switch {
		case f.Negate && !old.Negate:
			old.Values = without(old.Values, f.Values)
			if len(old.Values) == 0 {
				return slices.Delete(list, i, i+1)
			}
			return list
		case f.Negate == old.Negate && (b.d.also || f.Negate):
			old.Values = append(without(old.Values, f.Values), f.Values...)
			return list
		default:
			list[i] = f.Filter
			return list
		}
	}
	return append(list, f.Filter)
}

func without(list, remove []any) []any {
	return slices.DeleteFunc(slices.Clone(list), func(v any) bool { return slices.Contains(remove, v) })
}

// setRelated prepares two measures to be held against each other.
func (b *builder) setRelated() {
	q := &b.p.Query
	if b.special != Relate {
		if b.d.compare && !b.follow && len(q.Measures) == 2 && len(b.d.periods) < 2 && b.d.versus == nil {
			b.opposeMeasures()
		}
		return
	}
	if len(q.Measures) != 2 {
		b.fail(problem{decline: DeclineShape})
		return
	}
	if len(q.Dimensions) == 0 {
		grain := b.defaultGrain()
		q.Dimensions = []semantic.Dimension{{Grain: grain}}
	}
}

// opposeMeasures reads 광고비 대비 매출 as a ratio and "ad spend vs revenue" as a
// relation.
func (b *builder) opposeMeasures() {
	q := &b.p.Query
	between := wNone
	for i := range b.toks {
		for _, w := range []word{wAgainst, wVersus} {
			if b.is(i, w) && b.toks[i].from > b.d.measures[0].token.from && b.toks[i].from < b.d.measures[1].token.from {
				between = w
			}
		}
	}
	switch between {
	case wAgainst:
		q.Measures = []semantic.Measure{{Metric: q.Measures[1].Metric, Per: q.Measures[0].Metric}}
		b.d.compare = false
	case wVersus:
		b.special = Relate
		b.d.compare = false
		b.setRelated()
	default:
		b.d.compare = false
	}
}

// setTimeline adds the time that a trend, a running total, a forecast or a search
// for anomalies runs along.
func (b *builder) setTimeline() {
	q := &b.p.Query
	if b.special == Forecast || b.special == Anomaly {
		if len(b.d.groups) > 0 {
			b.fail(problem{decline: DeclineShape}) // one course is looked at, not one of each
		}
		q.Dimensions = slices.DeleteFunc(q.Dimensions, func(d semantic.Dimension) bool { return !isTime(d) })
	}
	needs := b.d.trend || b.d.cumulative || b.special == Forecast || b.special == Anomaly
	if !needs || slices.ContainsFunc(q.Dimensions, func(d semantic.Dimension) bool { return d.Grain != "" }) {
		return
	}
	q.Dimensions = append([]semantic.Dimension{{Grain: b.timelineGrain()}}, q.Dimensions...)
	if len(q.Dimensions) > maxDimensions {
		b.fail(problem{decline: DeclineShape})
	}
}

// timelineGrain is the grain nobody named.
func (b *builder) timelineGrain() semantic.Grain {
	if b.special == Forecast {
		return b.horizonGrain()
	}
	if b.p.Query.Period != nil && !(b.special == Anomaly && b.p.PeriodDefault) {
		return grainFor(*b.p.Query.Period)
	}
	if b.special == Anomaly {
		return semantic.Day
	}
	if from, until := b.dataRange(); !from.IsZero() && until.Sub(from).Hours() < 24*180 {
		return grainFor(semantic.Period{Start: from, End: until})
	}
	return semantic.Month
}

// setExtras sets what is computed beside the measures, and the chart.
func (b *builder) setExtras() {
	q := &b.p.Query
	if p := b.p.Part; p != nil && (b.d.share || !slicesHas(q.Dimensions, func(d semantic.Dimension) bool { return d.Field == p.Field })) {
		if !b.d.share && !slicesHas(q.Filters, func(f semantic.Filter) bool { return f.Field == p.Field }) {
			q.Filters = append(q.Filters, *p) // by channel, after the share of mobile: of mobile
		}
		b.p.Part = nil
	}
	if b.d.share {
		q.Share = true
		b.dropParts()
		b.shareWithin()
	}
	if b.d.cumulative {
		q.Cumulative = true
	}
	if b.d.chart != "" {
		b.p.Chart = b.d.chart
	}
	if b.d.why {
		q.Share, q.Cumulative, q.Limit, q.LimitPer, q.Order, q.Having, b.p.Chart = false, false, 0, "", nil, nil, b.d.chart
	}
	q.FillTime = false
	for _, d := range q.Dimensions {
		q.FillTime = q.FillTime || isTime(d) && q.Limit == 0 && len(q.Having) == 0 && b.special != Relate
	}
	hasTime := slices.ContainsFunc(q.Dimensions, func(d semantic.Dimension) bool { return isTime(d) })
	if q.Cumulative && !hasTime {
		q.Cumulative = false
	}
	if q.Share && !slicesHas(q.Dimensions, func(d semantic.Dimension) bool { return d.Grain == "" || b.splitsDays(d) }) && (len(q.Dimensions) == 0 || len(q.Filters) > 0) {
		b.shareOfFilter()
	}
}

// shareWithin reads what each share is a part of: the share of each subcategory within
// its category, 지역마다 결제 수단 비중.
func (b *builder) shareWithin() {
	q := &b.p.Query
	q.SharePer = ""
	var within, marked []group
	for _, g := range b.d.groups {
		if g.Field == "" {
			continue
		}
		if b.withinMarked(b.tokenAt(g.token.from)) {
			within = append(within, g)
		}
		if g.marked {
			marked = append(marked, g)
		}
	}
	if len(within) == 0 && len(marked) == 1 && b.ko() {
		within = marked // 지역별 결제 수단 비중 is of each region
	}
	if len(q.Dimensions) == 2 && len(b.d.groups) == 2 && len(within) == 1 {
		q.SharePer = within[0].Key()
		q.Limit, q.LimitPer = manyParts, q.SharePer // each whole with its parts together
	}
}

// withinMarked reports whether the text says that parts are of what token i names.
func (b *builder) withinMarked(i int) bool {
	for k := i - 1; k >= 0 && k >= i-3; k-- {
		switch text := strings.ToLower(strings.TrimSpace(b.toks[k].text)); {
		case text == "within", strings.HasPrefix(text, "within "):
			return true
		case b.toks[k].kind == aTerm:
			return false
		}
	}
	n := b.afterTrail(i)
	return n == i+1 && slices.Contains([]string{"내", "내에서", "안에서", "안"}, b.toks[n].text)
}

// dropParts leaves out the condition that the share of one value among those grouped by
// would be of itself only: 반품 사유 중 불량 비중.
func (b *builder) dropParts() {
	q := &b.p.Query
	q.Filters = slices.DeleteFunc(slices.Clone(q.Filters), func(f semantic.Filter) bool {
		part := f.Op == semantic.In && !f.Negate && slicesHas(q.Dimensions, func(d semantic.Dimension) bool { return d.Field == f.Field && d.Grain == "" })
		if part {
			b.p.Part = &f
		}
		return part
	})
}

// shareOfFilter reads "온라인 매출 비중": the part that one value makes up is seen
// among the others of its field.
func (b *builder) shareOfFilter() {
	q := &b.p.Query
	parts := b.partsOf(q.Filters)
	if len(parts) != 1 {
		b.fail(problem{decline: DeclineShape}) // of which of them the rest is the whole is open
		return
	}
	i := parts[0]
	part := q.Filters[i]
	b.p.Part = &part
	q.Dimensions = append(q.Dimensions, semantic.Dimension{Field: q.Filters[i].Field})
	q.Filters = slices.Delete(slices.Clone(q.Filters), i, i+1)
}

// dropStale forgets orders and conditions of the turn before on columns that there are no
// longer.
func (b *builder) dropStale() {
	q := &b.p.Query
	if !b.follow {
		return
	}
	has := func(key string) bool {
		base, _, _ := strings.Cut(key, "__")
		return slicesHas(q.Measures, func(m semantic.Measure) bool { return m.Key() == base }) || slicesHas(q.Dimensions, func(d semantic.Dimension) bool { return d.Key() == key })
	}
	derived := map[string]bool{
		"before": q.Compare != nil, "change": q.Compare != nil, "growth": q.Compare != nil, "share": q.Share, "total": q.Cumulative, "all": q.Total,
	}
	q.Order = slices.DeleteFunc(slices.Clone(q.Order), func(o semantic.Order) bool {
		_, from, is := strings.Cut(o.Key, "__")
		return !has(o.Key) || is && !derived[from]
	})
	q.Having = slices.DeleteFunc(slices.Clone(q.Having), func(h semantic.Having) bool { return !has(h.Key) })
	if q.Top != nil && (!has(q.Top.Of) || !has(q.Top.By)) {
		q.Top = nil
	}
	if q.LimitPer != "" && !has(q.LimitPer) {
		q.LimitPer = ""
	}
	if q.SharePer != "" && !has(q.SharePer) {
		q.SharePer = ""
	}
}

// setIntent names what the query has become.
func (b *builder) setIntent() {
	q := &b.p.Query
	hasTime := slices.ContainsFunc(q.Dimensions, isTime)
	switch {
	case b.special != "":
		b.p.Intent = b.special
	case q.Limit > 0:
		b.p.Intent = Rank
	case q.Compare != nil:
		b.p.Intent = Change
	case q.Share:
		b.p.Intent = Share
	case hasTime:
		b.p.Intent = Trend
	case b.d.rank.wanted || b.d.sort != nil:
		b.p.Intent = Rank
	case len(q.Dimensions) > 0:
		b.p.Intent = Breakdown
	default:
		b.p.Intent = Value
	}
	if b.p.Intent != Share {
		if b.p.Part != nil && b.d.share && !b.follow {
			b.fail(problem{decline: DeclineShape}) // 서울 매출 비중 작년 대비: of how much it was then nothing is computed
		}
		b.p.Part = nil
	}
}

// checkShape refuses what the model cannot express.
func (b *builder) checkShape() {
	q := &b.p.Query
	if b.special == List && len(q.Dimensions) == 0 {
		b.fail(problem{decline: DeclineNoMetric})
		return
	}
	if b.ranksItself() {
		b.fail(problem{decline: DeclineNoMetric})
		return
	}
	if !compilable(b.lex.model, *q) {
		b.fail(problem{decline: DeclineShape})
	}
	if q.Share && !slicesHas(q.Measures, func(m semantic.Measure) bool { return !b.averaged(measure{Measure: m}) }) {
		b.fail(problem{decline: DeclineShape}) // parts of an average make no whole
	}
}

func (b *builder) joins(metric, ref string) int { return b.lex.graph.filterDistance(metric, ref) }

func (b *builder) reaches(name, ref string) bool { return b.lex.graph.distance(name, ref) >= 0 }
