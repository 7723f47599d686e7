package layout_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

func TestParse(t *testing.T) {
	t.Parallel()
	type (
		span = layout.Span
		line = layout.Line
	)
	text := func(s string) []span { return []span{{Text: s}} }
	for in, want := range map[string][]line{
		"":                               nil,
		"\n\n":                           nil,
		"a\n\nb":                         {{Spans: text("a")}, {}, {Spans: text("b")}},
		"**12억 원**은 *약* `x*y`":           {{Spans: []span{{Text: "12억 원", Bold: true}, {Text: "은 "}, {Text: "약", Italic: true}, {Text: " "}, {Text: "x*y", Code: true}}}},
		"3*4 and 2 * 5":                  {{Spans: text("3*4 and 2 * 5")}},
		"- a\n  - b\n1. c\n12. d":        {{Spans: text("a"), List: "-"}, {Spans: text("b"), List: "-", Indent: 1}, {Spans: text("c"), List: "1.", Number: 1}, {Spans: text("d"), List: "1.", Number: 12}},
		"0. a\n1234. b":                  {{Spans: text("0. a")}, {Spans: text("1234. b")}},
		`\*a\* \` + "`b` <b> [x](y) # z": {{Spans: text("*a* `b` <b> [x](y) # z")}},
		"a\u202e\x07\u2028b":             {{Spans: text("a")}, {Spans: text("b")}},
	} {
		if got := layout.Parse(in, plain); !same(got, want) {
			t.Errorf("%q is read as %+v, want %+v", in, got, want)
		}
	}
}

func plain(s string) string { return s }

func same(a, b []layout.Line) bool {
	return slices.EqualFunc(a, b, func(a, b layout.Line) bool {
		return a.List == b.List && a.Number == b.Number && a.Indent == b.Indent && slices.Equal(a.Spans, b.Spans)
	})
}

// What is between the marks is made literal when the escapes are gone, or they could hide
// what is to be found.
func TestParseHidesNothingFromLiteral(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`https:\//x`, `https:/\/x`, `**https:\//x**`, `- https:\//x`, "`https://x`", `https\://x`} {
		var seen []string
		layout.Parse(in, func(s string) string { seen = append(seen, s); return s })
		if !slices.Contains(seen, "https://x") {
			t.Errorf("of %q literal sees only %q", in, seen)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("**a** *b* `c`\n- d\\*")
	f.Add(strings.Repeat("*", 500) + strings.Repeat("`", 500))
	f.Fuzz(func(t *testing.T, in string) {
		for _, l := range layout.Parse(in, plain) {
			for _, s := range l.Spans {
				if !utf8.ValidString(s.Text) || strings.ContainsAny(s.Text, "\n\u202e\x00") {
					t.Errorf("%q leaves %q", in, s.Text)
				}
			}
		}
	})
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"🍚🍚🍚", 5, "🍚🍚…"}, {"🍚🍚", 3, "🍚…"}, {"매출 보고서", 4, "매출…"}, {"", 1, ""}} {
		if got := layout.Cut(c.in, c.limit); got != c.want || layout.Size(got) > c.limit {
			t.Errorf("%q cut to %d is %q, want %q", c.in, c.limit, got, c.want)
		}
	}
	if n := layout.Columns("매출 A\u0301\u2060"); n != 6 {
		t.Errorf("two wide letters, a space and an accented one take %d places", n)
	}
}

func TestTimeLabels(t *testing.T) {
	t.Parallel()
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 9, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		times       []time.Time
		grain, lang string
		labels      []string
		axis        string
	}{
		{[]time.Time{day(2026, 1, 1), day(2026, 2, 1)}, "month", "ko", []string{"1월", "2월"}, "2026년"},
		{[]time.Time{day(2025, 12, 1), day(2026, 1, 1)}, "month", "en", []string{"Dec ’25", "Jan ’26"}, ""},
		{[]time.Time{day(2025, 12, 1), day(2026, 1, 1), day(2026, 2, 1)}, "month", "ko", []string{"25년 12월", "26년 1월", "2월"}, ""},
		{[]time.Time{day(2026, 10, 1)}, "quarter", "ko", []string{"4분기"}, "2026년"},
		{[]time.Time{day(2026, 11, 23), day(2026, 11, 30)}, "week", "en", []string{"Nov 23", "Nov 30"}, "2026 · week of"},
		{[]time.Time{day(2026, 11, 23)}, "hour", "ko", []string{"11월 23일 9시"}, "2026년"},
		{[]time.Time{day(2025, 1, 1), day(2026, 1, 1)}, "year", "ko", []string{"2025년", "2026년"}, ""},
	} {
		labels, axis := layout.TimeLabels(c.times, c.grain, c.lang)
		if !slices.Equal(labels, c.labels) || axis != c.axis {
			t.Errorf("%s in %s: %q beside %q, want %q beside %q", c.grain, c.lang, labels, axis, c.labels, c.axis)
		}
	}
}

func TestScale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format, lang string
		values       []float64
		unit         string
		shown        []float64
	}{
		{"krw", "ko", []float64{1_234_567_890, 98_000_000}, "억 원", []float64{12.35, 0.98}},
		{"krw", "en", []float64{1_234_567_890}, "₩B", []float64{1.235}},
		{"krw", "ko", []float64{98_000}, "원", []float64{98_000}},
		{"percent", "ko", []float64{0.335, -0.02}, "%", []float64{33.5, -2}},
		{"count:건", "ko", []float64{120_000}, "만 건", []float64{12}},
		{"chf", "en", []float64{12}, "CHF", []float64{12}},
		{"integer", "en", []float64{0}, "", []float64{0}},
	} {
		s := layout.ChartSpec{Language: c.lang, YFormat: c.format, Series: []layout.Series{{}}}
		for i := range c.values {
			s.Series[0].Values = append(s.Series[0].Values, &c.values[i])
		}
		sc, ok := s.Scale()
		var shown []float64
		for _, v := range c.values {
			shown = append(shown, sc.Of(v))
		}
		if !ok || sc.Unit != c.unit || !slices.Equal(shown, c.shown) {
			t.Errorf("%v as %s in %s: %v %q (%t), want %v %q", c.values, c.format, c.lang, shown, sc.Unit, ok, c.shown, c.unit)
		}
	}
	for format, values := range map[string][]float64{"date": {1}, "": {1e12, 1e-12}} {
		s := layout.ChartSpec{YFormat: format, Series: []layout.Series{{}}}
		for i := range values {
			s.Series[0].Values = append(s.Series[0].Values, &values[i])
		}
		if _, ok := s.Scale(); ok {
			t.Errorf("%v as %q has a scale", values, format)
		}
	}
}

func TestSheets(t *testing.T) {
	t.Parallel()
	msg := bot.Message{Language: "en", Buttons: []bot.Button{{Action: bot.ActionCSV, Value: "r1"}}}
	for range 12 {
		msg.Tables = append(msg.Tables, bot.Table{
			Columns: []bot.TableColumn{{Label: "region"}, {Label: "revenue", Numeric: true}, {Label: "more"}},
			Rows:    [][]string{{"Seoul", "12"}, {"Busan", "3", "x", "y"}, {"Jeju"}}, Total: 40, Partial: true,
		})
	}
	fit := layout.Fit{Columns: 2, Rows: 2, Text: plain, Cell: func(s string) string { return "<" + s + ">" }}
	got := layout.Sheets(msg, func(int) layout.Fit { return fit })
	if len(got) != layout.MaxTables || !slices.Contains(got[len(got)-1].Notes, "2 more tables") {
		t.Fatalf("12 tables are %d, the last of which says %q", len(got), got[len(got)-1].Notes)
	}
	want := layout.Sheet{
		Head: []string{"<region>", "<revenue>"}, Numeric: []bool{false, true}, Rows: [][]string{{"<Seoul>", "<12>"}, {"<Busan>", "<3>"}},
		Notes: []string{"2 of 40 rows", "The result was cut at its limit", "2 of 3 columns", "the rest is in the CSV"},
	}
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("a table is made %+v, want %+v", got[0], want)
	}
	if text := got[0].Listed(); text != "• <Seoul> (<region>): <revenue> <12>\n• <Busan>: <revenue> <3>" {
		t.Errorf("as lines it is %q", text)
	}
	fit.Room, fit.Weight = 1, layout.Size // there is always a row
	if rows := layout.SheetOf(msg.Tables[0], msg, fit).Rows; len(rows) != 1 {
		t.Errorf("without room %d rows are shown", len(rows))
	}
}

func TestTools(t *testing.T) {
	t.Parallel()
	msg := bot.Message{
		Language: "ko",
		Tables:   []bot.Table{{Result: "r1", Title: "지역별 매출"}, {Result: "r2"}, {Result: "r1"}},
		Buttons:  []bot.Button{{Action: bot.ActionGood}, {Action: bot.ActionCSV, Value: "r1"}, {Action: bot.ActionChoose}, {Action: bot.ActionShare, Label: "공유"}},
	}
	var got []string
	for _, b := range layout.Tools(msg) {
		got = append(got, b.Action+" "+b.Value+" "+b.Label)
	}
	if want := []string{"csv r1 CSV · 지역별 매출", "csv r2 CSV r2", "share  공유"}; !slices.Equal(got, want) {
		t.Errorf("the tools are %q, want %q", got, want)
	}
}

func TestWordsAboutTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d      time.Duration
		ko, en string
	}{{0, "0.00초", "0.00 s"}, {1240 * time.Millisecond, "1.2초", "1.2 s"}, {12 * time.Second, "12초", "12 s"}, {3 * time.Minute, "3분", "3 min"}} {
		if ko, en := layout.WordsFor("ko").Elapsed(c.d), layout.WordsFor("en").Elapsed(c.d); ko != c.ko || en != c.en {
			t.Errorf("%v took %q and %q, want %q and %q", c.d, ko, en, c.ko, c.en)
		}
	}
	msg := bot.Message{Text: "앞에 3건이 있어요", Progress: &bot.Progress{Ahead: 3, ETA: 20 * time.Second}}
	for _, lang := range []string{"ko", "en"} {
		w := layout.WordsFor(lang)
		if got := w.Waits(msg); got != "" {
			t.Errorf("what the text says is said again: %q", got)
		}
		other := msg
		other.Text = "…"
		if got, want := w.Waits(other), fmt.Sprintf(w.Ahead, 3)+" · "+fmt.Sprintf(w.ETA, w.Waiting(20*time.Second)); got != want {
			t.Errorf("it waits %q, want %q", got, want)
		}
	}
}

// A word that one language lacks would be an empty heading.
func TestEveryWordIsThere(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"ko", "en"} {
		v := reflect.ValueOf(layout.WordsFor(lang)).Elem()
		for i := range v.NumField() {
			if v.Field(i).String() == "" {
				t.Errorf("%s: %s is empty", lang, v.Type().Field(i).Name)
			}
		}
	}
}
