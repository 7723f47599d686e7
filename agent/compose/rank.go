package compose

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/semantic"
)

// readRank finds wishes for the first or last few, and for an order.
func (r *reader) readRank() {
	r.readSort()
	k := &r.d.rank
	never := false
	for i := range r.toks {
		if r.toks[i].used {
			continue
		}
		arg, high := r.lex.arg(r.toks[i], wHigh)
		low := false
		if !high {
			arg, low = r.lex.arg(r.toks[i], wLow)
		}
		top, bottom := r.is(i, wTop), r.is(i, wBottom)
		switch {
		case high || low:
			k.asc, k.sold = k.asc || low, k.sold || arg == "sold"
			k.big = k.big || bigWord(r.toks[i].text)
			k.plural = k.plural || !r.superlative(i)
			never = never || strings.HasPrefix(r.toks[i].text, "안") || strings.HasPrefix(r.toks[i].text, "못")
		case top || bottom:
			last, _ := r.lex.arg(r.toks[i], wBottom)
			k.asc, k.plural = k.asc || bottom, k.plural || isHangulKey(r.toks[i].text) && last != "one"
		case r.is(i, wGood):
			k.good, k.plural = 1, k.plural || !r.superlative(i)
		case r.is(i, wBad):
			k.good, k.plural = -1, k.plural || !r.superlative(i)
		case r.is(i, wMost):
		default:
			continue
		}
		k.wanted = true
		r.use(i)
	}
	r.readCount()
	if never && k.n == 0 && k.plural && !r.d.why {
		r.fail(problem{decline: DeclineShape}) // 안 팔린 상품 may be those not sold at all
	}
}

// bigWord reports whether a word says how large something is and not how high: a change
// that is large may be a fall.
func bigWord(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc([]string{"큰", "크", "커", "컸", "최대", "biggest", "largest", "greatest"}, func(w string) bool { return strings.HasPrefix(text, w) })
}

// superlative reports whether 많은 and its like mean the one that is most so: 가장
// stands before it, 제일 매출이 낮은. English forms are superlative by themselves.
func (r *reader) superlative(i int) bool {
	text := r.toks[i].text
	first, _ := utf8.DecodeRuneInString(text)
	if !unicode.Is(unicode.Hangul, first) || first == '최' || strings.HasPrefix(text, "제일") || strings.HasPrefix(text, "가장") {
		return true
	}
	for j := range i {
		if r.is(j, wMost) {
			return true
		}
	}
	return false
}

// readSort reads an order without a limit: 매출 높은 순으로, sorted by revenue.
func (r *reader) readSort() {
	for i := range r.toks {
		asc, desc := r.is(i, wAscend), r.is(i, wDescend)
		ranking := r.is(i, wRank)
		if !asc && !desc && !ranking && !r.is(i, wSort) || r.toks[i].used {
			continue
		}
		if r.is(i, wDone) && len(r.d.bounds) > 0 {
			continue // who ordered at least twice
		}
		r.use(i)
		if p := r.prev(i); r.is(p, wLow) && !r.toks[p].used {
			asc = true
			r.use(p)
		} else if r.is(p, wHigh) && !r.toks[p].used {
			r.use(p)
		}
		if r.d.sort == nil {
			r.d.sort = &semantic.Order{Desc: true}
		}
		r.d.sort.Desc = r.d.sort.Desc && !asc
		r.readSortName(i)
	}
}

// readSortName reads an order by the name of what has been asked for already: revenue of
// each region, ordered by the region name.
func (r *reader) readSortName(i int) {
	j := r.next(i)
	if !r.open(j) || !r.grouping(j) || len(r.senses(j, isMetric)) > 0 || !strings.HasSuffix(strings.TrimSpace(strings.ToLower(r.toks[i].text)), "by") {
		return
	}
	before := slices.ContainsFunc(r.toks[:i], func(t token) bool {
		return t.kind == aTerm && slices.ContainsFunc(t.meanings, func(x meaning) bool {
			return slices.ContainsFunc(r.toks[j].meanings, func(y meaning) bool { return x.sense == y.sense })
		})
	})
	if !before {
		return
	}
	r.use(j)
	r.d.sortName = true
	if n := j + 1; n < len(r.toks) && slices.Contains([]string{"name", "names"}, strings.ToLower(strings.TrimSpace(r.toks[n].text))) {
		r.use(n)
	}
}

// readCount finds the number of a ranking: 상위 5개, 3위까지, 10 products.
func (r *reader) readCount() {
	k := &r.d.rank
	for i := range r.toks {
		t := r.toks[i]
		if t.kind != aNumber || t.used || !counts(t.num) {
			continue
		}
		if !k.wanted && !t.num.ordinal && r.d.sort == nil {
			continue
		}
		if k.n > 0 {
			return
		}
		k.wanted, k.n = true, int(t.num.value)
		r.use(i)
		r.useTrail(i)
	}
}

func counts(n number) bool {
	switch n.unit {
	case "", "item", "person", "place", "rank":
		return n.value >= 1 && n.value <= 1000 && n.value == float64(int(n.value))
	}
	return false
}

// readMovement finds what is asked about a change.
func (r *reader) readMovement() {
	d, either := &r.d, false
	for i := range r.toks {
		if r.toks[i].used {
			continue
		}
		arg, rose := r.lex.arg(r.toks[i], wRose)
		fell := false
		if !rose {
			arg, fell = r.lex.arg(r.toks[i], wFell)
		}
		switch {
		case rose:
			d.direction = 1
		case fell:
			d.direction = -1
		case r.is(i, wGrowth):
			how, _ := r.lex.arg(r.toks[i], wGrowth)
			d.growth, either = true, either || how == "either"
		case r.is(i, wChange):
			d.change = true
		case r.is(i, wCompare), r.is(i, wVersus), r.is(i, wAgainst):
			d.compare = true
		default:
			continue
		}
		r.use(i)
		d.rank.plural = d.rank.plural || strings.HasSuffix(strings.ToLower(r.toks[i].text), "ers") // movers, losers
		d.growth = d.growth || (rose || fell) && arg == "rate"
		if arg == "spike" && r.any(wGrain) >= 0 && !d.rank.wanted {
			d.anomaly = true
		}
		if (rose || fell) && (r.modifies(i) || r.whereBefore(i)) {
			d.adnominal = true
		}
	}
	// "몇 %" is how much of a change, where there is one, else how much of the whole.
	changing := d.direction != 0 || d.growth || d.change || d.versus != nil
	d.growth, d.share = d.growth || d.percent && changing, d.share || d.percent && !changing
	if r.take(wMoney) && !changing {
		r.fail(problem{decline: DeclineShape})
	}
	r.rankMovement(either)
}

// rankMovement decides what a ranking of changes is by: 많이 늘어난 by how far up, 감소율 높은
// by how far down, 증감 큰 by how far whichever way.
func (r *reader) rankMovement(either bool) {
	d := &r.d
	k := &d.rank
	if !k.wanted && d.sort == nil || d.direction == 0 && !d.growth && !d.change {
		return
	}
	k.by = "change"
	if d.growth {
		k.by = "growth"
	}
	switch {
	case d.direction == 0 && !d.growth, either && k.big && d.direction == 0:
		k.size = true
		r.say(ReadDefault, r.pickWord("순서", "order"), r.pickWord("늘거나 줄어든 폭이 "+map[bool]string{true: "작은", false: "큰"}[k.asc]+" 순", map[bool]string{true: "smallest", false: "largest"}[k.asc]+" change first, up or down"))
	case k.asc && (d.direction < 0 || d.direction > 0 && !d.growth):
		r.fail(problem{decline: DeclineShape}) // the smallest rise is no fall
	case d.direction < 0:
		k.asc = true
	}
}

// whereBefore reports whether "where" stands before token i: regions where revenue fell.
func (r *reader) whereBefore(i int) bool {
	return slices.ContainsFunc(r.toks[:i], func(t token) bool { return r.lex.has(t, wWhere) })
}

// modifies reports whether a predicate stands before what it describes: 줄어든 지역.
func (r *reader) modifies(i int) bool {
	last, _ := utf8.DecodeLastRuneInString(r.toks[i].text)
	if !unicode.Is(unicode.Hangul, last) || (last-0xac00)%28 != 4 { // a final ㄴ
		return false
	}
	n := r.next(i)
	return n >= 0 && (r.toks[n].kind == aTerm || r.is(n, wWhich))
}
