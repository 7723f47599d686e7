package llm

import (
	"testing"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

// A process that stands still sends late, and the server counts from then. No test
// through the pool can make it late, for in virtual time nothing is.
func TestLateCallsCountFromWhenTheyWereSent(t *testing.T) {
	terms := &terms{rates: []connectors.Rate{{Calls: 10, Per: time.Minute}}}
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	var s budgetState
	s.adopt(terms, start)
	const stall = 40 * time.Second
	var sent []time.Time
	a := ask{pool: "p", now: start}
	for range 25 {
		got, ok := s.take(terms, a)
		for !ok {
			a.now = got.at
			s.adopt(terms, a.now)
			a.due, a.sent = time.Time{}, time.Time{}
			got, ok = s.take(terms, a)
		}
		at := later(a.now, got.at)
		if len(sent) == 2 { // between this slot's time and its use
			at = got.at.Add(stall)
		}
		sent = append(sent, at)
		a = ask{pool: "p", now: at, due: got.at, sent: at}
		s.adopt(terms, at)
	}
	for i := range sent[:len(sent)-10] {
		if d := sent[i+10].Sub(sent[i]); d < time.Minute {
			t.Errorf("calls %d to %d were made within %s, ten a minute were agreed", i+1, i+11, d)
		}
	}
}
