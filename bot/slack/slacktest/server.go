package slacktest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// obj is a JSON object.
type obj = map[string]any

// Server is the fake Slack. It may be used concurrently.
type Server struct {
	opts  Options
	base  string
	clock Clock // of rates, streams, files and retries
	stamp Clock // of timestamps and signatures

	http   *http.Server
	poster *http.Client // delivers

	methods map[string]method
	served  chan error
	ctx     context.Context
	cancel  context.CancelFunc
	wg      sync.WaitGroup // deliveries and sockets

	mu      sync.Mutex
	changed chan struct{} // closed and renewed with each change
	closed  bool
	world
	limiter limiter
	faults  []*Fault
	dice    *rand.Rand
	calls   []Call
	refused map[string]int
	acks    []time.Duration
	failed  int // deliveries given up
	late    int // deliveries not acknowledged in time
	chains  map[string]chan struct{}
	target  string
	sockets []*socket
	tickets map[string]bool
	waiting []*delivery // for a socket to be there
	flights map[string]*flight
	frozen  bool
	told    [][]byte // every event

	troubles map[string][]string

	uninstalled bool
	open        int // deliveries not over
}

// New starts a server on a free port of the loopback. Close ends it.
func New(opts Options) *Server {
	opts = opts.filled()
	var stamp Clock = scaled{start: time.Now(), factor: 1}
	if opts.Clock != nil {
		stamp = opts.Clock
	}
	clock := stamp
	if opts.Clock == nil && opts.Scale != 1 {
		clock = scaled{start: time.Now(), factor: opts.Scale}
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		opts: opts, clock: clock, stamp: stamp, served: make(chan error, 1), ctx: ctx, cancel: cancel,
		poster: newPoster(), methods: methods(opts.Without),
		changed: make(chan struct{}), world: newWorld(opts), limiter: newLimiter(), refused: map[string]int{},
		dice: rand.New(rand.NewPCG(opts.Seed, 1)), chains: map[string]chan struct{}{}, target: opts.EventsURL,
		tickets: map[string]bool{}, flights: map[string]*flight{}, troubles: map[string][]string{},
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		cancel()
		panic(fmt.Sprintf("slacktest: no port: %v", err)) // as httptest does: there is nothing to test with
	}
	s.base = "http://" + l.Addr().String()
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: time.Minute}
	go func() { s.served <- s.http.Serve(l) }()
	return s
}

// TB is what Start needs of a *testing.T.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// Start is New for a test, which closes it.
func Start(t TB, opts Options) *Server {
	t.Helper()
	s := New(opts)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("slacktest: close: %v", err)
		}
	})
	return s
}

// Close drops every connection, stops every delivery, and waits for both.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	err := s.http.Close()
	if e := <-s.served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	s.DropSockets()
	s.wg.Wait()
	s.poster.CloseIdleConnections()
	return err
}

// URL is the base of the Web API, for slack-go's OptionAPIURL and Node's slackApiUrl.
func (s *Server) URL() string { return s.base + "/api/" }

// BotToken is the bot's token.
func (s *Server) BotToken() string { return s.opts.BotToken }

// AppToken is the app-level token.
func (s *Server) AppToken() string { return s.opts.AppToken }

// SigningSecret is what deliveries are signed with.
func (s *Server) SigningSecret() string { return s.opts.SigningSecret }

// Team is the workspace's id.
func (s *Server) Team() string { return s.opts.Team }

// BotUser is the bot's user id.
func (s *Server) BotUser() string { return s.opts.BotUser }

// Mention is how a person's text mentions the bot.
func (s *Server) Mention() string { return "<@" + s.opts.BotUser + ">" }

// DeliverTo sends events to base+"/slack/events", interactions to
// base+"/slack/interactions" and commands to base+"/slack/commands".
func (s *Server) DeliverTo(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = base
}

// Grant gives the bot token a scope.
func (s *Server) Grant(scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.scopes, scope) {
		s.scopes = append(s.scopes, scope)
	}
}

// Revoke takes a scope from the bot token.
func (s *Server) Revoke(scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes = slices.DeleteFunc(slices.Clone(s.scopes), func(x string) bool { return x == scope })
}

// Wait returns when cond holds, or ctx's error. It asks again whenever anything changed
// here: a call, an acknowledgement, a message. Cond may ask the server anything.
func (s *Server) Wait(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("slacktest: waited in vain: %w", ctx.Err())
		}
	}
}

// Idle waits until every event was acknowledged or given up.
func (s *Server) Idle(ctx context.Context) error {
	return s.Wait(ctx, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.open == 0
	})
}

// notify wakes who waits. s.mu is held.
func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Call is a call of the Web API as it came and ended.
type Call struct {
	Method string
	Args   map[string]string // as text, JSON where it was JSON
	Status int
	Error  string // empty when it was ok
	At     time.Time
}

// Calls are the calls of a method so far, in the order in which they ended; of every
// method when it is empty.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			out = append(out, c)
		}
	}
	return out
}

// Refused counts the calls that were refused for their rate, by method.
func (s *Server) Refused() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for k, v := range s.refused {
		out[k] = v
	}
	return out
}

func (s *Server) has(f Feature) bool { return !slices.Contains(s.opts.Without, f) }
