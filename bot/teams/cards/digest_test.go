package cards_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/bottest"
	"github.com/bapsang/bapsang/bot/layout"
	"github.com/bapsang/bapsang/bot/teams/cards"
	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// digestKo is what a channel gets on a Monday.
func digestKo() bot.Message {
	chart := bottest.Messages()["answer-ko"].Charts[0]
	chart.Title = "작년 블랙프라이데이 상품군별 매출"
	return bot.Message{
		Kind: bot.KindDigest, Language: "ko", Text: "**이번 주와 다음 3주** · 11/23–12/20 · 지난 발송 이후 바뀐 것 2",
		Sections: []bot.Section{
			{Lines: []bot.Line{
				{
					Mark: bot.MarkSure, When: "11/27 금", Text: "블랙프라이데이", Detail: "D-5 · 작년 D-7–D+3 매출 **3.2억 원(+58%)**, 이어폰·TV가 주도", Chart: &chart,
					Links: []bot.Link{{Title: "작년 실적", URL: "https://bapsang.example/q/7f3a"}},
				},
				{Mark: bot.MarkSure, When: "12/21 월", Text: "동지", Detail: "팥·찹쌀 검색이 D-10부터 늘어요."},
				{
					Mark: bot.MarkUnsure, When: "12/10–12/20", Text: "○○ 페스타", Detail: "주최 측이 아직 발표하지 않았어요.",
					Links: []bot.Link{{Title: "○○ 보도자료", URL: "https://news.example/festa"}, {Title: "작년 일정", URL: "https://www.festa.example/2025"}},
				},
				{Mark: bot.MarkChanged, When: "12/3 목", Text: "물류 마감이 12/2에서 옮겨졌어요."},
				{Mark: bot.MarkCancelled, When: "12/5 토", Text: "야외 팝업"},
				{Mark: bot.MarkCaution, When: "12/29 화", Text: "추모일", Detail: "홍보를 쉬는 곳이 많아요."},
			}},
			{Title: "이번 주에 정할 것", Lines: []bot.Line{
				{Mark: bot.MarkTask, When: "11/24 화", Text: "블프 재고 확정", Detail: "영업일 3일 전"},
				{Mark: bot.MarkTask, When: "12/4 금", Text: "크리스마스 소재 마감"},
			}},
		},
		Links: []bot.Link{{Title: "2026년 쇼핑 행사 일정", URL: "https://blackfriday.example/kr"}, {Title: "", URL: "https://kasi.example/24"}},
		Buttons: []bot.Button{
			{Action: bot.ActionAsk, Label: "블랙프라이데이 상세", Value: "작년 블랙프라이데이 매출", Primary: true},
			{Action: bot.ActionSubscription, Label: "이 발송 설정", Value: "s-7", Form: settings("ko")},
		},
	}
}

func digestEn() bot.Message {
	chart := bottest.Messages()["answer-en"].Charts[0]
	return bot.Message{
		Kind: bot.KindDigest, Language: "en", Text: "**This week and the next three** · Nov 23–Dec 20 · 2 changes since last time",
		Sections: []bot.Section{
			{Lines: []bot.Line{
				{Mark: bot.MarkSure, When: "Fri Nov 27", Text: "Black Friday", Detail: "In 5 days · last year's revenue around it: **₩320M (+58%)**", Chart: &chart, Links: []bot.Link{{Title: "last year", URL: "https://bapsang.example/q/7f3a"}}},
				{Mark: bot.MarkUnsure, When: "Dec 10–20", Text: "Festa", Detail: "Not announced by its organiser yet."},
				{Mark: bot.MarkChanged, When: "Thu Dec 3", Text: "The cut-off for shipping moved from Dec 2."},
				{Mark: bot.MarkCancelled, When: "Sat Dec 5", Text: "Outdoor pop-up"},
				{Mark: bot.MarkCaution, When: "Tue Dec 29", Text: "A day of mourning"},
			}},
			{Title: "To decide this week", Lines: []bot.Line{{Mark: bot.MarkTask, When: "Tue Nov 24", Text: "Stock for Black Friday", Detail: "3 working days before"}}},
		},
		Links:   []bot.Link{{Title: "Shopping days of 2026", URL: "https://blackfriday.example/kr"}},
		Buttons: []bot.Button{{Action: bot.ActionSubscription, Label: "Settings", Value: "s-7", Form: settings("en")}},
	}
}

// settings is a form with every kind of field.
func settings(language string) *bot.Form {
	l := func(ko, en string) string {
		if language == "ko" {
			return ko
		}
		return en
	}
	return &bot.Form{
		Title: l("이 발송 설정", "This subscription"), Note: l("바꾼 것은 **다음 발송부터** 적용돼요.", "Changes apply **from the next one on**."), Submit: l("저장", "Save"),
		Fields: []bot.FormField{
			{Name: "name", Label: l("이름", "Name"), Kind: bot.FieldText, Value: l("월요일 달력", "Monday's calendar"), Hint: l("예: 마케팅 주간", "such as Marketing week")},
			{Name: "often", Label: l("얼마나 자주", "How often"), Kind: bot.FieldChoice, Value: "week", Choices: []bot.Choice{{Value: "day", Label: l("매일", "daily")}, {Value: "week", Label: l("매주", "weekly")}}},
			{Name: "days", Label: l("요일", "Days"), Kind: bot.FieldChoices, Value: "mon,thu", Choices: []bot.Choice{{Value: "mon", Label: l("월", "Mon")}, {Value: "wed", Label: l("수", "Wed")}, {Value: "thu", Label: l("목", "Thu")}}},
			{Name: "at", Label: l("시각", "Time"), Kind: bot.FieldTime, Value: "09:00"},
			{Name: "from", Label: l("시작", "From"), Kind: bot.FieldDate, Value: "2026-11-30", Hint: l("공휴일이면 다음 영업일", "the next working day, on a holiday")},
			{Name: "who", Label: l("함께 받을 사람", "Who else gets it"), Kind: bot.FieldPeople, Hint: l("이름을 적어 찾으세요", "type a name"), Optional: true},
			{Name: "note", Label: l("메모", "Note"), Kind: bot.FieldLong, Optional: true},
		},
	}
}

// longDigest has n lines.
func longDigest(n int) bot.Message {
	msg := bot.Message{Kind: bot.KindDigest, Language: "ko", Text: "긴 발송"}
	for i := range n {
		if i%20 == 0 {
			msg.Sections = append(msg.Sections, bot.Section{Title: fmt.Sprint("묶음 ", i/20+1)})
		}
		s := &msg.Sections[len(msg.Sections)-1]
		s.Lines = append(s.Lines, bot.Line{
			Mark: bot.MarkSure, When: fmt.Sprintf("%d/%d", i%12+1, i%28+1), Text: fmt.Sprintf("행사 <%d> 끝", i), Detail: "D-5 · 작년 매출 3.2억 원, 이어폰과 TV가 주도했고 이번에도 그럴 것으로 보여요.",
			Links: []bot.Link{{Title: "출처", URL: fmt.Sprintf("https://news.example/%d", i)}},
		})
	}
	return msg
}

// digests are messages with what the suite's have not.
func digests() map[string]bot.Message {
	hostile := longDigest(3)
	for i := range hostile.Sections[0].Lines {
		l := &hostile.Sections[0].Lines[i]
		l.Mark, l.When, l.Text, l.Detail = bot.Mark(bottest.Attack), bottest.Attack, bottest.Attack, bottest.Attack
		l.Links = []bot.Link{
			{Title: bottest.Attack, URL: "javascript:alert(1)"}, {Title: "https://bank.example", URL: "https://evil.example/\u202e"}, {URL: "https://bank.example@evil.example/"},
		}
	}
	hostile.Sections = append(hostile.Sections, bot.Section{Title: bottest.Attack}, bot.Section{Lines: []bot.Line{{}}})
	hostile.Links = append(hostile.Sections[0].Lines[0].Links, bot.Link{})
	return map[string]bot.Message{"digest-ko": digestKo(), "digest-en": digestEn(), "digest-long": longDigest(60), "digest-hostile": hostile}
}

// fixtures are all messages that are laid out.
func fixtures() map[string]bot.Message {
	out := bottest.Messages()
	for name, msg := range digests() {
		out[name] = msg
	}
	return out
}

// forms are the dialogs in which something is filled in, by name.
func forms(t testing.TB) map[string]cards.Layout {
	t.Helper()
	out := map[string]cards.Layout{}
	for _, language := range []string{"ko", "en"} {
		p := pressedForm(t, language)
		out["form-"+language] = cards.Form(p, "1", nil)
		p.Filled, p.Values = true, map[string]string{"name": "", "often": "hour", "at": "9시", "who": bottest.Attack}
		_, faults := p.Check()
		out["form-faults-"+language] = cards.Form(p, "1", faults)
	}
	p := pressedForm(t, "ko")
	p.Form.Title, p.Form.Note, p.Form.Submit = bottest.Attack, bottest.Attack, bottest.Attack
	for i := range p.Form.Fields {
		f := &p.Form.Fields[i]
		f.Label, f.Hint, f.Value, f.Optional = bottest.Attack, bottest.Attack, bottest.Attack, true
		f.Choices = append(f.Choices, bot.Choice{Label: bottest.Attack, Value: bottest.Attack}, bot.Choice{})
	}
	out["form-hostile"] = cards.Form(p, bottest.Attack, nil)
	p.Form = &bot.Form{}
	out["form-empty"] = cards.Form(p, "", nil)
	return out
}

// pressedForm is the press of a button with a form, as it comes back.
func pressedForm(t testing.TB, language string) cards.Pressed {
	t.Helper()
	b := bot.Button{Action: bot.ActionSubscription, Label: "설정", Value: "s-7", Form: settings(language)}
	data, fits := cards.Data(b, bot.Message{Language: language, Question: "q-1"})
	p, ok := cards.ParseAction(json.RawMessage(`{"data":` + string(data) + `}`))
	if !fits || !ok || p.Form == nil || p.Filled {
		t.Fatalf("fits %v, read %v: %+v", fits, ok, p)
	}
	return p
}

func TestDigestsTellAll(t *testing.T) {
	for _, msg := range []bot.Message{digestKo(), digestEn()} {
		for way, opts := range ways(t, msg) {
			l := cards.Render(msg, opts)
			for _, fault := range validate(t, l, 80_000) {
				t.Errorf("%s/%s: %s", msg.Language, way, fault)
			}
			text := strings.ReplaceAll(teamstest.CardText(l.Card), "\u2060", "")
			for _, s := range msg.Sections {
				for _, line := range s.Lines {
					plain := strings.NewReplacer("**", "").Replace
					for _, want := range []string{line.When, line.Text, plain(line.Detail), s.Title} {
						if !strings.Contains(text, want) {
							t.Errorf("%s/%s: %q cannot be read in\n%s", msg.Language, way, want, text)
						}
					}
				}
			}
			words := map[string]string{"ko": "● △ ↻ ✕ ! ☐ 확정 예상 바뀜 취소 주의 할_일 읽은_곳 (news.example) (festa.example) [1] [2]", "en": "● △ ↻ ✕ ! ☐ confirmed estimated changed cancelled caution to_do Pages_read [1]"}
			for _, want := range strings.Fields(words[msg.Language]) {
				if want = strings.ReplaceAll(want, "_", " "); !strings.Contains(text, want) {
					t.Errorf("%s/%s: %q cannot be read in\n%s", msg.Language, way, want, text)
				}
			}
			for _, url := range []string{"https://bapsang.example/q/7f3a", "https://blackfriday.example/kr"} {
				if !strings.Contains(string(l.Card), `{"type":"Action.OpenUrl"`) || !strings.Contains(string(l.Card), `"url":"`+url+`"`) {
					t.Errorf("%s/%s: %s is no link", msg.Language, way, url)
				}
			}
			if strings.Count(string(l.Card), `"maxWidth":"320px"`) != 1 {
				t.Errorf("%s/%s: the chart of a line is not small", msg.Language, way)
			}
		}
		if l := cards.Plain(msg, 0); !strings.Contains(l.Text, "[") || !strings.Contains(l.Text, "](https://blackfriday.example/kr)") || !strings.Contains(l.Text, "☐") {
			t.Errorf("without a card it reads %s", l.Text)
		}
	}
}

var (
	eventIn = regexp.MustCompile(`행사 <(\d+)> 끝`)
	leftIn  = regexp.MustCompile(`것이 (\d+)줄 더 있어요`)
)

// A digest is cut at the end of a line, whatever its limit, and says how many are left.
func TestDigestsAreCutAtTheEndOfALine(t *testing.T) {
	for _, lines := range []int{1, 15, 18, 19, 60, 200, 500} {
		msg := longDigest(lines)
		shown := -1
		for _, limit := range []int{5_000, 8_000, 12_000, 24_000, 40_000, 80_000} {
			l := cards.Render(msg, cards.Options{Limit: limit})
			for _, fault := range validate(t, l, limit) {
				t.Errorf("%d lines in %d bytes: %s", lines, limit, fault)
			}
			text := teamstest.CardText(l.Card)
			seen := eventIn.FindAllStringSubmatch(text, -1)
			for i, m := range seen {
				if m[1] != strconv.Itoa(i) {
					t.Fatalf("%d lines in %d bytes: after %d comes %s", lines, limit, i-1, m[1])
				}
			}
			left := 0
			if m := leftIn.FindStringSubmatch(text); m != nil {
				left, _ = strconv.Atoi(m[1])
			}
			if len(seen)+left != lines {
				t.Errorf("%d lines in %d bytes: %d are shown, %d left", lines, limit, len(seen), left)
			}
			if len(seen) < shown {
				t.Errorf("%d lines: more room shows less: %d after %d", lines, len(seen), shown)
			}
			shown = len(seen)
		}
	}
}

// A heading heads something, what is hidden is worth the press, and it can be shown.
func TestDigestsFold(t *testing.T) {
	for lines, want := range map[int]string{10: "", 18: "", 19: "4줄 더 보기", 40: "25줄 더 보기"} {
		l := cards.Render(longDigest(lines), cards.Options{})
		title := ""
		for _, a := range teamstest.CardActions(l.Card) {
			if a.Kind == "Action.ToggleVisibility" {
				title = a.Title
			}
		}
		if title != want {
			t.Errorf("%d lines are folded behind %q, want %q", lines, title, want)
		}
	}
	msg := bot.Message{Kind: bot.KindDigest, Language: "en", Text: "x", Sections: []bot.Section{{Title: "Nothing here"}}}
	if l := cards.Render(msg, cards.Options{}); strings.Contains(string(l.Card), "Nothing here") {
		t.Errorf("a heading heads nothing: %s", l.Card)
	}
}

// Of many charts those are shown that there is room for: drawn by Teams, then as pictures.
func TestChartsOfLines(t *testing.T) {
	msg := bot.Message{Kind: bot.KindDigest, Language: "ko", Text: "x", Sections: []bot.Section{{}}}
	for i := range 12 {
		chart := bottest.Messages()["answer-ko"].Charts[0]
		msg.Sections[0].Lines = append(msg.Sections[0].Lines, bot.Line{Text: fmt.Sprint(i), Chart: &chart})
	}
	if n := len(layout.Charts(msg)); n != 12 {
		t.Errorf("%d charts", n)
	}
	pictures := map[int][]byte{}
	for _, i := range cards.WantsPicture(msg) {
		pictures[i] = dot(t)
	}
	l := cards.Render(msg, cards.Options{Pictures: pictures})
	if n := strings.Count(string(l.Card), `"type":"Chart.`); n != 4 || len(pictures) != 4 || len(validate(t, l, 80_000)) > 0 {
		t.Errorf("%d charts of %d pictures are drawn: %v", n, len(pictures), validate(t, l, 80_000))
	}
}

// Links of others lead where they say.
func TestLinksOfOthers(t *testing.T) {
	msg := digests()["digest-hostile"]
	l := cards.Render(msg, cards.Options{})
	for _, fault := range validate(t, l, 80_000) {
		t.Error(fault)
	}
	card := string(l.Card)
	if strings.Contains(card, "javascript:") && strings.Contains(card, `"url":"javascript:`) || strings.Contains(card, `"url":"https://bank.example@`) {
		t.Errorf("an address that nobody should be led to is a link: %s", card)
	}
	if text := strings.ReplaceAll(teamstest.CardText(l.Card), "\u2060", ""); !strings.Contains(text, "https://bank.example (evil.example)") {
		t.Errorf("where a link leads cannot be read: %s", text)
	}
}

// What was filled in comes back checked, and a form that is too large makes no button.
func TestForms(t *testing.T) {
	for name, l := range forms(t) {
		for _, fault := range validate(t, l, 80_000) {
			t.Errorf("%s: %s", name, fault)
		}
		for _, fault := range teamstest.CheckCard(l.Card) {
			t.Errorf("%s: %s", name, fault)
		}
	}
	big := settings("ko")
	for i := range 300 {
		big.Fields[1].Choices = append(big.Fields[1].Choices, bot.Choice{Value: strconv.Itoa(i), Label: strings.Repeat("가", 40)})
	}
	twice, unnamed := settings("ko"), settings("ko")
	twice.Fields[1].Name = "name"
	unnamed.Fields[0].Label = " "
	for name, f := range map[string]*bot.Form{"too large": big, "two of one name": twice, "without a label": unnamed} {
		if _, fits := cards.Data(bot.Button{Action: "x", Label: "x", Form: f}, bot.Message{}); fits {
			t.Errorf("a form %s is made", name)
		}
	}
	p := pressedForm(t, "en")
	p.Values = map[string]string{"name": " x\ny ", "often": "week", "days": "thu,mon", "at": "23:59", "from": "2028-02-29", "who": "", "note": "a\r\nb"}
	values, faults := p.Check()
	if len(faults) > 0 || values["name"] != "x y" || values["days"] != "mon,thu" || values["note"] != "a\nb" || values["who"] != "" {
		t.Errorf("%v, wrong are %v", values, faults)
	}
}

// Buttons with forms do not cost a message its card.
func TestManyForms(t *testing.T) {
	for _, n := range []int{1, 10, 50} {
		msg := bot.Message{Kind: bot.KindDigest, Language: "ko", Text: "확인할 날짜"}
		for i := range n {
			f := settings("ko")
			f.Note = strings.Repeat("가", 3000)
			msg.Buttons = append(msg.Buttons, bot.Button{Action: bot.ActionAmend, Label: fmt.Sprint("고치기 ", i), Value: fmt.Sprint(i), Form: f})
		}
		l := cards.Render(msg, cards.Options{})
		for _, fault := range validate(t, l, 80_000) {
			t.Errorf("%d forms: %s", n, fault)
		}
		if made := len(teamstest.CardActions(l.Card)); made == 0 || made < n && !strings.Contains(teamstest.CardText(l.Card), "버튼 일부") {
			t.Errorf("%d forms: %d buttons", n, made)
		}
	}
}
