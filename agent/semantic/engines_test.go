package semantic_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math/big"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/mattn/go-sqlite3"

	. "github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors/connectorstest/mariadbtest"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// engine is a real database that compiled queries run on.
type engine struct {
	dialect *Dialect
	open    func(t testing.TB) *sql.DB
}

// database is one that an engine made for a test.
type database struct {
	*sql.DB
	e engine
}

func (d *database) options() CompileOptions { return CompileOptions{Dialect: d.e.dialect} }

var duckdbEngine = engine{DuckDB, func(t testing.TB) *sql.DB {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	return db
}}

var postgresEngine = engine{Postgres, func(t testing.TB) *sql.DB {
	db, err := sql.Open("pgx", pgtest.Shared(t).Database(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE SCHEMA main"); err != nil {
		t.Fatal(err)
	}
	return db
}}

// mariadbEngine has texts that are alike to it in small and capital letters, with and
// without accents and blanks, as its tables have where nobody says otherwise.
var mariadbEngine = engine{MariaDB, func(t testing.TB) *sql.DB {
	s := mariadbtest.Shared(t)
	s.Zones(t, "Asia/Seoul")
	s.Exec(t, "DROP DATABASE IF EXISTS main", "CREATE DATABASE main")
	c := s.Config(s.Database(t))
	c.ParseTime, c.MultiStatements = true, true
	c.Params = map[string]string{"sql_mode": "'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"}
	db, err := sql.Open("mysql", c.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	return db
}}

// sqliteEngine brings the median, as the dialect says that a connection must.
var sqliteEngine = engine{SQLite, func(t testing.TB) *sql.DB {
	db := sql.OpenDB(sqliteConnector{&sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		return c.RegisterAggregator("median", func() *sqliteMedian { return &sqliteMedian{} }, true)
	}}, filepath.Join(t.TempDir(), "test.db")})
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("ATTACH ':memory:' AS other"); err != nil {
		t.Fatal(err)
	}
	return db
}}

type sqliteConnector struct {
	driver *sqlite3.SQLiteDriver
	path   string
}

func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.path) }

func (c sqliteConnector) Driver() driver.Driver { return c.driver }

type sqliteMedian struct{ all []float64 }

func (m *sqliteMedian) Step(x any) {
	switch n := x.(type) {
	case int64:
		m.all = append(m.all, float64(n))
	case float64:
		m.all = append(m.all, n)
	}
}

func (m *sqliteMedian) Done() any {
	if len(m.all) == 0 {
		return nil
	}
	slices.Sort(m.all)
	return (m.all[(len(m.all)-1)/2] + m.all[len(m.all)/2]) / 2
}

// onEngines runs a test on every engine that the compiler writes for.
func onEngines(t *testing.T, test func(t *testing.T, e engine)) {
	for _, e := range []engine{duckdbEngine, postgresEngine, sqliteEngine, mariadbEngine} {
		t.Run(e.dialect.Name, func(t *testing.T) { test(t, e) })
	}
}

var (
	tableOfValues = regexp.MustCompile(`(?s)^CREATE TABLE (\S+) AS SELECT \* FROM \((VALUES.*)\) t(\(.*\))$`)
	textColumn    = regexp.MustCompile(`\bVARCHAR([,)]|$)`)
	timeColumn    = regexp.MustCompile(`\bTIMESTAMP(,|\))`)
	quotedName    = regexp.MustCompile(`"([^"]|"")*"`)
	typedTimes    = regexp.MustCompile(`\b(DATE|TIMESTAMP) '`)
)

// own is a statement of a test as the engine takes it.
func (e engine) own(sql string) string {
	if e.dialect == MariaDB {
		sql = timeColumn.ReplaceAllString(textColumn.ReplaceAllString(sql, "VARCHAR(200)$1"), "DATETIME$1")
		sql = tableOfValues.ReplaceAllString(sql, "CREATE TABLE `$1` AS WITH t$3 AS ($2) SELECT * FROM t")
		return quotedName.ReplaceAllStringFunc(sql, func(s string) string {
			return e.quoted(strings.ReplaceAll(s[1:len(s)-1], `""`, `"`))
		})
	}
	if e.dialect != SQLite {
		return sql
	}
	sql = typedTimes.ReplaceAllString(sql, "'")
	return tableOfValues.ReplaceAllString(sql, "CREATE TABLE $1 $3; INSERT INTO $1 $2")
}

// quoted is a name as the engine takes it.
func (e engine) quoted(name string) string {
	if e.dialect == MariaDB {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// mark is where the i-th value of a statement goes.
func (e engine) mark(i int) string {
	if e.dialect == MariaDB {
		return "?"
	}
	return "$" + strconv.Itoa(i)
}

// database makes one and fills it. The statements are such that every engine takes them.
func (e engine) database(t testing.TB, statements ...string) *database {
	t.Helper()
	db := &database{e.open(t), e}
	t.Cleanup(func() { db.Close() })
	for _, s := range statements {
		if _, err := db.Exec(e.own(s)); err != nil {
			t.Fatalf("%v\n%s", err, s)
		}
	}
	return db
}

// insert fills a table, a row by its values.
func (d *database) insert(t testing.TB, table string, columns int, args []any) {
	t.Helper()
	var rows []string
	for i := 0; i < len(args); i += columns {
		var marks []string
		for j := range columns {
			marks = append(marks, d.e.mark(i+j+1))
		}
		rows = append(rows, "("+strings.Join(marks, ", ")+")")
	}
	if _, err := d.Exec("INSERT INTO "+table+" VALUES "+strings.Join(rows, ", "), args...); err != nil {
		t.Fatal(err)
	}
}

// fetch runs SQL; numbers become float64. MariaDB runs what a grammar of MySQL's made of it,
// as it does behind connectors/mysql.
func fetch(db *database, query string) ([][]any, []string, error) {
	if db.e.dialect == MariaDB {
		var err error
		if query, err = reread(query); err != nil {
			return nil, nil, err
		}
	}
	rows, err := db.Query(query)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return nil, nil, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, nil, err
	}
	var out [][]any
	for rows.Next() {
		line := make([]any, len(cols))
		into := make([]any, len(cols))
		for i := range line {
			into[i] = &line[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		for i, v := range line {
			if line[i], err = db.plainCell(v, cols[i], types[i].DatabaseTypeName()); err != nil {
				return nil, nil, fmt.Errorf("column %s: %w", cols[i], err)
			}
		}
		out = append(out, line)
	}
	return out, cols, rows.Err()
}

var sqliteTimes = regexp.MustCompile(`^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$`)

// plainCell is a value as the computation by hand has it.
func (d *database) plainCell(v any, column, typ string) (any, error) {
	if d.e.dialect == SQLite { // has no type of its own for times and truths
		if s, ok := v.(string); ok && sqliteTimes.MatchString(s) {
			return time.Parse("2006-01-02 15:04:05", (s + " 00:00:00")[:19])
		}
		if n, ok := v.(int64); ok && column == "gift" {
			return n != 0, nil
		}
	}
	if n, ok := v.(int64); ok && d.e.dialect == MariaDB && column == "gift" {
		return n != 0, nil
	}
	switch n := v.(type) {
	case []byte:
		if typ == "DECIMAL" {
			return strconv.ParseFloat(string(n), 64)
		}
		return string(n), nil
	case int64:
		return float64(n), nil
	case int32:
		return float64(n), nil
	case *big.Int:
		f, _ := new(big.Float).SetInt(n).Float64()
		return f, nil
	case duckdb.Decimal:
		return n.Float64(), nil
	case string:
		if typ == "NUMERIC" {
			return strconv.ParseFloat(n, 64)
		}
	}
	return v, nil
}
