package semantic_test

import (
	"strings"
	"testing"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// October 2026 begins on a Thursday: orders 1 is on it, 2 and 3 are on the Friday;
// order 4 is on a Wednesday in September.
func TestDaysOfTheWeek(t *testing.T) { onEngines(t, testDaysOfTheWeek) }

func testDaysOfTheWeek(t *testing.T, e engine) {
	db := e.shop(t)
	on := func(values ...any) []Filter { return []Filter{{Grain: Weekday, Op: In, Values: values}} }
	for _, c := range []trap{
		{"one day", Query{Measures: measures("revenue"), Filters: on("Friday")}, [][]any{{80.0}}},
		{"in Korean", Query{Measures: measures("revenue"), Filters: on("목요일", "수요일")}, [][]any{{120.0}}},
		{"weekends", Query{Measures: measures("order_count"), Filters: on("주말"), Period: october()}, [][]any{{0.0}}},
		{"weekdays", Query{Measures: measures("revenue"), Filters: on("weekdays"), Period: october()}, [][]any{{180.0}}},
		{"a number", Query{Measures: measures("revenue"), Filters: on(4)}, [][]any{{100.0}}},
		{"all but a day", Query{Measures: measures("revenue"), Filters: []Filter{{Grain: Weekday, Op: In, Values: []any{"fridays"}, Negate: true}}}, [][]any{{120.0}}},
		{"an average counts those days", Query{Measures: []Measure{{Metric: "revenue", Over: Day}}, Filters: on("friday"), Period: october()}, [][]any{{80.0 / 5}}},
		{"a course has those days", Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: Day}}, Filters: on("thursday"), Period: &Period{day("2026-10-01"), day("2026-10-12")}, FillTime: true},
			[][]any{{day("2026-10-01"), 100.0}, {day("2026-10-08"), 0.0}}},
		{"by weekday", Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: Weekday}}, Filters: on("weekends", "friday"), Period: october(), FillTime: true},
			[][]any{{5.0, 80.0}, {6.0, 0.0}, {7.0, 0.0}}},
		{"kinds of days", Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: DayKind}}, Period: october()}, [][]any{{"Weekday", 180.0}}},
		{"kinds of days, filled", Query{Measures: measures("revenue"), Dimensions: []Dimension{{Grain: DayKindKo}}, Period: october(), FillTime: true}, [][]any{{"주말", 0.0}, {"평일", 180.0}}},
		{"parts of each whole", Query{Measures: measures("units"), Dimensions: by("regions.region", "lines.product"), Share: true, SharePer: "region"},
			[][]any{{"Busan", "fridge", 4.0, 1.0}, {"Seoul", "TV", 4.0, 0.8}, {"Seoul", "fridge", 1.0, 0.2}}},
		{"hours", Query{Measures: measures("order_count"), Filters: []Filter{{Grain: HourOfDay, Op: In, Values: []any{0, 1}}}, Period: october()}, [][]any{{1.0}}},
		{"other hours", Query{Measures: measures("order_count"), Filters: []Filter{{Grain: HourOfDay, Op: In, Values: []any{0, 1}, Negate: true}}, Period: october()}, [][]any{{2.0}}},
		{"the course of the first", Query{Measures: measures("units"), Dimensions: []Dimension{{Grain: Month}, {Field: "lines.product"}}, Top: &Top{Of: "product", By: "units", N: 1}},
			[][]any{{day("2026-09-01"), "fridge", 4.0}, {day("2026-10-01"), "fridge", 1.0}}},
		{"above the mean", Query{Measures: measures("revenue"), Dimensions: by("customers.tier"), Having: []Having{{Key: "revenue", Op: Greater, Mean: true}}, Period: &Period{day("2026-01-01"), day("2027-01-01")}}, [][]any{{"gold", 150.0}}},
		{"below the mean", Query{Measures: measures("revenue"), Dimensions: by("customers.tier"), Having: []Having{{Key: "revenue", Op: Less, Mean: true}}, Period: october()}, [][]any{{"silver", 30.0}}},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, db) })
	}
	for _, c := range []struct {
		name string
		q    Query
		want string
	}{
		{"no such day", Query{Measures: measures("revenue"), Filters: on("someday")}, "is no day of the week"},
		{"no such hour", Query{Measures: measures("revenue"), Filters: []Filter{{Grain: HourOfDay, Op: In, Values: []any{24}}}}, "is no hour of the day"},
		{"hours of a date", Query{Measures: measures("handed"), Filters: []Filter{{Grain: HourOfDay, Op: In, Values: []any{9}}}}, "which has no hours"},
		{"first of a figure", Query{Measures: measures("units"), Dimensions: by("lines.product"), Top: &Top{Of: "units", By: "units", N: 1}}, "are not values of a dimension"},
		{"first by another figure", Query{Measures: measures("units"), Dimensions: by("lines.product"), Top: &Top{Of: "product", By: "revenue", N: 1}}, "are not values of a dimension"},
		{"another grain", Query{Measures: measures("revenue"), Filters: []Filter{{Grain: Month, Op: In, Values: []any{1}}}}, "names days of the week or hours"},
		{"parts of a figure", Query{Measures: measures("units"), Dimensions: by("lines.product"), Share: true, SharePer: "units"}, "within a dimension"},
		{"mean with a figure", Query{Measures: measures("revenue"), Dimensions: by("customers.tier"), Having: []Having{{Key: "revenue", Op: Greater, Mean: true, Values: []any{1.0}}}}, "with its mean"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := shop()
			m.Datasets = append(m.Datasets, &Dataset{Name: "handovers", Source: "handovers", PrimaryKey: []string{"id"}, Fields: []*Field{fld("id", Identifier), fld("handed_on", Temporal)}})
			m.Metrics = append(m.Metrics, met("handed", "COUNT(handovers.id)", "handovers.handed_on"))
			if _, err := m.Compile(c.q, CompileOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
