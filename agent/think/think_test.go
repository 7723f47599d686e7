package think_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/agent/think"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store/bolt"
)

const byRegion = "SELECT region, sum(amount) AS revenue FROM orders WHERE ordered_on >= DATE '2026-10-01' AND ordered_on < DATE '2026-11-01' GROUP BY ALL ORDER BY revenue DESC"

// october is an answer as a cooperative model gives it.
func october() *llm.Reply {
	return call("answer", m{
		"queries":     []m{sql("r1", byRegion)},
		"text":        "{{r1.region[0]}}이 {{r1.revenue[0]}}으로 가장 큽니다. 세 곳의 매출입니다.",
		"columns":     []m{{"query": "r1", "name": "revenue", "label": "매출", "format": "krw"}, {"name": "region", "label": "지역"}},
		"chart":       m{"query": "r1", "type": "bar"},
		"assumptions": []string{"지난달 = 2026-10-01–10-31"},
	})
}

func TestAnOrdinaryQuestionTakesOneCall(t *testing.T) {
	t.Parallel()
	out, s := ask(t, think.Question{Text: "지난달 지역별 매출, 많이 팔린 순으로, 큰 주문도 넣어서"}, october())
	want := think.Usage{Calls: 1, InputTokens: 1000, OutputTokens: 100, Queries: 1}
	if diff := cmp.Diff(want, out.Usage); diff != "" {
		t.Error(diff)
	}
	if out.Kind != think.Answered || out.Text != "서울이 50만 원으로 가장 큽니다. 세 곳의 매출입니다." {
		t.Errorf("%s: %s", out.Kind, out.Text)
	}
	if out.Results[0].Columns[1].Label != "매출" || len(out.Results[0].Rows) != 3 || out.Chart.Kind != "bar" || len(out.Assumptions) != 1 {
		t.Errorf("%+v %+v %q", out.Results, out.Chart, out.Assumptions)
	}
	brief := s.requests[0].Messages
	for _, part := range []string{"ordered_on DATE", "큰 주문", "가장 많이 팔린 상품", "2026-11-22 10:00 (Sunday)", "많이 팔린 순으로"} {
		if !strings.Contains(brief[0].Text+brief[1].Text, part) {
			t.Errorf("the briefing lacks %q:\n%s\n%s", part, brief[0].Text, brief[1].Text)
		}
	}
	if strings.Contains(brief[0].Text, "salary") || strings.Contains(brief[0].Text+brief[1].Text, "evil") {
		t.Error("the briefing tells of a table that the analyst does not read, or what customers typed")
	}
}

func TestMetricQueriesNeedNoSQL(t *testing.T) {
	t.Parallel()
	var metric string
	for _, x := range shopAnalyst(t).Model.Metrics {
		if x.Expression["ANSI_SQL"] == "SUM(orders.amount)" {
			metric = x.Name
		}
	}
	out, _ := ask(t, think.Question{Text: "10월 매출"}, call("answer", m{
		"queries": []m{{"name": "r1", "metrics": m{"measures": []m{{"metric": metric}}, "period": m{"start": "2026-10-01", "end": "2026-11-01"}, "compare": "previous"}}},
		"text":    fmt.Sprintf("10월 매출은 {{r1.%s[0]}}으로 9월보다 {{r1.%s__growth[0]|moved}}.", metric, metric),
	}))
	if want := "10월 매출은 90만으로 9월보다 50.0% 늘었습니다."; out.Text != want {
		t.Errorf("%s, want %s", out.Text, want)
	}
}

func TestTheBriefingIsTheSameToTheByte(t *testing.T) {
	t.Parallel()
	_, first := ask(t, think.Question{Text: "지난달 지역별 매출"}, october())
	for range 5 {
		_, again := ask(t, think.Question{Text: "다른 질문", Principal: "web:kim"}, october())
		if first.requests[0].Messages[0].Text != again.requests[0].Messages[0].Text {
			t.Fatal("the first message changed")
		}
		if diff := cmp.Diff(first.requests[0].Tools, again.requests[0].Tools); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestWrongSQLIsMendedInOneMoreCall(t *testing.T) {
	t.Parallel()
	out, s := ask(t, think.Question{Text: "지난달 지역별 매출"},
		call("answer", m{"queries": []m{sql("r1", "SELECT area, sum(amount) FROM orders GROUP BY ALL")}, "text": "{{r1.area[0]}}"}),
		october())
	if out.Kind != think.Answered || out.Usage.Calls != 2 || out.Usage.Repairs != 1 {
		t.Errorf("%s %+v", out.Kind, out.Usage)
	}
	if told := s.requests[1].Messages[3]; told.Role != llm.ToolRole || told.CallID != "canswer" || !strings.Contains(told.Text, "area") {
		t.Errorf("the model was told %+v", told)
	}
	if !strings.Contains(s.requests[1].Messages[2].Reasoning, "…") {
		t.Error("its reasoning was not given back")
	}
}

func TestRepairsEnd(t *testing.T) {
	t.Parallel()
	wrong := func() *llm.Reply {
		return call("answer", m{"queries": []m{sql("r1", fmt.Sprintf("SELECT nothing%d FROM orders", len(t.Name())))}, "text": "{{r1.nothing[0]}}"})
	}
	out, _ := ask(t, think.Question{Text: "지난달"}, wrong(), wrong(), wrong())
	if out.Kind != think.Spent || out.Usage.Calls != 3 {
		t.Errorf("%s %+v", out.Kind, out.Usage)
	}
}

func TestFiguresOfTheModelsOwnAreTakenOut(t *testing.T) {
	t.Parallel()
	out, _ := ask(t, think.Question{Text: "지난달 지역별 매출"}, call("answer", m{
		"queries":     []m{sql("r1", byRegion)},
		"text":        "{{r1.region[0]}}이 {{r1.revenue[0]|krw}}입니다. 작년보다 77.7% 늘었고 3억 원이 더해졌습니다. 부산이 다음입니다.",
		"assumptions": []string{"목표는 99억 원", "지난달 = 2026-10"},
	}))
	if out.Text != "서울이 50만 원입니다." || out.Usage.Removed != 3 {
		t.Errorf("%q, removed %d", out.Text, out.Usage.Removed)
	}
	if diff := cmp.Diff([]string{"지난달 = 2026-10"}, out.Assumptions); diff != "" {
		t.Error(diff)
	}
}

func TestNothingLeftOfTheTextLeavesTheResult(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "매출은 12억 원입니다.", "{{r1.revenue[9]}}", "https://evil.example/?q=1", "<script>alert(1)</script>"} {
		out, _ := ask(t, think.Question{Text: "지난달 지역별 매출"}, call("answer", m{"queries": []m{sql("r1", byRegion)}, "text": text,
			"columns": []m{{"name": "revenue", "format": "krw"}}}))
		if out.Kind != think.Answered || out.Text != "3행입니다. 첫 행은 지역 서울, revenue 50만 원입니다." {
			t.Errorf("%q: %s %q", text, out.Kind, out.Text)
		}
	}
}

func TestWordsAboutTheQueryAloneTellTheResultToo(t *testing.T) {
	t.Parallel()
	out, _ := ask(t, think.Question{Text: "지난달 지역별 매출"}, say("이렇게 계산합니다.\n```sql\n"+byRegion+"\n```\n합계는 987,654원입니다."))
	if out.Text != "이렇게 계산합니다.\n\n3행입니다. 첫 행은 지역 서울, revenue 50만입니다." || out.Usage.Removed != 1 {
		t.Errorf("%q, removed %d", out.Text, out.Usage.Removed)
	}
}

func TestHarderQuestionsLookFirst(t *testing.T) {
	t.Parallel()
	out, s := ask(t, think.Question{Text: "어느 지역이 왜 컸어?"},
		call("query", m{"queries": []m{sql("r1", byRegion), sql("r2", "SELECT product, sum(amount) AS revenue FROM orders GROUP BY ALL ORDER BY 2 DESC")}}),
		call("answer", m{"text": "10월에는 서울이 {{r1.revenue[0]}}으로 경기의 2배였고, 연필이 {{r2.revenue[0]}}입니다."}))
	if out.Kind != think.Answered || !strings.HasPrefix(out.Text, "10월에는 서울이 50만") || out.Usage.Calls != 2 || out.Usage.Queries != 2 {
		t.Errorf("%s %q %+v", out.Kind, out.Text, out.Usage)
	}
	if rows := s.requests[1].Messages[3].Text; !strings.Contains(rows, `["서울",500000]`) || !strings.Contains(rows, "r2: 3 rows") {
		t.Errorf("the model saw %s", rows)
	}
}

// TestOddRepliesLeadSomewhere plays what models do wrong.
func TestOddRepliesLeadSomewhere(t *testing.T) {
	t.Parallel()
	good, err := json.Marshal(m{"queries": []m{sql("r1", byRegion)}, "text": "{{r1.region[0]}}입니다."})
	if err != nil {
		t.Fatal(err)
	}
	args := string(good)
	cut := call("answer", args[:len(args)/2])
	cut.Finish = llm.FinishLength
	twice := call("query", m{"queries": []m{sql("r1", byRegion)}})
	twice.Message.Calls = append(twice.Message.Calls, llm.ToolCall{ID: "cquery", Name: "lookup", Arguments: `{"words":["매출"]}`}, llm.ToolCall{Name: "answer", Arguments: `{"text":"{{r1.region[0]}}입니다."}`})
	for name, c := range map[string]struct {
		replies []any
		calls   int
	}{
		"mangled name":              {[]any{call("functions.answer<|channel|>commentary", args)}, 1},
		"written, not called":       {[]any{say(args)}, 1},
		"written in a fence":        {[]any{say("```json\n" + args + "\n```")}, 1},
		"fenced arguments":          {[]any{call("answer", "```json\n"+args+"\n```")}, 1},
		"unfinished JSON":           {[]any{call("answer", args[:len(args)-1])}, 1},
		"trailing comma":            {[]any{call("answer", args[:len(args)-1]+",}")}, 1},
		"JSON in a string":          {[]any{call("answer", fmt.Sprintf("%q", args))}, 1},
		"cut off":                   {[]any{cut, call("answer", args)}, 2},
		"unknown tool":              {[]any{call("run_python", "{}"), call("answer", args)}, 2},
		"no name":                   {[]any{call("", "{}"), call("answer", args)}, 2},
		"no arguments":              {[]any{call("answer", ""), call("answer", args)}, 2},
		"not JSON at all":           {[]any{call("answer", "\x00\x01"), call("answer", args)}, 2},
		"wrong types":               {[]any{call("answer", m{"text": 7, "queries": "r1"}), call("answer", args)}, 2},
		"prose first":               {[]any{say("네, 알아보겠습니다."), call("answer", args)}, 2},
		"several calls, one id":     {[]any{twice}, 1},
		"an answer about nothing":   {[]any{call("answer", m{"text": "매출이 좋습니다."}), call("answer", args)}, 2},
		"an unknown column":         {[]any{call("answer", m{"queries": []m{sql("r1", byRegion)}, "text": "{{r1.area[0]}}"}), call("answer", args)}, 2},
		"a column in other letters": {[]any{call("answer", strings.ReplaceAll(args, "r1.region", "r1.Region"))}, 1},
		"another dialect":           {[]any{call("answer", m{"queries": []m{sql("r1", "SELECT TOP 3 [region] FROM orders")}, "text": "{{r1.region[0]}}"}), call("answer", args)}, 2},
		"a statement and words":     {[]any{say("```sql\n" + byRegion + ";\n```\n{{r1.region[0]}}입니다.")}, 1},
		"other keys":                {[]any{call("answer", m{"sql": byRegion, "answer": "{{r1.region[0]}}입니다."})}, 1},
		"keys in text":              {[]any{say(`{"query": "` + byRegion + `", "response": "{{r1.region[0]}}입니다."}`)}, 1},
		"statements as texts":       {[]any{call("answer", m{"queries": []string{byRegion}, "text": "{{r1.region[0]}}입니다."})}, 1},
		"one query, no list":        {[]any{call("answer", m{"queries": m{"sql": byRegion}, "text": "{{r1.region[0]}}입니다."})}, 1},
		"a name of its own":         {[]any{call("answer", m{"queries": []m{{"name": "by_region", "sql": byRegion}}, "text": "{{by_region.region[0]}}입니다."})}, 1},
		"a statement alone looked":  {[]any{call("query", m{"sql": byRegion}), say("```sql\n" + byRegion + "\n```\n서울입니다.")}, 2},
		"a semicolon":               {[]any{call("answer", m{"queries": []m{sql("r1", byRegion+";\n")}, "text": "{{r1.region[0]}}입니다."})}, 1},
	} {
		out, s := ask(t, think.Question{Text: "지난달 가장 큰 지역"}, c.replies...)
		if out.Kind != think.Answered || out.Text != "서울입니다." || out.Usage.Calls != c.calls {
			t.Errorf("%s: %s %q %+v", name, out.Kind, out.Text, out.Usage)
		}
		wellFormed(t, name, s.requests[len(s.requests)-1].Messages)
	}
}

// wellFormed holds a conversation to what servers demand: every call answered once,
// every answer to a call.
func wellFormed(t *testing.T, name string, messages []llm.Message) {
	t.Helper()
	open := map[string]bool{}
	for _, m := range messages {
		for _, c := range m.Calls {
			if open[c.ID] || c.Name == "" {
				t.Errorf("%s: call %+v", name, c)
			}
			open[c.ID] = true
		}
		if m.Role == llm.ToolRole {
			if !open[m.CallID] || m.Text == "" {
				t.Errorf("%s: an answer to %q", name, m.CallID)
			}
			delete(open, m.CallID)
		}
	}
	if len(open) > 0 {
		t.Errorf("%s: unanswered %v", name, open)
	}
}

func TestEndlessRepetitionEnds(t *testing.T) {
	t.Parallel()
	var replies []any
	for range 5 {
		replies = append(replies, call("query", m{"queries": []m{sql("r1", byRegion)}}))
	}
	s := &script{t: t, replies: replies}
	out, err := try(t, think.Config{Model: s}, think.Env{}, think.Question{Text: "지난달"})
	if err != nil || out.Kind != think.Spent || out.Usage.Calls > 5 || len(out.Results) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestBudgetsHold(t *testing.T) {
	t.Parallel()
	looking := func(n int) (replies []any) {
		for i := range n {
			replies = append(replies, call("query", m{"queries": []m{sql("r1", fmt.Sprintf("SELECT %d AS n FROM orders LIMIT 1", i))}}))
		}
		return replies
	}
	for name, c := range map[string]struct {
		budget think.Budget
		calls  int
	}{
		"calls": {think.Budget{Calls: 4}, 4}, "tokens": {think.Budget{Tokens: 3000}, 3},
	} {
		s := &script{t: t, replies: looking(c.calls)}
		out, err := try(t, think.Config{Model: s, Budget: c.budget}, think.Env{}, think.Question{Text: "지난달"})
		if err != nil || out.Kind != think.Spent || out.Usage.Calls != c.calls || len(out.Results) == 0 {
			t.Errorf("%s: %+v, %v", name, out, err)
		}
		last := s.requests[len(s.requests)-1].Messages
		if said := strings.Contains(last[len(last)-1].Text, "last call"); said != (name == "calls") {
			t.Errorf("%s: the last call was announced: %t", name, said)
		}
	}
	out, _ := askWith(t, think.Config{Budget: think.Budget{Queries: 2}}, think.Env{}, think.Question{Text: "지난달"},
		call("query", m{"queries": []m{sql("r1", byRegion), sql("r2", byRegion)}}),
		call("query", m{"queries": []m{sql("r3", byRegion)}}),
		call("answer", m{"text": "{{r1.region[0]}}입니다."}))
	if out.Text != "서울입니다." {
		t.Errorf("queries: %+v", out)
	}
}

func TestOneQuestionBackAndNoSecond(t *testing.T) {
	t.Parallel()
	back := call("ask_back", m{"question": "할인 전인가요, 후인가요? 12% 차이예요.", "choices": []string{"할인 후", "할인 전"}})
	out, _ := ask(t, think.Question{Text: "매출"}, back)
	if out.Kind != think.AskBack || out.Text != "할인 전인가요, 후인가요?" || len(out.Choices) != 2 {
		t.Errorf("%+v", out)
	}
	out, _ = ask(t, think.Question{Text: "매출", Chosen: true}, back, october())
	if out.Kind != think.Answered {
		t.Errorf("%+v", out)
	}
}

func TestDeclines(t *testing.T) {
	t.Parallel()
	out, _ := ask(t, think.Question{Text: "이직률"}, call("decline", m{"reason": "이직률은 주문 데이터에 없어요. 보통 8%쯤이에요.", "instead": []string{"월별 매출", "지역별 매출"}}))
	if out.Kind != think.Declined || out.Text != "이직률은 주문 데이터에 없어요." || len(out.Suggestions) != 2 {
		t.Errorf("%+v", out)
	}
	out, _ = ask(t, think.Question{Text: "12월 매출"}, call("answer", m{
		"queries": []m{sql("r1", "SELECT region, amount FROM orders WHERE ordered_on >= DATE '2026-12-01'")}, "text": "{{r1.region[0]}}"}))
	if out.Kind != think.NoData || out.Text != "조건에 맞는 행이 없습니다." {
		t.Errorf("%+v", out)
	}
}

func TestFailuresAreSaidByCode(t *testing.T) {
	t.Parallel()
	for code := range map[llm.Code]bool{llm.CodeUnavailable: true, llm.CodeDenied: true, llm.CodeExhausted: true} {
		s := &script{t: t, replies: []any{error(&llm.Error{Code: code})}}
		if _, err := try(t, think.Config{Model: s}, think.Env{}, think.Question{Text: "매출"}); llm.CodeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	out, s := ask(t, think.Question{Text: "매출"},
		call("query", m{"queries": []m{sql("r1", "SELECT repeat('가', 150) AS wide, * FROM orders")}}),
		error(&llm.Error{Code: llm.CodeTooLong}),
		call("answer", m{"text": "{{r1.region[0]}}입니다."}))
	if out.Text != "서울입니다." || len(s.requests[2].Messages[3].Text) >= len(s.requests[1].Messages[3].Text) {
		t.Errorf("a conversation that did not fit: %+v", out)
	}
}

// TestInterruptedQuestionsGoOn stops a question after every step and takes it up again.
func TestInterruptedQuestionsGoOn(t *testing.T) {
	t.Parallel()
	openShop(t)
	whole := []any{
		call("lookup", m{"words": []string{"지역"}}),
		call("query", m{"queries": []m{sql("r1", byRegion), sql("r2", "SELECT avg(amount) AS a, DATE '2026-10-01' AS d, 1.5::DECIMAL(9,2) AS x, NULL AS n, true AS b FROM orders")}}),
		call("answer", m{"queries": []m{sql("r3", "SELECT nothing FROM orders")}, "text": "{{r3.nothing[0]}}"}),
		call("answer", m{"queries": []m{sql("r3", "SELECT count(*) AS n FROM orders")}, "text": "{{r1.region[0]}} {{r2.x[0]|exact}} {{r2.d[0]}} {{r3.n[0]}}"}),
	}
	want, straight := ask(t, think.Question{Text: "지난달"}, whole...)
	for stop := range whole {
		store, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		journal := think.NewJournal(store)
		q := think.Question{ID: "q1", Text: "지난달"}
		replies := append(append([]any(nil), whole[:stop]...), error(&llm.Error{Code: llm.CodeUnavailable}))
		source := &counted{Source: shop.source}
		s := &script{t: t, replies: replies}
		if _, err := try(t, think.Config{Model: s, Journal: journal}, think.Env{Source: source}, q); llm.CodeOf(err) != llm.CodeUnavailable {
			t.Fatalf("stop %d: %v", stop, err)
		}
		s = &script{t: t, replies: whole[stop:]}
		out, err := try(t, think.Config{Model: s, Journal: journal}, think.Env{Source: source}, q)
		if err != nil || out.Text != want.Text || out.Usage.Calls != len(whole) || len(s.replies) > 0 {
			t.Fatalf("stop %d: %+v, %v", stop, out, err)
		}
		if source.n != 4 {
			t.Errorf("stop %d: %d statements ran", stop, source.n)
		}
		last := len(straight.requests) - 1
		if diff := cmp.Diff(straight.requests[last].Messages, s.requests[len(s.requests)-1].Messages); diff != "" {
			t.Errorf("stop %d: another conversation: %s", stop, diff)
		}
		// The answer was computed, and the process died before it was stored.
		source.n = 0
		s = &script{t: t}
		again, err := try(t, think.Config{Model: s, Journal: journal}, think.Env{Source: source}, q)
		if err != nil || again.Text != want.Text || source.n != 0 {
			t.Errorf("stop %d: asked again: %+v, %v, %d statements", stop, again, err, source.n)
		}
		if err := journal.Forget(t.Context(), "q1"); err != nil {
			t.Error(err)
		}
		if left, err := journal.Load(t.Context(), "q1"); err != nil || len(left) > 0 {
			t.Errorf("%d steps are left, %v", len(left), err)
		}
		_ = store.Close()
	}
}

// counted counts statements.
type counted struct {
	connectors.Source
	mu sync.Mutex
	n  int
}

func (c *counted) Query(ctx context.Context, caller connectors.Caller, stmt connectors.Statement) (*connectors.Result, error) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	return c.Source.Query(ctx, caller, stmt)
}

// A metric's name may be longer than an engine's columns have: the model refers to it as it
// is called.
func TestMetricQueriesOfLongNames(t *testing.T) {
	t.Parallel()
	analyst := shopAnalyst(t)
	model := *analyst.Model
	name := strings.Repeat("온라인_채널_", 6) + "매출"
	model.Metrics = []*semantic.Metric{{Name: name, Time: "orders.ordered_on", Expression: map[string]string{"ANSI_SQL": "SUM(orders.amount)"}}}
	for _, x := range analyst.Model.Metrics {
		if x.Expression["ANSI_SQL"] == "SUM(orders.amount)" {
			model.Metrics[0].Time = x.Time
		}
	}
	analyst.Model = &model
	s := &script{t: t, replies: []any{call("answer", m{
		"queries": []m{{"name": "r1", "metrics": m{"measures": []m{{"metric": name}}, "period": m{"start": "2026-10-01", "end": "2026-11-01"}, "compare": "previous"}}},
		"text":    fmt.Sprintf("10월 매출은 {{r1.%s[0]}}으로 9월보다 {{r1.%s__growth[0]|moved}}.", name, name),
	})}}
	thinker, err := think.New(think.Config{Model: s})
	if err != nil {
		t.Fatal(err)
	}
	out, err := thinker.Think(t.Context(), think.NewBriefing(analyst), think.Question{Text: "10월 매출", Language: "ko", Now: now}, think.Env{Source: shop.source})
	if err != nil {
		t.Fatal(err)
	}
	if want := "10월 매출은 90만으로 9월보다 50.0% 늘었습니다."; out.Text != want {
		t.Errorf("%s, want %s", out.Text, want)
	}
}
