package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// requireChromium returns the path of a Chromium, or skips the test.
func requireChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const hint = "this test drives the page in Chromium, which is not on PATH: apt install chromium, or brew install --cask chromium"
	if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
		t.Fatal(hint)
	}
	t.Skip(hint)
	return ""
}

// chromium is a running browser.
type chromium struct{ ctx context.Context }

func startChromium(t *testing.T) *chromium {
	t.Helper()
	path := requireChromium(t)
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // ends the process and waits for it
		cancel()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return &chromium{ctx: ctx}
}

// tab is a page that somebody has open, with cookies of their own.
type tab struct {
	t    *testing.T
	ctx  context.Context
	site *site

	mu     sync.Mutex
	failed []string // requests, for who reads a failure
}

// look is how somebody looks at the page.
type look struct {
	width, height int64
	language      string // for Accept-Language
	dark          bool
}

// open opens a tab of somebody without a name.
func (c *chromium) open(t *testing.T, s *site, l look) *tab {
	t.Helper()
	if l.width == 0 {
		l.width, l.height = 1280, 800
	}
	if l.language == "" {
		l.language = "ko-KR,ko;q=0.9"
	}
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	ctx, stop := context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(func() { stop(); cancel() })
	b := &tab{t: t, ctx: ctx, site: s}
	if err := chromedp.Listen(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("script failed: %s", ev.ExceptionDetails.Text)
		case *network.EventLoadingFailed:
			b.mu.Lock()
			defer b.mu.Unlock()
			b.failed = append(b.failed, fmt.Sprintf("%s %s %s", ev.Type, ev.ErrorText, ev.BlockedReason))
		case *page.EventJavascriptDialogOpening:
			go func() {
				_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
			}()
		}
	}); err != nil {
		t.Fatalf("listen to the browser: %v", err)
	}
	b.run(chromedp.EmulateViewport(l.width, l.height))
	call(b, network.Enable, network.EnableParams{})
	call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": l.language}})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	return b
}

// join opens a tab of somebody who chose a name.
func (c *chromium) join(t *testing.T, s *site, name string, l look) *tab {
	t.Helper()
	b := c.open(t, s, l)
	b.run(chromedp.Navigate(s.url))
	b.send("#name", name)
	b.see(`document.readyState === "complete" && document.querySelector(` + quote(inChannel) + `)`)
	return b
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
}

// call sends a command of the protocol.
func call[P, R any](b *tab, cmd cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, cmd, params); err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
}

// see waits until a condition in JavaScript holds, over navigations too.
func (b *tab) see(condition string) {
	b.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		_, err := chromedp.Run(b.ctx, chromedp.Poll[bool]("!!("+condition+")", chromedp.WithPollingInterval(30*time.Millisecond), chromedp.WithPollingTimeout(time.Until(deadline))))
		if err == nil {
			return
		}
		if time.Now().After(deadline) || b.ctx.Err() != nil {
			fonts := b.says(`document.readyState + " " + document.visibilityState + " " + [...document.fonts].map((f) => f.family + " " + f.status)`)
			b.mu.Lock()
			defer b.mu.Unlock()
			b.t.Fatalf("never saw %s: %v\nfonts: %s\nfailed requests: %q\nthe page: %.2000s", condition, err, fonts, b.failed, b.says("document.body.innerText"))
		}
	}
}

// says evaluates an expression to a text.
func (b *tab) says(expression string) string {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	if err != nil {
		b.t.Fatalf("in the browser: evaluate %s: %v", expression, err)
	}
	return out
}

const (
	inChannel = "#main .composer textarea"
	inThread  = "#thread .composer textarea"
)

// write types into a field, once the page and its script are there.
func (b *tab) write(field, text string) {
	b.t.Helper()
	at := "document.querySelector(" + quote(field) + ")"
	b.see(`document.readyState === "complete" && ` + at)
	b.says(at + ".focus()")
	call(b, input.InsertText, input.InsertTextParams{Text: text})
}

// send types into a message box and sends it.
func (b *tab) send(box, text string) {
	b.t.Helper()
	b.write(box, text)
	b.press("Enter")
}

// press presses a key the way a keyboard does: what the page prevents does not happen.
func (b *tab) press(key string) {
	b.t.Helper()
	codes := map[string]int64{"Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowRight": 39, "End": 35, "Home": 36, "Tab": 9, "/": 191}
	key, shift := strings.CutPrefix(key, "Shift+")
	p := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: key, Code: key, WindowsVirtualKeyCode: codes[key]}
	if key == "Enter" {
		p.Type, p.Text = input.DispatchKeyEventTypeKeyDown, "\r"
	}
	if key == "/" {
		p.Type, p.Text, p.Code = input.DispatchKeyEventTypeKeyDown, "/", "Slash"
	}
	if shift {
		p.Modifiers = 8
	}
	call(b, input.DispatchKeyEvent, p)
	p.Type, p.Text = input.DispatchKeyEventTypeKeyUp, ""
	call(b, input.DispatchKeyEvent, p)
}

// click presses the first element of a selector, wherever it is scrolled to.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.see("document.querySelector(" + quote(selector) + ")")
	b.says("document.querySelector(" + quote(selector) + ").click()")
}

func quote(s string) string {
	data, _ := json.Marshal(s)
	return string(data)
}
