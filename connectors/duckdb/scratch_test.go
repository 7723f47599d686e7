package duckdb_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

func columns(list ...string) (out []connectors.Column) {
	for i := 0; i < len(list); i += 2 {
		out = append(out, connectors.Column{Name: list[i], Type: list[i+1]})
	}
	return out
}

func scratch(t *testing.T, sql string, tables ...connectors.Held) (*connectors.Result, error) {
	t.Helper()
	return duckdb.Scratch(context.Background(), "Asia/Seoul", tables, connectors.Statement{SQL: sql})
}

// Whatever a source answers comes out of a scratch database as it went in.
func TestScratchKeepsEveryCell(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	held := connectors.Held{
		Name: `한글 "표"`,
		Columns: columns("지역", "text", `a"b`, "int8", "select", "numeric(12,2)", "rate", "float8", "day", "date",
			"at", "timestamp without time zone", "yes", "bool", "none", "numeric", "mixed", "text"),
		Rows: [][]any{
			{"서울", int64(math.MaxInt64), connectors.Decimal("12.50"), 0.1, day, day.Add(time.Microsecond), true, nil, "x"},
			{"", int64(math.MinInt64), connectors.Decimal("-99999999999999999999.01"), math.Inf(1), day.AddDate(-100, 0, 0), day, false, nil, int64(7)},
			{nil, nil, nil, nil, nil, nil, nil, nil, nil},
			{"'; DROP TABLE x; --\n\t", int64(0), int64(3), 1e300, day, day, true, nil, "y"},
		},
	}
	res, err := scratch(t, `SELECT * FROM "한글 ""표"""`, held)
	if err != nil {
		t.Fatal(err)
	}
	want := held.Rows
	want[1][8], want[3][2] = "7", connectors.Decimal("3.00") // in the company of texts, and of cents
	if !reflect.DeepEqual(res.Rows, want) {
		t.Errorf("got  %#v\nwant %#v", res.Rows, want)
	}
	var types []string
	for _, c := range res.Columns {
		types = append(types, c.Type)
	}
	if got := strings.Join(types, " "); got != "VARCHAR BIGINT DECIMAL(38,2) DOUBLE DATE TIMESTAMP BOOLEAN DECIMAL(38,6) VARCHAR" {
		t.Error(got)
	}
}

func TestScratchJoins(t *testing.T) {
	res, err := scratch(t, "SELECT a.k, a.v, b.v FROM a FULL JOIN b ON a.k = b.k ORDER BY a.k NULLS LAST, b.k",
		connectors.Held{Name: "a", Columns: columns("k", "text", "v", "int8"), Rows: [][]any{{"서울", int64(1)}, {"부산", int64(2)}}},
		connectors.Held{Name: "b", Columns: columns("k", "VARCHAR", "v", "DECIMAL(8,1)"), Rows: [][]any{{"서울", connectors.Decimal("1.5")}, {"대구", connectors.Decimal("9.0")}}},
		connectors.Held{Name: "none", Columns: columns("k", "text")})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]any{{"부산", int64(2), nil}, {"서울", int64(1), connectors.Decimal("1.5")}, {nil, nil, connectors.Decimal("9.0")}}
	if !reflect.DeepEqual(res.Rows, want) {
		t.Errorf("got %v", res.Rows)
	}
}

// A scratch database has its tables and nothing else: no file, no second statement, none of
// the engine's own tables, and no longer life than its time.
func TestScratchIsConfined(t *testing.T) {
	one := connectors.Held{Name: "a", Columns: columns("k", "int8"), Rows: [][]any{{int64(1)}}}
	for sql, want := range map[string]connectors.Code{
		"SELECT * FROM b":                         connectors.CodeDenied,
		"SELECT * FROM duckdb_tables()":           connectors.CodeDenied,
		"SELECT * FROM information_schema.tables": connectors.CodeDenied,
		"SELECT * FROM '/etc/passwd'":             connectors.CodeDenied,
		"SELECT * FROM read_csv('/etc/passwd')":   connectors.CodeDenied,
		"DELETE FROM a":                           connectors.CodeDenied,
		"SELECT 1; DROP TABLE a":                  connectors.CodeDenied,
		"SELECT nothing FROM a":                   connectors.CodeSQL,
		"":                                        connectors.CodeSQL,
	} {
		if _, err := scratch(t, sql, one); connectors.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", sql, err, want)
		}
	}
	if _, err := scratch(t, "SELECT nothing FROM a", one); err == nil || !strings.Contains(err.Error(), `"nothing" not found`) {
		t.Errorf("a column that is not there: %v", err)
	}
	_, err := duckdb.Scratch(context.Background(), "", []connectors.Held{one},
		connectors.Statement{SQL: "SELECT sum(x.range) FROM range(100000000) x, range(100000) y, a", Timeout: 300 * time.Millisecond})
	if connectors.CodeOf(err) != connectors.CodeTimeout {
		t.Errorf("an endless join: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := duckdb.Scratch(ctx, "", []connectors.Held{one}, connectors.Statement{SQL: "SELECT * FROM a"}); connectors.CodeOf(err) != connectors.CodeCancelled {
		t.Errorf("given up before: %v", err)
	}
}

func TestScratchBounds(t *testing.T) {
	many := connectors.Held{Name: "a", Columns: columns("k", "int8", "t", "text")}
	for i := range 50_000 {
		many.Rows = append(many.Rows, []any{int64(i), fmt.Sprint("값 ", i)})
	}
	res, err := scratch(t, "SELECT k FROM a", many)
	if err != nil || !res.Truncated || len(res.Rows) != connectors.DefaultMaxRows {
		t.Errorf("cut to %d rows, told %v: %v", len(res.Rows), res.Truncated, err)
	}
	res, err = scratch(t, "SELECT count(*), sum(k) FROM a", many)
	if err != nil || res.Rows[0][0] != int64(50_000) {
		t.Errorf("%v: %v", res, err)
	}
	many.Rows = append(many.Rows, []any{int64(1), strings.Repeat("x", 17<<20)})
	if _, err := scratch(t, "SELECT 1", many); connectors.CodeOf(err) != connectors.CodeTooLarge {
		t.Errorf("17 MB of text: %v", err)
	}
}

// TestScratchBombs has statements that are a SELECT over the results and would never end, or
// fill the machine: they end in their time or their memory, and when somebody gives up.
func TestScratchBombs(t *testing.T) {
	one := connectors.Held{Name: "a", Columns: columns("k", "int8"), Rows: [][]any{{int64(1)}}}
	for _, sql := range []string{
		"WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
		"WITH RECURSIVE t AS (SELECT k AS n FROM a UNION ALL SELECT x.n FROM t x, t y, range(10)) SELECT count(*) FROM t",
		"SELECT count(*) FROM range(1000000000) x, range(1000000000) y, a",
		"SELECT length(repeat(repeat('x', 10000), 100000)) FROM a",
		"SELECT length(list(x.range::VARCHAR)) FROM range(1000000000) x, a",
		"SELECT sum(length(string_agg(repeat('x', 1000), ''))) OVER () FROM range(100000000), a GROUP BY range",
		"SELECT length(lpad('x', 2000000000, 'y')) FROM a",
		"SELECT count(*) FROM (SELECT unnest(range(0, 1000000000)) FROM a), range(1000000)",
	} {
		began := time.Now()
		_, err := duckdb.Scratch(t.Context(), "", []connectors.Held{one}, connectors.Statement{SQL: sql, Timeout: 2 * time.Second})
		if code := connectors.CodeOf(err); code != connectors.CodeTimeout && code != connectors.CodeTooLarge {
			t.Errorf("%s: %v", sql, err)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: took %s", sql, took)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(time.Second, cancel).Stop()
	if _, err := duckdb.Scratch(ctx, "", []connectors.Held{one}, connectors.Statement{SQL: "SELECT sum(x.range) FROM range(1000000000) x, range(100000) y, a"}); connectors.CodeOf(err) != connectors.CodeCancelled {
		t.Errorf("given up: %v", err)
	}
}
