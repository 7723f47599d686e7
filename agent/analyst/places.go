package analyst

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// disk is where the files of a shelf are that one process has: they stay where they were
// dropped, and a thread's folder remembers their paths.
type disk string

func (d disk) manifestPath(name string) string { return filepath.Join(string(d), name, "files.json") }

func (d disk) exists(_ context.Context, name string) bool {
	_, err := os.Stat(d.manifestPath(name))
	return !errors.Is(err, fs.ErrNotExist)
}

func (d disk) manifest(_ context.Context, name string) (manifest, error) {
	var m manifest
	data, err := os.ReadFile(d.manifestPath(name))
	if err != nil {
		return m, fmt.Errorf("read thread's files: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read thread's files: %w", err)
	}
	return m, nil
}

func (disk) add(_ context.Context, m manifest, paths []string) (manifest, error) {
	return manifest{Paths: merge(m.Paths, paths)}, nil
}

func (disk) paths(_ context.Context, _ string, m manifest) ([]string, error) { return m.Paths, nil }

// remember writes the manifest by renaming, so that a crash leaves the old one or
// the new one.
func (d disk) remember(_ context.Context, name string, m manifest) error {
	data, err := json.Marshal(m)
	if err == nil {
		err = writeFile(d.manifestPath(name), data, 0o600)
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

// Threads are the files of threads, by the names of their analysts: the paths of where they
// were dropped.
type Threads map[string][]string

// Names are those of the threads, in order.
func (t Threads) Names() []string { return slices.Sorted(maps.Keys(t)) }

// OnDisk reads which files the threads have that one process keeps in dir; none when there
// is no such folder.
func OnDisk(dir string) (Threads, error) {
	folders, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read threads' files: %w", err)
	}
	out := Threads{}
	for _, f := range folders {
		if !shelfName.MatchString(f.Name()) {
			continue
		}
		m, err := disk(dir).manifest(context.Background(), f.Name())
		if errors.Is(err, fs.ErrNotExist) || err == nil && len(m.Paths) == 0 {
			continue // nothing was ever dropped there whole
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		out[f.Name()] = m.Paths
	}
	return out, nil
}

// Kept is a file whose content all processes find.
type Kept struct {
	Name    string `json:"name"`    // without a folder
	Content string `json:"content"` // by which Contents knows it
	// Changed is given to every copy, so that all processes take the file for the same
	// version of the data.
	Changed time.Time `json:"changed"`
}

// Common is what processes that share no disk keep of a shelf together.
type Common struct {
	Manifests Manifests
	Contents  Contents
}

// Manifests keeps what is remembered of threads' files. Methods may be called
// concurrently.
type Manifests interface {
	// Manifest returns the files remembered under a name; fs.ErrNotExist for none.
	Manifest(ctx context.Context, name string) ([]Kept, error)
	// Remember replaces them.
	Remember(ctx context.Context, name string, files []Kept) error
}

// Contents keeps the bytes of files. Methods may be called concurrently.
type Contents interface {
	// Keep takes in the file at path, durable when it returns, and names its content.
	Keep(ctx context.Context, path string) (content string, err error)
	// Fetch writes a content to path, whole or not at all.
	Fetch(ctx context.Context, content, path string) error
	// Touch says that a content is still used, and whether it is there.
	Touch(ctx context.Context, content string) (there bool, err error)
}

// commons is where the files of a shelf are that several processes have.
type commons struct {
	dir    string
	common Common
}

func (c *commons) exists(ctx context.Context, name string) bool {
	_, err := c.common.Manifests.Manifest(ctx, name)
	return !errors.Is(err, fs.ErrNotExist)
}

func (c *commons) manifest(ctx context.Context, name string) (manifest, error) {
	files, err := c.common.Manifests.Manifest(ctx, name)
	if err != nil {
		return manifest{}, fmt.Errorf("read thread's files: %w", err)
	}
	for _, f := range files {
		// What is asked about here is not to be removed because no other process asks.
		there, err := c.common.Contents.Touch(ctx, f.Content)
		if err == nil && !there {
			err = fs.ErrNotExist // nobody asked for so long that it was removed
		}
		if err != nil {
			return manifest{}, fmt.Errorf("read thread's files: %w", err)
		}
	}
	return manifest{Files: files}, nil
}

func (c *commons) add(ctx context.Context, m manifest, paths []string) (manifest, error) {
	out := manifest{Files: append([]Kept(nil), m.Files...)}
	for _, p := range paths {
		content, err := c.common.Contents.Keep(ctx, p)
		if err != nil {
			return m, fmt.Errorf("share file: %w", err)
		}
		out.Files = replaced(out.Files, Kept{Name: filepath.Base(p), Content: content, Changed: time.Now().UTC().Truncate(time.Microsecond)})
	}
	return out, nil
}

// replaced are files with one more. One of the same name is replaced: people correct a file
// and drop it again.
func replaced(files []Kept, k Kept) []Kept {
	for i, f := range files {
		if f.Name != k.Name {
			continue
		}
		if f.Content != k.Content {
			files[i] = k
		}
		return files
	}
	return append(files, k)
}

func (c *commons) remember(ctx context.Context, name string, m manifest) error {
	if err := c.common.Manifests.Remember(ctx, name, m.Files); err != nil {
		return fmt.Errorf("remember thread's files: %w", err)
	}
	return nil
}

func (c *commons) paths(ctx context.Context, name string, m manifest) ([]string, error) {
	out := make([]string, 0, len(m.Files))
	for _, f := range m.Files {
		// What others wrote names nothing outside the folder.
		path := filepath.Join(c.dir, name, "copies", filepath.Base(f.Content), filepath.Base(f.Name))
		if err := c.fetch(ctx, f, path); err != nil {
			return nil, fmt.Errorf("open files: %w", err)
		}
		out = append(out, path)
	}
	return out, nil
}

func (c *commons) fetch(ctx context.Context, f Kept, path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.ModTime().Equal(f.Changed):
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := c.common.Contents.Fetch(ctx, f.Content, path); err != nil {
			return err
		}
	}
	return os.Chtimes(path, f.Changed, f.Changed)
}
