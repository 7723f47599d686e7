package agent_test

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// sides are what the model asks each source, in words that every engine understands.
var sides = []struct{ name, source, sql string }{
	{"s1", "sold", "SELECT order_id, customer_id, item_code, region, ordered_at, amount FROM orders"},
	{"s2", "plan", "SELECT region, month, target FROM targets"},
	{"s3", "plan", "SELECT customer_id AS customer, grade FROM grades"},
	{"s4", "plan", "SELECT item_code, brand FROM items"},
}

// together are its joins. Whatever engines the sides are of, texts that differ in case, in a
// blank or in the form of a letter are different, and so are numbers that no float tells apart.
var together = []struct{ name, sql string }{
	{"r1", "SELECT coalesce(o.region, t.region) AS region, revenue, target FROM (SELECT region, sum(amount) AS revenue FROM s1 GROUP BY region) o " +
		"FULL JOIN (SELECT region, sum(target) AS target FROM s2 GROUP BY region) t ON o.region IS NOT DISTINCT FROM t.region"},
	{"r2", "SELECT grade, sum(amount) AS revenue, count(*) AS orders FROM s1 LEFT JOIN s3 ON customer_id = customer GROUP BY grade"},
	{"r3", "SELECT brand, sum(amount) AS revenue, count(DISTINCT order_id) AS orders FROM s1 LEFT JOIN s4 USING (item_code) GROUP BY brand"},
	{"r4", "SELECT strftime(s2.month, '%Y-%m') AS month, count(DISTINCT order_id) AS orders, max(target) AS target FROM s1 JOIN s2 ON date_trunc('month', ordered_at) = s2.month GROUP BY ALL"},
}

// TestJoinsAreWhatOneDatabaseSays has a model, behind a server that speaks as vLLM does, join
// what two engines hold. Each result is that of the same statement where all is in one.
func TestJoinsAreWhatOneDatabaseSays(t *testing.T) {
	sold, planned := soldTables(), plannedTables()
	one := kinds[3].open(kinds[3], t, "all", slices.Concat(sold, planned))
	var want [][]string
	for _, join := range together {
		var with []string
		for _, s := range sides {
			with = append(with, s.name+" AS ("+s.sql+")")
		}
		res, err := one.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "WITH " + strings.Join(with, ", ") + " " + join.sql})
		if err != nil || len(res.Rows) < 2 {
			t.Fatalf("%s: %v, %v", join.name, res, err)
		}
		want = append(want, linesOf(t, agent.Result{Rows: res.Rows}, 2))
	}
	model := served(t)
	for _, pair := range [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 0}, {1, 0}} {
		left, right := kinds[pair[0]], kinds[pair[1]]
		t.Run(left.name+"+"+right.name, func(t *testing.T) {
			got := askOver(t, model, left.open(left, t, "sold", sold), right.open(right, t, "plan", planned))
			if got.Rung != agent.Think || len(got.Results) != len(together) {
				t.Fatalf("%s, %d results", texts(got), len(got.Results))
			}
			for i, r := range got.Results {
				if lines := linesOf(t, r, 2); !slices.Equal(lines, want[i]) {
					t.Errorf("%s:\ngot  %s\nwant %s", together[i].name, strings.Join(lines, " | "), strings.Join(want[i], " | "))
				}
				if r.Source != "sold + plan" || len(r.Parts) != 2 || !strings.Contains(r.SQL, "-- plan → s") {
					t.Errorf("%s is from %s, %d parts", r.Name, r.Source, len(r.Parts))
				}
			}
			if !strings.HasPrefix(got.Text, "매출은 ") || strings.Contains(got.Text, "987") {
				t.Error(got.Text)
			}
		})
	}
}

// served is a model behind a server that answers every question with all of the joins.
func served(t *testing.T) llm.Model {
	t.Helper()
	var queries []any
	for _, s := range sides {
		queries = append(queries, from(s.name, s.source, s.sql))
	}
	for _, join := range together {
		var of []string
		for _, s := range sides {
			if strings.Contains(join.sql, s.name) {
				of = append(of, s.name)
			}
		}
		queries = append(queries, joins(join.name, of, join.sql))
	}
	text, err := json.Marshal(args{"queries": queries, "text": "매출은 {{r1.revenue[0]}}, {{r2.orders[0]}}건, {{r3#}}개 브랜드, {{r4#}}달입니다. 목표는 987억입니다."})
	if err != nil {
		t.Fatal(err)
	}
	server := agenttest.Start(t, agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply {
		return agenttest.Calls(agenttest.Call{Name: "answer", Arguments: string(text)})
	}})
	client, err := openai.New(openai.Options{Name: "gpu", BaseURL: server.URL + "/v1", Model: agenttest.DefaultModel})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdle)
	pool, err := llm.NewPool([]llm.Backend{{Name: "gpu", Model: client, Contract: connectors.Contract{Owner: "#ai", Agreed: now, Concurrency: 4, Timeout: time.Minute}}}, llm.PoolOptions{Patience: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

func askOver(t *testing.T, model llm.Model, sold, plan connectors.Source) *agent.Answer {
	t.Helper()
	outlook, err := newSideboard().Spanning(t.Context(), &analyst.Definition{Name: "outlook", Sources: []string{"sold", "plan"}},
		map[string]analyst.Own{"sold": {Source: sold}, "plan": {Source: plan}})
	if err != nil {
		t.Fatal(err)
	}
	thinker, err := think.New(think.Config{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{
		Directory: analyst.NewRoster([]*agent.Analyst{outlook}, nil, nil), Thinker: thinker, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Answer(t.Context(), agent.Question{ID: "q1", Text: whimsical, Now: now}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
