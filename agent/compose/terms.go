package compose

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// readTerms decides what the names in the text are there for. Measures come first:
// what they can be cut by decides the rest.
func (r *reader) readTerms() {
	per := ""
	r.steps(r.readEach, r.readCounts, func() { per = r.readPer() }, r.readMetrics, r.settlePercent, r.readQuality, r.readSold, r.readThings, r.readBareCount,
		r.readRows, r.readGrainField, r.readStates, r.readYearField, func() { r.applyPer(per) }, r.bindAges, r.readValues, r.readFields, r.readWhat, r.readGrains, r.bindBounds)
}

// settlePercent takes "몇 %" after a rate as how much it is, not as a share of it.
func (r *reader) settlePercent() {
	d := &r.d
	if d.percent && len(d.measures) == 1 && d.share && r.find(wShare) < 0 {
		if m := r.lex.model.Metric(d.measures[0].Metric); m != nil && m.Format == "percent" {
			d.share = false
		}
	}
}

// senses returns the meanings of a token of one kind.
func (r *reader) senses(i int, k senseKind) []meaning {
	if i < 0 || r.toks[i].kind != aTerm {
		return nil
	}
	if c := r.crowdOf(i); c != nil {
		return slices.Clip(c.kinds[k])
	}
	var out []meaning
	for _, x := range r.toks[i].meanings {
		if r.lex.at(x.sense).kind == k {
			out = append(out, x)
		}
	}
	return out
}

// open reports whether token i is a name that nothing has explained yet.
func (r *reader) open(i int) bool {
	return i >= 0 && i < len(r.toks) && r.toks[i].kind == aTerm && !r.toks[i].used
}

// byMarked reports whether the text asks to group by token i: 지역별, by region, and
// what is joined to such a name: by region and channel, 지역과 채널별.
func (r *reader) byMarked(i int) bool {
	return r.marked(i, wBy, 0) || r.eachMarked(i)
}

func (r *reader) eachMarked(i int) bool { return r.is(r.prev(i), wEach) }

func (r *reader) marked(i int, w word, depth int) bool {
	if i < 0 || depth > 4 {
		return false
	}
	if r.trails(i, w) {
		return true
	}
	p := r.prev(i)
	if r.is(p, w) && !isHangulKey(r.toks[p].text) {
		return true
	}
	if r.is(p, wAll) && r.is(r.prev(p), w) {
		return true
	}
	if j := r.joined(i, -1); j >= 0 && r.grouping(j) && r.before(j, w, depth+1) {
		return true
	}
	if j := r.joined(i, 1); j >= 0 && r.grouping(j) && r.trailed(j, w, depth+1) {
		return true
	}
	return false
}

// before reports whether w stands before token i or before what i is joined to.
func (r *reader) before(i int, w word, depth int) bool {
	p := r.prev(i)
	if r.is(p, w) && !isHangulKey(r.toks[p].text) {
		return true
	}
	j := r.joined(i, -1)
	return depth < 4 && j >= 0 && r.before(j, w, depth+1)
}

// trailed reports whether w follows token i or what is joined to it.
func (r *reader) trailed(i int, w word, depth int) bool {
	if r.trails(i, w) {
		return true
	}
	j := r.joined(i, 1)
	return depth < 4 && j >= 0 && r.trailed(j, w, depth+1)
}

// grouping reports whether token i may be grouped by.
func (r *reader) grouping(i int) bool {
	return len(r.senses(i, isField)) > 0 || len(r.senses(i, isDataset)) > 0
}

// joined returns the name that "and" or a comma joins to token i, in direction dir.
func (r *reader) joined(i, dir int) int {
	step := r.next
	if dir < 0 {
		step = r.prev
	}
	j := step(i)
	if j < 0 || !r.is(j, wAnd) && r.toks[j].kind != aSeparator {
		return -1
	}
	for j >= 0 && (r.is(j, wAnd) || r.toks[j].kind == aSeparator) {
		j = step(j)
	}
	if j < 0 || r.toks[j].kind != aTerm {
		return -1
	}
	return j
}

// whichMarked reports whether token i is asked for: 어느 지역, 상품이 뭐야.
func (r *reader) whichMarked(i int) bool {
	if r.is(r.prev(i), wWhich) {
		return true
	}
	n := r.next(i)
	return r.is(n, wWhich) && isHangulKey(r.toks[n].text)
}

// negated reports whether token i is to be left out, and marks the word that says so.
func (r *reader) negated(i int) bool {
	for j := i; j >= 0; j = r.joined(j, 1) {
		for _, n := range []int{r.next(j), r.afterTrail(j)} {
			if r.is(n, wNot) && isHangulKey(r.toks[n].text) {
				r.use(n)
				return true
			}
		}
	}
	for j := i; j >= 0; j = r.joined(j, -1) {
		p := r.prev(j)
		for r.is(p, wAll) {
			p = r.prev(p)
		}
		if r.is(p, wNot) && !isHangulKey(r.toks[p].text) {
			r.use(p)
			return true
		}
	}
	return false
}

// readCounts finds metrics that count: 고객 수, how many customers.
func (r *reader) readCounts() {
	for i := range r.toks {
		if !r.open(i) {
			continue
		}
		if name := r.rankedCount(i); name != "" {
			r.use(i)
			r.useTrail(i)
			r.addMeasure(i, name, asSynonym)
			continue
		}
		c := r.countWord(i)
		if c < 0 || r.countedValue(i, c) {
			continue
		}
		name := r.countMetric(i)
		if of := r.keyOf(i); name == "" && of != "" {
			name = r.lex.countOfDataset(of)
		}
		if other := r.countedBefore(i, name); other != "" {
			name = other
		}
		if trade := r.traded(i, name); trade != "" {
			name = trade
		}
		if r.countsBuyers(i, c) {
			if name = r.lex.firstKeyed(buyers); name == "" {
				r.fail(problem{decline: DeclineShape}) // how many people is not how many orders
				return
			}
		}
		if name == "" {
			r.checkCounted(i, c)
			continue
		}
		if !r.bindRows(i) && r.satisfying(i) {
			continue
		}
		r.use(i)
		r.use(c)
		r.addMeasure(i, name, asSynonym)
	}
}

// countsBuyers reports whether the people are counted who did what token i names: 몇 명이
// 구매했어.
func (r *reader) countsBuyers(i, c int) bool {
	key := fold(r.toks[i].text)
	count := fold(r.toks[c].text)
	return slices.Contains([]string{"구매", "주문", "결제", "구입"}, key) && slices.Contains([]string{"몇명", "몇사람", "몇분", "몇명이나", "명수", "인원", "인원수"}, count)
}

// checkCounted refuses "how many" of something that nothing counts, which is no figure
// split by it: how many regions are we selling in.
func (r *reader) checkCounted(i, c int) {
	if r.find(wSold) >= 0 && r.is(c, wHowMany) && r.prev(i) == c && len(r.senses(i, isField)) > 0 && len(r.senses(i, isValue)) == 0 && !r.bounded() {
		r.fail(problem{decline: DeclineShape})
	}
}

// bindRows takes a condition on the average of what token i counts as one on each row:
// how many responses gave 2 or less is not about an average.
func (r *reader) bindRows(i int) bool {
	if len(r.d.bounds) != 1 || r.d.bounds[0].target != "" || r.d.mean.op != "" {
		return false
	}
	for j := range r.toks {
		if j == i || !r.open(j) || len(r.senses(j, isMetric)) != 1 {
			continue
		}
		dataset, ref := r.averagedField(r.lex.at(r.senses(j, isMetric)[0].sense).ref)
		if ref != "" && (r.keyOf(i) == dataset || slices.ContainsFunc(r.senses(i, isDataset), func(x meaning) bool { return r.lex.at(x.sense).ref == dataset })) {
			r.use(j)
			r.useTrail(j)
			r.d.bounds[0].target, r.d.bounds[0].field = ref, true
			return true
		}
	}
	return false
}

// keyOf returns the dataset whose rows token i tells apart, "" for none: 응답 of an 응답번호.
func (r *reader) keyOf(i int) string {
	for _, x := range r.senses(i, isField) {
		dataset, field, _ := cutRef(r.lex.at(x.sense).ref)
		if d := r.lex.model.Dataset(dataset); len(d.PrimaryKey) == 1 && d.PrimaryKey[0] == field {
			return dataset
		}
	}
	return ""
}

// averagedField returns the field that a metric is the average of, and its dataset.
func (r *reader) averagedField(metric string) (dataset, ref string) {
	m := r.lex.model.Metric(metric)
	for _, e := range m.Expression {
		ref := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(e, "AVG("), ")"), `"`, "")
		if d, f := r.lex.model.Field(ref); strings.HasPrefix(e, "AVG(") && f != nil && f.Kind == semantic.Numeric {
			return d.Name, ref
		}
	}
	return "", ""
}

// satisfying reports whether the things are counted that meet a condition on a figure,
// which are then listed: 매출 1억 넘는 매장 수.
func (r *reader) satisfying(i int) bool {
	if !r.bounded() || len(r.groupOptions(i)) == 0 && r.namedThing(i) == "" {
		return false
	}
	for j := range r.toks {
		if j != i && r.open(j) && len(r.senses(j, isMetric)) > 0 && !r.grouping(j) {
			return true
		}
	}
	return r.boundTakings()
}

// namedThing returns the field by which people call what token i names.
func (r *reader) namedThing(i int) string {
	for _, x := range r.senses(i, isDataset) {
		if ref := r.lex.nameOf(r.lex.at(x.sense).ref); ref != "" {
			return ref
		}
	}
	return ""
}

// bounded reports whether there is a condition on a figure.
func (r *reader) bounded() bool { return len(r.d.bounds) > 0 || r.d.mean.op != "" }

// countedValue counts what the name of a value ends in: 배송 문의 몇 건. The value is still
// to be read.
func (r *reader) countedValue(i, c int) bool {
	if r.grouping(i) || len(r.senses(i, isMetric)) > 0 || len(r.senses(i, isValue)) == 0 {
		return false
	}
	name := r.lex.countOfDataset(r.thingAtEnd(i))
	if name == "" && !isHangulKey(r.toks[c].text) && r.next(c) == i {
		name = r.eventsOf(i)
	}
	if trade := r.traded(i, name); trade != "" {
		name = trade
	}
	if name != "" {
		r.use(c)
		r.addMeasure(c, name, asAlias)
	}
	return name != ""
}

// eventsOf counts what happened in the way that a value says: calls are tickets by phone.
// What is there rather than happens has no time, and may be counted in several ways.
func (r *reader) eventsOf(i int) string {
	dataset := ""
	if slices.ContainsFunc(r.toks, func(t token) bool { return t.kind == aTerm && !t.used && !r.onlyValue(t) }) {
		return "" // it is of them that it is said
	}
	for _, x := range r.senses(i, isValue) {
		of, _, _ := cutRef(r.lex.at(x.sense).ref)
		if dataset != "" && dataset != of || x.how >= asPart {
			return ""
		}
		dataset = of
	}
	name := r.lex.countOfDataset(dataset)
	if m := r.lex.model.Metric(name); m == nil || m.Time == "" {
		return ""
	}
	return name
}

// countedBefore returns the metric named directly before token i that counts the same
// more exactly: 신규 가입 고객 몇 명.
func (r *reader) countedBefore(i int, name string) string {
	p := i - 1
	if p < 0 || !r.open(p) || r.grouping(p) || len(r.senses(p, isMetric)) != 1 {
		return ""
	}
	before := r.lex.at(r.senses(p, isMetric)[0].sense).ref
	if name == "" || !r.lex.countsRows(before) || !slices.Equal(r.lex.graph.metrics[before], r.lex.graph.metrics[name]) {
		return ""
	}
	r.use(p)
	return before
}

// traded returns what is to be counted when the text says that it was sold or that
// they bought: how many cars were sold are sales and not the cars there are.
func (r *reader) traded(i int, name string) string {
	datasets := r.lex.graph.metrics[name]
	if len(datasets) != 1 || !r.lex.countsAll(r.lex.model.Metric(name), datasets[0]) {
		return ""
	}
	bought := slices.IndexFunc(r.toks, func(t token) bool {
		return !t.used && r.lex.has(t, wDone) && slices.Contains(buying, strings.ToLower(t.text))
	})
	if bought >= 0 && len(r.d.bounds) == 0 && r.lex.ofPeople(datasets[0]) {
		if trade := r.lex.firstKeyed(buyers); trade != "" {
			r.use(bought)
			r.d.bought = true
			return trade
		}
	}
	if r.any(wSold) < 0 {
		return ""
	}
	trade := r.soldUnits(i, datasets[0])
	for _, key := range []string{"sales", "판매", "orders", "주문", "transactions", "거래"} {
		if trade == "" {
			trade = r.lex.countOfReferring(key, datasets[0])
		}
	}
	if trade != "" {
		r.take(wSold)
	}
	return trade
}

// ofPeople reports whether the rows of a dataset are those who buy.
func (l *Lexicon) ofPeople(dataset string) bool {
	d := l.model.Dataset(dataset)
	return d != nil && slicesHas(append([]string{d.Label.Ko, d.Label.En, d.Name}, d.Synonyms...), func(term string) bool {
		key := fold(term)
		return slices.Contains(people, key)
	})
}

// Names of those who buy, words for it, and metrics that count who did.
var (
	people = []string{"고객", "회원", "사람", "소비자", "구매자", "customer", "customers", "people", "user", "users", "member", "members", "shopper", "shoppers"}
	buying = []string{"구매한", "구입한", "산", "주문한", "결제한", "bought", "bought something", "bought anything", "purchased", "purchased something", "ordered", "ordered something", "made a purchase", "placed an order"}
	buyers = []string{"구매고객수", "구매자수", "구매회원수", "buyers", "numberofbuyers", "activecustomers"}
)

// firstKeyed returns the first metric that one of the keys names.
func (l *Lexicon) firstKeyed(keys []string) string {
	for _, key := range keys {
		if name := l.metricKeyed(key); name != "" {
			return name
		}
	}
	return ""
}

// countOfReferring returns the metric that counts the rows of the dataset called key
// where they refer to those of dataset.
func (l *Lexicon) countOfReferring(key, dataset string) string {
	for _, e := range l.index.lookup(key) {
		s := l.at(e.sense)
		if _, refers := l.graph.reach(s.ref)[dataset]; s.kind == isDataset && s.ref != dataset && refers {
			return l.countOfDataset(s.ref)
		}
	}
	return ""
}

// countWord returns the word that asks for the number of token i, -1 for none.
func (r *reader) countWord(i int) int {
	if n := r.afterTrail(i); n >= 0 && !r.toks[n].used && isHangulKey(r.toks[n].text) && (r.is(n, wCount) || r.is(n, wHowMany)) {
		return n
	}
	p := r.prev(i)
	for p >= 0 && (r.open(p) && len(r.senses(p, isValue)) > 0 || (r.is(p, wAnd) || r.toks[p].kind == aSeparator) && r.prev(p) >= 0 && len(r.senses(r.prev(p), isValue)) > 0) {
		p = r.prev(p) // number of Italian and French restaurants
	}
	if p >= 0 && !r.toks[p].used && (r.is(p, wHowMany) || r.is(p, wCount) && !isHangulKey(r.toks[p].text)) {
		return p
	}
	return -1
}

// countMetric returns the metric that counts what token i names, "" for none.
func (r *reader) countMetric(i int) string {
	key := fold(r.toks[i].text)
	return r.countOf(key, r.senses(i, isDataset), r.senses(i, isMetric))
}

func (r *reader) countOf(key string, datasets, metrics []meaning) string {
	for _, suffix := range []string{"수", "건수", "개수", "횟수", "량", "count"} {
		if name := r.lex.metricKeyed(key + suffix); name != "" {
			return name
		}
	}
	for _, prefix := range []string{"numberof", "countof"} {
		if name := r.lex.metricKeyed(prefix + key); name != "" {
			return name
		}
	}
	for _, x := range metrics {
		if name := r.lex.at(x.sense).ref; r.lex.countsRows(name) {
			return name
		}
	}
	for _, x := range datasets {
		if name := r.lex.countOfDataset(r.lex.at(x.sense).ref); name != "" {
			return name
		}
	}
	if isHangulKey(key) {
		return r.lex.metricEnding(key + "수")
	}
	return r.lex.metricEnding(key)
}

// metricKeyed returns the one metric with this key, "" for none or several.
func (l *Lexicon) metricKeyed(key string) string {
	name := ""
	for _, e := range l.index.lookup(key) {
		if s := l.at(e.sense); s.kind == isMetric {
			if name != "" && name != s.ref {
				return ""
			}
			name = s.ref
		}
	}
	return name
}

// metricEnding returns the one counting metric that a label ends with key.
func (l *Lexicon) metricEnding(key string) string {
	name := ""
	for _, m := range l.counts {
		if m.Hidden || !strings.HasSuffix(fold(m.Label.Ko), key) && !strings.HasSuffix(fold(m.Label.En), key) {
			continue
		}
		if name != "" {
			return ""
		}
		name = m.Name
	}
	return name
}

// countsRows reports whether a metric is a count.
func (l *Lexicon) countsRows(name string) bool {
	m := l.model.Metric(name)
	return m != nil && countsRows(m)
}

func countsRows(m *semantic.Metric) bool {
	for _, e := range m.Expression {
		up := strings.ToUpper(strings.ReplaceAll(e, " ", ""))
		if strings.HasPrefix(up, "COUNT(") && !strings.Contains(up, "/") {
			return true
		}
	}
	return strings.HasPrefix(m.Format, "count:")
}

// countsAll reports whether a metric counts the rows of a dataset and not what they
// refer to.
func (l *Lexicon) countsAll(m *semantic.Metric, dataset string) bool {
	d := l.model.Dataset(dataset)
	for _, e := range m.Expression {
		up := strings.ToUpper(strings.ReplaceAll(e, " ", ""))
		if strings.HasPrefix(up, "COUNT(*)") || up == "COUNT("+strings.ToUpper(dataset)+".*)" {
			return true
		}
		for _, key := range d.PrimaryKey {
			up := strings.ReplaceAll(strings.ReplaceAll(up, "DISTINCT", ""), "\"", "")
			if len(d.PrimaryKey) == 1 && up == "COUNT("+strings.ToUpper(dataset+"."+key)+")" {
				return true
			}
		}
	}
	return false
}

// countOfDataset returns the one metric that counts rows of a dataset.
func (l *Lexicon) countOfDataset(dataset string) string {
	var found []string
	for _, m := range l.graph.of[dataset] {
		if !m.Hidden && l.countsRows(m.Name) {
			if m.Default || l.countsAll(m, dataset) {
				return m.Name
			}
			found = append(found, m.Name)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return ""
}
