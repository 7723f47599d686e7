package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bapsang/bapsang/connectors"
)

// errEnough ends a result that is larger than may be.
var errEnough = errors.New("the result is full")

// read runs a bounded statement and takes its rows as they come, up to maxRows and up to
// connectors.MaxResultBytes. What the server says after the last row counts: a result that
// was cut off is an error, never a shorter result.
func (s *Source) read(ctx context.Context, conn *pgx.Conn, sql string, maxRows int) (*connectors.Result, error) {
	started := time.Now()
	columns, rendered, err := s.describe(ctx, conn, sql)
	if err != nil {
		return nil, err
	}
	res := &connectors.Result{Columns: make([]connectors.Column, len(columns)), Rows: [][]any{}}
	for i, c := range columns {
		res.Columns[i] = connectors.Column{Name: c.name, Type: c.kind.name}
	}
	// Ending the query early is the same as cancelling it: the rest is not sent.
	running, stop := context.WithCancel(ctx)
	defer stop()
	var rows *pgconn.ResultReader
	if rendered == "" {
		rows = conn.PgConn().ExecPrepared(running, "", nil, nil, nil) // it is parsed already
	} else {
		rows = conn.PgConn().ExecParams(running, rendered, nil, nil, nil, nil)
	}
	err = s.take(rows, columns, res, maxRows)
	if err != nil {
		stop()
	}
	_, closed := rows.Close()
	switch {
	case errors.Is(err, errEnough):
		res.Truncated = true
		if len(res.Rows) == 0 {
			return nil, connectors.Errorf(connectors.CodeTooLarge, "One row of the result is larger than %d MB.", connectors.MaxResultBytes>>20)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	case err != nil:
		return nil, err
	case closed != nil:
		return nil, closed
	}
	res.Elapsed = time.Since(started)
	return res, nil
}

// take reads rows into res until there are enough.
func (s *Source) take(rows *pgconn.ResultReader, columns []column, res *connectors.Result, maxRows int) error {
	size := 0
	for rows.NextRow() {
		if len(res.Rows) == maxRows {
			res.Truncated = true // the one row more that was asked for
			continue
		}
		line := make([]any, len(columns))
		for i, raw := range rows.Values() {
			if size += len(raw) + cellBytes; size > connectors.MaxResultBytes {
				return errEnough
			}
			if raw == nil {
				continue
			}
			cell, err := columns[i].kind.cell(string(raw))
			if err != nil {
				return fmt.Errorf("column %s: %w", columns[i].name, err)
			}
			line[i] = cell
		}
		res.Rows = append(res.Rows, line)
	}
	return nil
}

// cellBytes is what a cell takes beside its text when it is encoded.
const cellBytes = 4

// column is one of a result.
type column struct {
	name string
	kind kindOfType
}

// describe prepares a statement and finds its columns. Where some have no cell of their
// own, it returns a statement that asks for them in a form that has.
func (s *Source) describe(ctx context.Context, conn *pgx.Conn, sql string) ([]column, string, error) {
	desc, err := conn.PgConn().Prepare(ctx, "", sql, nil)
	if err != nil {
		return nil, "", err
	}
	columns := make([]column, len(desc.Fields))
	names, exprs, changed := make([]string, len(columns)), make([]string, len(columns)), false
	again := false // another statement was prepared in the meantime
	for i, f := range desc.Fields {
		kind, asked, err := s.typeOf(ctx, conn, f.DataTypeOID, f.TypeModifier)
		if err != nil {
			return nil, "", err
		}
		again = again || asked
		columns[i] = column{f.Name, kind}
		names[i] = fmt.Sprintf("c%d", i)
		exprs[i] = names[i]
		if kind.rendering != "" {
			exprs[i], changed = fmt.Sprintf(kind.rendering, names[i]), true
		}
	}
	switch {
	case changed:
	case again:
		return columns, sql, nil
	default:
		return columns, "", nil
	}
	return columns, fmt.Sprintf("SELECT %s FROM (%s) AS r(%s)", strings.Join(exprs, ", "), sql, strings.Join(names, ", ")), nil
}

// typeOf looks up a type, once for each; asked says that it was the once.
func (s *Source) typeOf(ctx context.Context, conn *pgx.Conn, oid uint32, modifier int32) (kind kindOfType, asked bool, err error) {
	type key struct {
		oid      uint32
		modifier int32
	}
	if known, ok := s.types.Load(key{oid, modifier}); ok {
		return known.(kindOfType), false, nil //nolint:forcetypeassert // nothing else is in there
	}
	var name, base, category string
	err = conn.QueryRow(ctx, `SELECT pg_catalog.format_type($1::oid, $2::int4), typname::text, typcategory::text FROM pg_catalog.pg_type WHERE oid = $1::oid`, oid, modifier).
		Scan(&name, &base, &category)
	if errors.Is(err, pgx.ErrNoRows) {
		name, base, category = "unknown", "unknown", "X"
	} else if err != nil {
		return kindOfType{}, true, err
	}
	kind = newKind(name, base, category)
	s.types.Store(key{oid, modifier}, kind)
	return kind, true, nil
}
