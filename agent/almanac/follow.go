package almanac

import (
	"regexp"
	"time"
	"unicode/utf8"
)

// Follow returns what text asks of the calendar after a question that was understood as
// before: what it says anew replaces what was said, the rest is kept (내년은?, and Cyber
// Monday?, 미국은?). It is false when text says nothing or something else.
func Follow(text string, before Request, o Options) (Request, bool) {
	if len(text) > maxText || !utf8.ValidString(text) || o.Calendar == nil {
		return Request{}, false
	}
	r := newReader(text, o)
	r.after = &before
	r.ahead = append(r.ahead, r.further()...)
	if !r.read() || r.has(sayFigure|sayNarrow) || r.stretches > 1 {
		return Request{}, false
	}
	if len(r.events) > 0 || len(before.Events) > 0 && len(r.classes) == 0 && (r.stretches == 0 || r.year != 0) {
		return r.followEvents(before)
	}
	return r.followList(before)
}

// followEvents changes the event, the edition, or what is wanted of it.
func (r *reader) followEvents(q Request) (Request, bool) {
	was := q.Kind
	if len(q.Events) == 0 {
		q = Request{Kind: When}
	}
	switch {
	case r.has(sayResult):
		q.Kind = LastTime
	case r.has(sayPrepare):
		q.Kind = Prepare
	case r.has(sayWhen):
		q.Kind = When
	}
	if len(r.events) > 0 {
		q.Events = r.events
	}
	switch {
	case r.year != 0:
		q.Year, q.Past = r.year, false
	case r.has(sayPast):
		q.Year, q.Past = 0, true
	case q.Kind != was || r.has(saySoon):
		q.Year, q.Past = 0, false
	}
	changed := len(r.events) > 0 || r.stretches > 0 || q.Kind != was || r.has(sayPast|saySoon)
	return q, changed && (r.stretches == 0 || r.year != 0)
}

// followList changes the stretch, the market or the class of what was listed or counted.
func (r *reader) followList(q Request) (Request, bool) {
	if len(q.Events) > 0 || r.has(sayResult|sayPrepare) {
		return Request{}, false
	}
	if r.stretches == 1 {
		q.From, q.To, q.Named = r.from, r.to, true
		if q.Kind == Next || q.Kind == Day && !r.from.Equal(r.to) {
			q.Kind = Coming
		}
	}
	if len(r.markets) > 0 {
		q.Markets = r.markets
	}
	if len(r.classes) > 0 {
		q.Classes, q.Substitutes = r.classes, r.has(saySubstitute)
	}
	if r.has(sayWorkdays) {
		q.Kind = Workdays
	}
	return q, r.stretches > 0 || len(r.markets) > 0 || len(r.classes) > 0 || r.has(sayWorkdays)
}

var thenNext = regexp.MustCompile(`그\s*다음\s*(달|주|해)|(?:the )?(month|week|year) after(?: that)?`)

// further are the expressions that go on from the stretch of the question before.
func (r *reader) further() []stretch {
	var out []stretch
	for _, m := range thenNext.FindAllStringSubmatchIndex(r.text, -1) {
		unit := "" // the expression's Korean or its English word
		for i := 2; i < len(m); i += 2 {
			if m[i] >= 0 {
				unit = r.text[m[i]:m[i+1]]
			}
		}
		if r.after.To.IsZero() {
			continue // it was about an event
		}
		from := r.after.To.AddDate(0, 0, 1)
		var to time.Time
		switch unit {
		case "달", "month":
			to = from.AddDate(0, 1, -1)
		case "주", "week":
			to = from.AddDate(0, 0, 6)
		default:
			to = from.AddDate(1, 0, -1)
		}
		out = append(out, stretch{at: m[0], end: r.endOfParticle(m[1]), from: from, to: to})
	}
	return out
}
