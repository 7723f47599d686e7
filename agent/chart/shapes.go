package chart

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// ranking is one dimension: bars, a donut, or bars side by side.
func (t *table) ranking() (Spec, bool) {
	dim := t.dims[0]
	if recurring(t.in.Columns[dim].Grain) {
		return t.recurringBars(dim)
	}
	m := t.measures[0]
	spec := Spec{Kind: Bar, XKind: XCategory, YFormat: t.in.Columns[m].Format}
	for i := range t.rows {
		spec.Categories = append(spec.Categories, t.label(i, dim))
	}
	spec.Series = t.rankedSeries(m)
	if len(spec.Series) == 1 && t.wantsParts(spec) {
		donut := spec
		t.fold(&donut, maxSlices-1)
		if len(donut.Categories) <= maxSlices && whole(donut) && t.complete(donut) {
			donut.Kind = Donut
			return donut, true
		}
		t.notes = nil
	}
	limit := maxBars
	if t.liesDown(spec) {
		limit = maxRows
	}
	if len(spec.Categories) > limit {
		t.fold(&spec, limit)
	}
	if len(spec.Series) > 1 {
		spec.Kind = GroupedBar
		if t.in.Wanted == StackedBar && t.in.Columns[m].Additive && !spec.Series[0].Dashed {
			spec.Kind = StackedBar
		}
	}
	t.lieDown(&spec)
	return spec, true
}

// rankedSeries is the measure beside its earlier value, or several measures of the
// same format, or the measure alone.
func (t *table) rankedSeries(m int) []Series {
	if before := t.derived("before", m); before >= 0 {
		return []Series{
			{Name: t.beforeName(), Values: t.numbers(before), Dashed: true},
			{Name: t.nowName(), Values: t.numbers(m)},
		}
	}
	same := t.sameFormat()
	if len(same) > 3 {
		same = same[:1]
	}
	if t.in.Intent == "rank" || t.in.Intent == "share" {
		same = same[:1]
	}
	var out []Series
	for _, c := range same {
		out = append(out, Series{Name: t.in.Columns[c].Label, Values: t.numbers(c)})
	}
	return out
}

func (t *table) numbers(column int) []*float64 {
	out := make([]*float64, len(t.rows))
	for i := range t.rows {
		out[i] = t.number(i, column)
	}
	return out
}

func (t *table) wantsParts(spec Spec) bool {
	return (t.in.Wanted == Donut || t.in.Wanted == "" && t.in.Intent == "share") && len(spec.Categories) > 1
}

// whole reports whether figures can be parts of a whole: all there, none negative,
// not all zero.
func whole(spec Spec) bool {
	sum := 0.0
	for _, v := range spec.Series[0].Values {
		if v == nil || *v < 0 {
			return false
		}
		sum += *v
	}
	return sum > 0
}

// complete reports whether the parts make up the whole: figures that do not add up are
// parts of nothing, and a rest left out would make every part look larger.
func (t *table) complete(spec Spec) bool {
	m := t.measures[0]
	c := t.in.Columns[m]
	if len(t.notes) > 0 && !isOther(spec.Categories[len(spec.Categories)-1]) {
		return false
	}
	if share := t.derived("share", m); share >= 0 {
		sum := 0.0
		for i := range t.rows {
			if v := t.number(i, share); v != nil {
				sum += *v
			}
		}
		return sum > 0.995 && sum < 1.005
	}
	return c.Additive
}

// liesDown reports whether the names want rows of their own.
func (t *table) liesDown(spec Spec) bool {
	if t.in.Wanted == HBar {
		return true
	}
	if t.in.Wanted == Bar && len(spec.Categories) <= maxBars {
		return false
	}
	longest := 0.0
	for _, name := range spec.Categories {
		longest = max(longest, roughWidth(name))
	}
	room := 55.0 / float64(max(1, len(spec.Categories)))
	return len(spec.Categories) > 8 || longest > longLabel && longest > room
}

// lieDown turns bars with long names or many of them on their side.
func (t *table) lieDown(spec *Spec) {
	if spec.XKind == XCategory && (spec.Kind == Bar || spec.Kind == GroupedBar && len(spec.Series) <= 2) && t.liesDown(*spec) {
		spec.Kind = HBar
	}
}

// roughWidth estimates the width of text in ems without a font.
func roughWidth(text string) float64 {
	w := 0.0
	for _, r := range text {
		if r < 0x1100 {
			w += 0.55
		} else {
			w += 0.9
		}
	}
	return w
}

// recurringBars is one measure by weekday, hour or month of the year, all of which are
// shown, in their order.
func (t *table) recurringBars(dim int) (Spec, bool) {
	d := t.domainOf(dim)
	m := t.measures[0]
	spec := Spec{Kind: Bar, XKind: XCategory, YFormat: t.in.Columns[m].Format, Categories: d.names}
	for _, s := range t.rankedSeries(m) {
		values := make([]*float64, len(d.names))
		for i := range t.rows {
			values[d.index[t.label(i, dim)]] = s.Values[i]
		}
		s.Values = values
		spec.Series = append(spec.Series, s)
	}
	if len(spec.Series) > 1 {
		spec.Kind = GroupedBar
	}
	if t.in.Wanted == Line {
		spec.Kind = Line // the hours of a day follow each other
	}
	return spec, true
}

// pairs is two dimensions: bars side by side, on top of each other, or a heatmap.
func (t *table) pairs() (Spec, bool) {
	a, b := t.dims[0], t.dims[1]
	if len(t.dims) > 2 {
		return t.combinations()
	}
	m := t.measures[0]
	columns, rows := t.domainOf(a), t.domainOf(b)
	// The longer dimension goes along x; of two recurring ones hours do.
	if grain := t.in.Columns[b].Grain; grain == "hour_of_day" || !recurring(t.in.Columns[a].Grain) && len(rows.names) > len(columns.names) {
		a, b, columns, rows = b, a, rows, columns
	}
	spec := Spec{Kind: GroupedBar, XKind: XCategory, YFormat: t.in.Columns[m].Format, Categories: columns.names}
	spec.Series = t.pivot(rows, len(columns.names), b, m, func(i int) int { return columns.index[t.label(i, a)] })
	additive := t.in.Columns[m].Additive && nonNegative(spec.Series)
	cells := len(spec.Categories) * len(spec.Series)
	bothRecur := recurring(t.in.Columns[a].Grain) && recurring(t.in.Columns[b].Grain)
	switch {
	case t.in.Wanted == Heatmap, t.in.Wanted == "" && (bothRecur || len(spec.Series) > maxStacked || cells > 48):
		return t.heat(spec), true
	case t.in.Wanted == StackedBar && additive, t.in.Wanted == "" && additive && (len(spec.Series) > 4 || t.in.Intent == "share"):
		spec.Kind = StackedBar
	}
	if len(spec.Categories) > maxBars {
		t.fold(&spec, maxBars)
	}
	t.foldSeries(&spec, maxSeries)
	return spec, true
}

// maxCells bounds the rows and columns of a heatmap.
const maxCells = 60

func (t *table) heat(spec Spec) Spec {
	spec.Kind = Heatmap
	if len(spec.Categories) > maxCells {
		t.fold(&spec, maxCells)
	}
	t.foldSeries(&spec, maxCells/2)
	return spec
}

// combinations joins three dimensions or more into one name.
func (t *table) combinations() (Spec, bool) {
	m := t.measures[0]
	spec := Spec{Kind: HBar, XKind: XCategory, YFormat: t.in.Columns[m].Format, Series: t.rankedSeries(m)}
	for i := range t.rows {
		name := ""
		for _, d := range t.dims {
			name = joinDot(name, t.label(i, d))
		}
		spec.Categories = append(spec.Categories, name)
	}
	t.fold(&spec, maxRows)
	return spec, true
}

// pivot makes a series of each row of a dimension, with n values placed by at.
func (t *table) pivot(rows domain, n, dim, measure int, at func(row int) int) []Series {
	out := make([]Series, len(rows.names))
	for i, name := range rows.names {
		out[i] = Series{Name: name, Values: make([]*float64, n)}
	}
	for i := range t.rows {
		out[rows.index[t.label(i, dim)]].Values[at(i)] = t.number(i, measure)
	}
	return out
}

func nonNegative(series []Series) bool {
	lo, _ := valueExtent(series)
	return lo >= 0
}

// wantsScatter reports whether two measures are to be seen against each other.
func (t *table) wantsScatter() bool {
	return len(t.measures) >= 2 && len(t.rows) > 2 && (t.in.Wanted == Scatter || t.in.Intent == "relate" && t.in.Wanted == "")
}

func (t *table) scatter() (Spec, bool) {
	x, y := t.measures[0], t.measures[1]
	cx, cy := t.in.Columns[x], t.in.Columns[y]
	spec := Spec{Kind: Scatter, XKind: XNumber, XFormat: cx.Format, YFormat: cy.Format, XLabel: cx.Label, YLabel: cy.Label, Series: []Series{{}}}
	s := &spec.Series[0]
	left := 0
	for i := range t.rows {
		vx, vy := t.number(i, x), t.number(i, y)
		if vx == nil || vy == nil {
			left++
			continue
		}
		spec.Xs = append(spec.Xs, *vx)
		s.Values = append(s.Values, vy)
		s.Labels = append(s.Labels, t.rowName(i))
	}
	if left > 0 {
		t.note(fmt.Sprintf("두 값이 다 있지 않은 %d개는 뺐습니다", left), fmt.Sprintf("%d without both figures are left out", left))
	}
	return spec, len(spec.Xs) > 0
}

func (t *table) rowName(row int) string {
	name := ""
	if t.time >= 0 {
		if at, ok := instant(t.rows[row][t.time]); ok {
			name = cellLabel(at, t.in.Columns[t.time], t.in.Language)
		}
	}
	for _, d := range t.dims {
		name = joinDot(name, t.label(row, d))
	}
	return name
}

// course is a measure along time, with its earlier course, its forecast or its
// outliers where the result has them.
func (t *table) course() (Spec, bool) {
	c := t.in.Columns[t.time]
	m := t.measures[0]
	spec := Spec{Kind: Line, XKind: XTime, Grain: c.Grain, YFormat: t.in.Columns[m].Format}
	for i := range t.rows {
		at, _ := instant(t.rows[i][t.time])
		spec.Times = append(spec.Times, at)
	}
	if len(spec.Times) == 1 {
		return t.figure()
	}
	spec.Series = t.courseSeries(m)
	if !t.has(RoleForecast) {
		spec.PartialLast, spec.CutFirst, spec.CutLast = t.in.PartialLast, t.in.CutFirst != "", t.in.CutLast != ""
	}
	plain := len(spec.Series) == 1 && !t.has(RoleOutlier)
	few := len(spec.Times) <= fewTimes && t.in.Columns[m].Additive && plain && !t.has("total")
	switch t.in.Wanted {
	case Bar, GroupedBar, StackedBar, HBar:
		if len(spec.Times) <= maxTimes && !t.has(RoleForecast) {
			spec.Kind = barsFor(spec, t.in.Wanted)
		}
	case Area:
		if plain && nonNegative(spec.Series) {
			spec.Kind = Area
		}
	case "", Number, Donut, Scatter, Heatmap, Waterfall:
		if few {
			spec.Kind = Bar
		}
	}
	return spec, true
}

func barsFor(spec Spec, wanted Kind) Kind {
	switch {
	case len(spec.Series) == 1:
		return Bar
	case wanted == StackedBar && nonNegative(spec.Series) && !spec.Series[len(spec.Series)-1].Dashed:
		return StackedBar
	}
	return GroupedBar
}

func (t *table) courseSeries(m int) []Series {
	c := t.in.Columns[m]
	if total := t.derived("total", m); total >= 0 {
		return []Series{{Name: t.in.Columns[total].Label, Values: t.numbers(total)}}
	}
	if forecast := t.column(RoleForecast); forecast >= 0 {
		f := Series{Name: t.in.Columns[forecast].Label, Values: t.numbers(forecast), Dashed: true}
		if low, high := t.column(RoleLow), t.column(RoleHigh); low >= 0 && high >= 0 {
			f.Low, f.High = t.numbers(low), t.numbers(high)
		}
		return []Series{{Name: c.Label, Values: t.numbers(m)}, f}
	}
	if before := t.derived("before", m); before >= 0 {
		return []Series{{Name: t.nowName(), Values: t.numbers(m)}, {Name: t.beforeName(), Values: t.numbers(before), Dashed: true}}
	}
	var out []Series
	for _, same := range t.sameFormat() {
		out = append(out, Series{Name: t.in.Columns[same].Label, Values: t.numbers(same)})
	}
	if outlier := t.column(RoleOutlier); outlier >= 0 {
		for i, row := range t.rows {
			if marked, _ := row[outlier].(bool); marked {
				out[0].Marks = append(out[0].Marks, i)
			}
		}
	}
	return out
}

// courses is a measure along time by a dimension: a line for each value, or parts of
// the whole along time.
func (t *table) courses() (Spec, bool) {
	c := t.in.Columns[t.time]
	m, dim := t.measures[0], t.dims[0]
	spec := Spec{Kind: Line, XKind: XTime, Grain: c.Grain, YFormat: t.in.Columns[m].Format, PartialLast: t.in.PartialLast,
		CutFirst: t.in.CutFirst != "", CutLast: t.in.CutLast != ""}
	place := map[time.Time]int{}
	for i := range t.rows {
		at, _ := instant(t.rows[i][t.time])
		if _, ok := place[at]; !ok {
			place[at] = len(spec.Times)
			spec.Times = append(spec.Times, at)
		}
	}
	spec.Series = t.pivot(t.domainOf(dim), len(spec.Times), dim, m, func(i int) int {
		at, _ := instant(t.rows[i][t.time])
		return place[at]
	})
	slices.SortStableFunc(spec.Series, func(a, b Series) int { return cmp.Compare(*total(b.Values), *total(a.Values)) })
	t.foldSeries(&spec, maxSeries)
	parts := t.in.Columns[m].Additive && nonNegative(spec.Series)
	few := len(spec.Times) <= maxBars
	switch wanted := t.in.Wanted; {
	case len(spec.Times) == 1:
		return t.momentBars(spec)
	case parts && wanted == Area, parts && wanted == "" && t.in.Intent == "share" && !few:
		spec.Kind = Area
	case parts && wanted == StackedBar && len(spec.Times) <= maxTimes, parts && wanted == "" && t.in.Intent == "share":
		spec.Kind = StackedBar
	case (wanted == GroupedBar || wanted == Bar || wanted == HBar) && len(spec.Times)*len(spec.Series) <= 2*maxTimes:
		spec.Kind = GroupedBar
	case wanted == Heatmap && len(spec.Times) <= maxCells:
		return t.timeHeat(spec), true
	}
	if spec.Kind != Line && spec.Kind != GroupedBar && spec.Kind != StackedBar {
		spec.CutFirst, spec.CutLast = false, false
	}
	spec.PartialLast = spec.PartialLast && spec.Kind == Line
	return spec, true
}

// momentBars turns series with a single time into bars.
func (t *table) momentBars(spec Spec) (Spec, bool) {
	out := Spec{Kind: Bar, XKind: XCategory, YFormat: spec.YFormat, Series: []Series{{Name: t.in.Columns[t.measures[0]].Label}}}
	for _, s := range spec.Series {
		out.Categories = append(out.Categories, s.Name)
		out.Series[0].Values = append(out.Series[0].Values, s.Values[0])
	}
	t.lieDown(&out)
	return out, true
}

// timeHeat shows series along time as the rows of a heatmap.
func (t *table) timeHeat(spec Spec) Spec {
	spec.Kind, spec.XKind, spec.PartialLast, spec.CutFirst, spec.CutLast = Heatmap, XCategory, false, false, false
	first, last := spec.Times[0], spec.Times[len(spec.Times)-1]
	for _, at := range spec.Times {
		name, _ := timeLabel(at, unitOf(spec.Grain), spec.Grain, t.in.Language)
		if first.Year() != last.Year() || spec.Grain == "hour" {
			name = cellLabel(at, Column{Grain: spec.Grain}, t.in.Language)
		}
		spec.Categories = append(spec.Categories, name)
	}
	spec.Times, spec.Grain = nil, ""
	return spec
}
