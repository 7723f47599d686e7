package compose_test

import (
	"testing"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/semantic"
)

// TestDoubt checks questions of a model nobody wrote that are known in every word and
// yet have no answer there.
func TestDoubt(t *testing.T) {
	m := &semantic.Model{Name: "peaks", Datasets: []*semantic.Dataset{
		dataset("mountains|산|Mountains|mountain", "id|||hidden", "name|산 이름|Mountain name|name", "country|국가|Country|categorical", "open|개방|Open|boolean|in season"),
		dataset("climbs|등반|Climbs|climb", "id|||hidden", "climbed_on|등반일|Climb date|temporal"),
	}}
	_, open := m.Field("mountains.open")
	open.Kind = semantic.Boolean
	m.Relationships = []*semantic.Relationship{{Name: "climbs_mountains", From: "climbs", To: "mountains", FromColumns: []string{"mountain_id"}, ToColumns: []string{"id"}}}
	m.Metrics = []*semantic.Metric{
		metric("mountain_count|산 수|Number of mountains|count:||", "COUNT(mountains.*)"),
		metric("climb_count|등반 수|Number of climbs|count:|climbs.climbed_on|", "COUNT(climbs.*)"),
	}
	lex := compose.NewLexicon(m, map[string][]compose.ValueCount{"mountains.country": {{Text: "Nepal", Count: 2}, {Text: "Peru", Count: 1}}})
	for q, want := range map[string]string{
		"highest mountain":                       "no_metric",
		"가장 높은 산":                                "no_metric",
		"mountain with the most climbs":          "rank climb_count by mountains.name order climb_count desc limit 1",
		"country with the most mountains":        "rank mountain_count by mountains.country order mountain_count desc limit 1",
		"number of mountains in season":          "shape",
		"number of mountains by in season":       "breakdown mountain_count by mountains.open",
		"number of mountains per climb":          "shape",
		"which mountains are in Nepal":           "list by mountains.name where mountains.country in Nepal",
		"number of climbs of mountains in Nepal": "value climb_count where mountains.country in Nepal",
	} {
		if got := show(compose.Parse(input(lex, q))); got != want {
			t.Errorf("%s\n got  %s\n want %s", q, got, want)
		}
	}
}

// TestTotalsOfWrittenFiguresAreNoLists asks for the total of a column whose figures could
// not be read as such: how often each occurs is no answer.
func TestTotalsOfWrittenFiguresAreNoLists(t *testing.T) {
	m := &semantic.Model{Name: "sheet", Datasets: []*semantic.Dataset{
		dataset("rows|행|Rows|row", "shop|매장|Shop|categorical", "profit|이익|Profit|categorical"),
	}}
	m.Metrics = []*semantic.Metric{metric("row_count|행 수|Number of rows|count:||", "COUNT(rows.*)")}
	lex := compose.NewLexicon(m, map[string][]compose.ValueCount{
		"rows.profit": {{Text: "▲3", Count: 2}, {Text: "71.000,50", Count: 1}, {Text: "-", Count: 1}}, "rows.shop": {{Text: "A", Count: 2}, {Text: "B", Count: 2}},
	})
	for q, want := range map[string]string{
		"total profit":           "shape",
		"이익 합계":                  "shape",
		"sum of profit by shop":  "shape",
		"number of rows by shop": "breakdown row_count by rows.shop",
		"이익별 행 수":                "breakdown row_count by rows.profit",
	} {
		if got := show(compose.Parse(input(lex, q))); got != want {
			t.Errorf("%s\n got  %s\n want %s", q, got, want)
		}
	}
}
