package openai_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
)

// turn is a request in the middle of a turn, with all that a request can have.
func turn() llm.Request {
	seed := 7
	return llm.Request{
		Messages: []llm.Message{
			{Role: llm.System, Text: "You answer."},
			{Role: llm.User, Text: "before"},
			{Role: llm.Assistant, Text: "Then.", Reasoning: "old thought"},
			{Role: llm.User, Text: "매출은?"},
			{Role: llm.Assistant, Reasoning: "new thought", Calls: []llm.ToolCall{
				{ID: "a", Name: "run_sql", Arguments: `{"sql":"SELECT 1"}`},
				{ID: "b", Name: "no args"},
				{ID: "c", Name: "broken", Arguments: "{sql: 'x"},
			}},
			{Role: llm.ToolRole, CallID: "a", Text: "1"},
			{Role: llm.ToolRole, CallID: "b"},
			{Role: llm.ToolRole, CallID: "c", Text: "not JSON"},
		},
		Tools: []llm.Tool{
			{Name: "run_sql", Description: "Runs SQL.", Parameters: json.RawMessage(`{"type":"object"}`)},
			{Name: "alone"},
		},
		Schema:    &llm.Schema{Name: "answer", JSON: json.RawMessage(`{"type":"object","properties":{"x":{"anyOf":[]}}}`)},
		MaxTokens: 500, Effort: llm.EffortLow, Seed: &seed, Priority: 2,
	}
}

func TestRequestOnTheWire(t *testing.T) {
	const messages = `[
		{"role":"system","content":"You answer."},
		{"role":"user","content":"before"},
		{"role":"assistant","content":"Then."},
		{"role":"user","content":"매출은?"},
		{"role":"assistant",%s"tool_calls":[
			{"id":"a","type":"function","function":{"name":"run_sql","arguments":"{\"sql\":\"SELECT 1\"}"}},
			{"id":"b","type":"function","function":{"name":"no_args","arguments":"{}"}},
			{"id":"c","type":"function","function":{"name":"broken","arguments":"{\"not_json\":\"{sql: 'x\"}"}}]},
		{"role":"tool","tool_call_id":"a","content":"1"},
		{"role":"tool","tool_call_id":"b","content":"(empty)"},
		{"role":"tool","tool_call_id":"c","content":"not JSON"}]`
	const tools = `[{"type":"function","function":{"name":"run_sql","description":"Runs SQL.","parameters":{"type":"object"}}},
		{"type":"function","function":{"name":"alone","parameters":{"type":"object","properties":{}}}}]`
	const format = `{"type":"json_schema","json_schema":{"name":"answer","strict":%s,"schema":{"type":"object","properties":{"x":{"anyOf":[]}}}}}`
	for name, c := range map[string]struct {
		edit                      func(*openai.Options)
		req                       func(*llm.Request)
		reasoning, strict, fields string
	}{
		"vllm": {
			edit: func(o *openai.Options) {
				o.CacheSalt, o.HideReasoning = "salt", true
				o.Body = map[string]any{"seed": nil, "chat_template_kwargs": map[string]any{"x": 1}}
			},
			reasoning: `"reasoning":"new thought",`, strict: "true",
			fields: `"max_tokens":500,"priority":2,"cache_salt":"salt","include_reasoning":false,"chat_template_kwargs":{"x":1},"stream":false`,
		},
		"old vllm": {
			edit: func(o *openai.Options) { o.Dialect = openai.OldVLLM }, reasoning: `"reasoning_content":"new thought",`,
			strict: "true", fields: `"max_tokens":500,"priority":2,"seed":7,"stream":false`,
		},
		"openai": {
			edit: func(o *openai.Options) { o.Dialect = openai.OpenAI }, req: func(r *llm.Request) { r.Priority = 0 },
			strict: "false", fields: `"max_completion_tokens":500,"seed":7,"stream":false`,
		},
		"streamed": {
			req: func(r *llm.Request) { r.OnDelta = func(llm.Delta) {} }, reasoning: `"reasoning":"new thought",`, strict: "true",
			fields: `"max_tokens":500,"priority":2,"seed":7,"stream":true,"stream_options":{"include_usage":true}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			// A model's name tells go-openai what to refuse; ours must not.
			const model = "gpt-5-internal"
			s := agenttest.Start(t, agenttest.Config{Model: model, Priorities: true, Strict: name == "openai"})
			s.Enqueue(agenttest.Text("ok"))
			req := turn()
			if c.req != nil {
				c.req(&req)
			}
			client := newClient(t, s, func(o *openai.Options) {
				o.Model = model
				if c.edit != nil {
					c.edit(o)
				}
			})
			if _, err := client.Complete(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			want := `{"model":"gpt-5-internal","temperature":0,"reasoning_effort":"low","messages":` +
				strings.Replace(messages, "%s", c.reasoning, 1) + `,"tools":` + tools +
				`,"response_format":` + strings.Replace(format, "%s", c.strict, 1) + `,` + c.fields + `}`
			if diff := cmp.Diff(decode(t, []byte(want)), decode(t, s.Requests()[0].Raw)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func decode(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return v
}

func TestRequestBytesAreStable(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{
		Priorities: true, Rule: func(*agenttest.Request) agenttest.Reply { return agenttest.Text("ok") },
	})
	c := newClient(t, s, nil)
	for range 20 {
		if _, err := c.Complete(t.Context(), turn()); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range s.Requests() {
		if string(r.Raw) != string(s.Requests()[0].Raw) {
			t.Fatalf("the same request went out as\n%s\nand as\n%s", s.Requests()[0].Raw, r.Raw)
		}
	}
}

func TestTemperatureKeepsItsDigits(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{})
	s.Enqueue(agenttest.Text("ok"))
	req := ask("q")
	req.Temperature = 0.3
	if _, err := newClient(t, s, nil).Complete(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(s.Requests()[0].Raw), `"temperature":0.3,`) && !strings.Contains(string(s.Requests()[0].Raw), `"temperature":0.3}`) {
		t.Errorf("sent %s", s.Requests()[0].Raw)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]openai.Options{
		"no URL":    {Model: "m"},
		"no scheme": {Model: "m", BaseURL: "localhost:8000/v1"},
		"no model":  {BaseURL: "http://localhost/v1"},
		"no CA":     {BaseURL: "http://localhost/v1", Model: "m", CAFile: "testdata/none.pem"},
		"no PEM":    {BaseURL: "http://localhost/v1", Model: "m", CAFile: "request_test.go"},
	} {
		if _, err := openai.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
