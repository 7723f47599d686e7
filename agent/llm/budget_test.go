package llm_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
)

// After a rest, a few calls go without keeping the whole distance, as long as no
// server minds.
func TestFewAtOnceDoNotQueue(t *testing.T) {
	for _, l := range limiters {
		t.Run(l.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(l.make(100, time.Minute))
				p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))})
				for round := range 30 {
					before := len(s.refused)
					start := time.Now()
					ask(t.Context(), trainingDay(10, 1, time.Millisecond), p)
					lasted := s.accepted[len(s.accepted)-1].Sub(start)
					if !l.refusedAllowed && lasted > 2*time.Second {
						t.Errorf("round %d: the tenth call was made after %s", round, lasted)
					}
					if l.refusedAllowed && round > 0 && len(s.refused)-before > 2 {
						t.Errorf("round %d: %d calls refused, the lesson was not learned", round, len(s.refused)-before)
					}
					_ = pause(t.Context(), time.Minute)
				}
				if !l.refusedAllowed && len(s.refused) > 0 {
					t.Errorf("%d refused", len(s.refused))
				}
				if len(s.refused) > 12 {
					t.Errorf("%d of 300 refused", len(s.refused))
				}
			})
		})
	}
}

// Bursts, full load, rests and bursts again: in no minute more than was agreed.
func TestNoWindowIsEverOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(both{agenttest.SlidingWindow(60, time.Minute), agenttest.SlidingWindow(1000, time.Hour)})
		rates := []connectors.Rate{{Calls: 1000, Per: time.Hour}, perMinute(60)}
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(rates...)})
		for round := range 40 {
			ask(t.Context(), trainingDay(1+round*37%90, 1, time.Duration(round%3)*20*time.Second+1), p)
			_ = pause(t.Context(), time.Duration(round*17%50)*time.Second)
		}
		if len(s.refused) > 0 {
			t.Errorf("%d of %d calls refused", len(s.refused), len(s.accepted))
		}
	})
}

// A replica that is cut off from the store is forgotten, and with it the calls it had
// running.
func TestReplicaThatIsGoneHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := openStore(t)
		cutOff := &failing{Store: shared}
		c := agreed()
		c.Concurrency = 2
		long := &scripted{takes: 10 * time.Minute}
		gone := newPool(t, llm.PoolOptions{Store: cutOff}, llm.Backend{Name: "gpu", Model: long, Contract: c})
		for range 2 {
			go func() { _, _ = gone.Complete(t.Context(), llm.Request{}) }()
		}
		_ = pause(t.Context(), time.Second)
		cutOff.set(true)
		m := &scripted{takes: time.Second}
		p := newPool(t, llm.PoolOptions{Store: shared}, llm.Backend{Name: "gpu", Model: m, Contract: c})
		start := time.Now()
		_, err := p.Complete(t.Context(), llm.Request{})
		if took := time.Since(start); err != nil || took < 20*time.Second || took > 40*time.Second {
			t.Errorf("%v after %s", err, took)
		}
		_ = gone.Close()
	})
}

// While its calls run, a replica says so, however long they take.
func TestReplicaWithLongCallsIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := openStore(t)
		c := agreed()
		c.Concurrency = 1
		s := newServer(nil)
		s.think = agenttest.Fixed(3 * time.Minute)
		back := llm.Backend{Name: "gpu", Model: s, Contract: c}
		one, two := newPool(t, llm.PoolOptions{Store: shared}, back), newPool(t, llm.PoolOptions{Store: shared}, back)
		ask(t.Context(), trainingDay(4, 1, time.Millisecond), one, two)
		if s.most != 1 {
			t.Errorf("%d calls at once", s.most)
		}
	})
}

func TestDocumentOfABudget(t *testing.T) {
	future := time.Now().AddDate(3, 0, 0).UTC().Format(time.RFC3339)
	for _, tt := range []struct {
		name, document string
		code           llm.Code
	}{
		{name: "a clock that ran ahead", document: fmt.Sprintf(`{"pace":1,"last":%q,"paused":%q,"rates":[{"per":60000000000,"due":%q}]}`, future, future, future)},
		{name: "other rates", document: `{"pace":0.5,"rates":[{"per":1000000000,"calls":[[1,5]]},{"per":3600000000000}]}`},
		{name: "something new", document: `{"pace":1,"unheard_of":true}`},
		{name: "damaged", document: `{"pace":`, code: llm.CodeUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openStore(t)
				err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("budget", "company", []byte(tt.document)) })
				if err != nil {
					t.Fatal(err)
				}
				p := newPool(t, llm.PoolOptions{Store: s}, llm.Backend{Name: "company", Model: &scripted{}, Contract: agreed(perMinute(100))})
				start := time.Now()
				_, err = p.Complete(t.Context(), llm.Request{})
				if llm.CodeOf(err) != tt.code || err == nil && time.Since(start) > time.Second {
					t.Errorf("%v after %s", err, time.Since(start))
				}
			})
		})
	}
}

// Under full load, a call that came a little late may be refused. That is no reason to
// leave a tenth of the budget unused.
func TestStrayRefusalCostsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		window := agenttest.SlidingWindow(100, time.Minute)
		begin := time.Now()
		strays := []time.Duration{4 * time.Minute, 6 * time.Minute}
		s := newServer(limiterFunc(func(now time.Time) agenttest.Verdict {
			if len(strays) > 0 && now.Sub(begin) > strays[0] {
				strays = strays[1:]
				return agenttest.Verdict{Wait: 300 * time.Millisecond}
			}
			return window.Take(now)
		}))
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))})
		go func() {
			_ = pause(t.Context(), 6*time.Minute+5*time.Second)
			if pace := p.Snapshot().Backends[0].Pace; pace < 0.97 || pace == 1 {
				t.Errorf("pace %.3f after two stray refusals", pace)
			}
		}()
		qs := trainingDay(400, 3, 6*time.Minute)
		ask(t.Context(), qs, p)
		if o := s.outcome(qs, perMinute(100)); o.utilisation < 0.96 || o.refused != 2 {
			t.Errorf("used %.3f, refused %d", o.utilisation, o.refused)
		}
	})
}
