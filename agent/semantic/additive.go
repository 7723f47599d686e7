package semantic

// Additive reports whether the values of the metric's parts add up to the value of
// the whole, so that shares of it make sense: sums and row counts do, distinct
// counts, averages and ratios do not. Distinct counts never do, even of a key: split
// by the many side they count one row in several parts. Nor do row counts that are split
// so: a song is on several playlists.
func (m *Model) Additive(metric string, by ...Dimension) bool {
	c, err := newCompiler(m, Query{Measures: []Measure{{Metric: metric}}, Dimensions: by}, CompileOptions{})
	if err != nil || c.resolve() != nil || len(c.measures) != 1 || !c.measures[0].adds {
		return false
	}
	for _, a := range c.aggs {
		if a.call.distinct {
			return false
		}
		if b, err := c.place(a, c.dims); err != nil || b.from != b.base {
			return false
		}
	}
	return true
}
