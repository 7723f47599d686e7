package semantic

import (
	"slices"
	"strings"
)

// each is the things for which a measure is taken one by one: customers.
type each struct {
	dim    *dim
	label  Label  // of their number
	things Label  // of themselves
	format string // of their number
}

// nested reports whether a measure is computed from a query inside of its own.
func (m *measure) nested() bool { return m.Over != "" || m.Each != "" }

// eachKey names the column of a measure taken one by one.
func (m Measure) eachKey() string {
	of := Dimension{Field: m.Each}.Key()
	switch {
	case m.Is != "":
		return of + "_by_" + m.Metric
	case m.Median:
		return m.Metric + "_per_" + of + "_median"
	}
	return m.Metric + "_per_" + of
}

// resolveEach finds what the measure is taken for one by one.
func (c *compiler) resolveEach(m *measure) error {
	if m.Per != "" || m.Over != "" || m.Is != "" && m.Median {
		return queryErrorf(CodeShape, "the measure %s is taken for each %s in more than one way", m.Metric, m.Each)
	}
	switch m.Is {
	case "", Greater, AtLeast, Less, AtMost, Between:
	default:
		return queryErrorf(CodeValue, "%q does not compare the figure %s", m.Is, m.Metric)
	}
	d, err := c.resolveDim(Dimension{Field: m.Each})
	if err != nil {
		return err
	}
	d.noShift = true
	m.each = &each{dim: d, label: full(d.ds.Label, d.ds.Name), things: full(d.ds.Label, d.ds.Name), format: "integer"}
	m.each.label.Ko += " 수"
	if x := c.m.counting(d.ds); x != nil && d.field.is(d.ds.PrimaryKey) {
		m.each.label, m.each.format = full(x.Label, x.Name), x.Format
	}
	return nil
}

// is reports whether the field is all of a key.
func (f *Field) is(key []string) bool { return len(key) == 1 && strings.EqualFold(key[0], f.Name) }

// counting returns the metric that counts the rows of a dataset at any time, nil for
// none.
func (m *Model) counting(ds *Dataset) *Metric {
	keys := []string{"COUNT(*)", "COUNT(" + ds.Name + ".*)"}
	if len(ds.PrimaryKey) == 1 {
		key := ds.Name + "." + ds.PrimaryKey[0]
		keys = append(keys, "COUNT("+key+")", "COUNT(DISTINCT "+key+")")
	}
	for _, r := range m.Relationships {
		if r.To == ds.Name && len(r.FromColumns) == 1 && slices.Equal(r.ToColumns, ds.PrimaryKey) {
			keys = append(keys, "COUNT(DISTINCT "+r.From+"."+r.FromColumns[0]+")")
		}
	}
	best := (*Metric)(nil)
	for _, x := range m.Metrics {
		text, _ := pickExpression(x.Expression)
		fits := slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(strings.ReplaceAll(text, `"`, ""), k) })
		if fits && !x.Hidden && (best == nil || best.Time != "" && x.Time == "") && (text != "COUNT(*)" || len(m.Datasets) == 1) {
			best = x
		}
	}
	return best
}

// nestedIn makes the subquery of a measure that is computed from a query of its own.
func (c *compiler) nestedIn(m *measure, dims []*dim, sd side) (rel, error) {
	if m.Each == "" {
		return c.average(m, dims, sd)
	}
	plain := *m
	plain.Measure, plain.each = Measure{Metric: m.Metric}, nil
	one := *m.each.dim
	one.key = c.innerName("each_"+one.Key(), dims)
	inner, err := c.measured(append(slices.Clone(dims), &one), []*measure{&plain}, []side{sd}, false)
	if err != nil {
		return rel{}, err
	}
	from := c.push("each_"+one.Key()+"_"+sd.name, inner)
	column := m.key + sd.suffix
	x := from + "." + c.d.alias(column)
	out := &selectStmt{from: from, groups: len(dims), where: []string{from + "." + c.d.alias(one.key) + " IS NOT NULL"}}
	for _, d := range dims {
		out.add(from+"."+c.d.alias(d.key), c.d.alias(d.key))
		out.apart = append(out.apart, c.keys(d)[1:]...)
	}
	switch {
	case m.Median && c.d.ranks:
		ranked, call := c.rankedRows(out, dims, &ranking{value: rawSQL{x, precAtom}, share: literal{"0.5"}, between: true})
		ranked.add(c.d.sql(call), c.d.alias(column))
		out = ranked
	case m.Is != "":
		test, err := c.isTest(m, x)
		if err != nil {
			return rel{}, err
		}
		out.add("COUNT(CASE WHEN "+test+" THEN 1 END)", c.d.alias(column))
	case m.Median:
		out.add(c.d.middle(x), c.d.alias(column))
	default:
		out.add(c.d.sql(&callExpr{name: "avg", args: []expr{rawSQL{x, precAtom}}}), c.d.alias(column))
	}
	return rel{name: c.push("over_"+one.Key()+"_"+sd.name, out), columns: []string{column}}, nil
}

// isTest writes the condition on the figure of one thing.
func (c *compiler) isTest(m *measure, x string) (string, error) {
	low, err := number(m.Metric, m.Low)
	if err != nil || m.Is != Between {
		return x + " " + string(m.Is) + " " + low, err
	}
	high, err := number(m.Metric, m.High)
	return x + " BETWEEN " + low + " AND " + high, err
}

// eachLabel names the number of things, or the middle of their figures.
func (m *measure) eachLabel() Label {
	l, one := full(m.metric.Label, m.metric.Name), singular(m.each.things.En)
	switch {
	case m.Is != "":
		return m.each.label
	case m.Median:
		return Label{Ko: m.each.things.Ko + "별 " + l.Ko + " 중앙값", En: "Median " + lowerFirst(l.En) + " per " + one}
	}
	return Label{Ko: m.each.things.Ko + "별 평균 " + l.Ko, En: "Average " + lowerFirst(l.En) + " per " + one}
}
