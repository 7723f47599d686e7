package web_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// calendars looks at the page as people do: wide, on a phone, by keyboard, on paper.
func calendars(t *testing.T, c *chromium) {
	s := serve(t, withCalendar(t, hostileEntries(t)...))
	b := c.join(t, s, "민지", look{})
	b.click(`.side a[href="/calendar"]`)
	b.see(`document.readyState === "complete" && ` + has(".grid .run-name", "블랙프라이데이"))
	if got := b.says(`document.querySelector(".side a[aria-current]").getAttribute("href") + " " + document.querySelectorAll("td[aria-current=date]").length`); got != "/calendar 1" {
		t.Errorf("marked as here and today: %s", got)
	}
	// What runs for days is on one line of the grid, and its name stands once a week.
	if got := b.says(`(() => { const runs = [...document.querySelectorAll(".run.season")]; const tops = runs.map(r => Math.round(r.getBoundingClientRect().top));
		return runs.length + " " + new Set(tops).size + " " + runs.filter(r => r.querySelector(".run-name").offsetParent).length; })()`); got != "6 2 2" {
		t.Errorf("the festival's days, rows and names: %s", got)
	}
	b.says(`[...document.querySelectorAll(".grid .run a")].find(a => a.textContent.includes("블랙프라이데이")).focus()`)
	b.press("Enter")
	b.see(`document.querySelector(".agenda li:target .name").textContent === "블랙프라이데이"`)
	b.click(`.filters input[value="US"]`)
	b.see(`location.search.includes("market=US") && document.readyState === "complete" && ` + count(".agenda li") + " === 2")
	b.click("a[rel=next]")
	b.see(`location.search === "?market=US&month=2026-12" && ` + has(".agenda", "등록된 일정이 없어요"))
	b.run(chromedp.Navigate(s.url + "/calendar"))
	b.says(`navigator.clipboard.writeText = (text) => { window.copied = text; }`)
	b.click("[data-copy-feed]")
	b.see(`window.copied === location.origin + "/calendar.ics?language=ko" && ` + has("#toast.on", "복사했어요"))
	b.run(chromedp.EmulateViewport(375, 812))
	b.see(`innerWidth === 375`)
	if got := b.says(`document.documentElement.scrollWidth > 375 || [...document.querySelectorAll(".calendar .scroll")].some(e => e.scrollWidth > e.clientWidth)`); got != "false" {
		t.Error("on a phone the page is wider than the screen")
	}
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	b.see(`!document.querySelector(".side").offsetParent && !document.querySelector(".over").offsetParent && document.querySelector(".calendar .scroll").scrollHeight <= document.querySelector(".calendar .scroll").clientHeight`)
	b.says(`document.documentElement.dataset.theme = "dark"`)
	if got := b.says(`getComputedStyle(document.querySelector(".agenda .name")).color`); got != "rgb(27, 29, 33)" {
		t.Errorf("on paper names are %s", got)
	}
	if got := b.says("typeof window.pwned"); got != "undefined" {
		t.Error("an attack ran")
	}
}
