package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bapsang/bapsang/store"
)

const (
	cleanEvery = 10 * time.Minute

	// cleanBatch bounds how long a commit of maintenance keeps others waiting.
	cleanBatch = 200
)

// maintain removes ended jobs until the store closes.
func (s *Store) maintain() {
	defer close(s.janitorDone)
	ticker := time.NewTicker(cleanEvery)
	defer ticker.Stop()
	for {
		if err := s.clean(); err != nil {
			s.opts.Logger.Error("remove ended jobs", "error", err)
		}
		select {
		case <-ticker.C:
		case <-s.closing:
			return
		}
	}
}

// clean removes the jobs that ended longer than KeepEnded ago.
func (s *Store) clean() error {
	for more := true; more && !s.closed(); {
		err := s.update(context.Background(), func(tx *txn) (err error) {
			more, err = tx.cleanSome(expiryKey(tx.now.Add(-s.opts.KeepEnded), ""))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cleanSome removes up to cleanBatch jobs whose expiry key is before limit.
func (t *txn) cleanSome(limit []byte) (more bool, err error) {
	var expired [][]byte
	err = safely(func() error {
		c := t.bolt.Bucket(bucketExpiry).Cursor()
		for key, _ := c.First(); key != nil && bytes.Compare(key, limit) < 0 && len(expired) < cleanBatch; key, _ = c.Next() {
			expired = append(expired, bytes.Clone(key))
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	for _, key := range expired {
		if err := t.removeEnded(key); err != nil {
			return false, err
		}
	}
	return len(expired) == cleanBatch, nil
}

func (t *txn) removeEnded(expiry []byte) error {
	id := expiry[8:]
	r, err := t.job(string(id))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err == nil && r.Unique != "" {
		if err := t.delete(bucketUnique, []byte(r.Unique)); err != nil {
			return fmt.Errorf("free unique key: %w", err)
		}
	}
	return errors.Join(t.delete(bucketEnded, id), t.delete(bucketExpiry, expiry))
}
