package cards_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/layout"
	"github.com/bapsang/bapsang/bot/teams/cards"
)

var pictures = flag.Bool("pictures", false, "draw the pictures of the docs into docs/pictures")

// scene is a piece of conversation.
type scene struct {
	Name     string `json:"name"`
	Theme    string `json:"theme"`
	Bowl     string `json:"bowl"`
	Messages []said `json:"messages"`
}

type said struct {
	Bot    bool            `json:"bot"`
	Time   string          `json:"time"`
	Label  string          `json:"label,omitempty"`
	Text   string          `json:"text,omitempty"`
	Card   json.RawMessage `json:"card,omitempty"`
	Thumbs bool            `json:"thumbs,omitempty"`
	Press  []string        `json:"press,omitempty"` // buttons that are pressed before the picture is taken
}

const bowl = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="6" fill="#b5482a"/>` +
	`<path d="M9 17c.8-4 4.500-6 9-6s8.200 2 9 6z" fill="#fff"/><path d="M6 17.500h24c0 6-3 9-7 10.500v1.500H13V28c-4-1.500-7-4.500-7-10.500z" fill="#ffe3d3"/></svg>`

func asked(text string) said { return said{Text: text} }

// answered is what we show. The renderer draws no charts: their pictures stand in for them.
func answered(t *testing.T, msg bot.Message, opts cards.Options, press ...string) said {
	t.Helper()
	return onGround(t, false, msg, opts, press...)
}

// onGround draws the pictures on a ground: Teams draws charts on that of its theme.
func onGround(t *testing.T, dark bool, msg bot.Message, opts cards.Options, press ...string) said {
	t.Helper()
	opts.Pictures = map[int][]byte{}
	for _, i := range cards.WantsPicture(msg) {
		var spec chart.Spec
		if err := json.Unmarshal(cards.PictureSpec(layout.Charts(msg)[i]), &spec); err != nil {
			t.Fatal(err)
		}
		png, err := chart.Render(t.Context(), spec, chart.Options{Width: 680, Height: 340, Scale: 1.5, Dark: dark})
		if err != nil {
			t.Fatal(err)
		}
		opts.Pictures[i] = png
	}
	return shown(cards.Render(msg, opts), press...)
}

func shown(l cards.Layout, press ...string) said {
	return said{Bot: true, Time: "10:32", Text: l.Text, Card: l.Card, Thumbs: l.Feedback, Press: press}
}

func scenes(t *testing.T) []scene {
	t.Helper()
	m := bottest.Messages()
	written := bottest.Messages()["answer-ko"]
	written.Origin.Label, written.Origin.Model = "모델이 작성", true
	byModel := onGround(t, true, written, cards.Options{Feedback: true})
	byModel.Label = "AI 생성"
	simply := func(names ...string) []said {
		var out []said
		for _, name := range names {
			out = append(out, answered(t, m[name], cards.Options{}))
		}
		return out
	}
	home := func(language string, prompts ...string) said { return shown(cards.Home(language, prompts)) }
	return []scene{
		{"teams-answer-ko", "light", bowl, []said{asked("지난달 지역별 매출 보여줘"), answered(t, m["answer-ko"], cards.Options{})}},
		{"teams-answer-en", "light", bowl, []said{asked("revenue by channel, last 8 weeks"), answered(t, m["answer-en"], cards.Options{})}},
		{"teams-answer-dark", "dark", bowl, []said{asked("지난달 지역별 매출 보여줘"), byModel}},
		{"teams-progress", "light", bowl, simply("waiting-ko", "progress-ko", "limit-ko", "limit-en")},
		{"teams-clarify", "light", bowl, simply("clarify-ko", "clarify-en")},
		{"teams-refusal", "light", bowl, simply("refusal-ko", "failure-ko", "refusal-en", "failure-en")},
		{"teams-digest-ko", "light", bowl, []said{answered(t, digestKo(), cards.Options{})}},
		{"teams-digest-en", "light", bowl, []said{answered(t, digestEn(), cards.Options{})}},
		{"teams-form-ko", "light", bowl, []said{shown(forms(t)["form-ko"])}},
		{"teams-form-en", "light", bowl, []said{shown(forms(t)["form-en"])}},
		{"teams-home", "light", bowl, []said{home("ko", "지난달 지역별 매출", "최근 8주 매출 추이", "재구매율이 가장 높은 상품 10개"), home("en", "revenue by region last month", "revenue by week, last 8 weeks")}},
		{"check-sql", "light", bowl, []said{answered(t, m["several"], cards.Options{}, "SQL", "틀렸어요")}},
		{"check-sql-dark", "dark", bowl, []said{onGround(t, true, m["answer-en"], cards.Options{}, "SQL", "It's wrong")}},
		{"check-direct", "light", bowl, []said{answered(t, m["direct-ko"], cards.Options{})}},
		{"check-markdown", "light", bowl, simply("markdown", "long-text", "empty", "notice-ko", "notice-plain")},
		{"check-long-table", "light", bowl, []said{answered(t, m["long-table"], cards.Options{}, "열 9개 더 보기")}},
		{"check-hostile", "light", bowl, simply("hostile")},
		{"check-share", "light", bowl, []said{shown(cards.Share(cards.Pressed{Language: "ko", Action: bot.Action{Question: "q"}}, []cards.Place{{ID: "19:x", Name: "마케팅 · 일반"}})),
			shown(cards.SQL(m["several"].SQL, "ko"))}},
		{"check-digest-dark", "dark", bowl, []said{onGround(t, true, digestKo(), cards.Options{})}},
		{"check-digest-long", "light", bowl, []said{answered(t, longDigest(60), cards.Options{Limit: 20_000})}},
		{"check-digest-hostile", "light", bowl, []said{answered(t, digests()["digest-hostile"], cards.Options{})}},
		{"check-form-faults", "light", bowl, []said{shown(forms(t)["form-faults-ko"])}},
		{"check-rows", "light", bowl, []said{shown(cards.Rows("bapsang-r1.csv", "https://bapsang.example/x", 10, "ko"))}},
		{"check-progress-dark", "dark", bowl, simply("waiting-ko", "progress-ko", "clarify-ko", "refusal-en")},
	}
}

// TestPictures draws what the documentation shows. What is named check-… is for whoever
// changes a layout to look at.
func TestPictures(t *testing.T) {
	if !*pictures {
		t.Skip("draws only with -pictures")
	}
	file := func(parts ...string) string {
		path, err := filepath.Abs(filepath.Join(parts...))
		if err != nil {
			t.Fatal(err)
		}
		return "file://" + filepath.ToSlash(path)
	}
	library := filepath.Join(needPeers(t), "node_modules", "adaptivecards", "dist", "adaptivecards.js")
	all := scenes(t)
	html := `<!doctype html><meta charset="utf-8"><style>@font-face { font-family: Pretendard; src: url("` +
		file("..", "..", "web", "static", "pretendard-1.3.9.woff2") + `"); font-weight: 100 900 }</style>
<link rel="stylesheet" href="` + file("testdata", "pictures", "page.css") + `"><body><script src="` + file(library) + `"></script>
<script>window.scenes = ` + strings.ReplaceAll(string(marshal(t, all)), "</", `<\/`) + `</script><script src="` + file("testdata", "pictures", "page.js") + `"></script>`
	page := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(page, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	shoot(t, file(page), all)
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
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(800, 900), chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`!!document.querySelector(".scene:last-of-type .row") && document.fonts.status === "loaded"`)); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		png, err := chromedp.Run(ctx, chromedp.ScreenshotScale("#"+s.Name, 1.5))
		if err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		dir := filepath.Join("..", "..", "..", "docs", "pictures")
		if strings.HasPrefix(s.Name, "check-") {
			dir = filepath.Join(os.TempDir(), "bapsang-teams")
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
