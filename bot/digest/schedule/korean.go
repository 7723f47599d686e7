package schedule

import (
	"regexp"
	"strings"
	"time"
)

const (
	koDay  = `[월화수목금토일]`
	koDays = `(` + koDay + `(?:요일)?(?:\s*(?:[·,/]|와|과|이랑|하고|및)?\s*` + koDay + `(?:요일)?)*)`
	koNth  = `(첫\s?번째|첫째|첫|둘째|두\s?번째|셋째|세\s?번째|넷째|네\s?번째|다섯째|다섯\s?번째|마지막|\d{1,2}\s?번째)`
	// koWho is a day of a month in words.
	koOn = `(?:` + koNth + `\s*(?:주\s*)?(?:(영업일|워킹데이|근무일)|(` + koDay + `)요일|(날))|(말일|마지막\s*날|말에|말(?:\s|$))|(\d{1,2}일(?:\s*(?:[·,]|과|와|하고|및)\s*\d{1,2}일)*))`
)

var (
	koInterval = regexp.MustCompile(`(?:매\s*)?(\d{1,4})\s*(분|시간)(?:마다|에\s*한\s*번|\s*간격으로)|(매시간|매시\s*정각에?|매시|한\s*시간마다)|(매분|일분마다)`)
	koWeeks    = regexp.MustCompile(`(?:(격주)(?:로|마다)?|(\d{1,2}|두|세|네)\s*주(?:에\s*한\s*번|마다|\s*간격으로))(?:\s*` + koDays + `(?:마다|에)?)?`)
	koWeek     = regexp.MustCompile(`(?:매주|주마다|일주일에\s*한\s*번|주\s?1회)(?:\s*` + koDays + `(?:마다|에)?)?`)
	koEachDay  = regexp.MustCompile(`(?:매주\s*)?` + koDay + `요일(?:\s*(?:[·,/]|와|과|이랑|하고|및)?\s*` + koDay + `요일)*마다`)
	koWorkday  = regexp.MustCompile(`(?:매주\s*|매\s*)?(?:평일|주중)(?:마다|에)?`)
	koWeekend  = regexp.MustCompile(`(?:매주\s*|매\s*)?주말마다|매\s*주말|매주\s*주말`)
	koBusiness = regexp.MustCompile(`(?:매일\s*|매\s*)?(?:영업일|근무일)마다|매\s*(?:영업일|근무일)`)
	koDaily    = regexp.MustCompile(`매일매일|매일|날마다|하루에?\s*한\s*번|(아침|점심|저녁|밤)마다`)
	koWeekDays = regexp.MustCompile(`매주\s*(` + koDay + `요일(?:\s*(?:[·,/]|와|과|이랑|하고|및)?\s*` + koDay + `요일)*)(?:마다|에)?`)
	koMonth    = regexp.MustCompile(`(?:매월|매달|매\s월|매\s달|달마다|한\s*달에\s*한\s*번)\s*` + koOn + `(?:마다|에)?`)
	koQuarter  = regexp.MustCompile(`(?:매\s*)?분기(?:마다|별)?\s*` + koOn + `(?:마다|에)?`)
	koYear     = regexp.MustCompile(`(?:매년|해마다)\s*(\d{1,2})월\s*` + koOn + `(?:마다|에)?`)
	koOneDay   = regexp.MustCompile(koDay)
	digits     = regexp.MustCompile(`\d{1,2}`)
)

// eatKorean reads how often. The longer ways to say it come first.
func (r *reader) eatKorean() (shape, bool) {
	if g := r.eat(koYear, hole); g != nil {
		o, ok := koreanOn(g[2:])
		month := time.Month(atoi(g[1]))
		return shape{unit: byYear, month: month, on: o}, ok && month >= 1 && month <= 12
	}
	if g := r.eat(koQuarter, hole); g != nil {
		o, ok := koreanOn(g[1:])
		return shape{unit: byQuarter, on: o}, ok
	}
	if g := r.eat(koMonth, hole); g != nil {
		o, ok := koreanOn(g[1:])
		return shape{unit: byMonth, on: o}, ok
	}
	if g := r.eat(koInterval, hole); g != nil {
		return koreanInterval(g), true
	}
	// Who names days of the week means them: "매주 월요일에 매일 매출 보내줘".
	for _, re := range []*regexp.Regexp{koEachDay, koWeekDays} {
		if g := r.eat(re, hole); g != nil {
			return shape{unit: byWeek, weekdays: weekdaysIn(strings.NewReplacer("요일", "", "매주", "").Replace(g[0]))}, true
		}
	}
	if p, ok := r.eatKoreanDays(); ok {
		return p, true
	}
	if g := r.eat(koWeeks, hole); g != nil {
		n := map[string]int{"": 2, "두": 2, "세": 3, "네": 4}[g[2]]
		if n == 0 {
			n = atoi(g[2])
		}
		return shape{unit: byWeek, every: n, weekdays: r.weekdays(g[3])}, n >= 1 && n <= 52
	}
	if g := r.eat(koWeek, hole); g != nil {
		return shape{unit: byWeek, weekdays: r.weekdays(g[1])}, true
	}
	return shape{}, false
}

// eatKoreanDays reads what recurs by days. What stands first is how often, what follows
// is of the question: "매일 9시에 지난주 평일 매출".
func (r *reader) eatKoreanDays() (shape, bool) {
	var first *regexp.Regexp
	var p shape
	begin := len(r.text)
	for _, simple := range []struct {
		re *regexp.Regexp
		p  shape
	}{
		{koBusiness, shape{unit: byBusiness}}, {koWorkday, shape{unit: byWorkday}},
		{koWeekend, shape{unit: byWeek, weekdays: 1<<time.Saturday | 1<<time.Sunday}}, {koDaily, shape{unit: byDay}},
	} {
		if at := simple.re.FindStringIndex(r.text); at != nil && at[0] < begin {
			first, p, begin = simple.re, simple.p, at[0]
		}
	}
	if first == nil {
		return shape{}, false
	}
	g := r.eat(first, hole)
	r.part = strings.Join(g[1:], "")
	r.bare = g[0] == "평일" || g[0] == "주중"
	return p, true
}

// weekdays reads days that may be short: 월·수·금. A single letter that begins another
// word is given back: "매주 일별 매출".
func (r *reader) weekdays(text string) uint8 {
	if text == "" {
		return 0
	}
	if !strings.Contains(text, "요일") {
		_, after, _ := strings.Cut(r.text, hole)
		if first := []rune(after + " ")[0]; first >= '가' && first <= '힣' {
			before, _, _ := strings.Cut(r.text, hole)
			r.text = before + hole + " " + text + after
			return 0
		}
	}
	return weekdaysIn(strings.ReplaceAll(text, "요일", ""))
}

func weekdaysIn(text string) (set uint8) {
	for _, d := range koOneDay.FindAllString(text, -1) {
		for n, name := range koreanDays {
			if d == name {
				set |= 1 << n
			}
		}
	}
	return set
}

func koreanInterval(g []string) shape {
	switch {
	case g[3] != "":
		return shape{unit: byInterval, every: 60}
	case g[4] != "":
		return shape{unit: byInterval, every: 1}
	case g[2] == "시간":
		return shape{unit: byInterval, every: 60 * atoi(g[1])}
	}
	return shape{unit: byInterval, every: atoi(g[1])}
}

// koreanOn reads the groups of koOn: which, business day, weekday, day; last; days.
func koreanOn(g []string) (on, bool) {
	switch n := koreanNumber(g[0]); {
	case g[4] != "" || g[3] != "" && n == last:
		return on{lastDay: true}, true
	case g[3] != "":
		return on{days: 1 << n}, n == 1
	case g[1] != "":
		return on{business: n}, n == last || n >= 1 && n <= 23
	case g[2] != "":
		for wd, name := range koreanDays {
			if g[2] == name {
				return on{nth: n, weekday: wd}, n == last || n >= 1 && n <= 5
			}
		}
	}
	return daysIn31(g[5])
}

// daysIn31 reads the days of the month that a text names.
func daysIn31(text string) (o on, ok bool) {
	for _, d := range digits.FindAllString(text, -1) {
		n := atoi(d)
		if n < 1 || n > 31 {
			return o, false
		}
		o.days |= 1 << n
	}
	return o, o.days != 0
}

func koreanNumber(text string) int {
	text = strings.ReplaceAll(text, " ", "")
	switch {
	case text == "마지막":
		return last
	case strings.HasPrefix(text, "첫"):
		return 1
	case strings.HasPrefix(text, "둘"), strings.HasPrefix(text, "두"):
		return 2
	case strings.HasPrefix(text, "셋"), strings.HasPrefix(text, "세"):
		return 3
	case strings.HasPrefix(text, "넷"), strings.HasPrefix(text, "네"):
		return 4
	case strings.HasPrefix(text, "다섯"):
		return 5
	}
	return atoi(strings.TrimSuffix(text, "번째"))
}
