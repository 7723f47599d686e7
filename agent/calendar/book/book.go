// Package book keeps what people confirmed of the calendar, and how they came to it.
//
// Everything is a record in a log that only grows: somebody suggested dates with the
// words they stand in, a curator looked, confirmed or rejected them, and later ones
// replaced them. What an edition is now follows from the log; [Book.Verify] shows it.
// A search can only suggest: the system itself never has a curator's rights.
package book

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/extract"
	"github.com/bapsang/bapsang/store"
)

// Topic is notified in the store when the book changes.
const Topic = "calendar"

// System is who acts where no person does: searches, feeds, expiry. It may suggest and
// never confirm, whatever Rights says.
const System = "system"

// Role is what somebody may do; each includes those before it.
type Role int

// The roles.
const (
	Nobody    Role = iota
	Viewer         // may read the queue and the trail
	Suggester      // may suggest
	Curator        // may confirm, change and reject
)

// State is where a suggestion is.
type State string

// The states. A suggestion is open while it is suggested or in review. Confirmed ones
// are what the calendar says until another replaces them.
const (
	Suggested  State = "suggested"
	InReview   State = "in_review"
	Confirmed  State = "confirmed"
	Rejected   State = "rejected"
	Superseded State = "superseded"
	Expired    State = "expired"
)

func (s State) open() bool { return s == Suggested || s == InReview }

// Proposal is what is said of one edition of an event. Start and End are dates at
// midnight UTC, End inclusive.
type Proposal struct {
	// Event is the event's id: one of the calendar's, or that of New.
	Event string `json:"event"`
	// New describes an event that the calendar does not know.
	New    *NewEvent `json:"new,omitempty"`
	Year   int       `json:"year"`
	Label  string    `json:"label"`  // the year where empty
	Market string    `json:"market"` // the event's own where empty
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	// Status is Confirmed for dates that are announced: that is what confirming says. It
	// is Tentative, Postponed or Cancelled where the organiser says so.
	Status calendar.Status `json:"status"`
	Name   calendar.Names  `json:"name"` // the event's own where empty
	Place  string          `json:"place,omitempty"`
	// Was are the dates before it was moved, where the source says so. What the book
	// itself had before counts more.
	Was *Span `json:"was,omitempty"`
}

// NewEvent describes an event that the calendar does not know.
type NewEvent struct {
	ID      string         `json:"id"` // such as "dalbit.black_week"
	Ko      string         `json:"ko"`
	En      string         `json:"en"`
	Aliases []string       `json:"aliases,omitempty"`
	Market  string         `json:"market"`
	Markets []string       `json:"markets,omitempty"` // others it is of concern to
	Class   calendar.Class `json:"class"`
}

func describe(e calendar.Event) *NewEvent {
	return &NewEvent{ID: e.ID, Ko: e.Name.Ko, En: e.Name.En, Aliases: e.Aliases, Market: e.Market, Markets: e.Markets, Class: e.Class}
}

func (e *NewEvent) event() calendar.Event {
	return calendar.Event{ID: e.ID, Name: calendar.Names{Ko: e.Ko, En: e.En}, Aliases: e.Aliases, Market: e.Market, Markets: e.Markets,
		Class: e.Class, Announced: true}
}

// Origin is what sort of source it is.
type Origin string

// The origins, from the most trusted.
const (
	FromFeed   Origin = "feed"     // a calendar feed that an operator named as official
	FromData   Origin = "declared" // what a page declares for machines
	FromText   Origin = "text"     // a page's text
	FromFile   Origin = "file"     // an imported file
	FromPerson Origin = "person"
)

// Source is where dates were read.
type Source struct {
	Origin      Origin          `json:"origin"`
	URL         string          `json:"url,omitempty"`
	Title       string          `json:"title,omitempty"`
	Quote       string          `json:"quote,omitempty"`    // verbatim
	Sentence    string          `json:"sentence,omitempty"` // holds Quote
	RetrievedAt time.Time       `json:"retrieved_at"`
	Checked     bool            `json:"checked,omitempty"` // its year is written, or its weekday agrees
	Doubts      []extract.Doubt `json:"doubts,omitempty"`
}

// Span is a first and a last day.
type Span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Item is a suggestion and what became of it.
type Item struct {
	ID       string
	State    State
	Proposal Proposal
	Sources  []Source // all that gave these dates, the first first

	SuggestedBy string
	SuggestedAt time.Time
	ReviewedBy  string
	ReviewedAt  time.Time
	DecidedBy   string
	DecidedAt   time.Time
	Reason      string
	AmendedBy   string // who changed the dates from those the sources give

	// Replaces is the confirmed item that this one replaced, ReplacedBy the reverse.
	Replaces, ReplacedBy string
	MergedInto           string
	// Previous are the dates the edition had before, the latest last.
	Previous  []Span
	Trail     []uint64 // its records
	Version   uint64   // of its latest record
	TouchedAt time.Time
}

// Error is why something was not done. Its Text may be shown.
type Error struct {
	Code Code
	Item string
	// State, By and At say what became of an item that is settled.
	State  State
	By     string
	At     time.Time
	Detail string
	Err    error
}

func (e *Error) Error() string {
	s := "calendar book: " + string(e.Code)
	for _, part := range []string{e.Item, string(e.State), e.By, e.Detail} {
		if part != "" {
			s += " " + part
		}
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of err, "" when it has none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Options says how a book works.
type Options struct {
	// Base is the calendar of the rules; nil means calendar.Default().
	Base *calendar.Calendar
	// Rights says what somebody may do. Nil lets everybody read and nobody more.
	Rights func(ctx context.Context, who string) (Role, error)
	// Organisers gives the registrable domains of an event's organiser, such as
	// "suneung.re.kr". Nil knows none.
	Organisers func(event string) []string
	// Stale is how long an open suggestion is kept that nobody looks at; 0 means 60 days.
	Stale time.Duration
	// Zone is where days begin and in which errors say when; nil means UTC.
	Zone *time.Location
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger is told of confirmed rows that the calendar no longer takes; nil discards.
	Logger *slog.Logger
}

// Book is the curated part of the calendar. Methods may be called concurrently, and by
// several processes on one store.
type Book struct {
	store store.Store
	opts  Options

	// A change by this process marks the snapshot at once, one by another soon after.
	changes  atomic.Uint64
	snapshot atomic.Pointer[snapshot]
	building sync.Mutex

	stop    context.CancelFunc
	stopped chan struct{}
}

// Open returns the book in a store. Close ends its listening.
func Open(ctx context.Context, s store.Store, opts Options) (*Book, error) {
	if opts.Base == nil {
		opts.Base = calendar.Default()
	}
	if opts.Rights == nil {
		opts.Rights = func(context.Context, string) (Role, error) { return Viewer, nil }
	}
	if opts.Organisers == nil {
		opts.Organisers = func(string) []string { return nil }
	}
	if opts.Stale == 0 {
		opts.Stale = 60 * 24 * time.Hour
	}
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Book{store: s, opts: opts, stopped: make(chan struct{})}
	// What is listened for must not be missed between the first reading and listening.
	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	b.stop = stop
	changed := s.Listen(listening, Topic)
	go func() {
		defer close(b.stopped)
		for range changed {
			b.changes.Add(1)
		}
	}()
	if _, err := b.Calendar(ctx); err != nil {
		b.Close()
		return nil, fmt.Errorf("open calendar book: %w", err)
	}
	return b, nil
}

// Close stops listening for changes of other processes.
func (b *Book) Close() {
	b.stop()
	<-b.stopped
}

// now is the time in the book's zone.
func (b *Book) now() time.Time { return b.opts.Now().In(b.opts.Zone) }

// may returns an error unless who has the role.
func (b *Book) may(ctx context.Context, who string, need Role) error {
	has := Suggester
	if who != System {
		var err error
		if has, err = b.opts.Rights(ctx, who); err != nil {
			return fmt.Errorf("rights of %s: %w", who, err)
		}
	}
	if who == "" || has < need {
		return &Error{Code: CodeForbidden, By: who}
	}
	return nil
}

// fill completes a proposal's label and market and clears what is not a date. A proposal
// of an event that the rules lack carries the event's description, so that it does not
// hang on another item's being confirmed.
func (p Proposal) fill(base, c *calendar.Calendar) Proposal {
	if p.New != nil && p.Event == "" {
		p.Event = p.New.ID
	}
	if p.Label == "" {
		p.Label = fmt.Sprint(p.Year)
	}
	e, known := c.Event(p.Event)
	if _, ruled := base.Event(p.Event); ruled {
		p.New = nil
	} else if known && p.New == nil {
		p.New = describe(e)
	}
	if p.Market == "" && known {
		p.Market = e.Market
	} else if p.Market == "" && p.New != nil {
		p.Market = p.New.Market
	}
	p.Start, p.End = day(p.Start), day(p.End)
	if p.End.IsZero() {
		p.End = p.Start
	}
	if p.Status == "" {
		p.Status = calendar.Confirmed
	}
	return p
}

func day(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// slot is the edition a proposal is about: event, market and label.
func (p *Proposal) slot() string {
	return strings.Join([]string{p.Event, p.Market, p.Label}, "|")
}

// fingerprint is what the proposal says of its slot.
func (p *Proposal) fingerprint() string {
	return p.Start.Format(time.DateOnly) + "~" + p.End.Format(time.DateOnly) + " " + string(p.Status)
}

// edition is the proposal as the calendar's row.
func (p *Proposal) edition() calendar.Edition {
	e := calendar.Edition{Event: p.Event, Year: p.Year, Label: p.Label, Market: p.Market, Start: p.Start, End: p.End,
		Status: p.Status, Name: p.Name}
	if p.Was != nil {
		e.PreviousStart, e.PreviousEnd = p.Was.Start, p.Was.End
	}
	return e
}
