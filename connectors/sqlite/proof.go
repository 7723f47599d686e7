package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mattn/go-sqlite3"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/kit"
)

const (
	// maxStatement bounds the text of a statement in bytes. The longest that is composed or
	// written by a model is a few thousand.
	maxStatement = 32 << 10
	// recursive is the authorizer's action for a recursive WITH, which the library has no
	// name for.
	recursive = 33
)

// commands begin statements that are no SELECT.
var commands = map[string]bool{
	"alter": true, "analyze": true, "attach": true, "begin": true, "commit": true, "create": true, "delete": true, "detach": true, "drop": true,
	"end": true, "explain": true, "insert": true, "pragma": true, "reindex": true, "release": true, "replace": true, "rollback": true, "savepoint": true,
	"update": true, "vacuum": true,
}

// rowsOf are functions that stand for a table.
var rowsOf = map[string]bool{"json_each": true, "json_tree": true}

func onlySelect() *connectors.Error {
	return connectors.Errorf(connectors.CodeDenied, "Only a single SELECT statement is allowed.")
}

// plain returns the one statement of a text, in which "name" is written `name`: SQLite
// takes a name in double quotes that it does not find for a text, so that a misspelt
// column would be an answer.
func plain(sql string) (string, *connectors.Error) {
	if refused := kit.CheckText(sql, maxStatement); refused != nil {
		return "", refused
	}
	var b strings.Builder
	first, over := "", false
	for _, t := range tokens(sql) {
		if t.kind == space || t.kind == comment {
			b.WriteString(" ")
			continue
		}
		if over {
			return "", onlySelect()
		}
		if t.text == ";" {
			over = true
			continue
		}
		if first == "" {
			first = fold(t.text)
		}
		if t.kind == quoted && t.text[0] == '"' {
			t.text = identifier(unquoted(t.text))
		}
		b.WriteString(t.text)
	}
	switch {
	case first == "":
		return "", kit.Empty()
	case commands[first]:
		return "", onlySelect()
	}
	return strings.TrimSpace(b.String()), nil
}

// shadow is an empty database in memory that has the tables which statements may read, and
// views as tables. The engine itself proves statements on it: what it does not find there, a
// statement may not read; and what a view reads needs no telling apart from what the
// statement reads.
type shadow struct {
	conn    *sqlite3.SQLiteConn
	tables  map[string]bool // in small letters
	refused *connectors.Error
	selects bool // the engine asked about a SELECT
}

// newShadow makes a shadow of tables.
func newShadow(tables []structure) (*shadow, error) {
	conn, err := connect(":memory:")
	if err != nil {
		return nil, err
	}
	s := &shadow{conn: conn, tables: map[string]bool{}}
	if err := s.fill(tables); err != nil {
		_ = conn.Close()
		return nil, err
	}
	limit(conn)
	conn.RegisterAuthorizer(s.authorize)
	return s, nil
}

// structure is a table or a view of the file.
type structure struct {
	name    string
	columns []string
}

// fill writes the tables into the schema itself, as entries without rows: the engine looks
// through all of its schema for each CREATE TABLE, which takes minutes for ten thousand.
// All of them have the one page that an empty table has.
func (s *shadow) fill(tables []structure) error {
	if err := register(s.conn); err != nil {
		return err
	}
	if err := s.exec("CREATE TABLE sqlite (x); PRAGMA writable_schema = ON; BEGIN"); err != nil {
		return err
	}
	insert, err := s.conn.Prepare("INSERT INTO sqlite_schema SELECT 'table', ?1, ?1, rootpage, ?2 FROM sqlite_schema WHERE rowid = 1")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, t := range tables {
		names := make([]string, len(t.columns))
		for i, c := range t.columns {
			names[i] = identifier(c)
		}
		create := "CREATE TABLE " + identifier(t.name) + " (" + strings.Join(names, ", ") + ")"
		if _, err := insert.Exec([]driver.Value{t.name, create}); err != nil { //nolint:staticcheck // a statement of the driver's own
			return fmt.Errorf("shadow: %w", err)
		}
		s.tables[fold(t.name)] = true
	}
	return s.exec("DELETE FROM sqlite_schema WHERE rowid = 1; COMMIT; PRAGMA writable_schema = RESET")
}

func (s *shadow) exec(sql string) error {
	_, err := s.conn.Exec(sql, nil)
	return err
}

// authorize lets a statement select, read the tables it may, and call what is on the list.
func (s *shadow) authorize(action int, a, b, schema string) int {
	switch action {
	case sqlite3.SQLITE_SELECT, recursive:
		s.selects = true
		return sqlite3.SQLITE_OK
	case sqlite3.SQLITE_READ:
		if s.tables[fold(a)] || named(a, b, schema) {
			return sqlite3.SQLITE_OK
		}
		s.refuse(kit.DenyTable(a))
	case sqlite3.SQLITE_FUNCTION:
		if allowedFunctions[fold(b)] {
			return sqlite3.SQLITE_OK
		}
		s.refuse(kit.DenyFunction(b))
	default:
		s.refuse(onlySelect())
	}
	return sqlite3.SQLITE_DENY
}

// refuse keeps the first reason.
func (s *shadow) refuse(why *connectors.Error) {
	if s.refused == nil {
		s.refused = why
	}
}

// named reports whether what is read is a part of the statement itself, one of WITH or a
// function that stands for a table. The engine asks about what a statement names and reads
// no column of, without saying of which schema it is; so it does about tables of its own.
func named(table, column, schema string) bool {
	name := fold(table)
	return rowsOf[name] || column == "" && schema == "" && !modules[name] && !strings.HasPrefix(name, "pragma_") && !strings.HasPrefix(name, "sqlite_")
}

// modules are those that the library brings, which can be read without being made.
var modules = map[string]bool{"fts3": true, "fts4": true, "fts4aux": true, "fts3tokenize": true, "rtree": true, "rtree_i32": true, "geopoly": true, "dbstat": true, "bytecode": true, "tables_used": true, "carray": true}

// prove decides whether a text is one SELECT that reads only tables of the shadow and calls
// only what is allowed.
func (s *shadow) prove(sql string) error {
	s.refused, s.selects = nil, false
	prepared, err := s.conn.Prepare(sql)
	if s.refused != nil {
		if err == nil {
			_ = prepared.Close()
		}
		return s.refused
	}
	if err != nil {
		return err
	}
	defer prepared.Close()
	stmt, ok := prepared.(*sqlite3.SQLiteStmt)
	switch {
	case !ok || !stmt.Readonly() || !s.selects:
		return onlySelect() // of some statements the engine asks nothing, where there is nothing to do
	case stmt.NumInput() > 0:
		return connectors.Errorf(connectors.CodeDenied, "The statement has parameters, which nobody fills in.")
	}
	return nil
}

// unknownTable is the table that the engine did not find.
func unknownTable(err error) (name string, ok bool) {
	var failed sqlite3.Error
	if !errors.As(err, &failed) {
		return "", false
	}
	return strings.CutPrefix(failed.Error(), "no such table: ")
}

// readStructure lists the tables and views of the file: ordinary ones, which are neither
// virtual nor belong to a virtual one nor to the engine.
func readStructure(ctx context.Context, conn *sqlite3.SQLiteConn) ([]structure, error) {
	kinds, err := rowsText(ctx, conn, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('virtual', 'shadow')")
	if err != nil {
		return nil, err
	}
	other := map[string]bool{}
	for _, k := range kinds {
		other[k[0]] = true
	}
	all, err := rowsText(ctx, conn, "SELECT name, type FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid")
	if err != nil {
		return nil, err
	}
	var out []structure
	for _, t := range all {
		if other[t[0]] {
			continue
		}
		columns, err := rowsText(ctx, conn, "SELECT name FROM pragma_table_xinfo("+literal(t[0])+") WHERE hidden <> 1")
		if err != nil && t[1] == "view" {
			continue // it reads what is not there any more
		}
		if err != nil {
			return nil, err
		}
		if len(columns) == 0 {
			continue
		}
		s := structure{name: t[0]}
		for _, c := range columns {
			s.columns = append(s.columns, c[0])
		}
		out = append(out, s)
	}
	return out, nil
}

// rowsText runs a statement of ours and returns its cells as texts.
func rowsText(ctx context.Context, conn *sqlite3.SQLiteConn, sql string) (out [][]string, err error) {
	rows, err := conn.QueryContext(ctx, sql, nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cells := make([]driver.Value, len(rows.Columns()))
	for {
		if err := rows.Next(cells); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		line := make([]string, len(cells))
		for i, c := range cells {
			switch v := c.(type) {
			case string:
				line[i] = v
			case []byte:
				line[i] = string(v)
			case int64:
				line[i] = fmt.Sprint(v)
			}
		}
		out = append(out, slices.Clone(line))
	}
}
