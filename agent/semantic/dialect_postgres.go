package semantic

import (
	"fmt"
	"strings"
)

// Postgres is the dialect of PostgreSQL 12 and later. The session's time zone is that of
// the source and standard_conforming_strings is on, as connectors/postgres sets them.
var Postgres = &Dialect{
	Name:     "postgres",
	reserved: postgresReserved,
	folds:    true,
	loose:    true,
	functions: map[string]string{
		"nvl": "coalesce", "ifnull": "coalesce", "startswith": "starts_with", "truncate": "trunc",
		"mean": "avg", "lcase": "lower", "ucase": "upper", "char_length": "length", "charindex": "strpos",
		"var_sample": "var_samp", "list": "array_agg", "group_concat": "string_agg", "listagg": "string_agg",
	},
	types: map[string]string{
		"STRING": "VARCHAR", "NUMBER": "DECIMAL", "TINYINT": "SMALLINT", "HUGEINT": "DECIMAL(38)", "FLOAT": "REAL",
		"DOUBLE": "DOUBLE PRECISION", "DATETIME": "TIMESTAMP",
	},
	parts:   map[string]string{"dayofweek": "dow", "dayofyear": "doy", "millisecond": "milliseconds"},
	rewrite: postgresRewrite,
	refuse:  postgresRefuse,
	divided: func(d *Dialect, x expr) string { return d.operand(x, precPostfix) + "::float8" },
	grainOf: postgresGrain,
	part:    func(d *Dialect, x expr, part string) string { return postgresPart(d, x, part) },
	shifted: func(x string, n int, unit string) string {
		if unit == "HOUR" {
			return fmt.Sprintf("(%s + INTERVAL '%d HOUR')", x, n)
		}
		return fmt.Sprintf("(%s + INTERVAL '%d %s')::date", x, n, unit)
	},
	series: func(lo, hi, from string, g Grain) string {
		out := fmt.Sprintf("SELECT generate_series(%s::timestamp, %s::timestamp, INTERVAL '%s')", lo, hi, stepOf(g))
		if g != Hour {
			out += "::date"
		}
		out += " AS t"
		if from != "" {
			out += "\nFROM " + from
		}
		return out
	},
	numbers: func(first, last int) string {
		return fmt.Sprintf("(SELECT generate_series(%d, %d) AS t) AS times", first, last)
	},
	// The cast is for columns of enumerations and the like, which have no ILIKE.
	match: func(x, pattern string, _ bool) string {
		return "CAST(" + x + ` AS TEXT) ILIKE ` + pattern + ` ESCAPE '\'`
	},
	middle: func(x string) string { return "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY " + x + ")" },
	// A bare NULL is a text where more than two SELECTs are put together.
	absent: func(column, rel string) string { return "(SELECT " + column + " FROM " + rel + " LIMIT 0)" },
}

// postgresReserved are the words that pg_get_keywords() calls reserved, or usable for
// functions, types or columns only, of PostgreSQL 12 to 18.
var postgresReserved = wordSet(`all analyse analyze and any array as asc asymmetric both case cast check collate column
	constraint create current_catalog current_date current_role current_time current_timestamp current_user default
	deferrable desc distinct do else end except false fetch for foreign from grant group having in initially intersect
	into lateral leading limit localtime localtimestamp not null offset on only or order placing primary references
	returning select session_user some symmetric system_user table then to trailing true union unique user using variadic when
	where window with
	authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like
	natural notnull outer overlaps right similar tablesample verbose
	between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int
	integer interval json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
	json_serialize json_table json_value least merge_action national nchar none normalize nullif numeric out overlay position precision
	real row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement
	xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`)

// postgresGrain cuts wall time: a moment (timestamptz) is first told in the session's
// zone, and a date must not become a moment on the way, for some zones skip midnights.
func postgresGrain(d *Dialect, x expr, g Grain, cal calendar) string {
	at := d.operand(x, precPostfix) + "::timestamp"
	trunc := func(unit, x string) string { return "date_trunc('" + unit + "', " + x + ")" }
	moved := func(unit string, n int, step string) string {
		if n == 0 {
			return trunc(unit, at) + "::date"
		}
		return fmt.Sprintf("(%s + INTERVAL '%d %s')::date", trunc(unit, fmt.Sprintf("%s - INTERVAL '%d %s'", at, n, step)), n, step)
	}
	switch g {
	case Hour:
		return trunc("hour", at)
	case Day:
		return d.operand(x, precPostfix) + "::date"
	case Week:
		if cal.sundayWeeks {
			return "(" + trunc("week", at+" + INTERVAL '1 DAY'") + " - INTERVAL '1 DAY')::date"
		}
		return trunc("week", at) + "::date"
	case Month:
		return trunc("month", at) + "::date"
	case Quarter:
		return moved("quarter", cal.fiscal%3, "MONTH")
	case Year:
		return moved("year", cal.fiscal, "MONTH")
	}
	day := postgresPart(d, x, "isodow")
	switch g {
	case DayKind, DayKindKo:
		return dayKind(day, g)
	case HourOfDay:
		return postgresPart(d, x, "hour")
	case MonthOfYear:
		return postgresPart(d, x, "month")
	}
	return day
}

// postgresPart is a whole number, which EXTRACT is not.
func postgresPart(d *Dialect, x expr, part string) string {
	return "EXTRACT(" + strings.ToUpper(part) + " FROM " + d.operand(x, precPostfix) + "::timestamp)::int"
}

// postgresRewrite returns what a node of the expression language is in PostgreSQL.
func postgresRewrite(d *Dialect, e expr) expr {
	switch n := e.(type) {
	case *callExpr:
		if to, ok := d.functions[n.name]; ok {
			c := *n
			c.name = to
			e := expr(&c)
			if n.name == "charindex" && len(n.args) == 2 {
				c.args = []expr{n.args[1], n.args[0]}
			}
			if again := postgresCall(d, &c); again != nil {
				e = again
			}
			return e
		}
		return postgresCall(d, n)
	case *castExpr:
		if n.try {
			return postgresTry(d, n)
		}
	case *extractExpr:
		return atom(postgresExtract(d, n.part, n.x))
	case *intervalExpr:
		if v, ok := n.value.(literal); ok {
			return atom("INTERVAL '" + v.text + " " + n.unit + "'")
		}
		if v, ok := n.value.(textLit); ok && n.unit != "" {
			return atom("INTERVAL " + d.text(v.value+" "+n.unit))
		}
	case *zoneExpr:
		if _, inner := n.x.(*zoneExpr); !inner {
			// Of a moment, the zone would be the one that it is told in, not the one it is from.
			return rawSQL{d.operand(n.x, precPostfix) + "::timestamp AT TIME ZONE " + d.operand(n.zone, precAtom), precUnary}
		}
	case *likeExpr:
		if n.escape == nil {
			// Elsewhere a backslash escapes only where somebody says so.
			with := *n
			with.escape = textLit{""}
			return &with
		}
	case *binaryExpr:
		if n.op == "//" {
			return atom("TRUNC(" + d.operand(n.l, precPostfix) + "::numeric / NULLIF(" + d.sql(n.r) + ", 0))")
		}
	}
	return nil
}

func atom(sql string) expr { return rawSQL{sql, precAtom} }

// postgresExtract is EXTRACT as a whole number, but for epochs.
func postgresExtract(d *Dialect, part string, x expr) string {
	text := "EXTRACT(" + strings.ToUpper(d.datePart(part)) + " FROM " + d.sql(x) + ")"
	if part == "epoch" {
		return text + "::float8"
	}
	return "FLOOR(" + text + ")::bigint"
}

// postgresTry casts what looks like a number of the type, and leaves the rest unknown.
func postgresTry(d *Dialect, n *castExpr) expr {
	x, typ := d.sql(n.x), d.typeName(n.typ)
	pattern := `'^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$'`
	switch base, _, _ := strings.Cut(typ, "("); base {
	case "INTEGER", "INT", "BIGINT", "SMALLINT":
		pattern = `'^\s*[-+]?\d{1,` + map[string]string{"SMALLINT": "4", "INTEGER": "9", "INT": "9", "BIGINT": "18"}[base] + `}\s*$'`
	case "BOOLEAN", "BOOL":
		pattern = `'^\s*([tT](rue)?|[fF](alse)?|[01])\s*$'`
	case "VARCHAR", "TEXT", "CHAR":
		return &castExpr{x: n.x, typ: n.typ}
	}
	return atom("CASE WHEN CAST(" + x + " AS TEXT) ~ " + pattern + " THEN CAST(CAST(" + x + " AS TEXT) AS " + typ + ") END")
}

func postgresRefuse(e expr) string {
	switch n := e.(type) {
	case *castExpr:
		base, _, _ := strings.Cut(n.typ, "(")
		switch base {
		case "DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "DATETIME", "UUID":
			if n.try {
				return "PostgreSQL has no TRY_CAST to " + base + "; cast what a CASE has found to be one"
			}
		}
	case *callExpr:
		switch n.name {
		case "product", "skewness", "kurtosis", "mad":
			return "PostgreSQL has no function " + strings.ToUpper(n.name)
		}
	}
	return ""
}
