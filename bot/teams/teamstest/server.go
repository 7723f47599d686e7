package teamstest

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot/standin"
)

// obj is a JSON object.
type obj = map[string]any

// Server is the fake Teams. It may be used concurrently.
type Server struct {
	opts  Options
	base  string
	clock standin.Clock // of rates, streams and retries
	stamp standin.Clock // of timestamps and tokens

	door   *standin.Door
	poster *http.Client // delivers

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // deliveries

	changes standin.Changes

	mu     sync.Mutex
	closed bool
	world
	login
	limiter limiter
	faults  []*Fault
	dice    *rand.Rand
	calls   []Call
	refused map[string]int
	target  string

	acks   []time.Duration
	late   int // attempts not answered in time, or badly
	failed int // deliveries given up
	open   int // deliveries not over
	chains map[string]chan struct{}
	told   [][]byte // every activity

	troubles   map[string][]string
	complaints []string
}

// New starts a server on a free port of the loopback. Close ends it.
func New(opts Options) *Server {
	opts = opts.filled()
	clock, stamp := standin.Clocks(opts.Clock, opts.Scale)
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		opts: opts, clock: clock, stamp: stamp, ctx: ctx, cancel: cancel, poster: newPoster(),
		world: newWorld(opts), login: newLogin(), limiter: newLimiter(), refused: map[string]int{},
		dice: rand.New(rand.NewPCG(opts.Seed, 1)), chains: map[string]chan struct{}{}, target: opts.MessagesURL, troubles: map[string][]string{},
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
	s.wg.Wait()
	s.poster.CloseIdleConnections()
	return err
}

// ServiceURL is the serviceUrl of activities: the base of the connector's API.
func (s *Server) ServiceURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.service()
}

func (s *Server) service() string { return s.base + "/" + s.region + "/" + s.opts.Tenant + "/" }

// Base is what every ServiceURL begins with.
func (s *Server) Base() string { return s.base + "/" }

// Move moves the company to another region of Teams, such as "emea": its serviceUrl is
// another from now on, and the one before is refused.
func (s *Server) Move(region string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.region = region
}

// LoginURL is the token endpoint of the app's tenant.
func (s *Server) LoginURL() string { return s.base + "/" + s.opts.Tenant + "/oauth2/v2.0/token" }

// OpenIDURL is the metadata of the keys that deliveries are signed with.
func (s *Server) OpenIDURL() string { return s.base + "/v1/.well-known/openidconfiguration" }

// AppID is the app's id.
func (s *Server) AppID() string { return s.opts.AppID }

// Password is the app's secret.
func (s *Server) Password() string { return s.opts.Password }

// Tenant is the id of the company.
func (s *Server) Tenant() string { return s.opts.Tenant }

// Bot is the bot's id in a conversation, "28:…".
func (s *Server) Bot() string { return "28:" + s.opts.AppID }

// Mention is how a person's text mentions the bot.
func (s *Server) Mention() string { return at(s.opts.BotName) }

// DeliverTo sends activities to base+"/api/messages".
func (s *Server) DeliverTo(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = base
}

// Wait returns when cond holds, or ctx's error. It asks again whenever anything changed
// here: a call, an acknowledgement, a message. Cond may ask the server anything.
func (s *Server) Wait(ctx context.Context, cond func() bool) error { return s.changes.Wait(ctx, cond) }

// Idle waits until every activity was acknowledged or given up.
func (s *Server) Idle(ctx context.Context) error {
	return s.Wait(ctx, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.open == 0
	})
}

// notify wakes who waits.
func (s *Server) notify() { s.changes.Notify() }

// Call is a call of one of the server's APIs as it came and ended.
type Call struct {
	Op           string // see Fault.Op
	Conversation string
	Activity     string // in the address
	Body         json.RawMessage
	Status       int    // 0 when the caller heard nothing
	Error        string // empty when it was ok
	At           time.Time
}

// Calls are the calls of an operation so far, in the order in which they ended; of every
// operation when it is empty.
func (s *Server) Calls(op string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if op == "" || c.Op == op {
			out = append(out, c)
		}
	}
	return out
}

// Refused counts the calls that were refused for their rate, by operation.
func (s *Server) Refused() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.refused)
}

// Complaints are what the app sent that Teams may tolerate and no app should send. They
// refuse a call unless Options.Lenient is set.
func (s *Server) Complaints() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.complaints)
}

// Troubles are what Teams itself told a person, because the app did not answer what they
// did.
func (s *Server) Troubles(person string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.troubles[person])
}
