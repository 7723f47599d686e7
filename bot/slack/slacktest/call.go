package slacktest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call is a call of the Web API while it is answered. The server's mutex is held.
type call struct {
	*Server
	name string
	args map[string]json.RawMessage
	app  bool // called with the app-level token
}

// method is a method of the Web API.
type method struct {
	scopes []string // any of them will do
	app    bool     // wants the app-level token
	rate   rate
	answer func(*call) obj
}

const maxBody = 4 << 20

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("POST /upload/{id}", s.faulty("upload", s.serveUpload))
	mux.HandleFunc("GET /files/{id}/{name}", s.faulty("file", s.serveFile))
	mux.HandleFunc("POST /response/{id}", s.faulty("response_url", s.serveResponse))
	mux.HandleFunc("GET /link/", s.serveSocket)
	return mux
}

// refuse is a refusal with an error code, and further fields in pairs.
func refuse(code string, more ...any) obj { return with(obj{"ok": false, "error": code}, more...) }

// accept is an answer with fields in pairs.
func accept(more ...any) obj { return with(obj{"ok": true}, more...) }

func with(o obj, more ...any) obj {
	for i := 0; i+1 < len(more); i += 2 {
		o[more[i].(string)] = more[i+1]
	}
	return o
}

// invalid is a refusal that says what is wrong where, as Slack does twice.
func invalid(code string, complaints []string) obj {
	messages := make([]string, len(complaints))
	for i, c := range complaints {
		messages[i] = "[ERROR] " + c
	}
	return refuse(code, "errors", complaints, "response_metadata", obj{"messages": messages})
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	args, token, problem := parseArgs(r)
	if problem != "" {
		s.write(w, name, args, http.StatusOK, encode(refuse(problem)))
		return
	}
	fault := s.faultFor(name, args)
	if fault != nil && !s.before(w, r, name, args, fault) {
		return
	}
	lost := fault != nil && fault.After
	status, header, answer := s.locked(name, token, args, lost)
	if lost {
		if fault.Hang {
			s.hang(r)
		}
		panic(http.ErrAbortHandler)
	}
	for k, v := range header {
		w.Header()[k] = v
	}
	out(w, status, answer)
}

// locked does what a call asks for and notes it at once: who sees what it did sees the call.
func (s *Server) locked(name, token string, args map[string]json.RawMessage, lost bool) (int, http.Header, encoded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notify()
	status, header, body := s.answer(name, token, args)
	out := encode(body) // here, while nobody changes what it refers to
	if lost {
		s.noted(name, args, 0, "lost")
	} else {
		s.noted(name, args, status, out.code)
	}
	return status, header, out
}

// encoded is an answer as it is sent.
type encoded struct {
	raw  []byte
	code string
}

func encode(o obj) encoded {
	code, _ := o["error"].(string)
	raw, err := json.Marshal(o)
	if err != nil {
		return encoded{[]byte(`{"ok":false,"error":"internal_error"}`), "internal_error"}
	}
	return encoded{raw, code}
}

// answer does what was asked for. s.mu is held.
func (s *Server) answer(name, token string, args map[string]json.RawMessage) (int, http.Header, obj) {
	header := http.Header{}
	m, ok := s.methods[name]
	if !ok {
		return http.StatusOK, header, refuse("unknown_method", "req_method", name)
	}
	if code := s.authorise(m, token); code != "" {
		return http.StatusOK, header, refuse(code)
	}
	c := &call{Server: s, name: name, args: args, app: m.app}
	if !m.app {
		header.Set("X-OAuth-Scopes", strings.Join(s.scopes, ","))
		if len(m.scopes) > 0 {
			header.Set("X-Accepted-OAuth-Scopes", strings.Join(m.scopes, ","))
		}
		if missing := s.missing(m, c); missing != "" {
			return http.StatusOK, header, refuse("missing_scope", "needed", missing, "provided", strings.Join(s.scopes, ","))
		}
	}
	if wait := s.limiter.take(s, c, m.rate); wait > 0 {
		s.refused[name]++
		header.Set("Retry-After", strconv.Itoa(s.seconds(wait)))
		return http.StatusTooManyRequests, header, refuse("ratelimited")
	}
	return http.StatusOK, header, m.answer(c)
}

// seconds is a wait of the server's clock in whole seconds on the wall, at least one.
func (s *Server) seconds(d time.Duration) int {
	d = time.Duration(float64(d) / s.opts.Scale)
	return max(1, int((d+time.Second-1)/time.Second))
}

func (s *Server) authorise(m method, token string) string {
	switch {
	case token == "":
		return "not_authed"
	case token != s.opts.BotToken && token != s.opts.AppToken:
		return "invalid_auth"
	case m.app != (token == s.opts.AppToken):
		return "not_allowed_token_type"
	case !m.app && s.tokenDead != "":
		return s.tokenDead
	}
	return ""
}

func (s *Server) missing(m method, c *call) string {
	need := m.scopes
	if strings.HasPrefix(c.name, "conversations.") {
		need = c.conversationScopes(need)
	}
	if len(need) == 0 || slices.ContainsFunc(need, func(x string) bool { return slices.Contains(s.scopes, x) }) {
		return ""
	}
	return strings.Join(need, ",")
}

// conversationScopes are those of methods whose scope depends on the kind of channel:
// their names end in the part after the colon.
func (c *call) conversationScopes(need []string) []string {
	if len(need) != 1 || !strings.HasPrefix(need[0], "*:") {
		return need
	}
	part := need[0][1:]
	if ch := c.channel(c.str("channel")); ch != nil {
		return []string{map[string]string{"im": "im", "group": "groups", "channel": "channels"}[ch.kind()] + part}
	}
	return []string{"channels" + part, "groups" + part, "mpim" + part, "im" + part}
}

func (s *Server) write(w http.ResponseWriter, name string, args map[string]json.RawMessage, status int, answer encoded) {
	s.note(name, args, status, answer.code)
	out(w, status, answer)
}

func out(w http.ResponseWriter, status int, answer encoded) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Slack-Req-Id", strconv.FormatInt(time.Now().UnixNano(), 16))
	w.WriteHeader(status)
	_, _ = w.Write(answer.raw)
}

// note keeps how a call ends that did nothing.
func (s *Server) note(name string, args map[string]json.RawMessage, status int, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noted(name, args, status, code)
}

// noted keeps how a call ends. s.mu is held since before the call did anything.
func (s *Server) noted(name string, args map[string]json.RawMessage, status int, code string) {
	text := map[string]string{}
	for k, v := range args {
		text[k] = plain(v)
	}
	s.calls = append(s.calls, Call{Method: name, Args: text, Status: status, Error: code, At: s.stamp.Now()})
	s.notify()
}

// parseArgs reads the arguments and the token, in any of the ways that Slack takes them.
func parseArgs(r *http.Request) (map[string]json.RawMessage, string, string) {
	args := map[string]json.RawMessage{}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body := io.LimitReader(r.Body, maxBody)
	form := r.URL.Query()
	form.Del("token") // Slack takes it from there no more
	switch {
	case kind == "application/json":
		raw, _ := io.ReadAll(body)
		if len(raw) > 0 && json.Unmarshal(raw, &args) != nil {
			var any json.RawMessage
			if json.Unmarshal(raw, &any) == nil {
				return args, token, "json_not_object"
			}
			return args, token, "invalid_json"
		}
		delete(args, "token") // Slack takes it from the header only
	case kind == "multipart/form-data":
		if err := r.ParseMultipartForm(maxBody); err != nil {
			return args, token, "invalid_form_data"
		}
		form = r.Form
	case kind == "application/x-www-form-urlencoded":
		raw, _ := io.ReadAll(body)
		values, err := url.ParseQuery(string(raw))
		if err != nil {
			return args, token, "invalid_form_data"
		}
		for k, v := range values {
			form[k] = v
		}
	case r.Method == http.MethodPost && r.ContentLength > 0:
		return args, token, "invalid_post_type"
	}
	for k := range form {
		if k == "token" {
			if token == "" {
				token = form.Get(k)
			}
			continue
		}
		args[k], _ = json.Marshal(form.Get(k))
	}
	return args, token, ""
}

// plain is an argument as text.
func plain(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	return string(v)
}

func (c *call) has(name string) bool {
	v, ok := c.args[name]
	return ok && string(v) != "null" && string(v) != `""`
}

func (c *call) str(name string) string {
	if v, ok := c.args[name]; ok && string(v) != "null" {
		return plain(v)
	}
	return ""
}

func (c *call) flag(name string) bool {
	switch c.str(name) {
	case "true", "1":
		return true
	}
	return false
}

func (c *call) number(name string, otherwise int) int {
	if n, err := strconv.Atoi(c.str(name)); err == nil {
		return n
	}
	return otherwise
}

// value decodes an argument that is JSON, or a string of JSON.
func (c *call) value(name string, into any) bool {
	v := c.args[name]
	var text string
	if json.Unmarshal(v, &text) == nil {
		v = json.RawMessage(text)
	}
	return json.Unmarshal(v, into) == nil
}

// page cuts a list by the arguments limit and cursor, which here is a number.
func page[T any](c *call, all []T, otherwise int) ([]T, string, bool) {
	from := 0
	if cur := c.str("cursor"); cur != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(cur, "next:"))
		if err != nil || n < 0 || n > len(all) {
			return nil, "", false
		}
		from = n
	}
	limit := c.number("limit", otherwise)
	if limit <= 0 {
		limit = otherwise
	}
	to := min(len(all), from+limit)
	if to == len(all) {
		return all[from:], "", true
	}
	return all[from:to], "next:" + strconv.Itoa(to), true
}
