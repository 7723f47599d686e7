package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
)

// productive is a reply that answers from the demo company's order lines.
func productive(text string) agenttest.Reply {
	args, err := json.Marshal(map[string]any{
		"queries": []any{map[string]any{"name": "r1", "title": "상품군별 매출", "sql": "SELECT p.category AS category, sum(l.net_amount) AS revenue " +
			"FROM order_lines l JOIN products p USING (product_id) GROUP BY ALL ORDER BY revenue DESC"}},
		"text":        text,
		"columns":     []any{map[string]any{"name": "revenue", "label": "매출", "format": "krw"}, map[string]any{"name": "category", "label": "상품군"}},
		"assumptions": []string{"돈 되는 = 매출이 큰"},
		"chart":       map[string]any{"query": "r1", "type": "bar", "title": "상품군별 매출"},
	})
	if err != nil {
		panic(err)
	}
	return agenttest.Reply{Reasoning: "…", Calls: []agenttest.Call{{Name: "answer", Arguments: string(args)}}, Usage: &agenttest.Usage{Prompt: 4321, Completion: 210}}
}

// hard is a question that needs a model.
const hard = "요즘 우리한테 효자 노릇 하는 물건이 뭐야"

func TestAskThinksWithAModel(t *testing.T) {
	t.Parallel()
	server := agenttest.Start(t, agenttest.Config{})
	server.Enqueue(productive("{{r1.category[0]}} 매출이 {{r1.revenue[0]}}으로 가장 큽니다. 작년보다 99.9% 늘었습니다."))
	picture := filepath.Join(t.TempDir(), "out.png")
	code, out, errs := run(t, "--now", now, "ask", "--data-dir", demoDir(t), "--llm", server.URL, "--chart", picture, "--json", hard)
	if code != 0 {
		t.Fatalf("status %d: %s%s", code, out, errs)
	}
	var got struct {
		Rung, Text  string
		Results     []struct{ Rows [][]any }
		Assumptions []string
		LLM         struct {
			Calls       int
			InputTokens int `json:"input_tokens"`
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Rung != "think" || got.LLM.Calls != 1 || got.LLM.InputTokens != 4321 || len(got.Results) != 1 || len(got.Assumptions) != 2 {
		t.Errorf("%+v", got)
	}
	if strings.Contains(got.Text, "99.9") || !strings.Contains(got.Text, "원으로 가장 큽니다.") {
		t.Error(got.Text)
	}
	if info, err := os.Stat(picture); err != nil || info.Size() == 0 {
		t.Errorf("the chart: %v", err)
	}
	if prompt := server.Requests()[0].Prompt(); !strings.Contains(prompt, hard) || !strings.Contains(prompt, "order_lines") {
		t.Errorf("the prompt: %s", prompt)
	}
	if code, out, _ := run(t, "--now", now, "ask", "--data-dir", demoDir(t), "--llm", server.URL, "--json", "지난달 지역별 매출"); code != 0 || !strings.Contains(out, `"rung":"compose"`) {
		t.Errorf("what needs no model asked one: %s", out)
	}
}

func TestAModelThatIsAwayIsSaid(t *testing.T) {
	t.Parallel()
	code, out, errs := run(t, "--now", now, "ask", "--data-dir", demoDir(t), "--llm", nobody, "--model", "m", "--json", hard)
	if code != 3 || !strings.Contains(out, "모델이 지금 응답하지 않아") || !strings.Contains(out, `"reason":"model"`) {
		t.Errorf("status %d: %s%s", code, out, errs)
	}
	one(t, "no server", []string{"--now", now, "ask", "--data-dir", demoDir(t), "--llm", nobody, hard}, 1, "--llm", "models")
	one(t, "no address", []string{"--now", now, "ask", "--data-dir", demoDir(t), "--llm", "nonsense", "--model", "m", hard}, 2, "--llm nonsense")
	one(t, "a model without a server", []string{"--now", now, "ask", "--data-dir", demoDir(t), "--model", "m", hard}, 2, "--llm")
	one(t, "thorough without a model", []string{"--now", now, "ask", "--data-dir", demoDir(t), "--deep", hard}, 2, "--deep")
	refusing := agenttest.Start(t, agenttest.Config{Key: "secret-key-of-the-server"})
	code, out, errs = run(t, "--now", now, "ask", "--data-dir", demoDir(t), "--llm", refusing.URL, "--model", agenttest.DefaultModel, hard)
	if code != 3 || strings.Contains(out+errs, "secret") || !strings.Contains(out, "권한") {
		t.Errorf("status %d: %s%s", code, out, errs)
	}
}

// configured writes a configuration of the small file and a model.
func configured(t testing.TB, url, contract string) string {
	t.Helper()
	path := site(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	more := fmt.Sprintf("llm:\n  backends:\n    - {name: gpu, base_url: %q, model: %q, contract: {%s}}\n  calls_per_question: 6\n", url, agenttest.DefaultModel, contract)
	if err := os.WriteFile(path, append(data, more...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const agreedContract = `owner: "#ai-platform", agreed: 2026-10-01, rate: 600/m, concurrency: 4, timeout: 60s`

// salesAnswer answers from the small file.
func salesAnswer(text string) agenttest.Reply {
	args, err := json.Marshal(map[string]any{
		"queries": []any{map[string]any{"name": "r1", "sql": "SELECT 지역 AS region, count(*) AS n FROM sales GROUP BY ALL ORDER BY n DESC, region"}}, "text": text,
	})
	if err != nil {
		panic(err)
	}
	return agenttest.Calls(agenttest.Call{Name: "answer", Arguments: string(args)})
}

// TestAThreadTalksToTheModel asks over HTTP, follows up, and asks the same again.
func TestAThreadTalksToTheModel(t *testing.T) {
	t.Parallel()
	server := agenttest.Start(t, agenttest.Config{})
	server.Enqueue(salesAnswer("{{r1.region[0]}}이 알짜입니다."), salesAnswer("다시 보아도 {{r1.region[0]}}입니다."))
	p := start(t, "--now", now, "serve", "--config", configured(t, server.URL+"/v1", agreedContract))
	_, asked := p.call(t, "POST", "/api/v1/questions", ask("u", "어디가 알짜배기야", "1"), token)
	got := p.answer(t, asked["id"].(string), token)
	answer, _ := got["answer"].(map[string]any)
	if answer["rung"] != "think" || answer["text"] != "서울이 알짜입니다." {
		t.Fatalf("%v", got)
	}
	_, again := p.call(t, "POST", "/api/v1/questions", ask("v", "어디가 알짜배기야?", "2"), token)
	got = p.answer(t, again["id"].(string), token)
	if answer, _ := got["answer"].(map[string]any); answer["rung"] != "recall" {
		t.Errorf("the same question cost another call: %v", answer["rung"])
	}
	if counts := p.page(t, "/metrics"); !strings.Contains(counts, `backend="gpu"`) {
		t.Error("the call was not counted")
	}
	body := fmt.Sprintf(`{"channel":"c","user":"u","thread":%q,"text":"진짜로 그런 거 맞아"}`, asked["thread"])
	_, follow := p.call(t, "POST", "/api/v1/questions", body, token)
	got = p.answer(t, follow["id"].(string), token)
	if answer, _ := got["answer"].(map[string]any); answer["text"] != "다시 보아도 서울입니다." {
		t.Errorf("%v", got)
	}
	if prompt := server.Requests()[1].Prompt(); !strings.Contains(prompt, "어디가 알짜배기야") || !strings.Contains(prompt, "GROUP BY ALL") {
		t.Errorf("a follow-up does not know what was before: %s", prompt)
	}
}

// page gets what is no JSON.
func (p *process) page(t testing.TB, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestAKilledProgramRepeatsNoCall kills the program between two calls of a question. The
// next one takes the question up where it was.
func TestAKilledProgramRepeatsNoCall(t *testing.T) {
	t.Parallel()
	server := agenttest.Start(t, agenttest.Config{})
	look := agenttest.Calls(agenttest.Call{Name: "query", Arguments: `{"queries":[{"name":"r1","sql":"SELECT 지역 AS region, count(*) AS n FROM sales GROUP BY ALL ORDER BY n DESC, region"}]}`})
	held := agenttest.Text("never sent")
	held.Latency = &agenttest.Latency{First: agenttest.Fixed(time.Hour)}
	server.Enqueue(look, held, agenttest.Calls(agenttest.Call{Name: "answer", Arguments: `{"text":"{{r1.region[0]}}입니다."}`}))
	config := configured(t, server.URL+"/v1", agreedContract)
	p := start(t, "--now", now, "serve", "--config", config)
	_, asked := p.call(t, "POST", "/api/v1/questions", ask("u", "어디가 알짜배기야", "1"), token)
	if _, err := server.Await(t.Context(), 2); err != nil { // the second call is being made
		t.Fatal(err)
	}
	p.kill()
	p = start(t, "--now", now, "serve", "--config", config)
	got := p.answer(t, asked["id"].(string), token)
	answer, _ := got["answer"].(map[string]any)
	if answer["text"] != "서울입니다." || answer["llm"].(map[string]any)["calls"] != 2.0 {
		t.Errorf("%v", got)
	}
	if n := len(server.Requests()); n != 3 {
		t.Errorf("%d requests: the look was paid for twice, or the answer", n)
	}
}

// TestWaitingForTheModelHoldsNobodyUp has a crowd wait for a model that does not come, and
// somebody ask what needs none.
func TestWaitingForTheModelHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	slow := salesAnswer("{{r1.region[0]}}입니다.")
	slow.Latency = &agenttest.Latency{First: agenttest.Fixed(time.Hour)}
	server := agenttest.Start(t, agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply { return slow }})
	p := start(t, "--now", now, "serve", "--config", configured(t, server.URL+"/v1", agreedContract))
	for i := range 40 {
		code, _ := p.call(t, "POST", "/api/v1/questions", ask(fmt.Sprint("u", i), fmt.Sprintf("어디가 알짜배기야 %d번째", i), fmt.Sprint(i)), token)
		if code != http.StatusAccepted {
			t.Fatalf("question %d: %d", i, code)
		}
	}
	if _, err := server.Await(t.Context(), 4); err != nil { // as many as the contract lets be made at once
		t.Fatal(err)
	}
	_, asked := p.call(t, "POST", "/api/v1/questions", ask("somebody", "지역별 금액 합계", "x"), token)
	got := p.answer(t, asked["id"].(string), token)
	if answer, _ := got["answer"].(map[string]any); answer["rung"] != "compose" {
		t.Errorf("%v", got)
	}
}

func TestWrongModelsInAConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ url, contract, want string }{
		"address":  {"ftp://x", agreedContract, "base_url"},
		"contract": {"http://x/v1", "rate: many", "rate"},
		"unknown":  {"http://x/v1", "rates: 3/m", "rates"},
	} {
		one(t, name, []string{"serve", "--config", configured(t, c.url, c.contract)}, 2, "bapsang.yaml:", c.want)
	}
}
