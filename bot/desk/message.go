package desk

import (
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/answer"
	"github.com/bapsang/bapsang/store"
)

// message says what a question's message shows now. Progress is for questions that
// have neither answer nor end.
func (d *Desk) message(q *Question, p *bot.Progress) bot.Message {
	t := textFor(q.Language)
	msg := bot.Message{Language: q.Language, Question: q.ID, Key: q.key(), For: q.User.ID}
	if q.Copy != nil && q.Copy.Why == whyShare && !q.Refused {
		msg.For = "" // it is for a channel, and for nobody where the channel does not take it
	}
	switch {
	case q.Answer != nil:
		msg = d.answerMessage(msg, q, t)
		msg.Text = textFor(msg.Language).preface(q) + msg.Text
		return msg
	case q.State == store.Cancelled:
		msg.Kind, msg.Text = bot.KindNotice, t.cancelled
		msg.Buttons = []bot.Button{{Action: bot.ActionRetry, Label: t.retry}}
	case q.State == store.Failed:
		msg.Kind, msg.Number = bot.KindFailure, q.Number()
		msg.Text = t.failure(q.Failure)
		msg.Buttons = []bot.Button{{Action: bot.ActionRetry, Label: t.retry, Primary: true}}
	default:
		if waits := d.limited(msg, q, p, t); waits != nil {
			return *waits
		}
		msg.Kind, msg.Text = bot.KindProgress, d.standingOf(q, p, t)
		if p != nil {
			shown := *p
			shown.Steps = listed(p.Steps, q.Plan)
			msg.Progress = &shown
		}
		msg.Buttons = []bot.Button{{Action: bot.ActionCancel, Label: t.stop}}
		if q.Later && q.State == store.Queued {
			msg.Buttons[0].Label = t.dontLater
		}
	}
	return msg
}

func (d *Desk) answerMessage(msg bot.Message, q *Question, t *texts) bot.Message {
	a := q.Answer
	msg.Text, msg.Suggestions = a.Text, a.Suggestions
	if a.Language != "" {
		msg.Language = a.Language
		t = textFor(a.Language)
	}
	switch {
	case a.Clarify != nil:
		msg.Kind, msg.Text = bot.KindClarify, a.Clarify.Text
		msg.Buttons = choiceButtons(a.Clarify, t)
		return msg
	case a.Rung == agent.None && len(a.Results) == 0:
		msg.Kind = bot.KindRefusal
		if q.said() {
			msg.Kind = bot.KindNotice
		}
		switch {
		case a.Reason != agent.ReasonModel && a.Reason != agent.ReasonBusy:
		case d.cfg.Degraded == nil:
			msg.Buttons = []bot.Button{{Action: bot.ActionRetry, Label: t.retry}}
		default:
			msg.Buttons = []bot.Button{{Action: bot.ActionLater, Label: t.later, Primary: true}, {Action: bot.ActionRetry, Label: t.retry}}
		}
		if q.Reply != nil {
			msg.Sections, msg.Buttons = q.Reply.Sections, q.Reply.Buttons
		}
		return msg
	}
	msg.Kind = bot.KindAnswer
	answer.Show(&msg, a, d.cfg.Location)
	if strings.HasPrefix(a.Analyst, shelfPrefix) {
		msg.Origin.Analyst = "" // nobody gave it its name, and the sources name its files
	}
	msg.Buttons = answerButtons(a, t, d.cfg.Model)
	if b := d.watchButton(q, t); b != nil {
		msg.Buttons = append(msg.Buttons, *b)
	}
	if q.Thread.Direct {
		msg.Buttons = append(msg.Buttons, bot.Button{Action: bot.ActionShare, Label: t.share})
	}
	return msg
}

// said reports whether the answer is a sentence of ours to somebody, and no answer.
func (q *Question) said() bool { return q.Command != "" || q.Thread.Only != "" }

func choiceButtons(c *compose.Clarify, t *texts) []bot.Button {
	var out []bot.Button
	for _, o := range c.Options {
		b := bot.Button{Action: bot.ActionChoose, Label: o.Label, Value: c.Term + choiceSep + o.Ref, Primary: o.Usual}
		if o.Usual {
			b.Label, b.Says = o.Label+" "+t.usual, o.Label
		}
		out = append(out, b)
	}
	return out
}

func answerButtons(a *agent.Answer, t *texts, model bool) []bot.Button {
	var out []bot.Button
	for i := range a.Results {
		if _, ok := answer.Table(&a.Results[i], a); ok {
			out = append(out, bot.Button{Action: bot.ActionCSV, Label: "CSV", Value: a.Results[i].Name})
			break
		}
	}
	switch {
	case model && a.LLM.Calls > 0:
		out = append(out, bot.Button{Action: bot.ActionDeeper, Label: t.deeper})
	case model:
		out = append(out, bot.Button{Action: bot.ActionModel, Label: t.askModel})
	}
	return append(out,
		bot.Button{Action: bot.ActionGood, Label: "👍"},
		bot.Button{Action: bot.ActionBad, Label: "👎"},
		bot.Button{Action: bot.ActionWrong, Label: t.wrong, Prompt: t.wrongWhy},
	)
}

// watchButton offers to send the answer again and again, unless it is about files that
// somebody dropped: those do not change.
func (d *Desk) watchButton(q *Question, t *texts) *bot.Button {
	if d.cfg.Standing == nil || q.Copy != nil || strings.HasPrefix(q.Answer.Analyst, shelfPrefix) {
		return nil
	}
	form := d.cfg.Standing.Form(aboutOf(q.Text, q.Answer, nil), q.Thread, t.language)
	if form == nil {
		return nil
	}
	return &bot.Button{Action: bot.ActionWatch, Label: t.watch, Form: form}
}

// shelfPrefix begins the names of analysts that are made of dropped files.
const shelfPrefix = "files-"

// language tells Korean from English by the letters of a text, else by the person's
// locale.
func language(text, locale string) string {
	if strings.TrimSpace(text) != "" {
		return compose.Detect(text)
	}
	if strings.HasPrefix(strings.ToLower(locale), "ko") {
		return "ko"
	}
	return "en"
}

// waiting writes a duration of waiting the way people say it.
func waiting(d time.Duration, language string) string {
	if d < time.Second {
		d = time.Second
	}
	if d < 90*time.Second {
		return format.Short(float64((d+time.Second/2)/time.Second), format.Seconds, language)
	}
	return format.Short(float64((d+time.Minute/2)/time.Minute), format.Minutes, language)
}
