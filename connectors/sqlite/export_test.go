package sqlite

import (
	"context"

	"github.com/bapsang/bapsang/connectors"
)

// Prover is the part of a worker that proves statements on a file.
type Prover struct{ e *engine }

// NewProver opens a file as a worker does, in this process.
func NewProver(ctx context.Context, path string) (*Prover, error) {
	conn, err := connect(address(path))
	if err != nil {
		return nil, err
	}
	p := &Prover{&engine{conn: conn}}
	return p, p.e.readAgain(ctx)
}

// Prove is what a worker does before the file hears of a statement.
func (p *Prover) Prove(stmt connectors.Statement) error {
	sql, refused := plain(stmt.SQL)
	if refused != nil {
		return refused
	}
	return p.e.prove(sql, stmt.Tables)
}

// Close lets go of the file.
func (p *Prover) Close() { p.e.Close() }
