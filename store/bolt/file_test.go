//go:build unix

package bolt_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/bapsang/bapsang/store"
	"github.com/bapsang/bapsang/store/bolt"
)

// filled returns the directory of a closed store with documents and jobs.
func filled(t testing.TB) (dir string, docs map[string]string) {
	t.Helper()
	dir, docs = t.TempDir(), map[string]string{}
	s := openStore(t, dir, bolt.Options{})
	for i := range 20 {
		err := s.Update(t.Context(), func(tx store.Tx) error {
			for j := range 10 {
				key := fmt.Sprintf("%02d/%d", i, j)
				docs[key] = strings.Repeat(key, 40)
				if err := tx.Put("note", key, []byte(docs[key])); err != nil {
					return err
				}
			}
			docs[fmt.Sprintf("big %d", i)] = strings.Repeat("밥", 5000)
			_, _, err := tx.Enqueue(store.NewJob{Kind: "ask", Owner: "u"})
			return errors.Join(err, tx.Put("note", fmt.Sprintf("big %d", i), []byte(strings.Repeat("밥", 5000))))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, docs
}

// refused opens a store that must not open.
func refused(t testing.TB, dir string, want error) {
	t.Helper()
	s, err := bolt.Open(context.Background(), dir, bolt.Options{})
	if err == nil {
		_ = s.Close()
	}
	if !errors.Is(err, want) {
		t.Errorf("open: %v, want %v", err, want)
	}
	if err != nil && !strings.Contains(err.Error(), bolt.FileName) {
		t.Errorf("the error does not name the file: %v", err)
	}
}

func TestOpenRefusesDamage(t *testing.T) {
	cases := map[string]func(data []byte) []byte{
		"text instead":    func([]byte) []byte { return []byte(strings.Repeat("hello\n", 5000)) },
		"one byte":        func([]byte) []byte { return []byte("x") },
		"zeros":           func(data []byte) []byte { return make([]byte, len(data)) },
		"no beginning":    func(data []byte) []byte { return append(make([]byte, 2*pageSize()), data[2*pageSize():]...) },
		"half":            func(data []byte) []byte { return data[:bytes.LastIndex(data, []byte("big"))/2] },
		"four pages":      func(data []byte) []byte { return data[:4*pageSize()] },
		"a value changed": func(data []byte) []byte { return bytes.ReplaceAll(data, []byte("07/307/3"), []byte("07/307/4")) },
		"a key changed": func(data []byte) []byte {
			return bytes.ReplaceAll(data, []byte("note\x0007/3"), []byte("note\x0007/x"))
		},
		"a job changed":             func(data []byte) []byte { return bytes.ReplaceAll(data, []byte(`"queued"`), []byte(`"quoted"`)) },
		"a page both used and free": freeUsedPages,
		"a page of 8 TB":            lengthenPages,
		"an inner key of 16 MB":     func(data []byte) []byte { return changeInner(data, 4, 16<<20) },
		"an inner key 4 GB away":    func(data []byte) []byte { return changeInner(data, 0, 1<<32-1) },
		"the middle zeroed":         func(data []byte) []byte { copy(data[3*pageSize():], make([]byte, 20*pageSize())); return data },
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, _ := filled(t)
			path := filepath.Join(dir, bolt.FileName)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, dir, store.ErrCorrupt)
			refused(t, dir, store.ErrCorrupt) // and has let go of the lock
		})
	}
}

// pageSize is that of a new file.
func pageSize() int { return os.Getpagesize() }

// freeUsedPages writes into the lists of free pages those that hold documents. Left
// alone, the store would in time write over them. A page begins with its number and
// what it is for; a list follows after 16 bytes.
func freeUsedPages(data []byte) []byte {
	const free = 0x10
	var used []uint64
	for at := 0; at < len(data); at += pageSize() {
		if bytes.Contains(data[at:at+pageSize()], []byte("note\x0007/3")) {
			used = append(used, uint64(at/pageSize()))
		}
	}
	for at := 0; at < len(data); at += pageSize() {
		if binary.NativeEndian.Uint16(data[at+8:]) == free {
			for i, page := range used {
				binary.NativeEndian.PutUint64(data[at+16+8*i:], page)
			}
		}
	}
	return data
}

// lengthenPages makes the pages that hold documents say that 2³¹ more continue each.
// A page begins with its number, what it is for, its count and that length.
func lengthenPages(data []byte) []byte {
	const leaf = 0x02
	for at := 0; at < len(data); at += pageSize() {
		if binary.NativeEndian.Uint16(data[at+8:]) == leaf && bytes.Contains(data[at:at+pageSize()], []byte("note\x0007/3")) {
			binary.NativeEndian.PutUint32(data[at+12:], 1<<31)
		}
	}
	return data
}

// changeInner writes into the elements of inner pages, which begin after 16 bytes and have
// 16 each: the distance to the key, its length, and the page that they lead to. No other
// part of the file tells that.
func changeInner(data []byte, at int, to uint32) []byte {
	const inner = 0x01
	for page := 0; page < len(data); page += pageSize() {
		if binary.NativeEndian.Uint16(data[page+8:]) != inner || binary.NativeEndian.Uint64(data[page:]) != uint64(page/pageSize()) {
			continue
		}
		for i := range int(binary.NativeEndian.Uint16(data[page+10:])) {
			binary.NativeEndian.PutUint32(data[page+16+16*i+at:], to)
		}
	}
	return data
}

// TestRandomDamage overwrites parts of a file: it opens or is refused, never ends
// the process, and no document that can still be read is another than was written.
func TestRandomDamage(t *testing.T) {
	dir, docs := filled(t)
	whole, err := os.ReadFile(filepath.Join(dir, bolt.FileName))
	if err != nil {
		t.Fatal(err)
	}
	whole = whole[:bytes.LastIndexFunc(whole, func(r rune) bool { return r != 0 })+1]
	whole = append(whole, make([]byte, pageSize()-len(whole)%pageSize())...)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	refusals := 0
	for range 150 {
		data := bytes.Clone(whole)
		size := 1 << rnd.IntN(13)
		at := rnd.IntN(len(data))
		for i := at; i < min(at+size, len(data)); i++ {
			data[i] = byte(rnd.Uint32())
		}
		target := t.TempDir()
		if err := os.WriteFile(filepath.Join(target, bolt.FileName), data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := bolt.Open(t.Context(), target, bolt.Options{})
		if err != nil {
			if !errors.Is(err, store.ErrCorrupt) {
				t.Fatalf("%d bytes at %d: %v", size, at, err)
			}
			refusals++
			continue
		}
		err = s.View(t.Context(), func(tx store.ReadTx) error {
			return tx.Scan("note", store.Range{}, func(key string, value []byte) bool {
				if docs[key] != string(value) {
					t.Errorf("%d bytes at %d made %q of %q", size, at, value, key)
				}
				return true
			})
		})
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of 150 refused", refusals)
	if refusals == 0 {
		t.Error("no damage was found")
	}
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	edit(t, dir, func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("theirs"))
		if err != nil {
			return err
		}
		return b.Put([]byte("k"), []byte("value of another program"))
	})
	refused(t, dir, store.ErrCorrupt)
}

// edit changes a closed store behind its back.
func edit(t testing.TB, dir string, fn func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(dir, bolt.FileName), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(fn), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestOpenAfterEmptyFile covers a process that died between making the file and
// filling it.
func TestOpenAfterEmptyFile(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, dir string) error{
		"no byte": func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, bolt.FileName), nil, 0o600)
		},
		"no bucket": func(t *testing.T, dir string) error { edit(t, dir, func(*bbolt.Tx) error { return nil }); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := make(t, dir); err != nil {
				t.Fatal(err)
			}
			s := openStore(t, dir, bolt.Options{})
			if err := s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("note", "a", nil) }); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSchema(t *testing.T) {
	dir := t.TempDir()
	old := openStore(t, dir, bolt.Options{})
	id, err := enqueueQuestion(old, 1)
	if err := errors.Join(err, old.Close()); err != nil {
		t.Fatal(err)
	}

	// The next version renames a kind of documents, and fails half way at first.
	rename := func(tx *bbolt.Tx) error {
		docs := tx.Bucket([]byte("docs"))
		from, to := []byte("question\x00000000000001"), []byte("request\x00000000000001")
		value, err := bolt.Unseal(from, docs.Get(from))
		if err != nil {
			return err
		}
		return errors.Join(docs.Put(to, bolt.Seal(to, value)), docs.Delete(from))
	}
	var order []string
	step := func(name string, fn bolt.Migration) bolt.Migration {
		return func(tx *bbolt.Tx) error { order = append(order, name); return fn(tx) }
	}
	failing := func(*bbolt.Tx) error { return errors.New("no power") }
	if _, err := bolt.OpenWith(t.Context(), dir, step("rename", rename), step("fail", failing)); err == nil || !strings.Contains(err.Error(), "migrate to schema 3: no power") {
		t.Fatalf("failing migration: %v", err)
	}
	same := openStore(t, dir, bolt.Options{}) // the file is as it was
	if _, _, err := same.Peek(t.Context(), id); err != nil {
		t.Error(err)
	}
	if err := same.Close(); err != nil {
		t.Fatal(err)
	}

	nothing := func(*bbolt.Tx) error { return nil }
	for range 2 { // the second time there is nothing to do
		s, err := bolt.OpenWith(t.Context(), dir, step("rename", rename), step("nothing", nothing))
		if err != nil {
			t.Fatal(err)
		}
		err = s.View(t.Context(), func(tx store.ReadTx) error {
			if _, err := tx.Get("question", "000000000001"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("old kind: %v", err)
			}
			_, err := tx.Get("request", "000000000001")
			return err
		})
		if err := errors.Join(err, s.Close()); err != nil {
			t.Error(err)
		}
	}
	if got := strings.Join(order, " "); got != "rename fail rename nothing" {
		t.Errorf("migrations ran in the order %s", got)
	}
	refused(t, dir, store.ErrNewer)
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	openStore(t, dir, bolt.Options{})
	refused(t, dir, store.ErrLocked)
	out, err := child(t, "open", dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), store.ErrLocked.Error()) {
		t.Errorf("in another process: %s (%v)", out, err)
	}
}

func TestBackup(t *testing.T) {
	s := openStore(t, t.TempDir(), bolt.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		for n := 0; ctx.Err() == nil; n++ {
			if _, err := enqueueQuestion(s, n); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 3 {
		dir := t.TempDir()
		backup(t, s, dir)
		checkQuestions(t, openStore(t, dir, bolt.Options{}))
	}
	cancel()
	<-writing
	if err := s.Backup(ctx, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("backup with an ended context: %v", err)
	}
	if err := s.Backup(t.Context(), brokenPipe{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("backup to a broken pipe: %v", err)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, os.ErrClosed }

// checkQuestions asserts that every question has its thread and the other way round.
func checkQuestions(t testing.TB, s store.Store) {
	t.Helper()
	err := s.View(t.Context(), func(tx store.ReadTx) error {
		var questions, threads []string
		err := errors.Join(
			tx.Scan("question", store.Range{}, func(key string, _ []byte) bool { questions = append(questions, "thread-"+key); return true }),
			tx.Scan("thread", store.Range{}, func(key string, _ []byte) bool { threads = append(threads, key); return true }),
		)
		if strings.Join(questions, " ") != strings.Join(threads, " ") {
			t.Errorf("%d questions and %d threads", len(questions), len(threads))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestClosed(t *testing.T) {
	s := openStore(t, t.TempDir(), bolt.Options{})
	id, err := enqueueQuestion(s, 1)
	if err := errors.Join(err, s.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	_, _, peekErr := s.Peek(t.Context(), id)
	for name, err := range map[string]error{
		"update": s.Update(t.Context(), func(store.Tx) error { return nil }),
		"view":   s.View(t.Context(), func(store.ReadTx) error { return nil }),
		"work":   s.Work(t.Context(), store.WorkOptions{}),
		"cancel": s.Cancel(t.Context(), id),
		"peek":   peekErr,
		"backup": s.Backup(t.Context(), &bytes.Buffer{}),
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, open := <-s.Listen(t.Context(), "topic"); open {
		t.Error("listening to a closed store received a value")
	}
}

// TestCheck reads sound, damaged and missing files, and changes none of them.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, bolt.Options{})
	for n := range 20 {
		if _, err := enqueueQuestion(s, n); err != nil {
			t.Fatal(err)
		}
	}
	copied := t.TempDir()
	backup(t, s, copied)
	path := filepath.Join(copied, bolt.FileName)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := bolt.Check(t.Context(), path); err != nil {
		t.Errorf("a sound copy: %v", err)
	}
	if err := bolt.Check(t.Context(), filepath.Join(dir, bolt.FileName)); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a store in use: %v", err)
	}
	missing := filepath.Join(copied, "missing.bolt")
	if err := bolt.Check(t.Context(), missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the check made a file")
	}
	// Every job is hit, for some pages of the file are of earlier moments.
	damaged := bytes.ReplaceAll(sound, []byte(`"priority":1`), []byte(`"priority":9`))
	if bytes.Equal(damaged, sound) {
		t.Fatal("nothing to damage")
	}
	for name, content := range map[string][]byte{"damaged": damaged, "cut short": sound[:len(sound)/2], "empty": {}} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := bolt.Check(t.Context(), path); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, content) {
			t.Errorf("%s: the check changed the file, %v", name, err)
		}
	}
}
