package period

import (
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// yearName is a year named by the text.
type yearName struct {
	year     int
	to       int
	relative bool // 작년, 2년 전
	distance int
	before   bool
	strict   bool // digits only
	short    bool // 25년, which may be a length
	ago      bool
}

// yearAt reads a year: 작년, 2025년, 25년, '25년, 2년 전, 2025, last year.
func (r *reader) yearAt(i int) (y yearName) {
	if d, to := lookup(r, i, relativeYears); to > 0 {
		return yearName{year: r.today.Year() + d.n, to: to, relative: true, distance: d.n, before: d.before}
	}
	if d, to := r.englishDistance(i); to > 0 && d.unit == semantic.Year {
		return yearName{year: r.today.Year() + d.n, to: to, relative: true, distance: d.n}
	}
	if l, ok := r.lengthAt(i); ok && l.unit == semantic.Year {
		if to := r.anyOf(l.to, yearsAgo); to > 0 && r.wordEnds(to) {
			return yearName{year: r.today.Year() - l.n, to: to, relative: true, distance: -l.n, ago: l.n == 1}
		}
	}
	if j := r.anyOf(i, calendarYear); j > 0 {
		if n, digits, to := r.number(r.skip(j)); digits == 4 && plausible(n) && r.numberEnds(to) {
			return yearName{year: n, to: to}
		}
	}
	k := i
	if c := r.rune(i); c == '\'' || c == '’' {
		k += len(string(c))
	}
	n, digits, to := r.number(k)
	if digits != 4 && digits != 2 || digits == 4 && !plausible(n) {
		return y
	}
	if j := r.anyOf(r.skip(to), []string{"년", "년도", "년 한 해"}); j > 0 && !r.afterYear(j) {
		if digits == 2 && (n < 10 || n > 49) {
			return y
		}
		return yearName{year: n + (4-digits)/2*2000, to: j, short: digits == 2 && k == i}
	}
	if digits == 4 && r.phrase(to, "년") < 0 && (r.numberEnds(to) || isHangul(r.rune(to)) && r.wordEnds(to) || r.quarterGlued(to)) {
		return yearName{year: n, to: to, strict: true}
	}
	return y
}

var (
	yearsAgo     = []string{" 전", " ago"}
	calendarYear = []string{"year", "the year", "calendar year", "the calendar year"}
)

// afterYear reports whether what follows 년 at j makes a length, a model year or a
// bound of it: 2년간, 2025년형, 10년 이상. A word of its own after a space is none of
// these: 2025년 식품, 2022년 치료.
func (r *reader) afterYear(j int) bool {
	k := r.skip(j)
	if r.otherWord(k, "이상", "이하", "넘") {
		return true
	}
	to := r.anyOf(k, []string{"간", "차", "동안", "전", "산", "형", "식", "생", "치", "만"})
	return to > 0 && (k == j || r.wordEnds(to))
}

// quarterGlued reports whether a quarter or half is written onto a year: 2025Q3.
func (r *reader) quarterGlued(i int) bool {
	_, to := r.quarterCode(i)
	if to < 0 {
		_, to = lookup(r, i, halves)
	}
	return to > 0
}

// yearAtom reads a year and the part of it that follows: 작년 10월, 2025 Q3, 25년
// 상반기, last year's Chuseok, 작년 말.
func (r *reader) yearAtom(i int) (a atom) {
	y := r.yearAt(i)
	if y.to == 0 {
		return r.bareUp(i)
	}
	start := date(y.year, 1, 1)
	a = atom{
		to: y.to, period: r.clip(whole(start, semantic.Year, 1)), unit: semantic.Year, bare: !y.ago, strict: y.strict,
		relative: y.relative, distance: y.distance, before: y.before, ago: y.ago,
	}
	if y.short && (y.year < r.today.Year()-5 || y.year > r.today.Year()+1) {
		a.to = 0
	}
	part := r.partOf(y.year, y.to)
	if y.relative {
		part.from = start
	}
	return longer(a, part)
}

// bareUp reads 올 (this year) before a part: 올 상반기, 올 3월, 올여름.
func (r *reader) bareUp(i int) (a atom) {
	if j := r.phrase(i, "올"); j > 0 {
		return r.partOf(r.today.Year(), r.skip(j))
	}
	return a
}

var yearEnds = []named[time.Month]{
	{"초", time.January}, {"연초", time.January}, {"말", time.December}, {"연말", time.December},
}

// partOf reads a part of a year that has been named before i.
func (r *reader) partOf(year, i int) (a atom) {
	i = r.of(i)
	if c := r.rune(i); c == ',' || c == '-' {
		return a
	}
	if m, to := lookup(r, i, yearEnds); to > 0 && r.wordEnds(to) {
		a = atom{to: to, period: r.clip(whole(date(year, m, 1), semantic.Month, 1))}
	}
	if p, ok := r.weekOfYear(year, i); ok {
		a = longer(a, p)
	}
	p, ok := r.yearPart(i)
	if !ok {
		return a
	}
	in, has := p.at(year)
	if !has {
		return a
	}
	dated := r.partAtom(p, year, in)
	dated.given = year
	return longer(a, dated)
}

// partAtom makes the atom of a part in a year.
func (r *reader) partAtom(p part, year int, in semantic.Period) atom {
	if p.unit != semantic.Day && p.event == "" {
		in = r.clip(in)
	}
	a := atom{to: p.to, period: in, unit: p.unit, event: p.event}
	if p.day {
		a.month = p.month
	}
	if p.event != "" {
		a.year = year
	}
	return a
}

// weekOfYear reads 47주차, W47, week 47.
func (r *reader) weekOfYear(year, i int) (a atom, ok bool) {
	n, to := r.weekNumber(i)
	if to < 0 {
		return a, false
	}
	p, has := r.isoWeek(year, n)
	return atom{to: to, period: r.clip(p), unit: semantic.Week}, has
}

func (r *reader) weekNumber(i int) (n, to int) {
	if n, digits, k := r.number(i); digits > 0 && digits < 3 {
		if j := r.phrase(k, "주차"); j > 0 && !strings.HasPrefix(r.low[j:], "별") {
			return n, j
		}
	}
	k := r.anyOf(i, []string{"week ", "iso week "})
	if k < 0 && i+1 < len(r.low) && r.low[i] == 'w' {
		k = i + 1
	}
	if k < 0 {
		return 0, -1
	}
	n, digits, to := r.number(k)
	if digits == 0 || digits > 2 || !r.numberEnds(to) {
		return 0, -1
	}
	return n, to
}

// partAtomAlone reads a part of a year without the year, or with the year behind it:
// 10월, Q3, Oct 3, 2025, last Chuseok, 지난 10월.
func (r *reader) partAtomAlone(i int) (a atom) {
	which, k := lookup(r, i, whichOne)
	if k > 0 {
		if p, ok := r.yearPart(r.skip(k)); ok {
			a = r.picked(p, which)
		}
	}
	a = longer(a, r.gluedYear(i))
	p, ok := r.yearPart(i)
	if !ok {
		return longer(a, r.weekAlone(i))
	}
	if year, to, ok := r.yearAfter(p.to); ok {
		if in, has := p.at(year); has {
			p.to = to
			dated := r.partAtom(p, year, in)
			dated.given = year
			return longer(a, dated)
		}
	}
	if year, ok := r.sharedYear(i, p.to); ok {
		if in, has := p.at(year); has && in != r.carried.period {
			shared := r.partAtom(p, year, in)
			shared.given, shared.strict = year, p.weak
			return longer(a, shared)
		}
	}
	return longer(a, longer(r.floating(p), r.weekAlone(i)))
}

// conjunctions join parts of one year: Q1 and Q2 of 2025.
var conjunctions = []string{"and", "&", "or", ",", "vs", "vs.", "versus", "및", "그리고", "compared to", "compared with", "with", ", and"}

// listed reports whether what stands between two parts joins them: "과 ", " and ",
// " 매출과 ".
func listed(between string) bool {
	words := strings.Fields(between)
	if len(words) == 0 {
		return true
	}
	if len(words) > 3 {
		return false
	}
	last := words[len(words)-1]
	return slices.Contains(conjunctions, strings.ToLower(last)) || strings.HasSuffix(last, ",") ||
		strings.HasSuffix(last, "과") || strings.HasSuffix(last, "와") || strings.HasSuffix(last, "랑") || strings.HasSuffix(last, "하고")
}

// sharedYear returns the year that a part at i, up to to, has in common with the one
// before it (2025년 10월과 11월) or after it (Q1 and Q2 of 2025).
func (r *reader) sharedYear(i, to int) (year int, ok bool) {
	if r.carried.given > 0 && r.carried.to <= i && listed(r.src[r.carried.to:i]) {
		return r.carried.given, true
	}
	for range 12 {
		j := r.anyOf(r.skip(to), conjunctions)
		if j < 0 {
			return 0, false
		}
		p, ok := r.yearPart(r.skip(j))
		if !ok {
			return 0, false
		}
		if year, _, ok := r.yearAfter(p.to); ok {
			return year, true
		}
		to = p.to
	}
	return 0, false
}

// gluedYear reads 3Q25, 1H2025.
func (r *reader) gluedYear(i int) (a atom) {
	if i+3 >= len(r.low) {
		return a
	}
	n, kind := int(r.low[i]-'0'), r.low[i+1]
	year, digits, to := r.number(i + 2)
	switch {
	case digits == 2 && year >= 10 && year <= 49:
		year += 2000
	case digits != 4 || !plausible(year):
		return a
	}
	if !r.numberEnds(to) {
		return a
	}
	switch {
	case kind == 'q' && n >= 1 && n <= 4:
		p := quarter(n, n, to)
		in, _ := p.at(year)
		a = r.partAtom(p, year, in)
		a.given = year
		return a
	case kind == 'h' && n >= 1 && n <= 2:
		return atom{to: to, period: r.clip(whole(date(year, time.Month(n*6-5), 1), half, 1)), unit: half}
	}
	return a
}

// floating is a part of no given year: the latest that has begun.
func (r *reader) floating(p part) (a atom) {
	year, in, ok := r.latest(p.at, r.begun)
	if !ok {
		return a
	}
	a = r.partAtom(p, year, in)
	a.at, a.strict = p.at, p.weak
	a.bare = p.unit != "" && p.unit != semantic.Day && p.unit != semantic.Week && p.event == ""
	return a
}

// picked is a part with "last", "this" or "next" before it.
func (r *reader) picked(p part, which which) (a atom) {
	year, in, ok := r.today.Year(), semantic.Period{}, false
	switch which {
	case theLast:
		year, in, ok = r.latest(p.at, r.over)
	case theNext:
		for y := year; y <= year+2 && !ok; y++ {
			if next, has := p.at(y); has && next.Start.After(r.today) {
				year, in, ok = y, next, true
			}
		}
	default:
		in, ok = p.at(year)
	}
	if !ok {
		return a
	}
	return r.partAtom(p, year, in)
}

// weekAlone reads a numbered week of the latest year in which it has begun.
func (r *reader) weekAlone(i int) (a atom) {
	n, to := r.weekNumber(i)
	if to < 0 {
		return a
	}
	at := func(year int) (semantic.Period, bool) { return r.isoWeek(year, n) }
	if year, end, ok := r.yearAfter(to); ok {
		if p, has := at(year); has {
			return atom{to: end, period: r.clip(p), unit: semantic.Week}
		}
	}
	_, p, ok := r.latest(at, r.begun)
	if !ok {
		return a
	}
	return atom{to: to, period: r.clip(p), unit: semantic.Week, at: at}
}
