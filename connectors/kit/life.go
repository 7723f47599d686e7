package kit

import (
	"context"
	"sync"
)

// Life is how long a source is open, and who uses it. Its methods may be called
// concurrently.
type Life struct {
	ctx context.Context
	end context.CancelFunc

	mu     sync.Mutex
	closed bool // guarded by mu; busy is not added to afterwards
	busy   sync.WaitGroup
}

// NewLife begins one that outlives the call that opens the source: it has ctx's values,
// and not its end.
func NewLife(ctx context.Context) *Life {
	l := &Life{}
	l.ctx, l.end = context.WithCancel(context.WithoutCancel(ctx))
	return l
}

// Context ends with the source. What a source does for nobody in particular runs under it.
func (l *Life) Context() context.Context { return l.ctx }

// Over reports whether the source has been closed.
func (l *Life) Over() bool { return l.ctx.Err() != nil }

// Enter counts a user, who calls Leave in the end. It is false once the source is closed.
func (l *Life) Enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.busy.Add(1)
	return true
}

// Leave is what every user that Enter counted calls once.
func (l *Life) Leave() { l.busy.Done() }

// Go runs f as a user, unless the source is closed, which it reports.
func (l *Life) Go(f func(ctx context.Context)) bool {
	if !l.Enter() {
		return false
	}
	go func() {
		defer l.Leave()
		f(l.ctx)
	}()
	return true
}

// During is ctx until the source ends, if that is sooner. Its user calls stop.
func (l *Life) During(ctx context.Context) (during context.Context, stop context.CancelFunc) {
	during, cancel := context.WithCancel(ctx)
	leave := context.AfterFunc(l.ctx, cancel)
	return during, func() { leave(); cancel() }
}

// End ends the context, lets nobody in any more, and waits until all users have left. It
// is true for the first call, which then gives back what the source holds; calls beside it
// return when the users have left.
func (l *Life) End() bool {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	l.mu.Unlock()
	l.end()
	l.busy.Wait()
	return first
}
