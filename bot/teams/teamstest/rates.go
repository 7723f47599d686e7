package teamstest

import (
	"slices"
	"time"
)

// window allows so many calls within a time.
type window struct {
	most   int
	within time.Duration
}

// perThread is what a bot may send to a thread, perTenant what an app may ask of a tenant:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit.
func perThread() []window {
	return []window{{7, time.Second}, {8, 2 * time.Second}, {60, 30 * time.Second}, {1800, time.Hour}}
}

func perTenant() []window { return []window{{50, time.Second}} }

type limiter struct{ past map[string][]time.Time }

func newLimiter() limiter { return limiter{past: map[string][]time.Time{}} }

// take counts a call that thread, when it is not empty, and the tenant limit, and returns
// how long the caller must wait instead. s.mu is held.
func (s *Server) take(thread string) time.Duration {
	if s.opts.NoRates {
		return 0
	}
	now := s.clock.Now()
	wait := s.limiter.wait("tenant", now, perTenant())
	if thread != "" {
		wait = max(wait, s.limiter.wait(thread, now, perThread()))
	}
	if wait > s.leeway() {
		return wait
	}
	s.limiter.past["tenant"] = append(s.limiter.past["tenant"], now)
	if thread != "" {
		s.limiter.past[thread] = append(s.limiter.past[thread], now)
	}
	return 0
}

func (l *limiter) wait(key string, now time.Time, windows []window) time.Duration {
	longest := windows[len(windows)-1].within
	past := slices.DeleteFunc(l.past[key], func(t time.Time) bool { return now.Sub(t) >= longest })
	l.past[key] = past
	wait := time.Duration(0)
	for _, w := range windows {
		if len(past) < w.most {
			continue
		}
		wait = max(wait, w.within-now.Sub(past[len(past)-w.most]))
	}
	return wait
}

// leeway is how early a call may come: a machine that is busy brings calls together that
// were sent apart, and a scaled clock makes more of it. A clock of the test's own has none.
func (s *Server) leeway() time.Duration {
	if s.opts.Clock != nil {
		return 0
	}
	return time.Duration(float64(50*time.Millisecond) * s.opts.Scale)
}

// seconds is a wait of the server's clock in whole seconds on the wall, at least one.
func (s *Server) seconds(d time.Duration) int {
	d = time.Duration(float64(d) / s.opts.Scale)
	return max(1, int((d+time.Second-1)/time.Second))
}
