package llm_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/store"
)

// mortal is a store as a process sees it that is killed: from then on nothing of it is
// written.
type mortal struct {
	store.Store
	dead atomic.Bool
}

func (m *mortal) Update(ctx context.Context, fn func(store.Tx) error) error {
	if m.dead.Load() {
		return errors.New("killed")
	}
	return m.Store.Update(ctx, fn)
}

// TestWaitIsToldTrulyAfterARestart kills the pool while many wait, and has the next one
// tell those who were not begun how long it takes. The dead one is not waited for, and
// what it knew of questions is not forgotten.
func TestWaitIsToldTrulyAfterARestart(t *testing.T) {
	for _, calls := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(calls, " calls"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(agenttest.SlidingWindow(100, time.Minute))
				back := llm.Backend{Name: "company", Model: s, Contract: agreed(perMinute(100))}
				shared := openStore(t)
				dying := &mortal{Store: shared}
				first := newPool(t, llm.PoolOptions{Store: dying}, back)
				var mu sync.Mutex
				made := map[int]int{} // calls of each question that came back
				running, kill := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				one := func(ctx context.Context, p llm.Model, i int, onWait func(llm.Wait)) {
					mu.Lock()
					from := made[i]
					mu.Unlock()
					for c := from; c < calls; c++ {
						req := llm.Request{Caller: llm.Caller{Principal: fmt.Sprint("web:u", i), Question: fmt.Sprint(i), Begun: c > 0}}
						if c == from {
							req.OnWait = onWait
						}
						if _, err := p.Complete(ctx, req); err != nil {
							return
						}
						mu.Lock()
						made[i]++
						mu.Unlock()
					}
				}
				const people = 300
				for i := range people {
					wg.Go(func() { one(running, first, i, nil) })
				}
				_ = pause(t.Context(), time.Minute)
				dying.dead.Store(true)
				kill()
				wg.Wait()
				_ = first.Close()

				second := newPool(t, llm.PoolOptions{Store: shared}, back)
				began := time.Now()
				var off []float64 // told by what it was
				for i := range people {
					if made[i] > 0 {
						wg.Go(func() { one(t.Context(), second, i, nil) })
						continue
					}
					wg.Go(func() {
						var told llm.Wait
						one(t.Context(), second, i, func(w llm.Wait) {
							if told == (llm.Wait{}) {
								told = w
							}
							if w == (llm.Wait{}) && told.For > 20*time.Second {
								mu.Lock()
								off = append(off, told.For.Seconds()/time.Since(began).Seconds())
								mu.Unlock()
							}
						})
					})
				}
				wg.Wait()
				if len(off) < people/3 {
					t.Fatalf("%d were told that they wait", len(off))
				}
				slices.Sort(off)
				low, median, high := off[len(off)/20], off[len(off)/2], off[len(off)-1-len(off)/20]
				t.Logf("%d first estimates: the median is %.2f of the wait, nine in ten are %.2f to %.2f of it", len(off), median, low, high)
				if median < 0.8 || median > 1.25 || low < 0.7 || high > 1.4 {
					t.Error("what they are told is not about true")
				}
			})
		})
	}
}
