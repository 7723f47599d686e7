package draft

import "slices"

// ways is where relationships lead, from many to one, kept such that no dataset leads to
// another in two equally short ways: a question could then be meant in either, and a draft
// must not choose.
type ways struct {
	at         map[string]int // datasets by number
	next, prev [][]int        // relationships, once for each
}

func (w *ways) number(dataset string) int {
	n, ok := w.at[dataset]
	if !ok {
		n = len(w.next)
		w.at[dataset] = n
		w.next, w.prev = append(w.next, nil), append(w.prev, nil)
	}
	return n
}

// add adds a relationship, and reports false and adds none where it would make a second way.
func (w *ways) add(from, to string) bool {
	a, z := w.number(from), w.number(to)
	if w.harmless(a, z) {
		w.link(a, z)
		return true
	}
	before := w.reached(w.prev, a) // nothing else leads anywhere it did not before
	w.link(a, z)
	for _, start := range before {
		if !w.oneWay(start) {
			w.next[a], w.prev[z] = w.next[a][:len(w.next[a])-1], w.prev[z][:len(w.prev[z])-1]
			return false
		}
	}
	return true
}

func (w *ways) link(a, z int) {
	w.next[a], w.prev[z] = append(w.next[a], z), append(w.prev[z], a)
}

// harmless reports whether what z leads to can be reached over z only, so that nobody gets
// there otherwise already.
func (w *ways) harmless(a, z int) bool {
	beyond := w.reached(w.next, z)
	within := make(map[int]bool, len(beyond))
	for _, n := range beyond {
		within[n] = true
	}
	return !within[a] && !slices.ContainsFunc(beyond, func(n int) bool {
		return slices.ContainsFunc(w.prev[n], func(p int) bool { return !within[p] })
	})
}

// reached are n and what edges lead to from it.
func (w *ways) reached(edges [][]int, n int) []int {
	out, seen := []int{n}, map[int]bool{n: true}
	for i := 0; i < len(out); i++ {
		for _, to := range edges[out[i]] {
			if !seen[to] {
				seen[to] = true
				out = append(out, to)
			}
		}
	}
	return out
}

// oneWay reports whether start leads to no dataset in two equally short ways.
func (w *ways) oneWay(start int) bool {
	seen := map[int]bool{start: true}
	for front := []int{start}; len(front) > 0; {
		var ok bool
		if front, ok = w.stepAhead(front, seen); !ok {
			return false
		}
	}
	return true
}

// stepAhead returns what is reached from front for the first time, and whether each is
// reached only once.
func (w *ways) stepAhead(front []int, seen map[int]bool) ([]int, bool) {
	var reached []int
	for _, from := range front {
		for _, to := range w.next[from] {
			if seen[to] {
				continue
			}
			if slices.Contains(reached, to) {
				return nil, false
			}
			reached = append(reached, to)
		}
	}
	for _, to := range reached {
		seen[to] = true
	}
	return reached, true
}
