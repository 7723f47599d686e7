package cards

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/bot"
)

// The limits of buttons.
const (
	maxPrimary = 6  // Teams': what is beyond goes behind "…"
	maxLabel   = 60 // ours: Teams cuts what is wider than the card
)

// The kinds of buttons, by what they are for.
func isChoice(b bot.Button) bool { return b.Action == bot.ActionChoose || b.Action == bot.ActionAsk }

func isAnalyst(b bot.Button) bool { return b.Action == bot.ActionAnalyst }

func isOpinion(b bot.Button) bool { return b.Action == bot.ActionGood || b.Action == bot.ActionBad }

func isVerdict(b bot.Button) bool { return isOpinion(b) || b.Action == bot.ActionWrong }

func isTool(b bot.Button) bool { return !isChoice(b) && !isAnalyst(b) && !isVerdict(b) }

func isSQL(b bot.Button) bool { return b.Action == bot.ActionSQL }

func filter(buttons []bot.Button, keep func(bot.Button) bool) []bot.Button {
	var out []bot.Button
	for _, b := range buttons {
		if keep(b) {
			out = append(out, b)
		}
	}
	return out
}

// judged tells whether msg asks what people think of it.
func judged(msg bot.Message) bool { return slices.ContainsFunc(msg.Buttons, isOpinion) }

// submit makes a button that tells us of its press, if it can be made at all. One with a
// prompt opens a line of text below the card first.
func (r *renderer) submit(b bot.Button) (action, bool) {
	label := cut(oneLine(literal(b.Label)), maxLabel)
	data, fits := Data(b, r.msg)
	if label == "" || !fits {
		return action{}, false
	}
	// Without msteams.feedback Teams says "sent to the app" of every press: what comes of
	// it says more.
	out := action{Type: "Action.Submit", Title: label, Data: data, MSTeams: quiet{hidden{true}}}
	switch b.Action {
	case bot.ActionGood:
		out.Tooltip = r.words.good
	case bot.ActionBad:
		out.Tooltip = r.words.bad
	}
	if b.Primary {
		out.Style = "positive"
	}
	if prompt := cut(oneLine(literal(b.Prompt)), aLine); prompt != "" {
		out.Title = r.words.send
		return action{Type: "Action.ShowCard", Title: label, Card: &card{
			Type: "AdaptiveCard", Actions: []action{out},
			Body: []element{{
				Type: "Input.Text", ID: inputText, Label: prompt, IsMultiline: true, IsRequired: true, ErrorMessage: r.words.askEmpty, MaxLength: maxTyped,
			}},
		}}, true
	}
	return out, true
}

// choices adds what leads on: answers to a question back; where there is no answer, what
// there is one to, and who else may know.
func (r *renderer) choices() {
	r.row("", filter(r.msg.Buttons, isChoice))
	if r.msg.Kind == bot.KindRefusal {
		r.suggestions()
	}
	r.row(r.words.analysts, filter(r.msg.Buttons, isAnalyst))
}

// suggestions adds other questions.
func (r *renderer) suggestions() {
	var buttons []bot.Button
	for _, s := range r.msg.Suggestions {
		buttons = append(buttons, bot.Button{Action: bot.ActionAsk, Label: s, Value: s})
	}
	r.row(r.words.suggestions, buttons)
}

// toolActions are what acts on the message itself.
func (r *renderer) toolActions() []action {
	if r.stops {
		return nil // it is the only one
	}
	var out []action
	seen := map[string]bool{"": true} // results that can be had
	for _, b := range r.msg.Buttons {
		seen[b.Value] = seen[b.Value] || b.Action == bot.ActionCSV
	}
	add := func(b bot.Button) {
		a, ok := r.submit(b)
		if link, has := address(r.opts.CSV[b.Value]); ok && has && b.Action == bot.ActionCSV {
			a, ok = action{Type: "Action.OpenUrl", Title: a.Title, URL: link}, true
		}
		if ok {
			out = append(out, a)
		}
	}
	for _, b := range filter(r.msg.Buttons, isTool) {
		switch {
		case isSQL(b) && len(r.msg.SQL) > 0: // the card shows it in place
			continue
		case b.Action != bot.ActionCSV || len(r.msg.Tables) < 2:
			add(b)
			continue
		}
		b.Label = r.csvLabel(b)
		add(b)
		for _, t := range r.msg.Tables { // each result can be had, not just the first
			if !seen[t.Result] {
				seen[t.Result] = true
				b.Value = t.Result
				b.Label = r.csvLabel(b)
				add(b)
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

// foot adds what acts on the message itself, and last what people think of it.
func (r *renderer) foot() {
	r.tools = append(r.shows, r.toolActions()...)
	for _, b := range filter(r.msg.Buttons, isVerdict) {
		if a, ok := r.submit(b); ok && !(r.opts.Feedback && isOpinion(b)) {
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
		if label := oneLine(clean(b.Label)); (!ok || size(label) > maxLabel) && label != "" {
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
