package llm

import (
	"cmp"
	"context"
	"time"

	"github.com/bapsang/bapsang/store"
)

// Snapshot is a pool at one moment, for people and for metrics.
type Snapshot struct {
	Waiting    int // calls that wait for their turn
	Principals int // whose service is remembered
	// CallsPerQuestion is how many calls a question has taken lately.
	CallsPerQuestion float64
	Backends         []BackendStatus
}

// BackendStatus is a backend at one moment. What it says of the budget is as of its
// last update, other processes' calls included.
type BackendStatus struct {
	Name   string
	Budget string // name of the contract
	Agreed bool
	// Breaker is closed while the backend is used, open while it is left alone,
	// half-open while a call finds out.
	Breaker string
	Running int // calls
	Limit   int // calls at once, 0 for any number
	// Used and Allowed are calls within Per, the shortest of the agreed rates; 0 where
	// none was agreed.
	Used, Allowed int
	Per           time.Duration
	// Tokens are those of the last minute, reserved ones included.
	Tokens, TokensAllowed int
	// Pace is the share of the agreed rate that is used, lower after refusals.
	Pace        float64
	PausedUntil time.Time // zero or in the past while it is not paused
	ServerQueue int       // calls that wait at the server, where it tells
	// Calls are those made by this pool since it began; of these, Limited were refused
	// for the rate, and Failed ended without an answer otherwise.
	Calls, Limited, Failed int
}

// Snapshot returns the pool's present state.
func (p *Pool) Snapshot() Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	s := Snapshot{
		Waiting: p.queue.waiting, Principals: len(p.queue.principals),
		CallsPerQuestion: p.calls / max(p.fresh, 1),
	}
	for _, b := range p.backends {
		v := b.budget.seen()
		st := BackendStatus{
			Name: b.Name, Budget: b.budget.name, Agreed: b.Contract.InForce(now), Breaker: b.breaker.State().String(),
			Running: b.running, Limit: b.budget.now().concurrency, Pace: v.pace, PausedUntil: v.pausedUntil, ServerQueue: b.waitingAt,
			TokensAllowed: b.TokensPerMinute, Tokens: int(v.tokens.used(tokenSpan(), now)),
			Calls: b.total.calls, Limited: b.total.limited, Failed: b.total.failed,
		}
		if rates := b.budget.now().rates; len(rates) > 0 {
			r := rates[0]
			st.Allowed, st.Per, st.Used = r.Calls, r.Per, int(v.calls.used(rateSpan(r), now))
		}
		s.Backends = append(s.Backends, st)
	}
	return s
}

// Standing is how a contract stands, by its budget in the store.
type Standing struct {
	Pace        float64   // share of the agreed rate that is used; less after refusals
	PausedUntil time.Time // the server asked to be left alone until then
}

// StandingOf tells how contracts stand whose pools keep their budgets in s, in the order of
// names.
func StandingOf(ctx context.Context, s store.Store, names []string) ([]Standing, error) {
	var out []Standing
	err := s.View(ctx, func(tx store.ReadTx) error {
		out = nil
		for _, name := range names {
			state, err := (&storeLedger{store: s, name: name}).load(tx)
			if err != nil {
				return err
			}
			out = append(out, Standing{Pace: cmp.Or(state.Pace, 1), PausedUntil: state.PausedUntil})
		}
		return nil
	})
	return out, err
}
