package agent

import (
	"strings"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// column returns the index of the result's column, or -1.
func (n *narrator) column(name string) int { return n.result.column(name) }

func (r *Result) column(name string) int {
	for i, c := range r.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

func (r *Result) withRole(role semantic.Role) int {
	for i, c := range r.Columns {
		if c.Role == string(role) {
			return i
		}
	}
	return -1
}

func (n *narrator) timeColumn() int { return n.result.withRole(semantic.RoleTime) }

func (n *narrator) dimensionColumn() int { return n.result.withRole(semantic.RoleDimension) }

// has reports whether a cell exists and holds a number.
func (n *narrator) has(row int, column string) bool {
	c := n.column(column)
	if c < 0 || row < 0 || row >= len(n.result.Rows) {
		return false
	}
	_, ok := connectors.Number(n.result.Rows[row][c])
	return ok
}

func (n *narrator) number(row int, column string) float64 {
	v, _ := connectors.Number(n.result.Rows[row][n.column(column)])
	return v
}

// first returns the row with the largest (or smallest) number in column, or -1.
func (n *narrator) first(column string, largest bool) int {
	best := -1
	for i := range n.result.Rows {
		if !n.has(i, column) {
			continue
		}
		if best < 0 || largest == (n.number(i, column) > n.number(best, column)) && n.number(i, column) != n.number(best, column) {
			best = i
		}
	}
	return best
}

// extremes returns the rows of the highest, the lowest and the last number.
func (n *narrator) extremes(column string) (high, low, last int) {
	last = -1
	for i := range n.result.Rows {
		if n.has(i, column) {
			last = i
		}
	}
	return n.first(column, true), n.first(column, false), last
}

// rowName names a row by its dimensions.
func (n *narrator) rowName(row int) string {
	var names []string
	for _, c := range n.result.Columns {
		if role := semantic.Role(c.Role); role == semantic.RoleDimension || role == semantic.RoleTime {
			if n.result.Rows[row][n.column(c.Name)] == nil {
				names = append(names, n.pick("(없음)", "(none)"))
				continue
			}
			names = append(names, figures.Ref(n.result.Name, c.Name, row))
		}
	}
	return strings.Join(names, " · ")
}

// measureName is what a measure is called.
func (n *narrator) measureName(i int) string {
	m := n.query.Measures[i]
	if c := n.column(m.Key()); c >= 0 && n.result.Columns[c].Label != "" {
		return n.result.Columns[c].Label
	}
	return m.Metric
}

// be agrees with an English noun.
func (n *narrator) be(name string) string {
	name, _, _ = strings.Cut(name, " for ")
	words := strings.Fields(strings.ToLower(name))
	if len(words) > 0 {
		last := words[len(words)-1]
		if strings.HasSuffix(last, "s") && !strings.HasSuffix(last, "ss") && last != "gross" && last != "roas" {
			return "were"
		}
	}
	return "was"
}

// isPercent reports whether the measure is a share or a rate, whose changes are
// told in points.
func (n *narrator) isPercent(key string) bool {
	c := n.column(key)
	return c >= 0 && format.Format(n.result.Columns[c].Format) == format.Percent
}

// big is the Korean word for the largest: amounts are 큽니다, rates and averages 높습니다.
func (n *narrator) big(key string) string {
	if n.isPercent(key) || !n.additive(n.query.Measures[0].Metric) {
		return "높습니다"
	}
	return "큽니다"
}

// sentence begins with a capital and ends with a full stop.
func (n *narrator) sentence(s string) string {
	if n.ko() {
		return s + "."
	}
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return s + "."
}

// josa is the particle after the figure in a cell, which is known only now.
func (n *narrator) josa(row int, column, afterConsonant, afterVowel string) string {
	return n.josaCell(row, n.column(column), afterConsonant, afterVowel)
}

func (n *narrator) josaCell(row, column int, afterConsonant, afterVowel string) string {
	cell := n.result.Rows[row][column]
	if cell == nil {
		return format.Josa("없음)", afterConsonant, afterVowel)
	}
	text := figures.Cell(cell, n.result.figureColumn(column), "", n.language)
	return format.Josa(text, afterConsonant, afterVowel)
}

func (r *Result) figureColumn(i int) figures.Column {
	c := r.Columns[i]
	role := semantic.Role(c.Role)
	return figures.Column{
		Key: c.Name, Format: format.Format(c.Format), Grain: c.Grain,
		Signed: role == semantic.RoleChange || role == semantic.RoleGrowth,
	}
}

// figureTable is the result as package figures takes it.
func (r *Result) figureTable() figures.Table {
	t := figures.Table{Name: r.Name, Rows: r.Rows, Count: r.RowCount}
	for i := range r.Columns {
		t.Columns = append(t.Columns, r.figureColumn(i))
	}
	return t
}

// CellText writes a cell of a result as a table shows it: short money, signed
// changes, dates by their grain.
func CellText(cell any, c Column, language string) string {
	if cell == nil {
		return "–"
	}
	r := Result{Columns: []Column{c}}
	if s, ok := cell.(string); ok {
		return s
	}
	return figures.Cell(cell, r.figureColumn(0), figures.Short, language)
}

// escapeMarkdown keeps text from meaning anything in a message.
func escapeMarkdown(s string) string {
	return figures.Cell(s, figures.Column{}, "", "")
}
