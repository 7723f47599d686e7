package analyst

import (
	"context"
	"sync"

	"github.com/bapsang/bapsang/connectors"
)

// lent is a source that can be closed while nobody asks it and opens itself again when
// somebody does. Whoever holds an analyst may ask it at any time, but only so many
// databases can be open.
type lent struct {
	reopen func(ctx context.Context) (connectors.Source, error)
	turn   chan struct{} // holds one value, taken by whoever opens

	mu      sync.Mutex
	source  connectors.Source // nil while closed
	users   int
	retired bool // close when the last user is done
	closed  bool
}

// newTurn returns a lock that can be waited for with a context.
func newTurn() chan struct{} {
	turn := make(chan struct{}, 1)
	turn <- struct{}{}
	return turn
}

// Catalog implements connectors.Source.
func (l *lent) Catalog(ctx context.Context) (*connectors.Catalog, error) {
	source, err := l.use(ctx)
	if err != nil {
		return nil, err
	}
	defer l.done()
	return source.Catalog(ctx)
}

// Query implements connectors.Source.
func (l *lent) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	source, err := l.use(ctx)
	if err != nil {
		return nil, err
	}
	defer l.done()
	return source.Query(ctx, caller, stmt)
}

// Close implements connectors.Source. It does not wait for users.
func (l *lent) Close() error {
	l.mu.Lock()
	source := l.source
	l.source, l.closed = nil, true
	l.mu.Unlock()
	if source == nil {
		return nil
	}
	return source.Close()
}

// retire closes the source as soon as nobody uses it, also after it was opened again.
func (l *lent) retire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retired = true
	l.release()
}

// use returns the source, open; done must follow.
func (l *lent) use(ctx context.Context) (connectors.Source, error) {
	select {
	case <-l.turn:
		defer func() { l.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, &connectors.Error{Code: connectors.CodeCancelled, Message: "The query was stopped.", Err: context.Cause(ctx)}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source == nil && !l.closed {
		l.mu.Unlock()
		source, err := l.reopen(ctx)
		l.mu.Lock()
		if err != nil {
			return nil, err
		}
		l.source = source
		if l.closed {
			l.source = nil
			_ = source.Close()
		}
	}
	if l.closed {
		return nil, connectors.Errorf(connectors.CodeUnavailable, "The source is closed.")
	}
	l.users++
	return l.source, nil
}

func (l *lent) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users--
	l.release()
}

// release closes a retired source that nobody uses; mu is held.
func (l *lent) release() {
	if l.retired && l.users == 0 && l.source != nil {
		_ = l.source.Close() // nothing is left to read from it
		l.source = nil
	}
}
