package figures

import (
	"regexp"
	"strings"
)

// quotes reports whether a sentence states nothing but what its sources say, in their
// figures and on their days. Nothing is computed of them: a page's figures are repeated or
// left alone.
func quotes(sentence string, sources []string) bool {
	e := gather(nil, sources)
	// What was said of a period has its last day before its end; a page means its days.
	clear(e.days)
	for _, text := range sources {
		for _, day := range monthDays(text) {
			e.days[day] = true
			e.months[atoi(day[:2])] = true
		}
	}
	var d *derived
	for _, l := range literals(sentence, nil) {
		if days := monthDays(l.text); l.kind == dateLiteral && len(days) > 0 {
			for _, day := range days {
				if !e.days[day] {
					return false
				}
			}
			continue
		}
		if d == nil {
			d = e.derive(sentence, focus{}, focus{})
		}
		if !e.holds(l, sentence, nil, focus{}, d) {
			return false
		}
	}
	return true
}

var (
	// dayPattern is a day of a month: 11월 28일, 2026-11-28, 2026. 11. 28, 11/28, and what
	// follows it as the end of a period: 11월 28일~30일.
	dayPattern = regexp.MustCompile(`(?:(\d{1,2})\s?월\s?(\d{1,2})\s?일|\d{4}\s?[-./년]\s?(\d{1,2})\s?[-./]\s?(\d{1,2})|\b(\d{1,2})/(\d{1,2})\b)(?:\s?(?:\([^()]{1,4}\))?\s?[~∼〜–-]\s?(\d{1,2})\s?일)?`)
	monthFirst = regexp.MustCompile(`(` + monthName + `)\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:\s?[–-]\s?(\d{1,2})\b)?`)
	dayFirst   = regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)?(?:\s?[–-]\s?(\d{1,2})(?:st|nd|rd|th)?)?\s+(` + monthName + `)\b`)
)

// monthDays are the days that a text names, as "11-28".
func monthDays(text string) []string {
	var out []string
	add := func(month, day int) {
		if month >= 1 && month <= 12 && day >= 1 && day <= 31 {
			out = append(out, twoDigits(month)+"-"+twoDigits(day))
		}
	}
	for _, m := range dayPattern.FindAllStringSubmatch(text, -1) {
		month := atoi(m[1] + m[3] + m[5])
		add(month, atoi(m[2]+m[4]+m[6]))
		add(month, atoi(m[7]))
	}
	for _, m := range monthFirst.FindAllStringSubmatch(text, -1) {
		add(monthOf(m[1]), atoi(m[2]))
		add(monthOf(m[1]), atoi(m[3]))
	}
	for _, m := range dayFirst.FindAllStringSubmatch(text, -1) {
		add(monthOf(m[3]), atoi(m[1]))
		add(monthOf(m[3]), atoi(m[2]))
	}
	return out
}

// monthOf is the month that an English name begins.
func monthOf(name string) int {
	return strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(name)[:3])/3 + 1
}
