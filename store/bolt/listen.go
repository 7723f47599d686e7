package bolt

import (
	"context"
	"sync"
)

// topics knows who listens to what.
type topics struct {
	mu        sync.Mutex
	listeners map[string]map[*listener]struct{}
	closed    bool
}

// listener holds one value at most: more would tell it nothing new.
type listener struct{ c chan struct{} }

// Listen implements [store.Store]. The channel is also closed when the store is.
func (s *Store) Listen(ctx context.Context, topic string) <-chan struct{} {
	l := &listener{c: make(chan struct{}, 1)}
	if s.topics.add(topic, l) {
		context.AfterFunc(ctx, func() { s.topics.remove(topic, l) })
	}
	return l.c
}

func (t *topics) add(topic string, l *listener) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		close(l.c)
		return false
	}
	if t.listeners == nil {
		t.listeners = map[string]map[*listener]struct{}{}
	}
	if t.listeners[topic] == nil {
		t.listeners[topic] = map[*listener]struct{}{}
	}
	t.listeners[topic][l] = struct{}{}
	return true
}

func (t *topics) remove(topic string, l *listener) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, there := t.listeners[topic][l]; !there {
		return // closed with the store
	}
	delete(t.listeners[topic], l)
	if len(t.listeners[topic]) == 0 {
		delete(t.listeners, topic)
	}
	close(l.c)
}

func (t *topics) notify(topic string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for l := range t.listeners[topic] {
		select {
		case l.c <- struct{}{}:
		default:
		}
	}
}

func (t *topics) close() {
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
