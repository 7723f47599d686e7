package agenttest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Limiter decides whether a request is taken. It may be used concurrently. A refused
// request is not charged.
type Limiter interface {
	Take(now time.Time) Verdict
}

// Verdict is what a limiter says about one request.
type Verdict struct {
	OK        bool
	Limit     int           // requests per period
	Remaining int           // that would be taken now
	Wait      time.Duration // until the next would be taken, 0 when that is now
}

// FixedWindow takes n requests in each period, counted from the first request.
func FixedWindow(n int, per time.Duration) Limiter { return &fixedWindow{n: n, per: per} }

type fixedWindow struct {
	mu    sync.Mutex
	n     int
	per   time.Duration
	start time.Time
	used  int
}

func (l *fixedWindow) Take(now time.Time) Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.start.IsZero() {
		l.start = now
	}
	if past := now.Sub(l.start); past >= l.per {
		l.start = l.start.Add(past.Truncate(l.per))
		l.used = 0
	}
	ok := l.used < l.n
	if ok {
		l.used++
	}
	v := Verdict{OK: ok, Limit: l.n, Remaining: l.n - l.used}
	if v.Remaining == 0 {
		v.Wait = l.start.Add(l.per).Sub(now)
	}
	return v
}

// SlidingWindow takes n requests in any period.
func SlidingWindow(n int, per time.Duration) Limiter { return &slidingWindow{n: n, per: per} }

type slidingWindow struct {
	mu    sync.Mutex
	n     int
	per   time.Duration
	taken []time.Time
}

func (l *slidingWindow) Take(now time.Time) Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.taken) > 0 && now.Sub(l.taken[0]) >= l.per {
		l.taken = l.taken[1:]
	}
	ok := len(l.taken) < l.n
	if ok {
		l.taken = append(l.taken, now)
	}
	v := Verdict{OK: ok, Limit: l.n, Remaining: l.n - len(l.taken)}
	if v.Remaining == 0 {
		v.Wait = l.taken[0].Add(l.per).Sub(now)
	}
	return v
}

// LeakyBucket takes a request when a period's nth part has passed since the one before:
// the generic cell rate algorithm with a burst of one, the strictest there is.
func LeakyBucket(n int, per time.Duration) Limiter {
	return &leakyBucket{n: n, gap: per / time.Duration(n)}
}

type leakyBucket struct {
	mu   sync.Mutex
	n    int
	gap  time.Duration
	next time.Time // the theoretical arrival time
}

func (l *leakyBucket) Take(now time.Time) Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := Verdict{Limit: l.n, OK: !now.Before(l.next)}
	if v.OK {
		l.next = now.Add(l.gap)
	}
	v.Wait = l.next.Sub(now)
	return v
}

// Telling is how a refused request is told when to come back.
type Telling int

// The ways to tell. Each but Silent comes with the x-ratelimit headers.
const (
	Seconds Telling = iota // Retry-After: 12
	Date                   // Retry-After: Thu, 01 Jan 2026 00:00:12 GMT
	Millis                 // Retry-After-Ms: 11234
	Headers                // x-ratelimit headers alone
	Silent                 // nothing
)

func (v Verdict) head(h http.Header, how Telling, now time.Time) {
	if how != Silent {
		h.Set("x-ratelimit-limit-requests", strconv.Itoa(v.Limit))
		h.Set("x-ratelimit-remaining-requests", strconv.Itoa(v.Remaining))
		h.Set("x-ratelimit-reset-requests", v.Wait.Round(time.Millisecond).String())
	}
	if v.OK {
		return
	}
	whole := (v.Wait + time.Second - 1).Truncate(time.Second)
	switch how {
	case Seconds:
		h.Set("Retry-After", strconv.Itoa(int(whole/time.Second)))
	case Date:
		h.Set("Date", now.UTC().Format(http.TimeFormat))
		h.Set("Retry-After", now.Add(whole).UTC().Format(http.TimeFormat))
	case Millis:
		h.Set("Retry-After-Ms", strconv.Itoa(int((v.Wait+time.Millisecond-1)/time.Millisecond)))
	}
}

func (v Verdict) reply() Reply {
	return Failure(http.StatusTooManyRequests, errorBody(
		fmt.Sprintf("Rate limit reached for requests. Limit: %d. Please try again in %s.",
			v.Limit, v.Wait.Round(time.Millisecond)), "requests", "rate_limit_exceeded"))
}
