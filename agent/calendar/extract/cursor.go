package extract

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The functions here read one thing at a byte offset and return the offset behind it,
// or ok false. They look at each byte a bounded number of times, so that a page costs
// time in proportion to its length.

// number reads a run of min to max digits; a longer run is no number of a date.
func number(s string, i, least, most int) (n, next int, ok bool) {
	start := i
	for i < len(s) && isDigit(s[i]) && i-start <= most {
		n = n*10 + int(s[i]-'0')
		i++
	}
	if i-start < least || i-start > most {
		return 0, start, false
	}
	return n, i, true
}

// spaces skips at most four spaces or tabs: more stand between things apart.
func spaces(s string, i int) int {
	for n := 0; n < 4 && i < len(s); n++ {
		switch {
		case s[i] == ' ' || s[i] == '\t':
			i++
		case strings.HasPrefix(s[i:], "\u00a0"):
			i += len("\u00a0")
		default:
			return i
		}
	}
	return i
}

// literal reads one of words.
func literal(s string, i int, words ...string) (next int, ok bool) {
	for _, w := range words {
		if strings.HasPrefix(s[i:], w) {
			return i + len(w), true
		}
	}
	return i, false
}

// word reads a run of ASCII letters, at most 12: no name of a month or day is longer.
func word(s string, i int) (w string, next int) {
	start := i
	for i < len(s) && isLetter(s[i]) && i-start <= 12 {
		i++
	}
	return s[start:i], i
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

var monthNames = []string{"january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december"}

// month reads an English month, in full or by three letters ("Sept" too). It must begin
// with a capital, for the sake of "may" and "march".
func month(s string, i int) (m, next int, ok bool) {
	w, next := word(s, i)
	if len(w) < 3 || w[0] > 'Z' {
		return 0, i, false
	}
	lower := strings.ToLower(w)
	for n, name := range monthNames {
		if lower == name || lower == name[:3] || lower == "sept" && n == 8 {
			if next < len(s) && s[next] == '.' && lower != name {
				next++
			}
			return n + 1, next, true
		}
	}
	return 0, i, false
}

// koreanDays and the like are the weekdays from Sunday.
const (
	koreanDays  = "일월화수목금토"
	chineseDays = "日月火水木金土"
)

// bracketedWeekday reads "(월)", "(월요일)", "(월, 공휴일)", "[Mon]" or " 월요일".
func bracketedWeekday(s string, i int) (day time.Weekday, next int, ok bool) {
	at := spaces(s, i)
	if open, has := literal(s, at, "(", "["); has {
		day, after, ok := weekdayName(s, spaces(s, open), false)
		if !ok {
			return 0, i, false
		}
		for n := 0; n < 24 && after < len(s); n++ {
			r, size := utf8.DecodeRuneInString(s[after:])
			if r == ')' || r == ']' {
				return day, after + size, true
			}
			if n == 0 && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '\n' {
				return 0, i, false
			}
			after += size
		}
		return 0, i, false
	}
	at, _ = literal(s, at, ",")
	if day, after, ok := weekdayName(s, spaces(s, at), true); ok {
		return day, after, true
	}
	return 0, i, false
}

// bareWeekday reads the "금" of "2026.11.06.금 ~" and "2026.11.06 금", which ends its word:
// 월 begins too many others.
func bareWeekday(s string, i int) (day time.Weekday, next int, ok bool) {
	at := spaces(s, i)
	day, next, ok = weekdayName(s, at, false)
	if !ok || next-at != len("금") {
		return 0, i, false
	}
	if after, has := literal(s, next, ".", ","); has && at == i {
		next = after
	}
	rest := strings.TrimLeft(s[next:min(len(s), next+8)], " ")
	if _, joins := connector(s, next); !joins && rest != "" && rest[0] != ')' && rest[0] != '\n' && clock(s, next) == next {
		return 0, i, false
	}
	return day, next, true
}

// weekdayName reads a weekday: "월", "월요일", "月", "Mon", "Monday". With full, only
// those that can be nothing else: "월요일", "Monday", "Mon".
func weekdayName(s string, i int, full bool) (day time.Weekday, next int, ok bool) {
	if w, next := word(s, i); len(w) >= 3 && w[0] <= 'Z' {
		if day, ok := englishWeekday(w); ok {
			if next < len(s) && s[next] == '.' {
				next++
			}
			return day, next, true
		}
		return 0, i, false
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	next = i + size
	after, suffixed := literal(s, next, "요일", "曜日", "曜")
	if suffixed {
		next = after
	} else if full {
		return 0, i, false
	}
	for _, days := range []string{koreanDays, chineseDays} {
		if at := strings.IndexRune(days, r); at >= 0 && size == 3 {
			return time.Weekday(at / 3), next, true
		}
	}
	return 0, i, false
}

func englishWeekday(w string) (time.Weekday, bool) {
	lower := strings.ToLower(w)
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := strings.ToLower(d.String())
		if lower == name || lower == name[:3] || lower == "tues" && d == 2 || lower == "thurs" && d == 4 || lower == "thur" && d == 4 {
			return d, true
		}
	}
	return 0, false
}

// clock skips a time of day: "10:00", "오전 10시 30분", "10:00 AM (KST)".
func clock(s string, i int) int {
	at, _ := literal(s, spaces(s, i), ",")
	at = spaces(s, at)
	if next, ok := literal(s, at, "오전", "오후", "낮", "밤", "at "); ok {
		at = spaces(s, next)
	}
	_, next, ok := number(s, at, 1, 2)
	if !ok {
		return i
	}
	if after, ok := literal(s, next, "시"); ok {
		next = after
		if _, m, ok := number(s, spaces(s, next), 1, 2); ok {
			if end, ok := literal(s, m, "분"); ok {
				next = end
			}
		}
		return next
	}
	if next, ok = minutes(s, next); !ok {
		return i
	}
	return zone(s, next)
}

// minutes reads ":30" or ":30:00", or nothing before "am".
func minutes(s string, i int) (next int, ok bool) {
	next = i
	for range 2 {
		if after, has := literal(s, next, ":"); has {
			if _, end, two := number(s, after, 2, 2); two {
				next, ok = end, true
			}
		}
	}
	w, _ := word(s, spaces(s, next))
	return next, ok || strings.EqualFold(w, "am") || strings.EqualFold(w, "pm")
}

// zone skips "AM", "PM" and a time zone in letters.
func zone(s string, i int) int {
	for range 2 {
		at, _ := literal(s, spaces(s, i), "(")
		w, next := word(s, at)
		switch strings.ToUpper(w) {
		case "AM", "PM", "KST", "JST", "UTC", "GMT", "PST", "PDT", "PT", "EST", "EDT", "ET", "CET", "BST":
			i, _ = literal(s, next, ")")
		}
	}
	return i
}

// connector reads what joins the ends of a range.
func connector(s string, i int) (next int, ok bool) {
	at := spaces(s, i)
	for _, w := range []string{"부터", "에서", "~", "∼", "〜", "–", "—", "‐", "‑", "-", "→"} {
		next, has := literal(s, at, w)
		if !has {
			continue
		}
		next = spaces(s, next)
		// "11월 23일부터 ~ 12월 3일" says it twice.
		if again, has := literal(s, next, "~", "∼", "–", "-"); has {
			next = spaces(s, again)
		}
		return next, true
	}
	w, next := word(s, at)
	switch strings.ToLower(w) {
	case "to", "through", "thru", "until", "till", "and":
		return spaces(s, next), true
	}
	return i, false
}
