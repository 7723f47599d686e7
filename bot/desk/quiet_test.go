package desk_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
)

// level is a state that a test changes.
type level struct{ atomic.Pointer[degrade.State] }

func levelled(s degrade.State) *level {
	l := &level{}
	l.Store(&s)
	return l
}

func (l *level) into(c *desk.Config) {
	c.Model, c.Degraded = true, func() degrade.State { return *l.Load() }
	c.ModelLoad = func() desk.ModelLoad { return desk.ModelLoad{Waiting: 300, PerMinute: 100, CallsEach: 2} }
}

var overfull = degrade.State{Level: degrade.NoModel, Refuses: true, Settles: time.Minute, Signals: degrade.Signals{Wait: 9 * time.Minute}}

// puttingOff is an analyst whose model has no time for anybody but those who wait until it
// is quiet.
func puttingOff(_ context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
	if !q.Background {
		return &agent.Answer{Rung: agent.None, Reason: agent.ReasonBusy, Text: "too many", Language: q.Language, Suggestions: []string{"지난달 매출"}}, nil
	}
	step(agent.Step{Text: "asking"})
	return &agent.Answer{Rung: agent.Think, Text: "late: " + q.Text, Language: q.Language}, nil
}

// TestAQuestionWaitsUntilItIsQuiet has questions kept that could not be answered: they are
// told their place, hold up nothing, and are answered when it is quiet, and told directly.
func TestAQuestionWaitsUntilItIsQuiet(t *testing.T) {
	t.Parallel()
	l := levelled(overfull)
	b := setup(t, analyst(puttingOff), 2, l.into)
	b.platform.in(func(bot.Thread) bool { return true })
	var kept []string
	for i, text := range []string{"왜 줄었어?", "왜 늘었어?"} {
		id := string(rune('1' + i))
		asked := b.handle(t, message(id, "t1", text)).Question
		b.ended(t, asked)
		m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == asked && m.Kind == bot.KindRefusal })
		if len(m.Buttons) != 2 || m.Buttons[0].Action != bot.ActionLater || m.Buttons[0].Label != "조용해지면 답해 주세요" || !m.Buttons[0].Primary {
			t.Errorf("offers %+v", m.Buttons)
		}
		once := press("later"+id, "t1", asked, bot.ActionLater, "")
		later := b.handle(t, once)
		if again := b.handle(t, once); again.Question != later.Question {
			t.Errorf("delivered twice it became %s and %s", later.Question, again.Question)
		}
		kept = append(kept, later.Question)
		if i == 0 {
			twice := b.handle(t, press("twice", "t1", asked, bot.ActionLater, ""))
			b.ended(t, twice.Question)
			b.platform.wait(t, func(m bot.Message) bool {
				return m.Question == twice.Question && strings.Contains(m.Text, "이미 맡아")
			})
		}
	}
	// 9 min of waiting, a minute until the level is down, and 1.2 s for the one before.
	for i, want := range []string{"조용해지면 바로 답해 드릴게요 · 약 10분\n", "조용해지면 답해 드릴게요 · 앞에 1건, 약 10분\n"} {
		m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == kept[i] && m.Kind == bot.KindProgress })
		if !strings.HasPrefix(m.Text, want) || !strings.Contains(m.Text, "DM으로") || m.Buttons[0].Label != "안 기다릴래요" {
			t.Errorf("says %q, %+v; want %q", m.Text, m.Buttons, want)
		}
	}
	if s, err := b.desk.Status(t.Context(), kept[1]); err != nil || s.State != store.Queued || s.Ahead != 1 || s.ETA < 9*time.Minute {
		t.Errorf("a program hears %+v, %v", s, err)
	}
	// Others of the thread are not held up.
	next := b.handle(t, message("3", "t1", "지난달 매출")).Question
	b.ended(t, next)

	status := b.handle(t, command("4", "minji", "상태")).Question
	b.ended(t, status)
	m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == status })
	if !strings.Contains(m.Text, "앞에 1건, 약 10분") || !strings.Contains(m.Text, "지금 많이 붐벼요. 모델이 필요한 새 질문은") {
		t.Errorf("status says %q", m.Text)
	}

	l.Store(&degrade.State{})
	for _, id := range kept {
		if s := b.ended(t, id); s.State != store.Done || s.Answer.Rung != agent.Think || !s.Later {
			t.Errorf("when it is quiet: %s, %+v", s.State, s.Answer)
		}
		b.platform.wait(t, func(m bot.Message) bool {
			return m.Question != id && strings.Contains(m.Text, "기다리던 답") && strings.Contains(m.Text, "late")
		})
	}
}

// TestWhoWaitsMayStop ends a question that waits until it is quiet, and keeps nothing of it.
func TestWhoWaitsMayStop(t *testing.T) {
	t.Parallel()
	l := levelled(overfull)
	b := setup(t, analyst(puttingOff), 1, l.into)
	asked := b.handle(t, message("1", "t1", "왜 줄었어?")).Question
	b.ended(t, asked)
	first := b.handle(t, press("2", "t1", asked, bot.ActionLater, "")).Question
	other := press("3", "t1", asked, bot.ActionLater, "")
	other.User.ID = "jun"
	second := b.handle(t, other).Question
	b.platform.wait(t, func(m bot.Message) bool { return m.Question == second && strings.Contains(m.Text, "앞에 1건") })
	b.handle(t, press("4", "t1", first, bot.ActionCancel, ""))
	if s := b.ended(t, first); s.State != store.Cancelled {
		t.Errorf("stopped: %s", s.State)
	}
	if s, err := b.desk.Status(t.Context(), second); err != nil || s.Ahead != 0 {
		t.Errorf("%d before it, %v", s.Ahead, err)
	}
	l.Store(&degrade.State{})
	b.ended(t, second)
}

// TestAModelThatIsDownAgainIsWaitedFor keeps a question that came when it seemed quiet.
func TestAModelThatIsDownAgainIsWaitedFor(t *testing.T) {
	t.Parallel()
	l := levelled(degrade.State{Level: degrade.NoModel, Refuses: true, Signals: degrade.Signals{Down: true}})
	var tries atomic.Int32
	tried := make(chan struct{}, 10)
	b := setup(t, analyst(func(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		if q.Background {
			tries.Add(1)
			tried <- struct{}{}
		}
		return &agent.Answer{Rung: agent.None, Reason: agent.ReasonBusy, Text: "down", Language: q.Language}, nil
	}), 1, l.into)
	asked := b.handle(t, message("1", "t1", "왜 줄었어?")).Question
	b.ended(t, asked)
	kept := b.handle(t, press("2", "t1", asked, bot.ActionLater, "")).Question
	m := b.platform.wait(t, func(m bot.Message) bool { return m.Question == kept })
	if !strings.HasPrefix(m.Text, "조용해지면 바로 답해 드릴게요\n") {
		t.Errorf("nobody knows how long, and it says %q", m.Text)
	}
	if got := b.desk.Notice("en"); !strings.HasPrefix(got, "The model cannot be asked") {
		t.Errorf("notice: %q", got)
	}
	l.Store(&degrade.State{})
	<-tried
	changed := b.desk.Watch(t.Context(), kept)
	for {
		s, err := b.desk.Status(t.Context(), kept)
		if err != nil {
			t.Fatal(err)
		}
		if s.State == store.Queued && s.Answer == nil && tries.Load() == 1 {
			break
		}
		<-changed
	}
}

// TestNotesAreShown while a question waits, and that a level shows in every place.
func TestNotesAreShown(t *testing.T) {
	t.Parallel()
	l := levelled(degrade.State{Level: degrade.Brief, Signals: degrade.Signals{Wait: 20 * time.Second}})
	turn := make(chan struct{})
	b := setup(t, analyst(func(_ context.Context, _ agent.Question, step func(agent.Step)) (*agent.Answer, error) {
		s := waitingStep
		s.Note = "shortly"
		step(s)
		<-turn
		return &agent.Answer{Rung: agent.Think, Text: "late", Language: "ko"}, nil
	}), 1, l.into)
	asked := b.handle(t, message("1", "t1", "왜 줄었어?")).Question
	b.platform.wait(t, func(m bot.Message) bool {
		return m.Question == asked && strings.HasSuffix(m.Text, "앞에 31건, 약 4분.\nshortly")
	})
	if s, err := b.desk.Status(t.Context(), asked); err != nil || s.Note != "shortly" {
		t.Errorf("a program hears of %q, %v", s.Note, err)
	}
	l.Store(&degrade.State{Level: degrade.QueueOnly, Signals: degrade.Signals{Backlog: 2 * time.Minute}})
	next := b.handle(t, message("2", "t2", "그럼 작년은?")).Question
	b.platform.wait(t, func(m bot.Message) bool {
		return m.Question == next && strings.HasSuffix(m.Text, "\n지금 아주 많이 붐벼요. 차례가 오면 답해 드려요.")
	})
	if load, err := b.desk.Load(t.Context()); err != nil || load.Level != degrade.QueueOnly || load.Open != 2 || load.Model.Waiting != 300 {
		t.Errorf("load %+v, %v", load, err)
	}
	close(turn)
	b.ended(t, asked)
	b.ended(t, next)
}

// TestBacklogIsWhatWaits measures how long a newcomer waits to be begun.
func TestBacklogIsWhatWaits(t *testing.T) {
	t.Parallel()
	turn := make(chan struct{})
	b := setup(t, analyst(func(_ context.Context, q agent.Question, _ func(agent.Step)) (*agent.Answer, error) {
		<-turn
		return &agent.Answer{Rung: agent.Compose, Text: "x", Language: q.Language}, nil
	}), 1, func(c *desk.Config) { c.Concurrency = 1 })
	var ids []string
	for i := range 12 {
		id := string(rune('a' + i))
		ids = append(ids, b.handle(t, message(id, "t"+id, "지난달 매출")).Question)
	}
	// One is begun, eleven wait; the last has ten before it, a second each as long as
	// nothing was measured.
	deadline := time.Now().Add(2 * time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for b.desk.Backlog() != 10*time.Second {
		if time.Now().After(deadline) {
			t.Fatalf("backlog %s", b.desk.Backlog())
		}
		<-tick.C
	}
	close(turn)
	for _, id := range ids {
		b.ended(t, id)
	}
	for b.desk.Backlog() != 0 {
		if time.Now().After(deadline.Add(2 * time.Minute)) {
			t.Fatalf("backlog %s with nothing waiting", b.desk.Backlog())
		}
		<-tick.C
	}
}

func TestKeptQuestionsAreCounted(t *testing.T) {
	t.Parallel()
	l := levelled(overfull)
	b := setup(t, analyst(puttingOff), 1, l.into)
	registry := prometheus.NewRegistry()
	if err := b.desk.Register(registry); err != nil {
		t.Fatal(err)
	}
	asked := b.handle(t, message("1", "t1", "왜 줄었어?")).Question
	b.ended(t, asked)
	b.handle(t, press("2", "t1", asked, bot.ActionLater, ""))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "bapsang_questions_later_total" && f.GetMetric()[0].GetCounter().GetValue() == 1 {
			return
		}
	}
	t.Error("not counted")
}
