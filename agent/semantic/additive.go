package semantic

// Additive reports whether the values of the metric's parts add up to the value of
// the whole, so that shares of it make sense: sums and row counts do, distinct
// counts, averages and ratios do not. Distinct counts never do, even of a key: split
// by the many side they count one row in several parts.
func (m *Model) Additive(metric string) bool {
	c, err := newCompiler(m, Query{Measures: []Measure{{Metric: metric}}}, CompileOptions{})
	if err != nil || c.resolve() != nil || len(c.measures) != 1 || !c.measures[0].adds {
		return false
	}
	for _, a := range c.aggs {
		if a.call.distinct {
			return false
		}
	}
	return true
}
