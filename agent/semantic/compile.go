package semantic

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CompileOptions say for whom a query is compiled.
type CompileOptions struct {
	// Dialect of the SQL; nil means DuckDB.
	Dialect *Dialect
	// Timezone is the IANA zone of the query's dates. Where the model names another
	// one, its timestamps are moved from there; fields of format "date" are not.
	Timezone string
}

// compiler is the state of one compilation.
type compiler struct {
	m    *Model
	q    Query
	d    *Dialect
	g    *graph
	cal  calendar
	zone [2]string // from and to; empty when timestamps stay as they are

	// usesTime is set when a metric's time field matters to the query: two metrics
	// that differ only in it are then two subqueries.
	usesTime bool

	dims     []*dim
	measures []*measure
	aggs     []*aggregate
	filters  []*condition
	parts    []*partFilter

	far *far // what lies in several databases, nil for one

	ctes   []cte
	taken  map[string]bool // names of subqueries and tables, lower case
	names  map[string]bool // likewise taken, of all queries
	tables []string
}

type cte struct {
	name string
	body *selectStmt
}

// dim is a Dimension resolved.
type dim struct {
	Dimension
	key     string
	ds      *Dataset // nil for each metric's own time
	field   *Field
	x       expr
	noShift bool // of the period compared with: keeps its own dates
}

func (d *dim) own() bool { return d.ds == nil }

// sequence reports whether values of the grain follow each other in time.
func (g Grain) sequence() bool {
	switch g {
	case Hour, Day, Week, Month, Quarter, Year:
		return true
	}
	return false
}

func (g Grain) recurring() bool {
	switch g {
	case Weekday, HourOfDay, MonthOfYear, DayKind, DayKindKo:
		return true
	}
	return false
}

// Compile turns a query into one SELECT.
//
// Every metric is aggregated over its own dataset: dimensions and filters are
// reached over relationships from many to one, which never multiplies rows. A filter
// on the many side keeps a row when some row there matches (none, when negated). A
// metric over several datasets, or several metrics, are aggregated apart and put
// together by their dimensions; a sum or count without rows is then 0. Counts of
// distinct values, minima and maxima may also be grouped by the many side, since
// repeated rows do not change them; other metrics may not.
//
// Errors are of type *QueryError.
func (m *Model) Compile(q Query, opts CompileOptions) (*Compiled, error) {
	c, err := newCompiler(m, q, opts)
	if err != nil {
		return nil, err
	}
	if err := c.resolve(); err != nil {
		return nil, err
	}
	stage, err := c.stages()
	if err != nil {
		return nil, err
	}
	slices.Sort(c.tables)
	return &Compiled{SQL: c.render(stage), Tables: slices.Compact(c.tables), Outputs: c.outputs()}, nil
}

func newCompiler(m *Model, q Query, opts CompileOptions) (*compiler, error) {
	c := &compiler{m: m, q: q, d: opts.Dialect, g: graphOf(m), names: tableNames(m), taken: map[string]bool{}}
	if c.d == nil {
		c.d = DuckDB
	}
	c.cal = calendarOf(m)
	if m.Timezone != "" && opts.Timezone != "" && m.Timezone != opts.Timezone {
		for _, z := range [...]string{m.Timezone, opts.Timezone} {
			if _, err := time.LoadLocation(z); err != nil {
				return nil, queryErrorf(CodeValue, "there is no time zone %q", z)
			}
		}
		c.zone = [2]string{m.Timezone, opts.Timezone}
	}
	c.usesTime = q.Period != nil
	for _, x := range q.Dimensions {
		c.usesTime = c.usesTime || x.Field == ""
	}
	for _, x := range q.Measures {
		c.usesTime = c.usesTime || x.Over != ""
	}
	for _, x := range q.Filters {
		c.usesTime = c.usesTime || x.Field == ""
	}
	return c, nil
}

// fresh returns a name for a subquery that no table has.
func (c *compiler) fresh(name string) string {
	name = strings.TrimRight(cutName(name, longestAlias-len("_999")), " ") // no name of MySQL's ends in a blank
	for i := 1; ; i++ {
		try := name
		if i > 1 {
			try += "_" + strconv.Itoa(i)
		}
		if key := strings.ToLower(try); !c.taken[key] && !c.names[key] {
			c.taken[key] = true
			return try
		}
	}
}

// push makes a subquery of body and returns its name as SQL.
func (c *compiler) push(name string, body *selectStmt) string {
	name = c.d.name(c.fresh(name))
	c.ctes = append(c.ctes, cte{name, body})
	return name
}

func (c *compiler) resolve() error {
	if err := c.resolveShape(); err != nil {
		return err
	}
	if err := c.resolveDims(); err != nil {
		return err
	}
	if err := c.resolveMeasures(); err != nil {
		return err
	}
	c.nameColumns()
	for _, f := range c.q.Filters {
		if f.Field == "" && f.Grain != "" {
			part, err := newPartFilter(f)
			if err != nil {
				return err
			}
			c.parts = append(c.parts, part)
			continue
		}
		cond, err := c.condition(f)
		if err != nil {
			return err
		}
		c.filters = append(c.filters, cond)
	}
	return nil
}

func (c *compiler) resolveShape() error {
	q := c.q
	if len(q.Measures) == 0 && len(q.Dimensions) == 0 {
		return queryErrorf(CodeShape, "the query asks for nothing: no measure and no dimension")
	}
	if q.Limit < 0 {
		return queryErrorf(CodeShape, "the limit is negative")
	}
	for _, p := range []*Period{q.Period, c.before()} {
		if p != nil && !p.Start.IsZero() && !p.End.IsZero() && !p.Start.Before(p.End) {
			return queryErrorf(CodeShape, "the period ends on %s, not after its start", p.End.Format(time.DateOnly))
		}
	}
	if q.Compare != nil && q.Period == nil {
		return queryErrorf(CodeShape, "a comparison needs a period to compare")
	}
	if q.Compare != nil && len(q.Measures) == 0 {
		return queryErrorf(CodeShape, "a comparison needs a measure to compare")
	}
	return nil
}

// parse reads an expression that the engine can compute.
func (c *compiler) parse(text string) (expr, error) {
	e, err := parseExpr(text)
	if err == nil {
		err = c.computable(e)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// computable is an error that says what of an expression the engine cannot compute, nil
// where it can.
func (c *compiler) computable(e expr) error {
	why := ""
	inspect(e, func(n expr) bool {
		if why == "" && c.d.refuse != nil {
			why = c.d.refuse(n)
		}
		return why == ""
	})
	if why != "" {
		return errors.New(why)
	}
	return nil
}

func (c *compiler) before() *Period {
	if c.q.Compare == nil {
		return nil
	}
	return &c.q.Compare.Period
}

func (c *compiler) resolveDims() error {
	for _, x := range c.q.Dimensions {
		if slices.ContainsFunc(c.dims, func(d *dim) bool { return d.Dimension == x }) {
			continue
		}
		d, err := c.resolveDim(x)
		if err != nil {
			return err
		}
		c.dims = append(c.dims, d)
	}
	return nil
}

func (c *compiler) resolveDim(x Dimension) (*dim, error) {
	d := &dim{Dimension: x, key: x.Key()}
	if x.Grain != "" && !x.Grain.sequence() && !x.Grain.recurring() {
		return nil, queryErrorf(CodeValue, "%q is not a grain of time", x.Grain)
	}
	if x.Field == "" {
		switch {
		case x.Grain == "":
			return nil, queryErrorf(CodeShape, "a dimension has neither a field nor a grain")
		case len(c.q.Measures) == 0:
			return nil, queryErrorf(CodeShape, "without a measure, the %s dimension needs a field", x.Grain)
		}
		return d, nil
	}
	var err error
	d.ds, d.field, d.x, err = c.field(x.Field)
	if err != nil {
		return nil, err
	}
	if x.Grain != "" && !d.field.temporal() {
		return nil, queryErrorf(CodeShape, "%s is not a date, so it has no %s", x.Field, x.Grain)
	}
	return d, nil
}

func (f *Field) temporal() bool { return f.IsTime || f.Kind == Temporal }

// field resolves "dataset.field", with its expression in the query's time zone.
func (c *compiler) field(ref string) (*Dataset, *Field, expr, error) {
	ds, f := c.m.Field(ref)
	if f == nil {
		return nil, nil, nil, queryErrorf(CodeUnknown, "there is no field %s", ref)
	}
	x, err := c.fieldExpr(ds, f)
	if err != nil {
		return nil, nil, nil, err
	}
	if c.zone[0] != "" && f.temporal() && f.Format != "date" {
		x = &zoneExpr{&zoneExpr{x, textLit{c.zone[0]}}, textLit{c.zone[1]}}
	}
	return ds, f, x, nil
}

func (c *compiler) resolveMeasures() error {
	for _, x := range c.q.Measures {
		if slices.ContainsFunc(c.measures, func(m *measure) bool { return m.Measure == x }) {
			continue
		}
		m, err := c.resolveMeasure(x)
		if err != nil {
			return err
		}
		c.measures = append(c.measures, m)
	}
	return nil
}

func (c *compiler) resolveMeasure(x Measure) (*measure, error) {
	m := &measure{Measure: x, key: x.Key()}
	var err error
	if m.metric, m.formula, err = c.metric(x.Metric); err != nil {
		return nil, err
	}
	if x.Each != "" {
		return m, c.resolveEach(m)
	}
	if x.Median {
		if m.formula, err = c.median(m.metric); err != nil {
			return nil, err
		}
	}
	switch {
	case x.Median && (x.Per != "" || x.Over != ""):
		return nil, queryErrorf(CodeShape, "the median of %s is not averaged again", x.Metric)
	case x.Per != "" && x.Over != "":
		return nil, queryErrorf(CodeShape, "the measure %s is both per %s and averaged over %s", x.Metric, x.Per, x.Over)
	case x.Per != "":
		var denominator expr
		if m.per, denominator, err = c.metric(x.Per); err != nil {
			return nil, err
		}
		m.formula = c.d.divide(m.formula, denominator)
	case x.Over != "" && !x.Over.sequence():
		return nil, queryErrorf(CodeShape, "a measure cannot be averaged over %s", x.Over)
	}
	m.adds = x.Over == "" && addsUp(m.formula)
	return m, nil
}

// median is the median of what a metric is the average of.
func (c *compiler) median(x *Metric) (expr, error) {
	text, _ := pickExpression(x.Expression)
	e, err := c.parse(text)
	call, ok := e.(*callExpr)
	if err != nil || !ok || !strings.EqualFold(call.name, "AVG") {
		return nil, queryErrorf(CodeShape, "%s is not the average of a field, which has a median", x.Name)
	}
	middle := *call
	middle.name = "median"
	return c.register(x, &middle, x.Time, &middle)
}

func (c *compiler) metric(name string) (*Metric, expr, error) {
	x := c.m.Metric(name)
	if x == nil {
		return nil, nil, queryErrorf(CodeUnknown, "there is no metric %s", name)
	}
	formula, err := c.metricFormula(x, "", nil)
	if err != nil {
		return nil, nil, err
	}
	if p := c.q.Period; p != nil && (!p.Start.IsZero() || !p.End.IsZero()) {
		for _, a := range appendAggregates(nil, formula) {
			if a.time == "" {
				return nil, nil, queryErrorf(CodeNoTime, "the metric %s has no time field, so it cannot be asked for a period", name)
			}
		}
	}
	return x, formula, nil
}

// times returns the time fields of the measure's aggregates.
func (m *measure) times() []string {
	var fields []string
	for _, a := range appendAggregates(nil, m.formula) {
		if a.time != "" && !slices.Contains(fields, a.time) {
			fields = append(fields, a.time)
		}
	}
	return fields
}

// nameColumns gives every output column and every aggregate a name of its own.
func (c *compiler) nameColumns() {
	used := map[string]int{}
	for _, m := range c.measures {
		used[strings.ToLower(m.key)]++
	}
	for _, d := range c.dims {
		used[strings.ToLower(d.key)]++
	}
	for _, d := range c.dims {
		if used[strings.ToLower(d.key)] > 1 && !d.own() {
			d.key = Dimension{Field: d.ds.Name + "_" + d.field.Name, Grain: d.Grain}.Key()
		}
		used[strings.ToLower(d.key)]++
	}
	for _, m := range c.measures {
		if p, ok := m.formula.(partRef); ok && !m.nested() && p.agg.column == "" {
			p.agg.column = m.key
		}
	}
	n := 0
	for _, a := range c.aggs {
		for a.column == "" {
			n++
			if name := "part_" + strconv.Itoa(n); used[name] == 0 {
				a.column = name
			}
		}
	}
}
