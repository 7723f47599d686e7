package mysql_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/mysql"
)

// trapSQL is what attacks want beside the secret: functions that give it away or change
// something, a sequence, a view, and a database of somebody else's.
var trapSQL = []string{
	"CREATE TABLE log (at DATETIME)",
	"CREATE SEQUENCE counter",
	"CREATE VIEW safe AS SELECT id FROM items",
	"CREATE FUNCTION spy() RETURNS TEXT SQL SECURITY DEFINER BEGIN INSERT INTO log VALUES (NOW()); RETURN (SELECT secret FROM hidden); END",
	"CREATE FUNCTION any_value(x TEXT) RETURNS TEXT SQL SECURITY DEFINER RETURN (SELECT secret FROM hidden)", // MariaDB has none of its own
	"CREATE PROCEDURE wipe() DELETE FROM items",
	"CREATE DATABASE IF NOT EXISTS other",
	"CREATE TABLE IF NOT EXISTS other.private (x INT)",
	"CREATE TABLE `items_` (x INT)",
}

// attacks are the lines of testdata/attacks.sql.
func attacks(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/attacks.sql")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\n"); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

// state is what an attack could change, as one text.
func state(t *testing.T, db *sql.DB) string {
	t.Helper()
	var out []string
	ask := func(question string) {
		rows, err := db.QueryContext(t.Context(), question)
		if err != nil {
			t.Fatalf("%s: %v", question, err)
		}
		defer rows.Close()
		for rows.Next() {
			var a, b sql.NullString
			if err := rows.Scan(&a, &b); err != nil {
				t.Fatal(err)
			}
			out = append(out, a.String+"="+b.String)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, question := range []string{
		"CHECKSUM TABLE items, hidden, log, other.private, mysql.global_priv, mysql.db, mysql.tables_priv, mysql.proc, mysql.event, mysql.func, mysql.plugin, mysql.servers",
		"SELECT 'tables', COUNT(*) FROM information_schema.tables UNION ALL SELECT 'triggers', COUNT(*) FROM information_schema.triggers UNION ALL SELECT 'next', next_not_cached_value FROM counter",
		"SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.global_variables WHERE VARIABLE_NAME NOT LIKE 'GTID%' AND VARIABLE_NAME NOT LIKE '%TIMESTAMP'",
		"SELECT 'locks', COUNT(*) FROM information_schema.processlist WHERE USER <> 'root' AND COMMAND = 'Query'",
	} {
		ask(question)
	}
	return strings.Join(out, " ")
}

// Every attack is refused, quickly, before the server is asked: with the login that is
// recommended, and with one that could do everything.
func TestAttacks(t *testing.T) {
	p := database(t, itemsSQL, trapSQL)
	db := connect(t, p.server, p.name)
	lines := attacks(t)
	if len(lines) < 300 {
		t.Fatalf("only %d attacks", len(lines))
	}
	const canary = "/tmp/bapsang-attack-canary"
	_ = os.Remove(canary)
	for name, cfg := range map[string]mysql.Config{
		"the recommended login": {DSN: p.reader},
		"root":                  {DSN: p.owner, AllowPrivileged: true},
	} {
		t.Run(name, func(t *testing.T) {
			src := open(t, cfg)
			before, asked := state(t, db), questions(t, db)
			for _, line := range lines {
				started := time.Now()
				res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: line, Tables: []string{"items"}, Timeout: 3 * time.Second})
				var e *connectors.Error
				switch {
				case err == nil:
					t.Errorf("ran: %.200s\n%.200v", line, res.Rows)
				case !errors.As(err, &e) || e.Code != connectors.CodeDenied && (e.Code != connectors.CodeSQL || !strings.HasPrefix(e.Message, "The statement cannot be parsed")):
					t.Errorf("reached the server: %.200s\n%v", line, err)
				}
				if took := time.Since(started); took > 4*time.Second { // what waits, waits for nine
					t.Errorf("took %s: %.200s", took, line)
				}
			}
			if now := questions(t, db); now != asked+1 { // this one
				t.Errorf("the server was asked %d times", now-asked-1)
			}
			if after := state(t, db); after != before {
				t.Errorf("before %s\nafter  %s", before, after)
			}
			if _, err := os.Stat(canary); err == nil {
				t.Error("a file was written")
			}
			res, err := query(t, src, "SELECT COUNT(*) FROM items")
			if err != nil || res.Rows[0][0] != int64(1000) {
				t.Errorf("afterwards: %v, %v", res, err)
			}
		})
	}
	t.Logf("%d attacks", len(lines))
}

// questions counts the statements that the server was ever asked.
func questions(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	var name string
	if err := db.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE 'Queries'").Scan(&name, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What the proof keeps from the server would also fail there: the session's transactions
// only read, also for one who may do everything, and also behind a view.
func TestSessionReadsOnly(t *testing.T) {
	p := database(t, itemsSQL, trapSQL, []string{"CREATE FUNCTION sly() RETURNS INT RETURN 1", "CREATE VIEW sly AS SELECT sly() AS x"})
	src := open(t, mysql.Config{DSN: p.owner, AllowPrivileged: true})
	if _, err := query(t, src, "SELECT * FROM sly"); err != nil {
		t.Error(err)
	}
	p.admin(t, "CREATE OR REPLACE FUNCTION sly() RETURNS INT BEGIN INSERT INTO log VALUES (NOW()); RETURN 1; END")
	_, err := query(t, src, "SELECT * FROM sly")
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != connectors.CodeDenied || !strings.Contains(e.Message, "changed something") {
		t.Errorf("a view that writes: %v", err)
	}
	var n int
	if err := connect(t, p.server, p.name).QueryRowContext(t.Context(), "SELECT COUNT(*) FROM log").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows were written, %v", n, err)
	}
}

// MariaDB does not see the names of an outer WITH within the WITH of a subquery, and looks
// for tables that are called so. It finds none: no session has chosen a database.
func TestNamesWithinNames(t *testing.T) {
	p := database(t, itemsSQL)
	for name, cfg := range map[string]mysql.Config{"the recommended login": {DSN: p.reader}, "root": {DSN: p.owner, AllowPrivileged: true}} {
		src := open(t, cfg)
		for _, text := range []string{
			"WITH hidden AS (SELECT 'ok' AS secret) SELECT * FROM (WITH b AS (SELECT (SELECT MAX(secret) FROM hidden) AS s) SELECT * FROM b) q",
			"WITH hidden AS (SELECT 'ok' AS secret) SELECT (WITH b AS (SELECT secret AS s FROM hidden) SELECT s FROM b) q",
			"WITH hidden AS (SELECT 'ok' AS secret), c AS (WITH b AS (SELECT (SELECT secret FROM hidden) AS s) SELECT s FROM b) SELECT * FROM c",
			"WITH hidden AS (SELECT 'ok' AS secret) SELECT 'hunter2' FROM items WHERE EXISTS (WITH b AS (SELECT secret AS s FROM hidden WHERE secret = 'hunter2') SELECT s FROM b)",
			"WITH hidden AS (SELECT 'ok' AS secret) SELECT * FROM (WITH b AS (SELECT x.s FROM (SELECT secret AS s FROM hidden) x) SELECT * FROM b) q",
			"WITH hidden AS (SELECT 'ok' AS secret) SELECT * FROM (WITH b AS (SELECT 'ok' AS s UNION SELECT secret AS s FROM hidden) SELECT * FROM b) q",
			"WITH RECURSIVE hidden AS (SELECT 'ok' AS secret) SELECT * FROM (WITH b AS (WITH c AS (SELECT secret FROM hidden) SELECT * FROM c) SELECT * FROM b) q",
			"WITH RECURSIVE hidden AS (SELECT secret FROM hidden UNION SELECT 'ok') SELECT * FROM hidden",
			"(WITH hidden AS (SELECT 'ok' AS secret) SELECT * FROM hidden) UNION (WITH hidden AS (SELECT 'ok' AS secret) SELECT * FROM hidden)",
		} {
			res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: text, Tables: []string{"items"}})
			if err == nil && strings.Contains(fmt.Sprint(res.Rows), "hunter2") {
				t.Errorf("%s leaks: %s", name, text)
			}
			if code := connectors.CodeOf(err); code == connectors.CodeUnavailable || code == connectors.CodeInternal {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

// What analyses need is let through, so that the proof is no wall.
func TestHonestStatements(t *testing.T) {
	p := database(t, itemsSQL, []string{
		"CREATE TABLE o (id INT PRIMARY KEY, at DATETIME, d DATE, amount DECIMAL(10,2), m ENUM('b', '좋음'), j JSON, `order` INT, `말 \"x\"` INT, KEY by_d (d))",
		"INSERT INTO o VALUES (1, '2026-11-01 10:00:00', '2026-11-01', 12.5, 'b', '{\"k\": [1, 2]}', 1, 2)",
	})
	src := open(t, mysql.Config{DSN: p.reader, Timezone: "Asia/Seoul"})
	for _, sql := range []string{
		"SELECT DATE_FORMAT(at, '%Y-%m') AS m, SUM(amount) FROM o GROUP BY 1 ORDER BY 1 DESC LIMIT 3;",
		"WITH a AS (SELECT *, ROW_NUMBER() OVER (PARTITION BY m ORDER BY at DESC) AS n FROM o) SELECT * FROM a WHERE n = 1",
		"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT SUM(n) FROM t",
		"SELECT id, JSON_EXTRACT(j, '$.k[0]'), JSON_UNQUOTE(JSON_EXTRACT(j, '$.k')), JSON_CONTAINS(j, '1', '$.k'), JSON_LENGTH(j, '$.k'), JSON_VALUE(j, '$.k[1]') FROM o",
		"SELECT YEAR(at), QUARTER(at), MONTHNAME(at), WEEK(at, 3), YEARWEEK(at), DAYOFWEEK(at), EXTRACT(YEAR_MONTH FROM at), LAST_DAY(at), TIMESTAMPDIFF(MONTH, at, NOW()), DATEDIFF(CURDATE(), d) FROM o",
		"SELECT at + INTERVAL 1 MONTH, DATE_SUB(d, INTERVAL 7 DAY), DATE_ADD(at, INTERVAL '1:30' HOUR_MINUTE), ADDDATE(d, 3), STR_TO_DATE('2026-01-02', '%Y-%m-%d'), MAKEDATE(2026, 32), FROM_UNIXTIME(0), UNIX_TIMESTAMP(at) FROM o",
		"SELECT CONVERT_TZ(at, '+00:00', '+09:00'), DATE '2026-01-01', TIMESTAMP '2026-01-01 00:00:00', CURRENT_DATE, CURRENT_TIMESTAMP, NOW(6), UTC_DATE, CURRENT_TIMESTAMP(3) FROM o",
		"SELECT m, amount, SUM(amount) OVER w, LAG(amount, 1) OVER w, NTILE(4) OVER w, FIRST_VALUE(amount) OVER (ORDER BY id ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) FROM o WINDOW w AS (ORDER BY at)",
		"SELECT CASE WHEN m = 'b' THEN '좋음' ELSE NULL END, COALESCE(m, '없음'), IF(id > 1, 'x', 'y'), IFNULL(m, 1), NULLIF(id, 0), GREATEST(id, 2), LEAST(1, id) FROM o",
		"SELECT m, SUM(amount) FROM o GROUP BY m WITH ROLLUP",
		"SELECT SUBSTRING(label FROM 1 FOR 2), POSITION('목' IN label), TRIM(BOTH ' ' FROM label), label LIKE '%항목%' ESCAPE '!', label REGEXP '항.*1$', label NOT REGEXP 'x', LPAD(id, 6, '0'), REGEXP_REPLACE(label, '[0-9]', ''), SUBSTRING_INDEX(label, ' ', -1) FROM items",
		"SELECT label LIKE '%\\_%', label LIKE '10\\%', 'a\\nb', \"say 'x'\" FROM items",
		"SELECT STDDEV_SAMP(price), VAR_POP(price), GROUP_CONCAT(DISTINCT label ORDER BY label DESC SEPARATOR '; '), BIT_OR(id), COUNT(DISTINCT id, label), JSON_ARRAYAGG(id) FROM items WHERE id < 9",
		"SELECT ROUND(price * 1.1, 1), FORMAT(price, 0), FLOOR(price), TRUNCATE(price, 1), MOD(id, 3), id DIV 3, id % 3, id MOD 3, POW(2, 3), -id, ~id, id <=> NULL, !id, id XOR 1, 5 & 3 | 4 ^ 1 << 2 FROM items",
		"SELECT CAST(price AS SIGNED), CAST(id AS CHAR), CAST('2026-01-01' AS DATE), CONVERT(label, CHAR(3)), CONVERT(label USING utf8mb4), CAST(price AS DOUBLE), CAST(1 AS DECIMAL(10,2)), CAST('10:00' AS TIME(3)) FROM items",
		"SELECT items.id, o.* FROM items LEFT JOIN o USING (id) WHERE items.id IN (SELECT id FROM o) AND NOT EXISTS (SELECT 1 FROM o x WHERE x.id = items.id + 1)",
		"SELECT * FROM items i JOIN o ON i.id = o.id AND (i.id, o.id) = (1, 1) CROSS JOIN (SELECT 1 AS one) q",
		"SELECT * FROM (items i JOIN o ON i.id = o.id) LEFT JOIN items k ON k.id = i.id + 1",
		"(SELECT id FROM items ORDER BY id LIMIT 1) UNION (SELECT id FROM items ORDER BY id DESC LIMIT 1) ORDER BY 1 DESC",
		"SELECT id FROM items EXCEPT SELECT id FROM items WHERE id > 3 UNION ALL SELECT 7 INTERSECT SELECT 7",
		"SELECT `order`, `말 \"x\"` AS '말', o.`order` FROM o FORCE INDEX (by_d) WHERE d >= '2026-01-01'",
		"SELECT id AS a, id AS a FROM items LIMIT 1 -- the same name twice",
		"SELECT DISTINCT label FROM items HAVING label <> '' ORDER BY label COLLATE utf8mb4_bin LIMIT 5 OFFSET 2",
		"SELECT id > ANY (SELECT id FROM o), id = ALL (SELECT id FROM o), id IS NOT TRUE, id BETWEEN 1 AND 2, label IN ('a', 'b'), label NOT LIKE 'x', BINARY label = 'x' FROM items LIMIT 1",
		"SELECT AVG(x) FROM (SELECT MEDIAN(price) OVER (PARTITION BY id % 3) AS x FROM items) q -- MariaDB's own window: see docs",
		"SELECT x'41', 0x41, b'1', 1e3, .5, 5., TRUE, FALSE, NULL, N'가', _utf8mb4'나', 'a' 'b'",
		"SELECT ELT(2, 'a', 'b'), FIELD('b', 'a', 'b'), FIND_IN_SET('b', 'a,b'), HEX('가'), MD5('a'), INTERVAL(3, 1, 2, 4), GET_FORMAT(DATE, 'ISO'), SOUNDEX('a'), CRC32('a')",
		"SELECT ST_ASTEXT(POINT(1, 2)), ST_DISTANCE(POINT(0, 0), POINT(3, 4)), INET_NTOA(1), ADD_MONTHS(d, 1), NVL(m, 'x') FROM o",
	} {
		_, err := query(t, src, sql)
		if strings.Contains(sql, "see docs") {
			var e *connectors.Error
			if !errors.As(err, &e) || e.Code != connectors.CodeSQL || !strings.Contains(e.Message, "cannot be parsed") {
				t.Errorf("%s\n%v", sql, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s\n%v", sql, err)
		}
	}
}

// later are functions of the list that are syntax to the server where they have values
// that fit, and nothing otherwise.
var later = map[string]bool{"point": true}

// The list of functions is held against the engine's own: each one is called with nothing,
// one, two, three or four values until the server does not say that there is no such
// function.
func TestFunctionsAreTheEngines(t *testing.T) {
	text, err := os.ReadFile("functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	p := database(t)
	db := connect(t, p.server, p.name)
	section, known := "", 0
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "["):
			section = line
		case strings.HasPrefix(line, "#"):
		default:
			for name := range strings.FieldsSeq(line) {
				switch has := exists(t, db, name); {
				case section == "[mysql]" && has:
					t.Errorf("%s: MariaDB has it, too", name)
				case section != "[mysql]" && !has && !later[name]:
					t.Errorf("%s: there is no such function", name)
				case has:
					known++
				}
			}
		}
	}
	t.Logf("%d functions", known)
}

// exists reports whether the server knows a function by a name: what it does not know, it
// takes for one of the database's.
func exists(t *testing.T, db *sql.DB, name string) bool {
	t.Helper()
	_, err := db.ExecContext(t.Context(), fmt.Sprintf("DO `%s`()", name))
	switch text := fmt.Sprint(err); {
	case strings.Contains(text, "1305") || strings.Contains(text, "does not exist"):
		// Some are words of the grammar: as a name in quotes they are another.
		_, err = db.ExecContext(t.Context(), fmt.Sprintf("DO %s(1)", name))
		return !strings.Contains(fmt.Sprint(err), "1305") && !strings.Contains(fmt.Sprint(err), "does not exist")
	default:
		return true
	}
}
