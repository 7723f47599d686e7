package agent_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/think"
)

// crowded is a model whose turn comes when the test says, after a wait that it tells.
type crowded struct {
	scripted
	wait llm.Wait
	turn chan struct{}
}

func (c *crowded) Complete(ctx context.Context, req llm.Request) (*llm.Reply, error) {
	req.OnWait(c.wait)
	req.OnWait(c.wait) // its place is told again and again
	select {
	case <-c.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	req.OnWait(llm.Wait{})
	return c.scripted.Complete(ctx, req)
}

// crowdedAgent asks a model that is used by many.
func crowdedAgent(t *testing.T, wait llm.Wait) (*agent.Agent, *crowded) {
	t.Helper()
	model := &crowded{wait: wait, turn: make(chan struct{})}
	model.replies = []any{calls("answer", map[string]any{
		"queries": []any{map[string]any{"name": "r1", "title": "상품별 매출", "sql": bestSellers}}, "text": "{{r1.product[0]}}입니다.",
	})}
	thinker, err := think.New(think.Config{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{
		Directory: analyst.NewRoster([]*agent.Analyst{shopAnalyst(t)}, nil, nil), Thinker: thinker,
		Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, model
}

var longQueue = llm.Wait{Ahead: 31, For: 4 * time.Minute}

// TestWhatNeedsNoModelIsAnsweredMeanwhile asks what only a model can answer whole: the
// part that is defined is answered before the model's turn comes, as its own question.
func TestWhatNeedsNoModelIsAnsweredMeanwhile(t *testing.T) {
	t.Parallel()
	for asked, near := range map[string]string{
		"지난달 지역별 매출을 시조로 읊어줘":                           "지난달 지역별 매출",
		"dichte mir revenue by region last month bitte": "revenue by region last month",
	} {
		a, model := crowdedAgent(t, longQueue)
		var meanwhile []*agent.Answer
		waits := 0
		got, err := a.Answer(t.Context(), agent.Question{Text: asked, Now: now}, func(s agent.Step) {
			switch {
			case s.Meanwhile != nil:
				meanwhile = append(meanwhile, s.Meanwhile)
				close(model.turn) // only now: a second answer would panic
			case s.Ahead == longQueue.Ahead:
				waits++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(meanwhile) != 1 || meanwhile[0].Question != near || meanwhile[0].Rung != agent.Compose || len(meanwhile[0].Results) == 0 {
			t.Errorf("%q: %d answers meanwhile, want one to %q", asked, len(meanwhile), near)
			for _, m := range meanwhile {
				t.Errorf("%q by %s: %s", m.Question, m.Rung, texts(m))
			}
		}
		if waits != 2 || got.Rung != agent.Think || got.Question != asked {
			t.Errorf("%q: told %d times how it waits, answered by %s to %q", asked, waits, got.Rung, got.Question)
		}
	}
}

// TestWhatMeansSomethingElseIsNotAnswered leaves questions to the model whose rest would
// be another question, and offers some.
func TestWhatMeansSomethingElseIsNotAnswered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		question agent.Question
		wait     llm.Wait
		offers   bool
	}{
		{agent.Question{Text: "효자 노릇 하는 놈이 뭐야"}, longQueue, true},
		{agent.Question{Text: "쌀국수빼고 지난달 지역별 매출"}, longQueue, true},
		{agent.Question{Text: "매출 시조로 읊어서 액자에 걸어줄래"}, longQueue, true},
		{agent.Question{Text: "지난달 지역별 매출을 시조로 읊어줘"}, llm.Wait{Ahead: 1, For: 3 * time.Second}, false},
		{agent.Question{Text: "지난달 지역별 매출", Rungs: []agent.Rung{agent.Think}}, longQueue, false},
	} {
		a, model := crowdedAgent(t, c.wait)
		c.question.Now = now
		var offers []string
		var told sync.Once
		_, err := a.Answer(t.Context(), c.question, func(s agent.Step) {
			if s.Meanwhile != nil {
				t.Errorf("%q: answered %q meanwhile", c.question.Text, s.Meanwhile.Question)
			}
			offers = append(offers, s.Offers...)
			if s.Wait > 0 {
				told.Do(func() { close(model.turn) })
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(offers) > 0 != c.offers {
			t.Errorf("%q: offered %q", c.question.Text, offers)
		}
		for _, o := range slices.Compact(offers) {
			if again := ask(t, a, o); again.Rung != agent.Compose && again.Rung != agent.Match {
				t.Errorf("%q is offered and answered by %s", o, again.Rung)
			}
		}
	}
}

// TestWhoJoinsHearsTheSame asks what somebody else already waits for: the model is asked
// once, and both are told how it goes, from the beginning.
func TestWhoJoinsHearsTheSame(t *testing.T) {
	t.Parallel()
	a, model := crowdedAgent(t, longQueue)
	q := agent.Question{Text: "지난달 지역별 매출을 시조로 읊어줘", Now: now}
	waits, done := make(chan struct{}), make(chan error, 1)
	var first sync.Once
	go func() {
		_, err := a.Answer(t.Context(), q, func(s agent.Step) {
			if s.Meanwhile != nil {
				first.Do(func() { close(waits) })
			}
		})
		done <- err
	}()
	<-waits
	var ahead int
	var meanwhile, turn bool
	got, err := a.Answer(t.Context(), q, func(s agent.Step) {
		ahead = max(ahead, s.Ahead)
		if s.Meanwhile != nil {
			meanwhile = true
			close(model.turn)
		}
		turn = turn || meanwhile && s.Ahead == 0
	})
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	if ahead != longQueue.Ahead || !meanwhile || !turn || got.Rung != agent.Recall || len(model.requests) != 1 {
		t.Errorf("heard of %d ahead, an answer meanwhile: %v, its turn: %v; answered by %s after %d calls", ahead, meanwhile, turn, got.Rung, len(model.requests))
	}
}
