package agent_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// gated is a model that says the same to everybody, one call for each value of open.
type gated struct {
	open  chan any // a *llm.Reply or an error
	begun chan struct{}
}

func (g *gated) Complete(ctx context.Context, _ llm.Request) (*llm.Reply, error) {
	g.begun <- struct{}{}
	select {
	case next := <-g.open:
		if err, ok := next.(error); ok {
			return nil, err
		}
		return next.(*llm.Reply), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// colleagues are agents at several processes that share a store and a model.
func colleagues(t *testing.T, n int) ([]*agent.Agent, *gated, *bolt.Store) {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	g := &gated{open: make(chan any, 10), begun: make(chan struct{}, 10)}
	all := make([]*agent.Agent, n)
	for i := range all {
		thinker, err := think.New(think.Config{Model: g})
		if err != nil {
			t.Fatal(err)
		}
		all[i], err = agent.New(agent.Config{
			Directory: analyst.NewRoster([]*agent.Analyst{shopAnalyst(t)}, nil, nil), Thinker: thinker, Store: s, Shared: true,
			Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all, g, s
}

// underWay is a question that is being answered.
type underWay struct {
	mu     sync.Mutex
	steps  []string
	answer *agent.Answer
	err    error
	done   chan struct{}
}

func (u *underWay) heard(part string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.ContainsFunc(u.steps, func(s string) bool { return strings.Contains(s, part) })
}

const hard = "효자 노릇 하는 놈이 뭐야"

func begin(ctx context.Context, a *agent.Agent, id string) *underWay {
	u := &underWay{done: make(chan struct{})}
	go func() {
		defer close(u.done)
		u.answer, u.err = a.Answer(ctx, agent.Question{ID: id, Text: hard, Now: now}, func(s agent.Step) {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.steps = append(u.steps, s.Text)
		})
	}()
	return u
}

func wait(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(60 * time.Second):
		t.Fatalf("no %s", what)
	}
}

func bestSeller() *llm.Reply {
	return calls("answer", map[string]any{
		"queries": []any{map[string]any{"name": "r1", "title": "상품별 매출", "sql": bestSellers}}, "text": "{{r1.product[0]}}입니다.",
	})
}

// TestAllProcessesWaitForOneAnswer asks the same at three processes. The model is asked
// once, and whoever waits hears how it goes.
func TestAllProcessesWaitForOneAnswer(t *testing.T) {
	t.Parallel()
	all, g, s := colleagues(t, 3)
	first := begin(t.Context(), all[0], "q1")
	wait(t, "call", g.begun)
	second, third := begin(t.Context(), all[1], "q2"), begin(t.Context(), all[2], "q3")
	for _, u := range []*underWay{second, third} {
		for deadline := time.After(60 * time.Second); !u.heard("모델"); {
			select {
			case <-deadline:
				t.Fatal("who waits is told nothing")
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	g.open <- bestSeller()
	for _, u := range []*underWay{first, second, third} {
		wait(t, "answer", u.done)
		if u.err != nil || u.answer.Text != "연필입니다." {
			t.Fatalf("%+v %v", u.answer, u.err)
		}
	}
	if first.answer.Rung != agent.Think || second.answer.Rung != agent.Recall || third.answer.Rung != agent.Recall || len(g.begun) != 0 {
		t.Errorf("by %s, %s and %s, after %d more calls", first.answer.Rung, second.answer.Rung, third.answer.Rung, len(g.begun))
	}
	_ = s.View(t.Context(), func(tx store.ReadTx) error {
		return tx.Scan("flight", store.Range{}, func(key string, _ []byte) bool {
			t.Errorf("%s is still being computed", key)
			return true
		})
	})
}

// TestWhoWaitsTakesOver has the process that asks the model give up, stop telling that it
// goes on, and get no answer that others may have.
func TestWhoWaitsTakesOver(t *testing.T) {
	t.Parallel()
	t.Run("given up", func(t *testing.T) {
		t.Parallel()
		all, g, _ := colleagues(t, 2)
		ctx, cancel := context.WithCancel(t.Context())
		first := begin(ctx, all[0], "q1")
		wait(t, "call", g.begun)
		second := begin(t.Context(), all[1], "q2")
		cancel()
		wait(t, "end", first.done)
		wait(t, "call of who waited", g.begun)
		g.open <- bestSeller()
		wait(t, "answer", second.done)
		if second.err != nil || second.answer.Rung != agent.Think {
			t.Errorf("%+v %v", second.answer, second.err)
		}
	})
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		all, g, s := colleagues(t, 2)
		first := begin(t.Context(), all[0], "q1")
		wait(t, "call", g.begun)
		// What it says is as if another had said it, who says no more.
		err := s.Update(t.Context(), func(tx store.Tx) error {
			var at string
			err := tx.Scan("flight", store.Range{}, func(key string, _ []byte) bool { at = key; return true })
			if err != nil {
				return err
			}
			return tx.Put("flight", at, []byte(`{"by":"gone","beat":7,"later":"unknown"}`))
		})
		if err != nil {
			t.Fatal(err)
		}
		second := begin(t.Context(), all[1], "q2")
		wait(t, "call of who waited", g.begun)
		g.open <- bestSeller()
		g.open <- bestSeller()
		for _, u := range []*underWay{first, second} {
			wait(t, "answer", u.done)
			if u.err != nil || u.answer.Rung != agent.Think {
				t.Errorf("%+v %v", u.answer, u.err)
			}
		}
	})
	t.Run("without an answer", func(t *testing.T) {
		t.Parallel()
		all, g, _ := colleagues(t, 3)
		first := begin(t.Context(), all[0], "q1")
		wait(t, "call", g.begun)
		second, third := begin(t.Context(), all[1], "q2"), begin(t.Context(), all[2], "q3")
		for deadline := time.After(60 * time.Second); !second.heard("모델") || !third.heard("모델"); {
			select {
			case <-deadline:
				t.Fatal("who waits is told nothing")
			case <-time.After(20 * time.Millisecond):
			}
		}
		g.open <- &llm.Error{Code: llm.CodeRefused, Message: "no"}
		wait(t, "end", first.done)
		// Both ask for themselves, neither after the other.
		wait(t, "call", g.begun)
		wait(t, "call", g.begun)
		g.open <- bestSeller()
		g.open <- bestSeller()
		for _, u := range []*underWay{second, third} {
			wait(t, "answer", u.done)
			if u.err != nil || u.answer.Rung != agent.Think {
				t.Errorf("%+v %v", u.answer, u.err)
			}
		}
	})
}
