//go:build unix

package cli_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/web"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// BenchmarkLoadTwoProcesses has eight writers of one process, or of two with connections of
// their own, write for two seconds: messages of the page in threads of their own, which
// share the number of the last message; and as many documents, which share nothing.
func BenchmarkLoadTwoProcesses(b *testing.B) {
	for _, processes := range []int{1, 2} {
		b.Run(fmt.Sprint("messages/processes=", processes), func(b *testing.B) {
			writeFor(b, processes, func(s store.Store, writer, _ int) error {
				_, err := web.NewChat(s, nil).Post(b.Context(), bot.Thread{Platform: web.Platform, Channel: fmt.Sprint("c", writer)}, bot.Message{Kind: bot.KindNotice, Text: "서울이 1위입니다"})
				return err
			})
		})
		b.Run(fmt.Sprint("documents/processes=", processes), func(b *testing.B) {
			writeFor(b, processes, func(s store.Store, writer, n int) error {
				return s.Update(b.Context(), func(tx store.Tx) error {
					for _, kind := range []string{"a", "b", "c"} {
						if err := tx.Put(kind, fmt.Sprint(writer, "/", n), []byte("서울이 1위입니다")); err != nil {
							return err
						}
					}
					return nil
				})
			})
		})
	}
}

// writeFor has the writers write, and reports how many a second and how long one took.
func writeFor(b *testing.B, processes int, write func(s store.Store, writer, n int) error) {
	const writers, lasts = 8, 2 * time.Second
	dsn := pgtest.Shared(b).Database(b)
	if _, _, err := postgres.Migrate(b.Context(), dsn, postgres.Options{}); err != nil {
		b.Fatal(err)
	}
	var stores []*postgres.Store
	for range processes {
		s, err := postgres.Open(b.Context(), dsn, postgres.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		stores = append(stores, s)
	}
	var mu sync.Mutex
	var took []float64
	began := time.Now()
	for b.Loop() {
		end := time.Now().Add(lasts)
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for n := 0; time.Now().Before(end); n++ {
					one := time.Now()
					if err := write(stores[w%processes], w, n); err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					took = append(took, float64(time.Since(one).Microseconds())/1000)
					mu.Unlock()
				}
			})
		}
		all.Wait()
	}
	slices.Sort(took)
	b.ReportMetric(float64(len(took))/time.Since(began).Seconds(), "writes/s")
	b.ReportMetric(took[len(took)/2], "p50-ms")
	b.ReportMetric(took[len(took)*99/100], "p99-ms")
}
