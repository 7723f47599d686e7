package curator

import (
	"fmt"
	"time"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/agent/calendar/book"
)

// words are the package's own in one language.
type words struct {
	language string
	weekdays [7]string // from Sunday

	// Of a card: the event's name first.
	ask, ready, notReady               string
	suggestedBy, reviewedBy, amendedBy string // who
	approved, rejected                 string // name, who, when
	because                            string // reason
	merged, superseded, expired        string
	nowTitle, nothingNow, sameNow      string
	sourcesTitle, noSource             string
	doubtsTitle, alikeTitle, more      string
	moreWait, noneWait                 string
	statuses                           map[calendar.Status]string
	classes                            map[calendar.Class]string
	origins                            map[book.Origin]string
	likeness                           map[book.Likeness]string

	// Of buttons and forms.
	approve, approveDespite, amend, reject, why string
	amendTitle, amendNote                       string
	start, end, statusLabel, note, noteHint     string
	suggest, suggestTitle, suggestNote          string
	suggestSubmit, name, nameHint, endHint      string
	source, sourceHint, classLabel              string

	// Of replies: name and dates.
	saidApproved, saidRejected, saidSuggested, saidHolds string
	saidKnown, saidRefused                               string
	notCurator, oldButton, needsReason, needsSource      string
	noDate, noName, backwards, otherYear                 string

	// Of a day's tasks.
	tasks, foundOnly, foundTitle, restTomorrow  string
	missing, recheck, openCards                 string
	stillRight, sourceShort, aroundText, atTime string
}

func wordsFor(language string) *words {
	if language == "ko" {
		return &korean
	}
	return &english
}

var korean = words{
	language: "ko", weekdays: [7]string{"일", "월", "화", "수", "목", "금", "토"},
	ask: "**%s** 날짜 제안이 들어왔어요.", ready: "출처가 충분해요.", notReady: "확인이 필요해요.",
	suggestedBy: "%s 님의 제안이에요.", reviewedBy: "%s 님이 보고 있어요.", amendedBy: "%s 님이 날짜를 고쳤어요.",
	approved: "**%s** 승인됨 — %s, %s", rejected: "**%s** 거절됨 — %s, %s", because: "이유: %s",
	merged: "**%s** — 다른 제안과 합쳐졌어요.", superseded: "**%s** — 새 일정으로 바뀌었어요.", expired: "**%s** — 기한이 지나 닫혔어요.",
	nowTitle: "지금 달력과 비교", nothingNow: "지금 달력에는 없어요.", sameNow: "지금 달력과 날짜가 같아요.",
	sourcesTitle: "출처", noSource: "출처가 없어요.", doubtsTitle: "의심할 점", alikeTitle: "비슷한 것", more: "외 %d개",
	moreWait: "제안이 %d개 더 기다리고 있어요. 위의 것을 결정하면 이어서 올릴게요. 한꺼번에 보려면 `bapsang calendar review`를 쓰세요.",
	noneWait: "더 기다리는 제안은 없어요.",
	statuses: map[calendar.Status]string{
		calendar.Confirmed: "확정", calendar.Estimated: "예상", calendar.Tentative: "잠정", calendar.Postponed: "연기", calendar.Cancelled: "취소",
	},
	classes: map[calendar.Class]string{
		calendar.PublicHoliday: "공휴일", calendar.Shopping: "쇼핑", calendar.Observance: "기념일", calendar.Season: "시즌",
		calendar.Announced: "발표되는 행사", calendar.Caution: "조심할 날",
	},
	origins: map[book.Origin]string{
		book.FromFeed: "공식 달력", book.FromData: "페이지가 선언한 날짜", book.FromText: "페이지 본문", book.FromFile: "파일", book.FromPerson: "사람",
	},
	likeness: map[book.Likeness]string{
		book.SameName: "이름이 같아요", book.NearName: "이름이 비슷해요. 다른 행사일 수 있어요", book.SameEdition: "같은 회차의 다른 날짜예요", book.SamePlace: "같은 곳, 겹치는 날짜예요",
	},
	approve: "승인", approveDespite: "규칙과 달라도 승인", amend: "고쳐서 승인", reject: "거절", why: "거절하는 이유",
	amendTitle: "날짜 고쳐서 승인", amendNote: "고친 날짜로 바로 확정돼요.",
	start: "시작일", end: "종료일", statusLabel: "상태", note: "근거", noteHint: "어디에서 확인했는지, 주소나 한 줄",
	suggest: "일정 제안", suggestTitle: "일정 제안", suggestNote: "담당자가 확인하면 달력에 들어가요.", suggestSubmit: "제안",
	name: "행사 이름", nameHint: "예: 수능, ○○데이", endHint: "하루짜리면 비워 두세요", source: "출처", sourceHint: "주소, 또는 어디에서 봤는지",
	classLabel:   "종류 (새 행사일 때)",
	saidApproved: "**%s** %s, 확정했어요. 지금부터 달력과 답에 이 날짜가 쓰여요.", saidRejected: "**%s** %s 제안을 거절했어요. 같은 날짜는 다시 제안되지 않아요.",
	saidSuggested: "**%s** %s, 제안했어요. 담당자가 확인하면 달력에 들어가요.", saidHolds: "**%s** %s, 그대로라고 적어 두었어요.",
	saidKnown: "이미 달력에 있는 날짜예요.", saidRefused: "전에 거절된 날짜예요.",
	notCurator: "일정 담당자만 할 수 있어요. 담당자에게 부탁해 주세요.", oldButton: "이 버튼은 더 이상 쓸 수 없어요. 최근 카드에서 다시 눌러 주세요.",
	needsReason: "거절하는 이유를 적어 주세요.", needsSource: "출처를 적어 주세요. 주소나, 어디에서 봤는지 한 줄이면 돼요.",
	noDate: "`%s` 은(는) 날짜가 아니에요. 2026-11-27처럼 적어 주세요.", noName: "행사 이름을 %d자 안으로 적어 주세요.",
	backwards: "종료일이 시작일보다 빨라요.", otherYear: "이 제안은 %d년 회차예요. 다른 해라면 새로 제안해 주세요.",
	tasks: "확인할 일정이 %d개 있어요.", foundOnly: "일정을 찾아봤어요.", foundTitle: "찾아본 결과", restTomorrow: "%d개는 내일 이어서 알릴게요.",
	missing: "날짜가 아직 없어요. 발표됐는지 찾아봐 주세요.", recheck: "D-%d 확인: 아직 이 날짜가 맞는지 봐 주세요.", openCards: "결정을 기다리는 제안이 %d개 있어요.",
	stillRight: "%s 그대로", sourceShort: "출처", aroundText: "%s–%s 무렵", atTime: "1/2 15:04",
}

var english = words{
	language: "en", weekdays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	ask: "Dates were suggested for **%s**.", ready: "The sources suffice.", notReady: "They need a look.",
	suggestedBy: "Suggested by %s.", reviewedBy: "%s is looking at it.", amendedBy: "%s changed the dates.",
	approved: "**%s** approved — %s, %s", rejected: "**%s** rejected — %s, %s", because: "Reason: %s",
	merged: "**%s** — merged with another suggestion.", superseded: "**%s** — other dates have taken its place.", expired: "**%s** — closed because its time has passed.",
	nowTitle: "Beside the calendar now", nothingNow: "The calendar has nothing yet.", sameNow: "The calendar has the same dates.",
	sourcesTitle: "Sources", noSource: "There is no source.", doubtsTitle: "Reasons to doubt", alikeTitle: "Alike", more: "and %d more",
	moreWait: "%d more suggestions wait. They follow as those above are decided. To see all of them, use `bapsang calendar review`.",
	noneWait: "No more suggestions wait.",
	statuses: map[calendar.Status]string{
		calendar.Confirmed: "confirmed", calendar.Estimated: "expected", calendar.Tentative: "tentative", calendar.Postponed: "postponed", calendar.Cancelled: "cancelled",
	},
	classes: map[calendar.Class]string{
		calendar.PublicHoliday: "public holiday", calendar.Shopping: "shopping", calendar.Observance: "observance", calendar.Season: "season",
		calendar.Announced: "announced event", calendar.Caution: "day to be careful on",
	},
	origins: map[book.Origin]string{
		book.FromFeed: "official calendar", book.FromData: "declared by a page", book.FromText: "a page's text", book.FromFile: "a file", book.FromPerson: "a person",
	},
	likeness: map[book.Likeness]string{
		book.SameName: "the same name", book.NearName: "nearly the same name; it may be another event", book.SameEdition: "other dates for the same edition", book.SamePlace: "the same place on overlapping days",
	},
	approve: "Approve", approveDespite: "Approve despite the rule", amend: "Change and approve", reject: "Reject", why: "Why is it rejected?",
	amendTitle: "Change and approve", amendNote: "The dates below are confirmed at once.",
	start: "First day", end: "Last day", statusLabel: "Status", note: "Where it is from", noteHint: "where you checked: an address, or a line",
	suggest: "Suggest a date", suggestTitle: "Suggest a date", suggestNote: "It is in the calendar once a curator has confirmed it.", suggestSubmit: "Suggest",
	name: "Event", nameHint: "such as CSAT, or a new one", endHint: "leave empty for a single day", source: "Source", sourceHint: "an address, or where you saw it",
	classLabel:   "Kind (of a new event)",
	saidApproved: "**%s** on %s is confirmed. The calendar and answers use it from now on.", saidRejected: "The suggestion of **%s** on %s is rejected. The same dates will not be suggested again.",
	saidSuggested: "**%s** on %s is suggested. It is in the calendar once a curator has confirmed it.", saidHolds: "Noted: **%s** on %s is still right.",
	saidKnown: "The calendar has these dates already.", saidRefused: "These dates were rejected before.",
	notCurator: "Only curators of the calendar may do this. Please ask one of them.", oldButton: "This button cannot be used any more. Please use the newest card.",
	needsReason: "Please give a reason for rejecting it.", needsSource: "Please give a source: an address, or a line on where you saw it.",
	noDate: "`%s` is not a date. Please write it like 2026-11-27.", noName: "Please name the event, in at most %d characters.",
	backwards: "The last day is before the first.", otherYear: "This suggestion is of the edition of %d. For another year, please make a new one.",
	tasks: "Dates to look up: %d.", foundOnly: "Dates were looked for.", foundTitle: "What was found", restTomorrow: "%d more follow tomorrow.",
	missing: "No dates yet. Please look whether they have been announced.", recheck: "D-%d: please check that these dates still hold.", openCards: "Suggestions that wait: %d.",
	stillRight: "%s: still right", sourceShort: "source", aroundText: "around %s–%s", atTime: "Jan 2, 15:04",
}

func (w *words) status(s calendar.Status) string { return w.statuses[s] }

func (w *words) time(t time.Time) string { return t.Format(w.atTime) }

// dates are a first and a last day with their weekdays and the year.
func (w *words) dates(start, end time.Time) string {
	day := func(t time.Time, year bool) string {
		if w.language == "ko" {
			s := fmt.Sprintf("%d/%d(%s)", t.Month(), t.Day(), w.weekdays[t.Weekday()])
			if year {
				s = fmt.Sprintf("%d/", t.Year()) + s
			}
			return s
		}
		s := fmt.Sprintf("%s, %s %d", w.weekdays[t.Weekday()], t.Month().String()[:3], t.Day())
		if year {
			s += fmt.Sprintf(", %d", t.Year())
		}
		return s
	}
	if !end.After(start) {
		return day(start, true)
	}
	if w.language == "ko" {
		return day(start, true) + "–" + day(end, end.Year() != start.Year())
	}
	return day(start, end.Year() != start.Year()) + " – " + day(end, true)
}

// around is a stretch in which something may take place.
func (w *words) around(from, to time.Time) string {
	month := func(t time.Time) string {
		if w.language == "ko" {
			return fmt.Sprintf("%d/%d", t.Month(), t.Day())
		}
		return fmt.Sprintf("%s %d", t.Month().String()[:3], t.Day())
	}
	return fmt.Sprintf(w.aroundText, month(from), month(to))
}
