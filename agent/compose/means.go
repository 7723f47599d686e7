package compose

import (
	"slices"

	"github.com/bapsang/bapsang/agent/semantic"
)

// readMean finds comparisons with an average: 평균보다 높은 지역, 월평균 매출보다 높았던 달,
// above-average revenue.
func (r *reader) readMean() {
	for i := range r.toks {
		arg, over := r.lex.arg(r.toks[i], wAverageOver)
		if !over && !r.is(i, wAverage) || r.toks[i].used {
			continue
		}
		op, said := r.meanAfter(i)
		if op == "" {
			op, said = r.meanBefore(i)
		}
		if op == "" {
			continue
		}
		if r.d.mean.op != "" {
			r.fail(problem{decline: DeclineShape})
			return
		}
		r.d.mean = mean{op: op, grain: semantic.Grain(arg), token: r.toks[i]}
		r.use(i)
		for _, j := range said {
			r.use(j)
		}
	}
}

// meanAfter reads what follows an average: 평균보다 높은, 평균 매출보다 낮은, 평균 이상인.
// It returns the comparison and the tokens that say it.
func (r *reader) meanAfter(i int) (semantic.Op, []int) {
	from := i
	if n := r.afterTrail(i); n == i+1 && r.open(n) && len(r.senses(n, isMetric)) > 0 {
		from = n
	}
	if !r.trails(from, wThan) {
		if n := r.next(i); n >= 0 && !r.toks[n].used && isHangulKey(r.toks[n].text) {
			for _, c := range comparators {
				if r.is(n, c.word) {
					return c.op, []int{n}
				}
			}
		}
		return "", nil
	}
	for j := from + 1; j < len(r.toks); j++ {
		op := r.comparative(j)
		if op == "" || r.toks[j].used {
			continue
		}
		said := []int{j}
		for k := from + 1; k < len(r.toks) && r.toks[k].kind == aParticle; k++ {
			said = append(said, k)
		}
		return op, said
	}
	return "", nil
}

// comparative returns the comparison that an adjective makes after "than".
func (r *reader) comparative(j int) semantic.Op {
	if arg, ok := r.lex.arg(r.toks[j], wHigh); ok && arg == "" || r.is(j, wOver) {
		return semantic.Greater
	}
	if arg, ok := r.lex.arg(r.toks[j], wLow); ok && arg == "" || r.is(j, wUnder) {
		return semantic.Less
	}
	return ""
}

// meanBefore reads what stands before an average: above the average, below average.
func (r *reader) meanBefore(i int) (semantic.Op, []int) {
	p := r.prev(i)
	if p < 0 || r.toks[p].used || isHangulKey(r.toks[p].text) {
		return "", nil
	}
	if r.is(p, wThan) {
		if q := r.prev(p); q >= 0 && (r.is(q, wRose) || r.is(q, wFell)) { // higher, lower
			return map[bool]semantic.Op{true: semantic.Greater, false: semantic.Less}[r.is(q, wRose)], []int{p, q}
		}
		return "", nil
	}
	for _, c := range comparators {
		if r.is(p, c.word) && !r.followedByNumber(p) {
			return c.op, []int{p}
		}
	}
	return "", nil
}

// setMean keeps the rows on one side of the average: of the mean of all of them, or of
// the figure over all rows together where that is an average itself.
func (b *builder) setMean() {
	m := b.d.mean
	if m.op == "" {
		return
	}
	q := &b.p.Query
	fits := len(q.Dimensions) == 1 && len(q.Measures) == 1 && len(q.Having) == 0 && b.special == "" && q.Compare == nil && !b.d.rank.wanted && b.d.sort == nil && !b.d.share
	if !fits || m.grain != "" && q.Dimensions[0].Grain != m.grain || q.Measures[0].Over != "" {
		b.fail(problem{decline: DeclineShape})
		return
	}
	q.Total = b.averaged(measure{Measure: q.Measures[0]})
	q.Having = []semantic.Having{{Key: q.Measures[0].Key(), Op: m.op, Mean: true}}
	q.Order = []semantic.Order{{Key: q.Measures[0].Key(), Desc: m.op == semantic.Greater || m.op == semantic.AtLeast}}
	b.onlyNamed(q.Dimensions[0])
	label := b.measureLabel(q.Measures[0])
	if q.Total {
		b.say(ReadDefault, m.token.text, b.pickWord("전체 "+label, "overall "+label))
		return
	}
	b.say(ReadDefault, m.token.text, b.pickWord(b.dimensionsLabel(q.Dimensions)+" "+label+"의 평균", "mean of "+label+" "+b.dimensionsLabel(q.Dimensions)))
}

// onlyNamed leaves out the rows that have no value of a dimension.
func (b *builder) onlyNamed(d semantic.Dimension) {
	if d.Field != "" && !slicesHas(b.p.Query.Filters, func(f semantic.Filter) bool { return f.Field == d.Field }) {
		b.p.Query.Filters = append(slices.Clone(b.p.Query.Filters), named(d))
	}
}

func named(d semantic.Dimension) semantic.Filter {
	return semantic.Filter{Field: d.Field, Op: semantic.IsNull, Negate: true}
}

// forgetNamed drops what onlyNamed kept of the turn before.
func (b *builder) forgetNamed() {
	q := &b.p.Query
	q.Filters = slices.DeleteFunc(q.Filters, func(f semantic.Filter) bool { return f.Op == semantic.IsNull && f.Negate })
}
