package web_test

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
)

// part is the HTML of one message on a page of its thread.
func (c *client) part(thread bot.Thread, ref bot.Ref) string {
	c.t.Helper()
	_, page, _ := c.get("/c/general/t/" + thread.ID)
	_, page, _ = strings.Cut(page, `id="`+ref.ID+`"`)
	page, _, _ = strings.Cut(page, "</article>")
	return page
}

func digestOf(language string, lines int) bot.Message {
	m := bot.Message{Kind: bot.KindDigest, Language: language, Text: "**이번 주** · 11/23–12/20", Sections: []bot.Section{{Title: "다가오는 날"}, {Title: "정할 것"}}}
	chart := bottest.Messages()["answer-ko"].Charts[0]
	m.Sections[0].Lines = []bot.Line{
		{Mark: bot.MarkSure, When: "11/27 금", Text: "**블랙프라이데이**", Detail: "D-5 · *작년* +58%", Chart: &chart, Links: []bot.Link{{Title: "공지", URL: "https://www.example.com/a?b=1&c=2"}}},
		{Mark: bot.MarkUnsure, When: "12/10–12/20", Text: "○○ 페스타"},
		{Mark: bot.MarkChanged, Text: "옮겨진 날"}, {Mark: bot.MarkCancelled, Text: "취소된 날"}, {Mark: bot.MarkCaution, Text: "조심할 날"}, {Mark: "other", Text: "표시 없는 줄"},
	}
	for range lines {
		m.Sections[1].Lines = append(m.Sections[1].Lines, bot.Line{Mark: bot.MarkTask, When: "12/4 금", Text: "소재 마감"})
	}
	return m
}

func TestDigest(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	thread := c.ask(s, "@bapsang x")
	for _, tt := range []struct {
		language string
		words    []string
		more     string
	}{
		{"ko", []string{"확정", "예상", "바뀜", "취소", "주의", "할 일"}, "줄 더 보기"},
		{"en", []string{"confirmed", "estimated", "changed", "cancelled", "caution", "to do"}, " more lines"},
	} {
		ref, err := s.chat.Post(t.Context(), thread, digestOf(tt.language, 30))
		if err != nil {
			t.Fatal(err)
		}
		got := c.part(thread, ref)
		for i, word := range tt.words {
			// Each line has its symbol and, for those who do not see it, the word.
			if !strings.Contains(got, `</svg><span class="hidden">`+word+`</span>`) || !strings.Contains(got, "</svg> "+word+"</span>") {
				t.Errorf("%s: no line, or no legend, says %q (mark %d)", tt.language, word, i)
			}
		}
		for what, n := range map[string]int{
			"<li": 36, `<span class="when">11/27 금</span>`: 1, "<strong>블랙프라이데이</strong>": 1, "<em>작년</em>": 1, `<details class="more">`: 1, tt.more: 1,
			`<a href="https://www.example.com/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer"><bdi>공지</bdi></a>`: 1,
			`data-chart="/chart/` + ref.ID + `/0?v=`: 1, `data-size="small"`: 1, `<ul class="lines"><li>`: 0,
		} {
			if strings.Count(got, what) != n {
				t.Errorf("%s: %q is there %d times, want %d", tt.language, what, strings.Count(got, what), n)
			}
		}
		seen, _, _ := strings.Cut(got, "<details")
		if n := strings.Count(seen, "<li"); n < 8 || n > 20 {
			t.Errorf("%s: %d lines are seen at once", tt.language, n)
		}
		if status, picture, _ := c.get("/chart/" + ref.ID + "/0?size=small"); status != http.StatusOK || !strings.Contains(picture, `viewBox="0 0 320 200"`) {
			t.Errorf("small chart: status %d: %.200s", status, picture)
		}
		if status, _, _ := c.get("/chart/" + ref.ID + "/1"); status != http.StatusNotFound {
			t.Errorf("chart that is not there: status %d", status)
		}
	}
	// What would hide next to nothing is not folded, and nothing is lost by a fold.
	for lines, folded := range map[int]bool{1: false, 6: false, 30: true, 2000: true} {
		ref, err := s.chat.Post(t.Context(), thread, digestOf("ko", lines))
		if err != nil {
			t.Fatal(err)
		}
		got := c.part(thread, ref)
		if strings.Contains(got, `class="more"`) != folded || strings.Count(got, "<li") != 6+lines {
			t.Errorf("of 6+%d lines %d are there, folded: %v", lines, strings.Count(got, "<li"), strings.Contains(got, `class="more"`))
		}
	}
}

func TestSourcesAreNumbered(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	thread := c.ask(s, "@bapsang x")
	links := []bot.Link{
		{Title: "Black Friday & more", URL: "https://www.example.com/x"}, {Title: "나쁜 것", URL: "javascript:window.pwned=1"}, {URL: "http://b.example/y"},
		{Title: "은행", URL: "https://bank.example@evil.example/"}, {Title: "상대", URL: "//evil.example/"}, {URL: "data:text/html,<script>window.pwned=1</script>"},
	}
	msg := bot.Message{Kind: bot.KindAnswer, Language: "ko", Text: "11월 27일이에요 [1], [2] **[3]** [7] `[1]` \\[1\\] arr[10].", Links: links}
	ref, err := s.chat.Post(t.Context(), thread, msg)
	if err != nil {
		t.Fatal(err)
	}
	got := c.part(thread, ref)
	for what, n := range map[string]int{
		`<a class="cite" href="https://www.example.com/x" title="Black Friday &amp; more" target="_blank" rel="noopener noreferrer">[1]</a>`: 1,
		`<strong><a class="cite" href="http://b.example/y"`: 1, "<code>[1]</code>": 1, "[7]": 1, " [2] ": 1, "arr[10].": 1, `class="cite"`: 2,
		`rel="noopener noreferrer"`: 4, `target="_blank"`: 4, "<bdi>나쁜 것</bdi></li>": 1, "<bdi>은행</bdi></li>": 1, "<bdi>상대</bdi></li>": 1,
		"<bdi>b.example</bdi>": 1, `<span class="host">example.com</span>`: 1, `href="javascript:`: 0, `href="data:`: 0, "evil.example": 0, "<script": 0,
	} {
		if strings.Count(got, what) != n {
			t.Errorf("%q is there %d times, want %d:\n%s", what, strings.Count(got, what), n, got)
		}
	}
	msg.Links = append(msg.Links, links[0])
	if ref, err = s.chat.Post(t.Context(), thread, msg); err != nil {
		t.Fatal(err)
	}
	if got := c.part(thread, ref); !strings.Contains(got, `<details class="sources">`) {
		t.Error("seven sources are not folded")
	}
}

// asks is a form with every kind of field.
func asks() *bot.Form {
	choices := []bot.Choice{{Value: "a", Label: "하나"}, {Value: "b", Label: "둘"}, {Value: "c"}}
	return &bot.Form{Title: "일정 제안", Note: "**확인** 뒤에 보여요.", Submit: "제안", Fields: []bot.FormField{
		{Name: "name", Label: "이름", Kind: bot.FieldText, Value: "페스타", Hint: "예: ○○ 페스타"},
		{Name: "why", Label: "메모", Kind: bot.FieldLong, Optional: true},
		{Name: "start", Label: "첫날", Kind: bot.FieldDate, Value: "2026-12-10"},
		{Name: "at", Label: "시각", Kind: bot.FieldTime, Optional: true, Value: "09:00"},
		{Name: "kind", Label: "종류", Kind: bot.FieldChoice, Choices: choices, Value: "b"},
		{Name: "markets", Label: "시장", Kind: bot.FieldChoices, Choices: choices, Value: "a, c"},
		{Name: "who", Label: "사람", Kind: bot.FieldPeople, Optional: true},
		{Name: "new", Label: "새 종류", Kind: "colour", Optional: true},
	}}
}

// fields are the fields of a form on a page, with what stands in them.
func fields(t *testing.T, page string) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	form := first(doc, func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == "/act" })
	if form == nil {
		t.Fatalf("no form:\n%s", page)
	}
	out := url.Values{}
	has := func(n *html.Node, name string) bool {
		for _, a := range n.Attr {
			if a.Key == name {
				return true
			}
		}
		return false
	}
	for n := range form.Descendants() {
		name := attr(n, "name")
		switch {
		case n.Data == "input" && name != "" && (attr(n, "type") != "radio" && attr(n, "type") != "checkbox" || has(n, "checked")):
			out.Add(name, attr(n, "value"))
		case n.Data == "textarea":
			if n.FirstChild != nil {
				out.Set(name, n.FirstChild.Data)
			} else {
				out.Set(name, "")
			}
		case n.Data == "option" && has(n, "selected"):
			out.Set(attr(n.Parent, "name"), attr(n, "value"))
		}
	}
	return out
}

func TestForms(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	s.visit(t, "현우")
	thread := c.ask(s, "@bapsang x")
	ask := s.wait(t, func(ev bot.Event) bool { return ev.Kind == bot.EventMessage })
	msg := bot.Message{Kind: bot.KindDigest, Language: "ko", Text: "x", Question: "q1", Buttons: []bot.Button{
		{Action: bot.ActionSubscription, Value: "s1", Label: "멈춤", Form: &bot.Form{Title: "멈춤", Fields: []bot.FormField{{Name: "until", Label: "언제까지", Kind: bot.FieldDate}}}},
		{Action: bot.ActionSubscription, Value: "s1", Label: "설정", Form: asks()},
	}}
	ref, err := s.chat.Post(t.Context(), thread, msg)
	if err != nil {
		t.Fatal(err)
	}
	at := "/form/" + ref.ID + "/1?action=subscription&value=s1"
	if got := c.part(thread, ref); !strings.Contains(got, `href="`+strings.ReplaceAll(at, "&", "&amp;")+`"`) {
		t.Fatalf("no way to %s in\n%s", at, got)
	}
	status, page, header := c.get(at)
	if status != http.StatusOK || !strings.Contains(header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Fatalf("the form: status %d", status)
	}
	for _, want := range []string{"<strong>확인</strong>", "현우", "민지 (나)", `type="date"`, `type="time"`, `<legend>`, "예: ○○ 페스타", `<label for="f0">`, ">제안</button>", "(선택)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the form has no %q", want)
		}
	}
	v := fields(t, page)
	if !reflect.DeepEqual(v["f5"], []string{"a", "c"}) || v.Get("f4") != "b" || v.Get("f2") != "2026-12-10" || v.Get("n") != "1" {
		t.Fatalf("the form begins with %v", v)
	}

	// What is wrong is said at its field, and what was filled in stays.
	bad := url.Values{"key": v["key"], "message": v["message"], "action": v["action"], "value": v["value"], "n": v["n"], "form": {"1"},
		"f0": {" \n "}, "f1": {"두\r\n줄"}, "f2": {"2026-13-01"}, "f3": {"25:00"}, "f4": {"z"}, "f5": {"a", "z"}, "f6": {"nobody"}, "f7": {strings.Repeat("가", 2001)}}
	status, page = c.post("/act", bad)
	if status != http.StatusUnprocessableEntity {
		t.Fatalf("wrong values: status %d", status)
	}
	for what, n := range map[string]int{
		"꼭 필요한 칸이에요.": 1, "날짜로 적어 주세요. 예: 2026-11-27</p>": 1, "시각으로 적어 주세요. 예: 09:30</p>": 1, "있는 것 중에서 골라 주세요.": 2, "목록에 있는 사람 중에서 골라 주세요.": 1,
		"2,000자까지": 1, ">두\n줄</textarea>": 1, `aria-invalid="true"`: 5, `role="alert" >고칠 곳이`: 1, "<!doctype html>": 1,
	} {
		if strings.Count(page, what) != n {
			t.Errorf("wrong values: %q is there %d times, want %d:\n%s", what, strings.Count(page, what), n, page)
		}
	}
	again := fields(t, page)
	if again.Get("key") != v.Get("key") || !reflect.DeepEqual(again["f5"], []string{"a"}) {
		t.Errorf("shown again with %v", again)
	}

	v["f0"], v["f1"], v["f6"] = []string{" 새 페스타\n2 "}, []string{"두\r\n줄"}, []string{ask.User.ID}
	if status, _ := c.post("/act", v); status != http.StatusOK {
		t.Fatalf("sent: status %d", status)
	}
	ev := s.wait(t, func(ev bot.Event) bool { return ev.Kind == bot.EventAction })
	want := bot.Action{Name: bot.ActionSubscription, Question: "q1", Value: "s1", Values: map[string]string{
		"name": "새 페스타 2", "why": "두\n줄", "start": "2026-12-10", "at": "09:00", "kind": "b", "markets": "a,c", "who": ask.User.ID, "new": "",
	}}
	if !reflect.DeepEqual(*ev.Action, want) {
		t.Errorf("came as %+v, want %+v", *ev.Action, want)
	}
	if n := len(s.got()); n != 2 {
		t.Errorf("%d events, want a question and an action", n)
	}

	// A form that is not offered any more loses nothing silently.
	msg.Buttons = nil
	if err := s.chat.Update(t.Context(), ref, msg); err != nil {
		t.Fatal(err)
	}
	if status, page := c.post("/act", v); status != http.StatusGone || !strings.Contains(page, "그 사이에") {
		t.Errorf("sent to what is gone: status %d", status)
	}
	if status, _, _ := c.get(at); status != http.StatusGone {
		t.Errorf("form that is gone: status %d", status)
	}
}

// TestFormsOfOthersAreNotShown holds that a form is as private as its message.
func TestFormsOfOthersAreNotShown(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, other := s.visit(t, "민지"), s.visit(t, "현우")
	thread := c.ask(s, "@bapsang x")
	thread.Only = s.wait(t, func(ev bot.Event) bool { return ev.Kind == bot.EventMessage }).User.ID
	ref, err := s.chat.Post(t.Context(), thread, bot.Message{Kind: bot.KindNotice, Text: "x", Buttons: []bot.Button{{Action: "amend", Label: "x", Form: asks()}}})
	if err != nil {
		t.Fatal(err)
	}
	at := "/form/" + ref.ID + "/0?action=amend&value="
	if status, _, _ := c.get(at); status != http.StatusOK {
		t.Errorf("one's own: status %d", status)
	}
	if status, _, _ := other.get(at); status != http.StatusNotFound {
		t.Errorf("of somebody else: status %d", status)
	}
}

// hostileParts is a message with markup of others wherever the newer parts have text.
func hostileParts() bot.Message {
	const x = bottest.Attack
	chart := bottest.Hostile().Charts[0]
	bad := []bot.Link{{Title: x, URL: "javascript:window.pwned=1"}, {Title: x, URL: `https://example.com/"onmouseover="window.pwned=1`}, {URL: x}}
	return bot.Message{Kind: bot.KindDigest, Language: "ko", Text: x + " [1] [2] [3]", Links: bad,
		Sections: []bot.Section{{Title: x, Lines: []bot.Line{{Mark: x, When: x, Text: x, Detail: x, Links: bad, Chart: &chart}, {Mark: bot.MarkSure, When: x, Text: "\u202e" + x}}}},
		Buttons: []bot.Button{{Action: bot.ActionAmend, Value: x, Label: x, Form: &bot.Form{Title: x, Note: x, Submit: x, Fields: []bot.FormField{
			{Name: x, Label: x, Kind: bot.FieldText, Value: x, Hint: x}, {Name: "b", Label: x, Kind: bot.FieldLong, Value: "</textarea>" + x},
			{Name: "c", Label: x, Kind: bot.FieldChoice, Choices: []bot.Choice{{Value: x, Label: x}}}, {Name: "d", Label: x, Kind: bot.FieldChoices, Choices: []bot.Choice{{Value: x, Label: x}}},
			{Name: "e", Label: x, Kind: bot.FieldDate, Value: x, Optional: true}, {Name: "f", Label: x, Kind: bot.FieldPeople, Value: x, Optional: true}, {Name: "g", Label: x, Kind: x, Value: x},
			{Name: "h", Label: x, Kind: bot.FieldChoice, Optional: true, Choices: []bot.Choice{{Value: x, Label: x}}},
		}}}},
	}
}
