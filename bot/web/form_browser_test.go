package web_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bapsang/bapsang/bot"
)

// digests shows one on a narrow page and looks whether dates are aligned.
func digests(t *testing.T, c *chromium) {
	for _, width := range []int64{1280, 375} {
		s := serve(t)
		b := c.join(t, s, "민지", look{width: width, height: 800, dark: width == 375})
		if _, err := s.chat.Post(t.Context(), bot.Thread{Platform: "web", Channel: "general"}, digestOf("ko", 20)); err != nil {
			t.Fatal(err)
		}
		b.see(count("#stream .picture.small .chart svg .mark") + " > 0")
		lefts := func(what string) string {
			return b.says(`new Set([...document.querySelectorAll("#stream .lines ` + what + `")].filter(e => e.offsetParent).map(e => Math.round(e.getBoundingClientRect().left))).size`)
		}
		if width == 1280 && lefts(".name") != "1" || lefts(".when") != "1" {
			t.Errorf("%d px: texts begin at %s places, dates at %s", width, lefts(".name"), lefts(".when"))
		}
		if over := b.says(`document.documentElement.scrollWidth > innerWidth || document.querySelector("#scroll").scrollWidth > document.querySelector("#scroll").clientWidth`); over != "false" {
			t.Errorf("%d px: the page is wider than the screen", width)
		}
		b.click("#stream .more summary")
		b.see(`document.querySelector("#stream .more").open`)
	}
}

const dialog = `document.querySelector("dialog[open] form")`

// forms fills one in by keyboard, over a change of the message and a lost connection.
func forms(t *testing.T, c *chromium) {
	s := serve(t)
	for _, name := range []string{"가람", "나래", "다솜", "라온", "마루", "바다", "사랑", "아라"} {
		s.visit(t, name)
	}
	b := c.join(t, s, "민지", look{})
	msg := bot.Message{Kind: bot.KindDigest, Language: "ko", Text: "이번 주", Question: "q1", Buttons: []bot.Button{{Action: bot.ActionSubscription, Value: "s1", Label: "설정", Form: asks()}}}
	ref, err := s.chat.Post(t.Context(), bot.Thread{Platform: "web", Channel: "general"}, msg)
	if err != nil {
		t.Fatal(err)
	}
	b.says(`window.same = true`)
	b.see(`document.querySelector("#stream [data-form]")`)
	b.says(`document.querySelector("#stream [data-form]").focus()`)
	b.press("Enter")
	b.see(dialog + ` && document.activeElement.id === "f0" && document.querySelector("dialog").matches(":modal")`)
	b.says(`document.activeElement.select()`)
	b.run(chromedp.KeyEvent("새 페스타"))
	b.press("/") // is written, and goes nowhere else
	b.see(`document.activeElement.id === "f0"`)
	b.says(`document.querySelector("#f0").value = "새 페스타"`)

	// Closed by mistake, it comes back as it was; and the message may change meanwhile.
	b.press("Escape")
	b.see(`!document.querySelector("dialog[open]") && document.activeElement.matches("[data-form]")`)
	msg.Text = "이번 주, 고침"
	if err := s.chat.Update(t.Context(), ref, msg); err != nil {
		t.Fatal(err)
	}
	b.see(has("#stream .text", "고침"))
	b.click("#stream [data-form]")
	b.see(dialog + ` && document.querySelector("#f0").value === "새 페스타"`)

	b.says(`document.querySelector(".filter").value = "나래", document.querySelector(".filter").dispatchEvent(new Event("input", {bubbles: true}))`)
	b.see(`[...document.querySelectorAll("dialog fieldset:has(.filter) label")].filter(l => l.offsetParent).length === 1`)
	b.says(`[...document.querySelectorAll("dialog fieldset:has(.filter) label")].find(l => l.offsetParent).click()`)
	b.says(`document.querySelector("#f2").value = ""`)
	b.click("dialog .primary")
	b.see(has("dialog .fault", "꼭 필요한") + ` && document.activeElement.id === "f2" && document.activeElement.getAttribute("aria-describedby") === "f2-fault"`)
	if n := len(s.got()); n != 0 {
		t.Errorf("%d events of a form with a fault", n)
	}
	b.says(`document.querySelector("#f2").value = "2026-12-11"`)

	s.close(t)
	b.click("dialog .primary")
	b.see(has("dialog .problem", "아무것도 접수되지 않았으니") + ` && document.querySelector("#f0").value === "새 페스타"`)
	s.start(t, strings.TrimPrefix(s.url, "http://"))
	b.click("dialog .primary")
	ev := s.wait(t, func(ev bot.Event) bool { return ev.Kind == bot.EventAction })
	who := ev.Action.Values["who"]
	want := map[string]string{"name": "새 페스타", "why": "", "start": "2026-12-11", "at": "09:00", "kind": "b", "markets": "a,c", "who": who, "new": ""}
	if !reflect.DeepEqual(ev.Action.Values, want) || !strings.HasPrefix(who, "u") || ev.Action.Value != "s1" {
		t.Errorf("came as %+v", ev.Action)
	}
	b.see(`!document.querySelector("dialog[open]") && window.same && ` + has("#toast", "보냈어요"))
	b.click("#stream [data-form]")
	b.see(dialog + ` && document.querySelector("#f0").value === "페스타"`)
}

// attackedForms opens what others filled with markup.
func attackedForms(t *testing.T, c *chromium) {
	s := serve(t)
	b := c.join(t, s, "민지", look{})
	if _, err := s.chat.Post(t.Context(), bot.Thread{Platform: "web", Channel: "general"}, hostileParts()); err != nil {
		t.Fatal(err)
	}
	b.see(has("#stream .lines .name", "<script>window.pwned=1</script>"))
	b.click("#stream [data-form]")
	b.see(dialog + "&&" + has("dialog h2", "<script>") + "&&" + has("dialog .choices-in", "<script>"))
	b.click("dialog .primary")
	b.see(has("dialog .fault", "골라 주세요") + "||" + has("dialog .fault", "꼭 필요한"))
	if got := b.says(`[...document.querySelectorAll("#stream a[href], dialog a[href]")].filter(a => !["http:", "https:"].includes(a.protocol)).length + " " + document.querySelectorAll("[onmouseover], [onerror], [onload], #stream img, dialog img").length`); got != "0 0" {
		t.Errorf("links and handlers of others: %s", got)
	}
	if got := b.says(`[...document.querySelectorAll("#stream .sources a, #stream .links a, #stream .cite")].some(a => a.target !== "_blank" || a.rel !== "noopener noreferrer")`); got != "false" {
		t.Error("a link of others opens without rel or here")
	}
	b.run(chromedp.Navigate(s.url + b.says(`document.querySelector("#stream [data-form]").getAttribute("href")`)))
	b.see(has("h2", "<script>"))
	if got := b.says("typeof window.pwned"); got != "undefined" {
		t.Error("an attack ran")
	}
}
