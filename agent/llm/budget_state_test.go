package llm

import (
	"slices"
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
			a.sent = time.Time{}
			got, ok = s.take(terms, a)
		}
		at := later(a.now, got.at)
		if len(sent) == 2 { // between this slot's time and its use
			at = got.at.Add(stall)
		}
		sent = append(sent, at)
		a = ask{pool: "p", now: at, sent: at}
		s.adopt(terms, at)
		s.late(terms, lateCall{due: got.at, sent: at})
	}
	for i := range sent[:len(sent)-10] {
		if d := sent[i+10].Sub(sent[i]); d < time.Minute {
			t.Errorf("calls %d to %d were made within %s, ten a minute were agreed", i+1, i+11, d)
		}
	}
}

// Others must not wait with what they know until this process wants another slot.
func TestALateCallIsToldAtOnce(t *testing.T) {
	l := &memoryLedger{}
	b := newBudget("gpu", "p", terms{rates: []connectors.Rate{{Calls: 10, Per: time.Minute}}}, l, true)
	got, ok, err := b.take(t.Context(), ask{})
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if b.begun(got.at, got.at.Add(time.Millisecond)) && !b.due() {
		t.Error("a timely call is told")
	}
	late := got.at.Add(2 * time.Second)
	if !b.begun(got.at, late) || !b.due() {
		t.Fatal("a late call is not told")
	}
	if err := b.settle(t.Context(), poolState{}); err != nil || b.due() {
		t.Fatal(b.due(), err)
	}
	sp := rateSpan(b.agreed.rates[0])
	want := window{{sp.bucket(got.at), 0}, {sp.bucket(late), 1}}
	if calls := l.state.Rates[0].Calls; !slices.Equal(calls, want) {
		t.Errorf("counted in %v, want %v", calls, want)
	}
}

// TestAPromiseThatNobodyKeeps: a slot of who was killed is others' again a while after its
// time, and not its holder's any more, who may only have stood still.
func TestAPromiseThatNobodyKeeps(t *testing.T) {
	terms := &terms{rates: []connectors.Rate{{Calls: 2, Per: time.Minute}}}
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	var s budgetState
	s.adopt(terms, start)
	if got, ok := s.take(terms, ask{pool: "a", holder: "a/0", now: start}); !ok || got.promised {
		t.Fatalf("a slot for now: %+v, %t", got, ok)
	}
	lost, ok := s.take(terms, ask{pool: "b", holder: "b/0", now: start})
	if !ok || !lost.promised {
		t.Fatalf("a slot for later: %+v, %t", lost, ok)
	}
	used := func() int64 { return s.Rates[0].Calls.used(rateSpan(terms.rates[0]), lost.at) }
	s.adopt(terms, lost.at.Add(promiseEnds))
	if n := used(); n != 2 {
		t.Fatalf("while its holder may still come, %d calls count", n)
	}
	late := lost.at.Add(promiseEnds + time.Millisecond)
	s.adopt(terms, late)
	if n := used(); n != 1 {
		t.Fatalf("when nobody came, %d calls count", n)
	}
	s.giveBack(terms, "b/0", lost)
	if n := used(); n != 1 {
		t.Fatalf("given back by who had lost it, %d calls count", n)
	}
	if s.claim("b/0", lost, late) {
		t.Error("who was away for so long still has it")
	}
}

// TestAPromiseOfAnEarlierVersion: who updates the document without knowing of promises drops
// them, which takes nobody's slot away.
func TestAPromiseOfAnEarlierVersion(t *testing.T) {
	terms := &terms{rates: []connectors.Rate{{Calls: 2, Per: time.Minute}}}
	start := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	var s budgetState
	s.adopt(terms, start)
	s.take(terms, ask{pool: "a", holder: "a/0", now: start})
	mine, _ := s.take(terms, ask{pool: "b", holder: "b/0", now: start})
	s.Promised = nil
	if !s.claim("b/0", mine, mine.at.Add(-claimAhead)) || s.claim("b/0", mine, mine.at.Add(promiseEnds)) {
		t.Error("a promise that was dropped holds until others may have taken it back, and no longer")
	}
}
