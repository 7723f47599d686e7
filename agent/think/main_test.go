package think_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/agent/draft"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/connectors/confine"
	"github.com/bapsang/bapsang/connectors/duckdb"
	"github.com/bapsang/bapsang/connectors/files"
)

func TestMain(m *testing.M) {
	roles := duckdb.Roles()
	for name, role := range files.Roles() {
		roles[name] = role
	}
	confine.Main(roles)
	code := m.Run()
	if shop.source != nil {
		_ = shop.source.Close()
	}
	if shop.dir != "" {
		_ = os.RemoveAll(shop.dir)
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			println(err.Error())
			code = 1
		}
	}
	os.Exit(code)
}

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("KST", 9*60*60))

// shop is the database that all tests ask, loaded when the first one does.
var shop struct {
	once   sync.Once
	dir    string
	source connectors.Source
	model  *semantic.Model
	cat    *connectors.Catalog
	err    error
}

func openShop(t testing.TB) {
	t.Helper()
	shop.once.Do(func() {
		if shop.dir, shop.err = os.MkdirTemp("", "bapsang-think-test-"); shop.err != nil {
			return
		}
		ctx := context.Background()
		shop.source, shop.err = files.Open(ctx, files.Config{
			Name: "shop", Paths: []string{filepath.Join("testdata", "orders.csv"), filepath.Join("testdata", "people.csv")},
			Into: filepath.Join(shop.dir, "shop.duckdb"), Now: now,
		})
		if shop.err == nil {
			shop.cat, shop.err = shop.source.Catalog(ctx)
		}
		if shop.err == nil {
			shop.model = draft.Model(shop.cat, draft.Options{})
		}
	})
	if shop.err != nil {
		t.Fatal(shop.err)
	}
}

// shopAnalyst reads the orders and not the people.
func shopAnalyst(t testing.TB) think.Analyst {
	openShop(t)
	return think.Analyst{
		Name: "shop", Title: "문구점", Model: shop.model, Catalog: shop.cat, Tables: []string{"orders"},
		From: time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC),
		Knowledge: []think.Document{{Name: "정의.md", Text: "# 큰 주문\n\n한 번에 40개 넘게 산 주문을 큰 주문이라고 합니다.\n"}},
		Examples:  []think.Example{{Question: "가장 많이 팔린 상품", SQL: "SELECT product, sum(qty) AS qty FROM orders GROUP BY ALL ORDER BY qty DESC LIMIT 1"}},
	}
}

// script is a model that says what a test wrote, in order.
type script struct {
	t testing.TB

	mu       sync.Mutex
	replies  []any // *llm.Reply, error, or func(llm.Request) any
	requests []llm.Request
}

func (s *script) Complete(ctx context.Context, req llm.Request) (*llm.Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, &llm.Error{Code: llm.CodeCancelled, Err: err}
	}
	req.Messages = append([]llm.Message(nil), req.Messages...)
	s.requests = append(s.requests, req)
	if len(s.replies) == 0 {
		s.t.Errorf("call %d was not expected", len(s.requests))
		return nil, errors.New("the script is over")
	}
	next := s.replies[0]
	s.replies = s.replies[1:]
	if f, ok := next.(func(llm.Request) any); ok {
		next = f(req)
	}
	if err, ok := next.(error); ok {
		return nil, err
	}
	return next.(*llm.Reply), nil
}

// m is a JSON object.
type m = map[string]any

// call is a reply that calls one tool.
func call(tool string, args any) *llm.Reply {
	text, ok := args.(string)
	if !ok {
		data, err := json.Marshal(args)
		if err != nil {
			panic(err)
		}
		text = string(data)
	}
	return &llm.Reply{
		Message: llm.Message{Role: llm.Assistant, Reasoning: "…", Calls: []llm.ToolCall{{ID: "c" + tool, Name: tool, Arguments: text}}},
		Finish:  llm.FinishTools, Usage: llm.Usage{Input: 1000, Output: 100},
	}
}

func say(text string) *llm.Reply {
	return &llm.Reply{Message: llm.Message{Role: llm.Assistant, Text: text}, Finish: llm.FinishStop, Usage: llm.Usage{Input: 1000, Output: 10}}
}

// sql is a query in SQL.
func sql(name, statement string) m { return m{"name": name, "sql": statement} }

// ask asks a scripted model about the shop.
func ask(t testing.TB, q think.Question, replies ...any) (*think.Outcome, *script) {
	t.Helper()
	return askWith(t, think.Config{}, think.Env{}, q, replies...)
}

func askWith(t testing.TB, cfg think.Config, env think.Env, q think.Question, replies ...any) (*think.Outcome, *script) {
	t.Helper()
	s := &script{t: t, replies: replies}
	cfg.Model = s
	out, err := try(t, cfg, env, q)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.replies) > 0 {
		t.Errorf("%d replies were not asked for", len(s.replies))
	}
	return out, s
}

func try(t testing.TB, cfg think.Config, env think.Env, q think.Question) (*think.Outcome, error) {
	t.Helper()
	b := think.NewBriefing(shopAnalyst(t))
	thinker, err := think.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if q.Language == "" {
		q.Language = "ko"
	}
	q.Now = now
	if env.Source == nil {
		env.Source = shop.source
	}
	return thinker.Think(t.Context(), b, q, env)
}
