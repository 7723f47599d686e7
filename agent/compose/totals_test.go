package compose_test

import (
	"slices"
	"testing"

	"github.com/bapsang/bapsang/agent/compose"
)

// The name of a total means all of it, and that its rows are left out is said.
func TestTotalsAreSaid(t *testing.T) {
	m := commerce()
	_, f := m.Field("orders.channel")
	f.Totals = []string{"전국"}
	lex := compose.NewLexicon(m, map[string][]compose.ValueCount{"orders.channel": {{Text: "전국", Count: 9}, {Text: "온라인몰", Count: 9}}})
	out := compose.Parse(input(lex, "전국 주문 수"))
	if out.Plan == nil || len(out.Plan.Query.Filters) > 0 {
		t.Fatalf("got %s", show(out))
	}
	if !slices.ContainsFunc(out.Plan.Readings, func(r compose.Reading) bool { return r.Term == "전국" && r.Kind == compose.ReadDefault }) {
		t.Errorf("nothing is said of the total: %+v", out.Plan.Readings)
	}
}
