package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

const (
	defaultLease = 15 * time.Second

	// pollEvery is how often a worker looks for jobs that nobody told it of.
	pollEvery = 2 * time.Second

	// retryWrite is how long the end of a job waits when it could not be written.
	retryWrite = time.Second
)

const (
	// isAlive keeps the worker from being declared lost until the claim is committed.
	isAlive = "SELECT 1 / count(*) FROM (SELECT FROM {s}.workers WHERE id = $1 AND NOT lost FOR SHARE) w"
	// inOrder has jobs read in the order of their index. A scan that collects first would
	// also visit, each time anew, the entries that claimed jobs left behind in it.
	inOrder = "SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true)"
	// makeDue lets jobs be claimed whose time has come.
	makeDue = `UPDATE {s}.jobs SET state = 'ready' WHERE id IN (SELECT id FROM {s}.jobs
		WHERE state = 'delayed' AND not_before <= coalesce($1::bigint, {clock}) ORDER BY not_before LIMIT 500 FOR UPDATE SKIP LOCKED)`
	claimJobs = `WITH c AS (SELECT id AS next FROM {s}.jobs WHERE state = 'ready' AND kind = ANY($2::text[])
			ORDER BY background, priority, seq LIMIT $3 FOR UPDATE SKIP LOCKED)
		UPDATE {s}.jobs SET state = 'running', attempt = attempt + 1, started_at = coalesce($5::bigint, {clock}),
			worker = $1, token = $4, cancel_requested = false
		FROM c WHERE id = next RETURNING {job}`
	// untilDue is how long the next delayed job waits, in nanoseconds.
	untilDue = "SELECT min(not_before) - coalesce($1::bigint, {clock}) FROM {s}.jobs WHERE state = 'delayed'"
)

// worker is one call of Work.
type worker struct {
	s        *Store
	ctx      context.Context // of Work; its handlers' contexts outlive it
	handlers map[string]store.Handler
	kinds    []string
	slots    int
	lease    time.Duration

	reviving sync.Mutex

	work  chan struct{} // there may be jobs
	freed chan struct{} // a slot became free

	// mu guards what follows.
	mu       sync.Mutex
	id       int64             // of its row, which is the lease
	claims   map[string]*claim // job id → the claim that runs it
	busy     int
	stopping bool
	idle     chan struct{} // closed when stopping and nothing runs

	// The next two belong to the loop that claims.
	drained bool // the last claim left no job that it could have taken
	// checked is when it last saw that it runs all that is claimed in its name: a claim
	// whose connection broke may be committed later than anybody could ask. Zero is at once.
	checked time.Time
}

// Work implements [store.Queue]. It returns ErrClosed when the store was closed
// before ctx ended.
func (s *Store) Work(ctx context.Context, opts store.WorkOptions) error {
	w := newWorker(ctx, s, opts)
	if !s.join(w) {
		return store.ErrClosed
	}
	beating, stopBeating := context.WithCancel(context.WithoutCancel(ctx))
	var beats sync.WaitGroup
	if w.register(ctx) {
		beats.Go(func() { w.beatOn(beating) })
		w.claimOn()
	}
	var ended error
	if ctx.Err() == nil {
		ended = store.ErrClosed
	}
	w.leave()
	soft := opts.SoftStop
	if soft <= 0 {
		soft = kit.DefaultSoftStop
	}
	limit := time.NewTimer(soft)
	defer limit.Stop()
	select {
	case <-w.idle:
	case <-limit.C:
		w.stopHard()
	case <-s.closing:
		w.stopHard()
	}
	stopBeating()
	beats.Wait()
	w.unregister()
	s.works.Done()
	<-w.idle
	s.mu.Lock()
	delete(s.workers, w)
	s.mu.Unlock()
	return ended
}

func newWorker(ctx context.Context, s *Store, opts store.WorkOptions) *worker {
	return &worker{
		s:        s,
		ctx:      ctx,
		handlers: maps.Clone(opts.Handlers),
		kinds:    slices.Sorted(maps.Keys(opts.Handlers)),
		slots:    positive(opts.Concurrency, kit.DefaultConcurrency),
		lease:    positive(opts.Lease, defaultLease),
		work:     make(chan struct{}, 1),
		freed:    make(chan struct{}, 1),
		claims:   map[string]*claim{},
		idle:     make(chan struct{}),
	}
}

func positive[N int | time.Duration](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}

// join lets w be woken, unless the store is closed.
func (s *Store) join(w *worker) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed() {
		return false
	}
	s.works.Add(1)
	s.workers[w] = struct{}{}
	return true
}

// leave says that w claims no more.
func (w *worker) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopping = true
	if w.busy == 0 {
		close(w.idle)
	}
}

// wakeWorkers lets the workers of this process look for jobs.
func (s *Store) wakeWorkers() {
	for _, w := range s.allWorkers() {
		kit.Signal(w.work)
	}
}

func (s *Store) allWorkers() []*worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.workers))
}

// cancelClaim ends the context of the job where it runs in this process.
func (s *Store) cancelClaim(id string) {
	for _, w := range s.allWorkers() {
		w.mu.Lock()
		if c := w.claims[id]; c != nil {
			c.cancel(store.ErrCancelled)
		}
		w.mu.Unlock()
	}
}

// claimOn claims jobs until ctx ends or the store closes.
func (w *worker) claimOn() {
	look := time.NewTimer(0)
	defer look.Stop()
	for {
		select {
		case <-w.work:
			w.drained = false
		case <-look.C:
			w.drained = false
		case <-w.freed:
		case <-w.ctx.Done():
			return
		case <-w.s.closing:
			return
		}
		if w.drained || w.ctx.Err() != nil {
			continue
		}
		next, err := w.claimSome()
		if err != nil && !w.s.closed() {
			w.s.opts.Logger.Error("claim jobs", "error", err)
			next = retryWrite
		}
		look.Reset(next)
	}
}

// claimSome claims as many jobs as there are free slots and returns when to look again
// at the latest.
func (w *worker) claimSome() (next time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), writeTimeout)
	defer cancel()
	if time.Since(w.checked) > w.lease {
		if err := w.giveBackStrays(ctx); err != nil {
			return 0, err
		}
		w.checked = time.Now()
	}
	w.mu.Lock()
	id, free := w.id, w.slots-w.busy
	w.mu.Unlock()
	if free == 0 {
		return pollEvery, nil
	}
	cancels := w.s.bell.cancelCount()
	jobs, next, err := w.take(ctx, id, free)
	switch {
	case errors.Is(err, store.ErrFenced):
		return 0, w.revive(ctx, id)
	case err != nil:
		w.checked = time.Time{}
		return 0, err
	}
	w.drained = len(jobs) < free
	for _, r := range jobs {
		w.start(id, r)
	}
	if len(jobs) > 0 {
		w.s.ahead.changed()
	}
	if w.s.bell.cancelCount() != cancels {
		return next, w.cancelRequested(ctx)
	}
	return next, nil
}

// take claims jobs under a new token, in one statement after the other of one
// transaction that is sent at once.
func (w *worker) take(ctx context.Context, id int64, free int) (jobs []*record, next time.Duration, err error) {
	now := w.s.now()
	f := &flush{s: w.s}
	f.add(store.ErrFenced, isAlive, id)
	f.add(nil, inOrder)
	f.add(nil, makeDue, now)
	f.add(nil, claimJobs, id, w.kinds, free, rand.Text(), now).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			r, err := scanRecord(rows)
			if err != nil {
				return err
			}
			jobs = append(jobs, r)
		}
		return rows.Err()
	})
	next = pollEvery
	f.add(nil, untilDue, now).QueryRow(func(row pgx.Row) error {
		var ns *int64
		err := row.Scan(&ns)
		if ns != nil {
			next = min(next, max(0, time.Duration(*ns)))
		}
		return err
	})
	conn, err := w.s.pool.Acquire(ctx)
	if err != nil {
		return nil, 0, known(err)
	}
	defer conn.Release()
	if err := f.send(ctx, conn.Conn()); err != nil {
		return nil, 0, known(err)
	}
	slices.SortFunc(jobs, func(a, b *record) int {
		return cmp.Or(compareBool(a.Background, b.Background), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
	})
	return jobs, next, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// start runs a job whose claim is committed.
func (w *worker) start(worker int64, r *record) {
	c := newClaim(w, worker, r)
	w.mu.Lock()
	w.busy++
	w.claims[c.job.ID] = c
	w.mu.Unlock()
	go w.run(c)
}

func (w *worker) run(c *claim) {
	err := kit.ErrNoReturn
	defer func() { // runs also when the handler ends its goroutine
		c.finish(err)
		w.mu.Lock()
		if w.claims[c.job.ID] == c {
			delete(w.claims, c.job.ID)
		}
		w.busy--
		if w.stopping && w.busy == 0 {
			close(w.idle)
		}
		w.mu.Unlock()
		kit.Signal(w.freed)
	}()
	err = kit.Run(c.ctx, w.handlers[c.job.Kind], c, w.s.opts.Logger)
}

// held are the claims that w knows of.
func (w *worker) held() []*claim {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Values(w.claims))
}

// stopHard cancels the jobs that still run and gives them back to the queue. Their
// claims are fenced first, so that nothing they do from here on counts.
func (w *worker) stopHard() {
	var stopped []*claim
	for _, c := range w.held() {
		if c.over.CompareAndSwap(false, true) {
			c.cancel(store.ErrStopped)
			stopped = append(stopped, c)
		}
	}
	for _, c := range stopped {
		c.persist("give back stopped job", func(r *record, ch *change) error {
			if r.cancelRequested {
				ch.end(store.Cancelled, "")
			} else {
				ch.requeue(r.Attempt-1, 0, "")
			}
			return nil
		})
	}
	if len(stopped) > 0 {
		w.s.bell.work()
	}
}
