package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// longWait is the wait for the model that is worth more than a line.
const longWait = 8 * time.Second

// meanwhile shows what can be answered while a question waits for the model. The
// question's message becomes that answer; what the model says goes into a second one,
// which is begun when this is shown. It is stored before it is shown, and once.
func (d *Desk) meanwhile(ctx context.Context, claim store.Claim, q *Question, a *agent.Answer) {
	err := claim.Commit(ctx, func(tx store.Tx) error {
		fresh, err := load[Question](tx, kindQuestion, q.ID)
		if err != nil || fresh.Meanwhile != "" {
			return err
		}
		// A question of its own, so that what people press under it is about it.
		first := Question{
			ID: q.ID + ".1", Thread: fresh.Thread, User: fresh.User, Text: a.Question, Language: fresh.Language, Analyst: a.Analyst,
			Email: fresh.Email, Standing: fresh.Standing, Answer: a, State: store.Done, AskedAt: fresh.AskedAt, EndedAt: d.now(), Process: fresh.Process,
		}
		fresh.Meanwhile = first.ID
		q.Meanwhile = first.ID
		return errors.Join(saveQuestion(tx, &first), saveQuestion(tx, fresh))
	})
	if err == nil {
		err = d.showMeanwhile(ctx, q)
	}
	if err != nil {
		// The model's answer comes all the same, in the one message.
		d.cfg.Logger.WarnContext(ctx, "desk: answer not shown meanwhile", "question", q.ID, "error", err)
	}
}

// learnMeanwhile has the question's threads remember what was answered first. That
// happens when the question ends: what it is itself answered from must not change when
// it runs again.
func (d *Desk) learnMeanwhile(tx store.Tx, q *Question) error {
	if q.Meanwhile == "" {
		return nil
	}
	first, err := load[Question](tx, kindQuestion, q.Meanwhile)
	if err != nil {
		return err
	}
	for _, t := range q.threads() {
		if err := remember(tx, t, func(rec *threadRecord) { rec.learn(first, first.Answer) }); err != nil {
			return err
		}
	}
	return nil
}

// showMeanwhile puts the first answer into the question's message, unless that was done.
func (d *Desk) showMeanwhile(ctx context.Context, q *Question) error {
	poster := d.cfg.Posters[q.Thread.Platform]
	if q.Meanwhile == "" || q.Part > 0 || poster == nil {
		return nil
	}
	first, err := d.question(ctx, q.Meanwhile)
	if err != nil {
		return err
	}
	msg := d.message(first, nil)
	msg.Key = q.key()
	msg.Text = textFor(first.Language).firstly(first) + msg.Text
	msg.Buttons = slices.DeleteFunc(msg.Buttons, func(b bot.Button) bool {
		return b.Action == bot.ActionModel || b.Action == bot.ActionDeeper // it is being asked
	})
	if q.Ref == nil {
		err = d.post(ctx, q, msg)
	} else {
		err = poster.Update(ctx, *q.Ref, msg)
	}
	if err != nil {
		return fmt.Errorf("show: %w", err)
	}
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	return d.cfg.Store.Update(keep, func(tx store.Tx) error {
		fresh, err := load[Question](tx, kindQuestion, q.ID)
		if err != nil {
			return err
		}
		first.Ref, first.Thread = q.Ref, q.Thread
		fresh.Ref, fresh.Shown, fresh.Part = nil, "", 1
		if err := errors.Join(saveQuestion(tx, first), saveQuestion(tx, fresh)); err != nil {
			return err
		}
		q.Ref, q.Shown, q.Part = nil, "", 1
		return nil
	})
}

// limited is progress of a question that waits long for the model: the limit, its place,
// the time, and what can be done instead of waiting. It is nil while that is not so.
func (d *Desk) limited(msg bot.Message, q *Question, p *bot.Progress, t *texts) *bot.Message {
	if p == nil || len(p.Steps) == 0 {
		return nil
	}
	step := p.Steps[len(p.Steps)-1]
	left := step.Until.Sub(d.now())
	if left <= longWait {
		return nil
	}
	limit := ""
	if d.cfg.ModelLoad != nil {
		if n := d.cfg.ModelLoad().PerMinute; n > 0 {
			limit = fmt.Sprintf(t.perMinute, n)
		}
	}
	msg.Kind = bot.KindProgress
	msg.Text = fmt.Sprintf(t.limitNext, limit, waiting(left, t.language))
	if step.Ahead > 0 {
		msg.Text = fmt.Sprintf(t.limitAhead, limit, step.Ahead, waiting(left, t.language))
	}
	msg.Text = noted(msg.Text, q.Note)
	msg.Progress = &bot.Progress{Ahead: step.Ahead, ETA: left}
	msg.Buttons = []bot.Button{{Action: bot.ActionCancel, Label: t.dontWait}}
	switch {
	case q.notifies(q.User):
		msg.Text += " " + t.willNotify
	case !q.Thread.Direct:
		msg.Buttons = append(msg.Buttons, bot.Button{Action: bot.ActionNotify, Label: t.notify})
	}
	if q.Meanwhile == "" {
		msg.Suggestions = q.Offers
	}
	return &msg
}

// notifies reports whether u is told directly when the question has ended.
func (q *Question) notifies(u bot.User) bool {
	for _, n := range q.Notify {
		if n.ID == u.ID {
			return true
		}
	}
	return false
}

// firstly says above an answer that it is not yet all.
func (t *texts) firstly(q *Question) string {
	return fmt.Sprintf(t.meanwhile, quoted(q.Text)) + "\n\n"
}
