package slacktest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
	"github.com/bapsang/bapsang/bot/standin"
)

func TestPressing(t *testing.T) {
	t.Parallel()
	clock := standin.NewManual(time.Now())
	s := slacktest.Start(t, slacktest.Options{Clock: clock, NoRates: true})
	a := newApp(t, s)
	api := client(t, s)
	root := s.Say(slacktest.Minji, slacktest.Sales, "root")
	posted := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "thread_ts": root.TS, "text": "x", "blocks": []any{
		actions(withField(button(0), "value", "q1"), withField(button(1), "value", "q2")),
		obj{"type": "context_actions", "elements": []any{obj{
			"type": "feedback_buttons", "action_id": "rate", "positive_button": obj{"text": plain(1), "value": "good"}, "negative_button": obj{"text": plain(1), "value": "bad"},
		}}},
	}})
	m := s.Messages(slacktest.Sales, root.TS)[1]
	if got := slacktest.Actions(m); len(got) != 4 || got[0].ID != "a0" || got[3].Value != "bad" {
		t.Errorf("actions %+v", got)
	}
	if _, err := s.Press(slacktest.Minji, m, "nothing"); err == nil || !strings.Contains(err.Error(), "a0 q1") {
		t.Errorf("a button that is not there: %v", err)
	}
	trigger, err := s.Press(slacktest.Minji, m, "a0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	got := a.got()
	form, err := url.ParseQuery(string(got[slices.IndexFunc(got, func(r request) bool { return r.path == "/slack/interactions" })].body))
	if err != nil {
		t.Fatal(err)
	}
	var cb slack.InteractionCallback
	if err := json.Unmarshal([]byte(form.Get("payload")), &cb); err != nil {
		t.Fatal(err)
	}
	act := cb.ActionCallback.BlockActions[0]
	if cb.Type != slack.InteractionTypeBlockActions || act.ActionID != "a0" || act.Value != "q1" || cb.TriggerID != trigger || cb.Container.ThreadTs != root.TS ||
		cb.Message.Timestamp != posted["ts"] || cb.User.ID != slacktest.Minji || cb.Channel.ID != slacktest.Sales || cb.Team.ID != s.Team() {
		t.Errorf("got %s", form.Get("payload"))
	}
	respond := func(body string) (int, string) {
		status, text, err := put(t, cb.ResponseURL, "application/json", body)
		if err != nil {
			t.Fatal(err)
		}
		return status, text
	}
	for _, body := range []string{`{"text":"only you"}`, `{"text":"all","response_type":"in_channel"}`, `{"replace_original":true,"text":"replaced"}`, `{"text":"4"}`, `{"text":"5"}`} {
		if status, text := respond(body); status != 200 {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	if status, text := respond(`{"text":"6"}`); status != 404 || !strings.Contains(text, "used_url") {
		t.Errorf("the sixth: %d %s", status, text)
	}
	if got := s.Messages(slacktest.Sales, root.TS)[1].Text; got != "replaced" || len(s.Ephemeral(slacktest.Minji)) != 3 {
		t.Errorf("%q and %d whispers", got, len(s.Ephemeral(slacktest.Minji)))
	}
	view := slack.ModalViewRequest{Type: "modal", Title: slack.NewTextBlockObject("plain_text", "Why", false, false), Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}}}
	clock.Advance(3*time.Second + 1)
	_, err = api.OpenViewContext(t.Context(), trigger, view)
	wantCode(t, err, "expired_trigger_id")
	_, err = api.OpenViewContext(t.Context(), "1.2.3", view)
	wantCode(t, err, "invalid_trigger_id")
}

func TestModals(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	m := s.Say(slacktest.Minji, slacktest.Sales, "root")
	view := obj{
		"type": "modal", "callback_id": "wrong", "private_metadata": "q-1", "title": plain(3), "submit": plain(2), "blocks": []any{obj{
			"type": "input", "block_id": "why", "label": plain(2), "element": obj{"type": "plain_text_input", "action_id": "reason"},
		}},
	}
	if got := call(t, s, "views.open", obj{"trigger_id": s.Shortcut(slacktest.Minji, "x", m), "view": view}); got["ok"] != true {
		t.Fatal(got)
	}
	if open := s.Modals(slacktest.Minji); len(open) != 1 || open[0].CallbackID != "wrong" || open[0].Metadata != "q-1" {
		t.Fatalf("modals %+v", open)
	}
	if err := s.Submit(slacktest.Minji, nil); err == nil {
		t.Error("an empty input can be submitted")
	}
	if err := s.Submit(slacktest.Minji, map[string]string{"reason": "x", "other": "y"}); err == nil {
		t.Error("an input that is not there can be filled in")
	}
	a.mu.Lock()
	a.reply = func(request) (int, string) { return 200, `{"response_action":"errors","errors":{"why":"too short"}}` }
	a.mu.Unlock()
	submit := func(text string) {
		t.Helper()
		if err := s.Submit(slacktest.Minji, map[string]string{"reason": text}); err != nil {
			t.Fatal(err)
		}
		if err := s.Idle(soon(t)); err != nil {
			t.Fatal(err)
		}
	}
	submit("no")
	if len(s.Modals(slacktest.Minji)) != 1 || s.Complaints()["why"] != "too short" {
		t.Errorf("%v %v", s.Modals(slacktest.Minji), s.Complaints())
	}
	a.mu.Lock()
	a.reply = nil
	a.mu.Unlock()
	submit("because")
	got := a.got()
	form, _ := url.ParseQuery(string(got[len(got)-1].body))
	var cb slack.InteractionCallback
	if err := json.Unmarshal([]byte(form.Get("payload")), &cb); err != nil {
		t.Fatal(err)
	}
	if cb.Type != slack.InteractionTypeViewSubmission || cb.View.State.Values["why"]["reason"].Value != "because" || cb.View.PrivateMetadata != "q-1" {
		t.Errorf("got %s", form.Get("payload"))
	}
	if open := s.Modals(slacktest.Minji); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	home := obj{"type": "home", "blocks": []any{section(obj{"accessory": button(1)})}}
	if got := call(t, s, "views.publish", obj{"user_id": slacktest.Alex, "view": home}); got["ok"] != true {
		t.Fatal(got)
	}
	if got := slacktest.ViewActions(s.Home(slacktest.Alex)); len(got) != 1 || got[0].ID != "a1" {
		t.Errorf("home %+v", got)
	}
	if _, err := s.PressView(slacktest.Alex, "home", "a1"); err != nil {
		t.Error(err)
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	a.reply = func(request) (int, string) { return 200, `{"text":"help is here"}` }
	s.Command(slacktest.Minji, slacktest.Closed, "/bapsang", "help me")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	form, _ := url.ParseQuery(string(a.got()[0].body))
	if form.Get("text") != "help me" || form.Get("user_id") != slacktest.Minji || form.Get("trigger_id") == "" || a.got()[0].path != "/slack/commands" {
		t.Errorf("got %v", form)
	}
	if got := s.Ephemeral(slacktest.Minji); len(got) != 1 || got[0].Text != "help is here" || got[0].Channel != slacktest.Closed {
		t.Errorf("got %+v", got)
	}
}

func TestModalIsClosed(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	m := s.Say(slacktest.Minji, slacktest.Sales, "x")
	view := obj{"type": "modal", "title": obj{"type": "plain_text", "text": "SQL"}, "notify_on_close": true, "blocks": []any{section(obj{"text": obj{"type": "mrkdwn", "text": "SELECT 1"}})}}
	if got := call(t, s, "views.open", obj{"trigger_id": s.Shortcut(slacktest.Minji, "x", m), "view": view}); got["ok"] != true {
		t.Fatal(got)
	}
	if got := slacktest.ViewText(s.Modals(slacktest.Minji)[0].Raw); got != "SQL\nSELECT 1" {
		t.Errorf("read %q", got)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	s.CloseModal(slacktest.Minji)
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if got := a.got(); len(s.Modals(slacktest.Minji)) != 0 || !strings.Contains(string(got[len(got)-1].body), "view_closed") {
		t.Errorf("got %s", got[len(got)-1].body)
	}
}

func TestWhoGetsNoAnswerIsTold(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	m := s.Say(slacktest.Minji, slacktest.Sales, "x")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	a.reply = func(request) (int, string) { return http.StatusInternalServerError, "" }
	a.mu.Unlock()
	s.Command(slacktest.Minji, slacktest.Sales, "/bapsang", "help")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	s.Shortcut(slacktest.Minji, "ask", m)
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if got := s.Troubles(slacktest.Minji); len(got) != 2 || !strings.Contains(got[0], "/bapsang failed") || len(a.got()) != 3 {
		t.Errorf("%q after %d requests", got, len(a.got()))
	}
}

func TestInputsOfAMessageGoWithAPress(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x", "blocks": []any{
		obj{"type": "input", "block_id": "why", "label": plain(1), "element": obj{"type": "plain_text_input", "action_id": "reason", "max_length": 5}}, actions(button(0)),
	}})
	m := s.All(slacktest.Sales)[0]
	if _, err := s.Press(slacktest.Minji, m, "a0", slacktest.Pressing{State: map[string]string{"reason": "too long"}}); err == nil {
		t.Error("more than max_length can be typed")
	}
	if _, err := s.Press(slacktest.Minji, m, "a0", slacktest.Pressing{State: map[string]string{"reason": "short"}, Times: 2}); err != nil {
		t.Fatal(err)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range a.got() {
		form, _ := url.ParseQuery(string(r.body))
		var cb slack.InteractionCallback
		if json.Unmarshal([]byte(form.Get("payload")), &cb) == nil && cb.BlockActionState.Values["why"]["reason"].Value == "short" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d came", n)
	}
}
