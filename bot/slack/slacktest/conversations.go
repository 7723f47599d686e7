package slacktest

import (
	"slices"
	"strings"
)

// reachable is the channel of a call that reads, and refuses as those do.
func (c *call) reachable() (*Channel, obj) {
	ch := c.channel(c.str("channel"))
	if ch == nil || (ch.Private || ch.With != "") && !ch.in(c.opts.BotUser) {
		return nil, refuse("channel_not_found")
	}
	return ch, nil
}

func (c *call) openConversation() obj {
	if id := c.str("channel"); id != "" {
		if ch := c.channel(id); ch != nil && ch.With != "" {
			return accept("channel", obj{"id": ch.ID}, "no_op", true, "already_open", true)
		}
		return refuse("channel_not_found")
	}
	users := strings.Split(c.str("users"), ",")
	if c.str("users") == "" {
		return refuse("users_list_not_supplied")
	}
	if len(users) > 1 {
		return refuse("method_not_supported_for_channel_type")
	}
	u := c.user(users[0])
	switch {
	case u == nil:
		return refuse("user_not_found")
	case u.Deleted:
		return refuse("user_disabled")
	case u.Bot:
		return refuse("cannot_dm_bot")
	}
	ch := c.dm(u.ID, c.opts.BotUser)
	if c.flag("return_im") {
		return accept("channel", c.channelJSON(ch))
	}
	return accept("channel", obj{"id": ch.ID})
}

func (c *call) conversationInfo() obj {
	ch, bad := c.reachable()
	if bad != nil {
		return bad
	}
	o := c.channelJSON(ch)
	if c.flag("include_num_members") {
		o["num_members"] = len(ch.Members)
	}
	if c.flag("include_locale") {
		o["locale"] = "en-US"
	}
	return accept("channel", o)
}

func (c *call) conversationList() obj {
	types := strings.Split(c.str("types"), ",")
	if c.str("types") == "" {
		types = []string{"public_channel"}
	}
	var all []*Channel
	for _, ch := range c.channels {
		kind := map[string]string{"im": "im", "group": "private_channel", "channel": "public_channel"}[ch.kind()]
		seen := !ch.Private && ch.With == "" || ch.in(c.opts.BotUser)
		if slices.Contains(types, kind) && seen && !(ch.Archived && c.flag("exclude_archived")) {
			all = append(all, ch)
		}
	}
	part, next, ok := page(c, all, 100)
	if !ok {
		return refuse("invalid_cursor")
	}
	list := []any{}
	for _, ch := range part {
		list = append(list, c.channelJSON(ch))
	}
	return accept("channels", list, "response_metadata", obj{"next_cursor": next})
}

func (c *call) conversationMembers() obj {
	ch, bad := c.reachable()
	if bad != nil {
		return bad
	}
	part, next, ok := page(c, ch.Members, 100)
	if !ok {
		return refuse("invalid_cursor")
	}
	return accept("members", part, "response_metadata", obj{"next_cursor": next})
}

func (c *call) join() obj {
	ch, bad := c.reachable()
	switch {
	case bad != nil:
		return bad
	case ch.With != "" || ch.Private:
		return refuse("method_not_supported_for_channel_type")
	case ch.Archived:
		return refuse("is_archived")
	}
	o := accept("channel", c.channelJSON(ch))
	if ch.in(c.opts.BotUser) {
		return with(o, "warning", "already_in_channel", "response_metadata", obj{"warnings": []string{"already_in_channel"}})
	}
	ch.Members = append(ch.Members, c.opts.BotUser)
	return o
}

func (c *call) history() obj {
	ch, bad := c.reachable()
	if bad != nil {
		return bad
	}
	if !ch.in(c.opts.BotUser) {
		return refuse("not_in_channel")
	}
	var all []*message
	for _, m := range slices.Backward(c.order) { // newest first
		if m.channel == ch.ID && m.only == "" && (m.thread == "" || m.broadcast) && c.within(m) {
			all = append(all, m)
		}
	}
	return c.listMessages(all, 100)
}

func (c *call) replies() obj {
	ch, bad := c.reachable()
	if bad != nil {
		return bad
	}
	if !ch.in(c.opts.BotUser) {
		return refuse("not_in_channel")
	}
	root := c.find(ch.ID, c.str("ts"))
	if root == nil || root.only != "" {
		return refuse("thread_not_found")
	}
	if root.thread != "" {
		return c.listMessages([]*message{root}, 1) // of a reply, Slack tells the reply only
	}
	var all []*message
	for i, m := range c.threadOf(ch.ID, root.ts) {
		if i == 0 || c.within(m) {
			all = append(all, m)
		}
	}
	return c.listMessages(all, 1000)
}

func (c *call) within(m *message) bool {
	oldest, latest, both := c.str("oldest"), c.str("latest"), c.flag("inclusive")
	if oldest != "" && (m.ts < oldest || m.ts == oldest && !both) {
		return false
	}
	return latest == "" || m.ts < latest || m.ts == latest && both
}

func (c *call) listMessages(all []*message, limit int) obj {
	part, next, ok := page(c, all, limit)
	if !ok {
		return refuse("invalid_cursor")
	}
	list := []any{}
	for _, m := range part {
		c.settle(m)
		o := c.messageJSON(m)
		if meta, ok := o["metadata"].(obj); ok && !c.flag("include_all_metadata") {
			o["metadata"] = obj{"event_type": meta["event_type"]}
		}
		list = append(list, o)
	}
	o := accept("messages", list, "has_more", next != "")
	if next != "" {
		o["response_metadata"] = obj{"next_cursor": next}
	}
	return o
}

func (s *Server) channelJSON(ch *Channel) obj {
	if ch.With != "" {
		return obj{
			"id": ch.ID, "created": 1700000000, "is_im": true, "is_org_shared": false, "user": ch.With, "is_archived": false,
			"is_open": true, "context_team_id": s.opts.Team, "is_channel": false, "is_group": false, "is_mpim": false,
		}
	}
	o := obj{
		"id": ch.ID, "name": ch.Name, "name_normalized": ch.Name, "created": 1700000000, "creator": Alex, "is_channel": true,
		"is_group": false, "is_im": false, "is_mpim": false, "is_private": ch.Private, "is_archived": ch.Archived, "is_general": ch.ID == General,
		"is_shared": ch.Shared, "is_ext_shared": ch.Shared, "is_org_shared": false, "is_pending_ext_shared": false, "is_member": ch.in(s.opts.BotUser),
		"context_team_id": s.opts.Team, "unlinked": 0, "num_members": len(ch.Members),
		"topic": obj{"value": ch.Topic, "creator": "", "last_set": 0}, "purpose": obj{"value": "", "creator": "", "last_set": 0},
	}
	if ch.Shared {
		o["conversation_host_id"], o["connected_team_ids"] = s.opts.Team, []string{OtherTeam}
	}
	return o
}
