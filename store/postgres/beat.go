package postgres

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

// Leases are kept by the database's clock alone: those of the replicas may differ.
const (
	register = `INSERT INTO {s}.workers (process, lease, expires)
		VALUES ($1, $2::bigint * interval '1 microsecond', clock_timestamp() + $2::bigint * interval '1 microsecond') RETURNING id`
	// renew tells whether the lease had run out. Nobody has taken the jobs then, so the
	// worker keeps them.
	renew = `WITH old AS (SELECT id, expires < clock_timestamp() AS lapsed FROM {s}.workers WHERE id = $1)
		UPDATE {s}.workers w SET expires = clock_timestamp() + lease FROM old
		WHERE w.id = old.id AND NOT lost RETURNING lapsed`
	// markLost gives everybody a lease's time after a start of the server: nobody could
	// renew while it was down.
	markLost = `UPDATE {s}.workers SET lost = true
		WHERE NOT lost AND greatest(expires, pg_postmaster_start_time() + lease) < clock_timestamp()`
	lostJobs = `SELECT j.id, j.mailbox, j.token FROM {s}.workers w
		JOIN {s}.jobs j ON j.worker = w.id AND j.state = 'running' WHERE w.lost`
	forgetLost = `DELETE FROM {s}.workers w WHERE lost
		AND NOT EXISTS (SELECT FROM {s}.jobs j WHERE j.worker = w.id AND j.state = 'running')`
	unregister = "DELETE FROM {s}.workers w WHERE id = $1 AND NOT EXISTS (SELECT FROM {s}.jobs j WHERE j.worker = w.id AND j.state = 'running')"

	runningJobs   = "SELECT id, mailbox, token FROM {s}.jobs WHERE worker = $1 AND state = 'running'"
	cancelledJobs = "SELECT id FROM {s}.jobs WHERE worker = $1 AND state = 'running' AND cancel_requested"
)

// register makes the row that is the lease of w's jobs, and waits for it. It reports
// false when ctx ended or the store closed first.
func (w *worker) register(ctx context.Context) bool {
	for ctx.Err() == nil && !w.s.closed() {
		err := w.signUp(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			w.s.opts.Logger.Error("register worker", "error", err)
		}
		again := time.NewTimer(retryWrite)
		select {
		case <-again.C:
		case <-ctx.Done():
		case <-w.s.closing:
		}
		again.Stop()
	}
	return false
}

func (w *worker) signUp(ctx context.Context) error {
	host, _ := os.Hostname()
	process := host + "/" + strconv.Itoa(os.Getpid())
	var id int64
	err := w.s.patiently(ctx, func() error {
		return w.s.pool.QueryRow(ctx, w.s.q(register), process, w.lease.Microseconds()).Scan(&id)
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.id = id
	w.mu.Unlock()
	return nil
}

// unregister removes the row of w, unless jobs are still under it.
func (w *worker) unregister() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), writeTimeout)
	defer cancel()
	if _, err := w.s.pool.Exec(ctx, w.s.q(unregister), w.identity()); err != nil {
		w.s.opts.Logger.Warn("unregister worker", "error", err)
	}
}

func (w *worker) identity() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.id
}

// beatOn renews the lease three times as often as it runs out, until ctx ends.
func (w *worker) beatOn(ctx context.Context) {
	ticker := time.NewTicker(w.lease / 3)
	defer ticker.Stop()
	for {
		if err := w.beat(ctx); err != nil && ctx.Err() == nil {
			w.s.opts.Logger.Warn("renew lease", "error", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// beat renews the lease, sees which jobs of w somebody cancelled, and takes back the
// jobs of workers that fell silent. One whose own lease had run out judges nobody: what
// kept it silent may have kept the others.
func (w *worker) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, w.lease)
	defer cancel()
	id := w.identity()
	var lapsed bool
	err := w.s.pool.QueryRow(ctx, w.s.q(renew), id).Scan(&lapsed)
	if errors.Is(err, pgx.ErrNoRows) {
		return w.revive(ctx, id)
	}
	if err == nil {
		err = w.cancelRequested(ctx)
	}
	if err != nil || lapsed {
		return known(err)
	}
	return w.s.rescue(ctx)
}

// revive begins anew as a worker with nothing to do, after the one with the id was
// taken for dead. Its jobs are others' now.
func (w *worker) revive(ctx context.Context, id int64) error {
	w.reviving.Lock()
	defer w.reviving.Unlock()
	if w.identity() != id {
		return nil // it was noticed twice
	}
	w.s.opts.Logger.Error("this worker was taken for dead: it was silent for its lease", "lease", w.lease)
	for _, c := range w.held() {
		if c.of == id && c.over.CompareAndSwap(false, true) {
			c.cancel(store.ErrFenced)
		}
	}
	if err := w.signUp(ctx); err != nil {
		return err
	}
	kit.Signal(w.work)
	return nil
}

// cancelRequested ends the contexts of w's jobs that were cancelled, for the case that
// the notification was lost.
func (w *worker) cancelRequested(ctx context.Context) error {
	rows, err := w.s.pool.Query(ctx, w.s.q(cancelledJobs), w.identity())
	if err != nil {
		return known(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, id := range ids {
		w.s.cancelClaim(id)
	}
	return known(err)
}

// checkCancels looks for requests that were not heard of.
func (s *Store) checkCancels(ctx context.Context) {
	for _, w := range s.allWorkers() {
		if err := w.cancelRequested(ctx); err != nil {
			s.opts.Logger.Warn("look for cancelled jobs", "error", err)
		}
	}
}

// heldJob is a running job and the token of its claim.
type heldJob struct {
	id, token string
	mailbox   []byte
}

func (s *Store) heldJobs(ctx context.Context, statement string, args ...any) ([]heldJob, error) {
	rows, err := s.pool.Query(ctx, s.q(statement), args...)
	if err != nil {
		return nil, known(err)
	}
	jobs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (j heldJob, err error) {
		err = row.Scan(&j.id, &j.mailbox, &j.token)
		return j, err
	})
	return jobs, known(err)
}

// takeBack ends a claim from outside.
func (s *Store) takeBack(ctx context.Context, j heldJob, decide func(r *record, ch *change)) error {
	err := s.alter(ctx, j.id, string(j.mailbox), func(r *record, ch *change) error {
		if r.State != store.Running || r.token != j.token {
			return store.ErrFenced
		}
		decide(r, ch)
		return nil
	})
	if errors.Is(err, store.ErrFenced) || errors.Is(err, store.ErrNotFound) {
		return nil // it ended
	}
	return err
}

// rescue gives back the jobs of workers that were silent for their lease. The run
// counts: a job that brings down its process must not do so for ever. Several may
// rescue at once, and one that dies on the way leaves the rest to the next.
func (s *Store) rescue(ctx context.Context) error {
	marked, err := s.pool.Exec(ctx, s.q(markLost))
	if err != nil {
		return known(err)
	}
	if n := marked.RowsAffected(); n > 0 {
		s.opts.Logger.Warn("workers were silent for their lease", "workers", n)
	}
	jobs, err := s.heldJobs(ctx, lostJobs)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if err := s.takeBack(ctx, j, rescueJob); err != nil {
			return err
		}
		s.opts.Logger.Warn("took back the job of a lost worker", "job", j.id)
	}
	if len(jobs) > 0 {
		s.bell.work()
	}
	_, err = s.pool.Exec(ctx, s.q(forgetLost))
	return known(err)
}

func rescueJob(r *record, ch *change) {
	switch {
	case r.cancelRequested:
		ch.end(store.Cancelled, errLost.Error())
	case r.Attempt >= r.MaxAttempts:
		ch.end(store.Failed, errLost.Error())
	default:
		ch.requeue(r.Attempt, 0, errLost.Error())
	}
}

// giveBackStrays puts back the jobs that a claim took whose answer was lost. They never
// ran, so it costs them no attempt.
func (w *worker) giveBackStrays(ctx context.Context) error {
	jobs, err := w.s.heldJobs(ctx, runningJobs, w.identity())
	if err != nil {
		return err
	}
	w.mu.Lock()
	var strays []heldJob
	for _, j := range jobs {
		if c := w.claims[j.id]; c == nil || c.token != j.token {
			strays = append(strays, j)
		}
	}
	w.mu.Unlock()
	for _, j := range strays {
		err := w.s.takeBack(ctx, j, func(r *record, ch *change) { ch.requeue(r.Attempt-1, 0, "") })
		if err != nil {
			return err
		}
	}
	return nil
}
