// Package almanac reads questions about when things take place: 다음 달 마케팅 일정, "when
// is Black Friday", 추석 준비. It knows no data of the company's; what an event did for
// the company last time is computed by who asks.
//
// Like package compose it prefers silence: a question with a word that it cannot
// account for is not one about the calendar.
package almanac

import (
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
	Workdays Kind = "workdays" // how many business days a stretch of time has
)

// Request is a question understood.
type Request struct {
	Kind Kind
	// From and To bound Coming and Workdays: dates at midnight UTC, both included. Named
	// is set when the question said so itself.
	From, To time.Time
	Named    bool
	// Events are the ids that When, Prepare and LastTime are about, in the question's order.
	Events []string
	// Year is the edition meant, 0 where none was named: the next one, for LastTime the
	// last one that is over. Past is set when the last one was asked for by name.
	Year int
	Past bool
	// Markets and Classes narrow Coming; empty means all.
	Markets []string
	Classes []calendar.Class
}

// Options say how to read.
type Options struct {
	Now      time.Time // "today" is its date in its own location
	Calendar *calendar.Calendar
	// Weekday weeks begin on.
	WeekStart time.Weekday
}

// Ahead is how far a question looks that names no time.
const Ahead = 6 * 7

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
	q := Request{Events: r.events, Year: r.year, Past: r.said[sayPast], Markets: r.markets, Classes: r.classes}
	switch {
	case len(r.events) > 0 && r.said[sayResult]:
		q.Kind = LastTime
	case len(r.events) > 0 && r.said[sayPrepare]:
		q.Kind = Prepare
	case len(r.events) > 0 && (r.said[sayWhen] || r.said[sayCalendar]):
		q.Kind = When
	case len(r.events) > 0 || r.said[sayResult]:
		return Request{}, false // an event alone is a period of some figure
	case r.said[sayWorkdays]:
		q.Kind = Workdays
	case r.said[sayCalendar] || r.said[sayWhen] && len(r.classes) > 0:
		q.Kind = Coming
	default:
		return Request{}, false
	}
	if len(r.events) > 0 {
		if r.stretches > 0 && r.year == 0 {
			return Request{}, false // an event within a month: not ours to read
		}
		return q, true
	}
	if r.stretches > 1 {
		return Request{}, false
	}
	q.From, q.To, q.Named = r.from, r.to, r.stretches > 0
	if !q.Named {
		q.From, q.To = r.today, r.today.AddDate(0, 0, Ahead)
	}
	if r.said[sayLeft] && q.From.Before(r.today) {
		q.From = r.today
	}
	return q, !q.To.Before(q.From)
}
