package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// copied says why the answer of another question is shown.
type copied struct {
	Of     string     `json:"of"` // that question
	Thread bot.Thread `json:"thread"`
	Why    string     `json:"why"` // "share" or "notify"
}

// The reasons for showing an answer elsewhere.
const (
	whyShare  = "share"
	whyNotify = "notify"
)

// copyOf is a question whose answer is that of another, shown in another thread. It is a
// question of its own, so that what people press under it happens there.
func copyOf(of *Question, to bot.Thread, by bot.User, why string) *Question {
	q := &Question{
		Thread: to, User: by, Text: of.Text, Language: of.Language, Analyst: of.Analyst, Choice: of.Choice, Deep: of.Deep,
		Answer: of.Answer, Copy: &copied{Of: of.ID, Thread: of.Thread, Why: why},
	}
	if a := of.Answer; a != nil && q.Analyst == "" && !strings.HasPrefix(a.Analyst, shelfPrefix) {
		q.Analyst = a.Analyst
	}
	return q
}

// share shows an answer in a channel, in a new thread. What was asked of us alone is
// only for the asker to share.
func (d *Desk) share(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	of, err := d.question(ctx, ev.Action.Question)
	if err != nil {
		return bot.Receipt{}, fmt.Errorf("share: %w", err)
	}
	channel := strings.TrimSpace(ev.Action.Value)
	switch {
	case of.Thread.Direct && of.User.ID != ev.User.ID, of.passing(), of.Copy != nil && of.Copy.Why == whyNotify && of.User.ID != ev.User.ID:
		return d.say(ctx, ev, func(t *texts) string { return t.notYours })
	case channel == "":
		return d.say(ctx, ev, func(t *texts) string { return t.cannot })
	case of.Answer == nil || !of.Ended():
		return d.say(ctx, ev, func(t *texts) string { return t.notYet })
	}
	to := bot.Thread{Platform: ev.Thread.Platform, Workspace: ev.Thread.Workspace, Channel: channel}
	return d.ask(ctx, ev.ID, copyOf(of, to, ev.User, whyShare))
}

// notify remembers who wants to be told directly, or tells them at once when there is
// nothing left to wait for.
func (d *Desk) notify(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	var told bool
	q, err := d.change(ctx, ev.Action.Question, func(q *Question) bool {
		told = false
		if q.Ended() {
			return false
		}
		told = true
		if q.notifies(ev.User) {
			return false
		}
		q.Notify = append(q.Notify, ev.User)
		return true
	})
	if err != nil {
		return bot.Receipt{}, fmt.Errorf("notify: %w", err)
	}
	receipt := bot.Receipt{Question: q.ID, Thread: q.Thread}
	if told {
		return receipt, nil
	}
	err = d.cfg.Store.Update(ctx, func(tx store.Tx) error { return d.tellDirectly(tx, q, ev.User) })
	return receipt, err
}

// tellAll has everybody told directly who asked for that, in the transaction that ends
// the question.
func (d *Desk) tellAll(tx store.Tx, q *Question) error {
	var errs []error
	for _, u := range q.Notify {
		errs = append(errs, d.tellDirectly(tx, q, u))
	}
	return errors.Join(errs...)
}

// tellDirectly shows a person how a question ended, once. Whoever stopped it knows.
func (d *Desk) tellDirectly(tx store.Tx, q *Question, u bot.User) error {
	if q.State == store.Cancelled {
		return nil
	}
	to := copyOf(q, bot.Direct(q.Thread.Platform, q.Thread.Workspace, u.ID), u, whyNotify)
	if to.Answer == nil {
		to.Answer = d.sentence(q.Language, textFor(q.Language).failure(q.Failure)+" #"+q.Number(), q.Text)
	}
	_, _, err := d.enqueue(tx, "notify\x00"+q.ID+"\x00"+u.ID, to)
	return err
}

// preface says above a copied answer what it answers, and who brought it.
func (t *texts) preface(q *Question) string {
	asked := quoted(q.Text)
	switch {
	case q.Copy == nil || q.Refused:
		return ""
	case q.Copy.Why == whyNotify:
		return fmt.Sprintf(t.ready, asked) + "\n\n"
	case q.User.Name == "":
		return fmt.Sprintf(t.shared, asked) + "\n\n"
	}
	return fmt.Sprintf(t.sharedBy, figures.Escape(q.User.Name), asked) + "\n\n"
}

// quoted is somebody's question inside a sentence.
func quoted(text string) string { return figures.Escape(clip(strings.Join(strings.Fields(text), " "))) }

// learnCopy takes from an answer that was brought here what a follow-up builds on. Files
// stay with the conversation that they were dropped into.
func (t *threadRecord) learnCopy(q *Question) {
	if q.Answer.Rung == agent.None || strings.HasPrefix(q.Answer.Analyst, shelfPrefix) {
		return
	}
	if q.Choice != nil {
		t.Choices = append(t.Choices, *q.Choice)
	}
	t.remember(agent.TurnOf(q.Text, q.Answer))
}

// shareFailed tells who shared an answer that the channel did not take it.
func (d *Desk) shareFailed(ctx context.Context, q *Question) {
	if q.Copy == nil || q.Copy.Why != whyShare {
		return
	}
	to := q.Copy.Thread
	if !to.Direct {
		to.Only = q.User.ID
	}
	lang := language("", q.User.Locale)
	if q.User.Locale == "" {
		lang = q.Language
	}
	_, err := d.ask(ctx, "unshared\x00"+q.ID, &Question{Thread: to, User: q.User, Language: lang, Answer: d.sentence(lang, textFor(lang).notShared)})
	if err != nil {
		d.cfg.Logger.WarnContext(ctx, "desk: failed share not told", "question", q.ID, "error", err)
	}
}
