package agent

import (
	"context"
	"sync"
	"time"

	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/connectors"
)

// aging is when the oldest result was computed of those that a source's contract had no
// room to compute again.
type aging struct {
	mu     sync.Mutex
	oldest time.Time // zero while all are new; guarded by mu
}

func (a *aging) note(t time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.oldest.IsZero() || t.Before(a.oldest) {
		a.oldest = t
	}
}

func (a *aging) at() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.oldest
}

// dated is a source that notes how old its results are.
type dated struct {
	connectors.Source
	aging *aging
}

// Query implements connectors.Source.
func (d dated) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	res, err := d.Source.Query(ctx, caller, stmt)
	if err == nil && !res.Stale.IsZero() {
		d.aging.note(res.Stale)
	}
	return res, err
}

// source is what the run asks.
func (r *run) source() connectors.Source { return dated{r.p.Source, &r.aging} }

// aged says that a result is older than it should be. Such an answer is not recalled: the
// next who asks may have a new one.
func (r *run) aged(w *words) []compose.Reading {
	var out []compose.Reading
	for _, old := range []struct {
		at           time.Time
		term, layout string
	}{{r.aging.at(), w.data, w.stale}, {r.searched.at(), w.search, w.staleFound}} {
		if !old.at.IsZero() {
			r.answer.passing = true
			out = append(out, compose.Reading{Kind: compose.ReadDefault, Term: old.term, Meaning: old.at.In(r.q.Now.Location()).Format(old.layout)})
		}
	}
	return out
}
