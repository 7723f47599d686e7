package questions_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// holds says why none of an answer's results is the gold one, "" when one is. The main
// result is the first; analyses compute further ones.
func holds(answer *agent.Answer, gold *connectors.Result, q question) string {
	results := answer.Results
	switch {
	case len(results) == 0:
		return "no result"
	case q.Some && len(results) > 1:
		results = results[1:]
	case q.Kind != "forecast":
		results = results[:1]
	}
	var why string
	for _, r := range results {
		if why = same(r, gold, q); why == "" {
			return ""
		}
	}
	return why
}

// same compares a result with the gold one: each gold column is one of the result's,
// none twice, such that the rows agree. The result may have more columns.
func same(r agent.Result, gold *connectors.Result, q question) string {
	last := len(gold.Columns) - 1
	goldRows := eventful(gold.Rows, func(c int) bool { return c == last })
	r.Rows = eventful(r.Rows, func(c int) bool {
		return slices.Contains([]semantic.Role{semantic.RoleMeasure, semantic.RoleBefore}, semantic.Role(r.Columns[c].Role)) // nothing now, but something before
	})
	if !q.Some && len(r.Rows) != len(goldRows) {
		return fmt.Sprintf("%d rows, not %d", len(r.Rows), len(goldRows))
	}
	gold = &connectors.Result{Columns: gold.Columns, Rows: goldRows}
	pick := make([]int, len(gold.Columns))
	if assign(r, gold, q, pick, 0) {
		return ""
	}
	return fmt.Sprintf("the values differ: %v, not %v", head(r.Rows), head(gold.Rows))
}

// eventful leaves out, of several rows, those whose figures are all zero or missing.
// That nothing happened somewhere is neither asked for nor wrong to say.
func eventful(rows [][]any, figure func(column int) bool) [][]any {
	if len(rows) < 2 {
		return rows
	}
	var out [][]any
	for _, row := range rows {
		figures, nothing := false, true
		for c, cell := range row {
			if figure(c) {
				v, number := connectors.Number(cell)
				figures, nothing = true, nothing && (cell == nil || number && v == 0)
			}
		}
		if !figures || !nothing {
			out = append(out, row)
		}
	}
	return out
}

func head(rows [][]any) [][]any { return rows[:min(len(rows), 2)] }

// assign tries the result's columns for the gold columns from at on.
func assign(r agent.Result, gold *connectors.Result, q question, pick []int, at int) bool {
	if at == len(pick) {
		return agree(r.Rows, gold.Rows, pick, q)
	}
	for c := range r.Columns {
		if slices.Contains(pick[:at], c) {
			continue
		}
		pick[at] = c
		if !q.Some && !agree(r.Rows, gold.Rows, pick[at:at+1], question{}, at) {
			continue
		}
		if assign(r, gold, q, pick, at+1) {
			return true
		}
	}
	return false
}

// agree compares rows as a multiset: the picked columns of got with those of gold from
// first on.
func agree(got, gold [][]any, pick []int, q question, first ...int) bool {
	offset := 0
	if len(first) > 0 {
		offset = first[0]
	}
	a, b := make([][]any, len(got)), make([][]any, len(gold))
	for i, row := range got {
		for _, c := range pick {
			a[i] = append(a[i], row[c])
		}
	}
	for i, row := range gold {
		b[i] = row[offset : offset+len(pick)]
	}
	if q.Some {
		for _, row := range b {
			if !slices.ContainsFunc(a, func(x []any) bool { return equalRows(x, row) }) {
				return false
			}
		}
		return true
	}
	if q.Ordered && !slices.EqualFunc(a, b, func(x, y []any) bool { return equal(x[len(x)-1], y[len(y)-1]) }) {
		return false
	}
	slices.SortStableFunc(a, compareRows)
	slices.SortStableFunc(b, compareRows)
	return slices.EqualFunc(a, b, equalRows)
}

func equalRows(a, b []any) bool { return slices.EqualFunc(a, b, equal) }

// equal compares two cells; figures may differ by one part in a thousand million.
func equal(a, b any) bool {
	x, xok := connectors.Number(a)
	y, yok := connectors.Number(b)
	if xok && yok {
		return math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y), 1e-6)
	}
	return xok == yok && text(a) == text(b)
}

// text is a cell that is no figure, as something to compare.
func text(a any) string {
	if at, ok := a.(time.Time); ok {
		return at.Format(time.DateTime)
	}
	return fmt.Sprint(a)
}

// compareRows puts texts before figures, so that rows of equal texts stand together
// whatever the last digits of their figures are.
func compareRows(a, b []any) int {
	for i := range a {
		if c := strings.Compare(rowText(a[i]), rowText(b[i])); c != 0 {
			return c
		}
	}
	for i := range a {
		x, _ := connectors.Number(a[i])
		y, _ := connectors.Number(b[i])
		if !equal(a[i], b[i]) {
			return cmp.Compare(x, y)
		}
	}
	return 0
}

func rowText(a any) string {
	if _, ok := connectors.Number(a); ok {
		return ""
	}
	return text(a)
}
