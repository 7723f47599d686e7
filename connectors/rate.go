package connectors

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Rate is a number of calls allowed within any stretch of time of a length, or in
// each calendar day of a time zone.
type Rate struct {
	Calls int
	Per   time.Duration
	// Zone makes it a rate of calendar days: the count starts anew at midnight there,
	// as a provider does that sells calls by the day. Per is then 24 hours, whatever
	// the clocks of the zone do. Nil for any stretch of time.
	Zone *time.Location
}

// maxCalls bounds Rate.Calls: each call in a window is remembered.
const maxCalls = 1_000_000

var rateUnits = []struct {
	unit string
	per  time.Duration
}{{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour}}

// ParseRate reads a rate such as "100/m": calls per second (s), minute (m), hour (h)
// or day (d). A day followed by a time zone, as in "25000/d@Asia/Seoul", is one from
// midnight to midnight there; without, any 24 hours.
func ParseRate(text string) (Rate, error) {
	limit, zone, zoned := strings.Cut(strings.TrimSpace(text), "@")
	if zoned {
		return parseDaily(limit, strings.TrimSpace(zone))
	}
	number, unit, ok := strings.Cut(limit, "/")
	if ok {
		n, err := strconv.Atoi(strings.TrimSpace(number))
		for _, u := range rateUnits {
			if err == nil && n > 0 && n <= maxCalls && strings.TrimSpace(unit) == u.unit {
				return Rate{Calls: n, Per: u.per}, nil
			}
		}
	}
	return Rate{}, fmt.Errorf("rate %q is not of the form 100/m (a number up to %d; s, m, h or d)", text, maxCalls)
}

func parseDaily(limit, zone string) (Rate, error) {
	r, err := ParseRate(limit)
	if err != nil {
		return Rate{}, err
	}
	if r.Per != 24*time.Hour {
		return Rate{}, fmt.Errorf("rate %q has a time zone, which only a rate per day (d) can have", limit+"@"+zone)
	}
	// LoadLocation takes "" for UTC and "Local" for wherever this runs.
	if r.Zone, err = time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" {
		return Rate{}, fmt.Errorf("rate %q does not end in a time zone such as Asia/Seoul", limit+"@"+zone)
	}
	return r, nil
}

// ParseRates reads rates joined by commas, such as "10/s,1000/h". An empty text is
// none.
func ParseRates(text string) ([]Rate, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var rates []Rate
	for part := range strings.SplitSeq(text, ",") {
		r, err := ParseRate(part)
		if err != nil {
			return nil, err
		}
		rates = append(rates, r)
	}
	return rates, nil
}

// String is the rate as ParseRate reads it, where it is of one of its units.
func (r Rate) String() string {
	if r.Zone != nil {
		return fmt.Sprintf("%d/d@%s", r.Calls, r.Zone)
	}
	for _, u := range rateUnits {
		if r.Per == u.per {
			return fmt.Sprintf("%d/%s", r.Calls, u.unit)
		}
	}
	return fmt.Sprintf("%d per %s", r.Calls, r.Per)
}

// Limiter takes one call of key out of all the rates at once, or none of them and
// returns how long to wait before asking again. Whoever shares a key shares its
// rates. An error means that it cannot tell, and the call is not made.
type Limiter func(ctx context.Context, key string, rates []Rate) (wait time.Duration, err error)

// NewLimiter returns a limiter for one process. In no stretch of time of a rate's
// length, and in no day of its zone, are more calls let through than it allows.
func NewLimiter() Limiter {
	l := &windows{calls: map[string]*window{}}
	return func(_ context.Context, key string, rates []Rate) (time.Duration, error) {
		return l.take(key, rates, time.Now()), nil
	}
}

// windows remembers when the last calls were made, by key and rate.
type windows struct {
	mu    sync.Mutex
	calls map[string]*window // guarded by mu
}

// window holds the times of the last calls under one rate: a ring of as many as the
// rate allows, so that the oldest decides.
type window struct {
	at   []time.Time
	next int
}

func (l *windows) take(key string, rates []Rate, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var wait time.Duration
	for _, r := range rates {
		wait = max(wait, l.window(key, r).wait(r, now))
	}
	if wait > 0 {
		return wait
	}
	for _, r := range rates {
		l.window(key, r).add(r, now)
	}
	return 0
}

func (l *windows) window(key string, r Rate) *window {
	name := key + " " + r.String()
	w := l.calls[name]
	if w == nil {
		w = &window{}
		l.calls[name] = w
	}
	return w
}

func (w *window) wait(r Rate, now time.Time) time.Duration {
	if len(w.at) < r.Calls {
		return 0
	}
	oldest := w.at[w.next]
	if r.Zone == nil {
		return max(0, oldest.Add(r.Per).Sub(now))
	}
	local := now.In(r.Zone)
	if oldest.Before(midnight(local, 0)) {
		return 0
	}
	return midnight(local, 1).Sub(now)
}

// midnight is when the day begins that lies days after that of local. Where clocks
// are put forward at midnight it is the first instant of the day.
func midnight(local time.Time, days int) time.Time {
	year, month, day := local.Date()
	at := time.Date(year, month, day+days, 0, 0, 0, 0, local.Location())
	for at.Day() != time.Date(year, month, day+days, 12, 0, 0, 0, local.Location()).Day() {
		at = at.Add(15 * time.Minute)
	}
	return at
}

func (w *window) add(r Rate, now time.Time) {
	if len(w.at) < r.Calls {
		w.at = append(w.at, now)
		return
	}
	w.at[w.next] = now
	w.next = (w.next + 1) % r.Calls
}
