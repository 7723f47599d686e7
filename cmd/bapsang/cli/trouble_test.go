package cli_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/bapsang/bapsang/cmd/bapsang/cli"
)

// one checks that a command fails with a status and one line that holds every part.
func one(t *testing.T, name string, args []string, status int, parts ...string) {
	t.Helper()
	code, _, errs := run(t, args...)
	lines := strings.Split(strings.TrimSpace(errs), "\n")
	last := lines[len(lines)-1] // before it stands progress
	if code != status {
		t.Errorf("%s: exit %d, want %d: %s", name, code, status, errs)
	}
	for _, p := range parts {
		if !strings.Contains(last, p) {
			t.Errorf("%s: %q lacks %q", name, last, p)
		}
	}
	if strings.Contains(errs, "runtime error") || strings.Contains(errs, "goroutine") {
		t.Errorf("%s: %s", name, errs)
	}
}

func TestTroubleWithTheDataDirectory(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	config := site(t)
	dir := filepath.Dir(config)
	store := filepath.Join(dir, "data", "store.bolt")
	if err := os.MkdirAll(filepath.Dir(store), 0o700); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(dir, "copy.bolt")
	one(t, "a backup of nothing", []string{"backup", "--data-dir", filepath.Dir(store), backup}, 2, "there is no store.bolt")
	if _, err := os.Stat(store); err == nil {
		t.Error("the backup made a store")
	}
	for name, content := range map[string]string{"garbage": "garbage", "zeros": strings.Repeat("\x00", 20000)} {
		if err := os.WriteFile(store, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		one(t, name, []string{"serve", "--config", config}, 1, store+":", "damaged", "restore a backup")
		one(t, "backup of "+name, []string{"backup", "--data-dir", filepath.Dir(store), backup}, 1, "damaged")
		if data, err := os.ReadFile(store); err != nil || string(data) != content {
			t.Errorf("%s: the damaged file was changed", name)
		}
	}
	if err := os.Remove(store); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(strings.Replace(string(text), "127.0.0.1:0", taken.Addr().String(), 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	one(t, "a taken port", []string{"serve", "--config", config}, 1, taken.Addr().String(), "choose another address")
	one(t, "a port that is none", []string{"demo", "--listen", "127.0.0.1:99999", "--data-dir", dir}, 2, "host:port")
	one(t, "a file where the directory belongs", []string{"ask", "--data-dir", config, "x"}, 1, "not a directory")
	one(t, "a chart for no folder", []string{"ask", "--data", filepath.Join(dir, "sales.csv"), "--chart", filepath.Join(dir, "no/x.png"), "x"}, 2, "no folder", "no")
}

func TestTroubleWithTheDemoData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	entries, err := os.ReadDir(demoDir(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".duckdb" {
			if err := os.WriteFile(filepath.Join(dir, e.Name()), []byte(strings.Repeat("garbage", 5000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	one(t, "damaged demo data", []string{"ask", "--now", now, "--data-dir", dir, "지난달 매출"}, 1, dir, "Remove the file")
}

func TestStoppedIsSaid(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var errs strings.Builder
	code := cli.Run(ctx, []string{"ask", "--data-dir", t.TempDir(), "x"}, cli.IO{Out: io.Discard, Err: &errs, Getenv: func(string) (string, bool) { return "", false }})
	if code != 1 || !strings.Contains(errs.String(), "bapsang: stopped before it was done") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}

// TestDataDoesNotSteerTheTerminal shows cells with escape sequences, line breaks and
// marks of direction, and names of files that hold them.
func TestDataDoesNotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "it's \"q\"\n\x1b[31m\u202e 한글 😀.csv")
	var b strings.Builder
	b.WriteString("이름,금액\n")
	for i, name := range []string{"\x1b[2J\x1b[31mred\x07", "\u202eabc", "\"두\n줄\t탭\"", "x\u009b31m", strings.Repeat("긴", 500), "세탁기😀", "<script>"} {
		fmt.Fprintf(&b, "%s,%d\n", name, 1000-i)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip("this system has no such file names")
	}
	code, out, errs := run(t, "ask", "--now", now, "--data", path, "이름별 금액")
	if code != 0 {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	for _, r := range out {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("%U reaches the terminal", r)
		}
	}
	table, _, _ := strings.Cut(out[strings.Index(out, "\n\n")+2:], "\n\n")
	for _, line := range strings.Split(strings.TrimSpace(table), "\n") {
		if len([]rune(line)) > 120 {
			t.Errorf("a line of %d characters", len([]rune(line)))
		}
	}
	if lines := strings.Count(strings.TrimSpace(table), "\n"); lines != 7 {
		t.Errorf("the table has %d rows, not 7:\n%s", lines, table)
	}
}

func TestChecksOfAnalysts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"sales.csv":    salesCSV,
		"bapsang.yaml": "analysts_dir: ./analysts\nsources:\n  - {name: data, driver: files, dsn: ./sales.csv}\n",
		"good.yaml":    "name: good\nsource: data\n",
		"source.yaml":  "name: source\nsource: nope\n",
		"table.yaml":   "name: table\nsource: data\ntables: [nope]\n",
		"sql.yaml":     "name: sql\nsource: data\nverified:\n  - question: q\n    sql: SELECT nope FROM sales\n    verified_by: y\n",
		"write.yaml":   "name: write\nsource: data\nverified:\n  - question: q\n    sql: DROP TABLE sales\n    verified_by: y\n",
		"case.yaml":    "name: GOOD\nsource: data\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "bapsang.yaml")
	check := func(names ...string) (int, string) {
		args := []string{"analyst", "check", "--config", config}
		for _, n := range names {
			args = append(args, filepath.Join(dir, n))
		}
		code, out, errs := run(t, args...)
		return code, out + errs
	}
	one(t, "a folder of analysts that is not there", []string{"ask", "--config", config, "x"}, 2, "bapsang.yaml:1:15: there is no folder ./analysts")
	if code, out := check("good.yaml"); code != 0 || out != "good: ok\n" {
		t.Errorf("exit %d: %s", code, out)
	}
	code, out := check("good.yaml", "source.yaml", "table.yaml", "sql.yaml", "write.yaml")
	for _, want := range []string{"source.yaml:2:9: there is no source called nope", "table.yaml:3:10: ", "sql.yaml:5:10: ", "write.yaml:5:10: "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if code != 2 {
		t.Errorf("exit %d", code)
	}
	if code, out := check("good.yaml", "case.yaml"); code != 2 || !strings.Contains(out, "case.yaml:1:7: an analyst called good is already in") {
		t.Errorf("exit %d: %s", code, out)
	}
	one(t, "a name that is none", []string{"analyst", "draft", "--data", filepath.Join(dir, "sales.csv"), "--name", "a b", filepath.Join(dir, "d")}, 2, "--name")
	if code, _, errs := run(t, "analyst", "apply", "--config", config, filepath.Join(dir, "good.yaml")); code != 0 {
		t.Fatalf("apply: %s", errs)
	}
	one(t, "another analyst of that name", []string{"analyst", "apply", "--config", config, filepath.Join(dir, "case.yaml")}, 2, "already in")
	if code, _, errs := run(t, "analyst", "list", "--config", config); code != 0 {
		t.Errorf("after a refused apply: %d %s", code, errs)
	}
}
