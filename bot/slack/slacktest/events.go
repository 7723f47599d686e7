package slacktest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// subscribed reports whether the app gets events of a name such as "message.im".
func (s *Server) subscribed(name string) bool { return slices.Contains(s.opts.Events, name) }

// envelope is the outer part of an event.
func (s *Server) envelope(event obj, ch *Channel) obj {
	var enterprise any
	if s.opts.Enterprise != "" {
		enterprise = s.opts.Enterprise
	}
	o := obj{
		"token": "legacy-verification-token", "team_id": s.opts.Team, "context_team_id": s.opts.Team, "context_enterprise_id": enterprise,
		"api_app_id": s.opts.App, "event": event, "type": "event_callback", "event_id": s.id("Ev"), "event_time": s.stamp.Now().Unix(),
		"authorizations": []any{obj{
			"enterprise_id": enterprise, "team_id": s.opts.Team, "user_id": s.opts.BotUser, "is_bot": true, "is_enterprise_install": false,
		}},
		"is_ext_shared_channel": ch != nil && ch.Shared,
	}
	if ch != nil {
		raw, _ := json.Marshal(obj{"et": event["type"], "tid": s.opts.Team, "aid": s.opts.App, "cid": ch.ID})
		o["event_context"] = "4-" + base64.RawStdEncoding.EncodeToString(raw)
	}
	return o
}

// tell sends an event to the app, times over. Events with the same order arrive one
// after the other.
func (s *Server) tell(event obj, ch *Channel, order string, times int) {
	if s.uninstalled {
		return
	}
	raw, err := json.Marshal(s.envelope(event, ch))
	if err != nil {
		return
	}
	s.told = append(s.told, raw)
	for range max(1, times) {
		s.send(&delivery{kind: "events_api", path: "/slack/events", payload: raw, order: order})
	}
}

// Replay sends every event so far once more, as Slack may long after.
func (s *Server) Replay() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, raw := range s.told {
		s.send(&delivery{kind: "events_api", path: "/slack/events", payload: raw, order: "replay"})
	}
}

// messageEvent tells of a message, and of a mention in it, as two events.
func (s *Server) messageEvent(m *message, ch *Channel, extra obj, times int) {
	event := s.messageJSON(m)
	delete(event, "metadata") // that comes with message_metadata_posted, for who asks for it
	event["channel"], event["event_ts"], event["channel_type"] = ch.ID, m.ts, ch.kind()
	if ch.Shared && m.bot == "" {
		event["user_team"], event["source_team"] = s.teamOf(m.user), s.teamOf(m.user)
		event["user_profile"] = s.shortProfile(m.user)
		event = unknownFiles(event)
	}
	maps.Copy(event, extra)
	order := m.thread
	if order == "" {
		order = m.ts
	}
	order = ch.ID + "/" + order
	if s.hears(ch) {
		s.tell(event, ch, order, times)
	}
	s.mentionEvent(m, ch, event, order, times)
}

// mentionEvent tells of a mention in a message, other apps' messages too. An edit tells it
// once more.
func (s *Server) mentionEvent(m *message, ch *Channel, event obj, order string, times int) {
	if ch.With != "" || !ch.in(s.opts.BotUser) || m.bot == s.opts.BotID || !s.mentions(m) ||
		!s.subscribed("app_mention") || !s.granted("app_mentions:read") {
		return
	}
	twin := maps.Clone(event)
	twin["type"], twin["channel"], twin["event_ts"] = "app_mention", ch.ID, m.ts
	if m.edited != "" {
		twin["event_ts"] = m.edited
	}
	for _, name := range []string{"channel_type", "subtype", "metadata"} {
		delete(twin, name)
	}
	s.tell(twin, ch, order+"/mention", times)
}

// unknownFiles leaves of the files in a shared channel what Slack tells there: the rest
// is for files.info.
func unknownFiles(event obj) obj {
	files, _ := event["files"].([]any)
	for i, f := range files {
		o := f.(obj)
		files[i] = obj{
			"id": o["id"], "created": o["created"], "timestamp": o["timestamp"], "user": o["user"], "user_team": o["user_team"], "mode": "file_access",
			"file_access": "check_file_info",
		}
	}
	return event
}

// hears reports whether the app gets the messages of a channel.
func (s *Server) hears(ch *Channel) bool {
	scope := map[string]string{"im": "im:history", "group": "groups:history", "channel": "channels:history"}[ch.kind()]
	event := map[string]string{"im": "message.im", "group": "message.groups", "channel": "message.channels"}[ch.kind()]
	return ch.in(s.opts.BotUser) && s.granted(scope) && s.subscribed(event)
}

func (s *Server) granted(scope string) bool { return slices.Contains(s.scopes, scope) }

func (s *Server) shortProfile(id string) obj {
	u := s.user(id)
	if u == nil {
		return obj{}
	}
	return obj{
		"avatar_hash": "", "image_72": "", "first_name": u.RealName, "real_name": u.RealName, "display_name": u.Name, "team": u.Team, "name": u.Name,
		"is_restricted": u.Restricted, "is_ultra_restricted": u.UltraRestricted,
	}
}

// echo tells the app of its own message, as Slack does.
func (s *Server) echo(m *message) {
	if ch := s.channel(m.channel); ch != nil {
		s.messageEvent(m, ch, nil, 1)
	}
}

// changedEvent tells that a message was edited; before is what it was.
func (s *Server) changedEvent(m *message, before obj) {
	ch := s.channel(m.channel)
	if ch == nil || !s.hears(ch) {
		return
	}
	now := s.messageJSON(m)
	now["source_team"], now["user_team"] = s.teamOf(m.user), s.teamOf(m.user)
	ts := s.nextTS()
	s.tell(obj{
		"type": "message", "subtype": "message_changed", "message": now, "previous_message": before, "channel": ch.ID, "hidden": true,
		"ts": ts, "event_ts": ts, "channel_type": ch.kind(),
	}, ch, orderOf(m), 1)
}

func orderOf(m *message) string {
	if m.thread != "" {
		return m.channel + "/" + m.thread
	}
	return m.channel + "/" + m.ts
}

// erase deletes a message: one with replies becomes a tombstone.
func (s *Server) erase(m *message) {
	ch := s.channel(m.channel)
	before := s.messageJSON(m)
	if m.thread == "" && len(s.threadOf(m.channel, m.ts)) > 1 {
		m.tombstone = true
		s.notify()
		s.changedEvent(m, before)
		return
	}
	s.remove(m)
	if ch == nil || !s.hears(ch) {
		return
	}
	ts := s.nextTS()
	s.tell(obj{
		"type": "message", "subtype": "message_deleted", "previous_message": before, "channel": ch.ID, "hidden": true, "deleted_ts": m.ts,
		"ts": ts, "event_ts": ts, "channel_type": ch.kind(),
	}, ch, orderOf(m), 1)
}

// Emit sends any event as it is, of a channel or of none, as often as times says.
func (s *Server) Emit(event map[string]any, channel string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(event, s.channel(channel), "emit/"+channel, times)
	s.notify()
}

// uuid is an id in the form of client_msg_id.
func (s *Server) uuid() string {
	s.serial++
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", s.serial, s.serial)
}
