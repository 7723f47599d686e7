package semantic_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// apart are databases that each hold some of a model's datasets, and what one database
// would say that holds them all.
type apart struct {
	m     *Model
	homes map[string]Home
	dbs   map[string]*database
	whole *database
	// gather has no rows travel in statements.
	gather bool
}

func (a apart) options(lend map[string]*Rows) AcrossOptions {
	opts := AcrossOptions{Home: func(d *Dataset) Home { return a.homes[d.Database] }, Lend: lend, TooMany: map[string]bool{}}
	for _, d := range a.m.Datasets {
		opts.TooMany[d.Name] = a.gather
	}
	return opts
}

// run answers a query the way its caller does: what is wanted first, then every fetch at
// its source, then the join over their results in a database of its own.
func (a apart) run(t *testing.T, q Query) ([][]any, *Across, error) {
	t.Helper()
	x, err := a.m.CompileAcross(q, a.options(nil))
	if err != nil {
		return nil, nil, err
	}
	if len(x.Wanted) > 0 {
		lend := map[string]*Rows{}
		for _, w := range x.Wanted {
			rows, cols := a.ask(t, w)
			lend[w.Dataset] = lentRows(rows, cols)
		}
		if x, err = a.m.CompileAcross(q, a.options(lend)); err != nil || len(x.Wanted) > 0 {
			t.Fatalf("with the rows that were wanted: %v, wanted again %v", err, x)
		}
	}
	if x.SQL == "" {
		rows, _ := a.ask(t, x.Fetches[0])
		return rows, x, nil
	}
	scratch := duckdbEngine.database(t)
	defer scratch.Close()
	for _, f := range x.Fetches {
		rows, cols := a.ask(t, f)
		hold(t, scratch, f.Name, rows, cols)
	}
	rows, _, err := fetch(scratch, x.SQL)
	if err != nil {
		t.Fatalf("%v\n%s", err, x.SQL)
	}
	return rows, x, nil
}

// ask runs a fetch where it belongs, having seen that it reads nothing of others.
func (a apart) ask(t *testing.T, f Fetch) ([][]any, []string) {
	t.Helper()
	for _, name := range f.Tables {
		for _, d := range a.m.Datasets {
			if d.Table() != d.Database+"."+name && (d.Source == name || strings.Contains(d.Source, " FROM "+name+" ")) && a.homes[d.Database].Source != f.Source {
				t.Fatalf("%s is asked for %s, which %s has", f.Source, name, d.Database)
			}
		}
	}
	rows, cols, err := fetch(a.dbs[f.Source], f.SQL)
	if err != nil {
		t.Fatalf("%v\n%s", err, f.SQL)
	}
	return rows, cols
}

// typeOf is a type that holds all values of a column.
func typeOf(rows [][]any, i int, name string) string {
	for _, r := range rows {
		switch r[i].(type) {
		case float64:
			return "DOUBLE"
		case bool:
			return "BOOLEAN"
		case time.Time:
			return "TIMESTAMP"
		case string:
			return "VARCHAR"
		}
	}
	for _, columns := range bazaarColumns { // drivers name the type of a column without a value
		for _, c := range columns {
			if c[0] == name {
				return c[1]
			}
		}
	}
	return "INTEGER"
}

func lentRows(rows [][]any, cols []string) *Rows {
	out := &Rows{Columns: cols}
	for i := range cols {
		out.Types = append(out.Types, typeOf(rows, i, cols[i]))
	}
	for _, r := range rows {
		line := make([]*string, len(r))
		for i, v := range r {
			var s string
			switch v := v.(type) {
			case nil:
				continue
			case float64:
				s = strconv.FormatFloat(v, 'f', -1, 64)
			case time.Time:
				s = v.Format("2006-01-02 15:04:05")
			default:
				s = fmt.Sprint(v)
			}
			line[i] = &s
		}
		out.Cells = append(out.Cells, line)
	}
	return out
}

func hold(t *testing.T, db *database, name string, rows [][]any, cols []string) {
	t.Helper()
	defs := make([]string, len(cols))
	var args []any
	for i, c := range cols {
		defs[i] = `"` + c + `" ` + typeOf(rows, i, c)
	}
	for _, r := range rows {
		args = append(args, r...)
	}
	if _, err := db.Exec(`CREATE TABLE "` + name + `" (` + strings.Join(defs, ", ") + ")"); err != nil {
		t.Fatal(err)
	}
	if len(rows) > 0 {
		db.insert(t, `"`+name+`"`, len(cols), args)
	}
}

// bases are the datasets that a metric of the bazaar aggregates.
var bases = map[string][]string{
	"units": {"lines"}, "sales": {"lines"}, "paid_total": {"payments"}, "ticket_count": {"tickets"},
	"paid_rate": {"payments", "orders"}, "net": {"payments", "orders"}, "spend": {"orders", "customers"},
}

// databasesOf are those that a query's measures, and one measure, are of.
func (a apart) databasesOf(q Query) (all []string, mixed bool) {
	for _, m := range q.Measures {
		var own []string
		for _, x := range []string{m.Metric, m.Per} {
			list := bases[x]
			if list == nil && x != "" {
				list = []string{"orders"}
			}
			for _, b := range list {
				if d := a.m.Dataset(b).Database; !slices.Contains(own, d) {
					own = append(own, d)
				}
			}
		}
		mixed = mixed || len(own) > 1
		all = append(all, own...)
	}
	slices.Sort(all)
	return slices.Compact(all), mixed
}

// A query over several databases says what it says over one that holds all of them,
// however the datasets are spread: by relationships that lead from one to another, and by
// what is put together afterwards.
func TestAcrossEqualsOneDatabase(t *testing.T) {
	spread := [][]string{
		{"payments"}, {"customers", "regions"}, {"tickets"}, {"products"}, {"orders"}, {"lines", "products"}, {"regions"}, {"payments", "tickets"},
	}
	pairs := [][2]engine{
		{postgresEngine, duckdbEngine}, {mariadbEngine, duckdbEngine}, {sqliteEngine, duckdbEngine}, {duckdbEngine, postgresEngine},
		{mariadbEngine, sqliteEngine}, {sqliteEngine, mariadbEngine}, {postgresEngine, mariadbEngine}, {duckdbEngine, sqliteEngine},
	}
	r := rand.New(rand.NewPCG(3, 11))
	answered, joined, brought := 0, 0, 0
	for seed, away := range spread {
		m, w := bazaar(r)
		a := apart{m: m, homes: map[string]Home{}, dbs: map[string]*database{}, whole: load(t, duckdbEngine, w)}
		for i, e := range pairs[seed] {
			name := []string{"warehouse", "file"}[i]
			a.dbs[name] = load(t, e, w)
			a.homes[name] = Home{Source: name, Dialect: e.dialect, Rows: int64((seed + i) % 2)}
		}
		for _, d := range m.Datasets {
			d.Database = "warehouse"
			if slices.Contains(away, d.Name) {
				d.Database = "file"
			}
		}
		products := m.Dataset("products")
		plain, own := products.Source, pairs[seed][slices.Index([]string{"warehouse", "file"}, products.Database)].own(products.Source)
		for range 40 {
			q := randomQuery(r, w)
			of, mixed := a.databasesOf(q)
			if len(of) > 1 {
				// What there are no rows of is unknown and not 0 then, which changes what is
				// computed from it. The figures themselves are compared.
				if mixed {
					continue
				}
				q = Query{Measures: q.Measures, Dimensions: q.Dimensions, Filters: q.Filters, Period: q.Period}
			}
			text, _ := json.Marshal(q)
			products.Source = own
			got, x, err := a.run(t, q)
			products.Source = plain
			one, oneErr := m.Compile(q, CompileOptions{})
			if (err != nil) != (oneErr != nil) {
				t.Fatalf("across: %v\nin one: %v\n%s", err, oneErr, text)
			}
			if err != nil {
				continue
			}
			want, _, err := fetch(a.whole, one.SQL)
			if err != nil {
				t.Fatal(err)
			}
			if len(of) > 1 {
				got, want = zeroless(got, len(q.Dimensions)), zeroless(want, len(q.Dimensions))
			}
			if !sameRows(got, want) {
				shown, _ := json.MarshalIndent(x, "", " ")
				t.Fatalf("%v away; got\n%s\nwant\n%s\n%s\n%s", away, show(got), show(want), text, strings.ReplaceAll(string(shown), `\n`, "\n"))
			}
			answered++
			if len(of) > 1 {
				joined++
			}
			if !slices.ContainsFunc(x.Fetches, func(f Fetch) bool { return len(f.Lent) > 0 }) {
				continue
			}
			brought++
			a.gather, products.Source = true, own
			again, x, err := a.run(t, q)
			a.gather, products.Source = false, plain
			if err != nil || !slices.ContainsFunc(x.Fetches, func(f Fetch) bool { return f.Whole }) {
				t.Fatalf("gathered: %v %+v\n%s", err, x, text)
			}
			if len(of) > 1 {
				again = zeroless(again, len(q.Dimensions))
			}
			if !sameRows(again, want) {
				shown, _ := json.MarshalIndent(x, "", " ")
				t.Fatalf("%v away, gathered; got\n%s\nwant\n%s\n%s\n%s", away, show(again), show(want), text, strings.ReplaceAll(string(shown), `\n`, "\n"))
			}
		}
	}
	t.Logf("%d answered, %d joined, %d with rows brought along", answered, joined, brought)
	if answered < 100 || joined < 10 || brought < 40 {
		t.Error("too few queries of a kind to tell anything")
	}
}

// Of rows that are gathered only those travel that the figures are about: others of the
// period, and of what is filtered, stay where they are.
func TestGatheredRowsAreFew(t *testing.T) {
	m, opts := gradesBeside()
	m.Datasets[1].Fields = append(m.Datasets[1].Fields, fld("given", Temporal), fld("paid", Temporal))
	m.Metrics[0].Time, m.Metrics[1].Time = "grades.given", "grades.paid"
	opts.TooMany = map[string]bool{"grades": true, "customers": true}
	q := Query{Measures: measures("bonus"), Dimensions: by("customers.region"), Filters: []Filter{is("grades.area", "north"), is("customers.region", "Seoul")},
		Period: &Period{day("2026-10-01"), day("2026-11-01")}, Compare: &Compare{Kind: ComparePrevious, Period: Period{day("2026-09-01"), day("2026-10-01")}}}
	x, err := m.CompileAcross(q, opts)
	if err != nil || len(x.Fetches) != 2 {
		t.Fatalf("%v %+v", err, x)
	}
	for _, f := range x.Fetches {
		held := strings.Contains(f.SQL, "grades.given >= DATE '2026-09-01'") && strings.Contains(f.SQL, "grades.given < DATE '2026-11-01'") && strings.Contains(f.SQL, "grades.area = 'north'")
		if f.Dataset == "grades" != held || strings.Contains(f.SQL, "Seoul") {
			t.Errorf("%s is asked\n%s", f.Source, f.SQL)
		}
	}
	// A figure of other days beside it needs them all.
	q.Measures = measures("bonus", "n")
	if x, err = m.CompileAcross(q, opts); err != nil || slices.ContainsFunc(x.Fetches, func(f Fetch) bool { return strings.Contains(f.SQL, "given >=") }) {
		t.Errorf("%v %+v", err, x)
	}
}

// zeroless takes 0 for nothing, and sorts what was sorted by it.
func zeroless(rows [][]any, dims int) [][]any {
	out := make([][]any, len(rows))
	for i, r := range rows {
		out[i] = slices.Clone(r)
		for j := dims; j < len(r); j++ {
			if r[j] == 0.0 {
				out[i][j] = nil
			}
		}
	}
	slices.SortFunc(out, func(a, b []any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out
}

// grades are a small dataset of one database beside customers of another.
func gradesBeside() (*Model, AcrossOptions) {
	m := &Model{Datasets: []*Dataset{
		{Name: "customers", Source: "customers", Database: "warehouse", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("region", Categorical)}},
		{Name: "grades", Source: "grades", Database: "file", Fields: []*Field{fld("customer_id", Identifier), fld("bonus", Numeric), fld("area", Categorical)}},
	}, Relationships: []*Relationship{{Name: "r", From: "grades", To: "customers", FromColumns: []string{"customer_id"}, ToColumns: []string{"id"}}},
		Metrics: []*Metric{met("bonus", "SUM(grades.bonus)", ""), met("n", "COUNT(*)", "")}}
	m.Metrics[1].Expression = map[string]string{"ANSI_SQL": "COUNT(grades.*)"}
	return m, AcrossOptions{Home: func(d *Dataset) Home {
		return map[string]Home{"warehouse": {Source: "warehouse", Dialect: Postgres, Rows: 100}, "file": {Source: "file", Dialect: DuckDB, Rows: 3}}[d.Database]
	}}
}

// lendGrades runs what a query asks the larger database, which is lent the grades.
func lendGrades(t *testing.T, e engine, rows *Rows) [][]any {
	t.Helper()
	m, opts := gradesBeside()
	opts.Home = func(d *Dataset) Home {
		return map[string]Home{"warehouse": {Source: "warehouse", Dialect: e.dialect, Rows: 100}, "file": {Source: "file", Dialect: DuckDB, Rows: 3}}[d.Database]
	}
	opts.Lend = map[string]*Rows{"grades": rows}
	x, err := m.CompileAcross(Query{Measures: measures("bonus", "n"), Dimensions: by("customers.region"), Order: []Order{{Key: "region"}}}, opts)
	if err != nil || len(x.Fetches) != 1 || !slices.Equal(x.Fetches[0].Lent, []string{"grades"}) {
		t.Fatalf("%v %+v", err, x)
	}
	db := e.database(t, "CREATE TABLE customers AS SELECT * FROM (VALUES (1, 'Seoul'), (2, 'Busan')) t(id, region)")
	got, _, err := fetch(db, x.Fetches[0].SQL)
	if err != nil {
		t.Fatalf("%v\n%s", err, x.Fetches[0].SQL)
	}
	slices.SortFunc(got, func(a, b []any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return got
}

// Rows that a statement brings along are those that there are, digit for digit, on every
// engine; where there are none, there is nothing.
func TestLentRows(t *testing.T) {
	onEngines(t, func(t *testing.T, e engine) {
		cell := func(s string) *string { return &s }
		columns, types := []string{"customer_id", "bonus"}, []string{"BIGINT", "DECIMAL(38,2)"}
		got := lendGrades(t, e, &Rows{Columns: columns, Types: types, Cells: [][]*string{
			{cell("1"), cell("0.25")}, {cell("1"), cell("0.50")}, {cell("2"), nil}, {nil, cell("4.75")},
		}})
		if want := [][]any{{nil, 4.75, 1.0}, {"Busan", nil, 1.0}, {"Seoul", 0.75, 2.0}}; !sameRows(got, want) {
			t.Errorf("got\n%swant\n%s", show(got), show(want))
		}
		if got := lendGrades(t, e, &Rows{Columns: columns, Types: types}); len(got) > 0 {
			t.Errorf("of no rows: %s", show(got))
		}
	})
}

// A field within the figure's own database stands for one of another that is the same, so
// that nothing travels for it.
func TestNearFieldStandsIn(t *testing.T) {
	m, opts := gradesBeside()
	m.Datasets[1].Fields[2].SameAs = []string{"customers.region"}
	x, err := m.CompileAcross(Query{Measures: measures("bonus"), Dimensions: by("customers.region")}, opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Wanted) > 0 || len(x.Fetches) != 1 || x.Fetches[0].Source != "file" || !strings.Contains(x.Fetches[0].SQL, "grades.area") {
		t.Errorf("%+v", x)
	}
}
