package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/bapsang/bapsang/store"
)

func stopTests() map[string]func(t *testing.T, s Subject) {
	return map[string]func(t *testing.T, s Subject){
		"a soft stop lets jobs end":           softStop,
		"a hard stop gives jobs back":         hardStop,
		"a hard stop ends what was cancelled": hardStopOfCancelled,
		"a crash gives jobs back":             crash,
		"a crash uses up attempts":            crashUsesAttempts,
		"a crash keeps a cancel":              crashKeepsCancel,
		"closing gives jobs back":             closingGivesBack,
	}
}

// hold runs a job until the test releases it; the claim is given out.
type hold struct {
	claims  chan store.Claim
	release chan struct{}
	causes  chan error // why the context had ended when the job was released, if it had
}

func newHold() *hold {
	return &hold{claims: make(chan store.Claim, 10), release: make(chan struct{}), causes: make(chan error, 10)}
}

func (h *hold) handler(ctx context.Context, c store.Claim) error {
	h.claims <- c
	<-h.release
	h.causes <- context.Cause(ctx)
	return ctx.Err()
}

// begin starts Work on a goroutine of its own and returns what stops and ends it.
func begin(t testing.TB, s store.Queue, opts store.WorkOptions) (stop context.CancelFunc, ended chan error) {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ended = make(chan error, 1)
	if opts.Lease == 0 {
		opts.Lease = longLease
	}
	go func() { ended <- s.Work(ctx, opts) }()
	return cancel, ended
}

func softStop(t *testing.T, s Subject) {
	ids := enqueue(t, s, ask("u", ""), ask("v", ""))
	h := newHold()
	opts := handle(1, h.handler)
	opts.SoftStop = patience
	stop, ended := begin(t, s, opts)
	receive(t, h.claims, "claim")
	stop()
	select {
	case err := <-ended:
		t.Fatalf("Work returned while a job ran: %v", err)
	default:
	}
	close(h.release)
	must(t, receive(t, ended, "end of Work"))
	if cause := <-h.causes; cause != nil {
		t.Errorf("the context ended: %v", cause)
	}
	if job := peek(t, s, ids[0]); job.State != store.Done {
		t.Errorf("the running job is %s", job.State)
	}
	if job := peek(t, s, ids[1]); job.State != store.Queued || job.Attempt != 0 {
		t.Errorf("the waiting job: %+v", job)
	}
}

func hardStop(t *testing.T, s Subject) {
	job := once()
	job.Mailbox = "room"
	ids := enqueue(t, s, job, ask("v", "room"))
	h := newHold()
	opts := handle(1, h.handler)
	opts.SoftStop = time.Millisecond
	stop, ended := begin(t, s, opts)
	zombie := receive(t, h.claims, "claim")
	stop()
	if job := await(t, s, ids[0], store.Queued); job.Attempt != 0 || job.LastError != "" {
		t.Errorf("stopped job: %+v", job)
	}
	wantFenced(t, zombie)
	close(h.release)
	must(t, receive(t, ended, "end of Work"))
	wantError(t, <-h.causes, store.ErrStopped)
	if job := peek(t, s, ids[0]); job.State != store.Queued || job.Attempt != 0 {
		t.Errorf("stopped job after its handler returned: %+v", job)
	}
	wantList(t, names(t, s, 2, 2), "", "vroom")
	await(t, s, ids[0], store.Done)
}

func hardStopOfCancelled(t *testing.T, s Subject) {
	id := enqueue(t, s, ask("u", ""))[0]
	h := newHold()
	opts := handle(1, h.handler)
	opts.SoftStop = time.Millisecond
	stop, ended := begin(t, s, opts)
	receive(t, h.claims, "claim")
	must(t, s.Cancel(t.Context(), id))
	stop()
	await(t, s, id, store.Cancelled)
	close(h.release)
	must(t, receive(t, ended, "end of Work"))
	wantError(t, <-h.causes, store.ErrCancelled)
}

// crashed runs the job in a subject that then crashes, and returns the claim, the
// store after the crash, and what lets the zombie go.
func crashed(t *testing.T, s Subject, before func(id string), job store.NewJob) (zombie store.Claim, after Subject, id string, letGo func()) {
	id = enqueue(t, s, job)[0]
	h := newHold()
	stop, ended := begin(t, s, watchful(handle(1, h.handler)))
	zombie = receive(t, h.claims, "claim")
	before(id)
	after = s.Crash(t)
	return zombie, after, id, func() {
		stop()
		close(h.release)
		_ = receive(t, ended, "end of Work") // its store is gone, as a driver may say
	}
}

func crash(t *testing.T, s Subject) {
	zombie, s, id, letGo := crashed(t, s, func(string) {}, ask("u", "room"))
	defer letGo()
	next := enqueue(t, s, ask("v", "room"))[0]
	runs := make(chan store.Job, 2)
	work(t, s, watchful(handle(2, func(ctx context.Context, c store.Claim) error {
		runs <- c.Job()
		return c.Finish(ctx, store.Done, func(tx store.Tx) error { return tx.Put("note", "answer "+c.Job().ID, nil) })
	})))
	if job := receive(t, runs, "run after the crash"); job.ID != id || job.Attempt != 2 {
		t.Errorf("first run after the crash: %+v", job)
	}
	if job := receive(t, runs, "second run"); job.ID != next {
		t.Errorf("second run after the crash: %+v", job)
	}
	await(t, s, next, store.Done)
	_ = zombie.Commit(t.Context(), func(tx store.Tx) error { return tx.Put("note", "zombie", nil) })
	_ = zombie.Finish(t.Context(), store.Failed, func(tx store.Tx) error { return tx.Put("note", "zombie", nil) })
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		wantList(t, keys(t, tx, "note", store.Range{}), "answer "+id, "answer "+next)
		return nil
	}))
	if job := peek(t, s, id); job.State != store.Done {
		t.Errorf("the zombie made the job %s", job.State)
	}
}

func crashUsesAttempts(t *testing.T, s Subject) {
	_, s, id, letGo := crashed(t, s, func(string) {}, once())
	defer letGo()
	work(t, s, watchful(handle(1, func(context.Context, store.Claim) error {
		t.Error("the job ran again")
		return nil
	})))
	if job := await(t, s, id, store.Failed); job.Attempt != 1 || job.LastError == "" || job.EndedAt.IsZero() {
		t.Errorf("failed job: %+v", job)
	}
}

func crashKeepsCancel(t *testing.T, s Subject) {
	_, s, id, letGo := crashed(t, s, func(id string) { must(t, s.Cancel(t.Context(), id)) }, ask("u", ""))
	defer letGo()
	work(t, s, watchful(handle(1, func(context.Context, store.Claim) error {
		t.Error("the cancelled job ran again")
		return nil
	})))
	await(t, s, id, store.Cancelled)
}

func closingGivesBack(t *testing.T, s Subject) {
	id := enqueue(t, s, once())[0]
	began := make(chan struct{})
	_, ended := begin(t, s, handle(1, func(ctx context.Context, _ store.Claim) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	}))
	receive(t, began, "start")
	s = s.Reopen(t)
	wantError(t, receive(t, ended, "end of Work"), store.ErrClosed)
	if job := await(t, s, id, store.Queued); job.Attempt != 0 {
		t.Errorf("job after closing: %+v", job)
	}
	wantList(t, names(t, s, 1, 1), "")
}
