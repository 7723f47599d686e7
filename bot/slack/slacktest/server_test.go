package slacktest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// app is an app that keeps what Slack sends it.
type app struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
	reply    func(r request) (int, string) // nil means 200
}

type request struct {
	path   string
	header http.Header
	body   []byte
}

func (r request) event() map[string]any {
	var o map[string]any
	_ = json.Unmarshal(r.body, &o)
	e, _ := o["event"].(map[string]any)
	return e
}

func (r request) outer(name string) any {
	var o map[string]any
	_ = json.Unmarshal(r.body, &o)
	return o[name]
}

func newApp(t *testing.T, s *slacktest.Server) *app {
	t.Helper()
	a := &app{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		req := request{path: r.URL.Path, header: r.Header.Clone(), body: body}
		a.mu.Lock()
		a.requests = append(a.requests, req)
		reply := a.reply
		a.mu.Unlock()
		verifier, err := slack.NewSecretsVerifier(r.Header, s.SigningSecret())
		if err == nil {
			_, _ = verifier.Write(body)
			err = verifier.Ensure()
		}
		if err != nil {
			t.Errorf("signature: %v of %s %s from %s: %.200s", err, r.Method, r.URL, r.UserAgent(), body)
		}
		if reply != nil {
			status, text := reply(req)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}))
	t.Cleanup(a.Close)
	s.DeliverTo(a.URL)
	return a
}

func (a *app) got() []request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]request(nil), a.requests...)
}

func client(t *testing.T, s *slacktest.Server) *slack.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return slack.New(s.BotToken(), slack.OptionAPIURL(s.URL()), slack.OptionAppLevelToken(s.AppToken()),
		slack.OptionHTTPClient(&http.Client{Transport: transport, Timeout: 2 * time.Minute}))
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// wantCode checks that err is Slack's refusal with a code.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var refusal slack.SlackErrorResponse
	if !errors.As(err, &refusal) || refusal.Err != code {
		t.Helper()
		if err == nil || err.Error() != code {
			t.Errorf("got %v, want %s", err, code)
		}
	}
}

func TestConversation(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	api := client(t, s)
	asked := s.Say(slacktest.Minji, slacktest.Sales, s.Mention()+" 지난달 매출?")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	kinds := map[any]string{}
	for _, r := range a.got() {
		e := r.event()
		kinds[e["type"]], _ = r.outer("event_id").(string)
		if e["ts"] != asked.TS || e["user"] != slacktest.Minji || e["channel"] != slacktest.Sales {
			t.Errorf("event %v", e)
		}
	}
	if len(kinds) != 2 || kinds["message"] == kinds["app_mention"] {
		t.Fatalf("a mention arrives as two events of their own: %v", kinds)
	}
	_, ts, err := api.PostMessageContext(t.Context(), slacktest.Sales, slack.MsgOptionText("보고 있어요", false), slack.MsgOptionTS(asked.TS))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := api.UpdateMessageContext(t.Context(), slacktest.Sales, ts, slack.MsgOptionText("1,234", false)); err != nil {
		t.Fatal(err)
	}
	thread := s.Messages(slacktest.Sales, asked.TS)
	if len(thread) != 2 || thread[1].Text != "1,234" || thread[1].Edits != 1 || thread[1].BotID == "" {
		t.Fatalf("thread %+v", thread)
	}
	replies, _, _, err := api.GetConversationRepliesContext(t.Context(), &slack.GetConversationRepliesParameters{ChannelID: slacktest.Sales, Timestamp: asked.TS})
	if err != nil || len(replies) != 2 || replies[0].ReplyCount != 1 || replies[1].Text != "1,234" {
		t.Fatalf("replies %+v, %v", replies, err)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	last := a.got()[len(a.got())-1].event()
	if last["subtype"] != "message_changed" {
		t.Errorf("our own update comes back as %v", last["subtype"])
	}
	if acks := s.Acks(); acks.Acked != 4 || acks.Max == 0 || acks.Late != 0 {
		t.Errorf("acks %+v", acks)
	}
}

// serve runs an app of its own until the test ends.
func serve(t *testing.T, s *slacktest.Server, app *http.Server) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = app.Serve(l)
	}()
	t.Cleanup(func() {
		_ = app.Close()
		<-done
	})
	s.DeliverTo("http://" + l.Addr().String())
}
