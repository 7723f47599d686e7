package chart

import (
	"math"
	"slices"
	"time"

	"github.com/bapsang/bapsang/agent/format"
)

// axisPlaces says where the points of a chart stand along x, and what the axis says.
type axisPlaces struct {
	at    []float64 // of every point
	ticks []xTick
}

// lines draws lines, and areas on top of each other.
func (l *layouter) lines() {
	colors := l.seriesColors()
	series := l.spec.Series
	if l.spec.Kind == Area {
		if lo, _ := valueExtent(series); lo >= 0 {
			series = stacked(series)
		} else {
			l.spec.Kind = Line // parts below zero do not stack
		}
	}
	ends := l.endLabels(series, colors)
	crowded := float64(len(ends)) > l.s.height*0.62/(l.em*1.25)
	var content box
	if crowded {
		content = l.frame(l.lineLegend(colors))
		ends = nil
	} else {
		content = l.frame(nil)
	}
	plot, y, x := l.linePlot(content, series, ends)
	l.s.plot = plot
	l.valueAxis(y, plot)
	l.xAxis(x.ticks, plot)
	if l.spec.Kind == Area {
		l.areas(series, colors, plot, x.at, y)
	} else {
		l.courses(series, colors, x.at, y)
	}
	l.marks(series, x.at, y, plot)
	l.hover(series, colors, x.at, y)
	l.drawEnds(ends, plot, x.at, y)
}

func (l *layouter) lineLegend(colors []rgb) []legendEntry {
	var out []legendEntry
	for i, s := range l.spec.Series {
		out = append(out, legendEntry{name: s.Name, color: colors[i], line: l.spec.Kind == Line, dash: s.Dashed, shape: i})
	}
	return out
}

// linePlot finds the plot: the axis labels' width depends on its height, the end
// labels' on nothing, the x axis' height on its width.
func (l *layouter) linePlot(content box, series []Series, ends []endLabel) (box, scale, axisPlaces) {
	lo, hi := valueExtent(series)
	height := content.h - l.em*2.9
	y := lineScale(lo, hi, l.tickCount(height), l.f)
	if l.spec.Kind == Area {
		y = barScale(lo, hi, l.tickCount(height), l.f)
	}
	left := l.axisWidth(y)
	right := l.em * 0.8
	for _, e := range ends {
		right = max(right, e.width+l.em*1.1)
	}
	plot := box{content.x + left, content.y + l.em*0.4, content.w - left - right, 0}
	x := l.places(plot)
	plot.h = max(l.em*2, content.bottom()-l.xAxisHeight(x.ticks)-plot.y)
	y.from, y.to = plot.bottom(), plot.y
	return plot, y, x
}

// places puts the points along the plot's width: times to scale, numbers on a nice
// axis, categories at equal distances.
func (l *layouter) places(plot box) axisPlaces {
	switch l.spec.XKind {
	case XTime:
		return l.timePlaces(plot)
	case XNumber:
		return l.numberPlaces(plot)
	}
	n := len(l.spec.Categories)
	out := axisPlaces{at: make([]float64, n)}
	band := plot.w / float64(max(1, n))
	for i, name := range l.spec.Categories {
		out.at[i] = plot.x + (float64(i)+0.5)*band
		out.ticks = append(out.ticks, xTick{at: out.at[i], label: l.faces.fit(name, l.em*0.92, false, max(band*0.95, l.em*5))})
	}
	out.ticks = evenly(l.faces, out.ticks, l.em*0.92, l.em*0.7)
	return out
}

func (l *layouter) timePlaces(plot box) axisPlaces {
	times := l.spec.Times
	out := axisPlaces{at: make([]float64, len(times))}
	first, last := times[0], times[len(times)-1]
	span := last.Sub(first).Seconds()
	at := func(t time.Time) float64 {
		if span <= 0 {
			return plot.x + plot.w/2
		}
		return plot.x + t.Sub(first).Seconds()/span*plot.w
	}
	for i, t := range times {
		out.at[i] = at(t)
	}
	unit, labelled := unitOf(l.spec.Grain), times
	limit := func(unit string) int { return max(1, int(plot.w/l.timeLabelWidth(unit))) }
	if len(times) > limit(unit) {
		var step timeStep
		labelled, step = timeTicks(first, last, l.spec.Grain, limit)
		unit = step.unit
		if l.spec.Grain == "week" && (unit == "day" || unit == "half") {
			labelled = every(times, int(math.Ceil(float64(len(times))/float64(limit(unit)))))
		}
	}
	out.ticks = labelTimes(labelled, at, unit, l.spec.Grain, l.lang)
	return out
}

// timeLabelWidth is the room that a label of a unit takes with its distance: that of the
// widest there is.
func (l *layouter) timeLabelWidth(unit string) float64 {
	label, _ := timeLabel(time.Date(2026, 12, 28, 20, 0, 0, 0, time.UTC), unit, l.spec.Grain, l.lang)
	return l.faces.width(label, l.em*0.92, false) + l.em*1.1
}

// every returns each n-th of times.
func every(times []time.Time, n int) []time.Time {
	var out []time.Time
	for i := 0; i < len(times); i += max(1, n) {
		out = append(out, times[i])
	}
	return out
}

func (l *layouter) numberPlaces(plot box) axisPlaces {
	xs := finite(pointers(l.spec.Xs), len(l.spec.Xs))
	lo, hi := valueExtent([]Series{{Values: xs}})
	f := format.Format(l.spec.XFormat)
	s := niceScale(lo, hi, max(2, int(plot.w/(l.em*6))), false)
	s.from, s.to = plot.x, plot.right()
	out := axisPlaces{at: make([]float64, len(xs))}
	for i, v := range xs {
		out.at[i] = math.NaN()
		if v != nil {
			out.at[i] = s.at(*v)
		}
	}
	for _, v := range s.ticks() {
		out.ticks = append(out.ticks, xTick{at: s.at(v), label: format.Tick(v, s.step, f, l.lang)})
	}
	return out
}

func pointers(values []float64) []*float64 {
	out := make([]*float64, len(values))
	for i := range values {
		out[i] = &values[i]
	}
	return out
}

// stacked returns series whose values are sums with those before; Low is what they
// stand on. Missing parts count as nothing where another part is there.
func stacked(series []Series) []Series {
	if len(series) == 0 {
		return series
	}
	n := len(series[0].Values)
	base := make([]float64, n)
	out := make([]Series, len(series))
	for i, s := range series {
		s.Low, s.High = make([]*float64, n), nil
		values := make([]*float64, n)
		for j := range n {
			low := base[j]
			if s.Values[j] != nil {
				base[j] += *s.Values[j]
			} else if !anyAt(series, j) {
				continue
			}
			top := base[j]
			s.Low[j], values[j] = &low, &top
		}
		s.Values = values
		out[i] = s
	}
	return out
}

func anyAt(series []Series, j int) bool {
	return slices.ContainsFunc(series, func(s Series) bool { return s.Values[j] != nil })
}

// runs returns the stretches of indices at which values are there.
func runs(values []*float64) [][2]int {
	var out [][2]int
	from := -1
	for i := 0; i <= len(values); i++ {
		there := i < len(values) && values[i] != nil
		if there && from < 0 {
			from = i
		}
		if !there && from >= 0 {
			out = append(out, [2]int{from, i})
			from = -1
		}
	}
	return out
}

func (l *layouter) areas(series []Series, colors []rgb, plot box, at []float64, y scale) {
	for i, s := range series {
		for _, r := range runs(s.Values) {
			var top, points []point
			for j := r[0]; j < r[1]; j++ {
				top = append(top, point{at[j], y.at(*s.Values[j])})
			}
			top = thin(top, plot.w)
			points = append(points, top...)
			for j := r[1] - 1; j >= r[0]; j-- {
				points = append(points, point{at[j], y.at(*s.Low[j])})
			}
			if r[1]-r[0] == 1 { // a single time has no width of its own
				w := l.em * 0.5
				points = []point{{top[0].x - w, top[0].y}, {top[0].x + w, top[0].y}, {top[0].x + w, points[1].y}, {top[0].x - w, points[1].y}}
			}
			l.shape(polygon(points...), colors[i].faint(0.85), mark, tip{name: s.Name})
			l.stroke(l.em*0.09, solid(l.theme.background), decoration, top...)
		}
	}
}

// courses draws lines with their intervals: intervals first, the first series last, so
// that it lies on top.
func (l *layouter) courses(series []Series, colors []rgb, at []float64, y scale) {
	for i, s := range series {
		if s.Low != nil {
			l.band(s, l.anchorOf(i), colors[i], at, y)
		}
	}
	for i := len(series) - 1; i >= 0; i-- {
		l.course(i, series[i], colors[i], at, y)
	}
}

// anchorOf returns the series that a forecast continues and its last index, or -1.
func (l *layouter) anchorOf(i int) [2]int {
	s := l.spec.Series[i]
	first := slices.IndexFunc(s.Values, func(v *float64) bool { return v != nil })
	for j := i - 1; j >= 0 && s.Low != nil; j-- {
		if o := l.spec.Series[j]; !o.Dashed {
			if k := lastIndex(o.Values); k >= 0 && k < first {
				return [2]int{j, k}
			}
			break
		}
	}
	return [2]int{-1, -1}
}

func lastIndex(values []*float64) int {
	for i := len(values) - 1; i >= 0; i-- {
		if values[i] != nil {
			return i
		}
	}
	return -1
}

func (l *layouter) band(s Series, anchor [2]int, color rgb, at []float64, y scale) {
	var top, bottom []point
	if anchor[0] >= 0 {
		p := point{at[anchor[1]], y.at(*l.spec.Series[anchor[0]].Values[anchor[1]])}
		top, bottom = append(top, p), append(bottom, p)
	}
	for i := range s.Values {
		if s.Low[i] != nil && s.High[i] != nil {
			top = append(top, point{at[i], y.at(*s.High[i])})
			bottom = append(bottom, point{at[i], y.at(*s.Low[i])})
		}
	}
	slices.Reverse(bottom)
	if len(top) > 1 {
		l.shape(polygon(append(top, bottom...)...), color.faint(0.16), mark, tip{name: s.Name})
	}
}

func (l *layouter) course(i int, s Series, color rgb, at []float64, y scale) {
	width := l.em * 0.15
	if len(l.spec.Series) > 6 || len(s.Values) > 400 {
		width = l.em * 0.11
	}
	last := lastIndex(s.Values)
	partial := !s.Dashed && last > 0 && l.wholenessOf(last) != entire
	cut := !s.Dashed && last > 0 && firstIndex(s.Values) == 0 && l.wholenessOf(0) != entire
	for _, r := range runs(s.Values) {
		var points []point
		if a := l.anchorOf(i); a[0] >= 0 && r[0] == firstIndex(s.Values) {
			points = append(points, point{at[a[1]], y.at(*l.spec.Series[a[0]].Values[a[1]])})
		}
		for j := r[0]; j < r[1]; j++ {
			points = append(points, point{at[j], y.at(*s.Values[j])})
		}
		if partial && r[1] == len(s.Values) && len(points) > 1 {
			tail := l.stroke(width, solid(color), mark, points[len(points)-2:]...)
			tail.dash = l.dash()
			points = points[:len(points)-1]
		}
		if cut && r[0] == 0 && len(points) > 1 {
			head := l.stroke(width, solid(color), mark, points[:2]...)
			head.dash = l.dash()
			points = points[1:]
		}
		line := l.stroke(width, solid(color), mark, thin(points, l.s.plot.w)...)
		if s.Dashed {
			line.dash = l.dash()
		}
		l.pointMarkers(i, s, r, color, at, y)
	}
	if cut {
		l.endMarker(i, point{at[0], y.at(*s.Values[0])}, color, true, "")
	}
	if last >= 0 {
		l.endMarker(i, point{at[last], y.at(*s.Values[last])}, color, partial, s.Name)
	}
}

func firstIndex(values []*float64) int {
	return slices.IndexFunc(values, func(v *float64) bool { return v != nil })
}

// pointMarkers marks every point where there is room for it, and points without
// neighbours always: they have no line.
func (l *layouter) pointMarkers(i int, s Series, r [2]int, color rgb, at []float64, y scale) {
	roomy := len(at) > 0 && l.s.plot.w/float64(len(at)) > l.em*2 && !s.Dashed
	if !roomy && r[1]-r[0] > 1 {
		return
	}
	for j := r[0]; j < r[1]; j++ {
		l.marker(i, point{at[j], y.at(*s.Values[j])}, l.em*0.2, color, mark, tip{})
	}
}

func (l *layouter) endMarker(i int, p point, color rgb, hollow bool, name string) {
	l.marker(i, p, l.em*0.3, color, mark, tip{name: name})
	if hollow {
		l.marker(i, p, l.em*0.17, l.theme.background, decoration, tip{})
	}
}

// thin keeps, of points denser than pixels, the first, the last and the extremes of
// every half pixel: the picture is the same.
func thin(points []point, width float64) []point {
	columns := int(width * 2)
	if len(points) <= 2*columns || columns < 1 {
		return points
	}
	var out []point
	for from := 0; from < len(points); {
		column := math.Floor(points[from].x * 2)
		to, lo, hi := from, from, from
		for ; to < len(points) && math.Floor(points[to].x*2) == column; to++ {
			if points[to].y < points[lo].y {
				lo = to
			}
			if points[to].y > points[hi].y {
				hi = to
			}
		}
		kept := []int{from, min(lo, hi), max(lo, hi), to - 1}
		for _, k := range slices.Compact(kept) {
			out = append(out, points[k])
		}
		from = to
	}
	return out
}

// maxHover bounds the invisible marks that carry the figures of a line.
const maxHover = 2000

// hover lays an invisible mark with its exact figure over every point. Of what is
// stacked, a point stands where the sum does and tells its own part. Where there are too
// many points, those pointed out have theirs.
func (l *layouter) hover(series []Series, colors []rgb, at []float64, y scale) {
	crowded := len(series)*len(at) > maxHover
	r := min(l.em*0.6, max(l.em*0.2, l.s.plot.w/float64(2*max(1, len(at)))))
	for i, s := range series {
		for j, v := range s.Values {
			own := l.spec.Series[i].Values[j]
			if v == nil || own == nil || math.IsNaN(at[j]) || crowded && !slices.Contains(s.Marks, j) {
				continue
			}
			t := l.tip(s.Name, j, *own)
			if l.spec.Kind == Line && s.Low != nil && s.Low[j] != nil && s.High[j] != nil {
				t.figure += " (" + l.full(*s.Low[j]) + " – " + l.full(*s.High[j]) + ")"
			}
			b := box{at[j] - r, y.at(*v) - r, 2 * r, 2 * r}
			l.s.add(&rectItem{box: b, radius: r, fill: colors[i].faint(0), tip: t})
		}
	}
}

// tip is what a point stands for.
func (l *layouter) tip(name string, i int, v float64) tip {
	return tip{name, l.xName(i), l.full(v)}
}

// xName writes the i-th place of the x axis.
func (l *layouter) xName(i int) string {
	switch l.spec.XKind {
	case XTime:
		return format.DateFull(l.spec.Times[i], l.spec.Grain, l.lang)
	case XNumber:
		return format.Value(l.spec.Xs[i], format.Format(l.spec.XFormat), l.lang)
	}
	return l.spec.Categories[i]
}

// marks rings the points to point out and writes their figures, where no other of
// these stands.
func (l *layouter) marks(series []Series, at []float64, y scale, plot box) {
	var taken []box
	for _, s := range series {
		for _, j := range s.Marks {
			if j < 0 || j >= len(s.Values) || s.Values[j] == nil {
				continue
			}
			p := point{at[j], y.at(*s.Values[j])}
			l.stroke(l.em*0.13, solid(l.theme.bad), decoration, circlePoints(p, l.em*0.5)...)
			label := l.compact(*s.Values[j])
			size := l.em * 0.9
			dy := -l.em * 0.8
			if isLow(s.Values, j) {
				dy = l.em * 1.4
			}
			w := l.faces.width(label, size, true)
			x := min(max(p.x, plot.x+w/2), plot.right()-w/2)
			b := box{x - w/2, p.y + dy - size, w, size * 1.1}
			if b.y < plot.y-l.em || b.bottom() > plot.bottom() || slices.ContainsFunc(taken, b.overlaps) {
				continue
			}
			taken = append(taken, b)
			l.text(x, p.y+dy, middle, size, true, l.theme.readable(l.theme.bad, l.theme.background), label)
		}
	}
}

func isLow(values []*float64, i int) bool {
	lower := func(j int) bool {
		return j < 0 || j >= len(values) || values[j] == nil || *values[i] <= *values[j]
	}
	return lower(i-1) && lower(i+1)
}

func circlePoints(c point, r float64) []point {
	const n = 32
	out := make([]point, n+1)
	for i := range out {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / n)
		out[i] = point{c.x + r*cos, c.y + r*sin}
	}
	return out
}
