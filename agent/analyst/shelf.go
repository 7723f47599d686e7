package analyst

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	dir    string
	open   Open
	memory memory
	places places
	shared bool // others change what is remembered
	beside func(files *agent.Analyst)

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
	of      manifest // what the analyst answers from
	lent    *lent    // the analyst's source
}

// manifest is what is remembered of a thread's files: their paths where one process has
// the disk, their contents where several share a store.
type manifest struct {
	Paths []string `json:"paths,omitempty"`
	Files []Kept   `json:"files,omitempty"`
}

func (m manifest) equal(o manifest) bool {
	return slices.Equal(m.Paths, o.Paths) && slices.EqualFunc(m.Files, o.Files, func(a, b Kept) bool {
		return a.Name == b.Name && a.Content == b.Content && a.Changed.Equal(b.Changed)
	})
}

// memory is what is remembered of threads' files.
type memory interface {
	// exists is false when it is known that nothing is remembered.
	exists(ctx context.Context, name string) bool
	// manifest returns what is remembered of a thread's files; fs.ErrNotExist for none.
	manifest(ctx context.Context, name string) (manifest, error)
	// remember makes it what is remembered.
	remember(ctx context.Context, name string, m manifest) error
}

// places are where the files are.
type places interface {
	// add is a manifest with files added. Nothing is remembered of it yet.
	add(ctx context.Context, m manifest, paths []string) (manifest, error)
	// paths are the files on this machine, fetched where they are not there.
	paths(ctx context.Context, name string, m manifest) ([]string, error)
}

// NewShelf returns a shelf in dir.
func NewShelf(dir string, open Open) *Shelf {
	return &Shelf{dir: dir, open: open, memory: disk(dir), places: disk(dir), slots: map[string]*list.Element{}, used: list.New()}
}

// NewSharedShelf returns a shelf whose files are where all processes find them; dir holds
// copies of those that were asked about here.
func NewSharedShelf(dir string, open Open, common Common) *Shelf {
	s := NewShelf(dir, open)
	c := &commons{dir: dir, common: common}
	s.memory, s.places, s.shared = c, c, true
	return s
}

// SeatBeside has seat give each analyst that is made of files one over their source and
// others. It is called before the shelf is used.
func (s *Shelf) SeatBeside(seat func(files *agent.Analyst)) { s.beside = seat }

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
	m, err := s.memory.manifest(ctx, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	merged, err := s.places.add(ctx, m, paths)
	if err != nil {
		return "", err
	}
	if slot.analyst != nil && slot.of.equal(merged) && merged.equal(m) {
		return name, nil
	}
	a, lent, err := s.load(ctx, name, merged)
	if err != nil {
		return "", err
	}
	if err := s.memory.remember(ctx, name, merged); err != nil {
		return "", errors.Join(err, lent.Close())
	}
	s.replace(slot, a, lent, merged)
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
func (s *Shelf) load(ctx context.Context, name string, m manifest) (*agent.Analyst, *lent, error) {
	source, err := s.openInto(ctx, name, m)
	if err != nil {
		return nil, nil, err
	}
	l := &lent{source: source, turn: newTurn(), reopen: func(ctx context.Context) (connectors.Source, error) {
		m, err := s.memory.manifest(ctx, name)
		if err != nil {
			return nil, err
		}
		return s.openInto(ctx, name, m)
	}}
	a, err := Drafted(ctx, name, l)
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	a.Files = true
	if s.beside != nil {
		s.beside(a)
	}
	return a, l, nil
}

func (s *Shelf) openInto(ctx context.Context, name string, m manifest) (connectors.Source, error) {
	into := filepath.Join(s.dir, name)
	if err := os.MkdirAll(into, 0o700); err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	paths, err := s.places.paths(ctx, name, m)
	if err != nil {
		return nil, err
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
	if !s.memory.exists(ctx, name) {
		return nil, agent.ErrNoAnalyst // no place is kept for names that people try
	}
	slot, done, err := s.take(ctx, name)
	if err != nil {
		return nil, err
	}
	defer done()
	if slot.analyst != nil && !s.shared {
		return slot.analyst, nil
	}
	m, err := s.memory.manifest(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, agent.ErrNoAnalyst
	case err != nil:
		return nil, err
	case slot.analyst != nil && slot.of.equal(m):
		return slot.analyst, nil
	}
	a, lent, err := s.load(ctx, name, m)
	if err != nil {
		return nil, err
	}
	s.replace(slot, a, lent, m)
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
func (s *Shelf) replace(to *slot, a *agent.Analyst, l *lent, of manifest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := to.lent
	to.analyst, to.lent, to.of = a, l, of
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
