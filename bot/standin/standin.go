// Package standin is what servers have in common that stand in for a chat platform in
// tests and under load: a clock that tests may move, a port, waiting until something
// changed, and connections that break. What each platform is like is the business of its
// own server.
package standin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// TB is what Start needs of a *testing.T.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// Start has a test close a server at its end, and returns it.
func Start[S interface{ Close() error }](t TB, s S) S {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close %T: %v", s, err)
		}
	})
	return s
}

// Door is a free port of the loopback at which requests are served.
type Door struct {
	base   string
	http   *http.Server
	served chan error
}

// Open opens a door and serves what behind makes, which is told the door's address first:
// whoever knew the port from an earlier server may ask at once. It panics without a
// port, as httptest does: there is nothing to test with.
func Open(ctx context.Context, behind func(base string) http.Handler) *Door {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("standin: no port: %v", err))
	}
	d := &Door{base: "http://" + l.Addr().String(), served: make(chan error, 1)}
	d.http = &http.Server{Handler: behind(d.base), ReadHeaderTimeout: time.Minute}
	go func() { d.served <- d.http.Serve(l) }()
	return d
}

// Base is the door's address, such as "http://127.0.0.1:4321".
func (d *Door) Base() string { return d.base }

// Close drops every connection. It is called once.
func (d *Door) Close() error {
	err := d.http.Close()
	if e := <-d.served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

// Changes wakes who waits for something to change. The zero Changes is ready; it may be
// used concurrently.
type Changes struct {
	mu   sync.Mutex
	next chan struct{} // closed and renewed with each change
}

// Notify tells of a change.
func (c *Changes) Notify() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		close(c.next)
	}
	c.next = nil
}

// Wait returns when cond holds, or an error when ctx ends. It asks again with each change;
// cond may wait for any lock that is not held while Wait is called.
func (c *Changes) Wait(ctx context.Context, cond func() bool) error {
	for {
		changed := c.changed()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waited in vain: %w", ctx.Err())
		}
	}
}

func (c *Changes) changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}

// Acks is how an app acknowledged what it was told.
type Acks struct {
	Acked int // deliveries acknowledged in time
	Late  int // attempts that were not
	Lost  int // deliveries given up
	// Of the attempts that were acknowledged:
	P50, P99, Max time.Duration
}

// AcksOf sums up how long acknowledgements took.
func AcksOf(took []time.Duration, late, lost int) Acks {
	a := Acks{Acked: len(took), Late: late, Lost: lost}
	if len(took) == 0 {
		return a
	}
	sorted := slices.Clone(took)
	slices.Sort(sorted)
	at := func(p float64) time.Duration { return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))] }
	a.P50, a.P99, a.Max = at(0.5), at(0.99), sorted[len(sorted)-1]
	return a
}

// Crowd has do called for each of n people, spread evenly over within, and returns when
// the last call did. The time is the wall's. Join is called first, one person after the
// other.
func Crowd(ctx context.Context, n int, within time.Duration, join, do func(i int)) error {
	start := time.Now()
	var crowd sync.WaitGroup
	defer crowd.Wait()
	for i := range n {
		join(i)
		if wait := time.Until(start.Add(within * time.Duration(i) / time.Duration(n))); wait > 0 {
			t := time.NewTimer(wait)
			select {
			case <-t.C:
			case <-ctx.Done():
				t.Stop()
				return ctx.Err()
			}
		}
		crowd.Go(func() { do(i) })
	}
	return nil
}

// Reset ends a connection so that the other side reads "connection reset by peer"; what
// is aborted reads "EOF". It does not return.
func Reset(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = conn.Close()
		}
	}
	panic(http.ErrAbortHandler)
}

// Shares are the chances of n things that go wrong, one tried after the other, so that
// each happens as often and all together a share of the times.
func Shares(n int, share float64) []float64 {
	out := make([]float64, n)
	each := share / float64(n)
	for i := range out {
		out[i] = each / (1 - each*float64(i)) // each sees only what those before it let through
	}
	return out
}
