package compose

import (
	"iter"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// Suggest returns up to n questions near the one asked that certainly can be
// answered: about the metrics and fields that the text mentions, else about the
// usual ones. They are in the asker's language.
func Suggest(lex *Lexicon, in Input, n int) []string {
	if in.Language == "" {
		in.Language = Detect(in.Text)
	}
	in.Lexicon, in.Previous, in.Choices = lex, nil, nil
	s := &suggester{in: in, lex: lex}
	s.collect()
	var out []string
	tried := map[string]bool{} // what hundreds of tables have makes the same question again and again
	for q := range s.questions() {
		if len(out) == n {
			break
		}
		if tried[q] {
			continue
		}
		tried[q] = true
		probe := in
		probe.Text = q
		if o := Parse(probe); o.Plan != nil && !strings.EqualFold(q, strings.TrimSpace(in.Text)) {
			out = append(out, q)
		}
	}
	return out
}

// maxSuggested bounds the metrics and the fields that suggestions are made of, and
// maxMentioned the metrics, values and fields that a text may mention: in a large schema one
// word may mean hundreds.
const (
	maxSuggested = 4
	maxMentioned = 40
)

type suggester struct {
	in      Input
	lex     *Lexicon
	metrics []string
	fields  []string
	values  []string
}

// collect finds what the text mentions, and fills up with what is usual.
func (s *suggester) collect() {
	if len(s.in.Text) <= maxText {
		_, toks := tokens(s.in)
		for _, t := range toks {
			s.mentioned(t)
		}
	}
	for _, usual := range []bool{true, false} {
		for _, m := range s.lex.model.Metrics {
			if len(s.metrics) >= maxSuggested {
				break
			}
			if !m.Hidden && m.Default == usual && !slices.Contains(s.metrics, m.Name) {
				s.metrics = append(s.metrics, m.Name)
			}
		}
	}
	s.metrics = s.metrics[:min(len(s.metrics), maxMentioned)]
	s.fields = s.fields[:min(len(s.fields), maxMentioned)]
	s.values = s.values[:min(len(s.values), maxMentioned)]
}

func (s *suggester) mentioned(t token) {
	if t.kind != aTerm {
		return
	}
	for _, x := range t.meanings {
		switch m := s.lex.at(x.sense); m.kind {
		case isMetric:
			s.metrics = append(s.metrics, m.ref)
		case isField:
			s.fields = append(s.fields, m.ref)
		case isDataset:
			if ref := s.lex.nameOf(m.ref); ref != "" {
				s.fields = append(s.fields, ref)
			}
			if name := s.lex.countOfDataset(m.ref); name != "" {
				s.metrics = append(s.metrics, name)
			}
		case isValue:
			s.fields = append(s.fields, m.ref)
			s.values = append(s.values, m.values[0])
		}
	}
}

// questions are candidates, nearest first.
func (s *suggester) questions() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range s.metrics {
			for _, q := range s.questionsOf(s.lex.model.Metric(name)) {
				if !yield(q) {
					return
				}
			}
		}
	}
}

func (s *suggester) questionsOf(m *semantic.Metric) []string {
	ko := s.in.Language == "ko"
	label := m.Label.In(s.in.Language, m.Name)
	fields := s.cuts(m.Name)
	var out []string
	for _, v := range s.values {
		out = append(out, choose(ko, v+" "+label, label+" for "+v))
	}
	if len(fields) > 0 {
		out = append(out, choose(ko, fields[0]+"별 "+label, label+" by "+fields[0]))
	}
	if m.Time != "" {
		out = append(out, choose(ko, label+" 추이", label+" trend"))
	}
	for _, f := range fields[min(1, len(fields)):] {
		out = append(out, choose(ko, f+"별 "+label, label+" by "+f))
	}
	return out
}

// cuts are the labels of the fields that a metric can be cut by, those that the text
// mentions first.
func (s *suggester) cuts(metric string) []string {
	var out []string
	for ref := range s.groupable(metric) {
		if len(out) == maxSuggested {
			break
		}
		dataset, _, _ := cutRef(ref)
		_, f := s.lex.model.Field(ref)
		if far := s.lex.graph.distance(metric, dataset); far >= 0 && far < turned {
			out = append(out, f.Label.In(s.in.Language, f.Name))
		}
	}
	return out
}

// groupable are the fields that a metric may be cut by.
func (s *suggester) groupable(metric string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, ref := range s.fields {
			if !yield(ref) {
				return
			}
		}
		for _, d := range s.lex.graph.ledTo(metric) {
			for _, f := range d.Fields {
				ref := d.Name + "." + f.Name
				if !d.Hidden && !f.Hidden && f.Kind == semantic.Categorical && !slices.Contains(s.fields, ref) && !yield(ref) {
					return
				}
			}
		}
	}
}

func choose(ko bool, a, b string) string {
	if ko {
		return a
	}
	return b
}
