// Package pages fetches public web pages, politely: within what a site's robots.txt
// allows, one page of a site at a time, and never from an address that is not public.
// It only fetches; what a page says is for others to read, and never to be followed.
package pages

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/outward"
)

// Options say how pages are fetched. The zero value is usable.
type Options struct {
	outward.Options
	// Contact is where a site's owner can write to, a URL or an e-mail address. It is
	// part of the User-Agent, unless that is given whole.
	Contact string
	// Spacing is between the end of a call to a host and the next one; a second when
	// zero.
	Spacing time.Duration
	// RobotsTTL is how long a robots.txt is believed; an hour when zero, at most the day
	// that RFC 9309 allows.
	RobotsTTL time.Duration
	// Clock is for tests; nil is the real one.
	Clock Clock
}

// Clock tells the time and lets it pass.
type Clock interface {
	Now() time.Time
	// Wait returns after d, or earlier with the error of ctx.
	Wait(ctx context.Context, d time.Duration) error
}

// agent is the name that robots.txt files know us by.
const agent = "bapsang"

// maxURL is how long a URL may be. Browsers know the number, and it bounds the work
// that a hostile robots.txt can make of matching one.
const maxURL = 2083

// types are what is read as a page.
var types = []string{
	"text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/xml", "application/xml",
	"application/json", "application/ld+json", "application/feed+json",
	"application/rss+xml", "application/atom+xml", "application/rdf+xml", "text/calendar",
}

// Fetcher is the connectors.Pages of the public web.
type Fetcher struct {
	client  *outward.Client
	robots  *robots
	clock   Clock
	spacing time.Duration

	mu    sync.Mutex
	hosts map[string]*host // guarded by mu; those called now or a moment ago
}

// host is one that is called, one call at a time.
type host struct {
	turn  chan struct{} // holds a token while somebody calls
	users int           // guarded by Fetcher.mu: callers, and waiting ones
	next  time.Time     // guarded by turn: the earliest time of the next call
}

// New returns a fetcher. It starts nothing that must be stopped.
func New(opts Options) *Fetcher {
	if opts.UserAgent == "" {
		opts.UserAgent = agent + "/1.0"
		if opts.Contact != "" {
			opts.UserAgent += " (+" + opts.Contact + ")"
		}
	}
	if opts.Spacing <= 0 {
		opts.Spacing = time.Second
	}
	if opts.RobotsTTL <= 0 {
		opts.RobotsTTL = time.Hour
	}
	if opts.Clock == nil {
		opts.Clock = clock{}
	}
	client := outward.New(opts.Options)
	return &Fetcher{
		client: client, clock: opts.Clock, spacing: opts.Spacing, hosts: map[string]*host{},
		robots: newRobots(client, opts.Clock, min(opts.RobotsTTL, 24*time.Hour)),
	}
}

// Page implements connectors.Pages. Body is UTF-8 and ContentType says so, whatever the
// page itself still claims.
func (f *Fetcher) Page(ctx context.Context, _ connectors.Caller, address string) (*connectors.Page, error) {
	resp, err := f.client.Do(ctx, outward.Request{
		URL: address, Types: types, Gate: f.gate,
		Header: http.Header{"Accept": {"text/html,application/xhtml+xml,application/ld+json,text/calendar;q=0.9,text/plain;q=0.8,*/*;q=0.1"}},
	})
	if err == nil {
		err = resp.Err()
	}
	if err != nil {
		return nil, err
	}
	return &connectors.Page{
		URL: resp.URL, ContentType: resp.MediaType + "; charset=utf-8", Body: outward.Text(resp.Body, resp.Charset), FetchedAt: f.clock.Now(),
	}, nil
}

// gate lets a hop pass when robots.txt allows it and it is its turn with the host.
func (f *Fetcher) gate(ctx context.Context, u *url.URL) (func(), error) {
	if len(u.String()) > maxURL {
		return nil, failure(connectors.CodeDenied, sayLong, nil)
	}
	h := f.enter(u.Hostname())
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		f.leave(h)
		return nil, ctx.Err()
	}
	done := func() {
		h.next = f.clock.Now().Add(f.spacing)
		<-h.turn
		f.leave(h)
	}
	if err := f.robots.check(ctx, u); err != nil {
		done()
		return nil, err
	}
	if wait := h.next.Sub(f.clock.Now()); wait > 0 {
		if err := f.clock.Wait(ctx, wait); err != nil {
			done()
			return nil, err
		}
	}
	return done, nil
}

func (f *Fetcher) enter(name string) *host {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.hosts[name]
	if h == nil {
		h = &host{turn: make(chan struct{}, 1)}
		f.hosts[name] = h
	}
	h.users++
	return h
}

// leave forgets hosts whose spacing is over, once there are many.
func (f *Fetcher) leave(h *host) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h.users--
	if len(f.hosts) < 1000 {
		return
	}
	now := f.clock.Now()
	for n, o := range f.hosts {
		// Without users nobody holds the turn, so next is not being written.
		if o.users == 0 && o.next.Before(now) {
			delete(f.hosts, n)
		}
	}
}

// clock is the real Clock.
type clock struct{}

func (clock) Now() time.Time { return time.Now() }

func (clock) Wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
