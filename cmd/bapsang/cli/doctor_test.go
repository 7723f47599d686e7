package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/agenttest"
)

// write writes files into a new folder and returns the path of bapsang.yaml.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "bapsang.yaml")
}

const sales = "지역,매출,날짜\n서울,100,2026-11-01\n부산,50,2026-11-02\n"

// findings are what doctor --json found, by part and name.
func findings(t *testing.T, code int, out string) map[string]string {
	t.Helper()
	var report struct {
		Findings []struct{ Part, Name, State, Text, Fix string }
		Count    map[string]int
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	found := map[string]string{}
	for _, f := range report.Findings {
		found[f.Part+"/"+f.Name] = f.State + ": " + f.Text + " " + f.Fix
	}
	if broken := report.Count["broken"] > 0; broken != (code == 1) || !broken && code != 0 {
		t.Errorf("status %d with %v", code, report.Count)
	}
	return found
}

func TestDoctorFindsAllFine(t *testing.T) {
	t.Parallel()
	model := agenttest.Start(t, agenttest.Config{})
	config := write(t, map[string]string{"sales.csv": sales, "bapsang.yaml": "sources:\n  - {name: sales, driver: files, dsn: ./sales.csv}\n" +
		"llm: {backends: [{name: gpu, base_url: \"" + model.URL + "/v1\", model: " + agenttest.DefaultModel + ", contract: {owner: \"#ai\", agreed: 2026-10-01}}]}\n"})
	code, out, errs := run(t, "doctor", "--config", config, "--json")
	if errs != "" {
		t.Errorf("standard error: %s", errs)
	}
	found := findings(t, code, out)
	for name, want := range map[string]string{
		"source sales/catalogue": "ok: 1 tables", "source sales/contract": "ok: none needed", "model gpu/contract": "ok: agreed with #ai on 2026-10-01",
		"model gpu/" + model.URL + "/v1": "ok: serves ",
	} {
		if !strings.HasPrefix(found[name], want) {
			t.Errorf("%s: %q, want %q; all: %v", name, found[name], want, found)
		}
	}
	code, out, _ = run(t, "doctor", "--config", config)
	if code != 0 || !strings.Contains(out, "✓ catalogue: 1 tables") || !strings.Contains(out, "0 broken") {
		t.Errorf("status %d\n%s", code, out)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(config), "data")); err == nil {
		t.Error("a check made a data folder")
	}
}

func TestDoctorSaysWhatIsBroken(t *testing.T) {
	t.Parallel()
	other := agenttest.Start(t, agenttest.Config{})
	config := write(t, map[string]string{
		"data": "not a folder", "analysts/readme.txt": "none",
		"bapsang.yaml": "sources:\n  - {name: gone, driver: files, dsn: ./gone.csv}\n  - {name: shop, driver: duckdb, dsn: ./gone.duckdb}\nanalysts_dir: ./analysts\n" +
			"llm: {backends: [{name: away, base_url: \"" + nobody + "/v1\", model: m}, {name: bare, base_url: \"" + other.URL + "\", model: m}, {name: other, base_url: \"" + other.URL + "/v1\", model: another}]}\n",
	})
	code, out, _ := run(t, "doctor", "--config", config, "--json")
	found := findings(t, code, out)
	for name, want := range map[string]string{
		"store/" + filepath.Join(filepath.Dir(config), "data", "store.bolt"): "broken: ",
		"source gone/open":                 "broken: ",
		"source shop/open":                 "broken: ",
		"source shop/contract":             "warning: nobody agreed",
		"analysts/./analysts":              "broken: there is no analyst",
		"model away/" + nobody + "/v1":     "broken: does not tell its models",
		"model bare/" + other.URL:          "broken: does not tell its models: HTTP 404 base_url usually ends in /v1",
		"model other/" + other.URL + "/v1": "broken: does not serve another It serves ",
	} {
		if !strings.HasPrefix(found[name], want) {
			t.Errorf("%s: %q, want %q; all: %v", name, found[name], want, found)
		}
	}
}

func TestWhereNowWasGivenIsSaid(t *testing.T) {
	t.Setenv("BAPSANG_NOW", "yesterday")
	if code, _, errs := run(t, "version"); code != 2 || !strings.Contains(errs, `BAPSANG_NOW "yesterday"`) {
		t.Errorf("status %d, %s", code, errs)
	}
	if code, _, errs := run(t, "version", "--now", "tomorrow"); code != 2 || !strings.Contains(errs, `--now "tomorrow"`) {
		t.Errorf("status %d, %s", code, errs)
	}
}
