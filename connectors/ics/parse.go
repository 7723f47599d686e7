package ics

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"
)

// component is a part of a calendar: its properties by name, and the parts within.
type component struct {
	name  string
	props map[string][]*ical.BaseProperty
	parts []*component
}

// maxNesting is deeper than any calendar: alarms within events within one.
const maxNesting = 8

var (
	errNoCalendar = errors.New("no VCALENDAR")
	errUnended    = errors.New("the calendar does not end")
)

// parse reads the components of a document. The library reads lines and takes
// properties apart; its own reader of whole calendars gives up at the first line that
// is broken.
func parse(ctx context.Context, document []byte) ([]*component, error) {
	lines := ical.NewCalendarStream(bytes.NewReader(document))
	root := &component{}
	stack := []*component{root}
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, ended(ctx)
		}
		line, err := lines.ReadLine()
		if line != nil && len(*line) > 0 {
			if p := property(*line); p != nil {
				stack = place(stack, p)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
	}
	calendars := slices.DeleteFunc(root.parts, func(c *component) bool { return c.name != "VCALENDAR" })
	switch {
	case len(calendars) == 0:
		return nil, errNoCalendar
	case len(stack) > 1: // cut short: events would be missing without a word
		return nil, errUnended
	}
	return calendars, nil
}

// read are the properties that matter. The library takes lines apart by regular
// expressions, and most lines of large calendars are of guests and alarms.
var read = map[string]bool{
	"UID": true, "DTSTART": true, "DTEND": true, "DURATION": true, "SUMMARY": true, "DESCRIPTION": true, "LOCATION": true, "URL": true,
	"STATUS": true, "SEQUENCE": true, "CREATED": true, "LAST-MODIFIED": true, "DTSTAMP": true, "RRULE": true, "EXRULE": true, "RDATE": true,
	"EXDATE": true, "RECURRENCE-ID": true, "X-MICROSOFT-CDO-ALLDAYEVENT": true, "METHOD": true,
	"TZID": true, "TZOFFSETFROM": true, "TZOFFSETTO": true,
}

// property is what a line says, or nil where it cannot be read or does not matter.
func property(line ical.ContentLine) *ical.BaseProperty {
	end := strings.IndexAny(string(line), ":;")
	if end < 0 {
		return nil
	}
	name := strings.ToUpper(string(line[:end]))
	if name == "BEGIN" || name == "END" {
		return &ical.BaseProperty{IANAToken: name, Value: string(line[end+1:])}
	}
	if !read[name] {
		return nil
	}
	// Names in small letters are read as if they were not, so that the library knows
	// what is text.
	p, err := ical.ParseProperty(ical.ContentLine(name) + line[end:])
	if err != nil || p == nil {
		return nil
	}
	for k, v := range p.ICalParameters {
		if up := strings.ToUpper(k); up != k {
			p.ICalParameters[up] = v
		}
	}
	return p
}

// place puts a property where it belongs. An END closes the nearest part of its name.
func place(stack []*component, p *ical.BaseProperty) []*component {
	top := stack[len(stack)-1]
	switch name := strings.ToUpper(strings.TrimSpace(p.Value)); p.IANAToken {
	case "BEGIN":
		c := &component{name: name, props: map[string][]*ical.BaseProperty{}}
		if len(stack) <= maxNesting {
			top.parts = append(top.parts, c)
		}
		return append(stack, c)
	case "END":
		for i := len(stack) - 1; i > 0; i-- {
			if stack[i].name == name {
				return stack[:i]
			}
		}
	default:
		if top.props != nil {
			top.props[p.IANAToken] = append(top.props[p.IANAToken], p)
		}
	}
	return stack
}

// first is the first property of a name, or nil.
func (c *component) first(name string) *ical.BaseProperty {
	if p := c.props[name]; len(p) > 0 {
		return p[0]
	}
	return nil
}

// text is the value of a property, or "".
func (c *component) text(name string) string {
	if p := c.first(name); p != nil {
		return strings.TrimSpace(p.Value)
	}
	return ""
}

func parameter(p *ical.BaseProperty, name string) string {
	if v := p.ICalParameters[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// collection is the events of a calendar, put together by UID.
type collection struct {
	zones  *zones
	logger *slog.Logger
	events map[string]*series
	order  []string // of UIDs as they came
}

// series is an event with its occurrences that differ from its rule.
type series struct {
	uid    string
	master *event
	moved  map[string]*event // by when they should have been, as key gives it
}

func newCollection(zone *time.Location, logger *slog.Logger) *collection {
	return &collection{zones: newZones(zone), logger: logger, events: map[string]*series{}}
}

// add puts the events of a document into the collection.
func (c *collection) add(ctx context.Context, document []byte) error {
	calendars, err := parse(ctx, document)
	if err != nil {
		return err
	}
	for _, cal := range calendars {
		for _, part := range cal.parts {
			if err := ended(ctx); err != nil {
				return err
			}
			if part.name == "VTIMEZONE" {
				c.zones.define(part)
			}
		}
		cancelled := strings.EqualFold(cal.text("METHOD"), "CANCEL")
		for _, part := range cal.parts {
			if part.name != "VEVENT" {
				continue
			}
			if err := ended(ctx); err != nil {
				return err
			}
			e, err := c.read(part)
			if err != nil {
				c.logger.Warn("ics: event left out", "uid", part.text("UID"), "error", err)
				continue
			}
			e.cancelled = e.cancelled || cancelled
			c.put(e)
		}
	}
	return nil
}

// put adds e, unless a later version of it is there already.
func (c *collection) put(e *event) {
	s := c.events[e.uid]
	if s == nil {
		s = &series{uid: e.uid, moved: map[string]*event{}}
		c.events[e.uid] = s
		c.order = append(c.order, e.uid)
	}
	if e.instead == nil {
		if s.master == nil || !e.before(s.master) {
			s.master = e
		}
		return
	}
	// What it stands for is told in the zone of the event that it belongs to, where
	// that is known only at the end: see key.
	k := e.instead.raw
	if s.moved[k] == nil || !e.before(s.moved[k]) {
		s.moved[k] = e
	}
}

// before reports whether e is an earlier version than other.
func (e *event) before(other *event) bool {
	if e.sequence != other.sequence {
		return e.sequence < other.sequence
	}
	return e.modified.Before(other.modified)
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
