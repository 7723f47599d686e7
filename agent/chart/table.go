package chart

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/agent/format"
)

// table is Data with its columns told apart.
type table struct {
	in       Data
	rows     [][]any
	time     int   // a column of times along which things run, or -1
	dims     []int // what the rows are divided by, recurring times included
	measures []int
	notes    []string
}

func readTable(in Data) *table {
	t := &table{in: in, time: -1}
	for _, row := range in.Rows {
		if len(row) == len(in.Columns) {
			t.rows = append(t.rows, row)
		}
	}
	for i, c := range in.Columns {
		switch {
		case c.Role == "time" && !recurring(c.Grain) && t.time < 0:
			t.time = i
		case c.Role == "time" || c.Role == "dimension":
			t.dims = append(t.dims, i)
		case c.Role == "measure" && t.anyNumber(i):
			t.measures = append(t.measures, i)
		}
	}
	if t.time >= 0 {
		t.sortByTime()
	}
	return t
}

// recurring reports whether a grain is a part of the date that comes again.
func recurring(grain string) bool {
	return grain == "weekday" || grain == "hour_of_day" || grain == "month_of_year"
}

func (t *table) sortByTime() {
	t.rows = slices.DeleteFunc(slices.Clone(t.rows), func(row []any) bool {
		_, ok := instant(row[t.time])
		return !ok
	})
	slices.SortStableFunc(t.rows, func(a, b []any) int {
		x, _ := instant(a[t.time])
		y, _ := instant(b[t.time])
		return x.Compare(y)
	})
}

func (t *table) has(role string) bool { return t.column(role) >= 0 }

// column returns the first column of a role, or -1.
func (t *table) column(role string) int {
	return slices.IndexFunc(t.in.Columns, func(c Column) bool { return c.Role == role })
}

// derived returns the column of a role that belongs to measure m, or -1.
func (t *table) derived(role string, m int) int {
	key := t.in.Columns[m].Key
	return slices.IndexFunc(t.in.Columns, func(c Column) bool {
		return c.Role == role && (c.Measure == key || c.Measure == "" && len(t.measures) <= 1)
	})
}

func (t *table) anyNumber(column int) bool {
	return slices.ContainsFunc(t.rows, func(row []any) bool { return number(row[column]) != nil })
}

func (t *table) number(row, column int) *float64 { return number(t.rows[row][column]) }

// number reads a cell as a figure, nil when it is none.
func number(cell any) *float64 {
	var v float64
	switch c := cell.(type) {
	case nil, bool, time.Time, string:
		return nil
	case float64:
		v = c
	case json.Number:
		f, err := c.Float64()
		if err != nil {
			return nil
		}
		v = f
	case interface{ Float64() float64 }:
		v = c.Float64()
	default:
		switch r := reflect.ValueOf(cell); {
		case r.CanInt():
			v = float64(r.Int())
		case r.CanUint():
			v = float64(r.Uint())
		case r.CanFloat():
			v = r.Float()
		default:
			return nil
		}
	}
	if !isFinite(v) {
		return nil
	}
	return &v
}

// instant reads a cell as a time: a time, or a date as JSON has it.
func instant(cell any) (time.Time, bool) {
	switch c := cell.(type) {
	case time.Time:
		return c, !c.IsZero()
	case string:
		for _, layout := range []string{"2006-01-02", time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
			if t, err := time.Parse(layout, c); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// label writes the name of a row in a dimension.
func (t *table) label(row, column int) string {
	return cellLabel(t.rows[row][column], t.in.Columns[column], t.in.Language)
}

func cellLabel(cell any, c Column, lang string) string {
	if n := number(cell); n != nil && recurring(c.Grain) {
		switch c.Grain {
		case "weekday":
			return format.Weekday(int(*n), lang)
		case "hour_of_day":
			return format.Hour(int(*n), lang)
		default:
			return format.Month(int(*n), lang)
		}
	}
	if at, ok := cell.(time.Time); ok && c.Grain != "" {
		return format.DateFull(at, c.Grain, lang)
	}
	if cell == nil || cell == "" {
		if lang == "ko" {
			return "(값 없음)"
		}
		return "(none)"
	}
	if n := number(cell); n != nil && c.Format == "" && *n == float64(int64(*n)) {
		return strconv.FormatInt(int64(*n), 10) // a code or a year, not a quantity
	}
	return clean(format.Exact(cell, format.Format(c.Format), lang))
}

// sameFormat returns the measures written like the first one.
func (t *table) sameFormat() []int {
	var out []int
	for _, m := range t.measures {
		if t.in.Columns[m].Format == t.in.Columns[t.measures[0]].Format {
			out = append(out, m)
		}
	}
	return out
}

// domain is the values of a dimension in the order they are shown, with the rows of
// each.
type domain struct {
	names []string
	index map[string]int
}

// domainOf lists a dimension's values: recurring times all of them and in their order,
// others as the rows have them.
func (t *table) domainOf(column int) domain {
	d := domain{index: map[string]int{}}
	c := t.in.Columns[column]
	first, last := 0, -1
	switch c.Grain {
	case "weekday":
		first, last = 1, 7
	case "hour_of_day":
		first, last = 0, 23
	case "month_of_year":
		first, last = 1, 12
	}
	for n := first; n <= last; n++ {
		d.add(cellLabel(int64(n), c, t.in.Language))
	}
	for i := range t.rows {
		d.add(t.label(i, column))
	}
	return d
}

func (d *domain) add(name string) {
	if _, ok := d.index[name]; !ok {
		d.index[name] = len(d.names)
		d.names = append(d.names, name)
	}
}
