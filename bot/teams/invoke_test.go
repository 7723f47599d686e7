package teams_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams"
	"github.com/bapsang/bapsang/bot/teams/cards"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// answering is a message with everything that can be pressed.
func answering(language string) bot.Message {
	return bot.Message{
		Kind: bot.KindAnswer, Language: language, Question: "q-1", Text: "지난달 매출은 12억", Suggestions: []string{"작년은?"},
		Buttons: []bot.Button{
			{Action: bot.ActionSQL, Label: "SQL"}, {Action: bot.ActionDeeper, Label: "Deeper"}, {Action: bot.ActionGood, Label: "👍"},
			{Action: bot.ActionWrong, Label: "Wrong because", Prompt: "Why?"}, {Action: bot.ActionShare, Label: "Share"}, {Action: bot.ActionCancel, Label: "Stop"},
			{Action: bot.ActionChoose, Label: "할인 전", Value: "매출\x1fgross"},
		},
	}
}

// show has a card posted where somebody said something, and returns it.
func (o *office) show(person, conversation string, msg bot.Message) (teamstest.Message, bot.Event) {
	o.t.Helper()
	o.Say(person, conversation, o.Mention()+" 매출")
	asked := o.last()
	ref, err := o.driver.Post(o.t.Context(), asked.Thread, msg)
	if err != nil {
		o.t.Fatalf("post: %v\nlog:\n%s", err, o.log)
	}
	m, ok := o.Message(firstOf(map[bool]string{true: teamstest.Chat(person)}[conversation == person], conversation), ref.ID)
	if !ok {
		o.t.Fatalf("no message at %+v", ref)
	}
	return m, asked
}

func (o *office) press(person string, m teamstest.Message, action string, how ...teamstest.Pressing) {
	o.t.Helper()
	if err := o.Press(person, m, action, how...); err != nil {
		o.t.Fatal(err)
	}
}

// bots are what the bot said in a conversation.
func (o *office) bots(conversation string) []teamstest.Message {
	var out []teamstest.Message
	for _, m := range o.Messages(conversation) {
		if m.From == o.Bot() {
			out = append(out, m)
		}
	}
	return out
}

func TestPressesBecomeActions(t *testing.T) {
	t.Parallel()
	for _, where := range []string{teamstest.Minji, teamstest.Group, teamstest.Sales} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			o := open(t, teamstest.Options{NoRates: true})
			m, asked := o.show(teamstest.Minji, where, answering("ko"))
			o.press(teamstest.Minji, m, "Deeper", teamstest.Pressing{Times: 2})
			got := o.settled()
			if len(got) != 2 {
				t.Fatalf("two deliveries of one press are %d events", len(got)-1)
			}
			ev := got[1]
			want := bot.Action{Name: bot.ActionDeeper, Question: "q-1"}
			if ev.Kind != bot.EventAction || !reflect.DeepEqual(*ev.Action, want) || ev.Thread != asked.Thread || ev.Message != m.ID || ev.User.ID != minjiObject {
				t.Errorf("the press is %+v %+v, want it in %+v", ev, ev.Action, asked.Thread)
			}
			o.press(teamstest.Minji, m, "Deeper")
			if n := len(o.settled()); n != 3 {
				t.Errorf("a second press makes %d events of them", n-1)
			}
			o.press(teamstest.Minji, m, "할인 전")
			if a := o.last().Action; a.Name != bot.ActionChoose || a.Value != "매출\x1fgross" {
				t.Errorf("the choice is %+v", a)
			}
			o.press(teamstest.Minji, m, "보내기", teamstest.Pressing{Inputs: map[string]string{"bapsang.text": "반품이 빠졌어요"}})
			if a := o.last().Action; a.Name != bot.ActionWrong || a.Text != "반품이 빠졌어요" {
				t.Errorf("what is wrong is %+v", a)
			}
			// Who says what they think is thanked, and nobody else.
			o.until("the thanks", func() bool { return slices.Contains(o.Notes(teamstest.Minji), "알려 주셔서 고마워요.") })
			if n := len(o.bots(m.Conversation)); where != teamstest.Minji && n != 1 {
				t.Errorf("%d messages, though only who pressed is answered", n)
			}
			o.until("nothing more", func() bool { return true })
			if len(o.Troubles(teamstest.Minji)) > 0 || len(o.Complaints()) > 0 {
				t.Errorf("troubles %q, complaints %q", o.Troubles(teamstest.Minji), o.Complaints())
			}
		})
	}
}

// invoked has a person press what asks for an answer, and returns that.
func (o *office) invoked(name string, value any) map[string]any {
	o.t.Helper()
	body := map[string]any{
		"type": "invoke", "id": "f:" + o.t.Name() + name + fmt.Sprint(value), "name": name, "value": value, "serviceUrl": o.ServiceURL(),
		"channelId": "msteams", "locale": "ko-KR", "replyToId": "1700000000000", "channelData": map[string]any{"tenant": map[string]any{"id": o.Tenant()}},
		"conversation": map[string]any{"id": teamstest.Chat(teamstest.Minji), "conversationType": "personal", "tenantId": o.Tenant()},
		"from":         map[string]any{"id": teamstest.Minji, "aadObjectId": minjiObject, "name": "김민지"}, "recipient": map[string]any{"id": o.Bot()},
	}
	data, err := json.Marshal(body)
	if err != nil {
		o.t.Fatal(err)
	}
	status, reply, err := o.Post(o.t.Context(), data, o.Authorization(teamstest.Genuine))
	if err != nil || status != 200 {
		o.t.Fatalf("%s: %d %v", name, status, err)
	}
	var out map[string]any
	if err := json.Unmarshal(reply, &out); err != nil {
		o.t.Fatalf("%s: %v in %q", name, err, reply)
	}
	return out
}

func dataOf(t *testing.T, action, value string) json.RawMessage {
	t.Helper()
	data, ok := cards.Data(bot.Button{Action: action, Label: "x", Value: value}, bot.Message{Question: "q-1", Language: "ko"})
	if !ok {
		t.Fatal("does not fit")
	}
	return data
}

func TestInvokesAreAnswered(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true}, func(c *teams.Config) {
		c.SQL = func(_ context.Context, question string) ([]bot.SQL, error) {
			if question != "q-1" {
				return nil, errors.New("no such question")
			}
			return []bot.SQL{{Result: "r1", Text: "SELECT 1 AS one"}}, nil
		}
	})
	execute := func(data json.RawMessage) any {
		return map[string]any{"action": map[string]any{"type": "Action.Execute", "data": data}}
	}
	dialog := func(data json.RawMessage) any { return map[string]any{"data": data} }
	said := func(reply map[string]any) string {
		if task, ok := reply["task"].(map[string]any); ok {
			text, _ := task["value"].(string)
			return text
		}
		text, _ := reply["value"].(string)
		return text
	}
	reply := o.invoked("adaptiveCard/action", execute(dataOf(t, bot.ActionGood, "")))
	if reply["statusCode"] != 200.0 || reply["type"] != "application/vnd.microsoft.activity.message" || said(reply) != "알려 주셔서 고마워요." {
		t.Errorf("a thumb is answered %v", reply)
	}
	if ev := o.last(); ev.Action.Name != bot.ActionGood || ev.Action.Question != "q-1" || !ev.Thread.Direct {
		t.Errorf("and is %+v", ev)
	}
	reply = o.invoked("task/fetch", dialog(dataOf(t, bot.ActionSQL, "")))
	data, _ := json.Marshal(reply)
	if !strings.Contains(string(data), "SELECT") || !strings.Contains(string(data), `"type":"continue"`) {
		t.Errorf("SQL in a dialog is %s", data)
	}
	reply = o.invoked("task/submit", dialog(dataOf(t, bot.ActionAsk, "작년은?")))
	if said(reply) != "알겠어요." || o.last().Action.Value != "작년은?" {
		t.Errorf("a question in a dialog is answered %v and is %+v", reply, o.last())
	}
	reply = o.invoked("adaptiveCard/action", execute(json.RawMessage(`{"another":"app"}`)))
	if !strings.Contains(said(reply), "쓸 수 없어요") {
		t.Errorf("what is not ours is answered %v", reply)
	}
	o.desk.answer(func(context.Context, bot.Event) error { return errors.New("disk full") })
	reply = o.invoked("adaptiveCard/action", execute(dataOf(t, bot.ActionBad, "")))
	if !strings.Contains(said(reply), "다시 눌러") {
		t.Errorf("what is not taken is answered %v", reply)
	}
	if reply = o.invoked("of/tomorrow", map[string]any{}); len(reply) != 0 {
		t.Errorf("what is not known is answered %v", reply)
	}
}

func TestSQLIsForMembers(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true}, func(c *teams.Config) {
		c.SQL = func(context.Context, string) ([]bot.SQL, error) {
			return []bot.SQL{{Result: "r1", Text: "SELECT secret"}}, nil
		}
		c.Admit = func(p bot.Person) bool { return p.Standing == bot.Member }
	})
	m, _ := o.show(teamstest.Minji, teamstest.Sales, answering("en"))
	o.press(teamstest.Guest, m, "SQL")
	o.until("the refusal", func() bool { return len(o.Notes(teamstest.Guest)) == 1 })
	if text := o.Notes(teamstest.Guest)[0]; !strings.Contains(text, "Only members") {
		t.Errorf("a guest reads %s", text)
	}
	o.press(teamstest.Alex, m, "SQL", teamstest.Pressing{Times: 2})
	o.until("the SQL", func() bool { _, open := o.Dialog(teamstest.Alex); return open })
	if d, _ := o.Dialog(teamstest.Alex); d.Title != "SQL" || !strings.Contains(teamstest.CardText(d.Card), "SELECT secret") {
		t.Errorf("a member reads %s", d.Card)
	}
	o.settled()
	if n := len(o.desk.got()); n != 1 {
		t.Errorf("%d events: %+v", n, o.desk.got())
	}
	if n := len(o.bots(m.Conversation)); n != 1 {
		t.Errorf("%d messages, though only who pressed is answered", n)
	}
	// What a client without dialogs sends is answered by a message.
	o.Tell(teamstest.Alex, m.Conversation, "message", map[string]any{"value": dataOf(t, bot.ActionSQL, ""), "replyToId": m.ID})
	o.until("the SQL", func() bool { return len(o.bots(m.Conversation)) == 2 })
	if text := teamstest.Text(o.bots(m.Conversation)[1]); !strings.Contains(text, "SELECT secret") {
		t.Errorf("a member reads %s", text)
	}
}

func TestSharingGoesWhereBothAre(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true})
	m, _ := o.show(teamstest.Minji, teamstest.Sales, answering("en"))
	o.press(teamstest.Minji, m, "Share")
	o.until("the picker", func() bool { _, open := o.Dialog(teamstest.Minji); return open })
	if d, _ := o.Dialog(teamstest.Minji); d.Title != "Share to a channel" || !strings.Contains(teamstest.CardText(d.Card), "General") || strings.Contains(teamstest.CardText(d.Card), "매출 Sales") {
		t.Errorf("the picker %q offers %s", d.Title, d.Card)
	}
	if err := o.SubmitDialog(teamstest.Minji, "Share to a channel", map[string]string{"bapsang.value": teamstest.General}); err != nil {
		t.Fatal(err)
	}
	if a := o.last().Action; a == nil || a.Name != bot.ActionShare || a.Value != teamstest.General || a.Question != "q-1" {
		t.Errorf("the share is %+v", a)
	}
	if n := len(o.bots(m.Conversation)); n != 1 {
		t.Errorf("%d messages, though only who pressed is answered", n)
	}
	// While Teams does not say who is where, who shares is told to do it again, and not that
	// they may not.
	stop := o.Fault(teamstest.Fault{Op: "members.get", Status: 500})
	o.press(teamstest.Minji, m, "Share")
	o.until("that there is nowhere", func() bool {
		return slices.ContainsFunc(o.Notes(teamstest.Minji), func(n string) bool { return strings.Contains(n, "in no channel") })
	})
	o.Tell(teamstest.Minji, m.Conversation, "invoke", map[string]any{"name": "task/submit", "value": map[string]any{"data": dataOf(t, bot.ActionShare, teamstest.General)}, "replyToId": m.ID})
	shared := len(o.settled())
	stop()
	if a := o.last().Action; shared != 2 || a.Value != teamstest.General {
		t.Errorf("shared while Teams did not say who is where: %d events, %+v", shared, a)
	}
	// Whoever makes up another place, or is not in the team, shares nothing.
	before := len(o.settled())
	o.Tell(teamstest.Minji, teamstest.Minji, "message", map[string]any{"value": dataOf(t, bot.ActionShare, "19:elsewhere@thread.tacv2"), "replyToId": "1"})
	o.Tell(teamstest.Outsider, teamstest.Outsider, "message", map[string]any{"value": dataOf(t, bot.ActionShare, teamstest.General), "replyToId": "1"})
	o.Tell(teamstest.Newcomer, teamstest.Newcomer, "message", map[string]any{"value": dataOf(t, bot.ActionShare, teamstest.General), "replyToId": "1"})
	if n := len(o.settled()); n != before {
		t.Errorf("shared: %+v", o.last())
	}
	o.until("the sentence", func() bool { return len(o.bots(teamstest.Minji)) == 1 })
	if text := teamstest.Text(o.bots(teamstest.Minji)[0]); !strings.Contains(text, "공유할 수 없어요") {
		t.Errorf("Minji reads %s", text)
	}
}

func TestTeamsOwnThumbs(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true})
	m, asked := o.show(teamstest.Minji, teamstest.Minji, answering("ko"))
	o.stop()
	o.restart() // what a message answers is known after that, too
	for _, c := range []struct{ reaction, why, want string }{
		{"like", "", bot.ActionGood}, {"dislike", "", bot.ActionBad}, {"dislike", "반품이 빠졌어요", bot.ActionWrong},
	} {
		if err := o.Feedback(teamstest.Minji, m, c.reaction, c.why); err != nil {
			t.Fatal(err)
		}
		ev := o.last()
		if ev.Kind != bot.EventAction {
			t.Fatalf("%s is %+v; log:\n%s", c.reaction, ev, o.log)
		}
		if a := *ev.Action; a.Name != c.want || a.Text != c.why || a.Question != "q-1" || ev.Thread != asked.Thread {
			t.Errorf("%s %q is %+v", c.reaction, c.why, a)
		}
	}
	// Microsoft's emulator sends the text as it is.
	o.Tell(teamstest.Minji, teamstest.Minji, "invoke", map[string]any{"name": "message/submitAction", "replyToId": m.ID, "value": map[string]any{
		"actionName": "feedback", "actionValue": map[string]any{"reaction": "dislike", "feedback": "plain words"},
	}})
	if a := o.last().Action; a.Name != bot.ActionWrong || a.Text != "plain words" {
		t.Errorf("plain words are %+v", a)
	}
	before := len(o.settled())
	o.Tell(teamstest.Minji, teamstest.Minji, "invoke", map[string]any{"name": "message/submitAction", "replyToId": "1", "value": map[string]any{
		"actionName": "feedback", "actionValue": map[string]any{"reaction": "like"},
	}})
	if n := len(o.settled()); n != before {
		t.Errorf("a thumb of an unknown message is %+v", o.last())
	}
}

func TestAButtonThatNobodyKnows(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true})
	o.Tell(teamstest.Minji, teamstest.Minji, "message", map[string]any{"value": map[string]any{"another": "app"}, "replyToId": "1"})
	o.until("a sentence", func() bool { return len(o.bots(teamstest.Minji)) == 1 })
	if text := teamstest.Text(o.bots(teamstest.Minji)[0]); !strings.Contains(text, "쓸 수 없어요") {
		t.Errorf("Minji reads %s", text)
	}
	if n := o.desk.called(); n != 0 {
		t.Errorf("the desk was called %d times", n)
	}
}
