package chart

import (
	"cmp"
	"math"
	"slices"
)

// endLabel stands to the right of a line's last point.
type endLabel struct {
	series, index int
	value         float64 // where it wants to stand
	name, figure  string
	color         rgb
	width         float64
}

// endLabels prepares the names at the ends of the lines, with the last figures if
// these leave enough room for the lines.
func (l *layouter) endLabels(series []Series, colors []rgb) []endLabel {
	var out []endLabel
	widest := 0.0
	for i, s := range series {
		k := lastIndex(s.Values)
		if k < 0 {
			continue
		}
		e := endLabel{series: i, index: k, value: *s.Values[k], name: s.Name, color: l.theme.readable(colors[i], l.theme.background)}
		figure := e.value
		if l.spec.Kind == Area {
			e.value = (*s.Low[k] + *s.Values[k]) / 2
			figure = *s.Values[k] - *s.Low[k]
		}
		e.figure = l.compact(figure)
		if len(series) == 1 {
			e.name = ""
		}
		e.name = l.faces.fit(e.name, l.em*0.95, true, l.s.width*0.2)
		out = append(out, e)
		widest = max(widest, l.endWidth(e))
	}
	for i := range out {
		if widest > l.s.width*0.27 {
			out[i].figure = ""
		}
		out[i].width = l.endWidth(out[i])
	}
	return out
}

func (l *layouter) endWidth(e endLabel) float64 {
	w := l.faces.width(e.name, l.em*0.95, true)
	if e.figure == "" {
		return w
	}
	if e.name != "" {
		w += l.em * 0.45
	}
	return w + l.faces.width(e.figure, l.em*0.95, e.name == "")
}

// inlineEnd writes the label of a line that ends far from the right edge at its end
// instead of the edge, and reports whether it did.
func (l *layouter) inlineEnd(e endLabel, plot box, at []float64, y scale) bool {
	p := point{at[e.index], y.at(e.value)}
	if plot.right()-p.x < plot.w*0.1 || l.spec.Kind == Area {
		return false
	}
	size := l.em * 0.95
	text := named(e.name, e.figure)
	w := l.faces.width(text, size, true)
	above, below := p.y-l.em*1.55, p.y+l.em*0.55
	for _, b := range []box{
		{p.x - w/2, above, w, l.em}, {p.x - w/2, below, w, l.em},
		{p.x + l.em*0.6, below, w, l.em}, {p.x + l.em*0.6, above, w, l.em}, {p.x - w, above, w, l.em}, {p.x - w, below, w, l.em},
	} {
		b.x = min(max(b.x, plot.x+2), plot.right()-w)
		if b.y > plot.y-l.em*0.3 && b.bottom() < plot.bottom() && !l.crosses(b.grow(1), at, y) {
			l.text(b.x, b.y+size*ascent, start, size, true, e.color, text)
			break
		}
	}
	return true
}

// crosses reports whether any line runs through b.
func (l *layouter) crosses(b box, at []float64, y scale) bool {
	for i, s := range l.spec.Series {
		previous := l.anchorPoint(i, at, y)
		for j, v := range s.Values {
			if v == nil {
				if j > firstIndex(s.Values) {
					previous = nil
				}
				continue
			}
			p := point{at[j], y.at(*v)}
			if previous == nil {
				previous = &p
			}
			if through(*previous, p, b) {
				return true
			}
			previous = &p
		}
	}
	return false
}

// anchorPoint returns where a forecast begins, nil for other series.
func (l *layouter) anchorPoint(i int, at []float64, y scale) *point {
	a := l.anchorOf(i)
	if a[0] < 0 {
		return nil
	}
	return &point{at[a[1]], y.at(*l.spec.Series[a[0]].Values[a[1]])}
}

// through reports whether the line from p to q passes b.
func through(p, q point, b box) bool {
	if max(p.x, q.x) < b.x || min(p.x, q.x) > b.right() {
		return false
	}
	const samples = 16
	for i := range samples + 1 {
		t := float64(i) / samples
		x, y := p.x+(q.x-p.x)*t, p.y+(q.y-p.y)*t
		if x >= b.x && x <= b.right() && y >= b.y && y <= b.bottom() {
			return true
		}
	}
	return false
}

// drawEnds writes the labels, moved apart, and leads from a point to its label where
// the two are not side by side.
func (l *layouter) drawEnds(ends []endLabel, plot box, at []float64, y scale) {
	slices.SortStableFunc(ends, func(a, b endLabel) int { return cmp.Compare(y.at(a.value), y.at(b.value)) })
	ends = slices.DeleteFunc(ends, func(e endLabel) bool { return l.inlineEnd(e, plot, at, y) })
	wanted := make([]float64, len(ends))
	for i, e := range ends {
		wanted[i] = y.at(e.value)
	}
	x := plot.right() + l.em*0.75
	for i, place := range spread(wanted, l.em*1.22, plot.y, plot.bottom()) {
		e := ends[i]
		p := point{at[e.index], wanted[i]}
		if math.Abs(place-p.y) > l.em*0.7 || plot.right()-p.x > l.em {
			l.stroke(1, e.color.faint(0.5), decoration, point{min(p.x+l.em*0.4, plot.right()), p.y}, point{x - l.em*0.2, place})
		}
		if e.name == "" {
			l.text(x, place+l.em*0.33, start, l.em*0.95, true, e.color, e.figure)
			continue
		}
		name := l.text(x, place+l.em*0.33, start, l.em*0.95, true, e.color, e.name)
		if e.figure != "" {
			name.then = l.text(x+name.width+l.em*0.43, place+l.em*0.33, start, l.em*0.95, false, l.theme.text, e.figure)
			name.then.continues = true
		}
	}
}

// spread moves the wanted positions, given in ascending order, apart to at least gap
// and keeps them between lo and hi, each as near as possible to where it wants to be.
func spread(wanted []float64, gap, lo, hi float64) []float64 {
	type cluster struct {
		sum   float64 // of wanted positions less their offset inside the cluster
		count int
	}
	place := func(c cluster) float64 {
		p := c.sum / float64(c.count)
		return max(lo, min(p, hi-gap*float64(c.count-1)))
	}
	var clusters []cluster
	for _, w := range wanted {
		c := cluster{w, 1}
		for len(clusters) > 0 {
			last := clusters[len(clusters)-1]
			if place(last)+gap*float64(last.count) <= place(c)+1e-9 {
				break
			}
			// Joined, the second cluster's members stand behind the first's.
			c = cluster{last.sum + c.sum - gap*float64(last.count*c.count), last.count + c.count}
			clusters = clusters[:len(clusters)-1]
		}
		clusters = append(clusters, c)
	}
	var out []float64
	for _, c := range clusters {
		for i := range c.count {
			out = append(out, place(c)+gap*float64(i))
		}
	}
	return out
}
