package digest_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/store"
)

// process is one of several that work on a store, with a clock of its own. It dies at
// its killAt-th step: whatever goes on in it ends there, and nobody is told.
type process struct {
	mu     sync.Mutex
	steps  int
	killAt int // 0 lives on
	dead   bool
	killed func()
	stop   func()
}

// step is called before and after everything that others can see.
func (p *process) step() {
	p.mu.Lock()
	p.steps++
	dies := p.steps == p.killAt
	p.dead = p.dead || dies
	dead := p.dead
	p.mu.Unlock()
	if dies {
		p.killed()
	}
	if dead {
		runtime.Goexit()
	}
}

type mortalStore struct {
	store.Store
	p *process
}

func (s mortalStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	s.p.step()
	err := s.Store.Update(ctx, fn)
	s.p.step()
	return err
}

type mortalClaim struct {
	store.Claim
	p *process
}

func (c mortalClaim) Commit(ctx context.Context, fn func(store.Tx) error) error {
	c.p.step()
	err := c.Claim.Commit(ctx, fn)
	c.p.step()
	return err
}

func (c mortalClaim) Finish(ctx context.Context, state store.State, fn func(store.Tx) error) error {
	c.p.step()
	err := c.Claim.Finish(ctx, state, fn)
	c.p.step()
	return err
}

type mortalRenderer struct {
	digest.Renderer
	p *process
}

func (m mortalRenderer) Render(ctx context.Context, i digest.Issue) (*digest.Content, error) {
	m.p.step()
	c, err := m.Renderer.Render(ctx, i)
	m.p.step()
	return c, err
}

// begin starts a process whose clock is off by skew.
func (r *rig) begin(skew time.Duration, killAt int) (*process, *digest.Service) {
	p := &process{killAt: killAt}
	out := r.platform.poster()
	out.step = p.step
	s := r.service(out, func(c *digest.Config) {
		c.Store = mortalStore{r.store, p}
		c.Now = func() time.Time { return time.Now().Add(skew) }
		for kind, renderer := range c.Renderers {
			c.Renderers[kind] = mortalRenderer{renderer, p}
		}
	})
	handlers := map[string]store.Handler{}
	for kind, h := range s.Handlers() {
		handlers[kind] = func(ctx context.Context, c store.Claim) error { return h(ctx, mortalClaim{c, p}) }
	}
	began := make(chan struct{})
	p.killed = func() {
		go func() { <-began; p.stop() }()
	}
	p.stop = r.run(s, handlers)
	close(began)
	synctest.Wait() // whoever is first is asked first
	return p, s
}

// threePlaces is a daily digest with details for two channels and a person.
func threePlaces(t testing.TB) digest.Draft {
	d := daily(t)
	d.To = []digest.Recipient{channel, {Thread: bot.Thread{Platform: "slack", Channel: "C2"}, Name: "open-2"}, minji.To()}
	return d
}

func (r *rig) withDetails() {
	r.kitchen.render = func(n int, i digest.Issue) (*digest.Content, error) {
		c := say(fmt.Sprintf("%s %s #%d", i.Due.Format("01-02T15:04"), i.Group, n))
		c.Details = []bot.Message{{Kind: bot.KindDigest, Text: "more"}}
		return c, nil
	}
}

// sentOnce fails unless each place shows one message of the first day with its detail.
func (r *rig) sentOnce(t *testing.T, what string) {
	t.Helper()
	if twice := r.platform.twice(); len(twice) > 0 {
		t.Errorf("%s: posted twice: %q", what, twice)
	}
	for _, place := range []string{"C1", "C2", "U1"} {
		texts := r.platform.texts(place)
		if len(texts) != 2 || texts[0][:11] != "11-30T09:00" || texts[1] != "more" {
			t.Errorf("%s: %s shows %q", what, place, texts)
		}
	}
	if c1, c2 := r.platform.texts("C1"), r.platform.texts("C2"); !slices.Equal(c1, c2) {
		t.Errorf("%s: the same content is %q and %q", what, c1, c2)
	}
}

// skews are those of four processes: some as on one network, some as with a broken clock.
var skews = [][]time.Duration{
	{0, 120 * time.Millisecond, 240 * time.Millisecond, 360 * time.Millisecond},
	{0, -4 * time.Minute, 2 * time.Minute, 5 * time.Minute},
}

// TestAProcessDiesAtEveryStep has four processes on one store, of which one dies at each
// of its steps in turn: before and after each write, each rendering, each post.
func TestAProcessDiesAtEveryStep(t *testing.T) {
	deaths := 0
	for killAt := 1; killAt <= 60 && !t.Failed(); killAt++ {
		bubble(t, func(t *testing.T, r *rig) {
			r.withDetails()
			mortal, _ := r.begin(0, killAt)
			var last *digest.Service
			for _, skew := range skews[killAt%2][1:] {
				_, last = r.begin(skew, 0)
			}
			sub := create(t, last, minji, threePlaces(t))
			until(0, "09:59:00")
			r.sentOnce(t, fmt.Sprintf("killed at step %d", killAt))
			want(t, fmt.Sprintf("killed at step %d", killAt), history(t, last, sub.ID), []string{"2026-11-30T09:00 sent"})
			mortal.mu.Lock()
			defer mortal.mu.Unlock()
			if mortal.dead {
				deaths++
			}
		})
	}
	// The steps of one occurrence: making it due, preparing, rendering two groups, sending
	// three deliveries of two messages each.
	if deaths < 35 {
		t.Errorf("the process had only %d steps", deaths)
	}
}

// TestTheOnlyProcessDiesAtEveryStep starts it again from the file each time.
func TestTheOnlyProcessDiesAtEveryStep(t *testing.T) {
	for killAt := 1; ; killAt++ {
		died := false
		bubble(t, func(t *testing.T, r *rig) {
			r.withDetails()
			sub := create(t, r.service(r.platform.poster()), minji, threePlaces(t))
			mortal, _ := r.begin(0, killAt)
			until(0, "09:01:00")
			mortal.stop()
			if err := r.store.Close(); err != nil {
				t.Fatal(err)
			}
			r.open()
			s := r.up()
			until(0, "09:59:00")
			r.sentOnce(t, fmt.Sprintf("killed at step %d", killAt))
			want(t, fmt.Sprintf("killed at step %d", killAt), history(t, s, sub.ID), []string{"2026-11-30T09:00 sent"})
			died = mortal.dead
		})
		if t.Failed() || !died {
			break
		}
	}
}

// TestManyDeathsAndLostAnswers runs days with processes that die at random and a
// platform that loses answers and refuses.
func TestManyDeathsAndLostAnswers(t *testing.T) {
	for seed := range uint64(6) {
		bubble(t, func(t *testing.T, r *rig) {
			random := rand.New(rand.NewPCG(seed, 7))
			var mu sync.Mutex
			chance := func(n int) bool {
				mu.Lock()
				defer mu.Unlock()
				return random.IntN(n) == 0
			}
			r.platform.lose = func(bot.Message) bool { return chance(6) }
			r.platform.refuse = func(bot.Thread, bot.Message) error {
				if chance(6) {
					return &bot.Error{Code: bot.CodeBusy, Method: "post", Err: errLost}
				}
				return nil
			}
			r.withDetails()
			keeper := r.service(r.platform.poster())
			sub := create(t, keeper, minji, threePlaces(t))
			const days = 3
			for day := range days {
				var alive []*process
				for _, skew := range skews[seed%2] {
					p, _ := r.begin(skew, random.IntN(60))
					alive = append(alive, p)
				}
				until(day, "09:20:00")
				for _, p := range alive {
					p.stop()
				}
				p, _ := r.begin(0, 0) // somebody is there in the end
				until(day, "23:00:00")
				p.stop()
			}
			if twice := r.platform.twice(); len(twice) > 0 {
				t.Errorf("seed %d: posted twice: %q", seed, twice)
			}
			for _, place := range []string{"C1", "C2", "U1"} {
				count := 0
				for _, text := range r.platform.texts(place) {
					if text == "more" {
						count++
					}
				}
				if count != days {
					t.Errorf("seed %d: %s shows %d issues of %d: %q", seed, place, count, days, r.platform.texts(place))
				}
			}
			for _, line := range history(t, keeper, sub.ID) {
				if line[17:] != "sent" {
					t.Errorf("seed %d: %s", seed, line)
				}
			}
		})
	}
}

// TestAPostThatArrivesLateIsWaitedFor has a process that is taken its job while it
// posts, and whose message arrives after another process took over.
func TestAPostThatArrivesLateIsWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.work.SoftStop = time.Second
		slow := r.platform.poster()
		posting := make(chan struct{})
		var once sync.Once
		slow.step = func() {
			once.Do(func() {
				close(posting)
				<-time.After(20 * time.Second)
			})
		}
		stop := r.run(r.service(slow), nil)
		synctest.Wait()
		s := r.up()
		sub := create(t, s, minji, daily(t))
		<-posting
		stop()
		until(0, "09:05:00")
		if shown := r.platform.texts("C1"); len(shown) != 1 {
			t.Errorf("shown is %q", shown)
		}
		want(t, "history", history(t, s, sub.ID), []string{"2026-11-30T09:00 sent"})
	})
}

// TestAllClocksMakeOneOccurrence lets only the clocks of four processes run against each
// other.
func TestAllClocksMakeOneOccurrence(t *testing.T) {
	for _, skew := range skews {
		bubble(t, func(t *testing.T, r *rig) {
			r.config = func(c *digest.Config) { c.Limits.Interval = time.Minute; c.Logger = slog.New(slog.DiscardHandler) }
			var s *digest.Service
			for _, by := range skew {
				_, s = r.begin(by, 0)
			}
			d := daily(t)
			d.Schedule = cronText(t, "*/5 9-10 * * *")
			create(t, s, minji, d)
			until(0, "11:30:00")
			synctest.Wait()
			if got := len(r.platform.texts("C1")); got != 24 || len(r.platform.twice()) > 0 {
				t.Errorf("24 were due, %d are shown, twice %q", got, r.platform.twice())
			}
		})
	}
}
