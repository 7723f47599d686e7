package compose

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// class is what a rune is, as far as word boundaries are concerned.
type class uint8

const (
	blank  class = iota // white space
	mark                // punctuation, emoji, lone jamo (ㅋㅋ, ㅠㅠ)
	hangul              // syllables, and other scripts written without word breaks
	latin               // letters of scripts with word breaks
	digit
)

// text is a question cut into runes.
type text struct {
	src   string // NFKC: full-width and half-width forms unified
	runes []rune // of src
	low   []rune // lower case
	class []class
	bytes []int // offset in src of each rune, and of the end
}

func newText(s string) *text {
	t := &text{src: norm.NFKC.String(strings.ToValidUTF8(s, " "))}
	t.runes = []rune(t.src)
	n := len(t.runes)
	t.low, t.class, t.bytes = make([]rune, n), make([]class, n), make([]int, n+1)
	at := 0
	for i, r := range t.runes {
		t.low[i], t.class[i], t.bytes[i] = unicode.ToLower(r), classOf(r), at
		at += utf8.RuneLen(r)
	}
	t.bytes[n] = at
	return t
}

func classOf(r rune) class {
	switch {
	case unicode.IsSpace(r) || unicode.IsControl(r):
		return blank
	case r >= 0x1100 && r <= 0x11ff:
		return mark
	case unicode.Is(unicode.Hangul, r), unicode.Is(unicode.Han, r), unicode.Is(unicode.Hiragana, r), unicode.Is(unicode.Katakana, r):
		return hangul
	case r >= '0' && r <= '9':
		return digit
	case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r):
		return latin
	}
	return mark
}

func (t *text) len() int { return len(t.runes) }

// slice returns what is written between the runes from and to.
func (t *text) slice(from, to int) string { return t.src[t.bytes[from]:t.bytes[to]] }

// runeAt returns the rune index of a byte offset of src.
func (t *text) runeAt(offset int) int {
	lo, hi := 0, len(t.runes)
	for lo < hi {
		mid := (lo + hi) / 2
		if t.bytes[mid] < offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// border says how well a word may begin or end before rune i.
type border uint8

const (
	inside border = iota // within a Latin word or a number: never
	soft                 // within a run of Hangul, or between a letter and a digit
	hard                 // beside white space, punctuation, or another script
)

func (t *text) border(i int) border {
	if i <= 0 || i >= len(t.runes) {
		return hard
	}
	a, b := t.class[i-1], t.class[i]
	switch {
	case a <= mark || b <= mark:
		return hard
	case a == hangul && b == hangul:
		return soft
	case a == b:
		return inside
	case a == hangul || b == hangul:
		return hard
	}
	return soft
}

// word returns the run of runes without white space or punctuation around i.
func (t *text) word(i int) (from, to int) {
	from, to = i, i
	for from > 0 && t.class[from-1] > mark {
		from--
	}
	for to < len(t.runes) && t.class[to] > mark {
		to++
	}
	return from, to
}

// Detect returns the language of a question: "ko" when it contains Hangul, else "en".
func Detect(s string) string {
	for _, r := range s {
		if unicode.Is(unicode.Hangul, r) {
			return "ko"
		}
	}
	return "en"
}

// skippable runes may stand in a term, or not, without making it another one.
func skippable(r rune) bool {
	switch r {
	case '-', '_', '·', '.', '(', ')', '\'', '"', '’', '‘', '“', '”', '[', ']', '#':
		return true
	}
	return unicode.IsSpace(r)
}

// fold returns the key of a term: lower case, without what is skippable; and a bit
// for each rune of the key before which something was skipped.
func fold(term string) (key string, breaks uint64) {
	var b strings.Builder
	n, gap := 0, false
	for _, r := range norm.NFKC.String(strings.ToValidUTF8(term, " ")) {
		if skippable(r) || unicode.IsControl(r) {
			gap = n > 0
			continue
		}
		if gap && n < 64 {
			breaks |= 1 << n
		}
		gap = false
		b.WriteRune(unicode.ToLower(r))
		n++
	}
	return b.String(), breaks
}
