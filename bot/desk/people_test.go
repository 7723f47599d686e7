package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

// people knows who is who by a function.
type people func(user string) (bot.Person, error)

func (p people) Person(_ context.Context, _ bot.Thread, u bot.User) (bot.Person, error) {
	return p(u.ID)
}

func TestStrangersAreRefusedAlone(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		asked.Add(1)
		return &agent.Answer{Rung: agent.Compose, Text: q.Asker}, nil
	}), 2, func(c *desk.Config) {
		c.People = map[string]bot.Directory{"test": people(func(user string) (bot.Person, error) {
			if user == "nobody" {
				return bot.Person{}, &bot.Error{Code: bot.CodeGone, Method: "users.info", Reason: "user_not_found", Err: errors.New("gone")}
			}
			return bot.Person{Name: "Pat", Standing: bot.Standing(user), Email: user + "@shop.example", Locale: "en-US"}, nil
		})}
	})
	for user, want := range map[string]string{
		string(bot.Guest): "게스트", string(bot.External): "다른 회사", string(bot.Robot): "앱", string(bot.Left): "구성원의 질문에만", "nobody": "구성원의 질문에만",
	} {
		ev := message(user, "t-"+user, "지난달 매출")
		ev.User = bot.User{ID: user}
		s := b.ended(t, b.handle(t, ev).Question)
		if s.State != store.Done || !strings.Contains(s.Answer.Text, want) {
			t.Errorf("%s: %s, %+v", user, s.State, s.Answer)
		}
		if got := b.platform.in(onlyTo(user)); len(got) != 1 || got[0].Kind != bot.KindRefusal || len(got[0].Buttons) > 0 {
			t.Errorf("%s is shown %+v alone", user, got)
		}
	}
	for _, m := range b.platform.in(onlyTo("")) {
		t.Errorf("everybody sees %+v", m)
	}
	if asked.Load() != 0 {
		t.Errorf("%d strangers reached the analyst", asked.Load())
	}
}

func TestMembersAreKnownByTheirAddress(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	down := true
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		return &agent.Answer{Rung: agent.Compose, Text: q.Asker}, nil
	}), 1, func(c *desk.Config) {
		c.People = map[string]bot.Directory{"test": people(func(user string) (bot.Person, error) {
			mu.Lock()
			defer mu.Unlock()
			if user == "U1" && down {
				down = false
				return bot.Person{}, &bot.Error{Code: bot.CodeUnavailable, Method: "users.info", Reason: "ratelimited", Err: errors.New("later")}
			}
			return bot.Person{Name: "민지", Standing: bot.Member, Email: map[string]string{"U1": "minji@shop.example"}[user], Locale: "ko-KR"}, nil
		})}
		c.Admit = func(_ string, p bot.Person) bool { return p.Name == "민지" }
	})
	for user, want := range map[string]string{"U1": "minji@shop.example", "U2": "test:U2"} {
		ev := message(user, "t-"+user, "x")
		ev.User = bot.User{ID: user}
		s := b.ended(t, b.handle(t, ev).Question)
		if s.Answer == nil || s.Answer.Text != want || s.User.Name != "민지" || s.User.Locale != "ko-KR" {
			t.Errorf("%s: asked by %+v, as %+v", user, s.Answer, s.User)
		}
	}
}

func command(id, user, text string) bot.Event {
	return bot.Event{
		ID: id, Kind: bot.EventCommand, Thread: bot.Thread{Platform: "test", Channel: "general", Only: user},
		Text: text, User: bot.User{ID: user, Locale: "ko-KR"},
	}
}

func TestCommandsAreAnsweredAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1, func(c *desk.Config) {
		c.ModelLoad = func() desk.ModelLoad { return desk.ModelLoad{Waiting: 31, PerMinute: 100} }
	})
	for _, c := range []struct{ locale, text, want string }{
		{"ko-KR", "", "상태"}, {"ko-KR", "help", "`상태`"}, {"en-US", "help", "`status`"}, {"en-US", "도움말", "`분석가`"}, {"", "help", "`status`"},
		{"en-US", "ask", "What would you like to ask"}, {"ko-KR", "ask", "무엇을 물어볼까요"}, {"ko-KR", "질문", "무엇을 물어볼까요"},
		{"en-US", "analysts", "**판매 현황** (sales) — 주문과 매출 · owner 김하나"}, {"ko-KR", "분석가", "담당 김하나"}, {"ko-KR", "상태", "31건이 차례를"},
		{"en-US", "staus<@U1>*x*", "There is no command ‘staus"}, {"ko-KR", "staus", "‘staus’라는 명령은"},
	} {
		ev := command("c-"+c.locale+c.text, "minji", c.text)
		ev.User.Locale = c.locale
		r := b.handle(t, ev)
		b.ended(t, r.Question)
		m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == r.Question })
		if m.Kind != bot.KindNotice || !strings.Contains(m.Text, c.want) || len(m.Buttons) > 0 {
			t.Errorf("%q: said %+v, want %q", c.text, m, c.want)
		}
		if again := b.handle(t, ev); !again.Duplicate {
			t.Errorf("%q was taken twice", c.text)
		}
	}
	if got := b.platform.in(onlyTo("minji")); len(got) != 13 || len(got) != b.platform.posts {
		t.Errorf("%d messages for the person alone, of %d", len(got), b.platform.posts)
	}
}

// What a guest asks by a command is refused where the answer would be, and nowhere else.
func TestStrangersAreRefusedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, says("a secret"), 1, func(c *desk.Config) {
		c.People = map[string]bot.Directory{"test": people(func(string) (bot.Person, error) { return bot.Person{Standing: bot.Guest}, nil })}
	})
	r := b.handle(t, command("c-1", "guest", "지난달 매출 보여줘"))
	b.ended(t, r.Question)
	b.platform.wait(t, func(m bot.Message) bool { return m.Kind == bot.KindRefusal })
	b.platform.wait(t, func(m bot.Message) bool { return m.Kind == bot.KindNotice })
	refusals := 0
	for _, m := range append(b.platform.in(onlyTo("guest")), b.platform.in(withUser("guest"))...) {
		if strings.Contains(m.Text, "게스트 계정") {
			refusals++
		}
		if strings.Contains(m.Text, "secret") {
			t.Errorf("the guest is told %q", m.Text)
		}
	}
	if refusals != 1 {
		t.Errorf("the guest is refused %d times", refusals)
	}
}

func TestTheCalendarCommand(t *testing.T) {
	t.Parallel()
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	b := setup(t, says("x"), 1, func(c *desk.Config) {
		c.Now = func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }
		c.Calendar = func(_ context.Context, from, to time.Time, language string) ([]agent.Happening, error) {
			if !from.Equal(day(11, 22)) || !to.Equal(time.Date(2027, 1, 3, 0, 0, 0, 0, time.UTC)) || language != "ko" {
				t.Errorf("asked for %s…%s in %s", from, to, language)
			}
			on := func(name, start, end string, days int, status calendar.Status) agent.Happening {
				return agent.Happening{Name: name, Start: start, End: end, Days: days, Status: status}
			}
			return []agent.Happening{
				on("광군제 *기간*", "2026-11-01", "2026-11-30", -21, calendar.Confirmed), on("김치의 날", "2026-11-22", "2026-11-22", 0, calendar.Confirmed),
				on("블랙프라이데이", "2026-11-27", "2026-11-27", 5, calendar.Confirmed), on("페스타", "2026-12-10", "2026-12-20", 18, calendar.Estimated),
			}, nil
		}
	})
	r := b.handle(t, command("c", "minji", "일정"))
	m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == r.Question })
	want := []string{
		"sure 11/1–11/30 **광군제 \\*기간\\*** (확정) · 진행 중", "sure 11/22 일 **김치의 날** (확정) · 오늘",
		"sure 11/27 금 **블랙프라이데이** (확정) · D-5", "unsure 12/10–12/20 **페스타** (예상) · D-18",
	}
	var got []string
	for _, s := range m.Sections {
		for _, l := range s.Lines {
			got = append(got, fmt.Sprintf("%s %s %s", l.Mark, l.When, l.Text))
		}
	}
	if m.Text != "앞으로 6주 일정이에요." || !slices.Equal(got, want) {
		t.Errorf("said %q: %q", m.Text, got)
	}
}

// TestACommandMayBeTheQuestionItself leaves out the word "ask", as most people do.
func TestACommandMayBeTheQuestionItself(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"지난달 매출", "매출", "revenue last month", "ask revenue last month", "ask\nrevenue last month"} {
		b := setup(t, says("x"), 1)
		r := b.handle(t, command("c", "minji", text))
		if q := b.ended(t, r.Question); "ask "+q.Text != strings.ReplaceAll(text, "\n", " ") && q.Text != text || !q.Thread.Direct {
			t.Errorf("%q: asked %q in %+v", text, q.Text, q.Thread)
		}
	}
}

// TestACommandDoesNotWaitForTheQueue asks for the status while every worker is busy.
func TestACommandDoesNotWaitForTheQueue(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	b := setup(t, analyst(func(ctx context.Context, _ agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return &agent.Answer{Rung: agent.Compose, Text: "x"}, nil
	}), 1)
	running := b.handle(t, message("1", "t1", "지난달 매출"))
	b.handle(t, message("2", "t2", "지난달 주문 수"))
	b.platform.wait(t, func(m bot.Message) bool { return m.Question == running.Question })
	b.handle(t, command("3", "minji", "상태"))
	m := b.platform.wait(t, func(m bot.Message) bool { return m.Kind == bot.KindNotice })
	for _, want := range []string{"질문이 2개", "지난달 매출 — ", "지난달 주문 수 — ", "모두 합쳐 2건"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("status %q lacks %q", m.Text, want)
		}
	}
	other := command("4", "somebody", "status")
	other.User.Locale = "en-US"
	b.handle(t, other)
	b.platform.wait(t, func(m bot.Message) bool { return strings.Contains(m.Text, "None of your questions") })
	close(release)
	b.ended(t, running.Question)
}

// TestStatusSaysWhatIsNotThere and why, as far as anybody may read it, in both languages.
func TestStatusSaysWhatIsNotThere(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1, func(c *desk.Config) {
		c.Missing = func() []desk.Missing {
			return []desk.Missing{
				{Kind: desk.MissingSource, Name: "shop", Ko: "데이터베이스 ‘shop’를 열 수 없어요.", En: "The database ‘shop’ cannot be opened.", Reason: "at /etc/secret", WhyKo: "로그인을 *받아* 주지 않아요.", WhyEn: "It does not *accept* the login."},
				{Kind: desk.MissingAnalyst, Name: "sales", Ko: "분석가 ‘sales’는 지금 쉬어요.", En: "The analyst ‘sales’ cannot answer.", Reason: "model.yaml:3"},
			}
		}
	})
	b.handle(t, command("1", "minji", "상태"))
	other := command("2", "somebody", "status")
	other.User.Locale = "en-US"
	b.handle(t, other)
	for _, want := range []string{
		"데이터베이스 ‘shop’를 열 수 없어요. 까닭: 로그인을 \\*받아\\* 주지 않아요.\n분석가 ‘sales’는 지금 쉬어요.",
		"The database ‘shop’ cannot be opened. Why: It does not \\*accept\\* the login.\nThe analyst ‘sales’ cannot answer.",
	} {
		m := b.platform.wait(t, func(m bot.Message) bool { return strings.Contains(m.Text, want) })
		if strings.Contains(m.Text, "secret") || strings.Contains(m.Text, "까닭:\n") || strings.HasSuffix(m.Text, "Why: ") {
			t.Errorf("it says %q", m.Text)
		}
	}
}

func TestAQuestionOfACommandIsAskedAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	r := b.handle(t, command("1", "minji", "질문 지난달 매출"))
	if again := b.handle(t, command("1", "minji", "질문 지난달 매출")); !again.Duplicate || again.Question != r.Question {
		t.Errorf("taken again: %+v", again)
	}
	s := b.ended(t, r.Question)
	if s.Text != "지난달 매출" || s.Thread.Channel != "D-minji" {
		t.Errorf("asked %q in %+v", s.Text, s.Thread)
	}
	b.platform.wait(t, func(m bot.Message) bool { return strings.Contains(m.Text, "DM으로 드릴게요") })
	if got := b.platform.in(withUser("minji")); len(got) != 1 || got[0].Kind != bot.KindAnswer {
		t.Errorf("in the conversation: %+v", got)
	}
}

// TestWhatIsOfferedToOnePersonIsAskedAlone presses a question under a reply that only one
// person sees: nothing can follow such a reply, and nobody else asked.
func TestWhatIsOfferedToOnePersonIsAskedAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	help := b.handle(t, command("1", "minji", "help"))
	b.ended(t, help.Question)
	r := b.handle(t, press("2", "", help.Question, bot.ActionAsk, "지난달 매출"))
	if s := b.ended(t, r.Question); s.Thread.Channel != "D-minji" || s.Answer.Text != "x: 지난달 매출" {
		t.Errorf("asked in %+v: %+v", s.Thread, s.Answer)
	}
	b.platform.wait(t, func(m bot.Message) bool { return strings.Contains(m.Text, "DM으로 드릴게요") })
	if got := b.platform.in(inChannel("general")); len(got) != 2 || len(got) != len(b.platform.in(onlyTo("minji"))) {
		t.Errorf("the channel shows %+v", got)
	}
}

// TestWhatPeopleShowEachOtherIsNotRead takes a table that is dropped where we were asked,
// but no picture, and nothing that is dropped in a thread of other people's.
func TestWhatPeopleShowEachOtherIsNotRead(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1, func(c *desk.Config) { c.Shelf, c.UploadDir = &shelf{}, t.TempDir() })
	for name, table := range map[string]bool{"점심.png": false, "회의록.docx": false, "매출.CSV": true, "logs.jsonl.gz": true} {
		for thread, ours := range map[string]bool{"ours-" + name: true, "theirs-" + name: false} {
			if ours {
				b.ended(t, b.handle(t, message("asked in "+thread, thread, "지난달 매출")).Question)
			}
			ev := message(name+thread, thread, "")
			ev.Files, ev.Addressed = []bot.File{file(name, "a\n1\n")}, false
			r := b.handle(t, ev)
			if (r.Question != "") != (table && ours) {
				t.Errorf("%s in %s became question %q", name, thread, r.Question)
			}
			if r.Question != "" {
				b.ended(t, r.Question)
			}
		}
	}
}

// TestCommandsInAConversation are words without a command's name, where nobody else is.
func TestCommandsInAConversation(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	for text, want := range map[string]string{
		"분석가 목록": "판매 현황", " 상태? ": "기다리는 질문이", "help": "`상태`", "주문 상태": "x: 주문 상태", "상태별 주문": "x: 상태별 주문",
	} {
		ev := message(text, text, text)
		ev.Thread.Direct = true
		if s := b.ended(t, b.handle(t, ev).Question); !strings.Contains(s.Answer.Text, want) {
			t.Errorf("%q: %q, want %q", text, s.Answer.Text, want)
		}
	}
	if s := b.ended(t, b.handle(t, message("9", "t9", "상태")).Question); s.Answer.Text != "x: 상태" {
		t.Errorf("in a channel: %q", s.Answer.Text)
	}
}
