package extract

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// point is one end of a date: what its words say, not yet completed.
type point struct {
	year, month, day int // 0 where not said
	weekday          time.Weekday
	hasWeekday       bool
	at, end          int
	form             form
	// bare is a form that numbers of other kinds have too: 11/23, 11.23.
	bare bool
	// open is "11월 23", a date only as the beginning of a range.
	open bool
	// swappable is a/b, both up to 12: the other may be the month.
	swappable bool
	lunar     bool
}

type form int

const (
	formLetters form = iota // 11월 23일
	formNumbers             // 2026-11-23, 11.23, 11/23
	formEnglish             // November 23
)

// dayFirst are markets that write 5/12 for the fifth of December.
const dayFirst = " GB DE FR IN SG AU NZ IT ES IE NL "

// scanner reads dates of one text.
type scanner struct {
	s        string
	dayFirst bool
	// sure is set when the order of day and month in 5/12 is known.
	sure bool
	// given is set when the text is known to be a date, so that 11/23 needs no label.
	given bool
}

func newScanner(s, market string) *scanner {
	first := market != "" && strings.Contains(dayFirst, " "+market+" ")
	sure := market != "" || strings.IndexFunc(s, isHangul) >= 0
	return &scanner{s: s, dayFirst: first, sure: sure}
}

func isHangul(r rune) bool { return r >= 0xAC00 && r <= 0xD7A3 }

// begins reports whether a date can begin at i: not inside a number, a word, a version
// or an address.
func (c *scanner) begins(i int) bool {
	if i == 0 {
		return true
	}
	switch b := c.s[i-1]; {
	case isDigit(b) || isLetter(b) || b == '_' || b == '#' || b == '$' || b == '=' || b == '&':
		return false
	case strings.IndexByte("./:-,", b) >= 0 && i >= 2:
		return !isDigit(c.s[i-2]) && !isLetter(c.s[i-2])
	}
	return !strings.HasSuffix(c.s[:i], "₩") && !strings.HasSuffix(c.s[:i], "€")
}

// point reads a date at i with the weekday beside it.
func (c *scanner) point(i int) (point, bool) {
	p, ok := c.form(i)
	if !ok && i < len(c.s) && isLetter(c.s[i]) {
		// "Monday, 23 November"
		if day, next, has := weekdayName(c.s, i, true); has {
			next, _ = literal(c.s, next, ",")
			if p, ok = c.form(spaces(c.s, next)); ok && p.form == formEnglish {
				p.weekday, p.hasWeekday = day, true
			} else {
				ok = false
			}
		}
	}
	if !ok || p.month > 12 || p.day > 31 || p.month < 1 || p.day < 1 {
		return point{}, false
	}
	p.at = i
	p.tail(c.s)
	before := strings.TrimRight(c.s[max(0, i-12):i], " ")
	p.lunar = strings.HasSuffix(before, "음력") || strings.HasSuffix(before, "(음)")
	return p, true
}

// form reads a date without its weekday.
func (c *scanner) form(i int) (point, bool) {
	if i >= len(c.s) {
		return point{}, false
	}
	if !isDigit(c.s[i]) && !isLetter(c.s[i]) && c.s[i] != '\'' && !strings.HasPrefix(c.s[i:], "’") && !strings.HasPrefix(c.s[i:], "‘") {
		return point{}, false
	}
	for _, read := range []func(int) (point, bool){c.yearFirst, c.monthDay, c.numeric, c.monthName, c.dayName} {
		if p, ok := read(i); ok {
			return p, true
		}
	}
	return point{}, false
}

// yearFirst reads "2026년 11월 23일", "2026. 11. 23.", "2026-11-23", "'26.11.23".
func (c *scanner) yearFirst(i int) (point, bool) {
	y, next, short, ok := c.year(i)
	if !ok {
		return point{}, false
	}
	if after, has := literal(c.s, next, "년", "年"); has {
		p, ok := c.monthDay(spaces(c.s, after))
		if !ok {
			return point{}, false
		}
		p.year = y
		return p, true
	}
	sep, next, ok := separator(c.s, next)
	if !ok {
		return point{}, false
	}
	m, next, ok := number(c.s, next, 1, 2)
	if !ok {
		return point{}, false
	}
	again, next, ok := separator(c.s, next)
	if !ok || again != sep {
		return point{}, false
	}
	d, next, ok := number(c.s, next, 1, 2)
	if !ok || !c.ends(next) || m > 12 {
		return point{}, false
	}
	if sep == '.' && next < len(c.s) && c.s[next] == '.' {
		next++
	}
	// 26.11.23 alone may be a version.
	return point{year: y, month: m, day: d, end: next, form: formNumbers, bare: short && isDigit(c.s[i])}, true
}

// year reads a year of four digits, or of two after an apostrophe or before 년 or a dot.
func (c *scanner) year(i int) (y, next int, short, ok bool) {
	if y, next, ok = number(c.s, i, 4, 4); ok {
		return y, next, false, y >= 1900 && y <= 2100
	}
	after, quoted := literal(c.s, i, "'", "’", "‘")
	if y, next, ok = number(c.s, after, 2, 2); !ok {
		return 0, i, false, false
	}
	_, marked := literal(c.s, next, "년", ".")
	if _, slash := literal(c.s, next, "/"); slash && c.sure && !c.dayFirst {
		marked = true
	}
	return 2000 + y, next, true, (quoted || marked && y >= 15 && y <= 60)
}

// separator reads one of "-./" with spaces around it.
func separator(s string, i int) (sep byte, next int, ok bool) {
	at := spaces(s, i)
	if at >= len(s) || strings.IndexByte("-./", s[at]) < 0 {
		return 0, i, false
	}
	return s[at], spaces(s, at+1), true
}

// monthDay reads "11월 23일", or "11월 23" as the beginning of a range.
func (c *scanner) monthDay(i int) (point, bool) {
	m, next, ok := number(c.s, i, 1, 2)
	if !ok {
		return point{}, false
	}
	if next, ok = literal(c.s, next, "월", "月"); !ok {
		return point{}, false
	}
	d, next, ok := number(c.s, spaces(c.s, next), 1, 2)
	if !ok {
		return point{}, false
	}
	after, closed := literal(c.s, spaces(c.s, next), "일", "日")
	if closed {
		next = after
	}
	return point{month: m, day: d, end: next, form: formLetters, open: !closed}, true
}

// numeric reads "11/23", "11.23", "11. 23." and, with the year last, "11/23/2026" and
// "23.11.2026".
func (c *scanner) numeric(i int) (point, bool) {
	a, next, ok := number(c.s, i, 1, 2)
	if !ok || next >= len(c.s) || c.s[next] != '/' && c.s[next] != '.' {
		return point{}, false
	}
	sep := c.s[next]
	at := next + 1
	if sep == '.' {
		at = spaces(c.s, at)
	}
	b, next, ok := number(c.s, at, 1, 2)
	if !ok {
		return point{}, false
	}
	if next+1 < len(c.s) && c.s[next] == sep {
		if y, end, ok := number(c.s, next+1, 4, 4); ok && y >= 1900 && y <= 2100 {
			return c.ordered(point{year: y, end: end, form: formNumbers}, a, b, sep == '.'), c.ends(end)
		}
	}
	if sep == '.' && next < len(c.s) && c.s[next] == '.' {
		next++
	}
	if !c.ends(next) || a == 24 && b == 7 && sep == '/' {
		return point{}, false
	}
	p := point{end: next, form: formNumbers, bare: true}
	if sep == '.' && b == 0 {
		return point{}, false
	}
	return c.ordered(p, a, b, false), true
}

// ordered puts day and month where the market, or the numbers themselves, say.
func (c *scanner) ordered(p point, a, b int, european bool) point {
	first := c.dayFirst || european
	if a > 12 {
		first = true
	}
	if b > 12 {
		first = false
	}
	p.month, p.day = a, b
	if first {
		p.month, p.day = b, a
	}
	p.swappable = !c.sure && !european && a <= 12 && b <= 12 && a != b
	return p
}

// ends reports whether a number ends at i as one of a date does: what follows is no part
// of it and no unit.
func (c *scanner) ends(i int) bool {
	if i >= len(c.s) {
		return true
	}
	rest := c.s[i:]
	switch b := rest[0]; {
	case isDigit(b) || b == '%' || b == '/' || b == '_':
		return false
	case b == 'T' && len(rest) > 1:
		return isDigit(rest[1])
	case isLetter(b):
		return false
	case b == '.' || b == ',' || b == ':':
		return len(rest) == 1 || !isDigit(rest[1])
	}
	r, _ := utf8.DecodeRuneInString(rest)
	if isHangul(r) {
		_, particle := literal(rest, 0, "까지", "부터", "에", "일", "은", "는", "오픈", "시작", "마감", "종료", "출시", "진행", "예정", "한정", "개막")
		return particle
	}
	if r == '×' || r == '℃' || r == '°' {
		return false
	}
	return !unit(rest)
}

// unit reports whether a unit follows after a space: "1.2 ~ 1.5 GB".
func unit(rest string) bool {
	after := strings.TrimLeft(rest, " ")
	if len(after) == len(rest) {
		return false
	}
	_, ok := literal(after, 0, "%", "배", "만 ", "만원", "억", "조 ", "원", "명", "개 ", "인치", "점", "톤", "GB", "MB", "TB", "kg", "cm", "mm", "km",
		"inch", "million", "billion", "stars", "points", "times", "percent", "컵", "cup")
	return ok
}

// monthName reads "November 23rd, 2026" up to the day; the year follows the weekday.
func (c *scanner) monthName(i int) (point, bool) {
	m, next, ok := month(c.s, i)
	if !ok {
		return point{}, false
	}
	d, next, ok := number(c.s, spaces(c.s, next), 1, 2)
	if !ok {
		return point{}, false
	}
	next = ordinal(c.s, next)
	if next < len(c.s) && (isLetter(c.s[next]) || c.s[next] == ':' || c.s[next] == '%') {
		return point{}, false
	}
	return point{month: m, day: d, end: next, form: formEnglish}, true
}

// dayName reads "23rd of November".
func (c *scanner) dayName(i int) (point, bool) {
	d, next, ok := number(c.s, i, 1, 2)
	if !ok {
		return point{}, false
	}
	next, _ = literal(c.s, ordinal(c.s, next), ".")
	next = spaces(c.s, next)
	if after, has := literal(c.s, next, "of "); has {
		next = after
	}
	m, next, ok := month(c.s, next)
	if !ok || next < len(c.s) && isLetter(c.s[next]) {
		return point{}, false
	}
	return point{month: m, day: d, end: next, form: formEnglish}, true
}

func ordinal(s string, i int) int {
	next, _ := literal(s, i, "st", "nd", "rd", "th")
	return next
}

// trailingYear reads ", 2026" or " 2026".
func trailingYear(s string, i int) (y, next int) {
	at, _ := literal(s, i, ",")
	y, end, ok := number(s, spaces(s, at), 4, 4)
	if !ok || y < 1900 || y > 2100 || end < len(s) && (isLetter(s[end]) || s[end] == ':' || s[end] == '%') {
		return 0, i
	}
	return y, end
}

// dayOnly reads the end of a range that has its month from its beginning: "29일",
// "29th".
func (c *scanner) dayOnly(i int, from point) (point, bool) {
	d, next, ok := number(c.s, i, 1, 2)
	if !ok || d < 1 || d > 31 {
		return point{}, false
	}
	after, closed := literal(c.s, next, "일", "日")
	switch {
	case closed:
		next = after
	case from.form == formLetters:
		return point{}, false
	case from.form == formEnglish:
		next = ordinal(c.s, next)
		if !c.ends(next) || strings.IndexFunc(c.s[next:min(next+4, len(c.s))], unicode.IsLetter) == 0 {
			return point{}, false
		}
	case !c.ends(next) || next < len(c.s) && c.s[next] == '-':
		return point{}, false
	}
	p := point{month: from.month, day: d, at: i, end: next, form: from.form}
	p.tail(c.s)
	return p, true
}

// tail reads what stands behind a date: its weekday and, in English, its year, in either
// order.
func (p *point) tail(s string) {
	for range 2 {
		if p.form == formEnglish && p.year == 0 {
			p.year, p.end = trailingYear(s, p.end)
		}
		if p.hasWeekday {
			continue
		}
		if day, next, has := bracketedWeekday(s, p.end); has {
			p.weekday, p.hasWeekday, p.end = day, true, next
		} else if day, next, has := bareWeekday(s, p.end); has && p.form == formNumbers {
			p.weekday, p.hasWeekday, p.end = day, true, next
		}
	}
}
