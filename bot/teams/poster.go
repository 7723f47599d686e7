package teams

import (
	"context"
	"errors"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/outbox"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

var _ bot.Poster = (*Teams)(nil)

// soon is how long progress waits for its turn in a thread before it is refused.
const soon = 2 * time.Second

// Post implements bot.Poster. What is for one person's eyes (Thread.Only) goes to that
// person's own chat with us, in a channel too: Teams' messages for one among many are a
// preview that vanishes after a day.
//
// A progress message costs a second call when the answer comes, so it is refused when
// that one would have to wait: on a busy day the answer is the only message, in one call.
func (t *Teams) Post(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	if err := ctx.Err(); err != nil {
		return bot.Ref{}, notSent(err)
	}
	if msg.Key != "" {
		done, err := t.out.turns.Take(ctx, "key "+msg.Key)
		if err != nil {
			return bot.Ref{}, notSent(err)
		}
		defer done()
	}
	was, err := t.whereIs(ctx, msg)
	switch {
	case err != nil:
		return bot.Ref{}, err
	case was.ref.ID != "":
		return t.postedAgain(ctx, was, msg)
	}
	next, err := t.threadTurn(ctx, thread, msg.Kind)
	if err != nil {
		return bot.Ref{}, notSent(err)
	}
	defer next()
	ref, err := t.begin(ctx, thread, msg, was.doubtful && was.kind != bot.KindProgress)
	switch {
	case err == nil:
		t.keep(msg.Key, posting{ref: ref, kind: msg.Kind})
		t.isShown(ref, msg)
		t.judged(ctx, ref, msg)
	case connector.Unknown(err):
		t.keep(msg.Key, posting{kind: msg.Kind, doubtful: true})
	case !was.doubtful:
		t.out.posted.Drop(msg.Key)
		t.unwrite(ctx, msg)
	}
	return ref, err
}

// keep notes what became of a key; nobody asks for a message without one again.
func (t *Teams) keep(key string, p posting) {
	if key != "" {
		t.out.posted.Put(key, p)
	}
}

// isShown notes what a new message shows, so that showing it again costs nothing.
func (t *Teams) isShown(ref bot.Ref, msg bot.Message) {
	if msg.Kind != bot.KindProgress {
		m := t.out.message(ref, &sent{})
		m.Newer(true)
		m.shown = outbox.Digest(msg)
	}
}

// whereIs returns what became of a key: it is somewhere, may be somewhere, or is nowhere.
func (t *Teams) whereIs(ctx context.Context, msg bot.Message) (posting, error) {
	if p, known := t.out.posted.Get(msg.Key); known || !msg.Again || msg.Key == "" {
		return p, nil
	}
	e, err := t.inJournal(ctx, msg.Key)
	switch {
	case err != nil || e == nil:
		return posting{}, err
	case e.Ref == nil:
		return posting{kind: e.Kind, doubtful: true}, nil
	}
	p := posting{ref: *e.Ref, kind: e.Kind}
	t.out.message(*e.Ref, e.message())
	t.out.posted.Put(msg.Key, p)
	return p, nil
}

// threadTurn waits until what was posted to the thread before is there. Progress does
// not wait for long; where nothing is before it, it does not matter how late it is.
func (t *Teams) threadTurn(ctx context.Context, thread bot.Thread, kind bot.MessageKind) (done func(), err error) {
	name := "thread " + thread.Key()
	if kind == bot.KindProgress {
		if done, ok := t.out.turns.Try(name); ok {
			return done, nil
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.pace(soon))
		defer cancel()
	}
	return t.out.turns.Take(ctx, name)
}

// pace is a time of Teams' on the clock of the server that stands in for it.
func (t *Teams) pace(d time.Duration) time.Duration {
	if rate := t.cfg.Connector.Rate; rate > 0 {
		return time.Duration(float64(d) / rate)
	}
	return d
}

// postedAgain returns where a key is. An answer takes the place of the progress that
// went before it, for the reader waits for the answer.
func (t *Teams) postedAgain(ctx context.Context, p posting, msg bot.Message) (bot.Ref, error) {
	if p.kind == bot.KindProgress && msg.Kind != bot.KindProgress {
		if err := t.Update(ctx, p.ref, msg); err != nil {
			return bot.Ref{}, err
		}
		p.kind = msg.Kind
		t.keep(msg.Key, p)
	}
	return p.ref, nil
}

// begin posts a message that is nowhere yet, as far as we know.
func (t *Teams) begin(ctx context.Context, thread bot.Thread, msg bot.Message, repeats bool) (bot.Ref, error) {
	to := place{thread: thread}
	if repeats {
		to.note = phrasesFor(msg.Language).repeats
	}
	if thread.Only != "" {
		return t.whisper(ctx, to, msg)
	}
	if msg.Kind == bot.KindProgress {
		return t.beginProgress(ctx, thread, msg)
	}
	ref, err := t.show(ctx, to, msg)
	if isPlace(err) {
		if ref, err = t.tellDirectly(ctx, thread, msg, err); err == nil {
			t.write(ctx, msg.Key, entry{Kind: msg.Kind, Ref: &ref})
		}
	}
	return ref, err
}

// whisper shows msg to one person, in their own chat.
func (t *Teams) whisper(ctx context.Context, to place, msg bot.Message) (bot.Ref, error) {
	only := to.thread.Only
	to.thread = bot.Direct(Platform, to.thread.Workspace, only)
	if msg.Kind == bot.KindProgress {
		return t.beginProgress(ctx, to.thread, msg)
	}
	return t.show(ctx, to, msg)
}

// How much progress of a chat may be under way at once, and for how long it counts. A
// chat takes 60 messages in 30 seconds: a third of that may be bound to become answers.
const (
	maxDebts = 20
	debtFor  = 30 * time.Second
)

// beginProgress posts progress, as a stream where that can be had.
func (t *Teams) beginProgress(ctx context.Context, thread bot.Thread, msg bot.Message) (bot.Ref, error) {
	at, err := t.spot(ctx, thread)
	if err != nil {
		return bot.Ref{}, err
	}
	debts := t.out.debts(at.chat(), t.pace(debtFor))
	if debts >= maxDebts || t.conn.Client.Room(at.Ref) <= min(debts, 1) {
		t.metrics.dropped.WithLabelValues("not posted").Inc()
		return bot.Ref{}, &bot.Error{Code: bot.CodeBusy, Method: opSend, Reason: "no_budget", Err: errors.New("the answer would have to wait")}
	}
	m := &sent{}
	ref, err := t.startStream(ctx, at, m, msg)
	if errors.Is(err, errNoStream) {
		ref, err = t.postProgress(ctx, at, msg)
	}
	if err != nil {
		return bot.Ref{}, err
	}
	streams := m.stream != nil // from begun on others change it
	t.begun(ctx, m, ref, msg)
	t.write(ctx, msg.Key, entry{Kind: msg.Kind, Ref: &ref, Stream: streams})
	return ref, nil
}

// begun notes a new progress message, which nobody else knows of yet.
func (t *Teams) begun(ctx context.Context, m *sent, ref bot.Ref, msg bot.Message) {
	done, err := t.out.turns.Take(context.WithoutCancel(ctx), "message "+outbox.Key(ref))
	if err == nil {
		defer done()
	}
	m.shown = outbox.Digest(msg)
	m.SentNow()
	t.out.message(ref, m)
	t.out.owed.Owe(m, ref.Thread.Channel)
	if m.stream != nil {
		t.watch(m, ref, msg)
	}
}

// postProgress posts progress as a card, if that can be done now. One that Teams did not
// answer for is taken for refused: if it is there, it stays behind and says "working", but
// its answer comes once.
func (t *Teams) postProgress(ctx context.Context, at spot, msg bot.Message) (bot.Ref, error) {
	id, err := t.conn.Client.Try().Send(ctx, at.Ref, t.activity(t.layout(ctx, at, msg, t.level(), true)))
	switch {
	case connector.Unknown(err) || err == nil && id == "":
		t.metrics.doubts.WithLabelValues(string(msg.Kind)).Inc()
		return bot.Ref{}, &bot.Error{Code: bot.CodeBusy, Method: opSend, Reason: connector.Reason(err), Err: errors.New("progress was not taken")}
	case err != nil:
		t.mind(ctx, at, err)
		return bot.Ref{}, err
	}
	return t.refAt(ctx, at, id), nil
}

// Update implements bot.Poster.
func (t *Teams) Update(ctx context.Context, ref bot.Ref, msg bot.Message) error {
	if err := ctx.Err(); err != nil {
		return notSent(err)
	}
	m := t.messageAt(ctx, ref, msg)
	if msg.Kind == bot.KindProgress {
		return t.updateProgress(ctx, m, ref, msg)
	}
	m.Newer(true)
	done, err := t.out.turns.Take(ctx, "message "+outbox.Key(ref)) // after progress in flight
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
	shown, err := t.replace(ctx, m, at, msg)
	switch {
	case connector.KindOf(err) == connector.KindMessage, connector.KindOf(err) == connector.KindStream:
		shown, err = t.postInstead(ctx, at, msg, err)
	case isPlace(err):
		shown, err = t.tellDirectly(ctx, at.Thread, msg, err)
	}
	if err != nil {
		return err
	}
	if outbox.Key(shown) != outbox.Key(at) {
		m.Move(shown)
		m.note = t.out.message(shown, &sent{}).note
	}
	m.shown = sum
	t.out.owed.Pay(m)
	t.judged(ctx, shown, msg)
	return nil
}

// messageAt is what is known of a message. Of one that is new to this process the journal
// may say that it is being streamed.
func (t *Teams) messageAt(ctx context.Context, ref bot.Ref, msg bot.Message) *sent {
	if m := t.out.known(ref); m != nil {
		return m
	}
	m := &sent{}
	if msg.Key != "" && ref.Thread.Direct {
		// Without the journal it is tried as an ordinary message.
		if e, err := t.inJournal(ctx, msg.Key); err == nil && e != nil && e.Ref != nil && *e.Ref == ref {
			m = e.message()
		}
	}
	return t.out.message(ref, m)
}

// replace puts msg in place of what is at.
func (t *Teams) replace(ctx context.Context, m *sent, at bot.Ref, msg bot.Message) (bot.Ref, error) {
	ended := m.stream != nil
	if ended {
		over, err := t.finish(ctx, m, at, msg)
		if !over {
			return at, err
		}
	}
	ref, err := t.show(ctx, place{thread: at.Thread, id: at.ID, note: m.note}, msg)
	kind := connector.KindOf(err)
	if (kind == connector.KindLayout || kind == connector.KindStream) && at.Thread.Direct && !ended {
		// It may be streamed since an earlier process, of which nothing is written.
		m.stream = &stream{chat: at.Thread.Channel, inherited: true}
		if over, endErr := t.finish(ctx, m, at, msg); !over && endErr == nil {
			return at, nil
		}
	}
	return ref, err
}

// postInstead posts what was to replace a message that is gone or cannot be changed any
// more. An earlier process may have done so.
func (t *Teams) postInstead(ctx context.Context, gone bot.Ref, msg bot.Message, cause error) (bot.Ref, error) {
	msg = outbox.Keyed(gone, msg)
	msg.Key += "#again"
	t.log.InfoContext(ctx, "teams: a message cannot be changed, posting another", "question", msg.Question, "reason", connector.Reason(cause))
	done, err := t.threadTurn(ctx, gone.Thread, msg.Kind)
	if err != nil {
		return bot.Ref{}, notSent(err)
	}
	defer done()
	ref, err := t.elsewhere(ctx, place{thread: gone.Thread}, msg)
	switch {
	case isPlace(err):
		return t.tellDirectly(ctx, gone.Thread, msg, err)
	case err == nil && connector.KindOf(cause) == connector.KindStream:
		t.takeBack(ctx, gone)
	}
	return ref, err
}

// takeBack takes away what is left of a stream that somebody stopped. That it stays is no
// harm.
func (t *Teams) takeBack(ctx context.Context, ref bot.Ref) {
	ctx, cancel := context.WithTimeout(ctx, tendWithin)
	defer cancel()
	at, err := t.spot(ctx, ref.Thread)
	if err == nil {
		err = t.conn.Client.Delete(ctx, at.Ref, ref.ID)
	}
	if err != nil {
		t.log.DebugContext(ctx, "teams: a stopped stream stays", "message", ref.ID, "error", err)
	}
}

// elsewhere shows msg, whose key is of this place alone, as a new message, or where it is
// since an earlier try.
func (t *Teams) elsewhere(ctx context.Context, to place, msg bot.Message) (bot.Ref, error) {
	msg.Again = true
	was, err := t.whereIs(ctx, msg)
	if err != nil {
		return bot.Ref{}, err
	}
	switch {
	case was.ref.ID != "":
		to.thread, to.id = was.ref.Thread, was.ref.ID
	case was.doubtful:
		to.note = joined(phrasesFor(msg.Language).repeats, to.note)
	}
	ref, err := t.show(ctx, to, msg)
	switch {
	case err == nil:
		t.out.posted.Put(msg.Key, posting{ref: ref, kind: msg.Kind})
		t.out.message(ref, &sent{note: to.note})
	case connector.Unknown(err):
		t.out.posted.Put(msg.Key, posting{kind: msg.Kind, doubtful: true})
	}
	return ref, err
}

// updateProgress shows progress if it can be shown now; newer progress or the end, if
// they come meanwhile, are shown instead.
func (t *Teams) updateProgress(ctx context.Context, m *sent, ref bot.Ref, msg bot.Message) error {
	superseded, ended := m.Newer(false)
	if ended {
		return nil
	}
	done, err := t.progressTurn(ctx, m, ref, superseded)
	switch {
	case err != nil:
		return notSent(err)
	case done == nil:
		t.metrics.dropped.WithLabelValues("superseded").Inc()
		return nil
	}
	defer done()
	sum := outbox.Digest(msg)
	if m.Ended() || sum == m.shown {
		return nil
	}
	err = t.changeProgress(ctx, m, m.Place(ref), msg)
	if err == nil {
		m.shown = sum
		m.SentNow()
		return nil
	}
	return t.leaveOut(ctx, msg, err)
}

// The least distance between two changes of a message. Where many wait in one chat it
// grows with them: together they take half of what the chat's rate allows, whatever
// their number.
const (
	changeEvery = time.Second
	streamEvery = 1500 * time.Millisecond
)

func (t *Teams) every(m *sent, ref bot.Ref) time.Duration {
	d := changeEvery
	if m.stream != nil {
		d = streamEvery
	}
	return t.pace(d * time.Duration(max(1, t.out.debts(ref.Thread.Channel, t.pace(debtFor)))))
}

// progressTurn waits until the message may be changed again, and nobody else is at it.
// There is no turn for what was superseded meanwhile.
func (t *Teams) progressTurn(ctx context.Context, m *sent, ref bot.Ref, superseded <-chan struct{}) (done func(), err error) {
	return m.Turn(ctx, &t.out.turns, "message "+outbox.Key(ref), superseded, t.pace(changeEvery), func() time.Duration { return t.every(m, ref) })
}

// leaveOut is the error of progress that was not shown: none where that is as it should
// be, for there will be more, or an answer.
func (t *Teams) leaveOut(ctx context.Context, msg bot.Message, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	var why *bot.Error
	if errors.As(err, &why) {
		t.metrics.dropped.WithLabelValues(string(why.Code)).Inc()
	}
	if isPlace(err) || connector.KindOf(err) == connector.KindToken {
		return err
	}
	t.log.DebugContext(ctx, "teams: progress left out", "question", msg.Question, "error", err)
	return nil
}

// changeProgress sends progress once, by the stream or as a change of the message.
func (t *Teams) changeProgress(ctx context.Context, m *sent, at bot.Ref, msg bot.Message) error {
	if m.stream != nil {
		err := t.inform(ctx, m, at, msg)
		if m.stream != nil || err == nil { // it goes on, or has shown it with its end
			return err
		}
	}
	return t.replaceProgress(ctx, at, msg)
}

// replaceProgress changes a message that is not streamed.
func (t *Teams) replaceProgress(ctx context.Context, ref bot.Ref, msg bot.Message) error {
	at, err := t.spot(ctx, ref.Thread)
	if err != nil {
		return err
	}
	err = t.conn.Client.Try().Update(ctx, at.Ref, ref.ID, t.activity(t.layout(ctx, at, msg, t.level(), false)))
	t.mind(ctx, at, err)
	return err
}

// notSent is the error of a message that its caller gave up.
func notSent(err error) error {
	return &bot.Error{Code: bot.CodeBusy, Method: opSend, Reason: "given_up", Err: err}
}
