package blocks

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// The limits of tables. Slack takes one table a message.
const (
	maxColumns  = 20
	maxRows     = 100  // without the header
	maxCell     = 200  // ours: a cell is read at a glance
	maxTable    = 6000 // ours, of all cells: beside a table there is room for the answer
	maxPage     = 10   // ours: rows that are shown before somebody turns the page
	maxUnpaged  = 15   // ours: rows of a table without pages, where the rest is a press away
	maxUnbroken = 30   // ours: columns of letters in a cell that is not broken into lines
	maxAligned  = 56   // ours: columns of letters that fit beside each other in a thread
)

// sheet is a table to be shown in Slack.
type sheet struct{ layout.Sheet }

// sheetsOf are the tables of a message: the first, and of more than anybody looks at
// their number.
func sheetsOf(msg bot.Message, level Level) []sheet {
	var out []sheet
	for _, s := range layout.Sheets(msg, func(i int) layout.Fit {
		if (level > Native || i > 0) && layout.HasCSV(msg) {
			return fit(maxUnpaged)
		}
		return fit(maxRows)
	}) {
		out = append(out, sheet{s})
	}
	return out
}

// fit is what Slack shows of a table.
func fit(rows int) layout.Fit {
	return layout.Fit{Columns: maxColumns, Rows: rows, Text: literal, Cell: cell, Room: maxTable, Weight: weight}
}

// cell is a cell's text. Slack takes no empty ones.
func cell(s string) string {
	s = layout.OneLine(literal(s))
	for try := maxCell; weight(s) > maxCell; try = try * 3 / 4 {
		s = layout.Cut(s, try)
	}
	if s == "" {
		return "–"
	}
	return s
}

// dataTable is the table that people can sort and turn the pages of.
func (s sheet) dataTable(caption string) *slack.DataTableBlock {
	block := slack.NewDataTableBlock(caption).WithPageSize(min(len(s.Rows), maxPage))
	var head []slack.DataTableCell
	for _, h := range s.Head {
		head = append(head, slack.NewDataTableRawTextCell(h))
	}
	block.AddRow(head...)
	figures := make([][]float64, len(s.Head))
	for i, numeric := range s.Numeric {
		if numeric {
			figures[i] = s.figures(i)
		}
	}
	for r, row := range s.Rows {
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
	row(s.Head)
	for _, r := range s.Rows[:min(len(s.Rows), maxRows-1)] {
		row(r)
	}
	for i, numeric := range s.Numeric {
		setting := slack.ColumnSetting{Align: slack.ColumnAlignmentLeft}
		if numeric {
			setting.Align = slack.ColumnAlignmentRight
		}
		for _, r := range s.Rows { // a name stays on its line, a sentence does not
			setting.IsWrapped = setting.IsWrapped || layout.Columns(r[i]) > maxUnbroken
		}
		block.ColumnSettings = append(block.ColumnSettings, setting)
	}
	return block
}

// aligned is the table as lines of a fixed pitch, if they are short enough not to be
// broken. Where a font has no Hangul, another one's is not twice as wide as its letters,
// but as wide as its U+3000 IDEOGRAPHIC SPACE: so each width is filled up by itself.
func (s sheet) aligned() (string, bool) {
	all := append([][]string{s.Head}, s.Rows...)
	widths := make([]layout.Extent, len(s.Head))
	for _, row := range all {
		for i, text := range row {
			e := layout.ExtentOf(text)
			widths[i] = layout.Extent{Narrow: max(widths[i].Narrow, e.Narrow), Wide: max(widths[i].Wide, e.Wide)}
		}
	}
	total := 2 * (len(widths) - 1)
	for _, w := range widths {
		total += w.Narrow + 2*w.Wide
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
			e := layout.ExtentOf(text)
			pad := strings.Repeat("\u3000", widths[i].Wide-e.Wide) + strings.Repeat(" ", widths[i].Narrow-e.Narrow)
			if s.Numeric[i] {
				line.WriteString(pad + text)
			} else {
				line.WriteString(text + pad)
			}
		}
		out.WriteString(strings.TrimRight(line.String(), " \u3000") + "\n")
	}
	return strings.TrimSuffix(out.String(), "\n"), true
}

// written takes a figure apart: sign, currency, the parts counted in 조, 억 and 만, the
// rest, the English unit, and what follows.
var written = regexp.MustCompile(`^([+\-−]?)([^\d\s+\-−]{0,3})((?:[\d,]+(?:\.\d+)?[조억만] ?)*)([\d,]+(?:\.\d+)?)?([TBMK]?)((?:[^\dA-Za-z][^\d]*)?)$`)

// figures reads the figures of a column, so that Slack can sort it: as text, 9,844만 is
// more than 1억. It is nil where a cell is none, or their units differ.
func (s sheet) figures(column int) []float64 {
	out := make([]float64, len(s.Rows))
	unit := ""
	for r, row := range s.Rows {
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
	for _, u := range layout.UnitsOf("ko") {
		head, tail, found := strings.Cut(korean, u.Word)
		if !found {
			continue
		}
		v, ok := number(strings.TrimSpace(head))
		if !ok {
			return 0, false
		}
		sum, korean = sum+v*u.Size, tail
	}
	if strings.TrimSpace(korean) != "" {
		return 0, false
	}
	if rest == "" {
		return sum, unit == ""
	}
	v, ok := number(rest)
	for _, u := range layout.UnitsOf("en") {
		if unit == u.Word {
			v *= u.Size
		}
	}
	return sum + v, ok
}
