package connectors

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

// A breaker opens after breakAfter failures in a row and tries again after
// breakFor. Ten seconds are long enough for a system to come back unhurried and
// short enough that nobody turns to anything else meanwhile.
const (
	breakAfter = 5
	breakFor   = 10 * time.Second
)

// longestPause is how long a call without a deadline waits for a system that asked to
// be left alone.
const longestPause = time.Minute

// gate is what every call on one system passes, whatever is asked of it: its turn,
// the breaker, and the books.
type gate struct {
	contract Contract
	hooks    Hooks
	silence  []Code
	running  chan struct{} // holds a token for every running call; nil without a bound
	own      *health       // of the system
}

// newGate returns the gate of a system of which errors with the codes mean that it does
// not answer.
func newGate(contract Contract, hooks Hooks, silence ...Code) *gate {
	g := &gate{contract: contract, hooks: hooks, silence: silence}
	if g.hooks.Limiter == nil {
		g.hooks.Limiter = NewLimiter()
	}
	if g.hooks.Logger == nil {
		g.hooks.Logger = slog.New(slog.DiscardHandler)
	}
	if !contract.InForce() {
		g.contract.Concurrency = 1
	}
	if g.contract.Concurrency > 0 {
		g.running = make(chan struct{}, g.contract.Concurrency)
	}
	g.own = g.newHealth(contract.Name)
	if !contract.InForce() {
		g.hooks.Logger.Warn("connectors: nobody agreed to being called, so calls go one at a time",
			"system", contract.Name, "owner", contract.Owner)
	}
	return g
}

// health is how a system answers, or a site of the many that are one system to us.
type health struct {
	breaker *gobreaker.CircuitBreaker[struct{}]

	mu     sync.Mutex
	closed time.Time // it asked to be left alone until then; guarded by mu
}

func (g *gate) newHealth(name string) *health {
	return &health{breaker: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name:        name,
		Timeout:     breakFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakAfter },
		// Only silence is the system's fault. A refused statement or a heavy one
		// shows that it answers.
		IsSuccessful: func(err error) bool { return !slices.Contains(g.silence, CodeOf(err)) },
		IsExcluded:   func(err error) bool { return CodeOf(err) == CodeCancelled },
		OnStateChange: func(name string, from, to gobreaker.State) {
			g.hooks.Logger.Warn("connectors: breaker changed", "system", name, "from", from.String(), "to", to.String())
		},
	})}
}

func (g *gate) record(caller Caller) AuditRecord {
	return AuditRecord{At: time.Now(), System: g.contract.Name, Caller: caller}
}

// tell puts a call that has ended in the books.
func (g *gate) tell(ctx context.Context, r AuditRecord, err error) {
	r.Code = CodeOf(err)
	if g.hooks.Audit != nil {
		g.hooks.Audit(context.WithoutCancel(ctx), r)
	}
	if g.hooks.Metrics != nil {
		g.hooks.Metrics(CallMetrics{System: r.System, Code: r.Code, Cached: r.Cached, Waited: r.Waited, Took: r.Took})
	}
}

// within bounds ctx where limit is positive.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// pass makes a call when it is its turn, and notes in record how long what took. A
// system that asks to be asked later is asked once more, where the deadline allows.
func pass[T any](ctx context.Context, g *gate, of *health, record *AuditRecord, call func(context.Context) (T, error)) (T, error) {
	res, again, err := once(ctx, g, of, record, call)
	if again {
		res, _, err = once(ctx, g, of, record, call)
	}
	return res, err
}

// once makes a call when it is its turn. It may be made again when the system only
// asked for a pause that ctx has room for.
func once[T any](ctx context.Context, g *gate, of *health, record *AuditRecord, call func(context.Context) (T, error)) (res T, again bool, err error) {
	leave, err := g.enter(ctx, of)
	begun := time.Now()
	record.Waited = begun.Sub(record.At) - record.Took
	if err != nil {
		return res, false, err
	}
	defer leave()
	_, err = of.breaker.Execute(func() (struct{}, error) {
		var err error
		res, err = call(ctx)
		return struct{}{}, err
	})
	record.Took += time.Since(begun)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return res, false, broken(err)
	}
	if after := afterOf(err); after > 0 {
		until := time.Now().Add(after)
		of.close(until)
		again = endsAfter(ctx, until)
	}
	return res, again, err
}

func broken(err error) *Error {
	return &Error{
		Code: CodeUnavailable, Message: "The system has not been answering and is left alone for a few seconds.",
		Korean: "시스템이 계속 응답하지 않아 몇 초 동안 부르지 않아요.", Err: err,
	}
}

// enter waits for the call's turn. The function it returns ends the call.
func (g *gate) enter(ctx context.Context, of *health) (leave func(), err error) {
	if of.breaker.State() == gobreaker.StateOpen {
		return nil, broken(gobreaker.ErrOpenState)
	}
	leave = func() {}
	if g.running != nil {
		select {
		case g.running <- struct{}{}:
			leave = func() { <-g.running }
		case <-ctx.Done():
			return nil, gaveUp(ctx)
		}
	}
	if err := g.await(ctx, of); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// await waits until the system may be called, unless that is after the deadline.
func (g *gate) await(ctx context.Context, of *health) error {
	for wait := of.pause(); wait > 0; wait = of.pause() {
		if !endsAfter(ctx, time.Now().Add(wait)) {
			return g.exhausted(wait)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
	for len(g.contract.Rates) > 0 {
		wait, err := g.hooks.Limiter(ctx, g.contract.Name, g.contract.Rates)
		switch {
		case err != nil && ctx.Err() != nil:
			return gaveUp(ctx)
		case err != nil:
			return &Error{Code: CodeUnavailable, Message: "The quota of the system cannot be checked.", Err: err}
		case wait <= 0:
			return nil
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return g.exhausted(wait)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
	return ctxError(ctx)
}

func (g *gate) exhausted(wait time.Duration) *Error {
	in := wait.Round(time.Second) + time.Second
	e := Errorf(CodeExhausted, "The agreed quota of %s is used up; there is room again in %s.", g.contract.Name, in)
	e.Korean = g.contract.Name + "의 약속된 호출 한도를 다 썼어요. " + in.String() + " 뒤에 다시 쓸 수 있어요."
	e.After = wait
	return e
}

// close keeps calls away until then.
func (h *health) close(until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until.After(h.closed) {
		h.closed = until
	}
}

// pause is how long the system still wants to be left alone.
func (h *health) pause() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.closed)
}

// endsAfter reports whether a call may wait until then.
func endsAfter(ctx context.Context, then time.Time) bool {
	if deadline, ok := ctx.Deadline(); ok {
		return deadline.After(then)
	}
	return time.Until(then) <= longestPause
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return gaveUp(ctx)
	}
}

// afterOf is how long the system asked to be left alone, if err says so.
func afterOf(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.After
	}
	return 0
}

// ctxError is what an ended context means, and nil while it has not ended.
func ctxError(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return gaveUp(ctx)
}

func gaveUp(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{
			Code: CodeTimeout, Message: "The system was busy until the time was up.",
			Korean: "시스템이 바빠서 시간 안에 답을 받지 못했어요.", Err: ctx.Err(),
		}
	}
	return &Error{Code: CodeCancelled, Message: "The query was stopped.", Korean: "중지했어요.", Err: ctx.Err()}
}
