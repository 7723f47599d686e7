package answer

import (
	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/bot"
)

// maxCross is how many columns a cross table has beside the first. More do not fit a
// chat, and the plain list is then easier to read.
const maxCross = 8

// crossTable lays out a measure along time and by one dimension with a row for each
// time and a column for each value, which is how people compare courses. Results of
// another shape have no such table.
func crossTable(r *agent.Result, a *agent.Answer) (bot.Table, bool) {
	t, d, m := -1, -1, -1
	for i, c := range r.Columns {
		at := map[semantic.Role]*int{semantic.RoleTime: &t, semantic.RoleDimension: &d, semantic.RoleMeasure: &m}[semantic.Role(c.Role)]
		if at == nil || *at >= 0 {
			return bot.Table{}, false
		}
		*at = i
	}
	if t < 0 || d < 0 || m < 0 {
		return bot.Table{}, false
	}
	times, values, cells := crossCells(r, t, d, m)
	if len(values) > maxCross || len(times) < 2 {
		return bot.Table{}, false
	}
	table := bot.Table{Result: r.Name, Total: len(times), Partial: r.Truncated}
	table.Columns = append(table.Columns, bot.TableColumn{Label: r.Columns[t].Label})
	for _, v := range values {
		table.Columns = append(table.Columns, bot.TableColumn{Label: agent.CellText(v, r.Columns[d], a.Language), Numeric: true})
	}
	for _, at := range times[:min(len(times), tableRows)] {
		row := []string{agent.CellText(at, r.Columns[t], a.Language)}
		for _, v := range values {
			row = append(row, agent.CellText(cells[cross{at, v}], r.Columns[m], a.Language))
		}
		table.Rows = append(table.Rows, row)
	}
	return table, true
}

// cross is where a time and a value meet.
type cross struct{ at, value any }

// crossCells returns the times and the values in the order they come, and the
// measure of each pair.
func crossCells(r *agent.Result, t, d, m int) (times, values []any, cells map[cross]any) {
	cells = map[cross]any{}
	seenTime, seenValue := map[any]bool{}, map[any]bool{}
	for _, row := range r.Rows {
		if !seenTime[row[t]] {
			seenTime[row[t]] = true
			times = append(times, row[t])
		}
		if !seenValue[row[d]] {
			seenValue[row[d]] = true
			values = append(values, row[d])
		}
		cells[cross{row[t], row[d]}] = row[m]
	}
	return times, values, cells
}
