package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write puts files below a folder, by their paths.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// spanning is a configuration of a PostgreSQL server and a file, whose only analyst is written
// over both.
func spanning(t *testing.T, definition string) (config string) {
	t.Helper()
	config, _ = acrossConfig(t)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, filepath.Dir(config), map[string]string{
		filepath.Base(config): string(text) + "analysts_dir: ./analysts\n", "analysts/plan.yaml": definition,
	})
	return config
}

// TestAnalystOfTwoSources asks an analyst that is written over a server and a file: for
// figures of both, and of each alone.
func TestAnalystOfTwoSources(t *testing.T) {
	t.Parallel()
	config := spanning(t, "name: outlook\ntitle: {ko: 전망, en: Outlook}\nsources: [shop, plan]\ntables: [shop.orders, shop.regions, plan.targets]\nchannels: [\"#sales\"]\n")
	if out := mustRun(t, "analyst", "check", "--config", config); !strings.Contains(out, "outlook: ok") {
		t.Error(out)
	}
	for question, from := range map[string]string{
		"2026년 9월 지역별 매출과 목표": "shop + plan", "지역별 매출": "shop", "월별 목표": "plan", "monthly revenue vs target": "shop + plan",
	} {
		a := askJSON(t, "--now", "2026-11-05", "ask", "--json", "--config", config, "--analyst", "outlook", question)
		if a.Rung != "compose" || a.Results[0].Source != from {
			t.Errorf("%s: %s from %s: %s", question, a.Rung, a.Results[0].Source, a.Text)
		}
		if from == "shop + plan" && len(a.Results[0].Parts) != 2 {
			t.Errorf("%s: %d parts", question, len(a.Results[0].Parts))
		}
	}
	a := askJSON(t, "--now", "2026-11-05", "ask", "--json", "--config", config, "2026년 9월 지역별 매출과 목표")
	if got := a.lines(3); !strings.Contains(got, "세종 - 700") {
		t.Error(got)
	}
	if _, out, _ := run(t, "--now", "2026-11-05", "ask", "--json", "--config", config, "고객 수"); strings.Contains(out, "FROM customers") {
		t.Errorf("a table that it may not read: %s", out)
	}
}

// TestNamesOfTwoSources has two files that call a figure the same: who says the word is asked
// which is meant, and each has a name of its own.
func TestNamesOfTwoSources(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"bapsang.yaml":              "timezone: Asia/Seoul\ndata_dir: ./data\nanalysts_dir: ./analysts\nsources:\n  - {name: online, driver: files, dsn: ./online.csv}\n  - {name: stores, driver: files, dsn: ./stores.csv}\n",
		"online.csv":                "order_id,region,ordered_at,amount\n1,서울,2026-10-01,100\n2,부산,2026-10-02,50\n",
		"stores.csv":                "order_id,region,ordered_at,amount\n1,서울,2026-10-01,7\n2,서울,2026-10-03,1\n",
		"analysts/all/analyst.yaml": "name: all\nsources: [online, stores]\n",
	})
	config := filepath.Join(dir, "bapsang.yaml")
	for question, names := range map[string][2]string{"지역별 금액": {"금액 (online)", "금액 (stores)"}, "amount by region": {"Amount (online)", "Amount (stores)"}} {
		code, out, _ := run(t, "--now", "2026-11-05", "ask", "--config", config, question)
		if code != 3 || !strings.Contains(out, names[0]) || !strings.Contains(out, names[1]) {
			t.Errorf("%s: exit %d: %s", question, code, out)
		}
		for i, name := range names {
			a := askJSON(t, "--now", "2026-11-05", "ask", "--json", "--config", config, strings.Replace(strings.Replace(question, "금액", name, 1), "amount", name, 1))
			if want := []string{"online", "stores"}[i]; a.Results[0].Source != want {
				t.Errorf("%s of %s is from %s", question, name, a.Results[0].Source)
			}
		}
	}
}

// TestDefinitionsOfSeveralSources has every mistake told with its place.
func TestDefinitionsOfSeveralSources(t *testing.T) {
	t.Parallel()
	const orders = "order_id,amount,region\n1,2,서울\n2,3,부산\n3,4,서울\n"
	for definition, want := range map[string]string{
		"name: x\nsource: a\nsources: [a, b]\n":                                                            "plan.yaml:2:9: source and sources are both there; keep one",
		"name: x\nsources: [a]\n":                                                                          "sources names one; write source",
		"name: x\nsources: [a, b, a]\n":                                                                    "plan.yaml:2:17: source a is there twice",
		"name: x\nsources: [a, b, c, d, e, f, g]\n":                                                        "sources names 7; one question is asked of 6 at most",
		"name: x\nsources: [a, b]\ntables: [orders]\n":                                                     "plan.yaml:3:10: table orders has none of the sources before it, as in a.orders",
		"name: x\nsources: [a, nowhere]\n":                                                                 "there is no source called nowhere in the configuration",
		"name: x\nsources: [a, b]\ntables: [a.orders, b.orders2]\n":                                        "source b has no table orders2",
		"name: x\nsources: [a, b]\nmodel: m.yaml\n":                                                        "plan.yaml:3:8: a model is of one source; write the source before it, as in {a: m.yaml}",
		"name: x\nsources: [a, b]\nmodel: {a: m.yaml}\n":                                                   "plan.yaml:3:12: cannot read m.yaml",
		"name: x\nsources: [a, b]\nmodel: {c: m.yaml}\n":                                                   "a model is for c, which is none of the sources: a, b",
		"name: x\nsources: [a, b]\nmodel: [m.yaml]\n":                                                      "plan.yaml:3:",
		"name: x\nsource: a\nmodel: {a: m.yaml}\n":                                                         "models by source are of an analyst with sources; name one file",
		"name: x\nsources: [a, b]\nverified: [{question: q, sql: SELECT 1, verified_by: me}]\n":            "plan.yaml:3:31: one statement reads one source: say source, one of a, b, or parts",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, source: c, sql: SELECT 1}]\n": "source c is none of the analyst's: a, b",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, source: a, parts: {a: SELECT 1, b: SELECT 1}, sql: SELECT 1}]\n":                                                                                     "source and parts are both there; keep one",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, parts: {a: SELECT 1}, sql: SELECT 1}]\n":                                                                                                             "parts names one source; write source",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, parts: {a: SELECT 1, c: SELECT 1}, sql: SELECT 1}]\n":                                                                                                "source c is none of the analyst's: a, b",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, parts: {a: SELECT 1, b: ' '}, sql: SELECT 1}]\n":                                                                                                     "has no statement for b",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, parts: {a: SELECT 1 AS x, b: 'SELECT {{n}} AS x'}, sql: SELECT 1}]\n":                                                                                "fills no {n}, which the sql needs",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, source: b, sql: SELECT sum(nothing) FROM orders}]\n":                                                                                                 "verified question \"q\": ",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, source: b, sql: DELETE FROM orders}]\n":                                                                                                              "verified question \"q\": ",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, parts: {a: SELECT amount FROM orders, b: SELECT amount FROM b.orders}, sql: SELECT amount FROM a JOIN b USING (amount)}]\n":                          "plan.yaml:3:",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, parts: {a: SELECT amount FROM orders, b: SELECT amount FROM orders}, sql: SELECT amount FROM a JOIN orders USING (amount)}]\n":                       "orders",
		"name: x\nsources: [a, b]\nverified: [{question: q, verified_by: me, parts: {a: SELECT amount FROM orders, b: SELECT CAST(amount AS VARCHAR) AS amount FROM orders}, sql: SELECT amount FROM a JOIN b USING (amount)}]\n": "Column amount is a number in a and a text in b",
		"name: x\nsources: [a, b]\ntables: [a.orders, b.other]\nverified: [{question: q, verified_by: me, source: b, sql: SELECT 1 FROM orders}]\n":                                                                               "verified question \"q\": ",
		"name: x\nsources: [a, b]\nverified: [{question: \"{orders.region} q\", verified_by: me, source: b, sql: \"SELECT 1 FROM orders WHERE region = {{orders.region}}\"}]\n":                                                   "slot {{orders.region}} is a field of a, and the statement is for b",
		"name: x\nsource: a\nverified: [{question: q, verified_by: me, parts: {a: SELECT 1, b: SELECT 2}, sql: SELECT 1}]\n":                                                                                                      "parts are of an analyst of several sources",
		"name: x\nsource: a\nverified: [{question: q, verified_by: me, source: b, sql: SELECT 1}]\n":                                                                                                                              "the analyst answers from a, not from b",
	} {
		dir := t.TempDir()
		writeFiles(t, dir, map[string]string{
			"bapsang.yaml": "data_dir: ./data\nanalysts_dir: ./analysts\nsources:\n  - {name: a, driver: files, dsn: ./orders.csv}\n  - {name: b, driver: files, dsn: ./b}\n",
			"orders.csv":   orders, "b/orders.csv": orders, "b/other.csv": "code,value\nx,2\ny,3\n", "analysts/plan.yaml": definition,
		})
		code, _, stderr := run(t, "analyst", "check", "--config", filepath.Join(dir, "bapsang.yaml"))
		if code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("exit %d, want %q in %s", code, want, stderr)
		}
	}
}
