package semantic

import (
	"slices"
	"strconv"
	"strings"
)

// rel is a subquery that holds values of some columns by the dimensions.
type rel struct {
	name    string
	columns []string
}

// stages builds the query from the inside out: the measures by the dimensions, what
// derives from several rows, then the choice and order of rows.
func (c *compiler) stages() (*selectStmt, error) {
	if len(c.measures) == 0 {
		return c.values()
	}
	sides := []side{{name: "now", period: c.q.Period}}
	if p := c.before(); p != nil {
		if err := c.resolveCompare(); err != nil {
			return nil, err
		}
		sides = append(sides, side{name: "before", suffix: "__before", period: p, before: true})
	}
	stage, err := c.measured(c.dims, c.measures, sides, c.q.FillTime)
	if err != nil {
		return nil, err
	}
	if stage, err = c.derived(stage, sides[0]); err != nil {
		return nil, err
	}
	return c.chosen(stage)
}

// measured returns the query of the measures by dims. Where one pass over one dataset
// is enough it is that pass; else the passes are put together.
func (c *compiler) measured(dims []*dim, ms []*measure, sides []side, fill bool) (*selectStmt, error) {
	var aggs []*aggregate
	over := 0
	for _, m := range ms {
		if m.nested() {
			over++
			continue
		}
		aggs = appendAggregates(aggs, m.formula)
	}
	branches, err := c.branches(aggs, dims)
	if err != nil {
		return nil, err
	}
	spine := -1
	if fill {
		spine = slices.IndexFunc(dims, func(d *dim) bool { return d.Grain != "" })
	}
	if len(branches) == 1 && len(sides) == 1 && over == 0 && spine < 0 {
		return c.onePass(branches[0], sides[0], dims, ms)
	}
	var rels []rel
	for _, sd := range sides {
		more, err := c.sideRels(branches, dims, ms, sd)
		if err != nil {
			return nil, err
		}
		rels = append(rels, more...)
	}
	if spine >= 0 {
		rels = append(rels, c.spine(dims, spine, rels, sides[0]))
	}
	return c.together(rels, dims, ms, sides), nil
}

func appendAggregates(aggs []*aggregate, formula expr) []*aggregate {
	inspect(formula, func(n expr) bool {
		if p, ok := n.(partRef); ok && !slices.Contains(aggs, p.agg) {
			aggs = append(aggs, p.agg)
		}
		return true
	})
	return aggs
}

func (c *compiler) onePass(b *branch, sd side, dims []*dim, ms []*measure) (*selectStmt, error) {
	sel, err := c.read(b.base+"_"+sd.name, func() (*selectStmt, error) {
		sel, err := c.pass(b, sd, dims)
		if err != nil {
			return nil, err
		}
		for _, m := range ms {
			sel.add(c.formula(m.formula, func(a *aggregate) expr {
				i := slices.IndexFunc(b.aggs, func(have *aggregate) bool { return have.text == a.text })
				return b.aggs[i].call
			}), c.d.alias(m.key+sd.suffix))
		}
		return sel, nil
	})
	return sel, err
}

// formula writes a measure, its aggregates as value gives them.
func (c *compiler) formula(e expr, value func(*aggregate) expr) string {
	out, _ := transform(e, func(n expr) (expr, error) {
		if p, ok := n.(partRef); ok {
			return value(p.agg), nil
		}
		return nil, nil
	})
	return c.d.sql(out)
}

// sideRels makes a subquery of every pass for one period.
func (c *compiler) sideRels(branches []*branch, dims []*dim, ms []*measure, sd side) ([]rel, error) {
	var rels []rel
	for _, b := range branches {
		r := rel{}
		for _, a := range b.aggs {
			r.columns = append(r.columns, a.column+sd.suffix)
		}
		var err error
		r.name, err = c.pushRead(b.base+"_"+sd.name, func() (*selectStmt, error) {
			sel, err := c.pass(b, sd, dims)
			if err != nil {
				return nil, err
			}
			for _, a := range b.aggs {
				sel.add(c.d.sql(a.call), c.d.alias(a.column+sd.suffix))
			}
			return sel, nil
		})
		if err != nil {
			return nil, err
		}
		rels = append(rels, r)
	}
	for _, m := range ms {
		if !m.nested() {
			continue
		}
		r, err := c.nestedIn(m, dims, sd)
		if err != nil {
			return nil, err
		}
		rels = append(rels, r)
	}
	return rels, nil
}

// together puts the subqueries into one by the dimensions. Each row of each holds
// values that no other holds, so that the greatest of a group is the one there is.
func (c *compiler) together(rels []rel, dims []*dim, ms []*measure, sides []side) *selectStmt {
	sel := &selectStmt{}
	for _, d := range dims {
		sel.add(c.d.alias(d.key), c.d.alias(d.key))
	}
	// What one database has no rows of is 0 there; of what another one has nothing is known.
	apart := c.ofSeveral(ms)
	value := func(column string, zero bool) expr {
		text := c.d.alias(column)
		if len(rels) == 1 {
			return rawSQL{text, precAtom}
		}
		text = "MAX(" + text + ")"
		if zero && len(dims) > 0 && !apart {
			text = "COALESCE(" + text + ", 0)"
		}
		return rawSQL{text, precAtom}
	}
	for _, m := range ms {
		for _, sd := range sides {
			key := c.d.alias(m.key + sd.suffix)
			if m.nested() {
				sel.add(c.d.sql(value(m.key+sd.suffix, m.Over != "" || m.Is != "")), key)
				continue
			}
			sel.add(c.formula(m.formula, func(a *aggregate) expr { return value(a.column+sd.suffix, a.zero) }), key)
		}
	}
	if len(rels) == 1 {
		sel.from = rels[0].name
		return sel
	}
	sel.from = "(\n" + indent(c.union(rels, dims)) + "\n) AS parts"
	sel.groups = len(dims)
	for _, d := range dims {
		sel.apart = append(sel.apart, c.keys(d)[1:]...)
	}
	return sel
}

func (c *compiler) union(rels []rel, dims []*dim) string {
	var all []string
	for _, r := range rels {
		all = append(all, r.columns...)
	}
	selects := make([]string, len(rels))
	holder := map[string]string{}
	for _, r := range rels {
		for _, col := range r.columns {
			holder[col] = r.name
		}
	}
	for i, r := range rels {
		var cols []string
		for _, d := range dims {
			cols = append(cols, c.d.alias(d.key))
		}
		for _, col := range all {
			switch name := c.d.alias(col); {
			case slices.Contains(r.columns, col):
				cols = append(cols, name)
			case i == 0:
				cols = append(cols, c.d.absent(name, holder[col])+" AS "+name)
			default:
				cols = append(cols, c.d.absent(name, holder[col]))
			}
		}
		selects[i] = "SELECT " + strings.Join(cols, ", ") + " FROM " + r.name
	}
	return strings.Join(selects, "\nUNION ALL\n")
}

// derived adds what is computed from the measures of all rows.
func (c *compiler) derived(stage *selectStmt, now side) (*selectStmt, error) {
	if c.q.Compare == nil && !c.q.Share && !c.q.Cumulative && !c.q.Total {
		return stage, nil
	}
	out := &selectStmt{from: c.push("measured", stage)}
	totals := ""
	if c.q.Total {
		all, err := c.measured(nil, c.measures, []side{now}, false)
		if err != nil {
			return nil, err
		}
		totals = c.push("overall", all)
		out.joins = append(out.joins, "CROSS JOIN "+totals)
	}
	sequence, partition := c.timePartition()
	within, err := c.shareWithin(sequence, partition)
	if err != nil {
		return nil, err
	}
	for _, d := range c.dims {
		name := c.d.alias(d.key)
		out.add(name, name)
	}
	for _, m := range c.measures {
		key := c.d.alias(m.key)
		qualified := key
		if totals != "" {
			qualified = out.from + "." + key
		}
		out.add(qualified, key)
		c.addCompare(out, m, qualified)
		if c.q.Share {
			// Parts of which some are below zero make up no whole: a profit of 120 is not
			// −200% of a loss of 60.
			out.add("CASE WHEN MIN("+qualified+") OVER ("+within+") >= 0 THEN "+c.d.quotient(rawSQL{qualified, precAtom}, "NULLIF(SUM("+qualified+") OVER ("+within+"), 0)")+" END", c.d.alias(m.key+"__share"))
		}
		if c.q.Cumulative {
			window, err := c.runningWindow(m, sequence, partition)
			if err != nil {
				return nil, err
			}
			out.add("SUM("+qualified+") OVER ("+window+")", c.d.alias(m.key+"__total"))
		}
		if totals != "" {
			out.add(totals+"."+key, c.d.alias(m.key+"__all"))
		}
	}
	return out, nil
}

func (c *compiler) addCompare(out *selectStmt, m *measure, value string) {
	if c.q.Compare == nil {
		return
	}
	before := c.d.alias(m.key + "__before")
	out.add(before, before)
	out.add(value+" - "+before, c.d.alias(m.key+"__change"))
	// A loss that became a profit grew by no percentage; the change is told then.
	out.add("CASE WHEN "+before+" > 0 THEN "+c.d.quotient(rawSQL{value + " - " + before, precSum}, before)+" END", c.d.alias(m.key+"__growth"))
}

// timePartition returns the dimension that is a sequence of times, nil for none, and
// the columns of the others.
func (c *compiler) timePartition() (sequence *dim, others []string) {
	for _, d := range c.dims {
		if sequence == nil && d.isTime() {
			sequence = d
			continue
		}
		others = append(others, c.keys(d)...)
	}
	return sequence, others
}

func (d *dim) isTime() bool {
	return d.Grain.sequence() || d.Grain == "" && d.field != nil && d.field.temporal()
}

// shareWithin writes the rows that a share is of.
func (c *compiler) shareWithin(sequence *dim, others []string) (string, error) {
	if c.q.SharePer != "" {
		d, _, err := c.column(c.q.SharePer)
		if err == nil && d == nil {
			err = queryErrorf(CodeShape, "a share is within a dimension, and %s is none", c.q.SharePer)
		}
		if err != nil {
			return "", err
		}
		return "PARTITION BY " + strings.Join(c.keys(d), ", "), nil
	}
	return c.sharePartition(sequence, others), nil
}

func (c *compiler) sharePartition(sequence *dim, others []string) string {
	if sequence == nil || len(others) == 0 {
		return ""
	}
	return "PARTITION BY " + c.d.alias(sequence.key)
}

func (c *compiler) runningWindow(m *measure, sequence *dim, others []string) (string, error) {
	if sequence == nil {
		return "", queryErrorf(CodeShape, "a running total needs a time to run along")
	}
	if !m.adds {
		return "", queryErrorf(CodeShape, "the values of %s at different times do not add up, so it has no running total", m.key)
	}
	window := "ORDER BY " + c.d.order(c.d.alias(sequence.key), false) + " ROWS UNBOUNDED PRECEDING"
	if len(others) > 0 {
		window = "PARTITION BY " + strings.Join(others, ", ") + " " + window
	}
	return window, nil
}

// chosen restricts, sorts and cuts the rows.
func (c *compiler) chosen(stage *selectStmt) (*selectStmt, error) {
	keys, err := c.orderKeys(c.q.Order, "")
	if err != nil {
		return nil, err
	}
	perKey, rank, err := c.limitPer()
	if err != nil {
		return nil, err
	}
	natural := slices.ContainsFunc(c.dims, func(d *dim) bool { return d.field != nil && len(d.field.Ordered) > 0 })
	computed := c.d.nullsFirst && len(keys) > 0 || !c.d.sortsByOutput && slices.ContainsFunc(c.q.Order, func(o Order) bool { return o.Size })
	if len(c.q.Having) > 0 || c.q.Top != nil || perKey != "" || natural || computed {
		inner := stage
		stage = &selectStmt{from: c.push("result", inner)}
		for _, col := range inner.columns {
			stage.add(col.name, col.name)
		}
		for _, h := range c.q.Having {
			test, err := c.having(h, stage.from)
			if err != nil {
				return nil, err
			}
			stage.where = append(stage.where, test)
		}
	}
	if c.q.Top != nil {
		test, err := c.top()
		if err != nil {
			return nil, err
		}
		stage.where = append(stage.where, test)
	}
	if perKey != "" {
		stage = c.ranked(stage, rank)
		if keys, err = c.perFirst(perKey); err != nil {
			return nil, err
		}
	} else {
		stage.limit = c.q.Limit
	}
	stage.order = keys
	return stage, nil
}

// ranked keeps of a stage the rows that the condition on their rank keeps.
func (c *compiler) ranked(stage *selectStmt, rank string) *selectStmt {
	if c.d.qualify {
		stage.qualify = rank + " <= " + strconv.Itoa(c.q.Limit)
		return stage
	}
	out := &selectStmt{}
	for _, col := range stage.columns {
		out.add(col.name, col.name)
	}
	place := c.d.alias(c.innerName("place", c.dims))
	stage.add(rank, place)
	out.from = c.push("ranked", stage)
	out.where = []string{place + " <= " + strconv.Itoa(c.q.Limit)}
	return out
}

// top writes the condition that keeps the values that come first.
func (c *compiler) top() (string, error) {
	t := c.q.Top
	of, _, err := c.column(t.Of)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(c.measures, func(m *measure) bool { return m.key == t.By })
	if of == nil || i < 0 || t.N < 1 {
		return "", queryErrorf(CodeShape, "the first %d of %s by %s are not values of a dimension by a measure", t.N, t.Of, t.By)
	}
	all, err := c.measured([]*dim{of}, c.measures[i:i+1], []side{{name: "now", period: c.q.Period}}, false)
	if err != nil {
		return "", err
	}
	value, by := c.d.alias(of.key), c.d.alias(c.measures[i].key)
	first := &selectStmt{from: c.push("by_"+of.key, all), where: []string{value + " IS NOT NULL"}, limit: t.N,
		order: []string{c.d.order(by, !t.Least), c.ordered(of, value, false)}}
	kept := c.keys(of)
	kept = kept[len(kept)-1:] // which tells the values apart
	column := value
	if kept[0] != value {
		column = c.d.alias("kept")
	}
	first.add(kept[0], column)
	return kept[0] + " IN (SELECT " + column + " FROM " + c.push("top_"+of.key, first) + ")", nil
}

// column finds an output column by the key a query names it with.
func (c *compiler) column(key string) (*dim, string, error) {
	for _, d := range c.dims {
		if d.key == key || d.Key() == key {
			return d, d.key, nil
		}
	}
	for _, m := range c.measures {
		for _, k := range c.derivedKeys(m) {
			if k == key {
				return nil, key, nil
			}
		}
	}
	return nil, "", queryErrorf(CodeUnknown, "the result has no column %s", key)
}

func (c *compiler) derivedKeys(m *measure) []string {
	keys := []string{m.key}
	if c.q.Compare != nil {
		keys = append(keys, m.key+"__before", m.key+"__change", m.key+"__growth")
	}
	if c.q.Share {
		keys = append(keys, m.key+"__share")
	}
	if c.q.Cumulative {
		keys = append(keys, m.key+"__total")
	}
	if c.q.Total {
		keys = append(keys, m.key+"__all")
	}
	return keys
}

// orderKeys writes the sort of the result: as asked, else times ascending, else the
// first measure descending; ties by the dimensions. The column skip is left out.
func (c *compiler) orderKeys(orders []Order, skip string) ([]string, error) {
	var keys []string
	used := map[string]bool{skip: true}
	put := func(d *dim, column string, desc, size bool) {
		if used[column] {
			return
		}
		used[column] = true
		if place := c.naturalPlace(d, column); place != "" {
			keys = append(keys, c.d.order(place, desc))
		}
		x := c.d.alias(column)
		if size {
			x = "ABS(" + x + ")"
		}
		keys = append(keys, c.ordered(d, x, desc))
	}
	for _, o := range orders {
		d, column, err := c.column(o.Key)
		if err != nil {
			return nil, err
		}
		if o.Size && d != nil {
			return nil, queryErrorf(CodeShape, "%s is a dimension, whose values have no size", o.Key)
		}
		put(d, column, o.Desc, o.Size)
	}
	if len(orders) == 0 && skip == "" {
		for _, d := range c.dims {
			if d.isTime() || d.Grain.recurring() {
				put(d, d.key, false, false)
			}
		}
	}
	if len(keys) == 0 && len(c.measures) > 0 && len(c.dims) > 0 {
		put(nil, c.measures[0].key, true, false)
	}
	for _, d := range c.dims {
		put(d, d.key, false, false)
	}
	return keys, nil
}

// ordered writes the key of ORDER BY for a column: of texts by their letters, of what may
// be texts by their letters where they sort as one.
func (c *compiler) ordered(d *dim, x string, desc bool) string {
	if d == nil || c.d.apart == nil || !d.mayBeText() {
		return c.d.order(x, desc)
	}
	if d.field.holds() == Categorical || d.field.holds() == FreeText {
		return c.d.order(c.d.apart(x), desc)
	}
	key := c.d.order(x, desc)
	key += ", " + c.d.apart(x)
	if desc {
		key += " DESC"
	}
	return key
}

// naturalPlace writes the place of a value in its field's natural order, "" where it
// has none. Other values come after.
func (c *compiler) naturalPlace(d *dim, column string) string {
	if d == nil || d.field == nil || d.Grain != "" || len(d.field.Ordered) == 0 {
		return ""
	}
	var b strings.Builder
	name := c.d.alias(column)
	b.WriteString("CASE WHEN " + name + " IS NULL THEN NULL")
	for i, v := range d.field.Ordered {
		b.WriteString(" WHEN " + c.d.equal(name, []string{c.d.text(v)}, true) + " THEN " + strconv.Itoa(i+1))
	}
	b.WriteString(" ELSE " + strconv.Itoa(len(d.field.Ordered)+1) + " END")
	return b.String()
}

// limitPer returns the column within which the limit counts, and the place of a row
// within it.
func (c *compiler) limitPer() (key, rank string, err error) {
	if c.q.LimitPer == "" || c.q.Limit == 0 {
		return "", "", nil
	}
	d, key, err := c.column(c.q.LimitPer)
	if err != nil {
		return "", "", err
	}
	if d == nil {
		return "", "", queryErrorf(CodeShape, "the limit counts within a dimension, and %s is none", c.q.LimitPer)
	}
	keys, err := c.orderKeys(c.q.Order, key)
	if err != nil {
		return "", "", err
	}
	over := "PARTITION BY " + strings.Join(c.keys(d), ", ")
	if len(keys) > 0 {
		over += " ORDER BY " + strings.Join(keys, ", ")
	}
	return key, "ROW_NUMBER() OVER (" + over + ")", nil
}

// perFirst sorts by the column within which the limit counts, then as within it.
func (c *compiler) perFirst(key string) ([]string, error) {
	first := Order{Key: key}
	for _, o := range c.q.Order {
		if _, column, _ := c.column(o.Key); column == key {
			first.Desc = o.Desc
		}
	}
	outer, err := c.orderKeys([]Order{first}, "")
	if err != nil {
		return nil, err
	}
	within, err := c.orderKeys(c.q.Order, key)
	if err != nil {
		return nil, err
	}
	keys := outer[:1]
	if d, _, _ := c.column(key); c.naturalPlace(d, key) != "" {
		keys = outer[:2]
	}
	return append(keys, within...), nil
}

// having writes a condition on a figure; from holds all rows, before the condition.
func (c *compiler) having(h Having, from string) (string, error) {
	d, column, err := c.column(h.Key)
	if err != nil {
		return "", err
	}
	if d != nil {
		return "", queryErrorf(CodeShape, "%s is a dimension; restrict it by a filter", h.Key)
	}
	x := rawSQL{c.d.alias(column), precAtom}
	switch h.Op {
	case IsNull:
		return x.text + " IS NULL", nil
	case In, Greater, AtLeast, Less, AtMost, Between:
	default:
		return "", queryErrorf(CodeValue, "%q is not an operator for the figure %s", h.Op, h.Key)
	}
	if h.Mean {
		if h.Op == In || h.Op == Between || len(h.Values) > 0 {
			return "", queryErrorf(CodeValue, "%q does not compare %s with its mean", h.Op, h.Key)
		}
		if c.q.Total {
			return x.text + " " + string(h.Op) + " " + c.d.alias(column+"__all"), nil
		}
		return x.text + " " + string(h.Op) + " (SELECT " + c.d.sql(&callExpr{name: "avg", args: []expr{x}}) + " FROM " + from + ")", nil
	}
	if err := checkCount(h.Key, h.Op, h.Values); err != nil {
		return "", err
	}
	cond := &condition{name: h.Key, x: x}
	if err := c.valueTest(cond, &Field{Kind: Numeric}, Filter{Field: h.Key, Op: h.Op, Values: h.Values}); err != nil {
		return "", err
	}
	return cond.sql(c.d), nil
}
