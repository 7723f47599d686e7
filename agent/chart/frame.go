package chart

import (
	"fmt"
	"math"
)

// legendEntry is a name and how it is drawn.
type legendEntry struct {
	name  string
	color rgb
	line  bool // a stroke with its marker, not a patch
	dash  bool
	shape int
}

// frame draws title, subtitle, legend and note and returns the room that is left.
func (l *layouter) frame(legend []legendEntry) box {
	em, pad := l.em, l.em*1.6
	width := l.s.width - 2*pad
	y := pad * 0.85
	for _, line := range l.faces.wrap(l.spec.Title, em*1.55, true, width, 2) {
		y += em * 1.55
		l.text(pad, y, start, em*1.55, true, l.theme.title, line)
		y += em * 0.35
	}
	subtitle := l.spec.Subtitle
	if l.spec.YLabel != "" && (l.spec.Kind == Scatter || subtitle == "") {
		subtitle = joinDot(subtitle, l.axisNames())
	}
	for _, line := range l.faces.wrap(subtitle, em*0.95, false, width, 2) {
		y += em * 1.2
		l.text(pad, y, start, em*0.95, false, l.theme.text, line)
		y += em * 0.1
	}
	if len(legend) > 0 {
		y = l.legend(legend, pad, y+em*0.7, width)
	}
	bottom := l.s.height - pad*0.75
	if l.spec.Note != "" {
		lines := l.faces.wrap(l.spec.Note, em*0.88, false, width, 2)
		for i := range lines {
			l.text(pad, bottom-float64(len(lines)-1-i)*em*1.15, start, em*0.88, false, l.theme.text, lines[i])
		}
		bottom -= float64(len(lines))*em*1.15 + em*0.35
	}
	top := y + em*1.1
	return box{pad, top, width, max(em, bottom-top)}
}

func (l *layouter) axisNames() string {
	if l.spec.Kind == Scatter {
		return "" // named at the axes
	}
	return l.spec.YLabel
}

func joinDot(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + " · " + b
}

// legend sets the entries in at most two rows and returns where they end.
func (l *layouter) legend(entries []legendEntry, x0, y, width float64) float64 {
	em := l.em
	size, patch, gap := em*0.95, em*0.8, em*1.2
	x, row := x0, 0
	y += size * ascent
	for i, e := range entries {
		if e.line {
			patch = em * 1.5
		}
		name := l.faces.fit(e.name, size, false, width*0.4)
		w := patch + em*0.4 + l.faces.width(name, size, false)
		more := fmt.Sprintf(l.ko("외 %d개", "%d more"), len(entries)-i)
		reserve := 0.0
		if row == 1 && i < len(entries)-1 {
			reserve = gap + l.faces.width(more, size, false)
		}
		if x+w+reserve > x0+width && x > x0 {
			if row == 1 {
				l.text(x, y, start, size, false, l.theme.text, more)
				break
			}
			row, x = 1, x0
			y += em * 1.5
		}
		l.legendPatch(e, x, y-size*0.36, patch)
		l.text(x+patch+em*0.4, y, start, size, false, l.theme.text, name)
		x += w + gap
	}
	return y + em*0.1
}

func (l *layouter) legendPatch(e legendEntry, x, middleY, patch float64) {
	em := l.em
	if !e.line {
		l.s.add(&rectItem{box: box{x, middleY - patch/2, patch, patch}, radius: em * 0.18, fill: solid(e.color)})
		return
	}
	s := l.stroke(em*0.14, solid(e.color), decoration, point{x, middleY}, point{x + patch, middleY})
	if e.dash {
		s.dash = l.dash()
		return
	}
	l.marker(e.shape, point{x + patch/2, middleY}, em*0.26, e.color, decoration, tip{})
}

func (l *layouter) dash() []float64 { return []float64{l.em * 0.35, l.em * 0.38} }

// marker draws the sign of a series, a different one for each so that lines can be
// told apart without colour.
func (l *layouter) marker(shape int, c point, r float64, color rgb, ro role, t tip) {
	var p path
	switch shape % 4 {
	case 0:
		p = circle(c, r)
	case 1:
		d := r * 0.88
		p = polygon(point{c.x - d, c.y - d}, point{c.x + d, c.y - d}, point{c.x + d, c.y + d}, point{c.x - d, c.y + d})
	case 2:
		d := r * 1.2
		p = polygon(point{c.x, c.y - d}, point{c.x + d, c.y + d*0.75}, point{c.x - d, c.y + d*0.75})
	case 3:
		d := r * 1.25
		p = polygon(point{c.x, c.y - d}, point{c.x + d, c.y}, point{c.x, c.y + d}, point{c.x - d, c.y})
	}
	l.shape(p, solid(color), ro, t)
}

// seriesColors gives every series its colour. What is there to compare with is grey
// beside a single series and takes the colour of its counterpart beside several; a
// forecast takes that of the course it continues.
func (l *layouter) seriesColors() []rgb {
	solids, dashed := 0, 0
	for _, s := range l.spec.Series {
		if s.Dashed {
			dashed++
		} else {
			solids++
		}
	}
	colors := make([]rgb, len(l.spec.Series))
	nextSolid, nextDashed := 0, 0
	for i, s := range l.spec.Series {
		switch {
		case s.Dashed && s.Low != nil:
			colors[i] = l.theme.color(max(0, nextSolid-1))
		case s.Dashed && solids <= 1:
			colors[i] = l.theme.other
		case s.Dashed:
			colors[i] = l.theme.color(nextDashed)
			nextDashed++
		case isOther(s.Name):
			colors[i] = l.theme.other
		default:
			colors[i] = l.theme.color(nextSolid)
			nextSolid++
		}
	}
	return colors
}

// valueExtent returns the least and the largest of the values, intervals included.
func valueExtent(series []Series) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, s := range series {
		for _, values := range [][]*float64{s.Values, s.Low, s.High} {
			for _, v := range values {
				if v != nil {
					lo, hi = min(lo, *v), max(hi, *v)
				}
			}
		}
	}
	if lo > hi {
		return 0, 0
	}
	return lo, hi
}
