package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// session is an agent's session in a thread.
type session struct {
	status, title string
}

var sessionStatuses = []string{"active", "processing", "suspended", "closed"}

// status is what an assistant is said to be doing.
type status struct {
	text    string
	loading []string
	until   time.Time
}

// statusLife is how long a status stays when no message follows.
const statusLife = 2 * time.Minute

// thread is the thread that a call of assistant.* or agents.* is about.
func (c *call) agentThread() (string, obj) {
	ch := c.channel(c.str("channel_id"))
	if ch == nil {
		return "", refuse("channel_not_found")
	}
	if !ch.in(c.opts.BotUser) {
		return "", refuse("not_authorized")
	}
	ts := c.str("thread_ts")
	if ts == "" {
		return "", refuse("thread_ts_required")
	}
	if m := c.find(ch.ID, ts); m == nil || m.thread != "" {
		return "", refuse("invalid_thread_ts")
	}
	return key(ch.ID, ts), nil
}

func (c *call) setSession() obj {
	at, bad := c.agentThread()
	if bad != nil {
		return bad
	}
	if !slices.Contains(sessionStatuses, c.str("status")) {
		return refuse("invalid_status")
	}
	if utf8.RuneCountInString(c.str("title")) > 200 {
		return invalid("invalid_arguments", []string{"must be less than 201 characters [json-pointer:/title]"})
	}
	if id := c.str("initiator_user_id"); id != "" && c.user(id) == nil {
		return refuse("user_not_found")
	}
	x := c.sessions[at]
	if x == nil {
		x = &session{title: c.str("title")}
		c.sessions[at] = x
	}
	x.status = c.str("status")
	c.notify()
	o := accept()
	if !c.subscribed("agent_session_stopped") {
		const warning = "missing_agent_session_stopped_event_subscription"
		with(o, "warning", warning, "response_metadata", obj{"warnings": []string{warning}})
	}
	return o
}

func (c *call) renameSession() obj {
	at, bad := c.agentThread()
	if bad != nil {
		return bad
	}
	title := c.str("title")
	if title == "" || utf8.RuneCountInString(title) > 200 {
		return invalid("invalid_arguments", []string{"must be less than 201 characters [json-pointer:/title]"})
	}
	x := c.sessions[at]
	if x == nil {
		return refuse("session_not_found")
	}
	x.title = title
	c.notify()
	return accept()
}

// Session is the state of an agent's session in a thread: "processing", "active",
// "suspended", "closed", or empty when there is none; and its title.
func (s *Server) Session(channel, thread string) (state, title string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.sessions[key(channel, thread)]; x != nil {
		return x.status, x.title
	}
	return "", ""
}

func (c *call) setStatus() obj {
	at, bad := c.agentThread()
	if bad != nil {
		return bad
	}
	var loading []string
	if c.has("loading_messages") && !c.value("loading_messages", &loading) {
		loading = []string{c.str("loading_messages")}
	}
	if len(loading) > 10 {
		return invalid("invalid_arguments", []string{"no more than 10 items allowed [json-pointer:/loading_messages]"})
	}
	if c.str("status") == "" {
		delete(c.statuses, at)
	} else {
		c.statuses[at] = status{text: c.str("status"), loading: loading, until: c.clock.Now().Add(statusLife)}
	}
	c.notify()
	return accept()
}

// Status is what the app is said to be doing in a thread; empty when nothing.
func (s *Server) Status(channel, thread string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.statuses[key(channel, thread)]
	if s.clock.Now().After(st.until) {
		return ""
	}
	return st.text
}

func (c *call) setTitle() obj {
	at, bad := c.agentThread()
	if bad != nil {
		return bad
	}
	c.titles[at] = c.str("title")
	c.notify()
	return accept()
}

// Prompt is a suggestion in an assistant's thread.
type Prompt struct {
	Title   string `json:"title"`
	Message string `json:"message"`
}

func (c *call) setPrompts() obj {
	ch := c.channel(c.str("channel_id"))
	if ch == nil || ch.With == "" {
		return refuse("channel_not_found")
	}
	ts := c.str("thread_ts")
	if ts != "" && c.find(ch.ID, ts) == nil {
		return refuse("invalid_thread_ts")
	}
	var prompts []Prompt
	if !c.value("prompts", &prompts) {
		return refuse("invalid_arguments")
	}
	var complaints []string
	if len(prompts) == 0 || len(prompts) > 4 {
		complaints = append(complaints, "no more than 4 items allowed [json-pointer:/prompts]")
	}
	for i, p := range prompts {
		if p.Title == "" || p.Message == "" {
			complaints = append(complaints, fmt.Sprintf("must be more than 0 characters [json-pointer:/prompts/%d]", i))
		}
	}
	if len(complaints) > 0 {
		return invalid("invalid_arguments", complaints)
	}
	c.prompts[ch.ID], _ = json.Marshal(prompts)
	c.notify()
	return accept()
}

// Prompts are the suggestions that user sees in the app's direct messages.
func (s *Server) Prompts(user string) []Prompt {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Prompt
	_ = json.Unmarshal(s.prompts[s.dm(user, s.opts.BotUser).ID], &out)
	return out
}
