package mysql_test

import (
	"context"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/mysql"
)

const benchSQL = "WITH orders_now AS (SELECT DATE_FORMAT(NOW(), '%Y-%m-01') AS month, SUM(price) AS revenue, COUNT(DISTINCT id) AS n FROM items WHERE label LIKE '%1%' GROUP BY 1) " +
	"SELECT month, revenue, revenue / NULLIF(n, 0) AS each_one FROM orders_now ORDER BY month IS NULL, month"

// BenchmarkQuery sets a query through the source against the same one without it: what
// lies between is proof, session and catalogue.
func BenchmarkQuery(b *testing.B) {
	p := database(b, itemsSQL)
	src := open(b, mysql.Config{DSN: p.reader})
	b.Run("through the source", func(b *testing.B) {
		for b.Loop() {
			if _, err := src.Catalog(b.Context()); err != nil {
				b.Fatal(err)
			}
			if _, err := src.Query(b.Context(), connectors.Caller{}, connectors.Statement{SQL: benchSQL}); err != nil {
				b.Fatal(err)
			}
		}
	})
	db := connect(b, p.server, p.name)
	b.Run("the driver alone", func(b *testing.B) {
		for b.Loop() {
			var month, revenue, each string
			if err := db.QueryRowContext(b.Context(), benchSQL).Scan(&month, &revenue, &each); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("a refusal", func(b *testing.B) {
		for b.Loop() {
			if _, err := src.Query(b.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT SLEEP(1)"}); err == nil {
				b.Fatal("ran")
			}
		}
	})
}

// BenchmarkOverhead is what the guard of a statement costs by itself, without the server.
func BenchmarkOverhead(b *testing.B) {
	src := open(b, mysql.Config{DSN: database(b, connectorstest.OverheadTables()).reader})
	connectorstest.Overhead(b, src, src.Prove)
}

// BenchmarkCancel is how long the server goes on with a question that is given up, and how
// long whoever gave it up waits.
func BenchmarkCancel(b *testing.B) {
	p := database(b, itemsSQL)
	src := open(b, mysql.Config{DSN: p.reader})
	db := connect(b, p.server, "")
	var server, client []time.Duration
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan time.Time, 1)
		go func() {
			_, _ = src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: slowSQL, Timeout: time.Minute})
			done <- time.Now()
		}()
		await(b, db, p.login, 1)
		started := time.Now()
		cancel()
		await(b, db, p.login, 0)
		server = append(server, time.Since(started))
		client = append(client, (<-done).Sub(started))
	}
	connectorstest.ReportSpread(b, "server", server)
	connectorstest.ReportSpread(b, "client", client)
}
