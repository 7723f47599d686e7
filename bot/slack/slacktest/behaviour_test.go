package slacktest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

func TestScopesAndTokens(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{Scopes: []string{"users:read"}})
	api := client(t, s)
	got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x"})
	if got["error"] != "missing_scope" || got["needed"] != "chat:write" || got["provided"] != "users:read" {
		t.Errorf("got %v", got)
	}
	if got := call(t, s, "conversations.history", obj{"channel": slacktest.Private}); got["needed"] != "groups:history" {
		t.Errorf("got %v", got)
	}
	user, err := api.GetUserInfoContext(t.Context(), slacktest.Minji)
	if err != nil || user.Profile.Email != "" {
		t.Errorf("without users:read.email an address is told: %v, %v", user, err)
	}
	s.Grant("users:read.email")
	user, err = api.GetUserInfoContext(t.Context(), slacktest.Minji)
	if err != nil || user.Profile.Email != "Minji.Kim@example.com" || user.Locale != "ko-KR" {
		t.Errorf("got %+v, %v", user, err)
	}
	s.Revoke("users:read")
	if got := call(t, s, "users.list", obj{}); got["error"] != "missing_scope" {
		t.Errorf("got %v", got)
	}
	s.KillToken("token_revoked")
	if _, err := api.AuthTestContext(t.Context()); err == nil {
		t.Error("a revoked token works")
	} else {
		wantCode(t, err, "token_revoked")
	}
	_, err = slack.New("xoxb-wrong", slack.OptionAPIURL(s.URL())).AuthTestContext(t.Context())
	wantCode(t, err, "invalid_auth")
	_, err = slack.New(s.AppToken(), slack.OptionAPIURL(s.URL())).AuthTestContext(t.Context())
	wantCode(t, err, "not_allowed_token_type")
	_, err = slack.New("", slack.OptionAPIURL(s.URL())).AuthTestContext(t.Context())
	wantCode(t, err, "not_authed")
}

func TestWhoPeopleAre(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{Enterprise: "E0GRID00001"})
	api := client(t, s)
	for id, want := range map[string]string{
		slacktest.Minji: "member", slacktest.Guest: "restricted", slacktest.Single: "ultra", slacktest.External: "stranger",
		slacktest.Robot: "bot", slacktest.Gone: "deleted",
	} {
		u, err := api.GetUserInfoContext(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got := "member"
		switch {
		case u.Deleted:
			got = "deleted"
		case u.IsBot:
			got = "bot"
		case u.IsStranger:
			got = "stranger"
		case u.IsUltraRestricted:
			got = "ultra"
		case u.IsRestricted:
			got = "restricted"
		}
		if got != want || (u.Enterprise.EnterpriseID == "E0GRID00001") != (id != slacktest.External && id != slacktest.Gone) {
			t.Errorf("%s is %s, grid %q; want %s", id, got, u.Enterprise.EnterpriseID, want)
		}
	}
	if u, err := api.GetUserByEmailContext(t.Context(), "MINJI.kim@example.com"); err != nil || u.ID != slacktest.Minji {
		t.Errorf("by e-mail: %v, %v", u, err)
	}
	_, err := api.GetUserByEmailContext(t.Context(), "erin@other.example")
	wantCode(t, err, "users_not_found")
}

func TestRates(t *testing.T) {
	t.Parallel()
	clock := slacktest.NewManual(time.Now())
	s := slacktest.Start(t, slacktest.Options{Clock: clock})
	post := func(channel string) obj { return call(t, s, "chat.postMessage", obj{"channel": channel, "text": "x"}) }
	for range 5 {
		if got := post(slacktest.Sales); got["ok"] != true {
			t.Fatalf("a short burst: %v", got)
		}
	}
	got := post(slacktest.Sales)
	if got["status"] != 429.0 && got["status"] != 429 || got["retry-after"] != "1" || got["error"] != "ratelimited" {
		t.Errorf("the sixth: %v", got)
	}
	if got := post(slacktest.General); got["ok"] != true {
		t.Errorf("another channel: %v", got)
	}
	clock.Advance(time.Second)
	if got := post(slacktest.Sales); got["ok"] != true {
		t.Errorf("a second later: %v", got)
	}
	if n := s.Refused()["chat.postMessage"]; n != 1 {
		t.Errorf("refused %d", n)
	}
	for i := range 21 {
		got := call(t, s, "users.list", obj{})
		if (got["ok"] == true) != (i < 20) {
			t.Errorf("call %d of tier 2: %v %v", i, got["error"], got["retry-after"])
		}
		if i == 20 && got["retry-after"] != "3" {
			t.Errorf("after %v", got["retry-after"])
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{NoRates: true})
	post := func() obj { return call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x"}) }
	count := func() int { return len(s.All(slacktest.Sales)) }

	stop := s.Fault(slacktest.Fault{Method: "chat.*", Reset: true})
	if got := post(); got["ok"] == true || count() != 0 {
		t.Errorf("a reset before: %v, %d messages", got, count())
	}
	stop()
	stop = s.Fault(slacktest.Fault{Method: "chat.postMessage", After: true, Times: 1})
	if got := post(); got["ok"] == true || count() != 1 {
		t.Errorf("a reset after: %v, %d messages", got, count())
	}
	if got := post(); got["ok"] != true || count() != 2 {
		t.Errorf("after its times: %v", got)
	}
	stop()
	stop = s.Fault(slacktest.Fault{Status: 503})
	if got := post(); got["status"] != 503 {
		t.Errorf("503: %v", got)
	}
	stop()
	stop = s.Fault(slacktest.Fault{Status: 429, RetryAfter: -1})
	if got := post(); got["status"] != 429.0 && got["status"] != 429 || got["retry-after"] != "" || got["error"] != "message_limit_exceeded" {
		t.Errorf("429 without a time: %v", got)
	}
	stop()
	stop = s.Fault(slacktest.Fault{Error: "ratelimited", If: func(_ string, args map[string]string) bool { return args["text"] == "x" }})
	if got := post(); got["status"] != 200 || got["error"] != "ratelimited" {
		t.Errorf("ratelimited with 200: %v", got)
	}
	if got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "y"}); got["ok"] != true {
		t.Errorf("another text: %v", got)
	}
	stop()
	defer s.Fault(slacktest.Fault{Error: "fatal_error", Chance: 0.5})()
	failed := 0
	for range 100 {
		if post()["error"] == "fatal_error" {
			failed++
		}
	}
	if failed < 30 || failed > 70 {
		t.Errorf("%d of 100 failed at a chance of a half", failed)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{Scale: 2000})
	a := newApp(t, s)
	a.reply = func(r request) (int, string) {
		if n := r.header.Get("X-Slack-Retry-Num"); n != "3" {
			return http.StatusInternalServerError, ""
		}
		return http.StatusOK, ""
	}
	s.Say(slacktest.Minji, slacktest.Sales, "x")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	var nums []string
	ids := map[any]bool{}
	for _, r := range a.got() {
		nums = append(nums, r.header.Get("X-Slack-Retry-Num")+r.header.Get("X-Slack-Retry-Reason"))
		ids[r.outer("event_id")] = true
	}
	if !slices.Equal(nums, []string{"", "1http_error", "2http_error", "3http_error"}) || len(ids) != 1 {
		t.Errorf("got %q of %d events", nums, len(ids))
	}
	if acks := s.Acks(); acks.Acked != 1 || acks.Late != 3 || acks.Lost != 0 {
		t.Errorf("acks %+v", acks)
	}
}

func TestNoRetry(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{Scale: 2000})
	calls := make(chan struct{}, 10)
	app := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls <- struct{}{}
		w.Header().Set("X-Slack-No-Retry", "1")
		w.WriteHeader(http.StatusForbidden)
	})}
	serve(t, s, app)
	s.Say(slacktest.Minji, slacktest.Sales, "x", slacktest.Saying{Times: 2})
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || s.Acks().Lost != 2 {
		t.Errorf("%d calls, %+v", len(calls), s.Acks())
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	a.reply = func(r request) (int, string) { return 200, fmt.Sprint(r.outer("challenge")) }
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	a.mu.Lock()
	a.reply = func(request) (int, string) { return 200, "hello" }
	a.mu.Unlock()
	if err := s.Verify(t.Context()); err == nil {
		t.Error("a wrong reply is taken")
	}
}

func TestWhatTheAppHears(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	hears := func(do func()) []string {
		t.Helper()
		before := len(a.got())
		do()
		if err := s.Idle(soon(t)); err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, r := range a.got()[before:] {
			e := r.event()
			kind := fmt.Sprint(e["type"])
			if sub, ok := e["subtype"]; ok {
				kind += "." + fmt.Sprint(sub)
			}
			kinds = append(kinds, kind)
		}
		slices.Sort(kinds)
		return kinds
	}
	var m slacktest.Message
	for _, c := range []struct {
		name string
		do   func()
		want string
	}{
		{"in a channel", func() { m = s.Say(slacktest.Minji, slacktest.Sales, "hi") }, "message"},
		{"a mention", func() { s.Say(slacktest.Minji, slacktest.Sales, s.Mention()+" hi") }, "app_mention message"},
		{"a mention where the bot is not", func() { s.Say(slacktest.Minji, slacktest.Closed, s.Mention()+" hi") }, ""},
		{"directly", func() { s.Say(slacktest.Minji, slacktest.Minji, s.Mention()+" hi") }, "message"},
		{"a robot", func() { s.Say(slacktest.Robot, slacktest.Sales, "beep") }, "message"},
		{"edited", func() { s.Edit(m, "ho") }, "message.message_changed"},
		{"unfurled", func() { s.Unfurl(m, "https://x.example") }, "message.message_changed"},
		{"deleted", func() { s.Delete(m) }, "message.message_deleted"},
		{"a file", func() {
			s.Say(slacktest.Minji, slacktest.Sales, "", slacktest.Saying{Files: []string{s.Drop(slacktest.Minji, "a.csv", []byte("a"))}})
		}, "message.file_share"},
		{"three times", func() { s.Say(slacktest.Minji, slacktest.Sales, "hi", slacktest.Saying{Times: 3}) }, "message message message"},
		{"home", func() { s.OpenHome(slacktest.Minji, "home") }, "app_home_opened"},
		{"assistant", func() { s.StartAssistant(slacktest.Minji) }, "assistant_thread_started"},
		{"somebody joins", func() { s.Join(slacktest.External, slacktest.General) }, "message.channel_join"},
		{"somebody leaves", func() { s.Leave(slacktest.External, slacktest.General) }, "member_left_channel"},
		{"the bot is removed", func() { s.Leave(s.BotUser(), slacktest.General) }, "channel_left member_left_channel"},
		{"nothing from there", func() { s.Say(slacktest.Minji, slacktest.General, s.Mention()) }, ""},
		{"archived", func() { s.Archive(slacktest.Alex, slacktest.Shared) }, "channel_archive"},
		{"limited", func() { s.Limited() }, "<nil>"},
		{"made up", func() { s.Emit(obj{"type": "x_event"}, "", 1) }, "x_event"},
		{"uninstalled", func() { s.Uninstall() }, "app_uninstalled tokens_revoked"},
		{"after that", func() { s.Say(slacktest.Minji, slacktest.Sales, "hi") }, ""},
	} {
		if got := strings.Join(hears(c.do), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEventShapes(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{Enterprise: "E0GRID00001"})
	a := newApp(t, s)
	last := func() request {
		t.Helper()
		if err := s.Idle(soon(t)); err != nil {
			t.Fatal(err)
		}
		got := a.got()
		return got[len(got)-1]
	}
	s.Say(slacktest.External, slacktest.Shared, "hi")
	r := last()
	e := r.event()
	if r.outer("is_ext_shared_channel") != true || e["user_team"] != slacktest.OtherTeam || e["source_team"] != slacktest.OtherTeam ||
		e["channel_type"] != "channel" || e["client_msg_id"] == nil || r.outer("context_enterprise_id") != "E0GRID00001" ||
		!strings.HasPrefix(fmt.Sprint(r.outer("event_context")), "4-") || !strings.Contains(fmt.Sprint(r.outer("authorizations")), s.BotUser()) {
		t.Errorf("got %s", r.body)
	}
	root := s.Say(slacktest.Minji, slacktest.Sales, "root")
	s.Say(slacktest.Alex, slacktest.Sales, "reply", slacktest.Saying{Thread: root.TS})
	if e := last().event(); e["thread_ts"] != root.TS || e["parent_user_id"] != slacktest.Minji {
		t.Errorf("got %v", e)
	}
	if got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "ours", "thread_ts": root.TS}); got["ok"] != true {
		t.Fatal(got)
	}
	if e := last().event(); e["bot_id"] == nil || e["app_id"] == nil || e["user"] != s.BotUser() || e["subtype"] != nil {
		t.Errorf("our own post comes back as %v", e)
	}
	s.Delete(root)
	if e := last().event(); e["subtype"] != "message_changed" || e["message"].(obj)["subtype"] != "tombstone" {
		t.Errorf("a deleted root leaves %v", e)
	}
	s.Say(slacktest.Minji, slacktest.Sales, "x", slacktest.Saying{Blocks: []any{obj{"type": "hologram", "size": 3}}})
	if raw := string(last().body); !strings.Contains(raw, `"hologram"`) {
		t.Errorf("got %s", raw)
	}
}

func TestStreamLife(t *testing.T) {
	t.Parallel()
	clock := slacktest.NewManual(time.Now())
	s := slacktest.Start(t, slacktest.Options{Clock: clock, NoRates: true})
	root := s.Say(slacktest.Minji, slacktest.Sales, "root")
	to := obj{"channel": slacktest.Sales, "thread_ts": root.TS}
	if got := call(t, s, "chat.startStream", to); got["error"] != "missing_recipient_user_id" {
		t.Errorf("got %v", got)
	}
	to["recipient_user_id"] = slacktest.Minji
	if got := call(t, s, "chat.startStream", to); got["error"] != "missing_recipient_team_id" {
		t.Errorf("got %v", got)
	}
	to["recipient_team_id"] = s.Team()
	ts := call(t, s, "chat.startStream", to)["ts"]
	at := func(extra obj) obj {
		o := obj{"channel": slacktest.Sales, "ts": ts}
		for k, v := range extra {
			o[k] = v
		}
		return o
	}
	chunk := func(o obj) obj { return at(obj{"chunks": []any{o}}) }
	for _, c := range []struct {
		code string
		body obj
	}{
		{"markdown_text_or_chunks_required", at(nil)},
		{"cannot_provide_both_markdown_text_and_chunks", at(obj{"markdown_text": "x", "chunks": []any{obj{"type": "markdown_text", "text": "x"}}})},
		{"msg_too_long", at(obj{"markdown_text": letters(12001)})},
		{"invalid_chunks", chunk(obj{"type": "task_update", "id": "1", "title": "t"})},
		{"invalid_chunks", chunk(obj{"type": "task_update", "id": "1", "title": letters(257), "status": "pending"})},
		{"invalid_chunks", chunk(obj{"type": "task_update", "id": "1", "title": "t", "status": "done"})},
		{"invalid_chunks", chunk(obj{"type": "song"})},
		{"invalid_blocks", chunk(obj{"type": "blocks", "blocks": []any{obj{"type": "rocket"}}})},
		{"", chunk(obj{"type": "blocks", "blocks": []any{obj{"type": "alert", "text": mrkdwn(1)}}})},
		{"streaming_mode_mismatch", at(obj{"markdown_text": "x"})},
		{"", chunk(obj{"type": "task_update", "id": "1", "title": letters(256), "status": "in_progress", "details": "one "})},
		{"", chunk(obj{"type": "task_update", "id": "1", "title": "t", "status": "complete", "details": "two"})},
	} {
		if got := call(t, s, "chat.appendStream", c.body); got["error"] != c.code && (c.code != "" || got["ok"] != true) {
			t.Errorf("%v: got %v", c.code, got)
		}
	}
	if got := call(t, s, "chat.update", at(obj{"text": "x"})); got["error"] != "streaming_state_conflict" {
		t.Errorf("update of a stream: %v", got)
	}
	m := s.Messages(slacktest.Sales, root.TS)[1]
	if !m.Stream || !strings.Contains(slacktest.Text(m), "one two") {
		t.Errorf("got %v %q", m.Stream, slacktest.Text(m))
	}
	clock.Advance(4*time.Minute + 59*time.Second)
	if got := call(t, s, "chat.appendStream", chunk(obj{"type": "markdown_text", "text": "x"})); got["ok"] != true {
		t.Errorf("within 5 minutes: %v", got)
	}
	clock.Advance(time.Second)
	for _, method := range []string{"chat.appendStream", "chat.stopStream"} {
		if got := call(t, s, method, chunk(obj{"type": "markdown_text", "text": "x"})); got["error"] != "message_not_in_streaming_state" {
			t.Errorf("%s after 5 minutes: %v", method, got)
		}
	}
	if got := call(t, s, "chat.update", at(obj{"text": "done"})); got["ok"] != true {
		t.Errorf("the update that mends it: %v", got)
	}
	ts = call(t, s, "chat.startStream", to)["ts"]
	s.StopSession(slacktest.Minji, slacktest.Sales, root.TS)
	if got := call(t, s, "chat.appendStream", at(obj{"markdown_text": "x"})); got["error"] != "stopped_by_user" {
		t.Errorf("after stop: %v", got)
	}
}

func TestAgents(t *testing.T) {
	t.Parallel()
	clock := slacktest.NewManual(time.Now())
	s := slacktest.Start(t, slacktest.Options{Clock: clock, Events: []string{"message.im"}})
	api := client(t, s)
	m := s.StartAssistant(slacktest.Minji)
	err := api.SetAssistantThreadsStatusContext(t.Context(), slack.AssistantThreadsSetStatusParameters{ChannelID: m.Channel, ThreadTS: m.TS, Status: "is reading"})
	if err != nil || s.Status(m.Channel, m.TS) != "is reading" {
		t.Errorf("got %q, %v", s.Status(m.Channel, m.TS), err)
	}
	clock.Advance(2*time.Minute + time.Second)
	if got := s.Status(m.Channel, m.TS); got != "" {
		t.Errorf("after two minutes: %q", got)
	}
	err = api.SetAssistantThreadsSuggestedPromptsContext(t.Context(), slack.AssistantThreadsSetSuggestedPromptsParameters{
		ChannelID: m.Channel, ThreadTS: m.TS, Prompts: []slack.AssistantThreadsPrompt{{Title: "Revenue", Message: "revenue last month"}},
	})
	if got := s.Prompts(slacktest.Minji); err != nil || len(got) != 1 || got[0].Message != "revenue last month" {
		t.Errorf("got %v, %v", got, err)
	}
	got := call(t, s, "agents.sessions.setStatus", obj{"channel_id": m.Channel, "thread_ts": m.TS, "status": "processing", "title": "Sales"})
	if got["ok"] != true || got["warning"] != "missing_agent_session_stopped_event_subscription" {
		t.Errorf("got %v", got)
	}
	if state, title := s.Session(m.Channel, m.TS); state != "processing" || title != "Sales" {
		t.Errorf("got %s %s", state, title)
	}
	if got := call(t, s, "agents.sessions.setStatus", obj{"channel_id": m.Channel, "thread_ts": m.TS, "status": "busy"}); got["error"] != "invalid_status" {
		t.Errorf("got %v", got)
	}
}

func TestPressing(t *testing.T) {
	t.Parallel()
	clock := slacktest.NewManual(time.Now())
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

func TestFilesAreProcessedLater(t *testing.T) {
	t.Parallel()
	clock := slacktest.NewManual(time.Now())
	s := slacktest.Start(t, slacktest.Options{Clock: clock, FileTime: 2 * time.Second})
	up := call(t, s, "files.getUploadURLExternal", obj{"filename": "a.png", "length": 4})
	if status, text, err := put(t, up["upload_url"], "application/octet-stream", "\x89PNG"); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s %v", status, text, err)
	}
	if got := call(t, s, "files.completeUploadExternal", obj{"files": []any{obj{"id": up["file_id"], "title": "chart"}}}); got["ok"] != true {
		t.Fatal(got)
	}
	post := func() obj {
		return call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x", "blocks": []any{
			obj{"type": "image", "alt_text": "a chart", "slack_file": obj{"id": up["file_id"]}},
		}})
	}
	wrong(t, post(), "", "invalid slack file")
	clock.Advance(2 * time.Second)
	if got := post(); got["ok"] != true {
		t.Errorf("once it is processed: %v", got)
	}
	if f, ok := s.File(fmt.Sprint(up["file_id"])); !ok || string(f.Content) != "\x89PNG" || f.Title != "chart" {
		t.Errorf("file %+v", f)
	}
	if got := slacktest.Text(s.All(slacktest.Sales)[0]); got != "a chart" {
		t.Errorf("read %q", got)
	}
}

func TestTextIsAllThatCanBeRead(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	blocks := []any{
		obj{"type": "header", "text": plain(2)},
		obj{"type": "section", "text": obj{"type": "mrkdwn", "text": "*Revenue*"}, "fields": []any{obj{"type": "plain_text", "text": "a field"}}},
		withField(dataTable([]any{[]any{text("City")}, []any{obj{"type": "raw_number", "value": 12.5, "text": "₩12.5"}}}), "caption", "Cities"),
		withField(pie(1, 1, 7), "title", "Shares"),
		actions(withField(button(0), "text", obj{"type": "plain_text", "text": "Dig deeper"})),
	}
	if got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "hidden", "blocks": blocks}); got["ok"] != true {
		t.Fatal(got)
	}
	want := "가가\n*Revenue*\na field\nCities\nCity\n₩12.5\nShares\n가 7\nDig deeper"
	if got := slacktest.Text(s.All(slacktest.Sales)[0]); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	said, err := s.Load(t.Context(), slacktest.Load{People: 60, Within: 200 * time.Millisecond, Channel: slacktest.Sales, Text: func(i int) string {
		return fmt.Sprint(s.Mention(), " question ", i)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if len(said) != 60 || len(a.got()) != 120 || s.Acks().Acked != 120 {
		t.Errorf("%d said, %d events, %+v", len(said), len(a.got()), s.Acks())
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	post := func(extra obj) slacktest.Message {
		t.Helper()
		body := obj{"channel": slacktest.Sales}
		for k, v := range extra {
			body[k] = v
		}
		if got := call(t, s, "chat.postMessage", body); got["ok"] != true {
			t.Fatal(got)
		}
		all := s.All(slacktest.Sales)
		return all[len(all)-1]
	}
	m := post(obj{"text": "&lt;!channel&gt; is escaped", "unfurl_links": false, "unfurl_media": false, "blocks": []any{
		obj{"type": "section", "text": obj{"type": "plain_text", "text": "<!here> is plain"}}, obj{"type": "table", "rows": []any{[]any{text("<!here>")}}},
	}})
	if p, l := slacktest.Pings(m), slacktest.Links(m); len(p)+len(l) != 0 || m.Unfurls {
		t.Errorf("calls %q, leads to %q, unfurls %v", p, l, m.Unfurls)
	}
	m = post(obj{"text": "<@" + slacktest.Alex + ">", "blocks": []any{
		obj{"type": "section", "text": obj{"type": "mrkdwn", "text": "<!channel> <https://a.example|here> https://b.example/x"}},
		obj{"type": "markdown", "text": "[c](https://c.example)"},
		actions(withField(button(0), "url", "https://d.example")),
	}})
	if got := fmt.Sprint(slacktest.Pings(m)); got != "[<!channel> <@"+slacktest.Alex+">]" {
		t.Errorf("calls %s", got)
	}
	if got := fmt.Sprint(slacktest.Links(m)); got != "[https://a.example https://b.example/x https://c.example https://d.example]" || !m.Unfurls {
		t.Errorf("leads to %s, unfurls %v", got, m.Unfurls)
	}
}

func TestLateAcknowledgement(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{Scale: 2000, AckWait: 700 * time.Millisecond})
	release := make(chan struct{})
	reasons := make(chan string, 10)
	serve(t, s, &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		reasons <- r.Header.Get("X-Slack-Retry-Reason")
		if r.Header.Get("X-Slack-Retry-Num") == "" {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
	})})
	s.Say(slacktest.Minji, slacktest.Sales, "x")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	close(release)
	if first, second := <-reasons, <-reasons; first != "" || second != "http_timeout" || s.Acks().Late != 1 || s.Acks().Acked != 1 {
		t.Errorf("reasons %q %q, %+v", first, second, s.Acks())
	}
	s.DeliverTo("http://127.0.0.1:1")
	s.Say(slacktest.Minji, slacktest.Sales, "x")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if a := s.Acks(); a.Lost != 1 {
		t.Errorf("acks %+v", a)
	}
}

func TestHistoryTellsMetadataOnRequest(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	newApp(t, s)
	call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x", "metadata": obj{"event_type": "answer", "event_payload": obj{"key": "k1"}}})
	for all, want := range map[bool]string{true: `{"event_payload":{"key":"k1"},"event_type":"answer"}`, false: `{"event_type":"answer"}`} {
		got := call(t, s, "conversations.history", obj{"channel": slacktest.Sales, "include_all_metadata": all})
		raw, _ := json.Marshal(got["messages"].([]any)[0].(obj)["metadata"])
		if string(raw) != want {
			t.Errorf("include_all_metadata %v: %s", all, raw)
		}
	}
}

func TestPeopleAndPlacesChange(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{
		Users:    []slacktest.User{{ID: "U0NEWCOMER1", Name: "new", Email: "new@example.com"}},
		Channels: []slacktest.Channel{{ID: "C0NEWPLACE1", Name: "new", Members: []string{"U0NEWCOMER1"}}},
		Scopes:   append(slacktest.DefaultScopes(), "reactions:read", "channels:join"), Events: append(slacktest.DefaultEvents(), "reaction_added"),
	})
	a := newApp(t, s)
	if got := call(t, s, "conversations.join", obj{"channel": "C0NEWPLACE1"}); got["ok"] != true {
		t.Fatal(got)
	}
	m := s.Say("U0NEWCOMER1", "C0NEWPLACE1", slacktest.Escape("1 < 2"))
	if got := slacktest.Text(m); got != "1 < 2" || m.Text != "1 &lt; 2" {
		t.Errorf("read %q, sent %q", got, m.Text)
	}
	if got := call(t, s, "reactions.add", obj{"channel": m.Channel, "timestamp": m.TS, "name": "eyes"}); got["ok"] != true {
		t.Error(got)
	}
	if got := call(t, s, "reactions.add", obj{"channel": m.Channel, "timestamp": m.TS, "name": "eyes"}); got["error"] != "already_reacted" {
		t.Error(got)
	}
	s.React("U0NEWCOMER1", m, "tada")
	if got := s.Reactions(m); len(got) != 2 || got["eyes"][0] != s.BotUser() || got["tada"][0] != "U0NEWCOMER1" {
		t.Errorf("reactions %v", got)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if got := a.got(); got[len(got)-1].event()["type"] != "reaction_added" {
		t.Errorf("got %s", got[len(got)-1].body)
	}
	s.SetUser(slacktest.User{ID: "U0NEWCOMER1", Name: "new", Deleted: true})
	s.SetChannel(slacktest.Channel{ID: "C0NEWPLACE1", Name: "new", Archived: true, Members: []string{s.BotUser()}})
	if got := call(t, s, "chat.postMessage", obj{"channel": "C0NEWPLACE1", "text": "x"}); got["error"] != "is_archived" {
		t.Error(got)
	}
	if got := call(t, s, "conversations.open", obj{"users": "U0NEWCOMER1"}); got["error"] != "user_disabled" {
		t.Error(got)
	}
	opened := call(t, s, "conversations.open", obj{"users": slacktest.Alex})
	if opened["channel"].(obj)["id"] != s.DM(slacktest.Alex) {
		t.Error(opened)
	}
	// What is posted to a person goes to the direct message.
	if got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Alex, "text": "psst"}); got["channel"] != s.DM(slacktest.Alex) {
		t.Error(got)
	}
	posts := s.Calls("chat.postMessage")
	if len(posts) != 2 || posts[0].Error != "is_archived" || posts[1].Error != "" || posts[1].Args["text"] != "psst" || len(s.Calls("")) != 7 {
		t.Errorf("calls %+v", posts)
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

func TestFaultsBesidesMethods(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{FilePolls: 1})
	upload := func(up obj) (int, error) {
		status, _, err := put(t, up["upload_url"], "application/octet-stream", "1234")
		return status, err
	}
	up := call(t, s, "files.getUploadURLExternal", obj{"filename": "a.png", "length": 4})
	stop := s.Fault(slacktest.Fault{Method: "upload", Reset: true})
	if _, err := upload(up); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("a reset: %v", err)
	}
	stop()
	stop = s.Fault(slacktest.Fault{Method: "upload", After: true})
	if _, err := upload(up); err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("a loss: %v", err)
	}
	stop()
	// It was taken all the same: once is all.
	if status, err := upload(up); err != nil || status != http.StatusNotFound {
		t.Errorf("again: %d, %v", status, err)
	}
	if got := call(t, s, "files.completeUploadExternal", obj{"files": []any{obj{"id": up["file_id"]}}}); got["ok"] != true {
		t.Error(got)
	}
}

func TestFilesOfOthersMustBeAskedFor(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	id := s.Drop(slacktest.External, "b.csv", []byte("x"))
	s.Say(slacktest.External, slacktest.Shared, "", slacktest.Saying{Files: []string{id}})
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	f := a.got()[0].event()["files"].([]any)[0].(obj)
	if f["file_access"] != "check_file_info" || f["url_private_download"] != nil || f["id"] != id {
		t.Errorf("got %v", f)
	}
	if got := call(t, s, "files.info", obj{"file": id}); got["file"].(obj)["name"] != "b.csv" {
		t.Errorf("got %v", got)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	s.Say(slacktest.Minji, slacktest.Sales, "x")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	s.Replay()
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if got := a.got(); len(got) != 2 || got[0].outer("event_id") != got[1].outer("event_id") {
		t.Errorf("got %d", len(got))
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

func TestWhispers(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	root := s.Say(slacktest.Minji, slacktest.Sales, "x")
	whisper := func(thread, user string) any {
		return call(t, s, "chat.postEphemeral", obj{"channel": slacktest.Sales, "user": user, "thread_ts": thread, "text": "psst"})["error"]
	}
	for user, code := range map[string]any{slacktest.Minji: nil, slacktest.External: "user_not_in_channel", "U0NOBODY000": "user_not_found"} {
		if got := whisper(root.TS, user); got != code {
			t.Errorf("to %s: %v", user, got)
		}
	}
	if got := s.Ephemeral(slacktest.Minji); len(got) != 0 {
		t.Errorf("seen in a thread that is none: %+v", got)
	}
	s.Say(slacktest.Alex, slacktest.Sales, "reply", slacktest.Saying{Thread: root.TS})
	if got := whisper(root.TS, slacktest.Minji); got != nil || len(s.Ephemeral(slacktest.Minji)) != 1 || len(s.Messages(slacktest.Sales, root.TS)) != 2 {
		t.Errorf("%v, seen %d", got, len(s.Ephemeral(slacktest.Minji)))
	}
	if got := whisper("", slacktest.Alex); got != nil || len(s.Ephemeral(slacktest.Alex)) != 1 {
		t.Errorf("%v, seen %d", got, len(s.Ephemeral(slacktest.Alex)))
	}
}
