package llm

import (
	"context"
	"time"

	"github.com/sony/gobreaker/v2"
)

// grant is a ticket's turn, or why it gets none.
type grant struct {
	backend *backend
	done    func(error) // of the breaker
	slot    slot
	at      time.Time
	probe   bool
	err     *Error
}

// What a dispenser does next.
type action int

const (
	rest action = iota
	reserve
	claim
	giveBack
	settle
)

// dispense hands a backend's slots to those whose turn it is, until the pool ends.
// The slot comes first and the ticket is chosen when its time has come, so that
// whoever should go first by then does.
func (p *Pool) dispense(b *backend) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for p.ctx.Err() == nil {
		timer.Stop()
		if until := p.step(b); !until.IsZero() {
			timer.Reset(max(0, time.Until(until)))
		}
		select {
		case <-p.ctx.Done():
		case <-b.kick:
		case <-timer.C:
		}
	}
	p.leave(b)
}

// step does all that can be done now and returns when there is more, zero when only
// something new makes it so.
func (p *Pool) step(b *backend) time.Time {
	for p.ctx.Err() == nil {
		p.mu.Lock()
		do, until := p.decide(b, time.Now())
		var held slot
		switch do {
		case giveBack:
			held, b.slot = *b.slot, nil
		case claim:
			held = *b.slot
		}
		b.reserving = do == reserve
		own := p.standing(b)
		a := ask{holder: b.holder, sent: b.sent, waiting: own.Waiting, running: own.Running, work: own.Work}
		if t := p.queue.peek(); t != nil {
			a.tokens = t.tokens
		}
		if p.learned {
			a.calls, a.fresh = p.calls, p.fresh
		}
		p.mu.Unlock()
		switch do {
		case rest:
			return until
		case reserve:
			p.reserve(b, a)
		case giveBack:
			p.told(b, b.budget.giveBack(p.ctx, b.holder, held, own))
		case claim:
			own.Running++ // it is about to
			p.claim(b, held, own)
		case settle:
			p.settled(b, b.budget.settle(p.ctx, own))
		}
	}
	return time.Time{}
}

// decide says what to do with a backend, having handed out the slot it has if its
// time has come. The caller holds p.mu.
func (p *Pool) decide(b *backend, now time.Time) (action, time.Time) {
	if b.slot != nil {
		if paused := b.budget.seen().pausedUntil; b.slot.at.Before(paused) || p.off(b) != nil {
			return giveBack, time.Time{}
		}
		if b.slot.promised {
			return p.decidePromised(b, now)
		}
		if b.slot.at.After(now) {
			return rest, b.slot.at
		}
		if !p.assign(b, now) {
			return giveBack, time.Time{}
		}
	}
	if b.storeAt.After(now) && (b.budget.due() || p.queue.waiting > 0) {
		return rest, b.storeAt
	}
	if b.budget.due() {
		return settle, time.Time{}
	}
	if p.waitingFor(b) == 0 {
		return rest, time.Time{}
	}
	if b.retryAt.After(now) {
		return rest, b.retryAt
	}
	if p.wants(b, now) {
		return reserve, time.Time{}
	}
	if b.openUntil.After(now) {
		return rest, b.openUntil.Add(time.Millisecond)
	}
	return rest, time.Time{}
}

// decidePromised is decide for a backend whose slot is promised. The caller holds p.mu.
func (p *Pool) decidePromised(b *backend, now time.Time) (action, time.Time) {
	switch from := b.slot.at.Add(-claimAhead); {
	case from.After(now):
		return rest, from
	case p.waitingFor(b) == 0:
		return giveBack, time.Time{}
	case b.storeAt.After(now):
		return rest, b.storeAt
	}
	return claim, time.Time{}
}

// claim makes sure of a slot that was promised: whoever is killed before has not used it.
func (p *Pool) claim(b *backend, promised slot, own poolState) {
	ok, err := b.budget.claim(p.ctx, b.holder, promised, own)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil:
		p.storeFailed(b, err)
	case ok:
		b.slot.promised = false
	default:
		b.slot = nil
	}
}

// reserve takes the next slot of the budget.
func (p *Pool) reserve(b *backend, a ask) {
	got, ok, err := b.budget.take(p.ctx, a)
	p.mu.Lock()
	defer p.mu.Unlock()
	b.reserving = false
	switch {
	case err != nil:
		p.storeFailed(b, err)
	case ok:
		p.inherit(b.budget.seen())
		b.slot = &got
		if b.breaker.State() == gobreaker.StateClosed {
			b.downSince = time.Time{} // its budget can be asked again
		}
	default:
		b.retryAt = got.at
	}
	p.kickOthers(b)
}

// inherit takes over what was known of questions before this pool began. The caller holds
// p.mu.
func (p *Pool) inherit(v view) {
	if !p.learned && v.questions > 0 {
		p.calls, p.fresh = v.questionCalls, v.questions
	}
	p.learned = true
}

// told is the end of an update that nothing depends on.
func (p *Pool) told(b *backend, err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.storeFailed(b, err)
}

// settled is the end of an update that may have made room.
func (p *Pool) settled(b *backend, err error) {
	p.told(b, err)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	b.retryAt = time.Time{}
	p.kickOthers(b)
}

// storeFailed leaves a backend alone whose budget cannot be asked: no call is made
// that nobody counts. The caller holds p.mu.
func (p *Pool) storeFailed(b *backend, err error) {
	if p.ctx.Err() != nil {
		return
	}
	now := time.Now()
	b.storeAt = now.Add(storeRetry)
	if b.downSince.IsZero() {
		b.downSince = now
	}
	p.opts.Logger.Error("llm: the budget cannot be kept, so no calls are made", "backend", b.Name, "err", err)
}

// assign hands the slot to the ticket whose turn it is. The caller holds p.mu.
func (p *Pool) assign(b *backend, now time.Time) bool {
	done, err := b.breaker.Allow()
	if err != nil {
		return false
	}
	t := p.queue.pop(func(t *ticket) bool { return p.suits(b, t) })
	if t == nil {
		done(&Error{Code: CodeCancelled})
		return false
	}
	g := grant{backend: b, done: done, slot: *b.slot, at: now, probe: b.breaker.State() == gobreaker.StateHalfOpen}
	b.sent, b.slot = now, nil
	b.probing = b.probing || g.probe
	b.running++
	b.budget.running++
	p.calls = p.calls*0.998 + 1
	p.fresh *= 0.998
	if !t.caller.Begun {
		p.fresh++
	}
	t.granted <- g
	p.kickOthers(b)
	return true
}

// unassign takes back a grant with which nothing was done.
func (p *Pool) unassign(g grant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := g.backend
	g.done(&Error{Code: CodeCancelled})
	b.running--
	b.budget.running--
	b.probing = b.probing && !g.probe
	if b.sent.Equal(g.at) {
		b.sent = time.Time{}
	}
	if b.slot == nil && !b.reserving {
		b.slot = &g.slot
	} else {
		own := p.standing(b)
		p.owned.Go(func() { p.told(b, b.budget.giveBack(p.ctx, b.holder, g.slot, own)) })
	}
	kick(b)
}

// suits reports whether a ticket may go to b: not where it just failed, when another
// is well. The caller holds p.mu.
func (p *Pool) suits(b *backend, t *ticket) bool {
	return t.avoid != b || !p.another(b)
}

// another reports whether a backend besides b is well. The caller holds p.mu.
func (p *Pool) another(b *backend) bool {
	for _, c := range p.backends {
		if c != b && c.breaker.State() == gobreaker.StateClosed && c.downSince.IsZero() {
			return true
		}
	}
	return false
}

// waitingFor counts the tickets that may go to b. The caller holds p.mu.
func (p *Pool) waitingFor(b *backend) int {
	n := p.queue.waiting
	for _, t := range p.queue.front {
		if !p.suits(b, t) {
			n--
		}
	}
	return n
}

// inHand counts the calls of b's budget: those running, and those that backends which
// share it are about to make. The caller holds p.mu.
func (p *Pool) inHand(b *backend) int {
	n := b.budget.running
	for _, c := range p.backends {
		if c != b && c.budget == b.budget && (c.slot != nil || c.reserving) {
			n++
		}
	}
	return n
}

// standing is what the pool says of itself to others that share b's budget. The caller
// holds p.mu.
func (p *Pool) standing(b *backend) poolState {
	return poolState{Waiting: p.queue.waiting, Running: p.inHand(b), Work: p.work()}
}

// able reports whether b could make one more call. The caller holds p.mu.
func (p *Pool) able(b *backend) bool {
	if limit := b.budget.now().concurrency; limit > 0 && p.inHand(b) >= limit || p.off(b) != nil {
		return false
	}
	switch b.breaker.State() {
	case gobreaker.StateClosed:
		return true
	case gobreaker.StateHalfOpen:
		return !b.probing
	}
	return false
}

// prospect is when b could make its next call, as far as is known. The caller holds
// p.mu.
func (p *Pool) prospect(b *backend, now time.Time) time.Time {
	at := later(now, later(b.retryAt, b.storeAt))
	switch {
	case b.slot != nil:
		at = later(now, b.slot.at)
	case b.reserving:
	default:
		v := b.budget.seen()
		at = later(at, later(v.next, v.pausedUntil))
	}
	if b.waitingAt > 0 { // it would wait there
		at = at.Add(seconds(b.took.value * float64(b.waitingAt) / float64(max(b.running, 1))))
	}
	return at
}

// wants reports whether b should reserve a slot: whether a ticket is left when those
// that are free sooner have taken one each. The caller holds p.mu.
func (p *Pool) wants(b *backend, now time.Time) bool {
	n := p.waitingFor(b)
	if n == 0 || !p.able(b) {
		return false
	}
	mine := p.prospect(b, now)
	for _, c := range p.backends {
		if c == b || !p.able(c) || p.waitingFor(c) == 0 {
			continue
		}
		if other := p.prospect(c, now); other.Before(mine) || other.Equal(mine) && c.index < b.index {
			n--
		}
	}
	return n > 0
}

func kick(b *backend) {
	select {
	case b.kick <- struct{}{}:
	default:
	}
}

func (p *Pool) kickOthers(b *backend) {
	for _, c := range p.backends {
		if c != b {
			kick(c)
		}
	}
}

func (p *Pool) kickAll() { p.kickOthers(nil) }

// leaveWithin bounds how long a pool that ends tells a budget what it leaves unused.
const leaveWithin = time.Second

// leave gives back what a backend holds when the pool ends.
func (p *Pool) leave(b *backend) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), leaveWithin)
	defer cancel()
	p.mu.Lock()
	held := b.slot
	b.slot = nil
	p.mu.Unlock()
	var err error
	switch {
	case held != nil:
		err = b.budget.giveBack(ctx, b.holder, *held, poolState{})
	case b.budget.shared:
		err = b.budget.settle(ctx, poolState{})
	}
	if err != nil {
		p.opts.Logger.Warn("llm: the budget was not told that the pool ended", "backend", b.Name, "err", err)
	}
}

// watchBudget looks again when another process tells that a call has ended, and says
// now and then that calls are still running here.
func (p *Pool) watchBudget(b *budget) {
	freed := p.opts.Store.Listen(p.ctx, budgetTopic(b.name))
	beat := time.NewTicker(poolGone / 3)
	defer beat.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case _, ok := <-freed:
			if !ok {
				freed = nil
			}
			p.lookAgain(b, false)
		case <-beat.C:
			p.lookAgain(b, true)
		}
	}
}

// lookAgain makes the dispensers of a budget look again at it.
func (p *Pool) lookAgain(b *budget, alive bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if alive && b.running > 0 && b.now().concurrency > 0 {
		b.mu.Lock()
		b.pending.due = true
		b.mu.Unlock()
	}
	for _, c := range p.backends {
		if c.budget == b {
			if c.downSince.IsZero() && c.slot == nil && b.now().concurrency > 0 && !alive {
				c.retryAt = time.Time{}
			}
			kick(c)
		}
	}
}

// watchLoad asks a server for its load while it is in use.
func (p *Pool) watchLoad(b *backend, l LoadReader) {
	every := time.NewTicker(loadEvery)
	defer every.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-every.C:
		}
		p.mu.Lock()
		used := b.running > 0 || p.queue.waiting > 0 || b.waitingAt > 0
		p.mu.Unlock()
		if !used {
			continue
		}
		ctx, cancel := context.WithTimeout(p.ctx, loadEvery)
		load, err := l.Load(ctx)
		cancel()
		if code := CodeOf(err); code == CodeRefused || code == CodeNoModel {
			return // it never tells
		}
		p.mu.Lock()
		b.waitingAt = load.Waiting // none when it did not tell this time
		p.mu.Unlock()
		p.kickAll()
	}
}
