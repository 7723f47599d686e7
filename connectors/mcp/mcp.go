// Package mcp searches by a tool of an MCP server (Model Context Protocol), a program
// that is started here or a service at a URL. One tool is called, the one that somebody
// approved as it is; what it answers is data. A server gets to know the query and
// nothing else: not the environment, no files, no model, no question to the person.
package mcp

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/outward"
)

// Options name a server and how its tool is used.
type Options struct {
	// Command starts the server with its arguments, to talk over its standard input and
	// output. Env, "NAME=value", is its whole environment.
	Command []string
	Env     []string
	Dir     string

	// URL is that of a server over streamable HTTP instead. Header goes with every
	// request, such as Authorization.
	outward.Options // Timeout bounds a search, MaxBytes what a server may say during one (4 MiB when zero)
	URL             string
	Header          http.Header

	// Tool is the one tool that is ever called, and Approved the fingerprint of its
	// definition that somebody looked at: see Describe. A tool with another definition
	// is not called.
	Tool, Approved string

	Arguments Arguments
	Results   Results

	// Internal marks what is found as the company's own. The server is asked as one and
	// the same whoever asks.
	Internal bool
	Logger   *slog.Logger
}

// Arguments say which argument of the tool is what of a query. What has no name is not
// sent.
type Arguments struct {
	Query            string // "query" when empty
	Max              string
	Language, Market string
	After, Before    string         // as 2026-11-26
	Fixed            map[string]any // sent as they are
}

const maxBytes = 4 << 20

// Searcher is the connectors.Searcher of one tool. Close ends the server.
type Searcher struct {
	opts Options
	life context.Context // ends with Close
	stop context.CancelFunc
	turn chan struct{} // holds a token while the server is being opened

	mu      sync.Mutex
	session *session // guarded by mu; nil while there is none
}

var _ connectors.Searcher = (*Searcher)(nil)

// New returns a searcher. The server is started, or called, when it is first needed.
func New(opts Options) *Searcher {
	opts.Timeout = cmp.Or(opts.Timeout, outward.DefaultTimeout)
	opts.MaxBytes = cmp.Or(opts.MaxBytes, maxBytes)
	opts.Arguments.Query = cmp.Or(opts.Arguments.Query, "query")
	opts.Logger = cmp.Or(opts.Logger, slog.New(slog.DiscardHandler))
	s := &Searcher{opts: opts, turn: make(chan struct{}, 1)}
	s.life, s.stop = context.WithCancel(context.Background())
	return s
}

// Search implements connectors.Searcher.
func (s *Searcher) Search(ctx context.Context, _ connectors.Caller, query connectors.SearchQuery) (*connectors.Found, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	result, err := again(ctx, s, func(ctx context.Context, c *session) (*sdk.CallToolResult, error) {
		tool, err := c.tool(ctx, s.opts.Tool)
		if err != nil {
			return nil, err
		}
		if err := s.approved(tool); err != nil {
			return nil, err
		}
		return c.client.CallTool(ctx, &sdk.CallToolParams{Name: s.opts.Tool, Arguments: s.opts.Arguments.of(query)})
	})
	if err != nil {
		return nil, err
	}
	switch {
	case result.NeedsInput():
		return nil, failure(connectors.CodeDenied, sayAsks, nil)
	case result.IsError:
		return nil, failure(connectors.CodeUnavailable, sayToolError, errors.New(complaint(result)))
	}
	hits := s.opts.Results.hits(result)
	for i := range hits {
		hits[i].Internal = s.opts.Internal
	}
	return &connectors.Found{Hits: hits[:min(len(hits), cmp.Or(max(0, query.Max), 10))]}, nil
}

// Describe tells what the tool is, for somebody to approve. Its texts are the server's.
func (s *Searcher) Describe(ctx context.Context) (*Tool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	return again(ctx, s, func(ctx context.Context, c *session) (*Tool, error) {
		tool, err := c.tool(ctx, s.opts.Tool)
		if err != nil {
			return nil, err
		}
		return describe(tool)
	})
}

// approved refuses a tool that nobody looked at as it is now.
func (s *Searcher) approved(tool *sdk.Tool) error {
	d, err := describe(tool)
	if err != nil {
		return failure(connectors.CodeBadData, sayNonsense, err)
	}
	if s.opts.Approved == d.Fingerprint {
		return nil
	}
	said := sayUnapproved
	if s.opts.Approved != "" {
		said = sayChanged
		s.opts.Logger.Warn("mcp: tool changed since it was approved", "tool", s.opts.Tool, "approved", s.opts.Approved, "now", d.Fingerprint)
	}
	e := failure(connectors.CodeDenied, said, nil)
	e.Fix = "Read what the tool says of itself and approve its fingerprint " + d.Fingerprint + "."
	return e
}

// of are the arguments for a query.
func (a Arguments) of(q connectors.SearchQuery) map[string]any {
	out := map[string]any{}
	for name, value := range a.Fixed {
		out[name] = value
	}
	put := func(name string, value any, known bool) {
		if name != "" && known {
			out[name] = value
		}
	}
	put(a.Query, q.Text, true)
	put(a.Max, cmp.Or(q.Max, 10), true)
	put(a.Language, q.Language, q.Language != "")
	put(a.Market, q.Market, q.Market != "")
	put(a.After, q.After.Format(time.DateOnly), !q.After.IsZero())
	put(a.Before, q.Before.Format(time.DateOnly), !q.Before.IsZero())
	return out
}

// again makes a call on the session, and once more on a new one where an old one turns
// out to be gone.
func again[T any](ctx context.Context, s *Searcher, call func(context.Context, *session) (T, error)) (T, error) {
	var none T
	for {
		c, fresh, err := s.connect(ctx)
		if err != nil {
			return none, err
		}
		value, err := within(ctx, c, call)
		if err == nil {
			return value, nil
		}
		err = classify(ctx, err)
		switch connectors.CodeOf(err) {
		case connectors.CodeDenied, connectors.CodeNotFound, connectors.CodeBadData, connectors.CodeCancelled:
			return none, err
		case connectors.CodeTimeout:
			// It may hang in this call for ever: the next one gets a new server.
			c.kill()
			s.drop(c)
			return none, err
		}
		if answered(err) {
			return none, err
		}
		if s.drop(c); fresh {
			return none, err
		}
	}
}

// within makes a call that returns soon after ctx has ended, even where the server does
// not read what it is sent.
func within[T any](ctx context.Context, c *session, call func(context.Context, *session) (T, error)) (T, error) {
	c.refill()
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := call(ctx, c)
		done <- outcome{value, err}
	}()
	var o outcome
	select {
	case o = <-done:
	case <-ctx.Done():
		patience := time.NewTimer(300 * time.Millisecond)
		defer patience.Stop()
		select {
		case o = <-done:
		case <-patience.C:
			c.kill() // what it writes to is closed, so it returns
			o = <-done
			o.err = cmp.Or(o.err, ctx.Err())
		}
	}
	if o.err != nil && c.budget.Load() < 0 {
		return o.value, errTooMuch
	}
	return o.value, o.err
}

// connect returns the session, and whether it had to be made. One call makes it and
// the others wait.
func (s *Searcher) connect(ctx context.Context) (c *session, fresh bool, err error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, false, classify(ctx, ctx.Err())
	}
	if s.life.Err() != nil {
		return nil, false, failure(connectors.CodeUnavailable, sayClosed, nil)
	}
	if c := s.current(); c != nil {
		return c, false, nil
	}
	opening, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	if c, err = open(opening, &s.opts); err != nil {
		if s.life.Err() != nil {
			return nil, false, failure(connectors.CodeUnavailable, sayClosed, err)
		}
		return nil, false, classify(ctx, err)
	}
	s.mu.Lock()
	s.session = c
	s.mu.Unlock()
	return c, true, nil
}

func (s *Searcher) current() *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session
}

// drop ends a session that is of no use any more.
func (s *Searcher) drop(c *session) {
	s.mu.Lock()
	if s.session == c {
		s.session = nil
	}
	s.mu.Unlock()
	c.close()
}

// Close ends the server. Calls that run end with it. Calling it twice is allowed.
func (s *Searcher) Close() error {
	s.stop()
	// Nobody opens one any more from here on.
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if c := s.current(); c != nil {
		s.drop(c)
	}
	return nil
}

// tool is the definition of a tool as the server gives it now.
func (c *session) tool(ctx context.Context, name string) (*sdk.Tool, error) {
	const mostPages = 20 // of a list of tools
	params := &sdk.ListToolsParams{}
	for range mostPages {
		list, err := c.client.ListTools(ctx, params)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(list.Tools, func(t *sdk.Tool) bool { return t.Name == name })
		if i >= 0 {
			return list.Tools[i], nil
		}
		if list.NextCursor == "" {
			break
		}
		params = &sdk.ListToolsParams{Cursor: list.NextCursor}
	}
	return nil, failure(connectors.CodeNotFound, sayNoTool, nil)
}
