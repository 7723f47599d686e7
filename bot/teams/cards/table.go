package cards

import (
	"fmt"
	"strings"

	"golang.org/x/text/width"

	"github.com/bapsang/bapsang/bot"
)

// The limits of tables, all ours: Teams says none.
const (
	maxRows    = 20 // without the header: a card has no pages to turn
	maxColumns = 20
	maxBeside  = 57  // letters of columns beside each other, in a card of common width
	maxCell    = 200 // a cell is read at a glance
	maxTables  = 10  // of a message
	minColumn  = 8   // letters that a column is given at least, and at most
	wideColumn = 24
	pixels     = 9 // that such a letter takes, with what stands around it
)

// sheet is a table made fit to be shown.
type sheet struct {
	title   string
	head    []string
	numeric []bool
	rows    [][]string
	notes   []string // what was left out
}

// sheetsOf are the tables of a message, of more than anybody looks at their number.
func sheetsOf(msg bot.Message, rows int) []sheet {
	var out []sheet
	for i, t := range msg.Tables {
		if i == maxTables {
			more := &out[i-1].notes
			*more = append(*more, fmt.Sprintf(wordsOf(msg).moreTables, len(msg.Tables)-maxTables))
			break
		}
		out = append(out, sheetOf(t, msg, rows))
	}
	return out
}

// sheetOf cuts a table down to what can be shown, of at most so many rows, and says so.
func sheetOf(t bot.Table, msg bot.Message, rows int) sheet {
	w := wordsOf(msg)
	s := sheet{title: cut(oneLine(literal(t.Title)), 150)}
	for _, c := range t.Columns[:min(len(t.Columns), maxColumns)] {
		s.head = append(s.head, cell(c.Label))
		s.numeric = append(s.numeric, c.Numeric)
	}
	if len(s.head) > 0 {
		for _, row := range t.Rows[:min(len(t.Rows), rows)] {
			cells := make([]string, len(s.head))
			for i := range cells {
				if i < len(row) {
					cells[i] = row[i]
				}
				cells[i] = cell(cells[i])
			}
			s.rows = append(s.rows, cells)
		}
	}
	total := max(t.Total, len(t.Rows))
	if n := len(s.rows); n < total {
		s.notes = append(s.notes, w.rowCount(n, total))
	}
	if t.Partial {
		s.notes = append(s.notes, w.partial)
	}
	if n := len(s.head); n < len(t.Columns) {
		s.notes = append(s.notes, fmt.Sprintf(w.columns, len(t.Columns), n))
	}
	if len(s.notes) > 0 && hasCSV(msg) {
		s.notes = append(s.notes, w.rest)
	}
	return s
}

func hasCSV(msg bot.Message) bool {
	for _, b := range msg.Buttons {
		if b.Action == bot.ActionCSV {
			return true
		}
	}
	return false
}

// cell is a cell's text. An empty one is shown as such, for those who hear the table too.
func cell(s string) string {
	if s = cut(oneLine(literal(s)), maxCell); s == "" {
		return "–"
	}
	return s
}

// parts are the columns that are shown beside each other, as many as a card of common
// width shows without breaking figures. Each part but the first repeats the first column,
// which says what the row is of; these are of about as many columns.
func (s sheet) parts() []sheet {
	first := s.beside(0)
	out := []sheet{s.columns(0, first)}
	rest, parts := len(s.head)-first, 0
	for from := first; from < len(s.head); from += s.beside(from) {
		parts++
	}
	for i := range parts {
		out = append(out, s.columns(first+rest*i/parts, first+rest*(i+1)/parts))
	}
	return out
}

// beside is how many columns from one on fit beside each other, after the first where that
// is repeated: at least one, and not the first alone.
func (s sheet) beside(from int) int {
	n, room := 0, maxBeside
	if from > 0 {
		room -= s.letters(0) + 1
	}
	for i := from; i < len(s.head); i++ {
		if room -= s.letters(i) + 1; room < 0 && i > from && i > 1 {
			break
		}
		n++
	}
	return n
}

// letters is how wide a column is.
func (s sheet) letters(i int) int {
	n := columns(s.head[i])
	for _, row := range s.rows {
		n = max(n, columns(row[i]))
	}
	return min(max(n, minColumn), wideColumn)
}

func (s sheet) columns(from, to int) sheet {
	out := sheet{}
	pick := func(row []string) []string {
		if from == 0 {
			return row[:to]
		}
		return append([]string{row[0]}, row[from:to]...)
	}
	out.head = pick(s.head)
	out.numeric = s.numeric[:to]
	if from > 0 {
		out.numeric = append([]bool{s.numeric[0]}, s.numeric[from:to]...)
	}
	for _, row := range s.rows {
		out.rows = append(out.rows, pick(row))
	}
	return out
}

// table is the element that shows the sheet.
func (s sheet) table() element {
	t := element{Type: "Table", FirstRowAsHeaders: ptr(true), ShowGridLines: ptr(false)}
	var shape []column
	total := 0
	for i, numeric := range s.numeric {
		c := column{Width: s.letters(i)}
		if numeric {
			c.Align = "Right"
		}
		total += c.Width
		shape = append(shape, c)
	}
	t.Columns = shape
	if len(s.head) > 4 { // else it is broken into lines where it must
		t.MinWidth = fmt.Sprintf("%dpx", total*pixels)
	}
	row := func(texts []string, style func(string) any) {
		r := tr{Type: "TableRow"}
		for _, text := range texts {
			r.Cells = append(r.Cells, element{Type: "TableCell", Items: []element{{Type: "RichTextBlock", Inlines: []any{style(text)}}}})
		}
		t.Rows = append(t.Rows, r)
	}
	row(s.head, func(text string) any { return bold(text) })
	for _, r := range s.rows {
		row(r, func(text string) any { return text })
	}
	return t
}

// listed is the table with a line for each row, each figure beside its column's name.
func (s sheet) listed() string {
	if len(s.rows) == 0 {
		return strings.Join(s.head, " · ")
	}
	var out strings.Builder
	for r, row := range s.rows {
		for i, text := range row {
			switch i {
			case 0:
				out.WriteString("• " + text)
				if r == 0 { // what the others are shows then
					out.WriteString(" (" + s.head[0] + ")")
				}
			case 1:
				out.WriteString(": " + s.head[i] + " " + text)
			default:
				out.WriteString(" · " + s.head[i] + " " + text)
			}
		}
		out.WriteByte('\n')
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// columns counts the places that s takes where Hangul and other wide letters take two.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch k := width.LookupRune(r).Kind(); {
		case r == '\u2060', r == '\u200b', r == '\u200d', '\u0300' <= r && r <= '\u036f', '\ufe00' <= r && r <= '\ufe0f':
		case k == width.EastAsianWide, k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
