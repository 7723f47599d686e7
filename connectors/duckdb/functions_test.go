package duckdb_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// words reads the words of a file, without its lines of comment and its headings.
func words(t *testing.T, path string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			found[word] = true
		}
	}
	return found
}

// engineFunctions are the names of all functions of the engine.
func engineFunctions(t *testing.T) []string {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type <> 'pragma' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestFunctionsAreReviewed holds that every function of the engine is either
// allowed or refused by somebody's decision: a new version's new ones ask for one.
func TestFunctionsAreReviewed(t *testing.T) {
	allowed, refused := words(t, "functions.txt"), words(t, filepath.Join("testdata", "refused.txt"))
	names := engineFunctions(t)
	for _, name := range names {
		if strings.HasPrefix(name, "__internal_") || strings.HasPrefix(name, "icu_collate_") {
			if allowed[name] {
				t.Errorf("%s is internal and allowed", name)
			}
			continue
		}
		// histogram is an aggregate that is allowed and a table macro that is not.
		if allowed[name] == refused[name] && name != "histogram" {
			t.Errorf("%s: allowed %v, refused %v", name, allowed[name], refused[name])
		}
	}
	for name := range allowed {
		if !slices.Contains(names, name) && name != "unnest" {
			t.Errorf("%s is allowed and unknown to the engine", name)
		}
	}
}
