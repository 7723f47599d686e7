package semantic

import "slices"

// values compiles a query without measures: the distinct values of its dimensions.
func (c *compiler) values() (*selectStmt, error) {
	if c.q.Share || c.q.Cumulative || c.q.Total || len(c.q.Having) > 0 {
		return nil, queryErrorf(CodeShape, "a list of values has no share, total or condition on a figure")
	}
	var targets []string
	for _, d := range c.dims {
		if !slices.Contains(targets, d.ds.Name) {
			targets = append(targets, d.ds.Name)
		}
	}
	root, err := c.commonSource(targets)
	if err != nil {
		return nil, err
	}
	if root == "" {
		return nil, queryErrorf(CodeUnreachable, "no dataset leads to all of the dimensions")
	}
	b := &branch{from: root, base: root}
	if c.q.Period != nil {
		if b.time, err = c.listTime(root); err != nil {
			return nil, err
		}
	}
	sel, err := c.read("values", func() (*selectStmt, error) {
		sel, err := c.pass(b, side{period: c.q.Period}, c.dims)
		if err == nil && len(sel.apart) == 0 {
			sel.groups, sel.distinct = 0, true
		}
		return sel, err
	})
	if err != nil {
		return nil, err
	}
	return c.chosen(sel)
}

// listTime returns the time field a list of values is restricted along: the one of
// the dimensions, else the only one of the dataset.
func (c *compiler) listTime(root string) (string, error) {
	found := ""
	for _, d := range c.dims {
		if d.field.temporal() {
			return d.Field, nil
		}
	}
	ds := c.m.Dataset(root)
	for _, f := range ds.Fields {
		if !f.temporal() {
			continue
		}
		if found != "" {
			return "", queryErrorf(CodeNoTime, "%s has several time fields, so a list of its values cannot be restricted to a period; ask with a metric", root)
		}
		found = root + "." + f.Name
	}
	if found == "" {
		return "", queryErrorf(CodeNoTime, "%s has no time field, so a list of its values cannot be restricted to a period; ask with a metric", root)
	}
	return found, nil
}
