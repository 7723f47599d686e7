package mysql_test

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/mysql"
)

// A view of MariaDB stays when what it reads is dropped.
func TestDatabaseThatDrifts(t *testing.T) {
	p := database(t, []string{
		"CREATE TABLE orders (amount INT, n INT, day DATE, note VARCHAR(10))",
		"INSERT INTO orders VALUES (1000, 1, '2026-11-01', '7'), (2000, 2, '2026-11-02', '8'), (3000, 3, '2026-11-03', '9')",
		"CREATE TABLE other (id INT)",
		"INSERT INTO other VALUES (1)",
		"CREATE VIEW totals AS SELECT COUNT(*) AS n FROM other",
	})
	connectorstest.Drift(t, connectorstest.DriftHarness{
		Open: func(t *testing.T) connectors.Source {
			src, err := mysql.Open(t.Context(), mysql.Config{DSN: p.reader, Name: "my", Refresh: 100 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			return src
		},
		Exec:   func(t *testing.T, statements ...string) { p.admin(t, statements...) },
		Widen:  []string{"ALTER TABLE orders MODIFY n DECIMAL(30,2), MODIFY note VARCHAR(200), MODIFY day DATETIME"},
		Retype: []string{"ALTER TABLE orders MODIFY amount VARCHAR(20), MODIFY note INT"},
		Undate: []string{"ALTER TABLE orders MODIFY day VARCHAR(30)"},
		Break:  []string{"DROP TABLE other"},
		Mend:   []string{"CREATE TABLE other (id INT)", "INSERT INTO other VALUES (1)"},
		Drop:   []string{"DROP VIEW totals"},
	})
}
