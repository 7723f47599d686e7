// Package connectorstest holds what every connectors.Source and every
// connectors.Searcher must do, as tests that a driver runs against itself. What
// differs between dialects the driver brings in a [Harness], and what differs between
// services in a [SearchHarness].
package connectorstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
)

// Harness adapts the suite to a driver. The database behind it holds:
//
//   - items(id, label, price): 1,000 rows with id 1…1000, the label "항목 <id>" and
//     a price of id/4 with two decimals; id is its primary key;
//   - hidden(secret): one row, which no test may see.
type Harness struct {
	// Open opens a new source on the database. The suite closes it.
	Open func(t *testing.T) connectors.Source

	// Types is one statement without a table, whose row has these cells.
	Types     string
	TypesWant []any

	// Slow runs for minutes and can be interrupted. Stubborn does so too and
	// ignores interruption; it may be empty where the engine has no such thing.
	Slow     string
	Stubborn string

	// Wide returns one row of more than connectors.MaxResultBytes, and Long many
	// rows that are more than that together.
	Wide, Long string

	// Cast fails when it runs, because of a value: SELECT CAST('x' AS INTEGER) when empty.
	Cast string

	// Floats says that the engine computes with no decimals: what it makes of prices are
	// floats or whole numbers, whatever the column is declared as.
	Floats bool

	// Writes are statements of the dialect that change something, beyond those the
	// suite knows, and Escapes SELECTs that reach outside the tables or the database.
	Writes  []string
	Escapes []string
}

// grace is what a source has after a deadline, by contract, and what a loaded
// machine adds.
const grace = 3 * time.Second

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	tests := []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"Catalog", testCatalog},
		{"Types", testTypes},
		{"Rows", testRows},
		{"RowCap", testRowCap},
		{"ByteCap", testByteCap},
		{"Order", testOrder},
		{"Names", testNames},
		{"Deadline", testDeadline},
		{"Cancel", testCancel},
		{"Refused", testRefused},
		{"Tables", testTables},
		{"Mistakes", testMistakes},
		{"Concurrent", testConcurrent},
		{"Close", testClose},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(t, h) })
	}
}

func open(t *testing.T, h Harness) connectors.Source {
	t.Helper()
	src := h.Open(t)
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
	return src
}

func ask(t *testing.T, src connectors.Source, stmt connectors.Statement) (*connectors.Result, error) {
	t.Helper()
	return src.Query(t.Context(), connectors.Caller{Principal: "test"}, stmt)
}

func mustAsk(t *testing.T, src connectors.Source, stmt connectors.Statement) *connectors.Result {
	t.Helper()
	res, err := ask(t, src, stmt)
	if err != nil {
		t.Fatalf("%s: %v", stmt.SQL, err)
	}
	return res
}

// wantCode fails unless err is an *connectors.Error of the code with a sentence.
func wantCode(t *testing.T, what string, err error, code connectors.Code) {
	t.Helper()
	var e *connectors.Error
	switch {
	case !errors.As(err, &e):
		t.Errorf("%s: got %v, want an error of code %s", what, err, code)
	case e.Code != code || e.Message == "":
		t.Errorf("%s: got code %q with message %q, want code %q", what, e.Code, e.Message, code)
	}
}

// wantUsable fails unless the source still answers.
func wantUsable(t *testing.T, src connectors.Source) {
	t.Helper()
	res := mustAsk(t, src, connectors.Statement{SQL: "SELECT count(*) AS n FROM items"})
	if len(res.Rows) != 1 || res.Rows[0][0] != int64(1000) {
		t.Errorf("count of items afterwards = %v", res.Rows)
	}
}

func testCatalog(t *testing.T, h Harness) {
	src := open(t, h)
	cat, err := src.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if cat.Source == "" || cat.Dialect == "" || cat.Version == "" {
		t.Errorf("catalogue lacks source, dialect or version: %q %q %q", cat.Source, cat.Dialect, cat.Version)
	}
	items := cat.Table("items")
	if items == nil {
		t.Fatal("no table items")
	}
	kinds := map[string]connectors.Kind{}
	for _, c := range items.Columns {
		kinds[c.Name] = c.Kind
		if c.Type == "" {
			t.Errorf("column %s has no type", c.Name)
		}
	}
	want := map[string]connectors.Kind{"id": connectors.KindInteger, "label": connectors.KindText, "price": connectors.KindNumber}
	if diff := gocmp.Diff(want, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	if items.Rows != 1000 || !gocmp.Equal(items.PrimaryKey, []string{"id"}) {
		t.Errorf("items: %d rows, primary key %v", items.Rows, items.PrimaryKey)
	}
	again, err := src.Catalog(t.Context())
	if err != nil || again.Version != cat.Version {
		t.Errorf("second Catalog = version %v, %v", again, err)
	}
}

func testTypes(t *testing.T, h Harness) {
	res := mustAsk(t, open(t, h), connectors.Statement{SQL: h.Types})
	if len(res.Rows) != 1 || len(res.Columns) != len(h.TypesWant) {
		t.Fatalf("got %d rows of %d columns", len(res.Rows), len(res.Columns))
	}
	for i, want := range h.TypesWant {
		if got := res.Rows[0][i]; !sameCell(got, want) {
			t.Errorf("column %d (%s): got %#v, want %#v", i, res.Columns[i].Type, got, want)
		}
		if res.Columns[i].Type == "" {
			t.Errorf("column %d has no type", i)
		}
	}
}

// sameCell compares cells; NaN is NaN.
func sameCell(a, b any) bool {
	x, okX := a.(float64)
	y, okY := b.(float64)
	if okX && okY && x != x && y != y {
		return true
	}
	return gocmp.Equal(a, b)
}

func testRows(t *testing.T, h Harness) {
	src := open(t, h)
	res := mustAsk(t, src, connectors.Statement{SQL: "SELECT id, label, price FROM items WHERE label = '항목 6' -- 하나"})
	want := [][]any{{int64(6), "항목 6", connectors.Decimal("1.50")}}
	if diff := gocmp.Diff(want, res.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if res.Truncated {
		t.Error("one row of one is marked as truncated")
	}
	empty := mustAsk(t, src, connectors.Statement{SQL: "SELECT id FROM items WHERE id < 0;"})
	if len(empty.Rows) != 0 || len(empty.Columns) != 1 || empty.Truncated {
		t.Errorf("empty result = %+v", empty)
	}
}

func testRowCap(t *testing.T, h Harness) {
	src := open(t, h)
	for _, c := range []struct {
		max, want int
		truncated bool
	}{{1, 1, true}, {999, 999, true}, {1000, 1000, false}, {1001, 1000, false}, {0, 1000, false}} {
		res := mustAsk(t, src, connectors.Statement{SQL: "SELECT id FROM items", MaxRows: c.max})
		if len(res.Rows) != c.want || res.Truncated != c.truncated {
			t.Errorf("MaxRows %d: %d rows, truncated %v", c.max, len(res.Rows), res.Truncated)
		}
	}
	many := mustAsk(t, src, connectors.Statement{SQL: "SELECT a.id FROM items a, items b"})
	if len(many.Rows) != connectors.DefaultMaxRows || !many.Truncated {
		t.Errorf("default: %d rows, truncated %v", len(many.Rows), many.Truncated)
	}
}

func testByteCap(t *testing.T, h Harness) {
	src := open(t, h)
	res := mustAsk(t, src, connectors.Statement{SQL: h.Long, MaxRows: 10_000_000})
	size := 0
	for _, row := range res.Rows {
		for _, cell := range row {
			if s, ok := cell.(string); ok {
				size += len(s)
			}
		}
	}
	if !res.Truncated || len(res.Rows) == 0 || size > connectors.MaxResultBytes {
		t.Errorf("%d rows of %d bytes, truncated %v", len(res.Rows), size, res.Truncated)
	}
	_, err := ask(t, src, connectors.Statement{SQL: h.Wide})
	wantCode(t, "one row past the limit", err, connectors.CodeTooLarge)
	wantUsable(t, src)
}

func testOrder(t *testing.T, h Harness) {
	src := open(t, h)
	for _, max := range []int{500, 1000} {
		res := mustAsk(t, src, connectors.Statement{SQL: "SELECT id FROM items ORDER BY price DESC", MaxRows: max})
		for i, row := range res.Rows {
			if row[0] != int64(1000-i) {
				t.Fatalf("row %d of %d holds id %v", i, max, row[0])
			}
		}
	}
}

func testNames(t *testing.T, h Harness) {
	src := open(t, h)
	res := mustAsk(t, src, connectors.Statement{
		SQL: `SELECT max(price) AS "최고 가격", count(*) AS n FROM items /* 주석 */ WHERE label LIKE '%항목%' AND 'a;b' <> '--'`,
	})
	if len(res.Columns) != 2 || res.Columns[0].Name != "최고 가격" || res.Columns[1].Name != "n" {
		t.Errorf("columns = %+v", res.Columns)
	}
	if h.Floats {
		most, number := connectors.Number(res.Rows[0][0])
		if !number || most != 250 || res.Rows[0][1] != int64(1000) {
			t.Errorf("rows = %v", res.Rows)
		}
		return
	}
	if diff := gocmp.Diff([][]any{{connectors.Decimal("250.00"), int64(1000)}}, res.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func testDeadline(t *testing.T, h Harness) {
	src := open(t, h)
	for name, sql := range map[string]string{"slow": h.Slow, "stubborn": h.Stubborn} {
		if sql == "" {
			continue
		}
		Soon(t, name+", with a Timeout of 300 ms", 300*time.Millisecond+grace, func() time.Duration {
			start := time.Now()
			_, err := ask(t, src, connectors.Statement{SQL: sql, Timeout: 300 * time.Millisecond})
			wantCode(t, name, err, connectors.CodeTimeout)
			return time.Since(start)
		})
		Soon(t, name+", with a deadline of 300 ms", 300*time.Millisecond+grace, func() time.Duration {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			start := time.Now()
			_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: sql, Timeout: time.Minute})
			wantCode(t, name+", by context", err, connectors.CodeTimeout)
			return time.Since(start)
		})
		wantUsable(t, src)
	}
}

func testCancel(t *testing.T, h Harness) {
	src := open(t, h)
	var ctx context.Context
	Soon(t, "cancelled after 100 ms", grace, func() time.Duration {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		start := time.Now()
		_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: h.Slow, Timeout: time.Minute})
		wantCode(t, "cancelled", err, connectors.CodeCancelled)
		return time.Since(start)
	})
	_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: "SELECT 1"})
	wantCode(t, "cancelled before", err, connectors.CodeCancelled)
	wantUsable(t, src)
}

func testRefused(t *testing.T, h Harness) {
	src := open(t, h)
	writes := append([]string{
		"INSERT INTO items (id) VALUES (5000)",
		"UPDATE items SET price = 0",
		"DELETE FROM items",
		"DROP TABLE items",
		"ALTER TABLE items ADD COLUMN x INTEGER",
		"CREATE TABLE evil (x INTEGER)",
		"CREATE VIEW evil AS SELECT 1",
		"SELECT 1; DROP TABLE items",
		"SELECT 1; SELECT 2",
		"DROP TABLE items; SELECT 1",
		"BEGIN",
		"COMMIT",
	}, h.Writes...)
	for _, sql := range append(writes, h.Escapes...) {
		_, err := ask(t, src, connectors.Statement{SQL: sql})
		wantCode(t, sql, err, connectors.CodeDenied)
	}
	wantUsable(t, src)
	sum := mustAsk(t, src, connectors.Statement{SQL: "SELECT sum(price) AS s FROM items"})
	if got, _ := connectors.Number(sum.Rows[0][0]); got != 125125 {
		t.Errorf("sum of prices afterwards = %v", sum.Rows[0][0])
	}
}

func testTables(t *testing.T, h Harness) {
	src := open(t, h)
	only := []string{"items"}
	for _, sql := range []string{
		"SELECT * FROM hidden",
		"SELECT * FROM items, hidden",
		"SELECT * FROM items WHERE EXISTS (SELECT 1 FROM hidden)",
		"SELECT (SELECT max(secret) FROM hidden) FROM items",
		"WITH x AS (SELECT * FROM hidden) SELECT * FROM x",
		"WITH items AS (SELECT * FROM hidden) SELECT * FROM items",
		"SELECT id FROM items UNION ALL SELECT 1 FROM hidden",
		"SELECT * FROM (SELECT * FROM (SELECT * FROM HIDDEN) a) b",
		"WITH a AS (WITH hidden AS (SELECT 1 AS secret) SELECT * FROM hidden) SELECT * FROM a, hidden",
		"SELECT * FROM information_schema.tables",
	} {
		_, err := ask(t, src, connectors.Statement{SQL: sql, Tables: only})
		wantCode(t, sql, err, connectors.CodeDenied)
	}
	_, err := ask(t, src, connectors.Statement{SQL: "SELECT * FROM items", Tables: []string{}})
	wantCode(t, "no table allowed", err, connectors.CodeDenied)
	for _, sql := range []string{
		"SELECT count(*) AS n FROM items",
		"SELECT count(*) AS n FROM ITEMS AS hidden",
		"WITH hidden AS (SELECT id FROM items) SELECT count(*) AS n FROM hidden",
		"WITH a AS (SELECT id FROM items), b AS (SELECT id FROM a) SELECT count(*) AS n FROM b",
	} {
		res := mustAsk(t, src, connectors.Statement{SQL: sql, Tables: only})
		if res.Rows[0][0] != int64(1000) {
			t.Errorf("%s = %v", sql, res.Rows)
		}
	}
	mustAsk(t, src, connectors.Statement{SQL: "SELECT 1 AS one", Tables: []string{}})
}

func testMistakes(t *testing.T, h Harness) {
	src := open(t, h)
	for _, sql := range []string{
		"SELECT no_such_column FROM items",
		"SELECT id FROM",
		"SELEC id FROM items",
		"",
		"  -- nothing\n",
		cmp.Or(h.Cast, "SELECT CAST('x' AS INTEGER)"),
	} {
		_, err := ask(t, src, connectors.Statement{SQL: sql})
		wantCode(t, sql, err, connectors.CodeSQL)
	}
	wantUsable(t, src)
}

func testConcurrent(t *testing.T, h Harness) {
	src := open(t, h)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 8 {
				id := 1 + i*8 + j
				res, err := ask(t, src, connectors.Statement{SQL: fmt.Sprintf("SELECT label FROM items WHERE id = %d", id)})
				if err != nil || len(res.Rows) != 1 || res.Rows[0][0] != fmt.Sprintf("항목 %d", id) {
					t.Errorf("id %d: %v, %v", id, res, err)
				}
			}
		})
	}
	wg.Wait()
}

func testClose(t *testing.T, h Harness) {
	src := h.Open(t)
	running := make(chan error)
	go func() {
		_, err := src.Query(context.Background(), connectors.Caller{}, connectors.Statement{SQL: h.Slow, Timeout: time.Minute})
		running <- err
	}()
	closed := make(chan error, 1)
	time.AfterFunc(100*time.Millisecond, func() { closed <- src.Close() })
	wantCode(t, "query running at Close", <-running, connectors.CodeUnavailable) // and not that its own minute was over
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
	if err := src.Close(); err != nil {
		t.Errorf("second Close = %v", err)
	}
	_, err := ask(t, src, connectors.Statement{SQL: "SELECT 1"})
	wantCode(t, "query after Close", err, connectors.CodeUnavailable)
}
