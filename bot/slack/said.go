package slack

import (
	"encoding/json"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// readable is what somebody wrote, as plain text: without our own mention, and with
// everybody else's name where it is known.
//
// A message's text marks what is bold or italic, and an asterisk may as well be a product
// sign; its rich text tells them apart. But the rich text may have parts that we do not
// know, so it is used only where it says the same words.
//
// What somebody forwards with a comment stands below it.
func readable(m *message, us string, nameOf func(id string) string) string {
	if m.Text == "" {
		return plainText(wordsIn(m.Blocks, m.Attached), us, nameOf)
	}
	text := written(m, us, nameOf)
	if shared := plainText(forwarded(m.Attached), "", nameOf); shared != "" {
		return strings.TrimSpace(text + "\n\n" + shared)
	}
	return text
}

// forwarded is what can be read in the messages that somebody passed on. Previews of links
// are attached as well, and ask nothing.
func forwarded(attached json.RawMessage) string {
	var all []json.RawMessage
	if len(attached) == 0 || json.Unmarshal(attached, &all) != nil {
		return ""
	}
	var texts []string
	for _, a := range all {
		var share struct {
			Share bool   `json:"is_share"`
			Text  string `json:"text"`
		}
		if json.Unmarshal(a, &share) != nil || !share.Share {
			continue
		}
		if share.Text == "" { // a message of blocks alone
			share.Text = wordsIn(a)
		}
		texts = append(texts, share.Text)
	}
	return strings.Join(texts, "\n\n")
}

// written is the text of a message.
func written(m *message, us string, nameOf func(id string) string) string {
	source := withoutEmoji(m.Text, m.Blocks)
	plain := plainText(source, us, nameOf)
	if rich, ok := richText(m.Blocks, labelsIn(source)); ok {
		if unmarked := plainText(withoutEmoji(rich, m.Blocks), us, nameOf); letters(unmarked) == letters(plain) {
			return unmarked
		}
	}
	return plain
}

// emojiName is how Slack writes an emoji, whichever way it was put in. A time of day is
// none, and neither is what touches a word on both sides.
var emojiName = regexp.MustCompile(`(^|[^0-9A-Za-z:])[ \t]*:(?:[a-z][a-z0-9_+'-]*|\+1|-1|100|1234):(?::skin-tone-[2-6]:)?[ \t]*`)

// withoutEmoji is a text without its emoji: they ask nothing, and their names would be
// taken for words. Blocks know those that a text does not show to be any.
func withoutEmoji(text string, blocks json.RawMessage) string {
	var all []element
	if json.Unmarshal(blocks, &all) == nil {
		for name := range emojiIn(all, 0) {
			text = strings.ReplaceAll(text, ":"+name+":", " :emoji: ") // one, whatever stands beside it
		}
	}
	for before := ""; before != text; { // one may end where the next begins
		before, text = text, emojiName.ReplaceAllString(text, "$1 ")
	}
	return text
}

// emojiIn are the names of the emoji in rich text.
func emojiIn(elements []element, depth int) map[string]bool {
	out := map[string]bool{}
	for _, e := range elements {
		if e.Type == "emoji" && e.Name != "" {
			out[e.Name] = true
		}
		if depth < maxDepth {
			maps.Copy(out, emojiIn(e.Elements, depth+1))
		}
	}
	return out
}

// reference is what Slack writes in angle brackets; brackets that people write come as
// entities.
var reference = regexp.MustCompile(`<([^<>\n]*)>`)

// entities are the three that Slack escapes.
var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// Whom somebody calls besides us, before the question or as a copy after it, is no part of
// what they ask.
var (
	others = regexp.MustCompile(`^(?:\s*<(?:@|!subteam\^|!here|!channel|!everyone)[^<>]*>(?:[\s,:;]+|$))+`)
	copied = regexp.MustCompile(`(?i)(?:^|\s)(?:cc|fyi|참조)[\s.:]*(?:<(?:@|!subteam\^)[^<>]*>[\s,]*)+$`)
)

// plainText resolves references and entities of Slack's own markup.
func plainText(text, us string, nameOf func(id string) string) string {
	if us != "" {
		ours := regexp.MustCompile(`[ \t]*<@` + regexp.QuoteMeta(us) + `(?:\|[^<>]*)?>[ \t]*`)
		called := ours.MatchString(text)
		if loc := ours.FindStringIndex(text); loc != nil && strings.TrimSpace(text[:loc[0]]) == "" {
			text = strings.TrimLeft(text[loc[1]:], " \t,:;") // "@bapsang, …"
		}
		if called {
			text = copied.ReplaceAllString(ours.ReplaceAllString(text, " "), "")
			text = others.ReplaceAllString(text, "")
		}
	}
	var out strings.Builder
	at := 0
	for _, loc := range reference.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(entities.Replace(text[at:loc[0]]))
		out.WriteString(entities.Replace(resolve(text[loc[2]:loc[3]], nameOf)))
		at = loc[1]
	}
	out.WriteString(entities.Replace(text[at:]))
	return strings.TrimSpace(norm.NFC.String(out.String()))
}

// resolve is how people read the inside of a reference.
func resolve(ref string, nameOf func(id string) string) string {
	target, label, labelled := strings.Cut(ref, "|")
	labelled = labelled && label != ""
	switch {
	case strings.HasPrefix(target, "@"):
		if !labelled {
			label = target[1:]
			if name := nameOf(label); name != "" {
				label = name
			}
		}
		return "@" + strings.TrimPrefix(label, "@")
	case strings.HasPrefix(target, "#"):
		if !labelled {
			label = target[1:]
		}
		return "#" + strings.TrimPrefix(label, "#")
	case labelled:
		return label // a link, a date, a group of people
	case strings.HasPrefix(target, "!"):
		kind, id, _ := strings.Cut(target[1:], "^")
		if kind == "subteam" {
			kind = id
		}
		return "@" + kind
	}
	return strings.TrimPrefix(target, "mailto:")
}

// label is a reference that says how it reads.
var label = regexp.MustCompile(`<([@#!][^<>|]+)\|([^<>|]+)>`)

func labelsIn(text string) map[string]string {
	out := map[string]string{}
	for _, m := range label.FindAllStringSubmatch(text, -1) {
		out[m[1]] = m[2]
	}
	return out
}

// element is a part of rich text.
type element struct {
	Type      string    `json:"type"`
	Elements  []element `json:"elements"`
	Text      string    `json:"text"`
	URL       string    `json:"url"`
	User      string    `json:"user_id"`
	Channel   string    `json:"channel_id"`
	Usergroup string    `json:"usergroup_id"`
	Range     string    `json:"range"`
	Name      string    `json:"name"`
	Fallback  string    `json:"fallback"`
	Value     string    `json:"value"`
	Style     any       `json:"style"` // a word in lists, an object elsewhere
	Indent    int       `json:"indent"`
	Offset    int       `json:"offset"`
}

// maxDepth bounds how deep a text is nested. Slack nests three deep.
const maxDepth = 12

// richText writes rich text as a message's text without marks. It is false when there is
// anything that it does not know.
func richText(blocks json.RawMessage, labels map[string]string) (string, bool) {
	var all []element
	if len(blocks) == 0 || json.Unmarshal(blocks, &all) != nil || len(all) == 0 {
		return "", false
	}
	var out strings.Builder
	for _, b := range all {
		if b.Type != "rich_text" {
			return "", false
		}
		for _, e := range b.Elements {
			if out.Len() > 0 && !strings.HasSuffix(out.String(), "\n") {
				out.WriteByte('\n')
			}
			if !writeRich(&out, e, labels, 0) {
				return "", false
			}
		}
	}
	return out.String(), true
}

// writeRich writes one element.
func writeRich(out *strings.Builder, e element, labels map[string]string, depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch e.Type {
	case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
		for _, child := range e.Elements {
			if !writeRich(out, child, labels, depth+1) {
				return false
			}
		}
		return true
	case "rich_text_list":
		return writeList(out, e, labels, depth)
	}
	return writeLeaf(out, e, labels)
}

func writeList(out *strings.Builder, e element, labels map[string]string, depth int) bool {
	for i, item := range e.Elements {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(strings.Repeat("    ", min(max(e.Indent, 0), maxDepth)))
		if e.Style == "ordered" {
			out.WriteString(strconv.Itoa(e.Offset+i+1) + ". ")
		} else {
			out.WriteString("• ")
		}
		if !writeRich(out, item, labels, depth+1) {
			return false
		}
	}
	return true
}

// escapeText writes a text as Slack does.
var escapeText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func writeLeaf(out *strings.Builder, e element, labels map[string]string) bool {
	ref := func(target, reads string) {
		out.WriteString("<" + target)
		if reads == "" {
			reads = labels[target]
		}
		if reads != "" {
			out.WriteString("|" + reads)
		}
		out.WriteString(">")
	}
	switch {
	case e.Type == "text":
		out.WriteString(escapeText.Replace(e.Text))
	case e.Type == "link" && e.URL != "":
		ref(escapeText.Replace(e.URL), escapeText.Replace(e.Text))
	case e.Type == "user" && e.User != "":
		ref("@"+e.User, "")
	case e.Type == "channel" && e.Channel != "":
		ref("#"+e.Channel, "")
	case e.Type == "usergroup" && e.Usergroup != "":
		ref("!subteam^"+e.Usergroup, "")
	case e.Type == "broadcast" && e.Range != "":
		ref("!"+e.Range, "")
	case e.Type == "emoji" && e.Name != "":
		out.WriteString(":" + e.Name + ":")
	case e.Type == "date" && e.Fallback != "":
		out.WriteString(escapeText.Replace(e.Fallback))
	case e.Type == "color" && e.Value != "":
		out.WriteString(e.Value)
	default:
		return false
	}
	return true
}

// letters leaves of a text what its words are made of.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// wordsIn collects what can be read in blocks and attachments of any kind, for messages
// of programs often have no text of their own.
func wordsIn(parts ...json.RawMessage) string {
	var lines []string
	for _, part := range parts {
		var v any
		if len(part) > 0 && json.Unmarshal(part, &v) == nil {
			lines = collect(lines, v, 0)
		}
	}
	return strings.Join(lines, "\n")
}

// maxLines bounds what is collected.
const maxLines = 500

func collect(lines []string, v any, depth int) []string {
	if depth > 2*maxDepth || len(lines) >= maxLines {
		return lines
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			lines = collect(lines, item, depth+1)
		}
	case map[string]any:
		if text, ok := v["text"].(string); ok && text != "" {
			lines = append(lines, text)
		}
		for _, name := range []string{"title", "text", "fields", "rows", "elements", "blocks", "message_blocks", "message"} {
			if _, word := v[name].(string); !word {
				lines = collect(lines, v[name], depth+1)
			}
		}
	}
	return lines
}
