package llm

import (
	"errors"
	"fmt"
	"time"
)

// Code classifies what went wrong with a call. Every edge has one table from code to
// a sentence that is safe to show.
type Code string

// The codes.
const (
	CodeUnavailable Code = "unavailable"     // it does not answer, or answers 5xx
	CodeBroken      Code = "broken"          // the reply broke off, or was an error inside a 200
	CodeLimited     Code = "limited"         // 429: see RetryAfter
	CodeTooLong     Code = "context_length"  // the prompt does not fit
	CodeRefused     Code = "refused"         // any other 4xx: the request is wrong
	CodeDenied      Code = "denied"          // 401, 403: the key is
	CodeNoModel     Code = "model_not_found" // 404: the server has no model of that name
	CodeTimeout     Code = "timeout"         // the deadline passed, or nothing came for too long
	CodeCancelled   Code = "cancelled"       // the caller gave up
	CodeExhausted   Code = "exhausted"       // its turn would come after the deadline, or later than its contract lets it wait
	CodeOff         Code = "off"             // an operator turned every backend off
)

// Error is a classified failure of a call.
type Error struct {
	Code    Code
	Backend string // which one, by its configured name
	Status  int    // of HTTP, 0 without an answer
	// Message is the server's own, for logs: it may name hosts and keys.
	Message string
	// RetryAfter is how long the server asked to be left alone, 0 when it did not say.
	RetryAfter time.Duration
	// Calls are those that the request cost a pool, this one and those before it.
	Calls int
	Err   error // the cause, may be nil
}

func (e *Error) Error() string {
	s := string(e.Code)
	if e.Backend != "" {
		s = e.Backend + ": " + s
	}
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// costing is err with the calls that it took.
func costing(err error, calls int) error {
	var e *Error
	if calls == 0 || !errors.As(err, &e) {
		return err
	}
	told := *e // the driver may keep its own
	told.Calls = calls
	return &told
}

// CodeOf returns the code of err, CodeUnavailable when it has none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeUnavailable
}
