package postgres_test

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/postgres"
)

// A view of PostgreSQL keeps what it names from being dropped. It breaks when its owner may
// not read that any more.
func TestDatabaseThatDrifts(t *testing.T) {
	owner, dsn := database(t, `
		CREATE TABLE orders (amount int, n int, day date, note varchar(10));
		INSERT INTO orders VALUES (1000, 1, '2026-11-01', '7'), (2000, 2, '2026-11-02', '8'), (3000, 3, '2026-11-03', '9');
		CREATE TABLE other (id int);
		INSERT INTO other VALUES (1);
		CREATE VIEW totals AS SELECT count(*) AS n FROM other`)
	connectorstest.Drift(t, connectorstest.DriftHarness{
		Open: func(t *testing.T) connectors.Source {
			src, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, Name: "pg", Refresh: 100 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			return src
		},
		Exec:   func(t *testing.T, statements ...string) { admin(t, owner, statements...) },
		Widen:  []string{"ALTER TABLE orders ALTER n TYPE numeric(30,2), ALTER note TYPE varchar(200), ALTER day TYPE timestamp"},
		Retype: []string{"ALTER TABLE orders ALTER amount TYPE text, ALTER note TYPE int USING note::int"},
		Undate: []string{"ALTER TABLE orders ALTER day TYPE varchar(30)"},
		Break:  []string{"DO $$ BEGIN EXECUTE format('CREATE ROLE %I', 'teller_' || current_database()); EXECUTE format('ALTER VIEW totals OWNER TO %I', 'teller_' || current_database()); END $$"},
		Mend:   []string{"DO $$ BEGIN EXECUTE format('GRANT SELECT ON other TO %I', 'teller_' || current_database()); END $$"},
		Drop:   []string{"DROP VIEW totals"},
	})
	admin(t, owner, "DO $$ BEGIN EXECUTE format('DROP OWNED BY %I', 'teller_' || current_database()); EXECUTE format('DROP ROLE %I', 'teller_' || current_database()); END $$")
}
