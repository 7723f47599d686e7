package kit_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors/kit"
)

// reading is one call, and when it came.
type reading struct {
	At    time.Duration
	Asked bool
}

// A reading takes two minutes here, and comes every ten or when it is asked for: once for
// all who asked before it, once more for who asked meanwhile, and not for the times that
// fell into one.
func TestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		again, begun, got := kit.NewAgain(), time.Now(), []reading(nil)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		// Before anybody reads, nobody waits.
		again.Soon()
		again.Soon()
		go func() {
			defer close(ended)
			again.Run(ctx, 10*time.Minute, func(_ context.Context, asked bool) {
				got = append(got, reading{time.Since(begun), asked})
				<-time.After(2 * time.Minute)
			})
		}()
		for _, at := range []time.Duration{1, 11, 11, 15, 23, 24} {
			<-time.After(time.Until(begun.Add(at * time.Minute)))
			again.Soon()
		}
		<-time.After(time.Until(begun.Add(35 * time.Minute)))
		stop()
		<-ended
		want := []reading{
			{0, true}, {2 * time.Minute, true},
			{10 * time.Minute, false}, {12 * time.Minute, true}, {15 * time.Minute, true},
			{20 * time.Minute, false}, {23 * time.Minute, true}, {25 * time.Minute, true},
			{30 * time.Minute, false},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// What is read ends with the one who reads it, and a context that is over lets nothing be
// read, whoever has asked.
func TestAgainEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		again := kit.NewAgain()
		again.Soon()
		ctx, stop := context.WithCancel(t.Context())
		calls := 0
		again.Run(ctx, time.Minute, func(ctx context.Context, _ bool) {
			calls++
			again.Soon()
			stop()
			<-ctx.Done()
		})
		for range 20 { // chance decides between two that are ready
			again.Run(ctx, time.Minute, func(context.Context, bool) { calls++ })
		}
		if calls != 1 {
			t.Errorf("read %d times", calls)
		}
	})
}
