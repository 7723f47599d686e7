//go:build unix

// Package pgtest starts a real PostgreSQL for tests, from the binaries that are
// installed. It lies beside the suite of the store contract because the fleet's driver is
// what needs it most; tests of other packages that need a server use it too, so that there
// is one way to find, start and end one. It imports nothing of this repository.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Server is a server that listens on a socket in a folder of its own.
type Server struct {
	dir      string
	as       *syscall.SysProcAttr
	settings []string
	leash    *os.File // the server stops, and its folder goes, when it is closed

	mu        sync.Mutex
	databases int
	templates map[string]bool
}

// shared is the one server of a test binary. It is fast: what it loses when the machine
// loses power, no test looks at.
var shared = sync.OnceValues(func() (*Server, error) {
	return start("fsync=off", "synchronous_commit=off", "full_page_writes=off")
})

// Shared returns the server that the tests of this binary have together. It ends with the
// binary, however that ends. Without an installed server the test is skipped, or fails
// when BAPSANG_REQUIRE_ALL is 1.
func Shared(t testing.TB) *Server {
	t.Helper()
	require(t)
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Start starts a server for one test, with the settings that PostgreSQL has when nothing
// is set, and those given ("name=value").
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	require(t)
	s, err := start(settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.signal(syscall.SIGQUIT) // no test waits for a checkpoint
		_ = s.leash.Close()
	})
	return s
}

func require(t testing.TB) {
	t.Helper()
	if _, err := command("postgres"); err != nil {
		missing(t, "there is no PostgreSQL server; apt install postgresql")
	}
}

// missing ends a test that needs what is not installed.
func missing(t testing.TB, how string) {
	t.Helper()
	if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
		t.Fatal(how)
	}
	t.Skip(how)
}

// command finds a program of the server, first where BAPSANG_POSTGRES_BIN says: another
// version than the installed one.
func command(name string) (string, error) {
	if dir := os.Getenv("BAPSANG_POSTGRES_BIN"); dir != "" {
		return exec.LookPath(filepath.Join(dir, name))
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err == nil && len(found) > 0 {
		return found[len(found)-1], nil
	}
	return exec.LookPath(name)
}

func start(settings ...string) (*Server, error) {
	initdb, err := command("initdb")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "pg") // a socket's path has little room
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, settings: settings, templates: map[string]bool{}}
	if s.as, err = serverUser(dir); err == nil {
		create := exec.CommandContext(context.Background(), initdb, "-D", s.data(), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")
		create.SysProcAttr, create.Dir = s.as, dir
		var out []byte
		if out, err = create.CombinedOutput(); err != nil {
			err = fmt.Errorf("initdb: %w\n%s", err, out)
		}
	}
	if err == nil {
		err = s.launch()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// serverUser gives dir to a user that the server consents to run as: not root.
func serverUser(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uerr := strconv.Atoi(u.Uid)
		gid, gerr := strconv.Atoi(u.Gid)
		if err := errors.Join(uerr, gerr, os.Chown(dir, uid, gid)); err != nil {
			return nil, err
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return nil, errors.New("there is no user to run PostgreSQL as")
}

// keep is what the shell is told that must leave the folder alone.
const keep = "keep\n"

// launch starts the server under a shell that stops it and removes its folder when the
// test binary is gone: it reads a pipe that only the binary holds open.
func (s *Server) launch() error {
	postgres, err := command("postgres")
	if err != nil {
		return err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	args := []string{"-c", `d=$1; shift; "$@" >"$d/log" 2>&1 </dev/null & read -r word; [ "$word" = keep ] || { kill -INT $! 2>/dev/null; wait; rm -rf "$d"; }`,
		"sh", s.dir, postgres, "-D", s.data(), "-k", s.dir}
	for _, setting := range slices.Concat([]string{"listen_addresses=", "timezone=UTC", "max_connections=400"}, s.settings) {
		args = append(args, "-c", setting)
	}
	watch := exec.CommandContext(context.Background(), "/bin/sh", args...) // outlives the test that starts it
	watch.SysProcAttr, watch.Dir, watch.Stdin = s.as, s.dir, read
	if err := errors.Join(watch.Start(), read.Close()); err != nil {
		return errors.Join(err, write.Close())
	}
	s.leash = write
	return s.await()
}

// await returns when the server takes connections.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err := pgconn.Connect(ctx, s.DSN("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("the server does not start: %w\n%s", err, log)
		}
	}
}

// Host is where the server's socket is: what libpq calls host.
func (s *Server) Host() string { return s.dir }

// Give has a folder belong to the user that the server runs as.
func (s *Server) Give(t testing.TB, dir string) {
	t.Helper()
	if s.as == nil || s.as.Credential == nil {
		return
	}
	if err := os.Chown(dir, int(s.as.Credential.Uid), int(s.as.Credential.Gid)); err != nil {
		t.Fatal(err)
	}
}

// DSN is the address of a database of the server, as its superuser.
func (s *Server) DSN(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database, RawQuery: "host=" + url.QueryEscape(s.dir)}
	return u.String()
}

// Database returns the address of a new and empty database, which is dropped with the
// test.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.create(t, "template0")
}

// Clone is Database, as a copy of one that prepare filled. The original is made once for
// a name.
func (s *Server) Clone(t testing.TB, name string, prepare func(dsn string) error) string {
	t.Helper()
	s.mu.Lock()
	if !s.templates[name] {
		s.execute(t, "CREATE DATABASE "+name+" TEMPLATE template0")
		if err := prepare(s.DSN(name)); err != nil {
			s.mu.Unlock()
			t.Fatal(err)
		}
		s.templates[name] = true
	}
	s.mu.Unlock()
	return s.create(t, name)
}

func (s *Server) create(t testing.TB, template string) string {
	t.Helper()
	s.mu.Lock()
	s.databases++
	name := "test" + strconv.Itoa(s.databases)
	s.mu.Unlock()
	s.execute(t, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { s.execute(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return s.DSN(name)
}

func (s *Server) execute(t testing.TB, sql string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgconn.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Stop ends the server: with SIGINT in good order, cutting its connections; with SIGQUIT
// as a crash does. Its databases stay.
func (s *Server) Stop(t testing.TB, how syscall.Signal) {
	t.Helper()
	pid := filepath.Join(s.data(), "postmaster.pid")
	if err := s.signal(how); err != nil {
		t.Fatal(err)
	}
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for range again.C {
		if _, err := os.Stat(pid); errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	if _, err := s.leash.WriteString(keep); err != nil {
		t.Fatal(err)
	}
	_ = s.leash.Close()
}

// Continue starts the server again after [Server.Stop].
func (s *Server) Continue(t testing.TB) {
	t.Helper()
	if err := s.launch(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) signal(sig syscall.Signal) error {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, sig)
}
