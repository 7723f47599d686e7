package questions_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/cmd/bapsang/demo"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/duckdb"
	"github.com/bapsang/bapsang/connectors/files"
)

func TestMain(m *testing.M) {
	roles := duckdb.Roles()
	for name, role := range files.Roles() {
		roles[name] = role
	}
	confine.Main(roles)
	os.Exit(m.Run())
}

// database is what questions are asked about, and who answers.
type database struct {
	source connectors.Source
	agent  *agent.Agent
}

// drafted are the databases whose model nobody wrote. They are the copies of
// agent/draft, which tells where they are from.
var drafted = []string{"broker", "car_dealership", "derm_treatment", "ewallet", "geography", "restaurants", "yelp"}

// sheets are files as small businesses keep them, with nothing said about them but
// what stands in them. They were made up for this.
var sheets = map[string]string{
	"sales": "판매내역.csv", "staff": "직원명부.csv", "survey": "고객만족도조사.csv",
	"stock": "inventory.csv", "traffic": "site_traffic.csv",
}

// shops are databases as many people know them, and what they show a newcomer first:
// wholesalers, shops for music and films, a market place, a sheet of sales, an academy with names
// that say nothing and comments that do. See the first line
// of each script.
var shops = []string{"grocer", "records", "rentals", "marketplace", "stall", "academy"}

func openDatabases(t *testing.T) map[string]*database {
	t.Helper()
	out := map[string]*database{"demo": openDemo(t)}
	for name, file := range sheets {
		out[name] = openFile(t, name, filepath.Join("testdata", "sheets", file))
	}
	for _, name := range drafted {
		out[name] = openDrafted(t, name)
	}
	for _, name := range shops {
		out[name] = openShop(t, name)
	}
	return out
}

// openShop makes a shop's database and has its analyst drafted.
func openShop(t *testing.T, name string) *database {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("testdata", "shops", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = db.ExecContext(t.Context(), string(script)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return openFile(t, name, path)
}

// openDemo makes the demo company, a small one unless told otherwise, and its analyst.
func openDemo(t *testing.T) *database {
	t.Helper()
	path := filepath.Join(t.TempDir(), "demo.duckdb")
	if *full {
		var err error
		if path, err = demo.Ensure(t.Context(), filepath.Join(os.TempDir(), "bapsang-questions"), now, slog.New(slog.DiscardHandler), nil); err != nil {
			t.Fatal(err)
		}
	} else {
		days := int(now.Sub(time.Date(2024, 1, 1, 0, 0, 0, 0, now.Location())).Hours() / 24)
		if err := demo.Generate(t.Context(), path, demo.Options{Days: days, Scale: 0.05}); err != nil {
			t.Fatal(err)
		}
	}
	source, err := duckdb.Open(t.Context(), duckdb.Config{Name: "demo", Path: path})
	if err != nil {
		t.Fatal(err)
	}
	definition, err := analyst.Read("analyst.yaml", func(name string) ([]byte, error) {
		return fs.ReadFile(demo.Files(), filepath.ToSlash(name))
	})
	if err != nil {
		t.Fatal(err)
	}
	who, err := analyst.Build(t.Context(), definition, source)
	if err != nil {
		t.Fatal(err)
	}
	return newDatabase(t, source, who)
}

func newDatabase(t *testing.T, source connectors.Source, who *agent.Analyst) *database {
	t.Helper()
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	a, err := agent.New(agent.Config{
		Directory: analyst.NewRoster([]*agent.Analyst{who}, nil, nil), Now: func() time.Time { return now },
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &database{source: source, agent: a}
}

// openDrafted loads a database and has its analyst drafted, as for somebody who brings
// a file of their own.
func openDrafted(t *testing.T, name string) *database {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".duckdb")
	if err := load(t.Context(), path, name); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return openFile(t, name, path)
}

func openFile(t *testing.T, name, path string) *database {
	t.Helper()
	source, err := files.Open(t.Context(), files.Config{Name: name, Paths: []string{path}, Into: filepath.Join(t.TempDir(), name+".loaded.duckdb"), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	who, err := analyst.Drafted(t.Context(), name, source)
	if err != nil {
		t.Fatal(err)
	}
	return newDatabase(t, source, who)
}

var (
	serial  = regexp.MustCompile(`(?i)\bSERIAL\b`)
	comment = regexp.MustCompile(`--[^\n]*`)
	create  = regexp.MustCompile(`(?i)^CREATE TABLE`)
	refers  = regexp.MustCompile(`(?i)\s+REFERENCES\s+[\w.]+\(\w+\)`)
	today   = regexp.MustCompile(`(?i)\bCURRENT_DATE\b`)
	instant = regexp.MustCompile(`(?i)\bNOW\(\)|\bCURRENT_TIMESTAMP\b`)
)

// load runs a script that was written for PostgreSQL. Its moving dates are fixed to
// the day that the questions are asked on.
func load(ctx context.Context, path, name string) error {
	script, err := os.ReadFile(filepath.Join("..", "draft", "testdata", "defog", name+".sql"))
	if err != nil {
		return err
	}
	db, err := sql.Open("duckdb", path)
	if err != nil {
		return err
	}
	defer db.Close()
	text := strings.ReplaceAll(comment.ReplaceAllString(string(script), ""), "public.", "")
	text = today.ReplaceAllString(text, "DATE '"+now.Format(time.DateOnly)+"'")
	text = instant.ReplaceAllString(text, "TIMESTAMP '"+now.Format(time.DateTime)+"'")
	statements := append([]string{"CREATE MACRO to_char(t, f) AS CASE f WHEN 'Month' THEN strftime(t, '%B') ELSE strftime(t, '%Y%m%d %H:%M:%S') END"},
		strings.Split(text, ";\n")...)
	for i, stmt := range append(statements, "DROP MACRO to_char") {
		stmt = strings.TrimSpace(stmt)
		if create.MatchString(stmt) && serial.MatchString(stmt) {
			seq := fmt.Sprintf("seq%d", i)
			if _, err := db.ExecContext(ctx, "CREATE SEQUENCE "+seq); err != nil {
				return err
			}
			stmt = serial.ReplaceAllString(stmt, "INTEGER DEFAULT nextval('"+seq+"')")
		}
		if name == "ewallet" {
			stmt = refers.ReplaceAllString(stmt, "") // between columns of different types
		}
		if stmt == "" {
			continue
		}
		if _, err := db.ExecContext(ctx, stmt); err != nil {
			return fmt.Errorf("%w\n%.300s", err, stmt)
		}
	}
	return nil
}
