package cards

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/bot/layout"
)

// literal is s as it may stand where Teams gives no character a meaning: in runs of rich
// text and on buttons. What a client might act on after all is broken by a joiner: phones
// make links of addresses that are written out, {{DATE(…)}} and {{TIME(…)}} are functions
// of Adaptive Cards, and <at> is how Teams writes a mention. A link in an answer would be
// of somebody else's choice, and a click away from whoever trusts the answer.
func literal(s string) string {
	s = layout.Clean(s)
	var out strings.Builder
	prev := ' '
	for i, r := range s {
		rest := s[i:]
		_, width := utf8.DecodeRuneInString(rest)
		next, _ := utf8.DecodeRuneInString(rest[width:])
		if (r == '.' || r == '@') && inName(prev) && inName(next) && !(unicode.IsDigit(prev) && unicode.IsDigit(next)) {
			out.WriteString(layout.Joiner)
		}
		out.WriteRune(r)
		if r == ':' && next == '/' || r == '{' && next == '{' || r == '<' && at.MatchString(rest) {
			out.WriteString(layout.Joiner)
		}
		prev = r
	}
	return out.String()
}

// at begins or ends a mention.
var at = regexp.MustCompile(`^(?i)</?at`)

// inName tells whether r may be of the name of a host or a mailbox.
func inName(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
