package semantic

import "strings"

// mysqlSameName are the functions that MySQL has with the same meaning and name, besides
// those that are rewritten. Others are refused: the engine knows some of their names with
// another meaning.
var mysqlSameName = wordSet(`abs acos asin atan atan2 ceil ceiling coalesce concat_ws cos cot date dayname degrees exp floor ifnull
	lcase left ln log10 log2 lower lpad ltrim mod monthname nullif now pi pow power radians repeat replace reverse right round
	rpad rtrim sign sin sqrt substr substring tan trim ucase upper current_date current_timestamp last_day
	sum count min max stddev_pop stddev_samp var_pop var_samp
	avg mean median quantile quantile_cont quantile_disc percentile_cont percentile_disc approx_quantile approx_percentile
	approx_count_distinct count_if countif any_value bool_and bool_or stddev variance arg_min arg_max
	iff if nvl nvl2 zeroifnull nullifzero char_length length charindex strpos instr startswith starts_with endswith ends_with
	suffix prefix contains regexp_like regexp_matches truncate trunc concat row greatest least date_trunc dateadd datediff
	date_diff to_date to_timestamp date_part datepart today log char_length character_length
	year quarter month week day hour minute second millisecond dayofweek dayofyear dow isodow doy isoyear epoch`)

func mysqlRefuse(e expr) string {
	n, ok := e.(*callExpr)
	switch {
	case !ok:
		if z, zone := e.(*zoneExpr); zone && z != nil {
			if _, inner := z.x.(*zoneExpr); !inner {
				return "MySQL has no moments with a time zone; write x AT TIME ZONE 'from' AT TIME ZONE 'to'"
			}
		}
	case !mysqlSameName[n.name]:
		return "MySQL has no function " + strings.ToUpper(n.name) + " that means the same"
	case n.name == "date_trunc" && mysqlStamps[unitOf(n)] == "" && !Grain(unitOf(n)).sequence(),
		strings.HasPrefix(n.name, "date") && strings.HasSuffix(n.name, "diff") && mysqlDifference(unitOf(n), "", "") == nil:
		return strings.ToUpper(n.name) + " to the " + unitOf(n) + " is not written for MySQL"
	case (n.name == "greatest" || n.name == "least") && len(n.args) > 4:
		return strings.ToUpper(n.name) + " of more than four values is not written for MySQL; put one inside the other"
	}
	return ""
}

// mysqlCall returns what a call is in MySQL, nil where it is the same.
func mysqlCall(d *Dialect, n *callExpr) expr {
	if aggregateNames[n.name] {
		return mysqlAggregate(d, n)
	}
	args := make([]string, len(n.args))
	for i, a := range n.args {
		args[i] = d.sql(a)
	}
	for _, more := range []func(*Dialect, *callExpr, []string) expr{mysqlChoice, mysqlText, mysqlNumber, mysqlTime} {
		if out := more(d, n, args); out != nil {
			return out
		}
	}
	return nil
}

// mysqlChoice rewrites the functions that choose among their arguments.
func mysqlChoice(d *Dialect, n *callExpr, args []string) expr {
	switch {
	case (n.name == "iff" || n.name == "if") && len(args) == 3:
		return &caseExpr{whens: []whenThen{{n.args[0], n.args[1]}}, orElse: n.args[2]}
	case n.name == "nvl":
		return atom("COALESCE(" + strings.Join(args, ", ") + ")")
	case n.name == "nvl2" && len(args) == 3:
		return &caseExpr{whens: []whenThen{{&isExprNode{x: n.args[0], not: true, what: "NULL"}, n.args[1]}}, orElse: n.args[2]}
	case n.name == "zeroifnull" && len(args) == 1:
		return atom("COALESCE(" + args[0] + ", 0)")
	case n.name == "nullifzero" && len(args) == 1:
		return atom("NULLIF(" + args[0] + ", 0)")
	case (n.name == "greatest" || n.name == "least") && len(args) > 1:
		// The engine's own is null where one of them is.
		out := args[len(args)-1]
		for i := len(args) - 2; i >= 0; i-- {
			out = "COALESCE(" + strings.ToUpper(n.name) + "(" + args[i] + ", " + out + "), " + args[i] + ", " + out + ")"
		}
		return atom(out)
	}
	return nil
}

// mysqlText rewrites the functions of texts.
func mysqlText(d *Dialect, n *callExpr, args []string) expr {
	two := len(args) == 2
	switch {
	case (n.name == "length" || n.name == "character_length") && len(args) == 1:
		return atom("CHAR_LENGTH(" + args[0] + ")")
	case n.name == "charindex" && two:
		return atom("LOCATE(" + args[0] + ", " + letters(args[1]) + ")")
	case (n.name == "strpos" || n.name == "instr") && two:
		return atom("LOCATE(" + args[1] + ", " + letters(args[0]) + ")")
	case n.name == "contains" && two:
		return rawSQL{"LOCATE(" + args[1] + ", " + letters(args[0]) + ") > 0", precCompare}
	case (n.name == "startswith" || n.name == "starts_with" || n.name == "prefix") && two:
		return rawSQL{d.exact("LEFT("+args[0]+", CHAR_LENGTH("+args[1]+"))") + " = " + d.operand(n.args[1], precConcat), precCompare}
	case (n.name == "endswith" || n.name == "ends_with" || n.name == "suffix") && two:
		return rawSQL{d.exact("RIGHT("+args[0]+", CHAR_LENGTH("+args[1]+"))") + " = " + d.operand(n.args[1], precConcat), precCompare}
	case (n.name == "regexp_like" || n.name == "regexp_matches") && two:
		return rawSQL{letters(args[0]) + " REGEXP " + d.operand(n.args[1], precConcat), precCompare}
	case n.name == "concat" && len(args) > 0:
		for i, a := range args {
			args[i] = "COALESCE(" + a + ", '')"
		}
		return atom("CONCAT(" + strings.Join(args, ", ") + ")")
	}
	return nil
}

// mysqlNumber rewrites the functions of numbers.
func mysqlNumber(_ *Dialect, n *callExpr, args []string) expr {
	switch {
	case (n.name == "trunc" || n.name == "truncate") && len(args) == 1:
		return atom("TRUNCATE(" + args[0] + ", 0)")
	case (n.name == "trunc" || n.name == "truncate") && len(args) == 2:
		return atom("TRUNCATE(" + args[0] + ", " + args[1] + ")")
	case n.name == "log" && len(args) == 1:
		return atom("LOG10(" + args[0] + ")")
	case n.name == "mod" && len(args) == 2:
		return atom("MOD(" + args[0] + ", NULLIF(" + args[1] + ", 0))")
	}
	return nil
}

// mysqlTime rewrites the functions of dates.
func mysqlTime(d *Dialect, n *callExpr, args []string) expr {
	unit := unitOf(n)
	switch {
	case n.name == "date_trunc" && len(args) == 2 && mysqlStamps[unit] != "":
		return atom(mysqlCut(args[1], unit))
	case n.name == "date_trunc" && len(args) == 2 && Grain(unit).sequence():
		return atom(mysqlGrain(d, n.args[1], Grain(unit), calendar{}))
	case n.name == "dateadd" && len(args) == 3:
		return atom("(" + d.operand(n.args[2], precSum) + " + " + mysqlInterval(d, &intervalExpr{literal{"1"}, strings.ToUpper(unit)}, n.args[1]) + ")")
	case (n.name == "datediff" || n.name == "date_diff") && len(args) == 3:
		return mysqlDifference(unit, args[1], args[2])
	case (n.name == "to_date" || n.name == "to_timestamp") && len(args) == 1:
		return mysqlCast(d, &castExpr{x: n.args[0], typ: strings.ToUpper(strings.TrimPrefix(n.name, "to_"))})
	case (n.name == "date_part" || n.name == "datepart") && len(args) == 2 && dateParts[unit]:
		return atom(mysqlPart(args[1], unit))
	case dateParts[n.name] && len(args) == 1:
		return atom(mysqlPart(args[0], n.name))
	case n.name == "today" && len(args) == 0:
		return atom("CURRENT_DATE")
	}
	return nil
}

// mysqlDifference counts the borders of the unit between two times.
func mysqlDifference(unit, from, to string) expr {
	part := func(name string) string { return mysqlPart(to, name) + " - " + mysqlPart(from, name) }
	days := "DATEDIFF(" + to + ", " + from + ")"
	switch unit {
	case "day":
		return atom(days)
	case "week":
		return rawSQL{days + " DIV 7", precProduct}
	case "year":
		return atom("(" + part("year") + ")")
	case "quarter":
		return atom("((" + part("year") + ") * 4 + " + part("quarter") + ")")
	case "month":
		return atom("((" + part("year") + ") * 12 + " + part("month") + ")")
	}
	if mysqlStamps[unit] == "" {
		return nil
	}
	return atom("TIMESTAMPDIFF(" + strings.ToUpper(unit) + ", " + mysqlCut(from, unit) + ", " + mysqlCut(to, unit) + ")")
}

// mysqlStamps write a time down to a unit of the day.
var mysqlStamps = map[string]string{"hour": "%Y-%m-%d %H:00:00", "minute": "%Y-%m-%d %H:%i:00", "second": "%Y-%m-%d %H:%i:%s"}

// mysqlCut writes the start of the hour, minute or second of a time.
func mysqlCut(x, unit string) string {
	return "CAST(DATE_FORMAT(" + x + ", '" + mysqlStamps[unit] + "') AS DATETIME)"
}

// unitOf is the unit of time that a call names, "" for none.
func unitOf(n *callExpr) string {
	if len(n.args) == 0 {
		return ""
	}
	lit, _ := n.args[0].(textLit)
	return strings.ToLower(lit.value)
}

// mysqlCast casts what may be a text only where it looks like the type: the engine makes
// 0 of what is no number.
func mysqlCast(d *Dialect, n *castExpr) expr {
	x, base := d.sql(n.x), n.typ
	if i := strings.IndexByte(base, '('); i >= 0 {
		base = base[:i]
	}
	typ := d.typeName(base)
	if strings.HasPrefix(typ, "DECIMAL") && base != n.typ {
		typ = "DECIMAL" + n.typ[len(base):]
	}
	plain := "CAST(" + x + " AS " + typ + ")"
	pattern := `'^[[:space:]]*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?[[:space:]]*$'`
	switch {
	case base == "BOOLEAN" || base == "BOOL":
		yes := "LOWER(CAST(" + x + " AS CHAR)) IN ('true', 't', 'yes', 'y', '1')"
		if n.try {
			return atom("CASE WHEN " + yes + " THEN TRUE WHEN LOWER(CAST(" + x + " AS CHAR)) IN ('false', 'f', 'no', 'n', '0') THEN FALSE END")
		}
		return atom("(" + x + " + 0 <> 0 OR " + yes + ")")
	case typ == "SIGNED" && n.try:
		digits := map[string]string{"TINYINT": "2", "SMALLINT": "4", "INTEGER": "9", "INT": "9", "BIGINT": "18"}[base]
		pattern = "'^[[:space:]]*[-+]?[0-9]{1," + digits + "}[[:space:]]*$'"
	case typ == "SIGNED" || typ == "DOUBLE" || strings.HasPrefix(typ, "DECIMAL"):
		if !n.try && !isText(n.x) && !comparesText(n.x) {
			return atom(plain)
		}
	default:
		return atom(plain)
	}
	text := "CAST(" + x + " AS CHAR)"
	return atom("CASE WHEN " + text + " REGEXP " + pattern + " THEN CAST(" + text + " AS " + typ + ") END")
}

// mysqlAggregate rewrites the functions that make one value of many rows. Those that rank
// the rows have been replaced by what reads the ranks.
func mysqlAggregate(d *Dialect, n *callExpr) expr {
	if n.filter == nil {
		return mysqlPlainAggregate(d, n)
	}
	c := *n
	value := expr(literal{"1"})
	if len(n.args) > 0 {
		value = n.args[0]
	}
	c.filter, c.star = nil, false
	c.args = []expr{&caseExpr{whens: []whenThen{{n.filter, value}}}}
	if n.name == "count_if" || n.name == "countif" {
		c.args = []expr{&binaryExpr{"AND", n.filter, value}}
	}
	if again := mysqlPlainAggregate(d, &c); again != nil {
		return again
	}
	return &c
}

func mysqlPlainAggregate(d *Dialect, n *callExpr) expr {
	named := func(name string) expr {
		c := *n
		c.name = name
		return &c
	}
	switch n.name {
	case "avg", "mean":
		if len(n.args) == 1 {
			distinct := ""
			if n.distinct {
				distinct = "DISTINCT "
			}
			return atom("AVG(" + distinct + "CAST(" + d.sql(n.args[0]) + " AS DOUBLE))")
		}
	case "stddev":
		return named("stddev_samp")
	case "variance":
		return named("var_samp")
	case "any_value", "bool_and":
		return named("min")
	case "bool_or":
		return named("max")
	case "count_if", "countif":
		return atom("COUNT(CASE WHEN " + d.sql(n.args[0]) + " THEN 1 END)")
	case "approx_count_distinct":
		return mysqlDistinct(d, n)
	case "count":
		if n.distinct {
			return mysqlDistinct(d, n)
		}
	}
	return nil
}

// mysqlDistinct counts values that differ, by their bytes where they may be texts. The
// columns of a key are counted as the key tells them apart.
func mysqlDistinct(d *Dialect, n *callExpr) expr {
	if row, ok := n.args[0].(*callExpr); ok && row.name == "row" {
		args := make([]string, len(row.args))
		for i, a := range row.args {
			args[i] = d.sql(a)
		}
		return atom("COUNT(DISTINCT " + strings.Join(args, ", ") + ")")
	}
	x := d.sql(n.args[0])
	if maybeText(n.args[0]) {
		x = d.apart(x)
	}
	return atom("COUNT(DISTINCT " + x + ")")
}

// maybeText reports whether nothing says that the values are no texts.
func maybeText(e expr) bool {
	switch n := e.(type) {
	case *nameRef:
		return n.kind != Numeric && n.kind != Temporal && n.kind != Boolean
	case *caseExpr:
		for _, w := range n.whens {
			if maybeText(w.then) {
				return true
			}
		}
		return false
	case *castExpr, *callExpr, *binaryExpr:
		return isText(n) || isCoalesced(e)
	case textLit, rawSQL:
		return true
	}
	return false
}

// isCoalesced reports whether a choice may be of texts.
func isCoalesced(e expr) bool {
	n, ok := e.(*callExpr)
	if !ok {
		return false
	}
	switch n.name {
	case "coalesce", "nvl", "ifnull", "nullif", "iff", "if", "nvl2", "greatest", "least":
		for _, a := range n.args {
			if maybeText(a) {
				return true
			}
		}
	}
	return false
}
