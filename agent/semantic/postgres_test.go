package semantic_test

import (
	"strings"
	"testing"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// What PostgreSQL keeps apart and DuckDB does not: names by their capitals, types that
// have no text of their own, moments, and whole numbers in a division.
func TestPostgresOwnTypes(t *testing.T) {
	db := postgresEngine.database(t,
		`CREATE TYPE mood AS ENUM ('좋음', 'Bad')`,
		`CREATE TABLE "Sales" (id int PRIMARY KEY, "Amount" int, mood mood, code uuid, zip text, at timestamptz)`,
		`INSERT INTO "Sales" VALUES (1, 7, '좋음', '2c1bd2d1-3a3f-4ed5-90a4-8b3d6ce6b3a5', '04524', '2026-10-31 15:30:00+00'), (2, 2, 'Bad', NULL, '100', '2026-10-31 14:30:00+00')`)
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("SET TIME ZONE 'Asia/Seoul'"); err != nil {
		t.Fatal(err)
	}
	amount := fld("amount", Numeric)
	amount.Expression = map[string]string{"ANSI_SQL": `Amount`}
	m := &Model{Datasets: []*Dataset{{Name: "sales", Source: "Sales", PrimaryKey: []string{"id"}, Fields: []*Field{
		fld("id", Identifier), amount, fld("mood", Categorical), fld("code", Identifier), fld("zip", Categorical), fld("at", Temporal)}}},
		Metrics: []*Metric{met("total", "SUM(sales.amount)", "sales.at"), met("share", "SUM(sales.amount) / SUM(sales.amount * 2)", "sales.at"), met("n", "COUNT(*)", "sales.at")}}
	of := func(f ...Filter) Query { return Query{Measures: measures("total"), Filters: f} }
	for _, c := range []trap{
		{"a division does not cut", Query{Measures: measures("share")}, [][]any{{0.5}}},
		{"nor one by a number", Query{Measures: []Measure{{Metric: "n", Per: "total"}}}, [][]any{{2.0 / 9}}},
		{"an enumeration is searched", of(Filter{Field: "sales.mood", Op: Contains, Values: []any{"bad"}}), [][]any{{2.0}}},
		{"and compared", of(is("sales.mood", "좋음")), [][]any{{7.0}}},
		{"a code is searched", of(Filter{Field: "sales.code", Op: Contains, Values: []any{"3A3F"}}), [][]any{{7.0}}},
		{"a number among texts", of(is("sales.zip", 100.0)), [][]any{{2.0}}},
		{"a text among numbers", of(is("sales.id", "2")), [][]any{{2.0}}},
		{"moments are of the day of their zone", Query{Measures: measures("total"), Dimensions: []Dimension{{Grain: Month}}}, [][]any{{day("2026-10-01"), 2.0}, {day("2026-11-01"), 7.0}}},
		{"and so are periods", Query{Measures: measures("total"), Period: &Period{day("2026-11-01"), day("2026-12-01")}}, [][]any{{7.0}}},
		{"and hours", Query{Measures: measures("total"), Dimensions: []Dimension{{Grain: HourOfDay}}}, [][]any{{0.0, 7.0}, {23.0, 2.0}}},
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

// What an engine cannot compute is said before it is asked.
func TestPostgresRefusals(t *testing.T) {
	for metric, want := range map[string]string{
		"MAX(TRY_CAST(t.s AS DATE))": "no TRY_CAST to DATE",
		"PRODUCT(t.a)":               "no function PRODUCT",
	} {
		_, err := ledger("a", metric).Compile(Query{Measures: measures("m")}, CompileOptions{Dialect: Postgres})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", metric, err)
		}
	}
	if DialectOf("postgres") != Postgres || DialectOf("duckdb") != DuckDB || DialectOf("cobol") != nil {
		t.Error("dialects are not found by their names")
	}
}
