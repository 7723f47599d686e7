package questions_test

import (
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/eval"
	"github.com/bapsang/bapsang/connectors/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

// published is one of the 210 questions that defog-ai/sql-eval publishes.
type published struct {
	id, db, question string
	gold             string // accepted statements, as that evaluator writes them
	kind             expressible
	held             bool // of the half that nobody looks at in detail
}

// moving fixes what moves with the day that a script or a statement runs on.
func moving(sql string) string {
	sql = today.ReplaceAllString(sql, "DATE '"+now.Format(time.DateOnly)+"'")
	return instant.ReplaceAllString(sql, "TIMESTAMP '"+now.Format(time.DateTime)+"'")
}

func publishedQuestions(t *testing.T) []published {
	t.Helper()
	f, err := os.Open("../../connectors/postgres/testdata/defog/questions.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	reader := csv.NewReader(f)
	reader.LazyQuotes = true
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) int { return slices.Index(rows[0], name) }
	var out []published
	for i, row := range rows[1:] {
		q := published{id: fmt.Sprintf("defog-%03d", i+1), db: row[at("db_name")], question: row[at("question")], gold: moving(row[at("query")])}
		q.kind = expressOf(q.gold)
		h := fnv.New32a()
		_, _ = io.WriteString(h, q.question)
		q.held = h.Sum32()%2 == 1
		out = append(out, q)
	}
	return out
}

// openPublished loads a database into PostgreSQL and has its analyst drafted from the
// catalogue alone, as for somebody who names its address in a configuration.
func openPublished(t *testing.T, name string) (*database, eval.Databases) {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("..", "draft", "testdata", "defog", name+".sql"))
	if err != nil {
		t.Fatal(err)
	}
	dsn := pgtest.Shared(t).Database(t)
	conn, err := pgconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), moving(string(script))).ReadAll()
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	cfg := postgres.Config{Name: name, DSN: dsn, AllowPrivileged: true}
	if name == "ewallet" {
		cfg.Schemas = []string{"consumer_div", "public"}
	}
	source, err := postgres.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	who, err := analyst.Drafted(t.Context(), name, source)
	if err != nil {
		t.Fatal(err)
	}
	server, err := eval.NewServer(dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return newDatabase(t, source, who), server
}

// askPublished asks one question and gives the verdict of the questions' own evaluator.
func askPublished(t *testing.T, db *database, golds eval.Databases, q published) outcome {
	t.Helper()
	o := outcome{question: question{ID: q.id, DB: q.db, Question: q.question}}
	answer := db.answer(t, o.question)
	switch {
	case answer.Rung == agent.None && answer.Clarify != nil:
		o.verdict, o.why = askedFor, firstLine(answer.Clarify.Text)
	case answer.Rung == agent.None || len(answer.Results) == 0:
		o.verdict, o.why = silent, string(answer.Reason)+": "+firstLine(answer.Text)
	default:
		c := eval.Case{ID: q.id, Question: q.question, Gold: []string{q.gold}}
		dbs, err := golds.For(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		j, err := eval.Judge(t.Context(), eval.Defog, eval.Options{Timeout: time.Minute}, c, answer.Results[0].SQL, dbs, nil)
		if err != nil || j.GoldError != "" {
			t.Errorf("%s: %v %s", q.id, err, j.GoldError)
		}
		if o.verdict = right; !j.Right {
			o.verdict, o.why = wrong, j.Reason+"; "+reading(answer)+"\n      "+strings.Join(strings.Fields(answer.Results[0].SQL), " ")+"\n      "+q.gold
		}
	}
	return o
}

// TestPublishedQuestions asks defog's questions of PostgreSQL, each of a model that was
// drafted from the catalogue. What compose answers at all is to be right.
func TestPublishedQuestions(t *testing.T) {
	var text strings.Builder
	byDB := map[string]map[string]*tally{}
	questions := publishedQuestions(t)
	for _, name := range slices.Sorted(maps.Keys(groupOf(questions))) {
		db, golds := openPublished(t, name)
		groups := map[string]*tally{}
		byDB[name] = groups
		for _, q := range groupOf(questions)[name] {
			o := askPublished(t, db, golds, q)
			group := string(q.kind)
			if q.held {
				group += ", held out"
			}
			of(groups, group).add(o)
			if !q.held && (o.verdict != right && q.kind != beyond || o.verdict == wrong) {
				fmt.Fprintf(&text, "%s %s %s (%s) %q %s\n", o.verdict, q.id, q.db, q.kind, q.question, o.why)
			}
		}
	}
	total := tellPublished(&text, byDB)
	if *report {
		t.Log("\n" + text.String())
	}
	if total.accuracy() < minPublished {
		t.Errorf("right %.1f %% of %d answers, at least %.0f %%", 100*total.accuracy(), total.answered(), 100*minPublished)
	}
}

// minPublished is the share of answers that must be right; see docs/benchmarks.md.
const minPublished = 0.95

func groupOf(questions []published) map[string][]published {
	out := map[string][]published{}
	for _, q := range questions {
		out[q.db] = append(out[q.db], q)
	}
	return out
}

// tellPublished writes the tables that docs/benchmarks.md has, and returns the tally of all.
func tellPublished(w io.Writer, byDB map[string]map[string]*tally) *tally {
	all, sums := &tally{}, map[string]*tally{}
	counts := func(c *tally) string {
		return fmt.Sprintf("%d | %d | %d | %d | %d", c.inScope(), c.right, c.wrong, c.askedBack, c.silent)
	}
	metric, held := string(plain), string(plain)+", held out"
	fmt.Fprint(w, "| database | questions | right | wrong | asked back | declined | held out | right | wrong | asked back | declined |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(byDB)) {
		groups := byDB[name]
		fmt.Fprintf(w, "| %s | %s | %s |\n", name, counts(of(groups, metric)), counts(of(groups, held)))
		for group, c := range groups {
			for _, sum := range []*tally{all, of(sums, group)} {
				sum.right += c.right
				sum.wrong += c.wrong
				sum.silent += c.silent
				sum.askedBack += c.askedBack
			}
		}
	}
	for _, kind := range []expressible{plain, defined, beyond} {
		fmt.Fprintf(w, "| **all that need %s** | %s | %s |\n", kind, counts(of(sums, string(kind))), counts(of(sums, string(kind)+", held out")))
	}
	return all
}

func of(groups map[string]*tally, name string) *tally {
	if groups[name] == nil {
		groups[name] = &tally{}
	}
	return groups[name]
}
