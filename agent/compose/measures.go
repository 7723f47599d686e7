package compose

import (
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// addMeasure adds a metric named by token i.
func (r *reader) addMeasure(i int, name string, h how) {
	if slices.ContainsFunc(r.d.measures, func(m measure) bool { return m.Metric == name }) {
		return
	}
	r.d.measures = append(r.d.measures, measure{Measure: semantic.Measure{Metric: name}, token: r.toks[i], how: h})
}

// readMetrics takes the names that can only be metrics first; those that are also
// names of things (orders) are metrics where nothing else is measured.
func (r *reader) readMetrics() {
	var maybe []int
	for i := range r.toks {
		if !r.open(i) || len(r.senses(i, isMetric)) == 0 {
			continue
		}
		thing := r.grouping(i)
		switch {
		case r.readWho(i):
		case thing && r.ranksBy(i):
			r.takeMetric(i)
		case thing && r.boundTakings(): // it is they that took so much
		case thing && r.any(wList) >= 0 && r.countWord(i) < 0 && !r.otherMeasure(i):
		case thing && (r.marked(i, wBy, 0) && !r.sortMarked(i) || r.eachMarked(i) || r.whichMarked(i)):
		case thing && r.d.rank.wanted && !r.otherThing(i) && !r.otherMeasure(i):
		case thing && r.aliased(i) && len(r.senses(i, isDataset)) > 0 && r.lex.usualOf(r.lex.at(r.senses(i, isDataset)[0].sense).ref) != "":
		case thing || r.weakMetric(i):
			maybe = append(maybe, i)
		default:
			r.takeMetric(i)
		}
	}
	for _, i := range maybe {
		joined := r.joinedMeasure(r.joined(i, 1)) || r.joinedMeasure(r.joined(i, -1)) || r.setAgainst(i)
		if len(r.d.measures) == 0 && !r.d.rank.sold && r.any(wSold) < 0 || joined || r.d.relate && len(r.d.measures) < 2 {
			r.takeMetric(i)
		}
	}
}

// readWho lists those whom a metric counts where they are asked for by name: which
// customers joined in 2023.
func (r *reader) readWho(i int) bool {
	if !r.whichMarked(i) || r.grouping(i) || len(r.senses(i, isMetric)) != 1 || r.in.Previous != nil {
		return false
	}
	metric := r.lex.model.Metric(r.lex.at(r.senses(i, isMetric)[0].sense).ref)
	dataset := r.lex.counted(metric.Name)
	if dataset == "" || !r.lex.countsAll(metric, dataset) {
		return false
	}
	ref := r.lex.nameOf(dataset)
	r.use(i)
	if ref == "" || metric.Time == "" || len(r.d.periods) > 1 || r.d.grain != "" || r.bounded() || r.analytic() || r.otherThing(i) {
		r.fail(problem{decline: DeclineShape})
		return true
	}
	for _, m := range r.d.periods {
		r.d.filters = append(r.d.filters, filter{token: r.toks[i], Filter: semantic.Filter{Field: metric.Time, Op: semantic.Between,
			Values: []any{m.Period.Start.Format(time.DateOnly), m.Period.End.Format(time.DateOnly)}}})
	}
	r.d.periods = nil
	r.addGroup(group{Dimension: semantic.Dimension{Field: ref}, token: r.toks[i], which: true})
	return true
}

func (r *reader) joinedMeasure(i int) bool {
	return i >= 0 && len(r.senses(i, isMetric)) > 0
}

// setAgainst reports whether token i is held against a measure beside it: 목표 대비 매출,
// revenue against target.
func (r *reader) setAgainst(i int) bool {
	against := func(j int) bool { return r.is(j, wAgainst) || r.is(j, wVersus) }
	n, p := r.next(i), r.prev(i)
	return against(n) && r.joinedMeasure(r.next(n)) || against(p) && r.joinedMeasure(r.prev(p))
}

// aliased reports whether no metric has the name of token i as its own.
func (r *reader) aliased(i int) bool {
	return !slices.ContainsFunc(r.senses(i, isMetric), func(x meaning) bool { return x.how < asAlias })
}

// otherMeasure reports whether something else than token i may be measured, or
// ranked along time.
func (r *reader) otherMeasure(i int) bool {
	for j := range r.toks {
		if j != i && (r.open(j) && len(r.senses(j, isMetric)) > 0 || r.is(j, wGrain)) {
			return true
		}
	}
	return r.d.grain != ""
}

// weakMetric reports whether a metric is called by less than its name, so that
// another reading is to be preferred.
func (r *reader) weakMetric(i int) bool {
	for _, x := range r.senses(i, isMetric) {
		if x.how < asAlias {
			return false
		}
	}
	return len(r.senses(i, isValue)) > 0
}

// sortMarked reports whether "by" before token i orders rather than groups: top 5
// products by orders.
func (r *reader) sortMarked(i int) bool {
	p := r.prev(i)
	return r.is(p, wBy) && !isHangulKey(r.toks[p].text) && (r.d.rank.wanted || r.d.sort != nil) && (r.otherThing(i) || r.find(wGrain) >= 0)
}

// ranksBy reports whether the text ranks something else by token i: top 5 products by
// orders, products with the most orders, 주문이 많은 고객, 반품 기준 상위 5개 상품.
func (r *reader) ranksBy(i int) bool {
	if r.sortMarked(i) {
		return true
	}
	if !r.d.rank.wanted || !r.otherThing(i) {
		return false
	}
	p := r.prev(i)
	if (r.is(p, wHigh) || r.is(p, wLow) || r.is(p, wMost)) && !isHangulKey(r.toks[p].text) {
		return true
	}
	n := r.afterTrail(i)
	if n >= 0 && isHangulKey(r.toks[n].text) && (r.is(n, wHigh) || r.is(n, wLow)) {
		return true
	}
	return r.basis(i)
}

// basis reports whether something is taken on the basis of token i: 반품 기준.
func (r *reader) basis(i int) bool {
	for i++; i < len(r.toks) && r.toks[i].kind == aParticle; i++ {
		if arg, ok := r.lex.arg(r.toks[i], wBy); ok && arg == "basis" {
			return true
		}
	}
	return false
}

// rankedCount returns the metric that counts what token i names where the text ranks by
// it and it is no metric's name: products with the most returns.
func (r *reader) rankedCount(i int) string {
	if len(r.senses(i, isMetric)) > 0 || len(r.senses(i, isDataset)) == 0 || !r.ranksBy(i) {
		return ""
	}
	name := r.countMetric(i)
	for j := range r.toks {
		if j == i || !r.open(j) || len(r.senses(j, isMetric)) == 0 {
			continue
		}
		if name != "" && r.basis(i) {
			r.fail(problem{decline: DeclineShape}) // 주문 기준 매출 상위 3개 상품: by which of the two
		}
		return ""
	}
	return name
}

// otherThing reports whether something else than token i may be grouped by.
func (r *reader) otherThing(i int) bool {
	for j := range r.toks {
		if j != i && r.open(j) && r.grouping(j) {
			return true
		}
	}
	return false
}

func (r *reader) takeMetric(i int) {
	metrics := r.senses(i, isMetric)
	list := make([]candidate, len(metrics))
	for k, x := range metrics {
		m := r.lex.model.Metric(r.lex.at(x.sense).ref)
		list[k] = candidate{ref: m.Name, label: r.label(m.Label, m.Name), how: x.how, usual: m.Default}
	}
	r.use(i)
	list, metrics = r.fitting(list, metrics)
	k, ok := r.pick(r.toks[i].text, list)
	if !ok {
		return
	}
	if r.negated(i) {
		if r.in.Previous == nil {
			r.fail(problem{decline: DeclineShape}) // 매출에서 광고비를 뺀 값 is a subtraction
		}
		r.d.dropped.metrics = append(r.d.dropped.metrics, list[k].ref)
		return
	}
	r.useTrailExcept(i, wPer, wThan)
	name := list[k].ref
	if trade := r.traded(i, name); trade != "" {
		name = trade
	}
	r.addMeasure(i, name, metrics[k].how)
	r.sortBy(i)
}

// fitting narrows the metrics that a name may mean to those the rest of the text
// speaks for: averages after "average", those about what is named (the population of
// cities).
func (r *reader) fitting(list []candidate, metrics []meaning) ([]candidate, []meaning) {
	for _, fits := range []func(name string) bool{
		func(name string) bool {
			return (r.d.average || r.d.median) && strings.Contains(r.lex.expression(name), "AVG(")
		},
		r.aboutNamed,
	} {
		var some []candidate
		var kept []meaning
		for k, c := range list {
			if fits(c.ref) {
				some, kept = append(some, c), append(kept, metrics[k])
			}
		}
		if len(some) > 0 {
			list, metrics = some, kept
		}
	}
	return list, metrics
}

// aboutNamed reports whether a metric aggregates a dataset that the text names.
func (r *reader) aboutNamed(metric string) bool {
	for i := range r.toks {
		if c := r.crowdOf(i); c != nil {
			if slices.ContainsFunc(r.lex.graph.metrics[metric], func(of string) bool { return c.named[of] }) {
				return true
			}
			continue
		}
		for _, x := range r.senses(i, isDataset) {
			if r.lex.graph.about(metric, r.lex.at(x.sense).ref) {
				return true
			}
		}
	}
	return false
}

// expression returns a metric's expression in upper case.
func (l *Lexicon) expression(metric string) string {
	var b strings.Builder
	if m := l.model.Metric(metric); m != nil {
		for _, e := range m.Expression {
			b.WriteString(strings.ToUpper(e))
		}
	}
	return b.String()
}

// sortBy marks the measure that the result is ordered by.
func (r *reader) sortBy(i int) {
	p, n := r.prev(i), r.afterTrail(i)
	by := r.is(p, wBy) && !isHangulKey(r.toks[p].text) || r.trails(i, wBy) || r.is(n, wBy)
	if !by {
		return
	}
	r.useAll(p, n, wBy)
	for k := range r.d.measures {
		if r.d.measures[k].token.from == r.toks[i].from {
			r.d.measures[k].sorted = true
		}
	}
}

// useAll marks those of two tokens that are w.
func (r *reader) useAll(a, b int, w word) {
	for _, i := range []int{a, b} {
		if r.is(i, w) {
			r.use(i)
		}
	}
}

// useTrailExcept marks the particles after token i but for those that need a meaning.
func (r *reader) useTrailExcept(i int, words ...word) {
	for i++; i < len(r.toks) && r.toks[i].kind == aParticle; i++ {
		if !slices.ContainsFunc(words, func(w word) bool { return r.is(i, w) }) {
			r.use(i)
		}
	}
}

// Names by which metrics of turnover and of units sold are known; "sold" asks for
// one of them without naming it.
var (
	turnover = []string{"매출", "매출액", "순매출", "판매액", "판매금액", "거래액", "revenue", "netrevenue", "sales", "netsales", "salesamount", "totalsales", "turnover"}
	unitsOut = []string{"판매수량", "판매량", "판매개수", "수량", "unitssold", "quantitysold", "salesvolume", "quantity", "units", "itemssold"}
)

// selling are names of what was sold, which mean the money as often as the number.
var selling = []string{"sale", "판매", "판매내역", "payments", "payment", "결제"}

// readSold resolves 얼마나 팔렸어 and best-selling where no metric is named.
func (r *reader) readSold() {
	i := r.find(wSold)
	if len(r.d.measures) > 0 || i < 0 && !r.d.rank.sold && !r.boundTakings() {
		return
	}
	keys := slices.Concat(turnover, unitsOut)
	arg, _ := "", false
	if i >= 0 {
		arg, _ = r.lex.arg(r.toks[i], wSold)
	}
	if arg != "money" && !r.boundMoney() && (r.d.rank.sold || r.any(wHowMany) >= 0 || r.d.rank.wanted || r.boundItems()) {
		keys = slices.Concat(unitsOut, turnover)
	}
	for _, key := range keys {
		name := r.lex.metricKeyed(key)
		if name == "" {
			continue
		}
		at := max(i, 0)
		m := r.lex.model.Metric(name)
		named := token{text: r.label(m.Label, name)}
		if i >= 0 {
			named.from, named.to = r.toks[i].from, r.toks[i].to
		}
		r.d.measures = append(r.d.measures, measure{Measure: semantic.Measure{Metric: name}, token: named})
		r.take(wSold, wHowMuch, wHowMany)
		if word := r.soldWord(at); i >= 0 || r.d.rank.sold {
			r.say(ReadMetric, word, r.label(m.Label, name))
		} else {
			r.say(ReadDefault, r.pickWord("지표", "metric"), r.label(m.Label, name))
		}
		return
	}
}

// boundTakings reports whether a condition in money is put on things of which no figure
// is named: regions that did more than 500 million won, 500만 원 이상 판 매장.
func (r *reader) boundTakings() bool {
	did := slicesHas(r.toks, func(t token) bool {
		return r.lex.has(t, wSold) || r.lex.has(t, wFiller) && strings.EqualFold(strings.TrimSpace(t.text), "did")
	})
	return did && r.boundMoney()
}

// boundMoney reports whether a condition is about an amount of money.
func (r *reader) boundMoney() bool {
	return slicesHas(r.d.bounds, func(b bound) bool { return b.values[0].unit == "won" || b.values[0].unit == "dollar" })
}

// boundItems reports whether a condition is about a number of pieces: 50개 넘게 팔린.
func (r *reader) boundItems() bool {
	return slicesHas(r.d.bounds, func(b bound) bool { return b.values[0].unit == "item" })
}

// readThings measures what is named where nothing else is: 주문 추이 counts orders, or
// takes the metric that the model has as the usual one of its dataset.
func (r *reader) readThings() {
	if len(r.d.measures) > 0 || r.listing() {
		return
	}
	open := 0
	for i := range r.toks {
		if r.open(i) {
			open++
		}
	}
	for i := range r.toks {
		things := r.senses(i, isDataset)
		if !r.open(i) || len(things) == 0 || r.byMarked(i) || r.whichMarked(i) || r.perMarked(i) || r.in.Previous != nil && open > 1 {
			continue
		}
		dataset := r.lex.at(things[0].sense).ref
		ranked := (r.d.rank.wanted || r.d.sort != nil) && (r.lex.nameOf(dataset) != "" || r.besideValue(i) || !r.otherThing(i) && r.d.grain == "" && r.find(wGrain) < 0)
		name := r.measureOf(i, dataset)
		if name == "" && r.superlativeOf(i) {
			r.fail(problem{decline: DeclineShape}) // there is nothing that counts them
			return
		}
		if ranked && !r.superlativeOf(i) || name == "" || r.d.share && r.lex.called(dataset) && !r.otherBy(i) {
			continue
		}
		r.use(i)
		r.useTrail(i)
		r.addMeasure(i, name, asAlias)
		return
	}
}

// readBareCount counts the rows of the dataset whose field is grouped by: 반품 사유별 건수.
func (r *reader) readBareCount() {
	c := r.any(wCount)
	if len(r.d.measures) > 0 || c < 0 || !isHangulKey(r.toks[c].text) {
		return
	}
	for i := range r.toks {
		if !r.open(i) || !r.byMarked(i) || len(r.senses(i, isField)) == 0 {
			continue
		}
		dataset := ""
		for _, x := range r.senses(i, isField) {
			of, _, _ := cutRef(r.lex.at(x.sense).ref)
			if dataset != "" && dataset != of {
				return
			}
			dataset = of
		}
		if name := r.lex.countOfDataset(dataset); name != "" {
			r.use(c)
			r.addMeasure(c, name, asAlias)
		}
		return
	}
}

// called reports whether rows of a dataset have names that tell people something, and
// not only numbers.
func (l *Lexicon) called(dataset string) bool {
	_, f := l.model.Field(l.nameOf(dataset))
	return f != nil && f.Kind != semantic.Identifier
}

// otherBy reports whether the text groups by something else than token i.
func (r *reader) otherBy(i int) bool {
	for j := range r.toks {
		if j != i && r.open(j) && r.grouping(j) && r.byMarked(j) {
			return true
		}
	}
	return false
}

// superlativeOf reports whether how many of token i there are is what is ranked: the
// most restaurants, 고객이 가장 많은 지역.
func (r *reader) superlativeOf(i int) bool {
	if !r.otherThing(i) && r.find(wGrain) < 0 {
		return false
	}
	p, n := r.prev(i), r.next(i)
	if !isHangulKey(r.toks[i].text) {
		return r.is(p, wMost) || r.is(p, wHigh) || r.is(p, wLow)
	}
	marked := i+1 < len(r.toks) && (r.toks[i+1].text == "이" || r.toks[i+1].text == "가")
	return marked && (r.is(n, wMost) || r.is(n, wHigh) || r.is(n, wLow))
}

// besideValue reports whether a value stands before token i: VIP 고객.
func (r *reader) besideValue(i int) bool {
	p := r.prev(i)
	return r.open(p) && len(r.senses(p, isValue)) > 0
}

// measureOf returns what a thing named alone stands for: how many of them there are,
// or what is usual for sales.
func (r *reader) measureOf(i int, dataset string) string {
	usual := r.lex.usualOf(dataset)
	key := fold(r.toks[i].text)
	if slices.Contains(turnover, key) || slices.Contains(selling, key) {
		return usual
	}
	if name := r.countMetric(i); name != "" {
		return name
	}
	return usual
}

// usualOf returns the default metric of a dataset, else the one that counts its rows.
func (l *Lexicon) usualOf(dataset string) string {
	for _, m := range l.graph.of[dataset] {
		if m.Default && !m.Hidden {
			return m.Name
		}
	}
	return l.countOfDataset(dataset)
}

// soldWord is the word that stood for selling.
func (r *reader) soldWord(i int) string {
	for _, t := range r.toks {
		for _, w := range []word{wSold, wHigh, wLow} {
			if arg, ok := r.lex.arg(t, w); ok && (w == wSold || arg == "sold") {
				return t.text
			}
		}
	}
	return r.toks[i].text
}
