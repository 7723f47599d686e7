package ics

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/bapsang/bapsang/connectors"
)

// between are the entries that lie between two dates, inclusive.
func (c *collection) between(ctx context.Context, from, to time.Time) ([]connectors.Entry, error) {
	var out []connectors.Entry
	for _, uid := range c.order {
		if err := ended(ctx); err != nil {
			return nil, err
		}
		found, err := c.occurrences(ctx, c.events[uid], from, to)
		if err != nil {
			return nil, err
		}
		if out = append(out, found...); len(out) > maxEntries {
			return nil, failure(connectors.CodeTooLarge, sayTooMany, nil)
		}
	}
	return out, nil
}

// occurrences are the entries of one event.
func (c *collection) occurrences(ctx context.Context, s *series, from, to time.Time) ([]connectors.Entry, error) {
	var out []connectors.Entry
	moved := map[string]bool{}
	for _, raw := range slices.Sorted(maps.Keys(s.moved)) {
		e := s.moved[raw]
		should := *e.instead
		if s.master != nil {
			should = should.in(s.master.start)
		}
		moved[should.key()] = true
		if e.lies(e.start, from, to) {
			out = append(out, e.entry(s.uid+"/"+should.key(), e.start))
		}
	}
	m := s.master
	switch {
	case m == nil:
		return out, nil
	case len(m.rules)+len(m.dates) == 0:
		if m.lies(m.start, from, to) && !moved[m.start.key()] {
			out = append(out, m.entry(s.uid, m.start))
		}
		return out, nil
	}
	walls, err := c.walls(ctx, m, from, to)
	if err != nil {
		return nil, err
	}
	for _, w := range walls {
		start := m.start
		start.wall = w
		if !moved[start.key()] && m.lies(start, from, to) {
			out = append(out, m.entry(s.uid+"/"+start.key(), start))
		}
	}
	return out, nil
}

// lies reports whether the occurrence at start touches the days from…to of its own
// clock.
func (e *event) lies(start stamp, from, to time.Time) bool {
	if start.wall.After(to.AddDate(0, 0, 1).Add(-time.Nanosecond)) {
		return false
	}
	last := e.end(start)
	if !start.date {
		last = start.zone.wall(last)
	}
	return last.After(from) || start.wall.Equal(from)
}

// walls are the starts of a repeated event that may matter to the days from…to. The
// first start always counts (RFC 5545, 3.8.5.3).
func (c *collection) walls(ctx context.Context, e *event, from, to time.Time) ([]time.Time, error) {
	// What began before from may last into it.
	lo := from.AddDate(0, 0, -e.days-1).Add(-e.length - 24*time.Hour)
	hi := to.AddDate(0, 0, 2)
	set := map[time.Time]bool{e.start.wall: true}
	for _, d := range e.dates {
		w := d.in(e.start)
		if d.date && !e.start.date {
			// A date for an event at a time means that time of the day.
			w.wall = w.wall.Add(e.start.wall.Sub(day(e.start.wall)))
		}
		set[w.wall] = true
	}
	if err := c.expand(ctx, e, e.rules, lo, hi, func(t time.Time) { set[t] = true }); err != nil {
		return nil, err
	}
	if err := c.expand(ctx, e, e.except, lo, hi, func(t time.Time) { delete(set, t) }); err != nil {
		return nil, err
	}
	days := map[time.Time]bool{} // whole ones
	for _, d := range e.exdates {
		w := d.in(e.start)
		if w.date && !e.start.date {
			days[w.wall] = true
		}
		delete(set, w.wall)
	}
	if len(days) > 0 {
		maps.DeleteFunc(set, func(t time.Time, _ bool) bool { return days[day(t)] })
	}
	return slices.SortedFunc(maps.Keys(set), time.Time.Compare), nil
}

// expand gives what rules say between lo and hi. A rule that cannot be followed is
// logged: the event itself stays.
func (c *collection) expand(ctx context.Context, e *event, rules []string, lo, hi time.Time, give func(time.Time)) error {
	for _, text := range rules {
		if err := ended(ctx); err != nil {
			return err
		}
		next, _, err := rule(text, e.start, hi)
		if err != nil {
			c.logger.Warn("ics: rule left out", "uid", e.uid, "rule", text, "error", err)
			continue
		}
		given := 0
		for n := 0; ; n++ {
			t, ok := next()
			if !ok || t.After(hi) {
				break
			}
			if n%1024 == 0 && ctx.Err() != nil {
				return ended(ctx)
			}
			if t.Before(lo) {
				continue
			}
			if given++; given > maxEntries {
				return failure(connectors.CodeTooLarge, sayTooMany, nil)
			}
			give(t)
		}
	}
	return nil
}

var (
	errOften   = errors.New("it repeats more often than daily")
	errCounted = errors.New("a count below one")
	errUnread  = errors.New("a part that is not followed")
)

// maxInterval is more than any calendar's; the library adds it up without a look at how
// large a number can be.
const maxInterval = 100_000

// rule gives the starts by an RRULE of an event that starts at start, on its clock as if
// that were UTC, at least as far as hi.
//
// The library goes on to the year 9999 where a rule never holds, such as on 30 February.
// So it is given the event as many times 400 years later as there is room for: after that
// many the calendar is the same again, weekdays and all, and the end is near.
func rule(text string, start stamp, hi time.Time) (next func() (time.Time, bool), freq rrule.Frequency, err error) {
	var kept []string
	until := ""
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSpace(text)), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case name == "UNTIL":
			until = value
		case name == "" || strings.HasPrefix(name, "X-"):
		case name == "COUNT" && number(value) < 1:
			return nil, 0, errCounted
		case name == "INTERVAL" && number(value) > maxInterval, name == "BYEASTER":
			return nil, 0, errUnread
		default:
			kept = append(kept, name+"="+value)
		}
	}
	o, err := rrule.StrToROption(strings.Join(kept, ";"))
	if err != nil {
		return nil, 0, err
	}
	if o.Freq > rrule.DAILY || max(1, len(o.Byhour))*max(1, len(o.Byminute))*max(1, len(o.Bysecond)) > 24 {
		return nil, 0, errOften
	}
	later := max(0, rrule.MAXYEAR-max(hi.Year(), start.wall.Year())-1) / 400 * 400
	o.Dtstart = start.wall.AddDate(later, 0, 0)
	if until != "" {
		if o.Until, err = last(until, start); err != nil {
			return nil, 0, err
		}
		o.Until = o.Until.AddDate(later, 0, 0)
	}
	r, err := rrule.NewRRule(*o)
	if err != nil {
		return nil, 0, err
	}
	step := r.Iterator()
	return func() (time.Time, bool) {
		t, ok := step()
		return t.AddDate(-later, 0, 0), ok
	}, o.Freq, nil
}

// last is an UNTIL on the clock of start. A date includes its day.
func last(until string, start stamp) (time.Time, error) {
	if d, err := time.Parse("20060102", until); err == nil {
		if start.date {
			return d, nil
		}
		return d.Add(24*time.Hour - time.Second), nil
	}
	rest, utc := strings.CutSuffix(until, "Z")
	t, err := time.Parse("20060102T150405", rest)
	switch {
	case err != nil:
		return time.Time{}, err
	case start.date:
		return day(t), nil
	case utc:
		return start.zone.wall(t), nil
	}
	return t, nil
}
