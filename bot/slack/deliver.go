package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
	"github.com/bapsang/bapsang/bot/outbox"
	"github.com/bapsang/bapsang/bot/slack/blocks"
	"github.com/bapsang/bapsang/bot/slack/client"
)

// How long something that was refused is not tried again.
const refusedFor = time.Hour

// maxPosts is how often a message is posted that Slack did not take: each try begins
// when it is known that the one before left nothing.
const maxPosts = 6

// eventType and the names within its payload are how our messages know themselves.
const (
	eventType = "bapsang_message"
	stampKey  = "key"
	stampKind = "kind"
)

// stamp is what a message carries so that it is found again.
type stamp struct {
	key  string
	kind bot.MessageKind
}

func stampOf(msg bot.Message) stamp { return stamp{key: msg.Key, kind: msg.Kind} }

// caller is client.Client.Call or TryCall.
type caller func(ctx context.Context, m client.Method, do func(ctx context.Context, api *slack.Client) error) error

// place is where a message is to be: a new one of the thread, or in place of ts.
type place struct {
	thread bot.Thread
	ts     string
	note   string // said before it, in Slack's marks
}

// show makes the place show msg, in the richest form that Slack takes, and what does not
// fit in replies. A message that Slack takes in no form but text is text.
func (s *Slack) show(ctx context.Context, to place, msg bot.Message) (bot.Ref, error) {
	replaces := to.ts != ""
	for level := blocks.Native; ; level++ {
		layouts := s.layouts(msg, level, s.pictures(ctx, msg, level))
		if level < blocks.Text && s.isRefused(level, layouts) {
			continue
		}
		if to.note != "" {
			layouts[0] = noted(layouts[0], to.note)
		}
		ref, err := s.put(ctx, to, layouts[0], msg)
		if err == nil {
			to.thread, to.ts = ref.Thread, ref.ID // a simpler form takes its place
			err = s.follow(ctx, ref, layouts[1:], msg, replaces)
		}
		if client.KindOf(err) != client.KindLayout || level >= blocks.Text {
			if err == nil {
				s.out.refused.Succeeded(levelName(level))
			}
			return ref, err
		}
		s.fell(ctx, level, layouts, msg, err)
	}
}

// layouts are what a message is made of at a level, at least one.
func (s *Slack) layouts(msg bot.Message, level blocks.Level, images map[int]string) []blocks.Layout {
	out := blocks.Render(msg, level, blocks.Options{Location: s.cfg.Location, Images: images})
	if len(out) == 0 {
		out = []blocks.Layout{{}}
	}
	for i := range out {
		if out[i].Text == "" {
			out[i].Text = "…" // Slack refuses a message of nothing
		}
	}
	return out
}

// noted puts a note before a layout.
func noted(l blocks.Layout, note string) blocks.Layout {
	l.Text = note + "\n" + l.Text
	if len(l.Blocks) > 0 {
		text := slack.NewTextBlockObject(slack.MarkdownType, note, false, false)
		l.Blocks = append([]slack.Block{slack.NewSectionBlock(text, nil, nil)}, l.Blocks...)
	}
	return l
}

// put posts a layout, or puts it in place of another message.
func (s *Slack) put(ctx context.Context, to place, l blocks.Layout, msg bot.Message) (bot.Ref, error) {
	if to.ts == "" {
		return s.postOnce(ctx, to.thread, l, stampOf(msg))
	}
	ref := bot.Ref{Thread: to.thread, ID: to.ts}
	err := s.updateMessage(ctx, ref, l, stampOf(msg), s.client.Call)
	if client.Reason(err) == streamConflict {
		if _, err = s.endStream(ctx, ref, "", s.client.Call); err == nil {
			err = s.updateMessage(ctx, ref, l, stampOf(msg), s.client.Call)
		}
	}
	return ref, err
}

// follow posts what did not fit, each under a key of its own. Where a message is replaced
// an earlier process may have posted them.
func (s *Slack) follow(ctx context.Context, ref bot.Ref, layouts []blocks.Layout, msg bot.Message, look bool) error {
	msg = outbox.Keyed(ref, msg)
	for i, l := range layouts {
		st := stamp{key: msg.Key + "#" + strconv.Itoa(i+2), kind: msg.Kind}
		p, known := s.out.posted.Get(st.key)
		if (!known || p.doubtful) && (look || msg.Again || known) {
			found, err := s.find(ctx, ref.Thread, st.key, time.Time{})
			if err != nil {
				return err
			}
			if known = found != nil; known {
				p = *found
			}
		}
		var err error
		if known {
			err = s.updateMessage(ctx, p.ref, l, st, s.client.Call)
		} else {
			p = posting{kind: msg.Kind}
			p.ref, err = s.postOnce(ctx, ref.Thread, l, st)
		}
		switch {
		case err == nil:
			s.out.posted.Put(st.key, p)
		case client.Unknown(err):
			s.out.posted.Put(st.key, posting{doubtful: true})
			return err
		default:
			return err
		}
	}
	return nil
}

// postOnce posts a message. When Slack does not say whether it took it, it looks.
func (s *Slack) postOnce(ctx context.Context, thread bot.Thread, l blocks.Layout, st stamp) (ref bot.Ref, err error) {
	for range maxPosts {
		since := time.Now()
		ref, err = s.postMessage(ctx, thread, l, st, s.client.Call)
		if !client.Unknown(err) || ctx.Err() != nil {
			return ref, err
		}
		found, lookErr := s.lookBack(ctx, thread, st.key, since)
		switch {
		case lookErr != nil:
			return bot.Ref{}, err // whether it is there is still unknown
		case found != nil:
			return found.ref, nil
		}
	}
	return bot.Ref{}, &bot.Error{Code: bot.CodeUnavailable, Method: "chat.postMessage", Reason: client.Reason(err), Err: errors.New("not taken, however often it was posted")}
}

// postMessage posts a message once.
func (s *Slack) postMessage(ctx context.Context, thread bot.Thread, l blocks.Layout, st stamp, call caller) (bot.Ref, error) {
	options := append(messageOptions(l, st), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if thread.ID != "" {
		options = append(options, slack.MsgOptionTS(thread.ID))
	}
	var channel, ts string
	var is slack.Message
	err := call(ctx, client.Method{Name: "chat.postMessage", Channel: thread.Channel}, func(ctx context.Context, api *slack.Client) (err error) {
		channel, ts, is, err = api.PostMessageWithResponseContext(ctx, thread.Channel, options...)
		return err
	})
	if err == nil && ts == "" { // slack-go takes a reply without an error for a success
		err = &bot.Error{Code: bot.CodeUnavailable, Method: "chat.postMessage", Reason: "bad_reply", Err: client.ErrUnknown}
	}
	if err != nil {
		return bot.Ref{}, err
	}
	if thread.ID != "" && !thread.Direct && is.Timestamp == ts && is.ThreadTimestamp == "" && s.takeBack(ctx, channel, ts) {
		return bot.Ref{}, &bot.Error{Code: bot.CodeGone, Method: "chat.postMessage", Reason: "thread_not_found", Err: errors.New("what began the thread was deleted")}
	}
	return refOf(thread, channel, ts), nil
}

// takeBack deletes a message that came out in the channel for all to see: Slack puts
// replies there when what they reply to was deleted.
func (s *Slack) takeBack(ctx context.Context, channel, ts string) bool {
	err := s.client.Call(ctx, client.Method{Name: "chat.delete", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		_, _, err := api.DeleteMessageContext(ctx, channel, ts)
		return err
	})
	if err != nil && client.Reason(err) != "message_not_found" {
		s.log.WarnContext(ctx, "slack: a reply stands in the channel, for its thread was deleted", "channel", channel, "error", err)
		return false
	}
	return true
}

// refOf is where a message posted to thread is. One without a thread begins one.
func refOf(thread bot.Thread, channel, ts string) bot.Ref {
	if channel != "" {
		thread.Channel = channel
	}
	if thread.ID == "" {
		thread.ID = ts
	}
	return bot.Ref{Thread: thread, ID: ts}
}

// updateMessage makes the message at ref a layout.
func (s *Slack) updateMessage(ctx context.Context, ref bot.Ref, l blocks.Layout, st stamp, call caller) error {
	options := messageOptions(l, st)
	return call(ctx, client.Method{Name: "chat.update", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		_, _, _, err := api.UpdateMessageContext(ctx, ref.Thread.Channel, ref.ID, options...)
		return err
	})
}

// messageOptions are what posting and changing have in common. Nothing in a text of ours
// is a link or a name for Slack to find.
func messageOptions(l blocks.Layout, st stamp) []slack.MsgOption {
	options := []slack.MsgOption{
		slack.MsgOptionText(l.Text, false), slack.MsgOptionBlocks(l.Blocks...), slack.MsgOptionParse(false), slack.MsgOptionLinkNames(false),
	}
	if st.key != "" {
		options = append(options, slack.MsgOptionMetadata(slack.SlackMetadata{
			EventType: eventType, EventPayload: map[string]any{stampKey: short(st.key), stampKind: string(st.kind)},
		}))
	}
	return options
}

// whisper shows msg to one person. Nothing reads such messages back, so one that Slack
// may have taken is not sent again: it would be there twice, and what one person asked
// for that person can ask for again.
func (s *Slack) whisper(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	for level := blocks.Native; ; level++ {
		layouts := s.layouts(msg, level, s.pictures(ctx, msg, level))
		if level < blocks.Text && s.isRefused(level, layouts) {
			continue
		}
		ref, err := s.whisperAll(ctx, thread, layouts)
		switch kind := client.KindOf(err); {
		case kind == client.KindLayout && level < blocks.Text:
			s.fell(ctx, level, layouts, msg, err)
			continue
		case kind == client.KindPlace:
			if ref, err := s.throughDoor(ctx, thread, s.layouts(msg, max(level, blocks.Sections), nil)); err == nil {
				return ref, nil
			}
			msg.For = thread.Only
			return s.tellDirectly(ctx, thread, msg, err)
		}
		return ref, err
	}
}

func (s *Slack) whisperAll(ctx context.Context, thread bot.Thread, layouts []blocks.Layout) (first bot.Ref, err error) {
	inThread := s.isActive(ctx, thread)
	for i, l := range layouts {
		options := messageOptions(l, stamp{})
		if inThread {
			options = append(options, slack.MsgOptionTS(thread.ID))
		}
		var ts string
		err := s.client.Call(ctx, client.Method{Name: "chat.postEphemeral"}, func(ctx context.Context, api *slack.Client) (err error) {
			ts, err = api.PostEphemeralContext(ctx, thread.Channel, thread.Only, options...)
			return err
		})
		switch {
		case err == nil && i == 0:
			first = bot.Ref{Thread: thread, ID: ts}
		case err != nil && i > 0: // what matters is there, and cannot be shown again
			s.log.WarnContext(ctx, "slack: the end of a message for one person is missing", "channel", thread.Channel, "error", err)
			return first, nil
		case err != nil:
			return bot.Ref{}, err
		}
	}
	return first, nil
}

// activeTimeout bounds what is waited to know where a whisper is seen.
const activeTimeout = 5 * time.Second

// isActive reports whether a thread has replies. In one that has none Slack shows nobody
// what only one person is to see; in the channel that person does see it.
func (s *Slack) isActive(ctx context.Context, thread bot.Thread) bool {
	if thread.ID == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, activeTimeout)
	defer cancel()
	messages, _, err := s.page(ctx, thread, "", "")
	return err == nil && len(messages) > 1
}

// tellDirectly delivers what its place does not take to the person who asked, and says
// where that was.
func (s *Slack) tellDirectly(ctx context.Context, asked bot.Thread, msg bot.Message, cause error) (bot.Ref, error) {
	if msg.Kind == bot.KindProgress || msg.For == "" || asked.Direct {
		return bot.Ref{}, cause
	}
	msg.Key += "#direct"
	direct, err := s.opened(ctx, bot.Direct(Platform, asked.Workspace, msg.For))
	if k := client.KindOf(err); err != nil && k != client.KindScope {
		if k == client.KindPlace {
			err = cause
		}
		return bot.Ref{}, err
	}
	found, err := s.find(ctx, direct, msg.Key, time.Time{})
	if err != nil {
		return bot.Ref{}, err
	}
	to := place{thread: direct, note: elsewhere(msg.Language, asked)}
	if found != nil {
		to.thread, to.ts = found.ref.Thread, found.ref.ID
	}
	ref, err := s.show(ctx, to, msg)
	if err != nil {
		s.log.WarnContext(ctx, "slack: an answer reached nobody", "question", msg.Question, "channel", asked.Channel, "reason", client.Reason(cause), "direct", client.Reason(err))
		if k := client.KindOf(err); k == client.KindPlace || k == client.KindScope {
			return bot.Ref{}, cause
		}
		return bot.Ref{}, err
	}
	m := s.out.message(ref)
	m.key, m.note = msg.Key, to.note
	s.metrics.direct.WithLabelValues(client.Reason(cause)).Inc()
	s.log.InfoContext(ctx, "slack: delivered directly", "question", msg.Question, "channel", asked.Channel, "reason", client.Reason(cause))
	return ref, nil
}

// elsewhere says where a question was asked. Slack writes the channel's name for its id,
// for those who may know it.
func elsewhere(language string, asked bot.Thread) string {
	if language == "ko" {
		return fmt.Sprintf("<#%s>에서 물어보신 질문의 답이에요. 그 채널에는 글을 쓸 수 없어 여기로 보내 드려요.", asked.Channel)
	}
	return fmt.Sprintf("You asked this in <#%s>. I cannot write there, so here is the answer.", asked.Channel)
}

// levelName is the name of a level in metrics and in what is remembered.
func levelName(l blocks.Level) string {
	switch l {
	case blocks.Native:
		return "native"
	case blocks.Pictures:
		return "pictures"
	case blocks.Sections:
		return "sections"
	}
	return "text"
}

// isRefused reports whether Slack is known to refuse something of the layouts.
func (s *Slack) isRefused(level blocks.Level, layouts []blocks.Layout) bool {
	if s.out.refused.Refused("level " + levelName(level)) {
		return true
	}
	for _, l := range layouts {
		for _, b := range l.Blocks {
			if s.out.refused.Refused("block " + string(b.BlockType())) {
				return true
			}
		}
	}
	return false
}

// How Slack names the block at fault: "[ERROR] unsupported type: data_table
// [json-pointer:/blocks/2/type]".
var (
	unsupported = regexp.MustCompile(`unsupported (?:block )?type:? ?"?([a-z_]+)`)
	atType      = regexp.MustCompile(`json-pointer:/blocks/(\d+)/type\]`)
)

// maxStrikes is how many messages in a row a level may be refused, without it being said
// which block is at fault, until it is left alone.
const maxStrikes = 3

// fell notes that Slack refused a layout: when a kind of block is at fault, that is not
// tried again for a while, so that it does not cost every answer two calls.
func (s *Slack) fell(ctx context.Context, level blocks.Level, layouts []blocks.Layout, msg bot.Message, err error) {
	reason := client.Reason(err)
	s.metrics.falls.WithLabelValues(levelName(level), reason).Inc()
	s.log.WarnContext(ctx, "slack: a layout is refused, showing a simpler one", "question", msg.Question, "level", levelName(level),
		"reason", reason, "messages", strings.Join(client.Messages(err), "; "))
	named := false
	for _, m := range client.Messages(err) {
		if x := unsupported.FindStringSubmatch(m); x != nil {
			s.out.refused.Refuse("block "+x[1], refusedFor)
			named = true
		} else if x := atType.FindStringSubmatch(m); x != nil {
			if i, err := strconv.Atoi(x[1]); err == nil && i < len(layouts[0].Blocks) {
				s.out.refused.Refuse("block "+string(layouts[0].Blocks[i].BlockType()), refusedFor)
				named = true
			}
		}
	}
	if !named && reason == "invalid_blocks" && s.out.refused.Strike(levelName(level)) >= maxStrikes {
		s.out.refused.Refuse("level "+levelName(level), refusedFor)
	}
}

// pictureTimeout bounds what an answer waits for its pictures. Without them the charts
// are told in words; one that failed is left alone for pictureRest.
const (
	pictureTimeout = 40 * time.Second
	pictureRest    = time.Minute
)

// pictures draws and uploads what Slack cannot draw, and returns the ids by chart.
func (s *Slack) pictures(ctx context.Context, msg bot.Message, level blocks.Level) map[int]string {
	need := blocks.NeedsPicture(msg, level)
	if len(need) == 0 || s.cfg.Render == nil || s.out.refused.Refused("pictures") {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pictureTimeout)
	defer cancel()
	charts := layout.Charts(layout.Bounded(msg))
	ofLines := len(charts) - len(msg.Charts[:min(len(msg.Charts), layout.Many)])
	ids := make([]string, len(charts))
	var all sync.WaitGroup
	for _, i := range need {
		all.Go(func() { ids[i] = s.pictureOrNone(ctx, msg, charts[i], i >= len(charts)-ofLines) })
	}
	all.Wait()
	out := map[int]string{}
	for i, id := range ids {
		if id != "" {
			out[i] = id
		}
	}
	return out
}

// pictureOrNone is the id of a chart's picture; empty when there is none to be had.
func (s *Slack) pictureOrNone(ctx context.Context, msg bot.Message, chart bot.Chart, small bool) string {
	id, err := s.picture(ctx, chart, small)
	if err == nil {
		return id
	}
	if k := client.KindOf(err); k == client.KindScope || k == client.KindFeature {
		s.out.refused.Refuse("pictures", refusedFor)
	}
	s.metrics.falls.WithLabelValues("picture", reasonOf(err)).Inc()
	s.log.WarnContext(ctx, "slack: a chart is told in words", "question", msg.Question, "chart", chart.Title, "error", err)
	return ""
}

func reasonOf(err error) string {
	if r := client.Reason(err); r != "" {
		return r
	}
	return "not_drawn"
}

// picture uploads a chart once, however often it is shown.
func (s *Slack) picture(ctx context.Context, c bot.Chart, small bool) (string, error) {
	sum := sha256.Sum256(append([]byte(c.Title+"\x00"+c.Alt+"\x00"), c.Spec...))
	name, draw := hex.EncodeToString(sum[:]), s.cfg.Render
	if small && s.cfg.RenderSmall != nil {
		name, draw = name+" small", s.cfg.RenderSmall
	}
	done, err := s.out.turns.Take(ctx, "picture "+name)
	if err != nil {
		return "", err
	}
	defer done()
	if id, ok := s.out.pictures.Get(name); ok {
		return id, nil
	}
	if s.out.refused.Refused("picture " + name) {
		return "", errors.New("it failed a moment ago")
	}
	id, err := s.upload(ctx, c, draw)
	if err != nil {
		s.out.refused.Refuse("picture "+name, pictureRest)
		return "", err
	}
	s.out.pictures.Put(name, id)
	return id, nil
}

func (s *Slack) upload(ctx context.Context, c bot.Chart, draw func(ctx context.Context, spec json.RawMessage) ([]byte, error)) (string, error) {
	png, err := draw(ctx, c.Spec)
	if err != nil {
		return "", fmt.Errorf("draw: %w", err)
	}
	id, err := s.client.Upload(ctx, client.File{Name: "chart.png", Title: c.Title, Alt: cutRunes(c.Alt, 1000), Data: png})
	if err != nil {
		return "", fmt.Errorf("upload: %w", err)
	}
	return id, nil
}

func cutRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
