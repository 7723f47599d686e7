package compose

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// doubt refuses questions whose words are all known but may well mean another thing
// than what they were put together to.
func (r *reader) doubt() {
	if r.opposed() || r.unjoinedMeasures() || r.dividesThings() || r.manyOfPrice() || r.commands() || r.blames() || r.gapOfValues() || r.ofPlaces() || r.countsGroups() {
		r.fail(problem{decline: DeclineShape})
	}
}

// commands reports whether something is to be changed that no answer before it shows: VIP
// 등급 기준을 바꿔줘.
func (r *reader) commands() bool {
	return r.in.Previous == nil && slicesHas(r.toks, func(t token) bool {
		return r.lex.has(t, wVerb) && slicesHas([]string{"바꿔", "변경", "change", "switch", "convert"}, func(verb string) bool { return strings.HasPrefix(strings.ToLower(t.text), verb) })
	})
}

// countsGroups reports whether a figure counts what was taken to split by: of orders with
// more than 3 items nothing is said by item.
func (r *reader) countsGroups() bool {
	return slicesHas(r.d.bounds, func(b bound) bool {
		n := r.next(b.at)
		return n >= 0 && !isHangulKey(r.toks[n].text) && slicesHas(r.d.groups, func(g group) bool { return g.token.from == r.toks[n].from && !g.marked })
	})
}

// ofPlaces reports whether a thing named before hours of the day may say where rather
// than by what: 오전 매장 주문 수.
func (r *reader) ofPlaces() bool {
	d := &r.d
	return len(d.hours.values) > 0 && !r.asksForThings() && slicesHas(d.groups, func(g group) bool {
		i := r.tokenAt(g.token.from)
		return i >= 0 && !g.marked && !g.each && !g.which && isHangulKey(g.token.text) && len(r.senses(i, isDataset)) > 0
	})
}

// howMuchMore asks for the difference of two things: 일반보다 얼마나 높아, how much higher
// than.
var howMuchMore = regexp.MustCompile(`보다\s*(?:얼마나|얼마|몇)|(?i)how much (?:more|less|higher|lower|larger|smaller)\b.* than\b`)

// gapOfValues reports whether the difference of two values of a field is asked for: VIP
// 고객의 객단가가 일반보다 얼마나 높아? A query has no such column.
func (r *reader) gapOfValues() bool {
	if !howMuchMore.MatchString(r.in.Text) {
		return false
	}
	seen := map[string]int{}
	for _, f := range r.d.filters {
		if f.Op == semantic.In {
			seen[f.Field] += len(f.Values)
		}
	}
	for _, n := range seen {
		if n > 1 {
			return true
		}
	}
	return false
}

// blames reports whether a cause is named rather than asked for: did the campaign cause
// the growth?
func (r *reader) blames() bool {
	did := slices.IndexFunc(r.toks, func(t token) bool { return slices.Contains([]string{"did", "does", "do"}, strings.ToLower(t.text)) })
	cause := slices.IndexFunc(r.toks, func(t token) bool {
		return r.lex.has(t, wWhy) && slices.Contains([]string{"cause", "drive", "explain"}, strings.ToLower(t.text))
	})
	return did >= 0 && cause > did && r.find(wWhich) < 0
}

// opposed reports whether two ends are asked for at once: products with high revenue and
// a low margin, the first and the last five.
func (r *reader) opposed() bool {
	for _, pair := range [][2]word{{wHigh, wLow}, {wGood, wBad}, {wTop, wBottom}} {
		if r.d.rank.wanted && r.find(pair[0]) >= 0 && r.find(pair[1]) >= 0 {
			return true
		}
	}
	return false
}

// unjoinedMeasures reports whether the name of one metric only says whose the next one
// is: revenue from new customers, 신규 고객 매출 are not two metrics side by side.
func (r *reader) unjoinedMeasures() bool {
	list := slices.Clone(r.d.measures)
	slices.SortStableFunc(list, func(a, b measure) int { return a.token.from - b.token.from })
	for k := 1; k < len(list); k++ {
		a, b := r.tokenAt(list[k-1].token.from), r.tokenAt(list[k].token.from)
		if a < 0 || b <= a || list[k-1].token.to == 0 {
			continue
		}
		if b == a+1 && r.endsInThing(a) || b == a+2 && slices.Contains([]string{"from", "of", "in"}, strings.ToLower(r.toks[a+1].text)) || r.befell(a, b) {
			return true
		}
	}
	return false
}

// befell reports whether the second of two names says what happened to the first: orders
// that were refunded are not orders and refunds.
func (r *reader) befell(a, b int) bool {
	for _, t := range r.toks[a+1 : b] {
		if !slices.Contains([]string{"were", "was", "are", "is", "been", "being", "be", "got", "get", "have", "has", "had", "that", "which"}, strings.ToLower(t.text)) {
			return false
		}
	}
	return b > a+1 && strings.HasSuffix(strings.ToLower(r.toks[b].text), "ed")
}

// endsInThing reports whether the last word of token i, not all of it, names a dataset.
func (r *reader) endsInThing(i int) bool { return r.thingAtEnd(i) != "" }

// thingAtEnd returns the dataset that the last word of token i names, "" for none and
// where that is all of it.
func (r *reader) thingAtEnd(i int) string {
	if i < 0 {
		return ""
	}
	key := fold(r.toks[i].text)
	for at := range key {
		for _, e := range r.lex.index.lookup(key[at:]) {
			if s := r.lex.at(e.sense); at > 0 && s.kind == isDataset && e.how() < asAlias {
				return s.ref
			}
		}
	}
	return ""
}

// dividesThings reports whether what is divided counts what there is and not what was
// in the things divided by: 주문당 상품 수 is not the catalogue by the orders.
func (r *reader) dividesThings() bool {
	return slicesHas(r.d.measures, func(m measure) bool {
		x, datasets := r.lex.model.Metric(m.Metric), r.lex.graph.metrics[m.Metric]
		if m.Per == "" || x == nil || len(datasets) != 1 || !r.lex.countsAll(x, datasets[0]) {
			return false
		}
		return slicesHas(r.lex.graph.metrics[m.Per], func(of string) bool {
			_, refers := r.lex.graph.reach(of)[datasets[0]]
			return refers && of != datasets[0]
		})
	})
}

var countedKey = regexp.MustCompile(`(?i)COUNT\s*\(\s*(?:DISTINCT\s+)?"?([\pL_][\pL\pN_]*)"?\s*\.\s*"?([\pL_][\pL\pN_]*|\*)`)

// counted returns the dataset whose rows a metric counts, directly or where others refer
// to them, "" for none.
func (l *Lexicon) counted(metric string) string {
	if !l.countsRows(metric) {
		return ""
	}
	for _, e := range l.model.Metric(metric).Expression {
		m := countedKey.FindStringSubmatch(e)
		if m == nil || l.model.Dataset(m[1]) == nil {
			continue
		}
		for _, r := range l.model.Relationships {
			if r.From == m[1] && len(r.FromColumns) == 1 && r.FromColumns[0] == m[2] {
				return r.To
			}
		}
		return m[1]
	}
	return ""
}

// sellers are names of those who sell, and of where.
var sellers = []string{"매장", "점포", "지점", "가게", "채널", "지역", "도시", "영업사원", "판매원", "판매자", "딜러", "직원", "대리점", "store", "shop", "branch", "channel", "region", "city", "country", "salesperson", "seller", "dealer", "employee", "vendor", "merchant", "outlet"}

// soldUnits returns the metric of units sold where those of token i are what is sold, and
// not who sold them. 팔린 상품 수 may be how many kinds were sold, 몇 개 팔렸어 may not.
func (r *reader) soldUnits(i int, dataset string) string {
	d := r.lex.model.Dataset(dataset)
	sells := slicesHas(append([]string{d.Label.Ko, d.Label.En, d.Name}, d.Synonyms...), func(term string) bool {
		key := fold(term)
		return slices.Contains(sellers, singular(key))
	})
	if c := r.countWord(i); sells || r.is(c, wCount) && isHangulKey(r.toks[c].text) || strings.HasSuffix(r.toks[i].text, "수") {
		return ""
	}
	return r.lex.firstKeyed(unitsOut)
}

// manyEach reports whether what is counted may have several values of a field, so that
// two of them may be meant of each: people buy in more than one channel.
func (r *reader) manyEach(field string) bool {
	if r.farthest(field, r.lex.graph.filterDistance) >= turned || r.d.bought {
		return true
	}
	dataset, _, _ := cutRef(field)
	return slicesHas(r.d.measures, func(m measure) bool {
		whom := r.lex.counted(m.Metric)
		if whom == "" || !r.lex.ofPeople(whom) {
			return false
		}
		_, own := r.lex.graph.reach(whom)[dataset]
		return !own
	})
}

// anyOf are the joining words that leave open which of the values it is.
var anyOf = []string{"또는", "혹은", "이나", "나", "or"}

// allOf reports whether values are joined so that all of them may be meant.
func (r *reader) allOf() bool {
	for i := range r.toks {
		if r.is(i, wAnd) && !slices.Contains(anyOf, strings.ToLower(r.toks[i].text)) {
			return true
		}
	}
	return false
}

// apart are words for how far two values lie from one another, which a change over time
// is as well.
var apart = []string{"차이", "차액", "격차", "difference", "differences", "difference between", "differ", "gap"}

// comparesValues reports whether a word such as difference is said of values and not of
// times: 서울과 부산의 매출 차이.
func (r *reader) comparesValues() bool {
	d := &r.d
	if !d.change || d.versus != nil || len(d.periods) > 1 || d.growth || d.direction != 0 {
		return false
	}
	return slicesHas(r.toks, func(t token) bool {
		key := fold(t.text)
		return r.lex.has(t, wChange) && slices.ContainsFunc(apart, func(w string) bool { k := fold(w); return k == key })
	})
}

// partsOf are the conditions that a share may be the part of: where there are several,
// all but those that say of what it is one.
func (b *builder) partsOf(list []semantic.Filter) []int {
	var parts, wholes []int
	for k, f := range list {
		if f.Op != semantic.In || f.Negate || onDays(f) {
			continue
		}
		whole := slicesHas(b.d.filters, func(g filter) bool {
			return g.Field == f.Field && g.how < asPart && b.namesWhole(b.tokenAt(g.token.from))
		})
		if whole {
			wholes = append(wholes, k)
		} else {
			parts = append(parts, k)
		}
	}
	if len(parts)+len(wholes) == 1 {
		return append(parts, wholes...)
	}
	return parts
}

// namesWhole reports whether token i says of what something is a part: VIP 고객 중 여성
// 비율, 온라인 매출에서 차지하는, share of VIP customers.
func (b *builder) namesWhole(i int) bool {
	if i < 0 {
		return false
	}
	p, last := b.prev(i), i
	if n := i + 1; n < len(b.toks) && (len(b.senses(n, isDataset)) > 0 || len(b.senses(n, isMetric)) > 0) {
		last = n // VIP 고객 중
	}
	if p >= 0 && !isHangulKey(b.toks[p].text) && (b.is(p, wAmong) || b.is(p, wShare) && strings.HasSuffix(b.toks[p].text, " of")) {
		return true
	}
	n := last + 1
	return b.trails(last, wAmong) || n < len(b.toks) && b.toks[n].kind == aParticle && strings.HasPrefix(b.toks[n].text, "에서")
}

// asksWhich reports whether a question only asks which things there are of a kind: which
// stores are in Busan.
func (r *reader) asksWhich() bool {
	d := &r.d
	return len(d.measures)+len(d.bounds)+len(d.periods) == 0 && slicesHas(d.groups, func(g group) bool { return g.which }) &&
		!r.analytic() && !d.compare && !d.percent && d.sort == nil && d.versus == nil && d.grain == "" && d.over == ""
}

// asksPrice reports whether a ranking is by an attribute such as the price, which no
// turnover answers.
func (r *reader) asksPrice() bool {
	return r.d.rank.wanted && slicesHas(r.toks, func(t token) bool {
		arg, ok := r.lex.arg(t, wHigh)
		if !ok {
			arg, ok = r.lex.arg(t, wLow)
		}
		return ok && qualities[arg] != nil
	})
}

// manyOfPrice reports whether an average amount is asked about as if it were counted:
// 판매가 많은 is much selling and not a selling price.
func (r *reader) manyOfPrice() bool {
	many := slicesHas(r.toks, func(t token) bool {
		return (r.lex.has(t, wHigh) || r.lex.has(t, wLow)) && (strings.HasPrefix(t.text, "많") || strings.HasPrefix(t.text, "적"))
	})
	return many && slicesHas(r.d.measures, func(m measure) bool {
		x := r.lex.model.Metric(m.Metric)
		return x != nil && x.Format == "krw" && strings.HasSuffix(r.text.slice(m.token.from, m.token.to), "가") && r.averaged(measure{Measure: semantic.Measure{Metric: m.Metric}})
	})
}

// ranksItself reports whether things are ranked by how many of themselves there are: the
// highest mountain is not the one there are most of.
func (b *builder) ranksItself() bool {
	q := &b.p.Query
	if len(q.Measures) == 0 || !b.d.rank.wanted && b.d.sort == nil && len(q.Having) == 0 {
		return false
	}
	m := q.Measures[0]
	x, datasets := b.lex.model.Metric(m.Metric), b.lex.graph.metrics[m.Metric]
	if x == nil || m.Per != "" || len(datasets) != 1 || len(q.Dimensions) != 1 || !b.lex.countsAll(x, datasets[0]) {
		return false
	}
	name := q.Dimensions[0].Field
	return name != "" && name == b.lex.nameOf(datasets[0])
}
