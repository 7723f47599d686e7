// Package figures fills the figures of a text in from results. A text that is
// shown to people names its figures by reference, "{{r1.revenue[0]|short}}", and
// never writes a number itself; so every figure in it is a cell of a result.
package figures

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/agent/format"
)

// Table is a result as far as references need it.
type Table struct {
	Name    string
	Columns []Column
	Rows    [][]any
	Count   int // rows of the whole result
}

// Column names a column and says how its cells are written.
type Column struct {
	Key    string
	Format format.Format
	Grain  string // of times; see semantic.Grain
	// Signed columns are changes: a reference without a style shows the sign.
	Signed bool
}

// The styles of a reference. Any other word after "|" is taken for a format.
const (
	Short  = "short"  // as in a headline; the default
	Exact  = "exact"  // with every digit
	Signed = "signed" // with its sign
	Abs    = "abs"    // without its sign
)

// reference is "{{table.column[row]|style}}" or "{{table#}}", the number of rows.
var reference = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)(?:#|\.([^\[\]{}|]+)\[(\d+)\])\s*(?:\|\s*([^{}]+?)\s*)?\}\}`)

// Ref writes a reference to a cell.
func Ref(table, column string, row int) string {
	return fmt.Sprintf("{{%s.%s[%d]}}", table, column, row)
}

// RefAs writes a reference to a cell in a style or a format.
func RefAs(table, column string, row int, style string) string {
	return fmt.Sprintf("{{%s.%s[%d]|%s}}", table, column, row, style)
}

// Count writes a reference to a table's number of rows.
func Count(table string) string { return "{{" + table + "#}}" }

// Fill replaces every reference in text. Text cells are escaped for Markdown. A
// reference to what does not exist is an error: a figure must not vanish silently.
func Fill(text string, tables []Table, language string) (string, error) {
	var failed error
	out := reference.ReplaceAllStringFunc(text, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		s, err := resolve(m[1], m[2], m[3], m[4], tables, language)
		if err != nil && failed == nil {
			failed = fmt.Errorf("fill %s: %w", ref, err)
		}
		return s
	})
	if failed != nil {
		return "", failed
	}
	if i := strings.Index(out, "{{"); i >= 0 && strings.Contains(out[i:], "}}") {
		return "", fmt.Errorf("fill: malformed reference near %q", clip(out[i:], 40))
	}
	return out, nil
}

func resolve(table, column, row, style string, tables []Table, language string) (string, error) {
	for i := range tables {
		t := &tables[i]
		if t.Name != table {
			continue
		}
		if column == "" {
			return format.Short(float64(t.Count), format.Integer, language), nil
		}
		n, err := strconv.Atoi(row)
		if err != nil || n >= len(t.Rows) {
			return "", fmt.Errorf("no row %s", row)
		}
		for j, c := range t.Columns {
			if c.Key == column {
				return Cell(t.Rows[n][j], c, style, language), nil
			}
		}
		return "", fmt.Errorf("no column %q", column)
	}
	return "", fmt.Errorf("no table %q", table)
}

// Cell writes one cell in a style.
func Cell(cell any, c Column, style, language string) string {
	v, numeric := number(cell)
	f := c.Format
	signed := c.Signed
	switch style {
	case "", Short:
	case Exact:
		return escape(cell, format.Exact(cell, f, language))
	case Signed:
		signed = true
	case Abs:
		v, signed = math.Abs(v), false
	default:
		f, signed = format.Format(style), false
	}
	switch {
	case numeric && c.Grain != "":
		return grainText(v, c.Grain, language)
	case numeric && signed:
		return format.Signed(v, f, language)
	case numeric:
		return format.Short(v, f, language)
	}
	if t, ok := date(cell); ok {
		return format.DateFull(t, c.Grain, language)
	}
	return escape(cell, format.Exact(cell, f, language))
}

// grainText writes the recurring parts of a date, which are integers in results.
func grainText(v float64, grain, language string) string {
	n := int(v)
	switch grain {
	case "weekday":
		return format.Weekday(n, language)
	case "hour_of_day":
		return format.Hour(n, language)
	case "month_of_year":
		return format.Month(n, language)
	}
	return format.Short(v, format.Integer, language)
}

// special are the characters that mean something in the Markdown of a message.
var special = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "\n", " ", "\r", " ", "{{", "{ {")

// maxText bounds a text cell inside a sentence; the table shows all of it.
const maxText = 80

func escape(cell any, s string) string {
	if _, ok := cell.(string); !ok {
		return s
	}
	return special.Replace(clip(s, maxText))
}

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
