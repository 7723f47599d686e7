package bolt

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"
)

// errNoReturn stands for a handler that called runtime.Goexit.
var errNoReturn = errors.New("handler ended its goroutine")

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

// maxFrames is how many calls of a panic are kept, innermost first.
const maxFrames = 12

// panicTrace returns the calls between the handler and its panic, one a line. It is
// called by the deferred function that recovers.
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
		case strings.HasSuffix(f.Function, ".(*claim).call"):
			return strings.Join(lines, "\n")
		case !strings.HasPrefix(f.Function, "runtime.") && len(lines) < maxFrames:
			lines = append(lines, fmt.Sprintf("%s %s:%d", f.Function, filepath.Base(f.File), f.Line))
		}
		if !more {
			return strings.Join(lines, "\n")
		}
	}
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
