package semantic_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// What MariaDB takes for one unless told otherwise, and what it would compute with the
// digits of: texts that differ in case, accent and blanks; numbers kept as texts and the
// other way round; dates.
func TestMariaDBOwnTypes(t *testing.T) {
	db := mariadbEngine.database(t,
		`CREATE TABLE sales (id INT PRIMARY KEY, amount INT, region VARCHAR(20), latin VARCHAR(20) CHARACTER SET latin1, zip VARCHAR(9), code INT, mood ENUM('좋음', 'Bad'), sent DATE, got DATETIME, paid TINYINT(1)) COLLATE utf8mb4_general_ci`,
		`INSERT INTO sales VALUES (1, 1, 'Seoul', 'é', '04524', 7, '좋음', '2026-02-28', '2026-03-02 10:00:00', TRUE), (2, 2, 'seoul', 'e', '100', 0, 'Bad', '2026-12-31', NULL, FALSE),
			(3, 4, 'Séoul', NULL, '0100', 0, NULL, NULL, NULL, NULL), (4, 8, 'seoul ', 'É', NULL, NULL, 'Bad', '2026-01-01', '2026-01-01 00:00:00', TRUE), (5, 16, 'ß😀', 'ß', '100x', 7, NULL, NULL, NULL, NULL), (6, 32, 'ss😀', 'ss', '', NULL, NULL, NULL, NULL, NULL)`)
	code := fld("code", Categorical)
	code.Datatype = "Integer"
	m := &Model{Datasets: []*Dataset{{Name: "sales", Source: "sales", PrimaryKey: []string{"id"}, Fields: []*Field{
		fld("id", Identifier), fld("amount", Numeric), fld("region", Categorical), fld("latin", Categorical), fld("zip", Categorical), code, fld("mood", Categorical), fld("sent", Temporal), fld("got", Temporal), fld("paid", Boolean)}}},
		Metrics: []*Metric{met("total", "SUM(sales.amount)", "sales.got"), met("regions", "COUNT(DISTINCT sales.region)", ""), met("days", "MAX(sales.got - sales.sent)", ""), met("later", "MAX(sales.sent + 1)", ""),
			met("third", "SUM(sales.amount) / 3", ""), met("mean", "AVG(sales.amount)", ""), met("joined", "MAX('a\\' || sales.zip)", ""), met("number", "SUM(CAST(sales.zip AS INTEGER))", ""),
			met("most", "GREATEST(MAX(sales.amount), NULL, 3)", ""), met("chosen", "SUM(CASE sales.region WHEN 'seoul' THEN sales.amount END)", ""), met("longest", "MAX(LENGTH(sales.region))", ""),
			met("same", "COUNT(CASE WHEN sales.region IS NOT DISTINCT FROM sales.latin OR sales.latin BETWEEN 'e' AND 'f' THEN 1 END)", "")}}
	of := func(f ...Filter) Query { return Query{Measures: measures("total"), Filters: f} }
	plain := func(metric string, want any) trap {
		return trap{metric, Query{Measures: measures(metric)}, [][]any{{want}}}
	}
	for _, c := range []trap{
		{"texts are compared by their letters", of(is("sales.region", "seoul")), [][]any{{2.0}}},
		{"and several are", of(is("sales.region", "Seoul", "ss😀")), [][]any{{33.0}}},
		{"and those that are not", of(not(is("sales.region", "seoul"))), [][]any{{61.0}}},
		{"in another character set", of(is("sales.latin", "é")), [][]any{{1.0}}},
		{"grouped by their letters", Query{Measures: measures("total"), Dimensions: by("sales.region")},
			[][]any{{"ss😀", 32.0}, {"ß😀", 16.0}, {"seoul ", 8.0}, {"Séoul", 4.0}, {"seoul", 2.0}, {"Seoul", 1.0}}},
		{"and listed", Query{Dimensions: by("sales.region")}, [][]any{{"Seoul"}, {"Séoul"}, {"seoul"}, {"seoul "}, {"ss😀"}, {"ß😀"}}},
		{"the first of them", Query{Measures: measures("total"), Dimensions: by("sales.region", "sales.id"), Top: &Top{Of: "region", By: "total", N: 1, Least: true}}, [][]any{{"Seoul", 1.0, 1.0}}},
		{"shares within them", Query{Measures: measures("total"), Dimensions: by("sales.region", "sales.id"), Share: true, SharePer: "region", Limit: 1}, [][]any{{"ss😀", 6.0, 32.0, 1.0}}},
		{"searched whatever their case, not their accents", of(Filter{Field: "sales.region", Op: Contains, Values: []any{"SEOUL"}}), [][]any{{11.0}}},
		{"compared in order", of(Filter{Field: "sales.region", Op: Less, Values: []any{"T"}}), [][]any{{5.0}}},
		{"an enumeration", of(is("sales.mood", "bad"), is("sales.mood", "Bad")), [][]any{{nil}}},
		{"an enumeration is searched", of(Filter{Field: "sales.mood", Op: Contains, Values: []any{"bad"}}), [][]any{{10.0}}},
		{"a number among texts", of(is("sales.zip", 100.0)), [][]any{{2.0}}},
		{"a text among numbers", of(is("sales.id", "2")), [][]any{{2.0}}},
		{"a word is no number", of(is("sales.code", "none")), [][]any{{nil}}},
		{"a number is one, however written", of(is("sales.code", "7.0", 0.0)), [][]any{{23.0}}},
		{"codes stay numbers", Query{Measures: measures("total"), Dimensions: by("sales.code")}, [][]any{{nil, 40.0}, {7.0, 17.0}, {0.0, 6.0}}},
		{"truth", of(is("sales.paid", true)), [][]any{{9.0}}},
		{"no truth", of(not(is("sales.paid", true))), [][]any{{54.0}}},
		plain("regions", 6.0), plain("days", 2.0), plain("later", day("2027-01-01")), plain("third", 21.0), plain("mean", 10.5), plain("joined", `a\100x`),
		plain("number", 4724.0), plain("most", 32.0), plain("chosen", 2.0), plain("longest", 6.0), plain("same", 1.0),
	} {
		t.Run(c.name, func(t *testing.T) {
			compiled, err := m.Compile(c.q, db.options())
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := fetch(db, compiled.SQL)
			if err != nil || !sameRows(got, c.want) {
				t.Errorf("%v\ngot\n%swant\n%s\n%s", err, show(got), show(c.want), compiled.SQL)
			}
		})
	}
}

// Moments of a column are told in the session's zone; a zone that the server does not know
// is an error and no empty answer.
func TestMariaDBZones(t *testing.T) {
	db := mariadbEngine.database(t, `SET time_zone = '+00:00'; CREATE TABLE sales (id INT PRIMARY KEY, at TIMESTAMP NULL, wall DATETIME); INSERT INTO sales VALUES (1, '2026-10-31 15:30:00', '2026-10-31 15:30:00'), (2, NULL, NULL)`)
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("SET time_zone = 'Asia/Seoul'"); err != nil {
		t.Fatal(err)
	}
	m := &Model{Datasets: []*Dataset{{Name: "sales", Source: "sales", Fields: []*Field{fld("at", Temporal), fld("wall", Temporal)}}}, Metrics: []*Metric{met("n", "COUNT(*)", "sales.at"), met("walls", "COUNT(*)", "sales.wall")}}
	for _, c := range []struct{ metric, from, to, month, fails string }{
		{"n", "", "", "2026-11-01", ""},
		{"walls", "", "", "2026-10-01", ""},
		{"walls", "UTC", "Asia/Seoul", "2026-11-01", ""},
		{"walls", "UTC", "Europe/Berlin", "", "out of range"},
	} {
		m.Timezone = c.from
		q := Query{Measures: measures(c.metric), Dimensions: []Dimension{{Grain: Month}}}
		compiled, err := m.Compile(q, CompileOptions{Dialect: MariaDB, Timezone: c.to})
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := fetch(db, compiled.SQL)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%+v: %v\n%s", c, err, show(got))
			}
			continue
		}
		if want := [][]any{{day(c.month), 1.0}, {nil, 1.0}}; err != nil || !sameRows(got, want) {
			t.Errorf("%+v: %v\n%s\n%s", c, err, show(got), compiled.SQL)
		}
	}
}

// What an engine cannot compute is said before it is asked.
func TestMySQLRefusals(t *testing.T) {
	for metric, want := range map[string]string{
		"MODE(t.s)":                          "no function MODE",
		"PRODUCT(t.a)":                       "no function PRODUCT",
		"MAX(LIST_SUM(t.a))":                 "no function LIST_SUM",
		"MAX(t.d AT TIME ZONE 'UTC')":        "no moments",
		"MAX(GREATEST(1, 2, 3, 4, t.a))":     "more than four",
		"MAX(REGEXP_REPLACE(t.s,'a','b'))":   "no function REGEXP_REPLACE",
		"MAX(DATE_TRUNC('decade', t.d))":     "DATE_TRUNC",
		"MAX(DATEDIFF(millisecond,t.d,t.d))": "DATEDIFF",
	} {
		for _, d := range []*Dialect{MySQL, MariaDB} {
			_, err := ledger("a", metric).Compile(Query{Measures: measures("m")}, CompileOptions{Dialect: d})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", metric, err)
			}
		}
	}
	if DialectOf("mysql") != MySQL || DialectOf("mariadb") != MariaDB {
		t.Error("dialects are not found by their names")
	}
}

// Names are as long as the server lets them be, and what is named after them is longer.
func TestMariaDBLongNames(t *testing.T) {
	table, long := strings.Repeat("가", 45), strings.Repeat("나", 64)
	db := mariadbEngine.database(t, "CREATE TABLE `"+table+"` (`"+long+"` INT, at DATE)", "INSERT INTO `"+table+"` VALUES (2, '2026-10-03'), (3, '2026-10-04')")
	x := &Field{Name: long, Kind: Numeric, Expression: map[string]string{"ANSI_SQL": `"` + long + `"`}}
	m := &Model{Datasets: []*Dataset{{Name: table, Source: table, Fields: []*Field{x, fld("at", Temporal)}}}, Metrics: []*Metric{met(long, `SUM("`+table+`"."`+long+`")`, table+".at")}}
	compiled, err := m.Compile(Query{Measures: []Measure{{Metric: long}, {Metric: long, Over: Day}}, Period: october(), Compare: &Compare{ComparePrevious, Period{day("2026-09-01"), day("2026-10-01")}}, Share: true}, db.options())
	if err != nil {
		t.Fatal(err)
	}
	got, cols, err := fetch(db, compiled.SQL)
	if err != nil || len(got) != 1 || got[0][0] != 5.0 || compiled.Outputs[1].Key != long+"__before" || len(slices.Compact(slices.Sorted(slices.Values(cols)))) != len(compiled.Outputs) {
		t.Errorf("%v %v\n%s", err, got, compiled.SQL)
	}
}
