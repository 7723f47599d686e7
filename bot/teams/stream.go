package teams

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
	"github.com/bapsang/bapsang/bot/teams/cards"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

// Teams ends a stream two minutes after it began, whatever is added. We are gone before:
// then the message is one that can be changed, and has buttons.
const (
	streamTime = 2 * time.Minute
	streamLife = streamTime - 15*time.Second
)

// streamBeat is how often a stream says what it said last when there is nothing new. Teams
// tells that its reader stopped it with the next part alone, and who pressed "stop" shall
// not wait for that until the question is answered. tendWithin bounds one beat.
const (
	streamBeat = 5 * time.Second
	tendWithin = 10 * time.Second
)

// errNoStream says that progress is to be a card.
var errNoStream = errors.New("no stream")

// stream is a message that is being streamed. It only says how far the question is, in
// informative updates, which replace one another; what a stream has said of an answer could
// only be added to. It has no buttons of ours, but Teams' own one to stop it.
type stream struct {
	chat  string // a chat has one stream at a time
	seq   int    // of the last part
	began time.Time
	timer *time.Timer // of the next beat
	last  bot.Message // what it said last
	// inherited is set when an earlier process began it: its sequence is unknown, so all that
	// can be done is to end it.
	inherited bool
}

// streamInfo is the entity that makes an activity part of a stream.
type streamInfo struct {
	Type     string `json:"type"`
	Stream   string `json:"streamType"`
	ID       string `json:"streamId,omitempty"`
	Sequence int    `json:"streamSequence,omitempty"`
}

func (i streamInfo) entity() json.RawMessage {
	i.Type = "streaminfo"
	data, err := json.Marshal(i)
	if err != nil {
		return nil // it marshals
	}
	return data
}

// maxInform is how long an informative update may be, in bytes: Microsoft says both a
// kilobyte and 1,000 characters.
const maxInform = 1000

// informative is a part of a stream that says how far the question is.
func informative(msg bot.Message, id string, seq int) connector.Activity {
	text := cards.Informative(msg)
	if len(text) > maxInform {
		text = strings.ToValidUTF8(text[:maxInform-len("…")], "") + "…"
	}
	return connector.Activity{
		Type: "typing", Text: text, Entities: []json.RawMessage{streamInfo{Stream: "informative", ID: id, Sequence: seq}.entity()},
	}
}

// streamable reports whether a stream shows all of msg: of what can be pressed only the
// button that Teams puts there itself.
func streamable(msg bot.Message) bool {
	if len(msg.Suggestions) > 0 {
		return false
	}
	stop := false
	for _, b := range msg.Buttons {
		if b.Action != bot.ActionCancel {
			return false
		}
		stop = true
	}
	return stop
}

// startStream begins a message that is streamed, and makes m one. Its error is errNoStream
// when there is no such message.
func (t *Teams) startStream(ctx context.Context, at spot, m *sent, msg bot.Message) (bot.Ref, error) {
	chat := at.chat()
	if t.cfg.Shared || !at.thread.Direct || !streamable(msg) || t.out.refused.Refused("streams") || t.out.refused.Refused("streams "+chat) || !t.out.mayStream(chat, m) {
		return bot.Ref{}, errNoStream
	}
	began := time.Now()
	id, err := t.conn.Client.Try().Send(ctx, at.Ref, informative(msg, "", 1))
	if err == nil && id != "" {
		m.stream = &stream{chat: chat, seq: 1, began: began}
		t.out.refused.Succeeded("streams")
		return t.refAt(ctx, at, id), nil
	}
	t.out.streamOver(chat, m)
	switch kind := connector.KindOf(err); {
	case kind == connector.KindRate, connector.Reason(err) == "no_budget":
		return bot.Ref{}, err
	case isPlace(err):
		t.mind(ctx, at, err)
		return bot.Ref{}, err
	case kind == connector.KindStream, kind == connector.KindLayout, err == nil, connector.Unknown(err):
		// One of an earlier process, or perhaps this one, is running. Teams ends it. Where
		// none can be had anywhere, it need not be tried with every question.
		t.out.refused.Refuse("streams "+chat, t.pace(streamTime))
		if (kind == connector.KindStream || kind == connector.KindLayout) && t.out.refused.Strike("streams") >= maxStrikes {
			t.out.refused.Refuse("streams", refusedFor)
		}
	}
	t.streamFell(ctx, msg, err)
	return bot.Ref{}, errNoStream
}

func (t *Teams) streamFell(ctx context.Context, msg bot.Message, err error) {
	reason := firstOf(connector.Reason(err), "no_id")
	t.metrics.falls.WithLabelValues("stream", reason).Inc()
	t.log.InfoContext(ctx, "teams: no stream, changing the message instead", "question", msg.Question, "reason", reason)
}

// watch keeps the stream going, and has it end in time.
func (t *Teams) watch(m *sent, ref bot.Ref, msg bot.Message) {
	m.stream.last = msg
	m.stream.timer = time.AfterFunc(t.pace(streamBeat), func() {
		t.after("a stream is not tended", tendWithin, func(ctx context.Context) error { return t.tend(ctx, m, ref) })
	})
}

// tend says again what a stream said last, or ends it when its time is nearly over.
func (t *Teams) tend(ctx context.Context, m *sent, ref bot.Ref) error {
	done, err := t.out.turns.Take(ctx, "message "+outbox.Key(ref))
	if err != nil {
		return err
	}
	defer done()
	s := m.stream
	if s == nil || m.Ended() {
		return nil
	}
	if m.Wait(t.pace(streamEvery)) <= 0 {
		if err = t.changeProgress(ctx, m, ref, s.last); err == nil {
			m.SentNow()
		}
	}
	switch {
	case m.stream == nil:
	case time.Since(s.began) > t.pace(streamTime): // Teams has ended it
		t.noStream(m)
	default:
		s.timer.Reset(t.pace(streamBeat))
	}
	if ctx.Err() == nil {
		err = t.leaveOut(ctx, s.last, err)
	}
	return err
}

// noStream notes that m is a message like others.
func (t *Teams) noStream(m *sent) {
	if m.stream.timer != nil {
		m.stream.timer.Stop()
	}
	t.out.streamOver(m.stream.chat, m)
	m.stream = nil
}

// inform streams progress. Afterwards m is no stream any more when it cannot go on as
// one; without an error it shows the progress all the same, or shall show no more.
func (t *Teams) inform(ctx context.Context, m *sent, ref bot.Ref, msg bot.Message) error {
	at, err := t.spot(ctx, ref.Thread)
	if err != nil {
		return err
	}
	s := m.stream
	if s.inherited || !streamable(msg) || time.Since(s.began) > t.pace(streamLife) {
		return t.leave(ctx, at, m, ref, msg)
	}
	s.seq++
	_, err = t.conn.Client.Try().Send(ctx, at.Ref, informative(msg, ref.ID, s.seq))
	switch connector.KindOf(err) {
	case connector.KindStream:
		t.noStream(m)
		if t.isStopped(ctx, ref, msg, err) {
			return nil
		}
		t.streamFell(ctx, msg, err)
	case connector.KindOrder: // something newer is shown
		return nil
	default:
		t.mind(ctx, at, err)
	}
	if err == nil {
		s.last = msg
	}
	return err
}

// leave ends a stream with progress: a card that can be changed.
func (t *Teams) leave(ctx context.Context, at spot, m *sent, ref bot.Ref, msg bot.Message) error {
	_, err := t.conn.Client.Try().Send(ctx, at.Ref, final(t.activity(t.layout(ctx, at, msg, t.level(), true)), ref.ID))
	switch kind := connector.KindOf(err); {
	case err == nil, kind == connector.KindStream:
		t.noStream(m)
		if err != nil && t.isStopped(ctx, ref, msg, err) {
			return nil
		}
	default:
		t.mind(ctx, at, err)
	}
	return err
}

// final is the last part of a stream. It has a card and no text, as everything else that we
// say: elsewhere Teams makes two messages of the two, tells the id of neither, and refuses
// to change one into both ("Activity resulted into multiple skype activities"). The other
// would stay as it was, and whoever pressed something there would name a message that
// nobody knows.
func final(a connector.Activity, id string) connector.Activity {
	a.Entities = append([]json.RawMessage{streamInfo{Stream: "final", ID: id}.entity()}, a.Entities...)
	return a
}

// maxFinals is how often the end of a stream is sent that Teams did not answer for. A
// second one is refused when the first was taken.
const maxFinals = 3

// finish ends a stream with msg. It is over without showing msg when Teams takes no more of
// it, or no such end: the message can be changed then.
func (t *Teams) finish(ctx context.Context, m *sent, ref bot.Ref, msg bot.Message) (over bool, err error) {
	at, err := t.spot(ctx, ref.Thread)
	if err != nil {
		return false, err
	}
	msg = noted(msg, m.note)
	level := t.level()
	err = t.end(ctx, at, final(t.activity(t.layout(ctx, at, msg, level, true)), ref.ID))
	if kind := connector.KindOf(err); kind == connector.KindLayout || kind == connector.KindSize {
		t.fell(ctx, level, msg, err)
		over = true
		err = t.end(ctx, at, final(t.activity(cards.Layout{Text: cards.StreamText(bot.Message{Text: cards.Informative(msg)})}), ref.ID))
	}
	switch kind := connector.KindOf(err); {
	case err == nil:
		t.noStream(m)
		return over, nil
	case kind == connector.KindStream, kind == connector.KindMessage, kind == connector.KindLayout:
		t.noStream(m)
		return true, nil
	}
	t.mind(ctx, at, err)
	return false, err
}

// end sends the end of a stream.
func (t *Teams) end(ctx context.Context, at spot, a connector.Activity) (err error) {
	for n := 1; ; n++ {
		_, err = t.conn.Client.Send(ctx, at.Ref, a)
		if !connector.Unknown(err) || n == maxFinals || t.conn.Client.Rest(ctx, n, err) != nil {
			return err
		}
	}
}

// stopTold bounds how long the handler takes to hear of a stop.
const stopTold = 10 * time.Second

// isStopped reports whether somebody pressed Teams' own button to stop a stream. Teams
// tells that with the next part alone, so it becomes the press of a button here.
func (t *Teams) isStopped(ctx context.Context, ref bot.Ref, msg bot.Message, err error) bool {
	if !strings.Contains(strings.ToLower(connector.Message(err)), "cancel") {
		return false
	}
	t.log.InfoContext(ctx, "teams: stopped by the reader", "question", msg.Question)
	h := t.handler.Load()
	if h == nil {
		return true
	}
	ev := bot.Event{
		ID: "stop:" + outbox.Key(ref), Kind: bot.EventAction, Thread: ref.Thread, Message: ref.ID, User: bot.User{ID: msg.For},
		Action: &bot.Action{Name: bot.ActionCancel, Question: msg.Question}, At: t.cfg.Now(),
	}
	t.after("stop not taken", stopTold, func(ctx context.Context) error { return t.hand(ctx, *h, ev) })
	return true
}
