package blocks

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/slack-go/slack"
	"golang.org/x/text/width"

	"github.com/bapsang/bapsang/bot"
)

// The limits of tables. Slack takes one table a message.
const (
	maxColumns  = 20
	maxRows     = 100  // without the header
	maxCell     = 200  // ours: a cell is read at a glance
	maxTable    = 6000 // ours, of all cells: beside a table there is room for the answer
	maxTables   = 10   // ours, of a message
	maxPage     = 10   // ours: rows that are shown before somebody turns the page
	maxUnpaged  = 15   // ours: rows of a table without pages, where the rest is a press away
	maxUnbroken = 30   // ours: columns of letters in a cell that is not broken into lines
	maxAligned  = 56   // ours: columns of letters that fit beside each other in a thread
)

// sheet is a table made fit to be shown.
type sheet struct {
	title   string
	head    []string
	numeric []bool
	rows    [][]string
	notes   []string // what was left out
}

// sheetsOf are the tables of a message: the first, and of more than anybody looks at
// their number.
func sheetsOf(msg bot.Message, level Level) []sheet {
	var out []sheet
	for i, t := range msg.Tables {
		if i == maxTables {
			more := &out[i-1].notes
			*more = append(*more, fmt.Sprintf(wordsOf(msg).moreTables, len(msg.Tables)-maxTables))
			break
		}
		rows := maxRows
		if (level > Native || i > 0) && hasCSV(msg) {
			rows = maxUnpaged
		}
		out = append(out, sheetOf(t, msg, rows))
	}
	return out
}

// sheetOf cuts a table down to what can be shown, of at most so many rows, and says so.
func sheetOf(t bot.Table, msg bot.Message, rows int) sheet {
	w := wordsOf(msg)
	s := sheet{title: cut(oneLine(literal(t.Title)), 150)}
	room := maxTable
	for _, c := range t.Columns[:min(len(t.Columns), maxColumns)] {
		s.head = append(s.head, cell(c.Label))
		s.numeric = append(s.numeric, c.Numeric)
		room -= weight(cell(c.Label))
	}
	for _, row := range t.Rows[:min(len(t.Rows), rows)] {
		cells := make([]string, len(s.head))
		for i := range cells {
			if i < len(row) {
				cells[i] = row[i]
			}
			cells[i] = cell(cells[i])
			room -= weight(cells[i])
		}
		if room < 0 && len(s.rows) > 0 {
			break
		}
		s.rows = append(s.rows, cells)
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

// cell is a cell's text. Slack takes no empty ones.
func cell(s string) string {
	s = oneLine(literal(s))
	for try := maxCell; weight(s) > maxCell; try = try * 3 / 4 {
		s = cut(s, try)
	}
	if s == "" {
		return "–"
	}
	return s
}

// dataTable is the table that people can sort and turn the pages of.
func (s sheet) dataTable(caption string) *slack.DataTableBlock {
	block := slack.NewDataTableBlock(caption).WithPageSize(min(len(s.rows), maxPage))
	var head []slack.DataTableCell
	for _, h := range s.head {
		head = append(head, slack.NewDataTableRawTextCell(h))
	}
	block.AddRow(head...)
	figures := make([][]float64, len(s.head))
	for i, numeric := range s.numeric {
		if numeric {
			figures[i] = s.figures(i)
		}
	}
	for r, row := range s.rows {
		cells := make([]slack.DataTableCell, len(row))
		for i, text := range row {
			if figures[i] != nil { // sorted as numbers, shown as written
				cells[i] = slack.NewDataTableRawNumberCell(figures[i][r]).WithText(text)
			} else {
				cells[i] = slack.NewDataTableRawTextCell(text)
			}
		}
		block.AddRow(cells...)
	}
	return block
}

// table is the table without sorting. Its cells are texts: figures as numbers were
// refused in some workspaces.
func (s sheet) table() *slack.TableBlock {
	block := slack.NewTableBlock("")
	row := func(texts []string) {
		cells := make([]slack.TableCell, len(texts))
		for i, text := range texts {
			cells[i] = slack.NewTableRawTextCell(text)
		}
		block.AddRow(cells...)
	}
	// A row less than Slack takes: its limit may count the header.
	row(s.head)
	for _, r := range s.rows[:min(len(s.rows), maxRows-1)] {
		row(r)
	}
	for i, numeric := range s.numeric {
		setting := slack.ColumnSetting{Align: slack.ColumnAlignmentLeft}
		if numeric {
			setting.Align = slack.ColumnAlignmentRight
		}
		for _, r := range s.rows { // a name stays on its line, a sentence does not
			setting.IsWrapped = setting.IsWrapped || columns(r[i]) > maxUnbroken
		}
		block.ColumnSettings = append(block.ColumnSettings, setting)
	}
	return block
}

// extent is how many letters of either width a text has.
type extent struct{ narrow, wide int }

// aligned is the table as lines of a fixed pitch, if they are short enough not to be
// broken. Where a font has no Hangul, another one's is not twice as wide as its letters,
// but as wide as its U+3000 IDEOGRAPHIC SPACE: so each width is filled up by itself.
func (s sheet) aligned() (string, bool) {
	all := append([][]string{s.head}, s.rows...)
	widths := make([]extent, len(s.head))
	for _, row := range all {
		for i, text := range row {
			e := extentOf(text)
			widths[i] = extent{max(widths[i].narrow, e.narrow), max(widths[i].wide, e.wide)}
		}
	}
	total := 2 * (len(widths) - 1)
	for _, w := range widths {
		total += w.narrow + 2*w.wide
	}
	if total > maxAligned || len(widths) == 0 {
		return "", false
	}
	var out strings.Builder
	for _, row := range all {
		var line strings.Builder
		for i, text := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			e := extentOf(text)
			pad := strings.Repeat("\u3000", widths[i].wide-e.wide) + strings.Repeat(" ", widths[i].narrow-e.narrow)
			if s.numeric[i] {
				line.WriteString(pad + text)
			} else {
				line.WriteString(text + pad)
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " \u3000") + "\n")
	}
	return strings.TrimSuffix(out.String(), "\n"), true
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
	e := extentOf(s)
	return e.narrow + 2*e.wide
}

// extentOf counts the letters of s; marks above others and what cannot be seen are none.
func extentOf(s string) extent {
	var e extent
	for _, r := range s {
		switch k := width.LookupRune(r).Kind(); {
		case r == '\u2060', r == '\u200b', r == '\u200d', '\u0300' <= r && r <= '\u036f', '\ufe00' <= r && r <= '\ufe0f':
		case k == width.EastAsianWide, k == width.EastAsianFullwidth:
			e.wide++
		default:
			e.narrow++
		}
	}
	return e
}

// written takes a figure apart: sign, currency, the parts counted in 조, 억 and 만, the
// rest, the English unit, and what follows.
var written = regexp.MustCompile(`^([+\-−]?)([^\d\s+\-−]{0,3})((?:[\d,]+(?:\.\d+)?[조억만] ?)*)([\d,]+(?:\.\d+)?)?([TBMK]?)((?:[^\dA-Za-z][^\d]*)?)$`)

// figures reads the figures of a column, so that Slack can sort it: as text, 9,844만 is
// more than 1억. It is nil where a cell is none, or their units differ.
func (s sheet) figures(column int) []float64 {
	out := make([]float64, len(s.rows))
	unit := ""
	for r, row := range s.rows {
		m := written.FindStringSubmatch(row[column])
		if m == nil || m[3] == "" && m[4] == "" {
			return nil
		}
		this := m[2] + " " + strings.TrimSpace(m[6])
		if r > 0 && this != unit {
			return nil
		}
		unit = this
		v, ok := value(m[3], m[4], m[5])
		if !ok {
			return nil
		}
		if m[1] == "-" || m[1] == "−" {
			v = -v
		}
		out[r] = v
	}
	return out
}

// value adds up a figure's parts.
func value(korean, rest, unit string) (float64, bool) {
	number := func(s string) (float64, bool) {
		v, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
		return v, err == nil
	}
	sum := 0.0
	for _, u := range koreanUnits {
		head, tail, found := strings.Cut(korean, u.word)
		if !found {
			continue
		}
		v, ok := number(strings.TrimSpace(head))
		if !ok {
			return 0, false
		}
		sum, korean = sum+v*u.size, tail
	}
	if strings.TrimSpace(korean) != "" {
		return 0, false
	}
	if rest == "" {
		return sum, unit == ""
	}
	v, ok := number(rest)
	for _, u := range englishUnits {
		if unit == u.word {
			v *= u.size
		}
	}
	return sum + v, ok
}
