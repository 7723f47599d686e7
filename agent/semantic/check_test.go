package semantic_test

import (
	"strings"
	"testing"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// shopTables are the real tables behind shop().
func shopTables(change map[string][]TableColumn) Tables {
	cols := func(names ...string) []TableColumn {
		out := make([]TableColumn, len(names))
		for i, n := range names {
			out[i] = TableColumn{Name: n, Repeats: n != "id"}
		}
		return out
	}
	tables := map[string][]TableColumn{
		"regions":   cols("id", "region"),
		"customers": cols("id", "tier", "region_id"),
		"orders":    cols("id", "customer_id", "ordered", "amount", "channel"),
		"lines":     cols("id", "order_id", "product", "qty"),
		"payments":  cols("id", "order_id", "paid", "paid_amount", "method"),
	}
	for name, c := range change {
		tables[name] = c
	}
	return func(name string) (Table, bool) {
		c := tables[name]
		return Table{Columns: c}, c != nil
	}
}

func TestCheckFindsNothingInAGoodModel(t *testing.T) {
	if p := shop().Check(shopTables(nil)); len(p) > 0 {
		t.Errorf("problems: %v", p)
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		spoil  func(m *Model)
		tables map[string][]TableColumn
		want   string
		warns  bool
	}{
		{"unknown table", func(m *Model) { m.Dataset("orders").Source = "order" }, nil, "there is no table order; correct the source of dataset orders", false},
		{"table of a query", func(m *Model) { m.Dataset("orders").Source = "SELECT * FROM orders JOIN \"old orders\" USING (id)" }, nil, "there is no table old orders", false},
		{"unknown column", func(m *Model) { m.Dataset("orders").Fields[2].Expression["ANSI_SQL"] = "amuont * 2" }, nil, "the field orders.amount uses amuont, but the table has no such column; did you mean amount?", false},
		{"a field's syntax", func(m *Model) { m.Dataset("orders").Fields[2].Expression["ANSI_SQL"] = "amount +" }, nil, "the expression of field orders.amount: the expression ends where a value is expected (at character 9)", false},
		{"a subquery", func(m *Model) { m.Dataset("orders").Fields[2].Expression["ANSI_SQL"] = "(SELECT 1)" }, nil, "a subquery is not allowed", false},
		{"an aggregate in a field", func(m *Model) { m.Dataset("orders").Fields[2].Expression["ANSI_SQL"] = "SUM(amount)" }, nil, "aggregates with SUM; only metrics may", false},
		{"another dataset in a field", func(m *Model) { m.Dataset("orders").Fields[2].Expression["ANSI_SQL"] = "customers.tier" }, nil, "refers to customers.tier; it may only name columns of its own source", false},
		{"a field of a field", func(m *Model) {
			m.Dataset("orders").Fields = append(m.Dataset("orders").Fields, fld("net_total", Numeric))
			m.Dataset("orders").Fields[4].Expression["ANSI_SQL"] = "amount"
			m.Dataset("orders").Fields[2].Expression["ANSI_SQL"] = "net_total * 2"
		}, nil, "fields cannot use other fields", false},
		{"text as time", nil, map[string][]TableColumn{"payments": {{Name: "id"}, {Name: "order_id"}, {Name: "paid", Kind: Categorical}, {Name: "paid_amount"}, {Name: "method"}}}, "the field payments.paid is a time, but its column is categorical; cast it", false},
		{"no expression", func(m *Model) { m.Metrics[0].Expression = map[string]string{"DAX": "x"} }, nil, "the metric revenue has no expression that can be run", false},
		{"unknown field", func(m *Model) { m.Metrics[0].Expression["ANSI_SQL"] = "SUM(orders.total)" }, nil, "the metric revenue refers to orders.total, but the dataset orders has no field total", false},
		{"unknown dataset", func(m *Model) { m.Metrics[0].Expression["ANSI_SQL"] = "SUM(order.total)" }, nil, "there is no dataset order", false},
		{"unknown dataset, quoted", func(m *Model) { m.Metrics[0].Expression["ANSI_SQL"] = `SUM("order".total)` }, nil, "there is no dataset order", false},
		{"bare field", func(m *Model) { m.Metrics[0].Expression["ANSI_SQL"] = "orders.amount" }, nil, "uses orders.amount outside an aggregate function", false},
		{"nested aggregates", func(m *Model) { m.Metrics[0].Expression["ANSI_SQL"] = "SUM(AVG(orders.amount))" }, nil, "an aggregate inside an aggregate", false},
		{"a metric of itself", func(m *Model) { m.Metrics[0].Expression["ANSI_SQL"] = "revenue / 2" }, nil, "defined by itself", false},
		{"nothing aggregated", func(m *Model) { m.Metrics[0].Expression["ANSI_SQL"] = "1 + 1" }, nil, "aggregates nothing", false},
		{"unrelated fields together", func(m *Model) { m.Metrics[0].Expression["ANSI_SQL"] = "SUM(lines.qty * payments.paid_amount)" }, nil, "no relationship leads from one of them to the others", false},
		{"time", func(m *Model) { m.Metrics[0].Time = "orders.date" }, nil, "the time of metric revenue is orders.date, which is no field", false},
		{"time of text", func(m *Model) { m.Metrics[0].Time = "orders.channel" }, nil, "which is not marked as a time", false},
		{"unreachable time", func(m *Model) { m.Metrics[0].Time = "payments.paid" }, nil, "by month: the metric revenue is of orders and cannot be split by payments", true},
		{"relationship to nothing", func(m *Model) { m.Relationships[0].To = "region" }, nil, "leads to region, which is no dataset", false},
		{"relationship columns", func(m *Model) { m.Relationships[0].FromColumns = []string{"region"} }, nil, "uses customers.region, but the table has no such column", false},
		{"uneven columns", func(m *Model) { m.Relationships[0].FromColumns = []string{"a", "b"} }, nil, "has 2 from_columns and 1 to_columns", false},
		{"many to many", func(m *Model) { m.Relationships[0].ToColumns = []string{"region"} }, nil, "which is not unique in the table: joining would count rows twice", false},
		{"undeclared key", func(m *Model) { m.Dataset("regions").PrimaryKey = nil }, nil, "id is not declared as a key of regions", true},
		{"key that repeats", func(m *Model) { m.Dataset("orders").PrimaryKey = []string{"customer_id"} }, nil, "customer_id of dataset orders is not unique in the table", false},
		{"two ways", func(m *Model) {
			m.Relationships = append(m.Relationships, &Relationship{Name: "billed", From: "customers", To: "regions", FromColumns: []string{"region_id"}, ToColumns: []string{"id"}})
		}, nil, "customers leads to regions in two equally short ways, customer_region and billed", false},
		{"alone", func(m *Model) { m.Relationships = m.Relationships[:3] }, nil, "no relationship joins payments to another dataset", true},
		{"dataset twice", func(m *Model) { m.Datasets = append(m.Datasets, &Dataset{Name: "Orders", Source: "orders"}) }, nil, "there are two datasets called Orders", false},
		{"metric twice", func(m *Model) { m.Metrics = append(m.Metrics, m.Metrics[0]) }, nil, "there are two metrics called revenue", false},
		{"field twice", func(m *Model) { d := m.Dataset("orders"); d.Fields = append(d.Fields, d.Fields[0]) }, nil, "there are two fields called id", false},
		{"synonym", func(m *Model) {
			m.Metrics[0].Synonyms = []string{"매출"}
			m.Metrics[2].Label.Ko = "매출"
		}, nil, `"매출" means both the metric revenue and paid_amount`, true},
		{"filter", func(m *Model) { m.Dataset("orders").Filter = "is_test = FALSE" }, nil, "the filter of dataset orders uses is_test", false},
		{"filter syntax", func(m *Model) { m.Dataset("orders").Filter = "amount >" }, nil, "the filter of dataset orders: the expression ends", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := shop()
			if c.spoil != nil {
				c.spoil(m)
			}
			problems := m.Check(shopTables(c.tables))
			for _, p := range problems {
				if strings.Contains(p.Message, c.want) && (p.Severity == SeverityWarning) == c.warns {
					return
				}
			}
			t.Errorf("got %v\nwant %s", problems, c.want)
		})
	}
}

func TestCheckTellsPlaces(t *testing.T) {
	data, err := Write(shop())
	if err != nil {
		t.Fatal(err)
	}
	data = []byte(strings.Replace(string(data), "expression: qty", "expression: quantity", 1))
	models, err := Read("shop.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	problems := models[0].Check(shopTables(nil))
	if len(problems) != 1 {
		t.Fatalf("got %v", problems)
	}
	line := 1 + strings.Count(string(data)[:strings.Index(string(data), "expression: quantity")], "\n")
	if p := problems[0]; p.Line != line || p.File != "shop.yaml" || p.Column == 0 {
		t.Errorf("got %v, want line %d", p, line)
	}
}
