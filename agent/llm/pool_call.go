package llm

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	// maxRefusals bounds how often a server may refuse one request for its rate, for
	// callers without a deadline.
	maxRefusals = 20
	// maxFailures is how many calls a request may cost that end without an answer.
	maxFailures = 2
	// tellWithin bounds an update that a caller has to wait for.
	tellWithin = 2 * time.Second
)

var _ Model = (*Pool)(nil)

// Complete implements Model. It waits for the request's turn, as long as ctx allows.
func (p *Pool) Complete(ctx context.Context, req Request) (*Reply, error) {
	t := p.ticketFor(ctx, req)
	if err := p.enter(ctx, t); err != nil {
		p.bookRefused(ctx, err)
		return nil, err
	}
	defer p.owned.Done()
	var waited time.Duration
	var tries trial
	for {
		asked := time.Now()
		g, err := p.await(ctx, t, req.OnWait)
		waited += time.Since(asked)
		if err != nil {
			err = costing(err, tries.made)
			p.bookRefused(ctx, err)
			return nil, err
		}
		reply, err := p.call(ctx, g, t, req, &tries)
		if err == nil {
			reply.Waited, reply.Retries = waited, tries.made-1
			return reply, nil
		}
		failed := &Error{}
		if !errors.As(err, &failed) || !p.again(ctx, g.backend, t, failed, &tries) {
			return nil, costing(err, tries.made)
		}
	}
}

// trial is what became of the calls for one request.
type trial struct {
	made, failures, refusals int
	streamed                 bool // the caller saw a part of a reply
}

func (p *Pool) ticketFor(ctx context.Context, req Request) *ticket {
	t := &ticket{
		class: classOf(req.Caller), caller: req.Caller, tokens: p.estimate(req),
		granted: make(chan grant, 1), listens: req.OnWait != nil,
	}
	t.deadline, _ = ctx.Deadline()
	if t.listens {
		t.waits = make(chan Wait, 1)
	}
	return t
}

// await waits for a ticket's turn.
func (p *Pool) await(ctx context.Context, t *ticket, onWait func(Wait)) (grant, error) {
	told := false
	for {
		select {
		case g := <-t.granted:
			if g.err != nil {
				return grant{}, g.err
			}
			if ctx.Err() != nil {
				p.unassign(g)
				return grant{}, gaveUp(ctx)
			}
			if told {
				onWait(Wait{})
			}
			return g, nil
		case w := <-t.waits:
			told = true
			onWait(w)
		case <-ctx.Done():
			p.abandon(t)
			return grant{}, gaveUp(ctx)
		}
	}
}

// enter lets a new ticket wait. The pool does not end before p.owned.Done is called.
func (p *Pool) enter(ctx context.Context, t *ticket) error {
	if ctx.Err() != nil {
		return gaveUp(ctx)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed()
	}
	now := time.Now()
	for _, b := range p.backends {
		p.warn(b, now)
	}
	if since := p.downSince(now); !since.IsZero() && now.Sub(since) >= p.opts.Patience {
		return errDown()
	}
	if err := p.allOff(); err != nil {
		return err
	}
	if err := p.tooLong(t, now); err != nil {
		return err
	}
	p.owned.Add(1)
	p.queue.push(t, now)
	p.waits()
	return nil
}

// waits wakes all who care that a ticket waits. The caller holds p.mu.
func (p *Pool) waits() {
	select {
	case p.tell <- struct{}{}:
	default:
	}
	p.kickAll()
}

// abandon takes a ticket out whose caller gave up.
func (p *Pool) abandon(t *ticket) {
	p.mu.Lock()
	waited := p.queue.remove(t)
	p.mu.Unlock()
	if waited {
		return
	}
	select {
	case g := <-t.granted:
		if g.err == nil {
			p.unassign(g)
		}
	default:
	}
}

// call makes the call that a grant is for.
func (p *Pool) call(ctx context.Context, g grant, t *ticket, req Request, tries *trial) (*Reply, error) {
	b := g.backend
	callCtx, cancel := context.WithCancel(ctx)
	if b.Contract.Timeout > 0 {
		callCtx, cancel = context.WithTimeout(ctx, b.Contract.Timeout)
	}
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()

	r := req
	r.OnWait = nil
	r.Priority = 0
	if b.Priority {
		r.Priority = t.class
	}
	if req.OnDelta != nil {
		if tries.streamed {
			req.OnDelta(Delta{Reset: true})
			tries.streamed = false
		}
		r.OnDelta = func(d Delta) {
			tries.streamed = true
			req.OnDelta(d)
		}
	}
	tries.made++
	var reply *Reply
	err := error(&Error{Code: CodeUnavailable, Backend: b.Name, Message: "the driver panicked"})
	began := time.Now()
	if b.budget.begun(g.slot.at, began) {
		kick(b)
	}
	defer func() { p.finish(g, t, reply, err, time.Since(began)) }()
	reply, err = b.Model.Complete(callCtx, r)
	if err != nil {
		err = p.classify(ctx, callCtx, b, err)
		return nil, err
	}
	if reply.Backend == "" {
		reply.Backend = b.Name
	}
	if reply.Took == 0 {
		reply.Took = time.Since(began)
	}
	return reply, nil
}

// classify makes an *Error of whatever a driver returned, with the backend's name and
// the right party's end of patience.
func (p *Pool) classify(ctx, callCtx context.Context, b *backend, err error) error {
	e := &Error{}
	if errors.As(err, &e) {
		copied := *e
		e = &copied
	} else {
		e = &Error{Code: CodeUnavailable, Err: err}
	}
	if e.Backend == "" {
		e.Backend = b.Name
	}
	switch {
	case ctx.Err() != nil:
		gone := gaveUp(ctx)
		gone.Backend, gone.Err = e.Backend, err
		return gone
	case p.ctx.Err() != nil:
		return errClosed()
	case errors.Is(callCtx.Err(), context.DeadlineExceeded):
		e.Code = CodeTimeout
	}
	return e
}

// finish accounts for a call that has ended.
func (p *Pool) finish(g grant, t *ticket, reply *Reply, err error, took time.Duration) {
	b := g.backend
	code := CodeOf(err)
	reached := code != CodeUnavailable && code != CodeCancelled && code != CodeTimeout
	corrected := t.tokens - g.slot.tokens
	now := time.Now()

	p.mu.Lock()
	b.running--
	b.budget.running--
	b.probing = b.probing && !g.probe
	g.done(err)
	b.total.calls++
	switch {
	case err == nil:
		b.took.add(took.Seconds())
		corrected += p.learn(b, t, reply)
		b.downSince = time.Time{}
	case code == CodeLimited:
		b.total.limited++
	case code != CodeCancelled:
		b.total.failed++
	}
	if b.breaker.State() == gobreaker.StateOpen && !b.openUntil.After(now) {
		b.openUntil = now.Add(breakFor)
		if b.downSince.IsZero() {
			b.downSince = now
		}
	}
	b.budget.note(g.at, reached && code != CodeLimited, corrected)
	p.mu.Unlock()

	p.book(b, reply, err, took)
	if code == CodeLimited {
		p.limited(b, g.slot.at, err)
	}
	p.kickAll()
}

// limited tells the budget that a server refused a call for its rate.
func (p *Pool) limited(b *backend, sent time.Time, err error) {
	e := &Error{}
	errors.As(err, &e)
	p.opts.Logger.Warn("llm: refused for its rate", "backend", b.Name, "retry_after", e.RetryAfter)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), tellWithin)
	defer cancel()
	p.told(b, b.budget.refused(ctx, sent, e.RetryAfter))
}

// learn notes what a reply cost and returns by how many tokens that differs from the
// estimate. The caller holds p.mu.
func (p *Pool) learn(b *backend, t *ticket, reply *Reply) int {
	cost := reply.Usage.Input + reply.Usage.Output
	if cost == 0 {
		return 0
	}
	b.output.add(float64(reply.Usage.Output))
	if b.TokensPerMinute > 0 && b.tokens.set {
		// Turns were charged as one call each. Where tokens are short, a long call is
		// more than one.
		p.queue.chargeTo(t.caller.Principal, min(float64(cost)/b.tokens.value-1, 10))
	}
	b.tokens.add(float64(cost))
	return cost - t.tokens
}

// again reports whether a request whose call failed waits for another one, and lets
// it.
func (p *Pool) again(ctx context.Context, b *backend, t *ticket, failed *Error, tries *trial) bool {
	if ctx.Err() != nil || p.ctx.Err() != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	switch failed.Code {
	case CodeLimited:
		if tries.refusals++; tries.refusals >= maxRefusals {
			return false
		}
	case CodeUnavailable, CodeBroken:
		if tries.failures++; tries.failures >= maxFailures {
			return false
		}
		t.avoid = b
	case CodeTimeout, CodeDenied, CodeNoModel: // it would only happen again here
		if tries.failures++; tries.failures >= maxFailures || !p.another(b) {
			return false
		}
		t.avoid = b
	default:
		return false
	}
	p.queue.giveBack(t)
	p.waits()
	return true
}

// estimate is about how many tokens a request will cost, with its reply.
func (p *Pool) estimate(req Request) int {
	bytes := 0
	for _, m := range req.Messages {
		bytes += len(m.Text) + len(m.Reasoning) + 16
		for _, c := range m.Calls {
			bytes += len(c.Name) + len(c.Arguments) + 16
		}
	}
	for _, t := range req.Tools {
		bytes += len(t.Name) + len(t.Description) + len(t.Parameters)
	}
	if req.Schema != nil {
		bytes += len(req.Schema.JSON)
	}
	// About 3.5 bytes a token in English and in Korean, where a syllable is 3.
	return bytes*2/7 + p.estimateReply(req.MaxTokens)
}

// unknownReply is how long a reply is thought to be before any has come.
const unknownReply = 500

func (p *Pool) estimateReply(most int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, b := range p.backends {
		if b.output.set {
			n = max(n, int(b.output.value))
		}
	}
	if n == 0 {
		n = unknownReply
	}
	if most > 0 {
		n = min(n, most)
	}
	return n
}

// gaveUp is what an ended context means.
func gaveUp(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{Code: CodeTimeout, Err: ctx.Err()}
	}
	return &Error{Code: CodeCancelled, Err: ctx.Err()}
}

func errDown() *Error {
	return &Error{Code: CodeUnavailable, Message: "no backend has answered for a while"}
}
