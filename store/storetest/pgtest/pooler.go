//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// poolerPort is in the name of the pooler's socket.
const poolerPort = "6432"

// Pooler starts a PgBouncer before the server, which hands out connections by
// transaction unless the settings ("name = value") say otherwise, and returns what makes the
// address of a database by way of it. It ends with the test. Without an installed one the
// test is skipped, or fails when BAPSANG_REQUIRE_ALL is 1.
func (s *Server) Pooler(t testing.TB, settings ...string) (through func(dsn string) string) {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
	}
	if _, err := os.Stat(program); err != nil {
		missing(t, "there is no PgBouncer; apt install pgbouncer")
	}
	dir, err := os.MkdirTemp("/tmp", "pgb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as, err := serverUser(dir)
	if err != nil {
		t.Fatal(err)
	}
	ini := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf("[databases]\n* = host=%s user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = %s\nunix_socket_dir = %s\nauth_type = any\n"+
		"pool_mode = transaction\ndefault_pool_size = 5\nmax_client_conn = 500\n%s\n", s.dir, poolerPort, dir, strings.Join(settings, "\n"))
	if err := os.WriteFile(ini, []byte(text), 0o644); err != nil { //nolint:gosec // another user reads it
		t.Fatal(err)
	}
	pooler := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-q", ini)
	pooler.SysProcAttr, pooler.Dir = as, dir
	if err := pooler.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = pooler.Process.Signal(syscall.SIGTERM)
		_ = pooler.Wait() // ends as what was stopped ends
	})
	through = func(dsn string) string {
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		u.RawQuery = url.Values{"host": {dir}, "port": {poolerPort}}.Encode()
		return u.String()
	}
	awaitPooler(t, through(s.DSN("postgres")))
	return through
}

func awaitPooler(t testing.TB, dsn string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err := pgconn.Connect(ctx, dsn)
		if err == nil {
			_ = conn.Close(ctx)
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("the pooler does not start: %v", err)
		}
	}
}
