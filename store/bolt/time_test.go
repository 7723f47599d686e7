//go:build unix

package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// bubble runs the test with a clock that moves when everybody waits for it.
func bubble(t *testing.T, test func(t *testing.T, s *bolt.Store)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, openStore(t, t.TempDir(), bolt.Options{})) })
}

func enqueueOne(t testing.TB, s store.Store, job store.NewJob) (id string, added bool) {
	t.Helper()
	err := s.Update(t.Context(), func(tx store.Tx) (err error) {
		id, added, err = tx.Enqueue(job)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id, added
}

// TestWakeUp proves that nothing polls: a job starts without the clock moving, and
// a delayed one at its very time.
func TestWakeUp(t *testing.T) {
	bubble(t, func(t *testing.T, s *bolt.Store) {
		started := make(chan time.Time, 10)
		stop := workUntil(t, s, 1, func(context.Context, store.Claim) error { started <- time.Now(); return nil })
		began := time.Now()
		enqueueOne(t, s, store.NewJob{Kind: "ask"})
		if waited := (<-started).Sub(began); waited != 0 {
			t.Errorf("the job waited %v", waited)
		}
		for _, delay := range []time.Duration{90 * time.Minute, time.Second, 36 * time.Hour} {
			enqueueOne(t, s, store.NewJob{Kind: "ask", NotBefore: began.Add(delay)})
		}
		for _, want := range []time.Duration{time.Second, 90 * time.Minute, 36 * time.Hour} {
			if waited := (<-started).Sub(began); waited != want {
				t.Errorf("the job waited %v, want %v", waited, want)
			}
		}
		stop()
	})
}

func TestBackoff(t *testing.T) {
	bubble(t, func(t *testing.T, s *bolt.Store) {
		started := make(chan time.Time, 10)
		stop := workUntil(t, s, 1, func(context.Context, store.Claim) error { started <- time.Now(); return errors.New("no") })
		enqueueOne(t, s, store.NewJob{Kind: "ask", MaxAttempts: 7})
		last := <-started
		for _, want := range []time.Duration{1, 4, 16, 64, 300, 300} {
			next := <-started
			if next.Sub(last) != want*time.Second {
				t.Errorf("waited %v, want %v", next.Sub(last), want*time.Second)
			}
			last = next
		}
		stop()
	})
}

func TestSnooze(t *testing.T) {
	bubble(t, func(t *testing.T, s *bolt.Store) {
		started := make(chan time.Time, 10)
		stop := workUntil(t, s, 1, func(_ context.Context, c store.Claim) error {
			started <- time.Now()
			return fmt.Errorf("busy: %w", store.Snooze{For: 7 * time.Minute})
		})
		id, _ := enqueueOne(t, s, store.NewJob{Kind: "ask"})
		first := <-started
		if waited := (<-started).Sub(first); waited != 7*time.Minute {
			t.Errorf("snoozed %v", waited)
		}
		if err := s.Cancel(t.Context(), id); err != nil {
			t.Error(err)
		}
		stop()
	})
}

// TestSoftStop measures how long jobs may go on when nothing else is said.
func TestSoftStop(t *testing.T) {
	bubble(t, func(t *testing.T, s *bolt.Store) {
		cause := make(chan error, 1)
		began := make(chan struct{})
		stop := workUntil(t, s, 1, func(ctx context.Context, _ store.Claim) error {
			close(began)
			<-ctx.Done()
			cause <- context.Cause(ctx)
			return nil
		})
		enqueueOne(t, s, store.NewJob{Kind: "ask"})
		<-began
		start := time.Now()
		stop()
		if waited := time.Since(start); waited != 10*time.Second {
			t.Errorf("stopped after %v", waited)
		}
		if err := <-cause; !errors.Is(err, store.ErrStopped) {
			t.Errorf("cause: %v", err)
		}
	})
}

func TestEndedJobsAreCleaned(t *testing.T) {
	bubble(t, func(t *testing.T, s *bolt.Store) {
		const n = 450 // more than one batch of maintenance
		stop := workUntil(t, s, 16, func(context.Context, store.Claim) error { return nil })
		var ids []string
		for i := range n {
			id, _ := enqueueOne(t, s, store.NewJob{Kind: "ask", Unique: fmt.Sprint("event ", i)})
			ids = append(ids, id)
		}
		waiting, _ := enqueueOne(t, s, store.NewJob{Kind: "other", Unique: "waits"})
		<-time.After(7*24*time.Hour - time.Minute)
		synctest.Wait()
		if id, added := enqueueOne(t, s, store.NewJob{Kind: "ask", Unique: "event 0"}); added || id != ids[0] {
			t.Errorf("a key was free too early")
		}
		<-time.After(15 * time.Minute)
		synctest.Wait()
		for _, id := range ids {
			if job, _, err := s.Peek(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("ended job is still there: %+v, %v", job, err)
			}
		}
		if _, added := enqueueOne(t, s, store.NewJob{Kind: "ask", Unique: "event 0"}); !added {
			t.Error("the key of a job that was cleaned is taken")
		}
		if job, _, err := s.Peek(t.Context(), waiting); err != nil || job.State != store.Queued {
			t.Errorf("the waiting job: %+v, %v", job, err)
		}
		stop()
	})
}

// TestClock has time stand still and then go back.
func TestClock(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.FixedZone("KST", 9*60*60))
	var mu sync.Mutex
	dir := t.TempDir()
	opts := bolt.Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }}
	s := openStore(t, dir, opts)
	first, _ := enqueueOne(t, s, store.NewJob{Kind: "ask"})
	second, _ := enqueueOne(t, s, store.NewJob{Kind: "ask"})
	mu.Lock()
	now = now.Add(-24 * time.Hour)
	mu.Unlock()
	third, _ := enqueueOne(t, s, store.NewJob{Kind: "ask"})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir, opts)
	fourth, _ := enqueueOne(t, s, store.NewJob{Kind: "ask"})
	if first >= second || second >= third || third >= fourth {
		t.Errorf("ids do not grow: %s %s %s %s", first, second, third, fourth)
	}
	job, _, err := s.Peek(t.Context(), first)
	if want := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC); err != nil || !job.EnqueuedAt.Equal(want) {
		t.Errorf("enqueued at %v, want %v (%v)", job.EnqueuedAt, want, err)
	}
}

// TestRetryAfterAWrongClock opens a store whose retry was put off by a clock that was
// four years ahead.
func TestRetryAfterAWrongClock(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	s := openStore(t, dir, bolt.Options{Now: func() time.Time { return now }})
	id, _ := enqueueOne(t, s, store.NewJob{Kind: "ask"})
	ran := make(chan struct{})
	stop := workUntil(t, s, 1, func(context.Context, store.Claim) error {
		close(ran)
		return errors.New("try again")
	})
	<-ran
	stop()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s = openStore(t, dir, bolt.Options{Now: func() time.Time { return now }})
	again := make(chan string, 1)
	stop = workUntil(t, s, 1, func(_ context.Context, c store.Claim) error {
		again <- c.Job().ID
		return nil
	})
	defer stop()
	select {
	case got := <-again:
		if got != id {
			t.Errorf("job %s ran, not %s", got, id)
		}
	case <-time.After(time.Minute):
		t.Error("the job waits for a time that the clock will not see for years")
	}
}

// TestGroupCommit counts transactions in the file: a hundred updates that come while
// the writer is busy share one commit.
func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := openStore(t, dir, bolt.Options{})
		busy := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			_ = s.Update(t.Context(), func(tx store.Tx) error { <-busy; return errors.New("not this one") })
		})
		synctest.Wait()
		for i := range 100 {
			all.Go(func() {
				err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("note", fmt.Sprint(i), nil) })
				if err != nil {
					t.Error(err)
				}
			})
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Update(impatient, func(tx store.Tx) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("update with a deadline: %v", err)
		}
		before := transactions(t, s)
		close(busy)
		all.Wait()
		if n := transactions(t, s) - before; n != 1 {
			t.Errorf("%d commits", n)
		}
		before = transactions(t, s)
		if err := s.Update(t.Context(), func(tx store.Tx) error { tx.Notify("topic"); return nil }); err != nil {
			t.Error(err)
		}
		if n := transactions(t, s) - before; n != 0 {
			t.Errorf("%d commits of nothing", n)
		}
	})
}

// transactions is the number of the latest transaction, from a copy of the file.
func transactions(t *testing.T, s *bolt.Store) (n int) {
	t.Helper()
	dir := t.TempDir()
	backup(t, s, dir)
	db, err := bbolt.Open(filepath.Join(dir, bolt.FileName), 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.View(func(tx *bbolt.Tx) error { n = tx.ID(); return nil }), db.Close()); err != nil {
		t.Fatal(err)
	}
	return n
}
