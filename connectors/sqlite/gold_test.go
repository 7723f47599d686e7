package sqlite_test

import (
	"database/sql"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/sqlite"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// moved makes a file of a database that is written in PostgreSQL's SQL, by having a real
// server read it.
func moved(t *testing.T, script string) string {
	t.Helper()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	server, err := sql.Open("pgx", pgtest.Shared(t).Database(t)+"&default_query_exec_mode=simple_protocol")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, err := server.ExecContext(t.Context(), string(text)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "moved.sqlite")
	file, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	columns := map[string][]string{}
	rows, err := server.QueryContext(t.Context(), `SELECT n.nspname || '.' || quote_ident(c.relname), quote_ident(a.attname) || ' ' || CASE WHEN t.typname = 'numeric' THEN replace(format_type(a.atttypid, a.atttypmod), 'numeric', 'DECIMAL') ELSE t.typname END
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
		WHERE c.relkind = 'r' AND n.nspname IN ('public', 'consumer_div') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.oid, a.attnum`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		columns[table] = append(columns[table], column)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for table, list := range columns {
		move(t, server, file, table, list)
	}
	return path
}

func move(t *testing.T, server, file *sql.DB, table string, columns []string) {
	t.Helper()
	_, name, _ := strings.Cut(table, ".")
	if _, err := file.ExecContext(t.Context(), "CREATE TABLE "+name+" ("+strings.Join(columns, ", ")+")"); err != nil {
		t.Fatal(err)
	}
	rows, err := server.QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	tx, err := file.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, c := range cells {
			if at, ok := c.(time.Time); ok {
				if cells[i] = at.Format("2006-01-02 15:04:05"); strings.HasSuffix(columns[i], " date") {
					cells[i] = at.Format(time.DateOnly)
				}
			}
		}
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO "+name+" VALUES ("+strings.TrimSuffix(strings.Repeat("?, ", len(cells)), ", ")+")", cells...); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// Every accepted statement of 210 published questions that SQLite takes passes the proof,
// and returns what the engine's own program prints, value by value.
func TestGoldStatements(t *testing.T) {
	const scripts = "../../agent/draft/testdata/defog"
	asked, same := 0, 0
	for name, statements := range connectorstest.Golds(t, "testdata/defog/questions.csv") {
		t.Run(name, func(t *testing.T) {
			path := moved(t, filepath.Join(scripts, name+".sql"))
			src := open(t, sqlite.Config{Path: path, Workers: 1})
			for _, statement := range statements {
				asked++
				want, refused := shell(t, "-readonly", "-batch", "-quote", "-separator", "\x1f", "-newline", "\x1e", path, statement)
				got, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: statement})
				if (err != nil) != (refused != nil) {
					t.Errorf("%s\nthe source: %v\nthe shell: %v %.300s", statement, err, refused, want)
					continue
				}
				if err != nil {
					t.Logf("neither takes: %s\n%s", statement, want)
					continue
				}
				if why := differs(got, want); why != "" {
					t.Errorf("%s\n%s", statement, why)
					continue
				}
				same++
			}
		})
	}
	t.Logf("%d statements, %d with the same rows", asked, same)
	if asked < 210 {
		t.Errorf("only %d statements", asked)
	}
}

// differs says where a result is not what the shell printed, "" for nowhere.
func differs(got *connectors.Result, printed string) string {
	var lines []string
	if printed = strings.TrimSuffix(printed, "\x1e"); printed != "" {
		lines = strings.Split(printed, "\x1e")
	}
	if len(lines) != len(got.Rows) {
		return fmt.Sprintf("%d rows, not %d", len(got.Rows), len(lines))
	}
	var a, b []string
	for i, line := range lines {
		cells := strings.Split(line, "\x1f")
		if len(cells) != len(got.Columns) {
			return fmt.Sprintf("%d columns, not %d", len(got.Columns), len(cells))
		}
		var x []string
		for j, cell := range got.Rows[i] {
			x = append(x, asPrinted(cell, cells[j]))
		}
		a, b = append(a, strings.Join(x, "\x1f")), append(b, line)
	}
	slices.Sort(a) // not every statement says in which order
	slices.Sort(b)
	for i := range a {
		if a[i] != b[i] {
			return fmt.Sprintf("got  %q\nwant %q", a[i], b[i])
		}
	}
	return ""
}

// asPrinted is a cell as the shell would have printed it: as want, where want is one way to
// write it.
func asPrinted(cell any, want string) string {
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	number := func(f float64) string {
		// Releases of the engine add up floats, and write their last digit, differently.
		if w, err := strconv.ParseFloat(want, 64); err == nil && math.Abs(w-f) <= 1e-15*math.Abs(w) {
			return want
		}
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	switch v := cell.(type) {
	case nil:
		return "NULL"
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if !strings.ContainsAny(want, ".eIN") {
			return "float " + want // a whole number is none
		}
		return number(v)
	case connectors.Decimal:
		return number(v.Float64())
	case time.Time:
		for _, layout := range []string{time.DateOnly, "2006-01-02 15:04:05", "2006-01-02 15:04"} {
			if quoted(v.Format(layout)) == want {
				return want
			}
		}
		return v.String()
	}
	return quoted(fmt.Sprint(cell))
}
