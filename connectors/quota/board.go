// Package quota keeps what was agreed with the owners of upstreams about being called, for
// all processes that share a store: rates over several windows, calls at once, a pace that
// gives way to signs of distress, a breaker, an operator's switch, and the books of what was
// called. It knows nothing of what is called.
//
// Each contract is one document. A process is a member of it: it draws places and permits
// for the calls it is about to make, several with one update where several wait, and uses
// them without asking. A member that is not heard of for 15 s has no places any more, and
// one that cannot reach the store for 12 s gives them up by itself, with the calls that have
// them. Times are compared among members' clocks, which must agree to a second or so.
//
// What a process has a copy of its own of (Terms.Alone) is counted by it alone, and called
// whether the store answers or not; operators' switches and the books are everybody's.
//
// When the store does not answer, other calls are made with what was drawn before, and no others:
// who cannot know what others send would send too much.
package quota

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
)

// kind is that of contracts' documents, by their name; topic wakes those who share one.
const (
	kind  = "quota"
	topic = "quota"
)

const (
	// beatEvery is how often a member with places says that it is there.
	beatEvery = 4 * time.Second
	// lookEvery is how often documents are read where nothing was told.
	lookEvery = time.Second
	// linger is how long a place is kept that nobody uses.
	linger = time.Second
	// flushEvery is how often the books are written.
	flushEvery = 10 * time.Second
)

// Options say how a board works. The zero value is ready for use.
type Options struct {
	// Member tells this process from others; a random one when empty.
	Member string
	Logger *slog.Logger
}

// Board is all contracts of one process. Without a store it counts for this process alone.
type Board struct {
	opts   Options
	member string
	books  *books
	store  atomic.Pointer[store.Store] // nil until Share

	mu     sync.Mutex
	gates  map[string]*Gate  // guarded by mu
	states map[string]*state // without a store; guarded by mu

	end   context.CancelFunc // of what Share began
	owned sync.WaitGroup
}

// New returns a board for this process alone.
func New(opts Options) *Board {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.Member = cmp.Or(opts.Member, strconv.FormatUint(rand.Uint64(), 36))
	return &Board{opts: opts, member: opts.Member, books: newBooks(), gates: map[string]*Gate{}, states: map[string]*state{}}
}

// Share makes the board share its contracts with all whose boards have the same store,
// until Close. It is called once, before any call passes a gate.
func (b *Board) Share(s store.Store) error {
	if !b.store.CompareAndSwap(nil, &s) {
		return errors.New("the board is shared already")
	}
	ctx, end := context.WithCancel(context.Background())
	b.end = end
	if err := b.look(ctx); err != nil {
		end()
		return err
	}
	told := s.Listen(ctx, topic)
	b.owned.Go(func() { b.watch(ctx, told) })
	return nil
}

// Close gives up what the board holds and writes its books. It is called when no call
// passes a gate any more, and before the store is closed.
func (b *Board) Close() error {
	if !b.shared() || b.end == nil {
		return nil
	}
	b.end()
	b.owned.Wait()
	b.end = nil
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	for _, g := range b.all() {
		if g.shared() && g.stake() {
			_, err := g.update(ctx, g.idle(), func(s *state, _ *connectors.Terms, a ask) given {
				delete(s.Members, a.member)
				return given{}
			})
			if err != nil {
				return errors.Join(err, b.Flush(ctx))
			}
		}
	}
	return b.Flush(ctx)
}

// now is the machine's clock, whatever "today" a run was given: upstreams count by it.
func (b *Board) now() time.Time { return time.Now() }

func (b *Board) shared() bool { return b.store.Load() != nil }

// Gate is the gate of the contract called name, whose terms at a time terms returns. All
// who ask for one name have one gate, with the terms of who asked first.
func (b *Board) Gate(name string, terms func(now time.Time) *connectors.Terms) connectors.Gate {
	b.mu.Lock()
	defer b.mu.Unlock()
	g, ok := b.gates[name]
	if !ok {
		g = &Gate{board: b, name: name, terms: terms, alone: terms(b.now()).Alone, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), calls: map[*Pass]struct{}{}, retries: firstRetries}
		b.gates[name] = g
	}
	return g
}

// alone reports whether this process counts a contract for itself.
func (b *Board) alone(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	g := b.gates[name]
	return g != nil && g.alone
}

func (b *Board) all() []*Gate {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]*Gate, 0, len(b.gates))
	for _, g := range b.gates {
		out = append(out, g)
	}
	slices.SortFunc(out, func(x, y *Gate) int { return cmp.Compare(x.name, y.name) })
	return out
}

// own is the state of a contract that this process counts for itself. The caller holds mu.
func (b *Board) own(name string) *state {
	s := b.states[name]
	if s == nil {
		s = &state{}
		b.states[name] = s
	}
	return s
}

// update changes a contract's document, atomically among all who share it. fn may run more
// than once; it reports whether others should look.
func (b *Board) update(ctx context.Context, name string, fn func(*state) (tell bool)) error {
	return b.updateOf(ctx, name, false, fn)
}

// updateOf is update, or changes what this process counts for itself where it is alone.
func (b *Board) updateOf(ctx context.Context, name string, alone bool, fn func(*state) (tell bool)) error {
	shared := b.store.Load()
	if shared == nil || alone {
		b.mu.Lock()
		defer b.mu.Unlock()
		s := b.own(name)
		s.Rev++
		fn(s)
		return nil
	}
	err := (*shared).Update(ctx, func(tx store.Tx) error {
		s, err := read(tx, name)
		if err != nil {
			return err
		}
		s.Rev++
		tell := fn(s)
		raw, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		if tell {
			tx.Notify(topic)
		}
		return tx.Put(kind, name, raw)
	})
	if err != nil {
		return fmt.Errorf("update quota %s: %w", name, err)
	}
	return nil
}

func read(tx store.ReadTx, name string) (*state, error) {
	s := &state{}
	raw, err := tx.Get(kind, name)
	if errors.Is(err, store.ErrNotFound) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("decode quota %s: %w", name, err)
	}
	return s, nil
}

// watch looks after what is shared while nobody calls.
func (b *Board) watch(ctx context.Context, told <-chan struct{}) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	flushed := b.now()
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-told:
			if !open {
				told = nil
			}
		case <-every.C:
		}
		if err := b.look(ctx); err != nil && ctx.Err() == nil {
			b.opts.Logger.Warn("quota: the store does not answer", "error", err)
		}
		for _, g := range b.all() {
			if g.shared() {
				g.keep(ctx)
			}
		}
		if now := b.now(); now.Sub(flushed) >= flushEvery {
			flushed = now
			if err := b.Flush(ctx); err != nil && ctx.Err() == nil {
				b.opts.Logger.Warn("quota: the books are not written", "error", err)
			}
		}
	}
}

// look reads what others wrote.
func (b *Board) look(ctx context.Context) error {
	shared := b.store.Load()
	if shared == nil {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	gates := b.all()
	return (*shared).View(bounded, func(tx store.ReadTx) error {
		for _, g := range gates {
			s, err := read(tx, g.name)
			if err != nil {
				return err
			}
			if g.alone {
				s = b.switched(g.name, s.Switches)
			}
			g.see(s.look(b.member, b.now()))
		}
		return nil
	})
}

// switched is a copy of what this process counts of a contract for itself, with what
// operators said to all.
func (b *Board) switched(name string, acts []Switch) *state {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.own(name)
	s.Switches = acts
	return &state{Rev: s.Rev, Pace: s.Pace, Paused: s.Paused, Broken: s.Broken, Fails: s.Fails, Members: maps.Clone(s.Members), Switches: acts}
}

// see notes what others wrote, and wakes whom it concerns.
func (g *Gate) see(v view) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v.rev < g.view.rev { // read before the last update
		return
	}
	g.view = v
	if r := g.refusal(g.board.now()); r != nil {
		g.refuseAll(func(*waiter) *connectors.Refusal { return r })
	}
	if g.why == connectors.WhyBusy {
		g.poke()
	}
}

// keep says that this member is there where it holds something, and gives back what
// nobody uses.
func (g *Gate) keep(ctx context.Context) {
	now := g.board.now()
	g.mu.Lock()
	silent := now.Sub(g.beat)
	if g.held > 0 && silent >= expires {
		for p := range g.calls {
			if p.lost != nil {
				p.lost(connectors.ErrPlaceLost)
			}
		}
	}
	idle := g.held - g.running
	release := 0
	if idle > 0 && len(g.queue) == 0 && (g.view.waiting || now.Sub(g.idleAt) >= linger) {
		release = idle
	}
	beat := g.held > 0 && silent >= beatEvery
	g.mu.Unlock()
	if release == 0 && !beat {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	_, err := g.update(bounded, release, func(s *state, _ *connectors.Terms, a ask) given {
		s.present(a, 0)
		return given{}
	})
	if err != nil && ctx.Err() == nil {
		g.board.opts.Logger.Warn("quota: places were not given back", "upstream", g.name, "error", err)
	}
}

// stake reports whether others know of this member.
func (g *Gate) stake() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.beat.IsZero()
}

func (g *Gate) idle() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(0, g.held-g.running)
}

// Flip notes an operator's act: the upstream is off for all members from the moment they
// hear of it, or on again.
func (b *Board) Flip(ctx context.Context, name string, w Switch) error {
	var seen view
	err := b.update(ctx, name, func(s *state) bool {
		s.flip(w)
		seen = s.look(b.member, b.now())
		return true
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	g := b.gates[name]
	b.mu.Unlock()
	switch {
	case g == nil:
	case g.alone:
		return b.look(ctx)
	default:
		g.see(seen)
	}
	return nil
}

// Off is the act by which the upstream called name is turned off now, as far as was heard;
// nil while it is on. It is for who counts by other means.
func (b *Board) Off(name string) *connectors.Refusal {
	b.mu.Lock()
	g := b.gates[name]
	b.mu.Unlock()
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.off(b.now())
}

// Status is how a contract stands.
type Status struct {
	Name     string
	Off      *Switch  // nil while it is on
	Switches []Switch // an operator's last acts, oldest first
	Pace     float64  // share of the agreed rates that is used; less in distress
	Broken   time.Time
	Paused   time.Time
	Members  int // processes that have called lately
	Running  int // places held, by all; 0 where any number may call
}

// StatusOf tells how contracts stand, in the order of names.
func (b *Board) StatusOf(ctx context.Context, names []string) ([]Status, error) {
	var out []Status
	note := func(name string, s *state) {
		now := b.now()
		v := s.look("", now)
		out = append(out, Status{
			Name: name, Off: v.off, Switches: slices.Clone(s.Switches), Pace: cmp.Or(v.pace, 1), Broken: v.broken, Paused: v.paused, Members: v.live, Running: v.held,
		})
	}
	shared := b.store.Load()
	if shared == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, name := range names {
			note(name, cmp.Or(b.states[name], &state{}))
		}
		return out, nil
	}
	err := (*shared).View(ctx, func(tx store.ReadTx) error {
		out = nil
		for _, name := range names {
			s, err := read(tx, name)
			if err != nil {
				return err
			}
			if b.alone(name) {
				s = b.switched(name, s.Switches)
			}
			note(name, s)
		}
		return nil
	})
	return out, err
}

// Gauge is a contract as this process sees it, for metrics.
type Gauge struct {
	Name    string
	Waiting int // calls of this process
	Counts
}

// Gauges are the contracts of this process, in the order of names. Nothing is read for them.
func (b *Board) Gauges() []Gauge {
	var out []Gauge
	for _, g := range b.all() {
		g.mu.Lock()
		out = append(out, Gauge{Name: g.name, Waiting: len(g.queue)})
		g.mu.Unlock()
	}
	b.books.mu.Lock()
	defer b.books.mu.Unlock()
	for i := range out {
		out[i].Counts = b.books.totals[out[i].Name]
	}
	return out
}
