package cards_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/teams/cards"
)

// sentBack are the ways in which Teams sends back what a button carries, with what was
// entered beside it.
func sentBack(t *testing.T, data json.RawMessage, inputs string) map[string]json.RawMessage {
	t.Helper()
	if inputs != "" {
		data = json.RawMessage(strings.TrimSuffix(string(data), "}") + "," + inputs + "}")
	}
	return map[string]json.RawMessage{
		"submit":  data,
		"execute": json.RawMessage(`{"action":{"type":"Action.Execute","id":"x","data":` + string(data) + `},"trigger":"manual"}`),
		"dialog":  json.RawMessage(`{"data":` + string(data) + `,"context":{"theme":"dark"}}`),
	}
}

func TestActionsComeBackAsTheyWere(t *testing.T) {
	for name, msg := range bottest.Messages() {
		for _, b := range msg.Buttons {
			data, fits := cards.Data(b, msg)
			if b.Action == bottest.Attack {
				if fits {
					t.Errorf("%s: an action called %q is made: %s", name, b.Action, data)
				}
				continue
			}
			if !fits {
				t.Errorf("%s: %q does not fit", name, b.Label)
				continue
			}
			want := cards.Pressed{
				Action: bot.Action{Name: b.Action, Question: msg.Question, Value: b.Value, Text: "기간이 틀려요"},
				Label:  b.Label, Prompt: b.Prompt, Language: msg.Language,
			}
			for way, value := range sentBack(t, data, `"bapsang.text":"  기간이 틀려요\n","other":1`) {
				got, ok := cards.ParseAction(value)
				if diff := cmp.Diff(want, got); !ok || diff != "" {
					t.Errorf("%s: %q by %s is read as (-want +got) %v %s", name, b.Label, way, ok, diff)
				}
			}
		}
	}
}

func TestValuesThatDoNotFit(t *testing.T) {
	msg := bot.Message{Language: "ko", Question: "q-1"}
	long := strings.Repeat("가", 1900)
	data, fits := cards.Data(bot.Button{Action: bot.ActionAsk, Label: long, Value: long}, msg)
	if got, ok := cards.ParseAction(data); !fits || !ok || got.Value != long || got.Label != "" {
		t.Errorf("a question of 1,900 letters: fits %v, read %v with %d letters", fits, ok, utf8.RuneCountInString(got.Value))
	}
	data, fits = cards.Data(bot.Button{Action: bot.ActionWrong, Label: "x", Prompt: long + long}, msg)
	if got, ok := cards.ParseAction(data); !fits || !ok || !strings.HasSuffix(got.Prompt, "…") {
		t.Errorf("a prompt of 3,800 letters: fits %v, read %v as %.20q", fits, ok, got.Prompt)
	}
	for name, b := range map[string]bot.Button{
		"too long":       {Action: bot.ActionAsk, Label: "x", Value: strings.Repeat("가", 2000)},
		"long escaped":   {Action: bot.ActionAsk, Label: "x", Value: strings.Repeat("<", 400)},
		"of no encoding": {Action: bot.ActionChoose, Label: "x", Value: "a\xff"},
		"of no action":   {Label: "x"},
	} {
		if data, fits := cards.Data(b, msg); fits {
			t.Errorf("%s: fits as %.40q", name, data)
		}
	}
}

func TestParseActionRefuses(t *testing.T) {
	for _, in := range []string{
		"", "null", "[]", "{}", `"bapsang"`, "7", `{"bapsang":null}`, `{"bapsang":[]}`, `{"bapsang":"ask"}`, `{"bapsang":{}}`, `{"bapsang":{"action":1}}`,
		`{"bapsang":{"action":""}}`, `{"bapsang":{"action":"Ask"}}`, `{"bapsang":{"action":"ask me"}}`, `{"bapsang":{"action":"<script>"}}`,
		`{"bapsang":{"action":"ask","value":1}}`, `{"bapsang":{"action":"ask"}} {}`, `{"data":[]}`, `{"data":{"bapsang":7}}`, `{"action":"ask"}`, `{"action":{"data":7}}`,
		`{"text":"hello"}`, `{"data":{"data":{"bapsang":{"action":"ask"}}}}`,
		"{\"bapsang\":{\"action\":\"ask\",\"value\":\"\xff\"}}", `{"bapsang":{"action":"ask","value":"` + strings.Repeat("x", 20_000) + `"}}`,
		`{"bapsang":{"action":"` + strings.Repeat("a", 300) + `"}}`, strings.Repeat("[", 5000), strings.Repeat(`{"data":`, 1500),
	} {
		if got, ok := cards.ParseAction(json.RawMessage(in)); ok {
			t.Errorf("%.60q is read as %+v", in, got)
		}
	}
	if got, ok := cards.ParseAction(json.RawMessage(`{"bapsang":{"action":"of-tomorrow","question":"q-1","new":true}}`)); !ok || got.Name != "of-tomorrow" || got.Question != "q-1" {
		t.Errorf("an action of a newer version is read as %+v, %v", got, ok)
	}
}

func TestWhatIsEntered(t *testing.T) {
	share, fits := cards.Data(bot.Button{Action: bot.ActionShare, Label: "Share"}, bot.Message{Question: "q-1"})
	named, also := cards.Data(bot.Button{Action: bot.ActionShare, Label: "Share", Value: "19:a"}, bot.Message{Question: "q-1"})
	if !fits || !also {
		t.Fatal("does not fit")
	}
	for inputs, want := range map[string]bot.Action{
		`"bapsang.value":"19:x@thread.tacv2"`:                       {Name: "share", Question: "q-1", Value: "19:x@thread.tacv2"},
		`"bapsang.value":7`:                                         {Name: "share", Question: "q-1"},
		`"bapsang.value":"","bapsang.text":" \n"`:                   {Name: "share", Question: "q-1"},
		`"bapsang.text":"` + strings.Repeat("가", 3000) + `"`:        {Name: "share", Question: "q-1", Text: strings.Repeat("가", 2000)},
		`"msteams":{"type":"task/fetch"},"bapsang.text":{"a":"b"}`:  {Name: "share", Question: "q-1"},
		`"bapsang.text":"x","data":{"bapsang":{"action":"cancel"}}`: {Name: "share", Question: "q-1", Text: "x"},
	} {
		for way, value := range sentBack(t, share, inputs) {
			if got, ok := cards.ParseAction(value); !ok || !reflect.DeepEqual(got.Action, want) {
				t.Errorf("%.60s by %s is read as %v, %.200v", inputs, way, ok, got)
			}
		}
	}
	for way, value := range sentBack(t, named, `"bapsang.value":"19:b"`) {
		if got, ok := cards.ParseAction(value); !ok || got.Value != "19:a" {
			t.Errorf("by %s, what is picked replaces what the button says: %v %+v", way, ok, got)
		}
	}
}

func FuzzParseAction(f *testing.F) {
	f.Add([]byte(`{"bapsang":{"action":"ask","question":"q-1","value":"지난달 매출"},"bapsang.text":"x"}`))
	f.Add([]byte(`{"action":{"data":{"bapsang":{"action":"choose","value":"revenue\u001fgross"}}}}`))
	f.Add([]byte(`{"data":{"bapsang":{"action":"share"},"bapsang.value":"19:x"}}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		got, ok := cards.ParseAction(value)
		if ok && (got.Name == "" || !json.Valid(value) || !utf8.ValidString(got.Value+got.Text+got.Prompt)) {
			t.Errorf("%q is read as %+v", value, got)
		}
	})
}
