package llm

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

const (
	// headroom stretches every window, because a server sees calls later than they
	// are sent and not all equally late: 100 calls a minute are spread over 60.9 s.
	headroom = 1.015
	// maxHeadroom bounds it for long windows, where networks are not slower.
	maxHeadroom = time.Second
	// paced rates are kept by an even distance between calls. Those over longer
	// times ("5000/d") are only counted: nobody wants one call every 17 s.
	paced = time.Minute
	// minPace is the share of the agreed rate that is used however many calls are
	// refused: it was agreed, and a server that refuses everything pauses us anyway.
	minPace = 0.2
	// cut is how much of the pace one refused call costs, and cleanRun how many calls
	// in a row win it back, so that a server whose limit is stricter than its
	// nominal rate refuses about one call in cleanRun.
	cut, maxCut = 0.02, 0.3
	cleanRun    = 200
	// firstCut is what it costs at full pace. A server that is strict about the
	// distance between calls has its edge about there, so that most of the way is
	// one step.
	firstCut, fullPace = 0.1, 0.98
	// A burst is let through after a rest, at shortest burstSpacing of the usual
	// distance apart, unless a call was refused within burstRelearn: some servers
	// insist on the distance.
	maxBurst     = 10
	burstSpacing = 0.25
	burstRelearn = time.Hour
	// What timers, disks and schedulers delay is made up for, up to lateCalls calls, by
	// calls that keep lateSpacing of the distance: a share small enough for the pace
	// that a strict server teaches.
	lateCalls   = 2
	lateSpacing = 0.95
	// maxPause bounds what a server may ask for: one call in five minutes finds out
	// whether it is still true.
	maxPause = 5 * time.Minute
	// maxBackoff bounds the pause of a server that does not say how long.
	maxBackoff = 30 * time.Second
	// poolGone is when a pool that was not heard of no longer counts.
	poolGone = 30 * time.Second
	// A slot for later is promised: its holder claims it claimAhead of its time, and one that
	// nobody has claimed promiseEnds after its time is everybody's again. The difference is
	// for clocks that do not agree, and for a store that is slow.
	claimAhead  = 100 * time.Millisecond
	promiseEnds = 2 * time.Second
)

// terms are what was agreed about one budget.
type terms struct {
	rates       []connectors.Rate // shortest first
	tokens      int               // a minute, 0 for any number
	concurrency int               // 0 for any number
}

func (t *terms) limited() bool { return len(t.rates) > 0 || t.tokens > 0 }

// pacing is the rate that the pace is about, the shortest.
func (t *terms) pacing() (connectors.Rate, bool) {
	if len(t.rates) == 0 || t.rates[0].Per > paced {
		return connectors.Rate{}, false
	}
	return t.rates[0], true
}

// paceOver is the time that the pace is about; false where nothing is paced.
func (t *terms) paceOver() (time.Duration, bool) {
	if r, ok := t.pacing(); ok {
		return r.Per, true
	}
	return time.Minute, t.tokens > 0
}

func rateSpan(r connectors.Rate) span {
	if r.Zone != nil {
		return newSpan(r.Per) // of buckets that end where days do
	}
	slack := min(time.Duration(float64(r.Per)*(headroom-1)), maxHeadroom)
	return newSpan(r.Per + slack)
}

func tokenSpan() span { return rateSpan(connectors.Rate{Per: time.Minute}) }

// budgetState is what is known of a budget, one document for all who share it. Its
// methods do arithmetic only.
type budgetState struct {
	Pace        float64              `json:"pace"`             // share of the agreed rate, minPace to 1
	Clean       int                  `json:"clean"`            // calls let through since the last one refused
	Refusals    int                  `json:"refusals"`         // calls refused since the last one let through
	CutAt       time.Time            `json:"cut_at,omitzero"`  // when a call was last refused
	First       time.Time            `json:"first,omitzero"`   // the first slot given since then
	Bursts      time.Time            `json:"bursts,omitzero"`  // from when on bursts are let through
	PausedUntil time.Time            `json:"paused,omitzero"`  //
	Last        time.Time            `json:"last,omitzero"`    // the last slot given
	Rates       []rateState          `json:"rates,omitempty"`  //
	Tokens      window               `json:"tokens,omitempty"` //
	Pools       map[string]poolState `json:"pools,omitempty"`  // who shares it
	// Promised are slots that count already and may not be used before they are claimed, by
	// their holder.
	Promised map[string]promise `json:"promised,omitempty"`
	// Calls and Fresh are the decaying counts of some pool, for one that begins: how many
	// calls a question takes.
	Calls float64 `json:"n,omitempty"`
	Fresh float64 `json:"fresh,omitempty"`
	// Tried and Limited are decaying counts of calls that reached the server, and of those
	// that it refused for their rate.
	Tried   float64 `json:"tried,omitempty"`
	Limited float64 `json:"limited,omitempty"`
}

type rateState struct {
	Per time.Duration `json:"per"`
	// Due is when the next call is due at an even distance.
	Due   time.Time `json:"due,omitzero"`
	Calls window    `json:"calls,omitempty"`
}

// promise is a slot that its holder has not claimed yet. A process that is killed leaves it
// behind.
type promise struct {
	At     time.Time `json:"at"`
	Tokens int       `json:"tokens,omitempty"`
}

// poolState is what one pool last said of itself.
type poolState struct {
	At      time.Time `json:"at"`
	Waiting int       `json:"waiting,omitempty"`
	Running int       `json:"running,omitempty"` // a slot it holds counts
	// Work is how many calls are to be made for people until all who wait there now are
	// through.
	Work float64 `json:"work,omitempty"`
}

// ahead is how many calls go to a pool's people first; pools of earlier versions tell only
// how many wait.
func (p poolState) ahead() float64 { return max(p.Work, min(float64(p.Waiting), 1)) }

// adopt makes a state of other terms, or none, one of these.
func (s *budgetState) adopt(t *terms, now time.Time) {
	if s.Pace == 0 {
		s.Pace = 1
	}
	if s.Pools == nil {
		s.Pools = map[string]poolState{}
	}
	if !slices.EqualFunc(s.Rates, t.rates, func(a rateState, b connectors.Rate) bool { return a.Per == b.Per }) {
		old := s.Rates
		s.Rates = make([]rateState, len(t.rates))
		for i, r := range t.rates {
			s.Rates[i].Per = r.Per
			if j := slices.IndexFunc(old, func(o rateState) bool { return o.Per == r.Per }); j >= 0 {
				s.Rates[i] = old[j]
			}
		}
	}
	for i := range s.Rates {
		s.Rates[i].Calls = s.Rates[i].Calls.pruneRate(t.rates[i], now)
	}
	s.Tokens = s.Tokens.prune(tokenSpan(), now)
	maps.DeleteFunc(s.Pools, func(_ string, p poolState) bool { return now.Sub(p.At) > poolGone })
	s.lapse(t, now)
	// A clock that ran ahead somewhere must not stop everybody else.
	if ahead := now.Add(maxPause + poolGone); s.Last.After(ahead) || s.PausedUntil.After(ahead) {
		s.Last, s.PausedUntil = now, now
		for i := range s.Rates {
			s.Rates[i].Due = now
		}
	}
}

// spacing is the distance between calls at the present pace.
func (s *budgetState) spacing(r connectors.Rate) time.Duration {
	if r.Per > paced {
		return 0
	}
	return time.Duration(float64(r.Per) * headroom / (float64(r.Calls) * s.Pace))
}

// credit is how many calls may be made up for, and at which share of the distance.
func (s *budgetState) credit(r connectors.Rate, now time.Time) (calls time.Duration, apart float64) {
	if burst := min(maxBurst, r.Calls/10); burst > lateCalls && !now.Before(s.Bursts) {
		return time.Duration(burst), burstSpacing
	}
	return lateCalls, lateSpacing
}

// ask is what a pool wants of a budget.
type ask struct {
	pool, holder     string
	now              time.Time
	sent             time.Time // when its last slot was used, which may be later than its time
	tokens           int
	waiting, running int
	work             float64 // see poolState
	calls, fresh     float64 // what the pool knows of questions, 0 when it knows nothing yet
}

// slot is the right to make one call, at a time. One that is only promised must be claimed
// before.
type slot struct {
	at       time.Time
	tokens   int
	promised bool
}

// fullPoll is when a pool asks again that found all calls running elsewhere. It is
// told sooner when one ends.
const fullPoll = 500 * time.Millisecond

// late counts a call from when it was sent, as the server does.
func (s *budgetState) late(t *terms, c lateCall) {
	for i, r := range t.rates {
		if sp := rateSpan(r); sp.bucket(c.sent) > sp.bucket(c.due) {
			s.Rates[i].Calls = s.Rates[i].Calls.add(sp, c.due, -1).add(sp, c.sent, 1)
		}
	}
}

// take gives the next slot. When that is too far off to be bound to anybody, it gives
// none, and the slot's time is when to ask again.
func (s *budgetState) take(t *terms, a ask) (slot, bool) {
	others := 0
	for id, p := range s.Pools {
		if id != a.pool {
			others += p.Running
		}
	}
	s.Pools[a.pool] = poolState{At: a.now, Waiting: a.waiting, Running: a.running, Work: a.work}
	if a.fresh > 0 {
		s.Calls, s.Fresh = a.calls, a.fresh
	}
	if t.concurrency > 0 && others+a.running >= t.concurrency {
		return slot{at: a.now.Add(fullPoll)}, false
	}
	at := s.next(t, a)
	if at.Sub(a.now) > s.horizon(t) {
		return slot{at: at}, false
	}
	for i, r := range t.rates {
		rate := &s.Rates[i]
		rate.Calls = rate.Calls.add(rateSpan(r), at, 1)
		if d := s.spacing(r); d > 0 {
			calls, _ := s.credit(r, a.now)
			rate.Due = later(rate.Due, at.Add(-calls*d)).Add(d)
		}
	}
	if t.tokens > 0 {
		s.Tokens = s.Tokens.add(tokenSpan(), at, int64(a.tokens))
	}
	s.Last = at
	if s.First.IsZero() {
		s.First = at
	}
	// Who gets the slot waits no more: a pool that says nothing after its last call must
	// not look as if it went on waiting.
	own := poolState{At: a.now, Waiting: max(a.waiting-1, 0), Running: a.running + 1}
	if own.Waiting > 0 {
		own.Work = max(a.work-1, 0)
	}
	s.Pools[a.pool] = own
	got := slot{at: at, tokens: a.tokens, promised: at.Sub(a.now) > claimAhead}
	if got.promised {
		if s.Promised == nil {
			s.Promised = map[string]promise{}
		}
		s.Promised[a.holder] = promise{At: at, Tokens: a.tokens}
	}
	return got, true
}

// claim turns a promise into a slot, and reports false where its holder came too late.
func (s *budgetState) claim(holder string, promised slot, now time.Time) bool {
	if s.redeem(holder, promised) {
		return true
	}
	// A process of an earlier version writes no promises down, those of others neither. Nobody
	// can have taken back what is in time.
	return now.Before(promised.at.Add(promiseEnds / 2))
}

// redeem ends a promise, and reports whether there was one.
func (s *budgetState) redeem(holder string, promised slot) bool {
	p, ok := s.Promised[holder]
	if !ok || !p.At.Equal(promised.at) {
		return false
	}
	delete(s.Promised, holder)
	return true
}

// lapse takes back what was promised to who did not claim it.
func (s *budgetState) lapse(t *terms, now time.Time) {
	for holder, p := range s.Promised {
		if now.Sub(p.At) <= promiseEnds {
			continue
		}
		delete(s.Promised, holder)
		s.takeBack(t, slot{at: p.At, tokens: p.Tokens})
		// The calls after it kept their distance from one that was not made.
		for i, r := range t.rates {
			if rate := &s.Rates[i]; !rate.Due.IsZero() {
				rate.Due = rate.Due.Add(-s.spacing(r))
			}
		}
	}
}

// next is the earliest time for a call that keeps every rate.
func (s *budgetState) next(t *terms, a ask) time.Time {
	at := later(a.now, later(s.PausedUntil, s.Last))
	for i, r := range t.rates {
		d := s.spacing(r)
		if d == 0 {
			continue
		}
		calls, share := s.credit(r, a.now)
		apart := time.Duration(float64(d) * share)
		at = later(at, s.Rates[i].Due.Add(-calls*d))
		at = later(at, s.Last.Add(apart))
		at = later(at, a.sent.Add(apart))
	}
	// Each window may push the call into a time when an earlier one is full again.
	for {
		from := at
		for i, r := range t.rates {
			at = s.Rates[i].Calls.freeRate(r, at)
		}
		if t.tokens > 0 {
			at = s.Tokens.free(tokenSpan(), int64(float64(t.tokens)*s.Pace), int64(a.tokens), at)
		}
		if at.Equal(from) {
			return at
		}
	}
}

// horizon is how far ahead slots are given: far enough for a slot for each of several
// pools, no further, because a slot once given knows of no pause.
func (s *budgetState) horizon(t *terms) time.Duration {
	r, ok := t.pacing()
	if !ok {
		return 2 * time.Second
	}
	return max(2*time.Second, 8*s.spacing(r))
}

// giveBack takes back a slot that its holder does not use, if that was not done before.
func (s *budgetState) giveBack(t *terms, holder string, unused slot) {
	if unused.promised && !s.redeem(holder, unused) {
		return
	}
	for i, r := range t.rates {
		// The distance comes back only when nobody has counted from it.
		if d := s.spacing(r); d > 0 && s.Last.Equal(unused.at) {
			s.Rates[i].Due = s.Rates[i].Due.Add(-d)
		}
	}
	s.takeBack(t, unused)
}

// takeBack lets a slot that is not used count no more.
func (s *budgetState) takeBack(t *terms, unused slot) {
	for i, r := range t.rates {
		s.Rates[i].Calls = s.Rates[i].Calls.add(rateSpan(r), unused.at, -1)
	}
	if s.Last.Equal(unused.at) {
		s.Last = time.Time{}
	}
	if s.First.Equal(unused.at) {
		s.First = time.Time{}
	}
	s.Tokens = s.Tokens.add(tokenSpan(), unused.at, -int64(unused.tokens))
}

// passed counts calls that the server let through.
func (s *budgetState) passed(t *terms, n int) {
	if n == 0 {
		return
	}
	s.Refusals = 0
	s.tried(n, 0)
	run := float64(cleanRun)
	if r, ok := t.pacing(); ok { // a small budget learns from fewer calls
		run = min(run, max(30, 2.5*float64(r.Calls)*float64(time.Minute)/float64(r.Per)))
	}
	for range n {
		s.Clean++
		// After two clean runs the edge was somebody else's doing or is gone: the steps
		// double.
		grow := cut / run
		if extra := float64(s.Clean) - 2*run; extra > 0 {
			grow *= math.Exp2(min(extra/(0.4*run), 8))
		}
		s.Pace = min(1, s.Pace+grow)
	}
}

// refused notes a call that the server refused for its rate. sent is the time of its
// slot.
func (s *budgetState) refused(t *terms, now, sent time.Time, retryAfter time.Duration) {
	s.tried(1, 1)
	per, hasPace := t.paceOver()
	apart := time.Second
	if r, ok := t.pacing(); ok {
		apart = min(s.spacing(r), 5*time.Second)
	}
	// Refusals come at once and answers late, so that a call is taken to be let
	// through when another was refused after it.
	others := !s.First.IsZero() && s.First.Before(sent)
	if others {
		s.Refusals = 0
	}
	pause := min(max(retryAfter, apart), maxPause)
	if retryAfter <= 0 {
		pause = min(apart<<min(s.Refusals, 10), maxBackoff)
	}
	s.PausedUntil = later(s.PausedUntil, now.Add(pause))
	for i, r := range t.rates { // a pause is not made up for
		calls, _ := s.credit(r, s.PausedUntil)
		s.Rates[i].Due = s.PausedUntil.Add(calls * s.spacing(r))
	}
	if sent.Before(s.CutAt) { // of the same time as one that was answered for
		return
	}
	s.Refusals++
	s.CutAt, s.Clean, s.First = now, 0, time.Time{}
	bursts := !now.Before(s.Bursts)
	s.Bursts = now.Add(burstRelearn)
	// Bursts go first. A server that refuses everything, or that asks for longer
	// than the rate's time, says nothing about the pace.
	if bursts || !others || !hasPace || retryAfter > per {
		return
	}
	least := cut
	if s.Pace > fullPace && !s.nearlyFull(t, now) {
		least = firstCut
	}
	lower := min(max(least, float64(retryAfter)/float64(per)), maxCut)
	s.Pace = max(minPace, s.Pace*(1-lower))
}

// nearlyFull reports whether so much of the window is used that a call which was a
// little late explains a refusal, and no strictness is needed for it.
func (s *budgetState) nearlyFull(t *terms, now time.Time) bool {
	r, ok := t.pacing()
	return ok && float64(s.Rates[0].Calls.used(rateSpan(r), now)) >= 0.95*float64(r.Calls)
}

// peers are the other pools, as they last said. One that was not heard of since then may be
// gone: a process that is killed leaves its calls to the next.
func (s *budgetState) peers(pool string, since time.Time) map[string]poolState {
	out := map[string]poolState{}
	for id, p := range s.Pools {
		if id != pool && !p.At.Before(since) {
			out[id] = p
		}
	}
	return out
}

// The counts of calls tried forget one in fifty with each, and are believed from
// fewestTried on. A refusal counts for refusedFor.
const (
	triedDecay  = 0.98
	fewestTried = 10
	refusedFor  = time.Minute
)

func (s *budgetState) tried(n, limited int) {
	for range n {
		s.Tried, s.Limited = s.Tried*triedDecay+1, s.Limited*triedDecay
	}
	s.Limited += float64(limited)
}

// refusedShare is the share of the last calls that were refused for their rate.
func (s *budgetState) refusedShare() float64 { return s.Limited / max(s.Tried, fewestTried) }

// saved is how many calls may be made at once that were not made before, and at which share
// of the distance.
func (s *budgetState) saved(r connectors.Rate, now time.Time) (calls, apart float64) {
	d := s.spacing(r)
	if d == 0 {
		return 0, 1
	}
	credit, apart := s.credit(r, now)
	due := later(s.Rates[0].Due, now.Add(-credit*d))
	return max(0, float64(now.Add(credit*d).Sub(due))/float64(d)), apart
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
