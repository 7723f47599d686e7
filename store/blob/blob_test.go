package blob_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/blob"
	"github.com/bapsang/bapsang/store/bolt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// failing is a store whose transactions fail from some on, as when a process dies.
type failing struct {
	store.Store
	left int
}

var errDied = errors.New("died")

func (f *failing) Update(ctx context.Context, fn func(tx store.Tx) error) error {
	if f.left--; f.left < 0 {
		return errDied
	}
	return f.Store.Update(ctx, fn)
}

func open(t *testing.T) *bolt.Store {
	t.Helper()
	s, err := bolt.Open(t.Context(), t.TempDir(), bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func file(t *testing.T, size int) (path string, data []byte) {
	t.Helper()
	data = make([]byte, size)
	random := rand.NewChaCha8([32]byte{byte(size)})
	_, _ = random.Read(data)
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, data
}

// count counts the documents of a kind.
func count(t *testing.T, s store.Store, kind string) (n int) {
	t.Helper()
	err := s.View(t.Context(), func(tx store.ReadTx) error {
		n = 0
		return tx.Scan(kind, store.Range{}, func(string, []byte) bool { n++; return true })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func fetched(t *testing.T, b *blob.Blobs, content string) []byte {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := b.Fetch(t.Context(), content, to); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatIsKeptIsFetched(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, size := range []int{0, 1, 512 << 10, 512<<10 + 1, 5<<20 + 77} {
		path, data := file(t, size)
		// Whoever keeps and whoever fetches are different processes.
		content, err := blob.New(s, nil).Keep(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fetched(t, blob.New(s, nil), content), data) {
			t.Errorf("%d bytes come back as others", size)
		}
	}
	if err := blob.New(s, nil).Fetch(t.Context(), "nothing", filepath.Join(t.TempDir(), "x")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what was never kept: %v", err)
	}
}

func TestTheSameTwiceIsThereOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	path, data := file(t, 3<<20)
	var contents [4]string
	var all sync.WaitGroup
	for i := range contents {
		all.Go(func() {
			var err error
			if contents[i], err = blob.New(s, nil).Keep(t.Context(), path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := count(t, s, "blob_piece"); n != 6 || count(t, s, "blob") != 1 || count(t, s, "blob_gone") != 0 {
		t.Errorf("%d pieces of 3 MiB are there", n)
	}
	if !bytes.Equal(fetched(t, blob.New(s, nil), contents[3]), data) {
		t.Error("it comes back as something else")
	}
}

// TestWhatACrashLeavesIsRemoved has the process die at each transaction.
func TestWhatACrashLeavesIsRemoved(t *testing.T) {
	t.Parallel()
	s := open(t)
	now := time.Now()
	clock := func() time.Time { return now }
	path, data := file(t, 4<<20)
	for steps := range 4 {
		if _, err := blob.New(&failing{s, steps}, clock).Keep(t.Context(), path); !errors.Is(err, errDied) {
			t.Fatalf("after %d steps: %v", steps, err)
		}
	}
	content, err := blob.New(s, clock).Keep(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(25 * time.Hour)
	if _, err := blob.New(s, clock).Sweep(t.Context(), now.Add(-90*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, "blob_piece"); n != 8 || count(t, s, "blob_gone") != 0 {
		t.Errorf("%d pieces are there, of which 8 are of use", n)
	}
	if !bytes.Equal(fetched(t, blob.New(s, clock), content), data) {
		t.Error("it comes back as something else")
	}
}

func TestWhatIsUsedStays(t *testing.T) {
	t.Parallel()
	s := open(t)
	now := time.Now()
	b := blob.New(s, func() time.Time { return now })
	path, _ := file(t, 10)
	used, err := b.Keep(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	path, _ = file(t, 11)
	unused, err := b.Keep(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(60 * 24 * time.Hour)
	if there, err := b.Touch(t.Context(), used); err != nil || !there {
		t.Fatalf("%t %v", there, err)
	}
	now = now.Add(60 * 24 * time.Hour)
	if n, err := b.Sweep(t.Context(), now.Add(-90*24*time.Hour)); err != nil || n != 1 {
		t.Errorf("%d were removed: %v", n, err)
	}
	if there, _ := b.Touch(t.Context(), used); !there {
		t.Error("what was used is gone")
	}
	if there, _ := b.Touch(t.Context(), unused); there || count(t, s, "blob_piece") != 1 {
		t.Error("what nobody used is there")
	}
}

// TestWhatIsExportedIsThere fills a store with the documents of files, one of them twice.
func TestWhatIsExportedIsThere(t *testing.T) {
	t.Parallel()
	s := open(t)
	docs := 0
	e := blob.NewExport(time.Now(), func(kind, key string, value []byte) error {
		docs++
		return s.Update(t.Context(), func(tx store.Tx) error { return tx.Put(kind, key, value) })
	})
	for _, size := range []int{0, 1, 512 << 10, 512<<10 + 1, 3 << 20} {
		path, data := file(t, size)
		content, err := e.File(path)
		before := docs
		again, other := e.File(path)
		if err != nil || other != nil || content != again || docs != before {
			t.Fatalf("%s and %s, %d documents more: %v %v", content, again, docs-before, err, other)
		}
		copied := filepath.Join(t.TempDir(), "copy")
		if err := blob.New(s, nil).Fetch(t.Context(), content, copied); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(copied); err != nil || !bytes.Equal(got, data) {
			t.Errorf("of %d bytes %d came back: %v", size, len(got), err)
		}
	}
}
