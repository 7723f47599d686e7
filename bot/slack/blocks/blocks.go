// Package blocks lays a bot.Message out in Slack's Block Kit, within its limits, and
// reads back what people press. It calls nothing.
//
// A message that Slack refuses would be an answer lost, so what is laid out here keeps
// every limit that is known, and each Level is a smaller demand than the one before.
//
// Texts of people, data and models stand where Slack gives no character a meaning: in
// rich text, plain text and table cells. Small print, which has headings, and all text
// where Slack refuses the rich one, are in its own markup: there they are escaped.
package blocks

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// Level is how much of Block Kit a layout may use. Each level is understood where the
// one before is refused.
type Level int

// The levels, richest first.
const (
	Native   Level = iota // data_visualization and data_table
	Pictures              // charts as pictures, tables as table blocks
	Sections              // nothing but sections, context and buttons
	Text                  // no blocks
)

// Options are what a layout depends on besides the message.
type Options struct {
	Location *time.Location // of clocks; nil means UTC
	// Images are the ids of uploaded pictures, by the index of their chart among
	// layout.Charts. A chart that is neither native nor here is told in words; one of a
	// line is left out.
	Images map[int]string
}

// Layout is one message of Slack's.
type Layout struct {
	// Text is what notifications and old clients take instead of the blocks. It is marked
	// up in Slack's way and escaped.
	Text   string
	Blocks []slack.Block
}

// Render lays msg out at level. The first layout is the message itself; further ones,
// for what did not fit, are to follow it in its thread.
func Render(msg bot.Message, level Level, opts Options) []Layout {
	msg = layout.Bounded(msg)
	if level >= Text {
		return textLayouts(msg, opts)
	}
	r := renderer{msg: msg, level: level, opts: opts, words: wordsOf(msg), drawings: drawingsOf(msg, level)}
	r.render()
	return r.pack()
}

// part is a block with what counts against the limits of a message.
type part struct {
	block slack.Block
	size  int // of all its texts, escaped
	chart bool
	table bool
}

// renderer collects the parts of a message, in their order.
type renderer struct {
	msg   bot.Message
	level Level
	opts  Options
	words *words
	parts []part

	drawings []drawing // of layout.Charts
	index    int       // of the next button: each has an id of its own
	stops    bool      // the stop button stands beside the text
	table    bool      // Slack's one table is there
}

func (r *renderer) render() {
	if r.msg.Kind == bot.KindProgress {
		r.progress()
	} else {
		r.text()
	}
	r.sections()
	r.number()
	for i, c := range r.msg.Charts {
		r.chart(i, c)
	}
	for _, s := range sheetsOf(r.msg, r.level) {
		r.sheet(s)
	}
	r.choices()
	r.readings()
	r.links()
	r.origin()
	r.tools()
	if r.msg.Kind != bot.KindRefusal {
		r.suggestions()
	}
	if len(r.parts) == 0 {
		r.plain(r.words.Nothing)
	}
}

// add adds a block whose texts are of the size, escaped.
func (r *renderer) add(block slack.Block, n int) {
	r.parts = append(r.parts, part{block: block, size: n})
}

// plain adds a section in which nothing has a meaning.
func (r *renderer) plain(text string) {
	for text != "" {
		var head string
		head, text = splitNicely(text, maxText)
		if strings.TrimSpace(head) != "" {
			r.add(slack.NewSectionBlock(plainText(head), nil, nil), weight(head))
		}
	}
}

// marked adds a section of escaped marked text, which is within the limit.
func (r *renderer) marked(text string) {
	r.add(slack.NewSectionBlock(mrkdwnText(text), nil, nil), layout.Size(text))
}

// aside adds small print: a heading of ours and a text of anybody's.
func (r *renderer) aside(heading, text string) {
	if heading != "" {
		heading = "*" + heading + "*  "
	}
	for _, line := range escaped(literal(text), maxText-layout.Size(heading)) {
		r.small(heading + line)
		heading = ""
	}
}

// small adds a line of small print that is escaped already.
func (r *renderer) small(line string) {
	r.add(slack.NewContextBlock("", mrkdwnText(line)), layout.Size(line))
}

// text adds the message's text.
func (r *renderer) text() {
	lines := parse(r.msg.Text)
	layout.Cite(lines, r.msg.Links)
	r.lines(lines)
}

// markedPortions are lines as marked texts of at most limit.
func markedPortions(lines []layout.Line, limit int) []string {
	var out []string
	for _, run := range portions(lines, limit) {
		out = append(out, marked(run, limit, limit)...)
	}
	return out
}

// marked cuts lines until their marked texts, which escaping makes longer, are within the
// limit.
func marked(lines []layout.Line, limit, try int) []string {
	text := mrkdwn(lines)
	if layout.Size(text) <= limit {
		return []string{text}
	}
	var out []string
	for _, run := range portions(lines, try/2) {
		out = append(out, marked(run, limit, try/2)...)
	}
	return out
}

func weightOfLines(lines []layout.Line) int {
	n := 0
	for _, l := range lines {
		n += weightOfLine(l)
	}
	return n
}

// number adds the number to quote.
func (r *renderer) number() {
	if n := layout.OneLine(literal(r.msg.Number)); n != "" {
		r.aside("", r.words.Number+"  #"+n)
	}
}

// pack puts the parts into as few messages as Slack's limits allow.
func (r *renderer) pack() []Layout {
	var out []Layout
	var now []part
	for _, p := range r.parts {
		if len(now) > 0 && !fits(now, p) {
			out = append(out, r.layout(now, len(out)))
			now = nil
		}
		now = append(now, p)
	}
	return append(out, r.layout(now, len(out)))
}

func fits(parts []part, next part) bool {
	n, charts, tables := next.size, 0, 0
	for _, p := range parts {
		n += p.size
		charts += b2i(p.chart)
		tables += b2i(p.table)
	}
	return len(parts) < maxBlocks && n <= maxMessage && charts+b2i(next.chart) <= maxNative && tables+b2i(next.table) <= 1
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// layout is a message of parts.
func (r *renderer) layout(parts []part, index int) Layout {
	text := r.words.continued
	if index == 0 {
		text = r.gist()
	}
	l := Layout{Text: escapedWithin(text, maxPlain)}
	for _, p := range parts {
		l.Blocks = append(l.Blocks, p.block)
	}
	return l
}

// gist says what the message is, in a text.
func (r *renderer) gist() string {
	if len(r.msg.Sections) > 0 {
		if text := digestGist(r.msg, r.words); strings.TrimSpace(text) != "" {
			return text
		}
	}
	if text := layout.Plain(parse(r.msg.Text)); strings.TrimSpace(text) != "" {
		return text
	}
	for _, c := range r.msg.Charts {
		if alt := layout.OneLine(literal(layout.AltOf(c))); alt != "" {
			return alt
		}
	}
	if len(r.msg.Tables) > 0 {
		return r.caption(sheet{layout.SheetOf(r.msg.Tables[0], r.msg, fit(maxRows))})
	}
	return r.words.Nothing
}
