package compose

import "github.com/bapsang/bapsang/agent/semantic"

// readFirst reads when a figure passed a bound for the first time: 매출이 처음으로 1억을
// 넘은 달, the first month above 500 million. Any other first is not understood.
func (r *reader) readFirst() {
	i := r.any(wFirst)
	if i < 0 || len(r.d.bounds) != 1 || r.d.rank.wanted || r.d.sort != nil {
		return
	}
	if r.d.grain == "" && r.find(wGrain) < 0 {
		return
	}
	r.use(i)
	r.useTrail(i)
	r.d.first = true
}

// setFirst keeps the first of the times at which the bound was passed.
func (b *builder) setFirst() {
	if !b.d.first {
		return
	}
	q := &b.p.Query
	if len(q.Having) != 1 || len(q.Dimensions) != 1 || !isTime(q.Dimensions[0]) || b.special != "" || q.Compare != nil {
		b.fail(problem{decline: DeclineShape})
		return
	}
	q.Order, q.Limit = []semantic.Order{{Key: q.Dimensions[0].Key()}}, 1
}
