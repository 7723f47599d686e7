package book

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/bapsang/bapsang/agent/calendar"
	"github.com/bapsang/bapsang/store"
)

// snapshot is the calendar after a number of changes.
type snapshot struct {
	at       uint64
	seq      uint64 // the latest record then
	calendar *calendar.Calendar
	problems []Problem
}

// Problem is a confirmed item that the calendar does not take any more: the rules of a
// newer version have an event of its name, say.
type Problem struct {
	Item Item
	Err  error
}

// Calendar returns the calendar with everything that is confirmed. It does not change;
// ask anew for a newer one. The same is returned until something changes.
func (b *Book) Calendar(ctx context.Context) (*calendar.Calendar, error) {
	s, err := b.current(ctx)
	if err != nil {
		return nil, err
	}
	return s.calendar, nil
}

// Problems returns the confirmed items that are not in the calendar, and why.
func (b *Book) Problems(ctx context.Context) ([]Problem, error) {
	s, err := b.current(ctx)
	if err != nil {
		return nil, err
	}
	return slices.Clone(s.problems), nil
}

func (b *Book) current(ctx context.Context) (*snapshot, error) {
	if s := b.snapshot.Load(); s != nil && s.at == b.changes.Load() {
		return s, nil
	}
	b.building.Lock()
	defer b.building.Unlock()
	// What is read is at least as new as the count taken before.
	at := b.changes.Load()
	if s := b.snapshot.Load(); s != nil && s.at == at {
		return s, nil
	}
	old := b.snapshot.Load()
	var items []*Item
	var seq uint64
	err := b.store.View(ctx, func(tx store.ReadTx) (err error) {
		if seq, err = lastRecord(tx); err != nil || old != nil && old.seq == seq {
			return err
		}
		items, err = readItems(tx, func(it *Item) bool { return it.State == Confirmed }, Confirmed)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read confirmed dates: %w", err)
	}
	if old != nil && old.seq == seq {
		// It was told of a change that it had seen.
		s := *old
		s.at = at
		b.snapshot.Store(&s)
		return &s, nil
	}
	s := b.build(items)
	s.at, s.seq = at, seq
	b.snapshot.Store(s)
	return s, nil
}

// build lays the confirmed items over the rules; one that does not fit costs only
// itself.
func (b *Book) build(items []*Item) *snapshot {
	s := &snapshot{calendar: b.opts.Base}
	if c, err := s.calendar.With(extra(items)); err == nil {
		s.calendar = c
		return s
	}
	for _, it := range items {
		c, err := s.calendar.With(extra([]*Item{it}))
		if err != nil {
			s.problems = append(s.problems, Problem{*it, err})
			b.opts.Logger.Warn("a confirmed date does not fit the calendar", "item", it.ID, "event", it.Proposal.Event, "error", err)
			continue
		}
		s.calendar = c
	}
	return s
}

// extra gives the rows of confirmed items. Of an event described by several of them, the
// latest description holds.
func extra(items []*Item) calendar.Extra {
	var x calendar.Extra
	described := map[string]int{}
	for _, it := range items {
		x.Editions = append(x.Editions, it.row())
		e := it.Proposal.New
		if e == nil {
			continue
		}
		if at, ok := described[e.ID]; ok {
			x.Events[at] = e.event()
			continue
		}
		described[e.ID] = len(x.Events)
		x.Events = append(x.Events, e.event())
	}
	return x
}

var errNoTrail = errors.New("it has no records")

// stateOf reads the state of an item as it is kept, without the rest of it: of a hundred
// items of the past, one is asked for. No text within an item can hold the key, as its
// quotation marks would have backslashes.
func stateOf(text []byte) State {
	_, rest, _ := bytes.Cut(text, []byte(`"State":`))
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(rest, " "), []byte(`"`))
	state, _, ended := bytes.Cut(rest, []byte(`"`))
	if !ok || !ended {
		return ""
	}
	return State(state)
}

// readItems returns the items in one of the states, any where there are none, that pass, in
// the order in which they were suggested.
func readItems(tx store.ReadTx, pass func(*Item) bool, states ...State) (items []*Item, err error) {
	var bad error
	err = tx.Scan(kindItem, store.Range{}, func(key string, text []byte) bool {
		if s := stateOf(text); s != "" && len(states) > 0 && !slices.Contains(states, s) {
			return true
		}
		it := &Item{}
		if bad = json.Unmarshal(text, it); bad == nil && len(it.Trail) == 0 {
			bad = errNoTrail
		}
		if bad != nil {
			bad = fmt.Errorf("read item %s: %w", key, bad)
			return false
		}
		if pass(it) {
			items = append(items, it)
		}
		return true
	})
	slices.SortFunc(items, func(a, b *Item) int { return cmp.Compare(a.Trail[0], b.Trail[0]) })
	return items, errors.Join(err, bad)
}
