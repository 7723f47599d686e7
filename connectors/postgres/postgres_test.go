package postgres_test

import (
	"context"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

const itemsSQL = `
	CREATE TABLE items (id int PRIMARY KEY, label text, price numeric(10,2));
	INSERT INTO items SELECT i, '항목 ' || i, i / 4.0 FROM generate_series(1, 1000) AS t(i);
	CREATE TABLE hidden (secret text);
	INSERT INTO hidden VALUES ('hunter2');
`

// admin runs statements as the superuser.
func admin(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for _, s := range statements {
		if _, err := conn.PgConn().Exec(t.Context(), s).ReadAll(); err != nil {
			t.Fatalf("%v\n%s", err, s)
		}
	}
}

// database makes a database of the statements, and returns its address as the superuser
// and as the login that SetupSQL makes.
func database(t testing.TB, statements ...string) (owner, reader string) {
	t.Helper()
	owner = pgtest.Shared(t).Database(t)
	admin(t, owner, statements...)
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	role := "reader_" + name
	setup := postgres.SetupSQL(name, role, []string{"public"})
	admin(t, owner, strings.Split(setup, ";\n")...)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), owner)
		if err == nil {
			_, _ = conn.PgConn().Exec(context.Background(), "DROP OWNED BY "+role+"; DROP ROLE "+role).ReadAll()
			_ = conn.Close(context.Background())
		}
	})
	u.User = url.UserPassword(role, "hunter2secret")
	return owner, u.String()
}

func open(t testing.TB, cfg postgres.Config) *postgres.Source {
	t.Helper()
	src, err := postgres.Open(t.Context(), cfg)
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

// version is that of a server, such as 150004.
func version(t testing.TB, dsn string) (number int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&number); err != nil {
		t.Fatal(err)
	}
	return number
}

func TestSource(t *testing.T) {
	_, dsn := database(t, itemsSQL, "CREATE TYPE mood AS ENUM ('b', '좋음')")
	infinity := "'Infinity'::numeric"
	if version(t, dsn) < 140000 {
		infinity = "'Infinity'::float8" // decimals have none before
	}
	utc := func(y int, m time.Month, d, h, min, s, ns int) time.Time {
		return time.Date(y, m, d, h, min, s, ns, time.UTC)
	}
	connectorstest.Run(t, connectorstest.Harness{
		Open: func(t *testing.T) connectors.Source {
			src, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, Name: "pg", Timezone: "Asia/Seoul"})
			if err != nil {
				t.Fatal(err)
			}
			return src
		},
		Types: `SELECT NULL, true, -2::smallint, 3::int, 9223372036854775807::bigint, (-9223372036854775808)::bigint, 5::numeric,
			18446744073709551615::numeric, -1234.50::numeric(18,2), 0.05::numeric(38,10), 'NaN'::numeric, ` + infinity + `,
			1.5::float8, 0.5::real, 'NaN'::float8, '-Infinity'::float8, '밥상 🍚', '', 'ab'::char(4),
			DATE '2026-11-22', TIMESTAMP '2026-11-22 01:02:03.456789', TIMESTAMPTZ '2026-11-22 00:00:00+00', TIMESTAMPTZ '1890-01-01 00:00:00+00',
			DATE '0001-01-01', 'infinity'::date, '-infinity'::timestamp, DATE '4714-11-24 BC', '294276-12-31 00:00'::timestamp,
			TIME '12:34:56.5', INTERVAL '1 month 2 days', '2c1bd2d1-3a3f-4ed5-90a4-8b3d6ce6b3a5'::uuid, '\xAA01'::bytea, B'101', '좋음'::mood,
			ARRAY[1, NULL, 3], ARRAY['say "NaN"', 'x'], ARRAY[1.5, 'NaN'::float8], ARRAY[ARRAY[1],ARRAY[2]], ARRAY['b'::mood], ROW(1, 'a'), '{"b": 1}'::json, '{"b":1,"a":[1.10]}'::jsonb, 12.5::numeric::money, '[1,5)'::int4range`,
		TypesWant: []any{
			nil, true, int64(-2), int64(3), int64(math.MaxInt64), int64(math.MinInt64), connectors.Decimal("5"),
			connectors.Decimal("18446744073709551615"), connectors.Decimal("-1234.50"), connectors.Decimal("0.0500000000"), math.NaN(), math.Inf(1),
			1.5, 0.5, math.NaN(), math.Inf(-1), "밥상 🍚", "", "ab",
			utc(2026, 11, 22, 0, 0, 0, 0), utc(2026, 11, 22, 1, 2, 3, 456789000), utc(2026, 11, 22, 9, 0, 0, 0), utc(1890, 1, 1, 8, 27, 52, 0),
			utc(1, 1, 1, 0, 0, 0, 0), "infinity", "-infinity", "4714-11-24 BC", "294276-12-31 00:00:00",
			"12:34:56.5", "1 mon 2 days", "2c1bd2d1-3a3f-4ed5-90a4-8b3d6ce6b3a5", `\xaa01`, "101", "좋음",
			`[1,null,3]`, `["say \"NaN\"","x"]`, `[1.5,"NaN"]`, `[[1],[2]]`, `["b"]`, `{"f1":1,"f2":"a"}`, `{"b": 1}`, `{"a": [1.10], "b": 1}`, connectors.Decimal("12.50"), "[1,5)",
		},
		Slow:    "SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 100) b WHERE a + b = 7",
		Wide:    "SELECT string_agg(repeat('x', 100000), '') FROM generate_series(1, 200)",
		Long:    "SELECT repeat('밥', 1000) AS s FROM generate_series(1, 100000)",
		Writes:  []string{"COPY items TO '/tmp/x.csv'", "CHECKPOINT", "SET work_mem = '1GB'", "CREATE TEMP TABLE t AS SELECT 1", "SELECT * INTO t FROM items", "WITH x AS (DELETE FROM items RETURNING *) SELECT * FROM x"},
		Escapes: []string{"SELECT pg_read_file('/etc/passwd')", "SELECT * FROM pg_stat_activity", "SELECT current_setting('data_directory')", "SELECT * FROM items FOR UPDATE"},
	})
}
