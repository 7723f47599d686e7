package chart_test

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/chart"
)

// ugly is what nobody wants to draw and somebody will ask for.
func ugly() []named {
	return append(uglyCourses(), uglyParts()...)
}

func categories(n int, prefix string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s %d", prefix, i+1)
	}
	return out
}

func uglyCourses() []named {
	long := strings.Repeat("아주 긴 제목이 계속 이어지는 질문 ", 12)
	many := chart.Spec{Kind: chart.Line, Language: "ko", Title: "계열 12개", XKind: chart.XTime, Grain: "day", Times: times("2026-09-01", 60, daily), YFormat: "count:건"}
	for i := range 12 {
		many.Series = append(many.Series, chart.Series{Name: fmt.Sprintf("지점 %d호 — 이름이 긴 매장", i+1), Values: figures(walk(uint64(40+i), 60, 500, 40)...)})
	}
	thousands := chart.Spec{Kind: chart.Line, Language: "en", Title: "5,000 hours of traffic", XKind: chart.XTime, Grain: "hour",
		Times:  times("2026-01-01", 5000, func(t time.Time) time.Time { return t.Add(time.Hour) }),
		Series: []chart.Series{{Name: "Requests", Values: figures(walk(60, 5000, 1e5, 9000)...)}}}
	single := chart.Spec{Kind: chart.Line, Language: "ko", Title: "점 하나", XKind: chart.XTime, Grain: "month", Times: times("2026-10-01", 1, monthly), YFormat: "krw",
		Series: []chart.Series{{Name: "매출", Values: figures(1234567)}}}
	hostile := chart.Spec{Kind: chart.Line, Language: "en", Title: long + "</title><script>alert(1)</script>", Subtitle: "مبيعات \u202Eevil\u202C 🍚 \x00\x1b[31m\nnew line " + long,
		XKind: chart.XTime, Grain: "week", Times: times("2026-01-05", 40, weekly),
		Series: []chart.Series{{Name: "مبيعات الشركة", Values: figures(walk(61, 40, 10, 3)...)}, {Name: "🍚🎉 밥상 \"&<b>", Values: figures(walk(62, 40, 12, 3)...)}, {Name: "大韓民國 東京", Values: figures(walk(63, 40, 11, 3)...)}, {Name: "", Values: figures(walk(64, 40, 9, 3)...)}}}
	tiny := chart.Spec{Kind: chart.Line, Language: "en", Title: "Tiny figures far from zero", XKind: chart.XTime, Grain: "quarter", Times: times("2023-01-01", 16, quarterly),
		Series: []chart.Series{{Name: "Rate", Values: figures(walk(65, 16, 3e-7, 1e-9)...)}}}
	negative := chart.Spec{Kind: chart.Line, Language: "ko", Title: "0을 오가는 이익", Subtitle: "단위: 원", XKind: chart.XTime, Grain: "month", Times: times("2025-06-01", 18, monthly), YFormat: "krw",
		Series: []chart.Series{{Name: "영업이익", Values: figures(walk(66, 18, 1e7, 9e7)...)}, {Name: "순이익", Values: figures(walk(67, 18, -2e7, 6e7)...)}}}
	hole := chart.Spec{Kind: chart.Line, Language: "ko", Title: "대부분 비어 있음", XKind: chart.XTime, Grain: "day", Times: times("2026-10-01", 20, daily),
		Series: []chart.Series{{Name: "값", Values: figures(1, gap, 3, gap, gap, 2, 4, 5, gap, gap, gap, gap, 3, gap, gap, gap, gap, gap, gap, gap)}}}
	zero := chart.Spec{Kind: chart.Area, Language: "ko", Title: "모두 0", XKind: chart.XTime, Grain: "day", Times: times("2026-10-01", 8, daily), YFormat: "krw",
		Series: []chart.Series{{Name: "가", Values: figures(make([]float64, 8)...)}, {Name: "나", Values: figures(make([]float64, 8)...)}}}
	irregular := chart.Spec{Kind: chart.Line, Language: "ko", Title: "고르지 않은 날짜", XKind: chart.XTime, Grain: "day", Times: append(times("2025-12-28", 6, daily), day("2026-03-01"), day("2026-03-02")),
		Series: []chart.Series{{Name: "값", Values: figures(1, 2, 3, 2, 4, 5, 9, 3)}}}
	return []named{{"u-irregular", irregular}, {"u-many", many}, {"u-5000", thousands}, {"u-single", single}, {"u-hostile", hostile}, {"u-tiny", tiny}, {"u-negative", negative}, {"u-holes", hole}, {"u-zero", zero}}
}

func uglyParts() []named {
	labels := []string{"삼성 비스포크 그랑데 AI 원바디 세탁기 25kg + 건조기 20kg 패키지", "LG 트롬", "🍚", "مبيعات", "", "아주아주아주아주아주아주아주아주아주아주긴이름하나", "大韓民國"}
	long := chart.Spec{Kind: chart.Bar, Language: "ko", Title: "긴 이름의 막대", XKind: chart.XCategory, Categories: labels, YFormat: "krw",
		Series: []chart.Series{{Name: "매출", Values: figures(9.1e8, 3e8, -2.2e8, 1e8, 0, 4.4e7, gap)}}}
	hlong := long
	hlong.Kind, hlong.Title = chart.HBar, "긴 이름의 가로 막대, 음수 포함"
	bars := chart.Spec{Kind: chart.Bar, Language: "en", Title: "400 bars", XKind: chart.XCategory, Categories: categories(400, "Product"),
		Series: []chart.Series{{Name: "n", Values: figures(walk(70, 400, 100, 30)...)}}}
	rows := bars
	rows.Kind, rows.Title = chart.HBar, "400 rows"
	grouped := chart.Spec{Kind: chart.GroupedBar, Language: "en", Title: "Eight groups of eight", XKind: chart.XCategory, Categories: categories(8, "Group"), YFormat: "usd"}
	for i := range 8 {
		grouped.Series = append(grouped.Series, chart.Series{Name: fmt.Sprintf("Series number %d", i+1), Values: figures(walk(uint64(80+i), 8, 4e5, 4e5)...)})
	}
	stacked := grouped
	stacked.Kind, stacked.Title = chart.StackedBar, "Stacks below and above zero"
	stacked.Series = []chart.Series{{Name: "Up", Values: figures(5, 4, 3, 2, 1, 0, 3, 9)}, {Name: "Down", Values: figures(-1, -2, -5, gap, -1, 0, -2, -3)}}
	donut := chart.Spec{Kind: chart.Donut, Language: "en", Title: "One slice, zeros and a negative", XKind: chart.XCategory, Categories: []string{"Everything", "Nothing", "Less than nothing"},
		Series: []chart.Series{{Values: figures(42, 0, -3)}}}
	twelve := chart.Spec{Kind: chart.Donut, Language: "ko", Title: "조각 12개", XKind: chart.XCategory, Categories: categories(12, "이름이 꽤 긴 범주"), YFormat: "krw",
		Series: []chart.Series{{Values: figures(9e9, 8e8, 7e8, 6e8, 5e8, 4e8, 3e8, 2e8, 1e8, 5e7, 2e7, 1e6)}}}
	heat := chart.Spec{Kind: chart.Heatmap, Language: "en", Title: "60 × 90, below and above zero", XKind: chart.XCategory, Categories: categories(90, "Day")}
	for i := range 60 {
		heat.Series = append(heat.Series, chart.Series{Name: fmt.Sprintf("Store %d", i), Values: figures(walk(uint64(100+i), 90, 0, 10)...)})
	}
	small := chart.Spec{Kind: chart.Heatmap, Language: "ko", Title: "작은 표", XKind: chart.XCategory, Categories: []string{"서울", "부산"}, YFormat: "percent",
		Series: []chart.Series{{Name: "온라인", Values: figures(0.31, 0.05)}, {Name: "오프라인", Values: figures(gap, 0.64)}}}
	cloud := chart.Spec{Kind: chart.Scatter, Language: "ko", Title: "점 5,000개", XKind: chart.XNumber, Xs: walk(90, 5000, 0, 2), XLabel: "가격", YLabel: "수량",
		Series: []chart.Series{{Values: figures(walk(91, 5000, 100, 9)...)}}}
	noNumber := math.NaN()
	huge := chart.Spec{Kind: chart.Bar, Language: "ko", Title: "너무 큰 수", XKind: chart.XCategory, Categories: []string{"하나", "둘", "셋", "넷"},
		Series: []chart.Series{{Values: append(figures(math.MaxFloat64, 1e200, math.Inf(1)), &noNumber)}}}
	number := chart.Spec{Kind: chart.Number, Language: "en", Title: "A very large figure", YFormat: "krw", Big: &chart.Big{Value: -9.87654321e23, Label: strings.Repeat("compared with everything ", 20)}}
	none := chart.Spec{Kind: chart.Bar, Language: "ko", Title: "값 없음", XKind: chart.XCategory, Categories: []string{"가"}, Series: []chart.Series{{Values: figures(gap)}}}
	return []named{{"u-long", long}, {"u-hlong", hlong}, {"u-bars", bars}, {"u-rows", rows}, {"u-grouped", grouped}, {"u-stacked", stacked}, {"u-donut", donut}, {"u-donut12", twelve},
		{"u-heat", heat}, {"u-heat-small", small}, {"u-cloud", cloud}, {"u-huge", huge}, {"u-number", number}, {"u-none", none}}
}
