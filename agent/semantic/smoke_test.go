package semantic_test

import (
	"database/sql"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	. "github.com/bapsang/bapsang/agent/semantic"
)

func fld(name string, kind Kind) *Field {
	return &Field{Name: name, Kind: kind, IsTime: kind == Temporal, Expression: map[string]string{"ANSI_SQL": name}}
}

func met(name, e, time string) *Metric {
	return &Metric{Name: name, Time: time, Expression: map[string]string{"ANSI_SQL": e}}
}

func shop() *Model {
	return &Model{
		Name: "shop",
		Datasets: []*Dataset{
			{Name: "regions", Source: "regions", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("region", Categorical)}},
			{Name: "customers", Source: "customers", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("tier", Categorical)}},
			{Name: "orders", Source: "orders", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("ordered", Temporal), fld("amount", Numeric), fld("channel", Categorical)}},
			{Name: "lines", Source: "lines", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("product", Categorical), fld("qty", Numeric)}},
			{Name: "payments", Source: "payments", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("paid", Temporal), fld("paid_amount", Numeric), fld("method", Categorical)}},
		},
		Relationships: []*Relationship{
			{Name: "customer_region", From: "customers", To: "regions", FromColumns: []string{"region_id"}, ToColumns: []string{"id"}},
			{Name: "order_customer", From: "orders", To: "customers", FromColumns: []string{"customer_id"}, ToColumns: []string{"id"}},
			{Name: "line_order", From: "lines", To: "orders", FromColumns: []string{"order_id"}, ToColumns: []string{"id"}},
			{Name: "payment_order", From: "payments", To: "orders", FromColumns: []string{"order_id"}, ToColumns: []string{"id"}},
		},
		Metrics: []*Metric{
			met("revenue", "SUM(orders.amount)", "orders.ordered"),
			met("order_count", "COUNT(DISTINCT orders.id)", "orders.ordered"),
			met("paid_amount", "SUM(payments.paid_amount)", "payments.paid"),
			met("units", "SUM(lines.qty)", "orders.ordered"),
			met("spend_per_customer", "SUM(orders.amount) / COUNT(DISTINCT customers.id)", "orders.ordered"),
		},
	}
}

func TestSmoke(t *testing.T) {
	d := func(s string) time.Time { x, _ := time.Parse(time.DateOnly, s); return x }
	p := &Period{Start: d("2026-10-01"), End: d("2026-11-01")}
	cmp := &Compare{Kind: ComparePrevious, Period: Period{Start: d("2026-09-01"), End: d("2026-10-01")}}
	qs := []Query{
		{Measures: []Measure{{Metric: "revenue"}}, Dimensions: []Dimension{{Field: "regions.region"}}, Period: p, Limit: 5},
		{Measures: []Measure{{Metric: "revenue"}}, Dimensions: []Dimension{{Field: "regions.region"}}, Period: p, Compare: cmp, Share: true, Filters: []Filter{{Field: "lines.product", Op: In, Values: []any{"TV", "냉장고"}}, {Field: "orders.channel", Op: In, Values: []any{"x'y"}, Negate: true}}},
		{Measures: []Measure{{Metric: "revenue"}, {Metric: "paid_amount"}}, Dimensions: []Dimension{{Grain: Week}, {Field: "regions.region"}}, Period: p, Compare: cmp, FillTime: true},
		{Measures: []Measure{{Metric: "order_count"}}, Dimensions: []Dimension{{Field: "lines.product"}}, Period: p},
		{Measures: []Measure{{Metric: "revenue", Over: Day}}, Dimensions: []Dimension{{Grain: Weekday}}, Period: &Period{Start: d("2026-10-01")}, Total: true},
		{Measures: []Measure{{Metric: "spend_per_customer"}}, Dimensions: []Dimension{{Grain: Month}}, Period: p},
		{Dimensions: []Dimension{{Field: "regions.region"}}, Filters: []Filter{{Field: "orders.ordered", Op: Between, Values: []any{"2026-01-01", "2026-02-01"}}}},
		{Measures: []Measure{{Metric: "revenue"}}, Dimensions: []Dimension{{Field: "regions.region"}, {Field: "customers.tier"}}, Limit: 3, LimitPer: "region"},
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE regions(id INT, region VARCHAR); CREATE TABLE customers(id INT, tier VARCHAR, region_id INT);
		CREATE TABLE orders(id INT, customer_id INT, ordered TIMESTAMP, amount DECIMAL(18,2), channel VARCHAR);
		CREATE TABLE lines(id INT, order_id INT, product VARCHAR, qty INT);
		CREATE TABLE payments(id INT, order_id INT, paid DATE, paid_amount DECIMAL(18,2), method VARCHAR)`); err != nil {
		t.Fatal(err)
	}
	for _, q := range qs {
		c, err := shop().Compile(q, CompileOptions{})
		if err != nil {
			t.Error(err)
			continue
		}
		rows, err := db.Query(c.SQL)
		if err != nil {
			t.Errorf("%v\n%s", err, c.SQL)
			continue
		}
		cols, _ := rows.Columns()
		if len(cols) != len(c.Outputs) {
			t.Errorf("%d columns, %d outputs", len(cols), len(c.Outputs))
		}
		rows.Close()
	}
}
