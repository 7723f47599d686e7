package slacktest_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

func TestRetries(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{Scale: 2000})
	a := newApp(t, s)
	a.reply = func(r request) (int, string) {
		if n := r.header.Get("X-Slack-Retry-Num"); n != "3" {
			return http.StatusInternalServerError, ""
		}
		return http.StatusOK, ""
	}
	s.Say(slacktest.Minji, slacktest.Sales, "x")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	var nums []string
	ids := map[any]bool{}
	for _, r := range a.got() {
		nums = append(nums, r.header.Get("X-Slack-Retry-Num")+r.header.Get("X-Slack-Retry-Reason"))
		ids[r.outer("event_id")] = true
	}
	if !slices.Equal(nums, []string{"", "1http_error", "2http_error", "3http_error"}) || len(ids) != 1 {
		t.Errorf("got %q of %d events", nums, len(ids))
	}
	if acks := s.Acks(); acks.Acked != 1 || acks.Late != 3 || acks.Lost != 0 {
		t.Errorf("acks %+v", acks)
	}
}

func TestNoRetry(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{Scale: 2000})
	calls := make(chan struct{}, 10)
	app := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls <- struct{}{}
		w.Header().Set("X-Slack-No-Retry", "1")
		w.WriteHeader(http.StatusForbidden)
	})}
	serve(t, s, app)
	s.Say(slacktest.Minji, slacktest.Sales, "x", slacktest.Saying{Times: 2})
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 2 || s.Acks().Lost != 2 {
		t.Errorf("%d calls, %+v", len(calls), s.Acks())
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	a.reply = func(r request) (int, string) { return 200, fmt.Sprint(r.outer("challenge")) }
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	a.mu.Lock()
	a.reply = func(request) (int, string) { return 200, "hello" }
	a.mu.Unlock()
	if err := s.Verify(t.Context()); err == nil {
		t.Error("a wrong reply is taken")
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	said, err := s.Load(t.Context(), slacktest.Load{People: 60, Within: 200 * time.Millisecond, Channel: slacktest.Sales, Text: func(i int) string {
		return fmt.Sprint(s.Mention(), " question ", i)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if len(said) != 60 || len(a.got()) != 120 || s.Acks().Acked != 120 {
		t.Errorf("%d said, %d events, %+v", len(said), len(a.got()), s.Acks())
	}
}

func TestLateAcknowledgement(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{Scale: 2000, AckWait: 3 * time.Second})
	release := make(chan struct{})
	reasons := make(chan string, 10)
	serve(t, s, &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		reasons <- r.Header.Get("X-Slack-Retry-Reason")
		if r.Header.Get("X-Slack-Retry-Num") == "" {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
	})})
	s.Say(slacktest.Minji, slacktest.Sales, "x")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	close(release)
	if first, second := <-reasons, <-reasons; first != "" || second != "http_timeout" || s.Acks().Late != 1 || s.Acks().Acked != 1 {
		t.Errorf("reasons %q %q, %+v", first, second, s.Acks())
	}
	s.DeliverTo("http://127.0.0.1:1")
	s.Say(slacktest.Minji, slacktest.Sales, "x")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if a := s.Acks(); a.Lost != 1 {
		t.Errorf("acks %+v", a)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{})
	a := newApp(t, s)
	s.Say(slacktest.Minji, slacktest.Sales, "x")
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	s.Replay()
	if err := s.Idle(soon(t)); err != nil {
		t.Fatal(err)
	}
	if got := a.got(); len(got) != 2 || got[0].outer("event_id") != got[1].outer("event_id") {
		t.Errorf("got %d", len(got))
	}
}
