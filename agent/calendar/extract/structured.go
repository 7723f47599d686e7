package extract

import (
	"encoding/json"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// declared is an event that a page declares for machines, as schema.org's Event.
type declared struct {
	name, place string
	start, end  string // as declared
	previous    string
	status      Status
}

// maxDeclared bounds the events taken from one page.
const maxDeclared = 200

// declaredEvents reads JSON-LD and microdata. Broken blocks are passed over. raw is the
// text of the blocks read.
func declaredEvents(root *html.Node) (events []declared, published, raw string) {
	var b strings.Builder
	walk(root, 0, func(n *html.Node) {
		if len(events) >= maxDeclared {
			return
		}
		if n.DataAtom == atom.Script && strings.EqualFold(strings.TrimSpace(attr(n, "type")), "application/ld+json") && n.FirstChild != nil {
			text := n.FirstChild.Data
			found, date := fromJSON(text)
			if published == "" {
				published = date
			}
			if len(found) > 0 {
				events = append(events, found...)
				b.WriteString(text + "\n")
			}
			return
		}
		if hasAttr(n, "itemscope") && isEvent(attr(n, "itemtype")) {
			e, source := fromMicrodata(n)
			if e.start != "" {
				events = append(events, e)
				b.WriteString(source + "\n")
			}
		}
	})
	return events[:min(len(events), maxDeclared)], published, b.String()
}

func walk(n *html.Node, depth int, visit func(*html.Node)) {
	if depth > maxDepth {
		return
	}
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, depth+1, visit)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// fromJSON reads one block, which may be an object, an array, or a @graph; several
// objects in a row too, and comment or CDATA marks around them.
func fromJSON(text string) (events []declared, published string) {
	text = strings.TrimSpace(text)
	for _, mark := range []string{"<!--", "//<![CDATA[", "<![CDATA["} {
		text = strings.TrimSpace(strings.TrimPrefix(text, mark))
	}
	in := json.NewDecoder(strings.NewReader(text))
	for range maxDeclared {
		var v any
		if err := in.Decode(&v); err != nil {
			return events, published
		}
		collect(v, 0, &events, &published)
	}
	return events, published
}

func collect(v any, depth int, events *[]declared, published *string) {
	if depth > 32 || len(*events) >= maxDeclared {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			collect(x, depth+1, events, published)
		}
	case map[string]any:
		if date := first(v["datePublished"]); date != "" && *published == "" {
			*published = date
		}
		if typed(v["@type"]) {
			if e := fromObject(v); e.start != "" {
				*events = append(*events, e)
			}
		}
		for _, key := range []string{"@graph", "subEvent", "subEvents", "itemListElement", "item", "mainEntity", "event", "events", "superEvent"} {
			collect(v[key], depth+1, events, published)
		}
	}
}

// typed reports whether a type, or one of several, is an Event.
func typed(v any) bool {
	switch v := v.(type) {
	case string:
		return isEvent(v)
	case []any:
		for _, x := range v {
			if s, ok := x.(string); ok && isEvent(s) {
				return true
			}
		}
	}
	return false
}

// isEvent reports whether a type is Event or one of its kinds, which end so ("SaleEvent",
// "https://schema.org/Event") but for Festival.
func isEvent(kind string) bool {
	kind = strings.TrimRight(strings.TrimSpace(kind), "/")
	kind = kind[strings.LastIndexAny(kind, "/:#")+1:]
	return kind == "Festival" || strings.HasSuffix(kind, "Event")
}

func fromObject(v map[string]any) declared {
	e := declared{name: first(v["name"]), place: placeName(v["location"]), start: first(v["startDate"]), end: first(v["endDate"]),
		previous: first(v["previousStartDate"]), status: statusOf(first(v["eventStatus"]))}
	return e
}

// first returns a string, the first of several, or the @value of an object.
func first(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		for _, x := range v {
			if s := first(x); s != "" {
				return s
			}
		}
	case map[string]any:
		return first(v["@value"])
	}
	return ""
}

func placeName(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		for _, x := range v {
			if s := placeName(x); s != "" {
				return s
			}
		}
	case map[string]any:
		return first(v["name"])
	}
	return ""
}

func statusOf(s string) Status {
	s = s[strings.LastIndexAny(s, "/:#")+1:]
	switch strings.TrimPrefix(s, "Event") {
	case "Rescheduled":
		return Rescheduled
	case "Postponed":
		return Postponed
	case "Cancelled", "Canceled":
		return Cancelled
	}
	return Scheduled
}

// fromMicrodata reads the properties of an itemscope that are its own, not those of an
// item within. source is what they were read from.
func fromMicrodata(n *html.Node) (e declared, source string) {
	var b strings.Builder
	var visit func(n *html.Node, depth int)
	visit = func(n *html.Node, depth int) {
		if depth > maxDepth {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type != html.ElementNode {
				continue
			}
			value := microValue(c)
			if setProperty(&e, attr(c, "itemprop"), value) {
				b.WriteString(value + "\n")
			}
			if !hasAttr(c, "itemscope") {
				visit(c, depth+1)
			}
		}
	}
	visit(n, 0)
	return e, b.String()
}

// microValue is a property's value: of an attribute where it has one, else its text.
func microValue(n *html.Node) string {
	for _, key := range []string{"content", "datetime", "href"} {
		if v := strings.TrimSpace(attr(n, key)); v != "" {
			return v
		}
	}
	var b strings.Builder
	var visit func(n *html.Node, depth int)
	visit = func(n *html.Node, depth int) {
		for c := n.FirstChild; c != nil && depth < maxDepth && b.Len() < 1000; c = c.NextSibling {
			if c.Type == html.TextNode {
				b.WriteString(c.Data)
			}
			visit(c, depth+1)
		}
	}
	visit(n, 0)
	return strings.Join(strings.Fields(b.String()), " ")
}

func setProperty(e *declared, property, value string) bool {
	if value == "" {
		return false
	}
	switch property {
	case "name":
		e.name = or(e.name, value)
	case "startDate":
		e.start = or(e.start, value)
	case "endDate":
		e.end = or(e.end, value)
	case "previousStartDate":
		e.previous = or(e.previous, value)
	case "eventStatus":
		e.status = statusOf(value)
	case "location":
		e.place = or(e.place, value)
	default:
		return false
	}
	return true
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// declaredDate reads a Date or DateTime of schema.org, which is ISO 8601. The day is
// that of the offset given: an event at 00:30+09:00 is on that day in Korea.
func declaredDate(s string) (day time.Time, ok bool) {
	if len(s) < len(time.DateOnly) {
		return day, false
	}
	day, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)])
	if err != nil {
		return day, false
	}
	rest := s[len(time.DateOnly):]
	return day, rest == "" || rest[0] == 'T' || rest[0] == ' ' || rest[0] == 't'
}

// midnight reports whether a declared end is the very beginning of a day, which then is
// not part of the event: 2026-11-30T00:00.
func midnight(s string) bool {
	rest := s[min(len(s), len(time.DateOnly)):]
	return strings.HasPrefix(rest, "T00:00:00") || strings.HasPrefix(rest, " 00:00:00") ||
		strings.HasPrefix(rest, "T00:00") && !strings.HasPrefix(rest, "T00:00:")
}
