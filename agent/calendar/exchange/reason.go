package exchange

import (
	"fmt"
	"strings"
)

// Reason is why a file or a row of it was not taken.
type Reason string

// The reasons.
const (
	Empty         Reason = "empty"
	TooLarge      Reason = "too_large"
	TooManyRows   Reason = "too_many_rows"
	UnknownFormat Reason = "unknown_format"
	Unreadable    Reason = "unreadable"
	NoHeader      Reason = "no_header"

	NoName      Reason = "no_name"
	NoStart     Reason = "no_start"
	BadDate     Reason = "bad_date"
	TwoDates    Reason = "ambiguous_date"
	WrongDay    Reason = "wrong_weekday"
	Backwards   Reason = "backwards"
	TooManyDays Reason = "too_many_days"
	YearOutside Reason = "year_outside"
	NoClass     Reason = "unknown_class"
	NoStatus    Reason = "unknown_status"
	NoMarket    Reason = "unknown_market"
	BadURL      Reason = "bad_url"
	TooLong     Reason = "too_long"
	Duplicate   Reason = "duplicate"
	Malformed   Reason = "malformed"
	BadRule     Reason = "bad_recurrence"
	NoEvent     Reason = "unknown_event"
	RuleDiffers Reason = "rule_differs"
)

// sentences say the reasons in words that may be shown in a channel. %s is the detail.
var sentences = map[Reason][2]string{
	Empty:         {"파일이 비어 있습니다.", "The file is empty."},
	TooLarge:      {"파일이 너무 큽니다(최대 %s).", "The file is too large (at most %s)."},
	TooManyRows:   {"행이 너무 많습니다(최대 %s행).", "The file has too many rows (at most %s)."},
	UnknownFormat: {"%s: ICS, CSV, XLSX, JSON 파일만 읽을 수 있습니다.", "%s: only ICS, CSV, XLSX and JSON files can be read."},
	Unreadable:    {"파일을 읽을 수 없습니다: %s", "The file cannot be read: %s"},
	NoHeader:      {"이름과 시작일 열을 찾지 못했습니다. 첫 줄에 '행사명', '시작일' 같은 제목을 적어 주세요.", "No columns for a name and a start were found. Title them, for example \"name\" and \"start\"."},
	NoName:        {"이름이 없습니다.", "It has no name."},
	NoStart:       {"시작일이 없습니다.", "It has no start."},
	BadDate:       {"날짜로 읽을 수 없습니다: %s. 2026-11-27처럼 적어 주세요.", "This is no date: %s. Write it as 2026-11-27."},
	TwoDates:      {"월과 일의 순서를 알 수 없습니다: %s. 2026-11-27처럼 적어 주세요.", "Which is the month and which the day: %s? Write it as 2026-11-27."},
	WrongDay:      {"요일이 날짜와 맞지 않습니다: %s", "The weekday does not go with the date: %s"},
	Backwards:     {"종료일이 시작일보다 빠릅니다: %s", "It ends before it starts: %s"},
	TooManyDays:   {"기간이 너무 깁니다: %s", "It lasts too long: %s"},
	YearOutside:   {"달력이 다루는 연도(2000–2050) 밖입니다: %s", "It is outside the years of the calendar (2000–2050): %s"},
	NoClass:       {"모르는 분류입니다: %s", "This class is not known: %s"},
	NoStatus:      {"모르는 상태입니다: %s", "This status is not known: %s"},
	NoMarket:      {"모르는 시장입니다: %s. KR, US 같은 두 글자 국가 코드나 world를 적어 주세요.", "This market is not known: %s. Write a country's two letters, such as KR, or world."},
	BadURL:        {"http 주소가 아닙니다: %s", "This is no http address: %s"},
	TooLong:       {"글이 너무 깁니다: %s", "The text is too long: %s"},
	Duplicate:     {"앞의 행과 같습니다: %s", "It says the same as an earlier one: %s"},
	Malformed:     {"형식이 잘못되었습니다: %s", "It is malformed: %s"},
	BadRule:       {"반복 규칙을 읽을 수 없습니다: %s", "The rule of its recurrence cannot be followed: %s"},
	NoEvent:       {"이 id의 행사가 없고 이름도 없습니다: %s", "There is no event with this id, and no name: %s"},
	RuleDiffers:   {"달력의 규칙으로는 %s입니다. 파일의 날짜를 확인해 주세요.", "By the calendar's rule it is %s. Check the date in the file."},
}

// Text is the reason in a language, "ko" or "en".
func (r Reason) Text(language, detail string) string {
	s := sentences[r][1]
	if language == "ko" {
		s = sentences[r][0]
	}
	if s == "" {
		return string(r)
	}
	if !strings.Contains(s, "%s") {
		return s
	}
	return fmt.Sprintf(s, detail)
}

// Text is why the row was refused, in a language.
func (r Refused) Text(language string) string { return r.Reason.Text(language, r.Detail) }

// Error is why a whole file was refused.
type Error struct {
	Reason Reason
	Detail string
}

func (e *Error) Error() string { return e.Reason.Text("en", e.Detail) }

// Text is the error in a language, "ko" or "en".
func (e *Error) Text(language string) string { return e.Reason.Text(language, e.Detail) }
