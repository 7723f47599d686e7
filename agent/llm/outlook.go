package llm

import (
	"context"
	"time"

	"github.com/sony/gobreaker/v2"
)

// Outlook is what somebody can expect who asks now. Where processes share a store, it is
// much the same in all of them: it is made of what each last said in the budgets' documents.
type Outlook struct {
	// Wait is about how long a person's question waits for its first turn.
	Wait time.Duration
	// Refused is the share of calls that servers refused for their rate lately, 0 when none
	// was within a minute.
	Refused float64
	// Down says that no backend answers, or may be asked. Whether one answers each process
	// finds out by itself.
	Down bool
}

// freshFor is how old may be what is known of a budget that others use too.
const freshFor = 2 * time.Second

// Outlook looks at the budgets where others may have changed them since. What cannot be read
// is taken to be as it was.
func (p *Pool) Outlook(ctx context.Context) Outlook {
	for _, b := range p.budgets {
		if b.shared && time.Since(b.seen().at) > freshFor {
			if err := b.refresh(ctx); err != nil && ctx.Err() == nil {
				p.opts.Logger.DebugContext(ctx, "llm: budget not looked at", "budget", b.name, "err", err)
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	f := p.forecast(now)
	work := p.work()
	for _, peer := range f.peers { // it may be begun by any of them
		work += peer.ahead()
	}
	o := Outlook{Wait: f.first + seconds(f.distance(work)), Down: true}
	for _, b := range p.backends {
		if v := b.budget.seen(); now.Sub(v.cutAt) <= refusedFor {
			o.Refused = max(o.Refused, v.refused)
		}
		failing := b.breaker.State() != gobreaker.StateClosed || now.Sub(b.storeAt) < storeRetry
		o.Down = o.Down && (p.off(b) != nil || failing && !b.downSince.IsZero())
	}
	return o
}
