package cards_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/agent/chart"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/slack/blocks"
	"github.com/bapsang/bapsang/bot/teams/cards"
)

// board is a platform that shows what Render lays out.
type board struct {
	way string

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
		msg := b.shown[id]
		l := cards.Render(msg, ways(t, msg)[b.way])
		p := readOut(t, l)
		if l.Feedback { // Teams' own 👍 and 👎 stand below it
			p.actions = append(p.actions, bot.ActionGood, bot.ActionBad)
		}
		out = append(out, bottest.Shown{ID: id, Text: p.text, Actions: p.actions})
	}
	return out
}

func TestEveryWayIsAPlatform(t *testing.T) {
	for _, way := range []string{"channel", "personal", "bare"} {
		t.Run(way, func(t *testing.T) {
			bottest.TestPoster(t, func(*testing.T) bottest.Harness {
				b := &board{way: way, order: map[string][]string{}, shown: map[string]bot.Message{}, keys: map[string]bot.Ref{}}
				threads := 0
				const why = "what is laid out here is posted by the driver"
				return bottest.Harness{
					Poster: b,
					Thread: func(*testing.T) bot.Thread {
						threads++
						return bot.Thread{Platform: "board", ID: fmt.Sprint(threads)}
					},
					Shown: b.read,
					Lacks: map[string]string{"Begin": why, "Direct": why, "Only": why, "Restart": why},
				}
			})
		})
	}
}

// page is what people get to see of a layout.
type page struct {
	text    string
	actions []string
	runs    []string // texts in which Teams gives nothing a meaning
	markup  []string // Markdown
}

var entitiesOf = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

func readOut(t testing.TB, l cards.Layout) page {
	t.Helper()
	p := page{}
	var text strings.Builder
	say := func(s string) {
		p.runs = append(p.runs, s)
		text.WriteString(s)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case string: // an inline
			say(v)
		case object:
			if data, err := json.Marshal(v["data"]); err == nil {
				if a, ok := cards.ParseAction(data); ok {
					p.actions = append(p.actions, a.Name)
				}
			}
			if v["type"] == "Action.OpenUrl" {
				p.actions = append(p.actions, bot.ActionCSV)
			}
			for _, name := range []string{"text", "title", "label", "altText", "xAxisTitle", "yAxisTitle", "legend", "x", "tooltip", "errorMessage"} {
				if s, ok := v[name].(string); ok {
					say(s)
				}
			}
			for _, name := range []string{"body", "items", "inlines", "rows", "cells", "columns", "data", "values", "choices", "actions", "card", "fallback"} {
				if _, isData := v["data"].(object); name == "data" && isData {
					continue // of a press
				}
				walk(v[name])
			}
			text.WriteByte('\n')
		}
	}
	if l.Text != "" {
		p.markup = append(p.markup, l.Text)
		text.WriteString(entitiesOf.Replace(l.Text) + "\n")
	}
	walk(cardOf(t, l))
	p.text = text.String()
	return p
}

// venom is what would do something on Teams if it were not made harmless.
const venom = " [x](https://evil.example/a) <at>General</at> {{DATE(2026-01-01T00:00:00Z,SHORT)}} https://evil.example/?q=1 www.evil.example a@evil.example **b** _i_ `c` ~~s~~ | a | b |\n|---|---|\n# h\n> q\n1. one\n- item\n[r]: https://evil.example \u202eevil\u202c \x00\x1b[31m \U000e0041 "

// anywhere is what must stand nowhere that Teams shows.
var anywhere = regexp.MustCompile(`:/|www\.\w|[a-z]\.\w|[a-z0-9]\.[a-z]|[a-z]@[a-z]|\{\{|<at>|[\x00-\x08\x0b-\x1f\x7f\x{202a}-\x{202e}\x{2066}-\x{2069}\x{e0000}-\x{e007f}]`)

// inMarkdown is what must not stand in Markdown that is not ours.
var inMarkdown = regexp.MustCompile("\\]\\(|\\]:|\\]\\[|<|`|~~|__|(?m)^[ \t]*(?:#|>|\\||-{2}|=|\\+ |-{3})|\\\\[!-/:-@\\[-`{-~]")

func faultsOf(p page) []string {
	var out []string
	for _, s := range append(slices.Clone(p.runs), p.markup...) {
		if m := anywhere.FindString(s); m != "" {
			out = append(out, fmt.Sprintf("%q in %.200q", m, s))
		}
	}
	for _, s := range p.markup {
		if m := inMarkdown.FindString(s); m != "" {
			out = append(out, fmt.Sprintf("%q in the Markdown %.200q", m, s))
		}
	}
	return out
}

func TestNothingOfOthersTakesEffect(t *testing.T) {
	hostile := []bot.Message{bottest.Hostile(), poisoned(bottest.Hostile(), venom), poisoned(bottest.Messages()["several"], venom), poisoned(bottest.Messages()["limit-ko"], venom),
		{Kind: bot.KindNotice, Language: "en", Text: venom}, {Kind: bot.KindNotice, Language: "ko", Text: bottest.Attack + venom}}
	for _, msg := range hostile {
		for way, opts := range ways(t, msg) {
			// SQL is to be copied: it stands as it is, but for functions of cards.
			msg.SQL = nil
			for _, fault := range faultsOf(readOut(t, cards.Render(msg, opts))) {
				t.Errorf("%s %s: %s", msg.Kind, way, fault)
			}
		}
		for _, s := range []string{cards.StreamText(msg), cards.Informative(msg)} {
			for _, fault := range faultsOf(page{markup: []string{s}}) {
				t.Errorf("%s streamed: %s", msg.Kind, fault)
			}
		}
	}
	for _, l := range []cards.Layout{
		cards.Home("en", []string{venom}), cards.Share(cards.Pressed{}, []cards.Place{{ID: "19:x", Name: venom}}),
		cards.SQL([]bot.SQL{{Title: venom, Source: venom, Text: "SELECT 1"}, {Result: venom, Text: "SELECT 2"}}, "ko"),
	} {
		for _, fault := range faultsOf(readOut(t, l)) {
			t.Error(fault)
		}
	}
}

// poisoned is msg with poison at the end of every text.
func poisoned(msg bot.Message, poison string) bot.Message {
	data, err := json.Marshal(msg)
	if err != nil {
		panic(err) // it is one of ours
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		panic(err)
	}
	keep := map[string]bool{"kind": true, "language": true, "action": true, "at": true, "as_of": true, "until": true, "x_kind": true, "y_format": true, "grain": true, "times": true}
	var walk func(v any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case string:
			return v + poison
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case map[string]any:
			for k := range v {
				if !keep[k] {
					v[k] = walk(v[k])
				}
			}
		}
		return v
	}
	if data, err = json.Marshal(walk(v)); err != nil {
		panic(err)
	}
	var out bot.Message
	if err := json.Unmarshal(data, &out); err != nil {
		panic(err)
	}
	return out
}

func TestSQLStandsAsItIs(t *testing.T) {
	statement := "SELECT count(*) * 2, \"a.b\", 'https://x.example' <@ b\nFROM t\n\tWHERE x < 3 AND y > 4 & 1 -- [x](y) _z_"
	msg := bot.Message{Kind: bot.KindAnswer, Language: "en", Text: "x", SQL: []bot.SQL{{Result: "r1", Source: "shop", Text: statement}}}
	for name, l := range map[string]cards.Layout{"in the answer": cards.Render(msg, cards.Options{}), "alone": cards.SQL(msg.SQL, "en")} {
		found := false
		for _, e := range elementsOf(t, l) {
			found = found || inlinesOf(e) == statement
		}
		if !found {
			t.Errorf("%s: %s", name, l.Card)
		}
	}
	for _, e := range elementsOf(t, cards.Render(msg, cards.Options{})) {
		if strings.HasPrefix(fmt.Sprint(e["id"]), "sql") && e["isVisible"] != false {
			t.Error("SQL is shown before anybody asks")
		}
	}
	msg.SQL[0].Text = strings.Repeat("SELECT 1;\n", 3000)
	l := cards.Render(msg, cards.Options{})
	if p := readOut(t, l); !slices.Contains(p.actions, bot.ActionSQL) || strings.Contains(p.text, "SELECT") {
		t.Errorf("SQL of 30,000 letters is shown in the answer, or cannot be asked for: %v", p.actions)
	}
	for name, all := range map[string][]bot.SQL{"none": nil, "empty": {{}}, "huge": {{Text: strings.Repeat("SELECT\n", 100_000)}}, "many": make([]bot.SQL, 300)} {
		for _, fault := range validate(t, cards.SQL(all, "ko"), 80_000) {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

func TestManyReadingsAreAPressAway(t *testing.T) {
	msg := bottest.Messages()["answer-en"]
	for i := range 6 {
		msg.Readings = append(msg.Readings, bot.Reading{Term: fmt.Sprint("term ", i), Meaning: fmt.Sprint("meaning ", i)})
	}
	l := cards.Render(msg, cards.Options{})
	atOnce, hidden := "", ""
	for _, e := range elementsOf(t, l) {
		switch text := inlinesOf(e); {
		case strings.HasPrefix(text, "How I read this"):
			atOnce = text
		case e["isVisible"] == false && strings.HasPrefix(fmt.Sprint(e["id"]), "readings"):
			hidden = string(marshal(t, e))
		}
	}
	if !strings.Contains(atOnce, "term 1 = meaning 1 · …") || strings.Contains(atOnce, "term 2") {
		t.Errorf("at once it is said: %q", atOnce)
	}
	for i := range 6 {
		if !strings.Contains(hidden, fmt.Sprintf("term %d = meaning %d", i, i)) {
			t.Errorf("reading %d is not among those a press away: %s", i, hidden)
		}
	}
	titles := ""
	for _, a := range list(cardOf(t, l)["actions"]) {
		titles += fmt.Sprint(a.(object)["title"], a.(object)["mode"], "; ")
	}
	if want := "SQL<nil>; How I read this<nil>; CSV<nil>; 👍<nil>; 👎<nil>; It's wrong<nil>; "; titles != want {
		t.Errorf("there can be pressed %s, want %s", titles, want)
	}
}

func TestATextAloneNeedsNoCard(t *testing.T) {
	for _, name := range []string{"long-text", "markdown"} {
		msg := bottest.Messages()[name]
		if l := cards.Render(msg, cards.Options{Streamed: true}); l.Card != nil || l.Text == "" {
			t.Errorf("%s: below a streamed text stands %s", name, l.Card)
		}
		if l := cards.Render(msg, cards.Options{}); l.Card == nil || l.Text != "" {
			t.Errorf("%s: it is shown as %q and %s", name, l.Text, l.Card)
		}
	}
}

func TestToolsThatAreTooMany(t *testing.T) {
	modes := func(msg bot.Message, opts cards.Options) (primary, secondary []string) {
		for _, v := range list(cardOf(t, cards.Render(msg, opts))["actions"]) {
			if a := v.(object); a["mode"] == "secondary" {
				secondary = append(secondary, fmt.Sprint(a["title"]))
			} else {
				primary = append(primary, fmt.Sprint(a["title"]))
			}
		}
		return primary, secondary
	}
	primary, secondary := modes(bottest.Messages()["direct-ko"], cards.Options{})
	if want := []string{"SQL", "CSV", "더 깊이", "👍", "👎", "틀렸어요"}; !slices.Equal(primary, want) || !slices.Equal(secondary, []string{"채널에 공유"}) {
		t.Errorf("in the row: %q, behind it: %q", primary, secondary)
	}
	if primary, secondary = modes(bottest.Messages()["direct-ko"], cards.Options{Feedback: true}); len(primary) != 5 || secondary != nil {
		t.Errorf("with Teams' own thumbs, in the row: %q, behind it: %q", primary, secondary)
	}
	var many []bot.Button
	for i := range 40 {
		many = append(many, bot.Button{Action: "tool", Label: fmt.Sprint("tool ", i)})
	}
	if primary, secondary = modes(bot.Message{Text: "x", Buttons: many}, cards.Options{}); len(primary) != 6 || len(secondary) != 34 {
		t.Errorf("of 40 tools %d are in the row and %d behind it", len(primary), len(secondary))
	}
}

func TestCSVIsALinkWhereThereIsOne(t *testing.T) {
	msg := bottest.Messages()["several"]
	l := cards.Render(msg, cards.Options{CSV: map[string]string{"r1": "https://bapsang.example/csv?q=1&r=r1", "r2": "javascript:alert(1)"}})
	kinds := map[string]string{}
	for _, v := range list(cardOf(t, l)["actions"]) {
		a := v.(object)
		kinds[fmt.Sprint(a["title"])] = fmt.Sprint(a["type"], " ", a["url"])
	}
	if kinds["CSV r1"] != "Action.OpenUrl https://bapsang.example/csv?q=1&r=r1" || kinds["CSV r2"] != "Action.Submit <nil>" {
		t.Errorf("the rows are had by %v", kinds)
	}
}

func TestWhatDoesNotFitIsSaid(t *testing.T) {
	msg := bottest.Messages()["several"]
	msg.Charts = append(msg.Charts, msg.Charts...)
	msg.Text = strings.Repeat("매출은 지역과 채널에 따라 다르게 움직였습니다. ", 200)
	roomy := ways(t, msg)["channel"]
	roomy.Limit = 1 << 30
	whole := 2 * units(string(cards.Render(msg, roomy).Card))
	seen := map[string]int{}
	last := 2 * whole
	for limit := 2 * whole; limit > 1000; limit = limit * 9 / 10 {
		opts := ways(t, msg)["channel"]
		opts.Limit = limit
		l := cards.Render(msg, opts)
		for _, fault := range validate(t, l, limit) {
			t.Errorf("at %d: %s", limit, fault)
		}
		p := readOut(t, l)
		has := map[string]bool{
			"picture": strings.Contains(string(l.Card), `"Image"`), "chart": strings.Contains(string(l.Card), `"Chart.`), "sql": strings.Contains(p.text, "GROUP BY"),
			"rows": strings.Contains(p.text, "제주특별자치도 "), "reading": strings.Contains(p.text, "할인 후, 반품 포함"), "text": strings.Count(p.text, "움직였습니다") >= 200,
			"table": strings.Contains(string(l.Card), `"Table"`),
		}
		for what, is := range has {
			if is {
				seen[what] = limit
			}
		}
		if !has["sql"] && l.Card != nil && !slices.Contains(p.actions, bot.ActionSQL) {
			t.Errorf("at %d SQL is neither shown nor to be had", limit)
		}
		if !has["text"] && !strings.Contains(p.text, "본문의 뒷부분") && !(l.Card == nil && strings.Contains(p.text, "너무 길어")) {
			t.Errorf("at %d the text is cut, and it is not said: %.300s", limit, p.text)
		}
		last = limit
	}
	if last > 1200 {
		t.Errorf("the smallest limit tried is %d", last)
	}
	// What goes first is seen last at a larger limit.
	order := []string{"picture", "sql", "chart", "reading", "text"}
	for i := 1; i < len(order); i++ {
		if seen[order[i-1]] < seen[order[i]] {
			t.Errorf("%s is last seen at %d, %s at %d", order[i-1], seen[order[i-1]], order[i], seen[order[i]])
		}
	}
}

func TestPlainTellsAll(t *testing.T) {
	for name, msg := range bottest.Messages() {
		l := cards.Plain(msg, 0)
		for _, fault := range append(validate(t, l, 80_000), faultsOf(readOut(t, l))...) {
			t.Errorf("%s: %s", name, fault)
		}
		if l.Card != nil || name == "hostile" { // cut and escaped otherwise
			continue
		}
		have := strings.NewReplacer("\u2060", "", "**", "").Replace(entitiesOf.Replace(l.Text))
		want := append([]string{msg.Number}, msg.Suggestions...)
		for _, table := range msg.Tables {
			want = append(want, table.Rows[0]...)
		}
		for _, r := range msg.Readings {
			want = append(want, r.Term+" = "+r.Meaning)
		}
		for _, c := range msg.Charts {
			want = append(want, c.Alt)
		}
		for _, b := range msg.Buttons {
			if b.Action == bot.ActionChoose || b.Action == bot.ActionAnalyst {
				want = append(want, b.Label)
			}
		}
		for _, text := range want {
			if !strings.Contains(have, text) {
				t.Errorf("%s: %q cannot be read in %s", name, text, have)
			}
		}
	}
	msg := bottest.Messages()["several"]
	for range 9 {
		msg.Tables = append(msg.Tables, bottest.Messages()["long-table"].Tables...)
	}
	for _, limit := range []int{24_000, 60_000} {
		if l := cards.Plain(msg, limit); !strings.Contains(l.Text, "너무 길어") || len(validate(t, l, limit)) > 0 {
			t.Errorf("ten long tables are told in %d letters: %v", len(l.Text), validate(t, l, limit))
		}
	}
}

func TestManyButtonsLeaveTheAnswer(t *testing.T) {
	msg := bottest.Messages()["clarify-en"]
	for i := range 40 {
		long := fmt.Sprint(i, strings.Repeat(" long", 300))
		msg.Buttons = append(msg.Buttons, bot.Button{Action: bot.ActionChoose, Label: long, Value: long})
	}
	l := cards.Render(msg, cards.Options{})
	for _, fault := range validate(t, l, 80_000) {
		t.Error(fault)
	}
	p := readOut(t, l)
	if n := len(p.actions); n < 4 || n > 20 || !strings.Contains(p.text, msg.Text) || !strings.Contains(p.text, "some buttons") {
		t.Errorf("of 42 choices %d can be made: %.300s", n, p.text)
	}
}

func TestPicturesFit(t *testing.T) {
	msg := message(t, bar(nil), bar(nil))
	for name, p := range map[string][]byte{
		"fits": blank(t, 1000, 600), "for sharp screens": blank(t, 2400, 1350), "narrow": blank(t, 3, 9000), "no picture": []byte("GIF89a"), "nothing": nil,
		"a bomb": {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 8, 0, 0, 0, 0, 0x2c, 0xe5, 0xf3, 0x98},
	} {
		album := map[int][]byte{}
		for i := range msg.Charts {
			album[i] = p
		}
		l := cards.Render(msg, cards.Options{Pictures: album})
		for _, fault := range validate(t, l, 80_000) {
			t.Errorf("%s: %s", name, fault)
		}
		if want, got := name == "fits" || name == "for sharp screens" || name == "narrow", strings.Contains(string(l.Card), `"Image"`); got != want {
			t.Errorf("%s: a picture is shown: %v", name, got)
		}
	}
}

func TestPicturesDoNotCountAgainstTheText(t *testing.T) {
	noise := image.NewRGBA(image.Rect(0, 0, 600, 400))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32()) | byte(i%4/3*255)
	}
	var data bytes.Buffer
	if err := png.Encode(&data, noise); err != nil {
		t.Fatal(err)
	}
	msg := bottest.Messages()["answer-ko"]
	l := cards.Render(msg, cards.Options{Pictures: map[int][]byte{0: data.Bytes()}})
	if len(l.Card) < 400_000 || !strings.Contains(string(l.Card), "SELECT") || !strings.Contains(string(l.Card), "Chart.HorizontalBar") {
		t.Errorf("with a picture of %d bytes, a card of %d is left", data.Len(), len(l.Card))
	}
	for _, fault := range validate(t, l, 80_000) {
		t.Error(fault)
	}
	// Of more than a card holds, the first are shown.
	many := message(t, bar(nil), bar(nil), bar(nil), bar(nil), bar(nil), bar(nil))
	album := map[int][]byte{}
	for i := range many.Charts {
		album[i] = data.Bytes()
	}
	l = cards.Render(many, cards.Options{Pictures: album})
	if n := strings.Count(string(l.Card), `"Image"`); n != 2 {
		t.Errorf("of six pictures of %d bytes %d are shown", data.Len(), n)
	}
}

func TestLabelAndSources(t *testing.T) {
	msg := bottest.Messages()["answer-ko"]
	labelled := func(msg bot.Message) bool {
		for _, e := range cards.Render(msg, cards.Options{}).Entities {
			if strings.Contains(string(e), "AIGeneratedContent") {
				return true
			}
		}
		return false
	}
	if labelled(msg) {
		t.Error("what a definition answers bears the label of a model's")
	}
	msg.Origin.Label, msg.Origin.Model = "모델이 작성", true
	if !labelled(msg) {
		t.Error("what a model answers bears no label")
	}
	msg.Kind = bot.KindFailure
	if labelled(msg) {
		t.Error("what is no answer bears the label of a model's")
	}
	msg.Kind, msg.Origin.Sources = bot.KindAnswer, nil
	for i := range 24 {
		msg.Origin.Sources = append(msg.Origin.Sources, fmt.Sprintf("%d %s", i, strings.Repeat("긴 이름", 40)))
	}
	msg.Origin.Analyst = strings.Repeat("분석가 ", 100)
	var entity struct {
		Type     string `json:"type"`
		Citation []struct {
			Position   int `json:"position"`
			Appearance struct{ Name, Abstract string }
		}
	}
	for way, opts := range ways(t, msg) {
		l := cards.Render(msg, opts)
		for _, e := range l.Entities { // Teams takes none that nothing cites
			if opts.Streamed != strings.Contains(string(e), "Claim") || opts.Streamed != strings.Contains(l.Text, "[20]") {
				t.Errorf("%s: %.100q with %.300s", way, l.Text, e)
			}
		}
	}
	all := cards.Render(msg, cards.Options{Streamed: true}).Entities
	if len(all) != 1 || json.Unmarshal(all[0], &entity) != nil || entity.Type != "https://schema.org/Message" || len(entity.Citation) != 20 {
		t.Fatalf("30 sources are cited as %s", all)
	}
	for i, c := range entity.Citation {
		if c.Position != i+1 || units(c.Appearance.Name) > 80 || units(c.Appearance.Abstract) > 160 || c.Appearance.Abstract == "" {
			t.Errorf("citation %d is %+v", i, c)
		}
	}
}

// TestSameWordsAsInSlack holds our own words against those in Slack, where the same message
// is to say the same.
func TestSameWordsAsInSlack(t *testing.T) {
	squeeze := func(s string) string {
		return strings.Join(strings.Fields(strings.NewReplacer("\u2060", "", "\u200b", "", "*", "", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)), "")
	}
	lines := 0
	for name, msg := range bottest.Messages() {
		msg.Charts, msg.Text = nil, "x" // what stands below charts differs
		here := squeeze(readOut(t, cards.Render(msg, cards.Options{})).text)
		var there []string
		for _, l := range blocks.Render(msg, blocks.Native, blocks.Options{}) {
			for _, b := range l.Blocks {
				if c, ok := b.(*slack.ContextBlock); ok {
					for _, e := range c.ContextElements.Elements {
						there = append(there, e.(*slack.TextBlockObject).Text)
					}
				}
			}
		}
		for _, line := range there {
			lines++
			if name != "hostile" && !strings.Contains(here, squeeze(line)) { // escaped otherwise
				t.Errorf("%s: in Slack it says %q, here %q", name, line, here)
			}
		}
	}
	if lines < 20 {
		t.Errorf("only %d lines were compared", lines)
	}
}

func TestStreams(t *testing.T) {
	for name, msg := range bottest.Messages() {
		l := cards.Render(msg, cards.Options{Streamed: true})
		text := cards.StreamText(msg)
		rest, grows := strings.CutPrefix(l.Text, text)
		if strings.TrimSpace(text) == "" || !grows || !strings.HasPrefix(l.Text, text) || msg.Origin != nil != (rest == " [1]") {
			t.Errorf("%s: a stream of %.200q ends with %.200q", name, text, l.Text)
		}
		if s := cards.Informative(msg); strings.TrimSpace(s) == "" || units(s) > 1000 || strings.Contains(s, "\n") {
			t.Errorf("%s: said before the answer: %.200q", name, s)
		}
	}
	// The longest text leaves room for its card.
	for _, letter := range []string{"가", "<", "*", "x.y "} {
		msg := bottest.Messages()["answer-ko"]
		msg.Text = strings.Repeat(letter, 30_000)
		l := cards.Render(msg, cards.Options{Streamed: true})
		if l.Card == nil || !strings.HasPrefix(l.Text, cards.StreamText(msg)) {
			t.Errorf("below a stream of %q there is no card, or it ends otherwise", letter)
		}
		for _, fault := range validate(t, l, 80_000) {
			t.Errorf("a stream of %q: %s", letter, fault)
		}
	}
	if s := cards.Informative(bot.Message{Kind: bot.KindProgress, Language: "ko", Text: strings.Repeat("가", 3000)}); units(s) != 1000 || !strings.HasSuffix(s, "…") {
		t.Errorf("%d characters are said before the answer", units(s))
	}
}

func TestMarkdownIsTeams(t *testing.T) {
	const j = "\u2060"
	for in, want := range map[string]string{
		"매출은 **33.5%**로 *늘었다*.":        "매출은 **" + j + "33.5%" + j + "**로 *" + j + "늘었다" + j + "*.",
		"a\nb":                         "a\n\nb",
		"x\n\n- one\n- two\n  - three": "x\n\n- one\n- two\n  - three",
		"1. one\n2. two":               "1. one\n2. two",
		"12억 원":                        "12억 원",
		"2026. was":                    j + "2026. was",
		"`rm *`":                       "rm ∗",
		"snake_case 2 * 3":             "snake_case 2 ∗ 3",
		"\\*no\\*":                     "∗no∗",
		"[a](b)":                       "[a]" + j + "(b)",
		"# h":                          j + "# h",
		"as [1] says":                  "as [" + j + "1]" + j + " says",
		"a < b & c > d":                "a &lt; b &amp; c &gt; d",
	} {
		if got := cards.Render(bot.Message{Kind: bot.KindNotice, Language: "ko", Text: in}, cards.Options{}).Text; got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// TestEverythingFits lays out messages of any content at every option, and never fails.
func TestEverythingFits(t *testing.T) {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	for i := range 24 {
		msg := anyMessage(random)
		for way, opts := range ways(t, msg) {
			opts.Limit = []int{0, 40_000, 6_000}[i%3]
			limit := opts.Limit
			if limit == 0 {
				limit = 80_000
			}
			l := cards.Render(msg, opts)
			for _, fault := range validate(t, l, limit) {
				t.Errorf("seed %d, message %d, %s: %s", seed, i, way, fault)
			}
			msg.SQL = nil
			for _, fault := range faultsOf(readOut(t, cards.Render(msg, opts))) {
				t.Errorf("seed %d, message %d, %s: %s", seed, i, way, fault)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// anyMessage is a message of anything, in any number.
func anyMessage(r *rand.Rand) bot.Message {
	pieces := []string{"매출", "**12억**", "*x*", "`c`", "\n", "- ", "1. ", "\\", "[x](https://evil.example)", bottest.Attack, venom, "🍚", "\u202e", "<at>x</at>", "&amp;", strings.Repeat("긴", 700), " ", "3*4", "{{", "a.b.c.d", "::", "]", "_"}
	text := func(most int) string {
		var out strings.Builder
		for range r.IntN(most) {
			out.WriteString(pieces[r.IntN(len(pieces))])
		}
		return out.String()
	}
	many := func() int { return []int{0, 1, 2, 8, 70}[r.IntN(5)] }
	kinds := []bot.MessageKind{bot.KindProgress, bot.KindAnswer, bot.KindClarify, bot.KindRefusal, bot.KindFailure, bot.KindNotice}
	msg := bot.Message{Kind: kinds[r.IntN(len(kinds))], Language: []string{"ko", "en", ""}[r.IntN(3)], Question: text(4), Text: text(40), Number: text(3)}
	for range many() {
		msg.Charts = append(msg.Charts, bot.Chart{Title: text(4), Alt: text(6), Spec: anySpec(r, text)})
	}
	for range many() / 4 {
		table := bot.Table{Result: text(2), Title: text(3), Total: r.IntN(50), Partial: r.IntN(2) == 0}
		for range many() / 3 {
			table.Columns = append(table.Columns, bot.TableColumn{Label: text(3), Numeric: r.IntN(2) == 0})
		}
		for range many() {
			row := make([]string, r.IntN(26))
			for i := range row {
				row[i] = text(3)
			}
			table.Rows = append(table.Rows, row)
		}
		msg.Tables = append(msg.Tables, table)
	}
	for range many() {
		msg.Readings = append(msg.Readings, bot.Reading{Term: text(3), Meaning: text(4)})
		msg.Suggestions = append(msg.Suggestions, text(4))
		msg.SQL = append(msg.SQL, bot.SQL{Result: text(2), Source: text(2), Title: text(2), Text: text(9)})
	}
	names := []string{bot.ActionAsk, bot.ActionChoose, bot.ActionCSV, bot.ActionSQL, bot.ActionGood, bot.ActionBad, bot.ActionWrong, bot.ActionCancel, bot.ActionAnalyst, bot.ActionShare, "new", "", bottest.Attack}
	for range many() {
		msg.Buttons = append(msg.Buttons, bot.Button{Action: names[r.IntN(len(names))], Label: text(3), Value: text(3), Prompt: text(2), Primary: r.IntN(4) == 0})
	}
	if r.IntN(2) == 0 {
		msg.Origin = &bot.Origin{Analyst: text(3), Sources: strings.Fields(text(9)), Label: text(2), Elapsed: time.Duration(r.Int64N(1e12)), AsOf: time.Unix(r.Int64N(4e9), 0).UTC()}
		msg.Progress = &bot.Progress{Ahead: r.IntN(9), ETA: time.Duration(r.Int64N(1e12))}
		for range many() {
			msg.Progress.Steps = append(msg.Progress.Steps, bot.Step{Text: text(3), Done: r.IntN(2) == 0})
		}
	}
	return msg
}

// anySpec is a chart spec of anything, some of which can be drawn.
func anySpec(r *rand.Rand, text func(int) string) json.RawMessage {
	kinds := []string{"bar", "hbar", "line", "area", "donut", "grouped_bar", "stacked_bar", "waterfall", "number", "x"}
	if r.IntN(2) == 0 { // one that is drawn
		s := bar(ofMany(1 + r.IntN(6)))
		s.Kind, s.Title, s.Subtitle, s.Note = chart.Kind(kinds[r.IntN(7)]), text(3), text(2), text(2)
		s.Categories[0], s.Series[0].Name = "x"+text(2), text(2)
		data, err := json.Marshal(s)
		if err != nil {
			panic(err) // it is one of ours
		}
		return data
	}
	formats := []string{"", "krw", "percent", "count:건", "count:" + text(2), "usd", "date"}
	n := r.IntN(30)
	var names []string
	var times []time.Time
	for i := range n {
		names = append(names, fmt.Sprint(text(2), i))
		times = append(times, time.Date(2026, 1, 1+i*(1+r.IntN(2)*r.IntN(2)), 0, 0, 0, 0, time.UTC))
	}
	var all []any
	for range r.IntN(8) {
		var values []any
		for range n {
			switch r.IntN(60) {
			case 0:
				values = append(values, nil)
			case 1:
				values = append(values, -1e300)
			default:
				values = append(values, r.Float64()*[]float64{1, 1e5, 1e12, 1e308}[r.IntN(4)])
			}
		}
		all = append(all, map[string]any{"name": text(2), "values": values})
	}
	spec := map[string]any{
		"kind": kinds[r.IntN(len(kinds))], "language": "ko", "title": text(3), "subtitle": text(2), "y_format": formats[r.IntN(len(formats))], "series": all,
		"x_kind": []string{"category", "time"}[r.IntN(2)], "grain": "day", "categories": names, "times": times, "note": text(2), "x_label": text(2),
	}
	data, err := json.Marshal(spec)
	if err != nil {
		panic(err) // the maps above marshal
	}
	return data
}

func FuzzRender(f *testing.F) {
	f.Add(bottest.Markdown, "en", 0)
	f.Add(bottest.Hostile().Text, "en", 30_000)
	f.Add(venom, "ko", 9000)
	f.Fuzz(func(t *testing.T, text, language string, limit int) {
		msg := bot.Message{
			Kind: bot.KindAnswer, Language: language, Text: text, Number: text, Suggestions: []string{text}, Readings: []bot.Reading{{Term: text, Meaning: text}},
			Tables: []bot.Table{{Columns: []bot.TableColumn{{Label: text}}, Rows: [][]string{{text}}}}, Charts: message(t, bar(nil)).Charts,
		}
		limit = min(max(limit, 2000), 80_000)
		for _, opts := range []cards.Options{{Limit: limit}, {Limit: limit, Streamed: true}} {
			l := cards.Render(msg, opts)
			for _, fault := range append(validate(t, l, limit), faultsOf(readOut(t, l))...) {
				t.Error(fault)
			}
		}
	})
}
