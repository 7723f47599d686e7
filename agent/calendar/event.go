package calendar

import (
	"slices"
	"time"
)

// Event is what the calendar knows of an event apart from its dates.
type Event struct {
	ID      string
	Name    Names
	Aliases []string
	// Weak are names that mean other things too (설, CNY).
	Weak   []string
	Market string // where it is at home: "KR", "US", … or "world"
	// Markets are the others that it is of concern to; "world" stands for all.
	Markets []string
	Class   Class
	Minor   bool // one of the many days that few plan for
	// Solemn days are those of class Caution, and public holidays on which people mourn:
	// promotions offend.
	Solemn  bool
	Windows Windows
	Prepare []Preparation
	// Announced is set where dates are set each time: there are no editions but those
	// in a table or confirmed by people.
	Announced bool
	// Expect is when an announced event may take place, for those who look for its
	// dates. It is never shown as one.
	Expect *Expect
	Source string
}

// Preparation is something to do before an event.
type Preparation struct {
	Days int   `yaml:"days"` // business days before the first day
	What Names `yaml:"what"`
}

// Expect is a stretch of a year in which to look for an announced event's dates.
type Expect struct {
	From  string `yaml:"from"` // MM-DD
	To    string `yaml:"to"`   // MM-DD, inclusive; before From it is the next year's
	Since int    `yaml:"since"`
	Every int    `yaml:"every"` // years from one edition to the next, 1 when 0
}

// in returns the stretch for the edition of year, and false where none is expected.
func (x *Expect) in(year int) (from, to time.Time, ok bool) {
	if x == nil || year < x.Since || x.Every > 1 && (year-x.Since)%x.Every != 0 {
		return from, to, false
	}
	from, to = monthDay(year, x.From), monthDay(year, x.To)
	if to.Before(from) {
		to = to.AddDate(1, 0, 0)
	}
	return from, to, true
}

func (e *Event) concerns(market string) bool {
	return market == e.Market || e.Market == World || slices.Contains(e.Markets, market) || slices.Contains(e.Markets, World)
}

// clone is a copy that shares nothing that can be changed.
func (e Event) clone() Event {
	e.Aliases, e.Weak, e.Markets = slices.Clone(e.Aliases), slices.Clone(e.Weak), slices.Clone(e.Markets)
	e.Prepare = slices.Clone(e.Prepare)
	if e.Expect != nil {
		x := *e.Expect
		e.Expect = &x
	}
	return e
}

// Event returns the event with an id, and false where there is none.
func (c *Calendar) Event(id string) (Event, bool) {
	i, ok := c.byID[id]
	if !ok {
		return Event{}, false
	}
	return c.events[i].clone(), true
}

// Events returns all events: those of the rules in the order of their files, then
// those that were added.
func (c *Calendar) Events() []Event {
	all := make([]Event, len(c.events))
	for i, e := range c.events {
		all[i] = e.clone()
	}
	return all
}

// Expected is a stretch in which an announced event may take place, though nobody has
// said when.
type Expected struct {
	Event    string
	Year     int
	From, To time.Time
}

// Unconfirmed returns the editions of announced events that may take place within
// from…to and have no dates: what somebody has to look up. An edition that is
// tentative counts as having none.
func (c *Calendar) Unconfirmed(from, to time.Time) []Expected {
	from, to = date(from), date(to)
	var found []Expected
	for i := range c.events {
		for y := max(from.Year()-1, FirstYear); y <= min(to.Year(), LastYear); y++ {
			begin, end, ok := c.events[i].Expect.in(y)
			if !ok || begin.After(to) || end.Before(from) {
				continue
			}
			if e, ok := c.Edition(c.events[i].ID, y); !ok || e.Status == Tentative {
				found = append(found, Expected{Event: c.events[i].ID, Year: y, From: begin, To: end})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Expected) int { return a.From.Compare(b.From) })
	return found
}
