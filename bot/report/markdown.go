package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// Markdown writes a report in a language, "ko" or "en".
func Markdown(out io.Writer, r *Report, language string) error {
	d := r.write(language)
	var b strings.Builder
	fmt.Fprintf(&b, "# %s · %s\n\n%s\n", d.title, d.dates, d.lead)
	for _, note := range d.notes {
		fmt.Fprintf(&b, "\n> %s\n", note)
	}
	for _, t := range append([]table{d.glance}, d.parts...) {
		t.markdown(&b)
	}
	fmt.Fprintf(&b, "\n## %s\n\n%s\n", d.w.saved, strings.Join(d.saved, "\n\n"))
	fmt.Fprintf(&b, "\n## %s\n\n", d.w.unknowable)
	for _, l := range d.limits {
		fmt.Fprintf(&b, "- %s\n", l)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// markdown writes a table, its columns as wide on a terminal as they are read.
func (t table) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n", t.title)
	widths := make([]int, len(t.head))
	rows := append([][]string{t.head}, t.rows...)
	for i := range rows {
		rows[i] = append([]string(nil), rows[i]...)
		for c, cell := range rows[i] {
			rows[i][c] = cellText(cell)
			widths[c] = max(widths[c], width(rows[i][c]), 3)
		}
	}
	for i, row := range rows {
		for c, cell := range row {
			fmt.Fprintf(b, "| %s%s ", cell, strings.Repeat(" ", widths[c]-width(cell)))
		}
		b.WriteString("|\n")
		if i > 0 {
			continue
		}
		for _, w := range widths {
			fmt.Fprintf(b, "|%s", strings.Repeat("-", w+2))
		}
		b.WriteString("|\n")
	}
	if t.note != "" {
		fmt.Fprintf(b, "\n%s\n", t.note)
	}
}

// cellText keeps what people wrote from being more than a cell.
func cellText(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)), " ")
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "`", "'", "*", `\*`, "[", `\[`).Replace(s)
}

// width is how many columns a terminal gives a text.
func width(s string) int {
	n := 0
	for _, r := range s {
		n++
		if unicode.Is(unicode.Hangul, r) || unicode.Is(unicode.Han, r) || r >= 0x1F300 && r <= 0x1FAFF {
			n++
		}
	}
	return n
}

func mustDate(date string) time.Time {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{} // dates are written by us
	}
	return t
}
