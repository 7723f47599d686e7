package teamstest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/bot/standin"
)

// fail is an error of the connector.
type fail struct {
	status int
	code   string
	text   string
	wait   int // seconds to Retry-After
}

func (f *fail) answer() reply {
	if f.status == http.StatusUnauthorized {
		return reply{status: f.status, code: f.code, body: obj{"message": "Authorization has been denied for this request."}}
	}
	return reply{status: f.status, code: f.code, wait: f.wait, body: obj{"error": obj{"code": f.code, "message": f.text}}}
}

func bad(code, text string) *fail {
	return &fail{status: http.StatusBadRequest, code: code, text: text}
}

// usual is the error that Teams has for a status.
func usual(status int) *fail {
	switch status {
	case http.StatusForbidden:
		return &fail{status, "MessageWritesBlocked", "Message writes are blocked.", 0}
	case http.StatusNotFound:
		return &fail{status, "ConversationNotFound", "Conversation not found.", 0}
	case http.StatusPreconditionFailed:
		return &fail{status, "PreconditionFailed", "Precondition failed, please try again.", 0}
	case http.StatusRequestEntityTooLarge:
		return &fail{status, "MessageSizeTooBig", "Message size too large.", 0}
	case http.StatusTooManyRequests:
		return &fail{status, "Throttled", "API calls quota exceeded.", 0}
	case http.StatusGatewayTimeout:
		return &fail{status, "GatewayTimeout", "Gateway Timeout", 0}
	case http.StatusUnauthorized:
		return &fail{status, "Unauthorized", "", 0}
	}
	return &fail{status, "ServiceError", http.StatusText(status), 0}
}

// reply is what a call is answered.
type reply struct {
	status int
	body   any
	code   string // of an error
	wait   int
}

func ok(status int, body any) reply { return reply{status: status, body: body} }

const maxBody = 4 << 20

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	api := func(pattern, op string, limited bool, answer func(*Server, *http.Request, Call, obj) reply) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /{region}/{tenant}/v3/"+path, s.connector(op, limited, answer))
	}
	api("POST conversations", "conversations.create", true, (*Server).create)
	api("POST conversations/{conversation}/activities", "activities.send", true, (*Server).post)
	api("POST conversations/{conversation}/activities/{activity}", "activities.reply", true, (*Server).post)
	api("PUT conversations/{conversation}/activities/{activity}", "activities.update", true, (*Server).update)
	api("DELETE conversations/{conversation}/activities/{activity}", "activities.delete", true, (*Server).remove)
	api("GET conversations/{conversation}/pagedmembers", "members.list", false, (*Server).members)
	api("GET conversations/{conversation}/members", "members.list", false, (*Server).members)
	api("GET conversations/{conversation}/members/{member}", "members.get", false, (*Server).member)
	api("GET teams/{team}", "teams.get", false, (*Server).team)
	api("GET teams/{team}/conversations", "channels.list", false, (*Server).channels)
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.plain("token", s.serveToken))
	mux.HandleFunc("GET /v1/.well-known/openidconfiguration", s.plain("openid", func(*http.Request) (int, any) { return s.serveOpenID() }))
	mux.HandleFunc("GET /v1/.well-known/keys", s.plain("keys", func(*http.Request) (int, any) { return s.serveKeys() }))
	mux.HandleFunc("GET /v1.0/users", s.plain("graph.users", s.serveUsers))
	mux.HandleFunc("GET /v1.0/users/{id}", s.plain("graph.users", s.serveUsers))
	mux.HandleFunc("PUT /upload/{id}", s.plain("upload", s.serveUpload))
	mux.HandleFunc("GET /download/{id}", s.serveDownload)
	return mux
}

// plain serves what is no part of the connector. Serve is called with s.mu held and the
// whole body at hand.
func (s *Server) plain(op string, serve func(*http.Request) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := Call{Op: op}
		f := s.faultFor(c)
		if f != nil && !s.before(w, r, c, f) {
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
		if err != nil {
			s.write(w, c, bad("invalidRequest", "The body cannot be read").answer())
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.end(w, r, s.plainly(r, c, f, serve), f)
	}
}

func (s *Server) plainly(r *http.Request, c Call, f *Fault, serve func(*http.Request) (int, any)) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	status, body := serve(r)
	out := reply{status: status, body: body}
	if status/100 != 2 {
		o, _ := body.(obj)
		out.code, _ = o["error"].(string)
		if e, is := o["error"].(obj); is {
			out.code = text(e, "code")
		}
	}
	return s.done(c, out, f)
}

// connector serves an operation of the connector's API.
func (s *Server) connector(op string, limited bool, answer func(*Server, *http.Request, Call, obj) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
		c := Call{Op: op, Conversation: r.PathValue("conversation"), Activity: r.PathValue("activity")}
		if json.Valid(body) {
			c.Body = body
		}
		if err != nil {
			s.write(w, c, usual(http.StatusRequestEntityTooLarge).answer())
			return
		}
		f := s.faultFor(c)
		if f != nil && !s.before(w, r, c, f) {
			return
		}
		s.end(w, r, s.locked(c, f, func() reply { return s.answer(r, c, limited, body, answer) }), f)
	}
}

// locked does what a call asks for, and notes it.
func (s *Server) locked(c Call, f *Fault, answer func() reply) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done(c, answer(), f)
}

// done notes a call that was done and returns what its caller is told, which is nothing
// where the status is 0. S.mu is held since before: who sees what a call did sees the call.
func (s *Server) done(c Call, out reply, f *Fault) reply {
	if f != nil && f.After {
		out = reply{code: "lost"}
		if f.Status != 0 {
			out = usual(f.Status).answer()
		}
	}
	s.noted(c, out.status, out.code)
	return out
}

// answer does what a call of the connector asks for. s.mu is held.
func (s *Server) answer(r *http.Request, c Call, limited bool, body []byte, answer func(*Server, *http.Request, Call, obj) reply) reply {
	if !s.authorised(r.Header.Get("Authorization")) {
		return usual(http.StatusUnauthorized).answer()
	}
	if r.PathValue("region") != s.region || r.PathValue("tenant") != s.opts.Tenant {
		return (&fail{http.StatusForbidden, "InvalidBotApiHost", "Invalid bot API host.", 0}).answer()
	}
	thread := ""
	if limited {
		thread = "create"
		if c.Conversation != "" {
			// A thread of the rates is a chat or a channel, with all that is below its posts.
			channel, _, _ := strings.Cut(c.Conversation, ";")
			thread = "to " + channel
		}
	}
	if wait := s.take(thread); wait > 0 {
		s.refused[c.Op]++
		f := usual(http.StatusTooManyRequests)
		f.wait = s.seconds(wait)
		return f.answer()
	}
	var o obj
	if r.Method == http.MethodPost || r.Method == http.MethodPut {
		if kind := r.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
			return (&fail{http.StatusUnsupportedMediaType, "BadSyntax", "Content type " + kind + " is not supported", 0}).answer()
		}
		d := json.NewDecoder(bytes.NewReader(body))
		if d.Decode(&o) != nil || o == nil || d.More() {
			return bad("BadSyntax", "Invalid activity.").answer()
		}
	}
	return answer(s, r, c, o)
}

func (s *Server) write(w http.ResponseWriter, c Call, out reply) {
	s.note(c, out.status, out.code)
	out.write(w)
}

// end answers a call that was noted, or leaves its caller without an answer.
func (s *Server) end(w http.ResponseWriter, r *http.Request, out reply, f *Fault) {
	switch {
	case out.status != 0:
		out.write(w)
		return
	case f.Hang:
		s.hang(r)
	default:
		standin.Reset(w)
	}
	panic(http.ErrAbortHandler)
}

func (out reply) write(w http.ResponseWriter) {
	if out.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(out.wait))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("MS-CV", "teamstest.0")
	w.WriteHeader(out.status)
	if out.body != nil {
		_ = json.NewEncoder(w).Encode(out.body)
	}
}

// note keeps how a call ends that did nothing.
func (s *Server) note(c Call, status int, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noted(c, status, code)
}

// noted keeps how a call ends. s.mu is held.
func (s *Server) noted(c Call, status int, code string) {
	c.Status, c.Error, c.At = status, code, s.stamp.Now()
	s.calls = append(s.calls, c)
	s.notify()
}

// lookup finds the room and thread of an id in an address.
func (s *Server) lookup(conversation string) (*room, string, *fail) {
	id, thread, threaded := strings.Cut(conversation, ";")
	personal := strings.HasPrefix(id, "a:")
	if !personal && !(strings.HasPrefix(id, "19:") && strings.Contains(id, "@thread.")) {
		return nil, "", bad("BadSyntax", "Bad format of conversation ID")
	}
	r := s.rooms[id]
	if r == nil {
		return nil, "", usual(http.StatusNotFound)
	}
	if threaded {
		var named bool
		thread, named = strings.CutPrefix(thread, "messageid=")
		if !named || r.kind != "channel" {
			return nil, "", bad("BadSyntax", "Bad format of conversation ID")
		}
		if root := s.messages[r.id+"/"+thread]; root == nil || root.thread != thread {
			return nil, "", usual(http.StatusNotFound)
		}
	}
	return r, thread, nil
}

// reach is lookup of a room that the bot can write to.
func (s *Server) reach(conversation string) (*room, string, *fail) {
	r, thread, f := s.lookup(conversation)
	switch {
	case f != nil:
		return nil, "", f
	case !r.installed && r.kind == "personal":
		return nil, "", &fail{http.StatusForbidden, "ForbiddenOperationException", "Bot is not installed in user's personal scope", 0}
	case !r.installed:
		return nil, "", &fail{http.StatusForbidden, "BotNotInConversationRoster", "The bot is not part of the conversation roster.", 0}
	case r.blocked:
		return nil, "", &fail{http.StatusForbidden, "ConversationBlockedByUser", "User blocked the conversation with the bot.", 0}
	}
	return r, thread, nil
}

func (p *Person) json() obj {
	role := "user"
	if p.Guest {
		role = "guest"
	}
	return obj{
		"id": p.ID, "aadObjectId": p.Object, "objectId": p.Object, "name": p.Name, "givenName": p.Given, "surname": p.Family, "email": p.Email,
		"userPrincipalName": p.UPN, "tenantId": p.Tenant, "userRole": role,
	}
}

func (s *Server) members(r *http.Request, c Call, _ obj) reply {
	room, _, f := s.reach(c.Conversation)
	if f != nil {
		return f.answer()
	}
	size, from := 200, 0
	if n, err := strconv.Atoi(r.FormValue("pageSize")); err == nil && n > 0 {
		size = min(n, 500)
	}
	if token := r.FormValue("continuationToken"); token != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(token, "next-"))
		if err != nil || n < 0 || n > len(room.members) {
			return bad("BadArgument", "Invalid continuation token").answer()
		}
		from = n
	}
	list := []obj{}
	paged := strings.HasSuffix(r.URL.Path, "/pagedmembers")
	to := len(room.members)
	if paged {
		to = min(to, from+size)
	}
	for _, id := range room.members[from:to] {
		list = append(list, s.person(id).json())
	}
	if !paged {
		return ok(http.StatusOK, list)
	}
	page := obj{"members": list}
	if to < len(room.members) {
		page["continuationToken"] = "next-" + strconv.Itoa(to)
	}
	return ok(http.StatusOK, page)
}

func (s *Server) member(r *http.Request, c Call, _ obj) reply {
	room, _, f := s.reach(c.Conversation)
	if f != nil {
		return f.answer()
	}
	for _, id := range room.members {
		p := s.person(id)
		ids := []string{p.ID, p.Object, p.UPN}
		if s.opts.ByID {
			ids = ids[:1]
		}
		if slices.Contains(ids, r.PathValue("member")) {
			return ok(http.StatusOK, p.json())
		}
	}
	return (&fail{http.StatusNotFound, "MemberNotFoundInConversation", "Member not found in conversation.", 0}).answer()
}

func (s *Server) team(r *http.Request, _ Call, _ obj) reply {
	if t := s.rooms[r.PathValue("team")]; t == nil || t.id != Team || !t.installed {
		return usual(http.StatusNotFound).answer()
	}
	return ok(http.StatusOK, obj{"id": Team, "name": teamName, "aadGroupId": TeamAAD, "channelCount": 2, "memberCount": len(s.rooms[Team].members), "tenantId": s.opts.Tenant})
}

func (s *Server) channels(r *http.Request, _ Call, _ obj) reply {
	if t := s.rooms[r.PathValue("team")]; t == nil || t.id != Team || !t.installed {
		return usual(http.StatusNotFound).answer()
	}
	return ok(http.StatusOK, obj{"conversations": []obj{{"id": General, "name": nil}, {"id": Sales, "name": s.rooms[Sales].name}}})
}

const teamName = "영업팀 Sales team"
