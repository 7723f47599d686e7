package semantic_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// longNames are ways to lengthen a name so that only its end tells it from others.
// PostgreSQL cuts at 63 bytes; MySQL refuses a column's name of more than 64 letters.
var longNames = map[string]func(string) string{
	"Korean":          func(s string) string { return "온라인_채널에서_첫_구매를_한_신규_고객의_기준_" + s },
	"English":         func(s string) string { return strings.Repeat("revenue_of_new_customers_", 3) + s },
	"of 400 letters":  func(s string) string { return strings.Repeat("가입", 200) + "_" + s },
	"cut in a letter": func(s string) string { return "x" + strings.Repeat("밥", 20) + s },
	"in two cases":    func(s string) string { return "A" + strings.Repeat("Ab", 40) + s },
	"quoted":          func(s string) string { return strings.Repeat("a \"`' b", 10) + s },
}

// stretched is a shop whose metrics, fields and datasets have other names than its tables.
func stretched(name func(string) string) *Model {
	field := func(column string, kind Kind) *Field {
		f := fld(name(column), kind)
		f.Expression = map[string]string{"ANSI_SQL": column}
		return f
	}
	metric := func(short, function, dataset, column, time string) *Metric {
		quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
		return met(name(short), function+"("+quote(name(dataset))+"."+quote(name(column))+")", name(dataset)+"."+name(time))
	}
	return &Model{
		Datasets: []*Dataset{
			{Name: name("customers"), Source: "customers", PrimaryKey: []string{"id"}, Fields: []*Field{field("id", Identifier), field("tier", Categorical)}},
			{Name: name("orders"), Source: "orders", PrimaryKey: []string{"id"}, Fields: []*Field{field("id", Identifier), field("ordered", Temporal), field("amount", Numeric), field("channel", Categorical)}},
			{Name: name("visits"), Source: "visits", PrimaryKey: []string{"id"}, Fields: []*Field{field("id", Identifier), field("visited", Temporal), field("pages", Numeric)}},
		},
		Relationships: []*Relationship{
			{Name: "o", From: name("orders"), To: name("customers"), FromColumns: []string{"customer_id"}, ToColumns: []string{"id"}},
			{Name: "v", From: name("visits"), To: name("customers"), FromColumns: []string{"customer_id"}, ToColumns: []string{"id"}},
		},
		Metrics: []*Metric{
			metric("revenue", "SUM", "orders", "amount", "ordered"), metric("orders", "COUNT", "orders", "id", "ordered"),
			metric("least", "MIN", "orders", "amount", "ordered"), metric("pages", "SUM", "visits", "pages", "visited"),
		},
	}
}

// stretchedQueries ask for whatever a query may derive, of two facts and two periods.
func stretchedQueries(name func(string) string) map[string]Query {
	october, november := Period{day("2026-10-01"), day("2026-11-01")}, Period{day("2026-11-01"), day("2026-12-01")}
	tier, channel := Dimension{Field: name("customers") + "." + name("tier")}, Dimension{Field: name("orders") + "." + name("channel")}
	both := []Measure{{Metric: name("revenue")}, {Metric: name("orders")}, {Metric: name("least")}}
	compare := &Compare{Kind: ComparePrevious, Period: october}
	return map[string]Query{
		"two periods":    {Measures: both, Dimensions: []Dimension{tier}, Period: &november, Compare: compare},
		"of two facts":   {Measures: append(slices.Clone(both), Measure{Metric: name("pages")}), Dimensions: []Dimension{tier}, Period: &november, Compare: compare, Share: true, Total: true},
		"in all":         {Measures: both, Period: &november, Compare: compare, Total: true},
		"sorted":         {Measures: both, Dimensions: []Dimension{tier, channel}, Period: &november, Compare: compare, Order: []Order{{Key: both[1].Key() + "__change", Desc: true}, {Key: tier.Key()}}},
		"of a condition": {Measures: both, Dimensions: []Dimension{channel}, Period: &november, Compare: compare, Having: []Having{{Key: both[0].Key() + "__growth", Op: Greater, Values: []any{0.1}}}},
		"by size":        {Measures: both, Dimensions: []Dimension{channel}, Period: &november, Compare: compare, Order: []Order{{Key: both[0].Key() + "__change", Size: true}}},
		"running":        {Measures: both[:2], Dimensions: []Dimension{{Grain: Month}, channel}, Cumulative: true},
		"the first of":   {Measures: both, Dimensions: []Dimension{tier, channel}, Limit: 1, LimitPer: tier.Key()},
		"the best":       {Measures: both, Dimensions: []Dimension{tier, channel}, Top: &Top{Of: channel.Key(), By: both[0].Key(), N: 1}},
		"on average":     {Measures: []Measure{{Metric: name("revenue"), Over: Day}, {Metric: name("revenue"), Per: name("orders")}, {Metric: name("orders")}}, Dimensions: []Dimension{tier}, Period: &november, Compare: compare},
		"of each":        {Measures: []Measure{{Metric: name("revenue"), Each: name("customers") + "." + name("id")}, {Metric: name("orders")}}, Dimensions: []Dimension{tier}},
		"only values":    {Dimensions: []Dimension{tier, {Field: name("orders") + "." + name("id")}}},
	}
}

// However long names are, and however alike, a query answers what it does with short ones,
// in columns that no two share; and its outputs have the names.
func TestLongNames(t *testing.T) {
	short := func(s string) string { return s }
	onEngines(t, func(t *testing.T, e engine) {
		db := e.database(t,
			"CREATE TABLE customers (id INT PRIMARY KEY, tier VARCHAR(20))", "INSERT INTO customers VALUES (1, 'gold'), (2, 'silver'), (3, 'gold')",
			"CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT, ordered DATE, amount INT, channel VARCHAR(20))",
			"INSERT INTO orders VALUES (1, 1, '2026-10-03', 10, 'app'), (2, 2, '2026-10-09', 25, 'web'), (3, 1, '2026-11-02', 40, 'app'), (4, 3, '2026-11-05', 7, 'web'), (5, 2, '2026-11-30', 31, 'app'), (6, 2, '2026-10-31', 3, 'app')",
			"CREATE TABLE visits (id INT PRIMARY KEY, customer_id INT, visited DATE, pages INT)", "INSERT INTO visits VALUES (1, 1, '2026-10-01', 5), (2, 1, '2026-11-01', 8), (3, 2, '2026-11-04', 13)")
		want := map[string][][]any{}
		for query, q := range stretchedQueries(short) {
			want[query], _ = answered(t, db, stretched(short), q)
			if len(want[query]) == 0 {
				t.Fatalf("%s has no rows", query)
			}
		}
		for kind, name := range longNames {
			for query, q := range stretchedQueries(name) {
				got, outputs := answered(t, db, stretched(name), q)
				if !sameRows(got, want[query]) {
					t.Errorf("%s, %s: got\n%swant\n%s", kind, query, show(got), show(want[query]))
				}
				for _, o := range outputs {
					if o.Metric != "" && !strings.HasPrefix(o.Key, o.Measure) || o.Metric != "" && !strings.Contains(o.Key, o.Metric) {
						t.Errorf("%s, %s: %q is not named for %q", kind, query, o.Key, o.Metric)
					}
				}
			}
		}
	})
}

// answered is what an engine answers to a query, having called its columns what any engine
// keeps as it is.
func answered(t *testing.T, db *database, m *Model, q Query) ([][]any, []Output) {
	t.Helper()
	compiled, err := m.Compile(q, db.options())
	if err != nil {
		t.Fatal(err)
	}
	rows, columns, err := fetch(db, compiled.SQL)
	if err != nil {
		t.Fatalf("%v\n%s", err, compiled.SQL)
	}
	seen := map[string]bool{}
	for _, c := range columns {
		if len(c) > 63 || seen[strings.ToLower(c)] {
			t.Errorf("a column is called %q", c)
		}
		seen[strings.ToLower(c)] = true
	}
	if len(columns) != len(compiled.Outputs) {
		t.Errorf("%d columns for %d outputs", len(columns), len(compiled.Outputs))
	}
	return rows, compiled.Outputs
}

// A name that is cut is cut alike each time, says what it derives, and is another one for
// every name.
func TestLongNamesAreStable(t *testing.T) {
	long := longNames["Korean"]
	q := stretchedQueries(long)["two periods"]
	compiled, err := stretched(long).Compile(q, CompileOptions{Dialect: Postgres})
	if err != nil {
		t.Fatal(err)
	}
	again, err := stretched(long).Compile(q, CompileOptions{Dialect: Postgres})
	if err != nil || again.SQL != compiled.SQL {
		t.Errorf("%v\n%s\nis not\n%s", err, again.SQL, compiled.SQL)
	}
	for _, part := range []string{"__before", "__change", "__growth", "온라인_채널에서"} {
		if !strings.Contains(compiled.SQL, part) {
			t.Errorf("no %s in\n%s", part, compiled.SQL)
		}
	}
}

// Sources of several databases are asked for, and joined by, the same short names.
func TestLongNamesAcross(t *testing.T) {
	long, short := longNames["Korean"], func(s string) string { return s }
	customers := []string{"CREATE TABLE customers (id INT PRIMARY KEY, tier VARCHAR(20))", "INSERT INTO customers VALUES (1, 'gold'), (2, 'silver')"}
	orders := []string{"CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT, ordered DATE, amount INT, channel VARCHAR(20))", "INSERT INTO orders VALUES (1, 1, '2026-10-03', 10, 'app'), (2, 2, '2026-11-09', 25, 'web')"}
	visits := []string{"CREATE TABLE visits (id INT PRIMARY KEY, customer_id INT, visited DATE, pages INT)", "INSERT INTO visits VALUES (1, 1, '2026-10-01', 5), (2, 1, '2026-11-01', 8), (3, 2, '2026-11-04', 13)"}
	dbs := map[string]*database{"sales": postgresEngine.database(t, append(customers, orders...)...), "web": mariadbEngine.database(t, append(customers, visits...)...)}
	run := func(name func(string) string) [][]any {
		m := stretched(name)
		m.Datasets[0].Database, m.Datasets[1].Database, m.Datasets[2].Database = "sales", "sales", "web"
		a := apart{m: m, dbs: dbs, homes: map[string]Home{"sales": {Source: "sales", Dialect: Postgres, Rows: 2}, "web": {Source: "web", Dialect: MariaDB, Rows: 3}}}
		rows, _, err := a.run(t, Query{Measures: measures(name("revenue"), name("pages"), name("least")), Dimensions: by(name("customers") + "." + name("tier")), Share: true})
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	if got, want := run(long), run(short); !sameRows(got, want) || len(want) == 0 {
		t.Errorf("got\n%swant\n%s", show(got), show(want))
	}
}
