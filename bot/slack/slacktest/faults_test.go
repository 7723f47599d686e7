package slacktest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
	"github.com/bapsang/bapsang/bot/standin"
)

func TestRates(t *testing.T) {
	t.Parallel()
	clock := standin.NewManual(time.Now())
	s := slacktest.Start(t, slacktest.Options{Clock: clock})
	post := func(channel string) obj { return call(t, s, "chat.postMessage", obj{"channel": channel, "text": "x"}) }
	for range 5 {
		if got := post(slacktest.Sales); got["ok"] != true {
			t.Fatalf("a short burst: %v", got)
		}
	}
	got := post(slacktest.Sales)
	if got["status"] != 429 || got["retry-after"] != "1" || got["error"] != "ratelimited" {
		t.Errorf("the sixth: %v", got)
	}
	if got := post(slacktest.General); got["ok"] != true {
		t.Errorf("another channel: %v", got)
	}
	clock.Advance(time.Second)
	if got := post(slacktest.Sales); got["ok"] != true {
		t.Errorf("a second later: %v", got)
	}
	if n := s.Refused()["chat.postMessage"]; n != 1 {
		t.Errorf("refused %d", n)
	}
	for i := range 21 {
		got := call(t, s, "users.list", obj{})
		if (got["ok"] == true) != (i < 20) {
			t.Errorf("call %d of tier 2: %v %v", i, got["error"], got["retry-after"])
		}
		if i == 20 && got["retry-after"] != "3" {
			t.Errorf("after %v", got["retry-after"])
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{NoRates: true})
	post := func() obj { return call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x"}) }
	count := func() int { return len(s.All(slacktest.Sales)) }

	stop := s.Fault(slacktest.Fault{Method: "chat.*", Reset: true})
	if got := post(); got["ok"] == true || count() != 0 {
		t.Errorf("a reset before: %v, %d messages", got, count())
	}
	stop()
	stop = s.Fault(slacktest.Fault{Method: "chat.postMessage", After: true, Times: 1})
	if got := post(); got["ok"] == true || count() != 1 {
		t.Errorf("a reset after: %v, %d messages", got, count())
	}
	if got := post(); got["ok"] != true || count() != 2 {
		t.Errorf("after its times: %v", got)
	}
	stop()
	stop = s.Fault(slacktest.Fault{Status: 503})
	if got := post(); got["status"] != 503 {
		t.Errorf("503: %v", got)
	}
	stop()
	stop = s.Fault(slacktest.Fault{Status: 429, RetryAfter: -1})
	if got := post(); got["status"] != 429 || got["retry-after"] != "" || got["error"] != "message_limit_exceeded" {
		t.Errorf("429 without a time: %v", got)
	}
	stop()
	stop = s.Fault(slacktest.Fault{Error: "ratelimited", If: func(_ string, args map[string]string) bool { return args["text"] == "x" }})
	if got := post(); got["status"] != 200 || got["error"] != "ratelimited" {
		t.Errorf("ratelimited with 200: %v", got)
	}
	if got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "y"}); got["ok"] != true {
		t.Errorf("another text: %v", got)
	}
	stop()
	defer s.Fault(slacktest.Fault{Error: "fatal_error", Chance: 0.5})()
	failed := 0
	for range 100 {
		if post()["error"] == "fatal_error" {
			failed++
		}
	}
	if failed < 30 || failed > 70 {
		t.Errorf("%d of 100 failed at a chance of a half", failed)
	}
}

// Whoever sees what a call did sees the call, too: tests wait for the one and look at the
// other.
func TestWhatIsSeenIsNoted(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{NoRates: true})
	s.Fault(slacktest.Fault{Method: "chat.postMessage", Chance: 0.5, After: true})
	for i := range 150 {
		posted := make(chan struct{})
		go func() {
			defer close(posted)
			call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x"})
		}()
		if err := s.Wait(t.Context(), func() bool { return len(s.All(slacktest.Sales)) > i }); err != nil {
			t.Fatal(err)
		}
		if calls := len(s.Calls("chat.postMessage")); calls != i+1 {
			t.Errorf("%d messages, %d calls", i+1, calls)
		}
		<-posted
	}
}

func TestChaos(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{NoRates: true})
	stop := s.Chaos(0.2)
	kinds := map[any]int{}
	for range 400 {
		got := call(t, s, "chat.postMessage", obj{"channel": slacktest.Sales, "text": "x"})
		if got["ok"] == true {
			kinds["ok"]++
			continue
		}
		kinds[got["status"]]++
	}
	// What was lost after it was done counts among the messages.
	lost := len(s.All(slacktest.Sales)) - kinds["ok"]
	if kinds["ok"] < 280 || kinds["ok"] > 360 || kinds[429] == 0 || kinds[500] == 0 || lost == 0 || kinds[nil] <= lost {
		t.Errorf("%v, %d lost", kinds, lost)
	}
	stop()
	for range 20 {
		if got := call(t, s, "auth.test", nil); got["ok"] != true {
			t.Errorf("after it: %v", got)
		}
	}
}

func TestFaultsBesidesMethods(t *testing.T) {
	t.Parallel()
	s := slacktest.Start(t, slacktest.Options{FilePolls: 1})
	upload := func(up obj) (int, error) {
		status, _, err := put(t, up["upload_url"], "application/octet-stream", "1234")
		return status, err
	}
	up := call(t, s, "files.getUploadURLExternal", obj{"filename": "a.png", "length": 4})
	stop := s.Fault(slacktest.Fault{Method: "upload", Reset: true})
	if _, err := upload(up); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("a reset: %v", err)
	}
	stop()
	stop = s.Fault(slacktest.Fault{Method: "upload", After: true})
	if _, err := upload(up); err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("a loss: %v", err)
	}
	stop()
	// It was taken all the same: once is all.
	if status, err := upload(up); err != nil || status != http.StatusNotFound {
		t.Errorf("again: %d, %v", status, err)
	}
	if got := call(t, s, "files.completeUploadExternal", obj{"files": []any{obj{"id": up["file_id"]}}}); got["ok"] != true {
		t.Error(got)
	}
}
