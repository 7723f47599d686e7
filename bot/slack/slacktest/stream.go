package slacktest

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// streamLife is how long Slack lets a message be streamed, appends or not.
const streamLife = 5 * time.Minute

// stream is a message that is, or was, being streamed.
type stream struct {
	started time.Time
	over    bool
	stopped bool   // by a person
	mode    string // "text" or "chunks"; empty until something was said
	display string
	plan    string
	tasks   []obj
	text    string
	chunked []any // blocks sent as chunks
	last    []any // blocks of stopStream
}

func (st *stream) live() bool { return st != nil && !st.over }

func (st *stream) state() string {
	if st.over {
		return "completed"
	}
	return "in_progress"
}

// settle ends a stream whose time is over.
func (s *Server) settle(m *message) {
	if m.stream.live() && s.clock.Now().Sub(m.stream.started) >= streamLife {
		m.stream.over = true
	}
}

func (c *call) startStream() obj {
	ch, bad := c.place()
	if bad != nil {
		return bad
	}
	thread := c.str("thread_ts")
	switch { // in direct messages too, whatever the reference says: others tried
	case !c.has("recipient_user_id"):
		return refuse("missing_recipient_user_id")
	case !c.has("recipient_team_id"):
		return refuse("missing_recipient_team_id")
	case c.user(c.str("recipient_user_id")) == nil:
		return refuse("user_not_found")
	case thread == "" && ch.With != "":
		return invalid("invalid_arguments", []string{"missing required field: thread_ts"})
	case thread != "" && !tsPattern.MatchString(thread):
		return refuse("invalid_thread_ts")
	}
	display := c.str("task_display_mode")
	if display != "" && !slices.Contains([]string{"timeline", "plan", "dense"}, display) {
		return invalid("invalid_arguments", []string{"must be a valid enum value [json-pointer:/task_display_mode]"})
	}
	m := c.newMessage(ch, draft{thread: thread})
	m.stream = &stream{started: c.clock.Now(), display: display}
	if bad := c.feed(m, false); bad != nil {
		return bad
	}
	c.add(m)
	delete(c.statuses, key(ch.ID, m.thread))
	c.echo(m)
	return accept("channel", ch.ID, "ts", m.ts)
}

// streaming finds the message that a call appends to.
func (c *call) streaming() (*message, obj) {
	ch := c.channel(c.str("channel"))
	if ch == nil {
		return nil, refuse("channel_not_found")
	}
	if ch.Archived {
		return nil, refuse("is_archived")
	}
	m := c.find(ch.ID, c.str("ts"))
	if m == nil || m.only != "" {
		return nil, refuse("message_not_found")
	}
	c.settle(m)
	switch {
	case m.bot != c.opts.BotID:
		return nil, refuse("message_not_owned_by_app")
	case m.stream != nil && m.stream.stopped && c.name == "chat.appendStream":
		return nil, refuse("stopped_by_user")
	case !m.stream.live():
		return nil, refuse("message_not_in_streaming_state")
	}
	return m, nil
}

func (c *call) appendStream() obj {
	m, bad := c.streaming()
	if bad != nil {
		return bad
	}
	if bad := c.feed(m, true); bad != nil {
		return bad
	}
	c.notify()
	return accept("channel", m.channel, "ts", m.ts)
}

func (c *call) stopStream() obj {
	m, bad := c.streaming()
	if bad != nil {
		return bad
	}
	var d draft
	if c.has("blocks") && !c.value("blocks", &d.blocks) {
		return refuse("invalid_blocks_format")
	}
	if bad := c.checkMessage(d.blocks, surfaceStream); bad != nil {
		return bad
	}
	if bad := c.readMetadata(&d); bad != nil {
		return bad
	}
	status := c.str("session_status")
	if status != "" && !slices.Contains(sessionStatuses, status) {
		return refuse("invalid_status")
	}
	if bad := c.feed(m, false); bad != nil {
		return bad
	}
	before := c.messageJSON(m)
	m.stream.over, m.stream.last = true, c.named(d.blocks)
	if d.hasMeta {
		m.metadata = d.metadata
	}
	c.compose(m)
	if x := c.sessions[key(m.channel, m.thread)]; x != nil {
		x.status = "active"
		if status != "" {
			x.status = status
		}
	}
	c.notify()
	c.changedEvent(m, before)
	return accept("channel", m.channel, "ts", m.ts, "message", c.messageJSON(m))
}

// feed takes markdown_text or chunks into the stream.
func (c *call) feed(m *message, must bool) obj {
	st := m.stream
	text, chunks := c.has("markdown_text"), c.has("chunks") && c.str("chunks") != "[]" // of Slack's client, which sends none so
	mode := map[bool]string{true: "text", false: "chunks"}[text]
	switch {
	case text && chunks:
		return refuse("cannot_provide_both_markdown_text_and_chunks")
	case !text && !chunks && must:
		return refuse("markdown_text_or_chunks_required")
	case !text && !chunks:
		return nil
	case st.mode != "" && st.mode != mode:
		return refuse("streaming_mode_mismatch")
	}
	if text {
		if utf8.RuneCountInString(c.str("markdown_text")) > maxMarkdown {
			return refuse("msg_too_long")
		}
		st.mode = mode
		st.text += c.str("markdown_text")
		c.compose(m)
		return nil
	}
	var list []obj
	if !c.value("chunks", &list) {
		return refuse("invalid_chunks")
	}
	if bad := c.checkChunks(list); bad != nil {
		return bad
	}
	st.mode = mode
	for _, chunk := range list {
		st.take(chunk)
	}
	c.compose(m)
	return nil
}

// checkChunks refuses chunks that are not whole.
func (c *call) checkChunks(list []obj) obj {
	var complaints []string
	blocks := 0
	for i, chunk := range list {
		need := func(name string, most int) {
			v, _ := chunk[name].(string)
			switch {
			case v == "":
				complaints = append(complaints, fmt.Sprintf("missing required field: %s [json-pointer:/chunks/%d]", name, i))
			case utf8.RuneCountInString(v) > most:
				complaints = append(complaints, fmt.Sprintf("must be less than %d characters [json-pointer:/chunks/%d/%s]", most+1, i, name))
			}
		}
		switch chunk["type"] {
		case "markdown_text":
			need("text", maxMarkdown)
		case "plan_update":
			need("title", 256)
		case "task_update":
			need("id", 255)
			need("title", 256)
			need("status", 255)
			if v, _ := chunk["status"].(string); v != "" && !slices.Contains(taskStatuses, v) {
				complaints = append(complaints, fmt.Sprintf("must be a valid enum value [json-pointer:/chunks/%d/status]", i))
			}
		case "blocks":
			list, ok := chunk["blocks"].([]any)
			if !ok {
				complaints = append(complaints, fmt.Sprintf("missing required field: blocks [json-pointer:/chunks/%d]", i))
				continue
			}
			blocks += len(list)
			if bad := c.checkMessage(list, surfaceStream); bad != nil {
				return bad
			}
		default:
			complaints = append(complaints, fmt.Sprintf("unsupported type: %v [json-pointer:/chunks/%d/type]", chunk["type"], i))
		}
	}
	if len(complaints) > 0 {
		return invalid("invalid_chunks", complaints)
	}
	if blocks > maxMessageBlocks {
		return refuse("msg_blocks_too_many")
	}
	return nil
}

var taskStatuses = []string{"pending", "in_progress", "complete", "error"}

// take applies a chunk. Of a task, title and status replace what they were, details and
// output are added to it.
func (st *stream) take(chunk obj) {
	switch chunk["type"] {
	case "markdown_text":
		st.text += chunk["text"].(string)
	case "plan_update":
		st.plan = chunk["title"].(string)
	case "blocks":
		st.chunked = append(st.chunked, chunk["blocks"].([]any)...)
	case "task_update":
		i := slices.IndexFunc(st.tasks, func(t obj) bool { return t["id"] == chunk["id"] })
		if i < 0 {
			st.tasks = append(st.tasks, obj{"id": chunk["id"]})
			i = len(st.tasks) - 1
		}
		t := st.tasks[i]
		t["title"], t["status"] = chunk["title"], chunk["status"]
		for _, name := range []string{"details", "output"} {
			if more, ok := chunk[name].(string); ok {
				old, _ := t[name].(string)
				t[name] = old + more
			}
		}
		if v, ok := chunk["sources"]; ok {
			t["sources"] = v
		}
	}
}

// compose makes the message of what was streamed.
func (s *Server) compose(m *message) {
	st := m.stream
	m.text = st.text
	var blocks []any
	var cards []any
	for _, t := range st.tasks {
		card := obj{"type": "task_card", "task_id": t["id"], "title": t["title"], "status": t["status"]}
		for _, name := range []string{"details", "output"} {
			if v, _ := t[name].(string); v != "" {
				card[name] = richText(v)
			}
		}
		if v := t["sources"]; v != nil {
			card["sources"] = v
		}
		cards = append(cards, card)
	}
	if len(cards) > 0 && (st.display == "plan" || st.plan != "") {
		blocks = append(blocks, obj{"type": "plan", "title": st.plan, "tasks": cards})
	} else {
		blocks = append(blocks, cards...)
	}
	if st.text != "" {
		blocks = append(blocks, obj{"type": "markdown", "text": st.text})
	}
	m.blocks = s.named(slices.Concat(blocks, st.chunked, st.last))
}
