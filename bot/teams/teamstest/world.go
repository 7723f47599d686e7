package teamstest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Message is a message as it is now.
type Message struct {
	ID           string
	Conversation string // with ";messageid=" in a channel
	Thread       string // the id of the post that began the thread; empty outside channels
	From         string // a person's id, or the bot's
	Text         string
	Summary      string // what notifications say
	Cards        []json.RawMessage
	Attachments  json.RawMessage
	Entities     json.RawMessage
	ChannelData  json.RawMessage
	Suggested    []string // what a press of a suggested action says
	ReplyTo      string
	Edits        int
	Deleted      bool
	Stream       StreamState
	Reactions    map[string][]string // persons' ids by reaction
	Raw          json.RawMessage     // the activity
}

// StreamState is how far a streamed message is.
type StreamState string

// The states of a stream.
const (
	NotStreamed StreamState = ""
	Informing   StreamState = "informative"
	Streaming   StreamState = "streaming"
	Final       StreamState = "final"
	Stopped     StreamState = "stopped" // by the person
	TimedOut    StreamState = "timed out"
)

type message struct {
	room       *room
	id, thread string
	from       string
	activity   obj
	text       string
	edits      int
	deleted    bool
	stream     *stream
	reactions  map[string][]string
	cards      map[string]any // as a person sees them after Action.Execute, by person and index
	shown      map[string]bool
}

type world struct {
	region   string
	people   []*Person
	rooms    map[string]*room
	messages map[string]*message // by room and id
	order    []*message
	acts     map[string]bool // ids of activities that were delivered
	lastID   int64
	serial   int
	streams  map[string]*stream // the newest of each chat
	typing   map[string]int
	dialogs  map[string]*dialog
	notes    map[string][]string
	files    map[string]*File
}

func newWorld(opts Options) world {
	w := world{
		region: "kr",
		rooms:  map[string]*room{}, messages: map[string]*message{}, acts: map[string]bool{}, streams: map[string]*stream{},
		typing: map[string]int{}, dialogs: map[string]*dialog{}, notes: map[string][]string{}, files: map[string]*File{},
	}
	for _, p := range append(defaultPeople(opts.Tenant), opts.People...) {
		w.add(opts, p)
	}
	all := []string{Minji, Alex, Guest}
	for _, r := range []room{
		{id: Group, kind: "groupChat", name: "", members: []string{Minji, Alex}},
		{id: General, kind: "channel", name: "General", team: Team, members: all},
		{id: Sales, kind: "channel", name: "매출 Sales", team: Team, members: all},
	} {
		r.tenant, r.installed = opts.Tenant, true
		w.rooms[r.id] = &r
	}
	return w
}

// add adds a person, with a chat of their own.
func (w *world) add(opts Options, p Person) {
	if p.Tenant == "" {
		p.Tenant = opts.Tenant
	}
	if p.Object == "" {
		p.Object = fmt.Sprintf("00000000-0000-4000-b000-%012d", len(w.people))
	}
	w.people = append(w.people, &p)
	w.rooms[Chat(p.ID)] = &room{id: Chat(p.ID), kind: "personal", tenant: p.Tenant, members: []string{p.ID}, installed: !p.Absent}
}

func (w *world) person(id string) *Person {
	for _, p := range w.people {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// mustPerson is for tests: one that is wrong about the company panics, as there is nothing
// to return.
func (w *world) mustPerson(id string) *Person {
	p := w.person(id)
	if p == nil {
		panic(fmt.Sprintf("teamstest: no person %s", id))
	}
	return p
}

// where finds what a person means by a conversation: their own chat by their id, a thread
// by its whole id, another room by its id.
func (w *world) where(person, conversation string) (*room, string) {
	id, thread, _ := strings.Cut(conversation, ";messageid=")
	if id == person {
		id = Chat(person)
	}
	r := w.rooms[id]
	if r == nil {
		panic(fmt.Sprintf("teamstest: no conversation %s", conversation))
	}
	if !slices.Contains(r.members, person) {
		panic(fmt.Sprintf("teamstest: %s is not in %s", person, conversation))
	}
	return r, thread
}

// nextID is an id for a message: the time in milliseconds, unlike any before.
func (s *Server) nextID() string {
	s.lastID = max(s.lastID+1, s.stamp.Now().UnixMilli())
	return strconv.FormatInt(s.lastID, 10)
}

// uuid is an id that was not used before.
func (s *Server) uuid() string {
	s.serial++
	return fmt.Sprintf("%08x-0000-4000-9000-%012x", s.serial, s.serial)
}

func (s *Server) keep(m *message) {
	if m.room.kind == "channel" && m.thread == "" {
		m.thread = m.id
	}
	s.messages[m.room.id+"/"+m.id] = m
	s.order = append(s.order, m)
	s.notify()
}

func (s *Server) find(room, id string) *message {
	room, _, _ = strings.Cut(room, ";")
	return s.messages[room+"/"+id]
}

func (m *message) conversation() string {
	if m.room.kind == "channel" {
		return m.room.id + ";messageid=" + m.thread
	}
	return m.room.id
}

// Messages are what a conversation shows now, in order: a thread when its id says
// ";messageid=", the posts that began threads when it is a channel's. A person's id is
// their own chat with the bot. What was deleted is not shown.
func (s *Server) Messages(conversation string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, thread, _ := strings.Cut(conversation, ";messageid=")
	if s.person(id) != nil {
		id = Chat(id)
	}
	var out []Message
	for _, m := range s.order {
		if m.room.id != id || m.deleted || m.room.kind == "channel" && (thread == "" && m.thread != m.id || thread != "" && m.thread != thread) {
			continue
		}
		out = append(out, s.seen(m))
	}
	return out
}

// Message is a message by its conversation and id, also when it was deleted.
func (s *Server) Message(conversation, id string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(conversation, id)
	if m == nil {
		return Message{}, false
	}
	return s.seen(m), true
}

func raw(v any) json.RawMessage {
	out, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("teamstest: %v", err)) // came as JSON
	}
	return out
}

func (s *Server) seen(m *message) Message {
	out := Message{
		ID: m.id, Conversation: m.conversation(), Thread: m.thread, From: m.from, Text: m.text, Edits: m.edits, Deleted: m.deleted,
		Attachments: raw(m.activity["attachments"]), Entities: raw(m.activity["entities"]), ChannelData: raw(m.activity["channelData"]),
		Raw: raw(m.activity), Reactions: map[string][]string{},
	}
	out.Summary, _ = m.activity["summary"].(string)
	out.ReplyTo, _ = m.activity["replyToId"].(string)
	for _, c := range cardsOf(m.activity) {
		out.Cards = append(out.Cards, raw(c))
	}
	for _, a := range suggested(m.activity) {
		out.Suggested = append(out.Suggested, fmt.Sprint(a["value"]))
	}
	if m.stream != nil {
		out.Stream = m.stream.state(s.clock.Now())
	}
	for k, v := range m.reactions {
		out.Reactions[k] = slices.Clone(v)
	}
	return out
}

// cardsOf are the Adaptive Cards of an activity.
func cardsOf(activity obj) []obj {
	var out []obj
	for _, a := range objects(activity["attachments"]) {
		if c, ok := a["content"].(obj); ok && a["contentType"] == adaptive {
			out = append(out, c)
		}
	}
	return out
}

func suggested(activity obj) []obj {
	actions, _ := activity["suggestedActions"].(obj)
	return objects(actions["actions"])
}

// objects are the objects of a list.
func objects(v any) []obj {
	list, _ := v.([]any)
	var out []obj
	for _, x := range list {
		if o, ok := x.(obj); ok {
			out = append(out, o)
		}
	}
	return out
}

// Typing counts how often the bot showed that it is typing in a conversation.
func (s *Server) Typing(conversation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.person(conversation) != nil {
		conversation = Chat(conversation)
	}
	return s.typing[conversation]
}

// Notes are what the app answered to a person's presses in words, which Teams shows for a
// moment.
func (s *Server) Notes(person string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes[person])
}

func stamped(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }
