package postgres

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// Reading the order anew takes about this long, and aheadShare bounds the part of the
	// time that is spent on it: a tenth, however long the queue and however often it
	// changes. What it took by the clock would say more about who else is at work.
	aheadCost    = time.Millisecond
	aheadCostJob = 3 * time.Microsecond
	aheadShare   = 10
	// aheadWait is how long somebody who asks is kept waiting for a newer order when
	// there is an older one that knows the job.
	aheadWait = 50 * time.Millisecond
	// aheadAge is how old an order may be that nobody called out of date.
	aheadAge = 2 * time.Second
)

// ahead answers how many jobs are before another, from an order of claims that all who
// ask in this process share. It is read anew after a change, here or in another
// process, but never more often than aheadShare allows: under load the order that
// somebody is told may be some hundred milliseconds old.
type ahead struct {
	s *Store

	mu      sync.Mutex
	changes int // counts what made the order out of date
	order   *order
	loading chan struct{} // closed when the order that is being read is there
}

// order is the order of claims at a moment.
type order struct {
	changes int
	taken   time.Time
	cost    time.Duration
	until   time.Time // when a delayed job becomes due
	before  map[string]int
}

func newAhead(s *Store) *ahead { return &ahead{s: s} }

// changed says that the order is not what it was.
func (a *ahead) changed() {
	a.mu.Lock()
	a.changes++
	a.mu.Unlock()
}

// of is how many jobs are before the one with the id, 0 when it does not wait.
func (a *ahead) of(ctx context.Context, id string) (int, error) {
	for {
		n, known, wait := a.look(id, time.Now())
		if known {
			return n, nil
		}
		if wait == nil {
			if err := a.load(ctx); err != nil {
				return 0, err
			}
			continue
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// look answers from the order there is, or says what to wait for; nil when it is the
// caller's turn to read the order.
func (a *ahead) look(id string, now time.Time) (n int, known bool, wait chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if o := a.order; o != nil {
		n, found := o.before[id]
		fresh := o.changes == a.changes && now.Before(o.until)
		if fresh || found && o.next().Sub(now) > aheadWait {
			return n, true, nil
		}
	}
	if a.loading != nil {
		return 0, false, a.loading
	}
	a.loading = make(chan struct{})
	return 0, false, nil
}

// next is when the order may be read again.
func (o *order) next() time.Time { return o.taken.Add((aheadShare - 1) * o.cost) }

// load reads the order for everybody who waits for it.
func (a *ahead) load(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	a.mu.Lock()
	old := a.order
	a.mu.Unlock()
	if old != nil {
		pause := time.NewTimer(time.Until(old.next()))
		select {
		case <-pause.C:
		case <-a.s.closing:
			pause.Stop()
		}
	}
	a.mu.Lock()
	changes := a.changes
	a.mu.Unlock()
	var fresh *order
	err = a.s.patiently(ctx, func() (err error) { fresh, err = a.s.readOrder(ctx); return err })
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		fresh.changes = changes
		a.order = fresh
	}
	close(a.loading)
	a.loading = nil
	return err
}

// readQueued gives the jobs that wait, those of a mailbox in their order.
const readQueued = `SELECT id, seq, mailbox, background, priority, CASE WHEN not_before > now THEN not_before - now ELSE 0 END FROM (
		SELECT id, seq, mailbox, background, priority, not_before FROM {s}.jobs WHERE state = 'ready'
		UNION ALL SELECT id, seq, mailbox, background, priority, not_before FROM {s}.jobs WHERE state = 'boxed'
		UNION ALL SELECT id, seq, mailbox, background, priority, not_before FROM {s}.jobs WHERE state = 'delayed') j,
	(SELECT coalesce($1::bigint, {clock}) AS now) c ORDER BY seq`

// rank says which of two jobs goes first when both may.
type rank struct {
	background bool
	priority   int
	seq        int64
}

func (a rank) compare(b rank) int {
	if a.background != b.background {
		if b.background {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.seq, b.seq))
}

// place is where a job stands in the order of claims, if every job ended the moment it
// began: the jobs of a mailbox, which go one after the other, come out at the greatest
// rank among themselves and those before them.
type place struct {
	effective rank
	seq       int64
	due       bool // it could run if those before it were gone
}

func (a place) compare(b place) int {
	return cmp.Or(a.effective.compare(b.effective), cmp.Compare(a.seq, b.seq))
}

func (s *Store) readOrder(ctx context.Context) (*order, error) {
	o := &order{taken: time.Now(), before: map[string]int{}}
	o.until = o.taken.Add(aheadAge)
	rows, err := s.pool.Query(ctx, s.q(readQueued), s.now())
	if err != nil {
		return nil, err
	}
	places := map[string]place{}
	tails := map[string]place{} // mailbox → the last job met
	var due []place
	var id string
	var box []byte
	var r rank
	var wait int64
	_, err = pgx.ForEachRow(rows, []any{&id, &r.seq, &box, &r.background, &r.priority, &wait}, func() error {
		p := place{effective: r, seq: r.seq, due: wait == 0}
		if wait > 0 {
			o.until = earlier(o.until, o.taken.Add(time.Duration(wait)))
		}
		if box != nil {
			if tail, there := tails[string(box)]; there {
				p.due = p.due && tail.due
				if tail.effective.compare(p.effective) > 0 {
					p.effective = tail.effective
				}
			}
			tails[string(box)] = p
		}
		places[id] = p
		if p.due {
			due = append(due, p)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(due, place.compare)
	for id, p := range places {
		o.before[id], _ = slices.BinarySearchFunc(due, p, place.compare)
	}
	o.cost = aheadCost + time.Duration(len(places))*aheadCostJob
	return o, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
