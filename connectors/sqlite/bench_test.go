package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/sqlite"
)

const benchSQL = `WITH orders_now AS (SELECT date('2026-11-01', 'start of month') AS month, sum(price) AS revenue, count(DISTINCT id) AS n FROM items WHERE label LIKE '%1%' GROUP BY 1)
	SELECT month, revenue, revenue / NULLIF(n, 0) AS each FROM orders_now ORDER BY month NULLS LAST`

// BenchmarkQuery sets a query through the source against the same one without it: what
// lies between is proof, worker and catalogue.
func BenchmarkQuery(b *testing.B) {
	path := database(b, itemsSQL)
	src := open(b, sqlite.Config{Path: path, Workers: 1})
	b.Run("through the source", func(b *testing.B) {
		for b.Loop() {
			if _, err := src.Catalog(b.Context()); err != nil {
				b.Fatal(err)
			}
			query(b, src, benchSQL)
		}
	})
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	b.Run("the driver alone", func(b *testing.B) {
		for b.Loop() {
			if err := bare(b.Context(), db); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("a refusal", func(b *testing.B) {
		for b.Loop() {
			if _, err := src.Query(b.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT load_extension('x')"}); err == nil {
				b.Fatal("ran")
			}
		}
	})
}

// bare is the statement without the source.
func bare(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, benchSQL)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var month any
		var revenue, each float64
		if err := rows.Scan(&month, &revenue, &each); err != nil {
			return err
		}
	}
	return rows.Err()
}

// BenchmarkMillionRows asks for a million rows: as many come as a result may hold, and the
// worker holds none of them.
func BenchmarkMillionRows(b *testing.B) {
	src := open(b, sqlite.Config{Path: database(b, itemsSQL), Workers: 1})
	for _, rows := range []int{0, 1_000_000} {
		b.Run(map[int]string{0: "10,000 of them", 1_000_000: "16 MB of them"}[rows], func(b *testing.B) {
			got := 0
			for b.Loop() {
				res, err := src.Query(b.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT a.id, a.label, b.price FROM items a, items b", MaxRows: rows})
				if err != nil || !res.Truncated {
					b.Fatalf("%v", err)
				}
				got = len(res.Rows)
			}
			b.ReportMetric(float64(got), "rows")
		})
	}
}

// BenchmarkOverhead is what the guard of a statement costs by itself, without the file and
// the way to the worker.
func BenchmarkOverhead(b *testing.B) {
	path := database(b, connectorstest.OverheadTables()...)
	src := open(b, sqlite.Config{Path: path, Workers: 1})
	prover, err := sqlite.NewProver(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer prover.Close()
	connectorstest.Overhead(b, src, prover.Prove)
}

// endless are statements that take from seconds to for ever, each in another part of the
// engine. Some parts look whether they are interrupted, and some do not.
func endless() map[string]string {
	long := func(n int) string { return fmt.Sprintf("printf('%%.*c', %d, 'a')", n) }
	return map[string]string{
		"a join":                 "SELECT count(*) FROM items a, items b, items c, items d",
		"a recursion":            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
		"a recursion of its own": "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n) SELECT max(i) FROM n",
		"a sort":                 "SELECT a.label || b.label AS x FROM items a, items b, items c ORDER BY x DESC",
		"groups":                 "SELECT a.id * 1000000 + b.id * 1000 + c.id AS x, count(*) FROM items a, items b, items c GROUP BY x",
		"a window":               "SELECT max(x) FROM (SELECT sum(a.price) OVER (PARTITION BY b.id ORDER BY a.id ROWS BETWEEN 900 PRECEDING AND 900 FOLLOWING) AS x FROM items a, items b, items c)",
		"LIKE":                   "SELECT " + long(60_000_000) + " LIKE '%' || " + long(4000) + " || 'b'",
		"GLOB":                   "SELECT " + long(60_000_000) + " GLOB '*' || " + long(4000) + " || 'b'",
		"instr":                  stubborn,
		"replace":                "SELECT length(replace(" + long(30_000_000) + ", " + long(14_999_999) + " || 'b', 'c'))",
		"json":                   "SELECT count(*) FROM items a, items b, json_each('[' || rtrim(replace(" + long(4_000_000) + ", 'a', '1,'), ',') || ']')",
		"one json":               "SELECT length(json_patch(x, x)) FROM (SELECT json_group_object(a.id || '-' || b.id, 1) AS x FROM items a, items b)",
		"a median":               "SELECT median(a.id * b.id * c.id % 7919) FROM items a, items b, items c",
		"joined texts":           "SELECT length(group_concat(a.label || b.label || c.label)) FROM items a, items b, items c",
	}
}

// BenchmarkCancel is how long the engine goes on with a statement that is given up, and how
// long whoever gave it up waits. Where the engine does not heed it, the worker is killed.
func BenchmarkCancel(b *testing.B) {
	src := open(b, sqlite.Config{Path: database(b, itemsSQL), Workers: 1})
	var all []time.Duration
	for name, statement := range endless() {
		b.Run(name, func(b *testing.B) {
			var client []time.Duration
			for b.Loop() {
				ctx, cancel := context.WithCancel(b.Context())
				var at time.Time
				time.AfterFunc(100*time.Millisecond, func() { at = time.Now(); cancel() })
				_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: statement})
				client = append(client, time.Since(at))
				if code := connectors.CodeOf(err); code != connectors.CodeCancelled {
					b.Fatalf("ended by itself: %v", err)
				}
				query(b, src, "SELECT 1") // which waits for a fresh worker, if need be
			}
			connectorstest.ReportSpread(b, "client", client)
			all = append(all, client...)
		})
	}
	slices.Sort(all)
	b.Logf("%d statements given up: half are answered within %s, all within %s", len(all), all[len(all)/2], all[len(all)-1])
}
