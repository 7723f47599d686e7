package quota

import (
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// finest is how narrow the parts of a window are at least, and parts how many it has. A
// call counts until its whole part is over, so that a window wastes a hundredth of a rate.
const (
	finest = time.Millisecond
	parts  = 100
)

// window counts calls within the last stretch of time: parts of it, oldest first, each a
// number since the epoch and how many calls were in it.
type window [][2]int64

func width(per time.Duration) int64 { return int64(max(per/parts, finest)) }

func part(per time.Duration, t time.Time) int64 { return t.UnixNano() / width(per) }

// over is when calls of a part no longer count, those of its last moment included.
func over(per time.Duration, p int64) time.Time {
	return time.Unix(0, (p+1)*width(per)).Add(per)
}

// add counts n calls at t; a negative n takes back.
func (w window) add(per time.Duration, t time.Time, n int) window {
	at := part(per, t)
	i := len(w)
	for i > 0 && w[i-1][0] >= at {
		i--
	}
	if i < len(w) && w[i][0] == at {
		w[i][1] = max(0, w[i][1]+int64(n))
		return w
	}
	if n <= 0 { // forgotten meanwhile
		return w
	}
	w = append(w, [2]int64{})
	copy(w[i+1:], w[i:])
	w[i] = [2]int64{at, int64(n)}
	return w
}

// prune forgets what no longer counts.
func (w window) prune(per time.Duration, now time.Time) window {
	i := 0
	for i < len(w) && (w[i][1] == 0 || !over(per, w[i][0]).After(now)) {
		i++
	}
	return append(w[:0], w[i:]...)
}

func (w window) used() int {
	sum := int64(0)
	for _, p := range w {
		sum += p[1]
	}
	return int(sum)
}

// free is when there is room for one more under limit.
func (w window) free(per time.Duration, limit int, now time.Time) time.Time {
	used := int64(w.used())
	for _, p := range w {
		if used < int64(limit) {
			break
		}
		if used -= p[1]; used < int64(limit) {
			now = over(per, p[0])
		}
	}
	return now
}

// count is how much of one rate is used: in a sliding window, or on a day of its zone.
type count struct {
	Rate  string `json:"rate"` // whose it is
	Calls window `json:"calls,omitempty"`
	Day   string `json:"day,omitempty"`
	Today int    `json:"today,omitempty"`
}

// turn makes the count one of now.
func (c *count) turn(r connectors.Rate, now time.Time) {
	if r.Zone == nil {
		c.Calls = c.Calls.prune(r.Per, now)
		return
	}
	if day := now.In(r.Zone).Format(time.DateOnly); day > c.Day { // a clock that is behind makes no new day
		c.Day, c.Today = day, 0
	}
}

// room is how many calls more the rate allows, and when there will be one where there is
// none.
func (c *count) room(r connectors.Rate, limit int, now time.Time) (int, time.Time) {
	if r.Zone != nil {
		if c.Today < limit {
			return limit - c.Today, now
		}
		return 0, connectors.Midnight(now.In(r.Zone), 1)
	}
	used := c.Calls.used()
	if used < limit {
		return limit - used, now
	}
	return 0, c.Calls.free(r.Per, limit, now)
}

// add counts n calls that are made at t at the latest, which is on the day of now.
func (c *count) add(r connectors.Rate, t time.Time, n int) {
	if r.Zone == nil {
		c.Calls = c.Calls.add(r.Per, t, n)
		return
	}
	if t.In(r.Zone).Format(time.DateOnly) == c.Day {
		c.Today = max(0, c.Today+n)
	}
}
