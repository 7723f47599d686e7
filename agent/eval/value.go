package eval

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Decimal is an exact number with the digits it was written with, as Python's
// decimal.Decimal.
type Decimal struct {
	Text string
	rat  *big.Rat // nil for NaN and the infinities
}

// NewDecimal reads a number such as "-12.50", "NaN" or "Infinity".
func NewDecimal(text string) Decimal {
	rat, ok := new(big.Rat).SetString(text)
	if !ok {
		rat = nil
	}
	return Decimal{Text: text, rat: rat}
}

// Float64 returns the nearest float64.
func (d Decimal) Float64() float64 {
	f, err := strconv.ParseFloat(d.Text, 64)
	if err != nil && d.rat == nil {
		return math.NaN()
	}
	return f
}

// Date is a day, as Python's datetime.date: equal to another day, not to a text or
// to the midnight it begins with.
type Date struct{ time.Time }

// Other is a value of a type whose text is all that the rules look at, such as an
// interval or an array.
type Other struct{ Type, Text string }

// appendKey appends a key that two values share exactly where Python's == holds
// between them, so that tuples are compared and counted by their keys. nan is told
// of values that equal nothing, not even themselves.
func appendKey(b []byte, v any, nan *int) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 'n')
	case bool:
		if v {
			return append(b, "i1;"...)
		}
		return append(b, "i0;"...)
	case int64:
		return append(strconv.AppendInt(append(b, 'i'), v, 10), ';')
	case float64:
		return appendFloatKey(b, v, nan)
	case Decimal:
		return appendDecimalKey(b, v, nan)
	case string:
		return appendText(b, 's', v)
	case []byte:
		return appendText(b, 'b', string(v))
	case Date:
		return append(v.AppendFormat(append(b, 'd'), time.DateOnly), ';')
	case time.Time:
		return append(strconv.AppendInt(append(b, 't'), v.UnixMicro(), 10), ';')
	case Other:
		return appendText(appendText(b, 'o', v.Type), 'o', v.Text)
	}
	panic(fmt.Sprintf("eval: a cell of type %T", v)) // a Database broke its contract
}

func appendText(b []byte, kind byte, s string) []byte {
	b = binary.AppendUvarint(append(b, kind), uint64(len(s)))
	return append(b, s...)
}

// appendFloatKey gives a float that is whole the key of that integer: to Python 1.0
// is 1, -0.0 is 0, and 2**53 as a float is not 2**53+1.
func appendFloatKey(b []byte, f float64, nan *int) []byte {
	switch {
	case math.IsNaN(f):
		*nan++
		return append(strconv.AppendInt(append(b, '?'), int64(*nan), 10), ';')
	case f == math.Trunc(f) && f >= -1<<63 && f < 1<<63:
		return append(strconv.AppendInt(append(b, 'i'), int64(f), 10), ';')
	}
	return binary.BigEndian.AppendUint64(append(b, 'f'), math.Float64bits(f))
}

func appendDecimalKey(b []byte, d Decimal, nan *int) []byte {
	if d.rat == nil {
		return appendFloatKey(b, d.Float64(), nan)
	}
	if d.rat.IsInt() && d.rat.Num().IsInt64() {
		return append(strconv.AppendInt(append(b, 'i'), d.rat.Num().Int64(), 10), ';')
	}
	if f, exact := d.rat.Float64(); exact {
		return appendFloatKey(b, f, nan)
	}
	return appendText(b, 'r', d.rat.RatString())
}

// keyer makes the keys of one comparison, in which each NaN is a value of its own.
type keyer struct{ nan int }

func (k *keyer) cell(v any) string { return string(appendKey(nil, v, &k.nan)) }

func (k *keyer) row(row []any) string {
	var b []byte
	for _, v := range row {
		b = appendKey(b, v, &k.nan)
	}
	return string(b)
}

func (k *keyer) rows(t *Table) []string {
	keys := make([]string, len(t.Rows))
	for i, row := range t.Rows {
		keys[i] = k.row(row)
	}
	return keys
}

// pyStr is Python's str().
func pyStr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return pyFloat(v)
	case Decimal:
		return v.Text
	case string:
		return v
	case []byte:
		return pyBytes(v)
	case Date:
		return v.Format(time.DateOnly)
	case time.Time:
		return pyTime(v)
	case Other:
		return v.Text
	}
	return fmt.Sprint(v)
}

// pyType is Python's str(type()).
func pyType(v any) string {
	switch v := v.(type) {
	case nil:
		return "<class 'NoneType'>"
	case bool:
		return "<class 'bool'>"
	case int64:
		return "<class 'int'>"
	case float64:
		return "<class 'float'>"
	case Decimal:
		return "<class 'decimal.Decimal'>"
	case []byte:
		return "<class 'bytes'>"
	case Date:
		return "<class 'datetime.date'>"
	case time.Time:
		return "<class 'datetime.datetime'>"
	case Other:
		return "<class '" + v.Type + "'>"
	}
	return "<class 'str'>"
}

// pyFloat is Python's repr of a float: the shortest digits that read back as the
// same number, with an exponent below 1e-4 and from 1e16 on.
func pyFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+"))
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	exp, _ := strconv.Atoi(s[strings.IndexByte(s, 'e')+1:])
	if exp < -4 || exp >= 16 {
		return s
	}
	s = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// pyBytes is Python's repr of bytes.
func pyBytes(p []byte) string {
	quote := byte('\'')
	if strings.Contains(string(p), "'") && !strings.Contains(string(p), `"`) {
		quote = '"'
	}
	b := []byte{'b', quote}
	for _, c := range p {
		switch {
		case c == '\\' || c == quote:
			b = append(b, '\\', c)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c < ' ' || c >= 0x7f:
			b = fmt.Appendf(b, `\x%02x`, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, quote))
}

func pyTime(t time.Time) string {
	s := t.Format(time.DateTime)
	if us := t.Nanosecond() / 1000; us != 0 {
		s += fmt.Sprintf(".%06d", us)
	}
	return s
}

// hashable fails where a cell cannot stand in a Python set: a list, or an object.
func hashable(t *Table) error {
	for _, row := range t.Rows {
		for _, v := range row {
			if o, ok := v.(Other); ok && (o.Type == "list" || o.Type == "dict") {
				return fmt.Errorf("a %s cannot be compared in a set", o.Type)
			}
		}
	}
	return nil
}

// strict fails where a text is not UTF-8, as Python's sqlite3 does when it fetches
// the row: not even the same text again is equal to it.
func strict(t *Table) error {
	for i, row := range t.Rows {
		for _, v := range row {
			if s, ok := v.(string); ok && !utf8.ValidString(s) {
				return fmt.Errorf("row %d holds a text that is not UTF-8", i+1)
			}
		}
	}
	return nil
}

// lenient drops the bytes of texts that are not UTF-8, as Python's
// decode(errors="ignore").
func lenient(t *Table) {
	for _, row := range t.Rows {
		for i, v := range row {
			if s, ok := v.(string); ok && !utf8.ValidString(s) {
				row[i] = strings.ToValidUTF8(s, "")
			}
		}
	}
}

// isSpace is what \s matches in a Python pattern.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }
