package agent

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/agent/format"
)

// degraded is how much less is to be done now.
func (a *Agent) degraded(ctx context.Context) degrade.State {
	if a.cfg.Degraded == nil {
		return degrade.State{}
	}
	return a.cfg.Degraded(ctx)
}

// tooBusy is the answer to a question that needs the model when the model has no time for
// it, nil when it has. What was begun is finished; what somebody else already waits for
// costs nothing; and who waits until it is quiet has been put off once.
func (a *Agent) tooBusy(ctx context.Context, q *Question, p *prepared, at attempt) (*Answer, error) {
	now := a.degraded(ctx)
	pausedDeep := q.Deep && now.Level >= degrade.NoDeep
	switch {
	case !now.Refuses && !pausedDeep, q.Background && !now.Signals.Down:
		return nil, nil
	case q.allows(Recall) && a.underWay(ctx, memoryKey(p, q, a.cfg.Calendar().Version())):
		return nil, nil
	}
	if begun, err := a.begun(ctx, q); begun || err != nil {
		return nil, err
	}
	answer := a.refuse(q, []*prepared{p}, ReasonBusy, busyText(q, now))
	r := &run{agent: a, p: p, q: q}
	if near := r.near(at.outcome.Unknown); near != nil && q.allows(Compose) {
		others := slices.DeleteFunc(answer.Suggestions, func(s string) bool { return normalise(s) == normalise(near.Text) })
		answer.Suggestions = append([]string{near.Text}, others[:min(len(others), maxSuggestions-1)]...)
	}
	return answer, nil
}

// underWay reports whether somebody waits for the answer of key already, here or at another
// process.
func (a *Agent) underWay(ctx context.Context, key string) bool {
	return a.flight.has(key) || a.joint != nil && a.joint.has(ctx, key)
}

func busyText(q *Question, now degrade.State) string {
	w := thinkingWordsFor(q.Language)
	switch {
	case now.Signals.Down:
		return w.down
	case !now.Refuses:
		return w.busyDeep
	}
	minutes := (now.Signals.Wait + time.Minute/2) / time.Minute
	return fmt.Sprintf(w.busy, format.Short(float64(max(minutes, 1)), format.Minutes, q.Language))
}

// begun reports whether the question has had a call of the model before an interruption.
func (a *Agent) begun(ctx context.Context, q *Question) (bool, error) {
	if a.cfg.Journal == nil || q.ID == "" {
		return false, nil
	}
	steps, err := a.cfg.Journal.Load(ctx, q.ID)
	return len(steps) > 0, err
}

// recall is the answer that was given before to the same question. A short one serves while
// short ones are given, and as long as it is the best there can be.
func (a *Agent) recall(ctx context.Context, p *prepared, q *Question) *Answer {
	answer := a.memory.recall(ctx, memoryKey(p, q, a.cfg.Calendar().Version()), p.catalog.Version)
	if answer != nil && answer.Brief && a.cfg.Thinker != nil && q.allows(Think) && a.degraded(ctx).Level == degrade.Full {
		return nil
	}
	return answer
}

// noting has every step say how the question is answered now.
func (r *run) noting(note string) {
	tell := r.step
	r.step = func(s Step) {
		if s.Meanwhile == nil {
			s.Note = note
		}
		tell(s)
	}
}
