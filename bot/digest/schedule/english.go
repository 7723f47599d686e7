package schedule

import (
	"regexp"
	"strings"
	"time"
)

const (
	enDay  = `(?:mon|tues?|wednes|thurs?|fri|satur|sun)days?|mon|tue|wed|thu|fri|sat|sun`
	enDays = `((?:` + enDay + `)(?:\s*(?:,\s*and|,|and|&|/)\s*(?:` + enDay + `))*)\b`
	enNth  = `(first|second|third|fourth|fifth|last|\d{1,2}(?:st|nd|rd|th))`
	enOn   = `(?:the\s+)?` + enNth + `\s+(?:(business|working|work)\s?days?|(` + enDay + `)\b|(day)\b)`
	enDate = `(?:the\s+)?(\d{1,2}(?:st|nd|rd|th)(?:(?:,\s*and|,|\s+and|\s*&)\s*(?:the\s+)?\d{1,2}(?:st|nd|rd|th))*)`
	enOf   = `\s+(?:day\s+)?(?:of|in)\s+(?:the|every|each)\s+`
)

var (
	enMonthNames = `(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*`

	enInterval = regexp.MustCompile(`(?i)\b(?:every|each)\s+(?:(\d{1,4})\s*)?(minutes?|mins?|hours?)\b|\b(hourly)\b`)
	enWeeks    = regexp.MustCompile(`(?i)\b(?:every\s+(?:(\d{1,2}|two|three|four)\s+weeks|(other|second)\s+week)|(biweekly|fortnightly|every\s+fortnight))\b(?:\s+on)?(?:\s+` + enDays + `)?`)
	enOther    = regexp.MustCompile(`(?i)\bevery\s+(?:other|second)\s+` + enDays)
	enWorkday  = regexp.MustCompile(`(?i)\b(?:every|each)\s+weekday\b|\b(?:on\s+)?weekdays\b`)
	enWeekend  = regexp.MustCompile(`(?i)\b(?:every|each)\s+weekend\b`)
	enBusiness = regexp.MustCompile(`(?i)\b(?:every|each)\s+(?:business|working|work)\s?day\b`)
	enDaily    = regexp.MustCompile(`(?i)\b(?:every|each)\s+day\b|\bevery\s+(morning|afternoon|evening|night)\b|\bdaily\b`)
	enWeekDays = regexp.MustCompile(`(?i)\b(?:every|each)\s+(?:week\s+on\s+)?` + enDays)
	enWeek     = regexp.MustCompile(`(?i)\b(?:weekly|every\s+week)\b(?:\s+on\s+` + enDays + `)?`)
	enPlural   = regexp.MustCompile(`(?i)\bon\s+((?:mon|tues|wednes|thurs|fri|satur|sun)days(?:\s*(?:,|and|&)\s*(?:mon|tues|wednes|thurs|fri|satur|sun)days)*)\b`)
	enMonth    = regexp.MustCompile(`(?i)\b(?:on\s+)?(?:` + enOn + `|` + enDate + `)` + enOf + `month\b`)
	enMonthly  = regexp.MustCompile(`(?i)\b(?:monthly|(?:every|each)\s+month)\s+on\s+(?:` + enOn + `|` + enDate + `)`)
	enQuarter  = regexp.MustCompile(`(?i)\b(?:on\s+)?(?:` + enOn + `|` + enDate + `)` + enOf + `quarter\b`)
	enQuarters = regexp.MustCompile(`(?i)\b(?:quarterly|(?:every|each)\s+quarter)\s+on\s+(?:` + enOn + `|` + enDate + `)`)
	enYear     = regexp.MustCompile(`(?i)\b(?:on\s+)?(?:(\d{1,2})(?:st|nd|rd|th)?\s+` + enMonthNames + `|` + enMonthNames + `\s+(\d{1,2})(?:st|nd|rd|th)?)\s+(?:every|each)\s+year\b|\bevery\s+year\s+on\s+(?:(\d{1,2})(?:st|nd|rd|th)?\s+` + enMonthNames + `|` + enMonthNames + `\s+(\d{1,2})(?:st|nd|rd|th)?)`)
	enOneDay   = regexp.MustCompile(`(?i)` + enDay)
)

// eatEnglish reads how often. The longer ways to say it come first.
func (r *reader) eatEnglish() (shape, bool) {
	if p, matched, ok := r.eatEnglishMonths(); matched {
		return p, ok
	}
	// Who names days of the week means them: "daily revenue every Monday".
	if g := r.eat(enWeekDays, hole); g != nil {
		return shape{unit: byWeek, weekdays: englishWeekdays(g[1])}, true
	}
	if g := r.eat(enInterval, hole); g != nil {
		r.bare = g[3] != ""
		n := atoi(g[1])
		if g[1] == "" {
			n = 1
		}
		if g[3] != "" || strings.HasPrefix(strings.ToLower(g[2]), "h") {
			n *= 60
		}
		return shape{unit: byInterval, every: n}, true
	}
	for _, simple := range []struct {
		re *regexp.Regexp
		p  shape
	}{
		{enBusiness, shape{unit: byBusiness}}, {enWorkday, shape{unit: byWorkday}},
		{enWeekend, shape{unit: byWeek, weekdays: 1<<time.Saturday | 1<<time.Sunday}}, {enDaily, shape{unit: byDay}},
	} {
		if g := r.eat(simple.re, hole); g != nil {
			r.part = strings.ToLower(strings.Join(g[1:], ""))
			r.bare = strings.EqualFold(g[0], "daily") || strings.EqualFold(g[0], "weekdays")
			return simple.p, true
		}
	}
	if g := r.eat(enOther, hole); g != nil {
		return shape{unit: byWeek, every: 2, weekdays: englishWeekdays(g[1])}, true
	}
	if g := r.eat(enWeeks, hole); g != nil {
		n := map[string]int{"": 2, "two": 2, "three": 3, "four": 4}[strings.ToLower(g[1])]
		if n == 0 {
			n = atoi(g[1])
		}
		return shape{unit: byWeek, every: n, weekdays: englishWeekdays(g[4])}, n >= 1 && n <= 52
	}
	if g := r.eat(enWeek, hole); g != nil {
		r.bare = strings.EqualFold(g[0], "weekly")
		return shape{unit: byWeek, weekdays: englishWeekdays(g[1])}, true
	}
	if g := r.eat(enPlural, hole); g != nil {
		return shape{unit: byWeek, weekdays: englishWeekdays(g[1])}, true
	}
	return shape{}, false
}

// eatEnglishMonths reads what recurs by months.
func (r *reader) eatEnglishMonths() (p shape, matched, ok bool) {
	if g := r.eat(enYear, hole); g != nil {
		o, good := daysIn31(g[1] + g[4] + g[5] + g[8])
		month := englishMonth(g[2] + g[3] + g[6] + g[7])
		return shape{unit: byYear, month: month, on: o}, true, good && month > 0
	}
	for _, by := range []struct {
		unit unit
		ways []*regexp.Regexp
	}{{byQuarter, []*regexp.Regexp{enQuarter, enQuarters}}, {byMonth, []*regexp.Regexp{enMonth, enMonthly}}} {
		for _, re := range by.ways {
			g := r.eat(re, hole)
			if g == nil {
				continue
			}
			o, good := englishOn(g[1:])
			if g[5] != "" {
				o, good = daysIn31(g[5])
			}
			return shape{unit: by.unit, on: o}, true, good
		}
	}
	return shape{}, false, false
}

// englishOn reads the groups of enOn: which, business day, weekday, day.
func englishOn(g []string) (on, bool) {
	n := englishNumber(g[0])
	switch {
	case g[1] != "":
		return on{business: n}, n == last || n >= 1 && n <= 23
	case g[2] != "":
		set := englishWeekdays(g[2])
		for wd := range 7 {
			if set&(1<<wd) != 0 {
				return on{nth: n, weekday: wd}, n == last || n >= 1 && n <= 5
			}
		}
	case g[3] != "" && n == last:
		return on{lastDay: true}, true
	case g[3] != "":
		return on{days: 1 << n}, n >= 1 && n <= 31
	}
	return on{}, false
}

func englishNumber(text string) int {
	text = strings.ToLower(text)
	if text == "last" {
		return last
	}
	for n, name := range englishNth {
		if name != "" && text == name {
			return n
		}
	}
	return atoi(digits.FindString(text))
}

func englishWeekdays(text string) (set uint8) {
	for _, d := range enOneDay.FindAllString(text, -1) {
		for n, name := range englishDays {
			if strings.EqualFold(d[:3], name[:3]) {
				set |= 1 << n
			}
		}
	}
	return set
}

func englishMonth(text string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if text != "" && strings.EqualFold(text[:min(3, len(text))], m.String()[:3]) {
			return m
		}
	}
	return 0
}
