package llm

import (
	"maps"
	"math"
	"time"

	"github.com/sony/gobreaker/v2"
)

// announce tells those who wait how long it takes, and ends waits that are in vain.
func (p *Pool) announce() {
	every := time.NewTimer(tick)
	defer every.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-p.tell:
		}
		for again := true; again; {
			every.Reset(tick)
			select {
			case <-p.ctx.Done():
				return
			case <-every.C:
			}
			again = p.tellAll(time.Now())
		}
	}
}

// tellAll looks at every ticket and reports whether any waits that has to be looked at
// again.
func (p *Pool) tellAll(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := p.downSince(now)
	if !since.IsZero() && now.Sub(since) >= p.opts.Patience {
		for _, t := range p.queue.order() {
			p.refuse(t, errDown())
		}
		return false
	}
	if off := p.allOff(); off != nil {
		for _, t := range p.queue.order() {
			p.refuse(t, off)
		}
		return false
	}
	if p.queue.watched == 0 && !p.impatient() {
		return (!since.IsZero() || p.opts.Board != nil) && p.queue.waiting > 0
	}
	f := p.forecast(now)
	begun := 0
	for i, t := range p.queue.order() {
		w := f.wait(t, i, begun)
		if t.class == classBegun {
			begun++
		}
		switch {
		case t.class != classBegun && w.For > unnoticed && p.impatient():
			p.refuse(t, errTooLong(w))
		case !t.deadline.IsZero() && now.Add(f.least(w)).After(t.deadline):
			code := CodeExhausted
			if !since.IsZero() {
				code = CodeUnavailable
			}
			p.refuse(t, &Error{Code: code, Message: "its turn would come after the deadline, in about " + w.For.Round(time.Second).String()})
			continue
		case t.listens && changed(t, w):
			t.told, t.tell = w, true
			select { // the latest counts
			case <-t.waits:
			default:
			}
			t.waits <- w
		}
	}
	return p.queue.waiting > 0
}

// refuse ends a ticket's wait. The caller holds p.mu.
func (p *Pool) refuse(t *ticket, err *Error) {
	if p.queue.remove(t) {
		t.granted <- grant{err: err}
	}
}

// changed reports whether w is news to who waits: another tenth of the wait, or who
// is next.
func changed(t *ticket, w Wait) bool {
	if !t.tell || (w.Ahead == 0) != (t.told.Ahead == 0) {
		return true
	}
	return (w.For - t.told.For).Abs() >= max(tick, t.told.For/10)
}

// forecast is what waits depend on.
type forecast struct {
	first    time.Duration // until the next call
	apart    float64       // seconds from one call to the next, whoever makes it
	each     float64       // calls that a question takes
	followUp float64       // calls that will come from those now running
	peers    []poolState   // pools of other processes, which take turns with this one
	// The first calls may come sooner: that many, at that share of the distance.
	saved, savedApart float64
}

// forecast looks at all backends. The caller holds p.mu.
func (p *Pool) forecast(now time.Time) forecast {
	f := forecast{each: p.callsEach()}
	var first time.Time
	perSecond := 0.0
	peers := map[string]poolState{}
	for _, b := range p.backends {
		if p.off(b) != nil {
			continue
		}
		at := p.prospect(b, now)
		if b.breaker.State() == gobreaker.StateOpen {
			at = later(at, b.openUntil)
		} else {
			perSecond += p.speed(b)
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		v := b.budget.seen()
		maps.Copy(peers, v.peers) // of several budgets, each pool says the same
		if v.saved > f.saved {
			f.saved, f.savedApart = v.saved, v.savedApart
		}
	}
	for _, peer := range peers {
		if peer.ahead() > 0 && now.Sub(peer.At) <= poolGone {
			f.peers = append(f.peers, peer)
		}
	}
	if !first.IsZero() {
		f.first = max(0, first.Sub(now))
	}
	if perSecond > 0 {
		f.apart = 1 / perSecond
	}
	f.followUp = p.followUp()
	return f
}

// callsEach is how many calls a question takes lately. The caller holds p.mu.
func (p *Pool) callsEach() float64 { return min(max(p.calls/max(p.fresh, 1), 1), 10) }

// followUp is how many calls will come from those now running: they are, on average,
// half-way through their questions. The caller holds p.mu.
func (p *Pool) followUp() float64 {
	running := 0
	for _, b := range p.backends {
		running += b.running
	}
	return float64(running) * (p.callsEach() - 1) / 2
}

// work is how many calls will be made for people until all who wait now are through, and
// none when nobody waits. The caller holds p.mu.
func (p *Pool) work() float64 {
	fresh, begun := p.queue.byClass[classFresh], p.queue.byClass[classBegun]
	if fresh+begun == 0 {
		return 0
	}
	return toFinish(fresh, begun, p.callsEach()) + p.followUp()
}

// toFinish is how many calls it takes to finish questions, not only to begin them. Those
// that are begun are, on average, half-way.
func toFinish(fresh, begun int, each float64) float64 {
	return float64(fresh)*each + float64(begun)*max(1, each/2)
}

// speed is how many calls a second a backend makes while calls wait, infinite without
// limits. The caller holds p.mu.
func (p *Pool) speed(b *backend) float64 {
	v := b.budget.seen()
	speed := math.Inf(1)
	if v.spacing > 0 {
		speed = 1 / v.spacing.Seconds()
	}
	if b.TokensPerMinute > 0 && b.tokens.set {
		speed = min(speed, float64(b.TokensPerMinute)/60/max(b.tokens.value, 1))
	}
	speed /= float64(b.budget.sharers(p))
	if limit := b.budget.now().concurrency; limit > 0 && b.took.set {
		speed = min(speed, float64(limit)/max(b.took.value, 0.001))
	}
	return speed
}

// sharers is how many backends of a pool share a budget.
func (b *budget) sharers(p *Pool) int {
	n := 0
	for _, c := range p.backends {
		if c.budget == b {
			n++
		}
	}
	return max(n, 1)
}

// wait is a ticket's wait with ahead others before it, some of them of questions that are
// begun.
func (f forecast) wait(t *ticket, ahead, begun int) Wait {
	calls := float64(ahead)
	switch t.class {
	case classFresh, classBackground:
		calls = toFinish(ahead-begun, begun, f.each) + f.followUp
	}
	return Wait{Ahead: ahead, For: f.after(calls)}
}

// after is when so many calls of this pool are made. Its peers make as many meanwhile, as
// long as they have any to make.
func (f forecast) after(calls float64) time.Duration {
	all := calls
	for _, peer := range f.peers {
		all += min(calls, peer.ahead())
	}
	return f.first + seconds(f.distance(all))
}

// distance is how many seconds so many calls take.
func (f forecast) distance(calls float64) float64 {
	soon := min(calls, f.saved)
	return (soon*f.savedApart + calls - soon) * f.apart
}

// least is the shortest that a wait may turn out to be: others give up, and a
// question may take fewer calls than most.
func (f forecast) least(w Wait) time.Duration {
	return f.first + seconds(f.distance(0.7*float64(w.Ahead)))
}

func seconds(s float64) time.Duration {
	if s > math.MaxInt64/2e9 {
		return math.MaxInt64 / 2
	}
	return time.Duration(s * float64(time.Second))
}

// downSince is since when no backend answers, zero while one does. The caller holds
// p.mu.
func (p *Pool) downSince(now time.Time) time.Time {
	var latest time.Time
	for _, b := range p.backends {
		// One that may be tried again is not given up.
		failed := b.breaker.State() == gobreaker.StateOpen || now.Sub(b.storeAt) < storeRetry
		if b.downSince.IsZero() || !failed {
			return time.Time{}
		}
		latest = later(latest, b.downSince)
	}
	return latest
}
