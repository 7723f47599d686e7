package semantic

import (
	"fmt"
	"strings"
	"time"
)

// Dialect is what the compiler knows of one engine's SQL. All of it is here: another
// engine is another value.
type Dialect struct {
	// Name is that of connectors.Catalog.Dialect.
	Name string
	// reserved are the words, lower case, that cannot be a name without quotes.
	reserved map[string]bool
	// functions renames functions of the Ossie expression language.
	functions map[string]string
	types     map[string]string
	parts     map[string]string
}

// DuckDB is the dialect of DuckDB 1.x.
var DuckDB = &Dialect{
	Name:     "duckdb",
	reserved: duckdbReserved,
	functions: map[string]string{
		"iff": "if", "nvl": "coalesce", "ifnull": "coalesce", "startswith": "starts_with",
		"endswith": "ends_with", "regexp_like": "regexp_matches", "truncate": "trunc",
		"approx_percentile": "approx_quantile", "countif": "count_if", "mean": "avg",
		"datediff": "date_diff", "lcase": "lower", "ucase": "upper",
	},
	types: map[string]string{"STRING": "VARCHAR", "NUMBER": "DECIMAL"},
	parts: map[string]string{"dayofweek": "dow", "dayofyear": "doy"},
}

// duckdbReserved are the reserved words and the ones reserved for types and functions
// of DuckDB 1.5 (duckdb_keywords()).
var duckdbReserved = wordSet(`all analyse analyze and any array as asc asymmetric
	both case cast check collate column constraint create default deferrable desc describe distinct do
	else end except false fetch for foreign from group having in initially intersect into lambda lateral
	leading limit not null offset on only or order pivot pivot_longer pivot_wider placing primary qualify
	references returning select show some summarize symmetric table then to trailing true union unique
	unpivot using variadic when where window with
	anti asof at authorization binary by collation concurrently cross freeze full generated glob ilike
	inner is isnull join left like map natural notnull outer overlaps positional right semi similar
	struct tablesample try_cast unpack verbose
	between bigint bit boolean char character coalesce columns date dec decimal exists extract float
	grouping grouping_id inout int integer interval national nchar none nullif numeric out overlay position precision
	real row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat
	xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// name writes an identifier, quoted where it must be.
func (d *Dialect) name(s string) string {
	plain := s != ""
	for i := 0; i < len(s) && plain; i++ {
		c := s[i]
		plain = c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && isDigit(c)
	}
	if plain && !d.reserved[strings.ToLower(s)] {
		return s
	}
	return `"` + keepBreaks(strings.ReplaceAll(s, `"`, `""`)) + `"`
}

// breakMark stands for a line break inside quotes while the statement is laid out, so
// that indenting does not change what is quoted. It cannot occur otherwise: values
// and expressions with a NUL character are refused.
const breakMark = "\x00"

func keepBreaks(s string) string { return strings.ReplaceAll(s, "\n", breakMark) }

// text writes a string literal.
func (d *Dialect) text(s string) string {
	return "'" + keepBreaks(strings.ReplaceAll(s, "'", "''")) + "'"
}

// date writes an instant of wall time: a DATE at midnight, else a TIMESTAMP. An
// engine compares a DATE with columns of both types.
func (d *Dialect) date(t time.Time) string {
	if isMidnight(t) {
		return "DATE '" + t.Format(time.DateOnly) + "'"
	}
	return "TIMESTAMP '" + t.Format("2006-01-02 15:04:05.999999") + "'"
}

func isMidnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}

func (d *Dialect) typeName(t string) string {
	if n, ok := d.types[t]; ok {
		return n
	}
	return t
}

func (d *Dialect) datePart(p string) string {
	if n, ok := d.parts[p]; ok {
		return n
	}
	return p
}

// rewriteCall returns what a call of the expression language is in this dialect, nil
// where it is the same.
func (d *Dialect) rewriteCall(n *callExpr) expr {
	if to, ok := d.functions[n.name]; ok {
		c := *n
		c.name = to
		return &c
	}
	switch {
	case n.name == "charindex" && len(n.args) == 2:
		return &callExpr{name: "strpos", args: []expr{n.args[1], n.args[0]}}
	case n.name == "dateadd" && len(n.args) == 3:
		unit, _ := n.args[0].(textLit)
		one := &intervalExpr{literal{"1"}, strings.ToUpper(unit.value)}
		return &binaryExpr{"+", n.args[2], &binaryExpr{"*", n.args[1], one}}
	case n.name == "zeroifnull" && len(n.args) == 1:
		return &callExpr{name: "coalesce", args: []expr{n.args[0], literal{"0"}}}
	case n.name == "nullifzero" && len(n.args) == 1:
		return &callExpr{name: "nullif", args: []expr{n.args[0], literal{"0"}}}
	case n.name == "nvl2" && len(n.args) == 3:
		return &caseExpr{whens: []whenThen{{&isExprNode{x: n.args[0], not: true, what: "NULL"}, n.args[1]}}, orElse: n.args[2]}
	case (n.name == "to_date" || n.name == "to_timestamp") && len(n.args) == 1:
		return &castExpr{x: n.args[0], typ: strings.ToUpper(strings.TrimPrefix(n.name, "to_"))}
	}
	return nil
}

// calendar is how a model cuts time.
type calendar struct {
	sundayWeeks bool
	fiscal      int // months that the fiscal year begins after January
}

// grain writes the period of grain g that x, a date or a timestamp, falls in.
func (d *Dialect) grain(x expr, g Grain, cal calendar) string {
	text := d.sql(x)
	switch g {
	case Hour:
		return "date_trunc('hour', " + d.operand(x, precPostfix) + "::TIMESTAMP)"
	case Day:
		return d.operand(x, precPostfix) + "::DATE"
	case Week:
		if cal.sundayWeeks {
			return "(date_trunc('week', " + d.operand(x, precSum) + " + INTERVAL 1 DAY) - INTERVAL 1 DAY)::DATE"
		}
		return "date_trunc('week', " + text + ")::DATE"
	case Month:
		return "date_trunc('month', " + text + ")::DATE"
	case Quarter:
		return d.fiscal(x, "quarter", cal.fiscal%3)
	case Year:
		return d.fiscal(x, "year", cal.fiscal)
	case Weekday:
		return "isodow(" + text + ")"
	case DayKind:
		return "CASE WHEN isodow(" + text + ") > 5 THEN 'Weekend' WHEN isodow(" + text + ") <= 5 THEN 'Weekday' END"
	case DayKindKo:
		return "CASE WHEN isodow(" + text + ") > 5 THEN '주말' WHEN isodow(" + text + ") <= 5 THEN '평일' END"
	case HourOfDay:
		return "hour(" + d.operand(x, precPostfix) + "::TIMESTAMP)"
	case MonthOfYear:
		return "month(" + text + ")"
	}
	return text
}

func (d *Dialect) fiscal(x expr, unit string, months int) string {
	if months == 0 {
		return "date_trunc('" + unit + "', " + d.sql(x) + ")::DATE"
	}
	return fmt.Sprintf("(date_trunc('%s', %s - INTERVAL %d MONTH) + INTERVAL %d MONTH)::DATE", unit, d.operand(x, precSum), months, months)
}

// shift adds n units (HOUR, DAY or MONTH) to x, the start of a period.
func (d *Dialect) shift(x string, n int, unit string) string {
	if n == 0 {
		return x
	}
	sign := "+"
	if n < 0 {
		sign, n = "-", -n
	}
	typ := "DATE"
	if unit == "HOUR" {
		typ = "TIMESTAMP"
	}
	return fmt.Sprintf("(%s %s INTERVAL %d %s)::%s", x, sign, n, unit, typ)
}

// series writes a query of one column t: lo, lo plus one step, … up to hi.
func (d *Dialect) series(lo, hi string, g Grain) string {
	step := map[Grain]string{Hour: "1 HOUR", Day: "1 DAY", Week: "7 DAY", Month: "1 MONTH", Quarter: "3 MONTH", Year: "1 YEAR"}[g]
	return fmt.Sprintf("unnest(generate_series(%s::TIMESTAMP, %s::TIMESTAMP, INTERVAL %s))", lo, hi, step)
}

// order writes one key of ORDER BY; null comes last whichever way.
func (d *Dialect) order(x string, desc bool) string {
	if desc {
		return x + " DESC NULLS LAST"
	}
	return x + " NULLS LAST"
}

// contains writes whether x holds the text s, ignoring case.
func (d *Dialect) contains(x, s string) string {
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
	if escaped == s {
		return x + " ILIKE " + d.text("%"+s+"%")
	}
	return x + " ILIKE " + d.text("%"+escaped+"%") + ` ESCAPE '\'`
}

// same writes that a equals b or both are null.
func (d *Dialect) same(a, b string) string { return a + " IS NOT DISTINCT FROM " + b }

// divide writes a / b, null where b is 0. DuckDB's / never cuts to an integer.
func (d *Dialect) divide(a, b expr) expr { return &binaryExpr{"/", a, b} }
