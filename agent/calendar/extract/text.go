package extract

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// cellEdge keeps the cells of a table's row apart in a line.
const cellEdge = " | "

// maxDepth bounds how deep elements are followed. Pages of people are below 50.
const maxDepth = 400

// clean puts a text into the form that Document.Text has: NFC, half-width, without
// characters that cannot be seen, such as zero-width spaces, soft hyphens and marks of
// direction.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = norm.NFC.String(width.Fold.String(s))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u00a0' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r) || unicode.IsControl(r) || r == '\u3164' || r == '\u115f':
			return -1
		}
		return r
	}, s)
}

// parse reads HTML, however broken.
func parse(body []byte) (*html.Node, error) {
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return nil, ErrNoText
	}
	return root, nil
}

// unseen are elements whose content is not shown.
var unseen = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true, atom.Head: true, atom.Iframe: true,
	atom.Object: true, atom.Svg: true, atom.Math: true, atom.Select: true, atom.Textarea: true, atom.Dialog: true, atom.Noframes: true,
}

// beside are elements of a page that are not its own article.
var beside = map[atom.Atom]bool{atom.Nav: true, atom.Aside: true, atom.Footer: true}

// hidden reports whether the markup itself hides an element.
func hidden(n *html.Node) bool {
	if unseen[n.DataAtom] {
		return true
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			if hides(a.Val) {
				return true
			}
		}
	}
	return false
}

// hides reports whether an inline style makes its element invisible.
func hides(style string) bool {
	style = strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, style))
	for _, way := range []string{"display:none", "visibility:hidden", "font-size:0", "opacity:0;", "text-indent:-999", "left:-999", "clip:rect(0"} {
		if strings.Contains(style+";", way) && !strings.Contains(style, way+".") {
			return true
		}
	}
	return false
}

// prune takes what is not shown out of a tree, and what lies too deep.
func prune(n *html.Node, depth int) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.CommentNode || c.Type == html.ElementNode && (depth > maxDepth || hidden(c)) {
			n.RemoveChild(c)
		} else {
			prune(c, depth+1)
		}
		c = next
	}
}

// line is a block of Document.Text.
type line struct {
	at, end int
	heading bool
	outside bool // in a menu, a footer or the like
}

// writer turns a tree into lines.
type writer struct {
	b       strings.Builder
	lines   []line
	pending strings.Builder
	heading bool
	outside int
	row     bool
}

var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Section: true, atom.Article: true, atom.Main: true, atom.Header: true, atom.Footer: true, atom.Aside: true,
	atom.Nav: true, atom.Ul: true, atom.Ol: true, atom.Li: true, atom.Dl: true, atom.Dt: true, atom.Dd: true, atom.Table: true, atom.Tr: true,
	atom.Caption: true, atom.Thead: true, atom.Tbody: true, atom.Tfoot: true, atom.Blockquote: true, atom.Pre: true, atom.Figure: true,
	atom.Figcaption: true, atom.Form: true, atom.Fieldset: true, atom.Address: true, atom.Hr: true, atom.Br: true, atom.Body: true, atom.Html: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Details: true, atom.Summary: true,
}

var headings = map[atom.Atom]bool{
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Caption: true, atom.Dt: true, atom.Summary: true,
}

// flatten writes the visible text of a pruned tree.
func flatten(n *html.Node) (string, []line) {
	w := &writer{}
	w.node(n)
	w.end()
	return w.b.String(), w.lines
}

func (w *writer) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.pending.WriteString(n.Data)
		return
	case html.ElementNode, html.DocumentNode:
	default:
		return
	}
	cell := n.DataAtom == atom.Td || n.DataAtom == atom.Th
	// Blocks within a row do not break it: a date's two ends may be two paragraphs of one
	// cell.
	block := blocks[n.DataAtom] && (!w.row || n.DataAtom == atom.Tr || n.DataAtom == atom.Table)
	switch {
	case block:
		w.end()
	case cell && strings.TrimSpace(w.pending.String()) != "":
		w.pending.WriteString(cellEdge)
	case blocks[n.DataAtom]:
		w.pending.WriteByte(' ')
	}
	row, heading := w.row, w.heading
	w.row = w.row || n.DataAtom == atom.Tr
	w.heading = headings[n.DataAtom] || w.heading && n.DataAtom != atom.P && n.DataAtom != atom.Table && n.DataAtom != atom.Ul
	if beside[n.DataAtom] {
		w.outside++
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
	if block {
		w.end()
	}
	if beside[n.DataAtom] {
		w.outside--
	}
	w.row, w.heading = row, heading
}

// end ends the line that is being written.
func (w *writer) end() {
	text := strings.Join(strings.Fields(clean(w.pending.String())), " ")
	w.pending.Reset()
	if text == "" {
		return
	}
	at := w.b.Len()
	w.b.WriteString(text)
	w.lines = append(w.lines, line{at: at, end: w.b.Len(), heading: w.heading && len(text) <= 200, outside: w.outside > 0})
	w.b.WriteByte('\n')
}

// sentence returns the bounds of the sentence around at…end within a line.
func sentence(s string, l line, at, end int) (from, to int) {
	from, to = max(l.at, runeStart(s, at-longest)), min(l.end, runeStart(s, end+longest))
	for i := from; i < at; i++ {
		if n := sentenceEnd(s, i); n > 0 && i+n <= at {
			from = i + n
		}
	}
	for i := end; i < to; i++ {
		if n := sentenceEnd(s, i); n > 0 {
			to = i + n
		}
	}
	for from < at && s[from] == ' ' {
		from++
	}
	return from, max(to, end)
}

// longest is how many bytes of a sentence are kept on each side of its date.
const longest = 400

func runeStart(s string, i int) int {
	i = min(max(i, 0), len(s))
	for i > 0 && i < len(s) && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// sentenceEnd returns how many bytes end a sentence at i, 0 where none ends. A dot after
// a number, or before one, ends none: "2026. 11. 23.", "Nov. 23".
func sentenceEnd(s string, i int) int {
	switch s[i] {
	case '!', '?':
		return 1
	case '.':
		if i == 0 || i+2 >= len(s) || s[i+1] != ' ' || isDigit(s[i-1]) || isDigit(s[i+2]) {
			return 0
		}
		if _, _, ok := month(s, wordStart(s, i)); ok {
			return 0
		}
		return 1
	}
	if n, ok := literal(s, i, "。"); ok {
		return n - i
	}
	return 0
}

func wordStart(s string, i int) int {
	for i > 0 && isLetter(s[i-1]) {
		i--
	}
	return i
}
