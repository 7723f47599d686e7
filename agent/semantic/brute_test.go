package semantic_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// This file computes queries over rows in memory, by other means than the compiler:
// it walks foreign keys row by row and knows nothing of SQL.

type record map[string]any

type world struct {
	rows    map[string][]record
	parents map[string]map[string]string // dataset → parent dataset → column
	keep    map[string]func(record) bool // dataset filters
	metrics map[string]bruteMetric
	sunday  bool
	fiscal  int
	depths  map[[2]string]int
	series  map[string][]any
}

type brutePart struct {
	base, time string // time as "dataset.field"
	zero       bool
	distinct   bool // repeated rows do not change it
	agg        func([]record, *world) any
}

type bruteMetric struct {
	parts   []brutePart
	combine func([]any) any
	adds    bool
}

// depth returns how many foreign keys lead from one dataset up to another, -1 for none.
func (w *world) depth(from, to string) int {
	if from == to {
		return 0
	}
	key := [2]string{from, to}
	if d, ok := w.depths[key]; ok {
		return d
	}
	d := -1
	for p := range w.parents[from] {
		if up := w.depth(p, to); up >= 0 {
			d = up + 1
		}
	}
	w.depths[key] = d
	return d
}

// up returns the row of dataset to that r of from belongs to, nil for none.
func (w *world) up(from string, r record, to string) record {
	if from == to {
		return r
	}
	for p, column := range w.parents[from] {
		if w.depth(p, to) < 0 {
			continue
		}
		// Row i has the id i+1.
		id, _ := r[column].(float64)
		if id < 1 || int(id) > len(w.rows[p]) || !w.kept(p, w.rows[p][int(id)-1]) {
			return nil
		}
		return w.up(p, w.rows[p][int(id)-1], to)
	}
	return nil
}

func (w *world) kept(dataset string, r record) bool {
	return w.keep[dataset] == nil || w.keep[dataset](r)
}

func split(ref string) (string, string) {
	i := strings.IndexByte(ref, '.')
	return ref[:i], ref[i+1:]
}

// value returns "dataset.field" as seen from a row.
func (w *world) value(from string, r record, ref string) any {
	ds, field := split(ref)
	if row := w.up(from, r, ds); row != nil {
		return row[field]
	}
	return nil
}

type test struct {
	ref    string
	negate bool
	ok     func(any) bool
	nulls  bool // the test speaks of null itself
}

func (t test) holds(v any) bool {
	if t.nulls {
		return t.ok(v) != t.negate
	}
	if v == nil {
		return t.negate
	}
	return t.ok(v) != t.negate
}

// passes applies tests to a row; ok is false when a test cannot be related to it.
func (w *world) passes(from string, r record, tests []test) (pass, ok bool) {
	groups := map[string][]test{}
	pass = true
	for i, t := range tests {
		ds, _ := split(t.ref)
		if w.depth(from, ds) >= 0 {
			pass = pass && t.holds(w.value(from, r, t.ref))
			continue
		}
		anchor, child := w.turn(from, ds)
		if child == "" {
			return false, false
		}
		key := anchor + " " + child
		if t.negate {
			key += fmt.Sprint(" not ", i)
		}
		groups[key] = append(groups[key], t)
	}
	for key, group := range groups {
		f := strings.Fields(key)
		found := w.some(f[1], w.up(from, r, f[0]), f[0], group)
		if len(f) > 2 {
			found = !found
		}
		pass = pass && found
	}
	return pass, true
}

// turn finds where a path to ds leaves the parents of from: the ancestor, and its
// child through which ds is reached, with the fewest steps.
func (w *world) turn(from, ds string) (anchor, child string) {
	best := math.MaxInt
	for a := range w.rows {
		du := w.depth(from, a)
		if du < 0 {
			continue
		}
		for c := range w.rows {
			if _, ok := w.parents[c][a]; !ok || w.depth(from, c) >= 0 {
				continue
			}
			for d := range w.rows {
				down, up := w.depth(d, c), w.depth(d, ds)
				if down < 0 || up < 0 {
					continue
				}
				if n := du + 1 + down + up; n < best {
					best, anchor, child = n, a, c
				}
			}
		}
	}
	return anchor, child
}

// some reports whether a row of child below parent passes all tests, with one row of
// each dataset further below.
func (w *world) some(child string, parent record, parentSet string, tests []test) bool {
	if parent == nil {
		return false
	}
	for _, c := range w.rows[child] {
		if !w.kept(child, c) || c[w.parents[child][parentSet]] != parent["id"] {
			continue
		}
		below := map[string][]test{}
		all := true
		for _, t := range tests {
			t.negate = false
			ds, _ := split(t.ref)
			if w.depth(child, ds) >= 0 {
				all = all && t.holds(w.value(child, c, t.ref))
				continue
			}
			_, next := w.turn(child, ds)
			below[next] = append(below[next], t)
		}
		for next, group := range below {
			all = all && w.some(next, c, child, group)
		}
		if all {
			return true
		}
	}
	return false
}

func (w *world) bucket(v any, g Grain) any {
	t, ok := v.(time.Time)
	if !ok {
		return nil
	}
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	month := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	switch g {
	case Hour:
		return day.Add(time.Duration(t.Hour()) * time.Hour)
	case Day:
		return day
	case Week:
		first := time.Monday
		if w.sunday {
			first = time.Sunday
		}
		for day.Weekday() != first {
			day = day.AddDate(0, 0, -1)
		}
		return day
	case Month:
		return month
	case Quarter:
		for (int(month.Month())-w.fiscal+12)%3 != 0 {
			month = month.AddDate(0, -1, 0)
		}
		return month
	case Year:
		for int(month.Month()) != w.fiscal {
			month = month.AddDate(0, -1, 0)
		}
		return month
	case Weekday:
		if t.Weekday() == time.Sunday {
			return 7.0
		}
		return float64(t.Weekday())
	case HourOfDay:
		return float64(t.Hour())
	case MonthOfYear:
		return float64(t.Month())
	}
	return v
}

// buckets lists the periods of a grain in order.
func (w *world) buckets(p Period, g Grain) []any {
	key := fmt.Sprint(p, g)
	if out, ok := w.series[key]; ok {
		return out
	}
	var out []any
	step := 24 * time.Hour
	if g == Hour || g == HourOfDay {
		step = time.Hour
	}
	seen := map[any]bool{}
	for t := p.Start; t.Before(p.End); t = t.Add(step) {
		if b := w.bucket(t, g); !seen[b] {
			seen[b] = true
			out = append(out, b)
		}
	}
	w.series[key] = out
	return out
}

// counterpart maps a period of the time compared with onto one of the query's, nil
// for none.
func (w *world) counterpart(b any, g Grain, q Query) any {
	if g != Hour && g != Day && g != Week && g != Month && g != Quarter && g != Year {
		return b
	}
	now := w.buckets(*q.Period, g)
	if q.Compare.Kind == CompareYearAgo {
		t := b.(time.Time)
		to := time.Date(t.Year()+1, t.Month(), t.Day(), t.Hour(), 0, 0, 0, time.UTC)
		if g == Week {
			to = t.Add(52 * 7 * 24 * time.Hour)
		} else if to.Month() != t.Month() {
			return nil
		}
		if slices.Contains(now, any(to)) {
			return to
		}
		return nil
	}
	i := slices.Index(w.buckets(q.Compare.Period, g), b)
	if i < 0 || i >= len(now) {
		return nil
	}
	return now[i]
}

// outcome is a computed group: the dimensions, and the measures with what derives.
type outcome struct {
	dims   []any
	values map[string]any
}

func keyOf(dims []any) string {
	var b strings.Builder
	for _, d := range dims {
		if t, ok := d.(time.Time); ok {
			d = t.Format(time.RFC3339)
		}
		fmt.Fprintf(&b, "%T|%v\x00", d, d)
	}
	return b.String()
}

type groups struct {
	order []string
	by    map[string]*bruteGroup
}

type bruteGroup struct {
	dims []any
	rows []record
}

func (g *groups) at(dims []any) *bruteGroup {
	k := keyOf(dims)
	if g.by[k] == nil {
		g.by[k] = &bruteGroup{dims: dims}
		g.order = append(g.order, k)
	}
	return g.by[k]
}

type bruteErr string

func (e bruteErr) Error() string { return string(e) }

// dimRef is the field a dimension takes for a part.
func dimRef(d Dimension, p brutePart) string {
	if d.Field == "" {
		return p.time
	}
	return d.Field
}

// scanned is the dataset whose rows are looked at for a part.
func (w *world) scanned(p brutePart, dims []Dimension) (string, error) {
	best, ties, length := "", 0, math.MaxInt
	fits := func(s string) (int, bool) {
		n := w.depth(s, p.base)
		if n < 0 {
			return 0, false
		}
		seen := map[string]bool{}
		for _, d := range dims {
			if dimRef(d, p) == "" {
				return 0, false
			}
			ds, _ := split(dimRef(d, p))
			if seen[ds] {
				continue
			}
			seen[ds] = true
			k := w.depth(s, ds)
			if k < 0 {
				return 0, false
			}
			n += k
		}
		return n, true
	}
	if _, ok := fits(p.base); ok {
		return p.base, nil
	}
	if !p.distinct {
		return "", bruteErr("unreachable")
	}
	for s := range w.rows {
		if n, ok := fits(s); ok && n < length {
			best, ties, length = s, 0, n
		} else if ok && n == length {
			ties++
		}
	}
	if best == "" || ties > 0 {
		return "", bruteErr("unreachable or ambiguous")
	}
	return best, nil
}

// group finds the rows of a part in every group.
func (w *world) group(p brutePart, q Query, dims []Dimension, period *Period, before bool, over Grain) (*groups, string, error) {
	out := &groups{by: map[string]*bruteGroup{}}
	all := dims
	if over != "" {
		all = append(append([]Dimension{}, dims...), Dimension{Grain: over})
	}
	scan, err := w.scanned(p, all)
	if err != nil {
		return nil, "", err
	}
	tests := bruteTests(q)
	for _, f := range q.Filters {
		if f.Field == "" {
			tests = append(tests, test{ref: p.time, ok: func(v any) bool { return w.onPart(v, f) != f.Negate }})
		}
	}
	if period != nil && p.time != "" {
		tests = append([]test{{ref: p.time, ok: func(v any) bool {
			t := v.(time.Time)
			return (period.Start.IsZero() || !t.Before(period.Start)) && (period.End.IsZero() || t.Before(period.End))
		}}}, tests...)
	}
	for _, r := range w.rows[scan] {
		base := w.up(scan, r, p.base)
		if !w.kept(scan, r) || base == nil {
			continue
		}
		pass, ok := w.passes(scan, r, tests)
		if !ok {
			return nil, "", bruteErr("filter")
		}
		if !pass {
			continue
		}
		key := make([]any, len(all))
		for i, d := range all {
			key[i] = w.value(scan, r, dimRef(d, p))
			if d.Grain == "" {
				continue
			}
			key[i] = w.bucket(key[i], d.Grain)
			if before && key[i] != nil && i < len(dims) && (d.Field == "" || d.Field == p.time) {
				if key[i] = w.counterpart(key[i], d.Grain, q); key[i] == nil {
					pass = false
				}
			}
		}
		if g := out.at(key); pass && !slices.ContainsFunc(g.rows, func(x record) bool { return x["id"] == base["id"] }) {
			g.rows = append(g.rows, base)
		} else if !pass && len(g.rows) == 0 {
			delete(out.by, keyOf(key))
			out.order = out.order[:len(out.order)-1]
		}
	}
	if len(all) == 0 {
		out.at(nil)
	}
	return out, scan, nil
}

// compute returns the measures' values by dims for one period, and how many passes
// over data they took.
func (w *world) compute(q Query, ms []Measure, dims []Dimension, sides []*Period, over Grain, fill bool) (map[string]*outcome, error) {
	usesTime := q.Period != nil || over != "" || slices.ContainsFunc(dims, func(d Dimension) bool { return d.Field == "" }) ||
		slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.Field == "" }) || slices.ContainsFunc(q.Dimensions, func(d Dimension) bool { return d.Field == "" }) || slices.ContainsFunc(q.Measures, func(m Measure) bool { return m.Over != "" })
	result := map[string]*outcome{}
	at := func(d []any) *outcome {
		k := keyOf(d)
		if result[k] == nil {
			result[k] = &outcome{dims: d, values: map[string]any{}}
		}
		return result[k]
	}
	passes := map[string]bool{}
	raw := map[string]any{} // group, side, measure, part → value
	averages := 0
	for _, m := range ms {
		for si, period := range sides {
			if m.Over != "" {
				averages++
				if err := w.average(q, m, dims, period, si == 1, func(d []any, v any) {
					at(d)
					raw[fmt.Sprint(keyOf(d), si, m.Key())] = v
				}); err != nil {
					return nil, err
				}
				continue
			}
			for pi, p := range w.partsOf(m) {
				gs, scan, err := w.group(p, q, dims, period, si == 1, over)
				if err != nil {
					return nil, err
				}
				time := p.time
				if !usesTime {
					time = ""
				}
				passes[scan+"/"+p.base+"/"+time] = true
				for _, k := range gs.order {
					g := gs.by[k]
					at(g.dims)
					raw[fmt.Sprint(k, si, m.Key(), pi)] = p.agg(g.rows, w)
				}
			}
		}
	}
	if fill {
		w.fill(q, dims, result, at)
	}
	width := len(dims)
	if over != "" {
		width++
	}
	many := len(passes)*len(sides)+averages > 1 || fill && slices.ContainsFunc(dims, func(d Dimension) bool { return d.Grain != "" })
	for k, o := range result {
		for _, m := range ms {
			for si := range sides {
				name := m.Key() + []string{"", "__before"}[si]
				if m.Over != "" {
					o.values[name] = raw[fmt.Sprint(k, si, m.Key())]
					if o.values[name] == nil && many && width > 0 {
						o.values[name] = 0.0
					}
					continue
				}
				ps := w.partsOf(m)
				vals := make([]any, len(ps))
				for pi, p := range ps {
					vals[pi] = raw[fmt.Sprint(k, si, m.Key(), pi)]
					if vals[pi] == nil && p.zero && many && width > 0 {
						vals[pi] = 0.0
					}
				}
				o.values[name] = w.formula(m, vals)
			}
		}
	}
	return result, nil
}

func (w *world) partsOf(m Measure) []brutePart {
	ps := slices.Clone(w.metrics[m.Metric].parts)
	if m.Median {
		ps[0].agg = medianOf("amount")
	}
	if m.Per != "" {
		ps = append(append([]brutePart{}, ps...), w.metrics[m.Per].parts...)
	}
	return ps
}

func (w *world) formula(m Measure, vals []any) any {
	x := w.metrics[m.Metric]
	v := x.combine(vals[:len(x.parts)])
	if m.Per == "" {
		return v
	}
	return ratio(v, w.metrics[m.Per].combine(vals[len(x.parts):]))
}

func ratio(a, b any) any {
	if a == nil || b == nil || b.(float64) == 0 {
		return nil
	}
	return a.(float64) / b.(float64)
}

// average computes a measure averaged over periods.
func (w *world) average(q Query, m Measure, dims []Dimension, period *Period, before bool, put func([]any, any)) error {
	plain := Measure{Metric: m.Metric}
	sub := q
	parts := w.metrics[m.Metric].parts
	inner := map[string]*outcome{}
	passes := map[string]bool{}
	raw := map[string]any{}
	for pi, p := range parts {
		gs, scan, err := w.group(p, sub, dims, period, before, m.Over)
		if err != nil {
			return err
		}
		passes[scan+"/"+p.base+"/"+p.time] = true
		for _, k := range gs.order {
			if d := gs.by[k].dims; d[len(d)-1] == nil {
				continue
			}
			inner[k] = &outcome{dims: gs.by[k].dims}
			raw[fmt.Sprint(k, pi)] = p.agg(gs.by[k].rows, w)
		}
	}
	sums := map[string]any{}
	keys := map[string][]any{}
	for k, o := range inner {
		vals := make([]any, len(parts))
		for pi, p := range parts {
			vals[pi] = raw[fmt.Sprint(k, pi)]
			if vals[pi] == nil && p.zero && len(passes) > 1 {
				vals[pi] = 0.0
			}
		}
		d := o.dims[:len(dims)]
		dk := keyOf(d)
		keys[dk] = d
		if v := w.formula(plain, vals); v != nil {
			if sums[dk] == nil {
				sums[dk] = 0.0
			}
			sums[dk] = sums[dk].(float64) + v.(float64)
		}
	}
	if len(dims) == 0 && len(keys) == 0 {
		keys[""] = nil
	}
	for k, d := range keys {
		n := w.periodsIn(q, m, dims, d, period, before)
		if sums[k] == nil || n == 0 {
			put(d, nil)
			continue
		}
		put(d, sums[k].(float64)/float64(n))
	}
	return nil
}

// along reports whether a dimension is the time of all of the measure.
func (w *world) along(m Measure, d Dimension) bool {
	return d.Grain != "" && (d.Field == "" || !slices.ContainsFunc(w.partsOf(m), func(p brutePart) bool { return p.time != d.Field }))
}

func (w *world) periodsIn(q Query, m Measure, dims []Dimension, key []any, period *Period, before bool) int {
	p := Period{}
	if period != nil {
		p = *period
	}
	var days []time.Time
	for _, part := range w.metrics[m.Metric].parts {
		ds, field := split(part.time)
		for _, r := range w.rows[ds] {
			if t, ok := r[field].(time.Time); ok && w.kept(ds, r) {
				days = append(days, w.bucket(t, Day).(time.Time))
			}
		}
	}
	for _, day := range days {
		if period == nil || period.Start.IsZero() {
			if p.Start.IsZero() || day.Before(p.Start) {
				p.Start = day
			}
		}
		if period == nil || period.End.IsZero() {
			if !day.Before(p.End) {
				p.End = day.AddDate(0, 0, 1)
			}
		}
	}
	seen := map[any]bool{}
	for t := p.Start; t.Before(p.End); t = t.Add(time.Hour) {
		same := w.onParts(t, q)
		for i, d := range dims {
			if !w.along(m, d) {
				continue
			}
			b := w.bucket(t, d.Grain)
			if before {
				b = w.counterpart(b, d.Grain, q)
			}
			same = same && b == key[i]
		}
		if same {
			seen[w.bucket(t, m.Over)] = true
		}
	}
	return len(seen)
}

// fill adds the times of the period without rows, for every combination of the other
// dimensions.
func (w *world) fill(q Query, dims []Dimension, result map[string]*outcome, at func([]any) *outcome) {
	i := slices.IndexFunc(dims, func(d Dimension) bool { return d.Grain != "" })
	if i < 0 {
		return
	}
	var have [][]any
	for _, o := range result {
		have = append(have, o.dims)
	}
	if len(dims) == 1 {
		have = [][]any{{nil}}
	}
	for _, b := range w.buckets(*q.Period, dims[i].Grain) {
		if !w.fills(b, dims[i].Grain, q) {
			continue
		}
		for _, d := range have {
			k := slices.Clone(d)
			k[i] = b
			at(k)
		}
	}
}

// fills reports whether a period of a grain has a time that is kept. Longer periods than
// days are there in any case.
func (w *world) fills(b any, g Grain, q Query) bool {
	if g != Day && g != Hour && g != Weekday && g != HourOfDay {
		return true
	}
	for t := q.Period.Start; t.Before(q.Period.End); t = t.Add(time.Hour) {
		if w.bucket(t, g) == b && w.onParts(t, q) {
			return true
		}
	}
	return false
}

// onParts reports whether the query keeps the days of the week and the hours of t.
func (w *world) onParts(t time.Time, q Query) bool {
	return !slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.Field == "" && w.onPart(t, f) == f.Negate })
}

func (w *world) onPart(v any, f Filter) bool {
	part := w.bucket(v, f.Grain)
	return slices.ContainsFunc(f.Values, func(x any) bool { return float64(x.(int)) == part })
}
