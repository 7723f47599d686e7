package eval

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"
)

// The bounds of one statement. The evaluators have none; what passes these is far
// from any answer to a question.
const (
	maxRows       = 1_000_000
	maxTableBytes = 256 << 20
	maxCellBytes  = 64 << 20
	maxSQLBytes   = 1_000_000
	// maxEngineBytes is for all statements of the process together.
	maxEngineBytes = 1 << 30
)

// stopGrace is how long a statement may go on after its deadline. The engine looks
// up between its steps, so only a single function of it that runs for long (a search
// for one huge text in another) gets that far.
const stopGrace = time.Second

var (
	errTooLarge = errors.New("the result is larger than an answer can be")
	errTimeout  = errors.New("the statement took too long")
)

// SQLite runs statements on an SQLite file the way Python's sqlite3 module does:
// what is declared DATE or BOOLEAN stays as it is stored, and "double quotes" may
// hold a text. The file is opened read-only and as unchanging. Statements are not
// trusted: an authorizer lets them read and no more.
type SQLite struct {
	dsn    string
	engine *engine
}

// engine is what the connections of a process share.
type engine struct {
	// memory lets one statement that ran out of memory try again alone: its
	// neighbours may have used it up.
	memory sync.RWMutex
}

// openSQLite finds the file at path.
func openSQLite(path string, e *engine) (*SQLite, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("open database: %s is not a file", path)
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "mode=ro&immutable=1&_query_only=1"}
	return &SQLite{dsn: u.String(), engine: e}, nil
}

// Close implements Database. Connections live no longer than their statement.
func (s *SQLite) Close() error { return nil }

// Query implements Database.
func (s *SQLite) Query(ctx context.Context, sql string) (*Table, error) {
	sql, err := oneStatement(sql)
	if err != nil {
		return nil, err
	}
	if len(sql) > maxSQLBytes {
		return nil, errors.New("the statement is too long")
	}
	type outcome struct {
		table *Table
		err   error
	}
	done := make(chan outcome, 1)
	// A call into the engine that does not heed its interrupt cannot be ended from
	// here; it is left to end by itself or with the process, and its statement is
	// wrong in the meantime.
	go func() {
		t, err := s.guarded(ctx, sql)
		done <- outcome{t, err}
	}()
	select {
	case o := <-done:
		return o.table, explain(ctx, o.err)
	case <-ctx.Done():
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case o := <-done:
		return o.table, explain(ctx, o.err)
	case <-grace.C:
		return nil, explain(ctx, ctx.Err())
	}
}

func explain(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errTimeout
	}
	return err
}

// guarded runs sql, and once more alone when there was not enough memory.
func (s *SQLite) guarded(ctx context.Context, sql string) (*Table, error) {
	s.engine.memory.RLock()
	t, err := s.run(ctx, sql)
	s.engine.memory.RUnlock()
	var failure sqlite3.Error
	if errors.As(err, &failure) && failure.Code == sqlite3.ErrNomem && ctx.Err() == nil {
		s.engine.memory.Lock()
		defer s.engine.memory.Unlock()
		return s.run(ctx, sql)
	}
	return t, err
}

func (s *SQLite) run(ctx context.Context, sql string) (*Table, error) {
	opened, err := (&sqlite3.SQLiteDriver{}).Open(s.dsn)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	conn, ok := opened.(*sqlite3.SQLiteConn)
	if !ok {
		return nil, fmt.Errorf("open database: the driver gave a %T", opened)
	}
	defer conn.Close()
	if err := confine(conn); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	rows, err := conn.QueryContext(ctx, sql, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return fetch(rows)
}

// confine takes everything but reading away from a connection.
func confine(conn *sqlite3.SQLiteConn) error {
	_, err := conn.Exec(fmt.Sprintf("PRAGMA temp_store = MEMORY; PRAGMA hard_heap_limit = %d", maxEngineBytes), nil)
	if err != nil {
		return err
	}
	conn.SetLimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
	conn.SetLimit(sqlite3.SQLITE_LIMIT_LENGTH, maxCellBytes)
	conn.RegisterAuthorizer(authorize)
	return nil
}

// sqliteRecursive is the authorizer's action for a recursive WITH, which the driver
// has no name for.
const sqliteRecursive = 33

func authorize(action int, a, b, _ string) int {
	allowed := false
	switch action {
	case sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqliteRecursive:
		allowed = true
	case sqlite3.SQLITE_FUNCTION:
		allowed = !strings.EqualFold(b, "load_extension") && !strings.EqualFold(b, "fts3_tokenizer")
	case sqlite3.SQLITE_PRAGMA:
		takesArgument, known := readPragmas[strings.ToLower(a)]
		allowed = known && (b == "" || takesArgument)
	}
	if allowed {
		return sqlite3.SQLITE_OK
	}
	return sqlite3.SQLITE_DENY
}

// readPragmas are the pragmas that only tell something, and whether an argument says
// about what.
var readPragmas = map[string]bool{
	"table_info": true, "table_xinfo": true, "table_list": true, "foreign_key_list": true,
	"index_list": true, "index_info": true, "index_xinfo": true,
	"database_list": false, "collation_list": false, "function_list": false, "pragma_list": false, "module_list": false,
	"compile_options": false, "encoding": false, "user_version": false, "schema_version": false, "application_id": false,
}

// fetch reads all rows.
func fetch(rows driver.Rows) (*Table, error) {
	t := &Table{Columns: append([]string(nil), rows.Columns()...)}
	if r, ok := rows.(*sqlite3.SQLiteRows); ok {
		// The driver makes times and booleans of what stands in columns declared so,
		// by the names in this slice, which is its own. Without names it cannot.
		types := r.DeclTypes()
		clear(types)
	}
	bytes := 0
	cells := make([]driver.Value, len(t.Columns))
	for len(cells) > 0 {
		if err := rows.Next(cells); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		row := make([]any, len(cells))
		for i, c := range cells {
			row[i] = c
			bytes += 16 + cellBytes(c)
		}
		if t.Rows = append(t.Rows, row); len(t.Rows) > maxRows || bytes > maxTableBytes {
			return nil, errTooLarge
		}
	}
	return t, nil
}

func cellBytes(c any) int {
	switch c := c.(type) {
	case string:
		return len(c)
	case []byte:
		return len(c)
	}
	return 0
}
