package bolt

import (
	"context"

	"go.etcd.io/bbolt"
)

// Migration is a migration that tests add to those of the program.
type Migration = func(tx *bbolt.Tx) error

// OpenWith opens a store as a version of the program would that has more
// migrations than this one.
func OpenWith(ctx context.Context, dir string, more ...Migration) (*Store, error) {
	steps := migrations()
	for _, m := range more {
		steps = append(steps, m)
	}
	return open(ctx, dir, Options{}, steps)
}

// Seal makes a value as the file holds it.
func Seal(key, value []byte) []byte { return seal(key, value) }

// Unseal is what Seal undoes.
func Unseal(key, sealed []byte) ([]byte, error) { return unseal(key, sealed) }
