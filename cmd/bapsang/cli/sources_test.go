package cli_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/connectors/postgres"
	"github.com/bapsang/bapsang/store/storetest/pgtest"
)

const warehouseSQL = `
	CREATE TABLE regions (region_id int PRIMARY KEY, region_name text NOT NULL);
	COMMENT ON COLUMN regions.region_name IS '지역명';
	INSERT INTO regions VALUES (1, '서울'), (2, '부산');
	CREATE TYPE order_status AS ENUM ('완료', '취소');
	CREATE TABLE orders (order_id bigint PRIMARY KEY, region_id int NOT NULL REFERENCES regions, ordered_at timestamptz NOT NULL, amount numeric(12,2), status order_status);
	COMMENT ON COLUMN orders.amount IS '매출';
	INSERT INTO orders SELECT i, 1 + (i % 4) / 3, timestamptz '2026-08-31 23:30+09' + i * interval '1 day', 1000, CASE WHEN i % 10 = 0 THEN '취소' ELSE '완료' END::order_status FROM generate_series(1, 60) i`

// warehouse is a configuration with a source on a real server, and the server's owner's
// address.
func warehouse(t *testing.T, as func(owner, reader string) string) (config string) {
	t.Helper()
	owner := pgtest.Shared(t).Database(t)
	u, err := url.Parse(owner)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	role := "bapsang_" + name
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range append(strings.Split(warehouseSQL, ";\n"), strings.Split(postgres.SetupSQL(name, role, []string{"public"}), ";\n")...) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%v\n%s", err, sql)
		}
	}
	t.Cleanup(func() {
		_, _ = conn.Exec(context.Background(), "DROP OWNED BY "+role)
		_, _ = conn.Exec(context.Background(), "DROP ROLE "+role)
		_ = conn.Close(context.Background())
	})
	u.User = url.UserPassword(role, "hunter2secret")
	config = filepath.Join(t.TempDir(), "bapsang.yaml")
	text := "timezone: Asia/Seoul\ndata_dir: ./data\nsources:\n  - {name: shop, driver: postgres, dsn: \"" + as(owner, u.String()) +
		"\", contract: {owner: \"#dba\", agreed: 2026-10-01, rate: 600/m, concurrency: 2, timeout: 30s}}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

// TestAskADatabase asks a PostgreSQL server that nobody described, in both languages.
func TestAskADatabase(t *testing.T) {
	t.Parallel()
	config := warehouse(t, func(_, reader string) string { return reader })
	chart := filepath.Join(t.TempDir(), "chart.png")
	for question, want := range map[string][]string{
		// 30 days of September and 29 of October, for 30 October is the 60th; of every four orders one is Busan's.
		"지역별 매출":                     {"서울", "부산", "4만 5,000", "75.0%"},
		"2026년 9월 매출":                {"3만"},
		"주문 상태별 주문 수":                {"완료", "54건", "취소"},
		"monthly revenue":            {"Sep 2026", "30K", "Oct 2026"},
		"revenue by region":          {"서울", "45K", "75.0%"},
		"revenue of 부산 in 2026-10":   {"부산"},
		"how many orders in October": {"30"},
	} {
		out := mustRun(t, "--now", "2026-11-05", "ask", "--config", config, "--chart", chart, question)
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s has no %s:\n%s", question, w, out)
			}
		}
		if !strings.Contains(out, "FROM") {
			t.Errorf("%s shows no SQL:\n%s", question, out)
		}
	}
	if info, err := os.Stat(chart); err != nil || info.Size() == 0 {
		t.Errorf("no chart: %v", err)
	}
}

func TestDoctorLooksAtADatabase(t *testing.T) {
	t.Parallel()
	fine := warehouse(t, func(_, reader string) string { return reader })
	if code, out, _ := run(t, "doctor", "--config", fine); code != 0 || !strings.Contains(out, "reads, and can do nothing else") || !strings.Contains(out, "2 of 2 tables") || strings.Contains(out, "hunter2secret") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	powerful := warehouse(t, func(owner, _ string) string { return owner })
	code, out, _ := run(t, "doctor", "--config", powerful)
	if code == 0 || !strings.Contains(out, "is a superuser") || !strings.Contains(out, `GRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "bapsang"`) {
		t.Errorf("exit %d:\n%s", code, out)
	}
	if code, _, errs := run(t, "ask", "--config", powerful, "지역별 매출"); code == 0 || !strings.Contains(errs, "could do more than read") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
