package compose

import (
	"regexp"
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
// An English sentence may name things as the data has them, though: "revenue of 서울 last
// month" is English, "ROAS 추이" and "지난달 revenue" are Korean.
func Detect(s string) string {
	if !hasHangul(s) {
		return "en"
	}
	latin, hangul, english := 0, 0, 0
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",.?!()\"'", r) }) {
		switch {
		case hasHangul(word):
			hangul++
			if koreanSentence.MatchString(word) {
				return "ko"
			}
		case unicode.IsLetter([]rune(word)[0]):
			latin++
			if englishGrammar[strings.ToLower(word)] {
				english++
			}
		}
	}
	if english > 1 || english > 0 && latin >= 2*hangul {
		return "en"
	}
	return "ko"
}

func hasHangul(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }) >= 0
}

// englishGrammar are words that only English sentences have; names of things do not tell.
var englishGrammar = map[string]bool{
	"by": true, "of": true, "in": true, "the": true, "for": true, "last": true, "this": true, "per": true, "what": true, "which": true, "how": true,
	"show": true, "was": true, "were": true, "is": true, "are": true, "did": true, "does": true, "and": true, "from": true, "to": true, "with": true, "than": true,
	"since": true, "why": true, "compare": true, "between": true,
}

// koreanSentence is what holds Korean sentences together, or says when: nobody writes
// these among English words.
var koreanSentence = regexp.MustCompile(`^(지난|이번|작년|올해|내년|오늘|어제|그제|금년|전년|최근|요즘|다음)|대비|(별|추이|비교|알려|보여|줘|주세요|나요|까|가요|는지|인지|얼마|몇|뭐|왜|은|는|을|를|에서|에게|으로|보다|부터|까지|이랑|하고|중에|중)$`)

// skippable runes may stand in a term, or not, without making it another one.
func skippable(r rune) bool {
	switch r {
	case '-', '_', '·', '.', '(', ')', '\'', '"', '’', '‘', '“', '”', '[', ']', '#':
		return true
	}
	return unicode.IsSpace(r)
}

// fold returns the key of a term: lower case, without what is skippable.
func fold(term string) string {
	b, _ := foldTo(nil, term)
	return string(b)
}

// foldTo is fold that appends the key to b, and tells a bit for each rune of the key before
// which something was skipped.
func foldTo(b []byte, term string) (key []byte, breaks uint64) {
	if !isPlain(term) {
		term = norm.NFKC.String(strings.ToValidUTF8(term, " "))
	}
	n, gap := 0, false
	for _, r := range term {
		if r < utf8.RuneSelf && between[r] || r >= utf8.RuneSelf && (skippable(r) || unicode.IsControl(r)) {
			gap = n > 0
			continue
		}
		if gap && n < 64 {
			breaks |= 1 << n
		}
		gap = false
		b = utf8.AppendRune(b, unicode.ToLower(r))
		n++
	}
	return b, breaks
}

// isPlain reports whether a text is of ASCII and Hangul syllables, which are their own normal
// form: nearly all of a schema is, and to find that out otherwise takes several times as long.
func isPlain(s string) bool {
	for _, r := range s {
		if r >= utf8.RuneSelf && (r < '가' || r > '힣') {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// between are the characters of ASCII that are left out of keys.
var between = func() (out [utf8.RuneSelf]bool) {
	for r := range rune(utf8.RuneSelf) {
		out[r] = skippable(r) || unicode.IsControl(r)
	}
	return out
}()
