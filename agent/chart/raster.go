package chart

import (
	"image"
	"math"

	"golang.org/x/image/vector"
)

// canvas draws a scene into pixels.
type canvas struct {
	img    *image.RGBA
	faces  *typefaces
	scale  float64
	fill   *vector.Rasterizer
	buffer []uint8 // of the mask of the shape being drawn
}

func newCanvas(width, height int, scale float64, faces *typefaces) *canvas {
	return &canvas{
		img:   image.NewRGBA(image.Rect(0, 0, width, height)),
		faces: faces,
		scale: scale,
		fill:  vector.NewRasterizer(1, 1),
	}
}

func (c *canvas) draw(s *scene) {
	c.clear(s.theme.background)
	for _, it := range s.items {
		switch it := it.(type) {
		case *rectItem:
			c.rect(it)
		case *pathItem:
			c.path(it.path.segments, it.fill)
		case *strokeItem:
			c.stroke(it)
		case *textItem:
			c.text(it)
		}
	}
}

func (c *canvas) clear(color rgb) {
	pix := c.img.Pix
	copy(pix, []uint8{color.r, color.g, color.b, 255})
	for n := 4; n < len(pix); n *= 2 {
		copy(pix[n:], pix[:n])
	}
}

// rect draws plain rectangles on whole pixels, so that their edges are sharp.
func (c *canvas) rect(r *rectItem) {
	if r.fill.alpha == 0 {
		return // there for the pointer
	}
	x0, y0 := math.Round(r.x*c.scale), math.Round(r.y*c.scale)
	x1, y1 := math.Round(r.right()*c.scale), math.Round(r.bottom()*c.scale)
	if r.w > 0 && x1 == x0 {
		x1++
	}
	if r.h > 0 && y1 == y0 {
		y1++
	}
	b := box{x0 / c.scale, y0 / c.scale, (x1 - x0) / c.scale, (y1 - y0) / c.scale}
	if r.radius > 0 {
		c.path(roundedRect(b, r.radius, r.round).segments, r.fill)
		return
	}
	area := image.Rect(int(x0), int(y0), int(x1), int(y1)).Intersect(c.img.Rect)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := c.img.Pix[c.img.PixOffset(area.Min.X, y):c.img.PixOffset(area.Max.X, y)]
		for i := 0; i < len(row); i += 4 {
			blend(row[i:i+4:i+4], r.fill.rgb, uint32(r.fill.alpha*255+0.5))
		}
	}
}

// blend puts share a/255 of color over the opaque pixel p.
func blend(p []uint8, color rgb, a uint32) {
	if a >= 255 {
		p[0], p[1], p[2] = color.r, color.g, color.b
		return
	}
	over := func(below, above uint8) uint8 {
		return uint8((uint32(below)*(255-a) + uint32(above)*a + 127) / 255)
	}
	p[0], p[1], p[2] = over(p[0], color.r), over(p[1], color.g), over(p[2], color.b)
}

// roundedRect is b with the corners of a side rounded.
func roundedRect(b box, radius float64, which side) path {
	r := max(0, min(radius, b.w/2, b.h/2))
	if which == topSide || which == bottomSide {
		r = max(0, min(radius, b.w/2, b.h))
	}
	if which == leftSide || which == rightSide {
		r = max(0, min(radius, b.w, b.h/2))
	}
	corner := func(p *path, x, y, from float64, sides ...side) {
		if which == allSides || which == sides[0] || which == sides[1] {
			dx, dy := math.Cos(from)+math.Cos(from+math.Pi/2), math.Sin(from)+math.Sin(from+math.Pi/2)
			centre := point{x - r*math.Round(dx), y - r*math.Round(dy)}
			p.lineTo(centre.x+r*math.Cos(from), centre.y+r*math.Sin(from))
			p.arc(centre, r, from, from+math.Pi/2)
			return
		}
		p.lineTo(x, y)
	}
	var p path
	p.moveTo(b.x+b.w/2, b.y)
	corner(&p, b.right(), b.y, -math.Pi/2, topSide, rightSide)
	corner(&p, b.right(), b.bottom(), 0, rightSide, bottomSide)
	corner(&p, b.x, b.bottom(), math.Pi/2, bottomSide, leftSide)
	corner(&p, b.x, b.y, math.Pi, leftSide, topSide)
	p.close()
	return p
}

// path fills segments given in logical pixels.
func (c *canvas) path(segments []segment, fill paint) {
	p := path{segments}
	c.outline(p.bounds(), fill, func(origin point) { c.trace(segments, point{}, c.scale, origin) })
}

// outline makes the rasterizer as large as area needs, lets trace fill it and blends
// the result.
func (c *canvas) outline(area box, fill paint, trace func(origin point)) {
	pixels := image.Rect(
		int(math.Floor(area.x*c.scale))-1, int(math.Floor(area.y*c.scale))-1,
		int(math.Ceil(area.right()*c.scale))+1, int(math.Ceil(area.bottom()*c.scale))+1)
	visible := pixels.Intersect(c.img.Rect)
	if visible.Empty() {
		return
	}
	c.fill.Reset(visible.Dx(), visible.Dy())
	trace(point{float64(visible.Min.X), float64(visible.Min.Y)})
	mask := c.maskFor(visible)
	c.fill.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	c.blendMask(mask, fill)
}

// trace hands segments, moved by at and scaled, to the rasterizer.
func (c *canvas) trace(segments []segment, at point, scale float64, origin point) {
	x := func(p point) float32 { return float32(at.x + p.x*scale - origin.x) }
	y := func(p point) float32 { return float32(at.y + p.y*scale - origin.y) }
	for i, s := range segments {
		switch s.op {
		case 'M':
			if i > 0 {
				c.fill.ClosePath()
			}
			c.fill.MoveTo(x(s.to), y(s.to))
		case 'L':
			c.fill.LineTo(x(s.to), y(s.to))
		case 'C':
			c.fill.CubeTo(x(s.c1), y(s.c1), x(s.c2), y(s.c2), x(s.to), y(s.to))
		}
	}
	c.fill.ClosePath()
}

// maskFor returns an empty mask over area, in the canvas's own buffer.
func (c *canvas) maskFor(area image.Rectangle) *image.Alpha {
	n := area.Dx() * area.Dy()
	if n > len(c.buffer) {
		c.buffer = make([]uint8, n)
	}
	clear(c.buffer[:n])
	return &image.Alpha{Pix: c.buffer[:n], Stride: area.Dx(), Rect: area}
}

func (c *canvas) blendMask(mask *image.Alpha, fill paint) {
	alpha := uint32(fill.alpha*255 + 0.5)
	for y := mask.Rect.Min.Y; y < mask.Rect.Max.Y; y++ {
		cover := mask.Pix[mask.PixOffset(mask.Rect.Min.X, y):][:mask.Rect.Dx()]
		row := c.img.Pix[c.img.PixOffset(mask.Rect.Min.X, y):][:4*len(cover)]
		for i, a := range cover {
			if a != 0 {
				blend(row[4*i:4*i+4:4*i+4], fill.rgb, (uint32(a)*alpha+127)/255)
			}
		}
	}
}

// text draws one line; a character that no font has is a box or nothing.
func (c *canvas) text(t *textItem) {
	f := c.faces.of(t.bold)
	area := t.bounds().grow(t.size * 0.3)
	size := t.size * c.scale
	c.outline(area, t.color, func(origin point) {
		pen := point{t.bounds().x * c.scale, t.y * c.scale}
		for _, r := range t.text {
			g := f.glyph(r)
			if len(g.segments) > 0 {
				c.trace(g.segments, pen, size, origin)
			}
			pen.x += g.advance * size
		}
	})
}

// stroke covers every pixel by its distance from the line. Unlike an outline made of
// pieces it has no seams where the pieces meet.
func (c *canvas) stroke(s *strokeItem) {
	area := s.bounds()
	visible := image.Rect(
		int(math.Floor(area.x*c.scale))-1, int(math.Floor(area.y*c.scale))-1,
		int(math.Ceil(area.right()*c.scale))+2, int(math.Ceil(area.bottom()*c.scale))+2).Intersect(c.img.Rect)
	if visible.Empty() {
		return
	}
	mask := c.maskFor(visible)
	half := s.width * c.scale / 2
	for _, run := range dashes(s.points, s.dash) {
		for i := range run {
			from := run[max(0, i-1)]
			if i == 0 && len(run) > 1 {
				continue
			}
			coverSegment(mask, point{from.x * c.scale, from.y * c.scale}, point{run[i].x * c.scale, run[i].y * c.scale}, half)
		}
	}
	c.blendMask(mask, s.color)
}

// coverSegment walks along the longer axis of the segment and visits the few pixels
// across it.
func coverSegment(mask *image.Alpha, a, b point, half float64) {
	steep := math.Abs(b.y-a.y) > math.Abs(b.x-a.x)
	if steep {
		a, b = point{a.y, a.x}, point{b.y, b.x}
	}
	if a.x > b.x {
		a, b = b, a
	}
	dx, dy := b.x-a.x, b.y-a.y
	length := dx*dx + dy*dy
	slope := 0.0
	if dx > 0 {
		slope = dy / dx
	}
	reach := half + 1
	across := reach * math.Sqrt(1+slope*slope)
	for i := int(math.Floor(a.x - reach)); i <= int(math.Ceil(b.x+reach)); i++ {
		px := float64(i) + 0.5
		centre := a.y + slope*(min(max(px, a.x), b.x)-a.x)
		for j := int(math.Floor(centre - across)); j <= int(math.Ceil(centre+across)); j++ {
			py := float64(j) + 0.5
			t := 0.0
			if length > 0 {
				t = min(1, max(0, ((px-a.x)*dx+(py-a.y)*dy)/length))
			}
			cover := half + 0.5 - math.Hypot(px-a.x-t*dx, py-a.y-t*dy)
			if cover <= 0 {
				continue
			}
			x, y := i, j
			if steep {
				x, y = j, i
			}
			raise(mask, x, y, uint8(min(1, cover)*255))
		}
	}
}

func raise(mask *image.Alpha, x, y int, cover uint8) {
	if !(image.Point{X: x, Y: y}).In(mask.Rect) {
		return
	}
	if i := mask.PixOffset(x, y); mask.Pix[i] < cover {
		mask.Pix[i] = cover
	}
}

// dashes cuts a line into the pieces that are drawn.
func dashes(points []point, pattern []float64) [][]point {
	if len(pattern) < 2 {
		return [][]point{points}
	}
	var out [][]point
	var run []point
	phase, left := 0, pattern[0]
	for i, p := range points {
		if i == 0 {
			run = []point{p}
			continue
		}
		from := points[i-1]
		for length := math.Hypot(p.x-from.x, p.y-from.y); length > 0; {
			step := min(left, length)
			t := step / length
			from = point{from.x + (p.x-from.x)*t, from.y + (p.y-from.y)*t}
			length -= step
			left -= step
			if phase%2 == 0 {
				run = append(run, from)
			}
			if left > 0 {
				continue
			}
			if phase%2 == 0 {
				out = append(out, run)
			}
			phase++
			left = pattern[phase%len(pattern)]
			run = []point{from}
		}
	}
	if phase%2 == 0 && len(run) > 1 {
		out = append(out, run)
	}
	return out
}
