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
	"strings"
	"sync"

	"github.com/bapsang/bapsang/agent"
	"github.com/bapsang/bapsang/connectors"
)

// shelfPrefix begins the name of an analyst made of a thread's files.
const shelfPrefix = "files-"

// maxOpen is how many threads' files are open at once; the longest unused is closed
// and opened again when somebody asks.
const maxOpen = 16

// Shelf keeps the files that people dropped into threads, on disk, and serves each
// thread's files as an analyst.
type Shelf struct {
	dir string
	// open loads files and serves them as a source; into is a folder for what it
	// makes of them.
	open func(ctx context.Context, name string, paths []string, into string) (connectors.Source, error)

	mu    sync.Mutex
	ready map[string]*list.Element // by analyst name; values are *shelved
	used  *list.List               // most recently used first
}

// shelved is an open thread.
type shelved struct {
	name    string
	once    sync.Mutex // held while it is being opened
	analyst *agent.Analyst
}

// manifest is what a thread's folder remembers.
type manifest struct {
	Paths []string `json:"paths"`
}

// NewShelf returns a shelf in dir.
func NewShelf(dir string, open func(ctx context.Context, name string, paths []string, into string) (connectors.Source, error)) *Shelf {
	return &Shelf{dir: dir, open: open, ready: map[string]*list.Element{}, used: list.New()}
}

// Put adds files to those of the thread and returns the name of the analyst that
// answers from them. Files that cannot be read are not added.
func (s *Shelf) Put(ctx context.Context, thread string, paths []string) (string, error) {
	sum := sha256.Sum256([]byte(thread))
	name := shelfPrefix + hex.EncodeToString(sum[:8])
	slot := s.slot(name)
	slot.once.Lock()
	defer slot.once.Unlock()
	m, err := s.manifest(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	merged := merge(m.Paths, paths)
	if slot.analyst != nil && len(merged) == len(m.Paths) {
		return name, nil
	}
	a, err := s.load(ctx, name, merged)
	if err != nil {
		return "", err
	}
	if err := s.remember(name, manifest{Paths: merged}); err != nil {
		_ = a.Source.Close()
		return "", err
	}
	if slot.analyst != nil {
		_ = slot.analyst.Source.Close()
	}
	slot.analyst = a
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

func (s *Shelf) load(ctx context.Context, name string, paths []string) (*agent.Analyst, error) {
	into := filepath.Join(s.dir, name)
	if err := os.MkdirAll(into, 0o700); err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	source, err := s.open(ctx, name, paths, into)
	if err != nil {
		return nil, err
	}
	a, err := Drafted(ctx, name, source)
	if err != nil {
		_ = source.Close()
		return nil, err
	}
	return a, nil
}

// analyst returns the analyst of a thread's files, opening them again if need be.
func (s *Shelf) analyst(ctx context.Context, name string) (*agent.Analyst, error) {
	if !strings.HasPrefix(name, shelfPrefix) || strings.ContainsAny(name, "/\\") {
		return nil, agent.ErrNoAnalyst
	}
	m, err := s.manifest(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, agent.ErrNoAnalyst
	}
	if err != nil {
		return nil, err
	}
	slot := s.slot(name)
	slot.once.Lock()
	defer slot.once.Unlock()
	if slot.analyst == nil {
		if slot.analyst, err = s.load(ctx, name, m.Paths); err != nil {
			return nil, err
		}
	}
	return slot.analyst, nil
}

// slot returns the place of a thread's analyst and closes the ones used longest ago.
func (s *Shelf) slot(name string) *shelved {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.ready[name]; ok {
		s.used.MoveToFront(e)
		return e.Value.(*shelved)
	}
	slot := &shelved{name: name}
	s.ready[name] = s.used.PushFront(slot)
	for s.used.Len() > maxOpen {
		s.evict(s.used.Back())
	}
	return slot
}

func (s *Shelf) evict(e *list.Element) {
	slot := e.Value.(*shelved)
	s.used.Remove(e)
	delete(s.ready, slot.name)
	if slot.once.TryLock() {
		defer slot.once.Unlock()
		if slot.analyst != nil {
			_ = slot.analyst.Source.Close()
			slot.analyst = nil
		}
	}
}

// Close closes every open source.
func (s *Shelf) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for e := s.used.Front(); e != nil; e = e.Next() {
		slot := e.Value.(*shelved)
		slot.once.Lock()
		if slot.analyst != nil {
			errs = append(errs, slot.analyst.Source.Close())
			slot.analyst = nil
		}
		slot.once.Unlock()
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
	if err != nil {
		return err
	}
	tmp := s.manifestPath(name) + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return fmt.Errorf("remember thread's files: %w", err)
	}
	if err := os.Rename(tmp, s.manifestPath(name)); err != nil {
		return fmt.Errorf("remember thread's files: %w", err)
	}
	return nil
}
