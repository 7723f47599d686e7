// Package figures fills the figures of a text in from results. A text that is
// shown to people names its figures by reference, "{{r1.revenue[0]|short}}", and
// never writes a number itself; so every figure in it is a cell of a result.
package figures

import (
	"fmt"
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
	Label  string // that people read; may be empty
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
	Long   = "long"   // names of days and months in full, Korean years with their unit: 월요일, 2026년
	Brief  = "brief"  // Long, and dates without their year
	// Moved and Moving say a change with its direction, at the end of a sentence ("4.1%
	// 늘었습니다", "rose 4.1%") and within one ("4.1% 늘어", "up 4.1%"): whoever writes
	// before the figure is known cannot know which way it went.
	Moved  = "moved"
	Moving = "moving"
)

// reference is "{{table.column[row]|style}}" or "{{table#}}", the number of rows. A
// column's name may hold anything but what ends one, see key.
var reference = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)(?:#|\.([^\[\]{}|]+)\[(\d+)\])\s*(?:\|\s*([^{}]+?)\s*)?\}\}`)

// Ref writes a reference to a cell.
func Ref(table, column string, row int) string {
	return fmt.Sprintf("{{%s.%s[%d]}}", table, key(column), row)
}

// RefAs writes a reference to a cell in a style or a format.
func RefAs(table, column string, row int, style string) string {
	return fmt.Sprintf("{{%s.%s[%d]|%s}}", table, key(column), row, style)
}

// breaking are the characters that a column's name cannot have inside a reference:
// names come from statements that people wrote, and may be any text.
var breaking = strings.NewReplacer("{", "_", "}", "_", "[", "_", "]", "_", "|", "_")

func key(column string) string { return breaking.Replace(column) }

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
			if c.Key == column || key(c.Key) == column {
				return Cell(t.Rows[n][j], c, style, language), nil
			}
		}
		return "", fmt.Errorf("no column %q", column)
	}
	return "", fmt.Errorf("no table %q", table)
}
