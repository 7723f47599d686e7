package blocks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/layout"
	"github.com/bapsang/bapsang/bot/slack/blocks"
)

// board is a platform that shows what Render lays out.
type board struct {
	level blocks.Level

	mu    sync.Mutex
	order map[string][]string // ids by thread
	shown map[string]bot.Message
	keys  map[string]bot.Ref
}

func (b *board) Post(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	if err := ctx.Err(); err != nil {
		return bot.Ref{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	key := thread.ID + " " + msg.Key
	if ref, known := b.keys[key]; known && msg.Key != "" {
		return ref, nil
	}
	id := fmt.Sprintf("%s-%d", thread.ID, len(b.order[thread.ID]))
	b.order[thread.ID], b.shown[id] = append(b.order[thread.ID], id), msg
	b.keys[key] = bot.Ref{Thread: thread, ID: id}
	return b.keys[key], nil
}

func (b *board) Update(ctx context.Context, ref bot.Ref, msg bot.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if msg.Kind != bot.KindProgress || b.shown[ref.ID].Kind == bot.KindProgress {
		b.shown[ref.ID] = msg
	}
	return nil
}

func (b *board) read(t *testing.T, thread bot.Thread) []bottest.Shown {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []bottest.Shown
	for _, id := range b.order[thread.ID] {
		s := bottest.Shown{ID: id}
		msg := b.shown[id]
		for _, l := range pictured(msg, b.level) {
			page := readOut(t, l)
			s.Text += page.text + "\n"
			s.Actions = append(s.Actions, page.actions...)
		}
		if slices.Contains(s.Actions, bot.ActionSQL) {
			view := blocks.SQLModal(msg.SQL, msg.Language)
			s.Text += readOut(t, blocks.Layout{Blocks: view.Blocks.BlockSet}).text
		}
		if b.level == blocks.Text { // there is nothing to press: who reads it writes
			for _, button := range msg.Buttons {
				s.Actions = append(s.Actions, button.Action)
			}
		}
		out = append(out, s)
	}
	return out
}

// page is what people get to see of a layout.
type page struct {
	text    string
	actions []string
	links   []string // where they lead
	marked  []string // texts in Slack's markup
	plain   []string // all others
}

var entities = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

// link is one in Slack's marks.
var link = regexp.MustCompile(`<(https?://[^|<>]*)\|([^<>]*)>`)

// unlink leaves the labels of links, and notes where they lead.
func (p *page) unlink(s string) string {
	return link.ReplaceAllStringFunc(s, func(whole string) string {
		m := link.FindStringSubmatch(whole)
		p.links = append(p.links, strings.ReplaceAll(m[1], "&amp;", "&"))
		return m[2]
	})
}

// strangers are the links of a page that msg does not have.
func strangers(p page, msg bot.Message) []string {
	known := map[string]bool{}
	add := func(links []bot.Link) {
		for _, l := range links {
			known[layout.SourceOf(l).URL] = true
		}
	}
	add(msg.Links)
	for _, s := range msg.Sections {
		for _, l := range s.Lines {
			add(l.Links)
		}
	}
	return slices.DeleteFunc(slices.Clone(p.links), func(l string) bool { return known[l] })
}

func readOut(t testing.TB, l blocks.Layout) page {
	t.Helper()
	p := page{}
	var text strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case object:
			if s, ok := v["text"].(string); ok && v["type"] == "mrkdwn" {
				s = p.unlink(s)
				p.marked = append(p.marked, s)
				text.WriteString(entities.Replace(s) + "\n")
				return
			}
			if v["type"] == "link" {
				p.links = append(p.links, fmt.Sprint(v["url"]))
			}
			if a, ok := blocks.ParseAction(fmt.Sprint(v["action_id"]), fmt.Sprint(v["value"])); ok {
				p.actions = append(p.actions, a.Name)
			}
			for _, name := range []string{"text", "title", "caption", "label", "name", "alt_text", "x_label", "y_label"} {
				if s, ok := v[name].(string); ok {
					p.plain = append(p.plain, s)
					text.WriteString(s)
				}
			}
			for _, name := range []string{"elements", "text", "accessory", "chart", "series", "segments", "data", "axis_config", "rows"} {
				walk(v[name])
			}
			text.WriteByte('\n')
		}
	}
	walk(generic(t, l.Blocks))
	marked := p.unlink(l.Text)
	p.marked = append(p.marked, marked)
	if len(l.Blocks) == 0 { // blocks hide it
		text.WriteString(entities.Replace(marked))
	}
	p.text = text.String()
	return p
}

func TestEveryLevelIsAPlatform(t *testing.T) {
	for name, level := range levels {
		t.Run(name, func(t *testing.T) {
			bottest.TestPoster(t, func(*testing.T) bottest.Harness {
				b := &board{level: level, order: map[string][]string{}, shown: map[string]bot.Message{}, keys: map[string]bot.Ref{}}
				threads := 0
				const why = "what is laid out here is posted by the driver"
				return bottest.Harness{
					Lacks:  map[string]string{"Begin": why, "Direct": why, "Only": why, "Restart": why},
					Poster: b,
					Thread: func(*testing.T) bot.Thread {
						threads++
						return bot.Thread{Platform: "slack", Channel: "C1", ID: fmt.Sprint(threads)}
					},
					Shown: b.read,
				}
			})
		})
	}
}

func TestEveryLayoutIsLegal(t *testing.T) {
	messages := messages()
	random := rand.New(rand.NewPCG(4, 2))
	for i := range 40 {
		messages[fmt.Sprint("random ", i)] = randomMessage(random)
	}
	for name, msg := range messages {
		for at, level := range levels {
			for i, l := range pictured(msg, level) {
				for _, fault := range validate(t, l) {
					t.Errorf("%s at %s, layout %d: %s", name, at, i, fault)
				}
			}
			if t.Failed() {
				return
			}
		}
	}
}

// pieces are what texts of people are made of.
var pieces = []string{
	"매출", "revenue ", "1,234.5", " ", "\n", "\n\n", "*", "**", "`", "_", "~", "<!channel>", "<@U012AB3CD>", "<#C012AB3CD|general>", "&", "<", ">", "&lt;",
	"https://evil.example/x?y=1", "<https://evil.example|click>", ":tada:", "- ", "1. ", "> ", "\u202e", "\x00", "\xff", "👩‍👩‍👧‍👦", "🍚", "\\", "```", "|",
}

func randomText(r *rand.Rand, most int) string {
	var out strings.Builder
	for range r.IntN(most + 1) {
		out.WriteString(pieces[r.IntN(len(pieces))])
	}
	return out.String()
}

func randomMessage(r *rand.Rand) bot.Message {
	kinds := []bot.MessageKind{bot.KindProgress, bot.KindAnswer, bot.KindClarify, bot.KindRefusal, bot.KindFailure, bot.KindNotice}
	actions := []string{bot.ActionAsk, bot.ActionChoose, bot.ActionCSV, bot.ActionCancel, bot.ActionAnalyst, bot.ActionWrong, "of-tomorrow", "<!channel>"}
	long := []int{3, 30, 3000}[r.IntN(3)]
	m := bot.Message{
		Kind: kinds[r.IntN(len(kinds))], Language: []string{"ko", "en"}[r.IntN(2)], Question: randomText(r, 2), Text: randomText(r, long), Number: randomText(r, long),
		Progress: &bot.Progress{Ahead: r.IntN(3), ETA: time.Duration(r.IntN(200)) * time.Second},
		Origin:   &bot.Origin{Analyst: randomText(r, 3), Sources: []string{randomText(r, long)}, Label: randomText(r, 3)},
	}
	for range r.IntN(5) {
		m.Progress.Steps = append(m.Progress.Steps, bot.Step{Text: randomText(r, long), Done: r.IntN(2) == 0})
		m.Charts = append(m.Charts, randomChart(r))
		m.Readings = append(m.Readings, bot.Reading{Term: randomText(r, 3), Meaning: randomText(r, long)})
		m.SQL = append(m.SQL, bot.SQL{Result: "r1", Text: randomText(r, long)})
	}
	for range r.IntN(40) {
		m.Buttons = append(m.Buttons, bot.Button{Action: actions[r.IntN(len(actions))], Label: randomText(r, long/10+3), Value: randomText(r, long), Prompt: randomText(r, 3)})
		m.Suggestions = append(m.Suggestions, randomText(r, long/10+3))
	}
	for range r.IntN(4) {
		t := bot.Table{Result: randomText(r, 2), Title: randomText(r, long/10+3), Total: r.IntN(300)}
		for i := range r.IntN(25) {
			t.Columns = append(t.Columns, bot.TableColumn{Label: randomText(r, 2), Numeric: i%2 == 1})
		}
		for range r.IntN(120) {
			var row []string
			for range r.IntN(25) {
				row = append(row, randomText(r, 3))
			}
			t.Rows = append(t.Rows, row)
		}
		m.Tables = append(m.Tables, t)
	}
	m.Links = randomLinks(r)
	for range r.IntN(4) {
		s := bot.Section{Title: randomText(r, 4)}
		for range r.IntN(12) {
			l := bot.Line{Mark: []bot.Mark{"", bot.MarkSure, bot.MarkTask, "<!here>"}[r.IntN(4)], When: randomText(r, 3), Text: randomText(r, long/10+3), Detail: randomText(r, long/5), Links: randomLinks(r)}
			if r.IntN(6) == 0 {
				c := randomChart(r)
				l.Chart = &c
			}
			s.Lines = append(s.Lines, l)
		}
		m.Sections = append(m.Sections, s)
	}
	return m
}

func randomLinks(r *rand.Rand) []bot.Link {
	var out []bot.Link
	for range r.IntN(5) * r.IntN(8) {
		out = append(out, bot.Link{Title: randomText(r, 20), URL: []string{"https://a.example/", "http://b.example/?x=", "", "ftp://"}[r.IntN(4)] + randomText(r, 100)})
	}
	return out
}

func randomChart(r *rand.Rand) bot.Chart {
	kinds := []string{"line", "area", "bar", "hbar", "grouped_bar", "stacked_bar", "donut", "scatter", "heatmap", "number", "waterfall", "<!channel>"}
	formats := []string{"", "krw", "usd", "percent", "count:건", "chf", "date", "seconds", "<!here>"}
	s := map[string]any{
		"kind": kinds[r.IntN(len(kinds))], "language": []string{"ko", "en"}[r.IntN(2)], "title": randomText(r, 6), "y_format": formats[r.IntN(len(formats))],
		"y_label": randomText(r, 6), "x_label": randomText(r, 20), "subtitle": randomText(r, 9), "note": randomText(r, 3),
	}
	n := r.IntN(25)
	var names []string
	for i := range n {
		names = append(names, randomText(r, 6)+fmt.Sprint(i))
	}
	s["categories"] = names
	if r.IntN(3) == 0 {
		var times []time.Time
		for i := range n {
			times = append(times, time.Date(2025, time.Month(11+i), 1, 0, 0, 0, 0, time.UTC))
		}
		s["x_kind"], s["grain"], s["times"] = "time", "month", times
	}
	var all []any
	for i := range 1 + r.IntN(3)*r.IntN(4) {
		values := make([]*float64, n)
		for j := range values {
			if v := r.NormFloat64()*1e9 + 1e9; r.IntN(50) > 0 {
				values[j] = &v
			}
		}
		all = append(all, map[string]any{"name": fmt.Sprint(randomText(r, 3), i), "values": values})
	}
	s["series"] = all
	data, _ := json.Marshal(s)
	return bot.Chart{Title: randomText(r, 4), Alt: randomText(r, 40), Spec: data}
}

func FuzzRender(f *testing.F) {
	f.Add(uint8(0), "text")
	f.Add(uint8(1), bottest.Markdown)
	f.Add(uint8(2), bottest.Attack)
	f.Add(uint8(3), venom)
	f.Fuzz(func(t *testing.T, kind uint8, text string) {
		kinds := []bot.MessageKind{bot.KindAnswer, bot.KindProgress, bot.KindRefusal, bot.KindFailure}
		msg := everywhere(kinds[int(kind)%len(kinds)], text)
		for at, level := range levels {
			for i, l := range pictured(msg, level) {
				for _, fault := range validate(t, l) {
					t.Errorf("at %s, layout %d: %s", at, i, fault)
				}
				for _, fault := range live(readOut(t, l)) {
					t.Errorf("at %s, layout %d: %s", at, i, fault)
				}
			}
		}
	})
}

var (
	// alive is what Slack would act upon in its markup: control sequences, addresses,
	// entities of ours apart, and what turns the text round.
	alive = regexp.MustCompile(`[<>]|&(?:[^agl]|$)|[A-Za-z]+://|[0-9A-Za-z]\.[a-z]|:[a-z0-9_+-]+:`)
	// unseen are characters that do something without being seen.
	unseen = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
	// anywhere is what must not stand in any text, whatever it is taken for.
	anywhere = regexp.MustCompile(`<[!@#]|<https?:`)
)

func live(p page) []string {
	var out []string
	for _, s := range p.marked {
		if m := alive.FindString(outsideCode(s)); m != "" {
			out = append(out, fmt.Sprintf("%q is alive in %.200q", m, s))
		}
	}
	for _, s := range append(p.plain, p.marked...) {
		if m := unseen.FindString(s); m != "" {
			out = append(out, fmt.Sprintf("%q in %.200q", m, s))
		}
		if m := anywhere.FindString(s); m != "" {
			out = append(out, fmt.Sprintf("%q in %.200q", m, s))
		}
	}
	return out
}

// fence is a block of a fixed pitch, in which Slack makes no links.
var fence = regexp.MustCompile("(?s)```\n.*?\n```")

// outsideCode is s with nothing of its fenced blocks but what Slack acts upon there, too.
func outsideCode(s string) string {
	return fence.ReplaceAllStringFunc(s, func(code string) string {
		return strings.Join(regexp.MustCompile(`[<>]`).FindAllString(code, -1), "")
	})
}

// venom is a text that would do every harm that a text in Slack can do.
const venom = "<!channel> <!here> <@U012AB3CD> <#C012AB3CD> <!subteam^S1> <https://evil.example|click> https://evil.example/a www.evil.example " +
	"a@evil.example *bold* _italic_ ~gone~ `code` :tada: \u202egnp.exe\u202c &lt;!channel&gt; @channel"

// An escape must not hide what the text says once it is gone.
func TestEscapesHideNoMention(t *testing.T) {
	msg := bot.Message{Kind: bot.KindAnswer, Language: "en", Text: `<\!channel> <\@U012AB3CD> <https\://evil.example|x> **<\!here>**`}
	for level := blocks.Native; level <= blocks.Text; level++ {
		data, err := json.Marshal(blocks.Render(msg, level, blocks.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		shown := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(data))
		if m := regexp.MustCompile(`<(!|@|https:/)`).FindString(shown); m != "" {
			t.Errorf("at level %d there is %q in %s", level, m, shown)
		}
	}
}

// TestLongTextsAreSplit holds texts of all lengths around the limits: whole, in order,
// each part legal.
func TestLongTextsAreSplit(t *testing.T) {
	word := regexp.MustCompile(`w\d+`)
	for _, n := range []int{1, 400, 499, 500, 501, 1700, 2600} {
		var text strings.Builder
		var want []string
		for i := range n {
			w := fmt.Sprintf("w%05d", i)
			want = append(want, w)
			text.WriteString(w)
			switch {
			case i%97 == 96:
				text.WriteString("\n\n- ")
			case n%2 == 1 && i%10 == 9:
				text.WriteString(" **<&>** ")
			default:
				text.WriteByte(' ')
			}
		}
		msg := bot.Message{Kind: bot.KindAnswer, Language: "en", Text: text.String()}
		for at, level := range levels {
			read := ""
			for _, l := range pictured(msg, level) {
				for _, fault := range validate(t, l) {
					t.Errorf("%d words at %s: %s", n, at, fault)
				}
				read += readOut(t, l).text + " "
			}
			if got := word.FindAllString(read, -1); !slices.Equal(got, want) {
				t.Errorf("of %d words, %d are read at %s", n, len(got), at)
			}
		}
	}
}

// TestProgressKeepsItsButtons holds that the stop button is there once, whatever else is.
func TestProgressKeepsItsButtons(t *testing.T) {
	stop := bot.Button{Action: bot.ActionCancel, Label: "중지"}
	others := []bot.Button{{Action: bot.ActionAsk, Label: "a", Value: "a"}, {Action: bot.ActionNotify, Label: "b"}, {Action: bot.ActionGood, Label: "c"}}
	for n := range len(others) + 1 {
		msg := bot.Message{Kind: bot.KindProgress, Language: "ko", Text: "x", Suggestions: []string{"y"}, Buttons: append([]bot.Button{stop}, others[:n]...)}
		for _, level := range []blocks.Level{blocks.Native, blocks.Pictures, blocks.Sections} {
			got := readOut(t, blocks.Render(msg, level, blocks.Options{})[0]).actions
			slices.Sort(got)
			want := []string{bot.ActionAsk} // the suggestion
			for _, b := range msg.Buttons {
				want = append(want, b.Action)
			}
			if slices.Sort(want); !slices.Equal(got, want) {
				t.Errorf("with %d buttons, %v can be pressed at %v, want %v", n+1, got, level, want)
			}
		}
	}
}

// TestNothingButEntities holds that texts which grow when Slack escapes them fit, wherever
// they stand.
func TestNothingButEntities(t *testing.T) {
	for _, n := range []int{1, 19, 20, 75, 150, 200, 1000, 5000} {
		text := strings.Repeat("&", n)
		msg := everywhere(bot.KindAnswer, text)
		for range 20 {
			msg.Tables[0].Columns = append(msg.Tables[0].Columns, bot.TableColumn{Label: text})
			msg.Tables[0].Rows[0] = append(msg.Tables[0].Rows[0], text)
		}
		for range 40 {
			msg.Buttons = append(msg.Buttons, bot.Button{Action: bot.ActionNotify, Label: text})
		}
		var names []string
		for i := range 20 {
			names = append(names, text[:min(n, 17)]+fmt.Sprint(i))
		}
		msg.Charts[1].Spec, _ = json.Marshal(map[string]any{
			"kind": "bar", "title": "x", "categories": names, "series": []any{map[string]any{"name": "n", "values": slices.Repeat([]float64{1}, 20)}},
		})
		for at, level := range levels {
			for i, l := range pictured(msg, level) {
				for _, fault := range validate(t, l) {
					t.Errorf("%d at %s, layout %d: %s", n, at, i, fault)
				}
				if len(l.Blocks) == 0 && level != blocks.Text {
					t.Errorf("%d at %s, layout %d is of nothing", n, at, i)
				}
			}
		}
	}
}

func TestWhatANotificationSays(t *testing.T) {
	chart := bot.Chart{Title: "지역별 매출", Alt: "경기도가 가장 큽니다"}
	table := bot.Table{Title: "채널별", Columns: []bot.TableColumn{{Label: "a"}}, Rows: [][]string{{"1"}}}
	for want, msg := range map[string]bot.Message{
		"매출은 12억입니다. • 하나":    {Text: "매출은 **12억**입니다.\n- 하나", Charts: []bot.Chart{chart}},
		"지역별 매출: 경기도가 가장 큽니다": {Charts: []bot.Chart{chart}, Tables: []bot.Table{table}},
		"채널별":            {Tables: []bot.Table{table}},
		"보여 드릴 내용이 없어요.": {},
	} {
		msg.Kind, msg.Language = bot.KindAnswer, "ko"
		for _, level := range []blocks.Level{blocks.Native, blocks.Pictures, blocks.Sections} {
			got := strings.Join(strings.Fields(strings.ReplaceAll(blocks.Render(msg, level, blocks.Options{})[0].Text, "\u2060", "")), " ")
			if got != want {
				t.Errorf("a notification says %q, want %q", got, want)
			}
		}
	}
}

func TestTextsAtTheLimit(t *testing.T) {
	for pad := range 20 {
		msg := bot.Message{Kind: bot.KindAnswer, Language: "en", Text: strings.Repeat("a", 1495) + "\n" + strings.Repeat("b", 1490+pad)}
		for at, level := range levels {
			for _, l := range pictured(msg, level) {
				for _, fault := range validate(t, l) {
					t.Errorf("%d characters at %s: %s", len(msg.Text), at, fault)
				}
			}
		}
	}
}

func TestWaitingStepsTellUntilWhen(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 31, 0, 0, time.UTC)
	seoul := time.FixedZone("KST", 9*60*60)
	msg := bot.Message{Kind: bot.KindProgress, Language: "ko", Text: "x", Progress: &bot.Progress{Steps: []bot.Step{
		{Text: "모델 차례를 기다려요", At: at, Until: at.Add(4 * time.Minute)}, {Text: "끝난 것", At: at, Until: at.Add(time.Hour), Done: true},
	}}}
	for at, level := range levels {
		text := readOut(t, blocks.Render(msg, level, blocks.Options{Location: seoul})[0]).text
		if text = strings.ReplaceAll(text, "\u2060", ""); !strings.Contains(text, "▸ 모델 차례를 기다려요 · 10:35까지") || strings.Contains(text, "11:31") {
			t.Errorf("at %s: %s", at, text)
		}
	}
}

func TestNothingOfOthersIsAlive(t *testing.T) {
	all := messages()
	for kind, msg := range map[string]bot.Message{
		"answer": poisoned(bot.KindAnswer), "progress": poisoned(bot.KindProgress), "refusal": poisoned(bot.KindRefusal), "failure": poisoned(bot.KindFailure),
	} {
		all["poisoned-"+kind] = msg
	}
	for name, msg := range all {
		for at, level := range levels {
			for i, l := range pictured(msg, level) {
				p := readOut(t, l)
				for _, fault := range live(p) {
					t.Errorf("%s at %s, layout %d: %s", name, at, i, fault)
				}
				if odd := strangers(p, msg); len(odd) > 0 {
					t.Errorf("%s at %s, layout %d leads to %q", name, at, i, odd)
				}
				for _, s := range p.marked {
					for _, mark := range []string{"_italic_", "~gone~", ":tada:"} {
						if strings.Contains(outsideCode(s), mark) {
							t.Errorf("%s at %s: %q is alive in %q", name, at, mark, s)
						}
					}
				}
			}
		}
	}
}

// poisoned has venom in every text that comes from data, people or models.
func poisoned(kind bot.MessageKind) bot.Message { return everywhere(kind, venom) }

// everywhere has text, alone and among other things, wherever one may stand.
func everywhere(kind bot.MessageKind, text string) bot.Message {
	spec, _ := json.Marshal(map[string]any{
		"kind": "bar", "language": "en", "title": text, "subtitle": text, "note": text, "y_label": text, "x_label": text, "y_format": "count:" + text,
		"categories": []string{"<!here>", "b" + text}, "series": []any{map[string]any{"name": text, "values": []float64{1, 2}}},
	})
	table := bot.Table{
		Result: "r1", Title: text, Columns: []bot.TableColumn{{Label: text}, {Label: "<!here>", Numeric: true}}, Rows: [][]string{{text, "1"}, {"2", text}}, Total: 9,
	}
	small := bot.Table{Columns: []bot.TableColumn{{Label: "<!here>"}}, Rows: [][]string{{"```<!channel>```"}, {"www.evil.example"}, {text}}}
	return bot.Message{
		Kind: kind, Language: "en", Question: "q-1", Text: text + "\n- " + text + "\n**" + text + "**\n> " + text, Number: text,
		Progress: &bot.Progress{Steps: []bot.Step{{Text: text, Done: true}, {Text: "<!here>"}}},
		Charts:   []bot.Chart{{Title: text, Alt: text, Spec: spec}, {Title: text, Alt: text}},
		Links:    []bot.Link{{Title: text, URL: text}, {Title: text, URL: "https://good.example"}},
		Sections: []bot.Section{{Title: text, Lines: []bot.Line{{
			When: text, Text: text + " [1] [2]", Detail: text, Chart: &bot.Chart{Title: text, Alt: text, Spec: spec}, Links: []bot.Link{{Title: text, URL: "https://good.example"}},
		}}}},
		Tables:      []bot.Table{table, small},
		Readings:    []bot.Reading{{Term: text, Meaning: text}},
		SQL:         []bot.SQL{{Result: text, Source: text, Text: "SELECT '" + "<!channel>" + "'"}},
		Origin:      &bot.Origin{Analyst: text, Sources: []string{text}, Label: text},
		Suggestions: []string{text, "<!here>"},
		Buttons: []bot.Button{
			{Action: bot.ActionChoose, Label: text, Value: text}, {Action: bot.ActionCSV, Label: "<!here>", Value: "r1"},
			{Action: bot.ActionAnalyst, Label: text, Value: "x"}, {Action: text, Label: text},
		},
	}
}
