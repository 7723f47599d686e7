package agent

import (
	"math"
	"slices"
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

// indices are the rows to speak of.
func (n *narrator) indices() []int {
	if n.rows != nil {
		return n.rows
	}
	out := make([]int, len(n.result.Rows))
	for i := range out {
		out[i] = i
	}
	return out
}

// has reports whether a cell exists and holds a number.
func (n *narrator) has(row int, column string) bool {
	c := n.column(column)
	if c < 0 || row < 0 || row >= len(n.result.Rows) {
		return false
	}
	v, ok := connectors.Number(n.result.Rows[row][c])
	return ok && !math.IsNaN(v) && !math.IsInf(v, 0)
}

func (n *narrator) number(row int, column string) float64 {
	v, _ := connectors.Number(n.result.Rows[row][n.column(column)])
	return v
}

// largest returns the first of rows with the largest number in column and how many
// have it; -1 when there is none.
func (n *narrator) largest(rows []int, column string) (best, ties int) {
	return n.extreme(rows, column, 1)
}

// smallest is the reverse of largest.
func (n *narrator) smallest(rows []int, column string) (best, ties int) {
	return n.extreme(rows, column, -1)
}

func (n *narrator) extreme(rows []int, column string, sign float64) (best, ties int) {
	best = -1
	for _, row := range rows {
		if !n.has(row, column) {
			continue
		}
		switch v := n.number(row, column) * sign; {
		case best < 0 || v > n.number(best, column)*sign:
			best, ties = row, 1
		case v == n.number(best, column)*sign:
			ties++
		}
	}
	return best, ties
}

// last returns the last row with a number in column, or -1.
func (n *narrator) last(column string) int {
	last := -1
	for _, row := range n.indices() {
		if n.has(row, column) {
			last = row
		}
	}
	return last
}

// said is a reference and what will be read in its place, which decides the
// particle after it.
type said struct{ ref, text string }

// with appends the particle that follows.
func (s said) with(afterConsonant, afterVowel string) string {
	return s.ref + format.Josa(s.text, afterConsonant, afterVowel)
}

// figure is a cell of a measure.
func (n *narrator) figure(row int, column string) said {
	return n.cell(row, n.column(column), "")
}

func (n *narrator) cell(row, column int, style string) said {
	c := n.result.figureColumn(column)
	s := said{text: figures.Cell(n.result.Rows[row][column], c, style, n.language)}
	if s.ref = figures.RefAs(n.result.Name, c.Key, row, style); style == "" {
		s.ref = figures.Ref(n.result.Name, c.Key, row)
	}
	return s
}

// when names the time of a row, without the year where the period says it.
func (n *narrator) when(row int) said {
	style := figures.Long
	if p := n.query.Period; p != nil && !p.Start.IsZero() && !p.End.IsZero() && p.Start.Year() == p.End.AddDate(0, 0, -1).Year() {
		style = figures.Brief
	}
	return n.cell(row, n.timeColumn(), style)
}

// rowName names a row by its dimensions and time.
func (n *narrator) rowName(row int) said {
	return n.named(row, semantic.RoleDimension, semantic.RoleTime)
}

// rowNameOnly names a row by its dimensions.
func (n *narrator) rowNameOnly(row int) said { return n.named(row, semantic.RoleDimension) }

func (n *narrator) named(row int, roles ...semantic.Role) said {
	var refs, read []string
	for i, c := range n.result.Columns {
		if !slices.Contains(roles, semantic.Role(c.Role)) {
			continue
		}
		var one said
		switch {
		case n.result.Rows[row][i] == nil:
			one = said{ref: wordsFor(n.language).none, text: wordsFor(n.language).none}
		case c.Role == string(semantic.RoleTime):
			one = n.when(row)
		case c.Format == string(format.ID) && c.Label != "" && !isText(n.result.Rows[row][i]):
			one = n.cell(row, i, figures.Long) // a number by itself would be read as a figure
			one.ref, one.text = n.columnName(i)+" "+one.ref, n.columnName(i)+" "+one.text
		default:
			one = n.cell(row, i, figures.Long)
		}
		refs, read = append(refs, one.ref), append(read, one.text)
	}
	return said{ref: strings.Join(refs, " · "), text: strings.Join(read, " · ")}
}

func isText(cell any) bool {
	_, ok := cell.(string)
	return ok
}

// measureName is what a measure is called.
func (n *narrator) measureName(i int) string {
	m := n.query.Measures[i]
	if c := n.column(m.Key()); c >= 0 && n.result.Columns[c].Label != "" {
		return n.columnName(c)
	}
	return escapeMarkdown(m.Metric)
}

// columnName is a column's label as a sentence may have it: in files of strangers
// headings are any text.
func (n *narrator) columnName(column int) string {
	return escapeMarkdown(n.result.Columns[column].Label)
}

// isPercent reports whether the measure is a share or a rate, whose changes are
// told in points.
func (n *narrator) isPercent(key string) bool {
	c := n.column(key)
	return c >= 0 && format.Format(n.result.Columns[c].Format) == format.Percent
}

// measureWords are the words that go with a kind of figure.
type measureWords struct {
	big, small    string // before a noun: 큰 것
	is            string // at the end: 가장 큽니다
	highAnd, low  string // along time: 가장 높고 … 가장 낮습니다
	rose, fell    string
	grown, shrunk string // before a noun: 늘어난 것
	most, least   string // English
}

// The words for amounts, counts, lengths of time, and what is an average or a rate.
var (
	amountWords   = measureWords{"큰", "작은", "큽니다", "높고", "낮습니다", "늘었습니다", "줄었습니다", "늘어난", "줄어든", "highest", "lowest"}
	countWords    = measureWords{"많은", "적은", "많습니다", "많고", "적습니다", "늘었습니다", "줄었습니다", "늘어난", "줄어든", "highest", "lowest"}
	durationWords = measureWords{"긴", "짧은", "깁니다", "길고", "짧습니다", "길어졌습니다", "짧아졌습니다", "길어진", "짧아진", "longest", "shortest"}
	rateWords     = measureWords{"높은", "낮은", "높습니다", "높고", "낮습니다", "올랐습니다", "내렸습니다", "오른", "내린", "highest", "lowest"}
)

// words are those that go with the figures of a column.
func (n *narrator) words(column string) measureWords {
	c := n.column(column)
	if c < 0 {
		return amountWords
	}
	f := n.result.Columns[c].Format
	switch format.Format(f) {
	case format.Percent, format.Points, format.Ratio, format.Score:
		return rateWords
	case format.Days, format.Hours, format.Minutes, format.Seconds:
		return durationWords
	case format.Integer:
		return countWords
	}
	key, _, _ := strings.Cut(column, "__")
	switch {
	case strings.HasPrefix(f, format.Counted) && n.counts(key):
		return countWords
	case !n.verified && !n.adds(key):
		return rateWords
	}
	return amountWords
}

// counts reports whether a measure written with a unit counts something, rather than
// being an average of counts.
func (n *narrator) counts(key string) bool {
	for _, m := range n.query.Measures {
		if m.Key() == key && m.Per != "" {
			return false
		}
	}
	return true
}

// additive reports whether a measure adds up, so that a time without records would
// be zero.
func (n *narrator) additive(i int) bool {
	return !n.verified && n.query.Measures[i].Each == "" && n.adds(n.query.Measures[i].Key()) && n.model.Additive(n.query.Measures[i].Metric, n.query.Dimensions...)
}

func (n *narrator) adds(key string) bool {
	for _, m := range n.query.Measures {
		if m.Key() == key {
			return m.Per == "" && m.Each == "" && n.model.Additive(m.Metric, n.query.Dimensions...) // an average over days moves as what it averages
		}
	}
	return true
}

// sentence begins with a capital and ends with a full stop.
func (n *narrator) sentence(s string) string {
	if !n.ko() && s != "" && s[0] >= 'a' && s[0] <= 'z' {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	return s + "."
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
		if c.Role == string(semantic.RoleDimension) {
			return wordsFor(language).none
		}
		return format.Missing
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
