package agent

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/think"
)

// readings are those of a model's answer: what the model says, but where code knows.
func (r *run) readings(out *think.Outcome) []compose.Reading {
	known := r.defined(out)
	var readings []compose.Reading
	for _, a := range out.Assumptions {
		rd := compose.Reading{Kind: compose.ReadDefault, Meaning: a}
		term, meaning, ok := strings.Cut(a, " = ")
		if !ok {
			term, meaning, ok = strings.Cut(a, ": ")
		}
		if ok && utf8.RuneCountInString(term) <= maxTerm {
			rd.Term, rd.Meaning = strings.TrimSpace(term), strings.TrimSpace(meaning)
		}
		if rd.Term == "" || !slices.ContainsFunc(known, func(k compose.Reading) bool { return k.Kind == compose.ReadMetric && k.Term == rd.Term }) {
			readings = append(readings, rd)
		}
	}
	return append(readings, known...)
}

// maxTerm is how long the left side of a model's "term = reading" is, in characters;
// longer ones are sentences that compare.
const maxTerm = 24

// defined are the readings that code knows of a model's answer, whatever the model says
// of it: the definitions of the metrics it used, and the periods it asked for.
func (r *run) defined(out *think.Outcome) []compose.Reading {
	var periods, metrics []compose.Reading
	add := func(to *[]compose.Reading, rd compose.Reading) {
		if rd.Meaning != "" && !slices.ContainsFunc(*to, func(o compose.Reading) bool { return o.Term == rd.Term && o.Meaning == rd.Meaning }) {
			*to = append(*to, rd)
		}
	}
	for _, res := range out.Results {
		if res.Period != nil {
			said := period.Describe(*res.Period, r.q.Language)
			if len(out.Results) > 1 && res.Title != "" {
				said += " (" + res.Title + ")"
			}
			add(&periods, compose.Reading{Kind: compose.ReadPeriod, Term: thinkingWordsFor(r.q.Language).period, Meaning: said})
		}
		for _, c := range res.Columns {
			if m := r.p.Model.Metric(c.Metric); m != nil {
				add(&metrics, compose.Reading{Kind: compose.ReadMetric, Term: m.Label.In(r.q.Language, m.Name), Meaning: m.DescriptionIn(r.q.Language)})
			}
		}
	}
	return append(periods, metrics...)
}
