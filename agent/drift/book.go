package drift

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bapsang/bapsang/store"
)

// kind are the documents, by the analyst's name.
const kind = "drift"

// Topic is notified when what is lost of an analyst has changed.
const Topic = "drift"

// Book remembers what analysts rely on. Its methods may be called concurrently, and by
// several processes of one store.
type Book struct {
	store store.Store // nil remembers as long as the process lives

	mu    sync.Mutex
	alone map[string][]byte // without a store; guarded by mu
}

// NewBook returns the book of a store; nil remembers in this process only.
func NewBook(s store.Store) *Book { return &Book{store: s, alone: map[string][]byte{}} }

// Settle takes in a look, and returns what is remembered then. A look that is older than the
// one by which the record stands, as that of a process which reads its catalogue again in a
// minute, changes nothing.
func (b *Book) Settle(ctx context.Context, l Look) (rec *Record, err error) {
	if b.store == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		was, err := decode(b.alone[l.Analyst])
		if err != nil || was.stale(l) {
			return was, err
		}
		rec = was.settle(l)
		b.alone[l.Analyst], err = json.Marshal(rec)
		return rec, err
	}
	same := false
	err = b.store.View(ctx, func(tx store.ReadTx) error {
		was, err := Load(tx, l.Analyst)
		if err == nil {
			rec, same, err = step(was, l)
		}
		return err
	})
	if err != nil || same {
		return rec, err
	}
	err = b.store.Update(ctx, func(tx store.Tx) error {
		was, err := Load(tx, l.Analyst)
		if err == nil {
			rec, same, err = step(was, l)
		}
		if err != nil || same {
			return err
		}
		if !sameLosses(was, rec) {
			tx.Notify(Topic)
		}
		return save(tx, rec)
	})
	if err != nil {
		return nil, fmt.Errorf("remember tables of %s: %w", l.Analyst, err)
	}
	return rec, nil
}

// step is the record after a look, and whether there is nothing to write.
func step(was *Record, l Look) (rec *Record, same bool, err error) {
	if was.stale(l) {
		return was, true, nil
	}
	rec = was.settle(l)
	if was == nil {
		return rec, false, nil
	}
	a, b := *was, *rec
	a.Read, b.Read, a.Reads, b.Reads = time.Time{}, time.Time{}, nil, nil
	x, err := json.Marshal(a)
	if err != nil {
		return nil, false, fmt.Errorf("encode tables: %w", err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		return nil, false, fmt.Errorf("encode tables: %w", err)
	}
	return rec, bytes.Equal(x, y), nil
}

func sameLosses(a, b *Record) bool {
	if a == nil {
		return len(b.Losses) == 0
	}
	if len(a.Losses) != len(b.Losses) {
		return false
	}
	for i := range a.Losses {
		if a.Losses[i].ID != b.Losses[i].ID {
			return false
		}
	}
	return true
}

// Record is what is remembered of an analyst, nil for nothing.
func (b *Book) Record(ctx context.Context, analyst string) (rec *Record, err error) {
	if b.store == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		return decode(b.alone[analyst])
	}
	err = b.store.View(ctx, func(tx store.ReadTx) (err error) {
		rec, err = Load(tx, analyst)
		return err
	})
	return rec, err
}

// Accept takes the tables of an analyst as they are, and returns how many losses there were.
// What is lost is relied on no more. It returns store.ErrNotFound for an analyst of which
// nothing is remembered.
func (b *Book) Accept(ctx context.Context, analyst string) (n int, err error) {
	if b.store == nil {
		return 0, store.ErrNotFound
	}
	err = b.store.Update(ctx, func(tx store.Tx) error {
		rec, err := Load(tx, analyst)
		switch {
		case err != nil:
			return err
		case rec == nil:
			return store.ErrNotFound
		}
		if n = len(rec.Losses); n == 0 {
			return nil
		}
		rec.accept()
		tx.Notify(Topic)
		return save(tx, rec)
	})
	if err != nil {
		return 0, fmt.Errorf("accept tables of %s: %w", analyst, err)
	}
	return n, nil
}

// accept forgets what is lost.
func (r *Record) accept() {
	kept := r.Tables[:0]
	for _, t := range r.Tables {
		gone, columns := false, t.Columns[:0]
		for _, c := range t.Columns {
			lost := false
			for _, l := range r.Losses {
				gone = gone || l.Table == t.Name && l.Column == ""
				lost = lost || l.Table == t.Name && l.Column == c.Name
			}
			if !lost {
				columns = append(columns, c)
			}
		}
		if t.Columns = columns; !gone {
			kept = append(kept, t)
		}
	}
	r.Tables, r.Losses = kept, nil
}

// Load is what a transaction finds remembered of an analyst, nil for nothing.
func Load(tx store.ReadTx, analyst string) (*Record, error) {
	data, err := tx.Get(kind, analyst)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode(data)
}

func decode(data []byte) (*Record, error) {
	if data == nil {
		return nil, nil
	}
	rec := &Record{}
	if err := json.Unmarshal(data, rec); err != nil {
		return nil, fmt.Errorf("read tables relied on: %w", err)
	}
	return rec, nil
}

func save(tx store.Tx, rec *Record) error {
	data, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("encode tables: %w", err)
	}
	return tx.Put(kind, rec.Analyst, data)
}
