package eval_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/bapsang/bapsang/agent/eval"
)

// testDatabases unpacks the databases of testdata.
func testDatabases(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"odd.sqlite", "edge.sqlite"} {
		if err := os.WriteFile(filepath.Join(dir, name), unzip(t, name+".gz"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func openFolder(t testing.TB, dir string) *eval.Folder {
	t.Helper()
	folder := eval.NewFolder(dir, nil)
	t.Cleanup(func() {
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
	})
	return folder
}

func unzip(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// official are the verdicts that stand beside a case: by rule, and by rule and flag.
type official struct {
	Official map[string]int `json:"official"`
	BIRD     *int           `json:"bird"`
	Spider   *int           `json:"spider"`
}

func (o official) verdicts() map[string]int {
	if o.Official != nil {
		return o.Official
	}
	v := map[string]int{}
	for rule, verdict := range map[string]*int{"bird": o.BIRD, "spider": o.Spider} {
		if verdict != nil {
			v[rule] = *verdict
		}
	}
	return v
}

// checkParity judges every case of data by every rule that it has a verdict for, and
// returns how many there were.
// byTheHour are cases whose verdict changes twice a day: the prediction rounds the days
// until this moment, the gold query counts whole ones until today. The official verdict
// is that of the hour in which it was given.
var byTheHour = map[string]bool{"bird-251": true, "bird-253": true}

func checkParity(t *testing.T, data []byte, databases eval.Databases) int {
	t.Helper()
	cases, err := eval.ReadCases(bytes.NewReader(data), "cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	count := 0
	type task struct {
		c    eval.Case
		rule string
		want int
	}
	tasks := make(chan task)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for k := range tasks {
				checkVerdict(t, databases, k.c, k.rule, k.want)
			}
		})
	}
	for _, c := range cases {
		if !lines.Scan() {
			t.Fatal("fewer lines than cases")
		}
		if byTheHour[c.ID] {
			continue
		}
		var o official
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		for rule, want := range o.verdicts() {
			tasks <- task{c, rule, want}
			count++
		}
	}
	close(tasks)
	workers.Wait()
	return count
}

func checkVerdict(t *testing.T, databases eval.Databases, c eval.Case, rule string, want int) {
	t.Helper()
	name, strip := strings.CutSuffix(rule, " --strip-distinct")
	dbs, err := databases.For(t.Context(), c)
	if err != nil {
		t.Error(err)
		return
	}
	j, err := eval.Judge(t.Context(), eval.Rule(name), eval.Options{StripDistinct: strip}, c, *c.Predicted, dbs, nil)
	if err != nil {
		t.Error(err)
		return
	}
	if j.Right != (want == 1) {
		t.Errorf("case %s by %s: %v, the official verdict is %d\nreason %q, gold error %q, category %q, question %q\ngold      %s\npredicted %s",
			c.ID, rule, j.Right, want, j.Reason, j.GoldError, c.Category, c.Question, c.Gold, *c.Predicted)
	}
}

func TestVerdictsAreTheOfficialOnes(t *testing.T) {
	t.Parallel()
	n := checkParity(t, unzip(t, "verdicts.jsonl.gz"), openFolder(t, testDatabases(t)))
	if n < 12_000 {
		t.Errorf("only %d verdicts were compared", n)
	}
	t.Logf("%d verdicts", n)
}

// Spider's own cases and databases are under another licence and lie elsewhere: in
// the folder that BAPSANG_SPIDER names, or beside this repository.
func TestSpidersOwnVerdicts(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("BAPSANG_SPIDER")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data", "spider")
	}
	data, err := os.ReadFile(filepath.Join(dir, "cases.jsonl"))
	if err != nil {
		t.Skipf("no Spider cases (%v): name their folder in BAPSANG_SPIDER, see docs/eval.md", err)
	}
	t.Logf("%d verdicts", checkParity(t, data, openFolder(t, filepath.Join(dir, "databases"))))
}
