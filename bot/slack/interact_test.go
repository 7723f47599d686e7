package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/blocks"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// answered is a thread in which somebody asked, and a message of ours that answers.
func (r *rig) answered(user string, msg bot.Message) (bot.Thread, slacktest.Message) {
	r.t.Helper()
	m := r.Say(user, slacktest.Sales, r.Mention()+" 지난달 매출")
	got := r.settled()
	thread := got[len(got)-1].Thread
	if _, err := r.driver.Post(r.t.Context(), thread, msg); err != nil {
		r.t.Fatalf("post: %v", err)
	}
	replies := r.Messages(slacktest.Sales, m.TS)
	if len(replies) < 2 {
		r.t.Fatalf("the answer is not shown: %+v", replies)
	}
	return thread, replies[len(replies)-1]
}

// find returns the id and value of the n-th thing in m that does an action.
func find(t *testing.T, actions []slacktest.Action, name string) (id, value string) {
	t.Helper()
	for _, a := range actions {
		if p, ok := blocks.ParseAction(a.ID, a.Value); ok && p.Name == name {
			return a.ID, a.Value
		}
	}
	t.Fatalf("nothing does %q among %+v", name, actions)
	return "", ""
}

// press has user press what does an action in m.
func (r *rig) press(user string, m slacktest.Message, name string, times int) {
	r.t.Helper()
	id, value := find(r.t, slacktest.Actions(m), name)
	if _, err := r.Press(user, m, id, slacktest.Pressing{Value: value, Times: times}); err != nil {
		r.t.Fatal(err)
	}
}

// told are the sentences that only user saw.
func (r *rig) told(user string) []string {
	var out []string
	for _, m := range r.Ephemeral(user) {
		out = append(out, m.Text)
	}
	return out
}

func TestButtonsBecomeActions(t *testing.T) {
	r := start(t, slacktest.Options{})
	msg := bottest.Messages()["clarify-ko"]
	thread, m := r.answered(slacktest.Minji, msg)
	r.press(slacktest.Alex, m, bot.ActionChoose, 3)
	got := r.settled()
	if len(got) != 2 {
		t.Fatalf("got %d events: %+v", len(got), got)
	}
	ev := got[1]
	want := bot.Action{Name: bot.ActionChoose, Question: msg.Question, Value: msg.Buttons[0].Value}
	if ev.Kind != bot.EventAction || ev.Action == nil || !reflect.DeepEqual(*ev.Action, want) || ev.Thread != thread || ev.Message != m.TS || ev.User.ID != slacktest.Alex {
		t.Errorf("got %+v (%+v), want %+v in %+v", ev, ev.Action, want, thread)
	}
	r.press(slacktest.Alex, m, bot.ActionChoose, 1)
	if got := r.settled(); len(got) != 3 {
		t.Errorf("pressed again: %d events", len(got))
	}
}

// What one person sees leads on to what that person alone sees, and a direct message to
// its own thread.
func TestButtonsLeadBackToTheirPlace(t *testing.T) {
	r := start(t, slacktest.Options{})
	private := bot.Thread{Platform: slack.Platform, Workspace: r.Team(), Channel: slacktest.Sales, Only: slacktest.Minji}
	msg := bottest.Messages()["refusal-ko"]
	if _, err := r.driver.Post(t.Context(), private, msg); err != nil {
		t.Fatal(err)
	}
	r.press(slacktest.Minji, r.Ephemeral(slacktest.Minji)[0], bot.ActionAsk, 1)
	if ev := r.only(); ev.Thread != private || ev.Action.Value != msg.Suggestions[0] {
		t.Errorf("got %+v in %+v", ev.Action, ev.Thread)
	}
	m := r.Say(slacktest.Minji, r.DM(slacktest.Minji), "매출")
	got := r.settled()
	direct := got[len(got)-1].Thread
	if _, err := r.driver.Post(t.Context(), direct, msg); err != nil {
		t.Fatal(err)
	}
	r.press(slacktest.Minji, r.Messages(m.Channel, m.TS)[1], bot.ActionAnalyst, 1)
	got = r.settled()
	if ev := got[len(got)-1]; ev.Thread != direct || !ev.Thread.Direct || ev.Thread.ID != m.TS || ev.Action.Value != "people" {
		t.Errorf("got %+v in %+v, want %+v", ev.Action, ev.Thread, direct)
	}
}

func TestVerdictIsThanked(t *testing.T) {
	r := start(t, slacktest.Options{})
	_, m := r.answered(slacktest.Minji, bottest.Messages()["answer-ko"])
	r.press(slacktest.Minji, m, bot.ActionGood, 1)
	got := r.settled()
	if len(got) != 2 || got[1].Action.Name != bot.ActionGood {
		t.Fatalf("got %+v", got)
	}
	r.until("thanks", func() bool { return len(r.told(slacktest.Minji)) == 1 })
	if said := r.told(slacktest.Minji)[0]; !strings.Contains(said, "고마워요") {
		t.Errorf("said %q", said)
	}
}

func TestFailedPressIsTold(t *testing.T) {
	r := start(t, slacktest.Options{})
	_, m := r.answered(slacktest.Alex, bottest.Messages()["answer-en"])
	r.desk.answer(func(context.Context, bot.Event) error { return errors.New("disk full") })
	r.press(slacktest.Alex, m, bot.ActionGood, 1)
	r.until("a sentence", func() bool { return len(r.told(slacktest.Alex)) == 1 })
	if said := r.told(slacktest.Alex)[0]; !strings.Contains(said, "press it again") || strings.Contains(said, "disk") {
		t.Errorf("said %q", said)
	}
}

func TestReasonIsAskedFor(t *testing.T) {
	r := start(t, slacktest.Options{})
	msg := bottest.Messages()["answer-ko"]
	thread, m := r.answered(slacktest.Minji, msg)
	r.press(slacktest.Minji, m, bot.ActionWrong, 1)
	r.until("a modal", func() bool { return len(r.Modals(slacktest.Minji)) == 1 })
	if shown := slacktest.ViewText(r.Modals(slacktest.Minji)[0].Raw); !strings.Contains(shown, "어디가 틀렸는지") {
		t.Errorf("the modal says %q", shown)
	}
	if err := r.Submit(slacktest.Minji, map[string]string{"text": " 제주가 빠졌어요 "}); err != nil {
		t.Fatal(err)
	}
	r.until("the modal closed", func() bool { return len(r.Modals(slacktest.Minji)) == 0 })
	got := r.settled()
	if len(got) != 2 {
		t.Fatalf("got %+v", got)
	}
	ev, want := got[1], bot.Action{Name: bot.ActionWrong, Question: msg.Question, Text: "제주가 빠졌어요"}
	if !reflect.DeepEqual(*ev.Action, want) || ev.Thread != thread || ev.Message != m.TS {
		t.Errorf("got %+v, %+v", ev, ev.Action)
	}
	r.until("thanks", func() bool { return len(r.told(slacktest.Minji)) == 1 })
}

// What could not be taken stays in the modal, with a sentence.
func TestUntakenSubmissionStaysOpen(t *testing.T) {
	r := start(t, slacktest.Options{})
	_, m := r.answered(slacktest.Minji, bottest.Messages()["answer-ko"])
	r.press(slacktest.Minji, m, bot.ActionWrong, 1)
	r.until("a modal", func() bool { return len(r.Modals(slacktest.Minji)) == 1 })
	r.desk.answer(func(context.Context, bot.Event) error { return errors.New("disk full") })
	submit := func() {
		if err := r.Submit(slacktest.Minji, map[string]string{"text": "제주가 빠졌어요"}); err != nil {
			t.Fatal(err)
		}
	}
	submit()
	r.until("a complaint", func() bool { return len(r.Complaints()) == 1 })
	for _, said := range r.Complaints() {
		if !strings.Contains(said, "다시 보내") {
			t.Errorf("said %q", said)
		}
	}
	r.desk.answer(nil)
	submit()
	r.until("the modal closed", func() bool { return len(r.Modals(slacktest.Minji)) == 0 })
	if got := r.settled(); len(got) != 2 || got[1].Action.Text != "제주가 빠졌어요" {
		t.Errorf("got %+v", got)
	}
}

// A form that lacks something, or is not taken, stays open with all that was filled in.
func TestForms(t *testing.T) {
	r := start(t, slacktest.Options{})
	msg := bottest.Digests()["form-ko"]
	people := &msg.Buttons[0].Form.Fields[5]
	people.Value = slacktest.Alex + ",U0GONE0000" // one who has left: Slack refuses the form with them
	_, m := r.answered(slacktest.Minji, msg)
	r.press(slacktest.Minji, m, bot.ActionSubscription, 3)
	r.until("a modal", func() bool { return len(r.Modals(slacktest.Minji)) == 1 })
	modal := r.Modals(slacktest.Minji)[0]
	if shown := slacktest.ViewText(modal.Raw); modal.Title != "발송 설정" || !strings.Contains(shown, "다음 발송") || !strings.Contains(shown, "저장") || !strings.Contains(shown, "화요일") {
		t.Errorf("the modal is %q: %s", modal.Title, shown)
	}
	submit := func(name string) {
		t.Helper()
		if err := r.Submit(slacktest.Minji, map[string]string{"field.name": name}); err != nil {
			t.Fatal(err)
		}
	}
	submit("  ")
	r.until("a complaint", func() bool { return strings.Contains(r.Complaints()["field.name"], "채워") })
	r.desk.answer(func(context.Context, bot.Event) error { return errors.New("disk full") })
	submit("새 이름")
	r.until("another complaint", func() bool { return strings.Contains(r.Complaints()["field.note"], "다시 보내") })
	if got := r.settled(); len(got) != 1 {
		t.Fatalf("the desk has %+v", got)
	}
	r.desk.answer(nil)
	submit("새 이름")
	r.until("the modal closed", func() bool { return len(r.Modals(slacktest.Minji)) == 0 })
	got := r.settled()
	if len(got) != 2 || got[1].Action.Value != "s-1" || got[1].Action.Values["name"] != "새 이름" || got[1].Action.Values["people"] != slacktest.Alex || got[1].Action.Values["day"] != "mon" {
		t.Errorf("got %+v", got[len(got)-1].Action)
	}
}

func TestAnswerIsShared(t *testing.T) {
	r := start(t, slacktest.Options{})
	msg := bottest.Messages()["answer-en"]
	msg.Buttons = append(msg.Buttons, bot.Button{Action: bot.ActionShare, Label: "Share"})
	_, m := r.answered(slacktest.Alex, msg)
	r.press(slacktest.Alex, m, bot.ActionShare, 1)
	r.until("a modal", func() bool { return len(r.Modals(slacktest.Alex)) == 1 })
	if err := r.Submit(slacktest.Alex, map[string]string{"channel": slacktest.General}); err != nil {
		t.Fatal(err)
	}
	r.until("an action", func() bool { return len(r.desk.got()) == 2 })
	want := bot.Action{Name: bot.ActionShare, Question: msg.Question, Value: slacktest.General}
	if got := r.settled()[1]; !reflect.DeepEqual(*got.Action, want) {
		t.Errorf("got %+v", got.Action)
	}
}

func TestSQLIsShownAtOnce(t *testing.T) {
	r := start(t, slacktest.Options{}, func(c *slack.Config) {
		c.SQL = func(_ context.Context, question string) ([]bot.SQL, error) {
			if question == "q-broken" {
				return nil, errors.New("no such question")
			}
			return []bot.SQL{{Result: "r1", Source: "shop", Text: "SELECT '<!channel>' FROM orders -- " + question}}, nil
		}
	})
	msg := bottest.Messages()["answer-ko"]
	msg.Buttons = append(msg.Buttons, bot.Button{Action: bot.ActionSQL, Label: "SQL"})
	_, m := r.answered(slacktest.Minji, msg)
	r.press(slacktest.Minji, m, bot.ActionSQL, 2) // Slack may say it twice
	r.until("a modal", func() bool { return len(r.Modals(slacktest.Minji)) == 1 })
	if shown := slacktest.ViewText(r.Modals(slacktest.Minji)[0].Raw); !strings.Contains(shown, "SELECT '<!channel>' FROM orders -- "+msg.Question) {
		t.Errorf("the modal shows %q", shown)
	}
	if got := r.settled(); len(got) != 1 {
		t.Errorf("the desk hears of it: %+v", got[1:])
	}
	msg.Question = "q-broken"
	_, m = r.answered(slacktest.Minji, msg)
	r.press(slacktest.Minji, m, bot.ActionSQL, 1)
	r.until("a sentence", func() bool { return len(r.told(slacktest.Minji)) == 1 })
	if said := r.told(slacktest.Minji)[0]; !strings.Contains(said, "SQL") || strings.Contains(said, "no such") {
		t.Errorf("said %q", said)
	}
}

// In a channel that companies share, others see the answer and no more.
func TestWhatLiesBehindIsForOurs(t *testing.T) {
	r := start(t, slacktest.Options{}, func(c *slack.Config) {
		c.Admit = func(p bot.Person) bool { return p.Standing == bot.Member }
		c.SQL = func(context.Context, string) ([]bot.SQL, error) { return []bot.SQL{{Text: "SELECT 1"}}, nil }
		c.CSV = func(_ context.Context, _, _ string, w io.Writer) error {
			_, err := io.WriteString(w, "a\n1\n")
			return err
		}
	})
	m := r.Say(slacktest.Minji, slacktest.Shared, r.Mention()+" 매출")
	msg := bottest.Messages()["answer-ko"]
	msg.Buttons = append(msg.Buttons, bot.Button{Action: bot.ActionSQL, Label: "SQL"})
	if _, err := r.driver.Post(t.Context(), r.only().Thread, msg); err != nil {
		t.Fatal(err)
	}
	replies := r.Messages(slacktest.Shared, m.TS)
	answer := replies[len(replies)-1]
	r.press(slacktest.External, answer, bot.ActionSQL, 1)
	r.press(slacktest.External, answer, bot.ActionCSV, 1)
	r.until("two sentences", func() bool { return len(r.told(slacktest.External)) == 2 })
	r.press(slacktest.Minji, answer, bot.ActionSQL, 1)
	r.until("a modal", func() bool { return len(r.Modals(slacktest.Minji)) == 1 })
	if n := len(r.Modals(slacktest.External)); n != 0 || len(r.Messages(slacktest.Shared, m.TS)) != len(replies) {
		t.Errorf("%d modals; the thread is %+v", n, r.Messages(slacktest.Shared, m.TS))
	}
	if told := strings.Join(r.told(slacktest.External), " "); strings.Count(told, "구성원만") != 2 {
		t.Errorf("told %q", told)
	}
}

func TestCSVGoesWhereTheAnswerIs(t *testing.T) {
	r := start(t, slacktest.Options{}, func(c *slack.Config) {
		c.CSV = func(_ context.Context, question, result string, w io.Writer) error {
			if question == "q-broken" {
				_, _ = io.WriteString(w, "half of it")
				return errors.New("disk broke")
			}
			_, err := fmt.Fprintf(w, "지역,매출\n경기도,%s/%s\n", question, result)
			return err
		}
	})
	msg := bottest.Messages()["answer-ko"]
	_, m := r.answered(slacktest.Minji, msg)
	r.press(slacktest.Minji, m, bot.ActionCSV, 3)
	var files []string
	r.until("a file", func() bool {
		files = nil
		for _, reply := range r.Messages(slacktest.Sales, m.ThreadTS) {
			for _, id := range reply.Files {
				if f, ok := r.File(id); ok && strings.HasSuffix(f.Name, ".csv") {
					files = append(files, id)
				}
			}
		}
		return len(files) > 0
	})
	r.settled()
	if len(files) != 1 {
		t.Errorf("there are %d files", len(files))
	}
	if f, _ := r.File(files[0]); f.Name != "bapsang-r1.csv" || string(f.Content) != "지역,매출\n경기도,"+msg.Question+"/r1\n" {
		t.Errorf("the file is %q: %q", f.Name, f.Content)
	}
	msg.Question = "q-broken"
	_, m = r.answered(slacktest.Minji, msg)
	r.press(slacktest.Minji, m, bot.ActionCSV, 1)
	r.until("a sentence", func() bool { return len(r.told(slacktest.Minji)) == 1 })
	if said := r.told(slacktest.Minji)[0]; !strings.Contains(said, "CSV") {
		t.Errorf("said %q", said)
	}
}

func TestMessageShortcutAsks(t *testing.T) {
	r := start(t, slacktest.Options{})
	file := r.Drop(slacktest.Alex, "sales.csv", []byte("a,b\n1,2\n"))
	m := r.Say(slacktest.Alex, slacktest.Sales, "what of *this*?", slacktest.Saying{Files: []string{file}})
	if got := r.settled(); len(got) != 0 {
		t.Fatalf("talk between others is heard: %+v", got)
	}
	r.Shortcut(slacktest.Minji, "analyse", m)
	ev := r.only()
	if ev.Kind != bot.EventMessage || !ev.Addressed || ev.User.ID != slacktest.Minji || ev.Thread.ID != m.TS || ev.Thread.Channel != slacktest.Sales {
		t.Errorf("got %+v", ev)
	}
	if len(ev.Files) != 1 || ev.Files[0].ID != file || ev.Files[0].Name != "sales.csv" || !strings.Contains(ev.Text, "what of") {
		t.Errorf("got files %+v, text %q", ev.Files, ev.Text)
	}
	r.Shortcut(slacktest.Minji, "another", m)
	if got := r.settled(); len(got) != 1 {
		t.Errorf("another shortcut: %+v", got[1:])
	}
}

func TestGlobalShortcutAsksPrivately(t *testing.T) {
	r := start(t, slacktest.Options{})
	r.Shortcut(slacktest.Minji, "ask", slacktest.Message{})
	r.until("a modal", func() bool { return len(r.Modals(slacktest.Minji)) == 1 })
	if err := r.Submit(slacktest.Minji, map[string]string{"text": "지난달 매출"}); err != nil {
		t.Fatal(err)
	}
	r.until("a question", func() bool { return len(r.desk.got()) == 1 })
	ev := r.only()
	if ev.Kind != bot.EventMessage || !ev.Addressed || ev.Text != "지난달 매출" || ev.Thread != bot.Direct(slack.Platform, r.Team(), slacktest.Minji) {
		t.Errorf("got %+v", ev)
	}
}

func TestCommands(t *testing.T) {
	r := start(t, slacktest.Options{})
	r.Command(slacktest.Minji, slacktest.Sales, "/bapsang", " 지난달 매출 &amp; 반품 ")
	ev := r.only()
	want := bot.Thread{Platform: slack.Platform, Workspace: r.Team(), Channel: slacktest.Sales, Only: slacktest.Minji}
	if ev.Kind != bot.EventCommand || ev.Text != "지난달 매출 & 반품" || ev.Thread != want || ev.User.ID != slacktest.Minji {
		t.Errorf("got %+v", ev)
	}
	if told := r.told(slacktest.Minji); len(told) != 0 {
		t.Errorf("the acknowledgement says %q", told)
	}
	r.desk.answer(func(context.Context, bot.Event) error { return errors.New("disk full") })
	r.Command(slacktest.Minji, slacktest.Sales, "/bapsang", "도움말")
	r.until("a sentence", func() bool { return len(r.told(slacktest.Minji)) == 1 })
	if said := r.told(slacktest.Minji)[0]; !strings.Contains(said, "다시 보내") {
		t.Errorf("said %q", said)
	}
}

// Where we are no member, the one who gave a command is answered in place.
func TestCommandsAreAnsweredInPlace(t *testing.T) {
	r := start(t, slacktest.Options{Channels: []slacktest.Channel{{ID: "C0WITHOUTUS", Name: "without-us", Members: []string{slacktest.Minji}}}})
	r.Command(slacktest.Minji, "C0WITHOUTUS", "/bapsang", "도움말")
	thread := r.only().Thread
	for i := range 6 {
		msg := bottest.Messages()["clarify-ko"]
		msg.Key = fmt.Sprint("key ", i)
		ref, err := r.driver.Post(t.Context(), thread, msg)
		if err != nil || ref.ID == "" || (ref.Thread == thread) != (i < 5) { // the address takes five
			t.Fatalf("message %d is at %+v: %v", i, ref, err)
		}
	}
	if told := r.Ephemeral(slacktest.Minji); len(told) != 5 || slacktest.Text(told[0]) == "" {
		t.Errorf("%d messages are seen in the channel: %+v", len(told), told)
	}
	if direct := r.All(r.DM(slacktest.Minji)); len(direct) != 1 {
		t.Errorf("%d messages went to the person's own conversation", len(direct))
	}
	id, value := find(t, slacktest.Actions(r.Ephemeral(slacktest.Minji)[0]), bot.ActionChoose)
	if _, err := r.Press(slacktest.Minji, r.Ephemeral(slacktest.Minji)[0], id, slacktest.Pressing{Value: value}); err != nil {
		t.Fatal(err)
	}
	if got := r.settled(); len(got) != 2 || got[1].Thread != thread {
		t.Errorf("a press there is %+v", got[len(got)-1])
	}
}

func TestHome(t *testing.T) {
	r := start(t, slacktest.Options{}, func(c *slack.Config) { c.Prompts = prompts })
	r.OpenHome(slacktest.Minji, "home")
	r.until("a home", func() bool { return string(r.Home(slacktest.Minji)) != "null" })
	home := r.Home(slacktest.Minji)
	if shown := slacktest.ViewText(home); !strings.Contains(shown, "무엇이 궁금하세요") || !strings.Contains(shown, "지난달 매출") {
		t.Errorf("the home says %q", shown)
	}
	r.OpenHome(slacktest.Minji, "home") // it is there already
	r.OpenHome(slacktest.Alex, "home")
	r.until("another home", func() bool { return string(r.Home(slacktest.Alex)) != "null" })
	if shown := slacktest.ViewText(r.Home(slacktest.Alex)); !strings.Contains(shown, "What would you like") {
		t.Errorf("Alex's home says %q", shown)
	}
	var view struct{ ID string }
	if err := json.Unmarshal(home, &view); err != nil {
		t.Fatal(err)
	}
	id, value := find(t, slacktest.ViewActions(home), bot.ActionAsk)
	if _, err := r.PressView(slacktest.Minji, view.ID, id, slacktest.Pressing{Value: value}); err != nil {
		t.Fatal(err)
	}
	ev := r.only()
	if ev.Action == nil || !reflect.DeepEqual(*ev.Action, bot.Action{Name: bot.ActionAsk, Value: "지난달 매출"}) || ev.Thread != bot.Direct(slack.Platform, r.Team(), slacktest.Minji) {
		t.Errorf("got %+v %+v", ev, ev.Action)
	}
	r.stop() // waits for all that was begun
	if n := len(r.Calls("views.publish")); n != 2 {
		t.Errorf("published %d times for two people", n)
	}
}

func prompts(language string) []string {
	if language == "ko" {
		return []string{"지난달 매출", "지역별 매출", "반품률", "신규 고객", "한 가지 더"}
	}
	return []string{"revenue last month"}
}

func TestSuggestedPrompts(t *testing.T) {
	r := start(t, slacktest.Options{}, func(c *slack.Config) { c.Prompts = prompts })
	r.OpenHome(slacktest.Minji, "messages")
	r.until("prompts", func() bool { return len(r.Prompts(slacktest.Minji)) > 0 })
	if got := r.Prompts(slacktest.Minji); len(got) != 4 || got[0].Message != "지난달 매출" {
		t.Errorf("got %+v", got)
	}
	r.StartAssistant(slacktest.Alex)
	r.until("prompts", func() bool { return len(r.Prompts(slacktest.Alex)) > 0 })
	if got := r.Prompts(slacktest.Alex); got[0].Message != "revenue last month" {
		t.Errorf("got %+v", got)
	}
	for range 3 {
		r.OpenHome(slacktest.Minji, "messages")
	}
	if got := r.settled(); len(got) != 0 {
		t.Errorf("the desk hears of it: %+v", got)
	}
	r.stop() // waits for all that was begun
	if n := len(r.Calls("assistant.threads.setSuggestedPrompts")); n != 2 {
		t.Errorf("%d calls for two people", n)
	}
}

// All of it once more over sockets, where an acknowledgement carries the reply.
func TestSocketInteractions(t *testing.T) {
	r := startSocket(t, slacktest.Options{})
	_, m := r.answered(slacktest.Minji, bottest.Messages()["answer-ko"])
	r.press(slacktest.Minji, m, bot.ActionWrong, 1)
	r.until("a modal", func() bool { return len(r.Modals(slacktest.Minji)) == 1 })
	var mu sync.Mutex
	fail := true
	r.desk.answer(func(context.Context, bot.Event) error {
		mu.Lock()
		defer mu.Unlock()
		if fail {
			fail = false
			return errors.New("disk full")
		}
		return nil
	})
	for range 2 {
		if err := r.Submit(slacktest.Minji, map[string]string{"text": "제주"}); err != nil {
			t.Fatal(err)
		}
		r.settled()
	}
	r.until("the modal closed", func() bool { return len(r.Modals(slacktest.Minji)) == 0 })
	if len(r.Complaints()) != 1 {
		t.Errorf("complained %v", r.Complaints())
	}
	if got := r.settled(); len(got) != 2 || got[1].Action.Text != "제주" {
		t.Errorf("got %+v", got)
	}
}

func TestOddInteractions(t *testing.T) {
	r := start(t, slacktest.Options{})
	user := fmt.Sprintf(`"user":{"id":%q},"team":{"id":%q},"trigger_id":"1.2.3","channel":{"id":%q}`, slacktest.Minji, r.Team(), slacktest.Sales)
	for _, payload := range []string{
		`{"type":"block_actions",` + user + `}`,
		`{"type":"block_actions",` + user + `,"actions":[{"action_id":"link","type":"button"}]}`,
		`{"type":"block_actions",` + user + `,"actions":"none","message":[]}`,
		`{"type":"block_suggestion",` + user + `}`,
		`{"type":"view_closed",` + user + `,"view":{"id":"V1"}}`,
		`{"type":"view_submission",` + user + `,"view":{"id":"V1","callback_id":"another","state":{"values":{}}}}`,
		`{"type":"view_submission",` + user + `,"view":{"id":"V1","callback_id":"bapsang.ask","private_metadata":"{","state":{"values":{"text":{"text":{"value":"x"}}}}}}`,
		`{"type":"view_submission",` + user + `,"view":{"id":"V1","callback_id":"bapsang.ask","private_metadata":"{}","state":{"values":{"text":{"text":{"value":"x"}}}}}}`,
		`{"type":"message_action","callback_id":"analyse",` + user + `}`,
		`{"type":"something_new",` + user + `}`,
	} {
		resp, body := r.send(request{path: "/slack/interactions", kind: "application/x-www-form-urlencoded", body: form("payload", payload)})
		if resp.StatusCode != http.StatusOK || body != "" {
			t.Errorf("%s: status %d %s", payload, resp.StatusCode, body)
		}
	}
	if n := r.desk.called(); n != 0 {
		t.Errorf("the desk got %d events of it: %+v", n, r.desk.got())
	}
	// A button of ours that we no longer understand says so.
	payload := `{"type":"block_actions",` + user + `,"actions":[{"action_id":"bapsang.0.ask","value":"{","type":"button","action_ts":"1"}]}`
	if resp, _ := r.send(request{path: "/slack/interactions", kind: "application/x-www-form-urlencoded", body: form("payload", payload)}); resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	r.until("a sentence", func() bool { return len(r.told(slacktest.Minji)) == 1 })
}
