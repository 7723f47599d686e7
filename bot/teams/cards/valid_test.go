package cards_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/png"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/bapsang/bapsang/bot/teams/cards"
)

// units is the length of s in UTF-16.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

func cardOf(t testing.TB, l cards.Layout) object {
	t.Helper()
	if l.Card == nil {
		return nil
	}
	var card object
	if err := json.Unmarshal(l.Card, &card); err != nil {
		t.Fatalf("%v in %s", err, l.Card)
	}
	return card
}

// elementsOf are the elements of a card's body, those within others too, in their order.
func elementsOf(t testing.TB, l cards.Layout) []object {
	t.Helper()
	var out []object
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case object:
			if v["type"] != nil {
				out = append(out, v)
			}
			for _, name := range []string{"body", "items", "columns", "rows", "cells"} {
				walk(v[name])
			}
		}
	}
	walk(cardOf(t, l))
	return out
}

// inlinesOf is the text of rich text.
func inlinesOf(e object) string {
	var out strings.Builder
	list, _ := e["inlines"].([]any)
	for _, i := range list {
		switch i := i.(type) {
		case string:
			out.WriteString(i)
		case object:
			fmt.Fprint(&out, i["text"])
		}
	}
	return out.String()
}

// checker holds a layout against what Teams is known to take.
type checker struct {
	faults  []string
	ids     map[string]bool
	targets []string
	album   int
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// validate returns what is wrong with a layout.
func validate(t testing.TB, l cards.Layout, limit int) []string {
	t.Helper()
	c := &checker{ids: map[string]bool{}}
	card := cardOf(t, l)
	if card == nil && strings.TrimSpace(l.Text) == "" {
		c.fault("nothing is shown")
	}
	if strings.TrimSpace(l.Summary) == "" || units(l.Summary) > 300 {
		c.fault("a summary of %d characters", units(l.Summary))
	}
	if card != nil {
		if card["version"] != "1.5" || card["type"] != "AdaptiveCard" || card["fallbackText"] == "" {
			c.fault("a %v of version %v", card["type"], card["version"])
		}
		c.card(card)
	}
	for _, target := range c.targets {
		if !c.ids[target] {
			c.fault("%q is to be shown by a press and is not there", target)
		}
	}
	// The activity as it is sent, without pictures.
	type attachment struct {
		ContentType string          `json:"contentType"`
		Content     json.RawMessage `json:"content"`
	}
	activity := map[string]any{"type": "message", "text": l.Text, "summary": l.Summary, "entities": l.Entities}
	if l.Card != nil {
		activity["attachments"] = []attachment{{"application/vnd.microsoft.card.adaptive", l.Card}}
	}
	sent, err := json.Marshal(activity)
	if err != nil {
		t.Fatal(err)
	}
	if n := 2 * units(dataURI.ReplaceAllString(string(sent), "")); n > limit+1000 {
		c.fault("an activity of %d bytes, the limit is %d", n, limit)
	}
	if !utf8.Valid(sent) {
		c.fault("no UTF-8")
	}
	return c.faults
}

var dataURI = regexp.MustCompile(`data:image/png;base64,[A-Za-z0-9+/=]*`)

func list(v any) []any {
	out, _ := v.([]any)
	return out
}

func (c *checker) card(card object) {
	for _, e := range list(card["body"]) {
		c.element(e.(object))
	}
	c.actions(list(card["actions"]))
	if len(list(card["body"])) == 0 {
		c.fault("a card of nothing")
	}
}

func (c *checker) element(e object) {
	if id, ok := e["id"].(string); ok {
		if c.ids[id] && !strings.HasPrefix(fmt.Sprint(e["type"]), "Input.") { // those of cards that are opened are apart
			c.fault("two elements are called %q", id)
		}
		c.ids[id] = true
	}
	switch kind := fmt.Sprint(e["type"]); kind {
	case "RichTextBlock":
		c.runs(list(e["inlines"]))
	case "Container":
		if len(list(e["items"])) == 0 {
			c.fault("a container of nothing")
		}
		for _, i := range list(e["items"]) {
			c.element(i.(object))
		}
	case "ColumnSet":
		for _, column := range list(e["columns"]) {
			for _, i := range list(column.(object)["items"]) {
				c.element(i.(object))
			}
		}
	case "ActionSet":
		if len(list(e["actions"])) == 0 {
			c.fault("a row of no buttons")
		}
		c.actions(list(e["actions"]))
	case "Image":
		c.image(e)
	case "Table":
		c.table(e)
	case "Input.Text", "Input.ChoiceSet", "Input.Date", "Input.Time":
		if e["id"] == nil || e["label"] == nil || e["isRequired"] == true && e["errorMessage"] == nil {
			c.fault("an input without id, label or error: %v", e)
		}
	default:
		if !strings.HasPrefix(kind, "Chart.") {
			c.fault("an element of type %s", kind)
			return
		}
		fallback, ok := e["fallback"].(object)
		if !ok || len(list(e["data"])) == 0 || e["title"] == "" {
			c.fault("a %s without data, title or anything in its place", kind)
			return
		}
		c.element(fallback)
	}
}

func (c *checker) runs(inlines []any) {
	whole := ""
	for _, i := range inlines {
		text, ok := i.(string)
		if run, is := i.(object); is {
			text, ok = run["text"].(string)
			if run["type"] != "TextRun" {
				c.fault("a %v among text", run["type"])
			}
			if link, is := run["selectAction"].(object); is {
				c.link(link)
			}
		}
		if !ok || text == "" {
			c.fault("a run without text")
		}
		whole += text
	}
	if strings.TrimSpace(whole) == "" {
		c.fault("rich text of nothing")
	}
}

// link holds a link against what people can see of where it leads.
func (c *checker) link(a object) {
	address, err := url.Parse(fmt.Sprint(a["url"]))
	if err != nil || a["type"] != "Action.OpenUrl" || address.Scheme != "https" && address.Scheme != "http" || address.Host == "" || address.User != nil {
		c.fault("a link of type %v to %v", a["type"], a["url"])
	}
}

func (c *checker) image(e object) {
	address, _ := e["url"].(string)
	data, ok := strings.CutPrefix(address, "data:image/png;base64,")
	raw, err := base64.StdEncoding.DecodeString(data)
	if !ok || err != nil || fmt.Sprint(e["altText"]) == "" {
		c.fault("a picture of %.40q with the text %q", address, e["altText"])
		return
	}
	config, err := png.DecodeConfig(bytes.NewReader(raw))
	if err != nil || config.Width > 1024 || config.Height > 1024 || len(raw) > 1<<20 {
		c.fault("a picture of %d by %d and %d bytes: %v", config.Width, config.Height, len(raw), err)
	}
	if c.album += len(raw); c.album > 2<<20 {
		c.fault("pictures of %d bytes", c.album)
	}
}

func (c *checker) table(e object) {
	rows, columns := list(e["rows"]), list(e["columns"])
	if len(rows) < 2 || len(rows) > 21 || len(columns) < 1 || len(columns) > 7 || e["firstRowAsHeaders"] != true {
		c.fault("a table of %d rows by %d", len(rows), len(columns))
	}
	for _, r := range rows {
		cells := list(r.(object)["cells"])
		if len(cells) != len(columns) {
			c.fault("a row of %d cells in %d columns", len(cells), len(columns))
		}
		for _, cell := range cells {
			for _, i := range list(cell.(object)["items"]) {
				c.element(i.(object))
			}
		}
	}
}

func (c *checker) actions(all []any) {
	primary := 0
	for _, v := range all {
		a := v.(object)
		if title, _ := a["title"].(string); strings.TrimSpace(title) == "" || units(title) > 60 {
			c.fault("a button called %q", title)
		}
		if a["mode"] != "secondary" {
			primary++
		}
		switch a["type"] {
		case "Action.Submit", "Action.Execute":
			if execute := a["type"] == "Action.Execute"; execute != (a["verb"] != nil) || execute && a["msteams"] != nil {
				c.fault("a button with the verb %v and %v", a["verb"], a["msteams"])
			}
			data, err := json.Marshal(a["data"])
			if _, ok := cards.ParseAction(data); !ok || err != nil {
				c.fault("a press of %s is not understood", data)
			}
		case "Action.ToggleVisibility":
			for _, target := range list(a["targetElements"]) {
				c.targets = append(c.targets, fmt.Sprint(target))
			}
		case "Action.ShowCard":
			c.card(a["card"].(object))
		case "Action.OpenUrl":
			if !strings.HasPrefix(fmt.Sprint(a["url"]), "https://bapsang.example/") {
				c.fault("a link to %v", a["url"])
			}
		default:
			c.fault("an action of type %v", a["type"])
		}
	}
	if primary > 6 {
		c.fault("%d buttons in a row", primary)
	}
}
