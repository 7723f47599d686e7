package cards

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// maxInformative is how long a text is that a stream shows before the answer.
const maxInformative = 1000

// maxStreamed is how long a text is above a card, in UTF-16 units of JSON: it leaves room
// for a small card.
const maxStreamed = 24_000

// StreamText is the text of msg for a stream: Markdown, escaped. At a stream's end it
// stands above the card (Options.Streamed).
func StreamText(msg bot.Message) string {
	msg = layout.Bounded(msg)
	text := markdown(parse(msg.Text))
	for try := layout.Longest; layout.Size(escapedJSON(text)) > maxStreamed; try = try * 3 / 4 {
		text = markdown(parse(layout.Cut(msg.Text, try)))
	}
	if text == "" {
		text = escape(gist(msg))
	}
	return text
}

// Informative says how far a question is, for a stream that has not begun its answer:
// Markdown, escaped, within Teams' limit.
func Informative(msg bot.Message) string {
	msg = layout.Bounded(msg)
	text := layout.OneLine(layout.Plain(parse(msg.Text)))
	if waits := wordsOf(msg).Waits(msg); waits != "" {
		text += " · " + waits
	}
	if text = strings.TrimPrefix(text, " · "); text == "" {
		text = wordsOf(msg).Working
	}
	return escapedWithin(text, maxInformative)
}

// escapedWithin is s escaped and cut to limit.
func escapedWithin(s string, limit int) string {
	text := escape(layout.Cut(s, limit))
	for try := limit; layout.Size(text) > limit; try = try * 3 / 4 {
		text = escape(layout.Cut(s, try))
	}
	return text
}

// Plain tells msg without a card, for where Teams takes none: in Markdown, within limit bytes
// as Microsoft counts them; 0 means what Microsoft recommends. What could be pressed is
// written out, to be said instead; statements are left out.
func Plain(msg bot.Message, limit int) Layout {
	msg = layout.Bounded(msg)
	if limit <= 0 {
		limit = maxActivity - envelope
	}
	out := Layout{Text: StreamText(msg), Summary: gist(msg)}
	for most := layout.Longest; out.bytes() > limit && most > 8; most = most * 3 / 4 {
		out.Text = markdown(parse(layout.Cut(msg.Text, most)))
	}
	room := (limit-out.bytes())/2 - maxSummary // for who wrote it, and that there is more
	for _, piece := range plainPieces(msg) {
		if room -= layout.Size(escapedJSON(piece)); room < 0 {
			out.Text += "\n\n" + escape(wordsOf(msg).SQLMore)
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
		if text = escapeWithin(layout.OneLine(literal(text)), heading == ""); text == "" {
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
			if l = layout.OneLine(literal(l)); l != "" {
				items = append(items, "- "+escape(layout.Cut(l, layout.ALine)))
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
		for _, b := range layout.Filter(msg.Buttons, keep) {
			labels = append(labels, b.Label)
		}
		return labels
	}
	if n := layout.OneLine(msg.Number); n != "" {
		add("", w.Number+"  #"+n)
	}
	if msg.Kind == bot.KindProgress {
		add("", w.Waits(msg))
	}
	if lines := plainLines(msg); len(lines) > 0 {
		out = append(out, lines...)
	}
	for _, c := range msg.Charts {
		add("", layout.Cut(layout.AltOf(c), 2*layout.ALine))
	}
	for _, s := range sheetsOf(msg, maxRows) {
		heading := ""
		if s.Title != "" {
			heading = escape(s.Title)
		}
		list(heading, strings.Split(strings.ReplaceAll(s.Listed(), "• ", ""), "\n"))
		add("", strings.Join(s.Notes, " · "))
	}
	list(w.Choices, labels(layout.IsChoice))
	add(w.Read, layout.Readings(msg.Readings))
	if links := plainLinks(msg); len(links) > 0 {
		out = append(out, "**"+w.ReadOn+"**", strings.Join(links, "\n"))
	}
	add(w.Source, layout.Origin(msg))
	list(w.Analysts, labels(layout.IsAnalyst))
	list(w.Suggestions, msg.Suggestions)
	return out
}

// plainLayout is as much of msg as fits into a text of limit UTF-16 units, with the label of
// who wrote it.
func plainLayout(msg bot.Message, limit int) Layout {
	w := wordsOf(msg)
	head := layout.Cut(layout.Plain(parse(msg.Text)), limit)
	if strings.TrimSpace(head) == "" {
		head = layout.Cut(gist(msg), limit)
	}
	return Layout{Text: escape(head) + "\n\n" + escape(w.SQLMore), Summary: layout.Cut(gist(msg), min(limit, maxSummary)), Entities: entities(msg, "")}
}

const maxSummary = 300

// gist says what the message is, in a text without marks.
func gist(msg bot.Message) string {
	if text := layout.OneLine(layout.Plain(parse(msg.Text))); text != "" {
		return layout.Cut(text, maxSummary)
	}
	for _, c := range msg.Charts {
		if alt := layout.OneLine(literal(layout.AltOf(c))); alt != "" {
			return layout.Cut(alt, maxSummary)
		}
	}
	for _, l := range layout.Lines(msg) {
		if text := layout.OneLine(layout.Plain(parse(l.Text))); text != "" {
			return layout.Cut(text, maxSummary)
		}
	}
	if len(msg.Tables) > 0 {
		if title := layout.OneLine(literal(msg.Tables[0].Title)); title != "" {
			return layout.Cut(title, maxSummary)
		}
		return wordsOf(msg).Table
	}
	return wordsOf(msg).Nothing
}

// parse reads the restricted Markdown of a bot.Message.
func parse(text string) []layout.Line { return layout.Parse(text, literal) }

// paragraphs are lines as elements: those that belong together in one, a blank line
// between two.
func paragraphs(lines []layout.Line) []element {
	var out []element
	var runs []any
	flush := func() {
		if len(runs) > 0 {
			out = append(out, texts(runs...))
		}
		runs = nil
	}
	for _, l := range lines {
		spans := runsOf(l)
		if len(spans) == 0 && l.List == "" {
			flush()
			continue
		}
		if len(runs) > 0 {
			runs = append(runs, "\n")
		}
		if head := l.Head("\u2003"); head != "" {
			runs = append(runs, head)
		}
		runs = append(runs, spans...)
	}
	flush()
	return out
}

// runs are the line's stretches as runs of rich text.
func runsOf(l layout.Line) []any {
	var out []any
	seen := false
	for _, s := range l.Spans {
		if s.Text == "" {
			continue
		}
		seen = seen || strings.TrimSpace(s.Text) != ""
		style := run{Italic: s.Italic}
		if s.Bold {
			style.Weight = "Bolder"
		}
		if s.Code {
			style.FontType = "Monospace"
		}
		if style == (run{}) {
			out = append(out, s.Text)
		} else {
			out = append(out, styledRun(s.Text, style))
		}
	}
	if !seen {
		return nil
	}
	return out
}

// markdown writes lines in Teams' Markdown, for where there is no card.
func markdown(lines []layout.Line) string {
	var out strings.Builder
	for i, l := range lines {
		if i > 0 {
			// A single line's end would join the lines.
			out.WriteString(ending(lines[i-1], l))
		}
		switch l.List {
		case "-":
			out.WriteString(strings.Repeat("  ", l.Indent) + "- ")
		case "1.":
			out.WriteString(strings.Repeat("   ", l.Indent) + l.Head(""))
		}
		for j, s := range l.Spans {
			out.WriteString(markdownSpan(s, j == 0))
		}
	}
	return strings.TrimSpace(out.String())
}

// ending is what stands between two lines.
func ending(last, next layout.Line) string {
	switch {
	case last.List != "" && next.List != "":
		return "\n"
	case len(last.Spans) == 0 || len(next.Spans) == 0:
		return "\n"
	}
	return "\n\n"
}

// markdown writes the stretch between its marks. A joiner on the inner side of each keeps
// a sign from being the mark's neighbour: **33.5%**로 is not bold in Markdown, for a mark
// after a sign must not be followed by a letter.
func markdownSpan(s layout.Span, first bool) string {
	text := escapeWithin(s.Text, first)
	mark := ""
	if s.Bold {
		mark = "**"
	}
	if s.Italic {
		mark += "*"
	}
	if mark == "" || strings.TrimSpace(text) == "" {
		return text
	}
	return mark + layout.Joiner + text + layout.Joiner + mark
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
			out.WriteString(layout.Joiner)
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
		return "\\" + layout.Joiner
	case r == '[' && unicode.IsDigit(next): // would cite a source
		return "[" + layout.Joiner
	case r == ']': // [text](address), [text][name] and [name]: address
		return "]" + layout.Joiner
	case r == ':' && !unicode.IsSpace(next): // https://
		return ":" + layout.Joiner
	case r == '@' && layout.IsWord(prev) && layout.IsWord(next):
		return layout.Joiner + "@"
	case r == '.' && layout.IsWord(prev) && unicode.IsLetter(next): // example.com
		return layout.Joiner + "."
	case r == '`', (r == '*' || r == '_' || r == '~') && (r == prev || r == next || !layout.IsWord(prev) || !layout.IsWord(next)):
		return string(layout.LookAlike(r))
	}
	return string(r)
}
