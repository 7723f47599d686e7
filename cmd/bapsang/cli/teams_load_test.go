package cli_test

import (
	"context"
	"testing"
	"time"

	"github.com/bapsang/bapsang/bot/teams/teamstest"
)

// BenchmarkLoadTeams has 750 people ask within ten seconds, each in their own chat, and
// measures how fast they are acknowledged and answered. It fails when anybody is not.
func BenchmarkLoadTeams(b *testing.B) {
	texts := []string{"지역별 금액 합계", "상품별 수량", "월별 금액", "서울 금액"}
	for b.Loop() {
		w := inTeams(b, teamstest.Options{NoRates: true}, "")
		began := time.Now()
		all, err := w.Load(b.Context(), teamstest.Load{People: crowd, Within: crowdWithin, Text: func(i int) string { return texts[i%len(texts)] }})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
		defer cancel()
		err = w.Wait(ctx, func() bool {
			for _, m := range all {
				if !says(w.replies(m.Conversation), "sales") {
					return false
				}
			}
			return true
		})
		if err != nil {
			b.Fatal(err)
		}
		acks := w.Acks()
		if acks.Acked != crowd || acks.Late > 0 || len(w.Complaints()) > 0 {
			b.Errorf("acknowledged %+v, complaints %q", acks, w.Complaints())
		}
		b.ReportMetric(float64(acks.P99.Milliseconds()), "p99-ack-ms")
		b.ReportMetric(time.Since(began).Seconds(), "s-to-last-answer")
		w.p.kill()
	}
}
