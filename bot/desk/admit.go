package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// admit finds out who asks, where the platform tells, and takes the question away from
// whom nothing is answered. It happens after the acknowledgement, for the platform may
// have to be asked.
func (d *Desk) admit(ctx context.Context, q *Question) (*Question, error) {
	people := d.cfg.People[q.Thread.Platform]
	if people == nil || q.Standing != "" {
		return q, nil
	}
	p, err := people.Person(ctx, q.Thread, q.User)
	if codeOf(err) == bot.CodeGone {
		p, err = bot.Person{Standing: bot.Left}, nil
	}
	if err != nil {
		return q, err
	}
	admitted := d.cfg.Admit(q.Thread.Platform, p)
	return d.change(ctx, q.ID, func(q *Question) bool {
		q.Standing, q.Email = p.Standing, p.Email
		if q.Standing == "" {
			q.Standing = bot.Member // whoever admits them knows more than the platform
		}
		if p.Name != "" {
			q.User.Name = p.Name
		}
		if q.User.Locale == "" {
			q.User.Locale = p.Locale
			if q.Language = language(q.Text, p.Locale); q.Command != "" {
				q.Language = commandLanguage(q.Text, p.Locale)
			}
		}
		if !admitted && !q.says() {
			q.Refused = true
			q.Answer = d.refuse(q, agent.ReasonUnknown, textFor(q.Language).stranger(p.Standing))
		}
		return true
	})
}

// says reports whether q is a sentence of ours that goes with a question, which is refused
// itself where it must be: once is enough.
func (q *Question) says() bool { return q.Answer != nil && q.Text == "" && q.Copy == nil }

// The pauses of what is held up by a platform, and when it is given up.
const (
	firstHold = time.Second
	longHold  = time.Minute
	holdFor   = 24 * time.Hour
)

// hold puts the question back for a while that grows: a platform that is down costs no
// attempt, and what was taken is answered when it is up again.
func (d *Desk) hold(ctx context.Context, claim store.Claim, q *Question, why error) error {
	pause := firstHold
	err := claim.Commit(ctx, func(tx store.Tx) error {
		fresh, err := load[Question](tx, kindQuestion, q.ID)
		if err != nil {
			return err
		}
		if fresh.Held == nil {
			fresh.Held = &held{Since: d.now()}
		}
		fresh.Held.Tries++
		fresh.Held.Why = why.Error()
		pause = min(firstHold<<min(fresh.Held.Tries-1, 10), longHold)
		return saveQuestion(tx, fresh)
	})
	if err != nil {
		return fmt.Errorf("hold question: %w", err)
	}
	d.metrics.held.Inc()
	d.cfg.Logger.WarnContext(ctx, "desk: platform does not take it, trying again", "question", q.ID, "in", pause, "error", why)
	return store.Snooze{For: pause}
}

// tooLong reports whether the question has been held up for too long.
func (d *Desk) tooLong(q *Question) bool {
	return q.Held != nil && d.now().Sub(q.Held.Since) > holdFor
}

// behind reports whether the message that began the question's thread belongs to
// another question, which is answered first: nothing orders the two in the queue, for
// the thread had no name yet.
func (d *Desk) behind(ctx context.Context, q *Question) (bool, error) {
	if q.Aside || q.passing() {
		return false, nil
	}
	thread, err := d.thread(ctx, q.Thread)
	if err != nil || thread.Begun == "" || thread.Begun == q.ID {
		return false, err
	}
	first, err := d.question(ctx, thread.Begun)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && !first.Ended(), err
}

// stranger says that nothing is answered to them.
func (t *texts) stranger(s bot.Standing) string {
	if sentence, ok := t.strangers[s]; ok {
		return sentence
	}
	return t.strangers[bot.Left]
}
