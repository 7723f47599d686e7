package demo_test

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/bapsang/bapsang/cmd/bapsang/demo"
)

const holdFile = "DEMO_TEST_HOLD"

// hold keeps the database at path open until its standard input ends: the other process
// of a test.
func hold(path string) int {
	db, err := sql.Open("duckdb", path+"?access_mode=read_only")
	if err == nil {
		defer db.Close()
		err = db.Ping()
	}
	if err == nil {
		_, err = os.Stdout.WriteString("open\n")
	}
	if err == nil {
		_, err = io.Copy(io.Discard, os.Stdin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestEnsureKeepsWhatAnotherProcessReads(t *testing.T) {
	dir := t.TempDir()
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	old, err := demo.Ensure(t.Context(), dir, time.Date(2024, 1, 3, 0, 0, 0, 0, time.UTC), logger, nil)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdFile+"="+old)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "open\n" {
		t.Fatalf("%q %v", line, err)
	}
	there := func(day int) bool {
		if _, err := demo.Ensure(t.Context(), dir, time.Date(2024, 1, day, 0, 0, 0, 0, time.UTC), logger, nil); err != nil {
			t.Fatal(err)
		}
		_, err := os.Stat(filepath.Join(dir, filepath.Base(old)))
		return err == nil
	}
	if !there(12) {
		t.Error("removed while another process reads it")
	}
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if there(13) {
		t.Error("still there when nobody reads it")
	}
}
