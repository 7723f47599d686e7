package openai_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/agent/llm"
	"github.com/bapsang/bapsang/agent/llm/openai"
)

func TestSilenceEndsACall(t *testing.T) {
	for name, c := range map[string]struct {
		reply  agenttest.Reply
		stream bool
		want   time.Duration // until the call ends
		code   llm.Code
	}{
		"stream goes silent":    {reply: good.With(agenttest.Stall(3)), stream: true, want: 30*time.Second + 2*time.Second, code: llm.CodeTimeout},
		"stream says nothing":   {reply: good.With(agenttest.StallAtOnce()), stream: true, want: 5 * time.Minute, code: llm.CodeTimeout},
		"whole goes silent":     {reply: good.With(agenttest.Stall(0)), want: 30 * time.Second, code: llm.CodeTimeout},
		"whole never begins":    {reply: slow(good, 6*time.Minute, 0), want: 5 * time.Minute, code: llm.CodeTimeout},
		"whole takes its time":  {reply: slow(good, 4*time.Minute, 0), want: 4 * time.Minute},
		"stream takes its time": {reply: slow(agenttest.Text("12345678"), 4*time.Minute, 29*time.Second), stream: true, want: 4*time.Minute + 4*29*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := agenttest.StartPipe(t, agenttest.Config{Latency: agenttest.Latency{Chunk: agenttest.Fixed(time.Second)}})
				if !c.stream && c.reply.Latency == nil {
					c.reply.Latency = &agenttest.Latency{}
				}
				s.Enqueue(c.reply)
				client := newClient(t, s, func(o *openai.Options) {
					o.FirstByte, o.Idle = 5*time.Minute, 30*time.Second
					o.Transport = &http.Transport{DialContext: s.Dial, DisableKeepAlives: true}
				})
				req := ask("q")
				if c.stream {
					req.OnDelta = func(llm.Delta) {}
				}
				start := time.Now()
				_, err := client.Complete(t.Context(), req)
				if took := time.Since(start); llm.CodeOf(err) != c.code || took != c.want {
					t.Errorf("%v after %s, want %q after %s", err, took, c.code, c.want)
				}
			})
		})
	}
}

func slow(r agenttest.Reply, first, chunk time.Duration) agenttest.Reply {
	r.Latency = &agenttest.Latency{First: agenttest.Fixed(first)}
	if chunk > 0 {
		r.Latency.Chunk = agenttest.Fixed(chunk)
	}
	return r
}

func TestCommentsAreSignsOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := agenttest.StartPipe(t, agenttest.Config{Latency: agenttest.Latency{Chunk: agenttest.Fixed(20 * time.Second)}})
		var frames []agenttest.Frame
		for range 20 {
			frames = append(frames, agenttest.Frame{Raw: ": ping\n\n", Idle: true})
		}
		frames = append(frames, agenttest.Events(`{"choices":[{"delta":{"content":"late"},"finish_reason":"stop"}]}`, "[DONE]")...)
		s.Enqueue(agenttest.Text("").With(agenttest.Raw(frames...)))
		c := newClient(t, s, func(o *openai.Options) {
			o.FirstByte, o.Idle = 30*time.Second, 30*time.Second
			o.Transport = &http.Transport{DialContext: s.Dial, DisableKeepAlives: true}
		})
		req := ask("q")
		req.OnDelta = func(llm.Delta) {}
		if got, err := c.Complete(t.Context(), req); err != nil || got.Message.Text != "late" {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestEndingTheContextEndsTheCallAtTheServer(t *testing.T) {
	both(t, func(t *testing.T, stream func(llm.Request) llm.Request) {
		for name, c := range map[string]struct {
			end  func(context.Context) (context.Context, context.CancelFunc)
			code llm.Code
		}{
			"cancelled": {func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) }, llm.CodeCancelled},
			"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 200*time.Millisecond)
			}, llm.CodeTimeout},
		} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := agenttest.StartPipe(t, agenttest.Config{})
					s.Enqueue(good.With(agenttest.Stall(3)))
					client := newClient(t, s, func(o *openai.Options) {
						o.Transport = &http.Transport{DialContext: s.Dial, DisableKeepAlives: true}
					})
					ctx, cancel := c.end(t.Context())
					defer cancel()
					failed := make(chan error, 1)
					go func() {
						_, err := client.Complete(ctx, stream(ask("q")))
						failed <- err
					}()
					r, err := s.Await(t.Context(), 1)
					if err != nil {
						t.Fatal(err)
					}
					if c.code == llm.CodeCancelled {
						cancel()
					}
					err = <-failed
					if llm.CodeOf(err) != c.code || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("error %v, want %s", err, c.code)
					}
					select {
					case <-r.Gone():
					case <-time.After(10 * time.Second):
						t.Error("the server still works")
					}
				})
			})
		}
	})
}

func TestRetryAfterIsKept(t *testing.T) {
	both(t, func(t *testing.T, stream func(llm.Request) llm.Request) {
		for name, c := range map[string]struct {
			status int
			header http.Header
			want   time.Duration
		}{
			"seconds":      {429, http.Header{"Retry-After": {"7"}}, 7 * time.Second},
			"fraction":     {429, http.Header{"Retry-After": {"0.5"}}, 500 * time.Millisecond},
			"millis first": {429, http.Header{"Retry-After": {"7"}, "Retry-After-Ms": {"1234"}}, 1234 * time.Millisecond},
			"date by the server's clock": {429, http.Header{
				"Date": {"Thu, 01 Jan 2015 00:00:00 GMT"}, "Retry-After": {"Thu, 01 Jan 2015 00:00:30 GMT"},
			}, 30 * time.Second},
			"a date gone by":   {429, http.Header{"Date": {"Thu, 01 Jan 2015 00:00:30 GMT"}, "Retry-After": {"Thu, 01 Jan 2015 00:00:00 GMT"}}, 0},
			"without bounds":   {429, http.Header{"Retry-After": {"86400"}}, 10 * time.Minute},
			"nonsense":         {429, http.Header{"Retry-After": {"soon"}, "Retry-After-Ms": {"-3"}}, 0},
			"negative":         {429, http.Header{"Retry-After": {"-7"}}, 0},
			"no number":        {429, http.Header{"Retry-After": {"NaN"}}, 0},
			"limits' reset":    {429, http.Header{"X-Ratelimit-Remaining-Requests": {"0"}, "X-Ratelimit-Reset-Requests": {"1m30s"}}, 90 * time.Second},
			"the other limit":  {429, http.Header{"X-Ratelimit-Remaining-Requests": {"5"}, "X-Ratelimit-Reset-Requests": {"1m30s"}, "X-Ratelimit-Remaining-Tokens": {"0"}, "X-Ratelimit-Reset-Tokens": {"120ms"}}, 120 * time.Millisecond},
			"busy":             {503, http.Header{"Retry-After": {"3"}}, 3 * time.Second},
			"nobody says":      {429, nil, 0},
			"limits of a 500":  {500, http.Header{"X-Ratelimit-Remaining-Requests": {"0"}, "X-Ratelimit-Reset-Requests": {"1m30s"}}, 0},
			"money is used up": {429, nil, 0},
		} {
			s := agenttest.Start(t, agenttest.Config{})
			body, code := `{"error":{"message":"slow down"}}`, llm.CodeLimited
			if c.status != http.StatusTooManyRequests {
				code = llm.CodeUnavailable
			}
			if name == "money is used up" {
				body, code = `{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}`, llm.CodeDenied
			}
			r := agenttest.Failure(c.status, body)
			r.Header = c.header
			s.Enqueue(r)
			_, err := newClient(t, s, nil).Complete(t.Context(), stream(ask("q")))
			if e := asError(t, err); e.Code != code || e.RetryAfter != c.want || e.Status != c.status {
				t.Errorf("%s: %s after %s (HTTP %d), want %s after %s", name, e.Code, e.RetryAfter, e.Status, code, c.want)
			}
		}
	})
}

func TestRatesAreTold(t *testing.T) {
	both(t, func(t *testing.T, stream func(llm.Request) llm.Request) {
		s := agenttest.Start(t, agenttest.Config{
			Limiter: agenttest.FixedWindow(2, time.Hour), Rule: func(*agenttest.Request) agenttest.Reply { return agenttest.Text("ok") },
		})
		var rates []openai.Rate
		c := newClient(t, s, func(o *openai.Options) { o.OnRate = func(r openai.Rate) { rates = append(rates, r) } })
		for range 3 {
			_, _ = c.Complete(t.Context(), stream(ask("q")))
		}
		if len(rates) != 3 || rates[0].LimitRequests != 2 || rates[0].RemainingRequests != 1 || rates[2].RemainingRequests != 0 ||
			rates[2].ResetRequests < 59*time.Minute || rates[0].LimitTokens != -1 {
			t.Errorf("rates %+v", rates)
		}
	})
}

func TestErrorsByStatus(t *testing.T) {
	for name, c := range map[string]struct {
		reply   agenttest.Reply
		code    llm.Code
		message string
	}{
		"FastAPI":          {agenttest.Failure(422, `{"detail":[{"loc":["body"],"msg":"field required"}]}`), llm.CodeRefused, "field required"},
		"no path":          {agenttest.Failure(404, `{"detail":"Not Found"}`), llm.CodeNoModel, "Not Found"},
		"request timeout":  {agenttest.Failure(408, ""), llm.CodeTimeout, ""},
		"gateway timeout":  {agenttest.Failure(504, "<html><title>504 Gateway Time-out</title>"), llm.CodeTimeout, "504 Gateway Time-out"},
		"too large":        {agenttest.Failure(413, "<html><title>413 Request Entity Too Large</title>"), llm.CodeTooLong, "413"},
		"proxy login":      {agenttest.Failure(407, ""), llm.CodeDenied, ""},
		"LiteLLM length":   {agenttest.Failure(400, `{"error":{"message":"litellm.ContextWindowExceededError: too much","type":null,"code":"400"}}`), llm.CodeTooLong, "litellm"},
		"llama.cpp length": {agenttest.Failure(500, `{"error":{"code":500,"message":"the request exceeds the available context size","type":"server_error"}}`), llm.CodeTooLong, ""},
		"max_tokens":       {agenttest.Failure(400, `{"error":{"message":"max_tokens=9 cannot be greater than max_model_len=8","code":400}}`), llm.CodeTooLong, ""},
		"harmony as a 400": {agenttest.Failure(400, `{"error":{"message":"Unexpected token 200012 while expecting start token 200006","code":400}}`), llm.CodeBroken, ""},
		"teapot":           {agenttest.Failure(418, "short and stout"), llm.CodeRefused, "short and stout"},
		"plain 500":        {agenttest.Failure(500, "Internal Server Error"), llm.CodeUnavailable, "Internal Server Error"},
		"login page":       {agenttest.LoginPage(), llm.CodeBroken, "a web page"},
		"vLLM's 401":       {agenttest.Unauthorized(), llm.CodeDenied, "Unauthorized"},
	} {
		s := agenttest.Start(t, agenttest.Config{})
		s.Enqueue(c.reply)
		_, err := newClient(t, s, nil).Complete(t.Context(), ask("q"))
		if e := asError(t, err); e.Code != c.code || !strings.Contains(e.Message, c.message) {
			t.Errorf("%s: %v, want %s with %q", name, err, c.code, c.message)
		}
	}
}

func TestRequestThatCannotBeMade(t *testing.T) {
	both(t, func(t *testing.T, stream func(llm.Request) llm.Request) {
		s := agenttest.Start(t, agenttest.Config{})
		for name, edit := range map[string]func(*llm.Request){
			"tool":   func(r *llm.Request) { r.Tools = []llm.Tool{{Name: "f", Parameters: []byte("{oops")}} },
			"schema": func(r *llm.Request) { r.Schema = &llm.Schema{Name: "s", JSON: []byte("oops")} },
		} {
			req := stream(ask("q"))
			edit(&req)
			// No other server would take it either: it must not be tried again.
			if _, err := newClient(t, s, nil).Complete(t.Context(), req); llm.CodeOf(err) != llm.CodeRefused {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := len(s.Requests()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

// A server that keeps the connection after [DONE] must not make the verdict another one.
func TestServerThatStaysAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := agenttest.StartPipe(t, agenttest.Config{})
		for _, delta := range []string{`{"content":"ok"}`, `{}`} {
			frames := agenttest.Events(`{"choices":[{"delta":`+delta+`,"finish_reason":"stop"}]}`, "[DONE]")
			s.Enqueue(agenttest.Text("").With(agenttest.Raw(append(frames, agenttest.Frame{Stall: true})...)))
		}
		c := newClient(t, s, func(o *openai.Options) {
			o.Transport = &http.Transport{DialContext: s.Dial, DisableKeepAlives: true}
		})
		req := ask("q")
		req.OnDelta = func(llm.Delta) {}
		start := time.Now()
		if r, err := c.Complete(t.Context(), req); err != nil || r.Message.Text != "ok" || time.Since(start) > time.Second {
			t.Errorf("%v, %v after %s", r, err, time.Since(start))
		}
		if _, err := c.Complete(t.Context(), req); llm.CodeOf(err) != llm.CodeBroken {
			t.Errorf("an empty reply: %v", err)
		}
	})
}

func TestErrorsHoldNoSecretsAndNoPrompt(t *testing.T) {
	const key, prompt = "sk-very-secret-key", "salaries of everybody"
	for name, r := range map[string]agenttest.Reply{
		"echoed key":   agenttest.Failure(401, `{"error":{"message":"Incorrect API key provided: `+key+`."}}`),
		"echoed input": agenttest.Failure(400, `{"error":{"message":"1 validation error: {'type': 'missing', 'loc': ('body',), 'msg': 'Field required', 'input': {'messages': '`+prompt+`'}}"}}`),
		"plain":        agenttest.Failure(500, strings.Repeat("x", 10_000)),
		"no JSON":      agenttest.Reply{Status: 200, Body: prompt},
	} {
		s := agenttest.Start(t, agenttest.Config{})
		s.Enqueue(r)
		c := newClient(t, s, func(o *openai.Options) {
			o.Key, o.Header = key, http.Header{"x-team-token": {"team-secret"}}
		})
		_, err := c.Complete(t.Context(), ask(prompt))
		if text := err.Error(); strings.Contains(text, key) || strings.Contains(text, prompt) || len(text) > 400 {
			t.Errorf("%s: %s", name, text)
		}
		sent := s.Requests()[0].Header
		if sent.Get("Authorization") != "Bearer "+key || sent.Get("X-Team-Token") != "team-secret" {
			t.Errorf("%s: sent %v", name, sent)
		}
	}
	// A key or a password in a URL is one too.
	c, err := openai.New(openai.Options{BaseURL: "http://user:" + key + "@127.0.0.1:1/v1", Model: "m", Transport: &http.Transport{}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Complete(t.Context(), ask(prompt))
	if e := asError(t, err); e.Code != llm.CodeUnavailable || strings.Contains(err.Error(), key) {
		t.Errorf("%v", err)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	both(t, func(t *testing.T, stream func(llm.Request) llm.Request) {
		synctest.Test(t, func(t *testing.T) { // a process that is paused makes no server slow in it
			s := agenttest.StartPipe(t, agenttest.Config{Rule: func(r *agenttest.Request) agenttest.Reply {
				if r.Number%3 == 0 {
					return agenttest.HarmonyError()
				}
				return good
			}})
			var dialled atomic.Int64
			transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				dialled.Add(1)
				return s.Dial(ctx, network, addr)
			}}
			defer transport.CloseIdleConnections()
			c := newClient(t, s, func(o *openai.Options) { o.Transport = transport })
			for range 30 {
				_, _ = c.Complete(t.Context(), stream(ask("q")))
			}
			if n := dialled.Load(); n != 1 {
				t.Errorf("30 calls one after the other opened %d connections", n)
			}
		})
	})
}

func TestServerThatIsNotThere(t *testing.T) {
	both(t, func(t *testing.T, stream func(llm.Request) llm.Request) {
		s := agenttest.New(agenttest.Config{})
		if err := s.Listen("127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := newClient(t, s, nil).Complete(t.Context(), stream(ask("q")))
		if e := asError(t, err); e.Code != llm.CodeUnavailable || e.Status != 0 || !strings.Contains(e.Message, "refused") {
			t.Errorf("%v", err)
		}
	})
}

func TestTrustsTheCompanysCertificate(t *testing.T) {
	s := agenttest.New(agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply { return agenttest.Text("ok") }})
	defer func() { _ = s.Close() }()
	ts := httptest.NewUnstartedServer(s)
	ts.EnableHTTP2 = true
	ts.StartTLS()
	defer ts.Close()
	s.URL = ts.URL
	if _, err := newClient(t, s, nil).Complete(t.Context(), ask("q")); llm.CodeOf(err) != llm.CodeUnavailable ||
		!strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown certificate: %v", err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ts.Certificate().Raw})
	if err := os.WriteFile(file, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s, func(o *openai.Options) { o.CAFile = file })
	defer c.CloseIdle()
	req := ask("q")
	req.OnDelta = func(llm.Delta) {}
	if r, err := c.Complete(t.Context(), req); err != nil || r.Message.Text != "ok" {
		t.Errorf("a trusted one: %v", err)
	}
}

func TestGoesThroughTheProxyOfTheEnvironment(t *testing.T) {
	s := agenttest.New(agenttest.Config{})
	s.Enqueue(agenttest.Text("through the proxy"))
	defer func() { _ = s.Close() }()
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.String())
		s.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "OPENAI_TEST_CHILD=caller", "OPENAI_TEST_URL=http://llm.example/v1",
		"HTTP_PROXY="+proxy.URL, "http_proxy=", "NO_PROXY=", "no_proxy=")
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("through the proxy")) {
		t.Errorf("%v: %s", err, out)
	}
	if asked.Load() != "http://llm.example/v1/chat/completions" {
		t.Errorf("the proxy was asked for %v", asked.Load())
	}
}
