package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/store"
)

func workTests() map[string]func(t *testing.T, s Subject) {
	return map[string]func(t *testing.T, s Subject){
		"a handler that returns is done":       returnsDone,
		"finish writes all or nothing":         finishIsAtomic,
		"finish takes final states only":       finishTakesFinal,
		"a claim ends with its run":            claimEndsWithRun,
		"an error runs the job again":          errorRunsAgain,
		"attempts are bounded":                 attemptsAreBounded,
		"a panic is an error":                  panicIsError,
		"a handler that exits is an error":     goexitIsError,
		"a snooze costs no attempt":            snoozeCostsNothing,
		"a running job is cancelled":           cancelRunning,
		"a cancelled job is not run again":     cancelledNotRetried,
		"a handler may end in spite of cancel": endsInSpiteOfCancel,
	}
}

func returnsDone(t *testing.T, s Subject) {
	id := enqueue(t, s, ask("u", ""))[0]
	seen := make(chan store.Job, 1)
	work(t, s, handle(1, func(_ context.Context, c store.Claim) error { seen <- c.Job(); return nil }))
	job := receive(t, seen, "job")
	if job.ID != id || job.State != store.Running || job.Attempt != 1 || job.StartedAt.IsZero() || string(job.Payload) != "u" {
		t.Errorf("claimed job: %+v", job)
	}
	job = await(t, s, id, store.Done)
	if job.EndedAt.Before(job.StartedAt) || job.LastError != "" || job.Attempt != 1 {
		t.Errorf("done job: %+v", job)
	}
}

func finishIsAtomic(t *testing.T, s Subject) {
	id := enqueue(t, s, ask("u", ""))[0]
	work(t, s, handle(1, func(ctx context.Context, c store.Claim) error {
		wantError(t, c.Commit(ctx, func(tx store.Tx) error {
			must(t, tx.Put("note", "step", nil))
			return errOnPurpose
		}), errOnPurpose)
		must(t, c.Commit(ctx, func(tx store.Tx) error { return tx.Put("note", "progress", nil) }))
		wantError(t, c.Finish(ctx, store.Done, func(tx store.Tx) error {
			must(t, tx.Put("note", "answer", []byte("wrong")))
			return errOnPurpose
		}), errOnPurpose)
		if job := peek(t, s, id); job.State != store.Running {
			t.Errorf("job is %s after a finish that failed", job.State)
		}
		return c.Finish(ctx, store.Failed, func(tx store.Tx) error { return tx.Put("note", "answer", []byte("sorry")) })
	}))
	job := await(t, s, id, store.Failed)
	if got := get(t, s, "note", "answer"); got != "sorry" || job.Attempt != 1 {
		t.Errorf("answer %q after %d attempts", got, job.Attempt)
	}
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		wantList(t, keys(t, tx, "note", store.Range{}), "answer", "progress")
		return nil
	}))
}

func finishTakesFinal(t *testing.T, s Subject) {
	id := enqueue(t, s, ask("u", ""))[0]
	work(t, s, handle(1, func(ctx context.Context, c store.Claim) error {
		for _, state := range []store.State{store.Queued, store.Running, ""} {
			if err := c.Finish(ctx, state, nil); err == nil {
				t.Errorf("finished as %q", state)
			}
		}
		return c.Finish(ctx, store.Cancelled, nil)
	}))
	await(t, s, id, store.Cancelled)
}

// wantFenced asserts that the claim can write nothing.
func wantFenced(t testing.TB, c store.Claim) {
	t.Helper()
	fn := func(tx store.Tx) error { return tx.Put("note", "zombie", nil) }
	wantError(t, c.Commit(context.Background(), fn), store.ErrFenced)
	wantError(t, c.Finish(context.Background(), store.Done, fn), store.ErrFenced)
}

func claimEndsWithRun(t *testing.T, s Subject) {
	ids := enqueue(t, s, ask("u", ""), ask("v", ""))
	leaked := make(chan store.Claim, 1)
	work(t, s, handle(1, func(ctx context.Context, c store.Claim) error {
		if c.Job().ID == ids[1] {
			leaked <- c
			return nil
		}
		must(t, c.Finish(ctx, store.Done, nil))
		wantFenced(t, c)
		return errors.New("has no effect after Finish")
	}))
	c := receive(t, leaked, "claim")
	await(t, s, ids[1], store.Done)
	wantFenced(t, c)
	if job := await(t, s, ids[0], store.Done); job.LastError != "" {
		t.Errorf("last error %q", job.LastError)
	}
	if get(t, s, "note", "zombie") != "" {
		t.Error("a zombie wrote")
	}
}

func errorRunsAgain(t *testing.T, s Subject) {
	ids := enqueue(t, s, ask("u", "room"), ask("v", "room"))
	runs := make(chan store.Job, 3)
	work(t, s, handle(2, func(_ context.Context, c store.Claim) error {
		job := c.Job()
		runs <- job
		if job.ID == ids[0] && job.Attempt == 1 {
			return fmt.Errorf("call database: %w", errOnPurpose)
		}
		return nil
	}))
	first, second, third := receive(t, runs, "run"), receive(t, runs, "run"), receive(t, runs, "run")
	if second.ID != ids[0] || second.Attempt != 2 || second.LastError != "call database: on purpose" {
		t.Errorf("second run: %+v", second)
	}
	if !second.StartedAt.After(first.StartedAt) || !second.NotBefore.After(first.StartedAt) {
		t.Errorf("no delay: %v, then %v", first.StartedAt, second.StartedAt)
	}
	if third.ID != ids[1] {
		t.Errorf("third run: %+v", third)
	}
	await(t, s, ids[0], store.Done)
}

func attemptsAreBounded(t *testing.T, s Subject) {
	job := ask("u", "")
	job.MaxAttempts = 2
	id := enqueue(t, s, job)[0]
	work(t, s, handle(1, func(_ context.Context, c store.Claim) error { return fmt.Errorf("try %d", c.Job().Attempt) }))
	if job := await(t, s, id, store.Failed); job.Attempt != 2 || job.LastError != "try 2" || job.EndedAt.IsZero() {
		t.Errorf("failed job: %+v", job)
	}
}

// once is a job that may run one time.
func once() store.NewJob { return store.NewJob{Kind: "ask", MaxAttempts: 1} }

func panicIsError(t *testing.T, s Subject) {
	id := enqueue(t, s, once())[0]
	work(t, s, handle(1, func(context.Context, store.Claim) error {
		var none map[string]int
		none["밥"]++ //nolint:staticcheck // the panic that is to be told
		return nil
	}))
	text := await(t, s, id, store.Failed).LastError
	if !strings.Contains(text, "assignment to entry in nil map") || !strings.Contains(text, "storetest.panicIsError") {
		t.Errorf("last error does not say what and where: %q", text)
	}
	if lines := strings.Count(text, "\n"); lines > 15 || strings.Contains(text, "runtime.") {
		t.Errorf("trace is not trimmed: %s", text)
	}
}

func goexitIsError(t *testing.T, s Subject) {
	id := enqueue(t, s, once())[0]
	work(t, s, handle(1, func(context.Context, store.Claim) error {
		runtime.Goexit()
		return nil
	}))
	if job := await(t, s, id, store.Failed); job.LastError == "" {
		t.Errorf("failed job: %+v", job)
	}
}

func snoozeCostsNothing(t *testing.T, s Subject) {
	id := enqueue(t, s, once())[0]
	runs := 0
	work(t, s, handle(1, func(context.Context, store.Claim) error {
		if runs++; runs < 4 {
			return fmt.Errorf("budget is spent: %w", store.Snooze{For: time.Millisecond})
		}
		return nil
	}))
	if job := await(t, s, id, store.Done); job.Attempt != 1 || runs != 4 {
		t.Errorf("%d runs, attempt %d", runs, job.Attempt)
	}
}

func cancelRunning(t *testing.T, s Subject) {
	id := enqueue(t, s, ask("u", ""))[0]
	began := make(chan struct{})
	work(t, s, handle(1, func(ctx context.Context, c store.Claim) error {
		close(began)
		<-ctx.Done()
		wantError(t, context.Cause(ctx), store.ErrCancelled)
		return c.Finish(ctx, store.Cancelled, func(tx store.Tx) error { return tx.Put("note", "answer", []byte("stopped")) })
	}))
	receive(t, began, "start")
	must(t, s.Cancel(t.Context(), id))
	must(t, s.Cancel(t.Context(), id))
	await(t, s, id, store.Cancelled)
	if got := get(t, s, "note", "answer"); got != "stopped" {
		t.Errorf("the handler wrote %q", got)
	}
}

func cancelledNotRetried(t *testing.T, s Subject) {
	id := enqueue(t, s, ask("u", ""))[0]
	began := make(chan struct{})
	work(t, s, handle(1, func(ctx context.Context, _ store.Claim) error {
		close(began) // a second run would panic
		<-ctx.Done()
		return ctx.Err()
	}))
	receive(t, began, "start")
	must(t, s.Cancel(t.Context(), id))
	if job := await(t, s, id, store.Cancelled); job.Attempt != 1 {
		t.Errorf("cancelled job: %+v", job)
	}
}

func endsInSpiteOfCancel(t *testing.T, s Subject) {
	id := enqueue(t, s, ask("u", ""))[0]
	began := make(chan struct{})
	work(t, s, handle(1, func(ctx context.Context, c store.Claim) error {
		close(began)
		<-ctx.Done()
		return c.Finish(ctx, store.Done, nil)
	}))
	receive(t, began, "start")
	must(t, s.Cancel(t.Context(), id))
	await(t, s, id, store.Done)
}
