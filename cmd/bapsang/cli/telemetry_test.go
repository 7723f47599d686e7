package cli_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/bapsang/bapsang/agent/agenttest"
)

// collector receives spans, and knows of the program only what the protocol has.
type collector struct {
	url   string
	mu    sync.Mutex
	spans []*tracepb.Span
	owner map[string]bool // the services they are of
}

func collect(t *testing.T) *collector {
	t.Helper()
	c := &collector{owner: map[string]bool{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var td tracepb.TracesData
		z, err := gzip.NewReader(r.Body)
		var data []byte
		if err == nil {
			data, err = io.ReadAll(z)
		}
		if err == nil {
			err = proto.Unmarshal(data, &td)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, rs := range td.GetResourceSpans() {
			for _, a := range rs.GetResource().GetAttributes() {
				if a.GetKey() == "service.name" {
					c.owner[a.GetValue().GetStringValue()] = true
				}
			}
			for _, ss := range rs.GetScopeSpans() {
				c.spans = append(c.spans, ss.GetSpans()...)
			}
		}
	}))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// tree writes each trace as its spans' names, children within brackets, in order of their
// beginning.
func (c *collector) tree() string {
	var out []string
	var write func(parent []byte) string
	write = func(parent []byte) string {
		var in []string
		for _, s := range c.sorted() {
			if !bytes.Equal(s.GetParentSpanId(), parent) {
				continue
			}
			name := s.GetName()
			if s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR {
				name += "!" + s.GetStatus().GetMessage()
			}
			if below := write(s.GetSpanId()); below != "" {
				name += " [" + below + "]"
			}
			in = append(in, name)
		}
		return strings.Join(in, ", ")
	}
	for _, s := range c.sorted() {
		if len(s.GetParentSpanId()) == 0 {
			out = append(out, s.GetName()+" ["+write(s.GetSpanId())+"]")
		}
		if !bytes.Equal(s.GetTraceId(), c.sorted()[0].GetTraceId()) {
			out = append(out, "another trace")
		}
	}
	return strings.Join(out, "; ")
}

func (c *collector) sorted() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := append([]*tracepb.Span(nil), c.spans...)
	for i := range all { // few
		for j := i + 1; j < len(all); j++ {
			if all[j].GetStartTimeUnixNano() < all[i].GetStartTimeUnixNano() {
				all[i], all[j] = all[j], all[i]
			}
		}
	}
	return all
}

// attribute is of the first span whose name begins so.
func (c *collector) attribute(name, key string) string {
	for _, s := range c.sorted() {
		for _, a := range s.GetAttributes() {
			if strings.HasPrefix(s.GetName(), name) && a.GetKey() == key {
				return strings.Trim(strings.TrimPrefix(a.GetValue().String(), "string_value:"), `"`)
			}
		}
	}
	return ""
}

// endpoint is the variable that has a program send its spans there.
func (c *collector) endpoint() string { return "OTEL_EXPORTER_OTLP_ENDPOINT=" + c.url }

// stop ends the program as an operator does.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done: //nolint:errcheck // it ends as what was interrupted ends
	case <-time.After(time.Minute):
		t.Error("it does not stop")
		return // it is killed when the test ends
	}
	p.done = nil
}

// TestAQuestionIsOneTrace has a question take two looks, one of them with a tool that
// does not exist, and reads its spans where the collector got them.
func TestAQuestionIsOneTrace(t *testing.T) {
	t.Parallel()
	for content, wants := range map[string]bool{"": false, "true": true} {
		c := collect(t)
		variables := []string{c.endpoint(), "OTEL_SERVICE_NAME=analyst-of-sales", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=" + content}
		server := agenttest.Start(t, agenttest.Config{})
		server.Enqueue(
			agenttest.Calls(agenttest.Call{ID: "look", Name: "query", Arguments: `{"queries":[{"name":"r1","sql":"SELECT 지역 AS region, count(*) AS n FROM sales GROUP BY ALL ORDER BY n DESC, region"}]}`}),
			agenttest.Calls(agenttest.Call{ID: "odd", Name: "guess", Arguments: `{}`}),
			agenttest.Calls(agenttest.Call{ID: "end", Name: "answer", Arguments: `{"text":"{{r1.region[0]}}이 알짜입니다."}`}))
		p := startIn(t, variables, "--now", now, "serve", "--config", configured(t, server.URL+"/v1", agreedContract))
		_, asked := p.call(t, "POST", "/api/v1/questions", ask("u", "어디가 알짜배기야", "1"), token)
		id := asked["id"].(string)
		if got := p.answer(t, id, token); got["answer"].(map[string]any)["rung"] != "think" {
			t.Fatalf("%v", got)
		}
		page := p.page(t, "/metrics")
		for _, want := range []string{
			"gen_ai_client_operation_duration_seconds_count{", "gen_ai_client_token_usage_sum{", `gen_ai_request_model="` + agenttest.DefaultModel + `"`, `bapsang_llm_backend="gpu"`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("/metrics has no %s", want)
			}
		}
		p.stop(t)
		chat := "chat " + agenttest.DefaultModel
		if got, want := c.tree(), "invoke_agent sales ["+chat+", execute_tool query, "+chat+", execute_tool guess!refused, "+chat+", execute_tool answer]"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if !c.owner["analyst-of-sales"] || len(c.owner) != 1 {
			t.Errorf("the spans are of %v", c.owner)
		}
		for key, want := range map[string]string{
			"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": id, "bapsang.rung": "think", "gen_ai.agent.name": "sales", "bapsang.llm.calls": "int_value:3",
		} {
			if got := c.attribute("invoke_agent", key); got != want {
				t.Errorf("invoke_agent: %s is %q", key, got)
			}
		}
		if c.attribute("invoke_agent", "bapsang.llm.waited") == "" {
			t.Error("the span does not say how long the question waited for its turns")
		}
		if c.attribute("chat", "gen_ai.conversation.id") != id || c.attribute("execute_tool query", "gen_ai.tool.call.id") != "look" {
			t.Error("a call is of another question, or a tool of another call")
		}
		if got := c.attribute("chat", "gen_ai.input.messages") != ""; got != wants {
			t.Errorf("with the variable %q, content in the spans: %t", content, got)
		}
		c.mu.Lock()
		for _, s := range c.spans {
			if !wants && (strings.Contains(s.String(), "알짜") || strings.Contains(s.String(), "서울") || strings.Contains(s.String(), "SELECT")) {
				t.Errorf("content is in %s", s)
			}
		}
		c.mu.Unlock()
	}
}

// TestEveryRungIsATrace asks what needs no model, the same again, and what nobody can answer.
func TestEveryRungIsATrace(t *testing.T) {
	t.Parallel()
	c := collect(t)
	p := startIn(t, []string{c.endpoint()}, "--now", now, "serve", "--config", site(t))
	for i, text := range []string{"지역별 금액 합계", "지역별 금액 합계", "어디가 알짜배기야"} {
		_, asked := p.call(t, "POST", "/api/v1/questions", ask("u", text, fmt.Sprint(i)), token)
		p.answer(t, asked["id"].(string), token)
	}
	p.stop(t)
	var got []string
	for _, s := range c.sorted() {
		for _, a := range s.GetAttributes() {
			if a.GetKey() == "bapsang.rung" && len(s.GetParentSpanId()) == 0 {
				got = append(got, a.GetValue().GetStringValue())
			}
		}
	}
	if want := []string{"compose", "recall", "none"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestAFailureIsInTheTrace has the model's server break.
func TestAFailureIsInTheTrace(t *testing.T) {
	t.Parallel()
	c := collect(t)
	server := agenttest.Start(t, agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply {
		return agenttest.Failure(http.StatusUnauthorized, `{"error":{"message":"no such key: hunter2"}}`)
	}})
	p := startIn(t, []string{c.endpoint()}, "--now", now, "serve", "--config", configured(t, server.URL+"/v1", agreedContract))
	_, asked := p.call(t, "POST", "/api/v1/questions", ask("u", "어디가 알짜배기야", "1"), token)
	p.answer(t, asked["id"].(string), token)
	p.stop(t)
	if got, want := c.tree(), "invoke_agent sales [chat "+agenttest.DefaultModel+"!denied]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if c.attribute("invoke_agent", "error.type") != "model" || c.attribute("chat", "http.response.status_code") != "int_value:401" {
		t.Error("the spans do not say what went wrong")
	}
}

// TestTelemetryFailsNothing asks with a collector that takes a connection and says nothing,
// with none where one should be, and with variables that make no sense.
func TestTelemetryFailsNothing(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer silent.Close()
	defer close(done)
	for name, c := range map[string]struct{ variable, value, says string }{
		"silent":   {"OTEL_EXPORTER_OTLP_ENDPOINT", silent.URL, ""},
		"gone":     {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", nobody, ""},
		"nonsense": {"OTEL_EXPORTER_OTLP_ENDPOINT", "collector", "telemetry is off"},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "--now", now, "ask", "--data-dir", demoDir(t), "지난달 지역별 매출")
		cmd.Env = append(os.Environ(), asMain+"=1", c.variable+"="+c.value)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil || !strings.Contains(string(out), "매출") {
			t.Errorf("%s: %v, %s%s", name, err, out, &errs)
		}
		if (errs.Len() > 0) != (c.says != "") || !strings.Contains(errs.String(), c.says) {
			t.Errorf("%s: it says %q", name, &errs)
		}
	}
}
