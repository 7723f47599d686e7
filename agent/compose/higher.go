package compose

import "slices"

// readHigher takes a question whether one value's figure is higher than another's as a
// comparison of the two: 서울 매출이 부산보다 높아, is revenue in Seoul higher than in Busan.
func (r *reader) readHigher() {
	for i := range r.toks {
		if !r.open(i) || len(r.senses(i, isValue)) == 0 || r.grouping(i) {
			continue
		}
		than := r.thanMark(i)
		if than < 0 || r.oppositeOf(i) < 0 {
			continue
		}
		for j := range r.toks {
			said := r.comparative(j) != "" || r.is(j, wRose) || r.is(j, wFell)
			if !said || r.toks[j].used || isHangulKey(r.toks[j].text) && j < i || r.modifies(j) {
				continue
			}
			r.use(j)
			r.use(than)
			r.d.compare = true
			return
		}
	}
}

// thanMark returns the token that says "than" of token i, -1 for none.
func (r *reader) thanMark(i int) int {
	for k := i + 1; k < len(r.toks) && r.toks[k].kind == aParticle; k++ {
		if r.is(k, wThan) {
			return k
		}
	}
	if p := r.prev(i); r.is(p, wThan) && !isHangulKey(r.toks[p].text) {
		return p
	}
	return -1
}

// oppositeOf returns the other value of a field of token i, which stands before it.
func (r *reader) oppositeOf(i int) int {
	fields := r.valueOptions(i)
	for j := range i {
		if !r.open(j) || r.grouping(j) {
			continue
		}
		for _, o := range r.valueOptions(j) {
			if slices.ContainsFunc(fields, func(m meant) bool { return m.field == o.field }) {
				return j
			}
		}
	}
	return -1
}
