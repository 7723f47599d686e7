package eval_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bapsang/bapsang/agent/eval"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// execute runs statements on a database of the server.
func execute(t *testing.T, server *url.URL, database, sql string) {
	t.Helper()
	at := *server
	at.Path = "/" + database
	conn, err := pgconn.Connect(t.Context(), at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", database, err)
	}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	server, err := url.Parse(pgtest.Shared(t).DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("verdicts", func(t *testing.T) { postgresVerdicts(t, server) })
	t.Run("values", func(t *testing.T) { postgresValues(t, server) })
	t.Run("hostile", func(t *testing.T) { postgresHostile(t, server) })
	t.Run("timeout", func(t *testing.T) { postgresTimeout(t, server) })
}

func openServer(t *testing.T, server *url.URL) *eval.Server {
	t.Helper()
	s, err := eval.NewServer(server.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func onServer(t *testing.T, s *eval.Server, database string) eval.Database {
	t.Helper()
	dbs, err := s.For(t.Context(), eval.Case{DB: database})
	if err != nil {
		t.Fatal(err)
	}
	return dbs[0]
}

// The databases of defog's questions, and what its evaluator and BIRD's said of
// predictions for them.
func postgresVerdicts(t *testing.T, server *url.URL) {
	dumps, err := filepath.Glob(filepath.Join("..", "draft", "testdata", "defog", "*.sql"))
	if err != nil || len(dumps) != 11 {
		t.Fatalf("%d databases, %v", len(dumps), err)
	}
	for _, dump := range dumps {
		sql, err := os.ReadFile(dump)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(dump), ".sql")
		execute(t, server, "postgres", "CREATE DATABASE "+name)
		execute(t, server, name, string(sql))
	}
	data := unzip(t, filepath.Join("defog", "verdicts.jsonl.gz"))
	n := checkParity(t, data, openServer(t, server))
	if n < 1500 {
		t.Errorf("only %d verdicts were compared", n)
	}
	t.Logf("%d verdicts", n)
}

func postgresValues(t *testing.T, server *url.URL) {
	db := onServer(t, openServer(t, server), "")
	got, err := db.Query(t.Context(), `SELECT 1::int2 AS a, 2.50::numeric AS b, 1.5::float8 AS c, 'x '::char(3) AS d, NULL::int AS e, true AS f,
		DATE '2026-10-01' AS g, TIMESTAMP '2026-10-01 09:30:00.25' AS h, TIMESTAMPTZ '2026-10-01 09:30:00+09' AS i, '\xff00'::bytea AS j`)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, c := range got.Rows[0] {
		texts = append(texts, eval.PyStr(c)+" "+eval.PyType(c))
	}
	want := []string{
		"1 <class 'int'>", "2.50 <class 'decimal.Decimal'>", "1.5 <class 'float'>", "x   <class 'str'>", "None <class 'NoneType'>", "True <class 'bool'>",
		"2026-10-01 <class 'datetime.date'>", "2026-10-01 09:30:00.250000 <class 'datetime.datetime'>", "2026-10-01 00:30:00 <class 'datetime.datetime'>", `b'\xff\x00' <class 'bytes'>`,
	}
	if !slices.Equal(texts, want) {
		t.Errorf("got  %q\nwant %q", texts, want)
	}
}

func postgresHostile(t *testing.T, server *url.URL) {
	execute(t, server, "postgres", "CREATE TABLE kept (v int); INSERT INTO kept VALUES (1)")
	db := onServer(t, openServer(t, server), "")
	written := filepath.Join(server.Query().Get("host"), "written")
	for _, sql := range []string{
		"", "-- nothing", "DELETE FROM kept", "WITH d AS (DELETE FROM kept RETURNING v) SELECT * FROM d", "DROP TABLE kept", "SELECT 1; DROP TABLE kept",
		"COMMIT; DELETE FROM kept", "COMMIT", "SET TRANSACTION READ WRITE", "COPY kept TO '" + written + "'", "COPY kept TO PROGRAM 'touch " + written + "'",
		"COPY kept TO STDOUT", "SELECT $1", "EXPLAIN ANALYZE DELETE FROM kept", "SELECT nextval('nope')", "SELECT 'a\x00b'", "DO $$ BEGIN DELETE FROM kept; END $$",
	} {
		if got, err := db.Query(t.Context(), sql); err == nil {
			t.Errorf("%q was run: %v", sql, got)
		}
	}
	got, err := db.Query(t.Context(), "SELECT v FROM kept;")
	if err != nil || len(got.Rows) != 1 {
		t.Errorf("after all that: %v, %v", got, err)
	}
	if _, err := os.Stat(written); err == nil {
		t.Error("a file was written")
	}
	if _, err := db.Query(t.Context(), "SELECT repeat('x', 100000) FROM generate_series(1, 1000) a, generate_series(1, 1000) b"); err == nil {
		t.Error("an endless result was taken")
	}
	// A setting that a statement made does not outlive it.
	if _, err := db.Query(t.Context(), "SELECT set_config('default_transaction_read_only', 'off', false)"); err != nil {
		t.Fatal(err)
	}
	got, err = db.Query(t.Context(), "SHOW default_transaction_read_only")
	if err != nil || got.Rows[0][0] != "on" {
		t.Errorf("read-only is %v, %v", got, err)
	}
}

func postgresTimeout(t *testing.T, server *url.URL) {
	s := openServer(t, server)
	c := eval.Case{ID: "slow", Gold: []string{"SELECT 1"}}
	dbs, err := s.For(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	j, err := eval.Judge(t.Context(), eval.BIRD, eval.Options{Timeout: 200 * time.Millisecond}, c, "SELECT 1 FROM pg_sleep(300)", dbs, nil)
	if err != nil || j.Right || time.Since(begun) > time.Minute {
		t.Errorf("%+v, %v after %s", j, err, time.Since(begun))
	}
}
