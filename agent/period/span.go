package period

import (
	"github.com/bapsang/bapsang/agent/semantic"
)

// span reads a period: an expression by itself, a range from one to another, or one
// open on a side.
func (r *reader) span(i int) atom {
	best := r.fixedSpan(i)
	for _, read := range []func(*reader, int) atom{
		(*reader).prepositional, (*reader).sinceSpan, (*reader).betweenSpan, (*reader).beforeSpan,
	} {
		best = longer(best, read(r, i))
	}
	if a := r.simple(i); a.to > 0 {
		if full, ok := r.extended(a); ok {
			best = longer(best, full)
		} else if !a.strict || r.stands(i, a) {
			best = longer(best, r.finished(a))
		}
	}
	return best
}

// mention makes a mention of an atom.
func (a atom) mention(k Kind) Mention {
	m := Mention{Kind: k, To: a.to, Period: a.period, Unit: a.unit, Bare: a.bare, Event: a.event, Edition: a.year}
	if m.Unit == half {
		m.Unit = ""
	}
	return m
}

// simple reads the longest expression that names one period.
func (r *reader) simple(i int) (a atom) {
	for _, read := range []func(*reader, int) atom{
		(*reader).relativeAtom, (*reader).yearAtom, (*reader).partAtomAlone, (*reader).numericAtom, (*reader).rollingAtom,
		(*reader).agoAtom, (*reader).weekdayAtom, (*reader).fiscalAtom, (*reader).weekOf, (*reader).edgeOf,
	} {
		a = longer(a, read(r, i))
	}
	if a.to > 0 {
		if j := r.anyOf(r.skip(a.to), toDateWords); j > 0 && a.relative && a.distance == 0 && r.wordEnds(j) {
			a.to = j
		}
	}
	return a
}

// edges are the ends of a period.
var edges = []named[int]{
	{"the first", 1}, {"first", 1}, {"the last", -1}, {"last", -1}, {"the final", -1}, {"final", -1},
}

// edgeOf reads the beginning or the end of a period: the last 3 days of October, first
// week of 2025.
func (r *reader) edgeOf(i int) (a atom) {
	side, k := lookup(r, i, edges)
	if k < 0 {
		return a
	}
	l, ok := r.lengthAt(r.skip(k))
	if !ok {
		l.n = 1
		l.unit, l.to = lookup(r, r.skip(k), englishUnits)
	}
	if l.to < 0 {
		return a
	}
	j := r.phrase(r.skip(l.to), "of")
	if j < 0 || l.unit == half || l.unit == semantic.Hour {
		return a
	}
	in := r.simple(r.skip(j))
	if in.to == 0 || in.strict && in.unit != semantic.Year {
		return a
	}
	p := r.edge(in.period, l, side)
	if p.Start.Before(in.period.Start.AddDate(0, 0, -6)) || p.End.After(in.period.End.AddDate(0, 0, 6)) {
		return a
	}
	return atom{to: in.to, period: p}
}

// edge is n units from the beginning of a period or up to its end; one week is the
// calendar's.
func (r *reader) edge(p semantic.Period, l length, side int) semantic.Period {
	week := l.unit == semantic.Week && l.n == 1
	switch {
	case week && side > 0:
		return whole(r.start(p.Start.AddDate(0, 0, 3), semantic.Week), semantic.Week, 1)
	case week:
		return whole(r.start(p.End.AddDate(0, 0, -4), semantic.Week), semantic.Week, 1)
	case side > 0:
		return whole(p.Start, l.unit, l.n)
	}
	return semantic.Period{Start: add(p.End, l.unit, -l.n), End: p.End}
}

var toDateWords = []string{"to date", "so far", "들어", "들어서"}

// finished adds the particles; the zero atom means that it is part of another word.
func (r *reader) finished(a atom) atom {
	to, ok := r.tail(a.to)
	if !ok || !r.ordered(a.period) {
		return atom{}
	}
	a.to = to
	return a
}

func (r *reader) ordered(p semantic.Period) bool {
	return p.Start.IsZero() || p.End.IsZero() || p.Start.Before(p.End)
}

// weekOf reads the week of a date: week of Nov 3.
func (r *reader) weekOf(i int) (a atom) {
	k := r.anyOf(i, []string{"week of", "the week of", "week beginning", "the week beginning", "week starting", "the week starting"})
	if k < 0 {
		return a
	}
	d := r.partAtomAlone(r.skip(k))
	d = longer(d, r.numericAtom(r.skip(k)))
	if d.unit != semantic.Day {
		return a
	}
	p := whole(r.start(d.period.Start, semantic.Week), semantic.Week, 1)
	return atom{to: d.to, period: r.clip(p), unit: semantic.Week}
}

var allTime = []string{
	"전체 기간", "전 기간", "모든 기간", "전체 기간 동안", "all time", "of all time", "the entire period", "entire period",
	"the whole period", "whole period", "for all time", "over all time",
}

var untilNow = []string{
	"지금까지", "현재까지", "여태까지", "여태", "이제까지", "so far", "until now", "up to now", "till now", "up until now", "to date",
}

var toDate = []named[semantic.Grain]{
	{"ytd", semantic.Year}, {"year to date", semantic.Year}, {"올해 들어", semantic.Year}, {"올해 들어서", semantic.Year},
	{"올 들어", semantic.Year}, {"올들어", semantic.Year}, {"금년 들어", semantic.Year}, {"연초부터", semantic.Year}, {"연초부터 지금까지", semantic.Year},
	{"연초부터 현재까지", semantic.Year}, {"올해 누적", semantic.Year}, {"연 누적", semantic.Year}, {"연간 누적", semantic.Year},
	{"so far this year", semantic.Year}, {"so far in this year", semantic.Year}, {"the year to date", semantic.Year}, {"the year so far", semantic.Year},
	{"since the beginning of the year", semantic.Year}, {"since the start of the year", semantic.Year},
	{"from the beginning of the year", semantic.Year}, {"since the beginning of the month", semantic.Month},
	{"since the start of the month", semantic.Month}, {"since the start of the quarter", semantic.Quarter},
	{"since the beginning of the quarter", semantic.Quarter},
	{"mtd", semantic.Month}, {"month to date", semantic.Month}, {"월 누적", semantic.Month}, {"이번 달 누적", semantic.Month},
	{"당월 누적", semantic.Month}, {"이번 달 들어", semantic.Month}, {"월초부터", semantic.Month}, {"so far this month", semantic.Month},
	{"the month to date", semantic.Month}, {"the month so far", semantic.Month},
	{"qtd", semantic.Quarter}, {"quarter to date", semantic.Quarter}, {"분기 누적", semantic.Quarter}, {"이번 분기 누적", semantic.Quarter},
	{"so far this quarter", semantic.Quarter}, {"the quarter to date", semantic.Quarter},
	{"wtd", semantic.Week}, {"week to date", semantic.Week}, {"so far this week", semantic.Week}, {"주 누적", semantic.Week},
}

// recently are words for no particular time before now.
var recently = []string{"최근", "최근의", "최근에", "최근 들어", "요즘", "요즘의", "요즘에", "요새", "recently", "lately", "recent"}

// fixedSpan reads the expressions that are always the same words.
func (r *reader) fixedSpan(i int) (a atom) {
	if j := r.anyOf(i, allTime); j > 0 {
		a = longer(a, r.finished(atom{to: j}))
	}
	if j := r.anyOf(i, untilNow); j > 0 {
		a = longer(a, r.finished(atom{to: j, period: semantic.Period{End: r.tomorrow}}))
	}
	if unit, j := lookup(r, i, toDate); j > 0 && r.wordEnds(j) { // not 올해 들어온
		a = longer(a, r.finished(atom{to: j, unit: unit, period: r.unitAt(unit, 0)}))
	}
	if j := r.anyOf(i, recently); j > 0 && r.vague(i, j) {
		a = longer(a, r.finished(atom{to: j, period: r.back(30, semantic.Day)}))
	}
	return a
}

// vague reports whether 최근 says when: not in 가장 최근, 최근 10건, "recent orders",
// "most recent".
func (r *reader) vague(i, to int) bool {
	switch r.wordBefore(i) {
	case "가장", "제일", "most", "the", "more":
		return false
	}
	if r.low[i:to] == "recent" {
		return false
	}
	after := r.rune(r.skip(to))
	return !isDigit(after) && (isLatin(r.rune(i)) || r.wordEnds(to)) && !r.otherWord(r.skip(to), "며칠", "몇", "순", "에 가입", "본", "주문일", "한")
}

var prepositions = []string{"in", "on", "during", "for", "over", "within", "throughout", "of", "from", "across", "at", "in the", "for the", "during the", "for all of", "all of", "as of"}

// prepositional reads "in October", "over the last 30 days", "from last month".
func (r *reader) prepositional(i int) (a atom) {
	k := r.anyOf(i, prepositions)
	if k < 0 || r.skip(k) == k {
		return a
	}
	from := r.skip(k)
	b := r.simple(from)
	if b.to == 0 {
		return r.fixedSpan(from)
	}
	if full, ok := r.extended(b); ok {
		return full
	}
	if b.strict && !r.inContext(i, from, b) {
		return a
	}
	return r.finished(b)
}

// joiners stand between the two ends of a range.
var (
	joiners    = []string{"부터", "에서", "to", "through", "thru", "until", "till", "up to", "up until", "부터는"}
	openEnds   = []string{"on", "onward", "onwards", "to now", "to date", "until now", "till now", "to present", "to the present", "and later"}
	sinceWords = []string{"since", "starting", "starting from", "starting in", "beginning", "beginning in", "ever since",
		"since the beginning of", "since the start of", "from the beginning of", "from the start of"}
	untilWords  = []string{"until", "till", "through", "up to", "up until", "through the end of", "until the end of"}
	beforeWords = []string{"before", "prior to", "earlier than"}
	afterWords  = []string{"after", "later than"}
)

// extended reads what makes a range of an expression: its other end, 부터, 까지, 이후.
func (r *reader) extended(a atom) (atom, bool) {
	if j := r.anyOf(r.skip(a.to), joiners); j > 0 {
		if full := r.rangeTo(a, r.skip(j), false); full.to > 0 {
			return full, true
		}
	}
	if j := r.dash(a.to); j > 0 {
		if full := r.rangeTo(a, j, false); full.to > 0 {
			return full, true
		}
		return r.openDash(a, j)
	}
	if full := r.openKorean(a); full.to > 0 {
		return full, true
	}
	if full := r.upTo(a); full.to > 0 {
		return full, true
	}
	return a, false
}

// openDash reads "2024년 1월~", an end left out.
func (r *reader) openDash(a atom, j int) (atom, bool) {
	if c := r.rune(r.skip(a.to)); c != '~' || a.strict {
		return a, false
	}
	if next := r.rune(j); next != 0 && j == r.skip(a.to)+1 && isDigit(next) {
		return a, false
	}
	return r.since(a, r.skip(a.to)+1), true
}

// rangeTo reads the end of a range that began with a.
func (r *reader) rangeTo(a atom, i int, must bool) (full atom) {
	b, ok := r.secondEnd(a, i)
	if !ok {
		return full
	}
	if a.strict && a.unit == semantic.Year != (b.strict && b.unit == semantic.Year) && a.at == nil {
		return full // 2024 to something that is no year
	}
	start, end := r.ends(a, b)
	full = atom{to: b.to, period: semantic.Period{Start: start, End: end}}
	if !start.Before(end) {
		return atom{}
	}
	if a.strict && b.strict && a.unit == semantic.Year && (!r.usual(start.Year()) || !r.usual(b.period.Start.Year())) && !must {
		return atom{}
	}
	if j := r.anyOf(b.to, []string{"까지", " 사이", "까지는", "까지의"}); j > 0 {
		full.to = j
	}
	return r.finished(full)
}

// secondEnd reads the later end of a range, which may lean on the earlier one: the
// month of "10월 1일~15일", the year of "2025년 3월부터 5월까지".
func (r *reader) secondEnd(a atom, i int) (b atom, ok bool) {
	if j := r.anyOf(i, []string{"the"}); j > 0 && r.simple(i).to == 0 {
		i = r.skip(j)
	}
	b = r.simple(i)
	if b.to == 0 || b.unit == "" && b.at == nil && !b.relative {
		b = longer(b, r.fixedEnd(i))
	}
	if a.month > 0 {
		b = longer(b, r.sameMonth(a, i))
	}
	return b, b.to > 0
}

// fixedEnd reads "now" as the end of a range.
func (r *reader) fixedEnd(i int) (b atom) {
	if j := r.anyOf(i, []string{"지금", "현재", "now", "date", "present", "the present"}); j > 0 {
		b = atom{to: j, period: semantic.Period{Start: r.today, End: r.tomorrow}, unit: semantic.Day}
	}
	return b
}

// sameMonth reads a day of the month that the range began in.
func (r *reader) sameMonth(a atom, i int) (b atom) {
	d, to := r.dayNumber(i)
	if n, digits, k := r.number(i); to < 0 && digits > 0 && digits < 3 {
		if j := r.phrase(r.skip(k), "일"); j > 0 {
			d, to = n, r.weekdayNote(j)
		}
	}
	if to < 0 {
		return b
	}
	y := a.period.Start.Year()
	if year, end, ok := r.yearAfter(to); ok {
		y, to = year, end
		if a.at != nil {
			p, ok := oneDay(y, a.month, d)
			if !ok {
				return b
			}
			return atom{to: to, period: p, unit: semantic.Day}
		}
	}
	p, ok := oneDay(y, a.month, d)
	if !ok {
		return b
	}
	return atom{to: to, period: p, unit: semantic.Day, relative: true}
}
