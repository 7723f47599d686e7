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
			rewrite(t, c.config, "timezone:", "listen: 127.0.0.1:0\napi: {tokens: [{name: loadtest, token: \"${API_TOKEN}\"}]}\ntimezone:")
			p := start(t, "--now", "2026-11-05", "serve", "--config", c.config)
			asks := 0
			answer := func(question string) string {
				t.Helper()
				asks++
				code, asked := p.call(t, "POST", "/api/v1/questions", fmt.Sprintf(`{"channel":"c%d","user":"u","text":%q}`, asks, question), token)
				if code != http.StatusAccepted {
					t.Fatalf("%d %v", code, asked)
				}
				return fmt.Sprint(p.answer(t, fmt.Sprint(asked["id"]), token)["answer"])
			}
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
			p.kill()
			if log := p.errs.String(); strings.Count(log, "column removed: orders.status") != 1 {
				t.Errorf("log:\n%s", log)
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
