package duckdb_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

const millionSQL = `CREATE TABLE sales AS SELECT i AS id, 'p' || (i % 20) AS product, (i % 1000) / 10.0 AS price, i % 7 AS qty,
	DATE '2024-01-01' + (i % 900)::INTEGER AS day, 'c' || (i * 7919 % 100000) AS customer, '메모 ' || i AS note, i % 2 = 0 AS online
	FROM range(1000000) t(i)`

func BenchmarkQuery(b *testing.B) {
	src := open(b, duckdb.Config{Path: makeDatabase(b, "million.duckdb", millionSQL), Catalog: &connectors.Catalog{
		Tables: []*connectors.Table{{Name: "sales"}},
	}})
	for name, sql := range map[string]string{
		"one":           "SELECT 1",
		"aggregate-1M":  "SELECT product, sum(price * qty) AS sales FROM sales GROUP BY product ORDER BY 2 DESC",
		"monthly-1M":    "SELECT date_trunc('month', day) AS month, sum(price * qty) FROM sales GROUP BY 1 ORDER BY 1",
		"fetch-1000x8":  "SELECT * FROM sales LIMIT 1000",
		"fetch-10000x8": "SELECT * FROM sales LIMIT 10000",
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if _, err := query(b, src, connectors.Statement{SQL: sql}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
		})
	}
}

// BenchmarkOpen is the time from nothing to the first answer, with one worker.
func BenchmarkOpen(b *testing.B) {
	path := makeDatabase(b, "shop.duckdb", shopSQL)
	for b.Loop() {
		src, err := duckdb.Open(b.Context(), duckdb.Config{Path: path, Workers: 1, Catalog: &connectors.Catalog{}})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := query(b, src, connectors.Statement{SQL: "SELECT 1"}); err != nil {
			b.Fatal(err)
		}
		if err := src.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCatalog is the time to open and profile a table of a million rows and
// eight columns.
func BenchmarkCatalog(b *testing.B) {
	path := makeDatabase(b, "million.duckdb", millionSQL)
	for b.Loop() {
		src, err := duckdb.Open(b.Context(), duckdb.Config{Path: path, Workers: 1})
		if err != nil {
			b.Fatal(err)
		}
		if err := src.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecovery is the time of the answer after a worker had to be killed.
func BenchmarkRecovery(b *testing.B) {
	src := open(b, duckdb.Config{Path: makeDatabase(b, "shop.duckdb", shopSQL), Workers: 1, Catalog: &connectors.Catalog{}})
	for b.Loop() {
		b.StopTimer()
		_, err := query(b, src, connectors.Statement{SQL: "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))", Timeout: time.Millisecond})
		if connectors.CodeOf(err) != connectors.CodeTimeout {
			b.Fatal(fmt.Errorf("stubborn query: %w", err))
		}
		b.StartTimer()
		if _, err := query(b, src, connectors.Statement{SQL: "SELECT 1"}); err != nil {
			b.Fatal(err)
		}
	}
}
