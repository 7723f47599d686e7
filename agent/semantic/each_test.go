package semantic_test

import (
	"strings"
	"testing"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// How many of whom have so much, and the middle of what they have: customer 1 spent 100,
// 2 spent 50, 3 spent 30, 4 spent 20 in September.
func TestThingsOneByOne(t *testing.T) { onEngines(t, testThingsOneByOne) }

func testThingsOneByOne(t *testing.T, e engine) {
	db := e.shop(t)
	each := func(m Measure) []Measure {
		m.Each = "customers.id"
		return []Measure{m}
	}
	september := &Compare{ComparePrevious, Period{day("2026-09-01"), day("2026-10-01")}}
	for _, c := range []trap{
		{"over", Query{Measures: each(Measure{Metric: "revenue", Is: Greater, Low: 30})}, [][]any{{2.0}}},
		{"at least", Query{Measures: each(Measure{Metric: "revenue", Is: AtLeast, Low: 30})}, [][]any{{3.0}}},
		{"between", Query{Measures: each(Measure{Metric: "revenue", Is: Between, Low: 25, High: 60})}, [][]any{{2.0}}},
		{"in a period", Query{Measures: each(Measure{Metric: "revenue", Is: Less, Low: 60}), Period: october()}, [][]any{{2.0}}},
		{"against the period before", Query{Measures: each(Measure{Metric: "revenue", Is: Less, Low: 60}), Period: october(), Compare: september}, [][]any{{2.0, 1.0, 1.0, 1.0}}},
		{"none is zero", Query{Measures: each(Measure{Metric: "revenue", Is: Greater, Low: 1000})}, [][]any{{0.0}}},
		{"by group, none is zero there too", Query{Measures: each(Measure{Metric: "revenue", Is: AtLeast, Low: 50}), Dimensions: by("customers.tier")}, [][]any{{"gold", 2.0}, {"silver", 0.0}, {nil, 0.0}}},
		{"by month", Query{Measures: each(Measure{Metric: "order_count", Is: AtLeast, Low: 1}), Dimensions: []Dimension{{Grain: Month}}}, [][]any{{day("2026-09-01"), 1.0}, {day("2026-10-01"), 3.0}}},
		{"beside another measure", Query{Measures: append(measures("revenue"), each(Measure{Metric: "units", Is: Greater, Low: 3})...)}, [][]any{{200.0, 2.0}}},
		{"of the many side, counted once", Query{Measures: []Measure{{Metric: "order_count", Each: "lines.product", Is: AtLeast, Low: 2}}}, [][]any{{2.0}}},
		{"what belongs to nobody is nobody", Query{Measures: []Measure{{Metric: "revenue", Each: "regions.region", Is: Greater, Low: 0}}}, [][]any{{2.0}}},
		{"median", Query{Measures: each(Measure{Metric: "revenue", Median: true})}, [][]any{{40.0}}},
		{"median by group", Query{Measures: each(Measure{Metric: "revenue", Median: true}), Dimensions: by("customers.tier")}, [][]any{{"gold", 75.0}, {"silver", 30.0}, {nil, 20.0}}},
		{"mean", Query{Measures: each(Measure{Metric: "revenue"})}, [][]any{{50.0}}},
		{"by size, whatever the sign", Query{Measures: measures("revenue"), Dimensions: by("customers.tier"), Period: october(), Compare: september,
			Order: []Order{{Key: "revenue__change", Desc: true, Size: true}}, Limit: 2}, [][]any{{"gold", 150.0, 0.0, 150.0, nil}, {"silver", 30.0, 0.0, 30.0, nil}}},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, db) })
	}
	for _, c := range []struct {
		name string
		m    Measure
		want string
	}{
		{"no such field", Measure{Metric: "revenue", Each: "customers.height"}, "height"},
		{"out of reach", Measure{Metric: "paid_amount", Each: "lines.product"}, "cannot be split"},
		{"no comparison", Measure{Metric: "revenue", Each: "customers.id", Is: Contains}, "does not compare"},
		{"two ways at once", Measure{Metric: "revenue", Each: "customers.id", Over: Day}, "in more than one way"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := shop().Compile(Query{Measures: []Measure{c.m}}, CompileOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	t.Run("names", func(t *testing.T) {
		c, err := shop().Compile(Query{Measures: append(each(Measure{Metric: "revenue", Is: AtLeast, Low: 30}), each(Measure{Metric: "revenue", Median: true})...)}, db.options())
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Outputs[0]; got.Key != "id_by_revenue" || got.Label.Ko != "customers 수" || got.Format != "integer" {
			t.Errorf("%+v", got)
		}
		if got := c.Outputs[1]; got.Key != "revenue_per_id_median" || got.Label.En != "Median revenue per customer" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a dimension has no size", func(t *testing.T) {
		q := Query{Measures: measures("revenue"), Dimensions: by("customers.tier"), Order: []Order{{Key: "tier", Size: true}}}
		if _, err := shop().Compile(q, CompileOptions{}); err == nil || !strings.Contains(err.Error(), "have no size") {
			t.Error(err)
		}
	})
}

// Rows that sum others up are seen by no query, whatever it asks.
func TestTotalsAreLeftOut(t *testing.T) { onEngines(t, testTotalsAreLeftOut) }

func testTotalsAreLeftOut(t *testing.T, e engine) {
	db := e.shop(t)
	m := shop()
	m.Dataset("lines").Fields[1].Totals = []string{"TV", "it's all"}
	m.Dataset("lines").Filter = "qty < 100"
	for _, c := range []struct {
		q    Query
		want [][]any
	}{
		{Query{Measures: measures("units")}, [][]any{{5.0}}},
		{Query{Measures: measures("units"), Dimensions: by("lines.product"), Share: true}, [][]any{{"fridge", 5.0, 1.0}}},
		{Query{Measures: measures("revenue"), Filters: []Filter{is("lines.product", "TV")}}, [][]any{{nil}}},
	} {
		compiled, err := m.Compile(c.q, db.options())
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := fetch(db, compiled.SQL)
		if err != nil || !sameRows(got, c.want) {
			t.Errorf("%v\ngot\n%swant\n%s\n%s", err, show(got), show(c.want), compiled.SQL)
		}
	}
}
