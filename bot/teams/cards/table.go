package cards

import (
	"fmt"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The limits of tables, all ours: Teams says none.
const (
	maxRows    = 20 // without the header: a card has no pages to turn
	maxColumns = 20
	maxBeside  = 57  // letters of columns beside each other, in a card of common width
	maxCell    = 200 // a cell is read at a glance
	minColumn  = 8   // letters that a column is given at least, and at most
	wideColumn = 24
	pixels     = 9 // that such a letter takes, with what stands around it
)

// sheet is a table to be shown in a card.
type sheet struct{ layout.Sheet }

// sheetsOf are the tables of a message, of more than anybody looks at their number.
func sheetsOf(msg bot.Message, rows int) []sheet {
	var out []sheet
	fit := layout.Fit{Columns: maxColumns, Rows: rows, Text: literal, Cell: cell}
	for _, s := range layout.Sheets(msg, func(int) layout.Fit { return fit }) {
		out = append(out, sheet{s})
	}
	return out
}

// cell is a cell's text. An empty one is shown as such, for those who hear the table too.
func cell(s string) string {
	if s = layout.Cut(layout.OneLine(literal(s)), maxCell); s == "" {
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
	rest, parts := len(s.Head)-first, 0
	for from := first; from < len(s.Head); from += s.beside(from) {
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
	for i := from; i < len(s.Head); i++ {
		if room -= s.letters(i) + 1; room < 0 && i > from && i > 1 {
			break
		}
		n++
	}
	return n
}

// letters is how wide a column is.
func (s sheet) letters(i int) int {
	n := layout.Columns(s.Head[i])
	for _, row := range s.Rows {
		n = max(n, layout.Columns(row[i]))
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
	out.Head = pick(s.Head)
	out.Numeric = s.Numeric[:to]
	if from > 0 {
		out.Numeric = append([]bool{s.Numeric[0]}, s.Numeric[from:to]...)
	}
	for _, row := range s.Rows {
		out.Rows = append(out.Rows, pick(row))
	}
	return out
}

// table is the element that shows the sheet.
func (s sheet) table() element {
	t := element{Type: "Table", FirstRowAsHeaders: ptr(true), ShowGridLines: ptr(false)}
	var shape []column
	total := 0
	for i, numeric := range s.Numeric {
		c := column{Width: s.letters(i)}
		if numeric {
			c.Align = "Right"
		}
		total += c.Width
		shape = append(shape, c)
	}
	t.Columns = shape
	if len(s.Head) > 4 { // else it is broken into lines where it must
		t.MinWidth = fmt.Sprintf("%dpx", total*pixels)
	}
	row := func(texts []string, style func(string) any) {
		r := tr{Type: "TableRow"}
		for _, text := range texts {
			r.Cells = append(r.Cells, element{Type: "TableCell", Items: []element{{Type: "RichTextBlock", Inlines: []any{style(text)}}}})
		}
		t.Rows = append(t.Rows, r)
	}
	row(s.Head, func(text string) any { return bold(text) })
	for _, r := range s.Rows {
		row(r, func(text string) any { return text })
	}
	return t
}
