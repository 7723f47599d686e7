package files_test

import (
	"testing"

	"github.com/bapsang/bapsang/connectors"
)

func TestKoreanExport(t *testing.T) {
	cat, _ := load(t, write(t, "주문.csv", "\ufeff매출 현황,,,,\n(단위: 천원),,,,\n주문일,지역,매출,할인율,우편번호\n2026-11-01,서울,\"1,234\",12%,01234\n2026.11.02,부산,\"2,000\",5.5%,12345\n2026. 11. 3.,서울,-,3%,23456\n합계,,\"3,234\",,\n※ 잠정치,,,,\n"))
	tb := cat.Table("주문")
	if tb == nil || tb.Rows != 3 {
		t.Fatalf("tables: %+v", cat.Tables)
	}
	for name, want := range map[string]connectors.Kind{
		"주문일": connectors.KindDate, "지역": connectors.KindText, "매출": connectors.KindInteger,
		"할인율": connectors.KindNumber, "우편번호": connectors.KindText,
	} {
		if c := tb.Column(name); c == nil || c.Kind != want {
			t.Errorf("%s: %+v, want %s", name, c, want)
		}
	}
	if got := tb.Column("매출").Profile; got.Max != int64(2_000_000) || got.Unit != "원" {
		t.Errorf("매출: %+v", got)
	}
	codes := map[connectors.NoteCode]int64{}
	for _, n := range tb.Notes {
		codes[n.Code] = n.Count
	}
	if codes[connectors.NotePreamble] != 2 || codes[connectors.NoteTotals] != 1 || codes[connectors.NoteFootnotes] != 1 {
		t.Errorf("notes: %+v", tb.Notes)
	}
	if got := cat.AsOf.Format("2006-01-02"); got != "2026-11-03" {
		t.Errorf("as of %s", got)
	}
}
