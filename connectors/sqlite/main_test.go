package sqlite_test

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"
	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/sqlite"
)

func TestMain(m *testing.M) {
	confine.Main(sqlite.Roles())
	goleak.VerifyTestMain(m)
}

const itemsSQL = `
	CREATE TABLE items (id INTEGER PRIMARY KEY, label TEXT, price DECIMAL(10,2));
	INSERT INTO items WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 1000) SELECT i, '항목 ' || i, i / 4.0 FROM t;
	CREATE TABLE hidden (secret TEXT);
	INSERT INTO hidden VALUES ('hunter2');
`

// write runs statements on a file as anybody who may write it.
func write(t testing.TB, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%v\n%.300s", err, s)
		}
	}
}

// database is a new file made by statements.
func database(t testing.TB, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shop.sqlite")
	write(t, path, statements...)
	return path
}

func open(t testing.TB, cfg sqlite.Config) *sqlite.Source {
	t.Helper()
	src, err := sqlite.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	})
	return src
}

func query(t testing.TB, src connectors.Source, sql string) *connectors.Result {
	t.Helper()
	res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql})
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	return res
}

// shell runs the engine's own program, sqlite3, on a file, and returns what it prints.
func shell(t testing.TB, args ...string) (string, error) {
	t.Helper()
	name, err := exec.LookPath("sqlite3")
	if err != nil {
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal("sqlite3 is needed")
		}
		t.Skip("sqlite3 is not installed: apt install sqlite3")
	}
	var errs strings.Builder
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return errs.String(), err
	}
	return string(out), nil
}
