package teams_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// subscribing is a message whose button asks for every kind of field.
func subscribing(language string) bot.Message {
	return bot.Message{
		Kind: bot.KindNotice, Language: language, Question: "q-1", Text: "매주 받기",
		Buttons: []bot.Button{{Action: bot.ActionSubscription, Value: "s-7", Label: "이 발송 설정", Form: &bot.Form{
			Title: "이 발송 설정", Note: "**언제** 받을지 고르세요.", Submit: "저장",
			Fields: []bot.FormField{
				{Name: "name", Label: "이름", Kind: bot.FieldText, Value: "월요일 달력", Hint: "예: 마케팅 주간"},
				{Name: "note", Label: "메모", Kind: bot.FieldLong, Optional: true},
				{Name: "from", Label: "시작", Kind: bot.FieldDate, Value: "2026-11-27"},
				{Name: "at", Label: "시각", Kind: bot.FieldTime, Value: "09:00"},
				{Name: "often", Label: "얼마나 자주", Kind: bot.FieldChoice, Value: "week", Choices: []bot.Choice{{Value: "day", Label: "매일"}, {Value: "week", Label: "매주"}}},
				{Name: "days", Label: "요일", Kind: bot.FieldChoices, Value: "mon", Choices: []bot.Choice{{Value: "mon", Label: "월"}, {Value: "thu", Label: "목"}}},
				{Name: "who", Label: "받는 사람", Kind: bot.FieldPeople, Optional: true},
			},
		}}},
	}
}

// A form is filled in in a dialog, in a person's chat and in a channel, and becomes one
// action with what stands in its fields. Only who presses sees any of it.
func TestFormsAreFilledInInDialogs(t *testing.T) {
	t.Parallel()
	for _, where := range []string{teamstest.Minji, teamstest.Group, teamstest.Sales} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			o := open(t, teamstest.Options{NoRates: true})
			m, asked := o.show(teamstest.Minji, where, subscribing("ko"))
			o.press(teamstest.Minji, m, "이 발송 설정")
			o.until("the dialog", func() bool { _, open := o.Dialog(teamstest.Minji); return open })
			if n := len(o.settled()); n != 1 {
				t.Errorf("opening it is %d events", n-1)
			}
			d, _ := o.Dialog(teamstest.Minji)
			if text := teamstest.CardText(d.Card); d.Title != "이 발송 설정" || !strings.Contains(text, "언제 받을지") || !strings.Contains(text, "받는 사람") {
				t.Errorf("%q reads %s", d.Title, text)
			}
			if err := o.SubmitDialog(teamstest.Minji, "저장", map[string]string{"bapsang.field.name": ""}); err == nil {
				t.Error("Teams lets people leave out what is required")
			}
			err := o.SubmitDialog(teamstest.Minji, "저장", map[string]string{
				"bapsang.field.note": " 한 줄\n두 줄 ", "bapsang.field.from": "2026-12-01", "bapsang.field.days": "thu,mon",
				"bapsang.field.who": strings.ToUpper(minjiObject) + "," + object(2),
			})
			if err != nil {
				t.Fatal(err)
			}
			ev := o.last()
			want := bot.Action{Name: bot.ActionSubscription, Question: "q-1", Value: "s-7", Values: map[string]string{
				"name": "월요일 달력", "note": "한 줄\n두 줄", "from": "2026-12-01", "at": "09:00", "often": "week", "days": "mon,thu", "who": minjiObject + "," + object(2),
			}}
			if ev.Kind != bot.EventAction || !reflect.DeepEqual(*ev.Action, want) || ev.Message != m.ID || ev.Thread != asked.Thread || ev.User.ID != minjiObject {
				t.Errorf("it is %+v %+v,\nwant %+v of %s in %+v", ev, ev.Action, want, m.ID, asked.Thread)
			}
			o.until("the dialog is closed", func() bool { _, open := o.Dialog(teamstest.Minji); return !open })
			if len(o.Troubles(teamstest.Minji)) > 0 || len(o.Complaints()) > 0 || len(o.bots(m.Conversation)) != 1 {
				t.Errorf("troubles %q, complaints %q, %d messages", o.Troubles(teamstest.Minji), o.Complaints(), len(o.bots(m.Conversation)))
			}
		})
	}
}

// What a client made up is told in the dialog, with everything as it was filled in, and
// nobody hears of it. What cannot be made durable can be sent again.
func TestFormsAreChecked(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true})
	m, _ := o.show(teamstest.Minji, teamstest.Minji, subscribing("ko"))
	o.press(teamstest.Minji, m, "이 발송 설정")
	o.until("the dialog", func() bool { _, open := o.Dialog(teamstest.Minji); return open })
	before := len(o.settled())
	d, _ := o.Dialog(teamstest.Minji)
	submit := func(change map[string]any) map[string]any {
		data := map[string]any{"bapsang.field.name": "달력", "bapsang.field.from": "2026-12-01", "bapsang.field.at": "09:00", "bapsang.field.often": "day", "bapsang.field.days": "mon"}
		for _, a := range teamstest.CardActions(d.Card) {
			if a.Kind == "Action.Submit" {
				data["bapsang"] = decoded(t, a.Data)["bapsang"]
			}
		}
		for k, v := range change {
			data["bapsang.field."+k] = v
		}
		return o.invoked("task/submit", map[string]any{"data": data})
	}
	for name, change := range map[string]map[string]any{
		"nothing": {"name": " \n"}, "no date": {"from": "어제"}, "no day": {"from": "2026-02-30"}, "no time": {"at": "25:00"}, "not offered": {"often": "hour"},
		"not offered, of several": {"days": "mon,fri"}, "not a person": {"who": "28:app"}, "too long": {"name": strings.Repeat("가", 501)}, "no text": {"name": 7, "from": nil},
	} {
		reply := string(marshalled(t, submit(change)))
		if !strings.Contains(reply, `"continue"`) || !strings.Contains(reply, "다시 봐 주세요") || name != "no text" && !strings.Contains(reply, `"2026-`) && !strings.Contains(reply, "09:00") {
			t.Errorf("%s is answered %.300s", name, reply)
		}
	}
	if n := len(o.settled()); n != before {
		t.Fatalf("%d were taken: %+v", n-before, o.last())
	}
	o.desk.answer(func(context.Context, bot.Event) error { return errors.New("disk full") })
	if reply := string(marshalled(t, submit(nil))); !strings.Contains(reply, "다시 눌러") {
		t.Errorf("what is not taken is answered %s", reply)
	}
	o.desk.answer(nil)
	submit(map[string]any{"name": "또"})
	if a := o.last().Action; a == nil || a.Values["name"] != "또" || a.Values["note"] != "" {
		t.Errorf("then it is %+v", a)
	}
}

// A client that knows no dialogs is asked by a message.
func TestFormsWithoutDialogs(t *testing.T) {
	t.Parallel()
	o := open(t, teamstest.Options{NoRates: true})
	m, _ := o.show(teamstest.Minji, teamstest.Minji, subscribing("en"))
	for _, a := range teamstest.Actions(m) {
		o.Tell(teamstest.Minji, teamstest.Minji, "message", map[string]any{"value": a.Data, "replyToId": m.ID})
	}
	o.until("the form", func() bool { return len(o.bots(teamstest.Minji)) == 2 })
	form := o.bots(teamstest.Minji)[1]
	o.press(teamstest.Minji, form, "저장", teamstest.Pressing{Inputs: map[string]string{"bapsang.field.often": "day"}})
	ev := o.last()
	if ev.Action == nil || ev.Action.Values["often"] != "day" || ev.Message != m.ID {
		t.Errorf("it is %+v of %s, want it of %s", ev.Action, ev.Message, m.ID)
	}
}
