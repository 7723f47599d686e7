package semantic

import (
	"slices"
	"strings"
)

// aggregate is one aggregate call of a metric, over the rows of one dataset.
type aggregate struct {
	call *callExpr
	text string // what tells it from others
	base string // the dataset whose rows are aggregated
	time string // the metric's time field, "" for none
	// zero: over no rows it is 0 and not unknown.
	zero bool
	// adds: the values of parts add up to the value of the whole.
	adds bool
	// column is the name it has in subqueries.
	column string
}

// measure is a Measure as a formula over aggregates.
type measure struct {
	Measure
	key     string
	metric  *Metric
	per     *Metric
	each    *each // of what the metric is taken apart, nil for nothing
	formula expr  // aggregates as partRef
	adds    bool
}

// dialectOrder is the order in which an expression's dialects are tried. The default
// of the Ossie expression language comes first; the rest are close enough to read.
var dialectOrder = []string{"OSSIE_SQL_2026", "ANSI_SQL", "SNOWFLAKE", "DATABRICKS", "BIGQUERY"}

// pickExpression returns the expression to compile. ok is false when there is none in
// a dialect of SQL.
func pickExpression(by map[string]string) (text string, ok bool) {
	text, ok = by[pickDialect(by)]
	return text, ok
}

func pickDialect(by map[string]string) string {
	for _, d := range dialectOrder {
		if _, found := by[d]; found {
			return d
		}
	}
	return ""
}

func (c *compiler) fieldExpr(ds *Dataset, f *Field) (expr, error) {
	text, ok := pickExpression(f.Expression)
	if !ok {
		return nil, queryErrorf(CodeExpression, "the field %s.%s has no expression in ANSI_SQL", ds.Name, f.Name)
	}
	e, err := c.parse(text)
	if err != nil {
		return nil, queryErrorf(CodeExpression, "the expression of field %s.%s: %v", ds.Name, f.Name, err)
	}
	return c.qualify(ds, e)
}

// qualify puts the dataset's name before every column of e.
func (c *compiler) qualify(ds *Dataset, e expr) (expr, error) {
	return transform(e, func(n expr) (expr, error) {
		if isAggregate(n) {
			return nil, queryErrorf(CodeExpression, "an expression of %s aggregates with %s; only metrics may", ds.Name, strings.ToUpper(n.(*callExpr).name))
		}
		ref, ok := n.(*nameRef)
		if !ok {
			return nil, nil
		}
		column := ref.parts[len(ref.parts)-1]
		if ref.star || len(ref.parts) == 2 && !strings.EqualFold(ref.parts[0], ds.Name) {
			return nil, queryErrorf(CodeExpression, "an expression of %s refers to %s; it may only name columns of its own source", ds.Name, strings.Join(ref.parts, "."))
		}
		return &nameRef{parts: []string{ds.Name, column}, kind: ds.kindOf(column)}, nil
	})
}

// kindOf says what a column holds, by the field that is the column.
func (d *Dataset) kindOf(column string) Kind {
	for _, f := range d.Fields {
		if text, _ := pickExpression(f.Expression); strings.EqualFold(strings.Trim(text, "\"`"), column) {
			return f.holds()
		}
	}
	return ""
}

// holds is the kind of the field's values in the database: a code may be a number.
func (f *Field) holds() Kind {
	switch f.Datatype {
	case "String":
		return Categorical
	case "Integer", "Decimal", "Float":
		return Numeric
	case "Boolean":
		return Boolean
	}
	if f.temporal() {
		return Temporal
	}
	return f.Kind
}

// metricFormula returns the metric's expression with its aggregates registered.
// Within holds the metrics being expanded.
func (c *compiler) metricFormula(x *Metric, time string, within []string) (expr, error) {
	if slices.Contains(within, x.Name) {
		return nil, queryErrorf(CodeExpression, "the metric %s is defined by itself", strings.Join(append(within, x.Name), " → "))
	}
	if x.Time != "" {
		time = x.Time
	}
	text, ok := pickExpression(x.Expression)
	if !ok {
		return nil, queryErrorf(CodeExpression, "the metric %s has no expression in ANSI_SQL", x.Name)
	}
	e, err := c.parse(text)
	if err != nil {
		return nil, queryErrorf(CodeExpression, "the expression of metric %s: %v", x.Name, err)
	}
	within = append(within, x.Name)
	formula, err := transform(e, func(n expr) (expr, error) {
		if isAggregate(n) {
			return c.register(x, n.(*callExpr), time, e)
		}
		ref, ok := n.(*nameRef)
		if !ok {
			return nil, nil
		}
		if other := c.m.metricFold(strings.Join(ref.parts, ".")); other != nil {
			return c.metricFormula(other, time, within)
		}
		return nil, queryErrorf(CodeExpression, "the metric %s uses %s outside an aggregate function such as SUM", x.Name, strings.Join(ref.parts, "."))
	})
	if err == nil && c.aggCount(formula) == 0 {
		return nil, queryErrorf(CodeExpression, "the metric %s aggregates nothing", x.Name)
	}
	return formula, err
}

func (m *Model) metricFold(name string) *Metric {
	if x := m.Metric(name); x != nil {
		return x
	}
	for _, x := range m.Metrics {
		if strings.EqualFold(x.Name, name) {
			return x
		}
	}
	return nil
}

func (c *compiler) aggCount(e expr) int {
	n := 0
	inspect(e, func(x expr) bool {
		if _, ok := x.(partRef); ok {
			n++
		}
		return true
	})
	return n
}

// register resolves the fields of an aggregate call, finds the dataset it is over,
// and returns a reference to it. Equal calls share one aggregate.
func (c *compiler) register(x *Metric, call *callExpr, time string, whole expr) (expr, error) {
	var used []string
	resolved, err := c.resolveFields(x, call, &used)
	if err != nil {
		return nil, err
	}
	a := &aggregate{call: resolved.(*callExpr), time: time}
	if a.base, err = c.baseOf(x, used, time, whole); err != nil {
		return nil, err
	}
	a.zero = a.call.name == "sum" || strings.HasPrefix(a.call.name, "count") || a.call.name == "approx_count_distinct"
	a.adds = a.zero && a.call.name != "approx_count_distinct" && (!a.call.distinct || c.countsRows(a))
	if !c.usesTime {
		a.time = ""
	}
	a.text = a.base + "\x00" + a.time + "\x00" + c.d.sql(a.call)
	for _, have := range c.aggs {
		if have.text == a.text {
			return partRef{have}, nil
		}
	}
	c.aggs = append(c.aggs, a)
	return partRef{a}, nil
}

// countsRows reports whether a distinct count is of values that no two rows share, so
// that it counts rows and adds up.
func (c *compiler) countsRows(a *aggregate) bool {
	return a.call.name == "count" && len(a.call.args) == 1 && isUnique(c.m.Dataset(a.base), a.call.args[0])
}

// resolveFields replaces the fields named in e by their expressions.
func (c *compiler) resolveFields(x *Metric, e expr, used *[]string) (expr, error) {
	return transform(e, func(n expr) (expr, error) {
		if n != e && isAggregate(n) {
			return nil, queryErrorf(CodeExpression, "the metric %s has an aggregate inside an aggregate", x.Name)
		}
		if call, ok := n.(*callExpr); ok && call.name == "count" && len(call.args) == 1 {
			if ref, ok := call.args[0].(*nameRef); ok && ref.star {
				ds := c.m.datasetFold(ref.parts[0])
				if ds == nil {
					return nil, queryErrorf(CodeUnknown, "the metric %s counts %s, which is not a dataset", x.Name, ref.parts[0])
				}
				*used = append(*used, ds.Name)
				inner := *call
				inner.args, inner.star = nil, true
				var err error
				inner.filter, err = c.resolveFields(x, call.filter, used)
				return &inner, err
			}
		}
		ref, ok := n.(*nameRef)
		if !ok {
			return nil, nil
		}
		ds, f, err := c.m.resolveField(ref)
		if err != nil {
			return nil, queryErrorf(CodeUnknown, "the metric %s refers to %v", x.Name, err)
		}
		if !slices.Contains(*used, ds.Name) {
			*used = append(*used, ds.Name)
		}
		return c.fieldExpr(ds, f)
	})
}

func (m *Model) datasetFold(name string) *Dataset {
	if d := m.Dataset(name); d != nil {
		return d
	}
	for _, d := range m.Datasets {
		if strings.EqualFold(d.Name, name) {
			return d
		}
	}
	return nil
}

// resolveField finds the field a reference names: dataset.field, or a field that only
// one dataset has.
func (m *Model) resolveField(ref *nameRef) (*Dataset, *Field, error) {
	name := ref.parts[len(ref.parts)-1]
	if ref.star {
		return nil, nil, queryErrorf(CodeUnknown, "%s.*, which only COUNT takes", ref.parts[0])
	}
	if len(ref.parts) == 2 {
		ds := m.datasetFold(ref.parts[0])
		if ds == nil {
			return nil, nil, queryErrorf(CodeUnknown, "%s.%s, but there is no dataset %s", ref.parts[0], name, ref.parts[0])
		}
		if f := ds.fieldFold(name); f != nil {
			return ds, f, nil
		}
		return nil, nil, queryErrorf(CodeUnknown, "%s.%s, but the dataset %s has no field %s", ds.Name, name, ds.Name, name)
	}
	var ds *Dataset
	var f *Field
	for _, d := range m.Datasets {
		if g := d.fieldFold(name); g != nil {
			if f != nil {
				return nil, nil, queryErrorf(CodeUnknown, "%s, which both %s and %s have; write dataset.field", name, ds.Name, d.Name)
			}
			ds, f = d, g
		}
	}
	if f == nil {
		return nil, nil, queryErrorf(CodeUnknown, "%s, which no dataset has", name)
	}
	return ds, f, nil
}

func (d *Dataset) fieldFold(name string) *Field {
	for _, f := range d.Fields {
		if f.Name == name {
			return f
		}
	}
	for _, f := range d.Fields {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

// baseOf returns the dataset from which all of used are reached from many to one.
// COUNT(*) names none: it counts what the rest of the metric is about.
func (c *compiler) baseOf(x *Metric, used []string, time string, whole expr) (string, error) {
	if len(used) == 0 {
		return c.countedDataset(x, time, whole)
	}
	for _, from := range used {
		all := true
		for _, to := range used {
			if _, _, ok := c.g.up(from, to); !ok {
				all = false
				break
			}
		}
		if all {
			return from, nil
		}
	}
	return "", queryErrorf(CodeUnreachable, "the metric %s aggregates %s together, but no relationship leads from one of them to the others",
		x.Name, strings.Join(used, " and "))
}

func (c *compiler) countedDataset(x *Metric, time string, whole expr) (string, error) {
	var named []string
	inspect(whole, func(n expr) bool {
		if ref, ok := n.(*nameRef); ok && len(ref.parts) == 2 {
			if ds := c.m.datasetFold(ref.parts[0]); ds != nil && !slices.Contains(named, ds.Name) {
				named = append(named, ds.Name)
			}
		}
		return true
	})
	if len(named) == 1 {
		return named[0], nil
	}
	if ds, _ := c.m.Field(time); ds != nil {
		return ds.Name, nil
	}
	if len(c.m.Datasets) == 1 {
		return c.m.Datasets[0].Name, nil
	}
	return "", queryErrorf(CodeExpression, "the metric %s counts rows without saying of which dataset; write COUNT(dataset.*)", x.Name)
}

// addsUp reports whether the values of a formula for parts sum to its value for the
// whole: sums and counts, added, subtracted and scaled.
func addsUp(e expr) bool {
	switch n := e.(type) {
	case partRef:
		return n.agg.adds
	case *unaryExpr:
		return n.op != "NOT" && addsUp(n.x)
	case *binaryExpr:
		switch n.op {
		case "+", "-":
			return addsUp(n.l) && addsUp(n.r)
		case "*":
			return addsUp(n.l) && isNumber(n.r) || isNumber(n.l) && addsUp(n.r)
		case "/":
			return addsUp(n.l) && isNumber(n.r)
		}
	case *callExpr:
		return n.name == "coalesce" && len(n.args) == 2 && addsUp(n.args[0]) && n.args[1] == expr(literal{"0"})
	case *castExpr:
		return addsUp(n.x)
	}
	return false
}

func isNumber(e expr) bool {
	l, ok := e.(literal)
	return ok && isDigit(l.text[0])
}
