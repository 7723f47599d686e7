package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/web"
)

// ask asks in #general and returns the thread.
func (c *client) ask(s *site, text string) bot.Thread {
	c.t.Helper()
	key := newKey()
	if status, body := c.send(key, "general", "", text); status != http.StatusOK {
		c.t.Fatalf("send: status %d: %.300s", status, body)
	}
	return s.wait(c.t, func(ev bot.Event) bool { return strings.HasSuffix(ev.ID, key) }).Thread
}

func (c *client) say(s *site, text, message string) (bot.Thread, bot.Ref) {
	c.t.Helper()
	thread := c.ask(s, text)
	ref, err := s.chat.Post(c.t.Context(), thread, bottest.Messages()[message])
	if err != nil {
		c.t.Fatal(err)
	}
	return thread, ref
}

func TestMentionsMakeQuestions(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "김민지")
	tests := []struct {
		text, want string
		addressed  bool
	}{
		{"@bapsang 지난달 매출", "지난달 매출", true},
		{"지난달 매출 @Bapsang", "지난달 매출", true},
		{"@bapsang지난달 매출", "지난달 매출", true},
		{"@밥상 지난달 매출", "지난달 매출", true},
		{"(@bapsang) 매출", "( ) 매출", true},
		{"@bapsang", "", true},
		{"점심 뭐 먹지?", "점심 뭐 먹지?", false},
		{"mail me at minji@bapsang.example", "mail me at minji@bapsang.example", false},
		{"@bapsangs 매출", "@bapsangs 매출", false},
		{"@bapsang first\nsecond", "first\nsecond", true},
	}
	for _, tt := range tests {
		key := newKey()
		c.send(key, "general", "", tt.text)
		ev := s.wait(t, func(ev bot.Event) bool { return strings.HasSuffix(ev.ID, key) })
		if ev.Text != tt.want || ev.Addressed != tt.addressed {
			t.Errorf("%q became %q, addressed %t", tt.text, ev.Text, ev.Addressed)
		}
		if ev.Kind != bot.EventMessage || ev.Thread.Platform != web.Platform || ev.Thread.Channel != "general" || ev.Thread.ID != ev.Message || ev.Thread.Direct {
			t.Errorf("event %+v", ev)
		}
		if ev.User.Name != "김민지" || ev.User.ID == "" || ev.User.Locale != "ko-KR" {
			t.Errorf("asked by %+v", ev.User)
		}
	}
}

func TestDirectMessagesArePrivateAndNeedNoMention(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, other := s.visit(t, "민지"), s.visit(t, "현우")
	_, page, _ := c.get("/dm")
	channel := between(t, page, `name="channel" value="`, `"`)
	key := newKey()
	c.send(key, channel, "", "지난달 매출")
	ev := s.wait(t, func(ev bot.Event) bool { return strings.HasSuffix(ev.ID, key) })
	if !ev.Thread.Direct || !ev.Addressed || ev.Text != "지난달 매출" {
		t.Errorf("event %+v", ev)
	}
	ref, err := s.chat.Post(t.Context(), ev.Thread, bottest.Messages()["answer-ko"])
	if err != nil {
		t.Fatal(err)
	}
	if status, page, _ := c.get("/dm/t/" + ev.Thread.ID); status != http.StatusOK || !strings.Contains(page, "12억") {
		t.Errorf("the asker's own thread: status %d", status)
	}
	for _, path := range []string{
		"/dm/t/" + ev.Thread.ID, "/c/general/t/" + ev.Thread.ID, "/c/" + url.PathEscape(channel), "/csv/" + ref.ID + "/r1",
		"/chart/" + ref.ID + "/0", "/live?after=0&channel=" + url.QueryEscape(channel), "/earlier?channel=" + url.QueryEscape(channel), "/earlier?thread=" + ev.Thread.ID,
	} {
		if status, page, _ := other.get(path); status != http.StatusNotFound || strings.Contains(page, "지난달") {
			t.Errorf("somebody else gets %s with status %d", path, status)
		}
	}
	if status, _ := other.send(newKey(), channel, "", "hi"); status != http.StatusNotFound {
		t.Errorf("somebody else writes there: status %d", status)
	}
	form := url.Values{"key": {newKey()}, "message": {ref.ID}, "action": {bot.ActionGood}}
	if status, _ := other.post("/act", form); status != http.StatusNotFound {
		t.Errorf("somebody else presses a button there: status %d", status)
	}
}

func between(t *testing.T, s, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, before)
	out, _, ok2 := strings.Cut(rest, after)
	if !ok || !ok2 {
		t.Fatalf("no %q in %.500s", before, s)
	}
	return html.UnescapeString(out)
}

func TestTheSameSubmissionAsksOnce(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	key := newKey()
	for range 3 {
		if status, _ := c.send(key, "general", "", "@bapsang 매출"); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
	}
	if n := len(s.got()); n != 1 {
		t.Errorf("the handler took %d events", n)
	}
	_, page, _ := c.get("/c/general")
	if n := len(shownIn(t, page, "stream")); n != 1 {
		t.Errorf("the channel shows %d messages", n)
	}
	// Keys are a person's own.
	s.visit(t, "현우").send(key, "general", "", "@bapsang 매출")
	if n := len(s.got()); n != 2 {
		t.Errorf("another person with the same key: %d events", n)
	}
}

func TestWhatWasNotTakenIsKeptInTheMessageBox(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	s.setRefuse(true)
	key := newKey()
	status, page := c.send(key, "general", "", "@bapsang 지난달 매출")
	if status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	if len(shownIn(t, page, "stream")) != 0 {
		t.Error("the channel shows what was not taken")
	}
	for _, want := range []string{"아무것도 접수되지 않았으니", ">@bapsang 지난달 매출</textarea>", `value="` + key + `"`} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	s.setRefuse(false)
	if status, _ := c.send(key, "general", "", "@bapsang 지난달 매출"); status != http.StatusOK {
		t.Errorf("sent again: status %d", status)
	}
	_, page, _ = c.get("/c/general")
	if n := len(shownIn(t, page, "stream")); n != 1 || len(s.got()) != 1 {
		t.Errorf("after sending again: %d messages, %d events", n, len(s.got()))
	}
}

func TestFilesReachTheHandlerAndLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := serve(t, func(c *web.Config) { c.TempDir, c.MaxUpload = dir, 1000 })
	c := s.visit(t, "민지")
	key := newKey()
	status, _ := c.send(key, "general", "", "", part{"files", "매출 (10월).csv", "a,b\n1,2\n"}, part{"files", `C:\tmp\<b>x.csv`, "x"})
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	ev := s.wait(t, func(ev bot.Event) bool { return strings.HasSuffix(ev.ID, key) })
	if len(ev.Files) != 2 || ev.Files[0].Name != "매출 (10월).csv" || ev.Files[0].Size != 8 || s.files["매출 (10월).csv"] != "a,b\n1,2\n" || s.files["<b>x.csv"] != "x" {
		t.Errorf("files %+v, contents %v", ev.Files, s.files)
	}
	_, page, _ := c.get("/c/general")
	if got := shownIn(t, page, "stream"); len(got) != 1 || !strings.Contains(got[0].Text, "<b>x.csv") || !strings.Contains(got[0].Text, "8 B") {
		t.Errorf("shown %+v", got)
	}
	status, body := c.send(newKey(), "general", "", "@bapsang 이것도", part{"files", "big.csv", strings.Repeat("x", 1001)})
	if status != http.StatusRequestEntityTooLarge || !strings.Contains(body, "1000 B까지") || !strings.Contains(body, ">@bapsang 이것도</textarea>") {
		t.Errorf("a file that is too large: status %d", status)
	}
	if left, err := listDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOnlyOfferedButtonsCanBePressed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	thread, ref := c.say(s, "@bapsang 매출", "clarify-ko")
	_, answer := c.say(s, "@bapsang 매출", "answer-ko")
	press := func(message, action, value, text string) string {
		key := newKey()
		if status, body := c.post("/act", url.Values{"key": {key}, "message": {message}, "action": {action}, "value": {value}, "text": {text}}); status != http.StatusOK {
			t.Errorf("press %s: status %d: %.200s", action, status, body)
		}
		return key
	}
	press(ref.ID, bot.ActionChoose, "매출\x1fforged", "")
	press(ref.ID, bot.ActionCancel, "", "")
	press(answer.ID, bot.ActionAsk, "DROP TABLE", "")
	for _, ev := range s.got() {
		if ev.Kind == bot.EventAction {
			t.Errorf("what was not offered was taken: %+v", ev.Action)
		}
	}
	key := press(ref.ID, bot.ActionChoose, "매출\x1fnet", "")
	ev := s.wait(t, func(ev bot.Event) bool { return strings.HasSuffix(ev.ID, key) })
	if !reflect.DeepEqual(*ev.Action, bot.Action{Name: bot.ActionChoose, Question: "q-clarify-ko", Value: "매출\x1fnet"}) || ev.Thread != thread {
		t.Errorf("action %+v in %+v", ev.Action, ev.Thread)
	}
	_, page, _ := c.get("/c/general/t/" + thread.ID)
	if got := shownIn(t, page, "replies"); len(got) != 2 || !strings.Contains(got[1].Text, "할인 후") {
		t.Errorf("the choice is not said in the thread: %+v", got)
	}
	key = press(answer.ID, bot.ActionWrong, "", "반품이 빠졌어요")
	ev = s.wait(t, func(ev bot.Event) bool { return strings.HasSuffix(ev.ID, key) })
	if ev.Action.Text != "반품이 빠졌어요" || ev.Action.Question != "q-ko" {
		t.Errorf("action %+v", ev.Action)
	}
}

func TestEditAndDeleteOnesOwn(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, other := s.visit(t, "민지"), s.visit(t, "현우")
	thread := c.ask(s, "@bapsang 지난달 매출")
	form := func(more ...string) url.Values {
		v := url.Values{"key": {newKey()}, "message": {thread.ID}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	for _, path := range []string{"/edit", "/delete"} {
		if status, _ := other.post(path, form("text", "x")); status != http.StatusNotFound {
			t.Errorf("somebody else at %s: status %d", path, status)
		}
	}
	c.post("/edit", form("text", "@bapsang 지난달 주문 수"))
	ev := s.wait(t, func(ev bot.Event) bool { return ev.Kind == bot.EventEdit })
	if ev.Text != "지난달 주문 수" || !ev.Addressed || ev.Message != thread.ID {
		t.Errorf("edit %+v", ev)
	}
	_, page, _ := c.get("/c/general")
	if got := shownIn(t, page, "stream"); !strings.Contains(got[0].Text, "지난달 주문 수") || !strings.Contains(got[0].Text, "(고침)") {
		t.Errorf("after the edit: %+v", got)
	}
	if _, err := s.chat.Post(t.Context(), thread, bottest.Messages()["answer-ko"]); err != nil {
		t.Fatal(err)
	}
	c.post("/delete", form())
	s.wait(t, func(ev bot.Event) bool { return ev.Kind == bot.EventDelete && ev.Message == thread.ID })
	_, page, _ = c.get("/c/general")
	if got := shownIn(t, page, "stream"); len(got) != 1 || strings.Contains(got[0].Text, "주문 수") || !strings.Contains(got[0].Text, "지워진 메시지") {
		t.Errorf("a message with a thread leaves a gap: %+v", got)
	}
	alone := c.ask(s, "혼잣말")
	c.post("/delete", url.Values{"key": {newKey()}, "message": {alone.ID}})
	_, page, _ = c.get("/c/general")
	if got := shownIn(t, page, "stream"); len(got) != 1 {
		t.Errorf("a message without a thread leaves nothing: %+v", got)
	}
}

// TestWhatIsKeptIsWhole holds that a browser can tell a transfer that was cut short: what
// it may keep for long says how long it is. A font that a navigation had cut was kept for
// a year and drew nothing.
func TestWhatIsKeptIsWhole(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	_, ref := c.say(s, "@bapsang 지난달 지역별 매출", "answer-ko")
	_, page, _ := c.get("/c/general")
	paths := []string{"/chart/" + ref.ID + "/0?v=1", "/chart/" + ref.ID + "/0?v=1&as=png"}
	for _, found := range regexp.MustCompile(`"(/static/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		paths = append(paths, strings.ReplaceAll(found[1], "&amp;", "&"))
	}
	for _, path := range paths {
		status, body, header := c.get(path)
		if status != http.StatusOK || !strings.Contains(header.Get("Cache-Control"), "immutable") || header.Get("Content-Length") != strconv.Itoa(len(body)) {
			t.Errorf("%s: status %d, %s, length %q of %d", path, status, header.Get("Cache-Control"), header.Get("Content-Length"), len(body))
		}
	}
	if !slices.ContainsFunc(paths, func(p string) bool { return strings.Contains(p, ".woff2") }) {
		t.Errorf("no font among %q", paths)
	}
}

func TestDownloads(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	thread, ref := c.say(s, "@bapsang 지난달 \"지역별\" 매출/비중?\r\nX-Evil: 1", "answer-ko")
	status, body, header := c.get("/csv/" + ref.ID + "/r1")
	if status != http.StatusOK || body != "\ufeffquestion,result\r\nq-ko,r1\r\n" {
		t.Errorf("csv: status %d, %q", status, body)
	}
	want := `attachment; filename="bapsang.csv"; filename*=UTF-8''` + url.PathEscape("bapsang-지난달-지역별-매출-비중-X-Evil-1-r1.csv")
	if got := header.Get("Content-Disposition"); got != want || header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("disposition %q, want %q", got, want)
	}
	for _, path := range []string{"/csv/" + ref.ID + "/r9", "/csv/nothing/r1", "/chart/" + ref.ID + "/7", "/chart/" + ref.ID + "/x"} {
		if status, _, _ := c.get(path); status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, status)
		}
	}
	status, body, header = c.get("/chart/" + ref.ID + "/0?theme=dark&v=1")
	if status != http.StatusOK || header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(body, "경기도") || !strings.Contains(header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("svg: status %d, %v", status, header)
	}
	status, body, header = c.get("/chart/" + ref.ID + "/0?as=png")
	want = `inline; filename="bapsang.png"; filename*=UTF-8''` + url.PathEscape("bapsang-지역별-매출.png")
	if status != http.StatusOK || header.Get("Content-Type") != "image/png" || !strings.HasPrefix(body, "\x89PNG") || header.Get("Content-Disposition") != want {
		t.Errorf("png: status %d, %v", status, header)
	}
	// Browsers without scripts are shown the PNG, which has its letters in it.
	_, page, _ := c.get("/c/general/t/" + thread.ID)
	if _, _, header := c.get(between(t, between(t, page, "<noscript>", "</noscript>"), `<img src="`, `"`)); header.Get("Content-Type") != "image/png" {
		t.Errorf("without scripts a chart is %s", header.Get("Content-Type"))
	}
}

func TestAFailedDownloadIsNoFile(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *web.Config) {
		c.CSV = func(context.Context, string, string, io.Writer) error { return errors.New("gone: secret") }
	})
	c := s.visit(t, "민지")
	_, ref := c.say(s, "@bapsang 매출", "answer-ko")
	status, body, header := c.get("/csv/" + ref.ID + "/r1")
	if status != http.StatusInternalServerError || strings.Contains(body, "secret") || header.Get("Content-Disposition") != "" {
		t.Errorf("status %d, %v: %.200s", status, header, body)
	}
}

func TestForeignPagesAndNamesAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	form := url.Values{"name": {"x"}}.Encode()
	for _, tt := range []struct {
		name, host string
		header     [2]string
		want       int
	}{
		{"its own form", "", [2]string{"Sec-Fetch-Site", "same-origin"}, http.StatusOK},
		{"a form of another site", "", [2]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"an origin of another site", "", [2]string{"Origin", "http://evil.example"}, http.StatusForbidden},
		{"a name rebound to loopback", "evil.example", [2]string{"X-None", ""}, http.StatusMisdirectedRequest},
		{"localhost", "localhost:1234", [2]string{"X-None", ""}, http.StatusOK},
		{"ipv6", "[::1]:1234", [2]string{"X-None", ""}, http.StatusOK},
	} {
		req := c.request(http.MethodPost, "/me", strings.NewReader(form))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set(tt.header[0], tt.header[1])
		if tt.host != "" {
			req.Host = tt.host
		}
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		status, _, _ := c.do(req)
		if status == http.StatusSeeOther {
			status = http.StatusOK
		}
		if status != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, status, tt.want)
		}
	}
	_, _, header := c.get("/c/general")
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
	if header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("no nosniff")
	}
}

// TestNothingOfOthersBecomesMarkup reads the page as a browser would and looks for
// elements and attributes that only an attack could have made.
func TestNothingOfOthersBecomesMarkup(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c *web.Config) { c.Examples = func() []string { return []string{bottest.Attack} } })
	c := s.visit(t, bottest.Attack)
	_, empty, _ := c.get("/c/sales")
	thread, _ := c.say(s, "@bapsang "+bottest.Attack, "hostile")
	c.send(newKey(), "general", thread.ID, "</textarea>"+bottest.Attack, part{"files", `"><img src=x onerror=window.pwned=1>.csv`, "x"})
	_, page, _ := c.get("/c/general/t/" + thread.ID)
	s.setRefuse(true)
	_, draft := c.send(newKey(), "general", "", "</textarea>"+bottest.Attack)
	for _, page := range []string{empty, page, draft} {
		if !strings.Contains(page, "window.pwned") {
			t.Error("the attack is not on the page at all")
		}
		doc, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if n.Data == "script" && !strings.HasPrefix(attr(n, "src"), "/static/") {
				t.Errorf("a script of its own: %+v", n.Attr)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || slices.Contains([]string{"href", "src", "action", "srcset"}, a.Key) && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

func TestBadInputGetsASentence(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c, nobody := s.visit(t, "민지"), s.visit(t, "")
	long := strings.Repeat("가", 30_000)
	for _, tt := range []struct {
		name   string
		status int
		want   string
		send   func() (int, string)
	}{
		{"nothing", 400, "보낼 내용을 적어 주세요", func() (int, string) { return c.send(newKey(), "general", "", " \n ") }},
		{"too long", 413, "64 kB까지", func() (int, string) { return c.send(newKey(), "general", "", long) }},
		{"no such channel", 404, "", func() (int, string) { return c.send(newKey(), "nowhere", "", "x") }},
		{"no such thread", 404, "그런 곳이 없어요", func() (int, string) { return c.send(newKey(), "general", "m999", "x") }},
		{"a thread of another channel", 404, "그런 곳이 없어요", func() (int, string) {
			return c.send(newKey(), "sales", c.ask(s, "@bapsang x").ID, "x")
		}},
		{"no key", 400, "", func() (int, string) { return c.send("", "general", "", "x") }},
		{"no name", 401, "name", func() (int, string) { return nobody.send(newKey(), "general", "", "x") }},
		{"no form", 400, "", func() (int, string) { return c.post("/send", url.Values{"text": {"x"}}) }},
	} {
		status, body := tt.send()
		if status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s: status %d, %.300s", tt.name, status, body)
		}
	}
	if status, body, _ := c.get("/c/nowhere"); status != http.StatusNotFound || !strings.Contains(body, "그런 곳이 없어요") {
		t.Errorf("no such channel: status %d", status)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "")
	if status, page, _ := c.get("/c/general"); status != http.StatusOK || !strings.Contains(page, "What should we call you?") {
		t.Errorf("a stranger is not asked for a name: status %d", status)
	}
	if _, page := c.post("/me", url.Values{"name": {" \u200b\u202e\n"}, "language": {"ko"}}); !strings.Contains(page, "이름을 적어 주세요") {
		t.Error("an invisible name was taken")
	}
	for name, want := range map[string]string{
		"  김 민지\n": "김 민지", "\u202eevil\u202c": "evil", "\u1100\u1161": "가", strings.Repeat("가", 100): strings.Repeat("가", 40),
	} {
		c := s.visit(t, name)
		key := newKey()
		c.send(key, "general", "", "x")
		if ev := s.wait(t, func(ev bot.Event) bool { return strings.HasSuffix(ev.ID, key) }); ev.User.Name != want {
			t.Errorf("name %q became %q", name, ev.User.Name)
		}
	}
}

// TestStrangersAreWelcomed holds what somebody without a name gets: the page, unless they
// asked for something that it is not.
func TestStrangersAreWelcomed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	named := s.visit(t, "민지")
	_, ref := named.say(s, "@bapsang 매출", "answer-ko")
	c := s.visit(t, "")
	for _, tt := range []struct {
		method, path, accept string
		htmx                 bool
		want                 int
	}{
		{"GET", "/", "text/html,application/xhtml+xml,*/*;q=0.8", false, http.StatusOK},
		{"GET", "/", "*/*", false, http.StatusOK},
		{"HEAD", "/", "*/*", false, http.StatusOK},
		{"GET", "/", "none", false, http.StatusOK},
		{"GET", "/c/general", " text/*;q=0.5 , */*;q=0.1", false, http.StatusOK},
		{"GET", "/", "application/json", false, http.StatusUnauthorized},
		{"GET", "/", "image/avif,image/webp,*/*;q=0.8", false, http.StatusUnauthorized},
		{"GET", "/", "*/*", true, http.StatusUnauthorized},
		{"POST", "/send", "*/*", false, http.StatusUnauthorized},
		// A page must not pass for a file.
		{"GET", "/csv/" + ref.ID + "/r1", "*/*", false, http.StatusUnauthorized},
		{"GET", "/csv/" + ref.ID + "/r1", "text/html", false, http.StatusOK},
		{"GET", "/chart/" + ref.ID + "/0", "*/*", false, http.StatusUnauthorized},
	} {
		req := c.request(tt.method, tt.path, nil)
		req.Header.Set("Accept", tt.accept)
		if tt.accept == "none" {
			req.Header["Accept"] = []string{""}
		}
		if tt.htmx {
			req.Header.Set("HX-Request", "true")
		}
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
		asked := strings.Contains(string(body), `<form method="post" action="/me">`)
		if res.StatusCode != tt.want || asked != (tt.want == http.StatusOK && tt.method == http.MethodGet) {
			t.Errorf("%s %s, Accept %q: status %d, want %d; asked for a name: %t", tt.method, tt.path, tt.accept, res.StatusCode, tt.want, asked)
		}
	}
}

func TestRedirectsStayHere(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for back, want := range map[string]string{
		"/dm": "/dm", "": "/", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", "javascript:alert(1)": "/", "/c/general?x=1": "/c/general",
	} {
		req := c.request(http.MethodPost, "/me", strings.NewReader(url.Values{"back": {back}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if _, _, header := c.do(req); header.Get("Location") != want {
			t.Errorf("back to %q leads to %q", back, header.Get("Location"))
		}
	}
}

func TestLongHistoriesComeInParts(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	thread := c.ask(s, "@bapsang 처음")
	for i := range 250 {
		if _, err := s.chat.Post(t.Context(), thread, bot.Message{Kind: bot.KindNotice, Language: "ko", Text: fmt.Sprintf("말 %d.", i)}); err != nil {
			t.Fatal(err)
		}
	}
	_, page, _ := c.get("/c/general/t/" + thread.ID)
	var texts []string
	pages := 0
	for list := "replies"; ; {
		var part []string
		for _, m := range shownIn(t, "<div id=replies>"+after(page, `id="replies"`), list) {
			part = append(part, strings.Join(strings.Fields(m.Text), " "))
		}
		texts = append(part, texts...)
		pages++
		if !strings.Contains(page, "data-earlier") || pages > 5 {
			break
		}
		_, page, _ = c.get(between(t, page, `class="earlier" href="`, `"`))
	}
	if pages != 3 || len(texts) != 250 || !strings.HasSuffix(texts[0], "말 0.") || !strings.HasSuffix(texts[249], "말 249.") {
		t.Errorf("%d messages in %d parts", len(texts), pages)
	}
}

// after returns what follows the list's tag, or all of a part that has none.
func after(page, mark string) string {
	_, rest, ok := strings.Cut(page, mark)
	if !ok {
		return page
	}
	_, rest, _ = strings.Cut(rest, ">")
	return rest
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, channels := range [][]string{{"a", "a"}, {""}, {"@me"}, {"a/b"}, {" a"}} {
		cfg := s.cfg
		cfg.Channels = channels
		if _, err := web.New(cfg); err == nil {
			t.Errorf("channels %q were taken", channels)
		}
	}
	if _, err := web.New(web.Config{}); err == nil {
		t.Error("a page without a chat was made")
	}
	cfg := s.cfg
	cfg.Channels = []string{"마케팅"}
	page, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	// Without a listener there is no address to be rebound.
	if rec := recorder(page, httptest.NewRequest(http.MethodGet, "http://any.example/static/page.css", nil)); rec.Code != http.StatusOK {
		t.Errorf("status %d", rec.Code)
	}
}
