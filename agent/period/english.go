package period

import (
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

var englishMonths = []named[time.Month]{
	{"january", 1}, {"february", 2}, {"march", 3}, {"april", 4}, {"may", 5}, {"june", 6}, {"july", 7}, {"august", 8},
	{"september", 9}, {"october", 10}, {"november", 11}, {"december", 12},
	{"jan", 1}, {"feb", 2}, {"mar", 3}, {"apr", 4}, {"jun", 6}, {"jul", 7}, {"aug", 8}, {"sep", 9}, {"sept", 9},
	{"oct", 10}, {"nov", 11}, {"dec", 12}, {"jan.", 1}, {"feb.", 2}, {"mar.", 3}, {"apr.", 4}, {"aug.", 8}, {"sep.", 9},
	{"sept.", 9}, {"oct.", 10}, {"nov.", 11}, {"dec.", 12},
}

var englishThirds = []named[days]{
	{"early", days{1, 10}}, {"the beginning of", days{1, 10}}, {"beginning of", days{1, 10}}, {"the start of", days{1, 10}},
	{"start of", days{1, 10}}, {"mid", days{11, 20}}, {"the middle of", days{11, 20}}, {"middle of", days{11, 20}},
	{"late", days{21, 0}}, {"the end of", days{21, 0}}, {"end of", days{21, 0}},
	{"the first half of", days{1, 15}}, {"first half of", days{1, 15}}, {"the second half of", days{16, 0}}, {"second half of", days{16, 0}},
}

// englishMonth reads a month and what narrows it: October, early October, Oct 3,
// the 3rd of October, Oct 3–15.
func (r *reader) englishMonth(i int) (p part) {
	if d, to := lookup(r, i, englishThirds); to > 0 {
		j := r.skip(to)
		if r.rune(j) == '-' {
			j++
		}
		if m, end := lookup(r, j, englishMonths); end > 0 {
			return part{to: end, month: m, at: func(year int) (semantic.Period, bool) { return d.in(date(year, m, 1)) }}
		}
		return p
	}
	if j := r.anyOf(i, []string{"the month of", "month of"}); j > 0 {
		i = r.skip(j)
		if m, to := lookup(r, i, englishMonths); to > 0 {
			return part{to: to, at: monthsOf(m, m), unit: semantic.Month, month: m}
		}
		return p
	}
	if m, to := lookup(r, i, englishMonths); to > 0 {
		p = part{to: to, at: monthsOf(m, m), unit: semantic.Month, month: m, weak: r.maybeVerb(i, to)}
		if j := r.skip(to); j > to || r.rune(to) == '-' {
			p = betterPart(p, r.englishDay(j, m))
		}
		return p
	}
	return r.dayFirst(i)
}

// maybeVerb reports whether "may", "march" or "mar" is a month by its spelling only.
func (r *reader) maybeVerb(i, to int) bool {
	switch r.low[i:to] {
	case "may":
		if r.src[i] != 'M' {
			return true
		}
		switch r.wordAfter(to) {
		case "i", "we", "you", "he", "she", "it", "they", "this", "that", "there", "the", "be", "not", "have":
			return true
		}
		return false
	case "march", "mar", "jan", "sep", "dec":
		return r.src[i] < 'A' || r.src[i] > 'Z'
	}
	return false
}

// englishDay reads the day after a month, and a second one: 3rd, 3-15.
func (r *reader) englishDay(i int, m time.Month) (p part) {
	if j := r.phrase(i, "the"); j > 0 {
		i = r.skip(j)
	}
	d, to := r.dayNumber(i)
	if to < 0 {
		return p
	}
	return part{to: to, unit: semantic.Day, month: m, day: true, at: func(year int) (semantic.Period, bool) {
		return oneDay(year, m, d)
	}}
}

// dayNumber reads 3, 3rd or 22nd.
func (r *reader) dayNumber(i int) (d, to int) {
	d, digits, to := r.number(i)
	if digits == 0 || digits > 2 || d < 1 || d > 31 {
		return 0, -1
	}
	for _, suffix := range []string{"st", "nd", "rd", "th"} {
		if j := r.phrase(to, suffix); j > 0 {
			return d, j
		}
	}
	if c := r.rune(to); isLatin(c) || isHangul(c) || c == '%' || c == '/' || c == ':' {
		return 0, -1
	}
	if c := r.rune(to); (c == '.' || c == ',') && isDigit(r.rune(to+1)) {
		return 0, -1
	}
	return d, to
}

// dayFirst reads "3 October", "the 3rd of October".
func (r *reader) dayFirst(i int) (p part) {
	k := i
	if j := r.phrase(i, "the"); j > 0 {
		k = r.skip(j)
	}
	d, to := r.dayNumber(k)
	if to < 0 {
		return p
	}
	to = r.skip(to)
	if j := r.phrase(to, "of"); j > 0 {
		to = r.skip(j)
	}
	m, end := lookup(r, to, englishMonths)
	if end < 0 || strings.HasPrefix(r.low[to:end], "mar") && r.src[to] == 'm' && r.phrase(to, "march") < 0 {
		return p
	}
	return part{to: end, unit: semantic.Day, month: m, day: true, at: func(year int) (semantic.Period, bool) {
		return oneDay(year, m, d)
	}}
}

var englishYearWords = []named[int]{
	{"last year", -1}, {"this year", 0}, {"next year", 1}, {"the year before last", -2}, {"the previous year", -1},
	{"the current year", 0}, {"the year before", -1}, {"a year ago", -1}, {"작년", -1}, {"올해", 0},
}

// yearAfter reads a year that follows a part: "2025", ", 2025", "(2026)", "'25", "of
// last year", "Q3 FY25".
func (r *reader) yearAfter(i int) (year, to int, ok bool) {
	j := r.skip(i)
	closing := ""
	switch c := r.rune(j); {
	case c == ',':
		j = r.skip(j + 1)
	case c == '(':
		j, closing = r.skip(j+1), ")"
	case c == '\'' || c == '’':
		return r.shortYear(j)
	case j == i:
		return 0, 0, false
	}
	for _, w := range []string{"of", "in"} {
		if k := r.phrase(j, w); k > 0 {
			j = r.skip(k)
			break
		}
	}
	if n, end := lookup(r, j, englishYearWords); end > 0 && closing == "" {
		return r.today.Year() + n, end, true
	}
	if c := r.rune(j); c == '\'' || c == '’' {
		return r.shortYear(j)
	}
	n, digits, end := r.number(j)
	if digits != 4 || !plausible(n) || !r.numberEnds(end) {
		return 0, 0, false
	}
	if closing != "" {
		end = r.phrase(end, closing)
	} else if c := r.rune(end); isHangul(c) && r.phrase(end, "년") > 0 {
		end = r.phrase(end, "년")
	}
	return n, end, end > 0
}

// shortYear reads '25.
func (r *reader) shortYear(i int) (year, to int, ok bool) {
	c := r.rune(i)
	if c != '\'' && c != '’' {
		return 0, 0, false
	}
	i += len(string(c))
	n, digits, end := r.number(i)
	return 2000 + n, end, digits == 2 && r.numberEnds(end)
}

// plausible are the years that a bare number may be.
func plausible(year int) bool { return year >= 1990 && year <= 2049 }
