package bolt

import (
	"bytes"
	"context"
	"fmt"

	"github.com/bapsang/bapsang/store"
)

// Export implements [store.Exporter].
func (s *Store) Export(ctx context.Context, doc func(kind, key string, value []byte) error, job func(store.StoredJob) error) error {
	return s.view(ctx, func(tx *readTxn) error {
		err := tx.each(bucketDocs, func(name, value []byte) error {
			kind, key, _ := bytes.Cut(name, []byte{0})
			return doc(string(kind), string(key), bytes.Clone(value))
		})
		if err != nil {
			return fmt.Errorf("export documents: %w", err)
		}
		for _, bucket := range [][]byte{bucketEnded, bucketJobs} {
			err := tx.each(bucket, func(id, value []byte) error {
				r, err := decodeRecord(id, value)
				if err != nil {
					return err
				}
				return job(store.StoredJob{Job: r.job(string(id)), Unique: r.Unique})
			})
			if err != nil {
				return fmt.Errorf("export jobs: %w", err)
			}
		}
		return nil
	})
}

// each calls fn for everything in a bucket, in order.
func (t *readTxn) each(bucket []byte, fn func(key, value []byte) error) error {
	c := t.bolt.Bucket(bucket).Cursor()
	key, sealed := c.First()
	for ; key != nil; key, sealed = c.Next() {
		if t.ctx.Err() != nil {
			return context.Cause(t.ctx)
		}
		value, err := unseal(key, sealed)
		if err != nil {
			return err
		}
		if err := fn(key, value); err != nil {
			return err
		}
	}
	return nil
}
