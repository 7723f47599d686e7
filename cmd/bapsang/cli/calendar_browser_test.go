package cli_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// browser is a page that somebody has open.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func openBrowser(t *testing.T, language string) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		const hint = "this test opens the page in Chromium, which is not on PATH: apt install chromium, or brew install --cask chromium"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(hint)
		}
		t.Skip(hint)
	}
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.WSURLReadTimeout(time.Minute),
	)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	ctx, timeout := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(func() {
		timeout()
		_ = chromedp.Cancel(ctx) // ends the process and waits for it
		cancel()
		stop()
	})
	b := &browser{t, ctx}
	b.run(chromedp.EmulateViewport(1280, 1500))
	if _, err := chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": language}}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *browser) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
}

// see waits until a condition in JavaScript holds.
func (b *browser) see(condition string) {
	b.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		_, err := chromedp.Run(b.ctx, chromedp.Poll[bool]("!!("+condition+")", chromedp.WithPollingInterval(30*time.Millisecond), chromedp.WithPollingTimeout(time.Until(deadline))))
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`)) //nolint:errcheck // for a message
			b.t.Fatalf("%s: %v\n%s", condition, err, text)
		}
	}
}

// does runs a script.
func (b *browser) does(script string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](script+`; 0`)); err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
}

// picture keeps a picture of the page for whoever wants to look at it.
func (b *browser) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("BAPSANG_PICTURES")
	if dir == "" {
		return
	}
	_, _ = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "screen"}) //nolint:errcheck // only for the eye
	data, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func quoted(s string) string {
	data, _ := json.Marshal(s) //nolint:errcheck // text always encodes
	return string(data)
}

// click clicks on what bears a text.
func (b *browser) click(selector, text string) {
	b.t.Helper()
	find := `[...document.querySelectorAll(` + quoted(selector) + `)].find(e => e.textContent.trim() === ` + quoted(text) + `)`
	b.see(find)
	b.does(find + `.click()`)
}

// join opens the page under a name.
func (b *browser) join(url, name string) {
	b.t.Helper()
	b.run(chromedp.Navigate(url))
	b.see(`document.querySelector("#name")`)
	b.does(`(() => { const n = document.querySelector("#name"); n.value = ` + quoted(name) + `; n.form.requestSubmit(); })()`)
	b.see(`document.readyState === "complete" && document.querySelector(".side")`)
}

// TestACuratorApprovesInTheBrowser: what an operator suggests on the terminal is a card in
// the curators' channel; approved there, it stands on the calendar's page and in the
// answer to a question, at once.
func TestACuratorApprovesInTheBrowser(t *testing.T) {
	t.Parallel()
	config := calendarSite(t)
	p := start(t, "--now", now, "serve", "--config", config)
	b := openBrowser(t, "ko-KR,ko;q=0.9")
	b.join(p.url, "김하나")
	if code, out, errs := run(t, "--now", now, "calendar", "add", "수능", "--start", "2027-11-18", "--source", "https://www.suneung.re.kr/notice/1",
		"--quote", "2027년 11월 18일(목)에 시행", "--as", "web:park", "--config", config); code != 0 {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	b.run(chromedp.Navigate(p.url + "/c/curators"))
	b.see(`document.body.innerText.includes("2027년 11월 18일(목)에 시행")`)
	b.picture("card-ko")
	b.click("button, a, summary", "고쳐서 승인")
	b.see(`document.querySelector("input[type=date]")?.value === "2027-11-18"`)
	b.picture("form-ko")
	b.run(chromedp.Navigate(p.url + "/c/curators"))
	b.click("button", "승인")
	b.see(`document.body.innerText.includes("승인됨 — 김하나")`)
	b.picture("card-approved-ko")
	b.run(chromedp.Navigate(p.url + "/calendar?month=2027-11"))
	b.see(`document.readyState === "complete" && [...document.querySelectorAll(".agenda .name")].some(e => e.textContent === "수능")`)
	b.see(`document.querySelector('.agenda a[href="https://www.suneung.re.kr/notice/1"]')`)
	b.picture("page-2027-11-ko")
	b.run(chromedp.Navigate(p.url + "/calendar?month=2026-12"))
	b.see(`document.readyState === "complete" && document.body.innerText.includes("물량 확정")`)
	b.picture("page-ko")
	_, asked := p.call(t, "POST", "/api/v1/questions", ask("u", "내년 수능 언제야?", "1"), token)
	id, _ := asked["id"].(string)
	if got := answerText(p.answer(t, id, token)); !holdsText(got, "2027년 11월 18일(목)") {
		t.Errorf("the answer is %q", got)
	}
}
