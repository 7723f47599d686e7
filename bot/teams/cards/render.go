package cards

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// renderer collects the elements of a card, in their order.
type renderer struct {
	msg    bot.Message
	opts   Options
	words  *words
	charts []figure
	cuts   cuts
	body   []element
	shows  []action // what shows more of the card: first at its foot
	tools  []action // at the card's foot
	native int      // charts that Teams draws
	left   []string // what was left out
	wide   bool     // the card needs all the width there is
	stops  bool     // the stop button stands beside the text
	within bool     // the card is in a dialog: what is pressed there opens no other
	ids    int      // of what is shown on demand
}

// layout lays the message out within the renderer's cuts.
func (r *renderer) layout() Layout {
	if text, ok := r.onlyText(); ok {
		return Layout{Text: text, Summary: gist(r.msg)}
	}
	r.render()
	if r.opts.Streamed && len(r.body)+len(r.tools) == 0 {
		text := cited(StreamText(r.msg), r.msg)
		return Layout{Text: text, Summary: gist(r.msg), Entities: entities(r.msg, text)}
	}
	if len(r.body) == 0 { // a card of nothing but a foot is refused
		r.body, r.tools = []element{actionSet(r.tools...)}, nil
	}
	c := newCard(r.body, r.tools)
	c.FallbackText = layout.Cut(gist(r.msg), layout.ALine)
	if r.wide {
		c.MSTeams = widthOf{"full"}
	}
	data, err := json.Marshal(c)
	if err != nil { // no figure of a chart that gets here is without a number
		return plainLayout(r.msg, layout.Longest)
	}
	out := Layout{Card: data, Summary: gist(r.msg), Feedback: r.opts.Feedback && judged(r.msg)}
	if r.opts.Streamed {
		out.Text = cited(StreamText(r.msg), r.msg)
	}
	out.Entities = entities(r.msg, out.Text)
	return out
}

// onlyText is the message's text where there is nothing else to show, as of a notice: that
// needs no card.
func (r *renderer) onlyText() (string, bool) {
	m := r.msg
	if m.Kind != bot.KindNotice || m.Progress != nil || m.Origin != nil || m.Number != "" ||
		len(m.Charts)+len(m.Tables)+len(m.Readings)+len(m.SQL)+len(m.Suggestions)+len(m.Buttons)+len(m.Sections)+len(m.Links) > 0 {
		return "", false
	}
	text := markdown(parse(m.Text))
	return text, text != "" && layout.Size(m.Text) <= r.cuts.words
}

func (r *renderer) render() {
	switch {
	case r.msg.Kind == bot.KindProgress:
		r.progress()
	case !r.opts.Streamed:
		r.text()
	}
	r.number()
	r.sections()
	for _, c := range r.charts[:len(r.msg.Charts)] { // those of lines are there
		r.chart(c)
	}
	for _, s := range sheetsOf(r.msg, r.cuts.rows) {
		r.sheet(s)
	}
	r.choices()
	r.readings()
	r.links()
	r.origin()
	r.sql()
	if r.msg.Kind != bot.KindRefusal {
		r.suggestions()
	}
	r.leftOut()
	r.foot()
	if len(r.body) == 0 && !r.opts.Streamed {
		r.add(texts(r.words.Nothing))
	}
}

func (r *renderer) add(e element) { r.body = append(r.body, e) }

// id names an element that is shown on demand.
func (r *renderer) id(of string) string {
	r.ids++
	return fmt.Sprintf("%s%d", of, r.ids)
}

// aside adds small print: a heading of ours and a text of anybody's.
func (r *renderer) aside(heading, text string, spacing string) {
	if text = literal(text); strings.TrimSpace(text) == "" {
		return
	}
	e := texts(small(text))
	if heading != "" {
		e.Inlines = []any{strongSmall(heading + "\u2002"), small(text)}
	}
	e.Spacing = spacing
	r.add(e)
}

// text adds the message's text.
func (r *renderer) text() {
	lines := parse(layout.Cut(r.msg.Text, r.cuts.words))
	if layout.Size(r.msg.Text) > r.cuts.words {
		r.left = append(r.left, r.words.leftText)
	}
	r.body = append(r.body, paragraphs(lines)...)
}

// number adds the number to quote.
func (r *renderer) number() {
	if n := layout.OneLine(r.msg.Number); n != "" {
		r.aside("", r.words.Number+"  #"+n, "Small")
	}
}

// progress adds how far a question is.
func (r *renderer) progress() {
	blocks := paragraphs(parse(layout.Cut(r.msg.Text, r.cuts.words)))
	if len(blocks) == 0 {
		blocks = []element{texts("…")}
	}
	blocks[0].Inlines = append([]any{"⏳\u2002"}, blocks[0].Inlines...)
	if stop, ok := r.stop(); ok { // beside the text it takes no line of its own
		blocks = []element{{Type: "ColumnSet", Columns: []element{
			{Type: "Column", Width: "stretch", Align: "Center", Items: blocks}, {Type: "Column", Width: "auto", Items: []element{actionSet(stop)}},
		}}}
	}
	r.body = append(r.body, blocks...)
	r.aside("", r.words.Waits(r.msg), "Small")
	r.aside("", layout.Steps(r.msg, r.opts.Location), "Small")
}

// stop is the button of a message that has no other.
func (r *renderer) stop() (action, bool) {
	if len(r.msg.Buttons) != 1 || r.msg.Buttons[0].Action != bot.ActionCancel {
		return action{}, false
	}
	b, ok := r.submit(r.msg.Buttons[0])
	r.stops = ok
	return b, ok
}

// chart adds a chart as Teams' own, as a picture, or in words.
func (r *renderer) chart(c figure) {
	shown, heading := c.native, c.heading
	switch {
	case c.drawn && r.native < min(r.cuts.charts, maxNative):
		r.native++
		fallback := texts(small(c.alt))
		if c.picture != nil && r.cuts.pictures {
			fallback = picture(c.picture, c.alt)
		}
		shown.Fallback = &fallback
		if c.unit != "" {
			heading = append(slices.Clone(heading), c.unit)
		}
	case c.picture != nil && r.cuts.pictures:
		shown = picture(c.picture, c.alt)
	default:
		if c.drawn || c.picture != nil {
			r.left = append(r.left, r.words.Chart)
		}
		r.aside("", c.alt, "")
		return
	}
	r.wide = true
	if len(heading) > 0 {
		e := texts(bold(heading[0]))
		if rest := strings.Join(heading[1:], " · "); rest != "" {
			e.Inlines = append(e.Inlines, small("\u2002"+rest))
		}
		e.Spacing, shown.Spacing = "Medium", "Small"
		r.add(e)
	}
	r.add(shown)
	r.aside("", c.caption, "Small")
}

// sheet adds a table. Columns that have no room beside the others are a press away.
func (r *renderer) sheet(s sheet) {
	if s.Title != "" {
		e := texts(bold(s.Title))
		e.Spacing = "Medium"
		r.add(e)
	}
	if len(s.Rows) == 0 || len(s.Head) == 0 {
		r.aside("", s.Listed(), "")
		r.aside("", strings.Join(s.Notes, " · "), "Small")
		return
	}
	parts := s.parts()
	r.wide = r.wide || len(s.Head) > 3
	r.add(parts[0].table())
	r.aside("", strings.Join(s.Notes, " · "), "Small")
	if len(parts) > 1 {
		more := element{Type: "Container", ID: r.id("columns"), IsVisible: ptr(false)}
		for _, p := range parts[1:] {
			more.Items = append(more.Items, p.table())
		}
		r.add(actionSet(toggle(fmt.Sprintf(r.words.moreColumns, len(s.Head)-len(parts[0].Head)), more.ID)))
		r.add(more)
	}
}

// toggle is a button that shows and hides an element.
func toggle(label, id string) action {
	return action{Type: "Action.ToggleVisibility", Title: label, TargetElements: []string{id}}
}

func actionSet(actions ...action) element { return element{Type: "ActionSet", Actions: actions} }

// maxReadings are the readings that are seen at a glance; further ones are a press away.
const maxReadings = 4

// readings adds how the question was read.
func (r *renderer) readings() {
	all := r.msg.Readings[:min(len(r.msg.Readings), r.cuts.readings)]
	if len(all) < len(r.msg.Readings) {
		r.left = append(r.left, r.words.Read)
	}
	if len(all) <= maxReadings {
		r.aside(r.words.Read, layout.Readings(all), "Medium")
		return
	}
	r.aside(r.words.Read, layout.Readings(all[:maxReadings])+" · …", "Medium")
	more := element{Type: "Container", ID: r.id("readings"), IsVisible: ptr(false), Style: "emphasis"}
	for _, x := range all {
		if text := literal(layout.Readings([]bot.Reading{x})); strings.TrimSpace(text) != "" {
			e := texts(small(text))
			e.Spacing = "Small"
			more.Items = append(more.Items, e)
		}
	}
	if len(more.Items) == 0 {
		return
	}
	r.add(more)
	r.shows = append(r.shows, toggle(r.words.Read, more.ID))
}

// origin adds where the answer came from.
func (r *renderer) origin() {
	spacing := "Medium"
	if len(r.msg.Readings) > 0 {
		spacing = "Small"
	}
	r.aside(r.words.Source, layout.Origin(r.msg), spacing)
}

// maxStatements bounds the SQL in a card, in UTF-16 units.
const maxStatements = 12_000

// sql adds the statements, to be shown by a press. What does not fit into the card can
// still be asked for.
func (r *renderer) sql() {
	hidden, whole := statements(r.msg.SQL, r.words, maxStatements)
	if len(hidden.Items) == 0 {
		return
	}
	if !r.cuts.sql || !whole {
		if !r.cuts.sql {
			r.left = append(r.left, r.words.SQL)
		}
		if b, ok := r.submit(bot.Button{Action: bot.ActionSQL, Label: r.words.SQL}); ok {
			r.shows = slices.Insert(r.shows, 0, b)
		}
		return
	}
	hidden.ID, hidden.IsVisible = r.id("sql"), ptr(false)
	r.add(hidden)
	r.shows = slices.Insert(r.shows, 0, toggle(r.words.SQL, hidden.ID))
}

// statements are SQL as it is, in letters of one width. It is false when they are more than
// limit.
func statements(all []bot.SQL, w *words, limit int) (element, bool) {
	out := element{Type: "Container", Style: "emphasis"}
	room := limit
	for _, s := range all {
		text := strings.TrimSpace(strings.ReplaceAll(layout.Clean(s.Text), "{{", "{"+layout.Joiner+"{"))
		if text == "" {
			continue
		}
		if room -= layout.Size(text); room < 0 {
			out.Items = append(out.Items, texts(small(w.SQLMore)))
			return out, false
		}
		if heading := sqlHeading(s, len(all) > 1); heading != "" {
			out.Items = append(out.Items, texts(small(layout.Cut(heading, layout.ALine))))
		}
		e := texts(mono(text))
		e.Spacing = "Small"
		out.Items = append(out.Items, e)
	}
	return out, true
}

// sqlHeading names a statement: what it shows or its result, and its source.
func sqlHeading(s bot.SQL, several bool) string {
	name := s.Title
	if name == "" && several {
		name = s.Result
	}
	return literal(strings.Trim(layout.OneLine(name)+" · "+layout.OneLine(s.Source), " ·"))
}

// leftOut says what did not fit.
func (r *renderer) leftOut() {
	if len(layout.Tools(r.msg)) > r.cuts.buttons { // each may hold a form
		r.left = append(r.left, r.words.leftButtons)
	}
	if len(r.left) > 0 {
		r.aside("", fmt.Sprintf(r.words.leftOut, strings.Join(slices.Compact(r.left), ", ")), "Small")
	}
}

// address is an address that a browser may open.
func address(s string) (string, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", false
	}
	return s, true
}
