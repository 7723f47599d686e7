package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
)

// calendarAdd suggests one edition of an event, or confirms it.
type calendarAdd struct {
	calendarWhere
	Event    string `arg:"" help:"The event, by name or id. One that the calendar does not know is new."`
	Start    string `help:"First day." required:"" placeholder:"2027-11-18"`
	End      string `help:"Last day; default the first." placeholder:"DATE"`
	Source   string `help:"Where it is from: an address, or a name." required:"" placeholder:"URL"`
	Quote    string `help:"The words there, verbatim."`
	Edition  string `help:"What the edition is called; default the year." placeholder:"LABEL"`
	Year     int    `help:"The year it is of, where the first day's is another."`
	Status   string `help:"confirmed, tentative, postponed or cancelled." enum:"confirmed,tentative,postponed,cancelled" default:"confirmed"`
	Market   string `help:"Whose it is; default the event's, of a new one KR." placeholder:"KR"`
	Class    string `help:"Of a new event: shopping, observance, season, announced, caution or public_holiday." placeholder:"CLASS"`
	NameEn   string `help:"Of a new event: its name in English."`
	Place    string `help:"Where it takes place."`
	Confirm  bool   `help:"Confirm it at once; for curators."`
	Despite  bool   `help:"Confirm it although a rule of the calendar gives other dates."`
	As       string `help:"Who adds it: an address, or platform and id." placeholder:"WHO"`
	Language string `help:"Of what is said: ko or en." enum:"ko,en" default:"ko"`
}

// Run implements the command.
func (c *calendarAdd) Run(e *env) error { return c.run(e, c, false, e.Out) }

func (c *calendarAdd) name() string { return "add" }

func (c *calendarAdd) work(ctx context.Context, at *calendarAt, out io.Writer) error {
	who := cmp.Or(c.As, operator)
	if c.Confirm {
		var err error
		if who, err = at.whoDecides(c.As); err != nil {
			return err
		}
	}
	p, err := c.proposal(ctx, at)
	if err != nil {
		return err
	}
	result, err := at.book.Suggest(ctx, who, p, c.from(at.now))
	if err != nil {
		return bookError(err, c.Language)
	}
	w := calendarWordsFor(c.Language)
	cal, err := at.calendar(ctx)
	if err != nil {
		return err
	}
	said := func(format string) error {
		it := &result.Item
		if it.ID == "" {
			it.Proposal = p
		}
		return sayItem(out, format, cal, it, w, c.Language)
	}
	switch {
	case result.Result == book.Refused:
		return said(w.refused)
	case result.Result == book.Holds:
		return said(w.holds)
	case c.Confirm:
		result.Item, err = at.book.Approve(ctx, book.Decision{Item: result.Item.ID, By: who, Despite: c.Despite})
		if err != nil {
			return bookError(err, c.Language)
		}
		return said(w.added)
	case result.Result == book.Added:
		return said(w.suggested)
	}
	return said(w.known)
}

// from is the source as it was given.
func (c *calendarAdd) from(now time.Time) book.Source {
	s := book.Source{Origin: book.FromPerson, Title: c.Source, Quote: c.Quote, RetrievedAt: now.UTC()}
	if u, err := url.Parse(c.Source); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		s.URL, s.Title = c.Source, ""
	}
	return s
}

// idLike are texts that are meant as an id.
var idLike = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_-]+)+$`)

func (c *calendarAdd) proposal(ctx context.Context, at *calendarAt) (book.Proposal, error) {
	var p book.Proposal
	start, _, err := stretch("--start", c.Start)
	if err != nil || len(c.Start) != len(time.DateOnly) {
		return p, usagef("--start %q is not a date such as 2026-11-22", c.Start)
	}
	end := start
	if c.End != "" {
		if end, err = time.Parse(time.DateOnly, c.End); err != nil {
			return p, usagef("--end %q is not a date such as 2026-11-22", c.End)
		}
	}
	if end.Before(start) {
		return p, usagef("--end %s is before --start %s", c.End, c.Start)
	}
	p = book.Proposal{Year: cmp.Or(c.Year, start.Year()), Label: c.Edition, Market: c.Market, Start: start, End: end, Status: calendar.Status(c.Status), Place: c.Place}
	cal, err := at.calendar(ctx)
	if err != nil {
		return p, err
	}
	if id, ok := eventID(cal, c.Event); ok {
		if c.Class != "" || c.NameEn != "" {
			return p, usagef("the calendar knows %s (%s); --class and --name-en are for new events", c.Event, id)
		}
		p.Event = id
		return p, nil
	}
	if idLike.MatchString(c.Event) {
		return p, usagef("the calendar has no event with the id %s; name a new one by its name", c.Event)
	}
	if !slices.Contains(calendarClasses, calendar.Class(c.Class)) {
		return p, usagef("the calendar has no event %q; for a new one say its --class: %s", c.Event, classList())
	}
	p.New = &book.NewEvent{ID: ownID(c.Event), Ko: c.Event, En: cmp.Or(c.NameEn, c.Event), Market: cmp.Or(c.Market, calendar.Home), Class: calendar.Class(c.Class)}
	p.Event = p.New.ID
	return p, nil
}

// ownID is the id of an event that people named: the same name is the same event.
func ownID(name string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.Join(strings.Fields(name), ""))))
	return "own." + hex.EncodeToString(sum[:6])
}

// sayItem says what became of an item: its name, its dates and its id.
func sayItem(out io.Writer, format string, c *calendar.Calendar, it *book.Item, w *calendarWords, language string) error {
	p := &it.Proposal
	days := p.Start.Format(time.DateOnly) + " " + w.days[p.Start.Weekday()]
	if p.End.After(p.Start) {
		days += "–" + p.End.Format(time.DateOnly) + " " + w.days[p.End.Weekday()]
	}
	args := []any{itemName(c, p, language), days}
	if strings.Contains(format, "(%s)") || strings.Contains(format, "[3]") {
		args = append(args, it.ID)
	}
	_, err := fmt.Fprintln(out, visible(fmt.Sprintf(format, args...)))
	return err
}

// itemName is what an item is about.
func itemName(c *calendar.Calendar, p *book.Proposal, language string) string {
	name := p.Name
	if name.Ko == "" {
		if e, ok := c.Event(p.Event); ok {
			name = e.Name
		} else if p.New != nil {
			name = calendar.Names{Ko: p.New.Ko, En: p.New.En}
		}
	}
	text := cmp.Or(name.In(language), p.Event)
	if p.Label != "" && !strings.Contains(text, p.Label) {
		text += " " + p.Label
	}
	return text
}

// bookError is why the book did not do something, in the language of who asked.
func bookError(err error, language string) error {
	var refused *book.Error
	if errors.As(err, &refused) {
		return errors.New(refused.Text(language))
	}
	return err
}
