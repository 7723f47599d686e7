package semantic

import "strings"

// ranking is an aggregate that reads its value off the rows in their order, for engines
// that have no such aggregate: a quantile, or the value where another is greatest.
type ranking struct {
	value expr // of a row
	by    expr // what the rows are sorted by; nil for the value itself
	desc  bool
	share expr // of a quantile, 0 to 1
	// between: a quantile that falls between two rows lies between their values.
	between bool
}

// rankingOf returns how a call is read off sorted rows, nil where it is not.
func rankingOf(n *callExpr) *ranking {
	r := &ranking{}
	switch n.name {
	case "median", "quantile_cont", "approx_quantile", "approx_percentile", "percentile_cont":
		r.between = true
	case "quantile", "quantile_disc", "percentile_disc":
	case "arg_max", "arg_min":
		r.desc = n.name == "arg_max"
	default:
		return nil
	}
	two := len(n.args) == 2
	switch {
	case n.name == "median" && len(n.args) == 1:
		r.value, r.share = n.args[0], literal{"0.5"}
	case strings.HasPrefix(n.name, "arg_") && two:
		r.value, r.by = n.args[0], n.args[1]
	case n.within != nil && len(n.args) == 1:
		r.value, r.share, r.desc = n.within, n.args[0], n.desc
	case n.within == nil && two:
		r.value, r.share = n.args[0], n.args[1]
	default:
		return nil
	}
	only := func(x expr) expr {
		if n.filter == nil || x == nil {
			return x
		}
		return &caseExpr{whens: []whenThen{{n.filter, x}}}
	}
	r.value, r.by = only(r.value), only(r.by)
	return r
}

// ranked makes of a query up to its dimensions, not yet grouped by them, one that groups
// its ranked rows, and the call that reads the value there.
func (c *compiler) rankedRows(sel *selectStmt, dims []*dim, r *ranking) (*selectStmt, *callExpr) {
	column := func(name string) string { return c.d.alias(c.innerName(name, dims)) }
	value, by, place, next, count := column("value"), column("sort"), column("place"), column("following"), column("rows_there")
	sel.groups, sel.apart = 0, nil
	x := c.d.sql(r.value)
	if r.between {
		x = c.d.sql(&castExpr{x: r.value, typ: "DOUBLE"})
	}
	sel.add(x, value)
	if r.by == nil {
		by = value
	} else {
		sel.add(c.d.sql(r.by), by)
	}
	rows := &selectStmt{from: c.push("valued", sel)}
	var partition []string
	for _, d := range dims {
		rows.add(c.d.alias(d.key), c.d.alias(d.key))
		partition = append(partition, c.keys(d)...)
	}
	over := "OVER ("
	if len(partition) > 0 {
		over += "PARTITION BY " + strings.Join(partition, ", ")
	}
	sorted := strings.Replace(over+" ORDER BY "+c.d.order(by, r.desc)+")", "( ", "(", 1)
	rows.add(value, value)
	rows.add("ROW_NUMBER() "+sorted, place)
	rows.add("COUNT("+by+") "+over+")", count)
	rows.add("LEAD("+value+") "+sorted, next)
	out := &selectStmt{from: c.push("ranked", rows), groups: len(dims)}
	for _, d := range dims {
		out.add(c.d.alias(d.key), c.d.alias(d.key))
		out.apart = append(out.apart, c.keys(d)[1:]...)
	}
	return out, &callExpr{name: "max", args: []expr{rawSQL{r.read(c.d, value, place, next, count), precAtom}}}
}

// read writes the value of the row that is asked for, null on the others.
func (r *ranking) read(d *Dialect, value, place, next, count string) string {
	if r.share == nil {
		return "CASE WHEN " + place + " = 1 AND " + count + " > 0 THEN " + value + " END"
	}
	share := d.operand(r.share, precProduct)
	if !r.between {
		return "CASE WHEN " + place + " = GREATEST(CEILING(" + share + " * " + count + "), 1) THEN " + value + " END"
	}
	before := share + " * (" + count + " - 1)"
	return "CASE WHEN " + place + " = 1 + FLOOR(" + before + ") THEN " + value + " + (" + before + " - FLOOR(" + before + ")) * (COALESCE(" + next + ", " + value + ") - " + value + ") END"
}
