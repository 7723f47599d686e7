package book

import "strings"

// Code classifies why something was not done.
type Code string

// The codes.
const (
	CodeForbidden Code = "forbidden"  // the role does not suffice
	CodeNotFound  Code = "not_found"  // no such suggestion
	CodeSettled   Code = "settled"    // somebody decided already
	CodeTaken     Code = "taken"      // somebody else is looking at it
	CodeChanged   Code = "changed"    // it is not any more what was shown
	CodeInvalid   Code = "invalid"    // dates, event or names that the calendar cannot take
	CodeRule      Code = "rule"       // the calendar computes other dates
	CodeNoSource  Code = "no_source"  // nothing says where the dates are from
	CodeNoReason  Code = "no_reason"  // a reason is needed
	CodeNotMerged Code = "not_merged" // an item cannot be merged with itself or into what ended
)

// sentences says each code to whoever asked: Korean, then English. {by}, {when} and
// {detail} are filled in.
var sentences = map[Code][2]string{
	CodeForbidden: {"이 작업을 할 권한이 없습니다. 일정 담당자에게 부탁해 주세요.", "You may not do this. Please ask a curator of the calendar."},
	CodeNotFound:  {"그런 제안을 찾지 못했습니다.", "There is no such suggestion."},
	CodeTaken:     {"{by} 님이 먼저 검토하고 있습니다.", "{by} is already reviewing it."},
	CodeChanged:   {"보신 뒤에 내용이 바뀌었습니다. 새로 확인해 주세요.", "It has changed since you saw it. Please look again."},
	CodeInvalid:   {"이대로는 달력에 넣을 수 없습니다: {detail}", "The calendar cannot take it as it is: {detail}"},
	CodeRule:      {"달력 규칙이 정한 날짜({detail})와 다릅니다. 규칙을 따릅니다.", "The calendar's rule gives {detail}, and the rule holds."},
	CodeNoSource:  {"출처가 없어 확정할 수 없습니다.", "It has no source, so it cannot be confirmed."},
	CodeNoReason:  {"이유를 적어 주세요.", "Please give a reason."},
	CodeNotMerged: {"이 두 제안은 합칠 수 없습니다.", "These two suggestions cannot be merged."},
}

// settled says what became of an item that is not open any more.
var settled = map[State][2]string{
	Suggested:  {"아직 결정되지 않은 제안입니다.", "Nobody has decided on it yet."},
	InReview:   {"{by} 님이 검토하고 있습니다.", "{by} is reviewing it."},
	Confirmed:  {"이미 {by} 님이 승인했습니다({when}).", "{by} has already approved it ({when})."},
	Rejected:   {"이미 {by} 님이 거절했습니다({when}).", "{by} has already rejected it ({when})."},
	Superseded: {"다른 일정으로 대체되었습니다({when}).", "Another one has taken its place ({when})."},
	Expired:    {"기한이 지나 닫힌 제안입니다({when}).", "It was closed because its time had passed ({when})."},
}

// Text is the sentence in language, "ko" or "en". It quotes names as they are: whoever
// puts it into markup escapes it. By is a principal; who knows display names puts one
// there first.
func (e *Error) Text(language string) string {
	pair, ok := sentences[e.Code]
	if e.Code == CodeSettled {
		pair, ok = settled[e.State]
	}
	if !ok {
		return string(e.Code)
	}
	text := pair[1]
	if language == "ko" {
		text = pair[0]
	}
	when := ""
	if !e.At.IsZero() {
		when = e.At.Format("2006-01-02 15:04")
	}
	return strings.NewReplacer("{by}", e.By, "{when}", when, "{detail}", e.Detail).Replace(text)
}
