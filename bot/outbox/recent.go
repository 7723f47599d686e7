package outbox

import "sync"

// Recent is a map that forgets its oldest entries. It may be used concurrently.
type Recent[K comparable, V any] struct {
	mu     sync.Mutex
	values map[K]V
	order  []K // a ring; keys that were dropped stay until they are overwritten
	next   int
}

// NewRecent returns a map that keeps size entries.
func NewRecent[K comparable, V any](size int) *Recent[K, V] {
	return &Recent[K, V]{values: map[K]V{}, order: make([]K, size)}
}

// Get returns the value of k.
func (r *Recent[K, V]) Get(k K) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.values[k]
	return v, ok
}

// Put makes v the value of k. A value that is replaced keeps its age.
func (r *Recent[K, V]) Put(k K, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(k, v)
}

// GetOrPut returns the value of k, which is v when there was none.
func (r *Recent[K, V]) GetOrPut(k K, v V) V {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.values[k]; ok {
		return old
	}
	r.put(k, v)
	return v
}

func (r *Recent[K, V]) put(k K, v V) {
	if _, known := r.values[k]; !known {
		delete(r.values, r.order[r.next])
		r.order[r.next] = k
		r.next = (r.next + 1) % len(r.order)
	}
	r.values[k] = v
}

// Drop forgets k.
func (r *Recent[K, V]) Drop(k K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.values, k)
}
