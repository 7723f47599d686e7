package agent

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/analysis"
	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// seasonOf is the length of the pattern that recurs at a grain: the week in days,
// the year in months and quarters.
var seasonOf = map[semantic.Grain]int{
	semantic.Day: 7, semantic.Week: 52, semantic.Month: 12, semantic.Quarter: 4, semantic.Hour: 24,
}

// course runs the plan's query along time and returns the points that have a value.
func (r *run) course(ctx context.Context) (*Result, semantic.Grain, []float64, error) {
	q := r.plan.Query
	q.FillTime = q.Period != nil && !q.Period.Start.IsZero() && !q.Period.End.IsZero()
	q.Compare, q.Limit, q.Order = nil, 0, nil
	var grain semantic.Grain
	for _, d := range q.Dimensions {
		if d.Grain != "" {
			grain = d.Grain
		}
	}
	res, err := r.query(ctx, "r1", q)
	if err != nil {
		return nil, grain, nil, err
	}
	at := res.column(q.Measures[0].Key())
	var values []float64
	rows := res.Rows[:0:0]
	for _, row := range res.Rows {
		if v, ok := connectors.Number(row[at]); ok {
			values = append(values, v)
			rows = append(rows, row)
		}
	}
	res.Rows, res.RowCount = rows, len(rows)
	return res, grain, values, nil
}

// tooShort says that there are too few points.
func (r *run) tooShort(res *Result) {
	r.refuseWith(ReasonNoData, fmt.Sprintf(wordsFor(r.q.Language).tooShort, r.where()))
	r.answer.Results = append(r.answer.Results, *res)
}

// maxOutliers is how many points are pointed out.
const maxOutliers = 5

// anomalies points out what does not fit the course.
func (r *run) anomalies(ctx context.Context) error {
	res, grain, values, err := r.course(ctx)
	if err != nil {
		return err
	}
	season := seasonOf[grain]
	outliers, err := analysis.Outliers(values, season)
	if errors.Is(err, analysis.ErrTooShort) {
		r.tooShort(res)
		return nil
	}
	n := r.narrator(r.plan.Query, res)
	data := r.chartData(res, r.plan.Query)
	if len(outliers) == 0 {
		return r.finish(fmt.Sprintf(wordsFor(r.q.Language).noAnomaly, n.pick(n.circumstances()+n.subject(0), n.dated(lowerFirst(n.subject(0))))), res, data)
	}
	outliers = outliers[:min(len(outliers), maxOutliers)]
	table := r.anomalyTable(res, outliers)
	markOutliers(&data, outliers)
	r.answer.Results = append(r.answer.Results, *table)
	return r.finish(n.anomalyText(table), res, data)
}

// markOutliers adds a column to the chart that is true where a row stands out.
func markOutliers(d *chart.Data, outliers []analysis.Outlier) {
	d.Columns = append(d.Columns, chart.Column{Key: "outlier", Role: chart.RoleOutlier})
	stands := map[int]bool{}
	for _, o := range outliers {
		stands[o.Index] = true
	}
	rows := make([][]any, len(d.Rows))
	for i, row := range d.Rows {
		rows[i] = append(append([]any(nil), row...), stands[i])
	}
	d.Rows = rows
}

// continueChart adds the forecast to the chart of the course: rows of their own that
// have no value of the measure, joined to its last one.
func continueChart(d *chart.Data, course, forecast *Result) {
	t, m := course.withRole(semantic.RoleTime), course.withRole(semantic.RoleMeasure)
	width := len(d.Columns)
	for _, c := range []chart.Column{{Key: "forecast", Role: chart.RoleForecast}, {Key: "low", Role: chart.RoleLow}, {Key: "high", Role: chart.RoleHigh}} {
		c.Label, c.Format, c.Measure = forecast.Columns[1].Label, course.Columns[m].Format, course.Columns[m].Name
		d.Columns = append(d.Columns, c)
	}
	rows := make([][]any, 0, len(d.Rows)+len(forecast.Rows))
	for _, row := range d.Rows {
		rows = append(rows, append(append([]any(nil), row...), nil, nil, nil))
	}
	for _, f := range forecast.Rows {
		row := make([]any, width, width+3)
		row[t] = f[0]
		rows = append(rows, append(row, f[1], f[2], f[3]))
	}
	d.Rows = rows
}

// anomalyTable is the computed result of what stands out, strongest first.
func (r *run) anomalyTable(res *Result, outliers []analysis.Outlier) *Result {
	w := wordsFor(r.q.Language)
	t := res.withRole(semantic.RoleTime)
	m := res.column(r.plan.Query.Measures[0].Key())
	expected := res.Columns[m]
	expected.Name, expected.Label, expected.Type = "expected", w.expected, "DOUBLE"
	off := expected
	off.Name, off.Label, off.Role = "off", w.change, string(semantic.RoleGrowth)
	out := &Result{Name: "r2", Source: Computed, Columns: []Column{res.Columns[t], res.Columns[m], expected, off}}
	for _, o := range outliers {
		row := res.Rows[o.Index]
		v, _ := connectors.Number(row[m])
		out.Rows = append(out.Rows, []any{row[t], row[m], o.Expected, v - o.Expected})
	}
	out.RowCount = len(out.Rows)
	return out
}

func (n *narrator) anomalyText(table *Result) string {
	at := *n
	at.result = table
	m := table.Columns[1].Name
	var parts []string
	for i := range min(len(table.Rows), 3) {
		parts = append(parts, fmt.Sprintf(n.pick("%s(%s, 평소라면 %s)", "%s (%s, usually %s)"),
			at.when(i).ref, at.figure(i, m).ref, at.figure(i, "expected").ref))
	}
	name := n.subject(0)
	grain := wordsFor(n.language).points[semantic.Grain(table.Columns[0].Grain)]
	if n.ko() {
		return fmt.Sprintf("%s%s에서 눈에 띄는 %s %s입니다.", n.circumstances(), name, grain, strings.Join(parts, ", "))
	}
	return fmt.Sprintf("%s that stand out in %s: %s.", grain, n.dated(lowerFirst(name)), strings.Join(parts, ", "))
}

// forecast continues the course.
func (r *run) forecast(ctx context.Context) error {
	res, grain, values, err := r.course(ctx)
	if err != nil {
		return err
	}
	r.dropUnfinished(res, grain, &values)
	n := r.narrator(r.plan.Query, res)
	floor := true
	for _, v := range values {
		floor = floor && v >= 0
	}
	horizon := max(r.plan.Horizon, 1)
	next, err := analysis.Continue(values, horizon, seasonOf[grain], floor)
	if errors.Is(err, analysis.ErrTooShort) {
		r.tooShort(res)
		return nil
	}
	if whole(values) {
		for _, list := range [][]float64{next.Values, next.Low, next.High} {
			for i, v := range list {
				list[i] = math.Round(v) // half an order will not come
			}
		}
	}
	table := r.forecastTable(res, grain, next)
	shown, query := lastOf(res, r.plan.Query, max(courseShown, 8*len(table.Rows)))
	data := r.chartData(shown, query)
	data.PartialLast = false
	continueChart(&data, res, table)
	r.answer.Results = append(r.answer.Results, *table)
	if total := r.totalTable(n, next); total != nil {
		r.answer.Results = append(r.answer.Results, *total)
		return r.finish(n.totalText(total, n.methodOf(next)), res, data)
	}
	return r.finish(n.forecastText(table, next), res, data)
}

// courseShown is how much of a course is drawn before its forecast: three years of
// months, five weeks of days.
const courseShown = 36

// lastOf is the end of a course, beside a thousand days of which a forecast of four
// could not be seen.
func lastOf(res *Result, q semantic.Query, n int) (*Result, semantic.Query) {
	t := res.withRole(semantic.RoleTime)
	if len(res.Rows) <= n || q.Period == nil {
		return res, q
	}
	out := *res
	out.Rows = res.Rows[len(res.Rows)-n:]
	out.RowCount = n
	if from, ok := out.Rows[0][t].(time.Time); ok {
		q.Period = &semantic.Period{Start: from, End: q.Period.End}
	}
	return &out, q
}

func whole(values []float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return v != math.Trunc(v) })
}

// dropUnfinished leaves out a last period that the data does not cover whole: half a
// month looks like a collapse.
func (r *run) dropUnfinished(res *Result, grain semantic.Grain, values *[]float64) {
	t := res.withRole(semantic.RoleTime)
	if t < 0 || len(res.Rows) == 0 || r.until().IsZero() {
		return
	}
	last, ok := res.Rows[len(res.Rows)-1][t].(time.Time)
	if ok && nextPeriod(last, grain, 1).After(r.until().Add(24*time.Hour)) {
		res.Rows = res.Rows[:len(res.Rows)-1]
		res.RowCount--
		*values = (*values)[:len(*values)-1]
	}
}

// nextPeriod is the start of the period n grains after t.
func nextPeriod(t time.Time, grain semantic.Grain, n int) time.Time {
	switch grain {
	case semantic.Hour:
		return t.Add(time.Duration(n) * time.Hour)
	case semantic.Week:
		return t.AddDate(0, 0, 7*n)
	case semantic.Month:
		return t.AddDate(0, n, 0)
	case semantic.Quarter:
		return t.AddDate(0, 3*n, 0)
	case semantic.Year:
		return t.AddDate(n, 0, 0)
	}
	return t.AddDate(0, 0, n)
}

// forecastTable is the computed result: when, how much, and between what.
func (r *run) forecastTable(res *Result, grain semantic.Grain, f analysis.Forecast) *Result {
	w := wordsFor(r.q.Language)
	m := res.Columns[res.column(r.plan.Query.Measures[0].Key())]
	column := func(name, label string, role semantic.Role) Column {
		c := m
		c.Name, c.Type, c.Label, c.Role = name, "DOUBLE", label, string(role)
		return c
	}
	t := res.withRole(semantic.RoleTime)
	out := &Result{Name: "r2", Source: Computed, Columns: []Column{
		res.Columns[t], column("forecast", w.forecast, semantic.RoleMeasure),
		column("low", "−", semantic.RoleBefore), column("high", "+", semantic.RoleBefore),
	}}
	out.Columns[2].Label, out.Columns[3].Label = w.forecast+" (10 %)", w.forecast+" (90 %)"
	last, _ := res.Rows[len(res.Rows)-1][t].(time.Time)
	for i := range f.Values {
		out.Rows = append(out.Rows, []any{nextPeriod(last, grain, i+1), f.Values[i], f.Low[i], f.High[i]})
	}
	out.RowCount = len(out.Rows)
	return out
}

func (n *narrator) forecastText(table *Result, f analysis.Forecast) string {
	at := *n
	at.result, at.query.Period = table, nil // the dates of a forecast need their year
	last := len(table.Rows) - 1
	name := n.subject(0)
	range80 := func(i int) string { return at.figure(i, "low").ref + "–" + at.figure(i, "high").ref }
	method := n.methodOf(f)
	if n.ko() {
		point := func(i int) string {
			return at.when(i).ref + " " + at.figure(i, "forecast").ref + "(" + range80(i) + ")"
		}
		text := n.filterPrefix() + name + format.Josa(name, "은", "는") + " " + point(0)
		if last > 0 {
			text += ", 마지막인 " + point(last)
		}
		return text + fmt.Sprintf("%s 예상됩니다. 지난 흐름의 %s만 이어 본 것이고, 괄호는 열에 여덟은 그 안에 드는 범위예요.",
			format.Josa(at.figure(last, "high").text, "으로", "로"), method)
	}
	point := func(i int) string {
		return at.figure(i, "forecast").ref + " " + at.onWhen(i) + " (" + range80(i) + ")"
	}
	text := name + " may come to " + point(0)
	if last > 0 {
		text += ", and at the end to " + point(last)
	}
	return n.sentence(text) +
		fmt.Sprintf(" This only continues the past %s; eight times out of ten the figure falls into the range in brackets.", method)
}

// methodOf is what of the past a forecast continues.
func (n *narrator) methodOf(f analysis.Forecast) string {
	return map[string]string{
		"seasonal": n.pick("계절성과 추세", "season and trend"), "trend": n.pick("추세", "trend"), "level": n.pick("최근 수준", "recent level"),
	}[f.Method]
}

// filterPrefix is circumstances without the period, which lies in the past of a
// forecast.
func (n *narrator) filterPrefix() string {
	if words := n.filterWords(); n.ko() && words != "" {
		return words + " "
	}
	return ""
}

// relate adds how strongly two measures go together: Pearson's correlation of the
// rows, as a computed result.
func (r *run) relate(n *narrator, text string) string {
	if len(n.query.Measures) < 2 {
		return text
	}
	a, b := n.query.Measures[0].Key(), n.query.Measures[1].Key()
	var xs, ys []float64
	for i := range n.result.Rows {
		if n.has(i, a) && n.has(i, b) {
			xs, ys = append(xs, n.number(i, a)), append(ys, n.number(i, b))
		}
	}
	c, ok := correlation(xs, ys)
	if !ok {
		return text
	}
	w := wordsFor(r.q.Language)
	computed := Result{
		Name: "r2", Source: Computed, RowCount: 1, Rows: [][]any{{c}},
		Columns: []Column{{Column: connectors.Column{Name: "correlation", Type: "DOUBLE"}, Label: w.strength, Format: string(format.Score), Role: string(semantic.RoleMeasure)}},
	}
	figure, count := figures.Ref("r2", "correlation", 0), figures.Count("r1")
	if len(xs) < len(n.result.Rows) { // some rows have one of the two only
		computed.Rows[0] = append(computed.Rows[0], int64(len(xs)))
		computed.Columns = append(computed.Columns, Column{Column: connectors.Column{Name: "pairs", Type: "BIGINT"}, Format: string(format.Integer)})
		count = figures.Ref("r2", "pairs", 0)
	}
	r.answer.Results = append(r.answer.Results, computed)
	first, second := n.measureName(0), n.measureName(1)
	of := ""
	if len(n.result.Columns) > 0 {
		of = n.columnName(0)
	}
	if n.ko() {
		caution := " 함께 움직인다는 뜻이지 원인이라는 뜻은 아니에요."
		if math.Abs(c) < clearRelation {
			caution = ""
		} else if c < 0 {
			caution = " 반대로 움직인다는 뜻이지 원인이라는 뜻은 아니에요."
		}
		return fmt.Sprintf("%s%s%s %s%s %s (상관계수 %s, %s %s개 기준).", n.circumstances(),
			first, format.Josa(first, "과", "와"), second, format.Josa(second, "은", "는"), relation(c, n), figure, of, count) + caution
	}
	return n.sentence(n.dated(strings.TrimSpace(fmt.Sprintf("%s and %s %s %s", first, lowerFirst(second), relation(c, n), n.ofRows())))) +
		fmt.Sprintf(" The correlation is %s over %s rows, one for each %s; it does not say which causes which.", figure, count, lowerFirst(of))
}

// clearRelation is the correlation below which two measures show no relation.
const clearRelation = 0.3

// relation puts a correlation in words, at the usual cuts of 0.3 and 0.7 (Ratner,
// "The correlation coefficient", 2009).
func relation(c float64, n *narrator) string {
	switch {
	case math.Abs(c) < clearRelation:
		return n.pick("뚜렷한 관계가 없어요", "show no clear relation")
	case c >= 0.7:
		return n.pick("뚜렷하게 함께 움직여요", "clearly move together")
	case c > 0:
		return n.pick("어느 정도 함께 움직여요", "somewhat move together")
	case c <= -0.7:
		return n.pick("뚜렷하게 반대로 움직여요", "clearly move against each other")
	}
	return n.pick("어느 정도 반대로 움직여요", "somewhat move against each other")
}

func correlation(xs, ys []float64) (float64, bool) {
	if len(xs) < 3 {
		return 0, false
	}
	var mx, my float64
	for i := range xs {
		mx += xs[i] / float64(len(xs))
		my += ys[i] / float64(len(ys))
	}
	var sxy, sxx, syy float64
	for i := range xs {
		sxy += (xs[i] - mx) * (ys[i] - my)
		sxx += (xs[i] - mx) * (xs[i] - mx)
		syy += (ys[i] - my) * (ys[i] - my)
	}
	if sxx == 0 || syy == 0 {
		return 0, false
	}
	return sxy / math.Sqrt(sxx*syy), true
}
