package slack_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot"
	"github.com/bapsang/bapsang/bot/slack/slacktest"
	"github.com/bapsang/bapsang/bot/standin"
)

// crowd has n people ask within d, each event arriving so many times, and returns how
// Slack saw it. Every question must have been taken once.
func crowd(t *testing.T, r *rig, n, times int, d time.Duration) standin.Acks {
	t.Helper()
	want := map[string]bool{}
	tick := time.NewTicker(d / time.Duration(n))
	defer tick.Stop()
	for i := range n {
		<-tick.C
		m := r.Say(slacktest.Minji, []string{slacktest.Sales, slacktest.General}[i%2], fmt.Sprintf("%s question %d", r.Mention(), i), slacktest.Saying{Times: times})
		want[m.TS] = true
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := r.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	for _, ev := range r.desk.got() {
		if !want[ev.Message] {
			t.Errorf("%q was taken twice, or was said by nobody", ev.Text)
		}
		delete(want, ev.Message)
	}
	if len(want) > 0 {
		t.Errorf("%d of %d questions were lost", len(want), n)
	}
	return r.Acks()
}

// 750 people ask within five seconds, twice as fast as at the launch that went wrong. A
// question is told as message and as app_mention. The other doors and repetitions have
// as many deliveries a second, for a shorter time. How fast the slowest are acknowledged
// is BenchmarkLoadSlack's to say: here a busy machine would be measured.
func TestCrowdIsAcknowledged(t *testing.T) {
	for _, c := range []struct {
		name   string
		socket bool
		n      int
		times  int
		within time.Duration
	}{
		{"HTTP", false, 750, 1, 5 * time.Second}, {"HTTP, all three times", false, 150, 3, 3 * time.Second},
		{"sockets", true, 150, 1, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, slacktest.Options{SocketMode: c.socket, NoRates: true})
			disk := make(chan struct{}, 1) // one transaction at a time, of a few milliseconds
			r.desk.answer(func(context.Context, bot.Event) error {
				disk <- struct{}{}
				defer func() { <-disk }()
				<-time.After(2 * time.Millisecond)
				return nil
			})
			a := crowd(t, r, c.n, c.times, c.within)
			t.Logf("%d deliveries acknowledged: p50 %v, p99 %v, longest %v; late %d, lost %d; handed over %d, repeated %d",
				a.Acked, a.P50, a.P99, a.Max, a.Late, a.Lost, r.driver.Intake().Events, r.driver.Intake().Duplicates)
			if a.Lost > 0 { // one that was late came again
				t.Errorf("acknowledged %+v", a)
			}
			if r.desk.called() > c.n {
				t.Errorf("the desk was called %d times for %d questions", r.desk.called(), c.n)
			}
		})
	}
}

// A handler that fails now and then, and takes too long now and then, loses nothing.
func TestCrowdWithTroubleLosesNothing(t *testing.T) {
	t.Parallel()
	r := start(t, slacktest.Options{NoRates: true, Scale: 600})
	failed := make(chan string, 1)
	failed <- ""
	r.desk.answer(func(_ context.Context, ev bot.Event) error {
		seen := <-failed
		defer func() { failed <- seen }()
		if len(ev.Text)%3 == 0 && !strings.Contains(seen, ev.ID) {
			seen += ev.ID + " "
			return errors.New("no disk")
		}
		return nil
	})
	a := crowd(t, r, 150, 2, time.Second)
	if a.Lost > 0 {
		t.Errorf("acknowledged %+v", a)
	}
}
