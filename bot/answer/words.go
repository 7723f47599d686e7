package answer

import (
	"fmt"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/calendar"
)

// words are the package's own words in one language.
type words struct {
	language      string
	rungs         map[agent.Rung]string
	verified      string // by whom
	recalled      string // clock
	calendar      string
	statuses      map[calendar.Status]string
	classes       map[calendar.Class]string
	moved         string // dates before
	yearly        string // dates, year
	last          string
	today, goesOn string
	market        map[string]string
}

func wordsFor(language string) *words {
	if language == "ko" {
		return &korean
	}
	return &english
}

var korean = words{
	language: "ko",
	rungs:    map[agent.Rung]string{agent.Compose: "정의된 지표", agent.Match: "확인된 질문", agent.Think: "모델이 작성"},
	verified: "%s님이 확인한 질문", recalled: "%s에 답한 내용", calendar: "마케팅 달력",
	statuses: map[calendar.Status]string{
		calendar.Confirmed: "확정", calendar.Estimated: "예상", calendar.Tentative: "잠정, 주최측 미발표", calendar.Postponed: "연기", calendar.Cancelled: "취소",
	},
	classes: map[calendar.Class]string{calendar.PublicHoliday: "공휴일", calendar.Caution: "주의일"},
	moved:   "%s에서 옮김", yearly: "%[2]d년 %[1]s", last: "지난번", goesOn: "진행 중", today: "오늘",
	market: map[string]string{"US": "미국", "JP": "일본", "CN": "중국", "GB": "영국", "DE": "독일", "FR": "프랑스", "IN": "인도", "SG": "싱가포르"},
}

var english = words{
	language: "en",
	rungs:    map[agent.Rung]string{agent.Compose: "defined metric", agent.Match: "verified question", agent.Think: "written by the model"},
	verified: "verified by %s", recalled: "answered %s", calendar: "marketing calendar",
	statuses: map[calendar.Status]string{
		calendar.Confirmed: "confirmed", calendar.Estimated: "expected", calendar.Tentative: "tentative, not announced", calendar.Postponed: "postponed", calendar.Cancelled: "cancelled",
	},
	classes: map[calendar.Class]string{calendar.PublicHoliday: "public holiday", calendar.Caution: "take care"},
	moved:   "moved from %s", yearly: "%s, %d", last: "last time", goesOn: "under way", today: "today",
	market: map[string]string{"US": "US", "JP": "Japan", "CN": "China", "GB": "UK", "DE": "Germany", "FR": "France", "IN": "India", "SG": "Singapore"},
}

// rung says which rung spoke.
func (w *words) rung(a *agent.Answer, at *time.Location) string {
	switch {
	case a.Rung == agent.Compose && len(a.Results) > 0 && a.Results[0].Source == agent.SourceCalendar:
		return w.calendar
	case a.Rung == agent.Recall:
		label := fmt.Sprintf(w.recalled, a.AnsweredAt.In(at).Format("15:04"))
		if byModel(a) {
			label += " · " + w.rungs[agent.Think]
		}
		return label
	case a.Rung == agent.Match && a.VerifiedBy != "":
		return fmt.Sprintf(w.verified, a.VerifiedBy)
	}
	return w.rungs[a.Rung]
}
