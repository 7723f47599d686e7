package extract

import (
	"strings"
	"unicode/utf8"
)

// span is a date or a range as read, with the years it says or not.
type span struct {
	from, to point
	ranged   bool
	at, end  int
}

// spans reads the dates of a text in order. They do not overlap.
func (c *scanner) spans() []span {
	var found []span
	for i := 0; i < len(c.s); {
		b := c.s[i]
		quote := b == '\'' || strings.HasPrefix(c.s[i:], "’") || strings.HasPrefix(c.s[i:], "‘")
		if !isDigit(b) && !isLetter(b) && !quote {
			i++
			continue
		}
		if c.begins(i) {
			if s, ok := c.span(i); ok {
				found, i = append(found, s), s.end
				continue
			}
		}
		i = c.skip(i)
	}
	return found
}

// skip passes the run of digits or letters at i.
func (c *scanner) skip(i int) int {
	kind := isDigit
	if isLetter(c.s[i]) {
		kind = isLetter
	}
	for i++; i < len(c.s) && kind(c.s[i]); i++ {
	}
	return i
}

func (c *scanner) span(i int) (span, bool) {
	from, ok := c.point(i)
	if !ok {
		return c.dayToDate(i)
	}
	s := span{from: from, at: i, end: from.end}
	if to, ok := c.other(from); ok {
		s.to, s.ranged, s.end = to, true, to.end
	}
	if from.open && !s.ranged {
		return span{}, false
	}
	if (from.bare || s.ranged && s.to.bare && from.year == 0) && !c.meant(s) {
		return span{}, false
	}
	return s, true
}

// other reads the end of the range that begins with from.
func (c *scanner) other(from point) (point, bool) {
	for _, at := range []int{clock(c.s, from.end), from.end} {
		next, ok := connector(c.s, at)
		if !ok {
			continue
		}
		if joined := strings.ToLower(c.s[at:next]); strings.Contains(joined, "and") && !c.after(from.at, "between") {
			continue
		}
		if to, ok := c.point(next); ok && to.form == from.form && !to.open {
			return to, true
		}
		if to, ok := c.dayOnly(next, from); ok {
			return to, true
		}
	}
	return point{}, false
}

// after reports whether word stands right before i.
func (c *scanner) after(i int, word string) bool {
	before := strings.TrimRight(c.s[max(0, i-len(word)-3):i], " ")
	return len(before) >= len(word) && strings.EqualFold(before[len(before)-len(word):], word)
}

// dayToDate reads "23–29 November 2026" and "23rd to 29th of November".
func (c *scanner) dayToDate(i int) (span, bool) {
	d, next, ok := number(c.s, i, 1, 2)
	if !ok || d < 1 || d > 31 {
		return span{}, false
	}
	from := point{day: d, at: i, end: ordinal(c.s, next), form: formEnglish}
	if day, next, has := bracketedWeekday(c.s, from.end); has {
		from.weekday, from.hasWeekday, from.end = day, true, next
	}
	next, ok = connector(c.s, from.end)
	if !ok || next >= len(c.s) || !isDigit(c.s[next]) {
		return span{}, false
	}
	to, ok := c.point(next)
	if !ok || to.form != formEnglish || isLetter(c.s[next]) {
		return span{}, false
	}
	from.month = to.month
	return span{from: from, to: to, ranged: true, at: i, end: to.end}, true
}

// Words that stand before dates, and before numbers that only look like dates.
var (
	dateLabels = []string{"기간", "일정", "일시", "날짜", "일자", "오픈", "시작", "종료", "마감", "행사", "이벤트", "축제", "세일", "개막", "진행",
		"date", "sale", "event", "period", "when", "from", "until", "open", "between"}
	numberLabels = []string{"평점", "별점", "점수", "버전", "배율", "비율", "환율", "크기", "모델", "version", "rating", "score", "size", "ratio", "model", " v"}
)

// meant reports whether numbers like 11/23 or 11.23 are meant as a date: a weekday or a
// particle is with them, a label before them, or they are a range that stands alone.
func (c *scanner) meant(s span) bool {
	if c.given {
		return true
	}
	before, after := c.cell(s)
	lower := strings.ToLower(before)
	if strings.HasSuffix(strings.TrimRight(before, " "), "%") || lastOf(lower, numberLabels) > lastOf(lower, dateLabels) {
		return false
	}
	if s.from.hasWeekday || s.ranged && s.to.hasWeekday {
		return true
	}
	after = strings.TrimLeft(after, " ")
	if _, ok := literal(after, 0, "까지", "부터", "에 ", "일까지", "오픈", "시작", "마감", "출시", "개막", "예정"); ok {
		return true
	}
	if lastOf(lower, dateLabels) >= 0 {
		return true
	}
	return s.ranged && strings.TrimSpace(after) == "" && strings.IndexFunc(before, isAlphanumeric) < 0
}

func isAlphanumeric(r rune) bool {
	return r < 128 && (isDigit(byte(r)) || isLetter(byte(r))) || isHangul(r)
}

// cell returns what stands before and after a span in its line or cell, at most 60 bytes
// each.
func (c *scanner) cell(s span) (before, after string) {
	before = tail(c.s[:s.at], 60)
	for _, edge := range []string{"\n", cellEdge} {
		if i := strings.LastIndex(before, edge); i >= 0 {
			before = before[i+len(edge):]
		}
	}
	after = head(c.s[s.end:], 60)
	for _, edge := range []string{"\n", cellEdge} {
		after, _, _ = strings.Cut(after, edge)
	}
	return before, after
}

// lastOf is where the last of words begins in s, -1 when there is none.
func lastOf(s string, words []string) int {
	at := -1
	for _, w := range words {
		at = max(at, strings.LastIndex(s, w))
	}
	return at
}

// tail and head are the last and the first n bytes of s, less what is cut in a
// character.
func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	i := len(s) - n
	for i < len(s) && !utf8.RuneStart(s[i]) {
		i++
	}
	return s[i:]
}

func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
