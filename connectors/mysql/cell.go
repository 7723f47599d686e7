package mysql

import (
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// kindOfType is how values of a type become cells.
type kindOfType struct {
	name string // the engine's own, such as "BIGINT UNSIGNED"
	cell func(driver.Value) (any, error)
	kind connectors.Kind
}

// kindOfResult is the kind of a column of a result, by what the driver calls its type.
func kindOfResult(base string) kindOfType {
	name := base
	if unsigned, ok := strings.CutPrefix(base, "UNSIGNED "); ok {
		base, name = unsigned, unsigned+" UNSIGNED"
	}
	k := kindOf(strings.ToLower(base))
	if k.name = name; name == "" {
		k.name = "unknown"
	}
	return k
}

// kindOf is the kind of a type by its name alone, such as "bigint".
func kindOf(base string) kindOfType {
	switch base {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "year":
		return kindOfType{cell: intCell, kind: connectors.KindInteger}
	case "bit":
		return kindOfType{cell: bitCell, kind: connectors.KindInteger}
	case "float", "double":
		return kindOfType{cell: floatCell, kind: connectors.KindNumber}
	case "decimal":
		return kindOfType{cell: func(v driver.Value) (any, error) { return connectors.Decimal(text(v)), nil }, kind: connectors.KindNumber}
	case "date":
		return kindOfType{cell: dateCell, kind: connectors.KindDate}
	case "datetime", "timestamp":
		return kindOfType{cell: timeCell, kind: connectors.KindTimestamp}
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "uuid", "inet4", "inet6":
		return kindOfType{cell: textCell, kind: connectors.KindText}
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "vector",
		"point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		return kindOfType{cell: binaryCell, kind: connectors.KindOther}
	}
	return kindOfType{cell: textCell, kind: connectors.KindOther} // time, json, null
}

// text is a value as the server wrote it; it is the driver's until the next row.
func text(v driver.Value) string { return str(textOf(v)) }

func textCell(v driver.Value) (any, error) { return strings.ToValidUTF8(text(v), "\uFFFD"), nil }

func binaryCell(v driver.Value) (any, error) { return `\x` + hex.EncodeToString([]byte(text(v))), nil }

// intCell keeps what is wider than an int64 as a decimal.
func intCell(v driver.Value) (any, error) {
	switch v := v.(type) {
	case int64:
		return v, nil
	case uint64:
		if v <= 1<<63-1 {
			return int64(v), nil
		}
	}
	s := text(v)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	if _, err := strconv.ParseUint(s, 10, 64); err != nil {
		return nil, errValue
	}
	return connectors.Decimal(s), nil
}

// bitCell is the number that the bits are.
func bitCell(v driver.Value) (any, error) {
	raw, ok := v.([]byte)
	if !ok {
		return intCell(v)
	}
	n := new(big.Int).SetBytes(raw)
	if n.IsInt64() {
		return n.Int64(), nil
	}
	return connectors.NewDecimal(n, 0), nil
}

// floatCell reads a float of 32 bits by its decimal text: 0.1, and not what is nearest to
// it in 64.
func floatCell(v driver.Value) (any, error) { return strconv.ParseFloat(text(v), 64) }

var errValue = errors.New("a value that cannot be read")

// dateCell reads a date. What no calendar reaches, such as 0000-00-00, stays a text.
func dateCell(v driver.Value) (any, error) {
	s := text(v)
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return calendarless(s)
	}
	return t, nil
}

// timeCell reads a DATETIME or a TIMESTAMP, which comes in the session's zone, as wall time.
func timeCell(v driver.Value) (any, error) {
	s := text(v)
	t, err := time.Parse("2006-01-02 15:04:05.999999", s)
	if err != nil {
		return calendarless(s)
	}
	return t, nil
}

// calendarless lets digits through that are no day of the calendar.
func calendarless(s string) (any, error) {
	if len(s) < len("0000-00-00") || strings.Trim(s, "0123456789-:. ") != "" {
		return nil, errValue
	}
	return s, nil
}
