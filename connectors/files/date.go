package files

import (
	"time"
)

// order is how the three numbers of a date like "11/22/26" are meant.
type order int

const (
	yearMonthDay order = iota
	monthDayYear
	dayMonthYear
	orders // how many there are
)

func (o order) String() string {
	return [...]string{"year-month-day", "month-day-year", "day-month-year"}[o]
}

// form is what a cell written as a date says.
type form int

const (
	formFull    form = iota // year, month and day, or an order that the column decides
	formMonth               // year and month
	formNoYear              // month and day
	formTime                // only a time of day
	formCompact             // digits alone: 20261122
)

// moment is a cell read as a date or time. With ambiguous set, a, b and c are the
// three numbers as written and the column decides their order; otherwise they are
// year, month, day.
type moment struct {
	form      form
	ambiguous bool
	yearLast  bool    // the third number has four digits
	noYear    [2]bool // the first and the third number have one digit: no year
	a, b, c   int
	hasTime   bool
	sec       int // of the day
	micro     int
	zone      int // seconds east of UTC
	hasZone   bool
}

var monthNames = map[string]int{
	"jan": 1, "january": 1, "feb": 2, "february": 2, "mar": 3, "march": 3, "apr": 4, "april": 4, "may": 5,
	"jun": 6, "june": 6, "jul": 7, "july": 7, "aug": 8, "august": 8, "sep": 9, "sept": 9, "september": 9,
	"oct": 10, "october": 10, "nov": 11, "november": 11, "dec": 12, "december": 12,
}

var weekdayNames = map[string]bool{
	"월": true, "화": true, "수": true, "목": true, "금": true, "토": true, "일": true,
	"월요일": true, "화요일": true, "수요일": true, "목요일": true, "금요일": true, "토요일": true, "일요일": true,
	"mon": true, "tue": true, "wed": true, "thu": true, "fri": true, "sat": true, "sun": true,
	"monday": true, "tuesday": true, "wednesday": true, "thursday": true, "friday": true, "saturday": true, "sunday": true,
}

// mayBeDate is a quick look that spares most cells the full reading.
func mayBeDate(s string) bool {
	if len(s) < 3 || len(s) > 48 {
		return false
	}
	digit, other := false, false
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			digit = true
		case c >= 0x80 || c == '-' || c == '.' || c == '/' || c == ':' || c == ' ' || c == ',' || c == '\'' || c|0x20 >= 'a' && c|0x20 <= 'z':
			other = true
		case c != '(' && c != ')' && c != '+':
			return false
		}
	}
	return digit && (other || len(s) == 8 || len(s) == 6 || len(s) == 14)
}

// parseMoment reads s, which has no space around it, as a date, a month, a date
// without year or a time of day.
func parseMoment(s string) (moment, bool) {
	if m, ok := isoMoment(s); ok {
		return m, true
	}
	if !mayBeDate(s) {
		return moment{}, false
	}
	var t tokens
	if !t.split(s) {
		return moment{}, false
	}
	var m moment
	if t.n == 1 {
		return compact(t.list[0])
	}
	if m.readTime(&t) {
		m.form = formTime
		t.spaces()
		return m, t.i == t.n
	}
	t.i = 0
	if !m.readDate(&t) {
		return moment{}, false
	}
	m.readWeekday(&t)
	t.spaces()
	t.takeWord("t")
	if t.i < t.n && (!m.readTime(&t) || m.form != formFull && m.form != formNoYear) {
		return moment{}, false
	}
	t.spaces()
	return m, t.i == t.n && (m.ambiguous || m.plausible())
}

// isoMoment reads the forms that machines write, 2026-11-22 and 2026-11-22 15:30:00,
// without cutting them up: they are most of what is read.
func isoMoment(s string) (moment, bool) {
	if len(s) != 10 && len(s) != 16 && len(s) != 19 || s[4] != s[7] || s[4] != '-' && s[4] != '.' && s[4] != '/' {
		return moment{}, false
	}
	two := func(i int) int {
		a, b := s[i]-'0', s[i+1]-'0'
		if a > 9 || b > 9 {
			return -1
		}
		return int(a)*10 + int(b)
	}
	hi, lo, mo, d := two(0), two(2), two(5), two(8)
	if hi < 0 || lo < 0 || mo < 0 || d < 0 {
		return moment{}, false
	}
	m := moment{a: hi*100 + lo, b: mo, c: d}
	if len(s) == 10 {
		return m, m.plausible()
	}
	h, mi, sec := two(11), two(14), 0
	if len(s) == 19 {
		sec = two(17)
	}
	if s[10] != ' ' && s[10] != 'T' || s[13] != ':' || len(s) == 19 && s[16] != ':' || h < 0 || h > 23 || mi < 0 || mi > 59 || sec < 0 || sec > 59 {
		return moment{}, false
	}
	m.hasTime, m.sec = true, h*3600+mi*60+sec
	return m, m.plausible()
}

// compact reads 20261122, 20261122153000 and 202611.
func compact(tok token) (moment, bool) {
	m := moment{form: formCompact}
	switch tok.size {
	case 14:
		clock := tok.num % 1_000_000
		h, mi, se := clock/10_000, clock/100%100, clock%100
		if h > 23 || mi > 59 || se > 59 {
			return moment{}, false
		}
		m.hasTime, m.sec = true, h*3600+mi*60+se
		tok.num /= 1_000_000
		fallthrough
	case 8:
		m.a, m.b, m.c = tok.num/10_000, tok.num/100%100, tok.num%100
	case 6:
		m.a, m.b, m.c = tok.num/100, tok.num%100, 1
	default:
		return moment{}, false
	}
	return m, m.plausible()
}

// plausible reports whether year, month and day exist in a time people keep data
// of.
func (m *moment) plausible() bool {
	if m.form == formNoYear {
		return validDate(2024, m.a, m.b)
	}
	return validDate(m.a, m.b, m.c)
}

func validDate(y, mo, d int) bool {
	if y < 1000 || y > 9999 || mo < 1 || mo > 12 || d < 1 || d > 31 {
		return false
	}
	return d <= 28 || time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC).Day() == d
}

func (m *moment) readDate(t *tokens) bool {
	m.readWeekday(t)
	_, quoted := t.take('\'')
	first := t.peek(0)
	switch {
	case first.kind == 'a':
		return m.readMonthFirst(t)
	case first.kind != '0':
		return false
	}
	t.i++
	next := t.peek(0)
	if next.kind == ' ' && t.peek(1).kind == 'a' {
		t.i++
		next = t.peek(0)
	}
	if next.kind == 'a' {
		return m.readKorean(t, first) || m.readDayName(t, first)
	}
	return m.readNumeric(t, first, quoted)
}

// readKorean reads "2026년 11월 22일" and its parts after the first number.
func (m *moment) readKorean(t *tokens, first token) bool {
	number := func(word string) (int, bool) {
		save := t.i
		t.spaces()
		tok, ok := t.take('0')
		t.spaces()
		if ok && t.takeWord(word) {
			return tok.num, true
		}
		t.i = save
		return 0, false
	}
	if t.takeWord("월") {
		day, ok := number("일")
		m.form, m.a, m.b = formNoYear, first.num, day
		return ok
	}
	if !t.takeWord("년") {
		return false
	}
	m.a = first.num
	if first.size == 2 {
		m.a += 2000
	}
	var ok bool
	if m.b, ok = number("월"); !ok {
		return false
	}
	if m.c, ok = number("일"); !ok {
		m.form, m.c = formMonth, 1
	}
	return true
}

// readDayName reads "22 Nov 2026", "22-Nov-26" and "22nd November" after the day.
func (m *moment) readDayName(t *tokens, day token) bool {
	if t.takeWord("st", "nd", "rd", "th") {
		t.spaces()
	}
	month, ok := monthNames[t.peek(0).word]
	if !ok || day.size > 2 {
		return false
	}
	t.i++
	m.b, m.c = month, day.num
	return m.readYearAfter(t)
}

// readMonthFirst reads "Nov 22, 2026", "November 2026" and "Nov 22".
func (m *moment) readMonthFirst(t *tokens) bool {
	month, ok := monthNames[t.peek(0).word]
	if !ok {
		return false
	}
	t.i++
	t.take('.')
	if _, ok := t.take('-'); !ok {
		t.spaces()
	}
	tok, ok := t.take('0')
	if !ok {
		return false
	}
	m.b, m.c = month, tok.num
	if tok.size == 4 {
		m.form, m.a, m.c = formMonth, tok.num, 1
		return true
	}
	t.takeWord("st", "nd", "rd", "th")
	return m.readYearAfter(t)
}

// readYearAfter reads the year that follows day and month, if there is one.
func (m *moment) readYearAfter(t *tokens) bool {
	save := t.i
	t.take(',')
	t.take('-')
	t.take('/')
	t.spaces()
	if tok := t.peek(0); tok.kind == '0' && (tok.size == 4 || tok.size == 2 && t.peek(1).kind != ':') {
		t.i++
		m.form, m.a = formFull, tok.num
		if tok.size == 2 {
			m.a = century(tok.num)
		}
		return true
	}
	t.i = save
	m.form, m.a, m.b, m.c = formNoYear, m.b, m.c, 0
	return true
}

// century places a year of two digits: 69 is 1969, 68 is 2068, as POSIX does.
func century(y int) int {
	if y >= 69 {
		return 1900 + y
	}
	return 2000 + y
}

// readNumeric reads "2026-11-22", "2026. 11. 22.", "11/22/2026" and "2026-11"
// after the first number.
func (m *moment) readNumeric(t *tokens, first token, quoted bool) bool {
	second, sep, ok := t.separated(0)
	if !ok || second.size > 2 {
		if tok := t.peek(1); tok.kind == 'a' && monthNames[tok.word] > 0 && first.size <= 2 {
			t.i++
			return m.readDayName(t, first)
		}
		return false
	}
	third, _, ok := t.separated(sep)
	if !ok {
		t.take('.')
		m.form, m.a, m.b, m.c = formMonth, first.num, second.num, 1
		return first.size == 4 && second.size <= 2
	}
	if sep == '.' {
		t.take('.')
	}
	m.a, m.b, m.c = first.num, second.num, third.num
	switch {
	case first.size == 4 && third.size <= 2:
		return true
	case quoted && first.size == 2:
		m.a = century(m.a)
		return third.size <= 2
	case first.size > 2 || third.size == 3 || third.size > 4:
		return false
	}
	m.ambiguous, m.yearLast = true, third.size == 4
	m.noYear = [2]bool{first.size < 2, third.size < 2}
	for o := range orders {
		if _, _, _, ok := m.ordered(o); ok {
			return true
		}
	}
	return false
}

// separated takes a separator and the number behind it. A separator of 0 stands
// for any.
func (t *tokens) separated(want byte) (num token, sep byte, ok bool) {
	save := t.i
	t.spaces()
	sep = t.peek(0).kind
	if sep != '-' && sep != '.' && sep != '/' || want != 0 && sep != want {
		t.i = save
		return token{}, 0, false
	}
	t.i++
	t.spaces()
	if num, ok = t.take('0'); !ok || t.peek(0).kind == ':' {
		t.i = save
		return token{}, 0, false
	}
	return num, sep, true
}

// ordered reads the three numbers in an order, and whether that gives a date.
func (m *moment) ordered(o order) (y, mo, d int, ok bool) {
	if !m.ambiguous {
		return m.a, m.b, m.c, true
	}
	switch o {
	case yearMonthDay:
		if m.yearLast || m.noYear[0] {
			return 0, 0, 0, false
		}
		y, mo, d = century(m.a), m.b, m.c
	case monthDayYear:
		y, mo, d = m.c, m.a, m.b
	case dayMonthYear:
		y, mo, d = m.c, m.b, m.a
	}
	if o != yearMonthDay && !m.yearLast {
		y = century(y)
	}
	return y, mo, d, validDate(y, mo, d) && (o == yearMonthDay || !m.noYear[1])
}

// readWeekday skips "(일)", "일요일" and "Sunday,".
func (m *moment) readWeekday(t *tokens) {
	save := t.i
	t.spaces()
	_, open := t.take('(')
	if !weekdayNames[t.peek(0).word] || t.peek(0).kind != 'a' {
		t.i = save
		return
	}
	t.i++
	if open {
		t.take(')')
	}
	t.take(',')
	t.take('.')
	t.spaces()
}
