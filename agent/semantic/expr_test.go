package semantic_test

import (
	"strings"
	"testing"

	. "github.com/bapsang/bapsang/agent/semantic"
)

// ledger is one table whose field x is any expression over its columns.
func ledger(field, metric string) *Model {
	return &Model{Datasets: []*Dataset{{Name: "t", Source: "t", PrimaryKey: []string{"id"}, Fields: []*Field{
		{Name: "x", Kind: Numeric, Expression: map[string]string{"ANSI_SQL": field}}, fld("a", Numeric), fld("b", Numeric), fld("s", Categorical), fld("d", Temporal),
		{Name: "판매 금액", Expression: map[string]string{"ANSI_SQL": `"판매 ""금액"""`}}}}},
		Metrics: []*Metric{met("m", metric, "t.d"), met("other", "COUNT(*)", "t.d")}}
}

// Expressions run on every engine and mean the same there.
func TestExpressions(t *testing.T) { onEngines(t, testExpressions) }

func testExpressions(t *testing.T, e engine) {
	db := e.shop(t)
	if _, err := db.Exec(e.own(`CREATE TABLE t AS SELECT * FROM (VALUES (1, 7, 2, 'O''Brien %', DATE '2024-02-29', 5), (2, 0, 0, 'b', DATE '2023-01-01', NULL), (3, -3, 4, NULL, NULL, 1)) t(id, a, b, s, d, "판매 ""금액""")`)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		metric string
		want   any
	}{
		{"SUM(t.a)", 4.0},
		{"sum(T.A)", 4.0},
		{"SUM(a) / SUM(b)", 4.0 / 6},
		{"SUM(t.a) / COUNT(*)", 4.0 / 3},
		{"SUM(t.a / t.b)", 2.75},
		{"SUM(t.a) / 0", nil},
		{"SUM(t.a) / NULLIF(COUNT(t.a) - 3, 0)", nil},
		{"SUM(t.a) / (SUM(t.b) - 6)", nil},
		{"1.0 * SUM(t.a) - - 2 * COUNT(t.s)", 8.0},
		{"SUM(t.a) - (SUM(t.b) - 1)", -1.0},
		{"(SUM(t.a) - SUM(t.b)) * 2 % 3", -1.0},
		{"COUNT(DISTINCT t.s)", 2.0},
		{"COUNT(t.*)", 3.0},
		{"COUNT(*) FILTER (WHERE t.a > 0 OR t.s IS NULL)", 2.0},
		{"SUM(CASE WHEN t.s = 'O''Brien %' THEN t.a ELSE 0 END)", 7.0},
		{"SUM(CASE t.b WHEN 0 THEN 100 WHEN 2 THEN 10 END)", 110.0},
		{"COUNT(CASE WHEN t.s LIKE '%\\%' ESCAPE '\\' THEN 1 END)", 1.0},
		{"SUM(IFF(t.a BETWEEN 0 AND 7, t.b, NULL))", 2.0},
		{"SUM(NVL(t.d, DATE '2024-01-01') - DATE '2023-01-01') * 1", 424.0 + 0 + 365},
		{"SUM(ZEROIFNULL(NULLIFZERO(t.a)))", 4.0},
		{"MAX(YEAR(t.d)) + MIN(EXTRACT(MONTH FROM t.d))", 2025.0},
		{"COUNT(CASE WHEN t.a NOT IN (7, 0) AND NOT t.b < 0 THEN 1 END)", 1.0},
		{"COUNT(CASE WHEN t.s IS NOT DISTINCT FROM NULL THEN 1 END)", 1.0},
		{"MEDIAN(t.a)", 0.0},
		{"PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY t.a)", 0.0},
		{"SUM(CAST(t.a AS DOUBLE PRECISION)) + SUM(t.a::DECIMAL(10, 2))", 8.0},
		{"MAX(LENGTH(CONCAT(UPPER(t.s), 'x')))", 10.0},
		{"MAX(POSITION('B' IN t.s)) + MAX(CHARINDEX('r', t.s)) + MAX(LENGTH(SUBSTRING(t.s FROM 2 FOR 3)))", 10.0},
		{"MAX(DATEDIFF(day, DATE '2024-01-01', t.d))", 59.0},
		{"MAX(CASE WHEN DATEADD(month, 1, t.d) = DATE '2024-03-29' THEN 1 ELSE 0 END)", 1.0},
		{"MAX(CASE WHEN t.d + INTERVAL 1 DAY = DATE '2024-03-01' THEN 1 ELSE 0 END)", 1.0},
		{"COALESCE(SUM(t.a), 0) + other", 7.0},
		{"SUM(t.a // 2)", 2.0},
		{"COUNT_IF(t.a > 0)", 1.0},
		{"QUANTILE_CONT(t.a, 0.25)", -1.5},
		{"QUANTILE(t.a, 0.5)", 0.0},
		{"ARG_MAX(t.a, t.b) + ARG_MIN(t.b, t.a)", 1.0},
		{"ANY_VALUE(t.s) IS NOT NULL", true},
		{"MODE(t.s IS NULL AND t.a < 0) IS FALSE", true},
		{"APPROX_COUNT_DISTINCT(t.s)", 2.0},
		{"ROUND(AVG(t.a), 2)", 1.33},
		{"ROUND(SUM(t.a::DOUBLE) / 3, 1)", 1.3},
		{"SUM(TRY_CAST(t.s AS INTEGER))", nil},
		{"SUM(TRY_CAST(t.a::VARCHAR AS BIGINT))", 4.0},
		{"COUNT(CASE WHEN STARTSWITH(t.s, 'O') OR ENDSWITH(t.s, 'b') THEN 1 END)", 2.0},
		{"COUNT(CASE WHEN REGEXP_LIKE(t.s, '^[a-c]') THEN 1 END)", 1.0},
		{"COUNT(CASE WHEN t.s ILIKE 'o_br%' THEN 1 END)", 1.0},
		{"COUNT(CASE WHEN t.s LIKE 'O\\_Brien %' THEN 1 END)", 0.0},
		{"BOOL_OR(t.a > 6)", true},
		{"MAX(DATEDIFF(month, DATE '2023-12-31', t.d)) * 100 + MAX(DATEDIFF(year, DATE '2023-12-31', t.d)) * 10 + MAX(DATEDIFF(quarter, DATE '2023-12-31', t.d))", 211.0},
		{"MAX(DATEDIFF(hour, TIMESTAMP '2024-02-28 22:59:59', t.d))", 2.0},
		{"MAX(EXTRACT(DOW FROM t.d)) + MAX(EXTRACT(SECOND FROM t.d + INTERVAL '59900' MILLISECOND))", 63.0},
		{"COUNT(CASE WHEN DATE_TRUNC('month', t.d) = DATE '2024-02-01' THEN 1 END)", 1.0},
		{"NVL2(MAX(t.d), 1, 0) + IFNULL(MIN(t.b) / 4, 9)", 1.0},
		{`SUM("t"."판매 금액")`, 6.0},
		{"SUM(t.x)", 8.0},
		{"SUM(-t.x)", -8.0},
		{"SUM(t.x * 2) -- twice\n /* and no more */", 16.0},
	} {
		t.Run(c.metric, func(t *testing.T) {
			compiled, err := ledger("a + b / 2 + CASE WHEN b > 2 THEN 1 ELSE 0 END", c.metric).Compile(Query{Measures: measures("m")}, db.options())
			if err != nil && strings.Contains(err.Error(), map[*Dialect]string{SQLite: "SQLite has no function", MariaDB: "MySQL has no function MODE"}[e.dialect]) && e.dialect != DuckDB && e.dialect != Postgres {
				return // and says so before it is asked
			}
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := fetch(db, compiled.SQL)
			if err != nil {
				t.Fatalf("%v\n%s", err, compiled.SQL)
			}
			want := c.want
			if (e.dialect == SQLite || e.dialect == MariaDB) && want == true {
				want = 1.0 // its truth is a number
			}
			if len(got) != 1 || !sameCell(got[0][0], want) {
				t.Errorf("got %v, want %v\n%s", got, want, compiled.SQL)
			}
		})
	}
}

func TestExpressionErrors(t *testing.T) {
	for _, c := range []struct{ metric, want string }{
		{"", "the expression is empty"},
		{"SUM(t.a", `expected ")", found the end (at character 8)`},
		{"SUM(t.a) SUM(t.b)", `unexpected "SUM" (at character 10)`},
		{"SUM(t.a); DROP TABLE t", `';' has no meaning`},
		{"SUM(t.a) OVER ()", "a window (OVER) is not allowed"},
		{"(SELECT SUM(a) FROM t)", "a subquery is not allowed"},
		{"SUM(t.a) FROM t", `unexpected "FROM"`},
		{"SUM('x", "the quote ' is not closed"},
		{"SUM(t.a) /* x", "the comment is not closed"},
		{`SUM(t."")`, "a quoted name is empty"},
		{"SUM(t.a.b)", "more than two parts"},
		{"SUM(2a)", "neither a number nor a name"},
		{"SUM(*)", "only COUNT takes *"},
		{"UPPER(DISTINCT t.s)", "is not an aggregate function"},
		{"SUM(t.*)", "which only COUNT takes"},
		{"COUNT(q.*)", "which is not a dataset"},
		{"SUM(EXTRACT(colour FROM t.d))", "a part of a date"},
		{"CASE END", "unexpected"},
		{strings.Repeat("(", 500) + "1", "nested more than"},
		{strings.Repeat("-", 0) + strings.Repeat("NOT ", 500) + "TRUE", "nested more than"},
		{"SUM(t.a) + \xff", "not UTF-8"},
		{"SUM(a) + SUM(z)", "z, which no dataset has"},
	} {
		t.Run(c.metric[:min(len(c.metric), 30)], func(t *testing.T) {
			_, err := ledger("a", c.metric).Compile(Query{Measures: measures("m")}, CompileOptions{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

// Whatever is accepted as an expression runs, or fails in DuckDB for its meaning and
// not for its syntax.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{"SUM(t.a) / COUNT(*)", "COUNT(DISTINCT t.s) FILTER (WHERE t.a > 1e3)", "SUM(CASE t.a WHEN 1 THEN -t.b ELSE t.a % 2 END)",
		"MAX(t.d + INTERVAL '1' DAY)", "SUM(t.a)::DECIMAL(4, 1) || 'x' LIKE '%y' ESCAPE '!'", "MIN(t.d AT TIME ZONE 'UTC')", "SUM(\"a\") -- c", "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY t.a DESC)",
		"NOT SUM(t.a) IS NOT DISTINCT FROM 3 AND COUNT(*) BETWEEN 1 AND 2 OR SUM(t.b) IN (1, 2)", "SUM(SUBSTRING(t.s FROM 1 FOR 2)::INT)"} {
		f.Add(s)
	}
	db := duckdbEngine.shop(f)
	if _, err := db.Exec("CREATE TABLE t(id INT, a INT, b INT, s VARCHAR, d DATE)"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ledger("a", s).Compile(Query{Measures: measures("m")}, CompileOptions{})
		if err != nil {
			return
		}
		if _, _, err := fetch(db, "EXPLAIN "+c.SQL); err != nil && strings.Contains(err.Error(), "Parser Error") && !allowedToFail(err.Error()) {
			t.Errorf("%v\nfrom %q", err, s)
		}
	})
}

// allowedToFail are the complaints of DuckDB's parser that are about meaning.
func allowedToFail(message string) bool {
	for _, s := range []string{"nested too deep", "Expression tree is too deep", "type", "Type", "interval", "Interval", "out of range", "too large", "number of arguments", "percentile", "ORDER"} {
		if strings.Contains(message, s) {
			return true
		}
	}
	return false
}
