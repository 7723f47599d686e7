package sqlite_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/sqlite"
)

// trapSQL is what attacks want: a secret, a view that gives it away, and tables of modules.
const trapSQL = itemsSQL + `
	CREATE INDEX byprice ON items(price);
	CREATE VIEW spy AS SELECT secret FROM hidden;
	CREATE VIRTUAL TABLE words USING fts4(x);
	INSERT INTO words VALUES ('hunter2');
	CREATE VIRTUAL TABLE box USING rtree(id, a, b);
	CREATE TABLE "items " (x);
	CREATE TABLE counted (n INTEGER PRIMARY KEY AUTOINCREMENT);
	INSERT INTO counted VALUES (7);
	ANALYZE;`

// lines are the statements of a file, one a line.
func lines(t testing.TB, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\n"); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

// contents are the names of what is in a folder with what it holds; the index of a log,
// which readers share, is left out.
func contents(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), "-shm") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintf("%s %x\n", e.Name(), sha256.Sum256(data))
	}
	return out
}

// Every attack is refused, at once, before the file is asked, and nothing has changed, in
// both ways of keeping a journal, on a file that we could write.
func TestAttacks(t *testing.T) {
	attacks := lines(t, "testdata/attacks.sql")
	if len(attacks) < 300 {
		t.Fatalf("only %d attacks", len(attacks))
	}
	for _, journal := range []string{"DELETE", "WAL"} {
		t.Run(journal, func(t *testing.T) {
			path := database(t, "PRAGMA journal_mode = "+journal, trapSQL)
			dir := filepath.Dir(path)
			if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("hunter3"), 0o600); err != nil {
				t.Fatal(err)
			}
			src := open(t, sqlite.Config{Path: path, Workers: 1})
			before := contents(t, dir)
			for _, sql := range attacks {
				sql = strings.ReplaceAll(sql, "OUT", dir)
				connectorstest.Soon(t, sql, 2*time.Second, func() time.Duration {
					started := time.Now()
					res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql, Tables: []string{"items"}, Timeout: 3 * time.Second})
					took := time.Since(started)
					var e *connectors.Error
					switch {
					case err == nil:
						t.Errorf("ran: %.200s\n%.200v", sql, res.Rows)
					case !errors.As(err, &e) || e.Code != connectors.CodeDenied && e.Code != connectors.CodeSQL || strings.Contains(e.Message, "or a view that it reads") || strings.Contains(e.Message, "not authorized"):
						t.Errorf("reached the file: %.200s\n%v", sql, err)
					case strings.Contains(e.Message, "hunter") || strings.Contains(e.Message, dir) && !strings.Contains(sql, dir):
						t.Errorf("told: %.200s\n%v", sql, err)
					}
					return took
				})
			}
			if after := contents(t, dir); after != before {
				t.Errorf("before\n%s\nafter\n%s", before, after)
			}
			wantItems(t, src)
		})
	}
	t.Logf("%d attacks", len(attacks))
}

// wantItems fails unless the source answers as it should.
func wantItems(t *testing.T, src connectors.Source) {
	t.Helper()
	if res := query(t, src, "SELECT count(*), min(label), round(sum(price)) FROM items"); fmt.Sprint(res.Rows) != "[[1000 항목 1 125125]]" {
		t.Errorf("items afterwards: %v", res.Rows)
	}
}

// What is a SELECT and would take all there is ends in its time and within its memory.
func TestBombs(t *testing.T) {
	path := database(t, itemsSQL)
	const limit = 128 << 20
	src := open(t, sqlite.Config{Path: path, Workers: 1, MemoryLimit: limit})
	ends := map[connectors.Code]int{}
	for _, sql := range lines(t, "testdata/bombs.sql") {
		connectorstest.Soon(t, sql, 3*time.Second, func() time.Duration {
			started := time.Now()
			_, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql, Timeout: 150 * time.Millisecond})
			took, code := time.Since(started), connectors.CodeOf(err)
			ends[code]++
			if code != "" && code != connectors.CodeTimeout && code != connectors.CodeTooLarge && code != connectors.CodeSQL {
				t.Errorf("%s\n%v", sql, err)
			}
			return took
		})
		for _, pid := range connectorstest.Children(t) {
			if kb := resident(t, pid); kb<<10 > limit+200<<20 {
				t.Errorf("%d MB: %s", kb>>10, sql)
			}
		}
	}
	wantItems(t, src)
	t.Logf("ends: %v", ends)
}

// The engine's memory is bounded, whatever a statement wants of it.
func TestMemory(t *testing.T) {
	const limit = 128 << 20
	src := open(t, sqlite.Config{Path: database(t, itemsSQL), Workers: 1, MemoryLimit: limit})
	for _, sql := range []string{
		"WITH m AS MATERIALIZED (SELECT printf('%.*c', 20000000, 'x') AS s FROM items) SELECT count(*) FROM m a, m b",
		"SELECT printf('%.*c', 1000000, 'x') || id AS s FROM items ORDER BY s",
	} {
		_, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql})
		sentence(t, err, connectors.CodeTooLarge, "memory")
		for _, pid := range connectorstest.Children(t) {
			if kb := resident(t, pid); kb<<10 > limit+100<<20 {
				t.Errorf("%d MB: %s", kb>>10, sql)
			}
		}
	}
	wantItems(t, src)
}

// resident is the most that a process has had in memory, in KB; 0 where it is gone.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb
		}
	}
	return 0
}

// What analyses need is let through, so that the proof is no wall.
func TestHonestStatements(t *testing.T) {
	path := database(t, trapSQL, "CREATE TABLE o (id INTEGER, at TIMESTAMP, d DATE, amount DECIMAL(12,2), m TEXT, j TEXT, \"한글 이름\" TEXT, \"order\" INTEGER)",
		`INSERT INTO o VALUES (1, '2026-11-01 10:00:00', '2026-11-01', 12.5, 'b', '{"k": [1, 2]}', '값', 3)`,
		"CREATE VIEW monthly AS SELECT date(at, 'start of month') AS month, sum(amount) AS revenue FROM o GROUP BY 1")
	src := open(t, sqlite.Config{Path: path, Timezone: "Asia/Seoul"})
	for _, sql := range lines(t, "testdata/honest.sql") {
		if _, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql}); err != nil {
			t.Errorf("%s\n%v", sql, err)
		}
	}
	// A view is read, and not what it is made of.
	only := connectors.Statement{SQL: "SELECT * FROM spy", Tables: []string{"spy"}}
	if res, err := src.Query(t.Context(), connectors.Caller{}, only); err != nil || res.Rows[0][0] != "hunter2" {
		t.Errorf("a view: %v, %v", res, err)
	}
	// Names differ by capitals beyond ASCII.
	write(t, path, "CREATE TABLE É (x); INSERT INTO É VALUES ('hunter2'); CREATE TABLE é (x)")
	for sql, may := range map[string]bool{"SELECT * FROM É": false, "SELECT * FROM é": true, "SELECT * FROM ITEMS, é": false} {
		if _, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql, Tables: []string{"é"}}); (err == nil) != may {
			t.Errorf("%s: %v", sql, err)
		}
	}
	only.SQL = "WITH spy AS (SELECT secret FROM hidden) SELECT * FROM spy"
	if _, err := src.Query(t.Context(), connectors.Caller{}, only); connectors.CodeOf(err) != connectors.CodeDenied {
		t.Errorf("what a view is made of: %v", err)
	}
}
