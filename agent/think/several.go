package think

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// Sources is what the model may ask of an analyst over several sources. No statement reads
// more than one of them: what they answer is joined apart from all. A *connectors.Error is
// as Source.Query's, and goes to the model where it can be mended; any other error ends the
// question. It may be used concurrently.
type Sources interface {
	// Query asks the source of that name, in its own dialect.
	Query(ctx context.Context, source string, stmt connectors.Statement) (*connectors.Result, error)
	// Join runs a SELECT in the dialect of DuckDB over the tables and over nothing else.
	Join(ctx context.Context, tables []connectors.Held, stmt connectors.Statement) (*connectors.Result, error)
	// Compute answers a metric query by asking each source for its part.
	Compute(ctx context.Context, q semantic.Query) (*Result, error)
}

// Member is one of the sources of an analyst over several.
type Member struct {
	Name    string
	Dialect string // that statements for it are written in
}

// Part is what one source was asked for a result that joins several.
type Part struct {
	Name   string // as the join calls it
	Source string
	SQL    string
	Rows   int
	Lent   []string // sources whose rows SQL brings along
}

// The bounds of a join.
const (
	// maxHeld bounds the rows of each side. What was cut is not joined: nobody could see what
	// is missing from a sum.
	maxHeld = 50_000
	// maxSides bounds the results that one statement joins.
	maxSides = 8
)

// several is set where the analyst asked is one over several sources.
func (a *Analyst) several() bool { return len(a.Members) > 0 }

// sourceNames lists the sources with their dialects.
func (a *Analyst) sourceNames() string {
	names := make([]string, len(a.Members))
	for i, m := range a.Members {
		names[i] = fmt.Sprintf("%s (%s)", m.Name, dialectName(m.Dialect))
	}
	return strings.Join(names, ", ")
}

// memberOf is the source that a table of the catalogue is of, and the table's name there.
func (a *Analyst) memberOf(table string) (source, own string) {
	for _, m := range a.Members {
		if rest, ok := strings.CutPrefix(table, m.Name+"."); ok && len(m.Name) > len(source) {
			source, own = m.Name, rest
		}
	}
	return source, own
}

// tablesOf are the tables of a source that statements may read, none of which is hidden.
// There is always a list: a source without one would let them read everything.
func (a *Analyst) tablesOf(source string) []string {
	out := []string{}
	for _, t := range shownTables(a) {
		if of, own := a.memberOf(t.Name); of == source {
			out = append(out, own)
		}
	}
	return out
}

// member is the source that a query is for, as the analyst calls it.
func (s *session) member(q *queryArgs) (string, error) {
	for _, m := range s.b.analyst.Members {
		if strings.EqualFold(m.Name, strings.TrimSpace(q.Source)) {
			return m.Name, nil
		}
	}
	problem := fmt.Sprintf("There is no source %q.", clip(q.Source, 60))
	if q.Source == "" {
		problem = "The query does not say which source it is for."
	}
	return "", connectors.Errorf(connectors.CodeSQL,
		"%s One statement reads one source, whose tables go by their own names: say source and sql. The sources: %s. To put results of several together, add a query with join and sql.", problem, s.b.analyst.sourceNames())
}

// askMember runs a query that is for one of the sources.
func (s *session) askMember(ctx context.Context, q *queryArgs, rows int) (*Result, error) {
	source, err := s.member(q)
	if err != nil {
		return nil, err
	}
	sql := strings.TrimRight(strings.TrimSpace(q.SQL), "; \n\t")
	if sql == "" {
		return nil, connectors.Errorf(connectors.CodeSQL, "The query has neither sql nor metrics.")
	}
	began := time.Now()
	res, err := s.env.Several.Query(ctx, source, connectors.Statement{SQL: sql, Tables: s.b.analyst.tablesOf(source), MaxRows: rows})
	if err != nil {
		return nil, s.misnamed(err, sql)
	}
	out := &Result{Name: q.Name, Title: s.titled(q.Title, sql), Source: source, SQL: sql, Rows: res.Rows, Truncated: res.Truncated, Elapsed: time.Since(began)}
	s.describe(out, res, nil)
	return out, nil
}

// misnamed adds to a refusal that names of tables have no source before them, where the
// statement writes them so.
func (s *session) misnamed(err error, sql string) error {
	message, ok := mendable(err)
	if !ok || connectors.CodeOf(err) == connectors.CodeTimeout {
		return err
	}
	for _, m := range s.b.analyst.Members {
		if strings.Contains(sql, m.Name+".") {
			return connectors.Errorf(connectors.CodeOf(err), "%s Tables go by their own names, without %s before them; a statement reads the tables of its source only.", message, m.Name)
		}
	}
	return err
}

// computeMetrics runs a metric query over several sources.
func (s *session) computeMetrics(ctx context.Context, q *queryArgs) (*Result, error) {
	query, err := metricQuery(q.Metrics)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	out, err := s.env.Several.Compute(ctx, query)
	if err != nil {
		return nil, err
	}
	out.Name, out.Title, out.Period, out.Elapsed = q.Name, s.titled(q.Title, out.SQL), query.Period, time.Since(began)
	return out, nil
}

// join puts results of the same call (by name, whole) and of earlier ones together.
func (s *session) join(ctx context.Context, q *queryArgs, fresh map[string]*Result) (*Result, error) {
	sql := strings.TrimRight(strings.TrimSpace(q.SQL), "; \n\t")
	if sql == "" {
		return nil, connectors.Errorf(connectors.CodeSQL, "The join has no sql.")
	}
	if len(q.Join) > maxSides {
		return nil, connectors.Errorf(connectors.CodeSQL, "A join puts no more than %d results together.", maxSides)
	}
	out := &Result{Name: q.Name, Title: s.titled(q.Title, sql)}
	var held []connectors.Held
	var sides []*Result
	for _, name := range q.Join {
		side, err := s.side(ctx, name, q.Name, fresh)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(sides, func(have *Result) bool { return strings.EqualFold(have.Name, side.Name) }) {
			continue
		}
		held, sides, out.Joins = append(held, heldOf(side)), append(sides, side), append(out.Joins, side.Name)
	}
	if err := connectors.Joinable(held); err != nil {
		return nil, err
	}
	equations, stacked := equationsOf(sql, sides)
	if err := equatable(held, equations); err != nil {
		return nil, err
	}
	began := time.Now()
	res, err := s.env.Several.Join(ctx, held, connectors.Statement{SQL: sql, MaxRows: maxRows})
	if err != nil {
		return nil, seesOnly(err, sides)
	}
	out.Rows, out.Truncated, out.Elapsed = res.Rows, res.Truncated, time.Since(began)
	out.trace(sides, sql)
	out.meet(sides, equations, stacked)
	s.describe(out, res, sides)
	return out, nil
}

// runJoins runs the queries of a call that join results, one after the other: each may join
// what came of those before it.
func (s *session) runJoins(ctx context.Context, queries []queryArgs, results []Result, failed []string) error {
	fresh := map[string]*Result{}
	for i, q := range queries {
		if fresh[q.Name] = nil; len(q.Join) == 0 && results[i].Name != "" {
			fresh[q.Name] = &results[i]
		}
	}
	for i := range queries {
		q := &queries[i]
		if len(q.Join) == 0 {
			continue
		}
		s.env.Step(s.joining(q, fresh))
		res, err := s.join(ctx, q, fresh)
		if message, mendable := mendable(err); mendable {
			failed[i] = fmt.Sprintf("%s: %s", q.Name, message)
			continue
		}
		if err != nil {
			return err
		}
		results[i] = *res
		fresh[q.Name] = &results[i]
	}
	return nil
}

// joining says which sources' results are put together.
func (s *session) joining(q *queryArgs, fresh map[string]*Result) Progress {
	p := s.computing([]queryArgs{*q})
	p.Stage = StageJoin
	for _, name := range q.Join {
		r := fresh[name]
		if i := slices.IndexFunc(s.results, func(r Result) bool { return strings.EqualFold(r.Name, name) }); r == nil && i >= 0 {
			r = &s.results[i]
		}
		if r == nil {
			continue
		}
		for _, source := range r.sources() {
			if !slices.Contains(p.Sources, source) {
				p.Sources = append(p.Sources, source)
			}
		}
	}
	return p
}

// sources are those that were asked for a result, none where it was computed.
func (r *Result) sources() []string {
	if r.Source != "" {
		return []string{r.Source}
	}
	var out []string
	for _, p := range r.Parts {
		out = append(out, p.Source)
	}
	return out
}

// side is a result that is joined, all of it.
func (s *session) side(ctx context.Context, name, into string, fresh map[string]*Result) (*Result, error) {
	r, now := fresh[name]
	if !now {
		if i := slices.IndexFunc(s.results, func(r Result) bool { return strings.EqualFold(r.Name, name) }); i >= 0 {
			r = &s.results[i]
		}
	}
	switch {
	case now && r == nil:
		return nil, connectors.Errorf(connectors.CodeSQL, "%s could not be computed, so nothing can be joined with it.", name)
	case r == nil || r.Name == into:
		return nil, connectors.Errorf(connectors.CodeSQL, "There is no result %s to join. %s", clip(name, 40), s.joinable(fresh))
	case !r.Truncated:
		return r, nil
	case r.Source == "":
		return nil, connectors.Errorf(connectors.CodeTooLarge, "%s was cut to %d rows, so that a join would be over a part of it: write one join over what it was made of.", r.Name, len(r.Rows))
	case !now: // no more of it was kept than is shown
		whole, err := s.askMember(ctx, &queryArgs{Name: r.Name, Source: r.Source, SQL: r.SQL}, maxHeld)
		if err != nil {
			return nil, err
		}
		if r = whole; !r.Truncated {
			return r, nil
		}
	}
	return nil, connectors.Errorf(connectors.CodeTooLarge, "%s has more rows than can be joined, which are %d, so that a join would be over a part of it: filter or aggregate it at its source first.", r.Name, maxHeld)
}

func (s *session) joinable(fresh map[string]*Result) string {
	var names []string
	for _, r := range s.results {
		names = append(names, r.Name)
	}
	for name, r := range fresh {
		if r != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return "Ask the sources first: a query with source and sql for each, in this call or an earlier one."
	}
	return "There are " + strings.Join(slices.Compact(names), ", ") + "."
}

// heldOf is a result as a table.
func heldOf(r *Result) connectors.Held {
	h := connectors.Held{Name: r.Name, Rows: r.Rows}
	for _, c := range r.Columns {
		h.Columns = append(h.Columns, c.Column)
	}
	return h
}

// equatable refuses columns that are joined and cannot be equal as they are.
func equatable(held []connectors.Held, equations []equation) error {
	for _, e := range equations {
		left, right := &held[e[0].side], &held[e[1].side]
		if err := connectors.Equatable(left, e[0].column, right, e[1].column); err != nil {
			return err
		}
	}
	return nil
}

// seesOnly says what a join can read, below a refusal.
func seesOnly(err error, sides []*Result) error {
	message, ok := mendable(err)
	code := connectors.CodeOf(err)
	if code == connectors.CodeInternal || code == connectors.CodeBadData { // whatever the statement did to the engine
		message, ok, code = "The engine could not run the join: write it in another way.", true, connectors.CodeSQL
	}
	if !ok || code != connectors.CodeDenied && code != connectors.CodeSQL {
		return err
	}
	return connectors.Errorf(code, "%s A join is one SELECT of DuckDB over these results and nothing else: %s.", clip(message, 300), inventoryOf(sides))
}

// inventoryOf lists results with their columns.
func inventoryOf(results []*Result) string {
	var out []string
	for _, r := range results {
		var names []string
		for _, c := range r.Columns {
			names = append(names, c.Name)
		}
		out = append(out, fmt.Sprintf("%s (%s)", r.Name, clip(strings.Join(names, ", "), 120)))
	}
	return strings.Join(out, "; ")
}

// trace notes what sources were asked for a join, and writes all statements in their order.
func (r *Result) trace(sides []*Result, sql string) {
	var text strings.Builder
	for _, side := range sides {
		if side.Source != "" {
			r.addPart(Part{Name: side.Name, Source: side.Source, SQL: side.SQL, Rows: len(side.Rows)}, &text)
			continue
		}
		for _, p := range side.Parts {
			r.addPart(p, nil)
		}
		if side.SQL != "" {
			fmt.Fprintf(&text, "%s\n-- → %s\n\n", side.SQL, side.Name)
		}
	}
	fmt.Fprintf(&text, "-- %s\n%s", strings.Join(r.Joins, " + "), sql)
	r.SQL = text.String()
}

func (r *Result) addPart(p Part, text *strings.Builder) {
	if slices.ContainsFunc(r.Parts, func(have Part) bool {
		return have.Name == p.Name && have.Source == p.Source && have.SQL == p.SQL
	}) {
		return
	}
	r.Parts = append(r.Parts, p)
	if text != nil {
		fmt.Fprintf(text, "-- %s → %s\n%s;\n\n", strings.Join(strings.Fields(p.Source), " "), p.Name, p.SQL)
	}
}

// describe says what the columns of a written statement's result are. One that a side of a
// join has too is shown as it is there.
func (s *session) describe(out *Result, res *connectors.Result, sides []*Result) {
	for i, c := range res.Columns {
		column := Column{Column: c, Label: c.Name}
		s.guess(&column, res.Rows, i)
		for _, side := range sides {
			if at := side.column(c.Name); at >= 0 && column.Metric == "" {
				was := side.Columns[at]
				column.Label, column.Metric = was.Label, was.Metric
				if column.Format == "" {
					column.Format = was.Format
				}
				break
			}
		}
		out.Columns = append(out.Columns, column)
	}
}

// joinsOf completes the queries of a call that join what these and earlier ones answered, and
// returns which results they need whole.
func (s *session) joinsOf(queries []queryArgs) (whole map[string]bool) {
	whole = map[string]bool{}
	for i := range queries {
		q := &queries[i]
		if !s.b.analyst.several() {
			q.Source, q.Join = "", nil
			continue
		}
		if q.Metrics != nil {
			q.Join = nil
		} else if len(q.Join) == 0 && strings.TrimSpace(q.Source) == "" {
			q.Join = s.meant(q.SQL, queries)
		}
		for n, name := range q.Join {
			if at := slices.IndexFunc(queries, func(have queryArgs) bool { return strings.EqualFold(have.Name, name) }); at >= 0 {
				q.Join[n] = queries[at].Name
			}
			whole[q.Join[n]] = true
		}
	}
	return whole
}

var fromWord = regexp.MustCompile(`(?i)\b(?:from|join)\s+"?([A-Za-z][A-Za-z0-9_]{0,31})\b`)

// meant are the results that a statement reads which says neither its source nor what it
// joins, as far as they are results: models forget the one or the other.
func (s *session) meant(sql string, queries []queryArgs) []string {
	var out []string
	for _, m := range fromWord.FindAllStringSubmatch(sql, -1) {
		name := m[1]
		known := slices.ContainsFunc(s.results, func(r Result) bool { return r.Name == name }) ||
			slices.ContainsFunc(queries, func(q queryArgs) bool { return q.Name == name && q.SQL != sql })
		if known && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// cut is what is kept and shown of a result that was read whole to be joined.
func (r *Result) cut() Result {
	out := *r
	if len(out.Rows) > maxRows {
		out.Rows, out.Truncated = slices.Clone(out.Rows[:maxRows]), true
	}
	return out
}

// onlyAsked leaves out the results that only fed joins: what one source says by itself was not
// asked, and would look like an answer.
func onlyAsked(results []Result, texts ...string) []Result {
	fed := map[string]bool{}
	for _, r := range results {
		for _, name := range r.Joins {
			fed[name] = true
		}
	}
	if len(fed) == 0 {
		return results
	}
	named := map[string]bool{}
	for _, text := range texts {
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			named[m[1]] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return fed[r.Name] && !named[r.Name] })
}
