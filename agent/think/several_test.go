package think_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store/bolt"
)

// apart are two sources that answer what a test wrote, and note what they are asked.
type apart struct {
	rows map[string]*connectors.Result // by statement

	mu     sync.Mutex
	asked  []string // "source (most rows): statement"
	joined []connectors.Held
}

func (a *apart) Query(_ context.Context, source string, stmt connectors.Statement) (*connectors.Result, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, fmt.Sprintf("%s (%d of %v): %s", source, stmt.MaxRows, stmt.Tables, stmt.SQL))
	res := *a.rows[stmt.SQL]
	if len(res.Rows) > stmt.MaxRows {
		res.Rows, res.Truncated = res.Rows[:stmt.MaxRows], true
	}
	return &res, nil
}

func (a *apart) Join(_ context.Context, tables []connectors.Held, _ connectors.Statement) (*connectors.Result, error) {
	a.joined = tables
	return &connectors.Result{Columns: []connectors.Column{{Name: "n", Type: "BIGINT"}}, Rows: [][]any{{int64(len(tables))}}}, nil
}

func (a *apart) Compute(context.Context, semantic.Query) (*think.Result, error) {
	return nil, connectors.Errorf(connectors.CodeSQL, "no metrics")
}

func numbers(n int, columns ...string) *connectors.Result {
	r := &connectors.Result{}
	for _, c := range columns {
		r.Columns = append(r.Columns, connectors.Column{Name: c, Type: "BIGINT"})
	}
	for i := range n {
		row := make([]any, len(columns))
		for j := range row {
			row[j] = int64(i)
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// askApart asks a scripted model about the shop and another source.
func askApart(t *testing.T, several *apart, replies ...any) (*think.Outcome, *script) {
	t.Helper()
	out, s, err := tryApart(t, several, nil, replies...)
	if err != nil {
		t.Fatal(err)
	}
	return out, s
}

func tryApart(t *testing.T, several *apart, journal think.Journal, replies ...any) (*think.Outcome, *script, error) {
	t.Helper()
	an := shopAnalyst(t)
	cat := *an.Catalog
	cat.Tables = nil
	for _, table := range an.Catalog.Tables {
		copied := *table
		copied.Name = "shop." + table.Name
		cat.Tables = append(cat.Tables, &copied)
	}
	cat.Tables = append(cat.Tables, &connectors.Table{Name: "plan.eu.targets"})
	an.Catalog, an.Tables = &cat, []string{"shop.orders", "plan.eu.targets"}
	an.Members = []think.Member{{Name: "shop", Dialect: "postgres"}, {Name: "plan", Dialect: "mysql"}}
	s := &script{t: t, replies: replies}
	thinker, err := think.New(think.Config{Model: s, Journal: journal})
	if err != nil {
		t.Fatal(err)
	}
	out, err := thinker.Think(t.Context(), think.NewBriefing(an), think.Question{ID: "q1", Text: "목표는 채웠나", Language: "ko", Now: now}, think.Env{Several: several})
	return out, s, err
}

func of(name, source, statement string) m {
	return m{"name": name, "source": source, "sql": statement}
}

func joining(name string, of ...string) m {
	return m{"name": name, "join": of, "sql": "SELECT count(*) AS n"}
}

// A side is joined whole or not at all: what was cut to be shown is asked again, in a later
// call or after an interruption, and what is too much is refused.
func TestSidesAreJoinedWhole(t *testing.T) {
	t.Parallel()
	a := &apart{rows: map[string]*connectors.Result{"few": numbers(3, "k"), "many": numbers(2001, "k"), "too many": numbers(50_001, "k")}}
	out, s := askApart(t, a,
		call("query", m{"queries": []m{of("s1", "shop", "few"), of("s2", "plan", "many"), joining("r1", "s1", "s2")}}),
		call("query", m{"queries": []m{of("s3", "plan", "many")}}),
		call("query", m{"queries": []m{joining("r2", "s1", "s3")}}),
		call("query", m{"queries": []m{of("s4", "plan", "too many"), joining("r3", "s1", "s4")}}),
		call("query", m{"queries": []m{joining("r4", "s1", "s4")}}),
		call("answer", m{"text": "{{r2.n[0]}}개입니다."}))
	want := []string{
		"shop (50000 of [orders]): few", "plan (50000 of [eu.targets]): many", "plan (2000 of [eu.targets]): many", "plan (50000 of [eu.targets]): many",
		"plan (50000 of [eu.targets]): too many", "plan (50000 of [eu.targets]): too many",
	}
	asked := strings.Join(a.asked, "\n")
	for _, one := range want {
		if !strings.Contains(asked, one) {
			t.Errorf("not asked %s", one)
		}
	}
	if len(a.asked) != len(want) || len(a.joined) != 2 || len(a.joined[1].Rows) != 2001 {
		t.Errorf("asked %s\njoined %d sides", asked, len(a.joined))
	}
	if got := s.requests[1].Messages[3].Text; !strings.Contains(got, "s2: 2000 rows and more that were cut") {
		t.Errorf("the model saw %s", clipped(got))
	}
	for _, request := range s.requests[4:6] {
		if got := request.Messages[len(request.Messages)-1].Text; !strings.Contains(got, "s4 has more rows than can be joined, which are 50000") {
			t.Errorf("the model saw %s", clipped(got))
		}
	}
	if out.Text != "2개입니다." {
		t.Error(out.Text)
	}
	for _, r := range out.Results {
		if r.Name == "s1" || r.Name == "s3" {
			t.Errorf("%s, which fed joins only, is shown", r.Name)
		}
	}
}

func clipped(s string) string { return s[max(0, len(s)-600):] }

// What was asked before an interruption is joined after it, whole.
func TestJoinsGoOnAfterAnInterruption(t *testing.T) {
	t.Parallel()
	store, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	journal := think.NewJournal(store)
	a := &apart{rows: map[string]*connectors.Result{"few": numbers(3, "k"), "many": numbers(2001, "k")}}
	_, _, err = tryApart(t, a, journal, call("query", m{"queries": []m{of("s1", "shop", "few"), of("s2", "plan", "many")}}), &llm.Error{Code: llm.CodeUnavailable})
	if llm.CodeOf(err) != llm.CodeUnavailable || len(a.asked) != 2 {
		t.Fatalf("%v, asked %v", err, a.asked)
	}
	out, _, err := tryApart(t, a, journal, call("answer", m{"queries": []m{joining("r1", "s1", "s2")}, "text": "{{r1.n[0]}}개입니다."}))
	if err != nil || out.Text != "2개입니다." || len(out.Results) != 1 || !out.Usage.Resumed {
		t.Fatalf("%+v, %v", out, err)
	}
	if len(a.asked) != 3 || !strings.HasPrefix(a.asked[2], "plan (50000 of") || len(a.joined[0].Rows) != 3 || len(a.joined[1].Rows) != 2001 {
		t.Errorf("asked %v", a.asked)
	}
	r := out.Results[0]
	if want := "-- shop → s1\nfew;\n\n-- plan → s2\nmany;\n\n-- s1 + s2\nSELECT count(*) AS n"; r.SQL != want || len(r.Parts) != 2 || r.Parts[1].Rows != 2001 {
		t.Errorf("%+v\n%s", r.Parts, r.SQL)
	}
}

// What had no partner is known after an interruption, too, each key as it was.
func TestPartnersAreKnownAfterAnInterruption(t *testing.T) {
	t.Parallel()
	store, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	journal := think.NewJournal(store)
	keys := func(cells ...any) *connectors.Result {
		r := &connectors.Result{Columns: []connectors.Column{{Name: "k", Type: "VARCHAR"}}}
		for _, c := range cells {
			r.Rows = append(r.Rows, []any{c})
		}
		return r
	}
	moment := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	a := &apart{rows: map[string]*connectors.Result{
		"whole": keys(int64(9007199254740993), connectors.Decimal("1.50"), nil), "money": keys(connectors.Decimal("1.5")), "days": keys(moment), "none": keys(),
	}}
	join := func(name string, of ...string) m {
		return m{"name": name, "join": of, "sql": fmt.Sprintf("SELECT count(*) AS n FROM %s LEFT JOIN %s USING (k)", of[0], of[1])}
	}
	_, _, err = tryApart(t, a, journal, call("query", m{"queries": []m{
		of("s1", "shop", "whole"), of("s2", "plan", "money"), join("r1", "s1", "s2"), of("s3", "shop", "days"), of("s4", "plan", "none"), join("r2", "s3", "s4"),
	}}), &llm.Error{Code: llm.CodeUnavailable})
	if llm.CodeOf(err) != llm.CodeUnavailable {
		t.Fatal(err)
	}
	out, _, err := tryApart(t, a, journal, call("answer", m{"text": "{{r1.n[0]}}, {{r2.n[0]}}"}))
	if err != nil || len(out.Results) != 2 || !out.Usage.Resumed {
		t.Fatalf("%+v, %v", out, err)
	}
	for i, want := range []think.Keys{{{int64(9007199254740993)}, {nil}}, {{moment}}} {
		if found := out.Results[i].Matches; len(found) != 1 || !reflect.DeepEqual(found[0].Sides[0].Keys, want) || found[0].Sides[0].Alone != len(want) || !slices.Equal(found[0].Sides[0].Sources, []string{"shop"}) {
			t.Errorf("%s: %+v", out.Results[i].Name, found)
		}
	}
}

// A table has no two columns of one name.
func TestColumnsOfOneName(t *testing.T) {
	t.Parallel()
	a := &apart{rows: map[string]*connectors.Result{"twice": numbers(1, "k", "K")}}
	_, s := askApart(t, a, call("query", m{"queries": []m{of("s1", "shop", "twice"), joining("r1", "s1")}}), call("decline", m{"reason": "x"}))
	if got := s.requests[1].Messages[3].Text; !strings.Contains(got, `s1 has two columns called "K"`) || a.joined != nil {
		t.Error(got)
	}
}

// What one source alone is asked is sent to the byte as before: servers keep it.
func TestOneSourceIsToldOfOne(t *testing.T) {
	t.Parallel()
	_, one := ask(t, think.Question{Text: "지난달 지역별 매출"}, october())
	a := &apart{rows: map[string]*connectors.Result{"few": numbers(3, "k")}}
	_, two := askApart(t, a, call("answer", m{"queries": []m{of("r1", "shop", "few")}, "text": "{{r1.k[0]}}"}))
	tools := func(s *script) (text string) {
		for _, tool := range s.requests[0].Tools {
			text += string(tool.Parameters)
		}
		return text + s.requests[0].Messages[0].Text
	}
	for _, word := range []string{`"join"`, `"source"`, "databases apart"} {
		if strings.Contains(tools(one), word) || !strings.Contains(tools(two), word) {
			t.Errorf("%s: told of one source %t, of two %t", word, strings.Contains(tools(one), word), strings.Contains(tools(two), word))
		}
	}
	if brief := two.requests[0].Messages[0].Text; !strings.Contains(brief, "shop (PostgreSQL), plan (MySQL)") || !strings.Contains(brief, "### eu.targets (source plan)") || strings.Contains(brief, "salary") {
		t.Error(brief)
	}
}
