// Package almanac reads questions about when things take place: 다음 달 마케팅 일정, "when
// is Black Friday", 추석 준비. It knows no data of the company's; what an event did for
// the company last time is computed by who asks.
//
// Like package compose it prefers silence: a question with a word that it cannot
// account for is not one about the calendar.
package almanac

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/calendar"
)

// Kind is what is wanted to know.
type Kind string

// The kinds of questions.
const (
	Coming   Kind = "coming"   // what takes place in a stretch of time
	When     Kind = "when"     // when an event takes place
	Prepare  Kind = "prepare"  // what has to be ready by when, and what the event did last time
	LastTime Kind = "lasttime" // what an event did last time
	Workdays Kind = "workdays" // how many business days a stretch of time has, or are left until an event
	Day      Kind = "day"      // what a day is: whether people work, and what takes place
	Next     Kind = "next"     // the next one of a class
	Breaks   Kind = "breaks"   // days off in a row
	Bridges  Kind = "bridges"  // business days between two days off
	Several  Kind = "several"  // the calendar, of several stretches: one at a time is answered
)

// Request is a question understood.
type Request struct {
	Kind Kind
	// From and To bound what is not about Events: dates at midnight UTC, both included, the
	// same for Day. Named is set when the question said so itself. Next has none.
	From, To time.Time
	Named    bool
	// Events are the ids that When, Prepare and LastTime are about, in the question's order,
	// and Workdays where it is about the days until one.
	Events []string
	// Year is the edition meant, 0 where none was named: the next one, for LastTime the
	// last one that is over. Past is set when the last one was asked for by name.
	Year int
	Past bool
	// Markets and Classes narrow Coming and Next, Markets the others too; empty means all.
	Markets []string
	Classes []calendar.Class
	// Substitutes leaves no public holidays but those in place of others.
	Substitutes bool
	// Nth narrows Breaks and Bridges to one of them, from 1; -1 is the last, 0 all. Soon is
	// set when it is the next from today.
	Nth  int
	Soon bool
}

// Options say how to read.
type Options struct {
	Now      time.Time // "today" is its date in its own location
	Calendar *calendar.Calendar
	// Weekday weeks begin on.
	WeekStart time.Weekday
	// Alone says that nothing was said before: the name of an event alone then asks when it
	// takes place, and else is a part of what was asked before.
	Alone bool
}

// How far a question looks that names no time, in days: one about what is coming, and one
// about days off in a row, which are few.
const (
	Ahead       = 6 * 7
	aheadBreaks = 365
)

// maxText is how long such a question is at most, in bytes: longer texts are about
// something else.
const maxText = 300

// Read returns what text asks of the calendar, and false when it asks something else or
// something more.
func Read(text string, o Options) (Request, bool) {
	if len(text) > maxText || !utf8.ValidString(text) || o.Calendar == nil {
		return Request{}, false
	}
	r := newReader(text, o)
	if !r.read() {
		return Request{}, false
	}
	return r.request()
}

// request puts together what the words said.
func (r *reader) request() (Request, bool) {
	q := Request{Events: r.events, Year: r.year, Past: r.has(sayPast), Markets: r.markets, Classes: r.classes, Substitutes: r.has(saySubstitute)}
	switch {
	case r.has(sayFigure), r.has(sayNarrow) && !r.has(sayPlain):
		return Request{}, false // 이벤트 건수, sales on holidays: of the data
	case len(r.events) > 0:
		return r.ofEvents(q)
	case r.has(sayResult), r.stretches > 2:
		return Request{}, false
	case r.apart:
		q.Kind = Several
		return q, r.kind() != ""
	}
	q.Kind = r.kind()
	if q.Kind == "" || !r.oneOf(&q) {
		return Request{}, false
	}
	q.From, q.To, q.Named = r.from, r.to, r.stretches > 0
	switch {
	case q.Named:
	case q.Kind == Breaks || q.Kind == Bridges:
		q.From, q.To = r.today, r.today.AddDate(0, 0, aheadBreaks)
	default:
		q.From, q.To = r.today, r.today.AddDate(0, 0, Ahead)
	}
	if r.has(sayLeft) && q.From.Before(r.today) {
		q.From = r.today
	}
	return q, !q.To.Before(q.From)
}

// oneOf reads which of several is meant, and reports false where that makes no sense.
func (r *reader) oneOf(q *Request) bool {
	if q.Kind != Breaks && q.Kind != Bridges {
		return r.nth == 0
	}
	q.Nth = r.nth
	if q.Nth == 0 && r.has(saySoon) && r.stretches == 0 {
		q.Nth, q.Soon = 1, true
	}
	return true
}

// ofEvents is a question that names events. An event alone is a period of some figure, and
// one within a month is not ours to read.
func (r *reader) ofEvents(q Request) (Request, bool) {
	aDay := r.stretches == 1 && r.from.Equal(r.to) && !r.from.Before(r.today) // is today Black Friday?
	if r.stretches > 0 && r.year == 0 && !aDay || r.stretches > 1 || r.nth != 0 {
		return Request{}, false
	}
	if from, to, ok := r.season(); ok && r.has(sayPlain) && !r.has(sayWhen|sayResult|sayPrepare|sayWorkdays) {
		return Request{Kind: Coming, From: from, To: to, Named: true, Markets: q.Markets, Classes: q.Classes}, true // 연말 일정
	}
	switch {
	case r.has(sayResult):
		q.Kind = LastTime
	case r.has(sayPrepare):
		q.Kind = Prepare
	case r.has(sayWorkdays):
		q.Kind = Workdays
	case r.has(sayWhen|sayCalendar) || aDay || len(q.Classes) > 0:
		q.Kind = When
	case r.o.Alone && r.bare():
		q.Kind = When
	default:
		return Request{}, false
	}
	return q, true
}

// bare reports whether an event's name is all that was said. A season is a stretch of time,
// of which other things are asked.
func (r *reader) bare() bool {
	ev, ok := r.o.Calendar.Event(r.events[0])
	return ok && len(r.events) == 1 && ev.Class != calendar.Season && r.words == 0 && r.stretches == 0
}

// season is the stretch of the season that is the only event named: of the year named, else
// the one that is not over.
func (r *reader) season() (from, to time.Time, ok bool) {
	if ev, known := r.o.Calendar.Event(r.events[0]); len(r.events) > 1 || !known || ev.Class != calendar.Season {
		return from, to, false
	}
	for _, y := range []int{r.today.Year(), r.today.Year() + 1} {
		if r.year != 0 {
			y = r.year
		}
		if e, ok := r.o.Calendar.Edition(r.events[0], y); ok && (r.year != 0 || !e.End.Before(r.today)) {
			return e.Start, e.End, true
		}
	}
	return from, to, false
}

// kind is what a question without an event wants to know, "" when it is not clear that it
// is the calendar that is asked.
func (r *reader) kind() Kind {
	aDay := r.stretches == 1 && r.from.Equal(r.to)
	off := slices.Contains(r.classes, calendar.PublicHoliday)
	switch {
	case r.has(sayWorkdays) && aDay:
		return Day
	case r.has(sayWorkdays):
		return Workdays
	case r.has(sayBridge):
		return Bridges
	case r.has(sayLong), r.has(sayRun) && (r.nth != 0 || r.has(saySoon)):
		return Breaks
	case aDay && !r.has(sayLeft) && (r.has(sayDay) || off && !r.has(sayPlain)):
		return Day
	case r.stretches == 0 && len(r.classes) == 1 && (r.has(saySoon) || r.has(saySubstitute) && r.has(sayWhen)):
		return Next
	case r.has(sayCalendar), r.has(sayWhen) && len(r.classes) > 0:
		return Coming
	case r.has(sayWhat) && r.stretches == 1 && !r.to.Before(r.today):
		return Coming
	}
	return ""
}

func (r *reader) has(s say) bool { return r.said&s != 0 }
