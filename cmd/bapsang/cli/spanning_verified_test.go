package cli_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// vouched is an analyst over a server and a file with questions that somebody vouches for: of
// both, of the server and of the file.
const vouched = `name: outlook
sources: [shop, plan]
tables: [shop.orders, shop.regions, plan.targets]
verified:
  - question: "{period} 지역별 목표 달성 현황"
    also: ["how {period} went against target"]
    parts:
      plan: |
        SELECT "지역명" AS region, sum(target) AS target FROM targets
        WHERE month >= {{period.start}} AND month < {{period.end}} GROUP BY 1
      shop: |
        SELECT region_name AS region, sum(amount) AS revenue FROM orders JOIN regions USING (region_id)
        WHERE ordered_at >= {{period.start}} AND ordered_at < {{period.end}} GROUP BY 1;
    sql: SELECT region, revenue, target FROM shop FULL JOIN plan USING (region) ORDER BY revenue DESC NULLS LAST, region
    columns:
      region: {label: {ko: 지역, en: Region}}
      revenue: {label: {ko: 판매액, en: Sales}, format: krw}
      target: {label: {ko: 목표액, en: Goal}, format: krw}
    defaults: {period: 2026년 9월}
    verified_by: 김서연
  - question: "{regions.region_name} 거래처 장부"
    also: ["ledger of {regions.region_name}"]
    source: shop
    sql: SELECT region_name, count(*) AS orders FROM orders JOIN regions USING (region_id) WHERE region_name = {{regions.region_name}} GROUP BY 1
    columns: {orders: {label: {ko: 건수, en: Entries}}}
    verified_by: 박도윤
  - question: "확정 목표 {n}개"
    source: plan
    sql: SELECT "지역명" AS region, target FROM targets ORDER BY target DESC LIMIT {{n}}
    columns: {target: {label: {ko: 확정액, en: Fixed}}}
    verified_by: 박도윤
`

// TestVerifiedQuestionsOfTwoSources asks an analyst over a server and a file what somebody
// vouches for, and has the server that holds a copy of the file say whether that is right.
func TestVerifiedQuestionsOfTwoSources(t *testing.T) {
	t.Parallel()
	config, conn := acrossConfig(t)
	rewrite(t, config, "timezone:", "analysts_dir: ./analysts\ntimezone:")
	writeFiles(t, filepath.Dir(config), map[string]string{"analysts/outlook.yaml": vouched})
	if out := mustRun(t, "analyst", "check", "--config", config); !strings.Contains(out, "outlook: ok") {
		t.Error(out)
	}
	number := func(x string) string { return "coalesce(trim_scale(" + x + ")::text, '-')" }
	september := oracle(t, conn, `
		WITH o AS (SELECT region_name k, sum(amount) v FROM orders JOIN regions USING (region_id)
				WHERE (ordered_at AT TIME ZONE 'Asia/Seoul')::date BETWEEN '2026-09-01' AND '2026-09-30' GROUP BY 1),
			p AS (SELECT region_name k, sum(target) v FROM oracle.targets WHERE month BETWEEN '2026-09-01' AND '2026-09-30' GROUP BY 1)
		SELECT coalesce(o.k, p.k, '-') || ' ' || `+number("o.v")+" || ' ' || "+number("p.v")+`
		FROM o FULL JOIN p ON o.k = p.k ORDER BY o.v DESC NULLS LAST, coalesce(o.k, p.k)`)
	ask := func(question string) answered {
		t.Helper()
		return askJSON(t, "--now", "2026-11-05", "ask", "--json", "--config", config, question)
	}
	for question, said := range map[string]string{
		"2026년 9월 지역별 목표 달성 현황":                  "판매액은",
		"how September 2026 went against target": "Sales",
	} {
		a := ask(question)
		if got := a.lines(3); got != september {
			t.Errorf("%s:\n%s\nwant\n%s", question, got, september)
		}
		if a.Rung != "match" || a.VerifiedBy != "김서연" || !strings.Contains(a.Text, said) || fmt.Sprint(a.Across) != "[shop plan]" {
			t.Errorf("%s: %s by %q: %s", question, a.Rung, a.VerifiedBy, a.Text)
		}
		r := a.Results[0]
		if r.Source != "shop + plan" || len(r.Parts) != 2 || r.Parts[0].Source != "shop" || r.Parts[1].Source != "plan" {
			t.Errorf("%s: %s, %v", question, r.Source, r.Parts)
		}
		for _, want := range []string{"-- shop\nSELECT region_name AS region", "-- plan\nSELECT \"지역명\" AS region", "DATE '2026-09-01'", "-- shop + plan\nSELECT region, revenue, target FROM shop FULL JOIN plan"} {
			if !strings.Contains(r.SQL, want) {
				t.Errorf("%s: the SQL hides %q:\n%s", question, want, r.SQL)
			}
		}
		if said := strings.Join(a.Assumptions, "\n"); !strings.Contains(said, "shop (") || !strings.Contains(said, "plan (") {
			t.Errorf("%s: the sources are not named: %s", question, said)
		}
	}
	for question, from := range map[string]string{"서울 거래처 장부": "shop", "ledger of 부산": "shop", "확정 목표 2개": "plan"} {
		a := ask(question)
		if r := a.Results[0]; a.Rung != "match" || a.VerifiedBy != "박도윤" || r.Source != from || len(r.Parts) != 0 {
			t.Errorf("%s: %s by %q from %s: %s", question, a.Rung, a.VerifiedBy, r.Source, a.Text)
		}
	}
	if got := ask("확정 목표 2개").lines(2); got != "서울 30000\n서울 20000" {
		t.Error(got)
	}
	if code, out, _ := run(t, "--now", "2026-11-05", "ask", "--config", config, "화성 거래처 장부"); code != 3 {
		t.Errorf("a value that is not there: %s", out)
	}
}

// TestVerifiedQuestionsOfSQLite writes periods as the engine has them, in an analyst of a file
// and in one over it and another. A period without rows has no answer and is no mistake, and
// neither is a part that is cut, or a key that is a number on one side and a text on the other,
// joined as if it were not.
func TestVerifiedQuestionsOfSQLite(t *testing.T) {
	t.Parallel()
	config := shopFile(t, shopSQL+`CREATE TABLE clicks (n INTEGER PRIMARY KEY, page TEXT);
		INSERT INTO clicks WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 50001) SELECT i, 'p' || i FROM t;`)
	text := "  - {name: plan, driver: files, dsn: ./plan.csv}\nanalysts_dir: ./analysts\n"
	rewrite(t, config, "concurrency: 2, timeout: 30s}}\n", "concurrency: 2, timeout: 30s}}\n"+text)
	writeFiles(t, filepath.Dir(config), map[string]string{
		"plan.csv": "region,month,target,code\n서울,2026-09-01,30000,007\n부산,2026-10-01,12500,008\n",
		"analysts/alone.yaml": `name: alone
source: shop
verified:
  - {question: "{period} 장부 합계", sql: "SELECT sum(amount) AS total FROM orders WHERE ordered_at >= {{period.start}} AND ordered_at < {{period.end}}", verified_by: 김서연}
`,
		"analysts/outlook.yaml": `name: outlook
sources: [plan, shop]
verified:
  - question: "{period} 달성률표"
    also: ["achievement table for {period}"]
    parts:
      shop: SELECT region_name AS region, 1.0 * sum(amount) AS revenue FROM orders JOIN regions USING (region_id) WHERE ordered_at >= {{period.start}} AND ordered_at < {{period.end}} GROUP BY 1
      plan: SELECT region, sum(target) AS target FROM plan WHERE month >= {{period.start}} AND month < {{period.end}} GROUP BY 1
    sql: SELECT region, target, revenue, round(revenue / target, 2) AS rate FROM plan JOIN shop USING (region) ORDER BY rate DESC
    verified_by: 김서연
  - question: 클릭 대조
    parts: {shop: SELECT page FROM clicks, plan: SELECT code AS page FROM plan}
    sql: SELECT count(*) AS n FROM shop JOIN plan USING (page)
    verified_by: 김서연
  - question: "코드 {n}번까지 대조"
    parts: {shop: "SELECT n AS code FROM clicks WHERE n < {{n}}", plan: SELECT code FROM plan}
    sql: SELECT count(*) AS n FROM shop JOIN plan USING (code)
    verified_by: 김서연
`,
	})
	if out := mustRun(t, "analyst", "check", "--config", config); !strings.Contains(out, "alone: ok") || !strings.Contains(out, "outlook: ok") {
		t.Error(out)
	}
	for question, want := range map[string]string{
		"2026년 9월 장부 합계": "30000", "2026년 9월 달성률표": "서울 30000 23000 0.77", "achievement table for October 2026": "부산 12500 8000 0.64",
	} {
		a := askJSON(t, "--now", "2026-11-05", "ask", "--json", "--config", config, question)
		if got := a.lines(len(a.Results[0].Rows[0])); a.Rung != "match" || got != want {
			t.Errorf("%s: %s by %s, want %s\n%s", question, got, a.Rung, want, a.Results[0].SQL)
		}
	}
	for question, want := range map[string]string{
		"2025년 9월 달성률표": "출처 = plan (", "achievement table for September 2025": "Nothing matches", "클릭 대조": "shop", "코드 9번까지 대조": "계산하지 못했어요",
	} {
		code, out, _ := run(t, "--now", "2026-11-05", "ask", "--config", config, "--analyst", "outlook", question)
		if code != 3 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, want %q: %s", question, code, want, out)
		}
	} // What is served unchecked reads no more of a source than the analyst may.
	writeFiles(t, filepath.Dir(config), map[string]string{"analysts/narrow.yaml": `name: narrow
sources: [plan, shop]
tables: [plan.plan, shop.orders]
verified:
  - {question: 클릭 수, source: shop, sql: SELECT count(*) AS n FROM clicks, verified_by: 김서연}
  - {question: 클릭 비율, parts: {shop: SELECT count(*) AS n FROM clicks, plan: SELECT 1 AS m}, sql: "SELECT n, m FROM shop, plan", verified_by: 김서연}
`})
	for _, question := range []string{"클릭 수", "클릭 비율"} {
		if code, out, _ := run(t, "--now", "2026-11-05", "ask", "--config", config, "--analyst", "narrow", question); code != 3 || strings.Contains(out, "50,001") {
			t.Errorf("%s: exit %d: %s", question, code, out)
		}
	}
}
