package duckdb

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	driver "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/connectors"
)

// engine is the database inside a worker: one file, opened read-only and locked
// down, on one connection.
type engine struct {
	path      string
	connector *driver.Connector
	conn      *driver.Conn
}

// openEngine opens the file and takes from the engine, for good, everything that an
// analysis does not need. The order matters: nothing can be set after the lock.
func openEngine(ctx context.Context, open openRequest) (*engine, error) {
	connector, err := driver.NewConnector(open.Path+"?access_mode=read_only", nil)
	if err != nil {
		return nil, err
	}
	e := &engine{path: open.Path, connector: connector}
	conn, err := connector.Connect(ctx)
	if err != nil {
		e.close()
		return nil, err
	}
	e.conn = conn.(*driver.Conn)
	for _, set := range []string{
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET allow_persistent_secrets = false",
		"SET temp_directory = ''",
		"SET max_temp_directory_size = '0GB'",
		"SET enable_progress_bar = false",
		fmt.Sprintf("SET memory_limit = '%dB'", open.Memory),
		fmt.Sprintf("SET threads = %d", open.Threads),
		fmt.Sprintf("SET TimeZone = '%s'", strings.ReplaceAll(open.Timezone, "'", "''")),
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	} {
		if _, err := e.conn.ExecContext(ctx, set, nil); err != nil {
			e.close()
			return nil, fmt.Errorf("%s: %w", set, err)
		}
	}
	// The first proof loads what every other one needs.
	if err := e.prove(ctx, "SELECT 1", nil); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *engine) close() {
	if e.conn != nil {
		_ = e.conn.Close()
	}
	_ = e.connector.Close()
}

// prove has the engine's own parser read the statement and walks what it read.
func (e *engine) prove(ctx context.Context, sql string, tables []string) error {
	parse, err := e.parse(ctx, sql)
	if err != nil {
		return err
	}
	if err := proveSelect(sql, parse, tables); err != nil {
		return err
	}
	return nil
}

func (e *engine) parse(ctx context.Context, sql string) ([]byte, error) {
	rows, err := e.conn.QueryContext(ctx,
		"SELECT CAST(json_serialize_sql(CAST($1 AS VARCHAR), skip_null := true, skip_empty := true) AS VARCHAR)",
		[]sqldriver.NamedValue{{Ordinal: 1, Value: sql}})
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	defer rows.Close()
	dst := make([]sqldriver.Value, 1)
	if err := rows.Next(dst); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	parse, ok := dst[0].(string)
	if !ok {
		return nil, fmt.Errorf("parse: got %T", dst[0])
	}
	return []byte(parse), nil
}

// sink receives a result as it is read.
type sink interface {
	columns([]connectors.Column) error
	row(cells []byte) error
}

// query proves, bounds and runs one statement. It reports whether rows were left
// out.
func (e *engine) query(ctx context.Context, req queryRequest, out sink) (truncated bool, err error) {
	if !req.Trusted {
		if err := checkText(req.SQL); err != nil {
			return false, err
		}
		if err := e.prove(ctx, req.SQL, req.Tables); err != nil {
			return false, err
		}
	}
	sql := wrap(req.SQL, req.MaxRows)
	if !req.Trusted {
		// What runs is the wrapped text, so it is the wrapped text that must be
		// proven, whatever the wrapping made of the other.
		if err := e.prove(ctx, sql, req.Tables); err != nil {
			return false, err
		}
	}
	stmt, columns, err := e.prepareRendered(sql)
	if err != nil {
		return false, err
	}
	defer stmt.Close()
	described := make([]connectors.Column, len(columns))
	for i, c := range columns {
		described[i] = connectors.Column{Name: c.name, Type: c.typeName()}
	}
	rows, err := stmt.QueryContext(ctx, nil)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if err := out.columns(described); err != nil {
		return false, err
	}
	return copyRows(ctx, rows, columns, req.MaxRows, out)
}

// prepareRendered plans a statement so that every column has a cell. The columns are
// those of the statement itself.
func (e *engine) prepareRendered(sql string) (*driver.Stmt, []column, error) {
	stmt, columns, err := e.prepare(sql)
	if err != nil {
		return nil, nil, err
	}
	again := rendered(sql, columns)
	if again == "" {
		return stmt, columns, nil
	}
	if err := stmt.Close(); err != nil {
		return nil, nil, err
	}
	stmt, _, err = e.prepare(again)
	return stmt, columns, err
}

// prepare plans exactly one SELECT. Conn.Prepare refuses more than one statement;
// its siblings that take a context would run all but the last.
func (e *engine) prepare(sql string) (*driver.Stmt, []column, error) {
	prepared, err := e.conn.Prepare(sql)
	if err != nil {
		return nil, nil, err
	}
	stmt := prepared.(*driver.Stmt)
	kind, err := stmt.StatementType()
	if err == nil && kind != driver.STATEMENT_TYPE_SELECT {
		err = connectors.Errorf(connectors.CodeDenied, "Only a single SELECT statement is allowed.")
	}
	if err != nil {
		_ = stmt.Close()
		return nil, nil, err
	}
	columns, err := columnsOf(stmt)
	if err != nil {
		_ = stmt.Close()
		return nil, nil, err
	}
	return stmt, columns, nil
}

func columnsOf(stmt *driver.Stmt) ([]column, error) {
	n, err := stmt.ColumnCount()
	if err != nil {
		return nil, err
	}
	columns := make([]column, n)
	for i := range columns {
		if columns[i].name, err = stmt.ColumnName(i); err != nil {
			return nil, err
		}
		if columns[i].kind, err = stmt.ColumnType(i); err != nil {
			return nil, err
		}
		// The driver describes no unnamed structure, as (1, 2) is; such a column
		// goes by its bare type.
		if columns[i].info, err = stmt.ColumnTypeInfo(i); err != nil {
			columns[i].info = nil
		}
	}
	return columns, nil
}

func copyRows(ctx context.Context, rows sqldriver.Rows, columns []column, maxRows int, out sink) (truncated bool, err error) {
	values := make([]sqldriver.Value, len(columns))
	var cells []byte
	size := 0
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := rows.Next(values); errors.Is(err, io.EOF) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		if n == maxRows {
			return true, nil
		}
		cells = cells[:0]
		for i, c := range columns {
			v, err := c.cell(values[i])
			if err != nil {
				return false, err
			}
			if cells, err = appendCell(cells, v); err != nil {
				return false, err
			}
		}
		size += len(cells) + cellCost*len(columns)
		if size > connectors.MaxResultBytes {
			if n == 0 {
				return false, connectors.Errorf(connectors.CodeTooLarge, "A single row is larger than a result may be.")
			}
			return true, nil
		}
		if err := out.row(cells); err != nil {
			return false, err
		}
	}
}

// failure classifies an error of the engine for the end of a conversation.
func (e *engine) failure(ctx context.Context, err error) endMessage {
	var known *connectors.Error
	if errors.As(err, &known) {
		return endMessage{Code: known.Code, Message: known.Message}
	}
	end := endMessage{Code: connectors.CodeInternal, Message: "The query failed.", Detail: err.Error()}
	var failed *driver.Error
	switch {
	case ctx.Err() != nil:
		end.Code, end.Message = connectors.CodeTimeout, "The query took too long and was stopped."
		if errors.Is(ctx.Err(), context.Canceled) {
			end.Code, end.Message = connectors.CodeCancelled, "The query was stopped."
		}
		return end
	case !errors.As(err, &failed):
		return end
	}
	switch failed.Type {
	case driver.ErrorTypeOutOfMemory:
		end.Code, end.Message = connectors.CodeTooLarge, "The query needs more memory than it may use."
	case driver.ErrorTypePermission:
		end.Code, end.Message = connectors.CodeDenied, "The statement reaches for something that is not allowed."
	case driver.ErrorTypeIO:
		end.Code, end.Message, end.Broken = connectors.CodeBadData, "The database file is damaged or cannot be read.", true
	case driver.ErrorTypeFatal, driver.ErrorTypeInternal:
		end.Message, end.Broken = "The query engine failed.", true
	default:
		end.Code, end.Message = connectors.CodeSQL, e.explain(failed.Msg)
	}
	return end
}

// explain is the engine's own explanation in one line, without the excerpt of the
// statement, whose positions are those of the wrapped text, and without paths.
func (e *engine) explain(message string) string {
	message, _, _ = strings.Cut(message, "\n\nLINE ")
	message, _, _ = strings.Cut(message, "\nLINE ")
	return oneLine(strings.ReplaceAll(message, e.path, "the database"))
}

// oneLine joins the lines of a message and bounds it.
func oneLine(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if runes := []rune(message); len(runes) > 400 {
		message = string(runes[:400]) + "…"
	}
	return message
}

// timed runs f and returns how long it took.
func timed(f func() error) (time.Duration, error) {
	start := time.Now()
	err := f()
	return time.Since(start), err
}
