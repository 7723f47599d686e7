//go:build unix

package postgres_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// enqueueQuestion does what a chat event does: it sees whether the thread is known, and
// writes the question, its thread and its job.
func enqueueQuestion(ctx context.Context, s store.Store, n int) (id string, err error) {
	err = s.Update(ctx, func(tx store.Tx) error {
		key := fmt.Sprintf("%012d", n)
		if _, err := tx.Get("thread", "thread-"+key); err == nil {
			return fmt.Errorf("thread %s is there", key)
		}
		if err := tx.Put("question", key, []byte(`{"text":"지난달 지역별 매출","user":"U1","channel":"C1"}`)); err != nil {
			return err
		}
		if err := tx.Put("thread", "thread-"+key, []byte(`{"last":"`+key+`"}`)); err != nil {
			return err
		}
		id, _, err = tx.Enqueue(store.NewJob{
			Kind: "ask", Unique: "event-" + key, Mailbox: "thread-" + key, Owner: fmt.Sprint("u", n%500), Payload: []byte(key),
		})
		return err
	})
	return id, err
}

// starts collects when jobs began in the workers.
type starts struct {
	mu  sync.Mutex
	at  map[int]time.Time
	new chan struct{}
}

func (s *starts) follow(w *worker) {
	for w.out.Scan() {
		payload, ns, _ := strings.Cut(w.out.Text(), " ")
		n, _ := strconv.Atoi(payload)
		at, _ := strconv.ParseInt(ns, 10, 64)
		s.mu.Lock()
		s.at[n] = time.Unix(0, at)
		s.mu.Unlock()
		s.new <- struct{}{}
	}
}

// startFleet starts four worker processes on a server with fsync on, the rest as it
// comes.
func startFleet(b *testing.B) (*postgres.Store, *starts) {
	dsn := newDatabase(b, pgtest.Start(b))
	s := openStore(b, dsn, postgres.Options{MaxConns: 16})
	all := &starts{at: map[int]time.Time{}, new: make(chan struct{}, 1<<20)}
	for range 4 {
		w := startWorker(b, dsn, "tell", b.TempDir())
		go all.follow(w)
	}
	return s, all
}

// BenchmarkJobs measures a job's whole way on a fleet: enqueued with its documents by 16
// goroutines of one process, claimed and finished with an answer by four others.
func BenchmarkJobs(b *testing.B) {
	for _, waiting := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			s, began := startFleet(b)
			wait(b, s, waiting)
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range 16 {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if _, err := enqueueQuestion(b.Context(), s, int(n)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			for range b.N {
				<-began.new
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}

// BenchmarkClaim measures how long a job waits from the commit of its enqueueing to the
// start of its handler in another process, 100 jobs a second.
func BenchmarkClaim(b *testing.B) {
	s, began := startFleet(b)
	committed := make([]time.Time, b.N)
	var all sync.WaitGroup
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	b.ResetTimer()
	for n := range b.N {
		<-pace.C
		all.Go(func() {
			if _, err := enqueueQuestion(b.Context(), s, n); err != nil {
				b.Error(err)
			}
			committed[n] = time.Now()
		})
	}
	all.Wait()
	for range b.N {
		<-began.new
	}
	b.StopTimer()
	took := make([]time.Duration, b.N)
	for n := range took {
		took[n] = max(0, began.at[n].Sub(committed[n]))
	}
	report(b, took, "claim")
}

func report(b *testing.B, took []time.Duration, what string) {
	slices.Sort(took)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(took[(len(took)-1)*p/100].Microseconds())/1000, fmt.Sprintf("ms/%s-p%d", what, p))
	}
}

// wait enqueues jobs that nobody works.
func wait(tb testing.TB, s store.Store, n int) (ids []string) {
	tb.Helper()
	for len(ids) < n {
		err := s.Update(tb.Context(), func(tx store.Tx) error {
			for range min(100, n-len(ids)) {
				id, _, err := tx.Enqueue(store.NewJob{Kind: "other", Owner: fmt.Sprint("u", len(ids)%500), Mailbox: fmt.Sprint("m", len(ids)%2000)})
				if err != nil {
					return err
				}
				ids = append(ids, id)
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return ids
}

// BenchmarkPeek measures one look at a job while all who wait look every second and one
// job is enqueued every 20 ms, by how many wait.
func BenchmarkPeek(b *testing.B) {
	for _, waiting := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			s := openStore(b, newDatabase(b, pgtest.Start(b)), postgres.Options{})
			ids := wait(b, s, waiting)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			took := make([]time.Duration, b.N)
			var all sync.WaitGroup
			pace := time.NewTicker(max(time.Second/time.Duration(waiting), time.Millisecond))
			defer pace.Stop()
			b.ResetTimer()
			for n := range b.N {
				<-pace.C
				all.Go(func() {
					began := time.Now()
					if _, _, err := s.Peek(b.Context(), ids[n*7919%len(ids)]); err != nil {
						b.Error(err)
					}
					took[n] = time.Since(began)
					if n%20 == 0 {
						wait(b, s, 1)
					}
				})
			}
			all.Wait()
			b.StopTimer()
			runtime.GC()
			runtime.ReadMemStats(&after)
			report(b, took, "peek")
			b.ReportMetric(float64(after.HeapAlloc)/1e6-float64(before.HeapAlloc)/1e6, "MB")
		})
	}
}

// BenchmarkUpdate measures durable updates by how many goroutines write at once: of
// documents of their own beside each other, looked for first, or of one that all count
// up.
func BenchmarkUpdate(b *testing.B) {
	for _, one := range []bool{false, true} {
		for _, writers := range []int{1, 16, 50} {
			b.Run(fmt.Sprintf("one=%v/writers=%d", one, writers), func(b *testing.B) {
				dsn := newDatabase(b, pgtest.Start(b))
				var stores []*postgres.Store
				for range 4 {
					stores = append(stores, openStore(b, dsn, postgres.Options{}))
				}
				var next atomic.Int64
				var all sync.WaitGroup
				b.ResetTimer()
				for w := range writers {
					all.Go(func() {
						for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
							key := fmt.Sprintf("%012d", n)
							if one {
								key = "one"
							}
							err := stores[w%4].Update(b.Context(), func(tx store.Tx) error {
								value, _ := tx.Get("question", key)
								return tx.Put("question", key, append(value[:0], key...))
							})
							if err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				all.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
			})
		}
	}
}

// BenchmarkCancel measures how long a handler's context lives after somebody elsewhere
// cancelled its job.
func BenchmarkCancel(b *testing.B) {
	dsn := newDatabase(b, pgtest.Start(b))
	one, two := openStore(b, dsn, postgres.Options{}), openStore(b, dsn, postgres.Options{})
	began, ended := make(chan struct{}), make(chan time.Time)
	ctx, cancel := context.WithCancel(b.Context())
	worked := make(chan error, 1)
	go func() {
		worked <- two.Work(ctx, store.WorkOptions{Handlers: map[string]store.Handler{"ask": func(ctx context.Context, _ store.Claim) error {
			began <- struct{}{}
			<-ctx.Done()
			ended <- time.Now()
			return ctx.Err()
		}}})
	}()
	var took []time.Duration
	for b.Loop() {
		id, err := enqueueQuestion(ctx, one, len(took))
		must(b, err)
		<-began
		must(b, one.Cancel(ctx, id))
		asked := time.Now()
		took = append(took, max(0, (<-ended).Sub(asked)))
	}
	report(b, took, "cancel")
	cancel()
	must(b, <-worked)
}
