package teamstest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Text is all that can be read in a message, a line for each part: its text, what is in
// its cards, hidden or not, labels and values of charts, titles of actions, names of
// files, and suggested actions. What stands in for an element that Teams knows is not
// read.
func Text(m Message) string {
	var lines []string
	if m.Text != "" {
		lines = append(lines, m.Text)
	}
	for _, c := range m.Cards {
		lines = append(lines, CardText(c))
	}
	var activity obj
	_ = json.Unmarshal(m.Raw, &activity)
	for _, a := range objects(activity["attachments"]) {
		if name := text(a, "name"); name != "" {
			lines = append(lines, name)
		}
	}
	for _, a := range suggested(activity) {
		lines = append(lines, text(a, "title"))
	}
	return strings.Join(lines, "\n")
}

// CardText is all that can be read in a card.
func CardText(card json.RawMessage) string {
	var c obj
	_ = json.Unmarshal(card, &c)
	return strings.Join(read(nil, c), "\n")
}

// Shown is what a person sees of a message without pressing anything more: what is not
// visible, and has not been toggled, is left out.
func (s *Server) Shown(person string, m Message) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(m.Conversation, m.ID)
	if x == nil || x.deleted {
		return ""
	}
	var lines []string
	if x.text != "" {
		lines = append(lines, x.text)
	}
	for _, c := range s.cardsFor(x, person) {
		lines = read(lines, visible(c, func(id string) bool { return x.shown[person+id] }))
	}
	return strings.Join(lines, "\n")
}

// visible is a value without what is hidden.
func visible(v any, toggled func(id string) bool) any {
	switch v := v.(type) {
	case []any:
		var out []any
		for _, x := range v {
			if o, ok := x.(obj); ok && (o["isVisible"] == false) != toggled(text(o, "id")) {
				continue
			}
			out = append(out, visible(x, toggled))
		}
		return out
	case obj:
		out := obj{}
		for name, x := range v {
			if name != "card" || v["type"] != "Action.ShowCard" {
				out[name] = visible(x, toggled)
			}
		}
		return out
	}
	return v
}

// order is that in which the fields of an object are read.
var order = strings.Fields(`title label text body items columns rows cells facts inlines choices placeholder altText value legend x y values data
	segments xAxisTitle yAxisTitle codeSnippet subLabel images pages content badge description tooltip actions inlineAction selectAction menuActions card`)

func read(lines []string, v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			lines = append(lines, v)
		}
	case float64:
		lines = append(lines, fmt.Sprint(v))
	case []any:
		for _, x := range v {
			lines = read(lines, x)
		}
	case obj:
		return readObject(lines, v)
	}
	return lines
}

func readObject(lines []string, o obj) []string {
	typ := text(o, "type")
	if typ == "RichTextBlock" {
		var b strings.Builder
		list, _ := o["inlines"].([]any)
		for _, x := range list {
			if s, ok := x.(string); ok {
				b.WriteString(s)
			} else if run, ok := x.(obj); ok {
				b.WriteString(text(run, "text"))
			}
		}
		return append(lines, b.String())
	}
	if typ == "" && o["x"] != nil && o["y"] != nil {
		return append(lines, fmt.Sprintf("%v %v", o["x"], o["y"]))
	}
	for _, name := range order {
		action := strings.HasPrefix(typ, "Action.")
		switch {
		case action && name != "title" && name != "card" && name != "menuActions": // what it does is not read
		case name == "value" && o["choices"] != nil, name == "columns" && typ == "Table":
		case name == "choices":
			for _, c := range objects(o[name]) {
				lines = read(lines, c["title"])
			}
		default:
			lines = read(lines, o[name])
		}
	}
	return lines
}

// Action is something that can be pressed.
type Action struct {
	Kind  string // "Action.Submit", "imBack", …
	ID    string
	Title string
	Verb  string
	Data  json.RawMessage // null when there is none
	URL   string
	Style string
}

// Actions are what can be pressed in a message, hidden or not.
func Actions(m Message) []Action {
	var out []Action
	for _, c := range m.Cards {
		out = append(out, CardActions(c)...)
	}
	var activity obj
	_ = json.Unmarshal(m.Raw, &activity)
	for _, a := range suggested(activity) {
		out = append(out, Action{Kind: text(a, "type"), Title: text(a, "title"), Data: raw(a["value"])})
	}
	return out
}

// CardActions are what can be pressed in a card.
func CardActions(card json.RawMessage) []Action {
	var c obj
	_ = json.Unmarshal(card, &c)
	var out []Action
	eachAction(c, func(a, _ obj) {
		out = append(out, Action{
			Kind: text(a, "type"), ID: text(a, "id"), Title: text(a, "title"), Verb: text(a, "verb"), Data: raw(a["data"]), URL: text(a, "url"), Style: text(a, "style"),
		})
	})
	return out
}
