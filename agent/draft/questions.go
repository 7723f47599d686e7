package draft

import (
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// maxQuestions is how many example questions a model gets.
const maxQuestions = 6

// Questions returns a few questions that the model answers without a doubt, in the
// language of its names and one or two in the other.
func Questions(m *semantic.Model) []string {
	metric := usual(m)
	if metric == nil {
		return nil
	}
	var out []string
	ds := m.Dataset(dataset(metric.Expression[dialect]))
	fields := groupable(ds)
	ko := metric.Label.Ko != "" && (isKorean(metric.Name) || isKorean(ds.Name) || metric.Label.En == "")
	other := !ko && metric.Label.Ko != "" || ko && metric.Label.En != ""
	out = append(out, ask(metric, fields, ko, 0)...)
	if count := rowCount(m, ds.Name); count != nil && count != metric {
		out = append(out, ask(count, fields, ko, 2)[:1]...)
	}
	if other {
		out = append(out, ask(metric, fields, !ko, 1)...)
	}
	for _, x := range m.Metrics {
		if strings.HasPrefix(x.Expression[dialect], "COUNT(") && strings.HasSuffix(x.Expression[dialect], ".*)") && len(out) < 3 {
			out = append(out, ask(x, nil, ko, 0)...)
		}
	}
	out = without(out)
	return out[:min(len(out), maxQuestions)]
}

func usual(m *semantic.Model) *semantic.Metric {
	for _, x := range m.Metrics {
		if x.Default {
			return x
		}
	}
	for _, x := range m.Metrics {
		if !x.Hidden {
			return x
		}
	}
	return nil
}

func rowCount(m *semantic.Model, dataset string) *semantic.Metric {
	for _, x := range m.Metrics {
		if strings.HasPrefix(x.Expression[dialect], "COUNT("+dataset+".") {
			return x
		}
	}
	return nil
}

// groupable are the fields that make a readable chart, few values first.
func groupable(ds *semantic.Dataset) []*semantic.Field {
	var out []*semantic.Field
	for _, f := range ds.Fields {
		if f.Kind == semantic.Categorical && !f.Hidden && !f.IsName && (f.Format == "" || f.Format == "year") {
			out = append(out, f)
		}
	}
	return out
}

// ask writes questions about a metric: by a field, along time, and the plain one.
func ask(m *semantic.Metric, fields []*semantic.Field, ko bool, skip int) []string {
	language := "en"
	if ko {
		language = "ko"
	}
	label := m.Label.In(language, m.Name)
	if !ko {
		label = strings.ToLower(label)
	}
	var out []string
	for i, f := range fields {
		if i < skip && len(fields) > skip {
			continue
		}
		if len(out) == 2 {
			break
		}
		by := f.Label.In(language, f.Name)
		if ko {
			out = append(out, by+"별 "+label)
		} else {
			out = append(out, label+" by "+strings.ToLower(by))
		}
	}
	if m.Time != "" {
		out = append(out, map[bool]string{true: "월별 " + label + " 추이", false: "monthly " + label}[ko])
	}
	if len(out) == 0 {
		out = append(out, map[bool]string{true: label + "는?", false: "what is the " + label}[ko])
	}
	return out
}
