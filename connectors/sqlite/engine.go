package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/kit"
	"github.com/bapsang/bapsang/connectors/workers"
)

// RoleQuery is the role of a query worker.
const RoleQuery = "sqlite-query"

// Roles are the roles that confine.Main must know for Open to work.
func Roles() map[string]func(in io.Reader, out io.Writer) int {
	return map[string]func(in io.Reader, out io.Writer) int{RoleQuery: workers.Serve(openConfined, refusal)}
}

const (
	// addressRoom is the address space of a worker above the engine's memory limit.
	addressRoom = 4 << 30
	// sharedMemory bounds the files that a worker may write, which is the index beside a
	// write-ahead log (-shm) that every reader shares: 32 KB for 4,096 pages of the log.
	sharedMemory = 64 << 20
	// maxCell bounds a value that the engine makes or reads, in bytes.
	maxCell = 64 << 20
	// busyWait is how long the engine itself waits for a lock: it heeds nothing meanwhile.
	busyWait = 100 * time.Millisecond
	// lockPatience is how long a statement waits for a lock at the most before it is told;
	// three quarters of its time, if that is less.
	lockPatience = 5 * time.Second
)

type openRequest struct {
	Path     string
	Memory   int64
	Timezone string
}

// engine is the database inside a worker: one file, opened read-only, on one connection.
type engine struct {
	conn    *sqlite3.SQLiteConn
	schema  int64 // PRAGMA schema_version when the structure was read
	tables  []structure
	all     *shadow            // of every table
	some    map[string]*shadow // of the tables that statements are restricted to
	trusted bool               // the statement is ours
}

// openConfined opens a worker's engine. The worker runs as root only until the file is
// open, and for as long as nobody else may read what stands beside it.
func openConfined(ctx context.Context, req openRequest) (workers.Engine, error) {
	// What SQLite calls local time is the C library's, which reads this.
	if err := os.Setenv("TZ", req.Timezone); err != nil {
		return nil, err
	}
	conn, err := connect(address(req.Path))
	if err != nil {
		return nil, err
	}
	e := &engine{conn: conn}
	if err := e.confine(ctx, req); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

func (e *engine) confine(ctx context.Context, req openRequest) error {
	for _, set := range []string{
		"query_only = ON", "trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY", "mmap_size = 0", "cache_size = -32768",
		"hard_heap_limit = " + strconv.FormatInt(req.Memory, 10),
	} {
		if _, err := e.conn.ExecContext(ctx, "PRAGMA "+set, nil); err != nil {
			return err
		}
	}
	if err := register(e.conn); err != nil {
		return err
	}
	limit(e.conn)
	if err := patiently(ctx, lockPatience, func() error { return e.readAgain(ctx) }); err != nil {
		return err
	}
	e.conn.RegisterAuthorizer(e.authorize)
	if !openToAll(req.Path) {
		return nil
	}
	return confine.DropPrivileges()
}

// address names a file so that nothing in its name is taken for anything else.
func address(path string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: fmt.Sprintf("mode=ro&_query_only=1&_busy_timeout=%d", busyWait.Milliseconds())}
	return u.String()
}

func connect(dsn string) (*sqlite3.SQLiteConn, error) {
	opened, err := (&sqlite3.SQLiteDriver{}).Open(dsn)
	if err != nil {
		return nil, err
	}
	conn, ok := opened.(*sqlite3.SQLiteConn)
	if !ok {
		return nil, fmt.Errorf("the driver gave a %T", opened)
	}
	return conn, nil
}

// limit bounds what a statement may consist of.
func limit(conn *sqlite3.SQLiteConn) {
	conn.SetLimit(sqlite3.SQLITE_LIMIT_LENGTH, maxCell)
	conn.SetLimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, 1<<20)
	conn.SetLimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 500)
	conn.SetLimit(sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 200)
	conn.SetLimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 4096)
	conn.SetLimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
	conn.SetLimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
}

// authorize holds what a proven statement does to the file: views may read any ordinary
// table, and call what is on the list.
func (e *engine) authorize(action int, a, b, schema string) int {
	allowed := e.trusted && (action == sqlite3.SQLITE_PRAGMA && asks[fold(a)] || action == sqlite3.SQLITE_READ || action == sqlite3.SQLITE_FUNCTION)
	switch action {
	case sqlite3.SQLITE_SELECT, recursive:
		allowed = true
	case sqlite3.SQLITE_READ:
		allowed = allowed || e.all.tables[fold(a)] || named(a, b, schema)
	case sqlite3.SQLITE_FUNCTION:
		allowed = allowed || allowedFunctions[fold(b)]
	}
	if allowed {
		return sqlite3.SQLITE_OK
	}
	return sqlite3.SQLITE_DENY
}

// asks are the pragmas that the catalogue is read with. None changes anything when it is
// given an argument, which names a table.
var asks = map[string]bool{"table_list": true, "table_xinfo": true, "table_info": true, "foreign_key_list": true, "index_list": true, "schema_version": true}

// readAgain reads the structure where it has changed.
func (e *engine) readAgain(ctx context.Context) error {
	e.trusted = true
	defer func() { e.trusted = false }()
	version, err := rowsText(ctx, e.conn, "PRAGMA schema_version")
	if err != nil {
		return err
	}
	schema, err := strconv.ParseInt(version[0][0], 10, 64)
	if err != nil || e.all != nil && e.schema == schema {
		return err
	}
	tables, err := readStructure(ctx, e.conn)
	if err != nil {
		return err
	}
	all, err := newShadow(tables)
	if err != nil {
		return err
	}
	e.closeShadows()
	e.schema, e.tables, e.all, e.some = schema, tables, all, map[string]*shadow{}
	return nil
}

// maxShadows bounds how many lists of tables are kept ready: an analyst has one.
const maxShadows = 32

// shadowOf is the shadow that a statement restricted to tables is proven on.
func (e *engine) shadowOf(tables []string) (*shadow, error) {
	if tables == nil {
		return e.all, nil
	}
	lower := make([]string, len(tables))
	for i, t := range tables {
		lower[i] = fold(t)
	}
	slices.Sort(lower)
	key := strings.Join(lower, "\x00")
	if s := e.some[key]; s != nil {
		return s, nil
	}
	var kept []structure
	for _, t := range e.tables {
		if _, ok := slices.BinarySearch(lower, fold(t.name)); ok {
			kept = append(kept, t)
		}
	}
	s, err := newShadow(kept)
	if err != nil {
		return nil, err
	}
	for old, first := range e.some {
		if len(e.some) < maxShadows {
			break
		}
		_ = first.conn.Close()
		delete(e.some, old)
	}
	e.some[key] = s
	return s, nil
}

// prove decides whether a statement may run.
func (e *engine) prove(sql string, tables []string) error {
	s, err := e.shadowOf(tables)
	if err != nil {
		return err
	}
	err = s.prove(sql)
	if name, ok := unknownTable(err); ok {
		if e.all.tables[fold(name)] {
			return kit.DenyTable(name)
		}
		return noTable(name)
	}
	return err
}

func (e *engine) closeShadows() {
	if e.all != nil {
		_ = e.all.conn.Close()
	}
	for _, s := range e.some {
		_ = s.conn.Close()
	}
}

// Close implements workers.Engine.
func (e *engine) Close() {
	e.closeShadows()
	_ = e.conn.Close()
}

// Query implements workers.Engine: it proves and runs one statement.
func (e *engine) Query(ctx context.Context, req workers.Request, out *workers.Sink) error {
	sql, patience := req.SQL, min(lockPatience, req.Timeout*3/4)
	if !req.Trusted {
		one, refused := plain(sql)
		if refused != nil {
			return refused
		}
		sql = one
		if err := patiently(ctx, patience, func() error { return e.readAgain(ctx) }); err != nil {
			return err
		}
		if err := e.prove(sql, req.Tables); err != nil {
			return err
		}
	}
	e.trusted = req.Trusted
	defer func() { e.trusted = false }()
	// The first row is read with it: before that, a lock is worth waiting for.
	var rows driver.Rows
	err := patiently(ctx, patience, func() (err error) {
		rows, err = e.conn.QueryContext(ctx, sql, nil)
		return err
	})
	if err != nil {
		return err
	}
	defer rows.Close()
	return send(ctx, rows, out)
}

// send writes the rows as the engine has them, and the columns with the types they are
// declared with.
func send(ctx context.Context, rows driver.Rows, out *workers.Sink) error {
	names := rows.Columns()
	columns := make([]connectors.Column, len(names))
	for i, n := range names {
		columns[i].Name = connectors.Text(n)
	}
	if r, ok := rows.(*sqlite3.SQLiteRows); ok {
		types := r.DeclTypes()
		for i, t := range types {
			columns[i].Type = strings.ToUpper(connectors.Text(t))
		}
		// The driver makes times and booleans of what stands in columns declared so, by the
		// names in this slice, which is its own. Without names it cannot.
		clear(types)
	}
	if err := out.Columns(columns); err != nil {
		return err
	}
	values, cells := make([]driver.Value, len(names)), make([]any, len(names))
	for {
		if err := rows.Next(values); errors.Is(err, io.EOF) {
			return ctx.Err()
		} else if err != nil {
			return err
		}
		for i, v := range values {
			cells[i] = raw(v)
		}
		if more, err := out.Row(cells); err != nil || !more {
			return err
		}
	}
}

// raw is a value as the file stores it.
func raw(v driver.Value) any {
	switch v := v.(type) {
	case string:
		return connectors.Text(v)
	case []byte:
		return `\x` + hex.EncodeToString(v)
	}
	return v
}

// patiently tries again while somebody holds a lock.
func patiently(ctx context.Context, patience time.Duration, try func() error) error {
	until := time.Now().Add(patience)
	for {
		err := try()
		var failed sqlite3.Error
		if !errors.As(err, &failed) || failed.Code != sqlite3.ErrBusy && failed.Code != sqlite3.ErrLocked || time.Now().After(until) {
			return err
		}
		again := time.NewTimer(20 * time.Millisecond)
		select {
		case <-ctx.Done():
			again.Stop()
			return ctx.Err()
		case <-again.C:
		}
	}
}
