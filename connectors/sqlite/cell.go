package sqlite

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// What a type is declared as decides by the words in it, as SQLite decides the affinity
// (https://www.sqlite.org/datatype3.html#determination_of_column_affinity).
func declaredKind(declared string) connectors.Kind {
	d := strings.ToUpper(declared)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(d, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("BOOL"):
		return connectors.KindBool
	case has("TIMESTAMP", "DATETIME"):
		return connectors.KindTimestamp
	case has("DATE"):
		return connectors.KindDate
	case has("INT"):
		return connectors.KindInteger
	case has("CHAR", "CLOB", "TEXT"), has("TIME"):
		return connectors.KindText
	case has("REAL", "FLOA", "DOUB", "DEC", "NUM", "MONEY"):
		return connectors.KindNumber
	}
	return connectors.KindOther
}

// finish makes cells of the values that the file stores. Types are those of columns in the
// result: a column is of dates, of booleans, where each of its values is; else every value
// stays as it is stored.
func finish(res *connectors.Result) {
	for i := range res.Columns {
		c := column{rows: res.Rows, at: i, declared: res.Columns[i].Type}
		if c.declared == "" {
			res.Columns[i].Type = c.storage()
		}
		switch kind := declaredKind(c.declared); {
		case kind == connectors.KindBool:
			c.booleans()
		case kind == connectors.KindNumber:
			c.decimals()
		case c.dates() && c.declared == "":
			res.Columns[i].Type = "TIMESTAMP"
		}
	}
}

// column is one of a result.
type column struct {
	rows     [][]any
	at       int
	declared string
}

// storage is what the values of a column without a declared type are.
func (c column) storage() string {
	out := ""
	for _, row := range c.rows {
		name := ""
		switch v := row[c.at].(type) {
		case nil:
			continue
		case int64:
			name = "INTEGER"
		case float64:
			name = "REAL"
		case string:
			name = "TEXT"
			if strings.HasPrefix(v, `\x`) {
				name = "BLOB"
			}
		}
		switch {
		case out == "" || out == name:
			out = name
		case (out == "INTEGER" || out == "REAL" || out == "NUMERIC") && (name == "INTEGER" || name == "REAL"):
			out = "NUMERIC"
		default:
			return "ANY"
		}
	}
	if out == "" {
		return "ANY"
	}
	return out
}

// booleans takes 0 and 1 for what they mean, where there is nothing else.
func (c column) booleans() {
	for _, row := range c.rows {
		if v := row[c.at]; v != nil && v != int64(0) && v != int64(1) {
			return
		}
	}
	for _, row := range c.rows {
		if v, ok := row[c.at].(int64); ok {
			row[c.at] = v == 1
		}
	}
}

var (
	// scaled is a type declared with digits after the point, such as DECIMAL(10,2).
	scaled = regexp.MustCompile(`^[^(]*(?:DEC|NUM)[^(]*\(\s*\d+\s*,\s*(\d+)\s*\)$`)
	digits = regexp.MustCompile(`^[+-]?\d+(\.\d+)?$`)
)

// exact is how many digits of a decimal number a float keeps.
const exact = 15

// decimals takes the values of a column declared as DECIMAL(p,s) for the decimals that they
// were written as. SQLite stores a float, which is that decimal as long as it has no more
// than 15 digits; what has more, or more than s after the point, stays the float.
func (c column) decimals() {
	m := scaled.FindStringSubmatch(c.declared)
	if m == nil {
		return
	}
	scale, err := strconv.Atoi(m[1])
	if err != nil || scale > 30 {
		return
	}
	for _, row := range c.rows {
		row[c.at] = decimalOf(row[c.at], scale)
	}
}

func decimalOf(cell any, scale int) any {
	var written string
	switch v := cell.(type) {
	case int64:
		written = strconv.FormatInt(v, 10)
	case float64:
		if math.IsInf(v, 0) || math.Abs(v) >= 1e15 {
			return cell
		}
		written = strconv.FormatFloat(v, 'f', -1, 64)
		if len(strings.Trim(written, "-0.")) > exact+1 {
			return cell
		}
	case string:
		if !digits.MatchString(v) {
			return cell
		}
		written = strings.TrimPrefix(v, "+")
	default:
		return cell
	}
	whole, fraction, _ := strings.Cut(written, ".")
	if len(fraction) > scale {
		return cell
	}
	if scale == 0 {
		return connectors.Decimal(whole)
	}
	return connectors.Decimal(whole + "." + fraction + strings.Repeat("0", scale-len(fraction)))
}

// dates takes the texts of a column for the dates or times that they write, where all of
// them do, and reports whether that is so.
func (c column) dates() bool {
	some := false
	for _, row := range c.rows {
		v := row[c.at]
		if v == nil {
			continue
		}
		s, ok := v.(string)
		if !ok {
			return false
		}
		if _, ok := timeOf(s); !ok {
			return false
		}
		some = true
	}
	for _, row := range c.rows {
		if s, ok := row[c.at].(string); ok {
			row[c.at], _ = timeOf(s)
		}
	}
	return some
}

// timeOf reads a date or a time as ISO 8601 and SQLite write it. An offset other than Z is
// none of what a column of wall times holds.
func timeOf(s string) (time.Time, bool) {
	if len(s) < len(time.DateOnly) || s[4] != '-' || s[7] != '-' {
		return time.Time{}, false
	}
	day, clock := s[:len(time.DateOnly)], strings.TrimSuffix(s[len(time.DateOnly):], "Z")
	if clock == "" && len(s) > len(time.DateOnly) {
		return time.Time{}, false
	}
	layout := time.DateOnly
	if clock != "" {
		if clock[0] != ' ' && clock[0] != 'T' {
			return time.Time{}, false
		}
		clock = " " + clock[1:]
		switch layout += " 15:04:05.999999999"; len(clock) {
		case len(" 15:04"):
			layout = time.DateOnly + " 15:04"
		case len(" 15"), len(" 15:"):
			return time.Time{}, false
		}
	}
	t, err := time.Parse(layout, day+clock)
	return t, err == nil
}
