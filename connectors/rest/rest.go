// Package rest asks a search service for JSON over HTTP: one place for the limits, for
// what a status means, and for turning what strangers wrote into plain text. Drivers
// say where and what; nothing of a service's own is here.
package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// MaxBody bounds an answer. Twenty results with their texts are a few hundred
// kilobytes.
const MaxBody = 4 << 20

// defaultTimeout bounds a call without a deadline.
const defaultTimeout = 30 * time.Second

// Options say how a service is reached.
type Options struct {
	Name string // of the service, for messages: "Brave Search"
	// BaseURL is http or https with a host, and perhaps a path before the service's own.
	BaseURL string
	HTTP    *http.Client // nil for one of its own; its way with redirects is not used
	// Secrets are taken out of everything that is told or logged.
	Secrets []string
	// Fixes are what whoever runs this can do about a status, where the service means
	// something of its own by it. Key zero is for an answer that is not JSON.
	Fixes map[int]string
	// Later reads from an answer without Retry-After how long the service wants to be
	// left alone, where it has headers of its own for that. Nil where it has none.
	Later func(http.Header) time.Duration
	// Exhausted are statuses of the service's own by which it means 429.
	Exhausted []int
}

// Client asks one service.
type Client struct {
	options Options
	base    *url.URL
	http    http.Client
}

// New returns a client, unless the options are not of a service that can be reached.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(strings.TrimSpace(o.BaseURL), "/"))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: the base URL is not an address", o.Name)
	case base.Scheme != "http" && base.Scheme != "https", base.Host == "":
		return nil, fmt.Errorf("%s: the base URL %q does not begin with http:// or https:// and a host", o.Name, base.Redacted())
	case base.User != nil, base.RawQuery != "", base.Fragment != "":
		return nil, fmt.Errorf("%s: the base URL %q holds more than a host and a path", o.Name, base.Redacted())
	}
	c := &Client{options: o, base: base}
	if o.HTTP != nil {
		c.http = *o.HTTP
	}
	// A redirect would carry the key to wherever it leads: net/http takes only
	// Authorization and cookies out, not the headers that services made up.
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c, nil
}

// Request is a call. Body is sent as JSON with POST where it is not nil; otherwise it
// is a GET.
type Request struct {
	Path   string // below the base URL, beginning with a slash
	Query  url.Values
	Header http.Header
	Body   any
	Secret string // of this call alone, such as a token; as Options.Secrets
}

// JSON asks and reads the answer into what into points at. Errors are of type
// *connectors.Error.
func (c *Client) JSON(ctx context.Context, r Request, into any) error {
	if r.Secret != "" {
		own := *c
		own.options.Secrets = append(slices.Clip(c.options.Secrets), r.Secret)
		c = &own
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultTimeout)
		defer cancel()
	}
	req, err := c.request(ctx, r)
	if err != nil {
		return c.failure(connectors.CodeInternal, sayInternal, err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return c.unreached(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxBody+1))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return c.status(res, body)
	}
	switch {
	case err != nil:
		return c.unreached(ctx, fmt.Errorf("read answer: %w", err))
	case len(body) > MaxBody:
		return c.failure(connectors.CodeTooLarge, sayTooLarge, nil)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return c.notJSON(res, body, err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if r.Body != nil {
		data, err := json.Marshal(r.Body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		method, body = http.MethodPost, bytes.NewReader(data)
	}
	u := *c.base
	u.Path += r.Path
	u.RawQuery = r.Query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, errors.New("the request has no valid address")
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "bapsang")
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}
