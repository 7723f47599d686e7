package blocks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/slack/blocks"
)

func TestActionsComeBackAsTheyWere(t *testing.T) {
	for name, msg := range messages() {
		for i, b := range msg.Buttons {
			value, fits := blocks.ActionValue(b, msg)
			if !fits {
				t.Errorf("%s: %q does not fit", name, b.Label)
				continue
			}
			got, ok := blocks.ParseAction(blocks.ActionID(b, i), value)
			if b.Action == bottest.Attack {
				if ok {
					t.Errorf("%s: an action called %q is read as %+v", name, b.Action, got)
				}
				continue
			}
			want := blocks.Pressed{
				Action: bot.Action{Name: b.Action, Question: msg.Question, Value: b.Value},
				Label:  b.Label, Prompt: b.Prompt, Form: b.Form, Language: msg.Language,
			}
			if diff := cmp.Diff(want, got); !ok || diff != "" {
				t.Errorf("%s: %q is read as (-want +got) %v %s", name, b.Label, ok, diff)
			}
		}
	}
}

func TestValuesThatDoNotFit(t *testing.T) {
	msg := bot.Message{Language: "ko", Question: "q-1"}
	long := strings.Repeat("가", 1900)
	value, fits := blocks.ActionValue(bot.Button{Action: bot.ActionAsk, Label: long, Value: long}, msg)
	if got, ok := blocks.ParseAction("bapsang.3.ask", value); !fits || !ok || got.Value != long || got.Label != "" {
		t.Errorf("a question of 1,900 letters: fits %v, read %v with %d letters", fits, ok, utf8.RuneCountInString(got.Value))
	}
	value, fits = blocks.ActionValue(bot.Button{Action: bot.ActionWrong, Label: "x", Prompt: long + long}, msg)
	if got, ok := blocks.ParseAction("bapsang.3.wrong", value); !fits || !ok || !strings.HasSuffix(got.Prompt, "…") {
		t.Errorf("a prompt of 3,800 letters: fits %v, read %v as %.20q", fits, ok, got.Prompt)
	}
	for name, b := range map[string]bot.Button{
		"too long":       {Action: bot.ActionAsk, Label: "x", Value: strings.Repeat("가", 2000)},
		"long escaped":   {Action: bot.ActionAsk, Label: "x", Value: strings.Repeat("<", 400)},
		"of no encoding": {Action: bot.ActionChoose, Label: "x", Value: "a\xff"},
	} {
		if value, fits := blocks.ActionValue(b, msg); fits {
			t.Errorf("%s: fits as %.40q", name, value)
		}
	}
}

func TestParseActionRefuses(t *testing.T) {
	for _, in := range [][2]string{
		{"", ""}, {"bapsang.", "{}"}, {"bapsang.0.", "{}"}, {"bapsang.0", "{}"}, {"bapsang.x.ask", "{}"}, {"bapsang.-1.ask", "{}"},
		{"bapsang.0.Ask", "{}"}, {"bapsang.0.ask me", "{}"}, {"bapsang.0.<script>", "{}"}, {"other.0.ask", "{}"}, {"0.ask", "{}"},
		{"bapsang.0.ask", ""}, {"bapsang.0.ask", "null x"}, {"bapsang.0.ask", "[]"}, {"bapsang.0.ask", `{"q":1}`}, {"bapsang.0.ask", `{} {}`},
		{"bapsang.0.ask", `{"v":"` + strings.Repeat("x", 2000) + `"}`}, {"bapsang.0.ask", "{\"v\":\"\xff\"}"},
		{"bapsang.0." + strings.Repeat("a", 300), "{}"},
	} {
		if got, ok := blocks.ParseAction(in[0], in[1]); ok {
			t.Errorf("%.40q with %.40q is read as %+v", in[0], in[1], got)
		}
	}
	if got, ok := blocks.ParseAction("bapsang.7.of-tomorrow", `{"q":"q-1","v":"x","new":true}`); !ok || got.Name != "of-tomorrow" || got.Question != "q-1" {
		t.Errorf("an action of a newer version is read as %+v, %v", got, ok)
	}
}

func FuzzParseAction(f *testing.F) {
	f.Add("bapsang.0.ask", `{"q":"q-1","v":"지난달 매출"}`)
	f.Add("bapsang.0.choose", `{"v":"revenue\u001fgross"}`)
	f.Fuzz(func(t *testing.T, id, value string) {
		got, ok := blocks.ParseAction(id, value)
		if !ok {
			return
		}
		if got.Name == "" || !json.Valid([]byte(value)) || !utf8.ValidString(got.Value) {
			t.Errorf("%q with %q is read as %+v", id, value, got)
		}
	})
}
