package blocks_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
	"github.com/bapsang/bapsang/bot/slack/blocks"
)

var pictures = flag.Bool("pictures", false, "draw the pictures of the docs into docs/pictures (first: npm ci --prefix testdata/pictures)")

// scene is a piece of conversation.
type scene struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	Messages []said `json:"messages"`
}

type said struct {
	From   string `json:"from"`
	Logo   string `json:"logo"`
	Blocks []any  `json:"blocks"`
}

func picture(svg string) string {
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))
}

var (
	bowl = picture(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="6" fill="#b5482a"/>` +
		`<path d="M9 17c.8-4 4.500-6 9-6s8.200 2 9 6z" fill="#fff"/><path d="M6 17.500h24c0 6-3 9-7 10.500v1.500H13V28c-4-1.500-7-4.500-7-10.500z" fill="#ffe3d3"/></svg>`)
	face = picture(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="6" fill="#3f6b8f"/>` +
		`<text x="18" y="24" text-anchor="middle" font-family="sans-serif" font-size="16" fill="#fff">M</text></svg>`)
)

// asked is what a person wrote.
func asked(name, text string) said {
	return said{From: name, Logo: face, Blocks: []any{object{"type": "rich_text", "elements": []any{object{"type": "rich_text_section", "elements": []any{
		object{"type": "text", "text": "@bapsang", "style": object{"bold": true}}, object{"type": "text", "text": " " + text},
	}}}}}}
}

// answered is what we show at the level. The renderer knows no data_table: the table of
// the next level stands in for it.
func answered(t *testing.T, msg bot.Message, level blocks.Level) []said {
	t.Helper()
	var out []said
	plain := pictured(msg, blocks.Pictures)
	for i, l := range pictured(msg, level) {
		for j, b := range l.Blocks {
			if b.BlockType() == slack.MBTDataTable && i < len(plain) {
				for _, other := range plain[i].Blocks {
					if other.BlockType() == slack.MBTTable {
						l.Blocks[j] = other
					}
				}
			}
		}
		list, _ := generic(t, l.Blocks).([]any)
		verbatim(list)
		for _, b := range list {
			if o := b.(object); o["type"] == "image" {
				var index int
				if _, err := fmt.Sscanf(o["slack_file"].(object)["id"].(string), "F0PICTURE%02d", &index); err != nil {
					t.Fatal(err)
				}
				delete(o, "slack_file")
				o["image_url"] = drawn(t, layout.Charts(msg)[index], index >= len(msg.Charts))
			}
		}
		out = append(out, said{From: "bapsang", Logo: bowl, Blocks: list})
	}
	return out
}

// verbatim takes verbatim out: the renderer then makes no marks at all of a text, where
// Slack only makes no links.
func verbatim(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			verbatim(e)
		}
	case object:
		delete(v, "verbatim")
		for _, e := range v {
			verbatim(e)
		}
	}
}

func drawn(t *testing.T, c bot.Chart, small bool) string {
	t.Helper()
	var spec chart.Spec
	if err := json.Unmarshal(c.Spec, &spec); err != nil {
		t.Fatal(err)
	}
	opts := chart.Options{Width: 620, Height: 380, Scale: 2}
	if small { // as the program draws it
		opts.Width, opts.Height = 360, 200
	}
	png, err := chart.Render(t.Context(), spec, opts)
	if err != nil {
		t.Fatal(err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(png)
}

func scenes(t *testing.T) []scene {
	t.Helper()
	m := messages()
	both := func(parts ...[]said) []said { return slices.Concat(parts...) }
	ask := func(name, text string) []said { return []said{asked(name, text)} }
	view := func(set []slack.Block) []said {
		list, _ := generic(t, set).([]any)
		verbatim(list)
		return []said{{From: "bapsang", Logo: bowl, Blocks: list}}
	}
	plan := func(msg bot.Message) []said { return []said{{From: "bapsang", Logo: bowl, Blocks: planOf(t, msg)}} }
	return []scene{
		{"slack-answer-ko", "ko", both(ask("김민지", "지난달 지역별 매출 보여줘"), answered(t, m["answer-ko"], blocks.Native))},
		{"slack-answer-en", "en", both(ask("Minji Kim", "revenue by channel, last 8 weeks"), answered(t, m["answer-en"], blocks.Native))},
		{"slack-picture-ko", "ko", both(ask("김민지", "지난달 지역별 매출 보여줘"), answered(t, m["answer-ko"], blocks.Pictures))},
		{"slack-progress", "ko", both(answered(t, m["waiting-ko"], blocks.Native), answered(t, m["progress-ko"], blocks.Native), plan(m["progress-ko"]), answered(t, m["limit-ko"], blocks.Native),
			answered(t, m["limit-en"], blocks.Native))},
		{"slack-clarify", "ko", both(answered(t, m["clarify-ko"], blocks.Native), answered(t, m["clarify-en"], blocks.Native))},
		{"slack-refusal", "ko", both(answered(t, m["refusal-ko"], blocks.Native), answered(t, m["failure-ko"], blocks.Native), answered(t, m["refusal-en"], blocks.Native), answered(t, m["failure-en"], blocks.Native))},
		{"slack-plain-ko", "ko", answered(t, m["answer-ko"], blocks.Sections)},
		{"slack-home", "ko", both(view(blocks.Home("ko", []string{"지난달 지역별 매출", "최근 8주 매출 추이", "재구매율이 가장 높은 상품 10개"}).Blocks.BlockSet),
			view(blocks.Home("en", []string{"revenue by region last month", "revenue by week, last 8 weeks"}).Blocks.BlockSet))},
		{"slack-digest-ko", "ko", answered(t, m["digest-ko"], blocks.Native)},
		{"slack-digest-en", "en", answered(t, m["digest-en"], blocks.Native)},
		{"slack-form-ko", "ko", view(blocks.FormModal(*m["form-ko"].Buttons[0].Form, "ko", "{}").Blocks.BlockSet)},
		{"check-digests", "ko", both(answered(t, m["digest-long"], blocks.Native), answered(t, m["digest-ko"], blocks.Sections), answered(t, m["digest-hostile"], blocks.Native))},
		{"check-sources", "ko", both(answered(t, m["sources-ko"], blocks.Native), answered(t, m["sources-ko"], blocks.Sections))},
		{"check-markdown", "en", both(answered(t, m["markdown"], blocks.Native), answered(t, m["markdown"], blocks.Sections))},
		{"check-several", "ko", answered(t, m["several"], blocks.Native)},
		{"check-long-table", "ko", both(answered(t, m["long-table"], blocks.Pictures), answered(t, m["long-table"], blocks.Sections))},
		{"check-hostile", "en", both(answered(t, m["hostile"], blocks.Native), answered(t, m["hostile"], blocks.Sections))},
		{"check-sql", "ko", view(blocks.SQLModal(m["several"].SQL, "ko").Blocks.BlockSet)},
	}
}

// planOf is what a stream shows of its chunks.
func planOf(t *testing.T, msg bot.Message) []any {
	t.Helper()
	plan := object{"type": "plan"}
	var tasks []any
	for _, c := range blocks.Chunks(msg) {
		switch c := c.(type) {
		case slack.PlanUpdateChunk:
			plan["title"] = c.Title
		case slack.TaskUpdateChunk:
			tasks = append(tasks, object{"type": "task_card", "task_id": c.ID, "title": c.Title, "status": string(c.Status)})
		}
	}
	plan["tasks"] = tasks
	return []any{plan}
}

// TestPictures draws what the documentation shows. What is named check-… is for whoever
// changes a layout to look at.
func TestPictures(t *testing.T) {
	if !*pictures {
		t.Skip("draws only with -pictures")
	}
	dir := t.TempDir()
	bundle := exec.CommandContext(t.Context(), "npx", "esbuild", "page.jsx", "--bundle", "--jsx=automatic", "--log-level=warning", "--outfile="+filepath.Join(dir, "page.js"))
	bundle.Dir = filepath.Join("testdata", "pictures")
	if out, err := bundle.CombinedOutput(); err != nil {
		t.Fatalf("%v (npm ci --prefix bot/slack/blocks/testdata/pictures)\n%s", err, out)
	}
	font, err := filepath.Abs(filepath.Join("..", "..", "web", "static", "pretendard-1.3.9.woff2"))
	if err != nil {
		t.Fatal(err)
	}
	all := scenes(t)
	data := strings.ReplaceAll(string(marshal(t, all)), "</", `<\/`)
	html := `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="page.css"><style>
@font-face { font-family: Pretendard; src: url("file://` + filepath.ToSlash(font) + `"); font-weight: 100 900 }
body, body * { font-family: Pretendard, "Noto Color Emoji", sans-serif !important } pre, code, pre *, code * { font-family: monospace, Pretendard !important }
.scene[id*=digest] img { max-width: 360px }
.scene { width: 680px; padding: 14px 18px; background: #fff } .scene > div { padding: 5px 0 }
</style><div id="root"></div><script>window.scenes = ` + data + `</script><script src="page.js"></script>`
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	shoot(t, "file://"+filepath.ToSlash(file), all)
}

// shoot takes a picture of each scene.
func shoot(t *testing.T, address string, all []scene) {
	t.Helper()
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("allow-file-access-from-files", true), chromedp.WSURLReadTimeout(time.Minute))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	defer stop()
	ctx, cancel := chromedp.NewContext(alloc)
	defer cancel()
	defer func() { _ = chromedp.Cancel(ctx) }()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(760, 900), chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`!!document.querySelector(".scene") && document.fonts.status === "loaded"`)); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		png, err := chromedp.Run(ctx, chromedp.ScreenshotScale("#"+s.Name, 1.5))
		if err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		dir := filepath.Join("..", "..", "..", "docs", "pictures")
		if strings.HasPrefix(s.Name, "check-") {
			dir = filepath.Join(os.TempDir(), "bapsang-slack")
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, s.Name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s in %s", s.Name, dir)
	}
}
