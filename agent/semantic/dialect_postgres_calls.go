package semantic

import "strings"

// postgresCall returns what a call is in PostgreSQL, nil where it is the same.
func postgresCall(d *Dialect, n *callExpr) expr {
	if aggregateNames[n.name] {
		return postgresAggregate(d, n)
	}
	args := make([]string, len(n.args))
	for i, a := range n.args {
		args[i] = d.sql(a)
	}
	switch {
	case (n.name == "iff" || n.name == "if") && len(args) == 3:
		return &caseExpr{whens: []whenThen{{n.args[0], n.args[1]}}, orElse: n.args[2]}
	case n.name == "zeroifnull" && len(args) == 1:
		return atom("COALESCE(" + args[0] + ", 0)")
	case n.name == "nullifzero" && len(args) == 1:
		return atom("NULLIF(" + args[0] + ", 0)")
	case n.name == "nvl2" && len(args) == 3:
		return &caseExpr{whens: []whenThen{{&isExprNode{x: n.args[0], not: true, what: "NULL"}, n.args[1]}}, orElse: n.args[2]}
	case (n.name == "endswith" || n.name == "ends_with" || n.name == "suffix") && len(args) == 2:
		return rawSQL{"RIGHT(" + args[0] + ", LENGTH(" + args[1] + ")) = " + d.operand(n.args[1], precConcat), precCompare}
	case (n.name == "contains") && len(args) == 2:
		return rawSQL{"STRPOS(" + args[0] + ", " + args[1] + ") > 0", precCompare}
	case (n.name == "regexp_like" || n.name == "regexp_matches") && len(args) == 2:
		return rawSQL{d.operand(n.args[0], precConcat) + " ~ " + d.operand(n.args[1], precConcat), precCompare}
	case (n.name == "round" || n.name == "trunc") && len(args) == 2:
		// Only decimals are rounded to a place.
		return atom(strings.ToUpper(n.name) + "(" + d.operand(n.args[0], precPostfix) + "::numeric, " + args[1] + ")")
	}
	return postgresTime(d, n, args)
}

// postgresTime rewrites the functions of dates.
func postgresTime(d *Dialect, n *callExpr, args []string) expr {
	switch {
	case n.name == "date_trunc" && len(args) == 2:
		return atom("DATE_TRUNC(" + args[0] + ", " + d.operand(n.args[1], precPostfix) + "::timestamp)")
	case n.name == "dateadd" && len(args) == 3:
		unit, _ := n.args[0].(textLit)
		one := &intervalExpr{literal{"1"}, strings.ToUpper(unit.value)}
		if unit.value == "quarter" {
			one = &intervalExpr{literal{"3"}, "MONTH"}
		}
		return &binaryExpr{"+", n.args[2], &binaryExpr{"*", n.args[1], one}}
	case (n.name == "datediff" || n.name == "date_diff") && len(args) == 3:
		if unit, ok := n.args[0].(textLit); ok {
			return postgresDifference(d, strings.ToLower(unit.value), n.args[1], n.args[2])
		}
	case (n.name == "to_date" || n.name == "to_timestamp") && len(args) == 1:
		return &castExpr{x: n.args[0], typ: strings.ToUpper(strings.TrimPrefix(n.name, "to_"))}
	case (n.name == "date_part" || n.name == "datepart") && len(args) == 2:
		if unit, ok := n.args[0].(textLit); ok {
			return atom(postgresExtract(d, strings.ToLower(unit.value), n.args[1]))
		}
	case dateParts[n.name] && len(args) == 1:
		return atom(postgresExtract(d, n.name, n.args[0]))
	case n.name == "last_day" && len(args) == 1:
		return atom("(DATE_TRUNC('month', " + d.operand(n.args[0], precPostfix) + "::timestamp) + INTERVAL '1 MONTH' - INTERVAL '1 DAY')::date")
	case n.name == "today" && len(args) == 0:
		return atom("CURRENT_DATE")
	}
	return nil
}

// postgresDifference counts the borders of the unit between two times.
func postgresDifference(d *Dialect, unit string, from, to expr) expr {
	part := func(x expr, part string) string { return postgresPart(d, x, part) }
	date := func(x expr) string { return d.operand(x, precPostfix) + "::date" }
	switch unit {
	case "day":
		return rawSQL{date(to) + " - " + date(from), precSum}
	case "week":
		return rawSQL{"(" + date(to) + " - " + date(from) + ") / 7", precProduct}
	case "year":
		return rawSQL{part(to, "year") + " - " + part(from, "year"), precSum}
	case "quarter":
		return rawSQL{"(" + part(to, "year") + " - " + part(from, "year") + ") * 4 + " + part(to, "quarter") + " - " + part(from, "quarter"), precSum}
	case "month":
		return rawSQL{"(" + part(to, "year") + " - " + part(from, "year") + ") * 12 + " + part(to, "month") + " - " + part(from, "month"), precSum}
	}
	seconds := map[string]string{"hour": "3600", "minute": "60", "second": "1"}[unit]
	if seconds == "" {
		return nil
	}
	at := func(x expr) string {
		return "DATE_TRUNC('" + unit + "', " + d.operand(x, precPostfix) + "::timestamp)"
	}
	return atom("(EXTRACT(EPOCH FROM " + at(to) + " - " + at(from) + ") / " + seconds + ")::bigint")
}

// postgresAggregate rewrites the functions that make one value of many rows.
func postgresAggregate(d *Dialect, n *callExpr) expr {
	filtered := func(sql string) expr {
		if n.filter != nil {
			sql += " FILTER (WHERE " + d.sql(n.filter) + ")"
		}
		return atom(sql)
	}
	var x, y string
	if len(n.args) > 0 {
		x = d.sql(n.args[0])
	}
	if len(n.args) > 1 {
		y = d.sql(n.args[1])
	}
	ranked := func(call, share string) expr {
		return filtered(call + "(" + share + ") WITHIN GROUP (ORDER BY " + x + ")")
	}
	switch {
	case n.name == "median" && x != "":
		return ranked("PERCENTILE_CONT", "0.5")
	case (n.name == "quantile_cont" || n.name == "approx_quantile" || n.name == "approx_percentile") && y != "":
		return ranked("PERCENTILE_CONT", y)
	case (n.name == "quantile" || n.name == "quantile_disc") && y != "":
		return ranked("PERCENTILE_DISC", y)
	case n.name == "mode" && x != "" && n.within == nil:
		return filtered("MODE() WITHIN GROUP (ORDER BY " + x + ")")
	case (n.name == "count_if" || n.name == "countif") && x != "":
		return filtered("COUNT(CASE WHEN " + x + " THEN 1 END)")
	case n.name == "approx_count_distinct" && x != "":
		return filtered("COUNT(DISTINCT " + x + ")")
	case n.name == "any_value" && x != "":
		return atom("(ARRAY_AGG(" + x + " ORDER BY " + x + ")" + filterOf(d, n, "") + ")[1]")
	case (n.name == "arg_max" || n.name == "arg_min") && y != "":
		way := map[string]string{"arg_max": " DESC", "arg_min": ""}[n.name]
		return atom("(ARRAY_AGG(" + x + " ORDER BY " + y + way + ")" + filterOf(d, n, y+" IS NOT NULL") + ")[1]")
	}
	return nil
}

// filterOf writes the FILTER of an aggregate, with another condition.
func filterOf(d *Dialect, n *callExpr, and string) string {
	var tests []string
	if n.filter != nil {
		tests = append(tests, d.operand(n.filter, precNot))
	}
	if and != "" {
		tests = append(tests, and)
	}
	if len(tests) == 0 {
		return ""
	}
	return " FILTER (WHERE " + strings.Join(tests, " AND ") + ")"
}
