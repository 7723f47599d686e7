package openai_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
)

var good = agenttest.Reply{
	Text: "Sales rose by 4%. 매출이 늘었어요.", Reasoning: "They want <the sum>.",
	Calls: []agenttest.Call{
		{ID: "call_a", Name: "run_sql", Arguments: `{"sql":"SELECT 1 <| 2"}`}, {ID: "call_b", Name: "lookup", Arguments: `{}`},
	},
	Usage: &agenttest.Usage{Prompt: 100, Cached: 64, Completion: 20, Reasoning: 8},
}

func goodCalls() []llm.ToolCall {
	return []llm.ToolCall{
		{ID: "call_a", Name: "run_sql", Arguments: `{"sql":"SELECT 1 <| 2"}`}, {ID: "call_b", Name: "lookup", Arguments: `{}`},
	}
}

func TestReply(t *testing.T) {
	both(t, func(t *testing.T, stream func(llm.Request) llm.Request) {
		s := agenttest.Start(t, agenttest.Config{Latency: agenttest.Latency{First: agenttest.Fixed(20 * time.Millisecond)}})
		s.Enqueue(good)
		var text, reasoning strings.Builder
		req := stream(ask("q"))
		if req.OnDelta != nil {
			req.OnDelta = func(d llm.Delta) {
				text.WriteString(d.Text)
				reasoning.WriteString(d.Reasoning)
			}
		}
		got, err := newClient(t, s, nil).Complete(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if got.Took < 20*time.Millisecond {
			t.Errorf("took %s", got.Took)
		}
		if streamed := req.OnDelta != nil; streamed != (got.FirstToken >= 20*time.Millisecond) {
			t.Errorf("first token after %s", got.FirstToken)
		}
		got.Took, got.FirstToken = 0, 0
		want := &llm.Reply{
			Message: llm.Message{Role: llm.Assistant, Text: good.Text, Reasoning: good.Reasoning, Calls: goodCalls()},
			Finish:  llm.FinishTools, Usage: llm.Usage{Input: 100, Cached: 64, Output: 20, Reasoning: 8},
			Backend: "h100", Model: agenttest.DefaultModel, ID: "chatcmpl-00000001",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if req.OnDelta != nil && (text.String() != good.Text || reasoning.String() != good.Reasoning) {
			t.Errorf("deltas %q and %q", text.String(), reasoning.String())
		}
	})
}

// outcome is what a misbehaviour must come to.
type outcome struct {
	code  llm.Code // of a failure
	check func(t *testing.T, r *llm.Reply)
}

func ok(check func(t *testing.T, r *llm.Reply)) outcome { return outcome{check: check} }
func fails(code llm.Code) outcome                       { return outcome{code: code} }

// same is a reply that nothing has happened to.
func same(t *testing.T, r *llm.Reply) {
	t.Helper()
	want := llm.Message{Role: llm.Assistant, Text: good.Text, Reasoning: good.Reasoning, Calls: goodCalls()}
	if diff := cmp.Diff(want, r.Message); diff != "" || r.Finish != llm.FinishTools {
		t.Errorf("finish %s, -want +got\n%s", r.Finish, diff)
	}
}

func calls(check func(t *testing.T, calls []llm.ToolCall)) outcome {
	return ok(func(t *testing.T, r *llm.Reply) {
		t.Helper()
		if r.Finish != llm.FinishTools || len(r.Message.Calls) == 0 {
			t.Fatalf("finish %s with %d calls", r.Finish, len(r.Message.Calls))
		}
		check(t, r.Message.Calls)
	})
}

func outcomes() map[string]outcome {
	return map[string]outcome{
		"old reasoning field": ok(same),
		"unknown fields":      ok(same),
		"comments":            ok(same),
		"many comments":       ok(same),
		"carriage returns":    ok(same),
		"mangled tool name":   ok(same),
		"calls with stop":     ok(same),
		"no usage": ok(func(t *testing.T, r *llm.Reply) {
			same(t, r)
			if r.Usage != (llm.Usage{}) {
				t.Errorf("usage %+v", r.Usage)
			}
		}),
		"harmony in content": ok(func(t *testing.T, r *llm.Reply) {
			if r.Message.Text != good.Text || r.Message.Reasoning != good.Reasoning+"They want a sum." {
				t.Errorf("text %q, reasoning %q", r.Message.Text, r.Message.Reasoning)
			}
		}),
		"commentary beside calls": ok(func(t *testing.T, r *llm.Reply) {
			if r.Message.Text != "Let me look that up." || len(r.Message.Calls) != 2 || r.Finish != llm.FinishTools {
				t.Errorf("%+v", r)
			}
		}),
		"no ids of calls":      calls(distinctIDs(2)),
		"one id for all calls": calls(distinctIDs(4)),
		"null arguments": calls(func(t *testing.T, c []llm.ToolCall) {
			if c[0].Arguments != "" || c[0].Name != "run_sql" || c[1].Name != "lookup" {
				t.Errorf("%+v", c)
			}
		}),
		"invalid arguments": calls(func(t *testing.T, c []llm.ToolCall) {
			if c[0].Arguments != "{sql: 'SELECT 1',}" {
				t.Errorf("%+v", c)
			}
		}),
		"truncated arguments": calls(func(t *testing.T, c []llm.ToolCall) {
			if c[1].Arguments != "{}" || c[0].Arguments == "" {
				t.Errorf("%+v", c)
			}
		}),
		"unknown tool": calls(func(t *testing.T, c []llm.ToolCall) {
			if c[0].Name != "browser.open" {
				t.Errorf("%+v", c)
			}
		}),
		"length": ok(func(t *testing.T, r *llm.Reply) {
			if r.Finish != llm.FinishLength || len(r.Message.Calls) != 2 {
				t.Errorf("%+v", r)
			}
		}),
		"empty":                      fails(llm.CodeBroken),
		"aborted by the engine":      fails(llm.CodeBroken),
		"error frame":                fails(llm.CodeBroken),
		"old error frame":            fails(llm.CodeBroken),
		"bare error frame":           fails(llm.CodeBroken),
		"error frame after comments": fails(llm.CodeBroken),
		"no [DONE]":                  fails(llm.CodeBroken),
		"stream cut":                 fails(llm.CodeBroken),
		"abort":                      fails(llm.CodeBroken),
		"long line":                  fails(llm.CodeBroken),
		"endless repetition":         fails(llm.CodeBroken),
		"stall":                      fails(llm.CodeTimeout),
		"stall at once":              fails(llm.CodeTimeout),
		"401":                        fails(llm.CodeDenied),
		"403":                        fails(llm.CodeDenied),
		"404":                        fails(llm.CodeNoModel),
		"context length":             fails(llm.CodeTooLong),
		"context length of OpenAI":   fails(llm.CodeTooLong),
		"harmony error":              fails(llm.CodeBroken),
		"harmony error under 200":    fails(llm.CodeBroken),
		"old error":                  fails(llm.CodeRefused),
		"502 page":                   fails(llm.CodeUnavailable),
		"503":                        fails(llm.CodeUnavailable),
		"login page":                 fails(llm.CodeBroken),
		"redirect":                   fails(llm.CodeRefused),
	}
}

func distinctIDs(n int) func(*testing.T, []llm.ToolCall) {
	return func(t *testing.T, c []llm.ToolCall) {
		t.Helper()
		seen := map[string]bool{}
		for _, call := range c {
			seen[call.ID] = call.ID != ""
		}
		if len(c) != n || len(seen) != n || seen[""] {
			t.Errorf("%d calls with ids %v", len(c), seen)
		}
	}
}

func TestMisbehaviours(t *testing.T) {
	want := outcomes()
	both(t, func(t *testing.T, stream func(llm.Request) llm.Request) {
		for _, m := range agenttest.Misbehaviours() {
			t.Run(m.Name, func(t *testing.T) {
				t.Parallel()
				o, known := want[m.Name]
				if !known {
					t.Fatal("nothing says what this comes to")
				}
				req := stream(ask("q"))
				if m.StreamOnly && req.OnDelta == nil {
					o = ok(func(*testing.T, *llm.Reply) {})
				}
				checkOutcome(t, m, o, req)
			})
		}
	})
}

func checkOutcome(t *testing.T, m agenttest.Misbehaviour, o outcome, req llm.Request) {
	// An error frame is an HTTP error of a call that is not streamed; a server in trouble
	// answers one call after the other.
	if req.OnDelta == nil && (m.Name == "old error frame" || m.Name == "bare error frame") {
		o = fails(llm.CodeUnavailable)
	}
	// The patience that a hanging one uses up is a bubble's, so that it can be long enough
	// for a server that is well again.
	if m.Hangs {
		synctest.Test(t, func(t *testing.T) {
			s := agenttest.StartPipe(t, agenttest.Config{})
			compare(t, m, o, req, s, &http.Transport{DialContext: s.Dial, DisableKeepAlives: true})
		})
		return
	}
	compare(t, m, o, req, agenttest.Start(t, agenttest.Config{}), nil)
}

func compare(
	t *testing.T, m agenttest.Misbehaviour, o outcome, req llm.Request, s *agenttest.Server, transport http.RoundTripper,
) {
	s.Enqueue(m.Make(good), agenttest.Text("well again"))
	c := newClient(t, s, func(o *openai.Options) {
		o.FirstByte, o.Idle, o.MaxReply, o.Transport = time.Minute, time.Minute, 32<<10, transport
	})
	got, err := c.Complete(t.Context(), req)
	switch {
	case o.check != nil && err != nil:
		t.Errorf("error %v", err)
	case o.check != nil:
		if got.Message.Role != llm.Assistant {
			t.Errorf("role %q", got.Message.Role)
		}
		o.check(t, got)
	case err == nil:
		t.Errorf("no error but %+v", got)
	default:
		e := asError(t, err)
		if e.Code != o.code || e.Backend != "h100" || e.Message == "" && m.Name != "503" {
			t.Errorf("%s (%s), want %s", e.Code, err, o.code)
		}
	}
	if len(s.Requests()) != 1 {
		t.Errorf("%d requests for one call", len(s.Requests()))
	}
	if r, err := c.Complete(t.Context(), req); err != nil || r.Message.Text != "well again" {
		t.Errorf("the next call: %v", err)
	}
}

func TestCallsComeInPartsOfAllKinds(t *testing.T) {
	delta := func(calls string) string {
		return `{"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[` + calls + `]},"finish_reason":null}]}`
	}
	const end = `{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}`
	const other = `{"choices":[{"index":1,"delta":{"content":"another choice"},"finish_reason":"stop"}]}`
	want := []llm.ToolCall{{ID: "a", Name: "f", Arguments: `{"x":1}`}, {ID: "b", Name: "g", Arguments: `{"y":2}`}}
	for name, deltas := range map[string][]string{
		"interleaved, out of order": {
			delta(`{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":""}}`),
			delta(`{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\""}}`),
			delta(`{"index":1,"id":null,"function":{"name":null,"arguments":"{\"y\":"}}`), other,
			delta(`{"index":0,"function":{"arguments":":1}"}},{"index":1,"function":{"arguments":"2}"}}`),
		},
		"no indexes": {
			delta(`{"id":"a","function":{"name":"f","arguments":"{\"x\""}}`), delta(`{"function":{"arguments":":1}"}}`),
			delta(`{"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}`),
		},
		"one index for all": {
			delta(`{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}`),
			delta(`{"index":0,"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}`),
		},
		"name and id again and again": {
			delta(`{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}`),
			delta(`{"index":0,"id":"a","function":{"name":"f","arguments":":1}"}}`),
			delta(`{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\":2}"}}`),
		},
		"arguments as an object": {
			delta(`{"index":0,"id":"a","function":{"name":"f","arguments":{"x":1}}},{"index":1,"id":"b","function":{"name":"g","arguments":{"y":2}}}`),
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := agenttest.Start(t, agenttest.Config{})
			s.Enqueue(agenttest.Text("").With(agenttest.Raw(agenttest.Events(append(deltas, end, "[DONE]")...)...)))
			req := ask("q")
			req.OnDelta = func(llm.Delta) {}
			got, err := newClient(t, s, nil).Complete(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Message.Calls); diff != "" || got.Message.Text != "" {
				t.Errorf("text %q, -want +got\n%s", got.Message.Text, diff)
			}
		})
	}
}

func TestStreamsOfOtherServers(t *testing.T) {
	const (
		word = `{"choices":[{"index":0,"delta":{"content":"Sales"},"finish_reason":null}]}`
		last = `{"choices":[{"index":0,"delta":{"content":" rose."},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":null}}`
	)
	raw := func(s ...string) []agenttest.Frame {
		var frames []agenttest.Frame
		for _, f := range s {
			frames = append(frames, agenttest.Frame{Raw: f})
		}
		return frames
	}
	for name, c := range map[string]struct {
		frames []agenttest.Frame
		code   llm.Code
	}{
		"text in the last chunk":     {frames: agenttest.Events(word, last, "[DONE]")},
		"no line end after [DONE]":   {frames: raw("data: "+word+"\n\n", "data: "+last+"\n\n", "data: [DONE]")},
		"events in pieces":           {frames: raw("da", "ta: "+word[:10], word[10:]+"\n", "\ndata:"+last+"\n\ndata: [DO", "NE]\n\n")},
		"content in parts":           {frames: agenttest.Events(`{"choices":[{"delta":{"content":[{"type":"text","text":"Sales"}]}}]}`, last, "[DONE]")},
		"an error without data:":     {frames: raw("data: "+word+"\n\n", `{"error":{"message":"slow down","code":429}}`+"\n"), code: llm.CodeLimited},
		"a limit in the stream":      {frames: agenttest.Events(`{"error":{"message":"slow down","code":"429","type":"rate_limit"}}`), code: llm.CodeLimited},
		"a long prompt, in a stream": {frames: agenttest.Events(`{"error":{"message":"This model's maximum context length is 8 tokens","code":400}}`), code: llm.CodeTooLong},
		"half an event at the end":   {frames: raw("data: "+word+"\n\n", "data: {\"choi"), code: llm.CodeBroken},
		"[DONE] without a finish":    {frames: agenttest.Events(word, "[DONE]"), code: llm.CodeBroken},
		"nothing at all":             {frames: raw(""), code: llm.CodeBroken},
	} {
		t.Run(name, func(t *testing.T) {
			s := agenttest.Start(t, agenttest.Config{})
			s.Enqueue(agenttest.Text("").With(agenttest.Raw(c.frames...)))
			req := ask("q")
			req.OnDelta = func(llm.Delta) {}
			got, err := newClient(t, s, nil).Complete(t.Context(), req)
			if llm.CodeOf(err) != c.code {
				t.Fatalf("error %v, want code %q", err, c.code)
			}
			if err == nil && (got.Message.Text != "Sales rose." || got.Usage.Input != 3) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestLengthOfALine(t *testing.T) {
	for n, code := range map[int]llm.Code{100_000: "", 2 << 20: llm.CodeBroken} {
		long := strings.Repeat("가", n/3)
		s := agenttest.Start(t, agenttest.Config{})
		s.Enqueue(agenttest.Text("").With(agenttest.Raw(agenttest.Events(
			`{"choices":[{"delta":{"content":"`+long+`"},"finish_reason":"stop"}]}`, "[DONE]")...)))
		req := ask("q")
		req.OnDelta = func(llm.Delta) {}
		got, err := newClient(t, s, func(o *openai.Options) { o.MaxReply = 100 << 20 }).Complete(t.Context(), req)
		if llm.CodeOf(err) != code || err != nil && !strings.Contains(err.Error(), "a line of the stream") {
			t.Errorf("%d bytes: %v, want %q", n, err, code)
		}
		if err == nil && got.Message.Text != long {
			t.Errorf("%d bytes: %d came", n, len(got.Message.Text))
		}
	}
}

func TestReasoningUnderBothNamesIsOne(t *testing.T) {
	const thought = `"content":null,"reasoning":"Hm.","reasoning_content":"Hm."`
	s := agenttest.Start(t, agenttest.Config{})
	s.Enqueue(
		agenttest.Reply{Status: http.StatusOK, Body: `{"choices":[{"message":{` + thought + `},"finish_reason":"length"}]}`},
		agenttest.Text("").With(agenttest.Raw(agenttest.Events(`{"choices":[{"delta":{`+thought+`},"finish_reason":"length"}]}`, "[DONE]")...)),
	)
	c := newClient(t, s, nil)
	for _, onDelta := range []func(llm.Delta){nil, func(llm.Delta) {}} {
		req := ask("q")
		req.OnDelta = onDelta
		if got, err := c.Complete(t.Context(), req); err != nil || got.Message.Reasoning != "Hm." || got.Finish != llm.FinishLength {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestStreamWithoutAType(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{})
	r := agenttest.Text("한 글자씩")
	r.Header = http.Header{"Content-Type": {"text/plain"}}
	s.Enqueue(r)
	req := ask("q")
	deltas := 0
	req.OnDelta = func(llm.Delta) { deltas++ }
	if got, err := newClient(t, s, nil).Complete(t.Context(), req); err != nil || got.Message.Text != "한 글자씩" || deltas < 2 {
		t.Errorf("%v, %v after %d deltas", got, err, deltas)
	}
}

func TestServerThatDoesNotStream(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{})
	s.Enqueue(agenttest.Reply{Status: http.StatusOK, Body: `{"choices":[{"message":{"content":"all at once"},"finish_reason":"stop"}]}`})
	req := ask("q")
	var deltas []llm.Delta
	req.OnDelta = func(d llm.Delta) { deltas = append(deltas, d) }
	got, err := newClient(t, s, nil).Complete(t.Context(), req)
	if err != nil || got.Message.Text != "all at once" || len(deltas) != 1 || deltas[0].Text != "all at once" {
		t.Errorf("%+v, %v, deltas %v", got, err, deltas)
	}
}

func TestArgumentsThatTheLimitCut(t *testing.T) {
	both(t, func(t *testing.T, stream func(llm.Request) llm.Request) {
		s := agenttest.Start(t, agenttest.Config{})
		r := good
		r.Calls = good.Calls[:1]
		s.Enqueue(r.With(agenttest.TruncatedArguments(10)), r.With(agenttest.TruncatedArguments(10)))
		c := newClient(t, s, nil)
		req := stream(ask("q"))
		for max, want := range map[int]llm.Finish{20: llm.FinishLength, 21: llm.FinishTools} {
			req.MaxTokens = max
			if got, err := c.Complete(t.Context(), req); err != nil || got.Finish != want {
				t.Errorf("20 tokens of %d: %v %v, want %s", max, got, err, want)
			}
		}
	})
}
