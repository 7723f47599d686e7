package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// greetFor is how long whoever took a question has for posting its progress message
// before a worker posts one itself.
const greetFor = 3 * time.Second

// Handle implements bot.Handler.
func (d *Desk) Handle(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	switch ev.Kind {
	case bot.EventMessage:
		return d.takeMessage(ctx, ev)
	case bot.EventAction:
		return d.takeAction(ctx, ev)
	case bot.EventEdit:
		return d.takeEdit(ctx, ev)
	case bot.EventDelete:
		return d.takeDelete(ctx, ev)
	case bot.EventCommand:
		return d.takeCommand(ctx, ev)
	}
	return bot.Receipt{}, fmt.Errorf("take event: unknown kind %q", ev.Kind)
}

// takeMessage turns a message into a question, unless it is not for us.
func (d *Desk) takeMessage(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	overheard := false
	if !ev.Addressed {
		// Most of what people say to each other is not for us, and costs no more than a look.
		// Nor is the picture for us that somebody shows the others below an answer.
		rec, err := d.ours(ctx, ev.Thread)
		data := slices.ContainsFunc(ev.Files, isData)
		if err != nil || rec == nil || !data && (len(ev.Files) > 0 || toOthers(ev.Text)) {
			return bot.Receipt{Thread: ev.Thread}, err
		}
		overheard = !data && rec.amongOthers(ev.Thread, ev.User) && !asks(ev.Text)
	}
	if len(ev.Files) > 0 && d.cfg.Shelf == nil && ev.Addressed {
		return d.say(ctx, ev, func(t *texts) string { return t.noFiles })
	}
	files, err := d.keepFiles(ctx, ev)
	if err != nil {
		return bot.Receipt{}, err
	}
	q := &Question{
		Thread: ev.Thread, Message: ev.Message, User: ev.User,
		Text: strings.TrimSpace(ev.Text), Files: files,
		Language: language(ev.Text, ev.User.Locale), Overheard: overheard,
	}
	if overheard {
		q.Rungs = []agent.Rung{agent.Recall, agent.Match, agent.Compose}
	}
	if len(files) == 0 && !overheard {
		if q.Command = d.commandOf(q.Text, ev); q.Command != "" && q.Command != commandSubscribe {
			q.Language = commandLanguage(q.Text, ev.User.Locale)
		}
	}
	return d.ask(ctx, ev.ID, q)
}

// commandOf is the command that a message is; empty for a question.
func (d *Desk) commandOf(text string, ev bot.Event) string {
	command := commandIn(text)
	switch {
	case command != "" && ev.Thread.Direct:
		return command
	case d.cfg.Standing == nil:
	case command == commandSubscriptions && ev.Addressed: // what is sent to a channel is asked there
		return command
	case d.cfg.Standing.Heard(text):
		return commandSubscribe
	}
	return ""
}

// ours is what the thread remembers when we were asked in it before, else nil.
func (d *Desk) ours(ctx context.Context, t bot.Thread) (rec *threadRecord, err error) {
	err = d.cfg.Store.View(ctx, func(tx store.ReadTx) (err error) {
		if rec, err = load[threadRecord](tx, kindThread, t.Key()); errors.Is(err, store.ErrNotFound) {
			rec, err = nil, nil
		}
		return err
	})
	return rec, err
}

// ask makes q durable together with its job. The event id is the key of
// deduplication.
func (d *Desk) ask(ctx context.Context, event string, q *Question) (bot.Receipt, error) {
	receipt := bot.Receipt{Thread: q.Thread}
	err := d.cfg.Store.Update(ctx, func(tx store.Tx) error {
		id, added, err := d.enqueue(tx, event, q)
		receipt.Question, receipt.Duplicate = id, !added
		return err
	})
	if err != nil {
		return bot.Receipt{}, fmt.Errorf("take question: %w", err)
	}
	if !receipt.Duplicate {
		d.taken(receipt.Question, q)
	}
	return receipt, nil
}

// enqueue writes q and its job, unless the event was taken before.
func (d *Desk) enqueue(tx store.Tx, event string, q *Question) (id string, added bool, err error) {
	job := store.NewJob{
		Kind:   JobKind,
		Unique: q.Thread.Platform + ":" + q.Thread.Workspace + ":" + event,
		Owner:  q.owner(),

		MaxAttempts: maxDeaths,
	}
	job.Mailbox = q.mailbox()
	switch {
	case q.Later:
		job.Owner, job.Background = "", true // what they ask meanwhile does not come after it
	case job.Mailbox != "":
	case q.passing() || q.Command != "":
		job.Owner = "" // who asks where their questions are does not queue behind them
	}
	if id, added, err = tx.Enqueue(job); err != nil {
		return "", false, fmt.Errorf("enqueue: %w", err)
	}
	if !added {
		return id, false, nil
	}
	return id, true, d.record(tx, id, q)
}

// mailbox holds the questions that are answered one after the other; empty for one that
// waits for no other.
func (q *Question) mailbox() string {
	if q.Thread.ID == "" || q.passing() || q.Aside {
		return ""
	}
	return q.Thread.Key()
}

// taken has what was made durable shown.
func (d *Desk) taken(id string, q *Question) {
	if q.Later {
		d.metrics.later.Inc()
	} else if q.Answer == nil && q.Command == "" {
		d.metrics.asked.Inc()
		if !d.cfg.Ungreeted {
			d.pace.waiting(id)
		}
	}
	if d.greets(q) {
		d.greetSoon(id)
	}
}

// greets reports whether this process says something before a worker has the question.
func (d *Desk) greets(q *Question) bool {
	if d.cfg.Ungreeted || d.cfg.Elsewhere && q.Command != "" && q.Answer == nil {
		return false
	}
	return q.Answer == nil && !q.Overheard || q.passing()
}

// say answers an event with a sentence that is ready, and questions to press. It goes
// the way of a question, so that it is said once, whatever happens, and in its place
// among the answers.
func (d *Desk) say(ctx context.Context, ev bot.Event, sentence func(*texts) string, offers ...string) (bot.Receipt, error) {
	lang := language(ev.Text, ev.User.Locale)
	return d.ask(ctx, ev.ID, &Question{
		Thread: ev.Thread, User: ev.User, Language: lang, Answer: d.sentence(lang, sentence(textFor(lang)), offers...),
	})
}

// record writes a new question and what finds it.
func (d *Desk) record(tx store.Tx, id string, q *Question) error {
	stored := *q
	stored.ID, stored.State, stored.AskedAt, stored.Process = id, store.Queued, d.now(), d.process
	if d.cfg.Posters[q.Thread.Platform] != nil && d.greets(q) {
		stored.GreetUntil = stored.AskedAt.Add(greetFor)
	}
	if stored.Message != "" {
		if err := tx.Put(kindMessage, messageKey(q.Thread, q.Message), []byte(id)); err != nil {
			return err
		}
	}
	for _, t := range stored.threads() {
		if err := remember(tx, t, func(rec *threadRecord) { rec.meet(q) }); err != nil {
			return err
		}
	}
	whose := q.owner()
	if q.Command != "" || q.Answer != nil {
		whose = "" // nothing that anybody waits for
	}
	if err := tx.Put(kindOpen, id, []byte(whose)); err != nil {
		return err
	}
	if q.Later {
		if err := tx.Put(kindLater, id, nil); err != nil {
			return err
		}
	}
	return saveQuestion(tx, &stored)
}

// remember changes what a thread remembers, which makes it ours.
func remember(tx store.Tx, t bot.Thread, what func(*threadRecord)) error {
	rec, err := loadThread(tx, t)
	if err != nil {
		return err
	}
	what(rec)
	return save(tx, kindThread, t.Key(), rec)
}

func messageKey(t bot.Thread, message string) string { return t.Key() + "/" + message }

// takeEdit replaces the text of a question that still waits. One that was begun
// keeps its answer, for changing what was said under an answer would make it untrue;
// the new text is offered as a question. What is addressed to us only now is asked.
func (d *Desk) takeEdit(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	id, err := d.byMessage(ctx, ev)
	if err != nil {
		return bot.Receipt{}, err
	}
	if id == "" {
		if !ev.Addressed {
			return bot.Receipt{Thread: ev.Thread}, nil
		}
		return d.takeMessage(ctx, ev)
	}
	text := strings.TrimSpace(ev.Text)
	var late bool
	_, err = d.change(ctx, id, func(q *Question) bool {
		late = false
		if q.User.ID != ev.User.ID || q.Text == text {
			return false
		}
		if q.State != store.Queued {
			late = text != "" && !sameWords(q.Text, text)
			return false
		}
		q.Text, q.Language = text, language(ev.Text, ev.User.Locale)
		if len(q.Files) == 0 && !q.Overheard {
			q.Command = d.commandOf(text, ev)
		}
		return true
	})
	if err == nil && late {
		return d.say(ctx, ev, func(t *texts) string { return t.edited }, text)
	}
	return bot.Receipt{Question: id, Thread: ev.Thread}, err
}

// takeDelete cancels the question that the message became.
func (d *Desk) takeDelete(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	id, err := d.byMessage(ctx, ev)
	if id == "" || err != nil {
		return bot.Receipt{Thread: ev.Thread}, err
	}
	return bot.Receipt{Question: id, Thread: ev.Thread}, d.Cancel(ctx, id)
}

func (d *Desk) byMessage(ctx context.Context, ev bot.Event) (id string, err error) {
	err = d.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		data, err := tx.Get(kindMessage, messageKey(ev.Thread, ev.Message))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		id = string(data)
		return err
	})
	return id, err
}

// takeAction does what a pressed button says.
func (d *Desk) takeAction(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	a := ev.Action
	if a == nil {
		return bot.Receipt{}, errors.New("take action: event carries none")
	}
	receipt := bot.Receipt{Question: a.Question, Thread: ev.Thread}
	var err error
	switch a.Name {
	case bot.ActionCancel:
		err = d.cancel(ctx, ev)
	case bot.ActionGood, bot.ActionBad, bot.ActionWrong:
		err = d.Feedback(ctx, Feedback{
			Question: a.Question, Principal: principal(ev.Thread, ev.User), Verdict: a.Name, Reason: a.Text,
		})
	case bot.ActionAsk:
		return d.askValue(ctx, ev)
	case bot.ActionWatch, bot.ActionSubscription:
		return d.press(ctx, ev, commandPress)
	case bot.ActionApprove, bot.ActionAmend, bot.ActionReject, bot.ActionSuggest:
		return d.press(ctx, ev, commandCurate)
	case bot.ActionLater:
		receipt, err = d.later(ctx, ev)
	case bot.ActionNotify:
		receipt, err = d.notify(ctx, ev)
	case bot.ActionShare:
		receipt, err = d.share(ctx, ev)
	case bot.ActionChoose, bot.ActionRetry, bot.ActionAnalyst, bot.ActionModel, bot.ActionDeeper:
		receipt, err = d.again(ctx, ev)
	default:
		// A button of a newer version, or one whose work its platform should have done.
		return d.say(ctx, ev, func(t *texts) string { return t.cannot })
	}
	if errors.Is(err, store.ErrNotFound) {
		// The button outlived its question, as when an older backup was restored.
		return d.say(ctx, ev, func(t *texts) string { return t.gone })
	}
	return receipt, err
}

// askValue asks what a button offers. What was offered while a question waits for the
// model needs none, and must not wait behind it.
func (d *Desk) askValue(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	a := ev.Action
	q := &Question{Thread: ev.Thread, User: ev.User, Text: a.Value, Language: language(a.Value, ev.User.Locale)}
	if a.Question != "" {
		from, err := d.question(ctx, a.Question)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return bot.Receipt{}, err
		}
		if err == nil && from.passing() {
			ev.Thread = from.place()
			return d.askAlone(ctx, ev, a.Value)
		}
		if err == nil && from.State == store.Running && from.Answer == nil {
			q.Aside, q.Rungs = true, []agent.Rung{agent.Recall, agent.Match, agent.Compose}
		}
	}
	return d.ask(ctx, ev.ID, q)
}

// cancel stops the question that the button is of, or those that the person has in the
// thread.
func (d *Desk) cancel(ctx context.Context, ev bot.Event) error {
	if ev.Action.Question != "" {
		return d.Cancel(ctx, ev.Action.Question)
	}
	open, err := d.openOf(ctx, principal(ev.Thread, ev.User))
	if err != nil {
		return err
	}
	for _, q := range open {
		if here := ev.Thread.Key(); q.Thread.Key() != here && (q.Ref == nil || q.Ref.Thread.Key() != here) {
			continue
		}
		if err := d.Cancel(ctx, q.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// again asks a question once more: with a choice made, by another analyst, or just
// again without recalling what was answered before.
func (d *Desk) again(ctx context.Context, ev bot.Event) (bot.Receipt, error) {
	before, err := d.question(ctx, ev.Action.Question)
	if err != nil {
		return bot.Receipt{}, fmt.Errorf("ask again: %w", err)
	}
	q := before.asAsked(ev)
	switch ev.Action.Name {
	case bot.ActionChoose:
		term, ref, ok := strings.Cut(ev.Action.Value, choiceSep)
		if !ok {
			return d.say(ctx, ev, func(t *texts) string { return t.cannot })
		}
		q.Choice = &compose.Choice{Term: term, Ref: ref}
	case bot.ActionRetry:
		q.Rungs = []agent.Rung{agent.Match, agent.Compose, agent.Think}
	case bot.ActionAnalyst:
		q.Analyst = ev.Action.Value
	case bot.ActionModel, bot.ActionDeeper:
		if !d.cfg.Model {
			return d.say(ctx, ev, func(t *texts) string { return t.cannot })
		}
		q.Rungs, q.Deep = []agent.Rung{agent.Think}, ev.Action.Name == bot.ActionDeeper
	}
	return d.ask(ctx, ev.ID, q)
}

// asAsked is the question anew, asked by whoever pressed a button below it.
func (q *Question) asAsked(ev bot.Event) *Question {
	anew := &Question{
		Thread: q.Thread, User: ev.User, Text: q.Text, Language: q.Language,
		Analyst: q.Analyst, Files: q.Files, Choice: q.Choice,
	}
	if q.Ref != nil && q.Ref.Thread.Key() == ev.Thread.Key() {
		anew.Thread = ev.Thread // it was shown elsewhere than it was asked
	}
	return anew
}

// choiceSep parts the two halves of a choice button's value.
const choiceSep = "\x1f"

// Asked is a question asked by a program.
type Asked struct {
	Thread  bot.Thread // an empty ID begins a new thread
	User    bot.User
	Text    string
	Analyst string
	// Key makes asking twice harmless; empty makes every call a new question.
	Key string
}

// Ask makes a program's question durable and returns its id and its thread's.
func (d *Desk) Ask(ctx context.Context, a Asked) (id, thread string, err error) {
	key := a.Key
	if key == "" {
		key = rand.Text()
	} else {
		// What one user's program calls "1" another's may too.
		key = "key\x00" + a.User.ID + "\x00" + key
	}
	if a.Thread.ID == "" {
		sum := sha256.Sum256([]byte(key))
		a.Thread.ID = hex.EncodeToString(sum[:8])
	}
	receipt, err := d.ask(ctx, key, &Question{
		Thread: a.Thread, User: a.User, Text: strings.TrimSpace(a.Text), Analyst: a.Analyst,
		Language: language(a.Text, a.User.Locale),
	})
	return receipt.Question, receipt.Thread.ID, err
}
