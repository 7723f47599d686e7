package calendar

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Extra is what people have curated: events that the rules do not know, and editions
// with their sources.
type Extra struct {
	// Events have an id, names, a market and a class. They are announced, whatever their
	// field says: there is no rule for them. One with the id of an earlier addition
	// replaces it; events of the rules cannot be replaced.
	Events []Event
	// Editions replace those of the same event, market and label, or stand beside them.
	// Empty fields are the event's: the market, the name, the class, the windows; an
	// empty label is the year. A public holiday is a day off where it takes place,
	// unless it is tentative.
	Editions []Edition
}

// With returns a calendar with curated rows over those of c, which stays as it is. An
// error names the row that is wrong; it is ErrEvent, ErrName, ErrYear or ErrMarket, or
// says what else is missing.
func (c *Calendar) With(extra Extra) (*Calendar, error) {
	n := *c
	var err error
	if n.version, err = versionOf(c.version, extra); err != nil {
		return nil, err
	}
	if err := n.addEvents(extra.Events); err != nil {
		return nil, err
	}
	n.extra = maps.Clone(c.extra)
	if n.extra == nil {
		n.extra = map[int][]Edition{}
	}
	changed := map[int]bool{}
	for i, e := range extra.Editions {
		e, err := n.complete(e)
		if err != nil {
			return nil, fmt.Errorf("edition %d (%s %d): %w", i+1, e.Event, e.Year, err)
		}
		if !changed[e.Year] {
			n.extra[e.Year] = slices.Clone(n.extra[e.Year])
		}
		n.extra[e.Year] = overlay(n.extra[e.Year], e)
		changed[e.Year] = true
	}
	for y := range changed {
		n.reckon(y)
	}
	return &n, nil
}

// overlay puts an edition in the place of that with its key, or at the end.
func overlay(all []Edition, e Edition) []Edition {
	for i := range all {
		if all[i].sameAs(&e) {
			all[i] = e
			return all
		}
	}
	return append(all, e)
}

func (e *Edition) sameAs(o *Edition) bool {
	return e.Event == o.Event && e.Market == o.Market && e.Label == o.Label
}

func (c *Calendar) addEvents(events []Event) error {
	if len(events) == 0 {
		return nil
	}
	c.events, c.byID = slices.Clone(c.events), maps.Clone(c.byID)
	for i, e := range events {
		e = e.clone()
		e.Announced, e.Solemn = true, e.Solemn || e.Class == Caution
		if err := e.check(); err != nil {
			return fmt.Errorf("event %d (%s): %w", i+1, e.ID, err)
		}
		if at, ok := c.byID[e.ID]; !ok {
			c.byID[e.ID] = len(c.events)
			c.events = append(c.events, e)
		} else if at < len(c.rules.Events) {
			return fmt.Errorf("event %d (%s): the rules have an event with this id", i+1, e.ID)
		} else {
			c.events[at] = e
		}
	}
	return c.nameAll()
}

// check refuses an event that could not be shown or looked for.
func (e *Event) check() error {
	if e.ID == "" || e.Name.Ko == "" || e.Name.En == "" || e.Market == "" {
		return fmt.Errorf("an event needs an id, a Korean and an English name, and a market")
	}
	if !e.Class.known() {
		return fmt.Errorf("no class %q", e.Class)
	}
	if e.Windows.Lead < 0 || e.Windows.Tail < 0 || e.Windows.Lead+e.Windows.Tail > 366 {
		return fmt.Errorf("windows of %d and %d days", e.Windows.Lead, e.Windows.Tail)
	}
	return e.Expect.check()
}

func (x *Expect) check() error {
	if x == nil {
		return nil
	}
	for _, s := range []string{x.From, x.To} {
		if _, err := parseMonthDay(s); err != nil {
			return fmt.Errorf("expect: %w", err)
		}
	}
	if x.Every > 1 && x.Since == 0 {
		return fmt.Errorf("expect: every %d years, but not since when", x.Every)
	}
	return nil
}

func (c Class) known() bool {
	return slices.Contains([]Class{PublicHoliday, Shopping, Observance, Season, Announced, Caution}, c)
}

func (s Status) known() bool {
	return slices.Contains([]Status{Confirmed, Estimated, Tentative, Postponed, Cancelled}, s)
}

// complete fills an edition's empty fields from its event and checks the rest.
func (c *Calendar) complete(e Edition) (Edition, error) {
	i, ok := c.byID[e.Event]
	if !ok {
		return e, ErrEvent
	}
	event := &c.events[i]
	if err := inRange(e.Year); err != nil {
		return e, err
	}
	e.Start, e.End = date(e.Start), date(e.End)
	if e.Start.Year() < e.Year-maxShift || e.End.Year() > e.Year+maxShift {
		return e, fmt.Errorf("%s is not of the year %d: %w", span(e), e.Year, ErrYear)
	}
	if e.End.Before(e.Start) {
		return e, fmt.Errorf("it ends before it starts: %s", span(e))
	}
	if !e.Status.known() {
		return e, fmt.Errorf("no status %q", e.Status)
	}
	if e.Source == "" && e.URL == "" {
		return e, fmt.Errorf("no source")
	}
	if e.PreviousStart.IsZero() != e.PreviousEnd.IsZero() || e.PreviousEnd.Before(e.PreviousStart) {
		return e, fmt.Errorf("the dates it had before are not complete")
	}
	if e.Moved() {
		e.PreviousStart, e.PreviousEnd = date(e.PreviousStart), date(e.PreviousEnd)
	}
	e.Market, e.Label = cmp.Or(e.Market, event.Market), cmp.Or(e.Label, strconv.Itoa(e.Year))
	if e.Name.Ko == "" || e.Name.En == "" {
		e.Name = event.Name
	}
	if e.Class == "" {
		e.Class = c.classIn(event, e.Year)
	}
	if !e.Class.known() {
		return e, fmt.Errorf("no class %q", e.Class)
	}
	e.Windows = cmp.Or(e.Windows, event.Windows)
	e.Minor = e.Minor || event.Minor
	e.Solemn = e.Solemn || event.Solemn || e.Class == Caution
	return e, nil
}

// classIn is an event's class in a year: some were public holidays once, or will be.
func (c *Calendar) classIn(e *Event, year int) Class {
	if i := c.byID[e.ID]; i < len(c.rules.Events) {
		return c.rules.Events[i].classIn(year)
	}
	return e.Class
}

func span(e Edition) string {
	return e.Start.Format("2006-01-02") + "–" + e.End.Format("2006-01-02")
}
