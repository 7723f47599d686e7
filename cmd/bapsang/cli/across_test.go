package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/bapsang/bapsang/agent/format"
)

// acrossSQL gives the warehouse's orders customers, and holds the targets that the
// configuration has in a file: the same server then says what the two together say.
const acrossSQL = `
	CREATE TABLE customers (customer_id int PRIMARY KEY, region_id int REFERENCES regions);
	INSERT INTO regions VALUES (3, '제주');
	INSERT INTO customers SELECT i, 1 + i % 3 FROM generate_series(1, 20) i;
	ALTER TABLE orders ADD customer_id int REFERENCES customers;
	UPDATE orders SET customer_id = 1 + order_id % 20, amount = 1000 + order_id * 1.25 WHERE order_id % 9 > 0;
	CREATE SCHEMA oracle;
	CREATE TABLE oracle.targets (region_name text, month date, target numeric);
	CREATE TABLE oracle.grades (customer_id int, grade text)`

const (
	targetsFile = "지역명,month,target\n서울,2026-09-01,30000\n부산,2026-09-01,12500.50\n세종,2026-09-01,700\n서울,2026-10-01,20000\n,2026-09-01,3\n"
	gradesFile  = "customer_id,grade\n1,VIP\n2,골드\n3,VIP\n4,\n5,골드\n99,실버\n"
)

// acrossConfig is a configuration of a PostgreSQL server and a file of targets, and a
// connection of the server's owner, who has both.
func acrossConfig(t *testing.T) (config string, conn *pgx.Conn) {
	t.Helper()
	config = warehouse(t, func(owner, reader string) string {
		var err error
		if conn, err = pgx.Connect(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
		role := strings.Split(strings.TrimPrefix(reader, "postgres://"), ":")[0]
		for _, sql := range append(strings.Split(acrossSQL, ";\n"), "GRANT SELECT ON ALL TABLES IN SCHEMA public TO "+role) {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%v\n%s", err, sql)
			}
		}
		return reader
	})
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	fill(t, conn, "oracle.targets", targetsFile)
	fill(t, conn, "oracle.grades", gradesFile)
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), "targets.csv"), []byte(targetsFile), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, append(text, "  - {name: plan, driver: files, dsn: targets.csv}\nlisten: 127.0.0.1:0\n"...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return config, conn
}

// fill copies a CSV with headings into a table.
func fill(t *testing.T, conn *pgx.Conn, table, csv string) {
	t.Helper()
	if _, err := conn.PgConn().CopyFrom(t.Context(), strings.NewReader(csv), "COPY "+table+" FROM STDIN (FORMAT csv, HEADER)"); err != nil {
		t.Fatal(err)
	}
}

// oracle is what the server says that has everything, its rows as lines.
func oracle(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// answered is the part of an answer's JSON that is looked at.
type answered struct {
	Rung, Text  string
	VerifiedBy  string `json:"verified_by"`
	Assumptions []string
	Across      []string
	Results     []struct {
		Source, SQL string
		Rows        [][]json.RawMessage
		Parts       []struct{ Source, SQL string }
	}
}

func askJSON(t *testing.T, args ...string) answered {
	t.Helper()
	var a answered
	out := mustRun(t, args...)
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(a.Results) == 0 {
		t.Fatalf("no result: %s", out)
	}
	return a
}

// lines are the first columns of a result as the oracle writes them.
func (a answered) lines(columns int) string {
	var out []string
	for _, row := range a.Results[0].Rows {
		var cells []string
		for _, cell := range row[:columns] {
			s := strings.Trim(string(cell), `"`)
			if s == "null" {
				s = "-"
			}
			if strings.Contains(s, ".") {
				s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
			}
			cells = append(cells, s)
		}
		out = append(out, strings.Join(cells, " "))
	}
	return strings.Join(out, "\n")
}

// TestAskAcrossSources asks a PostgreSQL server and a file one question, and has the server
// that holds a copy of the file say whether the answer is right.
func TestAskAcrossSources(t *testing.T) {
	t.Parallel()
	config, conn := acrossConfig(t)
	number := func(x string) string { return "coalesce(trim_scale(" + x + ")::text, '-')" }
	september := oracle(t, conn, `
		WITH o AS (SELECT region_name k, sum(amount) v FROM orders JOIN regions USING (region_id)
				WHERE (ordered_at AT TIME ZONE 'Asia/Seoul')::date BETWEEN '2026-09-01' AND '2026-09-30' GROUP BY 1),
			p AS (SELECT region_name k, sum(target) v FROM oracle.targets WHERE month BETWEEN '2026-09-01' AND '2026-09-30' GROUP BY 1)
		SELECT coalesce(o.k, p.k, '-') || ' ' || `+number("o.v")+" || ' ' || "+number("p.v")+`
		FROM o FULL JOIN p ON o.k = p.k ORDER BY coalesce(o.k, p.k) IS NULL, o.v DESC NULLS LAST, coalesce(o.k, p.k)`)
	months := oracle(t, conn, `
		WITH o AS (SELECT date_trunc('month', ordered_at AT TIME ZONE 'Asia/Seoul')::date k, sum(amount) v FROM orders GROUP BY 1),
			p AS (SELECT month k, sum(target) v FROM oracle.targets GROUP BY 1)
		SELECT coalesce(o.k, p.k) || ' ' || `+number("o.v")+" || ' ' || "+number("p.v")+` FROM o FULL JOIN p ON o.k = p.k ORDER BY coalesce(o.k, p.k)`)
	for question, want := range map[string]string{
		"2026년 9월 지역별 매출과 목표를 비교해줘":                      september,
		"revenue and target by region in September 2026": september,
		"월별 매출과 목표":                                      months,
		"monthly revenue vs target":                      months,
	} {
		a := askJSON(t, "--now", "2026-11-05", "ask", "--json", "--config", config, question)
		if got := a.lines(3); got != want {
			t.Errorf("%s:\n%s\nwant\n%s\n%s", question, got, want, a.Results[0].SQL)
		}
		if a.Rung != "compose" || a.Results[0].Source != "shop + plan" || len(a.Results[0].Parts) != 2 || fmt.Sprint(a.Across) != "[shop plan]" {
			t.Errorf("%s: %s from %s: %v", question, a.Rung, a.Results[0].Source, a.Across)
		}
		if sql := a.Results[0].SQL; !strings.Contains(sql, "-- shop →") || !strings.Contains(sql, "-- plan →") || !strings.Contains(sql, "UNION ALL") {
			t.Errorf("%s hides a part of its SQL:\n%s", question, sql)
		}
	}
	a := askJSON(t, "--now", "2026-11-05", "ask", "--json", "--config", config, "2026년 9월 지역별 매출과 목표")
	said := strings.Join(a.Assumptions, "\n")
	for _, want := range []string{"출처 = shop (", "plan (", "plan에만: 세종, (없음)"} {
		if !strings.Contains(said, want) {
			t.Errorf("not said: %s\n%s", want, said)
		}
	}
}

// TestAskWithADroppedFile drops a file into a thread of the page and asks for figures of
// the warehouse by what stands in the file.
func TestAskWithADroppedFile(t *testing.T) {
	t.Parallel()
	config, conn := acrossConfig(t)
	p := start(t, "--now", "2026-11-05", "serve", "--config", config)
	v := visit(t, p)
	thread := v.drops(p, "", "이 파일의 등급별로 매출 보여줘", "grades.csv", gradesFile)
	v.sees("/c/general/t/"+thread, "등급", "VIP", "골드", "(없음)", "grades.csv 6행 중 1행은 shop에 짝이 없음", "grades.csv")
	var vip float64
	if err := conn.QueryRow(t.Context(), "SELECT sum(amount) FROM orders JOIN oracle.grades USING (customer_id) WHERE grade = 'VIP'").Scan(&vip); err != nil {
		t.Fatal(err)
	}
	v.sees("/c/general/t/"+thread, format.Short(vip, format.Number, "ko"))
	v.drops(p, thread, "number of orders by grade", "", "")
	v.sees("/c/general/t/"+thread, "1 of 6 rows of grades.csv have no partner in shop")
}
