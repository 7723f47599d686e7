package agent

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// The bounds of what is joined across sources.
const (
	// maxFetched bounds the rows that one source answers of a question over several. A
	// result that was cut is not joined: nobody could see what is missing from the sums.
	maxFetched = 50_000
	// maxLent bounds the rows that a statement brings along from another source, and
	// maxLentText their text in bytes, for sources bound a statement at 32 KiB. What is more
	// is not lent: the sources' rows are gathered.
	maxLent     = 1000
	maxLentText = 20 << 10
	// maxGathered bounds the rows of a source that are gathered. A scratch database bounds
	// their size as well.
	maxGathered = 200_000
)

// apartError says why sources could not be joined, in the asker's language.
type apartError struct {
	text   string
	reason Reason
	err    error
}

func (e *apartError) Error() string {
	if e.err != nil {
		return e.text + ": " + e.err.Error()
	}
	return e.text
}

func (e *apartError) Unwrap() error { return e.err }

// across is what an analyst over several sources makes of a question that none of the
// analysts answers alone, and for which none asks back. The analyst is nil where there is none.
func (a *Agent) across(ctx context.Context, q *Question, analysts []*prepared, attempts []attempt) (*prepared, attempt) {
	if slices.ContainsFunc(attempts, func(at attempt) bool { return at.outcome.Clarify != nil }) {
		return nil, attempt{}
	}
	for _, one := range analysts {
		if one.Beside == nil {
			continue
		}
		together, err := one.Beside(ctx)
		if err != nil || together == nil {
			a.warnApart(ctx, one, err)
			continue
		}
		p, err := a.prepare(ctx, together)
		if err != nil {
			a.warnApart(ctx, one, err)
			continue
		}
		return p, a.try(p, q)
	}
	return nil, attempt{}
}

// warnApart logs that an analyst answers alone for now.
func (a *Agent) warnApart(ctx context.Context, one *prepared, err error) {
	if err != nil && ctx.Err() == nil {
		a.cfg.Logger.WarnContext(ctx, "agent: sources not together", "analyst", one.Name, "error", err)
	}
}

// goesOn is a question that changes something about an answer that joined sources.
func (a *Agent) goesOn(ctx context.Context, q *Question, analysts []*prepared) (*prepared, attempt) {
	if n := len(q.Before); n == 0 || q.Before[n-1].Across == nil {
		return nil, attempt{}
	}
	p, at := a.across(ctx, q, analysts, nil)
	if p == nil || at.outcome.Plan == nil || len(at.outcome.Plan.Changed) == 0 {
		return nil, attempt{}
	}
	return p, at
}

// answerAcross answers with what was made of a question, unless that is known.
func (a *Agent) answerAcross(ctx context.Context, p *prepared, q *Question, at attempt, step func(Step)) (*Answer, error) {
	if remembered := a.recall(ctx, p, q); remembered != nil && q.allows(Recall) {
		remembered.Rung = Recall
		return remembered, nil
	}
	return a.answerBy(ctx, p, q, at, step)
}

// across are the names of the analyst's sources where there are several.
func (p *prepared) across() []string {
	var out []string
	for _, m := range p.Members {
		out = append(out, m.Name)
	}
	return out
}

// homeOf is the source that holds a dataset of an analyst's, and its dialect.
func homeOf(ctx context.Context, an *Analyst, catalog *connectors.Catalog, d *semantic.Dataset) (connectors.Source, string, error) {
	joint, ok := an.Source.(connectors.Joint)
	if !ok {
		return an.Source, catalog.Dialect, nil
	}
	source := joint.Member(d.Database)
	if source == nil {
		return nil, "", connectors.Errorf(connectors.CodeNotFound, "there is no source %q", d.Database)
	}
	member, err := source.Catalog(ctx)
	if err != nil {
		return nil, "", err
	}
	return source, member.Dialect, nil
}

// homes finds where each dataset is, and which have too many rows to be lent.
func (r *run) homes(ctx context.Context) (opts semantic.AcrossOptions, err error) {
	known, tables := map[string]semantic.Home{}, r.p.catalog.ByName()
	opts.TooMany = map[string]bool{}
	for _, d := range r.p.Model.Datasets {
		member := r.p.joint.Member(d.Database)
		if member == nil {
			return opts, r.unreached(d.Database, connectors.Errorf(connectors.CodeNotFound, "there is no source %q", d.Database))
		}
		catalog, err := member.Catalog(ctx)
		if err != nil {
			return opts, r.unreached(d.Database, err)
		}
		r.partners.until(d.Database, catalog.AsOf)
		home := semantic.Home{Source: d.Database, Dialect: semantic.DialectOf(catalog.Dialect), Rows: -1}
		if t := tables[d.Table()]; t != nil {
			home.Rows = t.Rows
		}
		known[d.Name] = home
		if home.Rows > maxLent {
			opts.TooMany[d.Name] = true
		}
	}
	opts.Home = func(d *semantic.Dataset) semantic.Home { return known[d.Name] }
	return opts, nil
}

// queryAcross compiles a query over several sources, asks each for its part and joins
// what they answer.
func (r *run) queryAcross(ctx context.Context, name string, q semantic.Query) (*Result, error) {
	opts, err := r.homes(ctx)
	if err != nil {
		return nil, err
	}
	opts.Lend = map[string]*semantic.Rows{}
	x, err := r.p.Model.CompileAcross(q, opts)
	for err == nil && len(x.Wanted) > 0 {
		if err := r.lend(ctx, x.Wanted, opts); err != nil {
			return nil, err
		}
		x, err = r.p.Model.CompileAcross(q, opts)
	}
	if err != nil {
		return nil, connectors.Errorf(connectors.CodeSQL, "%v", err)
	}
	var out *Result
	if x.SQL == "" {
		one := x.Fetches[0]
		res, err := r.ask(ctx, one.Source, one.SQL, one.Tables, maxRows)
		if err != nil {
			return nil, err
		}
		out = resultOf(name, one.Source, strings.TrimSpace(one.SQL), res)
	} else if out, err = r.join(ctx, name, x); err != nil {
		return nil, err
	}
	r.labelAll(out, x.Outputs, q)
	r.answer.DataAsOf = r.partners.oldest()
	if name == mainResult {
		r.partners.columns = out.Columns
	}
	return out, nil
}

// ask asks one of the sources.
func (r *run) ask(ctx context.Context, source, sql string, tables []string, rows int) (*connectors.Result, error) {
	member := r.p.joint.Member(source)
	if member == nil {
		return nil, r.unreached(source, connectors.Errorf(connectors.CodeNotFound, "there is no source %q", source))
	}
	r.partners.ask(source)
	res, err := dated{member, &r.aging}.Query(ctx, r.inName(), connectors.Statement{SQL: sql, Tables: tables, MaxRows: rows})
	if err != nil {
		return nil, r.unreached(source, err)
	}
	return res, nil
}

// lend reads the rows that statements bring along, or finds them to be too many.
func (r *run) lend(ctx context.Context, wanted []semantic.Fetch, opts semantic.AcrossOptions) error {
	for _, w := range wanted {
		res, err := r.ask(ctx, w.Source, w.SQL, w.Tables, maxLent)
		if err != nil {
			return err
		}
		rows, size := lentRowsOf(res)
		if res.Truncated || size > maxLentText {
			opts.TooMany[w.Dataset] = true
			continue
		}
		opts.Lend[w.Dataset] = rows
	}
	return nil
}

// lentCell is what a cell takes in a statement beside its text.
const lentCell = len("'', ")

// lentRowsOf are rows as a statement brings them along, and about how long they are in it.
func lentRowsOf(res *connectors.Result) (rows *semantic.Rows, size int) {
	rows = &semantic.Rows{Types: connectors.Types(res.Columns, res.Rows)}
	for _, c := range res.Columns {
		rows.Columns = append(rows.Columns, c.Name)
	}
	for _, row := range res.Rows {
		line := make([]*string, len(row))
		for i, cell := range row {
			line[i] = connectors.CellText(cell)
			if size += lentCell; line[i] != nil {
				size += len(*line[i])
			}
		}
		rows.Cells = append(rows.Cells, line)
	}
	return rows, size
}

// join asks every source for its part and puts the results together.
func (r *run) join(ctx context.Context, name string, x *semantic.Across) (*Result, error) {
	var held []connectors.Held
	var parts []Part
	var text strings.Builder
	for _, f := range x.Fetches {
		most := maxFetched
		if f.Whole {
			most = maxGathered
		}
		res, err := r.ask(ctx, f.Source, f.SQL, f.Tables, most)
		if err != nil {
			return nil, err
		}
		if res.Truncated {
			return nil, r.tooMany(f.Source, len(res.Rows))
		}
		held = append(held, connectors.Held{Name: f.Name, Columns: res.Columns, Rows: res.Rows})
		part := Part{Name: f.Name, Source: f.Source, SQL: f.SQL, Rows: len(res.Rows)}
		for _, lent := range f.Lent {
			part.Lent = append(part.Lent, r.p.Model.Dataset(lent).Database)
		}
		parts = append(parts, part)
		fmt.Fprintf(&text, "-- %s → %s\n%s;\n\n", oneLine(f.Source), oneLine(f.Name), elided(f.SQL))
		if name == mainResult {
			r.partners.add(f, res)
			if err := r.countPartners(ctx, f); err != nil {
				return nil, err
			}
		}
	}
	res, err := r.p.joint.Join(ctx, held, connectors.Statement{SQL: x.SQL, MaxRows: maxRows})
	if err != nil {
		return nil, err
	}
	text.WriteString("-- " + strings.Join(namesOf(parts), " + ") + "\n" + x.SQL)
	out := resultOf(name, strings.Join(sourcesOf(parts), " + "), text.String(), res)
	out.Parts = parts
	return out, nil
}

// mainResult is the name of the result that an answer is about.
const mainResult = "r1"

// oneLine keeps a name within a comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// shownLent is how many of the lines of rows that a statement brings along are shown.
const shownLent = 20

// lentLine matches a line of such rows, as each of the dialects writes it.
var lentLine = regexp.MustCompile(`^\s*(?:\(|SELECT )(?:'|NULL)`)

// elided shortens the rows that a statement brings along, which would hide the statement.
func elided(sql string) string {
	var out []string
	run := 0
	for _, line := range strings.Split(sql, "\n") {
		if lentLine.MatchString(line) {
			if run++; run > shownLent {
				continue
			}
		} else if run > shownLent {
			out = append(out, fmt.Sprintf("    -- … %d more", run-shownLent))
			run = 0
		} else {
			run = 0
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func namesOf(parts []Part) (out []string) {
	for _, p := range parts {
		out = append(out, oneLine(p.Name))
	}
	return out
}

func sourcesOf(parts []Part) (out []string) {
	for _, p := range parts {
		if !slices.Contains(out, p.Source) {
			out = append(out, p.Source)
		}
		for _, f := range p.Lent {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

// tooMany says that a source has more rows than are joined.
func (r *run) tooMany(source string, rows int) error {
	w := wordsFor(r.q.Language)
	return &apartError{text: fmt.Sprintf(w.tooWide, escapeMarkdown(source), format.Value(float64(rows), format.Integer, r.q.Language)), reason: ReasonTooLarge}
}

// unreached says that one of the sources did not answer. Nothing is told of what the
// others said: a part would look like the whole.
func (r *run) unreached(source string, err error) error {
	w := wordsFor(r.q.Language)
	var e *connectors.Error
	if !errors.As(err, &e) {
		return err
	}
	name := escapeMarkdown(source)
	switch e.Code {
	case connectors.CodeUnavailable, connectors.CodeNotFound:
		return &apartError{text: fmt.Sprintf(w.notReached, name), reason: ReasonSource, err: err}
	case connectors.CodeOff, connectors.CodeExhausted:
		return &apartError{text: fmt.Sprintf(w.noRoom, name, escapeMarkdown(e.Text(r.q.Language))), reason: ReasonSource, err: err}
	case connectors.CodeTimeout:
		return &apartError{text: fmt.Sprintf(w.tooSlow, name), reason: ReasonTooLarge, err: err}
	}
	return err
}

// wholeUnits begins a period that nobody named with all of its first month, or other unit:
// one source's data begin on a day of it, and the other's figure for it stands on its first.
func (r *run) wholeUnits(q *semantic.Query) {
	if r.p.joint == nil || !r.plan.PeriodDefault || q.Period == nil || q.Period.Start.IsZero() {
		return
	}
	for _, d := range q.Dimensions {
		if d.Field == "" && d.Grain != "" {
			q.Period = &semantic.Period{Start: r.p.Model.Floor(q.Period.Start, d.Grain), End: q.Period.End}
		}
	}
}

// poolValues gives a field the values of those that hold the same thing: a region that
// only the targets know is a region too. What is hidden stands in for what is not, and is
// named by nobody: see compose.Lexicon.
func poolValues(m *semantic.Model, values map[string][]compose.ValueCount) {
	hidden := func(ref string) bool {
		d, f := m.Field(ref)
		return f == nil || d.Hidden || f.Hidden
	}
	pooled := map[string][]compose.ValueCount{}
	for ref, list := range values {
		alike := m.Alike(ref)
		if len(alike) == 0 || hidden(ref) {
			continue
		}
		list = slices.Clone(list)
		for _, other := range alike {
			for _, v := range values[other] {
				if !slices.ContainsFunc(list, func(have compose.ValueCount) bool { return have.Text == v.Text }) {
					list = append(list, v)
				}
			}
		}
		pooled[ref] = list
	}
	for ref, list := range pooled {
		values[ref] = list
	}
}
