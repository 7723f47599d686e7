package postgres_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/postgres"
	"github.com/jackc/pgx/v5"
)

// A server that gets no more memory in the middle of a query says so; that is told, and the
// source goes on in the same session.
func TestOutOfMemory(t *testing.T) {
	owner, reader := database(t, itemsSQL)
	src := open(t, postgres.Config{DSN: reader, Connections: 1})
	if _, err := query(t, src, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	session := func() (pid int) {
		err := connect(t, owner).QueryRow(t.Context(), "SELECT pid FROM pg_stat_activity WHERE application_name = 'bapsang' AND datname = current_database()", pgx.QueryExecModeSimpleProtocol).Scan(&pid)
		if err != nil {
			t.Fatal(err)
		}
		return pid
	}
	pid := session()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	var pages uint64
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		t.Fatal(err)
	}
	limit(t, pid, pages*uint64(os.Getpagesize())+64<<20)
	for range 2 {
		_, err := query(t, src, "SELECT length(string_agg(repeat('x', 100000), '')) FROM generate_series(1, 3000)")
		var e *connectors.Error
		if !errors.As(err, &e) || e.Code != connectors.CodeTooLarge || !strings.Contains(e.Message, "memory") || e.Korean == "" || !strings.Contains(fmt.Sprint(e.Err), "53200") {
			t.Fatalf("got %v", err)
		}
		if res, err := query(t, src, "SELECT count(*) FROM items"); err != nil || res.Rows[0][0] == int64(0) {
			t.Errorf("afterwards: %v, %v", res, err)
		}
	}
	if after := session(); after != pid {
		t.Error("in another session")
	}
}

// limit lets a process map so many bytes and no more, as the user that it runs as: root in a
// container may not do so for others.
func limit(t *testing.T, pid int, most uint64) {
	t.Helper()
	var of syscall.Stat_t
	if err := syscall.Stat("/proc/"+strconv.Itoa(pid), &of); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "prlimit", "--pid="+strconv.Itoa(pid), "--as="+strconv.FormatUint(most, 10))
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: of.Uid, Gid: of.Gid}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
