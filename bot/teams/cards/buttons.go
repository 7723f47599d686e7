package cards

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The limits of buttons.
const (
	maxPrimary = 6  // Teams': what is beyond goes behind "…"
	maxLabel   = 60 // ours: Teams cuts what is wider than the card
)

func isSQL(b bot.Button) bool { return b.Action == bot.ActionSQL }

// judged tells whether msg asks what people think of it.
func judged(msg bot.Message) bool { return slices.ContainsFunc(msg.Buttons, layout.IsOpinion) }

// submit makes a button that tells us of its press, if it can be made at all. One with a
// prompt opens a line of text below the card first.
func (r *renderer) submit(b bot.Button) (action, bool) {
	label := layout.Cut(layout.OneLine(literal(b.Label)), maxLabel)
	data, fits := r.data(b)
	if label == "" || !fits {
		return action{}, false
	}
	// Without msteams.feedback Teams says "sent to the app" of every press: what comes of
	// it says more.
	out := action{Type: "Action.Submit", Title: label, Data: data, MSTeams: quiet{hidden{true}}}
	switch b.Action {
	case bot.ActionGood:
		out.Tooltip = r.words.Good
	case bot.ActionBad:
		out.Tooltip = r.words.Bad
	}
	if layout.IsVerdict(b) { // is answered to who presses it alone
		out.Type, out.Verb, out.MSTeams = "Action.Execute", b.Action, nil
	}
	if b.Primary {
		out.Style = "positive"
	}
	if prompt := layout.Cut(layout.OneLine(literal(b.Prompt)), layout.ALine); prompt != "" {
		out.Title = r.words.Send
		return action{Type: "Action.ShowCard", Title: label, Card: &card{
			Type: "AdaptiveCard", Actions: []action{out},
			Body: []element{{
				Type: "Input.Text", ID: inputText, Label: prompt, IsMultiline: true, IsRequired: true, ErrorMessage: r.words.askEmpty, MaxLength: maxTyped,
			}},
		}}, true
	}
	return out, true
}

// data is what a button says when it is pressed here.
func (r *renderer) data(b bot.Button) (json.RawMessage, bool) {
	return dataOf(b, r.msg, !r.within && (opensDialog(b) || b.Action == bot.ActionCSV && r.opts.DialogCSV))
}

// choices adds what leads on: answers to a question back; where there is no answer, what
// there is one to, and who else may know.
func (r *renderer) choices() {
	r.row("", layout.Filter(r.msg.Buttons, layout.IsChoice))
	if r.msg.Kind == bot.KindRefusal {
		r.suggestions()
	}
	r.row(r.words.Analysts, layout.Filter(r.msg.Buttons, layout.IsAnalyst))
}

// suggestions adds other questions.
func (r *renderer) suggestions() {
	var buttons []bot.Button
	for _, s := range r.msg.Suggestions {
		buttons = append(buttons, bot.Button{Action: bot.ActionAsk, Label: s, Value: s})
	}
	r.row(r.words.Suggestions, buttons)
}

// toolActions are what acts on the message itself.
func (r *renderer) toolActions() []action {
	if r.stops {
		return nil // it is the only one
	}
	var out []action
	tools := layout.Tools(r.msg)
	for _, b := range tools[:min(len(tools), r.cuts.buttons)] {
		if isSQL(b) && len(r.msg.SQL) > 0 {
			continue // the card shows it in place
		}
		a, ok := r.submit(b)
		if link, has := address(r.opts.CSV[b.Value]); ok && has && b.Action == bot.ActionCSV {
			a, ok = action{Type: "Action.OpenUrl", Title: a.Title, URL: link}, true
		}
		if ok {
			out = append(out, a)
		}
	}
	return out
}

// foot adds what acts on the message itself, and last what people think of it.
func (r *renderer) foot() {
	r.tools = append(r.shows, r.toolActions()...)
	for _, b := range layout.Filter(r.msg.Buttons, layout.IsVerdict) {
		if a, ok := r.submit(b); ok && !(r.opts.Feedback && layout.IsOpinion(b)) {
			r.tools = append(r.tools, a)
		}
	}
	overflow(r.tools)
}

// overflow puts what is beyond Teams' row behind its "…": of the tools from the last, for
// people look for 👍, 👎 and what they have seen before.
func overflow(tools []action) {
	over := len(tools) - maxPrimary
	for i := len(tools) - 1; i >= 0 && over > 0; i-- {
		if a := tools[i]; a.Type == "Action.ShowCard" || a.Tooltip != "" || i < 2 {
			continue
		}
		tools[i].Mode = "secondary"
		over--
	}
	for i := len(tools) - 1; i >= 0 && over > 0; i-- {
		if tools[i].Mode == "" {
			tools[i].Mode = "secondary"
			over--
		}
	}
}

// row adds buttons under a heading. What a button's label has no room for, or what cannot
// be a button, is written out above, where it can be read and typed.
func (r *renderer) row(heading string, buttons []bot.Button) {
	if most := r.cuts.buttons; len(buttons) > most {
		buttons = buttons[:most]
		r.left = append(r.left, r.words.leftButtons)
	}
	var actions []action
	var long []string
	for _, b := range buttons {
		a, ok := r.submit(b)
		if ok {
			actions = append(actions, a)
		}
		if label := layout.OneLine(layout.Clean(b.Label)); (!ok || layout.Size(label) > maxLabel) && label != "" {
			long = append(long, "• "+label)
		}
	}
	if heading != "" && len(actions)+len(long) > 0 {
		e := texts(strongSmall(heading))
		e.Spacing = "Medium"
		r.add(e)
	}
	if len(long) > 0 {
		e := texts(literal(strings.Join(long, "\n")))
		e.Spacing = "Small"
		r.add(e)
	}
	for i, row := range slices.Collect(slices.Chunk(actions, maxPrimary)) {
		e := actionSet(row...)
		if heading != "" || i > 0 {
			e.Spacing = "Small"
		}
		r.add(e)
	}
}
