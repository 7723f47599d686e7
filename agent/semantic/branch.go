package semantic

import (
	"slices"
	"strings"
)

// branch is a set of aggregates computed in one pass over the rows of one dataset.
type branch struct {
	from string // the dataset read
	base string // the dataset aggregated: from, or one it leads to
	time string
	aggs []*aggregate
	// ranking is how the aggregate is read where the engine has none such; it is then
	// alone.
	ranking *ranking
	ranked  *aggregate // as it was
}

// branches distributes aggregates over passes.
func (c *compiler) branches(aggs []*aggregate, dims []*dim) ([]*branch, error) {
	var out []*branch
	for _, a := range aggs {
		b, err := c.place(a, dims)
		if err != nil {
			return nil, err
		}
		if c.ranks() {
			b.ranking, b.ranked = rankingOf(a.call), a
		}
		i := slices.IndexFunc(out, func(o *branch) bool {
			return o.from == b.from && o.base == b.base && o.time == b.time && o.ranking == nil && b.ranking == nil
		})
		if i < 0 {
			out = append(out, b)
			continue
		}
		out[i].aggs = append(out[i].aggs, b.aggs...)
	}
	return out, nil
}

// place finds the dataset to read for an aggregate: its own where every dimension is
// reached from there, else for aggregates that repeated rows do not change one that
// leads both to it and to the dimensions.
func (c *compiler) place(a *aggregate, dims []*dim) (*branch, error) {
	var targets []string
	for _, d := range dims {
		d, err := c.dimFrom(d, a.base)
		if err != nil {
			return nil, err
		}
		target, err := c.dimDataset(d, a)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(targets, target) {
			targets = append(targets, target)
		}
	}
	missing := ""
	for _, t := range targets {
		_, ok, err := c.g.upOne(a.base, t)
		if err != nil {
			return nil, err
		}
		if !ok && missing == "" {
			missing = t
		}
	}
	if missing == "" {
		return &branch{from: a.base, base: a.base, time: a.time, aggs: []*aggregate{a}}, nil
	}
	moved := c.distinctForm(a)
	if moved == nil {
		return nil, c.unreachable(a, missing)
	}
	from, err := c.commonSource(append([]string{a.base}, targets...))
	if err != nil {
		return nil, err
	}
	if from == "" {
		return nil, c.unreachable(a, missing)
	}
	return &branch{from: from, base: a.base, time: a.time, aggs: []*aggregate{moved}}, nil
}

func (c *compiler) unreachable(a *aggregate, dataset string) error {
	name := c.d.sql(a.call)
	for _, m := range c.measures {
		if usesAggregate(m.formula, a) {
			name = "the metric " + m.Metric
			break
		}
	}
	return queryErrorf(CodeUnreachable, "%s is of %s and cannot be split by %s: no relationship leads from a row of %s to one row of %s",
		name, a.base, dataset, a.base, dataset)
}

func usesAggregate(e expr, a *aggregate) bool {
	found := false
	inspect(e, func(n expr) bool {
		p, ok := n.(partRef)
		found = found || ok && p.agg.text == a.text
		return !found
	})
	return found
}

// dimDataset returns the dataset that holds the dimension for the aggregate.
func (c *compiler) dimDataset(d *dim, a *aggregate) (string, error) {
	if !d.own() {
		return d.ds.Name, nil
	}
	ds, _ := c.m.Field(a.time)
	if ds == nil {
		for _, m := range c.measures {
			if usesAggregate(m.formula, a) {
				return "", queryErrorf(CodeNoTime, "the metric %s has no time field, so it cannot be split by %s", m.Metric, d.Grain)
			}
		}
		return "", queryErrorf(CodeNoTime, "a metric without a time field cannot be split by %s", d.Grain)
	}
	return ds.Name, nil
}

// distinctForm returns an aggregate equal to a that rows repeated by a join do not
// change, nil when there is none.
func (c *compiler) distinctForm(a *aggregate) *aggregate {
	call := *a.call
	ds := c.m.Dataset(a.base)
	switch {
	case call.name == "min", call.name == "max", call.name == "approx_count_distinct", call.distinct:
	case call.name == "count" && call.star && len(ds.PrimaryKey) > 0:
		call.star, call.distinct = false, true
		call.args = []expr{keyExpr(ds.Name, ds.PrimaryKey)}
	case call.name == "count" && len(call.args) == 1 && isUnique(ds, call.args[0]):
		call.distinct = true
	default:
		return nil
	}
	moved := *a
	moved.call = &call
	return &moved
}

func keyExpr(dataset string, columns []string) expr {
	refs := make([]expr, len(columns))
	for i, col := range columns {
		refs[i] = &nameRef{parts: []string{dataset, col}}
	}
	if len(refs) == 1 {
		return refs[0]
	}
	return &callExpr{name: "row", args: refs}
}

// isUnique reports whether e is a column that no two rows of the dataset share.
func isUnique(ds *Dataset, e expr) bool {
	ref, ok := e.(*nameRef)
	if !ok || ref.parts[0] != ds.Name {
		return false
	}
	for _, key := range append([][]string{ds.PrimaryKey}, ds.UniqueKeys...) {
		if len(key) == 1 && strings.EqualFold(key[0], ref.parts[1]) {
			return true
		}
	}
	return false
}

// commonSource returns the dataset from which all of targets are reached from many to
// one with the fewest joins, "" when there is none.
func (c *compiler) commonSource(targets []string) (string, error) {
	best, tie, length := "", "", 0
	leading := c.g.leading(targets[0])
	for _, d := range c.m.Datasets {
		if !leading[d.Name] {
			continue
		}
		total, ok := 0, true
		for _, t := range targets {
			p, _, reached := c.g.up(d.Name, t)
			ok = ok && reached
			total += len(p)
		}
		switch {
		case !ok:
		case best == "" || total < length:
			best, tie, length = d.Name, "", total
		case total == length:
			tie = d.Name
		}
	}
	if tie != "" {
		return "", queryErrorf(CodeAmbiguous, "%s and %s both relate %s; ask for a metric of one of them", best, tie, strings.Join(targets, " and "))
	}
	return best, nil
}

// source joins the datasets of one pass.
type source struct {
	c    *compiler
	root string
	sel  *selectStmt
	// by is the relationship each dataset was joined by, nil for the root.
	by map[string]*Relationship
	// semis are the subqueries that test the many side.
	semis []*semiJoin
}

type semiJoin struct {
	rel *Relationship
	src *source
	not bool
}

func (c *compiler) newSource(root string) (*source, error) {
	s := &source{c: c, root: root, sel: &selectStmt{}, by: map[string]*Relationship{root: nil}}
	ds := c.m.Dataset(root)
	s.sel.from = c.table(ds)
	filter, err := c.datasetFilter(ds)
	if filter != "" {
		s.sel.where = append(s.sel.where, filter)
	}
	return s, err
}

// table writes the dataset as an item of FROM and notes what is read.
func (c *compiler) table(ds *Dataset) string {
	if text, ok := c.elsewhere(ds); ok {
		return text
	}
	src := parseSource(ds.Source)
	c.tables = append(c.tables, src.tables...)
	if src.query {
		return "(\n" + indent(src.text) + "\n) AS " + c.d.alias(ds.Name)
	}
	parts := make([]string, len(src.parts))
	for i, p := range src.parts {
		parts[i] = c.d.name(p)
	}
	text := strings.Join(parts, ".")
	if len(parts) == 1 && parts[0] == c.d.alias(ds.Name) {
		return text
	}
	return text + " AS " + c.d.alias(ds.Name)
}

// datasetFilter writes the condition every query applies to the dataset, "" for none.
func (c *compiler) datasetFilter(ds *Dataset) (string, error) {
	totals, err := c.withoutTotals(ds)
	if ds.Filter == "" || err != nil {
		return totals, err
	}
	e, err := c.parse(ds.Filter)
	if err != nil {
		return "", queryErrorf(CodeExpression, "the filter of dataset %s: %v", ds.Name, err)
	}
	if e, err = c.qualify(ds, e); err != nil {
		return "", err
	}
	filter := c.d.operand(e, precNot)
	if totals != "" {
		filter += " AND " + totals
	}
	return filter, nil
}

// withoutTotals writes the condition that leaves out the rows that sum others up, "" for
// none.
func (c *compiler) withoutTotals(ds *Dataset) (string, error) {
	var tests []string
	for _, f := range ds.Fields {
		if len(f.Totals) == 0 {
			continue
		}
		e, err := c.fieldExpr(ds, f)
		if err != nil {
			return "", err
		}
		x, list := c.d.operand(e, precConcat), make([]string, len(f.Totals))
		for i, v := range f.Totals {
			if err := checkText(f.Name, v); err != nil {
				return "", err
			}
			list[i] = c.d.text(v)
		}
		exact := x
		if c.d.exact != nil {
			exact = c.d.exact(x)
		}
		tests = append(tests, "("+x+" IS NULL OR "+exact+" NOT IN ("+strings.Join(list, ", ")+"))")
	}
	return strings.Join(tests, " AND "), nil
}

// reach joins the dataset called to over relationships from many to one. With inner,
// rows that lead to none are dropped.
func (s *source) reach(to string, inner bool) (bool, error) {
	p, ok, err := s.c.g.upOne(s.root, to)
	if err != nil || !ok {
		return false, err
	}
	return true, s.walk(p, inner)
}

func (s *source) walk(p path, inner bool) error {
	kind := "LEFT JOIN "
	if inner {
		kind = "JOIN "
	}
	for _, h := range p {
		to := h.to()
		if have, ok := s.by[to]; ok {
			if have != h.rel {
				return queryErrorf(CodeAmbiguous, "%s is reached both over %s and over %s", to, relName(have), h.rel.Name)
			}
			continue
		}
		s.by[to] = h.rel
		ds := s.c.m.Dataset(to)
		on := s.c.on(h.rel)
		filter, err := s.c.datasetFilter(ds)
		if err != nil {
			return err
		}
		if filter != "" {
			on += " AND " + filter
		}
		join := kind
		if h.back {
			join = "JOIN "
		}
		s.sel.joins = append(s.sel.joins, join+s.c.table(ds)+" ON "+on)
	}
	return nil
}

func relName(r *Relationship) string {
	if r == nil {
		return "itself"
	}
	return r.Name
}

func (c *compiler) on(r *Relationship) string {
	terms := make([]string, len(r.FromColumns))
	for i := range r.FromColumns {
		from := c.d.alias(r.From) + "." + c.d.name(r.FromColumns[i])
		to := c.d.alias(r.To) + "." + c.d.name(r.ToColumns[i])
		if c.lendsText(r.From, r.FromColumns[i]) || c.lendsText(r.To, r.ToColumns[i]) {
			from, to = c.d.asWritten(from), c.d.asWritten(to)
		}
		terms[i] = from + " = " + to
	}
	return strings.Join(terms, " AND ")
}

// restrict applies a condition: directly where its field is reached from many to one,
// else by a test whether a row of the many side matches.
func (s *source) restrict(cond *condition) error {
	cond, err := s.c.conditionFrom(cond, s.root)
	if err != nil {
		return err
	}
	ok, err := s.reach(cond.ds.Name, false)
	if err != nil {
		return err
	}
	if ok {
		s.sel.where = append(s.sel.where, cond.sql(s.c.d))
		return nil
	}
	p, other, ok := s.c.g.any(s.root, cond.ds.Name)
	if other != nil {
		return ambiguous(s.root, cond.ds.Name, p, other)
	}
	if !ok {
		return queryErrorf(CodeUnreachable, "%s cannot be filtered by %s: no relationship leads from one to the other", s.root, cond.name)
	}
	return s.semi(p, cond)
}

func (s *source) semi(p path, cond *condition) error {
	turn := slices.IndexFunc(p, func(h hop) bool { return h.back })
	if err := s.walk(p[:turn], false); err != nil {
		return err
	}
	rel := p[turn].rel
	test := (*semiJoin)(nil)
	for _, have := range s.semis {
		if have.rel == rel && !have.not && !cond.negate {
			test = have
		}
	}
	if test == nil {
		src, err := s.c.newSource(rel.From)
		if err != nil {
			return err
		}
		src.sel.where = append([]string{s.c.on(rel)}, src.sel.where...)
		test = &semiJoin{rel: rel, src: src, not: cond.negate}
		s.semis = append(s.semis, test)
	}
	if err := test.src.walk(p[turn+1:], false); err != nil {
		return err
	}
	test.src.sel.where = append(test.src.sel.where, cond.positive(s.c.d))
	return nil
}

// finish writes the tests of the many side into the query.
func (s *source) finish() *selectStmt {
	for _, t := range s.semis {
		t.src.sel.columns = []column{{sql: "1"}}
		word := "EXISTS (\n"
		if t.not {
			word = "NOT EXISTS (\n"
		}
		s.sel.where = append(s.sel.where, word+indent(t.src.sel.String())+"\n)")
	}
	s.semis = nil
	return s.sel
}

// pass returns the query of one branch up to its columns: joins and conditions, then
// the dimensions as the first columns.
func (c *compiler) pass(b *branch, sd side, dims []*dim) (*selectStmt, error) {
	if b.ranking != nil {
		b.aggs = []*aggregate{b.ranked}
	}
	if err := c.seated(b); err != nil {
		return nil, err
	}
	s, err := c.newSource(b.from)
	if err != nil {
		return nil, err
	}
	if b.base != b.from {
		if _, err := s.reach(b.base, true); err != nil {
			return nil, err
		}
	}
	if err := c.reachAggregates(s, b); err != nil {
		return nil, err
	}
	if err := c.addDims(s, b, sd, dims); err != nil {
		return nil, err
	}
	if err := c.addConditions(s, b, sd); err != nil {
		return nil, err
	}
	if b.ranking == nil || !c.d.ranks {
		return s.finish(), nil
	}
	read := *b.ranked
	sel, call := c.rankedRows(s.finish(), dims, b.ranking)
	read.call = call
	b.aggs = []*aggregate{&read}
	return sel, nil
}

func (c *compiler) reachAggregates(s *source, b *branch) error {
	for _, a := range b.aggs {
		var err error
		inspect(a.call, func(n expr) bool {
			if ref, ok := n.(*nameRef); ok && err == nil {
				_, err = s.reach(ref.parts[0], false)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *compiler) addDims(s *source, b *branch, sd side, dims []*dim) error {
	for _, d := range dims {
		d, err := c.dimFrom(d, b.from)
		if err != nil {
			return err
		}
		x, ds := d.x, d.ds
		if d.own() {
			if ds, _, x, err = c.field(b.time); err != nil {
				return err
			}
		}
		if _, err := s.reach(ds.Name, false); err != nil {
			return err
		}
		move := d.moves(b.time, sd)
		s.sel.add(c.dimSQL(d, x, move), c.d.alias(d.key))
		if d.mayBeText() && c.d.apart != nil {
			s.sel.apart = append(s.sel.apart, c.d.apart(c.d.sql(x)))
		}
		if move {
			if cut := c.cutSQL(d, x); cut != "" {
				s.sel.where = append(s.sel.where, cut)
			}
		}
	}
	s.sel.groups = len(dims)
	return nil
}

// mayBeText reports whether nothing says that the values of the dimension are no texts.
func (d *dim) mayBeText() bool { return d.Grain == "" && d.field != nil && !d.field.numbers() }

// keys are the columns by which the values of a dimension are told apart, the first its
// own.
func (c *compiler) keys(d *dim) []string {
	name := c.d.alias(d.key)
	if c.d.apart == nil || !d.mayBeText() {
		return []string{name}
	}
	return []string{name, c.d.apart(name)}
}

func (c *compiler) addConditions(s *source, b *branch, sd side) error {
	if sd.period != nil && b.time != "" {
		cond, err := c.periodCondition(b.time, *sd.period)
		if err != nil {
			return err
		}
		if cond != nil {
			if err := s.restrict(cond); err != nil {
				return err
			}
		}
	}
	conditions := c.filters
	if len(c.parts) > 0 {
		if b.time == "" {
			return queryErrorf(CodeNoTime, "a metric without a time field has no days of the week and no hours")
		}
		parts, err := c.partConditions(b.time)
		if err != nil {
			return err
		}
		conditions = slices.Concat(parts, conditions)
	}
	for _, cond := range conditions {
		if err := s.restrict(cond); err != nil {
			return err
		}
	}
	return nil
}
