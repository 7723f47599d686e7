package connectors

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// Contract is what was agreed with the owner of a system about being called.
type Contract struct {
	// Name names the system in messages, logs and the ledger, and is the key of what is
	// shared: all of one name, in all processes of one board's store, share its rates and
	// its calls at once. Guard takes the catalogue's name when empty.
	Name   string
	Owner  string    // who agreed, such as a channel or a team
	Agreed time.Time // when
	// Expires is the last day on which it holds, at midnight UTC; zero holds for good.
	// After it nobody agrees any more.
	Expires time.Time
	Rates   []Rate // all of them hold; none when empty
	// Concurrency is the number of calls that may run at once; zero leaves it to
	// the source. Without an agreement it is one.
	Concurrency int
	// Queue is how many calls may wait here for their turn; zero means 128. Beyond that
	// they are refused at once, so that a slow system holds no more of us than that.
	Queue int
	// Timeout bounds a call with all its waiting; zero leaves it to the caller.
	Timeout time.Duration
	// Internal says that the system is the company's own: what it is asked may hold
	// anything, and what it answers depends on who asks. Everything else is asked only
	// what Hooks.Egress lets out. A Source is the company's own always.
	Internal bool
	// Alone says that what is called is a copy of this process's own, such as a file on its
	// disk: rates and calls at once are those of one process, and no other's calls count.
	Alone bool
	// Cache is how long an answer may be given again, where the terms of the service
	// allow that; zero never. Equal statements that run at the same time are one call of a
	// Source that has it. What differs by who asks is kept for each apart.
	Cache         time.Duration
	WhenExhausted WhenExhausted
}

// WhenExhausted is what becomes of a call that the agreed rates have no room for. Waits of a
// second or less are waited for in any case: nobody notices them. For a free place among
// the calls at once a call waits as its deadline and the queue allow.
type WhenExhausted string

// What may become of it.
const (
	// Queue lets it wait for room, as long as its deadline allows. It is the default.
	Queue WhenExhausted = "queue"
	// Degrade gives an older answer of the cache, marked as such: Result.Stale, Found.Stale,
	// Entry.Stale, Page.FetchedAt. Where there is none the call is refused, and whoever made it leaves that
	// part out with a note, as of a search, or says why there is no answer, as of a source.
	Degrade WhenExhausted = "degrade"
	// Refuse ends it at once, with the time when there is room again.
	Refuse WhenExhausted = "refuse"
)

// What nobody agreed to gets a trickle: enough to try it out.
const (
	trickleConcurrency = 1
	trickleCalls       = 30 // a minute
)

// TrickleRate is how much of a system is asked that nobody agreed to, one call at a time.
func TrickleRate() Rate { return Rate{Calls: trickleCalls, Per: time.Minute} }

// defaultQueue is less than the questions that are worked at once, so that several slow
// systems are needed to hold them all.
const defaultQueue = 128

// InForce reports whether the contract holds at now: somebody agreed to it, and it has not
// expired. What nobody agrees to gets a trickle.
func (c Contract) InForce(now time.Time) bool {
	return c.Owner != "" && !c.Agreed.IsZero() && (c.Expires.IsZero() || now.Before(c.Expires.AddDate(0, 0, 1)))
}

// terms are what is counted of a contract at a time.
func (c Contract) terms() func(now time.Time) *Terms {
	waiting := cmp.Or(c.Queue, defaultQueue)
	agreed := &Terms{Rates: c.Rates, Concurrency: c.Concurrency, Waiting: waiting, Alone: c.Alone}
	trickle := &Terms{Rates: append(slices.Clone(c.Rates), TrickleRate()), Concurrency: trickleConcurrency, Waiting: waiting, Alone: c.Alone}
	return func(now time.Time) *Terms {
		if c.InForce(now) {
			return agreed
		}
		return trickle
	}
}

// Hooks are what a guard tells about the calls it lets through or refuses, and what
// it asks. Every field may be nil.
type Hooks struct {
	// Audit receives every call when it has ended, refused ones too, once each. Its
	// context is not cancelled with the call's.
	Audit func(ctx context.Context, record AuditRecord)
	// Metrics receives every call too, without what it was about.
	Metrics func(call CallMetrics)
	// Board counts the calls, for all who share it, and keeps the books. When it is nil no
	// call is made: what nobody counts is not called.
	Board Board
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
	Stale  time.Time     // and was too old to be given, had there been another; zero for others
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

// mostResults bounds the results that one source's guard keeps, in bytes.
const mostResults = 64 << 20

// Guard returns src under its contract: calls beyond the agreed concurrency and
// rates wait for their turn, as long as their deadline allows; a system that does
// not answer is left alone for a while, and one in distress is asked less; every call is
// bounded and recorded. Closing the result closes src.
func Guard(src Source, contract Contract, hooks Hooks) Source {
	if contract.Name == "" {
		if cat, err := src.Catalog(context.Background()); err == nil {
			contract.Name = cat.Source
		}
	}
	g := &guard{src: src, guarded: guarded[*Result]{gate: newGate(contract, hooks, CodeUnavailable, CodeUnusable)}}
	if contract.Cache > 0 {
		g.memo = newMemo(&contract, mostResults, weight, func(*Result) bool { return true })
	}
	return g
}

type guard struct {
	src Source
	guarded[*Result]
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
	res, stale, err := g.ask(ctx, inquiry[*Result]{
		record: record,
		key:    g.key(ctx, caller, stmt),
		limit:  stmt.Timeout,
		check:  func() error { return nil },
		call:   func(ctx context.Context) (*Result, error) { return g.src.Query(ctx, caller, stmt) },
		count:  func(r *Result) int { return len(r.Rows) },
	})
	if err != nil || g.memo == nil {
		return res, err
	}
	copied := *res
	copied.Stale = stale
	copied.Columns = slices.Clone(res.Columns)
	copied.Rows = make([][]any, len(res.Rows))
	for i, row := range res.Rows {
		copied.Rows[i] = slices.Clone(row)
	}
	return &copied, nil
}

// key is equal for statements whose results are: the same text on the same data, for
// people with the same rights.
func (g *guard) key(ctx context.Context, caller Caller, stmt Statement) string {
	if g.memo == nil {
		return ""
	}
	rights := "\x00" + caller.Principal
	if caller.Rights != "" {
		rights = caller.Rights + "\x00"
	}
	version := ""
	if cat, err := g.src.Catalog(ctx); err == nil {
		version = cat.Version
	}
	return fmt.Sprintf("%q %q %q %q %t %d", rights, version, stmt.SQL, stmt.Tables, stmt.Tables == nil, stmt.MaxRows)
}

// weight is about how many bytes a result takes.
func weight(r *Result) int {
	n := 0
	for _, row := range r.Rows {
		n += 24 + 32*len(row)
		for _, cell := range row {
			if text, ok := cell.(string); ok {
				n += len(text)
			}
		}
	}
	return n
}
