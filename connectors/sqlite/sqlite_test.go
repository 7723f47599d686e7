package sqlite_test

import (
	"math"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/sqlite"
)

// stubborn is one call of a function, which the engine does not interrupt.
const stubborn = "SELECT instr(printf('%.*c', 30000000, 'a'), printf('%.*c', 15000000, 'a') || 'b')"

func TestSource(t *testing.T) {
	path := database(t, itemsSQL)
	connectorstest.Run(t, connectorstest.Harness{
		Open: func(t *testing.T) connectors.Source {
			src, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Name: "lite", Timezone: "Asia/Seoul"})
			if err != nil {
				t.Fatal(err)
			}
			return src
		},
		Types: `SELECT NULL, 1, -2, 9223372036854775807, -9223372036854775808, 9223372036854775808, 1.5, 0.1, 9e999, -9e999, 9e999 - 9e999, '밥상 🍚', '', x'AA01', x'',
			'2026-11-22', '2026-11-22 01:02:03', '2026-11-22T01:02:03.456', '2026-02-30', '2026-11-22 01:02:03+09:00', date('2026-01-31', '+1 month'),
			1 > 2, 7 / 2, 7 / 2.0, median(column1) || '' FROM (VALUES (1), (2), (9), (4))`,
		TypesWant: []any{
			nil, int64(1), int64(-2), int64(math.MaxInt64), int64(math.MinInt64), 9223372036854775808.0, 1.5, 0.1, math.Inf(1), math.Inf(-1), nil, "밥상 🍚", "", `\xaa01`, `\x`,
			time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC), time.Date(2026, 11, 22, 1, 2, 3, 456e6, time.UTC), "2026-02-30", "2026-11-22 01:02:03+09:00",
			time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC), int64(0), int64(3), 3.5, "3.0",
		},
		Slow:     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) SELECT count(*) FROM n",
		Stubborn: stubborn,
		Wide:     "SELECT printf('%.*c', 17000000, 'x')",
		Long:     "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT replace(printf('%.*c', 1000, 'x'), 'x', '밥') AS s FROM n",
		Cast:     "SELECT abs(-9223372036854775808)",
		Floats:   true,
		Writes: []string{
			"REPLACE INTO items VALUES (1, 'x', 1)", "VACUUM INTO 'x.db'", "ATTACH 'x.db' AS x", "PRAGMA writable_schema = ON", "PRAGMA journal_mode = DELETE", "EXPLAIN SELECT 1",
			"WITH x AS (SELECT 1) DELETE FROM items RETURNING *", "REINDEX", "ANALYZE", "SAVEPOINT x", "CREATE TEMP TABLE x (y)",
		},
		Escapes: []string{
			"SELECT * FROM sqlite_master", "SELECT * FROM sqlite_schema", "SELECT * FROM pragma_database_list", "SELECT load_extension('x')", "SELECT * FROM temp.sqlite_master",
			"SELECT randomblob(10)", "SELECT sqlite_version()", "SELECT ?1",
		},
	})
}
