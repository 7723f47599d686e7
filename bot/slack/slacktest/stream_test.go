package slacktest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
	"github.com/bapsang/bapsang/bot/standin"
)

func TestStreamLife(t *testing.T) {
	t.Parallel()
	clock := standin.NewManual(time.Now())
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
	clock := standin.NewManual(time.Now())
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
