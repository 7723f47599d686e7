package slacktest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Pings are the people and groups whom a message calls, as Slack writes them: "<!channel>",
// "<!here>", "<@U…>", "<!subteam^S…>". A message whose content was escaped calls nobody.
func Pings(m Message) []string {
	var out []string
	scan(m, func(text string, _ bool) {
		out = append(out, ping.FindAllString(text, -1)...)
	}, func(e obj) {
		switch e["type"] {
		case "user":
			out = append(out, fmt.Sprintf("<@%v>", e["user_id"]))
		case "usergroup":
			out = append(out, fmt.Sprintf("<!subteam^%v>", e["usergroup_id"]))
		case "broadcast":
			out = append(out, fmt.Sprintf("<!%v>", e["range"]))
		}
	})
	return unique(out)
}

// Links are the addresses that a message leads to: links, also those that Slack makes of
// bare addresses, pictures and buttons.
func Links(m Message) []string {
	var out []string
	scan(m, func(text string, markdown bool) {
		for _, x := range angled.FindAllStringSubmatch(text, -1) {
			out = append(out, x[1])
		}
		if markdown {
			for _, x := range bracketed.FindAllStringSubmatch(text, -1) {
				out = append(out, x[1])
			}
		}
		out = append(out, bare.FindAllString(angled.ReplaceAllString(text, " "), -1)...)
	}, func(e obj) {
		for _, name := range []string{"url", "image_url"} {
			if link, ok := e[name].(string); ok {
				out = append(out, link)
			}
		}
	})
	return unique(out)
}

var (
	ping      = regexp.MustCompile(`<(?:!(?:channel|here|everyone|group|subteam\^[A-Z0-9]+)|@[UW][A-Z0-9]+)(?:\|[^>]*)?>`)
	angled    = regexp.MustCompile(`<((?:https?|mailto|tel|slack):[^>|]+)(?:\|[^>]*)?>`)
	bracketed = regexp.MustCompile(`\]\(<?([^)>\s]+)`)
	bare      = regexp.MustCompile(`https?://[^\s<>|)\]"']+`)
)

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// scan shows every text in which Slack looks for markup, and every object. Plain text and
// cells have none.
func scan(m Message, text func(s string, markdown bool), object func(e obj)) {
	text(m.Text, false)
	var raw obj
	_ = json.Unmarshal(m.Raw, &raw)
	walk([]any{raw["blocks"], raw["attachments"]}, func(o obj) {
		object(o)
		s, _ := o["text"].(string)
		switch o["type"] {
		case "mrkdwn":
			text(s, false)
		case "markdown":
			text(s, true)
		case nil: // an attachment
			for _, name := range []string{"text", "pretext", "fallback"} {
				if s, ok := o[name].(string); ok {
					text(s, false)
				}
			}
		}
	})
}

func walk(v any, visit func(obj)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walk(x, visit)
		}
	case obj:
		visit(v)
		for _, x := range v {
			walk(x, visit)
		}
	}
}

// Escape is how a person's client writes text on the wire.
func Escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
