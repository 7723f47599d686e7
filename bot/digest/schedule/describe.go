package schedule

import (
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// Describe says the schedule in words that Parse reads: "매주 월요일 09:00 (서울)",
// "every Monday at 09:00 (Seoul)". language is "ko" or "en".
func (s Schedule) Describe(language string) string {
	if s.IsZero() {
		return ""
	}
	p := s.shape()
	var text string
	switch {
	case p.unit == byCron:
		text = s.cronText()
	case language == "ko":
		text = p.korean() + map[Rule]string{
			Skip: ", 휴일 제외", Next: ", 휴일이면 다음 영업일", Previous: ", 휴일이면 이전 영업일",
		}[s.rule]
	default:
		text = p.english() + map[Rule]string{
			Skip: ", not on holidays", Next: ", if it is a holiday on the next business day",
			Previous: ", if it is a holiday on the previous business day",
		}[s.rule]
	}
	return text + " (" + placeName(s.zone, language) + ")"
}

// cronText is what no words say.
func (s Schedule) cronText() string {
	_, text, _ := strings.Cut(s.String(), " ")
	return "cron `" + text + "`"
}

var (
	koreanDays  = []string{"일", "월", "화", "수", "목", "금", "토"}
	koreanNth   = []string{"", "첫째", "둘째", "셋째", "넷째", "다섯째"}
	englishDays = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	englishNth  = []string{"", "first", "second", "third", "fourth", "fifth"}
)

// eachBit calls fn for the set bits, for weekdays from Monday on.
func eachBit(set uint32, from, size int, fn func(n int)) {
	for i := range size {
		if n := (from + i) % size; set&(1<<n) != 0 {
			fn(n)
		}
	}
}

func (p shape) clock(separator string) string {
	var out []string
	for _, t := range p.times {
		out = append(out, fmt.Sprintf("%02d:%02d", t/60, t%60))
	}
	return strings.Join(out, separator)
}

// from is the first date of a schedule that counts weeks.
func (p shape) from() string {
	d := p.anchor
	for p.weekdays&(1<<d.weekday()) == 0 && d < p.anchor+6 {
		d++
	}
	return d.utc().Format(time.DateOnly)
}

func (p shape) korean() string {
	at := " " + p.clock("·")
	switch p.unit {
	case byInterval:
		if p.every%60 == 0 {
			return fmt.Sprintf("%d시간마다", p.every/60)
		}
		return fmt.Sprintf("%d분마다", p.every)
	case byDay:
		return "매일" + at
	case byWorkday:
		return "평일" + at
	case byBusiness:
		return "영업일마다" + at
	case byWeek:
		var days []string
		eachBit(uint32(p.weekdays), 1, 7, func(n int) { days = append(days, koreanDays[n]) })
		if p.every > 1 {
			return fmt.Sprintf("%d주마다 %s요일%s, %s부터", p.every, strings.Join(days, "·"), at, p.from())
		}
		return "매주 " + strings.Join(days, "·") + "요일" + at
	case byMonth:
		return "매월 " + p.on.korean() + at
	case byQuarter:
		return "매 분기 " + p.on.korean() + at
	}
	return fmt.Sprintf("매년 %d월 %s%s", p.month, p.on.korean(), at)
}

func (o on) korean() string {
	switch {
	case o.nth == last:
		return "마지막 " + koreanDays[o.weekday] + "요일"
	case o.nth > 0:
		return koreanNth[o.nth] + " " + koreanDays[o.weekday] + "요일"
	case o.business == last:
		return "마지막 영업일"
	case o.business == 1:
		return "첫 영업일"
	case o.business > 0:
		return fmt.Sprintf("%d번째 영업일", o.business)
	case o.lastDay:
		return "말일"
	}
	var days []string
	eachBit(o.days, 0, 32, func(n int) { days = append(days, fmt.Sprintf("%d일", n)) })
	return strings.Join(days, "·")
}

func (p shape) english() string {
	at := " at " + p.clock(" and ")
	switch p.unit {
	case byInterval:
		switch {
		case p.every == 60:
			return "every hour"
		case p.every%60 == 0:
			return fmt.Sprintf("every %d hours", p.every/60)
		case p.every == 1:
			return "every minute"
		}
		return fmt.Sprintf("every %d minutes", p.every)
	case byDay:
		return "every day" + at
	case byWorkday:
		return "every weekday" + at
	case byBusiness:
		return "every business day" + at
	case byWeek:
		var days []string
		eachBit(uint32(p.weekdays), 1, 7, func(n int) { days = append(days, englishDays[n]) })
		if p.every > 1 {
			return fmt.Sprintf("every %d weeks on %s%s, from %s", p.every, join(days), at, p.from())
		}
		return "every " + join(days) + at
	case byMonth:
		return "on the " + p.on.english() + " of every month" + at
	case byQuarter:
		return "on the " + p.on.english() + " of every quarter" + at
	}
	return fmt.Sprintf("on %d %s every year%s", bits.TrailingZeros32(p.on.days), p.month, at)
}

// join lists as English does.
func join(words []string) string {
	n := len(words)
	if n < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
}

func (o on) english() string {
	switch {
	case o.nth == last:
		return "last " + englishDays[o.weekday]
	case o.nth > 0:
		return englishNth[o.nth] + " " + englishDays[o.weekday]
	case o.business == last:
		return "last business day"
	case o.business == 1:
		return "first business day"
	case o.business > 0:
		return ordinal(o.business) + " business day"
	case o.lastDay:
		return "last day"
	}
	var days []string
	eachBit(o.days, 0, 32, func(n int) { days = append(days, ordinal(n)) })
	return join(days)
}

func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(n) + suffix
}

// place is a time zone by the names of its best known city.
type place struct{ zone, ko, en string }

// places are those that people write by name; others by their IANA names.
func places() []place {
	return []place{
		{"Asia/Seoul", "서울", "Seoul"}, {"Asia/Tokyo", "도쿄", "Tokyo"}, {"Asia/Shanghai", "상하이", "Shanghai"},
		{"Asia/Hong_Kong", "홍콩", "Hong Kong"}, {"Asia/Taipei", "타이베이", "Taipei"}, {"Asia/Singapore", "싱가포르", "Singapore"},
		{"Asia/Bangkok", "방콕", "Bangkok"}, {"Asia/Ho_Chi_Minh", "호찌민", "Ho Chi Minh City"}, {"Asia/Jakarta", "자카르타", "Jakarta"},
		{"Asia/Kolkata", "뭄바이", "Mumbai"}, {"Asia/Dubai", "두바이", "Dubai"}, {"Europe/Berlin", "베를린", "Berlin"},
		{"Europe/Paris", "파리", "Paris"}, {"Europe/London", "런던", "London"}, {"America/New_York", "뉴욕", "New York"},
		{"America/Chicago", "시카고", "Chicago"}, {"America/Denver", "덴버", "Denver"}, {"America/Los_Angeles", "로스앤젤레스", "Los Angeles"},
		{"America/Sao_Paulo", "상파울루", "São Paulo"}, {"America/Santiago", "산티아고", "Santiago"}, {"Australia/Sydney", "시드니", "Sydney"},
		{"Australia/Lord_Howe", "로드하우섬", "Lord Howe"}, {"UTC", "UTC", "UTC"},
	}
}

func placeName(zone, language string) string {
	for _, p := range places() {
		if p.zone != zone {
			continue
		}
		if language == "ko" {
			return p.ko
		}
		return p.en
	}
	return zone
}
