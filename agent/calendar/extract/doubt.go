package extract

import "fmt"

// DoubtCode names a reason not to believe a candidate as it stands.
type DoubtCode string

// The doubts.
const (
	DoubtWeekday    DoubtCode = "weekday"     // the date has not the weekday beside it
	DoubtPastYear   DoubtCode = "past_year"   // the weekday fits only a year that is over
	DoubtGuessed    DoubtCode = "guessed"     // the page does not say the year
	DoubtContext    DoubtCode = "context"     // the year nearby and the weekday disagree
	DoubtOrder      DoubtCode = "order"       // 5/12: which is the month?
	DoubtSideline   DoubtCode = "sideline"    // a registration, a presale, a result
	DoubtPast       DoubtCode = "past"        // an earlier edition's
	DoubtOutside    DoubtCode = "outside"     // beside the article
	DoubtUnnamed    DoubtCode = "unnamed"     // the event's name is not near
	DoubtNoQuote    DoubtCode = "no_quote"    // the quote is not on the page
	DoubtReread     DoubtCode = "reread"      // the quote read again gives other dates
	DoubtReversed   DoubtCode = "reversed"    // ends before it starts
	DoubtLong       DoubtCode = "long"        // more than MaxSpan days
	DoubtFar        DoubtCode = "far"         // more than MaxAhead months ahead
	DoubtOver       DoubtCode = "over"        // the dates have gone by
	DoubtRule       DoubtCode = "rule"        // the calendar computes other dates
	DoubtConflict   DoubtCode = "conflict"    // sources give different dates
	DoubtSources    DoubtCode = "sources"     // fewer than two sources that are independent
	DoubtMore       DoubtCode = "more"        // further days follow in the list
	DoubtHalf       DoubtCode = "half"        // only the beginning or the end is said
	DoubtUnreadable DoubtCode = "unreadable"  // a declared date that is none
	DoubtNotVisible DoubtCode = "not_visible" // declared, but not in the text people see
)

// Doubt is a reason with its particulars.
type Doubt struct {
	Code   DoubtCode `json:"code"`
	Detail string    `json:"detail,omitempty"` // such as "2026-11-27"
}

// sentences says each doubt to a curator. %s is the detail.
var sentences = map[DoubtCode][2]string{
	DoubtWeekday:    {"적힌 요일과 날짜가 맞지 않습니다(%s).", "The weekday written does not belong to the date (%s)."},
	DoubtPastYear:   {"적힌 요일은 지난 연도(%s)에만 맞습니다. 오타이거나 지난 행사일 수 있습니다.", "The weekday written fits only a year that is over (%s): a typo, or an earlier edition."},
	DoubtGuessed:    {"연도가 적혀 있지 않아 %s년으로 추정했습니다.", "The page does not say the year; %s is a guess."},
	DoubtContext:    {"근처에 적힌 연도(%s)와 요일이 맞지 않습니다.", "The year written nearby (%s) and the weekday disagree."},
	DoubtOrder:      {"월과 일의 순서가 분명하지 않습니다(%s).", "It is not clear which number is the month (%s)."},
	DoubtSideline:   {"접수·예매·발표 등 부수 일정으로 보입니다(%s).", "It may be a registration, presale or announcement (%s)."},
	DoubtPast:       {"지난 회차의 날짜로 보입니다%s.", "It seems to be an earlier edition's date%s."},
	DoubtOutside:    {"본문 밖(메뉴나 다른 글 목록)에 있습니다%s.", "It stands outside the article, in a menu or a list%s."},
	DoubtUnnamed:    {"문장이나 제목에 행사 이름이 없습니다%s.", "Neither the sentence nor a heading names the event%s."},
	DoubtNoQuote:    {"인용문이 페이지에 그대로 있지 않습니다%s.", "The quote is not on the page as it stands%s."},
	DoubtReread:     {"인용문을 다시 읽으면 다른 날짜가 나옵니다(%s).", "Reading the quote again gives other dates (%s)."},
	DoubtReversed:   {"끝나는 날이 시작하는 날보다 빠릅니다(%s).", "It ends before it starts (%s)."},
	DoubtLong:       {"기간이 너무 깁니다(%s일).", "It lasts unusually long (%s days)."},
	DoubtFar:        {"너무 먼 미래입니다(%s).", "It is unusually far ahead (%s)."},
	DoubtOver:       {"이미 지난 날짜입니다(%s).", "The dates have gone by (%s)."},
	DoubtRule:       {"달력 규칙이 정한 날짜는 %s입니다. 규칙을 따릅니다.", "The calendar's rule gives %s, and the rule holds."},
	DoubtConflict:   {"출처마다 날짜가 다릅니다(%s).", "Sources give different dates (%s)."},
	DoubtSources:    {"서로 독립된 출처가 부족합니다(%s).", "There are not enough independent sources (%s)."},
	DoubtMore:       {"이어서 다른 날짜가 더 적혀 있습니다%s.", "Further days follow in the same list%s."},
	DoubtHalf:       {"시작이나 끝 가운데 하나만 적혀 있습니다(%s).", "Only the beginning or the end is said (%s)."},
	DoubtUnreadable: {"페이지가 선언한 날짜를 읽을 수 없습니다(%s).", "The page declares a date that cannot be read (%s)."},
	DoubtNotVisible: {"페이지 데이터에는 있지만 사람이 보는 본문에는 없는 날짜입니다%s.", "Declared in the page's data, but not in the text people see%s."},
}

// Text is the doubt as a sentence in language, "ko" or "en". Its detail comes from the
// page: whoever puts it into markup escapes it.
func (d Doubt) Text(language string) string {
	pair, ok := sentences[d.Code]
	if !ok {
		return string(d.Code)
	}
	format := pair[1]
	if language == "ko" {
		format = pair[0]
	}
	return fmt.Sprintf(format, d.Detail)
}
