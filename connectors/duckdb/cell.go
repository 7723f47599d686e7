package duckdb

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"

	driver "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/connectors"
)

// column is what the worker knows of one column of a result.
type column struct {
	name string
	kind driver.Type
	info driver.TypeInfo // nil where the driver cannot describe the type
}

func (c column) typeName() string {
	if c.info == nil {
		return basicTypeNames[c.kind]
	}
	return typeName(c.info)
}

// typeName is the engine's own name of a type, such as "DECIMAL(18,2)[]".
func typeName(info driver.TypeInfo) string {
	if alias := info.Alias(); alias != "" {
		return alias
	}
	switch info.InternalType() {
	case driver.TYPE_TIMESTAMP_TZ:
		return "TIMESTAMP WITH TIME ZONE"
	case driver.TYPE_TIME_TZ:
		return "TIME WITH TIME ZONE"
	case driver.TYPE_SQLNULL:
		return "NULL"
	}
	switch d := info.Details().(type) {
	case *driver.DecimalDetails:
		return fmt.Sprintf("DECIMAL(%d,%d)", d.Width, d.Scale)
	case *driver.ListDetails:
		return typeName(d.Child) + "[]"
	case *driver.ArrayDetails:
		return fmt.Sprintf("%s[%d]", typeName(d.Child), d.Size)
	case *driver.MapDetails:
		return fmt.Sprintf("MAP(%s, %s)", typeName(d.Key), typeName(d.Value))
	case *driver.StructDetails:
		fields := make([]string, len(d.Entries))
		for i, e := range d.Entries {
			fields[i] = identifier(e.Name()) + " " + typeName(e.Info())
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")"
	}
	return basicTypeNames[info.InternalType()]
}

var basicTypeNames = map[driver.Type]string{
	driver.TYPE_BOOLEAN: "BOOLEAN", driver.TYPE_TINYINT: "TINYINT", driver.TYPE_SMALLINT: "SMALLINT",
	driver.TYPE_INTEGER: "INTEGER", driver.TYPE_BIGINT: "BIGINT", driver.TYPE_HUGEINT: "HUGEINT",
	driver.TYPE_UTINYINT: "UTINYINT", driver.TYPE_USMALLINT: "USMALLINT", driver.TYPE_UINTEGER: "UINTEGER",
	driver.TYPE_UBIGINT: "UBIGINT", driver.TYPE_UHUGEINT: "UHUGEINT", driver.TYPE_BIGNUM: "BIGNUM",
	driver.TYPE_FLOAT: "FLOAT", driver.TYPE_DOUBLE: "DOUBLE", driver.TYPE_VARCHAR: "VARCHAR",
	driver.TYPE_BLOB: "BLOB", driver.TYPE_BIT: "BIT", driver.TYPE_UUID: "UUID", driver.TYPE_ENUM: "ENUM",
	driver.TYPE_DATE: "DATE", driver.TYPE_TIME: "TIME", driver.TYPE_TIMESTAMP: "TIMESTAMP",
	driver.TYPE_TIMESTAMP_S: "TIMESTAMP_S", driver.TYPE_TIMESTAMP_MS: "TIMESTAMP_MS",
	driver.TYPE_TIMESTAMP_NS: "TIMESTAMP_NS", driver.TYPE_INTERVAL: "INTERVAL",
	driver.TYPE_LIST: "LIST", driver.TYPE_ARRAY: "ARRAY", driver.TYPE_STRUCT: "STRUCT", driver.TYPE_MAP: "MAP",
	driver.TYPE_UNION: "UNION", driver.TYPE_VARIANT: "VARIANT", driver.TYPE_GEOMETRY: "GEOMETRY",
}

// identifier quotes a name where the engine would.
func identifier(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// rendering is the SQL that turns a column into something with a cell of its own,
// or "" where its values are that already. Nested values become JSON text, moments
// the wall time of the session's zone, and whatever else the engine has its own
// text.
func (c column) rendering() string {
	if c.info != nil && c.info.Alias() != "" {
		return "CAST(%s AS VARCHAR)"
	}
	switch c.kind {
	case driver.TYPE_BOOLEAN, driver.TYPE_TINYINT, driver.TYPE_SMALLINT, driver.TYPE_INTEGER,
		driver.TYPE_BIGINT, driver.TYPE_UTINYINT, driver.TYPE_USMALLINT, driver.TYPE_UINTEGER,
		driver.TYPE_UBIGINT, driver.TYPE_HUGEINT, driver.TYPE_UHUGEINT, driver.TYPE_FLOAT,
		driver.TYPE_DOUBLE, driver.TYPE_DECIMAL, driver.TYPE_VARCHAR, driver.TYPE_BLOB, driver.TYPE_ENUM,
		driver.TYPE_DATE, driver.TYPE_TIMESTAMP, driver.TYPE_TIMESTAMP_S, driver.TYPE_TIMESTAMP_MS,
		driver.TYPE_TIMESTAMP_NS:
		return ""
	case driver.TYPE_TIMESTAMP_TZ:
		return "CAST(%s AS TIMESTAMP)"
	case driver.TYPE_LIST, driver.TYPE_ARRAY, driver.TYPE_STRUCT, driver.TYPE_MAP, driver.TYPE_UNION:
		return "CAST(to_json(%s) AS VARCHAR)"
	}
	return "CAST(%s AS VARCHAR)"
}

// rendered reselects the columns of a bounded statement so that every one of them
// has a cell, or returns "" when they have.
func rendered(sql string, columns []column) string {
	exprs, names, changed := make([]string, len(columns)), make([]string, len(columns)), false
	for i, c := range columns {
		names[i] = fmt.Sprintf("c%d", i)
		exprs[i] = names[i]
		if form := c.rendering(); form != "" {
			exprs[i], changed = fmt.Sprintf(form, names[i]), true
		}
	}
	if !changed {
		return ""
	}
	return fmt.Sprintf("SELECT %s FROM (%s) AS q(%s)", strings.Join(exprs, ", "), sql, strings.Join(names, ", "))
}

// cell turns a value of the driver into one of a result.
func (c column) cell(value any) (any, error) {
	switch v := value.(type) {
	case nil, bool, int64, float64:
		return v, nil
	case string:
		return c.textCell(v), nil
	case int8:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case uint8:
		return int64(v), nil
	case uint16:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case uint64:
		return integer(new(big.Int).SetUint64(v)), nil
	case *big.Int:
		return integer(v), nil
	case float32:
		return float64(v), nil
	case driver.Decimal:
		return connectors.NewDecimal(v.Value, int(v.Scale)), nil
	case []byte:
		return `\x` + hex.EncodeToString(v), nil
	case time.Time:
		return moment(v), nil
	}
	return nil, fmt.Errorf("column %s: no cell for a value of type %T", c.name, value)
}

// textCell makes JSON of what the engine writes for a nested value, which holds a
// bare NaN or Infinity where such a number was.
func (c column) textCell(s string) string {
	switch c.kind {
	case driver.TYPE_LIST, driver.TYPE_ARRAY, driver.TYPE_STRUCT, driver.TYPE_MAP, driver.TYPE_UNION:
		if !json.Valid([]byte(s)) {
			return quoteNumbers(s)
		}
	}
	return s
}

// quoteNumbers puts NaN, Infinity and -Infinity outside of strings in quotation
// marks.
func quoteNumbers(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '"' {
			n := jsonStringLength(s[i:])
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		word := ""
		for _, w := range []string{"NaN", "-Infinity", "Infinity"} {
			if strings.HasPrefix(s[i:], w) {
				word = w
				break
			}
		}
		if word == "" {
			b.WriteByte(s[i])
			i++
			continue
		}
		b.WriteString(`"` + word + `"`)
		i += len(word)
	}
	return b.String()
}

func jsonStringLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// integer is an int64 where it fits and an exact decimal where it does not.
func integer(v *big.Int) any {
	if v.IsInt64() {
		return v.Int64()
	}
	return connectors.NewDecimal(v, 0)
}

// The engine writes an infinite date or timestamp as the outermost one, which no
// calendar reaches.
const (
	lastYear  = 294246
	firstYear = -290307
)

func moment(t time.Time) any {
	switch year := t.Year(); {
	case year > lastYear:
		return "infinity"
	case year < firstYear:
		return "-infinity"
	}
	return t.UTC()
}
