package cli_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"
)

const shopSQL = `
	CREATE TABLE regions (region_id INTEGER PRIMARY KEY, region_name TEXT NOT NULL -- 지역명
	);
	INSERT INTO regions VALUES (1, '서울'), (2, '부산');
	CREATE TABLE orders ( -- 주문
		order_id INTEGER PRIMARY KEY,
		region_id INTEGER NOT NULL REFERENCES regions,
		ordered_at TIMESTAMP NOT NULL,
		amount DECIMAL(12,2), -- 매출
		status VARCHAR(10)
	);
	INSERT INTO orders WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 60)
		SELECT i, 1 + (i % 4) / 3, datetime('2026-08-31 23:30:00', i || ' days'), 1000, CASE WHEN i % 10 = 0 THEN '취소' ELSE '완료' END FROM t;`

// shopFile is a configuration with a SQLite file for a source.
func shopFile(t *testing.T, statements string) (config string) {
	t.Helper()
	dir := t.TempDir()
	db, err := sql.Open("sqlite3", filepath.Join(dir, "shop.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
	config = filepath.Join(dir, "bapsang.yaml")
	text := "timezone: Asia/Seoul\ndata_dir: ./data\nsources:\n  - {name: shop, driver: sqlite, dsn: ./shop.sqlite, contract: {owner: \"#shop\", agreed: 2026-10-01, rate: 600/m, concurrency: 2, timeout: 30s}}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

// TestAskASQLiteFile asks a file that nobody described, in both languages.
func TestAskASQLiteFile(t *testing.T) {
	t.Parallel()
	config := shopFile(t, shopSQL)
	chart := filepath.Join(t.TempDir(), "chart.png")
	for question, want := range map[string][]string{
		// 30 days of September and 29 of October, for 30 October is the 60th; of every four orders one is Busan's.
		"지역별 매출":                     {"서울", "부산", "4만 5,000", "75.0%"},
		"2026년 9월 매출":                {"3만"},
		"월별 매출":                      {"2026년 9월", "3만"},
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

func TestDoctorLooksAtASQLiteFile(t *testing.T) {
	t.Parallel()
	code, out, _ := run(t, "doctor", "--config", shopFile(t, shopSQL))
	for _, want := range []string{"read by SQLite 3.", "a rollback journal", "2 tables and views", "catalogue: 2 tables, read in"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit %d, no %s:\n%s", code, want, out)
		}
	}
	gone := shopFile(t, shopSQL)
	if err := os.WriteFile(filepath.Join(filepath.Dir(gone), "shop.sqlite"), []byte(strings.Repeat("secret ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := run(t, "doctor", "--config", gone); code == 0 || !strings.Contains(out, "no SQLite database, or it is encrypted") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	if code, _, errs := run(t, "ask", "--config", gone, "지역별 매출"); code == 0 || !strings.Contains(errs, "SQLite 데이터베이스 파일이 아니거나") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
