package slacktest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Saying is how something is said.
type Saying struct {
	// Thread is the ts of the message that is replied to.
	Thread string
	// Times is how often each event arrives; 0 means once.
	Times int
	// Copies is how many more events tell of it, each with an id of its own and no sign of
	// being a retry, as Slack was seen to do.
	Copies int
	// Files are ids from Drop or of the bot's.
	Files []string
	// Blocks replaces the rich text that a client sends, such as by blocks that the app
	// does not know.
	Blocks []any
	// Forwards is the message that is passed on.
	Forwards *Message
	// Subtype is such as "me_message" or "thread_broadcast".
	Subtype string
	// Silent sends no event.
	Silent bool
}

// Say has user write text in a channel, as it is on the wire: see Escape. Direct messages are said in DM(user), or in the
// channel with user's id. A mention is written as Mention(). It panics on a channel or
// user that is not there, and a channel where user cannot write.
func (s *Server) Say(user, channel, text string, how ...Saying) Message {
	var h Saying
	if len(how) > 0 {
		h = how[0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.where(user, channel)
	m := &message{
		channel: ch.ID, ts: s.nextTS(), thread: h.Thread, user: user, text: text, clientID: s.uuid(), files: slices.Clone(h.Files),
		reactions: map[string][]string{}, blocks: h.Blocks,
	}
	if u := s.user(user); u.Bot {
		m.bot, m.clientID = "B"+user[1:], ""
	}
	if m.blocks == nil && text != "" && m.bot == "" {
		m.blocks = s.named([]any{richText(text)})
	}
	if h.Forwards != nil {
		m.attachments = []any{s.forwarding(*h.Forwards)}
	}
	s.add(m)
	extra := obj{}
	if h.Subtype != "" {
		extra["subtype"] = h.Subtype
	} else if len(m.files) > 0 {
		extra["subtype"] = "file_share"
	}
	for range h.Copies + 1 {
		if !h.Silent {
			s.messageEvent(m, ch, extra, h.Times)
		}
	}
	return s.shown(m)
}

// forwarding is a message as it stands below what somebody says who passes it on. s.mu is
// held.
func (s *Server) forwarding(m Message) obj {
	x := s.find(m.Channel, m.TS)
	if x == nil {
		panic(fmt.Sprintf("slacktest: no message %s to forward", m.TS))
	}
	return obj{
		"is_share": true, "is_msg_unfurl": true, "ts": x.ts, "channel_id": x.channel, "author_id": x.user, "text": x.text, "fallback": x.text,
		"message_blocks": []any{obj{"team": s.opts.Team, "channel": x.channel, "ts": x.ts, "message": obj{"blocks": x.blocks}}},
	}
}

// where finds the channel in which user writes. s.mu is held; a test that is wrong about
// the company panics, as there is nothing to return.
func (s *Server) where(user, channel string) *Channel {
	if s.user(user) == nil {
		panic(fmt.Sprintf("slacktest: no user %s", user))
	}
	ch := s.channel(channel)
	if channel == user {
		ch = s.dm(user, s.opts.BotUser)
	}
	if ch == nil {
		panic(fmt.Sprintf("slacktest: no channel %s", channel))
	}
	if !ch.in(user) {
		panic(fmt.Sprintf("slacktest: %s is not in %s", user, channel))
	}
	return ch
}

func (s *Server) mentions(m *message) bool { return strings.Contains(m.text, "<@"+s.opts.BotUser) }

var mention = regexp.MustCompile(`<@([A-Z0-9]+)(?:\|[^>]*)?>`)

// richText is what a client makes of a text.
func richText(text string) obj {
	var elements []any
	from := 0
	written := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
	for _, at := range mention.FindAllStringSubmatchIndex(text, -1) {
		if at[0] > from {
			elements = append(elements, obj{"type": "text", "text": written.Replace(text[from:at[0]])})
		}
		elements = append(elements, obj{"type": "user", "user_id": text[at[2]:at[3]]})
		from = at[1]
	}
	if from < len(text) {
		elements = append(elements, obj{"type": "text", "text": written.Replace(text[from:])})
	}
	return obj{"type": "rich_text", "elements": []any{obj{"type": "rich_text_section", "elements": elements}}}
}

// Edit has the author change a message. When it mentions the app then, that arrives as a
// mention again, whether it did before or not.
func (s *Server) Edit(m Message, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(m.Channel, m.TS)
	if x == nil {
		return
	}
	before := s.messageJSON(x)
	x.text, x.edited, x.blocks = text, s.nextTS(), s.named([]any{richText(text)})
	x.edits++
	s.notify()
	s.changedEvent(x, before)
	if ch := s.channel(x.channel); ch != nil {
		s.mentionEvent(x, ch, s.messageJSON(x), orderOf(x), 1)
	}
}

// Unfurl has Slack add the preview of a link to a message, which arrives as a change
// that nobody made.
func (s *Server) Unfurl(m Message, link string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(m.Channel, m.TS)
	if x == nil {
		return
	}
	before := s.messageJSON(x)
	x.attachments = append(x.attachments, obj{"from_url": link, "original_url": link, "id": 1, "title": "A page", "text": "About something", "fallback": "A page"})
	s.notify()
	s.changedEvent(x, before)
}

// Delete has the author delete a message.
func (s *Server) Delete(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.find(m.Channel, m.TS); x != nil {
		s.erase(x)
	}
}

// React has user put an emoji on a message.
func (s *Server) React(user string, m Message, emoji string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ch := s.find(m.Channel, m.TS), s.channel(m.Channel)
	if x == nil || ch == nil {
		return
	}
	x.reactions[emoji] = append(x.reactions[emoji], user)
	s.notify()
	if s.subscribed("reaction_added") && s.granted("reactions:read") {
		s.tell(obj{
			"type": "reaction_added", "user": user, "reaction": emoji, "item_user": x.user, "event_ts": s.nextTS(),
			"item": obj{"type": "message", "channel": m.Channel, "ts": m.TS},
		}, ch, orderOf(x), 1)
	}
}

// Join has user join a channel; with the bot's id, the bot is invited.
func (s *Server) Join(user, channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channel(channel)
	if ch == nil || ch.in(user) {
		return
	}
	ch.Members = append(ch.Members, user)
	s.notify()
	ts := s.nextTS()
	if s.hears(ch) {
		s.tell(obj{
			"type": "message", "subtype": "channel_join", "user": user, "text": "<@" + user + "> has joined the channel", "ts": ts,
			"channel": ch.ID, "event_ts": ts, "channel_type": ch.kind(), "team": s.teamOf(user), "inviter": Alex,
		}, ch, ch.ID+"/"+ts, 1)
	}
	s.about("member_joined_channel", ch, obj{"user": user, "channel": ch.ID, "channel_type": "C", "team": s.teamOf(user), "inviter": Alex})
}

// Leave has user leave a channel; with the bot's id, the bot is removed from it.
func (s *Server) Leave(user, channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channel(channel)
	if ch == nil || !ch.in(user) {
		return
	}
	heard := s.hears(ch)
	ch.Members = slices.DeleteFunc(ch.Members, func(x string) bool { return x == user })
	s.notify()
	if user == s.opts.BotUser {
		name := "channel_left"
		if ch.Private {
			name = "group_left"
		}
		s.about(name, ch, obj{"channel": ch.ID, "actor_id": Alex})
	}
	if heard {
		s.about("member_left_channel", ch, obj{"user": user, "channel": ch.ID, "channel_type": "C", "team": s.teamOf(user)})
	}
}

// Archive has user archive a channel.
func (s *Server) Archive(user, channel string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channel(channel)
	if ch == nil {
		return
	}
	ch.Archived = true
	s.notify()
	name := "channel_archive"
	if ch.Private {
		name = "group_archive"
	}
	s.about(name, ch, obj{"channel": ch.ID, "user": user})
}

// Uninstall has somebody remove the app: its token dies, two events tell it, and no more
// come.
func (s *Server) Uninstall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokenDead = "account_inactive"
	s.notify()
	s.about("tokens_revoked", nil, obj{"tokens": obj{"oauth": []string{}, "bot": []string{s.opts.BotUser}}})
	s.about("app_uninstalled", nil, obj{})
	s.uninstalled = true
}

// Limited tells the app that it gets no more events for a while.
func (s *Server) Limited() {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw := fmt.Appendf(nil, `{"token":"legacy-verification-token","type":"app_rate_limited","team_id":%q,"minute_rate_limited":%d,"api_app_id":%q}`,
		s.opts.Team, s.stamp.Now().Unix()/60*60, s.opts.App)
	s.send(&delivery{kind: "events_api", path: "/slack/events", payload: raw})
}

// about tells an event that the app subscribed to.
func (s *Server) about(name string, ch *Channel, event obj) {
	if !s.subscribed(name) {
		return
	}
	event["type"] = name
	if event["event_ts"] == nil {
		event["event_ts"] = s.nextTS()
	}
	order := name
	if ch != nil {
		order = ch.ID + "/" + name
	}
	s.tell(event, ch, order, 1)
}

// OpenHome has user open a tab of the app, "home" or "messages". The first time, the
// direct message comes to be.
func (s *Server) OpenHome(user, tab string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.dm(user, s.opts.BotUser)
	event := obj{"user": user, "channel": ch.ID, "tab": tab}
	if v := s.home(user); v != nil && tab == "home" {
		event["view"] = s.viewJSON(v)
	}
	s.about("app_home_opened", ch, event)
}

// StartAssistant has user open the assistant's pane and returns the message that begins
// the thread, which is the app's own.
func (s *Server) StartAssistant(user string) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.dm(user, s.opts.BotUser)
	m := &message{channel: ch.ID, ts: s.nextTS(), user: s.opts.BotUser, bot: s.opts.BotID, text: "New Assistant Thread", reactions: map[string][]string{}}
	s.add(m)
	thread := obj{
		"user_id": user, "channel_id": ch.ID, "thread_ts": m.ts,
		"context": obj{"channel_id": Sales, "team_id": s.opts.Team, "enterprise_id": nil},
	}
	s.about("assistant_thread_started", ch, obj{"assistant_thread": thread})
	return s.shown(m)
}

// StopSession has user press Slack's own stop button in a thread.
func (s *Server) StopSession(user, channel, thread string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.where(user, channel)
	streaming := []string{}
	for _, m := range s.threadOf(ch.ID, thread) {
		s.settle(m)
		if m.stream.live() {
			m.stream.over, m.stream.stopped = true, true
			streaming = append(streaming, m.ts)
		}
	}
	s.notify()
	s.about("agent_session_stopped", ch, obj{"channel": ch.ID, "thread_ts": thread, "user": user, "streaming_message_ts": streaming})
}
