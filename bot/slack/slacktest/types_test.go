package slacktest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// The types of Slack's own SDK, by type and subtype of an event.
const typed = `
import type * as S from "@slack/types";

// What Slack sends although its types do not name it there.
type More = { team?: string; app_id?: string; client_msg_id?: string; user_team?: string; source_team?: string; bot_profile?: object;
  user_profile?: object; reply_count?: number; reply_users?: string[]; reply_users_count?: number; latest_reply?: string; is_locked?: boolean;
  subscribed?: boolean; hidden?: boolean; parent_user_id?: string; upload?: boolean; display_as_bot?: boolean; streaming_state?: string; channel_type?: string };
type Said = Omit<S.GenericMessageEvent, "subtype" | "files" | "attachments"> & { files?: object[]; attachments?: object[] } & More;
type Inner = Omit<Said, "channel" | "channel_type" | "event_ts"> & { subtype?: "tombstone" };
type Of = {
  "message": Said;
  "message.file_share": Omit<S.FileShareMessageEvent, "files"> & { files?: object[] } & More;
  "message.message_changed": Omit<S.MessageChangedEvent, "message" | "previous_message"> & { message: Inner; previous_message: Inner };
  "message.message_deleted": Omit<S.MessageDeletedEvent, "previous_message"> & { previous_message: Inner };
  "message.channel_join": S.ChannelJoinMessageEvent;
  "app_mention": Omit<S.AppMentionEvent, "files"> & { files?: object[] } & More;
  "app_home_opened": S.AppHomeOpenedEvent;
  "assistant_thread_started": S.AssistantThreadStartedEvent;
  "agent_session_stopped": S.AgentSessionStoppedEvent;
  "app_uninstalled": S.AppUninstalledEvent & { event_ts: string };
  "tokens_revoked": S.TokensRevokedEvent & { event_ts: string };
  "channel_archive": S.ChannelArchiveEvent;
  "channel_left": S.ChannelLeftEvent;
  "member_left_channel": S.MemberLeftChannelEvent;
  "member_joined_channel": S.MemberJoinedChannelEvent;
  "reaction_added": S.ReactionAddedEvent;
};
// @ts-expect-error
const wrong: Of["app_mention"] = { type: "app_mention", text: "x", ts: "1", event_ts: "1", channel: "C1", colour: "red" };
// @ts-expect-error
const less: Of["member_left_channel"] = { type: "member_left_channel", user: "U1", channel: "C1" };
`

// TestEventsAreOfSlacksTypes holds the events that people cause against the types of
// Slack's own SDK: nothing missing, nothing that it does not know.
func TestEventsAreOfSlacksTypes(t *testing.T) {
	t.Parallel()
	node := needPeer(t)
	tsc := filepath.Join("testdata", "npm", "node_modules", "typescript", "bin", "tsc")
	s := slacktest.Start(t, slacktest.Options{
		Events: append(slacktest.DefaultEvents(), "reaction_added", "member_joined_channel"), Scopes: append(slacktest.DefaultScopes(), "reactions:read"),
	})
	a := newApp(t, s)
	act(t, s)
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	var ts strings.Builder
	ts.WriteString(typed)
	seen := map[string]bool{}
	for i, r := range a.got() {
		e := r.event()
		kind := fmt.Sprint(e["type"])
		if sub, ok := e["subtype"]; ok {
			kind += "." + fmt.Sprint(sub)
		}
		seen[kind] = true
		raw, err := json.MarshalIndent(e, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&ts, "const e%d: Of[%q] = %s;\n", i, kind, raw)
	}
	if len(seen) != strings.Count(typed, "\n  \"") {
		t.Errorf("not every kind of event came: %v", seen)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "events.ts"), []byte(ts.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	modules, err := filepath.Abs(filepath.Join("testdata", "npm", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`{"compilerOptions": {"strict": true, "noEmit": true, "skipLibCheck": true, "types": [], "target": "es2022",
		"module": "esnext", "moduleResolution": "bundler", "paths": {"*": [%q]}}, "files": ["events.ts"]}`, filepath.ToSlash(modules)+"/*")
	if err := os.WriteFile(filepath.Join(dir, "tsconfig.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), node, tsc, "-p", dir).CombinedOutput(); err != nil {
		t.Errorf("%v\n%.6000s", err, out)
	}
}

// act has people do what causes events.
func act(t *testing.T, s *slacktest.Server) {
	t.Helper()
	root := s.Say(slacktest.Minji, slacktest.Sales, s.Mention()+" 지난달 매출?")
	s.Say(slacktest.Alex, slacktest.Sales, "and by city?", slacktest.Saying{Thread: root.TS})
	s.Say(slacktest.External, slacktest.Shared, s.Mention()+" hi")
	s.Say(slacktest.Minji, slacktest.Minji, "hi")
	s.Say(slacktest.Minji, slacktest.Sales, s.Mention(), slacktest.Saying{Files: []string{s.Drop(slacktest.Minji, "a.csv", []byte("a"))}})
	posted := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "thread_ts": root.TS, "text": "1,234", "blocks": []any{
		section(nil), actions(button(0)), dataTable(grid(2, 2)), obj{"type": "markdown", "text": "x"},
	}})
	call(t, s, "chat.update", obj{"channel": slacktest.Sales, "ts": posted["ts"], "text": "1,235"})
	call(t, s, "agents.sessions.setStatus", obj{"channel_id": slacktest.Sales, "thread_ts": root.TS, "status": "processing"})
	s.StopSession(slacktest.Minji, slacktest.Sales, root.TS)
	s.React(slacktest.Minji, root, "eyes")
	s.Edit(root, s.Mention()+" last month's revenue?")
	s.Unfurl(root, "https://x.example")
	s.Delete(root)
	s.Delete(s.Say(slacktest.Minji, slacktest.Sales, "oops"))
	s.OpenHome(slacktest.Minji, "messages")
	s.StartAssistant(slacktest.Minji)
	s.Join(slacktest.External, slacktest.General)
	s.Leave(slacktest.External, slacktest.General)
	s.Leave(s.BotUser(), slacktest.General)
	s.Archive(slacktest.Alex, slacktest.Shared)
	s.Uninstall()
}
