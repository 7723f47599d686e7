package web_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
)

// TestInTheBrowser drives the page as people do. One browser serves all; each test
// has a site and cookies of its own.
func TestInTheBrowser(t *testing.T) {
	c := startChromium(t)
	for _, tt := range []struct {
		name string
		test func(*testing.T, *chromium)
	}{
		{"a question and its answer", askAndAnswer},
		{"stop, choices and feedback", pressing},
		{"the direct line and files", directAndFiles},
		{"looks", looks},
		{"keys and syllables", keys},
		{"two people and a restart", twoPeople},
		{"what fails is kept", failing},
		{"attacks", attacks},
		{"a quick finger", quickFinger},
		{"letters", letters},
		{"charts", charts},
		{"charts by touch and key", chartWalks},
		{"a chart that cannot be drawn", chartFails},
		{"the calendar", calendars},
		{"digests", digests},
		{"forms", forms},
		{"forms under attack", attackedForms},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, c) })
	}
}

// answering answers what is asked: first with progress, then, when release is
// closed, with the answer.
func (s *site) answering(t *testing.T, answer string, release <-chan struct{}) {
	messages := bottest.Messages()
	// Registered after the site's own clean-up, so it waits before the store closes.
	var waiting sync.WaitGroup
	t.Cleanup(waiting.Wait)
	s.setScript(func(ctx context.Context, ev bot.Event) {
		if ev.Kind != bot.EventMessage && (ev.Action == nil || ev.Action.Name != bot.ActionAsk && ev.Action.Name != bot.ActionChoose) {
			return
		}
		ref, err := s.chat.Post(ctx, ev.Thread, messages["progress-ko"])
		if err != nil {
			t.Errorf("post progress: %v", err)
			return
		}
		show := func() {
			if err := s.chat.Update(context.WithoutCancel(ctx), ref, messages[answer]); err != nil {
				t.Errorf("update: %v", err)
			}
		}
		if release == nil {
			show()
			return
		}
		waiting.Go(func() {
			select {
			case <-release:
				show()
			case <-t.Context().Done():
			}
		})
	})
}

func has(selector, text string) string {
	return `[...document.querySelectorAll(` + quote(selector) + `)].some(e => e.textContent.includes(` + quote(text) + `))`
}

func count(selector string) string {
	return `document.querySelectorAll(` + quote(selector) + `).length`
}

func askAndAnswer(t *testing.T, c *chromium) {
	s := serve(t)
	release := make(chan struct{})
	s.answering(t, "answer-ko", release)
	b := c.join(t, s, "김민지", look{})
	b.see(has(".empty .chip", "지난달 지역별 매출"))
	b.write(inChannel, "@bap")
	b.see(`!document.querySelector(".suggest").hidden`)
	b.press("Enter")
	b.send(inChannel, "지난달 지역별 매출 보여줘")
	b.see(has("#replies .progress", "매출(할인 후)") + ` && location.pathname.startsWith("/c/general/t/")`)
	b.see(has("#stream .foot", "답하는 중"))
	if got := b.says(`document.querySelector("#stream .said").textContent`); got != "@bapsang 지난달 지역별 매출 보여줘" {
		t.Errorf("the channel shows %q", got)
	}
	// Somebody who looks elsewhere sees in the tab's title that the answer is there.
	b.says(`Object.defineProperty(document, "hidden", {value: true, configurable: true})`)
	close(release)
	b.see(`document.title === "● bapsang의 답 · #general · 밥상"`)
	b.says(`(delete document.hidden, document.dispatchEvent(new Event("visibilitychange")))`)
	b.see(`document.title === "#general · 밥상"`)
	b.see(has("#replies .answer", "12억 1,854만 원") + "&&" + has("#stream .foot", "답글 1개"))
	b.see(has("#announce", "12억") + ` && !document.querySelector("#stream .foot .spin")`)
	b.see(count("#replies .chart svg .mark") + " > 0")
	b.see(has("td.n", "4억 841만") + "&&" + has("figcaption", "17행 중 6행") + "&&" + has(".read dd", "할인 후, 반품 포함") + "&&" + has(".origin", "2026-11-21까지") + "&&" + has(".origin", "0.3초"))
	b.says(`navigator.clipboard.writeText = (text) => { window.copied = text; }`)
	b.click("#replies [data-copy-table]")
	b.see(`window.copied.split("\n").length === 7 && window.copied.includes("\n경기도\t4억 841만\t33.5%\t")` + "&&" + has("#toast.on", "복사했어요"))
	b.click(".sql summary")
	b.see(`document.querySelector(".sql").open && ` + has(".sql code", "GROUP BY 1"))

	b.send(inThread, "그럼 작년은?")
	ev := s.wait(t, func(ev bot.Event) bool { return ev.Text == "그럼 작년은?" })
	if ev.Addressed || ev.Thread.ID == ev.Message {
		t.Errorf("the follow-up is %+v", ev)
	}
	b.see(count("#replies .message") + " === 3 && " + has("#stream .foot", "답글 3개"))
	if b.says(`document.querySelector(".sql").open`) != "true" {
		t.Error("what was opened did not stay open")
	}
	// A suggestion is asked by pressing it, and said by who pressed it.
	b.click("#replies .suggestions .chip")
	b.see(has("#replies .said", "지난달 채널별 매출"))

	// A page that is loaded anew shows the same.
	b.run(chromedp.Reload())
	b.see(count("#replies .message") + " === 5 && " + has("#replies .answer", "12억"))
	b.click("#thread .close")
	b.see(`!document.querySelector("#thread .thread-in") && location.pathname === "/c/general"`)
	b.run(chromedp.NavigateBack())
	b.see(has("#replies .answer", "12억"))
}

func pressing(t *testing.T, c *chromium) {
	s := serve(t)
	release := make(chan struct{})
	defer close(release)
	s.answering(t, "answer-ko", release)
	b := c.join(t, s, "민지", look{})
	b.send(inChannel, "@bapsang 매출")
	b.click("#replies .a-cancel")
	ev := s.wait(t, func(ev bot.Event) bool { return ev.Kind == bot.EventAction })
	if ev.Action.Name != bot.ActionCancel || ev.Action.Question != "q-progress" {
		t.Errorf("stop came as %+v", ev.Action)
	}
	if _, err := s.chat.Post(t.Context(), ev.Thread, bottest.Messages()["clarify-ko"]); err != nil {
		t.Fatal(err)
	}
	b.click("#replies .choices .first")
	ev = s.wait(t, func(ev bot.Event) bool { return ev.Action != nil && ev.Action.Name == bot.ActionChoose })
	if ev.Action.Value != "매출\x1fnet" {
		t.Errorf("the choice came as %+v", ev.Action)
	}
	b.see(has("#replies .said", "할인 후") + "&& !" + has("#replies .said", "보통 이것"))

	if _, err := s.chat.Post(t.Context(), ev.Thread, bottest.Messages()["answer-en"]); err != nil {
		t.Fatal(err)
	}
	b.click("#replies .a-good")
	s.wait(t, func(ev bot.Event) bool { return ev.Action != nil && ev.Action.Name == bot.ActionGood })
	b.see(`document.querySelector("#replies .a-good[aria-pressed=true]") && ` + has("#toast", "고마워요"))
	b.click("#replies .prompt summary")
	b.send("#replies .prompt input[name=text]", "반품이 빠졌어요")
	ev = s.wait(t, func(ev bot.Event) bool { return ev.Action != nil && ev.Action.Name == bot.ActionWrong })
	if ev.Action.Text != "반품이 빠졌어요" || ev.Action.Question != "q-en" {
		t.Errorf("the reason came as %+v", ev.Action)
	}
	b.see(`!document.querySelector("#replies .prompt[open]")`)

	// Labels of an answer follow its language, those around it the viewer's.
	b.see(has("#replies h4", "How I read this") + "&&" + has("#replies .action", "Download CSV") + "&&" + has("#thread h2", "스레드"))
	b.says(`fetch(document.querySelector("#replies a[href^='/csv/']").href).then(r => r.text()).then(csv => { window.csv = csv; })`)
	b.see(`(window.csv || "").includes("q-en,r1")`)

	// Somebody changes and deletes what they said.
	b.click("#thread .close")
	b.send(inChannel, "혼잣말")
	b.see(has("#stream .said", "혼잣말") + ` && document.querySelector("#text").value === ""`)
	b.press("ArrowUp")
	b.see(`document.activeElement.closest(".edit")`)
	b.run(chromedp.KeyEvent("!"))
	b.press("Enter")
	b.see(has("#stream .said", "혼잣말!") + "&&" + has("#stream .edited", "고침"))
	b.says(`[...document.querySelectorAll("#stream .message")].pop().querySelector("form[action='/delete'] button").click()`)
	b.see("!" + has("#stream .said", "혼잣말"))
}

func directAndFiles(t *testing.T, c *chromium) {
	s := serve(t)
	s.answering(t, "answer-en", nil)
	b := c.join(t, s, "Minji", look{language: "en-GB"})
	b.click(`.side a[href="/dm"]`)
	b.see(`location.pathname === "/dm" && ` + has(".empty h2", "What would you like to know?"))
	b.send(inChannel, "revenue by channel")
	ev := s.wait(t, func(ev bot.Event) bool { return ev.Text == "revenue by channel" })
	if !ev.Addressed || !ev.Thread.Direct || ev.User.Locale != "en-US" {
		t.Errorf("event %+v", ev)
	}
	b.see(`location.pathname.startsWith("/dm/t/") && ` + has("#replies .answer", "₩2.31B"))
	// Whoever is quick must not have what they write replaced by a second copy.
	if n := b.says(`performance.getEntriesByType("resource").filter((e) => e.name.includes("/dm/t/")).length`); n != "1" {
		t.Errorf("the thread was loaded %s times", n)
	}

	path := filepath.Join(t.TempDir(), "매출 자료.csv")
	if err := os.WriteFile(path, []byte("지역,매출\n서울,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#thread input[type=file]"), []string{path}, chromedp.NodeReady))
	b.see(has("#thread .composer .files", "매출 자료.csv"))
	// A second one is dropped onto the thread.
	b.says(`(() => { const d = new DataTransfer(); d.items.add(new File(["a\n1\n"], "dropped.tsv"));
		document.querySelector("#thread .thread-in").dispatchEvent(new DragEvent("drop", {dataTransfer: d, bubbles: true, cancelable: true})); })()`)
	b.see(count("#thread .composer .files li") + " === 2")
	b.send(inThread, "what is in it?")
	ev = s.wait(t, func(ev bot.Event) bool { return len(ev.Files) > 0 })
	if len(ev.Files) != 2 || s.content("매출 자료.csv") != "지역,매출\n서울,1\n" || s.content("dropped.tsv") != "a\n1\n" {
		t.Errorf("files %+v", ev.Files)
	}
	b.see(has("#replies .files", "dropped.tsv") + "&&" + count("#thread .composer .files li") + " === 0")
}

func looks(t *testing.T, c *chromium) {
	s := serve(t)
	s.answering(t, "several", nil)
	b := c.join(t, s, "지호", look{width: 360, height: 780, dark: true})
	b.send(inChannel, "@bapsang 매출")
	b.see(has("#replies .answer", "매출과 그 추이입니다"))
	if _, err := s.chat.Post(t.Context(), s.got()[0].Thread, bottest.Messages()["long-table"]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.chat.Post(t.Context(), s.got()[0].Thread, bottest.Hostile()); err != nil {
		t.Fatal(err)
	}
	b.see(count("#replies .message") + " === 3")
	dark := func() bool {
		return strings.HasPrefix(b.says(`getComputedStyle(document.body).backgroundColor`), "rgb(21,")
	}
	if !dark() {
		t.Error("the page does not follow the system's dark theme")
	}
	b.see(ground + ` === "#15181e"`)
	for _, width := range []int64{360, 390, 720, 768, 1024, 1280, 1440} {
		b.run(chromedp.EmulateViewport(width, 780))
		if over := b.says(`document.documentElement.scrollWidth - innerWidth`); over != "0" {
			t.Errorf("at %d pixels the page is %s too wide", width, over)
		}
		if over := b.says(`[...document.querySelectorAll(".scroll")].map(e => e.scrollWidth - e.clientWidth).filter(n => n > 0).join()`); over != "" {
			t.Errorf("at %d pixels a list is %s too wide", width, over)
		}
	}
	b.run(chromedp.EmulateViewport(360, 780))
	b.see(`getComputedStyle(document.querySelector("#main")).display === "none"`) // the thread covers the channel
	b.click("#thread .back")
	b.click(".menu")
	b.see(`getComputedStyle(document.querySelector(".side")).visibility === "visible"`)
	b.says(`(() => { const f = document.querySelector(".settings"); f.elements.language.value = "en"; f.elements.theme.value = "light"; f.requestSubmit(); })()`)
	b.see(`document.documentElement.lang === "en" && document.querySelector("#text").placeholder === "Message #general"`)
	if dark() {
		t.Error("the page stayed dark")
	}
	b.click("#stream .replies")
	b.see(ground + ` === "#ffffff"`)
}

func keys(t *testing.T, c *chromium) {
	s := serve(t)
	s.answering(t, "answer-ko", nil)
	b := c.join(t, s, "민지", look{})
	b.click("[data-mention]")
	b.see(`document.querySelector("#text").value === "@bapsang " && document.activeElement.id === "text"`)
	// Enter that ends a syllable sends nothing.
	b.says(`document.querySelector("#text").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))`)
	call(b, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "매출", SelectionStart: 2, SelectionEnd: 2})
	b.says(`document.querySelector("#text").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))`)
	call(b, input.InsertText, input.InsertTextParams{Text: "매출"})
	b.see(`document.querySelector("#text").value === "@bapsang 매출"`)
	b.press("Shift+Enter")
	b.run(chromedp.KeyEvent("x"))
	b.see(`document.querySelector("#text").value === "@bapsang 매출\nx"`)
	if n := len(s.got()); n != 0 {
		t.Errorf("%d messages were sent while writing", n)
	}
	// Twice at once is once.
	b.says(`(() => { const f = document.querySelector("#main .composer"); f.requestSubmit(); f.requestSubmit(); })()`)
	b.see(has("#replies .answer", "12억"))
	if n := len(s.got()); n != 1 {
		t.Errorf("pressed twice, asked %d times", n)
	}
	b.see(`document.activeElement.id === "text-thread" && location.pathname.includes("/t/")`)
	b.press("Escape")
	b.see(`!document.querySelector("#thread .thread-in") && document.activeElement.id === "text"`)
	b.says(`document.activeElement.blur()`)
	b.press("/")
	b.see(`document.activeElement.id === "text" && document.activeElement.value === ""`)
	b.press("Enter") // nothing to send
	b.says(`document.activeElement.blur()`)
	b.press("Tab")
	b.see(`document.activeElement !== document.body`)
	if n := len(s.got()); n != 1 {
		t.Errorf("%d messages in the end", n)
	}
}

func twoPeople(t *testing.T, c *chromium) {
	s := serve(t)
	a, b := c.join(t, s, "민지", look{}), c.join(t, s, "Hyunwoo", look{language: "en"})
	a.send(inChannel, "다들 안녕하세요")
	b.see(has("#stream .said", "다들 안녕하세요") + "&&" + has("#stream .name", "민지") + `&& !document.querySelector("[data-edit]")`)
	b.click(`#stream .tools a`)
	b.see(`document.querySelector("#thread .thread-in")`)
	b.send(inThread, "hello 👋")
	a.see(has("#stream .foot", "답글 1개"))
	a.click("#stream .replies")
	a.see(has("#replies .said", "hello 👋"))
	b.click(`.side a[href="/c/sales"]`)
	b.see(`location.pathname === "/c/sales"`)
	a.send(inThread, "또 만나요")
	b.see(`document.querySelector('[data-place="general"].unread')`)

	// A server that is gone for a while loses nothing.
	s.close(t)
	a.see(`!document.querySelector("#offline").hidden`)
	s.start(t, strings.TrimPrefix(s.url, "http://"))
	thread := a.says(`document.querySelector(".thread-in").dataset.thread`)
	if _, err := s.chat.Post(t.Context(), bot.Thread{Platform: "web", Channel: "general", ID: thread}, bottest.Messages()["answer-ko"]); err != nil {
		t.Fatal(err)
	}
	a.see(has("#replies .answer", "12억") + ` && document.querySelector("#offline").hidden`)
	a.send(inThread, "다시 됐네요")
	a.see(has("#replies .said", "다시 됐네요"))
}

func failing(t *testing.T, c *chromium) {
	s := serve(t)
	b := c.join(t, s, "민지", look{})
	s.setRefuse(true)
	b.send(inChannel, "@bapsang 매출")
	b.see(has("#main .problem", "아무것도 접수되지 않았으니") + ` && document.querySelector("#text").value === "@bapsang 매출"`)
	key := b.says(`document.querySelector("#main .composer [name=key]").value`)
	s.setRefuse(false)
	b.press("Enter")
	ev := s.wait(t, func(ev bot.Event) bool { return ev.Text == "매출" })
	if !strings.HasSuffix(ev.ID, key) {
		t.Errorf("sent again as another event: %s", ev.ID)
	}
	b.see(`document.querySelector("#text").value === "" && document.querySelector("#main .problem").hidden && ` + count("#stream .message") + " === 1")
}

func attacks(t *testing.T, c *chromium) {
	s := serve(t)
	s.answering(t, "hostile", nil)
	b := c.join(t, s, bottest.Attack, look{})
	b.send(inChannel, "@bapsang "+bottest.Attack)
	b.see(has("#replies .answer", "<script>window.pwned=1</script>"))
	b.click("#replies .choices button")
	b.see(count("#replies .message") + " >= 3")
	b.run(chromedp.Reload())
	b.see(count("#replies .message") + " >= 3")
	b.see(has("#replies .chart text", "<script>window.pwned=1</script>") + "&&" + count("#replies .chart .mark") + " > 0")
	b.says(`document.querySelector("#replies .chart .mark").dispatchEvent(new PointerEvent("pointermove", {bubbles: true, pointerType: "mouse"}))`)
	b.see(has(".tip", "<script>"))
	if got := b.says(`[...document.querySelectorAll(".chart svg, .chart svg *")].map(e => e.localName).filter(n => !/^(svg|rect|path|polyline|text|tspan|title|desc|g|circle)$/.test(n)).join()`); got != "" {
		t.Errorf("a chart has brought %s into the page", got)
	}
	b.run(chromedp.Navigate(s.url + b.says(`document.querySelector("#replies .chart").dataset.chart`)))
	if got := b.says("typeof window.pwned"); got != "undefined" {
		t.Error("an attack ran")
	}
}

// quickFinger presses a button of a thread in the moment in which it appears: that must
// not load the whole page anew.
func quickFinger(t *testing.T, c *chromium) {
	s := serve(t)
	s.answering(t, "hostile", nil)
	b := c.join(t, s, "민지", look{})
	b.send(inChannel, "@bapsang 매출")
	b.see(has("#replies .answer", "window.pwned"))
	b.run(chromedp.Navigate(s.url))
	b.see(`document.readyState === "complete" && document.querySelector("#stream .foot a")`)
	b.says(`window.same = true, new MutationObserver((_, seen) => {
		const button = document.querySelector("#replies .choices button");
		if (button) { seen.disconnect(); button.click(); }
	}).observe(document.body, {childList: true, subtree: true})`)
	b.click("#stream .foot a")
	b.see("window.same && " + count("#replies .message") + " >= 3")
}
