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
	// read returns the state as it is, which the caller may change.
	read(ctx context.Context) (budgetState, error)
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

// read implements ledger. Nobody else has a part in this one, so that nothing is news.
func (l *memoryLedger) read(context.Context) (budgetState, error) {
	return budgetState{}, errors.New("a budget in memory is not read")
}

type storeLedger struct {
	store store.Store
	name  string
}

func (l *storeLedger) update(ctx context.Context, fn func(s *budgetState)) error {
	return l.store.Update(ctx, func(tx store.Tx) error {
		s, err := l.load(tx)
		if err != nil {
			return err
		}
		running := s.running()
		fn(&s)
		raw, err := json.Marshal(&s)
		if err != nil {
			return err
		}
		if s.running() < running {
			tx.Notify(budgetTopic(l.name))
		}
		return tx.Put(budgetKind, l.name, raw)
	})
}

// read implements ledger.
func (l *storeLedger) read(ctx context.Context) (s budgetState, err error) {
	err = l.store.View(ctx, func(tx store.ReadTx) error {
		s, err = l.load(tx)
		return err
	})
	return s, err
}

func (l *storeLedger) load(tx store.ReadTx) (s budgetState, err error) {
	raw, err := tx.Get(budgetKind, l.name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return s, nil
	case err != nil:
		return s, err
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("read budget %s: %w", l.name, err)
	}
	return s, nil
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
	// Agreed are the terms while holds says so, trickle at other times. Neither changes.
	agreed, trickle *terms
	holds           func(now time.Time) bool

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
	late   []lateCall
	due    bool // somebody waits for it
}

// lateCall is a call that was sent later than its slot said.
type lateCall struct{ due, sent time.Time }

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
	at          time.Time            // when that was
	peers       map[string]poolState // other pools that share it
	refused     float64              // share of the last calls
	saved       float64              // calls that may come at once, savedApart of the distance apart
	savedApart  float64
	calls       window
	tokens      window
	// Of some pool, decaying: questions begun, and calls made for questions.
	questions, questionCalls float64
}

func newBudget(name, pool string, t terms, l ledger, shared bool) *budget {
	return &budget{
		name: name, pool: pool, agreed: &t, trickle: &t, holds: func(time.Time) bool { return true }, ledger: l, shared: shared, began: time.Now(),
		turn: make(chan struct{}, 1), view: view{pace: 1},
	}
}

// now are the terms in force.
func (b *budget) now() *terms {
	if b.holds(time.Now()) {
		return b.agreed
	}
	return b.trickle
}

// update runs fn on the state, after all that happened since the last time.
func (b *budget) update(ctx context.Context, fn func(s *budgetState, t *terms)) error {
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
		t := b.now()
		s.adopt(t, now)
		s.passed(t, p.passed)
		for _, d := range p.tokens {
			s.Tokens = s.Tokens.add(tokenSpan(), d.at, d.n)
		}
		for _, c := range p.late {
			s.late(t, c)
		}
		fn(s, t)
		v = b.look(s, t, now)
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.pending.passed += p.passed
		b.pending.tokens = append(p.tokens, b.pending.tokens...)
		b.pending.late = append(p.late, b.pending.late...)
		return fmt.Errorf("update budget %s: %w", b.name, err)
	}
	v.pausedUntil = later(v.pausedUntil, b.view.pausedUntil)
	b.view = v
	return nil
}

func (b *budget) look(s *budgetState, t *terms, now time.Time) view {
	v := view{
		at: now, pace: s.Pace, pausedUntil: s.PausedUntil, cutAt: s.CutAt, peers: s.peers(b.pool, b.began), refused: s.refusedShare(),
		questions: s.Fresh, questionCalls: s.Calls,
	}
	if r, ok := t.pacing(); ok {
		v.spacing = s.spacing(r)
		calls, share := s.credit(r, now)
		v.saved, v.savedApart = s.saved(r, now)
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
	if t := b.now(); !t.limited() && (t.concurrency == 0 || !b.shared) {
		now := time.Now()
		if until := b.seen().pausedUntil; until.After(now) {
			return slot{at: until}, false, nil
		}
		return slot{at: now}, true, nil
	}
	a.pool = b.pool
	err = b.update(ctx, func(s *budgetState, t *terms) {
		a.now = time.Now()
		got, ok = s.take(t, a)
	})
	return got, ok, err
}

// claim makes sure of a slot that was promised, and reports false where it is somebody
// else's meanwhile.
func (b *budget) claim(ctx context.Context, holder string, promised slot, own poolState) (ok bool, err error) {
	err = b.update(ctx, func(s *budgetState, _ *terms) {
		own.At = time.Now()
		s.Pools[b.pool] = own
		ok = s.claim(holder, promised, own.At)
	})
	return ok, err
}

func (b *budget) giveBack(ctx context.Context, holder string, unused slot, own poolState) error {
	return b.update(ctx, func(s *budgetState, t *terms) {
		s.giveBack(t, holder, unused)
		own.At = time.Now()
		s.Pools[b.pool] = own
	})
}

// refresh looks at what others did since the last update, which costs no update.
func (b *budget) refresh(ctx context.Context) error {
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-b.turn }()
	s, err := b.ledger.read(ctx)
	if err != nil {
		return fmt.Errorf("look at budget %s: %w", b.name, err)
	}
	now := time.Now()
	t := b.now()
	s.adopt(t, now)
	v := b.look(&s, t, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	v.pausedUntil = later(v.pausedUntil, b.view.pausedUntil)
	b.view = v
	return nil
}

func (b *budget) refused(ctx context.Context, sent time.Time, retryAfter time.Duration) error {
	// This process pauses at once, whatever becomes of the update.
	now := time.Now()
	b.mu.Lock()
	b.view.pausedUntil = later(b.view.pausedUntil, now.Add(min(retryAfter, maxPause)))
	b.mu.Unlock()
	return b.update(ctx, func(s *budgetState, t *terms) { s.refused(t, now, sent, retryAfter) })
}

// settle tells all that is not told yet.
func (b *budget) settle(ctx context.Context, own poolState) error {
	return b.update(ctx, func(s *budgetState, _ *terms) {
		own.At = time.Now()
		s.Pools[b.pool] = own
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
	if b.agreed.tokens > 0 && corrected != 0 {
		b.pending.tokens = append(b.pending.tokens, tokenDelta{at: sent, n: int64(corrected)})
		b.pending.due = true
	}
	if b.shared && b.now().concurrency > 0 {
		b.pending.due = true
	}
}

// begun notes when a slot was used, and reports whether others must hear of it now: a
// process that stood still sends late, and until they know they take the call for one that
// counts no more when to the server it still does.
func (b *budget) begun(due, sent time.Time) (tell bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.now().rates {
		sp := rateSpan(r)
		if sp.bucket(sent) <= sp.bucket(due) {
			continue
		}
		b.pending.late = append(b.pending.late, lateCall{due: due, sent: sent})
		tell = b.shared && sent.Sub(due) > sp.width
		b.pending.due = b.pending.due || tell
		return tell
	}
	return false
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
