package semantic

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// average makes the subquery of a measure averaged over periods: its value in each,
// added up, by the number of periods there are, with or without rows.
func (c *compiler) average(m *measure, dims []*dim, sd side) (rel, error) {
	plain := *m
	plain.Over = ""
	bucket := &dim{Dimension: Dimension{Grain: m.Over}, key: c.innerName("each_"+string(m.Over), dims), noShift: true}
	inner, err := c.measured(append(append([]*dim{}, dims...), bucket), []*measure{&plain}, []side{sd}, false)
	if err != nil {
		return rel{}, err
	}
	from := c.push(m.key+"_"+sd.name, inner)
	// A row without a time is in no period.
	out := &selectStmt{from: from, groups: len(dims), where: []string{c.d.alias(bucket.key) + " IS NOT NULL"}}
	var timed []*dim
	for _, d := range dims {
		out.add(from+"."+c.d.alias(d.key), c.d.alias(d.key))
		out.apart = append(out.apart, c.keys(d)[1:]...)
		if d.Grain != "" && d.alongTime(m) {
			timed = append(timed, d)
		}
	}
	column := m.key + sd.suffix
	sum := "SUM(" + from + "." + c.d.alias(column) + ")"
	count, err := c.periods(m, timed, sd, out)
	if err != nil {
		return rel{}, err
	}
	out.add(c.d.quotient(rawSQL{sum, precAtom}, count), c.d.alias(column))
	return rel{name: c.push("average_"+m.key+"_"+sd.name, out), columns: []string{column}}, nil
}

func (c *compiler) innerName(name string, dims []*dim) string {
	for _, d := range dims {
		if strings.EqualFold(d.key, name) {
			name += "_"
		}
	}
	return name
}

// periods writes how many periods the measure is averaged over; where the dimensions
// cut time, it joins their number to out.
func (c *compiler) periods(m *measure, timed []*dim, sd side, out *selectStmt) (string, error) {
	open := sd.period == nil || sd.period.Start.IsZero() || sd.period.End.IsZero()
	if len(timed) == 0 && !open && len(c.parts) == 0 {
		return strconv.Itoa(countPeriods(*sd.period, m.Over, c.cal)), nil
	}
	step := finest(slices.Concat(timed, []*dim{{Dimension: Dimension{Grain: m.Over}}}))
	times, err := c.times(m.times(), sd.period, step)
	if err != nil {
		return "", err
	}
	t := rawSQL{"t", precAtom}
	number := "COUNT(DISTINCT " + c.d.grain(t, m.Over, c.cal) + ")"
	counted := &selectStmt{from: times, groups: len(timed), where: c.partTests(t, step)}
	for _, d := range timed {
		counted.add(c.dimSQL(d, t, sd.before && d.Grain.sequence()), c.d.alias(d.key))
	}
	counted.add(number, "n")
	name := c.push(string(m.Over)+"s_"+sd.name, counted)
	if len(timed) == 0 {
		return "NULLIF((SELECT n FROM " + name + "), 0)", nil
	}
	var on []string
	for _, d := range timed {
		key := c.d.alias(d.key)
		on = append(on, c.d.same(out.from+"."+key, name+"."+key))
	}
	out.joins = append(out.joins, "JOIN "+name+" ON "+strings.Join(on, " AND "))
	return "MAX(" + name + ".n)", nil
}

// finest returns the step in which a series of times misses no period of the
// dimensions.
func finest(dims []*dim) Grain {
	for _, d := range dims {
		if d.Grain == Hour || d.Grain == HourOfDay {
			return Hour
		}
	}
	return Day
}

func countPeriods(p Period, g Grain, cal calendar) int {
	n := 0
	last := lastOf(p.End, g, cal)
	for t := truncate(p.Start, g, cal); !t.After(last); t = nextPeriod(t, g) {
		n++
	}
	return n
}

// times writes an item of FROM with one column t, every step of the period. An open
// end is the first or the last day in the data of the time fields.
func (c *compiler) times(fields []string, p *Period, step Grain) (string, error) {
	var period Period
	if p != nil {
		period = *p
	}
	lo, hi := "lo", "hi"
	if !period.Start.IsZero() {
		lo = c.d.date(truncate(period.Start, step, c.cal))
	}
	if !period.End.IsZero() {
		hi = c.d.date(lastOf(period.End, step, c.cal))
	}
	if lo != "lo" && hi != "hi" {
		return "(" + c.d.series(lo, hi, "", step) + ") AS times", nil
	}
	bounds := make([]string, len(fields))
	for i, field := range fields {
		sel, err := c.read("range", func() (*selectStmt, error) { return c.dataRange(field, step) })
		if err != nil {
			return "", err
		}
		bounds[i] = sel.String()
	}
	from := "(\n" + indent(strings.Join(bounds, "\nUNION ALL\n")) + "\n) AS bounds"
	if len(bounds) > 1 {
		from = "(\n  SELECT MIN(lo) AS lo, MAX(hi) AS hi\n  FROM " + strings.ReplaceAll(from, "\n", "\n  ") + "\n) AS bounds"
	}
	return "(\n" + indent(c.d.series(lo, hi, from, step)) + "\n) AS times", nil
}

// dataRange is the query of the first and the last day of a time field.
func (c *compiler) dataRange(field string, step Grain) (*selectStmt, error) {
	ds, _, x, err := c.field(field)
	if err != nil {
		return nil, err
	}
	src, err := c.newSource(ds.Name)
	if err != nil {
		return nil, err
	}
	last := c.d.grain(rawSQL{"MAX(" + c.d.sql(x) + ")", precAtom}, Day, c.cal)
	if step == Hour {
		last = c.d.shift(last, 23, "HOUR")
	}
	src.sel.add(c.d.grain(rawSQL{"MIN(" + c.d.sql(x) + ")", precAtom}, Day, c.cal), "lo")
	src.sel.add(last, "hi")
	return src.sel, nil
}

// spine makes the subquery of all times of the period, for every combination of the
// other dimensions that occurs.
func (c *compiler) spine(dims []*dim, at int, rels []rel, now side) rel {
	d := dims[at]
	name := c.d.alias(d.key)
	var from string
	p := now.period
	closed := p != nil && !p.Start.IsZero() && !p.End.IsZero()
	switch {
	case d.Grain == DayKind || d.Grain == DayKindKo:
		from = "(SELECT DISTINCT " + c.d.grain(rawSQL{"t", precAtom}, d.Grain, c.cal) + " AS t FROM " + c.d.week() + ") AS times"
	case d.Grain.recurring() && !(closed && d.alongTime(c.measures...)):
		first, last := 1, map[Grain]int{Weekday: 7, MonthOfYear: 12, HourOfDay: 23}[d.Grain]
		if d.Grain == HourOfDay {
			first = 0
		}
		from = c.d.numbers(first, last)
	case d.Grain.recurring():
		step := finest([]*dim{d})
		from = fmt.Sprintf("(SELECT DISTINCT %s AS t FROM (%s) AS times) AS times",
			c.d.grain(rawSQL{"t", precAtom}, d.Grain, c.cal), c.d.series(c.d.date(truncate(p.Start, step, c.cal)), c.d.date(lastOf(p.End, step, c.cal)), "", step))
	default:
		from = c.sequence(d, rels, p)
	}
	if d.own() {
		from = c.onlyParts(from, d.Grain)
	}
	out := &selectStmt{from: from}
	var others []*dim
	for i, o := range dims {
		if i == at {
			out.add("times.t", name)
			continue
		}
		others = append(others, o)
		out.add("combos."+c.d.alias(o.key), c.d.alias(o.key))
	}
	if len(others) > 0 {
		out.joins = []string{"CROSS JOIN (\n  " + c.combinations(others, rels) + "\n) AS combos"}
	}
	return rel{name: c.push("all_"+d.key, out)}
}

// combinations writes a query of the values of dims that occur together.
func (c *compiler) combinations(dims []*dim, rels []rel) string {
	var columns, keys []string
	for _, d := range dims {
		columns = append(columns, c.d.alias(d.key))
		keys = append(keys, c.keys(d)...)
	}
	selects := make([]string, len(rels))
	for i, r := range rels {
		selects[i] = "SELECT " + strings.Join(columns, ", ") + " FROM " + r.name
	}
	if len(keys) == len(columns) {
		return strings.Join(selects, "\n  UNION\n  ")
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM (\n    " + strings.Join(selects, "\n    UNION ALL\n    ") + "\n  ) AS seen\n  GROUP BY " + strings.Join(keys, ", ")
}

// sequence writes every time of the dimension in the period. Open ends are where the
// rows end.
func (c *compiler) sequence(d *dim, rels []rel, p *Period) string {
	lo, hi := "lo", "hi"
	if p != nil && d.alongTime(c.measures...) {
		if !p.Start.IsZero() {
			lo = c.d.date(truncate(p.Start, d.Grain, c.cal))
		}
		if !p.End.IsZero() {
			hi = c.d.date(lastOf(p.End, d.Grain, c.cal))
		}
	}
	if lo != "lo" && hi != "hi" {
		return "(" + c.d.series(lo, hi, "", d.Grain) + ") AS times"
	}
	name := c.d.alias(d.key)
	selects := make([]string, len(rels))
	for i, r := range rels {
		selects[i] = "SELECT " + name + " FROM " + r.name
	}
	bounds := "(SELECT MIN(" + name + ") AS lo, MAX(" + name + ") AS hi FROM (" + strings.Join(selects, " UNION ALL ") + ") AS seen) AS bounds"
	return "(\n" + indent(c.d.series(lo, hi, bounds, d.Grain)) + "\n) AS times"
}
