package postgres_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/postgres"
)

// trapSQL is what attacks want: a secret, functions that give it away or change something,
// and names that hide the engine's own.
const trapSQL = itemsSQL + `
	CREATE SEQUENCE counter;
	CREATE TYPE mood AS ENUM ('b');
	CREATE TABLE log (at timestamptz);
	CREATE FUNCTION spy() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT INTO log VALUES (now()); RETURN (SELECT secret FROM hidden); END';
	CREATE FUNCTION peek(items) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT secret FROM hidden';
	CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT secret FROM hidden';
	CREATE FUNCTION plus(text, text) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT secret FROM hidden';
	CREATE OPERATOR @@@@ (LEFTARG = text, RIGHTARG = text, FUNCTION = plus);
	CREATE SCHEMA other;
	CREATE TABLE other.private (x int);
	CREATE TABLE "items " (x int);`

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
func state(t *testing.T, dsn string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var out string
	err = conn.QueryRow(t.Context(), `SELECT concat_ws(' ', (SELECT md5(string_agg(items::text, ',' ORDER BY id)) FROM items), (SELECT count(*) FROM hidden), (SELECT count(*) FROM log),
		(SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_roles), (SELECT count(*) FROM pg_database), (SELECT count(*) FROM pg_largeobject_metadata),
		(SELECT count(*) FROM pg_db_role_setting), (SELECT md5(string_agg(relacl::text, ',' ORDER BY oid)) FROM pg_class), (SELECT last_value FROM counter), (SELECT count(*) FROM pg_replication_slots),
		(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), (SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND application_name = 'bapsang'))`).Scan(&out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Every attack is refused, quickly, before the server is asked: with the login that is
// recommended, and with one that could do everything.
func TestAttacks(t *testing.T) {
	owner, reader := database(t, trapSQL)
	admin(t, owner, "REVOKE ALL ON hidden FROM PUBLIC")
	lines := attacks(t)
	if len(lines) < 300 {
		t.Fatalf("only %d attacks", len(lines))
	}
	const canary = "/tmp/bapsang-attack-canary"
	_ = os.Remove(canary)
	for name, cfg := range map[string]postgres.Config{
		"the recommended login": {DSN: reader},
		"a superuser":           {DSN: owner, AllowPrivileged: true},
	} {
		t.Run(name, func(t *testing.T) {
			src := open(t, cfg)
			before := state(t, owner)
			for _, sql := range lines {
				started := time.Now()
				res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql, Tables: []string{"items"}, Timeout: 3 * time.Second})
				var e *connectors.Error
				switch {
				case err == nil:
					t.Errorf("ran: %.200s\n%.200v", sql, res.Rows)
				case !errors.As(err, &e) || e.Code != connectors.CodeDenied && (e.Code != connectors.CodeSQL || !strings.HasPrefix(e.Message, "The statement cannot be parsed")):
					t.Errorf("reached the server: %.200s\n%v", sql, err)
				}
				if took := time.Since(started); took > 4*time.Second { // what waits, waits for nine
					t.Errorf("took %s: %.200s", took, sql)
				}
			}
			if after := state(t, owner); after != before {
				t.Errorf("before %s\nafter  %s", before, after)
			}
			if _, err := os.Stat(canary); err == nil {
				t.Error("a file was written")
			}
			res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT count(*) FROM items"})
			if err != nil || res.Rows[0][0] != int64(1000) {
				t.Errorf("afterwards: %v, %v", res, err)
			}
		})
	}
}

// What analyses need is let through, so that the proof is no wall.
func TestHonestStatements(t *testing.T) {
	_, reader := database(t, trapSQL, "CREATE TABLE o (id int, at timestamptz, d date, amount numeric, m mood, tags text[], j jsonb)",
		"INSERT INTO o VALUES (1, '2026-11-01 00:00+09', '2026-11-01', 12.5, 'b', '{a,b}', '{\"k\": [1, 2]}')")
	src := open(t, postgres.Config{DSN: reader, Timezone: "Asia/Seoul"})
	for _, sql := range []string{
		"SELECT date_trunc('month', at)::date AS m, sum(amount) FROM o GROUP BY 1 ORDER BY 1 DESC NULLS LAST LIMIT 3;",
		"WITH a AS (SELECT *, row_number() OVER (PARTITION BY m ORDER BY at DESC) AS n FROM o) SELECT * FROM a WHERE n = 1",
		"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) FROM t",
		"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount), mode() WITHIN GROUP (ORDER BY m), count(*) FILTER (WHERE amount > 1) FROM o",
		"SELECT id, tag FROM o, unnest(tags) AS tag WHERE j->'k' @> '1' AND j #>> '{k,0}' = '1'",
		"SELECT extract(isodow FROM at), to_char(at, 'YYYY-MM'), at AT TIME ZONE 'UTC', age(at), interval '1 day' * 3 FROM o",
		"SELECT g::date FROM generate_series(DATE '2026-01-01', DATE '2026-01-03', interval '1 day') AS g",
		"SELECT m, amount, sum(amount) OVER w FROM o WINDOW w AS (ORDER BY at ROWS BETWEEN 6 PRECEDING AND CURRENT ROW)",
		"SELECT CASE WHEN m = 'b'::mood THEN '좋음' ELSE NULL END, coalesce(m::text, '없음'), 'b'::public.mood FROM o",
		"SELECT m, grouping(m), sum(amount) FROM o GROUP BY ROLLUP (m)",
		"SELECT substring(label FROM 1 FOR 2), position('목' IN label), trim(BOTH ' ' FROM label), overlay(label PLACING 'x' FROM 1), label ILIKE '%항목%' ESCAPE '!', label SIMILAR TO '항%', lpad(id::text, 6, '0') FROM items",
		"SELECT CURRENT_DATE, now(), LOCALTIMESTAMP, DATE '2026-01-31' + 1, (DATE '2026-01-01', DATE '2026-02-01') OVERLAPS (DATE '2026-01-15', DATE '2026-03-01')",
		"SELECT corr(id, price), stddev_samp(price), regr_slope(price, id), width_bucket(max(price), 0, 250, 10) FROM items",
		"SELECT array_agg(DISTINCT label ORDER BY label) FILTER (WHERE id < 3), json_agg(items) FROM items",
		"SELECT * FROM (VALUES (1, 'a'), (2, 'b')) v(id, x) JOIN items USING (id) ORDER BY ABS(price - 1)",
		"SELECT string_agg(x, ',') FROM regexp_split_to_table('a,b', ',') AS x",
		"SELECT pg_catalog.lower(label), round(price * 1.1, 1), price::money, md5(label) FROM public.items TABLESAMPLE bernoulli (10)",
		"(SELECT id FROM items ORDER BY id LIMIT 1) UNION (SELECT id FROM items ORDER BY id DESC LIMIT 1)",
		"SELECT id AS a, id AS a FROM items LIMIT 1 -- the same name twice",
	} {
		if _, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql}); err != nil {
			t.Errorf("%s\n%v", sql, err)
		}
	}
}

// The list of functions is held against the engine's own: nothing on it is volatile or
// unknown, but for what newer versions brought.
func TestFunctionsAreTheEngines(t *testing.T) {
	text, err := os.ReadFile("functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	section, names := "", map[string][]string{}
	for line := range strings.Lines(string(text)) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "["):
			section = line
		case !strings.HasPrefix(line, "#"):
			names[section] = append(names[section], strings.Fields(line)...)
		}
	}
	owner, _ := database(t)
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	old := version(t, owner) < 150000 // what came since is not there, and some was marked otherwise
	later := map[string]bool{"any_value": true, "array_reverse": true, "array_sort": true, "casefold": true, "date_add": true, "date_subtract": true,
		"erf": true, "erfc": true, "uuid_extract_timestamp": true, "coalesce": true, "nullif": true, "greatest": true, "least": true, "grouping": true}
	for _, name := range append(names["[functions]"], names["[tables]"]...) {
		var known, volatile bool
		if err := conn.QueryRow(t.Context(), "SELECT count(*) > 0, coalesce(bool_or(provolatile = 'v'), false) FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = $1", name).Scan(&known, &volatile); err != nil {
			t.Fatal(err)
		}
		if !old && (!known && !later[name] || volatile) {
			t.Errorf("%s: known %v, volatile %v", name, known, volatile)
		}
	}
	for _, name := range names["[types]"] {
		var known bool
		if err := conn.QueryRow(t.Context(), "SELECT count(*) > 0 FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typname = $1", name).Scan(&known); err != nil || !known && !old {
			t.Errorf("type %s: %v, %v", name, known, err)
		}
	}
}
