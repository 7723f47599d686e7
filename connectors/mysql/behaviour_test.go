package mysql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/connectorstest/mariadbtest"
	"github.com/bapsang/bapsang/connectors/mysql"
)

var shopSQL = []string{
	"CREATE TABLE regions (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL) COMMENT '지역'",
	"INSERT INTO regions VALUES (1, '서울'), (2, '부산')",
	"CREATE TABLE `고객 정보` (id INT PRIMARY KEY, `select` TEXT, `say \"hi\"` INT, `a``b` INT, region_id INT, FOREIGN KEY (region_id) REFERENCES regions (id))",
	"INSERT INTO `고객 정보` VALUES (1, 'gold', 3, 5, 1), (2, NULL, 4, 6, 2)",
	"CREATE TABLE orders (id BIGINT PRIMARY KEY, customer INT, at TIMESTAMP NULL, due DATE, amount DECIMAL(12,2) COMMENT '매출', status ENUM('완료', '취소'), paid BOOLEAN, flag TINYINT(1), FOREIGN KEY (customer) REFERENCES `고객 정보` (id))",
	"INSERT INTO orders SELECT seq, 1 + seq % 2, '2026-09-30 15:00:00' + INTERVAL seq HOUR, '2100-01-01', seq * 1.25, '완료', seq % 3 = 0, seq % 5 FROM seq_1_to_100",
	"CREATE TABLE `lines` (id INT PRIMARY KEY, order_id BIGINT, region_id INT)",
	"INSERT INTO `lines` SELECT seq, 1 + seq % 50, seq FROM seq_1_to_200",
	"CREATE VIEW totals AS SELECT customer, SUM(amount) AS amount FROM orders GROUP BY customer",
	"CREATE TABLE parts (at DATE, n INT) PARTITION BY RANGE (YEAR(at)) (PARTITION p0 VALUES LESS THAN (2027), PARTITION p1 VALUES LESS THAN MAXVALUE)",
	"INSERT INTO parts VALUES ('2026-05-01', 1)",
	"CREATE TABLE Mixed (id INT)", "CREATE TABLE mixed (id INT)", "CREATE SEQUENCE numbers",
	"CREATE TABLE secrets (password TEXT)",
}

func TestCatalog(t *testing.T) {
	p := database(t, shopSQL)
	sales := p.server.Database(t)
	p.admin(t, "CREATE TABLE "+sales+".orders (id INT)", "GRANT SELECT ON "+sales+".* TO "+p.login,
		"REVOKE SELECT ON "+p.name+".* FROM "+p.login)
	for _, table := range []string{"regions", "`고객 정보`", "orders", "`lines`", "totals", "parts", "Mixed", "mixed", "numbers"} {
		p.admin(t, "GRANT SELECT ON "+table+" TO "+p.login)
	}
	p.admin(t, "REVOKE SELECT ON regions FROM "+p.login, "GRANT SELECT (id, name) ON regions TO "+p.login)
	src := open(t, mysql.Config{DSN: p.reader, Schemas: []string{p.name, sales}, Timezone: "Asia/Seoul"})
	cat, err := src.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, table := range cat.Tables {
		names = append(names, table.Name)
	}
	if want := []string{"Mixed", "lines", "mixed", "orders", "parts", "regions", "totals", "고객 정보", sales + ".orders"}; !cmp.Equal(names, want) {
		t.Errorf("tables %q", names)
	}
	orders := cat.Table("orders")
	if orders.Rows != 100 || orders.Column("amount").Comment != "매출" || cat.Table("regions").Comment != "지역" || cat.Table("totals").Comment != "" || cat.Dialect != "mariadb" {
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
	paid := orders.Column("paid")
	if want := []connectors.ValueCount{{Value: "false", Count: 67}, {Value: "true", Count: 33}}; paid.Kind != connectors.KindBool || !cmp.Equal(paid.Profile.Values, want) || orders.Column("flag").Kind != connectors.KindInteger {
		t.Errorf("paid %+v %+v, flag %+v", paid, paid.Profile, orders.Column("flag"))
	}
	if want := time.Date(2026, 10, 5, 4, 0, 0, 0, time.UTC); !cat.AsOf.Equal(want) {
		t.Errorf("data until %s, want %s", cat.AsOf, want)
	}
	for _, text := range []string{"SELECT `select`, `say \"hi\"`, `a``b` FROM `고객 정보`", "SELECT id FROM " + sales + ".orders", "SELECT COUNT(*) FROM parts PARTITION (p0) WHERE at > '2026-01-01'",
		"SELECT name FROM Regions", "SELECT id FROM Mixed", "SELECT o.id FROM orders o JOIN " + sales + ".orders s ON s.id = o.id", "SELECT orders.id FROM " + p.name + ".orders"} {
		if _, err := query(t, src, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := query(t, src, "SELECT id FROM MIXED"); connectors.CodeOf(err) != connectors.CodeDenied { // which one, nobody knows
		t.Errorf("a name of two tables: %v", err)
	}
}

// TestEverybodysRights: what MariaDB as it is installed lets everybody do is no fault of the
// login, and a new one would have it as well.
func TestEverybodysRights(t *testing.T) {
	p := database(t, shopSQL, []string{"CREATE DATABASE IF NOT EXISTS `an\\_other`", "GRANT INSERT ON `an\\_other`.* TO PUBLIC"})
	found := func() connectors.Finding {
		for _, f := range mysql.Examine(t.Context(), mysql.Config{DSN: p.reader}) {
			if f.Name == "rights" {
				return f
			}
		}
		return connectors.Finding{}
	}
	f := found()
	_, fix, _ := strings.Cut(f.Fix, "\n")
	if !f.Broken || !strings.HasPrefix(fix, "REVOKE ") || strings.Contains(fix, "CREATE USER") {
		t.Fatalf("found %+v", f)
	}
	p.admin(t, strings.TrimSuffix(fix, ";"))
	if f := found(); f.Broken || f.Fix != "" {
		t.Errorf("after %s: %+v", fix, f)
	}
}

func TestLogins(t *testing.T) {
	p := database(t, shopSQL, []string{"CREATE FUNCTION f() RETURNS INT RETURN 1", "CREATE DATABASE IF NOT EXISTS other"})
	for _, c := range []struct{ name, dsn, grant, revoke, want string }{
		{"root", p.owner, "", "", "may ALL PRIVILEGES on *.*"},
		{"writer", p.reader, "GRANT INSERT ON orders TO " + p.login, "REVOKE INSERT ON orders FROM " + p.login, "may INSERT on " + p.name + ".orders"},
		{"column writer", p.reader, "GRANT UPDATE (amount) ON orders TO " + p.login, "REVOKE UPDATE (amount) ON orders FROM " + p.login, "may UPDATE on " + p.name + ".orders"},
		{"caller", p.reader, "GRANT EXECUTE ON FUNCTION f TO " + p.login, "REVOKE EXECUTE ON FUNCTION f FROM " + p.login, "may EXECUTE on FUNCTION " + p.name + ".f"},
		{"reader of files", p.reader, "GRANT FILE ON *.* TO " + p.login, "REVOKE FILE ON *.* FROM " + p.login, "may FILE on *.*"},
		{"reader of everything", p.reader, "GRANT SELECT ON *.* TO " + p.login, "REVOKE SELECT ON *.* FROM " + p.login, "may read every database"},
		{"who looks at others", p.reader, "GRANT PROCESS ON *.* TO " + p.login, "REVOKE PROCESS ON *.* FROM " + p.login, "may PROCESS on *.*"},
		{"maker of temporary tables", p.reader, "GRANT CREATE TEMPORARY TABLES ON other.* TO " + p.login, "REVOKE CREATE TEMPORARY TABLES ON other.* FROM " + p.login, "may CREATE TEMPORARY TABLES on other.*"},
		{"giver", p.reader, "GRANT SELECT ON orders TO " + p.login + " WITH GRANT OPTION", "REVOKE GRANT OPTION ON orders FROM " + p.login, "may pass on"},
		{"proxy", p.reader, "GRANT PROXY ON root@localhost TO " + p.login, "REVOKE PROXY ON root@localhost FROM " + p.login, "may PROXY"},
		{"role", p.reader, "CREATE ROLE writing; GRANT DELETE ON orders TO writing; GRANT writing TO " + p.login, "DROP ROLE writing", "may DELETE on " + p.name + ".orders"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.grant != "" {
				p.admin(t, strings.Split(c.grant, "; ")...)
			}
			_, err := mysql.Open(t.Context(), mysql.Config{DSN: c.dsn})
			var e *connectors.Error
			if !errors.As(err, &e) || e.Code != connectors.CodeDenied || !strings.Contains(e.Message, c.want) || !strings.Contains(e.Fix, "allow_privileged") {
				t.Errorf("got %v", err)
			}
			ok := false
			for _, f := range mysql.Examine(t.Context(), mysql.Config{DSN: c.dsn}) {
				ok = ok || f.Name == "rights" && f.Broken && strings.Contains(f.Text, c.want) && strings.Contains(f.Fix, "GRANT SELECT ON `"+p.name+"`.* TO 'bapsang'@'%'")
			}
			if !ok {
				t.Errorf("found %+v", mysql.Examine(t.Context(), mysql.Config{DSN: c.dsn}))
			}
			open(t, mysql.Config{DSN: c.dsn, AllowPrivileged: true})
			if c.revoke != "" {
				p.admin(t, c.revoke)
			}
		})
	}
	p.admin(t, "CREATE ROLE looking", "GRANT SELECT ON orders TO looking", "GRANT looking TO "+p.login)
	defer p.admin(t, "DROP ROLE looking")
	open(t, mysql.Config{DSN: p.reader}) // a role that only reads
	for _, f := range mysql.Examine(t.Context(), mysql.Config{DSN: p.reader}) {
		if f.Broken {
			t.Errorf("%+v", f)
		}
	}
	p.admin(t, "REVOKE SELECT ON "+p.name+".* FROM "+p.login, "REVOKE looking FROM "+p.login, "REVOKE SELECT ON orders FROM "+p.login)
	broken := ""
	for _, f := range mysql.Examine(t.Context(), mysql.Config{DSN: p.reader}) {
		if f.Broken {
			broken += f.Name + ": " + f.Text + f.Fix
		}
	}
	if !strings.Contains(broken, "may not use that database") {
		t.Errorf("too few rights: %s", broken)
	}
}

// What cannot be reached is told in a sentence with something to do, without the password.
func TestUnreachable(t *testing.T) {
	p := database(t, itemsSQL)
	tests := []struct{ name, dsn, message, fix string }{
		{"nobody there", "mysql://u:hunter2secret@127.0.0.1:1/x?tls=false", "cannot be reached", "whether the server runs"},
		{"no such host", "u:hunter2secret@tcp(no-such-host.invalid:3306)/x", "no server of that name", "host"},
		{"no address", "mysql://u:hunter2secret@[::1:x/y", "cannot be read", "mysql://login"},
		{"no host", "mysql://u:hunter2secret@/y", "cannot be read", "mysql://login"},
		{"another kind", "postgres://u:hunter2secret@h/y", "cannot be read", "mysql://login"},
		{"no database", "mysql://u:hunter2secret@h", "names no database", "mysql://login"},
		{"the server's own database", "mysql://u:hunter2secret@h/MySQL", "server's own", "questions"},
		{"a key of several statements", "mysql://u:hunter2secret@h/x?multiStatements=true", "multiStatements", "mysql://login"},
		{"a key that reads files", "u:hunter2secret@tcp(h)/x?allowAllFiles=true", "allowAllFiles", "mysql://login"},
		{"a setting", "u:hunter2secret@tcp(h)/x?sql_mode=ANSI", "sql_mode", "mysql://login"},
		{"half encrypted", "u:hunter2secret@tcp(h)/x?tls=preferred", "tls is true", "mysql://login"},
		{"no file of authorities", "u:hunter2secret@tcp(h)/x?tls-ca=/nowhere", "authorities", "tls-ca"},
		{"no such database", strings.Replace(p.owner, "/"+p.name, "/nothing", 1), "no database of that name", "dsn"},
		{"a wrong password", strings.Replace(p.reader, "hunter2secret", "hunter2wrong", 1), "does not accept the login", "password"},
		{"another's database", dsn(p.server, "k", p.login, "hunter2secret"), "may not use that database", "GRANT"},
		{"no TLS, which is the default", strings.Replace(p.reader, "?tls=false", "", 1), "speaks no TLS", "tls=false"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			_, err := mysql.Open(t.Context(), mysql.Config{DSN: c.dsn})
			var e *connectors.Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, c.message) || !strings.Contains(e.Fix, c.fix) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, e), "hunter2") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
	u, _ := url.Parse(p.reader)
	password, _ := u.User.Password()
	for _, address := range []string{
		p.login + ":" + password + "@tcp(" + p.server.Addr() + ")/" + p.name + "?tls=false&parseTime=true&charset=utf8",
		p.login + ":" + password + "@unix(" + p.server.Socket() + ")/" + p.name,
		"mysql://" + p.login + ":" + password + "@localhost/" + p.name + "?socket=" + p.server.Socket(),
	} {
		open(t, mysql.Config{DSN: address})
	}
}

func TestDrift(t *testing.T) {
	p := database(t, shopSQL)
	src, other := open(t, mysql.Config{DSN: p.reader}), open(t, mysql.Config{DSN: p.reader})
	p.admin(t, "ALTER TABLE orders CHANGE amount total DECIMAL(12,2)", "DROP TABLE parts")
	for text, want := range map[string]string{"SELECT SUM(amount) FROM orders": "the column amount", "SELECT COUNT(*) FROM parts": "the table parts"} {
		_, err := query(t, src, text)
		src, other = other, src // which has not begun to read its catalogue anew
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeNotFound || !strings.Contains(e.Message, want) || e.Korean == "" {
			t.Errorf("%s: %v", text, err)
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
	if _, err := query(t, src, "SELECT SUM(total) FROM orders"); err != nil {
		t.Error(err)
	}
}

// running is how many statements of a login the server runs.
func running(t testing.TB, db *sql.DB, login string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(context.WithoutCancel(t.Context()), "SELECT COUNT(*) FROM information_schema.processlist WHERE USER = ? AND COMMAND = 'Query' AND INFO LIKE '%items%'", login).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func await(t testing.TB, db *sql.DB, login string, n int) {
	t.Helper()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for range again.C {
		if running(t, db, login) == n {
			return
		}
	}
}

// A question that is given up ends on the server within half a second, by KILL QUERY, and
// the source goes on.
func TestCancelReachesTheServer(t *testing.T) {
	p := database(t, itemsSQL)
	src := open(t, mysql.Config{DSN: p.reader})
	db := connect(t, p.server, "")
	connectorstest.Soon(t, "the server goes on", 500*time.Millisecond, func() time.Duration {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: slowSQL, Timeout: time.Minute})
			done <- err
		}()
		await(t, db, p.login, 1)
		cancel()
		started := time.Now()
		await(t, db, p.login, 0)
		took := time.Since(started)
		t.Logf("the server stopped after %s", took)
		if code := connectors.CodeOf(<-done); code != connectors.CodeCancelled {
			t.Errorf("code %s", code)
		}
		return took
	})
}

// Where no second connection can be had, the connection is cut and the server ends the
// statement by its own timeout, which is a little over ours.
func TestTheServersOwnTimeout(t *testing.T) {
	p := database(t, itemsSQL)
	src := open(t, mysql.Config{DSN: p.reader, Connections: 1})
	p.admin(t, "ALTER USER "+p.login+" WITH MAX_USER_CONNECTIONS 1") // as many as the source has
	db := connect(t, p.server, "")
	connectorstest.Soon(t, "the server goes on", 2*time.Second, func() time.Duration {
		_, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: slowSQL, Timeout: 500 * time.Millisecond})
		if connectors.CodeOf(err) != connectors.CodeTimeout {
			t.Errorf("got %v", err)
		}
		started := time.Now()
		await(t, db, p.login, 0)
		return time.Since(started)
	})
}

// cutter stands between the source and the server, and cuts connections once they have
// carried so many bytes to the source.
type cutter struct {
	addr  string
	after atomic.Int64 // 0 never cuts
	cuts  atomic.Int64 // how many connections may still be cut
}

func newCutter(t *testing.T, server string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
			out, err := net.Dial("tcp", server)
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
	p := database(t, itemsSQL)
	cut := newCutter(t, p.server.Addr())
	src := open(t, mysql.Config{DSN: strings.Replace(p.reader, p.server.Addr(), cut.addr, 1)})
	const text = "SELECT REPEAT('x', 1000) AS x FROM items"
	for _, after := range []int64{200_000, 500_000, 900_000} {
		for _, c := range []struct {
			cuts int64
			code connectors.Code
		}{{0, ""}, {1, ""}, {100, connectors.CodeUnavailable}, {0, ""}} {
			cut.after.Store(after)
			cut.cuts.Store(c.cuts)
			res, err := query(t, src, text)
			if connectors.CodeOf(err) != c.code || err == nil && len(res.Rows) != 1000 {
				t.Errorf("%d cuts after %d: %v", c.cuts, after, err)
			}
			if err != nil && res != nil {
				t.Errorf("%d cuts: a part of the result came with the error", c.cuts)
			}
		}
	}
}

// Views that cannot be computed, or take for ever, cost their profile and not the source.
func TestBadViews(t *testing.T) {
	t.Parallel()
	p := database(t, itemsSQL, []string{
		"CREATE VIEW slow AS " + slowSQL, "CREATE TABLE base (x INT)", "CREATE VIEW stale AS SELECT x FROM base", "DROP TABLE base",
		"CREATE USER definer IDENTIFIED BY 'x'", "CREATE DEFINER = definer VIEW orphan AS SELECT id FROM items", "DROP USER definer",
	})
	src := open(t, mysql.Config{DSN: p.reader})
	cat, err := src.Catalog(t.Context())
	if err != nil || cat.Table("slow") == nil || cat.Table("items").Column("id").Profile == nil {
		t.Fatalf("%+v, %v", cat, err)
	}
	for _, name := range []string{"stale", "orphan"} {
		if cat.Table(name) == nil {
			continue // the server does not say what its columns are
		}
		_, err := query(t, src, "SELECT * FROM "+name)
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeSQL || e.Korean == "" || e.Fix == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A database of ten thousand tables is read in reasonable time.
func TestManyTables(t *testing.T) {
	t.Parallel()
	server := mariadbtest.Start(t, "table-definition-cache=12000", "table-open-cache=2000", "sync-frm=0")
	const name = "many" // goes with the server: dropping it would take longer than anything else here
	server.Exec(t, append([]string{"CREATE DATABASE " + name}, strings.Split(strings.ReplaceAll(mysql.SetupSQL("mariadb", "reader", []string{name}), "…", "hunter2secret"), ";\n")...)...)
	db := connect(t, server, name)
	db.SetMaxOpenConns(1)
	for i := range 10_000 {
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf("CREATE TABLE t%d (id INT, at DATE) ENGINE = MEMORY", i)); err != nil {
			t.Fatal(err)
		}
	}
	started := time.Now()
	src := open(t, mysql.Config{DSN: dsn(server, name, "reader", "hunter2secret")})
	took := time.Since(started)
	cat, err := src.Catalog(t.Context())
	if err != nil || len(cat.Tables) < 10_000 {
		t.Fatalf("%v, %v", cat, err)
	}
	t.Logf("%d tables in %s", len(cat.Tables), took)
	if took > time.Minute {
		t.Errorf("took %s", took)
	}
}

// A result of a million rows is cut at the caps, and takes no more memory than they say.
func TestMillionRows(t *testing.T) {
	p := database(t, itemsSQL)
	src := open(t, mysql.Config{DSN: p.reader})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT a.id, CONCAT('row ', b.id), REPEAT('x', 100) FROM items a, items b", MaxRows: 2_000_000})
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

// A list that the server cuts at a megabyte is an error, not a shorter list.
func TestCutList(t *testing.T) {
	p := database(t, itemsSQL)
	src := open(t, mysql.Config{DSN: p.reader})
	_, err := query(t, src, "SELECT GROUP_CONCAT(REPEAT('x', 10000)) FROM items")
	if connectors.CodeOf(err) != connectors.CodeTooLarge {
		t.Errorf("got %v", err)
	}
	if res, err := query(t, src, "SELECT GROUP_CONCAT(id) FROM items WHERE id < 5"); err != nil || res.Rows[0][0] != "1,2,3,4" {
		t.Errorf("%v, %v", res, err)
	}
}

// A server that starts anew between two questions costs a second try at the most.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	server := mariadbtest.Start(t)
	p := databaseOn(t, server, itemsSQL)
	src := open(t, mysql.Config{DSN: p.reader})
	for _, how := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		server.Stop(t, how)
		_, err := query(t, src, "SELECT COUNT(*) FROM items")
		if connectors.CodeOf(err) != connectors.CodeUnavailable {
			t.Errorf("while it is away: %v", err)
		}
		server.Continue(t)
		if _, err := query(t, src, "SELECT COUNT(*) FROM items"); err != nil {
			t.Errorf("after it is back: %v", err)
		}
	}
}

// A server that has no connection left says so, and so does one that takes reads only.
func TestFullAndReadOnlyServers(t *testing.T) {
	t.Parallel()
	server := mariadbtest.Start(t, "max-connections=10")
	p := databaseOn(t, server, itemsSQL)
	p.admin(t, "SET GLOBAL read_only = 1")
	found := fmt.Sprint(mysql.Examine(t.Context(), mysql.Config{DSN: p.reader}))
	if !strings.Contains(found, "which takes reads only") {
		t.Errorf("found %s", found)
	}
	src := open(t, mysql.Config{DSN: p.reader, Connections: 1})
	if _, err := query(t, src, "SELECT COUNT(*) FROM items"); err != nil {
		t.Error(err)
	}
	db := connect(t, server, "")
	var held []*sql.Conn
	for len(held) < 20 {
		conn, err := db.Conn(t.Context())
		if err != nil {
			break
		}
		held = append(held, conn)
	}
	_, err := mysql.Open(t.Context(), mysql.Config{DSN: p.reader})
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != connectors.CodeUnavailable || !strings.Contains(e.Message, "no connection left") {
		t.Errorf("got %v", err)
	}
	last := held[0]
	for _, conn := range held[1:] {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // not back into the pool
	}
	// The server notices after us that they are gone, and those who clean up need one.
	for name, used := "", 20; used > 5; {
		if err := last.QueryRowContext(t.Context(), "SHOW STATUS LIKE 'Threads_connected'").Scan(&name, &used); err != nil {
			t.Fatal(err)
		}
	}
	_ = last.Close()
}

// A table that somebody changes is waited for only so long.
func TestLockedTable(t *testing.T) {
	t.Parallel()
	p := database(t, itemsSQL)
	src := open(t, mysql.Config{DSN: p.reader})
	conn, err := connect(t, p.server, p.name).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(t.Context(), "LOCK TABLES items WRITE"); err != nil {
		t.Fatal(err)
	}
	_, err = query(t, src, "SELECT COUNT(*) FROM items")
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != connectors.CodeTimeout || !strings.Contains(e.Message, "locked") || e.Korean == "" {
		t.Errorf("got %v", err)
	}
}

// Texts in other encodings than UTF-8 arrive as UTF-8.
func TestEncodings(t *testing.T) {
	p := database(t, itemsSQL, []string{
		"CREATE TABLE old (a VARCHAR(10) CHARACTER SET euckr, b VARCHAR(10) CHARACTER SET latin1, c VARCHAR(10) CHARACTER SET utf8mb3, d VARCHAR(10) CHARACTER SET ucs2, e VARCHAR(10) CHARACTER SET utf8mb4) COMMENT '옛날'",
		"INSERT INTO old VALUES ('밥상', 'café', '밥', '상', '🍚')",
	})
	src := open(t, mysql.Config{DSN: p.reader})
	res, err := query(t, src, "SELECT * FROM old WHERE a = '밥상' AND b = 'café' AND e = '🍚'")
	if err != nil || len(res.Rows) != 1 || !cmp.Equal(res.Rows[0], []any{"밥상", "café", "밥", "상", "🍚"}) {
		t.Errorf("%+v, %v", res, err)
	}
}

// Moments are told in the configuration's zone, by its name where the server knows it, and
// by its offset of today where not; the doctor says which.
func TestZones(t *testing.T) {
	t.Parallel()
	server := mariadbtest.Start(t)
	p := databaseOn(t, server, itemsSQL, []string{"CREATE TABLE m (at TIMESTAMP, wall DATETIME)", "INSERT INTO m VALUES ('2026-07-01 00:00:00', '2026-07-01 00:00:00'), ('2026-01-01 00:00:00', '2026-01-01 00:00:00')"})
	at := func(zone string) []any {
		src := open(t, mysql.Config{DSN: p.reader, Timezone: zone})
		res, err := query(t, src, "SELECT at, wall FROM m ORDER BY 1 DESC")
		if err != nil {
			t.Fatal(err)
		}
		return []any{res.Rows[0][0], res.Rows[0][1], res.Rows[1][0]}
	}
	wall := func(m time.Month, d, h int) any { return time.Date(2026, m, d, h, 0, 0, 0, time.UTC) }
	if got, want := at("Asia/Seoul"), []any{wall(7, 1, 9), wall(7, 1, 0), wall(1, 1, 9)}; !cmp.Equal(got, want) {
		t.Errorf("by the offset: %v", got)
	}
	found := fmt.Sprint(mysql.Examine(t.Context(), mysql.Config{DSN: p.reader, Timezone: "Asia/Seoul"}))
	if !strings.Contains(found, "offset of today, +09:00") || strings.Contains(found, "part of the year") {
		t.Errorf("found %s", found)
	}
	found = fmt.Sprint(mysql.Examine(t.Context(), mysql.Config{DSN: p.reader, Timezone: "America/New_York"}))
	if !strings.Contains(found, "part of the year") {
		t.Errorf("found %s", found)
	}
	server.Zones(t, "America/New_York")
	if got, want := at("America/New_York"), []any{time.Date(2026, 6, 30, 20, 0, 0, 0, time.UTC), wall(7, 1, 0), time.Date(2025, 12, 31, 19, 0, 0, 0, time.UTC)}; !cmp.Equal(got, want) {
		t.Errorf("by the name: %v", got)
	}
}
