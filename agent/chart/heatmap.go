package chart

import (
	"math"
)

// heatmap draws a figure for each pair: rows are series, columns categories.
func (l *layouter) heatmap() {
	content := l.frame(nil)
	em := l.em
	rows, columns := len(l.spec.Series), axisLength(l.spec)
	size := em * 0.92
	labels := 0.0
	for _, s := range l.spec.Series {
		labels = max(labels, l.faces.width(s.Name, size, false))
	}
	labels = min(labels, content.w*0.28)
	plot := box{content.x + labels + em*0.7, content.y, content.w - labels - em*0.7, 0}
	plot.w = min(plot.w, float64(columns)*em*14)
	names := em * 0.65
	if lines := l.columnLines(plot.w/float64(max(1, columns)), size); lines > 0 {
		names += float64(lines) * em * 1.1
	}
	plot.h = min(content.h-names-em*2, float64(rows)*em*5.5)
	l.s.plot = plot
	cell := point{plot.w / float64(max(1, columns)), plot.h / float64(max(1, rows))}
	lo, hi := valueExtent(l.spec.Series)
	shade := l.heatScale(lo, hi)
	l.heatRows(plot, cell, size, labels)
	figures := l.heatFigures(cell)
	for i, s := range l.spec.Series {
		for j, v := range s.Values {
			b := box{plot.x + float64(j)*cell.x, plot.y + float64(i)*cell.y, cell.x, cell.y}
			l.heatCell(b, v, shade, figures, l.cellTip(s.Name, j, v))
		}
	}
	l.heatColumns(plot, cell, size)
	l.heatLegend(shade, lo, hi, point{plot.x, plot.bottom() + names + em*0.35})
}

func (l *layouter) cellTip(row string, j int, v *float64) tip {
	if v == nil {
		return tip{row, l.xName(j), l.ko("값 없음", "no value")}
	}
	return l.tip(row, j, *v)
}

// heatScale returns the colour of a figure. Where there are figures on both sides of
// zero the scale has two arms of the same length, pale at zero. All figures of one sign
// begin at zero too, unless they lie far from it.
func (l *layouter) heatScale(lo, hi float64) func(float64) rgb {
	if lo < 0 && hi > 0 {
		reach := max(-lo, hi)
		return func(v float64) rgb {
			if v < 0 {
				return l.theme.heat(-v/reach, l.theme.negative)
			}
			return l.theme.heat(v/reach, l.theme.high)
		}
	}
	arm := l.theme.high
	if hi <= 0 && lo < 0 {
		arm, lo, hi = l.theme.negative, -hi, -lo
	}
	if lo < hi*0.6 {
		lo = 0
	}
	return func(v float64) rgb {
		if hi <= lo {
			return l.theme.heat(0.5, arm)
		}
		return l.theme.heat((math.Abs(v)-lo)/(hi-lo), arm)
	}
}

// heatFigures returns the size of the figures in the cells, 0 if they do not all fit.
func (l *layouter) heatFigures(cell point) float64 {
	for _, size := range []float64{l.em * 0.88, l.em * 0.76} {
		widest := 0.0
		for _, s := range l.spec.Series {
			for _, v := range s.Values {
				if v != nil {
					widest = max(widest, l.faces.width(l.compact(*v), size, false))
				}
			}
		}
		if widest < cell.x-4 && size*1.25 < cell.y {
			return size
		}
	}
	return 0
}

func (l *layouter) heatCell(b box, v *float64, shade func(float64) rgb, size float64, t tip) {
	gap := 1.0
	if b.w < 5 || b.h < 5 {
		gap = 0
	}
	inner := box{b.x + gap/2, b.y + gap/2, b.w - gap, b.h - gap}
	if v == nil {
		l.rect(inner, solid(l.theme.background.mix(l.theme.axis, 0.10)), decoration, t)
		if b.w > l.em && b.h > l.em {
			c := point{b.x + b.w/2, b.y + b.h/2}
			l.stroke(1, solid(l.theme.axis), decoration, point{c.x - l.em*0.25, c.y}, point{c.x + l.em*0.25, c.y})
		}
		return
	}
	color := shade(*v)
	l.rect(inner, solid(color), mark, t)
	if size > 0 {
		l.text(b.x+b.w/2, b.y+b.h/2+size*0.35, middle, size, false, l.theme.inkOn(color), l.compact(*v)).on = color
	}
}

// heatRows names the rows, as many as there is room for.
func (l *layouter) heatRows(plot box, cell point, size, width float64) {
	skip := max(1, int(math.Ceil(size*1.2/cell.y)))
	for i := 0; i < len(l.spec.Series); i += skip {
		name := l.spec.Series[i].Name
		t := l.text(plot.x-l.em*0.6, plot.y+(float64(i)+0.5)*cell.y+size*0.35, end, size, false, l.theme.text,
			l.faces.fit(name, size, false, width+0.01))
		t.tip.place = name
	}
}

// columnLines returns on how many lines the names of columns of some width go: two
// where they are too long for one and there is room to break them.
func (l *layouter) columnLines(width, size float64) int {
	for j := range axisLength(l.spec) {
		if l.faces.width(l.xName(j), size, false) > width-l.em*0.3 && width > l.em*3 {
			return 2
		}
	}
	return 1
}

// heatColumns names the columns below the plot.
func (l *layouter) heatColumns(plot box, cell point, size float64) {
	lines := l.columnLines(cell.x, size)
	var ticks []xTick
	for j := range axisLength(l.spec) {
		ticks = append(ticks, xTick{at: plot.x + (float64(j)+0.5)*cell.x, label: l.faces.fit(l.xName(j), size, false, max(cell.x*0.96, l.em*4))})
	}
	if lines == 1 {
		for _, t := range evenly(l.faces, ticks, size, l.em*0.4) {
			w := l.faces.width(t.label, size, false)
			l.text(min(t.at-w/2, l.s.width-l.em*0.4-w), plot.bottom()+l.em*1.25, start, size, false, l.theme.text, t.label)
		}
		return
	}
	for j, t := range ticks {
		for i, line := range l.faces.wrap(l.xName(j), size, false, cell.x-l.em*0.3, lines) {
			l.text(t.at, plot.bottom()+l.em*(1.2+1.1*float64(i)), middle, size, false, l.theme.text, line).tip.place = l.xName(j)
		}
	}
}

// evenly keeps every n-th of equally distant ticks, n the least that leaves distance
// between their labels.
func evenly(faces *typefaces, ticks []xTick, size, distance float64) []xTick {
	if len(ticks) < 2 {
		return ticks
	}
	widest := 0.0
	for _, t := range ticks {
		widest = max(widest, faces.width(t.label, size, false))
	}
	pitch := ticks[1].at - ticks[0].at
	n := max(1, int(math.Ceil((widest+distance)/pitch)))
	var out []xTick
	for i := 0; i < len(ticks); i += n {
		out = append(out, ticks[i])
	}
	return out
}

// heatLegend shows what the shades mean.
func (l *layouter) heatLegend(shade func(float64) rgb, lo, hi float64, at point) {
	const steps = 24
	em := l.em
	width := em * 9
	if hi > lo {
		low := l.text(at.x, at.y+em*0.75, start, em*0.8, false, l.theme.text, l.compact(lo))
		x := at.x + low.width + em*0.5
		for i := range steps {
			v := lo + (hi-lo)*(float64(i)+0.5)/steps
			l.rect(box{x + width*float64(i)/steps, at.y + em*0.15, width/steps + 0.5, em * 0.65}, solid(shade(v)), decoration, tip{})
		}
		l.text(x+width+em*0.5, at.y+em*0.75, start, em*0.8, false, l.theme.text, l.compact(hi))
	}
}
