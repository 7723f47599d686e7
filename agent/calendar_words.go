package agent

import (
	"fmt"
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
	statusIs       string // status
	notAnnounced   string // event, edition
	noEdition      string // event, edition
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
	isOn:          "%s %s이에요.", wasOn: "%s %s이었어요.", daysLeft: "%s일 남았어요.", goesOn: "지금 진행 중이에요.", statusIs: "아직 %s이에요.",
	notAnnounced: "%s의 %s 날짜는 아직 발표되지 않았거나 제 달력에 없어요. 발표되지 않은 날짜는 짐작하지 않아요.",
	noEdition:    "%s의 %s 날짜는 제 달력에 없어요.", nextOne: "다음", lastWas: "지난번은 %s이었어요.",
	year: "%d년", thisYear: "올해", lastYear: "작년",
	firstTime: "달력에 지난번이 없어서 견줄 실적이 없어요.", noFigures: "지금은 지난번 실적을 계산하지 못했어요.",
	nothingRecorded: "그때의 기록이 없어요.", notYetRecorded: "데이터가 %s부터라 지난번 실적은 없어요.", recordedUntil: "데이터는 %s까지",
	lastTime: "%s %s %s %s", thanUsual: "(평소보다 %s)", ledBy: ", %s 주도", chartTitle: "%s %s %s",
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
	isOn:          "%s is on %s.", wasOn: "%s was on %s.", daysLeft: "That is in %s days.", goesOn: "It is going on now.", statusIs: "The date is %s.",
	notAnnounced: "The date of %s (%s) has not been announced, or is not in my calendar. I do not guess dates that nobody announced.",
	noEdition:    "%s (%s) is not in my calendar.", nextOne: "the next one", lastWas: "Last time it was on %s.",
	year: "%d", thisYear: "this year", lastYear: "last year",
	firstTime: "The calendar has no earlier one to compare with.", noFigures: "Last time's figures could not be computed right now.",
	nothingRecorded: "There is no record of that time.", notYetRecorded: "The data begin on %s, after last time.", recordedUntil: "data until %s",
	lastTime: "%s, %s: %s %s", thanUsual: " (%s on the usual)", ledBy: ", led by %s", chartTitle: "%[3]s, %[2]s %[1]s",
}

// dates writes the days of an edition with the days of the week: 11/27(금), Fri Nov 27.
func (w *calendarWords) dates(start, end time.Time) string {
	first := w.date(start, true)
	if !end.After(start) {
		return first
	}
	return first + "–" + w.date(end, end.Year() != start.Year())
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
