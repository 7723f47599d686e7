package bottest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
)

// Digests are messages with lines, links and forms, by a name that says what they are.
// Each call makes them anew.
func Digests() map[string]bot.Message {
	return map[string]bot.Message{
		"digest-ko":      digestKorean(),
		"digest-en":      digestEnglish(),
		"digest-long":    digestLong(),
		"digest-hostile": digestHostile(),
		"sources-ko":     sources(),
		"form-ko":        formKorean(),
		"form-en":        formEnglish(),
	}
}

func digestKorean() bot.Message {
	c := line("ko")
	return bot.Message{
		Kind: bot.KindDigest, Language: "ko", Question: "q-digest",
		Text: "**이번 주와 다음 3주** · 11/23–12/20\n지난 발송 이후 바뀐 것 2",
		Sections: []bot.Section{
			{Title: "다가오는 일", Lines: []bot.Line{
				{
					Mark: bot.MarkSure, When: "11/27 금", Text: "**블랙프라이데이** (확정) · D-5",
					Detail: "작년 D-7–D+3 매출 3.2억 원(+58%), 이어폰·TV가 주도 · 작년은 11/28, 올해가 하루 빨라요",
					Chart:  &c, Links: []bot.Link{{Title: "할인 행사 일정", URL: "https://www.example.com/sales/2026?from=11&to=12"}},
				},
				{
					Mark: bot.MarkUnsure, When: "12/10–12/20", Text: "**연말 감사 페스타** (예상) · D-18", Detail: "주최측이 아직 알리지 않았어요",
					Links: []bot.Link{{Title: "작년 공지", URL: "https://festa.example.org/2025"}, {Title: "2년 전 공지", URL: "https://festa.example.org/2024"}},
				},
				{Mark: bot.MarkSure, When: "12/25 금", Text: "**크리스마스** (확정, 공휴일) · D-33"},
			}},
			{Title: "바뀐 것", Lines: []bot.Line{
				{Mark: bot.MarkChanged, When: "12/4 금", Text: "**겨울 신상 공개**", Detail: "전에는 12/1이었어요", Links: []bot.Link{{URL: "https://brand.example.net/news/31"}}},
				{Mark: bot.MarkCancelled, When: "12/12 토", Text: "**강변 마켓** (취소)"},
				{Mark: bot.MarkCaution, When: "11/23 월", Text: "추모일", Detail: "밝은 홍보는 쉬어 가요"},
			}},
			{Title: "이번 주에 정할 것", Lines: []bot.Line{
				{Mark: bot.MarkTask, When: "11/24 화", Text: "블랙프라이데이 재고 확정", Detail: "영업일 3일 전"},
				{Mark: bot.MarkTask, When: "12/4 금", Text: "크리스마스 소재 마감"},
			}},
		},
		Origin: &bot.Origin{Analyst: "마케팅 달력", Sources: []string{"달력", "shop"}, Label: "정의된 지표"},
		Buttons: []bot.Button{
			{Action: bot.ActionAsk, Label: "11월 행사 자세히", Value: "11월 행사"},
			{Action: bot.ActionSubscription, Label: "이 발송 설정", Value: "s-1", Form: subscriptionForm("ko")},
		},
	}
}

func digestEnglish() bot.Message {
	c := line("en")
	return bot.Message{
		Kind: bot.KindDigest, Language: "en", Question: "q-digest-en",
		Text: "**This week and the next three** · Nov 23–Dec 20\n2 changes since the last one",
		Sections: []bot.Section{
			{Title: "Coming up", Lines: []bot.Line{
				{
					Mark: bot.MarkSure, When: "Fri Nov 27", Text: "**Black Friday** (confirmed) · D-5",
					Detail: "last year ₩320M from D-7 to D+3 (+58%), led by earphones and TVs",
					Chart:  &c, Links: []bot.Link{{Title: "Sales calendar", URL: "https://www.example.com/sales/2026"}},
				},
				{Mark: bot.MarkUnsure, When: "Dec 10–Dec 20", Text: "**Year-end festival** (estimated) · D-18", Detail: "the organiser has not said yet"},
			}},
			{Title: "To decide this week", Lines: []bot.Line{
				{Mark: bot.MarkTask, When: "Tue Nov 24", Text: "Fix the stock for Black Friday", Detail: "three working days before"},
			}},
		},
		Buttons: []bot.Button{{Action: bot.ActionSubscription, Label: "Settings of this digest", Value: "s-1", Form: subscriptionForm("en")}},
	}
}

// digestLong has more lines than any platform shows at once.
func digestLong() bot.Message {
	m := bot.Message{Kind: bot.KindDigest, Language: "ko", Question: "q-digest-long", Text: "올해 남은 일"}
	for i := range 12 {
		s := bot.Section{Title: fmt.Sprintf("%d월", i+1)}
		for j := range 25 {
			s.Lines = append(s.Lines, bot.Line{
				Mark: bot.MarkSure, When: fmt.Sprintf("%d/%d", i+1, j+1), Text: fmt.Sprintf("**행사 %d-%d** (확정)", i+1, j+1),
				Detail: strings.Repeat("작년에는 이랬어요 ", 8), Links: []bot.Link{{Title: "공지", URL: fmt.Sprintf("https://www.example.com/%d/%d", i, j)}},
			})
		}
		m.Sections = append(m.Sections, s)
	}
	return m
}

func digestHostile() bot.Message {
	bad := []bot.Link{
		{Title: Attack, URL: "javascript:window.pwned=1"}, {Title: Attack, URL: "https://bank.example@evil.example/"},
		{Title: Attack, URL: "https://a.example/?x=<script>|y>&z=*"}, {URL: "https://a.example/" + strings.Repeat("x", 5000)}, {},
	}
	l := bot.Line{Mark: bot.Mark(Attack), When: Attack, Text: "**" + Attack + "** " + Attack, Detail: Attack + " \u202eesrever\u202c", Links: bad}
	return bot.Message{
		Kind: bot.KindDigest, Language: "en", Question: "q-digest-hostile", Text: Attack + " [1] [2] [3] [99]", Links: bad,
		Sections: []bot.Section{{Title: Attack, Lines: []bot.Line{l, {}, {Text: "- x\n1. y\n\nz"}}}, {Title: "empty"}, {}},
		Buttons: []bot.Button{{Action: bot.ActionSubscription, Label: Attack, Value: Attack, Form: &bot.Form{
			Title: Attack, Note: Attack, Submit: Attack, Fields: []bot.FormField{
				{Name: "a", Label: Attack, Kind: bot.FieldText, Value: Attack, Hint: Attack},
				{Name: "b", Label: Attack, Kind: bot.FieldChoice, Value: "none", Choices: []bot.Choice{{Value: Attack[:10], Label: Attack}, {Value: "x", Label: ""}}},
				{Name: "c", Label: "", Kind: "unheard-of", Value: "\x00"}, {Name: "d", Label: "d", Kind: bot.FieldDate, Value: "soon"},
				{Name: "e", Label: "e", Kind: bot.FieldChoices},
			},
		}}},
	}
}

func sources() bot.Message {
	return bot.Message{
		Kind: bot.KindAnswer, Language: "ko", Question: "q-sources",
		Text: "블랙프라이데이는 **11월 27일**이에요 [1]. 국내 행사는 보통 그 주 월요일에 시작해요 [2][3].",
		Links: []bot.Link{
			{Title: "올해의 할인 달력", URL: "https://www.example.com/calendar/2026"}, {Title: "유통 동향 보고서", URL: "https://report.example.org/a/b?c=d&e=f"},
			{URL: "https://news.example.net/31"},
		},
		Origin: &bot.Origin{Analyst: "마케팅 달력", Sources: []string{"검색"}, Label: "모델이 씀", Model: true},
	}
}

func formKorean() bot.Message {
	return bot.Message{
		Kind: bot.KindNotice, Language: "ko", Question: "q-form", Text: "월요일 9시마다 이 채널로 보내 드릴게요.",
		Buttons: []bot.Button{{Action: bot.ActionSubscription, Label: "설정", Value: "s-1", Form: subscriptionForm("ko")}},
	}
}

func formEnglish() bot.Message {
	return bot.Message{
		Kind: bot.KindNotice, Language: "en", Question: "q-form-en", Text: "I will send this here every Monday at 9.",
		Buttons: []bot.Button{{Action: bot.ActionSubscription, Label: "Settings", Value: "s-1", Form: subscriptionForm("en")}},
	}
}

// subscriptionForm has a field of every kind.
func subscriptionForm(language string) *bot.Form {
	word := func(ko, en string) string {
		if language == "ko" {
			return ko
		}
		return en
	}
	var days, markets []bot.Choice
	for i, ko := range []string{"월요일", "화요일", "수요일", "목요일", "금요일"} {
		en := []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}[i]
		days = append(days, bot.Choice{Value: strings.ToLower(en[:3]), Label: word(ko, en)})
	}
	for i, ko := range []string{"한국", "미국", "일본"} {
		markets = append(markets, bot.Choice{Value: []string{"kr", "us", "jp"}[i], Label: word(ko, []string{"Korea", "USA", "Japan"}[i])})
	}
	return &bot.Form{
		Title: word("발송 설정", "Settings"), Note: word("바꾼 것은 **다음 발송**부터 쓰여요.", "Changes count from **the next one** on."), Submit: word("저장", "Save"),
		Fields: []bot.FormField{
			{Name: "name", Label: word("이름", "Name"), Kind: bot.FieldText, Value: word("주간 달력", "weekly calendar"), Hint: word("짧을수록 좋아요", "the shorter the better")},
			{Name: "day", Label: word("요일", "Day"), Kind: bot.FieldChoice, Value: "mon", Choices: days},
			{Name: "time", Label: word("시각", "Time"), Kind: bot.FieldTime, Value: "09:00"},
			{Name: "until", Label: word("마지막 날", "Last day"), Kind: bot.FieldDate, Optional: true},
			{Name: "markets", Label: word("나라", "Markets"), Kind: bot.FieldChoices, Value: "kr,us", Choices: markets},
			{Name: "people", Label: word("받는 사람", "People"), Kind: bot.FieldPeople, Optional: true},
			{Name: "note", Label: word("메모", "Note"), Kind: bot.FieldLong, Optional: true},
		},
	}
}

func showsDigests(t *testing.T, h Harness) {
	messages := Digests()
	for _, name := range slices.Sorted(maps.Keys(messages)) {
		thread := h.Thread(t)
		msg := messages[name]
		post(t, h, thread, msg)
		shown := h.Shown(t, thread)
		if len(shown) == 0 {
			t.Errorf("%s: nothing is shown", name)
			continue
		}
		whole := wholeOf(shown)
		if name == "digest-hostile" { // what it does is a browser's to say, and that it is there at all
			continue
		}
		mustHave(t, name, whole, digestTexts(msg)...)
		for _, b := range msg.Buttons {
			if b.Form == nil && !slices.Contains(whole.Actions, b.Action) { // what opens a form is Fill's to find
				t.Errorf("%s: nothing to press for %q; there is %v", name, b.Action, whole.Actions)
			}
		}
	}
}

// digestTexts are what must be readable of a message with lines or links. Of many lines
// the last may be left out.
func digestTexts(m bot.Message) []string {
	const first = 10
	var out []string
	for l := range strings.SplitSeq(m.Text, "\n") {
		out = append(out, l)
	}
	n := 0
	for _, s := range m.Sections {
		if n < first {
			out = append(out, s.Title)
		}
		for _, l := range s.Lines {
			if n++; n <= first {
				out = append(out, l.When, l.Text, l.Detail)
			}
			for _, link := range l.Links {
				if n <= first {
					out = append(out, link.Title)
				}
			}
		}
	}
	for _, l := range m.Links {
		out = append(out, l.Title)
	}
	return out
}

// A form comes back with all its values, those that nobody touched as they were.
func formsComeBack(t *testing.T, h Harness) {
	if h.Fill == nil {
		t.Skip("Harness.Fill is nil: what people fill in is not tried")
	}
	for _, name := range []string{"form-ko", "form-en"} {
		msg := Digests()[name]
		thread := h.Thread(t)
		ref := post(t, h, thread, msg)
		got := h.Fill(t, ref, msg.Buttons[0], map[string]string{"name": " 새 이름 ", "day": "fri", "until": "2026-12-31", "markets": "us,jp", "note": "한 줄\n두 줄"})
		want := bot.Action{
			Name: bot.ActionSubscription, Question: msg.Question, Value: "s-1", Values: map[string]string{
				"name": "새 이름", "day": "fri", "time": "09:00", "until": "2026-12-31", "markets": "us,jp", "people": "", "note": "한 줄\n두 줄",
			},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the action is %+v, want %+v", name, got, want)
		}
	}
}
