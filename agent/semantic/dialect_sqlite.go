package semantic

import (
	"fmt"
	"strconv"
	"strings"
)

// SQLite is the dialect of SQLite 3.39 and later. Dates are texts there, as ISO 8601 writes
// them, and so are those that queries return; a division by a place of decimals is a float.
// MEDIAN is an aggregate that the connection has to bring.
var SQLite = &Dialect{
	Name:     "sqlite",
	reserved: sqliteReserved,
	functions: map[string]string{
		"nvl": "coalesce", "ifnull": "coalesce", "mean": "avg", "lcase": "lower", "ucase": "upper", "char_length": "length",
		"substring": "substr", "strpos": "instr", "approx_count_distinct": "count", "greatest": "max", "least": "min", "bool_or": "max", "bool_and": "min", "any_value": "min",
		"string_agg": "group_concat", "listagg": "group_concat", "truncate": "trunc",
	},
	types: map[string]string{
		"VARCHAR": "TEXT", "STRING": "TEXT", "CHAR": "TEXT", "NUMBER": "NUMERIC", "DECIMAL": "NUMERIC", "TINYINT": "INTEGER", "SMALLINT": "INTEGER", "INT": "INTEGER",
		"BIGINT": "INTEGER", "HUGEINT": "INTEGER", "FLOAT": "REAL", "DOUBLE": "REAL", "BOOLEAN": "INTEGER", "BOOL": "INTEGER",
	},
	parts:   map[string]string{},
	rewrite: sqliteRewrite,
	refuse:  sqliteRefuse,
	divided: func(d *Dialect, x expr) string { return "CAST(" + d.sql(x) + " AS REAL)" },
	grainOf: sqliteGrain,
	part:    func(d *Dialect, x expr, part string) string { return sqlitePart(d.sql(x), part) },
	shifted: func(x string, n int, unit string) string {
		function := "date"
		if unit == "HOUR" {
			function = "datetime"
		}
		return fmt.Sprintf("%s(%s, '%+d %s')", function, x, n, strings.ToLower(unit))
	},
	series: sqliteSeries,
	numbers: func(first, last int) string {
		var rows []string
		for n := first; n <= last; n++ {
			rows = append(rows, "("+strconv.Itoa(n)+")")
		}
		return "(SELECT column1 AS t FROM (VALUES " + strings.Join(rows, ", ") + ")) AS times"
	},
	match: func(x, pattern string, escaped bool) string {
		if escaped {
			return x + " LIKE " + pattern + ` ESCAPE '\'`
		}
		return x + " LIKE " + pattern
	},
	middle: func(x string) string { return "MEDIAN(" + x + ")" },
	absent: func(string, string) string { return "NULL" },
	plain:  true,
}

// sqliteAmongOthers is SQLite where its rows meet those of other engines, to whom texts of a
// column declared COLLATE NOCASE or RTRIM differ by their letters all the same. Alone, a
// database groups as it was declared to.
var sqliteAmongOthers = func() *Dialect {
	d := *SQLite
	binary := func(x string) string { return x + " COLLATE BINARY" }
	d.exact, d.apart = binary, binary
	return &d
}()

// sqliteReserved are the keywords of SQLite 3.50, all of which are safe in quotes.
var sqliteReserved = wordSet(`abort action add after all alter always analyze and as asc attach autoincrement before begin
	between by cascade case cast check collate column commit conflict constraint create cross current current_date
	current_time current_timestamp database default deferrable deferred delete desc detach distinct do drop each else end
	escape except exclude exclusive exists explain fail filter first following for foreign from full generated glob group
	groups having if ignore immediate in index indexed initially inner insert instead intersect into is isnull join key
	last left like limit match materialized natural no not nothing notnull null nulls of offset on or order others outer
	over partition plan pragma preceding primary query raise range recursive references regexp reindex release rename
	replace restrict returning right rollback row rows savepoint select set table temp temporary then ties to transaction
	trigger unbounded union unique update using vacuum values view virtual when where window with within without`)

// sqlitePart is a whole number.
func sqlitePart(x, part string) string {
	switch part {
	case "isodow":
		return "((CAST(strftime('%w', " + x + ") AS INTEGER) + 6) % 7 + 1)"
	case "quarter":
		return "((CAST(strftime('%m', " + x + ") AS INTEGER) + 2) / 3)"
	}
	format := map[string]string{"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S", "dow": "%w", "dayofweek": "%w", "doy": "%j", "dayofyear": "%j", "epoch": "%s", "week": "%V", "isoyear": "%G"}[part]
	return "CAST(strftime('" + format + "', " + x + ") AS INTEGER)"
}

func sqliteGrain(d *Dialect, x expr, g Grain, cal calendar) string {
	text := d.sql(x)
	// back writes the start of the span of months that x falls in, which begin at the month
	// after first.
	back := func(months, first int) string {
		return fmt.Sprintf("date(%s, 'start of month', '-' || ((%s + %d) %% %d) || ' months')", text, sqlitePart(text, "month"), (11-first+months*12)%12+12, months)
	}
	day := sqlitePart(text, "isodow")
	switch g {
	case Hour:
		return "strftime('%Y-%m-%d %H:00:00', " + text + ")"
	case Day:
		return "date(" + text + ")"
	case Week:
		if cal.sundayWeeks {
			return "date(" + text + ", '-6 days', 'weekday 0')"
		}
		return "date(" + text + ", 'weekday 0', '-6 days')"
	case Month:
		return "date(" + text + ", 'start of month')"
	case Quarter:
		return back(3, cal.fiscal%3)
	case Year:
		return back(12, cal.fiscal)
	case DayKind, DayKindKo:
		return dayKind(day, g)
	case HourOfDay:
		return sqlitePart(text, "hour")
	case MonthOfYear:
		return sqlitePart(text, "month")
	}
	return day
}

func sqliteSeries(lo, hi, from string, g Grain) string {
	function := "date"
	if g == Hour {
		function = "datetime"
	}
	step := function + "(t, '+" + strings.ToLower(stepOf(g)) + "')"
	out := "WITH RECURSIVE steps(t, until) AS (\n  SELECT " + function + "(" + lo + "), " + function + "(" + hi + ")"
	if from != "" {
		out += "\n  FROM " + strings.ReplaceAll(from, "\n", "\n  ")
	}
	return out + "\n  UNION ALL\n  SELECT " + step + ", until FROM steps WHERE " + step + " <= until\n)\nSELECT t FROM steps WHERE t <= until"
}

// sqliteRewrite returns what a node of the expression language is in SQLite.
func sqliteRewrite(d *Dialect, e expr) expr {
	switch n := e.(type) {
	case *callExpr:
		return sqliteCall(d, n)
	case *castExpr:
		switch base, _, _ := strings.Cut(n.typ, "("); base {
		case "DATE":
			return atom("date(" + d.sql(n.x) + ")")
		case "TIMESTAMP", "DATETIME", "TIMESTAMPTZ":
			return atom("datetime(" + d.sql(n.x) + ")")
		default:
			plain := "CAST(" + d.sql(n.x) + " AS " + d.typeName(base) + ")"
			if n.try && d.typeName(base) != "TEXT" {
				x := d.sql(n.x)
				plain = "CASE WHEN TRIM(" + x + ") <> '' AND TRIM(" + x + ") NOT GLOB '*[^0-9.eE+-]*' THEN " + plain + " END"
			}
			return atom(plain)
		}
	case typedLit:
		return textLit{n.value}
	case *extractExpr:
		return atom(sqlitePart(d.sql(n.x), n.part))
	case *likeExpr:
		if n.op == "ILIKE" {
			with := *n
			with.op = "LIKE"
			return &with
		}
	case *binaryExpr:
		return sqliteBinary(d, n)
	}
	return nil
}

func sqliteBinary(d *Dialect, n *binaryExpr) expr {
	if n.op == "//" {
		return atom("CAST(CAST(" + d.sql(n.l) + " AS REAL) / NULLIF(" + d.sql(n.r) + ", 0) AS INTEGER)")
	}
	if n.op != "+" && n.op != "-" {
		return nil
	}
	if step, times := intervalOf(n.r); step != nil {
		return atom(sqliteMoved(d, d.sql(n.l), n.op, step, times))
	}
	if isDateLit(n.l) || isDateLit(n.r) {
		return atom("CAST(julianday(" + d.sql(n.l) + ") - julianday(" + d.sql(n.r) + ") AS INTEGER)")
	}
	return nil
}

func isDateLit(e expr) bool {
	lit, ok := e.(typedLit)
	return ok && lit.typ == "DATE"
}

// intervalOf takes an interval apart, with what it is multiplied by.
func intervalOf(e expr) (*intervalExpr, expr) {
	switch n := e.(type) {
	case *intervalExpr:
		return n, literal{"1"}
	case *binaryExpr:
		if iv, ok := n.r.(*intervalExpr); ok && n.op == "*" {
			return iv, n.l
		}
	}
	return nil, nil
}

// sqliteMoved writes a time some units later; a date stays one.
func sqliteMoved(d *Dialect, x, sign string, step *intervalExpr, times expr) string {
	value, unit := "", strings.ToLower(step.unit)
	switch v := step.value.(type) {
	case literal:
		value = v.text
	case textLit:
		value = v.value
		if number, word, ok := strings.Cut(v.value, " "); ok && unit == "" {
			value, unit = number, strings.TrimSuffix(strings.ToLower(word), "s")
		}
	}
	factor := map[string]string{"week": " * 7", "quarter": " * 3", "millisecond": " / 1000.0"}[unit]
	if to := map[string]string{"week": "day", "quarter": "month", "millisecond": "second"}[unit]; to != "" {
		unit = to
	}
	format := "CASE WHEN LENGTH(" + x + ") > 10 THEN '%Y-%m-%d %H:%M:%S' ELSE '%Y-%m-%d' END"
	if unit == "hour" || unit == "minute" || unit == "second" {
		format = "'%Y-%m-%d %H:%M:%S'"
	}
	return "strftime(" + format + ", " + x + ", (" + sign + d.operand(times, precPostfix) + " * " + value + factor + ") || ' " + unit + "')"
}

func sqliteRefuse(e expr) string {
	n, ok := e.(*callExpr)
	if !ok {
		if z, zone := e.(*zoneExpr); zone && z != nil {
			return "SQLite knows no time zones"
		}
		return ""
	}
	switch n.name {
	case "product", "skewness", "kurtosis", "mad", "mode", "quantile", "quantile_cont", "quantile_disc", "percentile_cont", "percentile_disc", "approx_quantile", "approx_percentile",
		"arg_max", "arg_min", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "corr", "covar_pop", "covar_samp", "regexp_like", "regexp_matches":
		return "SQLite has no function " + strings.ToUpper(n.name)
	}
	return ""
}

// sqliteCall returns what a call is in SQLite, nil where it is the same.
func sqliteCall(d *Dialect, n *callExpr) expr {
	args := make([]string, len(n.args))
	for i, a := range n.args {
		args[i] = d.sql(a)
	}
	switch {
	case (n.name == "iff" || n.name == "if") && len(args) == 3:
		return &caseExpr{whens: []whenThen{{n.args[0], n.args[1]}}, orElse: n.args[2]}
	case n.name == "nvl2" && len(args) == 3:
		return &caseExpr{whens: []whenThen{{&isExprNode{x: n.args[0], not: true, what: "NULL"}, n.args[1]}}, orElse: n.args[2]}
	case n.name == "zeroifnull" && len(args) == 1:
		return atom("COALESCE(" + args[0] + ", 0)")
	case n.name == "nullifzero" && len(args) == 1:
		return atom("NULLIF(" + args[0] + ", 0)")
	case n.name == "charindex" && len(args) == 2:
		return atom("INSTR(" + args[1] + ", " + args[0] + ")")
	case (n.name == "startswith" || n.name == "starts_with") && len(args) == 2:
		return rawSQL{"SUBSTR(" + args[0] + ", 1, LENGTH(" + args[1] + ")) = " + d.operand(n.args[1], precConcat), precCompare}
	case (n.name == "endswith" || n.name == "ends_with") && len(args) == 2:
		return rawSQL{"SUBSTR(" + args[0] + ", -LENGTH(" + args[1] + ")) = " + d.operand(n.args[1], precConcat), precCompare}
	case n.name == "left" && len(args) == 2:
		return atom("SUBSTR(" + args[0] + ", 1, " + args[1] + ")")
	case n.name == "right" && len(args) == 2:
		return atom("SUBSTR(" + args[0] + ", -(" + args[1] + "))")
	case n.name == "concat" && len(args) > 0:
		parts := make([]string, len(args))
		for i, a := range args {
			parts[i] = "COALESCE(" + a + ", '')"
		}
		return rawSQL{strings.Join(parts, " || "), precConcat}
	case n.name == "row":
		for i, a := range args {
			args[i] = "QUOTE(" + a + ")"
		}
		return rawSQL{strings.Join(args, " || ',' || "), precConcat}
	case (n.name == "count_if" || n.name == "countif") && len(args) == 1:
		return atom("COUNT(CASE WHEN " + args[0] + " THEN 1 END)" + filterOf(d, n, ""))
	}
	if timed := sqliteTime(d, n, args); timed != nil {
		return timed
	}
	to, ok := d.functions[n.name]
	if !ok {
		return nil
	}
	c := *n
	c.name, c.distinct = to, n.distinct || n.name == "approx_count_distinct"
	return &c
}

// sqliteTime rewrites the functions of dates.
func sqliteTime(d *Dialect, n *callExpr, args []string) expr {
	unit := ""
	if len(n.args) > 0 {
		if lit, ok := n.args[0].(textLit); ok {
			unit = strings.ToLower(lit.value)
		}
	}
	switch {
	case n.name == "date_trunc" && len(args) == 2 && Grain(unit).sequence():
		return atom(sqliteGrain(d, n.args[1], Grain(unit), calendar{}))
	case n.name == "dateadd" && len(args) == 3:
		return atom(sqliteMoved(d, args[2], "+", &intervalExpr{literal{"1"}, strings.ToUpper(unit)}, n.args[1]))
	case (n.name == "datediff" || n.name == "date_diff") && len(args) == 3:
		return sqliteDifference(unit, args[1], args[2])
	case (n.name == "to_date" || n.name == "to_timestamp") && len(args) == 1:
		return &castExpr{x: n.args[0], typ: strings.ToUpper(strings.TrimPrefix(n.name, "to_"))}
	case dateParts[n.name] && len(args) == 1:
		return atom(sqlitePart(args[0], n.name))
	}
	return nil
}

// sqliteDifference counts the borders of the unit between two times.
func sqliteDifference(unit, from, to string) expr {
	part := func(name string) string { return sqlitePart(to, name) + " - " + sqlitePart(from, name) }
	days := "CAST(julianday(date(" + to + ")) - julianday(date(" + from + ")) AS INTEGER)"
	switch unit {
	case "day":
		return atom(days)
	case "week":
		return rawSQL{days + " / 7", precProduct}
	case "year":
		return rawSQL{part("year"), precSum}
	case "quarter":
		return rawSQL{"(" + part("year") + ") * 4 + " + part("quarter"), precSum}
	case "month":
		return rawSQL{"(" + part("year") + ") * 12 + " + part("month"), precSum}
	}
	seconds := map[string]string{"hour": "3600", "minute": "60", "second": "1"}[unit]
	if seconds == "" {
		return nil
	}
	at := func(x string) string { return sqlitePart(x, "epoch") + " / " + seconds }
	return rawSQL{at(to) + " - " + at(from), precSum}
}
