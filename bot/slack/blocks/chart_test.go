package blocks_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/blocks"
)

func figures(values ...float64) []*float64 {
	out := make([]*float64, len(values))
	for i := range values {
		out[i] = &values[i]
	}
	return out
}

func message(t *testing.T, specs ...chart.Spec) bot.Message {
	t.Helper()
	msg := bot.Message{Kind: bot.KindAnswer, Language: "ko", Text: "x"}
	for _, s := range specs {
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		msg.Charts = append(msg.Charts, bot.Chart{Title: s.Title, Alt: "in words", Spec: data})
	}
	return msg
}

// native returns what Slack is told to draw of a spec, if it is to draw it.
func native(t *testing.T, s chart.Spec) (*slack.DataVisualizationBlock, bool) {
	t.Helper()
	msg := message(t, s)
	needs := blocks.NeedsPicture(msg, blocks.Native)
	for _, b := range blocks.Render(msg, blocks.Native, blocks.Options{})[0].Blocks {
		if d, ok := b.(*slack.DataVisualizationBlock); ok {
			if len(needs) > 0 {
				t.Errorf("%s is drawn by Slack and asks for a picture", s.Title)
			}
			return d, true
		}
	}
	if len(needs) != 1 {
		t.Errorf("%s is not drawn by Slack and asks for no picture", s.Title)
	}
	return nil, false
}

func months(from time.Month, n int) []time.Time {
	var out []time.Time
	for i := range n {
		out = append(out, time.Date(2026, from+time.Month(i), 1, 0, 0, 0, 0, time.UTC))
	}
	return out
}

func bar(change func(*chart.Spec)) chart.Spec {
	s := chart.Spec{
		Kind: chart.Bar, Language: "ko", Title: "지역별 매출", XKind: chart.XCategory, YFormat: "krw",
		Categories: []string{"경기도", "서울특별시", "부산광역시"}, Series: []chart.Series{{Name: "매출", Values: figures(408_410_000, 358_620_000, 98_440_000)}},
	}
	if change != nil {
		change(&s)
	}
	return s
}

func line(change func(*chart.Spec)) chart.Spec {
	return bar(func(s *chart.Spec) {
		s.Kind, s.XKind, s.Grain, s.Times, s.Categories = chart.Line, chart.XTime, "month", months(1, 3), nil
		if change != nil {
			change(s)
		}
	})
}

func TestWhatSlackDraws(t *testing.T) {
	many := func(n int) (names []string, values []float64) {
		for i := range n {
			names, values = append(names, fmt.Sprint("이름 ", i)), append(values, float64(i+1))
		}
		return names, values
	}
	of := func(n int) func(*chart.Spec) {
		return func(s *chart.Spec) {
			names, values := many(n)
			s.Categories, s.Series[0].Values = names, figures(values...)
		}
	}
	for name, s := range map[string]chart.Spec{
		"bars": bar(nil), "lying bars": bar(func(s *chart.Spec) { s.Kind = chart.HBar }), "20 bars": bar(of(20)), "a line": line(nil),
		"bars below zero":   bar(func(s *chart.Spec) { *s.Series[0].Values[2] = -5e7 }),
		"a line below zero": line(func(s *chart.Spec) { *s.Series[0].Values[2] = -5e7 }), "an area": line(func(s *chart.Spec) { s.Kind = chart.Area }),
		"groups": bar(func(s *chart.Spec) {
			s.Kind, s.Series = chart.GroupedBar, append(s.Series, chart.Series{Name: "작년", Values: figures(3e8, 2e8, 1e8)})
		}),
		"a pie": bar(func(s *chart.Spec) { s.Kind = chart.Donut }), "nothing but zero": bar(func(s *chart.Spec) { s.Series[0].Values = figures(0, 0, 0) }),
		"long names": bar(func(s *chart.Spec) {
			s.Categories = []string{"아주 길고 길어서 스무 글자를 넘는 상품의 이름 하나", "아주 길고 길어서 스무 글자를 넘는 상품의 이름 둘", "짧은 이름"}
		}),
	} {
		if _, ok := native(t, s); !ok {
			t.Errorf("%s: not drawn by Slack", name)
		}
	}
	for name, s := range map[string]chart.Spec{
		"21 bars": bar(of(21)), "9 lying bars": bar(func(s *chart.Spec) { s.Kind = chart.HBar; of(9)(s) }), "no bars": bar(of(0)),
		"stacks": bar(func(s *chart.Spec) { s.Kind = chart.StackedBar }), "a waterfall": bar(func(s *chart.Spec) { s.Kind = chart.Waterfall }),
		"a heatmap":               bar(func(s *chart.Spec) { s.Kind = chart.Heatmap }),
		"a figure and its course": {Kind: chart.Number, Title: "매출", Big: &chart.Big{Value: 1, Spark: []float64{1, 2}}},
		"points":                  {Kind: chart.Scatter, Title: "x", XKind: chart.XNumber, Xs: []float64{1, 2}, Series: []chart.Series{{Name: "y", Values: figures(1, 2)}}},
		"a gap":                   bar(func(s *chart.Spec) { s.Series[0].Values[1] = nil }), "a missing month": line(func(s *chart.Spec) { s.Times[2] = s.Times[2].AddDate(0, 1, 0) }),
		"a period that is not over": line(func(s *chart.Spec) { s.PartialLast = true }), "a forecast": line(func(s *chart.Spec) { s.Series[0].Dashed = true }),
		"an interval": line(func(s *chart.Spec) { s.Series[0].Low, s.Series[0].High = figures(1, 2, 3), figures(4, 5, 6) }),
		"a mark":      line(func(s *chart.Spec) { s.Series[0].Marks = []int{1} }), "one point": line(func(s *chart.Spec) { s.Times, s.Series[0].Values = s.Times[:1], figures(1) }),
		"stacked areas":                line(func(s *chart.Spec) { s.Kind, s.Series = chart.Area, append(s.Series, s.Series[0]) }),
		"an area below zero":           line(func(s *chart.Spec) { s.Kind = chart.Area; *s.Series[0].Values[0] = -1 }),
		"a pie with nothing in a part": bar(func(s *chart.Spec) { s.Kind = chart.Donut; *s.Series[0].Values[0] = 0 }), "a pie of 5": bar(func(s *chart.Spec) { s.Kind = chart.Donut; of(5)(s) }),
		"5 lines": line(func(s *chart.Spec) {
			for i := range 4 {
				s.Series = append(s.Series, chart.Series{Name: fmt.Sprint(i), Values: figures(1, 2, 3)})
			}
		}),
		"names alike": bar(func(s *chart.Spec) { s.Categories[1] = s.Categories[0] }), "a name of nothing": bar(func(s *chart.Spec) { s.Categories[1] = " " }),
		"names alike when cut": bar(func(s *chart.Spec) {
			for i, mid := range []string{"가", "나", "다"} {
				s.Categories[i] = strings.Repeat("긴", 25) + mid + strings.Repeat("긴", 25)
			}
		}),
		"dates as figures": bar(func(s *chart.Spec) { s.YFormat = "date" }), "figures too far apart": bar(func(s *chart.Spec) { *s.Series[0].Values[2] = 1e-6 }),
		"no title": bar(func(s *chart.Spec) { s.Title = "" }),
	} {
		if d, ok := native(t, s); ok {
			t.Errorf("%s: drawn by Slack as %s", name, marshal(t, d))
		}
	}
	for _, broken := range []string{"", "null", "[]", `{"kind":7}`} {
		msg := bot.Message{Kind: bot.KindAnswer, Charts: []bot.Chart{{Title: "x", Alt: "in words", Spec: json.RawMessage(broken)}}}
		if got := blocks.NeedsPicture(msg, blocks.Native); len(got) != 1 {
			t.Errorf("a spec of %q needs the pictures %v", broken, got)
		}
	}
}

func TestSlacksAxis(t *testing.T) {
	type drawn struct {
		Title, X, Y string
		Labels      []string
		Values      []float64
	}
	see := func(t *testing.T, s chart.Spec) drawn {
		d, ok := native(t, s)
		if !ok {
			t.Fatal("not drawn by Slack")
		}
		out := drawn{Title: d.Title}
		take := func(axis slack.DataVisualizationAxisConfig, lines []slack.DataVisualizationDataSeries) {
			out.X, out.Y, out.Labels = axis.XLabel, axis.YLabel, axis.Categories
			for _, p := range lines[0].Data {
				out.Values = append(out.Values, p.Value)
			}
		}
		switch c := d.Chart.(type) {
		case *slack.DataVisualizationBarChart:
			take(c.AxisConfig, c.Series)
		case *slack.DataVisualizationLineChart:
			take(c.AxisConfig, c.Series)
		case *slack.DataVisualizationPieChart:
			for _, s := range c.Segments {
				out.Labels, out.Values = append(out.Labels, s.Label), append(out.Values, s.Value)
			}
		}
		return out
	}
	english := func(f string, values ...float64) chart.Spec {
		return bar(func(s *chart.Spec) {
			s.Language, s.Title, s.YFormat, s.Series[0].Values = "en", "Revenue", f, figures(values...)
		})
	}
	regions := []string{"경기도", "서울특별시", "부산광역시"}
	tests := map[string]struct {
		spec chart.Spec
		want drawn
	}{
		"won":     {bar(nil), drawn{"지역별 매출", "", "단위: 억 원", regions, []float64{4.084, 3.586, 0.984}}},
		"dollars": {english("usd", 1.2e9, 3.4e8, 5.6e7), drawn{"Revenue", "", "unit: $B", regions, []float64{1.2, 0.34, 0.056}}},
		"francs":  {english("chf", 2e6, 1e6, 5e5), drawn{"Revenue", "", "unit: M CHF", regions, []float64{2, 1, 0.5}}},
		"few":     {english("count:orders", 98000, 1500, 12), drawn{"Revenue", "", "unit: orders", regions, []float64{98000, 1500, 12}}},
		"many":    {bar(func(s *chart.Spec) { s.YFormat, s.Series[0].Values = "count:건", figures(1_234_567, 250_000, 10_000) }), drawn{"지역별 매출", "", "단위: 만 건", regions, []float64{123.5, 25, 1}}},
		"percents": {bar(func(s *chart.Spec) {
			s.YFormat, s.YLabel, s.Series[0].Values = "percent", "비중", figures(0.335, 0.294, 0.1)
		}), drawn{"지역별 매출", "", "비중 (%)", regions, []float64{33.5, 29.4, 10}}},
		"a period": {bar(func(s *chart.Spec) { s.Subtitle = "2026-10-01–10-31 · 단위: 원" }), drawn{"지역별 매출 · 2026-10-01–10-31", "", "단위: 억 원", regions, []float64{4.084, 3.586, 0.984}}},
		"a pie":    {bar(func(s *chart.Spec) { s.Kind = chart.Donut }), drawn{"지역별 매출 (억 원)", "", "", regions, []float64{4.084, 3.586, 0.984}}},
		"months":   {line(nil), drawn{"지역별 매출", "2026년", "단위: 억 원", []string{"1월", "2월", "3월"}, []float64{4.084, 3.586, 0.984}}},
		"over the new year": {line(func(s *chart.Spec) { s.Language, s.Times = "en", months(11, 3) }),
			drawn{"지역별 매출", "", "unit: ₩M", []string{"Nov ’26", "Dec", "Jan ’27"}, []float64{408.4, 358.6, 98.4}}},
		"a dated pie": {bar(func(s *chart.Spec) { s.Kind, s.Subtitle = chart.Donut, "2026년 10월 · 단위: 원" }), drawn{"지역별 매출 · 2026년 10월 (억 원)", "", "", regions, []float64{4.084, 3.586, 0.984}}},
		"the same month twice": {line(func(s *chart.Spec) {
			s.Times, s.Series[0].Values = months(11, 14), figures(slices.Repeat([]float64{1}, 14)...)
		}),
			drawn{"지역별 매출", "", "단위: 원", []string{"26년 11월", "26년 12월", "27년 1월", "27년 2월", "27년 3월", "27년 4월", "27년 5월", "27년 6월", "27년 7월", "27년 8월", "27년 9월", "27년 10월", "27년 11월", "27년 12월"}, slices.Repeat([]float64{1}, 14)}},
		"quarters over the new year": {line(func(s *chart.Spec) {
			s.Grain, s.Times = "quarter", []time.Time{months(7, 1)[0], months(10, 1)[0], months(13, 1)[0]}
		}),
			drawn{"지역별 매출", "", "단위: 억 원", []string{"26년 3분기", "4분기", "27년 1분기"}, []float64{4.084, 3.586, 0.984}}},
		"quarters": {line(func(s *chart.Spec) {
			s.Grain, s.Times = "quarter", []time.Time{months(1, 1)[0], months(4, 1)[0], months(7, 1)[0]}
		}),
			drawn{"지역별 매출", "2026년", "단위: 억 원", []string{"1분기", "2분기", "3분기"}, []float64{4.084, 3.586, 0.984}}},
		"weeks": {line(func(s *chart.Spec) {
			s.Grain, s.Times = "week", []time.Time{months(1, 1)[0], months(1, 1)[0].AddDate(0, 0, 7), months(1, 1)[0].AddDate(0, 0, 14)}
		}), drawn{"지역별 매출", "2026년 · 주의 첫날", "단위: 억 원", []string{"1월 1일", "1월 8일", "1월 15일"}, []float64{4.084, 3.586, 0.984}}},
		"hours": {line(func(s *chart.Spec) {
			s.Grain, s.Times = "hour", []time.Time{months(1, 1)[0], months(1, 1)[0].Add(time.Hour), months(1, 1)[0].Add(2 * time.Hour)}
		}), drawn{"지역별 매출", "2026년", "단위: 억 원", []string{"1월 1일 0시", "1월 1일 1시", "1월 1일 2시"}, []float64{4.084, 3.586, 0.984}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, see(t, test.spec)); diff != "" {
				t.Errorf("drawn (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAxisKeepsTheFigures holds the figures on Slack's axis, times their unit, against
// those of the chart: to within what can be seen.
func TestAxisKeepsTheFigures(t *testing.T) {
	unit := map[string]float64{"조": 1e12, "억": 1e8, "만": 1e4}
	for _, most := range []float64{7, 99_999, 100_000, 123_456, 9.99e7, 1e8, 4.56e11, 7.8e13} {
		given := []float64{most, most / 3, most / 70}
		d, ok := native(t, bar(func(s *chart.Spec) { s.Series[0].Values = figures(given...) }))
		if !ok {
			t.Fatalf("%v is not drawn", most)
		}
		c := d.Chart.(*slack.DataVisualizationBarChart)
		factor := 1.0
		for word, size := range unit {
			if strings.Contains(c.AxisConfig.YLabel, word) {
				factor = size
			}
		}
		for i, p := range c.Series[0].Data {
			if got := p.Value * factor; math.Abs(got-given[i]) > given[0]/1000 || math.Abs(got-given[i]) > given[i]/10 {
				t.Errorf("%v is drawn as %v %s", given[i], p.Value, c.AxisConfig.YLabel)
			}
		}
	}
}

func TestAFigureIsToldInWords(t *testing.T) {
	figure := chart.Spec{Kind: chart.Number, Title: "매출", Big: &chart.Big{Value: 1}}
	msg := message(t, figure)
	for _, level := range levels {
		if got := blocks.NeedsPicture(msg, level); len(got) > 0 {
			t.Errorf("a lone figure needs the pictures %v", got)
		}
		if text := readOut(t, blocks.Render(msg, level, blocks.Options{})[0]).text; !strings.Contains(text, "in words") {
			t.Errorf("the figure is not told: %s", text)
		}
	}
	figure.Big.Spark = []float64{1, 2, 3}
	if got := blocks.NeedsPicture(message(t, figure), blocks.Native); !slices.Equal(got, []int{0}) {
		t.Errorf("a figure with its course needs the pictures %v", got)
	}
}

func TestCaptionsRepeatNoTitle(t *testing.T) {
	caption := func(s chart.Spec) string {
		msg := message(t, s)
		msg.Charts[0].Alt = chart.Alt(s)
		layout := blocks.Render(msg, blocks.Native, blocks.Options{})[0]
		return layout.Blocks[2].(*slack.ContextBlock).ContextElements.Elements[0].(*slack.TextBlockObject).Text
	}
	dated := bar(func(s *chart.Spec) {
		s.Subtitle, s.Note = "2026년 10월 · 단위: 원", "기타는 나머지의 합입니다"
	})
	if got, want := caption(dated), "막대 차트, 값 3개: 가장 큰 값은 경기도 4억 841만 원, 가장 작은 값은 부산광역시 9,844만 원. 기타는 나머지의 합입니다"; strings.ReplaceAll(got, "\u2060", "") != want {
		t.Errorf("below the chart stands %q, want %q", got, want)
	}
	dated.Subtitle = strings.Repeat("아주 긴 기간의 이름 ", 5)
	if got := caption(dated); !strings.Contains(got, "아주 긴 기간의 이름") {
		t.Errorf("the period, for which the title has no room, is lost: %q", got)
	}
}

func TestTwoChartsOfSlacksAMessage(t *testing.T) {
	msg := message(t, bar(nil), bar(func(s *chart.Spec) { s.Kind = chart.Heatmap }), line(nil), bar(nil))
	if got := blocks.NeedsPicture(msg, blocks.Native); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("native needs the pictures %v, want 1 and 3", got)
	}
	if got := blocks.NeedsPicture(msg, blocks.Pictures); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("pictures needs the pictures %v, want all", got)
	}
	if got := blocks.NeedsPicture(msg, blocks.Sections); len(got) > 0 {
		t.Errorf("sections needs the pictures %v", got)
	}
	kinds := func(l blocks.Layout) (out []string) {
		for _, b := range l.Blocks {
			out = append(out, string(b.BlockType()))
		}
		return out
	}
	// Without a picture, a chart is told in words.
	with := kinds(blocks.Render(msg, blocks.Native, blocks.Options{Images: map[int]string{1: "F0AAAAAAAA"}})[0])
	want := []string{"rich_text", "data_visualization", "context", "image", "data_visualization", "context", "context"}
	if !slices.Equal(with, want) {
		t.Errorf("laid out as %v, want %v", with, want)
	}
}
