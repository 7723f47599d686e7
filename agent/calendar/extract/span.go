package extract

import (
	"strings"
	"unicode/utf8"
)

// span is a date or a range as read, with the years it says or not.
type span struct {
	from, to point
	ranged   bool
	// moved is set for "11월 6일에서 13일로": from is where it was, to where it is.
	moved bool
	// more is set when further days follow in a list that is no range.
	more    bool
	at, end int
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
	if to, by, ok := c.other(from); ok {
		s.to, s.ranged, s.end = to, true, to.end
		s.moved = c.moves(s, by)
	} else {
		c.list(&s)
	}
	s.more = s.more || c.goesOn(s)
	if from.open && !s.ranged {
		return span{}, false
	}
	if (from.bare || s.ranged && s.to.bare && from.year == 0) && !c.meant(s) {
		return span{}, false
	}
	return s, true
}

// other reads the end of the range that begins with from, and the words that join them.
func (c *scanner) other(from point) (to point, by string, ok bool) {
	for _, at := range []int{clock(c.s, from.end), from.end} {
		next, ok := connector(c.s, at)
		if after, edge := literal(c.s, at, cellEdge); edge && (c.given || c.underStartAndEnd(at)) {
			next, ok = after, true
		}
		if !ok {
			continue
		}
		by := strings.ToLower(strings.TrimSpace(c.s[at:next]))
		if by == "and" && !c.after(from.at, "between") {
			continue
		}
		if to, ok := c.point(next); ok && to.form == from.form && !to.open {
			return to, by, true
		}
		if to, ok := c.dayOnly(next, from); ok {
			return to, by, true
		}
	}
	return point{}, "", false
}

// underStartAndEnd reports whether the row above the one at i has headings for a first and
// a last day, so that the dates in two cells are one range.
func (c *scanner) underStartAndEnd(i int) bool {
	row := strings.LastIndexByte(c.s[:i], '\n')
	if row < 0 {
		return false
	}
	above := asciiLower(tail(c.s[:row], 200))
	above = above[strings.LastIndexByte(above, '\n')+1:]
	for _, pair := range [][2]string{{"시작", "종료"}, {"시작", "마감"}, {"start", "end"}, {"from", "to"}} {
		begin := strings.Index(above, pair[0])
		if begin >= 0 && strings.Contains(above[begin:], pair[1]) {
			return true
		}
	}
	return false
}

// moves reports whether what looks like a range says that something was moved from its
// beginning to its end.
func (c *scanner) moves(s span, by string) bool {
	switch by {
	case "→":
		return true
	case "에서":
		_, ok := literal(c.s, s.end, "로", "으로")
		return ok
	case "to":
		before := asciiLower(tail(c.s[:s.at], 48))
		return lastOf(before, []string{"moved", "rescheduled", "postponed", "pushed", "changed", "shifted", "delayed", "brought forward"}) >= 0
	}
	return false
}

// list reads "11월 6일, 7일, 8일" and "11월 6·7·8일" as the range that they are, if each
// is the day after the one before it.
func (c *scanner) list(s *span) {
	if s.from.form == formEnglish {
		c.pair(s)
	}
	if s.from.form != formLetters {
		return
	}
	last := s.from
	for range 31 {
		next, ok := literal(c.s, spaces(c.s, last.end), ",", "·", "ㆍ", "및", "과", "와")
		if !ok {
			break
		}
		day, end, ok := number(c.s, spaces(c.s, next), 1, 2)
		if !ok || day != last.day+1 {
			break
		}
		p := point{month: last.month, day: day, at: next, end: end, form: formLetters, open: true}
		if after, closed := literal(c.s, end, "일"); closed {
			p.end, p.open = after, false
		}
		p.tail(c.s)
		last = p
		if !last.open {
			s.to, s.ranged, s.end = last, true, last.end
		}
	}
}

// pair reads "October 6 and 7" and "Oct 6 & 7, 2026".
func (c *scanner) pair(s *span) {
	next, ok := literal(c.s, spaces(c.s, s.from.end), "and ", "& ")
	if !ok {
		return
	}
	day, end, ok := number(c.s, spaces(c.s, next), 1, 2)
	if !ok || day != s.from.day+1 {
		return
	}
	p := point{month: s.from.month, day: day, at: next, end: ordinal(c.s, end), form: formEnglish}
	p.tail(c.s)
	// "6 and 7 million" is no pair of days.
	if p.year != 0 || p.hasWeekday || p.end >= len(c.s) || strings.IndexByte(",.;:)!?\n", c.s[p.end]) >= 0 {
		s.to, s.ranged, s.end = p, true, p.end
	}
}

// goesOn reports whether further days follow: "6일~8일, 13일~15일".
func (c *scanner) goesOn(s span) bool {
	next, ok := literal(c.s, spaces(c.s, s.end), ",", "·", "및", "와", "과")
	if !ok {
		return false
	}
	_, end, ok := number(c.s, spaces(c.s, next), 1, 2)
	if !ok {
		return false
	}
	_, ok = literal(c.s, end, "일")
	return ok
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
	from.end, _ = literal(c.s, from.end, ".") // "3.–7. September"
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
		"date", "sale", "event", "period", "when", "from", "until", "open", "between",
		"starts", "begins", "ends"}
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
	if at := lastOf(lower, dateLabels); at >= 0 && (s.ranged || len(before)-at <= adjacent && !strings.Contains(before[at:], ",")) {
		return true
	}
	return s.ranged && strings.IndexFunc(after, isAlphanumeric) < 0 && strings.IndexFunc(before, isAlphanumeric) < 0
}

// adjacent is how many bytes before a single number its label may begin: "기간은 : ".
const adjacent = 14

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
