package postgres

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// Wire is the way of a store to its server, which a test can cut.
type Wire struct {
	mu    sync.Mutex
	conns []net.Conn
	cut   bool

	// CutEvery has every so manieth message end its connection; 0 has none.
	CutEvery atomic.Int32
	writes   atomic.Int32
}

// On makes a store use the wire.
func (w *Wire) On(opts Options) Options {
	opts.dial = w.dial
	return opts
}

func (w *Wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return nil, errors.Join(errors.New("the wire is cut"), conn.Close())
	}
	w.conns = append(w.conns, conn)
	return &tapped{Conn: conn, wire: w}, nil
}

// tapped is a connection that ends by count.
type tapped struct {
	net.Conn
	wire *Wire
}

// Write ends the connection when it is its turn: instead of sending, or right after, when
// only the server will know what came of it.
func (c *tapped) Write(p []byte) (int, error) {
	every := int(c.wire.CutEvery.Load())
	n := int(c.wire.writes.Add(1))
	switch {
	case every == 0 || n%every != 0:
		return c.Conn.Write(p)
	case n/every%2 == 0:
		return 0, errors.Join(net.ErrClosed, c.Close())
	}
	sent, err := c.Conn.Write(p)
	return sent, errors.Join(err, c.Close())
}

// Cut ends all connections; with forGood there will be no others.
func (w *Wire) Cut(forGood bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = forGood
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// Mend lets connections be made again after Cut.
func (w *Wire) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = false
}
