package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
	"github.com/bapsang/bapsang/bot/slack/blocks"
	"github.com/bapsang/bapsang/bot/slack/client"
)

// streamLife is how long we stream a message. Slack ends every stream some five minutes
// after it began, whatever is appended, and may leave it looking broken: we are gone
// before.
const streamLife = 4*time.Minute + 30*time.Second

// streamIdle is how long a stream says nothing before it becomes an ordinary message.
// Developers report that Slack ends a stream that is idle for half a minute, and then it
// looks broken; an ordinary message is also the one that all readers of a channel see
// change. When that cannot be done, it is tried again after streamRetry.
const (
	streamIdle  = 20 * time.Second
	streamRetry = 3 * time.Second
)

// streamConflict is how Slack refuses to change a message that is being streamed: by an
// earlier process of ours, or since a call that was not answered.
const streamConflict = "streaming_state_conflict"

// errNoStream says that progress is to be an ordinary message.
var errNoStream = errors.New("no stream")

// mayStream reports whether progress can be streamed and the stream be ended in time.
// Slack streams to one person, in a thread; what a stream has once shown stays, so its
// only buttons are those that it begins with.
func (s *Slack) mayStream(thread bot.Thread, msg bot.Message) bool {
	if s.cfg.Shared || thread.ID == "" || msg.For == "" || len(msg.Buttons) == 0 || len(msg.Suggestions) > 0 || s.out.refused.Refused("streams") {
		return false
	}
	if !thread.Direct && !strings.HasPrefix(thread.Workspace, "T") {
		return false // an app of a whole Grid does not know the reader's workspace
	}
	_, streams := s.out.debts(s.pace(time.Minute))
	return s.client.Room(client.Method{Name: "chat.stopStream"}) > streams
}

// startStream begins a message that is streamed. Its error is errNoStream when there is
// no such message.
func (s *Slack) startStream(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	if !s.mayStream(thread, msg) {
		return bot.Ref{}, errNoStream
	}
	buttons, ok := streamButtons(msg)
	if !ok {
		return bot.Ref{}, errNoStream
	}
	options := []slack.MsgOption{
		slack.MsgOptionTS(thread.ID), slack.MsgOptionChunks(append(blocks.Chunks(msg), buttons)...), slack.MsgOptionTaskDisplayMode(blocks.DisplayPlan),
		slack.MsgOptionRecipientUserID(msg.For),
	}
	if strings.HasPrefix(thread.Workspace, "T") {
		options = append(options, slack.MsgOptionRecipientTeamID(thread.Workspace))
	}
	since := time.Now()
	var channel, ts string
	err := s.client.TryCall(ctx, client.Method{Name: "chat.startStream"}, func(ctx context.Context, api *slack.Client) (err error) {
		channel, ts, err = api.StartStreamContext(ctx, thread.Channel, options...)
		return err
	})
	switch kind := client.KindOf(err); {
	case err == nil && ts != "":
		return refOf(thread, channel, ts), nil
	case err == nil, client.Unknown(err):
		found, lookErr := s.lookBack(ctx, thread, msg.Key, since)
		switch {
		case lookErr != nil:
			return bot.Ref{}, lookErr
		case found != nil:
			return found.ref, nil
		}
	case kind == client.KindStream || kind == client.KindFeature || kind == client.KindScope || kind == client.KindLayout:
		s.out.refused.Refuse("streams", refusedFor)
		s.streamFell(ctx, msg, err)
	}
	return bot.Ref{}, errNoStream
}

// streamButtons are the buttons of a stream, in a block by which it is found again.
func streamButtons(msg bot.Message) (slack.BlocksChunk, bool) {
	var elements []slack.BlockElement
	for i, b := range msg.Buttons {
		value, ok := blocks.ActionValue(b, msg)
		if !ok {
			return slack.BlocksChunk{}, false
		}
		label := slack.NewTextBlockObject(slack.PlainTextType, cutRunes(b.Label, 75), true, false)
		elements = append(elements, slack.NewButtonBlockElement(blocks.ActionID(b, i), value, label))
	}
	return slack.NewBlocksChunk(slack.NewActionBlock(streamMark(msg.Key), elements...)), true
}

// appendStream streams progress. Afterwards m is no stream any more when it cannot go on
// as one.
func (s *Slack) appendStream(ctx context.Context, m *sent, at bot.Ref, msg bot.Message) error {
	if time.Since(m.started) > s.pace(streamLife) || m.buttons != buttonsOf(msg) {
		_, err := s.endStream(ctx, at, m.status(slack.AgentSessionStatusProcessing), s.client.TryCall)
		if err == nil {
			m.noStream()
		}
		return err
	}
	chunks := blocks.Chunks(msg)
	for i, c := range chunks {
		if t, ok := c.(slack.TaskUpdateChunk); ok {
			t.Details = "" // Slack would add it to what is there
			chunks[i] = t
		}
	}
	err := s.client.TryCall(ctx, client.Method{Name: "chat.appendStream", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		_, _, err := api.AppendStreamContext(ctx, at.Thread.Channel, at.ID, slack.MsgOptionChunks(chunks...))
		return err
	})
	switch {
	case err == nil:
		s.watchStream(m, at, msg)
	case client.KindOf(err) == client.KindStream:
		s.streamFell(ctx, msg, err)
		m.noStream()
	}
	return err
}

// watchStream begins the time that a stream may say nothing.
func (s *Slack) watchStream(m *sent, at bot.Ref, msg bot.Message) {
	m.last = msg
	if m.idle != nil {
		m.idle.Reset(s.pace(streamIdle))
		return
	}
	m.idle = time.AfterFunc(s.pace(streamIdle), func() {
		s.after("end an idle stream", sessionTimeout, func(ctx context.Context) error { return s.leaveStream(ctx, m, at) })
	})
}

// noStream notes that m is an ordinary message.
func (m *sent) noStream() {
	m.stream = false
	if m.idle != nil {
		m.idle.Stop()
		m.idle, m.last = nil, bot.Message{}
	}
}

// leaveStream makes an ordinary message of a stream that says nothing.
func (s *Slack) leaveStream(ctx context.Context, m *sent, at bot.Ref) error {
	done, err := s.out.turns.Take(ctx, "message "+outbox.Key(at))
	if err != nil {
		return err
	}
	defer done()
	if !m.stream || m.idle == nil || m.Ended() {
		return nil
	}
	if _, err = s.endStream(ctx, at, m.status(slack.AgentSessionStatusProcessing), s.client.TryCall); err == nil {
		err = s.replaceProgress(ctx, at, m.last)
	}
	if err != nil && client.KindOf(err) != client.KindMessage {
		m.idle.Reset(s.pace(streamRetry))
		return err
	}
	m.noStream()
	return nil
}

// buttonsOf tells apart what can be pressed on messages.
func buttonsOf(msg bot.Message) string {
	data, err := json.Marshal([]any{msg.Buttons, msg.Suggestions})
	if err != nil {
		return ""
	}
	return string(data)
}

func (s *Slack) streamFell(ctx context.Context, msg bot.Message, err error) {
	s.metrics.falls.WithLabelValues("stream", reasonOf(err)).Inc()
	s.log.InfoContext(ctx, "slack: no stream, changing the message instead", "question", msg.Question, "reason", reasonOf(err))
}

// stopStream ends the stream of m before something else takes its place. A stream that
// could not be ended shows when the message is changed.
func (s *Slack) stopStream(ctx context.Context, m *sent, at bot.Ref) {
	if !m.stream {
		return
	}
	m.noStream()
	ended, err := s.endStream(ctx, at, m.status(slack.AgentSessionStatusActive), s.client.Call)
	if err != nil {
		s.log.DebugContext(ctx, "slack: stream not ended", "channel", at.Thread.Channel, "error", err)
	}
	if ended {
		m.session = false // Slack was told with the same call
	}
}

// status is the status of m's session; empty when it has none.
func (m *sent) status(status string) string {
	if !m.session {
		return ""
	}
	return status
}

// endStream ends a stream, and gives its session a status; without one Slack takes the
// session for done. A stream that is over is no error, but it is not ended either.
func (s *Slack) endStream(ctx context.Context, at bot.Ref, status string, call caller) (ended bool, err error) {
	var options []slack.MsgOption
	if status != "" { // slack-go has no option for it
		options = append(options, slack.UnsafeMsgOptionEndpoint(cmp.Or(s.cfg.APIURL, slack.APIURL)+"chat.stopStream", func(v url.Values) {
			v.Set("session_status", status)
		}))
	}
	err = call(ctx, client.Method{Name: "chat.stopStream", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
		_, _, err := api.StopStreamContext(ctx, at.Thread.Channel, at.ID, options...)
		return err
	})
	if client.KindOf(err) == client.KindStream {
		return false, nil
	}
	return err == nil, err
}

// The names of what a workspace may lack.
const (
	featureSessions = "agent sessions"
	featureStatus   = "assistant status"
)

// beginSession tells the reader of a conversation with us that we are at work, with
// Slack's own stop button. It never matters when that fails.
func (s *Slack) beginSession(ctx context.Context, m *sent, thread bot.Thread, msg bot.Message) {
	if !thread.Direct || thread.ID == "" {
		return
	}
	m.session = s.sessionIs(ctx, thread, slack.AgentSessionStatusProcessing, s.client.TryCall) ||
		s.statusIs(ctx, thread, statusText(msg.Language), s.client.TryCall)
}

// endSession takes that back: Slack leaves it to us. An earlier process may have begun
// what this one ends.
func (s *Slack) endSession(ctx context.Context, m *sent, thread bot.Thread) {
	if !thread.Direct || thread.ID == "" || !m.session && !m.started.IsZero() {
		return
	}
	m.session = false
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	if !s.sessionIs(ctx, thread, slack.AgentSessionStatusActive, s.client.Call) {
		s.statusIs(ctx, thread, "", s.client.Call)
	}
}

// sessionTimeout bounds what nobody waits for.
const sessionTimeout = 10 * time.Second

func statusText(language string) string {
	if language == "ko" {
		return "답을 찾고 있어요…"
	}
	return "is looking for the answer…"
}

func (s *Slack) sessionIs(ctx context.Context, thread bot.Thread, status string, call caller) bool {
	return s.optional(ctx, featureSessions, func() error {
		return call(ctx, client.Method{Name: "agents.sessions.setStatus", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
			_, err := api.SetAgentSessionStatusContext(ctx, slack.AgentSessionSetStatusParameters{
				Status: status, ChannelID: thread.Channel, ThreadTS: thread.ID,
			})
			return err
		})
	})
}

func (s *Slack) statusIs(ctx context.Context, thread bot.Thread, text string, call caller) bool {
	return s.optional(ctx, featureStatus, func() error {
		return call(ctx, client.Method{Name: "assistant.threads.setStatus", Repeatable: true}, func(ctx context.Context, api *slack.Client) error {
			return api.SetAssistantThreadsStatusContext(ctx, slack.AssistantThreadsSetStatusParameters{ChannelID: thread.Channel, ThreadTS: thread.ID, Status: text})
		})
	})
}

// optional does something that not every workspace has, and does not try again for a
// while where it is refused.
func (s *Slack) optional(ctx context.Context, feature string, do func() error) bool {
	if s.out.refused.Refused(feature) {
		return false
	}
	err := do()
	var why *bot.Error
	if errors.As(err, &why) && (why.Code == bot.CodeDenied || client.KindOf(err) == client.KindFeature) {
		s.out.refused.Refuse(feature, refusedFor)
	}
	if err != nil {
		s.log.DebugContext(ctx, "slack: status not shown", "feature", feature, "error", err)
	}
	return err == nil
}
