package demo_test

import (
	"bufio"
	"database/sql"
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

// TestHold is the other process of TestEnsureKeepsWhatAnotherProcessReads.
func TestHold(t *testing.T) {
	path := os.Getenv(holdFile)
	if path == "" {
		t.Skip("helper of another test")
	}
	db, err := sql.Open("duckdb", path+"?access_mode=read_only")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("open\n")
	io.Copy(io.Discard, os.Stdin) // until the other side closes it
}

func TestEnsureKeepsWhatAnotherProcessReads(t *testing.T) {
	dir := t.TempDir()
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	old, err := demo.Ensure(t.Context(), dir, time.Date(2024, 1, 3, 0, 0, 0, 0, time.UTC), logger, nil)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestHold$")
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
