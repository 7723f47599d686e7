package compose

import (
	"slices"

	"github.com/bapsang/bapsang/agent/period"
	"github.com/bapsang/bapsang/agent/semantic"
)

// readHorizon takes a length of time that a forecast is to cover and that is no
// period by itself: 4주 예측, forecast 30 days.
func (r *reader) readHorizon() {
	if !r.d.forecast {
		return
	}
	for i := range r.toks {
		t := r.toks[i]
		if t.kind != aNumber || t.used {
			continue
		}
		switch g := semantic.Grain(t.num.unit); g {
		case semantic.Day, semantic.Week, semantic.Month, semantic.Quarter, semantic.Year:
			r.d.horizon.n, r.d.horizon.grain = int(t.num.value), g
			r.use(i)
			r.useTrail(i)
			r.take(wNext)
		}
	}
}

// horizonGrain is the grain that a forecast steps in.
func (b *builder) horizonGrain() semantic.Grain {
	h := b.d.horizon
	if h.grain != "" {
		return stepOf(h.grain)
	}
	if h.until != nil {
		if h.until.Unit != "" {
			return stepOf(h.until.Unit)
		}
		start := h.until.Period.Start
		if now := day(b.in.Now); start.Before(now) {
			start = now
		}
		switch days := h.until.Period.End.Sub(start).Hours() / 24; {
		case days > 62:
			return semantic.Month
		case days > 20:
			return semantic.Week
		}
		return semantic.Day
	}
	if from, until := b.dataRange(); !from.IsZero() && until.Sub(from).Hours() < 24*400 {
		return semantic.Week
	}
	return semantic.Month
}

// stepOf is the grain of a forecast over units of g: quarters and years are
// forecast by month, because a handful of them says little.
func stepOf(g semantic.Grain) semantic.Grain {
	if g == semantic.Quarter || g == semantic.Year {
		return semantic.Month
	}
	return g
}

// usualHorizon is how far a forecast goes when nobody says.
var usualHorizon = map[semantic.Grain]int{semantic.Day: 14, semantic.Week: 8, semantic.Month: 3, semantic.Quarter: 2, semantic.Year: 1}

// setHorizon sets how many steps to forecast, and ends the history with the last
// complete step.
func (b *builder) setHorizon() {
	q := &b.p.Query
	b.p.Whole = nil
	if b.special != Forecast || len(q.Dimensions) == 0 {
		b.p.Horizon = 0
		return
	}
	grain := q.Dimensions[0].Grain
	from, until := b.dataRange()
	end := b.floor(until, grain)
	if q.Period == nil || q.Period.End.After(end) {
		start := from
		if q.Period != nil {
			start = q.Period.Start
		}
		q.Period = &semantic.Period{Start: start, End: end}
	}
	end = b.floor(q.Period.End, grain)
	n := b.d.horizon.n
	switch {
	case b.d.horizon.until != nil:
		n = 0
		if p := b.d.horizon.until.Period; p.Start.Before(end) && !p.Start.Before(q.Period.Start) {
			b.p.Whole = &p
		}
		for t := end; t.Before(b.d.horizon.until.Period.End) && n < 400; t = ahead(t, 1, grain) {
			n++
		}
	case n > 0 && b.d.horizon.grain != grain:
		n *= map[semantic.Grain]int{semantic.Quarter: 3, semantic.Year: 12}[b.d.horizon.grain]
	case n == 0 && b.follow && b.p.Horizon > 0:
		n = b.p.Horizon
	}
	if n <= 0 {
		n = usualHorizon[grain]
	}
	b.p.Horizon = min(n, 400)
}

// foretells reports whether the text asks for what is to come.
func (m *matcher) foretells(toks []token) bool {
	return slicesHas(toks, func(t token) bool {
		return m.lex.has(t, wForecast) || m.lex.has(t, wWill)
	})
}

// lookAhead has the end of a forecast (연말까지, the rest of the year) stand for itself
// rather than for what has passed of it, and reports whether there is one.
func (m *matcher) lookAhead(in Input) bool {
	end, ok := period.Ahead(m.src, in.times())
	if !ok {
		return false
	}
	from, to := m.runeAt(end.From), m.runeAt(end.To)
	for i, list := range m.mentions {
		m.mentions[i] = slices.DeleteFunc(list, func(x *period.Mention) bool { return i < to && m.runeAt(x.To) > from })
	}
	m.mentions[from] = append(m.mentions[from], &end)
	return true
}
