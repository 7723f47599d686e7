package period

import (
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// eventSense is the part of an event's time that is meant.
type eventSense uint8

const (
	allDays eventSense = iota
	itsWeek
	mainDay
	dayBefore
	dayAfter
	weekBefore
	weekAfter
	itsWeekend
)

var eventSuffixes = []named[eventSense]{
	{"주간", itsWeek}, {"주", itsWeek}, {"있는 주", itsWeek}, {"당일", mainDay}, {"전날", dayBefore}, {"다음 날", dayAfter},
	{"이튿날", dayAfter}, {"전주", weekBefore}, {"전 주", weekBefore}, {"다음 주", weekAfter}, {"연휴", allDays}, {"기간", allDays},
	{"주말", itsWeekend}, {"week", itsWeek}, {"weekend", itsWeekend}, {"day", allDays}, {"period", allDays}, {"holiday", allDays}, {"holidays", allDays},
}

var eventPrefixes = []named[eventSense]{
	{"the week of", itsWeek}, {"week of", itsWeek}, {"the day before", dayBefore}, {"day before", dayBefore},
	{"the day after", dayAfter}, {"day after", dayAfter}, {"the week before", weekBefore}, {"week before", weekBefore},
	{"the week after", weekAfter}, {"week after", weekAfter}, {"the weekend of", itsWeekend},
}

// The sides of an event: before it -1, after it 1; doubled where all days up to it are
// meant.
var (
	sideBefore  = []named[int]{{"전", -1}, {"직전", -1}, {"이전", -1}, {"후", 1}, {"이후", 1}, {"직후", 1}} // 전 2주
	sideAfter   = []named[int]{{"전", -1}, {"후", 1}, {"뒤", 1}}                                     // 2주 전
	englishSide = []named[int]{
		{"before", -1}, {"ahead of", -1}, {"prior to", -1}, {"leading up to", -2}, {"after", 1}, {"following", 2},
	}
)

// eventPart reads an event, a part of its time, or days before and after it.
func (r *reader) eventPart(i int) (p part) {
	if r.o.Calendar == nil {
		return p
	}
	if sense, to := lookup(r, i, eventPrefixes); to > 0 {
		if e, ok := r.eventAt(r.skip(to)); ok {
			e.at = r.sensed(e.at, sense)
			return e
		}
	}
	if e, ok := r.offsetBefore(i); ok {
		return e
	}
	e, ok := r.eventAt(i)
	if !ok {
		return p
	}
	if sense, to := lookup(r, r.of(e.to), eventSuffixes); to > 0 && (isLatin(r.rune(r.of(e.to))) || r.wordEnds(to)) {
		s := e
		s.to, s.at, s.weak = to, r.sensed(e.at, sense), false
		e = s
	}
	return betterPart(e, r.offsetAfter(e))
}

// eventAt reads the name of an event.
func (r *reader) eventAt(i int) (p part, ok bool) {
	if j := r.phrase(i, "the"); j > 0 {
		i = r.skip(j)
	}
	m, ok := r.o.Calendar.Prefix(r.src[i:])
	if !ok {
		return p, false
	}
	to := i + m.Len
	if c := r.rune(to); isLatin(rune(r.src[to-1])) && (isLatin(c) || isDigit(c)) {
		return p, false
	}
	id := m.Event
	at := func(year int) (semantic.Period, bool) {
		e, ok := r.o.Calendar.Edition(id, year)
		return semantic.Period{Start: e.Start, End: e.End.AddDate(0, 0, 1)}, ok
	}
	return part{to: to, at: at, event: id, weak: m.Weak}, true
}

// noEdition returns the position after an event of a year in which it does not take
// place, as far as the calendar knows: 내년 수능, "Prime Day 2027". Reading the two apart would answer for
// another year's.
func (r *reader) noEdition(i int) int {
	if r.o.Calendar == nil {
		return -1
	}
	if e, ok := r.eventAt(i); ok {
		if year, to, dated := r.yearAfter(e.to); dated {
			if _, known := e.at(year); !known {
				return to
			}
		}
		return -1
	}
	y := r.yearAt(i)
	if y.to == 0 {
		return -1
	}
	e, ok := r.eventAt(r.of(y.to))
	if !ok || r.of(y.to) == y.to {
		return -1
	}
	if _, known := e.at(y.year); known {
		return -1
	}
	return e.to
}

// sensed narrows or widens the days of an event.
func (r *reader) sensed(at func(int) (semantic.Period, bool), sense eventSense) func(int) (semantic.Period, bool) {
	return func(year int) (semantic.Period, bool) {
		p, ok := at(year)
		if !ok {
			return p, false
		}
		last := p.End.AddDate(0, 0, -1)
		switch sense {
		case itsWeek:
			// The longest holidays are shorter than a week and stand around their main
			// day, so that one decides which week it is.
			middle := p.Start.Add(last.Sub(p.Start) / 2)
			p = whole(r.start(middle, semantic.Week), semantic.Week, 1)
		case mainDay:
			p = whole(r.start(p.Start.Add(last.Sub(p.Start)/2), semantic.Day), semantic.Day, 1)
		case dayBefore:
			p = whole(p.Start.AddDate(0, 0, -1), semantic.Day, 1)
		case dayAfter:
			p = whole(p.End, semantic.Day, 1)
		case weekBefore:
			p = whole(r.start(p.Start, semantic.Week).AddDate(0, 0, -7), semantic.Week, 1)
		case weekAfter:
			p = whole(r.start(last, semantic.Week).AddDate(0, 0, 7), semantic.Week, 1)
		case itsWeekend:
			p = r.weekend(startOf(last, semantic.Week, time.Monday))
		}
		return p, true
	}
}

// window makes the days of a length before or after an event: all of them, or the unit
// at that distance.
func window(at func(int) (semantic.Period, bool), l length, sign int, all bool) func(int) (semantic.Period, bool) {
	return func(year int) (semantic.Period, bool) {
		p, ok := at(year)
		if !ok {
			return p, false
		}
		switch {
		case sign < 0 && all:
			return semantic.Period{Start: add(p.Start, l.unit, -l.n), End: p.Start}, true
		case sign < 0:
			return whole(add(p.Start, l.unit, -l.n), l.unit, 1), true
		case all:
			return whole(p.End, l.unit, l.n), true
		}
		return whole(add(p.End, l.unit, l.n-1), l.unit, 1), true
	}
}

// offsetAfter reads what stands behind an event: 2주 전, 전 2주간, 후 3일.
func (r *reader) offsetAfter(e part) (p part) {
	i := r.of(e.to)
	for _, w := range sideBefore {
		k := r.phrase(i, w.words)
		if k < 0 {
			continue
		}
		if l, ok := r.lengthAt(r.skip(k)); ok && l.unit != semantic.Hour && r.wordEnds(r.during(l.to)) {
			p = e
			p.to, p.at, p.weak = r.during(l.to), window(e.at, l, w.is, true), false
		}
	}
	if l, ok := r.lengthAt(i); ok && l.unit != semantic.Hour {
		if sign, k := lookup(r, r.skip(l.to), sideAfter); k > 0 && r.wordEnds(k) && k > p.to {
			p = e
			p.to, p.at, p.weak = k, window(e.at, l, sign, false), false
		}
	}
	return p
}

// offsetBefore reads "3 days before Chuseok" and "the 2 weeks leading up to Chuseok".
func (r *reader) offsetBefore(i int) (p part, ok bool) {
	all := false
	k := i
	if j := r.phrase(i, "the"); j > 0 {
		all, k = true, r.skip(j)
	}
	l, ok := r.lengthAt(k)
	if !ok || l.unit == semantic.Hour {
		return p, false
	}
	sign, to := lookup(r, r.skip(l.to), englishSide)
	if to < 0 {
		return p, false
	}
	e, ok := r.eventAt(r.skip(to))
	if !ok {
		return p, false
	}
	all = all || sign == -2 || sign == 2
	e.at, e.weak = window(e.at, l, sign, all), false
	return e, true
}
