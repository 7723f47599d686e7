package quota

import (
	"context"
	"sync"
	"time"

	"github.com/bapsang/bapsang/connectors"
)

const (
	// A permit lasts a fiftieth of the shortest rate's time, within these bounds, and
	// longer where the store is slow: what is drawn for longer is kept from others, and
	// what is drawn for less is drawn in vain.
	leasePart = 50
	minLease  = 10 * time.Millisecond
	maxLease  = time.Second
	slowLease = 5 * time.Second
	// mostSpare bounds how many permits are drawn for calls to come.
	mostSpare = 1000
	// storeWithin bounds an update that a call's end waits for.
	storeWithin = 2 * time.Second
)

// Gate is what every call on one upstream passes, in this process. Processes whose boards
// share a store share what is agreed.
type Gate struct {
	board *Board
	name  string
	terms func(now time.Time) *connectors.Terms
	turn  chan struct{} // held during an update
	alone bool          // counted for this process, though the board is shared

	mu      sync.Mutex // guards what follows
	view    view
	held    int // places
	running int
	calls   map[*Pass]struct{} // of those running that have a place
	permits int
	until   time.Time // of the permits
	lapsed  int       // permits that nobody used and nobody else knows of
	lapsedT time.Time
	slow    time.Duration // what an update has taken lately
	spare   int           // permits that were last asked for beyond those for calls that waited
	drawnAt time.Time     // when
	beat    time.Time     // when others last heard of this member
	idleAt  time.Time     // since when there are places that nobody uses
	queue   []*waiter
	led     bool           // somebody asks for those who wait
	wake    chan struct{}  // holds a value when whoever asks is to ask again
	why     connectors.Why // of the last update
	usual   latency        // of answers
	retries float64        // retries that may be made
	took    average
}

// shared reports whether what this gate counts is counted with others.
func (g *Gate) shared() bool { return g.board.shared() && !g.alone }

// view is a contract's document as it was last seen.
type view struct {
	rev      int64
	off      *Switch
	broken   time.Time
	paused   time.Time
	pace     float64
	fails    int
	waiting  bool // others wait for a place
	starving bool // of these, somebody has none
	live     int  // members, this one included
	held     int  // places, of all
}

// waiter is a call that waits for its turn.
type waiter struct {
	until time.Time // it goes without after that; zero for any time
	done  chan struct{}
	pass  *Pass
	err   *connectors.Refusal
	lead  chan struct{} // it is to ask for all
}

// Pass is the right to make one call. Leave ends it.
type Pass struct {
	gate  *Gate
	began time.Time
	probe bool
	lost  context.CancelCauseFunc // nil until Context; guarded by gate.mu
}

// Enter waits for a call's turn: no longer than most for the rates where most is positive,
// and never longer than ctx. Its error is a *connectors.Refusal, or that of ctx.
func (g *Gate) Enter(ctx context.Context, most time.Duration) (connectors.Pass, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, err := g.enter(ctx, most)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (g *Gate) enter(ctx context.Context, most time.Duration) (*Pass, error) {
	now := g.board.now()
	t := g.terms(now)
	g.mu.Lock()
	if r := g.refusal(now); r != nil {
		g.mu.Unlock()
		return nil, r
	}
	if len(g.queue) == 0 && g.ready(t, now) {
		p := g.pass(t, now, false)
		g.mu.Unlock()
		return p, nil
	}
	if t.Waiting > 0 && len(g.queue) >= t.Waiting+g.places(t) {
		r := &connectors.Refusal{Why: connectors.WhyCrowded, After: g.ahead(t)}
		g.mu.Unlock()
		return nil, r
	}
	w := &waiter{done: make(chan struct{}), lead: make(chan struct{}, 1)}
	if deadline, ok := ctx.Deadline(); ok {
		w.until = deadline
	}
	if most > 0 && (w.until.IsZero() || now.Add(most).Before(w.until)) {
		w.until = now.Add(most)
	}
	g.queue = append(g.queue, w)
	if !g.led {
		g.led = true
		w.lead <- struct{}{}
	}
	g.mu.Unlock()
	return g.wait(ctx, w)
}

// places is how many calls may still begin beside those that run: as many as wait only
// until somebody has asked for them. The caller holds mu.
func (g *Gate) places(t *connectors.Terms) int {
	if t.Concurrency == 0 {
		return 0
	}
	return max(0, atOnce(t, g.view.pace)-g.running)
}

func (g *Gate) wait(ctx context.Context, w *waiter) (*Pass, error) {
	select {
	case <-w.done:
	case <-w.lead:
		g.lead(ctx, w)
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.remove(w)
	switch {
	case w.err != nil:
		return nil, w.err
	case w.pass == nil:
		return nil, ctx.Err()
	case ctx.Err() != nil:
		g.end(w.pass)
		return nil, ctx.Err()
	}
	return w.pass, nil
}

// remove takes w out of the queue, and has the next lead where w did. The caller holds mu.
func (g *Gate) remove(w *waiter) {
	for i, q := range g.queue {
		if q == w {
			g.queue = append(g.queue[:i], g.queue[i+1:]...)
			break
		}
	}
	select {
	case <-w.lead: // chosen, and gone
		g.led = false
	default:
	}
	if !g.led && len(g.queue) > 0 {
		g.led = true
		g.queue[0].lead <- struct{}{}
	}
}

// lead asks for all who wait until w has its turn, or goes without.
func (g *Gate) lead(ctx context.Context, w *waiter) {
	defer func() {
		g.mu.Lock()
		g.led = false
		g.mu.Unlock()
	}()
	for {
		got, err := g.draw(ctx)
		g.mu.Lock()
		if err != nil && ctx.Err() == nil {
			g.refuseAll(func(*waiter) *connectors.Refusal { return &connectors.Refusal{Why: connectors.WhyUnknown, Err: err} })
		}
		now := g.board.now()
		again := g.answer(now, got)
		served := w.pass != nil || w.err != nil
		g.mu.Unlock()
		if served || ctx.Err() != nil {
			return
		}
		var timer <-chan time.Time
		stop := func() bool { return true }
		if !again.IsZero() {
			t := time.NewTimer(max(again.Sub(now), 0))
			timer, stop = t.C, t.Stop
		}
		select {
		case <-timer:
		case <-g.wake:
		case <-w.done:
		case <-ctx.Done():
		}
		stop()
	}
}

// answer tells those who wait what an update means for them, and returns when to ask
// again. The caller holds mu.
func (g *Gate) answer(now time.Time, got given) time.Time {
	g.hand(now, got.probe)
	switch got.why {
	case connectors.WhyOff, connectors.WhyBroken:
		if r := g.refusal(now); r != nil {
			g.refuseAll(func(*waiter) *connectors.Refusal { return r })
		} else if got.why == connectors.WhyBroken { // another call is finding out
			g.refuseAll(func(*waiter) *connectors.Refusal {
				return &connectors.Refusal{Why: connectors.WhyBroken, After: got.again.Sub(now)}
			})
		}
	case connectors.WhyExhausted, connectors.WhyPaused:
		g.refuseAll(func(w *waiter) *connectors.Refusal {
			if w.until.IsZero() && (got.why == connectors.WhyExhausted || got.again.Sub(now) <= time.Minute) || w.until.After(got.again) {
				return nil
			}
			return &connectors.Refusal{Why: got.why, After: got.again.Sub(now)}
		})
	case connectors.WhyBusy:
		if t := g.terms(now); !g.shared() && g.running >= atOnce(t, g.view.pace) {
			return time.Time{} // whoever leaves wakes us
		} else if !g.shared() {
			return now.Add(soon) // somebody left before we had learned that all was taken
		}
	case "":
		return now // others wait yet, or what was drawn had lapsed before it could be used
	}
	return got.again
}

// refuseAll ends the waits for which why gives a reason. The caller holds mu.
func (g *Gate) refuseAll(why func(*waiter) *connectors.Refusal) {
	kept := g.queue[:0]
	for _, w := range g.queue {
		if w.err = why(w); w.err == nil {
			kept = append(kept, w)
			continue
		}
		close(w.done)
	}
	g.queue = kept
}

// refusal is why no call is made now, as far as is known here; nil when one may be. The
// caller holds mu.
func (g *Gate) refusal(now time.Time) *connectors.Refusal {
	v := &g.view
	if r := g.off(now); r != nil {
		return r
	}
	if now.Before(v.broken) {
		return &connectors.Refusal{Why: connectors.WhyBroken, After: v.broken.Sub(now)}
	}
	return nil
}

// off says who turned the upstream off, nil while it is on. The caller holds mu.
func (g *Gate) off(now time.Time) *connectors.Refusal {
	s := g.view.off
	if s == nil || !s.Until.IsZero() && !now.Before(s.Until) {
		return nil
	}
	r := &connectors.Refusal{Why: connectors.WhyOff, By: s.By, Because: s.Because}
	if !s.Until.IsZero() {
		r.After = s.Until.Sub(now)
	}
	return r
}

// ready reports whether a call can be made without asking. The caller holds mu.
func (g *Gate) ready(t *connectors.Terms, now time.Time) bool {
	v := &g.view
	if !v.broken.IsZero() || now.Before(v.paused) {
		return false
	}
	if len(t.Rates) > 0 && (g.permits == 0 || now.After(g.until)) {
		return false
	}
	if t.Concurrency == 0 {
		return true
	}
	return g.running < min(g.held, atOnce(t, v.pace)) && (!g.shared() || now.Sub(g.beat) < expires)
}

// pass takes what a call needs. The caller holds mu, and ready said so.
func (g *Gate) pass(t *connectors.Terms, now time.Time, probe bool) *Pass {
	if len(t.Rates) > 0 {
		g.permits--
	}
	g.running++
	g.retries = min(g.retries+retryShare, mostRetries)
	p := &Pass{gate: g, began: now, probe: probe}
	g.calls[p] = struct{}{}
	return p
}

// hand gives those who wait their turns, in order. The caller holds mu.
func (g *Gate) hand(now time.Time, probe bool) {
	t := g.terms(now)
	for len(g.queue) > 0 {
		if probe {
			g.permits = 1
		} else if !g.ready(t, now) {
			return
		}
		w := g.queue[0]
		g.queue = g.queue[1:]
		w.pass = g.pass(t, now, probe)
		close(w.done)
		if probe {
			return
		}
	}
}

// ahead is about how long those who wait will take. The caller holds mu.
func (g *Gate) ahead(t *connectors.Terms) time.Duration {
	at := float64(max(1, t.Concurrency))
	d := time.Duration(float64(len(g.queue)) / at * g.took.value * float64(time.Second))
	for _, r := range t.Rates {
		d = max(d, time.Duration(len(g.queue))*r.Per/time.Duration(r.Calls))
	}
	return max(d, time.Second)
}

// lease is how long permits are drawn for. The caller holds mu.
func (g *Gate) lease(t *connectors.Terms) time.Duration {
	if !g.shared() || len(t.Rates) == 0 {
		return minLease // from one line to the next
	}
	per := t.Rates[0].Per
	for _, r := range t.Rates {
		per = min(per, r.Per)
	}
	lease := min(max(per/leasePart, minLease), maxLease)
	return min(max(lease, 3*g.slow), slowLease)
}

// want is what to ask for. The caller holds mu.
func (g *Gate) want(t *connectors.Terms, now time.Time) ask {
	vain := 0
	if g.permits > 0 && now.After(g.until) {
		vain, g.lapsed, g.lapsedT, g.permits = g.permits, g.permits, g.until, 0
	}
	n := len(g.queue)
	a := ask{member: g.board.member, lease: g.lease(t), held: g.held, idle: g.held - g.running, waiting: n, inHand: g.permits}
	if t.Concurrency == 0 {
		a.held, a.idle = 0, 0
	}
	a.permits = max(0, n-g.permits)
	a.places = max(0, n-a.idle)
	if !g.shared() || n == 0 {
		return a
	}
	// Twice as many spare ones as last time where those were used within their time, fewer
	// where some lapsed: how many will come is not seen while they wait for the store.
	switch {
	case vain > 0:
		g.spare = max(0, g.spare-vain) / 2
	case now.Sub(g.drawnAt) <= a.lease:
		g.spare = min(max(1, 2*g.spare), mostSpare)
	default:
		g.spare /= 2
	}
	a.spare = g.spare
	return a
}

// update runs fn on the contract's document, after all that happened here since the last
// time. A place in release is given back with it.
func (g *Gate) update(ctx context.Context, release int, fn func(s *state, t *connectors.Terms, a ask) given) (given, error) {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return given{}, ctx.Err()
	}
	defer func() { <-g.turn }()
	begun := g.board.now()
	t := g.terms(begun)
	g.mu.Lock()
	// What a reduced pace or other terms leave too much is given back as it becomes idle.
	release = max(0, min(max(release, g.held-atOnce(t, g.view.pace)), g.held-g.running))
	g.held -= release
	a := g.want(t, begun)
	lapsed, lapsedT := g.lapsed, g.lapsedT
	g.mu.Unlock()

	var got given
	var seen view
	err := g.board.updateOf(ctx, g.name, g.alone, func(s *state) (tell bool) {
		a.now = g.board.now()
		s.adopt(t, a.now)
		if lapsed > 0 {
			s.giveBack(t, lapsedT, lapsed)
		}
		was, broken := s.Members[a.member], s.Broken
		got = fn(s, t, a)
		seen = s.look(a.member, a.now)
		is := s.Members[a.member]
		return is.Held < was.Held && seen.waiting || is.Waiting > 0 && was.Waiting == 0 || !s.Broken.Equal(broken)
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		g.held += release // nobody was told
		return given{}, err
	}
	now := g.board.now()
	g.slow = max(now.Sub(begun), g.slow-g.slow/8)
	g.beat, g.view = begun, seen
	g.lapsed -= lapsed
	g.held += got.places
	if got.permits > 0 {
		g.drawnAt = begun
		if g.permits == 0 || got.until.Before(g.until) {
			g.until = got.until
		}
		g.permits += got.permits
	}
	g.why = got.why
	return got, nil
}

// draw asks for what those who wait need.
func (g *Gate) draw(ctx context.Context) (given, error) {
	return g.update(ctx, 0, func(s *state, t *connectors.Terms, a ask) given { return s.take(t, a) })
}
