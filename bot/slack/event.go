package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// outer is what the Events API sends. Events are decoded here, and only what is needed
// of them, because slack-go's decoder refuses a whole message for one block that it does
// not know.
type outer struct {
	Type           string          `json:"type"`
	TeamID         string          `json:"team_id"`
	EventID        string          `json:"event_id"`
	EventTime      int64           `json:"event_time"`
	Event          json.RawMessage `json:"event"`
	Authorizations []authorization `json:"authorizations"`
}

// authorization says for which installation of ours an event is delivered. In a channel
// that companies share, the event's own team may be another one.
type authorization struct {
	EnterpriseID string `json:"enterprise_id"`
	TeamID       string `json:"team_id"`
	UserID       string `json:"user_id"`
	IsBot        bool   `json:"is_bot"`
	Enterprise   bool   `json:"is_enterprise_install"`
}

// inner is an event, of any type.
type inner struct {
	message
	Channel string `json:"channel"`
	// Of message_changed and message_deleted: what it became, and what it was.
	New       *message `json:"message"`
	Old       *message `json:"previous_message"`
	DeletedTS string   `json:"deleted_ts"`
	Hidden    bool     `json:"hidden"`
	EventTS   string   `json:"event_ts"`
	ChannelIs string   `json:"channel_type"`

	Tab  string `json:"tab"` // of app_home_opened
	View struct {
		Metadata string `json:"private_metadata"`
	} `json:"view"`
	Assistant struct {
		User     string `json:"user_id"`
		Channel  string `json:"channel_id"`
		ThreadTS string `json:"thread_ts"`
	} `json:"assistant_thread"`
	Tokens struct {
		Bot []string `json:"bot"`
	} `json:"tokens"`
}

// message is a message of Slack's.
type message struct {
	Type     string          `json:"type"`
	Subtype  string          `json:"subtype"`
	TS       string          `json:"ts"`
	ThreadTS string          `json:"thread_ts"`
	User     string          `json:"user"`
	BotID    string          `json:"bot_id"`
	AppID    string          `json:"app_id"`
	Text     string          `json:"text"`
	Blocks   json.RawMessage `json:"blocks"`
	Attached json.RawMessage `json:"attachments"`
	Files    []file          `json:"files"`
	Edited   *struct {
		TS string `json:"ts"`
	} `json:"edited"`
}

// file is a file as a message shows it. Of one from another company, Slack tells no more
// than the id here.
type file struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Mode string `json:"mode"`
	Size int64  `json:"size"`
}

// slackbot writes what nobody asked for.
const slackbot = "USLACKBOT"

// takeEvent handles what the Events API delivered.
func (s *Slack) takeEvent(ctx context.Context, h bot.Handler, payload []byte) error {
	var out outer
	if err := decode(payload, &out); err != nil {
		return err
	}
	switch out.Type {
	case "event_callback":
	case "app_rate_limited":
		s.in.rateLimited.Store(s.cfg.Now().UnixNano())
		s.log.ErrorContext(ctx, "slack: Slack holds events back, there are too many of this app's")
		return nil
	default:
		s.in.ignored.Add(1)
		return nil
	}
	var in inner
	if err := decode(out.Event, &in); err != nil {
		return err
	}
	switch in.Type {
	case "message", "app_mention":
		return s.takeMessage(ctx, h, out, &in)
	case "agent_session_stopped":
		return s.takeStop(ctx, h, out, &in)
	case "app_home_opened", "assistant_thread_started":
		s.welcome(ctx, out, &in)
	case "user_change", "team_join", "user_profile_changed":
		s.people.changed(out.Event)
	case "tokens_revoked", "app_uninstalled":
		s.revoked(ctx, &in)
	default:
		s.in.ignored.Add(1)
	}
	return nil
}

// revoked takes note that we were thrown out.
func (s *Slack) revoked(ctx context.Context, in *inner) {
	if in.Type == "tokens_revoked" && len(in.Tokens.Bot) == 0 {
		return // of a person
	}
	s.in.revoked.Store(&in.Type)
	s.log.ErrorContext(ctx, "slack: the app was removed from the workspace or its token revoked: install it again", "event", in.Type)
}

// takeMessage hands on what somebody wrote, changed or deleted.
func (s *Slack) takeMessage(ctx context.Context, h bot.Handler, out outer, in *inner) error {
	us, err := s.addressee(ctx, out)
	if err != nil {
		return err
	}
	ev, ok := s.messageEvent(us, in)
	if !ok {
		s.in.ignored.Add(1)
		return nil
	}
	return s.hand(ctx, h, ev)
}

// takeStop stops what is being answered in a thread. The button is Slack's own, so it
// says no question.
func (s *Slack) takeStop(ctx context.Context, h bot.Handler, out outer, in *inner) error {
	us, err := s.addressee(ctx, out)
	if err != nil {
		return err
	}
	if in.Channel == "" || in.ThreadTS == "" || in.User == "" {
		return fmt.Errorf("%w: a stop without a thread", errUnreadable)
	}
	id := out.EventID
	if id == "" {
		id = in.EventTS
	}
	return s.hand(ctx, h, bot.Event{
		ID: "x:" + in.Channel + ":" + in.ThreadTS + ":" + id, Kind: bot.EventAction,
		Thread: us.thread(in.Channel, in.ThreadTS, in.ChannelIs), User: s.user(in.User, ""),
		Action: &bot.Action{Name: bot.ActionCancel}, At: s.at(in.EventTS),
	})
}

// messageEvent reads a message's event. It is false for what is not for us.
func (s *Slack) messageEvent(us identity, in *inner) (bot.Event, bool) {
	switch in.Subtype {
	case "message_changed":
		return s.editEvent(us, in)
	case "message_deleted":
		return s.deleteEvent(us, in, in.Old)
	}
	if in.Edited != nil {
		// A mention that was put in later comes as app_mention, too: it is the same edit.
		return s.editEvent(us, &inner{message: message{TS: in.TS}, Channel: in.Channel, ChannelIs: in.ChannelIs, New: &in.message, EventTS: in.EventTS})
	}
	m := &in.message
	if in.Channel == "" || m.TS == "" || in.Hidden || !us.human(m) {
		return bot.Event{}, false
	}
	ev := s.written(us, in, m)
	if !ev.Addressed && m.ThreadTS == "" {
		return bot.Event{}, false // talk between others
	}
	ev.ID, ev.Kind, ev.Files = "m:"+in.Channel+":"+m.TS, bot.EventMessage, filesOf(m)
	if ev.Text == "" && len(ev.Files) == 0 && !ev.Addressed {
		return bot.Event{}, false
	}
	return ev, true
}

// editEvent reads that a message was changed. Slack says so too when it only added a
// preview of a link or counted replies.
func (s *Slack) editEvent(us identity, in *inner) (bot.Event, bool) {
	m, old := in.New, in.Old
	if m == nil || in.Channel == "" || m.TS == "" {
		return bot.Event{}, false
	}
	if m.Subtype == "tombstone" { // a deleted message that has replies
		if old == nil {
			old = &message{ThreadTS: m.ThreadTS}
		}
		return s.deleteEvent(us, &inner{message: message{TS: m.TS}, Channel: in.Channel, ChannelIs: in.ChannelIs, EventTS: in.EventTS, DeletedTS: m.TS}, old)
	}
	if !us.human(m) {
		return bot.Event{}, false
	}
	if old == nil && m.Edited == nil || old != nil && old.Text == m.Text {
		return bot.Event{}, false
	}
	ev := s.written(us, in, m)
	wasOurs := old != nil && us.mentioned(old.Text)
	if !ev.Addressed && !wasOurs && m.ThreadTS == "" {
		return bot.Event{}, false
	}
	version := in.EventTS
	if m.Edited != nil && m.Edited.TS != "" {
		version = m.Edited.TS
	}
	ev.ID, ev.Kind, ev.Files, ev.At = "e:"+in.Channel+":"+m.TS+":"+version, bot.EventEdit, filesOf(m), s.at(version)
	return ev, true
}

// deleteEvent reads that a message was deleted.
func (s *Slack) deleteEvent(us identity, in *inner, old *message) (bot.Event, bool) {
	ts := in.DeletedTS
	if ts == "" && old != nil {
		ts = old.TS
	}
	if in.Channel == "" || ts == "" || old == nil || old.User != "" && !us.human(old) {
		return bot.Event{}, false
	}
	gone := *old
	gone.TS = ts
	ev := s.written(us, in, &gone)
	ev.ID, ev.Kind, ev.Text, ev.At = "d:"+in.Channel+":"+ts, bot.EventDelete, "", s.at(in.EventTS)
	return ev, true
}

// written is what every event about a message says.
func (s *Slack) written(us identity, in *inner, m *message) bot.Event {
	thread := us.thread(in.Channel, m.ThreadTS, in.ChannelIs)
	if thread.ID == "" {
		thread.ID = m.TS
	}
	return bot.Event{
		Thread: thread, Message: m.TS, User: s.user(m.User, ""), Text: readable(m, us.bot, s.people.nameOf),
		Addressed: thread.Direct || us.mentioned(m.Text), At: s.at(m.TS),
	}
}

// kept are the subtypes of messages that somebody wrote. All others tell that somebody
// joined, that a topic was set and the like.
var kept = map[string]bool{"": true, "file_share": true, "thread_broadcast": true, "me_message": true}

// human tells whether a person wrote m.
func (us identity) human(m *message) bool {
	return kept[m.Subtype] && m.User != "" && m.BotID == "" && m.AppID == "" && m.User != us.bot && m.User != slackbot
}

// mentioned tells whether a text, as Slack writes it, names us.
func (us identity) mentioned(text string) bool {
	return us.bot != "" && (strings.Contains(text, "<@"+us.bot+">") || strings.Contains(text, "<@"+us.bot+"|"))
}

// thread is where something happened. kind is what the event says of the channel, which
// not every event does. In a conversation of several people we are one of them, so it is
// not Direct.
func (us identity) thread(channel, id, kind string) bot.Thread {
	return bot.Thread{
		Platform: Platform, Workspace: us.workspace, Channel: channel, ID: id,
		Direct: kind == "im" || strings.HasPrefix(channel, "D"),
	}
}

// user is who did something, with what is known of them without asking.
func (s *Slack) user(id, name string) bot.User {
	u := bot.User{ID: id, Name: name}
	if p, ok := s.people.known(id); ok {
		u.Name, u.Locale = p.Name, p.Locale
	}
	return u
}

// at is when something with a timestamp of Slack's happened.
func (s *Slack) at(ts string) time.Time {
	sec, frac, _ := strings.Cut(ts, ".")
	n, err := strconv.ParseInt(sec, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return s.cfg.Now()
	}
	us, _ := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	return time.Unix(n, us*1000)
}

// filesOf are the files of a message that can still be there.
func filesOf(m *message) []bot.File {
	var out []bot.File
	for _, f := range m.Files {
		if f.ID == "" || f.Mode == "tombstone" || f.Mode == "hidden_by_limit" {
			continue
		}
		if f.Name == "" {
			f.Name = f.ID
		}
		out = append(out, bot.File{ID: f.ID, Name: f.Name, Size: f.Size})
	}
	return out
}
