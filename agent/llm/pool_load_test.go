package llm_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

func openStore(t testing.TB) store.Store {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Two replicas that share a store share the budget; neither knows of the other.
func TestReplicasShareABudget(t *testing.T) {
	for _, l := range limiters[1:] {
		t.Run(l.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(l.make(100, time.Minute))
				shared := openStore(t)
				back := llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))}
				one := newPool(t, llm.PoolOptions{Store: shared}, back)
				two := newPool(t, llm.PoolOptions{Store: shared}, back)
				qs := trainingDay(200, 3, 3*time.Minute)
				ask(t.Context(), qs, one, two)
				o := s.outcome(qs, perMinute(100))
				t.Logf("used %.1f%%, refused %d", 100*o.utilisation, o.refused)
				// Less of it is measured than in the long runs, of which a leaky bucket's
				// lesson is the larger part.
				if least := l.leastUsed - 0.03; o.utilisation < least || o.share > 1.5*l.mostRefused {
					t.Errorf("used %.3f, want at least %.2f; refused %d", o.utilisation, least, o.refused)
				}
				a, b := one.Snapshot().Backends[0].Calls, two.Snapshot().Backends[0].Calls
				if a+b != 600+o.refused || a < 220 || b < 220 {
					t.Errorf("the replicas made %d and %d calls", a, b)
				}
			})
		})
	}
}

// Concurrency is shared as well, and a call that ends in one replica lets the other go
// on.
func TestReplicasShareConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(nil)
		s.think = agenttest.Fixed(time.Second)
		shared := openStore(t)
		c := agreed()
		c.Concurrency = 3
		back := llm.Backend{Name: "gpu", Model: s, Contract: c}
		one, two := newPool(t, llm.PoolOptions{Store: shared}, back), newPool(t, llm.PoolOptions{Store: shared}, back)
		start := time.Now()
		ask(t.Context(), trainingDay(60, 1, time.Millisecond), one, two)
		if s.most != 3 {
			t.Errorf("%d calls at once, 3 were agreed", s.most)
		}
		if took := time.Since(start); took > 22*time.Second {
			t.Errorf("60 calls of a second, 3 at once, took %s", took)
		}
	})
}

// A pool that starts anew on the same store knows what was used before.
func TestRestartForgetsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(agenttest.SlidingWindow(20, time.Minute))
		shared := openStore(t)
		back := llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(20))}
		for range 4 {
			p := newPool(t, llm.PoolOptions{Store: shared}, back)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			ask(ctx, trainingDay(30, 1, time.Millisecond), p)
			cancel()
			_ = p.Close()
		}
		if len(s.refused) > 0 || len(s.accepted) < 20 {
			t.Errorf("%d calls, %d refused", len(s.accepted), len(s.refused))
		}
	})
}

// Of several rates, the longer is used up first here: from then on calls end early
// instead of waiting for tomorrow, and nothing is refused.
func TestDailyBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		minute, day := agenttest.SlidingWindow(100, time.Minute), agenttest.SlidingWindow(300, 24*time.Hour)
		s := newServer(both{minute, day})
		rates := []connectors.Rate{{Calls: 300, Per: 24 * time.Hour}, perMinute(100)}
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(rates...)})
		qs := trainingDay(400, 1, 2*time.Minute)
		for _, q := range qs {
			q.gives = 10 * time.Minute
		}
		ask(t.Context(), qs, p)
		var exhausted int
		for _, q := range qs {
			if llm.CodeOf(q.err) == llm.CodeExhausted {
				exhausted++
				if q.waited > 4*time.Minute {
					t.Errorf("told after %s that there is nothing left today", q.waited)
				}
			}
		}
		if len(s.accepted) != 300 || exhausted != 100 || len(s.refused) != 0 {
			t.Errorf("%d calls, %d told that the budget is used up, %d refused", len(s.accepted), exhausted, len(s.refused))
		}
		// Tomorrow there is more.
		_ = pause(t.Context(), 24*time.Hour+10*time.Minute)
		if _, err := p.Complete(t.Context(), llm.Request{}); err != nil {
			t.Errorf("the day after: %v", err)
		}
	})
}

type both [2]agenttest.Limiter

// Take implements agenttest.Limiter.
func (b both) Take(now time.Time) agenttest.Verdict {
	if v := b[0].Take(now); !v.OK {
		return v
	}
	return b[1].Take(now)
}

// stranger uses a limiter evenly, calls in a minute, until ctx ends. What it returns
// tells the share of them that it got.
func stranger(ctx context.Context, l agenttest.Limiter, perMinute int) (share func() float64) {
	var mu sync.Mutex
	var got, asked float64
	go func() {
		for pause(ctx, time.Minute/time.Duration(perMinute)) == nil {
			ok := l.Take(time.Now()).OK
			mu.Lock()
			asked++
			if ok {
				got++
			}
			mu.Unlock()
		}
	}()
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return got / asked
	}
}

// Another team that uses a part of the quota is found out by few refusals, and when
// it stops we go back to full use.
func TestAnotherTeamEatsFromTheQuota(t *testing.T) {
	for _, l := range limiters[:2] {
		t.Run(l.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiter := l.make(100, time.Minute)
				s := newServer(limiter)
				p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))})
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					ask(t.Context(), trainingDay(1200, 3, 25*time.Minute), p)
				}()
				share := stranger(ctx, limiter, 30)
				_ = pause(t.Context(), 10*time.Minute)
				learned := s.refusals()
				_ = pause(t.Context(), 10*time.Minute)
				later := s.refusals()
				pace := p.Snapshot().Backends[0].Pace
				theirs := share()
				stop()
				t.Logf("refused %d in 10 minutes, %d in the next; pace %.2f; the others got %.0f%%", learned, later-learned, pace, 100*theirs)
				if learned > 30 || later-learned > 15 {
					t.Errorf("refused %d times while learning, %d after", learned, later-learned)
				}
				if pace < 0.55 || pace > 0.8 {
					t.Errorf("pace %.2f, there was 0.7 to have", pace)
				}
				if theirs < 0.85 {
					t.Errorf("the others got %.2f of what they asked for", theirs)
				}
				_ = pause(t.Context(), 15*time.Minute)
				if pace := p.Snapshot().Backends[0].Pace; pace < 0.97 {
					t.Errorf("pace %.2f a quarter of an hour after they stopped", pace)
				}
				<-done
			})
		})
	}
}

// A server that refuses everything for a while is probed, not hammered, and the calls
// come out of it in order.
func TestStormOfRefusals(t *testing.T) {
	for name, header := range map[string]bool{"told when": true, "not told": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(nil)
				begin := time.Now()
				s.limiter = limiterFunc(func(now time.Time) agenttest.Verdict {
					since := now.Sub(begin)
					if since < time.Minute || since > 5*time.Minute {
						return agenttest.Verdict{OK: true}
					}
					v := agenttest.Verdict{}
					if header {
						v.Wait = 20 * time.Second
					}
					return v
				})
				p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))})
				qs := trainingDay(400, 2, 6*time.Minute)
				ask(t.Context(), qs, p)
				for _, q := range qs {
					if q.err != nil {
						t.Fatalf("a question was lost: %v", q.err)
					}
				}
				t.Logf("refused %d", len(s.refused))
				if len(s.refused) > 20 {
					t.Errorf("%d calls refused in four minutes", len(s.refused))
				}
				after := 0
				for _, at := range s.accepted {
					if d := at.Sub(begin); d > 6*time.Minute && d <= 8*time.Minute {
						after++
					}
				}
				if after < 120 {
					t.Errorf("%d calls in two minutes after the storm", after)
				}
			})
		})
	}
}

type limiterFunc func(now time.Time) agenttest.Verdict

// Take implements agenttest.Limiter.
func (f limiterFunc) Take(now time.Time) agenttest.Verdict { return f(now) }

// Three askers in ten give up while they wait or while they are served. Their turns
// go to others.
func TestManyGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(agenttest.SlidingWindow(100, time.Minute))
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))})
		qs := trainingDay(750, 3, 10*time.Minute)
		var wg sync.WaitGroup
		var stay []*question
		start := time.Now()
		for i, q := range qs {
			if i%10 >= 3 {
				stay = append(stay, q)
				continue
			}
			wg.Go(func() { // presses stop, without having said so before
				_ = pause(t.Context(), q.at-time.Since(start))
				ctx, cancel := context.WithCancel(t.Context())
				after := time.AfterFunc(time.Duration(i%7)*20*time.Second, cancel)
				defer after.Stop()
				defer cancel()
				for c := range 3 {
					if _, err := p.Complete(ctx, llm.Request{Caller: llm.Caller{Principal: q.who, Begun: c > 0}}); err != nil {
						if llm.CodeOf(err) != llm.CodeCancelled {
							t.Errorf("stopped: %v", err)
						}
						return
					}
				}
			})
		}
		ask(t.Context(), stay, p)
		wg.Wait()
		o := s.outcome(stay, perMinute(100))
		t.Logf("used %.1f%%, refused %d, wait p50 %s", 100*o.utilisation, o.refused, o.median)
		if o.utilisation < 0.96 || o.refused > 0 { // the last ones have nobody behind them
			t.Errorf("used %.3f, refused %d", o.utilisation, o.refused)
		}
		if got := p.Snapshot(); got.Waiting != 0 || got.Backends[0].Running != 0 {
			t.Errorf("left over: %+v", got)
		}
	})
}

// Somebody who asks thirty questions at once does not hold up those who ask one, and
// nobody waits twice as long as if the model were shared out evenly at every moment.
func TestNobodyWaitsTwiceTheFairShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(agenttest.SlidingWindow(100, time.Minute))
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))})
		qs := trainingDay(300, 3, 5*time.Minute)
		for i := range 30 { // one after another, so that it is settled which of them is first
			qs = append(qs, &question{who: "web:heavy", at: time.Duration(i) * time.Millisecond, calls: 3})
		}
		slices.SortFunc(qs, func(a, b *question) int { return int(a.at - b.at) })
		ask(t.Context(), qs, p)
		fair := evenShares(qs, 100.0/60)
		var heavy, light time.Duration
		for i, q := range qs {
			if q.err != nil {
				t.Fatal(q.err)
			}
			// Three calls take their time however few others there are.
			if limit := 2*fair[i] + 45*time.Second; q.waited > limit {
				t.Errorf("%s waited %s, an even share would have taken %s", q.who, q.waited, fair[i])
			}
			if q.who == "web:heavy" {
				heavy = max(heavy, q.waited)
			} else {
				light = max(light, q.waited)
			}
		}
		t.Logf("longest wait %s, of the one with thirty questions %s", light, heavy)
		if heavy < light {
			t.Errorf("thirty questions took %s, the slowest of the others %s", heavy, light)
		}
	})
}

// evenShares is when each question would be done if every principal with something
// left had an equal part of the calls at every moment, a principal's questions one
// after the other.
func evenShares(qs []*question, perSecond float64) []time.Duration {
	left := make([]float64, len(qs))
	done := make([]time.Duration, len(qs))
	for i, q := range qs {
		left[i] = float64(q.calls)
	}
	const step = 500 * time.Millisecond
	for now, open := time.Duration(0), len(qs); open > 0; now += step {
		first := map[string]int{}
		for i, q := range qs {
			if _, ok := first[q.who]; !ok && left[i] > 0 && q.at <= now {
				first[q.who] = i
			}
		}
		for _, i := range first {
			left[i] -= perSecond * step.Seconds() / float64(len(first))
			if left[i] <= 0 {
				done[i] = now + step - qs[i].at
				open--
			}
		}
	}
	return done
}

// One of two backends dies in the middle and comes back. Nobody gets an error, it is
// left alone, and it is used again.
func TestBackendDiesAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		company := newServer(agenttest.SlidingWindow(100, time.Minute))
		gpu := newServer(nil)
		begin := time.Now()
		gpu.fail = func(_ int, at time.Time) error {
			if d := at.Sub(begin); d > 3*time.Minute && d < 6*time.Minute {
				return &llm.Error{Code: llm.CodeUnavailable, Status: 503}
			}
			return nil
		}
		c := agreed()
		c.Concurrency = 8
		p := newPool(t, llm.PoolOptions{},
			llm.Backend{Name: "gpu", Model: gpu, Contract: c},
			llm.Backend{Name: "company", Model: company, Contract: agreed(perMinute(100))})
		qs := trainingDay(750, 3, 10*time.Minute)
		ask(t.Context(), qs, p)
		for _, q := range qs {
			if q.err != nil {
				t.Fatalf("a question was lost: %v", q.err)
			}
		}
		var during, after int
		for _, at := range gpu.accepted {
			switch d := at.Sub(begin); {
			case d > 3*time.Minute+15*time.Second && d < 6*time.Minute:
				during++
			case d >= 6*time.Minute:
				after++
			}
		}
		t.Logf("gpu: %d calls failed, %d while left alone, %d after; company: %d calls", gpu.failed, during, after, len(company.accepted))
		if during > 20 || after < 100 || len(company.refused) > 0 {
			t.Errorf("%d calls of a dead backend, %d after it came back, %d refused", during, after, len(company.refused))
		}
	})
}

// A backend that is slow holds only as many calls as its contract says; everybody
// else's go elsewhere.
func TestSlowBackendHoldsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, fast := newServer(nil), newServer(nil)
		slow.think, fast.think = agenttest.Fixed(10*time.Minute), agenttest.Fixed(time.Second)
		c := agreed()
		c.Concurrency = 4
		p := newPool(t, llm.PoolOptions{},
			llm.Backend{Name: "slow", Model: slow, Contract: c}, llm.Backend{Name: "fast", Model: fast, Contract: c})
		qs := trainingDay(104, 1, time.Millisecond)
		ask(t.Context(), qs, p)
		if slow.most != 4 || len(fast.accepted) != 100 {
			t.Errorf("%d calls on the slow one, %d on the fast one", slow.most, len(fast.accepted))
		}
		if got := quantile(waits(qs), 0.95); got > 30*time.Second {
			t.Errorf("19 of 20 waited up to %s", got)
		}
	})
}

func TestTokensPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(nil)
		var mu sync.Mutex
		var used []int
		var at []time.Time
		m := modelFunc(func(ctx context.Context, req llm.Request) (*llm.Reply, error) {
			r, err := s.Complete(ctx, req)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				n := 1500 + 1000*(len(used)%3)
				used, at = append(used, n), append(at, time.Now())
				r.Usage = llm.Usage{Input: n - 300, Output: 300}
			}
			return r, err
		})
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: m, Contract: agreed(perMinute(1000)), TokensPerMinute: 50_000})
		req := llm.Request{Messages: []llm.Message{{Role: llm.User, Text: fmt.Sprintf("%07000d", 0)}}}
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				r := req
				r.Caller.Principal = fmt.Sprint(i)
				if _, err := p.Complete(t.Context(), r); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		sum := 0
		for _, n := range used {
			sum += n
		}
		minutes := time.Since(start).Minutes()
		t.Logf("%d tokens in %.1f minutes", sum, minutes)
		if rate := float64(sum) / (minutes - 1); rate > 56_000 {
			t.Errorf("%.0f tokens a minute, 50000 were agreed", rate)
		}
		if float64(sum)/minutes < 40_000 {
			t.Errorf("%.0f tokens a minute of 50000", float64(sum)/minutes)
		}
	})
}

type modelFunc func(ctx context.Context, req llm.Request) (*llm.Reply, error)

// Complete implements llm.Model.
func (f modelFunc) Complete(ctx context.Context, req llm.Request) (*llm.Reply, error) {
	return f(ctx, req)
}
