package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// Standing keeps what people want to be sent again and again.
type Standing interface {
	// Heard reports whether a text asks for something to be sent again and again. It is
	// asked of everything that is said to us, so it is quick.
	Heard(text string) bool
	// Order does what somebody wrote or pressed, and says what became of it. An order with
	// the same Key is done once. What cannot be done is said; an error means that
	// something broke and trying again may help.
	Order(ctx context.Context, o Order) (*Reply, error)
	// Form asks how an answer is to be sent again and again; nil offers nothing.
	Form(about About, thread bot.Thread, language string) *bot.Form
}

// Order is what somebody wants of their subscriptions.
type Order struct {
	Key       string
	Thread    bot.Thread
	User      bot.User
	Principal string
	Language  string
	// Text is what they wrote; List is set when they only asked what there is.
	Text string
	List bool
	// Action is what they pressed; nil when they wrote.
	Action *bot.Action
	// About is the question that it is about: of the answer whose button it was, or the
	// last one of the thread. Its Text is empty where there is none.
	About About
}

// About is a question that was answered.
type About struct {
	Text    string
	Analyst string
	// Before are the texts of the questions that it may have followed up on.
	Before []string
	// Calendar is set when the calendar answered it.
	Calendar bool
}

// Reply is what became of an order.
type Reply struct {
	Text     string        `json:"text"`
	Sections []bot.Section `json:"sections,omitempty"`
	Buttons  []bot.Button  `json:"buttons,omitempty"`
}

// maxBefore is how many questions before one are kept, to understand it by.
const maxBefore = 3

// aboutOf is what a question and its answer are for whoever wants it again.
func aboutOf(text string, a *agent.Answer, before []agent.Turn) About {
	about := About{Text: text, Analyst: a.Analyst, Calendar: len(a.Happenings) > 0}
	for _, t := range before[max(0, len(before)-maxBefore):] {
		about.Before = append(about.Before, t.Text)
	}
	return about
}

// order has an order done.
func (d *Desk) order(ctx context.Context, q *Question) (*Reply, error) {
	if d.cfg.Standing == nil {
		return &Reply{Text: textFor(q.Language).cannot}, nil
	}
	o := Order{
		Key: q.ID, Thread: q.Thread, User: q.User, Principal: q.Principal(), Language: q.Language,
		Text: q.Text, List: q.Command == commandSubscriptions, Action: q.Press,
	}
	var err error
	if o.About, err = d.about(ctx, q); err != nil {
		return nil, err
	}
	return d.cfg.Standing.Order(ctx, o)
}

// about is the question that an order is about.
func (d *Desk) about(ctx context.Context, q *Question) (About, error) {
	thread := q.Thread
	if q.Press != nil && q.Press.Question != "" {
		of, err := d.question(ctx, q.Press.Question)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return About{}, err
		}
		if err == nil && of.Answer != nil {
			rec, err := d.thread(ctx, of.Thread)
			if err != nil {
				return About{}, err
			}
			turns := rec.Turns
			if at := slices.IndexFunc(turns, func(t agent.Turn) bool { return t.Text == of.Text }); at >= 0 {
				turns = turns[:at]
			}
			return aboutOf(of.Text, of.Answer, turns), nil
		}
	}
	rec, err := d.thread(ctx, thread)
	if err != nil || len(rec.Turns) == 0 {
		return About{}, err
	}
	last := len(rec.Turns) - 1
	return aboutOf(rec.Turns[last].Text, &agent.Answer{Analyst: rec.Turns[last].Analyst}, rec.Turns[:last]), nil
}

// press takes a press that is about subscriptions or dates. It goes the way of a question,
// so that it is done once and said in its place.
func (d *Desk) press(ctx context.Context, ev bot.Event, command string) (bot.Receipt, error) {
	lang := language("", ev.User.Locale)
	if ev.Action.Question != "" {
		of, err := d.question(ctx, ev.Action.Question)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return bot.Receipt{}, fmt.Errorf("take action: %w", err)
		}
		if err == nil {
			lang = of.Language
		}
	}
	return d.ask(ctx, ev.ID, &Question{
		Thread: ev.Thread, User: ev.User, Language: lang, Command: command, Press: ev.Action,
	})
}
