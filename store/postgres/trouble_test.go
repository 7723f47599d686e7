//go:build unix

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
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// execute runs statements in a database, one after the other.
func execute(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, dsn)
	must(t, err)
	defer func() { _ = conn.Close(ctx) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// as is the address of a database for another login.
func as(t testing.TB, dsn, login, password string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	must(t, err)
	u.User = url.User(login)
	if password != "" {
		u.User = url.UserPassword(login, password)
	}
	return u.String()
}

// note writes a document and a job.
func note(key string) func(store.Tx) error {
	return func(tx store.Tx) error {
		_, _, err := tx.Enqueue(store.NewJob{Kind: "ask", Unique: key})
		return errors.Join(err, tx.Put("note", key, []byte("1")))
	}
}

// noted says whether the document and the job are there, and fails when it is one of them.
func noted(t testing.TB, s *postgres.Store, key string) (there bool) {
	t.Helper()
	must(t, s.View(t.Context(), func(tx store.ReadTx) error {
		_, err := tx.Get("note", key)
		there = err == nil
		return nil
	}))
	err := s.Update(t.Context(), func(tx store.Tx) error {
		_, added, err := tx.Enqueue(store.NewJob{Kind: "ask", Unique: key})
		if added == there {
			t.Errorf("of %s the document is there: %v, the job: %v", key, there, !added)
		}
		return errors.Join(err, errors.New("leave no trace"))
	})
	if err == nil {
		t.Error("the question left a trace")
	}
	return there
}

// TestAServerWithoutRoom has documents on a disk that is full. Whoever is refused is told
// so, what was acknowledged is there, and with room again all goes on.
func TestAServerWithoutRoom(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=off")
	dsn := newDatabase(t, server)
	disk := smallDisk(t, 3<<20)
	server.Give(t, disk)
	execute(t, dsn, "CREATE TABLESPACE small LOCATION '"+disk+"'", "ALTER TABLE bapsang.docs SET TABLESPACE small")
	s := openStore(t, dsn, postgres.Options{})
	written := 0
	var err error
	for ; err == nil && written < 1000; written++ {
		err = s.Update(t.Context(), func(tx store.Tx) error {
			key := strconv.Itoa(written)
			_, _, err := tx.Enqueue(store.NewJob{Kind: "ask", Unique: key})
			return errors.Join(err, tx.Put("note", key, incompressible(64<<10)))
		})
	}
	if !errors.Is(err, store.ErrFull) {
		t.Fatalf("after %d documents: %v", written, err)
	}
	written--
	for n := range written {
		if !noted(t, s, strconv.Itoa(n)) {
			t.Errorf("document %d was acknowledged and is not there", n)
		}
	}
	if noted(t, s, strconv.Itoa(written)) {
		t.Error("what was refused is there")
	}
	execute(t, dsn, "ALTER TABLE bapsang.docs SET TABLESPACE pg_default")
	must(t, s.Update(t.Context(), note("after")))
	if written == 0 || !noted(t, s, "after") {
		t.Errorf("%d documents before, and none after", written)
	}
	// The folder has to go before the disk does.
	execute(t, dsn, "ALTER TABLE bapsang.docs SET TABLESPACE pg_default", "DROP TABLESPACE small")
}

// incompressible is what the server does not make smaller.
func incompressible(n int) []byte {
	out := make([]byte, n)
	x := uint64(1)
	for i := range out {
		x = x*6364136223846793005 + 1442695040888963407
		out[i] = byte(x >> 56)
	}
	return out
}

// TestADamagedTable overwrites the head of a page of the documents' table, as a disk does
// that dies. What lies there is not taken for something else.
func TestADamagedTable(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=off")
	dsn := newDatabase(t, server)
	s := openStore(t, dsn, postgres.Options{})
	must(t, s.Update(t.Context(), note("first")))
	var file string
	conn, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	must(t, conn.QueryRow(t.Context(), "SELECT pg_relation_filepath('bapsang.docs')").Scan(&file))
	must(t, conn.Close(t.Context()))
	server.Stop(t, syscall.SIGINT)
	f, err := os.OpenFile(filepath.Join(server.Host(), "data", file), os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteAt([]byte(strings.Repeat("\xa5", 24)), 0)
	must(t, errors.Join(err, f.Close()))
	server.Continue(t)
	read := func(tx store.ReadTx) error {
		_, err := tx.Get("note", "first")
		return err
	}
	if err := s.View(t.Context(), read); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("reading: %v", err)
	}
	if err := s.Update(t.Context(), func(tx store.Tx) error { return read(tx) }); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("reading in an update: %v", err)
	}
}

// TestALoginWithoutRights opens and migrates as somebody who may not, and works as somebody
// who may write documents, but no jobs. Each is told what the server denies, and
// nothing is half done.
func TestALoginWithoutRights(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=off")
	dsn := newDatabase(t, server)
	execute(t, dsn, "CREATE ROLE nobody LOGIN", "CREATE ROLE clerk LOGIN", "GRANT USAGE ON SCHEMA bapsang TO clerk",
		"GRANT SELECT ON ALL TABLES IN SCHEMA bapsang TO clerk", "GRANT INSERT, UPDATE, DELETE ON bapsang.docs, bapsang.commits TO clerk")
	nobody, clerk := as(t, dsn, "nobody", ""), as(t, dsn, "clerk", "")
	if _, err := postgres.Open(t.Context(), nobody, postgres.Options{}); !errors.Is(err, postgres.ErrDenied) {
		t.Errorf("open without any right: %v", err)
	}
	if _, _, err := postgres.Migrate(t.Context(), nobody, postgres.Options{Schema: "another"}); !errors.Is(err, postgres.ErrDenied) || !strings.Contains(err.Error(), "another") {
		t.Errorf("migrate without a right: %v", err)
	}
	execute(t, dsn, "DO $$ BEGIN IF to_regnamespace('another') IS NOT NULL THEN RAISE 'it is there'; END IF; END $$")

	s, owner := openStore(t, clerk, postgres.Options{}), openStore(t, dsn, postgres.Options{})
	if err := s.Update(t.Context(), note("denied")); !errors.Is(err, postgres.ErrDenied) || !strings.Contains(err.Error(), "jobs") {
		t.Errorf("enqueue without the right: %v", err)
	}
	if noted(t, owner, "denied") {
		t.Error("the document is there without its job")
	}
	must(t, s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("note", "allowed", []byte("1")) }))
	x, err := postgres.Examine(t.Context(), clerk, postgres.Options{})
	if err != nil || len(x.Missing) == 0 || !strings.Contains(strings.Join(x.Missing, ", "), `INSERT on "bapsang".jobs`) {
		t.Errorf("examined: %+v, %v", x, err)
	}
}

// TestAServerThatTakesNoWrites opens a store on one, and has one turn so under a store.
func TestAServerThatTakesNoWrites(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=off")
	dsn := newDatabase(t, server)
	s := openStore(t, dsn, postgres.Options{MaxConns: 1})
	must(t, s.Update(t.Context(), note("before")))
	must(t, s.Ready(t.Context()))
	execute(t, dsn, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
	until(t, func() bool { return errors.Is(s.Ready(t.Context()), postgres.ErrReadOnly) })
	if _, err := postgres.Open(t.Context(), dsn, postgres.Options{}); !errors.Is(err, postgres.ErrReadOnly) {
		t.Errorf("open: %v", err)
	}
	if _, _, err := postgres.Migrate(t.Context(), dsn, postgres.Options{Schema: "another"}); !errors.Is(err, postgres.ErrReadOnly) {
		t.Errorf("migrate: %v", err)
	}
	if err := s.View(t.Context(), func(tx store.ReadTx) error {
		_, err := tx.Get("note", "before")
		return err
	}); err != nil {
		t.Errorf("reading: %v", err)
	}
	execute(t, dsn, "SET default_transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")
	until(t, func() bool { return s.Ready(t.Context()) == nil })
	must(t, s.Update(t.Context(), note("after")))
}

// until waits for something to become so.
func until(t testing.TB, so func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatal("it does not come to be so")
		}
	}
}

// TestAServerWithoutConnections has others take all that the server has. Who opens a
// store is told; a store that lost its connections waits until there are some.
func TestAServerWithoutConnections(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=off", "max_connections=14", "superuser_reserved_connections=3")
	dsn := newDatabase(t, server)
	execute(t, dsn, "CREATE ROLE kim LOGIN", "GRANT USAGE ON SCHEMA bapsang TO kim", "GRANT ALL ON ALL TABLES IN SCHEMA bapsang TO kim")
	kim := as(t, dsn, "kim", "")
	s := openStore(t, kim, postgres.Options{MaxConns: 2})
	var others []*pgx.Conn
	for range 14 {
		conn, err := pgx.Connect(t.Context(), kim)
		if err != nil {
			break
		}
		others = append(others, conn)
	}
	if _, err := postgres.Open(t.Context(), kim, postgres.Options{}); !errors.Is(err, postgres.ErrCrowded) {
		t.Errorf("open: %v", err)
	}
	// The store's connections end, and others were faster than it to take their place.
	execute(t, dsn, fmt.Sprintf("ALTER ROLE kim CONNECTION LIMIT %d", len(others)),
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bapsang'")
	done := make(chan error, 1)
	go func() { done <- s.Update(t.Context(), note("waited")) }()
	select {
	case err := <-done:
		t.Errorf("without a connection: %v", err)
		done <- err
	case <-time.After(300 * time.Millisecond):
	}
	for _, conn := range others {
		must(t, conn.Close(t.Context()))
	}
	must(t, <-done)
	if !noted(t, s, "waited") {
		t.Error("what waited was not written")
	}
}

// TestWhoIsNotLetIn comes with a wrong password, and to where no server is. The error says
// which, at once, and not the password.
func TestWhoIsNotLetIn(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "fsync=off")
	dsn := newDatabase(t, server)
	execute(t, dsn, "CREATE ROLE kim LOGIN PASSWORD 'right horse'", "GRANT USAGE ON SCHEMA bapsang TO kim", "GRANT ALL ON ALL TABLES IN SCHEMA bapsang TO kim")
	hba := filepath.Join(server.Host(), "data", "pg_hba.conf")
	rules, err := os.ReadFile(hba)
	must(t, err)
	must(t, os.WriteFile(hba, append([]byte("local all kim scram-sha-256\n"), rules...), 0o600))
	execute(t, dsn, "SELECT pg_reload_conf()")
	until(t, func() bool {
		early, err := postgres.Open(t.Context(), as(t, dsn, "kim", "wrong horse"), postgres.Options{})
		if err == nil { // before the server has read its rules again
			must(t, early.Close())
		}
		if err != nil && strings.Contains(err.Error(), "wrong horse") {
			t.Fatalf("it tells the password: %v", err)
		}
		return errors.Is(err, postgres.ErrLogin)
	})
	openStore(t, as(t, dsn, "kim", "right horse"), postgres.Options{})

	began := time.Now()
	away := "postgres://kim:secret@/none?host=" + url.QueryEscape(t.TempDir())
	_, err = postgres.Open(t.Context(), away, postgres.Options{})
	if err == nil || strings.Contains(err.Error(), "secret") || time.Since(began) > 10*time.Second {
		t.Errorf("without a server, after %v: %v", time.Since(began), err)
	}
	if _, _, err := postgres.Migrate(t.Context(), away, postgres.Options{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("migrate without a server: %v", err)
	}
}
