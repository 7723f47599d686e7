package period

import (
	"time"

	"github.com/bapsang/bapsang/agent/semantic"
)

// numericAtom reads dates in digits.
func (r *reader) numericAtom(i int) (a atom) {
	n, digits, to := r.number(i)
	switch digits {
	case 8:
		if p, ok := oneDay(n/10000, time.Month(n/100%100), n%100); ok && plausible(n/10000) && r.dateEnds(to) && !r.codeBefore(i) {
			a = atom{to: to, period: p, unit: semantic.Day, month: p.Start.Month()}
		}
	case 4:
		if plausible(n) {
			a = longer(r.yearFirst(n, to), r.yearSpan(n, to))
		}
	case 1, 2:
		a = longer(r.shortDate(i, n, digits, to), r.slashDate(n, to))
	}
	a.to = max(a.to, 0)
	if a.to > 0 {
		a.to = r.weekdayNote(a.to)
	}
	return a
}

// dateEnds reports whether a date in digits ends at i; another digit or a letter would
// make it a code.
func (r *reader) dateEnds(i int) bool {
	return r.numberEnds(i) || r.rune(i) == '-' && r.dash(i) > 0 && isDigit(r.rune(r.dash(i)))
}

// yearFirst reads the rest of 2026-11-22, 2026.11.22, 2026. 11. 22., 2026/11/22,
// 2026-11, 2026-W47.
func (r *reader) yearFirst(year, to int) (a atom) {
	sep := r.rune(to)
	if sep != '-' && sep != '.' && sep != '/' {
		return a
	}
	j := to + 1
	if sep == '.' {
		j = r.skip(j)
	}
	if r.rune(j) == 'W' || r.rune(j) == 'w' {
		w, digits, k := r.number(j + 1)
		if p, ok := r.isoWeek(year, w); digits == 2 && ok && r.numberEnds(k) {
			return atom{to: k, period: r.clip(p), unit: semantic.Week}
		}
		return a
	}
	m, digits, k := r.number(j)
	if digits == 0 || digits > 2 || m < 1 || m > 12 {
		return a
	}
	if digits == 2 && (r.numberEnds(k) || isHangul(r.rune(k))) && j == to+1 && !r.versionBefore(to-4) {
		a = atom{to: k, period: r.clip(whole(date(year, time.Month(m), 1), semantic.Month, 1)), unit: semantic.Month}
	}
	if r.rune(k) != sep {
		return a
	}
	k++
	if sep == '.' {
		k = r.skip(k)
	}
	d, digits, end := r.number(k)
	p, ok := oneDay(year, time.Month(m), d)
	if digits == 0 || digits > 2 || !ok {
		return a
	}
	if sep == '.' && r.rune(end) == '.' && !isDigit(r.rune(end+1)) {
		return atom{to: end + 1, period: p, unit: semantic.Day, month: time.Month(m)}
	}
	if !r.dateEnds(end) {
		return a
	}
	return atom{to: end, period: p, unit: semantic.Day, month: time.Month(m)}
}

// yearSpan reads 2023-2025 and 2024~2025년.
func (r *reader) yearSpan(first, to int) (a atom) {
	j := r.dash(to)
	last, digits, k := r.number(max(j, 0))
	if j < 0 || digits != 4 || last <= first || !r.usual(first) || !r.usual(last) {
		return a
	}
	if end := r.anyOf(k, []string{"년", "년도"}); end > 0 {
		k = end
	} else if !r.numberEnds(k) {
		return a
	}
	return atom{to: k, period: r.clip(whole(date(first, 1, 1), semantic.Year, last-first+1))}
}

// codeBefore reports whether the word before a number says that it is one.
func (r *reader) codeBefore(i int) bool {
	switch r.wordBefore(i) {
	case "order", "orders", "id", "no", "number", "code", "sku", "invoice", "ticket", "주문", "주문번호", "번호", "코드", "상품", "상품번호", "송장", "고객번호":
		return true
	}
	return false
}

// versionBefore reports whether the word before a number says that it is a version.
func (r *reader) versionBefore(i int) bool {
	switch r.wordBefore(i) {
	case "version", "ver", "v", "release", "build", "버전", "릴리스", "빌드", "ubuntu", "ip", "모델", "model":
		return true
	}
	return false
}

// shortDate reads 26.11.22 and 12.28(월).
func (r *reader) shortDate(i, n, digits, to int) (a atom) {
	if r.rune(to) != '.' || r.versionBefore(i) {
		return a
	}
	m, monthDigits, k := r.number(to + 1)
	if monthDigits == 0 || monthDigits > 2 {
		return a
	}
	if end := r.weekdayNote(k); end > k {
		return r.floatingDay(n, m, end)
	}
	if digits != 2 || monthDigits != 2 || r.rune(k) != '.' {
		return a
	}
	d, dayDigits, end := r.number(k + 1)
	p, ok := oneDay(2000+n, time.Month(m), d)
	if dayDigits != 2 || !ok || n < 10 || n > 49 || !r.dateEnds(end) {
		return a
	}
	return atom{to: end, period: p, unit: semantic.Day, month: time.Month(m)}
}

// floatingDay is a day of the month without a year.
func (r *reader) floatingDay(m, d, to int) (a atom) {
	month := time.Month(m)
	at := func(year int) (semantic.Period, bool) { return oneDay(year, month, d) }
	_, p, ok := r.latest(at, r.begun)
	if !ok {
		return a
	}
	return atom{to: to, period: p, unit: semantic.Day, month: month, at: at}
}

// slashDate reads 11/22, 11/22(일) and 11/22/2026. What may as well be a fraction
// (1/2, 3/4) is strict.
func (r *reader) slashDate(n, to int) (a atom) {
	if r.rune(to) != '/' {
		return a
	}
	m, digits, k := r.number(to + 1)
	if digits == 0 || digits > 2 {
		return a
	}
	if r.rune(k) == '/' {
		year, digits, end := r.number(k + 1)
		if digits != 4 || !plausible(year) || !r.dateEnds(end) {
			return a
		}
		month, day := n, m
		if month > 12 {
			month, day = m, n
		}
		if p, ok := oneDay(year, time.Month(month), day); ok {
			a = atom{to: end, period: p, unit: semantic.Day, month: time.Month(month)}
		}
		return a
	}
	if !r.dateEnds(k) {
		return a
	}
	a = r.floatingDay(n, m, k)
	a.strict = r.weekdayNote(k) == k && (m <= 5 && n < m || m == 10 && n < 10) || r.otherWord(r.skip(k), "사이즈", "크기", "수준", "이하", "이상", "price", "size", "off")
	return a
}
