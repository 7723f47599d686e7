package layout

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Size counts s in UTF-16 units, as the platforms count what they are sent: an emoji is
// two.
func Size(s string) int {
	n := 0
	for _, r := range s {
		n += unitsOf(r)
	}
	return n
}

func unitsOf(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// Cut shortens s to at most limit UTF-16 units, visibly.
func Cut(s string, limit int) string {
	if Size(s) <= limit {
		return s
	}
	return strings.TrimRightFunc(Prefix(s, limit-1), unicode.IsSpace) + "…"
}

// Prefix is as much of s as has the size.
func Prefix(s string, limit int) string {
	n := 0
	for i, r := range s {
		if n += unitsOf(r); n > limit {
			return s[:i]
		}
	}
	return s
}

// Clean drops what is not shown but does something: control characters, the marks by
// which a text may turn round what follows it, and the invisible copies of ASCII.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\u2028', r == '\u2029':
			return '\n'
		case unicode.IsControl(r), r == '\u061c', r == '\u200e', r == '\u200f',
			'\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069', 0xe0000 <= r && r <= 0xe007f:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Joiner is U+2060 WORD JOINER: it cannot be seen and breaks no line, but what it stands
// in is no address, mention, emoji or mark to a platform.
const Joiner = "\u2060"

// OneLine makes all white space of s single spaces.
func OneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// LookAlike is a sign that looks like one of the marks * _ ~ and `, and is none.
func LookAlike(mark rune) rune {
	switch mark {
	case '*':
		return '∗' // U+2217
	case '_':
		return 'ˍ' // U+02CD
	case '~':
		return '∼' // U+223C
	}
	return 'ˋ' // U+02CB
}

// IsWord tells whether r is of a word, beside which marks are letters, as in snake_case
// and 10~20.
func IsWord(r rune) bool {
	return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// Extent is how many letters of either width a text has.
type Extent struct{ Narrow, Wide int }

// ExtentOf counts the letters of s; marks above others and what cannot be seen are none.
func ExtentOf(s string) Extent {
	var e Extent
	for _, r := range s {
		switch k := width.LookupRune(r).Kind(); {
		case r == '\u2060', r == '\u200b', r == '\u200d', '\u0300' <= r && r <= '\u036f', '\ufe00' <= r && r <= '\ufe0f':
		case k == width.EastAsianWide, k == width.EastAsianFullwidth:
			e.Wide++
		default:
			e.Narrow++
		}
	}
	return e
}

// Columns counts the places that s takes where Hangul and other wide letters take two.
func Columns(s string) int {
	e := ExtentOf(s)
	return e.Narrow + 2*e.Wide
}
