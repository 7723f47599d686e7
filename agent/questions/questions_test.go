package questions_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/connectors"
)

var (
	full   = flag.Bool("full", false, "ask the demo company of full size")
	report = flag.Bool("report", false, "print the report also when all is well")
	fresh  = flag.String("fresh", "", "ask the questions of this file as well, without bounds")
)

// now is the Sunday on which the questions are asked.
var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("KST", 9*60*60))

// question is one line of the question set.
type question struct {
	ID       string   `json:"id"`
	DB       string   `json:"db"`
	Lang     string   `json:"lang"`
	Kind     string   `json:"kind"`
	Before   []string `json:"before"` // earlier questions of the thread
	Question string   `json:"question"`
	// Scope is "" for what should be answered, "out" for what must not be, "clarify"
	// for what should be asked back.
	Scope string `json:"scope"`
	// Gold are the results that would be right, more than one where the words leave
	// it open.
	Gold []string `json:"gold"`
	// Ordered means that the rows are ranked by the last column of the gold result.
	Ordered bool `json:"ordered"`
	// Some means that the gold rows are among those that the answer points out.
	Some  bool   `json:"some"`
	Chart string `json:"chart"` // the kind of chart that was wished for
}

// verdict is what came of a question.
type verdict string

const (
	right    verdict = "right"
	wrong    verdict = "wrong"
	silent   verdict = "silent"
	askedFor verdict = "asked back"
)

type outcome struct {
	question
	verdict verdict
	why     string
}

func read(t *testing.T, file string) []question {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []question
	seen := map[string]bool{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var q question
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&q); err != nil {
			t.Fatalf("%s: %v\n%s", file, err, lines.Bytes())
		}
		if seen[q.ID] || (q.Scope == "") != (len(q.Gold) > 0) {
			t.Fatalf("%s: %s is there twice, or its scope does not go with its gold", file, q.ID)
		}
		seen[q.ID] = true
		out = append(out, q)
	}
	return out
}

// The bounds that are promised; see docs/benchmarks.md for what is measured.
const (
	minRight    = 0.97 // of what is answered
	minAnswered = 0.75 // of what is in scope
)

// TestQuestions asks every question and holds the answers against the gold results.
func TestQuestions(t *testing.T) {
	databases := openDatabases(t)
	if *fresh != "" {
		var text strings.Builder
		tell(&text, ask(t, databases, read(t, *fresh)))
		t.Log("\n" + text.String())
	}
	for _, set := range []string{"dev", "heldout", "ninth", "tenth", "eleventh"} {
		t.Run(set, func(t *testing.T) {
			outcomes := ask(t, databases, read(t, filepath.Join("testdata", set+".jsonl")))
			var text strings.Builder
			all := tell(&text, outcomes)
			bad := all.answered() == 0 || all.accuracy() < minRight || all.coverage() < minAnswered
			if *report || bad {
				t.Log("\n" + text.String())
			}
			if bad {
				t.Errorf("right %.1f %% of what was answered (at least %.0f %%), answered %.1f %% of what is in scope (at least %.0f %%)",
					100*all.accuracy(), 100*minRight, 100*all.coverage(), 100*minAnswered)
			}
		})
	}
}

// ask asks the questions of each database side by side.
func ask(t *testing.T, databases map[string]*database, questions []question) []outcome {
	t.Helper()
	out := make([]outcome, len(questions))
	var wg sync.WaitGroup
	for name, db := range databases {
		wg.Go(func() {
			for i, q := range questions {
				if q.DB == name {
					out[i] = db.judge(t, q)
				}
			}
		})
	}
	wg.Wait()
	for i, o := range out {
		if o.verdict == "" {
			t.Fatalf("%s: no database %s", questions[i].ID, questions[i].DB)
		}
	}
	return out
}

// judge asks a question and compares.
func (db *database) judge(t *testing.T, q question) (o outcome) {
	t.Helper()
	defer func() {
		if cause := recover(); cause != nil { // the other questions are still worth asking
			t.Errorf("%s: %q: %v\n%.2500s", q.ID, q.Question, cause, debug.Stack())
			o.verdict, o.why = wrong, "panic"
		}
	}()
	answer := db.answer(t, q)
	o = outcome{question: q}
	answered := answer.Rung != agent.None
	switch {
	case !answered && answer.Clarify != nil:
		o.verdict, o.why = askedFor, answer.Clarify.Text
	case !answered:
		o.verdict, o.why = silent, string(answer.Reason)+": "+firstLine(answer.Text)
	case q.Scope != "":
		o.verdict, o.why = wrong, "answered what is out of scope: "+reading(answer)
	default:
		o.verdict, o.why = right, ""
		if why := db.compare(t, q, answer); why != "" {
			o.verdict, o.why = wrong, why+"; "+reading(answer)
		}
	}
	return o
}

// answer asks the questions of a thread in their order.
func (db *database) answer(t *testing.T, q question) *agent.Answer {
	t.Helper()
	var turns []agent.Turn
	var answer *agent.Answer
	for i, text := range append(slices.Clone(q.Before), q.Question) {
		var err error
		answer, err = db.agent.Answer(t.Context(), agent.Question{
			ID: fmt.Sprint(q.ID, "-", i), Text: text, Asker: "web:test", Now: now, Before: turns,
		}, nil)
		if err != nil {
			t.Errorf("%s: %q: %v", q.ID, text, err)
			return &agent.Answer{Rung: agent.None}
		}
		turns = append(turns, agent.Turn{Text: text, Analyst: answer.Analyst, Plan: answer.Plan})
	}
	return answer
}

// compare says what is wrong with an answer, "" when nothing is.
func (db *database) compare(t *testing.T, q question, answer *agent.Answer) string {
	t.Helper()
	if q.Chart != "" && (len(answer.Charts) == 0 || answer.Charts[0].Type != chart.Kind(q.Chart)) {
		return "not the chart that was wished for"
	}
	var why string
	for _, sql := range q.Gold {
		gold, err := db.source.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: sql})
		if err != nil {
			t.Errorf("%s: gold: %v\n%s", q.ID, err, sql)
			return "no gold result"
		}
		if len(gold.Rows) == 0 {
			t.Errorf("%s: the gold result is empty: ask something that the data answer\n%s", q.ID, sql)
		}
		if why = holds(answer, gold, q); why == "" {
			return ""
		}
	}
	return why
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// reading is how the question was read, in short.
func reading(a *agent.Answer) string {
	if a.Plan == nil {
		return string(a.Rung)
	}
	plan, err := json.Marshal(a.Plan.Query)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s %s", a.Rung, a.Plan.Intent, plan)
}

// tally counts verdicts.
type tally struct {
	right, wrong, silent, askedBack int // of what is in scope
	out, outAnswered                int // of what is not
}

func (c *tally) add(o outcome) {
	if o.Scope != "" {
		c.out++
		if o.verdict == wrong {
			c.outAnswered++
		}
		return
	}
	switch o.verdict {
	case right:
		c.right++
	case wrong:
		c.wrong++
	case silent:
		c.silent++
	case askedFor:
		c.askedBack++
	}
}

func (c *tally) inScope() int  { return c.right + c.wrong + c.silent + c.askedBack }
func (c *tally) answered() int { return c.right + c.wrong }

// accuracy is the share of the answers that are right. What was answered though it is
// out of scope is wrong.
func (c *tally) accuracy() float64 { return ratio(c.right, c.answered()+c.outAnswered) }
func (c *tally) coverage() float64 { return ratio(c.answered(), c.inScope()) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// tell writes the report and returns the tally of everything.
func tell(w io.Writer, outcomes []outcome) *tally {
	all := &tally{}
	groups := map[string]*tally{}
	for _, o := range outcomes {
		where := o.DB
		if where != "demo" {
			where = "drafted"
		}
		for _, g := range []string{"1 " + where + " " + o.Lang, "2 " + o.DB, "3 " + o.Kind} {
			if groups[g] == nil {
				groups[g] = &tally{}
			}
			groups[g].add(o)
		}
		all.add(o)
	}
	fmt.Fprintf(w, "%-24s %8s %9s %6s %6s %7s %6s\n", "", "in scope", "answered", "right", "asked", "out of", "though")
	line := func(name string, c *tally) {
		fmt.Fprintf(w, "%-24s %8d %8.1f%% %5.1f%% %6d %7d %6d\n", name, c.inScope(), 100*c.coverage(), 100*c.accuracy(), c.askedBack, c.out, c.outAnswered)
	}
	line("all", all)
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		line(g[2:], groups[g])
	}
	for _, v := range []verdict{wrong, askedFor, silent} {
		for _, o := range outcomes {
			if o.verdict == v && (o.Scope == "" || v == wrong) {
				fmt.Fprintf(w, "%s %s %s %s %q %s\n", v, o.ID, o.DB, o.Kind, append(o.Before, o.Question), o.why)
			}
		}
	}
	return all
}
