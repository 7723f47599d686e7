package semantic_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// shop holds few enough rows to add up by hand:
//
//	order 1 (Oct 1, Seoul, 100): lines TV×1, TV×2, fridge×1; payments 60 + 40
//	order 2 (Oct 2, Seoul,  50): line TV×1; no payment
//	order 3 (Oct 2, no region, 30): no line; payment 30 in November
//	order 4 (Sep 2, Busan,  20): line fridge×4; payment 20
func (e engine) shop(t testing.TB) *database {
	t.Helper()
	return e.database(t,
		`CREATE TABLE regions AS SELECT * FROM (VALUES (1, 'Seoul'), (2, 'Busan'), (3, 'Jeju')) t(id, region)`,
		`CREATE TABLE customers AS SELECT * FROM (VALUES (1, 'gold', 1), (2, 'gold', 1), (3, 'silver', NULL), (4, NULL, 2)) t(id, tier, region_id)`,
		`CREATE TABLE orders AS SELECT * FROM (VALUES
			(1, 1, TIMESTAMP '2026-10-01 23:59:59', 100.00, 'web'), (2, 2, TIMESTAMP '2026-10-02 00:00:00', 50.00, 'app'),
			(3, 3, TIMESTAMP '2026-10-02 12:00:00', 30.00, NULL), (4, 4, TIMESTAMP '2026-09-02 08:00:00', 20.00, 'web')) t(id, customer_id, ordered, amount, channel)`,
		`CREATE TABLE lines AS SELECT * FROM (VALUES (1, 1, 'TV', 1), (2, 1, 'TV', 2), (3, 1, 'fridge', 1), (4, 2, 'TV', 1), (5, 4, 'fridge', 4)) t(id, order_id, product, qty)`,
		`CREATE TABLE payments AS SELECT * FROM (VALUES (1, 1, DATE '2026-10-01', 60.00, 'card'), (2, 1, DATE '2026-10-03', 40.00, 'cash'),
			(3, 3, DATE '2026-11-01', 30.00, 'card'), (4, 4, DATE '2026-09-30', 20.00, 'card')) t(id, order_id, paid, paid_amount, method)`,
	)
}

func october() *Period { return &Period{day("2026-10-01"), day("2026-11-01")} }

func measures(names ...string) []Measure {
	out := make([]Measure, len(names))
	for i, n := range names {
		out[i] = Measure{Metric: n}
	}
	return out
}

func by(fields ...string) []Dimension {
	var out []Dimension
	for _, f := range fields {
		out = append(out, Dimension{Field: f})
	}
	return out
}

func is(field string, values ...any) Filter { return Filter{Field: field, Op: In, Values: values} }

func not(f Filter) Filter {
	f.Negate = true
	return f
}

// trap is a query over the shop whose answer is known.
type trap struct {
	name string
	q    Query
	want [][]any
}

func (c trap) check(t *testing.T, db *database) {
	compiled, err := shop().Compile(c.q, db.options())
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := fetch(db, compiled.SQL)
	if err != nil {
		t.Fatalf("%v\n%s", err, compiled.SQL)
	}
	if !sameRows(got, c.want) {
		t.Errorf("got\n%swant\n%s\n%s", show(got), show(c.want), compiled.SQL)
	}
}

func TestJoinTraps(t *testing.T) { onEngines(t, testJoinTraps) }

func testJoinTraps(t *testing.T, e engine) {
	db := e.shop(t)
	for _, c := range []trap{
		{"fan-out: orders filtered by their lines count once",
			Query{Measures: measures("revenue"), Filters: []Filter{is("lines.product", "TV")}}, [][]any{{150.0}}},
		{"chasm: lines and payments of an order do not multiply",
			Query{Measures: measures("units", "paid_amount", "revenue"), Dimensions: by("regions.region")},
			[][]any{{"Seoul", 5.0, 100.0, 150.0}, {"Busan", 4.0, 20.0, 20.0}, {nil, 0.0, 30.0, 30.0}}},
		{"a filter on a second fact",
			Query{Measures: measures("units"), Filters: []Filter{is("payments.method", "cash")}}, [][]any{{4.0}}},
		{"filters on the same line, not on any two",
			Query{Measures: measures("revenue"), Filters: []Filter{is("lines.product", "fridge"), {Field: "lines.qty", Op: Greater, Values: []any{1.0}}}}, [][]any{{20.0}}},
		{"a negated filter on the many side means none",
			Query{Measures: measures("revenue"), Filters: []Filter{not(is("lines.product", "fridge"))}}, [][]any{{80.0}}},
		{"a negated filter keeps rows without a value",
			Query{Measures: measures("revenue"), Filters: []Filter{not(is("orders.channel", "web"))}}, [][]any{{80.0}}},
		{"a distinct count split by the many side counts an order in every product, once",
			Query{Measures: measures("order_count"), Dimensions: by("lines.product")}, [][]any{{"TV", 2.0}, {"fridge", 2.0}}},
		{"and its total is no sum",
			Query{Measures: measures("order_count"), Dimensions: by("lines.product"), Total: true}, [][]any{{"TV", 2.0, 4.0}, {"fridge", 2.0, 4.0}}},
		{"ratio of sums, not sum of ratios",
			Query{Measures: []Measure{{Metric: "revenue", Per: "order_count"}}, Dimensions: by("customers.tier"), Total: true},
			[][]any{{"gold", 75.0, 50.0}, {"silver", 30.0, 50.0}, {nil, 20.0, 50.0}}},
		{"null dimension is a group, last when sorted by",
			Query{Measures: measures("revenue"), Dimensions: by("regions.region"), Order: []Order{{Key: "region", Desc: true}}},
			[][]any{{"Seoul", 150.0}, {"Busan", 20.0}, {nil, 30.0}}},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, db) })
	}
}

func TestTimeTraps(t *testing.T) { onEngines(t, testTimeTraps) }

func testTimeTraps(t *testing.T, e engine) {
	db := e.shop(t)
	september := &Compare{ComparePrevious, Period{day("2026-09-01"), day("2026-10-01")}}
	d := day
	for _, c := range []trap{
		{"the end of a period is outside it, whatever the time of day",
			Query{Measures: measures("revenue"), Period: &Period{d("2026-10-01"), d("2026-10-02")}}, [][]any{{100.0}}},
		{"each metric along its own time",
			Query{Measures: measures("revenue", "paid_amount"), Dimensions: []Dimension{{Grain: Month}}},
			[][]any{{d("2026-09-01"), 20.0, 20.0}, {d("2026-10-01"), 180.0, 100.0}, {d("2026-11-01"), 0.0, 30.0}}},
		{"empty periods of a filled series are zero, quotients unknown",
			Query{Measures: append(measures("revenue"), Measure{Metric: "revenue", Per: "order_count"}), Dimensions: []Dimension{{Grain: Day}}, FillTime: true, Period: &Period{d("2026-09-30"), d("2026-10-03")}},
			[][]any{{d("2026-09-30"), 0.0, nil}, {d("2026-10-01"), 100.0, 100.0}, {d("2026-10-02"), 80.0, 40.0}}},
		{"a filled series of nothing at all",
			Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: Day}}, FillTime: true, Period: &Period{d("2020-01-01"), d("2020-01-03")}},
			[][]any{{d("2020-01-01"), 0.0}, {d("2020-01-02"), 0.0}}},
		{"a filled series with another dimension has every combination that occurs",
			Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: Month}, {Field: "orders.channel"}}, FillTime: true, Period: &Period{d("2026-09-01"), d("2026-11-01")}, Filters: []Filter{is("orders.channel", "web", "app")}},
			[][]any{{d("2026-09-01"), "app", 0.0}, {d("2026-09-01"), "web", 20.0}, {d("2026-10-01"), "app", 50.0}, {d("2026-10-01"), "web", 100.0}}},
		{"without an end a filled series goes as far as the data",
			Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: Week}}, FillTime: true, Period: &Period{Start: d("2026-09-14")}},
			[][]any{{d("2026-09-14"), 0.0}, {d("2026-09-21"), 0.0}, {d("2026-09-28"), 180.0}}},
		{"the hours of a day",
			Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: Hour}}, FillTime: true, Period: &Period{d("2026-10-01").Add(22 * time.Hour), d("2026-10-02").Add(time.Hour)}},
			[][]any{{d("2026-10-01").Add(22 * time.Hour), 0.0}, {d("2026-10-01").Add(23 * time.Hour), 100.0}, {d("2026-10-02"), 50.0}}},
		{"average per day counts the days in which nothing happened",
			Query{Measures: []Measure{{Metric: "revenue", Over: Day}}, Period: october()}, [][]any{{180.0 / 31}}},
		{"average per day by weekday divides by those weekdays",
			Query{Measures: []Measure{{Metric: "revenue", Over: Day}}, Dimensions: []Dimension{{Grain: Weekday}}, Period: october()},
			[][]any{{4.0, 20.0}, {5.0, 16.0}}},
		{"a comparison has the groups of both periods",
			Query{Measures: measures("revenue"), Dimensions: by("regions.region"), Period: october(), Compare: september},
			[][]any{{"Seoul", 150.0, 0.0, 150.0, nil}, {nil, 30.0, 0.0, 30.0, nil}, {"Busan", 0.0, 20.0, -20.0, -1.0}}},
		{"by day it matches the n-th day with the n-th",
			Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: Day}}, Period: october(), Compare: september},
			[][]any{{d("2026-10-01"), 100.0, 0.0, 100.0, nil}, {d("2026-10-02"), 80.0, 20.0, 60.0, 3.0}}},
		{"a missing period has no growth and no change",
			Query{Measures: measures("revenue"), Period: october(), Compare: &Compare{CompareYearAgo, Period{d("2025-10-01"), d("2025-11-01")}}},
			[][]any{{180.0, nil, nil, nil}}},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, db) })
	}
}

func TestRowTraps(t *testing.T) { onEngines(t, testRowTraps) }

func testRowTraps(t *testing.T, e engine) {
	db := e.shop(t)
	d := day
	for _, c := range []trap{
		{"a share is of all rows, also of those cut off",
			Query{Measures: measures("revenue"), Dimensions: by("regions.region"), Share: true, Limit: 1}, [][]any{{"Seoul", 150.0, 0.75}}},
		{"with a time it is of that time",
			Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: Month}, {Field: "orders.channel"}}, Share: true, Limit: 2},
			[][]any{{d("2026-09-01"), "web", 20.0, 1.0}, {d("2026-10-01"), "app", 50.0, 50.0 / 180}}},
		{"limit within each",
			Query{Measures: measures("revenue"), Dimensions: by("customers.tier", "orders.channel"), Limit: 1, LimitPer: "tier"},
			[][]any{{"gold", "web", 100.0}, {"silver", nil, 30.0}, {nil, "web", 20.0}}},
		{"a running total",
			Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: Month}}, Cumulative: true}, [][]any{{d("2026-09-01"), 20.0, 20.0}, {d("2026-10-01"), 180.0, 200.0}}},
		{"a metric over two datasets is split and put together",
			Query{Measures: measures("spend_per_customer"), Period: october()}, [][]any{{60.0}}},
		{"distinct values, restricted from the many side",
			Query{Dimensions: by("regions.region"), Filters: []Filter{is("orders.channel", "web")}}, [][]any{{"Busan"}, {"Seoul"}}},
		{"distinct values of two datasets",
			Query{Dimensions: by("customers.tier", "regions.region"), Limit: 2}, [][]any{{"gold", "Seoul"}, {"silver", nil}}},
		{"distinct values in a period",
			Query{Dimensions: by("orders.channel"), Period: october()}, [][]any{{"app"}, {"web"}, {nil}}},
		{"a condition on a figure",
			Query{Measures: measures("revenue"), Dimensions: by("regions.region"), Share: true, Having: []Having{{Key: "revenue__share", Op: Less, Values: []any{0.5}}}},
			[][]any{{nil, 30.0, 0.15}, {"Busan", 20.0, 0.1}}},
		{"no rows, no figure",
			Query{Measures: measures("revenue", "order_count"), Filters: []Filter{is("regions.region", "nowhere")}}, [][]any{{nil, 0.0}}},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, db) })
	}
}

// calendarShop has one order a day, worth 1.
func calendarShop(t testing.TB, e engine, from, to string) (*Model, *database) {
	t.Helper()
	days := "CREATE TABLE sales AS SELECT CAST(t AS TIMESTAMP) + INTERVAL '20 HOUR' AS sold, 1 AS one FROM generate_series(DATE '" + from + "', DATE '" + to + "', INTERVAL '1 DAY') AS s(t)"
	if e.dialect == SQLite {
		days = "CREATE TABLE sales AS WITH RECURSIVE s(t) AS (SELECT '" + from + "' UNION ALL SELECT date(t, '+1 day') FROM s WHERE t < '" + to + "') SELECT t || ' 20:00:00' AS sold, 1 AS one FROM s"
	}
	if e.dialect == MariaDB {
		days = "CREATE TABLE sales AS SELECT TIMESTAMP '" + from + " 20:00:00' + INTERVAL seq DAY AS sold, 1 AS one FROM seq_0_to_9999 WHERE DATE '" + from + "' + INTERVAL seq DAY <= DATE '" + to + "'"
	}
	db := e.database(t, days)
	return &Model{Name: "days", Datasets: []*Dataset{{Name: "sales", Source: "sales", Fields: []*Field{fld("sold", Temporal), fld("one", Numeric)}}},
		Metrics: []*Metric{met("n", "SUM(sales.one)", "sales.sold")}}, db
}

func TestCalendarTraps(t *testing.T) { onEngines(t, testCalendarTraps) }

func testCalendarTraps(t *testing.T, e engine) {
	m, db := calendarShop(t, e, "2019-01-01", "2025-12-31")
	run := func(t *testing.T, q Query, o CompileOptions) [][]any {
		t.Helper()
		q.Measures, o.Dialect = measures("n"), e.dialect
		c, err := m.Compile(q, o)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := fetch(db, c.SQL)
		if err != nil {
			t.Fatalf("%v\n%s", err, c.SQL)
		}
		return got
	}
	year := func(y string) Period { return Period{day(y + "-01-01"), day(y+"-01-01").AddDate(1, 0, 0)} }
	yearAgo := func(now, then string, g Grain) Query {
		p := year(now)
		return Query{Period: &p, Compare: &Compare{CompareYearAgo, year(then)}, Dimensions: []Dimension{{Grain: g}}}
	}

	t.Run("leap day", func(t *testing.T) {
		got := run(t, yearAgo("2024", "2023", Day), CompileOptions{})
		if len(got) != 366 || !sameCell(got[59][0], day("2024-02-29")) || got[59][2] != 0.0 || got[60][2] != 1.0 {
			t.Errorf("%d rows, 29 February: %v", len(got), got[59])
		}
	})
	t.Run("leap day in the earlier year", func(t *testing.T) {
		got := run(t, yearAgo("2025", "2024", Day), CompileOptions{})
		if len(got) != 365 || !sameCell(got[58][0], day("2025-02-28")) || got[58][2] != 1.0 {
			t.Errorf("%d rows, 28 February: %v", len(got), got[58])
		}
		month := run(t, yearAgo("2025", "2024", Month), CompileOptions{})
		if month[1][1] != 28.0 || month[1][2] != 29.0 {
			t.Errorf("February: %v", month[1])
		}
	})
	t.Run("week 53", func(t *testing.T) {
		// 2020 has 53 ISO weeks; every week has its partner 52 weeks before.
		got := run(t, yearAgo("2021", "2020", Week), CompileOptions{})
		seen := map[time.Time]bool{}
		for _, r := range got {
			w := r[0].(time.Time)
			if seen[w] || w.Weekday() != time.Monday || r[1].(float64) > 7 || r[2].(float64) > 7 {
				t.Errorf("week %v", r)
			}
			seen[w] = true
		}
		if len(got) != 53 || got[1][2] != 7.0 {
			t.Errorf("%d weeks, the first whole one: %v", len(got), got[1])
		}
	})
	t.Run("months of different length", func(t *testing.T) {
		p := Period{day("2024-02-01"), day("2024-03-01")}
		got := run(t, Query{Period: &p, Compare: &Compare{ComparePrevious, Period{day("2024-01-01"), day("2024-02-01")}}, Dimensions: []Dimension{{Grain: Day}}}, CompileOptions{})
		if len(got) != 29 || got[28][2] != 1.0 {
			t.Errorf("%d rows, the last %v", len(got), got[len(got)-1])
		}
	})
	t.Run("edition", func(t *testing.T) {
		p := Period{day("2025-10-03"), day("2025-10-10")}
		got := run(t, Query{Period: &p, Compare: &Compare{CompareEdition, Period{day("2024-09-14"), day("2024-09-19")}}, Dimensions: []Dimension{{Grain: Day}}}, CompileOptions{})
		if len(got) != 7 || got[4][2] != 1.0 || got[5][2] != 0.0 {
			t.Errorf("%v", got)
		}
	})
	t.Run("fiscal year and quarter", func(t *testing.T) {
		m.FiscalYearStart = 4
		defer func() { m.FiscalYearStart = 0 }()
		p := Period{day("2023-01-01"), day("2025-01-01")}
		got := run(t, Query{Period: &p, Dimensions: []Dimension{{Grain: Year}}}, CompileOptions{})
		want := [][]any{{day("2022-04-01"), 90.0}, {day("2023-04-01"), 366.0}, {day("2024-04-01"), 275.0}}
		if !sameRows(got, want) {
			t.Errorf("got\n%s", show(got))
		}
	})
	t.Run("weeks from Sunday", func(t *testing.T) {
		m.WeekStart = "sunday"
		defer func() { m.WeekStart = "" }()
		p := Period{day("2024-03-02"), day("2024-03-11")}
		got := run(t, Query{Period: &p, Dimensions: []Dimension{{Grain: Week}}}, CompileOptions{})
		if !sameRows(got, [][]any{{day("2024-02-25"), 1.0}, {day("2024-03-03"), 7.0}, {day("2024-03-10"), 1.0}}) {
			t.Errorf("got\n%s", show(got))
		}
	})
	t.Run("time zone", func(t *testing.T) {
		if e.dialect == SQLite {
			return // it knows no time zones, and says so
		}
		// Sold at 20:00 in UTC is 05:00 of the next day in Seoul.
		m.Timezone = "UTC"
		defer func() { m.Timezone = "" }()
		p := Period{day("2024-03-02"), day("2024-03-03")}
		got := run(t, Query{Period: &p, Dimensions: []Dimension{{Grain: HourOfDay}}}, CompileOptions{Timezone: "Asia/Seoul"})
		if !sameRows(got, [][]any{{5.0, 1.0}}) {
			t.Errorf("got\n%s", show(got))
		}
	})
	t.Run("hours that recur, filled", func(t *testing.T) {
		p := Period{day("2024-03-02"), day("2024-03-03")}
		got := run(t, Query{Period: &p, Dimensions: []Dimension{{Grain: HourOfDay}}, FillTime: true}, CompileOptions{})
		if len(got) != 24 || got[19][1] != 0.0 || got[20][1] != 1.0 {
			t.Errorf("got\n%s", show(got))
		}
	})
}

func TestQueryErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		q    Query
		code ErrorCode
		want string
	}{
		{"nothing", Query{}, CodeShape, "asks for nothing"},
		{"metric", Query{Measures: measures("profit")}, CodeUnknown, "there is no metric profit"},
		{"field", Query{Measures: measures("revenue"), Dimensions: []Dimension{{Field: "orders.colour"}}}, CodeUnknown, "there is no field orders.colour"},
		{"fan-out", Query{Measures: measures("revenue"), Dimensions: []Dimension{{Field: "lines.product"}}}, CodeUnreachable, "the metric revenue is of orders and cannot be split by lines"},
		{"a filter that is not related", Query{Measures: measures("loose"), Filters: []Filter{{Field: "orders.channel", Op: In, Values: []any{"web"}}}}, CodeUnreachable, "no relationship leads"},
		{"no time", Query{Measures: measures("people"), Period: october()}, CodeNoTime, "the metric people has no time field"},
		{"no time to split by", Query{Measures: measures("people"), Dimensions: []Dimension{{Grain: Day}}}, CodeNoTime, "the metric people has no time field, so it cannot be split by day"},
		{"grain of a text", Query{Measures: measures("revenue"), Dimensions: []Dimension{{Field: "orders.channel", Grain: Day}}}, CodeShape, "is not a date"},
		{"grain", Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: "decade"}}}, CodeValue, "not a grain"},
		{"period backwards", Query{Measures: measures("revenue"), Period: &Period{day("2026-02-01"), day("2026-01-01")}}, CodeShape, "not after its start"},
		{"comparison of nothing", Query{Measures: measures("revenue"), Compare: &Compare{}}, CodeShape, "needs a period"},
		{"word for a number", Query{Measures: measures("revenue"), Filters: []Filter{{Field: "orders.amount", Op: Greater, Values: []any{"many"}}}}, CodeValue, `orders.amount is a number, and "many" is none`},
		{"word for a date", Query{Measures: measures("revenue"), Filters: []Filter{{Field: "orders.ordered", Op: Greater, Values: []any{"soon"}}}}, CodeValue, "is a date such as 2026-01-31"},
		{"no value", Query{Measures: measures("revenue"), Filters: []Filter{{Field: "orders.channel", Op: In}}}, CodeValue, "names no value"},
		{"one end", Query{Measures: measures("revenue"), Filters: []Filter{{Field: "orders.amount", Op: Between, Values: []any{1.0}}}}, CodeValue, "takes 2, not 1"},
		{"operator", Query{Measures: measures("revenue"), Filters: []Filter{{Field: "orders.amount", Op: "; DROP TABLE orders", Values: []any{1.0}}}}, CodeValue, "not an operator"},
		{"operator of a figure", Query{Measures: measures("revenue"), Having: []Having{{Key: "revenue", Op: "= 1 OR", Values: []any{1.0}}}}, CodeValue, "not an operator"},
		{"NUL", Query{Measures: measures("revenue"), Filters: []Filter{{Field: "orders.channel", Op: In, Values: []any{"a\x00b"}}}}, CodeValue, "NUL"},
		{"order", Query{Measures: measures("revenue"), Order: []Order{{Key: "profit"}}}, CodeUnknown, "no column profit"},
		{"running total of what does not add up", Query{Measures: measures("spend_per_customer"), Dimensions: []Dimension{{Grain: Day}}, Cumulative: true}, CodeShape, "do not add up"},
		{"running total without time", Query{Measures: measures("revenue"), Cumulative: true}, CodeShape, "a time to run along"},
		{"average over weekdays", Query{Measures: []Measure{{Metric: "revenue", Over: Weekday}}}, CodeShape, "cannot be averaged over weekday"},
		{"days without a time", Query{Measures: measures("people"), Filters: []Filter{{Grain: Weekday, Op: In, Values: []any{"monday"}}}}, CodeNoTime, "no days of the week"},
		{"list with share", Query{Dimensions: []Dimension{{Field: "orders.channel"}}, Share: true}, CodeShape, "a list of values has no share"},
		{"limit per figure", Query{Measures: measures("revenue"), Limit: 2, LimitPer: "revenue"}, CodeShape, "within a dimension"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := shop()
			m.Datasets = append(m.Datasets, &Dataset{Name: "loose", Source: "loose", Fields: []*Field{fld("x", Numeric)}})
			m.Metrics = append(m.Metrics, met("loose", "SUM(loose.x)", ""), met("people", "COUNT(customers.id)", ""))
			_, err := m.Compile(c.q, CompileOptions{})
			var qe *QueryError
			if !errors.As(err, &qe) || qe.Code != c.code || !strings.Contains(qe.Message, c.want) {
				t.Errorf("got %v\nwant %s: %s", err, c.code, c.want)
			}
		})
	}
}

// Two equally short ways to a dataset are not chosen between.
func TestAmbiguousWays(t *testing.T) {
	m := shop()
	m.Relationships = append(m.Relationships, &Relationship{Name: "shipped_to", From: "orders", To: "regions", FromColumns: []string{"ship_region"}, ToColumns: []string{"id"}})
	q := Query{Measures: measures("revenue"), Dimensions: []Dimension{{Field: "regions.region"}}}
	c, err := m.Compile(q, CompileOptions{})
	if err != nil || strings.Contains(c.SQL, "customers") {
		t.Errorf("the shorter way was not taken: %v\n%+v", err, c)
	}
	m.Relationships = append(m.Relationships, &Relationship{Name: "billed_to", From: "orders", To: "regions", FromColumns: []string{"bill_region"}, ToColumns: []string{"id"}})
	_, err = m.Compile(q, CompileOptions{})
	if err == nil || !strings.Contains(err.Error(), "shipped_to and billed_to") {
		t.Errorf("got %v", err)
	}
}
