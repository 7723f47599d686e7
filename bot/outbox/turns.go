package outbox

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Turns lets one caller after another do what has the same name, in their order. The zero
// Turns is ready.
type Turns struct {
	mu      sync.Mutex
	waiting map[string]*turnstile
}

type turnstile struct {
	sem   *semaphore.Weighted // it serves in order, and minds contexts
	users int                 // who hold it or wait
}

// Take waits for the caller's turn, which lasts until done is called.
func (t *Turns) Take(ctx context.Context, name string) (done func(), err error) {
	w := t.enter(name)
	if err := w.sem.Acquire(ctx, 1); err != nil {
		t.leave(name, w)
		return nil, fmt.Errorf("wait for a turn: %w", err)
	}
	return t.held(name, w), nil
}

// Try is Take for who does not wait: it is false while another has the turn.
func (t *Turns) Try(name string) (done func(), ok bool) {
	w := t.enter(name)
	if !w.sem.TryAcquire(1) {
		t.leave(name, w)
		return nil, false
	}
	return t.held(name, w), true
}

func (t *Turns) held(name string, w *turnstile) (done func()) {
	return func() {
		w.sem.Release(1)
		t.leave(name, w)
	}
}

func (t *Turns) enter(name string) *turnstile {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.waiting[name]
	if w == nil {
		w = &turnstile{sem: semaphore.NewWeighted(1)}
		if t.waiting == nil {
			t.waiting = map[string]*turnstile{}
		}
		t.waiting[name] = w
	}
	w.users++
	return w
}

func (t *Turns) leave(name string, w *turnstile) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.users--; w.users == 0 {
		delete(t.waiting, name)
	}
}
