package desk

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/store"
)

// steps shows how a running question goes on: at once, but never twice within a tick.
// What came too soon is shown when the tick is over, unless something newer came.
type steps struct {
	desk  *Desk
	ctx   context.Context // the job's
	claim store.Claim
	q     *Question

	mu    sync.Mutex // held while showing
	shown int        // how many of the steps were
	next  time.Time  // before which nothing is shown
	late  *time.Timer
	ended bool
	// refused is until when a platform that did not take progress is left alone.
	refused time.Time
}

func (d *Desk) stepsOf(ctx context.Context, claim store.Claim, q *Question) *steps {
	return &steps{desk: d, ctx: ctx, claim: claim, q: q}
}

// step takes the next step.
func (s *steps) step(a agent.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if a.Meanwhile != nil {
		s.desk.meanwhile(s.ctx, s.claim, s.q, a.Meanwhile)
		s.next = time.Time{} // what was going on needs a message of its own
	} else {
		s.take(a)
	}
	switch wait := time.Until(s.next); {
	case wait <= 0:
		s.show()
	case s.late == nil:
		s.late = time.AfterFunc(wait, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.late = nil; !s.ended {
				s.show()
			}
		})
	}
}

// take notes a step. One that passed before anybody saw it is no part of the list.
func (s *steps) take(a agent.Step) {
	q := s.q
	if a.Plan != nil {
		q.Plan = a.Plan
	}
	if a.Offers != nil {
		q.Offers = a.Offers
	}
	q.Note = a.Note
	q.Steps = slices.Clone(q.Steps)
	if last := len(q.Steps) - 1; last >= 0 && (last >= s.shown && q.Steps[last].Name == "" || a.Wait > 0 && !q.Steps[last].Until.IsZero()) {
		q.Steps = q.Steps[:last] // a wait goes on: whoever lists the steps wants it once
	}
	for i := range q.Steps {
		q.Steps[i].Done = true
	}
	step := bot.Step{Text: a.Text, Name: a.Name, Parts: a.Parts, At: s.desk.now(), Ahead: a.Ahead}
	if a.Wait > 0 {
		step.Until = step.At.Add(a.Wait)
	}
	s.desk.pace.turn(q.mailbox(), step.Until)
	q.Steps = append(q.Steps, step)
}

// show records the steps and shows them. Progress that cannot be written does not fail
// the question.
func (s *steps) show() {
	s.next, s.shown = time.Now().Add(tick), len(s.q.Steps)
	err := s.claim.Commit(s.ctx, func(tx store.Tx) error {
		fresh, err := load[Question](tx, kindQuestion, s.q.ID)
		if err != nil {
			return err
		}
		fresh.Steps, fresh.Plan, fresh.Offers, fresh.Note = s.q.Steps, s.q.Plan, s.q.Offers, s.q.Note
		s.q.Notify = fresh.Notify
		return saveQuestion(tx, fresh)
	})
	if err != nil {
		s.desk.cfg.Logger.DebugContext(s.ctx, "desk: step not written", "question", s.q.ID, "error", err)
		return
	}
	if now := time.Now(); now.After(s.refused) && !s.desk.showProgress(s.ctx, s.q) {
		s.refused = now.Add(greetAgain)
	}
}

// end waits for what is being shown; after it nothing is.
func (s *steps) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.desk.pace.turn(s.q.mailbox(), time.Time{})
	if s.late != nil {
		s.late.Stop()
	}
}

// maxListed is how many steps that are over a message lists.
const maxListed = 6

// listed are the steps worth a line beside what goes on: the parts of the plan, and
// where there is none or nobody says what a step is for, the named steps that are over.
func listed(all []bot.Step, plan []string) []bot.Step {
	var parts, over []bot.Step
	for _, text := range plan {
		parts = append(parts, bot.Step{Text: text})
	}
	told := false
	for _, step := range all {
		if step.Done && step.Name != "" {
			over = append(over, bot.Step{Text: step.Name, At: step.At, Done: true})
		}
		if len(step.Parts) == 0 {
			continue
		}
		told = true
		for i := range parts { // the work moved on to other parts
			parts[i].Done = !parts[i].At.IsZero()
		}
		for _, n := range step.Parts {
			if n > 0 && n <= len(parts) {
				parts[n-1].At, parts[n-1].Done = step.At, false
			}
		}
	}
	if told && len(parts) > 0 {
		return parts
	}
	return append(parts, over[max(len(over)-maxListed, 0):]...)
}
