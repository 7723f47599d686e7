package cli_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bapsang/bapsang/agent/agenttest"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// TestADigestOfASaturatedModel has a subscribed question that needs the model, and a model
// that refuses every call for hours. It is tried again with growing waits, which the test
// shortens by starting the program at a later hour; nobody in the channel hears of it. One
// week the model recovers in between, and the answer comes late and says so. The next week it
// does not, and then the owner alone is told, once.
func TestADigestOfASaturatedModel(t *testing.T) {
	t.Parallel()
	var open atomic.Bool
	model := agenttest.Start(t, agenttest.Config{Rule: func(*agenttest.Request) agenttest.Reply {
		if open.Load() {
			return salesAnswer("{{r1.region[0]}}이 알짜입니다.")
		}
		refused := agenttest.Failure(http.StatusTooManyRequests, `{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}`)
		refused.Header = http.Header{"Retry-After-Ms": {"20"}}
		return refused
	}})
	more := fmt.Sprintf("llm: {backends: [{name: gpu, base_url: %q, model: %q, contract: {%s}}]}\n", model.URL+"/v1", agenttest.DefaultModel, agreedContract) +
		"subscriptions:\n  - {name: best, owner: \"slack:@" + slacktest.Minji + "\", to: [\"slack:" + slacktest.Sales + "\"], when: 매주 월요일 9시, question: 어디가 알짜배기야}\n"
	w := inSlackAt(t, beforeNine, slacktest.Options{NoRates: true}, more)
	dm := w.DM(slacktest.Minji)
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("KST", 9*3600))

	later := func(to time.Time) { w.later(to.Format(time.RFC3339)) }
	// tries waits until at a time the model has refused another try, and for nothing more to
	// come.
	tries := func(to time.Time) {
		t.Helper()
		before := refusals(model) // what is due is tried as soon as the program runs
		later(to)
		eventually(t, "another try", func() bool { return refusals(model) > before })
		quiet(t, func() int { return refusals(model) })
	}
	w.lists(slacktest.Minji, "what was set up", "best", "09:00")
	tries(at.Add(31 * time.Second))
	for _, wait := range []time.Duration{2, 5} { // longer than it waits, which is a minute and then two
		tries(at.Add(wait * time.Minute))
	}
	if n := len(w.sent(slacktest.Sales)) + len(w.sent(dm)); n != 0 {
		t.Fatalf("%d messages while it is tried again", n)
	}
	open.Store(true)
	later(at.Add(20 * time.Minute))
	w.until("the answer", func() bool { return len(w.sent(slacktest.Sales)) == 1 })
	w.reads("the answer", slacktest.Text(w.sent(slacktest.Sales)[0]), "지연 발송", "서울이 알짜입니다")

	open.Store(false)
	at = at.AddDate(0, 0, 7)
	tries(at.Add(31 * time.Second))
	for n, wait := 1, time.Duration(0); n < 20 && len(w.sent(dm)) == 0; n++ {
		wait += time.Hour // longer than any wait between two tries
		before := refusals(model)
		later(at.Add(wait))
		eventually(t, "another try, or the end", func() bool { return refusals(model) > before || len(w.sent(dm)) > 0 })
		quiet(t, func() int { return refusals(model) + len(w.sent(dm)) })
	}
	w.until("what the owner is told", func() bool { return len(w.sent(dm)) == 1 })
	w.reads("what the owner is told", slacktest.Text(w.sent(dm)[0]), "best", "11월 30일 09:00", "보내지 못했어요")
	if all := w.sent(slacktest.Sales); len(all) != 1 {
		t.Errorf("the channel is told: %q", slacktest.Text(all[len(all)-1]))
	}
	if strings.Contains(slacktest.Text(w.sent(dm)[0]), "429") {
		t.Errorf("the owner reads a code: %s", slacktest.Text(w.sent(dm)[0]))
	}
}

// refusals counts the calls that a model refused.
func refusals(model *agenttest.Server) int { return model.Statuses()[http.StatusTooManyRequests] }

// eventually waits for something that no message tells.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !cond(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-t.Context().Done():
			return
		}
	}
}

// quiet waits until a count has not changed for a while.
func quiet(t *testing.T, count func() int) {
	t.Helper()
	for last, since := count(), time.Now(); time.Since(since) < 2*time.Second; {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-t.Context().Done():
			return
		}
		if now := count(); now != last {
			last, since = now, time.Now()
		}
	}
}
