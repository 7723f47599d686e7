package duckdb

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	driver "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/kit"
	"github.com/bapsang/bapsang/connectors/workers"
)

// The bounds of a scratch database.
const (
	// scratchMemory is the engine's memory, in bytes.
	scratchMemory = 512 << 20
	// scratchBytes bounds the cells that all of its tables hold, in bytes of text and some
	// for each cell. They travel in one frame, of which no more is read than four times
	// that.
	scratchBytes = 16 << 20
	// scratchCell is what a cell counts for beside its text.
	scratchCell = 4
	// scratchTimeout bounds a join that brings no timeout of its own.
	scratchTimeout = 30 * time.Second
)

// heldTable is a table of a scratch database, every cell as a text or null.
type heldTable struct {
	Name    string
	Columns []string
	Types   []string // see connectors.Types
	Rows    [][]*string
}

// Scratch runs stmt over tables that are in no database: what sources answered. They
// stand in the memory of a worker that has nothing else, is started for the call and ends
// with it. A statement may name no other table than those; it is proven and bounded as
// that of any source is. Errors are of type *connectors.Error.
func Scratch(ctx context.Context, timezone string, tables []connectors.Held, stmt connectors.Statement) (*connectors.Result, error) {
	if err := kit.CheckText(stmt.SQL, maxStatement); err != nil {
		return nil, err
	}
	if timezone == "" {
		timezone = "UTC"
	}
	if stmt.Timeout <= 0 {
		stmt.Timeout = scratchTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, stmt.Timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, workers.Ended(ctx, err)
	}
	open := openRequest{Memory: scratchMemory, Timezone: timezone, Threads: 2}
	names := make([]string, len(tables))
	size := 0
	for i, t := range tables {
		h := heldTable{Name: t.Name, Types: connectors.Types(t.Columns, t.Rows), Rows: make([][]*string, len(t.Rows))}
		for _, c := range t.Columns {
			h.Columns = append(h.Columns, c.Name)
		}
		for j, row := range t.Rows {
			h.Rows[j] = make([]*string, len(row))
			for k, cell := range row {
				if h.Rows[j][k] = connectors.CellText(cell); h.Rows[j][k] != nil {
					size += len(*h.Rows[j][k])
				}
				size += scratchCell
			}
		}
		open.Held, names[i] = append(open.Held, h), t.Name
	}
	if size > scratchBytes {
		return nil, tooMuch(nil)
	}
	pool, err := workers.Start(ctx, workers.Config{
		Name: "duckdb", Source: "scratch", Role: RoleQuery, Workers: 1, Timeout: scratchTimeout, Open: open,
		Limits: confine.Limits{AddressSpace: scratchMemory + addressRoom}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, workers.Ended(ctx, err)
	}
	defer pool.Close()
	return pool.Run(ctx, workers.Request{SQL: stmt.SQL, Tables: names, MaxRows: stmt.MaxRows, Timeout: stmt.Timeout})
}

// tooMuch says that results do not fit into a scratch database.
func tooMuch(cause error) *connectors.Error {
	return &connectors.Error{Code: connectors.CodeTooLarge, Message: "The results are too large to be put together.", Err: cause}
}

// hold makes the tables of a scratch database.
func (e *engine) hold(ctx context.Context, tables []heldTable) error {
	for _, t := range tables {
		if err := e.holdTable(ctx, t); err != nil {
			var failed *driver.Error
			if errors.As(err, &failed) && failed.Type == driver.ErrorTypeOutOfMemory {
				return tooMuch(err)
			}
			return fmt.Errorf("hold %s: %w", t.Name, err)
		}
	}
	return nil
}

// staging holds a table's cells as texts before they are what they are.
const staging = "bapsang staging"

// holdTable takes the cells as texts, which the engine casts exactly.
func (e *engine) holdTable(ctx context.Context, t heldTable) error {
	texts, casts := make([]string, len(t.Columns)), make([]string, len(t.Columns))
	for i, name := range t.Columns {
		texts[i] = fmt.Sprintf("c%d VARCHAR", i)
		casts[i] = fmt.Sprintf("CAST(c%d AS %s) AS %s", i, t.Types[i], identifier(name))
	}
	if _, err := e.conn.ExecContext(ctx, fmt.Sprintf("CREATE TABLE %s (%s)", identifier(staging), strings.Join(texts, ", ")), nil); err != nil {
		return err
	}
	appender, err := driver.NewAppenderFromConn(e.conn, "", staging)
	if err != nil {
		return err
	}
	if err := errors.Join(appendRows(appender, t), appender.Close()); err != nil {
		return err
	}
	for _, sql := range []string{
		fmt.Sprintf("CREATE TABLE %s AS SELECT %s FROM %s", identifier(t.Name), strings.Join(casts, ", "), identifier(staging)),
		"DROP TABLE " + identifier(staging),
	} {
		if _, err := e.conn.ExecContext(ctx, sql, nil); err != nil {
			return err
		}
	}
	return nil
}

func appendRows(appender *driver.Appender, t heldTable) error {
	values := make([]sqldriver.Value, len(t.Columns))
	for _, row := range t.Rows {
		for i, cell := range row {
			values[i] = nil
			if cell != nil {
				values[i] = *cell
			}
		}
		if err := appender.AppendRow(values...); err != nil {
			return err
		}
	}
	return nil
}
