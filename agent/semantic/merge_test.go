package semantic_test

import (
	"strings"
	"testing"

	. "github.com/bapsang/bapsang/agent/semantic"
)

func TestMerge(t *testing.T) {
	a := shop()
	b := &Model{Name: "plan", Datasets: []*Dataset{
		{Name: "orders", Source: "orders", Fields: []*Field{fld("day", Temporal), fld("revenue", Numeric), fld("region", Categorical)}},
	}, Metrics: []*Metric{
		met("revenue", "SUM(orders.revenue) -- revenue of orders", "orders.day"),
		met("double", "2 * revenue + SUM(CASE WHEN orders.region = 'revenue' THEN orders.revenue END)", "orders.day"),
	}}
	m := Merge("both", Part{"warehouse", a}, Part{"plan 2026.csv", b})
	for _, p := range m.Check(nil) {
		if p.Severity == SeverityError {
			t.Error(p)
		}
	}
	if d := m.Dataset("orders"); d == nil || d.Database != "warehouse" {
		t.Errorf("the first keeps its name: %v", d)
	}
	d := m.Dataset("plan_2026_csv_orders")
	if d == nil || d.Database != "plan 2026.csv" || d.Source != "orders" || d.Table() != "plan 2026.csv.orders" {
		t.Fatalf("the second is called after its source: %v", d)
	}
	x := m.Metric("double")
	want := `2 * "plan_2026_csv_revenue" + SUM(CASE WHEN "plan_2026_csv_orders".region = 'revenue' THEN "plan_2026_csv_orders".revenue END)`
	if x.Expression["ANSI_SQL"] != want || x.Time != "plan_2026_csv_orders.day" {
		t.Errorf("%s along %s", x.Expression["ANSI_SQL"], x.Time)
	}
	if b.Datasets[0].Name != "orders" || b.Datasets[0].Database != "" || b.Metrics[0].Name != "revenue" {
		t.Error("a part was changed")
	}
	if _, err := m.Compile(Query{Measures: measures("double")}, CompileOptions{}); err != nil {
		t.Error(err)
	}
}

// What holds the same thing stands in for a field that no relationship leads to, in one
// database as across several, where a metric is split by it and where it is filtered.
func TestSameAs(t *testing.T) { onEngines(t, testSameAs) }

func testSameAs(t *testing.T, e engine) {
	db := e.database(t,
		"CREATE TABLE customers AS SELECT * FROM (VALUES (1, '서울'), (2, '부산'), (3, NULL)) t(id, region)",
		"CREATE TABLE orders AS SELECT * FROM (VALUES (1, 1, 10), (2, 1, 20), (3, 2, 5), (4, 3, 7)) t(id, customer_id, amount)",
		"CREATE TABLE targets AS SELECT * FROM (VALUES ('서울', 100), ('서울', 50), ('대구', 9)) t(area, target)")
	m := &Model{Name: "m", Datasets: []*Dataset{
		{Name: "customers", Source: "customers", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("region", Categorical)}},
		{Name: "orders", Source: "orders", PrimaryKey: []string{"id"}, Fields: []*Field{fld("amount", Numeric)}},
		{Name: "targets", Source: "targets", Fields: []*Field{fld("area", Categorical), fld("target", Numeric)}},
	}, Relationships: []*Relationship{{Name: "r", From: "orders", To: "customers", FromColumns: []string{"customer_id"}, ToColumns: []string{"id"}}},
		Metrics: []*Metric{met("revenue", "SUM(orders.amount)", ""), met("target", "SUM(targets.target)", "")}}
	both := Query{Measures: measures("revenue", "target"), Dimensions: by("customers.region"), Order: []Order{{Key: "region"}}}
	if _, err := m.Compile(both, db.options()); err == nil {
		t.Fatal("nothing says that an area is a region")
	}
	m.Datasets[2].Fields[0].SameAs = []string{"customers.region"}
	expect(t, db, m, both, [][]any{{"대구", 0.0, 9.0}, {"부산", 5.0, 0.0}, {"서울", 30.0, 150.0}, {nil, 7.0, 0.0}})
	both.Filters = []Filter{is("customers.region", "서울")}
	expect(t, db, m, both, [][]any{{"서울", 30.0, 150.0}})
	both.Filters = []Filter{is("targets.area", "대구", "부산")}
	expect(t, db, m, both, [][]any{{"대구", 0.0, 9.0}, {"부산", 5.0, 0.0}})
}

func expect(t *testing.T, db *database, m *Model, q Query, want [][]any) {
	t.Helper()
	compiled, err := m.Compile(q, db.options())
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := fetch(db, compiled.SQL)
	if err != nil {
		t.Fatalf("%v\n%s", err, compiled.SQL)
	}
	if !sameRows(got, want) {
		t.Errorf("got\n%swant\n%s\n%s", show(got), show(want), compiled.SQL)
	}
}

// What two sources call the same people mean the first one's; the other's has its source's
// name. One figure is what is asked for where nobody names one, and what a source leaves out
// of its tables stays out.
func TestMergeWords(t *testing.T) {
	part := func(filter string) *Model {
		x := met("revenue", "SUM(orders.amount)", "")
		x.Label, x.Synonyms, x.Default = Label{Ko: "매출", En: "Revenue"}, []string{"sales", "매상"}, true
		return &Model{Datasets: []*Dataset{{Name: "orders", Source: "orders", Filter: filter, Fields: []*Field{fld("amount", Numeric), fld("status", Categorical)}}}, Metrics: []*Metric{x, met("amount", "SUM(orders.amount)", "")}}
	}
	m := Merge("both", Part{"warehouse", part("orders.status <> 'test'")}, Part{"plan", part("amount > orders.amount - 1 AND orders.status = 'orders.status'")})
	first, second := m.Metrics[0], m.Metrics[2]
	if !first.Default || second.Default {
		t.Errorf("defaults %v and %v", first.Default, second.Default)
	}
	if first.Label != (Label{Ko: "매출", En: "Revenue"}) || second.Label != (Label{Ko: "매출 (plan)", En: "Revenue (plan)"}) {
		t.Errorf("called %v and %v", first.Label, second.Label)
	}
	if len(first.Synonyms) != 2 || len(second.Synonyms) != 0 {
		t.Errorf("also called %v and %v", first.Synonyms, second.Synonyms)
	}
	if a, b := m.Datasets[0].Filter, m.Datasets[1].Filter; a != "orders.status <> 'test'" || b != `amount > "plan_orders".amount - 1 AND "plan_orders".status = 'orders.status'` {
		t.Errorf("filters %s and %s", a, b)
	}
	if x := Merge("both", Part{"warehouse", part("")}, Part{"plan", part("")}).Datasets[1].Fields[0].Expression["ANSI_SQL"]; x != "amount" {
		t.Errorf("a column that is called as a metric is %s", x)
	}
}

// Of sources of which none comes first, what two call the same is a word for both, and each is
// shown by its source's name.
func TestSpanWords(t *testing.T) {
	part := func(word string) *Model {
		x := met("total", "SUM(t.a)", "")
		x.Label, x.Synonyms = Label{Ko: "매출", En: word}, []string{"sales"}
		return &Model{Datasets: []*Dataset{{Name: "t", Source: "t", Fields: []*Field{fld("a", Numeric)}}}, Metrics: []*Metric{x}}
	}
	m := NewNames().Span("both", Part{"web", part("Revenue")}, Part{"shops", part("Takings")})
	for i, want := range []Label{{Ko: "매출 (web)", En: "Revenue"}, {Ko: "매출 (shops)", En: "Takings"}} {
		x := m.Metrics[i]
		if x.Label != want || strings.Join(x.Synonyms, " ") != "sales 매출" {
			t.Errorf("%v, also called %v", x.Label, x.Synonyms)
		}
	}
}
