package blocks_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/bapsang/bapsang/bot/slack/blocks"
)

type object = map[string]any

// generic is v as Slack gets it.
func generic(t testing.TB, v any) any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// units is the length of s in the characters of Slack's clients.
func units(s string) int { return len(utf16.Encode([]rune(s))) }

// checker holds blocks against Slack's documented limits, and against those that others
// met at the live service.
type checker struct {
	faults []string
	ids    map[string]bool
	total  int // of all texts
	charts int
	tables int
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// text checks a text that is within [least, most].
func (c *checker) text(what string, v any, least, most int) string {
	s, ok := v.(string)
	if n := units(s); !ok || n < least || n > most || least > 0 && strings.TrimSpace(s) == "" {
		c.fault("%s has %d characters, want %d to %d: %.80q", what, n, least, most, s)
	}
	c.total += units(escaping.Replace(s))
	return s
}

// escaping is what Slack does to texts before it counts them.
var escaping = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// textObject checks a text object; plain tells that it may be nothing else.
func (c *checker) textObject(what string, v any, most int, plain bool) {
	o, _ := v.(object)
	before := c.total
	s := c.text(what, o["text"], 1, min(most, 3000))
	if o["type"] == "mrkdwn" { // that is escaped already
		c.total = before + units(s)
	}
	switch {
	case o["type"] == "plain_text" && o["emoji"] == false:
	case o["type"] == "mrkdwn" && !plain && o["verbatim"] == true:
	default:
		c.fault("%s is %v with emoji %v and verbatim %v", what, o["type"], o["emoji"], o["verbatim"])
	}
}

func validate(t testing.TB, l blocks.Layout) []string {
	t.Helper()
	c := &checker{ids: map[string]bool{}}
	c.text("the text", l.Text, 1, 4000)
	c.total = 0
	list, _ := generic(t, l.Blocks).([]any)
	if len(list) > 50 {
		c.fault("%d blocks", len(list))
	}
	for _, b := range list {
		c.block(b.(object))
	}
	if c.total > 12000 {
		c.fault("%d characters in all blocks", c.total)
	}
	if c.charts > 2 || c.tables > 1 {
		c.fault("%d charts and %d tables", c.charts, c.tables)
	}
	return c.faults
}

func (c *checker) block(b object) {
	switch kind := b["type"]; kind {
	case "section":
		c.textObject("a section", b["text"], 3000, false)
		if b["accessory"] != nil {
			c.button(b["accessory"].(object))
		}
	case "header":
		c.textObject("a header", b["text"], 150, true)
	case "context":
		if n := len(b["elements"].([]any)); n < 1 || n > 10 {
			c.fault("a context of %d elements", n)
		}
		for _, e := range b["elements"].([]any) {
			c.textObject("a context", e, 3000, false)
		}
	case "actions":
		if n := len(b["elements"].([]any)); n < 1 || n > 25 {
			c.fault("a row of %d buttons", n)
		}
		for _, e := range b["elements"].([]any) {
			c.button(e.(object))
		}
	case "image":
		c.text("an alternative text", b["alt_text"], 1, 2000)
		if id, _ := b["slack_file"].(object)["id"].(string); id == "" || b["image_url"] != nil {
			c.fault("a picture of no file")
		}
	case "rich_text":
		c.rich(b)
	case "data_table", "table":
		c.table(b)
	case "data_visualization":
		c.chart(b)
	case "divider":
	case "input":
		c.textObject("a label", b["label"], 2000, true)
	default:
		c.fault("a block of type %v", kind)
	}
}

func (c *checker) button(e object) {
	if e["type"] != "button" {
		c.fault("a %v among the buttons", e["type"])
	}
	c.textObject("a button", e["text"], 75, true)
	id, _ := e["action_id"].(string)
	value, _ := e["value"].(string)
	if n := units(id); n < 1 || n > 255 || c.ids[id] {
		c.fault("action_id %q is too long or there twice", id)
	}
	c.ids[id] = true
	if units(value) > 2000 {
		c.fault("a value of %d characters", units(value))
	}
	if _, ok := blocks.ParseAction(id, value); !ok {
		c.fault("a press of %q with %.80q is not understood", id, value)
	}
	if label, ok := e["accessibility_label"]; ok {
		c.text("an accessibility label", label, 1, 75)
	}
}

func (c *checker) rich(b object) {
	parts := b["elements"].([]any)
	if len(parts) == 0 {
		c.fault("rich text of nothing")
	}
	before := c.total
	for _, p := range parts {
		part := p.(object)
		inner := part["elements"].([]any)
		if len(inner) == 0 {
			c.fault("a %v of nothing", part["type"])
		}
		for _, e := range inner {
			if part["type"] == "rich_text_list" {
				for _, s := range e.(object)["elements"].([]any) {
					c.richText(s.(object))
				}
				continue
			}
			c.richText(e.(object))
		}
	}
	if c.total-before > 3000 {
		c.fault("rich text of %d characters", c.total-before)
	}
}

func (c *checker) richText(e object) {
	s, _ := e["text"].(string)
	c.total += units(escaping.Replace(s))
	if e["type"] == "link" {
		u, err := url.Parse(fmt.Sprint(e["url"]))
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(u.String()) > 3000 {
			c.fault("a link to %.80v", e["url"])
		}
		c.total += len(fmt.Sprint(e["url"]))
		return
	}
	if e["type"] != "text" || s == "" { // nothing but text and links: no mention
		c.fault("a %v in rich text: %.80q", e["type"], s)
	}
}

func (c *checker) table(b object) {
	c.tables++
	rows := b["rows"].([]any)
	most := 100
	if b["type"] == "data_table" {
		most = 101
		c.text("a caption", b["caption"], 1, 200)
		if n, ok := b["page_size"].(float64); !ok || n < 1 || n > 100 {
			c.fault("pages of %v rows", b["page_size"])
		}
	} else if n := len(b["column_settings"].([]any)); n > 20 {
		c.fault("settings for %d columns", n)
	}
	if len(rows) < 2 || len(rows) > most {
		c.fault("a table of %d rows", len(rows))
	}
	width := len(rows[0].([]any))
	for i, r := range rows {
		cells := r.([]any)
		if len(cells) != width || width < 1 || width > 20 {
			c.fault("row %d has %d cells, the first has %d", i, len(cells), width)
		}
		for _, v := range cells {
			cell := v.(object)
			c.text("a cell", cell["text"], 1, 2000)
			if kind := cell["type"]; kind != "raw_text" && (kind != "raw_number" || i == 0 || most != 101) {
				c.fault("a %v in row %d of a %v", kind, i, b["type"])
			}
		}
	}
}

func (c *checker) chart(b object) {
	c.charts++
	c.text("a chart's title", b["title"], 1, 50)
	chart := b["chart"].(object)
	if chart["type"] == "pie" {
		segments := chart["segments"].([]any)
		if len(segments) < 1 || len(segments) > 6 {
			c.fault("a pie of %d", len(segments))
		}
		for _, s := range segments {
			c.text("a segment", s.(object)["label"], 1, 20)
			if v := s.(object)["value"].(float64); v <= 0 {
				c.fault("a segment of %v", v)
			}
		}
		return
	}
	axis := chart["axis_config"].(object)
	for _, name := range []string{"x_label", "y_label"} {
		if axis[name] != nil {
			c.text("an axis", axis[name], 1, 50)
		}
	}
	seen := map[any]bool{}
	for _, name := range axis["categories"].([]any) {
		c.text("a category", name, 1, 20)
		if seen[name] {
			c.fault("category %v is there twice", name)
		}
		seen[name] = true
	}
	names := map[any]bool{}
	lines := chart["series"].([]any)
	for _, s := range lines {
		line := s.(object)
		c.text("a series", line["name"], 1, 20)
		points := line["data"].([]any)
		if names[line["name"]] || len(points) != len(seen) || len(points) > 20 {
			c.fault("series %v has %d points of %d, or is there twice", line["name"], len(points), len(seen))
		}
		names[line["name"]] = true
		for i, p := range points {
			if got, want := p.(object)["label"], axis["categories"].([]any)[i]; got != want {
				c.fault("point %d is called %v, not %v", i, got, want)
			}
			c.text("a point", p.(object)["label"], 1, 20)
		}
	}
	if len(lines) < 1 || len(lines) > 6 {
		c.fault("%d series", len(lines))
	}
}
