package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// greetAgain is how long progress that the platform did not take is left alone.
const greetAgain = 4 * time.Second

// greetSoon asks a greeter to post the question's progress message. When all are
// busy nobody does, and the worker that takes the question posts it.
func (d *Desk) greetSoon(id string) {
	select {
	case d.greetings <- id:
	default:
	}
}

// greet posts progress messages until ctx ends.
func (d *Desk) greet(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-d.greetings:
			err := d.greetOne(ctx, id)
			if err == nil {
				d.pace.greeted(id)
				continue
			}
			d.pace.greetLater(id, d.now().Add(greetAgain))
			if ctx.Err() == nil {
				d.cfg.Logger.WarnContext(ctx, "desk: progress not posted", "question", id, "error", err)
			}
		}
	}
}

// greetOne posts a question's progress, or what is said at once: to a stranger, and to
// who gave a command.
func (d *Desk) greetOne(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, greetFor)
	defer cancel()
	q, err := d.question(ctx, id)
	if err != nil || q.Ref != nil || q.Ended() {
		return err
	}
	if d.cfg.Fleet != nil {
		may, until, err := d.mayGreet(ctx, q)
		if err != nil || !may {
			return err
		}
		ctx, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	if q, err = d.admit(ctx, q); err != nil {
		return fmt.Errorf("look up person: %w", err)
	}
	if q.Command != "" && q.Answer == nil {
		if d.cfg.Elsewhere {
			return nil
		}
		if q, err = d.obeyed(ctx, q); err != nil {
			return err
		}
	}
	if q.Answer != nil {
		return d.post(ctx, q, d.message(q, nil))
	}
	ahead, eta, err := d.placeOf(ctx, q)
	if err != nil {
		return fmt.Errorf("look up place: %w", err)
	}
	if err := d.post(ctx, q, d.message(q, &bot.Progress{Ahead: ahead, ETA: eta})); err != nil {
		return err
	}
	return d.showEnd(ctx, q.ID)
}

// showEnd shows the end of a question that came to it while its progress was on its
// way to the platform: who ended it had no message to put it into, or was overtaken.
// It does so even when the desk stops meanwhile, for nobody would mend it later.
func (d *Desk) showEnd(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	q, err := d.question(ctx, id)
	if err != nil || !q.Ended() && q.Answer == nil {
		return err
	}
	return d.show(ctx, q)
}

// post posts a message of the question and remembers where it is, and what thread the
// question is in since.
func (d *Desk) post(ctx context.Context, q *Question, msg bot.Message) error {
	poster := d.cfg.Posters[q.Thread.Platform]
	if poster == nil {
		return nil
	}
	msg.Again = q.Process != d.process
	ref, err := poster.Post(ctx, q.place(), msg)
	if err != nil {
		return fmt.Errorf("post: %w", err)
	}
	// Under the same key progress may have been posted that nobody came to remember.
	mend := msg.Kind != bot.KindProgress && !q.GreetUntil.IsZero() && q.Command == "" && !q.passing()
	// The message is there: not remembering it would have it looked for later.
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	err = d.cfg.Store.Update(keep, func(tx store.Tx) error {
		stored, err := load[Question](tx, kindQuestion, q.ID)
		if err != nil {
			return err
		}
		stored.Ref, stored.Shown = &ref, ""
		if !mend {
			stored.Shown = digest(msg)
		}
		err = d.moved(tx, stored)
		q.Ref, q.Shown, q.Thread = stored.Ref, stored.Shown, stored.Thread
		return err
	})
	if err != nil {
		return fmt.Errorf("remember message: %w", err)
	}
	if mend {
		return poster.Update(ctx, ref, msg)
	}
	return nil
}

// moved writes a question that is shown elsewhere than it was asked: in the thread that
// its message began, or where the platform could still reach the asker.
func (d *Desk) moved(tx store.Tx, q *Question) error {
	to := q.Ref.Thread
	if q.passing() || to.Key() == q.Thread.Key() {
		return saveQuestion(tx, q)
	}
	begun := q.Thread.ID == ""
	if begun {
		q.Thread = to
	}
	if begun && q.Message != "" {
		if err := tx.Put(kindMessage, messageKey(to, q.Message), []byte(q.ID)); err != nil {
			return err
		}
	}
	err := remember(tx, to, func(rec *threadRecord) {
		if begun {
			rec.Begun = q.ID
		}
		switch {
		case q.Copy != nil:
			rec.learnCopy(q)
		case q.Answer != nil:
			rec.learn(q, q.Answer)
		}
	})
	return errors.Join(err, saveQuestion(tx, q))
}

// handOver is how long before GreetUntil a process gives up posting. The platform may
// carry out a little later what was given up, and clocks differ; another process, which
// then posts instead, is to find it.
const handOver = time.Second

// mayGreet reports whether this process may post the question's first message, and until
// when. Within one process those who post see each other; of several only one may at any
// time: whoever took the question until GreetUntil, which it moves on for as long as the
// question waits, and after that the worker that has it, which says so first.
func (d *Desk) mayGreet(ctx context.Context, q *Question) (may bool, until time.Time, err error) {
	mine := func(q *Question) bool {
		return q.Ref == nil && !q.Ended() && (q.Greeter == "" && d.cfg.Fleet.Mine(q.ID, q.Process) || q.Greeter == d.process)
	}
	if left := q.GreetUntil.Sub(d.now()) - handOver; left > greetFor/2 && left <= greetFor {
		return mine(q) && q.Process == d.process, time.Now().Add(left), nil
	}
	_, err = d.change(ctx, q.ID, func(q *Question) bool {
		// One that is worked on has a worker to post it.
		may = mine(q) && (q.State == store.Queued || q.Greeter == d.process)
		// Another that looks after it, too, has said so a moment ago.
		if left := q.GreetUntil.Sub(d.now()); q.Process != d.process && left > 0 && left <= greetFor {
			may = false
		}
		if may {
			q.GreetUntil = d.now().Add(greetFor)
		}
		return may
	})
	return may, time.Now().Add(greetFor - handOver), err
}

// takeOver has this process post the question's first message, and no other.
func (d *Desk) takeOver(ctx context.Context, q *Question) (*Question, error) {
	if d.cfg.Fleet == nil || q.Ref != nil || q.Greeter == d.process {
		return q, nil
	}
	return d.change(ctx, q.ID, func(q *Question) bool {
		take := q.Ref == nil
		if take {
			q.Greeter = d.process
		}
		return take
	})
}

// greeted waits while whoever took the question may be posting its message.
func (d *Desk) greeted(ctx context.Context, q *Question) (*Question, error) {
	if d.cfg.Posters[q.Thread.Platform] == nil || q.Ref != nil {
		return q, nil
	}
	// More than that is left only when the clock was set back since.
	if left := q.GreetUntil.Sub(d.now()); left > 0 && left <= greetFor {
		waitCtx, cancel := context.WithTimeout(ctx, left)
		defer cancel()
		changed := d.cfg.Store.Listen(waitCtx, Topic(q.ID))
		for q.Ref == nil {
			fresh, err := d.question(ctx, q.ID)
			if err != nil {
				return q, err
			}
			if q = fresh; q.Ref != nil {
				return q, nil
			}
			if _, open := <-changed; !open {
				break
			}
		}
	}
	if ctx.Err() != nil {
		return q, ctx.Err()
	}
	return d.takeOver(ctx, q)
}

// show makes the question's message say what there is to say now.
func (d *Desk) show(ctx context.Context, q *Question) error {
	poster := d.cfg.Posters[q.Thread.Platform]
	if poster == nil {
		return nil
	}
	msg := d.message(q, nil)
	if q.Ref == nil {
		return d.post(ctx, q, msg)
	}
	if q.passing() || digest(msg) == q.Shown {
		return nil
	}
	err := poster.Update(ctx, *q.Ref, msg)
	if codeOf(err) != bot.CodeGone {
		return err
	}
	if q.State == store.Cancelled {
		return nil // that it stopped needs no message of its own
	}
	// Somebody removed the message; the answer needs another.
	next, cerr := d.change(ctx, q.ID, func(q *Question) bool {
		q.Ref, q.Shown, q.Part = nil, "", q.Part+1
		return true
	})
	if cerr != nil {
		return errors.Join(err, cerr)
	}
	*q = *next
	return d.post(ctx, q, d.message(q, nil))
}

// codeOf is why a platform refused; empty when it did not, or did not say.
func codeOf(err error) bot.Code {
	var refused *bot.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// hopeless reports whether the question's message cannot be shown however often it is
// tried. Credentials that were revoked or lack a right are given back by somebody who
// hears of it, and what was asked meanwhile is answered then. Who shares an answer is
// there to be told at once.
func (q *Question) hopeless(err error) bool {
	code := codeOf(err)
	return code == bot.CodeGone || code == bot.CodeDenied && q.Copy != nil && q.Copy.Why == whyShare
}

// showProgress shows how far a question is, in its message where it has one. A
// platform that does not take it now takes the next one. It reports whether it did.
func (d *Desk) showProgress(ctx context.Context, q *Question) bool {
	poster := d.cfg.Posters[q.Thread.Platform]
	if poster == nil || q.passing() {
		return true
	}
	msg := d.message(q, &bot.Progress{Steps: q.Steps})
	var err error
	if q.Ref == nil {
		err = d.post(ctx, q, msg)
	} else {
		err = poster.Update(ctx, *q.Ref, msg)
	}
	if err != nil {
		d.cfg.Logger.DebugContext(ctx, "desk: progress not shown", "question", q.ID, "error", err)
	}
	return err == nil
}

// digest tells messages apart.
func digest(msg bot.Message) string {
	data, err := json.Marshal(msg)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
