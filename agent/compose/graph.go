package compose

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/bapsang/bapsang/agent/semantic"
)

// graph knows which datasets a metric can be cut by and filtered by. The compiler
// of the semantic model has the last word on that, so it is asked, once for every
// kind of metric and every dataset, when a question needs to know.
type graph struct {
	model   *semantic.Model
	metrics map[string][]string           // metric → datasets it aggregates
	of      map[string][]*semantic.Metric // dataset → metrics of it alone, in the model's order
	next    map[string][]string           // dataset → datasets it refers to
	prev    map[string][]string           // dataset → datasets that refer to it
	alike   map[string][]string           // field → fields that hold the same thing

	mu       sync.Mutex
	far      map[string]map[string]int  // dataset → dataset → many-to-one joins between
	related  map[string]map[string]bool // dataset → what something that leads to it leads to
	possible map[use]bool
	shapes   map[string]string // of metrics
}

// use is a kind of metric by, or with a condition on, fields of a dataset.
type use struct {
	shape, dataset string
	filter         bool
}

var qualified = regexp.MustCompile(`([\pL_][\pL\pN_]*)"?\s*\.\s*"?([\pL_][\pL\pN_]*|\*)`)

// newGraph is the graph of an indexed model.
func newGraph(m *semantic.Model) *graph {
	g := &graph{model: m, metrics: make(map[string][]string, len(m.Metrics)), of: map[string][]*semantic.Metric{}, next: map[string][]string{}, prev: map[string][]string{},
		alike: map[string][]string{}, far: map[string]map[string]int{}, related: map[string]map[string]bool{}, possible: map[use]bool{}, shapes: map[string]string{}}
	for _, r := range m.Relationships {
		g.next[r.From], g.prev[r.To] = append(g.next[r.From], r.To), append(g.prev[r.To], r.From)
	}
	for _, d := range m.Datasets {
		for _, f := range d.Fields {
			ref := d.Name + "." + f.Name
			if alike := m.Alike(ref); len(alike) > 0 {
				g.alike[ref] = alike
			}
		}
	}
	for _, x := range m.Metrics {
		datasets := aggregated(m, x)
		g.metrics[x.Name] = datasets
		if len(datasets) == 1 {
			g.of[datasets[0]] = append(g.of[datasets[0]], x)
		}
	}
	return g
}

// can reports whether a metric can be cut by, or filtered by, fields of a dataset.
func (g *graph) can(metric, dataset string, filter bool) bool {
	x, d := g.model.Metric(metric), g.model.Dataset(dataset)
	if x == nil || d == nil {
		return false
	}
	g.mu.Lock()
	shape, ok := g.shapes[metric]
	if !ok {
		shape = shapeOf(x)
		g.shapes[metric] = shape
	}
	key := use{shape, dataset, filter}
	known, ok := g.possible[key]
	g.mu.Unlock()
	if ok {
		return known
	}
	// Two who ask at the same time compute the same.
	can := (filter || g.mayCut(metric, d)) && compiles(g.model, x, d, filter)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.possible[key] = can
	return can
}

// mayCut reports whether it is worth asking the compiler: rows of a metric are split by
// what they lead to, or by what others that lead to them lead to.
func (g *graph) mayCut(metric string, d *semantic.Dataset) bool {
	of := g.metrics[metric]
	if len(of) == 0 || len(g.alike) > 0 {
		return true
	}
	return slices.ContainsFunc(of, func(base string) bool { return g.relatedTo(base)[d.Name] })
}

// reach is how many joins from many to one lie between a dataset and each that it leads to.
func (g *graph) reach(from string) map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	far, ok := g.far[from]
	if !ok {
		far = walk(g.next, from)
		g.far[from] = far
	}
	return far
}

// leads reports whether rows of a metric lead to a field, or to one that holds the same.
func (g *graph) leads(metric, ref string) bool {
	return slices.ContainsFunc(append([]string{ref}, g.alike[ref]...), func(name string) bool {
		dataset, _, _ := strings.Cut(name, ".")
		return !slices.ContainsFunc(g.metrics[metric], func(base string) bool {
			_, ok := g.reach(base)[dataset]
			return !ok
		})
	})
}

// ofOneTrade reports whether rows of one metric are those of the other or lead to them.
func (g *graph) ofOneTrade(a, b string) bool {
	return slices.ContainsFunc(g.metrics[a], func(x string) bool {
		return slices.ContainsFunc(g.metrics[b], func(y string) bool {
			_, down := g.reach(x)[y]
			_, up := g.reach(y)[x]
			return x == y || down || up
		})
	})
}

// ledTo are the datasets that rows of a metric lead to, in the model's order: all of them
// where fields stand in for others.
func (g *graph) ledTo(metric string) []*semantic.Dataset {
	if len(g.alike) > 0 {
		return g.model.Datasets
	}
	led := map[string]bool{}
	for _, base := range g.metrics[metric] {
		for name := range g.reach(base) {
			led[name] = true
		}
	}
	var out []*semantic.Dataset
	for _, d := range g.model.Datasets {
		if led[d.Name] {
			out = append(out, d)
		}
	}
	return out
}

// relatedTo are the datasets that are led to by what leads to base.
func (g *graph) relatedTo(base string) map[string]bool {
	g.mu.Lock()
	related, ok := g.related[base]
	g.mu.Unlock()
	if ok {
		return related
	}
	related = map[string]bool{}
	for above := range walk(g.prev, base) {
		for name := range g.reach(above) {
			related[name] = true
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.related[base] = related
	return related
}

// walk counts the steps to everything that edges lead to.
func walk(edges map[string][]string, from string) map[string]int {
	far := map[string]int{from: 0}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, to := range edges[queue[0]] {
			if _, seen := far[to]; !seen {
				far[to] = far[queue[0]] + 1
				queue = append(queue, to)
			}
		}
	}
	return far
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

// compiles asks the compiler whether a metric can be grouped, or filtered, by a field of a
// dataset.
func compiles(m *semantic.Model, x *semantic.Metric, d *semantic.Dataset, filter bool) bool {
	ref := ""
	for _, f := range d.Fields {
		if f.Kind == semantic.Temporal || f.IsTime {
			continue
		}
		name := d.Name + "." + f.Name
		if len(m.Alike(name)) == 0 {
			ref = name
			break
		}
		// Others stand in for this one, and for none of its neighbours.
		ref = cmp.Or(ref, name)
	}
	if ref == "" {
		return false
	}
	q := semantic.Query{Measures: []semantic.Measure{{Metric: x.Name}}}
	if filter {
		q.Filters = []semantic.Filter{{Field: ref, Op: semantic.IsNull}}
	} else {
		q.Dimensions = []semantic.Dimension{{Field: ref}}
	}
	return compilable(m, q)
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

// turned is added to the distance of what is reached by way of other rows only: the
// orders that contain a product, the customers who bought one.
const turned = 10

// distance returns how many joins lie between a metric and a field "dataset.field", or
// a dataset, to group by, -1 when it cannot be.
func (g *graph) distance(metric, ref string) int { return g.nearest(metric, ref, false) }

// filterDistance is distance for a condition.
func (g *graph) filterDistance(metric, ref string) int { return g.nearest(metric, ref, true) }

// nearest is the distance to a field, or to one that holds the same thing.
func (g *graph) nearest(metric, ref string, filter bool) int {
	best := -1
	for _, r := range append([]string{ref}, g.alike[ref]...) {
		dataset, _, _ := strings.Cut(r, ".")
		if d := g.joins(metric, dataset, g.can(metric, dataset, filter)); d >= 0 && (best < 0 || d < best) {
			best = d
		}
	}
	return best
}

func (g *graph) joins(metric, dataset string, possible bool) int {
	if !possible {
		return -1
	}
	worst := 0
	for _, base := range g.bases(g.metrics[metric]) {
		d, ok := g.reach(base)[dataset]
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
			_, ok := g.reach(o)[d]
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
