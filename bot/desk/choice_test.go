package desk_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	roster "github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/connectors"
)

// emptySource has tables and no rows: what a question was read as is enough here.
type emptySource struct{}

func (emptySource) Close() error { return nil }

func (emptySource) Query(context.Context, connectors.Caller, connectors.Statement) (*connectors.Result, error) {
	return &connectors.Result{}, nil
}

func (emptySource) Catalog(context.Context) (*connectors.Catalog, error) {
	place := func(name string) *connectors.ColumnInfo {
		return &connectors.ColumnInfo{Name: name, Profile: &connectors.Profile{Values: []connectors.ValueCount{{Value: "서울", Count: 5}, {Value: "부산", Count: 3}}}}
	}
	return &connectors.Catalog{Source: "test", Dialect: "duckdb", Version: "1", Tables: []*connectors.Table{
		{Name: "sales", Columns: []*connectors.ColumnInfo{{Name: "list"}, {Name: "paid"}, place("shop"), place("home")}},
	}}, nil
}

// ambiguous is an analyst to whom 금액 and 장소 may mean two things each.
func ambiguous(t *testing.T) *agent.Agent {
	t.Helper()
	ansi := func(e string) map[string]string { return map[string]string{"ANSI_SQL": e} }
	label := func(ko, en string) semantic.Label { return semantic.Label{Ko: ko, En: en} }
	model := &semantic.Model{
		Name: "shop",
		Datasets: []*semantic.Dataset{{Name: "sales", Source: "sales", Label: label("판매", "Sales"), Fields: []*semantic.Field{
			{Name: "list", Expression: ansi("list"), Kind: semantic.Numeric, Hidden: true},
			{Name: "paid", Expression: ansi("paid"), Kind: semantic.Numeric, Hidden: true},
			{Name: "shop", Expression: ansi("shop"), Label: label("매장 위치", "Shop place"), Kind: semantic.Categorical, Synonyms: []string{"장소", "place"}},
			{Name: "home", Expression: ansi("home"), Label: label("고객 거주지", "Customer place"), Kind: semantic.Categorical, Synonyms: []string{"장소", "place"}},
		}}},
		Metrics: []*semantic.Metric{
			{Name: "gross", Expression: ansi("SUM(sales.list)"), Label: label("할인 전 매출", "Gross revenue"), Synonyms: []string{"금액", "takings"}},
			{Name: "net", Expression: ansi("SUM(sales.paid)"), Label: label("할인 후 매출", "Net revenue"), Synonyms: []string{"금액", "takings"}},
		},
	}
	a, err := agent.New(agent.Config{
		Directory: roster.NewRoster([]*agent.Analyst{{Name: "shop", Version: "1", Source: emptySource{}, Model: model}}, nil, nil),
		Now:       func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// understood is which metric and field an answer is about.
func understood(a *agent.Answer) string {
	if a.Clarify != nil {
		return "asks back about " + a.Clarify.Term
	}
	if a.Plan == nil {
		return "not understood: " + a.Text
	}
	var names []string
	for _, m := range a.Plan.Query.Measures {
		names = append(names, m.Metric)
	}
	for _, d := range a.Plan.Query.Dimensions {
		names = append(names, d.Field)
	}
	return strings.Join(names, " by ")
}

// TestNeverTwoQuestionsBack asks what may mean several things, presses or writes one,
// and is answered each time, with what was assumed said.
func TestNeverTwoQuestionsBack(t *testing.T) {
	t.Parallel()
	b := setup(t, ambiguous(t), 1)
	n := 0
	say := func(thread, text string) (*agent.Answer, string) {
		n++
		id := b.handle(t, message(fmt.Sprint("m", n), thread, text)).Question
		return b.ended(t, id).Answer, id
	}
	press := func(in, question string, option int) *agent.Answer {
		n++
		asked := b.ended(t, question).Answer.Clarify
		r := b.handle(t, bot.Event{
			ID: fmt.Sprint("p", n), Kind: bot.EventAction, Thread: thread(in), User: bot.User{ID: "minji"},
			Action: &bot.Action{Name: bot.ActionChoose, Question: question, Value: asked.Term + "\x1f" + asked.Options[option].Ref},
		})
		return b.ended(t, r.Question).Answer
	}

	for option := range 2 {
		thread := fmt.Sprint("one", option)
		got, id := say(thread, "금액 합계")
		if got.Clarify == nil || len(got.Clarify.Options) != 2 {
			t.Fatalf("no question back: %s", understood(got))
		}
		want := got.Clarify.Options[option].Ref
		if got = press(thread, id, option); understood(got) != want {
			t.Errorf("pressed %s: %s", want, understood(got))
		}
		// The thread remembers it.
		if got, _ = say(thread, "매장 위치별 금액"); understood(got) != want+" by sales.shop" {
			t.Errorf("later in the thread of %s: %s", want, understood(got))
		}
	}

	// Two words: one is asked about, the other assumed, and that is said.
	got, id := say("two", "장소별 금액")
	if got.Clarify == nil {
		t.Fatalf("no question back: %s", understood(got))
	}
	asked := got.Clarify.Term
	got = press("two", id, 1)
	if got.Clarify != nil || got.Plan == nil {
		t.Fatalf("asked again: %s", understood(got))
	}
	other := map[string]string{"금액": "장소", "장소": "금액"}[asked]
	if !slices.ContainsFunc(got.Assumptions, func(s string) bool { return strings.HasPrefix(s, other+" = ") }) {
		t.Errorf("nothing says what %s was taken for: %q", other, got.Assumptions)
	}

	// Another question, written instead of a choice, is answered too.
	if got, _ = say("else", "금액 합계"); got.Clarify == nil {
		t.Fatalf("no question back: %s", understood(got))
	}
	if got, _ = say("else", "장소별 금액"); got.Clarify != nil || got.Plan == nil {
		t.Fatalf("asked again: %s", understood(got))
	}
	for _, term := range []string{"금액", "장소"} {
		if !slices.ContainsFunc(got.Assumptions, func(s string) bool { return strings.HasPrefix(s, term+" = ") }) {
			t.Errorf("nothing says what %s was taken for: %q", term, got.Assumptions)
		}
	}
	// What was assumed there is asked in a thread of its own.
	if got, _ = say("new", "장소별 금액"); got.Clarify == nil {
		t.Errorf("not asked: %s", understood(got))
	}
}
