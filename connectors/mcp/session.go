package mcp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/outward"
)

// session is a connection to a running server.
type session struct {
	client  *sdk.ClientSession
	budget  *atomic.Int64 // bytes that it may still say
	allowed int64
	process *process // nil for one at a URL
	life    context.Context
	stop    context.CancelFunc // ends life, and all requests to a server at a URL
	once    sync.Once
}

// refill allows another call's worth of bytes.
func (c *session) refill() { c.budget.Store(c.allowed) }

// kill ends the server at once, or all that is asked of one at a URL.
func (c *session) kill() {
	c.stop()
	if c.process != nil {
		c.process.end(0)
	}
}

// close says goodbye and ends the server, politely for half a second.
func (c *session) close() {
	c.once.Do(func() {
		if c.process != nil {
			c.process.end(500 * time.Millisecond)
		}
		c.client.Close() //nolint:errcheck // nothing is left that could be lost
		c.stop()
	})
}

// open starts the server, or calls it, and greets it.
func open(ctx context.Context, o *Options) (*session, error) {
	c := &session{budget: &atomic.Int64{}, allowed: o.MaxBytes}
	c.refill()
	c.life, c.stop = context.WithCancel(context.Background())
	client := sdk.NewClient(&sdk.Implementation{Name: "bapsang", Version: "1"}, &sdk.ClientOptions{
		// Nothing is offered: no roots, no sampling, no elicitation.
		Capabilities:   &sdk.ClientCapabilities{},
		MultiRoundTrip: &sdk.MultiRoundTripOptions{Disabled: true},
		Logger:         o.Logger,
	})
	client.AddReceivingMiddleware(refuse)
	var transport sdk.Transport
	if o.URL != "" {
		if err := outward.CheckURL(o.URL); err != nil {
			return nil, err
		}
		transport = &sdk.StreamableClientTransport{
			Endpoint: o.URL, MaxRetries: -1, DisableStandaloneSSE: true, MaxEventSize: -1, // the budget bounds it
			HTTPClient: &http.Client{
				Transport: &guarded{next: outward.Transport(o.Options), header: o.Header, agent: o.UserAgent, budget: c.budget, life: c.life},
				// A redirect would carry the header to wherever it leads.
				CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
			},
		}
	} else {
		p, err := start(o)
		if err != nil {
			return nil, failure(connectors.CodeUnavailable, sayNotStarted, err)
		}
		c.process = p
		transport = &sdk.IOTransport{Reader: &metered{ReadCloser: p.stdout, budget: c.budget, ended: p.silent}, Writer: p.stdin, MaxLineLength: -1}
	}
	_, err := within(ctx, c, func(ctx context.Context, c *session) (struct{}, error) {
		var err error
		c.client, err = client.Connect(ctx, transport, nil)
		return struct{}{}, err
	})
	if err != nil {
		if c.kill(); c.client != nil { // greeted too late
			c.client.Close() //nolint:errcheck // it is given up
		}
		return nil, err
	}
	return c, nil
}

// refuse answers what a server may not ask for: to have a model think, to know our
// directories, to ask the person.
func refuse(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		switch method {
		case "sampling/createMessage", "roots/list", "elicitation/create":
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: "not offered"}
		}
		return next(ctx, method, req)
	}
}

var (
	errRedirect = errors.New("redirected")
	errTooMuch  = errors.New("the server said more than it may")
)

// metered counts what a server says. Past its budget it is cut off.
type metered struct {
	io.ReadCloser
	budget *atomic.Int64
	ended  func() // called when there is nothing more to read, or nobody reads
}

// Read is that of an io.Reader.
func (m *metered) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	if m.budget.Add(-int64(n)) < 0 {
		return 0, errTooMuch
	}
	if err != nil {
		m.ended()
	}
	return n, err
}

// Close is that of an io.Closer.
func (m *metered) Close() error {
	defer m.ended()
	return m.ReadCloser.Close()
}

// guarded puts the configured header on requests and counts what is answered.
type guarded struct {
	next   http.RoundTripper
	header http.Header
	agent  string
	budget *atomic.Int64
	life   context.Context // of the session
}

// RoundTrip is that of an http.RoundTripper.
func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := outward.CheckURL(r.URL.String()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(r.Context())
	unhook := context.AfterFunc(g.life, cancel)
	ended := func() { unhook(); cancel() }
	r = r.Clone(ctx)
	for name, values := range g.header {
		r.Header[name] = values
	}
	if g.agent != "" {
		r.Header.Set("User-Agent", g.agent)
	}
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		ended()
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden {
		resp.Body.Close()
		ended()
		return nil, failure(connectors.CodeDenied, sayLogin, nil)
	}
	resp.Body = &metered{ReadCloser: resp.Body, budget: g.budget, ended: ended}
	return resp, nil
}

// process is a server that was started here, with all that it starts.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.ReadCloser
	quiet  chan struct{} // closed when nobody writes to stdout any more
	hush   sync.Once
	once   sync.Once
}

func (p *process) silent() { p.hush.Do(func() { close(p.quiet) }) }

func start(o *Options) (*process, error) {
	if len(o.Command) == 0 {
		return nil, errors.New("neither a command nor a URL")
	}
	cmd := exec.Command(o.Command[0], o.Command[1:]...) //nolint:noctx // it outlives the call that starts it, and is ended by end
	cmd.Dir = o.Dir
	cmd.Env = append([]string{}, o.Env...) // not nil, which would be ours
	cmd.Stderr = &journal{logger: o.Logger, left: 4 << 10}
	cmd.WaitDelay = time.Second // for who holds stderr after the server has ended
	own(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd: cmd, stdin: stdin, stdout: stdout, quiet: make(chan struct{})}, nil
}

// end has the server end: its input is closed, and after a while, or when it is silent,
// it is killed with all that it started.
func (p *process) end(after time.Duration) {
	p.once.Do(func() {
		p.stdin.Close()
		t := time.NewTimer(after)
		defer t.Stop()
		select {
		case <-p.quiet:
		case <-t.C:
		}
		// Before Wait, so that the group is still ours.
		killGroup(p.cmd)
		p.cmd.Wait() //nolint:errcheck // it was killed
	})
}
