package cards

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// Pressed is what somebody pressed: the action with what they typed or picked, and what
// is needed to ask for a line of text where none was typed.
type Pressed struct {
	bot.Action
	Label    string // what stands on the button; empty when it did not fit
	Prompt   string // asks for a line of text; empty when none is asked for
	Language string // of the message that the button is on

	// Form is what is to be asked first; nil for nothing. It comes with the press, so that a
	// button works for as long as it is seen. Once it is Filled, Action.Values are what stands
	// in its fields, unchecked, and Message is the message that the button is on.
	Form    *bot.Form
	Filled  bool
	Message string
}

// ours is the name under which a press says what it is for. Beside it stand what was
// typed and what Teams adds.
const ours = "bapsang"

// The inputs of our cards. What is entered comes back beside the button's own data.
const (
	inputText  = "bapsang.text"   // becomes Action.Text
	inputValue = "bapsang.value"  // becomes Action.Value, where the button has none
	inputField = "bapsang.field." // before the name of a form's field: becomes one of Action.Values
)

const (
	maxPress = 16 << 10 // ours, in bytes, of what comes back from Teams, forms apart
	maxValue = 2000     // ours, of all that a button carries, its form apart
	maxTyped = 2000     // ours, of what is typed into a card
)

// actionName is what an action may be called. One that an older or newer version knows
// passes, free text does not.
var actionName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// press is what a button says when it is pressed.
type press struct {
	Action   string    `json:"action"`
	Question string    `json:"question,omitempty"`
	Value    string    `json:"value,omitempty"`
	Label    string    `json:"label,omitempty"`
	Prompt   string    `json:"prompt,omitempty"`
	Language string    `json:"language,omitempty"`
	Form     *bot.Form `json:"form,omitempty"`
	Filled   bool      `json:"filled,omitempty"`
	Message  string    `json:"message,omitempty"`
}

// Data is the data of a button of msg, for Action.Submit and Action.Execute alike. It is
// false when it does not fit: such a button is not made, for a press must not do
// something else than it says.
func Data(b bot.Button, msg bot.Message) (json.RawMessage, bool) {
	return dataOf(b, msg, opensDialog(b))
}

// opensDialog tells whether the press of a button is answered by a dialog.
func opensDialog(b bot.Button) bool {
	return b.Form != nil || b.Action == bot.ActionSQL || b.Action == bot.ActionShare && b.Value == ""
}

// dataOf is Data of a button that opens a dialog or does not.
func dataOf(b bot.Button, msg bot.Message, opens bool) (json.RawMessage, bool) {
	if !actionName.MatchString(b.Action) || !utf8.ValidString(b.Value) || !utf8.ValidString(msg.Question) {
		return nil, false // JSON would change it
	}
	p := press{
		Action: b.Action, Question: msg.Question, Value: b.Value, Label: layout.Clean(b.Label), Prompt: layout.Clean(b.Prompt), Language: languageOf(msg),
	}
	// What a press does not need gives way to what it does.
	for _, drop := range []func(){func() {}, func() { p.Label = "" }, func() { p.Prompt = layout.Cut(p.Prompt, 150) }} {
		drop()
		data, err := json.Marshal(map[string]any{ours: p})
		if err == nil && layout.Size(string(data)) <= maxValue+len(`{"bapsang":}`) {
			if !opens {
				return data, true
			}
			p.Form = b.Form
			data, err = json.Marshal(map[string]any{ours: p, "msteams": map[string]string{"type": "task/fetch"}})
			return data, err == nil && (p.Form == nil || formFits(p.Form))
		}
	}
	return nil, false
}

// ParseAction reads the value of an activity as Teams sends it for a press: of
// Action.Submit the data itself, of Action.Execute and of dialogs what holds it. It is
// false for what no button of ours says, whoever made it up.
func ParseAction(value json.RawMessage) (Pressed, bool) {
	if len(value) > maxPress+maxFilled || !utf8.Valid(value) {
		return Pressed{}, false
	}
	var outer struct {
		Data   map[string]json.RawMessage `json:"data"`
		Action struct {
			Data map[string]json.RawMessage `json:"data"`
		} `json:"action"`
	}
	var data map[string]json.RawMessage
	if json.Unmarshal(value, &data) != nil {
		return Pressed{}, false
	}
	if data[ours] == nil {
		if json.Unmarshal(value, &outer) != nil {
			return Pressed{}, false
		}
		if data = outer.Data; data[ours] == nil {
			data = outer.Action.Data
		}
	}
	var p press
	if data[ours] == nil || json.Unmarshal(data[ours], &p) != nil || !actionName.MatchString(p.Action) {
		return Pressed{}, false
	}
	out := Pressed{
		Action: bot.Action{Name: p.Action, Question: p.Question, Value: p.Value, Text: entered(data, inputText)},
		Label:  p.Label, Prompt: p.Prompt, Language: p.Language, Form: p.Form, Filled: p.Filled && p.Form != nil, Message: p.Message,
	}
	if out.Value == "" {
		out.Value = entered(data, inputValue)
	}
	if p.Form == nil && len(value) > maxPress || p.Form != nil && !formFits(p.Form) {
		return Pressed{}, false
	}
	if out.Filled {
		out.Values = map[string]string{}
		for _, f := range p.Form.Fields {
			var given string
			_ = json.Unmarshal(data[inputField+f.Name], &given) // what is no text is none
			out.Values[f.Name] = given
		}
	}
	return out, true
}

// entered is what somebody entered into an input.
func entered(data map[string]json.RawMessage, input string) string {
	var s string
	if json.Unmarshal(data[input], &s) != nil {
		return ""
	}
	return strings.TrimSpace(layout.Prefix(s, maxTyped))
}
