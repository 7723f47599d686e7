package web

import (
	"html"
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"
)

// markdown renders the restricted Markdown of a bot.Message: **bold**, *italic*,
// `code`, lists, line breaks and backslash escapes. Everything else is shown as
// written. What it returns contains no tag but its own.
func markdown(text string) template.HTML {
	var out strings.Builder
	var list, para []string
	flushPara := func() {
		if len(para) > 0 {
			out.WriteString("<p>" + strings.Join(para, "<br>") + "</p>")
			para = nil
		}
	}
	kind := ""
	flushList := func() {
		if len(list) > 0 {
			out.WriteString("<" + kind + ">" + strings.Join(list, "") + "</" + kind + ">")
			list = nil
		}
	}
	for line := range strings.SplitSeq(strings.Map(visible, strings.ToValidUTF8(text, "\uFFFD")), "\n") {
		item, as := listItem(line)
		switch {
		case as != "":
			flushPara()
			if as != kind {
				flushList()
			}
			kind = as
			list = append(list, item)
		case strings.TrimSpace(line) == "":
			flushPara()
			flushList()
		default:
			flushList()
			para = append(para, inline(line, 0))
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

// listItem renders "- x", "* x", "• x" and "1. x". A number stays the number that was
// written.
func listItem(line string) (item, kind string) {
	s := strings.TrimLeft(line, " ")
	for _, mark := range []string{"- ", "* ", "• "} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			return "<li>" + inline(rest, 0) + "</li>", "ul"
		}
	}
	digits := strings.TrimLeft(s, "0123456789")
	if n := len(s) - len(digits); n > 0 && n <= 3 && strings.HasPrefix(digits, ". ") {
		return `<li value="` + s[:n] + `">` + inline(digits[2:], 0) + "</li>", "ol"
	}
	return "", ""
}

// The limits within which marks are looked for, so that a hostile text costs no more
// than its length.
const (
	deepest = 3
	longest = 2000 // bytes
)

// inline renders what stands within a line.
func inline(s string, depth int) string {
	if depth > deepest {
		return html.EscapeString(s)
	}
	deeper := func(s string) string { return inline(s, depth+1) }
	var out strings.Builder
	whole := s
	for s != "" {
		switch {
		case s[0] == '*' && isProduct(whole, len(whole)-len(s)):
			out.WriteByte('*')
			s = s[1:]
		case s[0] == '\\' && len(s) > 1 && isPunct(s[1]):
			out.WriteString(html.EscapeString(s[1:2]))
			s = s[2:]
		case s[0] == '`':
			s = span(&out, s, "`", "code", html.EscapeString)
		case strings.HasPrefix(s, "**"):
			s = span(&out, s, "**", "strong", deeper)
		case s[0] == '*':
			s = span(&out, s, "*", "em", deeper)
		default:
			n := strings.IndexAny(s[1:], "\\`*") + 1
			if n == 0 {
				n = len(s)
			}
			out.WriteString(html.EscapeString(s[:n]))
			s = s[n:]
		}
	}
	return out.String()
}

// span renders a marked stretch at the beginning of s and returns the rest. A mark
// that is not closed, or stands apart as in "2 * 3", is text.
func span(out *strings.Builder, s, mark, tag string, inner func(string) string) string {
	body := s[len(mark):]
	end := closing(body, mark)
	if end <= 0 {
		out.WriteString(html.EscapeString(mark))
		return body
	}
	out.WriteString("<" + tag + ">" + inner(body[:end]) + "</" + tag + ">")
	return body[end+len(mark):]
}

func closing(body, mark string) int {
	first, _ := utf8.DecodeRuneInString(body)
	if body == "" || mark != "`" && unicode.IsSpace(first) {
		return -1
	}
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
