package chart

import (
	"slices"

	"github.com/bapsang/bapsang/agent/format"
)

// maxNamed is how many points of a scatter are named: with more, the names would hide
// the points.
const maxNamed = 40

// scatter draws two measures against each other.
func (l *layouter) scatter() {
	series, colors := l.spec.Series, l.seriesColors()
	var legend []legendEntry
	if len(series) > 1 {
		for i, s := range series {
			legend = append(legend, legendEntry{name: s.Name, color: colors[i]})
		}
	}
	content := l.frame(legend)
	em := l.em
	lo, hi := valueExtent(series)
	y := lineScale(lo, hi, l.tickCount(content.h-em*5), l.f)
	left := l.axisWidth(y)
	plot := box{content.x + left, content.y + em*1.5, content.w - left - em*0.8, 0}
	plot.h = max(em*2, content.bottom()-em*1.75-plot.y)
	if l.spec.XLabel != "" {
		plot.h = max(em*2, plot.h-em*1.3)
	}
	y.from, y.to = plot.bottom(), plot.y
	x := l.places(plot)
	l.s.plot = plot
	l.valueAxis(y, plot)
	for _, t := range x.ticks {
		l.rect(box{t.at - 0.5, plot.y, 1, plot.h}, solid(l.theme.grid), gridLine, tip{})
	}
	l.xAxis(x.ticks, plot)
	l.text(content.x, content.y+em*0.45, start, em*0.85, true, l.theme.text, l.faces.fit(l.spec.YLabel, em*0.85, true, content.w*0.6))
	l.text(plot.right(), plot.bottom()+em*2.65, end, em*0.85, true, l.theme.text, l.faces.fit(l.spec.XLabel, em*0.85, true, content.w*0.6))
	l.dots(series, colors, x.at, y)
}

func (l *layouter) dots(series []Series, colors []rgb, at []float64, y scale) {
	count := 0
	for _, s := range series {
		count += len(sequence(s.Values))
	}
	radius, alpha := l.em*0.36, 0.8
	if count > 60 {
		radius, alpha = l.em*0.27, 0.6
	}
	if count > 800 {
		radius, alpha = l.em*0.17, 0.45
	}
	var taken []box
	for i, s := range series {
		for _, j := range sequence(s.Values) {
			p := point{at[j], y.at(*s.Values[j])}
			if p.x != p.x {
				continue
			}
			var t tip
			if count <= maxHover {
				t = l.dotTip(s, j)
			}
			l.dot(i, p, radius, colors[i].faint(alpha), t)
			taken = append(taken, box{p.x - radius, p.y - radius, 2 * radius, 2 * radius})
		}
	}
	if count <= maxNamed {
		l.dotNames(series, at, y, radius, taken)
	}
}

func (l *layouter) dot(i int, c point, r float64, color paint, t tip) {
	if i%4 == 0 {
		l.shape(circle(c, r), color, mark, t)
		return
	}
	l.marker(i, c, r, color.rgb, mark, t)
}

// sequence returns the indices at which values are there.
func sequence(values []*float64) []int {
	var out []int
	for i, v := range values {
		if v != nil {
			out = append(out, i)
		}
	}
	return out
}

func (l *layouter) dotTip(s Series, j int) tip {
	name := s.Name
	if j < len(s.Labels) {
		name = s.Labels[j]
	}
	x := format.Value(l.spec.Xs[j], format.Format(l.spec.XFormat), l.lang)
	return tip{place: name, figure: joinDot(named(l.spec.XLabel, x), named(l.spec.YLabel, l.full(*s.Values[j])))}
}

func named(name, value string) string {
	if name == "" {
		return value
	}
	return name + " " + value
}

// dotNames writes names beside their points, on the first of four sides where nothing
// else stands; a name without such a side is left to the tooltip.
func (l *layouter) dotNames(series []Series, at []float64, y scale, radius float64, taken []box) {
	size, em := l.em*0.82, l.em
	inside := l.s.plot.grow(em * 0.3)
	for _, s := range series {
		for _, j := range sequence(s.Values) {
			if j >= len(s.Labels) || s.Labels[j] == "" || at[j] != at[j] {
				continue
			}
			name := l.faces.fit(s.Labels[j], size, false, em*9)
			w := l.faces.width(name, size, false)
			p := point{at[j], y.at(*s.Values[j])}
			for _, b := range []box{
				{p.x + radius + em*0.25, p.y - size*0.5, w, size},
				{p.x - radius - em*0.25 - w, p.y - size*0.5, w, size},
				{p.x - w/2, p.y - radius - em*0.2 - size, w, size},
				{p.x - w/2, p.y + radius + em*0.2, w, size},
			} {
				if b.x < inside.x || b.right() > inside.right() || b.y < inside.y || b.bottom() > inside.bottom() ||
					slices.ContainsFunc(taken, b.grow(1).overlaps) {
					continue
				}
				taken = append(taken, b)
				l.text(b.x, b.y+size*ascent, start, size, false, l.theme.text, name)
				break
			}
		}
	}
}
