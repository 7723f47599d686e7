package connectors

import (
	"context"
	"log/slog"
	"time"
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
	// Internal says that the system is the company's own: what it is asked may hold
	// anything, and what it answers depends on who asks. Everything else is asked only
	// what Hooks.Egress lets out. A Source is the company's own always.
	Internal bool
	// Cache is how long an answer may be given again, where the terms of the service
	// allow that; zero never. It is for searches, feeds and pages; a Source is always
	// asked.
	Cache time.Duration
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
	// Egress sees what is about to be asked of a service that is not the company's
	// own, and refuses it with an error: the call is CodeDenied and is not made. When
	// it is nil nothing is asked of such a service: what nobody checks does not leave.
	Egress func(ctx context.Context, caller Caller, text string) error
	// EgressURL is the same for the address of a page, in which numbers are usual.
	EgressURL func(ctx context.Context, caller Caller, url string) error
	Logger    *slog.Logger
}

// AuditRecord says who asked a system for what, and how it went.
type AuditRecord struct {
	At     time.Time // when the call was made
	System string
	Caller Caller
	SQL    string
	Tables []string      // as in Statement
	Query  string        // what was searched for, or the address of a page
	Code   Code          // empty when it succeeded
	Rows   int           // of a result; or hits, or entries
	Cached bool          // the system was not called: the answer of an equal call was there
	Waited time.Duration // for the contract
	Took   time.Duration // in the source
}

// CallMetrics is one call as a metric counts it.
type CallMetrics struct {
	System       string
	Code         Code // empty when the call succeeded
	Cached       bool // the system was not called
	Waited, Took time.Duration
}

// Guard returns src under its contract: calls beyond the agreed concurrency and
// rates wait for their turn, as long as their deadline allows; a system that does
// not answer is left alone for a while; every call is bounded and recorded. Closing
// the result closes src.
func Guard(src Source, contract Contract, hooks Hooks) Source {
	if contract.Name == "" {
		if cat, err := src.Catalog(context.Background()); err == nil {
			contract.Name = cat.Source
		}
	}
	return &guard{src: src, gate: newGate(contract, hooks, CodeUnavailable)}
}

type guard struct {
	src  Source
	gate *gate
}

// Catalog implements Source. Drivers cache it, so it is not a call on the system.
func (g *guard) Catalog(ctx context.Context) (*Catalog, error) { return g.src.Catalog(ctx) }

// Close implements Source.
func (g *guard) Close() error { return g.src.Close() }

// Query implements Source.
func (g *guard) Query(ctx context.Context, caller Caller, stmt Statement) (*Result, error) {
	record := g.gate.record(caller)
	record.SQL, record.Tables = stmt.SQL, stmt.Tables
	if limit := g.gate.contract.Timeout; limit > 0 && (stmt.Timeout <= 0 || stmt.Timeout > limit) {
		stmt.Timeout = limit
	}
	bounded, cancel := within(ctx, stmt.Timeout)
	defer cancel()
	res, err := pass(bounded, g.gate, g.gate.own, &record, func(ctx context.Context) (*Result, error) {
		return g.src.Query(ctx, caller, stmt)
	})
	if err == nil {
		record.Rows = len(res.Rows)
	}
	g.gate.tell(ctx, record, err)
	return res, err
}
