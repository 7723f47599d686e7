package compose

import (
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// readNumbers finds comparisons with figures: 1억 이상, over 100, between 10 and 20.
func (r *reader) readNumbers() {
	for i := range r.toks {
		if r.toks[i].kind != aNumber || r.toks[i].used {
			continue
		}
		if r.readBetween(i) {
			continue
		}
		if r.overYear(i) {
			continue
		}
		if p := r.prev(i); r.is(p, wExact) {
			r.use(p)
			r.exactly(i)
			continue
		}
		if op, at := r.comparator(i); at >= 0 {
			r.use(i)
			r.use(at)
			r.d.bounds = append(r.d.bounds, bound{op: op, values: []number{r.toks[i].num}, token: r.toks[i], at: i})
		}
	}
}

// exactly adds the condition that a figure is the one at token i.
func (r *reader) exactly(i int) {
	n := r.toks[i].num
	if r.toks[i].kind != aNumber { // 한 번만
		n = number{value: 1, unit: "times"}
	}
	r.use(i)
	r.d.bounds = append(r.d.bounds, bound{op: semantic.Between, values: []number{n, n}, token: r.toks[i], at: i})
}

// readOften finds how often something was done where no comparison is made: 2번 구매한, 한
// 번만 구매한.
func (r *reader) readOften() {
	if len(r.d.bounds) > 0 {
		return
	}
	for i := range r.toks {
		key := fold(r.toks[i].text)
		often := r.toks[i].kind == aNumber && !r.toks[i].used && (strings.HasSuffix(key, "번") || strings.HasSuffix(key, "회")) || key == "한번" && r.trails(i, wOnly)
		n := r.afterTrail(i)
		if often && n >= 0 && slices.Contains(trading, r.toks[n].text) {
			r.exactly(i)
			r.useTrail(i)
			return
		}
	}
}

// overYear reads the year that another is compared with: grew in 2025 over 2024.
func (r *reader) overYear(i int) bool {
	p, n := r.prev(i), r.toks[i].num
	year := int(n.value)
	if !r.is(p, wOver) || r.toks[p].text != "over" || n.unit != "" || float64(year) != n.value {
		return false
	}
	if from, until := r.dataRange(); len(r.d.periods) == 0 && (r.d.trend || r.d.grain != "") && year >= from.Year() && year <= until.Year() {
		r.use(p)
		r.use(i)
		r.d.periods = append(r.d.periods, yearOf(year)) // developed over 2026
		return true
	}
	if len(r.d.periods) != 1 {
		return false
	}
	if named := r.d.periods[0]; named.Unit != semantic.Year || named.Period.Start.Year() != year+1 {
		return false
	}
	r.use(p)
	r.use(i)
	r.d.periods = append(r.d.periods, yearOf(year))
	return true
}

func yearOf(year int) *period.Mention {
	start := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	return &period.Mention{Kind: period.Range, Unit: semantic.Year, Period: semantic.Period{Start: start, End: start.AddDate(1, 0, 0)}}
}

// comparators in the order they are tried.
var comparators = []struct {
	word word
	op   semantic.Op
}{{wAtLeast, semantic.AtLeast}, {wAtMost, semantic.AtMost}, {wOver, semantic.Greater}, {wUnder, semantic.Less}}

// comparator finds the comparison beside number i: after it in Korean and in "10 or
// more", before it otherwise.
func (r *reader) comparator(i int) (semantic.Op, int) {
	for _, c := range comparators {
		n := r.next(i)
		if n >= 0 && r.is(n, wThan) {
			n = r.next(n)
		}
		if r.is(n, c.word) && !r.toks[n].used && (isHangulKey(r.toks[n].text) || !r.followedByNumber(n)) {
			return c.op, n
		}
	}
	for _, c := range comparators {
		if p := r.prev(i); r.is(p, c.word) && !r.toks[p].used && !isHangulKey(r.toks[p].text) {
			return c.op, p
		}
	}
	return "", -1
}

func (r *reader) followedByNumber(i int) bool {
	n := r.next(i)
	return n >= 0 && r.toks[n].kind == aNumber
}

// readBetween reads "between 10 and 20", "10에서 20 사이", "10만원부터 20만원까지", "10~20만원".
func (r *reader) readBetween(i int) bool {
	j := i + 1
	for j < len(r.toks) && (r.toks[j].kind == aParticle || r.is(j, wAnd) || r.is(j, wThan)) {
		j++
	}
	if j >= len(r.toks) || r.toks[j].kind != aNumber {
		return false
	}
	before, after := r.prev(i), r.next(j)
	between := r.is(before, wBetween)
	switch {
	case between:
		r.use(before)
	case r.is(after, wBetween):
		r.use(after)
	case r.trails(i, wFrom) && r.trails(j, wUntil), j == i+1 && r.dashed(i, j):
	default:
		return false
	}
	for k := i; k <= j; k++ {
		r.use(k)
	}
	r.useTrail(j)
	low, high := r.toks[i].num, r.toks[j].num
	if low.unit == "" {
		low.unit = high.unit
		if high.scaled && !low.scaled {
			low.value *= scaleOf(high.value, low.value)
		}
	}
	r.d.bounds = append(r.d.bounds, bound{op: semantic.Between, values: []number{low, high}, token: r.toks[i], at: i})
	return true
}

// dashed reports whether two numbers are joined by a dash: 10~20만원.
func (r *reader) dashed(i, j int) bool {
	switch strings.TrimSpace(r.text.slice(r.toks[i].to, r.toks[j].from)) {
	case "~", "-", "–", "—", "∼":
		return true
	}
	return false
}

// scaleOf returns what "10" in "10~20만" is multiplied by.
func scaleOf(high, low float64) float64 {
	for _, s := range []float64{1e8, 1e4, 1e3} {
		if high >= s && low < s {
			return s
		}
	}
	return 1
}

// bindBounds finds what each comparison is about: the measure or numeric field
// nearest before it, or directly after it ("over 100 orders").
func (r *reader) bindBounds() {
	for k := range r.d.bounds {
		b := &r.d.bounds[k]
		if b.target != "" || b.derived != "" {
			continue
		}
		if !r.bindDerived(b) && !r.bindNamed(b) {
			r.fail(problem{decline: DeclineShape})
		}
	}
}

// bindDerived binds a comparison to a share or a growth.
func (r *reader) bindDerived(b *bound) bool {
	if b.values[0].unit == "times" && r.d.direction > 0 {
		for i := range b.values { // 2배 이상 늘어난: by 100 % or more
			b.values[i].value, b.values[i].unit = (b.values[i].value-1)*100, "percent"
		}
	}
	if b.values[0].unit != "percent" {
		return false
	}
	switch {
	case r.d.share:
		b.derived = "share"
	case r.d.direction != 0 || r.d.growth || r.d.change:
		b.derived = "growth"
	}
	return b.derived != "" && !r.percentMeasure()
}

func (r *reader) percentMeasure() bool {
	for _, m := range r.d.measures {
		if x := r.lex.model.Metric(m.Metric); x != nil && x.Format == "percent" {
			return true
		}
	}
	return false
}

func (r *reader) bindNamed(b *bound) bool {
	if worth, thing := r.thingBefore(b); thing {
		b.target, b.field = worth, true
		return worth != ""
	}
	best, distance := "", 1<<30
	field := false
	consider := func(at int, name string, isField bool) {
		d := b.at - at
		if d < 0 {
			d = -d*3 + 1
			if -(b.at-at) <= 1 && !isHangulKey(r.toks[at].text) {
				d = 0
			}
		}
		if d < distance {
			best, distance, field = name, d, isField
		}
	}
	for i, t := range r.toks {
		for _, m := range r.d.measures {
			if m.token.from == t.from && t.to > 0 && m.token.to == t.to {
				consider(i, m.Key(), false)
			}
		}
		if t.kind == aTerm {
			for _, x := range t.meanings {
				if s := r.lex.at(x.sense); s.kind == isField && r.numeric(s.ref) && r.reachable(s.ref) {
					consider(i, s.ref, true)
				}
			}
		}
	}
	if best == "" && r.boundTakings() && len(r.d.measures) == 1 {
		best = r.d.measures[0].Key() // of which the text has no name
	}
	if best == "" {
		return false
	}
	b.target, b.field = best, field
	return field || r.measuredIn(b)
}

// thingBefore looks whether a comparison in money follows the name of a thing:
// products under 30,000 won are so by their price, not by the revenue asked about. It
// returns the thing's one field of money, "" when there is none or several.
func (r *reader) thingBefore(b *bound) (worth string, thing bool) {
	p := r.prev(b.at)
	for p >= 0 && (r.is(p, wOver) || r.is(p, wUnder) || r.is(p, wAtLeast) || r.is(p, wAtMost) || r.is(p, wBetween)) {
		p = r.prev(p)
	}
	if r.boundTakings() || b.values[0].unit != "won" && b.values[0].unit != "dollar" || p < 0 || len(r.senses(p, isMetric)) > 0 || len(r.senses(p, isDataset)) == 0 {
		return "", false
	}
	if slices.ContainsFunc(r.d.measures, func(m measure) bool { return m.token.from == r.toks[p].from }) || r.toks[p].kind != aTerm || isHangulKey(r.toks[p].text) {
		return "", false
	}
	list := r.moneyOf([]string{r.lex.at(r.senses(p, isDataset)[0].sense).ref})
	if len(list) == 1 {
		return list[0], true
	}
	return "", true
}

// moneyOf returns the visible fields of datasets that hold amounts of money.
func (r *reader) moneyOf(datasets []string) []string {
	var out []string
	for _, name := range datasets {
		for _, f := range r.lex.model.Dataset(name).Fields {
			if f.Kind == semantic.Numeric && !f.Hidden && (f.Format == "krw" || f.Format == "usd" || f.Format == "eur") {
				out = append(out, name+"."+f.Name)
			}
		}
	}
	return out
}

// measuredIn reports whether a measure can be compared with a figure of its unit.
// "orders over 100,000 won" compares what an order is worth, not how many there are.
func (r *reader) measuredIn(b *bound) bool {
	unit := b.values[0].unit
	m := r.lex.model.Metric(b.target)
	if m == nil || unit == "percent" || unit == "times" {
		return m == nil || m.Format == "percent" || m.Format == "ratio"
	}
	if unit != "won" && unit != "dollar" || !r.lex.countsRows(b.target) {
		return true
	}
	var counted []string // what is counted row by row; lines are not orders
	for _, name := range r.lex.graph.metrics[b.target] {
		if r.lex.countsAll(m, name) {
			counted = append(counted, name)
		}
	}
	worth := r.moneyOf(counted)
	if len(worth) != 1 {
		return false
	}
	b.target, b.field = worth[0], true
	return true
}

func (r *reader) numeric(ref string) bool {
	_, f := r.lex.model.Field(ref)
	return f != nil && f.Kind == semantic.Numeric
}

// reachable reports whether every measure can be filtered by a field.
func (r *reader) reachable(ref string) bool {
	return r.farthest(ref, r.lex.graph.filterDistance) >= 0
}

// far returns the joins between the measures and a field to group by, -1 when one
// cannot be.
func (r *reader) far(ref string) int { return r.farthest(ref, r.lex.graph.distance) }

func (r *reader) farthest(ref string, distance func(metric, ref string) int) int {
	worst := 0
	for _, name := range r.metricNames() {
		d := distance(name, ref)
		if d < 0 {
			return -1
		}
		worst = max(worst, d)
	}
	return worst
}

// metricNames are the metrics whose rows the question is about: those named, or
// those of the turn before.
func (r *reader) metricNames() []string {
	var out []string
	for _, m := range r.d.measures {
		out = append(out, m.Metric)
		if m.Per != "" {
			out = append(out, m.Per)
		}
	}
	if len(out) == 0 && r.in.Previous != nil {
		for _, m := range r.in.Previous.Query.Measures {
			out = append(out, m.Metric)
		}
	}
	return out
}
