package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

type trigger struct {
	user string
	at   time.Time // of the clock of timestamps
	used bool
	view string // of which it came
}

// view is a modal or a home tab.
type view struct {
	id, user, kind, external string
	body                     obj
	hash                     int
	root, previous           string
}

// Modal is a modal that a user has open.
type Modal struct {
	ID         string
	CallbackID string
	Title      string
	Metadata   string // private_metadata
	Raw        json.RawMessage
}

// newTrigger is a trigger_id for user. s.mu is held.
func (s *Server) newTrigger(user, view string) string {
	s.serial++
	id := fmt.Sprintf("%d.%d.%032x", 1000000000000+s.serial, 2000000000000, s.serial)
	s.triggers[id] = trigger{user: user, at: s.stamp.Now(), view: view}
	return id
}

// exchange uses a trigger.
func (c *call) exchange() (trigger, obj) {
	id := c.str("trigger_id")
	if id == "" {
		id = c.str("interactivity_pointer")
	}
	t, ok := c.triggers[id]
	switch {
	case !ok:
		return t, refuse("invalid_trigger_id")
	case t.used:
		return t, refuse("exchanged_trigger_id")
	case c.stamp.Now().Sub(t.at) > c.opts.AckWait:
		return t, refuse("expired_trigger_id")
	}
	t.used = true
	c.triggers[id] = t
	return t, nil
}

// view reads and checks the argument view.
func (c *call) view(kinds ...string) (obj, obj) {
	var body obj
	if !c.value("view", &body) || body == nil {
		return nil, invalid("invalid_arguments", []string{"must provide an object [json-pointer:/view]"})
	}
	if len(c.args["view"]) > 250<<10 {
		return nil, refuse("view_too_large")
	}
	kind, _ := body["type"].(string)
	if !slices.Contains(kinds, kind) {
		return nil, invalid("invalid_arguments", []string{"must be a valid view type [json-pointer:/view/type]"})
	}
	if complaints := c.checkView(body); len(complaints) > 0 {
		return nil, invalid("invalid_arguments", append(complaints, "failed to match all allowed schemas [json-pointer:/view]"))
	}
	return body, nil
}

func (c *call) openView() obj {
	body, bad := c.view("modal")
	if bad != nil {
		return bad // a view that is refused leaves the trigger whole
	}
	t, bad := c.exchange()
	if bad != nil {
		return bad
	}
	v := &view{id: c.id("V"), user: t.user, kind: "modal"}
	v.root = v.id
	if bad := c.keep(v, body); bad != nil {
		return bad
	}
	c.views = append(c.views, v)
	c.notify()
	return accept("view", c.viewJSON(v))
}

func (c *call) pushView() obj {
	body, bad := c.view("modal")
	if bad != nil {
		return bad
	}
	t, bad := c.exchange()
	if bad != nil {
		return bad
	}
	open := c.modals(t.user)
	switch {
	case t.view == "" || len(open) == 0:
		return invalid("invalid_arguments", []string{"must match the `type` of the root view whose stack we're pushing onto [json-pointer:/view/type]"})
	case len(open) >= 3:
		return refuse("push_limit_reached")
	}
	v := &view{id: c.id("V"), user: t.user, kind: "modal", root: open[0].id, previous: open[len(open)-1].id}
	if bad := c.keep(v, body); bad != nil {
		return bad
	}
	c.views = append(c.views, v)
	c.notify()
	return accept("view", c.viewJSON(v))
}

func (c *call) updateView() obj {
	id, external := c.str("view_id"), c.str("external_id")
	i := slices.IndexFunc(c.views, func(v *view) bool { return id != "" && v.id == id || external != "" && v.external == external })
	if i < 0 {
		return refuse("not_found")
	}
	v := c.views[i]
	body, bad := c.view(v.kind)
	if bad != nil {
		return bad
	}
	if h := c.str("hash"); h != "" && h != v.hashText() {
		return refuse("hash_conflict")
	}
	if bad := c.keep(v, body); bad != nil {
		return bad
	}
	c.notify()
	return accept("view", c.viewJSON(v))
}

func (c *call) publishView() obj {
	user := c.user(c.str("user_id"))
	if user == nil {
		return refuse("user_not_found")
	}
	body, bad := c.view("home")
	if bad != nil {
		return bad
	}
	v := c.home(user.ID)
	if v == nil {
		v = &view{id: c.id("V"), user: user.ID, kind: "home"}
		v.root = v.id
		c.views = append(c.views, v)
	} else if h := c.str("hash"); h != "" && h != v.hashText() {
		return refuse("hash_conflict")
	}
	if bad := c.keep(v, body); bad != nil {
		return bad
	}
	c.notify()
	return accept("view", c.viewJSON(v))
}

// keep puts a body into a view.
func (s *Server) keep(v *view, body obj) obj {
	external, _ := body["external_id"].(string)
	if external != "" && slices.ContainsFunc(s.views, func(o *view) bool { return o != v && o.external == external }) {
		return refuse("duplicate_external_id")
	}
	blocks, _ := body["blocks"].([]any)
	s.named(blocks)
	for _, b := range blocks { // an input without an action_id gets one
		if el, ok := b.(obj)["element"].(obj); ok && el["action_id"] == nil {
			s.serial++
			el["action_id"] = fmt.Sprintf("a%04x", s.serial)
		}
	}
	v.body, v.external = body, external
	v.hash++
	return nil
}

func (v *view) hashText() string { return fmt.Sprintf("%d.%s", 1700000000+v.hash, v.id) }

func (s *Server) modals(user string) []*view {
	var out []*view
	for _, v := range s.views {
		if v.kind == "modal" && v.user == user {
			out = append(out, v)
		}
	}
	return out
}

func (s *Server) home(user string) *view {
	for _, v := range s.views {
		if v.kind == "home" && v.user == user {
			return v
		}
	}
	return nil
}

func (s *Server) findView(id string) *view {
	for _, v := range s.views {
		if v.id == id {
			return v
		}
	}
	return nil
}

// viewJSON is a view as Slack tells it.
func (s *Server) viewJSON(v *view) obj {
	o := obj{
		"id": v.id, "team_id": s.opts.Team, "app_id": s.opts.App, "app_installed_team_id": s.opts.Team, "bot_id": s.opts.BotID,
		"hash": v.hashText(), "root_view_id": v.root, "previous_view_id": nil, "state": obj{"values": obj{}}, "external_id": "",
		"private_metadata": "", "callback_id": "", "clear_on_close": false, "notify_on_close": false, "close": nil, "submit": nil,
	}
	if v.previous != "" {
		o["previous_view_id"] = v.previous
	}
	for k, x := range v.body {
		o[k] = x
	}
	return o
}

// Modals are the modals that user has open, the top one last.
func (s *Server) Modals(user string) []Modal {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Modal
	for _, v := range s.modals(user) {
		out = append(out, s.modal(v))
	}
	return out
}

func (s *Server) modal(v *view) Modal {
	raw, _ := json.Marshal(s.viewJSON(v))
	m := Modal{ID: v.id, Raw: raw}
	m.CallbackID, _ = v.body["callback_id"].(string)
	m.Metadata, _ = v.body["private_metadata"].(string)
	if t, ok := v.body["title"].(obj); ok {
		m.Title, _ = t["text"].(string)
	}
	return m
}

// Home is the home tab that user sees, null when nothing was published.
func (s *Server) Home(user string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.home(user)
	if v == nil {
		return json.RawMessage("null")
	}
	raw, _ := json.Marshal(s.viewJSON(v))
	return raw
}

// CloseModal has user close the top modal.
func (s *Server) CloseModal(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.modals(user)
	if len(open) == 0 {
		return
	}
	top := open[len(open)-1]
	s.views = slices.DeleteFunc(s.views, func(v *view) bool { return v == top })
	s.notify()
	if notify, _ := top.body["notify_on_close"].(bool); notify {
		s.interact(with(s.who("view_closed", user), "view", s.viewJSON(top), "is_cleared", false), nil)
	}
}
