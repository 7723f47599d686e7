package chart

import (
	"math"
	"strings"

	"github.com/bapsang/bapsang/agent/format"
)

// scale maps figures to places. from is where lo is drawn.
type scale struct {
	lo, hi, step float64
	from, to     float64
}

func (s scale) at(v float64) float64 {
	return s.from + (v-s.lo)/(s.hi-s.lo)*(s.to-s.from)
}

// ticks returns the multiples of the step, ascending.
func (s scale) ticks() []float64 {
	var out []float64
	first := math.Ceil(s.lo/s.step - 1e-6)
	for i := range 50 {
		v := (first + float64(i)) * s.step
		if v > s.hi+s.step*1e-6 {
			break
		}
		out = append(out, v+0)
	}
	return out
}

// niceScale covers lo to hi by about count steps of 1, 2, 2.5 or 5 times a power of
// ten. whole keeps the steps whole: there is no half an order.
func niceScale(lo, hi float64, count int, whole bool) scale {
	if widest := max(math.Abs(lo), math.Abs(hi)); hi-lo <= widest*1e-9 {
		if widest == 0 {
			return scale{lo: 0, hi: 1, step: 1}
		}
		lo, hi = lo-widest*0.05, hi+widest*0.05
	}
	raw := (hi - lo) / float64(max(1, count))
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := power * 10
	for _, m := range []float64{1, 2, 2.5, 5} {
		if raw <= m*power*1.0001 {
			step = m * power
			break
		}
	}
	if whole {
		step = max(1, math.Ceil(step))
	}
	return scale{
		lo: math.Floor(lo/step+1e-9) * step, hi: math.Ceil(hi/step-1e-9) * step, step: step,
	}
}

// wholeFormat reports whether a figure of format f is a number of things.
func wholeFormat(f format.Format) bool {
	return f == format.Integer || f == format.Year || strings.HasPrefix(string(f), format.Counted)
}

// barScale includes zero, lineScale includes it unless the course lies far from it.
func barScale(lo, hi float64, count int, f format.Format) scale {
	return niceScale(min(0, lo), max(0, hi), count, wholeFormat(f))
}

func lineScale(lo, hi float64, count int, f format.Format) scale {
	if hi-lo <= math.Abs(hi)*1e-9 {
		return barScale(lo, hi, count, f) // no course to look at closely
	}
	if lo > 0 && hi-lo > lo*0.6 {
		lo = 0
	}
	if hi < 0 && hi-lo > -hi*0.6 {
		hi = 0
	}
	return niceScale(lo, hi, count, wholeFormat(f) && hi-lo > 1)
}

// tickCount is how many steps a value axis of some length has.
func (l *layouter) tickCount(length float64) int {
	return max(2, min(6, int(length/(l.em*3.4))))
}

// tickLabels writes the labels of a value axis.
func tickLabels(s scale, f format.Format, lang string) []string {
	var out []string
	for _, v := range s.ticks() {
		out = append(out, format.Tick(v, s.step, f, lang))
	}
	return out
}

// valueAxis draws horizontal grid lines with their labels on the left.
func (l *layouter) valueAxis(s scale, plot box) {
	labels := tickLabels(s, l.f, l.lang)
	for i, v := range s.ticks() {
		y := s.at(v)
		color, r := l.theme.grid, gridLine
		if v == 0 {
			color = l.theme.axis
		}
		l.rect(box{plot.x, y - 0.5, plot.w, 1}, solid(color), r, tip{})
		l.text(plot.x-l.em*0.55, y+l.em*0.33, end, l.em*0.92, false, l.theme.text, labels[i])
	}
}

// axisWidth is the room that the labels of a value axis need.
func (l *layouter) axisWidth(s scale) float64 {
	w := 0.0
	for _, label := range tickLabels(s, l.f, l.lang) {
		w = max(w, l.faces.width(label, l.em*0.92, false))
	}
	return w + l.em*0.55
}
