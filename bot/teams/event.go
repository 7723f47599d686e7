package teams

import (
	"context"
	"errors"
	"fmt"

	"github.com/bapsang/bapsang/bot"
)

// takeActivity does what an activity asks for. What is not known is no mistake: Teams
// brings new kinds any day.
func (t *Teams) takeActivity(ctx context.Context, h bot.Handler, a *activity) (reply any, err error) {
	switch a.Type {
	case "message", "messageUpdate", "messageDelete", "invoke", "installationUpdate", "conversationUpdate":
	default: // typing, reactions, …
		t.in.ignored.Add(1)
		return nil, nil
	}
	if a.place() == "" || a.ServiceURL == "" {
		t.in.ignored.Add(1)
		return nil, nil
	}
	if a.Type == "message" && !a.human() {
		t.in.ignored.Add(1)
		return nil, nil // we ourselves, and other apps
	}
	r, keys, err := t.heard(ctx, a)
	if err != nil {
		return t.untaken(a, err)
	}
	t.people.spoke(a)
	// Where it came from must be as durable as what is made of it, and takes as long: the
	// store commits both at once.
	kept := make(chan error, 1)
	go func() { kept <- t.refs.flush(ctx, keys...) }()
	defer func() {
		if kerr := <-kept; kerr != nil && err == nil {
			reply, err = t.untaken(a, kerr)
		}
	}()
	switch a.Type {
	case "message":
		return nil, t.takeMessage(ctx, h, a, &r)
	case "messageUpdate":
		return nil, t.takeEdit(ctx, h, a, &r)
	case "messageDelete":
		return nil, t.takeDelete(ctx, h, a, &r)
	case "invoke":
		return t.takeInvoke(ctx, h, a, &r), nil
	}
	return nil, t.moved(ctx, a, &r)
}

// untaken is what becomes of an activity that cannot be taken now. Teams does not repeat
// invokes, so who did it is told.
func (t *Teams) untaken(a *activity, err error) (reply any, _ error) {
	if a.Type != "invoke" {
		return nil, err
	}
	t.in.failed.Add(1)
	t.log.Error("teams: an invoke was not taken", "name", clip(a.Name), "error", err)
	return t.replyTo(a, sentencesFor(languageOf(a.locale())).notTaken), nil
}

// takeMessage hands on what somebody wrote or pressed.
func (t *Teams) takeMessage(ctx context.Context, h bot.Handler, a *activity, r *reference) error {
	if len(a.Value) > 0 {
		return t.takeSubmit(ctx, h, a, r)
	}
	ev, ok := t.messageEvent(a, r)
	if !ok {
		t.in.ignored.Add(1)
		return nil
	}
	ev.ID, ev.Kind, ev.Files = "m:"+a.place()+":"+a.ID, bot.EventMessage, filesOf(a)
	if ev.Text == "" && len(ev.Files) == 0 && !ev.Addressed {
		t.in.ignored.Add(1)
		return nil
	}
	return t.hand(ctx, h, ev)
}

// takeEdit hands on that a message was changed. That a deletion was taken back changes
// nothing: the question that it stopped is not begun again.
func (t *Teams) takeEdit(ctx context.Context, h bot.Handler, a *activity, r *reference) error {
	ev, ok := t.messageEvent(a, r)
	if !ok || !a.human() || a.data.Event == "undeleteMessage" {
		t.in.ignored.Add(1)
		return nil
	}
	ev.ID, ev.Kind, ev.Files = "e:"+a.place()+":"+a.ID+":"+a.Timestamp, bot.EventEdit, filesOf(a)
	return t.hand(ctx, h, ev)
}

// takeDelete hands on that a message was deleted.
func (t *Teams) takeDelete(ctx context.Context, h bot.Handler, a *activity, r *reference) error {
	if a.ID == "" || !a.human() {
		t.in.ignored.Add(1)
		return nil
	}
	return t.hand(ctx, h, bot.Event{
		ID: "d:" + a.place() + ":" + a.ID, Kind: bot.EventDelete, Thread: r.thread(a.ID, a.post()), Message: a.ID, User: t.user(a),
		At: a.at(t.cfg.Now()),
	})
}

// messageEvent is what every event about a message says. It is false for what is not for us:
// talk between others. In a channel we may be told what is said below a post where we were
// asked, without a mention; in a chat of several nothing tells where such talk ends, so only
// a mention is for us.
func (t *Teams) messageEvent(a *activity, r *reference) (bot.Event, bool) {
	if a.ID == "" {
		return bot.Event{}, false
	}
	m := a.mentioned(t.cfg.Connector.AppID)
	kind := a.kind()
	ev := bot.Event{
		Thread: r.thread(a.ID, a.post()), Message: a.ID, User: t.user(a), Text: a.readable(m), Addressed: kind == kindPersonal || m.us(),
		At: a.at(t.cfg.Now()),
	}
	ours := ev.Addressed || a.Type == "messageUpdate" || kind == kindChannel && ev.Thread.ID != a.ID
	return ev, ours
}

// user is who did something.
func (t *Teams) user(a *activity) bot.User {
	return bot.User{ID: a.who(), Name: tidy(a.From.Name), Locale: a.locale()}
}

// moved takes note that we were brought somewhere or taken away.
func (t *Teams) moved(ctx context.Context, a *activity, r *reference) error {
	switch {
	case a.removes():
		if err := t.shut(ctx, a.place(), removed); err != nil {
			return err
		}
		if team := a.data.team(); team != "" {
			return errors.Join(t.shut(ctx, team, removed), t.left(ctx, team))
		}
		return nil
	case a.adds():
		if team := a.data.team(); team != "" {
			_, err := t.refs.change(ctx, conversationKey(team), func(r *reference) bool {
				r.Conversation, r.OpenedAt = firstOf(r.Conversation, team), t.cfg.Now().UnixMilli()
				return true
			})
			if err != nil {
				return err
			}
		}
		if err := t.welcome(ctx, a, r); err != nil {
			return fmt.Errorf("welcome: %w", err)
		}
		return nil
	}
	if a.Type == "conversationUpdate" {
		return t.renamed(ctx, a)
	}
	return nil
}
