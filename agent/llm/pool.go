package llm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
)

// Backend is a model that a [Pool] may call, and what was agreed about that. It gets
// requests as they are: its driver leaves out what its server cannot do, such as an
// effort, and [Reply.Backend] tells whose reply it is.
type Backend struct {
	// Name names it in replies, errors, logs and metrics; names of a pool differ.
	Name  string
	Model Model
	// Contract is what was agreed. Its name is the key of the budget: backends of one
	// name share one, among all processes that share a store. It is the backend's name
	// when empty. Timeout bounds a call at the server, without the waiting. Without an
	// agreement there is one call at a time and ten a minute.
	Contract connectors.Contract
	// TokensPerMinute is how many tokens, prompts and replies, were agreed; 0 for any
	// number.
	TokensPerMinute int
	// Priority says that the server orders its own queue by [Request.Priority], as
	// vLLM does with --scheduling-policy priority.
	Priority bool
}

// PoolOptions says how a pool works. The zero value is ready for use.
type PoolOptions struct {
	// Store keeps the budgets, so that processes share them and a restart forgets
	// nothing. Nil keeps them in memory.
	Store  store.Store
	Logger *slog.Logger
	// Board keeps the books of the contracts and says which an operator turned off; nil does
	// neither. It must be shared by the same store.
	Board connectors.Board
	// Patience is how long calls wait while no backend answers; 0 means 20 s.
	Patience time.Duration
}

const (
	defaultPatience = 20 * time.Second
	// What nobody agreed to gets a trickle: enough to try it out.
	trickleConcurrency = 1
	trickleCalls       = 10 // a minute
	// A breaker opens after breakAfter failures in a row and lets one call try again
	// after breakFor.
	breakAfter = 5
	breakFor   = 10 * time.Second
	// storeRetry is when a budget is asked for again whose store did not answer.
	storeRetry = time.Second
	// loadEvery is how often a server is asked for its load while it is in use.
	loadEvery = 2 * time.Second
	// tick is how often those who wait are told, and deadlines looked at.
	tick = time.Second
)

// Pool is a [Model] over several backends. It decides whose turn it is, makes each
// call on the backend that is free soonest (the first configured where several are),
// keeps to every contract so that no server has to refuse a call, and goes elsewhere
// when a backend fails.
//
// Whose turn: questions already begun go first, people before background work, then
// the principal who was served least, two minutes of waiting making up for a call, then
// the order of arrival.
//
// A call that ended without an answer is made once more, elsewhere where possible,
// with the same request; one that a server refused for its rate goes back to the head
// of the queue. Each is charged to the budget. A wait that cannot end before the
// deadline ends early with CodeExhausted; when no backend has answered for
// [PoolOptions.Patience], calls end at once with CodeUnavailable.
type Pool struct {
	opts     PoolOptions
	id       string
	backends []*backend
	budgets  []*budget
	ctx      context.Context // ends with Close
	end      context.CancelFunc
	owned    sync.WaitGroup // goroutines of the pool, and calls
	tell     chan struct{}  // holds a value when somebody began to wait

	// mu guards what follows, what is not fixed of the backends, and the counts of the
	// budgets.
	mu     sync.Mutex
	queue  *queue
	closed bool
	// calls and begun are decaying counts of calls and of questions begun by them: how
	// many calls a question takes is what a wait depends on most.
	calls, fresh float64
	learned      bool // of them, what a pool before this one knew
}

// backend is a Backend at work.
type backend struct {
	Backend
	index   int
	holder  string // of what the budget promises
	budget  *budget
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]
	kick    chan struct{} // holds a value when there may be something to do

	// Guarded by the pool's mu.
	running   int
	slot      *slot
	reserving bool
	probing   bool      // a call finds out whether it is well again
	sent      time.Time // when the last slot was used
	retryAt   time.Time // when to ask the budget again
	storeAt   time.Time // when to ask the store again, which failed
	openUntil time.Time // of the breaker
	downSince time.Time // zero while it answers
	waitingAt int       // calls that wait at the server, as it last said
	took      average   // seconds of a call
	tokens    average   // of a call
	warned    bool      // that nobody agrees any more
	output    average   // tokens of a reply
	total     totals
}

type totals struct{ calls, limited, failed int }

// average forgets slowly.
type average struct {
	value float64
	set   bool
}

func (a *average) add(x float64) {
	if !a.set {
		a.value, a.set = x, true
		return
	}
	a.value += (x - a.value) / 20
}

// NewPool returns a pool over backends, in the order in which they are preferred.
// Close ends it.
func NewPool(backends []Backend, opts PoolOptions) (*Pool, error) {
	if len(backends) == 0 {
		return nil, errors.New("a pool needs a backend")
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Patience <= 0 {
		opts.Patience = defaultPatience
	}
	p := &Pool{
		opts: opts, id: strconv.FormatUint(rand.Uint64(), 36), queue: newQueue(), tell: make(chan struct{}, 1),
		calls: 4, fresh: 2, // two calls a question, until more is known
	}
	for i, b := range backends {
		if err := p.add(i, b); err != nil {
			return nil, fmt.Errorf("backend %q: %w", b.Name, err)
		}
	}
	p.ctx, p.end = context.WithCancel(context.Background())
	for _, b := range p.backends {
		p.owned.Go(func() { p.dispense(b) })
		if l, ok := b.Model.(LoadReader); ok && len(p.backends) > 1 {
			p.owned.Go(func() { p.watchLoad(b, l) })
		}
	}
	if opts.Store != nil {
		for _, b := range p.budgets {
			p.owned.Go(func() { p.watchBudget(b) })
		}
	}
	p.owned.Go(p.announce)
	return p, nil
}

func (p *Pool) add(i int, conf Backend) error {
	if conf.Name == "" || conf.Model == nil {
		return errors.New("a backend needs a name and a model")
	}
	if slices.ContainsFunc(p.backends, func(b *backend) bool { return b.Name == conf.Name }) {
		return errors.New("two backends have this name")
	}
	c := &conf.Contract
	if c.Name == "" {
		c.Name = conf.Name
	}
	agreed := terms{rates: slices.Clone(c.Rates), tokens: conf.TokensPerMinute, concurrency: c.Concurrency}
	trickle := terms{rates: append(slices.Clone(c.Rates), TrickleRate()), tokens: conf.TokensPerMinute, concurrency: trickleConcurrency}
	for _, t := range []*terms{&agreed, &trickle} {
		var err error
		if t.rates, err = tidyRates(t.rates); err != nil {
			return err
		}
	}
	bud, err := p.budgetFor(*c, agreed, trickle)
	if err != nil {
		return err
	}
	b := &backend{Backend: conf, index: i, holder: p.id + "/" + strconv.Itoa(i), budget: bud, kick: make(chan struct{}, 1)}
	p.warn(b, time.Now())
	b.breaker = newBreaker(conf.Name, p.opts.Logger)
	if p.opts.Board != nil { // for its switch: calls are counted by the budget
		p.opts.Board.Gate(c.Name, func(time.Time) *connectors.Terms { return &connectors.Terms{} })
	}
	p.backends = append(p.backends, b)
	return nil
}

// tidyRates sorts rates by their time and leaves the strictest of each.
func tidyRates(rates []connectors.Rate) ([]connectors.Rate, error) {
	for _, r := range rates {
		if r.Calls <= 0 || r.Per <= 0 {
			return nil, fmt.Errorf("a rate of %s allows nothing", r)
		}
	}
	slices.SortFunc(rates, func(a, b connectors.Rate) int {
		if a.Per != b.Per {
			return int(min(max(a.Per-b.Per, -1), 1))
		}
		return a.Calls - b.Calls
	})
	return slices.CompactFunc(rates, func(a, b connectors.Rate) bool { return a.Per == b.Per }), nil
}

// TrickleRate is how much a backend is called that nobody agreed to, one call at a time.
func TrickleRate() connectors.Rate { return connectors.Rate{Calls: trickleCalls, Per: time.Minute} }

// warn says once that nobody agrees to a backend, at the start or when that has expired.
func (p *Pool) warn(b *backend, now time.Time) {
	c := &b.Contract
	if b.warned || c.InForce(now) {
		return
	}
	b.warned = true
	why, about := "llm: nobody agreed to this backend being called, so it gets a trickle", []any{"backend", b.Name, "calls_per_minute", trickleCalls, "at_once", trickleConcurrency}
	if c.Owner != "" && !c.Expires.IsZero() {
		why = "llm: what was agreed about this backend has expired, so it gets a trickle"
		about = append(about, "owner", c.Owner, "expires", c.Expires.Format(time.DateOnly))
	}
	p.opts.Logger.Warn(why, about...)
}

func (p *Pool) budgetFor(c connectors.Contract, agreed, trickle terms) (*budget, error) {
	name := c.Name
	for _, b := range p.budgets {
		if b.name != name {
			continue
		}
		if t := b.agreed; !slices.Equal(t.rates, agreed.rates) || t.tokens != agreed.tokens || t.concurrency != agreed.concurrency {
			return nil, fmt.Errorf("two backends share the contract %q and differ in its terms", name)
		}
		return b, nil
	}
	var l ledger = &memoryLedger{}
	if p.opts.Store != nil {
		l = &storeLedger{store: p.opts.Store, name: name}
	}
	b := newBudget(name, p.id, agreed, l, p.opts.Store != nil)
	b.trickle, b.holds = &trickle, c.InForce
	p.budgets = append(p.budgets, b)
	return b, nil
}

func newBreaker(name string, log *slog.Logger) *gobreaker.TwoStepCircuitBreaker[struct{}] {
	return gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:        name,
		Timeout:     breakFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakAfter },
		// A refused request shows that the server is well. A refused key does not, and
		// left in the choice it would draw all calls, being so quick.
		IsSuccessful: func(err error) bool {
			switch CodeOf(err) {
			case CodeUnavailable, CodeBroken, CodeTimeout, CodeDenied, CodeNoModel:
				return false
			}
			return true
		},
		IsExcluded: func(err error) bool { c := CodeOf(err); return c == CodeCancelled || c == CodeLimited },
		OnStateChange: func(name string, from, to gobreaker.State) {
			log.Warn("llm: breaker changed", "backend", name, "from", from.String(), "to", to.String())
		},
	})
}

// Close ends the pool: those who wait get an error, calls are cancelled, and what the
// pool began has ended when it returns.
func (p *Pool) Close() error {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	if first {
		for _, t := range p.queue.order() {
			p.queue.remove(t)
			t.granted <- grant{err: errClosed()}
		}
	}
	p.mu.Unlock()
	p.end()
	p.owned.Wait()
	return nil
}

func errClosed() *Error { return &Error{Code: CodeUnavailable, Message: "the pool is closed"} }
