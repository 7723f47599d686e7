// Package cli is the command line: it reads flags, wires the parts together and
// turns what went wrong into one line and an exit status.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/bapsang/bapsang/cmd/bapsang/internal/telemetry"
)

// The exit statuses.
const (
	ExitDone       = 0
	ExitFailed     = 1
	ExitUsage      = 2 // wrong usage or configuration
	ExitUnanswered = 3 // the question could not be answered
)

// IO is what a command talks through.
type IO struct {
	In     io.Reader
	Out    io.Writer
	Err    io.Writer
	Getenv func(name string) (string, bool)
}

// Roles are the confined child processes this binary can be; see confine.Main.
func Roles() map[string]func(in io.Reader, out io.Writer) int {
	roles := map[string]func(in io.Reader, out io.Writer) int{}
	for _, d := range sourceDrivers() {
		maps.Copy(roles, d.Roles)
	}
	return roles
}

// root is the command line's grammar.
type root struct {
	Now     string `help:"Pretend that now is this date, or instant in RFC 3339." env:"BAPSANG_NOW" placeholder:"2026-11-22"`
	Verbose bool   `help:"Log what happens to standard error." short:"v"`

	Demo     demoCmd     `cmd:"" help:"Open a chat page with a demo company to ask about. Needs nothing."`
	Serve    serveCmd    `cmd:"" help:"Serve the chat page and the HTTP interface as configured."`
	Ask      askCmd      `cmd:"" help:"Answer one question on the terminal."`
	Analyst  analystCmd  `cmd:"" help:"Draft, check, list, show, apply and export analysts."`
	Eval     evalCmd     `cmd:"" help:"Measure an analyst, or judge given predictions, by a published rule."`
	Doctor   doctorCmd   `cmd:"" help:"Check everything a configuration names, and say what to do."`
	Calendar calendarCmd `cmd:"" help:"List, add, import, review and export dates of the marketing calendar."`
	Report   reportCmd   `cmd:"" help:"Say what it was worth: usage, quality, cost, and an estimate of the hours saved."`
	Upstream upstreamCmd `cmd:"" help:"List what is called under a contract, and turn it off and on."`
	Backup   backupCmd   `cmd:"" help:"Copy the store of a data directory to a file."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the store on a PostgreSQL server up to date, or move a file's content there."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// env is what every command gets.
type env struct {
	IO
	ctx context.Context
	now func() time.Time
	// pretends says that now is not the machine's clock.
	pretends bool
	logger   *slog.Logger
	traces   *telemetry.Traces // nil where nobody looks at them
}

// usageError is the user's mistake.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errUnanswered ends a command whose output already said why.
var errUnanswered = errors.New("not answered")

// errStopped ends a command that somebody stopped before it was done.
var errStopped = errors.New("stopped before it was done")

// exited is how kong's own exits (help) reach Run without ending the process.
type exited int

// Run runs one command and returns its exit status.
func Run(ctx context.Context, args []string, stdio IO) (code int) {
	var r root
	parser, err := kong.New(&r,
		kong.Name("bapsang"),
		kong.Description("A data analyst that lives where people chat: ask in Korean or English, get a figure, a chart and where it came from."),
		kong.UsageOnError(), kong.Writers(stdio.Out, stdio.Err),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		return fail(stdio, err)
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case exited:
			code = int(e)
		default:
			panic(e)
		}
	}()
	command, err := parser.Parse(args)
	if err != nil {
		return fail(stdio, usagef("%w; see bapsang --help", err))
	}
	now, err := clock(r.Now, nowName(args))
	if err != nil {
		return fail(stdio, err)
	}
	level := slog.LevelError
	switch {
	case r.Verbose:
		level = slog.LevelDebug
	case command.Command() == "serve":
		level = slog.LevelWarn // nobody sits there whom a log would disturb
	}
	e := &env{IO: stdio, ctx: ctx, now: now, pretends: r.Now != "", logger: slog.New(slog.NewTextHandler(stdio.Err, &slog.HandlerOptions{Level: level}))}
	e.openTraces()
	defer e.traces.Close()
	if err := command.Run(e); err != nil {
		if ctx.Err() != nil && !errors.Is(err, errUnanswered) {
			e.logger.Debug("stopped", "error", err)
			err = errStopped
		}
		return fail(stdio, err)
	}
	return ExitDone
}

// fail prints an error, first what happened in one line, and returns its status.
func fail(stdio IO, err error) int {
	if errors.Is(err, errUnanswered) {
		return ExitUnanswered
	}
	if errors.Is(err, errUnhealthy) {
		return ExitFailed // the report said what
	}
	fmt.Fprintln(stdio.Err, "bapsang: "+strings.TrimSpace(sentence(err)))
	var usage usageError
	if errors.As(err, &usage) {
		return ExitUsage
	}
	return ExitFailed
}

// clock returns the clock of a run: the machine's, or one that stands at a given
// date's noon or instant and goes on from there.
func clock(at, name string) (func() time.Time, error) {
	if at == "" {
		return time.Now, nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		day, derr := time.ParseInLocation(time.DateOnly, at, seoul())
		if derr != nil {
			return nil, usagef("%s %q is neither a date such as 2026-11-22 nor an instant such as 2026-11-22T09:00:00+09:00", name, at)
		}
		t = day.Add(12 * time.Hour)
	}
	started := time.Now()
	return func() time.Time { return t.Add(time.Since(started)) }, nil
}

// nowName is where the instant was given: by the flag, or else by the environment.
func nowName(args []string) string {
	for _, a := range args {
		if a == "--now" || strings.HasPrefix(a, "--now=") {
			return "--now"
		}
	}
	return "BAPSANG_NOW"
}

// seoul is the zone of commands that have no configuration.
func seoul() *time.Location {
	loc, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		return time.FixedZone("KST", 9*60*60) // no zone database on this system; Korea has no DST
	}
	return loc
}
