package render

import (
	"fmt"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
)

// words are the package's own in one language.
type words struct {
	language     string
	heading      string // weeks, dates
	changedSince string // number
	sameSince    string
	nothing      string
	moreBelow    string // number
	rest         string
	restChanged  string
	restToDecide string
	changes      string
	decide       string
	calendar     string
	usual        string
	usualMeans   string
	isNew        string
	moved        string // dates
	gone         string
	nowIs        map[calendar.Status]string

	alert     string
	oneFigure string
	noAnalyst string
	rewrite   string
	askFirst  string
	dropped   string
}

func wordsFor(language string) *words {
	if language == "ko" {
		return &korean
	}
	return &english
}

var korean = words{
	language: "ko",
	heading:  "**%s** · %s", changedSince: "지난 발송 이후 바뀐 것 %d", sameSince: "지난 발송 이후 바뀐 것 없음", nothing: "달력에 있는 일정이 없어요.",
	moreBelow: "외 %d건은 스레드에 있어요", rest: "나머지 일정이에요.", restChanged: "나머지 바뀐 것이에요.", restToDecide: "나머지 정할 것이에요.", changes: "바뀐 것", decide: "이번 주에 정할 것", calendar: "달력 보기",
	usual: "평소", usualMeans: "바로 앞 주들의 같은 요일", isNew: "새로 들어왔어요", moved: "%s에서 옮겼어요", gone: "달력에서 빠졌어요",
	nowIs: map[calendar.Status]string{
		calendar.Confirmed: "확정됐어요", calendar.Estimated: "예상으로 바뀌었어요", calendar.Tentative: "잠정으로 바뀌었어요", calendar.Postponed: "연기됐어요", calendar.Cancelled: "취소됐어요",
	},
	alert: "🔔", oneFigure: "알림은 값 하나로 답하는 질문에만 걸 수 있어요. ‘어제 매출’처럼 적어 주세요.",
	noAnalyst: "이 구독이 묻던 분석가가 이제 없어요.", rewrite: "질문을 바꿔 다시 구독해 주세요.",
	askFirst: "먼저 물어보고 답을 고른 뒤, 그 답에서 구독해 주세요.", dropped: "올린 파일은 바뀌지 않아서 정해 둔 때에 보내지 않아요.",
}

var english = words{
	language: "en",
	heading:  "**%s** · %s", changedSince: "changed since the last issue: %d", sameSince: "nothing changed since the last issue", nothing: "Nothing is on the calendar.",
	moreBelow: "and %d more, in the thread", rest: "The rest of the calendar.", restChanged: "What else changed.", restToDecide: "What else is to be decided.", changes: "What changed", decide: "To decide this week", calendar: "See the calendar",
	usual: "usual", usualMeans: "the same days of the week just before", isNew: "new", moved: "moved from %s", gone: "no longer on the calendar",
	nowIs: map[calendar.Status]string{
		calendar.Confirmed: "now confirmed", calendar.Estimated: "now an estimate", calendar.Tentative: "now tentative", calendar.Postponed: "postponed", calendar.Cancelled: "cancelled",
	},
	alert: "🔔", oneFigure: "An alert watches one figure. Ask for one, such as ‘revenue yesterday’.",
	noAnalyst: "The analyst that this subscription asked is no more.", rewrite: "Subscribe again with another question.",
	askFirst: "Ask first, choose, and subscribe from the answer.", dropped: "Files that were dropped do not change, so they are not sent by the clock.",
}

// span says how many weeks are looked at.
func (w *words) span(weeks int) string {
	switch {
	case w.language == "ko" && weeks == 1:
		return "이번 주"
	case w.language == "ko":
		return fmt.Sprintf("이번 주와 다음 %d주", weeks-1)
	case weeks == 1:
		return "This week"
	}
	return fmt.Sprintf("This week and the next %d", weeks-1)
}

func (w *words) dates(from, to time.Time) string {
	if w.language == "ko" {
		return fmt.Sprintf("%d/%d–%d/%d", from.Month(), from.Day(), to.Month(), to.Day())
	}
	return from.Format("Jan 2") + "–" + to.Format("Jan 2")
}
