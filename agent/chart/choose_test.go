package chart_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/agent/chart"
)

// amount is a decimal number as text, as sources deliver sums of money.
type amount string

func (a amount) Float64() float64 { f, _ := strconv.ParseFloat(string(a), 64); return f }

var (
	regionColumn  = chart.Column{Key: "region", Role: "dimension", Label: "지역"}
	channelColumn = chart.Column{Key: "channel", Role: "dimension", Label: "채널"}
	weekdayColumn = chart.Column{Key: "weekday", Role: "time", Label: "요일", Grain: "weekday"}
	hourColumn    = chart.Column{Key: "hour_of_day", Role: "time", Label: "시간", Grain: "hour_of_day"}
	dayColumn     = chart.Column{Key: "day", Role: "time", Label: "날짜", Grain: "day"}
	monthColumn   = chart.Column{Key: "month", Role: "time", Label: "월", Grain: "month"}
	revenueColumn = chart.Column{Key: "revenue", Role: "measure", Label: "매출", Format: "krw", Additive: true}
	ordersColumn  = chart.Column{Key: "orders", Role: "measure", Label: "주문 수", Format: "count:건", Additive: true}
	rateColumn    = chart.Column{Key: "rate", Role: "measure", Label: "반품률", Format: "percent"}
	beforeColumn  = chart.Column{Key: "revenue__before", Role: "before", Measure: "revenue", Label: "이전", Format: "krw"}
	growthColumn  = chart.Column{Key: "revenue__growth", Role: "growth", Measure: "revenue", Label: "증감", Format: "percent"}
)

func columns(c ...chart.Column) []chart.Column { return c }

func rows(n int, row func(i int) []any) [][]any {
	var out [][]any
	for i := range n {
		out = append(out, row(i))
	}
	return out
}

func ranked(i int) []any { return []any{fmt.Sprintf("지역 %d", i), int64(1000 - 10*i)} }

func TestChooseKind(t *testing.T) {
	days := func(n int) [][]any {
		return rows(n, func(i int) []any { return []any{day("2026-10-01").AddDate(0, 0, i), float64(100 + i)} })
	}
	pairs := func(a, b int) [][]any {
		return rows(a*b, func(i int) []any { return []any{fmt.Sprintf("가%d", i/b), fmt.Sprintf("나%d", i%b), int64(i + 1)} })
	}
	byTime := func(n, b int) [][]any {
		return rows(n*b, func(i int) []any {
			return []any{day("2026-01-01").AddDate(0, i/b, 0), fmt.Sprintf("나%d", i%b), int64(i + 1)}
		})
	}
	tests := []struct {
		name string
		in   chart.Data
		want chart.Kind // "" for no chart
	}{
		{"one number", chart.Data{Columns: columns(revenueColumn), Rows: [][]any{{amount("1218540000")}}}, chart.Number},
		{"one number of null", chart.Data{Columns: columns(revenueColumn), Rows: [][]any{{nil}}}, ""},
		{"one text", chart.Data{Columns: columns(regionColumn), Rows: [][]any{{"서울"}}}, ""},
		{"no rows", chart.Data{Columns: columns(regionColumn, revenueColumn)}, ""},
		{"all null", chart.Data{Columns: columns(regionColumn, revenueColumn), Rows: [][]any{{"서울", nil}, {"부산", nil}}}, ""},
		{"ragged rows", chart.Data{Columns: columns(regionColumn, revenueColumn), Rows: [][]any{{"서울"}}}, ""},
		{"no chart wanted", chart.Data{Wanted: "none", Columns: columns(revenueColumn), Rows: [][]any{{1.0}}}, ""},
		{"two figures of two kinds", chart.Data{Columns: columns(revenueColumn, ordersColumn), Rows: [][]any{{1.0, int64(2)}}}, ""},
		{"two figures of one kind", chart.Data{Columns: columns(revenueColumn, chart.Column{Key: "cost", Role: "measure", Label: "비용", Format: "krw"}), Rows: [][]any{{5.0, 2.0}}}, chart.Bar},
		{"few categories", chart.Data{Columns: columns(regionColumn, revenueColumn), Rows: rows(5, ranked)}, chart.Bar},
		{"nine categories", chart.Data{Columns: columns(regionColumn, revenueColumn), Rows: rows(9, ranked)}, chart.HBar},
		{"long names", chart.Data{Columns: columns(regionColumn, revenueColumn), Rows: rows(5, func(i int) []any { return []any{strings.Repeat("긴이름", 6) + fmt.Sprint(i), 1.0} })}, chart.HBar},
		{"share", chart.Data{Intent: "share", Columns: columns(regionColumn, revenueColumn), Rows: rows(5, ranked)}, chart.Donut},
		{"share of many", chart.Data{Intent: "share", Columns: columns(regionColumn, revenueColumn), Rows: rows(20, ranked)}, chart.Donut},
		{"share with a negative", chart.Data{Intent: "share", Columns: columns(regionColumn, revenueColumn), Rows: [][]any{{"가", 5.0}, {"나", -1.0}}}, chart.Bar},
		{"share of what does not add up", chart.Data{Intent: "share", Columns: columns(regionColumn, rateColumn), Rows: [][]any{{"가", 0.5}, {"나", 0.1}}}, chart.Bar},
		{"days", chart.Data{Columns: columns(dayColumn, revenueColumn), Rows: days(30)}, chart.Line},
		{"few days", chart.Data{Columns: columns(dayColumn, revenueColumn), Rows: days(4)}, chart.Bar},
		{"few days of a rate", chart.Data{Columns: columns(dayColumn, rateColumn), Rows: days(4)}, chart.Line},
		{"one day", chart.Data{Columns: columns(dayColumn, revenueColumn), Rows: days(1)}, chart.Number},
		{"days as bars", chart.Data{Wanted: chart.Bar, Columns: columns(dayColumn, revenueColumn), Rows: days(30)}, chart.Bar},
		{"too many days as bars", chart.Data{Wanted: chart.Bar, Columns: columns(dayColumn, revenueColumn), Rows: days(300)}, chart.Line},
		{"days as an area", chart.Data{Wanted: chart.Area, Columns: columns(dayColumn, revenueColumn), Rows: days(30)}, chart.Area},
		{"days as a donut", chart.Data{Wanted: chart.Donut, Columns: columns(dayColumn, revenueColumn), Rows: days(30)}, chart.Line},
		{"categories as a line", chart.Data{Wanted: chart.Line, Columns: columns(regionColumn, revenueColumn), Rows: rows(5, ranked)}, chart.Bar},
		{"categories as a donut", chart.Data{Wanted: chart.Donut, Columns: columns(regionColumn, revenueColumn), Rows: rows(5, ranked)}, chart.Donut},
		{"categories as a scatter", chart.Data{Wanted: chart.Scatter, Columns: columns(regionColumn, revenueColumn), Rows: rows(5, ranked)}, chart.Bar},
		{"time and a dimension", chart.Data{Columns: columns(monthColumn, regionColumn, revenueColumn), Rows: byTime(12, 4)}, chart.Line},
		{"shares along few months", chart.Data{Intent: "share", Columns: columns(monthColumn, regionColumn, revenueColumn), Rows: byTime(6, 4)}, chart.StackedBar},
		{"shares along many months", chart.Data{Intent: "share", Columns: columns(monthColumn, regionColumn, revenueColumn), Rows: byTime(24, 4)}, chart.Area},
		{"rates stacked", chart.Data{Wanted: chart.Area, Columns: columns(monthColumn, regionColumn, rateColumn), Rows: byTime(24, 4)}, chart.Line},
		{"time and a dimension as a heatmap", chart.Data{Wanted: chart.Heatmap, Columns: columns(monthColumn, regionColumn, revenueColumn), Rows: byTime(12, 4)}, chart.Heatmap},
		{"one month by a dimension", chart.Data{Columns: columns(monthColumn, regionColumn, revenueColumn), Rows: byTime(1, 4)}, chart.Bar},
		{"two small dimensions", chart.Data{Columns: columns(regionColumn, channelColumn, revenueColumn), Rows: pairs(5, 3)}, chart.GroupedBar},
		{"two dimensions, stacked", chart.Data{Wanted: chart.StackedBar, Columns: columns(regionColumn, channelColumn, revenueColumn), Rows: pairs(5, 3)}, chart.StackedBar},
		{"rates, stacked", chart.Data{Wanted: chart.StackedBar, Columns: columns(regionColumn, channelColumn, rateColumn), Rows: pairs(5, 3)}, chart.GroupedBar},
		{"many parts", chart.Data{Columns: columns(regionColumn, channelColumn, revenueColumn), Rows: pairs(7, 6)}, chart.StackedBar},
		{"two large dimensions", chart.Data{Columns: columns(regionColumn, channelColumn, revenueColumn), Rows: pairs(20, 12)}, chart.Heatmap},
		{"weekday by hour", chart.Data{Columns: columns(weekdayColumn, hourColumn, ordersColumn), Rows: [][]any{{int64(1), int64(9), int64(3)}, {int64(7), int64(23), int64(8)}}}, chart.Heatmap},
		{"weekdays", chart.Data{Columns: columns(weekdayColumn, ordersColumn), Rows: [][]any{{int64(2), int64(3)}}}, chart.Bar},
		{"two measures related", chart.Data{Intent: "relate", Columns: columns(regionColumn, revenueColumn, rateColumn), Rows: rows(9, func(i int) []any { return []any{"가", float64(i), 0.1} })}, chart.Scatter},
		{"three dimensions", chart.Data{Columns: columns(regionColumn, channelColumn, weekdayColumn, ordersColumn), Rows: [][]any{{"가", "나", int64(1), int64(2)}, {"가", "다", int64(2), int64(3)}}}, chart.HBar},
		{"before and now", chart.Data{Columns: columns(regionColumn, revenueColumn, beforeColumn), Rows: rows(4, func(i int) []any { return []any{fmt.Sprint("지역", i), 2.0, 1.0} })}, chart.GroupedBar},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.Language = "ko"
			spec, ok := chart.Choose(tt.in)
			if ok != (tt.want != "") || spec.Kind != tt.want {
				t.Fatalf("Choose = %q, %v; want %q", spec.Kind, ok, tt.want)
			}
			if !ok {
				return
			}
			if refused := strings.Contains(spec.Note, "나타낼 수 없어"); tt.in.Wanted != "" && !sameFamily(tt.in.Wanted, tt.want) != refused {
				t.Errorf("wanted %q, got %q, note %q", tt.in.Wanted, tt.want, spec.Note)
			}
			place(t, spec, chart.Options{})
		})
	}
}

func sameFamily(a, b chart.Kind) bool {
	bar := func(k chart.Kind) bool { return strings.HasSuffix(string(k), "bar") }
	return a == b || bar(a) && bar(b)
}

func TestChooseNumber(t *testing.T) {
	spec, ok := chart.Choose(chart.Data{Language: "ko", Title: "매출", Period: "2026-10", BeforeName: "9월",
		Columns: columns(revenueColumn, beforeColumn, growthColumn), Rows: [][]any{{amount("104"), json.Number("100"), 0.04}}})
	before, growth := 100.0, 0.04
	want := chart.Spec{Kind: chart.Number, Language: "ko", Title: "매출", Subtitle: "2026-10", YFormat: "krw", Big: &chart.Big{Value: 104, Before: &before, Growth: &growth, Label: "9월"}}
	if diff := cmp.Diff(want, spec); !ok || diff != "" {
		t.Errorf("ok=%v %s", ok, diff)
	}
}

func TestChooseFolds(t *testing.T) {
	in := chart.Data{Language: "ko", Columns: columns(regionColumn, revenueColumn), Rows: rows(40, ranked)}
	spec, _ := chart.Choose(in)
	last := len(spec.Categories) - 1
	if len(spec.Categories) != 15 || spec.Categories[last] != "기타" || !strings.Contains(spec.Note, "나머지 26개의 합") {
		t.Errorf("%d categories, last %q, note %q", len(spec.Categories), spec.Categories[last], spec.Note)
	}
	total, want := 0.0, 0.0
	for _, v := range spec.Series[0].Values {
		total += *v
	}
	for i := range 40 {
		want += float64(1000 - 10*i)
	}
	if total != want {
		t.Errorf("folding loses figures: %v of %v", total, want)
	}

	in.Rows[0][0] = "기타" // the largest, and already a rest
	spec, _ = chart.Choose(in)
	if n := strings.Count(strings.Join(spec.Categories, " "), "기타"); n != 1 || len(spec.Categories) != 15 {
		t.Errorf("%d rests in %q", n, spec.Categories)
	}

	in.Columns = columns(regionColumn, rateColumn)
	spec, _ = chart.Choose(in)
	if len(spec.Categories) != 15 || strings.Contains(spec.Note, "합입니다") || !strings.Contains(spec.Note, "나머지 25개는 표에") {
		t.Errorf("rates: %q, note %q", spec.Categories, spec.Note)
	}

	in = chart.Data{Language: "en", Columns: columns(monthColumn, regionColumn, revenueColumn),
		Rows: rows(240, func(i int) []any {
			return []any{day("2026-01-01").AddDate(0, i/20, 0), fmt.Sprint("r", i%20), int64(1)}
		})}
	spec, _ = chart.Choose(in)
	if n := len(spec.Series); n != 8 || spec.Series[7].Name != "Other" || *spec.Series[7].Values[0] != 13 {
		t.Errorf("%d series, last %q of %v", n, spec.Series[n-1].Name, *spec.Series[n-1].Values[0])
	}
	in.Columns = columns(monthColumn, regionColumn, rateColumn)
	spec, _ = chart.Choose(in)
	if n := len(spec.Series); n != 8 || spec.Series[7].Name == "Other" || !strings.Contains(spec.Note, "the other 12 are in the table") {
		t.Errorf("rates: %d series, note %q", n, spec.Note)
	}
}

func TestChooseOrdersTime(t *testing.T) {
	spec, _ := chart.Choose(chart.Data{Language: "ko", PartialLast: true, Columns: columns(monthColumn, revenueColumn), Rows: [][]any{
		{"2026-03-01", 3.0}, {time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 1.0}, {"2026-02-01T00:00:00Z", nil}, {nil, 9.0}}})
	if len(spec.Times) != 3 || *spec.Series[0].Values[0] != 1 || spec.Series[0].Values[1] != nil || *spec.Series[0].Values[2] != 3 {
		t.Errorf("%v %v", spec.Times, spec.Series)
	}
	if !spec.PartialLast || !strings.Contains(spec.Note, "아직 끝나지 않았습니다") {
		t.Errorf("partial %v, note %q", spec.PartialLast, spec.Note)
	}
}

// TestChooseMarksWhatIsCut has weeks of which but some days were asked about.
func TestChooseMarksWhatIsCut(t *testing.T) {
	in := chart.Data{Language: "ko", CutFirst: "2026-07-01–07-05", Columns: columns(monthColumn, revenueColumn), Rows: rows(14, func(i int) []any {
		return []any{time.Date(2026, 6, 29+7*i, 0, 0, 0, 0, time.UTC), float64(i)}
	})}
	spec, _ := chart.Choose(in)
	if !spec.CutFirst || spec.CutLast || spec.PartialLast || spec.Note != "첫 기간에는 2026-07-01–07-05만 들어 있습니다" {
		t.Errorf("first %v, last %v, partial %v, note %q", spec.CutFirst, spec.CutLast, spec.PartialLast, spec.Note)
	}
	in.Language, in.CutLast, in.Wanted = "en", "2026-09-28–09-30", chart.Bar
	spec, _ = chart.Choose(in)
	if spec.Kind != chart.Bar || !spec.CutFirst || !spec.CutLast || !strings.HasSuffix(spec.Note, "The last period holds 2026-09-28–09-30 only") {
		t.Errorf("%v: last %v, note %q", spec.Kind, spec.CutLast, spec.Note)
	}
	in.Wanted = chart.Heatmap // of one series there is none: a line
	if spec, _ = chart.Choose(in); !spec.CutLast {
		t.Errorf("%v: %+v", spec.Kind, spec)
	}
}

func TestChooseRecurring(t *testing.T) {
	spec, _ := chart.Choose(chart.Data{Language: "en", Columns: columns(weekdayColumn, hourColumn, ordersColumn), Rows: [][]any{{int64(3), int64(14), int64(5)}}})
	if len(spec.Categories) != 24 || len(spec.Series) != 7 || spec.Series[2].Name != "Wed" || *spec.Series[2].Values[14] != 5 || spec.Series[0].Values[0] != nil {
		t.Errorf("%v, %d series", spec.Categories, len(spec.Series))
	}
}

func TestChooseForecastAndOutliers(t *testing.T) {
	forecast := columns(monthColumn, revenueColumn, chart.Column{Key: "forecast", Role: chart.RoleForecast, Label: "예측", Format: "krw"},
		chart.Column{Key: "low", Role: chart.RoleLow}, chart.Column{Key: "high", Role: chart.RoleHigh})
	spec, _ := chart.Choose(chart.Data{Language: "ko", Intent: "forecast", Columns: forecast, PartialLast: true, Rows: rows(8, func(i int) []any {
		if i < 5 {
			return []any{day("2026-01-01").AddDate(0, i, 0), 10.0, nil, nil, nil}
		}
		return []any{day("2026-01-01").AddDate(0, i, 0), nil, 11.0, 9.0, 13.0}
	})})
	if spec.Kind != chart.Line || len(spec.Series) != 2 || !spec.Series[1].Dashed || *spec.Series[1].High[7] != 13 || spec.PartialLast {
		t.Errorf("%+v", spec)
	}
	outliers := columns(dayColumn, rateColumn, chart.Column{Key: "outlier", Role: chart.RoleOutlier})
	spec, _ = chart.Choose(chart.Data{Language: "ko", Intent: "anomaly", Columns: outliers, Rows: rows(20, func(i int) []any { return []any{day("2026-01-01").AddDate(0, 0, i), 0.1, i == 7} })})
	if diff := cmp.Diff([]int{7}, spec.Series[0].Marks); diff != "" {
		t.Error(diff)
	}
}

func TestChooseDrivers(t *testing.T) {
	before, after := 904.0, 792.0
	spec, ok := chart.Choose(chart.Data{Language: "ko", Intent: "drivers", BeforeName: "9월", NowName: "10월", Before: &before, After: &after,
		Columns: columns(regionColumn, chart.Column{Key: "revenue__change", Role: "change", Measure: "revenue", Format: "krw"}),
		Rows:    [][]any{{"통돌이", -91.0}, {"드럼", -33.0}, {"할인", 21.0}}})
	if !ok || spec.Kind != chart.Waterfall {
		t.Fatalf("%v %q", ok, spec.Kind)
	}
	if diff := cmp.Diff([]string{"9월", "통돌이", "드럼", "할인", "그 밖", "10월"}, spec.Categories); diff != "" {
		t.Error(diff)
	}
	level := 0.0
	values := spec.Series[0].Values
	for _, v := range values[:len(values)-1] {
		level += *v
	}
	if math.Abs(level-after) > 1e-9 {
		t.Errorf("the steps lead to %v, want %v", level, after)
	}
}

func TestAlt(t *testing.T) {
	wants := map[string]string{
		"line":      "지역별 일 매출 추이 · 2026-08-01–10-29 · 단위: 원. 선 차트, 2026년 8월 1일 – 2026년 10월 29일: 제주특별자치도 ",
		"bar":       "지난달 지역별 매출 · 2026-10-01–10-31 · 단위: 원. 막대 차트, 값 6개: 가장 큰 값은 경기도 4억 841만 원, 가장 작은 값은 기타 2,800만 원.",
		"hbar":      "Top 10 products by returns · last 90 days. Horizontal bar chart of 10 figures: the largest is Front-loading washing machine 16 kg, white 1,234 returns, the smallest Soundbar 120 returns.",
		"number":    "지난달 매출 · 2026-10-01–10-31. 12억 1,854만 원, 9월 +4.1% (이전 11억 7,054만 원).",
		"scatter":   "Campaign spend against revenue · one point is a campaign, 2026. Scatter plot of 9 points: across Spend $12K – $99K, up Revenue $40K – $420K.",
		"waterfall": "세탁기 매출은 왜 줄었나 · 9월 → 10월 · 단위: 원. 폭포 차트: 9월 9억 400만 원 → 10월 7억 9,200만 원, 가장 큰 변화는 통돌이 16kg · 오픈마켓 −9,100만 원.",
	}
	for _, n := range gallery() {
		if want, ok := wants[n.name]; ok && !strings.HasPrefix(chart.Alt(n.spec), want) {
			t.Errorf("%s: %q, want %q", n.name, chart.Alt(n.spec), want)
		}
	}
	if got := chart.Alt(chart.Spec{Kind: chart.Bar, Language: "ko"}); got != "표시할 값이 없습니다." {
		t.Errorf("empty: %q", got)
	}
}
