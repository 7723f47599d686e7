package eval_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/agent/eval"
)

func numbered(n int) []eval.Case {
	var cases []eval.Case
	for i := range n {
		cases = append(cases, eval.Case{ID: fmt.Sprint(i), Gold: []string{"a"}, Category: []string{"", "x", "y"}[i%3]})
	}
	return cases
}

// sameAndNot answers a statement "a" that is right and a "b" that is not.
var sameAndNot = eval.Single{Database: tables{"a": table(row(int64(1))), "b": table(row(int64(2)))}}

func TestRunAsksJudgesAndCounts(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	cases := numbered(30)
	given := "a"
	cases[0].Predicted = &given
	var asked, shown atomic.Int32
	cfg := eval.Config{Rule: eval.BIRD, Databases: sameAndNot, Jobs: 4, Progress: func(done, total int) {
		if int(shown.Add(1)) != done || total != 30 {
			t.Errorf("progress %d of %d", done, total)
		}
	}, Predictor: func(_ context.Context, c eval.Case) (eval.Prediction, error) {
		asked.Add(1)
		return eval.Prediction{SQL: map[bool]string{true: "a", false: "b"}[c.Category == "x"], Usage: eval.Usage{Calls: 1, InputTokens: 10, OutputTokens: 2}}, nil
	}}
	verdicts, err := eval.Run(t.Context(), cfg, cases)
	if err != nil {
		t.Fatal(err)
	}
	r := eval.Summarize(eval.BIRD, cases, verdicts)
	if asked.Load() != 29 || shown.Load() != 30 || r.Asked != 29 || r.Right != 11 || r.LLM != (eval.Usage{Calls: 29, InputTokens: 290, OutputTokens: 58}) {
		t.Errorf("asked %d, shown %d, %+v", asked.Load(), shown.Load(), r)
	}
	if r.ByCategory["x"] != (eval.Tally{Cases: 10, Right: 10}) || r.ByCategory["y"] != (eval.Tally{Cases: 10}) || len(r.ByCategory) != 2 {
		t.Errorf("%v", r.ByCategory)
	}
}

// A run that was stopped in the middle goes on where it was: no case is asked twice,
// one that was edited is asked again, and half a line at the end is no verdict.
func TestRunResumes(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	path := filepath.Join(t.TempDir(), "state.jsonl")
	cases := numbered(20)
	stopped := errors.New("stopped")
	asked := map[string]int{}
	limit := 8
	run := func(resume bool, who string) error {
		t.Helper()
		state, err := eval.OpenState(path, who, resume)
		if err != nil {
			t.Fatal(err)
		}
		defer state.Close()
		_, err = eval.Run(t.Context(), eval.Config{Rule: eval.BIRD, Databases: sameAndNot, Jobs: 1, State: state, Predictor: func(_ context.Context, c eval.Case) (eval.Prediction, error) {
			if limit--; limit < 0 {
				return eval.Prediction{}, stopped
			}
			asked[c.ID]++
			return eval.Prediction{SQL: "a"}, nil
		}}, cases)
		return err
	}
	if err := run(false, "me"); !errors.Is(err, stopped) || !strings.Contains(err.Error(), "case 8") {
		t.Fatalf("%v", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"key":"1234","id":"9","ri`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	limit = 1000
	cases[3].Question = "edited"
	if err := run(true, "me"); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if want := map[bool]int{true: 2, false: 1}[c.ID == "3"]; asked[c.ID] != want {
			t.Errorf("case %s was asked %d times, want %d", c.ID, asked[c.ID], want)
		}
	}
	clear(asked)
	if err := run(true, "me"); err != nil || len(asked) != 0 {
		t.Errorf("all was known, yet asked %v, %v", asked, err)
	}
	if err := run(true, "another"); err != nil || len(asked) != len(cases) {
		t.Errorf("another answers: asked %d, %v", len(asked), err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(t.Context())
	_, err := eval.Run(ctx, eval.Config{Rule: eval.BIRD, Databases: sameAndNot, Jobs: 2, Predictor: func(ctx context.Context, _ eval.Case) (eval.Prediction, error) {
		cancel()
		<-ctx.Done()
		return eval.Prediction{}, ctx.Err()
	}}, numbered(10))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestRunNeedsSomebodyToAsk(t *testing.T) {
	t.Parallel()
	_, err := eval.Run(t.Context(), eval.Config{Rule: eval.BIRD, Databases: sameAndNot}, numbered(1))
	if !errors.Is(err, eval.ErrNobody) {
		t.Errorf("%v", err)
	}
}

func TestReportQuantiles(t *testing.T) {
	t.Parallel()
	cases := numbered(100)
	var verdicts []eval.Verdict
	for i := range cases {
		verdicts = append(verdicts, eval.Verdict{ID: cases[i].ID, Asked: true, Latency: time.Duration(100-i) * time.Second})
	}
	r := eval.Summarize(eval.BIRD, cases, verdicts)
	if r.P50 != 50*time.Second || r.P95 != 95*time.Second {
		t.Errorf("p50 %s, p95 %s", r.P50, r.P95)
	}
}

// A test suite's folder is judged on every file.
func TestFolderOfATestSuite(t *testing.T) {
	t.Parallel()
	_, one := makeSQLite(t, "CREATE TABLE t (v); INSERT INTO t VALUES (1)")
	_, two := makeSQLite(t, "CREATE TABLE t (v); INSERT INTO t VALUES (1), (2)")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]string{"db.sqlite": one, "db_1.sqlite": two} {
		if err := os.Rename(from, filepath.Join(dir, "db", name)); err != nil {
			t.Fatal(err)
		}
	}
	folder := openFolder(t, dir)
	c := eval.Case{ID: "a", DB: "db", Gold: []string{"SELECT count(*) FROM t"}}
	dbs, err := folder.For(t.Context(), c)
	if err != nil || len(dbs) != 2 {
		t.Fatalf("%d databases, %v", len(dbs), err)
	}
	for sql, want := range map[string]bool{"SELECT 1": false, "SELECT sum(1) FROM t": true} {
		j, err := eval.Judge(t.Context(), eval.Spider, eval.Options{}, c, sql, dbs, nil)
		if err != nil || j.Right != want {
			t.Errorf("%s: %+v, %v", sql, j, err)
		}
	}
}

func FuzzReadCases(f *testing.F) {
	f.Add(`{"id": 1, "db": "a", "question": "q", "gold": "SELECT 1", "predicted": ""}`)
	f.Add("{\"id\": \"a\", \"gold\": [\"SELECT 1\", \"x\"], \"condition_cols\": [[0], [1, 2]]}\n\n{}")
	f.Add(`{"id": 1e3, "gold": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		cases, err := eval.ReadCases(strings.NewReader(text), "f")
		var line *eval.LineError
		if err != nil && !errors.As(err, &line) {
			t.Fatalf("an error without a line: %v", err)
		}
		if err == nil && len(cases) == 0 {
			t.Fatal("no case and no error")
		}
		for _, c := range cases {
			if c.ID == "" || len(c.Gold) == 0 {
				t.Fatalf("%+v", c)
			}
		}
	})
}

// No statement gets past the look for a second one, and none makes the rules panic.
func FuzzStatements(f *testing.F) {
	db, _ := makeSQLite(f, "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2.5, NULL), ('y', x'00')")
	f.Add("SELECT * FROM t", "SELECT b, a FROM t ORDER BY a")
	f.Add("SELECT DISTINCT a FROM t; SELECT 1 -- x", "select {a, b} from t GROUP BY {};select 'a;b' /* ; */")
	f.Add("SELECT '", `SELECT "a" FROM [t] WHERE `+"`b` > = 1")
	f.Fuzz(func(t *testing.T, predicted, gold string) {
		c := eval.Case{ID: "f", Question: "order", Gold: []string{gold}}
		for _, rule := range []eval.Rule{eval.BIRD, eval.Spider, eval.Spider2, eval.Defog} {
			opts := eval.Options{Timeout: 100 * time.Millisecond, StripDistinct: true}
			if _, err := eval.Judge(t.Context(), rule, opts, c, predicted, []eval.Database{db}, nil); err != nil {
				t.Fatal(err)
			}
		}
	})
}
