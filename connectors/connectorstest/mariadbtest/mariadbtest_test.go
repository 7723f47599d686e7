//go:build unix

package mariadbtest

import (
	"database/sql"
	"syscall"
	"testing"
	"time"
)

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func ask(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var answer sql.NullString
	if err := db.QueryRow(query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if !answer.Valid {
		return "NULL"
	}
	return answer.String
}

// A server that ends, in good order or not, has its rows when it continues, at the same
// address.
func TestServerEndsAndContinues(t *testing.T) {
	s := Start(t, "max-connections=17")
	name := s.Database(t)
	db := open(t, s.DSN(name))
	if got := ask(t, db, "SELECT @@max_connections"); got != "17" {
		t.Errorf("%s connections at most", got)
	}
	if _, err := db.Exec("CREATE TABLE t (s VARCHAR(9)) CHARACTER SET utf8mb4"); err != nil {
		t.Fatal(err)
	}
	for i, how := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if _, err := db.Exec("INSERT INTO t VALUES ('밥상🍚')"); err != nil {
			t.Fatal(err)
		}
		s.Stop(t, how)
		if err := db.Ping(); err == nil {
			t.Error("answers after it was stopped")
		}
		s.Continue(t)
		if got := ask(t, db, "SELECT COUNT(*) FROM t WHERE s = '밥상🍚'"); got != string(rune('1'+i)) {
			t.Errorf("%v: %s rows", how, got)
		}
	}
}

func TestDatabasesOfOneServer(t *testing.T) {
	s := Shared(t)
	if Shared(t) != s {
		t.Error("two servers")
	}
	one, two := open(t, s.DSN(s.Database(t))), open(t, s.DSN(s.Database(t)))
	if _, err := one.Exec("CREATE TABLE t (id int)"); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, two, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"); got != "0" {
		t.Errorf("%s tables of another database", got)
	}
	c := s.Config("")
	c.Net, c.Addr = "unix", s.Socket()
	if got := ask(t, open(t, c.FormatDSN()), "SELECT @@character_set_server"); got != "utf8mb4" {
		t.Errorf("the character set is %s", got)
	}
}

// The zones are those that Go knows.
func TestZones(t *testing.T) {
	s := Shared(t)
	s.Zones(t, "Asia/Seoul", "America/New_York")
	s.Zones(t, "Asia/Seoul")
	db := open(t, s.DSN(""))
	for _, c := range [][2]string{{"Asia/Seoul", "1987-07-01"}, {"Asia/Seoul", "2026-07-01"}, {"America/New_York", "2026-01-31"}, {"America/New_York", "2026-07-01"}, {"Nowhere/Else", ""}} {
		want := "NULL"
		if c[1] != "" {
			zone, err := time.LoadLocation(c[0])
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.DateOnly, c[1])
			if err != nil {
				t.Fatal(err)
			}
			want = at.In(zone).Format(time.DateTime)
		}
		if got := ask(t, db, "SELECT CAST(CONVERT_TZ('"+c[1]+"', '+00:00', '"+c[0]+"') AS CHAR)"); got != want {
			t.Errorf("%v: %s, want %s", c, got, want)
		}
	}
}
