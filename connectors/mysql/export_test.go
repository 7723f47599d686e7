package mysql

import "github.com/bapsang/bapsang/connectors"

// Prove is what Query does before the server hears of a statement.
func (s *Source) Prove(stmt connectors.Statement) error {
	if _, refused := s.prover.prove(stmt.SQL, s.known.Load().readable(stmt.Tables), connectors.DefaultMaxRows); refused != nil {
		return refused
	}
	return nil
}
