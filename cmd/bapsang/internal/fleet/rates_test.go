package fleet_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/bot/outbox"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/fleet"
)

// TestAllKeepToOneBudget has five processes call as often as they may.
func TestAllKeepToOneBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		budgets := []outbox.Budget{{Name: "chat.postMessage C1", Calls: 4, Per: 4 * time.Second}, {Name: "chat.postMessage", Calls: 50, Per: time.Minute}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		var mu sync.Mutex
		var calls []time.Time
		var all sync.WaitGroup
		for i := range 5 {
			// Clocks differ a little.
			r := fleet.NewRates(s, "slack ", func() time.Time { return time.Now().Add(time.Duration(i) * 50 * time.Millisecond) })
			all.Go(func() {
				for ctx.Err() == nil {
					wait, used, err := r.Take(ctx, budgets)
					switch {
					case ctx.Err() != nil:
						return
					case err != nil || len(used) != 2:
						t.Errorf("%v %v", used, err)
						return
					case wait <= 0:
						mu.Lock()
						calls = append(calls, time.Now())
						mu.Unlock()
						continue
					}
					select {
					case <-time.After(wait):
					case <-ctx.Done():
					}
				}
			})
		}
		all.Wait()
		slices.SortFunc(calls, time.Time.Compare)
		for _, b := range budgets {
			for i := b.Calls; i < len(calls); i++ {
				if d := calls[i].Sub(calls[i-b.Calls]); d < b.Per {
					t.Fatalf("%s: %d calls within %v", b.Name, b.Calls+1, d)
				}
			}
		}
		if n := len(calls); n < 460 {
			t.Errorf("%d calls in ten minutes, of 500", n)
		}
	})
}

// TestAllRestWhenOneIsTold has one process be told to slow down.
func TestAllRestWhenOneIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t)
		one, other := fleet.NewRates(s, "slack ", nil), fleet.NewRates(s, "slack ", nil)
		budget := []outbox.Budget{{Name: "chat.update", Calls: 50, Per: time.Minute}}
		if err := one.Rest(t.Context(), "chat.update", 30*time.Second); err != nil {
			t.Fatal(err)
		}
		if wait, _, err := other.Take(t.Context(), budget); err != nil || wait < 29*time.Second {
			t.Errorf("the other waits %v: %v", wait, err)
		}
		if wait, _, err := fleet.NewRates(s, "teams ", nil).Take(t.Context(), budget); err != nil || wait != 0 {
			t.Errorf("another app waits %v: %v", wait, err)
		}
		<-time.After(31 * time.Second)
		if wait, _, err := other.Take(t.Context(), budget); err != nil || wait > 0 {
			t.Errorf("it rests for %v more: %v", wait, err)
		}
	})
}
