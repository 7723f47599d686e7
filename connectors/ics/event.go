package ics

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/outward"
)

// stamp is a date, or a time on the clock of a zone. Its wall time is kept as if it
// were UTC, so that days can be added without meeting a change of clocks.
type stamp struct {
	wall time.Time
	date bool
	zone *zone
	raw  string
}

// instant is when a stamp is; a date is at midnight UTC.
func (s stamp) instant() time.Time {
	if s.date {
		return s.wall
	}
	return s.zone.instant(s.wall)
}

// in is a stamp on the clock of another zone, or as a date where the other is one.
func (s stamp) in(other stamp) stamp {
	if other.date || s.date {
		return stamp{wall: day(s.wall), date: true, zone: other.zone}
	}
	if s.zone == other.zone {
		return s
	}
	return stamp{wall: other.zone.wall(s.instant()), zone: other.zone}
}

// event is a VEVENT that has been read.
type event struct {
	uid                        string
	start                      stamp
	days                       int           // nominal part of how long it lasts
	length                     time.Duration // exact part
	rules, except              []string
	dates, exdates             []stamp
	instead                    *stamp // RECURRENCE-ID
	title, text, url           string
	cancelled                  bool
	sequence                   int
	created, modified, updated time.Time
}

var errStart = errors.New("no start that can be read")

// read makes an event of a VEVENT.
func (c *collection) read(part *component) (*event, error) {
	p := part.first("DTSTART")
	if p == nil {
		return nil, errStart
	}
	start, ok := c.zones.stamp(p, p.Value)
	if !ok {
		return nil, errStart
	}
	e := &event{
		uid: part.text("UID"), start: start, sequence: number(part.text("SEQUENCE")),
		title: strings.ReplaceAll(outward.Plain(part.text("SUMMARY"), maxTitle), "\n", " "), url: link(part.text("URL")),
		text:      outward.Plain(strings.TrimSpace(part.text("DESCRIPTION")+"\n"+part.text("LOCATION")), maxText),
		cancelled: strings.EqualFold(part.text("STATUS"), "CANCELLED"),
		created:   c.time(part, "CREATED"), modified: cmp.Or(c.time(part, "LAST-MODIFIED"), c.time(part, "DTSTAMP")),
		dates: c.stamps(part, "RDATE"), exdates: c.stamps(part, "EXDATE"),
	}
	e.updated = c.time(part, "LAST-MODIFIED")
	for _, r := range part.props["RRULE"] {
		e.rules = append(e.rules, r.Value)
	}
	for _, r := range part.props["EXRULE"] {
		e.except = append(e.except, r.Value)
	}
	c.lasting(part, e)
	if id := part.first("RECURRENCE-ID"); id != nil {
		s, ok := c.zones.stamp(id, id.Value)
		if !ok {
			return nil, errors.New("no occurrence that can be read")
		}
		e.instead = &s
	}
	if e.uid == "" {
		sum := sha256.Sum256([]byte(start.raw + "\x00" + part.text("SUMMARY")))
		e.uid = "sha256:" + hex.EncodeToString(sum[:16])
	}
	return e, nil
}

// lasting finds out how long e lasts. Without a word an event of a day lasts it, and
// one at a time is a moment.
func (c *collection) lasting(part *component, e *event) {
	var end stamp
	p := part.first("DTEND")
	known := false
	if p != nil {
		end, known = c.zones.stamp(p, p.Value)
	}
	// Outlook writes days as times from midnight to midnight.
	if known && !e.start.date && strings.EqualFold(part.text("X-MICROSOFT-CDO-ALLDAYEVENT"), "TRUE") && midnight(e.start) && midnight(end.in(e.start)) {
		end = stamp{wall: end.in(e.start).wall, date: true}
		e.start.date = true
	}
	switch {
	case known && e.start.date:
		e.days = max(1, int(day(end.wall).Sub(e.start.wall).Hours()/24))
	case known:
		e.length = max(0, end.instant().Sub(e.start.instant()))
	default:
		e.days, e.length = duration(part.text("DURATION"))
		if e.start.date {
			e.days, e.length = max(1, e.days+int(e.length.Hours()/24)), 0
		}
	}
}

func midnight(s stamp) bool { return s.wall.Equal(day(s.wall)) }

var durationForm = regexp.MustCompile(`^\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?$`)

// duration is a DURATION (RFC 5545, 3.3.6): days by the calendar and the rest by the
// clock. One that goes back, or cannot be read, is none.
func duration(text string) (days int, rest time.Duration) {
	m := durationForm.FindStringSubmatch(strings.ToUpper(text))
	if m == nil {
		return 0, 0
	}
	return number(m[1])*7 + number(m[2]),
		time.Duration(number(m[3]))*time.Hour + time.Duration(number(m[4]))*time.Minute + time.Duration(number(m[5]))*time.Second
}

// time is a property that is an instant, zero where it is not there.
func (c *collection) time(part *component, name string) time.Time {
	p := part.first(name)
	if p == nil {
		return time.Time{}
	}
	s, ok := c.zones.stamp(p, p.Value)
	if !ok {
		return time.Time{}
	}
	return s.instant().UTC()
}

// stamps are the values of a property that lists them. Of periods the start counts.
func (c *collection) stamps(part *component, name string) []stamp {
	var out []stamp
	for _, p := range part.props[name] {
		for value := range strings.SplitSeq(p.Value, ",") {
			value, _, _ = strings.Cut(value, "/")
			if s, ok := c.zones.stamp(p, value); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// stamp reads a value of p.
func (z *zones) stamp(p *ical.BaseProperty, value string) (stamp, bool) {
	value = strings.ToUpper(strings.TrimSpace(value))
	s := stamp{raw: value, zone: z.floating}
	if d, err := time.Parse("20060102", value); err == nil {
		s.wall, s.date = d, true
		return s, plausible(d)
	}
	if rest, ok := strings.CutSuffix(value, "Z"); ok {
		value, s.zone = rest, z.utc
	} else if name := parameter(p, "TZID"); name != "" {
		s.zone = z.find(name)
	}
	// A leap second is the second before.
	if rest, ok := strings.CutSuffix(value, "60"); ok && len(value) == 15 {
		value = rest + "59"
	}
	for _, form := range []string{"20060102T150405", "20060102T1504"} {
		if t, err := time.Parse(form, value); err == nil {
			s.wall = t
			return s, plausible(t)
		}
	}
	return s, false
}

// plausible keeps out what would take expanding ages, or could not be written as JSON.
func plausible(t time.Time) bool { return t.Year() >= 1600 && t.Year() < 3000 }

// entry is the occurrence of e that starts at start.
func (e *event) entry(uid string, start stamp) connectors.Entry {
	out := connectors.Entry{
		UID: uid, Title: e.title, Text: e.text, URL: e.url, Cancelled: e.cancelled, Published: e.created, Updated: e.updated,
		AllDay: start.date, Start: start.instant().UTC(),
	}
	end := e.end(start)
	if start.date {
		end = end.AddDate(0, 0, -1)
	}
	out.End = end
	return out
}

// end is when the occurrence at start ends; for days, the midnight after the last.
func (e *event) end(start stamp) time.Time {
	later := start
	later.wall = later.wall.AddDate(0, 0, e.days)
	return later.instant().Add(e.length).UTC()
}

// key is when an occurrence should have been, as part of a UID.
func (s stamp) key() string {
	if s.date {
		return s.wall.Format("20060102")
	}
	return s.wall.Format("20060102T150405")
}
