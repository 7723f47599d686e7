package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bapsang/bapsang/bot/outbox"
	"github.com/bapsang/bapsang/store"
)

// kindRate are the budgets of platforms, by name.
const kindRate = "rate"

// Rates counts the calls of all processes in the store. It costs a transaction a call: a
// platform lets a workspace have a few calls a second. Dividing the rates by the number of
// processes would cost nothing, and would leave most of them unused: those who ask in one
// channel are answered by whichever process is free, and a message a second in a channel is
// little to divide by five.
type Rates struct {
	store  store.Store
	prefix string
	now    func() time.Time
}

var _ outbox.Shared = (*Rates)(nil)

// NewRates returns the budgets of an app, which prefix tells from others. A nil now means
// time.Now.
func NewRates(s store.Store, prefix string, now func() time.Time) *Rates {
	if now == nil {
		now = time.Now
	}
	return &Rates{store: s, prefix: prefix, now: now}
}

// spent is a budget in use. Times are in Unix milliseconds.
type spent struct {
	Calls []int64 `json:"calls"` // oldest first
	Rest  int64   `json:"rest,omitempty"`
}

// margin is how much longer than a budget's time a call counts: it was counted before it
// reached the platform, and the clocks of processes differ a little.
func margin(per time.Duration) time.Duration { return min(per/8, 2*time.Second) }

// Take implements outbox.Shared. Budgets of one name are of the same calls within several
// times.
func (r *Rates) Take(ctx context.Context, budgets []outbox.Budget) (wait time.Duration, used []int, err error) {
	err = r.store.Update(ctx, func(tx store.Tx) error {
		wait, used = 0, make([]int, len(budgets))
		now := r.now().UnixMilli()
		all := map[string]*spent{}
		for i, b := range budgets {
			s, err := r.once(tx, all, b.Name)
			if err != nil {
				return err
			}
			var until int64
			used[i], until = s.within(b, now)
			wait = max(wait, time.Duration(until-now)*time.Millisecond)
		}
		if wait > 0 {
			return nil
		}
		for name, s := range all {
			s.Calls = s.Calls[s.old(budgets, name, now):]
			s.Calls = slices.Insert(s.Calls, s.since(now), now) // clocks differ a little
			if err := r.save(tx, name, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("count calls of all: %w", err)
	}
	return wait, used, nil
}

// once loads the calls of a name unless they are loaded.
func (r *Rates) once(tx store.ReadTx, loaded map[string]*spent, name string) (s *spent, err error) {
	if s = loaded[name]; s != nil {
		return s, nil
	}
	s, err = r.load(tx, name)
	loaded[name] = s
	return s, err
}

// within is how many calls a budget counts, and when the next may be made.
func (s *spent) within(b outbox.Budget, now int64) (used int, until int64) {
	per := (b.Per + margin(b.Per)).Milliseconds()
	counts := s.Calls[s.since(now-per):]
	until = s.Rest
	if over := len(counts) - b.Calls; over >= 0 {
		until = max(until, counts[over]+per)
	}
	return len(counts), until
}

// since is the first call after a moment.
func (s *spent) since(at int64) int {
	i, _ := slices.BinarySearch(s.Calls, at+1)
	return i
}

// old is how many calls no budget of a name counts any more.
func (s *spent) old(budgets []outbox.Budget, name string, now int64) int {
	longest := time.Duration(0)
	for _, b := range budgets {
		if b.Name == name {
			longest = max(longest, b.Per+margin(b.Per))
		}
	}
	return s.since(now - longest.Milliseconds())
}

// Rest implements outbox.Shared.
func (r *Rates) Rest(ctx context.Context, name string, pause time.Duration) error {
	err := r.store.Update(ctx, func(tx store.Tx) error {
		s, err := r.load(tx, name)
		if err != nil {
			return err
		}
		s.Rest = max(s.Rest, r.now().Add(pause).UnixMilli())
		return r.save(tx, name, s)
	})
	if err != nil {
		return fmt.Errorf("have all rest: %w", err)
	}
	return nil
}

func (r *Rates) load(tx store.ReadTx, name string) (*spent, error) {
	data, err := tx.Get(kindRate, r.prefix+name)
	if errors.Is(err, store.ErrNotFound) {
		return &spent{}, nil
	}
	if err != nil {
		return nil, err
	}
	s := &spent{}
	_ = json.Unmarshal(data, s) // what cannot be read is begun anew
	return s, nil
}

func (r *Rates) save(tx store.Tx, name string, s *spent) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode budget: %w", err)
	}
	return tx.Put(kindRate, r.prefix+name, data)
}
