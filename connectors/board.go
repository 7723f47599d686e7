package connectors

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Board keeps what was agreed with the owners of systems, counts what they are asked, and
// writes it into the books. connectors/quota is one, for all processes that share a store.
type Board interface {
	// Gate is the gate of the contract called name, whose terms at a time terms returns. All
	// who ask for one name have one gate, with the terms of who asked first.
	Gate(name string, terms func(now time.Time) *Terms) Gate
	// Off says who turned the system of a contract off, and why; nil while it is on. It is
	// for who counts by other means.
	Off(name string) *Refusal
	// Note puts a call into the books of the contract called name.
	Note(name string, t Tally)
}

// Gate is what every call under one contract passes.
type Gate interface {
	// Enter waits for a call's turn: no longer than most for the rates where most is
	// positive, and never longer than ctx. Its error is a *Refusal, or that of ctx.
	Enter(ctx context.Context, most time.Duration) (Pass, error)
	// Retry reports whether a call that failed may be made once more: a tenth of all calls
	// at the most.
	Retry() bool
}

// Pass is the right to make one call.
type Pass interface {
	// Context is ctx, ended with cause ErrPlaceLost when the call must not go on.
	Context(ctx context.Context) (context.Context, context.CancelFunc)
	// Leave ends the call. What others must know of its outcome is told before Leave
	// returns, whether ctx has ended or not.
	Leave(ctx context.Context, o Outcome)
}

// ErrPlaceLost is the cause of a call's context when its place may be somebody else's: the
// board could not say for so long that the call is being made that others take it for gone.
var ErrPlaceLost = errors.New("the place of the call was given up")

// Terms are what was agreed about one system, as far as it is counted.
type Terms struct {
	Rates       []Rate // all of them hold
	Concurrency int    // calls at once, of all processes; 0 for any number
	Waiting     int    // calls of one process that may wait; 0 for any number
	// Alone says that the system is a copy of this process's own: the rates and the calls at
	// once are those of one process. It does not change.
	Alone bool
}

// Outcome is how a call went, as far as it says something about the system.
type Outcome struct {
	// Answered says that the system answers, be it with a refusal of what was asked.
	Answered bool
	// Silent says that it did not: several in a row open the breaker.
	Silent bool
	// Distress says that it asked for fewer calls, or failed as who has too many does.
	Distress bool
	// Pause is how long it asked to be left alone.
	Pause time.Duration
	// Took is how long an answer took; 0 says nothing.
	Took time.Duration
}

// Tally is a call, or one that was not made, for the books.
type Tally struct {
	Refused bool
	Cached  bool
	Failed  bool // made, and not answered
	Took    time.Duration
	Tokens  int // of a language model, as far as it tells; prompt and reply
}

// Why says why a call may not be made.
type Why string

// The reasons.
const (
	WhyOff       Why = "off"       // an operator turned the system off
	WhyBroken    Why = "broken"    // it has not answered several times in a row
	WhyPaused    Why = "paused"    // it asked to be left alone
	WhyExhausted Why = "exhausted" // a rate is used up
	WhyBusy      Why = "busy"      // all places are taken
	WhyCrowded   Why = "crowded"   // too many calls wait already
	WhyUnknown   Why = "unknown"   // what others use cannot be told
)

// Refusal says that a call is not to be made, why, and when that may be otherwise.
type Refusal struct {
	Why     Why
	After   time.Duration // until there is room again, as far as is known; 0 when it is not
	By      string        // who turned the system off
	Because string        // what they said about it
	Err     error         // the cause, for logs; may be nil
}

func (r *Refusal) Error() string {
	s := "refused: " + string(r.Why)
	if r.After > 0 {
		s += fmt.Sprintf(" for %s", r.After.Round(time.Millisecond))
	}
	if r.Err != nil {
		s += ": " + r.Err.Error()
	}
	return s
}

func (r *Refusal) Unwrap() error { return r.Err }

// nobody is a board that lets no call pass: what nobody counts is not called.
type nobody struct{}

func (nobody) Gate(string, func(time.Time) *Terms) Gate { return nobody{} }

func (nobody) Off(string) *Refusal { return nil }

func (nobody) Note(string, Tally) {}

func (nobody) Enter(context.Context, time.Duration) (Pass, error) {
	return nil, &Refusal{Why: WhyUnknown, Err: errors.New("the guard has no board")}
}

func (nobody) Retry() bool { return false }
