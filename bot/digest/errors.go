package digest

import (
	"errors"
	"fmt"

	"github.com/bapsang/bapsang/bot/digest/schedule"
)

// Code is why an operation was refused.
type Code string

// The codes.
const (
	CodeNotFound     Code = "not_found"     // no such subscription, or not theirs to see
	CodeDenied       Code = "denied"        // not theirs to change
	CodeConflict     Code = "conflict"      // somebody else changed it meanwhile
	CodeEnded        Code = "ended"         // it has ended
	CodeKind         Code = "kind"          // nothing renders that kind
	CodeNoQuestion   Code = "no_question"   // a saved question without a question
	CodeAlert        Code = "alert"         // an alert without a condition that makes sense
	CodeSkip         Code = "skip"          // no such rule of skipping
	CodeSchedule     Code = "schedule"      // see Err, a *schedule.Error
	CodeTooLong      Code = "too_long"      // a title or question
	CodeRecipients   Code = "recipients"    // none, or more than Limit
	CodeUnreachable  Code = "unreachable"   // the recipient called Text cannot be posted to
	CodeOwnerLimit   Code = "owner_limit"   // the owner has Limit already
	CodeChannelLimit Code = "channel_limit" // the channel has Limit already
)

// Error is why an operation was refused.
type Error struct {
	Code  Code
	ID    string // of the subscription
	Text  string // what is wrong
	Limit int
	Err   error
}

func (e *Error) Error() string {
	text := "subscription " + e.ID + ": " + string(e.Code)
	if e.Text != "" {
		text += fmt.Sprintf(" %q", e.Text)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Sentence says err to whoever asked for the operation. Errors that are not *Error or
// *schedule.Error are something that broke, and are said as that.
func Sentence(err error, language string) string {
	var bad *schedule.Error
	if errors.As(err, &bad) {
		return bad.Sentence(language)
	}
	var e *Error
	if !errors.As(err, &e) {
		return wordsFor(language).broken
	}
	text, ok := wordsFor(language).errors[e.Code]
	if !ok {
		return wordsFor(language).broken
	}
	switch e.Code {
	case CodeRecipients, CodeOwnerLimit, CodeChannelLimit:
		return fmt.Sprintf(text, e.Limit)
	}
	return text
}
