package connectors

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"
)

// Joint is a source made of several others. Its catalogue has all of their tables, each
// called by the name of its source and its own: "warehouse.orders". It runs no statement
// over them: each member is asked for its part, under its own contract, and what they
// answered is put together in a scratch database.
type Joint interface {
	// Member returns the source that the catalogue's tables "name.…" are of, nil for none.
	Member(name string) Source
	// Join holds the tables in a database of their own, for as long as the call lasts, runs
	// stmt there, a SELECT in the dialect of DuckDB over nothing but them, and bounds it as
	// Source.Query does. Errors are of type *Error.
	Join(ctx context.Context, tables []Held, stmt Statement) (*Result, error)
}

// Held is the result of a statement as a table of a scratch database.
type Held struct {
	Name    string
	Columns []Column
	Rows    [][]any
}

// maxDigits are the digits that an exact decimal may have in a scratch database and in a
// statement that brings rows along.
const maxDigits = 38

// Types returns for each column the narrowest of BOOLEAN, BIGINT, DECIMAL(38,s), DOUBLE,
// DATE, TIMESTAMP and VARCHAR that holds all of its cells as they are. A column without a
// value has the type that its engine gave it, as far as that is one of these.
func Types(columns []Column, rows [][]any) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		var s span
		for _, row := range rows {
			s.add(row[i])
		}
		out[i] = s.typeName(c.Type)
	}
	return out
}

// span is what a column's cells need.
type span struct {
	bools, whole, decimals, floats, times, texts, clocks int
	left, right                                          int // digits before and after the point
}

func (s *span) add(cell any) {
	switch v := cell.(type) {
	case nil:
	case bool:
		s.bools++
	case int64:
		s.whole++
		s.left = max(s.left, len(strconv.FormatInt(v, 10)))
	case Decimal:
		s.decimals++
		digits, fraction, _ := strings.Cut(strings.TrimLeft(string(v), "-0"), ".")
		s.left, s.right = max(s.left, len(digits)), max(s.right, len(fraction))
	case float64:
		s.floats++
	case time.Time:
		s.times++
		if v.Hour() != 0 || v.Minute() != 0 || v.Second() != 0 || v.Nanosecond() != 0 {
			s.clocks++
		}
	default:
		s.texts++
	}
}

func (s *span) typeName(engine string) string {
	numbers := s.whole + s.decimals + s.floats
	kinds := 0
	for _, n := range []int{s.bools, numbers, s.times, s.texts} {
		if n > 0 {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		return emptyType(engine)
	case kinds > 1 || s.texts > 0:
		return "VARCHAR"
	case s.bools > 0:
		return "BOOLEAN"
	case s.times > 0 && s.clocks == 0 && isDate(engine):
		return "DATE"
	case s.times > 0:
		return "TIMESTAMP"
	case s.floats > 0 || s.left+s.right > maxDigits:
		return "DOUBLE"
	case s.decimals > 0:
		return "DECIMAL(38," + strconv.Itoa(s.right) + ")"
	}
	return "BIGINT"
}

func isDate(engine string) bool { return strings.EqualFold(engine, "date") }

// emptyType is the type of a column in which nothing is.
func emptyType(engine string) string {
	name, _, _ := strings.Cut(strings.ToUpper(engine), "(")
	switch {
	case name == "DATE":
		return "DATE"
	case strings.HasPrefix(name, "TIMESTAMP"):
		return "TIMESTAMP"
	case strings.HasPrefix(name, "BOOL"):
		return "BOOLEAN"
	case strings.Contains(name, "INT"):
		return "BIGINT"
	case name == "DECIMAL" || name == "NUMERIC":
		return "DECIMAL(38,6)"
	case strings.HasPrefix(name, "DOUBLE") || strings.HasPrefix(name, "FLOAT") || name == "REAL":
		return "DOUBLE"
	}
	return "VARCHAR"
}

// CellText returns a cell as a text that an engine casts back to it; nil for a null.
func CellText(cell any) *string {
	var s string
	switch v := cell.(type) {
	case nil:
		return nil
	case bool:
		s = strconv.FormatBool(v)
	case int64:
		s = strconv.FormatInt(v, 10)
	case float64:
		s = strconv.FormatFloat(v, 'g', -1, 64)
	case Decimal:
		s = string(v)
	case time.Time:
		s = v.Format("2006-01-02 15:04:05.999999")
	case string:
		s = v
	}
	return &s
}

// JoinKey is the same for cells that a scratch database takes for equal, of columns of one
// kind: 1, 1.0 and 1.00 are one key, also where one is a float. Nothing is a key of its own.
func JoinKey(cells []any) string {
	var b strings.Builder
	for _, cell := range cells {
		text := CellText(cell)
		switch v := cell.(type) {
		case Decimal:
			if strings.Contains(string(v), ".") {
				*text = strings.TrimRight(strings.TrimRight(string(v), "0"), ".")
			}
		case float64:
			if v == math.Trunc(v) && !math.IsInf(v, 0) {
				*text = strconv.FormatFloat(v+0, 'f', 0, 64)
			}
		}
		if text != nil {
			b.WriteString("=" + *text)
		}
		b.WriteByte(0)
	}
	return b.String()
}
