package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// What a reply may take and hold. slack-go bounds neither (slack.go: &http.Client{}).
const (
	dialTimeout   = 5 * time.Second
	headerTimeout = 20 * time.Second
	callTimeout   = 30 * time.Second // of a call as a whole; a file may take longer
	maxReply      = 16 << 20
	maxErrorReply = 64 << 10
)

// exchange is what is known of one request besides slack-go's error.
type exchange struct {
	at    time.Time
	tried atomic.Bool   // a request was made
	left  atomic.Bool   // something of it may have reached Slack
	pause time.Duration // that Slack asks for
	again bool          // another try may end otherwise

	status atomic.Int32
	reply  atomic.Pointer[reply]
}

type reply struct {
	header http.Header
	reason string // what the body of a refusal names as its error
}

type exchangeKey struct{}

func withExchange(ctx context.Context) (context.Context, *exchange) {
	ex := &exchange{at: time.Now()}
	return context.WithValue(ctx, exchangeKey{}, ex), ex
}

func (ex *exchange) headers() http.Header {
	if r := ex.reply.Load(); r != nil {
		return r.header
	}
	return nil
}

func (ex *exchange) reason() string {
	if r := ex.reply.Load(); r != nil {
		return r.reason
	}
	return ""
}

// The pause after a refusal that names none, and the longest that is believed.
const (
	defaultPause = 10 * time.Second
	maxPause     = time.Hour
)

// retryAfter is how long Slack wants to be left alone; 0 when that would not help.
// slack-go takes only whole seconds, and only when the header is there.
func (ex *exchange) retryAfter(reason string) time.Duration {
	if ex.status.Load() != http.StatusTooManyRequests && !slices.Contains([]string{"ratelimited", "rate_limited"}, reason) {
		return 0
	}
	after := ex.headers().Get("Retry-After")
	if after == "" && reason == "message_limit_exceeded" {
		return 0 // of the free plan: no pause ends it
	}
	seconds, err := strconv.ParseFloat(after, 64)
	if err != nil || !(seconds >= 0) {
		return defaultPause
	}
	return max(time.Duration(min(seconds, maxPause.Seconds())*float64(time.Second)), time.Millisecond)
}

// newHTTPClient makes the client that all requests of ours go through.
func newHTTPClient(given *http.Client, base *url.URL) *http.Client {
	c := http.Client{}
	if given != nil {
		c = *given
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment, // it sees a tunnel: the token is inside TLS
			DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: headerTimeout, IdleConnTimeout: 90 * time.Second,
			MaxIdleConnsPerHost: 32, ForceAttemptHTTP2: true,
		}
	}
	c.Transport = &transport{next: c.Transport, base: base}
	c.CheckRedirect = func(_ *http.Request, via []*http.Request) error {
		// A redirected POST would carry its form, and the token in it, to wherever it is
		// told. Files are fetched with GET, and Go keeps their header from other hosts.
		if via[0].Method != http.MethodGet || len(via) >= 5 {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &c
}

// transport notes what happened to a request, and bounds calls of the Web API.
type transport struct {
	next http.RoundTripper
	base *url.URL
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	ex, _ := ctx.Value(exchangeKey{}).(*exchange)
	if ex == nil {
		ex = &exchange{}
	}
	ex.tried.Store(true)
	var traced atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { traced.Store(true) }, WroteHeaders: func() { ex.left.Store(true) },
	})
	isCall := t.base != nil && req.URL.Host == t.base.Host && strings.HasPrefix(req.URL.Path, t.base.Path)
	var resp *http.Response
	var err error
	if isCall {
		resp, err = t.call(ctx, req)
	} else {
		resp, err = t.next.RoundTrip(req.WithContext(ctx))
	}
	if op := (*net.OpError)(nil); err != nil {
		if !traced.Load() && !(errors.As(err, &op) && op.Op == "dial") {
			ex.left.Store(true) // nobody says otherwise
		}
		return nil, err
	}
	ex.left.Store(true)
	ex.status.Store(int32(resp.StatusCode))
	r := &reply{header: resp.Header}
	if isCall && resp.StatusCode != http.StatusOK {
		r.reason = refusal(resp)
	}
	ex.reply.Store(r)
	return resp, nil
}

// call sends a call of the Web API, and bounds its reply in time and length.
func (t *transport) call(ctx context.Context, req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	limit := int64(maxReply)
	if resp.StatusCode != http.StatusOK {
		limit = maxErrorReply
	}
	resp.Body = &bounded{ReadCloser: resp.Body, left: limit, done: cancel}
	return resp, nil
}

// refusal reads what a refusal says, which slack-go throws away with any status but 200.
// Its status says enough when it cannot be read.
func refusal(resp *http.Response) string {
	var said struct {
		Error string `json:"error"`
	}
	err := json.NewDecoder(resp.Body).Decode(&said)
	if closeErr := resp.Body.Close(); err != nil || closeErr != nil {
		said.Error = ""
	}
	resp.Body = http.NoBody
	return said.Error
}

var errTooLarge = errors.New("reply is too large")

// bounded is a body that ends in an error when it is longer than it should be.
type bounded struct {
	io.ReadCloser
	left int64
	done context.CancelFunc
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

func (b *bounded) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}
