package llm

import (
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// span is how long a use of a budget counts, and how finely that is remembered.
type span struct {
	length, width time.Duration
}

// windowBuckets is how many buckets a window is divided into. A use counts until its
// whole bucket is over, so more buckets waste less of a budget.
const windowBuckets = 240

func newSpan(length time.Duration) span {
	return span{length: length, width: max(length/windowBuckets, time.Millisecond)}
}

func (s span) bucket(t time.Time) int64 { return t.UnixNano() / int64(s.width) }

// over is when what was used in a bucket no longer counts, its last moment included.
func (s span) over(bucket int64) time.Time {
	return time.Unix(0, (bucket+1)*int64(s.width)).Add(s.length)
}

// window counts uses within the last stretch of time: a list of buckets, oldest
// first, each a number since the epoch and how much was used in it.
type window [][2]int64

// add counts n uses at t; a negative n takes back.
func (w window) add(s span, t time.Time, n int64) window {
	at := s.bucket(t)
	i := len(w)
	for i > 0 && w[i-1][0] >= at {
		i--
	}
	if i < len(w) && w[i][0] == at {
		w[i][1] = max(0, w[i][1]+n)
		return w
	}
	if n <= 0 { // forgotten meanwhile
		return w
	}
	w = append(w, [2]int64{})
	copy(w[i+1:], w[i:])
	w[i] = [2]int64{at, n}
	return w
}

// prune forgets what no longer counts.
func (w window) prune(s span, now time.Time) window {
	i := 0
	for i < len(w) && !s.over(w[i][0]).After(now) {
		i++
	}
	if i == 0 {
		return w
	}
	return append(w[:0], w[i:]...)
}

func (w window) used(s span, now time.Time) int64 {
	var sum int64
	for _, b := range w {
		if s.over(b[0]).After(now) {
			sum += b[1]
		}
	}
	return sum
}

// free is the earliest time from at on when n more uses stay within limit.
func (w window) free(s span, limit, n int64, at time.Time) time.Time {
	n = min(n, limit)
	used := w.used(s, at)
	for _, b := range w {
		if used+n <= limit {
			break
		}
		if over := s.over(b[0]); over.After(at) {
			at = over
			used -= b[1]
		}
	}
	return at
}

// pruneRate forgets what no longer counts under a rate: what is a window's length ago or,
// where it is one of a zone's days, of a day before.
func (w window) pruneRate(r connectors.Rate, now time.Time) window {
	if r.Zone == nil {
		return w.prune(rateSpan(r), now)
	}
	i, today := 0, connectors.Midnight(now.In(r.Zone), 0)
	for i < len(w) && !rateSpan(r).ends(w[i][0]).After(today) {
		i++
	}
	return append(w[:0], w[i:]...)
}

// freeRate is the earliest time from at on when one more use stays within a rate.
func (w window) freeRate(r connectors.Rate, at time.Time) time.Time {
	if r.Zone == nil {
		return w.free(rateSpan(r), int64(r.Calls), 1, at)
	}
	for {
		begins := connectors.Midnight(at.In(r.Zone), 0)
		used := int64(0)
		for _, b := range w {
			if rateSpan(r).ends(b[0]).After(begins) {
				used += b[1]
			}
		}
		if used < int64(r.Calls) {
			return at
		}
		at = connectors.Midnight(at.In(r.Zone), 1)
	}
}

// ends is when a bucket is over.
func (s span) ends(bucket int64) time.Time { return time.Unix(0, (bucket+1)*int64(s.width)) }
