package blocks

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// span is a stretch of a line in one style.
type span struct {
	text               string
	bold, italic, code bool
}

// line is a line of a message's text.
type line struct {
	spans  []span
	list   string // "-" or "1.", empty for no item of a list
	number int    // of an item of a numbered list
	indent int    // 1 for an item below another
}

func (l line) weight() int {
	n := 1 // the line's end
	for _, s := range l.spans {
		n += weight(s.text)
	}
	return n
}

// parse reads the restricted Markdown of a bot.Message: **bold**, *italic*, `code`,
// lists, line breaks and backslash escapes. Everything else is taken as written.
func parse(text string) []line {
	var out []line
	outer := -1 // indent of the list's outermost items
	for raw := range strings.SplitSeq(literal(text), "\n") {
		l, rest, indent := listItem(raw)
		if l.list == "" {
			outer = -1
		} else if outer < 0 {
			outer = indent
		} else if indent >= outer+2 {
			l.indent = 1
		}
		l.spans = inline(rest, span{}, 0)
		out = append(out, l)
	}
	return trimBlank(out)
}

func trimBlank(lines []line) []line {
	blank := func(l line) bool {
		return l.list == "" && !slices.ContainsFunc(l.spans, func(s span) bool { return strings.TrimSpace(s.text) != "" })
	}
	for len(lines) > 0 && blank(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && blank(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// listItem reads "- x", "* x", "• x" and "1. x". A number stays the number that was
// written.
func listItem(raw string) (l line, rest string, indent int) {
	s := strings.TrimLeft(raw, " ")
	indent = len(raw) - len(s)
	for _, mark := range []string{"- ", "* ", "• "} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			return line{list: "-"}, rest, indent
		}
	}
	digits := strings.TrimLeft(s, "0123456789")
	if n := len(s) - len(digits); n > 0 && n <= 3 && strings.HasPrefix(digits, ". ") {
		number, err := strconv.Atoi(s[:n])
		if err == nil && number > 0 {
			return line{list: "1.", number: number}, digits[2:], indent
		}
	}
	return line{}, raw, indent
}

// The limits within which marks are looked for, so that a hostile text costs no more
// than its length.
const (
	deepest = 3
	longest = 2000 // bytes
)

// marks are those there are; the longer one of two is looked for first.
var marks = [3]string{"**", "*", "`"}

// styled is style with what mark adds.
func styled(style span, mark string) span {
	switch mark {
	case "**":
		style.bold = true
	case "*":
		style.italic = true
	default:
		style.code = true
	}
	return style
}

// inline reads what stands within a line.
func inline(s string, style span, depth int) []span {
	var out []span
	add := func(text string) {
		if n := len(out); n > 0 && sameStyle(out[n-1], style) {
			out[n-1].text += text
			return
		}
		with := style
		with.text = text
		out = append(out, with)
	}
	if depth > deepest {
		add(s)
		return out
	}
	var open [3]int // per mark: up to where it is known not to be closed
	for at := 0; at < len(s); {
		rest := s[at:]
		mark := slices.IndexFunc(marks[:], func(m string) bool { return strings.HasPrefix(rest, m) })
		switch {
		case rest[0] == '\\' && len(rest) > 1 && isPunct(rest[1]):
			add(rest[1:2])
			at += 2
		case mark >= 0 && !isProduct(s, at):
			m := marks[mark]
			body, end := rest[len(m):], -1
			if at >= open[mark] && opens(body, m) {
				if end = closing(body, m); end < 0 {
					open[mark] = at + longest
				}
			}
			if end < 0 {
				add(m)
				at += len(m)
				continue
			}
			within := styled(style, m)
			if within.text = body[:end]; m == "`" {
				out = append(out, within)
			} else {
				within.text = ""
				out = append(out, inline(body[:end], within, depth+1)...)
			}
			at += end + 2*len(m)
		default:
			n := strings.IndexAny(rest[1:], "\\`*") + 1
			if n == 0 {
				n = len(rest)
			}
			add(rest[:n])
			at += n
		}
	}
	return out
}

func sameStyle(a, b span) bool { return a.bold == b.bold && a.italic == b.italic && a.code == b.code }

// opens tells whether a mark before body may begin a stretch: one that stands apart,
// as in "2 * 3", does not.
func opens(body, mark string) bool {
	first, n := utf8.DecodeRuneInString(body)
	return n > 0 && (mark == "`" || !unicode.IsSpace(first))
}

// closing finds the end of a stretch, or -1 when there is none within reach.
func closing(body, mark string) int {
	for i := 0; i < min(len(body), longest); i++ {
		switch {
		case body[i] == '\\' && mark != "`":
			i++
		case strings.HasPrefix(body[i:], mark):
			if mark == "*" && strings.HasPrefix(body[i:], "**") {
				i++ // the mark of bold inside italic
				continue
			}
			if mark == "*" && isProduct(body, i) || mark == "**" && strings.HasPrefix(body[i:], "***") {
				continue
			}
			before, _ := utf8.DecodeLastRuneInString(body[:i])
			if i > 0 && (mark == "`" || !unicode.IsSpace(before)) {
				return i
			}
		}
	}
	return -1
}

// isProduct tells whether the star at i multiplies, as in "3*4".
func isProduct(s string, i int) bool {
	return i > 0 && i+1 < len(s) && isDigit(s[i-1]) && isDigit(s[i+1])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isPunct(c byte) bool {
	return c > ' ' && c < 0x7f && !('a' <= c && c <= 'z') && !('A' <= c && c <= 'Z') && !isDigit(c)
}

// portions cuts lines into runs of at most limit, long lines at their words.
func portions(lines []line, limit int) [][]line {
	var out [][]line
	var run []line
	room := limit
	flush := func() {
		if run = trimBlank(run); len(run) > 0 {
			out = append(out, run)
		}
		run, room = nil, limit
	}
	for _, l := range lines {
		for _, part := range l.within(limit) {
			if part.weight() > room {
				flush()
			}
			run = append(run, part)
			room -= part.weight()
		}
	}
	flush()
	return out
}

// within is the line, in parts of at most limit.
func (l line) within(limit int) []line {
	if l.weight() <= limit {
		return []line{l}
	}
	var out []line
	part := l
	part.spans = nil
	room := limit - 1
	for _, s := range l.spans {
		for rest := s.text; rest != ""; {
			var head string
			if head, rest = splitNicely(rest, room); head != "" {
				s.text = head
				part.spans = append(part.spans, s)
				room -= weight(head)
			}
			if rest != "" {
				out = append(out, part)
				part, room = line{indent: l.indent}, limit-1
			}
		}
	}
	return append(out, part)
}

// richText lays lines out as rich text, in which Slack gives no character a meaning: it
// makes neither mentions nor links nor marks of what it finds in a text. So nothing needs
// to be escaped, and what is bold is bold also within a Korean word, where Slack's own
// marks fail.
func richText(lines []line) *slack.RichTextBlock {
	block := slack.NewRichTextBlock("")
	for i := 0; i < len(lines); {
		n := 1
		for i+n < len(lines) && sameRun(lines[i+n-1], lines[i+n]) {
			n++
		}
		run := lines[i : i+n]
		i += n
		if run[0].list != "" {
			block.Elements = append(block.Elements, richList(run))
			continue
		}
		// A section ends its last line itself.
		if run = trimBlank(run); len(run) > 0 {
			block.Elements = append(block.Elements, richSection(run))
		}
	}
	return block
}

// sameRun tells whether b goes on what a is part of.
func sameRun(a, b line) bool {
	return a.list == b.list && a.indent == b.indent && (a.list != "1." || b.number == a.number+1)
}

func richSection(lines []line) *slack.RichTextSection {
	section := slack.NewRichTextSection()
	for i, l := range lines {
		if i > 0 {
			section.Elements = append(section.Elements, slack.NewRichTextSectionTextElement("\n", nil))
		}
		section.Elements = append(section.Elements, richSpans(l.spans)...)
	}
	return section
}

func richSpans(spans []span) []slack.RichTextSectionElement {
	var out []slack.RichTextSectionElement
	for _, s := range spans {
		if s.text == "" {
			continue
		}
		var style *slack.RichTextSectionTextStyle
		if !sameStyle(s, span{}) {
			style = &slack.RichTextSectionTextStyle{Bold: s.bold, Italic: s.italic, Code: s.code}
		}
		out = append(out, slack.NewRichTextSectionTextElement(s.text, style))
	}
	return out
}

func richList(items []line) *slack.RichTextList {
	list := slack.NewRichTextList(slack.RTEListBullet, items[0].indent)
	if items[0].list == "1." {
		list.Style, list.Offset = slack.RTEListOrdered, items[0].number-1
	}
	for _, item := range items {
		spans := richSpans(item.spans)
		if len(spans) == 0 { // of nothing Slack makes an error
			spans = append(spans, slack.NewRichTextSectionTextElement(" ", nil))
		}
		list.Elements = append(list.Elements, slack.NewRichTextSection(spans...))
	}
	return list
}

// mrkdwn writes lines in Slack's own markup, for where rich text is refused.
func mrkdwn(lines []line) string {
	var out strings.Builder
	for i, l := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(l.head("    "))
		for _, s := range l.spans {
			out.WriteString(s.mrkdwn())
		}
	}
	return out.String()
}

// head begins an item of a list.
func (l line) head(indent string) string {
	switch l.list {
	case "-":
		return strings.Repeat(indent, l.indent) + "• "
	case "1.":
		return strings.Repeat(indent, l.indent) + strconv.Itoa(l.number) + ". "
	}
	return ""
}

// apart is U+200B ZERO WIDTH SPACE. Slack's marks must stand beside a space or a sign,
// which in "12억 원은" they do not.
const apart = "\u200b"

func (s span) mrkdwn() string {
	text := escape(s.text)
	if strings.TrimSpace(text) == "" {
		return text
	}
	open, end := "", ""
	for _, m := range []struct {
		on   bool
		mark string
	}{{s.bold, "*"}, {s.italic, "_"}, {s.code, "`"}} {
		if m.on {
			open, end = open+m.mark, m.mark+end
		}
	}
	if open == "" {
		return text
	}
	return apart + open + text + end + apart
}

// plain writes lines without marks.
func plain(lines []line) string {
	var out strings.Builder
	for i, l := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(l.head("  "))
		for _, s := range l.spans {
			out.WriteString(s.text)
		}
	}
	return out.String()
}
