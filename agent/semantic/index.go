package semantic

import (
	"slices"
	"strings"
	"sync"
)

// Indexed returns the model as one that finds names at once, however many there are. It
// shows datasets, metrics and relationships as they stand now: what is added to m or
// renamed later is not seen in it. It may be shared between goroutines as long as nobody
// changes what both hold. A copy of it is a model like any other, which has no index.
func (m *Model) Indexed() *Model {
	if m.indexed() != nil {
		return m
	}
	out := *m
	out.Datasets, out.Relationships, out.Metrics = slices.Clone(m.Datasets), slices.Clone(m.Relationships), slices.Clone(m.Metrics)
	x := &index{owner: &out, datasets: make(map[string]int, len(m.Datasets)), metrics: make(map[string]*Metric, len(m.Metrics)), said: map[string][]string{}}
	for i, d := range out.Datasets {
		if _, ok := x.datasets[d.Name]; !ok {
			x.datasets[d.Name] = i
		}
		for _, f := range d.Fields {
			for _, other := range f.SameAs {
				x.said[other] = append(x.said[other], d.Name+"."+f.Name)
			}
		}
	}
	for _, metric := range out.Metrics {
		if x.metrics[metric.Name] == nil {
			x.metrics[metric.Name] = metric
		}
	}
	out.index = x
	x.names, x.graph = tableNames(&out), newGraph(&out)
	x.graph.kept = &searches{}
	return &out
}

// index is what an indexed model is looked up by.
type index struct {
	owner    *Model // a copy of the model is no owner, and may be changed
	datasets map[string]int
	metrics  map[string]*Metric
	said     map[string][]string // field → fields that say they are the same as it
	names    map[string]bool     // of tables and datasets, which no subquery may have
	graph    *graph
}

// indexed is the model's index, nil where it has none.
func (m *Model) indexed() *index {
	if m.index == nil || m.index.owner != m {
		return nil
	}
	return m.index
}

// field finds a field "dataset.field"; either name may have dots.
func (x *index) field(ref string) (*Dataset, *Field) {
	first := len(x.owner.Datasets)
	var field *Field
	for i := range len(ref) {
		if ref[i] != '.' {
			continue
		}
		at, ok := x.datasets[ref[:i]]
		if !ok || at >= first {
			continue
		}
		if f := x.owner.Datasets[at].field(ref[i+1:]); f != nil {
			first, field = at, f
		}
	}
	if field == nil {
		return nil, nil
	}
	return x.owner.Datasets[first], field
}

func (d *Dataset) field(name string) *Field {
	for _, f := range d.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// tableNames are the names, in lower case, that a subquery may not have.
func tableNames(m *Model) map[string]bool {
	if x := m.indexed(); x != nil && x.names != nil {
		return x.names
	}
	names := make(map[string]bool, 2*len(m.Datasets))
	for _, d := range m.Datasets {
		names[strings.ToLower(d.Name)] = true
		names[strings.ToLower(d.Source)] = true
	}
	return names
}

// graphOf is the graph of a model's relationships, which is not to be changed.
func graphOf(m *Model) *graph {
	if x := m.indexed(); x != nil {
		return x.graph
	}
	return newGraph(m)
}

// maxSearches is how many searches of a graph are kept. One over ten thousand tables that
// all lead to each other takes some megabytes.
const maxSearches = 8

// searches are the last searches of a graph that is shared: a question asks of one dataset
// after the other whether it is reached from the same few.
type searches struct {
	mu   sync.Mutex
	from []searchKey // oldest first
	seen map[searchKey]map[state]*step
}

type searchKey struct {
	from     string
	maxPhase int
}

// get returns a search that is kept, or keeps what walk returns.
func (s *searches) get(key searchKey, walk func() map[state]*step) map[state]*step {
	s.mu.Lock()
	seen, ok := s.seen[key]
	s.mu.Unlock()
	if ok {
		return seen
	}
	seen = walk()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[searchKey]map[state]*step{}
	}
	if _, ok := s.seen[key]; !ok {
		if len(s.from) == maxSearches {
			delete(s.seen, s.from[0])
			s.from = s.from[1:]
		}
		s.from = append(s.from, key)
	}
	s.seen[key] = seen
	return seen
}
