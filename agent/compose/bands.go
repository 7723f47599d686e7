package compose

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// bandStart finds where a band of figures begins: 40대, 60대 이상, 30-39, over 65.
var bandStart = regexp.MustCompile(`\d+`)

// bands are the values of a field that is divided into bands of figures, by where each
// begins; nil for any other field.
func (l *Lexicon) bands(field string) map[string]int {
	out, seen := map[string]int{}, map[int]bool{}
	for _, v := range l.valuesOf(field) {
		n, err := strconv.Atoi(bandStart.FindString(v.Text))
		if err != nil || seen[n] || strings.ContainsAny(v.Text, "<") {
			return nil
		}
		out[v.Text], seen[n] = n, true
	}
	if len(out) < 3 {
		return nil
	}
	return out
}

// fromBand returns the bands on one side of another, in their order: 40대 이상, 30s and
// above. Only whole bands can be kept, so 초과 and 미만 leave out the one named.
func (l *Lexicon) fromBand(field, value string, op semantic.Op) []any {
	all := l.bands(field)
	start, ok := all[value]
	if !ok {
		return nil
	}
	return l.bandsWhere(field, func(n int) bool {
		switch op {
		case semantic.AtLeast:
			return n >= start
		case semantic.Greater:
			return n > start
		case semantic.AtMost:
			return n <= start
		}
		return n < start
	})
}

func (l *Lexicon) bandsWhere(field string, keep func(start int) bool) []any {
	all := l.bands(field)
	var names []string
	for name, n := range all {
		if keep(n) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return all[a] - all[b] })
	out := make([]any, len(names))
	for k, name := range names {
		out[k] = name
	}
	return out
}

// widenBand takes the comparison after the name of a band with it: 40대 이상 고객.
func (r *reader) widenBand(i int, f *filter) {
	value, ok := f.Values[0].(string)
	if !ok || len(f.Values) != 1 || f.Op != semantic.In || f.how >= asPart || r.lex.bands(f.Field)[value] == 0 {
		return
	}
	n := r.afterTrail(i)
	for _, c := range comparators {
		if n == i+1 && r.is(n, c.word) && !r.toks[n].used {
			if f.Values = r.lex.fromBand(f.Field, value, c.op); len(f.Values) == 0 {
				r.fail(problem{decline: DeclineShape})
			}
			r.use(n)
			r.useTrail(n)
			return
		}
	}
}

// ages are the names by which a field holds how old people are.
var ages = []string{"나이", "연령", "연령대", "나이대", "age", "agegroup", "ageband", "agerange"}

// bindAges binds the figures that are ages, before what they are said of is taken for
// what to group by.
func (r *reader) bindAges() {
	for k := range r.d.bounds {
		r.bindAge(&r.d.bounds[k])
	}
	r.d.bounds = slices.DeleteFunc(r.d.bounds, func(b bound) bool { return b.banded })
}

// bindAge takes a figure without a unit that is said of people as their age: customers
// under 30, 65세 이상 고객. Of bands it keeps whole ones only.
func (r *reader) bindAge(b *bound) bool {
	n := b.values[0]
	if n.unit != "" && n.unit != "year" || n.scaled || n.value < 1 || n.value > 120 || len(b.values) != 1 {
		return false
	}
	p := r.prev(b.at)
	for p >= 0 && (r.is(p, wOver) || r.is(p, wUnder) || r.is(p, wAtLeast) || r.is(p, wAtMost)) {
		p = r.prev(p)
	}
	if p < 0 || isHangulKey(r.toks[p].text) || len(r.senses(p, isDataset)) == 0 {
		return false
	}
	dataset := r.lex.at(r.senses(p, isDataset)[0].sense).ref
	if r.byMarked(p) || r.whichMarked(p) {
		return false
	}
	if !r.lex.ofPeople(dataset) {
		return false
	}
	for _, f := range r.lex.model.Dataset(dataset).Fields {
		ref := dataset + "." + f.Name
		if f.Hidden || !slicesHas([]string{f.Label.Ko, f.Label.En, f.Name}, func(term string) bool { key := fold(term); return slices.Contains(ages, key) }) || !r.reachable(ref) {
			continue
		}
		if len(r.d.measures) > 0 {
			r.use(p)
		}
		if f.Kind == semantic.Numeric {
			b.target, b.field = ref, true
			return true
		}
		return r.bandsOfAge(b, ref)
	}
	return false
}

// bandsOfAge keeps the bands on one side of an age at which one of them begins.
func (r *reader) bandsOfAge(b *bound, ref string) bool {
	age := int(b.values[0].value)
	starts := false
	for _, n := range r.lex.bands(ref) {
		starts = starts || n == age
	}
	if !starts || b.op != semantic.AtLeast && b.op != semantic.Less {
		r.fail(problem{decline: DeclineShape}) // it cuts a band in two
		return true
	}
	keep := r.lex.bandsWhere(ref, func(n int) bool { return (n >= age) == (b.op == semantic.AtLeast) })
	if len(keep) == 0 {
		return false
	}
	b.banded = true
	r.d.filters = append(r.d.filters, filter{Filter: semantic.Filter{Field: ref, Op: semantic.In, Values: keep}, token: b.token})
	return true
}
