package desk_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

var waitingStep = agent.Step{Text: "waiting", Ahead: 31, Wait: 4 * time.Minute, Offers: []string{"지난달 지역별 매출"}}

func busyModel(c *desk.Config) {
	c.Model = true
	c.ModelLoad = func() desk.ModelLoad { return desk.ModelLoad{Waiting: 31, PerMinute: 100} }
}

// TestWaitingForTheModelIsSaid offers what can be done instead, and what is offered does
// not wait behind the question.
func TestWaitingForTheModelIsSaid(t *testing.T) {
	t.Parallel()
	turn := make(chan struct{})
	b := setup(t, analyst(func(_ context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		if q.Rungs != nil {
			return &agent.Answer{Rung: agent.Compose, Text: "at once", Language: "ko"}, nil
		}
		step(waitingStep)
		<-turn
		return &agent.Answer{Rung: agent.Think, Text: "late", Language: "ko"}, nil
	}), 2, busyModel)
	asked := b.handle(t, message("1", "t1", "왜 줄었어?")).Question
	m := b.platform.wait(t, func(m bot.Message) bool { return len(m.Suggestions) > 0 })
	if m.Text != "모델이 한도(분당 100회)까지 쓰이고 있어요. 앞에 31건, 약 4분." || m.Progress.Ahead != 31 {
		t.Errorf("said %q, %+v", m.Text, m.Progress)
	}
	if len(m.Buttons) != 2 || m.Buttons[0].Action != bot.ActionCancel || m.Buttons[1].Action != bot.ActionNotify {
		t.Errorf("buttons %+v", m.Buttons)
	}
	offered := b.handle(t, press("2", "t1", asked, bot.ActionAsk, m.Suggestions[0])).Question
	if s := b.ended(t, offered); s.Answer.Text != "at once" {
		t.Errorf("the offer is answered by %+v", s.Answer)
	}
	close(turn)
	b.ended(t, asked)
	if s := b.platform.in(inThread("t1")); len(s) != 2 || s[0].Text != "late" || s[0].Kind != bot.KindAnswer {
		t.Errorf("shown %+v", s)
	}
}

// TestFirstWhatIsSureThenTheModel shows two messages: the one that waited becomes what
// could be answered, the second what the model said. Told twice, the first is shown once.
func TestFirstWhatIsSureThenTheModel(t *testing.T) {
	t.Parallel()
	turn := make(chan struct{})
	b := setup(t, analyst(func(_ context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		step(waitingStep)
		first := &agent.Answer{Question: "지난달 매출", Rung: agent.Compose, Text: "매출 3억", Language: "ko", Analyst: "sales", Results: []agent.Result{{Name: "r1", Source: "shop"}}}
		step(agent.Step{Meanwhile: first})
		step(agent.Step{Meanwhile: first})
		<-turn
		return &agent.Answer{Rung: agent.Think, Text: "모델의 답", Language: "ko"}, nil
	}), 1, busyModel)
	asked := b.handle(t, message("1", "t1", "지난달 매출을 시로 써 줘")).Question
	b.platform.wait(t, func(m bot.Message) bool { return m.Kind == bot.KindProgress && m.Key != asked })
	shown := b.platform.in(inThread("t1"))
	if len(shown) != 2 || shown[0].Kind != bot.KindAnswer || !strings.Contains(shown[0].Text, "**지난달 매출**") || !strings.HasSuffix(shown[0].Text, "매출 3억") || shown[0].Origin.Label != "정의된 지표" {
		t.Fatalf("meanwhile %+v", shown)
	}
	if shown[0].Question == asked || !strings.Contains(shown[1].Text, "앞에 31건") || len(shown[1].Suggestions) > 0 {
		t.Errorf("the first is of %s, the second says %q", shown[0].Question, shown[1].Text)
	}
	if slices.ContainsFunc(shown[0].Buttons, func(b bot.Button) bool { return b.Action == bot.ActionModel }) {
		t.Error("the model that is being asked can be asked")
	}
	// What is pressed under the first is about the first.
	b.handle(t, press("2", "t1", shown[0].Question, bot.ActionGood, ""))
	if list, err := b.desk.FeedbackOn(t.Context(), shown[0].Question); err != nil || len(list) != 1 {
		t.Errorf("feedback %+v, %v", list, err)
	}
	close(turn)
	b.ended(t, asked)
	shown = b.platform.in(inThread("t1"))
	if len(shown) != 2 || !strings.HasSuffix(shown[0].Text, "매출 3억") || shown[1].Text != "모델의 답" || shown[1].Question != asked {
		t.Errorf("in the end %+v", shown)
	}
}

// TestAFollowUpKnowsBothAnswers, and a question that is stopped leaves the first.
func TestAFollowUpKnowsBothAnswers(t *testing.T) {
	t.Parallel()
	begun, before := make(chan struct{}, 1), make(chan []agent.Turn, 1)
	b := setup(t, analyst(func(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		if q.Text == "그럼 작년은?" {
			before <- q.Before
			return &agent.Answer{Rung: agent.Compose, Text: "x"}, nil
		}
		step(waitingStep)
		step(agent.Step{Meanwhile: &agent.Answer{Question: "지난달 매출", Rung: agent.Compose, Text: "매출 3억"}})
		begun <- struct{}{}
		if q.Text == "stopped" {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return &agent.Answer{Rung: agent.Think, Text: "모델의 답"}, nil
	}), 1, busyModel)
	for text, want := range map[string][]string{"stopped": {"지난달 매출"}, "answered": {"지난달 매출", "answered"}} {
		asked := b.handle(t, message(text, text, text)).Question
		<-begun
		if text == "stopped" {
			b.handle(t, press("stop", text, asked, bot.ActionCancel, ""))
		}
		b.ended(t, asked)
		b.ended(t, b.handle(t, message(text+"2", text, "그럼 작년은?")).Question)
		var got []string
		for _, turn := range <-before {
			got = append(got, turn.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the follow-up saw %q, want %q", text, got, want)
		}
	}
}

// TestTheFirstAnswerSurvivesItsWorker runs the question again after its worker died: in
// the same two messages, although the next run waits no more.
func TestTheFirstAnswerSurvivesItsWorker(t *testing.T) {
	t.Parallel()
	runs := 0
	b := setup(t, analyst(func(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		runs++
		if runs == 1 {
			step(waitingStep)
			step(agent.Step{Meanwhile: &agent.Answer{Question: "지난달 매출", Rung: agent.Compose, Text: "매출 3억", Language: "ko"}})
			panic("the worker is gone")
		}
		return &agent.Answer{Rung: agent.Think, Text: "모델의 답", Language: "ko"}, nil
	}), 1, busyModel)
	asked := b.handle(t, message("1", "t1", "지난달 매출을 시로 써 줘")).Question
	if s := b.ended(t, asked); s.State != store.Done || runs != 2 {
		t.Fatalf("ended as %s after %d runs", s.State, runs)
	}
	if s := b.platform.in(inThread("t1")); len(s) != 2 || !strings.HasSuffix(s[0].Text, "매출 3억") || s[1].Text != "모델의 답" {
		t.Errorf("shown %+v", s)
	}
}

// TestAWaitIsOneStep: programs read the steps, and a place in a line is not one for each
// time that it was told.
func TestAWaitIsOneStep(t *testing.T) {
	t.Parallel()
	turn := make(chan int)
	b := setup(t, analyst(func(_ context.Context, _ agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		step(agent.Step{Text: "asking"})
		for ahead := range turn {
			step(agent.Step{Text: "waiting", Ahead: ahead, Wait: time.Minute})
		}
		return &agent.Answer{Rung: agent.Think, Text: "late", Language: "ko"}, nil
	}), 1, busyModel)
	asked := b.handle(t, message("1", "t1", "왜 줄었어?")).Question
	for _, ahead := range []int{3, 2, 1} {
		turn <- ahead
		changed := b.desk.Watch(t.Context(), asked)
		for {
			s, err := b.desk.Status(t.Context(), asked)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(s.Steps); n > 0 && s.Steps[n-1].Ahead == ahead {
				if n != 2 || s.Ahead != ahead || s.ETA <= 0 {
					t.Errorf("with %d ahead there are %d steps: %+v", ahead, n, s.Steps)
				}
				break
			}
			<-changed
		}
	}
	close(turn)
	b.ended(t, asked)
}

// TestWhatFollowsWaitsAsLong is told so, and not a second.
func TestWhatFollowsWaitsAsLong(t *testing.T) {
	t.Parallel()
	turn := make(chan struct{})
	b := setup(t, analyst(func(_ context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		if q.Text == "왜 줄었어?" {
			step(waitingStep)
			<-turn
		}
		return &agent.Answer{Rung: agent.Think, Text: "late", Language: "ko"}, nil
	}), 2, busyModel)
	asked := b.handle(t, message("1", "t1", "왜 줄었어?")).Question
	b.platform.wait(t, func(m bot.Message) bool { return len(m.Suggestions) > 0 })
	next := b.handle(t, message("2", "t1", "그럼 작년은?")).Question
	m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == next })
	if m.Text != "접수했어요 · 앞 질문이 끝나면 이어서 답해요, 약 4분" {
		t.Errorf("said %q", m.Text)
	}
	if s, err := b.desk.Status(t.Context(), next); err != nil || s.ETA < 3*time.Minute {
		t.Errorf("a program hears of %s, %v", s.ETA, err)
	}
	close(turn)
	for _, id := range []string{asked, next} {
		b.ended(t, id)
	}
	if s, err := b.desk.Status(t.Context(), next); err != nil || s.ETA != 0 {
		t.Errorf("in the end %s, %v", s.ETA, err)
	}
}

// toldBy is a fleet of which this process knows what another tells.
type toldBy struct{ worker *desk.Desk }

func (toldBy) ID() string               { return "chat" }
func (toldBy) Mine(string, string) bool { return true }

func (f toldBy) Pace(mailbox string) (average time.Duration, slots int, turn time.Time) {
	average, slots = f.worker.Pace()
	if left, waits := f.worker.Turns()[mailbox]; waits {
		turn = time.Now().Add(left)
	}
	return average, slots, turn
}

// TestWhatFollowsWaitsAsLongElsewhere asks of a process that works nothing: it tells of the
// same wait as the one that does.
func TestWhatFollowsWaitsAsLongElsewhere(t *testing.T) {
	t.Parallel()
	turn := make(chan struct{})
	b := setup(t, analyst(func(_ context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		if q.Text == "왜 줄었어?" {
			step(waitingStep)
			<-turn
		}
		return &agent.Answer{Rung: agent.Think, Text: "late", Language: "ko"}, nil
	}), 2, busyModel)
	chat, err := desk.New(desk.Config{
		Store: b.store, Queue: b.store, Agent: analyst(nil), Posters: map[string]bot.Poster{"test": b.platform}, Logger: slog.New(slog.DiscardHandler),
		Elsewhere: true, Fleet: toldBy{b.desk}, Model: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	asked := b.handle(t, message("1", "t1", "왜 줄었어?")).Question
	b.platform.wait(t, func(m bot.Message) bool { return len(m.Suggestions) > 0 })
	next := b.handle(t, message("2", "t1", "그럼 작년은?")).Question
	here, err := b.desk.Status(t.Context(), next)
	there, other := chat.Status(t.Context(), next)
	if err != nil || other != nil || there.ETA < 3*time.Minute || (there.ETA-here.ETA).Abs() > 5*time.Second {
		t.Errorf("who works tells of %s, who does not of %s: %v %v", here.ETA, there.ETA, err, other)
	}
	close(turn)
	for _, id := range []string{asked, next} {
		b.ended(t, id)
	}
	if len(b.desk.Turns()) != 0 {
		t.Errorf("in the end they wait: %v", b.desk.Turns())
	}
}
