package eval_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/eval"
)

// makeSQLite makes a database by statements, and returns it and its file.
func makeSQLite(t testing.TB, statements string) (eval.Database, string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "db.sqlite")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	dbs, err := openFolder(t, dir).For(t.Context(), eval.Case{DB: "db"})
	if err != nil {
		t.Fatal(err)
	}
	return dbs[0], path
}

// Declared types do not change what is read: Python does not look at them.
func TestSQLiteCellsStayAsTheyAreStored(t *testing.T) {
	t.Parallel()
	db, _ := makeSQLite(t, `CREATE TABLE t (d DATE, ts TIMESTAMP, dt DATETIME, b BOOLEAN, x BLOB, r REAL);
		INSERT INTO t VALUES ('2026-10-01', '2026-10-01 09:30:00', 'soon', 2, x'00ff', 3), (20261001, 1700000000, 1.5, 'yes', 'text', NULL)`)
	got, err := db.Query(t.Context(), "SELECT * FROM t")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, row := range got.Rows {
		for _, c := range row {
			texts = append(texts, eval.PyStr(c)+" "+strings.TrimSuffix(strings.TrimPrefix(eval.PyType(c), "<class '"), "'>"))
		}
	}
	want := `2026-10-01 str|2026-10-01 09:30:00 str|soon str|2 int|b'\x00\xff' bytes|3.0 float|20261001 int|1700000000 int|1.5 float|yes str|text str|None NoneType`
	if s := strings.Join(texts, "|"); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	got, err = db.Query(t.Context(), `SELECT d FROM t WHERE d = "2026-10-01"; -- a text in double quotes`)
	if err != nil || len(got.Rows) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSQLiteLetsHostileStatementsReadOnly(t *testing.T) {
	t.Parallel()
	db, path := makeSQLite(t, "CREATE TABLE kept (v TEXT); CREATE INDEX by_v ON kept (v); INSERT INTO kept VALUES ('a')")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	for _, sql := range []string{
		"DELETE FROM kept", "INSERT INTO kept VALUES ('b')", "UPDATE kept SET v = 'b' RETURNING v", "DROP TABLE kept", "CREATE TABLE x (y)", "CREATE TEMP TABLE x (y)",
		"CREATE TEMP VIEW x AS SELECT 1", "ATTACH '" + dir + "/new.sqlite' AS other", "DETACH main", "VACUUM", "VACUUM INTO '" + dir + "/copy.sqlite'", "REINDEX", "ANALYZE",
		"PRAGMA writable_schema = 1", "PRAGMA query_only = 0", "PRAGMA user_version = 7", "PRAGMA hard_heap_limit = 0", "PRAGMA journal_mode = DELETE",
		"PRAGMA temp_store_directory = '/'", "PRAGMA wal_checkpoint", "SELECT * FROM pragma_user_version(7)", "SELECT * FROM pragma_journal_mode('off')",
		"SELECT load_extension('" + dir + "/evil.so')", "SELECT fts3_tokenizer('simple', x'00')", "CREATE VIRTUAL TABLE x USING fts3(y)",
		"BEGIN", "BEGIN EXCLUSIVE", "SAVEPOINT s", "COMMIT", "SELECT 1; DROP TABLE kept", "SELECT 1;;", "SELECT ?", "SELECT :a", "SELECT 'a\x00b'", "SELECT zeroblob(100000000)",
		"SELECT readfile('/etc/passwd')", "SELECT writefile('x', 'y')", "SELECT edit('x')", "SELECT " + strings.Repeat("(", 100_000), "SELECT '" + strings.Repeat("x", 2_000_000) + "'",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 2000000) SELECT x FROM c",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100) SELECT hex(zeroblob(5000000)) FROM c",
	} {
		if got, err := db.Query(t.Context(), sql); err == nil {
			t.Errorf("%.60q was run: %d rows", sql, len(got.Rows))
		}
	}
	after, err := os.ReadFile(path)
	if err != nil || sha256.Sum256(after) != sha256.Sum256(before) {
		t.Errorf("the file was changed, or is gone: %v", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("files %v, %v", files, err)
	}
	for _, sql := range []string{"PRAGMA table_info(kept)", "PRAGMA user_version", "EXPLAIN QUERY PLAN SELECT * FROM kept", "VALUES (1)", "SELECT * FROM pragma_table_info('kept')", ""} {
		if _, err := db.Query(t.Context(), sql); err != nil {
			t.Errorf("%q: %v", sql, err)
		}
	}
}

func TestSQLiteStopsAtTheDeadline(t *testing.T) {
	t.Parallel()
	db, _ := makeSQLite(t, "CREATE TABLE t (v)")
	for name, sql := range map[string]string{
		"endless":  "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT count(*) FROM c",
		"joined":   "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100000) SELECT count(*) FROM c a, c b, c d WHERE a.x + b.x + d.x = -1",
		"function": "SELECT instr(hex(zeroblob(600000)), hex(zeroblob(300000)) || '1')", // a single step, long past the deadline
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			begun := time.Now()
			_, err := db.Query(ctx, sql)
			if took := time.Since(begun); took > 10*time.Second || err == nil {
				t.Errorf("%v after %s", err, took)
			}
		})
	}
}

// Statements that take all the memory they are allowed fail, and leave their
// neighbours theirs.
func TestSQLiteMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a gigabyte")
	}
	db, _ := makeSQLite(t, "CREATE TABLE t (v)")
	_, err := db.Query(t.Context(), `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1000) SELECT count(*) FROM (SELECT x, hex(zeroblob(20000000)) AS y FROM c ORDER BY y LIMIT 900) WHERE y > ''`)
	if err == nil || !strings.Contains(err.Error(), "out of memory") {
		t.Errorf("ten gigabytes: %v", err)
	}
	if _, err := db.Query(t.Context(), "SELECT 1"); err != nil {
		t.Error(err)
	}
}
