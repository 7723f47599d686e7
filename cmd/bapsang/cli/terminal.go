package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/answer"
)

// terminalRows is how many rows of a result the terminal shows.
const terminalRows = 25

// printAnswer writes an answer for a person.
func printAnswer(w io.Writer, a *agent.Answer) error {
	var b strings.Builder
	b.WriteString(figures.Plain(a.Text) + "\n")
	if a.Clarify != nil {
		for _, o := range a.Clarify.Options {
			fmt.Fprintf(&b, "  · %s\n", o.Label)
		}
	}
	for _, l := range answer.Lines(a.Happenings, a.Language) {
		writeLine(&b, l)
	}
	for i := range a.Results {
		if len(a.Happenings) == 0 && worthATable(&a.Results[i]) {
			b.WriteString("\n")
			writeTable(&b, a, &a.Results[i])
		}
	}
	ko := a.Language == "ko"
	section := func(koTitle, enTitle string, lines []string) {
		if len(lines) == 0 {
			return
		}
		title := enTitle
		if ko {
			title = koTitle
		}
		fmt.Fprintf(&b, "\n%s\n", title)
		for _, l := range lines {
			fmt.Fprintf(&b, "  %s\n", l)
		}
	}
	var sources []string
	for i, c := range a.Citations {
		sources = append(sources, fmt.Sprintf("[%d] %s", i+1, oneLine(c.Title)), "    "+c.URL)
	}
	section("출처", "Sources", sources)
	section("이렇게 읽었어요", "How I read this", a.Assumptions)
	section("이런 것을 물어볼 수 있어요", "You can ask", a.Suggestions)
	var sql []string
	for _, r := range a.Results {
		if r.SQL != "" {
			sql = append(sql, "-- "+r.Name)
			sql = append(sql, strings.Split(r.SQL, "\n")...)
		}
	}
	section("SQL", "SQL", sql)
	for _, c := range a.Charts {
		if c.PNG != "" {
			fmt.Fprintf(&b, "\n%s\n", c.PNG)
		}
	}
	_, err := io.WriteString(w, visible(b.String()))
	return err
}

// marks are how a line's mark looks on a terminal.
var marks = map[bot.Mark]string{
	bot.MarkSure: "●", bot.MarkUnsure: "△", bot.MarkChanged: "↻", bot.MarkCancelled: "✕", bot.MarkCaution: "!", bot.MarkTask: "☐",
}

// writeLine writes an event, and what there is to know about it below.
func writeLine(b *strings.Builder, l bot.Line) {
	fmt.Fprintf(b, "  %s %s  %s\n", marks[l.Mark], l.When, figures.Plain(l.Text))
	if l.Detail != "" {
		fmt.Fprintf(b, "      %s\n", figures.Plain(l.Detail))
	}
	for _, link := range l.Links {
		fmt.Fprintf(b, "      %s\n", link.URL)
	}
}

// worthATable reports whether a result says more than the sentence did.
func worthATable(r *agent.Result) bool {
	if len(r.Rows) > 1 {
		return true
	}
	for _, c := range r.Columns {
		if role := semantic.Role(c.Role); role == semantic.RoleDimension || role == semantic.RoleTime {
			return len(r.Rows) > 0
		}
	}
	return false
}

// writeTable aligns columns by how wide a terminal draws them.
func writeTable(b *strings.Builder, a *agent.Answer, r *agent.Result) {
	shown, language := a.Shown(r), a.Language
	rows := [][]string{make([]string, len(shown))}
	numeric := make([]bool, len(shown))
	for j, i := range shown {
		rows[0][j] = oneLine(r.Columns[i].Label)
	}
	for _, row := range r.Rows[:min(len(r.Rows), terminalRows)] {
		cells := make([]string, len(shown))
		for j, i := range shown {
			cells[j] = oneLine(agent.CellText(row[i], r.Columns[i], language))
			switch row[i].(type) {
			case nil, string, bool:
			default:
				role := semantic.Role(r.Columns[i].Role)
				numeric[j] = role != semantic.RoleTime && role != semantic.RoleDimension
			}
		}
		rows = append(rows, cells)
	}
	widths := make([]int, len(shown))
	for _, row := range rows {
		for j, cell := range row {
			widths[j] = max(widths[j], cellWidth(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for j, cell := range row {
			pad := strings.Repeat(" ", widths[j]-cellWidth(cell))
			if numeric[j] {
				line.WriteString(pad + cell + "  ")
			} else {
				line.WriteString(cell + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if more := r.RowCount - min(len(r.Rows), terminalRows); more > 0 {
		fmt.Fprintf(b, "… +%d\n", more)
	}
}

// maxCell is how many columns of the terminal a cell takes at most.
const maxCell = 60

// oneLine fits a cell's text on one line of a table.
func oneLine(s string) string {
	s = visible(strings.Join(strings.Fields(s), " "))
	if cellWidth(s) <= maxCell {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeWidth(r); n >= maxCell {
			return s[:i] + "…"
		}
	}
	return s
}

// visible takes out what would steer the terminal instead of being shown on it: data
// may hold escape sequences and marks that turn the direction of writing.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}

// cellWidth is how many columns a terminal needs for s.
func cellWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth is 2 for wide and full-width characters (Unicode TR11, East Asian Width)
// and 0 for what is drawn over or inside the character before it, such as the vowels
// of a decomposed Hangul syllable.
func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), r >= 0x1160 && r <= 0x11ff:
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
