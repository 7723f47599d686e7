package connectors

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	// A site's breaker opens after breakAfter failures in a row and tries again after
	// breakFor. Ten seconds are long enough for a system to come back unhurried and
	// short enough that nobody turns to anything else meanwhile.
	breakAfter = 5
	breakFor   = 10 * time.Second
	// longestPause is how long a call without a deadline waits for a site that asked to
	// be left alone.
	longestPause = time.Minute
	// unnoticed is how long a call waits for its rates in any case.
	unnoticed = time.Second
	// staleFor is for how long after its time an answer is kept for when there is no
	// other.
	staleFor = 24 * time.Hour
)

// gate is what every call on one system passes, whatever is asked of it: its turn,
// the breaker, and the books.
type gate struct {
	contract Contract
	hooks    Hooks
	silence  []Code
	turns    Gate
	most     time.Duration // that a call waits for its rates; 0 for as long as it may

	mu     sync.Mutex
	warned bool // that nobody agrees; guarded by mu
}

// newGate returns the gate of a system of which errors with the codes mean that it does
// not answer.
func newGate(contract Contract, hooks Hooks, silence ...Code) *gate {
	g := &gate{contract: contract, hooks: hooks, silence: silence}
	if g.hooks.Logger == nil {
		g.hooks.Logger = slog.New(slog.DiscardHandler)
	}
	if g.hooks.Board == nil {
		g.hooks.Board = nobody{}
	}
	if contract.WhenExhausted == Refuse || contract.WhenExhausted == Degrade {
		g.most = unnoticed
	}
	g.turns = g.hooks.Board.Gate(contract.Name, contract.terms())
	g.warn()
	return g
}

// warn says once that nobody agrees, at the start or when the contract has expired.
func (g *gate) warn() {
	c := &g.contract
	if c.InForce(time.Now()) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.warned {
		return
	}
	g.warned = true
	why := "connectors: nobody agreed to being called, so calls go one at a time, " + TrickleRate().String()
	if !c.Expires.IsZero() && c.Owner != "" {
		why = "connectors: what was agreed has expired, so calls go one at a time, " + TrickleRate().String()
	}
	about := []any{"system", c.Name}
	if c.Owner != "" {
		about = append(about, "owner", c.Owner)
	}
	if !c.Expires.IsZero() {
		about = append(about, "expires", c.Expires.Format(time.DateOnly))
	}
	g.hooks.Logger.Warn(why, about...)
}

// health is how a site answers, of the many that are one system to us.
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
func (g *gate) tell(ctx context.Context, r AuditRecord, made bool, err error) {
	r.Code = CodeOf(err)
	if g.hooks.Audit != nil {
		g.hooks.Audit(context.WithoutCancel(ctx), r)
	}
	if g.hooks.Metrics != nil {
		g.hooks.Metrics(CallMetrics{System: r.System, Code: r.Code, Cached: r.Cached, Waited: r.Waited, Took: r.Took})
	}
	if !made && r.Code == CodeCancelled {
		return // whoever gave up was refused nothing
	}
	g.hooks.Board.Note(g.contract.Name, Tally{
		Cached: r.Cached, Refused: !made && !r.Cached, Failed: g.failed(err), Took: r.Took,
	})
}

// failed reports whether a call was not answered. A refusal of what was asked is an answer.
func (g *gate) failed(err error) bool {
	switch code := CodeOf(err); code {
	case CodeTimeout, CodeExhausted, CodeUnavailable, CodeInternal:
		return true
	default:
		return slices.Contains(g.silence, code)
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
// system that asks to be asked later is asked once more, where the deadline allows and not
// many were. Of is the site that is called, nil for the system itself.
func pass[T any](ctx context.Context, g *gate, of *health, record *AuditRecord, call func(context.Context) (T, error)) (value T, made bool, err error) {
	value, made, again, err := once(ctx, g, of, record, call)
	if again && g.turns.Retry() {
		var more bool
		value, more, _, err = once(ctx, g, of, record, call)
		made = made || more
	}
	return value, made, err
}

// once makes a call when it is its turn. It may be made again when the system only
// asked for a pause that ctx has room for.
func once[T any](ctx context.Context, g *gate, of *health, record *AuditRecord, call func(context.Context) (T, error)) (res T, made, again bool, err error) {
	turn, err := g.enter(ctx, of)
	begun := time.Now()
	record.Waited = begun.Sub(record.At) - record.Took
	if err != nil {
		return res, false, false, err
	}
	outcome := Outcome{} // of a panic, too
	defer func() { turn.Leave(ctx, outcome) }()
	run := func() (struct{}, error) {
		within, cancel := turn.Context(ctx)
		defer cancel()
		var err error
		if res, err = call(within); err != nil && errors.Is(context.Cause(within), ErrPlaceLost) {
			err = &Error{Code: CodeUnavailable, Message: "The call was stopped, for its place may be somebody else's.", Korean: "다른 곳과 나눠 쓰는 자리를 잃어 중간에 멈췄어요.", Err: err}
		}
		return struct{}{}, err
	}
	if of == nil {
		_, err = run()
	} else {
		_, err = of.breaker.Execute(run)
	}
	took := time.Since(begun)
	record.Took += took
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return res, false, false, broken(err, breakFor)
	}
	outcome = g.outcome(of, err, took)
	if after := afterOf(err); after > 0 {
		until := time.Now().Add(after)
		if of != nil {
			of.close(until)
		}
		again = endsAfter(ctx, until)
	}
	return res, true, again, err
}

// outcome is what a call says of the system. Sites say nothing of each other.
func (g *gate) outcome(of *health, err error, took time.Duration) Outcome {
	code := CodeOf(err)
	if of != nil || code == CodeCancelled {
		return Outcome{}
	}
	o := Outcome{Silent: slices.Contains(g.silence, code), Pause: afterOf(err)}
	o.Distress = o.Silent || o.Pause > 0 || code == CodeExhausted
	if o.Answered = !o.Silent; err == nil {
		o.Took = took
	}
	return o
}

func broken(err error, after time.Duration) *Error {
	return &Error{
		Code: CodeUnavailable, Message: "The system has not been answering and is left alone for a few seconds.",
		Korean: "시스템이 계속 응답하지 않아 몇 초 동안 부르지 않아요.", After: after, Err: err,
	}
}

// enter waits for the call's turn.
func (g *gate) enter(ctx context.Context, of *health) (Pass, error) {
	if err := ctxError(ctx); err != nil {
		return nil, err
	}
	g.warn()
	if of != nil {
		if of.breaker.State() == gobreaker.StateOpen {
			return nil, broken(gobreaker.ErrOpenState, breakFor)
		}
		for wait := of.pause(); wait > 0; wait = of.pause() {
			if !endsAfter(ctx, time.Now().Add(wait)) {
				return nil, g.exhausted(wait)
			}
			if err := sleep(ctx, wait); err != nil {
				return nil, err
			}
		}
	}
	turn, err := g.turns.Enter(ctx, g.most)
	if err == nil {
		return turn, nil
	}
	var r *Refusal
	if !errors.As(err, &r) {
		return nil, gaveUp(ctx)
	}
	return nil, g.refused(r)
}

// refused says in words why a call is not made.
func (g *gate) refused(r *Refusal) *Error {
	switch r.Why {
	case WhyOff:
		return off(g.contract.Name, r)
	case WhyBroken:
		return broken(r, r.After)
	case WhyUnknown:
		return &Error{
			Code: CodeUnavailable, Message: "The quota of the system cannot be checked.", Korean: "시스템을 얼마나 쓰고 있는지 확인할 수 없어 부르지 않았어요.", Err: r,
		}
	case WhyCrowded:
		in := round(r.After)
		e := Errorf(CodeExhausted, "Too many calls wait for %s already; there may be room again in %s.", g.contract.Name, in)
		e.Korean = g.contract.Name + "에서 기다리는 호출이 이미 많아요. " + inKorean(in) + "쯤 뒤에 다시 쓸 수 있어요."
		e.After, e.Err = r.After, r
		return e
	}
	e := g.exhausted(r.After)
	e.Err = r
	return e
}

// off says that an operator turned a system off, and what they said about it.
func off(name string, r *Refusal) *Error {
	e := &Error{Code: CodeOff, Message: name + " is turned off for now", Korean: name + "은(는) 지금 꺼 두었어요", After: r.After, Err: r}
	if r.Because != "" {
		e.Message += ": " + strings.TrimRight(r.Because, ".")
		e.Korean += ": " + strings.TrimRight(r.Because, ".")
	}
	e.Message += "."
	e.Korean += "."
	if r.After > 0 {
		in := round(r.After)
		e.Message += " It is on again in " + in.String() + "."
		e.Korean += " " + inKorean(in) + " 뒤에 다시 켜져요."
	}
	return e
}

func (g *gate) exhausted(wait time.Duration) *Error {
	in := round(wait)
	e := Errorf(CodeExhausted, "The agreed quota of %s is used up; there is room again in %s.", g.contract.Name, in)
	e.Korean = g.contract.Name + "의 약속된 호출 한도를 다 썼어요. " + inKorean(in) + " 뒤에 다시 쓸 수 있어요."
	e.After = wait
	return e
}

// round is a wait as people say it: never shorter.
func round(d time.Duration) time.Duration {
	if d >= time.Hour {
		return d.Truncate(time.Minute) + time.Minute
	}
	return d.Round(time.Second) + time.Second
}

func inKorean(d time.Duration) string {
	var s string
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "시간"}, {time.Minute, "분"}, {time.Second, "초"}} {
		if n := d / unit.of; n > 0 {
			s += strconv.Itoa(int(n)) + unit.name + " "
			d -= n * unit.of
		}
	}
	return strings.TrimSpace(s)
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
