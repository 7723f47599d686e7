package eval

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Report is what a run found out, in all and by category. Its JSON form is that of
// "bapsang eval --json" (docs/reference.md).
type Report struct {
	Rule       Rule             `json:"rule"`
	Cases      int              `json:"cases"`
	Right      int              `json:"right"`
	Verdicts   map[string]int   `json:"verdicts"`    // 0 or 1 by the case's id
	ByCategory map[string]Tally `json:"by_category"` // of the cases that have one
	LLM        Usage            `json:"llm"`

	// Asked is how many cases an analyst answered, and in what time half and
	// nineteen in twenty of them were answered.
	Asked    int           `json:"-"`
	P50, P95 time.Duration `json:"-"`
	// GoldErrors are the verdicts on cases whose own answer failed.
	GoldErrors []Verdict `json:"-"`
	Wrong      []Verdict `json:"-"`
}

// Tally counts the cases of a category.
type Tally struct {
	Cases int `json:"cases"`
	Right int `json:"right"`
}

// Summarize counts verdicts, which stand in the order of cases.
func Summarize(rule Rule, cases []Case, verdicts []Verdict) *Report {
	r := &Report{Rule: rule, Cases: len(cases), Verdicts: make(map[string]int, len(cases)), ByCategory: map[string]Tally{}}
	var latencies []time.Duration
	for i, v := range verdicts {
		verdict := 0
		if v.Right {
			verdict = 1
		} else {
			r.Wrong = append(r.Wrong, v)
		}
		r.Right += verdict
		r.Verdicts[v.ID] = verdict
		if name := cases[i].Category; name != "" {
			tally := r.ByCategory[name]
			r.ByCategory[name] = Tally{Cases: tally.Cases + 1, Right: tally.Right + verdict}
		}
		r.LLM = r.LLM.plus(v.Usage)
		if v.GoldError != "" {
			r.GoldErrors = append(r.GoldErrors, v)
		}
		if v.Asked {
			latencies = append(latencies, v.Latency)
		}
	}
	r.Asked = len(latencies)
	r.P50, r.P95 = quantile(latencies, 50), quantile(latencies, 95)
	return r
}

// Categories are the names of the categories, in order.
func (r *Report) Categories() []string { return slices.Sorted(maps.Keys(r.ByCategory)) }

// quantile is the smallest value that at least percent of them do not exceed.
func quantile(values []time.Duration, percent int) time.Duration {
	if len(values) == 0 {
		return 0
	}
	slices.SortFunc(values, cmp.Compare)
	return values[(len(values)*percent+99)/100-1]
}
