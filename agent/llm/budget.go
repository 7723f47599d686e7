package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bapsang/bapsang/store"
)

// budgetKind is the kind of the documents that hold budgets. The key is the name of
// the contract.
const budgetKind = "budget"

func budgetTopic(name string) string { return budgetKind + "/" + name }

// ledger keeps a budget's state. Its update is atomic among all who share it; fn may
// run more than once, and the last run counts.
type ledger interface {
	update(ctx context.Context, fn func(s *budgetState)) error
}

type memoryLedger struct {
	mu    sync.Mutex
	state budgetState
}

func (l *memoryLedger) update(_ context.Context, fn func(s *budgetState)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	fn(&l.state)
	return nil
}

type storeLedger struct {
	store store.Store
	name  string
}

func (l *storeLedger) update(ctx context.Context, fn func(s *budgetState)) error {
	return l.store.Update(ctx, func(tx store.Tx) error {
		var s budgetState
		raw, err := tx.Get(budgetKind, l.name)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		default:
			if err := json.Unmarshal(raw, &s); err != nil {
				return fmt.Errorf("read budget %s: %w", l.name, err)
			}
		}
		running := s.running()
		fn(&s)
		if raw, err = json.Marshal(&s); err != nil {
			return err
		}
		if s.running() < running {
			tx.Notify(budgetTopic(l.name))
		}
		return tx.Put(budgetKind, l.name, raw)
	})
}

func (s *budgetState) running() int {
	n := 0
	for _, p := range s.Pools {
		n += p.Running
	}
	return n
}

// budget dispenses the slots of one contract to one pool.
type budget struct {
	terms
	name   string
	pool   string
	shared bool // among processes, perhaps
	ledger ledger
	began  time.Time
	turn   chan struct{} // held during an update

	mu      sync.Mutex
	pending pending // guarded by mu
	view    view    // guarded by mu
	running int     // guarded by the pool's mu: calls of its backends
}

// pending is what happened since the last update and goes along with the next.
type pending struct {
	passed int
	tokens []tokenDelta
	due    bool // somebody waits for it
}

type tokenDelta struct {
	at time.Time
	n  int64
}

// view is a budget as it was at the last update.
type view struct {
	pace        float64
	pausedUntil time.Time
	cutAt       time.Time
	next        time.Time
	spacing     time.Duration
	busy        int
	calls       window
	tokens      window
	// Of some pool, decaying: questions begun, and calls made for questions.
	questions, questionCalls float64
}

func newBudget(name, pool string, t terms, l ledger, shared bool) *budget {
	return &budget{
		name: name, pool: pool, terms: t, ledger: l, shared: shared, began: time.Now(),
		turn: make(chan struct{}, 1), view: view{pace: 1, busy: 1},
	}
}

// update runs fn on the state, after all that happened since the last time.
func (b *budget) update(ctx context.Context, fn func(s *budgetState)) error {
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-b.turn }()

	b.mu.Lock()
	p := b.pending
	b.pending = pending{}
	b.mu.Unlock()
	var v view
	err := b.ledger.update(ctx, func(s *budgetState) {
		now := time.Now()
		s.adopt(&b.terms, now)
		s.passed(&b.terms, p.passed)
		for _, d := range p.tokens {
			s.Tokens = s.Tokens.add(tokenSpan(), d.at, d.n)
		}
		fn(s)
		v = b.look(s)
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.pending.passed += p.passed
		b.pending.tokens = append(p.tokens, b.pending.tokens...)
		return fmt.Errorf("update budget %s: %w", b.name, err)
	}
	v.pausedUntil = later(v.pausedUntil, b.view.pausedUntil)
	b.view = v
	return nil
}

func (b *budget) look(s *budgetState) view {
	v := view{pace: s.Pace, pausedUntil: s.PausedUntil, cutAt: s.CutAt, busy: s.busy(b.pool, b.began), questions: s.Fresh, questionCalls: s.Calls}
	if r, ok := b.pacing(); ok {
		v.spacing = s.spacing(r)
		calls, share := s.credit(r, time.Now())
		v.next = later(s.Rates[0].Due.Add(-calls*v.spacing), s.Last.Add(time.Duration(float64(v.spacing)*share)))
	}
	if len(s.Rates) > 0 {
		v.calls = append(window(nil), s.Rates[0].Calls...)
	}
	v.tokens = append(window(nil), s.Tokens...)
	return v
}

// take is one atomic update, and none where nothing was agreed that needs one.
func (b *budget) take(ctx context.Context, a ask) (got slot, ok bool, err error) {
	if !b.limited() && (b.concurrency == 0 || !b.shared) {
		now := time.Now()
		if until := b.seen().pausedUntil; until.After(now) {
			return slot{at: until}, false, nil
		}
		return slot{at: now}, true, nil
	}
	a.pool = b.pool
	err = b.update(ctx, func(s *budgetState) {
		a.now = time.Now()
		got, ok = s.take(&b.terms, a)
	})
	return got, ok, err
}

func (b *budget) giveBack(ctx context.Context, unused slot, waiting, running int) error {
	return b.update(ctx, func(s *budgetState) {
		s.giveBack(&b.terms, unused)
		s.Pools[b.pool] = poolState{At: time.Now(), Waiting: waiting, Running: running}
	})
}

func (b *budget) refused(ctx context.Context, sent time.Time, retryAfter time.Duration) error {
	// This process pauses at once, whatever becomes of the update.
	now := time.Now()
	b.mu.Lock()
	b.view.pausedUntil = later(b.view.pausedUntil, now.Add(min(retryAfter, maxPause)))
	b.mu.Unlock()
	return b.update(ctx, func(s *budgetState) { s.refused(&b.terms, now, sent, retryAfter) })
}

// settle tells all that is not told yet.
func (b *budget) settle(ctx context.Context, waiting, running int) error {
	return b.update(ctx, func(s *budgetState) {
		s.Pools[b.pool] = poolState{At: time.Now(), Waiting: waiting, Running: running}
	})
}

// note remembers how a call went. corrected is by how many tokens it differed from
// what was reserved.
func (b *budget) note(sent time.Time, passed bool, corrected int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if passed && !sent.Before(b.view.cutAt) {
		b.pending.passed++
	}
	if b.tokens > 0 && corrected != 0 {
		b.pending.tokens = append(b.pending.tokens, tokenDelta{at: sent, n: int64(corrected)})
		b.pending.due = true
	}
	if b.shared && b.concurrency > 0 {
		b.pending.due = true
	}
}

func (b *budget) due() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pending.due
}

func (b *budget) seen() view {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.view
}
