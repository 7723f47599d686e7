package chart

import (
	"math"
	"strings"
	"time"
)

// slots are the equal places of bars along an axis.
type slots struct {
	index []int // slot of every point
	count int
	width float64
	x0    float64
}

func (s slots) centre(i int) float64 { return s.x0 + (float64(s.index[i])+0.5)*s.width }

// barSlots gives each category a slot; times have theirs by the calendar, so that a
// missing month leaves a gap.
func (l *layouter) barSlots() slots {
	n := axisLength(l.spec)
	s := slots{index: make([]int, n), count: n}
	for i := range n {
		s.index[i] = i
	}
	if l.spec.XKind != XTime {
		return s
	}
	first := periodNumber(l.spec.Times[0], l.spec.Grain)
	span := periodNumber(l.spec.Times[n-1], l.spec.Grain) - first + 1
	if span < n || span > 4*n+12 { // several rows a period, or lone periods far apart
		return s
	}
	for i, t := range l.spec.Times {
		s.index[i] = periodNumber(t, l.spec.Grain) - first
	}
	s.count = span
	return s
}

// bars draws vertical bars: one series, several side by side, or on top of each other.
func (l *layouter) bars() {
	series, colors := l.spec.Series, l.seriesColors()
	stack := l.spec.Kind == StackedBar && len(series) > 1
	var legend []legendEntry
	if len(series) > 1 {
		for i, s := range series {
			legend = append(legend, legendEntry{name: s.Name, color: colors[i]})
		}
	}
	content := l.frame(legend)
	lo, hi := valueExtent(series)
	if stack {
		lo, hi = stackExtent(series)
	}
	y := barScale(lo, hi, l.tickCount(content.h-l.em*3), l.f)
	left := l.axisWidth(y)
	plot := box{content.x + left, content.y + l.em*0.7, content.w - left, 0}
	s := l.barSlots()
	s.x0, s.width = plot.x, plot.w/float64(max(1, s.count))
	axis := l.barAxis(s)
	plot.h = max(l.em*2, content.bottom()-axis.height-plot.y)
	y.from, y.to = plot.bottom(), plot.y
	if lo < 0 && !stack {
		y.from -= l.em * 1.3 // for the figures below the bars
	}
	l.s.plot = plot
	l.valueAxis(y, plot)
	axis.draw(plot)
	if stack {
		l.stacks(s, colors, y)
	} else {
		l.groups(s, colors, y)
	}
}

// barAxis is the axis below bars, drawn when the plot is known.
type barAxis struct {
	height float64
	draw   func(plot box)
}

func (l *layouter) barAxis(s slots) barAxis {
	if l.spec.XKind == XTime {
		unit := unitOf(l.spec.Grain)
		each := int(math.Ceil(l.timeLabelWidth(unit) / s.width))
		ticks := labelTimes(every(l.spec.Times, each), timeSlots(l.spec.Times, s), unit, l.spec.Grain, l.lang)
		return barAxis{l.xAxisHeight(ticks), func(plot box) { l.xAxis(ticks, plot) }}
	}
	room := s.width - l.em*0.4
	size := l.nameSize(room)
	widest, lines := 0.0, 1
	for i := range axisLength(l.spec) {
		w := l.faces.width(l.xName(i), size, false)
		widest = max(widest, w)
		if w > room {
			lines = 2
		}
	}
	if s.width < l.em*2.6 && widest > room {
		ticks := l.sparseTicks(s)
		return barAxis{l.xAxisHeight(ticks), func(plot box) { l.xAxis(ticks, plot) }}
	}
	return barAxis{l.em * (0.6 + 1.15*float64(lines)), func(plot box) {
		for i := range axisLength(l.spec) {
			for j, line := range l.faces.wrap(l.xName(i), size, false, room, lines) {
				t := l.text(s.centre(i), plot.bottom()+l.em*(1.35+1.15*float64(j)), middle, size, false, l.theme.text, line)
				t.tip.place = l.xName(i)
			}
		}
	}}
}

// nameSize is the size of names below bars: smaller where that spares breaking a word.
// Hangul may be broken anywhere.
func (l *layouter) nameSize(room float64) float64 {
	longest := ""
	for i := range axisLength(l.spec) {
		for word := range strings.FieldsSeq(l.xName(i)) {
			if !hasHangul(word) && l.faces.width(word, 1, false) > l.faces.width(longest, 1, false) {
				longest = word
			}
		}
	}
	for _, size := range []float64{l.em * 0.95, l.em * 0.85, l.em * 0.75} {
		if l.faces.width(longest, size, false) <= room {
			return size
		}
	}
	return l.em * 0.95
}

// timeSlots returns where the slot of each of times is.
func timeSlots(times []time.Time, s slots) func(time.Time) float64 {
	at := make(map[time.Time]float64, len(times))
	for i, t := range times {
		at[t] = s.centre(i)
	}
	return func(t time.Time) float64 { return at[t] }
}

// sparseTicks labels as many slots as there is room for; xAxis leaves out the others.
func (l *layouter) sparseTicks(s slots) []xTick {
	var ticks []xTick
	for i := range axisLength(l.spec) {
		ticks = append(ticks, xTick{at: s.centre(i), label: l.faces.fit(l.xName(i), l.em*0.92, false, l.em*7)})
	}
	return evenly(l.faces, ticks, l.em*0.92, l.em*0.7)
}

func stackExtent(series []Series) (lo, hi float64) {
	for j := range series[0].Values {
		up, down := 0.0, 0.0
		for _, s := range series {
			if v := s.Values[j]; v != nil && *v > 0 {
				up += *v
			} else if v != nil {
				down += *v
			}
		}
		lo, hi = min(lo, down), max(hi, up)
	}
	return lo, hi
}

// groups draws bars side by side.
func (l *layouter) groups(s slots, colors []rgb, y scale) {
	k := float64(len(l.spec.Series))
	group := min(s.width*(0.72+min(0.14, 0.05*(k-1))), l.em*4.6*k)
	if s.width < 3 {
		group = s.width
	}
	gap := 0.0
	if group/k > 6 {
		gap = 2
	}
	width := group/k - gap
	size, labelled := l.barLabelSize(s, width, gap)
	mixed := l.mixed()
	for i, series := range l.spec.Series {
		for j, v := range series.Values {
			if v == nil {
				continue
			}
			x := s.centre(j) - group/2 + (group/k)*float64(i) + gap/2
			color := l.barColor(colors[i], j, *v, mixed)
			l.bar(box{x, y.at(max(0, *v)), width, math.Abs(y.at(*v) - y.at(0))}, color, *v, l.wholenessOf(j), l.tip(series.Name, j, *v))
			if labelled {
				l.barLabel(x+width/2, y.at(*v), *v, size)
			}
		}
	}
}

// mixed reports whether a single series has bars on both sides of zero.
func (l *layouter) mixed() bool {
	lo, hi := valueExtent(l.spec.Series)
	return len(l.spec.Series) == 1 && lo < 0 && hi > 0
}

// barColor is the colour of a bar: that of its series, but grey for the rest of a
// folded list, and a second colour below zero where there are both.
func (l *layouter) barColor(color rgb, i int, v float64, mixed bool) rgb {
	switch {
	case len(l.spec.Series) == 1 && isOther(l.xNameOrEmpty(i)):
		return l.theme.other
	case mixed && v < 0:
		return l.theme.series[1]
	}
	return color
}

func (l *layouter) xNameOrEmpty(i int) string {
	if l.spec.XKind == XTime {
		return ""
	}
	return l.xName(i)
}

// wholeness is how much of a period there is.
type wholeness int

const (
	entire  wholeness = iota
	notOver           // it goes on
	cutOff            // but a part of it was asked about
)

func (l *layouter) wholenessOf(i int) wholeness {
	last := i == len(l.spec.Times)-1
	switch {
	case l.spec.XKind != XTime:
	case l.spec.PartialLast && last:
		return notOver
	case l.spec.CutFirst && i == 0, l.spec.CutLast && last:
		return cutOff
	}
	return entire
}

// bar draws one bar from zero. One of a period that is not whole is pale; one that is not
// over has a dashed outline, for it may grow.
func (l *layouter) bar(b box, color rgb, v float64, w wholeness, t tip) {
	round := topSide
	if v < 0 {
		round = bottomSide
	}
	fill := solid(color)
	if w != entire {
		fill = solid(color.mix(l.theme.background, 0.55))
	}
	l.s.add(&rectItem{box: b, radius: min(l.em*0.2, b.w/4), round: round, fill: fill, role: mark, tip: t})
	if w == notOver && b.h > 4 && b.w > 6 {
		s := l.stroke(l.em*0.08, solid(color), decoration,
			point{b.x + 1, b.bottom()}, point{b.x + 1, b.y + 1}, point{b.right() - 1, b.y + 1}, point{b.right() - 1, b.bottom()})
		s.dash = l.dash()
	}
}

// barLabelSize says how large the figures at the bars may be, and whether all of them
// fit at all: figures at some bars only would look like a choice.
func (l *layouter) barLabelSize(s slots, width, gap float64) (size float64, ok bool) {
	room := width + gap - 2
	if len(l.spec.Series) == 1 {
		room = s.width - l.em*0.3
	}
	for _, size := range []float64{l.em * 0.92, l.em * 0.8, l.em * 0.72} {
		widest := 0.0
		for _, series := range l.spec.Series {
			for _, v := range series.Values {
				if v != nil {
					widest = max(widest, l.faces.width(l.compact(*v), size, false))
				}
			}
		}
		if widest <= room {
			return size, true
		}
	}
	return 0, false
}

func (l *layouter) barLabel(x, y, v, size float64) {
	baseline := y - l.em*0.4
	if v < 0 {
		baseline = y + l.em*0.3 + size*ascent
	}
	l.text(x, baseline, middle, size, false, l.theme.title, l.compact(v))
}

// stacks draws bars on top of each other, what is below zero downwards.
func (l *layouter) stacks(s slots, colors []rgb, y scale) {
	width := min(s.width*0.68, l.em*5)
	if s.width < 3 {
		width = s.width
	}
	for j := range l.spec.Series[0].Values {
		up, down := 0.0, 0.0
		for i, series := range l.spec.Series {
			v := series.Values[j]
			if v == nil || *v == 0 {
				continue
			}
			base := &up
			if *v < 0 {
				base = &down
			}
			from := *base
			*base += *v
			b := box{s.centre(j) - width/2, y.at(max(from, *base)), width, math.Abs(y.at(*base) - y.at(from))}
			l.part(b, colors[i], *v, l.tip(series.Name, j, *v))
		}
		total := l.compact(up + down)
		if l.faces.width(total, l.em*0.92, true) < s.width-l.em*0.3 && down == 0 && up != 0 {
			l.text(s.centre(j), y.at(up)-l.em*0.4, middle, l.em*0.92, true, l.theme.title, total)
		}
	}
}

// part draws one part of a stack, parted from the next by a line of the ground.
func (l *layouter) part(b box, color rgb, v float64, t tip) {
	if b.h > 3 {
		b.h--
		if v > 0 {
			b.y++
		}
	}
	l.rect(b, solid(color), mark, t)
	label, size := l.compact(v), l.em*0.8
	if b.h > size*1.5 && l.faces.width(label, size, false) < b.w-l.em*0.3 {
		l.text(b.x+b.w/2, b.y+b.h/2+size*0.35, middle, size, false, l.theme.inkOn(color), label).on = color
	}
}

// hbars draws horizontal bars, each with its figure at its end, so that there is no
// need of an axis.
func (l *layouter) hbars() {
	series, colors := l.spec.Series, l.seriesColors()
	var legend []legendEntry
	if len(series) > 1 {
		for i, s := range series {
			legend = append(legend, legendEntry{name: s.Name, color: colors[i]})
		}
	}
	content := l.frame(legend)
	n := axisLength(l.spec)
	k := float64(len(series))
	row := min(content.h/float64(max(1, n)), l.em*(2.4+1.6*k))
	size := min(l.em*0.95, row/k*0.8)
	labels := 0.0
	for i := range n {
		labels = max(labels, l.faces.width(l.xName(i), size, false))
	}
	labels = min(labels, content.w*0.36)
	lo, hi := valueExtent(series)
	x := scale{lo: min(0, lo), hi: max(0, hi), step: 1}
	if x.lo == x.hi {
		x.hi = 1
	}
	before, after := l.figureRooms(size)
	plot := box{content.x + labels + l.em*0.8 + before, content.y, 0, row * float64(n)}
	plot.w = max(l.em*3, content.right()-after-plot.x)
	x.from, x.to = plot.x, plot.right()
	l.s.plot = plot
	l.hbarRows(x, plot, row, size, labels, colors)
	l.rect(box{x.at(0) - 0.5, plot.y, 1, plot.h}, solid(l.theme.axis), gridLine, tip{})
}

// figureRooms is the room for the figures left of negative bars and right of the others.
func (l *layouter) figureRooms(size float64) (before, after float64) {
	for _, s := range l.spec.Series {
		for _, v := range s.Values {
			if v == nil {
				continue
			}
			w := l.faces.width(l.compact(*v), size, false) + l.em*0.5
			if *v < 0 {
				before = max(before, w)
			} else {
				after = max(after, w)
			}
		}
	}
	return before, after
}

func (l *layouter) hbarRows(x scale, plot box, row, size, labels float64, colors []rgb) {
	k := float64(len(l.spec.Series))
	legible := l.em * 0.55
	skip := 1
	if size < legible {
		skip = int(math.Ceil(legible * 1.25 * k / row))
		size = legible
	}
	thickness := max(0.5, row*0.7/k)
	mixed := l.mixed()
	for i := range axisLength(l.spec) {
		top := plot.y + row*float64(i)
		if i%skip == 0 {
			l.rowLabel(i, top+row/2, row, size, plot.x, labels)
		}
		for j, s := range l.spec.Series {
			v := s.Values[i]
			if v == nil {
				continue
			}
			color := l.barColor(colors[j], i, *v, mixed)
			y := top + row*0.15 + thickness*float64(j)
			b := box{x.at(min(0, *v)), y, math.Abs(x.at(*v) - x.at(0)), max(0.5, thickness-min(2, thickness*0.1))}
			round := rightSide
			if *v < 0 {
				round = leftSide
			}
			l.s.add(&rectItem{box: b, radius: min(l.em*0.2, b.h/4), round: round, fill: solid(color), role: mark, tip: l.tip(s.Name, i, *v)})
			if skip == 1 {
				l.hbarFigure(x.at(*v), y+thickness/2+size*0.35, *v, size)
			}
		}
	}
}

func (l *layouter) hbarFigure(x, y, v, size float64) {
	if v < 0 {
		l.text(x-l.em*0.35, y, end, size, false, l.theme.title, l.compact(v))
		return
	}
	l.text(x+l.em*0.35, y, start, size, false, l.theme.title, l.compact(v))
}

// rowLabel writes the name of a row, on two lines where there is room.
func (l *layouter) rowLabel(i int, centre, row, size, plotX, width float64) {
	lines := 1
	if row > size*2.5 {
		lines = 2
	}
	before, _ := l.figureRooms(size)
	parts := l.faces.wrap(l.xName(i), size, false, width+0.01, lines)
	for j, part := range parts {
		y := centre + size*0.35 + (float64(j)-float64(len(parts)-1)/2)*size*1.15
		t := l.text(plotX-before-l.em*0.6, y, end, size, false, l.theme.text, part)
		t.tip.place = l.xName(i)
	}
}
