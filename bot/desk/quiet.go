package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// degraded is how much less is done now.
func (d *Desk) degraded() degrade.State {
	if d.cfg.Degraded == nil {
		return degrade.State{}
	}
	return d.cfg.Degraded()
}

// Notice is a line about how much less is done now, empty while everything is.
func (d *Desk) Notice(language string) string {
	return d.levelLine(textFor(language))
}

// Load is how things stand for whoever asks now.
type Load struct {
	degrade.State
	Model   *ModelLoad // nil without one
	Open    int        // questions that have not ended, everybody's
	Missing []Missing  // what is not there
}

// Load says how things stand.
func (d *Desk) Load(ctx context.Context) (Load, error) {
	l := Load{State: d.degraded()}
	if d.cfg.ModelLoad != nil {
		m := d.cfg.ModelLoad()
		l.Model = &m
	}
	if d.cfg.Missing != nil {
		l.Missing = d.cfg.Missing()
	}
	var err error
	l.Open, err = d.countOpen(ctx)
	return l, err
}

// Backlog is about how long a question that is asked now waits to be begun.
func (d *Desk) Backlog() time.Duration {
	d.pace.mu.Lock()
	defer d.pace.mu.Unlock()
	return d.pace.backlog
}

// behind notes how many questions are to be begun before the last that waits.
func (p *pace) behind(ahead int) {
	var until time.Duration
	if ahead > 0 {
		until = p.eta(ahead, "", time.Time{}) - p.eta(0, "", time.Time{})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.backlog = until
}

func (d *Desk) levelLine(t *texts) string {
	s := d.degraded()
	if s.Level == degrade.NoModel && s.Signals.Down {
		return t.levelDown
	}
	return t.levels[s.Level]
}

// noted is a text with a line below it.
func noted(text, note string) string {
	if note == "" {
		return text
	}
	return text + "\n" + note
}

// standingOf says how far a question is that has no answer yet.
func (d *Desk) standingOf(q *Question, p *bot.Progress, t *texts) string {
	switch {
	case q.Later && q.State == store.Queued:
		if q.notifies(q.User) {
			return noted(t.untilQuiet(p), t.willNotify)
		}
		return t.untilQuiet(p)
	case q.State == store.Queued && d.degraded().Level >= degrade.QueueOnly:
		return noted(t.progress(p), t.inLine)
	}
	return noted(t.progress(p), q.Note)
}

// untilQuiet says how a question waits until it is quiet.
func (t *texts) untilQuiet(p *bot.Progress) string {
	switch {
	case p == nil || p.Ahead == 0 && p.ETA == 0:
		return t.laterNext
	case p.Ahead == 0:
		return fmt.Sprintf(t.laterNextETA, waiting(p.ETA, t.language))
	case p.ETA == 0:
		return fmt.Sprintf(t.laterPlace, p.Ahead)
	}
	return fmt.Sprintf(t.laterPlaceETA, p.Ahead, waiting(p.ETA, t.language))
}

// later keeps a question that could not be answered now until it is quiet. It is a
// question of its own, that holds up nothing else that its asker asks, and whoever pressed
// is told directly when it is answered. Pressing twice keeps one.
func (d *Desk) later(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	before, err := d.question(ctx, ev.Action.Question)
	if err != nil {
		return bot.Receipt{}, fmt.Errorf("keep for later: %w", err)
	}
	if d.cfg.Degraded == nil {
		return d.again(ctx, ev) // nothing is ever put off here
	}
	q := before.asAsked(ev)
	q.Rungs, q.Deep, q.Later, q.Aside, q.KeptBy = before.Rungs, before.Deep, true, true, ev.ID
	if !q.Thread.Direct {
		q.Notify = []bot.User{ev.User}
	}
	receipt, err := d.ask(ctx, "later\x00"+before.ID+"\x00"+ev.User.ID, q)
	if err != nil || !receipt.Duplicate {
		return receipt, err
	}
	kept, err := d.question(ctx, receipt.Question)
	if err != nil || kept.KeptBy == ev.ID { // the platform tells of it once more
		return receipt, err
	}
	return d.say(ctx, ev, func(t *texts) string { return t.laterTwice })
}

// How often a question that waits looks whether it is quiet: the first of the line soonest,
// so that they do not all come at once. After longEnough a model that answers shortly is
// quiet enough.
const (
	soonestLook = 3 * time.Second
	lookApart   = 100 * time.Millisecond
	latestLook  = 30 * time.Second
	longEnough  = 10 * time.Minute
)

// waitForQuiet is how long a question is still to wait until it is looked again whether it
// is quiet, 0 when it is. Its message says meanwhile where it is in the line.
func (d *Desk) waitForQuiet(ctx context.Context, q *Question) time.Duration {
	if !q.Later || q.Answer != nil {
		return 0
	}
	now := d.degraded()
	if now.Level == degrade.Full || now.Level == degrade.Brief && d.now().Sub(q.AskedAt) > longEnough {
		return 0
	}
	ahead, eta, err := d.placeInLine(ctx, q)
	if err == nil {
		err = d.tellLine(ctx, q, ahead, eta)
	}
	if err != nil && ctx.Err() == nil {
		d.cfg.Logger.DebugContext(ctx, "desk: place not told", "question", q.ID, "error", err)
	}
	return min(soonestLook+time.Duration(ahead)*lookApart, latestLook)
}

// tellLine shows a question's place in the line, when it is news.
func (d *Desk) tellLine(ctx context.Context, q *Question, ahead int, eta time.Duration) error {
	poster := d.cfg.Posters[q.Thread.Platform]
	if q.Ref == nil || poster == nil || !d.pace.inLine(q.ID, ahead, d.now()) {
		return nil
	}
	msg := d.message(q, &bot.Progress{Ahead: ahead, ETA: eta})
	if digest(msg) == q.Shown {
		return nil
	}
	return poster.Update(ctx, *q.Ref, msg)
}

// inLine reports whether a place in the line is worth telling, and notes it.
func (p *pace) inLine(id string, ahead int, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	last, told := p.kept[id]
	if told && (last.ahead == ahead && now.Sub(last.at) < time.Minute || now.Sub(last.at) < retellEvery) {
		return false
	}
	p.kept[id] = telling{ahead: ahead, at: now}
	return true
}

// placeInLine is how many questions wait until it is quiet before this one, and about how
// long this one does, 0 when nobody can know: until those who wait for the model are
// through, it has been quiet for a while, and those before it are answered.
func (d *Desk) placeInLine(ctx context.Context, q *Question) (ahead int, eta time.Duration, err error) {
	err = d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		ahead = 0
		return tx.Scan(kindLater, store.Range{}, func(id string, _ []byte) bool {
			if id < q.ID {
				ahead++
			}
			return id < q.ID
		})
	})
	now := d.degraded()
	if err != nil || now.Signals.Down {
		return ahead, 0, err
	}
	eta = now.Signals.Wait + now.Settles
	if d.cfg.ModelLoad != nil {
		if m := d.cfg.ModelLoad(); m.PerMinute > 0 {
			eta += time.Duration(float64(ahead) * max(m.CallsEach, 1) * float64(time.Minute) / float64(m.PerMinute))
		}
	}
	return ahead, eta, nil
}

// stillBusy reports whether a question that waited until it was quiet came too early all the
// same: the model is not to be had.
func (d *Desk) stillBusy(q *Question, a *agent.Answer) bool {
	return a.Rung == agent.None && (a.Reason == agent.ReasonBusy || a.Reason == agent.ReasonModel) && d.now().Sub(q.AskedAt) < holdFor
}

// putBack has a question wait again.
func (d *Desk) putBack(ctx context.Context, claim store.Claim, q *Question) error {
	err := claim.Commit(ctx, func(tx store.Tx) error {
		fresh, err := load[Question](tx, kindQuestion, q.ID)
		if err != nil {
			return err
		}
		fresh.State, fresh.Steps, fresh.Plan, fresh.Note = store.Queued, nil, nil, ""
		return saveQuestion(tx, fresh)
	})
	if err != nil {
		return fmt.Errorf("put back: %w", err)
	}
	return store.Snooze{For: latestLook}
}

func isSnooze(err error) bool {
	var s store.Snooze
	return errors.As(err, &s)
}
