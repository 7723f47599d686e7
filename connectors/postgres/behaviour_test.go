package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

const shopSQL = `
	CREATE TYPE "주문 상태" AS ENUM ('완료', '취소');
	CREATE TABLE regions (id int PRIMARY KEY, name text NOT NULL);
	COMMENT ON TABLE regions IS '지역';
	INSERT INTO regions VALUES (1, '서울'), (2, '부산');
	CREATE TABLE "고객 정보" (id int PRIMARY KEY, "select" text, "say ""hi""" int, region_id int REFERENCES regions);
	INSERT INTO "고객 정보" VALUES (1, 'gold', 3, 1), (2, NULL, 4, 2);
	CREATE TABLE orders (id bigint PRIMARY KEY, customer int REFERENCES "고객 정보", at timestamptz, due date, amount numeric(12,2), status "주문 상태", tags text[], paid boolean);
	COMMENT ON COLUMN orders.amount IS '매출';
	INSERT INTO orders SELECT i, 1 + i % 2, timestamptz '2026-10-01 00:00+09' + i * interval '1 hour', DATE '2100-01-01', i * 1.25, '완료', '{a}', i % 3 = 0 FROM generate_series(1, 100) i;
	CREATE TABLE lines (id int PRIMARY KEY, order_id bigint, region_id int);
	INSERT INTO lines SELECT i, 1 + i % 50, i FROM generate_series(1, 200) i;
	CREATE VIEW pg_class AS SELECT 1 AS one;
	CREATE TABLE parts (at date, n int) PARTITION BY RANGE (at);
	CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
	INSERT INTO parts VALUES ('2026-05-01', 1);
	CREATE SCHEMA sales;
	CREATE TABLE sales.orders (id int);
	CREATE TABLE "orders.2026" (id int);
	CREATE TABLE secrets (password text);`

func query(t testing.TB, src connectors.Source, sql string) (*connectors.Result, error) {
	t.Helper()
	return src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql})
}

func TestCatalog(t *testing.T) {
	owner, reader := database(t, shopSQL)
	u, _ := url.Parse(reader)
	role := u.User.Username()
	admin(t, owner, "REVOKE ALL ON secrets FROM "+role, "GRANT USAGE ON SCHEMA sales TO "+role, "GRANT SELECT ON sales.orders TO "+role,
		"REVOKE SELECT ON regions FROM "+role, "GRANT SELECT (id, name) ON regions TO "+role)
	src := open(t, postgres.Config{DSN: reader, Schemas: []string{"public", "sales"}, Timezone: "Asia/Seoul"})
	cat, err := src.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, table := range cat.Tables {
		names = append(names, table.Name)
	}
	if want := []string{"lines", "orders", "orders.2026", "parts", "public.pg_class", "regions", "고객 정보", "sales.orders"}; !cmp.Equal(names, want) {
		t.Errorf("tables %q", names)
	}
	if one, two := cat.Table("orders.2026").Parts(), cat.Table("sales.orders").Parts(); !cmp.Equal(one, []string{"orders.2026"}) || !cmp.Equal(two, []string{"sales", "orders"}) {
		t.Errorf("parts %q, %q", one, two)
	}
	orders := cat.Table("orders")
	if orders.Rows != 100 || orders.Column("amount").Comment != "매출" || cat.Table("regions").Comment != "지역" {
		t.Errorf("orders %+v, %+v", orders, orders.Column("amount"))
	}
	if want := []connectors.ForeignKey{{Columns: []string{"customer"}, RefTable: "고객 정보", RefColumns: []string{"id"}}}; !cmp.Equal(orders.ForeignKeys, want) {
		t.Errorf("foreign keys %+v", orders.ForeignKeys)
	}
	lines := cat.Table("lines")
	if want := []connectors.ForeignKey{{Columns: []string{"order_id"}, RefTable: "orders", RefColumns: []string{"id"}, Inferred: true}}; !cmp.Equal(lines.ForeignKeys, want) {
		t.Errorf("keys that nobody declared: %+v", lines.ForeignKeys)
	}
	if p := orders.Column("status").Profile; p == nil || p.Distinct != 1 || !cmp.Equal(p.Values, []connectors.ValueCount{{Value: "완료", Count: 100}}) {
		t.Errorf("status %+v", p)
	}
	if p := orders.Column("amount").Profile; p.Max != connectors.Decimal("125.00") || !p.Unique {
		t.Errorf("amount %+v", p)
	}
	if want := time.Date(2026, 10, 5, 4, 0, 0, 0, time.UTC); !cat.AsOf.Equal(want) {
		t.Errorf("data until %s, want %s", cat.AsOf, want)
	}
	for _, sql := range []string{`SELECT "select", "say ""hi""" FROM "고객 정보"`, "SELECT id FROM sales.orders", "SELECT one FROM public.pg_class", "SELECT count(*) FROM parts WHERE at > '2026-01-01'", "SELECT name FROM regions", `SELECT id FROM "orders.2026"`} {
		if _, err := query(t, src, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestLogins(t *testing.T) {
	owner, reader := database(t, shopSQL)
	u, _ := url.Parse(reader)
	role := u.User.Username()
	for _, c := range []struct{ name, dsn, grant, want string }{
		{"superuser", owner, "", "is a superuser"},
		{"writer", reader, "GRANT INSERT ON orders TO " + role, "may change public.orders"},
		{"creator", reader, "REVOKE INSERT ON orders FROM " + role + "; GRANT CREATE ON SCHEMA sales TO " + role, "may create tables in sales"},
		{"member", reader, "REVOKE CREATE ON SCHEMA sales FROM " + role + "; GRANT pg_read_server_files TO " + role, "is a member of pg_read_server_files"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.grant != "" {
				admin(t, owner, c.grant)
			}
			_, err := postgres.Open(t.Context(), postgres.Config{DSN: c.dsn})
			var e *connectors.Error
			if !errors.As(err, &e) || e.Code != connectors.CodeDenied || !strings.Contains(e.Message, c.want) || !strings.Contains(e.Fix, "allow_privileged") {
				t.Fatalf("got %v", err)
			}
			found := postgres.Examine(t.Context(), postgres.Config{DSN: c.dsn})
			ok := false
			for _, f := range found {
				ok = ok || f.Name == "rights" && f.Broken && strings.Contains(f.Text, c.want) && strings.Contains(f.Fix, "GRANT SELECT ON ALL TABLES")
			}
			if !ok {
				t.Errorf("found %+v", found)
			}
			open(t, postgres.Config{DSN: c.dsn, AllowPrivileged: true})
		})
	}
	admin(t, owner, "REVOKE pg_read_server_files FROM "+role)
	for _, f := range postgres.Examine(t.Context(), postgres.Config{DSN: reader}) {
		if f.Broken {
			t.Errorf("%+v", f)
		}
	}
	admin(t, owner, "REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM "+role)
	broken := ""
	for _, f := range postgres.Examine(t.Context(), postgres.Config{DSN: reader}) {
		if f.Broken {
			broken += f.Name + ": " + f.Fix
		}
	}
	if !strings.Contains(broken, `GRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "`+role) {
		t.Errorf("too few rights: %s", broken)
	}
}

// What cannot be reached is told in a sentence with something to do, without the password.
func TestUnreachable(t *testing.T) {
	proxy := newCutter(t, pgtest.Shared(t).Host(), "tcp", "127.0.0.1:0")
	_, port, err := net.SplitHostPort(proxy.addr)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, dsn, message, fix string }{
		{"nobody there", "postgres://u:hunter2secret@127.0.0.1:1/x?sslmode=disable", "cannot be reached", "whether the server runs"},
		{"no such host", "host=no-such-host.invalid user=u password=hunter2secret", "no server of that name", "host"},
		{"no address", "postgres://u:hunter2secret@[::1:x", "cannot be read", "postgres://login"},
		{"no such database", "postgres://postgres:hunter2secret@127.0.0.1:" + port + "/nothing?sslmode=disable", "no database of that name", "dsn"},
		{"no TLS, which is the default", "postgres://postgres:hunter2secret@127.0.0.1:" + port + "/postgres", "speaks no TLS", "sslmode=disable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := postgres.Open(t.Context(), postgres.Config{DSN: c.dsn})
			var e *connectors.Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, c.message) || !strings.Contains(e.Fix, c.fix) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, e), "hunter2secret") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}

func TestDrift(t *testing.T) {
	owner, reader := database(t, shopSQL)
	src, other := open(t, postgres.Config{DSN: reader}), open(t, postgres.Config{DSN: reader})
	admin(t, owner, "ALTER TABLE orders RENAME amount TO total", "DROP TABLE parts")
	for sql, want := range map[string]string{"SELECT sum(amount) FROM orders": "the column amount", "SELECT count(*) FROM parts": "the table parts"} {
		_, err := query(t, src, sql)
		src, other = other, src // which has not begun to read its catalogue anew
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeNotFound || !strings.Contains(e.Message, want) || e.Korean == "" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for range again.C {
		cat, err := src.Catalog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if cat.Table("orders").Column("total") != nil && cat.Table("parts") == nil {
			break
		}
	}
	if _, err := query(t, src, "SELECT sum(total) FROM orders"); err != nil {
		t.Error(err)
	}
}

const slowSQL = "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100) b WHERE a + b = 7"

// active is how many statements of ours the server runs, for some time already where there
// are to be any.
func active(t testing.TB, conn *pgx.Conn, since string) (n int) {
	t.Helper()
	if err := conn.QueryRow(context.WithoutCancel(t.Context()), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bapsang' AND state = 'active' AND query_start < clock_timestamp() - $1::interval", since).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func await(t testing.TB, conn *pgx.Conn, n int, since string) {
	t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for range again.C {
		if active(t, conn, since) == n {
			return
		}
	}
}

// A question that is given up ends on the server, long before it would have ended by itself
// or by its deadline; how soon, BenchmarkCancel says.
func TestCancelReachesTheServer(t *testing.T) {
	owner, reader := database(t, itemsSQL)
	src := open(t, postgres.Config{DSN: reader})
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	const deadline = 10 * time.Minute
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		started := time.Now()
		go func() {
			_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: slowSQL, Timeout: deadline})
			done <- err
		}()
		await(t, conn, 1, "200 ms")
		cancel()
		if code := connectors.CodeOf(<-done); code != connectors.CodeCancelled {
			t.Errorf("code %s", code)
		}
		await(t, conn, 0, "0 s")
		if took := time.Since(started); took > deadline/2 {
			t.Errorf("ended by itself, after %s", took)
		}
	}
	// Nobody was harmed: the connection, or a new one, answers.
	if _, err := query(t, src, "SELECT count(*) FROM items"); err != nil {
		t.Error(err)
	}
}

// cutter stands between the source and the server, and cuts connections once they have
// carried so many bytes to the source.
type cutter struct {
	addr  string
	after atomic.Int64 // 0 never cuts
	cuts  atomic.Int64 // how many connections may still be cut
}

func newCutter(t *testing.T, server, network, address string) *cutter {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{addr: l.Addr().String()}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", filepath.Join(server, ".s.PGSQL.5432"))
			if err != nil {
				_ = in.Close()
				continue
			}
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go c.carry(in, out)
		}
	}()
	return c
}

func (c *cutter) carry(in, out net.Conn) {
	defer func() { _ = errors.Join(in.Close(), out.Close()) }()
	buf, carried := make([]byte, 4096), int64(0)
	for {
		n, err := out.Read(buf)
		if err != nil {
			return
		}
		carried += int64(n)
		if after := c.after.Load(); after > 0 && carried > after && c.cuts.Add(-1) >= 0 {
			return
		}
		if _, err := in.Write(buf[:n]); err != nil {
			return
		}
	}
}

// A connection that is cut in the middle of a result costs a second try, and then is an
// error: never a part of an answer.
func TestCutMidResult(t *testing.T) {
	_, reader := database(t, itemsSQL)
	u, _ := url.Parse(reader)
	dir := t.TempDir()
	cut := newCutter(t, u.Query().Get("host"), "unix", filepath.Join(dir, ".s.PGSQL.5432"))
	u.RawQuery = url.Values{"host": {dir}}.Encode()
	src := open(t, postgres.Config{DSN: u.String()})
	const sql = "SELECT repeat('x', 1000) AS x FROM items"
	for _, c := range []struct {
		cuts int64
		code connectors.Code
	}{{0, ""}, {1, ""}, {100, connectors.CodeUnavailable}, {0, ""}} {
		cut.after.Store(300_000)
		cut.cuts.Store(c.cuts)
		res, err := query(t, src, sql)
		if connectors.CodeOf(err) != c.code || err == nil && len(res.Rows) != 1000 {
			t.Errorf("%d cuts: %v", c.cuts, err)
		}
		if err != nil && res != nil {
			t.Errorf("%d cuts: a part of the result came with the error", c.cuts)
		}
	}
}

// A view that takes for ever costs its profile, not the source.
func TestSlowView(t *testing.T) {
	_, reader := database(t, itemsSQL, "CREATE VIEW slow AS "+slowSQL)
	src := open(t, postgres.Config{DSN: reader})
	cat, err := src.Catalog(t.Context())
	if err != nil || cat.Table("slow") == nil || cat.Table("items").Column("id").Profile == nil {
		t.Errorf("%+v, %v", cat, err)
	}
}

// A schema of ten thousand tables is read in reasonable time.
func TestManyTables(t *testing.T) {
	_, reader := database(t, itemsSQL, `DO $$ BEGIN FOR i IN 1..10000 LOOP EXECUTE format('CREATE TABLE t%s (id int, at date)', i); IF i % 500 = 0 THEN COMMIT; END IF; END LOOP; END $$`)
	started := time.Now()
	src := open(t, postgres.Config{DSN: reader})
	cat, err := src.Catalog(t.Context())
	if err != nil || len(cat.Tables) < 10_000 {
		t.Fatal(err)
	}
	t.Logf("%d tables in %s", len(cat.Tables), time.Since(started))
	if took := time.Since(started); took > time.Minute {
		t.Errorf("took %s", took)
	}
}

// A result of a million rows is cut at the caps, and takes no more memory than they say.
func TestMillionRows(t *testing.T) {
	_, reader := database(t, itemsSQL)
	src := open(t, postgres.Config{DSN: reader})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT g, 'row ' || g, repeat('x', 100) FROM generate_series(1, 1000000) g", MaxRows: 2_000_000})
	if err != nil || !res.Truncated {
		t.Fatalf("truncated %v, %v", res != nil && res.Truncated, err)
	}
	runtime.ReadMemStats(&after)
	// Everything that was ever allocated, not only what is left: nothing piles up unseen.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8*connectors.MaxResultBytes {
		t.Errorf("%d rows took %d MB", len(res.Rows), grown>>20)
	}
	t.Logf("%d rows, %d MB allocated", len(res.Rows), (after.TotalAlloc-before.TotalAlloc)>>20)
}
