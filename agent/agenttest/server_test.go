package agenttest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/agent/agenttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const hello = `{"model":"openai/gpt-oss-120b","messages":[{"role":"user","content":"hello"}]}`

// post sends a body and returns the status, the headers and what came until the end.
func post(t *testing.T, s *agenttest.Server, body string) (int, http.Header, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return postWith(t, client, s, body)
}

func postWith(t *testing.T, client *http.Client, s *agenttest.Server, body string) (int, http.Header, string) {
	t.Helper()
	resp, err := client.Post(s.URL+"/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(b)
}

func TestStreamHasTheShapeOfVLLM(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{})
	s.Enqueue(agenttest.Reply{
		Text: "Sales rose.", Reasoning: "Think.", Calls: []agenttest.Call{{ID: "call_1", Name: "run_sql", Arguments: `{"sql":"SELECT 1"}`}},
	})
	_, _, body := post(t, s, strings.TrimSuffix(hello, "}")+`,"stream":true,"stream_options":{"include_usage":true}}`)
	var text, reasoning, args, finish string
	var usage, last bool
	for i, event := range strings.Split(strings.TrimSpace(body), "\n\n") {
		data, ok := strings.CutPrefix(event, "data: ")
		if !ok {
			t.Fatalf("event %q has no data", event)
		}
		if last = data == "[DONE]"; last {
			break
		}
		var c struct {
			Choices []struct {
				Delta struct {
					Role, Content, Reasoning *string
					ToolCalls                []struct{ Function struct{ Arguments string } } `json:"tool_calls"`
				}
				FinishReason *string `json:"finish_reason"`
			}
			Usage *struct {
				Total int `json:"total_tokens"`
			}
		}
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			t.Fatal(err)
		}
		if len(c.Choices) == 0 {
			usage = c.Usage != nil && c.Usage.Total > 0
			continue
		}
		d := c.Choices[0].Delta
		if i == 0 && (*d.Role != "assistant" || *d.Content != "") {
			t.Errorf("first chunk %s", data)
		}
		if d.Content != nil {
			text += *d.Content
		}
		if d.Reasoning != nil {
			reasoning += *d.Reasoning
		}
		for _, call := range d.ToolCalls {
			args += call.Function.Arguments
		}
		if f := c.Choices[0].FinishReason; f != nil {
			finish = *f
		}
	}
	if text != "Sales rose." || reasoning != "Think." || args != `{"sql":"SELECT 1"}` || finish != "tool_calls" || !usage || !last {
		t.Errorf("got %q %q %q %q, usage %v, done %v", text, reasoning, args, finish, usage, last)
	}
}

func TestRefusesWhatVLLMRefuses(t *testing.T) {
	const system = `{"role":"user","content":"q"}`
	call := func(c string) string { return system + `,{"role":"assistant","content":"","tool_calls":[` + c + `]}` }
	const result = `,{"role":"tool","tool_call_id":"a","content":"1"}`
	for name, body := range map[string]string{
		"no JSON":               `{`,
		"no messages":           `{"messages":[]}`,
		"unknown role":          `{"messages":[{"role":"robot","content":"x"}]}`,
		"no content":            `{"messages":[{"role":"user"}]}`,
		"empty type of call":    `{"messages":[` + call(`{"id":"a","type":"","function":{"name":"f","arguments":"{}"}}`) + result + `]}`,
		"no arguments":          `{"messages":[` + call(`{"id":"a","type":"function","function":{"name":"f"}}`) + result + `]}`,
		"arguments no JSON":     `{"messages":[` + call(`{"id":"a","type":"function","function":{"name":"f","arguments":"{x"}}`) + result + `]}`,
		"call without result":   `{"messages":[` + call(`{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}`) + `,` + system + `]}`,
		"result without call":   `{"messages":[` + system + result + `]}`,
		"result without text":   `{"messages":[` + call(`{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}`) + `,{"role":"tool","tool_call_id":"a"}]}`,
		"stream options":        `{"messages":[` + system + `],"stream_options":{"include_usage":true}}`,
		"temperature":           `{"messages":[` + system + `],"temperature":3}`,
		"temperature no number": `{"messages":[` + system + `],"temperature":"0"}`,
		"max_tokens 0":          `{"messages":[` + system + `],"max_tokens":0}`,
		"effort":                `{"messages":[` + system + `],"reasoning_effort":"huge"}`,
		"priority":              `{"messages":[` + system + `],"priority":1}`,
		"salt":                  `{"messages":[` + system + `],"cache_salt":""}`,
		"no tools":              `{"messages":[` + system + `],"tools":[]}`,
		"type of tool":          `{"messages":[` + system + `],"tools":[{"type":"","function":{"name":"f"}}]}`,
		"name of tool":          `{"messages":[` + system + `],"tools":[{"type":"function","function":{"name":"a b"}}]}`,
		"choice without tools":  `{"messages":[` + system + `],"tool_choice":"auto"}`,
		"schema":                `{"messages":[` + system + `],"response_format":{"type":"json_schema"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := agenttest.Start(t, agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply { return agenttest.Text("ok") }})
			status, _, got := post(t, s, body)
			if status != http.StatusBadRequest || !strings.Contains(got, `"code":400`) {
				t.Errorf("HTTP %d %s", status, got)
			}
			// The same without the mistake is taken.
			if status, _, got := post(t, s, hello); status != http.StatusOK {
				t.Errorf("a good request: HTTP %d %s", status, got)
			}
		})
	}
}

func TestTakesAWholeTurn(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{Priorities: true})
	s.Enqueue(agenttest.Text("ok"))
	const turn = `{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"q"}]},
		{"role":"assistant","reasoning":"r","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"a","content":"1"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],
		"priority":2,"cache_salt":"x","temperature":0,"max_tokens":5,"reasoning_effort":"low","unknown":true,
		"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}}`
	if status, _, got := post(t, s, turn); status != http.StatusOK {
		t.Errorf("HTTP %d %s", status, got)
	}
	r := s.Requests()[0]
	if string(r.Raw) != turn || r.Chat.Messages[2].Reasoning != "r" || r.Chat.Priority != 2 || r.Last() != "1" {
		t.Errorf("recorded %+v", r.Chat)
	}
	strict := agenttest.Start(t, agenttest.Config{Strict: true})
	if status, _, _ := post(t, strict, turn); status != http.StatusBadRequest {
		t.Errorf("strict: HTTP %d", status)
	}
}

func TestScriptsBelongToTheirConversation(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply { return agenttest.Text("by rule") }})
	s.Script(agenttest.Mentions("revenue"), agenttest.Text("r1"), agenttest.Text("r2"))
	s.Script(agenttest.Mentions("stock"), agenttest.Text("s1"))
	for _, turn := range [][2]string{{"stock", "s1"}, {"revenue", "r1"}, {"revenue", "r2"}, {"revenue", "by rule"}} {
		_, _, body := post(t, s, strings.Replace(hello, "hello", turn[0], 1))
		if !strings.Contains(body, `"content":"`+turn[1]+`"`) {
			t.Errorf("%s: %s", turn[0], body)
		}
	}
	if s.Left() != 0 {
		t.Errorf("%d replies left", s.Left())
	}
}

// admitted asks a limiter every step and returns how many were taken in each period.
func admitted(l agenttest.Limiter, step, per time.Duration, periods int) []int {
	start := time.Unix(1_000_000, 0)
	counts := make([]int, periods)
	for at := time.Duration(0); at < per*time.Duration(periods); at += step {
		if l.Take(start.Add(at)).OK {
			counts[at/per]++
		}
	}
	return counts
}

func TestLimiters(t *testing.T) {
	const per = time.Minute
	for name, l := range map[string]agenttest.Limiter{
		"fixed":   agenttest.FixedWindow(100, per),
		"sliding": agenttest.SlidingWindow(100, per),
		"leaky":   agenttest.LeakyBucket(100, per),
	} {
		// At ten times the rate each gives exactly the rate.
		if got := admitted(l, 60*time.Millisecond, per, 3); !slices.Equal(got, []int{100, 100, 100}) {
			t.Errorf("%s: %v a minute", name, got)
		}
	}
	burst := func(l agenttest.Limiter, at time.Time) (taken int, v agenttest.Verdict) {
		for {
			if v = l.Take(at); !v.OK {
				return taken, v
			}
			taken++
		}
	}
	t0 := time.Unix(2_000_000, 0)
	fixed, sliding, leaky := agenttest.FixedWindow(10, per), agenttest.SlidingWindow(10, per), agenttest.LeakyBucket(10, per)
	// What tells them apart: a burst at the end of a window and one right after it.
	fixed.Take(t0)
	sliding.Take(t0)
	for _, at := range []time.Duration{59 * time.Second, 61 * time.Second} {
		f, _ := burst(fixed, t0.Add(at))
		s, _ := burst(sliding, t0.Add(at))
		l, v := burst(leaky, t0.Add(at))
		want := map[time.Duration][3]int{59 * time.Second: {9, 9, 1}, 61 * time.Second: {10, 1, 0}}[at]
		if got := [3]int{f, s, l}; got != want {
			t.Errorf("burst at %s: fixed, sliding, leaky take %v, want %v", at, got, want)
		}
		if v.Wait <= 0 || v.Wait > 6*time.Second {
			t.Errorf("leaky says wait %s", v.Wait)
		}
	}
}

func TestRefusalsTellWhenToComeBack(t *testing.T) {
	for telling, want := range map[agenttest.Telling]string{
		agenttest.Seconds: "Retry-After", agenttest.Date: "Retry-After", agenttest.Millis: "Retry-After-Ms",
		agenttest.Headers: "X-Ratelimit-Reset-Requests", agenttest.Silent: "",
	} {
		s := agenttest.Start(t, agenttest.Config{Limiter: agenttest.FixedWindow(1, time.Hour), Telling: telling})
		s.Enqueue(agenttest.Text("ok"))
		if status, h, _ := post(t, s, hello); status != http.StatusOK || (h.Get("X-Ratelimit-Limit-Requests") == "1") == (telling == agenttest.Silent) {
			t.Errorf("%d: first: HTTP %d %v", telling, status, h)
		}
		status, h, body := post(t, s, hello)
		if status != http.StatusTooManyRequests || !strings.Contains(body, "rate_limit_exceeded") {
			t.Errorf("%d: HTTP %d %s", telling, status, body)
		}
		if want != "" && h.Get(want) == "" || want == "" && h.Get("Retry-After") != "" {
			t.Errorf("%d: headers %v", telling, h)
		}
		if s.Statuses()[http.StatusTooManyRequests] != 1 {
			t.Errorf("statuses %v", s.Statuses())
		}
	}
}

func TestTimeIsTheBubbles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := agenttest.StartPipe(t, agenttest.Config{
			Latency: agenttest.Latency{First: agenttest.Fixed(time.Minute), Chunk: agenttest.Fixed(time.Second)},
		})
		client := &http.Client{Transport: &http.Transport{DialContext: s.Dial, DisableKeepAlives: true}}
		s.Enqueue(agenttest.Text("12345678"), agenttest.Text("12345678"))
		start := time.Now()
		postWith(t, client, s, strings.TrimSuffix(hello, "}")+`,"stream":true}`)
		// Two chunks of text and one of the end.
		if took := time.Since(start); took != 63*time.Second {
			t.Errorf("streamed: took %s", took)
		}
		start = time.Now()
		postWith(t, client, s, hello)
		if took := time.Since(start); took != 62*time.Second {
			t.Errorf("whole: took %s", took)
		}
	})
}

func TestScaledClockAndLogNormal(t *testing.T) {
	c := agenttest.Scaled(1000)
	before := c.Now()
	start := time.Now()
	if err := c.Sleep(t.Context(), 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if real := time.Since(start); real < 20*time.Millisecond || real > 10*time.Second {
		t.Errorf("20 scaled seconds took %s", real)
	}
	if scaled := c.Now().Sub(before); scaled < 20*time.Second {
		t.Errorf("the clock moved %s", scaled)
	}
	r := rand.New(rand.NewPCG(1, 1))
	draw := agenttest.LogNormal(6*time.Second, 0.5)
	var all []time.Duration
	for range 20001 {
		all = append(all, draw(r))
	}
	slices.Sort(all)
	// The median, and e^0.5 above it one standard deviation up.
	for _, c := range []struct {
		at   int
		want float64
	}{{10000, 6}, {16827, 9.892}} {
		if got := all[c.at].Seconds(); got < c.want*0.97 || got > c.want*1.03 {
			t.Errorf("quantile %d: %.3f s, want about %.3f", c.at, got, c.want)
		}
	}
}

func TestPrefixCacheAndMetrics(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{
		CacheDetails: true, Rule: func(*agenttest.Request) agenttest.Reply { return agenttest.Text("ok") },
	})
	ask := func(system, q string) int {
		body, _ := json.Marshal(map[string]any{"messages": []any{
			map[string]string{"role": "system", "content": system}, map[string]string{"role": "user", "content": q},
		}})
		_, _, got := post(t, s, string(body))
		var r struct {
			Usage struct {
				Details struct {
					Cached int `json:"cached_tokens"`
				} `json:"prompt_tokens_details"`
			}
		}
		if err := json.Unmarshal([]byte(got), &r); err != nil {
			t.Fatal(err)
		}
		return r.Usage.Details.Cached
	}
	long := strings.Repeat("table orders has columns id, day, amount. ", 100)
	if n := ask(long, "q1"); n != 0 {
		t.Errorf("first: %d cached", n)
	}
	if n := ask(long, "q2"); n < len(long)/4-32 {
		t.Errorf("same prefix: %d cached of about %d", n, len(long)/4)
	}
	if n := ask("x"+long, "q2"); n != 0 {
		t.Errorf("another beginning: %d cached", n)
	}
	resp, err := http.Get(s.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close(); http.DefaultClient.CloseIdleConnections() }()
	b, _ := io.ReadAll(resp.Body)
	for _, want := range []string{"vllm:num_requests_waiting{", "vllm:prefix_cache_hits_total{", "# TYPE vllm:num_requests_running gauge"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %s in\n%s", want, b)
		}
	}
}

func TestSeatsQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := agenttest.StartPipe(t, agenttest.Config{
			Seats: 1, Latency: agenttest.Latency{First: agenttest.Fixed(time.Second)},
			Rule: func(*agenttest.Request) agenttest.Reply { return agenttest.Text("ok") },
		})
		client := &http.Client{Transport: &http.Transport{DialContext: s.Dial, DisableKeepAlives: true}}
		start := time.Now()
		done := make(chan struct{})
		for range 3 {
			go func() {
				postWith(t, client, s, hello)
				done <- struct{}{}
			}()
		}
		synctest.Wait()
		resp, err := client.Get(s.URL + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if !strings.Contains(string(b), `running{engine="0",model_name="openai/gpt-oss-120b"} 1.0`) ||
			!strings.Contains(string(b), `waiting{engine="0",model_name="openai/gpt-oss-120b"} 2.0`) {
			t.Errorf("metrics\n%s", b)
		}
		for range 3 {
			<-done
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("three in a row took %s", took)
		}
	})
}

func TestParallelRequestsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := agenttest.StartPipe(t, agenttest.Config{
			Parallel: 2, Latency: agenttest.Latency{First: agenttest.Fixed(time.Second)},
			Rule: func(*agenttest.Request) agenttest.Reply { return agenttest.Text("ok") },
		})
		client := &http.Client{Transport: &http.Transport{DialContext: s.Dial, DisableKeepAlives: true}}
		statuses := make(chan int)
		for range 3 {
			go func() {
				status, _, _ := postWith(t, client, s, hello)
				statuses <- status
			}()
		}
		counts := map[int]int{}
		for range 3 {
			counts[<-statuses]++
		}
		if counts[http.StatusOK] != 2 || counts[http.StatusTooManyRequests] != 1 {
			t.Errorf("statuses %v", counts)
		}
		if status, _, _ := postWith(t, client, s, hello); status != http.StatusOK {
			t.Errorf("alone: HTTP %d", status)
		}
	})
}

func TestSeesTheClientGo(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{})
	s.Enqueue(agenttest.Text("12345678").With(agenttest.Stall(2)))
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/v1/chat/completions",
		strings.NewReader(strings.TrimSuffix(hello, "}")+`,"stream":true}`))
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	r, err := s.Await(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-r.Gone():
	case <-time.After(time.Minute):
		t.Error("the server did not see the client go")
	}
}

func TestKeyModelAndContext(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{Key: "secret"})
	if status, _, body := post(t, s, hello); status != http.StatusUnauthorized || body != `{"error":"Unauthorized"}` {
		t.Errorf("HTTP %d %s", status, body)
	}
	s = agenttest.Start(t, agenttest.Config{MaxContext: 100})
	if status, _, body := post(t, s, strings.Replace(hello, "gpt-oss-120b", "other", 1)); status != http.StatusNotFound || !strings.Contains(body, "does not exist") {
		t.Errorf("HTTP %d %s", status, body)
	}
	if status, _, body := post(t, s, strings.Replace(hello, "hello", strings.Repeat("hello ", 100), 1)); status != http.StatusBadRequest || !strings.Contains(body, "maximum context length is 100 tokens") {
		t.Errorf("HTTP %d %s", status, body)
	}
}
