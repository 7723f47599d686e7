package slacktest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

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
		{"another app's mention", func() { s.Say(slacktest.Robot, slacktest.Sales, s.Mention()+" beep") }, "app_mention message"},
		{"edited", func() { s.Edit(m, "ho") }, "message.message_changed"},
		{"edited into a mention", func() { s.Edit(m, s.Mention()+" ho") }, "app_mention message.message_changed"},
		{"unfurled", func() { s.Unfurl(m, "https://x.example") }, "message.message_changed"},
		{"deleted", func() { s.Delete(m) }, "message.message_deleted"},
		{"a file", func() {
			s.Say(slacktest.Minji, slacktest.Sales, "", slacktest.Saying{Files: []string{s.Drop(slacktest.Minji, "a.csv", []byte("a"))}})
		}, "message.file_share"},
		{"three times", func() { s.Say(slacktest.Minji, slacktest.Sales, "hi", slacktest.Saying{Times: 3}) }, "message message message"},
		{"copies", func() { s.Say(slacktest.Minji, slacktest.Sales, s.Mention(), slacktest.Saying{Copies: 1}) }, "app_mention app_mention message message"},
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
