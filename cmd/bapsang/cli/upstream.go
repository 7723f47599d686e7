package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/cmd/bapsang/internal/ledger"
	"github.com/bapsang/bapsang/connectors/quota"
	"github.com/bapsang/bapsang/store"
)

// upstreamPath is the command about upstreams.
const upstreamPath = "/upstream"

// upstreamCmd turns upstreams off and on.
type upstreamCmd struct {
	List upstreamList `cmd:"" help:"List what is called under a contract, and how that stands."`
	Off  upstreamOff  `cmd:"" help:"Turn one off, for all replicas at once."`
	On   upstreamOn   `cmd:"" help:"Turn one on again."`
}

type upstreamList struct {
	Config   string `help:"The configuration." required:"" type:"path" placeholder:"bapsang.yaml"`
	Format   string `help:"text or json." enum:"text,json" default:"text"`
	Language string `help:"ko or en." enum:"ko,en" default:"ko"`
}

// Run implements the command.
func (c *upstreamList) Run(e *env) error {
	return workUpstream(e, c.Config, upstreamCall{Command: "list", Format: c.Format, Language: c.Language})
}

type upstreamOff struct {
	Config  string `help:"The configuration." required:"" type:"path" placeholder:"bapsang.yaml"`
	Name    string `arg:"" help:"Its name, as upstream list has it."`
	Because string `help:"Why. Those who ask meanwhile read it." placeholder:"TEXT"`
	Until   string `help:"When it is on again by itself: 15:04, 2026-11-22 15:04, an instant in RFC 3339, or 2h." placeholder:"TIME"`
	As      string `help:"Who does it; default whoever is logged in." placeholder:"WHO"`
}

// Run implements the command.
func (c *upstreamOff) Run(e *env) error {
	return workUpstream(e, c.Config, upstreamCall{Command: "off", Name: c.Name, Because: c.Because, Until: c.Until, By: whoActs(c.As)})
}

type upstreamOn struct {
	Config string `help:"The configuration." required:"" type:"path" placeholder:"bapsang.yaml"`
	Name   string `arg:"" help:"Its name, as upstream list has it."`
	As     string `help:"Who does it; default whoever is logged in." placeholder:"WHO"`
}

// Run implements the command.
func (c *upstreamOn) Run(e *env) error {
	return workUpstream(e, c.Config, upstreamCall{Command: "on", Name: c.Name, By: whoActs(c.As)})
}

// whoActs is who gives a command.
func whoActs(as string) string {
	if as != "" {
		return as
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "operator"
}

// upstreamCall is a command about upstreams, worked where the store is open.
type upstreamCall struct {
	Command  string    `json:"command"` // list, off, on, ledger
	Name     string    `json:"name,omitempty"`
	Because  string    `json:"because,omitempty"`
	Until    string    `json:"until,omitempty"`
	By       string    `json:"by,omitempty"`
	Format   string    `json:"format,omitempty"`
	Language string    `json:"language,omitempty"`
	Now      time.Time `json:"now"` // of who asks
}

// contracts are where a command about upstreams is worked.
type contracts struct {
	board     *quota.Board
	store     store.Store // nil where there is none yet
	upstreams []config.Upstream
	contact   string
	location  *time.Location
}

// workUpstream has the bapsang that runs on the store work a command, or does it where none
// runs, or others may write besides.
func workUpstream(e *env, path string, call upstreamCall) error {
	cfg, err := e.readConfig(path)
	if err != nil {
		return usageError{err}
	}
	return workUpstreamOf(e, cfg, call)
}

func workUpstreamOf(e *env, cfg *config.Config, call upstreamCall) error {
	call.Now = e.now()
	place := storeOf(cfg)
	if place.server == nil {
		if done, err := askRunning(e, place.dir, upstreamPath, call, e.Out); done || err != nil {
			return err
		}
	}
	board := quota.New(quota.Options{Logger: e.logger})
	at := &contracts{board: board, upstreams: cfg.Upstreams(), contact: cfg.Contact, location: cfg.Location()}
	if !place.there() && call.Command != "off" && call.Command != "on" {
		return at.work(e.ctx, call, e.Out) // nothing was called yet, and a look makes no file
	}
	s, err := place.open(e)
	if err != nil {
		return err
	}
	at.store = s
	if err = board.Share(s); err == nil {
		err = at.work(e.ctx, call, e.Out)
	}
	return errors.Join(err, board.Close(), s.Close())
}

// upstreamCommand works a command for whoever may open the data directory.
func (a *App) upstreamCommand(w http.ResponseWriter, r *http.Request) {
	var call upstreamCall
	if !takeCall(w, r, &call) {
		return
	}
	var out bytes.Buffer
	err := a.contracts().work(r.Context(), call, &out)
	reply(w, out.Bytes(), nil, err)
}

func (a *App) contracts() *contracts {
	board := a.opts.Board
	if board == nil {
		board = quota.New(quota.Options{})
	}
	return &contracts{board: board, store: a.store, upstreams: a.opts.Upstreams, contact: a.opts.Contact, location: a.opts.Location}
}

// work works a command.
func (c *contracts) work(ctx context.Context, call upstreamCall, out io.Writer) error {
	now := call.Now.In(c.location)
	if call.Command == "off" || call.Command == "on" {
		return c.flip(ctx, call, now, out)
	}
	l, err := ledger.Of(ctx, c.books(), c.upstreams, c.contact, call.Name, now)
	if err != nil {
		var unknown *ledger.UnknownError
		if errors.As(err, &unknown) {
			return noUpstream(unknown.Name, unknown.Known)
		}
		return fmt.Errorf("read ledger: %w", err)
	}
	switch {
	case call.Format == "json":
		return l.JSON(out)
	case call.Command == "list":
		return listUpstreams(out, l, call.Language)
	case call.Format == "html":
		return l.HTML(out, call.Language, false)
	}
	return l.Markdown(out, call.Language)
}

// books are where the ledger's figures are.
func (c *contracts) books() ledger.Books {
	b := ledger.Books{Board: c.board}
	if c.store != nil {
		b.Models = func(ctx context.Context, names []string) ([]llm.Standing, error) {
			return llm.StandingOf(ctx, c.store, names)
		}
	}
	return b
}

func noUpstream(name string, known []string) error {
	if len(known) == 0 {
		return usagef("there is no upstream called %s; the configuration calls nothing under a contract", name)
	}
	return usagef("there is no upstream called %s; there are %s", name, strings.Join(known, ", "))
}

// flip turns an upstream off or on.
func (c *contracts) flip(ctx context.Context, call upstreamCall, now time.Time, out io.Writer) error {
	var known []string
	name := ""
	for _, u := range c.upstreams {
		if u.Own {
			continue
		}
		known = append(known, u.Contract.Name)
		if call.Name == u.Contract.Name || slices.Contains(u.Names, call.Name) {
			name = u.Contract.Name
		}
	}
	if name == "" {
		return noUpstream(call.Name, known)
	}
	w := quota.Switch{On: call.Command == "on", At: now.UTC().Truncate(time.Second), By: saidOf(call.By), Because: saidOf(call.Because)}
	if call.Until != "" {
		until, err := moment(call.Until, now)
		if err != nil {
			return err
		}
		w.Until = until.UTC()
	}
	if err := c.board.Flip(ctx, name, w); err != nil {
		return fmt.Errorf("turn %s %s: %w", name, call.Command, err)
	}
	line := fmt.Sprintf("%s is %s, by %s", name, call.Command, w.By)
	if w.Because != "" {
		line += ", because " + w.Because
	}
	if !w.Until.IsZero() {
		line += ", until " + w.Until.In(c.location).Format("2006-01-02 15:04 MST")
	}
	_, err := fmt.Fprintln(out, line)
	return err
}

// mostSaid bounds what an operator says, in characters: it is shown in answers.
const mostSaid = 200

func saidOf(s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	return string(r[:min(len(r), mostSaid)])
}

// moment reads when something ends: after now.
func moment(text string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	for _, form := range []string{"2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if err != nil {
			at, err = time.ParseInLocation(form, text, now.Location())
		}
	}
	if err != nil {
		clock, cerr := time.Parse("15:04", text)
		if cerr != nil {
			return at, usagef("--until %q is no time such as 15:04, 2026-11-22 15:04, 2026-11-22T15:04:00+09:00 or 2h", text)
		}
		at = time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, now.Location())
		if !at.After(now) {
			at = time.Date(now.Year(), now.Month(), now.Day()+1, clock.Hour(), clock.Minute(), 0, 0, now.Location())
		}
	}
	if !at.After(now) {
		return at, usagef("--until %q is over", text)
	}
	return at, nil
}

// listUpstreams prints how upstreams stand, one a line.
func listUpstreams(out io.Writer, l *ledger.Ledger, language string) error {
	if len(l.Upstreams) == 0 {
		_, err := fmt.Fprintln(out, map[string]string{"ko": "부르는 시스템이 없어요.", "en": "No system is called."}[cmp.Or(language, "ko")])
		return err
	}
	tab := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "NAME\tKIND\tCONTRACT\tOWNER\tTODAY\tFAILED\tREFUSED\tPACE\tNOW")
	for _, u := range l.Upstreams {
		stands := "on"
		switch {
		case u.Off != nil:
			stands = "off, by " + u.Off.By
			if u.Off.Because != "" {
				stands += ": " + u.Off.Because
			}
			if u.Off.Until != nil {
				stands += " (until " + u.Off.Until.Format("2006-01-02 15:04") + ")"
			}
		case u.BrokenUntil != nil:
			stands = "does not answer"
		case u.PausedUntil != nil:
			stands = "asked to be left alone until " + u.PausedUntil.Format("15:04:05")
		}
		fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%.0f%%\t%s\n", u.Name, u.Kind, u.State, cmp.Or(u.Owner, "-"), u.Today.Calls, u.Today.Errors, u.Today.Refused, 100*u.Pace, stands)
	}
	return tab.Flush()
}
