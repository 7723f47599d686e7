// Package outward is the way out to hosts that nobody here keeps: an HTTP client that
// reaches public addresses only, however they are written, resolved or redirected to,
// reads no more than it was told to, and turns what strangers send into UTF-8 and plain
// text. Drivers of feeds, pages and searches share it.
package outward

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// Options are what a deployment says about its way out. The zero value is strict and
// usable.
type Options struct {
	// AllowPrivate are addresses of the deployment's own that may be reached although
	// they are not public. Whoever can put a URL into a search result can have them
	// fetched: name single hosts.
	AllowPrivate []netip.Prefix
	// Ports are allowed besides 80 and 443.
	Ports []uint16
	// UserAgent names us to the hosts; "bapsang" when empty. It should say whom to
	// write to.
	UserAgent string
	// MaxBytes bounds a body after decompression; 2 MiB when zero.
	MaxBytes int64
	// Timeout bounds a call with its redirects and its body; 20 seconds when zero.
	Timeout time.Duration
	// Resolver looks names up; nil is the system's.
	Resolver Resolver
	// Roots are the certificate authorities to trust; nil are the system's.
	Roots *x509.CertPool
}

// Resolver looks up the addresses of a host. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Limits of one call.
const (
	DefaultMaxBytes = 2 << 20
	DefaultTimeout  = 20 * time.Second

	maxRedirects   = 5
	maxHeaderBytes = 64 << 10
	maxURLBytes    = 8 << 10
	dialTimeout    = 5 * time.Second // for one of a host's addresses
	maxAddresses   = 4               // of a host that are tried
)

// Client calls hosts outside. Methods may be called concurrently. It keeps no
// connection open: calls to one host are rare, and a kept one would need somebody to
// close it.
type Client struct {
	opts Options
	http *http.Client
}

// New returns a client. Proxies named by the environment are not used: what is behind
// them could not be checked.
func New(opts Options) *Client {
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = DefaultMaxBytes
	}
	if opts.Timeout <= 0 {
		opts.Timeout = DefaultTimeout
	}
	if opts.UserAgent == "" {
		opts.UserAgent = "bapsang"
	}
	return &Client{opts: opts, http: &http.Client{
		Transport:     Transport(opts),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Transport is the guarded transport alone, for clients that bring their own protocol.
// It checks addresses and ports; what is written in a URL, redirects and sizes are left
// to them: see [CheckURL].
func Transport(opts Options) *http.Transport {
	return &http.Transport{
		DialContext:            newDialer(opts).DialContext,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: maxHeaderBytes,
		TLSHandshakeTimeout:    dialTimeout,
		TLSClientConfig:        &tls.Config{RootCAs: opts.Roots, MinVersion: tls.VersionTLS12},
	}
}

// Request is one call.
type Request struct {
	Method string // GET when empty
	URL    string
	Header http.Header
	Body   []byte
	// Types are the media types that are read; nil reads any. What comes without a
	// type is taken for what it looks like.
	Types []string
	// MaxBytes bounds this body instead of the client's bound.
	MaxBytes int64
	// Cut has a longer body cut instead of refused.
	Cut bool
	// Gate is asked before every hop, the first one too, and its result called when the
	// hop has ended. Nil lets every hop pass.
	Gate func(ctx context.Context, u *url.URL) (done func(), err error)
}

// Response is what the last hop said, whatever its status.
type Response struct {
	Status int
	URL    string
	Header http.Header
	// MediaType is the type without parameters, in lower case, and Charset the one
	// that came with it, or "".
	MediaType, Charset string
	Body               []byte
}

// Do makes the call and follows up to five redirects, each checked like the first.
// Credentials are left behind where a redirect leads to another origin, and no hop is
// told where it was linked. Errors are of type *connectors.Error.
func (c *Client) Do(ctx context.Context, req Request) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	u, err := ParseURL(req.URL)
	if err != nil {
		return nil, err
	}
	if req.Method == "" {
		req.Method = http.MethodGet
	}
	req.Header = maps.Clone(req.Header)
	for range maxRedirects + 1 {
		resp, next, err := c.hop(ctx, req, u)
		if err != nil {
			return nil, classify(ctx, err)
		}
		if next == nil {
			return resp, nil
		}
		if !sameOrigin(u, next) {
			maps.DeleteFunc(req.Header, func(name string, _ []string) bool { return !slices.Contains(harmless, http.CanonicalHeaderKey(name)) })
		}
		if resp.Status == http.StatusSeeOther {
			req.Method, req.Body = http.MethodGet, nil
		}
		u = next
	}
	return nil, failure(connectors.CodeUnavailable, sayRedirects, nil)
}

// harmless are the headers that another origin is sent too. Keys go by many names.
var harmless = []string{"Accept", "Accept-Language", "Content-Type", "Depth"}

// hop makes one request. It returns where it is redirected to, or nil.
func (c *Client) hop(ctx context.Context, req Request, u *url.URL) (*Response, *url.URL, error) {
	if req.Gate != nil {
		done, err := req.Gate(ctx, u)
		if err != nil {
			return nil, nil, err
		}
		defer done()
	}
	r, err := http.NewRequestWithContext(ctx, req.Method, u.String(), bytes.NewReader(req.Body))
	if err != nil {
		return nil, nil, failure(connectors.CodeDenied, sayURL, nil)
	}
	maps.Copy(r.Header, req.Header)
	r.Header.Set("User-Agent", c.opts.UserAgent)
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	if location := resp.Header.Get("Location"); location != "" && redirects(resp.StatusCode) {
		next, err := target(u, location)
		return &Response{Status: resp.StatusCode}, next, err
	}
	out := &Response{Status: resp.StatusCode, URL: u.String(), Header: resp.Header}
	return out, nil, c.read(resp, req, out)
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

func target(from *url.URL, location string) (*url.URL, error) {
	next, err := from.Parse(location)
	if err != nil {
		return nil, failure(connectors.CodeDenied, sayURL, nil)
	}
	return ParseURL(next.String())
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && a.Host == b.Host
}

// read reads the body of a last hop within its bounds. The bodies of refusals are not
// read: nobody shows them.
func (c *Client) read(resp *http.Response, req Request, out *Response) error {
	if out.Status/100 != 2 {
		return nil
	}
	if e := resp.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return failure(connectors.CodeUnavailable, sayEncoding, nil)
	}
	limit := c.opts.MaxBytes
	if req.MaxBytes > 0 {
		limit = req.MaxBytes
	}
	if !req.Cut && resp.ContentLength > limit {
		return failure(connectors.CodeTooLarge, sayTooLarge, nil)
	}
	out.MediaType, out.Charset = mediaType(resp.Header.Get("Content-Type"))
	if out.MediaType != "" && !readable(out.MediaType, req.Types) {
		return failure(connectors.CodeDenied, sayType, nil)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if int64(len(body)) > limit {
		if !req.Cut {
			return failure(connectors.CodeTooLarge, sayTooLarge, nil)
		}
		body = body[:limit]
	} else if err != nil {
		return err
	}
	if out.MediaType == "" {
		if out.MediaType, _ = mediaType(http.DetectContentType(body)); !readable(out.MediaType, req.Types) {
			return failure(connectors.CodeDenied, sayType, nil)
		}
	}
	out.Body = body
	return nil
}

// mediaType splits a Content-Type. Parameters that cannot be read are left out, as
// browsers do.
func mediaType(header string) (media, charset string) {
	media, params, err := mime.ParseMediaType(header)
	if err != nil {
		media, _, _ = strings.Cut(header, ";")
	}
	return strings.ToLower(strings.TrimSpace(media)), params["charset"]
}

func readable(media string, types []string) bool {
	return types == nil || slices.Contains(types, media)
}

// Err is the status as an error of type *connectors.Error, nil for 2xx.
func (r *Response) Err() error {
	switch {
	case r.Status/100 == 2:
		return nil
	case r.Status == http.StatusNotFound || r.Status == http.StatusGone:
		return failure(connectors.CodeNotFound, sayNotFound, nil)
	case r.Status == http.StatusTooManyRequests:
		e := failure(connectors.CodeExhausted, sayBusy, nil)
		e.After = connectors.RetryAfter(r.Header.Get("Retry-After"), time.Now())
		return e
	case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden || r.Status == http.StatusUnavailableForLegalReasons:
		return failure(connectors.CodeDenied, sayLogin, nil)
	default:
		e := failure(connectors.CodeUnavailable, sayStatus, statusError(r.Status))
		e.After = connectors.RetryAfter(r.Header.Get("Retry-After"), time.Now())
		return e
	}
}

// dialer connects to addresses that it has checked itself: a name is resolved once and
// what it resolved to is dialled, so an answer that changes between is of no use.
type dialer struct {
	guard    guard
	resolver Resolver
	net      net.Dialer
}

func newDialer(opts Options) *dialer {
	d := &dialer{guard: guard{allow: opts.AllowPrivate, ports: opts.Ports}, resolver: opts.Resolver}
	if d.resolver == nil {
		d.resolver = net.DefaultResolver
	}
	// The last look, at the address that the system is about to connect to.
	d.net = net.Dialer{Timeout: dialTimeout, Control: d.guard.control}
	return d
}

// DialContext is that of an http.Transport.
func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, failure(connectors.CodeDenied, sayURL, nil)
	}
	port, ok := d.guard.port(portText)
	if !ok {
		return nil, failure(connectors.CodeDenied, sayPort, nil)
	}
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	var last error
	for _, a := range addrs[:min(len(addrs), maxAddresses)] {
		conn, err := d.net.DialContext(ctx, network, netip.AddrPortFrom(a, port).String())
		if err == nil {
			return conn, nil
		}
		if last = err; ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

// lookup returns the addresses of host that may be reached.
func (d *dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	all := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		all = append(all, a)
	} else if all, err = d.resolver.LookupNetIP(ctx, "ip", host); err != nil {
		return nil, err
	}
	public := all[:0:0]
	for _, a := range all {
		if a = a.Unmap(); d.guard.reachable(a) {
			public = append(public, a)
		}
	}
	if len(all) > 0 && len(public) == 0 {
		return nil, failure(connectors.CodeDenied, sayPrivate, nil)
	}
	if len(public) == 0 {
		return nil, failure(connectors.CodeNotFound, sayNoHost, nil)
	}
	return public, nil
}
