package cards

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The limits of forms, all ours.
const (
	maxForm     = 12_000    // UTF-16 units of its JSON: it stands in every message with its button
	maxFilled   = 200 << 10 // bytes, of a form with all that is filled into it
	maxFields   = 40
	maxLine     = 500
	maxLong     = 4000
	maxShort    = 100 // of a label or a choice
	fewChoices  = 5   // are seen side by side
	manyChoices = 15  // are found by typing
)

// formFits tells whether a form is one that people fill in.
func formFits(f *bot.Form) bool {
	data, err := json.Marshal(f)
	if err != nil || layout.Size(string(data)) > maxForm || len(f.Fields) > maxFields {
		return false
	}
	seen := map[string]bool{}
	for _, x := range f.Fields {
		if x.Name == "" || seen[x.Name] || layout.OneLine(literal(x.Label)) == "" {
			return false
		}
		seen[x.Name] = true
	}
	return true
}

// Form is the card in which what a press asks for is filled in, for a dialog; message is
// the one that the button is on. Of a form that was filled in the card says what is wrong
// (see Check), with everything as it was filled in.
func Form(p Pressed, message string, faults map[string]string) Layout {
	w := wordsFor(p.Language)
	r := renderer{msg: bot.Message{Language: w.Lang, Question: p.Question}, words: w, within: true}
	title := FormTitle(p)
	if len(faults) > 0 {
		r.add(texts(styledRun("⚠\u2002"+w.formFaults, run{Weight: "Bolder", Color: "Attention"})))
	}
	r.body = append(r.body, paragraphs(parse(p.Form.Note))...)
	for _, f := range p.Form.Fields {
		value := f.Value
		if p.Filled {
			value = p.Values[f.Name]
		}
		e := r.field(f, value)
		e.Spacing = "Medium"
		r.add(e)
		if fault := faults[f.Name]; fault != "" {
			e := texts(styledRun(fault, run{Size: "Small", Color: "Attention"}))
			e.Spacing = "Small"
			r.add(e)
		}
		if e.Placeholder == "" { // of dates and times, and of what is seen side by side
			r.aside("", layout.Cut(f.Hint, maxShort), "Small")
		}
	}
	if len(r.body) == 0 {
		r.add(texts(title))
	}
	label := layout.Cut(layout.OneLine(literal(p.Form.Submit)), maxLabel)
	if label == "" {
		label = w.Send
	}
	data, err := json.Marshal(map[string]press{ours: {
		Action: p.Name, Question: p.Question, Value: p.Value, Label: p.Label, Language: p.Language, Form: p.Form, Filled: true, Message: message,
	}})
	if err != nil { // it was read from JSON
		return Layout{Text: escape(title), Summary: title}
	}
	r.tools = []action{{Type: "Action.Submit", Title: label, Style: "positive", Data: data, MSTeams: quiet{hidden{true}}}}
	return r.of(title)
}

// FormTitle heads a form.
func FormTitle(p Pressed) string {
	for _, s := range []string{p.Form.Title, p.Label, p.Form.Submit} {
		if s = layout.Cut(layout.OneLine(literal(s)), maxShort); s != "" {
			return s
		}
	}
	return wordsFor(p.Language).Send
}

// field is the input of a field. What is required Teams does not let people leave empty.
func (r *renderer) field(f bot.FormField, value string) element {
	e := element{ID: inputField + f.Name, Label: layout.Cut(layout.OneLine(literal(f.Label)), maxShort), Value: value}
	hint := layout.Cut(layout.OneLine(literal(f.Hint)), maxShort)
	if !f.Optional {
		e.IsRequired, e.ErrorMessage = true, r.words.formRequired
	}
	switch f.Kind {
	case bot.FieldDate:
		e.Type = "Input.Date"
		e.Value = valid(value, isDate)
	case bot.FieldTime:
		e.Type = "Input.Time"
		e.Value = valid(value, isTime)
	case bot.FieldChoice, bot.FieldChoices:
		r.choose(&e, f, hint)
	case bot.FieldPeople:
		e.Type, e.IsMultiSelect, e.Placeholder = "Input.ChoiceSet", true, hint
		e.Choices, e.ChoicesData = &[]choice{}, &dataset{Type: "Data.Query", Dataset: "graph.microsoft.com/users"}
	default:
		e.Type, e.Placeholder, e.MaxLength = "Input.Text", hint, maxLine
		if f.Kind == bot.FieldLong {
			e.IsMultiline, e.MaxLength = true, maxLong
		}
		e.Value = prefixRunes(value, e.MaxLength)
	}
	return e
}

// choose makes e an input of what can be chosen.
func (r *renderer) choose(e *element, f bot.FormField, hint string) {
	var choices []choice
	for _, c := range f.Choices {
		label := layout.Cut(layout.OneLine(literal(c.Label)), maxShort)
		if label == "" {
			label = layout.Cut(layout.OneLine(literal(c.Value)), maxShort)
		}
		if label != "" && c.Value != "" {
			choices = append(choices, choice{label, c.Value})
		}
	}
	if f.Kind == bot.FieldChoice && f.Optional || len(choices) == 0 {
		choices = append([]choice{{r.words.formNone, noChoice}}, choices...)
	}
	e.Type, e.Choices, e.IsMultiSelect, e.Wrap = "Input.ChoiceSet", &choices, f.Kind == bot.FieldChoices, true
	switch {
	case e.IsMultiSelect && len(choices) > fewChoices:
		e.Style = "compact"
	case e.IsMultiSelect:
		e.Style = "expanded"
	case len(choices) > manyChoices:
		e.Style = "filtered"
	default:
		e.Style = "compact"
	}
	if e.Style != "expanded" {
		e.Placeholder = hint
	}
	if e.Value == "" && f.Kind == bot.FieldChoice && f.Optional {
		e.Value = noChoice
	}
}

// noChoice is what comes back where nothing was chosen of what may be left out: an input
// cannot be emptied again.
const noChoice = "bapsang.none"

func valid(s string, ok func(string) bool) string {
	if ok(s) {
		return s
	}
	return ""
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func isTime(s string) bool {
	_, err := time.Parse("15:04", s)
	return err == nil
}

func prefixRunes(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most])
}

// Check returns what was filled into the form as an action carries it, or by its field what
// is wrong with it: a client may send anything.
func (p Pressed) Check() (values, faults map[string]string) {
	w := wordsFor(p.Language)
	values, faults = map[string]string{}, map[string]string{}
	for _, f := range p.Form.Fields {
		value, fault := w.check(f, p.Values[f.Name])
		if fault != "" {
			faults[f.Name] = fault
		}
		values[f.Name] = value
	}
	return values, faults
}

func (w *words) check(f bot.FormField, given string) (value, fault string) {
	given = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(given, "\uFFFD"), "\r\n", "\n"))
	if f.Kind != bot.FieldLong {
		given = strings.ReplaceAll(given, "\n", " ")
	}
	if given == noChoice {
		given = ""
	}
	if given == "" {
		if !f.Optional {
			fault = w.formRequired
		}
		return "", fault
	}
	fails := func(ok bool, fault string) (string, string) {
		if ok {
			return given, ""
		}
		return given, fault
	}
	switch f.Kind {
	case bot.FieldDate:
		return fails(isDate(given), w.formDate)
	case bot.FieldTime:
		return fails(isTime(given), w.formTime)
	case bot.FieldChoice:
		return fails(slices.ContainsFunc(f.Choices, func(c bot.Choice) bool { return c.Value == given }), w.formChoice)
	case bot.FieldChoices:
		return chosen(f.Choices, given, w.formChoice)
	case bot.FieldPeople:
		return w.people(given)
	}
	most := maxLine
	if f.Kind == bot.FieldLong {
		most = maxLong
	}
	return fails(utf8.RuneCountInString(given) <= most, fmt.Sprintf(w.formLong, strconv.Itoa(most)))
}

// chosen are those of given that are offered, in that order. A choice may have a comma in
// it, so what was given is taken apart by what is offered.
func chosen(offered []bot.Choice, given, fault string) (string, string) {
	left := "," + given + ","
	var out []string
	for _, c := range offered {
		if c.Value != "" && strings.Contains(left, ","+c.Value+",") && !slices.Contains(out, c.Value) {
			out = append(out, c.Value)
			left = strings.ReplaceAll(left, ","+c.Value+",", ",,")
		}
	}
	if strings.Trim(left, ", ") != "" {
		return given, fault
	}
	return strings.Join(out, ","), ""
}

// objectID is how Teams names people in its directory.
var objectID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// people are the ids of those who were picked, as Event.User has them.
func (w *words) people(given string) (string, string) {
	var out []string
	for id := range strings.SplitSeq(given, ",") {
		id = strings.ToLower(strings.TrimSpace(id))
		if !objectID.MatchString(id) {
			return given, w.formPerson
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return strings.Join(out, ","), ""
}
