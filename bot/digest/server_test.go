//go:build unix

package digest_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// server is what several processes share: a database, and a clock that can be set.
type server struct {
	*rig
	dsn   string
	ahead atomic.Int64 // of the machine's
}

func (s *server) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

// set sets the clock to a time of tomorrow in Seoul.
func (s *server) set(hour, minute, second int) {
	y, m, d := time.Now().In(seoul()).AddDate(0, 0, 1).Date()
	s.ahead.Store(int64(time.Until(time.Date(y, m, d, hour, minute, second, 0, seoul()))))
}

func onServer(t *testing.T) *server {
	t.Helper()
	s := &server{
		rig: &rig{t: t, platform: &platform{}, kitchen: &kitchen{}, people: people{map[string]bool{}}},
		dsn: pgtest.Shared(t).Database(t),
	}
	s.set(8, 0, 0)
	if _, _, err := postgres.Migrate(t.Context(), s.dsn, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// connect is one process's store.
func (s *server) connect() *postgres.Store {
	s.t.Helper()
	p, err := postgres.Open(s.t.Context(), s.dsn, postgres.Options{Now: s.now, MaxConns: 4})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = p.Close() })
	return p
}

// process starts one that dies at its killAt-th step, with a clock that is off by skew.
func (s *server) process(skew time.Duration, killAt int) *process {
	s.t.Helper()
	db, p := s.connect(), &process{killAt: killAt}
	out := s.platform.poster()
	out.step = p.step
	service, err := digest.New(s.config(db, p, out, skew))
	if err != nil {
		s.t.Fatal(err)
	}
	handlers := map[string]store.Handler{}
	for kind, h := range service.Handlers() {
		handlers[kind] = func(ctx context.Context, c store.Claim) error { return h(ctx, mortalClaim{c, p}) }
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	var running sync.WaitGroup
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			service.Stop()
			running.Wait()
		})
	}
	p.killed = func() { go stop() }
	service.Start(ctx)
	running.Go(func() {
		if err := db.Work(ctx, store.WorkOptions{Handlers: handlers, Lease: 2 * time.Second, SoftStop: 100 * time.Millisecond}); err != nil {
			s.t.Errorf("work: %v", err)
		}
	})
	s.t.Cleanup(stop)
	return p
}

// died reports whether the process has.
func (p *process) died() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

func (s *server) config(db *postgres.Store, p *process, out bot.Poster, skew time.Duration) digest.Config {
	cfg := digest.Config{
		Store: mortalStore{db, p}, Queue: db, Posters: map[string]bot.Poster{"slack": out}, People: map[string]bot.Directory{"slack": s.people},
		Renderers: map[digest.Kind]digest.Renderer{digest.KindCalendar: mortalRenderer{s.kitchen, p}},
		Rights:    rights{}, Jitter: -1, Admin: func(p string) bool { return p == admin.Principal },
		PostTimeout: time.Second, Now: func() time.Time { return s.now().Add(skew) }, Logger: slog.New(slog.DiscardHandler),
	}
	return cfg
}

// TestProcessesDieOnAServer has four processes on one database, of which three die at a
// step of chance, while what is due at nine is sent: each place is sent everything once.
func TestProcessesDieOnAServer(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 11))
			s := onServer(t)
			s.withDetails()
			keeper, err := digest.New(s.config(s.connect(), &process{}, s.platform.poster(), 0))
			if err != nil {
				t.Fatal(err)
			}
			const subscriptions = 4
			var subs []*digest.Subscription
			for i := range subscriptions {
				d := threePlaces(t)
				d.Title = fmt.Sprint("Morning ", i)
				subs = append(subs, create(t, keeper, minji, d))
			}
			s.set(8, 59, 58)
			var mortal []*process
			for i := range 3 {
				mortal = append(mortal, s.process(time.Duration(i)*100*time.Millisecond, 1+random.IntN(16)))
			}
			s.process(-50*time.Millisecond, 0)
			waitUntil(t, "all are sent", func() bool {
				for _, sub := range subs {
					if h := history(t, keeper, sub.ID); len(h) != 1 || h[0][10:] != "T09:00 sent" {
						return false
					}
				}
				return true
			}, func() { t.Logf("%q", history(t, keeper, subs[0].ID)) })
			if !slices.ContainsFunc(mortal, (*process).died) {
				t.Error("nobody died: nothing is shown by this")
			}
			if twice := s.platform.twice(); len(twice) > 0 {
				t.Errorf("posted twice: %q", twice)
			}
			for _, place := range []string{"C1", "C2", "U1"} {
				if texts := s.platform.texts(place); len(texts) != 2*subscriptions {
					t.Errorf("%s shows %q", place, texts)
				}
			}
		})
	}
}

// waitUntil looks again and again whether something is so.
func waitUntil(t *testing.T, what string, so func() bool, say func()) {
	t.Helper()
	late := time.After(2 * time.Minute)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-late:
			say()
			t.Fatalf("it never came that %s", what)
		}
	}
}
