package llm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
)

// scripted is a model whose n-th call gives what a test says; after the last it
// answers.
type scripted struct {
	takes time.Duration
	errs  []error

	mu    sync.Mutex
	calls []llm.Request
	at    []time.Time
}

// Complete implements llm.Model.
func (s *scripted) Complete(ctx context.Context, req llm.Request) (*llm.Reply, error) {
	s.mu.Lock()
	n := len(s.calls)
	s.calls, s.at = append(s.calls, req), append(s.at, time.Now())
	s.mu.Unlock()
	if err := pause(ctx, s.takes); err != nil {
		return nil, err
	}
	if req.OnDelta != nil {
		req.OnDelta(llm.Delta{Text: fmt.Sprint("part ", n)})
	}
	if n < len(s.errs) && s.errs[n] != nil {
		return nil, s.errs[n]
	}
	return &llm.Reply{Message: llm.Message{Role: llm.Assistant, Text: req.Caller.Question}}, nil
}

func (s *scripted) made() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

func (s *scripted) order() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, c := range s.calls {
		out = append(out, c.Caller.Question)
	}
	return out
}

func fails(code llm.Code) error { return &llm.Error{Code: code, Message: "of the test"} }

func times(n int, err error) []error {
	var out []error
	for range n {
		out = append(out, err)
	}
	return out
}

func TestRetries(t *testing.T) {
	for _, tt := range []struct {
		name           string
		first, second  []error // of the two backends; the second is missing when nil
		calls          [2]int
		code           llm.Code
		backend        string
		retries, reset int
	}{
		{name: "alone, once more", first: times(1, fails(llm.CodeUnavailable)), calls: [2]int{2}, backend: "first", retries: 1, reset: 1},
		{name: "alone, no more", first: times(2, fails(llm.CodeBroken)), calls: [2]int{2}, code: llm.CodeBroken, reset: 1},
		{name: "elsewhere", first: times(9, fails(llm.CodeBroken)), second: []error{nil}, calls: [2]int{1, 1}, backend: "second", retries: 1, reset: 1},
		{name: "not a driver's error", first: times(1, errors.New("odd")), calls: [2]int{2}, backend: "first", retries: 1, reset: 1},
		{name: "both fail", first: times(9, fails(llm.CodeBroken)), second: times(9, fails(llm.CodeUnavailable)), calls: [2]int{1, 1}, code: llm.CodeUnavailable, reset: 1},
		{name: "too long", first: times(1, fails(llm.CodeTooLong)), second: []error{nil}, calls: [2]int{1}, code: llm.CodeTooLong},
		{name: "refused", first: times(1, fails(llm.CodeRefused)), second: []error{nil}, calls: [2]int{1}, code: llm.CodeRefused},
		{name: "denied here", first: times(1, fails(llm.CodeDenied)), second: []error{nil}, calls: [2]int{1, 1}, backend: "second", retries: 1, reset: 1},
		{name: "denied alone", first: times(1, fails(llm.CodeDenied)), calls: [2]int{1}, code: llm.CodeDenied},
		{name: "too slow alone", first: times(1, fails(llm.CodeTimeout)), calls: [2]int{1}, code: llm.CodeTimeout},
		{name: "refused for the rate", first: times(3, fails(llm.CodeLimited)), calls: [2]int{4}, backend: "first", retries: 3, reset: 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, second := &scripted{errs: tt.first}, &scripted{errs: tt.second}
				backends := []llm.Backend{{Name: "first", Model: first, Contract: agreed(perMinute(100))}}
				if tt.second != nil {
					backends = append(backends, llm.Backend{Name: "second", Model: second, Contract: agreed()})
				}
				p := newPool(t, llm.PoolOptions{}, backends...)
				resets := 0
				req := llm.Request{
					Messages: []llm.Message{{Role: llm.User, Text: "지난달 매출"}},
					OnDelta: func(d llm.Delta) {
						if d.Reset {
							resets++
						}
					},
				}
				reply, err := p.Complete(t.Context(), req)
				if got := llm.CodeOf(err); got != tt.code {
					t.Fatalf("code %q, want %q: %v", got, tt.code, err)
				}
				if diff := cmp.Diff(tt.calls, [2]int{first.made(), second.made()}); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
				if resets != tt.reset {
					t.Errorf("%d resets, want %d", resets, tt.reset)
				}
				var failed *llm.Error
				if made := first.made() + second.made(); errors.As(err, &failed) && failed.Calls != made {
					t.Errorf("failed after %d calls, %d made", failed.Calls, made)
				}
				if err == nil && (reply.Retries != tt.retries || reply.Backend != tt.backend) {
					t.Errorf("%d retries on %s, want %d on %s", reply.Retries, reply.Backend, tt.retries, tt.backend)
				}
				for _, c := range append(first.calls, second.calls...) {
					if diff := cmp.Diff(req.Messages, c.Messages); diff != "" {
						t.Errorf("the transcript changed:\n%s", diff)
					}
				}
				if used := p.Snapshot().Backends[0].Used; used != first.made() {
					t.Errorf("%d calls charged, %d made", used, first.made())
				}
			})
		})
	}
}

// The order of turns. One call a minute, so that all the others wait together.
func TestOrderOfTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &scripted{}
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "m", Model: m, Contract: agreed(perMinute(1))})
		var wg sync.WaitGroup
		call := func(name string, c llm.Caller) {
			c.Question = name
			wg.Go(func() {
				if _, err := p.Complete(t.Context(), llm.Request{Caller: c}); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		call("served before", llm.Caller{Principal: "a"})
		call("digest", llm.Caller{Principal: "d", Background: true})
		call("a again", llm.Caller{Principal: "a"})
		call("b first", llm.Caller{Principal: "b"})
		call("b second", llm.Caller{Principal: "b"})
		call("c", llm.Caller{Principal: "c"})
		call("digest begun", llm.Caller{Principal: "d", Background: true, Begun: true})
		call("b's begun", llm.Caller{Principal: "b", Begun: true})
		wg.Wait()
		want := []string{
			"served before",
			// Reserved for nobody in particular: whoever is first when the slot's time comes.
			"b's begun", "c", "a again", "b first", "b second", "digest begun", "digest",
		}
		if diff := cmp.Diff(want, m.order()); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

// Whoever comes late has not saved up the turns that others had before.
func TestNewcomerSharesFromNowOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &scripted{}
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "m", Model: m, Contract: agreed(perMinute(6))})
		var wg sync.WaitGroup
		ask := func(who string, n int) {
			for range n {
				wg.Go(func() {
					_, _ = p.Complete(t.Context(), llm.Request{Caller: llm.Caller{Principal: who, Question: who}})
				})
			}
		}
		ask("early", 60)
		_ = pause(t.Context(), 5*time.Minute)
		before := m.made()
		ask("late", 20)
		wg.Wait()
		early := 0
		for _, who := range m.order()[before : before+20] {
			if who == "early" {
				early++
			}
		}
		if before < 20 || early < 8 || early > 12 {
			t.Errorf("of the 20 turns after the newcomer, who had %d before got %d", before, early)
		}
	})
}

// A call that the server refused for its rate keeps its turn.
func TestRefusedKeepsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &scripted{errs: []error{nil, fails(llm.CodeLimited)}}
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "m", Model: m, Contract: agreed(perMinute(6))})
		var wg sync.WaitGroup
		for _, name := range []string{"1", "2", "3", "4"} {
			wg.Go(func() {
				_, _ = p.Complete(t.Context(), llm.Request{Caller: llm.Caller{Principal: name, Question: name}})
			})
			synctest.Wait()
		}
		wg.Wait()
		if diff := cmp.Diff([]string{"1", "2", "2", "3", "4"}, m.order()); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	})
}

func TestTrickleWithoutAgreement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := newServer(nil)
		s.think = agenttest.Fixed(time.Second)
		p := newPool(t, llm.PoolOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))},
			llm.Backend{Name: "found", Model: s, Contract: connectors.Contract{Rates: []connectors.Rate{perMinute(600)}, Concurrency: 50}})
		start := time.Now()
		ask(t.Context(), trainingDay(20, 1, time.Millisecond), p)
		if s.most != 1 || time.Since(start) < 100*time.Second {
			t.Errorf("%d at once, 20 calls in %s", s.most, time.Since(start))
		}
		if n := strings.Count(log.String(), "nobody agreed"); n != 1 || !strings.Contains(log.String(), "backend=found") {
			t.Errorf("log:\n%s", log.String())
		}
	})
}

func TestEndsEarlyWhenTheDeadlineCannotBeMet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(agenttest.SlidingWindow(10, time.Minute))
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(10))})
		qs := trainingDay(60, 1, time.Millisecond)
		for _, q := range qs {
			q.gives = 2 * time.Minute
		}
		ask(t.Context(), qs, p)
		var done, early int
		for _, q := range qs {
			switch {
			case q.err == nil:
				done++
			case llm.CodeOf(q.err) == llm.CodeExhausted && q.waited < 5*time.Second:
				early++
			}
		}
		// Twenty can be done. Those who had a chance were let wait.
		if done < 17 || early < 25 {
			t.Errorf("%d answered, %d told early", done, early)
		}
	})
}

// What those who wait are told is about true.
func TestWaitIsToldTruly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(agenttest.SlidingWindow(100, time.Minute))
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))})
		var mu sync.Mutex
		var near, far, told, most int
		var wg sync.WaitGroup
		for i, q := range trainingDay(400, 3, 5*time.Minute) {
			wg.Go(func() {
				_ = pause(t.Context(), q.at)
				var first, last llm.Wait
				var at time.Time
				n := 0
				caller := llm.Caller{Principal: q.who, Question: fmt.Sprint(i)}
				reply, err := p.Complete(t.Context(), llm.Request{Caller: caller, OnWait: func(w llm.Wait) {
					if n++; n == 1 {
						first, at = w, time.Now()
					}
					last = w
				}})
				if err != nil {
					t.Error(err)
					return
				}
				if last != (llm.Wait{}) {
					t.Errorf("not told that its turn came, but %+v", last)
				}
				left := time.Since(at) - reply.Took
				caller.Begun = true
				for range 2 {
					_, _ = p.Complete(t.Context(), llm.Request{Caller: caller})
				}
				mu.Lock()
				defer mu.Unlock()
				if most = max(most, n); n == 0 || first.For < 30*time.Second {
					return
				}
				told++
				if (first.For - left).Abs() < left/4 {
					near++
				} else if (first.For - left).Abs() > left/2 {
					far++
				}
			})
		}
		wg.Wait()
		t.Logf("of %d first estimates %d were within a quarter, %d off by more than half; told at most %d times", told, near, far, most)
		if told < 250 || near < told*8/10 || far > told/20 {
			t.Errorf("of %d first estimates %d were within a quarter, %d off by more than half", told, near, far)
		}
		if most > 120 {
			t.Errorf("somebody was told %d times", most)
		}
	})
}

// Where the budget is small, a few questions have to teach how many calls one takes.
func TestAFewQuestionsTeachTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(agenttest.SlidingWindow(2, time.Minute))
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(2))})
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				var told time.Duration
				var at time.Time
				if _, err := p.Complete(t.Context(), llm.Request{Caller: llm.Caller{Principal: fmt.Sprint(i), Question: fmt.Sprint(i)}, OnWait: func(w llm.Wait) {
					if at.IsZero() && w.Ahead == 2 { // seven were asked by then
						told, at = w.For, time.Now()
					}
				}}); err != nil {
					t.Error(err)
				}
				if left := time.Since(at); i == 9 && told > left*13/10 {
					t.Errorf("told %s, waited %s", told, left)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
	})
}

// With no wait there is nothing to tell.
func TestNoWaitIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "m", Model: &scripted{takes: time.Minute}, Contract: agreed(perMinute(100))})
		if _, err := p.Complete(t.Context(), llm.Request{OnWait: func(w llm.Wait) { t.Errorf("told %+v", w) }}); err != nil {
			t.Error(err)
		}
	})
}

// When nothing answers, calls wait as long as patience goes, then end at once; when
// it is well again, so is the pool.
func TestAllBackendsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(nil)
		s.network, s.think = nil, agenttest.Fixed(time.Second)
		down := true
		s.fail = func(int, time.Time) error {
			if down {
				return &llm.Error{Code: llm.CodeUnavailable}
			}
			return nil
		}
		c := agreed(perMinute(600))
		p := newPool(t, llm.PoolOptions{Patience: 30 * time.Second}, llm.Backend{Name: "gpu", Model: s, Contract: c})
		qs := trainingDay(20, 1, 10*time.Second)
		ask(t.Context(), qs, p)
		for _, q := range qs {
			if llm.CodeOf(q.err) != llm.CodeUnavailable || q.waited > 35*time.Second {
				t.Errorf("%v after %s", q.err, q.waited)
			}
		}
		if s.failed > 12 {
			t.Errorf("a dead backend was called %d times", s.failed)
		}
		state := p.Snapshot().Backends[0]
		if state.Breaker != "open" && state.Breaker != "half-open" {
			t.Errorf("breaker %s", state.Breaker)
		}
		down = false
		_ = pause(t.Context(), 20*time.Second)
		start := time.Now()
		if _, err := p.Complete(t.Context(), llm.Request{}); err != nil || time.Since(start) > 2*time.Second {
			t.Errorf("well again: %v after %s", err, time.Since(start))
		}
		if got := p.Snapshot().Backends[0].Breaker; got != "closed" {
			t.Errorf("breaker %s", got)
		}
	})
}

// A slot whose caller gave up goes to the next, or back to the budget.
func TestSlotOfWhoGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &scripted{}
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "m", Model: m, Contract: agreed(perMinute(2))})
		start := time.Now()
		_, _ = p.Complete(t.Context(), llm.Request{})
		ctx, cancel := context.WithCancel(t.Context())
		for range 5 {
			go func() { _, _ = p.Complete(ctx, llm.Request{}) }()
		}
		_ = pause(t.Context(), 10*time.Second)
		cancel()
		_ = pause(t.Context(), 30*time.Second) // past the time of the reserved slot
		if used := p.Snapshot().Backends[0].Used; used != 1 {
			t.Errorf("%d calls charged, 1 made", used)
		}
		if _, err := p.Complete(t.Context(), llm.Request{}); err != nil || time.Since(start) > 41*time.Second {
			t.Errorf("next call: %v after %s", err, time.Since(start))
		}
	})
}

func TestPriorityIsPassedWhereItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		knows, ignores := &scripted{}, &scripted{}
		a := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "vllm", Model: knows, Contract: agreed(), Priority: true})
		b := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "other", Model: ignores, Contract: agreed()})
		for _, c := range []llm.Caller{{Begun: true}, {}, {Begun: true, Background: true}, {Background: true}} {
			for _, p := range []*llm.Pool{a, b} {
				if _, err := p.Complete(t.Context(), llm.Request{Caller: c}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, c := range knows.calls {
			if c.Priority != i || ignores.calls[i].Priority != 0 {
				t.Errorf("priority %d and %d of call %d", c.Priority, ignores.calls[i].Priority, i)
			}
		}
	})
}

// loaded is a model whose server has a queue.
type loaded struct {
	scripted
	waiting int
}

// Load implements llm.LoadReader.
func (l *loaded) Load(context.Context) (llm.Load, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return llm.Load{Running: 8, Waiting: l.waiting}, nil
}

func TestSteersByLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy, calm := &loaded{scripted: scripted{takes: 5 * time.Second}, waiting: 40}, &loaded{scripted: scripted{takes: 5 * time.Second}}
		p := newPool(t, llm.PoolOptions{},
			llm.Backend{Name: "busy", Model: busy, Contract: agreed()}, llm.Backend{Name: "calm", Model: calm, Contract: agreed()})
		for range 20 {
			if _, err := p.Complete(t.Context(), llm.Request{}); err != nil {
				t.Fatal(err)
			}
		}
		if busy.made() > 2 || calm.made() < 18 {
			t.Errorf("%d calls to the server with a queue, %d to the other", busy.made(), calm.made())
		}
		if q := p.Snapshot().Backends[0].ServerQueue; q != 40 {
			t.Errorf("queue of %d in the status", q)
		}
	})
}

// Where two backends are free, the first is taken.
func TestOrderOfBackends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := &scripted{takes: time.Second}, &scripted{takes: time.Second}
		c := agreed()
		c.Concurrency = 1
		p := newPool(t, llm.PoolOptions{},
			llm.Backend{Name: "first", Model: first, Contract: c}, llm.Backend{Name: "second", Model: second, Contract: c})
		for range 10 {
			_, _ = p.Complete(t.Context(), llm.Request{})
		}
		if first.made() != 10 || second.made() != 0 {
			t.Errorf("one after the other: %d and %d", first.made(), second.made())
		}
		ask(t.Context(), trainingDay(10, 1, time.Millisecond), p)
		if first.made() != 15 || second.made() != 5 {
			t.Errorf("all at once: %d and %d", first.made(), second.made())
		}
	})
}

// Two models behind one gateway share its quota.
func TestBackendsShareAContract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := agenttest.SlidingWindow(60, time.Minute)
		a, b := newServer(limiter), newServer(limiter)
		c := agreed(perMinute(60))
		c.Name = "gateway"
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "a", Model: a, Contract: c}, llm.Backend{Name: "b", Model: b, Contract: c})
		start := time.Now()
		ask(t.Context(), trainingDay(240, 1, time.Second), p)
		if n := len(a.refused) + len(b.refused); n > 0 || time.Since(start) > 260*time.Second {
			t.Errorf("%d refused, 240 calls in %s", n, time.Since(start))
		}
		c.Concurrency = 3
		x, y := newServer(nil), newServer(nil)
		x.think, y.think = agenttest.Fixed(10*time.Second), agenttest.Fixed(10*time.Second)
		together := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "x", Model: x, Contract: c}, llm.Backend{Name: "y", Model: y, Contract: c})
		ask(t.Context(), trainingDay(40, 1, time.Second), together)
		if n := atMost(x, y); n != 3 {
			t.Errorf("%d calls at once, 3 were agreed", n)
		}
		_, err := llm.NewPool([]llm.Backend{
			{Name: "a", Model: a, Contract: c}, {Name: "b", Model: b, Contract: connectors.Contract{Name: "gateway"}},
		}, llm.PoolOptions{})
		if err == nil {
			t.Error("one contract in two versions was taken")
		}
	})
}

// atMost is how many calls ran at once on servers that all take 10 s a call.
func atMost(servers ...*server) int {
	var all []time.Time
	for _, s := range servers {
		all = append(all, s.accepted...)
	}
	most := 0
	for _, end := range all {
		n := 0
		for _, at := range all {
			if !at.After(end) && end.Sub(at) < 10*time.Second {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// Where tokens are short, long calls count for more: of two who ask without end, the
// one with the long prompts gets fewer turns.
func TestTokensAreSharedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := modelFunc(func(_ context.Context, req llm.Request) (*llm.Reply, error) {
			return &llm.Reply{Usage: llm.Usage{Input: len(req.Messages[0].Text) * 2 / 7, Output: 100}}, nil
		})
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "m", Model: m, Contract: agreed(perMinute(60)), TokensPerMinute: 100_000})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
		defer cancel()
		var mu sync.Mutex
		calls := map[string]int{}
		var wg sync.WaitGroup
		for who, size := range map[string]int{"short": 3500, "long": 14000} {
			for range 5 {
				wg.Go(func() {
					req := llm.Request{Caller: llm.Caller{Principal: who}, Messages: []llm.Message{{Text: strings.Repeat("x", size)}}}
					for ctx.Err() == nil {
						if _, err := p.Complete(ctx, req); err == nil {
							mu.Lock()
							calls[who]++
							mu.Unlock()
						}
					}
				})
			}
		}
		wg.Wait()
		if ratio := float64(calls["short"]) / float64(calls["long"]); ratio < 2.5 || ratio > 5 {
			t.Errorf("%v calls: of equal tokens it would be about 3.7 to 1", calls)
		}
	})
}

// failing is a store whose updates fail while it is down.
type failing struct {
	store.Store
	mu   sync.Mutex
	down bool
}

func (f *failing) set(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

// Update implements store.Store.
func (f *failing) Update(ctx context.Context, fn func(store.Tx) error) error {
	f.mu.Lock()
	down := f.down
	f.mu.Unlock()
	if down {
		return errors.New("the disk is gone")
	}
	return f.Store.Update(ctx, fn)
}

// A budget that cannot be kept is not spent.
func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &failing{Store: openStore(t)}
		m := &scripted{takes: time.Second}
		p := newPool(t, llm.PoolOptions{Store: s}, llm.Backend{Name: "m", Model: m, Contract: agreed(perMinute(60))})
		s.set(true)
		start := time.Now()
		_, err := p.Complete(t.Context(), llm.Request{})
		if llm.CodeOf(err) != llm.CodeUnavailable || m.made() != 0 || time.Since(start) > 25*time.Second {
			t.Errorf("%v after %s, %d calls", err, time.Since(start), m.made())
		}
		time.AfterFunc(5*time.Second, func() { s.set(false) })
		_ = pause(t.Context(), 10*time.Second)
		if _, err := p.Complete(t.Context(), llm.Request{}); err != nil {
			t.Errorf("store is back: %v", err)
		}
	})
}

func TestCloseEndsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &scripted{takes: time.Hour}
		c := agreed()
		c.Concurrency = 2
		p := newPool(t, llm.PoolOptions{Store: openStore(t)}, llm.Backend{Name: "m", Model: m, Contract: c})
		errs := make(chan error, 5)
		for range 5 {
			go func() {
				_, err := p.Complete(t.Context(), llm.Request{})
				errs <- err
			}()
		}
		_ = pause(t.Context(), time.Minute)
		start := time.Now()
		if err := p.Close(); err != nil || time.Since(start) > time.Second {
			t.Errorf("close: %v after %s", err, time.Since(start))
		}
		for range 5 {
			if err := <-errs; llm.CodeOf(err) != llm.CodeUnavailable {
				t.Errorf("ended with %v", err)
			}
		}
		if _, err := p.Complete(t.Context(), llm.Request{}); llm.CodeOf(err) != llm.CodeUnavailable {
			t.Errorf("after close: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A driver that panics loses its caller, not its place.
func TestDriverPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := agreed()
		c.Concurrency = 1
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "m", Contract: c, Model: modelFunc(func(context.Context, llm.Request) (*llm.Reply, error) {
			panic("a driver's mistake")
		})})
		for range 2 {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic was swallowed")
					}
				}()
				_, _ = p.Complete(t.Context(), llm.Request{})
			}()
		}
		if got := p.Snapshot().Backends[0]; got.Running != 0 || got.Failed != 2 {
			t.Errorf("%+v", got)
		}
	})
}

// A contract's timeout bounds the call, not the wait for it.
func TestTimeoutOfTheContract(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &scripted{takes: 20 * time.Second}
		c := agreed()
		c.Concurrency, c.Timeout = 1, 30*time.Second
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "m", Model: m, Contract: c})
		ask(t.Context(), trainingDay(4, 1, time.Millisecond), p)
		if got := p.Snapshot().Backends[0]; got.Failed != 0 || got.Calls != 4 {
			t.Errorf("%+v", got)
		}
		m.takes = time.Minute
		start := time.Now()
		_, err := p.Complete(t.Context(), llm.Request{})
		if llm.CodeOf(err) != llm.CodeTimeout || time.Since(start) != 30*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

// What is remembered of principals does not grow with their number.
func TestPrincipalsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "m", Model: &scripted{takes: time.Second}, Contract: agreed()})
		ask(t.Context(), trainingDay(4000, 1, 4*time.Hour), p)
		if n := p.Snapshot().Principals; n > 600 {
			t.Errorf("%d principals remembered", n)
		}
	})
}

func TestNewPoolRefuses(t *testing.T) {
	m := &scripted{}
	for name, backends := range map[string][]llm.Backend{
		"none":      nil,
		"no name":   {{Model: m}},
		"no model":  {{Name: "a"}},
		"two alike": {{Name: "a", Model: m}, {Name: "a", Model: m}},
		"no rate":   {{Name: "a", Model: m, Contract: agreed(connectors.Rate{Per: time.Minute})}},
		"no time":   {{Name: "a", Model: m, Contract: agreed(connectors.Rate{Calls: 3})}},
	} {
		if p, err := llm.NewPool(backends, llm.PoolOptions{}); err == nil {
			_ = p.Close()
			t.Errorf("%s: taken", name)
		}
	}
}

func BenchmarkPoolCall(b *testing.B) {
	answer := &llm.Reply{}
	for name, conf := range map[string]struct {
		contract connectors.Contract
		store    bool
	}{
		"unlimited": {contract: agreed()},
		"paced":     {contract: agreed(connectors.Rate{Calls: 1_000_000, Per: time.Second})},
		"stored":    {contract: agreed(connectors.Rate{Calls: 1_000_000, Per: time.Second}), store: true},
	} {
		b.Run(name, func(b *testing.B) {
			var opts llm.PoolOptions
			if conf.store {
				opts.Store = openStore(b)
			}
			p := newPool(b, opts, llm.Backend{Name: "m", Contract: conf.contract, Model: modelFunc(
				func(context.Context, llm.Request) (*llm.Reply, error) { return answer, nil })})
			req := llm.Request{Caller: llm.Caller{Principal: "a"}, Messages: []llm.Message{{Text: "지난달 매출"}}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Complete(b.Context(), req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPoolCrowd is a call while a thousand principals wait.
func BenchmarkPoolCrowd(b *testing.B) {
	answer := &llm.Reply{}
	c := agreed()
	c.Concurrency = 1
	p := newPool(b, llm.PoolOptions{}, llm.Backend{Name: "m", Contract: c, Model: modelFunc(
		func(context.Context, llm.Request) (*llm.Reply, error) { return answer, nil })})
	var n atomic.Int64
	b.SetParallelism(1000 / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		req := llm.Request{Caller: llm.Caller{Principal: fmt.Sprint(n.Add(1))}, OnWait: func(llm.Wait) {}}
		for pb.Next() {
			if _, err := p.Complete(b.Context(), req); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
