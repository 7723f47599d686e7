package files_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/connectors"
)

// TestLateSurprises shows that what a long file holds far down decides as much as its
// beginning does.
func TestLateSurprises(t *testing.T) {
	t.Parallel()
	const rows = 60_000
	for _, c := range []struct {
		name    string
		last    string // rows at the end
		columns string
		types   string
		row     string // the last row
		note    connectors.NoteCode
	}{
		{"none", "9,x,2026-01-03,5\n", "no name day n", "BIGINT VARCHAR DATE BIGINT", "9|x|2026-01-03|5", ""},
		{"a word among numbers", "9,x,2026-01-03,협의\n", "no name day n n_raw", "BIGINT VARCHAR DATE BIGINT VARCHAR", "9|x|2026-01-03|NULL|협의", connectors.NoteUnread},
		{"a decimal", "9,x,2026-01-03,5.25\n", "no name day n", "BIGINT VARCHAR DATE DECIMAL(18,2)", "9|x|2026-01-03|5.25", ""},
		{"a code", "9,x,2026-01-03,007\n", "no name day n", "BIGINT VARCHAR DATE VARCHAR", "9|x|2026-01-03|007", ""},
		{"a clock", "9,x,2026-01-03 15:30:00,5\n", "no name day n", "BIGINT VARCHAR TIMESTAMP BIGINT", "9|x|2026-01-03 15:30:00|5", ""},
		{"more fields", "9,x,2026-01-03,5,6\n", "no name day n surplus", "BIGINT VARCHAR DATE BIGINT VARCHAR", "9|x|2026-01-03|5|6", connectors.NoteLongRows},
		{"an open quote", "9,\"x,2026-01-03,5\n", "no name day n", "BIGINT VARCHAR DATE BIGINT", `9|"x|2026-01-03|5`, connectors.NoteOpenQuote},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			b.WriteString("no,name,day,n\n")
			for i := range rows {
				fmt.Fprintf(&b, "%d,a,2026-01-%02d,%d\n", i%97, i%28+1, i%9)
			}
			b.WriteString(c.last)
			cat, path := load(t, write(t, "long.csv", b.String()))
			tb := cat.Tables[0]
			var types []string
			for _, col := range tb.Columns {
				types = append(types, col.Type)
			}
			if columnNames(tb) != c.columns || strings.Join(types, " ") != c.types || tb.Rows != rows+1 {
				t.Fatalf("%d rows of %s (%v)", tb.Rows, columnNames(tb), types)
			}
			got := rowsOf(t, path, fmt.Sprintf("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM long WHERE rowid = %d", rows))
			if len(got) != 1 || strings.Join(got[0], "|") != c.row {
				t.Errorf("last row %q, want %q", got, c.row)
			}
			if _, ok := notesOf(tb)[c.note]; c.note != "" && !ok {
				t.Errorf("no note %s in %+v", c.note, tb.Notes)
			}
			if n := rowsOf(t, path, "SELECT count(*) FROM long")[0][0]; n != fmt.Sprint(rows+1) {
				t.Errorf("%s rows", n)
			}
		})
	}
}

// TestRepeatsCountInFull puts a column on the edge of being one of numbers: one word more
// and it is text, whether its texts come again, too many to remember, or do not.
func TestRepeatsCountInFull(t *testing.T) {
	t.Parallel()
	const rows = 60_000
	for _, c := range []struct {
		words int
		types string
		code  connectors.NoteCode
	}{
		{rows / 100, "BIGINT BIGINT VARCHAR VARCHAR", connectors.NoteUnread},
		{rows/100 + 1, "VARCHAR VARCHAR", connectors.NoteKeptText},
	} {
		t.Run(fmt.Sprint(c.words), func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			b.WriteString("repeated,different\n")
			words := 0
			for i := range rows {
				if i%100 == 37 || i == rows-1 && words < c.words {
					words++
					fmt.Fprintf(&b, "협의 %d,협의 %d\n", i%700, i)
					continue
				}
				fmt.Fprintf(&b, "%d,%d\n", i*7919%9001, i)
			}
			cat, _ := load(t, write(t, "edge.csv", b.String()))
			tb := cat.Tables[0]
			var types []string
			for _, col := range tb.Columns {
				types = append(types, col.Type)
			}
			if words != c.words || strings.Join(types, " ") != c.types {
				t.Fatalf("%d words: columns %v", words, types)
			}
			n := 0
			for _, note := range tb.Notes {
				if note.Code == c.code {
					n++
					if note.Count != int64(c.words) {
						t.Errorf("%s: %d, want %d", note.Column, note.Count, c.words)
					}
				}
			}
			if n != 2 {
				t.Errorf("%d notes %s", n, c.code)
			}
		})
	}
}
