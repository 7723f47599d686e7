package desk_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

// alone asks a question in a conversation with us.
func (b *bundle) alone(t *testing.T, id, text string) *desk.Status {
	t.Helper()
	ev := message(id, "", text)
	ev.Thread = direct("minji")
	return b.ended(t, b.handle(t, ev).Question)
}

func inChannel(name string) func(bot.Thread) bool {
	return func(t bot.Thread) bool { return t.Channel == name }
}

func TestAnAnswerIsShared(t *testing.T) {
	t.Parallel()
	before := make(chan []agent.Turn, 3)
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		before <- q.Before
		return &agent.Answer{Rung: agent.Compose, Analyst: "sales", Text: "매출 3억", Plan: &compose.Plan{Intent: compose.Trend}}, nil
	}), 1)
	asked := b.alone(t, "1", "지난달 **매출**")
	<-before
	if m := b.platform.wait(t, kind(bot.KindAnswer)); m.Buttons[len(m.Buttons)-1].Action != bot.ActionShare {
		t.Errorf("nothing to share with: %+v", m.Buttons)
	}
	ev := press("2", "", asked.ID, bot.ActionShare, "marketing")
	ev.Thread, ev.User.Name = asked.Thread, "민*지*"
	r := b.handle(t, ev)
	if again := b.handle(t, ev); !again.Duplicate || again.Question != r.Question {
		t.Errorf("shared again: %+v", again)
	}
	s := b.ended(t, r.Question)
	got := b.platform.in(inChannel("marketing"))
	if len(got) != 1 || got[0].Kind != bot.KindAnswer || !strings.HasPrefix(got[0].Text, `민\*지\*님이 공유한 답이에요 · 지난달 \*\*매출\*\*`) || !strings.HasSuffix(got[0].Text, "매출 3억") {
		t.Fatalf("the channel shows %+v", got)
	}
	// What is said under it goes on from it.
	follow := message("3", s.Thread.ID, "그럼 작년은?")
	follow.Thread, follow.Addressed, follow.User.ID = s.Thread, false, "junho"
	if q := b.handle(t, follow).Question; q == "" {
		t.Fatal("a follow-up to a shared answer was not taken")
	} else if b.ended(t, q); true {
		if turns := <-before; len(turns) != 1 || turns[0].Plan == nil || turns[0].Analyst != "sales" {
			t.Errorf("the follow-up saw %+v", turns)
		}
	}
}

func TestWhatCannotBeShared(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	b := setup(t, analyst(func(ctx context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		if q.Text == "slow" {
			select {
			case <-gate:
			case <-ctx.Done():
			}
		}
		return &agent.Answer{Rung: agent.Compose, Text: "secret"}, nil
	}), 2)
	asked := b.alone(t, "1", "x")
	slow := b.handle(t, message("2", "t2", "slow"))
	for i, c := range []struct{ question, user, channel, want string }{
		{asked.ID, "junho", "marketing", "물어본 사람만"},
		{asked.ID, "minji", " ", "아직 없어요"},
		{slow.Question, "minji", "marketing", "아직 답이 나오지"},
		{"nope", "minji", "marketing", "갖고 있지 않아요"},
	} {
		ev := press(string(rune('a'+i)), "other", c.question, bot.ActionShare, c.channel)
		ev.User.ID = c.user
		r := b.handle(t, ev)
		b.ended(t, r.Question)
		if m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == r.Question }); !strings.Contains(m.Text, c.want) {
			t.Errorf("%+v: said %q", c, m.Text)
		}
	}
	// A channel that does not take it: who shared hears of that. What is for somebody, a
	// driver would bring there instead.
	b.platform.refusing(bot.CodeDenied, func(m bot.Message) bool { return strings.Contains(m.Text, "shared") && m.For == "" })
	ev := press("z", "", asked.ID, bot.ActionShare, "closed")
	ev.Thread = asked.Thread
	b.ended(t, b.handle(t, ev).Question)
	b.platform.wait(t, func(m bot.Message) bool { return strings.Contains(m.Text, "초대한 뒤") })
	if got := b.platform.in(inChannel("marketing")); len(got) > 0 {
		t.Errorf("shared all the same: %+v", got)
	}
	close(gate)
	b.ended(t, slow.Question)
}

// TestStrangersTakeNoAnswerWithThem has a guest of the channel press what shows an answer
// elsewhere.
func TestStrangersTakeNoAnswerWithThem(t *testing.T) {
	t.Parallel()
	b := setup(t, says("secret"), 1, func(c *desk.Config) {
		c.People = map[string]bot.Directory{"test": people(func(user string) (bot.Person, error) {
			if user == "guest" {
				return bot.Person{Standing: bot.Guest}, nil
			}
			return bot.Person{Standing: bot.Member}, nil
		})}
	})
	asked := b.handle(t, message("1", "t1", "지난달 매출")).Question
	b.ended(t, asked)
	for _, action := range []string{bot.ActionShare, bot.ActionNotify, bot.ActionRetry} {
		ev := press(action, "t1", asked, action, "marketing")
		ev.User.ID = "guest"
		b.handle(t, ev)
	}
	shown := func() []bot.Message {
		return append(b.platform.in(onlyTo("guest")), b.platform.in(withUser("guest"))...)
	}
	for len(shown()) < 3 {
		<-b.platform.changed
	}
	for _, m := range shown() {
		if !strings.Contains(m.Text, "게스트") || strings.Contains(m.Text, "secret") || strings.Contains(m.Text, "매출") {
			t.Errorf("the guest is told %q", m.Text)
		}
	}
	for _, m := range b.platform.in(inChannel("marketing")) {
		if m.For != "guest" || strings.Contains(m.Text, "secret") {
			t.Errorf("the channel shows %+v", m)
		}
	}
}

func TestWhoWaitsIsToldDirectly(t *testing.T) {
	t.Parallel()
	begun, gate := make(chan struct{}, 2), make(chan struct{})
	b := setup(t, analyst(func(ctx context.Context, _ agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		begun <- struct{}{}
		<-gate
		return &agent.Answer{Rung: agent.Compose, Text: "매출 3억"}, nil
	}), 1)
	id := b.handle(t, message("1", "t1", "지난달 매출")).Question
	<-begun
	for _, press := range []bot.Event{press("2", "t1", id, bot.ActionNotify, ""), press("3", "t1", id, bot.ActionNotify, "")} {
		b.handle(t, press)
	}
	close(gate)
	b.ended(t, id)
	late := press("4", "t1", id, bot.ActionNotify, "")
	late.User.ID = "junho" // there is nothing left to wait for
	b.handle(t, late)
	for _, user := range []string{"minji", "junho"} {
		b.platform.wait(t, func(m bot.Message) bool { return m.For == user && strings.Contains(m.Text, "기다리던 답") })
		if got := b.platform.in(withUser(user)); len(got) != 1 || !strings.HasSuffix(got[0].Text, "매출 3억") {
			t.Errorf("%s is told %+v", user, got)
		}
	}
	if got := b.platform.in(inThread("t1")); len(got) != 1 {
		t.Errorf("the thread shows %d messages", len(got))
	}
}

func TestTheOpenQuestionsOfAThreadAreCancelled(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 0)
	mine, mine2 := b.handle(t, message("1", "t1", "a")).Question, b.handle(t, message("2", "t1", "b")).Question
	elsewhere := b.handle(t, message("3", "t2", "c")).Question
	theirs := message("4", "t1", "d")
	theirs.User.ID = "junho"
	other := b.handle(t, theirs).Question
	b.handle(t, press("5", "t1", "", bot.ActionCancel, ""))
	for id, want := range map[string]store.State{mine: store.Cancelled, mine2: store.Cancelled, elsewhere: store.Queued, other: store.Queued} {
		if s, err := b.desk.Status(t.Context(), id); err != nil || s.State != want {
			t.Errorf("%s is %s, want %s, %v", s.Text, s.State, want, err)
		}
	}
}
