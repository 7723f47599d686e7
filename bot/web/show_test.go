package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/bapsang/bapsang/bot"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	thread := c.ask(s, "@bapsang x")
	tests := []struct{ text, want string }{
		{"plain", "<p>plain</p>"},
		{"**bold** and *italic* and `code`", "<p><strong>bold</strong> and <em>italic</em> and <code>code</code></p>"},
		{"매출은 **12억**입니다", "<p>매출은 <strong>12억</strong>입니다</p>"},
		{"***both***", "<p><strong><em>both</em></strong></p>"},
		{"one\ntwo\n\nthree", "<p>one<br/>two</p><p>three</p>"},
		{"- a\n- **b**\nafter", "<ul><li>a</li><li><strong>b</strong></li></ul><p>after</p>"},
		{"3. c\n4. d", `<ol><li value="3">c</li><li value="4">d</li></ol>`},
		{"- a\n  - b\n  - c\n- d", "<ul><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ul>"},
		{"1. a\n   - b\n2. c\n   1. d", `<ol><li value="1">a<ul><li>b</li></ul></li><li value="2">c<ol><li value="1">d</li></ol></li></ol>`},
		{"- a\n    - b\n      - c\n- d\n1. e", `<ul><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ul><ol><li value="1">e</li></ol>`},
		{"  - a\n  1. b\n  - c", `<ul><li>a</li></ul><ol><li value="1">b</li></ol><ul><li>c</li></ul>`},
		{"2 * 3 * 4", "<p>2 * 3 * 4</p>"},
		{"2*3*4 = 24", "<p>2*3*4 = 24</p>"},
		{"*2*3 is six*", "<p><em>2*3 is six</em></p>"},
		{`\*not\* \\ \a`, `<p>*not* \ \a</p>`},
		{"**open", "<p>**open</p>"},
		{"`a * b * <c>`", "<p><code>a * b * &lt;c&gt;</code></p>"},
		{"snake_case_name __x__ # y > z", "<p>snake_case_name __x__ # y &gt; z</p>"},
		{"[a](javascript:b) <i>c</i> &amp;", "<p>[a](javascript:b) &lt;i&gt;c&lt;/i&gt; &amp;amp;</p>"},
		{"a\x00b\u202ec\x1b[31m", "<p>abc[31m</p>"},
		{"(−₩145M), +$1.5K, 2%", `<p>(<span class="whole">−₩145M</span>), <span class="whole">+$1.5K</span>, 2%</p>`},
		{"자사몰이 **27.8%로** 3.1%", `<p>자사몰이 <strong><span class="whole">27.8%로</span></strong> 3.1%</p>`},
		{"기업구매(−3억 3,639만 원)가 3억이고", `<p>기업구매(<span class="whole">−3억 3,639만 원</span>)가 3억이고</p>`},
		{"2026. 11. 22", "<p>2026. 11. 22</p>"},
	}
	for _, tt := range tests {
		if _, err := s.chat.Post(t.Context(), thread, bot.Message{Kind: bot.KindNotice, Language: "ko", Text: tt.text}); err != nil {
			t.Fatal(err)
		}
	}
	_, page, _ := c.get("/c/general/t/" + thread.ID)
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for n := range doc.Descendants() {
		if attr(n, "class") == "text" {
			var out bytes.Buffer
			for child := range n.ChildNodes() {
				if err := html.Render(&out, child); err != nil {
					t.Fatal(err)
				}
			}
			got = append(got, out.String())
		}
	}
	if len(got) != len(tests) {
		t.Fatalf("%d texts on the page, want %d", len(got), len(tests))
	}
	for i, tt := range tests {
		if got[i] != tt.want {
			t.Errorf("%q is shown as %s, want %s", tt.text, got[i], tt.want)
		}
	}
}

// TestHostileMarkdownIsShownAsWritten holds that marks without an end are text, and that
// the end of one is looked for within 2,000 bytes only: looking to the end of the text
// for each of many marks would take minutes.
func TestHostileMarkdownIsShownAsWritten(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	thread := c.ask(s, "@bapsang x")
	far := strings.Repeat("a", 2000)
	tests := map[string]string{
		"*" + far[1:] + "*":     "<p><em>" + far[1:] + "</em></p>",
		"*" + far + "*":         "<p>*" + far + "*</p>",
		"**" + far[1:] + "**":   "<p><strong>" + far[1:] + "</strong></p>",
		"**" + far + "**":       "<p>**" + far + "**</p>",
		"`" + far[1:] + "`":     "<p><code>" + far[1:] + "</code></p>",
		"`" + far + "`":         "<p>`" + far + "`</p>",
		"*a*" + far + "*b*":     "<p><em>a</em>" + far + "<em>b</em></p>",
		"*" + far + " **b** c*": "<p>*" + far + " <strong>b</strong> c*</p>",
	}
	for _, text := range []string{"**a ", "*a ", "["} {
		text = strings.Repeat(text, 20_000/len(text))
		tests[text] = "<p>" + text + "</p>"
	}
	for text, want := range tests {
		ref, err := s.chat.Post(t.Context(), thread, bot.Message{Kind: bot.KindNotice, Language: "en", Text: text})
		if err != nil {
			t.Fatal(err)
		}
		_, page, _ := c.get("/c/general/t/" + thread.ID)
		_, page, _ = strings.Cut(page, `id="`+ref.ID+`"`)
		page, _, _ = strings.Cut(page, "</article>")
		if !strings.Contains(page, want) {
			t.Errorf("%.40s…%s is shown as %.3000s", text, text[len(text)-9:], page)
		}
	}
}

func TestWaitingIsTold(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	thread := c.ask(s, "@bapsang x")
	for _, tt := range []struct {
		text, language string
		progress       bot.Progress
		want           string
	}{
		{"접수했어요", "ko", bot.Progress{Ahead: 31, ETA: 4 * time.Minute}, "앞에 31건 · 약 4분"},
		{"Got it", "en", bot.Progress{Ahead: 2, ETA: 40 * time.Second}, "2 ahead · about 40 s"},
		{"접수했어요 · 앞에 2건, 약 40초", "ko", bot.Progress{Ahead: 2, ETA: 40 * time.Second}, ""},
		{"다음 차례예요, 약 25초.", "ko", bot.Progress{ETA: 25 * time.Second}, ""},
		{"읽는 중", "ko", bot.Progress{Steps: []bot.Step{{Text: "읽는 중"}}, ETA: time.Second}, ""},
	} {
		ref, err := s.chat.Post(t.Context(), thread, bot.Message{Kind: bot.KindProgress, Language: tt.language, Text: tt.text, Progress: &tt.progress})
		if err != nil {
			t.Fatal(err)
		}
		_, page, _ := c.get("/c/general/t/" + thread.ID)
		_, part, _ := strings.Cut(page, `id="`+ref.ID+`"`)
		part, _, _ = strings.Cut(part, "</article>")
		_, waits, _ := strings.Cut(part, `<p class="waits">`)
		if waits, _, _ = strings.Cut(waits, "</p>"); waits != tt.want {
			t.Errorf("%q is shown to wait %q, want %q", tt.text, waits, tt.want)
		}
	}
}

func TestSeveralResultsAreToldApart(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := s.visit(t, "민지")
	thread := c.ask(s, "@bapsang x")
	columns := []bot.TableColumn{{Label: "a"}}
	ref, err := s.chat.Post(t.Context(), thread, bot.Message{
		Kind: bot.KindAnswer, Language: "ko", Text: "답", Question: "q",
		Tables: []bot.Table{
			{Result: "r1", Title: "월별 매출", Columns: columns, Rows: [][]string{{"1"}}, Total: 1},
			{Result: "r2", Title: "채널별 매출", Columns: columns, Rows: [][]string{{"2"}}, Total: 1},
		},
		SQL:      []bot.SQL{{Result: "r1", Title: "월별 매출", Source: "shop", Text: "SELECT 1"}, {Result: "r2", Title: "채널별 매출", Source: "shop", Text: "SELECT 2"}},
		Readings: []bot.Reading{{Meaning: "반품은 접수한 날 기준"}, {Term: "매출", Meaning: "할인 후"}},
		Origin:   &bot.Origin{Analyst: "shop", Sources: []string{"shop"}, Label: "모델이 작성"},
		Buttons:  []bot.Button{{Action: bot.ActionCSV, Label: "CSV", Value: "r1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := c.get("/c/general/t/" + thread.ID)
	_, page, _ = strings.Cut(page, `id="`+ref.ID+`"`)
	page, _, _ = strings.Cut(page, "</article>")
	for what, count := range map[string]int{
		"<h4>월별 매출</h4>": 1, "<h4>채널별 매출</h4>": 1, `<h4>채널별 매출 <span class="note">shop</span></h4>`: 1, `<details class="sql">`: 1,
		`href="/csv/` + ref.ID + `/r1"`: 1, `href="/csv/` + ref.ID + `/r2"`: 1,
		"<dt>": 1, "<dd>": 2, "<span>shop</span>": 1,
	} {
		if got := strings.Count(page, what); got != count {
			t.Errorf("%s is there %d times, want %d:\n%s", what, got, count, page)
		}
	}
}

func TestVendoredFilesAreWhatTheNotesSay(t *testing.T) {
	t.Parallel()
	notes, err := os.ReadFile("static/README.md")
	if err != nil {
		t.Fatal(err)
	}
	vendored := regexp.MustCompile("\\| `([a-z]+-[0-9a-z.]+)`.*sha256 `([0-9a-f]{64})`").FindAllSubmatch(notes, -1)
	if len(vendored) != 3 {
		t.Fatalf("the notes name %d digests, want those of htmx and the two fonts", len(vendored))
	}
	for _, m := range vendored {
		data, err := os.ReadFile("static/" + string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != string(m[2]) {
			t.Errorf("%s has digest %x", m[1], sum)
		}
	}
}

// TestTheFontIsServedForGood follows the addresses of the font, from the page and from
// its stylesheet, as a browser does.
func TestTheFontIsServedForGood(t *testing.T) {
	t.Parallel()
	c := serve(t).visit(t, "민지")
	_, page, header := c.get("/c/general")
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "font-src 'self';") {
		t.Errorf("the policy %q lets no font in", csp)
	}
	_, css, _ := c.get(between(t, page, `<link rel="stylesheet" href="`, `"`))
	at := between(t, css, `src: url("`, `"`)
	if preload := between(t, page, `<link rel="preload" href="`, `"`); preload != at {
		t.Errorf("the page loads %s ahead, its stylesheet %s", preload, at)
	}
	status, font, header := c.get(at)
	if status != http.StatusOK || !strings.HasPrefix(font, "wOF2") || header.Get("Content-Type") != "font/woff2" ||
		header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
		t.Errorf("%s: status %d, %v", at, status, header)
	}
}

// TestColoursCanBeRead holds WCAG 2.2, 1.4.3: a contrast of 4.5 to 1 of text with
// each ground it stands on.
func TestColoursCanBeRead(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("static/page.css")
	if err != nil {
		t.Fatal(err)
	}
	themes := regexp.MustCompile(`(?s)--ground:.*?\}`).FindAllString(string(css), -1)
	if len(themes) != 3 {
		t.Fatalf("%d sets of colours, want light, dark by the system and dark by choice", len(themes))
	}
	if colours(themes[1])["ink"] == "" || fmt.Sprint(colours(themes[1])) != fmt.Sprint(colours(themes[2])) {
		t.Error("the two dark themes differ")
	}
	on := map[string][]string{
		"ink": {"ground", "side", "raised", "soft", "hover", "bad-soft"}, "ink-2": {"ground", "side", "raised", "soft", "hover"},
		"ink-3": {"ground", "side", "raised", "soft", "hover"}, "accent-text": {"ground", "raised", "side", "hover", "accent-soft"},
		"accent-ink": {"accent"}, "bad": {"bad-soft", "ground", "raised"}, "warn": {"ground", "raised", "hover"}, "ground": {"ink"},
	}
	for i, theme := range themes {
		c := colours(theme)
		for text, grounds := range on {
			for _, ground := range grounds {
				if got := contrast(t, c[text], c[ground]); got < 4.5 {
					t.Errorf("theme %d: %s on %s has a contrast of %.2f", i, text, ground, got)
				}
			}
		}
	}
}

func colours(css string) map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): #([0-9a-f]{6})`).FindAllStringSubmatch(css, -1) {
		out[m[1]] = m[2]
	}
	return out
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(colour, 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", colour, err)
	}
	var sum float64
	for i, weight := range []float64{0.0722, 0.7152, 0.2126} {
		v := float64(n>>(8*i)&0xff) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}
