package chart

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/bapsang/bapsang/agent/format"
)

// layouter places one chart. Sizes derive from em, the size of ordinary text, so that
// a chart is the same at any size.
type layouter struct {
	spec  Spec
	s     *scene
	faces *typefaces
	theme *theme
	em    float64
	f     format.Format
	lang  string
}

// layOut turns spec into a scene. keep says what of a text is drawn.
func layOut(spec Spec, opts Options, faces *typefaces, keep func(string) string) (*scene, error) {
	t := themeOf(opts.Dark)
	l := &layouter{
		spec:  prepare(spec, keep),
		s:     &scene{width: float64(opts.Width), height: float64(opts.Height), theme: t, along: along(spec.Kind)},
		faces: faces, theme: t,
		em:   emFor(opts.Width, opts.Height),
		f:    format.Format(spec.YFormat),
		lang: spec.Language,
	}
	draw, ok := map[Kind]func(){
		Line: l.lines, Area: l.lines, Scatter: l.scatter,
		Bar: l.bars, GroupedBar: l.bars, StackedBar: l.bars, HBar: l.hbars,
		Donut: l.donut, Heatmap: l.heatmap, Number: l.number, Waterfall: l.waterfall,
	}[spec.Kind]
	switch {
	case !ok:
		return nil, fmt.Errorf("chart kind %q is not known", spec.Kind)
	case spec.Kind == Number && l.spec.Big == nil, spec.Kind != Number && !hasValues(l.spec):
		l.empty()
	default:
		draw()
	}
	return l.s, nil
}

// along says where the marks of a kind stand side by side.
func along(kind Kind) string {
	switch kind {
	case Line, Area, Bar, GroupedBar, StackedBar, Waterfall:
		return "x"
	case HBar:
		return "y"
	}
	return ""
}

// emFor is large: a chart is mostly seen at the width of a phone.
func emFor(width, height int) float64 {
	side := min(float64(width), float64(height)*16/9)
	return min(22, max(11, 10+side/100))
}

// prepare returns a copy of spec that is safe to draw: texts cleaned, series as long as
// their axis, figures finite.
func prepare(spec Spec, keep func(string) string) Spec {
	text := func(s string) string { return keep(clean(s)) }
	texts := func(in []string) []string {
		if in == nil {
			return nil
		}
		out := make([]string, len(in))
		for i, s := range in {
			out[i] = text(s)
		}
		return out
	}
	out := spec
	out.Title, out.Subtitle, out.Note = text(spec.Title), text(spec.Subtitle), text(spec.Note)
	out.XLabel, out.YLabel = text(spec.XLabel), text(spec.YLabel)
	out.Categories = texts(spec.Categories)
	n := axisLength(spec)
	out.Series = make([]Series, len(spec.Series))
	for i, s := range spec.Series {
		s.Name, s.Labels = text(s.Name), texts(s.Labels)
		s.Values = finite(s.Values, n)
		if len(s.Low) > 0 && len(s.High) > 0 {
			s.Low, s.High = finite(s.Low, n), finite(s.High, n)
		} else {
			s.Low, s.High = nil, nil
		}
		out.Series[i] = s
	}
	sortByTime(&out)
	openGaps(&out)
	if out.Kind == Number && spec.Big != nil {
		out.Big = prepareBig(*spec.Big, text)
	}
	return out
}

// sortByTime puts the times of a spec, and all that goes with them, in order.
func sortByTime(spec *Spec) {
	if spec.XKind != XTime || slices.IsSortedFunc(spec.Times, time.Time.Compare) {
		return
	}
	order := make([]int, len(spec.Times))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return spec.Times[a].Compare(spec.Times[b]) })
	spec.Times = reorder(spec.Times, order)
	for i := range spec.Series {
		s := &spec.Series[i]
		s.Values, s.Low, s.High = reorder(s.Values, order), reorder(s.Low, order), reorder(s.High, order)
		marks := make([]int, 0, len(s.Marks))
		for _, m := range s.Marks {
			if at := slices.Index(order, m); at >= 0 {
				marks = append(marks, at)
			}
		}
		s.Marks = marks
	}
}

// openGaps puts a time without values where periods are missing from a course that has
// one in nearly every period: a line over them would claim to know what happened there.
func openGaps(spec *Spec) {
	if spec.XKind != XTime || spec.Kind != Line && spec.Kind != Area || len(spec.Times) < 3 {
		return
	}
	number := func(i int) int { return periodNumber(spec.Times[i], spec.Grain) }
	var steps []int
	for i := 1; i < len(spec.Times); i++ {
		steps = append(steps, number(i)-number(i-1))
	}
	slices.Sort(steps)
	usual := steps[(len(steps)-1)/2]
	if usual < 1 {
		return
	}
	spec.Times = slices.Clone(spec.Times)
	for k := range spec.Series {
		spec.Series[k].Marks = slices.Clone(spec.Series[k].Marks)
	}
	for i := len(spec.Times) - 1; i > 0; i-- {
		if number(i)-number(i-1) > usual+usual/2 {
			insertTime(spec, i, spec.Times[i-1].Add(spec.Times[i].Sub(spec.Times[i-1])/2))
		}
	}
}

// insertTime puts a time at which no series has a value before the i-th.
func insertTime(spec *Spec, i int, t time.Time) {
	spec.Times = slices.Insert(spec.Times, i, t)
	for k := range spec.Series {
		s := &spec.Series[k]
		s.Values = slices.Insert(s.Values, i, nil)
		if s.Low != nil {
			s.Low, s.High = slices.Insert(s.Low, i, nil), slices.Insert(s.High, i, nil)
		}
		for j, m := range s.Marks {
			if m >= i {
				s.Marks[j]++
			}
		}
	}
}

// reorder returns the elements in an order, or nil of nil.
func reorder[T any](in []T, order []int) []T {
	if in == nil {
		return nil
	}
	out := make([]T, len(order))
	for i, from := range order {
		out[i] = in[from]
	}
	return out
}

func prepareBig(b Big, text func(string) string) *Big {
	b.Label = text(b.Label)
	spark := make([]float64, 0, len(b.Spark))
	for _, v := range b.Spark {
		if isFinite(v) {
			spark = append(spark, bounded(v))
		}
	}
	b.Spark = spark
	if b.Growth != nil && !isFinite(*b.Growth) {
		b.Growth = nil
	}
	return &b
}

func axisLength(spec Spec) int {
	switch spec.XKind {
	case XTime:
		return len(spec.Times)
	case XNumber:
		return len(spec.Xs)
	}
	return len(spec.Categories)
}

// finite returns n values, nil where there is none that can be drawn.
func finite(values []*float64, n int) []*float64 {
	out := make([]*float64, n)
	for i := range min(n, len(values)) {
		if v := values[i]; v != nil && isFinite(*v) {
			b := bounded(*v)
			out[i] = &b
		}
	}
	return out
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// bounded keeps figures where sums and differences of them neither overflow nor lose
// all their digits.
func bounded(v float64) float64 {
	const largest, smallest = 1e290, 1e-290
	if math.Abs(v) < smallest {
		return 0
	}
	return min(largest, max(-largest, v))
}

func hasValues(spec Spec) bool {
	for _, s := range spec.Series {
		for _, v := range s.Values {
			if v != nil {
				return true
			}
		}
	}
	return false
}

func (l *layouter) ko(ko, en string) string {
	if l.lang == "ko" {
		return ko
	}
	return en
}

// text adds a line of text and returns it.
func (l *layouter) text(x, y float64, a anchor, size float64, bold bool, color rgb, text string) *textItem {
	t := &textItem{
		x: x, y: y, anchor: a, size: size, bold: bold, color: solid(color), text: text,
		width: l.faces.width(text, size, bold), on: l.theme.background,
	}
	if text != "" {
		l.s.add(t)
	}
	return t
}

func (l *layouter) rect(b box, fill paint, r role, t tip) {
	l.s.add(&rectItem{box: b, fill: fill, role: r, tip: t})
}

func (l *layouter) stroke(width float64, color paint, r role, points ...point) *strokeItem {
	s := &strokeItem{points: points, width: width, color: color, role: r}
	l.s.add(s)
	return s
}

// shape adds a filled path.
func (l *layouter) shape(p path, fill paint, r role, t tip) {
	l.s.add(&pathItem{path: p, fill: fill, role: r, tip: t})
}

// full writes a figure for a tooltip, compact one for a label on the chart: three
// significant digits and no unit.
func (l *layouter) full(v float64) string { return format.Value(v, l.f, l.lang) }

func (l *layouter) compact(v float64) string { return format.Compact(v, l.f, l.lang) }

// empty says that there is nothing to draw.
func (l *layouter) empty() {
	content := l.frame(nil)
	l.text(content.x+content.w/2, content.y+content.h/2, middle, l.em*1.2, false, l.theme.text,
		l.ko("표시할 값이 없습니다", "Nothing to show"))
}
