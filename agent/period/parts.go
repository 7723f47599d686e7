package period

import (
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// part is a part of a year: 10월, Q3, 하반기, 11월 22일, 추석.
type part struct {
	to    int
	at    func(year int) (semantic.Period, bool)
	unit  semantic.Grain
	month time.Month // set when a day or a month was named
	day   bool
	event string
	// weak parts need a year or a word before them: "may", 설, CNY.
	weak bool
}

// monthPart is what narrows a month: a day, 초, 2주차.
type monthPart struct {
	to   int
	in   func(first time.Time) (semantic.Period, bool)
	unit semantic.Grain
	day  bool
}

func betterPart(a, b part) part {
	if b.to > a.to {
		return b
	}
	return a
}

// yearPart reads the longest part of a year at i.
func (r *reader) yearPart(i int) (p part, ok bool) {
	p = betterPart(r.koreanMonth(i), r.englishMonth(i))
	p = betterPart(p, r.quarterPart(i))
	p = betterPart(p, r.halfPart(i))
	p = betterPart(p, r.seasonPart(i))
	p = betterPart(p, r.eventPart(i))
	return p, p.to > 0
}

// koreanMonth reads N월 and what narrows it, and N~M월.
func (r *reader) koreanMonth(i int) (p part) {
	n, digits, to := r.number(i)
	if digits == 0 || digits > 2 || n < 1 || n > 12 {
		return p
	}
	first := time.Month(n)
	if j := r.phrase(r.skip(to), "월"); j > 0 && !r.otherWord(j, "드", "호", "권", "식", "경기") {
		if k := r.phrase(j, "달"); k > 0 && r.wordEnds(k) {
			j = k
		}
		p = part{to: j, at: monthsOf(first, first), unit: semantic.Month, month: first}
		return betterPart(p, r.narrowed(r.of(j), first))
	}
	// "1~3월" names the unit once.
	if j := r.dash(to); j > 0 {
		m, digits, k := r.number(j)
		if end := r.phrase(k, "월"); digits > 0 && digits < 3 && end > 0 && m >= 1 && m <= 12 && !r.otherWord(end, "드", "호") {
			return part{to: end, at: monthsOf(first, time.Month(m))}
		}
	}
	return p
}

// monthsOf makes the months from first to last, into the next year where last is
// earlier.
func monthsOf(first, last time.Month) func(int) (semantic.Period, bool) {
	n := int(last-first+12)%12 + 1
	return func(year int) (semantic.Period, bool) {
		return whole(date(year, first, 1), semantic.Month, n), true
	}
}

// narrowed reads a part of a month already read.
func (r *reader) narrowed(i int, month time.Month) (p part) {
	m, ok := r.monthPart(i)
	if !ok {
		return p
	}
	at := func(year int) (semantic.Period, bool) { return m.in(date(year, month, 1)) }
	return part{to: m.to, at: at, unit: m.unit, month: month, day: m.day}
}

// days is a stretch of days of a month; last 0 is its end.
type days struct{ first, last int }

var monthThirds = []named[days]{
	{"초", days{1, 10}}, {"초순", days{1, 10}}, {"초반", days{1, 10}}, {"상순", days{1, 10}}, {"중순", days{11, 20}},
	{"중반", days{11, 20}}, {"하순", days{21, 0}}, {"말", days{21, 0}}, {"후반", days{21, 0}}, {"말경", days{21, 0}},
}

var koreanOrdinals = []named[int]{
	{"첫", 1}, {"첫째", 1}, {"첫 번째", 1}, {"둘째", 2}, {"두 번째", 2}, {"셋째", 3}, {"세 번째", 3}, {"넷째", 4}, {"네 번째", 4},
	{"다섯째", 5}, {"다섯 번째", 5},
}

func (d days) in(first time.Time) (semantic.Period, bool) {
	end := addMonths(first, 1)
	if d.last > 0 {
		end = first.AddDate(0, 0, d.last)
	}
	start := first.AddDate(0, 0, d.first-1)
	return semantic.Period{Start: start, End: end}, start.Month() == first.Month() && d.first <= end.AddDate(0, 0, -1).Day() && end.AddDate(0, 0, -1).Month() == first.Month()
}

// monthPart reads what may follow a month: 초, 15일, 1~15일, 2주차, 첫째 주.
func (r *reader) monthPart(i int) (m monthPart, ok bool) {
	if d, to := lookup(r, i, monthThirds); to > 0 && r.wordEnds(to) {
		return monthPart{to: to, in: d.in}, true
	}
	if to := r.phrase(i, "마지막 주"); to > 0 && r.wordEnds(to) {
		return monthPart{to: to, in: r.lastWeek, unit: semantic.Week}, true
	}
	if n, to := lookup(r, i, koreanOrdinals); to > 0 {
		if to = r.phrase(r.skip(to), "주"); to > 0 && r.wordEnds(to) {
			return r.nthWeek(n, to), true
		}
	}
	n, digits, to := r.number(i)
	if digits == 0 || digits > 2 || n < 1 || n > 31 {
		return m, false
	}
	if j := r.anyOf(to, []string{"주차", " 째 주", "주째"}); j > 0 && n <= 6 {
		return r.nthWeek(n, j), true
	}
	if j := r.phrase(r.skip(to), "일"); j > 0 && !r.otherWord(j, "차", "권", "장", "간") {
		return monthPart{to: r.weekdayNote(j), in: days{n, n}.in, unit: semantic.Day, day: true}, true
	}
	if j := r.dash(to); j > 0 {
		last, digits, k := r.number(j)
		if end := r.phrase(k, "일"); digits > 0 && digits < 3 && end > 0 && last >= n && last <= 31 {
			return monthPart{to: end, in: days{n, last}.in}, true
		}
	}
	return m, false
}

// lastWeek is the last week with most of its days in the month that begins on first.
func (r *reader) lastWeek(first time.Time) (semantic.Period, bool) {
	return r.edge(whole(first, semantic.Month, 1), length{n: 1, unit: semantic.Week}, -1), true
}

func (r *reader) nthWeek(n, to int) monthPart {
	in := func(first time.Time) (semantic.Period, bool) { return r.weekOfMonth(first, n) }
	return monthPart{to: to, in: in, unit: semantic.Week}
}

// otherWord reports whether what follows makes another word of it: 3월드컵, 1일권.
func (r *reader) otherWord(i int, beginnings ...string) bool {
	return r.anyOf(i, beginnings) > 0
}

// weekdayNote returns the position after a day of the week in parentheses: (월).
func (r *reader) weekdayNote(i int) int {
	j := r.skip(i)
	if r.rune(j) != '(' {
		return i
	}
	for _, w := range []string{"월", "화", "수", "목", "금", "토", "일"} {
		for _, form := range []string{"(" + w + ")", "(" + w + "요일)"} {
			if k := r.phrase(j, form); k > 0 {
				return k
			}
		}
	}
	return i
}

// dash returns the position after a sign between two ends, or -1.
func (r *reader) dash(i int) int {
	return r.skipTo(r.anyOf(r.skip(i), []string{"~", "-", "–", "—", "〜", "∼", "～"}))
}

func (r *reader) skipTo(i int) int {
	if i < 0 {
		return -1
	}
	return r.skip(i)
}

var quarterWords = []named[int]{
	{"first quarter", 1}, {"second quarter", 2}, {"third quarter", 3}, {"fourth quarter", 4}, {"1st quarter", 1},
	{"2nd quarter", 2}, {"3rd quarter", 3}, {"4th quarter", 4}, {"quarter 1", 1}, {"quarter 2", 2}, {"quarter 3", 3},
	{"quarter 4", 4}, {"the first quarter", 1}, {"the second quarter", 2}, {"the third quarter", 3},
	{"the fourth quarter", 4}, {"the last quarter of the year", 4}, {"일사분기", 1}, {"이사분기", 2}, {"삼사분기", 3}, {"사사분기", 4},
}

// quarterPart reads 3분기, 3/4분기, 1~3분기, Q3, 3Q, the third quarter.
func (r *reader) quarterPart(i int) (p part) {
	if n, to := lookup(r, i, quarterWords); to > 0 {
		return quarter(n, n, to)
	}
	if n, to := r.quarterCode(i); to > 0 {
		p = quarter(n, n, to)
		// "Q1-Q3" is one part, so that a year after it counts for both.
		if j := r.dash(to); j > 0 {
			if m, end := r.quarterCode(j); end > 0 && m > n {
				p = quarter(n, m, end)
			}
		}
		return p
	}
	n, digits, to := r.number(i)
	if digits != 1 || n < 1 || n > 4 {
		return p
	}
	if j := r.anyOf(to, []string{" 분기", "/4 분기", "사분기"}); j > 0 {
		return quarter(n, n, j)
	}
	if j := r.dash(to); j > 0 {
		if m, digits, k := r.number(j); digits == 1 && m > n && m <= 4 {
			if end := r.phrase(k, " 분기"); end > 0 {
				return quarter(n, m, end)
			}
		}
	}
	return p
}

// quarterCode reads Q3 or 3Q, not as part of a longer code.
func (r *reader) quarterCode(i int) (n, to int) {
	if i+1 >= len(r.low) {
		return 0, -1
	}
	switch a, b := r.low[i], r.low[i+1]; {
	case a == 'q' && '1' <= b && b <= '4':
		n = int(b - '0')
	case b == 'q' && '1' <= a && a <= '4':
		n = int(a - '0')
	default:
		return 0, -1
	}
	to = i + 2
	if to < len(r.low) && (isWordByte(r.low[to]) || r.low[to] == '-' && to+1 < len(r.low) && isWordByte(r.low[to+1]) && r.low[to+1] != 'q') {
		return 0, -1
	}
	return n, to
}

func quarter(first, last, to int) part {
	p := part{to: to, at: func(year int) (semantic.Period, bool) {
		return whole(date(year, time.Month(first*3-2), 1), semantic.Quarter, last-first+1), true
	}}
	if first == last {
		p.unit = semantic.Quarter
	}
	return p
}

var halves = []named[int]{
	{"상반기", 1}, {"하반기", 2}, {"first half", 1}, {"second half", 2}, {"the first half", 1}, {"the second half", 2},
	{"1st half", 1}, {"2nd half", 2}, {"first half of the year", 1}, {"second half of the year", 2},
	{"the first half of the year", 1}, {"the second half of the year", 2}, {"h1", 1}, {"h2", 2}, {"1h", 1}, {"2h", 2},
}

func (r *reader) halfPart(i int) (p part) {
	n, to := lookup(r, i, halves)
	if to < 0 || r.rune(to) == '-' {
		return p
	}
	// "2h" is as often two hours, and "H1" a heading.
	return part{to: to, unit: half, weak: to-i == 2, at: func(year int) (semantic.Period, bool) {
		return whole(date(year, time.Month(n*6-5), 1), half, 1), true
	}}
}

// seasons begin in a month and last three. Without a year they are a kind of goods
// (여름 신상) rather than a time.
var seasons = []named[time.Month]{
	{"봄", time.March}, {"여름", time.June}, {"가을", time.September}, {"겨울", time.December}, {"봄철", time.March},
	{"여름철", time.June}, {"가을철", time.September}, {"겨울철", time.December},
	{"spring", time.March}, {"summer", time.June}, {"autumn", time.September}, {"fall", time.September}, {"winter", time.December},
}

func (r *reader) seasonPart(i int) (p part) {
	m, to := lookup(r, i, seasons)
	if to < 0 {
		return p
	}
	return part{to: to, weak: true, at: func(year int) (semantic.Period, bool) {
		return whole(date(year, m, 1), semantic.Quarter, 1), true
	}}
}
