package analyst

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/connectors"
)

// shelfPrefix begins the name of an analyst made of a thread's files.
const shelfPrefix = "files-"

// shelfName is such a name; it is also the name of a folder.
var shelfName = regexp.MustCompile(`^files-[0-9a-f]{16}$`)

// maxOpen is how many threads' files are open at once; the longest unused is closed
// and opened again when somebody asks.
const maxOpen = 16

// Open loads files and serves them as a source called name, which people see; into is
// a folder for what it makes of them.
type Open func(ctx context.Context, name string, paths []string, into string) (connectors.Source, error)

// Shelf keeps the files that people dropped into threads, on disk, and serves each
// thread's files as an analyst.
type Shelf struct {
	dir  string
	open Open

	mu     sync.Mutex
	slots  map[string]*list.Element // by analyst name; values are *slot
	used   *list.List               // most recently used first
	closed bool
}

// slot is the place of a thread's analyst.
type slot struct {
	name    string
	busy    int           // who has the turn or waits for it; Shelf.mu guards it
	turn    chan struct{} // holds one value, taken by whoever loads
	analyst *agent.Analyst
	lent    *lent // the analyst's source
}

// manifest is what a thread's folder remembers.
type manifest struct {
	Paths []string `json:"paths"`
}

// NewShelf returns a shelf in dir.
func NewShelf(dir string, open Open) *Shelf {
	return &Shelf{dir: dir, open: open, slots: map[string]*list.Element{}, used: list.New()}
}

// Put adds files to those of the thread and returns the name of the analyst that
// answers from them. Files that cannot be read are not added, and what the thread had
// stays.
func (s *Shelf) Put(ctx context.Context, thread string, paths []string) (string, error) {
	sum := sha256.Sum256([]byte(thread))
	name := shelfPrefix + hex.EncodeToString(sum[:8])
	slot, done, err := s.take(ctx, name)
	if err != nil {
		return "", err
	}
	defer done()
	m, err := s.manifest(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	merged := merge(m.Paths, paths)
	if slot.analyst != nil && slices.Equal(merged, m.Paths) {
		return name, nil
	}
	a, lent, err := s.load(ctx, name, merged)
	if err != nil {
		return "", err
	}
	if err := s.remember(name, manifest{Paths: merged}); err != nil {
		return "", errors.Join(err, lent.Close())
	}
	s.replace(slot, a, lent)
	return name, nil
}

// merge adds paths that are not there yet. A file of the same name replaces the
// older one: people correct a file and drop it again.
func merge(have, more []string) []string {
	out := append([]string(nil), have...)
	for _, p := range more {
		replaced := false
		for i, h := range out {
			if h == p || filepath.Base(h) == filepath.Base(p) {
				out[i], replaced = p, true
			}
		}
		if !replaced {
			out = append(out, p)
		}
	}
	return out
}

// load opens files and drafts their analyst.
func (s *Shelf) load(ctx context.Context, name string, paths []string) (*agent.Analyst, *lent, error) {
	source, err := s.openInto(ctx, name, paths)
	if err != nil {
		return nil, nil, err
	}
	l := &lent{source: source, turn: newTurn(), reopen: func(ctx context.Context) (connectors.Source, error) {
		m, err := s.manifest(name)
		if err != nil {
			return nil, err
		}
		return s.openInto(ctx, name, m.Paths)
	}}
	a, err := Drafted(ctx, name, l)
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return a, l, nil
}

func (s *Shelf) openInto(ctx context.Context, name string, paths []string) (connectors.Source, error) {
	into := filepath.Join(s.dir, name)
	if err := os.MkdirAll(into, 0o700); err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	return s.open(ctx, sourceName(paths), paths, into)
}

// sourceName is what people know a thread's files by.
func sourceName(paths []string) string {
	if len(paths) == 0 {
		return "" // a manifest that somebody emptied; opening it fails
	}
	name := filepath.Base(paths[0])
	if more := len(paths) - 1; more > 0 {
		name += fmt.Sprintf(" +%d", more)
	}
	return name
}

// analyst returns the analyst of a thread's files, opening them again if need be.
func (s *Shelf) analyst(ctx context.Context, name string) (*agent.Analyst, error) {
	if !shelfName.MatchString(name) {
		return nil, agent.ErrNoAnalyst
	}
	if _, err := os.Stat(s.manifestPath(name)); errors.Is(err, fs.ErrNotExist) {
		return nil, agent.ErrNoAnalyst // no place is kept for names that people try
	}
	slot, done, err := s.take(ctx, name)
	if err != nil {
		return nil, err
	}
	defer done()
	if slot.analyst != nil {
		return slot.analyst, nil
	}
	m, err := s.manifest(name)
	if err != nil {
		return nil, err
	}
	a, lent, err := s.load(ctx, name, m.Paths)
	if err != nil {
		return nil, err
	}
	s.replace(slot, a, lent)
	return a, nil
}

// errShelfClosed answers whoever comes after Close.
var errShelfClosed = errors.New("the shelf is closed")

// take waits for the turn at a thread's slot; done gives it back.
func (s *Shelf) take(ctx context.Context, name string) (_ *slot, done func(), err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, nil, errShelfClosed
	}
	e, ok := s.slots[name]
	if ok {
		s.used.MoveToFront(e)
	} else {
		e = s.used.PushFront(&slot{name: name, turn: newTurn()})
		s.slots[name] = e
	}
	taken := e.Value.(*slot)
	taken.busy++
	s.mu.Unlock()
	select {
	case <-taken.turn:
		return taken, func() { taken.turn <- struct{}{}; s.leave(taken) }, nil
	case <-ctx.Done():
		s.leave(taken)
		return nil, nil, context.Cause(ctx)
	}
}

// leave ends somebody's use of a slot, and lets go of the slots used longest ago. One
// that somebody has or waits for stays: with a second slot for the same thread two
// could write its manifest at once.
func (s *Shelf) leave(left *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left.busy--
	for e := s.used.Back(); e != nil && s.used.Len() > maxOpen; {
		before := e.Prev()
		if e.Value.(*slot).busy == 0 {
			s.evict(e)
		}
		e = before
	}
}

// replace gives a slot its new analyst and retires the one before.
func (s *Shelf) replace(to *slot, a *agent.Analyst, l *lent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := to.lent
	to.analyst, to.lent = a, l
	if old != nil {
		old.retire()
	}
	if s.closed {
		l.retire()
	}
}

// evict lets go of a slot; mu is held.
func (s *Shelf) evict(e *list.Element) {
	gone := s.used.Remove(e).(*slot)
	delete(s.slots, gone.name)
	if gone.lent != nil {
		gone.lent.retire()
	}
}

// Close closes every open source and refuses whoever comes later.
func (s *Shelf) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var errs []error
	for e := s.used.Front(); e != nil; e = e.Next() {
		if l := e.Value.(*slot).lent; l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}

func (s *Shelf) manifestPath(name string) string { return filepath.Join(s.dir, name, "files.json") }

func (s *Shelf) manifest(name string) (manifest, error) {
	var m manifest
	data, err := os.ReadFile(s.manifestPath(name))
	if err != nil {
		return m, fmt.Errorf("read thread's files: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read thread's files: %w", err)
	}
	return m, nil
}

// remember writes the manifest by renaming, so that a crash leaves the old one or
// the new one.
func (s *Shelf) remember(name string, m manifest) error {
	data, err := json.Marshal(m)
	if err == nil {
		err = writeFile(s.manifestPath(name), data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("remember thread's files: %w", err)
	}
	return nil
}

// writeFile writes a file that is there whole or not at all, also after the power
// failed.
func writeFile(path string, data []byte, perm fs.FileMode) (err error) {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	defer os.Remove(path + ".new") // renamed already when all went well
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
