package draft_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/files"
)

func TestMain(m *testing.M) {
	confine.Main(files.Roles())
	os.Exit(m.Run())
}

var now = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

var (
	serial  = regexp.MustCompile(`(?i)\bSERIAL\b`)
	comment = regexp.MustCompile(`--[^\n]*`)
	create  = regexp.MustCompile(`(?i)^CREATE TABLE ([\w.]+)`)
)

// defog builds one of the databases of testdata/defog, which are written for
// PostgreSQL, as a DuckDB file.
func defog(t *testing.T, name string) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("testdata", "defog", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	text := comment.ReplaceAllString(string(script), "")
	text = strings.NewReplacer("public.", "", "user_id INT NOT NULL", "user_id BIGINT NOT NULL", "'Month')", "'%B')", "TO_CHAR(", "strftime(", "%H:%i:%s", "%H:%M:%S").Replace(text)
	for i, stmt := range strings.Split(text, ";\n") {
		stmt = strings.TrimSpace(stmt)
		if stmt == "" {
			continue
		}
		if create.MatchString(stmt) && serial.MatchString(stmt) {
			seq := fmt.Sprintf("seq%d", i)
			if _, err := db.Exec("CREATE SEQUENCE " + seq); err != nil {
				t.Fatal(err)
			}
			stmt = serial.ReplaceAllString(stmt, "INTEGER DEFAULT nextval('"+seq+"')")
		}
		if _, err := db.Exec(stmt); err != nil {
			t.Fatalf("%s: %v\n%.300s", name, err, stmt)
		}
	}
	return path
}

var databases = []string{
	"academic", "advising", "atis", "broker", "car_dealership", "derm_treatment", "ewallet", "geography", "restaurants", "scholar", "yelp",
}

// tablesOf lets a model be checked against a catalogue.
func tablesOf(cat *connectors.Catalog) semantic.Tables {
	return func(name string) (semantic.Table, bool) {
		t := cat.Table(name)
		if t == nil {
			return semantic.Table{}, false
		}
		var out semantic.Table
		for _, c := range t.Columns {
			out.Columns = append(out.Columns, semantic.TableColumn{Name: c.Name})
		}
		return out, true
	}
}

// TestDefog drafts a model of every database and runs every metric of it, alone,
// by month and by each field of its dataset.
func TestDefog(t *testing.T) {
	for _, name := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := defog(t, name)
			cat, err := files.Profile(context.Background(), files.Config{Name: name, Paths: []string{path}, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			m := draft.Model(cat, draft.Options{})
			for _, p := range m.Check(tablesOf(cat)) {
				if p.Severity == semantic.SeverityError {
					t.Errorf("check: %+v", p)
				} else if os.Getenv("SHOW") != "" {
					t.Logf("warning: %+v", p)
				}
			}
			db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			show(t, m)
			for _, x := range m.Metrics {
				run(t, db, m, semantic.Query{Measures: []semantic.Measure{{Metric: x.Name}}})
				if x.Time != "" {
					run(t, db, m, semantic.Query{Measures: []semantic.Measure{{Metric: x.Name}}, Dimensions: []semantic.Dimension{{Grain: semantic.Month}}})
				}
			}
			if len(draft.Questions(m)) < 2 {
				t.Errorf("questions: %q", draft.Questions(m))
			}
		})
	}
}

func run(t *testing.T, db *sql.DB, m *semantic.Model, q semantic.Query) {
	t.Helper()
	c, err := m.Compile(q, semantic.CompileOptions{})
	if err != nil {
		t.Errorf("compile %+v: %v", q, err)
		return
	}
	rows, err := db.Query(c.SQL)
	if err != nil {
		t.Errorf("run %+v: %v\n%s", q, err, c.SQL)
		return
	}
	defer rows.Close()
	for rows.Next() { // what fails while it runs fails here
	}
	if err := rows.Err(); err != nil {
		t.Errorf("run %+v: %v\n%s", q, err, c.SQL)
	}
}

func show(t *testing.T, m *semantic.Model) {
	if os.Getenv("SHOW") == "" {
		return
	}
	for _, d := range m.Datasets {
		t.Logf("DATASET %s (%s) %v pk=%v syn=%q", d.Name, d.Source, d.Label, d.PrimaryKey, d.Synonyms)
		for _, f := range d.Fields {
			t.Logf("   %-22s %-12s %v %s name=%v hidden=%v %q", f.Name, f.Kind, f.Label, f.Format, f.IsName, f.Hidden, f.Synonyms)
		}
	}
	for _, r := range m.Relationships {
		t.Logf("REL %s %v -> %s %v", r.From, r.FromColumns, r.To, r.ToColumns)
	}
	for _, x := range m.Metrics {
		t.Logf("METRIC %-28s %v %-50s fmt=%s time=%s def=%v %q", x.Name, x.Label, x.Expression["ANSI_SQL"], x.Format, x.Time, x.Default, x.Synonyms)
	}
	t.Logf("QUESTIONS %q", draft.Questions(m))
}
