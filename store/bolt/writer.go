package bolt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/bapsang/bapsang/store"
)

// maxBatch bounds how many updates share a commit, so that the first of them is not
// kept waiting by a crowd.
const maxBatch = 512

// request is an update that waits for its turn. Its function runs on its caller's
// goroutine, where a panic belongs, while the writer waits.
type request struct {
	ctx  context.Context
	turn chan *txn
	ran  chan error
	done chan error // receives how the commit ended, or why there was no turn
}

var errAborted = errors.New("update function did not return")

// update runs fn in a transaction that is durable when update returns nil.
func (s *Store) update(ctx context.Context, fn func(tx *txn) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r := &request{ctx: ctx, turn: make(chan *txn), ran: make(chan error), done: make(chan error, 1)}
	select {
	case s.requests <- r:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.writerDone:
		return store.ErrClosed
	}
	select {
	case tx := <-r.turn:
		r.run(tx, fn)
		return <-r.done
	case err := <-r.done:
		return err
	}
}

// run hands the turn back also when fn panics or ends its goroutine.
func (r *request) run(tx *txn, fn func(tx *txn) error) {
	err := errAborted
	defer func() { r.ran <- err }()
	err = fn(tx)
}

// write is the only goroutine that begins writing transactions. A commit takes in
// everything that waits when it begins, so under load the wait for the disk is
// shared, and without load nobody waits for company.
func (s *Store) write() {
	defer close(s.writerDone)
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		var err error
		select {
		case r := <-s.requests:
			err = s.writeBatch(r)
		case <-s.wake:
			err = s.writeBatch(nil)
		case <-due.C:
			err = s.writeBatch(nil)
		case <-s.writerStop:
			return
		}
		if err != nil {
			due.Reset(retryWrite) // nobody else comes for jobs that were not claimed
			continue
		}
		due.Reset(s.untilDue())
	}
}

// batch is one commit in the making.
type batch struct {
	s      *Store
	bolt   *bbolt.Tx
	done   []*txn
	owners []*request
	// refused ended in an error of their own, and may have read what is not durable yet.
	refused []refusal
	broken  error // why nothing of the batch can be committed
}

// refusal is an update that ended in an error of its own.
type refusal struct {
	r   *request
	err error
}

// writeBatch commits what waits, first at least, and returns why it could not.
func (s *Store) writeBatch(first *request) error {
	if first == nil && !s.claimable() {
		return nil
	}
	bolt, err := s.db.Begin(true)
	if err != nil {
		if first != nil {
			first.done <- known(err)
		}
		return known(err)
	}
	b := &batch{s: s, bolt: bolt}
	for r := first; r != nil && b.broken == nil; r = b.nextRequest() {
		b.serve(r)
	}
	started := b.claim()
	err = b.commit()
	if err != nil {
		s.opts.Logger.Error("write", "updates", len(b.owners), "claims", len(started), "error", err)
		s.resync()
		s.release(started)
	} else {
		b.publish()
		for _, c := range started {
			c.worker.start(c)
		}
	}
	for _, r := range b.owners {
		r.done <- err
	}
	for _, no := range b.refused {
		if err != nil {
			no.err = err // it may have refused for what never came to be
		}
		no.r.done <- no.err
	}
	return err
}

// nextRequest returns an update that already waits, or nil.
func (b *batch) nextRequest() *request {
	if len(b.owners) >= maxBatch {
		return nil
	}
	select {
	case r := <-b.s.requests:
		return r
	default:
		return nil
	}
}

func (b *batch) txn(ctx context.Context) *txn {
	return &txn{readTxn: readTxn{ctx: ctx, bolt: b.bolt}, s: b.s, now: b.s.now()}
}

// serve gives the turn to r and keeps or takes back what it did.
func (b *batch) serve(r *request) {
	tx := b.txn(r.ctx)
	r.turn <- tx
	err := <-r.ran
	tx.bolt = nil
	if err == nil {
		b.done = append(b.done, tx)
		b.owners = append(b.owners, r)
		return
	}
	if undoErr := tx.rollBack(); undoErr != nil {
		b.broken = fmt.Errorf("take back a failed update: %w", undoErr)
	}
	if b.changed() {
		b.refused = append(b.refused, refusal{r, err})
		return
	}
	r.done <- err
}

// claim takes jobs for free workers, in the same commit that enqueued them when it
// can. If it cannot, the updates of the batch are committed all the same.
func (b *batch) claim() []*claim {
	if b.broken != nil || !b.s.claimable() {
		return nil
	}
	tx := b.txn(context.Background())
	claims, err := tx.claimJobs()
	if err != nil {
		b.s.opts.Logger.Error("claim jobs", "error", err)
		b.s.release(claims)
		claims = nil
		b.broken = tx.rollBack()
	}
	tx.bolt = nil
	b.done = append(b.done, tx)
	return claims
}

func (b *batch) commit() error {
	if b.broken != nil {
		_ = safely(b.bolt.Rollback)
		return b.broken
	}
	if !b.changed() {
		return known(b.bolt.Rollback())
	}
	if err := safely(b.bolt.Commit); err != nil {
		_ = safely(b.bolt.Rollback) // does nothing unless Commit panicked on its way
		return fmt.Errorf("commit: %w", known(err))
	}
	return nil
}

func (b *batch) changed() bool {
	for _, tx := range b.done {
		if tx.writes > 0 {
			return true
		}
	}
	return false
}

// publish tells everybody what the commit means to them.
func (b *batch) publish() {
	for _, tx := range b.done {
		for _, fn := range tx.after {
			fn()
		}
		for _, topic := range tx.topics {
			b.s.topics.Notify(topic)
		}
	}
}

// resync makes memory agree with the file again after a commit that failed.
func (s *Store) resync() {
	if err := safely(s.reload); err != nil {
		s.opts.Logger.Error("read queue after failed commit", "error", err)
	}
}

// release frees the slots of jobs that were not claimed after all.
func (s *Store) release(claims []*claim) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range claims {
		c.worker.free()
	}
}

func (s *Store) now() time.Time { return s.opts.Now().Round(0).UTC() }
