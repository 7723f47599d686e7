package files_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// TestSQLiteOddValues shows what SQLite lets stand in a column.
func TestSQLiteOddValues(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "odd.sqlite")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, stmt := range []string{
		`CREATE TABLE "주문 내역" (id INTEGER PRIMARY KEY, "금액" TEXT, at DATETIME, r REAL, b BLOB)`,
		`INSERT INTO "주문 내역" VALUES (1, '1,000원', '2026-10-01 10:00:00', 1e300, x'ff00'), (2, 2000, '', 0.25, NULL), (3, NULL, NULL, -1e-3, 'abc')`,
		`CREATE VIEW v AS SELECT * FROM "주문 내역"`,
	} {
		if _, err := db.ExecContext(t.Context(), stmt); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	cat, into := load(t, path)
	if len(cat.Tables) != 1 || cat.Tables[0].Name != "주문_내역" {
		t.Fatalf("tables %+v", cat.Tables)
	}
	var types, rows []string
	for _, c := range cat.Tables[0].Columns {
		types = append(types, c.Type)
	}
	for _, r := range rowsOf(t, into, `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM "주문_내역"`) {
		rows = append(rows, strings.Join(r, "|"))
	}
	if got, want := strings.Join(types, " "), "BIGINT BIGINT TIMESTAMP DOUBLE VARCHAR"; got != want {
		t.Errorf("types %s, want %s", got, want)
	}
	if got, want := strings.Join(rows, "/"), "1|1000|2026-10-01 10:00:00|1e+300|\uFFFD\uFFFD/2|2000|NULL|0.25|NULL/3|NULL|NULL|-0.001|abc"; got != want {
		t.Errorf("rows\n%s\nwant\n%s", got, want)
	}
}
