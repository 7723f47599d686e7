package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
)

// How often a question is tried. One that ends in errors is given up soon, so that
// its asker hears of it. One whose worker died is no worse for it, and several
// restarts in a row are no reason to lose it; but a question that takes its worker
// with it every time must end too.
const (
	maxTries  = 3
	maxDeaths = 8
)

// writeTimeout bounds what is still written after a job's context ended.
const writeTimeout = 5 * time.Second

// fullPause is how long a question waits for room when the store is full.
const fullPause = 5 * time.Second

// work answers one question. A full store is no attempt of the question's: however
// long it lasts, what was acknowledged is answered when there is room again.
func (d *Desk) work(ctx context.Context, claim store.Claim) error {
	err := d.carryOut(ctx, claim)
	if errors.Is(err, store.ErrFull) {
		return store.Snooze{For: fullPause}
	}
	return err
}

// carryOut is one run of a question. Each part is skipped when an earlier run did it:
// the answer is stored before it is shown, and shown before the job ends.
func (d *Desk) carryOut(ctx context.Context, claim store.Claim) error {
	id := claim.Job().ID
	q, err := d.question(ctx, id)
	if err != nil {
		return fmt.Errorf("load question: %w", err)
	}
	switch wait, err := d.behind(ctx, q); {
	case err != nil:
		return fmt.Errorf("look for what comes first: %w", err)
	case wait:
		return store.Snooze{For: tick}
	}
	if pause := d.waitForQuiet(ctx, q); pause > 0 {
		return store.Snooze{For: pause}
	}
	d.pace.begun(id, d.now())
	defer d.pace.ended(id, d.now)
	if q, err = d.greeted(ctx, q); err != nil {
		return d.interrupted(ctx, claim, q, err)
	}
	if q, err = d.admit(ctx, q); err != nil {
		if codeOf(err) == bot.CodeUnavailable && !d.tooLong(q) && ctx.Err() == nil {
			return d.hold(ctx, claim, q, err)
		}
		return d.interrupted(ctx, claim, q, fmt.Errorf("look up person: %w", err))
	}
	if q.Answer == nil {
		if q, err = d.answered(ctx, claim, q); err != nil {
			return d.interrupted(ctx, claim, q, err)
		}
	}
	if err := d.deliver(ctx, claim, q); err != nil {
		return err
	}
	err = claim.Finish(ctx, store.Done, func(tx store.Tx) error {
		return d.end(tx, id, store.Done)
	})
	if err == nil {
		if q.Copy == nil && q.Command == "" && !q.unsaid() { // which nobody computed, or nobody asked
			d.metrics.answer(q.Answer, d.now().Sub(q.AskedAt))
		}
		d.settled(ctx, id)
	}
	return err
}

// answered has the question answered and keeps the answer.
func (d *Desk) answered(ctx context.Context, claim store.Claim, q *Question) (*Question, error) {
	if q.Command != "" {
		return d.obeyed(ctx, q)
	}
	q, err := d.begin(ctx, claim, q)
	if err != nil {
		return q, err
	}
	answer, err := d.answer(ctx, claim, q)
	if err != nil {
		return q, err
	}
	if q.Later && d.stillBusy(q, answer) {
		return q, d.putBack(ctx, claim, q)
	}
	kept, err := d.keep(ctx, claim, q, answer)
	if err != nil {
		return q, err
	}
	return kept, nil
}

// deliver shows the answer. What the platform cannot show ever, because the channel is
// gone or closed to us, is kept and noted; what it cannot show now is tried again until
// it can.
func (d *Desk) deliver(ctx context.Context, claim store.Claim, q *Question) error {
	if q.unsaid() {
		return nil
	}
	err := d.show(ctx, q)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil, errors.Is(err, store.ErrFull) && codeOf(err) == "":
		return fmt.Errorf("show answer: %w", err)
	case !q.hopeless(err) && !d.tooLong(q):
		return d.hold(ctx, claim, q, err)
	}
	d.noteUnshown(ctx, q, err)
	d.shareFailed(ctx, q)
	return nil
}

// noteUnshown keeps why the end of a question is not shown.
func (d *Desk) noteUnshown(ctx context.Context, q *Question, why error) {
	d.metrics.unshown.WithLabelValues(string(codeOf(why))).Inc()
	d.cfg.Logger.WarnContext(ctx, "desk: answer kept, not shown", "question", q.ID, "error", why)
	_, err := d.change(ctx, q.ID, func(q *Question) bool {
		q.Unshown = &unshown{Why: why.Error(), At: d.now()}
		return true
	})
	if err != nil {
		d.cfg.Logger.WarnContext(ctx, "desk: unshown answer not noted", "question", q.ID, "error", err)
	}
}

// settled tells whoever kept something for the question that it is over.
func (d *Desk) settled(ctx context.Context, id string) {
	if d.cfg.Settled == nil {
		return
	}
	if err := d.cfg.Settled(context.WithoutCancel(ctx), id); err != nil {
		d.cfg.Logger.WarnContext(ctx, "desk: question not settled", "question", id, "error", err)
	}
}

// begin marks the question as running and sees that it has a message. One that the
// platform does not take now does not hold the question up.
func (d *Desk) begin(ctx context.Context, claim store.Claim, q *Question) (*Question, error) {
	if q.Ref == nil && !q.Overheard && !d.showProgress(ctx, q) && ctx.Err() != nil {
		return q, ctx.Err()
	}
	return q, claim.Commit(ctx, func(tx store.Tx) error {
		fresh, err := load[Question](tx, kindQuestion, q.ID)
		if err != nil {
			return err
		}
		fresh.State, fresh.Steps, fresh.Plan = store.Running, nil, nil
		if fresh.BegunAt.IsZero() {
			fresh.BegunAt = d.now()
		}
		*q = *fresh
		return saveQuestion(tx, q)
	})
}

// answer asks the analyst.
func (d *Desk) answer(ctx context.Context, claim store.Claim, q *Question) (*agent.Answer, error) {
	told := d.stepsOf(ctx, claim, q)
	defer told.end()
	thread, err := d.thread(ctx, q.Thread)
	if err != nil {
		return nil, err
	}
	analyst := q.Analyst
	if analyst == "" {
		analyst = thread.Analyst
	}
	if strings.HasPrefix(analyst, shelfPrefix) && analyst != thread.Analyst {
		return d.refuse(q, agent.ReasonUnknown, textFor(q.Language).elsewhere), nil
	}
	if len(q.Files) > 0 {
		name, refusal, err := d.shelve(ctx, told, q, claim.Job().Attempt >= maxTries)
		if err != nil || refusal != nil {
			return refusal, err
		}
		analyst = name
		if q.Text == "" {
			return d.cfg.Agent.Introduce(ctx, name, q.Language)
		}
	}
	if analyst == "" && d.cfg.ChannelAnalyst != nil {
		analyst = d.cfg.ChannelAnalyst(ctx, q.Thread)
	}
	text := q.Text
	if reply := thread.Asking.reply(text); q.Choice == nil && reply != nil {
		q.Choice, text = reply, thread.Asking.Text
		q.Text = text // what is asked, whatever was written
	}
	if named, rest, ok := d.addressee(text); ok {
		analyst, text = named, rest
	}
	if isHelp(text) {
		return d.cfg.Agent.Introduce(ctx, analyst, q.Language)
	}
	choices := thread.Choices
	if q.Choice != nil {
		choices = append(choices, *q.Choice)
	}
	return d.cfg.Agent.Answer(ctx, agent.Question{
		ID: q.ID, Text: text, Language: q.Language, Asker: q.Principal(), Analyst: analyst,
		Now: q.AskedAt.In(d.cfg.Location), Before: thread.Turns, Choices: choices, Chosen: q.Choice != nil || thread.Asking != nil,
		Rungs: q.Rungs, Deep: q.Deep, Background: q.Later,
	}, told.step)
}

// addressee finds the analyst that a text begins with: "sales: revenue last month".
func (d *Desk) addressee(text string) (analyst, rest string, ok bool) {
	name, rest, found := strings.Cut(text, ":")
	if !found || d.cfg.Addressee == nil {
		return "", "", false
	}
	analyst = d.cfg.Addressee(strings.TrimSpace(name))
	return analyst, strings.TrimSpace(rest), analyst != ""
}

// isHelp reports whether somebody asks what can be asked.
func isHelp(text string) bool {
	switch strings.ToLower(strings.Trim(text, " ?!./")) {
	case "help", "what can you do", "what can i ask", "도움말", "도움", "사용법", "뭘 물어볼 수 있어", "무엇을 물어볼 수 있어", "뭐 할 수 있어":
		return true
	}
	return false
}

func (d *Desk) thread(ctx context.Context, t bot.Thread) (rec *threadRecord, err error) {
	if t.ID == "" || t.Only != "" {
		return &threadRecord{}, nil
	}
	err = d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		rec, err = loadThread(tx, t)
		return err
	})
	return rec, err
}

func permanent(code connectors.Code) bool {
	switch code {
	case connectors.CodeBadData, connectors.CodeTooLarge, connectors.CodeNotFound, connectors.CodeDenied, connectors.CodeTimeout:
		return true
	}
	return false
}

func (d *Desk) refuseFile(q *Question, sentence string) *agent.Answer {
	return d.refuse(q, agent.ReasonSource, sentence)
}

func (d *Desk) refuse(q *Question, why agent.Reason, sentence string) *agent.Answer {
	return &agent.Answer{
		Question: q.Text, Language: q.Language, Rung: agent.None, Reason: why,
		Text: sentence, AnsweredAt: d.now(),
	}
}

// keep stores the answer and what the thread remembers of it.
func (d *Desk) keep(ctx context.Context, claim store.Claim, q *Question, a *agent.Answer) (*Question, error) {
	var kept *Question
	err := claim.Commit(ctx, func(tx store.Tx) error {
		fresh, err := load[Question](tx, kindQuestion, q.ID)
		if err != nil {
			return err
		}
		fresh.Answer, fresh.Steps, fresh.Plan = a, nil, nil
		fresh.Text, fresh.Choice, fresh.Held = q.Text, q.Choice, nil
		kept = fresh
		if err := d.learnMeanwhile(tx, fresh); err != nil {
			return err
		}
		for _, t := range fresh.threads() {
			if fresh.unsaid() {
				break // a question back still waits for its answer
			}
			if err := remember(tx, t, func(rec *threadRecord) { rec.learn(q, a) }); err != nil {
				return err
			}
		}
		return saveQuestion(tx, fresh)
	})
	return kept, err
}

// learn takes from an answer what later questions of the thread build on.
func (t *threadRecord) learn(q *Question, a *agent.Answer) {
	if len(q.Files) > 0 && a.Analyst != "" {
		t.Analyst = a.Analyst
	}
	if q.Choice != nil {
		t.Choices = append(t.Choices, *q.Choice)
	}
	t.Asking = nil
	if a.Clarify != nil {
		t.Asking = &asking{Text: q.Text, Clarify: a.Clarify}
	}
	if a.Rung != agent.None {
		t.remember(agent.TurnOf(q.Text, a))
	}
}

// interrupted decides what an error means: somebody cancelled, the worker stops, or
// something broke and the job is tried again until its attempts are used up.
func (d *Desk) interrupted(ctx context.Context, claim store.Claim, q *Question, err error) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, store.ErrCancelled):
		return d.finishAs(ctx, claim, q, store.Cancelled, nil)
	case cause != nil, errors.Is(err, store.ErrFull), isSnooze(err):
		return err
	}
	if pause := d.forRoom(q, err); pause > 0 {
		return d.await(ctx, claim, q, err, pause)
	}
	job := claim.Job()
	d.cfg.Logger.WarnContext(ctx, "desk: question failed", "question", q.ID, "attempt", job.Attempt, "error", err)
	if job.Attempt < maxTries {
		return err
	}
	return d.finishAs(ctx, claim, q, store.Failed, d.failure(err, job.Attempt))
}

func (d *Desk) failure(err error, tries int) *Failure {
	f := &Failure{Code: string(connectors.CodeInternal), Tries: tries, At: d.now()}
	var e *connectors.Error
	if errors.As(err, &e) {
		f.Code, f.Detail = string(e.Code), e.Message
	}
	return f
}

// finishAs ends the job in a state other than Done and says so in the thread. The
// job's context may have ended, the writing must still happen.
func (d *Desk) finishAs(ctx context.Context, claim store.Claim, q *Question, state store.State, f *Failure) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	err := claim.Finish(ctx, state, func(tx store.Tx) error {
		fresh, err := load[Question](tx, kindQuestion, q.ID)
		if err != nil {
			return err
		}
		fresh.Failure = f
		*q = *fresh
		return d.endQuestion(tx, q, state)
	})
	if err != nil {
		return fmt.Errorf("finish as %s: %w", state, err)
	}
	if state == store.Failed {
		d.metrics.failed.Inc()
	}
	if state == store.Cancelled && q.Ref == nil && q.Process == d.process {
		return nil // whoever stopped it saw nothing yet that has to end
	}
	if err := d.showOrOwe(ctx, q); err != nil {
		d.cfg.Logger.WarnContext(ctx, "desk: end not shown", "question", q.ID, "error", err)
	}
	return nil
}

func (d *Desk) end(tx store.Tx, id string, state store.State) error {
	q, err := load[Question](tx, kindQuestion, id)
	if err != nil {
		return err
	}
	return d.endQuestion(tx, q, state)
}

func (d *Desk) endQuestion(tx store.Tx, q *Question, state store.State) error {
	q.State, q.EndedAt = state, d.now()
	if q.Answer == nil {
		if err := d.learnMeanwhile(tx, q); err != nil {
			return err
		}
	}
	if q.Later {
		if err := tx.Delete(kindLater, q.ID); err != nil {
			return err
		}
	}
	if err := errors.Join(tx.Delete(kindOpen, q.ID), d.tellAll(tx, q), d.count(tx, q)); err != nil {
		return err
	}
	return saveQuestion(tx, q)
}
