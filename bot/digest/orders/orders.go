// Package orders takes what people say and press about subscriptions: "매주 월요일 9시에
// 보내줘", "send me this every weekday at 9", a form, a button below what was sent. It
// reads, has package digest do it, and says what became of it.
package orders

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/bot/digest/schedule"
)

// Config is what taking orders needs. All fields are required unless said otherwise.
type Config struct {
	Service *digest.Service
	Zone    string // IANA name: whose clock is meant where nobody says
	// Calendar reads what a question asks of the calendar, as the Params of a
	// digest.KindCalendar, and reports false when it asks something else.
	Calendar func(text string) (params map[string]string, ok bool)
	// Report are the Params of a digest.KindReport that is sent so often; nil offers none.
	Report func(every time.Duration) map[string]string
	// Preview says what a subject would say now, in a sentence: "" when it cannot be said
	// without the language model. What can never be sent is a *digest.Refusal.
	Preview func(ctx context.Context, by digest.Actor, subject digest.Subject, language string) (string, error)
	Now     func() time.Time // nil means time.Now
}

// Taker takes orders. It implements desk.Standing.
type Taker struct{ cfg Config }

var _ desk.Standing = (*Taker)(nil)

// New returns a taker.
func New(cfg Config) (*Taker, error) {
	if cfg.Service == nil || cfg.Zone == "" || cfg.Calendar == nil || cfg.Preview == nil {
		return nil, errors.New("orders: service, zone, calendar and preview are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Taker{cfg: cfg}, nil
}

// The names that the values of forms have, and those of what a button does.
const (
	valueWhen  = "when"
	valueWhere = "where"
	valueSkip  = "skip"
	valueDo    = "do"

	hereOnly = "here"
	toMe     = "me"

	doEdit   = "edit"
	doPause  = "pause"
	doResume = "resume"
	doEnd    = "end"
	doRun    = "run"
	doTest   = "test"
)

// sep parts the id of a subscription and what a button does to it.
const sep = "\x1f"

// paramBefore is the Param that holds the questions that a question followed up on.
const paramBefore = "before"

// Heard implements desk.Standing.
func (t *Taker) Heard(text string) bool {
	if _, _, ok := aboutIn(text); ok {
		return true
	}
	if _, _, ok := alertIn(text); ok {
		return true
	}
	if t.reportNow(text) {
		return true
	}
	r, err := t.read(text)
	return err == nil && (r.Asked || t.isReport(r.Rest))
}

func (t *Taker) read(text string) (schedule.Reading, error) {
	r, err := schedule.Parse(text, schedule.Options{Zone: t.cfg.Zone, Now: t.cfg.Now()})
	if err != nil {
		if monthly, ok := t.readMonthly(text); ok {
			return monthly, nil
		}
	}
	return r, err
}

// readWhen reads a text that says nothing but when. A number that is left over is a time
// that was not understood.
func (t *Taker) readWhen(text string) (schedule.Reading, error) {
	r, err := t.read(text)
	if err == nil && strings.ContainsAny(r.Rest, "0123456789") {
		return schedule.Reading{}, &schedule.Error{Code: schedule.Unreadable, Text: r.Rest}
	}
	return r, err
}

// Order implements desk.Standing.
func (t *Taker) Order(ctx context.Context, o desk.Order) (*desk.Reply, error) {
	by := digest.Actor{In: o.Thread, Person: digest.Person{
		Platform: o.Thread.Platform, Workspace: o.Thread.Workspace, User: o.User.ID,
		Principal: o.Principal, Name: o.User.Name, Language: o.Language,
	}}
	w := wordsFor(o.Language)
	reply, err := t.do(ctx, o, by, w)
	var refused *digest.Error
	var unread *schedule.Error
	if errors.As(err, &refused) || errors.As(err, &unread) {
		return &desk.Reply{Text: digest.Sentence(err, o.Language)}, nil
	}
	return reply, err
}

func (t *Taker) do(ctx context.Context, o desk.Order, by digest.Actor, w *words) (*desk.Reply, error) {
	switch {
	case o.List:
		return t.list(ctx, by, w)
	case o.Action == nil:
		return t.written(ctx, o, by, w)
	case o.Action.Name == bot.ActionWatch:
		return t.watch(ctx, o, by, w)
	}
	return t.press(ctx, o, by, w)
}

// written makes a subscription of what somebody wrote.
func (t *Taker) written(ctx context.Context, o desk.Order, by digest.Actor, w *words) (*desk.Reply, error) {
	if do, id, ok := aboutIn(o.Text); ok {
		return t.manage(ctx, do, id, o, by, w)
	}
	if t.reportNow(o.Text) {
		return t.showReport(ctx, o, by, w)
	}
	text, to := place(o.Text)
	question, alert, watched := alertIn(text)
	when, err := t.read(text)
	switch {
	case watched:
		if r, rerr := t.read(question); rerr == nil {
			when, question, err = r, r.Rest, nil
		} else {
			when, err = t.read(w.daily)
		}
	case err == nil:
		question = when.Rest
	}
	if err != nil {
		return nil, err
	}
	draft := digest.Draft{Key: o.Key, Schedule: when.Schedule, Language: o.Language, Alert: alert}
	if draft.Subject = t.subject(question, o.About, alert != nil); draft.Subject.Kind == "" {
		return &desk.Reply{Text: w.sendWhat}, nil
	}
	if alert == nil && t.isReport(question) {
		draft.Subject = t.reportOf(question, when.Schedule)
	}
	draft.To = recipients(by, to)
	return t.create(ctx, by, draft, when.Assumed, w)
}

// subject is what a subscription is about: the question that was written with it, else the
// one that was answered before.
func (t *Taker) subject(question string, about desk.About, alert bool) digest.Subject {
	question = strings.TrimSpace(question)
	s := digest.Subject{Kind: digest.KindQuestion, Question: question}
	if question == "" {
		s.Question, s.Analyst = about.Text, about.Analyst
		if before, err := json.Marshal(about.Before); err == nil && len(about.Before) > 0 {
			s.Params = map[string]string{paramBefore: string(before)}
		}
	}
	switch {
	case s.Question == "":
		return digest.Subject{}
	case alert:
		s.Kind = digest.KindAlert
		return s
	}
	if params, ok := t.cfg.Calendar(s.Question); ok {
		return digest.Subject{Kind: digest.KindCalendar, Analyst: s.Analyst, Params: params}
	}
	return s
}

// recipients are the actor alone, or the channel where they said so: each issue begins a
// thread of its own there.
func recipients(by digest.Actor, to string) []digest.Recipient {
	if to == toMe || to == "" && by.In.Direct || by.In.Channel == "" {
		return []digest.Recipient{by.To()}
	}
	if by.In.Direct {
		return []digest.Recipient{by.To()}
	}
	channel := by.In
	channel.ID, channel.Only = "", ""
	return []digest.Recipient{{Thread: channel}}
}

// create makes a subscription and says so.
func (t *Taker) create(ctx context.Context, by digest.Actor, draft digest.Draft, assumed bool, w *words) (*desk.Reply, error) {
	now, err := t.cfg.Preview(ctx, by, draft.Subject, by.Language)
	var never *digest.Refusal
	switch {
	case errors.As(err, &never):
		return &desk.Reply{Text: never.Say}, nil
	case err != nil:
		return nil, fmt.Errorf("preview: %w", err)
	}
	sub, err := t.cfg.Service.Create(ctx, by, draft)
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf(w.created, sub.Schedule.Describe(by.Language), escape(sub.Name()), w.to(sub, by))
	if a := sub.Alert; a != nil {
		text = fmt.Sprintf(w.createdAlert, sub.Schedule.Describe(by.Language), escape(sub.Name()), w.condition(a), w.to(sub, by))
	}
	if assumed {
		text += " " + w.assumed
	}
	if due, ok := t.cfg.Service.NextDue(sub); ok {
		text += " " + fmt.Sprintf(w.next, w.time(due.At))
	}
	text += "  `" + sub.ID + "`"
	if now != "" {
		text += "\n\n" + fmt.Sprintf(w.rightNow, now)
	}
	return &desk.Reply{Text: text, Buttons: t.buttons(sub, w)}, nil
}

// watch makes a subscription of a form below an answer.
func (t *Taker) watch(ctx context.Context, o desk.Order, by digest.Actor, w *words) (*desk.Reply, error) {
	when, err := t.readWhen(o.Action.Values[valueWhen])
	if err != nil {
		return nil, err
	}
	subject := t.subject("", o.About, false)
	if o.About.Calendar && subject.Kind != digest.KindCalendar {
		subject = digest.Subject{Kind: digest.KindCalendar, Analyst: subject.Analyst}
	}
	if subject.Kind == "" {
		return &desk.Reply{Text: w.sendWhat}, nil
	}
	draft := digest.Draft{
		Key: o.Key, Schedule: when.Schedule, Language: o.Language, Subject: subject,
		Skip: digest.Skip(skipOf(o.Action.Values[valueSkip])), To: recipients(by, o.Action.Values[valueWhere]),
	}
	return t.create(ctx, by, draft, when.Assumed, w)
}

func skipOf(value string) string {
	if value == "always" {
		return string(digest.SendAlways)
	}
	return value
}

// press does what a button of a subscription says.
func (t *Taker) press(ctx context.Context, o desk.Order, by digest.Actor, w *words) (*desk.Reply, error) {
	id, do, _ := strings.Cut(o.Action.Value, sep)
	if said := o.Action.Values[valueDo]; said != "" {
		do = said
	}
	var sub *digest.Subscription
	var err error
	switch do {
	case doPause:
		sub, err = t.cfg.Service.Pause(ctx, by, id)
	case doResume:
		sub, err = t.cfg.Service.Resume(ctx, by, id)
	case doEnd:
		sub, err = t.cfg.Service.End(ctx, by, id)
	case doRun, doTest:
		return t.send(ctx, id, do, o, by, w)
	case doEdit:
		sub, err = t.edit(ctx, id, o.Action.Values, by)
	default:
		sub, err = t.cfg.Service.Get(ctx, by, id)
	}
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf(w.done[do], escape(sub.Name()))
	if due, ok := t.cfg.Service.NextDue(sub); ok {
		text += " " + sub.Schedule.Describe(by.Language) + ", " + fmt.Sprintf(w.next, w.time(due.At))
	}
	if do == "" {
		return t.show(ctx, sub, by, w)
	}
	return &desk.Reply{Text: text + "  `" + sub.ID + "`", Buttons: t.buttons(sub, w)}, nil
}

// send sends an issue now.
func (t *Taker) send(ctx context.Context, id, do string, o desk.Order, by digest.Actor, w *words) (*desk.Reply, error) {
	var err error
	if do == doRun {
		_, err = t.cfg.Service.RunNow(ctx, by, id, o.Key)
	} else {
		_, err = t.cfg.Service.TestToMe(ctx, by, id, o.Key)
	}
	if err != nil {
		return nil, err
	}
	return &desk.Reply{Text: w.sending[do]}, nil
}

// edit changes what a form says.
func (t *Taker) edit(ctx context.Context, id string, values map[string]string, by digest.Actor) (*digest.Subscription, error) {
	sub, err := t.cfg.Service.Get(ctx, by, id)
	if err != nil {
		return nil, err
	}
	var edit digest.Edit
	if said := values[valueWhen]; said != "" && said != sub.Schedule.Describe(by.Language) {
		r, err := t.readWhen(said)
		if err != nil {
			return nil, err
		}
		edit.Schedule = &r.Schedule
	}
	if said, ok := values[valueSkip]; ok {
		skip := digest.Skip(skipOf(said))
		edit.Skip = &skip
	}
	switch values[valueWhere] {
	case toMe, hereOnly:
		to := recipients(by, values[valueWhere])
		edit.To = &to
	}
	return t.cfg.Service.Edit(ctx, by, sub.ID, sub.Version, edit)
}
