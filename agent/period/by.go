package period

import "github.com/bapsang/bapsang/agent/semantic"

// grainWords say what to group by.
var grainWords = []named[semantic.Grain]{
	{"일별", semantic.Day}, {"일자별", semantic.Day}, {"날짜별", semantic.Day}, {"매일", semantic.Day}, {"매일매일", semantic.Day},
	{"일간", semantic.Day}, {"일 단위", semantic.Day}, {"하루 단위", semantic.Day}, {"일 기준", semantic.Day}, {"하루하루", semantic.Day}, {"일자 기준", semantic.Day},
	{"주별", semantic.Week}, {"주차별", semantic.Week}, {"주간별", semantic.Week}, {"매주", semantic.Week}, {"주 단위", semantic.Week},
	{"주간 단위", semantic.Week}, {"주 기준", semantic.Week}, {"주간", semantic.Week}, {"주마다", semantic.Week},
	{"월별", semantic.Month}, {"월간", semantic.Month}, {"매월", semantic.Month}, {"매달", semantic.Month}, {"달별", semantic.Month},
	{"월 단위", semantic.Month}, {"월간 단위", semantic.Month}, {"월 기준", semantic.Month}, {"달마다", semantic.Month}, {"월마다", semantic.Month},
	{"분기별", semantic.Quarter}, {"매 분기", semantic.Quarter}, {"분기 단위", semantic.Quarter}, {"분기 기준", semantic.Quarter}, {"분기마다", semantic.Quarter},
	{"연도별", semantic.Year}, {"년도별", semantic.Year}, {"연별", semantic.Year}, {"년별", semantic.Year}, {"해별", semantic.Year}, {"매년", semantic.Year},
	{"매해", semantic.Year}, {"해마다", semantic.Year}, {"연간", semantic.Year}, {"연 단위", semantic.Year}, {"년 단위", semantic.Year}, {"연도 단위", semantic.Year},
	{"연 기준", semantic.Year}, {"연도 기준", semantic.Year},
	{"시간대별", semantic.HourOfDay}, {"시간별", semantic.HourOfDay}, {"시간 단위", semantic.HourOfDay}, {"시간대 기준", semantic.HourOfDay}, {"매시간", semantic.HourOfDay}, {"시각별", semantic.HourOfDay},
	{"요일별", semantic.Weekday}, {"요일 기준", semantic.Weekday}, {"요일마다", semantic.Weekday},
	{"daily", semantic.Day}, {"weekly", semantic.Week}, {"monthly", semantic.Month}, {"quarterly", semantic.Quarter},
	{"yearly", semantic.Year}, {"annual", semantic.Year}, {"annually", semantic.Year}, {"hourly", semantic.HourOfDay},
	{"day by day", semantic.Day}, {"week by week", semantic.Week}, {"month by month", semantic.Month},
	{"quarter by quarter", semantic.Quarter}, {"year by year", semantic.Year}, {"hour by hour", semantic.HourOfDay},
	{"day of week", semantic.Weekday}, {"day of the week", semantic.Weekday}, {"days of the week", semantic.Weekday}, {"hour of day", semantic.HourOfDay},
	{"hour of the day", semantic.HourOfDay}, {"time of day", semantic.HourOfDay}, {"month of year", semantic.MonthOfYear},
	{"month of the year", semantic.MonthOfYear},
}

// grainUnits follow "by", "per", "each" and "every".
var grainUnits = []named[semantic.Grain]{
	{"day", semantic.Day}, {"date", semantic.Day}, {"week", semantic.Week}, {"month", semantic.Month}, {"quarter", semantic.Quarter},
	{"year", semantic.Year}, {"hour", semantic.HourOfDay}, {"weekday", semantic.Weekday}, {"day of week", semantic.Weekday},
	{"day of the week", semantic.Weekday}, {"days of the week", semantic.Weekday}, {"weekdays", semantic.Weekday}, {"week day", semantic.Weekday},
	{"hour of day", semantic.HourOfDay}, {"hour of the day", semantic.HourOfDay}, {"time of day", semantic.HourOfDay},
	{"month of year", semantic.MonthOfYear}, {"month of the year", semantic.MonthOfYear}, {"calendar month", semantic.Month},
	{"calendar week", semantic.Week}, {"the day", semantic.Day}, {"the week", semantic.Week}, {"the month", semantic.Month}, {"the quarter", semantic.Quarter},
	{"the year", semantic.Year}, {"the hour", semantic.HourOfDay}, {"days", semantic.Day}, {"weeks", semantic.Week}, {"months", semantic.Month},
	{"quarters", semantic.Quarter}, {"years", semantic.Year}, {"hours", semantic.HourOfDay}, {"dates", semantic.Day}, {"wk", semantic.Week}, {"mo", semantic.Month}, {"qtr", semantic.Quarter}, {"yr", semantic.Year},
}

var eachWords = []string{"by", "per", "each", "every", "for each", "for every", "in each", "in every", "across", "split by", "grouped by", "group by", "broken down by"}

// basis are the words of "on a monthly basis".
var basis = []named[semantic.Grain]{
	{"on a daily basis", semantic.Day}, {"on a weekly basis", semantic.Week}, {"on a monthly basis", semantic.Month},
	{"on a quarterly basis", semantic.Quarter}, {"on a yearly basis", semantic.Year}, {"on an annual basis", semantic.Year},
}

// by reads a grain to group by.
func (r *reader) by(i int) (m Mention, ok bool) {
	grain, to := lookup(r, i, grainWords)
	if to > 0 && isHangul(r.rune(i)) {
		if !r.grainStands(i, to) {
			return m, false
		}
		end, whole := r.ending(to)
		if !whole {
			return m, false
		}
		to = end
	}
	if to < 0 {
		grain, to = lookup(r, i, basis)
	}
	if k := r.anyOf(i, eachWords); k > 0 {
		if g, end := lookup(r, r.skip(k), grainUnits); end > to && !r.goesElsewhere(end) {
			grain, to = g, end
		}
	}
	if to < 0 {
		return m, false
	}
	return Mention{Kind: By, To: to, Grain: grain}, true
}

// goesElsewhere reports whether a unit begins something else: by week 47, by month end,
// by year-over-year growth.
func (r *reader) goesElsewhere(i int) bool {
	if c := r.rune(i); c == '-' || c == '\'' || c == '’' {
		return true
	}
	switch r.wordAfter(i) {
	case "over", "end":
		return true
	}
	return isDigit(r.rune(r.skip(i)))
}

// grainStands keeps 주간 from day shifts and 연간 from passes.
func (r *reader) grainStands(i, to int) bool {
	switch r.src[i:to] {
	case "주간":
		return !r.otherWord(r.skip(to), "근무", "조", "반", "야간", "보호", "계획", "지")
	case "매주":
		_, day := lookup(r, r.skip(to), weekdays)
		return day < 0
	case "매일":
		return !r.otherWord(to, "유업", "경제", "신문")
	case "연간", "월간":
		return !r.otherWord(r.skip(to), "회원", "구독", "이용권", "정기", "지")
	}
	return true
}
