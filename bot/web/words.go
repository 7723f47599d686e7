package web

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/layout"
)

// texts are the page's own words in one language.
type texts struct {
	Lang string

	// chrome
	Title, Channels, Direct, DirectHint, Files, FilesHint, Skip             string
	Name, NameAsk, NameHint, Enter, NamePlaceholder, NameEmpty              string
	Settings, Language, Theme, ThemeAuto, ThemeLight, ThemeDark, Save, Menu string
	Placeholder, PlaceholderDirect, PlaceholderThread                       string
	Mention, Attach, Send, Remove, DropHere, Keys                           string
	Thread, Close, Back, Reply, Edit, Delete, DeleteAsk, Cancel, Edited     string
	Gone, Earlier, Working, App                                             string
	EmptyChannel, EmptyDirect, EmptyHint, TryThese                          string
	Reconnecting, NotTaken, Thanks, Copied, Broken                          string
	Uploading, MentionHint, NewAnswer, Empty, NotFound                      string
	Good, Bad, Tell, DMWith                                                 string

	// under a message of the bot
	Read, Source, SQL, Copy, CopyTable, CSV, Partial, OpenPicture, NoPicture, ChartKeys, Suggestions, Number string
	Until, Share, ShareTo, OnlyYou, notified, shared                                                         string

	// in a digest: its marks, in the order of knownMarks
	marks     [len(knownMarks)]string
	PagesRead string

	// in a form
	FormRequired, FormOptional, FormDate, FormTime, FormChoice, FormPerson, FormLong, FormGone string
	FormFaults, FormPick, FormFind, FormYou, FormSubmit, FormSent, FormNobody, FormMore        string

	// on the calendar
	Calendar, Months, MonthBack, MonthNext, Today, Markets, Filter, Feed, FeedHint, CopyAddress string
	Print, NoCalendar, NoEntries, Spans, DayMore, Legend, Was, Postponed, Running               string
	classes                                                                                     [len(knownClasses)]string
	weekdays                                                                                    [7]string

	// sentences with a part to fill in
	moreLines, entries                                                                   string
	replies, replyOne, rows, rowsPart, lastReply, tooLong, tooLarge, tooMany, ahead, eta string
}

func textsFor(lang string) *texts {
	if lang == "ko" {
		return &korean
	}
	return &english
}

var korean = texts{
	Lang:  "ko",
	Title: "밥상", Channels: "채널", Direct: "다이렉트 메시지", DirectHint: "bapsang과 둘이서", Files: "파일",
	FilesHint: "CSV, 엑셀, Parquet 파일을 입력창에 끌어 놓고 물어보세요.", Skip: "본문으로 건너뛰기",
	Name: "이름", NameAsk: "어떻게 불러 드릴까요?", NameHint: "대화에 이 이름으로 보여요. 언제든 바꿀 수 있어요.", Enter: "시작하기",
	NamePlaceholder: "예: 김민지", NameEmpty: "이름을 적어 주세요.",
	Settings: "설정", Language: "언어", Theme: "화면", ThemeAuto: "시스템 설정", ThemeLight: "밝게", ThemeDark: "어둡게", Save: "저장", Menu: "메뉴",
	Placeholder: "#%s에 메시지 보내기", PlaceholderDirect: "무엇이든 물어보세요", PlaceholderThread: "이어서 물어보세요",
	Mention: "bapsang 부르기", Attach: "파일 붙이기", Send: "보내기", Remove: "빼기", DropHere: "여기에 놓으면 함께 보내요",
	Keys:   "Enter 보내기 · Shift+Enter 줄바꿈",
	Thread: "스레드", Close: "닫기", Back: "뒤로", Reply: "스레드에 답하기", Edit: "고치기", Delete: "지우기", DeleteAsk: "이 메시지를 지울까요?",
	Cancel: "취소", Edited: "(고침)", Gone: "지워진 메시지예요.", Earlier: "이전 메시지 보기", Working: "답하는 중", App: "앱",
	EmptyChannel: "아직 조용하네요", EmptyDirect: "무엇이 궁금하세요?",
	EmptyHint: "@bapsang을 부르고 궁금한 것을 평소 말로 물어보세요. 답은 스레드에 차려 드려요.", TryThese: "이런 걸 물어볼 수 있어요",
	Reconnecting: "연결이 끊겼어요. 다시 잇는 중이에요…", NotTaken: "보내지 못했어요. 아무것도 접수되지 않았으니 다시 보내 주세요.",
	Thanks: "알려 주셔서 고마워요.", Copied: "복사했어요.",
	Broken: "저희 쪽 문제로 열지 못했어요. 잠시 뒤 다시 열어 주세요.", Uploading: "올리는 중",
	MentionHint: "@bapsang을 부르면 답해 드려요.", NewAnswer: "bapsang의 답",
	Empty: "보낼 내용을 적어 주세요.", NotFound: "그런 곳이 없어요. 주소를 확인해 주세요.",
	Good: "도움이 됐어요", Bad: "도움이 안 됐어요", Tell: "알려 주기", DMWith: "bapsang과의 대화",

	Read: "이렇게 읽었어요", Source: "출처", SQL: "SQL", Copy: "복사", CopyTable: "표 복사", CSV: "CSV 받기", Partial: "결과가 한도에서 잘렸어요",
	OpenPicture: "PNG로 열기", ChartKeys: "화살표 키로 값을 하나씩 볼 수 있어요.", NoPicture: "그림을 그리지 못했어요.", Suggestions: "이런 것도 물어보세요", Number: "문의할 때 알려 주세요",
	Until: "%s까지", Share: "공유", ShareTo: "공유할 채널", OnlyYou: "나에게만 보여요",
	notified: "끝나면 DM으로 알려 드릴게요.", shared: "#%s에 올릴게요.",

	marks:     [...]string{"확정", "예상", "바뀜", "취소", "주의", "할 일"},
	PagesRead: "읽은 곳", moreLines: "%d줄 더 보기", entries: "%d건",

	FormRequired: "꼭 필요한 칸이에요.", FormOptional: "선택", FormDate: "날짜로 적어 주세요. 예: 2026-11-27", FormTime: "시각으로 적어 주세요. 예: 09:30",
	FormChoice: "있는 것 중에서 골라 주세요.", FormPerson: "목록에 있는 사람 중에서 골라 주세요.", FormLong: "너무 길어요. %s자까지 적을 수 있어요.",
	FormGone:   "그 사이에 내용이 바뀌어 보내지 못했어요. 이 창을 닫고 새 내용을 확인해 주세요.",
	FormFaults: "고칠 곳이 있어요. 표시한 칸을 확인해 주세요.", FormPick: "골라 주세요", FormFind: "이름으로 찾기", FormYou: "나",
	FormSubmit: "보내기", FormSent: "보냈어요.", FormNobody: "찾는 이름이 없어요.", FormMore: "여기에는 %d명까지만 보여요.",

	Calendar: "달력", Months: "달 넘기기", MonthBack: "이전 달", MonthNext: "다음 달", Today: "오늘", Markets: "시장", Filter: "골라 보기",
	Feed: "캘린더 구독 (ICS)", FeedHint: "이 주소를 쓰는 캘린더 앱에 더하면 바뀌는 일정도 따라와요.", CopyAddress: "주소 복사", Print: "인쇄",
	NoCalendar: "이 달의 달력 자료가 아직 없어요. 일정이 없다는 뜻은 아니에요.", NoEntries: "이 달에 등록된 일정이 없어요.", Spans: "이어지는 기간",
	DayMore: "+%d개", Legend: "표시", Was: "원래 %s", Postponed: "미뤄짐", Running: "진행 중",
	classes: [...]string{"공휴일", "쇼핑", "기념일", "시즌", "발표 일정", "주의할 날"}, weekdays: [...]string{"일", "월", "화", "수", "목", "금", "토"},

	replies: "답글 %d개", replyOne: "답글 1개", rows: "%s행", rowsPart: "%s행 중 %s행", lastReply: "마지막 %s",
	tooLong: "메시지가 너무 길어요. %d kB까지 보낼 수 있어요. 긴 내용은 파일로 붙여 주세요.", tooLarge: "파일이 너무 커요. 한 번에 %s까지 보낼 수 있어요.",
	tooMany: "파일은 한 번에 %d개까지 보낼 수 있어요.", ahead: "앞에 %d건", eta: "약 %s",
}

var english = texts{
	Lang:  "en",
	Title: "Bapsang", Channels: "Channels", Direct: "Direct messages", DirectHint: "just you and bapsang", Files: "Files",
	FilesHint: "Drop a CSV, Excel or Parquet file into the message box and ask about it.", Skip: "Skip to content",
	Name: "Name", NameAsk: "What should we call you?", NameHint: "Others see this name. You can change it at any time.", Enter: "Start",
	NamePlaceholder: "e.g. Minji Kim", NameEmpty: "Please write a name.",
	Settings: "Settings", Language: "Language", Theme: "Appearance", ThemeAuto: "As the system", ThemeLight: "Light", ThemeDark: "Dark", Save: "Save", Menu: "Menu",
	Placeholder: "Message #%s", PlaceholderDirect: "Ask anything", PlaceholderThread: "Ask a follow-up",
	Mention: "Mention bapsang", Attach: "Attach files", Send: "Send", Remove: "Remove", DropHere: "Drop here to send along",
	Keys:   "Enter to send · Shift+Enter for a new line",
	Thread: "Thread", Close: "Close", Back: "Back", Reply: "Reply in thread", Edit: "Edit", Delete: "Delete", DeleteAsk: "Delete this message?",
	Cancel: "Cancel", Edited: "(edited)", Gone: "This message was deleted.", Earlier: "Show earlier messages", Working: "answering", App: "APP",
	EmptyChannel: "It is quiet here", EmptyDirect: "What would you like to know?",
	EmptyHint: "Mention @bapsang and ask in your own words. The answer is served in the thread.", TryThese: "You could ask",
	Reconnecting: "Connection lost. Reconnecting…", NotTaken: "That was not sent. Nothing was taken, so please send it again.",
	Thanks: "Thank you for telling us.", Copied: "Copied.",
	Broken: "Something broke on our side. Please open the page again in a moment.", Uploading: "Uploading",
	MentionHint: "Mention @bapsang to get an answer.", NewAnswer: "bapsang answered",
	Empty: "There is nothing to send yet.", NotFound: "There is no such place. Please check the address.",
	Good: "Helpful", Bad: "Not helpful", Tell: "Tell us", DMWith: "Conversation with bapsang",

	Read: "How I read this", Source: "Source", SQL: "SQL", Copy: "Copy", CopyTable: "Copy table", CSV: "Download CSV", Partial: "The result was cut at its limit",
	OpenPicture: "Open as PNG", ChartKeys: "Arrow keys go from figure to figure.", NoPicture: "The picture could not be drawn.", Suggestions: "You could also ask", Number: "quote this when you ask us",
	Until: "until %s", Share: "Share", ShareTo: "Channel to share to", OnlyYou: "only you see this",
	notified: "You get a DM when it is done.", shared: "It will be in #%s.",

	marks:     [...]string{"confirmed", "estimated", "changed", "cancelled", "caution", "to do"},
	PagesRead: "Pages read", moreLines: "%d more lines", entries: "%d entries",

	FormRequired: "This is needed.", FormOptional: "optional", FormDate: "Please write a date, such as 2026-11-27.", FormTime: "Please write a time, such as 09:30.",
	FormChoice: "Please choose from the list.", FormPerson: "Please choose from the people listed.", FormLong: "This is too long: up to %s letters fit.",
	FormGone:   "The message has changed meanwhile, so this was not sent. Close this and look at what is new.",
	FormFaults: "Something needs a look. Please check the fields that are marked.", FormPick: "Choose one", FormFind: "Find by name", FormYou: "you",
	FormSubmit: "Send", FormSent: "Sent.", FormNobody: "Nobody has that name.", FormMore: "Only %d people are shown here.",

	Calendar: "Calendar", Months: "Turn months", MonthBack: "Previous month", MonthNext: "Next month", Today: "Today", Markets: "Markets", Filter: "Filter",
	Feed: "Subscribe (ICS)", FeedHint: "Add this address to your calendar app; it follows what changes.", CopyAddress: "Copy address", Print: "Print",
	NoCalendar: "There is no calendar of this month yet. That does not mean that nothing happens.", NoEntries: "Nothing is on the calendar this month.", Spans: "Running for long",
	DayMore: "+%d more", Legend: "Symbols", Was: "was %s", Postponed: "postponed", Running: "running",
	classes:  [...]string{"public holiday", "shopping", "observance", "season", "announced", "day of caution"},
	weekdays: [...]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},

	replies: "%d replies", replyOne: "1 reply", rows: "%s rows", rowsPart: "%s of %s rows", lastReply: "last %s",
	tooLong: "The message is too long: up to %d kB can be sent. Attach what is longer as a file.", tooLarge: "The files are too large: up to %s can be sent at once.",
	tooMany: "Up to %d files can be sent at once.", ahead: "%d ahead", eta: "about %s",
}

// noteOf says that a press was taken, where nothing else on the page does.
func (t *texts) noteOf(b bot.Button) string {
	switch {
	case isVerdict(b.Action):
		return t.Thanks
	case b.Action == bot.ActionNotify:
		return t.notified
	case b.Action == bot.ActionShare:
		return fmt.Sprintf(t.shared, b.Value)
	case b.Form != nil:
		return t.FormSent
	}
	return ""
}

// MorePeople says that there are more people than are shown.
func (t *texts) MorePeople() string { return fmt.Sprintf(t.FormMore, maxPeople) }

// MoreLines says how much of a digest is folded.
func (t *texts) MoreLines(n int) string { return fmt.Sprintf(t.moreLines, n) }

// Replies says how much was said in a thread.
func (t *texts) Replies(n int) string {
	if n == 1 {
		return t.replyOne
	}
	return fmt.Sprintf(t.replies, n)
}

// LastReply says when something was said last.
func (t *texts) LastReply(clock string) string { return fmt.Sprintf(t.lastReply, clock) }

// Rows says how many of a result's rows are shown.
func (t *texts) Rows(shown, total int) string {
	switch {
	case total <= shown && t.Lang == "en" && shown == 1:
		return "1 row"
	case total <= shown:
		return fmt.Sprintf(t.rows, grouped(shown))
	case t.Lang == "ko": // "of" comes first
		return fmt.Sprintf(t.rowsPart, grouped(total), grouped(shown))
	}
	return fmt.Sprintf(t.rowsPart, grouped(shown), grouped(total))
}

// TooLong says how long a message may be.
func (t *texts) TooLong() string { return fmt.Sprintf(t.tooLong, maxText>>10) }

// Ahead says how many questions come before this one.
func (t *texts) Ahead(n int) string { return fmt.Sprintf(t.ahead, n) }

// ETA says how long the answer will take.
func (t *texts) ETA(d time.Duration) string {
	return fmt.Sprintf(t.eta, layout.WordsFor(t.Lang).Waiting(d))
}

// Elapsed says how long an answer took.
func (t *texts) Elapsed(d time.Duration) string { return layout.WordsFor(t.Lang).Elapsed(d) }

// Day heads the messages of a day.
func (t *texts) Day(at time.Time) string {
	if t.Lang == "ko" {
		return fmt.Sprintf("%d년 %d월 %d일 %s요일", at.Year(), at.Month(), at.Day(), t.weekdays[at.Weekday()])
	}
	return at.Format("Monday, January 2, 2006")
}

// Month names a month.
func (t *texts) Month(at time.Time) string {
	if t.Lang == "ko" {
		return fmt.Sprintf("%d년 %d월", at.Year(), at.Month())
	}
	return at.Format("January 2006")
}

// ShortDay names a day of a month that is known.
func (t *texts) ShortDay(at time.Time) string {
	if t.Lang == "ko" {
		return fmt.Sprintf("%d/%d %s", at.Month(), at.Day(), t.weekdays[at.Weekday()])
	}
	return at.Format("Mon Jan 2")
}

// Entries says how many entries a list has.
func (t *texts) Entries(n int) string {
	if n == 1 && t.Lang == "en" {
		return "1 entry"
	}
	return fmt.Sprintf(t.entries, n)
}

// Line renders a text of others as one paragraph.
func (t *texts) Line(text string) template.HTML { return markup{}.line(text) }

// grouped writes a count with commas.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// bytesText writes a size the way file managers do.
func bytesText(n int64) string {
	const unit = 1024
	switch {
	case n < unit:
		return fmt.Sprintf("%d B", n)
	case n < unit*unit:
		return fmt.Sprintf("%d kB", (n+unit/2)/unit)
	case n < unit*unit*unit:
		return trimZero(float64(n)/(unit*unit)) + " MB"
	}
	return trimZero(float64(n)/(unit*unit*unit)) + " GB"
}

func trimZero(f float64) string {
	return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64)
}
