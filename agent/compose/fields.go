package compose

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// readFields turns the names that are left into what to group by.
func (r *reader) readFields() {
	for i := range r.toks {
		if !r.open(i) || !r.grouping(i) {
			continue
		}
		switch {
		case r.readTimeField(i), r.readNumericField(i):
		case r.negatedField(i):
		default:
			r.takeGroup(i)
		}
	}
}

func (r *reader) fieldsOfKind(i int, k semantic.Kind) []string {
	var out []string
	for _, x := range r.senses(i, isField) {
		if s := r.lex.at(x.sense); s.field.Kind == k || k == semantic.Temporal && s.field.IsTime {
			out = append(out, s.ref)
		}
	}
	return out
}

// readTimeField reads a date that is named: 주문일별, 가입일이 2025년인.
func (r *reader) readTimeField(i int) bool {
	times := worthTrying(r, r.fieldsOfKind(i, semantic.Temporal), func(ref string) string { return ref })
	times = slices.DeleteFunc(times, func(ref string) bool {
		far := r.farthest(ref, r.lex.graph.filterDistance)
		return far < 0 || far >= turned // of other rows: of tickets where shops are counted
	})
	if len(times) == 0 {
		return false
	}
	r.use(i)
	own := r.ownTime(times)
	switch {
	case r.byMarked(i):
		g := semantic.Dimension{Field: times[0], Grain: r.d.grain}
		if g.Grain == "" {
			g.Grain = semantic.Day
		}
		if own {
			g.Field = ""
		}
		r.d.grain = ""
		r.addGroup(group{Dimension: g, token: r.toks[i], marked: true})
	case own && r.d.rank.wanted && r.d.grain == "" && !r.otherThing(i):
		r.d.grain = semantic.Day
	case own:
	case r.periodOf(i) >= 0:
		at := r.periodOf(i)
		p := r.d.periods[at].Period
		r.d.periods = slices.Delete(r.d.periods, at, at+1)
		r.d.filters = append(r.d.filters, filter{Filter: semantic.Filter{Field: times[0], Op: semantic.Between,
			Values: []any{p.Start.Format("2006-01-02"), p.End.Format("2006-01-02")}}, token: r.toks[i]})
	default:
		r.fail(problem{decline: DeclineShape})
	}
	r.useTrail(i)
	return true
}

// periodOf returns which of the periods is said of the date that token i names: the one
// after it, or the only one; -1 for none.
func (r *reader) periodOf(i int) int {
	if n := r.afterTrail(i); n >= 0 && r.toks[n].mention != nil {
		return slices.Index(r.d.periods, r.toks[n].mention)
	}
	if len(r.d.periods) == 1 {
		return 0
	}
	return -1
}

// ownTime reports whether one of the fields is the time of the measures.
func (r *reader) ownTime(fields []string) bool {
	for _, name := range r.metricNames() {
		if m := r.lex.model.Metric(name); m != nil && slices.Contains(fields, m.Time) {
			return true
		}
	}
	return false
}

// grainFields are the names of fields that hold a unit of time as it is written.
var grainFields = map[semantic.Grain][]string{
	semantic.Year: {"year", "연도", "년도"}, semantic.Month: {"month", "월"}, semantic.Day: {"day", "date", "날짜"},
	semantic.Weekday: {"weekday", "dayofweek", "요일", "day"}, semantic.Quarter: {"quarter", "분기"},
}

// readGrainField groups by a field such as year where what is measured has no time.
func (r *reader) readGrainField() {
	for _, name := range r.metricNames() {
		if m := r.lex.model.Metric(name); m == nil || m.Time != "" {
			return
		}
	}
	if r.d.grain == "" || len(r.d.measures) == 0 {
		return
	}
	at := slices.IndexFunc(r.toks, func(t token) bool { return t.mention != nil && t.mention.Kind == period.By })
	for _, key := range grainFields[r.d.grain] {
		for _, e := range r.lex.index.lookup(key) {
			s := r.lex.at(e.sense)
			dataset, _, _ := cutRef(s.ref)
			if s.kind != isField || at < 0 || !r.lex.graph.about(r.d.measures[0].Metric, dataset) {
				continue
			}
			if _, f := r.lex.model.Field(s.ref); !f.Hidden && groupable(f) {
				r.d.grain = ""
				r.addGroup(group{Dimension: semantic.Dimension{Field: s.ref}, token: r.toks[at], marked: true})
				return
			}
		}
	}
}

// readYearField reads a year as a condition on a field of years where what is measured
// has no time.
func (r *reader) readYearField() {
	for _, name := range r.metricNames() {
		if m := r.lex.model.Metric(name); m == nil || m.Time != "" {
			return
		}
	}
	if len(r.d.measures) == 0 || len(r.d.periods) != 1 || r.d.periods[0].Unit != semantic.Year || !r.d.periods[0].Bare {
		return
	}
	year := r.d.periods[0].Period.Start.Format("2006")
	at := slices.IndexFunc(r.toks, func(t token) bool { return t.mention == r.d.periods[0] })
	for _, key := range grainFields[semantic.Year] {
		for _, e := range r.lex.index.lookup(key) {
			s := r.lex.at(e.sense)
			dataset, _, _ := cutRef(s.ref)
			known := slicesHas(r.lex.valuesOf(s.ref), func(v ValueCount) bool { return v.Text == year })
			if at < 0 || s.kind != isField || !known || !r.lex.graph.about(r.d.measures[0].Metric, dataset) {
				continue
			}
			r.d.periods = nil
			r.d.filters = append(r.d.filters, filter{Filter: semantic.Filter{Field: s.ref, Op: semantic.In, Values: []any{year}}, token: r.toks[at]})
			return
		}
	}
}

// readNumericField keeps a numeric field for the comparison that is about it.
func (r *reader) readNumericField(i int) bool {
	if len(r.fieldsOfKind(i, semantic.Numeric)) == 0 || len(r.senses(i, isField)) > len(r.fieldsOfKind(i, semantic.Numeric)) {
		return false
	}
	r.use(i)
	if len(r.d.bounds) == 0 || r.byMarked(i) {
		r.fail(problem{decline: DeclineShape})
	}
	r.useTrail(i)
	return true
}

// negatedField reads "지역별 말고 상품별로", "instead of region".
func (r *reader) negatedField(i int) bool {
	by := r.byMarked(i)
	if !r.negated(i) {
		return false
	}
	if !by && !r.d.instead && r.in.Previous == nil {
		r.fail(problem{decline: DeclineShape})
	}
	for _, x := range r.senses(i, isField) {
		r.d.dropped.fields = append(r.d.dropped.fields, r.lex.at(x.sense).ref)
	}
	r.use(i)
	r.useTrail(i)
	return true
}

func (r *reader) takeGroup(i int) {
	if r.beforeField(i) || r.perNamed(i) || r.whatIsCounted(i) || r.ofThings(i) {
		r.use(i)
		r.useTrail(i)
		return
	}
	list := r.groupOptions(i)
	if len(list) == 0 {
		if !r.described(i) && (!r.absorbed(i) || r.d.rank.wanted) {
			r.fail(problem{decline: DeclineShape})
		}
		r.use(i)
		r.useTrail(i)
		return
	}
	marked, each, which := r.byMarked(i) || r.perMarked(i), r.eachMarked(i), r.whichMarked(i)
	if !marked && !which && len(r.senses(i, isField)) == 0 && (r.absorbed(i) && !r.asksForThings() || r.described(i) && !r.listing() && (!r.d.rank.wanted || r.otherThing(i))) {
		r.use(i)
		r.useTrail(i)
		return
	}
	r.use(i)
	k, ok := r.pick(r.toks[i].text, list)
	if !ok {
		return
	}
	if _, f := r.lex.model.Field(list[k].ref); f.Kind == semantic.Boolean && !marked && !which && r.readFlag(i, list[k].ref) {
		r.useTrail(i)
		return
	}
	if _, f := r.lex.model.Field(list[k].ref); f.Kind == semantic.Boolean && !marked && !which && len(r.d.measures) > 0 && !r.asksForThings() {
		r.fail(problem{decline: DeclineShape}) // cars in inventory are those that are
		return
	}
	if dataset, _, _ := cutRef(list[k].ref); !marked && !which && (r.is(r.prev(i), wShare) || r.is(r.prev(i), wPercent)) && !isHangulKey(r.toks[i].text) && r.lex.nameOf(dataset) == list[k].ref {
		r.fail(problem{decline: DeclineShape}) // what share of orders were returned: of them, and not of each
		return
	}
	if r.perMarked(i) {
		r.usePer(i)
	}
	r.useTrail(i)
	r.addGroup(group{Dimension: semantic.Dimension{Field: list[k].ref}, token: r.toks[i], marked: marked, each: each, which: which})
}

// beforeField reports whether token i only says of what the field after it is: traffic
// source, product category, 상품 카테고리.
func (r *reader) beforeField(i int) bool {
	n := i + 1
	other := func(f meaning) bool { // than the thing's own name
		ref := r.lex.at(f.sense).ref
		dataset, _, _ := cutRef(ref)
		return r.lex.nameOf(dataset) != ref
	}
	if !r.open(n) || slices.ContainsFunc(r.senses(i, isField), other) {
		return false
	}
	return slices.ContainsFunc(r.senses(i, isDataset), func(d meaning) bool {
		return slices.ContainsFunc(r.senses(n, isField), func(f meaning) bool {
			dataset, _, _ := cutRef(r.lex.at(f.sense).ref)
			return dataset == r.lex.at(d.sense).ref
		})
	})
}

// perNamed reports whether token i is whom the metric after it divides by anyway:
// 고객 1인당 매출.
func (r *reader) perNamed(i int) bool {
	n := r.afterTrail(i)
	if n < 0 || len(r.senses(i, isDataset)) == 0 || len(r.senses(n, isMetric)) == 0 {
		return false
	}
	key := fold(r.toks[n].text)
	return slices.ContainsFunc([]string{"1인당", "일인당", "인당", "1명당", "한명당", "명당", "1건당", "한건당", "건당"}, func(per string) bool { return strings.HasPrefix(key, per) })
}

// ofThings reports whether token i only says what a figure is of: the average rating of
// businesses by city, the total cost of goods.
func (r *reader) ofThings(i int) bool {
	if isHangulKey(r.toks[i].text) || len(r.senses(i, isDataset)) == 0 || i < 2 || !strings.EqualFold(strings.TrimSpace(r.toks[i-1].text), "of") || r.asksForThings() || r.byMarked(i) || r.whichMarked(i) || r.perMarked(i) || len(r.groupOptions(i)) == 0 && !r.absorbed(i) {
		return false
	}
	return slicesHas(r.d.measures, func(m measure) bool {
		return m.token.to <= r.toks[i].from && r.prev(i) >= 0 && m.token.from == r.toks[r.prev(i)].from
	})
}

// whatIsCounted reports whether token i only says what the measured rows are of, after
// a condition on the rows themselves: returns of defective items.
func (r *reader) whatIsCounted(i int) bool {
	p := r.prev(i)
	if p < 0 || p != i-1 || isHangulKey(r.toks[i].text) || len(r.senses(i, isDataset)) == 0 || len(r.senses(p, isValue)) == 0 || r.asksForThings() || r.byMarked(i) || r.whichMarked(i) {
		return false
	}
	return slicesHas(r.d.filters, func(f filter) bool {
		dataset, _, _ := cutRef(f.Field)
		return f.token.from == r.toks[p].from && len(r.d.measures) > 0 && r.lex.graph.about(r.d.measures[0].Metric, dataset)
	})
}

// asksForThings reports whether the question wants things named, so that a bare
// dataset is what to group by: 고객 상위 10명, which products.
func (r *reader) asksForThings() bool {
	return r.d.rank.wanted || r.d.sort != nil && !r.d.sortName || len(r.d.bounds) > 0 || r.d.mean.op != "" || r.listing() || r.d.share || len(r.d.measures) == 0
}

// described reports whether token i only says whose attribute a condition is about:
// 가입일이 2025년인 고객, 카테고리가 세탁기인 상품.
func (r *reader) described(i int) bool {
	for _, x := range r.senses(i, isDataset) {
		for _, f := range r.d.filters {
			if dataset, _, _ := cutRef(f.Field); dataset == r.lex.at(x.sense).ref {
				return true
			}
		}
	}
	return false
}

// absorbed reports whether token i only says what the measures are about anyway:
// 주문 매출.
func (r *reader) absorbed(i int) bool {
	for _, x := range r.senses(i, isDataset) {
		for _, name := range r.metricNames() {
			if r.lex.graph.about(name, r.lex.at(x.sense).ref) {
				return true
			}
		}
	}
	return false
}

// groupOptions are the fields that token i may mean, among those that the measures
// can be cut by.
func (r *reader) groupOptions(i int) []candidate {
	var out []candidate
	taken := map[string]bool{}
	many := len(r.toks[i].meanings) > maxTried
	add := func(ref string, h how) {
		_, f := r.lex.model.Field(ref)
		if f == nil || f.Hidden || !groupable(f) || taken[ref] || many && !r.direct(ref) {
			return
		}
		taken[ref] = true
		if far := r.far(ref); far >= 0 {
			dataset, _, _ := cutRef(ref)
			label := r.fieldLabel(ref)
			if d := r.lex.model.Dataset(dataset); d != nil {
				label = r.label(d.Label, d.Name) + " " + label
			}
			out = append(out, candidate{ref: ref, label: label, how: h, far: far})
		}
	}
	for _, x := range r.senses(i, isField) {
		add(r.lex.at(x.sense).ref, x.how)
	}
	for _, x := range r.senses(i, isDataset) {
		dataset := r.lex.at(x.sense).ref
		if ref := r.lex.nameOf(dataset); ref != "" && (r.lex.called(dataset) || r.asksForThings() || r.byMarked(i) || r.whichMarked(i) || r.perMarked(i)) {
			add(ref, x.how)
		}
	}
	return out
}

func groupable(f *semantic.Field) bool {
	return f.Kind == semantic.Categorical || f.Kind == semantic.Boolean || f.Kind == semantic.Identifier || f.Kind == "" || f.IsName
}

// nameOf returns the field by which people call a row of a dataset.
func (l *Lexicon) nameOf(dataset string) string {
	d := l.model.Dataset(dataset)
	for _, f := range d.Fields {
		if f.IsName && !f.Hidden {
			return dataset + "." + f.Name
		}
	}
	for _, f := range d.Fields {
		if !f.Hidden && groupable(f) && (strings.EqualFold(f.Label.Ko, d.Label.Ko) && f.Label.Ko != "" || strings.EqualFold(f.Name, d.Name)) {
			return dataset + "." + f.Name
		}
	}
	return ""
}

// readGrains reads units of time that are asked about: 어느 달, which weekday, the day
// with the highest revenue.
func (r *reader) readGrains() {
	for i := range r.toks {
		arg, ok := r.lex.arg(r.toks[i], wGrain)
		if !ok || r.toks[i].used {
			continue
		}
		asked := r.d.rank.wanted || r.d.anomaly || r.d.why || r.whichMarked(i) || r.byMarked(i) || len(r.d.bounds) > 0 || r.d.mean.op != "" || arg == "when" || r.d.adnominal || r.d.sort != nil
		if !asked {
			continue
		}
		r.use(i)
		r.useTrail(i)
		if arg == "when" {
			arg = string(r.defaultGrain())
		}
		if r.d.grain == "" && !r.d.why {
			r.d.grain = semantic.Grain(arg)
		}
		if r.whichMarked(i) {
			r.take(wWhich)
		}
	}
}

// defaultGrain cuts the period asked about into a readable number of steps.
func (r *reader) defaultGrain() semantic.Grain {
	if len(r.d.periods) == 1 {
		return grainFor(r.d.periods[0].Period)
	}
	return semantic.Month
}

// grainFor returns the grain that cuts a period into some 10 to 60 steps.
func grainFor(p semantic.Period) semantic.Grain {
	if p.Start.IsZero() || p.End.IsZero() {
		return semantic.Month
	}
	days := int(p.End.Sub(p.Start).Hours() / 24)
	switch {
	case days <= 1:
		return semantic.Hour
	case days <= 45:
		return semantic.Day
	case days <= 190:
		return semantic.Week
	case days <= 366*5:
		return semantic.Month
	case days <= 366*12:
		return semantic.Quarter
	}
	return semantic.Year
}
