package semantic

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Home is where a dataset of a model over several databases is.
type Home struct {
	Source  string   // as the configuration calls it
	Dialect *Dialect // nil means DuckDB
	// Rows is how many rows the dataset's table has, as far as is known; less than zero for
	// what nobody knows.
	Rows int64
}

// Fetch is what one source is asked for.
type Fetch struct {
	Name   string // of the table that holds the rows
	Source string
	SQL    string
	Tables []string // what SQL reads, as in Compiled
	// Dims are the columns that the rows are put together by, as the query's dimensions
	// call them; nil where the rows are a dataset's.
	Dims []string
	// Dataset is what the rows are of: what was read first, else the dataset itself.
	Dataset string
	// Lent are the datasets of other sources whose rows the statement brings along, and
	// Checks count which of these rows meet none of the source's.
	Lent   []string
	Checks []Check
	// Whole says that the rows are the dataset's as they are, for passes over them.
	Whole bool
}

// Check is a statement for the source of a Fetch. Its result is one row: how many rows of
// Dataset there are, and how many of them have no partner among those of With.
type Check struct{ SQL, Dataset, With string }

// Across is a query over several databases.
type Across struct {
	// Wanted are rows that statements bring along. Where there are any, nothing else is
	// there: the query is compiled again with them.
	Wanted []Fetch
	// Fetches are the statements to run. Of one alone its result is the query's, unless SQL
	// says more.
	Fetches []Fetch
	// SQL puts the results together, in the dialect of DuckDB, over tables called as the
	// fetches are; "" when there is nothing to put together.
	SQL     string
	Outputs []Output
}

// Rows are a dataset's rows as a statement for another source brings them along.
type Rows struct {
	Columns []string
	Types   []string // ANSI names, such as BIGINT or DECIMAL(38,2)
	// Cells are written as literals of text; nil is a null.
	Cells [][]*string
}

// AcrossOptions say where the datasets of a model are.
type AcrossOptions struct {
	Home func(*Dataset) Home
	// Lend are the rows of datasets, by name, that were Wanted before.
	Lend map[string]*Rows
	// TooMany names datasets whose rows are too many to be lent; see gather.
	TooMany map[string]bool
}

// far is the state of a compilation for several databases.
type far struct {
	opts    AcrossOptions
	fetches []Fetch
	wanted  []Fetch
	// touched are the datasets read by the subquery that is written, nil while none is.
	touched []string
	// lent are those of them whose rows the statement brings along.
	lent []string
	// gathers is set while a pass over rows that were gathered is written.
	gathers bool
}

// CompileAcross turns a query over several databases into a statement for each and one
// that puts their results together. Every pass over a dataset (see Compile) is a statement
// of its own, for the source of the dataset, and what follows is computed from the
// passes' results. A pass that leads over a relationship into another database brings the
// smaller tables' rows along, so that it counts and excludes exactly what it would if all
// were in one; where these are too many it runs where the results are put together, over
// the rows of both.
//
// Nothing is taken for 0 because another source has a row for it. Errors are as of
// Compile.
func (m *Model) CompileAcross(q Query, opts AcrossOptions) (*Across, error) {
	c, err := newCompiler(m, q, CompileOptions{})
	if err != nil {
		return nil, err
	}
	probe := *c
	probe.taken = map[string]bool{}
	probe.far = &far{opts: opts, touched: []string{}}
	if _, _, err := probe.compile(); err != nil {
		return nil, err
	}
	if homes := probe.far.homes(m); len(homes) < 2 {
		return m.compileAt(q, homes)
	}
	c.far = &far{opts: opts}
	sql, outputs, err := c.compile()
	if err != nil {
		return nil, err
	}
	if len(c.far.wanted) > 0 {
		return &Across{Wanted: c.far.wanted, Outputs: outputs}, nil
	}
	return &Across{Fetches: c.far.fetches, SQL: sql, Outputs: outputs}, nil
}

// compile is what Compile does.
func (c *compiler) compile() (string, []Output, error) {
	if err := c.resolve(); err != nil {
		return "", nil, err
	}
	stage, err := c.stages()
	if err != nil {
		return "", nil, err
	}
	return c.render(stage), c.outputs(), nil
}

// compileAt compiles a query that one database answers alone.
func (m *Model) compileAt(q Query, homes []Home) (*Across, error) {
	var home Home
	if len(homes) > 0 {
		home = homes[0]
	}
	one, err := m.Compile(q, CompileOptions{Dialect: home.Dialect})
	if err != nil {
		return nil, err
	}
	return &Across{Fetches: []Fetch{{Source: home.Source, SQL: one.SQL, Tables: one.Tables}}, Outputs: one.Outputs}, nil
}

// homes are the databases of what was touched.
func (f *far) homes(m *Model) []Home {
	var out []Home
	for _, name := range f.touched {
		h := f.opts.Home(m.Dataset(name))
		if !slices.ContainsFunc(out, func(have Home) bool { return have.Source == h.Source }) {
			out = append(out, h)
		}
	}
	return out
}

// ofSeveral reports whether measures are of more than one database.
func (c *compiler) ofSeveral(ms []*measure) bool {
	var seen []string
	for _, m := range ms {
		for _, a := range appendAggregates(nil, m.formula) {
			if d := c.m.Dataset(a.base).Database; !slices.Contains(seen, d) {
				seen = append(seen, d)
			}
		}
	}
	return len(seen) > 1
}

// read returns the query that write writes over datasets. Where there are several
// databases it is one over the rows that their source was asked for.
func (c *compiler) read(name string, write func() (*selectStmt, error)) (*selectStmt, error) {
	if c.far == nil || c.far.touched != nil {
		return write()
	}
	table, columns, err := c.fetch(name, write)
	if err != nil {
		return nil, err
	}
	out := &selectStmt{from: c.d.name(table)}
	for _, col := range columns {
		out.add(c.d.name(col), c.d.name(col))
	}
	return out, nil
}

// pushRead is read for a subquery; it returns its name as SQL.
func (c *compiler) pushRead(name string, write func() (*selectStmt, error)) (string, error) {
	if c.far != nil && c.far.touched == nil {
		table, _, err := c.fetch(name, write)
		return c.d.name(table), err
	}
	sel, err := write()
	if err != nil {
		return "", err
	}
	return c.push(name, sel), nil
}

// fetch has write write for the source that it is about, and returns the name of the
// table that holds the result, and its columns.
func (c *compiler) fetch(name string, write func() (*selectStmt, error)) (string, []string, error) {
	f := c.far
	join, tables, ctes := c.d, c.tables, c.ctes
	defer func() { c.d, c.tables, c.ctes, f.touched, f.lent = join, tables, ctes, nil, nil }()
	f.touched = []string{}
	if _, err := write(); err != nil {
		return "", nil, err
	}
	at, lent := f.seat(c.m)
	if slices.ContainsFunc(lent, func(name string) bool { return f.opts.TooMany[name] }) {
		c.ctes = ctes
		table, columns, err := c.gather(name, write)
		ctes = c.ctes
		return table, columns, err
	}
	f.touched, f.lent, c.tables, c.ctes = []string{}, lent, nil, nil
	c.d = amongOthers(at.Dialect)
	sel, err := write()
	if err != nil {
		return "", nil, err
	}
	// A list of values has its rows sorted where they are put together.
	table := c.fresh(name)
	one := Fetch{Name: table, Source: at.Source, SQL: c.render(sel), Lent: lent}
	slices.Sort(c.tables)
	one.Tables = slices.Compact(c.tables)
	columns := make([]string, len(sel.columns))
	for i, col := range sel.columns {
		columns[i] = unquoted(cmp.Or(col.name, col.sql))
		if i < sel.groups || sel.distinct {
			one.Dims = append(one.Dims, columns[i])
		}
	}
	if len(f.touched) > 0 {
		one.Dataset = f.touched[0]
	}
	one.Checks = c.checks()
	f.fetches = append(f.fetches, one)
	return table, columns, nil
}

// ranks reports whether an engine that is asked reads medians and the like off ranked rows.
// Where one does, these are computed apart from what else is of the same rows.
func (c *compiler) ranks() bool {
	return c.d.ranks || c.far != nil && slices.ContainsFunc(c.m.Datasets, func(d *Dataset) bool {
		at := c.far.opts.Home(d).Dialect
		return at != nil && at.ranks
	})
}

// seated is an error where the engine that runs a pass cannot compute one of its aggregates,
// which were read before it was known which engine that is.
func (c *compiler) seated(b *branch) error {
	if c.far == nil || b.ranking != nil && c.d.ranks {
		return nil
	}
	for _, a := range b.aggs {
		if err := c.computable(a.call); err != nil {
			return queryErrorf(CodeExpression, "%s: %v", a.base, err)
		}
	}
	return nil
}

// amongOthers is the dialect of a statement whose rows meet those of another engine.
func amongOthers(d *Dialect) *Dialect {
	switch d {
	case nil:
		return DuckDB
	case SQLite:
		return sqliteAmongOthers
	}
	return d
}

// checks are the statements that count the lent rows without a partner.
func (c *compiler) checks() (out []Check) {
	f := c.far
	touched := slices.Clone(f.touched)
	for _, r := range c.m.Relationships {
		lent, with := r.From, r.To
		if slices.Contains(f.lent, r.To) {
			lent, with = r.To, r.From
		}
		if !slices.Contains(f.lent, lent) || slices.Contains(f.lent, with) || !slices.Contains(touched, lent) || !slices.Contains(touched, with) {
			continue
		}
		sel := &selectStmt{from: c.table(c.m.Dataset(lent))}
		sel.add("COUNT(*)", "n")
		sel.add("SUM(CASE WHEN EXISTS (SELECT 1 FROM "+c.table(c.m.Dataset(with))+" WHERE "+c.on(r)+") THEN 0 ELSE 1 END)", "alone")
		out = append(out, Check{SQL: strings.ReplaceAll(sel.String(), breakMark, "\n"), Dataset: lent, With: with})
	}
	return out
}

// unquoted is a column's name as the dialects write it, without quotes.
func unquoted(name string) string {
	if len(name) < 2 || name[0] != '"' && name[0] != '`' {
		return name
	}
	quote := name[:1]
	return strings.ReplaceAll(strings.ReplaceAll(name[1:len(name)-1], quote+quote, quote), breakMark, "\n")
}

// seat chooses the database that runs a subquery, the one with the largest table, and
// the datasets whose rows it is lent.
func (f *far) seat(m *Model) (at Home, lent []string) {
	var most int64 = -1
	for _, name := range f.touched {
		h := f.opts.Home(m.Dataset(name))
		rows := h.Rows
		if rows < 0 {
			rows = 1 << 62
		}
		if rows > most {
			at, most = h, rows
		}
	}
	for _, name := range f.touched {
		if f.opts.Home(m.Dataset(name)).Source != at.Source && !slices.Contains(lent, name) {
			lent = append(lent, name)
		}
	}
	return at, lent
}

// elsewhere notes that a dataset is read, and writes the rows of one that is lent as an
// item of FROM.
func (c *compiler) elsewhere(ds *Dataset) (string, bool) {
	f := c.far
	if f == nil {
		return "", false
	}
	f.touched = append(f.touched, ds.Name)
	if f.gathers {
		return c.gathered(ds) + " AS " + c.d.name(ds.Name), true
	}
	if !slices.Contains(f.lent, ds.Name) {
		return "", false
	}
	rows := f.opts.Lend[ds.Name]
	if rows == nil {
		c.want(ds)
		return c.d.alias(ds.Name), true
	}
	return "(\n" + indent(c.d.values(rows)) + "\n) AS " + c.d.alias(ds.Name), true
}

// want asks for the rows of a dataset that are to be lent.
func (c *compiler) want(ds *Dataset) {
	f := c.far
	if !slices.ContainsFunc(f.wanted, func(w Fetch) bool { return w.Dataset == ds.Name }) {
		f.wanted = append(f.wanted, c.rowsOf(ds, ds.Name, nil))
	}
}

// rowsOf asks for the rows of a dataset that meet conditions on its own fields, as many of
// its columns as the query may name.
func (c *compiler) rowsOf(ds *Dataset, name string, conditions []*condition) Fetch {
	home := c.far.opts.Home(ds)
	d := amongOthers(home.Dialect)
	src := parseSource(ds.Source)
	from := "(\n" + indent(src.text) + "\n) AS " + d.alias(ds.Name)
	if !src.query {
		parts := make([]string, len(src.parts))
		for i, p := range src.parts {
			parts[i] = d.name(p)
		}
		if from = strings.Join(parts, "."); from != d.name(ds.Name) {
			from += " AS " + d.name(ds.Name)
		}
	}
	sel := &selectStmt{from: from}
	for _, col := range c.columnsOf(ds) {
		sel.add(d.name(col), d.name(col))
	}
	for _, cond := range conditions {
		sel.where = append(sel.where, cond.sql(d))
	}
	return Fetch{Name: name, Source: home.Source, Dataset: ds.Name, Tables: src.tables, SQL: strings.ReplaceAll(sel.String(), breakMark, "\n")}
}

// columnsOf are the columns of a dataset's source that the query may name: its keys, and
// what the fields, figures and conditions that are asked for are computed from.
func (c *compiler) columnsOf(ds *Dataset) []string {
	var out []string
	add := func(names ...string) {
		for _, name := range names {
			if !slices.ContainsFunc(out, func(have string) bool { return strings.EqualFold(have, name) }) {
				out = append(out, name)
			}
		}
	}
	of := func(e expr) {
		inspect(e, func(n expr) bool {
			if ref, ok := n.(*nameRef); ok && ref.parts[0] == ds.Name {
				add(ref.parts[len(ref.parts)-1])
			}
			return true
		})
	}
	add(ds.PrimaryKey...)
	for _, r := range c.m.Relationships {
		if r.From == ds.Name {
			add(r.FromColumns...)
		}
		if r.To == ds.Name {
			add(r.ToColumns...)
		}
	}
	var refs []string
	for _, d := range c.dims {
		refs = append(append(refs, d.Field), c.m.Alike(d.Field)...)
	}
	for _, cond := range c.filters {
		refs = append(append(refs, cond.name), c.m.Alike(cond.name)...)
	}
	for _, m := range c.measures {
		refs = append(refs, m.Each)
	}
	for _, a := range c.aggs {
		of(a.call)
		refs = append(refs, a.time)
	}
	for _, f := range ds.Fields {
		if e, err := c.fieldExpr(ds, f); err == nil && (len(f.Totals) > 0 || slices.Contains(refs, ds.Name+"."+f.Name)) {
			of(e)
		}
	}
	if ds.Filter != "" {
		if e, err := c.parse(ds.Filter); err == nil {
			if e, err = c.qualify(ds, e); err == nil {
				of(e)
			}
		}
	}
	return out
}

// lendsText reports whether a column is one of texts that a statement brings along. Other
// engines compare those letter by letter, whatever the collation of what they meet here.
func (c *compiler) lendsText(dataset, column string) bool {
	if c.far == nil || !slices.Contains(c.far.lent, dataset) {
		return false
	}
	rows := c.far.opts.Lend[dataset]
	if rows == nil {
		return false
	}
	i := slices.IndexFunc(rows.Columns, func(name string) bool { return strings.EqualFold(name, column) })
	return i >= 0 && rows.Types[i] == "VARCHAR"
}

// asWritten writes the text x so that it equals what is the same letter by letter.
func (d *Dialect) asWritten(x string) string {
	if d.exact == nil {
		return x
	}
	return d.exact(x)
}

// lentRows is what the rows that a statement brings along are called in it.
const lentRows = "lent"

// values writes rows as a query.
func (d *Dialect) values(rows *Rows) string {
	names, columns := make([]string, len(rows.Columns)), make([]string, len(rows.Columns))
	for i, name := range rows.Columns {
		names[i] = d.name(name)
		// Every literal is a text, so that only these say what type a column is of.
		columns[i] = "CAST(" + d.lentName(i, names[i]) + " AS " + d.castName(rows.Types[i]) + ") AS " + names[i]
	}
	lines := make([][]string, len(rows.Cells), len(rows.Cells)+1)
	for i, row := range rows.Cells {
		lines[i] = make([]string, len(row))
		for j, cell := range row {
			lines[i][j] = d.lentCell(cell, rows.Types[j])
		}
	}
	none := ""
	if len(lines) == 0 {
		none = "\nWHERE 1 = 0"
		lines = append(lines, slices.Repeat([]string{"NULL"}, len(names)))
	}
	return "SELECT " + strings.Join(columns, ", ") + "\nFROM (" + d.lentList(names, lines) + none
}

// lentList writes lines of literals as an item of FROM, without its first parenthesis.
// Engines differ in how the columns of a list of values are named, or have no such list.
func (d *Dialect) lentList(names []string, lines [][]string) string {
	texts := make([]string, len(lines))
	for i, line := range lines {
		if d.backtick && i == 0 {
			line = slices.Clone(line)
			for j := range line {
				line[j] += " AS " + names[j]
			}
		}
		texts[i] = strings.Join(line, ", ")
	}
	switch {
	case d.backtick:
		return "\n  SELECT " + strings.Join(texts, " UNION ALL\n  SELECT ") + "\n) AS " + lentRows
	case d.plain:
		return "VALUES\n  (" + strings.Join(texts, "),\n  (") + ")\n) AS " + lentRows
	}
	return "VALUES\n  (" + strings.Join(texts, "),\n  (") + ")\n) AS " + lentRows + "(" + strings.Join(names, ", ") + ")"
}

// lentName is what the i-th column of a list of values is called within it.
func (d *Dialect) lentName(i int, name string) string {
	if d.plain {
		return "column" + strconv.Itoa(i+1) // SQLite has no other names for them
	}
	return name
}

// lentCell writes a cell as a literal of text that casts to a column of the type.
func (d *Dialect) lentCell(cell *string, typ string) string {
	if cell == nil {
		return "NULL"
	}
	s := *cell
	switch {
	case typ == "BOOLEAN" && (d.plain || d.backtick): // truths are numbers there
		s = map[string]string{"true": "1", "false": "0"}[s]
	case typ == "DATE":
		s, _, _ = strings.Cut(s, " ")
	}
	return d.text(s)
}

// castName is the name that a cast to one of the types of Rows takes.
func (d *Dialect) castName(name string) string {
	switch {
	case d.plain && (name == "DATE" || name == "TIMESTAMP"):
		return "TEXT" // as dates are kept
	case d.backtick && name == "BOOLEAN":
		return "SIGNED"
	}
	plain, rest, found := strings.Cut(name, "(")
	if !found {
		return d.typeName(name)
	}
	own, _, _ := strings.Cut(d.typeName(plain), "(")
	return own + "(" + rest
}
