// Package connectors holds the contracts of what lies outside: the systems an
// answer is computed from. A driver package implements [Source] for one kind of
// system and imports nothing of this repository but this package; the suite in
// connectorstest says what every driver must do.
//
// A source is read-only by contract. A driver proves that a statement is one
// SELECT over allowed tables before the engine sees it, and opens the engine so
// that a statement which slipped through could still not change, read outside or
// outlive anything.
package connectors

import (
	"context"
	"time"
)

// Source is one database that questions are answered from. Methods may be called
// concurrently.
type Source interface {
	// Catalog describes the tables and how fresh they are. The result is shared
	// and must not be modified. Drivers cache it: calling it per question is cheap.
	Catalog(ctx context.Context) (*Catalog, error)

	// Query proves stmt to be one read-only SELECT over stmt.Tables and runs it
	// for caller. It returns within a second of the deadline of ctx or of
	// stmt.Timeout, whichever is earlier, even where the engine does not. Errors
	// are of type *Error.
	Query(ctx context.Context, caller Caller, stmt Statement) (*Result, error)

	// Close ends every running query and releases the source. Calling it twice is
	// allowed.
	Close() error
}

// Caller is on whose behalf a source is asked. It is written to the audit line of
// every call, allowed or refused.
type Caller struct {
	Principal string // who asks, such as "web:minji"; empty for the system itself
	Question  string // id of the question, empty outside one
	// Rights names a group of people whom a source answers alike; empty means that the
	// principal is answered as nobody else may be.
	Rights string
}

// Statement is one SELECT in the source's own dialect.
type Statement struct {
	SQL string

	// Tables are the only tables that SQL may name. Nil allows every table of the
	// catalogue, an empty slice none.
	Tables []string

	// MaxRows bounds the rows of the result; 0 means DefaultMaxRows. More rows than
	// that are cut and Result.Truncated is set.
	MaxRows int

	// Timeout bounds the run; 0 means the source's own timeout.
	Timeout time.Duration
}

// DefaultMaxRows bounds a result when Statement.MaxRows is 0.
const DefaultMaxRows = 10_000

// MaxResultBytes bounds the encoded size of one result. Rows past it are cut and
// Result.Truncated is set.
const MaxResultBytes = 16 << 20

// Result is the rows of one statement.
type Result struct {
	Columns []Column
	// Rows hold one cell per column. A cell is nil, bool, int64, float64, Decimal,
	// string or time.Time (DATE and TIMESTAMP as UTC wall time). Nested values
	// arrive as JSON text, binary ones as "\x" and hexadecimal digits.
	Rows      [][]any
	Truncated bool          // more rows existed than were allowed
	Elapsed   time.Duration // inside the engine
	// Stale is when a guard had the result, where it is an older one because the contract
	// had no room for another call; zero for what was computed now.
	Stale time.Time
}

// Column names a result column.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"` // the engine's own name, such as "DECIMAL(18,2)"
}
