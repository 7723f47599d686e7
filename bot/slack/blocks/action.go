package blocks

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// Pressed is what somebody pressed: the action, and what is needed to ask for a line of
// text before it is done.
type Pressed struct {
	bot.Action
	Label    string    // what stands on the button; empty when it did not fit
	Prompt   string    // asks for a line of text; empty when none is asked for
	Form     *bot.Form // asks for more; nil when nothing is asked for
	Language string    // of the message that the button is on
}

// actionPrefix begins the ids of our actions.
const actionPrefix = "bapsang."

// actionName is what an action may be called. One that an older or newer version knows
// passes, free text does not.
var actionName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// ActionID is the action_id of a message's i-th button: unique within the message, as
// Slack demands.
func ActionID(b bot.Button, i int) string {
	return actionPrefix + strconv.Itoa(i) + "." + b.Action
}

// pressValue is the value of a button. Its names are short because Slack keeps no more
// than maxValue of it.
type pressValue struct {
	Question string `json:"q,omitempty"`
	Value    string `json:"v,omitempty"`
	Label    string `json:"l,omitempty"`
	Prompt   string `json:"p,omitempty"`
	Form     string `json:"f,omitempty"` // packed
	Language string `json:"n,omitempty"`
}

// ActionValue is the value of a button of msg. It is false when the value does not fit:
// such a button is not made, for a press must not do something else than it says.
func ActionValue(b bot.Button, msg bot.Message) (string, bool) {
	if !utf8.ValidString(b.Value) || !utf8.ValidString(msg.Question) {
		return "", false // JSON would change it
	}
	v := pressValue{
		Question: msg.Question, Value: b.Value, Label: layout.Clean(b.Label), Prompt: layout.Clean(b.Prompt), Language: languageOf(msg),
	}
	if b.Form != nil {
		form, err := pack(b.Form)
		if err != nil || !formFits(b.Form) {
			return "", false
		}
		v.Form = form
	}
	// What a press does not need gives way to what it does.
	for _, drop := range []func(){func() {}, func() { v.Label = "" }, func() { v.Prompt = layout.Cut(v.Prompt, 150) }} {
		drop()
		// Marshal writes & < > as \u0026 and so on: Slack, which escapes these in texts,
		// finds nothing to escape.
		data, err := json.Marshal(v)
		if err == nil && layout.Size(string(data)) <= maxValue {
			return string(data), true
		}
	}
	return "", false
}

// ParseAction reads what Slack says was pressed. It is false for what no button of ours
// says.
func ParseAction(actionID, value string) (Pressed, bool) {
	rest, ours := strings.CutPrefix(actionID, actionPrefix)
	index, name, found := strings.Cut(rest, ".")
	if _, err := strconv.ParseUint(index, 10, 16); err != nil || !ours || !found || !actionName.MatchString(name) {
		return Pressed{}, false
	}
	var v pressValue
	if layout.Size(value) > maxValue || !utf8.ValidString(value) || json.Unmarshal([]byte(value), &v) != nil {
		return Pressed{}, false
	}
	out := Pressed{
		Action: bot.Action{Name: name, Question: v.Question, Value: v.Value},
		Label:  v.Label, Prompt: v.Prompt, Language: v.Language,
	}
	if v.Form != "" {
		form, ok := unpack(v.Form)
		if !ok {
			return Pressed{}, false
		}
		out.Form = form
	}
	return out, true
}

// Buttons are the buttons of msg that can be pressed, as a stream of its progress begins
// with them: in their order, no more than fit into a row.
func Buttons(msg bot.Message) []slack.BlockElement {
	var out []slack.BlockElement
	for i, b := range msg.Buttons {
		if e, ok := button(b, i, msg); ok && len(out) < maxRow {
			out = append(out, e)
		}
	}
	return out
}

// button makes a message's i-th button, if it can be pressed at all.
func button(b bot.Button, i int, msg bot.Message) (*slack.ButtonBlockElement, bool) {
	label := layout.Cut(layout.OneLine(literal(b.Label)), maxLabel)
	value, fits := ActionValue(b, msg)
	if label == "" || !fits || !actionName.MatchString(b.Action) {
		return nil, false
	}
	e := slack.NewButtonBlockElement(ActionID(b, i), value, plainText(label))
	switch b.Action {
	case bot.ActionGood:
		e.AccessibilityLabel = wordsOf(msg).Good
	case bot.ActionBad:
		e.AccessibilityLabel = wordsOf(msg).Bad
	}
	if b.Primary {
		e.Style = slack.StylePrimary
	}
	return e, true
}
