package pages

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jimsmart/grobotstxt"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/outward"
)

const (
	robotsBytes = 500 << 10        // that RFC 9309 asks to read at least; the rest is not read
	robotsRetry = 10 * time.Minute // a robots.txt that did not answer is left alone for
	mostRobots  = 16 << 20         // bytes of them that are kept
	// mostMatching bounds the length of the rules with stars times that of the address: each
	// is tried at each letter of it, which takes a tenth of a second by then.
	mostMatching = 64 << 20
)

// robots reads and keeps the robots.txt of origins, by RFC 9309: where there is none
// (4xx) everything is allowed, where it does not answer nothing is. The longest rule
// wins, and allowing among equals.
type robots struct {
	client *outward.Client
	clock  Clock
	ttl    time.Duration

	mu    sync.Mutex
	kept  map[string]*rules // guarded by mu, by origin
	bytes int               // guarded by mu: of all bodies kept
}

// rules are one robots.txt.
type rules struct {
	body    string
	starred int   // bytes of the lines that hold a star
	err     error // it did not answer
	until   time.Time
}

func newRules(body string, until time.Time) *rules {
	r := &rules{body: body, until: until}
	for line := range strings.Lines(body) {
		if strings.Contains(line, "*") {
			r.starred += len(line)
		}
	}
	return r
}

func newRobots(client *outward.Client, clock Clock, ttl time.Duration) *robots {
	return &robots{client: client, clock: clock, ttl: ttl, kept: map[string]*rules{}}
}

// check returns why u may not be fetched, or nil.
func (r *robots) check(ctx context.Context, u *url.URL) error {
	origin := u.Scheme + "://" + u.Host
	known := r.known(origin)
	if known == nil || !r.clock.Now().Before(known.until) {
		fresh, err := r.fetch(ctx, origin, known)
		if err != nil {
			return err
		}
		r.keep(origin, fresh)
		known = fresh
	}
	switch {
	case known.err != nil:
		return known.err
	case known.starred*len(u.String()) > mostMatching:
		return failure(connectors.CodeDenied, sayRobots, nil)
	case !grobotstxt.AgentAllowed(known.body, agent, normal(u.String())):
		return failure(connectors.CodeDenied, sayRobots, nil)
	}
	return nil
}

func (r *robots) known(origin string) *rules {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept[origin]
}

// fetch reads the robots.txt of origin. An error is of the call itself: it is not to be
// remembered. What was known before holds on while the site is silent.
func (r *robots) fetch(ctx context.Context, origin string, before *rules) (*rules, error) {
	// Half of the time at most: a site that lets us wait is known as silent before the call
	// itself has no time left, and is not waited for again.
	asking := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		asking, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	resp, err := r.client.Do(asking, outward.Request{
		URL: origin + "/robots.txt", MaxBytes: robotsBytes, Cut: true, Header: http.Header{"Accept": {"text/plain,*/*;q=0.1"}},
	})
	switch code := connectors.CodeOf(err); {
	case code == connectors.CodeDenied || code == connectors.CodeCancelled || ctx.Err() != nil:
		return nil, err
	case err == nil && resp.Status/100 == 2:
		return newRules(normal(string(outward.Text(resp.Body, "utf-8"))), r.clock.Now().Add(r.ttl)), nil
	// "Too many" is no word about what may be read, and is asked to wait.
	case err == nil && resp.Status/100 == 4 && resp.Status != http.StatusTooManyRequests:
		return &rules{until: r.clock.Now().Add(r.ttl)}, nil
	case code == connectors.CodeNotFound: // no such host: there will be no page either
		return nil, err
	}
	if err == nil {
		err = resp.Err()
	}
	silent := &rules{err: failure(connectors.CodeUnavailable, saySilentRobots, err), until: r.clock.Now().Add(robotsRetry)}
	if before != nil && before.err == nil {
		silent.body, silent.starred, silent.err = before.body, before.starred, nil
	}
	return silent, nil
}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// normal has every octet written in one way, as RFC 9309 (2.2.2) compares them: /%7ea
// is /~a, and %ea is %EA. The library's own way of it loses digits.
func normal(text string) string {
	return escape.ReplaceAllStringFunc(text, func(e string) string {
		if c, err := strconv.ParseUint(e[1:], 16, 8); err == nil && strings.IndexByte(unreserved, byte(c)) >= 0 {
			return string(rune(c))
		}
		return strings.ToUpper(e)
	})
}

// unreserved are the characters that mean the same escaped (RFC 3986).
const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// keep remembers fresh rules. When there are too many bytes, those that end first go.
func (r *robots) keep(origin string, fresh *rules) {
	r.mu.Lock()
	defer r.mu.Unlock()
	const overhead = 512 // of an entry without a body
	if old := r.kept[origin]; old != nil {
		r.bytes -= len(old.body) + overhead
	}
	r.kept[origin] = fresh
	r.bytes += len(fresh.body) + overhead
	for r.bytes > mostRobots {
		first := ""
		for o, x := range r.kept {
			if first == "" || x.until.Before(r.kept[first].until) {
				first = o
			}
		}
		r.bytes -= len(r.kept[first].body) + overhead
		delete(r.kept, first)
	}
}
