package semantic

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Dialect is what the compiler knows of one engine's SQL. All of it is here and in the
// files beside this one: another engine is another value.
type Dialect struct {
	// Name is that of connectors.Catalog.Dialect.
	Name string
	// reserved are the words, lower case, that cannot be a name without quotes.
	reserved map[string]bool
	// folds: capitals of a name without quotes become small letters, so that a name with
	// capitals needs quotes.
	folds bool
	// functions renames functions of the Ossie expression language.
	functions map[string]string
	types     map[string]string
	parts     map[string]string

	// qualify: the engine knows QUALIFY. Where it does not, rows are ranked in a subquery.
	qualify bool
	// sortsByOutput: ORDER BY may compute with the columns of the result.
	sortsByOutput bool
	// loose: a quoted literal takes the type of what it is compared with, and an unquoted
	// one does not, so that the values of text are quoted even where they are numbers.
	loose bool

	// plain: dates are texts, and their literals have no word in front.
	plain bool
	// backtick: names are quoted by it.
	backtick bool
	// backslash: one escapes in a literal.
	backslash bool
	// nullsFirst: null sorts first, and no NULLS LAST says otherwise.
	nullsFirst bool
	// ranks: no aggregate sorts its rows, so that medians and the like are read off rows
	// ranked in a subquery.
	ranks bool

	// exact writes the text x so that it equals what is the same letter by letter, and
	// apart a key beside x that tells apart values that GROUP BY x does not; nil where the
	// engine compares so itself, whatever the collation of a column.
	exact, apart func(x string) string

	// rewrite returns what a node of the expression language is in this dialect, nil where
	// it is the same.
	rewrite func(d *Dialect, n expr) expr
	// refuse says why the engine cannot compute a node, "" where it can.
	refuse func(n expr) string
	// divided writes that x is divided, so that the division never cuts.
	divided func(d *Dialect, x expr) string
	// grainOf writes the period of grain g that x, a date or a timestamp, falls in.
	grainOf func(d *Dialect, x expr, g Grain, cal calendar) string
	// part writes the number of the month or of the day of x.
	part func(d *Dialect, x expr, part string) string
	// shifted adds n units (HOUR, DAY or MONTH) to x, the start of a period; n may be
	// negative.
	shifted func(x string, n int, unit string) string
	// series writes a query of one column t: lo, lo plus one step, … up to hi, for each row
	// of from, or once where from is empty. Its values are dates, or timestamps for hours.
	series func(lo, hi, from string, g Grain) string
	// numbers writes an item of FROM with one column t: first … last.
	numbers func(first, last int) string
	// match writes whether x holds the text of the pattern, ignoring case; escaped says
	// that the pattern has escapes.
	match func(x, pattern string, escaped bool) string
	// middle writes the median of x over a group.
	middle func(x string) string
	// absent writes a null of the type of a column of a subquery, for a UNION.
	absent func(column, rel string) string
}

// DialectOf returns the dialect of a catalogue by its name; nil, which compiles as
// DuckDB's, where there is none of that name.
func DialectOf(name string) *Dialect {
	for _, d := range []*Dialect{DuckDB, Postgres, SQLite, MySQL, MariaDB} {
		if d.Name == name {
			return d
		}
	}
	return nil
}

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
	if plain && !d.reserved[strings.ToLower(s)] && !(d.folds && strings.ToLower(s) != s) {
		return s
	}
	quote := `"`
	if d.backtick {
		quote = "`"
	}
	return quote + keepBreaks(strings.ReplaceAll(s, quote, quote+quote)) + quote
}

// alias writes a name that the query gives: to a column of its result or of a subquery, or
// to a dataset in FROM. Where the rows come back, they are told by their place (see
// Compiled).
func (d *Dialect) alias(s string) string { return d.name(shortName(s)) }

// longestAlias is how many bytes an alias has. PostgreSQL cuts a name after 63 bytes and
// says nothing, so that two names of 21 Hangul letters and an end of their own are one;
// MySQL refuses more than 64 characters. What the engines that have no limit are asked is
// cut as well: the rows of one may be read by another.
const longestAlias = 63

// shortName is a name that is too long without its middle, which a sum of all of it stands
// for: the same each time, and another one for another name. What it derives from a measure
// is still said at its end.
func shortName(s string) string {
	if len(s) <= longestAlias {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	tail := "_" + hex.EncodeToString(sum[:6])
	if i := strings.LastIndex(s, "__"); i > 0 && len(s)-i <= len("__before") {
		tail += s[i:]
	}
	return cutName(s, longestAlias-len(tail)) + tail
}

// cutName is the beginning of a name, of no more than so many bytes.
func cutName(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// breakMark stands for a line break inside quotes while the statement is laid out, so
// that indenting does not change what is quoted. It cannot occur otherwise: values
// and expressions with a NUL character are refused.
const breakMark = "\x00"

func keepBreaks(s string) string { return strings.ReplaceAll(s, "\n", breakMark) }

// text writes a string literal.
func (d *Dialect) text(s string) string {
	if d.backslash {
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return "'" + keepBreaks(strings.ReplaceAll(s, "'", "''")) + "'"
}

// date writes an instant of wall time: a DATE at midnight, else a TIMESTAMP. An
// engine compares a DATE with columns of both types.
func (d *Dialect) date(t time.Time) string {
	if d.plain && isMidnight(t) {
		return "'" + t.Format(time.DateOnly) + "'"
	}
	if d.plain {
		return "'" + t.Format("2006-01-02 15:04:05.999999") + "'"
	}
	if isMidnight(t) {
		return "DATE '" + t.Format(time.DateOnly) + "'"
	}
	return "TIMESTAMP '" + t.Format("2006-01-02 15:04:05.999999") + "'"
}

// Literal writes a text or an instant of wall time (see date) for a statement that somebody
// wrote; nil is DuckDB's.
func (d *Dialect) Literal(v any) string {
	if d == nil {
		d = DuckDB
	}
	if t, ok := v.(time.Time); ok {
		return d.date(t)
	}
	return strings.ReplaceAll(d.text(fmt.Sprint(v)), breakMark, "\n")
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

// calendar is how a model cuts time.
type calendar struct {
	sundayWeeks bool
	fiscal      int // months that the fiscal year begins after January
}

func calendarOf(m *Model) calendar {
	return calendar{sundayWeeks: m.WeekStart == "sunday", fiscal: max(m.FiscalYearStart-1, 0)}
}

// rewriteNode returns what a node is in this dialect, nil where it is the same.
func (d *Dialect) rewriteNode(n expr) expr {
	if d.rewrite == nil {
		return nil
	}
	return d.rewrite(d, n)
}

// grain writes the period of grain g that x, a date or a timestamp, falls in.
func (d *Dialect) grain(x expr, g Grain, cal calendar) string {
	if g == "" {
		return d.sql(x)
	}
	return d.grainOf(d, x, g, cal)
}

// shift adds n units (HOUR, DAY or MONTH) to x, the start of a period.
func (d *Dialect) shift(x string, n int, unit string) string {
	if n == 0 {
		return x
	}
	return d.shifted(x, n, unit)
}

// week writes an item of FROM with one column t: the seven days of a week.
func (d *Dialect) week() string {
	monday := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	return "(" + d.series(d.date(monday), d.date(monday.AddDate(0, 0, 6)), "", Day) + ") AS week"
}

// order writes one key of ORDER BY; null comes last whichever way.
func (d *Dialect) order(x string, desc bool) string {
	switch {
	case d.nullsFirst && desc:
		return x + " DESC"
	case d.nullsFirst:
		return x + " IS NULL, " + x
	}
	if desc {
		return x + " DESC NULLS LAST"
	}
	return x + " NULLS LAST"
}

// contains writes whether x holds the text s, ignoring case.
func (d *Dialect) contains(x, s string) string {
	escaped := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
	return d.match(x, d.text("%"+escaped+"%"), escaped != s)
}

// same writes that a equals b or both are null.
func (d *Dialect) same(a, b string) string {
	return d.sql(&isExprNode{rawSQL{a, precAtom}, true, "DISTINCT FROM", rawSQL{b, precAtom}})
}

// equal writes that x is one of values, as the engine and its indexes see it and, where
// they are texts, letter by letter.
func (d *Dialect) equal(x string, values []string, texts bool) string {
	test := func(x string) string {
		if len(values) == 1 {
			return x + " = " + values[0]
		}
		return x + " IN (" + strings.Join(values, ", ") + ")"
	}
	if !texts || d.exact == nil {
		return test(x)
	}
	return "(" + test(x) + " AND " + test(d.exact(x)) + ")"
}

// divide is a / b, null where b is 0.
func (d *Dialect) divide(a, b expr) expr { return &binaryExpr{"/", a, b} }

// quotient writes a / b; b is written already and not 0.
func (d *Dialect) quotient(a rawSQL, b string) string { return d.divided(d, a) + " / " + b }

// quoteFor writes a number or a boolean, plain as it is, for a field of the kind.
func (d *Dialect) quoteFor(kind Kind, plain string) string {
	if !d.loose || kind == Numeric || kind == Boolean {
		return plain
	}
	return d.text(strings.Trim(plain, "()"))
}

// dayKind writes whether a day falls on a weekend, of its number from Monday, which is 1, and
// in the words of a grain, DayKind or DayKindKo. No day is neither.
func dayKind(day string, g Grain) string {
	weekday, weekend := "Weekday", "Weekend"
	if g == DayKindKo {
		weekday, weekend = "평일", "주말"
	}
	return "CASE WHEN " + day + " > 5 THEN '" + weekend + "' WHEN " + day + " <= 5 THEN '" + weekday + "' END"
}

// stepOf is the length of a period of a grain, as SQL writes it.
func stepOf(g Grain) string {
	return map[Grain]string{Hour: "1 HOUR", Day: "1 DAY", Week: "7 DAY", Month: "1 MONTH", Quarter: "3 MONTH", Year: "1 YEAR"}[g]
}
