package blocks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/layout"
	"github.com/bapsang/bapsang/bot/slack/blocks"
)

// A digest is one message, cut at the end of a line, and says how many are left.
func TestDigestsAreCut(t *testing.T) {
	msg := bottest.Digests()["digest-long"]
	total := 0
	for _, s := range msg.Sections {
		total += len(s.Lines)
	}
	for at, level := range levels {
		layouts := pictured(msg, level)
		if level == blocks.Text { // there is nothing but text: all that it takes
			continue
		}
		if len(layouts) != 1 {
			t.Errorf("at %s a digest is %d messages", at, len(layouts))
		}
		text := readOut(t, layouts[0]).text
		shown := strings.Count(text, "(확정)")
		if left := fmt.Sprintf("%d줄 더", total-shown); shown < 15 || shown > 30 || !strings.Contains(text, left) {
			t.Errorf("at %s %d of %d lines are shown, and it is not said that %q: %s", at, shown, total, left, text)
		}
	}
}

// However much or little a digest has, it can be posted, tells what it leaves out, and has
// its buttons.
func TestDigestsOfAnySize(t *testing.T) {
	venomous := "<!channel> <@U012AB3CD> <https://evil.example|매출> *x* | > &lt;!here&gt; "
	for _, c := range []struct{ sections, lines, links, letters int }{
		{0, 0, 0, 0}, {3, 0, 0, 0}, {1, 1, 0, 0}, {1, 500, 0, 20}, {500, 1, 1, 20}, {1, 3, 40, 60}, {2, 20, 3, 3000}, {1, 30, 0, 3000}, {1, 200, 40, 3000},
	} {
		text := layout.Prefix(strings.Repeat(venomous, 1+c.letters/len(venomous)*4), c.letters)
		msg := bot.Message{Kind: bot.KindDigest, Language: "ko", Question: "q-1", Text: text, Buttons: []bot.Button{{Action: bot.ActionWatch, Label: "구독", Value: "s-1"}}}
		for i := range c.links {
			msg.Links = append(msg.Links, bot.Link{Title: text, URL: fmt.Sprintf("https://news.example/%d?a=<b>|c&d", i)})
		}
		for range c.sections {
			s := bot.Section{Title: text}
			for range c.lines {
				s.Lines = append(s.Lines, bot.Line{Mark: bot.MarkSure, When: "11/27 금", Text: text + "끝", Detail: text, Links: msg.Links})
			}
			msg.Sections = append(msg.Sections, s)
		}
		for at, level := range levels {
			layouts, all := pictured(msg, level), ""
			if len(layouts) == 0 || level < blocks.Text && len(layouts) != 1 && c.links == 0 {
				t.Fatalf("%+v at %s is %d messages", c, at, len(layouts))
			}
			buttons := 0
			for i, l := range layouts {
				for _, fault := range validate(t, l) {
					t.Errorf("%+v at %s, message %d: %s", c, at, i, fault)
				}
				p := readOut(t, l)
				for _, fault := range live(p) {
					t.Errorf("%+v at %s, message %d: %s", c, at, i, fault)
				}
				all += p.text + l.Text
				for _, b := range l.Blocks {
					if b.BlockType() == slack.MBTAction {
						buttons++
					}
				}
			}
			if total := c.sections * c.lines; total > 30 && level < blocks.Text && !strings.Contains(all, "줄 더") {
				t.Errorf("%+v at %s: it is not said that lines are left out", c, at)
			}
			if c.links > 20 && level < blocks.Text && !strings.Contains(all, "곳이 더") {
				t.Errorf("%+v at %s: it is not said that pages are left out", c, at)
			}
			if level < blocks.Text && buttons != 1 {
				t.Errorf("%+v at %s: %d rows of buttons", c, at, buttons)
			}
		}
	}
}

// What a notification says is the digest itself.
func TestDigestsAreNotified(t *testing.T) {
	l := pictured(bottest.Digests()["digest-ko"], blocks.Native)[0]
	for _, want := range []string{"이번 주와 다음 3주", "● 11/27 금  블랙프라이데이", "☐ 12/4 금  크리스마스 소재 마감"} {
		if !strings.Contains(l.Text, want) {
			t.Errorf("%q is not in the notification %q", want, l.Text)
		}
	}
}

func TestDigestsHaveFewSmallPictures(t *testing.T) {
	msg := bottest.Digests()["digest-ko"]
	for i := range msg.Sections[0].Lines {
		msg.Sections[0].Lines[i].Chart = msg.Sections[0].Lines[0].Chart
	}
	msg.Charts = bottest.Messages()["answer-ko"].Charts // Slack draws it itself
	if got := blocks.NeedsPicture(msg, blocks.Native); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("pictures of %v are asked for, want those of the first two lines", got)
	}
	for name, images := range map[string]map[int]string{"uploaded": {1: "F0A", 2: "F0B"}, "not to be had": nil} {
		pictures := 0
		for _, b := range blocks.Render(msg, blocks.Native, blocks.Options{Images: images})[0].Blocks {
			if b.BlockType() == slack.MBTImage {
				pictures++
			}
		}
		if pictures != len(images) {
			t.Errorf("%s: %d pictures are shown", name, pictures)
		}
	}
}

func TestFormsAreDialogs(t *testing.T) {
	forms := map[string]*bot.Form{"many choices": {Title: "x", Fields: []bot.FormField{
		{Name: "one", Label: "One", Kind: bot.FieldChoice, Value: "v250", Choices: choices(251)},
		{Name: "several", Label: "Several", Kind: bot.FieldChoices, Value: "v1, v101,v101,nothing", Choices: choices(102)},
		{Name: "people", Label: "People", Kind: bot.FieldPeople, Value: "U012AB3CD,<!here>"},
	}}}
	for name, msg := range bottest.Digests() {
		for _, b := range msg.Buttons {
			if b.Form != nil {
				forms[name] = b.Form
			}
		}
	}
	for name, form := range forms {
		for _, language := range []string{"ko", "en"} {
			view := blocks.FormModal(*form, language, "meta")
			t.Run(name, func(t *testing.T) { validView(t, view) })
			n := 0
			for _, b := range view.Blocks.BlockSet {
				if b.BlockType() == slack.MBTInput {
					n++
				}
			}
			if n != len(form.Fields) {
				t.Errorf("%s: %d of %d fields are asked for", name, n, len(form.Fields))
			}
		}
	}
	many := blocks.FormModal(*forms["many choices"], "en", "").Blocks.BlockSet
	one := many[0].(*slack.InputBlock).Element.(*slack.SelectBlockElement)
	several := many[1].(*slack.InputBlock).Element.(*slack.MultiSelectBlockElement)
	people := many[2].(*slack.InputBlock).Element.(*slack.MultiSelectBlockElement)
	if len(one.OptionGroups) != 3 || one.Options != nil || one.InitialOption.Value != "v250" {
		t.Errorf("251 choices are %d groups, %+v at first", len(one.OptionGroups), one.InitialOption)
	}
	if len(several.OptionGroups) != 2 || len(several.InitialOptions) != 2 || !slices.Equal(people.InitialUsers, []string{"U012AB3CD"}) {
		t.Errorf("%d groups, %d at first, people %v", len(several.OptionGroups), len(several.InitialOptions), people.InitialUsers)
	}
}

func choices(n int) []bot.Choice {
	var out []bot.Choice
	for i := range n {
		out = append(out, bot.Choice{Value: fmt.Sprintf("v%d", i), Label: fmt.Sprintf("Choice %d", i)})
	}
	return out
}

// A form travels with its button.
func TestFormsComeBackWithTheirButtons(t *testing.T) {
	large := &bot.Form{Title: "큰 양식", Fields: []bot.FormField{{Name: "a", Kind: bot.FieldChoice}}}
	for i := range 150 {
		large.Fields[0].Choices = append(large.Fields[0].Choices, bot.Choice{Value: fmt.Sprintf("region-%03d-%x", i, i*7919), Label: fmt.Sprintf("%d번째 지역의 긴 이름 %d", i, i*i)})
	}
	msg := bot.Message{Language: "ko", Question: "q-1"}
	for name, form := range map[string]*bot.Form{
		"usual": bottest.Digests()["digest-ko"].Buttons[1].Form, "hostile": bottest.Digests()["digest-hostile"].Buttons[0].Form, "large": large,
	} {
		b := bot.Button{Action: bot.ActionSubscription, Label: "설정", Value: "s-1", Form: form}
		value, fits := blocks.ActionValue(b, msg)
		got, ok := blocks.ParseAction(blocks.ActionID(b, 3), value)
		if diff := cmp.Diff(form, got.Form); !fits || !ok || diff != "" {
			t.Errorf("%s: fits %v in %d characters, read %v (-want +got) %s", name, fits, units(value), ok, diff)
		}
		t.Logf("%s: %d characters", name, units(value))
	}
	for name, form := range map[string]*bot.Form{
		"no fields": {}, "a name twice": {Fields: []bot.FormField{{Name: "a"}, {Name: "a"}}}, "an odd name": {Fields: []bot.FormField{{Name: "A b"}}},
		"too many": {Fields: make([]bot.FormField, 100)},
	} {
		if value, fits := blocks.ActionValue(bot.Button{Action: "x", Label: "x", Form: form}, msg); fits {
			t.Errorf("%s: fits as %.60q", name, value)
		}
	}
	for _, packed := range []string{"x", "一", "一一一一", strings.Repeat("龍", 1500), "\U00020000"} {
		if got, ok := blocks.ParseAction("bapsang.0.x", `{"f":"`+packed+`"}`); ok {
			t.Errorf("%.20q is read as %+v", packed, got.Form)
		}
	}
}

func TestFilledFormsAreRead(t *testing.T) {
	form := *bottest.Digests()["form-en"].Buttons[0].Form
	view := blocks.FormModal(form, "en", "meta")
	filled := map[string]slack.BlockAction{
		"name": {Value: " 이름 "}, "day": {}, "time": {SelectedTime: "09:30"}, "until": {SelectedDate: "2026-12-31"},
		"markets": {SelectedOptions: []slack.OptionBlockObject{{Value: "kr"}, {Value: "jp"}}}, "people": {SelectedUsers: []string{"U1", "U2"}}, "note": {Value: " \n"},
	}
	state := map[string]map[string]slack.BlockAction{}
	for name, a := range filled {
		state["field."+name] = map[string]slack.BlockAction{"field." + name: a}
	}
	submitted := slack.View{CallbackID: view.CallbackID, Blocks: view.Blocks, State: &slack.ViewState{Values: state}}
	got, ok := blocks.ParseForm(submitted)
	want := blocks.Filled{
		Values: map[string]string{"name": "이름", "day": "", "time": "09:30", "until": "2026-12-31", "markets": "kr,jp", "people": "U1,U2", "note": ""},
		Empty:  []string{"field.day"}, Last: "field.note",
	}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("read as %v (-want +got) %s", ok, diff)
	}
	for name, v := range map[string]slack.View{"another's": {CallbackID: "x", Blocks: view.Blocks}, "nothing": {CallbackID: view.CallbackID}} {
		if got, ok := blocks.ParseForm(v); ok {
			t.Errorf("%s is read as %+v", name, got)
		}
	}
}
