package quota

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
)

const (
	// ledgerKind is that of the books' documents: an hour of a contract each, by its name
	// and the hour in UTC.
	ledgerKind = "ledger"
	hourForm   = "2006010215"
	// keepHours is for how long they are kept.
	keepHours = 35 * 24 * time.Hour
	// swept is how many documents of one contract are removed at once.
	swept = 100
)

// How long answers took is counted in steps of a factor of the square root of two, from a
// millisecond to three minutes.
const (
	tookSteps = 36
	tookLeast = time.Millisecond
)

// Hour is what was called in an hour, by all members.
type Hour struct {
	Calls   int            `json:"calls,omitempty"`   // made
	Errors  int            `json:"errors,omitempty"`  // of these, not answered
	Refused int            `json:"refused,omitempty"` // not made
	Cached  int            `json:"cached,omitempty"`  // answered without a call
	Tokens  int            `json:"tokens,omitempty"`  // of a language model's calls
	Took    map[int]int    `json:"took,omitempty"`    // calls by step
	Minutes map[string]int `json:"minutes,omitempty"` // calls by minute
}

func (h *Hour) merge(o *Hour) {
	h.Calls += o.Calls
	h.Errors += o.Errors
	h.Refused += o.Refused
	h.Cached += o.Cached
	h.Tokens += o.Tokens
	for step, n := range o.Took {
		if h.Took == nil {
			h.Took = map[int]int{}
		}
		h.Took[step] += n
	}
	for minute, n := range o.Minutes {
		if h.Minutes == nil {
			h.Minutes = map[string]int{}
		}
		h.Minutes[minute] += n
	}
}

// Sum is what was called in a while.
type Sum struct {
	Hour
	Peak   int // calls in the busiest minute
	PeakAt time.Time
}

// P95 is the time within which 95 of 100 calls were answered, or a little more: at most
// 1.4 times that. It is 0 without calls.
func (s *Sum) P95() time.Duration {
	total := 0
	for _, n := range s.Took {
		total += n
	}
	if total == 0 {
		return 0
	}
	left := total - int(math.Ceil(0.95*float64(total)))
	for step := tookSteps; step >= 0; step-- {
		if left -= s.Took[step]; left < 0 {
			return time.Duration(float64(tookLeast) * math.Pow(math.Sqrt2, float64(step)))
		}
	}
	return tookLeast
}

// books are what is not written yet.
type books struct {
	mu     sync.Mutex
	hours  map[string]map[string]*Hour // by contract and hour; guarded by mu
	totals map[string]Counts           // of this process since it began; guarded by mu
}

// Counts are calls of one process since it began.
type Counts struct{ Calls, Errors, Refused, Cached int }

func newBooks() *books {
	return &books{hours: map[string]map[string]*Hour{}, totals: map[string]Counts{}}
}

// Note puts a call into the books of the contract called name.
func (b *Board) Note(name string, e connectors.Tally) {
	now := b.now().UTC()
	k := b.books
	k.mu.Lock()
	defer k.mu.Unlock()
	hours := k.hours[name]
	if hours == nil {
		hours = map[string]*Hour{}
		k.hours[name] = hours
	}
	h := hours[now.Format(hourForm)]
	if h == nil {
		h = &Hour{Took: map[int]int{}, Minutes: map[string]int{}}
		hours[now.Format(hourForm)] = h
	}
	total := k.totals[name]
	defer func() { k.totals[name] = total }()
	switch {
	case e.Cached:
		h.Cached++
		total.Cached++
		return
	case e.Refused:
		h.Refused++
		total.Refused++
		return
	case e.Failed:
		h.Errors++
		total.Errors++
	}
	h.Calls++
	h.Tokens += e.Tokens
	total.Calls++
	h.Minutes[strconv.Itoa(now.Minute())]++
	step := math.Ceil(2 * math.Log2(max(1, float64(e.Took)/float64(tookLeast))))
	h.Took[int(min(step, tookSteps))]++
}

func hourKey(name, hour string) string { return url.PathEscape(name) + "/" + hour }

// Flush writes the books. What cannot be written is kept for the next time.
func (b *Board) Flush(ctx context.Context) error {
	shared := b.store.Load()
	if shared == nil {
		return nil
	}
	b.books.mu.Lock()
	due := b.books.hours
	b.books.hours = map[string]map[string]*Hour{}
	b.books.mu.Unlock()
	if len(due) == 0 {
		return nil
	}
	oldest := b.now().UTC().Add(-keepHours).Format(hourForm)
	err := (*shared).Update(ctx, func(tx store.Tx) error {
		for name, hours := range due {
			for hour, h := range hours {
				if err := write(tx, hourKey(name, hour), h); err != nil {
					return err
				}
			}
			if err := sweep(tx, name, oldest); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.books.restore(due)
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

func write(tx store.Tx, key string, h *Hour) error {
	var sum Hour
	raw, err := tx.Get(ledgerKind, key)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(raw, &sum); err != nil {
			return fmt.Errorf("decode ledger %s: %w", key, err)
		}
	}
	sum.merge(h)
	if raw, err = json.Marshal(&sum); err != nil {
		return fmt.Errorf("encode ledger: %w", err)
	}
	return tx.Put(ledgerKind, key, raw)
}

// sweep removes some of what is too old.
func sweep(tx store.Tx, name, oldest string) error {
	prefix := hourKey(name, "")
	var old []string
	err := tx.Scan(ledgerKind, store.Range{Prefix: prefix}, func(key string, _ []byte) bool {
		if key >= prefix+oldest || len(old) == swept {
			return false
		}
		old = append(old, key)
		return true
	})
	for _, key := range old {
		err = errors.Join(err, tx.Delete(ledgerKind, key))
	}
	return err
}

func (k *books) restore(due map[string]map[string]*Hour) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, hours := range due {
		if k.hours[name] == nil {
			k.hours[name] = map[string]*Hour{}
		}
		for hour, h := range hours {
			if now := k.hours[name][hour]; now != nil {
				h.merge(now)
			}
			k.hours[name][hour] = h
		}
	}
}

// Span is a stretch of time, up to its end and without it.
type Span struct{ From, To time.Time }

// Sums are what was called under the contract called name in each of the spans, whose ends
// count as full hours. What is not written yet is in it, of this process.
func (b *Board) Sums(ctx context.Context, name string, spans []Span) ([]Sum, error) {
	out := make([]Sum, len(spans))
	if len(spans) == 0 {
		return out, nil
	}
	count := func(hour string, h *Hour) {
		at, err := time.Parse(hourForm, hour)
		if err != nil {
			return // not ours
		}
		for i, span := range spans {
			if !at.Before(span.From.UTC().Truncate(time.Hour)) && at.Before(span.To) {
				out[i].count(at, h)
			}
		}
	}
	hours := map[string]*Hour{}
	if shared := b.store.Load(); shared != nil {
		err := (*shared).View(ctx, func(tx store.ReadTx) error {
			hours = map[string]*Hour{}
			return readHours(tx, name, spans, hours)
		})
		if err != nil {
			return nil, fmt.Errorf("read ledger: %w", err)
		}
	}
	b.books.mu.Lock()
	for hour, h := range b.books.hours[name] {
		if hours[hour] == nil {
			hours[hour] = &Hour{}
		}
		hours[hour].merge(h)
	}
	b.books.mu.Unlock()
	for hour, h := range hours {
		count(hour, h)
	}
	return out, nil
}

func readHours(tx store.ReadTx, name string, spans []Span, into map[string]*Hour) error {
	prefix := hourKey(name, "")
	first := ""
	for i, span := range spans {
		if from := span.From.UTC().Format(hourForm); i == 0 || from < first {
			first = from
		}
	}
	var failed error
	// A key that is a digit shorter sorts before all of its hours.
	err := tx.Scan(ledgerKind, store.Range{Prefix: prefix, After: prefix + first[:len(first)-1]}, func(key string, value []byte) bool {
		h := &Hour{}
		if failed = json.Unmarshal(value, h); failed != nil {
			return false
		}
		into[key[len(prefix):]] = h
		return true
	})
	return errors.Join(err, failed)
}

func (s *Sum) count(at time.Time, h *Hour) {
	s.merge(h)
	for minute, n := range h.Minutes {
		m, err := strconv.Atoi(minute)
		if err == nil && n > s.Peak {
			s.Peak, s.PeakAt = n, at.Add(time.Duration(m)*time.Minute)
		}
	}
	s.Minutes = nil
}
