package files

import (
	"database/sql/driver"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

func itoa(n int) string { return strconv.Itoa(n) }

// sqlType is the engine's name of the decided type.
func (d *decision) sqlType() string {
	switch d.kind {
	case asBool:
		return "BOOLEAN"
	case asInteger:
		return "BIGINT"
	case asDecimal:
		return "DECIMAL(" + itoa(d.width) + "," + itoa(d.scale) + ")"
	case asFloat:
		return "DOUBLE"
	case asDate:
		return "DATE"
	case asTimestamp:
		return "TIMESTAMP"
	case asTime:
		return "TIME"
	}
	return "VARCHAR"
}

// conversion is what convert returns.
type conversion struct {
	value driver.Value
	fits  bool
}

// convert reads one cell, without space around it, as the column's type. Fits is
// false for a value that is not of it; the cell is then empty in the column.
func (d *decision) convert(s string) (value driver.Value, fits bool) {
	if isEmpty(s) {
		return nil, true
	}
	if d.kind == asText {
		return s, true
	}
	if isVagueEmpty(s) {
		return nil, true
	}
	switch d.kind {
	case asBool:
		return d.boolean(s)
	case asInteger, asDecimal, asFloat:
		return d.number(s)
	}
	return d.moment(s)
}

func (d *decision) boolean(s string) (driver.Value, bool) {
	if d.binary {
		return s == "1", true
	}
	v, ok := pairs[d.pair].words[strings.ToLower(s)]
	if !ok {
		return nil, false
	}
	return v, true
}

func (d *decision) number(s string) (driver.Value, bool) {
	n, ok := parseNumber(s)
	if !ok {
		return nil, false
	}
	if d.kind == asFloat {
		return n.float64() * math.Pow10(d.power), true
	}
	if n.isFloat {
		return nil, false
	}
	n.scale -= d.power
	if n.scale < 0 && !n.shift(0) {
		return nil, false
	}
	v, ok := n.decimal(d.scale)
	if !ok {
		return nil, false
	}
	if d.kind == asInteger {
		return v, true
	}
	return duckdb.Decimal{Width: uint8(d.width), Scale: uint8(d.scale), Value: big.NewInt(v)}, true
}

// excelEpoch is day 0 of Excel's calendar for every date after February 1900,
// which it takes for a leap year.
var excelEpoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

func (d *decision) moment(s string) (driver.Value, bool) {
	if d.serial {
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, false
		}
		return excelEpoch.AddDate(0, 0, n), true
	}
	m, ok := parseMoment(s)
	if !ok || (m.form == formTime) != (d.kind == asTime) || m.form == formCompact && !d.compact {
		return nil, false
	}
	clock := time.Duration(m.sec)*time.Second + time.Duration(m.micro)*time.Microsecond
	if d.kind == asTime {
		return time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).Add(clock), true
	}
	y, mo, day, ok := m.ordered(d.order)
	if m.form == formNoYear {
		mo, day = m.a, m.b
		y = d.year(mo, day)
		ok = validDate(y, mo, day)
	}
	if !ok {
		return nil, false
	}
	t := time.Date(y, time.Month(mo), day, 0, 0, 0, 0, time.UTC)
	if d.kind == asDate {
		return t, true
	}
	if t = t.Add(clock); d.utc {
		t = t.Add(-time.Duration(m.zone) * time.Second)
	}
	return t, true
}
