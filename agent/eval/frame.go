package eval

import (
	"cmp"
	"errors"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"
)

// dtype is what a pandas column holds: all cells of one kind, or objects.
type dtype int

const (
	objects dtype = iota
	ints
	floats // a missing cell is NaN
	bools
	times // a missing cell is nil
)

// series is a column of a data frame.
type series struct {
	name  string
	dtype dtype
	cells []any
}

// frame is a pandas.DataFrame as far as the rules look at one.
type frame struct {
	columns []series
	rows    int
}

var errNoRows = errors.New("the statement returns no rows")

// readFrame makes of rows what pandas.read_sql_query makes of them.
func readFrame(t *Table) (*frame, error) {
	if len(t.Columns) == 0 {
		return nil, errNoRows
	}
	f := &frame{rows: len(t.Rows)}
	for i, name := range t.Columns {
		cells := make([]any, len(t.Rows))
		for j, row := range t.Rows {
			cells[j] = row[i]
		}
		f.columns = append(f.columns, infer(name, cells))
	}
	return f, nil
}

// infer gives a column its type: exact numbers become floats, and so do integers of
// which some are missing.
func infer(name string, cells []any) series {
	var seen struct{ null, integer, float, boolean, moment, other bool }
	for _, c := range cells {
		switch c.(type) {
		case nil:
			seen.null = true
		case int64:
			seen.integer = true
		case float64, Decimal:
			seen.float = true
		case bool:
			seen.boolean = true
		case time.Time:
			seen.moment = true
		default:
			seen.other = true
		}
	}
	number := seen.integer || seen.float
	switch {
	case seen.other || seen.boolean && (number || seen.null) || seen.moment && (number || seen.boolean):
		return series{name, objects, cells}
	case seen.boolean:
		return series{name, bools, cells}
	case seen.moment:
		return series{name, times, cells}
	case seen.float || seen.integer && seen.null:
		return series{name, floats, toFloats(cells)}
	case seen.integer:
		return series{name, ints, cells}
	}
	return series{name, objects, cells}
}

func toFloats(cells []any) []any {
	out := make([]any, len(cells))
	for i, c := range cells {
		f, ok := number(c)
		if !ok {
			f = math.NaN()
		}
		out[i] = f
	}
	return out
}

func number(c any) (float64, bool) {
	switch c := c.(type) {
	case int64:
		return float64(c), true
	case float64:
		return c, true
	case Decimal:
		return c.Float64(), true
	}
	return 0, false
}

// missing is pandas.isna.
func missing(c any) bool {
	f, ok := c.(float64)
	return c == nil || ok && math.IsNaN(f)
}

// common is the type of all cells together, as of DataFrame.values.
func (f *frame) common() dtype {
	kinds := map[dtype]bool{}
	for _, c := range f.columns {
		kinds[c.dtype] = true
	}
	if len(kinds) == 1 {
		return f.columns[0].dtype
	}
	if len(kinds) == 2 && kinds[ints] && kinds[floats] {
		return floats
	}
	return objects
}

// values are the cells column by column in their common type.
func (f *frame) values() ([][]any, dtype) {
	kind := f.common()
	columns := make([][]any, len(f.columns))
	for i, c := range f.columns {
		if columns[i] = c.cells; kind == floats {
			columns[i] = toFloats(c.cells)
		}
	}
	return columns, kind
}

// sameValues is (a.values == b.values).all() with all that NumPy does for it: a side
// of one row or one column is repeated to the size of the other.
func sameValues(a, b *frame) bool {
	rows, rowsFit := broadcast(a.rows, b.rows)
	columns, columnsFit := broadcast(len(a.columns), len(b.columns))
	if !rowsFit || !columnsFit {
		return false
	}
	x, kx := a.values()
	y, ky := b.values()
	numeric := kx != objects && ky != objects
	at := func(columns [][]any, i, j int) any {
		column := columns[min(i, len(columns)-1)]
		return column[min(j, len(column)-1)]
	}
	for i := range columns {
		for j := range rows {
			if !sameCell(at(x, i, j), at(y, i, j), numeric) {
				return false
			}
		}
	}
	return true
}

func broadcast(a, b int) (int, bool) {
	switch {
	case a == b || b == 1:
		return a, true
	case a == 1:
		return b, true
	}
	return 0, false
}

// sameCell is == between two cells; between arrays of numbers it compares an integer
// with a float as floats, between Python's objects exactly.
func sameCell(a, b any, numeric bool) bool {
	if numeric {
		if a == nil || b == nil {
			return false // NaT
		}
		x, xFloat := a.(float64)
		y, yFloat := b.(float64)
		if xFloat != yFloat {
			if !xFloat {
				x = asFloat(a)
			} else {
				y = asFloat(b)
			}
			return x == y
		}
	}
	var k keyer
	return k.cell(a) == k.cell(b)
}

func asFloat(c any) float64 {
	switch c := c.(type) {
	case int64:
		return float64(c)
	case bool:
		if c {
			return 1
		}
		return 0
	}
	return math.NaN()
}

// take returns the rows at the given places.
func (f *frame) take(order []int) *frame {
	out := &frame{rows: len(order), columns: make([]series, len(f.columns))}
	for i, c := range f.columns {
		cells := make([]any, len(order))
		for j, row := range order {
			cells[j] = c.cells[row]
		}
		out.columns[i] = series{c.name, c.dtype, cells}
	}
	return out
}

// distinct drops repeated rows; cells that are missing are the same.
func (f *frame) distinct() (*frame, error) {
	for _, c := range f.columns {
		if err := hashable(&Table{Rows: [][]any{c.cells}}); err != nil {
			return nil, err
		}
	}
	seen := map[string]bool{}
	var order []int
	var nan int
	for row := range f.rows {
		var key []byte
		for _, c := range f.columns {
			cell := c.cells[row]
			if missing(cell) {
				cell = nil
			}
			key = appendKey(key, cell, &nan)
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			order = append(order, row)
		}
	}
	return f.take(order), nil
}

var (
	errAmbiguous  = errors.New("two columns have the same name")
	errComparable = errors.New("a column holds values that cannot be sorted together")
)

// sortColumns puts the columns into the order of their names.
func (f *frame) sortColumns() (*frame, error) {
	byName := func(a, b series) int { return cmp.Compare(a.name, b.name) }
	if slices.IsSortedFunc(f.columns, byName) {
		return f, nil
	}
	if f.ambiguous() {
		return nil, errAmbiguous
	}
	return &frame{columns: slices.SortedStableFunc(slices.Values(f.columns), byName), rows: f.rows}, nil
}

func (f *frame) ambiguous() bool {
	names := map[string]bool{}
	for _, c := range f.columns {
		names[c.name] = true
	}
	return len(names) < len(f.columns)
}

func (f *frame) names() []string {
	names := make([]string, len(f.columns))
	for i, c := range f.columns {
		names[i] = c.name
	}
	return names
}

// pick returns the columns of the given names.
func (f *frame) pick(names []string) *frame {
	out := &frame{rows: f.rows}
	for _, name := range names {
		i := slices.IndexFunc(f.columns, func(c series) bool { return c.name == name })
		out.columns = append(out.columns, f.columns[i])
	}
	return out
}

// sortRows is DataFrame.sort_values: by the columns of the given names, one after
// another, missing cells last either way.
func (f *frame) sortRows(by []string, descending bool) (*frame, error) {
	if f.ambiguous() {
		return nil, errAmbiguous
	}
	sorted := f.pick(by)
	for _, c := range sorted.columns {
		if !sortable(c.cells, len(by) > 1) {
			return nil, errComparable
		}
	}
	order := make([]int, f.rows)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		for _, c := range sorted.columns {
			if n := compareCells(c.cells[a], c.cells[b], descending); n != 0 {
				return n
			}
		}
		return 0
	})
	return f.take(order), nil
}

// rank is which kinds of value can be sorted together.
func rank(c any) int {
	switch c.(type) {
	case bool, int64, float64, Decimal:
		return 0
	case string:
		return 1
	case []byte:
		return 2
	case Date:
		return 3
	case time.Time:
		return 4
	}
	return 5
}

// sortable reports whether Python can sort the cells. Sorting by several columns
// goes through pandas's own order, which puts numbers before texts.
func sortable(cells []any, several bool) bool {
	seen := map[int]bool{}
	for _, c := range cells {
		if !missing(c) {
			seen[rank(c)] = true
		}
	}
	return len(seen) < 2 || several && len(seen) == 2 && seen[0] && seen[1]
}

func compareCells(a, b any, descending bool) int {
	switch x, y := missing(a), missing(b); {
	case x && y:
		return 0
	case x:
		return 1
	case y:
		return -1
	}
	n := cmp.Compare(rank(a), rank(b))
	if n == 0 {
		n = compareAlike(a, b)
	}
	if descending {
		return -n
	}
	return n
}

func compareAlike(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case []byte:
		return strings.Compare(string(a), string(b.([]byte)))
	case Date:
		return a.Compare(b.(Date).Time)
	case time.Time:
		return a.Compare(b.(time.Time))
	case Other:
		return strings.Compare(a.Text, b.(Other).Text)
	}
	x, y := exact(a), exact(b)
	if x == nil || y == nil {
		return cmp.Compare(toFloat(a), toFloat(b))
	}
	return x.Cmp(y)
}

// exact is a number without rounding, nil for an infinite one.
func exact(c any) *big.Rat {
	switch c := c.(type) {
	case int64:
		return new(big.Rat).SetInt64(c)
	case Decimal:
		return c.rat
	case float64:
		return new(big.Rat).SetFloat64(c)
	}
	return new(big.Rat).SetFloat64(asFloat(c))
}

func toFloat(c any) float64 {
	if f, ok := number(c); ok {
		return f
	}
	return asFloat(c)
}

// sorted is Series.sort_values.
func (s series) sorted() (series, error) {
	if !sortable(s.cells, false) {
		return series{}, errComparable
	}
	cells := slices.Clone(s.cells)
	slices.SortStableFunc(cells, func(a, b any) int { return compareCells(a, b, false) })
	return series{s.name, s.dtype, cells}, nil
}

// almost is pandas.testing.assert_series_equal with its defaults: numbers within a
// hundred-thousandth, missing cells the same.
func (s series) almost(o series) bool {
	return slices.EqualFunc(s.cells, o.cells, func(a, b any) bool {
		if missing(a) || missing(b) {
			return missing(a) && missing(b)
		}
		if sameCell(a, b, false) {
			return true
		}
		x, xNumber := number(a)
		y, yNumber := number(b)
		return xNumber && yNumber && isClose(x, y, 1e-5, 1e-8)
	})
}

// isClose is Python's math.isclose.
func isClose(a, b, relative, absolute float64) bool {
	if a == b {
		return true
	}
	if math.IsInf(a, 0) || math.IsInf(b, 0) {
		return false
	}
	diff := math.Abs(a - b)
	return diff <= math.Abs(relative*a) || diff <= math.Abs(relative*b) || diff <= absolute
}
