package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Names that have to be quoted, of a table with more products than any list of values has.
const quotedSQL = `
	CREATE SCHEMA "Sales-2026";
	CREATE TABLE "Sales-2026"."Order.Lines" ("Line No" int PRIMARY KEY, "Sale Date" date NOT NULL, "Product ""Name""" text NOT NULL, "Product Code" text NOT NULL, "Net Amount" numeric(12,2));
	INSERT INTO "Sales-2026"."Order.Lines" SELECT i, date '2026-10-01' + i % 28, CASE WHEN i > 2100 THEN '훠궈냄비' ELSE 'AA-' || i END, 'P' || i % 7, 1000 FROM generate_series(1, 2103) i`

// quotedConfig is a configuration of a server with such names.
func quotedConfig(t *testing.T) string {
	t.Helper()
	config := warehouse(t, func(owner, reader string) string {
		conn, err := pgx.Connect(t.Context(), owner)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(t.Context()) }()
		role := strings.Split(strings.TrimPrefix(reader, "postgres://"), ":")[0]
		for _, sql := range append(strings.Split(quotedSQL, ";\n"), `GRANT USAGE ON SCHEMA "Sales-2026" TO `+role, `GRANT SELECT ON ALL TABLES IN SCHEMA "Sales-2026" TO `+role) {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%v\n%s", err, sql)
			}
		}
		return reader
	})
	rewrite(t, config, `driver: postgres,`, `driver: postgres, schemas: ["Sales-2026"],`)
	return config
}

// rewrite replaces a part of a file.
func rewrite(t *testing.T, path, old, with string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%v: no %q in\n%s", err, old, text)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, with, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A value that no list has is found in a table whose names have to be quoted.
func TestAskForAValueBehindQuotes(t *testing.T) {
	t.Parallel()
	onMariaDB, _ := mariadb(t,
		"DROP TABLE orders", "DROP TABLE regions",
		"CREATE TABLE `order lines` (`line no` INT PRIMARY KEY, `sale date` DATE NOT NULL, `product ``name``` VARCHAR(40) NOT NULL, `net amount` DECIMAL(12,2))",
		"INSERT INTO `order lines` SELECT seq, '2026-10-01' + INTERVAL seq % 28 DAY, IF(seq > 2100, '훠궈냄비', CONCAT('AA-', seq)), 1000 FROM seq_1_to_2103")
	for engine, config := range map[string]string{"postgres": quotedConfig(t), "mariadb": onMariaDB} {
		for _, question := range []string{"10월 훠궈냄비 net amount", "net amount of 훠궈냄비 in October 2026"} {
			a := askJSON(t, "--now", "2026-11-05", "ask", "--json", "--config", config, question)
			if got := a.lines(1); got != "3000" || a.Rung != "compose" || !strings.Contains(a.Results[0].SQL, "훠궈냄비") {
				t.Errorf("%s: %s gives %s by %s:\n%s", engine, question, got, a.Rung, a.Results[0].SQL)
			}
		}
		if code, out, _ := run(t, "--now", "2026-11-05", "ask", "--config", config, "10월 마라샹궈접시 net amount"); code != 3 || !strings.Contains(out, "마라샹궈접시") {
			t.Errorf("%s: exit %d:\n%s", engine, code, out)
		}
	}
}

// A value that no list has is found in the source that has it, where a question needs two.
func TestAskForAValueAcrossSources(t *testing.T) {
	t.Parallel()
	config := quotedConfig(t)
	managers := "Product Code,담당자\nP0,박\nP1,김\nP2,이\nP3,김\nP4,박\nP5,박\nP6,박\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), "managers.csv"), []byte(managers), 0o600); err != nil {
		t.Fatal(err)
	}
	rewrite(t, config, "sources:\n", "sources:\n  - {name: managers, driver: files, dsn: managers.csv}\n")
	for _, question := range []string{"훠궈냄비 담당자별 net amount", "net amount of 훠궈냄비 by 담당자"} {
		a := askJSON(t, "--now", "2026-11-05", "ask", "--json", "--config", config, question)
		if got := a.lines(2); got != "김 2000\n이 1000" || len(a.Across) != 2 {
			t.Errorf("%s: %s from %v:\n%s", question, got, a.Across, a.Results[0].SQL)
		}
	}
	if code, out, _ := run(t, "--now", "2026-11-05", "ask", "--config", config, "마라샹궈접시 담당자별 net amount"); code != 3 || !strings.Contains(out, "마라샹궈접시") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}
