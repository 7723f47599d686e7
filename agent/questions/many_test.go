package questions_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// listening is a language model that gives up, and remembers what it was told.
type listening struct{ told []llm.Request }

func (l *listening) Complete(_ context.Context, req llm.Request) (*llm.Reply, error) {
	l.told = append(l.told, req)
	return nil, &llm.Error{Code: llm.CodeRefused, Message: "nothing"}
}

// crowd is a database of many tables, of which one can be asked.
type crowd struct{ catalog *connectors.Catalog }

func (c *crowd) Catalog(context.Context) (*connectors.Catalog, error) { return c.catalog, nil }
func (c *crowd) Close() error                                         { return nil }
func (c *crowd) Query(_ context.Context, _ connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	if !strings.Contains(stmt.SQL, "sales_visits_8") {
		return &connectors.Result{Columns: []connectors.Column{{Name: "n", Type: "int8"}}}, nil
	}
	return &connectors.Result{Columns: []connectors.Column{{Name: "n", Type: "int8"}}, Rows: [][]any{{int64(50)}}}, nil
}

// manyTables is the catalogue of hundreds of tables, as the drivers write it.
func manyTables() *crowd {
	cat := &connectors.Catalog{Source: "many", Dialect: "postgres", Version: "1", AsOf: now}
	areas := []string{"sales", "stock", "hr", "web", "crm", "mes", "qa", "lab"}
	things := []string{"orders", "visits", "parts", "claims", "checks", "mails"}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 300 {
		profile := func(distinct int64, values ...connectors.ValueCount) *connectors.Profile {
			return &connectors.Profile{Distinct: distinct, Values: values}
		}
		names := make([]connectors.ValueCount, 20)
		for k := range names {
			names[k] = connectors.ValueCount{Value: fmt.Sprintf("Customer %d-%d", i%50, k), Count: 5}
		}
		cat.Tables = append(cat.Tables, &connectors.Table{Name: fmt.Sprintf("%s_%s_%d", areas[i%8], things[i/8%6], i), Rows: 50, Columns: []*connectors.ColumnInfo{
			{Name: "id", Type: "int4", Kind: connectors.KindInteger, Profile: &connectors.Profile{Distinct: 50, Unique: true}},
			{Name: "customer_name", Type: "text", Kind: connectors.KindText, Profile: profile(20, names...)},
			{Name: "made_at", Type: "date", Kind: connectors.KindDate, Profile: &connectors.Profile{Distinct: 50, Min: day, Max: day.AddDate(0, 6, 0)}},
			{Name: "amount", Type: "numeric", Kind: connectors.KindNumber, Profile: profile(50)},
			{Name: "state", Type: "text", Kind: connectors.KindText, Profile: profile(2, connectors.ValueCount{Value: "open", Count: 30}, connectors.ValueCount{Value: "done", Count: 20})},
		}})
	}
	return &crowd{cat}
}

// A schema of hundreds of tables: what is held of it, how long each step takes, and that
// neither a choice, nor a refusal, nor what a model is told grows with it.
func TestManyTables(t *testing.T) {
	var took []string
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	at, before := time.Now(), held()
	step := func(name string) {
		since := time.Since(at)
		took = append(took, fmt.Sprintf("%s %s (%d MB held)", name, since.Round(time.Millisecond), int64(held()-before)>>20))
		if since > time.Minute {
			t.Errorf("%s took %s", name, since)
		}
		at = time.Now()
	}
	source := manyTables()
	step("catalogue")
	who, err := analyst.Drafted(t.Context(), "many", source)
	if err != nil {
		t.Fatal(err)
	}
	step("draft")
	model := &listening{}
	thinker, err := think.New(think.Config{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{Directory: analyst.NewRoster([]*agent.Analyst{who}, nil, nil), Thinker: thinker, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(text string) *agent.Answer {
		answer, err := a.Answer(t.Context(), agent.Question{ID: text, Text: text, Asker: "web:test", Now: time.Now()}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	ask("how many sales visits 8 are there")
	step("the first question")
	ask("how many crm orders 4 are there")
	step("a question")
	if got := ask("amount by state"); len(got.Text) > 5000 || got.Clarify != nil && len(got.Clarify.Options) > 4 {
		t.Errorf("what hundreds of tables have: %d bytes", len(got.Text))
	}
	step("a question about all of them")
	ask("which claims were blue last winter, and why")
	if len(model.told) == 0 {
		t.Fatal("the model was not asked")
	}
	told := 0
	for _, m := range model.told[0].Messages {
		told += len(m.Text)
	}
	if told > 120_000 {
		t.Errorf("the model is told %d bytes", told)
	}
	step("a question for a model")
	t.Logf("%s; the model is told %d bytes", strings.Join(took, ", "), told)
}
