package agent_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
)

// What a model joined and what of it had no partner is told the asker, in their language, how
// many and which, whether the rows are in the table or a join left them out.
func TestTheAskerIsToldWhatAModelsJoinLacks(t *testing.T) {
	const inner = "SELECT s1.region AS region, revenue, target FROM s1 JOIN s2 ON s1.region = s2.region ORDER BY revenue DESC"
	const spelled = "SELECT CASE region WHEN '부산' THEN '부산시' ELSE region END AS region, sum(target) AS target FROM targets WHERE region NOT LIKE '부산특별%' GROUP BY 1 ORDER BY 1"
	model := &scripted{}
	a := outlook(t, model, "warehouse", "targets")
	for _, c := range []struct {
		text, planned, sql string
		want               []string
	}{
		{whimsical, plannedByRegion + " ORDER BY region", inner, []string{
			"한쪽에만 있음 = warehouse에서 읽은 지역 4개 중 2개는 targets에서 읽은 것에 짝이 없음: 제주, (없음)",
			"한쪽에만 있음 = targets에서 읽은 지역 4개 중 2개는 warehouse에서 읽은 것에 짝이 없음: 부산특별구, 세종",
		}},
		{"Which region saved the day, and did it meet its target?", plannedByRegion + " ORDER BY region", bothByRegion, []string{
			"Only on one side = 2 of 4 keys (Region) read from warehouse have no partner among those read from targets: 제주, (none)",
			"Only on one side = 2 of 4 keys (Region) read from targets have no partner among those read from warehouse: 부산특별구, 세종",
		}},
		{whimsical, spelled, inner, []string{
			"한쪽에만 있음 = warehouse에서 읽은 지역 4개 중 3개는 targets에서 읽은 것에 짝이 없음: 부산, 제주, (없음)",
			"한쪽에만 있음 = targets에서 읽은 지역 3개 중 2개는 warehouse에서 읽은 것에 짝이 없음: 부산시, 세종",
			"표기 차이 = ‘부산’(warehouse)와 ‘부산시’(targets)는 다르게 적혀 있어 합치지 않음",
		}},
		{whimsical, "SELECT region, count(*) AS target FROM targets WHERE region IN ('서울') GROUP BY 1 UNION ALL SELECT x, 1 FROM (VALUES ('부산'), ('제주')) v(x)",
			"SELECT region, revenue, target FROM s1 JOIN s2 USING (region) WHERE region IS NOT NULL", []string{
				"한쪽에만 있음 = warehouse에서 읽은 지역 4개 중 1개는 targets에서 읽은 것에 짝이 없음: (없음)",
			}},
	} {
		model.replies = []any{calls("answer", args{
			"queries": []any{from("s1", "warehouse", soldByRegion+" ORDER BY region NULLS LAST"), from("s2", "targets", c.planned), joins("r1", []string{"s1", "s2"}, c.sql)},
			"text":    "{{r1.region[0]}}",
		})}
		got, err := a.agent.Answer(t.Context(), agent.Question{ID: "q1", Text: c.text, Now: now}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, line := range got.Assumptions {
			if term, _, _ := strings.Cut(line, " = "); slices.Contains([]string{"한쪽에만 있음", "표기 차이", "Only on one side", "Spelling"}, term) {
				told = append(told, line)
			}
		}
		if !slices.Equal(told, c.want) {
			t.Errorf("%s:\n%s\ntold %s\nof %s", c.text, c.sql, strings.Join(told, "\n"), strings.Join(got.Assumptions, "\n"))
		}
	}
}

// Which keys have no partner is read off the statement, in every way in which one is joined by
// columns as they are; of what is joined otherwise nothing is told.
func TestTheModelIsToldWhatHasNoPartner(t *testing.T) {
	model := &scripted{}
	a := outlook(t, model, "warehouse", "targets")
	s1 := from("s1", "warehouse", "SELECT * FROM (VALUES ('a', 1, DATE '2026-10-01', 7), ('b', 1, DATE '2026-10-01', 8), (NULL, 2, DATE '2026-11-01', 9)) t(k, n, d, \"My Key\")")
	s2 := from("s2", "targets", "SELECT * FROM (VALUES ('a', 1, DATE '2026-10-01', 7), ('c', 1, DATE '2026-11-01', 1), (NULL, 3, DATE '2026-12-01', 2)) t(k, n, d, \"m\"\"k\")")
	s3 := from("s3", "targets", "SELECT * FROM (VALUES ('b', 1), ('d', 2)) t(key, x)")
	const (
		k1 = "2 of 3 keys (k) of s1 have no partner in s2: \"b\", null\n"
		k2 = "2 of 3 keys (k) of s2 have no partner in s1: \"c\", null\n"
	)
	for sql, want := range map[string]string{
		"SELECT * FROM s1 JOIN s2 ON s1.k = s2.k":                                                                                     k1 + k2,
		"select * from S1 AS x left join s2 y on (x.K == y.k) where true":                                                             k1 + k2,
		"SELECT k FROM s1 FULL JOIN s2 USING (k)":                                                                                     k1 + k2,
		"SELECT 1 FROM s1 x, s2 y WHERE y.k = x.k AND x.n > 0":                                                                        k1 + k2,
		"SELECT 1 FROM s1 WHERE EXISTS (SELECT 1 FROM s2 WHERE s2.k = s1.k)":                                                          k1 + k2,
		"WITH x AS (SELECT k, sum(n) AS n FROM s1 GROUP BY k), y AS (SELECT k, n FROM s2) SELECT x.k FROM x LEFT JOIN y ON x.k = y.k": k1 + k2,
		"SELECT * FROM (SELECT * FROM s1) x JOIN (SELECT * FROM s2) y USING (k)":                                                      k1 + k2,
		"SELECT 'ON s1.n = s2.n' /* s1.n = s2.n */ FROM s1 JOIN s2 -- ON s1.n = s2.n\n ON s1.k = s2.k":                                k1 + k2,
		"SELECT 1 FROM s1 JOIN s2 ON s1.k = s2.k AND s1.n = s2.n":                                                                     "2 of 3 keys (k, n) of s1 have no partner in s2: [\"b\",1], [null,2]\n2 of 3 keys (k, n) of s2 have no partner in s1: [\"c\",1], [null,3]\n",
		"SELECT 1 FROM s1 JOIN s2 ON s1.d = s2.d":                                                                                     "1 of 3 keys (d) of s2 have no partner in s1: \"2026-12-01\"\n",
		"SELECT 1 FROM s1 JOIN s2 ON s1.\"My Key\" = s2.\"m\"\"k\"":                                                                   "2 of 3 keys (My Key) of s1 have no partner in s2: 8, 9\n2 of 3 keys (m\"k) of s2 have no partner in s1: 1, 2\n",
		"SELECT k, sum(a) FROM (SELECT k, d, 1 AS a FROM s1 UNION ALL SELECT k, d, 2 FROM s2) GROUP BY k":                             "2 of 3 keys (k, d) of s1 have no partner in s2: [\"b\",\"2026-10-01\"], [null,\"2026-11-01\"]\n2 of 3 keys (k, d) of s2 have no partner in s1: [\"c\",\"2026-11-01\"], [null,\"2026-12-01\"]\n",
		"SELECT 1 FROM s1 JOIN s2 ON s1.n = s2.n AND s1.n = 1":                                                                        "1 of 2 keys (n) of s1 have no partner in s2: 2\n1 of 2 keys (n) of s2 have no partner in s1: 3\n",
		"SELECT 1 FROM s1 JOIN s2 ON lower(s1.k) = s2.k":                                                                              "",
		"SELECT 1 FROM s1 JOIN s2 ON s1.k = s2.k || ''":                                                                               "",
		"SELECT 1 FROM s1 JOIN s2 ON s1.k = s2.k OR s1.n = s2.n":                                                                      "",
		"SELECT 1 FROM s1 JOIN s2 ON coalesce(s1.k = s2.k, false)":                                                                    "",
		"SELECT s1.k = s2.k AS same FROM s1, s2":                                                                                      "",
		"SELECT 1 FROM s1 x JOIN s1 y ON x.k = y.k":                                                                                   "",
		"SELECT sum(n) FROM (SELECT n FROM s1 UNION ALL SELECT n FROM s2)":                                                            "2 of 3 keys (k, d) of s1 have no partner in s2: [\"b\",\"2026-10-01\"], [null,\"2026-11-01\"]\n2 of 3 keys (k, d) of s2 have no partner in s1: [\"c\",\"2026-11-01\"], [null,\"2026-12-01\"]\n",
	} {
		told := a.tried(model, s1, s2, joins("r1", []string{"s1", "s2"}, sql))
		_, after, ok := strings.Cut(told, "r1: ")
		if !ok {
			t.Errorf("%s: %s", sql, told)
			continue
		}
		if got := partnersTold(after); got != want {
			t.Errorf("%s:\n%swant\n%s", sql, got, want)
		}
	}
	// Three by one key: what has a partner in any of the others has one. And a later join tells
	// what an earlier one lacked.
	for sql, want := range map[string]string{
		"SELECT 1 FROM s1 JOIN s2 ON s1.k = s2.k JOIN s3 ON s1.k = s3.key": "1 of 3 keys (k) of s1 have no partner in s2, s3: null\n2 of 3 keys (k) of s2 have no partner in s1, s3: \"c\", null\n1 of 2 keys (key) of s3 have no partner in s1, s2: \"d\"\n",
		"SELECT 1 FROM s1 JOIN s2 ON s1.k = s2.k JOIN s3 ON s2.n = x":      k1 + k2 + "1 of 2 keys (n) of s2 have no partner in s3: 3\n1 of 2 keys (x) of s3 have no partner in s2: 2\n",
	} {
		if got := partnersTold(a.tried(model, s1, s2, s3, joins("r1", []string{"s1", "s2", "s3"}, sql))); got != want {
			t.Errorf("%s:\n%swant\n%s", sql, got, want)
		}
	}
	told := a.tried(model, s1, s2, s3, joins("r1", []string{"s1", "s2"}, "SELECT s1.k FROM s1 JOIN s2 USING (k)"), joins("r2", []string{"r1", "s3"}, "SELECT 1 FROM r1 JOIN s3 ON k = key"))
	_, after, _ := strings.Cut(told, "r2: ")
	if want := k1 + k2 + "1 of 1 keys (k) of r1 have no partner in s3: \"a\"\n2 of 2 keys (key) of s3 have no partner in r1: \"b\", \"d\"\n"; partnersTold(after) != want {
		t.Errorf("told %s", told)
	}
}

// partnersTold are the lines about partners of what a model was told.
func partnersTold(told string) string {
	var out strings.Builder
	for line := range strings.Lines(told) {
		if strings.Contains(line, " have no partner in ") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// Columns that a statement joins and that cannot be equal as they are are refused, whatever
// they are called: the engine would make numbers of texts, and floats of numbers.
func TestKeysOfOtherKindsAreNotJoined(t *testing.T) {
	model := &scripted{}
	a := outlook(t, model, "warehouse", "targets")
	for _, c := range []struct{ left, right, want string }{
		{"7", "'007'", "s1.k is a number and s2.c a text"},
		{"7", "'7'", "s1.k is a number and s2.c a text"},
		{"DATE '2026-10-01'", "'2026-10-01'", "s1.k is a time and s2.c a text"},
		{"true", "1", "s1.k is yes or no and s2.c a number"},
		{"9007199254740993", "9007199254740992.0::DOUBLE", "One of s1.k and s2.c is a float"},
		{"0.5::DOUBLE", "12345678901234567.25::DECIMAL(20,2)", "One of s1.k and s2.c is a float"},
		{"7", "7.0", "r1: 1 rows"},
		{"7", "7.0::DOUBLE", "r1: 1 rows"},
		{"DATE '2026-10-01'", "TIMESTAMP '2026-10-01 00:00:00'", "r1: 1 rows"},
		{"'서울'", "'\uc11c\uc6b8'", "r1: 1 rows"},
		{"'서울'", "'\u1109\u1165\u110b\u116e\u11af'", "r1: 0 rows"}, // letters apart
		{"'Ab'", "'ab'", "r1: 0 rows"},
		{"'ab'", "'ab '", "r1: 0 rows"},
		{"'2026-1-1'", "'2026-01-01'", "r1: 0 rows"},
		{"'007'", "'7'", "r1: 0 rows"},
		{"'2C1BD2D1-3A3F-4ED5-90A4-8B3D6CE6B3A5'", "'2c1bd2d1-3a3f-4ed5-90a4-8b3d6ce6b3a5'", "r1: 0 rows"},
	} {
		told := a.tried(model, from("s1", "warehouse", "SELECT "+c.left+" AS k"), from("s2", "targets", "SELECT "+c.right+" AS c"), joins("r1", []string{"s1", "s2"}, "SELECT k, c FROM s1 JOIN s2 ON k = c"))
		if !strings.Contains(told, c.want) {
			t.Errorf("%s and %s: %s", c.left, c.right, told)
		}
		if none := strings.Contains(told, "1 of 1 keys"); none != (c.want == "r1: 0 rows") {
			t.Errorf("%s and %s: %s", c.left, c.right, told)
		}
	}
}

// Of a metric query the model is told what has no partner as of its own joins, and the asker as
// of a question that needs no model, also where the result only fed a join.
func TestPartnersOfAModelsMetrics(t *testing.T) {
	model := &scripted{}
	a := outlook(t, model, "warehouse", "targets", "grades")
	metric := func(field string, metrics ...string) args {
		var measures []any
		for _, m := range metrics {
			measures = append(measures, args{"metric": m})
		}
		return args{"name": "m", "metrics": args{"measures": measures, "dimensions": []any{args{"field": field}}, "period": args{"start": "2026-10-01", "end": "2026-11-01"}}}
	}
	told := partnersTold(a.tried(model, metric("orders.region", "amount", "target")))
	if want := "2 of 4 keys (region) of warehouse have no partner in targets: \"제주\", null\n2 of 4 keys (region) of targets have no partner in warehouse: \"부산특별구\", \"세종\"\n"; told != want {
		t.Errorf("told %s", told)
	}
	told = partnersTold(a.tried(model, metric("grades.grade", "amount")))
	if want := "1 of 4 rows of grades have no partner in warehouse\n"; told != want {
		t.Errorf("told %s", told)
	}
	for text, want := range map[string][]string{
		whimsical: {"한쪽에만 있음 = warehouse에만: 제주, (없음)", "한쪽에만 있음 = targets에만: 부산특별구, 세종"},
		"Which region saved the day, and did it meet its target?": {"Only on one side = only in warehouse: 제주, (none)", "Only on one side = only in targets: 부산특별구, 세종"},
	} {
		model.replies, model.requests = []any{calls("answer", args{"queries": []any{
			metric("orders.region", "amount", "target"), joins("r1", []string{"m"}, "SELECT region, amount - target AS gap FROM m ORDER BY gap NULLS LAST"),
		}, "text": "{{r1.region[0]}}, {{r1.gap[0]}}"})}, nil
		got := a.ask(agent.Question{Text: text})
		if len(got.Results) != 1 {
			t.Fatalf("%s, %d results", texts(got), len(got.Results))
		}
		for _, line := range want {
			if n := strings.Count("\n"+strings.Join(got.Assumptions, "\n")+"\n", "\n"+line+"\n"); n != 1 {
				t.Errorf("%s: %d times %q:\n%s", text, n, line, strings.Join(got.Assumptions, "\n"))
			}
		}
	}
}
