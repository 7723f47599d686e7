package slacktest

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
)

// obj is a JSON object.
type obj = map[string]any

// Server is the fake Slack. It may be used concurrently.
type Server struct {
	opts  Options
	base  string
	clock standin.Clock // of rates, streams, files and retries
	stamp standin.Clock // of timestamps and signatures

	door   *standin.Door
	poster *http.Client // delivers

	methods map[string]method
	ctx     context.Context
	cancel  context.CancelFunc
	wg      sync.WaitGroup // deliveries and sockets

	changes standin.Changes

	mu     sync.Mutex
	closed bool
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
	clock, stamp := standin.Clocks(opts.Clock, opts.Scale)
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		opts: opts, clock: clock, stamp: stamp, ctx: ctx, cancel: cancel,
		poster: newPoster(), methods: methods(opts.Without),
		world: newWorld(opts), limiter: newLimiter(), refused: map[string]int{},
		dice: rand.New(rand.NewPCG(opts.Seed, 1)), chains: map[string]chan struct{}{}, target: opts.EventsURL,
		tickets: map[string]bool{}, flights: map[string]*flight{}, troubles: map[string][]string{},
	}
	s.door = standin.Open(ctx, func(base string) http.Handler {
		s.base = base
		return s.routes()
	})
	return s
}

// Start is New for a test, which closes it.
func Start(t standin.TB, opts Options) *Server {
	t.Helper()
	return standin.Start(t, New(opts))
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
	err := s.door.Close()
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
func (s *Server) Wait(ctx context.Context, cond func() bool) error { return s.changes.Wait(ctx, cond) }

// Idle waits until every event was acknowledged or given up.
func (s *Server) Idle(ctx context.Context) error {
	return s.Wait(ctx, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.open == 0
	})
}

// notify wakes who waits.
func (s *Server) notify() { s.changes.Notify() }

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
