package connectors

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sony/gobreaker/v2"
)

// Contract is what was agreed with the owner of a system about being called.
type Contract struct {
	// Name names the system in messages and logs, and is the key of its rates:
	// sources of one name share them. Guard takes the catalogue's name when empty.
	Name   string
	Owner  string    // who agreed, such as a channel or a team
	Agreed time.Time // when
	Rates  []Rate    // all of them hold; none when empty
	// Concurrency is the number of calls that may run at once; zero leaves it to
	// the source. Without an agreement it is one.
	Concurrency int
	// Timeout bounds a call with all its waiting; zero leaves it to the caller.
	Timeout time.Duration
}

// InForce reports whether somebody agreed to the contract. What nobody agreed to is
// called one call at a time.
func (c Contract) InForce() bool { return c.Owner != "" && !c.Agreed.IsZero() }

// Hooks are what a guard tells about the calls it lets through or refuses, and what
// it asks. Every field may be nil.
type Hooks struct {
	// Audit receives every call when it has ended, refused ones too, once each. Its
	// context is not cancelled with the call's.
	Audit func(ctx context.Context, record AuditRecord)
	// Metrics receives every call too, without what it was about.
	Metrics func(call CallMetrics)
	// Limiter keeps the rates; nil keeps them in this process.
	Limiter Limiter
	Logger  *slog.Logger
}

// AuditRecord says who asked a system for what, and how it went.
type AuditRecord struct {
	At     time.Time // when the call was made
	System string
	Caller Caller
	SQL    string
	Tables []string // as in Statement
	Code   Code     // empty when it succeeded
	Rows   int
	Waited time.Duration // for the contract
	Took   time.Duration // in the source
}

// CallMetrics is one call as a metric counts it.
type CallMetrics struct {
	System       string
	Code         Code // empty when the call succeeded
	Waited, Took time.Duration
}

// A breaker opens after breakAfter failures in a row and tries again after
// breakFor. Ten seconds are long enough for a system to come back unhurried and
// short enough that nobody turns to anything else meanwhile.
const (
	breakAfter = 5
	breakFor   = 10 * time.Second
)

// Guard returns src under its contract: calls beyond the agreed concurrency and
// rates wait for their turn, as long as their deadline allows; a system that does
// not answer is left alone for a while; every call is bounded and recorded. Closing
// the result closes src.
func Guard(src Source, contract Contract, hooks Hooks) Source {
	g := &guard{src: src, contract: contract, hooks: hooks}
	if g.hooks.Limiter == nil {
		g.hooks.Limiter = NewLimiter()
	}
	if g.hooks.Logger == nil {
		g.hooks.Logger = slog.New(slog.DiscardHandler)
	}
	if !contract.InForce() {
		g.contract.Concurrency = 1
	}
	if g.contract.Concurrency > 0 {
		g.running = make(chan struct{}, g.contract.Concurrency)
	}
	if g.contract.Name == "" {
		if cat, err := src.Catalog(context.Background()); err == nil {
			g.contract.Name = cat.Source
		}
	}
	g.breaker = gobreaker.NewCircuitBreaker[*Result](gobreaker.Settings{
		Name:        g.contract.Name,
		Timeout:     breakFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakAfter },
		// Only silence is the system's fault. A refused statement or a heavy one
		// shows that it answers.
		IsSuccessful: func(err error) bool { return CodeOf(err) != CodeUnavailable },
		IsExcluded:   func(err error) bool { return CodeOf(err) == CodeCancelled },
		OnStateChange: func(name string, from, to gobreaker.State) {
			g.hooks.Logger.Warn("connectors: breaker changed", "system", name, "from", from.String(), "to", to.String())
		},
	})
	if !contract.InForce() {
		g.hooks.Logger.Warn("connectors: nobody agreed to being called, so calls go one at a time",
			"system", g.contract.Name, "owner", contract.Owner)
	}
	return g
}

type guard struct {
	src      Source
	contract Contract
	hooks    Hooks
	running  chan struct{} // holds a token for every running call; nil without a bound
	breaker  *gobreaker.CircuitBreaker[*Result]
}

// Catalog implements Source. Drivers cache it, so it is not a call on the system.
func (g *guard) Catalog(ctx context.Context) (*Catalog, error) { return g.src.Catalog(ctx) }

// Close implements Source.
func (g *guard) Close() error { return g.src.Close() }

// Query implements Source.
func (g *guard) Query(ctx context.Context, caller Caller, stmt Statement) (*Result, error) {
	record := AuditRecord{At: time.Now(), System: g.contract.Name, Caller: caller, SQL: stmt.SQL, Tables: stmt.Tables}
	if g.contract.Timeout > 0 && (stmt.Timeout <= 0 || stmt.Timeout > g.contract.Timeout) {
		stmt.Timeout = g.contract.Timeout
	}
	bounded := ctx
	if stmt.Timeout > 0 {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeout(ctx, stmt.Timeout)
		defer cancel()
	}
	res, err := g.call(bounded, caller, stmt, &record)
	if record.Code = CodeOf(err); err == nil {
		record.Rows = len(res.Rows)
	}
	g.tell(ctx, record)
	return res, err
}

func (g *guard) tell(ctx context.Context, r AuditRecord) {
	if g.hooks.Audit != nil {
		g.hooks.Audit(context.WithoutCancel(ctx), r)
	}
	if g.hooks.Metrics != nil {
		g.hooks.Metrics(CallMetrics{System: r.System, Code: r.Code, Waited: r.Waited, Took: r.Took})
	}
}

// call makes the call when it is its turn, and notes in record how long what took.
func (g *guard) call(ctx context.Context, caller Caller, stmt Statement, record *AuditRecord) (*Result, error) {
	leave, err := g.enter(ctx)
	begun := time.Now()
	record.Waited = begun.Sub(record.At)
	if err != nil {
		return nil, err
	}
	defer leave()
	res, err := g.breaker.Execute(func() (*Result, error) { return g.src.Query(ctx, caller, stmt) })
	record.Took = time.Since(begun)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return nil, g.broken(err)
	}
	return res, err
}

func (g *guard) broken(err error) *Error {
	return &Error{Code: CodeUnavailable, Message: "The system has not been answering and is left alone for a few seconds.", Err: err}
}

// enter waits for the call's turn. The function it returns ends the call.
func (g *guard) enter(ctx context.Context) (leave func(), err error) {
	if g.breaker.State() == gobreaker.StateOpen {
		return nil, g.broken(gobreaker.ErrOpenState)
	}
	leave = func() {}
	if g.running != nil {
		select {
		case g.running <- struct{}{}:
			leave = func() { <-g.running }
		case <-ctx.Done():
			return nil, gaveUp(ctx)
		}
	}
	if err := g.await(ctx); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// await waits until the rates allow a call, unless that is after the deadline.
func (g *guard) await(ctx context.Context) error {
	for len(g.contract.Rates) > 0 {
		wait, err := g.hooks.Limiter(ctx, g.contract.Name, g.contract.Rates)
		switch {
		case err != nil && ctx.Err() != nil:
			return gaveUp(ctx)
		case err != nil:
			return &Error{Code: CodeUnavailable, Message: "The quota of the system cannot be checked.", Err: err}
		case wait <= 0:
			return nil
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return Errorf(CodeExhausted, "The agreed quota of %s is used up; there is room again in %s.",
				g.contract.Name, wait.Round(time.Second)+time.Second)
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return gaveUp(ctx)
		}
	}
	return ctxError(ctx)
}

// ctxError is what an ended context means, and nil while it has not ended.
func ctxError(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return gaveUp(ctx)
}

func gaveUp(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{Code: CodeTimeout, Message: "The system was busy until the time was up.", Err: ctx.Err()}
	}
	return &Error{Code: CodeCancelled, Message: "The query was stopped.", Err: ctx.Err()}
}
