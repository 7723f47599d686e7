package connectors

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// memo answers equal calls once: while one is being made the others wait for it, and
// for a while after it has succeeded they get its answer.
//
// It is not golang.org/x/sync/singleflight because that ties a call to whoever came
// first. Here the call goes on while anybody waits for it, and ends when the last has
// left.
type memo[T any] struct {
	keep time.Duration
	// stale is for how much longer an answer is kept, for when there is no other.
	stale time.Duration
	most  int         // of the weights of what is kept
	weigh func(T) int // nil: 1
	// whole reports whether an answer may be given again.
	whole func(T) bool

	mu      sync.Mutex
	kept    map[string]answer[T]  // guarded by mu
	order   []string              // the keys of kept, oldest first; guarded by mu
	weight  int                   // of all kept; guarded by mu
	flights map[string]*flight[T] // guarded by mu
}

type answer[T any] struct {
	value  T
	at     time.Time
	weight int
}

// flight is a call that is being made.
type flight[T any] struct {
	cancel  context.CancelFunc
	until   time.Time     // its time is up then; zero where it has as much as it likes
	waiting int           // guarded by memo.mu
	done    chan struct{} // closed when value and err are there
	value   T
	err     error
}

func newMemo[T any](c *Contract, most int, weigh func(T) int, whole func(T) bool) *memo[T] {
	stale := time.Duration(0)
	if c.WhenExhausted == Degrade && c.Cache > 0 {
		stale = staleFor
	}
	return &memo[T]{keep: c.Cache, stale: stale, most: most, weigh: weigh, whole: whole, kept: map[string]answer[T]{}, flights: map[string]*flight[T]{}}
}

// do returns the answer to key, by call where nobody else has it. Own is set when it
// came of this call.
func (m *memo[T]) do(ctx context.Context, key string, call func(context.Context) (T, error)) (value T, own bool, err error) {
	for {
		m.mu.Lock()
		if a, ok := m.kept[key]; ok && time.Since(a.at) < m.keep {
			m.mu.Unlock()
			return a.value, false, nil
		}
		f, joined := m.flights[key]
		if !joined {
			f = m.start(ctx, key, call)
		}
		f.waiting++
		m.mu.Unlock()
		value, err = m.wait(ctx, key, f)
		// Whoever came first may have had less time. That is no answer for the others.
		if joined && ctx.Err() == nil && outOfTime(err) {
			continue
		}
		return value, !joined, err
	}
}

func outOfTime(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		CodeOf(err) == CodeTimeout || CodeOf(err) == CodeCancelled
}

// start makes the call. It has the deadline of ctx and not its cancellation. The
// caller holds mu.
func (m *memo[T]) start(ctx context.Context, key string, call func(context.Context) (T, error)) *flight[T] {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	if deadline, ok := ctx.Deadline(); ok {
		own, cancel = context.WithDeadline(context.WithoutCancel(ctx), deadline)
	}
	until, _ := own.Deadline()
	f := &flight[T]{cancel: cancel, until: until, done: make(chan struct{})}
	m.flights[key] = f
	go func() {
		defer cancel()
		f.value, f.err = caught(own, call)
		m.mu.Lock()
		m.forget(key, f)
		if f.err == nil && m.keep > 0 && m.whole(f.value) {
			m.put(key, f.value)
		}
		m.mu.Unlock()
		close(f.done)
	}()
	return f
}

// caught makes a call whose panic is an error: it runs beside whoever asked, so that what
// a stranger's text does to a parser would end the process.
func caught[T any](ctx context.Context, call func(context.Context) (T, error)) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{
				Code: CodeInternal, Message: "This could not be read.", Korean: "내용을 읽지 못했어요.", Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack()),
			}
		}
	}()
	return call(ctx)
}

// wait waits for f as long as ctx allows.
func (m *memo[T]) wait(ctx context.Context, key string, f *flight[T]) (value T, err error) {
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
	}
	m.mu.Lock()
	f.waiting--
	last := f.waiting == 0
	if last {
		m.forget(key, f)
	}
	m.mu.Unlock()
	if !last {
		return value, gaveUp(ctx)
	}
	// At the end of its own time it ends by itself, and then says that: cancelled a moment
	// before, it would say that somebody had stopped it.
	if until, _ := ctx.Deadline(); !until.Equal(f.until) || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		f.cancel()
	}
	// Nobody else waits, so the call ends now, and what it says of its end is better
	// than that time is up.
	<-f.done
	return f.value, f.err
}

// forget lets the next call of key be made anew. The caller holds mu.
func (m *memo[T]) forget(key string, f *flight[T]) {
	if m.flights[key] == f {
		delete(m.flights, key)
	}
}

// old is what was kept for key, however long ago, and when it was new.
func (m *memo[T]) old(key string) (value T, at time.Time, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.kept[key]
	if !ok || time.Since(a.at) >= m.keep+m.stale {
		return value, at, false
	}
	return a.value, a.at, true
}

// put keeps a value, and drops what is too old or too much. The caller holds mu.
func (m *memo[T]) put(key string, value T) {
	a := answer[T]{value: value, at: time.Now(), weight: 1}
	if m.weigh != nil {
		a.weight = m.weigh(value)
	}
	if a.weight > m.most/4 { // it would push out all others
		return
	}
	if old, again := m.kept[key]; again {
		m.weight -= old.weight
		m.order = slices.DeleteFunc(m.order, func(k string) bool { return k == key })
	}
	m.order = append(m.order, key)
	m.kept[key] = a
	for m.weight += a.weight; len(m.order) > 0; m.order = m.order[1:] {
		first := m.kept[m.order[0]]
		if m.weight <= m.most && a.at.Sub(first.at) < m.keep+m.stale {
			break
		}
		m.weight -= first.weight
		delete(m.kept, m.order[0])
	}
}
