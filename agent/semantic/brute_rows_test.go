package semantic_test

import (
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// answer computes the whole query: rows in order, each the dimensions and then the
// measures with what derives from them.
func (w *world) answer(q Query) ([][]any, error) {
	sides := []*Period{q.Period}
	if q.Compare != nil {
		sides = append(sides, &q.Compare.Period)
	}
	result, err := w.compute(q, q.Measures, q.Dimensions, sides, "", q.FillTime)
	if err != nil {
		return nil, err
	}
	var totals map[string]*outcome
	if q.Total {
		if totals, err = w.compute(q, q.Measures, nil, sides[:1], "", false); err != nil {
			return nil, err
		}
	}
	var rows []*outcome
	for _, o := range result {
		rows = append(rows, o)
	}
	if err := w.derive(q, rows, totals); err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(o *outcome) bool {
		return slices.ContainsFunc(q.Having, func(h Having) bool {
			v := o.values[h.Key]
			return v == nil || !(h.Op == Greater && v.(float64) > h.Values[0].(float64) || h.Op == AtMost && v.(float64) <= h.Values[0].(float64))
		})
	})
	if rows, err = w.top(q, rows); err != nil {
		return nil, err
	}
	rows = w.sorted(q, rows)
	var out [][]any
	for _, o := range rows {
		line := slices.Clone(o.dims)
		for _, m := range q.Measures {
			for _, suffix := range []string{"", "__before", "__change", "__growth", "__share", "__total", "__all"} {
				if v, ok := o.values[m.Key()+suffix]; ok {
					line = append(line, v)
				}
			}
		}
		out = append(out, line)
	}
	return out, nil
}

// top keeps the rows of the values that come first.
func (w *world) top(q Query, rows []*outcome) ([]*outcome, error) {
	if q.Top == nil {
		return rows, nil
	}
	at := slices.IndexFunc(q.Dimensions, func(d Dimension) bool { return d.Key() == q.Top.Of })
	of := q
	of.Dimensions, of.Limit, of.LimitPer, of.FillTime = q.Dimensions[at:at+1], 0, "", false
	of.Order = []Order{{Key: q.Top.By, Desc: !q.Top.Least}}
	all, err := w.compute(of, q.Measures[:1], of.Dimensions, []*Period{q.Period}, "", false)
	if err != nil {
		return nil, err
	}
	var values []*outcome
	for _, o := range all {
		if o.dims[0] != nil {
			values = append(values, o)
		}
	}
	values = w.sorted(of, values)
	values = values[:min(len(values), q.Top.N)]
	return slices.DeleteFunc(rows, func(o *outcome) bool {
		return !slices.ContainsFunc(values, func(v *outcome) bool { return keyOf(v.dims) == keyOf(o.dims[at:at+1]) })
	}), nil
}

func (w *world) derive(q Query, rows []*outcome, totals map[string]*outcome) error {
	time := slices.IndexFunc(q.Dimensions, func(d Dimension) bool {
		return d.Grain != "" && d.Grain != Weekday && d.Grain != HourOfDay && d.Grain != MonthOfYear
	})
	if q.Cumulative && time < 0 {
		return bruteErr("no time")
	}
	for _, m := range q.Measures {
		key := m.Key()
		adds := m.Per == "" && m.Over == "" && w.metrics[m.Metric].adds
		if q.Cumulative && !adds {
			return bruteErr("does not add up")
		}
		for _, o := range rows {
			v := o.values[key]
			if q.Compare != nil {
				b := o.values[key+"__before"]
				o.values[key+"__change"], o.values[key+"__growth"] = nil, nil
				if v != nil && b != nil {
					o.values[key+"__change"] = v.(float64) - b.(float64)
					if b.(float64) > 0 {
						o.values[key+"__growth"] = ratio(v.(float64)-b.(float64), b)
					}
				}
			}
			if q.Share {
				var sum any
				whole := true // no part is below zero
				for _, x := range rows {
					if time >= 0 && len(q.Dimensions) > 1 && x.dims[time] != o.dims[time] {
						continue
					}
					part, ok := x.values[key].(float64)
					sum, whole = plus(sum, x.values[key]), whole && (!ok || part >= 0)
				}
				o.values[key+"__share"] = nil
				if whole {
					o.values[key+"__share"] = ratio(v, sum)
				}
			}
			if q.Cumulative {
				var sum any
				for _, x := range rows {
					if sameOthers(x.dims, o.dims, time) && less(x.dims[time], o.dims[time]) <= 0 {
						sum = plus(sum, x.values[key])
					}
				}
				o.values[key+"__total"] = sum
			}
			if q.Total {
				o.values[key+"__all"] = totals[""].values[key]
			}
		}
	}
	return nil
}

func plus(a, b any) any {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return a.(float64) + b.(float64)
}

func sameOthers(a, b []any, but int) bool {
	for i := range a {
		if i != but && a[i] != b[i] {
			return false
		}
	}
	return true
}

// less compares cells, null last.
func less(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	switch x := a.(type) {
	case string:
		return strings.Compare(x, b.(string))
	case float64:
		y := b.(float64)
		if math.Abs(x-y) < 1e-9 {
			return 0
		}
		if x < y {
			return -1
		}
		return 1
	case time.Time:
		return x.Compare(b.(time.Time))
	case bool:
		if x == b.(bool) {
			return 0
		} else if x {
			return 1
		}
		return -1
	}
	return 0
}

func (w *world) sorted(q Query, rows []*outcome) []*outcome {
	type by struct {
		get  func(*outcome) any
		desc bool
	}
	dim := func(i int) func(*outcome) any { return func(o *outcome) any { return o.dims[i] } }
	measure := func(k string) func(*outcome) any { return func(o *outcome) any { return o.values[k] } }
	var keys []by
	per := -1
	for i, d := range q.Dimensions {
		if q.LimitPer == d.Key() && q.Limit > 0 {
			per = i
		}
	}
	for _, o := range q.Order {
		i := slices.IndexFunc(q.Dimensions, func(d Dimension) bool { return d.Key() == o.Key })
		if i >= 0 {
			keys = append(keys, by{dim(i), o.Desc})
		} else {
			keys = append(keys, by{measure(o.Key), o.Desc})
		}
	}
	if len(keys) == 0 && per < 0 {
		for i, d := range q.Dimensions {
			if d.Grain != "" {
				keys = append(keys, by{dim(i), false})
			}
		}
	}
	if len(keys) == 0 {
		keys = append(keys, by{measure(q.Measures[0].Key()), true})
	}
	for i := range q.Dimensions {
		keys = append(keys, by{dim(i), false})
	}
	if per >= 0 {
		keys = append([]by{{dim(per), false}}, keys...)
	}
	sort.SliceStable(rows, func(i, j int) bool {
		for _, k := range keys {
			a, b := k.get(rows[i]), k.get(rows[j])
			c := less(a, b)
			if k.desc && a != nil && b != nil {
				c = -c
			}
			if c != 0 {
				return c < 0
			}
		}
		return false
	})
	if q.Limit == 0 {
		return rows
	}
	if per < 0 {
		return rows[:min(q.Limit, len(rows))]
	}
	count := map[string]int{}
	return slices.DeleteFunc(rows, func(o *outcome) bool {
		k := keyOf(o.dims[per : per+1])
		count[k]++
		return count[k] > q.Limit
	})
}
