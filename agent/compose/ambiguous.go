package compose

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// preferNames takes a word that is also the name of a value as that value where it stands
// beside another value of the same field, or before what has it: buy vs sell, sell
// transactions.
func (r *reader) preferNames() {
	for i := range r.toks {
		t := &r.toks[i]
		if t.kind != aWord || strings.Contains(strings.TrimSpace(t.text), " ") {
			continue
		}
		key := fold(t.text)
		var found []meaning
		for _, e := range r.lex.index.lookup(key) {
			s := r.lex.at(e.sense)
			if s.kind == isValue && e.how() < asPart && (r.besideValueOf(i, s.ref) || r.open(i+1) && r.speaksFor(i+1, s.ref)) {
				found = append(found, meaning{e.sense, e.how()})
			}
		}
		if len(found) > 0 {
			t.kind, t.meanings = aTerm, found
		}
	}
}

// besideValueOf reports whether a value of a field is joined to token i or set against it.
func (r *reader) besideValueOf(i int, field string) bool {
	for _, step := range []func(int) int{r.next, r.prev} {
		j := step(i)
		if !r.is(j, wAnd) && !r.is(j, wVersus) && (j < 0 || r.toks[j].kind != aSeparator) {
			continue
		}
		if k := step(j); k >= 0 && slices.ContainsFunc(r.senses(k, isValue), func(x meaning) bool { return r.lex.at(x.sense).ref == field }) {
			return true
		}
	}
	return false
}

// readStates asks whether 주별 is by week or by state where the data have both.
func (r *reader) readStates() {
	at := slices.IndexFunc(r.toks, func(t token) bool {
		return t.mention != nil && t.mention.Kind == period.By && t.mention.Grain == semantic.Week && strings.HasPrefix(t.text, "주별")
	})
	if at < 0 || r.d.grain != semantic.Week {
		return
	}
	var list []candidate
	for _, e := range r.lex.index.lookup("주") {
		s := r.lex.at(e.sense)
		if s.kind != isField || r.far(s.ref) < 0 {
			continue
		}
		if _, f := r.lex.model.Field(s.ref); !f.Hidden && f.Kind == semantic.Categorical {
			list = append(list, candidate{ref: s.ref, label: r.fieldLabel(s.ref) + " (state)"})
		}
	}
	if len(list) == 0 {
		return
	}
	const weeks = "week"
	if k, ok := r.pick(strings.TrimSpace(r.toks[at].text), append(list, candidate{ref: weeks, label: r.pickWord("주 (7일)", "week")})); ok && k < len(list) {
		r.d.grain = ""
		r.addGroup(group{Dimension: semantic.Dimension{Field: list[k].ref}, token: r.toks[at], marked: true})
	}
}

// readWhat lists the things to which something was done at a time, where they are asked for
// and not how many they are: what did we last receive in November.
func (r *reader) readWhat() {
	d := &r.d
	if len(d.measures)+len(d.groups)+len(d.bounds)+len(d.periods) > 0 || len(d.filters) != 1 || d.filters[0].Op != semantic.Between || r.in.Previous != nil || d.rank.wanted || r.analytic() {
		return
	}
	i := slices.IndexFunc(r.toks, func(t token) bool {
		return r.lex.has(t, wWhich) && slices.Contains([]string{"what", "뭐", "뭐가", "무엇", "무엇을", "뭘", "뭐야"}, strings.ToLower(t.text))
	})
	if i < 0 {
		return
	}
	dataset, _, _ := cutRef(d.filters[0].Field)
	ref := r.lex.goodsOf(dataset)
	if ref == "" {
		r.fail(problem{decline: DeclineNoMetric})
		return
	}
	r.addGroup(group{Dimension: semantic.Dimension{Field: ref}, token: token{text: r.fieldLabel(ref)}, which: true})
}

// goodsOf returns the field that names what the rows of a dataset are, or are of.
func (l *Lexicon) goodsOf(dataset string) string {
	if l.called(dataset) {
		return l.nameOf(dataset)
	}
	for _, f := range l.model.Dataset(dataset).Fields {
		key := fold(f.Label.En)
		ko := fold(f.Label.Ko)
		if !f.Hidden && f.Kind == semantic.Categorical && (slices.Contains(goods, singular(key)) || slices.Contains(goods, ko)) {
			return dataset + "." + f.Name
		}
	}
	return ""
}

// readNew explains "new" before what is counted by the day on which it came: new customers
// per year.
func (r *reader) readNew() {
	if len(r.d.periods) == 0 && r.d.grain == "" {
		return
	}
	for i := range r.toks {
		key := fold(r.toks[i].text)
		if r.toks[i].used || key != "new" && key != "신규" {
			continue
		}
		n := r.next(i)
		for _, m := range r.d.measures {
			x := r.lex.model.Metric(m.Metric)
			of := r.lex.counted(m.Metric)
			if n >= 0 && m.token.from == r.toks[n].from && x != nil && of != "" && r.lex.countsAll(x, of) && r.lex.ofPeople(of) && comes(x.Time) {
				r.use(i)
			}
		}
	}
}

// comes reports whether a date is that on which somebody came to be there.
func comes(time string) bool {
	_, field, _ := cutRef(strings.ToLower(time))
	return slicesHas([]string{"join", "regist", "sign", "created", "since", "가입", "등록"}, func(w string) bool { return strings.Contains(field, w) })
}

// readFlag takes a yes-or-no field of what is counted as a condition: how many treatments
// are placebo. It reports whether it did.
func (r *reader) readFlag(i int, ref string) bool {
	dataset, field, _ := cutRef(ref)
	if !strings.HasPrefix(strings.ToLower(field), "is_") || len(r.d.measures) != 1 || !r.lex.graph.about(r.d.measures[0].Metric, dataset) || !r.lex.countsRows(r.d.measures[0].Metric) || r.d.share {
		return false
	}
	f := filter{token: r.toks[i], how: asSynonym}
	f.Field, f.Op, f.Values = ref, semantic.In, []any{!r.negated(i)}
	r.d.filters = append(r.d.filters, f)
	return true
}
