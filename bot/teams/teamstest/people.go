package teamstest

import (
	"fmt"
	"slices"
	"strings"
)

// Saying is how something is said.
type Saying struct {
	// Thread is the id of the post that is replied to, in a channel. A conversation with
	// ";messageid=" says the same.
	Thread string
	// Times is how often the activity arrives; 0 means once.
	Times int
	// Token is what is wrong with the token that it arrives with.
	Token Forgery
	// ServiceURL is the serviceUrl that it says, with a token for that one.
	ServiceURL string
	// Silent delivers nothing.
	Silent bool
	// Change changes the activity before it is sent, such as to leave something out.
	Change func(activity map[string]any)

	attachments []any
}

// Say has a person write in a conversation: their own chat with the bot when it is their
// id, a channel, a thread of one, a group chat. The bot is mentioned by Mention(),
// somebody else by At. In channels and group chats the bot hears only what mentions it.
// It panics on a conversation or person that is not there.
func (s *Server) Say(person, conversation, text string, how ...Saying) Message {
	var h Saying
	if len(how) > 0 {
		h = how[0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.mustPerson(person)
	r, thread := s.where(person, conversation)
	if h.Thread != "" {
		thread = h.Thread
	}
	m := &message{room: r, id: s.nextID(), thread: thread, from: person, reactions: map[string][]string{}, text: text}
	s.keep(m)
	a := s.said("message", p, m, h.attachments)
	if h.ServiceURL != "" {
		a["serviceUrl"] = h.ServiceURL
	}
	if h.Change != nil {
		h.Change(a)
	}
	m.activity = a
	if !h.Silent && s.hears(m) {
		s.tell(a, p, h.Times, delivery{forged: h.Token, service: h.ServiceURL})
	}
	return s.seen(m)
}

// hears reports whether the bot is told of a message.
func (s *Server) hears(m *message) bool {
	return m.room.installed && !m.room.blocked && (m.room.kind == "personal" || strings.Contains(m.text, s.Mention()))
}

// At is how a text mentions a person.
func (s *Server) At(person string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return at(s.mustPerson(person).Name)
}

// said is the activity of a message: the text as Teams writes it, the HTML of the client
// beside it, and the mentions.
func (s *Server) said(kind string, p *Person, m *message, attachments []any) obj {
	a := s.from(kind, m.id, p, m.room, m.thread)
	plain, html, mentions := s.markup(m.text)
	if m.room.kind == "channel" && len(mentions) > 0 {
		plain += "\n"
	}
	a["text"], a["textFormat"] = plain, "plain"
	a["attachments"] = append(slices.Clone(attachments), obj{"contentType": "text/html", "content": html})
	a["entities"] = append(mentions, clientInfo(p))
	return a
}

// markup writes what a person said as text and as HTML.
func (s *Server) markup(said string) (plain, html string, mentions []any) {
	var p, h strings.Builder
	mentions = []any{}
	for said != "" {
		before, rest, found := strings.Cut(said, "<at>")
		name, after, closed := strings.Cut(rest, "</at>")
		who := s.named(name)
		if !found || !closed || who == nil {
			if found {
				before, after = before+"<at>", rest
			}
			p.WriteString(escape(before))
			h.WriteString(strings.ReplaceAll(escape(before), "\n", "<br>"))
			said = after
			if !found {
				break
			}
			continue
		}
		tag := "<at>" + name + "</at>"
		p.WriteString(escape(before) + tag)
		fmt.Fprintf(&h, `%s<span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="%d">%s</span>`, escape(before), len(mentions), name)
		mentions = append(mentions, obj{"type": "mention", "mentioned": who, "text": tag})
		if rest, ok := strings.CutPrefix(after, " "); ok { // the client puts a hard space there
			p.WriteString("&nbsp;")
			h.WriteString("&nbsp;")
			after = rest
		}
		said = after
	}
	return p.String(), "<p>" + h.String() + "</p>", mentions
}

// named is the account of the bot or a person by the name in a mention.
func (s *Server) named(name string) obj {
	if name == escape(s.opts.BotName) {
		return obj{"id": s.Bot(), "name": s.opts.BotName}
	}
	for _, p := range s.people {
		if name == escape(p.Name) {
			return obj{"id": p.ID, "name": p.Name, "aadObjectId": p.Object}
		}
	}
	return nil
}

// Edit has the author change a message.
func (s *Server) Edit(m Message, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(m.Conversation, m.ID)
	if x == nil || s.person(x.from) == nil {
		return
	}
	heard := s.hears(x)
	x.text = text
	x.edits++
	s.notify()
	x.activity = s.said("messageUpdate", s.person(x.from), x, nil)
	x.activity["channelData"].(obj)["eventType"] = "editMessage"
	if heard || s.hears(x) {
		s.tell(x.activity, s.person(x.from), 1, delivery{})
	}
}

// Delete has the author delete a message.
func (s *Server) Delete(m Message) { s.vanish(m, true, "messageDelete", "softDeleteMessage") }

// Undelete has the author take a deletion back.
func (s *Server) Undelete(m Message) { s.vanish(m, false, "messageUpdate", "undeleteMessage") }

func (s *Server) vanish(m Message, gone bool, kind, event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(m.Conversation, m.ID)
	if x == nil || s.person(x.from) == nil || x.deleted == gone {
		return
	}
	x.deleted = gone
	s.notify()
	a := s.from(kind, x.id, s.person(x.from), x.room, x.thread)
	if !gone {
		a = s.said(kind, s.person(x.from), x, nil)
	}
	a["channelData"].(obj)["eventType"] = event
	if s.hears(x) {
		s.tell(a, s.person(x.from), 1, delivery{})
	}
}

// React has a person put a reaction, such as "like" or "heart", on a message of the bot's,
// or take it back when they have it there already.
func (s *Server) React(person string, m Message, reaction string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, p := s.find(m.Conversation, m.ID), s.mustPerson(person)
	if x == nil {
		return
	}
	a := s.from("messageReaction", "f:"+s.uuid(), p, x.room, x.thread)
	a["replyToId"] = x.id
	field := "reactionsAdded"
	if had := x.reactions[reaction]; slices.Contains(had, person) {
		field = "reactionsRemoved"
		x.reactions[reaction] = slices.DeleteFunc(had, func(id string) bool { return id == person })
	} else {
		x.reactions[reaction] = append(had, person)
	}
	a[field] = []any{obj{"type": reaction}}
	s.notify()
	if x.from == s.Bot() && x.room.installed {
		s.tell(a, p, 1, delivery{})
	}
}

// Install has a person install the app in a conversation: their own chat by their id, a
// group chat, or the team by a channel. It tells the app even when it was there already.
func (s *Server) Install(person, conversation string) { s.install(person, conversation, true) }

// Uninstall has a person remove the app from a conversation.
func (s *Server) Uninstall(person, conversation string) { s.install(person, conversation, false) }

func (s *Server) install(person, conversation string, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.mustPerson(person)
	r, _ := s.where(person, conversation)
	for _, x := range s.rooms {
		if x == r || r.team != "" && x.team == r.team {
			x.installed = there
		}
	}
	s.notify()
	action, members := "add", "membersAdded"
	if !there {
		action, members = "remove", "membersRemoved"
	}
	if r.kind == "channel" {
		r = s.rooms[r.team] // what concerns the team comes from its general channel
	}
	change := s.from("conversationUpdate", "f:"+s.uuid(), p, r, "")
	list := []any{obj{"id": s.Bot()}}
	data := change["channelData"].(obj)
	if r.kind == "channel" {
		data["eventType"] = map[bool]string{true: "teamMemberAdded", false: "teamMemberRemoved"}[there]
		data["team"] = obj{"id": r.team, "name": teamName, "aadGroupId": TeamAAD}
	} else if there {
		list = append(list, obj{"id": p.ID, "aadObjectId": p.Object})
	}
	change[members] = list
	update := s.from("installationUpdate", "f:"+s.uuid(), p, r, "")
	update["action"] = action
	if r.kind == "channel" {
		update["channelData"].(obj)["team"] = data["team"]
	}
	s.tell(update, p, 1, delivery{})
	if there || r.kind != "personal" {
		s.tell(change, p, 1, delivery{})
	}
}

// Block has a person block the bot in their own chat, which it is not told; Unblock takes
// it back.
func (s *Server) Block(person string) { s.block(person, true) }

// Unblock takes Block back.
func (s *Server) Unblock(person string) { s.block(person, false) }

func (s *Server) block(person string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms[Chat(s.mustPerson(person).ID)].blocked = on
	s.notify()
}

// Join has a person join a channel or group chat.
func (s *Server) Join(person, conversation string) { s.moved(person, conversation, true) }

// Leave has a person leave a channel or group chat.
func (s *Server) Leave(person, conversation string) { s.moved(person, conversation, false) }

func (s *Server) moved(person, conversation string, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, r := s.mustPerson(person), s.rooms[conversation]
	if r == nil || slices.Contains(r.members, person) == there {
		return
	}
	field, event := "membersAdded", "teamMemberAdded"
	if there {
		r.members = append(slices.Clone(r.members), person)
	} else {
		field, event = "membersRemoved", "teamMemberRemoved"
		r.members = slices.DeleteFunc(slices.Clone(r.members), func(id string) bool { return id == person })
	}
	s.notify()
	a := s.from("conversationUpdate", "f:"+s.uuid(), p, r, "")
	a[field] = []any{obj{"id": p.ID, "aadObjectId": p.Object}}
	if r.kind == "channel" {
		a["channelData"].(obj)["eventType"] = event
	}
	if r.installed {
		s.tell(a, p, 1, delivery{})
	}
}

// Tell delivers an activity of a person's that no other method makes: what is in more
// joins or replaces what every activity has; nil takes a field away.
func (s *Server) Tell(person, conversation, kind string, more map[string]any, how ...Saying) {
	var h Saying
	if len(how) > 0 {
		h = how[0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.mustPerson(person)
	r, thread := s.where(person, conversation)
	a := s.from(kind, "f:"+s.uuid(), p, r, thread)
	for k, v := range more {
		if a[k] = v; v == nil {
			delete(a, k)
		}
	}
	d := delivery{forged: h.Token}
	if kind == "invoke" {
		d.tries = 2
	}
	s.tell(a, p, h.Times, d)
}
