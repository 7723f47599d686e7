package agent_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/degrade"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// busyDay is an agent of the shop whose model is used by many.
type busyDay struct {
	*agent.Agent
	colleague *agent.Agent // at another process
	model     *crowded
	journal   think.Journal
	state     atomic.Pointer[degrade.State]
}

func (b *busyDay) is(s degrade.State) { b.state.Store(&s) }

// onBusyDay has an agent whose model always has its turn at once, and answers each question
// with one table.
func onBusyDay(t *testing.T, state degrade.State) *busyDay {
	t.Helper()
	kept, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	b := &busyDay{model: &crowded{wait: llm.Wait{Ahead: 1, For: time.Second}, turn: make(chan struct{})}, journal: think.NewJournal(kept)}
	close(b.model.turn)
	for range 10 {
		b.model.replies = append(b.model.replies, calls("answer", map[string]any{
			"queries": []any{map[string]any{"name": "r1", "title": "상품별 매출", "sql": bestSellers}}, "text": "{{r1.product[0]}}입니다.",
		}))
	}
	b.is(state)
	b.Agent, b.colleague = b.agent(t, kept), b.agent(t, kept)
	return b
}

// agent is one process of several.
func (b *busyDay) agent(t *testing.T, kept store.Store) *agent.Agent {
	t.Helper()
	thinker, err := think.New(think.Config{Model: b.model, Journal: b.journal})
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{
		Directory: analyst.NewRoster([]*agent.Analyst{shopAnalyst(t)}, nil, nil), Thinker: thinker, Journal: b.journal, Store: kept, Shared: true,
		Degraded: func(context.Context) degrade.State { return *b.state.Load() },
		Now:      func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var (
	overfull = degrade.State{Level: degrade.NoModel, Refuses: true, Signals: degrade.Signals{Wait: 9 * time.Minute}}
	downed   = degrade.State{Level: degrade.NoModel, Refuses: true, Signals: degrade.Signals{Down: true}}
)

// TestWhatTheModelHasNoTimeForIsPutOff asks what only the model can answer: it is said how
// long it would take, offered what can be answered now, and the model is not asked.
func TestWhatTheModelHasNoTimeForIsPutOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, says, near string
		state            degrade.State
	}{
		{"지난달 지역별 매출을 시조로 읊어줘", "약 9분", "지난달 지역별 매출", overfull},
		{"dichte mir revenue by region last month bitte", "about 9 min", "revenue by region last month", overfull},
		{"효자 노릇 하는 놈이 뭐야", "모델을 쓸 수 없어서", "", downed},
		{"who is the breadwinner among the things we sell", "cannot be asked", "", downed},
	} {
		b := onBusyDay(t, c.state)
		got := ask(t, b.Agent, c.text)
		if got.Rung != agent.None || got.Reason != agent.ReasonBusy || !strings.Contains(got.Text, c.says) || len(got.Suggestions) == 0 {
			t.Errorf("%q: %s", c.text, texts(got))
			continue
		}
		if c.near != "" && got.Suggestions[0] != c.near {
			t.Errorf("%q: offers %q, want %q first", c.text, got.Suggestions, c.near)
		}
		for _, s := range got.Suggestions {
			if again := ask(t, b.Agent, s); again.Rung != agent.Compose && again.Rung != agent.Match && again.Rung != agent.Recall {
				t.Errorf("%q is offered, and answered by %s", s, again.Rung)
			}
		}
		if len(b.model.requests) > 0 {
			t.Errorf("%q: the model was asked", c.text)
		}
	}
}

// TestWhatIsTakenNevertheless: what was begun, what waits in the background, and all there is
// room for.
func TestWhatIsTakenNevertheless(t *testing.T) {
	t.Parallel()
	const text = "효자 노릇 하는 놈이 뭐야"
	room := overfull
	room.Refuses = false
	for name, c := range map[string]struct {
		state degrade.State
		q     agent.Question
		begun bool
		taken bool
	}{
		"begun":                    {overfull, agent.Question{ID: "q1"}, true, true},
		"not begun":                {overfull, agent.Question{ID: "q1"}, false, false},
		"when it is quiet":         {overfull, agent.Question{Background: true}, false, true},
		"and nothing answers":      {downed, agent.Question{Background: true}, false, false},
		"there is room":            {room, agent.Question{}, false, true},
		"deep is paused":           {degrade.State{Level: degrade.NoDeep}, agent.Question{Deep: true}, false, false},
		"deep when it is quiet":    {degrade.State{Level: degrade.NoDeep}, agent.Question{Deep: true, Background: true}, false, true},
		"deep was begun":           {degrade.State{Level: degrade.NoDeep}, agent.Question{ID: "q1", Deep: true}, true, true},
		"deep while short is said": {degrade.State{Level: degrade.Brief}, agent.Question{Deep: true}, false, true},
	} {
		b := onBusyDay(t, c.state)
		if c.begun { // with another briefing, so that it begins anew
			if err := b.journal.Append(t.Context(), "q1", 0, think.Record{Briefing: "old", Reply: calls("lookup", nil)}); err != nil {
				t.Fatal(err)
			}
		}
		c.q.Text = text
		if got := askAs(t, b.Agent, c.q); (got.Rung == agent.Think) != c.taken || !c.taken && got.Reason != agent.ReasonBusy {
			t.Errorf("%s: %s", name, texts(got))
		}
	}
}

// TestWhoAsksTheSameIsNotPutOff joins the wait of somebody who asked before, here or at
// another process.
func TestWhoAsksTheSameIsNotPutOff(t *testing.T) {
	t.Parallel()
	for _, elsewhere := range []bool{false, true} {
		joinsOnABusyDay(t, elsewhere)
	}
}

func joinsOnABusyDay(t *testing.T, elsewhere bool) {
	t.Helper()
	b := onBusyDay(t, degrade.State{})
	b.model.turn = make(chan struct{})
	waits, done := make(chan struct{}), make(chan *agent.Answer, 1)
	q := agent.Question{Text: "효자 노릇 하는 놈이 뭐야", Now: now}
	var told sync.Once
	go func() {
		got, err := b.Answer(context.Background(), q, func(s agent.Step) {
			if s.Wait > 0 {
				told.Do(func() { close(waits) })
			}
		})
		if err != nil {
			t.Error(err)
		}
		done <- got
	}()
	<-waits
	b.is(overfull)
	joined, where := make(chan *agent.Answer, 1), b.Agent
	if elsewhere {
		where = b.colleague
	}
	followed := make(chan struct{})
	var heard sync.Once
	go func() {
		got, err := where.Answer(context.Background(), q, func(agent.Step) { heard.Do(func() { close(followed) }) })
		if err != nil {
			t.Error(err)
		}
		joined <- got
	}()
	<-followed // it hears of the other's wait
	close(b.model.turn)
	if a, j := <-done, <-joined; a.Rung != agent.Think || j.Rung != agent.Recall || len(b.model.requests) != 1 {
		t.Errorf("answered by %s and %s after %d calls", a.Rung, j.Rung, len(b.model.requests))
	}
}

// TestShortAnswers asks while many do: the model is asked for less effort and told why, the
// asker is told so before and after, and the answer serves only as long as that goes on.
func TestShortAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, note, reading string }{
		{"효자 노릇 하는 놈이 뭐야", "지금 붐벼서 짧게 답해 드려요.", "짧게 답했어요: 지금 붐벼요"},
		{"who is the breadwinner among the things we sell", "Many are asking right now, so the answer will be short.", "a short answer: many are asking right now"},
	} {
		b := onBusyDay(t, degrade.State{Level: degrade.Brief})
		notes := map[string]bool{}
		got, err := b.Answer(t.Context(), agent.Question{Text: c.text, Now: now}, func(s agent.Step) { notes[s.Note] = true })
		if err != nil {
			t.Fatal(err)
		}
		if !got.Brief || len(notes) != 1 || !notes[c.note] || !slices.Contains(got.Assumptions, c.reading) {
			t.Errorf("%q: brief %v, said %v and %q", c.text, got.Brief, notes, got.Assumptions)
		}
		req := b.model.requests[0]
		if req.Effort != llm.EffortLow || !strings.Contains(req.Messages[1].Text, "at most two sentences") {
			t.Errorf("asked with effort %s:\n%s", req.Effort, req.Messages[1].Text)
		}
		if again := ask(t, b.Agent, c.text); again.Rung != agent.Recall || !again.Brief {
			t.Errorf("again while many ask: %s", texts(again))
		}
		b.is(degrade.State{})
		if later := ask(t, b.Agent, c.text); later.Rung != agent.Think || later.Brief || b.model.requests[1].Effort != llm.EffortMedium {
			t.Errorf("again when it is quiet: brief %v, %s", later.Brief, texts(later))
		}
		if later := ask(t, b.Agent, c.text); later.Rung != agent.Recall || later.Brief {
			t.Errorf("once more: %s", texts(later))
		}
	}
}

// TestFewCallsWhileManyAsk has a model that would look at rows for ever.
func TestFewCallsWhileManyAsk(t *testing.T) {
	t.Parallel()
	for level, most := range map[degrade.Level]int{degrade.Full: 10, degrade.Brief: think.DefaultBriefCalls} {
		b := onBusyDay(t, degrade.State{Level: level})
		b.model.replies = nil
		for i := range 20 {
			b.model.replies = append(b.model.replies, calls("query", map[string]any{"queries": []any{map[string]any{
				"name": "r1", "title": "상품별 매출", "sql": strings.Replace(bestSellers, "DESC", "DESC LIMIT "+string(rune('1'+i%9)), 1),
			}}}))
		}
		got := ask(t, b.Agent, "효자 노릇 하는 놈이 뭐야")
		last := b.model.requests[len(b.model.requests)-1].Messages
		if len(b.model.requests) != most || got.LLM.Calls != most || !strings.Contains(last[len(last)-1].Text, "last call") {
			t.Errorf("%s: %d calls, want %d; the last ends with %q", level, len(b.model.requests), most, last[len(last)-1].Text)
		}
	}
}
