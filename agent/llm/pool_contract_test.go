package llm_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/quota"
)

// complete makes one call and returns its error's code.
func complete(t *testing.T, p *llm.Pool) llm.Code {
	t.Helper()
	_, err := p.Complete(t.Context(), llm.Request{Caller: llm.Caller{Principal: "p", Question: "q"}})
	return llm.CodeOf(err)
}

func TestAModelIsTurnedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := quota.New(quota.Options{})
		first, second := &scripted{takes: 10 * time.Second}, &scripted{takes: time.Second}
		p := newPool(t, llm.PoolOptions{Board: board},
			llm.Backend{Name: "first", Model: first, Contract: agreed()}, llm.Backend{Name: "second", Model: second, Contract: agreed()})
		flip := func(name string, on bool) {
			t.Helper()
			if err := board.Flip(t.Context(), name, quota.Switch{On: on, At: time.Now(), By: "kim"}); err != nil {
				t.Fatal(err)
			}
		}
		flip("first", false)
		if code := complete(t, p); code != "" || first.made() != 0 || second.made() != 1 {
			t.Errorf("one of two off: %q, %d and %d calls", code, first.made(), second.made())
		}
		flip("second", false)
		begun := time.Now()
		if code := complete(t, p); code != llm.CodeOff || time.Since(begun) > time.Second {
			t.Errorf("both off: %q after %s", code, time.Since(begun))
		}
		flip("first", true)
		if code := complete(t, p); code != "" || first.made() != 1 || second.made() != 1 {
			t.Errorf("on again: %q, %d and %d calls", code, first.made(), second.made())
		}
		sums, err := board.Sums(t.Context(), "first", []quota.Span{{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}})
		if err != nil || sums[0].Calls != 1 || sums[0].Refused != 1 || sums[0].Errors != 0 || sums[0].P95() < 10*time.Second {
			t.Errorf("the books say %+v, %v", sums, err)
		}
	})
}

// TestWhoWaitsIsTold when the model that they wait for is turned off.
func TestWhoWaitsIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := quota.New(quota.Options{})
		contract := agreed()
		contract.Concurrency = 1
		p := newPool(t, llm.PoolOptions{Board: board}, llm.Backend{Name: "gpu", Model: &scripted{takes: time.Hour}, Contract: contract})
		go func() { _, _ = p.Complete(t.Context(), llm.Request{}) }()
		synctest.Wait()
		code := make(chan llm.Code, 1)
		go func() { code <- complete(t, p) }()
		<-time.After(5 * time.Second)
		if err := board.Flip(t.Context(), "gpu", quota.Switch{At: time.Now(), By: "kim"}); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if got := <-code; got != llm.CodeOff || time.Since(begun) > 2*time.Second {
			t.Errorf("who waited: %q after %s", got, time.Since(begun))
		}
		<-time.After(2 * time.Hour)
	})
}

// TestAModelsDay begins at midnight where the contract says.
func TestAModelsDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rates, err := connectors.ParseRates("3/d@Asia/Seoul")
		if err != nil {
			t.Fatal(err)
		}
		s := &scripted{}
		contract := agreed(rates...)
		contract.WhenExhausted = connectors.Refuse
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "gpu", Model: s, Contract: contract})
		midnight := time.Date(2000, 1, 1, 15, 0, 0, 0, time.UTC) // in Seoul; the bubble begins at its 9:00
		<-time.After(time.Until(midnight) - time.Minute)
		made := 0
		for range 5 {
			if complete(t, p) == "" {
				made++
			}
		}
		if made != 3 {
			t.Errorf("%d calls before midnight", made)
		}
		<-time.After(time.Until(midnight) + 10*time.Minute)
		for range 5 {
			if complete(t, p) == "" {
				made++
			}
		}
		if made != 6 || s.made() != 6 {
			t.Errorf("%d calls with the day after it", made)
		}
	})
}

// TestARefusedWait ends at once, but for questions that have begun.
func TestARefusedWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		contract := agreed(connectors.Rate{Calls: 2, Per: time.Minute})
		contract.WhenExhausted = connectors.Degrade
		p := newPool(t, llm.PoolOptions{}, llm.Backend{Name: "gpu", Model: &scripted{}, Contract: contract})
		for range 2 {
			_ = complete(t, p)
		}
		begun := time.Now()
		if code := complete(t, p); code != llm.CodeExhausted || time.Since(begun) > 2*time.Second {
			t.Errorf("past the rate: %q after %s", code, time.Since(begun))
		}
		if _, err := p.Complete(t.Context(), llm.Request{Caller: llm.Caller{Begun: true}}); err != nil || time.Since(begun) < 10*time.Second {
			t.Errorf("of a question that has begun: %v after %s", err, time.Since(begun))
		}
	})
}
