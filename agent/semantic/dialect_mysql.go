package semantic

import (
	"fmt"
	"strconv"
	"strings"
)

// MySQL is the dialect of MySQL 8.0.17 and later, MariaDB that of MariaDB 10.6 and later.
// Both read the same SQL here; what one alone has is not used, so that what is tested on
// one holds for the other. The session is as connectors/mysql sets it: utf8mb4, the time
// zone of the source, ONLY_FULL_GROUP_BY, no ANSI_QUOTES, no PIPES_AS_CONCAT and no
// NO_BACKSLASH_ESCAPES.
var (
	MySQL   = mysqlDialect("mysql")
	MariaDB = mysqlDialect("mariadb")
)

func mysqlDialect(name string) *Dialect {
	return &Dialect{
		Name:     name,
		reserved: mysqlReserved,
		loose:    true,
		backtick: true, backslash: true, nullsFirst: true, ranks: true,
		types: map[string]string{
			"VARCHAR": "CHAR", "STRING": "CHAR", "TEXT": "CHAR", "UUID": "CHAR",
			"INTEGER": "SIGNED", "INT": "SIGNED", "BIGINT": "SIGNED", "SMALLINT": "SIGNED", "TINYINT": "SIGNED", "HUGEINT": "DECIMAL(38, 0)",
			"DECIMAL": "DECIMAL(38, 10)", "NUMERIC": "DECIMAL(38, 10)", "NUMBER": "DECIMAL(38, 10)", // alone it would have no decimals
			"FLOAT": "DOUBLE", "REAL": "DOUBLE", "TIME": "TIME(6)", "TIMESTAMP": "DATETIME(6)", "TIMESTAMPTZ": "DATETIME(6)", "DATETIME": "DATETIME(6)",
		},
		rewrite: mysqlRewrite,
		refuse:  mysqlRefuse,
		// A division of whole numbers has four decimals.
		divided: func(d *Dialect, x expr) string { return "CAST(" + d.sql(x) + " AS DOUBLE)" },
		grainOf: mysqlGrain,
		part:    func(d *Dialect, x expr, part string) string { return mysqlPart(d.sql(x), part) },
		shifted: func(x string, n int, unit string) string {
			return fmt.Sprintf("DATE_ADD(%s, INTERVAL %d %s)", x, n, unit)
		},
		series: mysqlSeries,
		numbers: func(first, last int) string {
			out := "SELECT " + strconv.Itoa(first) + " AS t"
			for n := first + 1; n <= last; n++ {
				out += " UNION ALL SELECT " + strconv.Itoa(n)
			}
			return "(" + out + ") AS times"
		},
		match:  mysqlMatch,
		absent: func(string, string) string { return "NULL" },
		exact:  func(x string) string { return "CAST(CONVERT(" + x + " USING utf8mb4) AS BINARY)" },
		apart:  func(x string) string { return "CAST(" + x + " AS BINARY)" },
	}
}

// mysqlReserved are the words that information_schema.keywords of MySQL 8.4 calls
// reserved, those that MariaDB 10.11 takes for no name, and those of the grammar that
// statements are proven with.
var mysqlReserved = wordSet(`accessible add all alter analyze and array as asc asensitive before between bigint binary blob both
	by call cascade case change char character check collate column condition constraint continue convert create cross cube
	cume_dist current_date current_role current_time current_timestamp current_user cursor database databases day_hour
	day_microsecond day_minute day_second dec decimal declare default delayed delete delete_domain_id dense_rank desc describe deterministic
	distinct distinctrow div do_domain_ids double drop dual each else elseif empty enclosed escaped except exists exit explain
	false fetch first_value float float4 float8 for force foreign from fulltext function general generated get grant group
	grouping groups having high_priority hour_microsecond hour_minute hour_second if ilike ignore ignore_domain_ids
	ignore_server_ids in index infile inner inout insensitive insert int int1 int2 int3 int4 int8 integer intersect interval
	into io_after_gtids io_before_gtids is iterate join json_table key keys kill lag last_value lateral lead leading leave
	left like limit linear lines load localtime localtimestamp lock long longblob longtext loop low_priority manual master_demote_to_replica master_demote_to_slave
	master_bind master_heartbeat_period master_ssl_verify_server_cert match maxvalue mediumblob mediumint mediumtext
	middleint minus minute_microsecond minute_second mod modifies natural not no_write_to_binlog nth_value ntile null numeric of
	offset on optimize optimizer_costs option optionally or order out outer outfile over page_checksum parallel
	parse_vcol_expr partition percent_rank period portion precision primary procedure purge qualify range rank read reads
	read_write real recursive references ref_system_id regexp release rename repeat replace require resignal restrict return
	returning revoke right rlike rollup row row_number rows schema schemas second_microsecond select sensitive separator set show
	signal slow smallint spatial specific sql sqlexception sqlstate sqlwarning sql_big_result sql_buffer_result sql_cache sql_calc_found_rows sql_no_cache
	sql_small_result ssl starting stats_auto_recalc stats_persistent stats_sample_pages stored straight_join system table
	tablesample terminated then tinyblob tinyint tinytext to to_date trailing trigger true undo union unique unlock unsigned until update
	usage use using utc_date utc_time utc_timestamp values varbinary varchar varcharacter varying virtual when where while
	window with write xor year_month zerofill`)

// letters is a text compared letter by letter, where a binary one would be byte by byte.
func letters(x string) string { return "CONVERT(" + x + " USING utf8mb4) COLLATE utf8mb4_bin" }

// mysqlMatch ignores case, and nothing else that the collation of a column may ignore.
func mysqlMatch(x, pattern string, _ bool) string {
	return "LOWER(" + letters(x) + ") LIKE LOWER(" + pattern + `) ESCAPE '\\'`
}

// mysqlPart is a whole number.
func mysqlPart(x, part string) string {
	switch part {
	case "isodow":
		return "(WEEKDAY(" + x + ") + 1)"
	case "dow", "dayofweek":
		return "(DAYOFWEEK(" + x + ") - 1)"
	case "week":
		return "WEEK(" + x + ", 3)"
	case "isoyear":
		return "(YEARWEEK(" + x + ", 3) DIV 100)"
	case "millisecond":
		return "(SECOND(" + x + ") * 1000 + MICROSECOND(" + x + ") DIV 1000)"
	case "epoch":
		return "(TIMESTAMPDIFF(MICROSECOND, TIMESTAMP '1970-01-01 00:00:00', " + x + ") / 1000000e0)"
	}
	name := map[string]string{"day": "DAYOFMONTH", "doy": "DAYOFYEAR"}[part]
	if name == "" {
		name = strings.ToUpper(part)
	}
	return name + "(" + x + ")"
}

func mysqlGrain(d *Dialect, x expr, g Grain, cal calendar) string {
	text := d.sql(x)
	first := "DATE_SUB(DATE(" + text + "), INTERVAL DAYOFMONTH(" + text + ") - 1 DAY)"
	// back writes the start of the span of months that x falls in, which begin at the month
	// after start.
	back := func(months, start int) string {
		return fmt.Sprintf("DATE_SUB(%s, INTERVAL (MONTH(%s) + %d) %% %d MONTH)", first, text, (11-start+months*12)%12, months)
	}
	day := mysqlPart(text, "isodow")
	switch g {
	case Hour:
		return mysqlCut(text, "hour")
	case Day:
		return "DATE(" + text + ")"
	case Week:
		if cal.sundayWeeks {
			return "DATE_SUB(DATE(" + text + "), INTERVAL DAYOFWEEK(" + text + ") - 1 DAY)"
		}
		return "DATE_SUB(DATE(" + text + "), INTERVAL WEEKDAY(" + text + ") DAY)"
	case Month:
		return first
	case Quarter:
		return back(3, cal.fiscal%3)
	case Year:
		return back(12, cal.fiscal)
	case DayKind, DayKindKo:
		return dayKind(day, g)
	case HourOfDay:
		return "HOUR(" + text + ")"
	case MonthOfYear:
		return "MONTH(" + text + ")"
	}
	return day
}

// mysqlSeries numbers the times by joining the ten digits with themselves, the highest
// first, so that no more are looked at than there are times. A recursion ends at a
// thousand, with an error on MySQL and without one on MariaDB; and there a subquery within
// a subquery's WITH does not see those of the outer one. Seven digits are the days from year 1 to 9999.
func mysqlSeries(lo, hi, from string, g Grain) string {
	typ, places := "DATE", 7
	if g == Hour {
		typ, places = "DATETIME", 8
	}
	value, unit, _ := strings.Cut(stepOf(g), " ")
	var b strings.Builder
	b.WriteString("WITH digits(d) AS (SELECT 0")
	for n := 1; n <= 9; n++ {
		b.WriteString(" UNION ALL SELECT " + strconv.Itoa(n))
	}
	b.WriteString(")\nSELECT ")
	ends := "\n  SELECT CAST(" + lo + " AS " + typ + ") AS earliest, CAST(" + hi + " AS " + typ + ") AS latest"
	if from != "" {
		ends += "\n  FROM " + strings.ReplaceAll(from, "\n", "\n  ")
	}
	joins, number, at := "", "", ""
	for place := places - 1; place >= 0; place-- {
		digit := "d" + strconv.Itoa(place)
		number += digit + ".d"
		if place > 0 {
			number += " * 1" + strings.Repeat("0", place)
		}
		at = "DATE_ADD(earliest, INTERVAL " + number + " " + unit + ")"
		if value != "1" {
			at = "DATE_ADD(earliest, INTERVAL (" + number + ") * " + value + " " + unit + ")"
		}
		joins += "\nSTRAIGHT_JOIN digits AS " + digit + " ON " + at + " <= latest"
		number += " + "
	}
	return b.String() + at + " AS t\nFROM (" + ends + "\n) AS ends" + joins
}

// mysqlZone moves wall time from one zone to another. A server that has not loaded its
// tables of zones takes every name for unknown and the answer for null, so that is made an
// error: a number out of range. It knows UTC as an offset only.
func mysqlZone(d *Dialect, n *zoneExpr) expr {
	inner, ok := n.x.(*zoneExpr)
	if !ok {
		return nil
	}
	zone := func(e expr) string {
		if lit, ok := e.(textLit); ok && (lit.value == "UTC" || lit.value == "Etc/UTC") {
			return "'+00:00'"
		}
		return d.sql(e)
	}
	x := d.sql(inner.x)
	return atom("CAST(COALESCE(CONVERT_TZ(" + x + ", " + zone(inner.zone) + ", " + zone(n.zone) + "), EXP(1000 + 0 * YEAR(" + x + "))) AS DATETIME(6))")
}

// mysqlRewrite returns what a node of the expression language is in MySQL.
func mysqlRewrite(d *Dialect, e expr) expr {
	switch n := e.(type) {
	case *callExpr:
		return mysqlCall(d, n)
	case *castExpr:
		return mysqlCast(d, n)
	case *extractExpr:
		return atom(mysqlPart(d.sql(n.x), n.part))
	case *zoneExpr:
		return mysqlZone(d, n)
	case *binaryExpr:
		return mysqlBinary(d, n)
	case *isExprNode:
		if n.y != nil {
			return mysqlSame(d, n)
		}
	case *inExpr:
		if comparesText(n.x, n.list...) {
			return &inExpr{exactly(d, n.x), n.not, n.list}
		}
	case *betweenExpr:
		if comparesText(n.x, n.lo, n.hi) {
			return &betweenExpr{exactly(d, n.x), n.lo, n.hi, n.not}
		}
	case *caseExpr:
		if n.operand != nil && comparesText(n.operand, whensOf(n)...) {
			return &caseExpr{exactly(d, n.operand), n.whens, n.orElse}
		}
	case *likeExpr:
		return mysqlLike(d, n)
	}
	return nil
}

func whensOf(n *caseExpr) []expr {
	out := make([]expr, len(n.whens))
	for i, w := range n.whens {
		out[i] = w.when
	}
	return out
}

func exactly(d *Dialect, e expr) expr { return atom(d.exact(d.sql(e))) }

func mysqlSame(d *Dialect, n *isExprNode) expr {
	x := n.x
	if comparesText(n.x, n.y) {
		x = exactly(d, n.x)
	}
	same := rawSQL{d.operand(x, precConcat) + " <=> " + d.operand(n.y, precConcat), precCompare}
	if n.not {
		return same
	}
	return &unaryExpr{"NOT", atom("(" + same.text + ")")}
}

// mysqlLike: a backslash escapes only where somebody says so.
func mysqlLike(d *Dialect, n *likeExpr) expr {
	x, pattern, escape := letters(d.sql(n.x)), d.operand(n.pattern, precConcat), "''"
	if n.op == "ILIKE" {
		x, pattern = "LOWER("+x+")", "LOWER("+d.sql(n.pattern)+")"
	}
	if n.escape != nil {
		escape = d.operand(n.escape, precConcat)
	}
	word := " LIKE "
	if n.not {
		word = " NOT LIKE "
	}
	return rawSQL{x + word + pattern + " ESCAPE " + escape, precCompare}
}

func mysqlBinary(d *Dialect, n *binaryExpr) expr {
	switch n.op {
	case "||":
		return atom("CONCAT(" + d.sql(n.l) + ", " + d.sql(n.r) + ")")
	case "//":
		return rawSQL{d.operand(n.l, precProduct) + " DIV NULLIF(" + d.sql(n.r) + ", 0)", precProduct}
	case "=", "<>", "!=", "<", ">", "<=", ">=":
		if comparesText(n.l, n.r) {
			return rawSQL{d.exact(d.sql(n.l)) + " " + n.op + " " + d.operand(n.r, precConcat), precCompare}
		}
	case "+", "-":
		return mysqlMoved(d, n)
	}
	return nil
}

// mysqlMoved adds to times, and subtracts times from each other, which the engine would
// do with the digits that they are written with.
func mysqlMoved(d *Dialect, n *binaryExpr) expr {
	if step, times := intervalOf(n.r); step != nil {
		return atom("(" + d.operand(n.l, precSum) + " " + n.op + " " + mysqlInterval(d, step, times) + ")")
	}
	switch {
	case isTime(n.l) && isTime(n.r) && n.op == "-":
		return atom("DATEDIFF(" + d.sql(n.l) + ", " + d.sql(n.r) + ")")
	case isTime(n.l) && !isTime(n.r):
		return atom("(" + d.operand(n.l, precSum) + " " + n.op + " INTERVAL " + d.operand(n.r, precPostfix) + " DAY)")
	}
	return nil
}

// mysqlInterval writes so many times an interval.
func mysqlInterval(d *Dialect, step *intervalExpr, times expr) string {
	value, unit := "", step.unit
	switch v := step.value.(type) {
	case literal:
		value = v.text
	case textLit:
		value = v.value
		if number, word, ok := strings.Cut(v.value, " "); ok && unit == "" {
			value, unit = number, intervalUnits[strings.TrimSuffix(strings.ToUpper(word), "S")]
		}
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			value = d.text(value)
		}
	}
	if unit == "MILLISECOND" {
		value, unit = value+" * 1000", "MICROSECOND"
	}
	if times != expr(literal{"1"}) {
		value = d.operand(times, precProduct) + " * " + value
	}
	return "INTERVAL " + value + " " + unit
}

// isTime reports whether an expression is a date or a timestamp, as far as it shows.
func isTime(e expr) bool {
	switch n := e.(type) {
	case typedLit:
		return n.typ != "TIME"
	case literal:
		return n.text == "CURRENT_DATE" || n.text == "CURRENT_TIMESTAMP"
	case *nameRef:
		return n.kind == Temporal
	case *castExpr:
		base, _, _ := strings.Cut(n.typ, "(")
		return base == "DATE" || strings.HasPrefix(base, "TIMESTAMP") || base == "DATETIME"
	case *zoneExpr:
		return true
	case *binaryExpr:
		step, _ := intervalOf(n.r)
		return (n.op == "+" || n.op == "-") && isTime(n.l) && (step != nil || !isTime(n.r))
	case *callExpr:
		switch n.name {
		case "date_trunc", "dateadd", "to_date", "to_timestamp", "last_day", "today", "now", "current_date":
			return true
		case "coalesce", "nvl", "ifnull", "nullif", "min", "max", "any_value", "greatest", "least", "iff", "if":
			for _, a := range n.args {
				if isTime(a) {
					return true
				}
			}
		}
	}
	return false
}

// comparesText reports whether a comparison is of texts: nothing of it is a number or a
// time, and something is known for a text.
func comparesText(x expr, with ...expr) bool {
	found := false
	for _, e := range append([]expr{x}, with...) {
		switch n := e.(type) {
		case literal:
			if n.text != "NULL" {
				return false
			}
		case *nameRef:
			if n.kind == Numeric || n.kind == Temporal || n.kind == Boolean {
				return false
			}
			found = found || n.kind == Categorical || n.kind == FreeText
		case textLit:
			found = true
		default:
			if isTime(e) {
				return false
			}
			found = found || isText(e)
		}
	}
	return found
}

func isText(e expr) bool {
	switch n := e.(type) {
	case *binaryExpr:
		return n.op == "||"
	case *castExpr:
		base, _, _ := strings.Cut(n.typ, "(")
		return base == "VARCHAR" || base == "STRING" || base == "TEXT" || base == "CHAR"
	case *caseExpr:
		for _, w := range n.whens {
			if _, ok := w.then.(textLit); ok {
				return true
			}
		}
	case *callExpr:
		return textFunctions[n.name]
	}
	return false
}

var textFunctions = wordSet(`lower upper lcase ucase trim ltrim rtrim substring substr left right concat concat_ws replace lpad rpad reverse`)
