package web

import (
	"html"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// markup renders the restricted Markdown of a bot.Message: **bold**, *italic*, `code`,
// lists, line breaks and backslash escapes; and [1], where it knows the first source, as
// a link to it. Everything else is shown as written. What it returns contains no tag but
// its own.
type markup struct{ sources []source }

// line renders a text as one paragraph, without a tag around it.
func (m markup) line(text string) template.HTML {
	text = strings.Join(strings.Fields(strings.Map(visible, strings.ToValidUTF8(text, "\uFFFD"))), " ")
	return template.HTML(m.inline(text, 0)) //nolint:gosec // built from escaped text
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
	for line := range strings.SplitSeq(strings.Map(visible, strings.ToValidUTF8(text, "\uFFFD")), "\n") {
		li := m.listItem(line)
		switch {
		case li.kind != "":
			flushPara()
			list = append(list, li)
		case strings.TrimSpace(line) == "":
			flushPara()
			flushList()
		default:
			flushList()
			para = append(para, m.inline(line, 0))
		}
	}
	flushPara()
	flushList()
	return template.HTML(out.String()) //nolint:gosec // built from escaped text above
}

// visible drops what is not shown but does something: control characters, and the
// marks by which a text may turn round what follows it.
func visible(r rune) rune {
	switch {
	case r == '\n', r == '\t':
		return r
	case unicode.IsControl(r), '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
		return -1
	}
	return r
}

// item is a line of a list.
type item struct {
	html   string
	kind   string // "ul" or "ol", empty for no item
	indent int
}

// listItem renders "- x", "* x", "• x" and "1. x". A number stays the number that was
// written.
func (m markup) listItem(line string) item {
	s := strings.TrimLeft(line, " ")
	indent := len(line) - len(s)
	for _, mark := range []string{"- ", "* ", "• "} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			return item{"<li>" + m.inline(rest, 0), "ul", indent}
		}
	}
	digits := strings.TrimLeft(s, "0123456789")
	if n := len(s) - len(digits); n > 0 && n <= 3 && strings.HasPrefix(digits, ". ") {
		return item{`<li value="` + s[:n] + `">` + m.inline(digits[2:], 0), "ol", indent}
	}
	return item{}
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
		if kind != "" && li.indent >= l[0].indent+2 {
			within(li.kind)
			out.WriteString(li.html)
			continue
		}
		within("")
		switch {
		case kind == li.kind:
			out.WriteString("</li>")
		case kind != "":
			out.WriteString("</li></" + kind + ">")
			fallthrough
		default:
			out.WriteString("<" + li.kind + ">")
		}
		kind = li.kind
		out.WriteString(li.html)
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

// The limits within which marks are looked for, so that a hostile text costs no more
// than its length.
const (
	deepest = 3
	longest = 2000 // bytes
)

// inline renders what stands within a line.
func (m markup) inline(s string, depth int) string {
	if depth > deepest {
		return m.plain(s)
	}
	var out strings.Builder
	var open [3]int // per mark: up to where it is known not to be closed
	for at := 0; at < len(s); {
		rest := s[at:]
		mark := slices.IndexFunc(marks[:], func(m mark) bool { return strings.HasPrefix(rest, m.text) })
		switch {
		case rest[0] == '\\' && len(rest) > 1 && isPunct(rest[1]):
			out.WriteString(html.EscapeString(rest[1:2]))
			at += 2
		case mark >= 0 && !isProduct(s, at):
			set := marks[mark]
			body := rest[len(set.text):]
			end := -1
			if at >= open[mark] && opens(body, set.text) {
				if end = closing(body, set.text); end < 0 {
					open[mark] = at + longest
				}
			}
			if end < 0 {
				out.WriteString(set.text)
				at += len(set.text)
				continue
			}
			inner := html.EscapeString(body[:end])
			if set.tag != "code" {
				inner = m.inline(body[:end], depth+1)
			}
			out.WriteString("<" + set.tag + ">" + inner + "</" + set.tag + ">")
			at += end + 2*len(set.text)
		default:
			n := strings.IndexAny(rest[1:], "\\`*") + 1
			if n == 0 {
				n = len(rest)
			}
			out.WriteString(m.plain(rest[:n]))
			at += n
		}
	}
	return out.String()
}

// mark sets off a stretch of a line.
type mark struct{ text, tag string }

// marks are those there are; the longer one of two is looked for first.
var marks = [3]mark{{"**", "strong"}, {"*", "em"}, {"`", "code"}}

// opens tells whether a mark before body may begin a stretch: one that stands apart,
// as in "2 * 3", does not.
func opens(body, mark string) bool {
	first, size := utf8.DecodeRuneInString(body)
	return size > 0 && (mark == "`" || !unicode.IsSpace(first))
}

// closing finds the end of a stretch, or -1 when there is none within reach.
func closing(body, mark string) int {
	for i := 0; i < min(len(body), longest); i++ {
		switch {
		case body[i] == '\\' && mark != "`":
			i++
		case strings.HasPrefix(body[i:], mark):
			if mark == "*" && strings.HasPrefix(body[i:], "**") {
				i++ // the mark of bold inside italic
				continue
			}
			if mark == "*" && isProduct(body, i) || mark == "**" && strings.HasPrefix(body[i:], "***") {
				continue
			}
			before, _ := utf8.DecodeLastRuneInString(body[:i])
			if i > 0 && (mark == "`" || !unicode.IsSpace(before)) {
				return i
			}
		}
	}
	return -1
}

// isProduct tells whether the star at i multiplies, as in "3*4".
func isProduct(s string, i int) bool {
	return i > 0 && i+1 < len(s) && isDigit(s[i-1]) && isDigit(s[i+1])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isPunct(c byte) bool {
	return c > ' ' && c < 0x7f && !('a' <= c && c <= 'z') && !('A' <= c && c <= 'Z') && !isDigit(c)
}
