package duckdb_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/duckdb"
)

// corpus reads the paragraphs of a file of statements.
func corpus(tb testing.TB, name string) []string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	// The first paragraph says what the file is.
	return strings.Split(strings.TrimSpace(string(text)), "\n\n")[1:]
}

const canary = "canary-7f3a91"

// bait is a directory with files that no statement may read, and a digest of
// everything in it.
func bait(t *testing.T) (dir string, digest func() string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{"ok.csv": "a\n" + canary, "o.csv": "a\n" + canary, "o.json": `{"a":"` + canary + `"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	return dir, func() string { return digestOf(t, dir) }
}

func digestOf(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%s %d %x\n", e.Name(), len(text), text)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestAttacksAreRefused(t *testing.T) {
	path := makeDatabase(t, "shop.duckdb", shopSQL)
	dir, digest := bait(t)
	src := open(t, duckdb.Config{Path: path, Timeout: 2 * time.Second})
	files, data := digest(), digestOf(t, filepath.Dir(path))
	attacks := corpus(t, "attacks.sql")
	if len(attacks) < 150 {
		t.Fatalf("only %d attacks", len(attacks))
	}
	tables := []string{"orders", "customers", "regions"}
	for _, sql := range attacks {
		sql = strings.ReplaceAll(sql, "OUT/", dir+"/")
		res, err := query(t, src, connectors.Statement{SQL: sql, Tables: tables})
		var e *connectors.Error
		switch {
		case err == nil:
			t.Errorf("ran: %s\n%v", sql, res.Rows)
		case !errors.As(err, &e) || e.Code != connectors.CodeDenied && e.Code != connectors.CodeSQL:
			t.Errorf("%s: %v", sql, err)
		case testing.Verbose() && e.Code == connectors.CodeSQL:
			t.Logf("%s: %s", sql, e.Message)
		case strings.Contains(e.Message, canary) || strings.Contains(e.Message, "root:") || strings.Contains(e.Message, path):
			t.Errorf("%s: the message tells too much: %s", sql, e.Message)
		}
	}
	if digest() != files || digestOf(t, filepath.Dir(path)) != data {
		t.Error("a file was changed")
	}
	res, err := query(t, src, connectors.Statement{SQL: "SELECT count(*), sum(qty) FROM orders"})
	if err != nil || res.Rows[0][0] != int64(1000) {
		t.Errorf("afterwards: %v, %v", res, err)
	}
}

func TestLegitimateStatementsRun(t *testing.T) {
	src := openShop(t, 2)
	statements := corpus(t, "legitimate.sql")
	if len(statements) < 60 {
		t.Fatalf("only %d statements", len(statements))
	}
	for _, sql := range statements {
		if _, err := query(t, src, connectors.Statement{SQL: sql}); err != nil {
			t.Errorf("%s\n%v", sql, err)
		}
	}
}

// TestHeavyStatements runs what no setting of the engine bounds: each ends within
// two seconds of its deadline, in a result or a sentence, and costs this process
// nothing.
func TestHeavyStatements(t *testing.T) {
	src := open(t, duckdb.Config{Path: makeDatabase(t, "shop.duckdb", shopSQL), Workers: 2, MemoryLimit: 256 << 20})
	before := peakMemory(t)
	statements := make(chan string)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for sql := range statements {
				runHeavy(t, src, sql)
			}
		})
	}
	for _, sql := range corpus(t, "heavy.sql") {
		statements <- sql
	}
	close(statements)
	wg.Wait()
	if grown := peakMemory(t) - before; grown > 100<<20 {
		t.Errorf("the parent's memory grew by %d MiB", grown>>20)
	}
	res, err := query(t, src, connectors.Statement{SQL: "SELECT count(*) FROM orders"})
	if err != nil || res.Rows[0][0] != int64(1000) {
		t.Errorf("afterwards: %v, %v", res, err)
	}
}

func runHeavy(t *testing.T, src connectors.Source, sql string) {
	const timeout = 100 * time.Millisecond
	connectorstest.Soon(t, sql, timeout+2*time.Second, func() time.Duration {
		start := time.Now()
		_, err := src.Query(context.Background(), connectors.Caller{}, connectors.Statement{SQL: sql, Timeout: timeout, MaxRows: 100})
		took := time.Since(start)
		switch connectors.CodeOf(err) {
		case "", connectors.CodeTimeout, connectors.CodeTooLarge, connectors.CodeSQL:
		default:
			t.Errorf("%s: %v", sql, err)
		}
		if testing.Verbose() {
			t.Logf("%-70.70s %6d ms  %s", sql, took.Milliseconds(), connectors.CodeOf(err))
		}
		return took
	})
}

// peakMemory is the most memory that this process has held, or 0 where the system
// does not say.
func peakMemory(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	return 0
}
