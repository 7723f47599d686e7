package compose

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// graph knows which fields a metric can be cut by: those of the datasets it
// aggregates and of those that many-to-one relationships lead to, because no other
// join leaves its rows as they are.
type graph struct {
	metrics map[string][]string       // metric → datasets it aggregates
	far     map[string]map[string]int // dataset → dataset → joins between
}

var qualified = regexp.MustCompile(`([\pL_][\pL\pN_]*)"?\s*\.\s*"?[\pL_]`)

func newGraph(m *semantic.Model) *graph {
	g := &graph{metrics: map[string][]string{}, far: map[string]map[string]int{}}
	for _, d := range m.Datasets {
		g.far[d.Name] = reach(m, d.Name)
	}
	for _, x := range m.Metrics {
		g.metrics[x.Name] = aggregated(m, x)
	}
	return g
}

// aggregated returns the datasets that a metric's expression names.
func aggregated(m *semantic.Model, x *semantic.Metric) []string {
	var out []string
	add := func(name string) {
		if m.Dataset(name) != nil && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, expression := range x.Expression {
		for _, match := range qualified.FindAllStringSubmatch(expression, -1) {
			add(match[1])
		}
	}
	if dataset, _, ok := strings.Cut(x.Time, "."); ok && len(out) == 0 {
		add(dataset)
	}
	slices.Sort(out)
	return out
}

func reach(m *semantic.Model, from string) map[string]int {
	far := map[string]int{from: 0}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, r := range m.Relationships {
			if _, seen := far[r.To]; r.From == queue[0] && !seen {
				far[r.To] = far[queue[0]] + 1
				queue = append(queue, r.To)
			}
		}
	}
	return far
}

// distance returns how many joins lie between a metric and a dataset, -1 when it
// cannot be reached. A ratio's parts must all reach it.
func (g *graph) distance(metric, dataset string) int {
	datasets := g.metrics[metric]
	if len(datasets) == 0 {
		return -1
	}
	bases := g.bases(datasets)
	worst := 0
	for _, base := range bases {
		d, ok := g.far[base][dataset]
		if !ok {
			return -1
		}
		worst = max(worst, d)
	}
	return worst
}

// bases leaves out the datasets that others of the list lead to: a metric over order
// lines and their orders is cut as order lines are.
func (g *graph) bases(datasets []string) []string {
	var out []string
	for _, d := range datasets {
		led := slices.ContainsFunc(datasets, func(o string) bool {
			_, ok := g.far[o][d]
			return o != d && ok
		})
		if !led {
			out = append(out, d)
		}
	}
	return out
}

// about reports whether a metric aggregates rows of dataset, or of something that
// belongs to it (order lines belong to orders).
func (g *graph) about(metric, dataset string) bool {
	return slices.Contains(g.metrics[metric], dataset)
}
