package duckdb_test

import (
	"bufio"
	"context"
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

func TestMain(m *testing.M) {
	roles := duckdb.Roles()
	honest := roles[duckdb.RoleQuery]
	roles[duckdb.RoleQuery] = func(in io.Reader, out io.Writer) int {
		r := bufio.NewReader(in)
		if play := hostile(r); play != nil {
			return play(r, out)
		}
		return honest(r, out)
	}
	confine.Main(roles)
	goleak.VerifyTestMain(m)
}

// shopSQL is the small shop that most tests ask about.
const shopSQL = `
	CREATE TABLE regions (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL);
	COMMENT ON TABLE regions IS '지역';
	INSERT INTO regions VALUES (1, '서울'), (2, '부산'), (3, '대구');
	CREATE TABLE customers (customer_id INTEGER, name VARCHAR, vip BOOLEAN, joined DATE);
	INSERT INTO customers SELECT i, '고객' || i, i % 4 = 0, DATE '2024-01-01' + i::INTEGER FROM range(1, 51) t(i);
	CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer_id INTEGER, region_id INTEGER REFERENCES regions(id),
		amount DECIMAL(12,2), qty INTEGER, ordered TIMESTAMP, note VARCHAR, tags VARCHAR[], extra JSON);
	COMMENT ON COLUMN orders.amount IS '결제 금액';
	INSERT INTO orders SELECT i, 1 + i % 50, 1 + i % 3, (i * 1.25)::DECIMAL(12,2), i % 7,
		TIMESTAMP '2026-01-01' + to_hours(i::INTEGER), CASE WHEN i % 5 = 0 THEN NULL ELSE '메모 ' || i END,
		['a', 'b'], '{"k": 1}' FROM range(1, 1001) t(i);
	CREATE TABLE secrets (password VARCHAR);
	INSERT INTO secrets VALUES ('hunter2');
	CREATE VIEW big_orders AS SELECT * FROM orders WHERE amount > 1000;
	CREATE MACRO add_one(a) AS a + 1;
	CREATE MACRO evil() AS TABLE SELECT * FROM secrets;
	CREATE SCHEMA mart;
	CREATE TABLE mart.daily (day DATE, n BIGINT);
	INSERT INTO mart.daily VALUES ('2026-01-01', 3);
`

// makeDatabase writes a database file made by the statements.
func makeDatabase(tb testing.TB, name, statements string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "built.duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := db.Exec(statements); err != nil {
		tb.Fatal(err)
	}
	if err := db.Close(); err != nil {
		tb.Fatal(err)
	}
	final := filepath.Join(filepath.Dir(path), name)
	if err := os.Rename(path, final); err != nil {
		tb.Fatal(err)
	}
	return final
}

// open opens a source that is closed with the test.
func open(tb testing.TB, cfg duckdb.Config) *duckdb.Source {
	tb.Helper()
	src, err := duckdb.Open(context.Background(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := src.Close(); err != nil {
			tb.Error(err)
		}
	})
	return src
}

func openShop(tb testing.TB, workers int) *duckdb.Source {
	tb.Helper()
	return open(tb, duckdb.Config{
		Path: makeDatabase(tb, "shop.duckdb", shopSQL), Workers: workers, Timeout: 5 * time.Second, Timezone: "Asia/Seoul",
	})
}

func query(tb testing.TB, src connectors.Source, stmt connectors.Statement) (*connectors.Result, error) {
	tb.Helper()
	return src.Query(context.Background(), connectors.Caller{Principal: "test"}, stmt)
}
