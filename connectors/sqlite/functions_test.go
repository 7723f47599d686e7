package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/sqlite"
)

// The list of functions is held against the engine's own: each name on it can be called.
func TestFunctionsAreTheEngines(t *testing.T) {
	text, err := os.ReadFile("functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	src := open(t, sqlite.Config{Path: database(t, itemsSQL), Workers: 1})
	notCalled := map[string]bool{"cast": true, "->": true, "->>": true, "current_date": true, "current_time": true, "current_timestamp": true, "if": true}
	for line := range strings.Lines(string(text)) {
		for _, name := range strings.Fields(line) {
			if strings.HasPrefix(line, "#") || notCalled[name] {
				continue
			}
			_, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT " + name + "(1, 2, 3, 4, 5, 6) FROM items"})
			if err != nil && strings.Contains(err.Error(), "no such function") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// What the library brings beyond the list, functions and tables of its own, cannot be
// reached, whatever comes with its next release.
func TestNothingElseOfTheEngine(t *testing.T) {
	text, err := os.ReadFile("functions.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, name := range strings.Fields(string(text)) {
		listed[name] = true
	}
	path := database(t, itemsSQL)
	src := open(t, sqlite.Config{Path: path, Workers: 1})
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	names := func(statement string) (out []string) {
		rows, err := db.Query(statement)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			out = append(out, name)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
	refused := func(statement string) {
		t.Helper()
		if _, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: statement}); connectors.CodeOf(err) != connectors.CodeDenied && connectors.CodeOf(err) != connectors.CodeSQL {
			t.Errorf("%s: %v", statement, err)
		}
	}
	functions, modules := names("SELECT DISTINCT name FROM pragma_function_list"), names("SELECT name FROM pragma_module_list")
	if len(functions) < 50 || len(modules) < 5 {
		t.Fatalf("%d functions, %d modules", len(functions), len(modules))
	}
	for _, name := range functions {
		if !listed[name] {
			for _, args := range []string{"", "1", "1, 2", "1, 2, 3"} {
				refused("SELECT \"" + name + "\"(" + args + ") FROM items")
			}
		}
	}
	for _, name := range modules {
		if name != "json_each" && name != "json_tree" {
			refused("SELECT count(*) FROM \"" + name + "\"")
			refused("SELECT * FROM \"" + name + "\"")
			refused("SELECT * FROM \"" + name + "\"('items')")
		}
	}
}

// The median and the mathematical functions are what the engine's own are.
func TestRegisteredFunctions(t *testing.T) {
	src := open(t, sqlite.Config{Path: database(t, itemsSQL), Workers: 1})
	for expr, want := range map[string]string{
		"ceil(1.2)": "2", "ceil(3)": "3", "floor(-1.5)": "-2", "trunc(-1.9)": "-1", "sqrt(16)": "4", "sqrt(-1)": "<nil>", "sqrt('x')": "<nil>", "sqrt(NULL)": "<nil>",
		"pow(2, 10)": "1024", "power(2, NULL)": "<nil>", "mod(7, 3)": "1", "log(1000)": "3", "log(2, 8)": "3", "log10(100)": "2", "log2(8)": "3", "ln(1)": "0", "exp(0)": "1",
		"round(pi(), 5)": "3.14159", "degrees(pi())": "180", "radians(180) = pi()": "1", "sin(0)": "0", "cos(0)": "1", "tan(0)": "0", "asin(0)": "0", "acos(1)": "0", "atan(0)": "0", "atan2(0, 1)": "0",
		"(SELECT median(id) FROM items)": "500.5", "(SELECT median(id) FROM items WHERE id < 4)": "2", "(SELECT median(id) FROM items WHERE id < 0)": "<nil>", "(SELECT median(label) FROM items)": "<nil>",
	} {
		if got := fmt.Sprint(query(t, src, "SELECT "+expr).Rows[0][0]); got != want {
			t.Errorf("%s = %s, want %s", expr, got, want)
		}
	}
}

// A worker of root's gives up its rights where anybody may read the file.
func TestWorkersAreNotRoot(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root has rights to give up") // and nobody else needs to
	}
	path := database(t, itemsSQL)
	for dir := filepath.Dir(path); strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	src := open(t, sqlite.Config{Path: path, Workers: 1})
	for _, pid := range connectorstest.Children(t) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil || strings.Contains(string(text), "Uid:\t0") {
			t.Errorf("the worker still is root: %v\n%s", err, text)
		}
	}
	wantItems(t, src)
}

func TestExamine(t *testing.T) {
	text := func(cfg sqlite.Config) string {
		out := ""
		for _, f := range sqlite.Examine(t.Context(), cfg) {
			out += fmt.Sprintf("%s: %s %s %v %v\n", f.Name, f.Text, f.Fix, f.Broken, f.Doubt)
		}
		return out
	}
	for want, cfg := range map[string]sqlite.Config{
		"reachable: 2 tables and views  false false":               {Path: database(t, itemsSQL)},
		"journal: a write-ahead log: nobody waits for anybody":     {Path: database(t, "PRAGMA journal_mode = WAL", itemsSQL)},
		"There is nothing to answer from":                          {Path: database(t, "CREATE TABLE x (y); DROP TABLE x")},
		"reachable: There is no such database file.":               {Path: "nowhere.sqlite"},
		"reachable: The database keeps a write-ahead log, and the": {Path: lockedOut(t, t.TempDir())},
	} {
		if out := text(cfg); !strings.Contains(out, want) {
			t.Errorf("no %q:\n%s", want, out)
		}
	}
}
