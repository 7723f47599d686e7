package agent_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
)

// manyTables is a source of many tables that counts what it is asked.
type manyTables struct {
	connectors.Source
	catalog *connectors.Catalog
	asked   []string
}

func (c *manyTables) Catalog(context.Context) (*connectors.Catalog, error) { return c.catalog, nil }

func (c *manyTables) Query(_ context.Context, _ connectors.Caller, s connectors.Statement) (*connectors.Result, error) {
	c.asked = append(c.asked, s.SQL)
	return &connectors.Result{Columns: []connectors.Column{{Name: "x"}}, Rows: [][]any{{int64(7)}}}, nil
}

// companyOf is an agent with a company of n tables.
func companyOf(t testing.TB, n int, change func(*connectors.Catalog)) (*agent.Agent, *manyTables) {
	t.Helper()
	c := &manyTables{catalog: connectorstest.Many(n)}
	if change != nil {
		change(c.catalog)
	}
	an, err := analyst.Drafted(t.Context(), "company", c)
	if err != nil {
		t.Fatal(err)
	}
	return newAgent(t, asking{analysts: []*agent.Analyst{an}}), c
}

// TestAWordOfHundredsOfTables asks for what most tables have: the answer is a question back
// that says how many and how to say which, and after a choice no second thing is guessed.
func TestAWordOfHundredsOfTables(t *testing.T) {
	t.Parallel()
	a, c := companyOf(t, 600, nil)
	for question, want := range map[string][]string{
		"금액":                 {"가지로 읽힐 수 있어요", "어느 표의 것인지"},
		"what is the amount": {"could mean", "of which table"},
	} {
		got := ask(t, a, question)
		if got.Rung != agent.None || got.Reason != agent.ReasonAmbiguous || got.Clarify == nil || len(got.Clarify.Options) == 0 || len(got.Clarify.Options) > 4 {
			t.Fatalf("%s: %s %s %+v", question, got.Rung, got.Text, got.Clarify)
		}
		for _, w := range want {
			if !strings.Contains(got.Text, w) {
				t.Errorf("%s has no %q: %s", question, w, got.Text)
			}
		}
		if slices.ContainsFunc(got.Clarify.Options, func(o compose.Option) bool { return o.Usual }) {
			t.Errorf("%s: an option is called the usual one: %+v", question, got.Clarify.Options)
		}
	}
	got := askAs(t, a, agent.Question{Text: "금액", Choices: []compose.Choice{{Term: "다른 것", Ref: "sales_orders_amount"}}, Chosen: true})
	if got.Rung != agent.None || got.Clarify == nil || len(got.Clarify.Options) > 0 {
		t.Errorf("after a choice of something else: %s %s %+v", got.Rung, got.Text, got.Clarify)
	}
	if len(c.asked) > 0 {
		t.Errorf("asked the source: %q", c.asked)
	}
}

// TestTablesNobodyLookedAt prepares a schema whose tables have no profiles yet, and asks the
// source for the values of few of its fields.
func TestTablesNobodyLookedAt(t *testing.T) {
	t.Parallel()
	a, c := companyOf(t, 300, func(cat *connectors.Catalog) {
		for _, table := range cat.Tables {
			for _, column := range table.Columns {
				column.Profile = nil
			}
		}
	})
	ask(t, a, "purchase orders amount")
	if n := len(c.asked); n == 0 || n > 60 {
		t.Errorf("asked the source %d times", n)
	}
}

// TestIntroductionOfManyTables names the first tables, says how many others there are, and
// how to ask about them.
func TestIntroductionOfManyTables(t *testing.T) {
	t.Parallel()
	a, _ := companyOf(t, 1200, nil)
	for language, want := range map[string]string{"ko": "그 밖에 표가 1,192개 더 있어요", "en": "1,192 more tables"} {
		got, err := a.Introduce(t.Context(), "company", language)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got.Text, want) || strings.Count(got.Text, "\n") > 20 {
			t.Errorf("%s:\n%s", language, got.Text)
		}
	}
}

// BenchmarkMany asks a company of many tables: its first question, for which its words are
// prepared, and those after it. See docs/benchmarks.md.
func BenchmarkMany(b *testing.B) {
	for _, n := range connectorstest.Sizes() {
		b.Run(fmt.Sprintf("%d/first", n), func(b *testing.B) {
			c := &manyTables{catalog: connectorstest.Many(n)}
			an, err := analyst.Drafted(b.Context(), "company", c)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				ask(b, newAgent(b, asking{analysts: []*agent.Analyst{an}}), "sales orders amount by status")
			}
		})
		a, _ := companyOf(b, n, nil)
		ask(b, a, "sales orders amount by status")
		var held runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&held)
		for name, question := range map[string]string{
			"named": "purchase orders amount by status in October", "korean": "2026년 10월 판매 주문 상태별 건수", "amount": "금액", "value": "완료 금액", "unknown": "이직률이 가장 높은 부서",
		} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				for b.Loop() {
					ask(b, a, question)
				}
				b.ReportMetric(float64(held.HeapAlloc>>20), "MB-held")
			})
		}
	}
}
