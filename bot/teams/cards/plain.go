package cards

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/bot"
)

// maxInformative is how long a text is that a stream shows before the answer.
const maxInformative = 1000

// maxStreamed is how long a text is above a card, in UTF-16 units of JSON: it leaves room
// for a small card.
const maxStreamed = 24_000

// StreamText is the text of msg for a stream: Markdown, escaped. At a stream's end it
// stands above the card (Options.Streamed).
func StreamText(msg bot.Message) string {
	msg = bounded(msg)
	text := markdown(parse(msg.Text))
	for try := longest; size(escapedJSON(text)) > maxStreamed; try = try * 3 / 4 {
		text = markdown(parse(cut(msg.Text, try)))
	}
	if text == "" {
		text = escape(gist(msg))
	}
	return text
}

// Informative says how far a question is, for a stream that has not begun its answer:
// Markdown, escaped, within Teams' limit.
func Informative(msg bot.Message) string {
	msg = bounded(msg)
	text := oneLine(plain(parse(msg.Text)))
	if waits := wordsOf(msg).waits(msg); waits != "" {
		text += " · " + waits
	}
	if text = strings.TrimPrefix(text, " · "); text == "" {
		text = wordsOf(msg).working
	}
	return escapedWithin(text, maxInformative)
}

// escapedWithin is s escaped and cut to limit.
func escapedWithin(s string, limit int) string {
	text := escape(cut(s, limit))
	for try := limit; size(text) > limit; try = try * 3 / 4 {
		text = escape(cut(s, try))
	}
	return text
}

// Extends tells whether a stream that shows one text may go on with the next: Teams demands
// that a stream only grows. What is said before an answer does not count.
func Extends(shown, next string) bool { return strings.HasPrefix(next, shown) }

// Plain tells msg without a card, for where Teams takes none: in Markdown, within what one
// message holds. What could be pressed is written out, to be said instead; statements are
// left out.
func Plain(msg bot.Message) Layout {
	msg = bounded(msg)
	out := Layout{Text: StreamText(msg), Summary: gist(msg)}
	room := maxActivity/2 - envelope - size(escapedJSON(out.Text))
	for _, piece := range plainPieces(msg) {
		if room -= size(escapedJSON(piece)); room < 0 {
			out.Text += "\n\n" + escape(wordsOf(msg).sqlMore)
			break
		}
		out.Text += "\n\n" + piece
	}
	out.Text = cited(out.Text, msg)
	out.Entities = entities(msg, out.Text)
	return out
}

// plainPieces are the parts of a message below its text, in Markdown.
func plainPieces(msg bot.Message) []string {
	w := wordsOf(msg)
	var out []string
	add := func(heading, text string) {
		if text = escapeWithin(oneLine(literal(text)), heading == ""); text == "" {
			return
		}
		if heading != "" {
			text = "**" + heading + "**  " + text
		}
		out = append(out, text)
	}
	list := func(heading string, lines []string) {
		var items []string
		for _, l := range lines {
			if l = oneLine(literal(l)); l != "" {
				items = append(items, "- "+escape(cut(l, aLine)))
			}
		}
		if len(items) > 0 && heading != "" {
			out = append(out, "**"+heading+"**")
		}
		if len(items) > 0 {
			out = append(out, strings.Join(items, "\n"))
		}
	}
	labels := func(keep func(bot.Button) bool) []string {
		var labels []string
		for _, b := range filter(msg.Buttons, keep) {
			labels = append(labels, b.Label)
		}
		return labels
	}
	if n := oneLine(msg.Number); n != "" {
		add("", w.number+"  #"+n)
	}
	if msg.Kind == bot.KindProgress {
		add("", w.waits(msg))
	}
	for _, c := range msg.Charts {
		add("", cut(altOf(c), 2*aLine))
	}
	for _, s := range sheetsOf(msg, maxRows) {
		heading := ""
		if s.title != "" {
			heading = escape(s.title)
		}
		list(heading, strings.Split(strings.ReplaceAll(s.listed(), "• ", ""), "\n"))
		add("", strings.Join(s.notes, " · "))
	}
	list(w.choices, labels(isChoice))
	add(w.read, readings(msg.Readings))
	add(w.source, cut(origin(msg), 4*aLine))
	list(w.analysts, labels(isAnalyst))
	list(w.suggestions, msg.Suggestions)
	return out
}

// plainLayout is as much of msg as fits into a text of limit UTF-16 units, with the label of
// who wrote it.
func plainLayout(msg bot.Message, limit int) Layout {
	w := wordsOf(msg)
	head := cut(plain(parse(msg.Text)), limit)
	if strings.TrimSpace(head) == "" {
		head = cut(gist(msg), limit)
	}
	return Layout{Text: escape(head) + "\n\n" + escape(w.sqlMore), Summary: cut(gist(msg), min(limit, maxSummary)), Entities: entities(msg, "")}
}

const maxSummary = 300

// gist says what the message is, in a text without marks.
func gist(msg bot.Message) string {
	if text := oneLine(plain(parse(msg.Text))); text != "" {
		return cut(text, maxSummary)
	}
	for _, c := range msg.Charts {
		if alt := oneLine(literal(altOf(c))); alt != "" {
			return cut(alt, maxSummary)
		}
	}
	if len(msg.Tables) > 0 {
		if title := oneLine(literal(msg.Tables[0].Title)); title != "" {
			return cut(title, maxSummary)
		}
		return wordsOf(msg).table
	}
	return wordsOf(msg).nothing
}

// paragraphs are lines as elements: those that belong together in one, a blank line
// between two.
func paragraphs(lines []line) []element {
	var out []element
	var runs []any
	flush := func() {
		if len(runs) > 0 {
			out = append(out, texts(runs...))
		}
		runs = nil
	}
	for _, l := range lines {
		spans := l.runs()
		if len(spans) == 0 && l.list == "" {
			flush()
			continue
		}
		if len(runs) > 0 {
			runs = append(runs, "\n")
		}
		if head := l.head("\u2003"); head != "" {
			runs = append(runs, head)
		}
		runs = append(runs, spans...)
	}
	flush()
	return out
}

// runs are the line's stretches as runs of rich text.
func (l line) runs() []any {
	var out []any
	seen := false
	for _, s := range l.spans {
		if s.text == "" {
			continue
		}
		seen = seen || strings.TrimSpace(s.text) != ""
		style := run{Italic: s.italic}
		if s.bold {
			style.Weight = "Bolder"
		}
		if s.code {
			style.FontType = "Monospace"
		}
		if style == (run{}) {
			out = append(out, s.text)
		} else {
			out = append(out, styledRun(s.text, style))
		}
	}
	if !seen {
		return nil
	}
	return out
}

// markdown writes lines in Teams' Markdown, for where there is no card.
func markdown(lines []line) string {
	var out strings.Builder
	for i, l := range lines {
		if i > 0 {
			// A single line's end would join the lines.
			out.WriteString(ending(lines[i-1], l))
		}
		switch l.list {
		case "-":
			out.WriteString(strings.Repeat("  ", l.indent) + "- ")
		case "1.":
			out.WriteString(strings.Repeat("   ", l.indent) + l.head(""))
		}
		for j, s := range l.spans {
			out.WriteString(s.markdown(j == 0))
		}
	}
	return strings.TrimSpace(out.String())
}

// ending is what stands between two lines.
func ending(last, next line) string {
	switch {
	case last.list != "" && next.list != "":
		return "\n"
	case len(last.spans) == 0 || len(next.spans) == 0:
		return "\n"
	}
	return "\n\n"
}

// markdown writes the stretch between its marks. A joiner on the inner side of each keeps
// a sign from being the mark's neighbour: **33.5%**로 is not bold in Markdown, for a mark
// after a sign must not be followed by a letter.
func (s span) markdown(first bool) string {
	text := escapeWithin(s.text, first)
	mark := ""
	if s.bold {
		mark = "**"
	}
	if s.italic {
		mark += "*"
	}
	if mark == "" || strings.TrimSpace(text) == "" {
		return text
	}
	return mark + joiner + text + joiner + mark
}

// escape makes s, which begins a line, show as it is written in Markdown. What Teams reads
// as HTML becomes entities. Marks that would take effect become signs that look alike, or
// are kept from it by a joiner where they mean something only at a line's beginning.
func escape(s string) string { return escapeWithin(s, true) }

func escapeWithin(s string, begins bool) string {
	var out strings.Builder
	prev := ' '
	for i, r := range s {
		_, width := utf8.DecodeRuneInString(s[i:])
		next, _ := utf8.DecodeRuneInString(s[i+width:])
		if begins && blockMark.MatchString(s[i:]) {
			out.WriteString(joiner)
		}
		out.WriteString(inert(r, prev, next))
		begins = r == '\n' || begins && unicode.IsSpace(r)
		prev = r
	}
	return out.String()
}

// blockMark makes of a line a heading, a quote, an item, a rule or a table.
var blockMark = regexp.MustCompile(`^(?:[#>+=|~-]|[0-9]{1,9}[.)](?:\s|$))`)

// inert is a sign between two others, as Markdown makes nothing of it.
func inert(r, prev, next rune) string {
	switch {
	case r == '&':
		return "&amp;"
	case r == '<':
		return "&lt;"
	case r == '>':
		return "&gt;"
	case r == '\\':
		return "\\" + joiner
	case r == '[' && unicode.IsDigit(next): // would cite a source
		return "[" + joiner
	case r == ']': // [text](address), [text][name] and [name]: address
		return "]" + joiner
	case r == ':' && !unicode.IsSpace(next): // https://
		return ":" + joiner
	case r == '@' && isWord(prev) && isWord(next):
		return joiner + "@"
	case r == '.' && isWord(prev) && unicode.IsLetter(next): // example.com
		return joiner + "."
	case r == '`', (r == '*' || r == '_' || r == '~') && (r == prev || r == next || !isWord(prev) || !isWord(next)):
		return string(lookAlike(r))
	}
	return string(r)
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

// isWord tells whether r is of a word, beside which marks are letters, as in snake_case.
func isWord(r rune) bool {
	return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
