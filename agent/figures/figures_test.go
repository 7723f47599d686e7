package figures_test

import (
	"strings"
	"testing"
	"testing/quick"
	"time"
	"unicode"

	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/format"
)

type decimal string

func (d decimal) Float64() float64 { return 1234.5 }

var table = figures.Table{
	Name: "r1", Count: 12345,
	Columns: []figures.Column{
		{Key: "revenue", Format: format.KRW}, {Key: "change", Format: format.Percent, Signed: true}, {Key: "points", Format: format.Points, Signed: true},
		{Key: "who"}, {Key: "month", Grain: "month"}, {Key: "day", Grain: "day"}, {Key: "weekday", Grain: "weekday"}, {Key: "year", Format: format.Year},
		{Key: "odd|[name]{x}", Format: format.Integer}, {Key: "판매 수량"}, {Key: "quarter", Grain: "quarter"}, {Key: "hour", Grain: "hour_of_day"},
	},
	Rows: [][]any{
		{1218540000.0, 0.041, 0.012, "서울", date(2026, 10, 1), date(2026, 10, 3), int64(1), int64(2026), int64(7), decimal("1234.5"), date(2026, 10, 1), int64(14)},
		{nil, -0.12, -0.012, nil, nil, nil, int64(9), nil, nil, nil, nil, nil},
	},
}

func date(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

func TestFill(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, ko, en string }{
		{"{{r1.revenue[0]}}", "12억 1,854만 원", "₩1.22B"},
		{"{{ r1.revenue[0] | short }}", "12억 1,854만 원", "₩1.22B"},
		{"{{r1.revenue[0]|exact}}", "1,218,540,000원", "₩1,218,540,000"},
		{"{{r1.revenue[0]|signed}}", "+12억 1,854만 원", "+₩1.22B"},
		{"{{r1.revenue[0]|usd}}", "12억 1,854만 달러", "$1.22B"},
		{"{{r1.change[0]}} {{r1.change[1]}}", "+4.1% −12.0%", "+4.1% −12.0%"},
		{"{{r1.change[1]|abs}}", "12.0%", "12.0%"},
		{"{{r1.points[0]|abs}} {{r1.points[1]|abs}} {{r1.points[1]}}", "1.2%p 1.2%p −1.2%p", "1.2 pp 1.2 pp −1.2 pp"},
		{"{{r1.who[0]}}/{{r1.who[1]}}", "서울/–", "서울/–"},
		{"{{r1.revenue[1]}} {{r1.month[1]|brief}}", "– –", "– –"},
		{"{{r1.month[0]}} {{r1.month[0]|brief}}", "2026년 10월 10월", "Oct 2026 October"},
		{"{{r1.day[0]}} {{r1.day[0]|brief}}", "2026년 10월 3일 10월 3일", "Oct 3, 2026 Oct 3"},
		{"{{r1.quarter[0]}} {{r1.quarter[0]|brief}}", "2026년 4분기 4분기", "Q4 2026 Q4"},
		{"{{r1.weekday[0]}} {{r1.weekday[0]|long}} {{r1.weekday[1]|long}}", "월 월요일 –", "Mon Monday –"},
		{"{{r1.hour[0]}} {{r1.hour[0]|long}}", "14시 14시", "14:00 14:00"},
		{"{{r1.year[0]}} {{r1.year[0]|long}}", "2026 2026년", "2026 2026"},
		{"{{r1#}}개", "1만 2,345개", "12.3K개"},
		{figures.Ref("r1", "odd|[name]{x}", 0) + figures.RefAs("r1", "odd|[name]{x}", 0, figures.Exact), "77", "77"},
		{figures.Ref("r1", "판매 수량", 0), "1,234.5", "1,234.5"},
		{"no reference, {one} [two] {{", "no reference, {one} [two] {{", "no reference, {one} [two] {{"},
		{"", "", ""},
	} {
		for language, want := range map[string]string{"ko": test.ko, "en": test.en} {
			got, err := figures.Fill(test.text, []figures.Table{table}, language)
			if err != nil || got != want {
				t.Errorf("%s %q: %q, %v; want %q", language, test.text, got, err, want)
			}
		}
	}
}

// TestFillRefuses: a figure must not vanish, nor a broken reference be shown.
func TestFillRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{{r2.revenue[0]}}", "{{r1.profit[0]}}", "{{r1.revenue[2]}}", "{{r1.revenue[99999999999999999999]}}", "{{r2#}}",
		"{{r1.revenue}}", "{{r1.revenue[-1]}}", "{{r1.revenue[x]}}", "{{revenue[0]}}", "{{}}", "{{ }}", "{{r1}}", "{{r1.[0]}}",
		"{{r1.revenue[0]|}}", "{{{{r1.revenue[0]}}}}", "text {{r1.revenue[0]}} and {{oops}}",
	} {
		if got, err := figures.Fill(text, []figures.Table{table}, "ko"); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestCellsCannotReferOrMarkUp(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"{{r1.revenue[0]}}":          `\{\{r1.revenue\[0\]\}\}`,
		"{{{{x}}}}":                  `\{\{\{\{x\}\}\}\}`,
		"*a* _b_ `c`":                "\\*a\\* \\_b\\_ \\`c\\`",
		"[x](y) <z>":                 `\[x\](y) \<z\>`,
		"a\nb\tc\r\u2028d":           "a b c  d",
		"&lt; &amp; R&D &#60;":       `\&lt; \&amp; R&D \&#60;`,
		"\u202eabc\u2069":            "abc",
		`\`:                          `\\`,
		strings.Repeat("가", 81):      strings.Repeat("가", 79) + "…",
		strings.Repeat("가", 80):      strings.Repeat("가", 80),
		strings.Repeat("x", 100_000): strings.Repeat("x", 79) + "…",
		strings.Repeat("a ", 60):     strings.TrimSpace(strings.Repeat("a ", 40)) + "…",
		"여성 · 30대 (2026)":            "여성 · 30대 (2026)",
	} {
		in := figures.Table{Name: "r1", Columns: []figures.Column{{Key: "x"}}, Rows: [][]any{{cell}}}
		got, err := figures.Fill("<{{r1.x[0]}}>", []figures.Table{in}, "ko")
		if err != nil || got != "<"+want+">" {
			t.Errorf("%.40q: %.120q, %v; want %.120q", cell, got, err, want)
		}
	}
}

func FuzzFill(f *testing.F) {
	for _, seed := range []string{"{{r1.x[0]}}", "{{r1.x[0]", "{{{{", "}}", "{{r1#}}", "**a**", "\\{{"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		in := figures.Table{Name: "r1", Columns: []figures.Column{{Key: "x"}}, Rows: [][]any{{cell}}}
		got, err := figures.Fill("a {{r1.x[0]}} b", []figures.Table{in}, "en")
		if err != nil {
			t.Fatalf("%q: %v", cell, err)
		}
		if again, err := figures.Fill(got, []figures.Table{in}, "en"); err != nil || again != got {
			t.Errorf("%q reads as a reference once filled in: %q, %q, %v", cell, got, again, err)
		}
	})
}

// TestPlainUndoesEscape: what a message escapes is read again as it was.
func TestPlainUndoesEscape(t *testing.T) {
	t.Parallel()
	same := func(s string) bool {
		s = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
				return -1 // not kept at all
			}
			return r
		}, s)
		return figures.Plain(figures.Escape(s)) == s
	}
	for _, s := range []string{"R&amp;D", `\&amp;`, "A & B", "{{r1.x[0]}}", "**bold** `code` *it*", `C:\temp\*`, "[a](b) <c>", `\\`, "&&#38;;", "{", "_x_"} {
		if !same(s) {
			t.Errorf("%q becomes %q, then %q", s, figures.Escape(s), figures.Plain(figures.Escape(s)))
		}
	}
	marks := []rune("\\*_`[]<>{}&;#|~-+.!()a1 가")
	fromMarks := func(seed []byte) bool {
		var b strings.Builder
		for _, x := range seed {
			b.WriteRune(marks[int(x)%len(marks)])
		}
		return same(b.String())
	}
	if err := quick.Check(fromMarks, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

func TestPlainDropsMarks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"**주문.csv**를 읽었어요.": "주문.csv를 읽었어요.", "*so* `x`": "so x", `5 \* 3`: "5 * 3", `end \`: `end \`, `\가`: `\가`,
	} {
		if got := figures.Plain(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
