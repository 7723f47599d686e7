package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/format"
	"github.com/bapsang/bapsang/bot/digest"
)

// words are the package's own in one language.
type words struct {
	language string

	title, byDay, others, direct, files string
	few, none, since                    string // number; nothing; date
	lead, leadNone, answeredShare       string
	more, fewer, same                   string // change

	// The names of figures.
	people, returned, kept, questions, answered, declined, askedBack, failed, cancelled     string
	calls, perCall, without, spared, tokens, digestCalls, wait, took, opinions, sent, alive string
	fromSome                                                                                string // number

	// The headings.
	glance, how, why, askedFor, often, who, where, look, saved, unknowable string
	this, before, change, count, share, persons, number, date, text, bad   string

	savedText, savedNone, savedOurs, savedTheirs string
	limits                                       []string
	rungs, reasons                               map[string]string
	kinds                                        map[digest.Kind]string
	counts                                       map[string]string // formats that count
	minutes, hours, quoteLess, details           string
	weekAgo, monthAgo, daysAgo                   string
	medianP95, instant                           string
}

func wordsFor(language string) *words {
	if language == "ko" {
		return &korean
	}
	return &english
}

var korean = words{
	language: "ko",
	title:    "활용 리포트", byDay: "날짜별 질문", others: "그 밖", direct: "1:1 대화", files: "올린 파일",
	few: "물은 사람이 %d명보다 적어 나누어 보여 주지 않아요.", none: "없어요.", since: "기록은 %s부터 있어요. 그 전은 알 수 없어요.",
	lead: "%s이 %s을 물었고 %s에 답했어요", leadNone: "이 기간에는 아무도 묻지 않았어요.", answeredShare: "(%s)",
	more: "질문은 %s보다 %s 늘었어요.", fewer: "질문은 %s보다 %s 줄었어요.", same: "질문 수는 %s과 같아요.",
	people: "물은 사람", returned: "이틀 이상 물은 사람", kept: "지난 기간에 이어 또 물은 사람", questions: "질문", answered: "답함", declined: "답하지 못함",
	askedBack: "되물음", failed: "고장으로 실패", cancelled: "취소됨",
	calls: "LLM 호출", perCall: "답 하나당 LLM 호출", without: "LLM 없이 답함", spared: "아낀 LLM 호출(추정)", tokens: "LLM 토큰", digestCalls: "정기 발송에 쓴 LLM 호출",
	wait: "차례를 기다린 시간", took: "답까지 걸린 시간", opinions: "👍 · 👎", sent: "보낸 소식 · 건너뜀 · 실패", alive: "지금 보내고 있는 구독", fromSome: "%s 가운데",
	glance: "한눈에", how: "어떻게 답했나", why: "왜 답하지 못했나", askedFor: "데이터에 없던 말", often: "여럿이 물은 질문", who: "분석가", where: "물은 곳",
	look: "살펴볼 답", saved: "아낀 시간 (추정)", unknowable: "이 리포트로는 알 수 없는 것",
	this: "이번", before: "지난 기간", change: "변화", count: "질문", share: "비중", persons: "사람", number: "번호", date: "날짜", text: "질문", bad: "👎",
	savedText: "약 %s = 답한 질문 %s × 하나에 %s − 기다린 시간 %s. 👎를 받은 답은 빼고 셌어요.", savedNone: "답한 질문이 없어 추정하지 않아요.",
	savedOurs:   "질문 하나를 직접 찾는 데 %s이 들었을 거라는 것은 가정이고, 여기서 잰 값이 아니에요. 설정의 `report.minutes_per_question`으로 바꿀 수 있어요.",
	savedTheirs: "질문 하나를 직접 찾는 데 %s이 들었을 거라는 것은 설정에 적힌 가정이고, 잰 값이 아니에요.",
	limits: []string{
		"답이 실제로 일에 쓰였는지, 답이 없었다면 누구에게 얼마 만에 물었을지.",
		"👍와 👎를 누르지 않은 답이 맞았는지. 만족과 정확도는 같지 않아요.",
		"한 사람이 Slack과 Teams처럼 두 곳에서 다른 계정으로 물으면 두 사람으로 세요(이메일을 아는 경우는 한 사람).",
		"고장으로 끝난 질문이 그 전에 쓴 LLM 호출과, 데이터베이스를 돌린 비용.",
	},
	rungs:   map[string]string{"recall": "이미 나온 답", "match": "확인된 질문", "compose": "정의된 지표", "think": "LLM"},
	reasons: map[string]string{"too_long": "너무 긴 글", "unknown": "데이터에 없는 말", "ambiguous": "뜻이 여럿", "future": "아직 오지 않은 기간", "no_data": "맞는 데이터 없음", "source": "데이터베이스 문제", "too_large": "너무 큰 조회", "model": "LLM이 답하지 않음", "failed": "고장", "internal": "고장", "timeout": "시간 초과", "unavailable": "데이터베이스가 응답하지 않음", "denied": "권한 없음", "exhausted": "약속한 한도를 다 씀"},
	kinds:   map[digest.Kind]string{digest.KindCalendar: "마케팅 일정", digest.KindQuestion: "저장한 질문", digest.KindAlert: "알림", digest.KindReport: "활용 리포트"},
	counts:  map[string]string{"people": "count:명", "questions": "count:건", "calls": "count:회", "tokens": "count:개", "things": "count:개", "issues": "count:건"},
	minutes: "%s분", hours: "%s시간", quoteLess: "질문 내용은 `bapsang report`에서 볼 수 있어요.", details: "자세한 내용이에요.",
	weekAgo: "그 전 주", monthAgo: "그 전달", daysAgo: "그 전 %d일", medianP95: "중앙값 %s · 95%% %s", instant: "0.1초 미만",
}

var english = words{
	language: "en",
	title:    "Value report", byDay: "Questions by day", others: "others", direct: "direct messages", files: "dropped files",
	few: "Fewer than %d people asked, so nothing is broken down.", none: "None.", since: "Records begin on %s. Nothing is known of the time before.",
	lead: "%s asked %s, and %s were answered", leadNone: "Nobody asked anything in this period.", answeredShare: " (%s)",
	more: "Questions rose by %[2]s against %[1]s.", fewer: "Questions fell by %[2]s against %[1]s.", same: "As many questions as in %s.",
	people: "People who asked", returned: "People who asked on two days or more", kept: "People of the period before who asked again", questions: "Questions", answered: "Answered", declined: "Could not be answered",
	askedBack: "Answered by a question", failed: "Failed: something broke", cancelled: "Cancelled",
	calls: "LLM calls", perCall: "LLM calls per answer", without: "Answered without the LLM", spared: "LLM calls spared (estimate)", tokens: "LLM tokens", digestCalls: "LLM calls for digests",
	wait: "Time until somebody began", took: "Time to the answer", opinions: "👍 · 👎", sent: "Digests sent · skipped · failed", alive: "Subscriptions that are sent now", fromSome: "of %s",
	glance: "At a glance", how: "How they were answered", why: "Why some were not", askedFor: "Words that are not in the data", often: "Questions that several people asked", who: "Analysts", where: "Where they were asked",
	look: "Answers to look at", saved: "Hours saved (estimate)", unknowable: "What this report cannot know",
	this: "Now", before: "Before", change: "Change", count: "Questions", share: "Share", persons: "People", number: "Number", date: "Date", text: "Question", bad: "👎",
	savedText: "About %s = %s answered × %s each − %s of waiting. Answers with a 👎 do not count.", savedNone: "No question was answered, so nothing is estimated.",
	savedOurs:   "That a question would have taken %s to look up is an assumption, not measured here. `report.minutes_per_question` in the configuration changes it.",
	savedTheirs: "That a question would have taken %s to look up is the configuration's assumption, not measured.",
	limits: []string{
		"Whether an answer was used, and whom people would have asked instead.",
		"Whether answers without 👍 or 👎 were right. Satisfaction is not accuracy.",
		"That two accounts, on Slack and on Teams, are one person, where no e-mail address says so.",
		"The LLM calls of questions that failed in the end, and what running the databases cost.",
	},
	rungs:   map[string]string{"recall": "stored answer", "match": "verified question", "compose": "defined metric", "think": "LLM"},
	reasons: map[string]string{"too_long": "too long", "unknown": "words that are not in the data", "ambiguous": "more than one meaning", "future": "the period has not begun", "no_data": "no data matches", "source": "a database failed", "too_large": "too large", "model": "the LLM did not answer", "failed": "something broke", "internal": "something broke", "timeout": "took too long", "unavailable": "a database did not respond", "denied": "no access", "exhausted": "the agreed quota was used up"},
	kinds:   map[digest.Kind]string{digest.KindCalendar: "marketing calendar", digest.KindQuestion: "saved questions", digest.KindAlert: "alerts", digest.KindReport: "value reports"},
	counts:  map[string]string{"people": "count:people", "questions": "count:questions", "calls": "", "tokens": "", "things": "", "issues": ""},
	minutes: "%s min", hours: "%s h", quoteLess: "The questions themselves are in `bapsang report`.", details: "The details.",
	weekAgo: "the week before", monthAgo: "the month before", daysAgo: "the %d days before", medianP95: "median %s · 95%% %s", instant: "under 0.1 s",
}

// n writes a number with its unit.
func (w *words) n(n int, unit string) string {
	if w.language == "en" && n == 1 {
		switch unit {
		case "people":
			return "1 person"
		case "questions":
			return "1 question"
		}
	}
	f := format.Format(w.counts[unit])
	if f == "" {
		f = format.Integer
	}
	return format.Value(float64(n), f, w.language)
}

// cell writes a number where its heading says what is counted: English leaves the word out.
func (w *words) cell(n int, unit string) string {
	if w.language == "en" {
		return format.Value(float64(n), format.Integer, w.language)
	}
	return w.n(n, unit)
}

// part writes a share; a missing one where there is no whole.
func (w *words) part(n, of int) string {
	if of == 0 {
		return format.Missing
	}
	return format.Value(float64(n)/float64(of), format.Percent, w.language)
}

// changed writes how a figure changed.
func (w *words) changed(now, before float64) string {
	if before == 0 {
		return format.Missing
	}
	return format.Signed(now/before-1, format.Percent, w.language)
}

// span writes milliseconds as people say them.
func (w *words) span(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	units := [3]string{"%s초", "%d분", "%d시간"}
	if w.language == "en" {
		units = [3]string{"%s s", "%d min", "%d h"}
	}
	switch {
	case ms > 0 && d < 100*time.Millisecond:
		return w.instant
	case d < 10*time.Second:
		return fmt.Sprintf(units[0], format.Value(float64(d.Round(100*time.Millisecond).Milliseconds())/1000, format.Number, w.language))
	case d < time.Minute:
		return fmt.Sprintf(units[0], format.Value(d.Round(time.Second).Seconds(), format.Integer, w.language))
	case d < time.Hour:
		text := fmt.Sprintf(units[1], int(d.Minutes()))
		if s := int(d.Seconds()) % 60; s > 0 {
			text += " " + fmt.Sprintf(units[0], fmt.Sprint(s))
		}
		return text
	}
	return fmt.Sprintf(units[2], int(d.Hours())) + " " + fmt.Sprintf(units[1], int(d.Minutes())%60)
}

// times writes percentiles.
func (w *words) times(t Times) string {
	if t.Count == 0 {
		return format.Missing
	}
	return fmt.Sprintf(w.medianP95, w.span(t.Median), w.span(t.P95))
}

// between writes a range of numbers, or one.
func (w *words) between(low, high float64, unit string) string {
	number := func(v float64) string { return format.Value(round(v), format.Number, w.language) }
	if number(low) == number(high) {
		return fmt.Sprintf(unit, number(low))
	}
	return fmt.Sprintf(unit, number(low)+"–"+number(high))
}

// round leaves an estimate no more digits than it has.
func round(v float64) float64 {
	if v >= 10 {
		return float64(int64(v + 0.5))
	}
	return float64(int64(v*10+0.5)) / 10
}

// earlier names what a period is compared with.
func (w *words) earlier(r *Report) string {
	from, err := time.Parse(time.DateOnly, r.Since)
	until, uerr := time.Parse(time.DateOnly, r.Until)
	if err != nil || uerr != nil {
		return w.before
	}
	p := Days(from, until)
	switch n := p.Length(); {
	case p.months() == 1:
		return w.monthAgo
	case n == 7 && from.Weekday() == time.Monday:
		return w.weekAgo
	default:
		return fmt.Sprintf(w.daysAgo, n)
	}
}

// dates writes the period.
func (w *words) dates(r *Report) string {
	from, err := time.Parse(time.DateOnly, r.Since)
	until, uerr := time.Parse(time.DateOnly, r.Until)
	if err != nil || uerr != nil {
		return r.Since + "–" + r.Until
	}
	return format.Period(from, until.AddDate(0, 0, 1), w.language)
}

// name is what is shown of a group that has a name of ours.
func (w *words) name(name string) string {
	switch {
	case name == nameDirect:
		return w.direct
	case strings.HasPrefix(name, "files-"):
		return w.files
	}
	return name
}
