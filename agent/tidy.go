package agent

import (
	"context"
	"slices"
	"time"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// mainResult runs the query that the answer is about and tidies its rows: those that
// only the comparison brought are dropped, those of no value of a dimension come last
// and are no place in a ranking.
func (r *run) mainResult(ctx context.Context, q *semantic.Query) (*Result, error) {
	res, err := r.query(ctx, "r1", *q)
	if err != nil {
		return nil, err
	}
	if q.Limit > 0 && q.LimitPer == "" && len(q.Dimensions) == 1 && r.timeDimensions(*q) == 0 && res.hasUnnamed() {
		d := q.Dimensions[0]
		q.Filters = append(slices.Clone(q.Filters), semantic.Filter{Field: d.Field, Op: semantic.IsNull, Negate: true})
		if res, err = r.query(ctx, "r1", *q); err != nil {
			return nil, err
		}
		label := res.Columns[res.withRole(semantic.RoleDimension)].Label
		r.answer.Readings = append(slices.Clone(r.answer.Readings), compose.Reading{
			Kind: compose.ReadDefault, Term: label, Meaning: wordsFor(r.q.Language).withValue,
		})
	}
	if res, err = r.shareLastPlace(ctx, q, res); err != nil {
		return nil, err
	}
	if q.Compare != nil && r.plan.Query.Compare == nil {
		res.dropAbsent()
		if !res.compared() {
			res.drop(func(c Column) bool { return c.derived() })
		}
	}
	if q.FillTime {
		if err := r.unrecorded(ctx, *q, res); err != nil {
			return nil, err
		}
	}
	if res.withRole(semantic.RoleTime) < 0 {
		slices.SortStableFunc(res.Rows, func(a, b []any) int { return res.unnamed(a) - res.unnamed(b) })
	}
	return res, nil
}

// pointsNotGrowth has the change of a rate stand where the growth of others does: of
// a rate that went from 2 % to 3 %, "+50 %" misleads.
func (r *run) pointsNotGrowth(res *Result) {
	rates := map[string]string{} // heading of the growth, by measure
	for _, c := range res.Columns {
		if c.Role == string(semantic.RoleGrowth) {
			if m := res.column(c.measure); m >= 0 && format.Format(res.Columns[m].Format) == format.Percent {
				rates[c.measure] = c.Label
			}
		}
	}
	if len(rates) == 0 {
		return
	}
	res.drop(func(c Column) bool { return c.Role == string(semantic.RoleGrowth) && rates[c.measure] != "" })
	for i := range res.Columns {
		c := &res.Columns[i]
		if label := rates[c.measure]; c.Role == string(semantic.RoleChange) && label != "" {
			c.Role, c.Format, c.Label = string(semantic.RoleGrowth), string(format.Points), label
		}
	}
}

// gapShare is how many of the times of a course may be without any record for that to
// be a gap in the records. More than that is how the data are: a shop that is closed
// on Sundays sold nothing then.
const gapShare = 0.1

// unrecorded tells zeros that were counted from times of which there is no record,
// whatever the filters: before the data begin, after they end, and in their gaps. The
// first two are left out; a gap has no value.
func (r *run) unrecorded(ctx context.Context, q semantic.Query, res *Result) error {
	t, key := res.withRole(semantic.RoleTime), q.Measures[0].Key()
	m := res.column(key)
	if t < 0 || m < 0 || len(q.Dimensions) != 1 || q.Compare != nil || q.Cumulative {
		return nil
	}
	zero := func(row []any) bool {
		v, ok := connectors.Number(row[m])
		return !ok || v == 0
	}
	from, until := r.p.recorded(q.Measures[0].Metric)
	res.Rows = slices.DeleteFunc(res.Rows, func(row []any) bool {
		at, ok := row[t].(time.Time)
		end := nextPeriod(at, semantic.Grain(res.Columns[t].Grain), 1)
		return ok && zero(row) && (!until.IsZero() && at.After(until) || !end.After(from))
	})
	res.RowCount = len(res.Rows)
	if !slices.ContainsFunc(res.Rows, zero) || q.Measures[0].Per != "" || q.Measures[0].Over != "" || q.Measures[0].Each != "" {
		return nil
	}
	q.Measures, q.Filters, q.FillTime = q.Measures[:1], nil, false
	all, err := r.query(ctx, "", q)
	if err != nil || all.Truncated {
		return err
	}
	known := map[any]bool{}
	for _, row := range all.Rows {
		known[row[all.withRole(semantic.RoleTime)]] = true
	}
	var gaps []int
	for i, row := range res.Rows {
		if zero(row) && !known[row[t]] {
			gaps = append(gaps, i)
		}
	}
	if len(gaps) == 0 || float64(len(gaps)) > gapShare*float64(len(res.Rows)) {
		return nil
	}
	r.sayGaps(res, gaps, t)
	return nil
}

// sayGaps takes the zeros out of a course's gaps and says so.
func (r *run) sayGaps(res *Result, gaps []int, t int) {
	const listed = 3
	var names string
	for i, row := range gaps {
		for c := range res.Columns {
			if c != t {
				res.Rows[row][c] = nil
			}
		}
		switch {
		case i < listed:
			names += map[bool]string{true: ", "}[i > 0] + figures.Cell(res.Rows[row][t], res.figureColumn(t), figures.Short, r.q.Language)
		case i == listed:
			names += ", …"
		}
	}
	r.answer.Readings = append(slices.Clone(r.answer.Readings), compose.Reading{
		Kind: compose.ReadDefault, Term: wordsFor(r.q.Language).noRecord, Meaning: names,
	})
}

// recorded is the first and the last date of a metric's records.
func (p *prepared) recorded(metric string) (from, until time.Time) {
	if m := p.Model.Metric(metric); m != nil {
		if profile := timeProfile(p.Model, p.tables, m); profile != nil {
			from, _ = profile.Min.(time.Time)
			until, _ = profile.Max.(time.Time)
			return from.Truncate(24 * time.Hour), until.Truncate(24 * time.Hour)
		}
	}
	return p.from, p.until
}

// empty reports whether a result says nothing: no row, or no figure in any.
func (r *Result) empty() bool {
	figures := false
	for i, c := range r.Columns {
		switch semantic.Role(c.Role) {
		case semantic.RoleDimension, semantic.RoleTime:
			continue
		}
		figures = true
		for _, row := range r.Rows {
			if row[i] != nil {
				return false
			}
		}
	}
	return figures || len(r.Rows) == 0
}

// unnamed is 1 for a row of which a dimension has no value, else 0.
func (r *Result) unnamed(row []any) int {
	for i, c := range r.Columns {
		if c.Role == string(semantic.RoleDimension) && row[i] == nil {
			return 1
		}
	}
	return 0
}

func (r *Result) hasUnnamed() bool {
	return slices.ContainsFunc(r.Rows, func(row []any) bool { return r.unnamed(row) == 1 })
}

// dropAbsent leaves out the rows that have a value only in the period compared with.
func (r *Result) dropAbsent() {
	r.Rows = slices.DeleteFunc(r.Rows, func(row []any) bool {
		before := false
		for i, c := range r.Columns {
			v, ok := connectors.Number(row[i])
			switch semantic.Role(c.Role) {
			case semantic.RoleMeasure:
				if ok && v != 0 {
					return false
				}
			case semantic.RoleBefore:
				before = before || ok && v != 0
			}
		}
		return before
	})
	r.RowCount = len(r.Rows)
}

// compared reports whether any row has something to be compared with.
func (r *Result) compared() bool {
	for i, c := range r.Columns {
		if c.Role != string(semantic.RoleBefore) {
			continue
		}
		for _, row := range r.Rows {
			if v, ok := connectors.Number(row[i]); ok && v != 0 {
				return true
			}
		}
	}
	return false
}

// derived reports whether a column comes from a comparison.
func (c Column) derived() bool {
	switch semantic.Role(c.Role) {
	case semantic.RoleBefore, semantic.RoleChange, semantic.RoleGrowth:
		return true
	}
	return false
}

// drop takes columns out.
func (r *Result) drop(is func(Column) bool) {
	var keep []int
	for i, c := range r.Columns {
		if !is(c) {
			keep = append(keep, i)
		}
	}
	if len(keep) == len(r.Columns) {
		return
	}
	pick := func(row []any) []any {
		out := make([]any, len(keep))
		for j, i := range keep {
			out[j] = row[i]
		}
		return out
	}
	rows := make([][]any, len(r.Rows))
	for i, row := range r.Rows {
		rows[i] = pick(row)
	}
	columns := make([]Column, len(keep))
	for j, i := range keep {
		columns[j] = r.Columns[i]
	}
	r.Rows, r.Columns = rows, columns
}
