// Package storetest says in tests what every driver of the store contract must do.
// A driver runs it from a test of its own:
//
//	func TestConformance(t *testing.T) { storetest.Run(t, openSubject) }
package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/store"
)

// Driver is what a driver implements.
type Driver interface {
	store.Store
	store.Queue
	store.Gauge
}

// Subject is a store under test, opened for one test and closed with it.
type Subject struct {
	Driver

	// Reopen closes the store in good order and opens it again.
	Reopen func(t testing.TB) Subject

	// Crash opens the store as another process finds it when the one that has it
	// open is killed at this moment. What still runs in the subject that crashed is a
	// zombie: it may fail in any way, but nothing it writes may be seen in the new
	// one.
	Crash func(t testing.TB) Subject

	// Second opens the store as another process does beside the one that has it open. It
	// is nil for a driver whose stores are of one process.
	Second func(t testing.TB) Subject

	// Silence has nothing of what the subject does reach the others until speak is called:
	// its process hangs, or its network does. It goes with Second.
	Silence func(t testing.TB) (speak func())
}

// Run runs the suite. open returns a new and empty store each time; tests run side
// by side.
func Run(t *testing.T, open func(t testing.TB) Subject) {
	groups := []struct {
		name  string
		tests map[string]func(t *testing.T, s Subject)
	}{
		{"documents", documentTests()},
		{"transactions", transactionTests()},
		{"queue", queueTests()},
		{"work", workTests()},
		{"stop", stopTests()},
		{"depth", depthTests()},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for name, test := range g.tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, open(t))
				})
			}
		})
	}
	t.Run("fleet", func(t *testing.T) {
		for name, test := range fleetTests() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := open(t)
				if s.Second == nil {
					t.Skip("the driver's stores are of one process")
				}
				test(t, s, s.Second(t))
			})
		}
	})
}

// patience is how long the suite waits for what must happen soon. A driver that
// needs a lease to see a worker dead has it. It is long for a machine that is busy.
const patience = time.Minute

// lease is what the suite asks workers to hold that die or fall silent, and those that
// notice it: short, for drivers that wait it out. What stands still for so long by chance
// is taken for dead, so all other workers hold longLease.
const (
	lease     = 2 * time.Second
	longLease = 5 * time.Minute
)

func put(t testing.TB, s store.Store, kind string, docs ...string) {
	t.Helper()
	must(t, s.Update(t.Context(), func(tx store.Tx) error {
		for i := 0; i < len(docs); i += 2 {
			if err := tx.Put(kind, docs[i], []byte(docs[i+1])); err != nil {
				return err
			}
		}
		return nil
	}))
}

// get returns the document as text, "" when there is none.
func get(t testing.TB, s store.Store, kind, key string) (text string) {
	t.Helper()
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		value, err := tx.Get(kind, key)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		text = string(value)
		return err
	}))
	return text
}

// keys returns what a scan meets.
func keys(t testing.TB, tx store.ReadTx, kind string, r store.Range) (found []string) {
	t.Helper()
	must(t, tx.Scan(kind, r, func(key string, _ []byte) bool {
		found = append(found, key)
		return true
	}))
	return found
}

func enqueue(t testing.TB, s store.Store, jobs ...store.NewJob) (ids []string) {
	t.Helper()
	must(t, s.Update(t.Context(), func(tx store.Tx) error {
		ids = ids[:0]
		for _, j := range jobs {
			id, _, err := tx.Enqueue(j)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	}))
	return ids
}

func peek(t testing.TB, s store.Queue, id string) store.Job {
	t.Helper()
	job, _, err := s.Peek(t.Context(), id)
	must(t, err)
	return job
}

// await waits until the job is in the state and returns it.
func await(t testing.TB, s store.Queue, id string, state store.State) store.Job {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		job := peek(t, s, id)
		if job.State == state {
			return job
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("job is %s after %v, want %s (%+v)", job.State, patience, state, job)
		}
	}
}

// awaitAhead waits until as many jobs are before the one with the id.
func awaitAhead(t testing.TB, s store.Queue, id string, want int) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		_, ahead, err := s.Peek(t.Context(), id)
		must(t, err)
		if ahead == want {
			return
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("%d are ahead after %v, want %d", ahead, patience, want)
		}
	}
}

// receive waits for a value of c.
func receive[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	select {
	case v := <-c:
		return v
	case <-deadline.C:
		t.Fatalf("no %s after %v", what, patience)
		panic("unreachable")
	}
}

// work runs handlers until the test ends or stop is called, which waits for it.
func work(t testing.TB, s store.Queue, opts store.WorkOptions) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	if opts.Lease == 0 {
		opts.Lease = longLease
	}
	go func() { ended <- s.Work(ctx, opts) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := receive(t, ended, "end of Work"); err != nil && !errors.Is(err, store.ErrClosed) {
				t.Errorf("Work: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// handle is WorkOptions with one handler.
func handle(concurrency int, h store.Handler) store.WorkOptions {
	return store.WorkOptions{Concurrency: concurrency, Handlers: map[string]store.Handler{"ask": h}}
}

// watchful has the worker notice soon that another has died.
func watchful(opts store.WorkOptions) store.WorkOptions {
	opts.Lease = lease
	return opts
}

func ask(owner, mailbox string) store.NewJob {
	return store.NewJob{Kind: "ask", Owner: owner, Mailbox: mailbox, Payload: []byte(owner + mailbox)}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

func wantList(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
