package outbox

import (
	"maps"
	"sync"
	"time"
)

// maxRefusals is how many are kept before those that are over are forgotten.
const maxRefusals = 1000

// Refusals are what a platform refused, by a name of the driver's choice, so that it is
// not tried again for a while. The zero Refusals is ready. They may be used concurrently.
type Refusals struct {
	mu      sync.Mutex
	until   map[string]time.Time
	strikes map[string]int // how often something was refused in a row
}

// Refuse notes that what has name need not be tried for d.
func (r *Refusals) Refuse(name string, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.until == nil {
		r.until = map[string]time.Time{}
	}
	now := time.Now()
	if len(r.until) >= maxRefusals {
		maps.DeleteFunc(r.until, func(_ string, until time.Time) bool { return now.After(until) })
	}
	r.until[name] = now.Add(d)
	delete(r.strikes, name)
}

// Refused tells whether what has name need not be tried now.
func (r *Refusals) Refused(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	until, ok := r.until[name]
	if ok && time.Now().After(until) {
		delete(r.until, name)
		return false
	}
	return ok
}

// Strike counts refusals in a row; a success ends the row.
func (r *Refusals) Strike(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.strikes == nil {
		r.strikes = map[string]int{}
	}
	r.strikes[name]++
	return r.strikes[name]
}

// Succeeded ends the row of refusals of name.
func (r *Refusals) Succeeded(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.strikes, name)
}

// Now are what need not be tried now, and until when.
func (r *Refusals) Now() map[string]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]time.Time{}
	for name, until := range r.until {
		if until.After(time.Now()) {
			out[name] = until
		}
	}
	return out
}
