package agent

import (
	"slices"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/think"
)

// defined are the readings that code knows of a model's answer, whatever the model says
// of it: the definitions of the metrics it used, and the periods it asked for.
func (r *run) defined(out *think.Outcome) []compose.Reading {
	var readings []compose.Reading
	add := func(rd compose.Reading) {
		if rd.Meaning != "" && !slices.ContainsFunc(readings, func(o compose.Reading) bool { return o.Term == rd.Term && o.Meaning == rd.Meaning }) {
			readings = append(readings, rd)
		}
	}
	for _, res := range out.Results {
		if res.Period != nil {
			add(compose.Reading{Kind: compose.ReadPeriod, Meaning: period.Describe(*res.Period, r.q.Language)})
		}
		for _, c := range res.Columns {
			if m := r.p.Model.Metric(c.Metric); m != nil {
				add(compose.Reading{Kind: compose.ReadMetric, Term: m.Label.In(r.q.Language, m.Name), Meaning: m.DescriptionIn(r.q.Language)})
			}
		}
	}
	return readings
}
