package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/bot/api"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

// analyst answers when its gate is open.
type analyst struct{ gate chan struct{} }

func (a analyst) Answer(ctx context.Context, q agent.Question, step func(agent.Step)) (*agent.Answer, error) {
	step(agent.Step{Text: "매출 …"})
	select {
	case <-a.gate:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return &agent.Answer{Question: q.Text, Rung: agent.Compose, Text: "답", Results: []agent.Result{}, Analyst: q.Analyst}, nil
}

func (a analyst) Analysts(context.Context, string) ([]agent.Listed, error) {
	return []agent.Listed{{Name: "sales", Title: "판매 현황"}}, nil
}

func (a analyst) Introduce(context.Context, string, string) (*agent.Answer, error) {
	return &agent.Answer{}, nil
}

type bundle struct {
	*httptest.Server
	gate chan struct{}
	desk *desk.Desk
}

const token = "0123456789abcdef"

func setup(t *testing.T, tokens ...api.Token) *bundle {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	gate := make(chan struct{})
	quiet := slog.New(slog.DiscardHandler)
	d, err := desk.New(desk.Config{Store: s, Queue: s, Agent: analyst{gate}, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.Start(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Work(ctx, store.WorkOptions{Handlers: d.Handlers(), Concurrency: 2, SoftStop: time.Second})
	}()
	b := &bundle{Server: httptest.NewServer(api.New(api.Config{Desk: d, Tokens: tokens, Logger: quiet})), gate: gate, desk: d}
	t.Cleanup(func() {
		b.CloseClientConnections()
		b.Close()
		cancel()
		<-done
		d.Stop()
		_ = s.Close()
	})
	return b
}

func (b *bundle) do(t *testing.T, method, path, body, bearer string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := b.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if len(data) > 0 {
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
	}
	return res.StatusCode, v
}

func TestAskAndFollow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code, asked := b.do(t, "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"지난달 매출","analyst":"sales","dedupe_key":"k1"}`, "")
	if code != http.StatusAccepted || asked["id"] == "" || asked["thread"] == "" {
		t.Fatalf("%d %v", code, asked)
	}
	if _, again := b.do(t, "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"지난달 매출","dedupe_key":"k1"}`, ""); again["id"] != asked["id"] {
		t.Errorf("the same key gave %v, then %v", asked["id"], again["id"])
	}
	if _, other := b.do(t, "POST", "/api/v1/questions", `{"channel":"c","user":"v","text":"지난달 매출","dedupe_key":"k1"}`, ""); other["id"] == asked["id"] {
		t.Error("another user's key was taken for the same")
	}
	path := fmt.Sprintf("/api/v1/questions/%s", asked["id"])
	events := b.follow(t, path+"/events")
	if name := <-events; name != "position" && name != "step" {
		t.Errorf("first event %q", name)
	}
	close(b.gate)
	last := ""
	for name := range events {
		last = name
	}
	if last != "answer" {
		t.Errorf("last event %q", last)
	}
	code, got := b.do(t, "GET", path, "", "")
	answer, _ := got["answer"].(map[string]any)
	if code != http.StatusOK || got["state"] != "done" || answer["text"] != "답" || answer["analyst"] != "sales" {
		t.Errorf("%d %v", code, got)
	}
	if code, _ := b.do(t, "POST", path+"/feedback", `{"verdict":"good","user":"u"}`, ""); code != http.StatusNoContent {
		t.Errorf("feedback: %d", code)
	}
}

// follow reads the names of a stream's events until it ends.
func (b *bundle) follow(t *testing.T, path string) <-chan string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.Client().Do(req) //nolint:bodyclose // who reads it closes it
	if err != nil {
		t.Fatal(err)
	}
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
	names := make(chan string, 100)
	go func() {
		defer close(names)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				names <- name
			}
		}
	}()
	return names
}

func TestCancel(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, asked := b.do(t, "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"지난달 매출"}`, "")
	path := fmt.Sprintf("/api/v1/questions/%s", asked["id"])
	events := b.follow(t, path+"/events")
	if code, _ := b.do(t, "POST", path+"/cancel", "", ""); code != http.StatusOK {
		t.Fatalf("cancel: %d", code)
	}
	for range events { // the stream ends with the question
	}
	if _, got := b.do(t, "GET", path, "", ""); got["state"] != "cancelled" {
		t.Errorf("state %v", got["state"])
	}
}

// TestARefusalNamesWhatThereIs says what to send instead.
func TestARefusalNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for body, want := range map[string]string{
		`{"text":"x"}`: "missing: channel, user",
		`{"channel":"c","user":"u","text":"x","analyst":"sails"}`: "there are: sales",
	} {
		_, got := b.do(t, "POST", "/api/v1/questions", body, "")
		e, _ := got["error"].(map[string]any)
		if text, _ := e["message"].(string); !strings.Contains(text, want) {
			t.Errorf("%s: %q does not say %q", body, text, want)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, api.Token{Name: "loadtest", Token: token})
	for _, c := range []struct {
		name, method, path, body, bearer string
		want                             int
	}{
		{"no token", "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"x"}`, "", 401},
		{"wrong token", "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"x"}`, "0123456789abcdeX", 401},
		{"right token", "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"x"}`, token, 202},
		{"nobody asks", "POST", "/api/v1/questions", `{"channel":"c","text":"x"}`, token, 400},
		{"nowhere", "POST", "/api/v1/questions", `{"user":"u","text":"x"}`, token, 400},
		{"nothing", "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":" \n "}`, token, 400},
		{"of nobody", "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"x","analyst":"sails"}`, token, 404},
		{"of somebody", "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"x","analyst":"sales"}`, token, 202},
		{"empty body", "POST", "/api/v1/questions", ``, token, 400},
		{"not JSON", "POST", "/api/v1/questions", `text=x`, token, 400},
		{"unknown field", "POST", "/api/v1/questions", `{"txet":"x"}`, token, 400},
		{"huge body", "POST", "/api/v1/questions", `{"text":"` + strings.Repeat("가", 1<<20) + `"}`, token, 413},
		{"long user", "POST", "/api/v1/questions", `{"channel":"c","text":"x","user":"` + strings.Repeat("u", 300) + `"}`, token, 400},
		{"unknown question", "GET", "/api/v1/questions/nope", ``, token, 404},
		{"two objects", "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"x"}{"text":"y"}`, token, 400},
		{"garbage after it", "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"x"} y`, token, 400},
		{"a list", "POST", "/api/v1/questions", `[1]`, token, 400},
		{"deep", "POST", "/api/v1/questions", strings.Repeat("[", 900_000), token, 400},
		{"text of another kind", "POST", "/api/v1/questions", `{"text":1}`, token, 400},
		{"wrong method", "DELETE", "/api/v1/questions", ``, token, 405},
		{"wrong method on one", "PUT", "/api/v1/questions/nope", ``, token, 405},
		{"unknown path", "GET", "/api/v1/nope", ``, token, 404},
		{"unknown path without a token", "GET", "/api/v1/nope", ``, "", 401},
		{"a path upwards", "GET", "/api/v1/questions/..%2f..%2fetc", ``, token, 404},
		{"feedback with a novel", "POST", "/api/v1/questions/nope/feedback", `{"verdict":"bad","reason":"` + strings.Repeat("x", 5000) + `"}`, token, 400},
		{"feedback with an unknown field", "POST", "/api/v1/questions/nope/feedback", `{"verdikt":"bad"}`, token, 400},
		{"a token of other letters", "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"x"}`, "비밀번호비밀번호", 401},
		{"cancel unknown", "POST", "/api/v1/questions/nope/cancel", ``, token, 404},
		{"feedback of no kind", "POST", "/api/v1/questions/nope/feedback", `{"verdict":"meh"}`, token, 400},
	} {
		code, got := b.do(t, c.method, c.path, c.body, c.bearer)
		if code != c.want {
			t.Errorf("%s: %d, want %d (%v)", c.name, code, c.want, got)
		}
		if code >= 400 {
			e, ok := got["error"].(map[string]any)
			if text, _ := e["message"].(string); !ok || text == "" || strings.Contains(text, "Go ") || strings.Contains(text, "api.") && code != 401 {
				t.Errorf("%s: no sentence in %v", c.name, got)
			}
		}
	}
}

// TestWithoutTokensOnlyThisMachineAsks has a page of another site try, across origins
// and through a name of its own that leads here.
func TestWithoutTokensOnlyThisMachineAsks(t *testing.T) {
	t.Parallel()
	open, closed := setup(t), setup(t, api.Token{Name: "loadtest", Token: token})
	for _, c := range []struct {
		name, host string
		header     [2]string
		on         *bundle
		want       int
	}{
		{"a program", "", [2]string{"X-None", ""}, open, 202},
		{"localhost", "localhost:80", [2]string{"X-None", ""}, open, 202},
		{"another site", "", [2]string{"Sec-Fetch-Site", "cross-site"}, open, 403},
		{"another origin", "", [2]string{"Origin", "http://evil.example"}, open, 403},
		{"a name that leads here", "evil.example", [2]string{"X-None", ""}, open, 421},
		{"a scheme in small letters", "bapsang.example", [2]string{"Authorization", "bearer " + token}, closed, 202},
		{"a proxy with a token", "bapsang.example", [2]string{"Authorization", "Bearer " + token}, closed, 202},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.on.URL+"/api/v1/questions", strings.NewReader(`{"channel":"c","user":"u","text":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		if c.host != "" {
			req.Host = c.host
		}
		req.Header.Set(c.header[0], c.header[1])
		res, err := c.on.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, res.StatusCode, c.want)
		}
	}
}

// TestFeedbackOfAToken is of the program that the token let in.
func TestFeedbackOfAToken(t *testing.T) {
	t.Parallel()
	b := setup(t, api.Token{Name: "loadtest", Token: token})
	close(b.gate)
	_, asked := b.do(t, "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"x"}`, token)
	id, _ := asked["id"].(string)
	if code, got := b.do(t, "POST", "/api/v1/questions/"+id+"/feedback", `{"verdict":"bad"}`, token); code != http.StatusNoContent {
		t.Fatalf("%d %v", code, got)
	}
	list, err := b.desk.FeedbackOn(t.Context(), id)
	if err != nil || len(list) != 1 || list[0].Principal != "api:loadtest" {
		t.Errorf("%+v, %v", list, err)
	}
}

// slowConn is a connection that runs into the deadline it was given.
type slowConn struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (c *slowConn) SetReadDeadline(t time.Time) error { c.deadline = t; return nil }

func (c *slowConn) Read([]byte) (int, error) {
	if c.deadline.IsZero() {
		return 0, errors.New("it would be waited for without end")
	}
	return 0, os.ErrDeadlineExceeded
}

func TestABodyThatDripsIsGivenUp(t *testing.T) {
	t.Parallel()
	c := &slowConn{ResponseRecorder: httptest.NewRecorder()}
	setup(t).Config.Handler.ServeHTTP(c, httptest.NewRequest(http.MethodPost, "http://localhost/api/v1/questions", c))
	if left := time.Until(c.deadline); c.Code != http.StatusRequestTimeout || left <= 0 || left > time.Minute {
		t.Errorf("status %d, %v left: %s", c.Code, left, c.Body)
	}
}

// TestStatus tells programs how things stand where nothing is ever done less and no model is
// asked.
func TestStatus(t *testing.T) {
	t.Parallel()
	b := setup(t, api.Token{Name: "x", Token: token})
	if code, _ := b.do(t, "GET", "/api/v1/status", "", ""); code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", code)
	}
	_, asked := b.do(t, "POST", "/api/v1/questions", `{"channel":"c","user":"u","text":"지난달 매출"}`, token)
	code, got := b.do(t, "GET", "/api/v1/status", "", token)
	if code != http.StatusOK || got["level"] != "full" || got["open"] != 1.0 || got["takes_model_questions"] != false || got["model"] != nil {
		t.Errorf("%d %v", code, got)
	}
	if code, _ := b.do(t, "POST", "/api/v1/status", "", token); code != http.StatusMethodNotAllowed {
		t.Errorf("posted: %d", code)
	}
	close(b.gate)
	if code, _ := b.do(t, "POST", fmt.Sprintf("/api/v1/questions/%s/cancel", asked["id"]), "", token); code != http.StatusOK {
		t.Errorf("cancel: %d", code)
	}
}
