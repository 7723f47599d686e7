package agenttest_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/bapsang/bapsang/agent/agenttest"
)

// peers answers each question with what its word asks for.
func peers(r *agenttest.Request) agenttest.Reply {
	call := agenttest.Call{ID: "call_1", Name: "run_sql", Arguments: `{"sql":"SELECT 1"}`}
	good := agenttest.Reply{Text: "Sales rose by 4%. 매출이 늘었어요.", Reasoning: "Think.", Calls: []agenttest.Call{call}}
	switch r.Last() {
	case "calls":
		return agenttest.Calls(call, agenttest.Call{Name: "lookup", Arguments: `{}`})
	case "stream":
		return good
	case "comments":
		return agenttest.Text("with comments").With(agenttest.Comments())
	case "frame":
		return good.With(agenttest.ErrorFrame(2))
	case "limited":
		r := agenttest.Failure(http.StatusTooManyRequests, `{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}`)
		r.Header = http.Header{"Retry-After": {"7"}}
		return r
	case "harmony":
		return agenttest.HarmonyError()
	case "long":
		return agenttest.TooLong(8192, 8129, 64)
	case "page":
		return agenttest.BadGateway()
	}
	return agenttest.Text("whole")
}

// needPeer returns node, or skips saying how to have the official client.
func needPeer(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join("testdata", "npm", "node_modules", "openai"))
	}
	if err != nil {
		const how = "OpenAI's client is not here (apt install nodejs npm; npm ci --prefix agent/agenttest/testdata/npm)"
		if os.Getenv("BAPSANG_REQUIRE_ALL") == "1" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	return node
}

// TestOfficialClientUnderstands proves the server with a client that is not ours.
func TestOfficialClientUnderstands(t *testing.T) {
	node := needPeer(t)
	s := agenttest.Start(t, agenttest.Config{Key: "secret", Rule: peers})
	cmd := exec.CommandContext(t.Context(), node, "peer.mjs", s.URL)
	cmd.Dir = filepath.Join("testdata", "npm")
	cmd.Env = append(os.Environ(), "NO_PROXY=127.0.0.1")
	raw, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	for name, want := range map[string][]string{
		"models":   {`["openai/gpt-oss-120b"]`},
		"whole":    {`"whole"`},
		"calls":    {`"finish":"tool_calls"`, `"id":"call_1"`, `"arguments":"{\"sql\":\"SELECT 1\"}"`, `"name":"lookup"`, `"usage":true`},
		"stream":   {`"text":"Sales rose by 4%. 매출이 늘었어요."`, `"calls":["run_sql{\"sql\":\"SELECT 1\"}"]`, `"finish":"tool_calls"`, `"usage":true`},
		"comments": {`"with comments"`},
		"frame":    {`"error":"APIError"`, `unexpected tokens remaining`},
		"limited":  {`"error":"RateLimitError"`, `"status":429`, `slow down`, `"retryAfter":"7"`},
		"harmony":  {`"error":"InternalServerError"`, `"status":500`, `message header`},
		"long":     {`"error":"BadRequestError"`, `maximum context length is 8192 tokens`},
		"page":     {`"status":502`, `502 Bad Gateway`},
		"invalid":  {`"error":"BadRequestError"`, `temperature must be in`},
	} {
		for _, part := range want {
			if !strings.Contains(string(got[name]), part) {
				t.Errorf("%s: %s has no %s", name, got[name], part)
			}
		}
	}
}

// TestGoOpenAIUnderstands proves it with another, and what go-openai does on its own
// with the misbehaviours that the product's client must cure: when one of these changes,
// a cure can go.
func TestGoOpenAIUnderstands(t *testing.T) {
	s := agenttest.Start(t, agenttest.Config{Key: "secret", Rule: peers})
	cfg := goopenai.DefaultConfig("secret")
	cfg.BaseURL = s.URL + "/v1"
	transport := &http.Transport{DisableKeepAlives: true}
	cfg.HTTPClient = &http.Client{Transport: transport, Timeout: time.Minute}
	api := goopenai.NewClientWithConfig(cfg)
	ask := func(q string) goopenai.ChatCompletionRequest {
		return goopenai.ChatCompletionRequest{
			Model: agenttest.DefaultModel, Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: q}},
		}
	}
	got, err := api.CreateChatCompletion(t.Context(), ask("calls"))
	if err != nil || got.Choices[0].FinishReason != "tool_calls" || got.Choices[0].Message.ToolCalls[1].Function.Name != "lookup" {
		t.Errorf("calls: %+v, %v", got, err)
	}
	read := func(q string) (text string, err error) {
		stream, err := api.CreateChatCompletionStream(t.Context(), ask(q))
		if err != nil {
			return "", err
		}
		defer func() { _ = stream.Close() }()
		for {
			chunk, err := stream.Recv()
			if err != nil {
				return text, err
			}
			for _, c := range chunk.Choices {
				text += c.Delta.Content + c.Delta.ReasoningContent
			}
		}
	}
	// The reasoning is lost here.
	if text, err := read("stream"); text != "Sales rose by 4%. 매출이 늘었어요." || !errors.Is(err, io.EOF) {
		t.Errorf("stream: %q, %v", text, err)
	}
	var api400 *goopenai.APIError
	if _, err := read("long"); !errors.As(err, &api400) || api400.HTTPStatusCode != 400 || !strings.Contains(api400.Message, "8192") {
		t.Errorf("long: %v", err)
	}
	if _, err := read("frame"); err == nil || !strings.Contains(err.Error(), "unexpected tokens") {
		t.Errorf("frame: %v", err)
	}
}
