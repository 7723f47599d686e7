package llm

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// The classes of calls, in the order in which they go. Finishing what is begun
// halves the median wait against the order of arrival: half-done questions help
// nobody.
const (
	classBegun = iota
	classFresh
	classBackgroundBegun
	classBackground
	classes
)

func classOf(c Caller) int {
	class := classFresh
	if c.Begun {
		class = classBegun
	}
	if c.Background {
		class += classBackgroundBegun
	}
	return class
}

// ticket is one request that waits for its turn, or has it.
type ticket struct {
	seq    uint64
	since  float64 // when it began to wait, in calls: see patience
	class  int
	caller Caller
	tokens int // estimated
	// avoid is the backend that failed it, when another may do better.
	avoid    *backend
	deadline time.Time // zero for none
	listens  bool      // somebody wants to know how long it takes

	lane     *lane // nil when it does not wait in one
	returned bool  // waits before all the others

	granted chan grant // holds one
	waits   chan Wait  // holds the latest
	told    Wait
	tell    bool // told is valid
}

// watched reports whether the ticket has to be looked at while it waits.
func (t *ticket) watched() bool { return t.listens || !t.deadline.IsZero() }

// queue decides whose turn it is: what was begun before what was not, people before
// background work, then the principal that was served least, though a wait makes up for
// some service, then the order of arrival. Service is counted per principal ("virtual token counter", Sheng et al.,
// OSDI 2024); whoever comes anew starts at the least count among those who wait, so
// that nobody saves up turns.
type queue struct {
	front      []*ticket // refused by a server or failed: they had their turn
	lanes      [classes]laneHeap
	principals map[string]*principal
	waiting    int
	byClass    [classes]int // of those
	watched    int          // of those, how many have to be looked at while they wait
	seq        uint64
	began      time.Time // the first ticket
	floor      float64   // count of who was served last
	sweepAt    int
}

type principal struct {
	served float64
	lanes  [classes]*lane
	seen   time.Time
}

// lane is what one principal has waiting in one class.
type lane struct {
	of      *principal
	tickets []*ticket
	index   int // in the heap
}

// turn orders the lanes.
func (l *lane) turn() float64 { return l.of.served + l.tickets[0].since }

// patience is how long a wait makes up for one call that somebody had more than others:
// while newcomers come and come, who had several must not wait for as long as they do.
const patience = 2 * time.Minute

const (
	sweepFrom     = 256
	forgetService = 15 * time.Minute
)

func newQueue() *queue {
	return &queue{principals: map[string]*principal{}, sweepAt: sweepFrom}
}

// push lets a ticket wait.
func (q *queue) push(t *ticket, now time.Time) {
	q.seq++
	t.seq = q.seq
	if q.began.IsZero() {
		q.began = now
	}
	t.since = float64(now.Sub(q.began)) / float64(patience)
	p := q.principals[t.caller.Principal]
	if p == nil {
		q.sweep(now)
		p = &principal{}
		q.principals[t.caller.Principal] = p
	}
	if !p.waits() {
		p.served = max(p.served, q.least())
	}
	p.seen = now
	l := p.lanes[t.class]
	if l == nil {
		l = &lane{of: p, index: -1}
		p.lanes[t.class] = l
	}
	t.lane = l
	l.tickets = append(l.tickets, t)
	q.count(t, 1)
	if l.index < 0 {
		heap.Push(&q.lanes[t.class], l)
	}
}

// giveBack lets a ticket that had its turn go before all the others.
func (q *queue) giveBack(t *ticket) {
	t.returned = true
	i, _ := slices.BinarySearchFunc(q.front, t, func(a, b *ticket) int { return cmp.Compare(a.seq, b.seq) })
	q.front = slices.Insert(q.front, i, t)
	q.count(t, 1)
}

// pop takes the ticket whose turn it is. Tickets in front may be not for everybody.
func (q *queue) pop(able func(*ticket) bool) *ticket {
	for i, t := range q.front {
		if able(t) {
			q.front = slices.Delete(q.front, i, i+1)
			t.returned = false
			q.count(t, -1)
			return t
		}
	}
	for class := range q.lanes {
		if len(q.lanes[class]) > 0 {
			l := q.lanes[class][0]
			t := l.tickets[0]
			q.remove(t)
			q.floor = max(q.floor, l.of.served)
			q.charge(l.of, 1)
			return t
		}
	}
	return nil
}

// peek is the ticket whose turn it will be, as far as is known.
func (q *queue) peek() *ticket {
	if len(q.front) > 0 {
		return q.front[0]
	}
	for _, h := range q.lanes {
		if len(h) > 0 {
			return h[0].tickets[0]
		}
	}
	return nil
}

// remove takes a ticket out wherever it waits, and reports whether it did.
func (q *queue) remove(t *ticket) bool {
	if t.returned {
		i := slices.Index(q.front, t)
		q.front = slices.Delete(q.front, i, i+1)
		t.returned = false
		q.count(t, -1)
		return true
	}
	l := t.lane
	if l == nil {
		return false
	}
	t.lane = nil
	i := slices.Index(l.tickets, t)
	l.tickets = slices.Delete(l.tickets, i, i+1)
	q.count(t, -1)
	if len(l.tickets) == 0 {
		heap.Remove(&q.lanes[t.class], l.index)
		l.tickets = nil
	} else {
		heap.Fix(&q.lanes[t.class], l.index)
	}
	return true
}

func (q *queue) count(t *ticket, n int) {
	q.waiting += n
	q.byClass[t.class] += n
	if t.watched() {
		q.watched += n
	}
}

// charge counts service to a principal.
func (q *queue) charge(p *principal, cost float64) {
	p.served += cost
	for class, l := range p.lanes {
		if l != nil && l.index >= 0 {
			heap.Fix(&q.lanes[class], l.index)
		}
	}
}

// chargeTo counts what a call cost beyond the usual, or less than that.
func (q *queue) chargeTo(name string, cost float64) {
	if p := q.principals[name]; p != nil {
		q.charge(p, cost)
	}
}

// least is the least count among those who wait.
func (q *queue) least() float64 {
	least, any := 0.0, false
	for _, h := range q.lanes {
		for _, l := range h {
			if !any || l.of.served < least {
				least, any = l.of.served, true
			}
		}
	}
	if !any {
		return q.floor
	}
	return least
}

// sweep forgets principals who would come back as if they were new, and those who
// were not seen for long, before the next would make too many.
func (q *queue) sweep(now time.Time) {
	if len(q.principals) < q.sweepAt {
		return
	}
	least := q.least()
	for name, p := range q.principals {
		if !p.waits() && (p.served <= least || now.Sub(p.seen) > forgetService) {
			delete(q.principals, name)
		}
	}
	q.sweepAt = max(sweepFrom, 2*len(q.principals))
}

// order is the waiting tickets in the order in which they would go if nothing else
// came.
func (q *queue) order() []*ticket {
	out := append(make([]*ticket, 0, q.waiting), q.front...)
	served := make(map[*principal]float64, len(q.principals))
	for _, lanes := range q.lanes {
		var copies laneHeap
		for _, l := range lanes {
			count, ok := served[l.of]
			if !ok {
				count = l.of.served
			}
			copies = append(copies, &lane{of: &principal{served: count}, tickets: l.tickets})
		}
		heap.Init(&copies)
		for len(copies) > 0 {
			l := copies[0]
			of := l.tickets[0].lane.of
			out = append(out, l.tickets[0])
			l.tickets = l.tickets[1:]
			l.of.served++
			served[of] = l.of.served
			if len(l.tickets) == 0 {
				heap.Pop(&copies)
			} else {
				heap.Fix(&copies, 0)
			}
		}
	}
	return out
}

func (p *principal) waits() bool {
	for _, l := range p.lanes {
		if l != nil && len(l.tickets) > 0 {
			return true
		}
	}
	return false
}

// laneHeap has the lane on top whose turn it is.
type laneHeap []*lane

func (h laneHeap) Len() int { return len(h) }

func (h laneHeap) Less(i, j int) bool {
	a, b := h[i].turn(), h[j].turn()
	if a != b {
		return a < b
	}
	return h[i].tickets[0].seq < h[j].tickets[0].seq
}

func (h laneHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *laneHeap) Push(x any) {
	l := x.(*lane)
	l.index = len(*h)
	*h = append(*h, l)
}

// Pop implements heap.Interface.
func (h *laneHeap) Pop() any {
	old := *h
	l := old[len(old)-1]
	l.index = -1
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return l
}
