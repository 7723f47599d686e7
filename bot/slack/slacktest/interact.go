package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// responseURL is where an app may answer an interaction: 5 times within 30 minutes.
type responseURL struct {
	channel, user, ts string
	thread            string
	left              int
	until             time.Time
}

func (s *Server) newResponse(channel, user, ts, thread string) string {
	id := strings.ToLower(s.id("R"))
	s.responses[id] = &responseURL{channel: channel, user: user, ts: ts, thread: thread, left: 5, until: s.clock.Now().Add(30 * time.Minute)}
	return s.base + "/response/" + id
}

// who is the part of a payload that says who did what where.
func (s *Server) who(kind, user string) obj {
	u := s.user(user)
	if u == nil {
		panic(fmt.Sprintf("slacktest: no user %s", user))
	}
	var enterprise any
	if s.opts.Enterprise != "" {
		enterprise = obj{"id": s.opts.Enterprise, "name": "Enterprise"}
	}
	return obj{
		"type": kind, "user": obj{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.Team}, "api_app_id": s.opts.App,
		"token": "legacy-verification-token", "team": obj{"id": s.opts.Team, "domain": "company"}, "enterprise": enterprise,
		"is_enterprise_install": false,
	}
}

// interact sends an interaction. answer gets what the app says in its acknowledgement.
func (s *Server) interact(payload obj, answer func([]byte)) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return
	}
	who, _ := payload["user"].(obj)["id"].(string)
	s.send(&delivery{
		kind: "interactive", path: "/slack/interactions", payload: raw, once: true, answer: answer, user: who,
		trouble: "We had some trouble connecting. Try again?",
		form:    "application/x-www-form-urlencoded", body: []byte(url.Values{"payload": {string(raw)}}.Encode()),
	})
}

// Pressing is how something is pressed.
type Pressing struct {
	// Value picks the element among those of the same action, and the option of a menu.
	Value string
	Times int // how often the payload arrives; 0 means once
	// State is what was typed or chosen in the message's inputs before, by action id.
	State map[string]string
}

// Press has user press what has the action id, in a message as it is shown now, and
// returns the trigger_id that goes with it. It fails when there is nothing such.
func (s *Server) Press(user string, m Message, action string, how ...Pressing) (string, error) {
	var h Pressing
	if len(how) > 0 {
		h = how[0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.find(m.Channel, m.TS)
	if x == nil || x.tombstone || x.only != "" && x.only != user {
		return "", fmt.Errorf("slacktest: %s sees no message %s in %s", user, m.TS, m.Channel)
	}
	el, block := findAction(x.blocks, action, h.Value)
	if el == nil {
		return "", fmt.Errorf("slacktest: no action %q %q in message %s, only %q", action, h.Value, m.TS, actionsOf(x.blocks))
	}
	ch := s.channel(m.Channel)
	container := obj{"type": "message", "message_ts": x.ts, "channel_id": ch.ID, "is_ephemeral": x.only != ""}
	if x.thread != "" {
		container["thread_ts"] = x.thread
	}
	pressed, err := s.pressed(el, block, h.Value)
	if err != nil {
		return "", err
	}
	state, err := fillIn(x.blocks, h.State, false)
	if err != nil {
		return "", err
	}
	trigger := s.newTrigger(user, "")
	payload := with(s.who("block_actions", user),
		"container", container, "trigger_id", trigger, "channel", obj{"id": ch.ID, "name": channelName(ch)},
		"state", obj{"values": state}, "response_url", s.newResponse(ch.ID, user, x.ts, x.thread), "actions", []any{pressed})
	if x.only == "" {
		payload["message"] = s.messageJSON(x)
	}
	for range max(1, h.Times) {
		s.interact(payload, nil)
	}
	return trigger, nil
}

func channelName(ch *Channel) string {
	if ch.With != "" {
		return "directmessage"
	}
	return ch.Name
}

// pressed is the element of a payload's actions.
func (s *Server) pressed(el, block obj, value string) (obj, error) {
	kind, _ := el["type"].(string)
	out := obj{"type": kind, "action_id": el["action_id"], "block_id": block["block_id"], "action_ts": s.nextTS()}
	switch kind {
	case "button", "icon_button":
		out["text"] = el["text"]
		if v, ok := el["value"]; ok {
			out["value"] = v
		}
		if v, ok := el["style"]; ok {
			out["style"] = v
		}
	case "feedback_buttons":
		for _, side := range []string{"positive_button", "negative_button"} {
			if b, ok := el[side].(obj); ok && b["value"] == value {
				out["value"], out["text"] = value, b["text"]
			}
		}
	case "static_select", "overflow", "radio_buttons":
		for _, o := range optionsOf(el) {
			if o["value"] == value {
				out["selected_option"] = o
			}
		}
		if out["selected_option"] == nil {
			return nil, fmt.Errorf("slacktest: %v has no option %q", el["action_id"], value)
		}
		if p, ok := el["placeholder"]; ok {
			out["placeholder"] = p
		}
	case "conversations_select", "channels_select", "users_select":
		out["selected_"+strings.TrimSuffix(strings.TrimSuffix(kind, "s_select"), "_select")] = value
	default:
		return nil, fmt.Errorf("slacktest: cannot press a %s", kind)
	}
	return out, nil
}

func optionsOf(el obj) []obj {
	var out []obj
	add := func(v any) {
		list, _ := v.([]any)
		for _, x := range list {
			if o, ok := x.(obj); ok {
				out = append(out, o)
			}
		}
	}
	add(el["options"])
	groups, _ := el["option_groups"].([]any)
	for _, g := range groups {
		if o, ok := g.(obj); ok {
			add(o["options"])
		}
	}
	return out
}

// PressView has user press something in the home tab or the top modal, whose id says
// which it is; it returns the trigger_id.
func (s *Server) PressView(user, viewID, action string, how ...Pressing) (string, error) {
	var h Pressing
	if len(how) > 0 {
		h = how[0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.findView(viewID)
	if viewID == "home" {
		v = s.home(user)
	}
	if v == nil || v.user != user {
		return "", fmt.Errorf("slacktest: %s sees no view %s", user, viewID)
	}
	blocks, _ := v.body["blocks"].([]any)
	el, block := findAction(blocks, action, h.Value)
	if el == nil {
		return "", fmt.Errorf("slacktest: no action %q in the view, only %q", action, actionsOf(blocks))
	}
	pressed, err := s.pressed(el, block, h.Value)
	if err != nil {
		return "", err
	}
	trigger := s.newTrigger(user, v.id)
	s.interact(with(s.who("block_actions", user),
		"container", obj{"type": "view", "view_id": v.id}, "trigger_id", trigger, "view", s.viewJSON(v), "actions", []any{pressed}), nil)
	return trigger, nil
}

// Submit has user fill in the top modal, values by action id, and submit it. Whether the
// modal closes is for the app to say in its acknowledgement; see Wait and Modals. What
// it complained of is in Errors.
func (s *Server) Submit(user string, values map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.modals(user)
	if len(open) == 0 {
		return fmt.Errorf("slacktest: %s has no modal open", user)
	}
	v := open[len(open)-1]
	if v.body["submit"] == nil {
		return fmt.Errorf("slacktest: the modal %q cannot be submitted", v.body["callback_id"])
	}
	blocks, _ := v.body["blocks"].([]any)
	state, err := fillIn(blocks, values, true)
	if err != nil {
		return err
	}
	told := s.viewJSON(v)
	told["state"] = obj{"values": state}
	payload := with(s.who("view_submission", user), "trigger_id", s.newTrigger(user, v.id), "view", told, "response_urls", []any{})
	s.interact(payload, func(answer []byte) { s.submitted(v, answer) })
	return nil
}

// fillIn is the state of blocks whose inputs have the values; when it is to be submitted,
// those that are not optional must have one.
func fillIn(blocks []any, values map[string]string, submit bool) (obj, error) {
	state, left := obj{}, maps.Clone(values)
	for _, b := range blocks {
		block, _ := b.(obj)
		el, ok := block["element"].(obj)
		if !ok {
			continue
		}
		id, _ := el["action_id"].(string)
		text, given := left[id]
		delete(left, id)
		entry, filled, err := entryOf(el, id, text, given)
		if err != nil {
			return nil, err
		}
		if optional, _ := block["optional"].(bool); submit && !filled && !optional {
			return nil, fmt.Errorf("slacktest: the input %q must be filled in", id)
		}
		blockID, _ := block["block_id"].(string)
		state[blockID] = obj{id: entry}
	}
	for id := range left {
		return nil, fmt.Errorf("slacktest: there is no input %q", id)
	}
	return state, nil
}

// entryOf is what the state says of an input: what was given, or else what stood there at
// first. Several are joined by commas, and nothing takes away what stood there.
func entryOf(el obj, id, text string, given bool) (entry obj, filled bool, err error) {
	kind, _ := el["type"].(string)
	entry = obj{"type": kind}
	var all []string
	for s := range strings.SplitSeq(text, ",") {
		if s != "" {
			all = append(all, s)
		}
	}
	first := func(name string, of any) any { // a picker's
		if given && text != "" {
			return of
		} else if given {
			return nil
		}
		return el[name]
	}
	switch kind {
	case "static_select", "radio_buttons", "multi_static_select", "checkboxes":
		chosen := []any{}
		for _, o := range optionsOf(el) {
			if v, _ := o["value"].(string); slices.Contains(all, v) || v == text {
				chosen = append(chosen, o)
			}
		}
		if len(chosen) < len(all) {
			return nil, false, fmt.Errorf("slacktest: the menu %q has no %q", id, text)
		}
		if kind == "static_select" || kind == "radio_buttons" {
			entry["selected_option"] = el["initial_option"]
			if len(chosen) == 1 {
				entry["selected_option"] = chosen[0]
			} else if given {
				entry["selected_option"] = nil
			}
			return entry, entry["selected_option"] != nil, nil
		}
		if initial, ok := el["initial_options"].([]any); ok && !given {
			chosen = initial
		}
		entry["selected_options"] = chosen
		return entry, len(chosen) > 0, nil
	case "datepicker":
		if _, err := time.Parse(time.DateOnly, text); given && text != "" && err != nil {
			return nil, false, fmt.Errorf("slacktest: %q is no date for %q", text, id)
		}
		entry["selected_date"] = first("initial_date", text)
		return entry, entry["selected_date"] != nil, nil
	case "timepicker":
		if _, err := time.Parse("15:04", text); given && text != "" && err != nil {
			return nil, false, fmt.Errorf("slacktest: %q is no time for %q", text, id)
		}
		entry["selected_time"] = first("initial_time", text)
		return entry, entry["selected_time"] != nil, nil
	case "multi_users_select":
		people := []any{}
		for _, s := range all {
			people = append(people, s)
		}
		if initial, ok := el["initial_users"].([]any); ok && !given {
			people = initial
		}
		entry["selected_users"] = people
		return entry, len(people) > 0, nil
	case "conversations_select", "channels_select", "users_select":
		entry["selected_"+strings.TrimSuffix(kind, "s_select")] = text
		return entry, text != "", nil
	}
	return typed(el, entry, id, text, given)
}

// typed is what the state says of a text that somebody typed.
func typed(el, entry obj, id, text string, given bool) (obj, bool, error) {
	if most, ok := el["max_length"].(float64); ok && float64(utf8.RuneCountInString(text)) > most {
		return nil, false, fmt.Errorf("slacktest: the input %q takes %v characters", id, most)
	}
	entry["value"] = nil
	if given && text != "" {
		entry["value"] = text
	} else if x := el["initial_value"]; x != nil && !given {
		entry["value"] = x
	}
	return entry, entry["value"] != nil, nil
}

// submitted does what the acknowledgement of a submission says.
func (s *Server) submitted(v *view, answer []byte) {
	var a struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   obj               `json:"view"`
	}
	_ = json.Unmarshal(answer, &a)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notify()
	c := &call{Server: s}
	switch a.Action {
	case "errors":
		v.body = maps.Clone(v.body)
		s.complaints = a.Errors
		blocks, _ := v.body["blocks"].([]any)
		for id := range a.Errors {
			if !slices.ContainsFunc(blocks, func(b any) bool { o, _ := b.(obj); return o["type"] == "input" && o["block_id"] == id }) {
				s.complaints = map[string]string{"": "no input has the block_id " + id}
			}
		}
	case "update", "push":
		if complaints := c.checkView(a.View); len(complaints) > 0 {
			s.complaints = map[string]string{"": strings.Join(complaints, "; ")}
			return
		}
		if a.Action == "update" {
			s.keep(v, a.View)
			return
		}
		n := &view{id: s.id("V"), user: v.user, kind: "modal", root: v.root, previous: v.id}
		s.keep(n, a.View)
		s.views = append(s.views, n)
	case "clear":
		s.views = slices.DeleteFunc(s.views, func(x *view) bool { return x.kind == "modal" && x.user == v.user })
	default:
		s.views = slices.DeleteFunc(s.views, func(x *view) bool { return x == v })
	}
}

// Complaints are what the app last said was wrong with a submission, by block id.
func (s *Server) Complaints() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.complaints)
}

// Command has user type a slash command such as "/bapsang" with text after it. What the
// app says in its acknowledgement is shown to the user, as Slack does.
func (s *Server) Command(user, channel, command, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.where(user, channel)
	u := s.user(user)
	response := s.newResponse(ch.ID, user, "", "")
	v := url.Values{
		"token": {"legacy-verification-token"}, "team_id": {s.opts.Team}, "team_domain": {"company"}, "channel_id": {ch.ID},
		"channel_name": {channelName(ch)}, "user_id": {user}, "user_name": {u.Name}, "command": {command}, "text": {text},
		"api_app_id": {s.opts.App}, "is_enterprise_install": {"false"}, "response_url": {response}, "trigger_id": {s.newTrigger(user, "")},
	}
	if s.opts.Enterprise != "" {
		v.Set("enterprise_id", s.opts.Enterprise)
		v.Set("enterprise_name", "Enterprise")
	}
	flat := obj{}
	for k := range v {
		flat[k] = v.Get(k)
	}
	raw, err := json.Marshal(flat)
	if err != nil {
		return
	}
	s.send(&delivery{
		kind: "slash_commands", path: "/slack/commands", payload: raw, once: true, user: user,
		trouble: command + ` failed with the error "operation_timeout"`, form: "application/x-www-form-urlencoded",
		body: []byte(v.Encode()), answer: func(answer []byte) { s.commanded(ch, user, answer) },
	})
}

// commanded shows what a command's acknowledgement says.
func (s *Server) commanded(ch *Channel, user string, answer []byte) {
	answer = []byte(strings.TrimSpace(string(answer)))
	if len(answer) == 0 {
		return
	}
	body := map[string]json.RawMessage{}
	if json.Unmarshal(answer, &body) != nil {
		body["text"], _ = json.Marshal(string(answer))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.respond(&responseURL{channel: ch.ID, user: user}, body)
}

// Shortcut has user choose a message shortcut of the app; an empty message is a global
// one. It returns the trigger_id.
func (s *Server) Shortcut(user, callback string, m Message) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	trigger := s.newTrigger(user, "")
	payload := with(s.who("shortcut", user), "callback_id", callback, "trigger_id", trigger, "action_ts", s.nextTS())
	if x := s.find(m.Channel, m.TS); x == nil {
		delete(payload["user"].(obj), "name")
	} else {
		ch := s.channel(x.channel)
		delete(payload, "api_app_id")
		payload["type"], payload["message"], payload["message_ts"] = "message_action", s.messageJSON(x), x.ts
		payload["channel"], payload["response_url"] = obj{"id": ch.ID, "name": channelName(ch)}, s.newResponse(ch.ID, user, x.ts, x.thread)
	}
	s.interact(payload, nil)
	return trigger
}

// serveResponse is a response_url.
func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request, done func()) {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
	body := map[string]json.RawMessage{}
	bad := json.Unmarshal(raw, &body) != nil
	s.mu.Lock()
	defer s.mu.Unlock()
	defer done()
	to := s.responses[r.PathValue("id")]
	fail := func(status int, code string) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"ok":false,"error":`+strconv.Quote(code)+`}`)
	}
	switch {
	case to == nil || s.clock.Now().After(to.until):
		fail(http.StatusNotFound, "expired_url")
	case to.left == 0:
		fail(http.StatusNotFound, "used_url")
	case bad:
		fail(http.StatusBadRequest, "invalid_payload")
	default:
		to.left--
		if o := s.respond(to, body); o["ok"] != true {
			fail(http.StatusBadRequest, fmt.Sprint(o["error"]))
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, `{"ok":true}`)
	}
}

// showsPrivate reports whether blocks show a file that nobody was shown yet.
func (s *Server) showsPrivate(blocks []any) bool {
	found := false
	walk(blocks, func(o obj) {
		from, _ := o["slack_file"].(obj)
		id, _ := from["id"].(string)
		f := s.files[id]
		found = found || f != nil && f.user == s.opts.BotUser && len(f.shares) == 0
	})
	return found
}

// respond shows, replaces or deletes what a response says.
func (s *Server) respond(to *responseURL, body map[string]json.RawMessage) obj {
	c := &call{Server: s, name: "response_url", args: body}
	source := s.find(to.channel, to.ts)
	if c.flag("delete_original") {
		if source == nil {
			return refuse("message_not_found")
		}
		s.remove(source)
		return accept()
	}
	d, bad := c.draft()
	switch {
	case bad != nil:
		return bad
	case d.text == "" && len(d.blocks) == 0 && len(d.attachments) == 0:
		return refuse("no_text")
	case s.showsPrivate(d.blocks): // only who has the bot's token may
		return invalid("invalid_blocks", []string{"invalid slack file [json-pointer:/blocks]"})
	}
	if c.flag("replace_original") && source != nil {
		before := s.messageJSON(source)
		c.apply(source, d)
		s.notify()
		if source.only == "" {
			s.changedEvent(source, before)
		}
		return accept()
	}
	m := &message{
		channel: to.channel, ts: s.nextTS(), thread: d.thread, user: s.opts.BotUser, bot: s.opts.BotID, text: d.text, blocks: s.named(d.blocks),
		attachments: d.attachments, reactions: map[string][]string{},
	}
	if c.str("response_type") != "in_channel" {
		m.only = to.user
	}
	s.add(m)
	if m.only == "" {
		s.echo(m)
	}
	return accept()
}
