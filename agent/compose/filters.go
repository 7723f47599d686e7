package compose

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// cutRef splits "dataset.field".
func cutRef(ref string) (dataset, field string, ok bool) { return strings.Cut(ref, ".") }

// meant is what a value's name may mean in one field.
type meant struct {
	field  string
	values []string
	// contains is set when the value is a word that the field's values contain.
	contains bool
	how      how
	count    int64
}

// readValues turns names of values into conditions.
func (r *reader) readValues() {
	for i := range r.toks {
		if !r.open(i) || len(r.senses(i, isValue)) == 0 || r.namesThing(i) {
			continue
		}
		r.takeValue(i)
	}
	r.settleFilters()
	r.groupCompared()
}

// namesThing reports whether a name that is both a value and a field is the field.
func (r *reader) namesThing(i int) bool {
	return r.grouping(i) && (r.byMarked(i) || r.whichMarked(i) || r.d.rank.wanted || r.listing())
}

// listing reports whether the question is about what values there are.
func (r *reader) listing() bool {
	return len(r.d.measures) == 0 && (r.any(wList) >= 0 || r.any(wWhich) >= 0 && r.any(wExist) >= 0)
}

func (r *reader) takeValue(i int) {
	options := worthTrying(r, r.valueOptions(i), func(m meant) string { return m.field })
	reachable := slices.DeleteFunc(slices.Clone(options), func(m meant) bool { return !r.reachable(m.field) })
	if len(reachable) == 0 && r.saysMeans(i) {
		r.use(i)
		r.useTrail(i)
		return
	}
	if !slicesHas(r.d.measures, func(m measure) bool { return r.lex.countsRows(m.Metric) }) && len(r.d.measures) > 0 {
		reachable = slices.DeleteFunc(reachable, func(m meant) bool { // the return on campaigns is not that of those with some order by email
			return r.farthest(m.field, r.lex.graph.filterDistance) >= turned
		})
	}
	if r.saidAbout(i) {
		reachable = slices.DeleteFunc(reachable, func(m meant) bool { // a complaint is about no order's device
			dataset, _, _ := cutRef(m.field)
			return r.lex.isTrade(dataset)
		})
	}
	reachable = slices.DeleteFunc(reachable, func(m meant) bool { return r.stateOfOthers(m.field) })
	if len(reachable) == 0 {
		r.use(i)
		r.fail(problem{decline: DeclineShape})
		return
	}
	for _, narrow := range []func(int, []meant) []meant{r.inContext, r.wholeNames, r.alongside, r.alsoGrouped, r.ofListed} {
		if near := narrow(i, reachable); len(near) > 0 {
			reachable = near
		}
	}
	list := make([]candidate, len(reachable))
	for k, m := range reachable {
		list[k] = candidate{ref: m.field + "=" + strings.Join(m.values, "|"), label: r.fieldLabel(m.field) + ": " + r.saidValues(m),
			how: min(m.how, asAlias+m.how/asPart), far: r.farthest(m.field, r.lex.graph.filterDistance), weight: m.count}
	}
	r.use(i)
	k, ok := r.pick(r.toks[i].text, list)
	if !ok {
		return
	}
	f := filter{token: r.toks[i], how: reachable[k].how}
	f.Field, f.Op, f.Negate = reachable[k].field, semantic.In, r.negated(i)
	if reachable[k].contains {
		f.Op = semantic.Contains
	}
	for _, v := range reachable[k].values {
		f.Values = append(f.Values, r.valueOf(f.Field, v))
	}
	f.said = []saidValue{{r.toks[i], f.how, slices.Clone(f.Values)}}
	r.widenBand(i, &f)
	r.useTrailExcept(i, wThan)
	r.d.filters = mergeFilter(r.d.filters, f)
	r.checkBoth(f.Field)
}

// stateOfOthers reports whether a field is the state of rows of another kind, of which what is
// counted may have many: active users are not those who have some subscription in the state
// active.
func (r *reader) stateOfOthers(field string) bool {
	_, f := r.lex.model.Field(field)
	for _, name := range []string{f.Label.Ko, f.Label.En, f.Name} {
		key := fold(name)
		if strings.HasSuffix(key, "상태") || strings.HasSuffix(key, "status") {
			return len(r.d.measures) > 0 && r.farthest(field, r.lex.graph.filterDistance) >= turned
		}
	}
	return false
}

// valueOf is a value as the rows of its field have it: what is said of a field of yes and no
// is true or false.
func (r *reader) valueOf(field, value string) any {
	if _, f := r.lex.model.Field(field); f.Kind == semantic.Boolean {
		if yes, err := strconv.ParseBool(value); err == nil {
			return yes
		}
	}
	return value
}

// saysMeans reports whether token i only says what the value before it is a means of:
// 카드 결제 of a 결제 수단.
func (r *reader) saysMeans(i int) bool {
	p := r.prev(i)
	if p < 0 || p != i-1 {
		return false
	}
	key := fold(r.toks[i].text)
	return slices.ContainsFunc(r.senses(p, isValue), func(x meaning) bool {
		_, f := r.lex.model.Field(r.lex.at(x.sense).ref)
		label := fold(f.Label.Ko)
		return slicesHas([]string{"수단", "방법", "방식"}, func(end string) bool { return label == key+end })
	})
}

// saidAbout reports whether a value is what something is about: complaints about the app.
func (r *reader) saidAbout(i int) bool {
	for k := i - 1; k >= 0 && k >= i-2; k-- {
		if strings.EqualFold(strings.TrimSpace(r.toks[k].text), "about") {
			return true
		}
	}
	n := i + 1
	return n < len(r.toks) && slicesHas([]string{"에대한", "에관한", "관련"}, func(w string) bool { return strings.ReplaceAll(r.toks[n].text, " ", "") == w })
}

// checkBoth refuses several values of a field of which what is counted may have several:
// customers who bought washers and refrigerators may mean those who bought both.
func (r *reader) checkBoth(field string) {
	if r.alsoMarked(field) > 1 {
		r.fail(problem{decline: DeclineShape}) // 온라인에서도 오프라인에서도 산 고객
	}
	if !r.manyEach(field) {
		return
	}
	for _, f := range r.d.filters {
		if f.Field == field && f.how < asPart && len(f.Values) > 1 && r.allOf() {
			r.fail(problem{decline: DeclineShape})
		}
	}
}

// alsoMarked counts the values of a field that 도 follows.
func (r *reader) alsoMarked(field string) int {
	n := 0
	for i := range r.toks {
		if r.trails(i, wAlso) && slices.ContainsFunc(r.senses(i, isValue), func(x meaning) bool { return r.lex.at(x.sense).ref == field }) {
			n++
		}
	}
	return n
}

// valueOptions collects what token i may mean, by field: several values of a field
// that share a word (통돌이) are meant together.
func (r *reader) valueOptions(i int) []meant {
	var out []meant
	at := map[string]int{}
	for _, x := range r.senses(i, isValue) {
		s := r.lex.at(x.sense)
		k, ok := at[s.ref]
		switch {
		case !ok:
			at[s.ref] = len(out)
			out = append(out, meant{field: s.ref, values: slices.Clone(s.values), contains: s.contains, how: x.how, count: s.count})
		case x.how < out[k].how:
			out[k] = meant{field: s.ref, values: slices.Clone(s.values), contains: s.contains, how: x.how, count: s.count}
		case x.how == out[k].how && s.contains == out[k].contains:
			for _, v := range s.values {
				if !slices.Contains(out[k].values, v) {
					out[k].values = append(out[k].values, v)
				}
			}
			out[k].count += s.count
		}
	}
	return out
}

// inContext returns the options that the words beside token i speak for: 서울 매장,
// 채널이 온라인인; and marks the word.
func (r *reader) inContext(i int, options []meant) []meant {
	next := r.next(i)
	if r.is(next, wNot) && isHangulKey(r.toks[next].text) {
		next = r.next(next) // VIP 아닌 고객
	}
	if near := r.ofKind(i+1, options); len(near) > 0 {
		return near
	}
	around := []int{r.prev(i), next}
	if r.listing() {
		slices.Reverse(around) // list products in the TV category: what is listed stays
	}
	for _, j := range around {
		if !r.open(j) || r.byMarked(j) || r.whichMarked(j) || !r.grouping(j) {
			continue
		}
		near := slices.DeleteFunc(slices.Clone(options), func(m meant) bool { return !r.speaksFor(j, m.field) })
		if len(near) == 0 {
			continue
		}
		if r.fieldOf(j, near) && !(r.listing() && len(r.senses(j, isDataset)) > 0) {
			r.use(j)
			r.useTrail(j)
		}
		return near
	}
	return nil
}

// wholeNames returns the options that token i is the name of, where in other fields
// it is but a word of names: 세탁기 is a category before it is a word of products' names.
// Beside another word of such names (무선 이어폰) it is taken as they are.
func (r *reader) wholeNames(i int, options []meant) []meant {
	if r.find(wContains) >= 0 || slices.ContainsFunc(options, func(m meant) bool { return m.how >= asPart && (r.partOf(i-1, m.field) || r.partOf(i+1, m.field)) }) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(options), func(m meant) bool { return m.how >= asPart })
}

// partOf reports whether token i is nothing but a word of a field's values.
func (r *reader) partOf(i int, field string) bool {
	if i >= len(r.toks) {
		return false
	}
	list := r.senses(i, isValue)
	return len(list) > 0 && !slices.ContainsFunc(list, func(x meaning) bool { return x.how < asPart || r.lex.at(x.sense).ref != field })
}

// ofKind returns the options of fields whose names end in token j, the one after a
// value, and marks it: the TV category is said of a subcategory as well.
func (r *reader) ofKind(j int, options []meant) []meant {
	if !r.open(j) || len(r.senses(j, isField)) == 0 || r.byMarked(j) || r.whichMarked(j) {
		return nil
	}
	key := fold(r.toks[j].text)
	near := slices.DeleteFunc(slices.Clone(options), func(m meant) bool {
		_, f := r.lex.model.Field(m.field)
		return r.speaksFor(j, m.field) || !slicesHas(append([]string{f.Label.Ko, f.Label.En}, f.Synonyms...), func(term string) bool {
			own := fold(term)
			return strings.HasSuffix(own, key)
		})
	})
	if len(near) > 0 && !slicesHas(options, func(m meant) bool { return r.speaksFor(j, m.field) }) {
		r.use(j)
		r.useTrail(j)
		return near
	}
	return nil
}

// alongside returns the options of a field that the values joined to token i also
// have: 서울이랑 대구 are both regions of customers when no shop is in 대구.
func (r *reader) alongside(i int, options []meant) []meant {
	near := options
	for _, dir := range []int{-1, 1} {
		for j, n := r.joined(i, dir), 0; j >= 0 && n < 20; j, n = r.joined(j, dir), n+1 {
			fields := r.valueOptions(j)
			if len(fields) == 0 {
				break
			}
			if both := slices.DeleteFunc(slices.Clone(near), func(m meant) bool {
				return !slices.ContainsFunc(fields, func(o meant) bool { return o.field == m.field })
			}); len(both) > 0 {
				near = both
			}
		}
	}
	return near
}

// alsoGrouped returns the options of a field that the text groups by or has already
// put a condition on: 서울 빼고 지역별.
func (r *reader) alsoGrouped(i int, options []meant) []meant {
	return slices.DeleteFunc(slices.Clone(options), func(m meant) bool {
		if slices.ContainsFunc(r.d.filters, func(f filter) bool { return f.Field == m.field }) {
			return false
		}
		for j := range r.toks {
			if j != i && r.speaksFor(j, m.field) && slices.ContainsFunc(r.senses(j, isField), func(x meaning) bool { return r.lex.at(x.sense).ref == m.field }) {
				return false
			}
		}
		return true
	})
}

// ofListed returns the options of the things that the text asks for: 어떤 매장이 부산에 있어.
func (r *reader) ofListed(_ int, options []meant) []meant {
	return slices.DeleteFunc(slices.Clone(options), func(m meant) bool {
		dataset, _, _ := cutRef(m.field)
		for j := range r.toks {
			named := slices.ContainsFunc(r.senses(j, isDataset), func(x meaning) bool { return r.lex.at(x.sense).ref == dataset })
			if named && (r.listing() || r.whichMarked(j)) {
				return false
			}
		}
		return true
	})
}

// speaksFor reports whether token j names a field or its dataset.
func (r *reader) speaksFor(j int, field string) bool {
	dataset, _, _ := cutRef(field)
	if c := r.crowdOf(j); c != nil {
		return c.named[field] || c.named[dataset]
	}
	for _, x := range r.toks[j].meanings {
		s := r.lex.at(x.sense)
		if s.kind == isField && s.ref == field || s.kind == isDataset && s.ref == dataset {
			return true
		}
	}
	return false
}

// fieldOf reports whether token j names one of the fields, or the dataset and
// nothing to group by.
func (r *reader) fieldOf(j int, options []meant) bool {
	for _, m := range options {
		if r.speaksFor(j, m.field) {
			return !r.d.rank.wanted || r.otherThing(j) || slices.ContainsFunc(r.senses(j, isField), func(x meaning) bool { return r.lex.at(x.sense).ref == m.field })
		}
	}
	return false
}

// settleFilters drops what a condition on the same field makes needless: 세탁기 말고
// 냉장고 is 냉장고. Of those who bought, it is a difference of two sets of people: customers
// who bought a TV but not a soundbar.
func (r *reader) settleFilters() {
	kept := slices.DeleteFunc(slices.Clone(r.d.filters), func(f filter) bool {
		return f.Negate && slices.ContainsFunc(r.d.filters, func(o filter) bool { return o.Field == f.Field && !o.Negate && o.Op == semantic.In })
	})
	if len(kept) < len(r.d.filters) && slicesHas(r.d.filters, func(f filter) bool { return f.Negate && r.manyEach(f.Field) }) {
		r.fail(problem{decline: DeclineShape})
	}
	r.d.filters = kept
}

// mergeFilter joins values of the same field: Seoul and Busan.
func mergeFilter(list []filter, f filter) []filter {
	for k := range list {
		g := &list[k]
		if g.Field != f.Field || g.Negate != f.Negate || g.Op != semantic.In || f.Op != semantic.In {
			continue
		}
		for _, v := range f.Values {
			if !slices.Contains(g.Values, v) {
				g.Values = append(g.Values, v)
			}
		}
		g.how, g.said = max(g.how, f.how), append(g.said, f.said...)
		return list
	}
	return append(list, f)
}

// groupCompared splits by a field of which several values are compared: 서울 vs 부산.
func (r *reader) groupCompared() {
	for k := range r.d.filters {
		f := &r.d.filters[k]
		i := r.tokenAt(f.token.from)
		split := r.before(i, wBy, 0) || r.before(i, wBetween, 0) || r.sideBySide(f)
		if !f.Negate && len(f.Values) > 1 && f.how < asPart && f.Op == semantic.In && (r.d.compare || split || r.comparesValues() || r.eachAlone()) {
			f.grouped = true
			r.d.change = r.d.change && !r.comparesValues()
			r.addGroup(group{Dimension: semantic.Dimension{Field: f.Field}, token: f.token, marked: true})
		}
	}
}

// sideBySide reports whether values are named one beside the other, and so wanted apart:
// 여성과 남성 주문 수. A word for their sum, or a question about them together, takes them
// as one: top products in Seoul and Busan.
func (r *reader) sideBySide(f *filter) bool {
	d := &r.d
	if len(f.said) < 2 || r.find(wTotal) >= 0 || d.rank.wanted || d.sort != nil || d.share || d.listed || d.only || d.average && d.over != "" || r.bounded() || d.why || d.forecast || d.anomaly || d.relate || d.cumulative || r.in.Previous != nil {
		return false
	}
	if len(r.d.groups) > 0 || r.otherNamed() || slicesHas(r.d.filters, func(g filter) bool { return g.Field != f.Field && len(g.said) > 1 }) {
		return false
	}
	for k := 1; k < len(f.said); k++ {
		a, b := r.tokenAt(f.said[k-1].token.from), r.tokenAt(f.said[k].token.from)
		if a < 0 || b < 0 || r.joined(a, 1) != b && b != a+1 || r.joinedByOr(a, b) {
			return false
		}
	}
	return true
}

// otherNamed reports whether something to split by is still to be read.
func (r *reader) otherNamed() bool {
	for i := range r.toks {
		if r.open(i) && r.grouping(i) && (r.byMarked(i) || r.whichMarked(i) || r.perMarked(i)) {
			return true
		}
	}
	return false
}

// joinedByOr reports whether the words between two tokens leave open which it is.
func (r *reader) joinedByOr(a, b int) bool {
	for i := a + 1; i < b; i++ {
		if r.is(i, wAnd) && slices.Contains(anyOf, strings.ToLower(r.toks[i].text)) {
			return true
		}
	}
	return false
}

// eachAlone reports whether "each" stands apart from any name, and so means the values:
// 서울과 부산 매출 각각 얼마야.
func (r *reader) eachAlone() bool {
	for i := range r.toks {
		if n := r.next(i); r.is(i, wEach) && (n < 0 || !r.grouping(n)) {
			return true
		}
	}
	return false
}

func (r *reader) addGroup(g group) {
	for _, h := range r.d.groups {
		if h.Key() == g.Key() {
			return
		}
	}
	r.d.groups = append(r.d.groups, g)
	slices.SortStableFunc(r.d.groups, func(a, b group) int { return cmp.Compare(a.token.from, b.token.from) })
}

func (r *reader) fieldLabel(ref string) string {
	_, f := r.lex.model.Field(ref)
	if f == nil {
		return ref
	}
	return r.label(f.Label, f.Name)
}

func (r *reader) label(l semantic.Label, name string) string { return l.In(r.in.Language, name) }

// saidValues are values as a person reads them.
func (r *reader) saidValues(m meant) string {
	if len(m.values) == 1 {
		if yes, flag := r.valueOf(m.field, m.values[0]).(bool); flag {
			return r.yesNo(yes)
		}
	}
	return r.valueLabel(m.values)
}

func (r *reader) yesNo(yes bool) string {
	if yes {
		return r.pickWord("예", "yes")
	}
	return r.pickWord("아니요", "no")
}

func (r *reader) valueLabel(values []string) string {
	if len(values) <= 3 {
		return strings.Join(values, ", ")
	}
	return strings.Join(values[:2], ", ") + ", …"
}
