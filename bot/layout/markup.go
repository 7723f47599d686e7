package layout

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is a stretch of a line in one style.
type Span struct {
	Text               string
	Bold, Italic, Code bool
	// Link is where it leads; empty in what Parse returns.
	Link string
}

// Line is a line of a message's text.
type Line struct {
	Spans  []Span
	List   string // "-" or "1.", empty for no item of a list
	Number int    // of an item of a numbered list
	Indent int    // 1 for an item below another
}

// Parse reads the restricted Markdown of a bot.Message: **bold**, *italic*, `code`,
// lists, line breaks and backslash escapes. Everything else is taken as written. Each
// stretch is passed through literal, which keeps a platform from reading anything else in
// it, once the escapes are gone that could hide it.
func Parse(text string, literal func(string) string) []Line {
	var out []Line
	outer := -1 // indent of the list's outermost items
	for raw := range strings.SplitSeq(Clean(text), "\n") {
		l, rest, indent := listItem(raw)
		if l.List == "" {
			outer = -1
		} else if outer < 0 {
			outer = indent
		} else if indent >= outer+2 {
			l.Indent = 1
		}
		l.Spans = inline(rest, Span{}, 0)
		for i, s := range l.Spans {
			l.Spans[i].Text = literal(s.Text)
		}
		out = append(out, l)
	}
	return TrimBlank(out)
}

// TrimBlank takes away the empty lines at either end.
func TrimBlank(lines []Line) []Line {
	blank := func(l Line) bool {
		return l.List == "" && !slices.ContainsFunc(l.Spans, func(s Span) bool { return strings.TrimSpace(s.Text) != "" })
	}
	for len(lines) > 0 && blank(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && blank(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// listItem reads "- x", "* x", "• x" and "1. x". A number stays the number that was
// written.
func listItem(raw string) (l Line, rest string, indent int) {
	s := strings.TrimLeft(raw, " ")
	indent = len(raw) - len(s)
	for _, mark := range []string{"- ", "* ", "• "} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			return Line{List: "-"}, rest, indent
		}
	}
	digits := strings.TrimLeft(s, "0123456789")
	if n := len(s) - len(digits); n > 0 && n <= 3 && strings.HasPrefix(digits, ". ") {
		number, err := strconv.Atoi(s[:n])
		if err == nil && number > 0 {
			return Line{List: "1.", Number: number}, digits[2:], indent
		}
	}
	return Line{}, raw, indent
}

// The limits within which marks are looked for, so that a hostile text costs no more
// than its length.
const (
	deepest = 3
	longest = 2000 // bytes
)

// marks are those there are; the longer one of two is looked for first.
var marks = [3]string{"**", "*", "`"}

// styled is style with what mark adds.
func styled(style Span, mark string) Span {
	switch mark {
	case "**":
		style.Bold = true
	case "*":
		style.Italic = true
	default:
		style.Code = true
	}
	return style
}

// inline reads what stands within a line.
func inline(s string, style Span, depth int) []Span {
	var out []Span
	apart := false // what follows an escaped bracket: [1] is the number of no source then
	add := func(text string) {
		if n := len(out); n > 0 && out[n-1].SameStyle(style) && !apart {
			out[n-1].Text += text
			return
		}
		apart = false
		with := style
		with.Text = text
		out = append(out, with)
	}
	if depth > deepest {
		add(s)
		return out
	}
	var open [3]int // per mark: up to where it is known not to be closed
	for at := 0; at < len(s); {
		rest := s[at:]
		mark := slices.IndexFunc(marks[:], func(m string) bool { return strings.HasPrefix(rest, m) })
		switch {
		case rest[0] == '\\' && len(rest) > 1 && isPunct(rest[1]):
			add(rest[1:2])
			apart = rest[1] == '['
			at += 2
		case mark >= 0 && !isProduct(s, at):
			m := marks[mark]
			body, end := rest[len(m):], -1
			if at >= open[mark] && opens(body, m) {
				if end = closing(body, m); end < 0 {
					open[mark] = at + longest
				}
			}
			if end < 0 {
				add(m)
				at += len(m)
				continue
			}
			within := styled(style, m)
			if within.Text = body[:end]; m == "`" {
				out = append(out, within)
			} else {
				within.Text = ""
				out = append(out, inline(body[:end], within, depth+1)...)
			}
			at += end + 2*len(m)
		default:
			n := strings.IndexAny(rest[1:], "\\`*") + 1
			if n == 0 {
				n = len(rest)
			}
			add(rest[:n])
			at += n
		}
	}
	return out
}

// SameStyle tells whether both look the same, wherever they lead.
func (s Span) SameStyle(t Span) bool {
	return s.Bold == t.Bold && s.Italic == t.Italic && s.Code == t.Code
}

// opens tells whether a mark before body may begin a stretch: one that stands apart,
// as in "2 * 3", does not.
func opens(body, mark string) bool {
	first, n := utf8.DecodeRuneInString(body)
	return n > 0 && (mark == "`" || !unicode.IsSpace(first))
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

// Head begins an item of a list: its mark, behind as many indents as it is deep.
func (l Line) Head(indent string) string {
	switch l.List {
	case "-":
		return strings.Repeat(indent, l.Indent) + "• "
	case "1.":
		return strings.Repeat(indent, l.Indent) + strconv.Itoa(l.Number) + ". "
	}
	return ""
}

// Plain writes lines without marks.
func Plain(lines []Line) string {
	var out strings.Builder
	for i, l := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(l.Head("  "))
		for _, s := range l.Spans {
			out.WriteString(s.Text)
		}
	}
	return out.String()
}
