package cli_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// takings is a model of the server's tables in which only what was delivered counts.
const takings = `version: 0.2.0.dev0
semantic_model:
  - name: shop
    datasets:
      - name: sales
        source: orders
        primary_key: [order_id]
        fields:
          - {name: ordered_at, expression: {dialects: [{dialect: ANSI_SQL, expression: ordered_at}]}, dimension: {is_time: true}, datatype: DateTime}
          - {name: paid, expression: {dialects: [{dialect: ANSI_SQL, expression: "CASE WHEN status = '완료' THEN amount END"}]}}
      - name: places
        source: regions
        primary_key: [region_id]
        fields:
          - name: region_name
            expression: {dialects: [{dialect: ANSI_SQL, expression: region_name}]}
            dimension: {is_time: false}
            custom_extensions: [{vendor_name: BAPSANG, data: '{"label":{"ko":"지역","en":"Region"},"kind":"categorical"}'}]
    relationships:
      - {name: sale_place, from: sales, to: places, from_columns: [region_id], to_columns: [region_id]}
    metrics:
      - name: takings
        expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(sales.paid)}]}
        ai_context: {synonyms: [받은 돈, cash in]}
        custom_extensions: [{vendor_name: BAPSANG, data: '{"label":{"ko":"실수금","en":"Takings"},"format":"krw","time":"sales.ordered_at"}'}]
`

// TestModelsOfTwoSources has an analyst over a server and a file with a written model of the
// server's: its metric and the words for it are what is asked beside the file's drafted ones.
func TestModelsOfTwoSources(t *testing.T) {
	t.Parallel()
	config, conn := acrossConfig(t)
	rewrite(t, config, "timezone:", "analysts_dir: ./analysts\ntimezone:")
	writeFiles(t, filepath.Dir(config), map[string]string{
		"analysts/outlook/analyst.yaml": "name: outlook\nsources: [plan, shop]\nmodel: {shop: takings.yaml}\n", "analysts/outlook/takings.yaml": takings,
	})
	if out := mustRun(t, "analyst", "check", "--config", config); !strings.Contains(out, "outlook: ok") {
		t.Error(out)
	}
	number := func(x string) string { return "coalesce(trim_scale(" + x + ")::text, '-')" }
	want := oracle(t, conn, `
		WITH o AS (SELECT region_name k, sum(amount) FILTER (WHERE status = '완료') v FROM orders JOIN regions USING (region_id)
				WHERE (ordered_at AT TIME ZONE 'Asia/Seoul')::date BETWEEN '2026-09-01' AND '2026-09-30' GROUP BY 1),
			p AS (SELECT region_name k, sum(target) v FROM oracle.targets WHERE month BETWEEN '2026-09-01' AND '2026-09-30' GROUP BY 1)
		SELECT coalesce(o.k, p.k, '-') || ' ' || `+number("o.v")+" || ' ' || "+number("p.v")+`
		FROM o FULL JOIN p ON o.k = p.k ORDER BY coalesce(o.k, p.k) IS NULL, o.v DESC NULLS LAST, coalesce(o.k, p.k)`)
	for _, question := range []string{
		"2026년 9월 지역별 실수금과 목표", "2026년 9월 지역별 받은 돈과 목표", "takings and target by region in September 2026", "cash in and target by region in September 2026",
	} {
		a := askJSON(t, "--now", "2026-11-05", "ask", "--json", "--config", config, question)
		if got := a.lines(3); a.Rung != "compose" || a.Results[0].Source != "shop + plan" || got != want {
			t.Errorf("%s: %s from %s:\n%s\nwant\n%s", question, a.Rung, a.Results[0].Source, got, want)
		}
	}
	for _, question := range []string{"지역별 매출", "revenue by region"} { // a drafted model's words
		if code, out, _ := run(t, "--now", "2026-11-05", "ask", "--config", config, question); code != 3 {
			t.Errorf("%s: exit %d: %s", question, code, out)
		}
	}
	rewrite(t, filepath.Join(filepath.Dir(config), "analysts/outlook/takings.yaml"), "source: regions", "source: areas")
	if code, _, errs := run(t, "analyst", "check", "--config", config); code != 2 || !strings.Contains(errs, "takings.yaml:12:") {
		t.Errorf("a table that is not there: exit %d: %s", code, errs)
	}
	mustApply := filepath.Join(t.TempDir(), "copy")
	writeFiles(t, mustApply, map[string]string{"analyst.yaml": "name: second\nsources: [plan, shop]\nmodel:\n  shop: models/shop.yaml\n", "models/shop.yaml": takings})
	if out := mustRun(t, "analyst", "apply", "--config", config, filepath.Join(mustApply, "analyst.yaml")); !strings.Contains(out, "second: applied") {
		t.Error(out)
	}
}
