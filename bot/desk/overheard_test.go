package desk_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

// knows answers what has to do with sales, and understands nothing else.
func knows() analyst {
	return func(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		if strings.Contains(q.Text, "매출") || strings.Contains(q.Text, "서울") {
			return says("답")(ctx, q, step)
		}
		return &agent.Answer{Rung: agent.None, Reason: agent.ReasonUnknown, Language: q.Language, Text: "그건 없어요"}, nil
	}
}

func by(user string, ev bot.Event) bot.Event {
	ev.User.ID, ev.Addressed = user, false
	return ev
}

// TestPeopleTalkBelowAnAnswer has two people talk in a thread of ours: what is said to
// somebody else or has no words is not taken, and to what is not plainly a question
// something is said only when it can be answered.
func TestPeopleTalkBelowAnAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, knows(), 1)
	b.ended(t, b.handle(t, message("1", "t1", "지난달 매출")).Question)
	for i, text := range []string{"@junho 이 매출 어때?", "ㅋㅋㅋ", "👍", "https://example.com/매출", "…"} {
		if r := b.handle(t, by("junho", message("none"+string(rune('a'+i)), "t1", text))); r.Question != "" {
			t.Errorf("%q became a question", text)
		}
	}
	for i, text := range []string{"고마워요!", "네 확인했습니다", "와 대박", "nice work"} {
		r := b.handle(t, by("junho", message("talk"+string(rune('a'+i)), "t1", text)))
		if s := b.ended(t, r.Question); s.State != store.Done {
			t.Errorf("%q ended as %s", text, s.State)
		}
	}
	if shown := b.platform.in(inThread("t1")); len(shown) != 1 {
		t.Fatalf("%d messages are shown, want the answer alone: %+v", len(shown), shown)
	}
	// "지난달 서울 매출" asks nothing by its form, and is understood.
	for i, text := range []string{"지난달 서울 매출", "이직률은?", "이직률 보여줘"} {
		b.ended(t, b.handle(t, by("junho", message("asked"+string(rune('a'+i)), "t1", text))).Question)
		if shown := b.platform.in(inThread("t1")); len(shown) != i+2 {
			t.Errorf("after %q %d messages are shown, want %d", text, len(shown), i+2)
		}
	}
}

// TestWhoeverIsAloneWithUsIsAnswered follows up in a thread that nobody else spoke in.
func TestWhoeverIsAloneWithUsIsAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t, knows(), 1)
	asked := message("1", "t1", "지난달 매출")
	asked.Message = "t1"
	b.ended(t, b.handle(t, asked).Question)
	b.ended(t, b.handle(t, by("minji", message("2", "t1", "이직률 현황"))).Question)
	if shown := b.platform.in(inThread("t1")); len(shown) != 2 || shown[1].Kind != bot.KindRefusal {
		t.Errorf("shown %+v", shown)
	}
}

// TestWhatIsOverheardNeedsNoModel looks at what the analyst may use.
func TestWhatIsOverheardNeedsNoModel(t *testing.T) {
	t.Parallel()
	rungs := make(chan []agent.Rung, 2)
	b := setup(t, analyst(func(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		rungs <- q.Rungs
		return knows()(ctx, q, step)
	}), 1, func(c *desk.Config) { c.Model = true })
	b.ended(t, b.handle(t, message("1", "t1", "지난달 매출")).Question)
	<-rungs
	b.ended(t, b.handle(t, by("junho", message("2", "t1", "네 확인했습니다"))).Question)
	for _, r := range <-rungs {
		if r == agent.Think {
			t.Error("the model would be asked about what people say to each other")
		}
	}
}

// TestAnEditOfASignIsNotSpokenOf changes an answered question by a mark.
func TestAnEditOfASignIsNotSpokenOf(t *testing.T) {
	t.Parallel()
	b := setup(t, says("x"), 1)
	asked := message("1", "t1", "지난달 매출")
	b.ended(t, b.handle(t, asked).Question)
	b.handle(t, edit("2", asked, "지난달  매출!"))
	b.ended(t, b.handle(t, message("3", "t2", "지난달 매출")).Question)
	if shown := b.platform.in(inThread("t1")); len(shown) != 1 {
		t.Errorf("%d messages are shown, want the answer alone", len(shown))
	}
}

// TestADeletedQuestionIsNotSpokenOf deletes what is being answered, whose thread is gone
// with it: nobody is told that it stopped.
func TestADeletedQuestionIsNotSpokenOf(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	b := setup(t, analyst(func(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		if q.Text != "지난달 매출" {
			return knows()(ctx, q, step)
		}
		close(began)
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}), 1)
	b.platform.mu.Lock()
	b.platform.refuse = func(m bot.Message) error {
		if m.Kind == bot.KindProgress {
			return &bot.Error{Code: bot.CodeGone, Reason: "thread_not_found"}
		}
		return nil
	}
	b.platform.mu.Unlock()
	asked := message("1", "t1", "지난달 매출")
	id := b.handle(t, asked).Question
	<-began
	asked.ID, asked.Kind = "2", bot.EventDelete
	b.handle(t, asked)
	if s := b.ended(t, id); s.State != store.Cancelled {
		t.Errorf("ended as %s", s.State)
	}
	b.ended(t, b.handle(t, message("3", "t2", "서울 매출")).Question) // the one worker is done with the first
	if shown := b.platform.in(inThread("t1")); len(shown) != 0 {
		t.Errorf("shown %+v", shown)
	}
}
