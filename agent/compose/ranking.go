package compose

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// usualTop is how many a ranking shows when no number is given.
const usualTop = 10

// setRank orders and limits the result.
func (b *builder) setRank() {
	q := &b.p.Query
	k := b.d.rank
	if !k.wanted && b.d.sort == nil {
		b.forgetRank()
		return
	}
	if b.special != "" {
		if k.wanted && b.special != Relate {
			return // 왜 가장 많이 줄었어: the words say how strongly, not how many
		}
		b.fail(problem{decline: DeclineShape})
		return
	}
	if b.d.sortName {
		if k.wanted || len(q.Dimensions) != 1 {
			b.fail(problem{decline: DeclineShape})
			return
		}
		q.Order = []semantic.Order{{Key: q.Dimensions[0].Key(), Desc: slicesHas(b.toks, func(t token) bool { return b.lex.has(t, wDescend) })}}
		return
	}
	if k.wanted && b.overTime() {
		b.setTop()
		return
	}
	if len(q.Dimensions) == 0 && !b.askGroup() {
		return
	}
	desc := !k.asc
	if k.good != 0 {
		desc = (k.good > 0) != b.lowerIsBetter()
	}
	if b.d.sort != nil {
		desc = b.d.sort.Desc && !k.asc
	}
	if k.by != "" && q.Compare == nil {
		b.fail(problem{decline: DeclineShape}) // there is nothing that it could be a change from
		return
	}
	q.Order = []semantic.Order{{Key: b.rankKey(), Desc: desc, Size: k.size}}
	if k.wanted {
		q.Limit, q.LimitPer = b.limit(), b.limitPer()
		for _, d := range q.Dimensions {
			dataset, _, _ := cutRef(d.Field)
			if q.LimitPer != "" && d.Key() == q.LimitPer && d.Field != "" && b.lex.nameOf(dataset) == d.Field {
				b.onlyNamed(d) // what was sold in no store is not of each store
			}
		}
	}
}

// setTop keeps the course of the first few.
func (b *builder) setTop() {
	q, k := &b.p.Query, b.d.rank
	at := slices.IndexFunc(q.Dimensions, func(d semantic.Dimension) bool { return d.Field != "" && !isTime(d) })
	if at < 0 || len(q.Dimensions) != 2 || !slicesHas(q.Dimensions, isTime) || k.by != "" || q.Compare != nil || len(b.d.bounds) > 0 || b.d.share || len(q.Measures) != 1 {
		b.fail(problem{decline: DeclineShape})
		return
	}
	least := k.asc
	if k.good != 0 {
		least = (k.good < 0) != b.lowerIsBetter()
	}
	n := k.n
	if n == 0 {
		n = 1
		if k.plural || b.pluralGroup() {
			n = usualCourses
		}
	}
	q.Top = &semantic.Top{Of: q.Dimensions[at].Key(), By: q.Measures[0].Key(), N: n, Least: least}
	q.Order, q.Limit, q.LimitPer = nil, 0, ""
	label := b.measureLabel(q.Measures[0])
	b.say(ReadDefault, b.rankTerm(), b.pickWord(fmt.Sprintf("기간 전체 %s %s %d", label, map[bool]string{true: "하위", false: "상위"}[least], n),
		fmt.Sprintf("%s %d by %s over the whole period", map[bool]string{true: "bottom", false: "top"}[least], n, label)))
}

// usualCourses is how many courses are shown when no number is given.
const usualCourses = 5

// overTime reports whether the course of the first few is asked for: 상위 3개 지역의
// 월별 추이, monthly revenue of the top 3 regions; and not the first few of each month.
func (b *builder) overTime() bool {
	if len(b.d.groups) == 0 {
		return false
	}
	if b.courseOfMeasure() {
		return true
	}
	last := b.d.groups[len(b.d.groups)-1].token.from
	after := slicesHas(b.toks, func(t token) bool { return t.mention != nil && t.mention.Kind == period.By && t.from > last })
	return b.d.trend || after && b.d.grain != "" && isHangulKey(b.toks[0].text)
}

// courseOfMeasure reports whether a unit of time says how a metric is to be seen:
// monthly revenue of, and not monthly top products.
func (b *builder) courseOfMeasure() bool {
	for i, t := range b.toks {
		adjective := t.mention != nil && t.mention.Kind == period.By && slices.Contains([]string{"hourly", "daily", "weekly", "monthly", "quarterly", "yearly", "annual"}, strings.ToLower(strings.TrimSpace(t.text)))
		if n := b.next(i); adjective && n >= 0 && slicesHas(b.d.measures, func(m measure) bool { return m.token.from == b.toks[n].from && m.token.to > 0 }) {
			return slices.ContainsFunc(b.d.groups, func(g group) bool { return g.token.from > t.from })
		}
	}
	return false
}

// askGroup asks what is to be ranked when the question does not say: 매출 상위 5개.
func (b *builder) askGroup() bool {
	q := &b.p.Query
	if ref := b.filteredThing(); ref != "" {
		q.Dimensions = []semantic.Dimension{{Field: ref}}
		b.say(ReadDefault, b.pickWord("순위 대상", "ranked"), b.fieldLabel(ref))
		return true
	}
	if ref := b.soldThing(); ref != "" {
		q.Dimensions = []semantic.Dimension{{Field: ref}}
		b.say(ReadDefault, b.pickWord("순위 대상", "ranked"), b.fieldLabel(ref))
		return true
	}
	var list []candidate
	for _, d := range b.lex.model.Datasets {
		for _, f := range d.Fields {
			ref := d.Name + "." + f.Name
			if d.Hidden || f.Hidden || f.Kind != semantic.Categorical || !b.reaches(q.Measures[0].Metric, ref) {
				continue
			}
			list = append(list, candidate{ref: ref, label: b.fieldLabel(ref), usual: f.IsName})
		}
	}
	k, ok := b.pick(b.rankTerm(), list)
	b.reword("무엇의 순위를 볼까요?", "Rank what?")
	if len(list) == 0 {
		b.fail(problem{decline: DeclineShape})
	}
	if ok {
		q.Dimensions = []semantic.Dimension{{Field: list[k].ref}}
	}
	return ok
}

// goods are names of what is sold.
var goods = []string{"상품", "제품", "품목", "메뉴", "물건", "product", "item", "good", "menu"}

// soldThing returns the name of what is sold where that is ranked: 제일 많이 팔린 거.
func (b *builder) soldThing() string {
	if !b.d.rank.sold {
		return ""
	}
	for _, d := range b.lex.model.Datasets {
		ref := b.lex.nameOf(d.Name)
		named := slicesHas(append([]string{d.Label.Ko, d.Label.En, d.Name}, d.Synonyms...), func(term string) bool {
			key := fold(term)
			return slices.Contains(goods, singular(key))
		})
		if named && !d.Hidden && ref != "" && b.reaches(b.p.Query.Measures[0].Metric, ref) {
			return ref
		}
	}
	return ""
}

// filteredThing returns the name of what the conditions are about, which is ranked
// when nothing else is: the best-selling laptop is a product.
func (b *builder) filteredThing() string {
	ref := ""
	for _, f := range b.p.Query.Filters {
		if onDays(f) {
			continue
		}
		dataset, _, _ := cutRef(f.Field)
		name := b.lex.nameOf(dataset)
		if f.Negate || name == "" || name == f.Field || name == ref {
			continue
		}
		if ref != "" || !b.reaches(b.p.Query.Measures[0].Metric, name) {
			return ""
		}
		ref = name
	}
	if _, f := b.lex.model.Field(ref); f == nil || f.Kind == semantic.Identifier {
		return ""
	}
	return ref
}

// rankTerm is the word that asks for a ranking.
func (b *builder) rankTerm() string {
	for _, t := range b.toks {
		for _, w := range []word{wTop, wBottom, wHigh, wLow, wGood, wBad, wRank, wSort, wMost} {
			if b.lex.has(t, w) {
				return t.text
			}
		}
	}
	return b.pickWord("순위", "ranking")
}

// forgetRank drops the limit of the turn before when what it counted has changed.
func (b *builder) forgetRank() {
	q := &b.p.Query
	if !b.follow || q.Limit == 0 {
		return
	}
	if q.LimitPer != "" && !slicesHas(q.Dimensions, func(d semantic.Dimension) bool { return d.Key() == q.LimitPer }) {
		q.LimitPer = ""
	}
	if len(b.d.measures) > 0 && !b.d.also {
		q.Order = []semantic.Order{{Key: q.Measures[0].Key(), Desc: true}}
	}
	if b.d.grain != "" || b.d.trend {
		q.Limit, q.LimitPer, q.Order = 0, "", nil
	}
}

func (b *builder) lowerIsBetter() bool {
	m := b.lex.model.Metric(b.p.Query.Measures[0].Metric)
	return m != nil && m.LowerIsBetter
}

// rankKey is the column that the ranking is by.
func (b *builder) rankKey() string {
	q := &b.p.Query
	key := q.Measures[0].Key()
	for _, m := range b.d.measures {
		if m.sorted {
			key = m.Key()
		}
	}
	switch {
	case b.d.rank.by != "" && q.Compare != nil:
		return key + "__" + b.d.rank.by
	case b.d.share:
		return key + "__share"
	}
	return key
}

// limit is the number asked for, one for a superlative, else the usual.
func (b *builder) limit() int {
	k := b.d.rank
	switch {
	case k.n > 0:
		return k.n
	case k.plural || b.pluralGroup():
		b.say(ReadDefault, b.pickWord("상위", "top"), b.pickWord("10개", "10"))
		return usualTop
	}
	return 1
}

// pluralGroup reports whether several are asked for: best-selling products.
func (b *builder) pluralGroup() bool {
	for _, g := range b.d.groups {
		word := strings.ToLower(g.token.text)
		if word != "" && word[0] <= unicode.MaxASCII && singular(word) != word || b.trails(b.tokenAt(g.token.from), wPlural) {
			return true
		}
	}
	return false
}

func (r *reader) tokenAt(from int) int {
	return slices.IndexFunc(r.toks, func(t token) bool { return t.from == from })
}

// limitPer returns the dimension within whose values the ranking counts: the one
// marked 별, by or each, when another is there to be ranked.
func (b *builder) limitPer() string {
	dims := b.p.Query.Dimensions
	if len(dims) < 2 {
		return ""
	}
	for _, d := range dims {
		if d.Grain != "" {
			return d.Key()
		}
	}
	for _, g := range b.d.groups {
		if g.each {
			return g.Key()
		}
	}
	for _, g := range b.d.groups {
		if g.marked {
			return g.Key()
		}
	}
	if len(b.d.groups) > 1 && b.bareDataset(b.d.groups[0]) {
		b.fail(problem{decline: DeclineShape}) // 주문 상위 3개 상품 is neither of each order nor only of orders
	}
	return dims[0].Key()
}

// bareDataset reports whether g is of what a dataset is called, and of no field's name.
func (b *builder) bareDataset(g group) bool {
	return g.token.kind == aTerm && !slicesHas(g.token.meanings, func(x meaning) bool { return b.lex.at(x.sense).kind == isField })
}

// setBounds turns comparisons with figures into conditions on fields or on results.
func (b *builder) setBounds() {
	q := &b.p.Query
	if len(b.d.bounds) > 0 {
		q.Having = nil // a follow-up's conditions replace those before
	}
	for _, x := range b.d.bounds {
		key := x.target
		if x.derived != "" {
			key = q.Measures[0].Key() + "__" + x.derived
		}
		values := make([]any, len(x.values))
		for i, n := range x.values {
			values[i] = b.figure(n, x)
		}
		op := x.op
		if x.derived == "growth" && b.d.direction < 0 {
			op, values = fallen(op, values)
		}
		if x.field {
			q.Filters = append(q.Filters, semantic.Filter{Field: key, Op: op, Values: values})
			continue
		}
		for _, m := range q.Measures {
			if m.Metric == key && m.Over != "" {
				key = m.Key() // 일평균 매출 1억 이상: the average over days is the figure
			}
		}
		q.Having = append(q.Having, semantic.Having{Key: key, Op: op, Values: values})
	}
	if len(q.Having) > 0 && len(q.Dimensions) == 0 {
		b.fail(problem{decline: DeclineShape})
	}
	b.boundMoved()
	for _, d := range q.Dimensions {
		if len(q.Having) > 0 && !b.d.share { // a share is of the whole
			b.onlyNamed(d) // what was sold in no store is no store that sold much
		}
	}
}

// boundMoved keeps only what rose or fell: 매출이 줄어든 지역, which regions declined.
func (b *builder) boundMoved() {
	q := &b.p.Query
	asked := b.d.adnominal || slicesHas(b.d.groups, func(g group) bool { return g.which })
	if b.special != "" || b.d.direction == 0 || b.d.rank.wanted || q.Compare == nil || !asked || len(b.d.groups) == 0 || len(q.Having) > 0 {
		return
	}
	op := semantic.Greater
	if b.d.direction < 0 {
		op = semantic.Less
	}
	q.Having = append(q.Having, semantic.Having{Key: q.Measures[0].Key() + "__change", Op: op, Values: []any{0.0}})
}

// fallen turns "fell by more than 10%" into a growth below −10%.
func fallen(op semantic.Op, values []any) (semantic.Op, []any) {
	out := make([]any, len(values))
	for i, v := range values {
		out[len(values)-1-i] = -v.(float64)
	}
	turned := map[semantic.Op]semantic.Op{semantic.AtLeast: semantic.AtMost, semantic.Greater: semantic.Less, semantic.AtMost: semantic.AtLeast, semantic.Less: semantic.Greater}
	if t, ok := turned[op]; ok {
		op = t
	}
	return op, out
}

// figure returns a number as the data has it: 5% is 0.05 of a percent metric.
func (b *builder) figure(n number, x bound) float64 {
	if x.derived != "" {
		return n.value / 100
	}
	format := ""
	if x.field {
		if _, f := b.lex.model.Field(x.target); f != nil {
			format = f.Format
		}
	} else if m := b.lex.model.Metric(x.target); m != nil {
		format = m.Format
	}
	if format == "percent" && (n.unit == "percent" || n.value > 1) {
		return n.value / 100
	}
	return n.value
}
