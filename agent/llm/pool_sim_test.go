package llm_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/connectors"
)

// server is a model as a budget sees it: a network, a limiter and a time to think.
// Its latencies are seeded, so that a run in virtual time gives the same every time.
type server struct {
	limiter agenttest.Limiter
	network agenttest.Dist // from sending to the limiter
	think   agenttest.Dist
	// fail decides what becomes of the n-th call that was let through; nil error
	// answers it.
	fail func(n int, at time.Time) error

	mu       sync.Mutex
	dice     *rand.Rand
	seen     int
	accepted []time.Time
	refused  []time.Time
	failed   int
	running  int
	most     int
	last     llm.Request
}

func newServer(l agenttest.Limiter) *server {
	return &server{
		limiter: l, dice: rand.New(rand.NewPCG(1, 2)),
		// A hop in the same building, with the odd slow one.
		network: agenttest.LogNormal(15*time.Millisecond, 0.7),
		think:   agenttest.LogNormal(6*time.Second, 0.5),
	}
}

func (s *server) draw(d agenttest.Dist) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d == nil {
		return 0
	}
	return d(s.dice)
}

// Complete implements llm.Model.
func (s *server) Complete(ctx context.Context, req llm.Request) (*llm.Reply, error) {
	if err := pause(ctx, s.draw(s.network)); err != nil {
		return nil, err
	}
	if err := s.admit(req); err != nil {
		return nil, err
	}
	defer func() {
		s.mu.Lock()
		s.running--
		s.mu.Unlock()
	}()
	if err := pause(ctx, s.draw(s.think)); err != nil {
		return nil, err
	}
	return &llm.Reply{Finish: llm.FinishStop, Message: llm.Message{Role: llm.Assistant, Text: "예"}}, nil
}

func (s *server) admit(req llm.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = req
	now := time.Now()
	if s.limiter != nil {
		if v := s.limiter.Take(now); !v.OK {
			s.refused = append(s.refused, now)
			// In whole seconds, as the header says it.
			return &llm.Error{Code: llm.CodeLimited, Status: 429, RetryAfter: (v.Wait + time.Second - 1).Truncate(time.Second)}
		}
	}
	s.accepted = append(s.accepted, now)
	s.seen++
	if s.fail != nil {
		if err := s.fail(s.seen, now); err != nil {
			s.failed++
			return err
		}
	}
	s.running++
	s.most = max(s.most, s.running)
	return nil
}

func (s *server) refusals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.refused)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &llm.Error{Code: llm.CodeCancelled, Err: ctx.Err()}
	}
}

func agreed(rates ...connectors.Rate) connectors.Contract {
	return connectors.Contract{Owner: "#ai-platform", Agreed: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Rates: rates}
}

func perMinute(n int) connectors.Rate { return connectors.Rate{Calls: n, Per: time.Minute} }

func newPool(t testing.TB, opts llm.PoolOptions, backends ...llm.Backend) *llm.Pool {
	t.Helper()
	p, err := llm.NewPool(backends, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// question is one question of the simulated day.
type question struct {
	who   string
	at    time.Duration // asked
	calls int
	gives time.Duration // up after, 0 for never

	err    error
	waited time.Duration // from asking to the last reply
}

// trainingDay is n people who ask one question each within a time.
func trainingDay(n, calls int, within time.Duration) []*question {
	dice := rand.New(rand.NewPCG(7, 7))
	var qs []*question
	for i := range n {
		qs = append(qs, &question{who: fmt.Sprint("web:u", i), at: time.Duration(dice.Float64() * float64(within)), calls: calls})
	}
	slices.SortFunc(qs, func(a, b *question) int { return int(a.at - b.at) })
	return qs
}

// ask lets everybody ask at their time and waits for all.
func ask(ctx context.Context, qs []*question, pools ...llm.Model) {
	start := time.Now()
	var wg sync.WaitGroup
	for i, q := range qs {
		wg.Go(func() {
			if pause(ctx, q.at-time.Since(start)) != nil {
				return
			}
			asking := ctx
			if q.gives > 0 {
				var cancel context.CancelFunc
				asking, cancel = context.WithTimeout(ctx, q.gives)
				defer cancel()
			}
			for c := range q.calls {
				caller := llm.Caller{Principal: q.who, Question: fmt.Sprint(i), Begun: c > 0}
				req := llm.Request{Caller: caller, Messages: []llm.Message{{Role: llm.User, Text: "지난달 매출"}}}
				if _, q.err = pools[i%len(pools)].Complete(asking, req); q.err != nil {
					break
				}
			}
			q.waited = time.Since(start) - q.at
		})
	}
	wg.Wait()
}

// outcome is what a run comes to.
type outcome struct {
	utilisation float64 // of the nominal rate, while there was work
	refused     int
	share       float64 // of calls that were refused
	median, p90 time.Duration
}

func (s *server) outcome(qs []*question, r connectors.Rate) outcome {
	var o outcome
	if n := len(s.accepted); n > 1 {
		busy := s.accepted[n-1].Sub(s.accepted[0])
		o.utilisation = float64(n-1) / (float64(r.Calls) * float64(busy) / float64(r.Per))
	}
	o.refused = len(s.refused)
	o.share = float64(o.refused) / float64(max(1, o.refused+len(s.accepted)))
	o.median, o.p90 = quantile(waits(qs), 0.5), quantile(waits(qs), 0.9)
	return o
}

func waits(qs []*question) []float64 {
	var w []float64
	for _, q := range qs {
		if q.err == nil {
			w = append(w, q.waited.Seconds())
		}
	}
	sort.Float64s(w)
	return w
}

func quantile(sorted []float64, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return time.Duration(sorted[int(float64(len(sorted)-1)*q)] * float64(time.Second))
}

// ideal is the median wait when whoever began first is finished first and the whole
// of the nominal rate is used, without a network: the best order for questions of one
// size.
func ideal(qs []*question, r connectors.Rate, think time.Duration) time.Duration {
	apart := r.Per.Seconds() / float64(r.Calls)
	type call struct {
		ready float64
		begun int // its question's place, by when it was asked
		left  int
	}
	var calls []call
	for i, q := range qs {
		calls = append(calls, call{ready: q.at.Seconds(), begun: i, left: q.calls})
	}
	var waited []float64
	started := make([]bool, len(qs))
	for now := 0.0; len(calls) > 0; now += apart {
		best := -1
		next := math.Inf(1)
		for i, c := range calls {
			next = min(next, c.ready)
			if c.ready > now {
				continue
			}
			if best < 0 || started[c.begun] && !started[calls[best].begun] ||
				started[c.begun] == started[calls[best].begun] && c.begun < calls[best].begun {
				best = i
			}
		}
		if best < 0 {
			now = next - apart
			continue
		}
		c := &calls[best]
		started[c.begun] = true
		c.ready = now + think.Seconds()
		if c.left--; c.left == 0 {
			waited = append(waited, c.ready-qs[c.begun].at.Seconds())
			calls = slices.Delete(calls, best, best+1)
		}
	}
	sort.Float64s(waited)
	return quantile(waited, 0.5)
}

var limiters = []struct {
	name           string
	make           func(n int, per time.Duration) agenttest.Limiter
	leastUsed      float64
	mostRefused    float64
	refusedAllowed bool
}{
	{"fixed window", agenttest.FixedWindow, 0.97, 0, false},
	{"sliding window", agenttest.SlidingWindow, 0.97, 0, false},
	{"leaky bucket", agenttest.LeakyBucket, 0.85, 0.01, true},
}

func TestTrainingDay(t *testing.T) {
	for _, l := range limiters {
		for _, k := range []int{2, 3, 4} {
			t.Run(fmt.Sprintf("%s/%d calls", l.name, k), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newServer(l.make(100, time.Minute))
					p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))})
					qs := trainingDay(750, k, 10*time.Minute)
					ask(t.Context(), qs, p)
					o := s.outcome(qs, perMinute(100))
					best := ideal(qs, perMinute(100), 6800*time.Millisecond)
					t.Logf("used %.1f%%, refused %d (%.2f%%), wait p50 %s p90 %s, best p50 %s",
						100*o.utilisation, o.refused, 100*o.share, o.median.Round(time.Second), o.p90.Round(time.Second), best.Round(time.Second))
					if o.utilisation < l.leastUsed || o.share > l.mostRefused {
						t.Errorf("used %.3f, want at least %.2f; refused %.4f, want at most %.2f", o.utilisation, l.leastUsed, o.share, l.mostRefused)
					}
					if !l.refusedAllowed && float64(o.median) > 1.05*float64(best) {
						t.Errorf("median wait %s, the best order has %s", o.median, best)
					}
					for _, q := range qs {
						if q.err != nil {
							t.Fatal(q.err)
						}
					}
				})
			})
		}
	}
}
