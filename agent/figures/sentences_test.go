package figures_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
)

// channels are revenue, orders and rates by channel.
func channels() figures.Given {
	return figures.Given{
		Tables: []figures.Table{{Name: "r1", Count: 6,
			Columns: []figures.Column{{Key: "channel", Label: "채널"}, {Key: "revenue", Label: "매출", Format: format.KRW}, {Key: "orders", Label: "주문 수", Format: format.Integer}, {Key: "growth", Label: "성장률", Format: format.Percent, Signed: true}, {Key: "refund_rate", Label: "반품률", Format: format.Percent}},
			Rows: [][]any{
				{"온라인몰", 1_264_300_000.0, int64(10412), 0.1432, 0.0312},
				{"오픈마켓", 812_750_000.0, int64(9120), -0.0871, 0.0645},
				{"직영점", 633_120_000.0, int64(2204), 0.0263, 0.0121},
				{"대리점", 401_900_000.0, int64(1533), -0.2214, 0.0187},
				{"홈쇼핑", 198_400_000.0, int64(1720), 0.5108, 0.1120},
				{"B2B", 87_530_000.0, int64(61), -0.0152, 0.0},
			}}},
		Said: []string{"최근 8주 채널별 매출이랑 성장률, 반품률 10% 이상인 채널은?", "SELECT ... WHERE ordered_at >= DATE '2026-09-28' AND ordered_at < DATE '2026-11-23'"},
	}
}

// months are orders and a profit that was a loss twice.
func months() figures.Given {
	rows := [][]any{}
	prof := []float64{-3_210_000, 1_450_000, 5_020_000, -870_000, 2_340_000, 7_110_000, 9_905_000, 4_400_000}
	ord := []int64{412, 530, 611, 498, 540, 702, 821, 655}
	for i := range prof {
		rows = append(rows, []any{day(2026, time.Month(3+i), 1), ord[i], prof[i]})
	}
	return figures.Given{Tables: []figures.Table{{Name: "r1", Count: 8, Columns: []figures.Column{{Key: "month", Grain: "month"}, {Key: "orders", Label: "Orders", Format: format.Integer}, {Key: "profit", Label: "Profit", Format: format.USD}}, Rows: rows}},
		Said: []string{"monthly orders and profit since March, which months were above 600 orders?", "SELECT ... >= DATE '2026-03-01' ... < DATE '2026-11-01'"}}
}

// stores are visits of a month and the month before.
func stores() figures.Given {
	return figures.Given{Tables: []figures.Table{{Name: "r1", Count: 7,
		Columns: []figures.Column{{Key: "store", Label: "매장"}, {Key: "visits", Label: "방문자 수", Format: format.Integer}, {Key: "visits_before", Label: "전월 방문자 수", Format: format.Integer}, {Key: "share", Label: "비중", Format: format.Percent}, {Key: "cvr", Label: "전환율", Format: format.Percent}},
		Rows: [][]any{
			{"강남점", int64(18240), int64(16900), 0.3301, 0.045}, {"홍대점", int64(12110), int64(13400), 0.2192, 0.061}, {"판교점", int64(9875), int64(9120), 0.1787, 0.038},
			{"부산점", int64(6420), int64(6431), 0.1162, 0.052}, {"대전점", int64(4110), int64(3055), 0.0744, 0.029}, {"광주점", int64(2890), int64(3910), 0.0523, 0.07}, {"제주점", int64(1605), int64(802), 0.0290, 0.033}}}},
		Said: []string{"지난달 매장별 방문자 수 알려줘, 5천 명 넘는 곳 표시", "SELECT ... DATE '2026-10-01' ... DATE '2026-11-01'"}}
}

// weeks are columns of which nobody said what they are.
func weeks() figures.Given {
	v := []int64{1210, 1184, 1302, 1275, 1410, 990, 1533, 1498}
	c := []float64{12.4, 12.9, 11.8, 13.1, 10.2, 15.7, 9.9, 10.4}
	rows := [][]any{}
	for i := range v {
		rows = append(rows, []any{day(2026, 9, 28).AddDate(0, 0, 7*i), v[i], c[i]})
	}
	return figures.Given{Tables: []figures.Table{{Name: "r1", Count: 8, Columns: []figures.Column{{Key: "week", Grain: "week"}, {Key: "signups"}, {Key: "cpa"}}, Rows: rows}},
		Said: []string{"signups and CPA for the last 8 weeks", "SELECT ... >= DATE '2026-09-28' AND < DATE '2026-11-23'"}}
}

// departments have a change as an amount.
func departments() figures.Given {
	return figures.Given{Tables: []figures.Table{{Name: "r1", Count: 5,
		Columns: []figures.Column{{Key: "dept", Label: "부서"}, {Key: "headcount", Label: "인원", Format: format.Integer}, {Key: "change", Label: "전년 대비", Format: format.Integer, Signed: true}, {Key: "overtime", Label: "평균 초과근무"}},
		Rows:    [][]any{{"개발", int64(142), int64(23), 18.4}, {"영업", int64(96), int64(-7), 22.1}, {"마케팅", int64(41), int64(4), 15.0}, {"인사", int64(18), int64(-1), 6.2}, {"재무", int64(15), int64(0), 9.8}}}},
		Said: []string{"부서별 인원이랑 작년 대비 변화", "SELECT ..."}}
}

// quarters are of two years, with a rate.
func quarters() figures.Given {
	v := []float64{2.31e9, 2.48e9, 2.12e9, 2.95e9, 2.57e9, 2.63e9, 2.49e9}
	m := []float64{0.112, 0.124, 0.093, 0.141, 0.118, 0.131, 0.127}
	rows := [][]any{}
	for i := range v {
		rows = append(rows, []any{day(2025, 1, 1).AddDate(0, 3*i, 0), v[i], m[i]})
	}
	return figures.Given{Tables: []figures.Table{{Name: "r1", Count: 7, Columns: []figures.Column{{Key: "quarter", Grain: "quarter"}, {Key: "revenue", Label: "Revenue", Format: format.KRW}, {Key: "margin", Label: "Margin", Format: format.Percent}}, Rows: rows}},
		Said: []string{"quarterly revenue and margin since 2025", ">= DATE '2025-01-01' AND < DATE '2026-10-01'"}}
}

// campaigns cost and bring money; two lose it.
func campaigns() figures.Given {
	return figures.Given{Tables: []figures.Table{{Name: "r1", Count: 6,
		Columns: []figures.Column{{Key: "campaign", Label: "캠페인"}, {Key: "spend", Label: "비용", Format: format.KRW}, {Key: "revenue", Label: "매출", Format: format.KRW}, {Key: "roas", Label: "ROAS", Format: format.Ratio}, {Key: "ctr", Label: "클릭률", Format: format.Percent}},
		Rows:    [][]any{{"봄세일", 12_400_000.0, 58_900_000.0, 4.75, 0.021}, {"여름특가", 30_100_000.0, 96_300_000.0, 3.2, 0.034}, {"추석", 22_000_000.0, 132_000_000.0, 6.0, 0.041}, {"신규회원", 8_750_000.0, 7_900_000.0, 0.9, 0.012}, {"재구매", 5_200_000.0, 41_600_000.0, 8.0, 0.056}, {"브랜드", 15_000_000.0, 9_000_000.0, 0.6, 0.009}}}},
		Said: []string{"캠페인별 비용이랑 매출, ROAS 비교해줘", "SELECT ..."}}
}

// days have a profit that is a loss on four of them.
func days() figures.Given {
	v := []int64{120, 135, 128, 160, 210, 245, 98, 118}
	rows := [][]any{}
	for i := range v {
		rows = append(rows, []any{day(2026, 11, 13+i), v[i], float64(v[i])*31000 - 4_000_000})
	}
	return figures.Given{Tables: []figures.Table{{Name: "r1", Count: 8, Columns: []figures.Column{{Key: "day", Grain: "day"}, {Key: "orders", Label: "주문 수", Format: format.Integer}, {Key: "profit", Label: "이익", Format: format.KRW}}, Rows: rows}},
		Said: []string{"11월 13일부터 일별 주문", ">= DATE '2026-11-13' AND < DATE '2026-11-21'"}}
}

// TestSentencesOfPeople states what follows from results and what does not, as people would.
func TestSentencesOfPeople(t *testing.T) {
	t.Parallel()
	given := map[string]func() figures.Given{
		"channels": channels, "months": months, "stores": stores, "weeks": weeks, "departments": departments, "quarters": quarters,
		"campaigns": campaigns, "days": days,
	}
	data, err := os.ReadFile(filepath.Join("testdata", "sentences.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) < 200 {
		t.Fatalf("%d sentences", len(lines))
	}
	for _, line := range lines {
		f := strings.Split(line, "\t")
		if kept, removed := figures.Check(f[2], given[f[0]]()); (len(removed) == 0) != (f[1] == "true") {
			t.Errorf("%s: %q is %s, kept %q, removed %q", f[0], f[2], f[1], kept, removed)
		}
	}
}
