package semantic

import (
	"fmt"
	"slices"
	"strings"
)

// Tables finds a table by the name a dataset's source gives, without quotes. It
// reports false for one that does not exist.
type Tables func(name string) (Table, bool)

// Table is what a check needs to know of a real table.
type Table struct {
	Columns []TableColumn
}

// TableColumn is a column of a real table.
type TableColumn struct {
	Name string
	// Kind is Temporal, Numeric, Boolean or Categorical by the column's type; empty
	// when unknown.
	Kind Kind
	// Repeats is set when some value is known to occur in two rows.
	Repeats bool
}

func (t Table) column(name string) *TableColumn {
	for i := range t.Columns {
		if strings.EqualFold(t.Columns[i].Name, name) {
			return &t.Columns[i]
		}
	}
	return nil
}

// Check returns what is wrong with the model, in the order of its file. With tables
// it is compared with them, without (nil) only with itself. A model without errors
// compiles; warnings name what may be misunderstood.
func (m *Model) Check(tables Tables) []Problem {
	m = m.Indexed()
	c := &checker{m: m, tables: tables, real: map[*Dataset]*Table{}}
	c.names()
	for _, d := range m.Datasets {
		c.dataset(d)
	}
	for _, r := range m.Relationships {
		c.relationship(r)
	}
	c.ways()
	for _, x := range m.Metrics {
		c.metric(x)
	}
	c.words()
	sortProblems(c.problems)
	return c.problems
}

type checker struct {
	m        *Model
	tables   Tables
	real     map[*Dataset]*Table
	problems []Problem
}

func (c *checker) fail(element any, key, format string, args ...any) {
	c.problems = append(c.problems, Problem{c.m.Origin.At(element, key), SeverityError, fmt.Sprintf(format, args...)})
}

func (c *checker) warn(element any, key, format string, args ...any) {
	c.problems = append(c.problems, Problem{c.m.Origin.At(element, key), SeverityWarning, fmt.Sprintf(format, args...)})
}

// names finds what is called the same.
func (c *checker) names() {
	once := func(what string) func(element any, name string) {
		seen := map[string]bool{}
		return func(element any, name string) {
			switch key := strings.ToLower(name); {
			case strings.TrimSpace(name) == "":
				c.fail(element, "name", "%s has no name", what)
			case seen[key]:
				c.fail(element, "name", "there are two %ss called %s; rename one", strings.TrimPrefix(strings.TrimPrefix(what, "a "), "an "), name)
			default:
				seen[key] = true
			}
		}
	}
	dataset, relationship, metric := once("a dataset"), once("a relationship"), once("a metric")
	for _, d := range c.m.Datasets {
		dataset(d, d.Name)
		field := once("a field")
		for _, f := range d.Fields {
			field(f, f.Name)
		}
	}
	for _, r := range c.m.Relationships {
		relationship(r, r.Name)
	}
	for _, x := range c.m.Metrics {
		metric(x, x.Name)
	}
}

func (c *checker) dataset(d *Dataset) {
	src := parseSource(d.Source)
	if c.tables != nil {
		for _, name := range src.tables {
			t, ok := c.tables(tableIn(d.Database, name))
			if !ok {
				c.fail(d, "source", "there is no table %s; correct the source of dataset %s", name, d.Name)
			} else if !src.query {
				c.real[d] = &t
			}
		}
	}
	c.keyColumns(d, "primary_key", d.PrimaryKey)
	for _, k := range d.UniqueKeys {
		c.keyColumns(d, "unique_keys", k)
	}
	if d.Filter != "" {
		if e, err := parseExpr(d.Filter); err != nil {
			c.fail(d, "custom_extensions", "the filter of dataset %s: %v", d.Name, err)
		} else {
			c.columns(d, d, "custom_extensions", "the filter of dataset "+d.Name, e)
		}
	}
	for _, f := range d.Fields {
		c.field(d, f)
	}
}

func (c *checker) keyColumns(d *Dataset, key string, columns []string) {
	t := c.real[d]
	if t == nil {
		return
	}
	for _, name := range columns {
		col := t.column(name)
		if col == nil {
			c.fail(d, key, "the table of dataset %s has no column %s%s", d.Name, name, closest(name, t))
			continue
		}
		if col.Repeats && len(columns) == 1 {
			c.fail(d, key, "%s of dataset %s is not unique in the table, so it is no key", name, d.Name)
		}
	}
}

func (c *checker) field(d *Dataset, f *Field) {
	dialect := pickDialect(f.Expression)
	key := "expression/" + dialect
	if dialect == "" {
		c.fail(f, "expression", "the field %s.%s has no expression that can be run; give one in ANSI_SQL", d.Name, f.Name)
		return
	}
	e, err := parseExpr(f.Expression[dialect])
	if err != nil {
		c.fail(f, key, "the expression of field %s.%s: %v", d.Name, f.Name, err)
		return
	}
	c.columns(d, f, key, "the field "+d.Name+"."+f.Name, e)
	for _, same := range f.SameAs {
		if _, other := c.m.Field(same); other == nil || other == f {
			c.fail(f, "custom_extensions", "the field %s.%s is said to be the same as %s, which is no other field", d.Name, f.Name, same)
		}
	}
	ref, ok := e.(*nameRef)
	if t := c.real[d]; ok && t != nil && f.temporal() {
		if col := t.column(ref.parts[len(ref.parts)-1]); col != nil && col.Kind != "" && col.Kind != Temporal {
			c.fail(f, key, "the field %s.%s is a time, but its column is %s; cast it, as in CAST(%s AS DATE)", d.Name, f.Name, col.Kind, f.Expression[dialect])
		}
	}
}

// columns checks the columns an expression over a dataset's source names.
func (c *checker) columns(d *Dataset, element any, key, what string, e expr) {
	inspect(e, func(n expr) bool {
		if isAggregate(n) {
			c.fail(element, key, "%s aggregates with %s; only metrics may", what, strings.ToUpper(n.(*callExpr).name))
			return false
		}
		ref, ok := n.(*nameRef)
		if !ok {
			return true
		}
		name := ref.parts[len(ref.parts)-1]
		if ref.star || len(ref.parts) == 2 && !strings.EqualFold(ref.parts[0], d.Name) {
			c.fail(element, key, "%s refers to %s; it may only name columns of its own source", what, strings.Join(ref.parts, "."))
			return true
		}
		t := c.real[d]
		if t == nil || t.column(name) != nil {
			return true
		}
		hint := closest(name, t)
		if d.fieldFold(name) != nil && hint == "" {
			hint = "; fields cannot use other fields, so repeat its expression"
		}
		c.fail(element, key, "%s uses %s, but the table has no such column%s", what, name, hint)
		return true
	})
}

// closest suggests the column that was probably meant.
func closest(name string, t *Table) string {
	for _, col := range t.Columns {
		if editDistance(strings.ToLower(name), strings.ToLower(col.Name)) <= 2 {
			return "; did you mean " + col.Name + "?"
		}
	}
	return ""
}

func (c *checker) relationship(r *Relationship) {
	from, to := c.m.Dataset(r.From), c.m.Dataset(r.To)
	if from == nil {
		c.fail(r, "from", "the relationship %s starts at %s, which is no dataset", r.Name, r.From)
	}
	if to == nil {
		c.fail(r, "to", "the relationship %s leads to %s, which is no dataset", r.Name, r.To)
	}
	if len(r.FromColumns) != len(r.ToColumns) || len(r.FromColumns) == 0 {
		c.fail(r, "to_columns", "the relationship %s has %d from_columns and %d to_columns; they are paired in order", r.Name, len(r.FromColumns), len(r.ToColumns))
		return
	}
	if from == nil || to == nil {
		return
	}
	if from == to {
		c.warn(r, "to", "the relationship %s leads from %s to itself and is not used", r.Name, r.From)
	}
	c.endColumns(r, from, "from_columns", r.FromColumns)
	c.endColumns(r, to, "to_columns", r.ToColumns)
	c.oneSide(r, to)
}

func (c *checker) endColumns(r *Relationship, d *Dataset, key string, columns []string) {
	t := c.real[d]
	if t == nil {
		return
	}
	for _, name := range columns {
		if t.column(name) == nil {
			c.fail(r, key, "the relationship %s uses %s.%s, but the table has no such column%s", r.Name, d.Name, name, closest(name, t))
		}
	}
}

// oneSide checks that a relationship leads to at most one row.
func (c *checker) oneSide(r *Relationship, to *Dataset) {
	if t := c.real[to]; t != nil && len(r.ToColumns) == 1 {
		if col := t.column(r.ToColumns[0]); col != nil && col.Repeats {
			c.fail(r, "to_columns", "the relationship %s leads to %s.%s, which is not unique in the table: joining would count rows twice; swap from and to if that is the many side",
				r.Name, r.To, r.ToColumns[0])
			return
		}
	}
	keys := append([][]string{to.PrimaryKey}, to.UniqueKeys...)
	covered := slices.ContainsFunc(keys, func(k []string) bool {
		return len(k) > 0 && !slices.ContainsFunc(k, func(col string) bool {
			return !slices.ContainsFunc(r.ToColumns, func(x string) bool { return strings.EqualFold(x, col) })
		})
	})
	if !covered {
		c.warn(r, "to_columns", "%s is not declared as a key of %s; add it to primary_key or unique_keys if it is one", strings.Join(r.ToColumns, ", "), r.To)
	}
}

// ways finds datasets that lead to another in two equally short ways, and those that
// nothing leads to.
func (c *checker) ways() {
	g := graphOf(c.m)
	for _, from := range c.m.Datasets {
		for _, to := range c.reached(g, from.Name) {
			p, other, _ := g.up(from.Name, to.Name)
			if other == nil {
				continue
			}
			// Where it goes on from an ambiguous place, that place is told already.
			if q, before, _ := g.up(p[0].to(), to.Name); before == nil || q == nil {
				c.fail(p[len(p)-1].rel, "", "%v", ambiguous(from.Name, to.Name, p, other))
			}
		}
	}
	for _, d := range c.m.Datasets {
		if len(c.m.Datasets) > 1 && len(g.forward[d.Name])+len(g.backward[d.Name]) == 0 {
			c.warn(d, "", "no relationship joins %s to another dataset, so its figures cannot be split by fields of others", d.Name)
		}
	}
}

// reached are the datasets that a dataset leads to, in the model's order.
func (c *checker) reached(g *graph, from string) []*Dataset {
	var at []int
	for s := range g.search(from, 0) {
		if i, ok := c.m.index.datasets[s.dataset]; ok {
			at = append(at, i)
		}
	}
	slices.Sort(at)
	out := make([]*Dataset, len(at))
	for k, i := range at {
		out[k] = c.m.Datasets[i]
	}
	return out
}

func (c *checker) metric(x *Metric) {
	dialect := pickDialect(x.Expression)
	key := "expression/" + dialect
	if dialect == "" {
		c.fail(x, "expression", "the metric %s has no expression that can be run; give one in ANSI_SQL", x.Name)
		return
	}
	q := Query{Measures: []Measure{{Metric: x.Name}}}
	if x.Time != "" {
		ds, f := c.m.Field(x.Time)
		switch {
		case f == nil:
			c.fail(x, "custom_extensions", "the time of metric %s is %s, which is no field; write dataset.field", x.Name, x.Time)
			return
		case !f.temporal():
			c.fail(x, "custom_extensions", "the time of metric %s is %s.%s, which is not marked as a time (dimension: {is_time: true})", x.Name, ds.Name, f.Name)
			return
		}
	}
	if _, err := c.m.Compile(q, CompileOptions{}); err != nil {
		// A field's expression was told with the field.
		if !strings.HasPrefix(err.Error(), "the expression of field ") {
			c.fail(x, key, "%v", err)
		}
		return
	}
	if x.Time == "" {
		return
	}
	q.Dimensions = []Dimension{{Grain: Month}}
	if _, err := c.m.Compile(q, CompileOptions{}); err != nil {
		c.warn(x, key, "by month: %v", err)
	}
}

// words finds words that mean two things of the same sort.
func (c *checker) words() {
	metrics := c.vocabulary("metric")
	for _, x := range c.m.Metrics {
		metrics(x, x.Name, append([]string{x.Label.Ko, x.Label.En}, x.Synonyms...))
	}
	datasets := c.vocabulary("dataset")
	for _, d := range c.m.Datasets {
		datasets(d, d.Name, append([]string{d.Label.Ko, d.Label.En}, d.Synonyms...))
		fields := c.vocabulary("field")
		for _, f := range d.Fields {
			if f.Hidden {
				continue
			}
			fields(f, f.Name, append([]string{f.Label.Ko, f.Label.En}, f.Synonyms...))
			values := c.vocabulary("group of values")
			for i := range f.Values {
				values(f, strings.Join(f.Values[i].Values, ", "), f.Values[i].Words)
			}
		}
	}
}

func (c *checker) vocabulary(what string) func(element any, name string, words []string) {
	owner := map[string]string{}
	return func(element any, name string, words []string) {
		for _, w := range append([]string{name}, words...) {
			key := strings.ToLower(strings.TrimSpace(w))
			if key == "" {
				continue
			}
			if have, ok := owner[key]; ok && have != name {
				c.warn(element, "ai_context", "%q means both the %s %s and %s; a question with it will be asked back", w, what, have, name)
				continue
			}
			owner[key] = name
		}
	}
}
