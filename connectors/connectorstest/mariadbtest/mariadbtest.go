//go:build unix

// Package mariadbtest starts a real MariaDB for tests, from the binaries that are
// installed, as pgtest starts a PostgreSQL. It imports nothing of this repository.
//
// A server listens on a port of 127.0.0.1 and on a socket in a folder of its own. Its
// super-user is root without a password; its character set is utf8mb4, its zone UTC. It
// knows no names of time zones until [Server.Zones] loads some.
package mariadbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
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

	"github.com/go-sql-driver/mysql"
)

// Server is a running server.
type Server struct {
	dir     string
	addr    string
	as      *syscall.SysProcAttr
	options []string
	leash   *os.File // the server is killed, and its folder goes, when it is closed

	mu        sync.Mutex
	databases int
	zones     map[string]bool
}

// shared is the one server of a test binary.
var shared = sync.OnceValues(func() (*Server, error) { return start() })

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

// Start starts a server for one test, with options of mariadbd ("name=value") besides
// those that make it quick.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	require(t)
	s, err := start(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.leash.Close() })
	return s
}

func require(t testing.TB) {
	t.Helper()
	_, server := command("mariadbd")
	_, install := command("mariadb-install-db")
	if server == nil && install == nil {
		return
	}
	how := "there is no MariaDB server; apt install mariadb-server-core"
	if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
		t.Fatal(how)
	}
	t.Skip(how)
}

// command finds a program of the server, which is not on every user's path.
func command(name string) (string, error) {
	if found, err := exec.LookPath(name); err == nil {
		return found, nil
	}
	return exec.LookPath("/usr/sbin/" + name)
}

// quick is what a server is started and its tables made with. What is committed lives on
// when the server is killed; what it loses when the machine loses power, no test looks at.
var quick = []string{
	"innodb-flush-method=nosync", "innodb-doublewrite=0", "innodb-flush-log-at-trx-commit=2",
	"innodb-log-file-size=8M", "innodb-buffer-pool-size=32M", "innodb-buffer-pool-dump-at-shutdown=0", "debug-no-sync",
	"character-set-server=utf8mb4", "collation-server=utf8mb4_general_ci",
	"skip-name-resolve", "skip-log-bin", "skip-ssl",
}

func start(options ...string) (*Server, error) {
	dir, err := os.MkdirTemp("/tmp", "mdb") // a socket's path has little room
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, options: options, zones: map[string]bool{}}
	if s.as, err = serverUser(dir); err == nil {
		err = s.install()
	}
	if err == nil {
		err = s.listen()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// serverUser gives dir to a user that the server consents to run as: not root.
func serverUser(dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"mysql", "nobody"} {
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
	return nil, errors.New("there is no user to run MariaDB as")
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// flags are the options of both programs.
func (s *Server) flags(options ...string) []string {
	flags := []string{"--no-defaults", "--datadir=" + s.data(), "--tmpdir=" + s.dir}
	for _, option := range options {
		flags = append(flags, "--"+option)
	}
	return flags
}

// install makes the tables that a server begins with.
func (s *Server) install() error {
	program, err := command("mariadb-install-db")
	if err != nil {
		return err
	}
	flags := append(s.flags(quick...), "--auth-root-authentication-method=normal", "--skip-test-db")
	create := exec.CommandContext(context.Background(), program, flags...)
	create.SysProcAttr, create.Dir = s.as, s.dir
	if out, err := create.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	return nil
}

// listen starts the server on a free port. Another program may take the port between its
// being found free and its use, so there is more than one try.
func (s *Server) listen() error {
	var errs []error
	for range 3 {
		free, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.addr = free.Addr().String()
		if err := free.Close(); err != nil {
			return err
		}
		if err = s.launch(); err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// keep is what the shell is told that must leave the folder alone.
const keep = "keep\n"

// launch starts the server under a shell that kills it and removes its folder when the
// test binary is gone: it reads a pipe that only the binary holds open.
func (s *Server) launch() error {
	program, err := command("mariadbd")
	if err != nil {
		return err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return err
	}
	_ = os.Remove(s.pidFile()) // left by one that was killed
	args := []string{"-c", `d=$1; shift; "$@" >"$d/log" 2>&1 </dev/null & read -r word; [ "$word" = keep ] || { kill -KILL $! 2>/dev/null; wait; rm -rf "$d"; }`, "sh", s.dir, program}
	own := []string{"socket=" + s.Socket(), "pid-file=" + s.pidFile(), "port=" + port, "bind-address=127.0.0.1", "default-time-zone=+00:00", "max-connections=400"}
	args = append(args, s.flags(slices.Concat(quick, own, s.options)...)...)
	watch := exec.CommandContext(context.Background(), "/bin/sh", args...) // outlives the test that starts it
	watch.SysProcAttr, watch.Dir, watch.Stdin = s.as, s.dir, read
	if err := errors.Join(watch.Start(), read.Close()); err != nil {
		return errors.Join(err, write.Close())
	}
	s.leash = write
	if err := s.await(); err != nil {
		_, told := s.leash.WriteString(keep)
		return errors.Join(err, told, s.leash.Close())
	}
	return nil
}

// await returns when the server takes connections.
func (s *Server) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open("mysql", s.DSN(""))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if _, err = os.Stat(s.pidFile()); err == nil {
			if err = db.PingContext(ctx); err == nil {
				return nil
			}
		}
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		if strings.Contains(string(log), "[ERROR] Aborting") {
			return fmt.Errorf("the server does not start\n%s", log)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("the server does not start: %w\n%s", err, log)
		}
	}
}

func (s *Server) pidFile() string { return filepath.Join(s.dir, "pid") }

// Addr is the server's host and port.
func (s *Server) Addr() string { return s.addr }

// Socket is the path of the server's socket.
func (s *Server) Socket() string { return filepath.Join(s.dir, "sock") }

// Config is how to reach a database of the server over TCP, as its super-user; a test
// changes what it likes of it.
func (s *Server) Config(database string) *mysql.Config {
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = "root", "tcp", s.addr, database
	return c
}

// DSN is the address of a database of the server, as its super-user, as
// github.com/go-sql-driver/mysql writes it.
func (s *Server) DSN(database string) string { return s.Config(database).FormatDSN() }

// Database makes a new and empty database, which is dropped with the test, and returns
// its name, for [Server.Config] and [Server.DSN].
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	s.databases++
	name := "test" + strconv.Itoa(s.databases)
	s.mu.Unlock()
	s.Exec(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { s.Exec(t, "DROP DATABASE IF EXISTS "+name) })
	return name
}

// Exec runs statements as the super-user, with no database chosen.
func (s *Server) Exec(t testing.TB, statements ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	db, err := sql.Open("mysql", s.DSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // what one statement sets, the next finds
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// Stop ends the server and waits until it is gone: with SIGTERM in good order, with
// SIGKILL as a crash does. Its databases stay.
func (s *Server) Stop(t testing.TB, how syscall.Signal) {
	t.Helper()
	text, err := os.ReadFile(s.pidFile())
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, how); err != nil {
		t.Fatal(err)
	}
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for range again.C {
		if gone(pid) {
			break
		}
	}
	if _, err := s.leash.WriteString(keep); err != nil {
		t.Fatal(err)
	}
	_ = s.leash.Close()
}

// gone says whether a process has ended. One that has and that its parent has not yet
// asked after is still there for kill, but has let go of its files.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return errors.Is(err, os.ErrNotExist) && exists("/proc/self/stat")
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Continue starts the server again after [Server.Stop], at the same address.
func (s *Server) Continue(t testing.TB) {
	t.Helper()
	if err := s.launch(); err != nil {
		t.Fatal(err)
	}
}
