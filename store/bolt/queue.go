package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

const (
	// idleCheck is how long the writer sleeps when no delayed job waits.
	idleCheck = time.Hour
)

// errLost is kept with a job whose process died while it ran.
var errLost = errors.New("the process ended while the job was running")

// Enqueue implements [store.Tx]. A job without an owner has priority 1.
func (t *txn) Enqueue(n store.NewJob) (id string, added bool, err error) {
	if err := kit.CheckKind(n.Kind); err != nil {
		return "", false, fmt.Errorf("enqueue: %w", err)
	}
	if n.Unique != "" {
		known, err := t.get(bucketUnique, []byte(n.Unique))
		if err == nil {
			return string(known), false, nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return "", false, fmt.Errorf("enqueue: %w", err)
		}
	}
	if id, err = t.s.ids.next(t.now); err != nil {
		return "", false, err
	}
	if n.Unique != "" {
		if err := t.put(bucketUnique, []byte(n.Unique), []byte(id)); err != nil {
			return "", false, fmt.Errorf("enqueue: %w", err)
		}
	}
	return id, true, t.putJob(id, t.newRecord(n))
}

func (t *txn) newRecord(n store.NewJob) *record {
	r := &record{
		Kind: n.Kind, Unique: n.Unique, Mailbox: n.Mailbox, Owner: n.Owner, Payload: n.Payload,
		Background: n.Background, Priority: 1, State: store.Queued,
		MaxAttempts: n.MaxAttempts, EnqueuedAt: t.now,
	}
	if r.MaxAttempts <= 0 {
		r.MaxAttempts = kit.DefaultMaxAttempts
	}
	if !n.NotBefore.IsZero() {
		r.NotBefore = n.NotBefore.Round(0).UTC()
	}
	if n.Owner != "" {
		t.s.mu.Lock()
		r.Priority = t.s.index.owners[n.Owner] + 1
		t.s.mu.Unlock()
	}
	return r
}

// requeue puts a running job back.
func (t *txn) requeue(id string, r *record, notBefore time.Time) error {
	r.State, r.Token, r.NotBefore = store.Queued, "", notBefore
	return t.putJob(id, r)
}

// Cancel implements [store.Queue].
func (s *Store) Cancel(ctx context.Context, id string) error {
	if s.closed() {
		return store.ErrClosed
	}
	return s.update(ctx, func(tx *txn) error {
		r, err := tx.job(id)
		if err != nil {
			return err
		}
		switch r.State {
		case store.Queued:
			return tx.endJob(id, r, store.Cancelled)
		case store.Running:
			// Written down too, so that a job whose process dies now is not run again.
			r.CancelRequested = true
			tx.after = append(tx.after, func() { s.cancelClaim(id) })
			return tx.putJob(id, r)
		}
		return nil
	})
}

func (s *Store) cancelClaim(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.claims[id]; c != nil {
		c.cancel(store.ErrCancelled)
	}
}

// Peek implements [store.Queue]. A job that must wait, for its time or for a
// delayed one before it in its mailbox, is told how many would be claimed before
// it if it were due now.
func (s *Store) Peek(ctx context.Context, id string) (job store.Job, ahead int, err error) {
	err = s.view(ctx, func(tx *readTxn) error {
		r, err := tx.job(id)
		if err != nil {
			return err
		}
		job = r.job(id)
		return nil
	})
	if err != nil || job.State != store.Queued {
		return job, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.index.jobs[id]; e != nil && !e.running {
		ahead = s.index.ahead(e)
	}
	return job, ahead, nil
}

// reload builds the index from the file.
func (s *Store) reload() error {
	tx, err := s.db.Begin(false)
	if err != nil {
		return known(err)
	}
	defer func() { _ = tx.Rollback() }()
	now := s.now()
	x := newIndex(now)
	err = tx.Bucket(bucketJobs).ForEach(func(id, sealed []byte) error {
		value, err := unseal(id, sealed)
		if err != nil {
			return err
		}
		r, err := decodeRecord(id, value)
		if err != nil {
			return err
		}
		e := r.entry(string(id))
		if r.StartedAt.After(now) {
			// The clock was set back since the job ran: the delay of its retry would last
			// as long as the clock was wrong.
			e.notBefore = time.Time{}
		}
		x.set(string(id), e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read queue: %w", err)
	}
	s.mu.Lock()
	s.index = x
	s.mu.Unlock()
	return s.ids.startAfter(latestID(tx))
}

func latestID(tx *bbolt.Tx) []byte {
	waiting, _ := tx.Bucket(bucketJobs).Cursor().Last()
	ended, _ := tx.Bucket(bucketEnded).Cursor().Last()
	return laterID(waiting, ended)
}

// rescue gives back the jobs that were running when the last process ended. The
// run counts: a job that brings down its process must not do so for ever.
func (s *Store) rescue() error {
	var lost []string
	for id, e := range s.index.jobs {
		if e.running {
			lost = append(lost, id)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	slices.Sort(lost)
	bolt, err := s.db.Begin(true)
	if err != nil {
		return known(err)
	}
	tx := &txn{readTxn: readTxn{ctx: context.Background(), bolt: bolt}, s: s, now: s.now()}
	for _, id := range lost {
		if err := tx.rescueJob(id); err != nil {
			_ = bolt.Rollback()
			return err
		}
	}
	s.opts.Logger.Warn("took back jobs of a process that died", "jobs", len(lost))
	return known(bolt.Commit())
}

func (t *txn) rescueJob(id string) error {
	r, err := t.job(id)
	if err != nil {
		return err
	}
	r.LastError = errLost.Error()
	switch {
	case r.CancelRequested:
		return t.endJob(id, r, store.Cancelled)
	case r.Attempt >= r.MaxAttempts:
		return t.endJob(id, r, store.Failed)
	}
	return t.requeue(id, r, time.Time{})
}

// claimable says whether some free worker has a job to claim.
func (s *Store) claimable() bool {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.advance(now)
	w, _ := s.match()
	return w != nil
}

// match returns a worker with a free slot and the job it should run.
func (s *Store) match() (*worker, *entry) {
	for _, w := range s.workers {
		if w.busy >= w.slots || w.ctx.Err() != nil {
			continue
		}
		if e := s.index.next(w.kinds); e != nil {
			return w, e
		}
	}
	return nil, nil
}

// claimJobs marks as running what free workers can take, and takes their slots.
func (t *txn) claimJobs() (claims []*claim, err error) {
	for {
		t.s.mu.Lock()
		w, e := t.s.match()
		if w != nil {
			w.busy++
		}
		t.s.mu.Unlock()
		if w == nil {
			return claims, nil
		}
		c := newClaim(w, e.id)
		claims = append(claims, c)
		if err := t.claimJob(c); err != nil {
			return claims, err
		}
	}
}

func (t *txn) claimJob(c *claim) error {
	r, err := t.job(c.id)
	if err != nil {
		return err
	}
	r.State, r.StartedAt, r.Token = store.Running, t.now, c.token
	r.Attempt++
	c.job = r.job(c.id)
	return t.putJob(c.id, r)
}

// claimed returns the record of c's job, or ErrFenced when it is not c's any more.
func (t *txn) claimed(c *claim) (*record, error) {
	r, err := t.job(c.id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, store.ErrFenced
	}
	if err == nil && (r.State != store.Running || r.Token != c.token) {
		return nil, store.ErrFenced
	}
	return r, err
}

// untilDue is when the writer must look for delayed jobs again.
func (s *Store) untilDue() time.Duration {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.index.delayed) == 0 {
		return idleCheck
	}
	return max(0, s.index.delayed[0].notBefore.Sub(now))
}

// wakeWriter lets the writer look for jobs to claim.
func (s *Store) wakeWriter() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
