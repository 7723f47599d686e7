//go:build unix

package bolt_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// BenchmarkUpdate measures durable updates of one document, by how many goroutines
// write at once.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := openStore(b, b.TempDir(), bolt.Options{})
			value := make([]byte, 500)
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range writers {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						err := s.Update(b.Context(), func(tx store.Tx) error {
							return tx.Put("question", fmt.Sprintf("%012d", n), value)
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

// enqueueQuestion does what a chat event does: it writes the question, its thread
// and its job.
func enqueueQuestion(s store.Store, n int) (id string, err error) {
	err = s.Update(context.Background(), func(tx store.Tx) error {
		key := fmt.Sprintf("%012d", n)
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

// BenchmarkJobs measures a job's whole way: enqueued with its documents, claimed,
// finished with an answer.
func BenchmarkJobs(b *testing.B) {
	for _, waiting := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			s := openStore(b, b.TempDir(), bolt.Options{})
			wait(b, s, waiting)
			var ended sync.WaitGroup
			ended.Add(b.N)
			stop := workUntil(b, s, 16, func(ctx context.Context, c store.Claim) error {
				defer ended.Done()
				return c.Finish(ctx, store.Done, func(tx store.Tx) error {
					return tx.Put("answer", c.Job().ID, []byte(`{"text":"매출은 12억 원입니다"}`))
				})
			})
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range 32 {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if _, err := enqueueQuestion(s, int(n)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			ended.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
			b.StopTimer()
			stop()
		})
	}
}

// wait enqueues jobs that nobody works.
func wait(tb testing.TB, s store.Store, n int) (ids []string) {
	tb.Helper()
	for len(ids) < n {
		err := s.Update(tb.Context(), func(tx store.Tx) error {
			for range min(1000, n-len(ids)) {
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

// workUntil works jobs of kind ask until stop is called, which waits for the end.
func workUntil(tb testing.TB, s store.Queue, slots int, h store.Handler) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- s.Work(ctx, store.WorkOptions{Concurrency: slots, Handlers: map[string]store.Handler{"ask": h}})
	}()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("work: %v", err)
		}
	}
}

// BenchmarkAcknowledge measures how long a chat event waits until it is durable, 75
// of them a second while workers are busy and 750 askers look every second how many
// are before them. One op is one event.
func BenchmarkAcknowledge(b *testing.B) {
	s := openStore(b, b.TempDir(), bolt.Options{})
	waiting := wait(b, s, 750)
	stop := workUntil(b, s, 8, func(ctx context.Context, c store.Claim) error {
		return c.Finish(ctx, store.Done, func(tx store.Tx) error { return tx.Put("answer", c.Job().ID, make([]byte, 4096)) })
	})
	ctx, cancel := context.WithCancel(b.Context())
	var others sync.WaitGroup
	others.Go(func() { lookEverySecond(ctx, b, s, waiting) })
	took := make([]time.Duration, b.N)
	var all sync.WaitGroup
	pace := time.NewTicker(time.Second / 75)
	b.ResetTimer()
	for n := range b.N {
		<-pace.C
		all.Go(func() {
			began := time.Now()
			if _, err := enqueueQuestion(s, n); err != nil {
				b.Error(err)
			}
			took[n] = time.Since(began)
		})
	}
	all.Wait()
	b.StopTimer()
	pace.Stop()
	cancel()
	others.Wait()
	stop()
	slices.Sort(took)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(took[(len(took)-1)*p/100].Microseconds())/1000, fmt.Sprintf("ms/ack-p%d", p))
	}
}

func lookEverySecond(ctx context.Context, b *testing.B, s store.Queue, ids []string) {
	every := time.NewTicker(time.Second / time.Duration(len(ids)))
	defer every.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			if _, _, err := s.Peek(context.Background(), ids[n%len(ids)]); err != nil {
				b.Error(err)
			}
		}
	}
}

// BenchmarkPeek measures one look at a job among ten thousand that wait.
func BenchmarkPeek(b *testing.B) {
	s := openStore(b, b.TempDir(), bolt.Options{})
	ids := wait(b, s, 10_000)
	for n := 0; b.Loop(); n++ {
		if _, _, err := s.Peek(b.Context(), ids[n*7919%len(ids)]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen measures opening a store with ten thousand waiting jobs and 50 MB
// of documents, which reads all of it.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	s := openStore(b, dir, bolt.Options{})
	wait(b, s, 10_000)
	for n := range 50 {
		err := s.Update(b.Context(), func(tx store.Tx) error {
			for i := range 100 {
				if err := tx.Put("answer", fmt.Sprintf("%04d-%03d", n, i), make([]byte, 10<<10)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := bolt.Open(b.Context(), dir, bolt.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
