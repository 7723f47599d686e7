package llm_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bapsang/bapsang/agent/llm"
)

// TestAContractEndsWhileItRuns: from the day after its last one there is a trickle, with a
// word about it.
func TestAContractEndsWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		contract := agreed(perMinute(600))
		contract.Agreed = time.Date(1999, 10, 1, 0, 0, 0, 0, time.UTC)
		contract.Expires = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // the bubble begins on it
		contract.Concurrency = 4
		var log bytes.Buffer
		s := &scripted{takes: time.Second}
		p := newPool(t, llm.PoolOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))}, llm.Backend{Name: "gpu", Model: s, Contract: contract})
		minute := func() int {
			before := s.made()
			var all sync.WaitGroup
			end := time.Now().Add(time.Minute)
			for range 8 {
				all.Go(func() {
					for time.Now().Before(end) {
						_ = complete(t, p)
					}
				})
			}
			all.Wait()
			return s.made() - before
		}
		if n := minute(); n < 200 {
			t.Errorf("%d calls in a minute while it holds", n)
		}
		if strings.Contains(log.String(), "trickle") {
			t.Errorf("warned: %s", log.String())
		}
		<-time.After(time.Until(contract.Expires.AddDate(0, 0, 1)))
		<-time.After(2 * time.Minute)
		if st := p.Snapshot().Backends[0]; st.Agreed || st.Limit != 1 || st.Allowed != 10 {
			t.Errorf("it stands as %+v", st)
		}
		// Eight calls wait when the minute is over, and are made then.
		if n := minute(); n > 10+8+1 {
			t.Errorf("%d calls in a minute after it", n)
		}
		if got := strings.Count(log.String(), "has expired"); got != 1 {
			t.Errorf("warned %d times: %s", got, log.String())
		}
	})
}
