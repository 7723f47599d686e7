package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/web"
)

// ground is the colour on which the first chart of a thread is drawn.
const ground = `document.querySelector("#replies .chart svg > rect").getAttribute("fill")`

// drawn asks something, has it answered with a chart, and waits until it is there.
func (b *tab) drawn(spec chart.Spec) {
	b.t.Helper()
	b.answered(spec)
	b.see(count("#replies .chart svg .mark") + " > 0")
}

func (b *tab) answered(spec chart.Spec) {
	b.t.Helper()
	data, err := json.Marshal(spec)
	if err != nil {
		b.t.Fatal(err)
	}
	b.send(inChannel, "@bapsang 그려 줘")
	ev := b.site.wait(b.t, func(ev bot.Event) bool { return ev.Text == "그려 줘" })
	_, err = b.site.chat.Post(b.t.Context(), ev.Thread, bot.Message{
		Kind: bot.KindAnswer, Language: spec.Language, Text: "그렸어요.", Charts: []bot.Chart{{Title: spec.Title, Alt: chart.Alt(spec), Spec: data}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func values(of ...float64) []*float64 {
	var out []*float64
	for i := range of {
		out = append(out, &of[i])
	}
	return out
}

func regions() chart.Spec {
	return chart.Spec{
		Kind: chart.Bar, Language: "ko", Title: "지역별 매출", YFormat: "krw", XKind: chart.XCategory, Categories: []string{"경기도", "서울특별시", "제주도"},
		Series: []chart.Series{{Name: "매출", Values: values(408_412_345, 358_620_001, 1_234)}},
	}
}

func weeks() chart.Spec {
	s := chart.Spec{Kind: chart.Line, Language: "ko", Title: "주별 매출", YFormat: "krw", XKind: chart.XTime, Grain: "week", Series: []chart.Series{
		{Name: "온라인", Values: values(1001, 1102, 1203, 1304)}, {Name: "매장", Values: values(801, 702, 603, 504)},
	}}
	for i := range 4 {
		s.Times = append(s.Times, time.Date(2026, 10, 5+7*i, 0, 0, 0, 0, time.UTC))
	}
	return s
}

// middle is where the middle of a mark is on the screen.
func (b *tab) middle(mark int) (x, y float64) {
	b.t.Helper()
	var at [2]float64
	said := b.says(`(() => { const r = document.querySelectorAll("#replies .chart .mark")[` + string(rune('0'+mark)) + `].getBoundingClientRect(); return JSON.stringify([r.x + r.width / 2, r.y + r.height / 2]); })()`)
	if err := json.Unmarshal([]byte(said), &at); err != nil {
		b.t.Fatal(err)
	}
	return at[0], at[1]
}

func (b *tab) point(x, y float64) {
	b.t.Helper()
	call(b, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: x, Y: y})
}

const told = `document.querySelector(".tip:not([hidden])")`

// charts holds that a chart has the page's font, theme and width, and that pointing at a
// mark shows its exact figure.
func charts(t *testing.T, c *chromium) {
	b := c.join(t, serve(t), "민지", look{})
	b.drawn(regions())
	b.see(ownFontIsThere)
	b.ownFont("#replies .chart text")
	// What stands in the layout is as wide as the layout took it to be.
	if off := b.says(`(() => { const t = [...document.querySelectorAll("#replies .chart text")].find(t => t.textContent === "지역별 매출");
		const at = Object.assign(document.createElement("canvas")).getContext("2d"); at.font = "700 " + t.getAttribute("font-size") + "px Pretendard";
		return Math.abs(at.measureText("지역별 매출").width - t.getComputedTextLength()) < 1; })()`); off != "true" {
		t.Error("the title is not drawn with the page's font")
	}
	b.point(b.middle(1))
	b.see(told + `.innerText.replaceAll("\n", " ").trim() === "서울특별시 매출 358,620,001원"`)
	// A sliver of a bar is found from above.
	x, _ := b.middle(2)
	_, y := b.middle(0)
	b.point(x, y)
	b.see(told + `.textContent.includes("1,234원")`)
	b.point(1, 1)
	b.see("!" + told)
	if got := b.says(`document.querySelector("#replies .chart svg").getAttribute("aria-label") === document.querySelector("#replies .chart desc").textContent && document.querySelectorAll("#replies .chart .mark title").length`); got != "0" {
		t.Errorf("the chart's label and titles: %s", got)
	}
	if got := b.says(ground); got != "#ffffff" {
		t.Errorf("in the light the chart is drawn on %s", got)
	}
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	b.see(ground + ` === "#15181e"`)
	b.run(chromedp.EmulateViewport(390, 800))
	b.see(`document.querySelector("#replies .chart svg").getAttribute("viewBox") === "0 0 420 330"`)
	if got := b.says(`fetch(document.querySelector("#replies .picture figcaption a").href).then(r => { window.png = r.headers.get("Content-Type"); })`); got == "" {
		t.Error("no link to the PNG")
	}
	b.see(`window.png === "image/png"`)
}

// chartWalks holds that marks can be reached without a mouse.
func chartWalks(t *testing.T, c *chromium) {
	b := c.join(t, serve(t), "민지", look{})
	b.drawn(weeks())
	b.says(`document.querySelector("#begin").parentElement.focus()`)
	for range 30 {
		b.press("Tab")
		if b.says(`document.activeElement.matches(".mark")`) == "true" {
			break
		}
	}
	figures := func(want ...string) {
		t.Helper()
		b.see(`[...` + told + `.querySelectorAll(".on .name, .on .figure")].map(e => e.textContent).join(" ") === ` + quote(strings.Join(want, " ")))
		if got := b.says(`document.activeElement.getAttribute("aria-label")`); !strings.HasPrefix(got, want[0]+" · ") || !strings.HasSuffix(got, " · "+want[1]) {
			t.Errorf("the mark is said to be %q, want %q", got, want)
		}
	}
	figures("온라인", "1,001원")
	b.press("ArrowRight")
	figures("온라인", "1,102원")
	b.press("ArrowDown")
	figures("매장", "702원")
	// All that stands at the same place is told together.
	b.see(told + `.textContent.includes("1,102원")`)
	b.press("End")
	figures("매장", "504원")
	b.press("ArrowRight")
	b.press("ArrowUp")
	figures("온라인", "1,304원")
	b.press("Escape")
	b.see("!" + told + `&& document.querySelector("#thread .thread-in")`)
	if n := b.says(`document.querySelectorAll("#replies .chart [tabindex='0']").length`); n != "1" {
		t.Errorf("the chart is %s stops for Tab, want one", n)
	}
	b.says(`document.activeElement.blur()`)

	x, y := b.middle(5)
	call(b, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: x, Y: y}}})
	call(b, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}})
	b.see(told + `.querySelector(".on .figure").textContent === "702원"`)
	b.says(`document.querySelector("#replies .text").dispatchEvent(new PointerEvent("pointerdown", {bubbles: true, pointerType: "touch"}))`)
	b.see("!" + told)
}

// chartFails holds that a chart that cannot be drawn still says what it would show.
func chartFails(t *testing.T, c *chromium) {
	s := serve(t, func(cfg *web.Config) {
		cfg.Render = func(context.Context, json.RawMessage, web.Picture) ([]byte, error) {
			return nil, errors.New("no colours left")
		}
	})
	b := c.join(t, s, "민지", look{})
	b.answered(regions())
	b.see(`document.querySelector("#replies .chart.failed") && document.querySelector("#replies .chart").innerText.startsWith("그림을 그리지 못했어요. 지역별 매출. ")`)
}
