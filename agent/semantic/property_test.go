package semantic_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/bapsang/bapsang/agent/semantic"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func sumOf(field string) func([]record, *world) any {
	return func(rows []record, _ *world) any {
		var sum any
		for _, r := range rows {
			if r[field] != nil {
				sum = plus(sum, r[field].(float64))
			}
		}
		return sum
	}
}

func medianOf(field string) func([]record, *world) any {
	return func(rows []record, _ *world) any {
		var all []float64
		for _, r := range rows {
			if r[field] != nil {
				all = append(all, r[field].(float64))
			}
		}
		if len(all) == 0 {
			return nil
		}
		slices.Sort(all)
		return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
	}
}

func countOf(field string) func([]record, *world) any {
	return func(rows []record, _ *world) any {
		n := 0.0
		for _, r := range rows {
			if r[field] != nil {
				n++
			}
		}
		return n
	}
}

func distinctOf(field string) func([]record, *world) any {
	return func(rows []record, _ *world) any {
		seen := map[any]bool{}
		for _, r := range rows {
			if r[field] != nil {
				seen[r[field]] = true
			}
		}
		return float64(len(seen))
	}
}

func first(v []any) any { return v[0] }

// bazaar is a shop with everything that makes joins count twice: orders with several
// lines and several payments, tickets beside them, missing keys, missing values.
func bazaar(r *rand.Rand) (*Model, *world) {
	m := &Model{Name: "bazaar", Datasets: []*Dataset{
		{Name: "regions", Source: "regions", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("region", Categorical)}},
		{Name: "customers", Source: "고객 정보", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("tier", Categorical), fld("age", Numeric)}},
		{Name: "orders", Source: "main.orders", PrimaryKey: []string{"id"}, Filter: "status <> 'test' AND amount IS DISTINCT FROM 999", Fields: []*Field{
			fld("id", Identifier), fld("ordered", Temporal), fld("amount", Numeric), fld("channel", Categorical), fld("customer_id", Identifier)}},
		{Name: "products", Source: `SELECT id, "품 목" AS product, price, discontinued FROM products -- all`, PrimaryKey: []string{"id"}, Filter: "NOT discontinued", Fields: []*Field{
			fld("id", Identifier), fld("product", Categorical), fld("price", Numeric)}},
		{Name: "lines", Source: "lines", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("qty", Numeric), fld("gift", Boolean)}},
		{Name: "payments", Source: "payments", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("paid", Temporal), fld("paid_amount", Numeric), fld("method", Categorical)}},
		{Name: "tickets", Source: "tickets", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("opened", Temporal), fld("topic", Categorical)}},
	}}
	for _, x := range [][3]string{{"customers", "regions", "region_id"}, {"orders", "customers", "customer_id"}, {"lines", "orders", "order_id"},
		{"lines", "products", "product_id"}, {"payments", "orders", "order_id"}, {"tickets", "customers", "customer_id"}} {
		m.Relationships = append(m.Relationships, &Relationship{Name: x[0] + "_" + x[1], From: x[0], To: x[1], FromColumns: []string{x[2]}, ToColumns: []string{"id"}})
	}
	const ordered, paid, opened = "orders.ordered", "payments.paid", "tickets.opened"
	m.Metrics = []*Metric{
		met("revenue", "SUM(orders.amount)", ordered),
		met("order_count", "COUNT(DISTINCT orders.id)", ordered),
		met("order_rows", "COUNT(*)", ordered),
		met("buyers", "COUNT(DISTINCT orders.customer_id)", ordered),
		met("largest", "MAX(orders.amount)", ordered),
		met("aov", "SUM(orders.amount) / COUNT(orders.amount)", ordered),
		met("mean", "AVG(orders.amount)", ordered),
		met("units", "SUM(lines.qty)", ordered),
		met("sales", "SUM(lines.qty * products.price)", ordered),
		met("web", "SUM(CASE WHEN orders.channel = 'web' THEN orders.amount ELSE 0 END)", ordered),
		met("big", "COUNT(*) FILTER (WHERE orders.amount > 50)", ordered),
		met("paid_total", "SUM(payments.paid_amount)", paid),
		met("ticket_count", "COUNT(tickets.id)", opened),
		met("paid_rate", "paid_total / revenue", ordered),
		met("net", "revenue - paid_total * 2", ordered),
		met("spend", "SUM(orders.amount) / COUNT(DISTINCT customers.id)", ordered),
		met("people", "COUNT(customers.id)", ""),
	}
	return m, bazaarWorld(r)
}

// bazaarWorld is the same shop for the computation by hand.
func bazaarWorld(r *rand.Rand) *world {
	const ordered, paid, opened = "orders.ordered", "payments.paid", "tickets.opened"
	w := &world{fiscal: 1, depths: map[[2]string]int{}, series: map[string][]any{},
		parents: map[string]map[string]string{"customers": {"regions": "region_id"}, "orders": {"customers": "customer_id"}, "lines": {"orders": "order_id", "products": "product_id"}, "payments": {"orders": "order_id"}, "tickets": {"customers": "customer_id"}},
		keep: map[string]func(record) bool{
			"orders":   func(r record) bool { return r["status"] != nil && r["status"] != "test" && r["amount"] != 999.0 },
			"products": func(r record) bool { return r["discontinued"] == false },
		},
	}
	part := func(base, time string, zero, distinct bool, f func([]record, *world) any) brutePart {
		return brutePart{base, time, zero, distinct, f}
	}
	revenue := part("orders", ordered, true, false, sumOf("amount"))
	paidTotal := part("payments", paid, true, false, sumOf("paid_amount"))
	sales := func(rows []record, w *world) any {
		var sum any
		for _, r := range rows {
			if p := w.value("lines", r, "products.price"); p != nil && r["qty"] != nil {
				sum = plus(sum, r["qty"].(float64)*p.(float64))
			}
		}
		return sum
	}
	only := func(keep func(record) bool, otherwise any) func([]record, *world) any {
		return func(rows []record, _ *world) any {
			var sum any
			for _, r := range rows {
				if keep(r) {
					sum = plus(sum, r["amount"])
				} else {
					sum = plus(sum, otherwise)
				}
			}
			return sum
		}
	}
	w.metrics = map[string]bruteMetric{
		"revenue":     {[]brutePart{revenue}, first, true},
		"order_count": {[]brutePart{part("orders", ordered, true, true, countOf("id"))}, first, true},
		"order_rows":  {[]brutePart{part("orders", ordered, true, true, countOf("id"))}, first, true},
		"buyers":      {[]brutePart{part("orders", ordered, true, true, distinctOf("customer_id"))}, first, false},
		"largest": {[]brutePart{part("orders", ordered, false, true, func(rows []record, _ *world) any {
			var m any
			for _, r := range rows {
				if r["amount"] != nil && (m == nil || r["amount"].(float64) > m.(float64)) {
					m = r["amount"]
				}
			}
			return m
		})}, first, false},
		"aov": {[]brutePart{revenue, part("orders", ordered, true, false, countOf("amount"))}, func(v []any) any { return ratio(v[0], v[1]) }, false},
		"mean": {[]brutePart{part("orders", ordered, false, false, func(rows []record, w *world) any {
			return ratio(sumOf("amount")(rows, w), countOf("amount")(rows, w))
		})}, first, false},
		"units": {[]brutePart{part("lines", ordered, true, false, sumOf("qty"))}, first, true},
		"sales": {[]brutePart{part("lines", ordered, true, false, sales)}, first, true},
		"web":   {[]brutePart{part("orders", ordered, true, false, only(func(r record) bool { return r["channel"] == "web" }, 0.0))}, first, true},
		"big": {[]brutePart{part("orders", ordered, true, true, func(rows []record, w *world) any {
			return countOf("id")(slices.DeleteFunc(slices.Clone(rows), func(r record) bool { return r["amount"] == nil || r["amount"].(float64) <= 50 }), w)
		})}, first, true},
		"paid_total":   {[]brutePart{paidTotal}, first, true},
		"ticket_count": {[]brutePart{part("tickets", opened, true, true, countOf("id"))}, first, true},
		"paid_rate":    {[]brutePart{paidTotal, revenue}, func(v []any) any { return ratio(v[0], v[1]) }, false},
		"net": {[]brutePart{revenue, paidTotal}, func(v []any) any {
			if v[0] == nil || v[1] == nil {
				return nil
			}
			return v[0].(float64) - v[1].(float64)*2
		}, true},
		"spend":  {[]brutePart{revenue, part("customers", ordered, true, true, countOf("id"))}, func(v []any) any { return ratio(v[0], v[1]) }, false},
		"people": {[]brutePart{part("customers", "", true, true, countOf("id"))}, first, true},
	}
	w.rows = randomRows(r)
	return w
}

func randomRows(r *rand.Rand) map[string][]record {
	rows := map[string][]record{}
	or := func(v any, n int) any { // null one time in n
		if r.IntN(n) == 0 {
			return nil
		}
		return v
	}
	pick := func(v ...any) any { return v[r.IntN(len(v))] }
	id := func(i int) any { return float64(i + 1) }
	ref := func(n int) any { return or(float64(1+r.IntN(n+1)), 9) } // sometimes of a row that is not there
	var edges []time.Time
	for _, s := range []string{"2024-02-28", "2024-02-29", "2024-03-01", "2023-02-28", "2020-12-31", "2021-01-01", "2023-12-31", "2024-01-01", "2024-12-31", "2024-12-30"} {
		edges = append(edges, day(s))
	}
	date := func() time.Time {
		if r.IntN(4) == 0 {
			return edges[r.IntN(len(edges))]
		}
		return day("2023-10-01").AddDate(0, 0, r.IntN(520))
	}
	for i, name := range []any{"서울", "부산", nil, "O'Brien", "서울 "} {
		rows["regions"] = append(rows["regions"], record{"id": id(i), "region": name})
	}
	for i := range 12 {
		rows["customers"] = append(rows["customers"], record{"id": id(i), "tier": pick("gold", "Gold", "silver", nil, "금", "금 "), "age": or(float64(20+r.IntN(40)), 5), "region_id": ref(5)})
	}
	for i := range 90 {
		at := date().Add(time.Duration(r.IntN(24*60)) * time.Minute)
		rows["orders"] = append(rows["orders"], record{"id": id(i), "customer_id": ref(12), "ordered": or(at, 20), "amount": or(pick(float64(r.IntN(100)), 999.0, 10.0, -5.0), 12),
			"channel": or(pick("web", "app", "50%_off", "App", "café", "cafe", "🍚"), 6), "status": pick("ok", "ok", "ok", "test", nil)})
	}
	for i, name := range []any{"TV", "냉장고", "\"q\"", nil, "tv"} {
		rows["products"] = append(rows["products"], record{"id": id(i), "product": name, "price": or(float64(1+r.IntN(9)), 6), "discontinued": i == 1})
	}
	for i := range 130 {
		rows["lines"] = append(rows["lines"], record{"id": id(i), "order_id": ref(90), "product_id": ref(5), "qty": or(float64(r.IntN(5)), 9), "gift": or(r.IntN(2) == 0, 4)})
	}
	for i := range 60 {
		rows["payments"] = append(rows["payments"], record{"id": id(i), "order_id": ref(90), "paid": or(date(), 15), "paid_amount": or(float64(r.IntN(80)), 9), "method": or(pick("card", "cash"), 5)})
	}
	for i := range 40 {
		rows["tickets"] = append(rows["tickets"], record{"id": id(i), "customer_id": ref(12), "opened": or(date(), 15), "topic": or(pick("late", "broken"), 5)})
	}
	return rows
}

var bazaarColumns = map[string][][2]string{
	"regions":   {{"id", "INTEGER"}, {"region", "VARCHAR"}},
	"customers": {{"id", "INTEGER"}, {"tier", "VARCHAR"}, {"age", "FLOAT8"}, {"region_id", "INTEGER"}},
	"orders":    {{"id", "INTEGER"}, {"customer_id", "INTEGER"}, {"ordered", "TIMESTAMP"}, {"amount", "DECIMAL(18,2)"}, {"channel", "VARCHAR"}, {"status", "VARCHAR"}},
	"products":  {{"id", "INTEGER"}, {"product", "VARCHAR"}, {"price", "INTEGER"}, {"discontinued", "BOOLEAN"}},
	"lines":     {{"id", "INTEGER"}, {"order_id", "INTEGER"}, {"product_id", "INTEGER"}, {"qty", "INTEGER"}, {"gift", "BOOLEAN"}},
	"payments":  {{"id", "INTEGER"}, {"order_id", "INTEGER"}, {"paid", "DATE"}, {"paid_amount", "DECIMAL(18,2)"}, {"method", "VARCHAR"}},
	"tickets":   {{"id", "INTEGER"}, {"customer_id", "INTEGER"}, {"opened", "DATE"}, {"topic", "VARCHAR"}},
}

func load(t testing.TB, e engine, w *world) *database {
	t.Helper()
	db := e.database(t)
	for name, cols := range bazaarColumns {
		table, defs := name, []string{}
		switch name {
		case "customers":
			table = `"고객 정보"`
		case "orders":
			table = "main.orders"
		case "lines":
			table = `"lines"`
		}
		for _, c := range cols {
			column := c[0]
			if column == "product" {
				column = `"품 목"`
			}
			defs = append(defs, column+" "+c[1])
		}
		table = e.own(table)
		if _, err := db.Exec(e.own("CREATE TABLE " + table + " (" + strings.Join(defs, ", ") + ")")); err != nil {
			t.Fatal(err)
		}
		var args []any
		for _, r := range w.rows[name] {
			for _, c := range cols {
				args = append(args, r[c[0]])
			}
		}
		db.insert(t, table, len(cols), args)
	}
	return db
}

func sameCell(a, b any) bool {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return ok && math.Abs(x-y) <= 1e-9*max(1, math.Abs(x))
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	}
	return a == b
}

func sameRows(a, b [][]any) bool {
	return slices.EqualFunc(a, b, func(x, y []any) bool { return slices.EqualFunc(x, y, sameCell) })
}

// bruteTests are the filters of a query, understood by other means.
func bruteTests(q Query) []test {
	var out []test
	for _, f := range q.Filters {
		if f.Field == "" {
			continue // of each part's own time
		}
		t := test{ref: f.Field, negate: f.Negate}
		num := func(v any) float64 { return v.(float64) }
		switch f.Op {
		case In:
			t.ok = func(v any) bool {
				for _, x := range f.Values {
					if d, ok := v.(time.Time); ok && x != nil && d.Format(time.DateOnly) == x {
						return true
					}
					if v == x {
						return true
					}
				}
				return false
			}
			t.nulls = slices.Contains(f.Values, nil)
		case Greater:
			t.ok = func(v any) bool {
				if d, ok := v.(time.Time); ok {
					return d.Format(time.DateOnly) > f.Values[0].(string)
				}
				return num(v) > num(f.Values[0])
			}
		case AtMost:
			t.ok = func(v any) bool {
				if d, ok := v.(time.Time); ok {
					return d.Format(time.DateOnly) <= f.Values[0].(string)
				}
				return num(v) <= num(f.Values[0])
			}
		case Between:
			t.ok = func(v any) bool {
				if d, ok := v.(time.Time); ok {
					s := d.Format(time.DateOnly)
					return s >= f.Values[0].(string) && s < f.Values[1].(string)
				}
				return num(v) >= num(f.Values[0]) && num(v) <= num(f.Values[1])
			}
		case Contains:
			t.ok = func(v any) bool {
				return strings.Contains(strings.ToLower(v.(string)), strings.ToLower(f.Values[0].(string)))
			}
		case IsNull:
			t.nulls, t.ok = true, func(v any) bool { return v == nil }
		}
		out = append(out, t)
	}
	return out
}

func randomQuery(r *rand.Rand, w *world) Query {
	pickOne := func(list ...string) string { return list[r.IntN(len(list))] }
	metrics := []string{"revenue", "order_count", "order_rows", "buyers", "largest", "aov", "mean", "units", "sales", "web", "big", "paid_total", "ticket_count", "paid_rate", "net", "spend"}
	var q Query
	for range 1 + r.IntN(2) {
		m := Measure{Metric: pickOne(metrics...)}
		switch r.IntN(7) {
		case 0:
			m.Per = pickOne(metrics...)
		case 1:
			m.Over = Grain(pickOne("day", "week", "month"))
			m.Metric = pickOne("revenue", "order_count", "units", "paid_total", "ticket_count", "aov", "net")
		case 2:
			m = Measure{Metric: "mean", Median: true}
		}
		if !slices.ContainsFunc(q.Measures, func(x Measure) bool { return x.Key() == m.Key() }) {
			q.Measures = append(q.Measures, m)
		}
	}
	for range r.IntN(3) {
		d := Dimension{Field: pickOne("regions.region", "customers.tier", "orders.channel", "regions.region", "customers.tier", "products.product", "lines.gift", "payments.method")}
		if r.IntN(3) == 0 {
			d = Dimension{Grain: Grain(pickOne("day", "week", "month", "quarter", "year", "weekday", "month_of_year", "hour_of_day"))}
			if r.IntN(4) == 0 {
				d.Field = pickOne("orders.ordered", "payments.paid")
			}
		}
		if !slices.ContainsFunc(q.Dimensions, func(x Dimension) bool { return x.Key() == d.Key() || x.Grain != "" && d.Grain != "" }) {
			q.Dimensions = append(q.Dimensions, d)
		}
	}
	for range r.IntN(3) {
		q.Filters = append(q.Filters, randomFilter(r))
	}
	if r.IntN(3) > 0 {
		p := randomPeriod(r)
		q.Period = &p
		if r.IntN(2) == 0 {
			q.Compare = randomCompare(r, p)
		}
		// What is not along the time of a metric is filled as far as the rows go.
		q.FillTime = r.IntN(3) == 0 && !slices.ContainsFunc(q.Dimensions, func(d Dimension) bool { return d.Grain != "" && d.Field != "" })
		if open := r.IntN(6); open < 2 && q.Compare == nil && !q.FillTime {
			q.Period = []*Period{{Start: p.Start}, {End: p.End}}[open]
		}
	}
	q.Share, q.Total, q.Cumulative = r.IntN(4) == 0, r.IntN(4) == 0, r.IntN(8) == 0
	key := q.Measures[0].Key()
	if r.IntN(3) == 0 {
		q.Order = []Order{{Key: key, Desc: r.IntN(2) == 0}}
	}
	if r.IntN(5) == 0 {
		q.Having = []Having{{Key: key, Op: []Op{Greater, AtMost}[r.IntN(2)], Values: []any{float64(r.IntN(60))}}}
	}
	if r.IntN(3) == 0 {
		q.Limit = 1 + r.IntN(4)
		if len(q.Dimensions) == 2 && r.IntN(2) == 0 {
			q.LimitPer = q.Dimensions[0].Key()
		}
	}
	if len(q.Dimensions) > 0 && r.IntN(3) == 0 {
		q.Top = &Top{Of: q.Dimensions[r.IntN(len(q.Dimensions))].Key(), By: key, N: 1 + r.IntN(3), Least: r.IntN(3) == 0}
	}
	return q
}

func randomPeriod(r *rand.Rand) Period {
	starts := []string{"2024-01-01", "2024-02-01", "2024-02-15", "2023-12-01", "2024-12-01", "2025-01-01", "2024-04-01"}
	start := day(starts[r.IntN(len(starts))])
	switch r.IntN(5) {
	case 0:
		return Period{start, start.AddDate(0, 0, 7)}
	case 1:
		return Period{start, start.AddDate(0, 3, 0)}
	case 2:
		return Period{start, start.AddDate(1, 0, 0)}
	}
	return Period{start, start.AddDate(0, 1, 0)}
}

func randomCompare(r *rand.Rand, p Period) *Compare {
	switch r.IntN(3) {
	case 0:
		return &Compare{CompareYearAgo, Period{p.Start.AddDate(-1, 0, 0), p.End.AddDate(-1, 0, 0)}}
	case 1:
		return &Compare{CompareExplicit, Period{day("2023-11-03"), day("2023-11-03").AddDate(0, 0, 5+r.IntN(60))}}
	}
	if p.Start.Day() == 1 && p.End.Day() == 1 {
		months := int(math.Round(p.End.Sub(p.Start).Hours() / 24 / 30.44))
		return &Compare{ComparePrevious, Period{p.Start.AddDate(0, -months, 0), p.Start}}
	}
	return &Compare{ComparePrevious, Period{p.Start.Add(-p.End.Sub(p.Start)), p.Start}}
}

func randomFilter(r *rand.Rand) Filter {
	all := []Filter{
		{Field: "regions.region", Op: In, Values: []any{"서울", "O'Brien"}},
		{Field: "customers.tier", Op: In, Values: []any{"gold"}},
		{Field: "customers.tier", Op: In, Values: []any{"금", nil}},
		{Field: "customers.age", Op: Between, Values: []any{25.0, 45.0}},
		{Field: "customers.age", Op: AtMost, Values: []any{40.0}},
		{Field: "orders.channel", Op: Contains, Values: []any{"%_O"}},
		{Field: "orders.channel", Op: Contains, Values: []any{"APP"}},
		{Field: "orders.channel", Op: Contains, Values: []any{"cafe"}},
		{Field: "orders.channel", Op: In, Values: []any{"app", "🍚"}},
		{Field: "orders.amount", Op: Greater, Values: []any{10.0}},
		{Field: "orders.ordered", Op: Between, Values: []any{"2024-01-01", "2024-03-01"}},
		{Field: "orders.ordered", Op: In, Values: []any{"2024-02-29", "2024-12-31"}},
		{Field: "orders.ordered", Op: Greater, Values: []any{"2024-02-29"}},
		{Field: "orders.ordered", Op: AtMost, Values: []any{"2024-02-29"}},
		{Field: "products.product", Op: In, Values: []any{"TV"}},
		{Field: "products.product", Op: IsNull},
		{Field: "lines.qty", Op: Greater, Values: []any{1.0}},
		{Field: "lines.gift", Op: In, Values: []any{true}},
		{Field: "payments.method", Op: In, Values: []any{"card"}},
		{Field: "tickets.topic", Op: In, Values: []any{"late"}},
		{Grain: Weekday, Op: In, Values: []any{1, 6, 7}},
		{Grain: HourOfDay, Op: In, Values: []any{0, 9, 10, 11, 12, 13, 22, 23}},
	}
	f := all[r.IntN(len(all))]
	f.Negate = r.IntN(4) == 0
	return f
}

// Hundreds of random queries give what walking the rows gives, in the same order.
func TestCompiledEqualsBruteForce(t *testing.T) { onEngines(t, testCompiledEqualsBruteForce) }

func testCompiledEqualsBruteForce(t *testing.T, e engine) {
	worlds, queries := 4, 80
	if s := os.Getenv("SEMANTIC_WORLDS"); s != "" {
		worlds, _ = strconv.Atoi(s)
	}
	answered := 0
	for seed := range worlds {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		m, w := bazaar(r)
		if seed%2 == 1 {
			m.WeekStart, w.sunday = "sunday", true
			m.FiscalYearStart, w.fiscal = 4, 4
		}
		db := load(t, e, w)
		m.Dataset("products").Source = e.own(m.Dataset("products").Source)
		for range queries {
			q := randomQuery(r, w)
			if compareToBruteForce(t, m, w, db, q) {
				answered++
			}
		}
	}
	if answered < worlds*queries/3 {
		t.Errorf("only %d queries had an answer", answered)
	}
	t.Logf("%d of %d queries had an answer", answered, worlds*queries)
}

func compareToBruteForce(t *testing.T, m *Model, w *world, db *database, q Query) bool {
	t.Helper()
	text, _ := json.Marshal(q)
	want, bruteErr := w.answer(q)
	c, err := m.Compile(q, db.options())
	if (err != nil) != (bruteErr != nil) {
		t.Fatalf("compiled: %v\nby hand: %v\n%s", err, bruteErr, text)
	}
	if err != nil {
		return false
	}
	got, cols, err := fetch(db, c.SQL)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, text, c.SQL)
	}
	for i, o := range c.Outputs {
		if cols[i] != o.Key {
			t.Fatalf("column %d is %s, described as %s", i, cols[i], o.Key)
		}
	}
	if !sameRows(got, want) {
		t.Fatalf("got\n%s\nwant\n%s\n%s\n%s", show(got), show(want), text, c.SQL)
	}
	return true
}

func show(rows [][]any) string {
	var b strings.Builder
	for _, r := range rows {
		for _, v := range r {
			if d, ok := v.(time.Time); ok {
				v = d.Format("2006-01-02 15:04")
			}
			fmt.Fprintf(&b, "%v\t", v)
		}
		b.WriteString("\n")
	}
	return b.String()
}
