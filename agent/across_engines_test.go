package agent_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"
	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest/mariadbtest"
	"github.com/bapsang/bapsang/connectors/duckdb"
	"github.com/bapsang/bapsang/connectors/files"
	"github.com/bapsang/bapsang/connectors/mysql"
	"github.com/bapsang/bapsang/connectors/postgres"
	"github.com/bapsang/bapsang/connectors/sqlite"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// kindOf is a kind of source: what its tables are declared as, and how it is opened.
type kindOf struct {
	name string
	// columns are the types of the tables' columns, in the engine's words.
	types map[string]string
	open  func(k kindOf, t *testing.T, name string, tables []tableOf) connectors.Source
}

// tableOf is a table as every kind of source gets it.
type tableOf struct {
	name    string
	columns []string // each with its type's key: "code:text"
	rows    [][]any
}

// kinds have the types in which the engines differ: exact decimals and floats, dates and
// moments, texts that compare by collations in which capitals or blanks at the end do not count,
// texts of a fixed length, which some fill up with blanks.
var kinds = []kindOf{
	{"postgres", map[string]string{"big": "bigint", "fixed": "char(5)", "code": "text", "key": "text", "text": "varchar(40)", "day": "date", "at": "timestamptz", "money": "numeric(12,2)"}, openPostgres},
	{"mariadb", map[string]string{"big": "bigint", "fixed": "char(5)", "code": "varchar(40) collate utf8mb4_unicode_ci", "key": "varchar(40)", "text": "varchar(40)", "day": "datetime", "at": "datetime", "money": "decimal(14,4)"}, openMariaDB},
	{"sqlite", map[string]string{"big": "integer", "fixed": "char(5)", "code": "text collate nocase", "key": "text", "text": "text collate nocase", "day": "date", "at": "timestamp", "money": "double"}, openSQLite},
	{"duckdb", map[string]string{"big": "bigint", "fixed": "char(5)", "code": "varchar", "key": "varchar", "text": "varchar", "day": "date", "at": "timestamp", "money": "double"}, openDuckDB},
	{"csv", nil, openCSV},
}

func (k kindOf) create(x tableOf) string {
	var columns []string
	for _, c := range x.columns {
		name, typ, _ := strings.Cut(c, ":")
		columns = append(columns, name+" "+k.types[typ])
	}
	return "CREATE TABLE " + x.name + " (" + strings.Join(columns, ", ") + ")"
}

// literal writes a cell for a statement or a CSV; quotes are doubled by the caller.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return "'" + strings.ReplaceAll(fmt.Sprint(v), "'", "''") + "'"
}

func (k kindOf) fill(t *testing.T, db *sql.DB, tables []tableOf) {
	t.Helper()
	defer db.Close()
	for _, x := range tables {
		lines := make([]string, len(x.rows))
		for i, row := range x.rows {
			cells := make([]string, len(row))
			for j, v := range row {
				cells[j] = literal(v)
			}
			lines[i] = "(" + strings.Join(cells, ", ") + ")"
		}
		for _, statement := range []string{k.create(x), "INSERT INTO " + x.name + " VALUES " + strings.Join(lines, ", ")} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v\n%s", k.name, err, statement)
			}
		}
	}
}

func opened[S connectors.Source](t *testing.T, open func(context.Context) (S, error)) connectors.Source {
	t.Helper()
	source, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close() })
	return source
}

func database(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

const seoul = "Asia/Seoul"

func openPostgres(k kindOf, t *testing.T, name string, tables []tableOf) connectors.Source {
	dsn := pgtest.Shared(t).Database(t)
	db := database(t, "pgx", dsn)
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "SET TIME ZONE 'Asia/Seoul'"); err != nil {
		t.Fatal(err)
	}
	k.fill(t, db, tables)
	return opened(t, func(ctx context.Context) (*postgres.Source, error) {
		return postgres.Open(ctx, postgres.Config{Name: name, DSN: dsn, AllowPrivileged: true, Timezone: seoul})
	})
}

func openMariaDB(k kindOf, t *testing.T, name string, tables []tableOf) connectors.Source {
	server := mariadbtest.Shared(t)
	schema := server.Database(t)
	k.fill(t, database(t, "mysql", server.DSN(schema)), tables)
	u := url.URL{Scheme: "mysql", User: url.UserPassword("root", ""), Host: server.Addr(), Path: "/" + schema, RawQuery: "tls=false"}
	return opened(t, func(ctx context.Context) (*mysql.Source, error) {
		return mysql.Open(ctx, mysql.Config{Name: name, DSN: u.String(), AllowPrivileged: true, Timezone: seoul})
	})
}

func openSQLite(k kindOf, t *testing.T, name string, tables []tableOf) connectors.Source {
	path := filepath.Join(t.TempDir(), name+".sqlite")
	k.fill(t, database(t, "sqlite3", path), tables)
	return opened(t, func(ctx context.Context) (*sqlite.Source, error) {
		return sqlite.Open(ctx, sqlite.Config{Name: name, Path: path, Timezone: seoul})
	})
}

func openDuckDB(k kindOf, t *testing.T, name string, tables []tableOf) connectors.Source {
	path := filepath.Join(t.TempDir(), name+".duckdb")
	k.fill(t, database(t, "duckdb", path), tables)
	return opened(t, func(ctx context.Context) (*duckdb.Source, error) {
		return duckdb.Open(ctx, duckdb.Config{Name: name, Path: path, Timezone: seoul})
	})
}

func openCSV(_ kindOf, t *testing.T, name string, tables []tableOf) connectors.Source {
	dir := t.TempDir()
	for _, x := range tables {
		var b strings.Builder
		for i, c := range x.columns {
			if i > 0 {
				b.WriteByte(',')
			}
			column, _, _ := strings.Cut(c, ":")
			b.WriteString(column)
		}
		for _, row := range x.rows {
			b.WriteByte('\n')
			for i, v := range row {
				if i > 0 {
					b.WriteByte(',')
				}
				if s, ok := v.(string); ok {
					b.WriteString(`"` + s + `"`)
				} else if v != nil {
					b.WriteString(literal(v))
				}
			}
		}
		b.WriteByte('\n')
		if err := os.WriteFile(filepath.Join(dir, x.name+".csv"), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return opened(t, func(ctx context.Context) (connectors.Source, error) {
		return files.Open(ctx, files.Config{Name: name, Paths: []string{dir}, Into: filepath.Join(t.TempDir(), "x.duckdb"), Now: now})
	})
}

// The keys that engines take for one another: letters in two forms, in two cases, with a
// blank behind, and numbers that a float cannot tell apart.
var (
	nfd          = norm.NFD.String("서울")
	regionKeys   = []any{"서울", nfd, "Seoul", "seoul", "seoul ", nil, "부산"}
	codeKeys     = []any{"Ab1", "AB1", "ab1", "ab1 ", "가", norm.NFD.String("가"), nil, "007"}
	marketKeys   = []any{"KR", "USA", nil, "한국", "us"}
	customerKeys = []any{int64(9007199254740992), int64(9007199254740993), int64(9007199254740994), nil, int64(-9223372036854775807)}
)

// soldTables are orders, of every combination of keys some.
func soldTables() []tableOf {
	orders := tableOf{name: "orders", columns: []string{"order_id:big", "customer_id:big", "item_code:code", "region:text", "ordered_at:at", "amount:money", "market:fixed", "country_code:fixed"}}
	for i := range 120 {
		day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 12 * time.Hour)
		orders.rows = append(orders.rows, []any{
			int64(i + 1), customerKeys[i%len(customerKeys)], codeKeys[i%len(codeKeys)], regionKeys[i%len(regionKeys)], day.Format("2006-01-02 15:04:05"), float64(i*i%97) + 0.25,
			marketKeys[i%len(marketKeys)], marketKeys[i%len(marketKeys)],
		})
	}
	return []tableOf{orders}
}

// plannedTables are what stands beside orders in another source. They are smaller.
func plannedTables() []tableOf {
	targets := tableOf{name: "targets", columns: []string{"region:text", "month:day", "target:money"}}
	for i, r := range append(slices.Clone(regionKeys), "세종") {
		targets.rows = append(targets.rows, []any{r, "2026-09-01", float64(i) + 0.5}, []any{r, "2026-10-01", float64(10 * i)})
	}
	grades := tableOf{name: "grades", columns: []string{"customer_id:big", "grade:text"}}
	for i, id := range []int64{9007199254740992, 9007199254740993, -9223372036854775807, 77} {
		grades.rows = append(grades.rows, []any{id, []string{"VIP", "골드", "실버", "none"}[i]})
	}
	tiers := tableOf{name: "items", columns: []string{"item_code:key", "brand:key"}}
	for i, c := range codeKeys {
		if c != nil {
			tiers.rows = append(tiers.rows, []any{c, "t" + strconv.Itoa(i)})
		}
	}
	budgets := tableOf{name: "budgets", columns: []string{"market:fixed", "month:day", "budget:money"}}
	countries := tableOf{name: "countries", columns: []string{"country_code:fixed", "continent:key"}}
	for i, c := range []string{"KR", "USA", "한국", "US"} {
		budgets.rows = append(budgets.rows, []any{c, "2026-09-01", float64(i) + 0.5})
		countries.rows = append(countries.rows, []any{c, "c" + strconv.Itoa(i)})
	}
	return []tableOf{targets, grades, tiers, budgets, countries}
}

// sums adds the last column of rows by a key.
func sums(rows [][]any, value int, key func(row []any) string) map[string]float64 {
	out := map[string]float64{}
	for _, row := range rows {
		out[key(row)] += row[value].(float64)
	}
	return out
}

func keyText(v any) string {
	if v == nil {
		return "(none)"
	}
	return fmt.Sprint(v)
}

// byKey are lines "key figure figure" as an answer has them, in any order.
func byKey(lists ...map[string]float64) []string {
	all := map[string]bool{}
	for _, m := range lists {
		for k := range m {
			all[k] = true
		}
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(all)) {
		line := fmt.Sprintf("%q", k)
		for _, m := range lists {
			if v, ok := m[k]; ok {
				line += fmt.Sprintf(" %g", v)
			} else {
				line += " -"
			}
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// linesOf are the rows of a result in the form of byKey.
func linesOf(t *testing.T, r agent.Result, figures int) []string {
	t.Helper()
	var out []string
	for _, row := range r.Rows {
		key := row[0]
		if d, ok := key.(time.Time); ok {
			key = d.Format("2006-01")
		}
		line := fmt.Sprintf("%q", keyText(key))
		for _, cell := range row[1 : 1+figures] {
			if f, ok := connectors.Number(cell); ok {
				line += fmt.Sprintf(" %g", f)
			} else {
				line += " -"
			}
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// TestEveryPairOfEngines asks for figures of two sources, and of one by what stands in the
// other, of every pair of kinds of sources. Each answer is what a walk over the rows finds, in
// which only the same letters and the same numbers are one key.
func TestEveryPairOfEngines(t *testing.T) {
	sold, planned := soldTables(), plannedTables()
	sources := map[string][2]connectors.Source{}
	for _, k := range kinds {
		sources[k.name] = [2]connectors.Source{k.open(k, t, "sold", sold), k.open(k, t, "plan", planned)}
	}
	for _, left := range kinds {
		for _, right := range kinds {
			t.Run(left.name+"+"+right.name, func(t *testing.T) {
				askPair(t, sources[left.name][0], sources[right.name][1], wantedOf(left.holds(sold), right.holds(planned)), refusedOf(left, right))
			})
		}
	}
}

// holds are the tables as the source has them: of a CSV's texts the blanks at the ends are
// nobody's intention.
func (k kindOf) holds(tables []tableOf) []tableOf {
	if k.types != nil {
		return tables
	}
	out := slices.Clone(tables)
	for i := range out {
		rows := make([][]any, len(out[i].rows))
		for j, row := range out[i].rows {
			rows[j] = slices.Clone(row)
			for n, v := range row {
				if text, ok := v.(string); ok {
					rows[j][n] = strings.TrimSpace(text)
				}
			}
		}
		out[i].rows = rows
	}
	return out
}

// refusedOf are the questions that a pair cannot answer: in a CSV whole numbers of more than
// 15 digits are texts, which are no number's partners, and without its blank one of the items
// is there twice, so that orders would be counted twice.
func refusedOf(left, right kindOf) (out []string) {
	if (left.types == nil) != (right.types == nil) {
		out = append(out, "등급별 매출", "number of orders by grade")
	}
	if right.types == nil {
		out = append(out, "revenue by brand")
	}
	return out
}

func wantedOf(sold, planned []tableOf) map[string][]string {
	orders, targets, grades, items, budgets, countries := sold[0].rows, planned[0].rows, planned[1].rows, planned[2].rows, planned[3].rows, planned[4].rows
	of := func(rows [][]any, key any) string {
		for _, r := range rows {
			if r[0] == key {
				return r[1].(string)
			}
		}
		return "(none)"
	}
	region := func(i int) func(row []any) string { return func(row []any) string { return keyText(row[i]) } }
	month := func(i int) func(row []any) string { return func(row []any) string { return row[i].(string)[:7] } }
	counts := map[string]float64{}
	for _, row := range orders {
		counts[of(grades, row[1])]++
	}
	return map[string][]string{
		"지역별 매출과 목표":                   byKey(sums(orders, 5, region(3)), sums(targets, 2, region(0))),
		"월별 매출과 목표":                    byKey(sums(orders, 5, month(4)), sums(targets, 2, month(1))),
		"등급별 매출":                       byKey(sums(orders, 5, func(row []any) string { return of(grades, row[1]) })),
		"number of orders by grade":    byKey(counts),
		"revenue by brand":             byKey(sums(orders, 5, func(row []any) string { return of(items, row[2]) })),
		"revenue and budget by market": byKey(sums(orders, 5, region(6)), sums(budgets, 2, region(0))),
		"revenue by continent":         byKey(sums(orders, 5, func(row []any) string { return of(countries, row[7]) })),
	}
}

func askPair(t *testing.T, left, right connectors.Source, wanted map[string][]string, refused []string) {
	var analysts []*agent.Analyst
	for i, source := range []connectors.Source{left, right} {
		one, err := analyst.Drafted(t.Context(), []string{"sold", "plan"}[i], source)
		if err != nil {
			t.Fatal(err)
		}
		analysts = append(analysts, one)
	}
	sideboard(analysts)
	a, err := agent.New(agent.Config{Directory: analyst.NewRoster(analysts, nil, nil), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, question := range slices.Sorted(maps.Keys(wanted)) {
		got, err := a.Answer(t.Context(), agent.Question{ID: "q1", Text: question, Now: now}, nil)
		if err != nil {
			t.Errorf("%s: %v", question, err)
			continue
		}
		if slices.Contains(refused, question) {
			if got.Rung != agent.None || len(got.Results) > 0 {
				t.Errorf("%s is answered: %v", question, got.Results)
			}
			continue
		}
		if len(got.Results) == 0 {
			t.Errorf("%s: %s %s %v", question, got.Rung, got.Text, got.Unknown)
			continue
		}
		figures := strings.Count(wanted[question][0], " ") - strings.Count(strings.Split(wanted[question][0], `"`)[1], " ")
		if lines := linesOf(t, got.Results[0], figures); !slices.Equal(lines, wanted[question]) {
			t.Errorf("%s:\ngot  %s\nwant %s\n%s", question, strings.Join(lines, " | "), strings.Join(wanted[question], " | "), got.Results[0].SQL)
		}
	}
}
