package duckdb_test

import (
	"math"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

const itemsSQL = `
	CREATE TABLE items (id INTEGER PRIMARY KEY, label VARCHAR, price DECIMAL(10,2));
	INSERT INTO items SELECT i, '항목 ' || i, (i / 4)::DECIMAL(10,2) FROM range(1, 1001) t(i);
	CREATE TABLE hidden (secret VARCHAR);
	INSERT INTO hidden VALUES ('hunter2');
`

func TestSource(t *testing.T) {
	path := makeDatabase(t, "항목 100%?.duckdb", itemsSQL)
	utc := func(y int, m time.Month, d, h, min, s, ns int) time.Time {
		return time.Date(y, m, d, h, min, s, ns, time.UTC)
	}
	connectorstest.Run(t, connectorstest.Harness{
		Open: func(t *testing.T) connectors.Source {
			src, err := duckdb.Open(t.Context(), duckdb.Config{Path: path, Timezone: "Asia/Seoul"})
			if err != nil {
				t.Fatal(err)
			}
			return src
		},
		Types: `SELECT NULL, true, 1::TINYINT, -2::SMALLINT, 3::INTEGER, 9223372036854775807::BIGINT,
			18446744073709551615::UBIGINT, 170141183460469231731687303715884105727::HUGEINT, 5::HUGEINT, 7::UTINYINT,
			1.5::DOUBLE, 0.5::FLOAT, 'NaN'::DOUBLE, '-Infinity'::DOUBLE,
			-1234.50::DECIMAL(18,2), 0.05::DECIMAL(38,10), '밥상 🍚', '',
			DATE '2026-11-22', TIMESTAMP '2026-11-22 01:02:03.456789', TIMESTAMPTZ '2026-11-22 00:00:00+00',
			TIMESTAMP_NS '2026-11-22 01:02:03.123456789', DATE '0001-01-01', 'infinity'::DATE, '-infinity'::TIMESTAMP,
			TIME '12:34:56.5', INTERVAL '1 month 2 days', '2c1bd2d1-3a3f-4ed5-90a4-8b3d6ce6b3a5'::UUID,
			'\xAA\x01'::BLOB, '101'::BIT, 'b'::ENUM('a', 'b'),
			[1, NULL, 3], {'b': DATE '2024-01-01', 'a': 12345678901234567890}, MAP {'k': 1.10::DECIMAL(4,2)},
			[1.5::DOUBLE, 'nan'::DOUBLE, '-inf'::DOUBLE], ['say "NaN"', 'x'], '{"b": 1,  "a": NaN}'::VARCHAR, '{"b": 1}'::JSON, [[], [{'x': NULL}]], (1, 'a'), [(1, 2)]`,
		TypesWant: []any{
			nil, true, int64(1), int64(-2), int64(3), int64(math.MaxInt64),
			connectors.Decimal("18446744073709551615"), connectors.Decimal("170141183460469231731687303715884105727"), int64(5), int64(7),
			1.5, 0.5, math.NaN(), math.Inf(-1),
			connectors.Decimal("-1234.50"), connectors.Decimal("0.0500000000"), "밥상 🍚", "",
			utc(2026, 11, 22, 0, 0, 0, 0), utc(2026, 11, 22, 1, 2, 3, 456789000), utc(2026, 11, 22, 9, 0, 0, 0),
			utc(2026, 11, 22, 1, 2, 3, 123456789), utc(1, 1, 1, 0, 0, 0, 0), "infinity", "-infinity",
			"12:34:56.5", "1 month 2 days", "2c1bd2d1-3a3f-4ed5-90a4-8b3d6ce6b3a5",
			`\xaa01`, "101", "b",
			`[1,null,3]`, `{"b":"2024-01-01","a":12345678901234567890}`, `{"k":1.1}`,
			`[1.5,"NaN","-Infinity"]`, `["say \"NaN\"","x"]`, `{"b": 1,  "a": NaN}`, `{"b": 1}`, `[[],[{"x":null}]]`, `{"":1,"":"a"}`, `[{"":1,"":2}]`,
		},
		Slow:     "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7",
		Stubborn: "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))",
		Wide:     "SELECT repeat('x', 20000000)",
		Long:     "SELECT repeat('밥', 1000) AS s FROM range(100000)",
		Writes:   []string{"COPY items TO '/tmp/x.csv'", "CHECKPOINT", "SET threads = 1", "CREATE TEMP TABLE t AS SELECT 1"},
		Escapes:  []string{"SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "SELECT * FROM duckdb_settings()"},
	})
}
