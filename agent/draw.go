package agent

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
)

// chartData is the shape of a result as package chart takes it.
func (r *run) chartData(res *Result, q semantic.Query) chart.Data {
	d := chart.Data{
		Language: r.q.Language, Title: r.title(q, res, 0), Wanted: chart.Kind(r.plan.Chart), Intent: string(r.plan.Intent), Rows: res.Rows,
	}
	if q.Period != nil {
		d.Period = describe(*q.Period, r.q.Language)
		d.PartialLast = !r.until().IsZero() && q.Period.End.After(r.until().Add(24*time.Hour))
		r.cut(&d, res, q)
	}
	if q.Compare != nil {
		d.NowName, d.BeforeName = r.periodNames(q)
	}
	for _, m := range q.Measures {
		if metric := r.p.Model.Metric(m.Metric); metric != nil && metric.LowerIsBetter {
			d.LowerIsBetter = true
		}
	}
	parts := res.withRole(semantic.RoleDimension) >= 0 && r.plan.Intent != compose.Change && r.plan.Intent != compose.Drivers
	for _, c := range res.Columns {
		role := c.Role
		if role == string(semantic.RoleGrowth) && format.Format(c.Format) == format.Points {
			role = string(semantic.RoleChange)
		}
		if parts && (role == string(semantic.RoleBefore) || role == string(semantic.RoleChange)) {
			role = "" // what was asked for is the parts; the table has their changes
		}
		d.Columns = append(d.Columns, chart.Column{
			Key: c.Name, Role: role, Label: c.Label, Format: c.Format, Grain: c.Grain,
			Measure: c.measure, Additive: c.additive,
		})
	}
	return d
}

// periodNames name the two periods of a comparison in a chart: by their years where
// that tells them apart, as dates are long.
func (r *run) periodNames(q semantic.Query) (now, before string) {
	before = beforeLabel(*q.Compare, oneUnit(q.Period, r.plan.PeriodGrain), r.q.Language)
	if q.Period == nil {
		return "", before
	}
	now = describe(*q.Period, r.q.Language)
	year, other := soleYear(*q.Period), soleYear(q.Compare.Period)
	if !named(*q.Period) && year != 0 && other != 0 && year != other {
		unit := map[bool]string{true: "년"}[r.q.Language == "ko"]
		return fmt.Sprint(year, unit), fmt.Sprint(other, unit)
	}
	return now, before
}

// cut notes which of the first and the last time reach out of the period that was asked
// about: the first week of a quarter has but some of its days in it.
func (r *run) cut(d *chart.Data, res *Result, q semantic.Query) {
	n := r.narrator(q, res)
	first, last := -1, -1
	for row := range res.Rows {
		if _, _, ok := n.span(row); !ok {
			continue
		}
		if t := n.timeColumn(); first < 0 || after(res.Rows[first][t], res.Rows[row][t]) {
			first = row
		}
		if t := n.timeColumn(); last < 0 || after(res.Rows[row][t], res.Rows[last][t]) {
			last = row
		}
	}
	if first < 0 || first == last {
		return
	}
	d.PartialLast = d.PartialLast || n.unfinished(last)
	if in, ok := n.cutTo(first); ok {
		d.CutFirst = describe(in, r.q.Language)
	}
	if in, ok := n.cutTo(last); ok && !d.PartialLast {
		d.CutLast = describe(in, r.q.Language)
	}
}

// soleYear is the year that a period lies in, 0 when it lies in several or is open.
func soleYear(p semantic.Period) int {
	if p.Start.IsZero() || p.End.IsZero() || p.Start.Year() != p.End.Add(-time.Nanosecond).Year() {
		return 0
	}
	return p.Start.Year()
}

// chartDataOf is chartData of what the narrator's text is about: of a verified
// question the measure that was asked for, as its columns are of different kinds, and
// of a question about one value's share that share.
func (r *run) chartDataOf(n *narrator) chart.Data {
	d := r.chartData(n.result, n.query)
	if len(n.query.Measures) == 0 {
		return d
	}
	d.Title = r.title(n.query, n.result, n.lead)
	lead := n.query.Measures[n.lead].Key()
	if n.verified {
		for i, c := range d.Columns {
			if c.Role == string(semantic.RoleMeasure) && c.Key != lead {
				d.Columns[i].Role = ""
			}
		}
	}
	if by := n.rankedBy(); by >= 0 {
		// Of movers what moved is shown, not how large they are.
		for i, c := range d.Columns {
			if c.Role == string(semantic.RoleMeasure) {
				d.Columns[i].Role = ""
			}
		}
		moved := &d.Columns[by]
		moved.Role, moved.Measure, moved.Additive = string(semantic.RoleMeasure), moved.Key, false
		label := n.result.Columns[n.column(lead)].Label
		d.Title = strings.Replace(d.Title, label, label+" "+movementName(n.result.Columns[by], n.language), 1)
	}
	t, share := n.timeColumn(), n.column(lead+"__share")
	if focus := n.focus(); len(focus) > 0 && t >= 0 && share >= 0 {
		d.Rows = nil
		for _, row := range focus {
			d.Rows = append(d.Rows, []any{n.result.Rows[row][t], n.result.Rows[row][share]})
		}
		who := fmt.Sprint(n.result.Rows[focus[0]][n.dimensionColumn()])
		d.Title = titleText(n.language, who, []string{n.result.Columns[n.column(lead)].Label + " " + n.result.Columns[share].Label}, nil)
		measure := d.Columns[share]
		measure.Role, measure.Measure, measure.Additive = string(semantic.RoleMeasure), measure.Key, false
		d.Columns, d.Intent = []chart.Column{d.Columns[t], measure}, string(compose.Trend)
	}
	return d
}

// rankedBy is the column of the changes that rows are ranked by, -1 where they are ranked
// by what they are, or are times.
func (n *narrator) rankedBy() int {
	if len(n.query.Order) == 0 || n.dimensionColumn() < 0 || n.timeColumn() >= 0 {
		return -1
	}
	by := n.column(n.query.Order[0].Key)
	if by < 0 || !movement(n.result.Columns[by]) {
		return -1
	}
	return by
}

// movement reports whether a column says how a measure changed.
func movement(c Column) bool {
	return c.Role == string(semantic.RoleChange) || c.Role == string(semantic.RoleGrowth)
}

// movementName is what a change is called behind the name of what changed.
func movementName(c Column, language string) string {
	rate := c.Role == string(semantic.RoleGrowth) && format.Format(c.Format) != format.Points
	switch {
	case language == "ko" && rate:
		return "증감률"
	case language == "ko":
		return "증감"
	case rate:
		return "growth"
	}
	return "change"
}

// title heads the chart: what is shown, by what, of which rows. Of several measures
// those are shown that are written like the leading one.
func (r *run) title(q semantic.Query, res *Result, lead int) string {
	n := r.narrator(r.plan.Query, &Result{})
	label := func(key string) (Column, bool) {
		i := res.column(key)
		if i < 0 {
			return Column{}, false
		}
		return res.Columns[i], true
	}
	var names []string
	for i, m := range q.Measures {
		c, ok := label(m.Key())
		first, _ := label(q.Measures[lead].Key())
		if metric := r.p.Model.Metric(m.Metric); !ok && metric != nil {
			names = append(names, metric.Label.In(r.q.Language, metric.Name)) // the chart is of a computed result
		} else if ok && (i == lead || c.Format == first.Format || r.plan.Intent == compose.Relate) {
			names = append(names, c.Label)
		}
	}
	var by []string
	for _, c := range res.Columns {
		switch role := semantic.Role(c.Role); {
		case c.Grain != "" && r.q.Language == "ko":
			by = append(by, wordsFor("ko").by[semantic.Grain(c.Grain)])
		case c.Grain == string(semantic.Day):
			by = append(by, "day")
		case res.Source != Computed && (role == semantic.RoleDimension || role == semantic.RoleTime):
			by = append(by, c.Label)
		}
	}
	return titleText(r.q.Language, figures.Plain(n.filterWords()), names, by)
}

// withoutUnnamed takes the row of no value out of a chart that it would dwarf, and
// returns what to note below it.
func (r *run) withoutUnnamed(res *Result, d *chart.Data) string {
	m, dim := res.withRole(semantic.RoleMeasure), res.withRole(semantic.RoleDimension)
	if m < 0 || dim < 0 || res.withRole(semantic.RoleTime) >= 0 || len(d.Rows) != len(res.Rows) {
		return ""
	}
	n := &narrator{language: r.q.Language, result: res}
	at := slices.IndexFunc(res.Rows, func(row []any) bool { return row[dim] == nil })
	best, _ := n.largest(n.namedRows(res.Columns[m].Name), res.Columns[m].Name)
	if at < 0 || best < 0 || len(n.dimensions()) != 1 || !n.has(at, res.Columns[m].Name) || n.number(at, res.Columns[m].Name) <= n.number(best, res.Columns[m].Name) {
		return ""
	}
	d.Rows = slices.Delete(slices.Clone(d.Rows), at, at+1)
	figure := figures.Cell(res.Rows[at][m], res.figureColumn(m), figures.Short, r.q.Language)
	label := res.Columns[dim].Label
	if r.q.Language == "ko" {
		return label + format.Josa(label, "이", "가") + " 없는 " + figure + format.Josa(figure, "은", "는") + " 뺐습니다"
	}
	return figure + " with no " + lowerFirst(label) + " is left out"
}

func (r *run) attachChart(res *Result, data chart.Data) {
	note := r.withoutUnnamed(res, &data)
	if c, ok := drawn(res, data, note); ok {
		r.answer.Charts = append(r.answer.Charts, c)
	}
}

// drawn is the chart that shows data best, and false when there is none.
func drawn(res *Result, data chart.Data, note string) (Chart, bool) {
	spec, ok := chart.Choose(data)
	if !ok {
		return Chart{}, false
	}
	if note != "" && spec.Note != "" {
		note += " · "
	}
	spec.Note = note + spec.Note
	c := Chart{Title: spec.Title, Type: spec.Kind, Result: res.Name, Spec: spec}
	for _, col := range data.Columns {
		switch semantic.Role(col.Role) {
		case semantic.RoleTime, semantic.RoleDimension:
			if c.X == "" {
				c.X = col.Key
			}
		case semantic.RoleMeasure:
			c.Y = append(c.Y, col.Key)
		}
	}
	if c.Y == nil {
		c.Y = []string{}
	}
	return c, true
}
