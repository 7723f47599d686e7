package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// until waits for a condition of the server's.
func until(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for range again.C {
		if yes := false; scan(t, conn, sql, args, &yes) && yes {
			return
		}
	}
}

// scan reads the first row of an answer. It is false where there is none, or a replica stopped
// the query.
func scan(t *testing.T, conn *pgx.Conn, sql string, args []any, into ...any) bool {
	t.Helper()
	err := conn.QueryRow(t.Context(), sql, args...).Scan(into...)
	var server *pgconn.PgError
	if errors.Is(err, pgx.ErrNoRows) || errors.As(err, &server) && server.Code == "40001" {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// running are the sessions of ours that read rows. One that is only having its statement
// understood has a snapshot, too, for a moment, and takes another one later.
const running = "SELECT pid, xact_start FROM pg_stat_activity WHERE application_name = 'bapsang' AND state = 'active' AND query LIKE '%generate_series%' AND backend_xmin IS NOT NULL AND query_start < clock_timestamp() - interval '200 ms'"

// A real replica: it answers what the server has, a query that it had to stop to keep up
// is asked once more, and the second time that is said.
func TestStandby(t *testing.T) {
	primary := pgtest.Start(t, "autovacuum=off") // which stops queries on the replica, too
	owner := primary.Database(t)
	admin(t, owner, itemsSQL, "CREATE TABLE work (n bigint)", "INSERT INTO work VALUES (1000000000)", "CREATE TABLE other (id int)")
	standby := primary.Standby(t, "max_standby_streaming_delay=0", "max_standby_archive_delay=0", "hot_standby_feedback=off")
	u, _ := url.Parse(owner)
	there := standby.DSN(strings.TrimPrefix(u.Path, "/"))
	here, look := connect(t, owner), connect(t, there)
	var start string
	caught := func() {
		if err := here.QueryRow(t.Context(), "SELECT pg_current_wal_lsn()::text").Scan(&start); err != nil {
			t.Fatal(err)
		}
		until(t, look, "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", start)
	}
	caught()
	src := open(t, postgres.Config{DSN: there, AllowPrivileged: true})
	first, err := src.Catalog(t.Context())
	if err != nil || first.Table("items") == nil {
		t.Fatalf("catalogue: %v", err)
	}
	for _, f := range postgres.Examine(t.Context(), postgres.Config{DSN: there, AllowPrivileged: true}) {
		if f.Name == "version" && !strings.Contains(f.Text, "a replica") {
			t.Errorf("%+v", f)
		}
	}
	const sql = "SELECT count(*) FROM (SELECT g FROM work, generate_series(1, work.n) g) w WHERE g > (SELECT min(id) FROM items) - 100"
	type answer struct {
		res *connectors.Result
		err error
	}
	// conflict removes rows that the query on the replica could still see, which the replica
	// stops before it goes on. On a busy machine the query may have had no snapshot at that
	// moment, whatever it looked like, and runs on: then more is removed. The rows are of a
	// table that is not asked for, and the table is not cut shorter: what is left to do with a
	// page or a table that is in use would stop whoever asks again, too.
	conflict := func(done <-chan answer, next int) {
		again := time.NewTicker(10 * time.Millisecond)
		defer again.Stop()
		for on := true; on && len(done) == 0; <-again.C {
			var pid int
			var began time.Time
			if !scan(t, look, running, nil, &pid, &began) {
				continue
			}
			admin(t, owner, fmt.Sprintf("UPDATE work SET n = %d", next), "INSERT INTO other VALUES (1)", "DELETE FROM other", "VACUUM (TRUNCATE false) other")
			caught()
			for !scan(t, look, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND xact_start = $2 AND state = 'active')", []any{pid, began}, &on) {
			}
		}
	}
	ask := func() chan answer {
		done := make(chan answer, 1)
		go func() {
			res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql, Timeout: 5 * time.Minute})
			done <- answer{res, err}
		}()
		return done
	}
	done := ask()
	conflict(done, 1_000_000_000)
	conflict(done, 1_000_000_000)
	a := <-done
	var e *connectors.Error
	if !errors.As(a.err, &e) || e.Code != connectors.CodeUnavailable || !strings.Contains(e.Message, "keep up") || e.Korean == "" || a.res != nil {
		t.Errorf("stopped twice: %v, %v", a.res, a.err)
	}
	done = ask()
	conflict(done, 10)
	if a = <-done; a.err != nil || a.res.Rows[0][0] != int64(10) {
		t.Errorf("stopped once: %+v, %v", a.res, a.err)
	}
	if cat, err := src.Catalog(t.Context()); err != nil || cat == nil {
		t.Errorf("catalogue afterwards: %v", err)
	}
}

// Behind PgBouncer, which may hand the session to others after every transaction: whole
// answers all the same, and nothing of ours stays in a session that others get.
func TestPoolers(t *testing.T) {
	server := pgtest.Start(t)
	owner := server.Database(t)
	admin(t, owner, itemsSQL, "CREATE SCHEMA sales", "CREATE TABLE sales.orders (at timestamptz, raw bytea, d date)", `INSERT INTO sales.orders VALUES ('2026-01-01 00:00+00', '\xAA01', '2026-02-03')`)
	for _, mode := range []string{"session", "transaction"} {
		t.Run(mode, func(t *testing.T) {
			// Whoever the server's connections are from before, they look at things otherwise.
			through := server.Pooler(t, "pool_mode = "+mode, "default_pool_size = "+map[string]string{"session": "20", "transaction": "2"}[mode])(owner)
			src := open(t, postgres.Config{DSN: through, Schemas: []string{"sales", "public"}, Timezone: "Asia/Seoul", AllowPrivileged: true})
			other := connect(t, through)
			if mode == "transaction" {
				if _, err := other.PgConn().Exec(t.Context(), "SET bytea_output = escape; SET intervalstyle = iso_8601; SET extra_float_digits = -2; SET search_path = public").ReadAll(); err != nil {
					t.Fatal(err)
				}
			}
			done := make(chan error)
			for range 8 {
				go func() {
					for range 10 {
						res, err := query(t, src, "SELECT at, raw, d, INTERVAL '1 day', 0.1::float8 + 0.2 FROM orders")
						if err == nil {
							if got := fmt.Sprint(res.Rows[0]); got != `[2026-01-01 09:00:00 +0000 UTC \xaa01 2026-02-03 00:00:00 +0000 UTC 1 day 0.30000000000000004]` {
								err = errors.New(got)
							}
						}
						if err != nil {
							done <- err
							return
						}
					}
					done <- nil
				}()
			}
			for range 8 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			for range map[string]int{"transaction": 5}[mode] {
				var readOnly, zone, path string
				if err := other.QueryRow(t.Context(), "SELECT current_setting('default_transaction_read_only'), current_setting('statement_timeout'), current_setting('search_path')", pgx.QueryExecModeSimpleProtocol).Scan(&readOnly, &zone, &path); err != nil {
					t.Fatal(err)
				}
				if readOnly != "off" || zone != "0" || strings.Contains(path, "sales") {
					t.Errorf("left in a session that others get: %s, %s, %s", readOnly, zone, path)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: slowSQL, Timeout: time.Minute})
				done <- err
			}()
			look := connect(t, owner)
			until(t, look, "SELECT count(*) = 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%100000000%' AND pid <> pg_backend_pid()")
			cancel()
			if code := connectors.CodeOf(<-done); code != connectors.CodeCancelled {
				t.Errorf("code %s", code)
			}
			until(t, look, "SELECT count(*) = 0 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%100000000%' AND pid <> pg_backend_pid()")
		})
	}
}

// Behind PgBouncer, what one gives up costs nobody else an answer: neither their query is
// cancelled, nor their connection dropped, whenever the cancel comes.
func TestCancelBehindAPooler(t *testing.T) {
	server := pgtest.Start(t)
	owner := server.Database(t)
	admin(t, owner, itemsSQL)
	through := server.Pooler(t, "pool_mode = transaction", "default_pool_size = 2")(owner)
	src := open(t, postgres.Config{DSN: through, AllowPrivileged: true, Connections: 3})
	var over atomic.Bool
	done := make(chan error)
	const others = 2
	for range others {
		other := connect(t, through)
		go func() {
			for !over.Load() {
				var n int
				if err := other.QueryRow(t.Context(), "SELECT count(*) FROM generate_series(1, 5000)", pgx.QueryExecModeSimpleProtocol).Scan(&n); err != nil || n != 5000 {
					done <- fmt.Errorf("another's query: %d, %w", n, err)
					return
				}
			}
			done <- nil
		}()
	}
	ended := map[connectors.Code]int{}
	for i := range 60 {
		ctx, cancel := context.WithCancel(t.Context())
		// From before the server hears of it to after it has answered: some 10 ms.
		time.AfterFunc(time.Duration(i%30)*time.Millisecond, cancel)
		_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: "SELECT count(*) FROM generate_series(1, 100000)"})
		cancel()
		if ended[connectors.CodeOf(err)]++; err != nil && connectors.CodeOf(err) != connectors.CodeCancelled {
			t.Errorf("given up after %d ms: %v", i%30, err)
		}
		if res, err := query(t, src, "SELECT 1"); err != nil || res.Rows[0][0] != int64(1) {
			t.Errorf("the next one: %v", err)
		}
	}
	over.Store(true)
	for range others {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if t.Log(ended); ended[connectors.CodeCancelled] == 0 {
		t.Error("nothing was given up in time")
	}
}

// A server that takes nobody in, or not yet, or not any more.
func TestNotTakenIn(t *testing.T) {
	owner, reader := database(t, itemsSQL)
	u, _ := url.Parse(reader)
	admin(t, owner, "ALTER ROLE "+u.User.Username()+" CONNECTION LIMIT 0")
	refused := func(dsn, en string) {
		t.Helper()
		_, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn, AllowPrivileged: true})
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeUnavailable || !strings.Contains(e.Message, en) || e.Korean == "" {
			t.Errorf("got %v, not %q", err, en)
		}
	}
	refused(reader, "no more connections")

	server := pgtest.Start(t)
	dsn := server.DSN("postgres")
	connect(t, dsn) // the server waits for it before it ends
	text, err := os.ReadFile(filepath.Join(server.Host(), "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for range again.C { // until it has heard the signal
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			break
		}
		_ = conn.Close(t.Context())
	}
	refused(dsn, "starting up or shutting down")
}

// What a DBA does to a running query: ended once, it is asked again; stopped by hand, it is not.
func TestEndedByHand(t *testing.T) {
	owner, reader := database(t, itemsSQL, "CREATE TABLE work (n bigint)", "INSERT INTO work VALUES (10000000000)")
	src := open(t, postgres.Config{DSN: reader})
	dba := connect(t, owner)
	const (
		sql = "SELECT count(*) FROM (SELECT g FROM work, generate_series(1, work.n) g) w WHERE g > 0"
		of  = " FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bapsang' AND state = 'active' AND query LIKE '%generate_series%'"
	)
	for _, c := range []struct {
		how  string
		want string
	}{{"pg_terminate_backend", ""}, {"pg_cancel_backend", "stopped on the database's side"}} {
		admin(t, owner, "UPDATE work SET n = 10000000000")
		done := make(chan error, 1)
		go func() {
			res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql, Timeout: 5 * time.Minute})
			if err == nil && res.Rows[0][0] != int64(10) {
				err = fmt.Errorf("a part of the answer: %v", res.Rows)
			}
			done <- err
		}()
		until(t, dba, "SELECT count(*) = 1 FROM ("+running+" AND datname = current_database()) AS r")
		if c.want == "" { // for whoever asks again
			admin(t, owner, "UPDATE work SET n = 10")
		}
		if _, err := dba.Exec(t.Context(), "SELECT "+c.how+"(pid)"+of); err != nil {
			t.Fatal(err)
		}
		var e *connectors.Error
		switch err := <-done; {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.how, err)
		case c.want != "" && (!errors.As(err, &e) || !strings.Contains(e.Message, c.want) || e.Korean == ""):
			t.Errorf("%s: %v", c.how, err)
		}
	}
}

// A login that may use little room for temporary files is told that, and not half of it.
func TestTemporaryFiles(t *testing.T) {
	owner, reader := database(t, itemsSQL)
	u, _ := url.Parse(reader)
	admin(t, owner, "ALTER ROLE "+u.User.Username()+" SET temp_file_limit = '1MB'", "ALTER ROLE "+u.User.Username()+" SET work_mem = '64kB'")
	src := open(t, postgres.Config{DSN: reader})
	_, err := query(t, src, "SELECT g, repeat('x', 100) AS x FROM generate_series(1, 200000) g ORDER BY g DESC")
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != connectors.CodeTooLarge || !strings.Contains(e.Message, "temporary files") {
		t.Errorf("got %v", err)
	}
}

// A server whose disk for temporary files fills up says so in the middle of a query; that is
// told, and the source goes on.
func TestFullDisk(t *testing.T) {
	server := pgtest.Start(t)
	disk := server.Disk(t, 3<<20)
	owner := server.Database(t)
	admin(t, owner, "CREATE TABLESPACE small LOCATION '"+disk+"'", "ALTER ROLE postgres SET temp_tablespaces = small", "ALTER ROLE postgres SET work_mem = '64kB'")
	src := open(t, postgres.Config{DSN: owner, AllowPrivileged: true})
	for range 2 {
		_, err := query(t, src, "SELECT g, repeat('x', 100) AS x FROM generate_series(1, 200000) g ORDER BY g DESC")
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeTooLarge || !strings.Contains(e.Message, "disk") || e.Korean == "" || !strings.Contains(fmt.Sprint(e.Err), "53100") {
			t.Fatalf("got %v", err)
		}
		// What the query had written is gone with it.
		if res, err := query(t, src, "SELECT count(*) FROM (SELECT g FROM generate_series(1, 20000) g ORDER BY g DESC OFFSET 0) s"); err != nil || res.Rows[0][0] != int64(20000) {
			t.Errorf("afterwards: %v, %v", res, err)
		}
	}
}

// Names as PostgreSQL lets them be: dots, quotes, reserved words, Korean up to the limit of
// 63 bytes, in the catalogue as they are and in statements as they must be quoted.
func TestNames(t *testing.T) {
	long := strings.Repeat("밥", 21) // 63 bytes
	names := []string{"a.b", `say "hi"`, "select", "고객 정보", long, "MiXed", "1st", "per%cent", "semi;colon--", "new\nline", "$dollar$", `back\slash`}
	var make strings.Builder
	for i, name := range names {
		id := pgx.Identifier{name}.Sanitize()
		fmt.Fprintf(&make, "CREATE TABLE %s (%s int, \"id\" int PRIMARY KEY); INSERT INTO %s VALUES (%d, 1);", id, id, id, i)
	}
	_, reader := database(t, make.String())
	src := open(t, postgres.Config{DSN: reader})
	cat, err := src.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		id := pgx.Identifier{name}.Sanitize()
		if table := cat.Table(name); table == nil || table.Column(name) == nil || table.Rows != 1 {
			t.Errorf("%q is not in the catalogue as it is", name)
		}
		for _, sql := range []string{
			fmt.Sprintf("SELECT %s FROM %s", id, id), fmt.Sprintf("SELECT t.%s FROM public.%s AS t", id, id), fmt.Sprintf("SELECT %s AS %s FROM %s ORDER BY %s", id, id, id, id),
		} {
			res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql, Tables: []string{name}})
			if err != nil || res.Rows[0][0] != int64(i) || res.Columns[0].Name != name {
				t.Errorf("%s: %v", sql, err)
			}
		}
	}
	if _, err := query(t, src, "SELECT * FROM a.b"); connectors.CodeOf(err) != connectors.CodeDenied {
		t.Errorf("a table of another schema for one with a dot: %v", err)
	}
}
