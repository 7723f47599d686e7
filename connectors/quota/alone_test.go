package quota_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/quota"
)

// TestACopyOfOnesOwnIsCountedAlone has two processes call what each has a copy of: neither
// counts for the other, or needs the store, and an operator's word holds for both.
func TestACopyOfOnesOwnIsCountedAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory()
		terms := func(time.Time) *connectors.Terms {
			return &connectors.Terms{Concurrency: 1, Rates: []connectors.Rate{{Calls: 2, Per: time.Hour}}, Alone: true}
		}
		var boards []*quota.Board
		var gates []connectors.Gate
		for range 2 {
			b := quota.New(quota.Options{})
			if err := b.Share(s); err != nil {
				t.Fatal(err)
			}
			boards, gates = append(boards, b), append(gates, b.Gate("shop", terms))
		}
		first, err := gates[0].Enter(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		s.breakWith(errors.New("down"))
		second, err := gates[1].Enter(t.Context(), 0)
		if err != nil {
			t.Fatalf("the other's call counts, or the store is needed: %v", err)
		}
		<-time.After(time.Minute) // longer than a place is kept that nobody hears of
		ctx, cancel := first.Context(t.Context())
		if ctx.Err() != nil {
			t.Error("a call was ended because the store is down")
		}
		cancel()
		first.Leave(t.Context(), connectors.Outcome{Answered: true})
		second.Leave(t.Context(), connectors.Outcome{Answered: true})
		s.breakWith(nil)
		pass, err := gates[0].Enter(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		pass.Leave(t.Context(), connectors.Outcome{Answered: true})
		var r *connectors.Refusal
		if _, err = gates[0].Enter(t.Context(), time.Second); !errors.As(err, &r) || r.Why != connectors.WhyExhausted {
			t.Errorf("a third call within the hour: %v", err)
		}
		if err := boards[0].Flip(t.Context(), "shop", quota.Switch{At: time.Now(), By: "kim"}); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * time.Second)
		for i, g := range gates {
			if _, err := g.Enter(t.Context(), time.Second); !errors.As(err, &r) || r.Why != connectors.WhyOff || r.By != "kim" {
				t.Errorf("process %d is not off: %v", i, err)
			}
			if all, err := boards[i].StatusOf(t.Context(), []string{"shop"}); err != nil || all[0].Off == nil {
				t.Errorf("process %d: %+v %v", i, all, err)
			}
		}
		if err := boards[1].Flip(t.Context(), "shop", quota.Switch{On: true, At: time.Now(), By: "kim"}); err != nil {
			t.Fatal(err)
		}
		if pass, err = gates[1].Enter(t.Context(), 0); err != nil {
			t.Errorf("on again: %v", err)
		} else {
			pass.Leave(t.Context(), connectors.Outcome{})
		}
		for _, b := range boards {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
