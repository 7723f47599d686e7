package chart

import (
	"math"

	"github.com/bapsang/bapsang/agent/format"
)

// slice is a part of a donut.
type slice struct {
	name  string
	value float64
	share float64
	color rgb
}

// slices returns the positive parts and their sum, and how many were left out.
func (l *layouter) slices() (parts []slice, total float64, dropped int) {
	if len(l.spec.Series) == 0 {
		return nil, 0, 0
	}
	for i, v := range l.spec.Series[0].Values {
		if v == nil || *v <= 0 {
			if v != nil && *v < 0 {
				dropped++
			}
			continue
		}
		color := l.theme.color(len(parts))
		if isOther(l.xName(i)) {
			color = l.theme.other
		}
		parts = append(parts, slice{name: l.xName(i), value: *v, color: color})
		total += *v
	}
	for i := range parts {
		parts[i].share = parts[i].value / total
	}
	return parts, total, dropped
}

// donut draws parts of a whole, with a list of them beside it.
func (l *layouter) donut() {
	parts, total, dropped := l.slices()
	if total == 0 {
		l.empty()
		return
	}
	if dropped > 0 {
		l.spec.Note = joinDot(l.spec.Note, l.ko("0보다 작은 값은 그리지 않았습니다", "Values below zero are not drawn"))
	}
	content := l.frame(nil)
	radius := min(content.h/2, content.w*0.25)
	centre := point{content.x + content.w*0.02 + radius, content.y + content.h/2}
	inner := radius * 0.6
	from := -math.Pi / 2
	for _, p := range parts {
		to := from + p.share*2*math.Pi
		l.shape(ring(centre, inner, radius, from, to), solid(p.color), mark,
			tip{place: p.name, figure: joinDot(l.full(p.value), format.Value(p.share, format.Percent, l.lang))})
		l.sliceLabel(p, centre, inner, radius, (from+to)/2)
		from = to
	}
	l.cuts(parts, centre, inner, radius)
	l.centreFigure(total, centre, inner)
	l.sliceList(parts, box{centre.x + radius + l.em*2.2, content.y, content.right() - centre.x - radius - l.em*2.2, content.h})
}

func ring(c point, inner, outer, from, to float64) path {
	var p path
	sin, cos := math.Sincos(from)
	p.moveTo(c.x+outer*cos, c.y+outer*sin)
	p.arc(c, outer, from, to)
	sin, cos = math.Sincos(to)
	p.lineTo(c.x+inner*cos, c.y+inner*sin)
	p.arc(c, inner, to, from)
	p.close()
	return p
}

// cuts parts the slices by lines of the ground.
func (l *layouter) cuts(parts []slice, c point, inner, outer float64) {
	if len(parts) < 2 {
		return
	}
	angle := -math.Pi / 2
	for _, p := range parts {
		sin, cos := math.Sincos(angle)
		l.stroke(l.em*0.1, solid(l.theme.background), decoration,
			point{c.x + inner*cos, c.y + inner*sin}, point{c.x + outer*cos, c.y + outer*sin})
		angle += p.share * 2 * math.Pi
	}
}

func (l *layouter) sliceLabel(p slice, c point, inner, outer, angle float64) {
	size := l.em * 0.88
	label := format.Value(p.share, format.Percent, l.lang)
	radius := (inner + outer) / 2
	if p.share*2*math.Pi*radius < l.em*3.1 || outer-inner < l.faces.width(label, size, true)*1.1 {
		return
	}
	sin, cos := math.Sincos(angle)
	t := l.text(c.x+radius*cos, c.y+radius*sin+size*0.35, middle, size, true, l.theme.inkOn(p.color), label)
	t.on = p.color
}

func (l *layouter) centreFigure(total float64, c point, inner float64) {
	if l.f == format.Percent || l.f == format.Points {
		return // the whole of shares is no news
	}
	text := format.Short(total, l.f, l.lang)
	size := l.em * 1.6
	for size > l.em*0.8 && l.faces.width(text, size, true) > inner*1.6 {
		size -= l.em * 0.1
	}
	caption := l.ko("합계", "Total")
	l.text(c.x, c.y-size*0.55, middle, l.em*0.85, false, l.theme.text, caption)
	for i, line := range l.faces.wrap(text, size, true, inner*1.65, 2) {
		l.text(c.x, c.y+size*(0.65+1.1*float64(i)), middle, size, true, l.theme.title, line)
	}
}

// sliceList lists name, figure and share of every part, in columns.
func (l *layouter) sliceList(parts []slice, room box) {
	if room.w < l.em*6 {
		return
	}
	row := min(l.em*2.2, room.h/float64(len(parts)))
	size := min(l.em, row*0.62)
	shareWidth, figureWidth := 0.0, 0.0
	for _, p := range parts {
		shareWidth = max(shareWidth, l.faces.width(format.Value(p.share, format.Percent, l.lang), size, true))
		figureWidth = max(figureWidth, l.faces.width(l.figure(p.value), size, false))
	}
	nameX := room.x + l.em*1.3
	figureX := room.right() - shareWidth - l.em
	nameWidth := figureX - figureWidth - l.em*0.8 - nameX
	if nameWidth < l.em*4 { // no room for figures: names and shares matter more
		figureWidth, nameWidth = 0, room.right()-shareWidth-l.em-nameX
	}
	y := room.y + (room.h-row*float64(len(parts)))/2
	for i, p := range parts {
		base := y + row*(float64(i)+0.5) + size*0.35
		l.s.add(&rectItem{box: box{room.x, base - size*0.75, size * 0.8, size * 0.8}, radius: size * 0.18, fill: solid(p.color)})
		name := l.text(nameX, base, start, size, false, l.theme.title, l.faces.fit(p.name, size, false, nameWidth))
		name.tip.place = p.name
		if figureWidth > 0 {
			l.text(figureX, base, end, size, false, l.theme.text, l.figure(p.value))
		}
		l.text(room.right(), base, end, size, true, l.theme.title, format.Value(p.share, format.Percent, l.lang))
	}
}

// figure writes a value with its unit where there is room for a few characters more.
func (l *layouter) figure(v float64) string { return format.Short(v, l.f, l.lang) }
