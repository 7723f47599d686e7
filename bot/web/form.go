package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/bot"
)

// The limits of what is filled in, in letters.
const (
	maxLine = 2000
	maxLong = 10_000
	// maxPeople is how many people are offered to choose from.
	maxPeople = 2000
	// fewChoices are shown side by side; more are a list that opens.
	fewChoices = 5
)

// formView is the form of a button as it is shown.
type formView struct {
	*shown
	Button  bot.Button
	N       int // place of the button in its message
	Fields  []fieldView
	Problem string
	Key     string
	// Theme and Lang are those of the page around it, where it is a page of its own.
	Theme, Lang string
}

// Title heads the form.
func (f *formView) Title() string { return cmp.Or(oneLine(f.Button.Form.Title), f.Button.Label) }

// Note is what is said above the fields.
func (f *formView) Note() template.HTML { return markup{}.text(f.Button.Form.Note) }

// Submit is what the button that sends it says.
func (f *formView) Submit() string { return cmp.Or(oneLine(f.Button.Form.Submit), f.L.FormSubmit) }

// fieldView is a field of a form with what stands in it.
type fieldView struct {
	bot.FormField
	ID      string // of the element; its name, too
	Value   string
	Choices []choiceView
	Left    int // people who are not among Choices
	Fault   string
	Max     int // letters
	L       *texts
}

// Type is how the field is made: "line", "long", "date", "time", "radio", "select",
// "boxes" or "people".
func (f *fieldView) Type() string {
	switch f.Kind {
	case bot.FieldLong, bot.FieldDate, bot.FieldTime, bot.FieldPeople:
		return string(f.Kind)
	case bot.FieldChoices:
		return "boxes"
	case bot.FieldChoice:
		if len(f.Choices) > fewChoices || f.Optional { // a radio button that was pressed stays so
			return "select"
		}
		return "radio"
	}
	return "line"
}

// Group tells whether it is several elements under one label.
func (f *fieldView) Group() bool {
	return slices.Contains([]string{"radio", "boxes", "people"}, f.Type())
}

// Described names the elements that describe the field.
func (f *fieldView) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Fault != "" {
		ids = append(ids, f.ID+"-fault")
	}
	return strings.Join(ids, " ")
}

// Unfinished is said of what a browser cannot read, such as half a date.
func (f *fieldView) Unfinished() string {
	switch f.Kind {
	case bot.FieldDate:
		return f.L.FormDate
	case bot.FieldTime:
		return f.L.FormTime
	}
	return ""
}

// choiceView is something to choose.
type choiceView struct {
	bot.Choice
	Chosen bool
}

// showForm shows the form of a button: to a script alone, to others as a page.
func (w *Web) showForm(rw http.ResponseWriter, r *http.Request) {
	v, ok := w.visitor(rw, r)
	if !ok {
		return
	}
	e, ok := w.find(rw, r, v, r.PathValue("message"))
	if !ok {
		return
	}
	q := r.URL.Query()
	b, n, ok := w.offered(e, r.PathValue("n"), q.Get("action"), q.Get("value"))
	if !ok || b.Form == nil {
		w.say(rw, r, http.StatusGone, textsFor(v.Lang).FormGone)
		return
	}
	people, err := w.peopleFor(r.Context(), v, b.Form)
	if err != nil {
		w.broken(rw, r, v, err)
		return
	}
	f := w.formView(v, e, b, n)
	for i, field := range b.Form.Fields {
		f.Fields = append(f.Fields, newField(f.L, i, field, split(field), people))
	}
	w.renderForm(rw, r, http.StatusOK, f)
}

// fillIn reads what was filled into the form of a button. What is wrong is said at its
// field, with everything as it was filled in, and nothing is returned.
func (w *Web) fillIn(rw http.ResponseWriter, r *http.Request, v *viewer, f *form, b bot.Button, n int) (map[string]string, bool) {
	people, err := w.peopleFor(r.Context(), v, b.Form)
	if err != nil {
		w.broken(rw, r, v, err)
		return nil, false
	}
	view := w.formView(v, f.entry, b, n)
	view.Key = f.key // nothing was taken under it
	values := map[string]string{}
	for i, field := range b.Form.Fields {
		given := clean(field.Kind, f.values[fieldID(i)])
		shows := newField(view.L, i, field, given, people)
		values[field.Name], shows.Fault = shows.check(given, people)
		if shows.Fault != "" {
			view.Problem = view.L.FormFaults
		}
		view.Fields = append(view.Fields, shows)
	}
	if view.Problem != "" {
		w.renderForm(rw, r, http.StatusUnprocessableEntity, view)
		return nil, false
	}
	return values, true
}

func (w *Web) formView(v *viewer, e *entry, b bot.Button, n int) *formView {
	s := w.shown(v, e)
	return &formView{shown: s, Button: b, N: n, Key: s.Key, Theme: v.Theme, Lang: v.Lang}
}

func (w *Web) renderForm(rw http.ResponseWriter, r *http.Request, status int, f *formView) {
	name := "formpage"
	if isHTMX(r) {
		name = "form"
	}
	rw.Header().Set("Vary", "HX-Request")
	w.render(rw, r, status, name, f)
}

func fieldID(i int) string { return "f" + strconv.Itoa(i) }

// newField makes the field with a number, with what was given in it.
func newField(l *texts, i int, of bot.FormField, given []string, people []bot.Choice) fieldView {
	of.Label, of.Hint = oneLine(of.Label), oneLine(of.Hint)
	v := fieldView{FormField: of, ID: fieldID(i), L: l, Value: strings.Join(given, ","), Max: maxLine}
	if of.Kind == bot.FieldLong {
		v.Max = maxLong
	}
	choices := of.Choices
	if of.Kind == bot.FieldPeople {
		choices, v.Left = firstPeople(people, given)
	}
	for _, c := range choices {
		c.Label = oneLine(cmp.Or(c.Label, c.Value))
		v.Choices = append(v.Choices, choiceView{Choice: c, Chosen: slices.Contains(given, c.Value)})
	}
	return v
}

// firstPeople are those who can be shown: all who were given, and as many of the others
// as there is room for.
func firstPeople(people []bot.Choice, given []string) (shown []bot.Choice, left int) {
	if len(people) <= maxPeople {
		return people, 0
	}
	for i, p := range people {
		if i < maxPeople || slices.Contains(given, p.Value) {
			shown = append(shown, p)
		}
	}
	return shown, len(people) - len(shown)
}

// split takes apart what stands in a field at first.
func split(f bot.FormField) []string {
	if f.Kind != bot.FieldChoices && f.Kind != bot.FieldPeople {
		return []string{f.Value}
	}
	return clean(f.Kind, strings.Split(f.Value, ","))
}

// clean makes what was filled in fit to be stored: valid, without spaces around it, a line
// on one line, nothing twice.
func clean(kind bot.FieldKind, given []string) []string {
	var out []string
	for _, g := range given {
		g = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(g, "\uFFFD"), "\r\n", "\n"))
		if kind != bot.FieldLong {
			g = strings.ReplaceAll(g, "\n", " ")
		}
		if g != "" && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// check returns what was given as an action carries it, or what is wrong with it.
func (f *fieldView) check(given []string, people []bot.Choice) (value, fault string) {
	if len(given) == 0 {
		if !f.Optional {
			fault = f.L.FormRequired
		}
		return "", fault
	}
	switch f.Kind {
	case bot.FieldChoice:
		return oneOfThese(f.FormField.Choices, given[:1], f.L.FormChoice)
	case bot.FieldChoices:
		return oneOfThese(f.FormField.Choices, given, f.L.FormChoice)
	case bot.FieldPeople:
		return oneOfThese(people, given, f.L.FormPerson)
	case bot.FieldDate:
		_, err := time.Parse(time.DateOnly, given[0])
		return given[0], when(err != nil, f.L.FormDate)
	case bot.FieldTime:
		_, err := time.Parse("15:04", given[0])
		return given[0], when(err != nil, f.L.FormTime)
	}
	return given[0], when(utf8.RuneCountInString(given[0]) > f.Max, fmt.Sprintf(f.L.FormLong, grouped(f.Max)))
}

func when(wrong bool, fault string) string {
	if wrong {
		return fault
	}
	return ""
}

// oneOfThese joins what was given by commas, in the order in which it is offered. All of
// it has to be offered.
func oneOfThese(offered []bot.Choice, given []string, fault string) (string, string) {
	var out []string
	for _, c := range offered {
		if slices.Contains(given, c.Value) && !slices.Contains(out, c.Value) {
			out = append(out, c.Value)
		}
	}
	return strings.Join(out, ","), when(len(out) < len(given), fault)
}

// peopleFor lists the people whom a form may ask for; nobody where it asks for none.
func (w *Web) peopleFor(ctx context.Context, v *viewer, f *bot.Form) ([]bot.Choice, error) {
	if !slices.ContainsFunc(f.Fields, func(f bot.FormField) bool { return f.Kind == bot.FieldPeople }) {
		return nil, nil
	}
	people, err := w.chat.people(ctx)
	if err != nil {
		return nil, err
	}
	names := map[string]int{}
	for _, p := range people {
		names[p.Name]++
	}
	var out []bot.Choice
	for _, p := range people {
		label := p.Name
		if p.ID == v.ID {
			label += " (" + textsFor(v.Lang).FormYou + ")"
		} else if names[p.Name] > 1 { // two of a name are told apart by their ids
			label += " · " + p.ID
		}
		out = append(out, bot.Choice{Value: p.ID, Label: label})
	}
	return out, nil
}
