// Package kit is what drivers of the store contract have in common and no engine
// decides: how a handler is run and what becomes of its job, who is woken by what, which
// names a document may have.
package kit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/store"
)

const (
	// maxErrorSize bounds what is kept of a handler's error.
	maxErrorSize = 4 << 10
	// maxFrames is how many calls of a panic are kept, innermost first.
	maxFrames = 12
)

// What a driver takes when WorkOptions and NewJob say nothing.
const (
	DefaultConcurrency = 4
	DefaultSoftStop    = 10 * time.Second
	DefaultMaxAttempts = 3
)

// ErrNoReturn stands for a handler that called runtime.Goexit. Whoever runs one begins with
// it and replaces it by what Run returns.
var ErrNoReturn = errors.New("handler ended its goroutine")

// panicError is a panic of a handler, kept with its job.
type panicError struct {
	value any
	trace string
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.trace) }

// Unwrap lets a panic with an error be told by that error.
func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

// Run runs a handler and makes an error of its panic.
func Run(ctx context.Context, handler store.Handler, claim store.Claim, logger *slog.Logger) (err error) {
	panicked := true
	defer func() {
		if !panicked {
			return
		}
		if p := recover(); p != nil {
			job, trace := claim.Job(), panicTrace()
			logger.Error("handler panicked", "kind", job.Kind, "job", job.ID, "panic", p, "trace", trace)
			err = &panicError{value: p, trace: trace}
		}
	}()
	err = handler(ctx, claim)
	panicked = false
	return err
}

// panicTrace returns the calls between Run and the panic, one a line. It is called by the
// deferred function that recovers.
func panicTrace() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var lines []string
	inside := false
	for {
		f, more := frames.Next()
		switch {
		case !inside:
			inside = f.Function == "runtime.gopanic"
		case strings.HasSuffix(f.Function, "/store/kit.Run"):
			return strings.Join(lines, "\n")
		case !strings.HasPrefix(f.Function, "runtime.") && len(lines) < maxFrames:
			lines = append(lines, fmt.Sprintf("%s %s:%d", f.Function, filepath.Base(f.File), f.Line))
		}
		if !more {
			return strings.Join(lines, "\n")
		}
	}
}

// Verdict is what becomes of a job whose handler returned.
type Verdict struct {
	State     store.State // final, or Queued
	Attempt   int
	After     time.Duration // of a job that is queued: how long it waits
	LastError string        // empty leaves what is kept
}

// Settle decides what becomes of a job that was claimed as job, whose handler returned err,
// and which somebody may have cancelled meanwhile.
func Settle(job store.Job, cancelled bool, err error) Verdict {
	if err == nil {
		return Verdict{State: store.Done, Attempt: job.Attempt}
	}
	var snooze store.Snooze
	if errors.As(err, &snooze) && !cancelled {
		return Verdict{State: store.Queued, Attempt: job.Attempt - 1, After: snooze.For}
	}
	v := Verdict{State: store.Queued, Attempt: job.Attempt, LastError: clip(err.Error())}
	switch {
	case cancelled:
		v.State = store.Cancelled
	case job.Attempt >= job.MaxAttempts:
		v.State = store.Failed
	default:
		v.After = backoff(job.Attempt)
	}
	return v
}

// backoff is the delay after the n-th run that failed: 1, 4, 16, 64 s and at most
// five minutes.
func backoff(n int) time.Duration {
	const limit = 5 * time.Minute
	if n > 4 {
		return limit
	}
	return min(limit, time.Second<<(2*(n-1)))
}

// clip bounds an error's text without cutting a character in two.
func clip(text string) string {
	if len(text) <= maxErrorSize {
		return text
	}
	end := maxErrorSize
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + " …"
}
