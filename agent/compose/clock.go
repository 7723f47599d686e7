package compose

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
)

// clock is an expression of hours of the day in a text: 오후 6시 이후, between 9am and noon.
type clock struct {
	from, to int   // bytes
	hours    []int // that it keeps, in their order from its start
	whole    bool  // both of its ends are named, or half of the day
}

const (
	koreanHour  = `(?:(오전|오후|아침|점심|저녁|밤|새벽|낮)\s*)?(\d{1,2}|열두|열한|열|한|두|세|네|다섯|여섯|일곱|여덟|아홉)\s*시(?:\s*정각)?`
	englishHour = `(?:(\d{1,2})(?::00)?(?:\s*(a\.?m\.?|p\.?m\.?|o'?clock))?|(noon|midday|midnight))`
)

// The ways to name hours. A time such as 6시 30분 cuts hours, and is not one of them.
var (
	koreanClock = regexp.MustCompile(koreanHour + `\s*(?:(?:부터|에서|~|-|–)\s*` + koreanHour + `\s*(?:까지|사이)?(?:에만|에|의|만)?|` +
		`(이후로는|이후로|이후에|이후|넘어서|부터는|부터|이전에|이전|전에|전까지|전|까지|대에|대의|대)(?:의|에)?)`)
	koreanHalf   = regexp.MustCompile(`(오전|오후)(?:\s*시간대?)?(?:에만|에|의|만)?(?:\s|$)`)
	englishClock = regexp.MustCompile(`(?i)\b(?:(?:between|from)\s+` + englishHour + `\s*(?:and|to|until|till|-|–)\s*` + englishHour + `|` +
		`(after|since|before|until|past|from)\s+` + englishHour + `(?:\s+(?:onwards?|on|or later))?|` + englishHour + `\s*(?:-|–|to)\s*` + englishHour + `)(?:[^\w:]|$)`)
	halfPast = regexp.MustCompile(`^\s*(?:\d{1,2}\s*분|반(?:\s|$))`)
)

var koreanHours = []string{"한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두"}

// clocks finds the hours that a text names.
func clocks(src string) []clock {
	var out []clock
	add := func(c clock) {
		if len(c.hours) > 0 && len(c.hours) < 24 && !slices.ContainsFunc(out, func(o clock) bool { return c.from < o.to && o.from < c.to }) {
			out = append(out, c)
		}
	}
	for _, m := range koreanClock.FindAllStringSubmatchIndex(src, -1) {
		add(koreanRange(src, m))
	}
	for _, m := range englishClock.FindAllStringSubmatchIndex(src, -1) {
		add(englishRange(src, m))
	}
	for _, m := range koreanHalf.FindAllStringSubmatchIndex(src, -1) {
		c := clock{from: m[0], to: m[1], hours: hoursFrom(0, 12), whole: true}
		if src[m[2]:m[3]] == "오후" {
			c.hours = hoursFrom(12, 24)
		}
		add(c)
	}
	return out
}

// matched returns a group of a match, "" where it did not take part.
func matched(src string, m []int, n int) string {
	if m[2*n] < 0 {
		return ""
	}
	return src[m[2*n]:m[2*n+1]]
}

func koreanRange(src string, m []int) clock {
	c := clock{from: m[0], to: m[1]}
	half := matched(src, m, 1)
	start, sure := koreanTime(half, matched(src, m, 2))
	if halfPast.MatchString(src[m[1]:]) || start < 0 {
		return clock{}
	}
	if word := matched(src, m, 5); word != "" {
		c.hours = oneSided(word, start, sure)
		return c
	}
	half2 := matched(src, m, 3)
	end, sure2 := koreanTime(half2, matched(src, m, 4))
	if half2 == "" && half != "" && end <= start && end+12 > start && end < 12 {
		end += 12 // 오후 2시부터 5시까지
	}
	if end < 0 || sure != sure2 && half == "" {
		return clock{}
	}
	c.hours, c.whole = hoursFrom(start, end), true
	return c
}

// koreanTime returns the hour that is named, -1 for none, and whether it can be only one.
func koreanTime(half, number string) (hour int, sure bool) {
	n := slices.Index(koreanHours, number) + 1
	if n == 0 {
		n, _ = strconv.Atoi(number)
	}
	switch half {
	case "":
		return inDay(n), n > 12 || n == 0
	case "오전", "새벽", "아침":
		return inDay(n % 12), n <= 12
	case "밤":
		if n < 6 || n == 12 {
			return n % 12, true
		}
	case "점심", "낮":
		if n > 9 && n < 12 {
			return n, true
		}
	}
	if n > 12 {
		return inDay(n), true
	}
	return n%12 + 12, true
}

func inDay(n int) int {
	if n > 24 {
		return -1
	}
	return n
}

func englishRange(src string, m []int) clock {
	c := clock{from: m[0], to: m[1]}
	for c.to > c.from && strings.ContainsAny(src[c.to-1:c.to], " ,.?!") {
		c.to--
	}
	if word := strings.ToLower(matched(src, m, 7)); word != "" {
		hour, sure := englishTime(matched(src, m, 8), matched(src, m, 9), matched(src, m, 10))
		c.hours = oneSided(word, hour, sure)
		return c
	}
	at := 1
	if m[2] < 0 && m[6] < 0 {
		at = 11
	}
	half := matched(src, m, at+1)
	start, sure := englishTime(matched(src, m, at), half, matched(src, m, at+2))
	end, sure2 := englishTime(matched(src, m, at+3), matched(src, m, at+4), matched(src, m, at+5))
	if start < 0 || end < 0 || !sure2 {
		return clock{}
	}
	if !sure { // from 2 to 5pm
		if start < 12 && start+12 < end {
			start += 12
		} else if start >= end {
			return clock{}
		}
	}
	c.hours, c.whole = hoursFrom(start, end), true
	return c
}

func englishTime(number, half, word string) (hour int, sure bool) {
	switch strings.ToLower(word) {
	case "noon", "midday":
		return 12, true
	case "midnight":
		return 24, true
	}
	n, err := strconv.Atoi(number)
	if err != nil || n > 24 {
		return -1, false
	}
	switch half = strings.ToLower(strings.ReplaceAll(half, ".", "")); {
	case half == "am" && n <= 12:
		return n % 12, true
	case half == "pm" && n <= 12:
		return n%12 + 12, true
	}
	return n, n > 12 && half != ""
}

// oneSided are the hours on one side of another.
func oneSided(word string, hour int, sure bool) []int {
	if hour < 0 || !sure {
		return nil // 6시 이후 may be in the morning or in the evening
	}
	switch {
	case strings.HasPrefix(word, "대"):
		return hoursFrom(hour, hour+1)
	case strings.HasPrefix(word, "이전"), strings.HasPrefix(word, "전"), word == "까지", word == "before", word == "until":
		return hoursFrom(0, hour)
	}
	return hoursFrom(hour%24, 24)
}

// hoursFrom are the hours from one to another, over midnight where the second comes
// before.
func hoursFrom(start, end int) []int {
	var out []int
	for h := start % 24; h != end%24 || len(out) == 0; h = (h + 1) % 24 {
		out = append(out, h)
		if len(out) > 24 {
			return nil
		}
	}
	return out
}

// readClock reads the hours that the time is to fall in.
func (r *reader) readClock() {
	for i := range r.toks {
		c := r.toks[i].clock
		if c == nil {
			continue
		}
		if len(r.d.hours.values) > 0 {
			r.fail(problem{decline: DeclineShape}) // two stretches of the day
			return
		}
		r.use(i)
		if r.negated(i) {
			r.d.hours.not = true
		}
		r.useTrail(i)
		r.d.hours.values, r.d.hours.token = c.hours, r.toks[i]
	}
}

// setHours keeps the hours of the day that the text names.
func (b *builder) setHours() {
	h := b.d.hours
	if len(h.values) == 0 {
		return
	}
	switch b.special {
	case List, Forecast, Anomaly:
		b.fail(problem{decline: DeclineShape})
		return
	}
	f := semantic.Filter{Grain: semantic.HourOfDay, Op: semantic.In, Negate: h.not}
	for _, hour := range h.values {
		f.Values = append(f.Values, hour)
	}
	q := &b.p.Query
	q.Filters = append(slices.DeleteFunc(slices.Clone(q.Filters), func(f semantic.Filter) bool { return f.Grain == semantic.HourOfDay }), f)
	b.say(ReadValue, h.token.text, b.hoursLabel(h.values))
}

// hoursLabel writes hours that follow each other: 18:00–23:59.
func (b *builder) hoursLabel(hours []int) string {
	two := func(n int) string { return strconv.Itoa(n/10) + strconv.Itoa(n%10) }
	return two(hours[0]) + ":00–" + two(hours[len(hours)-1]) + ":59"
}
