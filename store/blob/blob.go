// Package blob keeps files in a store, for processes that share no disk: in pieces, by
// their content, so that the same file dropped twice is there once.
//
// A head says of a content where its pieces are. What is being written or removed is noted
// before, so that what a crash leaves is found and removed, and pieces of a content
// that is removed and put again at the same time are never mixed: each time has keys of
// its own.
package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/bapsang/bapsang/store"
)

// The kinds of documents.
const (
	kindHead  = "blob"       // by content: head
	kindPiece = "blob_piece" // by piece set/number: bytes
	kindGone  = "blob_gone"  // by piece set: head of what is being removed
)

const (
	// pieceSize is small enough for a transaction of several not to hold up the others.
	pieceSize = 512 << 10
	// batch is how many pieces one transaction writes or removes.
	batch = 4
	// touchEvery is how exactly it is known when a content was last used.
	touchEvery = 12 * time.Hour
	// unfinished is when what is not whole is taken to be left by a crash.
	unfinished = 24 * time.Hour
)

// head says where a content's pieces are.
type head struct {
	Set   string    `json:"set"`
	Size  int64     `json:"size"`
	Whole bool      `json:"whole"`
	Used  time.Time `json:"used"`
}

func (h *head) pieces() int { return int((h.Size + pieceSize - 1) / pieceSize) }

func pieceKey(set string, n int) string { return fmt.Sprintf("%s/%08d", set, n) }

// Blobs are the files kept in a store. Methods may be called concurrently, and by several
// processes.
type Blobs struct {
	store store.Store
	now   func() time.Time
}

// New returns the files kept in s. A nil now means time.Now.
func New(s store.Store, now func() time.Time) *Blobs {
	if now == nil {
		now = time.Now
	}
	return &Blobs{store: s, now: now}
}

// Keep takes in the file at path and returns the name of its content, the SHA-256 in
// hexadecimal. It is durable then. The file must not change meanwhile.
func (b *Blobs) Keep(ctx context.Context, path string) (content string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("keep file: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return "", fmt.Errorf("keep file: %w", err)
	}
	content = hex.EncodeToString(sum.Sum(nil))
	if there, err := b.touch(ctx, content); err != nil || there {
		return content, err
	}
	h := head{Set: rand.Text(), Size: size, Used: b.now()}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("keep file: %w", err)
	}
	if err := b.write(ctx, content, h, f); err != nil {
		return "", fmt.Errorf("keep file: %w", err)
	}
	return content, nil
}

// Touch says that a content is still used, and whether it is there.
func (b *Blobs) Touch(ctx context.Context, content string) (there bool, err error) {
	return b.touch(ctx, content)
}

func (b *Blobs) touch(ctx context.Context, content string) (there bool, err error) {
	h, err := b.head(ctx, content)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil || !h.Whole || b.now().Sub(h.Used) < touchEvery {
		return err == nil && h.Whole, err
	}
	err = b.store.Update(ctx, func(tx store.Tx) error {
		there = false
		h, err := load(tx, content)
		if errors.Is(err, store.ErrNotFound) || err == nil && !h.Whole {
			return nil
		}
		if err != nil {
			return err
		}
		there, h.Used = true, b.now()
		return save(tx, kindHead, content, h)
	})
	return there, err
}

// write writes the pieces, and that they are whole. Of two who write the same content at
// once the one that is whole first stays; the pieces of the other are removed.
func (b *Blobs) write(ctx context.Context, content string, h head, r io.Reader) error {
	err := b.store.Update(ctx, func(tx store.Tx) error { return save(tx, kindGone, h.Set, &h) })
	for n := 0; err == nil && n < h.pieces(); n += batch {
		err = b.writeSome(ctx, h, n, r)
	}
	if err != nil {
		return err // what is there is removed by Sweep
	}
	h.Whole = true
	late := false
	err = b.store.Update(ctx, func(tx store.Tx) error {
		was, err := load(tx, content)
		switch {
		case err == nil && was.Whole:
			late = true
			return nil
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		}
		return errors.Join(tx.Delete(kindGone, h.Set), save(tx, kindHead, content, &h))
	})
	if err == nil && late {
		err = b.remove(ctx, h)
	}
	return err
}

func (b *Blobs) writeSome(ctx context.Context, h head, from int, r io.Reader) error {
	to := min(from+batch, h.pieces())
	pieces := make([][]byte, 0, batch)
	for n := from; n < to; n++ {
		piece := make([]byte, min(pieceSize, h.Size-int64(n)*pieceSize))
		if _, err := io.ReadFull(r, piece); err != nil {
			return fmt.Errorf("read: %w", err)
		}
		pieces = append(pieces, piece)
	}
	return b.store.Update(ctx, func(tx store.Tx) error {
		for i, piece := range pieces {
			if err := tx.Put(kindPiece, pieceKey(h.Set, from+i), piece); err != nil {
				return err
			}
		}
		return nil
	})
}

// Fetch writes a content to path, whole or not at all. It returns store.ErrNotFound when
// the content is not there, or not any more.
func (b *Blobs) Fetch(ctx context.Context, content, path string) (err error) {
	there, err := b.touch(ctx, content)
	if err == nil && !there {
		err = store.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("fetch file: %w", err)
	}
	h, err := b.head(ctx, content)
	if err != nil {
		return fmt.Errorf("fetch file: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".fetch-*")
	if err != nil {
		return fmt.Errorf("fetch file: %w", err)
	}
	defer os.Remove(f.Name()) // renamed already when all went well
	sum := sha256.New()
	for n := 0; err == nil && n < h.pieces(); n++ {
		err = b.readOne(ctx, h, n, io.MultiWriter(f, sum))
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != content {
		err = store.ErrCorrupt
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("fetch file: %w", err)
	}
	return nil
}

func (b *Blobs) readOne(ctx context.Context, h *head, n int, w io.Writer) error {
	var piece []byte
	err := b.store.View(ctx, func(tx store.ReadTx) (err error) {
		piece, err = tx.Get(kindPiece, pieceKey(h.Set, n))
		return err
	})
	if err == nil {
		_, err = w.Write(piece)
	}
	return err
}

// Sweep removes what nobody has used since before, and what was never whole. Every process
// may do so.
func (b *Blobs) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	var old []string
	var left []head
	err = b.store.View(ctx, func(tx store.ReadTx) error {
		old, left = nil, nil
		err := tx.Scan(kindHead, store.Range{}, func(content string, data []byte) bool {
			var h head
			if json.Unmarshal(data, &h) == nil && h.Used.Before(before) {
				old = append(old, content)
			}
			return true
		})
		return errors.Join(err, tx.Scan(kindGone, store.Range{}, func(_ string, data []byte) bool {
			var h head
			if json.Unmarshal(data, &h) == nil && h.Used.Before(b.now().Add(-unfinished)) {
				left = append(left, h)
			}
			return true
		}))
	})
	for _, content := range old {
		if err != nil {
			break
		}
		var h *head
		if h, err = b.forget(ctx, content, before); err == nil && h != nil {
			removed++
			err = b.remove(ctx, *h)
		}
	}
	for _, h := range left {
		if err == nil {
			err = b.remove(ctx, h)
		}
	}
	if err != nil {
		return removed, fmt.Errorf("sweep files: %w", err)
	}
	return removed, nil
}

// forget takes a content away, unless it was used meanwhile; its pieces are to be removed.
func (b *Blobs) forget(ctx context.Context, content string, before time.Time) (gone *head, err error) {
	err = b.store.Update(ctx, func(tx store.Tx) error {
		gone = nil
		h, err := load(tx, content)
		if errors.Is(err, store.ErrNotFound) || err == nil && !h.Used.Before(before) {
			return nil
		}
		if err != nil {
			return err
		}
		gone = h
		return errors.Join(tx.Delete(kindHead, content), save(tx, kindGone, h.Set, h))
	})
	return gone, err
}

// remove removes the pieces of a set, and then the note that it is to be removed.
func (b *Blobs) remove(ctx context.Context, h head) error {
	for from := 0; from < h.pieces(); from += batch * 8 {
		err := b.store.Update(ctx, func(tx store.Tx) error {
			for n := from; n < min(from+batch*8, h.pieces()); n++ {
				if err := tx.Delete(kindPiece, pieceKey(h.Set, n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return b.store.Update(ctx, func(tx store.Tx) error { return tx.Delete(kindGone, h.Set) })
}

func (b *Blobs) head(ctx context.Context, content string) (h *head, err error) {
	err = b.store.View(ctx, func(tx store.ReadTx) error {
		h, err = load(tx, content)
		return err
	})
	return h, err
}

func load(tx store.ReadTx, content string) (*head, error) {
	data, err := tx.Get(kindHead, content)
	if err != nil {
		return nil, err
	}
	h := &head{}
	if err := json.Unmarshal(data, h); err != nil {
		return nil, fmt.Errorf("decode head: %w", err)
	}
	return h, nil
}

func save(tx store.Tx, kind, key string, h *head) error {
	data, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode head: %w", err)
	}
	return tx.Put(kind, key, data)
}
