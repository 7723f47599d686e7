package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/bapsang/bapsang/store"
)

// Check reads the store's file at path through and reports what is wrong with it: as
// [Open] does, but without changing anything. Nobody may have it open for writing.
func Check(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Size() == 0 { // which bbolt would make a new store of
		err = fmt.Errorf("%w: it is empty", store.ErrCorrupt)
	}
	if err != nil {
		return fmt.Errorf("check store %s: %w", path, err)
	}
	db, err := openFile(ctx, path, len(migrations()), true)
	if err != nil {
		return fmt.Errorf("check store %s: %w", path, err)
	}
	return db.Close()
}

// openFile opens and locks the file and reads it through. bbolt panics, or touches
// memory that is not there, when pages are damaged; both become ErrCorrupt here.
func openFile(ctx context.Context, path string, newest int, readOnly bool) (db *bbolt.DB, err error) {
	var file *os.File // bbolt's, to let go of the lock when it panics
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", store.ErrCorrupt, p)
		}
		if err == nil {
			return
		}
		if db != nil {
			_ = db.Close()
		} else if file != nil {
			unlock(file)
			_ = file.Close()
		}
		db = nil
	}()
	_, statErr := os.Stat(path)
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         1, // try the lock once; 0 would wait for ever
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: mapSize(),
		NoStatistics:    true,
		ReadOnly:        readOnly,
		PreLoadFreelist: true, // also where only reading, for checkPages
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			f, err := os.OpenFile(name, flag, mode)
			file = f
			return f, err
		},
	})
	if err != nil {
		return nil, known(err)
	}
	if !readOnly && errors.Is(statErr, fs.ErrNotExist) {
		if err := syncDir(filepath.Dir(path)); err != nil {
			return db, known(err)
		}
	}
	return db, verify(ctx, db, file, newest)
}

// mapSize reserves address space, so that a growing file need not wait for open
// snapshots in order to be mapped again. On Windows it would grow the file itself.
func mapSize() int {
	if strconv.IntSize < 64 || runtime.GOOS == "windows" {
		return 0
	}
	return 1 << 30
}

// syncDir makes the name of a new file as durable as its content.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	return d.Sync()
}

// verify reads every page and the checksum of every value. bbolt's own check comes
// last: it runs on a goroutine of its own, where a bad page number would end the
// process, so it may see only trees that were walked before, keys of inner pages
// included, and it counts through each page's length, so that a damaged one would keep
// it busy until memory ends. A file of a newer layout than newest is not judged.
func verify(ctx context.Context, db *bbolt.DB, file io.ReaderAt, newest int) error {
	tx, err := db.Begin(false)
	if err != nil {
		return known(err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := checkVersion(tx, newest); err != nil {
		return err
	}
	err = tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		return walk(ctx, string(name), b)
	})
	if err != nil {
		return err
	}
	if err := checkPages(tx); err != nil {
		return err
	}
	if err := checkInner(tx, innerPages{file: file, pageSize: db.Info().PageSize, end: tx.Size()}); err != nil {
		return err
	}
	var first error
	for err := range tx.Check() {
		if first == nil {
			first = fmt.Errorf("%w: %w", store.ErrCorrupt, err)
		}
	}
	return first
}

// checkPages goes from page to page by the length that each tells: a page in use may
// be followed by others that continue it, a free one is alone. None may reach beyond
// the last.
func checkPages(tx *bbolt.Tx) error {
	for id := 0; ; {
		page, err := tx.Page(id)
		if err != nil {
			return known(err)
		}
		if page == nil { // behind the last
			return nil
		}
		if page.Type == "free" {
			id++
			continue
		}
		end := id + page.OverflowCount
		if last, err := tx.Page(end); err != nil || last == nil {
			return errors.Join(fmt.Errorf("%w: page %d is said to end at %d", store.ErrCorrupt, id, end), err)
		}
		id = end + 1
	}
}

// innerPages reads the pages of a file that lead to others.
type innerPages struct {
	file     io.ReaderAt
	pageSize int
	end      int64 // of the file's pages
}

// A page begins with its number, what it is for, how many elements it has and how many
// pages continue it. An element of an inner one says how far from itself its key is, how
// long that is, and which page it leads to.
const (
	pageHead    = 16
	elementHead = 16
	innerPage   = 0x01
	maxDepth    = 64
)

// checkInner goes through the inner pages of every bucket.
func checkInner(tx *bbolt.Tx, pages innerPages) error {
	if err := pages.check(uint64(tx.Cursor().Bucket().Root()), 0); err != nil {
		return err
	}
	return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
		if b.Root() == 0 { // it lies within a page of its parent
			return nil
		}
		return pages.check(uint64(b.Root()), 0)
	})
}

// check sees that the keys of a page and of those below it lie within these. A walk
// follows the numbers of pages and reads no such key.
func (p innerPages) check(id uint64, depth int) error {
	corrupt := func(err error) error {
		return errors.Join(fmt.Errorf("%w: page %d leads nowhere", store.ErrCorrupt, id), err)
	}
	at := int64(id) * int64(p.pageSize)
	if depth > maxDepth || id > uint64(p.end)/uint64(p.pageSize) {
		return corrupt(nil)
	}
	head := make([]byte, pageHead)
	if _, err := p.file.ReadAt(head, at); err != nil {
		return corrupt(err)
	}
	if binary.NativeEndian.Uint16(head[8:])&innerPage == 0 {
		return nil
	}
	count, more := int(binary.NativeEndian.Uint16(head[10:])), int64(binary.NativeEndian.Uint32(head[12:]))
	size := (1 + more) * int64(p.pageSize)
	if at+size > p.end || pageHead+int64(count)*elementHead > size {
		return corrupt(nil)
	}
	page := make([]byte, size)
	if _, err := p.file.ReadAt(page, at); err != nil {
		return corrupt(err)
	}
	for i := range count {
		e := page[pageHead+i*elementHead:]
		from, length := binary.NativeEndian.Uint32(e), binary.NativeEndian.Uint32(e[4:])
		if int64(from)+int64(length) > int64(len(e)) {
			return corrupt(nil)
		}
		if err := p.check(binary.NativeEndian.Uint64(e[8:]), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func walk(ctx context.Context, name string, b *bbolt.Bucket) error {
	var last []byte
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if last != nil && bytes.Compare(last, k) >= 0 {
			return fmt.Errorf("%w: keys of %s out of order", store.ErrCorrupt, name)
		}
		last = k
		if _, err := unseal(k, v); err != nil {
			return fmt.Errorf("%s %q: %w", name, k, err)
		}
	}
	return nil
}

// known puts errors of the system and of bbolt into the words of the contract.
func known(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, berrors.ErrTimeout):
		return store.ErrLocked
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return store.ErrClosed
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	case isFull(err):
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	if strings.HasPrefix(err.Error(), "file size too small") {
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	return err
}

// isFull also looks at the text: where bbolt grows the file it formats the cause
// away.
func isFull(err error) bool {
	for _, full := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, full) || strings.Contains(err.Error(), full.Error()) {
			return true
		}
	}
	return false
}

// safely turns a panic of bbolt over a damaged page into ErrCorrupt. It is put
// around single steps, never around a caller's function, whose panics are its own.
func safely(step func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", store.ErrCorrupt, p)
		}
	}()
	return step()
}
