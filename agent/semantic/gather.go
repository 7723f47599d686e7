package semantic

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// gather has write write over the rows that each source answers of its datasets, where the
// results are put together. So it is where a pass leads into another database and neither
// can bring the other's rows along; any figure can be computed so, of as many rows as fit.
func (c *compiler) gather(name string, write func() (*selectStmt, error)) (string, []string, error) {
	f := c.far
	f.touched, f.lent, f.gathers = []string{}, nil, true
	defer func() { f.gathers = false }()
	sel, err := write()
	if err != nil {
		return "", nil, err
	}
	columns := make([]string, len(sel.columns))
	for i, col := range sel.columns {
		columns[i] = unquoted(cmp.Or(col.name, col.sql))
	}
	table := c.fresh(name)
	c.ctes = append(c.ctes, cte{c.d.name(table), sel})
	return table, columns, nil
}

// gathered is the table that holds a dataset's rows, as SQL.
func (c *compiler) gathered(ds *Dataset) string {
	f := c.far
	i := slices.IndexFunc(f.fetches, func(have Fetch) bool { return have.Whole && have.Dataset == ds.Name })
	if i < 0 {
		i = len(f.fetches)
		rows := c.rowsOf(ds, c.fresh(ds.Name+"_rows"), c.ownConditions(ds))
		rows.Whole = true
		f.fetches = append(f.fetches, rows)
	}
	return c.d.name(f.fetches[i].Name)
}

// ownConditions are those that every pass puts on a dataset's own rows, so that no others need
// to travel: what its figures are filtered by and the periods along their time. There are
// none where it is read for something else as well.
func (c *compiler) ownConditions(ds *Dataset) (out []*condition) {
	if len(c.aggs) == 0 || slices.ContainsFunc(c.aggs, func(a *aggregate) bool { return a.base != ds.Name || a.time != c.aggs[0].time }) {
		return nil
	}
	defer func(d *Dialect) { c.d = d }(c.d)
	c.d = amongOthers(c.far.opts.Home(ds).Dialect)
	if p := c.stretch(); p != nil && strings.HasPrefix(c.aggs[0].time, ds.Name+".") {
		if cond, err := c.periodCondition(c.aggs[0].time, *p); err == nil && cond != nil {
			out = append(out, cond)
		}
	}
	for _, cond := range c.filters {
		// One that cannot be written here is tested where the pass is.
		if own, err := c.conditionFrom(cond, ds.Name); err == nil && own.ds == ds {
			out = append(out, own)
		}
	}
	return out
}

// stretch is the time that holds the period and the one that it is compared with, nil for
// all time.
func (c *compiler) stretch() *Period {
	if c.q.Period == nil {
		return nil
	}
	out, other := *c.q.Period, c.before()
	if other == nil {
		return &out
	}
	pick := func(a, b time.Time, before bool) time.Time {
		if a.IsZero() || b.IsZero() {
			return time.Time{}
		}
		if a.Before(b) == before {
			return a
		}
		return b
	}
	out.Start, out.End = pick(out.Start, other.Start, true), pick(out.End, other.End, false)
	return &out
}
