package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/connectorstest/mariadbtest"
	"github.com/bapsang/bapsang/connectors/mysql"
)

var itemsSQL = []string{
	"CREATE TABLE items (id INT PRIMARY KEY, label VARCHAR(100), price DECIMAL(10,2))",
	"INSERT INTO items SELECT seq, CONCAT('항목 ', seq), seq / 4 FROM seq_1_to_1000",
	"CREATE TABLE hidden (secret TEXT)",
	"INSERT INTO hidden VALUES ('hunter2')",
}

// connect opens a database of the server as its super-user.
func connect(t testing.TB, server *mariadbtest.Server, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", server.DSN(name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// admin runs statements as the super-user, in one session.
func admin(t testing.TB, server *mariadbtest.Server, name string, statements ...string) {
	t.Helper()
	db, err := sql.Open("mysql", server.DSN(name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), s); err != nil {
			t.Fatalf("%v\n%.300s", err, s)
		}
	}
}

// place is a database of a test.
type place struct {
	server        *mariadbtest.Server
	name, login   string
	owner, reader string // its address as the super-user and as the login that SetupSQL makes
}

func (p place) admin(t testing.TB, statements ...string) {
	t.Helper()
	admin(t, p.server, p.name, statements...)
}

// dsn is the address of a database for a login.
func dsn(server *mariadbtest.Server, name, login, password string) string {
	u := url.URL{Scheme: "mysql", User: url.UserPassword(login, password), Host: server.Addr(), Path: "/" + name, RawQuery: "tls=false"}
	return u.String()
}

// database makes a database of the statements on a server.
func database(t testing.TB, statements ...[]string) place {
	t.Helper()
	return databaseOn(t, mariadbtest.Shared(t), statements...)
}

func databaseOn(t testing.TB, server *mariadbtest.Server, statements ...[]string) place {
	t.Helper()
	p := place{server: server, name: server.Database(t)}
	p.login = "reader_" + p.name
	for _, list := range statements {
		p.admin(t, list...)
	}
	setup := strings.ReplaceAll(mysql.SetupSQL("mariadb", p.login, []string{p.name}), "…", "hunter2secret")
	p.admin(t, strings.Split(strings.TrimSuffix(setup, ";"), ";\n")...)
	t.Cleanup(func() { admin(t, server, "", "DROP USER "+p.login) })
	p.owner, p.reader = dsn(server, p.name, "root", ""), dsn(server, p.name, p.login, "hunter2secret")
	return p
}

func open(t testing.TB, cfg mysql.Config) *mysql.Source {
	t.Helper()
	src, err := mysql.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	})
	return src
}

func query(t testing.TB, src connectors.Source, sql string) (*connectors.Result, error) {
	t.Helper()
	return src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql})
}

// slowSQL runs for minutes.
const slowSQL = "SELECT COUNT(*) FROM items a, items b, items c, items d WHERE a.price + b.price + c.price + d.price = 7.1"

func TestSource(t *testing.T) {
	p := database(t, itemsSQL)
	p.server.Zones(t, "Asia/Seoul")
	utc := func(y int, m time.Month, d, h, min, s, ns int) time.Time {
		return time.Date(y, m, d, h, min, s, ns, time.UTC)
	}
	wide := "SELECT " + strings.TrimSuffix(strings.Repeat("REPEAT('x', 100000), ", 170), ", ")
	connectorstest.Run(t, connectorstest.Harness{
		Open: func(t *testing.T) connectors.Source {
			src, err := mysql.Open(t.Context(), mysql.Config{DSN: p.reader, Name: "my", Timezone: "Asia/Seoul"})
			if err != nil {
				t.Fatal(err)
			}
			return src
		},
		Types: `SELECT NULL, TRUE, -2, 3, 9223372036854775807, -9223372036854775808, 18446744073709551615, CAST(5 AS UNSIGNED), CAST(5 AS DECIMAL(20)),
			CAST(-1234.5 AS DECIMAL(18,2)), CAST(0.05 AS DECIMAL(38,10)), 99999999999999999999999999999999999.5, 0.1, 1.5e0, -2.5e300, CAST('0.1' AS DOUBLE),
			'밥상 🍚', '', 'it''s \\ "x"', DATE '2026-11-22', TIMESTAMP '2026-11-22 01:02:03.456789', CAST('2026-11-22' AS DATE), CAST('2026-11-22 00:00:00' AS DATETIME(3)), FROM_UNIXTIME(0),
			CAST('9999-12-31' AS DATE), TIME '-838:59:59', TIMEDIFF('2026-11-23 02:00:00', '2026-11-22 00:00:00'), x'AA01', b'101', CAST('a' AS BINARY(3)),
			JSON_OBJECT('b', 1, 'a', 'x'), YEAR('2026-01-01'), 7 DIV 2, 7 / 2, SHA2('a', 256), INET6_ATON('::1'), POINT(1, 2)`,
		TypesWant: []any{
			nil, int64(1), int64(-2), int64(3), int64(math.MaxInt64), int64(math.MinInt64), connectors.Decimal("18446744073709551615"), int64(5), connectors.Decimal("5"),
			connectors.Decimal("-1234.50"), connectors.Decimal("0.0500000000"), connectors.Decimal("99999999999999999999999999999999999.5"), connectors.Decimal("0.1"), 1.5, -2.5e300, 0.1,
			"밥상 🍚", "", `it's \ "x"`, utc(2026, 11, 22, 0, 0, 0, 0), utc(2026, 11, 22, 1, 2, 3, 456789000), utc(2026, 11, 22, 0, 0, 0, 0), utc(2026, 11, 22, 0, 0, 0, 0), utc(1970, 1, 1, 9, 0, 0, 0),
			utc(9999, 12, 31, 0, 0, 0, 0), "-838:59:59", "26:00:00", `\xaa01`, `\x05`, `\x610000`,
			`{"b": 1, "a": "x"}`, int64(2026), int64(3), connectors.Decimal("3.5000"), "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", `\x00000000000000000000000000000001`,
			`\x000000000101000000000000000000f03f0000000000000040`,
		},
		Slow:    slowSQL,
		Cast:    "SELECT 9223372036854775807 + id FROM items",
		Wide:    wide,
		Long:    "SELECT REPEAT('밥', 1000) AS s FROM items a, items b",
		Writes:  []string{"SELECT * FROM items INTO OUTFILE '/tmp/x.csv'", "LOAD DATA INFILE '/etc/passwd' INTO TABLE items", "SET sql_mode = ''", "CREATE TEMPORARY TABLE t AS SELECT 1", "CALL f()", "DO SLEEP(1)", "HANDLER items OPEN", "REPLACE INTO items VALUES (1, 'x', 1)"},
		Escapes: []string{"SELECT LOAD_FILE('/etc/passwd')", "SELECT * FROM mysql.user", "SELECT @@datadir", "SELECT * FROM items FOR UPDATE", "SELECT * FROM items LOCK IN SHARE MODE", "SELECT SLEEP(1)", "SELECT @a := 1"},
	})
}

// How values of tables arrive: each type that a column may have.
func TestColumnTypes(t *testing.T) {
	p := database(t, []string{
		"SET sql_mode = 'ALLOW_INVALID_DATES'",
		`CREATE TABLE every (a TINYINT(1), b BIGINT UNSIGNED, c FLOAT, d DOUBLE, e DECIMAL(65,30), f BIT(1), g BIT(64), h YEAR, i TIME(3), j DATE, k DATETIME(6), l TIMESTAMP NULL,
			m ENUM('완료', '취소'), n SET('가', '나'), o JSON, p BLOB, q VARBINARY(10), r GEOMETRY, s MEDIUMTEXT, u INT(5) ZEROFILL, v CHAR(4), w UUID, x INET6)`,
		`INSERT INTO every VALUES (2, 18446744073709551615, 0.1, 1e308, 12345678901234567890123456789012345.123456789012345678901234567890, b'1', 0xFFFFFFFFFFFFFFFF, 1999, '100:00:00.5', '0000-00-00', '2026-02-00 00:00:00', '2026-11-22 00:00:00',
			'취소', '가,나', '{"b": [1.10]}', 0x00FF, 'ab', POINT(1,2), '밥', 42, 'ab', '2c1bd2d1-3a3f-4ed5-90a4-8b3d6ce6b3a5', '::1')`,
	})
	src := open(t, mysql.Config{DSN: p.reader, Timezone: "Asia/Seoul"})
	res, err := query(t, src, "SELECT * FROM every")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []any{
		int64(2), connectors.Decimal("18446744073709551615"), 0.1, 1e308, connectors.Decimal("12345678901234567890123456789012345.123456789012345678901234567890"), int64(1), connectors.Decimal("18446744073709551615"), int64(1999), "100:00:00.500", "0000-00-00", "2026-02-00 00:00:00.000000",
		time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), "취소", "가,나", `{"b": [1.10]}`, `\x00ff`, `\x6162`, `\x000000000101000000000000000000f03f0000000000000040`, "밥", int64(42), "ab", "2c1bd2d1-3a3f-4ed5-90a4-8b3d6ce6b3a5", "::1",
	} {
		if got := res.Rows[0][i]; got != want {
			t.Errorf("%s: %#v, want %#v", res.Columns[i].Type, got, want)
		}
	}
	if types := fmt.Sprint(res.Columns[1].Type, " ", res.Columns[4].Type); types != "BIGINT UNSIGNED DECIMAL(65,30)" {
		t.Errorf("types %s", types)
	}
}
