package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// cellBytes is what a cell takes beside its text when it is encoded.
const cellBytes = 4

// column is one of a result.
type column struct {
	name string
	kind kindOfType
}

// read runs a proven statement and takes its rows as they come, up to maxRows and up to
// connectors.MaxResultBytes. What the server says after the last row counts: a result that
// was cut off is an error, never a shorter result.
func read(ctx context.Context, conn *session, text proven, maxRows int) (*connectors.Result, error) {
	started := time.Now()
	rows, err := conn.QueryContext(ctx, text.sql, nil)
	if err != nil {
		return nil, err
	}
	columns := describe(rows)
	res := &connectors.Result{Columns: make([]connectors.Column, len(columns)), Rows: [][]any{}}
	for i, c := range columns {
		res.Columns[i] = connectors.Column{Name: c.name, Type: c.kind.name}
	}
	full, err := take(rows, columns, res, maxRows)
	if full || err != nil {
		// The driver would read what is left, however much it is.
		conn.broken.Store(true)
		_ = conn.Close()
	} else {
		err = rows.Close()
	}
	switch {
	case err != nil:
		return nil, err
	case full && len(res.Rows) == 0:
		return nil, connectors.Errorf(connectors.CodeTooLarge, "One row of the result is larger than %d MB.", connectors.MaxResultBytes>>20)
	case text.cuts && !full:
		if err := whole(ctx, conn); err != nil {
			return nil, err
		}
	}
	res.Elapsed = time.Since(started)
	return res, nil
}

// take reads rows into res until there are no more, or full: as many as may be.
func take(rows driver.Rows, columns []column, res *connectors.Result, maxRows int) (full bool, err error) {
	size := 0
	values := make([]driver.Value, len(columns))
	for {
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		}
		if len(res.Rows) == maxRows {
			res.Truncated = true // the one row more that was asked for
			continue
		}
		line := make([]any, len(columns))
		for i, v := range values {
			if size += sizeOf(v) + cellBytes; size > connectors.MaxResultBytes {
				res.Truncated = true
				return true, nil
			}
			if v == nil {
				continue
			}
			if line[i], err = columns[i].kind.cell(v); err != nil {
				return false, fmt.Errorf("column %s: %w", columns[i].name, err)
			}
		}
		res.Rows = append(res.Rows, line)
	}
}

func sizeOf(v driver.Value) int {
	switch v := v.(type) {
	case nil:
		return 0
	case []byte:
		return len(v)
	}
	return 8
}

func describe(rows driver.Rows) []column {
	names := rows.Columns()
	out := make([]column, len(names))
	for i, name := range names {
		base := ""
		if t, ok := rows.(driver.RowsColumnTypeDatabaseTypeName); ok {
			base = t.ColumnTypeDatabaseTypeName(i)
		}
		kind := kindOfResult(base)
		if t, ok := rows.(driver.RowsColumnTypePrecisionScale); ok && base == "DECIMAL" {
			if precision, scale, ok := t.ColumnTypePrecisionScale(i); ok {
				kind.name = fmt.Sprintf("DECIMAL(%d,%d)", precision, scale)
			}
		}
		out[i] = column{name, kind}
	}
	return out
}

// whole says whether the server cut a value of the statement before, which it tells in a
// warning only: a list of which the end is missing is no answer.
func whole(ctx context.Context, conn *session) error {
	rows, err := conn.ask(ctx, "SHOW WARNINGS LIMIT 100")
	if err != nil {
		return err
	}
	for _, row := range rows {
		if len(row) > 1 && (str(row[1]) == "1260" || str(row[1]) == "1301") {
			return &connectors.Error{Code: connectors.CodeTooLarge, Message: "A list in the result is longer than a megabyte, and the server cut it.", Korean: "결과 안의 목록이 1MB를 넘어 서버가 잘랐어요."}
		}
	}
	return nil
}
