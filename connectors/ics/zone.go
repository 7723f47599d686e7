package ics

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// zone turns the time on a clock into an instant and back. It is one of the IANA
// database, or the rules that a calendar brought.
type zone struct {
	loc     *time.Location
	changes []change // by wall; without any, loc holds
}

// change is a change of clocks: at wall, on the clock before, it goes from one offset
// from UTC to another.
type change struct {
	wall     time.Time
	from, to time.Duration
}

// instant is when the clock shows wall. Where it does so twice, the first time; where
// never, as the clock before the change would (RFC 5545, 3.3.5).
func (z *zone) instant(wall time.Time) time.Time {
	if len(z.changes) > 0 {
		return wall.Add(-z.offset(wall))
	}
	before := wall.Add(-offsetOf(wall.Add(-24*time.Hour), z.loc))
	if z.wall(before).Equal(wall) {
		return before
	}
	y, m, d := wall.Date()
	t := time.Date(y, m, d, wall.Hour(), wall.Minute(), wall.Second(), 0, z.loc)
	if z.wall(t).Equal(wall) {
		return t
	}
	return before
}

// offsetOf is loc's distance from UTC at about wall.
func offsetOf(wall time.Time, loc *time.Location) time.Duration {
	_, seconds := wall.In(loc).Zone()
	return time.Duration(seconds) * time.Second
}

// offset is the distance from UTC when the clock shows wall.
func (z *zone) offset(wall time.Time) time.Duration {
	n, _ := slices.BinarySearchFunc(z.changes, wall, func(c change, w time.Time) int { return c.wall.Compare(w) })
	for n < len(z.changes) && z.changes[n].wall.Equal(wall) {
		n++
	}
	if n == 0 {
		return z.changes[0].from
	}
	c := z.changes[n-1]
	if skipped := c.to - c.from; skipped > 0 && wall.Before(c.wall.Add(skipped)) {
		return c.from
	}
	return c.to
}

// wall is what the clock shows at t, as if it were UTC.
func (z *zone) wall(t time.Time) time.Time {
	var off time.Duration
	if len(z.changes) == 0 {
		_, seconds := t.In(z.loc).Zone()
		off = time.Duration(seconds) * time.Second
	} else {
		off = z.changes[0].from
		for _, c := range z.changes {
			if c.wall.Add(-c.from).After(t) {
				break
			}
			off = c.to
		}
	}
	return t.UTC().Add(off)
}

// zones are those of one calendar.
type zones struct {
	floating, utc *zone
	byName        map[string]*zone
	brought       map[string]*zone // by the calendar
	defined       map[string]bool  // names that it described
}

func newZones(floating *time.Location) *zones {
	return &zones{floating: &zone{loc: floating}, utc: &zone{loc: time.UTC}, byName: map[string]*zone{}, brought: map[string]*zone{}, defined: map[string]bool{}}
}

// find is the zone of a TZID: by its IANA name, also behind the prefixes that old
// programs put before it, by its Windows name, or as the calendar defines it. The name
// goes first: definitions are often of one year only. What nobody knows is where times
// without a zone are.
func (z *zones) find(name string) *zone {
	if known := z.byName[name]; known != nil || len(z.byName) >= maxZones {
		return cmp.Or(known, z.floating)
	}
	found := z.named(name)
	if found == nil {
		found = z.brought[name]
	}
	if found == nil {
		found = z.floating
	}
	z.byName[name] = found
	return found
}

func (z *zones) named(name string) *zone {
	name = strings.Trim(name, `"' `)
	if windows := windowsZones()[strings.ToLower(name)]; windows != "" {
		name = windows
	}
	parts := strings.Split(strings.Trim(name, "/"), "/")
	// /mozilla.org/20050126_1/America/Argentina/Salta, and Asia/Seoul
	for i := max(0, len(parts)-3); i < len(parts); i++ {
		candidate := strings.Join(parts[i:], "/")
		if candidate == "" || candidate == "Local" {
			continue
		}
		if loc, err := time.LoadLocation(candidate); err == nil {
			return &zone{loc: loc}
		}
	}
	return nil
}

// maxZones bounds how many names of a calendar are looked up.
const maxZones = 500

// lastChange is the last year that changes are known for; by then clocks are set by
// other rules anyway.
const lastChange = 2100

// maxObservances bounds the parts of a VTIMEZONE that are read; those of the longest
// histories are some fifty.
const maxObservances = 200

// define remembers a VTIMEZONE, the first of its name: each event of a collection brings
// its own.
func (z *zones) define(part *component) {
	name := part.text("TZID")
	if z.defined[name] || len(z.defined) >= maxZones {
		return
	}
	z.defined[name] = true
	if z.named(name) != nil {
		return // its name goes first: see find
	}
	var changes []change
	for _, p := range part.parts[:min(len(part.parts), maxObservances)] {
		if p.name == "STANDARD" || p.name == "DAYLIGHT" {
			changes = append(changes, z.observance(p)...)
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return a.wall.Compare(b.wall) })
	if len(changes) > 0 {
		z.brought[name] = &zone{changes: changes}
	}
}

// observance is all the changes to one offset.
func (z *zones) observance(part *component) []change {
	from, ok1 := offset(part.text("TZOFFSETFROM"))
	to, ok2 := offset(part.text("TZOFFSETTO"))
	p := part.first("DTSTART")
	if !ok1 || !ok2 || p == nil {
		return nil
	}
	start, ok := z.stamp(p, p.Value)
	if !ok {
		return nil
	}
	out := []change{{wall: start.wall, from: from, to: to}}
	for _, r := range part.props["RDATE"] {
		for value := range strings.SplitSeq(r.Value, ",") {
			if s, ok := z.stamp(r, value); ok && len(out) < 1000 {
				out = append(out, change{wall: s.wall, from: from, to: to})
			}
		}
	}
	clock := stamp{wall: start.wall, zone: &zone{loc: time.FixedZone("", int(from.Seconds()))}}
	next, freq, err := rule(part.text("RRULE"), clock, time.Date(lastChange, 12, 31, 0, 0, 0, 0, time.UTC))
	if err != nil || freq != rrule.YEARLY {
		return out
	}
	for t, ok := next(); ok && t.Year() <= lastChange && len(out) < 1000; t, ok = next() {
		if !t.Equal(start.wall) {
			out = append(out, change{wall: t, from: from, to: to})
		}
	}
	return out
}

var offsetForm = regexp.MustCompile(`^([+-])(\d{2})(\d{2})(\d{2})?$`)

// offset is a distance from UTC, such as +0900.
func offset(text string) (time.Duration, bool) {
	m := offsetForm.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	d := time.Duration(number(m[2]))*time.Hour + time.Duration(number(m[3]))*time.Minute + time.Duration(number(m[4]))*time.Second
	if m[1] == "-" {
		d = -d
	}
	return d, d > -24*time.Hour && d < 24*time.Hour
}
