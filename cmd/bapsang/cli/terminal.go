package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/semantic"
)

// terminalRows is how many rows of a result the terminal shows.
const terminalRows = 25

// printAnswer writes an answer for a person.
func printAnswer(w io.Writer, a *agent.Answer) error {
	var b strings.Builder
	b.WriteString(plain(a.Text) + "\n")
	if a.Clarify != nil {
		for _, o := range a.Clarify.Options {
			fmt.Fprintf(&b, "  · %s\n", o.Label)
		}
	}
	for i := range a.Results {
		if worthATable(&a.Results[i]) {
			b.WriteString("\n")
			writeTable(&b, &a.Results[i], a.Language)
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
			fmt.Fprintf(&b, "  %s\n", plain(l))
		}
	}
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
	_, err := io.WriteString(w, b.String())
	return err
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

// plain takes the Markdown out of a text.
func plain(s string) string {
	return strings.NewReplacer("**", "", `\*`, "*", `\_`, "_", "\\`", "`", `\[`, "[", `\]`, "]", `\<`, "<", `\>`, ">", `\\`, `\`, "`", "").Replace(s)
}

// writeTable aligns columns by how wide a terminal draws them.
func writeTable(b *strings.Builder, r *agent.Result, language string) {
	var shown []int
	for i, c := range r.Columns {
		switch semantic.Role(c.Role) {
		case semantic.RoleAll, semantic.RoleBefore, semantic.RoleChange:
		default:
			shown = append(shown, i)
		}
	}
	rows := [][]string{make([]string, len(shown))}
	numeric := make([]bool, len(shown))
	for j, i := range shown {
		rows[0][j] = r.Columns[i].Label
	}
	for _, row := range r.Rows[:min(len(r.Rows), terminalRows)] {
		cells := make([]string, len(shown))
		for j, i := range shown {
			cells[j] = agent.CellText(row[i], r.Columns[i], language)
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

// cellWidth is how many columns a terminal needs: Hangul, Hanja and full-width forms
// take two (Unicode TR11, East Asian Width).
func cellWidth(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
			r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6:
			n += 2
		default:
			n++
		}
	}
	return n
}
