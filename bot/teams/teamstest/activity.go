package teamstest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// create starts a chat with a person, or a post in a channel.
func (s *Server) create(_ *http.Request, _ Call, o obj) reply {
	data, _ := o["channelData"].(obj)
	if channel, _ := data["channel"].(obj); channel["id"] != nil {
		return s.createPost(fmt.Sprint(channel["id"]), o)
	}
	tenant, _ := o["tenantId"].(string)
	if inner, _ := data["tenant"].(obj); tenant == "" {
		tenant, _ = inner["id"].(string)
	}
	members := objects(o["members"])
	botID := s.Bot()
	if b, ok := o["bot"].(obj); ok {
		botID, _ = b["id"].(string)
	}
	switch {
	case o["isGroup"] == true || len(members) != 1:
		return bad("BadSyntax", "Incorrect conversation creation parameters").answer()
	case tenant == "":
		return bad("BadArgument", "The tenant ID is missing").answer()
	case botID != s.Bot() && botID != s.opts.AppID:
		return bad("BadArgument", "The bot ID is not valid").answer()
	}
	id, _ := members[0]["id"].(string)
	for _, p := range s.people {
		if id != p.ID && id != p.Object {
			continue
		}
		if tenant != p.Tenant {
			return bad("BadArgument", "Failed to decrypt pairwise id").answer()
		}
		if _, _, f := s.reach(Chat(p.ID)); f != nil {
			return f.answer()
		}
		return ok(http.StatusCreated, obj{"id": Chat(p.ID)})
	}
	return bad("BadArgument", "Failed to decrypt pairwise id").answer()
}

func (s *Server) createPost(channel string, o obj) reply {
	activity, has := o["activity"].(obj)
	if !has {
		return bad("BadSyntax", "Incorrect conversation creation parameters").answer()
	}
	out := s.post(nil, Call{Conversation: channel}, activity)
	if body, fine := out.body.(obj); fine && out.status == http.StatusCreated {
		id := body["id"].(string)
		return ok(http.StatusCreated, obj{"id": channel + ";messageid=" + id, "activityId": id, "serviceUrl": s.service()})
	}
	return out
}

// post is an activity to a conversation.
func (s *Server) post(_ *http.Request, c Call, o obj) reply {
	room, thread, f := s.reach(c.Conversation)
	if f == nil {
		f = s.check(room, c, o)
	}
	if f == nil && c.Activity != "" && s.find(room.id, c.Activity) == nil && !s.acts[c.Activity] {
		f = &fail{http.StatusNotFound, "ActivityNotFoundInConversation", "The message ID provided couldn't be found in the conversation.", 0}
	}
	if f != nil {
		return f.answer()
	}
	if info := streamInfo(o); info != nil {
		return s.streamed(room, o, info)
	}
	if o["type"] == "typing" {
		s.typing[c.Conversation]++
		return ok(http.StatusCreated, obj{"id": s.uuid()})
	}
	parts := split(o)
	id := ""
	for _, part := range parts {
		m := &message{room: room, id: s.nextID(), thread: thread, from: s.Bot(), reactions: map[string][]string{}}
		m.show(part)
		s.keep(m)
		id = m.id
	}
	if len(parts) > 1 { // it tells neither: https://github.com/microsoft/BotFramework-Services/issues/98
		id = ""
	}
	return ok(http.StatusCreated, obj{"id": id})
}

// split is an activity as the messages that Teams makes of it: a text and cards are two.
func split(o obj) []obj {
	cards := slices.ContainsFunc(objects(o["attachments"]), func(a obj) bool { return strings.HasPrefix(text(a, "contentType"), "application/vnd.microsoft.card.") })
	if strings.TrimSpace(text(o, "text")) == "" || !cards {
		return []obj{o}
	}
	said, shown := maps.Clone(o), maps.Clone(o)
	delete(said, "attachments")
	delete(shown, "text")
	return []obj{said, shown}
}

// show makes a message what an activity says.
func (m *message) show(o obj) {
	m.activity = o
	m.text, _ = o["text"].(string)
	m.cards, m.shown = map[string]any{}, map[string]bool{}
}

// own finds a message that the bot may change.
func (s *Server) own(c Call) (*message, *fail) {
	room, thread, f := s.reach(c.Conversation)
	if f != nil {
		return nil, f
	}
	if thread == "" {
		thread = c.Activity // a channel's own are the posts that began threads
	}
	m := s.find(room.id, c.Activity)
	switch {
	case m == nil || m.deleted || room.kind == "channel" && m.thread != thread:
		return nil, &fail{http.StatusNotFound, "ActivityNotFoundInConversation", "The message ID provided couldn't be found in the conversation.", 0}
	case m.from != s.Bot():
		return nil, &fail{http.StatusForbidden, "NotEnoughPermissions", "The bot may not change the message of another.", 0}
	}
	return m, nil
}

func (s *Server) update(_ *http.Request, c Call, o obj) reply {
	m, f := s.own(c)
	if f == nil {
		f = s.check(m.room, c, o)
	}
	if f == nil && o["type"] != "message" {
		f = bad("BadArgument", "Only messages can be updated")
	}
	if f == nil && streamInfo(o) != nil {
		f = bad("BadArgument", "A stream is not updated but continued")
	}
	if f == nil && m.stream != nil {
		f = m.stream.mayUpdate(s.clock.Now())
	}
	// What was streamed stays one message: Microsoft's SDK changes it into both.
	if f == nil && m.stream == nil && len(split(o)) > 1 {
		f = bad("BadSyntax", "Activity resulted into multiple skype activities")
	}
	if f != nil {
		return f.answer()
	}
	// Thumbs come with a message and are gone with its change.
	if data, there := o["channelData"].(obj); there {
		data = maps.Clone(data)
		delete(data, "feedbackLoop")
		delete(data, "feedbackLoopEnabled")
		o["channelData"] = data
	}
	m.show(o)
	m.edits++
	return ok(http.StatusOK, obj{"id": m.id})
}

func (s *Server) remove(_ *http.Request, c Call, _ obj) reply {
	m, f := s.own(c)
	if f != nil {
		return f.answer()
	}
	m.deleted = true
	return ok(http.StatusOK, obj{})
}

// checker collects what is wrong with an activity: what Teams refuses, and what no app
// should send though Teams tolerates it.
type checker struct {
	*Server
	room   *room
	errs   []*fail
	gripes []string
	cards  schema
	ids    map[string]bool
}

func (k *checker) refuse(code, format string, args ...any) {
	k.errs = append(k.errs, bad(code, fmt.Sprintf(format, args...)))
}

func (k *checker) gripe(format string, args ...any) {
	k.gripes = append(k.gripes, fmt.Sprintf(format, args...))
}

var (
	activityFields = strings.Fields(`type id text textFormat summary locale from recipient conversation replyToId channelId serviceUrl attachments
		attachmentLayout entities channelData suggestedActions importance inputHint deliveryMode timestamp localTimestamp localTimezone speak value valueType name`)
	dataURI = regexp.MustCompile(`"data:[^"]*"`)
)

// check refuses an activity that Teams refuses. s.mu is held.
func (s *Server) check(r *room, c Call, o obj) *fail {
	k := &checker{Server: s, room: r, cards: schemaOf(), ids: map[string]bool{}}
	if n := size(o); n > s.opts.Limit {
		f := usual(http.StatusRequestEntityTooLarge)
		if streamInfo(o) != nil {
			return forbidden(f.text)
		}
		return f
	}
	k.frame(c, o)
	k.untidy("", o)
	switch o["type"] {
	case "message":
		k.message(o)
	case "typing":
		if streamInfo(o) == nil && o["attachments"] != nil {
			k.refuse("BadArgument", "A typing activity has no attachments")
		}
	default:
		k.refuse("BadArgument", "Unknown activity type")
	}
	k.entities(o)
	k.channelData(o)
	for _, g := range k.gripes {
		s.complaints = append(s.complaints, c.Op+": "+g)
	}
	if len(k.errs) > 0 {
		return k.errs[0]
	}
	if len(k.gripes) > 0 && !s.opts.Lenient {
		return bad("BadSyntax", strings.Join(k.gripes, "; "))
	}
	return nil
}

// size is what counts of an activity: UTF-16, without pictures.
func size(o obj) int {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(o) // came as JSON
	return 2 * len(utf16.Encode([]rune(dataURI.ReplaceAllString(b.String(), `""`))))
}

// frame checks what an activity says of itself.
func (k *checker) frame(c Call, o obj) {
	for name := range o {
		if !slices.Contains(activityFields, name) {
			k.gripe("unknown field %s", name)
		}
	}
	id := func(name string) any {
		inner, _ := o[name].(obj)
		return inner["id"]
	}
	if x := id("from"); x != nil && x != k.Bot() {
		k.gripe("from is not the bot")
	}
	if x := id("conversation"); x != nil && x != c.Conversation {
		k.gripe("conversation.id is %v in the body and %s in the address", x, c.Conversation)
	}
	if x := o["channelId"]; x != nil && x != "msteams" {
		k.gripe("channelId is %v", x)
	}
	if x := o["serviceUrl"]; x != nil && x != k.service() {
		k.gripe("serviceUrl is %v", x)
	}
	if x := o["replyToId"]; x != nil && c.Op == "activities.reply" && x != c.Activity {
		k.gripe("replyToId is %v in the body and %s in the address", x, c.Activity)
	}
	if x := o["id"]; x != nil && c.Op == "activities.update" && x != c.Activity {
		k.gripe("id is %v in the body and %s in the address", x, c.Activity)
	}
	if x, ok := o["textFormat"]; ok && x != "markdown" && x != "plain" && x != "xml" {
		k.refuse("BadArgument", "Unknown textFormat %v", x)
	}
	if x, ok := o["attachmentLayout"]; ok && x != "list" && x != "carousel" {
		k.refuse("BadArgument", "Unknown attachmentLayout %v", x)
	}
	for _, name := range []string{"text", "summary", "locale", "replyToId", "id", "speak", "type"} {
		if x, there := o[name]; there {
			if _, ok := x.(string); !ok {
				k.refuse("BadSyntax", "%s is no text", name)
			}
		}
	}
	for _, name := range []string{"attachments", "entities"} {
		if x, there := o[name]; there && x != nil {
			if list, ok := x.([]any); !ok || len(objects(x)) != len(list) {
				k.refuse("BadSyntax", "%s is no list of objects", name)
			}
		}
	}
}

// untidy finds what clients send that marshal without thought. What is within cards is
// checked with them.
func (k *checker) untidy(at string, v any) {
	o, _ := v.(obj)
	if s, is := v.(string); is && strings.HasPrefix(s, "0001-01-01T") {
		k.gripe("%s is the zero time", at)
	}
	for i, x := range objects(v) {
		k.untidy(fmt.Sprintf("%s/%d", at, i), x)
	}
	for name, x := range o {
		if inner, is := x.(obj); is && len(inner) == 0 && name != "content" {
			k.gripe("%s/%s is empty", at, name)
		}
		if x == nil {
			k.gripe("%s/%s is null", at, name)
		}
		if name != "content" {
			k.untidy(at+"/"+name, x)
		}
	}
}

func (k *checker) message(o obj) {
	text, _ := o["text"].(string)
	attachments := objects(o["attachments"])
	if strings.TrimSpace(text) == "" && len(attachments) == 0 {
		k.refuse("BadSyntax", "Activity must include non empty 'text' field or at least 1 attachment")
	}
	if len(attachments) > 10 {
		k.refuse("BadArgument", "Too many attachments")
	}
	for i, a := range attachments {
		k.attachment(fmt.Sprintf("attachments/%d", i), a)
	}
	k.suggestions(o)
}

// suggestions checks the suggested actions: three are shown, and none with attachments.
func (k *checker) suggestions(o obj) {
	x, there := o["suggestedActions"]
	if !there {
		return
	}
	s, _ := x.(obj)
	list := objects(s["actions"])
	if len(list) == 0 || len(list) > maxSuggested {
		k.gripe("suggestedActions are %d, Teams shows 1 to %d", len(list), maxSuggested)
	}
	if len(objects(o["attachments"])) > 0 {
		k.gripe("suggestedActions are not shown with attachments")
	}
	for _, a := range list {
		_, says := a["value"].(string)
		_, holds := a["value"].(obj)
		switch kind := a["type"]; {
		case kind != "imBack" && kind != "Action.Compose" && kind != "Action.Submit":
			k.gripe("a suggested action is imBack, Action.Compose or Action.Submit, not %v", kind)
		case text(a, "title") == "" || kind == "imBack" && !says || kind != "imBack" && !holds:
			k.gripe("a suggested action has a title, and a value of its kind")
		}
	}
	if to, there := s["to"]; there {
		if _, ok := to.([]any); !ok {
			k.refuse("BadSyntax", "suggestedActions.to is no list")
		}
	}
}

const maxSuggested = 3
