package kit

import (
	"context"
	"sync"
)

// Topics knows who listens to what. The zero value is ready for use.
type Topics[K comparable] struct {
	mu        sync.Mutex
	listeners map[K]map[*listener]struct{}
	closed    bool
}

// listener holds one value at most: more would tell it nothing new.
type listener struct{ c chan struct{} }

// Listen is store.Store's for a topic. The channel is also closed by Close.
func (t *Topics[K]) Listen(ctx context.Context, topic K) <-chan struct{} {
	l := &listener{c: make(chan struct{}, 1)}
	if t.add(topic, l) {
		context.AfterFunc(ctx, func() { t.remove(topic, l) })
	}
	return l.c
}

func (t *Topics[K]) add(topic K, l *listener) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		close(l.c)
		return false
	}
	if t.listeners == nil {
		t.listeners = map[K]map[*listener]struct{}{}
	}
	if t.listeners[topic] == nil {
		t.listeners[topic] = map[*listener]struct{}{}
	}
	t.listeners[topic][l] = struct{}{}
	return true
}

func (t *Topics[K]) remove(topic K, l *listener) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, there := t.listeners[topic][l]; !there {
		return // closed by Close
	}
	delete(t.listeners[topic], l)
	if len(t.listeners[topic]) == 0 {
		delete(t.listeners, topic)
	}
	close(l.c)
}

// Notify wakes who listens to a topic.
func (t *Topics[K]) Notify(topic K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	wake(t.listeners[topic])
}

// NotifyAll wakes everybody.
func (t *Topics[K]) NotifyAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, ls := range t.listeners {
		wake(ls)
	}
}

func wake(listeners map[*listener]struct{}) {
	for l := range listeners {
		Signal(l.c)
	}
}

// Close ends all listening, also what begins later.
func (t *Topics[K]) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for _, ls := range t.listeners {
		for l := range ls {
			close(l.c)
		}
	}
	t.listeners = nil
}

// Signal puts a value into a channel that holds one, unless it has one.
func Signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
