package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Message is a message as it is now.
type Message struct {
	Channel  string
	TS       string
	ThreadTS string // of the message that began the thread; empty outside one
	User     string
	BotID    string // empty for people
	Text     string
	Blocks   json.RawMessage // null when there are none
	Metadata json.RawMessage
	Files    []string // ids
	For      string   // the one who sees it; empty for everybody
	Edits    int
	Streamed bool // began with chat.startStream
	Stream   bool // is being streamed
	Unfurls  bool // its links may grow previews
	Raw      json.RawMessage
}

type message struct {
	channel, ts, thread, user, bot, text string
	blocks, attachments                  []any
	metadata                             any
	files                                []string
	only                                 string
	edited                               string // ts
	edits                                int
	clientID                             string
	reactions                            map[string][]string
	stream                               *stream
	tombstone                            bool
	broadcast                            bool
	customised                           bool
	unfurls                              bool
	unseen                               bool
}

type world struct {
	scopes     []string
	tokenDead  string // the error of a token that no longer works
	users      []*User
	channels   []*Channel
	messages   map[string]*message // by channel and ts
	order      []*message
	threads    map[string][]*message // replies, by channel and ts of what they reply to
	lastTS     time.Time
	serial     int
	files      map[string]*file
	uploads    map[string]*file
	triggers   map[string]trigger
	responses  map[string]*responseURL
	views      []*view
	sessions   map[string]*session
	statuses   map[string]status
	titles     map[string]string
	prompts    map[string]json.RawMessage
	complaints map[string]string
}

func newWorld(opts Options) world {
	w := world{
		scopes: slices.Clone(opts.Scopes), messages: map[string]*message{}, threads: map[string][]*message{}, files: map[string]*file{}, uploads: map[string]*file{},
		triggers: map[string]trigger{}, responses: map[string]*responseURL{}, sessions: map[string]*session{}, statuses: map[string]status{},
		titles: map[string]string{}, prompts: map[string]json.RawMessage{},
	}
	bot := User{ID: opts.BotUser, Name: opts.BotName, RealName: opts.BotName, Bot: true, Team: opts.Team, TZ: "America/Los_Angeles", TZOffset: -8 * 3600}
	for _, u := range slices.Concat(defaultUsers(opts.Team), []User{bot}, opts.Users) {
		w.setUser(opts, u)
	}
	for _, c := range slices.Concat(defaultChannels(opts.BotUser), opts.Channels) {
		w.setChannel(c)
	}
	return w
}

func (w *world) setUser(opts Options, u User) {
	if u.Team == "" {
		u.Team = opts.Team
	}
	if u.Enterprise == "" && u.Team == opts.Team {
		u.Enterprise = opts.Enterprise
	}
	if old := w.user(u.ID); old != nil {
		*old = u
		return
	}
	w.users = append(w.users, &u)
}

func (w *world) setChannel(c Channel) {
	c.Members = slices.Clone(c.Members)
	if old := w.channel(c.ID); old != nil {
		*old = c
		return
	}
	w.channels = append(w.channels, &c)
}

// SetUser adds a user, or replaces the one with the same id.
func (s *Server) SetUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setUser(s.opts, u)
}

// SetChannel adds a channel, or replaces the one with the same id.
func (s *Server) SetChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setChannel(c)
}

func (w *world) user(id string) *User {
	for _, u := range w.users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

func (w *world) channel(id string) *Channel {
	for _, c := range w.channels {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// dm is the direct message of user and the bot.
func (w *world) dm(user, bot string) *Channel {
	for _, c := range w.channels {
		if c.With == user {
			return c
		}
	}
	c := &Channel{ID: "D0" + pad(user), With: user, Members: []string{user, bot}}
	w.channels = append(w.channels, c)
	return c
}

// pad makes nine letters of a user's id.
func pad(id string) string {
	if len(id) > 2 {
		id = id[2:]
	}
	for len(id) < 9 {
		id += "0"
	}
	return id
}

// DM is the channel of the direct messages between user and the bot.
func (s *Server) DM(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dm(user, s.opts.BotUser).ID
}

func (c *Channel) in(user string) bool { return slices.Contains(c.Members, user) }

// kind is the channel_type of events.
func (c *Channel) kind() string {
	switch {
	case c.With != "":
		return "im"
	case c.Private:
		return "group"
	}
	return "channel"
}

// nextTS is a timestamp that no other message has. s.mu is held.
func (s *Server) nextTS() string {
	now := s.stamp.Now().Truncate(time.Microsecond)
	if !now.After(s.lastTS) {
		now = s.lastTS.Add(time.Microsecond)
	}
	s.lastTS = now
	return fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000)
}

// id is a new identifier in Slack's form, with a prefix such as "F".
func (s *Server) id(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s0%09d", prefix, s.serial)
}

func key(channel, ts string) string { return channel + "/" + ts }

func (s *Server) find(channel, ts string) *message { return s.messages[key(channel, ts)] }

func (s *Server) add(m *message) {
	s.messages[key(m.channel, m.ts)] = m
	s.order = append(s.order, m)
	if m.thread != "" && m.only == "" {
		at := key(m.channel, m.thread)
		s.threads[at] = append(s.threads[at], m)
	}
	s.notify()
}

func (s *Server) remove(m *message) {
	delete(s.messages, key(m.channel, m.ts))
	same := func(x *message) bool { return x == m }
	s.order = slices.DeleteFunc(s.order, same)
	if at := key(m.channel, m.thread); m.thread != "" {
		s.threads[at] = slices.DeleteFunc(s.threads[at], same)
	}
	s.notify()
}

// threadOf is the message that began a thread and the replies, oldest first.
func (s *Server) threadOf(channel, ts string) []*message {
	var out []*message
	if root := s.find(channel, ts); root != nil {
		out = append(out, root)
	}
	return append(out, s.threads[key(channel, ts)]...)
}

// Messages are the messages of a channel outside threads, or those of the thread, the
// one that began it first. Ephemeral ones are not among them.
func (s *Server) Messages(channel, threadTS string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.order {
		if m.channel != channel || m.only != "" || m.tombstone {
			continue
		}
		if threadTS == "" && m.thread == "" || threadTS != "" && (m.ts == threadTS || m.thread == threadTS) {
			out = append(out, s.shown(m))
		}
	}
	return out
}

// All are the messages of a channel, in threads or not.
func (s *Server) All(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.order {
		if m.channel == channel && m.only == "" && !m.tombstone {
			out = append(out, s.shown(m))
		}
	}
	return out
}

// Ephemeral are the messages that only user sees, in any channel. One in a thread is
// seen only where somebody had replied before: Slack shows it in active threads.
func (s *Server) Ephemeral(user string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.order {
		if m.only == user && !m.unseen {
			out = append(out, s.shown(m))
		}
	}
	return out
}

func (s *Server) shown(m *message) Message {
	s.settle(m)
	raw, _ := json.Marshal(s.messageJSON(m))
	blocks, _ := json.Marshal(m.blocks)
	metadata, _ := json.Marshal(m.metadata)
	return Message{
		Channel: m.channel, TS: m.ts, ThreadTS: m.thread, User: m.user, BotID: m.bot, Text: m.text, Blocks: blocks, Metadata: metadata,
		Files: slices.Clone(m.files), For: m.only, Edits: m.edits, Streamed: m.stream != nil, Stream: m.stream.live(), Unfurls: m.unfurls, Raw: raw,
	}
}
