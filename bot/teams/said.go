package teams

import (
	"encoding/json"
	"html"
	"regexp"
	"strconv"
	"strings"

	nethtml "golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"
)

// mentions are those of a text: which of them are of us, by their order.
type mentions struct {
	entities []entity
	ours     []bool
}

// mentioned finds who a text names. Teams writes a mention as <at>…</at> and says beside the
// text whose it is: only that can be trusted, for anybody may be called what we are called.
func (a *activity) mentioned(appID string) mentions {
	var m mentions
	for _, e := range a.entities {
		if e.Type == "mention" {
			id := e.Mentioned.ID
			m.entities = append(m.entities, e)
			m.ours = append(m.ours, id != "" && (id == a.Recipient.ID || id == "28:"+appID))
		}
	}
	return m
}

// us tells whether we are among them.
func (m mentions) us() bool {
	for _, ours := range m.ours {
		if ours {
			return true
		}
	}
	return false
}

// readable is what somebody wrote, as plain text: without our own mention, and with
// everybody else's name. What they quoted is left out: it was said before.
func (a *activity) readable(m mentions) string {
	text := a.Text
	if quoting := a.quoting(); quoting != "" {
		if own, ok := unquoted(quoting, m); ok {
			return tidy(own)
		}
	}
	for i, e := range m.entities {
		if e.Text == "" {
			continue
		}
		if m.ours[i] {
			text = cutMention(text, e.Text)
		} else {
			text = strings.Replace(text, e.Text, "@"+strings.TrimPrefix(inner(e), "@"), 1)
		}
	}
	text = atTag.ReplaceAllString(text, "") // of mentions that nobody says whose they are
	return tidy(html.UnescapeString(text))
}

// inner is how people read a mention. It stays escaped, for the text around it is, too.
func inner(e entity) string {
	if name := atTag.ReplaceAllString(e.Text, ""); name != "" {
		return name
	}
	return html.EscapeString(e.Mentioned.Name)
}

// cutMention takes our own mention out of a text. What stands after it at the text's
// beginning, as in "@Bapsang, …", goes with it.
func cutMention(text, mention string) string {
	before, after, found := strings.Cut(text, mention)
	after = strings.TrimLeft(hardSpace.ReplaceAllString(after, " "), " \t")
	switch {
	case !found:
		return text
	case strings.TrimSpace(html.UnescapeString(before)) == "":
		return strings.TrimLeft(after, " \t,:;")
	}
	return strings.TrimRight(before, " \t") + " " + after
}

// hardSpace is what Teams puts beside a mention.
var hardSpace = regexp.MustCompile("&nbsp;|\u00a0")

// atTag is what Teams puts around a mention. What people type in angle brackets comes
// escaped.
var atTag = regexp.MustCompile(`</?at(?:\s[^<>]*)?>`)

// tidy makes hard spaces soft and drops what cannot be seen.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\u00a0', '\u202f':
			return ' '
		case '\u200b', '\ufeff', '\x00':
			return -1
		case '\r':
			return '\n'
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD"))
	return strings.TrimSpace(norm.NFC.String(s))
}

// quoting is the HTML of a message that quotes another, in which alone the two can be told
// apart; empty for any other.
func (a *activity) quoting() string {
	for _, at := range a.Attachments {
		var content string
		if at.ContentType == "text/html" && json.Unmarshal(at.Content, &content) == nil && strings.Contains(content, quoteType) {
			return content
		}
	}
	return ""
}

const (
	quoteType   = "http://schema.skype.com/Reply"
	mentionType = "http://schema.skype.com/Mention"
)

// unquoted is the text of a message's HTML without what it quotes. It is false for HTML
// that ends within the quote.
func unquoted(content string, m mentions) (string, bool) {
	var out strings.Builder
	z := nethtml.NewTokenizer(strings.NewReader(content))
	quoted, at := 0, -1 // how deep in quotes; which mention we are in
	for {
		switch z.Next() {
		case nethtml.ErrorToken:
			return out.String(), quoted == 0
		case nethtml.TextToken:
			switch text := string(z.Text()); {
			case quoted > 0:
			case at < 0:
				out.WriteString(html.UnescapeString(text))
			case at >= len(m.ours) || !m.ours[at]:
				out.WriteString("@" + strings.TrimPrefix(html.UnescapeString(text), "@"))
			}
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			token := z.Token()
			switch {
			case token.Data == "blockquote" && (quoted > 0 || attr(token, "itemtype") == quoteType):
				quoted++
			case quoted == 0 && token.Data == "span" && attr(token, "itemtype") == mentionType:
				at = mentionIndex(attr(token, "itemid"))
			case quoted == 0 && block[token.Data]:
				newline(&out)
			}
		case nethtml.EndTagToken:
			token := z.Token()
			switch {
			case token.Data == "blockquote" && quoted > 0:
				quoted--
			case token.Data == "span":
				at = -1
			}
		}
	}
}

// mentionIndex is the order of a mention, by which its entity is found.
func mentionIndex(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 {
		return 1 << 30 // nobody's whom we know
	}
	return n
}

// block are the elements that begin a line.
var block = map[string]bool{"p": true, "div": true, "br": true, "li": true, "tr": true, "blockquote": true}

func newline(out *strings.Builder) {
	if s := out.String(); s != "" && !strings.HasSuffix(s, "\n") {
		out.WriteByte('\n')
	}
}

func attr(t nethtml.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// spoken is the language to speak with somebody, by what they wrote and else by what Teams
// says of them.
func spoken(text, locale string) string {
	for _, r := range text {
		if r >= 0x1100 && r <= 0x11ff || r >= 0x3130 && r <= 0x318f || r >= 0xac00 && r <= 0xd7a3 {
			return "ko"
		}
	}
	return languageOf(locale)
}
