package semantic

// Additive reports whether the values of the metric's parts add up to the value of
// the whole, so that shares of it make sense: sums and row counts do, distinct
// counts, averages and ratios do not.
func (m *Model) Additive(metric string) bool {
	c, err := newCompiler(m, Query{Measures: []Measure{{Metric: metric}}}, CompileOptions{})
	if err != nil || c.resolve() != nil {
		return false
	}
	return len(c.measures) == 1 && c.measures[0].adds
}
