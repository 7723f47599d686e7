package blob

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Export makes files into the documents that [Blobs] reads, for a store that is being
// filled from elsewhere. It is for one goroutine.
type Export struct {
	now  time.Time
	doc  func(kind, key string, value []byte) error
	seen map[string]bool // contents
}

// NewExport returns one that hands each document to doc; now is when the files were last
// used.
func NewExport(now time.Time, doc func(kind, key string, value []byte) error) *Export {
	return &Export{now: now, doc: doc, seen: map[string]bool{}}
}

// File hands out the documents of the file at path and returns the name of its content. One
// whose content was handed out before makes none.
func (e *Export) File(path string) (content string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("export file: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return "", fmt.Errorf("export file: %w", err)
	}
	content = hex.EncodeToString(sum.Sum(nil))
	if e.seen[content] {
		return content, nil
	}
	e.seen[content] = true
	h := head{Set: rand.Text(), Size: size, Whole: true, Used: e.now}
	data, err := json.Marshal(&h)
	if err == nil {
		err = errors.Join(e.doc(kindHead, content, data), e.pieces(h, f))
	}
	if err != nil {
		return "", fmt.Errorf("export file: %w", err)
	}
	return content, nil
}

func (e *Export) pieces(h head, r io.Reader) error {
	for n := range h.pieces() {
		piece := make([]byte, min(pieceSize, h.Size-int64(n)*pieceSize))
		if _, err := io.ReadFull(r, piece); err != nil {
			return err
		}
		if err := e.doc(kindPiece, pieceKey(h.Set, n), piece); err != nil {
			return err
		}
	}
	return nil
}
