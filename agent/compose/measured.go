package compose

import (
	"slices"
	"strings"
	"unicode"
)

// preferFigures takes digits for a figure where nothing beside them names the field that
// they could be a value of: the top 2 airlines are not those of a flight's code 2.
func (r *reader) preferFigures() {
	for i := range r.toks {
		t := &r.toks[i]
		digits := strings.TrimSpace(t.text)
		if t.kind != aTerm || digits == "" || len(digits) > 6 || strings.ContainsFunc(digits, func(c rune) bool { return !unicode.IsDigit(c) }) {
			continue
		}
		named := slices.ContainsFunc(t.meanings, func(x meaning) bool {
			s := r.lex.at(x.sense)
			return s.kind != isValue || slices.ContainsFunc([]int{r.prev(i), r.next(i)}, func(j int) bool { return j >= 0 && r.speaksFor(j, s.ref) })
		})
		if named {
			continue
		}
		if plain, _, end, _ := r.text.numberAt(t.from); end == t.to {
			t.kind, t.num, t.meanings = aNumber, plain, nil
		}
	}
}

// ofMeasure reports whether token j is what is measured: its name, or that of the things
// whose rows it is computed from.
func (r *reader) ofMeasure(j int) bool {
	if j < 0 {
		return false
	}
	for _, m := range r.d.measures {
		if r.toks[j].from == m.token.from {
			return true
		}
		datasets := r.lex.graph.metrics[m.Metric]
		if slices.ContainsFunc(r.senses(j, isDataset), func(x meaning) bool { return slices.Contains(datasets, r.lex.at(x.sense).ref) }) {
			return true
		}
	}
	return false
}

// doubtMeasures declines where a figure is said to be had by things that it would not be
// told of.
func (r *reader) doubtMeasures() {
	for _, m := range r.d.measures {
		i := r.tokenAt(m.token.from)
		if i < 2 {
			continue
		}
		p := i - 1
		switch strings.ToLower(strings.TrimSpace(r.toks[p].text)) {
		case "with":
			if r.d.share { // the share of flights with stops is one of flights
				r.fail(problem{decline: DeclineShape})
			}
		case "their", "its":
			// The cities and their population: one for each of them.
			thing := slices.IndexFunc(r.toks[:p], func(t token) bool { return t.kind == aTerm && len(r.senses(r.tokenAt(t.from), isDataset)) > 0 })
			if thing >= 0 && len(r.d.groups) == 0 && r.d.grain == "" && r.is(r.prev(i), wAnd) {
				r.fail(problem{decline: DeclineShape})
			}
		}
	}
}
