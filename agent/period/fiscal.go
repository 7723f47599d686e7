package period

import (
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// fiscalAtom reads FY25, fiscal 2025, FY25 Q3, Q3 FY25, this fiscal year, 2025 회계연도.
func (r *reader) fiscalAtom(i int) (a atom) {
	year, to := r.fiscalYear(i)
	if to > 0 {
		a = r.fiscal(year, 0, to)
		j := r.skip(to)
		if j == to && r.rune(to) == '-' {
			j++
		}
		if q := r.quarterPart(j); q.to > 0 && q.unit == semantic.Quarter {
			in, _ := q.at(2000)
			a = r.fiscal(year, int(in.Start.Month()+2)/3, q.to)
		}
		return a
	}
	q := r.quarterPart(i)
	if q.to == 0 || q.unit != semantic.Quarter {
		return a
	}
	j := r.skip(q.to)
	if k := r.phrase(j, "of"); k > 0 {
		j = r.skip(k)
	}
	if year, to := r.fiscalYear(j); to > 0 {
		in, _ := q.at(2000)
		a = r.fiscal(year, int(in.Start.Month()+2)/3, to)
	}
	return a
}

var fiscalWords = []string{"fy", "fiscal year", "fiscal", "회계 연도", "회계 년도"}

var fiscalRelative = []named[int]{
	{"this fiscal year", 0}, {"the current fiscal year", 0}, {"current fiscal year", 0}, {"last fiscal year", -1},
	{"the last fiscal year", -1}, {"the previous fiscal year", -1}, {"next fiscal year", 1}, {"이번 회계 연도", 0}, {"올해 회계 연도", 0},
	{"지난 회계 연도", -1}, {"작년 회계 연도", -1}, {"전 회계 연도", -1},
}

// fiscalYear reads the name of a fiscal year.
func (r *reader) fiscalYear(i int) (year, to int) {
	if n, to := lookup(r, i, fiscalRelative); to > 0 {
		return r.fiscalNow() + n, to
	}
	if n, digits, k := r.number(i); digits == 4 && plausible(n) {
		if j := r.anyOf(k, []string{"년 회계 연도", " 회계 연도", "년 회계 년도"}); j > 0 {
			return n, j
		}
	}
	k := -1
	for _, w := range fiscalWords {
		// "fy25" has no word's end after fy.
		if j := r.prefix(i, w); j > k {
			k = j
		}
	}
	if k < 0 {
		return 0, -1
	}
	j := r.skip(k)
	if c := r.rune(j); c == '\'' || c == '’' {
		j += len(string(c))
	}
	n, digits, end := r.number(j)
	switch {
	case digits == 2 && r.fiscalEnds(end):
		return 2000 + n, end
	case digits == 4 && plausible(n) && r.fiscalEnds(end):
		return n, end
	}
	return 0, -1
}

// prefix is phrase without the word's end.
func (r *reader) prefix(i int, words string) int {
	if len(words) <= len(r.low)-i && r.low[i:i+len(words)] == words {
		return i + len(words)
	}
	return r.phrase(i, words)
}

func (r *reader) fiscalEnds(i int) bool {
	_, q := r.quarterCode(i)
	return r.numberEnds(i) || q > 0 || r.rune(i) == '-'
}

// fiscalNow is the fiscal year that today is in.
func (r *reader) fiscalNow() int {
	if first := r.fiscalMonth(); first > time.January && r.today.Month() >= first {
		return r.today.Year() + 1
	}
	return r.today.Year()
}

func (r *reader) fiscalMonth() time.Month { return max(r.o.FiscalYearStart, time.January) }

// fiscal is a fiscal year, or a quarter of one.
func (r *reader) fiscal(year, quarter, to int) atom {
	first := r.fiscalMonth()
	if first > time.January {
		year--
	}
	start := date(year, first, 1)
	if quarter == 0 {
		return atom{to: to, period: r.clip(whole(start, semantic.Year, 1)), unit: semantic.Year}
	}
	return atom{to: to, period: r.clip(whole(addMonths(start, 3*(quarter-1)), semantic.Quarter, 1)), unit: semantic.Quarter}
}
