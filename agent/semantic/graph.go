package semantic

import "strings"

// hop is one relationship walked: forward from many to one, or back.
type hop struct {
	rel  *Relationship
	back bool
}

// to is the dataset the hop arrives at.
func (h hop) to() string {
	if h.back {
		return h.rel.From
	}
	return h.rel.To
}

type path []hop

// String names the relationships of the path.
func (p path) String() string {
	names := make([]string, len(p))
	for i, h := range p {
		names[i] = h.rel.Name
	}
	return strings.Join(names, " → ")
}

// graph answers which datasets can be joined to which.
type graph struct {
	forward, backward map[string][]*Relationship
	kept              *searches // of a graph that is shared; nil for one that is not
}

func newGraph(m *Model) *graph {
	g := &graph{forward: map[string][]*Relationship{}, backward: map[string][]*Relationship{}}
	for _, r := range m.Relationships {
		// Check tells what is wrong with these; a query must not trip over them.
		if m.Dataset(r.From) == nil || m.Dataset(r.To) == nil || len(r.FromColumns) != len(r.ToColumns) || r.From == r.To {
			continue
		}
		g.forward[r.From] = append(g.forward[r.From], r)
		g.backward[r.To] = append(g.backward[r.To], r)
	}
	return g
}

// state is a dataset reached in one of the phases of a path: up from many to one,
// then down from one to many, then up again. A path of more turns would relate rows
// by coincidence.
type state struct {
	dataset string
	phase   int
}

// step is how a state was reached first, and the other ways of the same length.
type step struct {
	length int
	ways   []way
}

type way struct {
	from state
	hop  hop
}

// search walks the graph from a dataset, shortest first. With maxPhase 0 only from
// many to one.
func (g *graph) search(from string, maxPhase int) map[state]*step {
	if g.kept == nil || maxPhase == 0 {
		return g.walk(from, maxPhase)
	}
	return g.kept.get(searchKey{from, maxPhase}, func() map[state]*step { return g.walk(from, maxPhase) })
}

func (g *graph) walk(from string, maxPhase int) map[state]*step {
	start := state{from, 0}
	seen := map[state]*step{start: {}}
	queue := []state{start}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for _, r := range g.forward[s.dataset] {
			phase := s.phase
			if phase == 1 {
				phase = 2
			}
			queue = visit(seen, queue, s, state{r.To, phase}, hop{rel: r})
		}
		if maxPhase == 0 || s.phase == 2 {
			continue
		}
		for _, r := range g.backward[s.dataset] {
			queue = visit(seen, queue, s, state{r.From, 1}, hop{rel: r, back: true})
		}
	}
	return seen
}

func visit(seen map[state]*step, queue []state, from, to state, h hop) []state {
	length := seen[from].length + 1
	if have, ok := seen[to]; ok {
		if have.length == length {
			have.ways = append(have.ways, way{from, h})
		}
		return queue
	}
	seen[to] = &step{length: length, ways: []way{{from, h}}}
	return append(queue, to)
}

// paths returns up to two shortest paths that end in s.
func paths(seen map[state]*step, s state) []path {
	st := seen[s]
	if st == nil {
		return nil
	}
	if len(st.ways) == 0 {
		return []path{{}}
	}
	var out []path
	for _, w := range st.ways {
		for _, p := range paths(seen, w.from) {
			out = append(out, append(append(path{}, p...), w.hop))
			if len(out) == 2 {
				return out
			}
		}
	}
	return out
}

// up returns the shortest path from many to one. Both results are nil where there is
// none; a second shortest of the same length is returned as other.
func (g *graph) up(from, to string) (p, other path, ok bool) {
	found := paths(g.search(from, 0), state{to, 0})
	switch len(found) {
	case 0:
		return nil, nil, false
	case 1:
		return found[0], nil, true
	}
	return found[0], found[1], true
}

// any returns the shortest path that turns down and up again at most once.
func (g *graph) any(from, to string) (p, other path, ok bool) {
	seen := g.search(from, 2)
	best := -1
	var all []path
	for phase := 0; phase <= 2; phase++ {
		st := seen[state{to, phase}]
		if st == nil || best >= 0 && st.length > best {
			continue
		}
		if best < 0 || st.length < best {
			best, all = st.length, nil
		}
		all = append(all, paths(seen, state{to, phase})...)
	}
	switch len(all) {
	case 0:
		return nil, nil, false
	case 1:
		return all[0], nil, true
	}
	return all[0], all[1], true
}

// leading returns the datasets that lead to a dataset, from many to one, and itself.
func (g *graph) leading(to string) map[string]bool {
	found := map[string]bool{to: true}
	for queue := []string{to}; len(queue) > 0; queue = queue[1:] {
		for _, r := range g.backward[queue[0]] {
			if !found[r.From] {
				found[r.From] = true
				queue = append(queue, r.From)
			}
		}
	}
	return found
}

// upOne is up where ambiguity is an error.
func (g *graph) upOne(from, to string) (path, bool, error) {
	p, other, ok := g.up(from, to)
	if other != nil {
		return nil, false, ambiguous(from, to, p, other)
	}
	return p, ok, nil
}

func ambiguous(from, to string, a, b path) error {
	return queryErrorf(CodeAmbiguous, "%s leads to %s in two equally short ways, %s and %s; remove one relationship, or model the second as a dataset of its own",
		from, to, a, b)
}
