package teams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bapsang/bapsang/bot"
)

// Intake is what came in so far.
type Intake struct {
	Deliveries int64 // all that Teams sent and proved, repetitions included
	Events     int64 // what was handed to the handler
	Duplicates int64 // what had been handed over before
	Ignored    int64 // what is not for us: apps, noise, talk between others
	Failed     int64 // not acknowledged, so that Teams sends it again
	Refused    int64 // requests that nothing proves to be from Teams
	Strangers  int64 // requests of other tenants
}

// intake is the state of the door.
type intake struct {
	deliveries, events, duplicates, ignored, failed, refused, strangers atomic.Int64

	took prometheus.Histogram
	seen seen
	// life is done when Run has ended: nothing is begun after that but deliveries.
	life context.Context
	end  context.CancelFunc
	work work
}

func newIntake() *intake {
	in := &intake{took: prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "bapsang_teams_ack_seconds", Help: "How long deliveries took until they could be acknowledged, or were given up.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
	})}
	in.life, in.end = context.WithCancel(context.Background())
	return in
}

// stop ends what is done beside deliveries, and waits for it.
func (in *intake) stop() {
	in.end()
	in.work.stop()
}

// Intake returns what came in so far.
func (t *Teams) Intake() Intake {
	in := t.in
	return Intake{
		Deliveries: in.deliveries.Load(), Events: in.events.Load(), Duplicates: in.duplicates.Load(), Ignored: in.ignored.Load(),
		Failed: in.failed.Load(), Refused: in.refused.Load(), Strangers: in.strangers.Load(),
	}
}

// collectors are what operators see of the events that come in.
func (in *intake) collectors() []prometheus.Collector {
	counter := func(name, help string, n *atomic.Int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "bapsang_teams_" + name + "_total", Help: help}, func() float64 { return float64(n.Load()) })
	}
	return []prometheus.Collector{
		in.took,
		counter("deliveries", "What Teams sent, repetitions included.", &in.deliveries),
		counter("events", "Events that were taken.", &in.events),
		counter("duplicates", "Events that had been taken before.", &in.duplicates),
		counter("ignored", "Events that are not for us.", &in.ignored),
		counter("failed", "Deliveries that could not be taken.", &in.failed),
		counter("refused", "Requests that nothing proves to be from Teams.", &in.refused),
		counter("strangers", "Requests of other tenants.", &in.strangers),
	}
}

// hand gives an event to the handler.
func (t *Teams) hand(ctx context.Context, h bot.Handler, ev bot.Event) error {
	receipt, err := h.Handle(ctx, ev)
	switch {
	case err != nil:
		return fmt.Errorf("handle %s: %w", ev.Kind, err)
	case receipt.Duplicate:
		t.in.duplicates.Add(1)
	default:
		t.in.events.Add(1)
	}
	return nil
}

// maxAfter bounds what is done at once after acknowledgements. It is far above what a
// company does in a moment: it keeps a flood from taking our memory.
const maxAfter = 2048

// after does something that the acknowledgement does not wait for. It ends with Run at
// the latest.
func (t *Teams) after(name string, limit time.Duration, do func(ctx context.Context) error) {
	if !t.in.work.begin() {
		t.log.Warn("teams: too much at once, or stopping: left out", "what", name)
		return
	}
	go func() {
		defer t.in.work.done()
		ctx, cancel := context.WithTimeout(t.in.life, limit)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				t.log.ErrorContext(ctx, "teams: panic after a delivery", "what", name, "panic", p, "stack", string(debug.Stack()))
			}
		}()
		if err := do(ctx); err != nil && t.in.life.Err() == nil {
			level := slog.LevelWarn
			if busy, ok := errors.AsType[*bot.Error](err); ok && busy.Code == bot.CodeBusy {
				level = slog.LevelInfo // a crowd does that, and would fill the log with it
			}
			t.log.Log(ctx, level, "teams: "+name, "error", err)
		}
	}()
}

// work is what is being done. A sync.WaitGroup alone does not allow that work begins
// while somebody waits, which requests do.
type work struct {
	mu   sync.Mutex
	over bool
	n    int
	wg   sync.WaitGroup
}

// begin reports whether there is room for one more.
func (w *work) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over || w.n >= maxAfter {
		return false
	}
	w.n++
	w.wg.Add(1)
	return true
}

func (w *work) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n--
	w.wg.Done()
}

// stop lets nothing begin any more, and waits for what has.
func (w *work) stop() {
	w.mu.Lock()
	w.over = true
	w.mu.Unlock()
	w.wg.Wait()
}

// rememberIDs is how many ids are known to have been seen. Teams repeats a delivery within
// a minute.
const rememberIDs = 1 << 13

// seen remembers what the driver itself did, by ids. What the handler did it knows itself,
// durably.
type seen struct {
	mu   sync.Mutex
	ids  map[string]bool
	ring []string // ids, to forget in their order
	next int
}

// first tells whether an id comes for the first time.
func (s *seen) first(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids == nil {
		s.ids, s.ring = map[string]bool{}, make([]string, rememberIDs)
	}
	if s.ids[id] {
		return false
	}
	delete(s.ids, s.ring[s.next])
	s.ids[id], s.ring[s.next] = true, id
	s.next = (s.next + 1) % len(s.ring)
	return true
}
