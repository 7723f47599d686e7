package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/bot/desk"
	"github.com/bapsang/bapsang/connectors"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/blob"
)

// Dropped files lie on the disk of the process that took them, which is where all that
// ask about them look, while there is one. Several share no disk: there the store has the
// files, in pieces, and what a process asked about it has a copy of. One process keeps none
// of that, for it would pay twice for every file.

// maxShared bounds a dropped file that goes into the store, in bytes: it passes through a
// database that has other things to do.
const maxShared = 128 << 20

// keepUnused is how long a file is kept in the store that nobody asks about, and
// sweepEvery how often that is looked at.
const (
	keepUnused = 90 * 24 * time.Hour
	sweepEvery = 6 * time.Hour
)

// openShelf makes the shelf of dropped files.
func (a *App) openShelf() {
	dir := filepath.Join(a.opts.DataDir, "threads")
	open := func(ctx context.Context, name string, paths []string, into string) (connectors.Source, error) {
		return openFiles(ctx, name, paths, into, a.opts.Now(), a.opts.Logger)
	}
	if a.opts.Shared {
		a.blobs = blob.New(a.store, a.opts.Now)
		a.shelf = analyst.NewSharedShelf(dir, open, analyst.Common{Manifests: manifests{a.store}, Contents: a.blobs})
	} else {
		a.shelf = analyst.NewShelf(dir, open)
	}
	if together := a.opts.Together; together != nil {
		a.shelf.SeatBeside(func(files *agent.Analyst) { together.SeatFiles(files, a.opts.Analysts) })
	}
}

// seatShelf has the desk put dropped files there.
func (a *App) seatShelf(cfg *desk.Config) {
	cfg.Shelf, cfg.UploadDir = a.shelf, filepath.Join(a.opts.DataDir, "uploads")
	cfg.MaxUpload = a.maxUpload()
	if a.blobs != nil {
		cfg.Vault = a.blobs
	}
}

// maxUpload bounds a dropped file, in bytes; 0 is what a desk takes by itself.
func (a *App) maxUpload() int64 {
	if a.opts.Shared {
		return maxShared
	}
	return 0
}

// sweepFiles removes from the store what nobody asks about any more, until ctx ends.
func (a *App) sweepFiles(ctx context.Context) {
	for again := time.NewTicker(sweepEvery); ; {
		if _, err := a.blobs.Sweep(ctx, a.opts.Now().Add(-keepUnused)); err != nil && ctx.Err() == nil {
			a.opts.Logger.WarnContext(ctx, "unused files are not removed", "error", err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return
		}
	}
}

// kindShelf are the files of threads, by the names of their analysts.
const kindShelf = "shelf"

// manifests keeps in the store which files a thread has.
type manifests struct{ store store.Store }

// Manifest implements analyst.Manifests.
func (m manifests) Manifest(ctx context.Context, name string) (files []analyst.Kept, err error) {
	var data []byte
	err = m.store.View(ctx, func(tx store.ReadTx) (err error) {
		data, err = tx.Get(kindShelf, name)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, fs.ErrNotExist
	}
	if err == nil {
		err = json.Unmarshal(data, &files)
	}
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return files, nil
}

// Remember implements analyst.Manifests.
func (m manifests) Remember(ctx context.Context, name string, files []analyst.Kept) error {
	data, err := json.Marshal(files)
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	return m.store.Update(ctx, func(tx store.Tx) error { return tx.Put(kindShelf, name, data) })
}
