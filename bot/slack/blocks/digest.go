package blocks

import (
	"fmt"
	"strconv"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The limits of digests and links, all ours: beside a digest there is room for its buttons,
// and nobody reads more.
const (
	maxDigest     = 6000 // of all lines
	maxShown      = 25   // lines: a screenful
	maxDigestPart = 30   // blocks
	maxLineCharts = 2
	maxWhen       = 60
	maxLineLinks  = 3 // of one line
	maxLinks      = 20
	maxLinksRoom  = 4000 // of all links, with their addresses
	maxSource     = 60   // a name of one
	maxGist       = 1000 // of a digest, in a notification
)

// sections adds lines under their headings. What has no room is cut at the end of a line,
// and how many are left is said.
func (r *renderer) sections() {
	var run []layout.Line
	flush := func() {
		if run = layout.TrimBlank(run); len(run) > 0 {
			r.lines(run)
		}
		run = nil
	}
	room, shown := maxDigest, 0
	for _, l := range layout.Lines(r.msg) {
		item := lineOf(l, r.words)
		if room -= weightOfLines(item); room < 0 && shown > 0 || shown == maxShown || len(r.parts) >= maxDigestPart {
			break
		}
		shown++
		if l.Heading != "" || shown == 1 {
			flush()
			if len(r.parts) > 0 {
				r.add(slack.NewDividerBlock(), 0)
			}
		}
		run = append(run, item...)
		if l.Chart >= 0 && r.opts.Images[l.Chart] != "" && r.drawings[l.Chart] == drawnAsPicture {
			flush()
			r.chart(l.Chart, *l.Line.Chart)
		} // else it is left to the page that the line leads to
	}
	flush()
	if left := layout.CountLines(r.msg) - shown; left > 0 {
		r.aside("", fmt.Sprintf(r.words.LinesLeft, left))
	}
}

// lineOf is a line with its heading: mark, date and text, and what there is to know below.
func lineOf(l layout.Dated, w *words) []layout.Line {
	var out []layout.Line
	if heading := layout.Cut(layout.OneLine(literal(l.Heading)), layout.ALine); heading != "" {
		out = append(out, layout.Line{Spans: []layout.Span{{Text: heading, Bold: true}}})
	}
	var first layout.Line
	add := func(text string) { first.Spans = append(first.Spans, layout.Span{Text: text}) }
	if symbol := layout.Symbol(l.Mark); symbol != "" {
		add(symbol + " ")
	}
	if when := layout.Cut(layout.OneLine(literal(l.When)), maxWhen); when != "" {
		add(when + "  ")
	}
	first.Spans = append(first.Spans, paragraph(l.Text)...)
	if word := w.Mark(l.Line); word != "" {
		add(" (" + word + ")")
	}
	if len(first.Spans) == 0 {
		add("–")
	}
	out = append(out, first)
	below := paragraph(l.Detail)
	if links := linksOf(l.Links, w); len(links) > 0 {
		if len(below) > 0 {
			below = append(below, layout.Span{Text: " · "})
		}
		below = append(below, links...)
	}
	if len(below) > 0 {
		out = append(out, layout.Line{List: "-", Spans: below}) // an item, whose lines Slack indents
	}
	return out
}

// paragraph is a text of restricted Markdown, read as one paragraph.
func paragraph(text string) []layout.Span {
	var out []layout.Span
	for _, l := range parse(layout.OneLine(layout.Cut(text, layout.ALine))) {
		if head := l.Head(""); head != "" {
			out = append(out, layout.Span{Text: head})
		}
		out = append(out, l.Spans...)
	}
	return out
}

// linksOf are the first links of a line.
func linksOf(links []bot.Link, w *words) []layout.Span {
	var out []layout.Span
	for i, l := range links[:min(len(links), maxLineLinks)] {
		between := " · "
		if i == 0 {
			between = w.Source + " "
		}
		s := layout.SourceOf(l)
		out = append(out, layout.Span{Text: between}, layout.Span{Text: literal(s.Name(maxSource)), Link: s.URL})
	}
	if n := len(links) - maxLineLinks; n > 0 {
		out = append(out, layout.Span{Text: " · " + fmt.Sprintf(w.LinksLeft, n)})
	}
	return out
}

// lines adds lines as text.
func (r *renderer) lines(lines []layout.Line) {
	if r.level < Sections {
		for _, run := range portions(lines, maxText) {
			r.add(richText(run), weightOfLines(run))
		}
		return
	}
	for _, text := range markedPortions(lines, maxText) {
		r.marked(text)
	}
}

// links adds the pages that the message was read on, in the order of their numbers.
func (r *renderer) links() {
	for _, text := range linkTexts(r.msg, r.words, maxText) {
		r.small(text)
	}
}

// linkTexts are the pages that a message was read on as marked texts of at most limit.
func linkTexts(msg bot.Message, w *words, limit int) []string {
	var out []string
	now, room := "*"+w.ReadOn+"*  ", maxLinksRoom
	add := func(piece string) {
		if layout.Size(now)+layout.Size(piece) > limit {
			out, now = append(out, now), ""
		}
		now += piece
	}
	for i, l := range msg.Links {
		s := layout.SourceOf(l)
		piece := "[" + strconv.Itoa(i+1) + "]\u00a0" + mrkdwnSpan(layout.Span{Text: literal(s.Name(maxSource)), Link: s.URL})
		if room -= layout.Size(piece); room < 0 || i == maxLinks {
			add(" · " + fmt.Sprintf(w.LinksLeft, len(msg.Links)-i))
			break
		}
		if i > 0 {
			piece = " · " + piece
		}
		add(piece)
	}
	if len(msg.Links) == 0 {
		return nil
	}
	return append(out, now)
}

// lineTexts are the lines of a message as marked texts of at most limit.
func lineTexts(msg bot.Message, w *words, limit int) []string {
	var lines []layout.Line
	for _, l := range layout.Lines(msg) {
		lines = append(lines, lineOf(l, w)...)
	}
	out := markedPortions(lines, limit)
	if left := layout.CountLines(msg) - layout.MaxLines; left > 0 {
		out = append(out, escape(fmt.Sprintf(w.LinesLeft, left)))
	}
	return out
}

// digestGist is what a notification says of a message with lines: its text, and the lines
// that have room.
func digestGist(msg bot.Message, w *words) string {
	out := layout.Plain(parse(msg.Text))
	for _, l := range layout.Lines(msg) {
		text := layout.Plain(lineOf(layout.Dated{Line: bot.Line{Mark: l.Mark, When: l.When, Text: l.Text}}, w))
		if out != "" {
			text = "\n" + text
		}
		if layout.Size(out)+layout.Size(text) > maxGist {
			break
		}
		out += text
	}
	return out
}

// richLink is a link in rich text.
func richLink(s layout.Span, style *slack.RichTextSectionTextStyle) *slack.RichTextSectionLinkElement {
	return slack.NewRichTextSectionLinkElement(s.Link, s.Text, style)
}
