package think

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// queryArgs is a query as the model writes it.
type queryArgs struct {
	Name    string       `json:"name"`
	Title   string       `json:"title,omitempty"`
	Part    int          `json:"part,omitempty"` // of the plan
	SQL     string       `json:"sql,omitempty"`
	Metrics *metricsArgs `json:"metrics,omitempty"`
	// Of an analyst over several sources: the one that SQL is for, or the results that it
	// joins.
	Source string   `json:"source,omitempty"`
	Join   []string `json:"join,omitempty"`
}

type metricsArgs struct {
	Measures   []semantic.Measure   `json:"measures"`
	Dimensions []semantic.Dimension `json:"dimensions"`
	Filters    []semantic.Filter    `json:"filters"`
	Period     *periodArgs          `json:"period"`
	Compare    string               `json:"compare"`
	Order      []semantic.Order     `json:"order"`
	Limit      int                  `json:"limit"`
	Share      bool                 `json:"share"`
	Cumulative bool                 `json:"cumulative"`
}

type periodArgs struct{ Start, End string }

// maxRows bounds a result; see also connectors.MaxResultBytes.
const maxRows = 2000

// maxParallel is how many statements of one call run at once. The source's contract
// bounds them too.
const maxParallel = 3

// runQueries runs the queries of one call and returns their results in order. Problems
// are what the model can mend, by query; an error ends the question.
func (s *session) runQueries(ctx context.Context, queries []queryArgs) (results []Result, problems []string, err error) {
	if len(queries) == 0 {
		return nil, nil, nil
	}
	if s.usage.Queries += len(queries); s.usage.Queries > s.budget.Queries {
		return nil, []string{"the question has run as many queries as it may; answer with the results there are"}, nil
	}
	queries = slices.Clone(queries)
	whole := s.joinsOf(queries)
	results, failed := make([]Result, len(queries)), make([]string, len(queries))
	if err := s.runAsked(ctx, queries, whole, results, failed); err != nil {
		return nil, nil, err
	}
	if err := s.runJoins(ctx, queries, results, failed); err != nil {
		return nil, nil, err
	}
	for i := range results {
		results[i] = results[i].cut()
	}
	return results, nonEmpty(failed), nil
}

// runAsked runs the queries that ask sources, those among whole to be joined.
func (s *session) runAsked(ctx context.Context, queries []queryArgs, whole map[string]bool, results []Result, failed []string) error {
	asked := slices.DeleteFunc(slices.Clone(queries), func(q queryArgs) bool { return len(q.Join) > 0 })
	if len(asked) == 0 {
		return nil
	}
	s.env.Step(s.computing(asked))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(maxParallel)
	for i, q := range queries {
		if len(q.Join) > 0 {
			continue
		}
		rows := maxRows
		if whole[q.Name] {
			rows = maxHeld
		}
		g.Go(func() error {
			res, err := s.runQuery(gctx, q, rows)
			if message, mendable := mendable(err); mendable {
				failed[i] = fmt.Sprintf("%s: %s", q.Name, message)
				return nil
			}
			if err == nil {
				results[i] = *res
			}
			return err
		})
	}
	return g.Wait()
}

// computing says what queries compute. They run together, so it is said together.
func (s *session) computing(queries []queryArgs) Progress {
	p := Progress{Stage: StageQuery}
	var titles []string
	for _, q := range queries {
		if title := line(q.Title, 60); title != "" && !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
		if q.Part > 0 && q.Part <= len(s.plan) && !slices.Contains(p.Parts, q.Part) {
			p.Parts = append(p.Parts, q.Part)
		}
		if source, err := s.member(&q); err == nil && !slices.Contains(p.Sources, source) {
			p.Sources = append(p.Sources, source)
		}
	}
	if p.Text = strings.Join(titles[:min(len(titles), 3)], ", "); len(titles) > 3 {
		p.Text += ", …"
	}
	return p
}

// titled is a result's title as the asker may read it: one with a figure that neither
// the question nor the statement has says nothing.
func (s *session) titled(title, sql string) string {
	kept, _ := figures.Check(line(title, 60), figures.Given{Said: append(s.b.said(&s.q), sql)})
	if strings.Contains(kept, "{{") {
		return ""
	}
	return kept
}

// mendable reports whether the model can do something about err, and what to tell it.
func mendable(err error) (string, bool) {
	var e *connectors.Error
	if !errors.As(err, &e) {
		return "", false
	}
	switch e.Code {
	case connectors.CodeSQL, connectors.CodeDenied, connectors.CodeNotFound:
		return clip(e.Message, 600), true
	case connectors.CodeTimeout, connectors.CodeTooLarge:
		return clip(e.Message, 300) + " Ask for less: fewer rows joined, a shorter period, an aggregate.", true
	}
	return "", false
}

// Everybody is the one group of rights there is: whoever may ask an analyst may see what it
// sees, so that equal statements of theirs may share an answer.
const Everybody = "everybody"

func (s *session) runQuery(ctx context.Context, q queryArgs, rows int) (*Result, error) {
	switch {
	case s.b.analyst.several() && q.Metrics != nil:
		return s.computeMetrics(ctx, &q)
	case s.b.analyst.several():
		return s.askMember(ctx, &q, rows)
	}
	st, err := s.statement(q)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	res, err := s.env.Source.Query(ctx, connectors.Caller{Principal: s.q.Principal, Question: s.q.ID, Rights: Everybody},
		connectors.Statement{SQL: st.sql, Tables: st.tables, MaxRows: rows})
	if err != nil {
		return nil, err
	}
	out := &Result{Name: q.Name, Title: s.titled(q.Title, st.sql), SQL: st.sql, Rows: res.Rows, Truncated: res.Truncated, Elapsed: time.Since(began), Period: st.period}
	for i, c := range res.Columns {
		column := Column{Column: c, Label: c.Name}
		if i < len(st.outputs) {
			o := st.outputs[i]
			column.Name = o.Key // an engine knows long ones by another name
			column.Label, column.Format, column.Role = o.Label.In(s.q.Language, o.Key), o.Format, string(o.Role)
			column.Grain, column.Metric = string(o.Grain), o.Metric
			column.Label = derivedLabel(column.Label, o, s.q.Language)
		} else {
			s.guess(&column, res.Rows, i)
		}
		out.Columns = append(out.Columns, column)
	}
	return out, nil
}

// statement is a query as SQL.
type statement struct {
	sql     string
	tables  []string          // that it may read
	outputs []semantic.Output // what its columns are; of metric queries
	period  *semantic.Period  // likewise
}

func (s *session) statement(q queryArgs) (*statement, error) {
	a := &s.b.analyst
	if q.Metrics == nil {
		sql := strings.TrimRight(strings.TrimSpace(q.SQL), "; \n\t")
		if sql == "" {
			return nil, connectors.Errorf(connectors.CodeSQL, "The query has neither sql nor metrics.")
		}
		return &statement{sql: sql, tables: a.readable()}, nil
	}
	query, err := metricQuery(q.Metrics)
	if err != nil {
		return nil, err
	}
	compiled, err := a.Model.Compile(query, semantic.CompileOptions{Dialect: semantic.DialectOf(a.Catalog.Dialect)})
	if err != nil {
		return nil, connectors.Errorf(connectors.CodeSQL, "The metric query cannot be compiled: %v", err)
	}
	for _, t := range compiled.Tables {
		if a.Tables != nil && !slices.Contains(a.Tables, t) {
			return nil, connectors.Errorf(connectors.CodeDenied, "The metric query reads %s, which is not among the tables.", t)
		}
	}
	return &statement{sql: strings.TrimSpace(compiled.SQL), tables: compiled.Tables, outputs: compiled.Outputs, period: query.Period}, nil
}

func metricQuery(m *metricsArgs) (semantic.Query, error) {
	q := semantic.Query{
		Measures: m.Measures, Dimensions: m.Dimensions, Filters: m.Filters, Order: m.Order,
		Limit: m.Limit, Share: m.Share, Cumulative: m.Cumulative,
	}
	if m.Period != nil && (m.Period.Start != "" || m.Period.End != "") {
		var p semantic.Period
		var errStart, errEnd error
		if m.Period.Start != "" {
			p.Start, errStart = time.Parse(dateLayout, m.Period.Start)
		}
		if m.Period.End != "" {
			p.End, errEnd = time.Parse(dateLayout, m.Period.End)
		}
		if err := errors.Join(errStart, errEnd); err != nil {
			return q, connectors.Errorf(connectors.CodeSQL, "The ends of a period are dates such as 2026-10-01.")
		}
		q.Period = &p
	}
	if m.Compare == "" {
		return q, nil
	}
	if q.Period == nil || q.Period.Start.IsZero() || q.Period.End.IsZero() {
		return q, connectors.Errorf(connectors.CodeSQL, "A comparison needs a period with both ends.")
	}
	kind := semantic.CompareKind(m.Compare)
	q.Compare = &semantic.Compare{Kind: kind, Period: period.Align(*q.Period, kind, period.GrainFor(*q.Period))}
	return q, nil
}

// derivedLabel names a column that belongs to a measure.
func derivedLabel(label string, o semantic.Output, language string) string {
	words := map[semantic.Role][2]string{
		semantic.RoleBefore: {"비교 기간", "Before"}, semantic.RoleChange: {"증감", "Change"}, semantic.RoleGrowth: {"증감률", "Growth"},
		semantic.RoleShare: {"비중", "Share"}, semantic.RoleTotal: {"누적", "Running total"}, semantic.RoleAll: {"전체", "All"},
	}
	w, ok := words[o.Role]
	if !ok {
		return label
	}
	if language == "ko" {
		return w[0]
	}
	return w[1]
}

// guess says what a column of a written statement is, by its name in the model and by
// its cells.
func (s *session) guess(c *Column, rows [][]any, i int) {
	if m := s.b.analyst.Model.Metric(strings.ToLower(c.Name)); m != nil {
		c.Label, c.Format, c.Role, c.Metric = m.Label.In(s.q.Language, c.Name), m.Format, string(semantic.RoleMeasure), m.Name
		return
	}
	for _, d := range s.b.analyst.Model.Datasets {
		if f := fieldOf(d, c.Name); f != nil && !d.Hidden {
			c.Label, c.Format = f.Label.In(s.q.Language, c.Name), f.Format
			break
		}
	}
	for _, row := range rows {
		switch v := row[i].(type) {
		case time.Time:
			c.Role, c.Grain = string(semantic.RoleTime), grainOf(c, rows, i)
		case string, bool:
			c.Role = string(semantic.RoleDimension)
		case nil:
			continue
		default:
			if _, ok := connectors.Number(v); ok {
				c.Role = string(semantic.RoleMeasure)
			}
		}
		return
	}
}

// grainOf is the coarsest grain that all times of a column begin.
func grainOf(c *Column, rows [][]any, i int) string {
	if !strings.HasPrefix(c.Type, "DATE") && !strings.HasPrefix(c.Type, "TIMESTAMP") {
		return ""
	}
	grain := semantic.Year
	for _, row := range rows {
		t, ok := row[i].(time.Time)
		switch {
		case !ok:
			continue
		case t.Hour() != 0 || t.Minute() != 0:
			return string(semantic.Hour)
		case t.Day() != 1:
			grain = semantic.Day
		case t.Month() != 1 && grain == semantic.Year:
			grain = semantic.Month
		}
	}
	return string(grain)
}

// columnArgs is how the model wants a column shown.
type columnArgs struct {
	Query  string `json:"query"`
	Name   string `json:"name"`
	Label  string `json:"label"`
	Format string `json:"format"`
}

// show applies the model's wishes to the columns of results, where they make sense.
func show(results []Result, wishes []columnArgs) {
	for _, w := range wishes {
		for i := range results {
			if w.Query != "" && w.Query != results[i].Name {
				continue
			}
			for j := range results[i].Columns {
				c := &results[i].Columns[j]
				if !strings.EqualFold(c.Name, w.Name) {
					continue
				}
				if label := line(w.Label, 40); label != "" && !strings.Contains(label, "{{") {
					c.Label = label
				}
				if f, ok := knownFormat(w.Format); ok {
					c.Format = f
				}
			}
		}
	}
}

func knownFormat(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if unit, ok := strings.CutPrefix(s, format.Counted); ok {
		return s, len([]rune(unit)) <= 12 && line(unit, 12) == unit
	}
	switch f := format.Format(s); f {
	case "number":
		return "", true
	case format.Integer, format.Percent, format.Points, format.Ratio, format.KRW, format.USD, format.EUR, format.JPY, format.Days,
		format.Hours, format.Minutes, format.Seconds, format.Date, format.Datetime, format.Year, format.Score:
		return s, true
	}
	return "", false
}

// The most of a result that the model is shown.
const (
	maxShown      = 24
	maxShownBytes = 6000
)

// rowsForModel writes a result's first rows as JSON lines: data, whatever they say.
func rowsForModel(r *Result) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %d rows", r.Name, len(r.Rows))
	if r.Truncated {
		s.WriteString(" and more that were cut")
	}
	var names []string
	for _, c := range r.Columns {
		names = append(names, c.Name+" "+c.Type)
	}
	fmt.Fprintf(&s, " of (%s)\n", strings.Join(names, ", "))
	for i, row := range r.Rows {
		if i == maxShown || s.Len() > maxShownBytes {
			fmt.Fprintf(&s, "… %d rows more\n", len(r.Rows)-i)
			break
		}
		data, err := json.Marshal(cellsForModel(row, r.Columns))
		if err != nil { // NaN and infinities
			data = []byte(fmt.Sprintf("%q", fmt.Sprint(row...)))
		}
		s.Write(data)
		s.WriteByte('\n')
	}
	for _, m := range r.Matches {
		s.WriteString(m.forModel())
	}
	return s.String()
}
