package bolt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/kit"
)

// readTxn implements [store.ReadTx].
type readTxn struct {
	ctx    context.Context
	bolt   *bbolt.Tx // nil when the transaction is over
	writes int       // how often something was written, which displaces cursors
}

// get returns the value under key, not copied, or ErrNotFound.
func (t *readTxn) get(bucket, key []byte) ([]byte, error) {
	if t.bolt == nil {
		return nil, kit.ErrOver
	}
	var value []byte
	err := safely(func() (err error) {
		sealed := t.bolt.Bucket(bucket).Get(key)
		if sealed == nil {
			return store.ErrNotFound
		}
		value, err = unseal(key, sealed)
		return err
	})
	return value, err
}

// Get implements [store.ReadTx].
func (t *readTxn) Get(kind, key string) ([]byte, error) {
	name, err := docKey(kind, key)
	if err != nil {
		return nil, err
	}
	value, err := t.get(bucketDocs, name)
	if err != nil {
		return nil, fmt.Errorf("get %s %q: %w", kind, key, err)
	}
	return append([]byte{}, value...), nil
}

// docKey names a document. A kind has no zero byte, so kinds cannot overlap.
func docKey(kind, key string) ([]byte, error) {
	if err := kit.CheckName(kind, key); err != nil {
		return nil, err
	}
	return join(kind, key), nil
}

func join(kind, key string) []byte {
	name := make([]byte, 0, len(kind)+1+len(key))
	name = append(name, kind...)
	name = append(name, 0)
	return append(name, key...)
}

// Scan implements [store.ReadTx]. fn may write to the transaction.
func (t *readTxn) Scan(kind string, r store.Range, fn func(key string, value []byte) bool) error {
	if err := kit.CheckKind(kind); err != nil {
		return err
	}
	if t.bolt == nil {
		return kit.ErrOver
	}
	prefix := join(kind, r.Prefix)
	s := scan{tx: t, reverse: r.Reverse, cursor: t.bolt.Bucket(bucketDocs).Cursor()}
	bound, inclusive := prefix, true
	if r.Reverse {
		bound = successor(prefix)
	}
	if after := join(kind, r.After); r.After != "" && r.Reverse == (bytes.Compare(after, bound) < 0) {
		bound, inclusive = after, false
	}
	for n := 1; ; n++ {
		if n%256 == 0 && t.ctx.Err() != nil {
			return context.Cause(t.ctx)
		}
		name, value, err := s.next(bound, n == 1 && inclusive)
		if err != nil {
			return fmt.Errorf("scan %s: %w", kind, err)
		}
		if !bytes.HasPrefix(name, prefix) {
			return nil
		}
		bound = append([]byte{}, name...)
		if !fn(string(bound[len(kind)+1:]), append([]byte{}, value...)) {
			return nil
		}
	}
}

// successor is the smallest key greater than all that begin with prefix, which
// holds the zero byte after the kind and so is never all 0xff.
func successor(prefix []byte) []byte {
	next := append([]byte{}, prefix...)
	for i := len(next) - 1; ; i-- {
		next[i]++
		if next[i] != 0 {
			return next[:i+1]
		}
	}
}

// scan is a cursor that finds its place again after writes.
type scan struct {
	tx      *readTxn
	cursor  *bbolt.Cursor
	reverse bool
	placed  bool
	writes  int // of tx when the cursor was placed
}

// next returns what follows bound in the direction of the scan, with bound itself
// when inclusive, or a nil key.
func (s *scan) next(bound []byte, inclusive bool) (key, value []byte, err error) {
	if s.tx.bolt == nil {
		return nil, nil, kit.ErrOver
	}
	err = safely(func() (err error) {
		var sealed []byte
		if s.placed && s.writes == s.tx.writes {
			key, sealed = s.step()
		} else {
			key, sealed = s.seek(bound, inclusive)
		}
		s.placed, s.writes = true, s.tx.writes
		if key == nil {
			return nil
		}
		value, err = unseal(key, sealed)
		return err
	})
	return key, value, err
}

func (s *scan) step() (key, value []byte) {
	if s.reverse {
		return s.cursor.Prev()
	}
	return s.cursor.Next()
}

func (s *scan) seek(bound []byte, inclusive bool) (key, value []byte) {
	key, value = s.cursor.Seek(bound)
	switch {
	case s.reverse && key == nil:
		return s.cursor.Last()
	case s.reverse:
		return s.cursor.Prev()
	case !inclusive && bytes.Equal(key, bound):
		return s.cursor.Next()
	}
	return key, value
}

// txn implements [store.Tx]: one caller's part of a commit that others share. It
// remembers how to take back what it wrote, since bbolt can only take back all.
type txn struct {
	readTxn
	s      *Store
	now    time.Time
	undo   []func() error
	after  []func() // run when the commit is durable
	topics []string
}

func (t *txn) put(bucket, key, value []byte) error {
	return t.change(bucket, key, func(b *bbolt.Bucket) error { return b.Put(key, seal(key, value)) })
}

func (t *txn) delete(bucket, key []byte) error {
	return t.change(bucket, key, func(b *bbolt.Bucket) error { return b.Delete(key) })
}

func (t *txn) change(bucket, key []byte, write func(b *bbolt.Bucket) error) error {
	if t.bolt == nil {
		return kit.ErrOver
	}
	return safely(func() error {
		b := t.bolt.Bucket(bucket)
		old := bytes.Clone(b.Get(key))
		if err := write(b); err != nil {
			return err
		}
		t.writes++
		t.undo = append(t.undo, func() error {
			if old == nil {
				return b.Delete(key)
			}
			return b.Put(key, old)
		})
		return nil
	})
}

// rollBack takes back everything this transaction did.
func (t *txn) rollBack() error {
	for i := len(t.undo) - 1; i >= 0; i-- {
		if err := safely(t.undo[i]); err != nil {
			return err
		}
	}
	t.undo, t.after, t.topics = nil, nil, nil
	return nil
}

// Put implements [store.Tx].
func (t *txn) Put(kind, key string, value []byte) error {
	name, err := docKey(kind, key)
	if err != nil {
		return err
	}
	if err := t.put(bucketDocs, name, value); err != nil {
		return fmt.Errorf("put %s %.80q: %w", kind, key, err)
	}
	return nil
}

// Delete implements [store.Tx].
func (t *txn) Delete(kind, key string) error {
	name, err := docKey(kind, key)
	if err != nil {
		return err
	}
	if err := t.delete(bucketDocs, name); err != nil {
		return fmt.Errorf("delete %s %.80q: %w", kind, key, err)
	}
	return nil
}

// Notify implements [store.Tx].
func (t *txn) Notify(topic string) { t.topics = append(t.topics, topic) }

// job returns the record of an outstanding or ended job.
func (t *readTxn) job(id string) (*record, error) {
	value, err := t.get(bucketJobs, []byte(id))
	if errors.Is(err, store.ErrNotFound) {
		value, err = t.get(bucketEnded, []byte(id))
	}
	if err != nil {
		return nil, fmt.Errorf("job %.80q: %w", id, err)
	}
	return decodeRecord([]byte(id), value)
}

// putJob writes a job that is queued or running.
func (t *txn) putJob(id string, r *record) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode job: %w", err)
	}
	if err := t.put(bucketJobs, []byte(id), value); err != nil {
		return fmt.Errorf("write job: %w", err)
	}
	t.setEntry(id, r.entry(id))
	return nil
}

// endJob moves a job to those that ended.
func (t *txn) endJob(id string, r *record, state store.State) error {
	r.State, r.EndedAt, r.Token = state, t.now, ""
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode job: %w", err)
	}
	err = errors.Join(
		t.delete(bucketJobs, []byte(id)),
		t.put(bucketEnded, []byte(id), value),
		t.put(bucketExpiry, expiryKey(r.EndedAt, id), nil),
	)
	if err != nil {
		return fmt.Errorf("end job: %w", err)
	}
	t.setEntry(id, nil)
	return nil
}

func (t *txn) setEntry(id string, e *entry) {
	t.s.mu.Lock()
	old := t.s.index.set(id, e)
	t.s.mu.Unlock()
	t.undo = append(t.undo, func() error {
		t.s.mu.Lock()
		defer t.s.mu.Unlock()
		t.s.index.set(id, old)
		return nil
	})
}
