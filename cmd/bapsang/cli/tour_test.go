package cli_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// figuresOf runs a statement on the server, and returns its last column.
type figuresOf func(t *testing.T, statement string) []float64

// TestTour asks databases as companies have them, which nobody described, without a model. An
// answer must have the figures that the server computes for a statement of our own; a question
// without a statement must be declined.
func TestTour(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T, statements []string) (config string, figures figuresOf){"star": onPostgres, "erp": onMariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, figures := open(t, strings.Split(tourFile(t, name+".sql"), ";\n"))
			for _, line := range strings.Split(strings.TrimSpace(tourFile(t, name+".tsv")), "\n") {
				question, statement, _ := strings.Cut(line, "\t")
				code, out, errs := run(t, "--now", "2026-11-22", "ask", "--json", "--config", config, question)
				if statement == "-" {
					if code != 3 {
						t.Errorf("%s: not declined: %s%s", question, out, errs)
					}
					continue
				}
				var got answered
				if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
					t.Errorf("%s: exit %d: %s%s", question, code, out, errs)
					continue
				}
				if want := figures(t, statement); !got.has(want) {
					t.Errorf("%s: want %v in %v\n%s\n%s", question, want, got.Results[0].Rows, got.Text, got.Results[0].SQL)
				}
			}
		})
	}
}

func tourFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "tour", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// has reports whether the figures are a column of a result, in any order.
func (a answered) has(want []float64) bool {
	slices.Sort(want)
	for _, res := range a.Results {
		for column := range len(res.Rows[0]) {
			var got []float64
			for _, row := range res.Rows {
				if v, err := strconv.ParseFloat(strings.Trim(string(row[column]), `"`), 64); err == nil {
					got = append(got, v)
				}
			}
			slices.Sort(got)
			if slices.EqualFunc(got, want, func(a, b float64) bool { return a-b < 1e-6 && b-a < 1e-6 }) {
				return true
			}
		}
	}
	return false
}

func onPostgres(t *testing.T, statements []string) (string, figuresOf) {
	t.Helper()
	var conn *pgx.Conn
	config := warehouse(t, func(owner, reader string) string {
		var err error
		if conn, err = pgx.Connect(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
		role := strings.Split(strings.TrimPrefix(reader, "postgres://"), ":")[0]
		for _, s := range slices.Concat([]string{"DROP TABLE orders, regions"}, statements, []string{"GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role}) {
			if _, err := conn.Exec(t.Context(), s); err != nil {
				t.Fatalf("%v\n%s", err, s)
			}
		}
		return reader
	})
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return config, func(t *testing.T, statement string) []float64 {
		t.Helper()
		rows, err := conn.Query(t.Context(), "SELECT x.x::float8 FROM ("+statement+") AS x (x)")
		if err != nil {
			t.Fatal(err)
		}
		out, err := pgx.CollectRows(rows, pgx.RowTo[float64])
		if err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
		return out
	}
}

func onMariaDB(t *testing.T, statements []string) (string, figuresOf) {
	t.Helper()
	config, root := mariadb(t, slices.Concat([]string{"DROP TABLE orders", "DROP TABLE regions"}, statements)...)
	db, err := sql.Open("mysql", rootOf(t, root))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return config, func(t *testing.T, statement string) (out []float64) {
		t.Helper()
		rows, err := db.QueryContext(t.Context(), statement)
		if err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
		defer rows.Close()
		for rows.Next() {
			var v float64
			if err := rows.Scan(&v); err != nil {
				t.Fatal(err)
			}
			out = append(out, v)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
}
