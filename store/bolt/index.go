package bolt

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// index knows the outstanding jobs and answers, without reading the file, which is
// next and how many are before another. It is changed by replacing entries one by
// one, so a change is taken back by putting the former entry in its place.
//
// How many are before a job is counted as if every job ended the moment it began.
// Then the jobs of a mailbox, which go in order of their ids, come out at the
// greatest rank among themselves and those before them: sorting all jobs by that
// "effective" rank gives the order of claims, and a position in it is a binary
// search. Ten thousand jobs make slices of 80 kB, which are cheaper to shift than a
// tree is to walk.
type index struct {
	now     time.Time
	jobs    map[string]*entry
	owners  map[string]int // outstanding jobs
	boxes   map[string]*mailbox
	due     order            // queued jobs that could run if those before them were gone
	ready   map[string]order // kind → jobs that can be claimed now
	delayed order            // queued jobs that may not run yet, soonest first
}

// entry is an outstanding job. What is above place does not change.
type entry struct {
	id, kind, mailbox, owner string
	background               bool
	priority                 int
	notBefore                time.Time
	running                  bool

	place   place
	delayed bool
}

// rank says which of two jobs goes first when both may.
type rank struct {
	background bool
	priority   int
	id         string
}

func (a rank) compare(b rank) int {
	if a.background != b.background {
		if b.background {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.priority, b.priority), strings.Compare(a.id, b.id))
}

// place is where an entry stands; the zero place is nowhere.
type place struct {
	effective rank
	due       bool
	ready     bool
}

func (e *entry) rank() rank { return rank{e.background, e.priority, e.id} }

// mailbox holds the jobs that go one at a time.
type mailbox struct {
	running int
	waiting []*entry // by id
}

func newIndex(now time.Time) *index {
	return &index{
		now:    now,
		jobs:   map[string]*entry{},
		owners: map[string]int{},
		boxes:  map[string]*mailbox{},
		ready:  map[string]order{},
	}
}

// set makes e, or nothing when it is nil, the entry of id and returns the former.
func (x *index) set(id string, e *entry) (old *entry) {
	old = x.jobs[id]
	if old != nil {
		x.remove(old)
	}
	if e != nil {
		x.add(e)
	}
	return old
}

func (x *index) add(e *entry) {
	x.jobs[e.id] = e
	if e.owner != "" {
		x.owners[e.owner]++
	}
	if !e.running && e.notBefore.After(x.now) {
		e.delayed = true
		x.delayed.insert(e, bySoonest)
	}
	b := x.boxes[e.mailbox]
	switch {
	case e.mailbox == "":
		if !e.running {
			x.refresh(&mailbox{waiting: []*entry{e}}, 0)
		}
		return
	case b == nil:
		b = &mailbox{}
		x.boxes[e.mailbox] = b
	}
	if e.running {
		b.running++
		x.refresh(b, 0)
		return
	}
	i, _ := b.find(e)
	b.waiting = slices.Insert(b.waiting, i, e)
	x.refresh(b, i)
}

func (x *index) remove(e *entry) {
	delete(x.jobs, e.id)
	if e.owner != "" {
		x.owners[e.owner]--
		if x.owners[e.owner] == 0 {
			delete(x.owners, e.owner)
		}
	}
	if e.delayed {
		x.delayed.remove(e, bySoonest)
		e.delayed = false
	}
	x.put(e, place{})
	b := x.boxes[e.mailbox]
	if b == nil {
		return
	}
	from := 0
	if e.running {
		b.running--
	} else {
		from, _ = b.find(e)
		b.waiting = slices.Delete(b.waiting, from, from+1)
	}
	if b.running == 0 && len(b.waiting) == 0 {
		delete(x.boxes, e.mailbox)
		return
	}
	x.refresh(b, from)
}

func (b *mailbox) find(e *entry) (int, bool) {
	return slices.BinarySearchFunc(b.waiting, e, func(a, b *entry) int { return strings.Compare(a.id, b.id) })
}

// refresh places the jobs of b from position i on, until one is where it was: those
// behind it depend on nothing else.
func (x *index) refresh(b *mailbox, i int) {
	for ; i < len(b.waiting); i++ {
		e := b.waiting[i]
		p := place{effective: e.rank(), due: !e.delayed}
		if i > 0 {
			before := b.waiting[i-1].place
			p.due = p.due && before.due
			if before.effective.compare(p.effective) > 0 {
				p.effective = before.effective
			}
		}
		p.ready = p.due && i == 0 && b.running == 0
		if p == e.place {
			return
		}
		x.put(e, p)
	}
}

// put moves e to its new place in the orders.
func (x *index) put(e *entry, p place) {
	if e.place.due {
		x.due.remove(e, byRank)
	}
	if e.place.ready {
		o := x.ready[e.kind]
		o.remove(e, byRank)
		x.ready[e.kind] = o
	}
	e.place = p
	if p.due {
		x.due.insert(e, byRank)
	}
	if p.ready {
		o := x.ready[e.kind]
		o.insert(e, byRank)
		x.ready[e.kind] = o
	}
}

// advance lets the jobs whose time has come be claimed.
func (x *index) advance(now time.Time) {
	x.now = now
	for len(x.delayed) > 0 && !x.delayed[0].notBefore.After(now) {
		e := x.delayed[0]
		x.delayed = x.delayed[1:]
		e.delayed = false
		if b := x.boxes[e.mailbox]; b != nil {
			i, _ := b.find(e)
			x.refresh(b, i)
			continue
		}
		x.refresh(&mailbox{waiting: []*entry{e}}, 0)
	}
}

// next returns the job to claim among those of the given kinds, or nil.
func (x *index) next(kinds []string) *entry {
	var first *entry
	for _, kind := range kinds {
		o := x.ready[kind]
		if len(o) > 0 && (first == nil || byRank(o[0], first) < 0) {
			first = o[0]
		}
	}
	return first
}

// ahead is how many jobs would be claimed before e.
func (x *index) ahead(e *entry) int {
	i, _ := slices.BinarySearchFunc(x.due, e, byRank)
	return i
}

// order is a sorted list of entries.
type order []*entry

func (o *order) insert(e *entry, compare func(a, b *entry) int) {
	i, _ := slices.BinarySearchFunc(*o, e, compare)
	*o = slices.Insert(*o, i, e)
}

func (o *order) remove(e *entry, compare func(a, b *entry) int) {
	if i, found := slices.BinarySearchFunc(*o, e, compare); found {
		*o = slices.Delete(*o, i, i+1)
	}
}

// byRank breaks ties by id: jobs of a mailbox can share an effective rank.
func byRank(a, b *entry) int {
	return cmp.Or(a.place.effective.compare(b.place.effective), strings.Compare(a.id, b.id))
}

func bySoonest(a, b *entry) int {
	return cmp.Or(a.notBefore.Compare(b.notBefore), strings.Compare(a.id, b.id))
}
