package slack_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// said is an event of a mention as Slack sends it.
func said(r *rig, ts, text string) string {
	return fmt.Sprintf(`{"type":"event_callback","team_id":%q,"event_id":"Ev%s","event_time":1790000000,
		"authorizations":[{"team_id":%q,"user_id":%q,"is_bot":true}],
		"event":{"type":"message","channel":%q,"channel_type":"channel","user":%q,"ts":%q,"text":%q}}`,
		r.Team(), ts, r.Team(), r.BotUser(), slacktest.Sales, slacktest.Minji, ts, r.Mention()+" "+text)
}

func TestOnlyWhatSlackSignedComesIn(t *testing.T) {
	r := start(t, slacktest.Options{})
	good := said(r, "1790000000.000100", "매출")
	now := time.Now()
	for name, c := range map[string]struct {
		q    request
		want int
	}{
		"another secret":        {request{secret: "0123456789abcdef"}, http.StatusUnauthorized},
		"no version":            {request{signature: strings.TrimPrefix(slacktest.Sign(r.SigningSecret(), fmt.Sprint(now.Unix()), []byte(good)), "v0=")}, http.StatusUnauthorized},
		"another version":       {request{signature: "v1=" + strings.Repeat("0", 64)}, http.StatusUnauthorized},
		"short":                 {request{signature: "v0=abcd"}, http.StatusUnauthorized},
		"no hex":                {request{signature: "v0=" + strings.Repeat("z", 64)}, http.StatusUnauthorized},
		"of an empty body":      {request{signature: slacktest.Sign(r.SigningSecret(), fmt.Sprint(now.Unix()), nil)}, http.StatusUnauthorized},
		"six minutes old":       {request{at: now.Add(-6 * time.Minute)}, http.StatusUnauthorized},
		"six minutes early":     {request{at: now.Add(6 * time.Minute)}, http.StatusUnauthorized},
		"four minutes old":      {request{at: now.Add(-4 * time.Minute)}, http.StatusOK},
		"no time":               {request{header: map[string]string{"X-Slack-Request-Timestamp": ""}}, http.StatusUnauthorized},
		"another time":          {request{header: map[string]string{"X-Slack-Request-Timestamp": fmt.Sprint(now.Unix() - 10)}}, http.StatusUnauthorized},
		"time that is no time":  {request{header: map[string]string{"X-Slack-Request-Timestamp": "now"}}, http.StatusUnauthorized},
		"no signature":          {request{header: map[string]string{"X-Slack-Signature": ""}}, http.StatusUnauthorized},
		"a form":                {request{kind: "application/x-www-form-urlencoded"}, http.StatusUnsupportedMediaType},
		"no type":               {request{header: map[string]string{"Content-Type": ""}}, http.StatusUnsupportedMediaType},
		"with a charset":        {request{kind: "application/json; charset=utf-8"}, http.StatusOK},
		"GET":                   {request{method: http.MethodGet}, http.StatusMethodNotAllowed},
		"PUT":                   {request{method: http.MethodPut}, http.StatusMethodNotAllowed},
		"elsewhere":             {request{path: "/slack/nowhere"}, http.StatusNotFound},
		"JSON for interactions": {request{path: "/slack/interactions"}, http.StatusUnsupportedMediaType},
		"JSON for commands":     {request{path: "/slack/commands"}, http.StatusUnsupportedMediaType},
	} {
		t.Run(name, func(t *testing.T) {
			c.q.body = good
			before := len(r.desk.got())
			resp, _ := r.send(c.q)
			if resp.StatusCode != c.want {
				t.Errorf("status %d, want %d", resp.StatusCode, c.want)
			}
			if c.want != http.StatusOK && len(r.desk.got()) != before {
				t.Error("the desk got it all the same")
			}
		})
	}
	if ev := r.only(); ev.Text != "매출" || !ev.Addressed {
		t.Errorf("the desk got %+v", ev)
	}
	if n := r.driver.Intake().Refused; n == 0 {
		t.Error("refusals are not counted")
	}
}

func TestNoSecretLetsNothingIn(t *testing.T) {
	r := start(t, slacktest.Options{}, func(c *slack.Config) { c.SigningSecret = "" })
	for _, secret := range []string{r.SigningSecret(), " "} {
		if resp, _ := r.send(request{secret: secret, body: said(r, "1790000000.000100", "x")}); resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("signed with %q: status %d", secret, resp.StatusCode)
		}
	}
	if n := r.desk.called(); n != 0 {
		t.Errorf("the desk got %d events", n)
	}
}

func TestReplayedRequestIsTakenOnce(t *testing.T) {
	r := start(t, slacktest.Options{})
	q := request{body: said(r, "1790000000.000200", "매출"), at: time.Now().Add(-time.Minute)}
	for range 4 {
		if resp, body := r.send(q); resp.StatusCode != http.StatusOK {
			t.Fatalf("status %d: %s", resp.StatusCode, body)
		}
	}
	r.only()
	if n := r.desk.called(); n != 1 {
		t.Errorf("the desk was called %d times", n)
	}
	if in := r.driver.Intake(); in.Duplicates != 3 || in.Events != 1 {
		t.Errorf("counted %+v", in)
	}
	registry := prometheus.NewRegistry()
	if err := r.driver.Register(registry); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]float64{}
	for _, f := range families {
		seen[f.GetName()] = f.GetMetric()[0].GetCounter().GetValue()
	}
	if seen["bapsang_slack_deliveries_total"] != 4 || seen["bapsang_slack_duplicates_total"] != 3 {
		t.Errorf("measured %v", seen)
	}
}

func TestChallengeIsAnswered(t *testing.T) {
	r := start(t, slacktest.Options{})
	if err := r.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	body := `{"type":"url_verification","challenge":"<script>alert(1)</script>"}`
	if resp, _ := r.send(request{body: body, secret: "wrong"}); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("an unsigned challenge is answered with %d", resp.StatusCode)
	}
	resp, _ := r.send(request{body: body})
	if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/plain") {
		t.Errorf("a challenge comes back as %q", got)
	}
}

func TestGiantBodies(t *testing.T) {
	t.Parallel()
	r := start(t, slacktest.Options{})
	giant := said(r, "1790000000.000300", strings.Repeat("매출 ", 1<<18))
	for _, path := range []string{"/slack/events", "/slack/interactions", "/slack/commands"} {
		kind := "application/json"
		if path != "/slack/events" {
			kind = "application/x-www-form-urlencoded"
		}
		for _, length := range []bool{true, false} {
			q := request{path: path, kind: kind, body: giant}
			if !length {
				q.header = map[string]string{"Transfer-Encoding": "chunked"}
			}
			if resp, _ := r.send(q); resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: status %d", path, resp.StatusCode)
			}
		}
	}
	long := strings.Repeat("매출 ", 10_000)            // what Slack lets people write
	r.until("a long message is taken", func() bool { // a busy machine takes it when Slack repeats it
		resp, _ := r.send(request{body: said(r, "1790000000.000400", long)})
		return resp.StatusCode == http.StatusOK
	})
	if ev := r.only(); ev.Text != strings.TrimSpace(long) {
		t.Errorf("a long message arrives with %d bytes of %d", len(ev.Text), len(long))
	}
}

func TestGarbageIsRefusedForGood(t *testing.T) {
	r := start(t, slacktest.Options{})
	deep := strings.Repeat("[", 100_000)
	for _, body := range []string{"", "{", "nonsense", "\x00\xff", `{"type":"event_callback"}`, `{"type":"event_callback","event":`, deep, `{"type":"event_callback","event":` + deep + `}`} {
		resp, _ := r.send(request{body: body})
		if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("X-Slack-No-Retry") != "1" {
			t.Errorf("%.40q: status %d, no retry %q", body, resp.StatusCode, resp.Header.Get("X-Slack-No-Retry"))
		}
	}
	for _, body := range []string{"null", "[]", "1", `"x"`, `{"type":7}`, `{"type":"event_callback","event":null}`, `{"type":"event_callback","event":[]}`, `{"type":"event_callback","event":{"type":"no such event"}}`, `{"type":"something new","x":{}}`} {
		if resp, _ := r.send(request{body: body}); resp.StatusCode != http.StatusOK {
			t.Errorf("%.40q: status %d, though there is nothing in it for us", body, resp.StatusCode)
		}
	}
	form := "application/x-www-form-urlencoded"
	for _, body := range []string{"", "payload=", "payload=%", "payload={", "x=1", "payload=null", "payload=%7B%7D"} {
		if resp, _ := r.send(request{path: "/slack/interactions", kind: form, body: body}); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("interaction %q: status %d", body, resp.StatusCode)
		}
	}
	for _, body := range []string{"", "%", "command=%2Fbapsang", "text=help"} {
		if resp, _ := r.send(request{path: "/slack/commands", kind: form, body: body}); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("command %q: status %d", body, resp.StatusCode)
		}
	}
	if resp, _ := r.send(request{path: "/slack/commands", kind: form, body: url.Values{"ssl_check": {"1"}, "token": {"x"}}.Encode()}); resp.StatusCode != http.StatusOK {
		t.Errorf("Slack's check: status %d", resp.StatusCode)
	}
	if n := r.desk.called(); n != 0 {
		t.Errorf("the desk got %d events of it", n)
	}
}

func TestUntakenEventComesAgain(t *testing.T) {
	t.Parallel()
	r := start(t, slacktest.Options{Scale: 600})
	var mu sync.Mutex
	fail := 2
	r.desk.answer(func(context.Context, bot.Event) error {
		mu.Lock()
		defer mu.Unlock()
		if fail--; fail >= 0 {
			return errors.New("disk full")
		}
		return nil
	})
	r.Say(slacktest.Minji, slacktest.Sales, r.Mention()+" 매출")
	if ev := r.only(); ev.Text != "매출" {
		t.Errorf("the desk got %+v", ev)
	}
	if acks := r.Acks(); acks.Lost != 0 || acks.Late == 0 {
		t.Errorf("acknowledged %+v, want some not at first, and none lost", acks)
	}
	if !strings.Contains(r.log.String(), "disk full") {
		t.Error("the reason is not in the log")
	}
}

func TestPanicCostsOneDelivery(t *testing.T) {
	r := start(t, slacktest.Options{})
	r.desk.answer(func(_ context.Context, ev bot.Event) error {
		if ev.Text == "boom" {
			panic("boom in the desk")
		}
		return nil
	})
	if resp, _ := r.send(request{body: said(r, "1790000000.000500", "boom")}); resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d", resp.StatusCode)
	}
	if resp, _ := r.send(request{body: said(r, "1790000000.000600", "매출")}); resp.StatusCode != http.StatusOK {
		t.Errorf("the next one: status %d", resp.StatusCode)
	}
	r.only()
	if !strings.Contains(r.log.String(), "boom in the desk") {
		t.Error("the panic is not in the log")
	}
}

// A handler that forgets its time must not keep Slack waiting: the delivery is refused
// in time, and found done when it comes again.
func TestSlowHandlerIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	r := startHasty(t)
	release := make(chan struct{})
	r.desk.answer(func(context.Context, bot.Event) error { <-release; return nil })
	// That there is an answer at all while the handler is held is what is asked: how long
	// it took is also the machine's doing.
	if resp, _ := r.send(request{body: said(r, "1790000000.000700", "매출")}); resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d", resp.StatusCode)
	}
	close(release)
	if resp, _ := r.send(request{body: said(r, "1790000000.000700", "매출")}); resp.StatusCode != http.StatusOK {
		t.Errorf("again: status %d", resp.StatusCode)
	}
	r.only()
	if n := r.desk.called(); n != 1 {
		t.Errorf("the desk was called %d times", n)
	}
}

// Half a body, and then nothing.
func TestSlowBodyIsLetGo(t *testing.T) {
	t.Parallel()
	r := startHasty(t)
	body := said(r, "1790000000.000800", "매출")
	stalled, finish := context.WithCancel(t.Context())
	defer finish()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/slack/events", &stalling{text: body[:20], until: stalled})
	if err != nil {
		t.Fatal(err)
	}
	stamp := fmt.Sprint(time.Now().Unix())
	req.ContentLength = int64(len(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", slacktest.Sign(r.SigningSecret(), stamp, []byte(body)))
	began := time.Now()
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err == nil {
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	// After three seconds, and what a busy machine adds; nothing else would ever end it.
	if took := time.Since(began); took > 2*time.Minute {
		t.Errorf("let go after %v", took)
	}
	if n := r.desk.called(); n != 0 {
		t.Errorf("the desk got %d events", n)
	}
}

// stalling reads as text and then as nothing until it may end.
type stalling struct {
	text  string
	until context.Context
}

func (s *stalling) Read(p []byte) (int, error) {
	if s.text == "" {
		<-s.until.Done()
		return 0, s.until.Err()
	}
	n := copy(p, s.text)
	s.text = s.text[n:]
	return n, nil
}
