package bolt

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

const (
	// retryWrite is how long the end of a job waits when it could not be written,
	// which is when the disk is full.
	retryWrite = time.Second
)

// worker is one call of Work. Store.mu guards busy and stopping.
type worker struct {
	s        *Store
	ctx      context.Context // of Work; its handlers' contexts outlive it
	handlers map[string]store.Handler
	kinds    []string
	slots    int

	busy     int
	stopping bool
	idle     chan struct{} // closed when stopping and nothing runs
}

// Work implements [store.Queue]. It returns ErrClosed when the store was closed
// before ctx ended. opts.Lease has no meaning here (see the package comment).
func (s *Store) Work(ctx context.Context, opts store.WorkOptions) error {
	w := newWorker(ctx, s, opts)
	if !s.join(w) {
		return store.ErrClosed
	}
	s.wakeWriter()
	var ended error
	select {
	case <-ctx.Done():
	case <-s.closing:
		ended = store.ErrClosed
	}
	s.leave(w)
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
	s.works.Done()
	<-w.idle
	return ended
}

func newWorker(ctx context.Context, s *Store, opts store.WorkOptions) *worker {
	w := &worker{
		s:        s,
		ctx:      ctx,
		handlers: maps.Clone(opts.Handlers),
		kinds:    slices.Sorted(maps.Keys(opts.Handlers)),
		slots:    opts.Concurrency,
		idle:     make(chan struct{}),
	}
	if w.slots <= 0 {
		w.slots = kit.DefaultConcurrency
	}
	return w
}

// join lets w be given jobs, unless the store is closed.
func (s *Store) join(w *worker) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed() {
		return false
	}
	s.works.Add(1)
	s.workers = append(s.workers, w)
	return true
}

// leave lets w be given no more jobs.
func (s *Store) leave(w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workers = slices.DeleteFunc(s.workers, func(other *worker) bool { return other == w })
	w.stopping = true
	if w.busy == 0 {
		close(w.idle)
	}
}

// free gives back a slot; the caller holds Store.mu.
func (w *worker) free() {
	w.busy--
	if w.stopping && w.busy == 0 {
		close(w.idle)
	}
}

// start runs a job whose claim is committed.
func (w *worker) start(c *claim) {
	w.s.mu.Lock()
	w.s.claims[c.id] = c
	w.s.mu.Unlock()
	go w.run(c)
}

func (w *worker) run(c *claim) {
	err := kit.ErrNoReturn
	defer func() { // runs also when the handler ends its goroutine
		c.end(err)
		w.s.mu.Lock()
		if w.s.claims[c.id] == c {
			delete(w.s.claims, c.id)
		}
		w.free()
		w.s.mu.Unlock()
		w.s.wakeWriter()
	}()
	err = kit.Run(c.ctx, w.handlers[c.job.Kind], c, w.s.opts.Logger)
}

// stopHard cancels the jobs that still run and gives them back to the queue. Their
// claims are fenced first, so that nothing they do from here on counts.
func (w *worker) stopHard() {
	var stopped []*claim
	w.s.persist("give back stopped jobs", func(tx *txn) error {
		// Only who holds the turn can know all claims: the commit before may just have
		// made some.
		fenced := w.fence()
		for _, c := range fenced {
			c.cancel(store.ErrStopped)
		}
		stopped = append(stopped, fenced...)
		for _, c := range stopped {
			if err := tx.giveBack(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// fence takes the jobs from the claims of w that are not ending already.
func (w *worker) fence() (fenced []*claim) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	for _, c := range w.s.claims {
		if c.worker == w && c.over.CompareAndSwap(false, true) {
			fenced = append(fenced, c)
		}
	}
	return fenced
}

func (t *txn) giveBack(c *claim) error {
	r, err := t.claimed(c)
	switch {
	case errors.Is(err, store.ErrFenced):
		return nil // it ended by itself
	case err != nil:
		return err
	case r.CancelRequested:
		return t.endJob(c.id, r, store.Cancelled)
	}
	r.Attempt--
	return t.requeue(c.id, r, time.Time{})
}

// persist writes what must be written, trying again while the disk is full, until
// the store closes: then the next process finds the jobs running and rescues them.
func (s *Store) persist(what string, fn func(tx *txn) error) {
	for {
		err := s.update(context.Background(), fn)
		if err == nil || errors.Is(err, store.ErrFenced) {
			return
		}
		s.opts.Logger.Error(what, "error", err)
		again := time.NewTimer(retryWrite)
		select {
		case <-again.C:
		case <-s.closing:
			again.Stop()
			return
		}
	}
}

// claim implements [store.Claim].
type claim struct {
	worker *worker
	id     string
	token  string // in the record of the job for as long as the claim holds
	job    store.Job
	ctx    context.Context
	cancel context.CancelCauseFunc
	over   atomic.Bool // nothing may be written any more
}

func newClaim(w *worker, id string) *claim {
	c := &claim{worker: w, id: id, token: rand.Text()}
	c.ctx, c.cancel = context.WithCancelCause(context.WithoutCancel(w.ctx))
	return c
}

// Job implements [store.Claim].
func (c *claim) Job() store.Job { return c.job }

// Commit implements [store.Claim].
func (c *claim) Commit(ctx context.Context, fn func(tx store.Tx) error) error {
	return c.write(ctx, func(tx *txn, _ *record) error { return fn(tx) })
}

// Finish implements [store.Claim].
func (c *claim) Finish(ctx context.Context, state store.State, fn func(tx store.Tx) error) error {
	if state != store.Done && state != store.Failed && state != store.Cancelled {
		return errors.New("finish job: state " + string(state) + " is not final")
	}
	err := c.write(ctx, func(tx *txn, r *record) error {
		if fn != nil {
			if err := fn(tx); err != nil {
				return err
			}
		}
		return tx.endJob(c.id, r, state)
	})
	if err == nil {
		c.over.Store(true)
	}
	return err
}

// write runs fn while the claim holds. A handler whose job was cancelled writes how
// it ended with the context it has, which has ended.
func (c *claim) write(ctx context.Context, fn func(tx *txn, r *record) error) error {
	if c.over.Load() {
		return store.ErrFenced
	}
	if errors.Is(context.Cause(ctx), store.ErrCancelled) {
		ctx = context.WithoutCancel(ctx)
	}
	return c.worker.s.update(ctx, func(tx *txn) error {
		r, err := tx.claimed(c)
		if err != nil {
			return err
		}
		return fn(tx, r)
	})
}

// end writes how the run ended, unless Finish or a hard stop did.
func (c *claim) end(err error) {
	defer c.cancel(nil)
	s := c.worker.s
	s.mu.Lock()
	mine := c.over.CompareAndSwap(false, true)
	if mine {
		s.works.Add(1) // Work is still counted: it would have fenced this claim first
	}
	s.mu.Unlock()
	if !mine {
		return
	}
	defer s.works.Done()
	s.persist("end job", func(tx *txn) error {
		r, gone := tx.claimed(c)
		if gone != nil {
			return gone
		}
		return tx.settle(c.id, r, err)
	})
}

// settle writes what becomes of a job whose handler returned err.
func (t *txn) settle(id string, r *record, err error) error {
	v := kit.Settle(r.job(id), r.CancelRequested, err)
	r.Attempt = v.Attempt
	if v.LastError != "" {
		r.LastError = v.LastError
	}
	if v.State == store.Queued {
		return t.requeue(id, r, t.now.Add(v.After))
	}
	return t.endJob(id, r, v.State)
}
