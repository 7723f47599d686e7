package agent

import (
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/format"
)

// calendarWords are the sentences about the calendar in one language.
type calendarWords struct {
	language       string
	comingIn       string // stretch, number
	nothingIn      string // stretch
	stretch        string // heads a reading
	noStretch      string // heads a reading
	market         string
	homeMarket     string
	usual          string
	usualMeans     string
	event          string
	start          string
	end            string
	status         string
	source         string
	statuses       map[calendar.Status]string
	unknownMarket  string
	workdays       string // stretch, business days, days
	isOn           string // event, dates
	wasOn          string // event, dates
	daysLeft       string // number
	goesOn         string
	statusIs       map[calendar.Status]string // of those that are not confirmed
	movedFrom      string                     // dates
	calledOff      string                     // dates
	notAnnounced   string                     // event, edition
	noEdition      string                     // event, edition
	nextOne        string
	lastWas        string // dates
	year           string
	thisYear       string
	lastYear       string
	firstTime      string
	noFigures      string
	notYetRecorded string // date
	recordedUntil  string // date
	lastTime       string // year, days, metric, figure
	thanUsual      string // change
	ledBy          string // names
	chartTitle     string // year, event, metric
	ownDays        string // year, event, metric, figure

	holidaysIn                      string    // stretch, number, days
	noHolidaysIn                    string    // stretch
	holidayCount, dayCount          [2]string // of one, of several
	unknownYear                     string
	runs, ran                       string // event, dates: of several days
	tomorrow, isToday               string
	off                             string // dates, number of days
	lasts                           string // number of days
	deadline                        string // date, what, business days before
	deadlinePassed                  string // date, what, business days before
	dayWorked                       string // date
	dayHoliday                      string // date, names
	dayWeekend                      string // date
	dayAlso                         string // names
	worksThen, offThen, holidayThen string
	nextIs                          string // class
	classes                         map[calendar.Class]string
	breaks, noBreaks                string // stretch, number
	bridges, noBridges              string // stretch, number
	firstBreak                      string // dates, days
	firstBridge                     string // date, dates, days
	oneBreak, oneBridge             string // which, dates, days; which, date, dates, days
	soonest, fewer                  string // which
	aBreak, aBridge, fromNow        string
	nthOnes                         []string
	lastOne, oneStretch             string
	days, take                      string
	marketNames                     map[string]string
	notRecorded                     string // date
	didNotTakePlace                 string // year, status
	notKnown                        string // year

	nothingRecorded string
}

func calendarWordsFor(language string) *calendarWords {
	if language == "ko" {
		return &koreanCalendar
	}
	return &englishCalendar
}

var koreanCalendar = calendarWords{
	language: "ko",
	comingIn: "%s 일정은 %s건이에요.", nothingIn: "%s에는 달력에 있는 일정이 없어요.",
	stretch: "기간", noStretch: "기간을 말하지 않음", market: "시장", homeMarket: "한국(과 한국에서 챙기는 세계 행사)",
	usual: "평소", usualMeans: "바로 앞 주들의 같은 요일",
	event: "행사", start: "시작", end: "끝", status: "확정 여부", source: "출처",
	statuses: map[calendar.Status]string{
		calendar.Confirmed: "확정", calendar.Estimated: "예상", calendar.Tentative: "잠정", calendar.Postponed: "연기", calendar.Cancelled: "취소",
	},
	unknownMarket: "그 나라의 공휴일은 제 달력에 없어서 영업일을 세지 못했어요.",
	workdays:      "%s의 영업일은 %s일이에요 (전체 %s일).",
	isOn:          "%s %s이에요.", wasOn: "%s %s이었어요.", daysLeft: "%s일 남았어요.", goesOn: "지금 진행 중이에요.",
	statusIs: map[calendar.Status]string{
		calendar.Estimated: "아직 예상이에요.", calendar.Tentative: "아직 잠정이에요.", calendar.Postponed: "연기됐고, 새 날짜는 아직 몰라요.", calendar.Cancelled: "취소됐어요.",
	},
	movedFrom: "%s에서 옮긴 날짜예요.", calledOff: "%s 것은 취소됐어요. 그다음:",
	notAnnounced: "%s의 %s 날짜는 아직 발표되지 않았거나 제 달력에 없어요. 발표되지 않은 날짜는 짐작하지 않아요.",
	noEdition:    "%s의 %s 날짜는 제 달력에 없어요.", nextOne: "다음", lastWas: "지난번은 %s이었어요.",
	year: "%d년", thisYear: "올해", lastYear: "작년",
	firstTime: "달력에 지난번이 없어서 견줄 실적이 없어요.", noFigures: "지금은 지난번 실적을 계산하지 못했어요.",
	nothingRecorded: "그때의 기록이 없어요.", notYetRecorded: "데이터가 %s부터라 지난번 실적은 없어요.", recordedUntil: "데이터는 %s까지",
	lastTime: "%s %s %s %s", thanUsual: "(평소보다 %s)", ledBy: ", %s 주도", chartTitle: "%s %s %s", ownDays: "%s %s %s %s입니다.",
	holidaysIn: "%s 공휴일은 %s, 날짜로는 %s이에요.", noHolidaysIn: "%s에는 공휴일이 없어요.", holidayCount: [2]string{"건", "건"}, dayCount: [2]string{"일", "일"}, unknownYear: "그 해의 공휴일은 아직 제 달력에 없어요.",
	runs: "%s %s이에요.", ran: "%s %s이었어요.", tomorrow: "내일이에요.", isToday: "오늘이에요.", off: "앞뒤 쉬는 날까지 이으면 %s, %s일이에요.", lasts: "%s일 동안이에요.",
	deadline: "%s까지 %s (영업일 %s일 전)", deadlinePassed: "%s까지 %s (영업일 %s일 전, 지났어요)",
	dayWorked: "%s은 쉬는 날이 아니에요. 영업일이에요.", dayHoliday: "%s은 쉬는 날이에요: %s.", dayWeekend: "%s은 공휴일은 아니지만 주말이라 쉬는 날이에요.", dayAlso: "그날: %s.", worksThen: "쉬는 날이 아니라 영업일이에요.", offThen: "공휴일은 아니지만 쉬는 날과 겹쳐요.", holidayThen: "공휴일이라 쉬는 날이에요.",
	nextIs: "다음 %s:",
	classes: map[calendar.Class]string{
		calendar.PublicHoliday: "공휴일", calendar.Shopping: "쇼핑 행사", calendar.Observance: "기념일", calendar.Season: "시즌", calendar.Announced: "행사", calendar.Caution: "주의일",
	},
	breaks: "%s에 사흘 이상 이어서 쉬는 때는 %s번이에요.", noBreaks: "%s에는 사흘 이상 이어서 쉬는 때가 없어요.",
	bridges: "%s의 징검다리 평일은 %s일이에요.", noBridges: "%s에는 징검다리 평일이 없어요.",
	oneBreak: "%s는 %s, %s일이에요.", oneBridge: "%s는 %s이고, 쉬면 %s, %s일이 이어져요.", soonest: "다음", aBreak: "연휴", aBridge: "징검다리", fromNow: "앞으로", fewer: "%s는 없어요.",
	nthOnes: []string{"첫 번째", "두 번째", "세 번째", "네 번째", "다섯 번째"}, lastOne: "마지막", oneStretch: "기간이 둘이에요. 한 번에 한 기간씩 물어봐 주세요.",
	firstBreak: "가장 이른 것은 %s, %s일이에요.", firstBridge: "가장 이른 %s을 쉬면 %s, %s일이 이어져요.", days: "일수", take: "쉴 날",
	marketNames: map[string]string{
		"KR": "한국", "US": "미국", "JP": "일본", "CN": "중국", "GB": "영국", "DE": "독일", "FR": "프랑스", "IN": "인도", "SG": "싱가포르", calendar.World: "세계",
	},
	didNotTakePlace: "%s은 %s되어 그 앞과 견줌", notKnown: "%s은 달력에 없어 그 앞과 견줌",
	notRecorded: "데이터가 %s까지라 그때의 실적은 아직 없어요.",
}

var englishCalendar = calendarWords{
	language: "en",
	comingIn: "%s: %s on the calendar.", nothingIn: "Nothing is on the calendar for %s.",
	stretch: "period", noStretch: "no period named", market: "market", homeMarket: "Korea, with the world's events that matter there",
	usual: "usual", usualMeans: "the same days of the week just before",
	event: "Event", start: "Start", end: "End", status: "Status", source: "Source",
	statuses: map[calendar.Status]string{
		calendar.Confirmed: "confirmed", calendar.Estimated: "estimated", calendar.Tentative: "tentative", calendar.Postponed: "postponed", calendar.Cancelled: "cancelled",
	},
	unknownMarket: "The public holidays of that country are not in my calendar, so I cannot count its business days.",
	workdays:      "%s has %s business days (of %s days).",
	isOn:          "%s is on %s.", wasOn: "%s was on %s.", daysLeft: "That is in %s days.", goesOn: "It is going on now.",
	statusIs: map[calendar.Status]string{
		calendar.Estimated: "The date is estimated.", calendar.Tentative: "The date is tentative.", calendar.Postponed: "It is postponed, and the new date is not known yet.", calendar.Cancelled: "It is cancelled.",
	},
	movedFrom: "It was moved from %s.", calledOff: "The one of %s is cancelled. The one after:",
	notAnnounced: "The date of %s (%s) has not been announced, or is not in my calendar. I do not guess dates that nobody announced.",
	noEdition:    "%s (%s) is not in my calendar.", nextOne: "the next one", lastWas: "Last time it was on %s.",
	year: "%d", thisYear: "this year", lastYear: "last year",
	firstTime: "The calendar has no earlier one to compare with.", noFigures: "Last time's figures could not be computed right now.",
	nothingRecorded: "There is no record of that time.", notYetRecorded: "The data begin on %s, after last time.", recordedUntil: "data until %s",
	lastTime: "%s, %s: %s %s", thanUsual: " (%s on the usual)", ledBy: ", led by %s", chartTitle: "%[3]s, %[2]s %[1]s", ownDays: "%[3]s of %[2]s %[1]s was %[4]s.",
	holidaysIn: "%s: %s, %s.", noHolidaysIn: "There is no public holiday in %s.", holidayCount: [2]string{" public holiday", " public holidays"}, dayCount: [2]string{" day", " days"}, unknownYear: "The public holidays of that year are not in my calendar yet.",
	runs: "%s runs %s.", ran: "%s ran %s.", tomorrow: "That is tomorrow.", isToday: "That is today.", off: "With the days off around it: %s, %s days.", lasts: "It lasts %s days.",
	deadline: "by %s: %s (%s business days before)", deadlinePassed: "by %s: %s (%s business days before, passed)",
	dayWorked: "%s is not a day off: it is a business day.", dayHoliday: "%s is a day off: %s.", dayWeekend: "%s is no public holiday, but a weekend.", dayAlso: "On that day: %s.", worksThen: "It is not a day off: people work.", offThen: "It is no public holiday, but falls on a day off.", holidayThen: "It is a public holiday.",
	nextIs: "Next %s:",
	classes: map[calendar.Class]string{
		calendar.PublicHoliday: "public holiday", calendar.Shopping: "shopping event", calendar.Observance: "observance", calendar.Season: "season", calendar.Announced: "event", calendar.Caution: "day to be careful on",
	},
	breaks: "%s has %s breaks of three days or more.", noBreaks: "%s has no break of three days or more.",
	bridges: "%s: %s business days stand between two days off.", noBridges: "%s has no business day between two days off.",
	oneBreak: "%s is %s, %s days.", oneBridge: "%s is %s. Taking it off makes %s, %s days.", soonest: "next", aBreak: "long weekend", aBridge: "bridge day", fromNow: "the coming year", fewer: "There is no %s one.",
	nthOnes: []string{"first", "second", "third", "fourth", "fifth"}, lastOne: "last", oneStretch: "These are two stretches of time. Please ask about one at a time.",
	firstBreak: "The first is %s, %s days.", firstBridge: "The first is %s: taking it off makes %s, %s days.", days: "Days", take: "Day to take off",
	marketNames: map[string]string{
		"KR": "Korea", "US": "the US", "JP": "Japan", "CN": "China", "GB": "the UK", "DE": "Germany", "FR": "France", "IN": "India", "SG": "Singapore", calendar.World: "the world",
	},
	didNotTakePlace: "%s was %s, so this is the one before", notKnown: "%s is not in the calendar, so this is the one before",
	notRecorded: "The data end on %s, so there are no figures of that time yet.",
}

// number writes how many there are of what has these names, of one and of several.
func (w *calendarWords) number(n int, names [2]string) string {
	name := names[1]
	if n == 1 {
		name = names[0]
	}
	return format.Value(float64(n), format.Integer, w.language) + name
}

func (w *calendarWords) marketName(market string) string {
	if name := w.marketNames[market]; name != "" {
		return name
	}
	return market
}

// dates writes the days of an edition with the days of the week: 2026년 11월 27일(금), Fri,
// Nov 27, 2026. A year that both ends have is said once.
func (w *calendarWords) dates(start, end time.Time) string {
	switch same := end.Year() == start.Year(); {
	case !end.After(start):
		return w.date(start, true)
	case w.language == "ko":
		return w.date(start, true) + "–" + w.date(end, !same)
	default:
		return w.date(start, !same) + "–" + w.date(end, true)
	}
}

func (w *calendarWords) date(t time.Time, year bool) string {
	day := format.Weekday((int(t.Weekday())+6)%7+1, w.language)
	switch {
	case w.language == "ko" && year:
		return fmt.Sprintf("%d년 %d월 %d일(%s)", t.Year(), t.Month(), t.Day(), short(day))
	case w.language == "ko":
		return fmt.Sprintf("%d월 %d일(%s)", t.Month(), t.Day(), short(day))
	case year:
		return t.Format("Mon, Jan 2, 2006")
	}
	return t.Format("Mon, Jan 2")
}

// short is the first letter of a Korean day of the week.
func short(day string) string {
	for _, r := range day {
		return string(r)
	}
	return ""
}

// oneOf names one of several in a stretch; an empty stretch is that from today.
func (w *calendarWords) oneOf(n int, what, stretch string) string {
	which := w.nth(n)
	if stretch == "" {
		which = w.soonest
	}
	switch {
	case w.language == "ko":
		return strings.TrimSpace(stretch + " " + which + " " + what)
	case stretch == "":
		return "The " + which + " " + what
	}
	return "The " + which + " " + what + " of " + stretch
}

// nth names one of several; -1 is the last.
func (w *calendarWords) nth(n int) string {
	if n < 1 || n > len(w.nthOnes) {
		return w.lastOne
	}
	return w.nthOnes[n-1]
}
