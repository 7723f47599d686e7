package cli_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/mattn/go-sqlite3"

	"github.com/bapsang/bapsang/agent/agenttest"
)

// evalShop makes a folder with a database of sales and returns it.
func evalShop(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	db, err := sql.Open("sqlite3", filepath.Join(dir, "shop.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(t.Context(), `
		CREATE TABLE sales (id INTEGER PRIMARY KEY, sold_on DATE, region TEXT, revenue INTEGER);
		INSERT INTO sales (sold_on, region, revenue) VALUES
			('2026-09-01', 'Seoul', 100), ('2026-09-02', 'Busan', 50), ('2026-10-01', 'Seoul', 70), ('2026-10-02', 'Jeju', 30)`)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeCases(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cases.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// eval runs the command with a state of its own.
func runEval(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return run(t, append([]string{"--now", now, "eval", "--state", filepath.Join(t.TempDir(), "state.jsonl")}, args...)...)
}

func TestEvalJudgesGivenPredictions(t *testing.T) {
	cases := writeCases(t,
		`{"id": "a", "db": "shop", "question": "how many", "gold": "SELECT count(*) FROM sales", "predicted": "SELECT 4", "category": "counts"}`,
		`{"id": 2, "db": "shop", "question": "when first", "gold": "SELECT min(sold_on) FROM sales", "predicted": "SELECT \"2026-09-01\"", "category": "dates"}`,
		`{"id": "c", "db": "shop", "question": "regions", "gold": ["SELECT 1", "SELECT DISTINCT region FROM sales"], "predicted": "SELECT region FROM sales", "category": "dates"}`,
		`{"id": "d", "db": "shop", "question": "all", "gold": "SELECT * FROM sales", "predicted": "DROP TABLE sales"}`)
	code, stdout, stderr := runEval(t, "--cases", cases, "--rule", "bird", "--databases", evalShop(t), "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %q", err, stdout)
	}
	want := map[string]any{
		"rule": "bird", "cases": 4., "right": 3.,
		"verdicts":    map[string]any{"a": 1., "2": 1., "c": 1., "d": 0.},
		"by_category": map[string]any{"counts": map[string]any{"cases": 1., "right": 1.}, "dates": map[string]any{"cases": 2., "right": 2.}},
		"llm":         map[string]any{"calls": 0., "input_tokens": 0., "output_tokens": 0.},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if strings.Count(stdout, "\n") != 1 {
		t.Errorf("more than one line: %q", stdout)
	}
}

func TestEvalReportsForPeople(t *testing.T) {
	cases := writeCases(t,
		`{"id": "a", "db": "shop", "question": "how many", "gold": "SELECT count(*) FROM sales", "predicted": "SELECT 4", "category": "counts"}`,
		`{"id": "b", "db": "shop", "question": "how much", "gold": "SELECT sum(revenue) FROM sales", "predicted": "SELECT nought FROM sales", "category": "sums"}`,
		`{"id": "c", "db": "shop", "question": "how much", "gold": "SELECT wrong FROM sales", "predicted": "SELECT 1", "category": "sums"}`)
	code, stdout, stderr := runEval(t, "--cases", cases, "--rule", "spider", "--databases", evalShop(t), "--verbose")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, want := range []string{"spider: 1 of 3 right, 33.3 %", "100.0 %  counts", "0.0 %  sums", "no such column: nought", "SELECT nought FROM sales", "to be mended:\n  c  no such column: wrong"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in\n%s", want, stdout)
		}
	}
}

// A question without a prediction is asked of an analyst drafted from the case's
// own database; its answer runs on the copy it was written for.
func TestEvalAsksAnAnalystDraftedFromTheDatabase(t *testing.T) {
	cases := writeCases(t,
		`{"id": "total", "db": "shop", "question": "total revenue", "gold": "SELECT sum(revenue) FROM sales"}`,
		`{"id": "other", "db": "shop", "question": "total revenue", "gold": "SELECT sum(revenue) + 1 FROM sales"}`,
		`{"id": "none", "db": "shop", "question": "why is the sky blue", "gold": "SELECT 1"}`)
	state := filepath.Join(t.TempDir(), "state.jsonl")
	args := []string{"--now", now, "eval", "--state", state, "--cases", cases, "--rule", "bird", "--databases", evalShop(t)}
	code, stdout, stderr := run(t, append(args, "--json")...)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var got struct{ Verdicts map[string]int }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %q", err, stdout)
	}
	if diff := cmp.Diff(map[string]int{"total": 1, "other": 0, "none": 0}, got.Verdicts); diff != "" {
		t.Errorf("%s\n%s", diff, stderr)
	}
	code, stdout, stderr = run(t, append(args, "--resume")...)
	if code != 0 || !strings.Contains(stdout, "asked 3; LLM calls 0") {
		t.Errorf("resumed: exit %d, %s %s", code, stdout, stderr)
	}
}

func TestEvalAsksANamedAnalystOnItsOwnSource(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sales.csv"), []byte("sold_on,region,revenue\n2026-09-01,Seoul,100\n2026-10-01,Busan,70\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "bapsang.yaml")
	if err := os.WriteFile(config, []byte("data_dir: ./data\nsources:\n  - {name: retail, driver: files, dsn: ./sales.csv}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := writeCases(t,
		`{"id": "asked", "question": "total revenue", "gold": "SELECT 170"}`,
		`{"id": "given", "question": "first", "gold": "SELECT min(sold_on) FROM sales", "predicted": "SELECT DATE '2026-09-01'"}`)
	code, stdout, stderr := runEval(t, "--cases", cases, "--rule", "bird", "--config", config, "--analyst", "retail", "--json")
	if code != 0 || !strings.Contains(stdout, `"asked":1`) || !strings.Contains(stdout, `"given":1`) {
		t.Errorf("exit %d: %s %s", code, stdout, stderr)
	}
}

func TestEvalSaysWhatIsWrongWithItsInput(t *testing.T) {
	good := `{"id": "a", "db": "shop", "question": "q", "gold": "SELECT 1", "predicted": "SELECT 1"}`
	asked := `{"id": "b", "db": "shop", "question": "q", "gold": "SELECT 1"}`
	shop := evalShop(t)
	for name, tc := range map[string]struct {
		lines []string
		args  []string
		want  string
	}{
		"bad line":      {[]string{good, "", "{"}, []string{"--rule", "bird", "--databases", shop}, "cases.jsonl:3: not a JSON object"},
		"same id":       {[]string{good, good}, []string{"--rule", "bird", "--databases", shop}, "cases.jsonl:2: id \"a\" is that of line 1 too"},
		"no rule":       {[]string{good}, []string{"--rule", "best", "--databases", shop}, "--rule must be one of"},
		"no databases":  {[]string{good}, []string{"--rule", "bird"}, "--databases DIR, or --analyst NAME"},
		"no database":   {[]string{strings.Replace(good, "shop", "shoe", 1)}, []string{"--rule", "bird", "--databases", shop}, "case a: there is no shoe.sqlite in"},
		"path for name": {[]string{strings.Replace(good, "shop", "../shop", 1)}, []string{"--rule", "bird", "--databases", shop}, `"../shop" is not the name of a database`},
		"server":        {[]string{asked}, []string{"--rule", "bird", "--databases", "postgres://localhost/x"}, "each case needs \"predicted\""},
		"both":          {[]string{good}, []string{"--rule", "bird", "--databases", shop, "--analyst", "x"}, "can't be used together"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := runEval(t, append([]string{"--cases", writeCases(t, tc.lines...)}, tc.args...)...)
			if code != 2 || !strings.Contains(stderr, tc.want) || stdout != "" {
				t.Errorf("exit %d, stdout %q, stderr %q; want 2 and %q", code, stdout, stderr, tc.want)
			}
		})
	}
}

// With a model, what only the model understands is asked of it; its calls and tokens
// are in the report.
func TestEvalAsksAModel(t *testing.T) {
	server := agenttest.Start(t, agenttest.Config{})
	args, err := json.Marshal(map[string]any{
		"queries": []any{map[string]any{"name": "r1", "title": "places", "sql": "SELECT region FROM sales GROUP BY region HAVING sum(revenue) > 40"}},
		"text":    "They are {{r1.region[0]}} and {{r1.region[1]}}.",
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Enqueue(agenttest.Reply{Calls: []agenttest.Call{{Name: "answer", Arguments: string(args)}}, Usage: &agenttest.Usage{Prompt: 1000, Completion: 50}})
	cases := writeCases(t, `{"id": "a", "db": "shop", "question": "which of our places pull their weight", "gold": "SELECT 'Busan' UNION SELECT 'Seoul'"}`)
	code, stdout, stderr := runEval(t, "--cases", cases, "--rule", "bird", "--databases", evalShop(t), "--llm", server.URL, "--json")
	if code != 0 || !strings.Contains(stdout, `"verdicts":{"a":1}`) || !strings.Contains(stdout, `"llm":{"calls":1,"input_tokens":1000,"output_tokens":50}`) {
		t.Errorf("exit %d: %s %s", code, stdout, stderr)
	}
}

func TestEvalJudgesOnDuckDB(t *testing.T) {
	dir := t.TempDir()
	db, err := sql.Open("duckdb", filepath.Join(dir, "shop.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE sales AS SELECT DATE '2026-10-01' AS day, 12.50::DECIMAL(8,2) AS price, 'Seoul' AS region"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	cases := writeCases(t,
		`{"id": "right", "db": "shop", "question": "q", "gold": "SELECT day, price FROM sales", "predicted": "SELECT max(day), 12.5 FROM sales"}`,
		`{"id": "text", "db": "shop", "question": "q", "gold": "SELECT day FROM sales", "predicted": "SELECT '2026-10-01' FROM sales"}`,
		`{"id": "outside", "db": "shop", "question": "q", "gold": "SELECT region FROM sales", "predicted": "SELECT content FROM read_text('/etc/hostname')"}`)
	code, stdout, stderr := runEval(t, "--cases", cases, "--rule", "bird", "--databases", dir, "--json")
	if code != 0 || !strings.Contains(stdout, `"verdicts":{"outside":0,"right":1,"text":0}`) {
		t.Errorf("exit %d: %s %s", code, stdout, stderr)
	}
}
