package semantic

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// partFilter keeps some days of the week, or some hours of the day, of each metric's
// own time.
type partFilter struct {
	grain  Grain    // Weekday or HourOfDay
	parts  []string // ISO numbers of days, Monday is 1; hours from 0
	negate bool
}

// dayNames are the days of the week as people write them, in the order of their
// numbers.
var dayNames = [...]string{"monday 월요일", "tuesday 화요일", "wednesday 수요일", "thursday 목요일", "friday 금요일", "saturday 토요일", "sunday 일요일"}

// newPartFilter reads a filter on the day of the week or the hour of the day.
func newPartFilter(f Filter) (*partFilter, error) {
	if f.Grain != Weekday && f.Grain != HourOfDay || f.Op != In || len(f.Values) == 0 {
		return nil, queryErrorf(CodeValue, "a filter on the time of the metrics names days of the week or hours of the day, not %s %s", f.Op, f.Grain)
	}
	out := &partFilter{grain: f.Grain, negate: f.Negate}
	var numbers []int
	for _, v := range f.Values {
		named := daysNamed(v)
		if f.Grain == HourOfDay {
			named = hourNamed(v)
		}
		if len(named) == 0 {
			return nil, queryErrorf(CodeValue, "%v is no %s", v, map[Grain]string{Weekday: "day of the week", HourOfDay: "hour of the day"}[f.Grain])
		}
		numbers = append(numbers, named...)
	}
	slices.Sort(numbers)
	for _, n := range slices.Compact(numbers) {
		out.parts = append(out.parts, strconv.Itoa(n))
	}
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

func hourNamed(v any) []int {
	if n, ok := toNumber(v); ok && n >= 0 && n <= 23 && n == float64(int(n)) {
		return []int{int(n)}
	}
	return nil
}

// sql writes that the number of a day or an hour is one of those kept.
func (f *partFilter) sql(number string) string {
	test := number + " IN (" + strings.Join(f.parts, ", ") + ")"
	if f.negate {
		return "NOT " + test
	}
	return test
}

// partTests writes the conditions that the query's days and hours put on a time of a
// series; one of whole days has all the hours.
func (c *compiler) partTests(t expr, step Grain) []string {
	var out []string
	for _, f := range c.parts {
		if f.grain == Weekday || step == Hour {
			out = append(out, f.sql(c.d.grain(t, f.grain, c.cal)))
		}
	}
	return out
}

// partConditions are the conditions on a metric's time field.
func (c *compiler) partConditions(field string) ([]*condition, error) {
	var out []*condition
	for _, f := range c.parts {
		ds, fd, x, err := c.field(field)
		if err != nil {
			return nil, fmt.Errorf("time field: %w", err)
		}
		if f.grain == HourOfDay && fd.wholeDays() {
			return nil, queryErrorf(CodeNoTime, "%s is a date, which has no hours", field)
		}
		out = append(out, &condition{name: field, ds: ds, x: x, test: func(d *Dialect) string {
			return f.sql(d.grain(x, f.grain, c.cal))
		}})
	}
	return out, nil
}

// wholeDays reports whether a time is known to be a date, or is named like one where
// nothing says what it is: sold_on.
func (f *Field) wholeDays() bool {
	if f.Format == "" && f.Datatype == "" {
		return strings.HasSuffix(strings.ToLower(f.Name), "_on")
	}
	return f.Format == "date" || f.Datatype == "Date"
}

// onlyParts leaves out of an item of FROM with one column t, the times of a dimension,
// those on other days or at other hours.
func (c *compiler) onlyParts(from string, g Grain) string {
	var tests []string
	switch g {
	case Day, Hour:
		tests = c.partTests(rawSQL{"t", precAtom}, g)
	case Weekday, HourOfDay:
		for _, f := range c.parts {
			if f.grain == g {
				tests = append(tests, f.sql("t"))
			}
		}
	}
	if len(tests) == 0 {
		return from
	}
	return "(SELECT t FROM " + from + " WHERE " + strings.Join(tests, " AND ") + ") AS times"
}
