package period

import "strings"

// particles may be written onto an expression of time; they say nothing more.
var particles = []string{
	"의", "에", "에는", "에도", "엔", "에만", "에서", "에서는", "에서의", "은", "는", "은요", "는요", "요", "이", "가", "을", "를", "도", "만", "만의",
	"과", "와", "이랑", "랑", "하고", "이나", "나", "이고", "이면", "인데", "이야", "로", "으로", "로는", "으로는", "쯤", "경",
	"분", "분의", "치", "자", "중", "중에", "중에서", "때", "때의", "때는", "내", "내내", "께", "꺼", "거", "것", "기준", "기준으로", "동안",
	"동안의", "동안에", "한정", "들어", "들어서", "사이", "사이에", "간", "간의", "부", "에선", "에게", "이후", "씩", "이었", "입니다", "이에요", "예요",
}

// tailWords may follow after a space.
var tailWords = []string{
	"동안", "동안의", "동안에", "기간", "기간의", "기간에", "기간 동안", "기간 동안의", "기간 중", "기간 중에", "중", "중에", "때", "때의", "때는",
	"기준", "기준으로", "한정", "사이", "사이에", "사이의", "한 달", "한 달간", "한 달 동안", "한 주", "한 주간", "한 해",
}

// wordEnds reports whether a Korean word ends at i, particles included.
func (r *reader) wordEnds(i int) bool {
	if !isHangul(r.rune(i)) {
		return true
	}
	return r.particle(i) > i
}

// particle returns the position after a particle at i that ends its word, or i.
func (r *reader) particle(i int) int {
	rest := r.hangul(i)
	if rest == "" {
		return i
	}
	for _, p := range particles {
		if rest == p {
			return i + len(p)
		}
	}
	return i
}

// tail returns the end of an expression that has been read up to i, with its
// particles, and false where i is within another word.
func (r *reader) tail(i int) (int, bool) {
	to, ok := r.ending(i)
	if !ok {
		return to, false
	}
	for _, w := range tailWords {
		if j := r.skip(to); j > to && to > 0 && r.phrase(j, w) > 0 {
			k := r.phrase(j, w)
			if r.hangul(k) == "" {
				return k, true
			}
			if p := r.particle(k); p > k {
				return p, true
			}
		}
	}
	return to, true
}

func (r *reader) ending(i int) (int, bool) {
	for _, s := range []string{"'s", "’s", "s'"} {
		if j := r.phrase(i, s); j > 0 {
			return j, true
		}
	}
	rest := r.hangul(i)
	if rest == "" {
		c := r.rune(i)
		return i, i == 0 || !isLatin(c) || !isLatin(r.lastRune(i))
	}
	if j := r.particle(i); j > i {
		return j, true
	}
	// A noun written onto the expression (작년매출) is fine, one letter is not: it makes
	// another word of it, as do these beginnings.
	if strings.HasPrefix(rest, "산") || strings.HasPrefix(rest, "형") || strings.HasPrefix(rest, "식") ||
		strings.HasPrefix(rest, "생") || strings.HasPrefix(rest, "의") || strings.HasPrefix(rest, "차") ||
		strings.HasPrefix(rest, "짜리") || strings.HasPrefix(rest, "이") {
		return i, false
	}
	return i, len([]rune(rest)) >= 2
}

func (r *reader) lastRune(i int) rune {
	if i == 0 {
		return 0
	}
	c := rune(r.low[i-1])
	return c
}
