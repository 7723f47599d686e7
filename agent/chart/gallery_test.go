package chart_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/draw"

	"github.com/bapsang/bapsang/agent/chart"
)

// figures makes values; NaN is a missing one.
func figures(values ...float64) []*float64 {
	out := make([]*float64, len(values))
	for i := range values {
		if !math.IsNaN(values[i]) {
			out[i] = &values[i]
		}
	}
	return out
}

var gap = math.NaN()

func day(text string) time.Time {
	t, err := time.Parse("2006-01-02", text)
	if err != nil {
		panic(err)
	}
	return t
}

func times(from string, n int, next func(time.Time) time.Time) []time.Time {
	out := []time.Time{day(from)}
	for len(out) < n {
		out = append(out, next(out[len(out)-1]))
	}
	return out
}

func daily(t time.Time) time.Time     { return t.AddDate(0, 0, 1) }
func weekly(t time.Time) time.Time    { return t.AddDate(0, 0, 7) }
func monthly(t time.Time) time.Time   { return t.AddDate(0, 1, 0) }
func quarterly(t time.Time) time.Time { return t.AddDate(0, 3, 0) }

// walk is a random course that is the same every time.
func walk(seed uint64, n int, from, step float64) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]float64, n)
	for i := range out {
		from += (r.Float64() - 0.48) * step
		out[i] = from
	}
	return out
}

func holed(values []float64, from, to int) []float64 {
	for i := from; i < to; i++ {
		values[i] = gap
	}
	return values
}

// named is a spec of the gallery.
type named struct {
	name string
	spec chart.Spec
}

// gallery is every kind as it is usually seen, in Korean or English.
func gallery() []named {
	return slices.Concat(courses(), parts(), more(), cut())
}

// cut is weeks of which but some days were asked about.
func cut() []named {
	quarter := chart.Spec{
		Kind: chart.Line, Language: "ko", Title: "주별 매출", Subtitle: "2026년 3분기 · 단위: 원", Note: "첫 기간에는 2026-07-01–07-05만 들어 있습니다 · 마지막 기간에는 2026-09-28–09-30만 들어 있습니다",
		XKind: chart.XTime, Grain: "week", Times: times("2026-06-29", 14, weekly), YFormat: "krw", CutFirst: true, CutLast: true,
		Series: []chart.Series{{Name: "매출", Values: figures(append(append([]float64{1.4e8}, walk(12, 12, 2.2e8, 3e7)...), 9e7)...)}},
	}
	weeks := chart.Spec{
		Kind: chart.Bar, Language: "en", Title: "Revenue by week", Subtitle: "Sep 2026 · unit: KRW", Note: "The first period holds 2026-09-01–09-06 only · The last period holds 2026-09-28–09-30 only",
		XKind: chart.XTime, Grain: "week", Times: times("2026-08-31", 5, weekly), YFormat: "krw", CutFirst: true, CutLast: true,
		Series: []chart.Series{{Name: "Revenue", Values: figures(1.8e8, 2.1e8, 2.3e8, 2.2e8, 9e7)}},
	}
	return []named{{"cut-weeks", quarter}, {"cut-week-bars", weeks}}
}

// more is shapes that a question leads to less often.
func more() []named {
	days := chart.Spec{Kind: chart.Bar, Language: "ko", Title: "이번 달 일별 주문 수", Subtitle: "2026-11-01–11-25 · 단위: 건", Note: "오늘은 아직 끝나지 않았습니다", XKind: chart.XTime, Grain: "day", Times: times("2026-11-01", 25, daily), YFormat: "count:건", PartialLast: true,
		Series: []chart.Series{{Name: "주문 수", Values: figures(append(walk(71, 24, 1300, 300), 410)...)}}}
	hours := chart.Spec{Kind: chart.Line, Language: "ko", Title: "시간별 방문", Subtitle: "2026-11-24–11-25", XKind: chart.XTime, Grain: "hour", Times: times("2026-11-24", 42, func(t time.Time) time.Time { return t.Add(time.Hour) }), YFormat: "count:회",
		Series: []chart.Series{{Name: "방문", Values: figures(walk(72, 42, 800, 160)...)}}}
	before := chart.Spec{Kind: chart.HBar, Language: "en", Title: "Revenue by campaign against the year before", Subtitle: "Q3 2026", XKind: chart.XCategory, YFormat: "usd",
		Categories: []string{"Chuseok gift sets, online mall only", "Back to school", "Summer cooling appliances", "Earbuds launch with influencer videos", "Members' week"},
		Series:     []chart.Series{{Name: "Q3 2025", Dashed: true, Values: figures(210000, 180000, 330000, gap, 90000)}, {Name: "Q3 2026", Values: figures(260000, 171000, 295000, 140000, 99000)}}}
	months := chart.Spec{Kind: chart.Heatmap, Language: "ko", Title: "지역별 월 매출", Subtitle: "2026년 · 단위: 원", XKind: chart.XCategory, YFormat: "krw"}
	for m := range 10 {
		months.Categories = append(months.Categories, fmt.Sprintf("2026년 %d월", m+1))
	}
	for i, region := range []string{"경기도", "서울특별시", "부산광역시", "제주특별자치도"} {
		months.Series = append(months.Series, chart.Series{Name: region, Values: figures(walk(uint64(73+i), 10, 3e8-6e7*float64(i), 9e7)...)})
	}
	change := chart.Spec{Kind: chart.HBar, Language: "ko", Title: "전월 대비 매출 증감", Subtitle: "2026-10 · 단위: 원", XKind: chart.XCategory, YFormat: "krw", Categories: []string{"경기도", "서울특별시", "부산광역시", "대구광역시", "제주특별자치도"},
		Series: []chart.Series{{Name: "증감", Values: figures(2.3e7, 8.1e6, -1.1e6, -9.4e6, -1.7e7)}}}
	weekdays := chart.Spec{Kind: chart.Line, Language: "en", Title: "Orders by hour of the day", XKind: chart.XCategory, YFormat: "count:orders"}
	for h := range 24 {
		weekdays.Categories = append(weekdays.Categories, fmt.Sprintf("%02d:00", h))
	}
	weekdays.Series = []chart.Series{{Name: "Weekdays", Values: figures(walk(80, 24, 300, 60)...)}, {Name: "Weekend", Values: figures(walk(81, 24, 260, 70)...)}}
	return []named{{"days", days}, {"hours", hours}, {"hbar-before", before}, {"heat-months", months}, {"hbar-change", change}, {"hour-lines", weekdays}}
}

func courses() []named {
	regions := chart.Spec{
		Kind: chart.Line, Language: "ko", Title: "지역별 일 매출 추이", Subtitle: "2026-08-01–10-29 · 단위: 원", Note: "부산광역시 8월 31일–9월 4일 값 없음",
		XKind: chart.XTime, Grain: "day", Times: times("2026-08-01", 90, daily), YFormat: "krw",
		Series: []chart.Series{
			{Name: "제주특별자치도", Values: figures(walk(1, 90, 6.1e6, 4e5)...)},
			{Name: "부산광역시", Values: figures(holed(walk(2, 90, 4.9e6, 5e5), 30, 35)...)},
			{Name: "경기도", Values: figures(walk(3, 90, 4.2e6, 5e5)...)},
			{Name: "서울특별시", Values: figures(walk(4, 90, 3.1e6, 4e5)...)},
		},
	}
	months := times("2025-01-01", 23, monthly)
	revenue := walk(5, 23, 9e8, 1.6e8)
	forecast := chart.Spec{
		Kind: chart.Line, Language: "en", Title: "Revenue by month, with a forecast", Subtitle: "Jan 2025–Nov 2026 · forecast 6 months, 80% interval",
		XKind: chart.XTime, Grain: "month", Times: times("2025-01-01", 29, monthly), YFormat: "krw",
		Series: []chart.Series{
			{Name: "Revenue", Values: figures(append(append([]float64{}, revenue...), gap, gap, gap, gap, gap, gap)...)},
			{Name: "Forecast", Dashed: true, Values: figures(append(nans(23), 1.2e9, 1.23e9, 1.21e9, 1.27e9, 1.3e9, 1.32e9)...),
				Low: figures(append(nans(23), 1.1e9, 1.08e9, 1.02e9, 1.05e9, 1.03e9, 1.01e9)...), High: figures(append(nans(23), 1.3e9, 1.38e9, 1.4e9, 1.49e9, 1.57e9, 1.63e9)...)},
		},
	}
	compare := chart.Spec{
		Kind: chart.Line, Language: "ko", Title: "월별 매출, 작년과 비교", Subtitle: "2026년 · 단위: 원", Note: "11월은 아직 끝나지 않았습니다",
		XKind: chart.XTime, Grain: "month", Times: months[12:], YFormat: "krw", PartialLast: true,
		Series: []chart.Series{
			{Name: "올해", Values: figures(append(append([]float64{}, revenue[12:22]...), 5e8)...)},
			{Name: "작년", Values: figures(revenue[:11]...), Dashed: true},
		},
	}
	anomaly := chart.Spec{
		Kind: chart.Line, Language: "ko", Title: "일별 반품률에서 눈에 띄는 날", Subtitle: "최근 60일", XKind: chart.XTime, Grain: "day",
		Times: times("2026-09-25", 60, daily), YFormat: "percent", LowerIsBetter: true,
		Series: []chart.Series{{Name: "반품률", Values: figures(spiked(60)...), Marks: []int{18, 41}}},
	}
	area := chart.Spec{
		Kind: chart.Area, Language: "en", Title: "Sessions by channel", Subtitle: "by week, last 26 weeks", XKind: chart.XTime, Grain: "week",
		Times: times("2026-05-25", 26, weekly), YFormat: "count:sessions",
		Series: []chart.Series{
			{Name: "Search", Values: figures(walk(8, 26, 42000, 9000)...)}, {Name: "Direct", Values: figures(walk(9, 26, 30000, 6000)...)},
			{Name: "Email", Values: figures(walk(10, 26, 14000, 3000)...)}, {Name: "Other", Values: figures(walk(11, 26, 8000, 2000)...)},
		},
	}
	return []named{{"line", regions}, {"forecast", forecast}, {"compare", compare}, {"anomaly", anomaly}, {"area", area}}
}

func nans(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = gap
	}
	return out
}

func spiked(n int) []float64 {
	out := walk(7, n, 0.031, 0.004)
	out[18], out[41] = 0.058, 0.009
	return out
}

func parts() []named {
	regions := []string{"경기도", "서울특별시", "부산광역시", "제주특별자치도", "대구광역시", "기타"}
	bar := chart.Spec{Kind: chart.Bar, Language: "ko", Title: "지난달 지역별 매출", Subtitle: "2026-10-01–10-31 · 단위: 원", XKind: chart.XCategory, Categories: regions, YFormat: "krw",
		Series: []chart.Series{{Name: "매출", Values: figures(4.0841e8, 3.5862e8, 1.9e8, 1.42e8, 0.91e8, 0.28e8)}}}
	grouped := chart.Spec{Kind: chart.GroupedBar, Language: "ko", Title: "월별 채널 매출", Subtitle: "2026년 상반기 · 단위: 원", XKind: chart.XTime, Grain: "month", Times: times("2026-01-01", 6, monthly), YFormat: "krw",
		Series: []chart.Series{
			{Name: "온라인", Values: figures(120e4, 132e4, 101e4, 134e4, 190e4, 230e4)}, {Name: "오프라인", Values: figures(220e4, 182e4, 191e4, 234e4, 290e4, 330e4)},
			{Name: "제휴", Values: figures(150e4, 232e4, 201e4, 154e4, 190e4, 330e4)}}}
	stacked := grouped
	stacked.Kind, stacked.Language, stacked.Title, stacked.Subtitle, stacked.YFormat = chart.StackedBar, "en", "Revenue by month and channel", "first half of 2026", "usd"
	stacked.Series = []chart.Series{{Name: "Online", Values: grouped.Series[0].Values}, {Name: "Stores", Values: grouped.Series[1].Values}, {Name: "Partners", Values: grouped.Series[2].Values}}
	hbar := chart.Spec{Kind: chart.HBar, Language: "en", Title: "Top 10 products by returns", Subtitle: "last 90 days", XKind: chart.XCategory, YFormat: "count:returns",
		Categories: []string{"Front-loading washing machine 16 kg, white", "Wireless earbuds Pro 2", "OLED TV 65\"", "Robot vacuum with mop", "Air purifier 60㎡", "Induction cooktop, three zones", "통돌이 세탁기 16kg", "Refrigerator, four doors, 870 L", "Soundbar", "Others"},
		Series:     []chart.Series{{Name: "Returns", Values: figures(1234, 1101, 980, 720, 610, 605, 410, 377, 120, 900)}}}
	before := chart.Spec{Kind: chart.GroupedBar, Language: "ko", Title: "지역별 주문 수, 9월과 비교", Subtitle: "2026-10-01–10-31 · 단위: 건", XKind: chart.XCategory, Categories: regions[:5], YFormat: "count:건",
		Series: []chart.Series{{Name: "9월", Dashed: true, Values: figures(3820, 3501, 1700, 1490, 822)}, {Name: "10월", Values: figures(4084, 3586, 1904, 1421, 913)}}}
	donut := chart.Spec{Kind: chart.Donut, Language: "ko", Title: "유입 경로 비중", Subtitle: "2026년 10월", XKind: chart.XCategory, Categories: []string{"검색", "직접 방문", "이메일", "광고", "동영상", "기타"}, YFormat: "count:회",
		Series: []chart.Series{{Name: "방문", Values: figures(1048, 735, 580, 484, 300, 160)}}}
	return append([]named{{"bar", bar}, {"grouped", grouped}, {"stacked", stacked}, {"hbar", hbar}, {"before", before}, {"donut", donut}}, wholes()...)
}

func wholes() []named {
	heat := chart.Spec{Kind: chart.Heatmap, Language: "ko", Title: "요일·시간대별 주문 수", Subtitle: "최근 4주 합계 · 단위: 건", XKind: chart.XCategory, YFormat: "count:건"}
	for h := range 24 {
		heat.Categories = append(heat.Categories, fmt.Sprintf("%d시", h))
	}
	for i, d := range strings.Fields("월 화 수 목 금 토 일") {
		row := walk(uint64(20+i), 24, 20, 14)
		for h := range row {
			row[h] = math.Max(0, math.Round(row[h]+75*math.Exp(-math.Pow(float64(h-15)/5, 2))))
		}
		heat.Series = append(heat.Series, chart.Series{Name: d, Values: figures(row...)})
	}
	heat.Series[2].Values[3] = nil
	scatter := chart.Spec{Kind: chart.Scatter, Language: "en", Title: "Campaign spend against revenue", Subtitle: "one point is a campaign, 2026", XKind: chart.XNumber, XFormat: "usd", YFormat: "usd", XLabel: "Spend", YLabel: "Revenue",
		Xs: []float64{12000, 45000, 30000, 82000, 15000, 61000, 58000, 99000, 20500}, Series: []chart.Series{{
			Values: figures(60000, 210000, 90000, 380000, 40000, 250000, 310000, 420000, 120000),
			Labels: []string{"Spring sale", "Chuseok", "TV launch", "Black Friday", "Email only", "Summer", "Back to school", "Year end", "Earbuds"}}}}
	growth, before := 0.041, 1170540000.0
	number := chart.Spec{Kind: chart.Number, Language: "ko", Title: "지난달 매출", Subtitle: "2026-10-01–10-31", YFormat: "krw",
		Big: &chart.Big{Value: 1218540000, Before: &before, Growth: &growth, Label: "9월", Spark: walk(31, 14, 9e8, 1e8)}}
	fall, was := -0.124, 0.031
	churn := chart.Spec{Kind: chart.Number, Language: "en", Title: "Return rate", Subtitle: "October 2026", YFormat: "percent", LowerIsBetter: true,
		Big: &chart.Big{Value: 0.0272, Before: &was, Growth: &fall, Label: "vs September"}}
	waterfall := chart.Spec{Kind: chart.Waterfall, Language: "ko", Title: "세탁기 매출은 왜 줄었나", Subtitle: "9월 → 10월 · 단위: 원", XKind: chart.XCategory, YFormat: "krw",
		Categories: []string{"9월", "통돌이 16kg · 오픈마켓", "드럼 21kg · 자사몰", "할인율", "반품", "그 밖", "10월"},
		Series:     []chart.Series{{Values: figures(9.04e8, -9.1e7, -3.3e7, 2.1e7, -0.8e7, -0.1e7, 7.92e8)}}}
	slight := waterfall
	slight.Language, slight.Title, slight.Subtitle = "en", "Why revenue rose", "September → October"
	slight.Categories = []string{"September", "Online mall", "Stores", "Discounts", "Rest", "October"}
	slight.Series = []chart.Series{{Values: figures(9.04e8, 3.1e7, -1.3e7, 0.6e7, 0.2e7, 9.3e8)}}
	return []named{{"heatmap", heat}, {"scatter", scatter}, {"number", number}, {"number-en", churn}, {"waterfall", waterfall}, {"waterfall-slight", slight}}
}

func render(t testing.TB, spec chart.Spec, opts chart.Options) image.Image {
	t.Helper()
	data, err := chart.Render(context.Background(), spec, opts)
	if err != nil {
		t.Fatalf("render %s: %v", spec.Title, err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("decode %s: %v", spec.Title, err)
	}
	return img
}

var drawGallery = flag.Bool("gallery", false, "draw the gallery, for looking at")

// TestGallery draws every kind, light and dark, and sheets of them, also at the width of
// a phone. With -artifacts the pictures are kept.
func TestGallery(t *testing.T) {
	if !*drawGallery {
		t.Skip("draws every chart several times: -gallery -artifacts -outputdir DIR")
	}
	dir := t.ArtifactDir()
	all := append(gallery(), ugly()...)
	for _, dark := range []bool{false, true} {
		suffix := map[bool]string{false: "", true: "-dark"}[dark]
		var phone, half []image.Image
		for _, n := range all {
			img := render(t, n.spec, chart.Options{Dark: dark})
			save(t, filepath.Join(dir, n.name+suffix+".png"), img)
			phone = append(phone, shrink(img, 360))
			half = append(half, shrink(img, 720))
		}
		save(t, filepath.Join(dir, "sheet-phone"+suffix+".png"), sheet(phone, 4))
		regular := len(gallery())
		save(t, filepath.Join(dir, "sheet"+suffix+".png"), sheet(half[:regular], 3))
		save(t, filepath.Join(dir, "sheet-ugly"+suffix+".png"), sheet(half[regular:], 3))
	}
	save(t, filepath.Join(dir, "charts.png"), chart.Reduce(contact(t)))
	for _, n := range all {
		svg, err := chart.SVG(n.spec, chart.Options{})
		if err != nil {
			t.Fatalf("svg %s: %v", n.name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, n.name+".svg"), svg, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// contact is the sheet of the documentation: docs/pictures/charts.png is a copy.
func contact(t *testing.T) *image.RGBA {
	byName := map[string]chart.Spec{}
	for _, n := range gallery() {
		byName[n.name] = n.spec
	}
	var images []image.Image
	for _, name := range strings.Fields("line bar donut grouped forecast! heatmap! waterfall hbar area! number scatter compare!") {
		spec, ok := byName[strings.TrimSuffix(name, "!")]
		if !ok {
			t.Fatalf("no chart %q", name)
		}
		images = append(images, shrink(render(t, spec, chart.Options{Dark: strings.HasSuffix(name, "!")}), 640))
	}
	return sheet(images, 3).(*image.RGBA)
}

func save(t *testing.T, path string, img image.Image) {
	t.Helper()
	var buf bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func shrink(img image.Image, width int) image.Image {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, width, width*b.Dy()/b.Dx()))
	draw.CatmullRom.Scale(out, out.Rect, img, b, draw.Src, nil)
	return out
}

func sheet(images []image.Image, columns int) image.Image {
	const gap = 8
	w, h := images[0].Bounds().Dx(), images[0].Bounds().Dy()
	rows := (len(images) + columns - 1) / columns
	out := image.NewRGBA(image.Rect(0, 0, columns*(w+gap)+gap, rows*(h+gap)+gap))
	draw.Draw(out, out.Rect, image.NewUniform(color.Gray{Y: 150}), image.Point{}, draw.Src)
	for i, img := range images {
		at := image.Pt(gap+(i%columns)*(w+gap), gap+(i/columns)*(h+gap))
		draw.Draw(out, image.Rectangle{Min: at, Max: at.Add(img.Bounds().Size())}, img, img.Bounds().Min, draw.Src)
	}
	return out
}
