package agenttest

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Clock is the server's time. It may be used concurrently.
type Clock interface {
	Now() time.Time
	// Sleep waits for d of this clock, or until ctx ends, which it returns.
	Sleep(ctx context.Context, d time.Duration) error
}

// RealTime is the clock on the wall, and the fake one inside testing/synctest.
func RealTime() Clock { return scaled{start: time.Now(), factor: 1} }

// Scaled is a clock that runs factor times as fast as the one on the wall.
func Scaled(factor float64) Clock { return scaled{start: time.Now(), factor: factor} }

type scaled struct {
	start  time.Time
	factor float64
}

func (c scaled) Now() time.Time {
	return c.start.Add(time.Duration(float64(time.Since(c.start)) * c.factor))
}

func (c scaled) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(time.Duration(float64(d) / c.factor))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Dist draws durations.
type Dist func(*rand.Rand) time.Duration

// Fixed is always d.
func Fixed(d time.Duration) Dist { return func(*rand.Rand) time.Duration { return d } }

// LogNormal has the given median; sigma is the standard deviation of the logarithm, so
// that about one draw in six is longer than median·e^sigma.
func LogNormal(median time.Duration, sigma float64) Dist {
	return func(r *rand.Rand) time.Duration {
		return time.Duration(float64(median) * math.Exp(sigma*r.NormFloat64()))
	}
}

// Latency is how long the server takes: First until the first token, then Chunk for
// each chunk that follows (of a reply that is not streamed as well, which has as many
// chunks as it would have). Nil is no time at all.
type Latency struct {
	First Dist
	Chunk Dist
}

// dice is a source of chance that may be used concurrently.
type dice struct {
	mu sync.Mutex
	r  *rand.Rand
}

func newDice(seed uint64) *dice { return &dice{r: rand.New(rand.NewPCG(seed, seed))} }

func (d *dice) draw(dist Dist) time.Duration {
	if dist == nil {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(0, dist(d.r))
}
