package compose

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// graph knows which datasets a metric can be cut by and filtered by. The compiler
// of the semantic model has the last word on that, so it is asked once for every
// kind of metric and every dataset.
type graph struct {
	metrics map[string][]string       // metric → datasets it aggregates
	far     map[string]map[string]int // dataset → dataset → many-to-one joins between
	cut     map[string]map[string]bool
	filter  map[string]map[string]bool
}

var qualified = regexp.MustCompile(`([\pL_][\pL\pN_]*)"?\s*\.\s*"?([\pL_][\pL\pN_]*|\*)`)

func newGraph(m *semantic.Model) *graph {
	g := &graph{metrics: map[string][]string{}, far: map[string]map[string]int{}, cut: map[string]map[string]bool{}, filter: map[string]map[string]bool{}}
	for _, d := range m.Datasets {
		g.far[d.Name] = reach(m, d.Name)
	}
	type reached struct{ cut, filter map[string]bool }
	known := map[string]reached{} // by the shape of the expression
	for _, x := range m.Metrics {
		g.metrics[x.Name] = aggregated(m, x)
		shape := shapeOf(x)
		r, ok := known[shape]
		if !ok {
			r = reached{map[string]bool{}, map[string]bool{}}
			for _, d := range m.Datasets {
				r.cut[d.Name], r.filter[d.Name] = compiles(m, x, d)
			}
			known[shape] = r
		}
		g.cut[x.Name], g.filter[x.Name] = r.cut, r.filter
	}
	return g
}

// shapeOf writes a metric's expression without the columns, which do not decide
// what it can be cut by, except in counts: counting a key is counting rows.
func shapeOf(x *semantic.Metric) string {
	var b strings.Builder
	for _, dialect := range []string{"ANSI_SQL", "DUCKDB"} {
		e := x.Expression[dialect]
		if !strings.Contains(strings.ToUpper(e), "COUNT") {
			e = qualified.ReplaceAllString(e, "$1.x")
		}
		b.WriteString(e)
	}
	if b.Len() == 0 {
		return x.Name
	}
	return b.String()
}

// compiles asks the compiler whether a metric can be grouped, and filtered, by a
// field of a dataset.
func compiles(m *semantic.Model, x *semantic.Metric, d *semantic.Dataset) (cut, filter bool) {
	for _, f := range d.Fields {
		if f.Kind == semantic.Temporal || f.IsTime {
			continue
		}
		q := semantic.Query{Measures: []semantic.Measure{{Metric: x.Name}}}
		ref := d.Name + "." + f.Name
		q.Filters = []semantic.Filter{{Field: ref, Op: semantic.IsNull}}
		filter = compilable(m, q)
		q.Filters, q.Dimensions = nil, []semantic.Dimension{{Field: ref}}
		return compilable(m, q), filter
	}
	return false, false
}

// compilable reports whether the parts of a query fit together. A fault of the
// model itself is not the question's: it is left to whoever runs the query.
func compilable(m *semantic.Model, q semantic.Query) bool {
	_, err := m.Compile(q, semantic.CompileOptions{})
	var failed *semantic.QueryError
	if err == nil || !errors.As(err, &failed) {
		return err == nil
	}
	return failed.Code == semantic.CodeExpression || failed.Code == semantic.CodeUnknown
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

// turned is added to the distance of what is reached by way of other rows only: the
// orders that contain a product, the customers who bought one.
const turned = 10

// distance returns how many joins lie between a metric and a dataset to group by,
// -1 when it cannot be.
func (g *graph) distance(metric, dataset string) int {
	return g.joins(metric, dataset, g.cut[metric][dataset])
}

// filterDistance is distance for a condition.
func (g *graph) filterDistance(metric, dataset string) int {
	return g.joins(metric, dataset, g.filter[metric][dataset])
}

func (g *graph) joins(metric, dataset string, possible bool) int {
	if !possible {
		return -1
	}
	worst := 0
	for _, base := range g.bases(g.metrics[metric]) {
		d, ok := g.far[base][dataset]
		if !ok {
			d = turned
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

// about reports whether a metric aggregates rows of dataset.
func (g *graph) about(metric, dataset string) bool {
	return slices.Contains(g.metrics[metric], dataset)
}
