package analyst_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent/analyst"
)

const modelYAML = `version: 0.2.0.dev0
semantic_model:
  - name: shop
    datasets:
      - name: sales
        source: sales
        fields:
          - name: region
            expression: {dialects: [{dialect: ANSI_SQL, expression: region}]}
`

const soundVerified = `- question: "{sales.region} 매출 상위 {n}개"
  also: ["top {n} in {sales.region}"]
  sql: SELECT sum(amount) FROM sales WHERE region = {{sales.region}} LIMIT {{n}}
  defaults: {n: "10"}
  verified_by: 김서연
  verified_at: 2026-10-12
`

func sound() folder {
	return folder{
		"a/analyst.yaml": "name: 영업-1\nsource: shop\nmodel: model.yaml\nknowledge: [k.md]\nverified_files: [v.yaml]\nchannels: [\"#Sales\"]\n",
		"a/model.yaml":   modelYAML, "a/k.md": "# 반품\n", "a/v.yaml": soundVerified,
	}
}

func TestReadASoundDefinition(t *testing.T) {
	t.Parallel()
	d, err := analyst.Read("a/analyst.yaml", sound().open)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "영업-1" || len(d.Verified) != 1 || d.Verified[0].Question != "{sales.region} 매출 상위 {n}개" {
		t.Errorf("read %+v", d)
	}
	for changed := range sound() {
		f := sound()
		f[changed] += "\n# edited\n"
		other, err := analyst.Read("a/analyst.yaml", f.open)
		if err != nil || other.Version() == d.Version() {
			t.Errorf("the version does not see that %s changed (%v)", changed, err)
		}
	}
	again, err := analyst.Read("a/analyst.yaml", sound().open)
	if err != nil || again.Version() != d.Version() {
		t.Errorf("the version changes by itself (%v)", err)
	}
}

func TestMistakesAreFoundWithTheirPlace(t *testing.T) {
	t.Parallel()
	const head = "name: a\nsource: shop\n"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{"a/analyst.yaml:1:1: the file is empty"}},
		{"only a comment", "# nothing\n", []string{"a/analyst.yaml:1:1: the file is empty"}},
		{"unknown key", head + "onwer: x\n", []string{`a/analyst.yaml:3:1: unknown field "onwer"`}},
		{"key twice", head + "name: b\n", []string{"a/analyst.yaml:3:1: mapping key \"name\" already defined"}},
		{"a list where text belongs", "name: [a]\nsource: shop\n", []string{"a/analyst.yaml:1:7: this is no value"}},
		{"not YAML", head + "tables: [a\nx: }\n", []string{"a/analyst.yaml:"}},
		{"tab", "name: a\n\tsource: b\n", []string{"a/analyst.yaml:2:1: "}},
		{"two documents", head + "---\nname: b\nsource: c\n", []string{"more than one YAML document"}},
		{"binary", "\x00\x01\x02\xff", []string{"a/analyst.yaml"}},
		{"no name and no source", "owner: x\n", []string{"name is missing", "source is missing"}},
		{"bad name", "source: shop\nname: \"../x\"\n", []string{`a/analyst.yaml:2:7: name "../x"`}},
		{"name with a space", "name: a b\nsource: shop\n", []string{`:1:7: name "a b"`}},
		{"name of dropped files", "name: Files-1\nsource: shop\n", []string{":1:7: name"}},
		{"long name", "name: " + strings.Repeat("가", 65) + "\nsource: shop\n", []string{":1:7: name"}},
		{"missing files", head + "model: m.yaml\nknowledge:\n  - k.md\nverified_files:\n  - w.yaml\n", []string{
			"a/analyst.yaml:3:8: cannot read m.yaml: file does not exist",
			"a/analyst.yaml:5:5: cannot read k.md: file does not exist",
			"a/analyst.yaml:7:5: cannot read w.yaml: file does not exist",
		}},
		{"broken model", head + "model: broken.yaml\n", []string{"a/broken.yaml:1:1: ", `a/broken.yaml:4:9: a dataset has no key "nmae"`, "a/broken.yaml:4:9:", "a/broken.yaml:4:9:"}},
		{"two models", head + "model: two.yaml\n", []string{"a/analyst.yaml:3:8: two.yaml holds 2 models"}},
		{"broken verified file", head + "verified_files: [bad.yaml]\n", []string{`a/bad.yaml:2:3: unknown field "sqll"`}},
		{"verified without anything", head + "verified:\n  - sql: SELECT 1\n", []string{"a/analyst.yaml:4:"}},
		{"verified without sql", head + "verified:\n  - question: x\n    verified_by: y\n", []string{`a/analyst.yaml:4:15: verified question "x" has no sql`}},
		{"nobody vouches", head + "verified:\n  - {question: a, sql: SELECT 1, verified_by: y}\n  - question: x\n    sql: SELECT 1\n", []string{
			`a/analyst.yaml:5:15: verified question "x" has no verified_by`,
		}},
		{"bad date", head + "verified:\n  - {question: a, sql: SELECT 1, verified_by: y, verified_at: 12.10.2026}\n", []string{`:4:63: verified_at "12.10.2026" is not a date`}},
		{"slots that do not meet", head + "verified:\n  - question: \"top {m}\"\n    also: [\"top {n}\", \"best\"]\n    sql: SELECT 1 LIMIT {{n}}\n    verified_by: y\n    defaults: {x: \"1\"}\n", []string{
			"a/analyst.yaml:8:19: the sql has no slot for the default x",
			`a/analyst.yaml:4:15: "top {m}" fills no {n}`,
			`a/analyst.yaml:4:15: the sql has no {{m}} for the slot of "top {m}"`,
			`a/analyst.yaml:5:23: "best" fills no {n}`,
		}},
		{"mistakes in a file of verified questions", head + "verified_files: [v.yaml]\n", []string{`a/v.yaml:8:13: verified question "x" has no verified_by`}},
	} {
		f := folder{
			"a/analyst.yaml": c.text, "a/broken.yaml": "semantic_model:\n  - name: x\n    datasets:\n      - nmae: y\n",
			"a/two.yaml": modelYAML + strings.Replace(strings.SplitN(modelYAML, "\n", 3)[2], "name: shop", "name: b", 1),
			"a/bad.yaml": "- question: x\n  sqll: y\n", "a/v.yaml": soundVerified + "\n- question: x\n  sql: SELECT 1\n",
		}
		_, err := analyst.Read("a/analyst.yaml", f.open)
		lines(t, c.name, err, c.want...)
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFolderOfAnalysts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"sales/analyst.yaml": "name: sales\nsource: shop\nchannels: [\"#general\"]\n", "ads.yml": "name: ads\nsource: shop\n",
		"README.md": "not one", "drafts/notes.yaml": "not: one", ".git/config": "x",
	})
	list, err := analyst.ReadDir(dir)
	if err != nil || len(list) != 2 || list[0].Name != "ads" || list[1].Name != "sales" {
		t.Fatalf("read %v, %v", list, err)
	}
	write(t, dir, map[string]string{
		"x.yaml": "name: Sales\nsource: shop\nchannels:\n  - General\n", "y.yaml": "nam: y\n", "z.yaml": "name: ä ö\nsource: s\n",
	})
	_, err = analyst.ReadDir(dir)
	lines(t, "everything wrong at once", err, "y.yaml:1:1:", "z.yaml:1:7:", "x.yaml:1:7: an analyst called sales is already in", "x.yaml:4:5: channel general already asks sales")
	if _, err := analyst.ReadDir(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such folder: %v", err)
	}
}

func TestInstallTakesAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{}
	for name, content := range sound() {
		files[name] = content
	}
	files["b/analyst.yaml"] = "name: b\nsource: shop\nknowledge: [../a/k.md]\n"
	write(t, dir, files)
	d, err := analyst.ReadFile(filepath.Join(dir, "a/analyst.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	into := filepath.Join(dir, "installed/sales")
	for range 2 { // over itself, too
		if err := d.Install(into); err != nil {
			t.Fatal(err)
		}
	}
	list, err := analyst.ReadDir(filepath.Dir(into))
	if err != nil || len(list) != 1 || list[0].Version() != d.Version() {
		t.Errorf("installed %v, %v", list, err)
	}
	outside, err := analyst.ReadFile(filepath.Join(dir, "b/analyst.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := outside.Install(filepath.Join(dir, "installed/b")); err == nil || !strings.Contains(err.Error(), "k.md") {
		t.Errorf("a file outside: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "installed/b")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half an analyst was installed: %v", err)
	}
}

func TestWriteThenRead(t *testing.T) {
	t.Parallel()
	data, err := analyst.Write(&analyst.Definition{Name: "a", Source: "shop", Title: analyst.Text{Ko: "영업: \"데이터\" #1"}, Examples: []string{"- 매출", "{x}: y", ""}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := analyst.Read("a.yaml", folder{"a.yaml": string(data)}.open)
	if err != nil || d.Title.Ko != "영업: \"데이터\" #1" || len(d.Examples) != 3 || d.Examples[1] != "{x}: y" {
		t.Errorf("read %+v, %v from\n%s", d, err, data)
	}
}
