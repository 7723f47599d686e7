package semantic

import (
	"fmt"
	"strings"
)

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
	types:         map[string]string{"STRING": "VARCHAR", "NUMBER": "DECIMAL"},
	parts:         map[string]string{"dayofweek": "dow", "dayofyear": "doy"},
	qualify:       true,
	sortsByOutput: true,
	rewrite:       duckdbRewrite,
	divided:       func(d *Dialect, x expr) string { return d.operand(x, precProduct) }, // its / never cuts
	grainOf:       duckdbGrain,
	part:          func(d *Dialect, x expr, part string) string { return part + "(" + d.sql(x) + ")" },
	shifted:       duckdbShift,
	series:        duckdbSeries,
	numbers: func(first, last int) string {
		return fmt.Sprintf("(SELECT unnest(generate_series(%d, %d)) AS t) AS times", first, last)
	},
	match: func(x, pattern string, escaped bool) string {
		if escaped {
			return x + " ILIKE " + pattern + ` ESCAPE '\'`
		}
		return x + " ILIKE " + pattern
	},
	middle: func(x string) string { return "MEDIAN(" + x + ")" },
	absent: func(string, string) string { return "NULL" },
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

// duckdbRewrite returns what a call of the expression language is in DuckDB.
func duckdbRewrite(d *Dialect, e expr) expr {
	n, ok := e.(*callExpr)
	if !ok {
		return nil
	}
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

func duckdbGrain(d *Dialect, x expr, g Grain, cal calendar) string {
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
		return duckdbFiscal(d, x, "quarter", cal.fiscal%3)
	case Year:
		return duckdbFiscal(d, x, "year", cal.fiscal)
	case Weekday:
		return "isodow(" + text + ")"
	case DayKind, DayKindKo:
		return dayKind("isodow("+text+")", g)
	case HourOfDay:
		return "hour(" + d.operand(x, precPostfix) + "::TIMESTAMP)"
	case MonthOfYear:
		return "month(" + text + ")"
	}
	return text
}

func duckdbFiscal(d *Dialect, x expr, unit string, months int) string {
	if months == 0 {
		return "date_trunc('" + unit + "', " + d.sql(x) + ")::DATE"
	}
	return fmt.Sprintf("(date_trunc('%s', %s - INTERVAL %d MONTH) + INTERVAL %d MONTH)::DATE", unit, d.operand(x, precSum), months, months)
}

func duckdbShift(x string, n int, unit string) string {
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

func duckdbSeries(lo, hi, from string, g Grain) string {
	out := fmt.Sprintf("SELECT unnest(generate_series(%s::TIMESTAMP, %s::TIMESTAMP, INTERVAL %s))", lo, hi, stepOf(g))
	if g != Hour {
		out += "::DATE"
	}
	out += " AS t"
	if from != "" {
		out += "\nFROM " + from
	}
	return out
}
