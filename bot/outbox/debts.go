package outbox

import (
	"sync"
	"time"
)

// Debts are the calls that messages still need: progress is to become something else. K
// is a message and V what its call is counted by. The zero Debts is ready. They may be
// used concurrently.
type Debts[K comparable, V any] struct {
	mu   sync.Mutex
	owed map[K]debt[V]
}

type debt[V any] struct {
	since time.Time
	what  V
}

// Owe notes that the message is to be changed once more.
func (d *Debts[K, V]) Owe(message K, what V) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.owed == nil {
		d.owed = map[K]debt[V]{}
	}
	d.owed[message] = debt[V]{since: time.Now(), what: what}
}

// Pay notes that it was.
func (d *Debts[K, V]) Pay(message K) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.owed, message)
}

// Within are the debts begun within the time, in no order: later a platform's rates have
// room for the others, which are forgotten.
func (d *Debts[K, V]) Within(t time.Duration) []V {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []V
	for message, x := range d.owed {
		if time.Since(x.since) > t {
			delete(d.owed, message)
		} else {
			out = append(out, x.what)
		}
	}
	return out
}
