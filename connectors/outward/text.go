package outward

import (
	"bytes"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/transform"
)

// Text is body in UTF-8. label is the character set that came with it, or ""; body is
// searched for what it says itself. A byte order mark is believed first, then bytes
// that can only be UTF-8, then label, then what the body says. What says nothing is
// Korean if it reads as Korean. Bytes that are not text become U+FFFD.
func Text(body []byte, label string) []byte {
	name := byMark(body)
	if name == "" {
		// No other text of some length is valid UTF-8 by chance. Without letters beyond
		// ASCII it may still be one that shifts (ISO-2022-KR).
		if utf8.Valid(body) && !ascii(body) && bytes.IndexByte(body, 0) < 0 {
			return body
		}
		name = declared(body, label)
	}
	if name == "" || name == "utf-8" && !utf8.Valid(body) {
		name = guess(body)
	}
	if enc, _ := charset.Lookup(name); enc != nil && name != "utf-8" {
		if out, _, err := transform.Bytes(enc.NewDecoder(), body); err == nil {
			body = out
		}
	}
	return bytes.ToValidUTF8(bytes.TrimPrefix(body, []byte("\ufeff")), []byte("\ufffd"))
}

// byMark is the encoding that a byte order mark names, or "".
func byMark(body []byte) string {
	for _, m := range []struct{ mark, name string }{{"\xef\xbb\xbf", "utf-8"}, {"\xfe\xff", "utf-16be"}, {"\xff\xfe", "utf-16le"}} {
		if bytes.HasPrefix(body, []byte(m.mark)) {
			return m.name
		}
	}
	return ""
}

// declared is the encoding by label or by the body's own words, or "".
func declared(body []byte, label string) string {
	for _, l := range []string{label, xmlEncoding(body)} {
		if _, name := charset.Lookup(l); name != "" {
			return name
		}
	}
	// What it falls back to is not declared.
	if _, name, _ := charset.DetermineEncoding(body, ""); name != "windows-1252" && name != "utf-8" {
		return name
	}
	return ""
}

func ascii(body []byte) bool {
	return bytes.IndexFunc(body, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// xmlEncoding is what an XML declaration says.
func xmlEncoding(body []byte) string {
	if !bytes.HasPrefix(body, []byte("<?xml")) {
		return ""
	}
	declaration, _, ok := strings.Cut(string(body[:min(len(body), 256)]), "?>")
	_, rest, found := strings.Cut(declaration, "encoding=")
	if !ok || !found || rest == "" {
		return ""
	}
	name, _, _ := strings.Cut(rest[1:], rest[:1])
	return name
}

// guess is for bytes that do not say what they are, or say UTF-8 and are not.
func guess(body []byte) string {
	if utf8.Valid(body) {
		return "utf-8"
	}
	text, _, err := transform.Bytes(korean.EUCKR.NewDecoder(), body)
	var hangul, other, bad int
	for _, r := range string(text) {
		switch {
		case r == utf8.RuneError:
			bad++
		case unicode.Is(unicode.Hangul, r):
			hangul++
		case r >= utf8.RuneSelf && unicode.IsLetter(r):
			other++
		}
	}
	// A page cut short ends in half a letter.
	if err == nil && hangul > other && bad <= 1+hangul/1000 {
		return "euc-kr"
	}
	if mostlyUTF8(body) {
		return "utf-8"
	}
	return "windows-1252"
}

// mostlyUTF8 reports whether more letters beyond ASCII are UTF-8 than are not.
func mostlyUTF8(body []byte) bool {
	good, bad := 0, 0
	for len(body) > 0 {
		r, n := utf8.DecodeRune(body)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case r >= utf8.RuneSelf:
			good++
		}
		body = body[n:]
	}
	return good > bad
}

// Plain is the text that markup shows: no tags, no entities, blanks and line breaks as
// they are read. Text without markup is left as it is, but for its blanks. It is at
// most limit runes long, with an ellipsis where it is cut; 0 does not cut.
func Plain(markup string, limit int) string {
	text := markup
	// Feeds escape titles twice often enough to look again.
	for range 2 {
		if !strings.ContainsAny(text, "<&") {
			break
		}
		text = strip(text)
	}
	return cut(blanks(text), limit)
}

// breaking are the elements that begin a line.
var breaking = map[atom.Atom]bool{
	atom.Br: true, atom.P: true, atom.Div: true, atom.Li: true, atom.Tr: true, atom.H1: true, atom.H2: true, atom.H3: true,
	atom.H4: true, atom.Ul: true, atom.Ol: true, atom.Table: true, atom.Blockquote: true, atom.Section: true,
	atom.Article: true, atom.Hr: true,
}

// strip takes tags out and entities apart. What only looks like a tag ("x<y") stays.
func strip(markup string) string {
	z := xhtml.NewTokenizer(strings.NewReader(markup))
	var b strings.Builder
	hidden := false
	for {
		switch kind := z.Next(); kind {
		case xhtml.ErrorToken:
			if raw := string(z.Raw()); !hidden && !looksLikeTag(raw) {
				b.WriteString(html.UnescapeString(raw))
			}
			return b.String()
		case xhtml.TextToken:
			if !hidden {
				b.WriteString(html.UnescapeString(string(z.Raw())))
			}
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken, xhtml.EndTagToken:
			raw := string(z.Raw())
			name, _ := z.TagName()
			switch a := atom.Lookup(name); {
			case a == 0 && kind == xhtml.StartTagToken && !strings.Contains(raw, ":"):
				b.WriteString(html.UnescapeString(raw))
			case a == atom.Script || a == atom.Style:
				hidden = kind == xhtml.StartTagToken
			case breaking[a]:
				b.WriteByte('\n')
			case a == atom.Td || a == atom.Th:
				b.WriteByte(' ')
			}
		}
	}
}

// looksLikeTag is for a tag that never ends.
func looksLikeTag(raw string) bool {
	name := strings.TrimLeft(raw, "</!")
	if i := strings.IndexFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }); i >= 0 {
		name = name[:i]
	}
	return strings.HasPrefix(raw, "<!") || atom.Lookup([]byte(strings.ToLower(name))) != 0
}

// blanks joins runs of blanks, keeps single line breaks, and drops characters that are
// not to be seen: controls, and those that turn the direction of writing.
func blanks(text string) string {
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' })
	out := lines[:0]
	for _, line := range lines {
		line = strings.Map(func(r rune) rune {
			switch {
			case unicode.IsSpace(r):
				return ' '
			case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u200b', r == '\ufeff', r >= 0xe0000 && r <= 0xe007f:
				return -1
			}
			return r
		}, line)
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

func cut(text string, limit int) string {
	if limit <= 0 || utf8.RuneCountInString(text) <= limit {
		return text
	}
	n := 0
	for i := range text {
		if n++; n == limit {
			return strings.TrimRight(text[:i], " \n") + "…"
		}
	}
	return text
}
