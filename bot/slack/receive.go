package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/bapsang/bapsang/bot"
)

// ackWithin is how long a delivery may be worked on. Slack waits 3 s for its
// acknowledgement; what is left is the network's.
const ackWithin = 2500 * time.Millisecond

// limits are how long what Slack waits for may take. Tests that are not about time have
// more of it.
type limits struct {
	ack  time.Duration // ackWithin
	read time.Duration // readWithin
	view time.Duration // viewWithin
}

// maxAfter bounds what is done at once after acknowledgements. It is far above what a
// company does in a moment: it keeps a flood from taking our memory.
const maxAfter = 2048

// The kinds of deliveries, by Slack's names in Socket Mode.
const (
	kindEvents   = "events_api"
	kindInteract = "interactive"
	kindCommand  = "slash_commands"
)

// errUnreadable is a delivery that no repetition makes better.
var errUnreadable = errors.New("unreadable delivery")

// take handles one delivery and returns what its acknowledgement carries, if anything.
// It returns within ackWithin, whatever the handler does: work that outlives it is
// finished, and found done when Slack repeats the delivery.
func (s *Slack) take(ctx context.Context, h bot.Handler, kind string, payload []byte) (reply any, err error) {
	s.in.deliveries.Add(1)
	began := time.Now()
	defer func() { s.in.took.Observe(time.Since(began).Seconds()) }()
	// What was received whole is taken even when Slack has hung up since.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.ack)
	type outcome struct {
		reply any
		err   error
	}
	done := make(chan outcome, 1)
	s.in.work.begin()
	go func() {
		defer s.in.work.end()
		defer cancel()
		var o outcome
		o.reply, o.err = s.takeSafely(ctx, h, kind, payload)
		done <- o
	}()
	select {
	case o := <-done:
		reply, err = o.reply, o.err
	case <-ctx.Done():
		select { // both may be ready
		case o := <-done:
			reply, err = o.reply, o.err
		default:
			err = ctx.Err()
		}
	}
	switch {
	case errors.Is(err, errUnreadable):
		s.in.unreadable.Add(1)
		s.log.WarnContext(ctx, "slack: a delivery cannot be read", "kind", kind, "bytes", len(payload), "error", err)
	case err != nil:
		s.in.failed.Add(1)
		s.log.ErrorContext(ctx, "slack: a delivery was not taken, it comes again", "kind", kind, "error", err)
	}
	return reply, err
}

// takeSafely makes an error of a panic: one delivery that we cannot take must not cost
// the others.
func (s *Slack) takeSafely(ctx context.Context, h bot.Handler, kind string, payload []byte) (reply any, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.ErrorContext(ctx, "slack: panic in a delivery", "kind", kind, "panic", p, "stack", string(debug.Stack()))
			reply, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	switch kind {
	case kindEvents:
		return nil, s.takeEvent(ctx, h, payload)
	case kindInteract:
		return s.takeInteraction(ctx, h, payload)
	case kindCommand:
		return s.takeCommand(ctx, h, payload)
	}
	return nil, fmt.Errorf("%w: kind %q", errUnreadable, kind)
}

// hand gives an event to the handler, once.
func (s *Slack) hand(ctx context.Context, h bot.Handler, ev bot.Event) error {
	var receipt bot.Receipt
	repeated, err := s.in.once.do(ctx, ev.ID, func() (err error) {
		receipt, err = h.Handle(ctx, ev)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("handle %s: %w", ev.Kind, err)
	case repeated || receipt.Duplicate:
		s.in.duplicates.Add(1)
	default:
		s.in.events.Add(1)
	}
	return nil
}

// shared is a context for what several wait for: it does not end with the first of them,
// but with Run.
func (in *intake) shared(ctx context.Context, limit time.Duration) (_ context.Context, done func()) {
	in.work.begin()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	stop := context.AfterFunc(in.life, cancel)
	return ctx, func() {
		stop()
		cancel()
		in.work.end()
	}
}

// after does something that the acknowledgement does not wait for. It ends with Run at
// the latest.
func (s *Slack) after(name string, limit time.Duration, do func(ctx context.Context) error) {
	if s.in.life.Err() != nil {
		return
	}
	if s.in.work.begin() > maxAfter {
		s.in.work.end()
		s.log.Warn("slack: too much at once, left out", "what", name)
		return
	}
	go func() {
		defer s.in.work.end()
		ctx, cancel := context.WithTimeout(s.in.life, limit)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				s.log.ErrorContext(ctx, "slack: panic after a delivery", "what", name, "panic", p, "stack", string(debug.Stack()))
			}
		}()
		if err := do(ctx); err != nil && s.in.life.Err() == nil {
			level := slog.LevelWarn
			if busy, ok := errors.AsType[*bot.Error](err); ok && busy.Code == bot.CodeBusy {
				level = slog.LevelInfo // a crowd does that, and would fill the log with it
			}
			s.log.Log(ctx, level, "slack: "+name, "error", err)
		}
	}()
}

// decode reads JSON as far as it goes: a field of another type than we know, as Slack
// may bring any day, costs that field and not the event.
func decode(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if _, other := errors.AsType[*json.UnmarshalTypeError](err); other {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return nil
}

// work counts what is being done. A sync.WaitGroup does not allow that work begins
// while somebody waits, which requests do.
type work struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n becomes 0; nil while nobody waits
}

// begin returns how many there are now.
func (w *work) begin() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	return w.n
}

func (w *work) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n--; w.n == 0 && w.idle != nil {
		close(w.idle)
		w.idle = nil
	}
}

// wait returns when nothing is being done.
func (w *work) wait() {
	w.mu.Lock()
	if w.n == 0 {
		w.mu.Unlock()
		return
	}
	if w.idle == nil {
		w.idle = make(chan struct{})
	}
	idle := w.idle
	w.mu.Unlock()
	<-idle
}

// rememberIDs is how many events are known to be done. Slack repeats a delivery after
// seconds, a minute and five; it is the handler that knows older ones.
const rememberIDs = 1 << 14

// once does things once by their id, as long as it remembers. A mention comes as two
// events, and every event up to four times: most of that ends here, without a look at
// the disk.
type once struct {
	mu   sync.Mutex
	done map[string]*turn
	ring []string // ids in done, to forget in their order
	next int
}

// turn is something that is done or being done.
type turn struct {
	over chan struct{} // closed when err is set
	err  error
}

func newOnce(size int) *once {
	return &once{done: map[string]*turn{}, ring: make([]string, size)}
}

// do calls fn unless it succeeded for id before. Whoever comes while it is being called
// waits and gets the same error.
func (o *once) do(ctx context.Context, id string, fn func() error) (repeated bool, err error) {
	o.mu.Lock()
	if t, known := o.done[id]; known {
		o.mu.Unlock()
		select {
		case <-t.over:
			return true, t.err
		case <-ctx.Done():
			return true, ctx.Err()
		}
	}
	t := &turn{over: make(chan struct{}), err: errors.New("did not return")}
	o.done[id] = t
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		close(t.over)
		if t.err != nil {
			delete(o.done, id) // the next delivery tries again
			return
		}
		delete(o.done, o.ring[o.next])
		o.ring[o.next] = id
		o.next = (o.next + 1) % len(o.ring)
	}()
	t.err = fn()
	return false, t.err
}
