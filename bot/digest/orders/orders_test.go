package orders_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/bot/digest"
)

// reads fails unless a reply has the parts, in its text, its lines or its buttons.
func (r *rig) reads(what string, parts ...string) {
	r.t.Helper()
	all := r.said.Text
	for _, s := range r.said.Sections {
		all += "\n" + s.Title
		for _, l := range s.Lines {
			all += "\n" + l.When + " " + l.Text + " " + l.Detail
		}
	}
	for _, b := range r.said.Buttons {
		all += "\n[" + b.Label + "]"
	}
	for _, part := range parts {
		if !strings.Contains(all, part) {
			r.t.Errorf("%s: no %q in\n%s", what, part, all)
		}
	}
}

// press presses the button of a label in the last reply, with the values of its form.
func (r *rig) press(by bot.User, label string, values map[string]string) {
	r.t.Helper()
	i := slices.IndexFunc(r.said.Buttons, func(b bot.Button) bool { return strings.HasPrefix(b.Label, label) })
	if i < 0 {
		r.t.Fatalf("no button %q in %+v", label, r.said.Buttons)
	}
	b := r.said.Buttons[i]
	r.order(by, desk.Order{Language: "ko", Action: &bot.Action{Name: b.Action, Value: b.Value, Values: values}})
}

// pass lets so much time pass, and everything that is due in it be done.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestASentenceIsSentEveryWeek(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		r.preview = func(digest.Subject) (string, error) { return "3.2억 원이에요.", nil }
		sub := r.made("매주 월요일 9시에 지난주 매출 보내줘", desk.About{})
		r.reads("what was set up", "매주 월요일 09:00 (서울)", "지난주 매출", "이 채널로", "11/30(월) 09:00", "지금 보내면 이래요: 3.2억 원이에요.", sub.ID, "[나에게 시험 발송]", "[설정]", "[그만 받기]")
		if sub.To[0].Thread.ID != "" || sub.To[0].Thread.Channel != sales.Channel {
			t.Errorf("sent to %+v", sub.To)
		}
		pass(90 * time.Minute)
		pass(7 * 24 * time.Hour)
		if got := r.posted.in(sales.Channel); !slices.Equal(got, []string{"answer to 지난주 매출", "answer to 지난주 매출"}) {
			t.Errorf("the channel shows %q", got)
		}
	})
}

func TestAnOrderIsTakenOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		var ids []string
		for range 2 {
			r.order(minji, desk.Order{Key: "same", Text: "매일 9시에 어제 매출 보내줘"})
			ids = append(ids, r.mine(minji)[0].ID)
		}
		r.reads("the second time", "매일 09:00", ids[0])
		if len(r.mine(minji)) != 1 || ids[0] != ids[1] {
			t.Errorf("made %v", r.mine(minji))
		}
		r.press(minji, "나에게 시험 발송", nil)
		pass(time.Minute)
		if got := r.posted.in(minji.ID); len(got) != 1 {
			t.Errorf("the test was sent as %q", got)
		}
	})
}

func TestWhereItIsSent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, to string
		in       bot.Thread
	}{
		{"매일 9시에 어제 매출 보내줘", "C1", sales}, {"매일 9시에 어제 매출 나에게 보내줘", "U1", sales}, {"매일 9시에 어제 매출 나한테만 보내줘", "U1", sales},
		{"매일 9시에 어제 매출 DM으로 보내줘", "U1", sales}, {"매일 9시에 어제 매출 이 채널로 보내줘", "C1", sales}, {"매일 9시에 어제 매출 보내줘", "U1", alone},
		{"매일 9시에 어제 매출 이 채널로 보내줘", "U1", alone}, {"every day at 9 send revenue yesterday to me", "U1", sales}, {"post revenue yesterday here every day at 9", "C1", sales},
	} {
		bubble(t, func(t *testing.T, r *rig) {
			r.order(minji, desk.Order{Text: tt.text, Thread: tt.in})
			subs := r.mine(minji)
			if len(subs) != 1 || subs[0].To[0].Thread.Channel != tt.to || subs[0].To[0].Thread.Direct != (tt.to == "U1") {
				t.Errorf("%q in %s: %+v", tt.text, tt.in.Channel, subs)
			}
			if q := subs[0].Subject.Question; q != "어제 매출" && q != "revenue yesterday" {
				t.Errorf("%q sends %q", tt.text, q)
			}
		})
	}
}

// TestWhatIsFollowedUp has an answer of a thread sent, with what it followed up on.
func TestWhatIsFollowedUp(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		about := desk.About{Text: "그때 지역별로는?", Analyst: "sales", Before: []string{"지난달 매출", "전달 대비"}}
		sub := r.made("이거 매주 월요일 9시에 보내줘", about)
		var before []string
		if err := json.Unmarshal([]byte(sub.Subject.Params["before"]), &before); err != nil || !slices.Equal(before, about.Before) {
			t.Errorf("before it: %q, %v", before, err)
		}
		if sub.Subject.Question != about.Text || sub.Subject.Analyst != "sales" {
			t.Errorf("sends %+v", sub.Subject)
		}
		// Another question is its own.
		if sub = r.made("매주 월요일 9시에 어제 매출 보내줘", about); sub.Subject.Params != nil || sub.Subject.Analyst != "" {
			t.Errorf("a question of its own has %+v", sub.Subject)
		}
		if sub = r.made("매주 월요일 9시에 보내줘", desk.About{}); sub != nil {
			t.Errorf("nothing was asked, and %q is sent", sub.Subject.Question)
		}
		r.reads("nothing to send", "무엇을 보내 드릴까요?")
	})
}

func TestTheFormBelowAnAnswer(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		about := desk.About{Text: "어제 매출", Analyst: "sales"}
		if r.taker.Form(desk.About{}, sales, "ko") != nil {
			t.Error("a form is offered for no question")
		}
		for _, lang := range []string{"ko", "en"} {
			form := r.taker.Form(about, sales, lang)
			values := map[string]string{}
			for _, f := range form.Fields {
				values[f.Name] = f.Value
			}
			r.order(minji, desk.Order{Language: lang, About: about, Action: &bot.Action{Name: bot.ActionWatch, Values: values}})
		}
		r.reads("as it was offered", "every Monday at 09:00", "to you")
		fill := func(values map[string]string, about desk.About) *digest.Subscription {
			before := r.mine(minji)
			r.order(minji, desk.Order{Language: "ko", About: about, Action: &bot.Action{Name: bot.ActionWatch, Values: values}})
			for _, s := range r.mine(minji) {
				if !slices.ContainsFunc(before, func(b *digest.Subscription) bool { return b.ID == s.ID }) {
					return s
				}
			}
			return nil
		}
		sub := fill(map[string]string{"when": "평일 8시 반", "where": "here", "skip": "unchanged"}, about)
		if sub == nil || sub.To[0].Thread.Channel != sales.Channel || sub.Skip != digest.SkipUnchanged || sub.Schedule.String() != "TZ=Asia/Seoul 30 8 * * 1-5" {
			t.Errorf("made %+v: %s", sub, r.said.Text)
		}
		if sub = fill(map[string]string{"when": "매일 9시", "skip": "always"}, desk.About{Text: "다음 주에 뭐 있어?", Calendar: true}); sub.Subject.Kind != digest.KindCalendar || sub.Skip != digest.SendAlways {
			t.Errorf("the calendar's answer is %+v", sub)
		}
		for _, when := range []string{"", "언젠가", "7분마다", "매분", strings.Repeat("월", 20000), "매월 31일 25시 61분 2월 30일마다"} {
			if sub := fill(map[string]string{"when": when, "where": "me"}, about); sub != nil {
				t.Errorf("%.40q is sent at %s", when, sub.Schedule)
			} else if r.said.Text == "" {
				t.Errorf("%.40q: nothing is said", when)
			}
		}
		if sub := fill(map[string]string{"when": "매일 9시"}, desk.About{}); sub != nil {
			t.Errorf("no answer, and %+v is sent", sub.Subject)
		}
	})
}

func TestEveryButton(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		sub := r.made("매일 9시에 어제 매출 보내줘", desk.About{})
		settings := func(values map[string]string) { r.press(minji, "설정", values) }
		settings(map[string]string{"do": "pause"})
		r.reads("paused", "잠시 멈췄어요", "[다시 시작]", "[그만 받기]")
		pass(26 * time.Hour)
		if got := r.posted.in(sales.Channel); len(got) != 0 {
			t.Errorf("a paused one sent %q", got)
		}
		r.press(minji, "다시 시작", nil)
		r.reads("resumed", "다시 시작해요", "12/2(수) 09:00")
		settings(map[string]string{"do": "edit", "when": "매주 금요일 17시", "skip": "unchanged"})
		r.reads("edited", "설정을 바꿨어요", "매주 금요일 17:00", "12/4(금) 17:00")
		settings(map[string]string{"do": "edit", "when": "아무 때나"})
		r.reads("a schedule nobody can read", "매주 월요일 9시")
		r.order(minji, desk.Order{Text: sub.ID + " 언제 보내?"})
		r.reads("as it stands", "매주 금요일 17:00", sub.ID)
		settings(map[string]string{"do": "run"})
		r.reads("by hand", "지금 보내고 있어요")
		pass(time.Minute)
		if got := r.posted.in(sales.Channel); len(got) != 1 {
			t.Errorf("sent by hand: %q", got)
		}
		r.order(minji, desk.Order{Text: "구독 목록", List: true})
		settings(map[string]string{"do": "test"})
		pass(time.Minute)
		if got := r.posted.in(minji.ID); len(got) != 1 {
			t.Errorf("to me alone: %q", got)
		}
		r.order(minji, desk.Order{Text: "그만 보내줘"})
		r.reads("which", "어느 것을", "[그만 받기 · 어제 매출]")
		ended := r.said
		r.press(minji, "그만 받기", nil)
		r.reads("ended", "끝냈어요")
		for _, do := range []string{"그만 받기"} {
			r.said = ended
			r.press(minji, do, nil)
			r.reads("again", "이미 끝낸 구독이에요")
		}
		r.order(minji, desk.Order{Text: "구독 목록", List: true})
		r.reads("nothing", "받고 있는 것이 없어요")
	})
}

// TestWhatIsSomebodyElses has another person press and write what only the owner may.
func TestWhatIsSomebodyElses(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		sub := r.made("매일 9시에 어제 매출 보내줘", desk.About{})
		mine := r.made("매일 9시에 급여 합계 나에게 보내줘", desk.About{})
		act := func(id, do string, values map[string]string) {
			r.order(alex, desk.Order{Language: "ko", Action: &bot.Action{Name: bot.ActionSubscription, Value: id + "\x1f" + do, Values: values}})
		}
		for _, do := range []string{"pause", "end", "run", "edit", "resume"} {
			act(sub.ID, do, map[string]string{"when": "매일 10시"})
			r.reads(do+" of a channel's", "만든 사람과 관리자만")
			for _, id := range []string{mine.ID, "d-22222222", "", "../" + sub.ID, sub.ID + "/x", strings.Repeat("d", 100000)} {
				act(id, do, nil)
				r.reads(do+" of what they may not see", "찾지 못했어요")
			}
		}
		act(mine.ID, "test", nil)
		r.reads("a test of what they may not see", "찾지 못했어요")
		r.order(alex, desk.Order{Text: mine.ID + " 언제 보내?"})
		r.reads("the stranger's look", "찾지 못했어요")
		r.order(alex, desk.Order{Text: "구독 목록", List: true})
		r.reads("what is sent here", "이 채널로 오는 것", "어제 매출")
		if strings.Contains(fmt.Sprint(r.said), "급여") {
			t.Errorf("alex is told of minji's own: %+v", r.said)
		}
		r.order(alex, desk.Order{Text: "그만 보내"})
		r.reads("alex stops what is minji's", "만든 사람이 끝낼 수 있어요")
		for _, s := range r.mine(minji) {
			if s.State != digest.Active || s.Schedule.String() != "TZ=Asia/Seoul 0 9 * * *" {
				t.Errorf("%s was changed: %+v", s.ID, s)
			}
		}
	})
}

func TestTwoEditsAtOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		sub := r.made("매일 9시에 어제 매출 보내줘", desk.About{})
		var wg sync.WaitGroup
		said := make([]string, 2)
		for i := range said {
			wg.Go(func() {
				reply, err := r.taker.Order(t.Context(), desk.Order{
					Key: fmt.Sprint("edit", i), Thread: sales, User: minji, Principal: "slack:U1", Language: "ko",
					Action: &bot.Action{Name: bot.ActionSubscription, Value: sub.ID + "\x1fedit", Values: map[string]string{"when": fmt.Sprintf("매일 %d시", 10+i)}},
				})
				if err != nil {
					t.Error(err)
					return
				}
				said[i] = reply.Text
			})
		}
		wg.Wait()
		now := r.mine(minji)[0].Schedule.Describe("ko")
		var told bool
		for _, s := range said {
			told = told || strings.Contains(s, now)
			if !strings.Contains(s, "바꿨어요") && !strings.Contains(s, "다시 열어서") {
				t.Errorf("told %q", s)
			}
		}
		if !told {
			t.Errorf("it is %s, and they were told %q", now, said)
		}
	})
}

func TestHostileOrders(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		for _, text := range []string{
			"", "   ", "매일 9시에 " + strings.Repeat("매출 ", 3000) + "보내줘", strings.Repeat("매주 월요일 9시에 보내줘 ", 500), "매일 9시에 *굵게* _기울임_ `코드` <@U9> <!channel> 매출 보내줘",
			"every day at 9 send me [x](javascript:alert(1)) <script>", "매일 9시에 \x00\uE000\xff 매출 보내줘", "어제 매출이 " + strings.Repeat("9", 400) + "원 넘으면 알려줘",
			"alert me when revenue exceeds 1e999", "매일 9시에 " + strings.Repeat("가", 4001) + " 보내줘",
		} {
			begun := time.Now()
			r.taker.Heard(text)
			if reply := r.order(minji, desk.Order{Text: text}); reply.Text == "" {
				t.Errorf("%.40q: nothing is said", text)
			}
			if took := time.Since(begun); took > time.Second {
				t.Errorf("%.40q took %s", text, took)
			}
			if strings.Contains(r.said.Text, "<!channel>") || strings.Contains(r.said.Text, "[x](javascript") {
				t.Errorf("markup is shown as it came: %s", r.said.Text)
			}
		}
	})
}

func TestWhatCanNeverBeSentIsRefused(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		r.preview = func(digest.Subject) (string, error) {
			return "", &digest.Refusal{Say: "올린 파일은 바뀌지 않아서 정해 둔 때에 보내지 않아요."}
		}
		if sub := r.made("매일 9시에 보내줘", desk.About{Text: "합계", Analyst: "files-1"}); sub != nil {
			t.Errorf("made %+v", sub)
		}
		r.reads("refused", "올린 파일은")
	})
}

func TestAlertsTellOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		sub := r.made("어제 주문 수가 0보다 많으면 나에게 알려줘", desk.About{})
		if sub == nil {
			t.Fatalf("made nothing: %s", r.said.Text)
		}
		r.reads("the alert", "매일 09:00", "어제 주문 수", "조건에 들어설 때 한 번만")
		pass(4 * 24 * time.Hour)
		if got := r.posted.in(minji.ID); len(got) != 1 {
			t.Errorf("told %q", got)
		}
	})
}

func TestWhoHasLeftAndWhatIsArchived(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		r.made("매일 9시에 어제 매출 보내줘", desk.About{})
		r.posted.refuse(&bot.Error{Code: bot.CodeGone})
		pass(25 * time.Hour)
		r.order(minji, desk.Order{Text: "구독 목록", List: true})
		r.reads("an archived channel", "멈춤", "채널이 보관되었거나")
		if told := r.posted.in(minji.ID); len(told) == 0 || !strings.Contains(told[0], "채널이 보관") {
			t.Errorf("the owner was told %q", told)
		}
		r.posted.refuse(nil)
		r.press(minji, "설정", map[string]string{"do": "resume"})
		r.reads("mended", "다시 시작해요")
		r.leave("U1", true)
		pass(48 * time.Hour)
		if got := r.posted.in(sales.Channel); len(got) != 0 {
			t.Errorf("one who left has %q sent", got)
		}
		r.leave("U1", false)
		r.order(minji, desk.Order{Text: "구독 목록", List: true})
		r.reads("an owner who left", "담당자가 회사를 떠났어요")
	})
}

func TestALongList(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		for i := range 40 {
			r.order(minji, desk.Order{Text: fmt.Sprintf("매일 9시에 %d번 매출 보내줘", i)})
		}
		r.order(minji, desk.Order{Text: "구독 목록", List: true})
		r.reads("forty", "40개", "외 25개")
		if len(r.said.Buttons) > 5 {
			t.Errorf("%d buttons", len(r.said.Buttons))
		}
		if labels := map[string]bool{}; true {
			for _, b := range r.said.Buttons {
				if labels[b.Label] {
					t.Errorf("two buttons are called %q", b.Label)
				}
				labels[b.Label] = true
			}
		}
	})
}
