package slack

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
	"github.com/bapsang/bapsang/bot/slack/blocks"
	"github.com/bapsang/bapsang/bot/slack/client"
)

var _ bot.Poster = (*Slack)(nil)

// soon is how long progress waits for its turn in a thread before it is refused.
const soon = 2 * time.Second

// Post implements bot.Poster.
//
// A progress message costs a second call when the answer comes, so it is refused when
// that one would have to wait: on a busy day the answer is the only message, in one call.
func (s *Slack) Post(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	if err := ctx.Err(); err != nil {
		return bot.Ref{}, notSent(err)
	}
	if msg.Key == "" {
		msg.Key = rand.Text() // so that it is found when Slack does not say whether it took it
	}
	done, err := s.out.turns.Take(ctx, "key "+msg.Key)
	if err != nil {
		return bot.Ref{}, notSent(err)
	}
	defer done()
	if p, err := s.whereIs(ctx, thread, msg); err != nil || p != nil {
		if err != nil {
			return bot.Ref{}, err
		}
		return s.postedAgain(ctx, *p, msg)
	}
	next, err := s.threadTurn(ctx, thread, msg.Kind)
	if err != nil {
		return bot.Ref{}, notSent(err)
	}
	defer next()
	ref, err := s.begin(ctx, thread, msg)
	switch {
	case err == nil:
		s.out.posted.Put(msg.Key, posting{ref: ref, kind: msg.Kind})
		s.isShown(ref, msg)
	case ref.ID != "":
		s.out.posted.Put(msg.Key, posting{ref: ref, kind: msg.Kind, partial: true})
	case client.Unknown(err):
		s.out.posted.Put(msg.Key, posting{doubtful: true})
	default:
		s.out.posted.Drop(msg.Key)
	}
	return ref, err
}

// isShown notes what a new message shows, so that showing it again costs nothing.
func (s *Slack) isShown(ref bot.Ref, msg bot.Message) {
	if msg.Kind != bot.KindProgress {
		m := s.out.message(ref)
		m.Newer(true)
		m.shown = outbox.Digest(msg)
	}
}

// whereIs returns where the message of a key is; nil when it is nowhere.
func (s *Slack) whereIs(ctx context.Context, thread bot.Thread, msg bot.Message) (*posting, error) {
	p, known := s.out.posted.Get(msg.Key)
	if known && !p.doubtful {
		return &p, nil
	}
	if !msg.Again && !known || thread.Only != "" {
		return nil, nil
	}
	if !known && s.untouched(ctx, thread) {
		return nil, nil
	}
	found, err := s.find(ctx, thread, msg.Key, time.Time{})
	if found != nil {
		// What an earlier process began it may not have ended.
		found.partial = found.kind != bot.KindProgress && len(s.layouts(msg, s.level(msg), nil)) > 1
		s.out.posted.Put(msg.Key, *found)
	}
	return found, err
}

// threadTurn waits until what was posted to the thread before is there. Progress does
// not wait for long; where nothing is before it, it does not matter how late it is.
func (s *Slack) threadTurn(ctx context.Context, thread bot.Thread, kind bot.MessageKind) (done func(), err error) {
	name := "thread " + thread.Key()
	if kind == bot.KindProgress {
		if done, ok := s.out.turns.Try(name); ok {
			return done, nil
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.pace(soon))
		defer cancel()
	}
	return s.out.turns.Take(ctx, name)
}

// pace is a time of Slack's on the clock of the server that stands in for it.
func (s *Slack) pace(d time.Duration) time.Duration {
	if s.cfg.Rate > 0 {
		return time.Duration(float64(d) / s.cfg.Rate)
	}
	return d
}

// postedAgain returns where a key is. An answer takes the place of the progress that
// went before it, for the reader waits for the answer.
func (s *Slack) postedAgain(ctx context.Context, p posting, msg bot.Message) (bot.Ref, error) {
	if p.partial || p.kind == bot.KindProgress && msg.Kind != bot.KindProgress {
		if err := s.Update(ctx, p.ref, msg); err != nil {
			return bot.Ref{}, err
		}
		p.kind, p.partial = msg.Kind, false
		s.out.posted.Put(msg.Key, p)
	}
	return p.ref, nil
}

// begin posts a message that is nowhere yet.
func (s *Slack) begin(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	switch {
	case thread.Only != "":
		return s.whisper(ctx, thread, msg)
	case msg.Kind == bot.KindProgress:
		return s.beginProgress(ctx, thread, msg)
	}
	ref, err := s.show(ctx, place{thread: thread}, msg)
	if client.KindOf(err) == client.KindPlace {
		return s.tellDirectly(ctx, thread, msg, err)
	}
	return ref, err
}

// beginProgress posts progress, as a stream where that can be had.
func (s *Slack) beginProgress(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	if !s.mayPromise() {
		s.metrics.dropped.WithLabelValues("not posted").Inc()
		return bot.Ref{}, &bot.Error{Code: bot.CodeBusy, Method: "chat.update", Reason: "no_budget", Err: errors.New("the answer would have to wait")}
	}
	ref, err := s.startStream(ctx, thread, msg)
	streams := err == nil
	if errors.Is(err, errNoStream) {
		ref, err = s.postProgress(ctx, thread, msg)
	}
	if err != nil {
		return bot.Ref{}, err
	}
	m := s.out.message(ref)
	if done, err := s.out.turns.Take(ctx, "message "+outbox.Key(ref)); err == nil {
		defer done()
		s.begun(ctx, m, ref, msg, streams)
	}
	return ref, nil
}

// begun notes a new progress message, whose turn it is.
func (s *Slack) begun(ctx context.Context, m *sent, ref bot.Ref, msg bot.Message, streams bool) {
	m.stream, m.started, m.shown, m.buttons = streams, time.Now(), outbox.Digest(msg), buttonsOf(msg)
	m.SentNow()
	if streams {
		s.watchStream(m, ref, msg)
	}
	s.out.owed.Owe(m, streams)
	s.beginSession(ctx, m, ref.Thread, msg)
}

// mayPromise reports whether the update that a progress message leads to would not have
// to wait, nor make those wait that were promised before.
func (s *Slack) mayPromise() bool {
	debts, _ := s.out.debts(s.pace(time.Minute))
	return s.client.Room(client.Method{Name: "chat.update"}) > debts
}

// postProgress posts progress as an ordinary message, if that can be done now.
func (s *Slack) postProgress(ctx context.Context, thread bot.Thread, msg bot.Message) (ref bot.Ref, err error) {
	since := time.Now()
	for level := s.level(msg); ; level++ {
		layouts := s.layouts(msg, level, nil)
		ref, err = s.postMessage(ctx, thread, layouts[0], stampOf(msg), s.client.TryCall)
		if client.KindOf(err) != client.KindLayout || level >= blocks.Text {
			break
		}
		s.fell(ctx, level, layouts, msg, err)
	}
	if !client.Unknown(err) {
		return ref, err
	}
	found, lookErr := s.lookBack(ctx, thread, msg.Key, since)
	switch {
	case lookErr != nil:
		return bot.Ref{}, err
	case found != nil:
		return found.ref, nil
	}
	return bot.Ref{}, &bot.Error{Code: bot.CodeBusy, Method: "chat.postMessage", Reason: client.Reason(err), Err: errors.New("progress was not taken")}
}

// Update implements bot.Poster.
func (s *Slack) Update(ctx context.Context, ref bot.Ref, msg bot.Message) error {
	if err := ctx.Err(); err != nil {
		return notSent(err)
	}
	m := s.out.message(ref)
	switch {
	case ref.Thread.Only != "":
		return s.whisperAgain(ctx, m, ref, msg)
	case msg.Kind == bot.KindProgress:
		return s.updateProgress(ctx, m, ref, msg)
	}
	m.Newer(true)
	done, err := s.out.turns.Take(ctx, "message "+outbox.Key(ref)) // after progress in flight
	if err != nil {
		return notSent(err)
	}
	defer done()
	sum := outbox.Digest(msg)
	if sum != "" && sum == m.shown {
		return nil
	}
	m.shown = ""
	at := m.Place(ref)
	s.stopStream(ctx, m, at)
	if msg = outbox.Keyed(at, msg); m.key != "" {
		msg.Key = m.key
	}
	shown, err := s.show(ctx, place{thread: at.Thread, ts: at.ID, note: m.note}, msg)
	switch client.KindOf(err) {
	case client.KindMessage:
		shown, err = s.postInstead(ctx, at, msg, err)
	case client.KindPlace:
		shown, err = s.tellDirectly(ctx, at.Thread, msg, err)
	}
	if err != nil {
		return err
	}
	if outbox.Key(shown) != outbox.Key(at) {
		n := s.out.message(shown)
		m.Move(shown)
		m.key, m.note = n.key, n.note
	}
	m.shown = sum
	s.out.owed.Pay(m)
	s.endSession(ctx, m, ref.Thread)
	return nil
}

// whisperAgain shows one person what is to replace something that only that person saw.
// Slack changes no such message; what is to be seen by one must not be posted for all.
func (s *Slack) whisperAgain(ctx context.Context, m *sent, ref bot.Ref, msg bot.Message) error {
	done, err := s.out.turns.Take(ctx, "message "+outbox.Key(ref))
	if err != nil {
		return notSent(err)
	}
	defer done()
	sum := outbox.Digest(msg)
	if msg.Kind == bot.KindProgress || sum == m.shown {
		return nil
	}
	if _, err = s.whisper(ctx, ref.Thread, msg); err == nil {
		m.shown = sum
	}
	return err
}

// postInstead posts what was to replace a message that is gone or cannot be changed any
// more. An earlier process may have done so.
func (s *Slack) postInstead(ctx context.Context, gone bot.Ref, msg bot.Message, cause error) (bot.Ref, error) {
	msg.Key += "#again"
	s.log.InfoContext(ctx, "slack: a message cannot be changed, posting another", "question", msg.Question, "reason", client.Reason(cause))
	done, err := s.threadTurn(ctx, gone.Thread, msg.Kind)
	if err != nil {
		return bot.Ref{}, notSent(err)
	}
	defer done()
	found, err := s.find(ctx, gone.Thread, msg.Key, time.Time{})
	if err != nil {
		return bot.Ref{}, err
	}
	to := place{thread: gone.Thread}
	if found != nil {
		to = place{thread: found.ref.Thread, ts: found.ref.ID}
	}
	ref, err := s.show(ctx, to, msg)
	switch {
	case err == nil:
		s.out.message(ref).key = msg.Key
	case client.KindOf(err) == client.KindPlace:
		return s.tellDirectly(ctx, gone.Thread, msg, err)
	}
	return ref, err
}

// updateProgress shows progress if it can be shown now; newer progress or the end, if
// they come meanwhile, are shown instead.
func (s *Slack) updateProgress(ctx context.Context, m *sent, ref bot.Ref, msg bot.Message) error {
	superseded, ended := m.Newer(false)
	if ended {
		return nil
	}
	done, err := s.progressTurn(ctx, m, ref, superseded)
	switch {
	case err != nil:
		return notSent(err)
	case done == nil:
		s.metrics.dropped.WithLabelValues("superseded").Inc()
		return nil
	}
	defer done()
	sum := outbox.Digest(msg)
	if m.Ended() || sum == m.shown {
		return nil
	}
	err = s.changeProgress(ctx, m, m.Place(ref), msg)
	if err == nil {
		m.shown = sum
		m.SentNow()
		return nil
	}
	return s.leaveOut(ctx, msg, err)
}

// progressTurn waits until the message may be changed again, and nobody else is at it.
// There is no turn for what was superseded meanwhile.
func (s *Slack) progressTurn(ctx context.Context, m *sent, ref bot.Ref, superseded <-chan struct{}) (done func(), err error) {
	every := s.pace(time.Second)
	return m.Turn(ctx, &s.out.turns, "message "+outbox.Key(ref), superseded, every, func() time.Duration { return every })
}

// leaveOut is the error of progress that was not shown: none where that is as it should
// be, for there will be more, or an answer.
func (s *Slack) leaveOut(ctx context.Context, msg bot.Message, err error) error {
	if ctx.Err() != nil {
		return err
	}
	var why *bot.Error
	if errors.As(err, &why) {
		s.metrics.dropped.WithLabelValues(string(why.Code)).Inc()
	}
	switch client.KindOf(err) {
	case client.KindToken, client.KindScope, client.KindPlace:
		return err
	}
	s.log.DebugContext(ctx, "slack: progress left out", "question", msg.Question, "error", err)
	return nil
}

// changeProgress sends progress once, by the stream or as a change of the message.
func (s *Slack) changeProgress(ctx context.Context, m *sent, at bot.Ref, msg bot.Message) error {
	if m.stream {
		err := s.appendStream(ctx, m, at, msg)
		if m.stream { // it goes on
			return err
		}
	}
	return s.replaceProgress(ctx, at, msg)
}

// replaceProgress changes a message that is not streamed, as far as we know.
func (s *Slack) replaceProgress(ctx context.Context, at bot.Ref, msg bot.Message) error {
	layout := s.layouts(msg, s.level(msg), nil)[0]
	err := s.updateMessage(ctx, at, layout, stampOf(msg), s.client.TryCall)
	if client.Reason(err) == streamConflict {
		if _, err = s.endStream(ctx, at, "", s.client.TryCall); err == nil {
			err = s.updateMessage(ctx, at, layout, stampOf(msg), s.client.TryCall)
		}
	}
	return err
}

// notSent is the error of a message that its caller gave up.
func notSent(err error) error {
	return &bot.Error{Code: bot.CodeBusy, Method: "chat.postMessage", Reason: "given_up", Err: err}
}

// level is the richest level of which nothing is known to be refused, for messages that
// need no picture.
func (s *Slack) level(msg bot.Message) blocks.Level {
	level := blocks.Native
	for level < blocks.Text && s.isRefused(level, s.layouts(msg, level, nil)) {
		level++
	}
	return level
}
