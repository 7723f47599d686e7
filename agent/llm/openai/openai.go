// Package openai is an [llm.Model] behind an OpenAI-compatible server: vLLM with
// gpt-oss, a company's gateway, OpenAI.
//
// go-openai builds the requests and reads the streams. One HTTPDoer under it puts into
// the request what go-openai cannot say (a temperature of 0, priority, the reasoning
// under the name that vLLM reads) and keeps of the answer what go-openai drops (headers
// of a refused stream, the reasoning, whether the stream came to its end). Replies are
// decoded here, by structs that take what servers really send.
//
// One call is one HTTP request: nothing is retried here. A prompt, a reply or a key is
// never part of an error.
package openai

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/bapsang/bapsang/agent/llm"
)

// Dialect is how a server wants those fields that servers disagree on.
type Dialect string

// The dialects.
const (
	VLLM    Dialect = "vllm"     // max_tokens; reasoning goes back as "reasoning"
	OldVLLM Dialect = "vllm-old" // before 0.12: it goes back as "reasoning_content"
	OpenAI  Dialect = "openai"   // max_completion_tokens; reasoning does not go back
)

// Options say which server, and how it is spoken to.
type Options struct {
	Name    string // of the backend, for errors and replies
	BaseURL string // up to and with /v1
	Key     string // empty sends none
	Model   string // as the server names it; any name will do
	Dialect Dialect

	// FirstByte is how long a call may take until the first byte of the answer, which
	// of a call that is not streamed is all of it. 5 minutes unless it says.
	FirstByte time.Duration
	// Idle is how long a stream may be silent after that. 1 minute unless it says.
	Idle time.Duration
	// MaxReply bounds a reply in bytes, 4 MiB unless it says: models do repeat
	// themselves without end.
	MaxReply int

	// CacheSalt keeps this tenant's prompt prefixes from being timed by others.
	CacheSalt string
	// HideReasoning asks the server to keep the reasoning to itself.
	HideReasoning bool
	// Body is merged into every request, last, as a JSON merge patch (RFC 7396): null
	// removes a field.
	Body map[string]any

	Header http.Header // sent with every request
	CAFile string      // PEM certificates to trust beside the system's
	// OnRate receives what the server says of its limits, after every answer that says
	// something. It must not block.
	OnRate func(Rate)
	// Transport takes the place of the one made here, CAFile included.
	Transport http.RoundTripper
}

// Client is an [llm.Model] and an [llm.LoadReader].
type Client struct {
	opts Options
	api  *goopenai.Client
	doer *doer
}

// New makes a client. It does not connect yet.
func New(opts Options) (*Client, error) {
	u, err := url.Parse(opts.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("base URL must be like https://host/v1")
	}
	if opts.Model == "" {
		return nil, errors.New("no model named")
	}
	opts.BaseURL = strings.TrimRight(opts.BaseURL, "/")
	opts.Dialect = cmp.Or(opts.Dialect, VLLM)
	opts.FirstByte = cmp.Or(opts.FirstByte, 5*time.Minute)
	opts.Idle = cmp.Or(opts.Idle, time.Minute)
	opts.MaxReply = cmp.Or(opts.MaxReply, 4<<20)
	transport := opts.Transport
	if transport == nil {
		if transport, err = newTransport(opts.CAFile); err != nil {
			return nil, err
		}
	}
	d := &doer{opts: opts, http: &http.Client{
		Transport: transport,
		// A redirect of a POST loses its body or its key; an API does not redirect.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	cfg := goopenai.DefaultConfig(opts.Key)
	cfg.BaseURL = opts.BaseURL
	cfg.HTTPClient = d
	return &Client{opts: opts, api: goopenai.NewClientWithConfig(cfg), doer: d}, nil
}

// ModelName is the model's name at the server.
func (c *Client) ModelName() string { return c.opts.Model }

// Complete implements [llm.Model].
func (c *Client) Complete(ctx context.Context, req llm.Request) (*llm.Reply, error) {
	start := time.Now()
	call := &call{patch: c.patch(req), stream: req.OnDelta != nil}
	watched, stop := watch(ctx, c.opts.FirstByte, c.opts.Idle)
	defer stop()
	call.watch = watched
	a := newAssembly(req.OnDelta, c.opts.MaxReply)
	var err error
	if call.stream {
		err = c.stream(watched.with(call), req, call, a)
	} else {
		_, err = c.api.CreateChatCompletion(watched.with(call), c.request(req))
		err = call.take(a, err)
	}
	if err == nil {
		err = a.finish(req.MaxTokens)
	}
	if err != nil {
		return nil, c.failure(ctx, call, err)
	}
	reply := a.reply()
	reply.Backend = c.opts.Name
	reply.Took = time.Since(start)
	if !a.first.IsZero() && call.stream {
		reply.FirstToken = a.first.Sub(start)
	}
	return reply, nil
}

// stream reads a streamed reply to its end.
func (c *Client) stream(ctx context.Context, req llm.Request, call *call, a *assembly) error {
	s, err := c.api.CreateChatCompletionStream(ctx, c.request(req))
	if err != nil || call.body != nil {
		return call.take(a, err)
	}
	defer func() { _ = s.Close() }()
	for {
		raw, err := s.RecvRaw()
		switch {
		case errors.Is(err, io.EOF) && call.done:
			return nil
		case errors.Is(err, io.EOF):
			return broken("the stream ended before [DONE]")
		case err != nil:
			return err
		}
		if err := a.chunk(raw); err != nil {
			return err
		}
	}
}

// CloseIdle closes the connections that no call uses.
func (c *Client) CloseIdle() { c.doer.http.CloseIdleConnections() }
