package orders

import (
	"context"
	"fmt"
	"slices"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
)

// Bounds of what is listed: subscriptions, buttons, and issues of one.
const (
	maxListed  = 15
	maxButtons = 5
	maxIssues  = 8
)

// list says what is sent to the actor, by them, and to where they ask.
func (t *Taker) list(ctx context.Context, by digest.Actor, w *words) (*desk.Reply, error) {
	mine, err := t.cfg.Service.Mine(ctx, by)
	if err != nil {
		return nil, err
	}
	reply := &desk.Reply{Text: w.none}
	var here []*digest.Subscription
	if !by.In.Direct && by.In.Channel != "" {
		if here, err = t.cfg.Service.Here(ctx, by.In); err != nil {
			return nil, err
		}
		here = slices.DeleteFunc(here, func(s *digest.Subscription) bool {
			return slices.ContainsFunc(mine, func(m *digest.Subscription) bool { return m.ID == s.ID })
		})
	}
	for _, part := range []struct {
		title string
		subs  []*digest.Subscription
	}{{w.mine, mine}, {w.here, here}} {
		if len(part.subs) == 0 {
			continue
		}
		section := bot.Section{Title: part.title}
		for _, sub := range part.subs[:min(len(part.subs), maxListed)] {
			section.Lines = append(section.Lines, t.line(sub, by, w))
			if len(reply.Buttons) < maxButtons {
				reply.Buttons = append(reply.Buttons, distinct(t.settings(sub, w, true), sub, reply.Buttons))
			}
		}
		if more := len(part.subs) - maxListed; more > 0 {
			section.Lines = append(section.Lines, bot.Line{Text: fmt.Sprintf(w.more, more)})
		}
		reply.Sections = append(reply.Sections, section)
	}
	if len(reply.Sections) > 0 {
		reply.Text = fmt.Sprintf(w.have, len(mine)+len(here))
	}
	return reply, nil
}

// distinct adds the subscription's id to a button where another is called the same.
func distinct(b bot.Button, sub *digest.Subscription, others []bot.Button) bot.Button {
	if slices.ContainsFunc(others, func(o bot.Button) bool { return o.Label == b.Label }) {
		b.Label += " " + sub.ID
	}
	return b
}

// line is a subscription in a list.
func (t *Taker) line(sub *digest.Subscription, by digest.Actor, w *words) bot.Line {
	line := bot.Line{When: sub.Schedule.Describe(by.Language), Text: "**" + escape(sub.Name()) + "**"}
	if sub.Alert != nil {
		line.Text += " · " + w.condition(sub.Alert)
	}
	line.Text += " → " + w.to(sub, by)
	switch sub.State {
	case digest.Paused:
		line.Detail = w.paused
	case digest.Disabled:
		line.Mark, line.Detail = bot.MarkCaution, w.disabled+" — "+sub.Reason.Sentence(by.Language)
	default:
		if due, ok := t.cfg.Service.NextDue(sub); ok {
			line.Detail = w.nextIs + " " + w.time(due.At)
		}
	}
	if line.Detail != "" {
		line.Detail += " · "
	}
	line.Detail += "`" + sub.ID + "`"
	return line
}

// show says how a subscription stands, with what was sent of it.
func (t *Taker) show(ctx context.Context, sub *digest.Subscription, by digest.Actor, w *words) (*desk.Reply, error) {
	history, err := t.cfg.Service.History(ctx, by, sub.ID, maxIssues)
	if err != nil {
		return nil, err
	}
	reply := &desk.Reply{
		Text: w.one, Buttons: t.buttons(sub, w),
		Sections: []bot.Section{{Lines: []bot.Line{t.line(sub, by, w)}}},
	}
	issues := bot.Section{Title: w.issues}
	for _, o := range history {
		line := bot.Line{When: w.time(o.Due), Text: w.statuses[o.Status]}
		if o.Reason != "" {
			line.Detail = o.Reason.Sentence(by.Language)
		}
		issues.Lines = append(issues.Lines, line)
	}
	if len(issues.Lines) > 0 {
		reply.Sections = append(reply.Sections, issues)
	}
	return reply, nil
}

// buttons are what can be done with a subscription.
func (t *Taker) buttons(sub *digest.Subscription, w *words) []bot.Button {
	if sub.State == digest.Ended {
		return nil
	}
	button := func(do string) bot.Button {
		return bot.Button{Action: bot.ActionSubscription, Label: w.dos[do], Value: sub.ID + sep + do}
	}
	if sub.State != digest.Active {
		return []bot.Button{button(doResume), t.settings(sub, w, false), button(doEnd)}
	}
	return []bot.Button{button(doTest), t.settings(sub, w, false), button(doEnd)}
}

// Condition says what an alert waited for, to be read below what it tells; false for what
// is no alert.
func (t *Taker) Condition(sub *digest.Subscription) (bot.Reading, bool) {
	if sub.Alert == nil {
		return bot.Reading{}, false
	}
	w := wordsFor(sub.Language)
	return bot.Reading{Term: w.alertWhen, Meaning: escape(sub.Name()) + " · " + w.condition(sub.Alert)}, true
}

// Settings is the button below what was sent by which it is changed.
func (t *Taker) Settings(sub *digest.Subscription) bot.Button {
	b := t.settings(sub, wordsFor(sub.Language), false)
	b.Label = wordsFor(sub.Language).settingsHere
	return b
}

func (t *Taker) settings(sub *digest.Subscription, w *words, named bool) bot.Button {
	label := w.settings
	if named {
		label += " · " + clip(sub.Name(), maxFormTitle)
	}
	dos := []bot.Choice{{Value: doEdit, Label: w.dos[doEdit]}, {Value: doTest, Label: w.dos[doTest]}, {Value: doRun, Label: w.dos[doRun]}}
	if sub.State == digest.Active {
		dos = append(dos, bot.Choice{Value: doPause, Label: w.dos[doPause]})
	} else {
		dos = append(dos, bot.Choice{Value: doResume, Label: w.dos[doResume]})
	}
	dos = append(dos, bot.Choice{Value: doEnd, Label: w.dos[doEnd]})
	return bot.Button{Action: bot.ActionSubscription, Label: label, Value: sub.ID + sep + doEdit, Form: &bot.Form{
		Title: clip(sub.Name(), maxFormTitle), Submit: w.apply,
		Fields: []bot.FormField{
			{Name: valueDo, Label: w.what, Kind: bot.FieldChoice, Value: doEdit, Choices: dos},
			{Name: valueWhen, Label: w.when, Kind: bot.FieldText, Value: sub.Schedule.Describe(w.language), Hint: w.whenHint, Optional: true},
			w.skipField(sub.Skip),
		},
	}}
}

// maxFormTitle is how long the title of a form is at most, in characters: Slack's limit.
const maxFormTitle = 24

// Form implements desk.Standing.
func (t *Taker) Form(about desk.About, thread bot.Thread, language string) *bot.Form {
	if about.Text == "" {
		return nil
	}
	w := wordsFor(language)
	where := bot.FormField{Name: valueWhere, Label: w.where, Kind: bot.FieldChoice, Value: toMe, Choices: []bot.Choice{{Value: toMe, Label: w.onlyMe}}}
	if !thread.Direct && thread.Channel != "" {
		where.Choices = append(where.Choices, bot.Choice{Value: hereOnly, Label: w.thisChannel})
	}
	return &bot.Form{
		Title: w.formTitle, Submit: w.submit,
		Fields: []bot.FormField{
			{Name: valueWhen, Label: w.when, Kind: bot.FieldText, Value: w.weekly, Hint: w.whenHint},
			where, w.skipField(digest.SkipEmpty),
		},
	}
}

// skipField asks when nothing is sent.
func (w *words) skipField(value digest.Skip) bot.FormField {
	f := bot.FormField{Name: valueSkip, Label: w.skip, Kind: bot.FieldChoice, Value: string(value), Choices: []bot.Choice{
		{Value: "always", Label: w.skips[digest.SendAlways]}, {Value: string(digest.SkipEmpty), Label: w.skips[digest.SkipEmpty]},
		{Value: string(digest.SkipUnchanged), Label: w.skips[digest.SkipUnchanged]},
	}}
	if value == digest.SendAlways {
		f.Value = "always"
	}
	return f
}
