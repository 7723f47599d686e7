package bolt

import (
	"errors"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"

	"github.com/bapsang/bapsang/store"
)

// The buckets of the file. Every value is sealed (see seal).
var (
	bucketMeta   = []byte("meta")   // "schema" → version in decimal
	bucketDocs   = []byte("docs")   // kind 0x00 key → document
	bucketJobs   = []byte("jobs")   // job id → record of a queued or running job
	bucketEnded  = []byte("ended")  // job id → record of an ended job
	bucketExpiry = []byte("expiry") // end in ns, big endian, and job id → nothing
	bucketUnique = []byte("unique") // unique key → job id
)

var keySchema = []byte("schema")

// migration brings a file from the version before it to the next. Its position in
// the list, counted from one, is the version it leads to; a migration that was
// released is never changed.
type migration func(tx *bbolt.Tx) error

func migrations() []migration {
	return []migration{createBuckets}
}

func createBuckets(tx *bbolt.Tx) error {
	for _, name := range [][]byte{bucketDocs, bucketJobs, bucketEnded, bucketExpiry, bucketUnique} {
		if _, err := tx.CreateBucket(name); err != nil {
			return fmt.Errorf("create bucket %s: %w", name, err)
		}
	}
	return nil
}

// migrate runs the steps that the file has not seen, all in one transaction: a
// process that dies on the way leaves the file as it was.
func migrate(db *bbolt.DB, steps []migration) error {
	tx, err := db.Begin(true)
	if err != nil {
		return known(err)
	}
	defer func() { _ = tx.Rollback() }()
	version, err := schemaVersion(tx)
	if err != nil {
		return err
	}
	if version == len(steps) {
		return nil
	}
	for i := version; i < len(steps); i++ {
		if err := steps[i](tx); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", i+1, known(err))
		}
	}
	meta, err := tx.CreateBucketIfNotExists(bucketMeta)
	if err != nil {
		return err
	}
	if err := meta.Put(keySchema, seal(keySchema, []byte(strconv.Itoa(len(steps))))); err != nil {
		return err
	}
	return known(tx.Commit())
}

func checkVersion(tx *bbolt.Tx, newest int) error {
	version, err := schemaVersion(tx)
	if err == nil && version > newest {
		err = fmt.Errorf("%w: schema %d, this version knows %d", store.ErrNewer, version, newest)
	}
	return err
}

// schemaVersion is 0 for a file without any bucket: a new one, or one whose
// process died between creating and filling it.
func schemaVersion(tx *bbolt.Tx) (int, error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		if name, _ := tx.Cursor().First(); name != nil {
			return 0, fmt.Errorf("%w: not a store of this program", store.ErrCorrupt)
		}
		return 0, nil
	}
	text, err := unseal(keySchema, meta.Get(keySchema))
	if err != nil {
		return 0, err
	}
	version, err := strconv.Atoi(string(text))
	if err != nil || version < 1 {
		return 0, errors.Join(store.ErrCorrupt, err)
	}
	return version, nil
}
