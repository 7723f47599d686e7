package standin

import (
	"context"
	"sync"
	"time"
)

// Clock is a server's time. It may be used concurrently.
type Clock interface {
	Now() time.Time
	// Sleep waits for d of this clock, or until ctx ends, which it returns.
	Sleep(ctx context.Context, d time.Duration) error
}

// Clocks are the clock of a server's rates and waits, which runs scale times as fast as
// that on the wall, and the one that it tells, which does not. Both are clock unless that
// is nil.
func Clocks(clock Clock, scale float64) (paced, told Clock) {
	if clock != nil {
		return clock, clock
	}
	now := time.Now()
	return scaled{start: now, factor: scale}, scaled{start: now, factor: 1}
}

// scaled runs factor times as fast as the clock on the wall.
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

// Manual is a clock that stands still until it is advanced.
type Manual struct {
	mu    sync.Mutex
	now   time.Time
	moved chan struct{} // closed and renewed when the time changes
}

// NewManual returns a clock that says now.
func NewManual(now time.Time) *Manual { return &Manual{now: now, moved: make(chan struct{})} }

// Now implements Clock.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Advance moves the clock, and wakes who slept long enough.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
	close(m.moved)
	m.moved = make(chan struct{})
}

// Sleep implements Clock.
func (m *Manual) Sleep(ctx context.Context, d time.Duration) error {
	m.mu.Lock()
	until := m.now.Add(d)
	m.mu.Unlock()
	for {
		m.mu.Lock()
		moved, done := m.moved, !m.now.Before(until)
		m.mu.Unlock()
		if done {
			return ctx.Err()
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
