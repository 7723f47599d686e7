package agent_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// task is a question of the question set with the statement that answers it.
type task struct {
	ID, DB, Question string
	Gold             []string
	Before           []string
}

// demoTasks are the first n questions of the set that one statement about the demo
// company answers.
func demoTasks(t testing.TB, n int) []task {
	t.Helper()
	f, err := os.Open(filepath.Join("questions", "testdata", "dev.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []task
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && len(out) < n {
		var one task
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		if one.DB == "demo" && len(one.Gold) > 0 && len(one.Before) == 0 {
			out = append(out, one)
		}
	}
	if len(out) < n {
		t.Fatalf("%d questions, want %d", len(out), n)
	}
	return out
}

// cooperative is a model that knows what answers each question. Of some it first gets a
// column wrong, at some it looks first.
type cooperative struct {
	gold map[string]string // by question
	how  map[string]string // "", "repair" or "look"

	mu    sync.Mutex
	calls map[string]int
}

func (c *cooperative) Complete(_ context.Context, req llm.Request) (*llm.Reply, error) {
	text := req.Messages[1].Text
	_, question, _ := strings.Cut(text, "\n\nQuestion:\n")
	question = strings.TrimSpace(question)
	c.mu.Lock()
	c.calls[question]++
	n := c.calls[question]
	c.mu.Unlock()
	sql := c.gold[question]
	answer := func(sql string) *llm.Reply {
		return calls("answer", map[string]any{"queries": []any{map[string]any{"name": "r1", "sql": sql}}, "text": "{{r1#}}행입니다."})
	}
	switch {
	case n > 1 && c.how[question] == "look":
		return calls("answer", map[string]any{"text": "{{r1#}}행입니다."}), nil
	case n > 1:
		return answer(sql), nil
	case c.how[question] == "repair":
		return answer(strings.Replace(sql, "SELECT ", "SELECT no_such_column, ", 1)), nil
	case c.how[question] == "look":
		return calls("query", map[string]any{"queries": []any{map[string]any{"name": "r1", "sql": sql}}}), nil
	}
	return answer(sql), nil
}

// TestWhatAQuestionCosts asks 60 questions of a cooperative model: an ordinary one costs
// exactly one call, one that needs a repair or a look two.
func TestWhatAQuestionCosts(t *testing.T) {
	t.Parallel()
	tasks := demoTasks(t, 60)
	model := &cooperative{gold: map[string]string{}, how: map[string]string{}, calls: map[string]int{}}
	for i, one := range tasks {
		model.gold[one.Question] = one.Gold[0]
		model.how[one.Question] = map[int]string{3: "repair", 7: "look"}[i%10]
	}
	an := demoAnalyst(t)
	a := thinkingAgent(t, model, an)
	var costs []int
	for _, one := range tasks {
		got := askAs(t, a, agent.Question{Text: one.Question, Rungs: []agent.Rung{agent.Think}})
		want := 1
		if model.how[one.Question] != "" {
			want = 2
		}
		if got.LLM.Calls != want {
			t.Errorf("%s cost %d calls, want %d: %s", one.ID, got.LLM.Calls, want, texts(got))
		}
		costs = append(costs, got.LLM.Calls)
		gold, err := an.Source.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: one.Gold[0]})
		if err != nil {
			t.Fatalf("%s: %v", one.ID, err)
		}
		if len(gold.Rows) > 0 && (got.Rung != agent.Think || len(got.Results[0].Rows) != min(len(gold.Rows), 2000)) {
			t.Errorf("%s: %s", one.ID, texts(got))
		}
	}
	slices.Sort(costs)
	if median := costs[len(costs)/2]; median > 2 || costs[len(costs)-1] > 10 {
		t.Errorf("median %d, most %d", median, costs[len(costs)-1])
	}
}

func thinkingAgent(t testing.TB, model llm.Model, analysts ...*agent.Analyst) *agent.Agent {
	t.Helper()
	thinker, err := think.New(think.Config{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{
		Directory: analyst.NewRoster(analysts, nil, nil), Thinker: thinker,
		Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// BenchmarkThinkOverhead measures what a question costs us beside model and database:
// both answer at once. The figure that matters is cpu-ms/op.
func BenchmarkThinkOverhead(b *testing.B) {
	an, w := watch(demoAnalyst(b))
	canned := &connectors.Result{Columns: []connectors.Column{{Name: "region", Type: "VARCHAR"}, {Name: "revenue", Type: "DOUBLE"}}}
	for i := range 17 {
		canned.Rows = append(canned.Rows, []any{fmt.Sprintf("지역 %d", i), float64(100_000_000 - i*1_000_000)})
	}
	w.query = func(connectors.Statement) (*connectors.Result, error) { return canned, nil }
	text := "{{r1.region[0]}}가 {{r1.revenue[0]|krw}}으로 가장 큽니다. {{r1.region[1]}}와의 차이는 100만 원입니다. 아래 표에 지역 17곳이 있습니다."
	model := &constant{reply: calls("answer", map[string]any{"queries": []any{map[string]any{"name": "r1", "sql": "SELECT 1"}}, "text": text, "assumptions": []string{"지난달 = 2026-10"}})}
	a := thinkingAgent(b, model, an)
	ask := func() {
		got, err := a.Answer(b.Context(), agent.Question{Text: "효자 노릇 하는 동네가 어디야", Now: now}, nil)
		if err != nil || got.Rung != agent.Think {
			b.Fatalf("%+v, %v", got, err)
		}
	}
	ask() // which prepares the analyst
	before := cpuTime(b)
	for b.Loop() {
		ask()
	}
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// constant is a model that always says the same.
type constant struct{ reply *llm.Reply }

func (c *constant) Complete(context.Context, llm.Request) (*llm.Reply, error) {
	copied := *c.reply
	return &copied, nil
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
