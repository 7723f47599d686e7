package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot"
)

const (
	opGraph        = "graph.users"
	microsoftGraph = "https://graph.microsoft.com"
	graphTimeout   = 3 * time.Second // somebody waits, and can be known without
	graphDenied    = 10 * time.Minute
	graphOutage    = 30 * time.Second
	graphFields    = "id,displayName,mail,userPrincipalName,accountEnabled,userType"
)

// ErrNoGraph says that the directory cannot be asked now, or not at all.
var ErrNoGraph = errors.New("the directory is not asked")

// ErrNobody says that the directory knows nobody of an id.
var ErrNobody = errors.New("the directory knows nobody of the id")

// Entry is what the company's directory says of somebody.
type Entry struct {
	ID      string `json:"id"`
	Name    string `json:"displayName"`
	Mail    string `json:"mail"`
	UPN     string `json:"userPrincipalName"`
	Enabled *bool  `json:"accountEnabled"` // nil when it does not say
	Type    string `json:"userType"`       // "Member" or "Guest"
}

// Graph asks the company's directory about people:
// https://learn.microsoft.com/graph/api/user-get, with the application permission
// User.Read.All. It is nobody's only source, so what it refuses is not asked for again for a
// while, and nobody waits for it. It may be used concurrently.
type Graph struct {
	http     *http.Client
	tokens   *Tokens
	base     string
	now      func() time.Time
	log      *slog.Logger
	observer Observer

	mu    sync.Mutex
	until time.Time // when it is asked again
	err   error     // why not before
}

// newGraph returns nil where the directory is not to be asked.
func newGraph(opts Options, client *http.Client) *Graph {
	if opts.GraphURL == "" {
		return nil
	}
	scope := microsoftGraph
	if u, err := url.Parse(opts.GraphURL); err == nil && u.Host != "" { // a token is for one server
		scope = u.Scheme + "://" + u.Host
	}
	return &Graph{
		http: client, tokens: newTokens(opts, client, scope+"/.default"), base: strings.TrimSuffix(opts.GraphURL, "/"), now: opts.Now, log: opts.Logger,
		observer: opts.Observer,
	}
}

// User is somebody by their object id. It fails with ErrNobody when the directory says that
// there is nobody, and otherwise with ErrNoGraph.
func (g *Graph) User(ctx context.Context, object string) (Entry, error) {
	if g == nil || !isGUID(object) {
		return Entry{}, ErrNoGraph
	}
	if err := g.resting(); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrNoGraph, err)
	}
	ctx, cancel := context.WithTimeout(ctx, graphTimeout)
	defer cancel()
	var e Entry
	err := g.get(ctx, "/v1.0/users/"+url.PathEscape(object)+"?$select="+graphFields, &e)
	switch {
	case err == nil && !strings.EqualFold(e.ID, object):
		err = &bot.Error{Code: bot.CodeUnavailable, Method: opGraph, Reason: "bad_reply", Err: errors.New("the reply is of somebody else")}
	case errors.Is(err, ErrNobody):
		return Entry{}, err
	}
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrNoGraph, err)
	}
	return e, nil
}

func (g *Graph) resting() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Before(g.until) {
		return g.err
	}
	return nil
}

// rest leaves the directory alone for a while. It is said once in each.
func (g *Graph) rest(ctx context.Context, d time.Duration, err error) {
	if ctx.Err() != nil && d == graphOutage && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return // whoever asked went away, which says nothing
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Before(g.until) {
		return
	}
	g.until, g.err = g.now().Add(d), err
	g.log.WarnContext(ctx, "teams: the directory is not asked for a while, people are known by what Teams says", "for", d, "error", err)
}

// get reads from the directory. A token that was refused is renewed once.
func (g *Graph) get(ctx context.Context, path string, into any) error {
	for renewed := false; ; renewed = true {
		token, err := g.tokens.Token(ctx)
		if err != nil {
			g.rest(ctx, graphOutage, err)
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.base+path, nil)
		if err != nil {
			return &bot.Error{Code: bot.CodeDenied, Method: opGraph, Reason: "graph_url", Err: errors.New("the directory's address cannot be used")}
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Accept", "application/json")
		r, err := exchange(g.http, req)
		if err == nil && r.status == http.StatusUnauthorized && !renewed {
			g.tokens.drop(token)
			continue
		}
		return g.read(ctx, r, err, into)
	}
}

// read reads a reply of the directory, and learns from it.
func (g *Graph) read(ctx context.Context, r reply, err error, into any) error {
	fail := func(code bot.Code, reason string, err error, rest time.Duration) error {
		g.observer.Called(opGraph, reason)
		e := &bot.Error{Code: code, Method: opGraph, Reason: reason, Err: err}
		if rest > 0 {
			g.rest(ctx, rest, e)
		}
		return e
	}
	if err != nil {
		return fail(bot.CodeUnavailable, "no_reply", unlinked(err), graphOutage)
	}
	said := refusalOf(r)
	switch {
	case said == nil && json.Unmarshal(r.body, into) == nil:
		g.observer.Called(opGraph, "ok")
		return nil
	case said == nil:
		return fail(bot.CodeUnavailable, "bad_reply", errors.New("the reply cannot be read"), 0)
	case r.status == http.StatusNotFound:
		return fail(bot.CodeGone, said.reason, ErrNobody, 0)
	case r.status == http.StatusTooManyRequests:
		return fail(bot.CodeBusy, said.reason, said, min(retryAfter(r.header, g.now()), graphDenied))
	case r.status == http.StatusForbidden, r.status == http.StatusUnauthorized:
		return fail(bot.CodeDenied, said.reason, said, graphDenied)
	}
	return fail(bot.CodeUnavailable, said.reason, said, graphOutage)
}

// checkGraph tells whether the directory can be asked; false where it is not to be.
func (c *Connector) checkGraph(ctx context.Context) (bot.Finding, bool) {
	if c.Graph == nil {
		return bot.Finding{}, false
	}
	f := bot.Finding{Name: "teams graph", State: bot.Fine, Text: "Microsoft Graph tells who people are."}
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	var page struct{ Value []Entry }
	err := c.Graph.get(ctx, "/v1.0/users?$top=1&$select="+graphFields, &page)
	e := (*bot.Error)(nil)
	switch {
	case err == nil:
		return f, true
	case errors.As(err, &e) && e.Code == bot.CodeDenied && e.Method == opGraph:
		f.Text = "Microsoft Graph refuses us (" + e.Reason + "): people are known by what Teams says alone."
		f.Fix = "Give the app the application permission User.Read.All of Microsoft Graph, with an administrator's consent, or remove teams.graph_url."
	default:
		f.Text = "Microsoft Graph cannot be asked (" + Reason(err) + "): people are known by what Teams says alone."
		f.Fix = "See whether " + host(c.opts.GraphURL) + " can be reached from here."
	}
	f.State = bot.Warning
	return f, true
}
