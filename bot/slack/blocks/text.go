package blocks

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// Slack's limits, in characters unless said. Those that its documentation does not
// tell were found by others at the live service.
const (
	maxBlocks  = 50    // of a message
	maxText    = 3000  // of a text object
	maxLabel   = 75    // of a button
	maxValue   = 2000  // of a button
	maxMessage = 12000 // of all texts of a message's blocks together
	maxPlain   = 3900  // of a text without blocks: chat.update takes 4,000
)

// size counts s the way Slack may: its clients are written in a language whose
// characters are UTF-16 units, so that an emoji counts twice.
func size(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// cut shortens s to at most limit, visibly.
func cut(s string, limit int) string {
	if size(s) <= limit {
		return s
	}
	return strings.TrimRightFunc(prefix(s, limit-1), unicode.IsSpace) + "…"
}

// weight counts s as it counts against a message's length: in it, Slack escapes every
// text.
func weight(s string) int {
	n := 0
	for _, r := range s {
		n += weightOf(r)
	}
	return n
}

func weightOf(r rune) int {
	switch {
	case r == '&':
		return len("&amp;")
	case r == '<', r == '>':
		return len("&lt;")
	case r > 0xffff:
		return 2
	}
	return 1
}

// prefix is as much of s as has the size.
func prefix(s string, limit int) string {
	n := 0
	for i, r := range s {
		n++
		if r > 0xffff {
			n++
		}
		if n > limit {
			return s[:i]
		}
	}
	return s
}

// splitNicely takes as much of s as has the weight, up to the last line, sentence or word
// that ends in the second half of it.
func splitNicely(s string, limit int) (head, tail string) {
	head = s
	n := 0
	for i, r := range s {
		if n += weightOf(r); n > limit {
			head, tail = s[:i], s[i:]
			break
		}
	}
	if tail == "" {
		return head, tail
	}
	for _, end := range []string{"\n", ". ", " "} {
		if i := strings.LastIndex(head, end); i >= len(head)/2 {
			return s[:i+len(end)], s[i+len(end):]
		}
	}
	return head, tail
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

// mention is how Slack writes a mention, a broadcast or a link.
var mention = regexp.MustCompile(`<([!@#]|[A-Za-z][A-Za-z0-9+.-]*:)`)

// literal is s as it may stand in a text that Slack shows as it is. Should it after all
// read one somewhere, a joiner keeps mentions and links from being any.
func literal(s string) string { return mention.ReplaceAllString(clean(s), "<"+joiner+"$1") }

// oneLine makes all white space of s single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// plainText is a text object in which nothing has a meaning: no mark, no mention, no
// link, no :emoji:. What comes from data is shown in one wherever there is one.
func plainText(s string) *slack.TextBlockObject {
	emoji := false
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: s, Emoji: &emoji}
}

// mrkdwnText is a text object of marked text. Verbatim keeps Slack from making links of
// URLs, channel names and mentions that are written out.
func mrkdwnText(s string) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.MarkdownType, Text: s, Verbatim: true}
}

// joiner is U+2060 WORD JOINER: it cannot be seen and breaks no line, but what it stands
// in is no address, emoji or quote to Slack.
const joiner = "\u2060"

// escape makes s show as it is written in mrkdwn. The three characters that Slack gives
// a meaning become entities. Its marks have no escape, so those that would take effect
// become signs that look alike. Addresses are broken by a joiner: a link in an answer
// would be of somebody else's choice, and a click away from whoever trusts the answer.
func escape(s string) string {
	var out strings.Builder
	prev := rune('\n')
	for i, r := range s {
		_, width := utf8.DecodeRuneInString(s[i:])
		next, _ := utf8.DecodeRuneInString(s[i+width:])
		switch {
		case r == '&':
			out.WriteString("&amp;")
		case r == '<':
			out.WriteString("&lt;")
		case r == '>' && prev == '\n': // would begin a quote
			out.WriteString(joiner + "&gt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == ':' && !unicode.IsSpace(next): // :emoji: and https://
			out.WriteString(":" + joiner)
		case r == '.' && isWord(prev) && unicode.IsLetter(next): // example.com
			out.WriteString(joiner + ".")
		case r == '`', (r == '*' || r == '_' || r == '~') && (!isWord(prev) || !isWord(next)):
			out.WriteRune(lookAlike(r))
		default:
			out.WriteRune(r)
		}
		prev = r
	}
	return out.String()
}

// escaped is s escaped, in pieces of at most limit.
func escaped(s string, limit int) []string {
	var out []string
	for s != "" {
		try := limit
		head, rest := splitNicely(s, try)
		for size(escape(head)) > limit {
			try /= 2
			head, rest = splitNicely(s, try)
		}
		if s = rest; strings.TrimSpace(head) != "" {
			out = append(out, escape(head))
		}
	}
	return out
}

// escapedWithin is s escaped and cut to limit.
func escapedWithin(s string, limit int) string {
	text := escape(s)
	for try := limit; size(text) > limit; try = try * 3 / 4 {
		text = escape(cut(s, try))
	}
	return text
}

func lookAlike(mark rune) rune {
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

// isWord tells whether Slack takes no mark beside r: those within words are letters to
// it, as in snake_case and 10~20.
func isWord(r rune) bool {
	return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
