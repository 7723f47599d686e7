package digest_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// morning is many subscriptions that are due at the same time, half to channels and half
// to people of four groups of rights. The clocks run from just before then.
type morning struct {
	store    *bolt.Store
	service  *digest.Service
	platform *platform
	kitchen  *kitchen
	due      time.Time
	now      func() time.Time
	all      chan struct{} // closed when everything is shown
}

// arriving counts what is posted.
type arriving struct {
	*poster
	mu   sync.Mutex
	left int
	at   []time.Time
	m    *morning
}

func (a *arriving) Post(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	ref, err := a.poster.Post(ctx, thread, msg)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at = append(a.at, a.m.now())
	if a.left--; a.left == 0 {
		close(a.m.all)
	}
	return ref, err
}

// newMorning makes n subscriptions whose issues are spread over jitter. The clocks stand at ten minutes before nine until
// start.
func newMorning(tb testing.TB, n int, jitter time.Duration) (m *morning, out *arriving, start func()) {
	tb.Helper()
	m = &morning{platform: &platform{}, kitchen: &kitchen{}, due: monday.Add(time.Hour), all: make(chan struct{})}
	var mu sync.Mutex
	frozen, offset := m.due.Add(-10*time.Minute), time.Duration(0)
	m.now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		if !frozen.IsZero() {
			return frozen
		}
		return time.Now().Add(offset)
	}
	start = func() {
		mu.Lock()
		defer mu.Unlock()
		frozen, offset = time.Time{}, time.Until(m.due.Add(-time.Second))
	}
	var err error
	if m.store, err = bolt.Open(tb.Context(), tb.TempDir(), bolt.Options{Now: m.now}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = m.store.Close() })
	out = &arriving{poster: m.platform.poster(), left: n, m: m}
	m.service, err = digest.New(digest.Config{
		Store: m.store, Queue: m.store, Posters: map[string]bot.Poster{"slack": out},
		Renderers: map[digest.Kind]digest.Renderer{digest.KindCalendar: m.kitchen}, Rights: rights{},
		Jitter: jitter, Now: m.now, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	schedule := cronText(tb, "0 9 * * *")
	var wg sync.WaitGroup
	for part := range 32 {
		wg.Go(func() {
			for i := part; i < n; i += 32 {
				by := digest.Actor{Person: digest.Person{Platform: "slack", User: fmt.Sprint("U", i), Principal: fmt.Sprint("p", i), Name: fmt.Sprintf("g%d-", i/2%4)}}
				d := digest.Draft{Subject: digest.Subject{Kind: digest.KindCalendar}, Schedule: schedule, Language: "ko"}
				if i%2 == 0 {
					d.To = []digest.Recipient{{Thread: bot.Thread{Platform: "slack", Channel: fmt.Sprint("C", i)}, Name: "open"}}
				}
				if _, err := m.service.Create(tb.Context(), by, d); err != nil {
					tb.Errorf("create: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	return m, out, start
}

// run lets the morning come, and waits until everything is shown.
func (m *morning) run(tb testing.TB, concurrency int) {
	ctx, cancel := context.WithCancel(tb.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := m.store.Work(ctx, store.WorkOptions{Handlers: m.service.Handlers(), Concurrency: concurrency}); err != nil {
			tb.Errorf("work: %v", err)
		}
	})
	m.service.Start(ctx)
	select {
	case <-m.all:
	case <-time.After(10 * time.Minute):
		tb.Error("not everything was shown in ten minutes")
	}
	m.service.Stop()
	cancel()
	wg.Wait()
}

// TestAMorningOfMany proves on a few hundred what the benchmark measures on ten thousand:
// each is shown once, and rendered once for each group of rights.
func TestAMorningOfMany(t *testing.T) {
	const n = 300
	m, _, start := newMorning(t, n, -1)
	start()
	m.run(t, 16)
	if got := len(m.platform.shown); got != n || len(m.platform.twice()) > 0 {
		t.Errorf("%d were due, %d are shown, twice %q", n, got, m.platform.twice())
	}
	if got := len(m.kitchen.asked); got != 5 {
		t.Errorf("rendered %d times for 5 groups of rights", got)
	}
}

// BenchmarkTenThousandAtNine says how long after nine ten thousand digests have been
// posted, to a platform that takes them at once.
func BenchmarkTenThousandAtNine(b *testing.B) {
	for name, jitter := range map[string]time.Duration{"spread over a minute": time.Minute, "all at once": -1} {
		b.Run(name, func(b *testing.B) { tenThousand(b, jitter) })
	}
}

func tenThousand(b *testing.B, jitter time.Duration) {
	const n = 10000
	for b.Loop() {
		b.StopTimer()
		m, out, start := newMorning(b, n, jitter)
		start()
		b.StartTimer()
		m.run(b, 16)
		if len(m.kitchen.asked) != 5 || len(m.platform.twice()) > 0 {
			b.Fatalf("rendered %d times for 5 groups of rights, twice %d", len(m.kitchen.asked), len(m.platform.twice()))
		}
		slices.SortFunc(out.at, time.Time.Compare)
		b.ReportMetric(out.at[n/2].Sub(m.due).Seconds(), "s-to-half")
		b.ReportMetric(out.at[n-1].Sub(m.due).Seconds(), "s-to-last")
		b.ReportMetric(float64(len(m.kitchen.asked)), "renderings")
	}
}
