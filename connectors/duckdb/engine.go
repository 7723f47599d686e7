package duckdb

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	driver "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/kit"
	"github.com/bapsang/bapsang/connectors/workers"
)

// RoleQuery is the role of a query worker.
const RoleQuery = "duckdb-query"

// Roles are the roles that confine.Main must know for Open to work.
func Roles() map[string]func(in io.Reader, out io.Writer) int {
	return map[string]func(in io.Reader, out io.Writer) int{RoleQuery: workers.Serve(openConfined, refusal)}
}

// addressRoom is the address space of a worker above the engine's memory limit: code,
// stacks and allocator arenas, and what functions hold that do not ask the limit.
const addressRoom = 4 << 30

type openRequest struct {
	Path     string
	Memory   int64
	Threads  int
	Timezone string
	// Held are the tables of a scratch database, which has no Path.
	Held []heldTable `json:",omitempty"`
}

// openConfined opens a worker's engine. The worker runs as root only until the file is open.
func openConfined(ctx context.Context, req openRequest) (workers.Engine, error) {
	e, err := openEngine(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := confine.DropPrivileges(); err != nil {
		e.Close()
		return nil, err
	}
	if err := e.hold(ctx, req.Held); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// refusal says why a database was not opened.
func refusal(_ openRequest, err error) workers.End {
	end := workers.End{Code: connectors.CodeUnavailable, Message: "The database cannot be opened.", Detail: err.Error()}
	var known *connectors.Error
	if errors.As(err, &known) {
		end.Code, end.Message = known.Code, known.Message
		return end
	}
	var failed *driver.Error
	if errors.As(err, &failed) && failed.Type == driver.ErrorTypeIO || errors.As(err, &failed) && failed.Type == driver.ErrorTypeSerialization {
		end.Code, end.Message = connectors.CodeBadData, "The file is not a database that can be read."
	}
	return end
}

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
	dsn := open.Path + "?access_mode=read_only"
	if open.Path == "" { // a scratch database, which is nowhere but in memory
		dsn = ""
	}
	connector, err := driver.NewConnector(dsn, nil)
	if err != nil {
		return nil, err
	}
	e := &engine{path: open.Path, connector: connector}
	conn, err := connector.Connect(ctx)
	if err != nil {
		e.Close()
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
			e.Close()
			return nil, fmt.Errorf("%s: %w", set, err)
		}
	}
	// The first proof loads what every other one needs.
	if err := e.prove(ctx, "SELECT 1", nil); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// Close implements workers.Engine.
func (e *engine) Close() {
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

// Query implements workers.Engine: it proves, bounds and runs one statement.
func (e *engine) Query(ctx context.Context, req workers.Request, out *workers.Sink) error {
	if !req.Trusted {
		if err := kit.CheckText(req.SQL, maxStatement); err != nil {
			return err
		}
		if err := e.prove(ctx, req.SQL, req.Tables); err != nil {
			return err
		}
	}
	sql := wrap(req.SQL, req.MaxRows)
	if !req.Trusted {
		// What runs is the wrapped text, so it is the wrapped text that must be
		// proven, whatever the wrapping made of the other.
		if err := e.prove(ctx, sql, req.Tables); err != nil {
			return err
		}
	}
	stmt, columns, err := e.prepareRendered(sql)
	if err != nil {
		return err
	}
	defer stmt.Close()
	described := make([]connectors.Column, len(columns))
	for i, c := range columns {
		described[i] = connectors.Column{Name: c.name, Type: c.typeName()}
	}
	rows, err := stmt.QueryContext(ctx, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := out.Columns(described); err != nil {
		return err
	}
	return copyRows(ctx, rows, columns, out)
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

func copyRows(ctx context.Context, rows sqldriver.Rows, columns []column, out *workers.Sink) error {
	values, cells := make([]sqldriver.Value, len(columns)), make([]any, len(columns))
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := rows.Next(values); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for i, c := range columns {
			var err error
			if cells[i], err = c.cell(values[i]); err != nil {
				return err
			}
		}
		if more, err := out.Row(cells); err != nil || !more {
			return err
		}
	}
}

// Failure implements workers.Engine.
func (e *engine) Failure(ctx context.Context, err error) workers.End {
	var known *connectors.Error
	if errors.As(err, &known) {
		return workers.End{Code: known.Code, Message: known.Message}
	}
	end := workers.End{Code: connectors.CodeInternal, Message: "The query failed.", Detail: err.Error()}
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
	if e.path != "" { // a scratch database is no file
		message = strings.ReplaceAll(message, e.path, "the database")
	}
	return kit.OneLine(message)
}
