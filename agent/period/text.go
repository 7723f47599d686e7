package period

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bapsang/bapsang/agent/semantic"
)

// reader reads one text. Positions are byte offsets.
type reader struct {
	src, low string // low has ASCII letters in lower case, at the same offsets
	o        Options
	now      time.Time // wall time as UTC
	today    time.Time
	tomorrow time.Time
	// carried is the part of a year read last: the second month of "2025년 10월과 11월" is
	// of the same year.
	carried atom
	// ahead is set where what is to come is read, see Ahead.
	ahead bool
}

func newReader(text string, o Options) *reader {
	y, m, d := o.Now.Date()
	hour, minute, second := o.Now.Clock()
	today := date(y, m, d)
	return &reader{
		src: text, low: lower(text), o: o, today: today, tomorrow: today.AddDate(0, 0, 1),
		now: time.Date(y, m, d, hour, minute, second, 0, time.UTC),
	}
}

// lower changes ASCII letters only, because others may change their length.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// begins reports whether a word may begin at i: after white space or punctuation, or
// where the script changes, except within codes such as v2 and 2a.
func (r *reader) begins(i int) bool {
	c, _ := utf8.DecodeRuneInString(r.src[i:])
	if c == utf8.RuneError {
		return false
	}
	if i == 0 {
		return true
	}
	p, _ := utf8.DecodeLastRuneInString(r.src[:i])
	switch {
	case isDigit(c):
		return !isDigit(p) && !isLatin(p) && !r.joined(i, p)
	case isLatin(c):
		return !isDigit(p) && !isLatin(p) && p != '_' && !r.joined(i, p)
	case isHangul(c):
		return !isHangul(p) && !isDigit(p)
	case c == '\'' || c == '’':
		return !isDigit(p) && !isLatin(p)
	}
	return false
}

// joined reports whether the character before i, p, ties it to a word or number
// before: 10,000, A-2025, #12, ₩2025, 3.14.
func (r *reader) joined(i int, p rune) bool {
	if strings.ContainsRune("#$₩€£¥@", p) {
		return true
	}
	if !strings.ContainsRune("-.,/:_·+", p) {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(r.src[:i-utf8.RuneLen(p)])
	return isDigit(before) || isLatin(before)
}

// skip returns the position after white space.
func (r *reader) skip(i int) int {
	for i < len(r.src) {
		switch {
		case r.src[i] == ' ' || r.src[i] == '\t' || r.src[i] == '\n' || r.src[i] == '\r':
			i++
		case strings.HasPrefix(r.src[i:], "\u00a0"):
			i += len("\u00a0")
		case strings.HasPrefix(r.src[i:], "\u3000"):
			i += len("\u3000")
		default:
			return i
		}
	}
	return i
}

// phrase returns the position after words at i, or -1. A space in words stands for
// white space, which Korean may leave out and English may write as a hyphen. A Latin
// letter or digit at the end of words must end a word of the text.
func (r *reader) phrase(i int, words string) int {
	if i < 0 {
		return -1
	}
	for k := 0; k < len(words); k++ {
		if words[k] != ' ' {
			if i >= len(r.low) || r.low[i] != words[k] {
				return -1
			}
			i++
			continue
		}
		j := r.skip(i)
		english := k > 0 && words[k-1] < utf8.RuneSelf && k+1 < len(words) && words[k+1] < utf8.RuneSelf
		if english && j == i {
			if i >= len(r.low) || r.low[i] != '-' {
				return -1
			}
			j = i + 1
		}
		i = j
	}
	if last := words[len(words)-1]; last < utf8.RuneSelf && isWordByte(last) && i < len(r.low) && isWordByte(r.low[i]) {
		return -1
	}
	return i
}

// anyOf returns the position after the longest of phrases at i, or -1.
func (r *reader) anyOf(i int, phrases []string) int {
	best := -1
	for _, p := range phrases {
		if r.mayBe(i, p) {
			best = max(best, r.phrase(i, p))
		}
	}
	return best
}

// mayBe compares the first letter only. Tables are searched from end to end at every
// word, so this is most of the work.
func (r *reader) mayBe(i int, words string) bool {
	switch c := words[0]; {
	case c == ' ':
		return true
	case i < 0 || i >= len(r.low) || r.low[i] != c:
		return false
	case c < utf8.RuneSelf:
		return true
	}
	return len(r.low) >= i+3 && r.low[i+1] == words[1] && r.low[i+2] == words[2]
}

// named is a phrase with what it stands for.
type named[T any] struct {
	words string
	is    T
}

// lookup returns what the longest phrase of a table at i stands for.
func lookup[T any](r *reader, i int, table []named[T]) (is T, to int) {
	to = -1
	for k := range table {
		if !r.mayBe(i, table[k].words) {
			continue
		}
		if j := r.phrase(i, table[k].words); j > to {
			is, to = table[k].is, j
		}
	}
	return is, to
}

// number reads a run of digits.
func (r *reader) number(i int) (n, digits, to int) {
	for to = i; to < len(r.src) && isDigit(rune(r.src[to])); to++ {
		if digits++; digits > 8 {
			return 0, 0, -1
		}
		n = n*10 + int(r.src[to]-'0')
	}
	if digits == 0 {
		return 0, 0, -1
	}
	return n, digits, to
}

// numberEnds reports whether a number that ends at i is not the beginning of another
// kind of number or code: 2025-1a, 12.5, 3%, 10,000.
func (r *reader) numberEnds(i int) bool {
	if i >= len(r.src) {
		return true
	}
	c, width := utf8.DecodeRuneInString(r.src[i:])
	if isDigit(c) || isLatin(c) || c == '%' || c == '_' {
		return false
	}
	if strings.ContainsRune(".,/:-", c) && i+width < len(r.src) {
		next, _ := utf8.DecodeRuneInString(r.src[i+width:])
		return !isDigit(next) && !isLatin(next)
	}
	return true
}

// rune returns the character at i, 0 at the end.
func (r *reader) rune(i int) rune {
	if i >= len(r.src) {
		return 0
	}
	c, _ := utf8.DecodeRuneInString(r.src[i:])
	return c
}

// hangul returns the Korean letters at i.
func (r *reader) hangul(i int) string {
	for j, c := range r.src[i:] {
		if !isHangul(c) {
			return r.src[i : i+j]
		}
	}
	return r.src[i:]
}

// wordBefore returns the word that ends before the white space before i, in lower
// case.
func (r *reader) wordBefore(i int) string {
	s := strings.TrimRight(r.low[:i], " \t\n\r")
	if i > 0 && len(s) == i {
		return "" // something is attached
	}
	k := strings.LastIndexFunc(s, func(c rune) bool { return !isLatin(c) && !isHangul(c) && !isDigit(c) })
	return s[k+1:]
}

// wordAfter returns the word at or after i, in lower case.
func (r *reader) wordAfter(i int) string {
	i = r.skip(i)
	for j, c := range r.low[i:] {
		if !isLatin(c) && !isHangul(c) && !isDigit(c) {
			return r.low[i : i+j]
		}
	}
	return r.low[i:]
}

func isDigit(c rune) bool { return '0' <= c && c <= '9' }

func isLatin(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0xC0 && c < 0x250 && unicode.IsLetter(c)
}

func isHangul(c rune) bool { return '가' <= c && c <= '힣' || 'ㄱ' <= c && c <= 'ㅣ' }

func isWordByte(c byte) bool { return isDigit(rune(c)) || 'a' <= c && c <= 'z' || c == '_' }

// atom is a stretch of time named by one expression.
type atom struct {
	to     int
	period semantic.Period
	unit   semantic.Grain
	bare   bool
	event  string
	year   int // edition, with an event
	// at makes the period of another year, when the text said none.
	at func(year int) (semantic.Period, bool)
	// month is set when a day of the month was named, so that "to 15" can follow.
	month time.Month
	// distance is set on a unit counted from today or from another period: 지난달 -1.
	distance int
	// relative says that distance means something: 이번 달 is 0 units away.
	relative bool
	// before is set on words such as 전월 and 직전 4주, which say "the one before" of any
	// period.
	before bool
	// strict is set where the digits alone could be something else: 2025, 1/2.
	strict bool
	// given is the year the text put to a part: 2025 of 2025년 10월.
	given int
	// from is the first day of a year said in words before a part, where "until" begins:
	// 올해 10월까지.
	from time.Time
	// ago is set on one unit ago (한 달 전), which may also be said of another period.
	ago bool
}

// longer returns the longer of two readings, a on a tie.
func longer(a, b atom) atom {
	if b.to > a.to {
		return b
	}
	return a
}
