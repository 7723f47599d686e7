package slack_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// formOpened has Minji open the form of a message, and returns the dialog.
func formOpened(t *testing.T, r *rig) slacktest.Modal {
	t.Helper()
	_, m := r.answered(slacktest.Minji, bottest.Digests()["form-ko"])
	r.press(slacktest.Minji, m, bot.ActionSubscription, 1)
	r.until("a modal", func() bool { return len(r.Modals(slacktest.Minji)) == 1 })
	return r.Modals(slacktest.Minji)[0]
}

// sends submits a dialog with the text in the input called name, below Slack's own
// bounds, and returns the reply.
func (r *rig) sends(modal slacktest.Modal, name, text string) (int, string) {
	r.t.Helper()
	block := map[string]any{"type": "input", "block_id": "field.name"}
	payload, err := json.Marshal(map[string]any{
		"type": "view_submission", "user": map[string]any{"id": slacktest.Minji}, "team": map[string]any{"id": r.Team()},
		"view": map[string]any{
			"id": modal.ID, "callback_id": modal.CallbackID, "private_metadata": modal.Metadata, "blocks": []any{block, map[string]any{"type": "section", "block_id": "field.x"}},
			"state": map[string]any{"values": map[string]any{name: map[string]any{name: map[string]any{"type": "plain_text_input", "value": text}}}},
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	resp, body := r.send(request{path: "/slack/interactions", kind: "application/x-www-form-urlencoded", body: form("payload", string(payload))})
	return resp.StatusCode, body
}

// What was filled in is taken once, by however many processes; what was changed since is
// taken, too.
func TestSubmissionsAreTakenOnce(t *testing.T) {
	t.Parallel()
	r := start(t, slacktest.Options{})
	modal := formOpened(t, r)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if status, body := r.sends(modal, "field.name", "주간 매출"); status != http.StatusOK || body != "" {
				t.Errorf("status %d %s", status, body)
			}
		})
	}
	wg.Wait()
	if got := r.settled(); len(got) != 2 || got[1].Action.Values["name"] != "주간 매출" {
		t.Fatalf("the desk has %+v", got)
	}
	other := start(t, slacktest.Options{}) // after the first was killed before it could answer
	other.desk.seen = map[string]bool{}
	for _, ev := range r.desk.got() {
		other.desk.seen[ev.ID] = true
	}
	for i, name := range []string{"주간 매출", "월간 매출", "월간 매출"} {
		if status, body := other.sends(modal, "field.name", name); status != http.StatusOK || body != "" {
			t.Errorf("%d: status %d %s", i, status, body)
		}
	}
	if got := other.settled(); len(got) != 1 || got[0].Action.Values["name"] != "월간 매출" {
		t.Errorf("the other desk has %+v", got)
	}
}

// A submission that was acknowledged too late was taken all the same. What is sent when
// the person tried again with another text is not lost behind it.
func TestLateSubmissionsLoseNothing(t *testing.T) {
	t.Parallel()
	r := startHasty(t)
	modal := formOpened(t, r)
	gate := make(chan struct{})
	r.desk.answer(func(context.Context, bot.Event) error { <-gate; return nil })
	if status, _ := r.sends(modal, "field.name", "처음"); status == http.StatusOK {
		t.Error("what is not on disk is acknowledged")
	}
	close(gate)
	r.until("the first is taken", func() bool { return len(r.desk.got()) == 2 })
	if status, body := r.sends(modal, "field.name", "다시"); status != http.StatusOK || body != "" {
		t.Errorf("status %d %s", status, body)
	}
	if got := r.settled(); len(got) != 3 || got[1].Action.Values["name"] != "처음" || got[2].Action.Values["name"] != "다시" {
		t.Errorf("the desk has %+v", got)
	}
}

func TestOddSubmissions(t *testing.T) {
	t.Parallel()
	r := start(t, slacktest.Options{})
	modal := formOpened(t, r)
	for _, c := range []struct{ block, text, want string }{
		{"field.name", strings.Repeat("매출", 1700), strings.Repeat("매출", 1700)}, // 10 KB
		{"field.name", norm.NFD.String("한글 이름"), "한글 이름"},
		{"field.name", "<!channel> **x** | \u0000>", "<!channel> **x** | \u0000>"},
		{"field.name", " \u3000\t", ""}, {"field.other", "x", ""}, {"field.x", "x", ""}, {"name", "x", ""}, {"field.<!here>", "x", ""},
	} {
		before := len(r.settled())
		status, body := r.sends(modal, c.block, c.text)
		got := r.settled()[before:]
		switch {
		case status != http.StatusOK:
			t.Errorf("%s %.20q: status %d", c.block, c.text, status)
		case c.want == "" && (len(got) > 0 || !strings.Contains(body, `"field.name"`)):
			t.Errorf("%s %.20q: told %s, the desk has %+v", c.block, c.text, body, got)
		case c.want != "" && (len(got) != 1 || got[0].Action.Values["name"] != c.want || len(got[0].Action.Values) != 1):
			t.Errorf("%s %.20q: the desk has %+v", c.block, c.text, got)
		}
	}
}

// Those who are still there stay in a form; where nobody can be shown, that is said.
func TestPeopleOfForms(t *testing.T) {
	t.Parallel()
	msg := bottest.Digests()["form-ko"]
	people := &msg.Buttons[0].Form.Fields[5]
	people.Value = strings.Join([]string{slacktest.Alex, "U0GONE0000", slacktest.Guest, slacktest.Gone}, ",")
	for _, c := range []struct {
		refuses string // Slack takes no form with it
		want    string
		hint    bool
	}{{"U0GONE0000", `["` + slacktest.Alex + `","` + slacktest.Guest + `"]`, false}, {"initial_users", "", true}} {
		r := start(t, slacktest.Options{})
		r.Fault(slacktest.Fault{Method: "views.open", Error: "invalid_arguments", If: func(_ string, args map[string]string) bool {
			return strings.Contains(args["view"], c.refuses)
		}})
		_, m := r.answered(slacktest.Minji, msg)
		r.press(slacktest.Minji, m, bot.ActionSubscription, 1)
		r.until("a modal", func() bool { return len(r.Modals(slacktest.Minji)) == 1 })
		raw := string(r.Modals(slacktest.Minji)[0].Raw)
		if hint := strings.Contains(raw, "다시 골라"); hint != c.hint || c.want != "" && !strings.Contains(raw, c.want) || strings.Contains(raw, "U0GONE0000") {
			t.Errorf("hint %v; the modal is %s", hint, raw)
		}
	}
}

// Whoever presses too late for Slack is told to press again.
func TestFormsThatDoNotOpenAreTold(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"expired_trigger_id", "exchanged_trigger_id", "view_too_large", "invalid_arguments"} {
		r := start(t, slacktest.Options{})
		r.Fault(slacktest.Fault{Method: "views.open", Error: code})
		_, m := r.answered(slacktest.Minji, bottest.Digests()["form-ko"])
		r.press(slacktest.Minji, m, bot.ActionSubscription, 1)
		r.until("a sentence", func() bool { return len(r.told(slacktest.Minji)) == 1 })
		if said := r.told(slacktest.Minji)[0]; !strings.Contains(said, "다시 눌러") {
			t.Errorf("%s: said %q", code, said)
		}
	}
}

// A form whose message somebody has deleted since is taken: what becomes of it is not
// Slack's to say.
func TestFormsOutliveTheirMessage(t *testing.T) {
	t.Parallel()
	r := start(t, slacktest.Options{})
	modal := formOpened(t, r)
	replies := r.All(slacktest.Sales)
	answer := replies[len(replies)-1]
	r.Delete(answer)
	r.settled()
	if status, body := r.sends(modal, "field.name", "주간"); status != http.StatusOK || body != "" {
		t.Errorf("status %d %s", status, body)
	}
	got := r.settled()
	if ev := got[len(got)-1]; ev.Action == nil || ev.Action.Values["name"] != "주간" || ev.Message != answer.TS {
		t.Errorf("the desk has %+v", ev)
	}
}

// digestFaults are ways in which Slack can stand between a digest and its readers.
func digestFaults() map[string]slacktest.Fault {
	out := map[string]slacktest.Fault{
		"post lost":   {Method: "chat.postMessage", After: true, Times: 1},
		"post broken": {Method: "chat.postMessage", Reset: true, Times: 2},
		"no files":    {Method: "files.*", Error: "missing_scope", Needed: "files:write"},
	}
	for _, method := range []string{"files.getUploadURLExternal", "files.completeUploadExternal", "files.info"} {
		out[method] = slacktest.Fault{Method: method, Error: "internal_error"}
	}
	out["upload"] = slacktest.Fault{Method: "upload", Status: http.StatusInternalServerError}
	return out
}

// A digest goes out once, whatever becomes of its charts and whichever process sends it.
func TestDigestsGoOutOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range digestFaults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := startOut(t, slacktest.Options{Scale: 600})
			o.Fault(fault)
			thread := bot.Thread{Platform: "slack", Workspace: o.Team(), Channel: slacktest.General}
			msg := bottest.Digests()["digest-ko"]
			msg.Key = "digest " + name
			var first bot.Ref
			for i := range 3 { // each by a process that knows nothing of the others
				msg.Again = i > 0
				ref, err := o.Post(t.Context(), thread, msg)
				if err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					first = ref
				}
				if ref != first {
					t.Errorf("process %d has it at %+v, not at %+v", i, ref, first)
				}
				o.restart()
			}
			all := o.All(slacktest.General)
			if len(all) != 1 || !strings.Contains(slacktest.Text(all[0]), "블랙프라이데이") {
				t.Errorf("%d messages: %+v", len(all), all)
			}
		})
	}
}

// A process that dies between the parts of a long message leaves the rest to the next.
func TestTheRestFollowsAfterACrash(t *testing.T) {
	t.Parallel()
	o := startOut(t, slacktest.Options{Scale: 600})
	thread := o.asked(slacktest.Minji, slacktest.Sales)
	_, answer := question(1, "ko")
	answer.Text += strings.Repeat(" 매출은 지역과 채널에 따라 다르게 움직였습니다.", 700)
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	o.Fault(slacktest.Fault{Method: "chat.postMessage", Error: "internal_error", If: func(_ string, args map[string]string) bool {
		second := strings.Contains(args["metadata"], "#2") && ctx.Err() == nil
		if second {
			kill()
		}
		return second
	}})
	if _, err := o.Post(ctx, thread, answer); err == nil {
		t.Fatal("the second part did not fail")
	}
	if n := len(o.bots(thread)); n != 1 {
		t.Fatalf("%d parts are there", n)
	}
	answer.Again = true
	want := 0
	for i := range 3 {
		o.restart()
		if _, err := o.Post(t.Context(), thread, answer); err != nil {
			t.Fatal(err)
		}
		got := o.bots(thread)
		if want == 0 {
			want = len(got)
		}
		if len(got) < 2 || len(got) != want {
			t.Errorf("process %d leaves %d parts, want %d", i, len(got), want)
		}
	}
}
