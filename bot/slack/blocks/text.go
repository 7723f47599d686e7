package blocks

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot/layout"
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

// mention is how Slack writes a mention, a broadcast or a link.
var mention = regexp.MustCompile(`<([!@#]|[A-Za-z][A-Za-z0-9+.-]*:)`)

// literal is s as it may stand in a text that Slack shows as it is. Should it after all
// read one somewhere, a joiner keeps mentions and links from being any.
func literal(s string) string {
	return mention.ReplaceAllString(layout.Clean(s), "<"+layout.Joiner+"$1")
}

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
			out.WriteString(layout.Joiner + "&gt;")
		case r == '>':
			out.WriteString("&gt;")
		case r == ':' && !unicode.IsSpace(next): // :emoji: and https://
			out.WriteString(":" + layout.Joiner)
		case r == '.' && layout.IsWord(prev) && unicode.IsLetter(next): // example.com
			out.WriteString(layout.Joiner + ".")
		case r == '`', (r == '*' || r == '_' || r == '~') && (!layout.IsWord(prev) || !layout.IsWord(next)):
			out.WriteRune(layout.LookAlike(r))
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
		for layout.Size(escape(head)) > limit {
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
	for try := limit; layout.Size(text) > limit; try = try * 3 / 4 {
		text = escape(layout.Cut(s, try))
	}
	return text
}
