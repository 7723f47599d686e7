package teams

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/teams/cards"
	"github.com/bapsang/bapsang/bot/teams/connector"
)

// deed is something that a person did with what we showed, and where.
type deed struct {
	*activity
	user    bot.User
	thread  bot.Thread
	message string // that it was done with; empty when Teams does not say
	where   *reference
}

func (t *Teams) deedOf(a *activity, r *reference) *deed {
	message := a.ReplyToID
	return &deed{activity: a, user: t.user(a), thread: r.thread(firstOf(message, a.ID), a.post()), message: message, where: r}
}

// with is the deed as one with another message of its conversation.
func (d *deed) with(message string) *deed {
	out := *d
	out.message, out.thread = message, d.where.thread(message, d.post())
	return &out
}

// id is the key of deduplication. Two presses of one button are two.
func (d *deed) id() string { return "a:" + d.place() + ":" + d.ID }

func (d *deed) lang() string { return languageOf(d.user.Locale) }

// ref is where the deed was done, below the same post.
func (d *deed) ref() connector.Ref {
	return connector.Ref{ServiceURL: d.ServiceURL, Conversation: d.Conversation.ID, Tenant: d.tenant()}
}

// takeSubmit does what a button says whose press comes as a message. There is nothing to
// answer it with, so what is to be said is posted.
func (t *Teams) takeSubmit(ctx context.Context, h bot.Handler, a *activity, r *reference) error {
	d := t.deedOf(a, r)
	p, ok := cards.ParseAction(a.Value)
	if !ok {
		t.in.ignored.Add(1)
		t.tell(d, sentencesFor(d.lang()).unknown)
		return nil
	}
	said, shown, err := t.press(ctx, h, d, p)
	switch {
	case err != nil:
		return err
	case shown != nil:
		t.after("not shown", showWithin, func(ctx context.Context) error { return t.present(ctx, d, *shown, languageIn(p, d)) })
	case said != "":
		t.tell(d, said)
	}
	return nil
}

func languageIn(p cards.Pressed, d *deed) string { return firstOf(p.Language, d.lang()) }

// press does what a button says. It returns a sentence for who pressed it, or what is to be
// shown to them.
func (t *Teams) press(ctx context.Context, h bot.Handler, d *deed, p cards.Pressed) (said string, shown *cards.Layout, err error) {
	say := sentencesFor(languageIn(p, d))
	if p.Filled && p.Message != "" { // a dialog is of the message that it was opened from
		d = d.with(p.Message)
	}
	switch {
	case p.Form != nil && !p.Filled:
		card := cards.Form(p, d.message, nil)
		return "", &card, nil
	case p.Form != nil:
		values, faults := p.Check()
		if len(faults) > 0 {
			card := cards.Form(p, p.Message, faults)
			return "", &card, nil
		}
		p.Values = values
	case p.Name == bot.ActionSQL:
		return t.statements(ctx, d, p)
	case p.Name == bot.ActionCSV && d.Name == "task/fetch" && t.cfg.PublicURL != "" && !d.thread.Direct:
		return t.linked(ctx, d, p, say)
	case p.Name == bot.ActionCSV:
		if ok, said, err := t.admits(ctx, d, say); !ok {
			return said, nil, err
		}
		if t.in.seen.first(d.id()) {
			t.after("CSV not sent", csvWithin, func(ctx context.Context) error {
				err := t.sendCSV(ctx, d, p.Action, languageIn(p, d))
				if err != nil {
					t.tell(d, say.noCSV)
				}
				return err
			})
		}
		if !d.thread.Direct && d.Type == "invoke" {
			said = say.sentDirectly
		}
		return said, nil, nil
	case p.Name == bot.ActionShare && p.Value == "":
		places, _, err := t.sharePlaces(ctx, d)
		if err != nil {
			return "", nil, err
		}
		card := cards.Share(p, places)
		return "", &card, nil
	case p.Name == bot.ActionShare:
		if ok, err := t.mayShare(ctx, d, p.Value); err != nil || !ok {
			return say.noPlace, nil, err
		}
	}
	if err := t.act(ctx, h, d, p.Action); err != nil {
		return "", nil, err
	}
	switch p.Name {
	case bot.ActionGood, bot.ActionBad, bot.ActionWrong:
		if d.Type == "invoke" || d.thread.Direct { // elsewhere everybody would be thanked
			said = say.thanks
		}
	}
	return said, nil, nil
}

// act hands on an action.
func (t *Teams) act(ctx context.Context, h bot.Handler, d *deed, action bot.Action) error {
	return t.hand(ctx, h, bot.Event{
		ID: d.id(), Kind: bot.EventAction, Thread: d.thread, Message: d.message, User: d.user, Action: &action, At: d.at(t.cfg.Now()),
	})
}

const (
	showWithin = 20 * time.Second
	csvWithin  = 2 * time.Minute
)

// admits tells whether what lies behind an answer is for somebody, and what to tell them
// when it is not. Guests of a team see our answers there.
func (t *Teams) admits(ctx context.Context, d *deed, say *sentences) (ok bool, said string, err error) {
	if t.cfg.Admit == nil {
		return true, "", nil
	}
	who, err := t.Person(ctx, d.thread, d.user)
	if err != nil {
		return false, "", err
	}
	if !t.cfg.Admit(who) {
		return false, say.notForYou, nil
	}
	return true, "", nil
}

// statements are the SQL behind an answer.
func (t *Teams) statements(ctx context.Context, d *deed, p cards.Pressed) (said string, shown *cards.Layout, err error) {
	say := sentencesFor(languageIn(p, d))
	if t.cfg.SQL == nil {
		return say.unknown, nil, nil
	}
	if ok, said, err := t.admits(ctx, d, say); !ok {
		return said, nil, err
	}
	all, err := t.cfg.SQL(ctx, p.Question)
	if err != nil {
		t.log.WarnContext(ctx, "teams: SQL not shown", "error", err)
		return say.noSQL, nil, nil
	}
	card := cards.SQL(all, languageIn(p, d))
	return "", &card, nil
}

// takeInvoke answers what Teams asks of us while somebody waits. It is not repeated, so
// what fails is told.
func (t *Teams) takeInvoke(ctx context.Context, h bot.Handler, a *activity, r *reference) (reply any) {
	d := t.deedOf(a, r)
	switch a.Name {
	case "adaptiveCard/action", "task/fetch", "task/submit":
		return t.pressInvoked(ctx, h, d)
	case "message/submitAction":
		t.opinion(ctx, h, d)
	case "fileConsent/invoke":
		t.consented(d)
	default:
		t.in.ignored.Add(1)
	}
	return nil
}

// pressInvoked does what a button says whose press asks for an answer.
func (t *Teams) pressInvoked(ctx context.Context, h bot.Handler, d *deed) (reply any) {
	p, ok := cards.ParseAction(d.Value)
	if !ok {
		t.in.ignored.Add(1)
		return t.replyTo(d.activity, sentencesFor(d.lang()).unknown)
	}
	say := sentencesFor(languageIn(p, d))
	said, shown, err := t.press(ctx, h, d, p)
	switch {
	case err != nil:
		t.in.failed.Add(1)
		t.log.ErrorContext(ctx, "teams: a press was not taken", "action", p.Name, "error", err)
		return t.replyTo(d.activity, say.notTaken)
	case shown == nil:
		return t.replyTo(d.activity, firstOf(said, say.taken))
	case strings.HasPrefix(d.Name, "task/") && shown.Card != nil:
		return dialogOf(p, say, shown.Card)
	case shown.Card == nil:
		return t.replyTo(d.activity, firstOf(shown.Summary, shown.Text))
	}
	t.after("not shown", showWithin, func(ctx context.Context) error { return t.present(ctx, d, *shown, languageIn(p, d)) })
	return t.replyTo(d.activity, say.taken)
}

// tallForm is from how many fields on a dialog takes all the height there is.
const tallForm = 4

// dialogOf opens a card in front of who asked for it.
func dialogOf(p cards.Pressed, say *sentences, card json.RawMessage) any {
	title, height, width := say.sqlTitle, "large", "large"
	switch {
	case p.Form != nil:
		title, width = cards.FormTitle(p), "medium"
		if len(p.Form.Fields) < tallForm {
			height = "medium"
		}
	case p.Name == bot.ActionShare:
		title, height, width = say.shareTitle, "medium", "medium"
	case p.Name == bot.ActionCSV:
		title, height, width = say.csvTitle, "small", "small"
	}
	return map[string]any{"task": map[string]any{"type": "continue", "value": map[string]any{
		"title": title, "height": height, "width": width, "card": cardAttachment(card),
	}}}
}

// replyTo says something to who did something, in the form that the invoke takes.
func (t *Teams) replyTo(a *activity, text string) any {
	switch a.Name {
	case "adaptiveCard/action":
		return map[string]any{"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": text}
	case "task/fetch", "task/submit":
		return map[string]any{"task": map[string]any{"type": "message", "value": text}}
	}
	return nil
}

// consent is what somebody said to a file that we offered.
type consent struct {
	Action  string          `json:"action"` // "accept" or "decline"
	Context json.RawMessage `json:"context"`
	Upload  struct {
		URL        string `json:"uploadUrl"` // signed: it is a secret, and needs no token
		ContentURL string `json:"contentUrl"`
		Name       string `json:"name"`
		ID         string `json:"uniqueId"`
		Kind       string `json:"fileType"`
	} `json:"uploadInfo"`
}

// consented uploads a file that somebody wants, or takes the offer back.
func (t *Teams) consented(d *deed) {
	var c consent
	_ = json.Unmarshal(d.Value, &c)
	if c.Action != "accept" && c.Action != "decline" || !t.in.seen.first(d.id()) {
		t.in.ignored.Add(1)
		return
	}
	t.after("file not sent", csvWithin, func(ctx context.Context) error {
		err := t.takeConsent(ctx, d, c)
		if err != nil {
			t.tell(d, sentencesFor(d.lang()).noCSV)
		}
		return err
	})
}

// tellWithin is how long telling somebody something may take.
const tellWithin = 20 * time.Second

// tell says a sentence where something was done.
func (t *Teams) tell(d *deed, text string) {
	t.after("sentence not said", tellWithin, func(ctx context.Context) error {
		return t.present(ctx, d, cards.Layout{Text: text, Summary: text}, d.lang())
	})
}

// present posts what somebody asked for where they did.
func (t *Teams) present(ctx context.Context, d *deed, l cards.Layout, language string) error {
	return t.say(ctx, d.ref(), l, language)
}

// say posts a layout, and keeps that a conversation is closed to us.
func (t *Teams) say(ctx context.Context, to connector.Ref, l cards.Layout, language string) error {
	a := connector.Activity{Type: "message", Text: l.Text, Summary: l.Summary, Locale: localeOf(language), Entities: l.Entities}
	if l.Text != "" {
		a.TextFormat = "markdown"
	}
	if l.Card != nil {
		a.Attachments = []connector.Attachment{cardAttachment(l.Card)}
	}
	err := t.insist(ctx, to, a)
	if connector.KindOf(err) == connector.KindRemoved {
		err = t.shut(ctx, to.Conversation, connector.Reason(err))
	}
	return err
}

const adaptiveCard = "application/vnd.microsoft.card.adaptive"

func cardAttachment(card json.RawMessage) connector.Attachment {
	return connector.Attachment{ContentType: adaptiveCard, Content: card}
}

func localeOf(language string) string {
	if language == "ko" {
		return "ko-KR"
	}
	return "en-US"
}
