package slacktest_test

import (
	"encoding/json"
	"testing"

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

func TestReplyToWhatWasDeleted(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	gone, kept := s.Say(slacktest.Minji, slacktest.Sales, "x"), s.Say(slacktest.Minji, slacktest.Sales, "y")
	reply := func(root slacktest.Message) any {
		t.Helper()
		got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "answer", "thread_ts": root.TS})
		if got["ok"] != true {
			t.Fatal(got)
		}
		return got["message"].(obj)["thread_ts"]
	}
	s.Delete(gone)
	if got := reply(gone); got != nil || len(s.Messages(slacktest.Sales, "")) != 2 {
		t.Errorf("in thread %v, %d outside threads", got, len(s.Messages(slacktest.Sales, "")))
	}
	if got := reply(kept); got != kept.TS {
		t.Errorf("in thread %v", got)
	}
	s.Delete(kept) // it has a reply: what is left of it keeps the thread
	if got := reply(kept); got != kept.TS || len(s.Messages(slacktest.Sales, kept.TS)) != 2 {
		t.Errorf("in thread %v, %d there", got, len(s.Messages(slacktest.Sales, kept.TS)))
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
