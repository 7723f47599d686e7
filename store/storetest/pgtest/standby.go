//go:build unix

package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// Standby starts a replica of the server, a copy of all its databases that follows it as
// it changes (streaming replication), with the settings given ("name=value"). It ends with
// the test, which is skipped where pg_basebackup is not installed, or fails when
// BAPSANG_REQUIRE_ALL is 1.
func (s *Server) Standby(t testing.TB, settings ...string) *Server {
	t.Helper()
	program, err := command("pg_basebackup")
	if err != nil {
		missing(t, "there is no pg_basebackup; apt install postgresql")
	}
	dir, err := os.MkdirTemp("/tmp", "pg")
	if err != nil {
		t.Fatal(err)
	}
	standby := &Server{dir: dir, settings: settings, templates: map[string]bool{}}
	if standby.as, err = serverUser(dir); err == nil {
		// What it is copied from must not wait for a checkpoint that comes by itself.
		backup := exec.CommandContext(t.Context(), program, "-h", s.dir, "-U", "postgres", "-D", standby.data(), "-R", "-X", "stream", "-c", "fast")
		backup.SysProcAttr, backup.Dir = standby.as, dir
		var out []byte
		if out, err = backup.CombinedOutput(); err != nil {
			err = fmt.Errorf("pg_basebackup: %w\n%s", err, out)
		}
	}
	if err == nil {
		err = standby.launch()
	}
	if err != nil {
		_ = os.RemoveAll(dir)
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = standby.signal(syscall.SIGQUIT)
		_ = standby.leash.Close()
	})
	return standby
}
