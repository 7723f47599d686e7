// Package render makes what subscriptions send: the marketing calendar, the answer to a
// saved question, and the figure that an alert watches.
package render

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/answer"
	"github.com/bapsang/bapsang/bot/digest"
	"github.com/bapsang/bapsang/connectors"
)

// Analyst is the analyst as a digest asks it. *agent.Agent is one.
type Analyst interface {
	// Answer answers a question; see agent.Agent.Answer.
	Answer(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error)
	// Happenings are the events of a stretch of time; see agent.Agent.Happenings.
	Happenings(ctx context.Context, o agent.Outlook) ([]agent.Happening, error)
}

// The Params of a Subject.
const (
	ParamBefore  = "before"  // of a question: those that it followed up on, as a JSON array
	ParamMarkets = "markets" // of the calendar: joined by commas; empty means the home market
	ParamWeeks   = "weeks"   // of the calendar: how many weeks, this one included; empty means 4
)

// Config is what renderers need.
type Config struct {
	Analyst Analyst
	// ThreadBound reports whether an analyst belongs to one thread, so that nobody else
	// may hear of it; nil means that none does.
	ThreadBound func(analyst string) bool
	// CalendarURL is where the calendar can be looked at; empty where nowhere.
	CalendarURL string
}

// bound reports whether an analyst belongs to one thread.
func (c Config) bound(analyst string) bool { return c.ThreadBound != nil && c.ThreadBound(analyst) }

// All are the renderers by kind.
func All(cfg Config) map[digest.Kind]digest.Renderer {
	q := &question{cfg}
	return map[digest.Kind]digest.Renderer{
		digest.KindCalendar: &marketing{cfg}, digest.KindQuestion: q, digest.KindAlert: &alert{q},
	}
}

// question renders a saved question's answer.
type question struct{ cfg Config }

// Render implements digest.Renderer.
func (r *question) Render(ctx context.Context, issue digest.Issue) (*digest.Content, error) {
	c, _, err := r.render(ctx, issue)
	return c, err
}

// render gives the answer besides.
func (r *question) render(ctx context.Context, issue digest.Issue) (*digest.Content, *agent.Answer, error) {
	// What was answered before is no news.
	a, err := r.ask(ctx, issue, agent.Match, agent.Compose, agent.Think)
	if err != nil {
		return nil, nil, err
	}
	w := wordsFor(issue.Language)
	msg := bot.Message{Kind: bot.KindDigest, Language: issue.Language}
	shown := *a
	// One figure is said by the first sentence; a picture of it would be most of what is sent.
	shown.Charts = slices.DeleteFunc(slices.Clone(a.Charts), func(c agent.Chart) bool { return c.Type == "number" })
	answer.Show(&msg, &shown, issue.Due.Location())
	msg.Suggestions = nil
	c := &digest.Content{Message: msg, Value: figure(a), Fingerprint: fingerprint(a)}
	c.Spent.Calls, c.Spent.InputTokens, c.Spent.OutputTokens = a.LLM.Calls, a.LLM.InputTokens, a.LLM.OutputTokens
	switch {
	case a.Rung != agent.None:
	case a.Reason == agent.ReasonNoData || a.Reason == agent.ReasonFuture:
		c.Empty = true
		c.Message.Origin = nil
	case a.Clarify != nil:
		return nil, nil, &digest.Refusal{Say: a.Clarify.Text + " " + w.askFirst}
	case a.Reason == agent.ReasonModel || a.Reason == agent.ReasonSource || a.Reason == agent.ReasonTooLarge:
		return nil, nil, fmt.Errorf("answer: %s", a.Reason)
	default:
		return nil, nil, &digest.Refusal{Say: a.Text + " " + w.rewrite}
	}
	return c, a, nil
}

// Preview says what a subject would say as of an instant, in a sentence, without asking the
// language model: "" where that would have to be asked, which it may be when there is one.
// What can never be sent is a *digest.Refusal.
func (c Config) Preview(ctx context.Context, subject digest.Subject, viewer digest.Recipient, language string, at time.Time, model bool) (string, error) {
	if subject.Kind == digest.KindCalendar {
		return "", nil
	}
	r := &question{c}
	issue := digest.Issue{Subject: subject, Language: language, Due: at, Viewer: viewer}
	a, err := r.ask(ctx, issue, agent.Match, agent.Compose)
	if err != nil {
		return "", err
	}
	w := wordsFor(language)
	switch {
	case a.Clarify != nil:
		return "", &digest.Refusal{Say: a.Clarify.Text + " " + w.askFirst}
	case a.Rung == agent.None && a.Reason != agent.ReasonNoData && a.Reason != agent.ReasonFuture:
		if model && a.Reason == agent.ReasonUnknown {
			return "", nil
		}
		return "", &digest.Refusal{Say: a.Text}
	case subject.Kind == digest.KindAlert && !isFigure(a) && a.Rung != agent.None:
		return "", &digest.Refusal{Say: w.oneFigure}
	}
	return a.Text, nil
}

// ask asks the question as of the instant it is due, after those that it followed up on.
func (r *question) ask(ctx context.Context, issue digest.Issue, rungs ...agent.Rung) (*agent.Answer, error) {
	if r.cfg.bound(issue.Subject.Analyst) {
		return nil, &digest.Refusal{Say: wordsFor(issue.Language).dropped}
	}
	q := agent.Question{
		Text: issue.Subject.Question, Language: issue.Language, Asker: issue.Viewer.Principal,
		Analyst: issue.Subject.Analyst, Now: issue.Due,
		Rungs: rungs, Background: true, // people who ask go first
	}
	var before []string
	if raw := issue.Subject.Params[ParamBefore]; raw != "" {
		if err := json.Unmarshal([]byte(raw), &before); err != nil {
			return nil, fmt.Errorf("decode earlier questions: %w", err)
		}
	}
	for _, text := range before {
		// They are asked again, since "then" is another time by now.
		earlier := q
		earlier.Text, earlier.Rungs = text, []agent.Rung{agent.Match, agent.Compose}
		a, err := r.cfg.Analyst.Answer(ctx, earlier, nil)
		if err != nil {
			return nil, refusal(err, issue.Language)
		}
		if a.Rung != agent.None {
			q.Before = append(q.Before, agent.TurnOf(text, a))
		}
	}
	a, err := r.cfg.Analyst.Answer(ctx, q, nil)
	if err != nil {
		return nil, refusal(err, issue.Language)
	}
	return a, nil
}

// refusal is err, where trying again will not help as a *digest.Refusal.
func refusal(err error, language string) error {
	var e *connectors.Error
	switch {
	case errors.Is(err, agent.ErrNoAnalyst):
		return &digest.Refusal{Say: wordsFor(language).noAnalyst, Err: err}
	case errors.As(err, &e) && (e.Code == connectors.CodeNotFound || e.Code == connectors.CodeDenied):
		say := e.Text(language)
		if say == "" {
			say = wordsFor(language).noAnalyst
		}
		return &digest.Refusal{Say: say, Err: err}
	}
	return err
}

// isFigure reports whether an answer is one figure, which may be missing in the data.
func isFigure(a *agent.Answer) bool {
	if len(a.Results) == 0 || len(a.Results[0].Rows) != 1 {
		return false
	}
	r := &a.Results[0]
	return slices.ContainsFunc(r.Columns, func(c agent.Column) bool { return c.Role == "measure" || c.Role == "" }) &&
		(figure(a) != nil || !slices.ContainsFunc(r.Rows[0], func(v any) bool { return v != nil }))
}

// figure is the one that an answer is, nil when it is a table or nothing.
func figure(a *agent.Answer) *float64 {
	if len(a.Results) == 0 || len(a.Results[0].Rows) != 1 {
		return nil
	}
	r := &a.Results[0]
	for i, c := range r.Columns {
		if c.Role != "measure" && c.Role != "" {
			continue
		}
		if v, ok := connectors.Number(r.Rows[0][i]); ok {
			return &v
		}
	}
	return nil
}

// fingerprint is equal for answers with the same figures.
func fingerprint(a *agent.Answer) string {
	type part struct {
		Columns []string
		Rows    [][]any
	}
	var parts []part
	for _, r := range a.Results {
		var p part
		for _, c := range r.Columns {
			p.Columns = append(p.Columns, c.Name)
		}
		p.Rows = r.Rows
		parts = append(parts, p)
	}
	data, err := json.Marshal(struct {
		Text  string
		Parts []part
	}{a.Text, parts})
	if err != nil {
		return ""
	}
	return string(data)
}
