package blocks

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The limits of forms.
const (
	maxFields      = 50   // ours
	maxFieldLabel  = 150  // ours: Slack takes 2,000
	maxTypedLong   = 3000 // of a text that is typed
	maxOptions     = 100  // of a menu, or of a group of one
	maxOptionText  = 75
	maxOptionValue = 150
	maxNote        = 3 * maxText // ours
)

// fieldID begins the ids of a field's block and of its input, which go on with its name.
const fieldID = "field."

// fieldName is what a field may be called.
var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

// formFits tells whether a form can be asked for: what cannot be asked whole is not asked.
func formFits(f *bot.Form) bool {
	if len(f.Fields) == 0 || len(f.Fields) > maxFields {
		return false
	}
	seen := map[string]bool{}
	for _, field := range f.Fields {
		if !fieldName.MatchString(field.Name) || seen[field.Name] {
			return false
		}
		seen[field.Name] = true
	}
	return true
}

// FormModal asks for what a form asks for. What comes back has the metadata.
func FormModal(form bot.Form, language, metadata string) slack.ModalViewRequest {
	w := wordsFor(language)
	text := func(s, otherwise string) string {
		if s = layout.OneLine(literal(s)); s == "" {
			return otherwise
		}
		return s
	}
	view := modal(CallbackForm, text(form.Title, w.tell), text(form.Submit, w.Send), w.cancel, metadata)
	for _, run := range portions(parse(layout.Cut(form.Note, maxNote)), maxText) {
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, richText(run))
	}
	for _, f := range form.Fields {
		label := plainText(layout.Cut(text(f.Label, f.Name), maxFieldLabel))
		var hint *slack.TextBlockObject
		element, typed := element(f)
		if h := text(hintOf(f, typed), ""); h != "" {
			hint = plainText(layout.Cut(h, maxText))
		}
		input := slack.NewInputBlock(fieldID+f.Name, label, hint, element)
		input.Optional = f.Optional
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, input)
	}
	return view
}

// hintOf is a field's hint. Where choices have to be typed it tells them.
func hintOf(f bot.FormField, typed bool) string {
	if !typed || len(f.Choices) == 0 {
		return f.Hint
	}
	parts := []string{f.Hint}
	for _, c := range f.Choices[:min(len(f.Choices), maxOptions)] {
		parts = append(parts, c.Value)
	}
	return strings.Trim(strings.Join(parts, " · "), " ·")
}

// element is what a field is filled in with. Typed is set when it is text where something
// else was asked for: Slack has no menu of nothing, nor one of long values.
func element(f bot.FormField) (e slack.BlockElement, typed bool) {
	switch f.Kind {
	case bot.FieldDate:
		e := slack.NewDatePickerBlockElement(fieldID + f.Name)
		if _, err := time.Parse(time.DateOnly, f.Value); err == nil {
			e.InitialDate = f.Value
		}
		return e, false
	case bot.FieldTime:
		e := slack.NewTimePickerBlockElement(fieldID + f.Name)
		if t, err := time.Parse("15:04", f.Value); err == nil {
			e.InitialTime = t.Format("15:04")
		}
		return e, false
	case bot.FieldPeople:
		e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeUser, nil, fieldID+f.Name)
		for _, id := range split(f.Value) {
			if userID.MatchString(id) {
				e.InitialUsers = append(e.InitialUsers, id)
			}
		}
		return e, false
	case bot.FieldChoice, bot.FieldChoices:
		if e, ok := menu(f); ok {
			return e, false
		}
		return textField(f), true
	}
	return textField(f), false
}

// userID is how Slack calls people.
var userID = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)

func textField(f bot.FormField) *slack.PlainTextInputBlockElement {
	e := slack.NewPlainTextInputBlockElement(nil, fieldID+f.Name)
	e.Multiline = f.Kind == bot.FieldLong
	e.MaxLength = maxLine
	if e.Multiline {
		e.MaxLength = maxTypedLong
	}
	e.InitialValue = layout.Prefix(layout.Clean(f.Value), e.MaxLength)
	return e
}

// menu is a menu of a field's choices, in groups where they are many. It is false where
// Slack could not show each choice and give back its value.
func menu(f bot.FormField) (slack.BlockElement, bool) {
	options, ok := optionsOf(f.Choices)
	if !ok {
		return nil, false
	}
	chosen := []string{f.Value}
	if f.Kind == bot.FieldChoices {
		chosen = split(f.Value)
	}
	var first []*slack.OptionBlockObject
	for _, o := range options {
		if slices.Contains(chosen, o.Value) {
			first = append(first, o)
		}
	}
	groups := groupsOf(options)
	if groups != nil {
		options = nil
	}
	if f.Kind == bot.FieldChoice {
		e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, fieldID+f.Name, options...)
		e.OptionGroups = groups
		if len(first) > 0 {
			e.InitialOption = first[0]
		}
		return e, true
	}
	e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, nil, fieldID+f.Name, options...)
	e.OptionGroups, e.InitialOptions = groups, first
	return e, true
}

// optionsOf are choices as options of a menu.
func optionsOf(choices []bot.Choice) ([]*slack.OptionBlockObject, bool) {
	var out []*slack.OptionBlockObject
	seen := map[string]bool{}
	for _, c := range choices {
		if c.Value == "" || layout.Size(c.Value) > maxOptionValue || !utf8.ValidString(c.Value) {
			return nil, false
		}
		if seen[c.Value] {
			continue
		}
		seen[c.Value] = true
		label := layout.Cut(layout.OneLine(literal(c.Label)), maxOptionText)
		if label == "" {
			label = layout.Cut(layout.OneLine(literal(c.Value)), maxOptionText)
		}
		if label == "" {
			return nil, false
		}
		out = append(out, slack.NewOptionBlockObject(c.Value, plainText(label), nil))
	}
	return out, len(out) > 0 && len(out) <= maxOptions*maxOptions
}

// groupsOf are options in groups, each called after its numbers; nil where one menu takes
// them all.
func groupsOf(options []*slack.OptionBlockObject) []*slack.OptionGroupBlockObject {
	if len(options) <= maxOptions {
		return nil
	}
	var out []*slack.OptionGroupBlockObject
	from := 1
	for part := range slices.Chunk(options, maxOptions) {
		label := strconv.Itoa(from) + "–" + strconv.Itoa(from+len(part)-1)
		out = append(out, slack.NewOptionGroupBlockElement(plainText(label), part...))
		from += len(part)
	}
	return out
}

func split(value string) []string {
	var out []string
	for s := range strings.SplitSeq(value, ",") {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Filled is what somebody filled into a form.
type Filled struct {
	Values map[string]string // of every field, in the form of bot.FormField
	// Empty are the blocks whose fields have to be filled in, and are not: Slack takes a
	// line of nothing but spaces.
	Empty []string
	Last  string // the last block, at the button that sends the form
}

// ParseForm reads a submitted form: the values of its blocks. It is false for what is no
// form of ours.
func ParseForm(view slack.View) (Filled, bool) {
	if view.CallbackID != CallbackForm {
		return Filled{}, false
	}
	out := Filled{Values: map[string]string{}}
	for _, b := range view.Blocks.BlockSet {
		input, ok := b.(*slack.InputBlock)
		if !ok {
			continue
		}
		name, ours := strings.CutPrefix(input.BlockID, fieldID)
		if !ours || !fieldName.MatchString(name) {
			continue
		}
		var given string
		if view.State != nil {
			given = valueOf(view.State.Values[input.BlockID][input.BlockID])
		}
		out.Values[name], out.Last = given, input.BlockID
		if given == "" && !input.Optional {
			out.Empty = append(out.Empty, input.BlockID)
		}
	}
	return out, len(out.Values) > 0
}

// valueOf is what was filled in, whatever with.
func valueOf(a slack.BlockAction) string {
	switch {
	case a.SelectedDate != "":
		return a.SelectedDate
	case a.SelectedTime != "":
		return a.SelectedTime
	case a.SelectedOption.Value != "":
		return a.SelectedOption.Value
	case len(a.SelectedOptions) > 0:
		var values []string
		for _, o := range a.SelectedOptions {
			values = append(values, o.Value)
		}
		return strings.Join(values, ",")
	case len(a.SelectedUsers) > 0:
		return strings.Join(a.SelectedUsers, ",")
	}
	return typedText(a)
}

// typedText is a text that somebody typed: its syllables whole, as keyboards of a Mac may not
// send them.
func typedText(a slack.BlockAction) string {
	return strings.TrimSpace(norm.NFC.String(strings.ToValidUTF8(a.Value, "\uFFFD")))
}
