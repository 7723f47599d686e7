package semantic_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/bapsang/bapsang/agent/semantic"
)

func fld(name string, kind Kind) *Field {
	return &Field{Name: name, Kind: kind, IsTime: kind == Temporal, Expression: map[string]string{"ANSI_SQL": name}}
}

func met(name, e, time string) *Metric {
	return &Metric{Name: name, Time: time, Expression: map[string]string{"ANSI_SQL": e}}
}

// shop is orders with lines and payments, customers and regions.
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

// The SQL of an ordinary question is what a person would write.
func TestReadableSQL(t *testing.T) {
	c, err := shop().Compile(Query{
		Measures: []Measure{{Metric: "revenue"}, {Metric: "revenue", Per: "order_count"}}, Dimensions: []Dimension{{Field: "regions.region"}}, Period: october(), Limit: 10,
		Filters: []Filter{{Field: "orders.channel", Op: In, Values: []any{"web", "앱"}}, {Field: "lines.product", Op: In, Values: []any{"TV"}}},
	}, CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := `SELECT
  regions.region AS region,
  SUM(orders.amount) AS revenue,
  SUM(orders.amount) / NULLIF(COUNT(DISTINCT orders.id), 0) AS revenue_per_order_count
FROM orders
LEFT JOIN customers ON orders.customer_id = customers.id
LEFT JOIN regions ON customers.region_id = regions.id
WHERE orders.ordered >= DATE '2026-10-01' AND orders.ordered < DATE '2026-11-01'
  AND orders.channel IN ('web', '앱')
  AND EXISTS (
    SELECT 1
    FROM lines
    WHERE lines.order_id = orders.id
      AND lines.product = 'TV'
  )
GROUP BY 1
ORDER BY revenue DESC NULLS LAST, region NULLS LAST
LIMIT 10`
	if diff := cmp.Diff(want, c.SQL); diff != "" {
		t.Error(diff)
	}
	if want := []string{"customers", "lines", "orders", "regions"}; !slices.Equal(c.Tables, want) {
		t.Errorf("tables %v", c.Tables)
	}
}

// Names and values may hold anything; they never become SQL.
func TestHostileNamesAndValues(t *testing.T) { onEngines(t, testHostileNamesAndValues) }

func testHostileNamesAndValues(t *testing.T, e engine) {
	hostile := []string{"it's", `say "hi"`, "x'); DROP TABLE t; --", "a\nb\n  c", `back\slash`, "%", "_", "한글 이름", "/* */", "$1", "?", "{}", "' OR 1=1", "e\tt", "😀", "select", "\u2028", " "}
	db := e.database(t)
	for _, name := range hostile {
		if e.dialect == MariaDB && (name == " " || name == "😀") {
			continue // no name can be so
		}
		column := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		table := `"t ` + column[1:]
		own := e.quoted("t " + name)
		if _, err := db.Exec("CREATE TABLE " + own + " (" + e.quoted(name) + e.own(" VARCHAR") + ", n INT)"); err != nil {
			t.Fatal(err)
		}
		for i, v := range append(hostile, "other") {
			if _, err := db.Exec("INSERT INTO "+own+" VALUES ("+e.mark(1)+", "+e.mark(2)+")", v, 1<<i); err != nil {
				t.Fatal(err)
			}
		}
		m := &Model{Datasets: []*Dataset{{Name: name, Source: table, Fields: []*Field{{Name: name, Kind: Categorical, Expression: map[string]string{"ANSI_SQL": column}}, fld("n", Numeric)}}},
			Metrics: []*Metric{met("m", "SUM("+column+".n)", "")}}
		for i, v := range hostile {
			for _, op := range []Op{In, Contains} {
				c, err := m.Compile(Query{Measures: measures("m"), Dimensions: []Dimension{{Field: name + "." + name}}, Filters: []Filter{{Field: name + "." + name, Op: op, Values: []any{v}}}}, db.options())
				if err != nil {
					t.Fatal(err)
				}
				got, cols, err := fetch(db, c.SQL)
				if err != nil {
					t.Fatalf("%v\n%s", err, c.SQL)
				}
				found := slices.ContainsFunc(got, func(r []any) bool { return r[0] == v && r[1] == float64(int(1)<<i) })
				if !found || op == In && len(got) != 1 || cols[0] != c.Outputs[0].Key {
					t.Errorf("%q %s %q: got %v\n%s", name, op, v, got, c.SQL)
				}
			}
		}
	}
}

func TestColumnNamesAreDistinct(t *testing.T) {
	m := shop()
	m.Dataset("regions").Fields = append(m.Dataset("regions").Fields, fld("name", Categorical))
	m.Dataset("customers").Fields = append(m.Dataset("customers").Fields, fld("Name", Categorical), fld("revenue", Categorical))
	c, err := m.Compile(Query{Measures: measures("revenue", "revenue"), Dimensions: []Dimension{{Field: "regions.name"}, {Field: "customers.Name"}, {Field: "regions.name"}, {Field: "customers.revenue"}},
		Order: []Order{{Key: "name"}}}, CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, o := range c.Outputs {
		keys = append(keys, o.Key)
	}
	if want := []string{"regions_name", "customers_Name", "customers_revenue", "revenue"}; !slices.Equal(keys, want) {
		t.Errorf("columns %v", keys)
	}
	if !strings.Contains(c.SQL, "ORDER BY regions_name") {
		t.Errorf("the key of the query was not found again:\n%s", c.SQL)
	}
}

func TestNaturalOrder(t *testing.T) { onEngines(t, testNaturalOrder) }

func testNaturalOrder(t *testing.T, e engine) {
	db := e.shop(t)
	m := shop()
	m.Dataset("customers").Fields[1].Ordered = []string{"silver", "gold"}
	for desc, want := range map[bool][]any{false: {"silver", "gold", nil}, true: {"gold", "silver", nil}} {
		c, err := m.Compile(Query{Measures: measures("revenue"), Dimensions: []Dimension{{Field: "customers.tier"}}, Order: []Order{{Key: "tier", Desc: desc}}}, db.options())
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := fetch(db, c.SQL)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got[i][0] != want[i] {
				t.Errorf("descending %v: %v\n%s", desc, got, c.SQL)
				break
			}
		}
	}
}

// Rows of a key of two columns are counted once each, also through a join that
// repeats them.
func TestCountOfCompositeKey(t *testing.T) { onEngines(t, testCountOfCompositeKey) }

func testCountOfCompositeKey(t *testing.T, e engine) {
	db := e.database(t, `CREATE TABLE visits AS SELECT * FROM (VALUES ('a', 1), ('a', 2), ('b', 1)) t(shop, day)`,
		`CREATE TABLE sales AS SELECT * FROM (VALUES ('a', 1, 'TV'), ('a', 1, 'TV'), ('a', 2, 'TV'), ('b', 1, 'fridge'), ('c', 9, 'fridge')) t(shop, day, product)`)
	m := &Model{
		Datasets:      []*Dataset{{Name: "visits", Source: "visits", PrimaryKey: []string{"shop", "day"}}, {Name: "sales", Source: "sales", Fields: []*Field{fld("product", Categorical)}}},
		Relationships: []*Relationship{{Name: "sale_visit", From: "sales", To: "visits", FromColumns: []string{"shop", "day"}, ToColumns: []string{"shop", "day"}}},
		Metrics:       []*Metric{met("visits", "COUNT(visits.*)", "")},
	}
	c, err := m.Compile(Query{Measures: measures("visits"), Dimensions: []Dimension{{Field: "sales.product"}}, Total: true}, db.options())
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := fetch(db, c.SQL)
	if want := [][]any{{"TV", 2.0, 3.0}, {"fridge", 1.0, 3.0}}; err != nil || !sameRows(got, want) {
		t.Errorf("%v\n%s\n%s", err, show(got), c.SQL)
	}
}

func TestOutputs(t *testing.T) {
	m := shop()
	set := func(name, ko, en, format string) {
		x := m.Metric(name)
		x.Label, x.Format = Label{ko, en}, format
	}
	set("revenue", "매출", "Revenue", "krw")
	set("order_count", "주문 수", "Orders", "count:건")
	set("paid_amount", "결제액", "Paid", "krw")
	set("spend_per_customer", "", "Spend rate", "percent")
	m.Dataset("regions").Fields[1].Label = Label{Ko: "지역"}
	q := Query{Measures: []Measure{{Metric: "revenue"}, {Metric: "revenue", Per: "order_count"}, {Metric: "paid_amount", Per: "revenue"}, {Metric: "order_count", Over: Day}, {Metric: "spend_per_customer"}},
		Dimensions: []Dimension{{Field: "regions.region"}, {Grain: Month}, {Field: "orders.ordered", Grain: Weekday}}, Period: october(),
		Compare: &Compare{CompareYearAgo, Period{day("2025-10-01"), day("2025-11-01")}}, Share: true, Total: true}
	c, err := m.Compile(q, CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, o := range c.Outputs {
		fmt.Fprintf(&got, "%s | %s | %s | %s | %s | %s | %s\n", o.Key, o.Role, o.Label.Ko, o.Label.En, o.Format, o.Measure, o.Grain)
	}
	want := `region | dimension | 지역 | 지역 |  |  | 
month | time | 월 | Month | date |  | month
ordered_weekday | dimension | ordered (요일) | ordered (weekday) | integer |  | weekday
revenue | measure | 매출 | Revenue | krw | revenue | 
revenue__before | before | 매출 (전년 동기) | Revenue (year ago) | krw | revenue | 
revenue__change | change | 매출 증감 | Revenue change | krw | revenue | 
revenue__growth | growth | 매출 증감률 | Revenue growth | percent | revenue | 
revenue__share | share | 매출 비중 | Share of revenue | percent | revenue | 
revenue__all | all | 전체 매출 | Overall revenue | krw | revenue | 
revenue_per_order_count | measure | 주문당 매출 | Revenue per order | krw | revenue_per_order_count | 
`
	if !strings.HasPrefix(got.String(), want) {
		t.Error(cmp.Diff(want, got.String()))
	}
	for _, line := range []string{
		"paid_amount_per_revenue | measure | 매출당 결제액 | Paid per revenue | ratio |",
		"order_count_per_day | measure | 일평균 주문 수 | Average orders per day |  |",
		"spend_per_customer__change | change | Spend rate 증감 | Spend rate change | points |",
	} {
		if !strings.Contains(got.String(), line) {
			t.Errorf("no line %q in\n%s", line, got.String())
		}
	}
}

// Equal queries make equal bytes, also after a query was stored and read again.
func TestStableSQL(t *testing.T) {
	q := Query{Measures: measures("revenue", "paid_amount", "spend_per_customer"), Dimensions: []Dimension{{Grain: Week}, {Field: "regions.region"}}, Period: october(), Total: true, Share: true, FillTime: true,
		Compare: &Compare{CompareYearAgo, Period{day("2025-10-01"), day("2025-11-01")}},
		Filters: []Filter{{Field: "lines.qty", Op: Between, Values: []any{1.0, 2.5}}, {Field: "payments.paid", Op: Less, Values: []any{"2026-10-30"}, Negate: true}}}
	first, err := shop().Compile(q, CompileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		var stored Query
		if err := json.Unmarshal(data, &stored); err != nil {
			t.Fatal(err)
		}
		again, err := shop().Compile(stored, CompileOptions{})
		if err != nil || again.SQL != first.SQL || !cmp.Equal(again, first) {
			t.Fatalf("differs: %v\n%s", err, cmp.Diff(first, again))
		}
	}
	if _, _, err := fetch(duckdbEngine.shop(t), first.SQL); err != nil {
		t.Errorf("%v\n%s", err, first.SQL)
	}
}

func TestTablesOfQueries(t *testing.T) {
	for source, want := range map[string][]string{
		"orders":              {"orders"},
		"sales.public.orders": {"sales.public.orders"},
		`"odd.name"`:          {"odd.name"},
		"주문 목록":               {"주문 목록"},
		"SELECT * FROM a JOIN b USING (id), c WHERE x IN (SELECT y FROM d) -- FROM e":               {"a", "b", "c", "d"},
		"WITH r AS (SELECT * FROM a), s AS (SELECT 1) SELECT * FROM r, s LEFT JOIN \"B 2\" ON true": {"B 2", "a"},
		"SELECT extract(year FROM d), 'FROM x' FROM a.b AS t, range(3) ORDER BY 1, 2;":              {"a.b", "d"},
		"(SELECT 1 AS x UNION ALL SELECT x FROM a)":                                                 {"a"},
	} {
		m := &Model{Datasets: []*Dataset{{Name: "t", Source: source, Fields: []*Field{fld("x", Numeric)}}}, Metrics: []*Metric{met("m", "SUM(t.x)", "")}}
		c, err := m.Compile(Query{Measures: measures("m")}, CompileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(c.Tables, want) {
			t.Errorf("%s reads %v, got %v", source, want, c.Tables)
		}
	}
}

// The reserved words of the dialect are those of the engine.
func TestReservedWords(t *testing.T) {
	lists := map[string]string{"duckdb": "SELECT keyword_name FROM duckdb_keywords()", "postgres": "SELECT word FROM pg_get_keywords()",
		"mariadb": "SELECT word FROM information_schema.keywords WHERE word REGEXP '^[A-Za-z]'"}
	onEngines(t, func(t *testing.T, e engine) {
		db := e.database(t)
		list, from := lists[e.dialect.Name], db
		if list == "" { // cannot say what its words are; another's many do as well
			list, from = lists["duckdb"], duckdbEngine.database(t)
		}
		words, _, err := fetch(from, list)
		if err != nil {
			t.Fatal(err)
		}
		var columns []string
		m := &Model{Datasets: []*Dataset{{Name: "t", Source: "t"}}, Metrics: []*Metric{met("m", "COUNT(*)", "")}}
		q := Query{Measures: measures("m")}
		for _, w := range words {
			name := w[0].(string)
			quoted := `"` + name + `"`
			columns = append(columns, e.quoted(name)+" INT")
			m.Datasets[0].Fields = append(m.Datasets[0].Fields, &Field{Name: name, Kind: Categorical, Expression: map[string]string{"ANSI_SQL": quoted}})
			q.Dimensions = append(q.Dimensions, Dimension{Field: "t." + name})
		}
		if _, err := db.Exec("CREATE TABLE t (" + strings.Join(columns, ", ") + ")"); err != nil {
			t.Fatal(err)
		}
		c, err := m.Compile(q, db.options())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := fetch(db, c.SQL); err != nil {
			t.Errorf("%v\n%s", err, c.SQL)
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	m := shop()
	for _, c := range []struct {
		name string
		q    Query
	}{
		{"simple", Query{Measures: measures("revenue"), Dimensions: []Dimension{{Field: "regions.region"}}, Period: october(), Limit: 10}},
		{"compare", Query{Measures: measures("revenue"), Dimensions: []Dimension{{Field: "regions.region"}}, Period: october(), Compare: &Compare{ComparePrevious, Period{day("2026-09-01"), day("2026-10-01")}}, Share: true,
			Filters: []Filter{{Field: "lines.product", Op: In, Values: []any{"TV"}}}}},
		{"three facts", Query{Measures: measures("revenue", "paid_amount", "units"), Dimensions: []Dimension{{Grain: Week}, {Field: "regions.region"}}, Period: october(), FillTime: true, Total: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Compile(c.q, CompileOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestAdditive(t *testing.T) {
	m := shop()
	m.Metrics = append(m.Metrics, met("net", "revenue - paid_amount * 2", ""), met("mean", "AVG(orders.amount)", ""), met("most", "MAX(orders.amount)", ""), met("rows", "COUNT(orders.*)", ""))
	for metric, want := range map[string]bool{"revenue": true, "rows": true, "net": true, "order_count": false, "spend_per_customer": false, "mean": false, "most": false, "no such": false} {
		if got := m.Additive(metric); got != want {
			t.Errorf("%s: %v", metric, got)
		}
	}
}
