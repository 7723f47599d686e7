package openai

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// watchdog ends a call whose server is silent for too long.
type watchdog struct {
	ctx   context.Context
	idle  time.Duration
	limit atomic.Int64 // the one that runs, a time.Duration
	timer *time.Timer
}

// silence is why a watchdog ended a call.
type silence struct{ limit time.Duration }

func (s silence) Error() string { return fmt.Sprintf("nothing came for %s", s.limit) }

// watch begins to wait for the first byte. The caller must call stop.
func watch(ctx context.Context, first, idle time.Duration) (w *watchdog, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	w = &watchdog{ctx: ctx, idle: idle}
	w.limit.Store(int64(first))
	w.timer = time.AfterFunc(first, func() { cancel(silence{time.Duration(w.limit.Load())}) })
	return w, func() {
		w.timer.Stop()
		cancel(nil)
	}
}

// with is the watched context with a call.
func (w *watchdog) with(c *call) context.Context { return context.WithValue(w.ctx, callKey{}, c) }

// hurry leaves the server d more.
func (w *watchdog) hurry(d time.Duration) {
	w.limit.Store(int64(d))
	w.timer.Reset(d)
}

// body watches the bytes of an answer.
func (w *watchdog) body(b io.ReadCloser) io.ReadCloser { return &watchedBody{ReadCloser: b, w: w} }

type watchedBody struct {
	io.ReadCloser
	w *watchdog
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.w.hurry(b.w.idle)
	}
	return n, err
}

// newTransport is made for hundreds of calls at a time to one host, each silent for
// minutes. There is no limit for headers here: the watchdog has one, per call.
func newTransport(caFile string) (http.RoundTripper, error) {
	roots, err := loadRoots(caFile)
	if err != nil {
		return nil, err
	}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:     roots,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConns:        4096,
		MaxIdleConnsPerHost: 2048, // twice as many streams as a large company has at once
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   true,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		// A proxy that compresses a stream holds it back.
		DisableCompression: true,
	}, nil
}
