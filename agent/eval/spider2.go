package eval

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// judgeSpider2 takes a prediction among whose columns there is an equal one for each
// column of the gold (or each that counts): as many cells, in any order unless order
// is kept, numbers within a hundredth, missing ones as 0. Both results go through a
// CSV file first, which turns texts that look like numbers into numbers.
func judgeSpider2(ctx context.Context, _ Options, timeout time.Duration, c Case, sql string, dbs, predicted []Database) Judgement {
	got, err := fetchCSV(ctx, timeout, predicted[0], sql)
	if err != nil {
		return wrong("%v", err)
	}
	candidates := got.vectors()
	var failed error
	for i, gold := range c.Gold {
		want, err := fetchCSV(ctx, timeout, dbs[0], gold)
		if err != nil {
			failed = err
			continue
		}
		if i < len(c.ConditionColumns) && len(c.ConditionColumns[i]) > 0 {
			if want, err = want.at(c.ConditionColumns[i]); err != nil {
				return goldFailed(err)
			}
		}
		if hasColumns(want.vectors(), candidates, c.KeepOrder) {
			return right()
		}
	}
	if failed != nil {
		return goldFailed(failed)
	}
	return wrong("a column of the gold is not among the columns")
}

func hasColumns(gold, candidates [][]any, keepOrder bool) bool {
	for _, want := range gold {
		if !slices.ContainsFunc(candidates, func(got []any) bool { return vectorsMatch(want, got, keepOrder) }) {
			return false
		}
	}
	return true
}

func vectorsMatch(a, b []any, keepOrder bool) bool {
	if !keepOrder {
		a, b = byText(a), byText(b)
	}
	return slices.EqualFunc(a, b, func(x, y any) bool {
		fx, xNumber := numberOrBool(x)
		fy, yNumber := numberOrBool(y)
		if xNumber && yNumber {
			return isClose(fx, fy, 1e-9, 1e-2)
		}
		return sameCell(x, y, false)
	})
}

func numberOrBool(c any) (float64, bool) {
	if _, ok := c.(bool); ok {
		return asFloat(c), true
	}
	return number(c)
}

// byText sorts cells by how Python writes them, texts before numbers that look the
// same.
func byText(cells []any) []any {
	type cell struct {
		text   string
		number bool
		value  any
	}
	sorted := make([]cell, len(cells))
	for i, c := range cells {
		_, isNumber := numberOrBool(c)
		sorted[i] = cell{pyStr(c), isNumber, c}
	}
	slices.SortStableFunc(sorted, func(a, b cell) int {
		if n := cmp.Compare(a.text, b.text); n != 0 || a.number == b.number {
			return n
		}
		if a.number {
			return 1
		}
		return -1
	})
	out := make([]any, len(cells))
	for i, c := range sorted {
		out[i] = c.value
	}
	return out
}

// vectors are the columns as the evaluator compares them: in their common type, what
// is missing as 0.
func (f *frame) vectors() [][]any {
	columns, _ := f.values()
	out := make([][]any, len(columns))
	for i, column := range columns {
		out[i] = make([]any, len(column))
		for j, c := range column {
			if out[i][j] = c; missing(c) {
				out[i][j] = int64(0)
			}
		}
	}
	return out
}

// at returns the columns at the given positions, negative ones from the end.
func (f *frame) at(positions []int) (*frame, error) {
	out := &frame{rows: f.rows}
	for _, p := range positions {
		if p < 0 {
			p += len(f.columns)
		}
		if p < 0 || p >= len(f.columns) {
			return nil, errCondition
		}
		out.columns = append(out.columns, f.columns[p])
	}
	return out, nil
}

var errCondition = errors.New("condition_cols names a column that the gold does not have")

// csvChunk is how many rows the evaluator writes at once; each chunk's columns get
// their types by themselves.
const csvChunk = 500

// fetchCSV runs a statement, writes its rows to CSV and reads them back, in mind.
func fetchCSV(ctx context.Context, timeout time.Duration, db Database, sql string) (*frame, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	t, err := fetchStrict(ctx, db, sql)
	if err != nil {
		return nil, err
	}
	if len(t.Columns) == 0 {
		return nil, errNoRows
	}
	texts := make([][]string, len(t.Columns))
	for rows := range slices.Chunk(t.Rows, csvChunk) {
		f, err := readFrame(&Table{Columns: t.Columns, Rows: rows})
		if err != nil {
			return nil, err
		}
		for i, c := range f.columns {
			texts[i] = append(texts[i], c.csv()...)
		}
	}
	f := &frame{rows: len(t.Rows)}
	for i, name := range t.Columns {
		f.columns = append(f.columns, readCSV(name, texts[i]))
	}
	return f, nil
}

// csv are a column's cells as DataFrame.to_csv writes them.
func (s series) csv() []string {
	layout := time.DateTime
	if s.dtype == times && !slices.ContainsFunc(s.cells, func(c any) bool {
		t, ok := c.(time.Time)
		return ok && !t.Equal(t.Truncate(24*time.Hour))
	}) {
		layout = time.DateOnly
	}
	out := make([]string, len(s.cells))
	for i, c := range s.cells {
		if missing(c) {
			continue
		}
		if out[i] = pyStr(c); layout == time.DateOnly && s.dtype == times {
			out[i] = c.(time.Time).Format(layout)
		}
	}
	return out
}

// naTexts are the texts that pandas.read_csv takes for missing cells.
var naTexts = map[string]bool{
	"": true, "#N/A": true, "#N/A N/A": true, "#NA": true, "-1.#IND": true, "-1.#QNAN": true, "-NaN": true, "-nan": true,
	"1.#IND": true, "1.#QNAN": true, "<NA>": true, "N/A": true, "NA": true, "NULL": true, "NaN": true, "None": true,
	"n/a": true, "nan": true, "null": true,
}

var (
	intText   = regexp.MustCompile(`^[ \t-\r]*[+-]?[0-9]+[ \t-\r]*$`)
	floatText = regexp.MustCompile(`^[ \t-\r]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t-\r]*$|^(?i:[+-]?(inf|infinity))$`)
	boolTexts = map[string]bool{"True": true, "TRUE": true, "true": true, "False": false, "FALSE": false, "false": false}
)

// readCSV gives a column of texts the type that pandas.read_csv gives it: the first of
// integers, floats, booleans and texts that fits all that is there.
func readCSV(name string, texts []string) series {
	cells := make([]any, len(texts))
	na := 0
	integer, float, boolean := true, true, true
	for i, s := range texts {
		if naTexts[s] {
			na++
			continue
		}
		cells[i] = s
		integer = integer && intText.MatchString(s)
		float = float && (integer || floatText.MatchString(s))
		_, isBool := boolTexts[s]
		boolean = boolean && isBool
	}
	switch {
	case len(texts) == 0:
		return series{name, objects, cells}
	case integer && na == 0:
		return parseInts(name, cells)
	case float:
		return series{name, floats, parseFloats(cells)}
	case boolean:
		for i, c := range cells {
			if c != nil {
				cells[i] = boolTexts[c.(string)]
			}
		}
		if na == 0 {
			return series{name, bools, cells}
		}
	}
	return series{name, objects, cells}
}

// parseInts makes integers of texts that all look like some; one that is too large
// leaves them all texts.
func parseInts(name string, texts []any) series {
	cells := make([]any, len(texts))
	for i, s := range texts {
		n, err := strconv.ParseInt(strings.TrimSpace(s.(string)), 10, 64)
		if err != nil {
			return series{name, objects, texts}
		}
		cells[i] = n
	}
	return series{name, ints, cells}
}

func parseFloats(texts []any) []any {
	cells := make([]any, len(texts))
	for i, s := range texts {
		cells[i] = nil
		if s != nil {
			f, _ := strconv.ParseFloat(strings.TrimSpace(s.(string)), 64) // out of range is ±Inf or 0, as there
			cells[i] = f
		}
	}
	return toFloats(cells)
}
