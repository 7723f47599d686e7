package figures_test

import (
	"testing"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
)

// labelled is October with columns that people can name, and a second result of one column.
func labelled() figures.Given {
	g := october()
	for i, label := range []string{"지역", "매출", "전월 매출", "성장률", "월"} {
		g.Tables[0].Columns[i].Label = label
	}
	g.Tables[0].Columns = g.Tables[0].Columns[:4]
	for i, row := range g.Tables[0].Rows {
		g.Tables[0].Rows[i] = row[:4]
	}
	g.Tables = append(g.Tables, figures.Table{
		Name: "r2", Count: 3, Columns: []figures.Column{{Key: "month", Grain: "month"}, {Key: "orders", Label: "주문 수", Format: format.Integer}},
		Rows: [][]any{{day(2026, 8, 1), int64(310)}, {day(2026, 9, 1), int64(120)}, {day(2026, 10, 1), int64(250)}},
	}, figures.Table{
		Name: "r3", Count: 4, Columns: []figures.Column{{Key: "month", Grain: "month"}, {Key: "store"}, {Key: "visits", Format: format.Integer}},
		Rows: [][]any{{day(2026, 9, 1), "강남점", int64(90)}, {day(2026, 9, 1), "분당점", int64(40)}, {day(2026, 10, 1), "강남점", int64(50)}, {day(2026, 10, 1), "분당점", int64(60)}},
	})
	return g
}

func TestSuperlatives(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{{r1.region[2]}}가 {{r1.revenue[2]}}으로 가장 큽니다.", "부산은 {{r1.revenue[2]}}으로 가장 많습니다.", "매출이 가장 큰 지역은 {{r1.region[1]}}입니다.",
		"매출은 부산이 가장 높습니다.", "성장률은 {{r1.region[1]}}이 {{r1.growth[1]}}로 가장 높습니다.", "{{r1.revenue[0]}}으로 가장 작습니다.",
		"전월 매출이 가장 적은 곳은 경기도입니다.", "{{r1.growth[0]}} 늘어 좋습니다만, 매출은 서울이 최고입니다.", "매출 1위는 {{r1.region[1]}}입니다.",
		"{{r2.month[1]}}이 {{r2.orders[1]}}건으로 가장 많습니다.", "주문 수가 가장 많은 달은 {{r2.month[2]}}입니다.", "주문 수 최저는 {{r2.orders[2]}}입니다.",
		"가장 많은 달은 {{r2.month[1]}}입니다.", "매출은 경기도가 가장 크고 서울이 가장 작습니다.", "성장률이 가장 크게 줄어든 곳은 {{r1.region[0]}}입니다.",
		"성장률은 경기도가 유일하게 줄었습니다.", "성장률은 서울이 유일하게 증가했습니다.",
		"{{r1.region[2]}} is the largest at {{r1.revenue[2]}}.", "The highest revenue is {{r1.revenue[1]}}.", "부산 has the highest revenue.", "The lowest growth was {{r1.growth[0]}}.", "The largest region is {{r1.region[1]}} with {{r1.revenue[1]}}.",
	} {
		if kept, removed := figures.Check(text, labelled()); len(removed) == 0 {
			t.Errorf("%q stands as %q", text, kept)
		}
	}
	for _, text := range []string{
		"{{r1.region[0]}}가 {{r1.revenue[0]}}으로 가장 큽니다.", "경기도가 가장 큽니다.", "매출이 가장 큰 지역은 {{r1.region[0]}}입니다.", "{{r1.region[3]}}이 {{r1.revenue[3]}}으로 가장 작습니다.",
		"매출은 경기도가 가장 크고 세탁기 16kg이 가장 작습니다.", "성장률은 {{r1.region[0]}}가 {{r1.growth[0]}}로 가장 높습니다.", "성장률이 가장 크게 줄어든 곳은 {{r1.region[2]}}입니다.",
		"성장률은 부산이 유일하게 줄었습니다.", "{{r2.month[0]}}이 {{r2.orders[0]}}건으로 가장 많습니다.", "주문 수 최저는 {{r2.orders[1]}}입니다.",
		// What is not understood to the last word stands.
		"경기도를 빼면 {{r1.region[1]}}이 {{r1.revenue[1]}}으로 가장 큽니다.", "그다음으로 가장 큰 곳은 {{r1.region[1]}}입니다.", "객단가는 부산이 가장 높습니다.", "증가폭이 가장 큰 곳은 {{r1.region[1]}}입니다.",
		"하위 3개 지역 중 {{r1.region[1]}}이 {{r1.revenue[1]}}으로 가장 큽니다.", "{{r1.region[2]}}은 작년 이후 가장 낮은 {{r1.revenue[2]}}입니다.", "서울보다 부산이 {{r1.revenue[2]}}으로 더 가장 큽니다.",
		"부산이 가장 좋습니다.", "부산이 가장 큰 문제입니다.", "최대한 빨리 봅니다.", "최소한 {{r1.revenue[0]}}은 됩니다.", "이것이 최선입니다. 최고의 팀입니다.",
		"10월에는 {{r3.store[3]}}이 {{r3.visits[3]}}으로 가장 큽니다.", // among that month's
		"The second largest is {{r1.region[1]}}.", "Among the rest, {{r1.region[1]}} is the largest.", "{{r1.region[2]}} has the largest decline.", "Most of it is {{r1.revenue[2]}}.",
		"세탁기 16kg은 {{r1.growth[3]}}로 가장 작지도 크지도 않습니다.",
		"전환율은 8월이 높고, {{r2.month[1]}}이 가장 많습니다.", // of which the table knows nothing
		"1위와 차이가 큽니다.", "{{r1.region[2]}}의 1위 상품은 따로 봅니다.",
	} {
		if kept, removed := figures.Check(text, labelled()); len(removed) > 0 {
			t.Errorf("%q lost %q, kept %q", text, removed, kept)
		}
	}
}

// TestSuperlativesOfWhatIsCut: of rows that are not all there, nobody knows the largest.
func TestSuperlativesOfWhatIsCut(t *testing.T) {
	t.Parallel()
	g := labelled()
	g.Tables[0].Count = 400
	if _, removed := figures.Check("{{r1.region[1]}}이 {{r1.revenue[1]}}으로 가장 큽니다.", g); len(removed) > 0 {
		t.Errorf("lost %q", removed)
	}
}

// TestTotalsAreNobody: a row for all others is larger than any, and no one's.
func TestTotalsAreNobody(t *testing.T) {
	t.Parallel()
	for _, total := range []any{"합계", "Total", "기타", nil} {
		g := labelled()
		g.Tables[0].Rows = append([][]any{{total, 9e9, 9e9, 0.9}}, g.Tables[0].Rows...)
		g.Tables[0].Count++
		if _, removed := figures.Check("{{r1.region[1]}}가 {{r1.revenue[1]}}으로 가장 큽니다.", g); len(removed) > 0 {
			t.Errorf("%v: lost %q", total, removed)
		}
		if _, removed := figures.Check("{{r1.region[2]}}이 {{r1.revenue[2]}}으로 가장 큽니다.", g); len(removed) == 0 {
			t.Errorf("%v: the second is the first", total)
		}
	}
}
