package postgres

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// kindOfType is how values of a type become cells.
type kindOfType struct {
	name      string // the engine's own, such as "numeric(18,2)"
	rendering string // the SQL that turns a value into one that has a cell; "" where it has
	cell      func(text string) (any, error)
	kind      connectors.Kind
}

// newKind reads the engine's description of a type: its name with modifiers, its name
// alone, and its category (pg_type.typcategory).
func newKind(name, base, category string) kindOfType {
	k := kindOfType{name: name, cell: textCell, kind: connectors.KindOther}
	switch base {
	case "int2", "int4", "int8", "oid":
		k.kind, k.cell = connectors.KindInteger, intCell
	case "float4", "float8":
		k.kind, k.cell = connectors.KindNumber, floatCell
	case "numeric":
		k.kind, k.cell = connectors.KindNumber, decimalCell
	case "money":
		// Its text depends on the server's locale.
		k.kind, k.cell, k.rendering = connectors.KindNumber, decimalCell, "%s::numeric"
	case "bool":
		k.kind, k.cell = connectors.KindBool, func(s string) (any, error) { return s == "t", nil }
	case "date":
		k.kind, k.cell = connectors.KindDate, dateCell
	case "timestamp", "timestamptz":
		k.kind, k.cell = connectors.KindTimestamp, timeCell
	case "bpchar":
		k.kind, k.cell = connectors.KindText, paddedCell
	case "text", "varchar", "uuid", "name", "citext", "char":
		k.kind = connectors.KindText
	default:
		switch category { // P are rows that have no type of their own
		case "E", "S":
			k.kind = connectors.KindText
		case "A", "C", "P":
			k.rendering = "pg_catalog.to_json(%s)::text"
		}
	}
	return k
}

func textCell(s string) (any, error) { return connectors.Text(s), nil }

// paddedCell reads a character(n) as the server's own conversion to text does: the blanks that
// fill it up are no part of the value, and equal nothing where no other engine writes them.
func paddedCell(s string) (any, error) { return textCell(strings.TrimRight(s, " ")) }

func intCell(s string) (any, error) { return strconv.ParseInt(s, 10, 64) }

func floatCell(s string) (any, error) { return strconv.ParseFloat(s, 64) }

// decimalCell keeps every digit. What is no number is a float, which has such values.
func decimalCell(s string) (any, error) {
	switch s {
	case "NaN":
		return math.NaN(), nil
	case "Infinity":
		return math.Inf(1), nil
	case "-Infinity":
		return math.Inf(-1), nil
	}
	return connectors.Decimal(s), nil
}

var errDate = errors.New("a date that cannot be read")

// dateCell reads a date of the ISO style. What no calendar reaches stays a text.
func dateCell(s string) (any, error) {
	if strings.HasSuffix(s, "infinity") || strings.HasSuffix(s, " BC") {
		return s, nil
	}
	if year, _, _ := strings.Cut(s, "-"); len(year) > 4 {
		return s, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return nil, errDate
	}
	return t, nil
}

// timeCell reads a timestamp of the ISO style as wall time: a moment (timestamptz) is
// written in the session's zone, and its offset is left out.
func timeCell(s string) (any, error) {
	if strings.HasSuffix(s, "infinity") || strings.HasSuffix(s, " BC") {
		return s, nil
	}
	day, clock, _ := strings.Cut(s, " ")
	if year, _, _ := strings.Cut(day, "-"); len(year) > 4 {
		return s, nil
	}
	if i := strings.IndexAny(clock, "+-"); i >= 0 {
		clock = clock[:i]
	}
	t, err := time.Parse("2006-01-02 15:04:05.999999", day+" "+clock)
	if err != nil {
		return nil, errDate
	}
	return t, nil
}
