package cli_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/slack/slacktest"
)

// The training day in Slack: 750 people ask within ten seconds, over HTTP, half of them
// in ten channels and half alone. Slack's minutes are shortScale times as short.
const (
	crowd       = 750
	crowdWithin = 10 * time.Second
	shortScale  = 20
)

// BenchmarkLoadSlack measures how fast the crowd is acknowledged and answered, and fails
// when anybody is answered twice or not at all, or Slack has to say no without reason.
func BenchmarkLoadSlack(b *testing.B) {
	for _, c := range []struct {
		name   string
		times  int
		kill   bool
		faults bool
	}{
		{"plain", 1, false, false}, {"thrice", 3, false, false}, {"killed", 3, true, false}, {"faults", 1, false, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				slackDay(b, c.times, c.kill, c.faults)
			}
		})
	}
}

func slackDay(b *testing.B, times int, kill, faults bool) {
	var rooms []slacktest.Channel
	for i := range 10 {
		rooms = append(rooms, slacktest.Channel{ID: fmt.Sprintf("C0ROOM%05d", i), Name: fmt.Sprintf("room-%d", i), Members: []string{slacktest.Minji, "U0BAPSANG00"}})
	}
	w := inSlack(b, slacktest.Options{Scale: shortScale, Channels: rooms}, "")
	if faults {
		for _, f := range []slacktest.Fault{{Status: 429, RetryAfter: 1, Chance: .05}, {Status: 500, Chance: .05}, {Reset: true, Chance: .05}, {After: true, Chance: .05}} {
			w.Fault(f)
		}
	}
	texts := []string{"지역별 금액 합계", "상품별 수량", "월별 금액", "서울 금액", "부산 수량", "상품별 금액"}
	began := time.Now()
	asked := make(chan []slacktest.Message, len(rooms)+1)
	speak := func(n int, channel string) {
		got, err := w.Load(b.Context(), slacktest.Load{People: n, Within: crowdWithin, Channel: channel, Saying: slacktest.Saying{Times: times}, Text: func(i int) string {
			if channel == "" {
				return texts[i%len(texts)]
			}
			return w.Mention() + " " + texts[i%len(texts)]
		}})
		if err != nil {
			b.Error(err)
		}
		asked <- got
	}
	half := crowd / 2 / len(rooms)
	for _, r := range rooms {
		go speak(half, r.ID)
	}
	go speak(crowd-half*len(rooms), "")
	if kill {
		<-time.After(crowdWithin / 2) // in the middle of it
		w.p.kill()
		w.serve()
	}
	var all []slacktest.Message
	for range len(rooms) + 1 {
		all = append(all, <-asked...)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	missing := all
	err := w.Wait(ctx, func() bool {
		for len(missing) > 0 {
			said := w.replies(missing[0])
			if len(said) == 0 || !settled(said[0]) {
				return false
			}
			missing = missing[1:]
		}
		return true
	})
	took := time.Since(began)
	if err != nil {
		b.Errorf("%d of %d were not answered", len(missing), len(all))
	}
	for _, m := range all {
		if n := len(w.replies(m)); n > 1 {
			b.Errorf("%q has %d answers", m.Text, n)
		}
	}
	acks := w.Acks()
	if acks.Lost > 0 || acks.Max > time.Second {
		b.Errorf("not acknowledged as Slack wants: %+v", acks)
	}
	calls := 0
	for method, n := range w.Refused() {
		calls += n
		b.Logf("refused: %s %d", method, n)
	}
	b.ReportMetric(float64(acks.P99.Microseconds())/1000, "ack-p99-ms")
	b.ReportMetric(float64(acks.Max.Microseconds())/1000, "ack-max-ms")
	b.ReportMetric(took.Seconds(), "s-until-all")
	b.ReportMetric(float64(calls), "refused")
	b.ReportMetric(0, "ns/op")
	b.Logf("%+v; %s", acks, strings.TrimSpace(w.p.errs.String()))
}
