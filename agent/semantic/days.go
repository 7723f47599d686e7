package semantic

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// dayFilter keeps some days of the week of each metric's own time.
type dayFilter struct {
	days   []string // ISO numbers, Monday is 1
	negate bool
}

// dayNames are the days of the week as people write them, in the order of their
// numbers.
var dayNames = [...]string{"monday 월요일", "tuesday 화요일", "wednesday 수요일", "thursday 목요일", "friday 금요일", "saturday 토요일", "sunday 일요일"}

// newDayFilter reads a filter on the day of the week.
func newDayFilter(f Filter) (*dayFilter, error) {
	if f.Grain != Weekday || f.Op != In || len(f.Values) == 0 {
		return nil, queryErrorf(CodeValue, "a filter on the time of the metrics names days of the week, not %s %s", f.Op, f.Grain)
	}
	out := &dayFilter{negate: f.Negate}
	for _, v := range f.Values {
		days := daysNamed(v)
		if len(days) == 0 {
			return nil, queryErrorf(CodeValue, "%v is no day of the week", v)
		}
		for _, d := range days {
			if text := strconv.Itoa(d); !slices.Contains(out.days, text) {
				out.days = append(out.days, text)
			}
		}
	}
	slices.Sort(out.days)
	return out, nil
}

// daysNamed returns the ISO numbers of the days that a value means.
func daysNamed(v any) []int {
	if n, ok := toNumber(v); ok && n >= 1 && n <= 7 && n == float64(int(n)) {
		return []int{int(n)}
	}
	name := strings.ToLower(fmt.Sprint(v))
	switch name {
	case "weekend", "weekends", "주말":
		return []int{6, 7}
	case "weekday", "weekdays", "평일":
		return []int{1, 2, 3, 4, 5}
	}
	for i, names := range dayNames {
		if slices.Contains(strings.Fields(names), strings.TrimSuffix(name, "s")) {
			return []int{i + 1}
		}
	}
	return nil
}

// sql writes that a time, or a number of a day, is one of the days.
func (f *dayFilter) sql(number string) string {
	test := number + " IN (" + strings.Join(f.days, ", ") + ")"
	if f.negate {
		return "NOT " + test
	}
	return test
}

// dayTests writes the conditions that the days of the query put on a time.
func (c *compiler) dayTests(t expr) []string {
	var out []string
	for _, f := range c.days {
		out = append(out, f.sql(c.d.grain(t, Weekday, c.cal)))
	}
	return out
}

// dayConditions are the conditions on a metric's time field.
func (c *compiler) dayConditions(field string) ([]*condition, error) {
	var out []*condition
	for _, f := range c.days {
		ds, _, x, err := c.field(field)
		if err != nil {
			return nil, fmt.Errorf("time field: %w", err)
		}
		out = append(out, &condition{name: field, ds: ds, x: x, test: func(d *Dialect) string {
			return f.sql(d.grain(x, Weekday, c.cal))
		}})
	}
	return out, nil
}

// onlyDays leaves out of an item of FROM with one column t, the times of a dimension,
// those on other days.
func (c *compiler) onlyDays(from string, g Grain) string {
	var tests []string
	switch g {
	case Day, Hour:
		tests = c.dayTests(rawSQL{"t", precAtom})
	case Weekday:
		for _, f := range c.days {
			tests = append(tests, f.sql("t"))
		}
	}
	if len(tests) == 0 {
		return from
	}
	return "(SELECT t FROM " + from + " WHERE " + strings.Join(tests, " AND ") + ") AS times"
}
