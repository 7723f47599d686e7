package compose

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// follows reports whether the text continues the turn before rather than asking
// anew. A question that names its own metric is new, unless it says that it goes on
// (그럼 주문 수는?) or names nothing else (객단가도).
func (r *reader) follows() bool {
	d := &r.d
	if r.in.Previous == nil || d.listed {
		return false
	}
	if d.shift != nil || len(d.measures) == 0 {
		return true
	}
	alone := len(d.groups)+len(d.filters)+len(d.periods)+len(d.days.names) == 0 && d.grain == "" && d.versus == nil && !d.rank.wanted && !r.analytic()
	return d.then || d.also || d.instead || d.those || len(d.dropped.metrics) > 0 || alone && (r.swaps() || r.changesTo())
}

// changesTo reports whether the text asks to change to the metric that stands alone:
// 이익률로 바꿔줘, switch to orders.
func (r *reader) changesTo() bool {
	for i, t := range r.toks {
		if r.is(i, wVerb) {
			key := fold(t.text)
			for _, verb := range []string{"바꿔", "변경", "switchto", "changeto", "changeitto"} {
				if strings.HasPrefix(key, verb) {
					return true
				}
			}
		}
	}
	return false
}

// analytic reports whether the text asks for a computation of its own.
func (r *reader) analytic() bool {
	d := &r.d
	return d.share || d.why || d.forecast || d.anomaly || d.relate || d.trend || d.cumulative || d.change || d.growth || d.direction != 0
}

// swaps reports whether a metric that stands alone replaces the one before: 주문 수는?
func (r *reader) swaps() bool {
	for _, m := range r.d.measures {
		i := r.tokenAt(m.token.from)
		if i < 0 || i+1 >= len(r.toks) {
			continue
		}
		if next := r.toks[i+1]; next.kind == aParticle && slices.Contains([]string{"은", "는", "도", "만", "으로", "로"}, next.text) && r.next(i+1) < 0 && !r.asks() {
			return true
		}
	}
	return false
}

// asks reports whether the text has a verb that makes it a whole question.
func (r *reader) asks() bool {
	for i := range r.toks {
		if r.is(i, wVerb) || r.is(i, wHowMuch) || r.is(i, wHowMany) {
			return true
		}
	}
	return false
}

// clone copies a plan so that the one before is not changed.
func clone(p *Plan) Plan {
	out := *p
	q := &out.Query
	q.Measures, q.Dimensions, q.Filters = slices.Clone(q.Measures), slices.Clone(q.Dimensions), slices.Clone(q.Filters)
	for i := range q.Filters {
		q.Filters[i].Values = slices.Clone(q.Filters[i].Values)
	}
	q.Having, q.Order = slices.Clone(q.Having), slices.Clone(q.Order)
	if q.Period != nil {
		p := *q.Period
		q.Period = &p
	}
	if q.Compare != nil {
		c := *q.Compare
		q.Compare = &c
	}
	out.Readings, out.Changed = slices.Clone(out.Readings), nil
	return out
}

// says reports whether a draft says anything at all.
func (d *draft) says() bool {
	return len(d.measures)+len(d.groups)+len(d.filters)+len(d.days.names)+len(d.bounds)+len(d.periods)+len(d.dropped.fields)+len(d.dropped.metrics) > 0 ||
		d.versus != nil || d.shift != nil || d.grain != "" || d.over != "" || d.rank.wanted || d.sort != nil || d.chart != "" ||
		d.share || d.cumulative || d.trend || d.relate || d.why || d.anomaly || d.forecast || d.compare || d.change || d.growth || d.direction != 0 || d.all || d.listed
}

// changes says, in words, what differs from the turn before.
func (b *builder) changes(before *Plan) []string {
	var out []string
	old, now := &before.Query, &b.p.Query
	if !slices.Equal(old.Measures, now.Measures) {
		for _, m := range now.Measures {
			out = append(out, b.measureLabel(m))
		}
	}
	if !samePeriod(old.Period, now.Period) {
		out = append(out, b.periodLabel(now.Period))
	}
	if !slices.Equal(old.Dimensions, now.Dimensions) {
		out = append(out, b.dimensionsLabel(now.Dimensions))
	}
	for _, f := range now.Filters {
		if !slices.ContainsFunc(old.Filters, func(o semantic.Filter) bool { return sameFilter(o, f) }) {
			out = append(out, b.filterLabel(f))
		}
	}
	for _, f := range old.Filters {
		if !slices.ContainsFunc(now.Filters, func(o semantic.Filter) bool { return o.Field == f.Field && o.Grain == f.Grain }) {
			out = append(out, b.pickWord("전체 "+b.fieldLabel(f.Field), "all "+b.fieldLabel(f.Field)))
		}
	}
	out = append(out, b.otherChanges(before)...)
	return out
}

func (b *builder) otherChanges(before *Plan) []string {
	var out []string
	old, now := &before.Query, &b.p.Query
	if now.Limit != old.Limit && now.Limit > 0 {
		out = append(out, b.rankLabel())
	}
	if now.Compare != nil && (old.Compare == nil || *old.Compare != *now.Compare) {
		out = append(out, b.compareLabel(now.Compare))
	}
	if now.Share && !old.Share {
		out = append(out, b.pickWord("비중", "share"))
	}
	if now.Cumulative && !old.Cumulative {
		out = append(out, b.pickWord("누적", "cumulative"))
	}
	if b.p.Chart != before.Chart {
		out = append(out, b.chartLabel(b.p.Chart))
	}
	if b.p.Intent != before.Intent {
		switch b.p.Intent {
		case Drivers:
			out = append(out, b.pickWord("원인", "drivers"))
		case Forecast:
			out = append(out, b.pickWord("예측", "forecast"))
		case Anomaly:
			out = append(out, b.pickWord("특이점", "anomalies"))
		}
	}
	return out
}

func samePeriod(a, b *semantic.Period) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Start.Equal(b.Start) && a.End.Equal(b.End)
}

func sameFilter(a, b semantic.Filter) bool {
	return a.Field == b.Field && a.Grain == b.Grain && a.Op == b.Op && a.Negate == b.Negate && slices.Equal(a.Values, b.Values)
}
