package slacktest

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// cells checks the cells of a row and returns how many characters they have.
func (k *checker) cells(ptr string, row []any, kinds ...string) int {
	n := 0
	for i, c := range row {
		at := fmt.Sprintf("%s/%d", ptr, i)
		o, ok := c.(obj)
		if !ok {
			k.say(at, "must provide an object")
			continue
		}
		typ, _ := o["type"].(string)
		if !slices.Contains(kinds, typ) {
			k.say(at+"/type", "unsupported type: %s", typ)
			continue
		}
		switch typ {
		case "raw_text":
			k.props(o, at, []string{"text"})
			n += utf8.RuneCountInString(k.str(o, "text", at, 1, maxTableText))
		case "raw_number":
			k.props(o, at, []string{"value", "text"})
			if _, ok := o["value"].(float64); !ok {
				k.say(at, "missing required field: value")
			}
			n += utf8.RuneCountInString(k.str(o, "text", at, 0, maxTableText))
		case "rich_text":
			before := k.text
			k.richTextBlock(at, o)
			n += k.text - before
			k.text = before
		case "action_cell":
			k.props(o, at, []string{"element", "fallback"})
			k.element(at+"/element", o["element"], "actions")
		}
	}
	return n
}

// table checks a table block. raw_number, which the reference has, was refused by some
// workspaces: here too.
func (k *checker) table(ptr string, b obj) {
	k.tables++
	total := 0
	for i, v := range k.list(b, "rows", ptr, 1, 100) {
		at := fmt.Sprintf("%s/rows/%d", ptr, i)
		row, ok := v.([]any)
		switch {
		case !ok:
			k.say(at, "must provide an array")
		case len(row) == 0:
			k.say(at, "must provide at least 1 items")
		case len(row) > 20:
			k.say(at, "no more than 20 items allowed")
		}
		total += k.cells(at, row, "raw_text", "rich_text")
	}
	if total > maxTableText {
		k.say(ptr+"/rows", "must be less than %d characters", maxTableText+1)
	}
	if _, there := b["column_settings"]; !there {
		return
	}
	for i, v := range k.list(b, "column_settings", ptr, 0, 20) {
		o, ok := v.(obj)
		if !ok {
			continue // null leaves a column as it is
		}
		at := fmt.Sprintf("%s/column_settings/%d", ptr, i)
		k.props(o, at, []string{"align", "is_wrapped"})
		k.enum(o, "align", at, false, "left", "center", "right")
		k.flag(o, "is_wrapped", at)
	}
}

func (k *checker) dataTable(ptr string, b obj) {
	k.tables++
	k.str(b, "caption", ptr, 1, 3000)
	k.whole(b, "page_size", ptr, 1, 100)
	total, width := 0, 0
	for i, v := range k.list(b, "rows", ptr, 2, 101) {
		at := fmt.Sprintf("%s/rows/%d", ptr, i)
		row, ok := v.([]any)
		if i == 0 {
			width = len(row)
		}
		switch {
		case !ok:
			k.say(at, "must provide an array")
		case len(row) == 0:
			k.say(at, "must provide at least 1 items")
		case len(row) > 20:
			k.say(at, "no more than 20 items allowed")
		case len(row) != width:
			k.say(at, "must provide %d items", width)
		}
		kinds := []string{"raw_text", "raw_number", "rich_text", "action_cell"}
		if i == 0 {
			kinds = kinds[:1]
		}
		total += k.cells(at, row, kinds...)
	}
	k.whole(b, "row_header_column_index", ptr, 0, max(0, width-1))
	if total > maxTableText {
		k.say(ptr+"/rows", "must be less than %d characters", maxTableText+1)
	}
}

func (k *checker) visualization(ptr string, b obj) {
	k.charts++
	k.str(b, "title", ptr, 1, 50)
	chart, ok := b["chart"].(obj)
	if !ok {
		k.say(ptr, "missing required field: chart")
		return
	}
	at := ptr + "/chart"
	switch typ, _ := chart["type"].(string); typ {
	case "pie":
		k.props(chart, at, []string{"segments"})
		for i, v := range k.list(chart, "segments", at, 1, 6) {
			k.point(fmt.Sprintf("%s/segments/%d", at, i), v, true)
		}
	case "bar", "area", "line":
		k.props(chart, at, []string{"series", "axis_config"})
		k.seriesChart(at, chart)
	default:
		k.say(at+"/type", "unsupported type: %s", typ)
	}
}

// point checks a labelled value, and returns the label.
func (k *checker) point(ptr string, v any, positive bool) string {
	o, ok := v.(obj)
	if !ok {
		k.say(ptr, "must provide an object")
		return ""
	}
	k.props(o, ptr, []string{"label", "value"})
	n, ok := o["value"].(float64)
	switch {
	case !ok:
		k.say(ptr, "missing required field: value")
	case positive && n <= 0:
		k.say(ptr+"/value", "must be greater than 0")
	}
	return k.str(o, "label", ptr, 1, 20)
}

func (k *checker) seriesChart(ptr string, chart obj) {
	axis, ok := chart["axis_config"].(obj)
	if !ok {
		k.say(ptr, "missing required field: axis_config")
		return
	}
	k.props(axis, ptr+"/axis_config", []string{"categories", "x_label", "y_label"})
	k.str(axis, "x_label", ptr+"/axis_config", 0, 50)
	k.str(axis, "y_label", ptr+"/axis_config", 0, 50)
	categories := map[string]bool{}
	for i, v := range k.list(axis, "categories", ptr+"/axis_config", 1, 20) {
		at := fmt.Sprintf("%s/axis_config/categories/%d", ptr, i)
		s, _ := v.(string)
		if n := utf8.RuneCountInString(s); n == 0 || n > 20 {
			k.say(at, "must be less than 21 characters")
		}
		if categories[s] {
			k.say(at, "must be unique")
		}
		categories[s] = true
	}
	names := map[string]bool{}
	for i, v := range k.list(chart, "series", ptr, 1, 6) {
		at := fmt.Sprintf("%s/series/%d", ptr, i)
		o, ok := v.(obj)
		if !ok {
			k.say(at, "must provide an object")
			continue
		}
		k.props(o, at, []string{"name", "data"})
		name := k.str(o, "name", at, 1, 20)
		if names[name] {
			k.say(at+"/name", "must be unique")
		}
		names[name] = true
		seen := map[string]bool{}
		for j, p := range k.list(o, "data", at, 1, 20) {
			label := k.point(fmt.Sprintf("%s/data/%d", at, j), p, false)
			if !categories[label] || seen[label] {
				k.say(fmt.Sprintf("%s/data/%d/label", at, j), "must be one of the categories, once")
			}
			seen[label] = true
		}
		if len(seen) != len(categories) {
			k.say(at+"/data", "must provide a data point for every category")
		}
	}
}

func (k *checker) plan(ptr string, b obj) {
	k.str(b, "title", ptr, 1, 256)
	for i, v := range k.list(b, "tasks", ptr, 0, 50) {
		at := fmt.Sprintf("%s/tasks/%d", ptr, i)
		o, ok := v.(obj)
		if !ok || o["type"] != "task_card" {
			k.say(at+"/type", "unsupported type: %v", o["type"])
			continue
		}
		k.props(o, at, append([]string{"block_id"}, k.blockKinds["task_card"].fields...))
		k.taskCard(at, o)
	}
}

func (k *checker) taskCard(ptr string, b obj) {
	k.str(b, "task_id", ptr, 1, 255)
	k.str(b, "title", ptr, 1, 256)
	k.enum(b, "status", ptr, false, taskStatuses...)
	for _, name := range []string{"details", "output"} {
		if v, there := b[name]; there {
			o, ok := v.(obj)
			if !ok || o["type"] != "rich_text" {
				k.say(ptr+"/"+name, "must provide an object")
				continue
			}
			k.richTextBlock(ptr+"/"+name, o)
		}
	}
	for i, v := range k.list(b, "sources", ptr, 0, 50) {
		at := fmt.Sprintf("%s/sources/%d", ptr, i)
		o, _ := v.(obj)
		k.enum(o, "type", at, true, "url")
		k.str(o, "url", at, 1, 3000)
		k.str(o, "text", at, 1, 256)
	}
}

func (k *checker) richTextBlock(ptr string, b obj) {
	for i, v := range k.list(b, "elements", ptr, 1, 1000) {
		at := fmt.Sprintf("%s/elements/%d", ptr, i)
		o, ok := v.(obj)
		if !ok {
			k.say(at, "must provide an object")
			continue
		}
		switch typ, _ := o["type"].(string); typ {
		case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
			k.inline(at, o)
		case "rich_text_list":
			k.enum(o, "style", at, true, "bullet", "ordered")
			for j, item := range k.list(o, "elements", at, 1, 1000) {
				if x, ok := item.(obj); ok {
					k.inline(fmt.Sprintf("%s/elements/%d", at, j), x)
				}
			}
		default:
			k.say(at+"/type", "unsupported type: %s", typ)
		}
	}
}

var inlineKinds = strings.Fields("text user channel emoji link usergroup team broadcast date color")

func (k *checker) inline(ptr string, o obj) {
	for i, v := range k.list(o, "elements", ptr, 0, 10000) {
		at := fmt.Sprintf("%s/elements/%d", ptr, i)
		e, ok := v.(obj)
		if !ok {
			k.say(at, "must provide an object")
			continue
		}
		typ, _ := e["type"].(string)
		if !slices.Contains(inlineKinds, typ) {
			k.say(at+"/type", "unsupported type: %s", typ)
			continue
		}
		if typ == "text" {
			s := k.str(e, "text", at, 1, 1<<20)
			k.text += utf8.RuneCountInString(s) + escapes(s)
		}
	}
}
