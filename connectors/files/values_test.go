package files_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/bapsang/bapsang/connectors"
)

// rowsOf returns the cells of a table as text, in the order they were loaded.
func rowsOf(t *testing.T, path, stmt string) [][]string {
	t.Helper()
	db, err := sql.Open("duckdb", path+"?access_mode=READ_ONLY")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(context.Background(), stmt)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for rows.Next() {
		cells := make([]sql.NullString, len(names))
		ptrs := make([]any, len(names))
		for i := range cells {
			ptrs[i] = &cells[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(names))
		for i, c := range cells {
			row[i] = c.String
			if !c.Valid {
				row[i] = "NULL"
			}
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestColumns says what columns become by their values, and what the first value is.
func TestColumns(t *testing.T) {
	t.Parallel()
	cases := []struct {
		heading string
		values  string // separated by |
		kind    connectors.Kind
		typ     string
		first   string
		unit    string
	}{
		{"날짜", "2026-11-22|2026-11-23", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"날짜", "2026.11.22|2026.11.3", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"날짜", "2026. 11. 22.|2026. 1. 3.", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"날짜", "2026. 11. 22. (일)|2026. 1. 3. (토)", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"일자", "20261122|20260101", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"v", "20261122|20260101|20251231|20240229|20230630", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"v", "20261122|20260101|20259931|20240229|20230630", connectors.KindInteger, "BIGINT", "20261122", ""},
		{"일자", "26/11/22|26/1/3", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"일자", "'26.11.22|'25.1.3", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"일자", "11월 22일|1월 3일", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"일자", "1월 3일|12월 25일", connectors.KindDate, "DATE", "2025-01-03", ""},
		{"기준월", "2026년 11월|2026년 1월", connectors.KindDate, "DATE", "2026-11-01", ""},
		{"기준월", "2026-11|2026-01", connectors.KindDate, "DATE", "2026-11-01", ""},
		{"기준월", "2026.11|2026.01", connectors.KindDate, "DATE", "2026-11-01", ""},
		{"기준월", "202611|202601", connectors.KindDate, "DATE", "2026-11-01", ""},
		{"date", "Nov 22, 2026|January 3, 2026", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"date", "22-Nov-2026|3-Jan-26", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"date", "11/22/2026|01/03/2026", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"date", "22/11/2026|03/01/2026", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"date", "Sunday, 22 November 2026|Saturday, 3 January 2026", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"일시", "2026-11-22 오후 3:05|2026-11-22 오전 12:30", connectors.KindTimestamp, "TIMESTAMP", "2026-11-22T15:05:00.000", ""},
		{"일시", "2026-11-22T15:05:06.500|2026-11-22T00:00:00Z", connectors.KindTimestamp, "TIMESTAMP", "2026-11-22T15:05:06.500", ""},
		{"일시", "2026-11-22 00:00:00|2026-11-23 00:00:00", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"일시", "2026년 11월 22일 15시 5분|2026년 1월 3일 9시", connectors.KindTimestamp, "TIMESTAMP", "2026-11-22T15:05:00.000", ""},
		{"일시", "20261122150506|20260101000000", connectors.KindTimestamp, "TIMESTAMP", "2026-11-22T15:05:06.000", ""},
		{"주문일", "46348|46349", connectors.KindDate, "DATE", "2026-11-22", ""},
		{"시간", "오후 3:05|오전 9:00", connectors.KindOther, "TIME", "15:05:00", ""},
		{"v", "1,234|-5", connectors.KindInteger, "BIGINT", "1234", ""},
		{"v", "1,234원|5원", connectors.KindInteger, "BIGINT", "1234", "원"},
		{"v", "₩1,234|₩ 5", connectors.KindInteger, "BIGINT", "1234", "원"},
		{"v", "3만|1.2억", connectors.KindInteger, "BIGINT", "30000", ""},
		{"v", "1억 2,854만 원|3천원", connectors.KindInteger, "BIGINT", "128540000", "원"},
		{"v", "12%|5.5%", connectors.KindNumber, "DECIMAL(18,3)", "0.120", "%"},
		{"비율(%)", "12|5.5", connectors.KindNumber, "DECIMAL(18,3)", "0.120", "%"},
		{"매출(천원)", "12|5", connectors.KindInteger, "BIGINT", "12000", "원"},
		{"v", "(1,234)|55", connectors.KindInteger, "BIGINT", "-1234", ""},
		{"v", "$(1,234)|$55", connectors.KindInteger, "BIGINT", "-1234", "$"},
		{"v", "−5|△300", connectors.KindInteger, "BIGINT", "-5", ""},
		{"v", "12.50|3.1", connectors.KindNumber, "DECIMAL(18,2)", "12.50", ""},
		{"v", "1.5e3|2", connectors.KindNumber, "DOUBLE", "1500.0", ""},
		{"v", "3kg|4.5 kg", connectors.KindNumber, "DECIMAL(18,1)", "3.0", "kg"},
		{"v", "3개|12개", connectors.KindInteger, "BIGINT", "3", "개"},
		{"v", "30명|2명", connectors.KindInteger, "BIGINT", "30", "명"},
		{"v", "20대|30대", connectors.KindText, "VARCHAR", "20대", ""},
		{"v", "3kg|4개", connectors.KindText, "VARCHAR", "3kg", ""},
		{"v", "-|N/A|없음|7", connectors.KindInteger, "BIGINT", "NULL", ""},
		{"v", "있음|없음", connectors.KindText, "VARCHAR", "있음", ""},
		{"v", "Y|N", connectors.KindBool, "BOOLEAN", "true", ""},
		{"v", "예|아니오", connectors.KindBool, "BOOLEAN", "true", ""},
		{"v", "O|X", connectors.KindBool, "BOOLEAN", "true", ""},
		{"혈액형", "O|O", connectors.KindText, "VARCHAR", "O", ""},
		{"v", "TRUE|false", connectors.KindBool, "BOOLEAN", "true", ""},
		{"반품여부", "1|0", connectors.KindBool, "BOOLEAN", "true", ""},
		{"v", "1|0", connectors.KindInteger, "BIGINT", "1", ""},
		{"v", "01234|12345", connectors.KindText, "VARCHAR", "01234", ""},
		{"우편번호", "61234|12345", connectors.KindText, "VARCHAR", "61234", ""},
		{"전화번호", "010-1234-5678|02-123-4567", connectors.KindText, "VARCHAR", "010-1234-5678", ""},
		{"사번", "20150001|20150002", connectors.KindText, "VARCHAR", "20150001", ""},
		{"v", "12345678901234567890|1", connectors.KindText, "VARCHAR", "12345678901234567890", ""},
		{"v", "1,2,3|4", connectors.KindText, "VARCHAR", "1,2,3", ""},
		{"v", "1.2.3|4.5.6", connectors.KindText, "VARCHAR", "1.2.3", ""},
		{"v", "9223372036854775807|1", connectors.KindText, "VARCHAR", "9223372036854775807", ""},
		{"v", "99999999999999원|1원", connectors.KindInteger, "BIGINT", "99999999999999", "원"},
		{"v", "NaN|Infinity", connectors.KindText, "VARCHAR", "NULL", ""},
	}
	heading, lines := "k", make([]string, 5)
	for _, c := range cases {
		heading += "\t" + c.heading
		values := strings.Split(c.values, "|")
		for i := range lines {
			lines[i] += "\t"
			if i < len(values) {
				lines[i] += values[i]
			}
		}
	}
	text := heading + "\n"
	for _, l := range lines {
		text += "x" + l + "\n"
	}
	cat, path := load(t, write(t, "data.tsv", text))
	tb := cat.Tables[0]
	for i, c := range cases {
		col := tb.Columns[i+1]
		if col.Kind != c.kind || col.Type != c.typ || col.Profile.Unit != c.unit {
			t.Errorf("%s %s: got %s %s unit %q, want %s %s %q", c.heading, c.values, col.Kind, col.Type, col.Profile.Unit, c.kind, c.typ, c.unit)
			continue
		}
		cast := "CAST(%q AS VARCHAR)"
		if c.typ == "TIMESTAMP" {
			cast = "strftime(%q, '%%Y-%%m-%%dT%%H:%%M:%%S.%%g')"
		}
		got := rowsOf(t, path, fmt.Sprintf("SELECT "+cast+" FROM %q", col.Name, tb.Name))[0][0]
		if got != c.first {
			t.Errorf("%s %s: first value %q, want %q", c.heading, c.values, got, c.first)
		}
	}
}
