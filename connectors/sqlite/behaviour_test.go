package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/connectorstest"
	"github.com/bapsang/bapsang/connectors/sqlite"
)

// sentence fails unless err is an error of the code that says what it is and holds no path.
func sentence(t *testing.T, err error, code connectors.Code, says string) {
	t.Helper()
	var e *connectors.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Message, says) || strings.Contains(e.Message+e.Fix, "/") {
		t.Errorf("got %v, want %s, saying %q", err, code, says)
	}
}

// What is no database that can be read is said in a sentence.
func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, err := os.ReadFile(database(t, itemsSQL))
	if err != nil {
		t.Fatal(err)
	}
	noise := []byte(strings.Repeat("\x13\xd0\x77\xfa", 2048))
	damaged := append([]byte{}, good...)
	copy(damaged[100:4096], noise)
	logged := lockedOut(t, dir)
	for name, c := range map[string]struct {
		path string
		code connectors.Code
		says string
	}{
		"none":      {filepath.Join(dir, "none.sqlite"), connectors.CodeNotFound, "no such database file"},
		"a folder":  {dir, connectors.CodeNotFound, "no database file"},
		"empty":     {put("empty", nil), connectors.CodeBadData, "is empty"},
		"text":      {put("text", []byte("id,name\n1,a\n")), connectors.CodeBadData, "no SQLite database"},
		"encrypted": {put("noise", noise), connectors.CodeBadData, "encrypted"},
		"damaged":   {put("damaged", damaged), connectors.CodeBadData, "damaged"},
		"cut":       {put("cut", good[:150]), connectors.CodeBadData, "damaged"},
		"log":       {logged, connectors.CodeUnavailable, "write-ahead log"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sqlite.Open(t.Context(), sqlite.Config{Path: c.path})
			sentence(t, err, c.code, c.says)
		})
	}
	// Damage that lies deeper is met by the statement that reads there.
	deep := append([]byte{}, good...)
	copy(deep[3*4096:], noise[:4096])
	src := open(t, sqlite.Config{Path: put("deep", deep), Workers: 1})
	if _, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT sum(length(label)) FROM items"}); err == nil {
		t.Error("a damaged page was read")
	} else {
		sentence(t, err, connectors.CodeBadData, "damaged")
	}
	if res := query(t, src, "SELECT 1"); res.Rows[0][0] != int64(1) {
		t.Errorf("afterwards: %v", res.Rows)
	}
}

// lockedOut is a database with a log in use whose index can be neither opened nor made, as
// where the folder may not be written: the tests may run as root, whom no permission stops.
func lockedOut(t *testing.T, dir string) string {
	t.Helper()
	path := database(t, itemsSQL)
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("PRAGMA journal_mode = WAL; CREATE TABLE more (x)"); err != nil {
		t.Fatal(err)
	}
	there := filepath.Join(dir, "logged.sqlite")
	for _, end := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + end)
		if err == nil {
			err = os.WriteFile(there+end, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("nowhere", there+"-shm"); err != nil {
		t.Fatal(err)
	}
	return there
}

// A transaction that its writer did not end, because it died, is never read.
func TestAWriterThatDied(t *testing.T) {
	path := database(t, itemsSQL)
	db, err := sql.Open("sqlite3", path+"?_cache_size=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("PRAGMA cache_spill = 1; BEGIN; UPDATE items SET price = 0, label = label || printf('%.*c', 500, 'x')"); err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(t.TempDir(), "dead.sqlite")
	for _, end := range []string{"", "-journal"} {
		data, err := os.ReadFile(path + end)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dead+end, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err = sqlite.Open(t.Context(), sqlite.Config{Path: dead})
	sentence(t, err, connectors.CodeUnavailable, "stopped in the middle")
	write(t, dead, "SELECT count(*) FROM items") // whoever may write takes it back
	wantItems(t, open(t, sqlite.Config{Path: dead}))
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
}

// A lock is waited for, and told when it lasts.
func TestLocks(t *testing.T) {
	path := database(t, itemsSQL)
	src := open(t, sqlite.Config{Path: path, Workers: 1})
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	lock := func(statement string) {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	lock("BEGIN EXCLUSIVE")
	_, err = src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT count(*) FROM items", Timeout: time.Second})
	sentence(t, err, connectors.CodeTimeout, "locked by somebody")
	connectorstest.Soon(t, "a wait for a lock, given up", 550*time.Millisecond, func() time.Duration {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		started := time.Now()
		_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: "SELECT count(*) FROM items"})
		sentence(t, err, connectors.CodeCancelled, "stopped")
		return time.Since(started)
	})
	time.AfterFunc(200*time.Millisecond, func() { lock("ROLLBACK") })
	wantItems(t, src)
}

// While somebody writes, every answer is of one moment.
func TestWhileSomebodyWrites(t *testing.T) {
	for _, journal := range []string{"DELETE", "WAL"} {
		t.Run(journal, func(t *testing.T) {
			path := database(t, "PRAGMA journal_mode = "+journal, "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER); INSERT INTO accounts VALUES (1, 500), (2, 500)")
			src := open(t, sqlite.Config{Path: path})
			first, err := src.Catalog(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite3", path+"?_busy_timeout=10000&_txlock=immediate")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			// For a while, and on a busy machine until there has been something to see.
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			defer stop()
			begun := time.Now()
			var writer sync.WaitGroup
			writes := 0
			writer.Go(func() {
				for ctx.Err() == nil {
					if _, err := db.Exec(fmt.Sprintf("BEGIN IMMEDIATE; UPDATE accounts SET balance = balance - %d WHERE id = 1; UPDATE accounts SET balance = balance + %[1]d WHERE id = 2; COMMIT", writes%7)); err != nil {
						t.Error(err)
						return
					}
					writes++
				}
			})
			reads, seen := 0, map[string]bool{}
			for ctx.Err() == nil {
				res := query(t, src, "SELECT sum(balance), min(balance) FROM accounts")
				if res.Rows[0][0] != int64(1000) {
					t.Errorf("read %v", res.Rows)
				}
				seen[fmt.Sprint(res.Rows)] = true
				if reads++; len(seen) > 1 && time.Since(begun) > 1500*time.Millisecond {
					stop()
				}
			}
			writer.Wait()
			if writes < 2 || reads < 2 || len(seen) < 2 {
				t.Errorf("%d writes, %d reads, %d states", writes, reads, len(seen))
			}
			if last, err := src.Catalog(t.Context()); err != nil || last.Version == first.Version {
				t.Errorf("version %v after %d writes, %v", last, writes, err)
			}
			t.Logf("%d writes, %d reads, %d states", writes, reads, len(seen))
		})
	}
}

// A file that vanishes is told; one that takes its place is read.
func TestTheFileIsExchanged(t *testing.T) {
	path := database(t, itemsSQL)
	src := open(t, sqlite.Config{Path: path})
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	_, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT 1"})
	sentence(t, err, connectors.CodeUnavailable, "not there any more")
	other := database(t, "CREATE TABLE items (id INTEGER, note TEXT); INSERT INTO items VALUES (7, 'new')")
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if res := query(t, src, "SELECT * FROM items"); fmt.Sprint(res.Rows) != "[[7 new]]" {
		t.Errorf("the new file: %v", res.Rows)
	}
	_, err = src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT price FROM items"})
	sentence(t, err, connectors.CodeNotFound, "has changed: the column price")
	waitFor(t, "the new structure", func() bool {
		cat, err := src.Catalog(t.Context())
		return err == nil && cat.Table("items").Column("note") != nil
	})
}

func waitFor(t *testing.T, what string, there func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !there(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

// What is gone from the database is told as a change, and the next question knows.
func TestTheStructureChanges(t *testing.T) {
	path := database(t, itemsSQL, "CREATE TABLE orders (id INTEGER, total REAL)")
	src := open(t, sqlite.Config{Path: path})
	write(t, path, "DROP TABLE orders", "ALTER TABLE items RENAME COLUMN price TO cost", "CREATE TABLE returns (id INTEGER)")
	_, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT total FROM orders"})
	sentence(t, err, connectors.CodeNotFound, "the table orders is not there any more")
	_, err = src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT i.price FROM items i"})
	sentence(t, err, connectors.CodeNotFound, "the column price is not there any more")
	waitFor(t, "the new structure", func() bool {
		cat, err := src.Catalog(t.Context())
		return err == nil && cat.Table("orders") == nil && cat.Table("returns") != nil && cat.Table("items").Column("cost") != nil
	})
	_, err = src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT total FROM nowhere"})
	sentence(t, err, connectors.CodeDenied, "nowhere")
}

// Values are cells as they are stored; what a column is declared as shows where every value
// is of it.
func TestValues(t *testing.T) {
	path := database(t, `CREATE TABLE v (n INTEGER PRIMARY KEY, price DECIMAL(10,2), money NUMERIC(20, 4), yes BOOLEAN, maybe BOOLEAN, day DATE, at DATETIME, unix TIMESTAMP, mixed INTEGER, file BLOB, name VARCHAR(20), free)`,
		`INSERT INTO v VALUES (1, 5, 0.1, 1, 1, '2026-11-01', '2026-11-01 10:00:00', 1790000000, 1, x'00FF', '가', 9e999)`,
		`INSERT INTO v VALUES (2, 12.5, '123456789012345678.9', 0, 2, '2026-11-02', '2026-11-01T10:00:00.5Z', 1790000001, 'two', 'text', CAST(x'b9e4bbf3' AS TEXT), 2)`,
		`INSERT INTO v VALUES (3, 1.005, 99999999999.9999, NULL, 'true', NULL, NULL, NULL, 3.5, NULL, 'a' || char(0) || 'b', x'AA')`)
	src := open(t, sqlite.Config{Path: path})
	res := query(t, src, "SELECT * FROM v ORDER BY n")
	day := func(d, h, ns int) time.Time { return time.Date(2026, 11, d, h, 0, 0, ns, time.UTC) }
	want := [][]any{
		{int64(1), connectors.Decimal("5.00"), connectors.Decimal("0.1000"), true, int64(1), day(1, 0, 0), day(1, 10, 0), int64(1790000000), int64(1), `\x00ff`, "가", math.Inf(1)},
		{int64(2), connectors.Decimal("12.50"), connectors.Decimal("123456789012345680.0000"), false, int64(2), day(2, 0, 0), day(1, 10, 5e8), int64(1790000001), "two", "text", "밥상", int64(2)},
		{int64(3), 1.005, connectors.Decimal("99999999999.9999"), nil, "true", nil, nil, nil, 3.5, nil, "a\x00b", `\xaa`},
	}
	if diff := cmp.Diff(want, res.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	types := ""
	for _, c := range res.Columns {
		types += c.Type + " "
	}
	if types != "INTEGER DECIMAL(10,2) NUMERIC(20, 4) BOOLEAN BOOLEAN DATE DATETIME TIMESTAMP INTEGER BLOB VARCHAR(20) ANY " {
		t.Errorf("types %s", types)
	}
	cat, err := src.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kinds, notes := "", ""
	for _, c := range cat.Table("v").Columns {
		kinds += string(c.Kind) + " "
	}
	for _, n := range cat.Table("v").Notes {
		notes += n.Text("en") + "; "
	}
	if kinds != "integer number number bool text date timestamp integer text text text other " {
		t.Errorf("kinds %s", kinds)
	}
	if notes != "times of column unix are numbers (unixepoch) and stay numbers; column mixed looks like number but 1 values are not, so it stays text; " {
		t.Errorf("notes %s", notes)
	}
	// The zone of the configuration is what SQLite calls local.
	seoul := open(t, sqlite.Config{Path: path, Timezone: "Asia/Seoul"})
	if got := query(t, seoul, "SELECT datetime('2026-11-01 00:00:00', 'localtime')").Rows[0][0]; got != day(1, 9, 0) {
		t.Errorf("local time %v", got)
	}
}

const storeSQL = `
	CREATE TABLE 지역 ("지역 번호" INTEGER PRIMARY KEY, 이름 TEXT -- 지역명
	);
	INSERT INTO 지역 VALUES (1, '서울'), (2, '부산');
	CREATE TABLE "select ""order""" ( -- 주문 내역
		"order" INTEGER PRIMARY KEY, -- 주문 번호
		-- 어디에서 샀는지
		"지역" INTEGER REFERENCES 지역,
		[group by] DATE NOT NULL, /* 산 날 */
		amount DECIMAL(12,2) CHECK (amount > 0), -- 매출 (부가세, 제외)
		day_of INTEGER GENERATED ALWAYS AS (amount * 2) VIRTUAL,
		FOREIGN KEY (amount) REFERENCES nowhere(x)
	);
	INSERT INTO "select ""order""" VALUES (1, 1, '2026-10-01', 10), (2, 1, '2026-10-02', 12.5), (3, 2, '2026-10-03', 7);
	CREATE TABLE pair (a TEXT, b TEXT, n INT, PRIMARY KEY (b, a)) WITHOUT ROWID;
	CREATE TABLE lines (line_id INTEGER PRIMARY KEY, b TEXT, a TEXT, product_id INT, FOREIGN KEY (a, b) REFERENCES pair(a, b)) STRICT;
	CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT);
	INSERT INTO products VALUES (1, 'x'), (2, 'y');
	INSERT INTO lines VALUES (1, NULL, NULL, 1), (2, NULL, NULL, 2), (3, NULL, NULL, 2);
	CREATE VIEW recent AS SELECT "order", amount FROM "select ""order""" WHERE amount > 8;
	CREATE VIEW gone AS SELECT * FROM vanished;
	CREATE TABLE bare (a INTEGER, d DATE);
	CREATE VIRTUAL TABLE words USING fts4(x)`

func TestCatalog(t *testing.T) {
	src := open(t, sqlite.Config{Path: database(t, storeSQL), Name: "store"})
	cat, err := src.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, table := range cat.Tables {
		names += table.Name + "|"
	}
	if names != `지역|select "order"|pair|lines|products|recent|bare|` || cat.Source != "store" || cat.Dialect != "sqlite" || cat.AsOf.Format(time.DateOnly) != "2026-10-03" {
		t.Errorf("tables %s of %s in %s as of %s", names, cat.Source, cat.Dialect, cat.AsOf)
	}
	orders := cat.Table(`select "order"`)
	comments := orders.Comment + "|"
	for _, c := range orders.Columns {
		comments += c.Name + ": " + c.Comment + "|"
	}
	if comments != "주문 내역|order: 주문 번호|지역: 어디에서 샀는지|group by: 산 날|amount: 매출 (부가세, 제외)|day_of: |" {
		t.Errorf("comments %s", comments)
	}
	if cat.Table("지역").Column("이름").Comment != "지역명" || orders.Rows != 3 {
		t.Errorf("region %+v, %d orders", cat.Table("지역").Column("이름"), orders.Rows)
	}
	if diff := cmp.Diff([]connectors.ForeignKey{{Columns: []string{"지역"}, RefTable: "지역", RefColumns: []string{"지역 번호"}}}, orders.ForeignKeys); diff != "" {
		t.Errorf("keys of orders:\n%s", diff)
	}
	if diff := cmp.Diff([]connectors.ForeignKey{
		{Columns: []string{"a", "b"}, RefTable: "pair", RefColumns: []string{"a", "b"}},
		{Columns: []string{"product_id"}, RefTable: "products", RefColumns: []string{"id"}, Inferred: true},
	}, cat.Table("lines").ForeignKeys); diff != "" {
		t.Errorf("keys of lines:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b", "a"}, cat.Table("pair").PrimaryKey); diff != "" {
		t.Errorf("primary key:\n%s", diff)
	}
	p := orders.Column("amount").Profile
	if p == nil || p.Min != connectors.Decimal("7.00") || p.Max != connectors.Decimal("12.50") || !p.Unique {
		t.Errorf("profile of amount %+v", p)
	}
	values := cat.Table("지역").Column("이름").Profile.Values
	if diff := cmp.Diff([]connectors.ValueCount{{Value: "부산", Count: 1}, {Value: "서울", Count: 1}}, values); diff != "" {
		t.Errorf("values:\n%s", diff)
	}
	if res := query(t, src, `SELECT "order", "지역 번호", [group by] FROM "select ""order""" JOIN 지역 ON "지역" = "지역 번호" WHERE amount > 11`); fmt.Sprint(res.Rows) != "[[2 1 2026-10-02 00:00:00 +0000 UTC]]" {
		t.Errorf("names: %v", res.Rows)
	}
}

// A large table is counted and looked at in a sample; its last day is found all the same.
func TestLargeTable(t *testing.T) {
	path := database(t, `CREATE TABLE big (id INTEGER PRIMARY KEY, d DATE, label TEXT);
		INSERT INTO big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i, date('2020-01-01', (i / 200) || ' days'), 'L' || (i % 50) FROM n;
		UPDATE big SET d = '2025-12-31' WHERE id = 150000`)
	cat, err := open(t, sqlite.Config{Path: path}).Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	big := cat.Table("big")
	if big.Rows != 300_000 || len(big.Column("label").Profile.Values) != 50 || cat.AsOf.Format(time.DateOnly) != "2025-12-31" {
		t.Errorf("%d rows, %d labels, as of %s", big.Rows, len(big.Column("label").Profile.Values), cat.AsOf)
	}
}

// Ten thousand tables are read in bounded time, and a statement on them is not slow. SQLite
// itself needs most of a minute to make so many: here they are entries of the schema that
// share the page of one empty table.
func TestTenThousandTables(t *testing.T) {
	path := database(t, `CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, amount REAL, d DATE);
		PRAGMA writable_schema = ON;
		INSERT INTO sqlite_schema WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
			SELECT 'table', 't' || i, 't' || i, rootpage, 'CREATE TABLE t' || i || ' (id INTEGER PRIMARY KEY, name TEXT, t' || (i / 2) || '_id INTEGER REFERENCES t' || (i / 2) || ')' FROM n, sqlite_schema;
		PRAGMA writable_schema = RESET`)
	started := time.Now()
	src := open(t, sqlite.Config{Path: path, Workers: 1})
	took := time.Since(started)
	if t.Logf("opened after %s", took); took > time.Minute {
		t.Error("that is too long")
	}
	cat, err := src.Catalog(t.Context())
	if err != nil || len(cat.Tables) != 10_000 || len(cat.Table("t9999").ForeignKeys) != 1 {
		t.Fatalf("%v", err)
	}
	query(t, src, "SELECT count(*) FROM t9999")
	started = time.Now()
	query(t, src, "SELECT a.name FROM t9999 a JOIN t5 b USING (id)")
	t.Logf("a statement took %s", time.Since(started))
}

// Whoever gives up is answered at once, whether the engine heeds it or not.
func TestCancelIsQuick(t *testing.T) {
	src := open(t, sqlite.Config{Path: database(t, itemsSQL), Workers: 1})
	for name, c := range map[string]struct {
		sql  string
		most time.Duration
	}{
		// What is not heeded is killed after a fifth of a second; how soon all is answered,
		// BenchmarkCancel says.
		"heeded":     {"SELECT count(*) FROM items a, items b, items c, items d", 500 * time.Millisecond},
		"not heeded": {stubborn, 1500 * time.Millisecond},
	} {
		connectorstest.Soon(t, name, c.most, func() time.Duration {
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			time.AfterFunc(100*time.Millisecond, func() { at = time.Now(); cancel() })
			_, err := src.Query(ctx, connectors.Caller{}, connectors.Statement{SQL: c.sql})
			took := time.Since(at)
			sentence(t, err, connectors.CodeCancelled, "stopped")
			t.Logf("%s: %s", name, took)
			wantItems(t, src)
			return took
		})
	}
}

// A million rows are read in constant memory, and as many are given as a result may hold.
func TestAMillionRows(t *testing.T) {
	src := open(t, sqlite.Config{Path: database(t, itemsSQL), Workers: 1})
	for most, want := range map[int]int{0: connectors.DefaultMaxRows, 10_000_000: 100_000} {
		res, err := src.Query(t.Context(), connectors.Caller{}, connectors.Statement{SQL: "SELECT a.id, a.label, b.price FROM items a, items b", MaxRows: most})
		if err != nil || !res.Truncated || len(res.Rows) < want {
			t.Fatalf("%v, %v", res, err)
		}
		t.Logf("%d rows in %s", len(res.Rows), res.Elapsed)
	}
	for _, pid := range connectorstest.Children(t) {
		if kb := resident(t, pid); kb > 150<<10 {
			t.Errorf("the worker had %d MB", kb>>10)
		} else {
			t.Logf("the worker had %d MB", kb>>10)
		}
	}
}
