package cli_test

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/connectors/connectorstest/mariadbtest"
	"github.com/bapsang/bapsang/connectors/mysql"
)

var mariadbShop = []string{
	"CREATE TABLE regions (region_id INT PRIMARY KEY, region_name VARCHAR(20) NOT NULL COMMENT '지역명')",
	"INSERT INTO regions VALUES (1, '서울'), (2, '부산')",
	"CREATE TABLE orders (order_id BIGINT PRIMARY KEY, region_id INT NOT NULL, ordered_at TIMESTAMP NOT NULL, amount DECIMAL(12,2) COMMENT '매출', status ENUM('완료', '취소'), FOREIGN KEY (region_id) REFERENCES regions (region_id))",
	"INSERT INTO orders SELECT seq, 1 + (seq % 4) DIV 3, '2026-08-31 14:30:00' + INTERVAL seq DAY, 1000, IF(seq % 10 = 0, '취소', '완료') FROM seq_1_to_60",
}

// mariadb is a configuration with a source on a real server, as the login that reads and
// as root. What is given is run beside the shop's statements.
func mariadb(t *testing.T, more ...string) (reader, root string) {
	t.Helper()
	server := mariadbtest.Shared(t)
	name := server.Database(t)
	db, err := sql.Open("mysql", server.DSN(name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	login := "bapsang_" + name
	setup := strings.ReplaceAll(mysql.SetupSQL("mariadb", login, []string{name}), "…", "hunter2secret")
	for _, statement := range slices.Concat(mariadbShop, more, strings.Split(setup, ";\n")) {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
	}
	t.Cleanup(func() { server.Exec(t, "DROP USER "+login) })
	config := func(user *url.Userinfo) string {
		u := url.URL{Scheme: "mysql", User: user, Host: server.Addr(), Path: "/" + name, RawQuery: "tls=false"}
		path := filepath.Join(t.TempDir(), "bapsang.yaml")
		text := "timezone: Asia/Seoul\ndata_dir: ./data\nsources:\n  - {name: shop, driver: mysql, dsn: \"" + u.String() +
			"\", contract: {owner: \"#dba\", agreed: 2026-10-01, rate: 600/m, concurrency: 2, timeout: 30s}}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return config(url.UserPassword(login, "hunter2secret")), config(url.UserPassword("root", ""))
}

// rootOf is the driver's address of root, which may change what [mariadb] has made, by the
// configuration that it makes for root.
func rootOf(t *testing.T, config string) string {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	_, dsn, _ := strings.Cut(string(text), `dsn: "`)
	dsn, _, _ = strings.Cut(dsn, `"`)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return "root@tcp(" + u.Host + ")" + u.Path
}

// TestAskMariaDB asks a MariaDB server that nobody described, in both languages.
func TestAskMariaDB(t *testing.T) {
	t.Parallel()
	config, _ := mariadb(t)
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

func TestDoctorLooksAtMariaDB(t *testing.T) {
	t.Parallel()
	reader, root := mariadb(t)
	if code, out, _ := run(t, "doctor", "--config", reader); code != 0 || !strings.Contains(out, "reads, and can do nothing else") || !strings.Contains(out, "2 tables may be read") || strings.Contains(out, "hunter2secret") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	code, out, _ := run(t, "doctor", "--config", root)
	if code == 0 || !strings.Contains(out, "ALL PRIVILEGES") || !strings.Contains(out, "CREATE USER 'bapsang'@'%'") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	if code, _, errs := run(t, "ask", "--config", root, "지역별 매출"); code == 0 || !strings.Contains(errs, "could do more than read") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
