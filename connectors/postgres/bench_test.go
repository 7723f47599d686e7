package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/postgres"
)

const benchSQL = `WITH orders_now AS (SELECT date_trunc('month', now())::date AS month, sum(price) AS revenue, count(DISTINCT id) AS n FROM items WHERE label ILIKE '%1%' GROUP BY 1)
	SELECT month, revenue, revenue / NULLIF(n, 0) AS each FROM orders_now ORDER BY month NULLS LAST`

// BenchmarkQuery sets a query through the source against the same one without it: what
// lies between is proof, session and catalogue.
func BenchmarkQuery(b *testing.B) {
	owner, reader := database(b, itemsSQL)
	src := open(b, postgres.Config{DSN: reader})
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
	conn, err := pgx.Connect(b.Context(), owner)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("the driver alone", func(b *testing.B) {
		for b.Loop() {
			if res := conn.PgConn().ExecParams(b.Context(), benchSQL, nil, nil, nil, nil).Read(); res.Err != nil {
				b.Fatal(res.Err)
			}
		}
	})
	b.Run("a refusal", func(b *testing.B) {
		for b.Loop() {
			if _, err := src.Query(b.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT pg_sleep(1)"}); err == nil {
				b.Fatal("ran")
			}
		}
	})
	_ = conn.Close(b.Context())
}

// BenchmarkOverhead is what the guard of a statement costs by itself, without the server.
func BenchmarkOverhead(b *testing.B) {
	_, reader := database(b, connectorstest.OverheadTables()...)
	src := open(b, postgres.Config{DSN: reader})
	connectorstest.Overhead(b, src, src.Prove)
}

// BenchmarkCancel is how long the server goes on with a question that is given up, and how
// long whoever gave it up waits.
func BenchmarkCancel(b *testing.B) {
	owner, reader := database(b, itemsSQL)
	src := open(b, postgres.Config{DSN: reader})
	conn, err := pgx.Connect(b.Context(), owner)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(b.Context())) }()
	var server, client []time.Duration
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan time.Time, 1)
		go func() {
			_, _ = src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: slowSQL, Timeout: time.Minute})
			done <- time.Now()
		}()
		await(b, conn, 1, "50 ms")
		cancel()
		started := time.Now()
		await(b, conn, 0, "0 s")
		server = append(server, time.Since(started))
		client = append(client, (<-done).Sub(started))
	}
	connectorstest.ReportSpread(b, "server", server)
	connectorstest.ReportSpread(b, "client", client)
}
