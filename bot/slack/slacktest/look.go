package slacktest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Text is all that can be read in a message, a line for each part: its blocks or, where
// it has none, its text; alternative texts of pictures, cells of tables, labels of
// charts and buttons. Blocks hide the text of a message, as they do in Slack.
func Text(m Message) string {
	var blocks []any
	_ = json.Unmarshal(m.Blocks, &blocks)
	var lines []string
	if len(blocks) == 0 {
		lines = append(lines, m.Text)
	}
	for _, b := range blocks {
		lines = read(lines, b)
	}
	var raw struct{ Attachments []any }
	_ = json.Unmarshal(m.Raw, &raw)
	return strings.Join(read(lines, raw.Attachments), "\n")
}

// ViewText is all that can be read in a modal or home tab.
func ViewText(view json.RawMessage) string {
	var body obj
	_ = json.Unmarshal(view, &body)
	var lines []string
	for _, part := range []string{"title", "blocks", "submit", "close"} {
		lines = read(lines, body[part])
	}
	return strings.Join(lines, "\n")
}

// hidden are the fields that nobody reads.
var hidden = map[string]bool{
	"type": true, "block_id": true, "action_id": true, "value": true, "url": true, "image_url": true, "slack_file": true, "style": true,
	"status": true, "task_id": true, "emoji": true, "verbatim": true, "confirm": true, "user_id": false, "page_size": true,
	"row_header_column_index": true, "column_settings": true, "accessibility_label": true, "icon": true,
}

// order is that in which the fields of an object are read.
var order = []string{
	"title", "caption", "label", "text", "fields", "accessory", "user_id", "name", "elements", "element", "placeholder", "options",
	"initial_value", "hint", "alt_text", "chart", "axis_config", "categories", "x_label", "y_label", "segments", "series", "data", "rows", "tasks", "details",
	"output", "sources", "positive_button", "negative_button", "description", "blocks", "child_blocks", "body", "subtitle",
}

func read(lines []string, v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			lines = append(lines, v)
		}
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
	switch o["type"] {
	case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
		return append(lines, inline(o))
	case "raw_number":
		if t, _ := o["text"].(string); t != "" {
			return append(lines, t)
		}
		return append(lines, fmt.Sprint(o["value"]))
	}
	if n, ok := o["value"].(float64); ok && o["label"] != nil { // a point of a chart
		return append(lines, fmt.Sprintf("%v %v", o["label"], n))
	}
	for _, name := range order {
		if v, ok := o[name]; ok && !hidden[name] {
			lines = read(lines, v)
		}
	}
	return lines
}

// inline is a line of rich text.
func inline(o obj) string {
	var b strings.Builder
	list, _ := o["elements"].([]any)
	for _, x := range list {
		e, _ := x.(obj)
		switch e["type"] {
		case "user":
			fmt.Fprintf(&b, "<@%v>", e["user_id"])
		case "channel":
			fmt.Fprintf(&b, "<#%v>", e["channel_id"])
		case "emoji":
			fmt.Fprintf(&b, ":%v:", e["name"])
		case "link":
			if t, _ := e["text"].(string); t != "" {
				b.WriteString(t)
			} else {
				fmt.Fprint(&b, e["url"])
			}
		default:
			if t, ok := e["text"].(string); ok {
				b.WriteString(t)
			}
		}
	}
	return b.String()
}

// Action is something that can be pressed.
type Action struct {
	ID    string
	Kind  string // "button", "static_select", …
	Label string
	Value string // of a button; of a menu, each option is an Action
	URL   string
}

// Actions are what can be pressed in a message.
func Actions(m Message) []Action {
	var blocks []any
	_ = json.Unmarshal(m.Blocks, &blocks)
	return pressable(blocks)
}

// ViewActions are what can be pressed in a modal or home tab.
func ViewActions(view json.RawMessage) []Action {
	var body obj
	_ = json.Unmarshal(view, &body)
	blocks, _ := body["blocks"].([]any)
	return pressable(blocks)
}

func pressable(blocks []any) []Action {
	var out []Action
	each(blocks, func(el, _ obj) bool {
		id, _ := el["action_id"].(string)
		kind, _ := el["type"].(string)
		add := func(text, value, link any) {
			a := Action{ID: id, Kind: kind}
			if t, ok := text.(obj); ok {
				a.Label, _ = t["text"].(string)
			}
			a.Value, _ = value.(string)
			a.URL, _ = link.(string)
			out = append(out, a)
		}
		switch {
		case kind == "feedback_buttons":
			for _, side := range []string{"positive_button", "negative_button"} {
				if b, ok := el[side].(obj); ok {
					add(b["text"], b["value"], nil)
				}
			}
		case len(optionsOf(el)) > 0:
			for _, o := range optionsOf(el) {
				add(o["text"], o["value"], nil)
			}
		default:
			add(el["text"], el["value"], el["url"])
		}
		return true
	})
	return out
}

func actionsOf(blocks []any) []string {
	var ids []string
	for _, a := range pressable(blocks) {
		ids = append(ids, a.ID+" "+a.Value)
	}
	return ids
}

// findAction is the element with the action id, and of several the one with the value.
func findAction(blocks []any, action, value string) (el, block obj) {
	each(blocks, func(e, b obj) bool {
		if e["action_id"] != action {
			return true
		}
		has := value == "" || e["value"] == value
		for _, o := range optionsOf(e) {
			has = has || o["value"] == value
		}
		for _, side := range []string{"positive_button", "negative_button"} {
			if x, ok := e[side].(obj); ok && x["value"] == value {
				has = true
			}
		}
		if e["type"] == "conversations_select" || e["type"] == "channels_select" || e["type"] == "users_select" {
			has = true
		}
		if has {
			el, block = e, b
		}
		return !has
	})
	return el, block
}

// each visits the interactive elements of blocks, until visit says stop.
func each(blocks []any, visit func(el, block obj) bool) {
	for _, b := range blocks {
		block, ok := b.(obj)
		if !ok {
			continue
		}
		var candidates []any
		candidates = append(candidates, block["accessory"], block["element"])
		if list, ok := block["elements"].([]any); ok {
			candidates = append(candidates, list...)
		}
		rows, _ := block["rows"].([]any)
		for _, r := range rows {
			cells, _ := r.([]any)
			for _, c := range cells {
				if cell, ok := c.(obj); ok {
					candidates = append(candidates, cell["element"])
				}
			}
		}
		for _, x := range candidates {
			if el, ok := x.(obj); ok && el["action_id"] != nil && !visit(el, block) {
				return
			}
		}
	}
}
