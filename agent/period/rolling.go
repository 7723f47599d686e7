package period

import (
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// which says which of the occurrences of something that recurs is meant.
type which uint8

const (
	anyLatest which = iota
	theLast
	theCurrent
	theNext
)

var whichOne = []named[which]{
	{"지난", theLast}, {"저번", theLast}, {"이번", theCurrent}, {"다음", theNext}, {"돌아오는", theNext}, {"다가오는", theNext},
	{"last", theLast}, {"the last", theLast}, {"the previous", theLast}, {"previous", theLast}, {"past", theLast}, {"the most recent", theLast},
	{"this", theCurrent}, {"next", theNext}, {"the next", theNext}, {"the upcoming", theNext}, {"upcoming", theNext},
}

var weekdays = []named[time.Weekday]{
	{"월요일", time.Monday}, {"화요일", time.Tuesday}, {"수요일", time.Wednesday}, {"목요일", time.Thursday},
	{"금요일", time.Friday}, {"토요일", time.Saturday}, {"일요일", time.Sunday},
	{"monday", time.Monday}, {"tuesday", time.Tuesday}, {"wednesday", time.Wednesday}, {"thursday", time.Thursday},
	{"friday", time.Friday}, {"saturday", time.Saturday}, {"sunday", time.Sunday},
}

// length is a number of units: 3개월, six weeks, 보름.
type length struct {
	n    int
	unit semantic.Grain
	to   int
}

var koreanCounts = []named[int]{
	{"한", 1}, {"두", 2}, {"세", 3}, {"석", 3}, {"네", 4}, {"넉", 4}, {"다섯", 5}, {"여섯", 6}, {"일곱", 7}, {"여덟", 8},
	{"아홉", 9}, {"열", 10}, {"열두", 12}, {"일", 1}, {"이", 2}, {"삼", 3}, {"사", 4}, {"오", 5}, {"육", 6}, {"칠", 7},
	{"팔", 8}, {"구", 9}, {"십", 10}, {"십이", 12},
}

// native are the numerals that no 일 follows.
var native = map[string]bool{"한": true, "두": true, "세": true, "석": true, "네": true, "넉": true}

var koreanLengthUnits = []named[semantic.Grain]{
	{"일", semantic.Day}, {"주", semantic.Week}, {"주일", semantic.Week}, {"개 주", semantic.Week}, {"개월", semantic.Month},
	{"달", semantic.Month}, {"개 달", semantic.Month}, {"분기", semantic.Quarter}, {"개 분기", semantic.Quarter},
	{"년", semantic.Year}, {"개년", semantic.Year}, {"해", semantic.Year}, {"시간", semantic.Hour}, {"반기", half}, {"개 반기", half},
}

var koreanLengths = []named[length]{
	{"하루", length{n: 1, unit: semantic.Day}}, {"이틀", length{n: 2, unit: semantic.Day}}, {"사흘", length{n: 3, unit: semantic.Day}},
	{"나흘", length{n: 4, unit: semantic.Day}}, {"닷새", length{n: 5, unit: semantic.Day}}, {"열흘", length{n: 10, unit: semantic.Day}},
	{"보름", length{n: 15, unit: semantic.Day}}, {"일주일", length{n: 1, unit: semantic.Week}}, {"한 주", length{n: 1, unit: semantic.Week}},
	{"한 달", length{n: 1, unit: semantic.Month}}, {"반 년", length{n: 6, unit: semantic.Month}},
}

var englishCounts = []named[int]{
	{"one", 1}, {"a", 1}, {"an", 1}, {"two", 2}, {"three", 3}, {"four", 4}, {"five", 5}, {"six", 6}, {"seven", 7},
	{"eight", 8}, {"nine", 9}, {"ten", 10}, {"eleven", 11}, {"twelve", 12}, {"thirty", 30}, {"ninety", 90},
}

var englishLengthUnits = []named[semantic.Grain]{
	{"day", semantic.Day}, {"days", semantic.Day}, {"calendar days", semantic.Day}, {"week", semantic.Week}, {"weeks", semantic.Week},
	{"month", semantic.Month}, {"months", semantic.Month}, {"mos", semantic.Month}, {"quarter", semantic.Quarter},
	{"quarters", semantic.Quarter}, {"year", semantic.Year}, {"years", semantic.Year}, {"yrs", semantic.Year},
	{"hour", semantic.Hour}, {"hours", semantic.Hour}, {"hrs", semantic.Hour}, {"wk", semantic.Week}, {"wks", semantic.Week}, {"yr", semantic.Year}, {"qtrs", semantic.Quarter}, {"mths", semantic.Month},
	{"full weeks", semantic.Week}, {"full months", semantic.Month}, {"full quarters", semantic.Quarter}, {"full years", semantic.Year},
	{"calendar weeks", semantic.Week}, {"calendar months", semantic.Month}, {"calendar quarters", semantic.Quarter}, {"calendar years", semantic.Year},
	{"complete weeks", semantic.Week}, {"complete months", semantic.Month}, {"complete quarters", semantic.Quarter},
}

// longest is how many of a unit an expression may count.
func longest(unit semantic.Grain) int {
	switch unit {
	case semantic.Hour, semantic.Day:
		return 4000
	case semantic.Year:
		return 50
	}
	return 600
}

// lengthAt reads a length. In Korean a digit is followed by the unit with or without a
// space; a counting word or a fixed word is Korean only, "six weeks" English only.
func (r *reader) lengthAt(i int) (l length, ok bool) {
	if fixed, to := lookup(r, i, koreanLengths); to > 0 {
		fixed.to = to
		l = fixed
	}
	n, k := 0, -1
	if v, digits, to := r.number(i); digits > 0 && digits <= 4 {
		n, k = v, to
	} else if v, to := lookup(r, i, koreanCounts); to > 0 {
		n, k = v, to
	}
	if k > 0 {
		unit, to := lookup(r, r.skip(k), koreanLengthUnits)
		// Days are counted in the other numerals: 세일 is a sale.
		if sale := unit == semantic.Day && native[r.src[i:k]]; to > l.to && !sale {
			l = length{n, unit, to}
		}
	}
	if v, to := lookup(r, i, englishCounts); to > 0 {
		n, k = v, to
	}
	if k > 0 && k < len(r.src) {
		unit, to := lookup(r, r.skip(k), englishLengthUnits)
		if to < 0 && r.src[k] == '-' {
			unit, to = lookup(r, k+1, englishLengthUnits)
		}
		if to > l.to {
			l = length{n, unit, to}
		}
	}
	return l, l.to > 0 && l.n > 0 && l.n <= longest(l.unit)
}

var rollingWords = []string{
	"최근", "최근의", "지난", "과거", "직전", "최근 들어", "가장 최근", "이전", "그 이전", "그 직전", "그 전",
	"last", "the last", "past", "the past", "previous", "the previous", "latest", "the latest", "trailing", "the trailing",
	"recent", "the most recent", "most recent", "preceding", "the preceding", "prior", "the prior", "rolling",
}

// beforeRolling are those that, compared with, mean before the period asked about.
var beforeRolling = []string{
	"직전", "이전", "그 이전", "그 직전", "그 전", "previous", "the previous", "preceding", "the preceding", "prior", "the prior",
}

// rollingAtom reads N units before now: 최근 30일, last 6 weeks, past year, 3개월간.
func (r *reader) rollingAtom(i int) (a atom) {
	if to := r.anyOf(i, rollingWords); to > 0 {
		k := r.skip(to)
		l, ok := r.lengthAt(k)
		if !ok {
			l, ok = r.fewAt(k, r.anyOf(i, pastWords) == to)
		}
		if ok && !r.ordinal(i, k, l) {
			before := r.anyOf(i, beforeRolling) == to
			return atom{to: r.during(l.to), period: r.back(l.n, l.unit), unit: countedUnit(l), before: before}
		}
		return r.pastUnit(i)
	}
	if l, ok := r.lengthAt(i); ok {
		if to := r.during(l.to); to > l.to {
			return atom{to: to, period: r.back(l.n, l.unit), unit: countedUnit(l)}
		}
	}
	return a
}

// few is how many units an expression means that does not count them.
const few = 3

// fewUnits are units that no number stands before: 지난 몇 달, last few weeks, past months.
var fewUnits = []named[semantic.Grain]{
	{"몇 주", semantic.Week}, {"몇 달", semantic.Month}, {"몇 개월", semantic.Month}, {"몇 분기", semantic.Quarter}, {"몇 개 분기", semantic.Quarter}, {"몇 년", semantic.Year}, {"몇 해", semantic.Year},
	{"few weeks", semantic.Week}, {"few months", semantic.Month}, {"few quarters", semantic.Quarter}, {"few years", semantic.Year},
}

// bareUnits are such units after "past" only: "last months revenue" is that of last month.
var bareUnits = []named[semantic.Grain]{
	{"weeks", semantic.Week}, {"months", semantic.Month}, {"quarters", semantic.Quarter}, {"years", semantic.Year},
}

var pastWords = []string{"past", "the past", "recent"}

var pairUnits = []named[semantic.Grain]{
	{"couple of weeks", semantic.Week}, {"couple of months", semantic.Month}, {"couple of quarters", semantic.Quarter}, {"couple of years", semantic.Year},
	{"couple weeks", semantic.Week}, {"couple months", semantic.Month}, {"couple quarters", semantic.Quarter}, {"couple years", semantic.Year},
}

// fewAt reads a length whose number is left open.
func (r *reader) fewAt(i int, past bool) (length, bool) {
	if unit, to := lookup(r, i, bareUnits); past && to > 0 {
		return length{few, unit, to}, true
	}
	if unit, to := lookup(r, i, fewUnits); to > 0 {
		return length{few, unit, to}, true
	}
	unit, to := lookup(r, i, pairUnits)
	return length{2, unit, to}, to > 0
}

// ordinal reports whether "지난 3분기" names the third quarter rather than three.
func (r *reader) ordinal(i, k int, l length) bool {
	n, digits, to := r.number(k)
	return digits == 1 && n <= 4 && l.unit == semantic.Quarter && r.phrase(i, "지난") > 0 &&
		r.phrase(to, "분기") == l.to && r.during(l.to) == l.to
}

// during returns the position after 간 or 동안.
func (r *reader) during(i int) int {
	for _, w := range []string{"간", " 동안", "간 동안"} {
		if j := r.phrase(i, w); j > 0 && r.wordEnds(j) {
			return j
		}
	}
	return i
}

// pastUnit reads one unit without a number, rolling: "past month" is the month until
// yesterday, where "last month" is October.
func (r *reader) pastUnit(i int) (a atom) {
	to := r.anyOf(i, []string{"past", "the past", "trailing", "the trailing"})
	if to < 0 {
		return a
	}
	if unit, end := lookup(r, r.skip(to), englishUnits); end > 0 {
		return atom{to: end, period: r.back(1, unit)}
	}
	return a
}

// countedUnit is the calendar unit of a length that counts complete units.
func countedUnit(l length) semantic.Grain {
	if l.n == 1 || l.unit == semantic.Day || l.unit == semantic.Hour || l.unit == half {
		return ""
	}
	return l.unit
}

// back is the period of n units before now; see the package comment for which of them
// are complete.
func (r *reader) back(n int, unit semantic.Grain) semantic.Period {
	switch {
	case unit == semantic.Hour:
		end := r.now.Truncate(time.Hour)
		return semantic.Period{Start: add(end, unit, -n), End: end}
	case unit == semantic.Day || n == 1 && unit != semantic.Quarter && unit != half:
		return semantic.Period{Start: add(r.today, unit, -n), End: r.today}
	}
	end := r.start(r.today, unit)
	return semantic.Period{Start: add(end, unit, -n), End: end}
}

// agoAtom reads the unit at a distance: 2주 전, 3 days ago.
func (r *reader) agoAtom(i int) (a atom) {
	l, ok := r.lengthAt(i)
	if !ok || l.unit == semantic.Hour {
		return a
	}
	to := r.anyOf(l.to, []string{" 전", " ago", " earlier"})
	if to < 0 || !r.wordEnds(to) {
		return a
	}
	ago := l.n == 1 && l.unit != semantic.Day
	return atom{to: to, period: r.unitAt(l.unit, -l.n), unit: l.unit, ago: ago, relative: true, distance: -l.n}
}
