package web

import (
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/bot/layout"
)

// markup renders the restricted Markdown of a bot.Message, as layout reads it; and [1],
// where it knows the first source, as a link to it. Everything else is shown as written.
// What it returns contains no tag but its own.
type markup struct{ sources []layout.Source }

func asWritten(s string) string { return s }

// line renders a text as one paragraph, without a tag around it.
func (m markup) line(text string) template.HTML {
	var out strings.Builder
	for _, l := range layout.Parse(oneLine(text), asWritten) {
		out.WriteString(l.Head("") + m.spans(l.Spans))
	}
	return template.HTML(out.String()) //nolint:gosec // built from escaped text
}

// text renders paragraphs and lists.
func (m markup) text(text string) template.HTML {
	var out strings.Builder
	var para []string
	var list items
	flushPara := func() {
		if len(para) > 0 {
			out.WriteString("<p>" + strings.Join(para, "<br>") + "</p>")
			para = nil
		}
	}
	flushList := func() {
		out.WriteString(list.html())
		list = nil
	}
	for _, l := range layout.Parse(text, asWritten) {
		inner := m.spans(l.Spans)
		switch {
		case l.List != "":
			flushPara()
			list = append(list, item{l, inner})
		case strings.TrimSpace(inner) == "":
			flushPara()
			flushList()
		default:
			flushList()
			para = append(para, inner)
		}
	}
	flushPara()
	flushList()
	return template.HTML(out.String()) //nolint:gosec // built from escaped text above
}

// spans renders what stands on a line.
func (m markup) spans(all []layout.Span) string {
	var out strings.Builder
	for i := 0; i < len(all); {
		bold, from := all[i].Bold, i
		for i < len(all) && all[i].Bold == bold {
			i++
		}
		inner := ""
		for _, s := range all[from:i] {
			inner += m.span(s)
		}
		if bold {
			inner = "<strong>" + inner + "</strong>"
		}
		out.WriteString(inner)
	}
	return out.String()
}

// span renders a stretch, but for its being bold.
func (m markup) span(s layout.Span) string {
	out := m.plain(s.Text)
	if s.Code {
		out = "<code>" + html.EscapeString(s.Text) + "</code>"
	}
	if s.Italic {
		out = "<em>" + out + "</em>"
	}
	return out
}

// item is a line of a list, and what stands on it as HTML.
type item struct {
	layout.Line
	inner string
}

// kind is the tag of the item's list.
func (li item) kind() string {
	if li.List == "-" {
		return "ul"
	}
	return "ol"
}

// html is the item, which is left open for a list below it.
func (li item) html() string {
	if li.List == "-" {
		return "<li>" + li.inner
	}
	return `<li value="` + strconv.Itoa(li.Number) + `">` + li.inner
}

// items are the lines of a list.
type items []item

// html nests items below those that are less indented, one deep: deeper ones are laid
// out like their parents.
func (l items) html() string {
	var out strings.Builder
	var kind, inner string // of the lists that are open
	within := func(as string) {
		if inner != as && inner != "" {
			out.WriteString("</li></" + inner + ">")
		} else if inner != "" {
			out.WriteString("</li>")
		}
		if as != "" && inner != as {
			out.WriteString("<" + as + ">")
		}
		inner = as
	}
	for _, li := range l {
		if kind != "" && li.Indent > 0 {
			within(li.kind())
			out.WriteString(li.html())
			continue
		}
		within("")
		switch {
		case kind == li.kind():
			out.WriteString("</li>")
		case kind != "":
			out.WriteString("</li></" + kind + ">")
			fallthrough
		default:
			out.WriteString("<" + li.kind() + ">")
		}
		kind = li.kind()
		out.WriteString(li.html())
	}
	within("")
	if kind != "" {
		out.WriteString("</li></" + kind + ">")
	}
	return out.String()
}

// figure is one that a browser would break: a sign from its currency, a percent sign from
// the particle that follows, an amount at the spaces within it.
var figure = regexp.MustCompile(`[+\x{2212}-][₩$€¥£][0-9][0-9,.]*[A-Za-z]*|[0-9][0-9,.]*%\p{Hangul}+|` +
	`[+\x{2212}]?(?:[0-9][0-9,.]*[조억만] )+원\p{Hangul}*`)

// citation names a source by its number.
var citation = regexp.MustCompile(`\[[0-9]{1,3}\]`)

// plain renders text without marks, its figures whole.
func (m markup) plain(s string) string {
	if !strings.ContainsAny(s, "0123456789") {
		return html.EscapeString(s)
	}
	s = figure.ReplaceAllString(html.EscapeString(s), `<span class="whole">$0</span>`)
	if len(m.sources) == 0 {
		return s
	}
	return citation.ReplaceAllStringFunc(s, func(c string) string {
		n, _ := strconv.Atoi(c[1 : len(c)-1])
		if n < 1 || n > len(m.sources) || m.sources[n-1].URL == "" {
			return c
		}
		of := m.sources[n-1]
		return `<a class="cite" href="` + html.EscapeString(of.URL) + `" title="` + html.EscapeString(of.Title) + `" target="_blank" rel="noopener noreferrer">` + c + `</a>`
	})
}
