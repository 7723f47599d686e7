package cards

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// size counts s in UTF-16 units, as Teams counts what it is sent: an emoji is two.
func size(s string) int {
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

// cut shortens s to at most limit, visibly.
func cut(s string, limit int) string {
	if size(s) <= limit {
		return s
	}
	return strings.TrimRightFunc(prefix(s, limit-1), unicode.IsSpace) + "…"
}

// prefix is as much of s as has the size.
func prefix(s string, limit int) string {
	n := 0
	for i, r := range s {
		if n += unitsOf(r); n > limit {
			return s[:i]
		}
	}
	return s
}

// clean drops what is not shown but does something: control characters, the marks by
// which a text may turn round what follows it, and the invisible copies of ASCII.
func clean(s string) string {
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

// joiner is U+2060 WORD JOINER: it cannot be seen and breaks no line, but what it stands
// in is no address, mention or mark to Teams.
const joiner = "\u2060"

// literal is s as it may stand where Teams gives no character a meaning: in runs of rich
// text and on buttons. What a client might act on after all is broken by a joiner: phones
// make links of addresses that are written out, {{DATE(…)}} and {{TIME(…)}} are functions
// of Adaptive Cards, and <at> is how Teams writes a mention. A link in an answer would be
// of somebody else's choice, and a click away from whoever trusts the answer.
func literal(s string) string {
	s = clean(s)
	var out strings.Builder
	prev := ' '
	for i, r := range s {
		rest := s[i:]
		_, width := utf8.DecodeRuneInString(rest)
		next, _ := utf8.DecodeRuneInString(rest[width:])
		if (r == '.' || r == '@') && inName(prev) && inName(next) && !(unicode.IsDigit(prev) && unicode.IsDigit(next)) {
			out.WriteString(joiner)
		}
		out.WriteRune(r)
		if r == ':' && next == '/' || r == '{' && next == '{' || r == '<' && at.MatchString(rest) {
			out.WriteString(joiner)
		}
		prev = r
	}
	return out.String()
}

// at begins or ends a mention.
var at = regexp.MustCompile(`^(?i)</?at`)

// inName tells whether r may be of the name of a host or a mailbox.
func inName(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// oneLine makes all white space of s single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
