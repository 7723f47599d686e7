package compose

import (
	"slices"
	"strings"
	"unicode"

	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
)

// listable is how many things may be listed where it is asked how many there are: the
// list says more, unless nobody can read it.
const listable = 200

// Names of metrics that count what somebody bought, for verbs that name none.
var ordersOf = []string{"주문수", "주문건수", "구매건수", "거래건수", "판매건수", "결제건수", "orders", "ordercount", "numberoforders", "transactions", "numberoftransactions", "numberofsales", "purchases"}

// readEach reads a condition on a figure of each of some things: customers with more than
// 3 orders, 5만원 이상 주문 건수. Things that have names are listed, others counted.
func (r *reader) readEach() {
	r.readOften()
	r.joinBounds()
	if len(r.d.bounds) != 1 || r.d.mean.op != "" || r.d.rank.wanted || r.d.share || r.in.Previous != nil {
		return
	}
	b := &r.d.bounds[0]
	if b.target != "" || b.derived != "" || b.values[0].unit == "percent" {
		return
	}
	thing, dataset := r.boundThing(b)
	if thing < 0 || len(r.moneyOf([]string{dataset})) == 1 && r.boundMoney() {
		return // what a thing is worth is a field of it
	}
	figure, said := r.boundFigure(b, thing, dataset)
	if figure == "" || !r.figureIn(figure, b.values[0].unit) || r.lex.ownAverage(figure, dataset) || r.measuresMore(thing, said) {
		return
	}
	key, name := r.lex.keyField(dataset), r.lex.nameOf(dataset)
	list := name != "" && r.find(wList) >= 0 || r.lex.called(dataset) && len(r.lex.valuesOf(name)) > 0 && len(r.lex.valuesOf(name)) <= listable
	if !list && key == "" && r.eachRow(figure, dataset, b) {
		r.takeThing(thing, said, b)
		return
	}
	switch {
	case list && said != thing && !r.aliased(said) && !r.countsAfter(b, said) && len(r.senses(thing, isDataset)) > 0:
		return // a metric and things with names are read as ever
	case !list && key == "" || !r.lex.splits(figure, dataset):
		return
	}
	r.takeThing(thing, said, b)
	if b.op == semantic.Less || b.op == semantic.AtMost {
		r.say(ReadDefault, r.toks[thing].text, r.pickWord("하나라도 있는 것만", "only those with at least one"))
	}
	named := token{text: r.metricLabel(figure)}
	if list {
		b.target = figure
		r.d.measures = append(r.d.measures, measure{Measure: semantic.Measure{Metric: figure}, token: named})
		named = r.toks[thing]
		named.text = r.fieldLabel(name) // 매장 수 is no other word for it
		r.addGroup(group{Dimension: semantic.Dimension{Field: name}, token: named, which: true})
		return
	}
	m := semantic.Measure{Metric: figure, Each: key, Is: b.op, Low: b.values[0].value}
	if len(b.values) > 1 {
		m.High = b.values[1].value
	}
	r.d.measures = append(r.d.measures, measure{Measure: m, token: named})
	r.d.bounds = nil
}

// eachRow puts a condition on the rows themselves where nothing tells them apart, and
// counts them: 10만원 이상 판매 건수 of a sheet. It reports whether it did.
func (r *reader) eachRow(figure, dataset string, b *bound) bool {
	count := r.lex.countOfDataset(dataset)
	for _, e := range r.lex.model.Metric(figure).Expression {
		ref := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(e, "SUM("), ")"), `"`, "")
		of, f := r.lex.model.Field(ref)
		if count == "" || !strings.HasPrefix(e, "SUM(") || f == nil || of.Name != dataset {
			continue
		}
		b.target, b.field = ref, true
		r.d.measures = append(r.d.measures, measure{Measure: semantic.Measure{Metric: count}, token: token{text: r.metricLabel(count)}})
		return true
	}
	return false
}

// joinBounds makes one condition of two that are the ends of one range: 10만원 이상 50만원
// 이하.
func (r *reader) joinBounds() {
	if len(r.d.bounds) != 2 {
		return
	}
	low, high := r.d.bounds[0], r.d.bounds[1]
	if low.op == semantic.AtMost {
		low, high = high, low
	}
	if low.op != semantic.AtLeast || high.op != semantic.AtMost || low.values[0].unit != high.values[0].unit || low.target != high.target || low.derived != "" || high.derived != "" || low.banded || high.banded {
		return
	}
	low.op, low.values = semantic.Between, []number{low.values[0], high.values[0]}
	r.d.bounds = []bound{low}
}

// measuresMore reports whether another figure is asked for of the things that a condition
// chooses: the revenue of customers with more than 3 orders.
func (r *reader) measuresMore(thing, said int) bool {
	for i := range r.toks {
		if i != thing && i != said && r.open(i) && len(r.senses(i, isMetric)) > 0 && !r.grouping(i) && len(r.senses(i, isValue)) == 0 {
			return true
		}
	}
	return false
}

// ownAverage reports whether a metric averages what each row of a dataset has by itself:
// restaurants rated above 4.5.
func (l *Lexicon) ownAverage(metric, dataset string) bool {
	return l.graph.about(metric, dataset) && strings.HasPrefix(l.expression(metric), "AVG(")
}

// eachLabel names things with a condition on a figure of each: 주문 수 3건 초과 고객 수.
func (r *reader) eachLabel(m semantic.Measure) string {
	dataset, _, _ := cutRef(m.Each)
	d := r.lex.model.Dataset(dataset)
	return EachLabel(r.lex.model, m, d, r.in.Language)
}

func (r *reader) metricLabel(name string) string {
	m := r.lex.model.Metric(name)
	return r.label(m.Label, m.Name)
}

// takeThing explains the words of a condition on each of some things.
func (r *reader) takeThing(thing, said int, b *bound) {
	r.use(thing)
	r.useTrail(thing)
	if c := r.countWord(thing); c >= 0 {
		r.use(c)
		r.useTrail(c)
	}
	if said >= 0 && said != thing {
		r.use(said)
		r.useTrail(said)
		if c := r.afterTrail(said); c >= 0 && c != b.at && r.is(c, wCount) {
			r.use(c)
		}
	}
	for i := range r.toks {
		if r.is(i, wSold) || r.is(i, wDone) {
			r.use(i) // it says what the figure counts
		}
	}
	r.useTrail(b.at)
}

// boundThing returns the token of the things that a condition chooses among, and their
// dataset: in Korean what the condition stands before, in English what stands before it.
// -1 for none.
func (r *reader) boundThing(b *bound) (int, string) {
	best, dataset := -1, ""
	for i := range r.toks {
		of := r.thingOf(i)
		if of == "" || r.byMarked(i) || r.perMarked(i) {
			continue
		}
		switch {
		case r.ko() && i > b.at && r.eventSaid(b) != i, !r.ko() && i < b.at && best < 0:
			best, dataset = i, of
		}
	}
	return best, dataset
}

// thingOf returns the dataset whose rows token i names, or whose number it asks for.
func (r *reader) thingOf(i int) string {
	if !r.open(i) {
		return ""
	}
	if list := r.senses(i, isDataset); len(list) > 0 {
		return r.lex.at(list[0].sense).ref
	}
	for _, x := range r.senses(i, isMetric) {
		if of := r.lex.counted(r.lex.at(x.sense).ref); of != "" && x.how < asAlias {
			return of
		}
	}
	return ""
}

// boundFigure returns the metric that a condition on each thing is about, "" for none,
// and the token that names it, the thing's own where no word does.
func (r *reader) boundFigure(b *bound, thing int, dataset string) (metric string, said int) {
	unit := b.values[0].unit
	best, distance := -1, 1<<30
	for i := range r.toks {
		if i == thing || (i < thing) != r.ko() || !r.open(i) || len(r.senses(i, isMetric))+len(r.senses(i, isDataset)) == 0 || r.grouping(i) && r.byMarked(i) {
			continue
		}
		d := b.at - i
		if d < 0 {
			d = -d
		}
		if d < distance {
			best, distance = i, d
		}
	}
	if best >= 0 && r.lex.isTrade(dataset) && r.namesGoods(best) {
		return r.lex.firstKeyed(unitsOut), best // an order with more than 3 items
	}
	if best >= 0 && r.countsAfter(b, best) {
		if name := r.lex.countOfDataset(r.lex.at(r.senses(best, isDataset)[0].sense).ref); name != "" {
			return name, best
		}
	}
	if best >= 0 {
		return r.figureOf(best), best
	}
	for i := range r.toks { // units may be a counter and a metric
		if n := r.next(b.at); n == i && !r.toks[i].used && r.is(i, wUnit) {
			if name := r.lex.metricKeyed(strings.ToLower(r.toks[i].text)); name != "" {
				return name, i
			}
		}
	}
	if did := r.eventSaid(b); did >= 0 && r.timesSaid(b) {
		of, _, _ := cutRef(r.lex.at(r.senses(did, isField)[0].sense).ref)
		return r.lex.countOfDataset(of), did
	}
	bought := slices.ContainsFunc(r.toks, func(t token) bool {
		return t.kind == aWord && slices.Contains(trading, strings.ToLower(strings.TrimSpace(t.text)))
	})
	sold := r.find(wSold) >= 0
	if i := r.find(wSold); i >= 0 && unit == "" {
		if kind, _ := r.lex.arg(r.toks[i], wSold); kind == "money" {
			return r.lex.takings(dataset), thing // stores that made less than 40 million
		}
	}
	switch {
	case (unit == "won" || unit == "dollar") && (bought && r.lex.ofPeople(dataset) || r.lex.isTrade(dataset)):
		return r.lex.takings(dataset), thing
	case r.timesSaid(b) && (bought || sold):
		return r.tradesOf(dataset), thing
	case (bought || sold) && (unit == "item" || unit == ""):
		if name := r.lex.firstKeyed(unitsOut); name != "" {
			return name, thing
		}
		return r.tradesOf(dataset), thing
	}
	return "", -1
}

// eventSaid returns the token after a condition that says what was done by the date on
// which it was: 3번 이상 반품한. -1 for none.
func (r *reader) eventSaid(b *bound) int {
	n := r.next(b.at)
	for n >= 0 && r.toks[n].used {
		n = r.next(n)
	}
	if n >= 0 && r.open(n) && isHangulKey(r.toks[n].text) && strings.HasSuffix(r.toks[n].text, "한") && len(r.fieldsOfKind(n, semantic.Temporal)) > 0 {
		return n
	}
	return -1
}

// trading are verbs of buying as they stand beside what was bought and who did.
var trading = append([]string{"구매한", "구매된", "구입한", "주문한", "주문된", "결제한", "결제된", "산", "이용한", "쓴", "쓰는", "지출한", "spent", "spend"}, buying...)

// figureOf returns the metric that token i names, or that counts what it names.
func (r *reader) figureOf(i int) string {
	if c := r.countWord(i); c >= 0 || len(r.senses(i, isMetric)) == 0 {
		if name := r.countMetric(i); name != "" {
			return name
		}
	}
	best := meaning{sense: -1, how: asTypo}
	for _, x := range r.senses(i, isMetric) {
		if best.sense < 0 || x.how < best.how {
			best = x
		}
	}
	if best.sense >= 0 {
		return r.lex.at(best.sense).ref
	}
	return ""
}

// tradesOf counts what somebody bought or sold.
func (r *reader) tradesOf(dataset string) string {
	if name := r.lex.firstKeyed(ordersOf); name != "" {
		return name
	}
	for _, key := range []string{"sales", "판매", "orders", "주문", "transactions", "거래", "구매"} {
		if name := r.lex.countOfReferring(key, dataset); name != "" {
			return name
		}
	}
	return ""
}

// takings returns the metric of what was paid: the one called so, or the usual one of what
// was traded.
func (l *Lexicon) takings(dataset string) string {
	if name := l.firstKeyed(turnover); name != "" {
		return name
	}
	if name := l.usualOf(dataset); !l.countsRows(name) {
		return name
	}
	return ""
}

// isTrade reports whether the rows of a dataset are what was bought or sold at one time,
// so that money beside them is what they came to.
func (l *Lexicon) isTrade(dataset string) bool {
	return slices.ContainsFunc(ordersOf, func(key string) bool { return l.counted(l.metricKeyed(key)) == dataset })
}

// countsAfter reports whether a figure counts what token i names, and is not an amount of
// it: more than 2 sales, 판매 3건 이상.
func (r *reader) countsAfter(b *bound, i int) bool {
	if len(r.senses(i, isDataset)) == 0 || b.values[0].scaled {
		return false
	}
	unit := b.values[0].unit
	return unit == "" && !r.ko() && r.next(b.at) == i || unit == "item" && r.prev(b.at) == i
}

// namesGoods reports whether token i names what is sold.
func (r *reader) namesGoods(i int) bool {
	key := fold(r.toks[i].text)
	return slices.Contains(goods, singular(key))
}

// timesSaid reports whether a figure says how often: 3번, 5회, 4 times.
func (r *reader) timesSaid(b *bound) bool {
	text := strings.TrimSpace(r.toks[b.at].text)
	return b.values[0].unit == "times" || slices.ContainsFunc([]string{"번", "회", "건", "차례"}, func(u string) bool { return strings.HasSuffix(text, u) })
}

// figureIn reports whether a metric can be compared with a figure of a unit.
func (r *reader) figureIn(metric, unit string) bool {
	m := r.lex.model.Metric(metric)
	if m == nil {
		return false
	}
	money := m.Format == "krw" || m.Format == "usd" || m.Format == "eur"
	switch unit {
	case "won", "dollar":
		return !r.lex.countsRows(metric) && m.Format != "percent"
	case "item", "times", "person", "place":
		return !money && m.Format != "percent"
	}
	return unit == ""
}

// keyField returns the field that tells the rows of a dataset apart, "" for none.
func (l *Lexicon) keyField(dataset string) string {
	d := l.model.Dataset(dataset)
	if d == nil || len(d.PrimaryKey) != 1 {
		return ""
	}
	for _, f := range d.Fields {
		if strings.EqualFold(f.Name, d.PrimaryKey[0]) {
			return d.Name + "." + f.Name
		}
	}
	return ""
}

// splits reports whether a metric can be taken for each row of a dataset.
func (l *Lexicon) splits(metric, dataset string) bool {
	return l.graph.distance(metric, dataset) >= 0
}

// EachLabel names what a measure counts of the things in d, or the middle of their figures:
// 주문 수 3건 초과 고객 수, customers with orders over 3.
func EachLabel(model *semantic.Model, m semantic.Measure, d *semantic.Dataset, language string) string {
	x := model.Metric(m.Metric)
	if x == nil || d == nil {
		return m.Key()
	}
	label, things := x.Label.In(language, x.Name), d.Label.In(language, d.Name)
	if language != "ko" && things[0] <= unicode.MaxASCII {
		if low := strings.ToLower(things); singular(low) == low {
			things = things[:1] + plural(low)[1:]
		}
	}
	written := format.Value
	if language == "ko" {
		written = format.Short // 100만 원
	}
	low := written(m.Low, format.Format(x.Format), language)
	if m.Is == semantic.Between && m.High != m.Low {
		low += "–" + written(m.High, format.Format(x.Format), language)
	}
	switch {
	case language == "ko" && m.Is != "":
		return strings.Join(strings.Fields(label+" "+low+" "+sidesKo[m.Is]+" "+things+" 수"), " ")
	case language == "ko" && m.Median:
		return things + "별 " + label + " 중앙값"
	case language == "ko":
		return things + "별 평균 " + label
	case m.Is != "":
		return things + " with " + strings.Join(strings.Fields(lowerFirst(label)+" "+sides[m.Is]+" "+low), " ")
	case m.Median:
		return "median " + label + " per " + singular(strings.ToLower(things))
	}
	return "average " + label + " per " + singular(strings.ToLower(things))
}

// lowerFirst writes a label as inside a phrase; abbreviations and Hangul stay.
func lowerFirst(label string) string {
	if len(label) > 1 && label[0] >= 'A' && label[0] <= 'Z' && label[1] >= 'a' && label[1] <= 'z' {
		return strings.ToLower(label[:1]) + label[1:]
	}
	return label
}

// The words for the side of a figure that others lie on.
var (
	sidesKo = map[semantic.Op]string{semantic.Greater: "초과", semantic.AtLeast: "이상", semantic.Less: "미만", semantic.AtMost: "이하"}
	sides   = map[semantic.Op]string{semantic.Greater: "over", semantic.AtLeast: "of at least", semantic.Less: "under", semantic.AtMost: "of at most", semantic.Between: "of"}
)
