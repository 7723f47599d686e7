package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
)

// maxRows bounds the rows of an answer. What people read is far less; this is for
// the file they download.
const maxRows = 2000

// run is the running of one plan.
type run struct {
	agent  *Agent
	p      *prepared
	q      *Question
	plan   *compose.Plan
	step   func(Step)
	answer *Answer
	tied   bool // what a ranking left out is as good as the last that it kept
	// notSearched says which searches did not work, a sentence each.
	notSearched []string
	searched    aging // of what was searched for
	aging       aging // of what was computed
	// partners is what the sources that were joined have in common, of the main result.
	partners partners
}

// runPlan computes what the plan asks for and writes the answer.
func (r *run) runPlan(ctx context.Context) error {
	r.answer.Rung, r.answer.Plan = Compose, r.plan
	r.answer.Readings, r.answer.Changed = r.plan.Readings, r.plan.Changed
	named := r.describe()
	r.step(Step{Text: named + " …", Name: named})
	switch r.plan.Intent {
	case compose.Drivers:
		return r.drivers(ctx)
	case compose.Anomaly:
		return r.anomalies(ctx)
	case compose.Forecast:
		return r.forecast(ctx)
	}
	query := r.enrich()
	res, err := r.mainResult(ctx, &query)
	if err != nil {
		return err
	}
	if res.empty() {
		r.noData()
		return nil
	}
	n := r.narrator(query, res)
	if n.whole, err = r.whole(ctx, query); err != nil {
		return err
	}
	text := n.text()
	if text == "" {
		r.noData()
		return nil
	}
	if n.whole != nil {
		r.answer.Results = append(r.answer.Results, *n.whole.result)
	}
	together, err := r.together(ctx, n)
	if err != nil {
		return err
	}
	if apart := cmp.Or(r.versus(n), together); apart != "" {
		text = apart
	}
	if r.plan.Intent == compose.Relate {
		text = r.relate(n, text)
	}
	return r.finish(text, res, r.chartDataOf(n))
}

// whole is the narrator of the figure over all rows together, with its change, which
// is how an answer by parts begins. It asks the data again rather than adding up:
// distinct counts and rates do not add up.
func (r *run) whole(ctx context.Context, q semantic.Query) (*narrator, error) {
	times := r.timeDimensions(q)
	switch r.plan.Intent {
	case compose.Breakdown, compose.Change, compose.Share, compose.Trend:
	default:
		return nil, nil
	}
	compared := q.Compare != nil && len(q.Dimensions) == 1 // a course beside another one
	if len(q.Measures) != 1 || len(q.Having) > 0 || q.Cumulative || times > 0 && !compared {
		return nil, nil
	}
	q.Dimensions, q.Order, q.Limit, q.LimitPer, q.Share, q.Total, q.FillTime = nil, nil, 0, "", false, false, false
	res, err := r.query(ctx, "r2", q)
	if err != nil || res.empty() {
		return nil, err
	}
	return r.narrator(q, res), nil
}

// timeDimensions counts the dimensions that run along time.
func (r *run) timeDimensions(q semantic.Query) int {
	n := 0
	for _, d := range q.Dimensions {
		if _, f := r.p.Model.Field(d.Field); d.Field == "" || d.Grain != "" && f != nil && f.IsTime {
			n++
		}
	}
	return n
}

// describe says what is about to be computed: "매출 × 지역, 2026-10-01–10-31 …".
func (r *run) describe() string {
	var parts []string
	for _, m := range r.plan.Query.Measures {
		if metric := r.p.Model.Metric(m.Metric); metric != nil {
			parts = append(parts, metric.Label.In(r.q.Language, metric.Name))
		}
	}
	for _, d := range r.plan.Query.Dimensions {
		if _, f := r.p.Model.Field(d.Field); f != nil {
			parts = append(parts, f.Label.In(r.q.Language, f.Name))
		} else if d.Grain != "" {
			parts = append(parts, grainLabel(d.Grain, r.q.Language))
		}
	}
	text := joinTimes(parts)
	if p := r.plan.Query.Period; p != nil {
		text += ", " + period.Describe(*p, r.q.Language)
	}
	return text
}

func joinTimes(parts []string) string {
	var s string
	for i, p := range parts {
		if i > 0 {
			s += " × "
		}
		s += p
	}
	return s
}

// enrich adds to the plan's query what a good answer says beside it: the total, the
// shares, and the change against the period before.
func (r *run) enrich() semantic.Query {
	q := r.plan.Query
	if c := q.Compare; c != nil && q.Period != nil && (c.Period == *q.Period || c.Period.Start.IsZero() != q.Period.Start.IsZero()) {
		q.Compare = nil // with itself, or with all that was before: it would say nothing
		r.answer.Readings = slices.DeleteFunc(slices.Clone(r.answer.Readings), func(rd compose.Reading) bool { return rd.Kind == compose.ReadCompare })
	}
	times := r.timeDimensions(q)
	r.untilRecorded(&q, times)
	dims := len(q.Dimensions) - times
	additive := len(q.Measures) > 0
	for _, m := range q.Measures {
		additive = additive && m.Per == "" && m.Over == "" && m.Each == "" && r.p.Model.Additive(m.Metric, q.Dimensions...)
	}
	switch r.plan.Intent {
	case compose.Breakdown, compose.Rank, compose.Change, compose.Share:
		q.Share = q.Share || additive && times == 0 && dims == 1 && len(q.Measures) == 1 && len(q.Having) == 0
	case compose.Trend:
		q.FillTime = dims == 0 && q.Period != nil && !q.Period.Start.IsZero() && !q.Period.End.IsZero()
	}
	// A comparison brings rows that have no value now. Where few or small ones are
	// asked for, these would be the answer.
	least := len(q.Having) > 0 || len(q.Order) > 0 && !q.Order[0].Desc
	named := !least && r.plan.PeriodGrain != "" && !r.plan.PeriodDefault && q.Period != nil
	r.wholeUnits(&q)
	// Several sources are each asked once, for what is compared are their figures.
	named = named && (r.p.joint == nil || len(q.Measures) == 1)
	if q.Compare == nil && named && times == 0 && dims <= 1 && r.plan.Intent != compose.Relate && r.plan.Intent != compose.List {
		before := period.Align(*q.Period, semantic.ComparePrevious, r.plan.PeriodGrain)
		if r.from().IsZero() || !before.Start.Before(r.from()) {
			q.Compare = &semantic.Compare{Kind: semantic.ComparePrevious, Period: before}
		}
	}
	return q
}

// untilRecorded ends a period that is not over where the data end, for what is set against
// another time or taken per day: six days of a week are not fewer sales than seven.
func (r *run) untilRecorded(q *semantic.Query, times int) {
	over := slices.ContainsFunc(q.Measures, func(m semantic.Measure) bool { return m.Over != "" })
	if q.Period == nil || q.Period.End.IsZero() || len(q.Measures) == 0 || times > 0 || q.Compare == nil && !over && (r.plan.PeriodGrain == "" || r.plan.PeriodDefault) {
		return
	}
	until := r.until()
	if until.IsZero() {
		return
	}
	day := time.Date(until.Year(), until.Month(), until.Day()+1, 0, 0, 0, 0, time.UTC)
	if day.Before(q.Period.End) && day.After(q.Period.Start) {
		q.Period = &semantic.Period{Start: q.Period.Start, End: day}
	}
}

// query compiles and runs a query as the result called name.
func (r *run) query(ctx context.Context, name string, q semantic.Query) (*Result, error) {
	if r.p.joint != nil {
		return r.queryAcross(ctx, name, q)
	}
	compiled, err := r.p.Model.Compile(q, semantic.CompileOptions{Dialect: semantic.DialectOf(r.p.catalog.Dialect)})
	if err != nil {
		return nil, connectors.Errorf(connectors.CodeSQL, "%v", err)
	}
	res, err := r.statement(ctx, name, compiled.SQL, compiled.Tables)
	if err != nil {
		return nil, err
	}
	r.labelAll(res, compiled.Outputs, q)
	return res, nil
}

// labelAll says what the columns of a compiled query's result are, and calls them by their
// keys: an engine knows long ones by another name.
func (r *run) labelAll(res *Result, outputs []semantic.Output, q semantic.Query) {
	for i := range res.Columns {
		if i < len(outputs) {
			r.label(&res.Columns[i], outputs[i], q)
		}
	}
	r.pointsNotGrowth(res)
}

// statement runs SQL as the result called name.
func (r *run) statement(ctx context.Context, name, sql string, tables []string) (*Result, error) {
	sql = strings.TrimSpace(sql)
	res, err := r.source().Query(ctx, r.inName(), connectors.Statement{SQL: sql, Tables: tables, MaxRows: maxRows})
	if err != nil {
		return nil, err
	}
	return resultOf(name, r.p.catalog.Source, sql, res), nil
}

func (r *run) inName() connectors.Caller {
	return connectors.Caller{Principal: r.q.Asker, Question: r.q.ID, Rights: think.Everybody}
}

func resultOf(name, source, sql string, res *connectors.Result) *Result {
	out := &Result{
		Name: name, Source: source, SQL: sql, Rows: res.Rows, RowCount: len(res.Rows),
		Truncated: res.Truncated, ElapsedMS: res.Elapsed.Milliseconds(),
	}
	for _, c := range res.Columns {
		out.Columns = append(out.Columns, Column{Column: c, Label: c.Name})
	}
	return out
}

// label says how to show a column.
func (r *run) label(c *Column, o semantic.Output, q semantic.Query) {
	c.Name, c.Role, c.Format, c.Grain = o.Key, string(o.Role), o.Format, string(o.Grain)
	c.measure, c.additive = o.Measure, o.Metric != "" && eachOf(q, o).Each == "" && r.p.Model.Additive(o.Metric, q.Dimensions...)
	c.Label = o.Label.In(r.q.Language, o.Key)
	if m := eachOf(q, o); m.Is != "" && o.Role == semantic.RoleMeasure {
		dataset, _, _ := strings.Cut(m.Each, ".")
		c.Label = compose.EachLabel(r.p.Model, m, r.p.Model.Dataset(dataset), r.q.Language)
	}
	switch o.Role {
	case semantic.RoleTime:
		c.Label = grainLabel(o.Grain, r.q.Language)
	case semantic.RoleBefore:
		if q.Compare != nil {
			c.Label = beforeLabel(*q.Compare, oneUnit(q.Period, r.plan.PeriodGrain), r.q.Language)
		}
	case semantic.RoleGrowth, semantic.RoleChange:
		if q.Compare != nil {
			c.Label = compareLabel(o.Role, *q.Compare, oneUnit(q.Period, r.plan.PeriodGrain), r.q.Language)
		}
	case semantic.RoleShare:
		c.Label = wordsFor(r.q.Language).share
	}
}

// eachOf is the measure of an output that is taken for each of some things, none otherwise.
func eachOf(q semantic.Query, o semantic.Output) semantic.Measure {
	for _, m := range q.Measures {
		if m.Each != "" && m.Key() == o.Measure {
			return m
		}
	}
	return semantic.Measure{}
}

// finish fills the text's figures in and attaches result and chart.
func (r *run) finish(text string, res *Result, data chart.Data) error {
	r.answer.Results = append(r.answer.Results, *res)
	slices.SortStableFunc(r.answer.Results, func(a, b Result) int { return strings.Compare(a.Name, b.Name) })
	tables := make([]figures.Table, len(r.answer.Results))
	for i := range r.answer.Results {
		tables[i] = r.answer.Results[i].figureTable()
	}
	filled, err := figures.Fill(text, tables, r.q.Language)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	r.answer.Text = filled
	if r.plan == nil || r.plan.Chart != "none" {
		r.attachChart(res, data)
	}
	r.assume()
	return nil
}

// assume lists how the question was read.
func (r *run) assume() {
	r.answer.Readings = append(slices.Clone(r.answer.Readings), r.caveats()...)
	for _, rd := range r.answer.Readings {
		line := rd.Meaning
		if rd.Term != "" && rd.Term != rd.Meaning {
			line = rd.Term + " = " + rd.Meaning
		}
		r.answer.Assumptions = append(r.answer.Assumptions, line)
	}
}

// caveats are readings about the data: where they end, and what was cut.
func (r *run) caveats() []compose.Reading {
	w := wordsFor(r.q.Language)
	out := append(r.aged(w), r.joined()...)
	if r.plan != nil && r.plan.Query.Period != nil && !r.until().IsZero() {
		if p := r.plan.Query.Period; !p.End.IsZero() && p.End.After(r.until().Add(24*time.Hour)) {
			out = append(out, compose.Reading{Kind: compose.ReadDefault, Term: w.data, Meaning: fmt.Sprintf(w.until, r.until().Format(jsonDate))})
		}
	}
	for _, res := range r.answer.Results {
		if res.Truncated {
			rows := format.Value(float64(res.RowCount), format.Integer, r.q.Language)
			out = append(out, compose.Reading{Kind: compose.ReadDefault, Term: w.cut, Meaning: fmt.Sprintf(w.rowsCut, rows)})
		}
		if r.plan != nil && r.plan.Intent == compose.Share && res.withoutShares() {
			out = append(out, compose.Reading{Kind: compose.ReadDefault, Term: w.share, Meaning: w.noShare})
		}
	}
	return out
}

// finishVerified writes the answer to a verified question: the first row's figures,
// or who leads.
func (r *run) finishVerified(v *verifiedPlan, res *Result) error {
	r.answer.Rung, r.answer.VerifiedBy = Match, v.By
	r.answer.Readings = v.readings
	for i := range res.Columns {
		r.labelVerified(&res.Columns[i], v, res, i)
	}
	if len(res.Rows) == 0 {
		r.noData()
		return nil
	}
	q := semantic.Query{Period: v.period}
	for _, c := range res.Columns {
		if semantic.Role(c.Role) == semantic.RoleMeasure {
			q.Measures = append(q.Measures, semantic.Measure{Metric: c.Name})
		}
	}
	r.plan = &compose.Plan{Intent: compose.Breakdown, Query: q, Readings: v.readings}
	n := r.narrator(q, res)
	n.verified, n.lead = true, r.askedFor(res, q, v.sql)
	if len(q.Measures) > 0 && v.counted {
		r.plan.Intent, q.Order = n.ranking()
		n.query = q
	}
	text := n.text()
	if text == "" {
		r.noData()
		return nil
	}
	data := r.chartDataOf(n)
	if note := v.Note.In(r.q.Language, ""); note != "" {
		text += " " + note
	}
	return r.finish(text, res, data)
}

// askedFor is the measure that the question names; where it names none, the one that
// the statement orders its rows by, else the first.
func (r *run) askedFor(res *Result, q semantic.Query, sql string) int {
	asked := squeeze(r.q.Text)
	best, length := -1, 0
	for i, m := range q.Measures {
		label := squeeze(res.Columns[res.column(m.Key())].Label)
		if len(label) > length && strings.Contains(asked, label) {
			best, length = i, len(label)
		}
	}
	if best >= 0 {
		return best
	}
	by := res.orderedBy(sql)
	return max(0, slices.IndexFunc(q.Measures, func(m semantic.Measure) bool { return m.Key() == by }))
}

// labelVerified gives a verified question's column its role: by what was declared,
// else by what is in it. The first text names the rows, the others go with it.
func (r *run) labelVerified(c *Column, v *verifiedPlan, res *Result, i int) {
	declared := v.Columns[c.Name]
	c.Label, c.Format = declared.Label.In(r.q.Language, c.Name), declared.Format
	if format.Format(c.Format) == format.Year {
		if res.withRole(semantic.RoleDimension) < 0 {
			c.Role = string(semantic.RoleDimension) // a year names a row, it measures nothing
		}
		return
	}
	for _, row := range res.Rows {
		switch row[i].(type) {
		case nil:
			continue
		case int64, float64, connectors.Decimal:
			c.Role, c.measure = string(semantic.RoleMeasure), c.Name
		case time.Time:
			c.Role, c.Grain = string(semantic.RoleTime), string(semantic.Day)
		default:
			if res.withRole(semantic.RoleDimension) < 0 {
				c.Role = string(semantic.RoleDimension)
			}
		}
		return
	}
}
