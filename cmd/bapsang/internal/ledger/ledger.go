// Package ledger says what was agreed with the owners of upstreams, what they get at most and
// what they got, as a page that an operator can send them.
package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/cmd/bapsang/config"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/quota"
)

// Soon is how long before its end a contract is worth a word.
const Soon = 14 * 24 * time.Hour

// State is how a contract stands.
type State string

// The states.
const (
	Agreed   State = "agreed"
	Expiring State = "expiring" // within a fortnight
	Expired  State = "expired"
	NotYet   State = "not_yet" // agreed from a day on that is to come
	Nobody   State = "nobody"  // nobody agreed
)

// StateOf is how a contract stands at now.
func StateOf(c connectors.Contract, now time.Time) State {
	switch {
	case c.Owner == "" || c.Agreed.IsZero():
		return Nobody
	case !c.InForce(now):
		return Expired
	case c.Agreed.After(now):
		return NotYet
	case !c.Expires.IsZero() && !now.Add(Soon).Before(c.Expires.AddDate(0, 0, 1)):
		return Expiring
	}
	return Agreed
}

// Ledger is the whole page, as its JSON. A field that is not known is left out.
type Ledger struct {
	At        time.Time  `json:"at"`
	Timezone  string     `json:"timezone"` // of days
	Contact   string     `json:"contact,omitempty"`
	Upstreams []Upstream `json:"upstreams"`
}

// Upstream is one contract, and what was called under it.
type Upstream struct {
	Name        string     `json:"name"`
	Kind        string     `json:"kind"`              // model, source, search, feed, pages
	Entries     []string   `json:"entries,omitempty"` // of the configuration that share it, where not one of its name
	Owner       string     `json:"owner,omitempty"`
	Agreed      string     `json:"agreed,omitempty"`
	Expires     string     `json:"expires,omitempty"`
	State       State      `json:"state"`
	AtMost      Limits     `json:"at_most"`
	Exhausted   string     `json:"when_exhausted"`
	Today       Figures    `json:"today"`
	Yesterday   Figures    `json:"yesterday"`
	Week        Figures    `json:"week"` // today and the six days before
	Pace        float64    `json:"pace"` // share of what was agreed that is used; less in distress
	Off         *Act       `json:"off,omitempty"`
	Acts        []Act      `json:"acts,omitempty"` // of operators, the latest first
	BrokenUntil *time.Time `json:"broken_until,omitempty"`
	PausedUntil *time.Time `json:"paused_until,omitempty"`
}

// Limits are what an upstream gets at most.
type Limits struct {
	Rates           []string          `json:"rates"`
	Concurrency     int               `json:"concurrency"` // 0: any number
	TokensPerMinute int               `json:"tokens_per_minute,omitempty"`
	EachProcess     bool              `json:"each_process,omitempty"` // has a copy of its own, and calls it so much
	TimeoutSeconds  float64           `json:"timeout_seconds,omitempty"`
	CacheSeconds    float64           `json:"cache_seconds,omitempty"`
	rates           []connectors.Rate // as such
	timeout         time.Duration     // as such
}

// Figures are what was called in a while.
type Figures struct {
	Calls   int        `json:"calls"`
	Errors  int        `json:"errors"`           // of these, not answered
	Refused int        `json:"refused"`          // wanted, and not sent
	Cached  int        `json:"cached"`           // answered without a call
	Tokens  int        `json:"tokens,omitempty"` // of a model, prompts and replies, as far as it tells
	P95MS   int64      `json:"p95_ms"`           // 95 of 100 calls took that long at most
	Peak    int        `json:"peak_per_minute"`
	PeakAt  *time.Time `json:"peak_at,omitempty"`
}

// Act is an operator's.
type Act struct {
	On      bool       `json:"on"`
	At      time.Time  `json:"at"`
	By      string     `json:"by"`
	Because string     `json:"because,omitempty"`
	Until   *time.Time `json:"until,omitempty"`
}

// Books are where the figures are.
type Books struct {
	Board *quota.Board
	// Models tells how the contracts of models stand, in the order of names; nil tells
	// nothing.
	Models func(ctx context.Context, names []string) ([]llm.Standing, error)
}

// Of makes the ledger of a configuration's upstreams at now, whose zone is that of days.
// Only names one upstream; empty means all. An unknown name is an error that lists those
// there are.
func Of(ctx context.Context, books Books, upstreams []config.Upstream, contact, only string, now time.Time) (*Ledger, error) {
	board := books.Board
	l := &Ledger{At: now.Truncate(time.Second), Timezone: now.Location().String(), Contact: contact, Upstreams: []Upstream{}}
	var names, known []string
	var picked []config.Upstream
	for _, u := range upstreams {
		if u.Own {
			continue
		}
		known = append(known, u.Contract.Name)
		if only == "" || only == u.Contract.Name || slices.Contains(u.Names, only) {
			picked, names = append(picked, u), append(names, u.Contract.Name)
		}
	}
	if only != "" && len(picked) == 0 {
		return nil, &UnknownError{Name: only, Known: known}
	}
	status, err := board.StatusOf(ctx, names)
	if err != nil {
		return nil, err
	}
	if err := books.models(ctx, picked, status); err != nil {
		return nil, err
	}
	day := func(back int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()-back, 0, 0, 0, 0, now.Location())
	}
	spans := []quota.Span{{From: day(0), To: day(-1)}, {From: day(1), To: day(0)}, {From: day(6), To: day(-1)}}
	for i, u := range picked {
		sums, err := board.Sums(ctx, u.Contract.Name, spans)
		if err != nil {
			return nil, err
		}
		l.Upstreams = append(l.Upstreams, upstream(u, status[i], sums, now))
	}
	return l, nil
}

// models fills in how models stand, which the board does not know: they are counted and
// paced by their pools.
func (b Books) models(ctx context.Context, picked []config.Upstream, status []quota.Status) error {
	if b.Models == nil {
		return nil
	}
	var names []string
	var at []int
	for i, u := range picked {
		if u.Kind == "model" {
			names, at = append(names, u.Contract.Name), append(at, i)
		}
	}
	stand, err := b.Models(ctx, names)
	if err != nil {
		return err
	}
	for i, s := range stand {
		status[at[i]].Pace, status[at[i]].Paused = s.Pace, s.PausedUntil
	}
	return nil
}

// UnknownError says that nothing is called by a name.
type UnknownError struct {
	Name  string
	Known []string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("there is no upstream called %s; there are %q", e.Name, e.Known)
}

func upstream(u config.Upstream, st quota.Status, sums []quota.Sum, now time.Time) Upstream {
	c := u.Contract
	out := Upstream{
		Name: c.Name, Kind: u.Kind, Owner: c.Owner, Agreed: date(c.Agreed), Expires: date(c.Expires), State: StateOf(c, now),
		Exhausted: string(c.WhenExhausted), Pace: st.Pace, Today: figures(sums[0], now), Yesterday: figures(sums[1], now), Week: figures(sums[2], now),
		AtMost: limits(u, now),
	}
	if u.Kind == config.PagesName { // each site agrees for itself
		out.Agreed = ""
	}
	if len(u.Names) != 1 || u.Names[0] != c.Name {
		out.Entries = u.Names
	}
	for _, w := range slices.Backward(st.Switches) {
		out.Acts = append(out.Acts, act(w, now))
	}
	if st.Off != nil {
		a := act(*st.Off, now)
		out.Off = &a
	}
	out.BrokenUntil, out.PausedUntil = coming(st.Broken, now), coming(st.Paused, now)
	return out
}

// limits are those in force: a trickle for what nobody agrees to.
func limits(u config.Upstream, now time.Time) Limits {
	c := u.Contract
	l := Limits{
		Concurrency: c.Concurrency, TokensPerMinute: u.TokensPerMinute, TimeoutSeconds: c.Timeout.Seconds(), CacheSeconds: c.Cache.Seconds(),
		rates: slices.Clone(c.Rates), timeout: c.Timeout, Rates: []string{}, EachProcess: c.Alone,
	}
	if !c.InForce(now) {
		l.Concurrency, l.rates = 1, append(l.rates, connectors.TrickleRate())
		if u.Kind == "model" {
			l.rates[len(l.rates)-1] = llm.TrickleRate()
		}
	}
	for _, r := range l.rates {
		l.Rates = append(l.Rates, r.String())
	}
	return l
}

func figures(s quota.Sum, now time.Time) Figures {
	f := Figures{Calls: s.Calls, Errors: s.Errors, Refused: s.Refused, Cached: s.Cached, Tokens: s.Tokens, P95MS: s.P95().Milliseconds(), Peak: s.Peak}
	if s.Peak > 0 {
		at := s.PeakAt.In(now.Location())
		f.PeakAt = &at
	}
	return f
}

func act(w quota.Switch, now time.Time) Act {
	a := Act{On: w.On, At: w.At.In(now.Location()), By: w.By, Because: w.Because}
	if !w.Until.IsZero() {
		until := w.Until.In(now.Location())
		a.Until = &until
	}
	return a
}

func coming(t, now time.Time) *time.Time {
	if !t.After(now) {
		return nil
	}
	t = t.In(now.Location())
	return &t
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// JSON writes the ledger for programs.
func (l *Ledger) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(l); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}
