package cli_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestSpanningTablesThatChange changes the tables of an analyst over a server and a file: its
// owner is told of both, and who keeps the server of what is the server's. It answers the rest,
// also after a start on tables that have changed.
func TestSpanningTablesThatChange(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef0123"
	c := changingPostgres(t)
	dir := filepath.Dir(c.config)
	db, err := sql.Open("sqlite3", filepath.Join(dir, "plan.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	plan := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
	}
	plan(`CREATE TABLE targets (id INTEGER PRIMARY KEY, region_name TEXT, month DATE, target INTEGER); -- 목표`)
	plan(`INSERT INTO targets VALUES (1, '서울', '2026-09-01', 30000), (2, '부산', '2026-09-01', 9000), (3, '서울', '2026-10-01', 20000)`)
	rewrite(t, c.config, "owner: \"#dba\"", "owner: \"web:dba\"")
	rewrite(t, c.config, "timeout: 30s}}\n", "timeout: 30s}}\n  - {name: plan, driver: sqlite, dsn: ./plan.sqlite}\n")
	rewrite(t, c.config, "timezone:", "listen: 127.0.0.1:0\nanalysts_dir: ./analysts\nweb: {channels: [general, ops, dba]}\nchanges: {after: 1s}\napi: {tokens: [{name: loadtest, token: \"${API_TOKEN}\"}]}\ntimezone:")
	writeFiles(t, dir, map[string]string{"analysts/outlook.yaml": `name: outlook
owner: web:ops
sources: [shop, plan]
tables: [shop.orders, shop.regions, plan.targets]
verified:
  - question: 목표 점검표
    parts:
      shop: SELECT region_name, sum(amount) AS revenue FROM orders JOIN regions USING (region_id) GROUP BY 1
      plan: SELECT region_name, sum(target) AS goal FROM targets GROUP BY 1
    sql: SELECT region_name, revenue, goal FROM shop JOIN plan USING (region_name) ORDER BY 2 DESC
    verified_by: 김서연
`})
	mustRun(t, "analyst", "check", "--config", c.config)
	p := start(t, "--now", "2026-11-05", "serve", "--config", c.config)
	ask := asker(t, token)
	answer := func(question string) string { return ask(p, question) } // p may be started anew
	told := func(question string, want ...string) {
		t.Helper()
		got := ""
		eventually(t, question, func() bool { got = answer(question); return strings.Contains(got, want[0]) })
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s has no %q: %s", question, w, got)
			}
		}
	}
	for question, want := range map[string]string{"주문 상태별 주문 수": "완료", "2026년 9월 지역별 매출과 목표": "shop + plan", "목표 점검표": "김서연", "revenue by region": "서울"} {
		if got := answer(question); !strings.Contains(got, want) {
			t.Fatalf("before: %s: %s", question, got)
		}
	}
	if err := c.exec("ALTER TABLE orders RENAME COLUMN status TO zz"); err != nil {
		t.Fatal(err)
	}
	told("주문 상태별 주문 수", "shop.orders.status 열", "데이터베이스에 없어요", "shop.orders.zz 열이 생겼어요")
	told("number of orders by status", "the column shop.orders.status", "has not been in the database")
	visit(t, p).sees("/c/ops", "열 shop.orders.status 없어짐", "bapsang analyst accept outlook")
	visit(t, p).sees("/c/dba", "열 shop.orders.status 없어짐")
	plan("ALTER TABLE targets RENAME COLUMN target TO zz")
	told("목표 점검표", "plan.targets.target 열")
	told("2026년 9월 지역별 매출과 목표", "plan.targets.target 열")
	visit(t, p).sees("/c/ops", "열 plan.targets.target 없어짐", "목표 점검표")
	if got := answer("revenue by region"); !strings.Contains(got, "서울") || !strings.Contains(got, "compose") {
		t.Errorf("what is there is not answered: %s", got)
	}
	missing := func() string {
		_, status := p.call(t, "GET", "/api/v1/status", "", token)
		return fmt.Sprint(status["missing"])
	}
	for _, want := range []string{"kind:drift", "name:outlook", "column shop.orders.status is gone", "column plan.targets.target is gone"} {
		if got := missing(); strings.Count(got, want) != 1 {
			t.Errorf("status: %q not once in %s", want, got)
		}
	}
	p.kill()
	// A start on tables that have changed: what was vouched for does not fit, and the rest is answered.
	p = start(t, "--now", "2026-11-05", "serve", "--config", c.config)
	eventually(t, "what is lost is known", func() bool {
		got := missing()
		return strings.Contains(got, "column shop.orders.status is gone") && strings.Contains(got, "column plan.targets.target is gone")
	})
	told("how many orders by status", "the column shop.orders.status")
	told("지역별 매출", "서울", "compose")
	if err := c.exec("ALTER TABLE orders RENAME COLUMN zz TO status"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is back", func() bool { return strings.Contains(answer("주문 상태별 주문 수"), "완료") })
	v := visit(t, p)
	v.sees("/c/dba", "이제 맞아요")
	if page := v.page("/c/dba"); strings.Contains(page, "plan.targets") || !strings.Contains(page, "열 shop.orders.status 없어짐") {
		t.Errorf("who keeps the server is told of the file:\n%s", page)
	}
	if got := missing(); strings.Contains(got, "orders.status") || !strings.Contains(got, "column plan.targets.target is gone") {
		t.Errorf("status: %s", got)
	}
	if code, out, errs := run(t, "analyst", "accept", "--config", c.config, "outlook"); code != 0 || !strings.Contains(out, " accepted") {
		t.Errorf("accept: %d %s %s", code, out, errs)
	}
	eventually(t, "it is accepted", func() bool { return missing() == "[]" })
}
