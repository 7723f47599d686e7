package connector

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"
)

// What a reply may take and hold.
const (
	dialTimeout   = 5 * time.Second
	headerTimeout = 20 * time.Second
	callTimeout   = 30 * time.Second
	maxReply      = 1 << 20
)

// newHTTPClient makes the client that all requests of ours go through. It follows no
// redirection: that would carry a token or a secret to wherever it is told.
func newHTTPClient(given *http.Client) *http.Client {
	c := http.Client{}
	if given != nil {
		c = *given
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment, // it sees a tunnel: the token is inside TLS
			DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: headerTimeout, IdleConnTimeout: 90 * time.Second,
			MaxIdleConnsPerHost: 32, ForceAttemptHTTP2: true,
		}
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// reply is an answer, read.
type reply struct {
	status int
	header http.Header
	body   []byte
	left   bool // something of the request may have reached the server
}

var errTooLarge = errors.New("reply is too large")

// exchange sends req and reads its answer, bounded in time and length. What is known of
// it comes with an error, too.
func exchange(client *http.Client, req *http.Request) (reply, error) {
	ctx, cancel := context.WithTimeout(req.Context(), callTimeout)
	defer cancel()
	var traced, left atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { traced.Store(true) }, WroteHeaders: func() { left.Store(true) },
	})
	resp, err := client.Do(req.WithContext(ctx))
	if err != nil {
		op := (*net.OpError)(nil)
		unseen := !traced.Load() && !(errors.As(err, &op) && op.Op == "dial") // nobody says that it did not leave
		return reply{left: left.Load() || unseen}, err
	}
	r := reply{status: resp.StatusCode, header: resp.Header, left: true}
	r.body, err = io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if closeErr := resp.Body.Close(); err == nil {
		err = closeErr
	}
	switch {
	case r.status/100 != 2: // which says enough
		err = nil
	case err == nil && len(r.body) > maxReply:
		r.body, err = nil, errTooLarge
	}
	return r, err
}

// The pause after a refusal that names none, and the longest that is believed.
const (
	defaultPause = 2 * time.Second
	maxPause     = time.Hour
)

// retryAfter is how long a refusal for the rate asks to wait: so many seconds, or until
// a date of the server's clock.
func retryAfter(header http.Header, now time.Time) time.Duration {
	after := header.Get("Retry-After")
	if at, err := http.ParseTime(after); err == nil {
		if said, err := http.ParseTime(header.Get("Date")); err == nil {
			now = said
		}
		return min(max(at.Sub(now), time.Millisecond), maxPause)
	}
	seconds, err := strconv.ParseFloat(after, 64)
	if err != nil || !(seconds >= 0) {
		return defaultPause
	}
	return max(time.Duration(min(seconds, maxPause.Seconds())*float64(time.Second)), time.Millisecond)
}

// skew is how far the server's clock is ahead of now, of a reply that came just then.
func skew(header http.Header, now time.Time) (time.Duration, bool) {
	at, err := http.ParseTime(header.Get("Date"))
	return at.Sub(now), err == nil
}

// sleep waits for d or for ctx's end.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait: %w", ctx.Err())
	}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
