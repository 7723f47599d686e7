package chart

import (
	"math"

	"github.com/bapsang/bapsang/agent/format"
)

// number draws one large figure, its change, and the course that led to it.
func (l *layouter) number() {
	b := l.spec.Big
	content := l.frame(nil)
	em := l.em
	spark := len(b.Spark) > 1
	room := content
	if spark {
		room.h *= 0.62
	}
	text := format.Short(b.Value, l.f, l.lang)
	size := min(em*5.2, room.h*0.5)
	for size > em && l.faces.width(text, size, true) > content.w {
		size *= 0.94
	}
	text = l.faces.fit(text, size, true, content.w)
	height := size * 0.9
	if b.Growth != nil || b.Before != nil {
		height += em * 2.6
	}
	y := room.y + max(0, (room.h-height)/2) + size*0.78
	l.text(content.x, y, start, size, true, l.theme.title, text).tip = tip{place: l.spec.Title, figure: l.full(b.Value)}
	l.change(content, y+em*2.3)
	if spark {
		l.spark(box{content.x, content.y + content.h*0.68, content.w, content.h * 0.3})
	}
}

// change writes by how much the figure moved, with an arrow, so that the colour is not
// the only sign, and what it was before.
func (l *layouter) change(content box, y float64) {
	b, em := l.spec.Big, l.em
	x := content.x
	if moved, text := b.change(l.f, l.lang); text != "" {
		color := l.changeColor(moved)
		if moved != 0 {
			l.arrow(point{x + em*0.45, y - em*0.45}, moved > 0, color)
			x += em * 1.25
		}
		t := l.text(x, y, start, em*1.35, true, color, text)
		x += t.width + em*0.7
	}
	rest := b.Label
	if b.Before != nil {
		rest = named(b.Label, format.Short(*b.Before, l.f, l.lang))
	}
	if rest != "" {
		l.text(x, y, start, em*1.05, false, l.theme.text, l.faces.fit(rest, em*1.05, false, content.right()-x))
	}
}

// change returns by how much the figure moved and how that is written: a percentage
// moves by points, for a share of a percentage says little; others by percents.
func (b *Big) change(f format.Format, lang string) (float64, string) {
	switch {
	case f == format.Percent && b.Before != nil:
		return b.Value - *b.Before, format.Signed(b.Value-*b.Before, format.Points, lang)
	case b.Growth != nil:
		return *b.Growth, format.Signed(*b.Growth, format.Percent, lang)
	}
	return 0, ""
}

func (l *layouter) changeColor(moved float64) rgb {
	switch {
	case moved == 0:
		return l.theme.text
	case moved > 0 != l.spec.LowerIsBetter:
		return l.theme.readable(l.theme.good, l.theme.background)
	}
	return l.theme.readable(l.theme.bad, l.theme.background)
}

func (l *layouter) arrow(c point, up bool, color rgb) {
	d := l.em * 0.42
	if up {
		l.shape(polygon(point{c.x, c.y - d}, point{c.x + d, c.y + d*0.8}, point{c.x - d, c.y + d*0.8}), solid(color), decoration, tip{})
		return
	}
	l.shape(polygon(point{c.x - d, c.y - d*0.8}, point{c.x + d, c.y - d*0.8}, point{c.x, c.y + d}), solid(color), decoration, tip{})
}

// spark draws the course without an axis: it shows a direction, not figures.
func (l *layouter) spark(room box) {
	values := l.spec.Big.Spark
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	s := scale{lo: lo, hi: hi, from: room.bottom() - l.em*0.4, to: room.y + l.em*0.4}
	if lo == hi {
		s.lo, s.hi = lo-1, hi+1
		if s.lo == s.hi {
			s.lo, s.hi = lo*0.9, lo*1.1
		}
	}
	step := (room.w - l.em) / float64(len(values)-1)
	points := make([]point, len(values))
	for i, v := range values {
		points[i] = point{room.x + l.em*0.2 + step*float64(i), s.at(v)}
	}
	points = thin(points, room.w)
	color := l.theme.color(0)
	last := points[len(points)-1]
	under := append(append([]point{}, points...), point{last.x, room.bottom()}, point{points[0].x, room.bottom()})
	l.shape(polygon(under...), color.faint(0.10), decoration, tip{})
	l.stroke(l.em*0.16, solid(color), decoration, points...)
	l.marker(0, last, l.em*0.32, color, decoration, tip{})
}
