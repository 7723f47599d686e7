package cards

import (
	"encoding/json"
	"fmt"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// Home is what is said where we are installed: what this is, and questions one press away.
func Home(language string, prompts []string) Layout {
	w := wordsFor(language)
	const most = 6 // nobody reads more
	r := renderer{msg: bot.Message{Language: w.Lang}, words: w, cuts: cuts{buttons: most}}
	title := styledRun("🍚  "+w.Home, run{Weight: "Bolder", Size: "Large"})
	r.add(texts(title))
	r.add(texts(w.homeHow))
	var buttons []bot.Button
	for _, q := range prompts[:min(len(prompts), most)] {
		buttons = append(buttons, bot.Button{Action: bot.ActionAsk, Label: q, Value: q})
	}
	r.row(w.HomeTry, buttons)
	r.aside("", w.homeFiles, "Medium")
	return r.of(w.Home)
}

// SQL shows the statements behind an answer, for one whose card had no room for them.
func SQL(all []bot.SQL, language string) Layout {
	w := wordsFor(language)
	r := renderer{words: w}
	shown, _ := statements(all, w, 2*maxStatements)
	if len(shown.Items) == 0 {
		return Layout{Text: escape(w.SQLNone), Summary: w.SQLNone}
	}
	r.add(texts(bold(w.SQL)))
	r.add(shown)
	return r.of(w.SQL)
}

// Place is where an answer may be shown.
type Place struct {
	ID   string // becomes Action.Value
	Name string
}

const maxPlaces = 100

// Share asks for the place that shall see an answer: what is picked comes back as the value
// of the press.
func Share(pressed Pressed, places []Place) Layout {
	w := wordsFor(pressed.Language)
	r := renderer{msg: bot.Message{Language: w.Lang, Question: pressed.Question}, words: w, within: true}
	pick := element{
		Type: "Input.ChoiceSet", ID: inputValue, Label: w.ShareLabel, IsRequired: true, ErrorMessage: w.ShareLabel, Style: "compact",
	}
	var choices []choice
	for _, p := range places {
		if name := layout.Cut(layout.OneLine(literal(p.Name)), maxCell); name != "" && p.ID != "" && len(choices) < maxPlaces {
			choices = append(choices, choice{name, p.ID})
		}
	}
	pick.Choices = &choices
	button, ok := r.submit(bot.Button{Action: bot.ActionShare, Label: w.Share})
	if len(choices) == 0 || !ok {
		return Layout{Text: escape(w.shareNone), Summary: w.shareNone}
	}
	r.add(texts(bold(w.Share)))
	r.add(pick)
	r.aside("", w.ShareHint, "Small")
	r.tools = []action{button}
	return r.of(w.Share)
}

// Rows is the link to a result's rows, for who asked for it alone.
func Rows(name, address string, minutes int, language string) Layout {
	w := wordsFor(language)
	r := renderer{msg: bot.Message{Language: w.Lang}, words: w}
	r.add(texts(bold(literal(name))))
	r.aside("", fmt.Sprintf(w.rowsFor, minutes), "Small")
	r.tools = []action{{Type: "Action.OpenUrl", Title: w.download, URL: address}}
	return r.of(name)
}

// of is a card of what was added.
func (r *renderer) of(summary string) Layout {
	c := newCard(r.body, r.tools)
	c.FallbackText = summary
	data, err := json.Marshal(c)
	if err != nil {
		return Layout{Text: escape(summary), Summary: summary}
	}
	return Layout{Card: data, Summary: summary}
}
