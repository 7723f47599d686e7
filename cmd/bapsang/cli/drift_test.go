package cli_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// changing is a configuration and a way to change its database.
type changing struct {
	config string
	exec   func(statement string) error
	drop   []string // statements that drop the regions
}

func changingPostgres(t *testing.T) changing {
	t.Helper()
	var conn *pgx.Conn
	config := warehouse(t, func(owner, reader string) string {
		var err error
		if conn, err = pgx.Connect(t.Context(), owner); err != nil {
			t.Fatal(err)
		}
		return reader
	})
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return changing{config, func(s string) error { _, err := conn.Exec(t.Context(), s); return err }, []string{"DROP TABLE regions CASCADE"}}
}

func changingMariaDB(t *testing.T) changing {
	t.Helper()
	config, root := mariadb(t)
	return changing{config, executor(t, "mysql", rootOf(t, root)), []string{"ALTER TABLE orders DROP FOREIGN KEY orders_ibfk_1", "DROP TABLE regions"}}
}

func changingSQLite(t *testing.T) changing {
	t.Helper()
	config := shopFile(t, shopSQL)
	return changing{config, executor(t, "sqlite3", filepath.Join(filepath.Dir(config), "shop.sqlite")), []string{"DROP TABLE regions"}}
}

func executor(t *testing.T, driver, dsn string) func(string) error {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return func(s string) error { _, err := db.ExecContext(t.Context(), s); return err }
}

// TestTablesThatChange renames a column and drops a table between two questions. Who asks for
// what is gone is told so; the status tells what changed, once.
func TestTablesThatChange(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef0123"
	for engine, open := range map[string]func(*testing.T) changing{"postgres": changingPostgres, "mariadb": changingMariaDB, "sqlite": changingSQLite} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := open(t)
			rewrite(t, c.config, "timezone:", "listen: 127.0.0.1:0\nweb: {channels: [general, ops]}\nchanges: {to: [\"web:ops\"], after: 1s}\napi: {tokens: [{name: loadtest, token: \"${API_TOKEN}\"}]}\ntimezone:")
			p := start(t, "--now", "2026-11-05", "serve", "--config", c.config)
			ask := asker(t, token)
			answer := func(question string) string { return ask(p, question) } // p may be started anew
			if got := answer("주문 상태별 주문 수"); !strings.Contains(got, "완료") {
				t.Fatalf("before: %s", got)
			}
			change := func(statements ...string) {
				t.Helper()
				for _, s := range statements {
					if err := c.exec(s); err != nil {
						t.Fatalf("%v\n%s", err, s)
					}
				}
			}
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
			change("ALTER TABLE orders RENAME COLUMN status TO zz")
			told("주문 상태별 주문 수", "orders.status 열", "데이터베이스에 없어요", "orders.zz 열이 생겼어요")
			told("number of orders by status", "the column orders.status", "has not been in the database", "orders.zz")
			if got := answer("지역별 매출"); !strings.Contains(got, "서울") {
				t.Errorf("what is there is not answered: %s", got)
			}
			change(c.drop...)
			got := ""
			eventually(t, "the table is missed", func() bool {
				answer("서울 매출")
				_, status := p.call(t, "GET", "/api/v1/status", "", token)
				got = fmt.Sprint(status["missing"])
				return strings.Contains(got, "table regions is gone")
			})
			for _, want := range []string{"kind:drift", "name:shop", "column orders.status is gone", "table regions is gone"} {
				if strings.Count(got, want) != 1 {
					t.Errorf("status: %q not once in %s", want, got)
				}
			}
			if fleet := p.page(t, "/fleet"); !strings.Contains(fleet, "column orders.status is gone") {
				t.Errorf("fleet: %s", fleet)
			}
			const lost, well = "쓰던 데이터베이스 구조가 바뀌어서", "이제 맞아요"
			visit(t, p).sees("/c/ops", lost, "열 orders.status 없어짐(orders.zz라는 이름이 된 것 같아요)", "표 regions 없어짐", "bapsang analyst accept shop")
			p.kill()
			if log := p.errs.String(); strings.Count(log, "column removed: orders.status") != 1 {
				t.Errorf("log:\n%s", log)
			}
			// A process that starts now knows, without being asked, and tells nobody again.
			p = start(t, "--now", "2026-11-05", "serve", "--config", c.config)
			eventually(t, "what is lost is known", func() bool {
				_, status := p.call(t, "GET", "/api/v1/status", "", token)
				return strings.Contains(fmt.Sprint(status["missing"]), "column orders.status is gone")
			})
			told("주문 상태별 주문 수", "orders.status 열", "데이터베이스에 없어요", "orders.zz 열이 생겼어요")
			change("ALTER TABLE orders RENAME COLUMN zz TO status")
			eventually(t, "it is back", func() bool { return strings.Contains(answer("주문 상태별 주문 수"), "완료") })
			visit(t, p).sees("/c/ops", well, "orders.status")
			if page := visit(t, p).page("/c/ops"); strings.Count(page, "열 orders.status 없어짐") != strings.Count(page, "표 regions 없어짐") {
				t.Errorf("told more than once:\n%s", page)
			}
		})
	}
}

// TestDoctorFindsWhatDoesNotFit: a written model on tables that have changed since.
func TestDoctorFindsWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	c := changingPostgres(t)
	dir := filepath.Join(filepath.Dir(c.config), "analysts", "sales")
	mustRun(t, "analyst", "draft", "--config", c.config, "--name", "sales", dir)
	rewrite(t, c.config, "timezone:", "analysts_dir: ./analysts\ntimezone:")
	if code, out, _ := run(t, "doctor", "--config", c.config); code != 0 {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	if err := c.exec("ALTER TABLE orders RENAME COLUMN status TO zz"); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := run(t, "doctor", "--config", c.config); code != 1 || !strings.Contains(out, "analyst sales") || !strings.Contains(out, "status") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

// TestAWrittenAnalystOutlivesAChange: the tables of a written analyst change while nothing runs.
// It answers what it can, who keeps it is told, and may take the tables as they are.
func TestAWrittenAnalystOutlivesAChange(t *testing.T) {
	t.Parallel()
	const token = "0123456789abcdef0123"
	c := changingSQLite(t)
	dir := filepath.Join(filepath.Dir(c.config), "analysts", "sales")
	mustRun(t, "analyst", "draft", "--config", c.config, "--name", "sales", dir)
	rewrite(t, filepath.Join(dir, "analyst.yaml"), "name: sales", "name: sales\nowner: web:ops")
	rewrite(t, c.config, "timezone:", "listen: 127.0.0.1:0\nanalysts_dir: ./analysts\nweb: {channels: [general, ops]}\nchanges: {after: 100ms}\napi: {tokens: [{name: loadtest, token: \"${API_TOKEN}\"}]}\ntimezone:")
	answer := asker(t, token)
	missing := func(p *process) string {
		_, status := p.call(t, "GET", "/api/v1/status", "", token)
		return fmt.Sprint(status["missing"])
	}
	p := start(t, "--now", "2026-11-05", "serve", "--config", c.config)
	if got := answer(p, "주문 상태별 주문 수"); !strings.Contains(got, "완료") {
		t.Fatalf("before: %s", got)
	}
	p.kill()
	if err := c.exec("ALTER TABLE orders RENAME COLUMN status TO zz"); err != nil {
		t.Fatal(err)
	}
	p = start(t, "--now", "2026-11-05", "serve", "--config", c.config)
	visit(t, p).sees("/c/ops", "열 orders.status 없어짐", "bapsang analyst check", "bapsang analyst accept sales")
	if got := answer(p, "지역별 매출"); !strings.Contains(got, "서울") {
		t.Errorf("what is there is not answered: %s\n%s", got, p.errs)
	}
	if got := answer(p, "주문 상태별 주문 수"); !strings.Contains(got, "orders.status 열") {
		t.Errorf("what is gone is answered: %s", got)
	}
	if got := missing(p); !strings.Contains(got, "kind:drift") || strings.Contains(got, "kind:analyst") {
		t.Errorf("status: %s", got)
	}
	if code, out, errs := run(t, "analyst", "accept", "--config", c.config, "sales"); code != 0 || out != "sales: 1 accepted\n" {
		t.Errorf("accept: %d %s %s", code, out, errs)
	}
	eventually(t, "it is accepted", func() bool { return missing(p) == "[]" })
	visit(t, p).sees("/c/ops", "다시 전처럼 답해요")
	if code, _, errs := run(t, "analyst", "accept", "--config", c.config, "nobody"); code == 0 || !strings.Contains(errs, "called nobody") {
		t.Errorf("accept of nobody: %d %s", code, errs)
	}
}

// asker asks a process, each time in a channel of its own, and tells the answer as programs
// are told it. After a restart it is asked of the next process.
func asker(t *testing.T, token string) func(p *process, question string) string {
	asks := 0
	return func(p *process, question string) string {
		t.Helper()
		asks++
		code, asked := p.call(t, "POST", "/api/v1/questions", fmt.Sprintf(`{"channel":"c%d","user":"u","text":%q}`, asks, question), token)
		if code != http.StatusAccepted {
			t.Fatalf("%d %v", code, asked)
		}
		return fmt.Sprint(p.answer(t, fmt.Sprint(asked["id"]), token)["answer"])
	}
}
