package chart

import (
	"math"

	"github.com/bapsang/bapsang/agent/format"
)

// step is a bar of a waterfall: it leads from one level to another.
type step struct {
	name     string
	from, to float64
	level    bool // the first or the last: a level, not a change
	value    float64
}

// levelShare is the least share of the levels that the changes must reach for both to
// be drawn on one axis from zero.
const levelShare = 0.15

// waterfall draws how changes lead from one level to another. Bars begin at zero; where
// the changes would be slivers beside the levels, the axis shows the distance from the
// first level instead, and the levels stand as figures.
func (l *layouter) waterfall() {
	steps := l.steps()
	relative := l.isRelative(steps)
	if relative {
		first := steps[0].value
		for i := range steps {
			steps[i].from -= first
			steps[i].to -= first
		}
		last := &steps[len(steps)-1]
		steps[0].from, last.from = 0, 0
		l.spec.Note = joinDot(l.spec.Note, l.ko("세로축은 "+steps[0].name+"에서 벗어난 크기입니다",
			"The axis shows the distance from "+steps[0].name))
	}
	content := l.frame(nil)
	lo, hi := 0.0, 0.0
	for _, s := range steps {
		lo, hi = min(lo, s.from, s.to), max(hi, s.from, s.to)
	}
	y := barScale(lo, hi, l.tickCount(content.h-l.em*5), l.f)
	left := l.axisWidth(y)
	plot := box{content.x + left, content.y + l.em*1.3, content.w - left, 0}
	s := l.barSlots()
	s.x0, s.width = plot.x, plot.w/float64(len(steps))
	axis := l.barAxis(s)
	plot.h = max(l.em*2, content.bottom()-axis.height-plot.y)
	y.from, y.to = plot.bottom(), plot.y
	if lo < 0 {
		y.from -= l.em * 2.6 // for the figures below the bars
	}
	if relative {
		y.to += l.em * 1.2 // and those of two lines above them
	}
	l.s.plot = plot
	l.valueAxis(y, plot)
	axis.draw(plot)
	for i, st := range steps {
		l.fallBar(st, s, i, y, relative)
		if i+1 < len(steps) {
			l.rect(box{s.centre(i), y.at(st.to) - 0.5, s.width, 1}, solid(l.theme.axis), decoration, tip{})
		}
	}
}

// steps reads the series: levels at both ends, changes between them.
func (l *layouter) steps() []step {
	var out []step
	level := 0.0
	values := l.spec.Series[0].Values
	for i, v := range values {
		value := 0.0
		if v != nil {
			value = *v
		}
		st := step{name: l.xName(i), value: value, from: level, to: level + value}
		if i == 0 || i == len(values)-1 {
			st.level, st.from, st.to = true, 0, value
		}
		level = st.to
		out = append(out, st)
	}
	return out
}

func (l *layouter) isRelative(steps []step) bool {
	if len(steps) < 3 {
		return false
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, s := range steps {
		lo, hi = min(lo, s.to), max(hi, s.to)
	}
	return lo > 0 && hi-lo < hi*levelShare || hi < 0 && hi-lo < -lo*levelShare
}

func (l *layouter) fallBar(st step, s slots, i int, y scale, relative bool) {
	width := min(s.width*0.7, l.em*5)
	b := box{s.centre(i) - width/2, y.at(max(st.from, st.to)), width, math.Abs(y.at(st.to) - y.at(st.from))}
	color := l.fallColor(st)
	label := l.compact(st.value)
	if !st.level {
		label = signedCompact(st.value, l.f, l.lang)
	}
	figure := l.full(st.value)
	if !st.level && st.value > 0 && figure[0] != '+' {
		figure = "+" + figure
	}
	if b.h < 1 {
		b.h = 1
	}
	l.s.add(&rectItem{box: b, fill: solid(color), role: mark, tip: tip{place: st.name, figure: figure}})
	lines := []string{label}
	if relative && st.level && st.to != 0 {
		lines = append(lines, "("+signedCompact(st.to, l.f, l.lang)+")")
	}
	l.fallLabels(lines, st, b, s.width)
}

// fallLabels writes the figure of a step where it leads to: above what rises, below
// what falls. A level on an axis of distances has the distance under it.
func (l *layouter) fallLabels(lines []string, st step, b box, room float64) {
	size := l.em * 0.92
	widest := func() (w float64) {
		for _, line := range lines {
			w = max(w, l.faces.width(line, size, st.level))
		}
		return w
	}
	for size > l.em*0.6 && widest() > room-l.em*0.2 {
		size -= l.em * 0.08
	}
	if widest() > room {
		return
	}
	baseline := b.y - l.em*0.4 - size*1.15*float64(len(lines)-1)
	if st.to < st.from {
		baseline = b.bottom() + l.em*0.3 + size*ascent
	}
	for i, line := range lines {
		l.text(b.x+b.w/2, baseline+size*1.15*float64(i), middle, size, st.level && i == 0, l.theme.title, line)
	}
}

func (l *layouter) fallColor(st step) rgb {
	switch {
	case st.level:
		return l.theme.other
	case st.value >= 0 != l.spec.LowerIsBetter:
		return l.theme.series[0]
	}
	return l.theme.series[1]
}

// signedCompact writes a change for a label on the chart.
func signedCompact(v float64, f format.Format, lang string) string {
	if text := format.Compact(v, f, lang); v <= 0 || text[0] == '+' {
		return text
	} else {
		return "+" + text
	}
}
