//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// fleet is worker processes on one store, and this one that gives them work.
type fleet struct {
	t       *testing.T
	dsn     string
	dir     string // of the mailboxes' locks
	mode    string
	s       *postgres.Store
	workers []*worker
	heard   sync.WaitGroup

	asked atomic.Int64
	after map[int64]func() // what is done in the middle of a load, when so many jobs were asked for
}

func newFleet(t *testing.T, server *pgtest.Server, mode string, workers int) *fleet {
	f := &fleet{t: t, dsn: newDatabase(t, server), dir: t.TempDir(), mode: mode}
	f.s = openStore(t, f.dsn, postgres.Options{})
	for range workers {
		f.add()
	}
	return f
}

func (f *fleet) add() {
	w := startWorker(f.t, f.dsn, f.mode, f.dir)
	f.workers = append(f.workers, w)
	f.heard.Go(func() {
		for w.out.Scan() {
			f.t.Errorf("worker: %s", w.out.Text())
		}
	})
}

// kill kills a worker and starts another in its place.
func (f *fleet) kill() {
	i := rand.IntN(len(f.workers))
	f.workers[i].kill()
	f.workers = append(f.workers[:i], f.workers[i+1:]...)
	f.add()
}

// The jobs of a load: boxes mailboxes with jobs each, enqueued in order.
const (
	boxes = 24
	each  = 40
)

// load enqueues jobs, those of a mailbox one after the other, each once and again as a
// platform does that did not hear the acknowledgement, and waits until all have ended.
func (f *fleet) load(jobs int) {
	var all sync.WaitGroup
	for box := range boxes {
		all.Go(func() {
			for n := range jobs {
				for range 1 + rand.IntN(2) {
					if err := f.enqueue(box, n); err != nil {
						f.t.Errorf("enqueue: %v", err)
						return
					}
				}
				if do := f.after[f.asked.Add(1)]; do != nil {
					do()
				}
			}
		})
	}
	all.Wait()
}

func (f *fleet) enqueue(box, n int) error {
	return f.s.Update(context.Background(), func(tx store.Tx) error {
		// As many attempts as it takes: workers die here all the time.
		id, added, err := tx.Enqueue(store.NewJob{
			Kind: "ask", Mailbox: fmt.Sprintf("box%d", box), Unique: fmt.Sprintf("%d/%d", box, n), Payload: []byte(strconv.Itoa(n)),
			Owner: fmt.Sprint("u", box%5), MaxAttempts: 1000,
		})
		if err != nil || !added {
			return err
		}
		return tx.Put("asked", fmt.Sprintf("%d/%d", box, n), []byte(id))
	})
}

// await waits until every mailbox has been served to its end, and sees that all jobs
// ended as they should.
func (f *fleet) await(jobs int) {
	f.t.Helper()
	deadline := time.NewTimer(5 * time.Minute)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		served := 0
		must(f.t, f.s.View(f.t.Context(), func(tx store.ReadTx) error {
			return tx.Scan("next", store.Range{}, func(_ string, value []byte) bool {
				n, _ := strconv.Atoi(string(value))
				served += n
				return true
			})
		}))
		if served == boxes*jobs {
			break
		}
		select {
		case <-again.C:
		case <-deadline.C:
			f.t.Fatalf("%d of %d jobs were served", served, boxes*jobs)
		}
	}
	asked := 0
	must(f.t, f.s.View(f.t.Context(), func(tx store.ReadTx) error {
		return tx.Scan("asked", store.Range{}, func(key string, id []byte) bool {
			asked++
			if job, _, err := f.s.Peek(f.t.Context(), string(id)); err != nil || job.State != store.Done {
				f.t.Errorf("job %s: %+v, %v", key, job, err)
			}
			return true
		})
	}))
	if asked != boxes*jobs {
		f.t.Errorf("%d jobs were asked for, want %d", asked, boxes*jobs)
	}
	for _, w := range f.workers {
		if err := w.stdin.Close(); err != nil {
			f.t.Error(err)
		}
	}
	f.heard.Wait()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// during does something again and again while the load runs.
func (f *fleet) during(every time.Duration, jobs int, do func()) {
	done := make(chan struct{})
	var doing sync.WaitGroup
	doing.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				do()
			case <-done:
				return
			}
		}
	})
	f.load(jobs)
	close(done)
	doing.Wait()
	f.await(jobs)
}

// TestWorkersAreKilled kills one of four workers every now and then. No job is lost,
// none ends twice, mailboxes keep their order, and no two jobs of one run at once.
func TestWorkersAreKilled(t *testing.T) {
	f := newFleet(t, pgtest.Shared(t), "guard", 4)
	f.during(300*time.Millisecond, each, f.kill)
}

// TestTheServerRestarts stops the server under load, in good order and by a crash. Who
// asks and who works waits for it.
func TestTheServerRestarts(t *testing.T) {
	server := pgtest.Start(t)
	f := newFleet(t, server, "guard", 3)
	restart := func(how syscall.Signal) func() {
		return func() {
			server.Stop(t, how)
			server.Continue(t)
		}
	}
	f.after = map[int64]func(){boxes * each / 4: restart(syscall.SIGINT), boxes * each / 2: restart(syscall.SIGQUIT)}
	f.load(each)
	f.await(each)
}

// TestClocksDiffer has workers whose clocks are up to an hour apart: leases go by the
// server's.
func TestClocksDiffer(t *testing.T) {
	f := newFleet(t, pgtest.Shared(t), "skewed", 3)
	f.load(each / 4)
	f.await(each / 4)
	must(t, f.s.View(t.Context(), func(tx store.ReadTx) error {
		return tx.Scan("asked", store.Range{}, func(key string, id []byte) bool {
			job, _, err := f.s.Peek(t.Context(), string(id))
			if err != nil || job.Attempt != 1 {
				t.Errorf("job %s was taken from a worker: %+v, %v", key, job, err)
			}
			return true
		})
	}))
}

// TestALostAnswerOfACommit ends connections at every so manieth message, before it is sent
// and right after, when only the server knows what came of it. Each update counts once.
func TestALostAnswerOfACommit(t *testing.T) {
	t.Parallel()
	wire := &postgres.Wire{}
	s := openStore(t, newDatabase(t, pgtest.Shared(t)), wire.On(postgres.Options{}))
	wire.CutEvery.Store(13)
	const writers, times = 4, 25
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range times {
				if err := s.Update(t.Context(), countUp); err != nil {
					t.Errorf("update: %v", err)
				}
			}
		})
	}
	all.Wait()
	wire.CutEvery.Store(0)
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		if value, err := tx.Get("note", "n"); string(value) != strconv.Itoa(writers*times) {
			t.Errorf("counted to %s of %d: %v", value, writers*times, err)
		}
		return nil
	}))
}

func countUp(tx store.Tx) error {
	n := 0
	value, err := tx.Get("note", "n")
	if err == nil {
		n, err = strconv.Atoi(string(value))
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return tx.Put("note", "n", []byte(strconv.Itoa(n+1)))
}
