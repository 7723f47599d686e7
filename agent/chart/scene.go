package chart

import "math"

// A scene is a laid-out chart: shapes and texts at their places, in logical pixels
// from the top left. Both the PNG and the SVG are drawn from it, so they cannot
// differ in anything but the drawing.
type scene struct {
	width, height float64
	theme         *theme
	items         []item
	plot          box    // where the marks may be; zero for charts without axes
	along         string // "x" or "y": where marks stand side by side; else empty
}

// item is one of *rectItem, *pathItem, *strokeItem and *textItem.
type item interface{ bounds() box }

// role says what an item is for; tests hold the layout to it.
type role int

const (
	decoration role = iota
	gridLine
	mark // stands for a figure
)

// tip says in words what an item stands for. What has no figure is a name that was
// shortened, or a part of a course.
type tip struct {
	name   string // of the series
	place  string // on the axis, or the part
	figure string // exact
}

func (t tip) String() string { return joinDot(joinDot(t.name, t.place), t.figure) }

// rectItem is a filled rectangle, the corners of one side or of all rounded by radius.
type rectItem struct {
	box
	radius float64
	round  side
	fill   paint
	role   role
	tip    tip
}

// pathItem is a filled shape.
type pathItem struct {
	path path
	fill paint
	role role
	tip  tip
}

// strokeItem is a line of some width with round ends.
type strokeItem struct {
	points []point
	width  float64
	dash   []float64
	color  paint
	role   role
	tip    tip
}

// textItem is one line of text. y is the baseline.
type textItem struct {
	x, y   float64
	anchor anchor
	size   float64
	bold   bool
	color  paint
	text   string
	width  float64
	on     rgb // what it stands on, for contrast
	tip    tip
	// then continues the line in another colour; it is an item of its own too. In an
	// SVG it follows its text whatever font the reader has.
	then      *textItem
	continues bool
}

type anchor int

const (
	start anchor = iota
	middle
	end
)

// side is which corners of a rectangle are round: a bar's are those away from zero.
type side int

const (
	allSides side = iota
	topSide
	bottomSide
	rightSide
	leftSide
)

type point struct{ x, y float64 }

type box struct{ x, y, w, h float64 }

func (b box) right() float64  { return b.x + b.w }
func (b box) bottom() float64 { return b.y + b.h }

// grow returns b with d added on all sides.
func (b box) grow(d float64) box { return box{b.x - d, b.y - d, b.w + 2*d, b.h + 2*d} }

func (b box) overlaps(o box) bool {
	return b.x < o.right() && o.x < b.right() && b.y < o.bottom() && o.y < b.bottom()
}

// path is a filled outline of straight lines and cubic curves.
type path struct{ segments []segment }

// segment is a move, a line or a curve to to, by the control points of a curve.
type segment struct {
	op     byte // 'M', 'L', 'C' or 'Z'
	to     point
	c1, c2 point
}

func (p *path) moveTo(x, y float64) {
	p.segments = append(p.segments, segment{op: 'M', to: point{x, y}})
}
func (p *path) lineTo(x, y float64) {
	p.segments = append(p.segments, segment{op: 'L', to: point{x, y}})
}
func (p *path) close() { p.segments = append(p.segments, segment{op: 'Z'}) }
func (p *path) curveTo(c1, c2, to point) {
	p.segments = append(p.segments, segment{op: 'C', c1: c1, c2: c2, to: to})
}

// arc adds the arc around c from angle a to b (radians, clockwise from the right) as
// curves of at most a quarter turn. The error of such a curve is below 0.03 %.
func (p *path) arc(c point, r, a, b float64) {
	steps := max(1, int(math.Ceil(math.Abs(b-a)/(math.Pi/2)-1e-9)))
	delta := (b - a) / float64(steps)
	k := 4.0 / 3 * math.Tan(delta/4) * r
	for range steps {
		sin0, cos0 := math.Sincos(a)
		sin1, cos1 := math.Sincos(a + delta)
		p.curveTo(
			point{c.x + r*cos0 - k*sin0, c.y + r*sin0 + k*cos0},
			point{c.x + r*cos1 + k*sin1, c.y + r*sin1 - k*cos1},
			point{c.x + r*cos1, c.y + r*sin1})
		a += delta
	}
}

func circle(c point, r float64) path {
	var p path
	p.moveTo(c.x+r, c.y)
	p.arc(c, r, 0, 2*math.Pi)
	p.close()
	return p
}

func polygon(points ...point) path {
	var p path
	for i, q := range points {
		if i == 0 {
			p.moveTo(q.x, q.y)
		} else {
			p.lineTo(q.x, q.y)
		}
	}
	p.close()
	return p
}

func (p path) bounds() box {
	var e extent
	for _, s := range p.segments {
		switch s.op {
		case 'C':
			e.add(s.c1)
			e.add(s.c2)
			e.add(s.to)
		case 'M', 'L':
			e.add(s.to)
		}
	}
	return e.box()
}

// extent grows around points.
type extent struct {
	some                   bool
	minX, minY, maxX, maxY float64
}

func (e *extent) add(p point) {
	if !e.some {
		*e = extent{true, p.x, p.y, p.x, p.y}
		return
	}
	e.minX, e.maxX = min(e.minX, p.x), max(e.maxX, p.x)
	e.minY, e.maxY = min(e.minY, p.y), max(e.maxY, p.y)
}

func (e *extent) box() box { return box{e.minX, e.minY, e.maxX - e.minX, e.maxY - e.minY} }

func (r *rectItem) bounds() box { return r.box }
func (p *pathItem) bounds() box { return p.path.bounds() }

func (s *strokeItem) bounds() box {
	var e extent
	for _, p := range s.points {
		e.add(p)
	}
	return e.box().grow(s.width / 2)
}

// bounds is from the top of capitals and Hangul to below the descenders.
func (t *textItem) bounds() box {
	x := t.x
	switch t.anchor {
	case middle:
		x -= t.width / 2
	case end:
		x -= t.width
	}
	return box{x, t.y - ascent*t.size, t.width, (ascent + descent) * t.size}
}

func (s *scene) add(i item) { s.items = append(s.items, i) }
