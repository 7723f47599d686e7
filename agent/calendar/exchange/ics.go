package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"

	"github.com/bapsang/bapsang/agent/calendar"
)

// Bounds on ICS files. Following a rule that never matches walks to the year 9999, a
// quarter of a second for one of days, so there may be but few.
const (
	maxRules       = 2_000
	maxBarren      = 5
	maxOccurrences = 500 // of one event
	maxYears       = 10  // that one event's recurrence is followed for
	maxLine        = 64 << 10
)

// Our own properties, so that what we wrote comes back as it was.
const (
	propEvent    = "X-BAPSANG-EVENT"
	propEdition  = "X-BAPSANG-EDITION"
	propMarket   = "X-BAPSANG-MARKET"
	propClass    = "X-BAPSANG-CLASS"
	propStatus   = "X-BAPSANG-STATUS"
	propSource   = "X-BAPSANG-SOURCE"
	propPrevious = "X-BAPSANG-PREVIOUS"
)

// block is one VEVENT of a file.
type block struct {
	line int
	text []byte
}

// readICS reads the events of an ICS file, each apart from the others: one that is
// malformed does not take the rest with it.
func readICS(data []byte, o Options) (*File, error) {
	data, err := decode(data)
	if err != nil {
		return nil, err
	}
	blocks, cancelled, err := split(data)
	if err != nil {
		return nil, err
	}
	f := &File{}
	in := &icsReader{file: f, o: o, cancelled: cancelled, instead: map[string]map[string]bool{}}
	events := make([]*ical.VEvent, len(blocks))
	for i, b := range blocks {
		if events[i], err = parseEvent(b.text); err != nil {
			f.refuse(Row{Place: fmt.Sprintf("line %d", b.line), Line: b.line}, Malformed, err.Error(), summary(b.text))
			continue
		}
		in.noteOverride(events[i])
	}
	for i, e := range events {
		if e == nil {
			continue
		}
		if err := in.event(blocks[i].line, e); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// split finds the events, and whether the whole file is a cancellation.
func split(data []byte) (blocks []block, cancelled bool, err error) {
	var open *block
	line := 0
	for len(data) > 0 {
		line++
		text, rest, _ := bytes.Cut(data, []byte("\n"))
		if len(text) > maxLine {
			return nil, false, &Error{Reason: Unreadable, Detail: fmt.Sprintf("line %d is longer than %d KiB", line, maxLine>>10)}
		}
		switch strings.ToUpper(strings.TrimSpace(string(text))) {
		case "BEGIN:VEVENT":
			if len(blocks) == maxRows {
				return nil, false, &Error{Reason: TooManyRows, Detail: strconv.Itoa(maxRows)}
			}
			blocks = append(blocks, block{line: line})
			open = &blocks[len(blocks)-1]
		case "METHOD:CANCEL":
			cancelled = true
		}
		if open != nil {
			open.text = append(append(open.text, bytes.TrimRight(text, "\r")...), "\r\n"...)
			if strings.EqualFold(strings.TrimSpace(string(text)), "END:VEVENT") {
				open = nil
			}
		}
		data = rest
	}
	if line == 0 || len(blocks) == 0 {
		return nil, cancelled, &Error{Reason: Empty}
	}
	return blocks, cancelled, nil
}

func parseEvent(text []byte) (*ical.VEvent, error) {
	whole := append(append([]byte("BEGIN:VCALENDAR\r\n"), text...), "END:VCALENDAR\r\n"...)
	c, err := ical.ParseCalendar(bytes.NewReader(whole))
	if err != nil {
		return nil, err
	}
	events := c.Events()
	if len(events) != 1 {
		return nil, errors.New("no END:VEVENT")
	}
	return events[0], nil
}

// summary is the title of an event that cannot be parsed, for the message.
func summary(text []byte) string {
	for _, line := range strings.Split(string(text), "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.HasPrefix(strings.ToUpper(name), "SUMMARY") {
			return value
		}
	}
	return ""
}

type icsReader struct {
	file      *File
	o         Options
	cancelled bool
	// instead are the occurrences that an event of their own replaces, by UID.
	instead map[string]map[string]bool
	rules   int
	barren  int // rules that gave no day at all
}

func (in *icsReader) noteOverride(e *ical.VEvent) {
	p := e.GetProperty(ical.ComponentPropertyRecurrenceId)
	if p == nil {
		return
	}
	if day, _, err := in.date(p); err == nil {
		uid := e.Id()
		if in.instead[uid] == nil {
			in.instead[uid] = map[string]bool{}
		}
		in.instead[uid][day.Format(time.DateOnly)] = true
	}
}

func value(e *ical.VEvent, name ical.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

// event takes an event in, or each occurrence of it.
func (in *icsReader) event(line int, e *ical.VEvent) error {
	r := Row{Place: fmt.Sprintf("line %d", line), Line: line, Name: value(e, ical.ComponentPropertySummary),
		Event: value(e, propEvent), Label: value(e, propEdition), Market: value(e, propMarket),
		Class: class(value(e, propClass)), Source: value(e, propSource), URL: value(e, ical.ComponentPropertyUrl)}
	r.Status = in.status(e)
	if r.Class == "" {
		r.Class = category(e)
	}
	if from, to, ok := strings.Cut(value(e, propPrevious), "/"); ok {
		r.PreviousStart, _ = time.Parse(time.DateOnly, from)
		r.PreviousEnd, _ = time.Parse(time.DateOnly, to)
	}
	start := e.GetProperty(ical.ComponentPropertyDtStart)
	if start == nil {
		in.file.add(r, r.Name)
		return nil
	}
	day, whole, ok := in.tryDate(start)
	if !ok {
		in.file.refuse(r, BadDate, start.Value, r.Name)
		return nil
	}
	r.Start = day
	days, reason := in.length(e, start, day, whole)
	if reason != "" {
		in.file.refuse(r, reason, value(e, ical.ComponentPropertyDtEnd)+value(e, ical.ComponentPropertyDuration), r.Name)
		return nil
	}
	r.End = day.AddDate(0, 0, days)
	if value(e, ical.ComponentPropertyRrule) == "" && e.GetProperty(ical.ComponentPropertyRdate) == nil {
		in.file.add(r, r.Name)
		return nil
	}
	return in.recurring(r, e, days)
}

// date is the date that a property means, and whether it is one without a time. A date
// is nowhere moved by a time zone: not one without a time, and not one with the clock of
// a place, whose people see that date. Only times in UTC become dates of our place.
func (in *icsReader) date(p *ical.IANAProperty) (day time.Time, whole bool, err error) {
	v := strings.TrimSpace(p.Value)
	if len(v) == 8 {
		day, err = time.Parse("20060102", v)
		return day, true, err
	}
	t, err := time.Parse("20060102T150405", strings.TrimSuffix(v, "Z"))
	if err != nil {
		return day, false, err
	}
	if strings.HasSuffix(v, "Z") {
		t = t.In(in.o.Location)
	}
	return dateOf(t), false, nil
}

func (in *icsReader) tryDate(p *ical.IANAProperty) (day time.Time, whole, ok bool) {
	day, whole, err := in.date(p)
	return day, whole, err == nil
}

// length is how many days follow the first. DTEND is exclusive: an event that ends at
// midnight, or on a date, does not have that day.
func (in *icsReader) length(e *ical.VEvent, start *ical.IANAProperty, first time.Time, whole bool) (int, Reason) {
	if p := e.GetProperty(ical.ComponentPropertyDtEnd); p != nil {
		last, wholeEnd, err := in.date(p)
		if err != nil {
			return 0, BadDate
		}
		if (wholeEnd || in.atMidnight(p.Value)) && last.After(first) {
			last = last.AddDate(0, 0, -1)
		}
		if last.Before(first) {
			return 0, Backwards
		}
		return int(last.Sub(first) / (24 * time.Hour)), ""
	}
	d, err := duration(value(e, ical.ComponentPropertyDuration))
	if err != nil || d < 0 {
		return 0, Malformed
	}
	if d == 0 {
		return 0, ""
	}
	var clock time.Duration
	if !whole {
		if t, err := time.Parse("20060102T150405", strings.TrimSuffix(strings.TrimSpace(start.Value), "Z")); err == nil {
			if strings.HasSuffix(start.Value, "Z") {
				t = t.In(in.o.Location)
			}
			clock = time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
		}
	}
	return int((clock + d - time.Second) / (24 * time.Hour)), ""
}

func (in *icsReader) atMidnight(v string) bool {
	t, err := time.Parse("20060102T150405", strings.TrimSuffix(strings.TrimSpace(v), "Z"))
	if err != nil {
		return false
	}
	if strings.HasSuffix(v, "Z") {
		t = t.In(in.o.Location)
	}
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0
}

// duration reads RFC 5545's durations (P1W, P2DT3H); "" is none.
func duration(s string) (time.Duration, error) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "+")
	if s == "" {
		return 0, nil
	}
	if !strings.HasPrefix(s, "P") || len(s) > 40 {
		return 0, fmt.Errorf("duration %q", s)
	}
	var sum time.Duration
	n, digits := 0, 0
	for _, c := range s[1:] {
		unit := map[rune]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second}[c]
		switch {
		case c >= '0' && c <= '9' && digits < 5:
			n, digits = n*10+int(c-'0'), digits+1
		case c == 'T' && digits == 0:
		case unit > 0 && digits > 0:
			sum, n, digits = sum+time.Duration(n)*unit, 0, 0
		default:
			return 0, fmt.Errorf("duration %q", s)
		}
	}
	if digits > 0 {
		return 0, fmt.Errorf("duration %q", s)
	}
	return sum, nil
}

func (in *icsReader) status(e *ical.VEvent) calendar.Status {
	if own := value(e, propStatus); own != "" {
		return status(own)
	}
	switch s := strings.ToUpper(strings.TrimSpace(value(e, ical.ComponentPropertyStatus))); {
	case in.cancelled || s == "CANCELLED":
		return calendar.Cancelled
	case s == "TENTATIVE":
		return calendar.Tentative
	}
	return "" // CONFIRMED says that the owner of the file holds it, not that it is checked
}

// category is the first of an event's categories that is one of our classes.
func category(e *ical.VEvent) calendar.Class {
	for _, p := range e.GetProperties(ical.ComponentPropertyCategories) {
		for _, s := range strings.Split(p.Value, ",") {
			if c := class(s); knownClass(c) {
				return c
			}
		}
	}
	return ""
}

// recurring takes in the occurrences of an event by its rule and its extra dates.
func (in *icsReader) recurring(r Row, e *ical.VEvent, days int) error {
	if in.rules++; in.rules > maxRules {
		in.file.refuse(r, BadRule, fmt.Sprintf("more than %d recurring events", maxRules), r.Name)
		return nil
	}
	if in.barren >= maxBarren {
		in.file.refuse(r, BadRule, "too many rules before this one never occur", r.Name)
		return nil
	}
	starts, why := in.occurrences(r.Start, e)
	if why != "" {
		in.file.refuse(r, BadRule, value(e, ical.ComponentPropertyRrule)+": "+why, r.Name)
		return nil
	}
	for i, start := range starts {
		if in.instead[e.Id()][start.Format(time.DateOnly)] {
			continue
		}
		if len(in.file.Rows) >= maxRows {
			return &Error{Reason: TooManyRows, Detail: strconv.Itoa(maxRows)}
		}
		o := r
		o.Start, o.End, o.Label = start, start.AddDate(0, 0, days), ""
		o.Place = fmt.Sprintf("%s, occurrence %d", r.Place, i+1)
		in.file.add(o, r.Name)
	}
	return nil
}

// occurrences are the first days of an event that recurs, within the window, or why they
// cannot be had.
func (in *icsReader) occurrences(first time.Time, e *ical.VEvent) (days []time.Time, why string) {
	from, to := dateOf(in.o.From), dateOf(in.o.To)
	if from.Before(first) {
		from = first
	}
	if limit := from.AddDate(maxYears, 0, 0); to.After(limit) {
		to = limit
	}
	if first.Year() < 1800 {
		return nil, fmt.Sprintf("it began in %d", first.Year())
	}
	set := &rrule.Set{}
	set.DTStart(first)
	if text := value(e, ical.ComponentPropertyRrule); text != "" {
		rule, err := dailyRule(text, first)
		if err != nil {
			return nil, err.Error()
		}
		set.RRule(rule)
	} else {
		set.RDate(first)
	}
	for _, p := range e.GetProperties(ical.ComponentPropertyRdate) {
		in.each(p, set.RDate)
	}
	for _, p := range e.GetProperties(ical.ComponentPropertyExdate) {
		in.each(p, set.ExDate)
	}
	next := set.Iterator()
	day, ok := next()
	if !ok {
		in.barren++
	}
	for ; ok && !day.After(to); day, ok = next() {
		if day.Before(from) {
			continue
		}
		if len(days) == maxOccurrences {
			return nil, fmt.Sprintf("more than %d occurrences", maxOccurrences)
		}
		days = append(days, day)
	}
	return days, ""
}

// each calls take with the dates of a list.
func (in *icsReader) each(p *ical.IANAProperty, take func(time.Time)) {
	for _, s := range strings.Split(p.Value, ",") {
		one := &ical.IANAProperty{BaseProperty: ical.BaseProperty{Value: s}}
		if day, _, err := in.date(one); err == nil {
			take(day)
		}
	}
}

// dailyRule reads a rule whose steps are days or more. Its times are taken off: what
// matters is the date.
func dailyRule(text string, first time.Time) (*rrule.RRule, error) {
	if len(text) > 500 {
		return nil, errors.New("the rule is too long")
	}
	option, err := rrule.StrToROption(text)
	if err != nil {
		return nil, err
	}
	if option.Freq > rrule.DAILY {
		return nil, errors.New("it recurs more often than daily")
	}
	if option.Interval < 0 || option.Interval > 1000 || option.Count < 0 {
		return nil, errors.New("interval or count")
	}
	option.Byhour, option.Byminute, option.Bysecond = nil, nil, nil
	option.Dtstart = first
	if !option.Until.IsZero() {
		option.Until = dateOf(option.Until)
	}
	return rrule.NewRRule(*option)
}
