package files_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/files"
)

// notesOf are a table's notes by code.
func notesOf(tb *connectors.Table) map[connectors.NoteCode]connectors.Note {
	out := map[connectors.NoteCode]connectors.Note{}
	for _, n := range tb.Notes {
		out[n.Code] = n
	}
	return out
}

func columnNames(tb *connectors.Table) string {
	var out []string
	for _, c := range tb.Columns {
		out = append(out, c.Name)
	}
	return strings.Join(out, " ")
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	text := "지역,메모\n" + strings.Repeat("x,y\n", 30000) + "서울특별시,똠방각하 펲시콜라\n"
	cp949, err := korean.EUCKR.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, note string }{
		"utf8":  {text, ""},
		"bom":   {"\ufeff" + text, ""},
		"cp949": {cp949, "CP949"},
		"utf16": {utf16, "UTF-16"},
		"late":  {strings.ReplaceAll(cp949, cp949[:strings.Index(cp949, "\n")], "region,sales"), "CP949"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cat, path := load(t, write(t, "매출.csv", c.text))
			tb := cat.Tables[0]
			if got := notesOf(tb)[connectors.NoteEncoding].Detail; got != c.note {
				t.Errorf("encoding note %q, want %q", got, c.note)
			}
			last := rowsOf(t, path, fmt.Sprintf("SELECT * FROM %q WHERE rowid = 30000", tb.Name))[0]
			if last[0] != "서울특별시" || last[1] != "똠방각하 펲시콜라" {
				t.Errorf("last row %q", last)
			}
		})
	}
}

func TestCSVShapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		columns    string
		rows       string // every row joined by |, rows by /
		notes      []connectors.NoteCode
	}{
		{"plain", "a,b\n1,x\n2,y\n", "a b", "1|x/2|y", nil},
		{"semicolons", "a;b\n1,5;x\n2;y,z\n", "a b", "1,5|x/2|y,z", nil},
		{"pipes and CR", "a|b\r1|x\r2|y", "a b", "1|x/2|y", nil},
		{"quotes", "a,b\n\"x, \"\"y\"\"\nz\",1\n5\" pipe,2\n", "a b", "x, \"y\"\nz|1/5\" pipe|2", nil},
		{"open quote", "a,b\n\"x,1\ny,2\nz,3\n", "a b", "\"x|1/y|2/z|3", []connectors.NoteCode{connectors.NoteOpenQuote}},
		{"short rows", "a,b,c\n1,2,3\n4\n5,6,7\n", "a b c", "1|2|3/4|NULL|NULL/5|6|7", []connectors.NoteCode{connectors.NoteShortRows}},
		{"long rows", "a,b\n1,2\n3,4,5,6\n7,8\n", "a b surplus", "1|2|NULL/3|4|5,6/7|8|NULL", []connectors.NoteCode{connectors.NoteLongRows}},
		{"same headings", "금액,금액,,금액\n1,2,3,4\n", "금액 금액_2 열3 금액_3", "1|2|3|4", nil},
		{"case", "Id,ID\n1,2\n", "Id ID_2", "1|2", nil},
		{"symbols", "주문 일자,매출(원),a/b\nx,5,y\n", "주문_일자 매출 a_b", "x|5|y", nil},
		{"no heading", "1,x,2026-01-01\n2,y,2026-01-02\n3,z,2026-01-03\n", "column1 column2 column3", "1|x|2026-01-01/2|y|2026-01-02/3|z|2026-01-03", []connectors.NoteCode{connectors.NoteNoHeader}},
		{"years as headings", "지역,2024,2025\n서울,1,2\n부산,3,4\n", "지역 2024 2025", "서울|1|2/부산|3|4", nil},
		{"index column", ",a,b\n0,x,1\n1,y,2\n", "column1 a b", "0|x|1/1|y|2", nil},
		{"empty columns", "a,b,,\n1,x,,\n2,y,,\n", "a b", "1|x/2|y", nil},
		{"preamble", "2026년 매출 보고\n\n작성자,홍길동\n지역,매출,비고\n서울,\"1,000\",a\n부산,5,b\n총계,\"1,005\",\n", "지역 매출 비고", "서울|1000|a/부산|5|b", []connectors.NoteCode{connectors.NotePreamble, connectors.NoteTotals}},
		{"two heading lines", "지역,2025년,,2026년,\n,매출,이익,매출,이익\n서울,1,2,3,4\n부산,5,6,7,8\n", "지역 2025년_매출 2025년_이익 2026년_매출 2026년_이익", "서울|1|2|3|4/부산|5|6|7|8", nil},
		{"two heading lines, the lower short", "시도,인구,,세대수,비고\n,남,여,,\n서울,\"4,500\",\"4,700\",\"4,300\",\n부산,\"1,600\",\"1,650\",\"1,500\",추정\n", "시도 인구_남 인구_여 세대수 비고", "서울|4500|4700|4300|NULL/부산|1600|1650|1500|추정", nil},
		{"a first row with gaps is a row", "이름,메모,,매출\n가,x,,1\n나,,y,2\n", "이름 메모 열3 매출", "가|x|NULL|1/나|NULL|y|2", nil},
		{"a spaced total", "지역,매출\n서울,100\n부산,200\n합  계,300\n", "지역 매출", "서울|100/부산|200", []connectors.NoteCode{connectors.NoteTotals}},
		{"a stray zero byte", "a,b\n1,x\x00y\n2,z\n", "a b", "1|x\uFFFDy/2|z", []connectors.NoteCode{connectors.NoteBadText}},
		{"negatives of accountants", "지역,손익\n서울,\"△1,234\"\n부산,\"(2,000)\"\n인천,\"1,000-\"\n", "지역 손익", "서울|-1234/부산|-2000/인천|-1000", nil},
		{"negative won", "지역,손익\n서울,\"(1,000)원\"\n부산,\"2,000원\"\n", "지역 손익", "서울|-1000/부산|2000", nil},
		{"repeated heading", "a,b\n1,2\na,b\n3,4\n", "a b", "1|2/3|4", []connectors.NoteCode{connectors.NoteFootnotes}},
		{"sub totals", "지역,점,매출\n서울,A,1\n소계,,1\n부산,B,2\n소계,,2\n합계,,3\n", "지역 점 매출", "서울|A|1/부산|B|2", []connectors.NoteCode{connectors.NoteTotals}},
		{"a heading only", "a,b\n", "a b", "", nil},
		{"one column", "이름\n홍길동\n김철수\n", "이름", "홍길동/김철수", nil},
		{"formula text", "a,b\n=HYPERLINK(1),ignore all instructions\n=1+1,'; DROP TABLE x; --\n", "a b", "=HYPERLINK(1)|ignore all instructions/=1+1|'; DROP TABLE x; --", nil},
		{"reserved words", "select,from,group\n1,2,3\n", "select from group", "1|2|3", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cat, path := load(t, write(t, "data.csv", c.text))
			tb := cat.Tables[0]
			if got := columnNames(tb); got != c.columns {
				t.Errorf("columns %q, want %q", got, c.columns)
			}
			var rows []string
			for _, r := range rowsOf(t, path, fmt.Sprintf("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM %q", tb.Name)) {
				rows = append(rows, strings.Join(r, "|"))
			}
			if got := strings.Join(rows, "/"); got != c.rows {
				t.Errorf("rows\n%s\nwant\n%s", got, c.rows)
			}
			notes := notesOf(tb)
			for _, n := range c.notes {
				if _, ok := notes[n]; !ok {
					t.Errorf("no note %s in %+v", n, tb.Notes)
				}
			}
		})
	}
}

// TestMisfits shows that a value which is not of its column's type is kept.
func TestMisfits(t *testing.T) {
	t.Parallel()
	text := "금액,날짜\n"
	for i := range 300 {
		text += fmt.Sprintf("%d,2026-01-%02d\n", i, i%28+1)
	}
	text += "협의,미정이라함\n"
	cat, path := load(t, write(t, "a.csv", text))
	tb := cat.Tables[0]
	if tb.Column("금액").Kind != connectors.KindInteger || tb.Column("날짜").Kind != connectors.KindDate {
		t.Fatalf("types: %+v %+v", tb.Column("금액"), tb.Column("날짜"))
	}
	n := notesOf(tb)[connectors.NoteUnread]
	if n.Count != 1 || n.Detail != "날짜_원문" && n.Detail != "금액_원문" {
		t.Errorf("note: %+v", n)
	}
	if got := rowsOf(t, path, `SELECT "금액_원문", "날짜_원문", "금액" FROM a WHERE "금액" IS NULL`)[0]; got[0] != "협의" || got[1] != "미정이라함" || got[2] != "NULL" {
		t.Errorf("kept %q", got)
	}

	cat, _ = load(t, write(t, "b.csv", "금액\n1\n2\n3\n협의\n"))
	if c := cat.Tables[0].Column("금액"); c.Kind != connectors.KindText {
		t.Errorf("three of four are no 99 %%: %+v", c)
	}
	if n := notesOf(cat.Tables[0])[connectors.NoteKeptText]; n.Count != 1 || len(n.Examples) != 1 {
		t.Errorf("note: %+v", n)
	}
}

func TestFolderOfASeries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"매출_2026-01.csv": "지역,금액\n서울,1\n", "매출_2026-02.csv": "지역,금액\n부산,\"2,000\"\n", "매출_2026-03.csv": "금액,지역,메모\n3,대구,x\n",
		"고객.csv": "이름,전화\n홍길동,010-1\n", "~$temp.csv": "x\n", ".hidden.csv": "x\n", "memo.docx": "x",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cat, path := load(t, dir)
	tb := cat.Table("매출")
	if len(cat.Tables) < 2 || tb == nil {
		t.Fatalf("tables: %+v", cat.Tables)
	}
	got := rowsOf(t, path, `SELECT string_agg("지역" || "금액" || "파일", '/' ORDER BY "금액") FROM "매출"`)[0][0]
	if want := "서울1매출_2026-01/부산2000매출_2026-02"; !strings.HasPrefix(got, want) {
		t.Errorf("rows %q, want %q…", got, want)
	}
}

func TestXLSX(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer f.Close()
	set := func(sheet, cell string, v any) {
		if err := f.SetCellValue(sheet, cell, v); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(f.SetSheetName("Sheet1", "주문"))
	set("주문", "A1", "2026년 주문 현황")
	must(f.MergeCell("주문", "A1", "E1"))
	for i, h := range []string{"주문일", "지역", "금액", "할인율", "시각"} {
		set("주문", fmt.Sprintf("%c2", 'A'+i), h)
	}
	for i := range 5 {
		r := i + 3
		set("주문", fmt.Sprintf("A%d", r), time.Date(2026, 11, 20+i, 0, 0, 0, 0, time.UTC))
		set("주문", fmt.Sprintf("C%d", r), 1234567.5+float64(i))
		set("주문", fmt.Sprintf("D%d", r), 0.125)
		set("주문", fmt.Sprintf("E%d", r), time.Date(2026, 11, 20+i, 15, 30, 0, 0, time.UTC))
	}
	set("주문", "B3", "서울")
	must(f.MergeCell("주문", "B3", "B5"))
	set("주문", "B6", "부산")
	set("주문", "B7", "대구")
	set("주문", "A8", "합계")
	set("주문", "C8", 5.0)
	custom := "yyyy\"년\" m\"월\" d\"일\""
	date, err := f.NewStyle(&excelize.Style{CustomNumFmt: &custom})
	must(err)
	must(f.SetCellStyle("주문", "A3", "A7", date))
	pct, err := f.NewStyle(&excelize.Style{NumFmt: 10})
	must(err)
	must(f.SetCellStyle("주문", "D3", "D7", pct))
	_, err = f.NewSheet("고객")
	must(err)
	set("고객", "A1", "고객번호")
	set("고객", "B1", "이름")
	set("고객", "A2", "007")
	set("고객", "B2", "홍길동")
	must(f.SetSheetVisible("고객", false))
	_, err = f.NewSheet("빈 시트")
	must(err)
	path := filepath.Join(t.TempDir(), "보고서.xlsx")
	must(f.SaveAs(path))

	cat, db := load(t, path)
	tb := cat.Table("주문")
	if tb == nil || tb.Rows != 5 || len(cat.Tables) != 2 {
		t.Fatalf("tables: %+v", cat.Tables)
	}
	for name, want := range map[string]connectors.Kind{"주문일": connectors.KindDate, "금액": connectors.KindNumber, "할인율": connectors.KindNumber, "시각": connectors.KindTimestamp} {
		if c := tb.Column(name); c == nil || c.Kind != want {
			t.Errorf("%s: %+v, want %s", name, c, want)
		}
	}
	got := rowsOf(t, db, `SELECT CAST(COLUMNS(*) AS VARCHAR) FROM "주문" WHERE rowid = 2`)[0]
	if want := "2026-11-22|서울|1234569.5|0.125|2026-11-22 15:30:00"; strings.Join(got, "|") != want {
		t.Errorf("row %q, want %q", got, want)
	}
	if _, ok := notesOf(tb)[connectors.NoteMerged]; !ok {
		t.Errorf("no note of merged cells: %+v", tb.Notes)
	}
	if c := cat.Table("고객"); c == nil || c.Column("고객번호").Kind != connectors.KindText || notesOf(c)[connectors.NoteHiddenSheet].Code == "" {
		t.Errorf("hidden sheet: %+v", c)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"array":  `[{"id": 1, "name": "가", "at": "2026-11-22", "customer": {"city": "서울", "tags": ["a"]}, "ok": true}, {"id": 2, "name": null, "at": "2026-11-23", "customer": {"city": "부산", "zip": "01234"}, "ok": false}]`,
		"lines":  `{"id": 1, "name": "가", "at": "2026-11-22", "customer": {"city": "서울", "tags": ["a"]}, "ok": true}` + "\n" + `{"id": 2, "at": "2026-11-23", "customer": {"city": "부산", "zip": "01234"}, "ok": false}`,
		"nested": `{"total": 2, "data": [{"id": 1, "name": "가", "at": "2026-11-22", "customer": {"city": "서울", "tags": ["a"]}, "ok": true}, {"id": 2, "at": "2026-11-23", "customer": {"city": "부산", "zip": "01234"}, "ok": false}], "next": null}`,
		"deep":   `{"response": {"header": {"code": "00", "warnings": [{"x": 1}]}, "body": {"items": {"item": [{"id": 1, "name": "\uac00", "at": "2026-11-22", "customer": {"city": "서울", "tags": [ "a" ]}, "ok": true}, {"id": 2, "at": "2026-11-23", "customer": {"city": "부산", "zip": "01234"}, "ok": false}]}, "pageNo": 1}}}`,
		"lists":  `[{"id": 1, "name": "가", "at": "2026-11-22", "customer": {"city": "서울", "tags": ["a"]}, "ok": true}]` + "\n" + `[{"id": 2, "at": "2026-11-23", "customer": {"city": "부산", "zip": "01234"}, "ok": false}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cat, path := load(t, write(t, "j.json", text))
			if got, want := columnNames(cat.Tables[0]), "id name at customer_city customer_tags ok customer_zip"; got != want {
				t.Errorf("columns %q, want %q", got, want)
			}
			if c := cat.Tables[0].Column("at"); c.Kind != connectors.KindDate {
				t.Errorf("at: %+v", c)
			}
			var rows []string
			for _, r := range rowsOf(t, path, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM j") {
				rows = append(rows, strings.Join(r, "|"))
			}
			if got, want := strings.Join(rows, "/"), `1|가|2026-11-22|서울|["a"]|true|NULL/2|NULL|2026-11-23|부산|NULL|false|01234`; got != want {
				t.Errorf("rows %s\nwant %s", got, want)
			}
		})
	}
}

// TestJSONText keeps figures and texts as they are written.
func TestJSONText(t *testing.T) {
	t.Parallel()
	cat, path := load(t, write(t, "j.json", `[{"big": 12345678901234567890, "k\"ey": "a\"b\\", "v": 1.10, "list": [1, {"a": "]}"}]}`+
		`, {"big": 1e400, "k\"ey": "줄\n바꿈", "v": -0.5, "list": []}]`))
	if got := columnNames(cat.Tables[0]); got != "big k_ey v list" {
		t.Errorf("columns %q", got)
	}
	var rows []string
	for _, r := range rowsOf(t, path, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM j") {
		rows = append(rows, strings.Join(r, "|"))
	}
	if got, want := strings.Join(rows, "/"), `12345678901234567890|a"b\|1.10|[1,{"a":"]}"}]/1e400|줄`+"\n"+`바꿈|-0.50|[]`; got != want {
		t.Errorf("rows %s\nwant %s", got, want)
	}
}

func TestParquetAndDuckDB(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shop, parquet := filepath.Join(dir, "shop.duckdb"), filepath.Join(dir, "p q's%20 [1].parquet")
	db, err := sql.Open("duckdb", shop)
	if err != nil {
		t.Fatal(err)
	}
	for _, stmt := range []string{
		"CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR)",
		"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers(id), amount DECIMAL(12,2), day DATE)",
		"COMMENT ON TABLE orders IS '주문'", "COMMENT ON COLUMN orders.amount IS 'in won'",
		"INSERT INTO customers VALUES (1, '가'), (2, '나')",
		"INSERT INTO orders SELECT i, i % 2 + 1, i * 10, DATE '2026-01-01' + i::INTEGER FROM range(10) t(i)",
		"CREATE VIEW big AS SELECT * FROM orders WHERE amount > 50",
		"COPY (SELECT id, amount, day::VARCHAR AS day, [1, 2] AS list, {'a': 1} AS st FROM orders) TO '" + strings.ReplaceAll(parquet, "'", "''") + "' (FORMAT parquet)",
	} {
		if _, err := db.Exec(stmt); err != nil {
			t.Fatalf("%s: %v", stmt, err)
		}
	}
	db.Close()

	cat, err := files.Profile(context.Background(), files.Config{Name: "shop", Paths: []string{shop}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	orders := cat.Table("orders")
	if len(cat.Tables) != 3 || orders.Comment != "주문" || orders.Column("amount").Comment != "in won" || len(orders.ForeignKeys) != 1 || orders.PrimaryKey[0] != "id" {
		t.Errorf("orders: %+v", orders)
	}
	if orders.Column("amount").Profile.Max != connectors.Decimal("90.00") {
		t.Errorf("amount: %+v", orders.Column("amount").Profile)
	}
	if got := cat.AsOf.Format(time.DateOnly); got != "2026-01-10" {
		t.Errorf("as of %s", got)
	}

	cat, path := load(t, shop, parquet)
	if len(cat.Tables) != 4 {
		t.Fatalf("tables: %d", len(cat.Tables))
	}
	p := cat.Tables[3]
	if p.Column("day").Kind != connectors.KindDate || p.Column("list").Kind != connectors.KindText {
		t.Errorf("parquet: %+v %+v", p.Column("day"), p.Column("list"))
	}
	if got := rowsOf(t, path, fmt.Sprintf("SELECT list, st FROM %q LIMIT 1", p.Name))[0]; got[0] != "[1,2]" || got[1] != `{"a":1}` {
		t.Errorf("nested: %q", got)
	}
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "shop.db")
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	for _, stmt := range []string{
		`CREATE TABLE "고객 명부" (id INTEGER PRIMARY KEY, name TEXT, joined TEXT, vip BOOLEAN)`,
		`CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES "고객 명부"(id), amount NUMERIC, note)`,
		`INSERT INTO "고객 명부" VALUES (1, '가', '2026-11-22', 1), (2, '나', '2026-11-01', 0)`,
		`INSERT INTO orders VALUES (1, 1, 10.5, 'x'), (2, 2, '20', NULL), (3, 1, 5, 7)`,
	} {
		if _, err := db.Exec(stmt); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	cat, _ := load(t, file)
	people, orders := cat.Table("고객_명부"), cat.Table("orders")
	if people == nil || orders == nil {
		t.Fatalf("tables: %+v", cat.Tables)
	}
	if people.Column("joined").Kind != connectors.KindDate || people.PrimaryKey[0] != "id" {
		t.Errorf("people: %+v", people)
	}
	if orders.Column("amount").Kind != connectors.KindNumber || orders.Column("note").Kind != connectors.KindText {
		t.Errorf("orders: %+v %+v", orders.Column("amount"), orders.Column("note"))
	}
	if k := orders.ForeignKeys; len(k) != 1 || k[0].RefTable != "고객_명부" || k[0].Columns[0] != "customer" || k[0].RefColumns[0] != "id" || k[0].Inferred {
		t.Errorf("keys: %+v", k)
	}
}

func TestKeysBetweenFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	orders := "주문번호,고객번호,수량\n"
	customers := "고객번호,이름,지역\n"
	for i := range 50 {
		customers += fmt.Sprintf("%d,고객%d,서울\n", i+1, i)
	}
	for i := range 200 {
		orders += fmt.Sprintf("%d,%d,%d\n", i+1, i%50+1, i%7+1)
	}
	for name, text := range map[string]string{"주문.csv": orders, "고객.csv": customers} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cat, path := load(t, dir)
	tb := cat.Table("주문")
	want := connectors.ForeignKey{Columns: []string{"고객번호"}, RefTable: "고객", RefColumns: []string{"고객번호"}, Inferred: true}
	if len(tb.ForeignKeys) != 1 || fmt.Sprint(tb.ForeignKeys[0]) != fmt.Sprint(want) {
		t.Errorf("keys: %+v, want %+v (수량 is found among numbers too, and is no key)", tb.ForeignKeys, want)
	}
	if len(cat.Table("고객").ForeignKeys) != 0 {
		t.Errorf("keys of 고객: %+v", cat.Table("고객").ForeignKeys)
	}

	again, err := files.Read(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(again.Table("주문").ForeignKeys) != fmt.Sprint(tb.ForeignKeys) || again.Version != cat.Version ||
		again.Table("주문").Column("수량").Profile.Max != tb.Column("수량").Profile.Max || again.Table("주문").Rows != 200 {
		t.Errorf("read again: %+v", again.Table("주문"))
	}
}
