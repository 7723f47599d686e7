package curator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
	"github.com/bapsang/bapsang/agent/figures"
	"github.com/bapsang/bapsang/agent/scout"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// Bounds of a day's message.
const (
	maxTasks   = 15
	maxHolds   = 4 // buttons
	maxFinding = 12
)

// searchAgain is how long after a search an announced event without dates is searched for
// again, while it is not near.
const searchAgain = 7 * 24 * time.Hour

// check closes what nobody decided, looks for what is due, and tells curators what is left
// to them. It is done once a day; what it did before it was interrupted does no harm when
// it is done again.
func (s *Service) check(ctx context.Context, claim store.Claim) error {
	if _, err := s.cfg.Book.Expire(ctx); err != nil {
		return fmt.Errorf("close old suggestions: %w", err)
	}
	tasks, err := s.due(ctx)
	if err != nil {
		return err
	}
	var findings []scout.Finding
	if s.cfg.Scout != nil && len(tasks) > 0 {
		findings, err = s.cfg.Scout.Run(ctx, scout.Targets(s.searchable(tasks), s.now()))
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil {
			// People are told what is due all the same.
			s.cfg.Logger.ErrorContext(ctx, "curator: dates were not looked for", "error", err)
		}
		if tasks, err = s.due(ctx); err != nil { // what was found as it is is due no longer
			return err
		}
	}
	if err := s.tell(ctx, claim, tasks, findings); err != nil {
		return err
	}
	return claim.Finish(ctx, store.Done, func(tx store.Tx) error {
		return tx.Put(kindLast, jobCheck, []byte(s.now().UTC().Format(time.RFC3339)))
	})
}

// due are the book's tasks of our markets.
func (s *Service) due(ctx context.Context) ([]book.Task, error) {
	tasks, err := s.cfg.Book.Due(ctx)
	if err != nil {
		return nil, err
	}
	c, err := s.cfg.Book.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(tasks, func(t book.Task) bool {
		e, ok := c.Event(t.Edition.Event)
		return !ok || len(s.cfg.Markets) > 0 && !concerns(e, s.cfg.Markets)
	}), nil
}

// concerns reports whether an event is of one of the markets, or of concern to it: what is
// of the world is of concern to all.
func concerns(e calendar.Event, markets []string) bool {
	all := append(slices.Clone(e.Markets), e.Market)
	return slices.Contains(all, calendar.World) || slices.ContainsFunc(markets, func(m string) bool { return slices.Contains(all, m) })
}

// searchable are the tasks that are searched for today: one without dates once a week,
// until it may be near.
func (s *Service) searchable(tasks []book.Task) []book.Task {
	now := s.now()
	return slices.DeleteFunc(slices.Clone(tasks), func(t book.Task) bool {
		return t.Missing != nil && now.Sub(t.Last) < searchAgain && t.Missing.From.Sub(now) > 2*searchAgain
	})
}

// told is the key under which curators are told of a task once: for each of the days
// before it, and of one without dates when it is first due and when it is near.
func (s *Service) told(t book.Task) string {
	e := t.Edition
	stage := fmt.Sprintf("D-%d", t.Days)
	if t.Missing != nil {
		stage = "missing"
		if t.Missing.From.Sub(s.now()) < 30*24*time.Hour {
			stage = "missing, near"
		}
	}
	return strings.Join([]string{e.Event, e.Market, e.Label, stage}, "|")
}

// tell posts what is left to people, once.
func (s *Service) tell(ctx context.Context, claim store.Claim, tasks []book.Task, findings []scout.Finding) error {
	poster := s.cfg.Posters[s.cfg.Thread.Platform]
	if s.cfg.Thread.Channel == "" || poster == nil {
		return nil
	}
	fresh, err := s.untold(ctx, tasks)
	if err != nil {
		return err
	}
	found := s.found(findings)
	if len(fresh) == 0 && len(found) == 0 {
		return nil
	}
	msg := s.taskMessage(fresh, found)
	msg.Key = "calendar/tasks/" + s.now().Format(time.DateOnly)
	msg.Again = claim.Job().Attempt > 1
	if _, err := poster.Post(ctx, s.cfg.Thread, msg); err != nil {
		if closed(err) {
			s.cfg.Logger.ErrorContext(ctx, "curator: the curators' channel takes no message", "channel", s.cfg.Thread.Key(), "error", err)
			return nil
		}
		return fmt.Errorf("post tasks: %w", err)
	}
	at := []byte(s.now().UTC().Format(time.RFC3339))
	return claim.Commit(ctx, func(tx store.Tx) error {
		for _, t := range fresh[:min(len(fresh), maxTasks)] {
			if err := tx.Put(kindTold, s.told(t), at); err != nil {
				return err
			}
		}
		return nil
	})
}

// untold are the tasks that curators have not been told of.
func (s *Service) untold(ctx context.Context, tasks []book.Task) (fresh []book.Task, err error) {
	err = s.cfg.Store.View(ctx, func(tx store.ReadTx) error {
		fresh = nil
		for _, t := range tasks {
			_, err := tx.Get(kindTold, s.told(t))
			switch {
			case errors.Is(err, store.ErrNotFound):
				fresh = append(fresh, t)
			case err != nil:
				return err
			}
		}
		return nil
	})
	slices.SortStableFunc(fresh, func(a, b book.Task) int { return when(a).Compare(when(b)) })
	return fresh, err
}

// found says what searches found that no card says: contradictions of rules, and that
// engines did not answer.
func (s *Service) found(findings []scout.Finding) []bot.Line {
	var out []bot.Line
	for i := range findings {
		f := &findings[i]
		if len(f.Alerts) == 0 && !f.News() {
			continue
		}
		for _, text := range strings.Split(f.Text(s.cfg.Language), "\n") {
			if len(out) < maxFinding {
				out = append(out, bot.Line{Mark: bot.MarkChanged, Text: figures.Escape(clip(text, maxQuote))})
			}
		}
	}
	return out
}

// taskMessage asks for what is to be looked up.
func (s *Service) taskMessage(tasks []book.Task, found []bot.Line) bot.Message {
	w := wordsFor(s.cfg.Language)
	msg := bot.Message{Kind: bot.KindNotice, Language: w.language, Text: fmt.Sprintf(w.tasks, len(tasks))}
	if len(tasks) == 0 {
		msg.Text = w.foundOnly
	}
	var section bot.Section
	var missing string
	for _, t := range tasks[:min(len(tasks), maxTasks)] {
		e := t.Edition
		name := e.Name.In(w.language)
		line := bot.Line{Mark: bot.MarkTask, Text: "**" + figures.Escape(name) + " " + figures.Escape(e.Label) + "**"}
		if t.Missing != nil {
			line.When = w.around(t.Missing.From, t.Missing.To)
			line.Detail = w.missing
			if missing == "" {
				missing = name
			}
		} else {
			line.When = w.dates(e.Start, e.End)
			line.Detail = fmt.Sprintf(w.recheck, t.Days)
			if e.URL != "" {
				line.Links = []bot.Link{{Title: w.sourceShort, URL: e.URL}}
			}
			if len(msg.Buttons) < maxHolds {
				msg.Buttons = append(msg.Buttons, bot.Button{
					Action: bot.ActionApprove, Label: fmt.Sprintf(w.stillRight, clip(name, 20)), Value: strings.Join([]string{holds, e.Event, e.Market, e.Label}, sep),
				})
			}
		}
		if len(t.Open) > 0 {
			line.Detail += " " + fmt.Sprintf(w.openCards, len(t.Open))
		}
		section.Lines = append(section.Lines, line)
	}
	if len(section.Lines) > 0 {
		msg.Sections = append(msg.Sections, section)
	}
	if more := len(tasks) - maxTasks; more > 0 {
		msg.Text += " " + fmt.Sprintf(w.restTomorrow, more)
	}
	if len(found) > 0 {
		msg.Sections = append(msg.Sections, bot.Section{Title: w.foundTitle, Lines: found})
	}
	msg.Buttons = append(msg.Buttons, s.suggestButton(w, missing))
	return msg
}

// when is when a task's event takes place, or may.
func when(t book.Task) time.Time {
	if t.Missing != nil {
		return t.Missing.From
	}
	return t.Edition.Start
}
