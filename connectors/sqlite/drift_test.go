package sqlite_test

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/sqlite"
)

// A type of SQLite is changed by making the table anew, and what is in a column may change
// without it.
func TestDatabaseThatDrifts(t *testing.T) {
	path := database(t, "CREATE TABLE orders (amount INT, n INT, day DATE, note VARCHAR(10))",
		"INSERT INTO orders VALUES (1000, 1, '2026-11-01', 'a'), (2000, 2, '2026-11-02', 'b'), (3000, 3, '2026-11-03', 'c')",
		"CREATE TABLE other (id INT)", "INSERT INTO other VALUES (1)", "CREATE VIEW totals AS SELECT count(*) AS n FROM other")
	anew := func(columns, rows string) []string {
		return []string{"DROP TABLE orders", "CREATE TABLE orders (" + columns + ")", "INSERT INTO orders VALUES " + rows}
	}
	connectorstest.Drift(t, connectorstest.DriftHarness{
		Open: func(t *testing.T) connectors.Source {
			src, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Name: "lite", Refresh: 100 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			return src
		},
		Exec: func(t *testing.T, statements ...string) { write(t, path, statements...) },
		Widen: anew("amount INT, n DECIMAL(30,2), day DATETIME, note VARCHAR(200)",
			"(1000, 1, '2026-11-01 10:00:00', 'a'), (2000, 2.5, '2026-11-02 10:00:00', 'b'), (3000, 3, '2026-11-03 10:00:00', 'c')"),
		Retype: anew("amount TEXT, n DECIMAL(30,2), day DATETIME, note INT",
			"('천', 1, '2026-11-01 10:00:00', 1), ('이천', 2.5, '2026-11-02 10:00:00', 2), ('삼천', 3, '2026-11-03 10:00:00', 3)"),
		Undate: []string{"UPDATE orders SET day = 'Nov 1' WHERE note = 1"},
		Break:  []string{"DROP TABLE other"},
		Mend:   []string{"CREATE TABLE other (id INT)", "INSERT INTO other VALUES (1)"},
		Drop:   []string{"DROP VIEW totals"},
	})
}
