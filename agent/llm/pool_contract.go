package llm

import (
	"context"
	"errors"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// unnoticed is how long a call waits for its turn whatever was agreed to happen when a
// budget is used up.
const unnoticed = time.Second

// off is the operator's act by which a backend is not called now; nil while it may be.
func (p *Pool) off(b *backend) *connectors.Refusal {
	if p.opts.Board == nil {
		return nil
	}
	return p.opts.Board.Off(b.Contract.Name)
}

// allOff is the error of a call while an operator has every backend turned off, nil
// otherwise.
func (p *Pool) allOff() *Error {
	var last *Error
	for _, b := range p.backends {
		s := p.off(b)
		if s == nil {
			return nil
		}
		last = &Error{Code: CodeOff, Backend: b.Name, Message: "turned off by " + s.By + ": " + s.Because}
	}
	return last
}

// tooLong is the error of a question's first call that would wait for its turn longer than
// anybody notices, where every backend's contract refuses that; nil where it may wait.
// Questions that have begun are finished. The caller holds p.mu.
func (p *Pool) tooLong(t *ticket, now time.Time) *Error {
	if t.class == classBegun || !p.impatient() {
		return nil
	}
	w := p.forecast(now).wait(t, p.queue.waiting, 0)
	if w.For <= unnoticed {
		return nil
	}
	return errTooLong(w)
}

// impatient reports whether nobody is to wait for a turn, by every backend's contract.
func (p *Pool) impatient() bool {
	for _, b := range p.backends {
		if w := b.Contract.WhenExhausted; w != connectors.Refuse && w != connectors.Degrade {
			return false
		}
	}
	return true
}

func errTooLong(w Wait) *Error {
	return &Error{Code: CodeExhausted, Message: "its turn would come in about " + w.For.Round(time.Second).String(), RetryAfter: w.For}
}

// book puts a call that has ended into the ledger.
func (p *Pool) book(b *backend, reply *Reply, err error, took time.Duration) {
	if p.opts.Board == nil {
		return
	}
	failed := false
	switch CodeOf(err) {
	case CodeUnavailable, CodeBroken, CodeLimited, CodeTimeout:
		failed = true
	}
	tally := connectors.Tally{Failed: failed, Took: took}
	if err == nil && reply != nil {
		tally.Tokens = reply.Usage.Input + reply.Usage.Output
	}
	p.opts.Board.Note(b.Contract.Name, tally)
}

// bookRefused puts a request for which no call was made into the ledger of the backend that
// is preferred. Whoever gave up was refused nothing.
func (p *Pool) bookRefused(ctx context.Context, err error) {
	var e *Error
	if p.opts.Board == nil || ctx.Err() != nil || !errors.As(err, &e) || e.Calls > 0 || e.Code == CodeCancelled {
		return
	}
	p.opts.Board.Note(p.backends[0].Contract.Name, connectors.Tally{Refused: true})
}
