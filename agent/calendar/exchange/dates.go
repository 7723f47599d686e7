package exchange

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	yearFirst  = regexp.MustCompile(`^(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[일.]?$`)
	yearLast   = regexp.MustCompile(`^(\d{1,2})[-./](\d{1,2})[-./](\d{4})\.?$`)
	digits8    = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`)
	weekdayEnd = regexp.MustCompile(`^(.*?)\s*[(（]\s*([^()（）]+?)\s*[)）]\s*$`)
	clock      = regexp.MustCompile(`^(.*\d[일.]?)[T\s]+(?:오전|오후)?\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp][Mm]|Z|[+-]\d{2}:?\d{2})?$`)
	rangeMark  = regexp.MustCompile(`\s*[~～〜]\s*|\s+[-–—]\s+|\s*[–—]\s*|\s+to\s+|\s+until\s+`)
	shortEnd   = regexp.MustCompile(`^(?:(\d{1,2})\s*[-./월]\s*)?(\d{1,2})\s*[일.]?$`)
)

var weekdays = map[string]time.Weekday{
	"일": time.Sunday, "월": time.Monday, "화": time.Tuesday, "수": time.Wednesday, "목": time.Thursday, "금": time.Friday, "토": time.Saturday,
	"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday,
}

// badDate is a date that could not be read.
type badDate struct {
	reason Reason
	detail string
}

func (b *badDate) Error() string { return b.reason.Text("en", b.detail) }

// parseDate reads a date as people write it into tables. A date that could be two is an
// error, as is a weekday that does not go with it.
func parseDate(text string) (time.Time, error) {
	s := clean(text)
	if m := clock.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	wanted := ""
	if m := weekdayEnd.FindStringSubmatch(s); m != nil {
		s, wanted = m[1], m[2]
	}
	t, err := plainDate(s)
	if err != nil || wanted == "" {
		return t, err
	}
	key := strings.ToLower(strings.TrimSuffix(wanted, "요일"))
	if len(key) > 3 && key[0] < 0x80 {
		key = key[:3]
	}
	day, ok := weekdays[key]
	if !ok {
		return t, &badDate{BadDate, text}
	}
	if day != t.Weekday() {
		return t, &badDate{WrongDay, fmt.Sprintf("%s, %s", text, t.Weekday())}
	}
	return t, nil
}

func plainDate(s string) (time.Time, error) {
	if m := yearFirst.FindStringSubmatch(s); m != nil {
		return civil(s, m[1], m[2], m[3])
	}
	if m := digits8.FindStringSubmatch(s); m != nil {
		return civil(s, m[1], m[2], m[3])
	}
	if m := yearLast.FindStringSubmatch(s); m != nil {
		a, b := number(m[1]), number(m[2])
		switch {
		case strings.Contains(s, "."): // 27.11.2026 is written so where the day comes first
			return civil(s, m[3], m[2], m[1])
		case a == b || a > 12:
			return civil(s, m[3], m[2], m[1])
		case b > 12:
			return civil(s, m[3], m[1], m[2])
		}
		return time.Time{}, &badDate{TwoDates, s}
	}
	for _, layout := range []string{"Jan 2, 2006", "January 2, 2006", "2 Jan 2006", "2 January 2006", "Jan 2 2006", "January 2 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &badDate{BadDate, s}
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// civil is a date that exists.
func civil(text, year, month, day string) (time.Time, error) {
	y, m, d := number(year), number(month), number(day)
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Year() != y || int(t.Month()) != m || t.Day() != d {
		return time.Time{}, &badDate{BadDate, text}
	}
	return t, nil
}

// parseRange reads a cell with one date or two ("2026.11.27 ~ 11.30"). Where the second
// lacks its month or its year it has those of the first, or the next year where it
// would come before it.
func parseRange(text string) (start, end time.Time, err error) {
	s := clean(text)
	if start, err = parseDate(s); err == nil {
		return start, start, nil
	}
	at := rangeMark.FindStringIndex(s)
	if at == nil {
		return start, end, err
	}
	if start, err = parseDate(s[:at[0]]); err != nil {
		return start, end, err
	}
	rest := s[at[1]:]
	wanted := ""
	if m := weekdayEnd.FindStringSubmatch(rest); m != nil && shortEnd.MatchString(m[1]) {
		rest, wanted = m[1], " ("+m[2]+")"
	}
	m := shortEnd.FindStringSubmatch(rest)
	if m == nil {
		end, err = parseDate(s[at[1]:])
		return start, end, err
	}
	month, year := int(start.Month()), start.Year()
	if m[1] != "" {
		if month = number(m[1]); month < int(start.Month()) {
			year++
		}
	}
	end, err = parseDate(fmt.Sprintf("%04d-%02d-%s%s", year, month, m[2], wanted))
	if err != nil {
		return start, end, &badDate{BadDate, text}
	}
	return start, end, nil
}
