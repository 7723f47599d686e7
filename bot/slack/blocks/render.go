package blocks

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// progress adds how far a question is. Its stop button stands beside the text, where it
// takes no line of its own.
func (r *renderer) progress() {
	const sand = "⏳  "
	texts := markedPortions(parse(r.msg.Text), maxText-layout.Size(sand))
	if len(texts) == 0 {
		texts = []string{"…"}
	}
	for i, text := range texts {
		if i == 0 {
			text = sand + text
		}
		section := slack.NewSectionBlock(mrkdwnText(text), nil, nil)
		n := layout.Size(section.Text.Text)
		if stop, ok := r.stop(); ok && i == 0 {
			section.Accessory = slack.NewAccessory(stop)
			n += weight(stop.Text.Text)
		}
		r.add(section, n)
	}
	if waits := r.words.Waits(r.msg); waits != "" {
		r.aside("", waits)
	}
	if steps := layout.Steps(r.msg, r.opts.Location); steps != "" {
		r.aside("", steps)
	}
}

// stop is the button of a message that has no other.
func (r *renderer) stop() (*slack.ButtonBlockElement, bool) {
	if len(r.msg.Buttons) != 1 || r.msg.Buttons[0].Action != bot.ActionCancel {
		return nil, false
	}
	b, ok := button(r.msg.Buttons[0], r.index, r.msg)
	if ok {
		r.index, r.stops = r.index+1, true
	}
	return b, ok
}

// chart adds a chart as Slack's own, as a picture, or in words.
func (r *renderer) chart(i int, c bot.Chart) {
	alt := layout.OneLine(literal(layout.AltOf(c)))
	if block, ok := nativeChart(c); ok && r.drawings[i] == drawnNatively {
		r.parts = append(r.parts, part{block: block, size: chartWeight(block), chart: true})
		if s, ok := layout.SpecOf(c); ok {
			r.aside("", layout.OneLine(literal(s.Caption(c, block.Title))))
		}
		return
	}
	if id := r.opts.Images[i]; id != "" && r.level <= Pictures {
		short := layout.Cut(alt, maxCell*5)
		if short == "" { // Slack takes no picture without
			short = r.words.Chart
		}
		r.add(slack.NewImageBlockSlackFile(&slack.SlackFileObject{ID: id}, short, "", nil), weight(short))
		return
	}
	r.aside("", alt)
}

func chartWeight(b *slack.DataVisualizationBlock) int {
	n := weight(b.Title)
	add := func(axis slack.DataVisualizationAxisConfig, lines []slack.DataVisualizationDataSeries) {
		n += weight(axis.XLabel) + weight(axis.YLabel)
		for _, c := range axis.Categories {
			n += weight(c) * (1 + len(lines))
		}
		for _, l := range lines {
			n += weight(l.Name)
		}
	}
	switch c := b.Chart.(type) {
	case *slack.DataVisualizationPieChart:
		for _, s := range c.Segments {
			n += weight(s.Label)
		}
	case *slack.DataVisualizationBarChart:
		add(c.AxisConfig, c.Series)
	case *slack.DataVisualizationLineChart:
		add(c.AxisConfig, c.Series)
	case *slack.DataVisualizationAreaChart:
		add(c.AxisConfig, c.Series)
	}
	return n
}

// sheet adds a table. Slack takes one a message, so further ones are text.
func (r *renderer) sheet(s sheet) {
	if s.Title != "" {
		r.small("*" + escape(s.Title) + "*")
	}
	asBlock := len(s.Rows) > 0 && len(s.Head) > 0 && !r.table
	switch {
	case asBlock && r.level == Native:
		block := s.dataTable(r.caption(s))
		r.parts = append(r.parts, part{block: block, size: s.weight() + weight(block.Caption), table: true})
		r.table = true
	case asBlock && r.level == Pictures:
		r.parts = append(r.parts, part{block: s.table(), size: s.weight(), table: true})
		r.table = true
	default:
		r.sheetText(s)
	}
	if len(s.Notes) > 0 {
		r.aside("", strings.Join(s.Notes, " · "))
	}
}

// caption names a table to those who have it read out.
func (r *renderer) caption(s sheet) string {
	if s.Title != "" {
		return s.Title
	}
	if len(r.msg.Tables) == 1 && len(r.msg.Charts) > 0 {
		if title := layout.Cut(layout.OneLine(literal(r.msg.Charts[0].Title)), maxCell); title != "" {
			return title
		}
	}
	return r.words.Table
}

func (r *renderer) sheetText(s sheet) {
	text, aligned := s.aligned()
	switch {
	case aligned && r.level < Sections && weight(text) <= maxText:
		r.add(preformatted(text, ""), weight(text))
	case aligned && layout.Size(fenced(text)) <= maxText:
		r.marked(fenced(text))
	default:
		r.plain(s.Listed())
	}
}

// preformatted is a text of a fixed pitch, in a language of Slack's colouring.
func preformatted(text, language string) *slack.RichTextBlock {
	return slack.NewRichTextBlock("", &slack.RichTextPreformatted{
		Type: slack.RTEPreformatted, Language: language,
		Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(text, nil)},
	})
}

// fenced is a text of a fixed pitch in Slack's marks. Within it nothing is a mark but the
// fence itself.
func fenced(text string) string {
	return "```\n" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", string(layout.LookAlike('`'))).Replace(text) + "\n```"
}

func (s sheet) weight() int {
	n := 0
	for _, row := range append([][]string{s.Head}, s.Rows...) {
		for _, text := range row {
			n += weight(text)
		}
	}
	return n
}

// readings adds how the question was read.
func (r *renderer) readings() {
	if text := layout.Readings(r.msg.Readings); text != "" {
		r.aside(r.words.Read, text)
	}
}

// origin adds where the answer came from.
func (r *renderer) origin() {
	if text := layout.Origin(r.msg); text != "" {
		r.aside(r.words.Source, text)
	}
}

// choices adds what leads on: answers to a question back; where there is no answer, what
// there is one to, and who else may know.
func (r *renderer) choices() {
	if r.msg.Kind != bot.KindDigest { // there they stand beside the others
		r.row("", layout.Filter(r.msg.Buttons, layout.IsChoice))
	}
	if r.msg.Kind == bot.KindRefusal {
		r.suggestions()
	}
	r.row(r.words.Analysts, layout.Filter(r.msg.Buttons, layout.IsAnalyst))
}

// tools adds what acts on the message itself, and last what people think of it.
func (r *renderer) tools() {
	var buttons []bot.Button
	if r.msg.Kind == bot.KindDigest {
		buttons = layout.Filter(r.msg.Buttons, layout.IsChoice)
	}
	r.row("", slices.Concat(buttons, r.toolButtons(), layout.Filter(r.msg.Buttons, layout.IsVerdict)))
}

func (r *renderer) toolButtons() []bot.Button {
	if r.stops {
		return nil // it is the only one
	}
	var out []bot.Button
	if isSQL := func(b bot.Button) bool { return b.Action == bot.ActionSQL }; len(r.msg.SQL) > 0 && !slices.ContainsFunc(r.msg.Buttons, isSQL) {
		out = append(out, bot.Button{Action: bot.ActionSQL, Label: r.words.SQL})
	}
	return append(out, layout.Tools(r.msg)...)
}

// suggestions adds other questions.
func (r *renderer) suggestions() {
	var buttons []bot.Button
	for _, s := range r.msg.Suggestions {
		buttons = append(buttons, bot.Button{Action: bot.ActionAsk, Label: s, Value: s})
	}
	r.row(r.words.Suggestions, buttons)
}

// maxRow is how many buttons Slack takes beside each other.
const maxRow = 25

// row adds buttons under a heading. What a button's label has no room for, or what
// cannot be a button, is written out above, where it can be read and typed.
func (r *renderer) row(heading string, buttons []bot.Button) {
	var elements []slack.BlockElement
	var long []string
	for _, b := range buttons {
		e, ok := button(b, r.index, r.msg)
		if ok {
			r.index++
			elements = append(elements, e)
		}
		if label := layout.OneLine(layout.Clean(b.Label)); (!ok || layout.Size(label) > maxLabel) && (layout.IsChoice(b) || layout.IsAnalyst(b)) && label != "" {
			long = append(long, "• "+literal(label))
		}
	}
	if heading != "" && (len(elements) > 0 || len(long) > 0) {
		r.small("*" + heading + "*")
	}
	if len(long) > 0 {
		r.plain(strings.Join(long, "\n"))
	}
	for row := range slices.Chunk(elements, maxRow) {
		n := 0
		for _, e := range row {
			b, _ := e.(*slack.ButtonBlockElement)
			n += weight(b.Text.Text) + weight(b.AccessibilityLabel)
		}
		r.add(slack.NewActionBlock("", row...), n)
	}
}
