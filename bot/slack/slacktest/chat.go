package slacktest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of a message.
const (
	maxText       = 40000 // longer ones are cut
	maxUpdateText = 4000  // of chat.update, which refuses
	maxMarkdown   = 12000
)

// place finds where a message goes, and refuses as chat.postMessage does.
func (c *call) place() (*Channel, obj) {
	id := c.str("channel")
	ch := c.channel(id)
	if name, ok := strings.CutPrefix(id, "#"); ok && ch == nil {
		if i := slices.IndexFunc(c.channels, func(x *Channel) bool { return x.Name == name && x.With == "" }); i >= 0 {
			ch = c.channels[i]
		}
	}
	if u := c.user(id); ch == nil && u != nil && !u.Bot && !u.Deleted {
		ch = c.dm(id, c.opts.BotUser)
	}
	switch {
	case ch == nil || ch.Private && !ch.in(c.opts.BotUser):
		return nil, refuse("channel_not_found")
	case ch.Archived:
		return nil, refuse("is_archived")
	case !ch.in(c.opts.BotUser):
		return nil, refuse("not_in_channel")
	}
	return ch, nil
}

// draft is what a message says, as it was sent.
type draft struct {
	text, thread        string
	blocks, attachments []any
	metadata            any
	hasText, hasBlocks  bool
	hasMeta, customised bool
	hasAttach           bool
}

// draft reads a message's arguments, and refuses as Slack does.
func (c *call) draft() (draft, obj) {
	d := draft{text: c.str("text"), hasText: c.has("text"), thread: c.str("thread_ts")}
	if c.has("markdown_text") {
		if d.hasText || c.has("blocks") {
			return d, refuse("markdown_text_conflict")
		}
		text := c.str("markdown_text")
		if utf8.RuneCountInString(text) > maxMarkdown {
			return d, refuse("msg_too_long")
		}
		d.text, d.hasText = text, true
		d.blocks, d.hasBlocks = []any{obj{"type": "markdown", "text": text}}, true
	}
	if _, sent := c.args["blocks"]; sent && c.str("blocks") != "" {
		d.hasBlocks = true
		if !c.value("blocks", &d.blocks) {
			return d, refuse("invalid_blocks_format")
		}
	}
	if _, sent := c.args["attachments"]; sent && c.str("attachments") != "" {
		d.hasAttach = true
		if !c.value("attachments", &d.attachments) {
			return d, refuse("invalid_attachments")
		}
		if len(d.attachments) > 100 {
			return d, refuse("too_many_attachments")
		}
	}
	if bad := c.checkMessage(d.blocks, surfaceMessage); bad != nil {
		return d, bad
	}
	for _, a := range d.attachments {
		o, _ := a.(obj)
		inner, _ := o["blocks"].([]any)
		if bad := c.checkMessage(inner, surfaceMessage); bad != nil {
			return d, bad
		}
	}
	if bad := c.readMetadata(&d); bad != nil {
		return d, bad
	}
	if d.thread != "" && !tsPattern.MatchString(d.thread) {
		return d, refuse("invalid_thread_ts")
	}
	for _, name := range []string{"username", "icon_emoji", "icon_url"} {
		d.customised = d.customised || c.has(name)
	}
	if d.customised && !slices.Contains(c.scopes, "chat:write.customize") {
		return d, refuse("missing_scope", "needed", "chat:write.customize", "provided", strings.Join(c.scopes, ","))
	}
	d.text = cut(d.text, maxText)
	return d, nil
}

var tsPattern = regexp.MustCompile(`^\d{10,}\.\d{6}$`)

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// readMetadata checks the metadata of a message: an event_type and an event_payload of
// plain values, 8000 bytes at most.
func (c *call) readMetadata(d *draft) obj {
	if !c.has("metadata") {
		return nil
	}
	var m map[string]json.RawMessage
	if !c.value("metadata", &m) {
		return refuse("invalid_metadata_format")
	}
	d.hasMeta = true
	if len(m) == 0 {
		return nil
	}
	var kind string
	var payload map[string]any
	if json.Unmarshal(m["event_type"], &kind) != nil || kind == "" || len(m["event_payload"]) == 0 ||
		json.Unmarshal(m["event_payload"], &payload) != nil || payload == nil {
		return refuse("invalid_metadata_schema")
	}
	if len(kind) > 255 || len(m["event_payload"]) > 8000 {
		return refuse("metadata_too_large")
	}
	d.metadata = obj{"event_type": kind, "event_payload": payload}
	return nil
}

func (c *call) postMessage() obj {
	ch, bad := c.place()
	if bad != nil {
		return bad
	}
	d, bad := c.draft()
	if bad != nil {
		return bad
	}
	if d.text == "" && len(d.blocks) == 0 && len(d.attachments) == 0 {
		return refuse("no_text")
	}
	m := c.newMessage(ch, d)
	m.unfurls = c.str("unfurl_links") != "false" && c.str("unfurl_links") != "0" || c.str("unfurl_media") != "false" && c.str("unfurl_media") != "0"
	m.broadcast = c.flag("reply_broadcast") && m.thread != ""
	c.add(m)
	delete(c.statuses, key(ch.ID, m.thread))
	c.echo(m)
	o := accept("channel", ch.ID, "ts", m.ts, "message", c.messageJSON(m))
	if utf8.RuneCountInString(c.str("text")) > maxText {
		o["warning"], o["response_metadata"] = "message_truncated", obj{"warnings": []string{"message_truncated"}}
	}
	return o
}

// newMessage is a message of the bot that is nowhere yet. A reply to a message that is
// not there, or no more, Slack shows outside any thread, for all to see: only the answer
// tells, by having no thread_ts.
func (c *call) newMessage(ch *Channel, d draft) *message {
	thread := d.thread
	if thread != "" {
		root := c.find(ch.ID, thread)
		switch {
		case root == nil || root.only != "":
			thread = ""
		case root.thread != "":
			thread = root.thread // Slack moves replies to replies up
		}
	}
	return &message{
		channel: ch.ID, ts: c.nextTS(), thread: thread, user: c.opts.BotUser, bot: c.opts.BotID, text: d.text,
		blocks: c.named(d.blocks), attachments: d.attachments, metadata: d.metadata, reactions: map[string][]string{}, customised: d.customised,
	}
}

// named gives blocks without a block_id one, as Slack does.
func (s *Server) named(blocks []any) []any {
	for _, b := range blocks {
		if o, ok := b.(obj); ok && o["block_id"] == nil {
			s.serial++
			o["block_id"] = fmt.Sprintf("b%04x", s.serial)
		}
	}
	return blocks
}

func (c *call) postEphemeral() obj {
	ch, bad := c.place()
	if bad != nil {
		return bad
	}
	user := c.user(c.str("user"))
	switch {
	case user == nil:
		return refuse("user_not_found")
	case !ch.in(user.ID):
		return refuse("user_not_in_channel")
	}
	d, bad := c.draft()
	if bad != nil {
		return bad
	}
	if d.text == "" && len(d.blocks) == 0 && len(d.attachments) == 0 {
		return refuse("no_text")
	}
	m := c.newMessage(ch, d)
	m.only, m.metadata = user.ID, nil
	m.unseen = m.thread != "" && len(c.threads[key(ch.ID, m.thread)]) == 0
	c.add(m)
	return accept("message_ts", m.ts)
}

func (c *call) update() obj {
	ch := c.channel(c.str("channel"))
	if ch == nil {
		return refuse("channel_not_found")
	}
	if ch.Archived {
		return refuse("is_inactive")
	}
	m := c.find(ch.ID, c.str("ts"))
	switch {
	case m == nil || m.only != "" || m.tombstone:
		return refuse("message_not_found")
	case m.bot != c.opts.BotID:
		return refuse("cant_update_message")
	}
	c.settle(m)
	if m.stream.live() {
		return refuse("streaming_state_conflict")
	}
	d, bad := c.draft()
	if bad != nil {
		return bad
	}
	if d.hasText && !d.hasBlocks && utf8.RuneCountInString(d.text) > maxUpdateText {
		return refuse("msg_too_long")
	}
	if !d.hasText && !d.hasBlocks && !d.hasAttach && !d.hasMeta && !c.has("file_ids") {
		return refuse("no_text")
	}
	if bad := c.replaceFiles(m); bad != nil {
		return bad
	}
	before := c.messageJSON(m)
	c.apply(m, d)
	c.notify()
	c.changedEvent(m, before)
	return accept("channel", ch.ID, "ts", m.ts, "text", m.text, "message", c.messageJSON(m))
}

// apply is what chat.update leaves of a message: blocks stay only where there is no text.
func (c *call) apply(m *message, d draft) {
	if d.hasBlocks || d.hasText {
		m.blocks = c.named(d.blocks)
	}
	if d.hasText {
		m.text = d.text
	}
	if d.hasAttach {
		m.attachments = d.attachments
	}
	if d.hasMeta {
		m.metadata = d.metadata
	}
	if m.stream != nil {
		m.stream.over = true
	}
	m.edits++
	m.edited = ""
	if !d.hasBlocks {
		m.edited = c.nextTS()
	}
}

func (c *call) deleteMessage() obj {
	ch := c.channel(c.str("channel"))
	if ch == nil {
		return refuse("channel_not_found")
	}
	m := c.find(ch.ID, c.str("ts"))
	switch {
	case m == nil || m.only != "" || m.tombstone:
		return refuse("message_not_found")
	case m.bot != c.opts.BotID:
		return refuse("cant_delete_message")
	}
	c.erase(m)
	return accept("channel", ch.ID, "ts", m.ts)
}

func (c *call) permalink() obj {
	ch := c.channel(c.str("channel"))
	if ch == nil {
		return refuse("channel_not_found")
	}
	m := c.find(ch.ID, c.str("message_ts"))
	if m == nil || m.only != "" {
		return refuse("message_not_found")
	}
	return accept("channel", ch.ID, "permalink", permalink(m))
}

func permalink(m *message) string {
	link := "https://company.slack.com/archives/" + m.channel + "/p" + strings.ReplaceAll(m.ts, ".", "")
	if m.thread != "" {
		link += "?thread_ts=" + m.thread + "&cid=" + m.channel
	}
	return link
}

func (c *call) addReaction() obj {
	m := c.find(c.str("channel"), c.str("timestamp"))
	name := c.str("name")
	switch {
	case c.channel(c.str("channel")) == nil:
		return refuse("channel_not_found")
	case m == nil:
		return refuse("message_not_found")
	case name == "" || strings.ContainsAny(name, ": "):
		return refuse("invalid_name")
	case slices.Contains(m.reactions[name], c.opts.BotUser):
		return refuse("already_reacted")
	}
	m.reactions[name] = append(m.reactions[name], c.opts.BotUser)
	return accept()
}

func (c *call) removeReaction() obj {
	m := c.find(c.str("channel"), c.str("timestamp"))
	if m == nil {
		return refuse("message_not_found")
	}
	name := c.str("name")
	i := slices.Index(m.reactions[name], c.opts.BotUser)
	if i < 0 {
		return refuse("no_reaction")
	}
	m.reactions[name] = slices.Delete(m.reactions[name], i, i+1)
	return accept()
}

// Reactions are those on a message, by name, with who reacted.
func (s *Server) Reactions(m Message) map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string][]string{}
	if x := s.find(m.Channel, m.TS); x != nil {
		for name, who := range x.reactions {
			if len(who) > 0 {
				out[name] = slices.Clone(who)
			}
		}
	}
	return out
}

// messageJSON is a message as conversations.history tells it.
func (s *Server) messageJSON(m *message) obj {
	o := obj{"type": "message", "ts": m.ts, "text": m.text, "user": m.user, "team": s.teamOf(m.user)}
	if m.tombstone {
		return obj{"type": "message", "subtype": "tombstone", "ts": m.ts, "thread_ts": m.ts, "text": "This message was deleted.", "user": "USLACKBOT", "hidden": true}
	}
	if m.clientID != "" {
		o["client_msg_id"] = m.clientID
	}
	if m.bot != "" {
		o["bot_id"] = m.bot
		if m.bot == s.opts.BotID {
			o["app_id"] = s.opts.App
			o["bot_profile"] = obj{
				"id": s.opts.BotID, "app_id": s.opts.App, "name": s.opts.BotName, "deleted": false,
				"updated": 1700000000, "team_id": s.opts.Team, "icons": obj{},
			}
		}
	}
	if m.customised {
		o["subtype"] = "bot_message"
	}
	if len(m.blocks) > 0 {
		o["blocks"] = m.blocks
	}
	if len(m.attachments) > 0 {
		o["attachments"] = m.attachments
	}
	if m.metadata != nil {
		o["metadata"] = m.metadata
	}
	if m.edited != "" {
		o["edited"] = obj{"user": m.user, "ts": m.edited}
	}
	if m.stream != nil {
		o["streaming_state"] = m.stream.state()
	}
	s.threadJSON(o, m)
	s.filesJSON(o, m)
	return o
}

func (s *Server) threadJSON(o obj, m *message) {
	if m.thread != "" {
		o["thread_ts"] = m.thread
		if root := s.find(m.channel, m.thread); root != nil {
			o["parent_user_id"] = root.user
		}
		return
	}
	replies := s.threadOf(m.channel, m.ts)
	if len(replies) < 2 {
		return
	}
	var who []string
	for _, r := range replies[1:] {
		if !slices.Contains(who, r.user) {
			who = append(who, r.user)
		}
	}
	o["thread_ts"], o["reply_count"], o["reply_users"], o["reply_users_count"] = m.ts, len(replies)-1, who, len(who)
	o["latest_reply"], o["is_locked"], o["subscribed"] = replies[len(replies)-1].ts, false, true
}

func (s *Server) filesJSON(o obj, m *message) {
	var files []any
	for _, id := range m.files {
		if f := s.files[id]; f != nil {
			files = append(files, s.fileJSON(f))
		}
	}
	if len(files) > 0 {
		o["files"], o["upload"], o["display_as_bot"] = files, false, false
	}
}

func (s *Server) teamOf(user string) string {
	if u := s.user(user); u != nil {
		return u.Team
	}
	return s.opts.Team
}
