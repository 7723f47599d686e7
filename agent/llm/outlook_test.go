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
	"github.com/bapsang/bapsang/connectors/quota"
)

// firstEstimates has everybody ask p at once and returns, of those who wait for a while,
// the first estimate by what the wait was, sorted.
func firstEstimates(ctx context.Context, p llm.Model, people int) []float64 {
	var mu sync.Mutex
	var off []float64
	var wg sync.WaitGroup
	began := time.Now()
	for i := range people {
		wg.Go(func() {
			var told llm.Wait
			_, _ = p.Complete(ctx, llm.Request{Caller: llm.Caller{Principal: fmt.Sprint("web:u", i)}, OnWait: func(w llm.Wait) {
				if told == (llm.Wait{}) {
					told = w
				}
				if w == (llm.Wait{}) && told.For > 10*time.Second {
					mu.Lock()
					off = append(off, told.For.Seconds()/time.Since(began).Seconds())
					mu.Unlock()
				}
			}})
		})
	}
	wg.Wait()
	slices.Sort(off)
	return off
}

// TestWaitIsToldTrulyBesideAQuietPeer has many wait in one process and hardly anybody in
// the other four that share the budget, as right after a restart of all but one. Those who
// wait are not told that every second call is somebody else's.
func TestWaitIsToldTrulyBesideAQuietPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(agenttest.SlidingWindow(100, time.Minute))
		back := llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))}
		shared := openStore(t)
		crowded := newPool(t, llm.PoolOptions{Store: shared}, back)
		ctx, stop := context.WithCancel(t.Context())
		var quiet sync.WaitGroup
		for i := range 4 {
			peer := newPool(t, llm.PoolOptions{Store: shared}, back)
			quiet.Go(func() {
				for c := 0; pause(ctx, 20*time.Second) == nil; c++ {
					_, _ = peer.Complete(ctx, llm.Request{Caller: llm.Caller{Principal: fmt.Sprint("web:q", i, c)}})
				}
			})
		}
		_ = pause(ctx, 45*time.Second) // they have made a call or two
		off := firstEstimates(t.Context(), crowded, 150)
		stop()
		quiet.Wait()
		if len(off) < 75 {
			t.Fatalf("%d were told that they wait", len(off))
		}
		low, median, high := off[len(off)/20], off[len(off)/2], off[len(off)-1-len(off)/20]
		t.Logf("%d first estimates: the median is %.2f of the wait, nine in ten are %.2f to %.2f of it", len(off), median, low, high)
		if median < 0.8 || median > 1.33 || low < 0.7 || high > 1.7 {
			t.Error("what they are told is not about true")
		}
	})
}

// TestOutlookIsSharedAmongProcesses lets people wait in two of three processes: the third,
// to which nobody has come, expects the same for whoever comes next, and all forget it when
// the queue is empty.
func TestOutlookIsSharedAmongProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(agenttest.SlidingWindow(100, time.Minute))
		back := llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))}
		shared := openStore(t)
		var pools []*llm.Pool
		for range 3 {
			pools = append(pools, newPool(t, llm.PoolOptions{Store: shared}, back))
		}
		outlooks := func() (w []time.Duration) {
			for _, p := range pools {
				w = append(w, p.Outlook(t.Context()).Wait)
			}
			return w
		}
		if w := outlooks(); slices.Max(w) > time.Second {
			t.Errorf("nobody waits, and newcomers would wait %s", w)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			ask(t.Context(), trainingDay(200, 2, 2*time.Second), pools[0], pools[1])
		}()
		_ = pause(t.Context(), 30*time.Second)
		w := outlooks()
		t.Logf("newcomers would wait %s", w)
		// 400 calls at 100 a minute take four minutes; half of one is over.
		for _, one := range w {
			if one < 150*time.Second || one > 5*time.Minute || (one-w[0]).Abs() > w[0]/5 {
				t.Errorf("newcomers would wait %s in the three processes", w)
			}
		}
		<-done
		if w := outlooks(); slices.Max(w) > 2*time.Second {
			t.Errorf("all are through, and newcomers would wait %s", w)
		}
	})
}

// TestOutlookOfBadTimes tells refusals and a server that is down.
func TestOutlookOfBadTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(nil)
		begin := time.Now()
		s.limiter = limiterFunc(func(now time.Time) agenttest.Verdict {
			return agenttest.Verdict{OK: now.Sub(begin) > 30*time.Second, Wait: 5 * time.Second}
		})
		down := false
		s.fail = func(int, time.Time) error {
			if down {
				return &llm.Error{Code: llm.CodeUnavailable, Status: 503}
			}
			return nil
		}
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))})
		ask(t.Context(), trainingDay(5, 1, time.Millisecond), p)
		if o := p.Outlook(t.Context()); o.Refused < 0.2 || o.Down {
			t.Errorf("after refusals: %+v", o)
		}
		_ = pause(t.Context(), 2*time.Minute)
		if o := p.Outlook(t.Context()); o.Refused != 0 {
			t.Errorf("refused minutes ago: %+v", o)
		}
		s.mu.Lock()
		down = true
		s.mu.Unlock()
		ask(t.Context(), trainingDay(8, 1, time.Millisecond), p)
		if o := p.Outlook(t.Context()); !o.Down {
			t.Errorf("nothing answers: %+v", o)
		}
		_ = pause(t.Context(), 11*time.Second) // the breaker lets one call try: that is no answer yet
		if o := p.Outlook(t.Context()); !o.Down {
			t.Errorf("nothing has answered since: %+v", o)
		}
		s.mu.Lock()
		down = false
		s.mu.Unlock()
		ask(t.Context(), trainingDay(1, 1, time.Millisecond), p)
		if o := p.Outlook(t.Context()); o.Down {
			t.Errorf("it answers again: %+v", o)
		}
	})
}

// TestOutlookWhileTurnedOff has an operator turn off one of two models, then both.
func TestOutlookWhileTurnedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := quota.New(quota.Options{})
		p := newPool(t, llm.PoolOptions{Board: board},
			llm.Backend{Name: "first", Model: newServer(nil), Contract: agreed(perMinute(1000))}, llm.Backend{Name: "second", Model: newServer(nil), Contract: agreed(perMinute(60))})
		flip := func(name string, on bool) {
			t.Helper()
			if err := board.Flip(t.Context(), name, quota.Switch{On: on, At: time.Now(), By: "kim"}); err != nil {
				t.Fatal(err)
			}
		}
		flip("first", false)
		done := make(chan struct{})
		go func() {
			defer close(done)
			ask(t.Context(), trainingDay(100, 1, time.Millisecond), p)
		}()
		_ = pause(t.Context(), 10*time.Second)
		// Nine in ten still wait, one a second.
		if o := p.Outlook(t.Context()); o.Down || o.Wait < 60*time.Second || o.Wait > 2*time.Minute {
			t.Errorf("one of two: %+v", o)
		}
		flip("second", false)
		if o := p.Outlook(t.Context()); !o.Down {
			t.Errorf("both: %+v", o)
		}
		<-done
		flip("first", true)
		if o := p.Outlook(t.Context()); o.Down || o.Wait > time.Second {
			t.Errorf("on again: %+v", o)
		}
	})
}
