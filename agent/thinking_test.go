package agent_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/agent/compose"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// scripted is a language model that says what a test wrote.
type scripted struct {
	mu       sync.Mutex
	replies  []any // a *llm.Reply or an error
	requests []llm.Request
}

func (s *scripted) Complete(_ context.Context, req llm.Request) (*llm.Reply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	req.Messages = append([]llm.Message(nil), req.Messages...)
	s.requests = append(s.requests, req)
	if len(s.replies) == 0 {
		return nil, &llm.Error{Code: llm.CodeRefused, Message: "the script is over"}
	}
	next := s.replies[0]
	s.replies = s.replies[1:]
	if err, ok := next.(error); ok {
		return nil, err
	}
	return next.(*llm.Reply), nil
}

// calls is a reply that calls a tool.
func calls(tool string, args map[string]any) *llm.Reply {
	data, err := json.Marshal(args)
	if err != nil {
		panic(err)
	}
	return &llm.Reply{
		Message: llm.Message{Role: llm.Assistant, Calls: []llm.ToolCall{{ID: "c", Name: tool, Arguments: string(data)}}},
		Finish:  llm.FinishTools, Usage: llm.Usage{Input: 10, Output: 1},
	}
}

// thinking is an agent of the shop that asks a scripted model.
func thinking(t testing.TB, replies ...any) (*agent.Agent, *scripted) {
	return thinkingIn(t, nil, replies...)
}

func thinkingIn(t testing.TB, s store.Store, replies ...any) (*agent.Agent, *scripted) {
	t.Helper()
	model := &scripted{replies: replies}
	thinker, err := think.New(think.Config{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{
		Directory: analyst.NewRoster([]*agent.Analyst{shopAnalyst(t)}, nil, nil), Thinker: thinker, Store: s,
		Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, model
}

const bestSellers = "SELECT product, sum(amount) AS revenue FROM sales GROUP BY ALL ORDER BY revenue DESC"

func TestTheModelIsAskedLast(t *testing.T) {
	t.Parallel()
	a, model := thinking(t, calls("answer", map[string]any{
		"queries": []any{map[string]any{"name": "r1", "title": "상품별 매출", "sql": bestSellers}},
		"text":    "{{r1.product[0]}}이 {{r1.revenue[0]}}으로 제일 잘 나갑니다.", "assumptions": []string{"잘 나간다 = 매출이 크다"},
	}))
	if got := ask(t, a, "지난달 지역별 매출"); got.Rung != agent.Compose || len(model.requests) > 0 {
		t.Fatalf("what needs no model asked one: %s", texts(got))
	}
	var steps []string
	got, err := a.Answer(t.Context(), agent.Question{Text: "효자 노릇 하는 놈이 뭐야", Asker: "web:minji", Now: now}, func(s agent.Step) { steps = append(steps, s.Text) })
	if err != nil {
		t.Fatal(err)
	}
	if got.Rung != agent.Think || got.Text != "연필이 360만 원으로 제일 잘 나갑니다." {
		t.Errorf("%s", texts(got))
	}
	if got.LLM.Calls != 1 || got.LLM.InputTokens != 10 || len(got.Charts) != 1 || len(got.Readings) != 1 || got.Results[0].Columns[1].Label != "매출" {
		t.Errorf("%+v %+v %+v", got.LLM, got.Charts, got.Results)
	}
	if all := strings.Join(steps, "\n"); !strings.Contains(all, "모델에게 묻는 중") || !strings.Contains(all, "상품별 매출 계산 중") {
		t.Errorf("steps: %s", all)
	}
	if prompt := model.requests[0].Messages[1].Text; !strings.Contains(prompt, "효자") || strings.Contains(prompt, "minji") {
		t.Error(prompt)
	}
}

func TestAThoroughAnswerShowsItsPlan(t *testing.T) {
	t.Parallel()
	a, _ := thinking(t,
		calls("plan", map[string]any{"steps": []string{"상품별로", "지역별로"}}),
		calls("query", map[string]any{"queries": []any{map[string]any{"name": "r1", "title": "상품별 매출", "part": 1, "sql": bestSellers}, map[string]any{"name": "r2", "title": "매출 777원 이하", "part": 9, "sql": bestSellers}}}),
		calls("answer", map[string]any{
			"text": "{{r1.product[0]}}입니다.", "assumptions": []string{"잘 나간다 = 매출이 크다", "반품은 뺐어요"},
		}),
	)
	var steps []agent.Step
	got, err := a.Answer(t.Context(), agent.Question{Text: "효자 노릇 하는 놈이 뭐야", Now: now, Deep: true}, func(s agent.Step) { steps = append(steps, s) })
	if err != nil {
		t.Fatal(err)
	}
	planned := slices.IndexFunc(steps, func(s agent.Step) bool { return slices.Equal(s.Plan, []string{"상품별로", "지역별로"}) })
	looked := slices.IndexFunc(steps, func(s agent.Step) bool {
		return s.Name == "상품별 매출, 매출 777원 이하" && slices.Equal(s.Parts, []int{1})
	})
	if planned < 0 || looked <= planned {
		t.Errorf("steps: %+v", steps)
	}
	if got.Results[0].Title != "상품별 매출" || got.Results[1].Title != "" {
		t.Errorf("titled %q and %q: a figure of the model's own is none of ours", got.Results[0].Title, got.Results[1].Title)
	}
	if want := []compose.Reading{{Kind: compose.ReadDefault, Term: "잘 나간다", Meaning: "매출이 크다"}, {Kind: compose.ReadDefault, Meaning: "반품은 뺐어요"}}; !reflect.DeepEqual(got.Readings, want) {
		t.Errorf("readings: %+v", got.Readings)
	}
}

func TestAFollowUpToAModelsAnswerGoesToTheModel(t *testing.T) {
	t.Parallel()
	a, model := thinking(t, calls("decline", map[string]any{"reason": "모릅니다."}))
	before := []agent.Turn{{Text: "효자 노릇 하는 놈이 뭐야", Analyst: "shop", SQL: bestSellers, Said: "연필입니다."}}
	if got := askAs(t, a, agent.Question{Text: "지난달 지역별 매출은?", Before: before}); got.Rung != agent.Compose || len(model.requests) > 0 {
		t.Errorf("what names its metric asked the model: %s", texts(got))
	}
	if got := askAs(t, a, agent.Question{Text: "그럼 지역별로는?", Before: before}); len(model.requests) != 1 {
		t.Errorf("%s", texts(got))
	} else if prompt := model.requests[0].Messages[1].Text; !strings.Contains(prompt, bestSellers) {
		t.Error(prompt)
	}
	before[0].SQL, before[0].Said = "", ""
	if got := askAs(t, a, agent.Question{Text: "그럼 지역별로는?", Before: before}); len(model.requests) != 1 {
		t.Errorf("nobody answered before, yet the model was asked: %s", texts(got))
	}
}

func TestAnAnalysisIsTitledInTheAskersLanguage(t *testing.T) {
	t.Parallel()
	a, _ := thinking(t,
		calls("analyse", map[string]any{"kind": "drivers", "metric": "revenue", "start": "2026-10-01", "end": "2026-11-01", "part": 1}),
		calls("answer", map[string]any{"text": "It was {{a1r1.revenue[0]}}."}))
	var steps []agent.Step
	got, err := a.Answer(t.Context(), agent.Question{Text: "who earns our bread", Language: "en", Now: now, Rungs: []agent.Rung{agent.Think}}, func(s agent.Step) { steps = append(steps, s) })
	if err != nil {
		t.Fatal(err)
	}
	if title := got.Results[0].Title; !strings.HasPrefix(title, "What drove ") {
		t.Errorf("titled %q", title)
	}
	if !slices.ContainsFunc(steps, func(s agent.Step) bool {
		return strings.HasPrefix(s.Text, "Computing what drove ") && slices.Equal(s.Parts, []int{1})
	}) {
		t.Errorf("steps: %+v", steps)
	}
}

func TestAskTheModelAnyway(t *testing.T) {
	t.Parallel()
	a, model := thinking(t, calls("decline", map[string]any{"reason": "저라도 같은 표를 봤을 거예요."}))
	got := askAs(t, a, agent.Question{Text: "지난달 지역별 매출", Rungs: []agent.Rung{agent.Think}, Deep: true})
	if len(model.requests) != 1 || got.Rung != agent.None || got.Text != "저라도 같은 표를 봤을 거예요." || len(got.Suggestions) == 0 {
		t.Errorf("%s", texts(got))
	}
	var tools []string
	for _, tool := range model.requests[0].Tools {
		tools = append(tools, tool.Name)
	}
	if model.requests[0].Effort != llm.EffortHigh || !slices.Contains(tools, "plan") {
		t.Errorf("a thorough answer: effort %s, tools %q", model.requests[0].Effort, tools)
	}
}

func TestWhatIsClearedUpFirstCostsNoCall(t *testing.T) {
	t.Parallel()
	a, model := thinking(t)
	for _, question := range []string{"", "2031년 매출", strings.Repeat("가나다 ", 800)} {
		if got := ask(t, a, question); got.Rung != agent.None || len(model.requests) > 0 {
			t.Errorf("%.20q: %s", question, texts(got))
		}
	}
}

func TestAModelThatFailsLeavesWhatWorksWithout(t *testing.T) {
	t.Parallel()
	for _, code := range []llm.Code{
		llm.CodeUnavailable, llm.CodeBroken, llm.CodeLimited, llm.CodeExhausted, llm.CodeTimeout, llm.CodeTooLong, llm.CodeRefused, llm.CodeDenied, llm.CodeNoModel,
	} {
		for _, language := range []string{"ko", "en"} {
			a, _ := thinking(t, error(&llm.Error{Code: code, Message: "secret host 10.0.0.1"}))
			got := askAs(t, a, agent.Question{Text: "효자 노릇 하는 놈이 뭐야", Language: language})
			if got.Rung != agent.None || got.Reason != agent.ReasonModel || got.Text == "" || strings.Contains(got.Text, "secret") {
				t.Errorf("%s %s: %s", code, language, texts(got))
			}
		}
	}
}

// TestCallsOfAFailureAreCounted: they are the scarce thing, answered or not.
func TestCallsOfAFailureAreCounted(t *testing.T) {
	t.Parallel()
	look := calls("query", map[string]any{"queries": []any{map[string]any{"name": "r1", "sql": bestSellers}}})
	a, _ := thinking(t, look, error(&llm.Error{Code: llm.CodeUnavailable, Calls: 2}))
	if got := ask(t, a, "효자 노릇 하는 놈이 뭐야"); got.Reason != agent.ReasonModel || got.LLM.Calls != 3 || got.LLM.InputTokens == 0 {
		t.Errorf("%s after %+v", texts(got), got.LLM)
	}
}

func TestAModelThatTalksNonsenseIsNotTheAskersFault(t *testing.T) {
	t.Parallel()
	nonsense := calls("answer", map[string]any{"text": 7})
	a, _ := thinking(t, nonsense, nonsense, nonsense, nonsense)
	got := ask(t, a, "효자 노릇 하는 놈이 뭐야")
	if got.Reason != agent.ReasonModel || !strings.Contains(got.Text, "모델이") || len(got.Suggestions) == 0 {
		t.Errorf("%s", texts(got))
	}
}

func TestTheModelAsksBackOnce(t *testing.T) {
	t.Parallel()
	back := calls("ask_back", map[string]any{"question": "매출이 큰 것인가요, 많이 팔린 것인가요?", "choices": []string{"매출이 큰 것", "많이 팔린 것"}})
	a, model := thinking(t, back, back, calls("decline", map[string]any{"reason": "그만 물을게요."}))
	got := ask(t, a, "효자 노릇 하는 놈이 뭐야")
	if got.Clarify == nil || len(got.Clarify.Options) != 2 || got.Reason != agent.ReasonAmbiguous || !got.Clarify.Options[0].Usual {
		t.Fatalf("%s", texts(got))
	}
	chosen := got.Clarify.Options[1]
	got = askAs(t, a, agent.Question{Text: "효자 노릇 하는 놈이 뭐야", Choices: []compose.Choice{{Term: got.Clarify.Term, Ref: chosen.Ref}}, Chosen: true})
	if got.Clarify != nil || got.Text != "그만 물을게요." {
		t.Errorf("%s", texts(got))
	}
	if prompt := model.requests[1].Messages[1].Text; !strings.Contains(prompt, "chose: 많이 팔린 것") {
		t.Error(prompt)
	}
}

// TestAnalysesAreComputed has the model ask for each of our analyses and tell them.
func TestAnalysesAreComputed(t *testing.T) {
	t.Parallel()
	a, model := thinking(t,
		calls("analyse", map[string]any{"kind": "drivers", "metric": "revenue", "start": "2026-10-01", "end": "2026-11-01", "against": "previous"}),
		calls("analyse", map[string]any{"kind": "drivers", "metric": "nothing"}),
		calls("answer", map[string]any{"text": "지난달 매출은 {{a1r1.revenue[0]}}이고 앞 달보다 {{a1r1.revenue__growth[0]|moved}}."}))
	got := ask(t, a, "효자 노릇 하는 놈이 뭐야")
	if got.Rung != agent.Think || !strings.HasPrefix(got.Text, "지난달 매출은 ") || !strings.Contains(got.Text, "습니다") {
		t.Errorf("%s", texts(got))
	}
	if title := got.Results[0].Title; !strings.HasPrefix(title, "변화 요인: ") || !strings.HasSuffix(title, "2026년 10월") {
		t.Errorf("titled %q", title)
	}
	told := model.requests[1].Messages[3].Text
	if !strings.Contains(told, "a1r1: 1 rows of (revenue, revenue__before") {
		t.Errorf("the model was told %s", told)
	}
	if again := model.requests[2].Messages[5].Text; !strings.Contains(again, `no metric "nothing"`) {
		t.Errorf("the model was told %s", again)
	}
}

// TestDefinitionsAndPeriodsAreSaid has the model say nothing of how it read the question.
func TestDefinitionsAndPeriodsAreSaid(t *testing.T) {
	t.Parallel()
	model := &scripted{replies: []any{calls("answer", map[string]any{
		"queries": []any{map[string]any{"name": "r1", "metrics": map[string]any{
			"measures": []any{map[string]any{"metric": "revenue"}}, "period": map[string]any{"start": "2026-10-01", "end": "2026-11-01"},
		}}},
		"text": "{{r1.revenue[0]}}입니다.",
	})}}
	an := demoAnalyst(t)
	got := askAs(t, thinkingAgent(t, model, an), agent.Question{Text: "효자 노릇 하는 놈이 뭐야", Rungs: []agent.Rung{agent.Think}})
	said := strings.Join(got.Assumptions, "\n")
	if got.Rung != agent.Think || !strings.Contains(said, "2026년 10월") || !strings.Contains(said, an.Model.Metric("revenue").DescriptionIn("ko")) {
		t.Errorf("%s", texts(got))
	}
}

// TestManyWhoAskTheSameCostOneCall is the training day: everybody types the exercise.
func TestManyWhoAskTheSameCostOneCall(t *testing.T) {
	t.Parallel()
	answer := calls("answer", map[string]any{"queries": []any{map[string]any{"name": "r1", "sql": bestSellers}}, "text": "{{r1.product[0]}}입니다."})
	kept, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	a, model := thinkingIn(t, kept, answer)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			got, err := a.Answer(t.Context(), agent.Question{Text: "효자 노릇 하는 놈이 뭐야?", Now: now}, nil)
			if err != nil || got.Text != "연필입니다." {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	wg.Wait()
	if len(model.requests) != 1 {
		t.Errorf("%d calls", len(model.requests))
	}
}
