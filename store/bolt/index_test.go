package bolt

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestIndex changes an index at random, takes changes back, and compares it with
// what the contract says, worked out slowly.
func TestIndex(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	now := time.Unix(0, 0)
	x := newIndex(now)
	for step := range 700 {
		var undo []func()
		for range 1 + rnd.IntN(3) {
			id := fmt.Sprintf("%03d", rnd.IntN(60))
			old := x.set(id, randomEntry(rnd, x, id))
			undo = append(undo, func() { x.set(id, old) })
		}
		if rnd.IntN(3) == 0 {
			slices.Reverse(undo)
			for _, fn := range undo {
				fn()
			}
		}
		if rnd.IntN(4) == 0 {
			now = now.Add(time.Duration(rnd.IntN(3)) * time.Second)
			x.advance(now)
		}
		checkIndex(t, x)
		if t.Failed() {
			t.Fatalf("in step %d", step)
		}
	}
}

// randomEntry replaces what is at id: nothing becomes a job, a job runs, goes back
// or ends.
func randomEntry(rnd *rand.Rand, x *index, id string) *entry {
	old := x.jobs[id]
	if old != nil && rnd.IntN(3) == 0 {
		return nil
	}
	e := &entry{id: id, kind: fmt.Sprint("k", rnd.IntN(2)), owner: fmt.Sprint("u", rnd.IntN(4)), background: rnd.IntN(4) == 0, priority: 1 + rnd.IntN(4)}
	if rnd.IntN(3) > 0 {
		e.mailbox = fmt.Sprint("m", rnd.IntN(4))
	}
	if old != nil {
		*e = entry{id: id, kind: old.kind, owner: old.owner, background: old.background, priority: old.priority, mailbox: old.mailbox}
		e.running = !old.running
	}
	if !e.running && rnd.IntN(3) == 0 {
		e.notBefore = x.now.Add(time.Duration(rnd.IntN(4)) * time.Second)
	}
	return e
}

func checkIndex(t *testing.T, x *index) {
	t.Helper()
	for _, kinds := range [][]string{{"k0"}, {"k1"}, {"k0", "k1"}} {
		want := slowNext(x, kinds, nil)
		if got := x.next(kinds); got != want {
			t.Errorf("next of %v is %+v, want %+v", kinds, got, want)
		}
	}
	// Claiming all, one by one, gives the order that ahead foretold.
	gone := map[string]bool{}
	for id, e := range x.jobs {
		gone[id] = e.running
	}
	for n := 0; ; n++ {
		e := slowNext(x, []string{"k0", "k1"}, gone)
		if e == nil {
			break
		}
		if got := x.ahead(e); got != n {
			t.Errorf("%s has %d ahead, want %d", e.id, got, n)
		}
		gone[e.id] = true
	}
	owners := map[string]int{}
	for _, e := range x.jobs {
		owners[e.owner]++
	}
	if !maps.Equal(owners, x.owners) {
		t.Errorf("owners are %v, want %v", x.owners, owners)
	}
}

// slowNext follows the words of store.Queue. Jobs that are gone count for nothing.
func slowNext(x *index, kinds []string, gone map[string]bool) (first *entry) {
	for _, e := range x.jobs {
		if e.running || gone[e.id] || e.notBefore.After(x.now) || !slices.Contains(kinds, e.kind) {
			continue
		}
		blocked := false
		for _, other := range x.jobs {
			if other != e && !gone[other.id] && e.mailbox != "" && other.mailbox == e.mailbox && (other.running || other.id < e.id) {
				blocked = true
			}
		}
		if !blocked && (first == nil || e.rank().compare(first.rank()) < 0) {
			first = e
		}
	}
	return first
}
