package connectors

import (
	"errors"
	"fmt"
	"time"
)

// Code classifies a failure of a source. Every edge has one table from code to a
// sentence that is safe to show; Error.Err is for logs only.
type Code string

// The codes.
const (
	CodeDenied      Code = "denied"       // the statement is not one SELECT on allowed tables and functions
	CodeSQL         Code = "sql"          // the engine refused the statement: syntax, unknown column, cast
	CodeTimeout     Code = "timeout"      // the deadline passed
	CodeCancelled   Code = "cancelled"    // the caller gave up
	CodeTooLarge    Code = "too_large"    // memory, row or byte limit
	CodeExhausted   Code = "exhausted"    // a quota of the upstream's contract is used up
	CodeUnavailable Code = "unavailable"  // the system does not answer
	CodeUnusable    Code = "unusable"     // it does, and cannot be used until somebody mends it: the login, its rights, a certificate
	CodeOff         Code = "off"          // an operator turned the system off
	CodeBadData     Code = "bad_data"     // a file cannot be read as what it claims to be; a query is malformed
	CodeNotFound    Code = "not_found"    // no such file, table or source
	CodeStorageFull Code = "storage_full" // no room left to write
	CodeInternal    Code = "internal"     // anything else
)

// Error is a classified failure.
type Error struct {
	Code Code
	// Message is one sentence that may be shown to whoever asked: no path of the
	// server, no secret, no driver text. For CodeSQL and CodeBadData it says what
	// is wrong with the statement or the file. It is English.
	Message string
	Korean  string // Message in Korean; empty where it is not for askers to read
	// Fix is one English sentence for whoever runs this: what to change so that it
	// works. Empty where nothing needs changing.
	Fix string
	// After is how long the system wants to be left alone, or when there is room again under
	// its contract; zero where nobody says.
	After time.Duration
	Err   error // the cause, for logs; may be nil
}

func (e *Error) Error() string {
	text := string(e.Code) + ": " + e.Message
	if e.Fix != "" {
		text += " " + e.Fix
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Text is the sentence in language, "ko" or "en"; the English one where there is no
// other. It quotes names as they are: whoever puts it into markup escapes it.
func (e *Error) Text(language string) string {
	if language == "ko" && e.Korean != "" {
		return e.Korean
	}
	return e.Message
}

// Errorf returns an Error of code whose message is formatted from format.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of err, CodeInternal when it has none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
