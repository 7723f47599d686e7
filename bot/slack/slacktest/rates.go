package slacktest

import (
	"math"
	"time"
)

// rate is how often a method may be called, per workspace: perMin, with bursts of burst.
type rate struct {
	perMin float64
	burst  float64
	// channel, with perMin of its own, limits each channel as well.
	channel, channelBurst float64
}

// The tiers of https://docs.slack.dev/apis/web-api/rate-limits. Slack says "20+ per
// minute" and tolerates bursts: here the number is exact and a burst is a minute's worth.
func tier(perMin float64) rate { return rate{perMin: perMin, burst: perMin} }

// posting is chat.postMessage: 1 a second in a channel with short bursts, and some
// hundreds a minute in a workspace.
func posting() rate { return rate{perMin: 300, burst: 300, channel: 60, channelBurst: 5} }

type bucket struct {
	tokens float64
	at     time.Time
}

type limiter struct{ buckets map[string]*bucket }

func newLimiter() limiter { return limiter{buckets: map[string]*bucket{}} }

// take counts a call and returns how long the caller must wait instead.
func (l *limiter) take(s *Server, c *call, r rate) time.Duration {
	if s.opts.NoRates || r.perMin == 0 {
		return 0
	}
	now := s.clock.Now()
	whole := l.fill(c.name, now, r.perMin, r.burst)
	wait := whole.wait(r.perMin)
	var one *bucket
	if ch := c.str("channel"); r.channel > 0 && ch != "" {
		one = l.fill(c.name+"/"+ch, now, r.channel, r.channelBurst)
		wait = max(wait, one.wait(r.channel))
	}
	if wait > s.leeway() {
		return wait
	}
	whole.tokens--
	if one != nil {
		one.tokens--
	}
	return 0
}

// leeway is how early a call may come: a machine that is busy brings calls together that
// were sent apart, and a scaled clock makes more of it. A clock of the test's own has none.
func (s *Server) leeway() time.Duration {
	if s.opts.Clock != nil {
		return 0
	}
	return time.Duration(float64(50*time.Millisecond) * s.opts.Scale)
}

func (l *limiter) fill(name string, now time.Time, perMin, burst float64) *bucket {
	b := l.buckets[name]
	if b == nil {
		b = &bucket{tokens: burst, at: now}
		l.buckets[name] = b
	}
	b.tokens = math.Min(burst, b.tokens+now.Sub(b.at).Minutes()*perMin)
	b.at = now
	return b
}

func (b *bucket) wait(perMin float64) time.Duration {
	if b.tokens >= 1-1e-9 {
		return 0
	}
	return time.Duration((1 - b.tokens) / perMin * float64(time.Minute))
}
