package cards_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/cards"
)

func figures(values ...float64) []*float64 {
	out := make([]*float64, len(values))
	for i := range values {
		out[i] = &values[i]
	}
	return out
}

func message(t testing.TB, specs ...chart.Spec) bot.Message {
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

// native returns the chart that Teams is told to draw of a spec, if any.
func native(t *testing.T, s chart.Spec) (object, bool) {
	t.Helper()
	var found object
	for _, e := range elementsOf(t, cards.Render(message(t, s), cards.Options{})) {
		if strings.HasPrefix(fmt.Sprint(e["type"]), "Chart.") {
			found = e
		}
	}
	return found, found != nil
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

func ofMany(n int) func(*chart.Spec) {
	return func(s *chart.Spec) {
		s.Categories, s.Series[0].Values = nil, nil
		for i := range n {
			v := float64(i + 1)
			s.Categories, s.Series[0].Values = append(s.Categories, fmt.Sprint("이름 ", i)), append(s.Series[0].Values, &v)
		}
	}
}

func days(n int, gap int) func(*chart.Spec) {
	return func(s *chart.Spec) {
		s.Grain, s.Times, s.Series[0].Values = "day", nil, nil
		for i := range n {
			v, at := float64(i+1), i
			if i > n/2 {
				at += gap
			}
			s.Times, s.Series[0].Values = append(s.Times, months(1, 1)[0].AddDate(0, 0, at)), append(s.Series[0].Values, &v)
		}
	}
}

func beside(s *chart.Spec) {
	s.Series = append(s.Series, chart.Series{Name: "작년", Values: figures(3e8, 2e8, 1e8)})
}

// drawable are charts that Teams draws, by what they become.
func drawable() map[string]chart.Spec {
	return map[string]chart.Spec{
		"VerticalBar of bars":              bar(nil),
		"VerticalBar of months":            line(func(s *chart.Spec) { s.Kind = chart.Bar }),
		"VerticalBar of nothing but zero":  bar(func(s *chart.Spec) { s.Series[0].Values = figures(0, 0, 0) }),
		"HorizontalBar of lying bars":      bar(func(s *chart.Spec) { s.Kind = chart.HBar }),
		"HorizontalBar of many bars":       bar(ofMany(20)),
		"HorizontalBar of long names":      bar(func(s *chart.Spec) { s.Categories[0] = "아주 길고 길어서 아래에 자리가 없는 이름" }),
		"VerticalBar.Grouped of groups":    bar(func(s *chart.Spec) { s.Kind = chart.GroupedBar; beside(s) }),
		"VerticalBar.Grouped of stacks":    bar(func(s *chart.Spec) { s.Kind = chart.StackedBar; beside(s) }),
		"Line of months":                   line(nil),
		"Line of two":                      line(beside),
		"Line of an area":                  line(func(s *chart.Spec) { s.Kind = chart.Area }),
		"Line of what is below zero":       line(func(s *chart.Spec) { *s.Series[0].Values[1] = -5e7 }),
		"Line of many days":                line(days(90, 0)),
		"Line of days with some missing":   line(days(5, 3)),
		"Line of steps":                    bar(func(s *chart.Spec) { s.Kind = chart.Line }),
		"Donut of parts":                   bar(func(s *chart.Spec) { s.Kind = chart.Donut }),
		"VerticalBar of names with a link": bar(func(s *chart.Spec) { s.Categories[0] = "[a](http://b.example)"; s.Title = "<at>x</at>" }),
	}
}

func TestWhatTeamsDraws(t *testing.T) {
	for name, s := range drawable() {
		kind, _, _ := strings.Cut(name, " ")
		if got, ok := native(t, s); !ok || got["type"] != "Chart."+kind {
			t.Errorf("%s: drawn by Teams as %v", name, got["type"])
		}
	}
	for name, s := range map[string]chart.Spec{
		"21 bars": bar(ofMany(21)), "no bars": bar(ofMany(0)), "bars below zero": bar(func(s *chart.Spec) { *s.Series[0].Values[2] = -5e7 }),
		"stacks below zero": bar(func(s *chart.Spec) { s.Kind = chart.StackedBar; beside(s); *s.Series[0].Values[2] = -1 }),
		"a waterfall":       bar(func(s *chart.Spec) { s.Kind = chart.Waterfall }), "a heatmap": bar(func(s *chart.Spec) { s.Kind = chart.Heatmap }),
		"a figure and its course": {Kind: chart.Number, Title: "매출", Big: &chart.Big{Value: 1, Spark: []float64{1, 2}}},
		"points":                  {Kind: chart.Scatter, Title: "x", XKind: chart.XNumber, Xs: []float64{1, 2}, Series: []chart.Series{{Name: "y", Values: figures(1, 2)}}},
		"a gap":                   bar(func(s *chart.Spec) { s.Series[0].Values[1] = nil }), "a gap in a line": line(func(s *chart.Spec) { s.Series[0].Values[1] = nil }),
		"bars with a missing month": line(func(s *chart.Spec) { s.Kind = chart.Bar; s.Times[2] = s.Times[2].AddDate(0, 1, 0) }),
		"bars of many days":         line(func(s *chart.Spec) { s.Kind = chart.Bar; days(31, 0)(s) }),
		"groups of long names": bar(func(s *chart.Spec) {
			s.Kind = chart.GroupedBar
			beside(s)
			s.Categories[0] = strings.Repeat("긴 이름 ", 6)
		}),
		"a period that is not over": line(func(s *chart.Spec) { s.PartialLast = true }), "a forecast": line(func(s *chart.Spec) { s.Series[0].Dashed = true }),
		"an interval": line(func(s *chart.Spec) { s.Series[0].Low, s.Series[0].High = figures(1, 2, 3), figures(4, 5, 6) }),
		"a mark":      line(func(s *chart.Spec) { s.Series[0].Marks = []int{1} }), "one point": line(func(s *chart.Spec) { s.Times, s.Series[0].Values = s.Times[:1], figures(1) }),
		"stacked areas": line(func(s *chart.Spec) { s.Kind = chart.Area; beside(s) }), "times that go back": line(func(s *chart.Spec) { s.Times[2] = s.Times[0].AddDate(-1, 0, 0) }),
		"a pie with nothing in a part": bar(func(s *chart.Spec) { s.Kind = chart.Donut; *s.Series[0].Values[0] = 0 }), "a pie of 7": bar(func(s *chart.Spec) { s.Kind = chart.Donut; ofMany(7)(s) }),
		"7 lines": line(func(s *chart.Spec) {
			for i := range 6 {
				s.Series = append(s.Series, chart.Series{Name: fmt.Sprint(i), Values: figures(1, 2, 3)})
			}
		}),
		"names alike": bar(func(s *chart.Spec) { s.Categories[1] = s.Categories[0] }), "a name of nothing": bar(func(s *chart.Spec) { s.Categories[1] = " " }),
		"names alike when cut": bar(func(s *chart.Spec) {
			for i := range s.Categories {
				s.Categories[i] = strings.Repeat("긴", 50) + fmt.Sprint(i)
			}
		}),
		"dates as figures": bar(func(s *chart.Spec) { s.YFormat = "date" }), "figures too far apart": bar(func(s *chart.Spec) { *s.Series[0].Values[2] = 1e-6 }),
	} {
		if got, ok := native(t, s); ok {
			t.Errorf("%s: drawn by Teams as %s", name, marshal(t, got))
		}
		// It is shown all the same.
		l := cards.Render(message(t, s), cards.Options{Pictures: map[int][]byte{0: dot(t)}})
		if !strings.Contains(string(l.Card), `"Image"`) {
			t.Errorf("%s: no picture is shown", name)
		}
		if l = cards.Render(message(t, s), cards.Options{}); !strings.Contains(string(l.Card), "in words") {
			t.Errorf("%s: it is not told in words", name)
		}
	}
	for _, broken := range []string{"", "null", "[]", `{"kind":7}`} {
		msg := bot.Message{Kind: bot.KindAnswer, Charts: []bot.Chart{{Title: "x", Alt: "in words", Spec: json.RawMessage(broken)}}}
		if l := cards.Render(msg, cards.Options{}); !strings.Contains(string(l.Card), "in words") {
			t.Errorf("a spec of %q is not told in words", broken)
		}
		if got := cards.PictureSpec(msg.Charts[0]); broken[:min(1, len(broken))] != "{" && string(got) != broken {
			t.Errorf("a spec of %q becomes %q", broken, got)
		}
	}
}

func TestTeamsAxis(t *testing.T) {
	english := func(f string, values ...float64) chart.Spec {
		return bar(func(s *chart.Spec) {
			s.Language, s.Title, s.YFormat, s.Series[0].Values = "en", "Revenue", f, figures(values...)
		})
	}
	type drawn struct {
		Heading string
		Data    any
	}
	regions := func(values ...float64) any {
		var out []any
		for i, name := range []string{"경기도", "서울특별시", "부산광역시"} {
			out = append(out, object{"x": name, "y": values[i]})
		}
		return out
	}
	for name, test := range map[string]struct {
		spec chart.Spec
		want drawn
	}{
		"won":      {bar(nil), drawn{"지역별 매출\u2002단위: 억 원", regions(4.084, 3.586, 0.984)}},
		"dollars":  {english("usd", 1.2e9, 3.4e8, 5.6e7), drawn{"Revenue\u2002unit: $B", regions(1.2, 0.34, 0.056)}},
		"few":      {english("count:orders", 98000, 1500, 12), drawn{"Revenue\u2002unit: orders", regions(98000, 1500, 12)}},
		"percents": {bar(func(s *chart.Spec) { s.YFormat, s.Series[0].Values = "percent", figures(0.335, 0.294, 0.1) }), drawn{"지역별 매출\u2002단위: %", regions(33.5, 29.4, 10)}},
		"a period": {bar(func(s *chart.Spec) { s.Subtitle = "2026-10-01–10-31 · 단위: 원" }), drawn{"지역별 매출\u20022026-10-01–10-31 · 단위: 억 원", regions(4.084, 3.586, 0.984)}},
		"a pie": {bar(func(s *chart.Spec) { s.Kind = chart.Donut }), drawn{"지역별 매출\u2002단위: 억 원", []any{
			object{"legend": "경기도 4.084 억 원", "value": 4.084, "color": "categoricalBlue"}, object{"legend": "서울특별시 3.586 억 원", "value": 3.586, "color": "categoricalMarigold"},
			object{"legend": "부산광역시 0.984 억 원", "value": 0.984, "color": "categoricalTeal"},
		}}},
		"a week": {line(days(7, 0)), drawn{"지역별 매출\u2002단위: 원", []any{object{"legend": "매출", "color": "categoricalBlue", "values": []any{
			object{"x": "1/1", "y": 1.0}, object{"x": "1/2", "y": 2.0}, object{"x": "1/3", "y": 3.0}, object{"x": "1/4", "y": 4.0}, object{"x": "1/5", "y": 5.0},
			object{"x": "1/6", "y": 6.0}, object{"x": "1/7", "y": 7.0},
		}}}}},
		"missing days": {line(days(3, 1)), drawn{"지역별 매출\u2002단위: 원", []any{object{"legend": "매출", "color": "categoricalBlue", "values": []any{
			object{"x": "2026-01-01", "y": 1.0}, object{"x": "2026-01-02", "y": 2.0}, object{"x": "2026-01-04", "y": 3.0},
		}}}}},
	} {
		var got drawn
		last := ""
		for _, e := range elementsOf(t, cards.Render(message(t, test.spec), cards.Options{})) {
			if strings.HasPrefix(fmt.Sprint(e["type"]), "Chart.") {
				got = drawn{last, e["data"]}
			}
			last = inlinesOf(e)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s is drawn (-want +got):\n%s", name, diff)
		}
	}
}

// TestAxisKeepsTheFigures holds the figures on the axis, times their unit, against those of
// the chart: to within what can be seen.
func TestAxisKeepsTheFigures(t *testing.T) {
	unit := map[string]float64{"조": 1e12, "억": 1e8, "만": 1e4}
	for _, most := range []float64{7, 99_999, 100_000, 123_456, 9.99e7, 1e8, 4.56e11, 7.8e13} {
		given := []float64{most, most / 3, most / 70}
		got, ok := native(t, bar(func(s *chart.Spec) { s.Series[0].Values = figures(given...) }))
		if !ok {
			t.Fatalf("%v is not drawn", most)
		}
		size := 1.0
		card := string(cards.Render(message(t, bar(func(s *chart.Spec) { s.Series[0].Values = figures(given...) })), cards.Options{}).Card)
		for word, n := range unit {
			if strings.Contains(card, "단위: "+word) {
				size = n
			}
		}
		for i, p := range got["data"].([]any) {
			shown := p.(object)["y"].(float64) * size
			if d := shown - given[i]; d > given[i]/20 || -d > given[i]/20 {
				t.Errorf("%v is shown as %v", given[i], shown)
			}
		}
	}
}

func TestLinesHaveShortFiguresAtTheirSteps(t *testing.T) {
	for _, most := range []float64{0.37, 1, 3.54, 9.99, 12, 96, 1234, 98_765} {
		got, ok := native(t, line(func(s *chart.Spec) { s.YFormat, s.Series[0].Values = "count:건", figures(most/2, most/3, most) }))
		if !ok {
			t.Fatalf("%v is not drawn", most)
		}
		top, low := got["yMax"].(float64), got["yMin"].(float64)
		quarter := fmt.Sprintf("%.10g", top/4)
		if low != 0 || top < most || top > most*1.6 || len(strings.Trim(strings.ReplaceAll(quarter, ".", ""), "0")) > 3 {
			t.Errorf("an axis up to %v goes from %v to %v, by %s", most, low, top, quarter)
		}
	}
}
