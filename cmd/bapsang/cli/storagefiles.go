package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bapsang/bapsang/agent/analyst"
	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/blob"
)

// withFiles is a store in a file together with the files that people dropped, which lie
// beside it on the disk: as the documents that a store has which several processes share.
type withFiles struct {
	store.Exporter
	dir string // the data directory
	now time.Time

	threads, files int
	left           []string // threads whose files are too large for a database, or gone
}

// Export implements store.Exporter.
func (w *withFiles) Export(ctx context.Context, doc func(kind, key string, value []byte) error, job func(store.StoredJob) error) error {
	if err := w.Exporter.Export(ctx, doc, job); err != nil {
		return err
	}
	threads, err := analyst.OnDisk(filepath.Join(w.dir, "threads"))
	if err != nil {
		return fmt.Errorf("read threads' files: %w", err)
	}
	kept := blob.NewExport(w.now, doc)
	for _, name := range threads.Names() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := w.thread(kept, name, threads[name], doc); err != nil {
			return fmt.Errorf("move files of %s: %w", name, err)
		}
	}
	return nil
}

// thread hands out the files of a thread, all or none.
func (w *withFiles) thread(kept *blob.Export, name string, paths []string, doc func(kind, key string, value []byte) error) error {
	files := make([]analyst.Kept, len(paths))
	paths = slices.Clone(paths)
	for i, path := range paths {
		paths[i] = w.find(path)
		info, err := os.Stat(paths[i])
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() > maxShared {
			w.left = append(w.left, name)
			return nil
		}
		if err != nil {
			return err
		}
		files[i] = analyst.Kept{Name: filepath.Base(path), Changed: info.ModTime().UTC().Truncate(time.Microsecond)}
	}
	for i, path := range paths {
		var err error
		if files[i].Content, err = kept.File(path); err != nil {
			return err
		}
	}
	data, err := json.Marshal(files)
	if err != nil {
		return err
	}
	w.threads, w.files = w.threads+1, w.files+len(files)
	return doc(kindShelf, name, data)
}

// find is where a dropped file is, also in a data directory that was moved since.
func (w *withFiles) find(path string) string {
	if _, err := os.Stat(path); err == nil {
		return path
	}
	const uploads = string(filepath.Separator) + "uploads" + string(filepath.Separator)
	if i := strings.LastIndex(path, uploads); i >= 0 {
		return filepath.Join(w.dir, path[i:])
	}
	return path
}

// told says what became of the files; "" when there were none.
func (w *withFiles) told() string {
	var out string
	if w.threads > 0 {
		out = fmt.Sprintf("with them %d files that people dropped into %d threads\n", w.files, w.threads)
	}
	if n := len(w.left); n > 0 {
		out += fmt.Sprintf("left the files of %d threads, which are gone or larger than %d MiB; whoever goes on there is asked to drop them again: %s\n", n, maxShared>>20, strings.Join(w.left, ", "))
	}
	return out
}
