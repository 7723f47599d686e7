package blocks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
)

// progress adds how far a question is. Its stop button stands beside the text, where it
// takes no line of its own.
func (r *renderer) progress() {
	const sand = "⏳  "
	texts := markedPortions(parse(r.msg.Text), maxText-size(sand))
	if len(texts) == 0 {
		texts = []string{"…"}
	}
	for i, text := range texts {
		if i == 0 {
			text = sand + text
		}
		section := slack.NewSectionBlock(mrkdwnText(text), nil, nil)
		n := size(section.Text.Text)
		if stop, ok := r.stop(); ok && i == 0 {
			section.Accessory = slack.NewAccessory(stop)
			n += weight(stop.Text.Text)
		}
		r.add(section, n)
	}
	if waits := r.words.waits(r.msg); waits != "" {
		r.aside("", waits)
	}
	if steps := r.steps(); steps != "" {
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

// steps lists what is done, being done and planned; what the text says is not repeated.
func (r *renderer) steps() string {
	if r.msg.Progress == nil {
		return ""
	}
	var lines []string
	for _, s := range r.msg.Progress.Steps {
		text := oneLine(s.Text)
		switch {
		case text == "" || s.Text == r.msg.Text:
		case s.Done:
			lines = append(lines, "✓ "+text)
		case s.At.IsZero():
			lines = append(lines, "○ "+text)
		default:
			lines = append(lines, "▸ "+text+r.until(s.Until))
		}
	}
	return strings.Join(lines, "\n")
}

// until says when what a step waits for will be over.
func (r *renderer) until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if r.opts.Location != nil {
		t = t.In(r.opts.Location)
	} else {
		t = t.UTC()
	}
	return " · " + fmt.Sprintf(r.words.until, t.Format("15:04"))
}

// chart adds a chart as Slack's own, as a picture, or in words.
func (r *renderer) chart(i int, c bot.Chart) {
	natives := 0
	for _, p := range r.parts {
		natives += b2i(p.chart)
	}
	alt := oneLine(literal(altOf(c)))
	if r.level == Native && natives < maxNative {
		if block, ok := nativeChart(c); ok {
			r.parts = append(r.parts, part{block: block, size: chartWeight(block), chart: true})
			var s chartSpec
			if json.Unmarshal(c.Spec, &s) == nil {
				r.aside("", s.caption(c, block.Title))
			}
			return
		}
	}
	if id := r.opts.Images[i]; id != "" && r.level <= Pictures {
		short := cut(alt, maxCell*5)
		if short == "" { // Slack takes no picture without
			short = r.words.chart
		}
		r.add(slack.NewImageBlockSlackFile(&slack.SlackFileObject{ID: id}, short, "", nil), weight(short))
		return
	}
	r.aside("", alt)
}

// altOf is what a chart shows, in words that name it.
func altOf(c bot.Chart) string {
	switch {
	case strings.TrimSpace(c.Alt) == "":
		return c.Title
	case strings.Contains(c.Alt, c.Title) || strings.TrimSpace(c.Title) == "":
		return c.Alt
	}
	return c.Title + ": " + c.Alt
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
	if s.title != "" {
		r.small("*" + escape(s.title) + "*")
	}
	asBlock := len(s.rows) > 0 && len(s.head) > 0 && !r.table
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
	if len(s.notes) > 0 {
		r.aside("", strings.Join(s.notes, " · "))
	}
}

// caption names a table to those who have it read out.
func (r *renderer) caption(s sheet) string {
	if s.title != "" {
		return s.title
	}
	if len(r.msg.Tables) == 1 && len(r.msg.Charts) > 0 {
		if title := cut(oneLine(literal(r.msg.Charts[0].Title)), maxCell); title != "" {
			return title
		}
	}
	return r.words.table
}

func (r *renderer) sheetText(s sheet) {
	text, aligned := s.aligned()
	switch {
	case aligned && r.level < Sections && weight(text) <= maxText:
		r.add(preformatted(text, ""), weight(text))
	case aligned && size(fenced(text)) <= maxText:
		r.marked(fenced(text))
	default:
		r.plain(s.listed())
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
	return "```\n" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "`", string(lookAlike('`'))).Replace(text) + "\n```"
}

func (s sheet) weight() int {
	n := 0
	for _, row := range append([][]string{s.head}, s.rows...) {
		for _, text := range row {
			n += weight(text)
		}
	}
	return n
}

// readings adds how the question was read.
func (r *renderer) readings() {
	if text := readings(r.msg); text != "" {
		r.aside(r.words.read, text)
	}
}

func readings(msg bot.Message) string {
	var parts []string
	for _, x := range msg.Readings {
		term, meaning := oneLine(x.Term), oneLine(x.Meaning)
		switch {
		case term != "" && meaning != "":
			parts = append(parts, term+" = "+meaning)
		case term+meaning != "":
			parts = append(parts, term+meaning)
		}
	}
	return strings.Join(parts, " · ")
}

// origin adds where the answer came from.
func (r *renderer) origin() {
	if text := origin(r.msg); text != "" {
		r.aside(r.words.source, text)
	}
}

func origin(msg bot.Message) string {
	o, w := msg.Origin, wordsOf(msg)
	if o == nil {
		return ""
	}
	var parts []string
	add := func(s string) {
		if s = oneLine(s); s != "" {
			parts = append(parts, s)
		}
	}
	source := strings.Join(o.Sources, ", ")
	if o.Analyst != source { // one of one source is often called as it is
		add(o.Analyst)
	}
	if !o.AsOf.IsZero() {
		until := fmt.Sprintf(w.until, o.AsOf.Format(time.DateOnly))
		if source == "" {
			source = until
		} else {
			source += " (" + until + ")"
		}
	}
	add(source)
	add(o.Label)
	if o.Elapsed > 0 {
		add(w.elapsed(o.Elapsed))
	}
	return strings.Join(parts, " · ")
}

// The kinds of buttons, by what they are for.
func isChoice(b bot.Button) bool { return b.Action == bot.ActionChoose || b.Action == bot.ActionAsk }

func isAnalyst(b bot.Button) bool { return b.Action == bot.ActionAnalyst }

func isVerdict(b bot.Button) bool {
	return b.Action == bot.ActionGood || b.Action == bot.ActionBad || b.Action == bot.ActionWrong
}

func isTool(b bot.Button) bool { return !isChoice(b) && !isAnalyst(b) && !isVerdict(b) }

// choices adds what leads on: answers to a question back; where there is no answer, what
// there is one to, and who else may know.
func (r *renderer) choices() {
	r.row("", filter(r.msg.Buttons, isChoice))
	if r.msg.Kind == bot.KindRefusal {
		r.suggestions()
	}
	r.row(r.words.analysts, filter(r.msg.Buttons, isAnalyst))
}

// tools adds what acts on the message itself, and last what people think of it.
func (r *renderer) tools() {
	r.row("", append(r.toolButtons(), filter(r.msg.Buttons, isVerdict)...))
}

func (r *renderer) toolButtons() []bot.Button {
	if r.stops {
		return nil // it is the only one
	}
	var out []bot.Button
	if isSQL := func(b bot.Button) bool { return b.Action == bot.ActionSQL }; len(r.msg.SQL) > 0 && !slices.ContainsFunc(r.msg.Buttons, isSQL) {
		out = append(out, bot.Button{Action: bot.ActionSQL, Label: r.words.sql})
	}
	seen := map[string]bool{"": true} // results that can be had
	for _, b := range r.msg.Buttons {
		seen[b.Value] = seen[b.Value] || b.Action == bot.ActionCSV
	}
	for _, b := range filter(r.msg.Buttons, isTool) {
		if b.Action != bot.ActionCSV || len(r.msg.Tables) < 2 {
			out = append(out, b)
			continue
		}
		b.Label = r.csvLabel(b)
		out = append(out, b)
		for _, t := range r.msg.Tables { // each result can be had, not just the first
			if !seen[t.Result] {
				seen[t.Result] = true
				b.Value = t.Result
				b.Label = r.csvLabel(b)
				out = append(out, b)
			}
		}
	}
	return out
}

// csvLabel says whose rows a button gets, where there are several tables.
func (r *renderer) csvLabel(b bot.Button) string {
	for _, t := range r.msg.Tables {
		if t.Result == b.Value && t.Title != "" {
			return r.words.csv + " · " + cut(oneLine(t.Title), 30)
		}
	}
	return r.words.csv + " " + b.Value
}

// suggestions adds other questions.
func (r *renderer) suggestions() {
	var buttons []bot.Button
	for _, s := range r.msg.Suggestions {
		buttons = append(buttons, bot.Button{Action: bot.ActionAsk, Label: s, Value: s})
	}
	r.row(r.words.suggestions, buttons)
}

func filter(buttons []bot.Button, keep func(bot.Button) bool) []bot.Button {
	var out []bot.Button
	for _, b := range buttons {
		if keep(b) {
			out = append(out, b)
		}
	}
	return out
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
		if label := oneLine(clean(b.Label)); (!ok || size(label) > maxLabel) && (isChoice(b) || isAnalyst(b)) && label != "" {
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
