package period

import (
	"strings"
	"unicode/utf8"
)

// particles may be written onto an expression of time; they say nothing more.
var particles = []string{
	"의", "에", "에는", "에도", "엔", "에만", "에서", "에서는", "에서의", "은", "는", "은요", "는요", "요", "이", "가", "을", "를", "도", "만", "만의",
	"과", "와", "이랑", "랑", "하고", "이나", "나", "이고", "이면", "인", "인데", "이야", "로", "으로", "로는", "으로는", "쯤", "경",
	"분", "분의", "치", "자", "중", "중에", "중에서", "때", "때의", "때는", "내", "내내", "께", "꺼", "거", "것", "기준", "기준으로", "동안",
	"동안의", "동안에", "한정", "들어", "들어서", "사이", "사이에", "간", "간의", "부", "에선", "에게", "이후", "씩", "이었", "입니다", "이에요", "예요",
}

// tailWords may follow after a space.
var tailWords = []string{
	"동안", "동안의", "동안에", "기간", "기간의", "기간에", "기간 동안", "기간 동안의", "기간 중", "기간 중에", "중", "중에", "때", "때의", "때는",
	"기준", "기준으로", "한정", "사이", "사이에", "사이의", "한 달", "한 달간", "한 달 동안", "한 주", "한 주간", "한 주 동안", "한 해", "한 해 동안",
	"들어", "들어서", "들어와서",
}

// connectors are written onto a word too, but say something.
var connectors = []string{"부터", "까지", "보다", "대비", "이후", "이전", "에 비해", "에 비하"}

// gluedWords are the beginnings of what makes another word: 2025년형, 오늘의집, 연말정산.
var gluedWords = []string{"산", "형", "식", "생", "의", "차", "이", "짜리", "정산", "결산"}

// wordEnds reports whether a Korean word ends at i, before particles and connectors.
func (r *reader) wordEnds(i int) bool {
	return !isHangul(r.rune(i)) || r.particle(i) > i || r.anyOf(i, connectors) > 0
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
	end := to
	if j := r.skip(to); j > to {
		for _, w := range tailWords {
			if k := r.phrase(j, w); k > 0 && (r.hangul(k) == "" || r.particle(k) > k) {
				end = max(end, r.particle(k))
			}
		}
	}
	return end, true
}

func (r *reader) ending(i int) (int, bool) {
	for _, s := range []string{"'s", "’s", "s'"} {
		if j := r.phrase(i, s); j > 0 {
			return j, true
		}
	}
	rest := r.hangul(i)
	if rest == "" {
		return i, !r.goesOn(i)
	}
	if j := r.particle(i); j > i {
		return j, true
	}
	// A noun written onto the expression (작년매출) is fine, one letter is not: it makes
	// another word of it, as do these beginnings.
	if r.anyOf(i, gluedWords) > 0 {
		return i, false
	}
	return i, utf8.RuneCountInString(rest) >= 2
}

// goesOn reports whether a Latin word or name goes on at i: monday.com, june-bug.
func (r *reader) goesOn(i int) bool {
	c := r.rune(i)
	if !strings.ContainsRune(".-_@", c) || c == 0 {
		return isLatin(c) && isLatin(rune(r.low[i-1]))
	}
	return isLatin(rune(r.low[i-1])) && isLatin(r.rune(i+1))
}
