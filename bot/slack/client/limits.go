package client

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

var errNoBudget = errors.New("held back for what matters more")

// budget is so many calls in any stretch of time that long.
type budget struct {
	calls int
	per   time.Duration
}

// The tiers of https://docs.slack.dev/apis/web-api/rate-limits: "1+ per minute" and so
// on. The plus is Slack's to give; nothing here counts on it.
const minute = time.Minute

var (
	tier2 = budget{20, minute}
	tier3 = budget{50, minute}
	tier4 = budget{100, minute}
)

// budgetOf is what the page of each method says under "rate limits"
// (https://docs.slack.dev/reference/methods).
func budgetOf(method string) budget {
	switch method {
	case "chat.startStream", "chat.stopStream", "users.list", "conversations.list":
		return tier2
	case "chat.update", "chat.delete", "conversations.open", "conversations.replies", "conversations.history", "conversations.info",
		"agents.sessions.setStatus", "agents.sessions.rename", "reactions.add", "reactions.remove", "users.lookupByEmail",
		"bots.info", "team.info", "chat.getPermalink", "apps.connections.open":
		return tier3
	case "chat.appendStream", "chat.postEphemeral", "files.info", "files.getUploadURLExternal", "files.completeUploadExternal",
		"users.info", "views.open", "views.update", "views.push", "views.publish", "conversations.members":
		return tier4
	case "chat.postMessage":
		// "Special": one a second in a channel, see perChannel, and "several hundred a
		// minute" in the workspace.
		return budget{200, minute}
	case "auth.test":
		return budget{200, minute} // "special": hundreds a minute
	case "assistant.threads.setStatus", "assistant.threads.setTitle", "assistant.threads.setSuggestedPrompts":
		return tier3 // "special", and the number is not published
	case "files.upload", "files.download":
		return budget{200, minute} // no method: the requests to files.slack.com, which has no published rate
	}
	return tier2
}

// perChannel is the budget of a method in one channel. Slack allows a message a second
// and "short bursts" over it; four in four seconds is never more than that.
func perChannel(method string) (budget, bool) {
	return budget{4, 4 * time.Second}, method == "chat.postMessage"
}

// margin is added to each stretch of time, for calls that leave in time may arrive
// closer together.
const margin = 1.03

// limits are the budgets of all methods.
type limits struct {
	rate float64

	mu    sync.Mutex
	gates map[string]*gate
}

func newLimits(rate float64) *limits { return &limits{rate: rate, gates: map[string]*gate{}} }

// maxGates is how many gates are kept before those at rest are forgotten.
const maxGates = 4096

// gatesOf are the gates that a call of m passes, the narrowest first.
func (l *limits) gatesOf(m Method) []*gate {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*gate
	if b, ok := perChannel(m.Name); ok && m.Channel != "" {
		out = append(out, l.gate(m.Name+" "+m.Channel, b))
	}
	return append(out, l.gate(m.Name, budgetOf(m.Name)))
}

// gate returns the gate of a name. l.mu is held.
func (l *limits) gate(name string, b budget) *gate {
	if g := l.gates[name]; g != nil {
		return g
	}
	if len(l.gates) >= maxGates {
		now := time.Now()
		maps.DeleteFunc(l.gates, func(_ string, g *gate) bool { return g.atRest(now) })
	}
	b.per = time.Duration(float64(b.per) * margin / l.rate)
	g := &gate{budget: b, turn: semaphore.NewWeighted(1), stretch: 1}
	l.gates[name] = g
	return g
}

// wait takes a call from each of m's budgets, in the order of the callers.
func (l *limits) wait(ctx context.Context, m Method) error {
	for _, g := range l.gatesOf(m) {
		if err := g.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// again waits for the end of a pause, and goes before those who came later.
func (l *limits) again(ctx context.Context, m Method) error {
	return l.gatesOf(m)[0].again(ctx)
}

// try takes a call when that leaves something of each budget.
func (l *limits) try(m Method) bool {
	gates := l.gatesOf(m)
	for _, g := range gates {
		if g.room(time.Now()) <= 0 {
			return false
		}
	}
	for _, g := range gates {
		if !g.try() {
			return false
		}
	}
	return true
}

func (l *limits) room(m Method) int {
	room := math.MaxInt
	for _, g := range l.gatesOf(m) {
		room = min(room, g.room(time.Now()))
	}
	return room
}

// refused tells that Slack refused m for its rate. Of a method that is limited by
// channel it is the channel that rests: the others are mostly not to blame.
func (l *limits) refused(m Method, pause time.Duration) {
	l.gatesOf(m)[0].refused(time.Now(), pause)
}

func (l *limits) succeeded(m Method) {
	for _, g := range l.gatesOf(m) {
		g.succeeded()
	}
}

func (l *limits) pausedNow() map[string]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	out, now := map[string]time.Time{}, time.Now()
	for name, g := range l.gates {
		if until := g.pausedUntil(); until.After(now) {
			out[name] = until
		}
	}
	return out
}

// gate is a budget in use. It remembers when its last calls were let through: unlike a
// bucket of tokens that never lets through more, it does so at the earliest moment that
// the budget allows.
type gate struct {
	budget
	turn *semaphore.Weighted // held by the first of those who wait; it serves in order

	mu      sync.Mutex
	waiting int         // how many want to pass and may not yet
	passed  []time.Time // the last calls, oldest first, at most budget.calls
	paused  time.Time   // until when Slack told us to wait
	stretch float64     // how many times as slow as the budget, since Slack found us too fast
}

// How much slower a refusal makes a gate, at most, and how much faster a success.
const (
	slower     = 1.5
	maxStretch = 8
	faster     = 0.97
)

// delay is how long until another call may pass. g.mu is held.
func (g *gate) delay(now time.Time) time.Duration {
	d := g.paused.Sub(now)
	if len(g.passed) == g.calls {
		d = max(d, g.passed[0].Add(g.window()).Sub(now))
	}
	return d
}

func (g *gate) window() time.Duration { return time.Duration(float64(g.per) * g.stretch) }

// pass notes a call. g.mu is held.
func (g *gate) pass(now time.Time) {
	if len(g.passed) == g.calls {
		g.passed = slices.Delete(g.passed, 0, 1)
	}
	g.passed = append(g.passed, now)
}

func (g *gate) wait(ctx context.Context) error {
	g.waits(1)
	defer g.waits(-1)
	if err := g.turn.Acquire(ctx, 1); err != nil {
		return err
	}
	defer g.turn.Release(1)
	for {
		g.mu.Lock()
		now := time.Now()
		d := g.delay(now)
		if d <= 0 {
			g.pass(now)
			g.mu.Unlock()
			return nil
		}
		g.mu.Unlock()
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
}

func (g *gate) waits(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting += n
}

// again waits like wait, but not behind those who wait: its call was before theirs, and
// their pause is one call longer.
func (g *gate) again(ctx context.Context) error {
	for {
		g.mu.Lock()
		now := time.Now()
		d := g.paused.Add(-g.beat()).Sub(now)
		if d <= 0 {
			g.pass(now)
			g.mu.Unlock()
			return nil
		}
		g.mu.Unlock()
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
}

// beat is the time between two calls at the gate's present rate.
func (g *gate) beat() time.Duration { return g.window() / time.Duration(g.calls) }

func (g *gate) try() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.roomLocked(now) <= 0 {
		return false
	}
	g.pass(now)
	return true
}

// room is how many calls could pass now, less a fifth of the budget that is kept for
// those that cannot be left out; none while anybody waits.
func (g *gate) room(now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.roomLocked(now)
}

func (g *gate) roomLocked(now time.Time) int {
	if g.paused.After(now) || g.waiting > 0 {
		return 0
	}
	begin := now.Add(-g.window())
	used := 0
	for _, t := range g.passed {
		if t.After(begin) {
			used++
		}
	}
	return g.calls - g.calls/5 - used
}

func (g *gate) refused(now time.Time, pause time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stretch = min(g.stretch*slower, maxStretch)
	if until := now.Add(pause + g.beat()); until.After(g.paused) {
		g.paused = until
	}
}

func (g *gate) succeeded() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stretch = max(g.stretch*faster, 1)
}

func (g *gate) pausedUntil() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paused
}

// atRest reports whether a new gate would be no different.
func (g *gate) atRest(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	last := len(g.passed) - 1
	return g.waiting == 0 && !g.paused.After(now) && g.stretch == 1 && (last < 0 || now.Sub(g.passed[last]) > g.per)
}
