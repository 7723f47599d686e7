package postgres

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

// claim implements [store.Claim].
type claim struct {
	worker *worker
	of     int64  // the row of the worker under whose lease it is
	token  string // in the record of the job for as long as the claim holds
	job    store.Job
	ctx    context.Context
	cancel context.CancelCauseFunc
	over   atomic.Bool // nothing may be written any more
}

func newClaim(w *worker, of int64, r *record) *claim {
	c := &claim{worker: w, of: of, token: r.token, job: r.Job}
	c.ctx, c.cancel = context.WithCancelCause(context.WithoutCancel(w.ctx))
	return c
}

// Job implements [store.Claim].
func (c *claim) Job() store.Job { return c.job }

// Commit implements [store.Claim].
func (c *claim) Commit(ctx context.Context, fn func(tx store.Tx) error) error {
	return c.write(ctx, nil, fn)
}

// Finish implements [store.Claim].
func (c *claim) Finish(ctx context.Context, state store.State, fn func(tx store.Tx) error) error {
	if state != store.Done && state != store.Failed && state != store.Cancelled {
		return errors.New("finish job: state " + string(state) + " is not final")
	}
	if fn == nil {
		fn = func(store.Tx) error { return nil }
	}
	err := c.write(ctx, &ending{claim: c, state: state}, fn)
	if err == nil {
		c.over.Store(true)
	}
	return err
}

// write runs fn in a transaction that holds the claim. A handler whose job was
// cancelled writes how it ended with the context it has, which has ended.
func (c *claim) write(ctx context.Context, end *ending, fn func(tx store.Tx) error) error {
	if c.over.Load() {
		return store.ErrFenced
	}
	if errors.Is(context.Cause(ctx), store.ErrCancelled) {
		ctx = context.WithoutCancel(ctx)
	}
	return c.worker.s.update(ctx, c, end, fn)
}

// finish writes how the run ended, unless Finish, a hard stop or the loss of the lease
// did.
func (c *claim) finish(err error) {
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
	c.persist("end job", func(r *record, ch *change) error {
		settle(r, ch, err)
		return nil
	})
	s.bell.work()
}

// settle says what becomes of a job whose handler returned err.
func settle(r *record, ch *change, err error) {
	v := kit.Settle(r.Job, r.cancelRequested, err)
	text := cleanText(v.LastError)
	if v.State == store.Queued {
		ch.requeue(v.Attempt, v.After, text)
		return
	}
	ch.end(v.State, text)
}

// persist writes what becomes of the job while the claim holds, trying again while it
// cannot be written, until the store closes: then the lease runs out and others take
// the job.
func (c *claim) persist(what string, decide func(r *record, ch *change) error) {
	s := c.worker.s
	for {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), patience)
		err := s.alter(ctx, c.job.ID, c.job.Mailbox, func(r *record, ch *change) error {
			if r.State != store.Running || r.token != c.token {
				return store.ErrFenced
			}
			return decide(r, ch)
		})
		cancel()
		if err == nil || errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrNotFound) {
			return
		}
		s.opts.Logger.Error(what, "job", c.job.ID, "error", err)
		again := time.NewTimer(retryWrite)
		select {
		case <-again.C:
		case <-s.closing:
			again.Stop()
			return
		}
	}
}
