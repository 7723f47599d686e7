package layout_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

func TestSourcesSayWhereTheyLead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		link      bot.Link
		name, url string
	}{
		{bot.Link{Title: "2026년 달력", URL: "https://www.kasi.re.kr/a?b=c"}, "2026년 달력 (kasi.re.kr)", "https://www.kasi.re.kr/a?b=c"},
		{bot.Link{Title: "kasi.re.kr", URL: "https://kasi.re.kr"}, "kasi.re.kr", "https://kasi.re.kr"},
		{bot.Link{URL: "https://kasi.re.kr/x"}, "kasi.re.kr", "https://kasi.re.kr/x"},
		{bot.Link{Title: "x", URL: "javascript:alert(1)"}, "x", ""},
		{bot.Link{Title: "bank", URL: "https://bank.example@evil.example/"}, "bank", ""},
		{bot.Link{Title: "long", URL: "https://a.example/" + strings.Repeat("x", 3000)}, "long", ""},
		{bot.Link{Title: "a\n\u202eb", URL: "://"}, "a b", ""},
		{bot.Link{}, "–", ""},
	} {
		s := layout.SourceOf(c.link)
		if got := s.Name(100); got != c.name || s.URL != c.url {
			t.Errorf("%+v is shown as %q, leading to %q; want %q, %q", c.link, got, s.URL, c.name, c.url)
		}
	}
	if got := layout.SourceOf(bot.Link{Title: strings.Repeat("t", 100), URL: "https://" + strings.Repeat("h", 50) + ".example"}).Name(40); layout.Size(got) > 40 || !strings.Contains(got, "(hhh") {
		t.Errorf("a long one is called %q", got)
	}
}

func TestCite(t *testing.T) {
	t.Parallel()
	links := []bot.Link{{Title: "a", URL: "https://a.example"}, {Title: "b", URL: "nowhere"}}
	lines := layout.Parse(`**one [1]**[2] [3] [0] [x] [ \[1\] [1`, plain)
	layout.Cite(lines, links)
	want := []layout.Span{
		{Text: "one ", Bold: true}, {Text: "[1]", Bold: true, Link: "https://a.example"}, {Text: "[2]"}, {Text: " [3] [0] [x] [ ["}, {Text: "1] [1"},
	}
	if !slices.Equal(lines[0].Spans, want) {
		t.Errorf("got %+v, want %+v", lines[0].Spans, want)
	}
	code := layout.Parse("`[1]`", plain)
	layout.Cite(code, links)
	if code[0].Spans[0].Link != "" {
		t.Error("code is a link")
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	c := &bot.Chart{Title: "c"}
	msg := bot.Message{Charts: []bot.Chart{{Title: "own"}}, Sections: []bot.Section{
		{Title: "empty"}, {Title: "a", Lines: []bot.Line{{Text: "1"}, {Text: "2", Chart: c}}}, {Lines: []bot.Line{{Text: "3", Chart: c}}},
	}}
	var got []string
	for _, l := range layout.Lines(msg) {
		got = append(got, l.Heading+l.Text)
		if l.Line.Chart != nil && layout.Charts(msg)[l.Chart].Title != "c" {
			t.Errorf("%s has another's chart", l.Text)
		}
	}
	if want := []string{"a1", "2", "3"}; !slices.Equal(got, want) || len(layout.Charts(msg)) != 3 {
		t.Errorf("the lines are %q, want %q", got, want)
	}
	w := layout.WordsFor("ko")
	if a, b := w.Mark(bot.Line{Mark: bot.MarkSure, Text: "추석 (확정)"}), w.Mark(bot.Line{Mark: bot.MarkCaution, Text: "추모일"}); a != "" || b != "주의" {
		t.Errorf("the words are %q and %q", a, b)
	}
}
