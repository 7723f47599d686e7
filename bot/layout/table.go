package layout

import (
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/bot"
)

// MaxTables is how many tables of a message anybody looks at, and maxTitle how long the
// name of one is.
const (
	MaxTables = 10
	maxTitle  = 150
)

// Sheet is a table made fit to be shown. Its texts are literal.
type Sheet struct {
	Title   string
	Head    []string
	Numeric []bool
	Rows    [][]string
	Notes   []string // what was left out
}

// Fit is what a platform shows of a table.
type Fit struct {
	Columns, Rows int
	// Text makes a text literal, and a cell's text fit besides.
	Text, Cell func(string) string
	// Room is how much all cells may weigh together, and Weight what one weighs; a nil
	// Weight means that there is room for all.
	Room   int
	Weight func(string) int
}

// Sheets are the tables of a message, the i-th made to fit fit(i), and of more than
// anybody looks at their number.
func Sheets(msg bot.Message, fit func(i int) Fit) []Sheet {
	var out []Sheet
	for i, t := range msg.Tables {
		if i == MaxTables {
			more := &out[i-1].Notes
			*more = append(*more, fmt.Sprintf(WordsFor(msg.Language).MoreTables, len(msg.Tables)-MaxTables))
			break
		}
		out = append(out, SheetOf(t, msg, fit(i)))
	}
	return out
}

// SheetOf cuts a table of msg down to what can be shown, and says so.
func SheetOf(t bot.Table, msg bot.Message, fit Fit) Sheet {
	w := WordsFor(msg.Language)
	s := Sheet{Title: Cut(OneLine(fit.Text(t.Title)), maxTitle)}
	for _, c := range t.Columns[:min(len(t.Columns), fit.Columns)] {
		s.Head = append(s.Head, fit.Cell(c.Label))
		s.Numeric = append(s.Numeric, c.Numeric)
	}
	s.Rows = rowsOf(t, s.Head, fit)
	total := max(t.Total, len(t.Rows))
	if n := len(s.Rows); n < total {
		s.Notes = append(s.Notes, w.RowCount(n, total))
	}
	if t.Partial {
		s.Notes = append(s.Notes, w.Partial)
	}
	if n := len(s.Head); n < len(t.Columns) {
		s.Notes = append(s.Notes, fmt.Sprintf(w.Columns, len(t.Columns), n))
	}
	if len(s.Notes) > 0 && HasCSV(msg) {
		s.Notes = append(s.Notes, w.Rest)
	}
	return s
}

// rowsOf are the first rows of t, of which there is at least one if t has any.
func rowsOf(t bot.Table, head []string, fit Fit) [][]string {
	if len(head) == 0 {
		return nil
	}
	room := fit.Room
	weigh := func(text string) {
		if fit.Weight != nil {
			room -= fit.Weight(text)
		}
	}
	for _, text := range head {
		weigh(text)
	}
	var out [][]string
	for _, row := range t.Rows[:min(len(t.Rows), fit.Rows)] {
		cells := make([]string, len(head))
		for i := range cells {
			if i < len(row) {
				cells[i] = row[i]
			}
			cells[i] = fit.Cell(cells[i])
			weigh(cells[i])
		}
		if room < 0 && len(out) > 0 {
			break
		}
		out = append(out, cells)
	}
	return out
}

// Listed is the table with a line for each row, each figure beside its column's name.
func (s Sheet) Listed() string {
	if len(s.Rows) == 0 {
		return strings.Join(s.Head, " · ")
	}
	var out strings.Builder
	for r, row := range s.Rows {
		for i, text := range row {
			switch i {
			case 0:
				out.WriteString("• " + text)
				if r == 0 { // what the others are shows then
					out.WriteString(" (" + s.Head[0] + ")")
				}
			case 1:
				out.WriteString(": " + s.Head[i] + " " + text)
			default:
				out.WriteString(" · " + s.Head[i] + " " + text)
			}
		}
		out.WriteByte('\n')
	}
	return strings.TrimSuffix(out.String(), "\n")
}
